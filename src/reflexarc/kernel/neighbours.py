"""Parameter sets next to a given one, laid out over the lanes of registers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["PERTURBATION", "Difference", "Neighbours"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Difference = Literal["central", "forward"]

PERTURBATION: dict[str, float] = {"central": 2e-5, "forward": 1e-6}
"""Share by which a parameter moves. Rounding leaves a run with some dozen rounding errors; the
share is their cube root for central differences, where the error by curvature goes with its square,
and more than their square root for forward ones, because weak slopes suffer from rounding first.
The tolerance has no part in it: steps in common leave nothing of it in a difference but the error
of the slope itself."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which parameter each lane moves, and which way.

    All lanes of a group take the same steps, so a difference is taken within a group only: both
    neighbours of a pair lie in one, and the given set itself is in each group of forward
    differences. Lanes that are left over run the given set.

    Attributes:
        column: Index of the parameter that a lane moves; -1 for none, shape (lane,).
        side: -1, 0 or 1, shape (lane,).
        low, high: Lanes whose difference is taken, shape (parameter,).
        given: A lane of the given set; -1 if there is none.
    """

    column: Integers
    side: Integers
    low: Integers
    high: Integers
    given: int

    @classmethod
    def of(cls, parameters: int, *, width: int, difference: Difference) -> "Neighbours":
        """Lay out neighbours in groups of `width` lanes, at least 2.

        Example:
            >>> Neighbours.of(3, width=4, difference="forward").column.tolist()
            [-1, 0, 1, 2]
            >>> Neighbours.of(3, width=4, difference="central").column.tolist()
            [0, 0, 1, 1, 2, 2, -1, -1]
        """
        each = np.arange(parameters)
        if difference == "central":
            group, within = np.divmod(each, width // 2)
            low = group * width + 2 * within
            high = low + 1
        else:
            group, within = np.divmod(each, width - 1)
            low = group * width
            high = low + 1 + within
        lanes = width * (int(group[-1]) + 1 if parameters else 1)
        column, side = np.full(lanes, -1), np.zeros(lanes, dtype=np.int64)
        if difference == "central":
            column[low], side[low] = each, -1
        column[high], side[high] = each, 1
        free = np.flatnonzero(column < 0)
        return cls(column, side, low, high, int(free[0]) if free.size else -1)

    @property
    def lanes(self) -> int:
        """Runs per given set."""
        return self.column.size

    def place(self, points: Floats, moves: Floats) -> Floats:
        """Return the parameters of every lane.

        Args:
            points: The given sets, shape (set, parameter).
            moves: How far each parameter moves, the same shape. One that is 0 moves upwards only:
                few parameters mean anything below 0.

        Returns:
            Shape (set, lane, parameter).
        """
        placed = np.repeat(points[:, None, :], self.lanes, axis=1)
        for lane in np.flatnonzero(self.column >= 0):
            k = self.column[lane]
            whole = points[:, k] != 0 if self.side[lane] < 0 else True
            placed[:, lane, k] += self.side[lane] * moves[:, k] * whole
        return placed

    def differ(self, placed: Floats, results: Floats, slopes: Floats) -> Floats:
        """Write slopes at the given sets, and return values there.

        Args:
            placed: From `place`.
            results: What the runs gave, shape (set, lane, time, output).
            slopes: Where to write, shape (set, parameter, time, output).

        Returns:
            Values, shape (set, time, output).
        """
        for k, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            np.subtract(results[:, high], results[:, low], out=slopes[:, k])
            slopes[:, k] *= (1.0 / (placed[:, high, k] - placed[:, low, k]))[:, None, None]
        if self.given >= 0:
            return results[:, self.given]
        # No lane is left for the given set: it lies in the middle of the first pair, up to the
        # square of the perturbation; at its lower end if the parameter is 0.
        low, high = results[:, self.low[0]], results[:, self.high[0]]
        lowest = placed[:, self.low[0], 0] == 0
        return np.where(lowest[:, None, None], low, (low + high) / 2)
