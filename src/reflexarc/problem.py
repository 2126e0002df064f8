"""What is fitted, to what: free parameters, targets, and how far a point is from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reflexarc.biology import Difference, Parameter, assemble, differences
from reflexarc.biology.species import MOUSE
from reflexarc.cohort import Cohort, spreads
from reflexarc.errors import NumericalError
from reflexarc.evidence import FitTarget, fit_targets
from reflexarc.findings import load_experiments, load_findings
from reflexarc.trials import plan_trials, residuals, run_points

if TYPE_CHECKING:
    from reflexarc.trials import Trials

__all__ = ["LARGEST", "MISSED", "Problem", "bound"]

Floats = NDArray[np.float64]

LARGEST = 1e6
"""What a larger residual counts as in a search, an infinite one included."""
MISSED = 2.0
"""What a search counts for each finding that fails, times its weight, beside its residual."""
UNMEASURED = 4.0
"""Residual of what can't be measured at a point, such as the dead of an arm in which none die."""


@dataclass(frozen=True)
class Problem:
    """What is fitted, to what.

    Attributes:
        free: The fitted parameters; for another species, the numbers that differ from the mouse's.
        targets: Findings, with weights, and numbers in place of what they expect.
        trials: The simulations that the targets need.
        cohort: Animals in which survival is expected.
    """

    free: tuple[Parameter | Difference, ...]
    targets: tuple[FitTarget, ...]
    trials: Trials
    cohort: Cohort

    @classmethod
    def declared(
        cls,
        *,
        animals: int,
        seed: int,
        species: str = MOUSE,
        only: Sequence[str] = (),
        targets: str = "",
    ) -> Problem:
        """Return the problem that the tables declare, or a part of it.

        Args:
            animals: Size of the cohort for survival.
            seed: Its seed.
            species: Whose numbers are fitted.
            only: Ids of the fitted parameters that are free; all if left out.
            targets: How the ids of the targets begin, with commas between; all if left out.

        Raises:
            ValueError: One of `only` is not a fitted parameter, or no target begins so.
        """
        experiments = load_experiments()
        of_species = {
            finding.id: finding
            for finding in load_findings()
            if experiments[finding.experiment].animals.species == species
        }
        aims = tuple(
            aim
            for aim in fit_targets()
            if aim.finding in of_species and aim.finding.startswith(tuple(targets.split(",")))
        )
        if not aims:
            raise ValueError(f"no target of the fit begins with {targets!r}")
        model = assemble()
        own = [d for d in differences() if d.species == species]
        known = model.parameters if species == MOUSE else own
        fitted = [number for number in known if number.status == "fitted"]
        if strange := sorted(set(only) - {p.id for p in fitted}):
            raise ValueError(f"{strange[0]!r} is not a fitted parameter")
        return cls(
            free=tuple(p for p in fitted if not only or p.id in only),
            targets=aims,
            trials=plan_trials([of_species[aim.finding] for aim in aims], experiments),
            cohort=Cohort.representative(spreads(model), size=animals, seed=seed),
        )

    @property
    def lower(self) -> Floats:
        """Lower bounds, logarithms."""
        return np.log([bound(p, p.lower) for p in self.free])

    @property
    def upper(self) -> Floats:
        """Upper bounds, logarithms."""
        return np.log([bound(p, p.upper) for p in self.free])

    @property
    def start(self) -> Floats:
        """The values of the table, logarithms."""
        return np.log([p.value for p in self.free])

    def residuals(self, points: Floats) -> Floats:
        """Return the residual of each target at some points, all points in one go.

        Args:
            points: Logarithms of the parameters, shape (point, parameter).

        Returns:
            Shape (point, target); infinite where the model can't be solved.
        """
        return self._judged(points)[0]

    def costs(self, points: Floats) -> Floats:
        """Return what a search minimises: log(1 + r^2 / 2), and more for each finding that fails.

        Args:
            points: Logarithms of the parameters, shape (point, parameter).

        Returns:
            Shape (point,).
        """
        table, missed = self._judged(points)
        gentle = np.log1p(np.minimum(np.abs(table), LARGEST) ** 2 / 2)
        weights = np.array([target.weight for target in self.targets])
        return np.asarray((gentle + MISSED * weights * missed).sum(axis=1))

    def _judged(self, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return residuals, and which findings fail, each of shape (point, target)."""
        by_id = {finding.id: finding for finding in load_findings()}
        aims = [by_id[target.finding] for target in self.targets]
        try:
            found = run_points(
                self.trials,
                model=assemble(),
                typical=self._scaled(Cohort.typical(), points),
                cohort=self._scaled(self.cohort, points),
            )
        except NumericalError:
            shape = (1, len(aims))
            if len(points) == 1:
                return np.full(shape, math.inf), np.ones(shape, dtype=bool)
            alone = [self._judged(point[None]) for point in points]
            return np.concatenate([t for t, _ in alone]), np.concatenate([m for _, m in alone])
        table = np.array(
            [
                residuals(
                    aims,
                    courses,
                    weights=[target.weight for target in self.targets],
                    targets=[target.target for target in self.targets],
                )
                for courses in found
            ]
        )
        missed = [
            [not aim.decide(courses[aim.experiment]).holds for aim in aims] for courses in found
        ]
        return np.where(np.isnan(table), UNMEASURED, table), np.array(missed)

    def _scaled(self, cohort: Cohort, points: Floats) -> Cohort:
        """Return the cohort once for each point, its parameters there, on top of its own traits."""
        names = tuple(p.id for p in self.free)
        traits = tuple(dict.fromkeys((*cohort.traits, *names)))
        table = np.ones((len(points), len(cohort), len(traits)))
        table[:, :, : len(cohort.traits)] = cohort.multipliers
        places = [traits.index(name) for name in names]
        table[:, :, places] *= np.exp(points - self.start)[:, None, :]
        times = len(points)
        return Cohort(
            cohort.seed,
            cohort.animals * times,
            traits,
            table.reshape(-1, len(traits)),
            np.tile(cohort.death_thresholds, times),
        )


def bound(parameter: Parameter | Difference, value: float | None) -> float:
    """Return a bound of a fitted parameter, which must have one above 0.

    Raises:
        ValueError: It has none.
    """
    if value is None or value <= 0:
        raise ValueError(f"the fitted parameter {parameter.id!r} needs bounds above 0")
    return value
