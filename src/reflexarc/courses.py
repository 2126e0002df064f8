"""Courses of parameter sets: results of a few sets at a time, and which of them failed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Courses", "Failed", "headings"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Failed:
    """A set whose integration failed; its values are missing from then on.

    Attributes:
        row: Place in the table, from 0.
        id: Name of the set.
        line: Its line in the table's file; None if it has none.
        time: When, in the model's unit of time.
        reason: Why, in words.
    """

    row: int
    id: str
    line: int | None
    time: float
    reason: str


@dataclass(frozen=True, eq=False)
class Courses:
    """Results of some sets one after another.

    Attributes:
        first: Place of the first set in the table.
        values: Shape (set, time, output); NaN from a failure on.
        status: Index into `kernel.STATUS`, shape (set,); 0 is well.
        ended: Time at which each run ended, shape (set,).
    """

    first: int
    values: Floats
    status: NDArray[np.int64]
    ended: Floats

    def pack(self) -> Floats:
        """Return everything as one array, to be kept."""
        flat = self.values.reshape(len(self.values), -1)
        return np.concatenate([flat, self.status[:, None], self.ended[:, None]], axis=1)

    @classmethod
    def unpack(cls, first: int, packed: Floats, shape: tuple[int, int, int]) -> "Courses | None":
        """Return what `pack` made; None if it has another shape."""
        if packed.shape != (shape[0], shape[1] * shape[2] + 2):
            return None
        values = packed[:, :-2].reshape(shape)
        return cls(first, values, packed[:, -2].astype(np.int64), packed[:, -1])


def headings(outputs: Sequence[str], taken: Collection[str]) -> tuple[str, ...]:
    """Return what outputs are called beside columns or coordinates that have names already.

    Example:
        >>> headings(["S", "time"], {"id", "time"})
        ('S', 'time (output)')
    """
    return tuple(f"{name} (output)" if name in taken else name for name in outputs)
