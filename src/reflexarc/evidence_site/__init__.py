"""The evidence as a site of linked pages: findings, claims, contradictions, safety, references."""

from reflexarc.evidence_site.folder import Page as Page
from reflexarc.evidence_site.folder import Site as Site
from reflexarc.evidence_site.folder import refuse_foreign as refuse_foreign
from reflexarc.evidence_site.folder import write_site as write_site
from reflexarc.evidence_site.pages import render_pages as render_pages
from reflexarc.evidence_site.simulation import Simulated as Simulated
from reflexarc.evidence_site.simulation import simulate as simulate
