"""Quantiles of more numbers than can be kept: counts in buckets whose ends grow by a factor.

The idea is DDSketch (Masson, Rim and Lee 2019, PVLDB 12, doi:10.14778/3352063.3352135). A bucket
reaches from γ^(k−1) to γ^k with γ = (1 + ε) / (1 − ε), so that its middle is never further than ε
of any number in it. Counts are whole numbers: sketches of parts add up to the sketch of the whole,
bit by bit and in any order.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError

__all__ = ["Sketch"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEGATIVE, POSITIVE = 0, 1


@dataclass(frozen=True, eq=False)
class Sketch:
    """Counts of several columns of numbers.

    Attributes:
        error: Largest relative error of a quantile.
        smallest: A number nearer to 0 than this counts as 0.
        low: First bucket that is kept.
        zeros: Numbers counted as 0, shape (column,).
        counts: Negative and positive numbers, shape (2, column, bucket).

    Example:
        >>> halves = [Sketch.of(np.arange(a, a + 500.0)[:, None]) for a in (1, 501)]
        >>> whole = halves[0].merge(halves[1])
        >>> bool(abs(whole.quantiles([0.5])[0, 0] / 500 - 1) <= whole.error)
        True
    """

    error: float
    smallest: float
    low: int
    zeros: Integers
    counts: Integers

    @classmethod
    def of(cls, values: Floats, *, error: float = 0.01, smallest: float = 1e-15) -> "Sketch":
        """Count numbers.

        Args:
            values: Shape (number, column); what isn't finite is left out.
            error: Largest relative error of a quantile, between 1e-5 and 0.5.
            smallest: What counts as 0, a positive number.

        Raises:
            InputError: If `error` or `smallest` is out of range.
        """
        if not 1e-5 <= error <= 0.5:
            raise InputError(f"the error of a quantile lies between 1e-5 and 0.5, not {error:g}")
        if not (math.isfinite(smallest) and smallest > 0):
            raise InputError(f"what counts as 0 must be a positive number, not {smallest:g}")
        columns = values.shape[1]
        size = np.abs(values)
        tiny = size < smallest
        zeros = np.count_nonzero(tiny, axis=0).astype(np.int64)
        seen = np.isfinite(size)
        np.greater(seen, tiny, out=seen)
        place = np.log(np.where(seen, size, 1.0))
        place *= 1.0 / _log_gamma(error)
        bucket = np.ceil(place, out=place).astype(np.int64)
        found = bucket if seen.all() else bucket[seen]
        if not found.size:
            return cls(error, smallest, 0, zeros, np.zeros((2, columns, 0), dtype=np.int64))
        low, high = int(found.min()), int(found.max())
        width = high - low + 1
        bucket += np.arange(columns) * width - low
        counts = np.zeros((2, columns * width), dtype=np.int64)
        below = values < 0
        if below.any():
            counts[NEGATIVE] = np.bincount(bucket[seen & below], minlength=columns * width)
            seen &= ~below
        left = bucket.ravel() if seen.all() else bucket[seen]
        counts[POSITIVE] = np.bincount(left, minlength=columns * width)
        return cls(error, smallest, low, zeros, counts.reshape(2, columns, width))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Sketch":
        """Return the sketch that `arrays` came from."""
        return cls(
            float(arrays["error"]),
            float(arrays["smallest"]),
            int(arrays["low"]),
            arrays["zeros"].astype(np.int64, copy=False),
            arrays["counts"].astype(np.int64, copy=False),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the sketch as plain arrays, to be stored or sent."""
        return {
            "error": np.array(self.error),
            "smallest": np.array(self.smallest),
            "low": np.array(self.low),
            "zeros": self.zeros,
            "counts": self.counts,
        }

    @property
    def count(self) -> Integers:
        """Numbers seen in each column."""
        return np.asarray(self.counts.sum(axis=(0, 2)) + self.zeros)

    def merge(self, other: "Sketch") -> "Sketch":
        """Return the sketch of both.

        Raises:
            InputError: If they were made with other errors or have other columns.
        """
        if (self.error, self.smallest) != (other.error, other.smallest):
            raise InputError("two sketches with different errors can't be merged")
        if self.zeros.shape != other.zeros.shape:
            raise InputError("two sketches with different columns can't be merged")
        zeros = self.zeros + other.zeros
        parts = [part for part in (self, other) if part.counts.shape[2]]
        if not parts:
            return Sketch(self.error, self.smallest, 0, zeros, self.counts)
        low = min(part.low for part in parts)
        high = max(part.low + part.counts.shape[2] for part in parts)
        counts = np.zeros((2, zeros.size, high - low), dtype=np.int64)
        for part in parts:
            counts[:, :, part.low - low : part.low - low + part.counts.shape[2]] += part.counts
        return Sketch(self.error, self.smallest, low, zeros, counts)

    def quantiles(self, shares: ArrayLike) -> Floats:
        """Return quantiles of each column.

        Args:
            shares: Between 0 and 1, shape (share,). The quantile of a share q of n numbers is the
                one of rank floor(q (n − 1)) from below, counted from 0.

        Returns:
            Shape (share, column); NaN where no number was seen.

        Raises:
            InputError: If a share isn't between 0 and 1.
        """
        wanted = np.atleast_1d(np.asarray(shares, dtype=np.float64))
        if not ((wanted >= 0) & (wanted <= 1)).all():
            raise InputError("the share of a quantile lies between 0 and 1")
        width = self.counts.shape[2]
        step = _log_gamma(self.error)
        with np.errstate(over="ignore"):
            middle = np.exp(step * (self.low + np.arange(width))) * (2 / (1 + math.exp(step)))
        middle = np.minimum(middle, np.finfo(np.float64).max)
        marks = np.concatenate([-middle[::-1], [0.0], middle])
        below = np.concatenate(
            [self.counts[NEGATIVE][:, ::-1], self.zeros[:, None], self.counts[POSITIVE]], axis=1
        ).cumsum(axis=1)
        total = below[:, -1]
        result = np.full((wanted.size, total.size), np.nan)
        for column in np.flatnonzero(total):
            rank = np.floor(wanted * (total[column] - 1)).astype(np.int64)
            result[:, column] = marks[np.searchsorted(below[column], rank, side="right")]
        return result


def _log_gamma(error: float) -> float:
    return math.log1p(error) - math.log1p(-error)
