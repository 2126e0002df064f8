"""Which published findings, claims and disagreements an experiment touches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from reflexarc import experiments
from reflexarc.citations.naming import listed
from reflexarc.claims import Claim, load_claims
from reflexarc.contradictions import Contradiction, load_contradictions
from reflexarc.evidence.reading import load_experiments, load_findings
from reflexarc.timeline import Timeline, build_timelines

if TYPE_CHECKING:
    from reflexarc.protocol import Experiment

__all__ = [
    "TouchedClaim",
    "TouchedContradiction",
    "claims_of",
    "contradictions_of",
    "findings_of",
]


@dataclass(frozen=True)
class TouchedClaim:
    """A claim to which an experiment speaks.

    Attributes:
        claim: The claim.
        supporting: Ids of the experiment's findings that it cites for it.
        against: Likewise against it.
        shows: Whether the ledger names this experiment as the one that shows it.
    """

    claim: Claim
    supporting: tuple[str, ...]
    against: tuple[str, ...]
    shows: bool


@dataclass(frozen=True)
class TouchedContradiction:
    """A disagreement that an experiment touches.

    Attributes:
        contradiction: The disagreement.
        sides: What each side says, and the experiment's findings on it.
    """

    contradiction: Contradiction
    sides: tuple[tuple[str, tuple[str, ...]], ...]


def findings_of(experiment: "Experiment") -> Mapping[str, bool]:
    """Return the findings of an experiment, by id, and whether it has the very arms of each.

    A finding belongs to an experiment that has all its arms: the same course of events, whatever
    their names. So do all findings of the papers that the experiment names among its sources; its
    arms may then be others.

    Args:
        experiment: Read and checked.

    Example:
        >>> from reflexarc.protocol import Experiment
        >>> findings_of(Experiment.load("liu-2021"))["L21-1-TNF"]
        True
    """
    here = {_events(line) for line in build_timelines(experiment)}
    papers = {listed(line) for line in experiment.sources}
    found = {}
    for finding in load_findings():
        same = all(_arms()[finding.experiment, arm] in here for arm in finding.arms)
        if same or finding.paper in papers:
            found[finding.id] = same
    return found


def claims_of(experiment: "Experiment") -> tuple[TouchedClaim, ...]:
    """Return the claims that cite the findings of an experiment, or name it as what shows them."""
    mine = findings_of(experiment)
    found = []
    for claim in load_claims():
        supporting = tuple(name for name in claim.findings.supporting if name in mine)
        against = tuple(name for name in claim.findings.against if name in mine)
        shows = _shows(claim, experiment)
        if supporting or against or shows:
            found.append(TouchedClaim(claim, supporting, against, shows))
    return tuple(found)


def contradictions_of(experiment: "Experiment") -> tuple[TouchedContradiction, ...]:
    """Return the known disagreements on a side of which a finding of an experiment stands."""
    mine = findings_of(experiment)
    return tuple(
        TouchedContradiction(
            one,
            tuple(
                (side.says, tuple(name for name in side.findings if name in mine))
                for side in one.sides
            ),
        )
        for one in load_contradictions()
        if any(name in mine for name in one.findings)
    )


def _shows(claim: Claim, experiment: "Experiment") -> bool:
    """Return whether a claim names this very experiment: a built-in one, or that of a finding."""
    from reflexarc.protocol import Experiment

    if claim.experiment in experiments.names():
        return Experiment.load(str(claim.experiment)) == experiment
    keys = {finding.id: finding.experiment for finding in load_findings()}
    return claim.experiment in keys and load_experiments()[keys[claim.experiment]] == experiment


@cache
def _arms() -> Mapping[tuple[str, str], str]:
    """Return what happens in each arm of each experiment of the findings, as a digest."""
    return {
        (key, line.arm): _events(line)
        for key, own in load_experiments().items()
        for line in build_timelines(own)
    }


def _events(line: Timeline) -> str:
    """Return a digest of what happens in an arm, without when it is watched."""
    return replace(line, start=0.0, stop=0.0).digest
