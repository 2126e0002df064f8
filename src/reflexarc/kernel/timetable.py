"""Timelines as plain arrays: when each run starts, what changes at which instant, when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Change", "Instant", "Line", "Timetable"]


@dataclass(frozen=True)
class Change:
    """One parameter or state that is set, or added to.

    Attributes:
        place: Index of the parameter, or number of parameters + index of the state.
        amount: The new value, or what is added.
        adds: Whether it is added.
    """

    place: int
    amount: float
    adds: bool = False


@dataclass(frozen=True)
class Instant:
    """Changes at one time, and an event of the model, if its number isn't negative."""

    time: float
    changes: tuple[Change, ...] = ()
    event: int = -1


@dataclass(frozen=True)
class Line:
    """A timeline: from start to stop, with instants in between, by time."""

    start: float
    stop: float
    instants: tuple[Instant, ...] = ()


@dataclass(frozen=True, eq=False)
class Timetable:
    """Several lines in flat arrays, as generated code reads them.

    Attributes:
        start, stop: Per line.
        edges: First instant of each line, and one more number at the end.
        time, event: Per instant.
        operations: First change of each instant, and one more number at the end.
        place, adds, amount: Per change.
    """

    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    edges: NDArray[np.int64]
    time: NDArray[np.float64]
    event: NDArray[np.int64]
    operations: NDArray[np.int64]
    place: NDArray[np.int64]
    adds: NDArray[np.int64]
    amount: NDArray[np.float64]

    @property
    def in_order(self) -> bool:
        """Whether all times are finite, no stop is before its start, and instants increase."""
        times = (self.start, self.stop, self.time)
        if not all(np.isfinite(one).all() for one in times) or (self.stop < self.start).any():
            return False
        back = np.diff(self.time) < 0
        joints = self.edges[1:-1] - 1
        within = np.ones(back.size, dtype=bool)
        within[joints[(joints >= 0) & (joints < back.size)]] = False
        return not (back & within).any()

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Timetable":
        """Lay out lines one after another."""
        instants = [instant for line in lines for instant in line.instants]
        changes = [change for instant in instants for change in instant.changes]
        edges = np.cumsum([0, *(len(line.instants) for line in lines)])
        operations = np.cumsum([0, *(len(instant.changes) for instant in instants)])
        return cls(
            start=np.array([line.start for line in lines], dtype=np.float64),
            stop=np.array([line.stop for line in lines], dtype=np.float64),
            edges=edges.astype(np.int64),
            time=np.array([instant.time for instant in instants], dtype=np.float64),
            event=np.array([instant.event for instant in instants], dtype=np.int64),
            operations=operations.astype(np.int64),
            place=np.array([change.place for change in changes], dtype=np.int64),
            adds=np.array([change.adds for change in changes], dtype=np.int64),
            amount=np.array([change.amount for change in changes], dtype=np.float64),
        )
