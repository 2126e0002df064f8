"""What the model says to every finding, and to both sides of every disagreement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reflexarc.findings import Score, Verdict, run_findings, score
from reflexarc.workers import Progress

if TYPE_CHECKING:
    from reflexarc.contradictions.running import Outcome

__all__ = ["Simulated", "simulate"]


@dataclass(frozen=True)
class Simulated:
    """The simulated side of the evidence.

    Attributes:
        verdicts: One a finding, by its id.
        outcomes: One a contradiction, by its number.
        seed: Seed of the cohort in which survival was counted.
        model: Hash of the model.
    """

    verdicts: Mapping[str, Verdict]
    outcomes: "Mapping[int, Outcome]"
    seed: int
    model: str

    @property
    def scores(self) -> Mapping[str, Score]:
        """How many scored findings agree: by trust, by role, and in all."""
        return score(self.verdicts.values())


def simulate(
    *,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Run every finding, and every contradiction under each account that can be expressed.

    Args:
        seed: Seed of the cohort in which survival is counted.
        workers: Threads or processes; None chooses.
        progress: Called with (runs done, runs in all), first for the findings, then for the
            contradictions.

    Example:
        >>> simulated = simulate()  # doctest: +SKIP
    """
    from reflexarc.biology import assemble
    from reflexarc.contradictions import load_contradictions
    from reflexarc.contradictions.running import run_contradictions

    verdicts = run_findings(seed=seed, workers=workers, progress=progress)
    outcomes = run_contradictions(
        load_contradictions(), seed=seed, workers=workers, progress=progress
    )
    return Simulated(
        verdicts={verdict.id: verdict for verdict in verdicts},
        outcomes={outcome.contradiction.number: outcome for outcome in outcomes},
        seed=seed,
        model=assemble().hash,
    )
