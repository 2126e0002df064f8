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


SCOUT = 0.1
"""Share by which a scout moves parameters. A run that rests takes steps as large as it likes, and
so would its neighbours, whose small motion its error does not see. A scout's motion is seen: the
error of a slope is then at most ten tolerances of the output per share of the parameter."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which parameters each lane moves, and how far.

    All lanes of a group take the same steps. The first lane of a group runs the given set, the
    second the scout, in which all parameters of the group move at once. Pairs of a parameter lie in
    one group. Lanes that are left over run the given set.

    Attributes:
        shares: Share of its size by which each lane moves each parameter, shape (lane, parameter).
        scouts: Lanes that are there for their error only.
        low, high: Lanes whose difference is taken, shape (parameter,).
    """

    shares: Floats
    scouts: Integers
    low: Integers
    high: Integers

    @classmethod
    def of(cls, parameters: int, *, width: int, difference: Difference) -> "Neighbours":
        """Lay out neighbours in groups of `width` lanes, at least 4.

        Example:
            >>> lay = Neighbours.of(3, width=4, difference="forward")
            >>> lay.low.tolist(), lay.high.tolist(), lay.scouts.tolist()
            ([0, 0, 4], [2, 3, 6], [1, 5])
        """
        each, share = np.arange(parameters), PERTURBATION[difference]
        pairs = difference == "central"
        group, within = np.divmod(each, (width - 2) // (2 if pairs else 1))
        high = group * width + 2 + within * (2 if pairs else 1)
        low = high + 1 if pairs else group * width
        groups = int(group[-1]) + 1 if parameters else 1
        shares = np.zeros((groups * width, parameters))
        shares[high, each] = share
        if pairs:
            shares[low, each] = -share
        # unlike shares, lest one parameter undo what another does
        shares[group * width + 1, each] = SCOUT * (1 + within / 10) * (-1.0) ** within
        return cls(shares, np.arange(groups) * width + 1, low, high)

    @property
    def lanes(self) -> int:
        """Runs per given set."""
        return len(self.shares)

    def place(self, points: Floats, sizes: Floats) -> Floats:
        """Return the parameters of every lane.

        Args:
            points: The given sets, shape (set, parameter).
            sizes: Of which parameters move a share, the same shape. A parameter that is 0 moves
                upwards only, as few parameters mean anything below 0.

        Returns:
            Shape (set, lane, parameter).
        """
        shares = np.repeat(self.shares[None], len(points), axis=0)
        for row, k in np.argwhere(points == 0):
            shares[row, self.low[k], k] = 0.0
            shares[row, self.high[k], k] = PERTURBATION["forward"]
            shares[row, self.scouts, k] = np.abs(shares[row, self.scouts, k])
        return np.asarray(points[:, None, :] + shares * sizes[:, None, :])

    def differ(self, placed: Floats, results: Floats) -> tuple[Floats, Floats]:
        """Return values and slopes at the given sets.

        Args:
            placed: From `place`.
            results: What the runs gave, shape (set, lane, time, output).

        Returns:
            Values, shape (set, time, output), and slopes, shape (set, parameter, time, output).
        """
        slopes = np.empty((len(results), self.low.size, *results.shape[2:]))
        for k, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            np.subtract(results[:, high], results[:, low], out=slopes[:, k])
            slopes[:, k] *= (1.0 / (placed[:, high, k] - placed[:, low, k]))[:, None, None]
        return results[:, 0], slopes
