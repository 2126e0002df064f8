"""Every page of the site, as text: from the ledgers and, if they were run, from the verdicts."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from reflexarc import __version__
from reflexarc.claims import GRADES, VERDICTS, Claim, load_claims, objections
from reflexarc.contradictions import Contradiction, load_contradictions
from reflexarc.evidence import known_failures, not_expressible
from reflexarc.evidence.reading import load_findings
from reflexarc.evidence_site.ledgers import (
    Cited,
    citations_of_findings,
    claims_of_references,
    effects_by_group,
    papers,
    rules_by_topic,
)
from reflexarc.evidence_site.markup import address, anchor, linked, sourced
from reflexarc.evidence_site.simulation import Simulated
from reflexarc.limits import LIMITS
from reflexarc.references import references
from reflexarc.safety import CLOSING
from reflexarc.safety.language import READ

if TYPE_CHECKING:
    import jinja2

__all__ = ["MEANINGS", "render_pages"]

Entry = TypeVar("Entry")

PARTS = ("claims", "findings", "contradictions", "safety", "references")
MEANINGS = {
    "supported": "What is published bears it out, in the species that the claim is about.",
    "supported in animals only": "It holds in mice or rats. In people it has not been shown.",
    "overstated": "There is something in it, and the claim says more.",
    "unclear": "Studies disagree, or there are too few.",
    "wrong": "What has been found speaks against it.",
    "outside the model": "This model can't say, and no finding here decides it.",
}
"""What a verdict on a claim says."""
WORDS = {"pass": "agrees", "fail": "disagrees", "unscored": "not scored"}
"""How a verdict on a finding is told."""
PLACES = {"pass": "pass", "fail": "fail", "unscored": "none"}


def render_pages(simulated: Simulated | None = None) -> dict[str, str]:
    """Return every page as HTML, by its path in the site.

    Args:
        simulated: What the model says; None shows the published side only.

    Example:
        >>> "index.html" in render_pages()
        True
    """
    environment = _environment()
    ledgers = _ledgers(simulated)
    found: dict[str, str] = {}

    def add(path: str, template: str, here: str, **more: Any) -> None:
        root = "../" * path.count("/")
        page = environment.get_template(f"{template}.html.j2")
        found[path] = page.render(**ledgers, **more, root=root, here=here)

    add("index.html", "index", "")
    overview = _overview(simulated)
    for part in PARTS:
        add(f"{part}.html", part, part, figure=overview)
    for claim, near in _in_a_row(load_claims()):
        more = _claim(claim, simulated)
        add(address("claim", claim.id), "claim", "claims", **more, **near)
    for one, beside in _in_a_row(load_contradictions()):
        more = _contradiction(one, simulated)
        add(
            address("contradiction", str(one.number)),
            "contradiction",
            "contradictions",
            **more,
            **beside,
        )
    return found


def _in_a_row(entries: Sequence[Entry]) -> Iterator[tuple[Entry, dict[str, Entry | None]]]:
    """Yield each entry with those before and after it."""
    around = [None, *entries, None]
    for position, entry in enumerate(entries):
        yield entry, {"before": around[position], "after": around[position + 2]}


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reflexarc.evidence_site"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )

    def from_here(function: Callable[..., Any]) -> Callable[..., Any]:
        @jinja2.pass_context
        def called(context: Mapping[str, Any], *words: Any) -> Any:
            return function(context["root"], *words)

        return called

    css = environment.loader.get_source(environment, "style.css")[0] if environment.loader else ""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment.filters |= {
        "anchor": anchor,
        "begun": lambda text: text[:1].upper() + text[1:],
        "linked": from_here(lambda root, text: linked(text, root)),
        "sourced": sourced,
        "grade": lambda grade: "⊕" * (4 - GRADES.index(grade)) + "◯" * GRADES.index(grade),
    }
    environment.globals |= {
        "address": from_here(lambda root, kind, name: root + address(kind, str(name))),
        "css": css,
        "policy": f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'",
        "limits": LIMITS,
        "closing": CLOSING,
        "version": __version__,
        "parts": PARTS,
        "words": WORDS,
        "places": PLACES,
    }
    return environment


def _ledgers(simulated: Simulated | None) -> dict[str, Any]:
    """Return what every page may show."""
    from reflexarc.citations import all_reasons
    from reflexarc.safety.questions import load_screen

    claims, screen = load_claims(), load_screen()
    return {
        "simulated": simulated,
        "verdicts": simulated.verdicts if simulated else {},
        "claims": claims,
        "claims_by_verdict": {
            verdict: [claim for claim in claims if claim.verdict == verdict] for verdict in VERDICTS
        },
        "meanings": MEANINGS,
        "findings": {finding.id: finding for finding in load_findings()},
        "papers": papers(),
        "cited": citations_of_findings(),
        "uncited": Cited(),
        "left_out": not_expressible(),
        "failures": known_failures(),
        "contradictions": load_contradictions(),
        "outcomes": simulated.outcomes if simulated else {},
        "effects": effects_by_group(),
        "screen": screen,
        "rules": rules_by_topic(screen.rules),
        "read": READ,
        "references": references(),
        "reasons": all_reasons(),
        "claims_of": claims_of_references(),
    }


def _claim(claim: Claim, simulated: Simulated | None) -> dict[str, Any]:
    outside = {entry.row: entry.why for entry in not_expressible()}
    cited = citations_of_findings()
    disputes = {
        one.number: one
        for name in claim.findings.all
        for one in cited.get(name, Cited()).contradictions
    }
    return {
        "claim": claim,
        "rows": {
            "for": [(row, outside[row]) for row in claim.rows.supporting],
            "against": [(row, outside[row]) for row in claim.rows.against],
        },
        "disputes": [disputes[number] for number in sorted(disputes)],
        "objections": _objections(claim, simulated),
        "sources": _sources(claim),
    }


def _objections(claim: Claim, simulated: Simulated | None) -> list[str]:
    """Return where the run contradicts a claim; nothing if its findings were not all run."""
    if simulated is None or not set(claim.findings.all) <= set(simulated.verdicts):
        return []
    return objections(claim, simulated.verdicts)


def _sources(claim: Claim) -> list[str]:
    """Return the keys of a claim's sources, and of the secondary ones of its findings."""
    by_id = {finding.id: finding for finding in load_findings()}
    via = [key for name in claim.findings.all for key in by_id[name].via]
    record = [claim.record.reference] if claim.record else []
    return list(dict.fromkeys([*claim.sources, *record, *via]))


def _contradiction(one: Contradiction, simulated: Simulated | None) -> dict[str, Any]:
    from reflexarc.contradictions.drawing import draw_contradiction
    from reflexarc.evidence_site.figures import framed

    outcome = simulated.outcomes.get(one.number) if simulated else None
    figure = ""
    if outcome is not None and one.findings:
        label = "What the model says to each finding under each account; the table holds the same."
        figure = framed(draw_contradiction(outcome), label=label, name=one.key)
    cited = citations_of_findings()
    touched = {
        claim.id: claim for name in one.findings for claim, _ in cited.get(name, Cited()).claims
    }
    return {
        "one": one,
        "outcome": outcome,
        "figure": figure,
        "touched": sorted(touched.values(), key=lambda claim: int(claim.id[1:])),
    }


def _overview(simulated: Simulated | None) -> str:
    from reflexarc.contradictions.drawing import draw_overview
    from reflexarc.evidence_site.figures import framed

    if simulated is None or not simulated.outcomes:
        return ""
    label = "What the model says to each side of each disagreement; each has a table on its page."
    drawn = draw_overview(list(simulated.outcomes.values()))
    return framed(drawn, label=label, name="overview")
