"""Disagreements, run: every finding on every side under every account that can be expressed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reflexarc.biology import assemble
from reflexarc.contradictions import AS_IT_STANDS, Account, Contradiction, Side
from reflexarc.evidence.reading import load_experiments, load_findings
from reflexarc.findings import Verdict, judge
from reflexarc.trials import Trials, plan_trials, run_trials
from reflexarc.workers import Progress

if TYPE_CHECKING:
    from reflexarc.finding import Finding

__all__ = ["Answer", "Outcome", "run_contradictions"]


@dataclass(frozen=True)
class Answer:
    """What the model says to one side of a disagreement under one account.

    Attributes:
        account: Name of the account.
        side: The side.
        verdicts: One a finding of the side.
    """

    account: str
    side: Side
    verdicts: tuple[Verdict, ...]

    @property
    def scored(self) -> int:
        """Findings of the side that may be scored."""
        return sum(verdict.verdict != "unscored" for verdict in self.verdicts)

    @property
    def agreed(self) -> int:
        """Scored findings of the side with which the model agrees."""
        return sum(verdict.verdict == "pass" for verdict in self.verdicts)

    @property
    def text(self) -> str:
        """`2 of 3`, or why there is nothing to count."""
        if self.scored:
            return f"{self.agreed} of {self.scored}"
        return "not scored" if self.verdicts else "can't be run"


@dataclass(frozen=True)
class Outcome:
    """A disagreement beside what the model says.

    Attributes:
        contradiction: The disagreement.
        verdicts: By account (the model as it stands comes first), then by finding.
    """

    contradiction: Contradiction
    verdicts: Mapping[str, Mapping[str, Verdict]]

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names of the accounts that were run."""
        return tuple(self.verdicts)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What the model says to each side under each account, account by account."""
        return tuple(
            Answer(account, side, tuple(found[name] for name in side.findings))
            for account, found in self.verdicts.items()
            for side in self.contradiction.sides
        )

    def record(self) -> dict[str, Any]:
        """Return it as plain data, in the shape of `reflexarc contradictions --json`."""
        contradiction = self.contradiction
        return {
            "number": contradiction.number,
            "title": contradiction.title,
            "question": contradiction.question,
            "model": contradiction.model,
            "sides": [
                {
                    "says": side.says,
                    "findings": list(side.findings),
                    "not run": [{"row": row.row, "because": row.reason} for row in side.rows],
                    "sources": list(side.sources),
                    "agreement": {
                        answer.account: {"agreed": answer.agreed, "scored": answer.scored}
                        for answer in self.answers
                        if answer.side is side and answer.verdicts
                    },
                }
                for side in contradiction.sides
            ],
            "accounts": [
                {"name": AS_IT_STANDS, "says": contradiction.model, "expressed": True},
                *(_account_record(account) for account in contradiction.accounts),
            ],
            "findings": [
                verdict.record() | {"account": account, "value": verdict.value}
                for account, found in self.verdicts.items()
                for verdict in found.values()
            ],
        }


def run_contradictions(
    contradictions: Iterable[Contradiction],
    *,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Run the findings on all sides, with the model as it stands and under each rival account.

    Args:
        contradictions: What to run.
        seed: Seed of the cohort in which survival is counted.
        workers: Processes; None chooses.
        progress: Called with (runs done, runs in all).

    Returns:
        One outcome a disagreement, in their order.

    Example:
        >>> from reflexarc.contradictions import find_contradictions
        >>> outcomes = run_contradictions(find_contradictions((9,)))  # doctest: +SKIP
    """
    chosen = list(contradictions)
    by_id = {finding.id: finding for finding in load_findings()}
    wanted: dict[str, tuple[Mapping[str, float], dict[str, None]]] = {}
    for contradiction in chosen:
        for account in _accounts(contradiction):
            _, names = wanted.setdefault(_tag(account), (account.effects, {}))
            names.update(dict.fromkeys(contradiction.findings))
    planned = {
        tag: _plan([by_id[name] for name in names], tag, effects)
        for tag, (effects, names) in wanted.items()
        if names
    }
    courses = (
        run_trials(
            _joined(planned.values()),
            model=assemble(),
            seed=seed,
            workers=workers,
            progress=progress,
        )
        if planned
        else {}
    )
    return [
        Outcome(
            contradiction,
            {
                account.name: {
                    name: judge(by_id[name], courses[_key(_tag(account), by_id[name].experiment)])
                    for name in contradiction.findings
                }
                for account in _accounts(contradiction)
            },
        )
        for contradiction in chosen
    ]


class _Standing:
    """The model as it stands, in the place of an account."""

    name = AS_IT_STANDS
    effects: Mapping[str, float] = {}


def _accounts(contradiction: Contradiction) -> tuple[Account | _Standing, ...]:
    return (_Standing(), *contradiction.rivals)


def _account_record(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "says": account.says,
        "expressed": account.expressed,
        "switch": dict(account.switch),
        "set": dict(account.set),
        "means": account.means,
    }


def _tag(account: Account | _Standing) -> str:
    """Return the same word for accounts that set the same values."""
    return ";".join(f"{name}={value!r}" for name, value in sorted(account.effects.items()))


def _key(tag: str, experiment: str) -> str:
    return f"{tag}|{experiment}"


def _plan(findings: "list[Finding]", tag: str, effects: Mapping[str, float]) -> Trials:
    """Return the trials of findings with some parameters at other values from the start."""
    trials = plan_trials(findings, load_experiments())

    def tagged(name: str) -> str:
        return f"{tag}|{name}"

    return replace(
        trials,
        timelines=tuple(
            replace(line, arm=tagged(line.arm), initial={**line.initial, **effects})
            for line in trials.timelines
        ),
        lethal=tuple(
            replace(line, arm=tagged(line.arm), initial={**line.initial, **effects})
            for line in trials.lethal
        ),
        names={
            (_key(tag, experiment), arm): tagged(name)
            for (experiment, arm), name in trials.names.items()
        },
    )


def _joined(plans: Iterable[Trials]) -> Trials:
    import numpy as np

    parts = list(plans)
    return Trials(
        timelines=tuple(line for part in parts for line in part.timelines),
        lethal=tuple(line for part in parts for line in part.lethal),
        names={name: digest for part in parts for name, digest in part.names.items()},
        times=np.unique(np.concatenate([part.times for part in parts])),
        deaths=np.unique(np.concatenate([part.deaths for part in parts])),
        outputs=tuple(sorted({name for part in parts for name in part.outputs})),
    )
