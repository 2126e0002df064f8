"""What has been published, for the page: findings beside their simulation, and claims.

A finding carries a scenario where the page can express the arm that it is about.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from reflexarc.claims import load_claims
from reflexarc.evidence import known_failures
from reflexarc.evidence.reading import load_experiments, load_findings
from reflexarc.evidence_site.ledgers import citations_of_findings
from reflexarc.finding import REST_ARM, Finding
from reflexarc.protocol import Arm
from reflexarc.web.scenario import CannotShow, scenario_of

if TYPE_CHECKING:
    from reflexarc.findings import Verdict

__all__ = ["claims_data", "findings_data"]

SHORTEST, LONGEST = 12.0, 168.0
"""Hours that a scenario shows at least and at most."""


def findings_data(verdicts: "Iterable[Verdict]" = ()) -> list[dict[str, Any]]:
    """Return every finding as plain data, in the order of the files.

    Args:
        verdicts: What the model says of them, from `reflexarc.findings.run_findings`; a finding
            without one is shown as not run.

    Returns:
        One entry a finding. `published` is what the paper says, `simulated` what the model gives,
        `verdict` is `pass`, `fail`, `unscored` or `not run`, `reason` is why a failure is known.
        `scenario` and `control` are for the page to run, or None with the words in `cannot`.
    """
    told = {verdict.id: verdict for verdict in verdicts}
    reasons = {failure.id: failure.reason for failure in known_failures()}
    return [_entry(finding, told.get(finding.id), reasons) for finding in load_findings()]


def claims_data() -> list[dict[str, Any]]:
    """Return the claims ledger as plain data: what is said, what holds, how certain that is."""
    return [
        {
            "id": claim.id,
            "claim": claim.claim,
            "verdict": claim.verdict,
            "species": list(claim.species),
            "plain": claim.plain,
            "precise": claim.precise,
            "limits": list(claim.limits),
            "certainty": {
                "about": claim.certainty.about,
                "grade": claim.certainty.grade,
                "reasons": dict(claim.certainty.reasons),
            },
            "for": list(claim.findings.supporting),
            "against": list(claim.findings.against),
            "sources": list(claim.sources),
            "change": list(claim.would_change_our_mind),
        }
        for claim in load_claims()
    ]


def _entry(
    finding: Finding, verdict: "Verdict | None", reasons: Mapping[str, str]
) -> dict[str, Any]:
    compared = finding.comparison
    cited = citations_of_findings().get(finding.id)
    entry: dict[str, Any] = {
        "id": finding.id,
        "title": finding.title,
        "paper": finding.paper,
        "via": list(finding.via),
        "found": finding.found_in,
        "species": finding.species,
        "trust": finding.trust,
        "published": finding.published,
        "outcome": finding.outcome.phrase,
        "variable": finding.outcome.variable,
        "window": [finding.outcome.start, finding.outcome.stop],
        "arm": compared.arm or compared.arms[-1],
        "to": compared.to or (compared.arms[0] if compared.arms else None),
        "verdict": verdict.verdict if verdict else "not run",
        "simulated": verdict.simulated if verdict else "",
        "role": verdict.role if verdict else "",
        "why": verdict.why if verdict else "",
        "reason": reasons.get(finding.id, ""),
        "bias": finding.bias.strip(),
        "note": finding.note,
        "assumptions": [" ".join(text.split()) for text in finding.assumptions],
        "claims": [claim.id for claim, _ in cited.claims] if cited else [],
    }
    try:
        entry["scenario"] = _scenario(finding, entry["arm"])
        to = entry["to"]
        entry["control"] = _scenario(finding, to) if to and to != REST_ARM else None
    except CannotShow as why:
        entry |= {"scenario": None, "control": None, "cannot": str(why)}
    return entry


def _scenario(finding: Finding, name: str) -> dict[str, Any]:
    experiment = load_experiments()[finding.experiment]
    hours = min(max(finding.outcome.stop, SHORTEST), LONGEST)
    return _arm_scenario(experiment.arms[name], hours)


def _arm_scenario(arm: Arm, hours: float) -> dict[str, Any]:
    return scenario_of(arm, hours=hours)
