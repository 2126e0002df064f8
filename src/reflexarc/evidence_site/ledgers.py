"""The ledgers turned about: which claims cite a finding, which findings come from a paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from reflexarc.claims import Claim, load_claims
from reflexarc.contradictions import Contradiction, load_contradictions
from reflexarc.evidence.reading import load_findings
from reflexarc.finding import Finding
from reflexarc.references import Reference, find_reference
from reflexarc.safety.questions import Rule
from reflexarc.safety.rates import Effect, load_effects

__all__ = [
    "Cited",
    "citations_of_findings",
    "claims_of_references",
    "effects_by_group",
    "papers",
    "rules_by_topic",
]


@dataclass(frozen=True)
class Cited:
    """Where a finding is cited.

    Attributes:
        claims: Claims, and whether it speaks `for` or `against` each.
        contradictions: Disagreements on a side of which it stands.
    """

    claims: tuple[tuple[Claim, str], ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


@cache
def citations_of_findings() -> Mapping[str, Cited]:
    """Return where each finding is cited, by its id; those cited nowhere are left out."""
    claims: dict[str, list[tuple[Claim, str]]] = {}
    for claim in load_claims():
        for side, names in (
            ("for", claim.findings.supporting),
            ("against", claim.findings.against),
        ):
            for name in names:
                claims.setdefault(name, []).append((claim, side))
    disputes: dict[str, list[Contradiction]] = {}
    for one in load_contradictions():
        for name in one.findings:
            disputes.setdefault(name, []).append(one)
    return {
        name: Cited(tuple(claims.get(name, ())), tuple(disputes.get(name, ())))
        for name in {**claims, **disputes}
    }


@cache
def papers() -> tuple[tuple[Reference, tuple[Finding, ...]], ...]:
    """Return the papers with their findings, in the order in which findings name them."""
    found: dict[str, list[Finding]] = {}
    for finding in load_findings():
        found.setdefault(finding.paper, []).append(finding)
    return tuple((find_reference(key), tuple(mine)) for key, mine in found.items())


@cache
def claims_of_references() -> Mapping[str, tuple[Claim, ...]]:
    """Return the claims that rest on each source, by its key."""
    found: dict[str, list[Claim]] = {}
    for claim in load_claims():
        for key in claim.sources:
            found.setdefault(key, []).append(claim)
    return {key: tuple(claims) for key, claims in found.items()}


def effects_by_group() -> Mapping[str, tuple[Effect, ...]]:
    """Return the side effects by group, in the order in which they are told."""
    found: dict[str, list[Effect]] = {}
    for effect in load_effects():
        found.setdefault(effect.group, []).append(effect)
    return {group: tuple(effects) for group, effects in found.items()}


def rules_by_topic(rules: Iterable[Rule]) -> Mapping[str, tuple[Rule, ...]]:
    """Return the rules of screening by topic, in their order."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.topic, []).append(rule)
    return {topic: tuple(rows) for topic, rows in found.items()}
