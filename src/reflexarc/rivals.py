"""Rival hypotheses: which findings tell the options of a named switch apart.

Every finding runs under every option. Parameters stay as they were fitted under the default
option, so an option that fails might do better with a fit of its own: the table says which
experiments would decide, not which option is true.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reflexarc.errors import InputError, unknown_word
from reflexarc.findings import Score, Verdict, run_findings, score
from reflexarc.vocabulary import hypothesis_options, option_effects
from reflexarc.workers import Progress

__all__ = ["Rivals", "compare_rivals"]


@dataclass(frozen=True)
class Rivals:
    """The findings under each option of a hypothesis.

    Attributes:
        name: The hypothesis.
        verdicts: Verdicts by option, the default option first; each in the order of the findings.
    """

    name: str
    verdicts: Mapping[str, tuple[Verdict, ...]]

    @property
    def options(self) -> tuple[str, ...]:
        """The options, the default one first."""
        return tuple(self.verdicts)

    @property
    def scores(self) -> dict[str, Score]:
        """How many scored findings agree, by option."""
        return {option: score(verdicts)["all"] for option, verdicts in self.verdicts.items()}

    @property
    def telling(self) -> tuple[tuple[Verdict, ...], ...]:
        """Scored findings whose verdict isn't the same under all options, one row a finding."""
        rows = zip(*self.verdicts.values(), strict=True)
        return tuple(row for row in rows if len({v.verdict for v in row}) > 1)


def compare_rivals(
    name: str,
    *,
    ids: list[str] | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Rivals:
    """Run the findings under every option of a hypothesis.

    Args:
        name: A hypothesis, as `reflexarc hypotheses` lists it.
        ids: Ids of findings, or beginnings of ids; all if left out.
        seed: Seed of the cohort in which survival is counted.
        workers: Threads; None chooses.
        progress: Called with (runs done, runs in all), anew for each option.

    Raises:
        InputError: The hypothesis is unknown, or no finding has such an id.
    """
    known = hypothesis_options()
    found = next((each for each in known if each.casefold() == name.strip().casefold()), None)
    if found is None:
        raise InputError(unknown_word("hypothesis", name, known))
    return Rivals(
        found,
        {
            option: tuple(
                run_findings(
                    ids=ids,
                    seed=seed,
                    workers=workers,
                    progress=progress,
                    initial=option_effects(found, option),
                )
            )
            for option in known[found]
        },
    )
