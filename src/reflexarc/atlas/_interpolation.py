"""Interpolate along the first axis of a table."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["along", "pchip", "spline"]

Array = NDArray[np.float64]


def spline(x: Array, y: Array) -> Callable[[Array], Array]:
    """Return the monotone cubic (PCHIP) through (x, y); it gives no number outside x."""
    from scipy.interpolate import PchipInterpolator

    curve: Callable[[Array], Array] = PchipInterpolator(x, y, axis=0, extrapolate=False)
    return curve


def pchip(x: Array, y: Array, at: Array) -> Array:
    """Return the monotone cubic through (x, y) at some places."""
    return spline(x, y)(at)


def along(axis: Array, values: Array, at: float) -> Array:
    """Return the straight lines through (axis, values) at one place, holding the ends."""
    place = float(np.clip(at, axis[0], axis[-1]))
    for k, (left, right) in enumerate(pairwise(axis)):
        if place <= right:
            share = (place - left) / (right - left)
            blend: Array = (1 - share) * values[k] + share * values[k + 1]
            return blend
    last: Array = values[-1]
    return last
