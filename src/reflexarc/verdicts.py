"""The rules by which a simulated number agrees with a published one, each written once.

| word | rule |
|---|---|
| lower | ratio at most 0.85 |
| higher | ratio at least 1.15 |
| unchanged | ratio between the two |
| abolished | under a fifth of the intact effect is left, and that effect is there |
| order | each stands at least 5 % above the one before (times: later than the one before) |
| survival | within the stated points, 15 where none are stated; lower and higher: by 15 points |
| of the dead | higher: the area under the ROC curve is at least 0.7; lower: at most 0.3 |

Effects are logarithms of ratios, or differences where a finding says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HIGHER",
    "LEFT_OVER",
    "LOWER",
    "POINTS",
    "ROC",
    "STEP",
    "Decision",
    "Direction",
    "Numeric",
    "bounds",
    "direction_of_area",
    "direction_of_ratio",
    "direction_of_survival",
    "hinge",
    "rising",
    "roc_area",
    "share_left",
    "within",
]

Direction = Literal["lower", "higher", "unchanged"]

LOWER = 0.85
"""A ratio at or below this is lower."""
HIGHER = 1.15
"""A ratio at or above this is higher."""
LEFT_OVER = 0.2
"""Share of an effect that may be left when it is called abolished."""
POINTS = 0.15
"""Survival differs when it differs by this share of the animals."""
ROC = 0.7
"""What the dead have more of tells them from the living with at least this area under the curve."""
FEWEST = 0.05
"""Share of a cohort that has to die, and to live, for the two to be compared."""
STEP = 1.05
"""In an order, each level stands at least this many times above the one before."""


@dataclass(frozen=True)
class Decision:
    """Whether a rule holds, and the sentence that says why."""

    holds: bool
    why: str


@dataclass(frozen=True)
class Numeric:
    """A published number and how far from it the simulated one may be.

    Attributes:
        value: The published number.
        tolerance: Largest distance; on the logarithmic scale a logarithm.
        logarithmic: True if distances are measured in logarithms (tolerance "factor 2").
    """

    value: float
    tolerance: float
    logarithmic: bool = False

    @property
    def low(self) -> float:
        """The smallest number that agrees."""
        if self.logarithmic:
            return self.value * math.exp(-self.tolerance)
        return self.value - self.tolerance

    @property
    def high(self) -> float:
        """The largest number that agrees."""
        if self.logarithmic:
            return self.value * math.exp(self.tolerance)
        return self.value + self.tolerance

    def residual(self, simulated: float) -> float:
        """Return the distance in tolerances: within -1 and 1 agrees."""
        if self.logarithmic:
            return math.log(max(simulated, 1e-12) / self.value) / self.tolerance
        return (simulated - self.value) / self.tolerance


def direction_of_ratio(ratio: float, expected: Direction) -> Decision:
    """Decide whether a ratio goes the expected way.

    Example:
        >>> direction_of_ratio(0.68, "lower").holds, direction_of_ratio(0.9, "lower").holds
        (True, False)
    """
    seen = "lower" if ratio <= LOWER else "higher" if ratio >= HIGHER else "unchanged"
    return _direction(seen, expected, f"ratio {_show(ratio)}")


def direction_of_survival(difference: float, expected: Direction) -> Decision:
    """Decide whether a difference of survival (shares of animals) goes the expected way."""
    seen = (
        "lower"
        if difference <= -POINTS + 1e-12
        else "higher"
        if difference >= POINTS - 1e-12
        else "unchanged"
    )
    return _direction(seen, expected, f"{100 * difference:+.0f} points of survival")


def direction_of_area(area: float, expected: Direction) -> Decision:
    """Decide whether animals that die have more or less of something than those that live.

    Example:
        >>> direction_of_area(0.9, "higher").holds, direction_of_area(0.2, "lower").holds
        (True, True)
        >>> direction_of_area(0.6, "unchanged").holds
        True
    """
    seen = "higher" if area >= ROC else "lower" if area <= 1 - ROC else "unchanged"
    return _direction(seen, expected, f"area under the ROC curve {_show(area)}")


def roc_area(
    values: NDArray[np.float64], dead: NDArray[np.float64], living: NDArray[np.float64]
) -> float:
    """Return how often an animal that dies has more of something than one that lives.

    Each animal counts with the chances that it dies and that it lives, so that no luck of dying
    enters. With chances of 0 and 1 it is the Mann-Whitney U over the number of pairs, which is the
    area under the ROC curve. No animal is compared with itself; a tie counts half.

    Args:
        values: What each animal has, shape (animal,).
        dead: The chance that it dies, shape (animal,).
        living: The chance that it lives, shape (animal,).

    Returns:
        0 to 1; not a number where fewer than one in twenty are expected to die, or to live.

    Example:
        >>> roc_area(np.array([3.0, 1.0, 2.0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 1.0]))
        1.0
    """
    if min(float(dead.mean()), float(living.mean())) < FEWEST:
        return math.nan
    above = 0.5 * (np.sign(values[:, None] - values[None, :]) + 1)
    pairs = dead[:, None] * living[None, :]
    np.fill_diagonal(pairs, 0.0)
    return float((above * pairs).sum() / pairs.sum())


def share_left(effect: float, intact: float) -> Decision:
    """Decide whether less than a fifth of an intact effect is left, in either direction.

    Example:
        >>> share_left(-0.05, -0.5).holds, share_left(-0.2, -0.5).holds
        (True, False)
    """
    if intact == 0 or not math.isfinite(effect) or not math.isfinite(intact):
        return Decision(False, "there is no intact effect")
    share = effect / intact
    if abs(share) < LEFT_OVER:
        return Decision(True, f"{_percent(share)} of the intact effect is left")
    if share < 0:
        return Decision(False, f"the effect is reversed ({_percent(share)} of the intact one)")
    return Decision(False, f"{_percent(share)} of the intact effect is left, a fifth is allowed")


def rising(values: Sequence[float], *, times: bool) -> Decision:
    """Decide whether each value stands above the one before (times: comes after it)."""
    for before, after in pairwise(values):
        good = after > before if times else after >= STEP * before > 0 or after > before == 0
        if not good or not math.isfinite(before):
            rule = "does not come after" if times else "is not 5 % above"
            return Decision(False, f"{_show(after)} {rule} {_show(before)}")
    return Decision(True, " < ".join(_show(value) for value in values))


def within(simulated: float, expected: Numeric) -> Decision:
    """Decide whether a number lies within the tolerance."""
    span = f"{_show(expected.low)} to {_show(expected.high)}"
    if expected.low <= simulated <= expected.high:
        return Decision(True, f"{_show(simulated)} lies within {span}")
    return Decision(False, f"{_show(simulated)} lies outside {span}")


def bounds(simulated: float, low: float | None, high: float | None) -> Decision:
    """Decide whether a number lies between bounds, each of which may be missing."""
    if low is not None and simulated < low:
        return Decision(False, f"{_show(simulated)} is below {_show(low)}")
    if high is not None and simulated > high:
        return Decision(False, f"{_show(simulated)} is above {_show(high)}")
    return Decision(True, f"{_show(simulated)} lies within the bounds")


def hinge(value: float, low: float | None, high: float | None) -> float:
    """Return how far a value lies outside bounds; 0 inside.

    Example:
        >>> hinge(3.0, None, 2.5), hinge(1.0, None, 2.5), hinge(1.0, 2.0, None)
        (0.5, 0.0, -1.0)
    """
    if high is not None and value > high:
        return value - high
    if low is not None and value < low:
        return value - low
    return 0.0


def _direction(seen: str, expected: Direction, what: str) -> Decision:
    if seen == expected:
        return Decision(True, f"{what} is {seen}")
    return Decision(False, f"{what} is {seen}, not {expected}")


def _show(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _percent(share: float) -> str:
    return f"{round(100 * share) + 0:d} %"
