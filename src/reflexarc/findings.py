"""Published findings, run: load them, simulate what they need, compare, give a verdict.

Example:
    >>> finding = load_findings()[0]
    >>> finding.scored
    True
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence import fit_targets, known_failures
from reflexarc.evidence.reading import load_experiments, load_findings
from reflexarc.evidence.second_reading import Agreement, agreement
from reflexarc.finding import Courses, Finding
from reflexarc.workers import Progress

if TYPE_CHECKING:
    from reflexarc.biology import Model
    from reflexarc.ensemble import EngineName

__all__ = [
    "Score",
    "Verdict",
    "exit_code",
    "judge",
    "load_experiments",
    "load_findings",
    "run_findings",
    "score",
    "to_json",
]

Role = Literal["fitted", "predicted", "unscored"]


@dataclass(frozen=True)
class Verdict:
    """A finding beside its simulation.

    Attributes:
        finding: The finding.
        role: Fitted, predicted, or unscored (remembered or not found).
        value: The simulated number.
        verdict: Pass, fail or unscored.
        why: The rule that decided, in a sentence; for a known failure, its reason too.
    """

    finding: Finding
    role: Role
    value: float
    verdict: Literal["pass", "fail", "unscored"]
    why: str

    @property
    def id(self) -> str:
        """Id of the finding."""
        return self.finding.id

    @property
    def simulated(self) -> str:
        """The simulated number in words."""
        return self.finding.show(self.value)

    @property
    def second_reading(self) -> Agreement:
        """Whether a second reader of the source says the same."""
        return agreement(self.id, self.finding.comparison, self.finding.expect)

    def record(self) -> dict[str, str]:
        """Return it as plain data, in the shape of `reflexarc findings --json`."""
        return {
            "id": self.finding.id,
            "paper": self.finding.paper,
            "trust": self.finding.trust,
            "role": self.role,
            "published": self.finding.published,
            "simulated": self.simulated,
            "verdict": self.verdict,
            "why": self.why,
            "second reading": self.second_reading,
        }


@dataclass(frozen=True)
class Score:
    """How many scored findings of a kind agree."""

    passed: int
    scored: int

    @property
    def rate(self) -> float:
        """Share that agrees; 1 if there are none."""
        return self.passed / self.scored if self.scored else 1.0


def run_findings(
    *,
    ids: Iterable[str] | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    model: "Model | None" = None,
    engine: "EngineName" = "kernel",
    initial: Mapping[str, float] | None = None,
) -> list[Verdict]:
    """Run findings and compare.

    Args:
        ids: Ids, or beginnings of ids (`L21`, `MT-TNF`); all if left out.
        seed: Seed of the cohort in which survival is counted.
        workers: Threads or processes; None chooses.
        progress: Called with (runs done, runs in all).
        model: The biology; the assembled one if left out.
        engine: What simulates, see `ensemble.ENGINES`.
        initial: Parameters that differ in every arm that doesn't set them itself.

    Returns:
        One verdict a finding, in their order.

    Raises:
        InputError: No finding has such an id.

    Example:
        >>> verdicts = run_findings(ids=["MT"])  # doctest: +SKIP
    """
    from reflexarc.biology import assemble
    from reflexarc.trials import plan_trials, run_trials

    findings = _selected(load_findings(), ids)
    trials = plan_trials(findings, load_experiments(), initial=initial)
    courses = run_trials(
        trials,
        model=assemble() if model is None else model,
        seed=seed,
        workers=workers,
        progress=progress,
        engine=engine,
    )
    return [judge(finding, courses[finding.experiment]) for finding in findings]


def judge(finding: Finding, courses: Courses) -> Verdict:
    """Return the verdict on one finding, given the simulated arms of its experiment."""
    decision = finding.decide(courses)
    value = finding.measure(courses)
    if not finding.scored:
        why = f"not scored ({_TRUST[finding.trust]}); {decision.why}"
        return Verdict(finding, "unscored", value, "unscored", why)
    why = decision.why
    reason = _reasons().get(finding.id)
    if reason is not None:
        why += (
            f" (known failure: {reason})" if not decision.holds else " (listed as a known failure)"
        )
    fitted = finding.id in _fitted()
    return Verdict(
        finding,
        "fitted" if fitted else "predicted",
        value,
        "pass" if decision.holds else "fail",
        why,
    )


def score(verdicts: Iterable[Verdict]) -> dict[str, Score]:
    """Return how many scored findings agree: by trust (T, S), by role, and in all."""
    scored = [verdict for verdict in verdicts if verdict.verdict != "unscored"]
    groups = {
        "T": [v for v in scored if v.finding.trust == "T"],
        "S": [v for v in scored if v.finding.trust == "S"],
        "fitted": [v for v in scored if v.role == "fitted"],
        "predicted": [v for v in scored if v.role == "predicted"],
        "all": scored,
    }
    return {
        name: Score(sum(v.verdict == "pass" for v in group), len(group))
        for name, group in groups.items()
    }


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return 0, or 1 if a scored finding fails that isn't listed, or one passes that is listed."""
    listed = set(_reasons())
    return int(
        any(
            (v.verdict == "fail" and v.id not in listed) or (v.verdict != "fail" and v.id in listed)
            for v in verdicts
        )
    )


def to_json(verdicts: Iterable[Verdict]) -> dict[str, list[dict[str, str]]]:
    """Return verdicts as plain data: `{"findings": [...]}`."""
    return {"findings": [verdict.record() for verdict in verdicts]}


_TRUST = {"R": "remembered, not found again", "NF": "not found"}


@cache
def _fitted() -> frozenset[str]:
    """Return the targets of the fit, and what reads the same number off the same arms."""
    from reflexarc.trials import plan_trials

    findings = load_findings()
    names = plan_trials(findings, load_experiments()).names
    targets = {target.finding for target in fit_targets()}

    def reading(finding: Finding) -> tuple[object, ...]:
        arms = (names[finding.experiment, arm] for arm in finding.arms)
        return (finding.comparison.kind, finding.outcome.phrase, *arms)

    told = {reading(finding) for finding in findings if finding.id in targets}
    return frozenset(finding.id for finding in findings if reading(finding) in told)


def _reasons() -> dict[str, str]:
    return {failure.id: failure.reason for failure in known_failures()}


def _selected(findings: Sequence[Finding], ids: Iterable[str] | None) -> list[Finding]:
    if ids is None:
        return list(findings)
    wanted = list(ids)
    for word in wanted:
        if not any(_begins(finding.id, word) for finding in findings):
            raise InputError(unknown_word("finding", word, [finding.id for finding in findings]))
    return [f for f in findings if any(_begins(f.id, word) for word in wanted)]


def _begins(name: str, word: str) -> bool:
    return name == word or name.startswith(f"{word}-")
