"""What is kept of a population: small summaries of chunks of animals that merge into one.

A reducer turns the courses of some animals of one arm into a few arrays, merges two sets of arrays
into one, and names what came out. Animals themselves are forgotten, so that memory doesn't grow
with their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reflexarc.errors import InputError
from reflexarc.sketch import Sketch

__all__ = [
    "Block",
    "Extremes",
    "Finding",
    "Moments",
    "Quantiles",
    "Reducer",
    "Summary",
    "Survival",
    "Traces",
]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Summary: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays that stand for some animals; they can be stored and sent."""
Finding: TypeAlias = tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]
"""Dimensions, values and attributes, as xarray takes them."""


@dataclass(frozen=True, eq=False)
class Block:
    """Courses of some animals of one arm.

    Attributes:
        animals: Their identities, shape (animal,).
        times: Shape (time,).
        values: Shape (animal, time, output); NaN throughout for an animal that failed, and behind
            the end of the timeline.
        deaths: Time of death, shape (animal,); infinite for one that lives on or if nobody can die.
        hazard: Cumulative hazard, shape (animal, time); None if the model has none.
        failed: Shape (animal,).
    """

    animals: Integers
    times: Floats
    values: Floats
    deaths: Floats
    hazard: Floats | None
    failed: NDArray[np.bool_]

    @property
    def living(self) -> "Block":
        """The same with NaN from the death of an animal on."""
        dead = self.deaths[:, None] <= self.times
        if not dead.any():
            return self
        return replace(self, values=np.where(dead[..., None], np.nan, self.values))


class Reducer(Protocol):
    """Makes summaries; `Moments` is the shortest example.

    Summaries are merged in the order of the animals, so that results don't depend on who worked
    when.
    """

    def reduce(self, block: Block) -> Summary:
        """Return the summary of some animals of one arm."""

    def merge(self, one: Summary, other: Summary) -> Summary:
        """Return the summary of both; the animals of `other` come after those of `one`."""

    def findings(self, arms: Sequence[Summary]) -> Mapping[str, Finding]:
        """Return what came out, by name, from the summary of each arm."""


@dataclass(frozen=True)
class Moments:
    """Count, mean and standard deviation.

    Args:
        living: Whether the dead are left out; otherwise their courses go on as if they lived.
    """

    living: bool = False

    def reduce(self, block: Block) -> Summary:
        """Return count, sum (in two pieces) and sum of squared deviations (in two pieces)."""
        values = (block.living if self.living else block).values
        known = np.isfinite(values)
        whole = bool(known.all())
        count = np.count_nonzero(known, axis=0).astype(np.int64)
        total = _fold(values if whole else np.where(known, values, 0.0))
        off = values - total / np.maximum(count, 1)
        off *= off
        squares = _fold(off if whole else np.where(known, off, 0.0))
        none = np.zeros_like(total)
        return {
            "count": count,
            "total": total,
            "total_rest": none,
            "squares": squares,
            "squares_rest": none,
        }

    def merge(self, one: Summary, other: Summary) -> Summary:
        """Add up by the rule of Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115.

        Sums carry what rounding took away, so that millions of chunks cost no digits.
        """
        count = one["count"] + other["count"]
        means = [
            (part["total"] + part["total_rest"]) / np.maximum(part["count"], 1)
            for part in (one, other)
        ]
        between = (means[1] - means[0]) ** 2 * (
            one["count"] * (other["count"] / np.maximum(count, 1))
        )
        total, rest = _plus(one, other, "total")
        squares, squares_rest = _plus(one, other, "squares")
        squares, lost = _two_sum(squares, between)
        return {
            "count": count,
            "total": total,
            "total_rest": rest,
            "squares": squares,
            "squares_rest": squares_rest + lost,
        }

    def findings(self, arms: Sequence[Summary]) -> Mapping[str, Finding]:
        """Return `count`, `mean` and `sd` (with n − 1); shape (arm, output, time)."""
        count = _stack(arms, "count")
        known = np.maximum(count, 1)
        mean = (_stack(arms, "total") + _stack(arms, "total_rest")) / known
        squares = _stack(arms, "squares") + _stack(arms, "squares_rest")
        spread = np.sqrt(squares / np.maximum(count - 1, 1))
        return _named(
            {
                "count": count,
                "mean": np.where(count > 0, mean, np.nan),
                "sd": np.where(count > 1, spread, np.nan),
            },
            living=self.living,
        )


@dataclass(frozen=True)
class Extremes:
    """The smallest and the largest value, exactly.

    Args:
        living: Whether the dead are left out.
    """

    living: bool = False

    def reduce(self, block: Block) -> Summary:
        """Return `minimum` and `maximum`."""
        values = (block.living if self.living else block).values
        return {"minimum": np.fmin.reduce(values), "maximum": np.fmax.reduce(values)}

    def merge(self, one: Summary, other: Summary) -> Summary:
        """Return the extremes of both."""
        return {
            "minimum": np.fmin(one["minimum"], other["minimum"]),
            "maximum": np.fmax(one["maximum"], other["maximum"]),
        }

    def findings(self, arms: Sequence[Summary]) -> Mapping[str, Finding]:
        """Return `minimum` and `maximum`, shape (arm, output, time)."""
        found = {name: _stack(arms, name) for name in ("minimum", "maximum")}
        return _named(found, living=self.living)


@dataclass(frozen=True)
class Quantiles:
    """Quantiles with a bound on their relative error; see `sketch`.

    Args:
        shares: Between 0 and 1.
        error: Largest relative error.
        smallest: A value nearer to 0 than this counts as 0.
        living: Whether the dead are left out.
    """

    shares: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    error: float = 0.01
    smallest: float = 1e-15
    living: bool = False

    def __post_init__(self) -> None:
        if not self.shares or not all(0 <= share <= 1 for share in self.shares):
            raise InputError("the shares of quantiles lie between 0 and 1, and there is at least 1")
        Sketch.of(np.empty((0, 0)), error=self.error, smallest=self.smallest)

    def reduce(self, block: Block) -> Summary:
        """Return the arrays of a sketch for each output, with one column for each time."""
        values = (block.living if self.living else block).values
        found: dict[str, NDArray[Any]] = {}
        for output in range(values.shape[2]):
            column = np.ascontiguousarray(values[:, :, output])
            sketch = Sketch.of(column, error=self.error, smallest=self.smallest)
            found |= {f"{output}.{name}": array for name, array in sketch.arrays().items()}
        return found

    def merge(self, one: Summary, other: Summary) -> Summary:
        """Add counts."""
        found: dict[str, NDArray[Any]] = {}
        for output, (a, b) in enumerate(zip(_sketches(one), _sketches(other), strict=True)):
            found |= {f"{output}.{name}": array for name, array in a.merge(b).arrays().items()}
        return found

    def findings(self, arms: Sequence[Summary]) -> Mapping[str, Finding]:
        """Return `quantile`, shape (arm, share, output, time)."""
        values = [[one.quantiles(self.shares) for one in _sketches(arm)] for arm in arms]
        name = "quantile_living" if self.living else "quantile"
        return {
            name: (
                ("arm", "share", "output", "time"),
                np.moveaxis(np.array(values), 1, 2),
                {"largest relative error": self.error, "counts as 0": self.smallest},
            )
        }


@dataclass(frozen=True)
class Survival:
    """How many animals are alive at each time."""

    def reduce(self, block: Block) -> Summary:
        """Return counts of the watched and the living, and the sum of exp(-cumulative hazard)."""
        watched = ~block.failed
        alive = np.count_nonzero((block.deaths[:, None] > block.times) & watched[:, None], axis=0)
        expected = np.full(block.times.size, np.nan)
        if block.hazard is not None:
            expected = _fold(np.exp(-block.hazard[watched]))
        return {
            "watched": np.array(np.count_nonzero(watched), dtype=np.int64),
            "alive": alive.astype(np.int64),
            "expected": expected,
            "expected_rest": np.zeros_like(expected),
        }

    def merge(self, one: Summary, other: Summary) -> Summary:
        """Add up."""
        expected, rest = _plus(one, other, "expected")
        return {
            "watched": one["watched"] + other["watched"],
            "alive": one["alive"] + other["alive"],
            "expected": expected,
            "expected_rest": rest,
        }

    def findings(self, arms: Sequence[Summary]) -> Mapping[str, Finding]:
        """Return `watched` (arm), `alive` and `survival_expected` (arm, time).

        The latter is the mean probability of being alive: the share alive without the luck of
        dying.
        """
        watched = _stack(arms, "watched")
        expected = _stack(arms, "expected") + _stack(arms, "expected_rest")
        share = expected / np.where(watched > 0, watched, np.nan)[:, None]
        return {
            "watched": (("arm",), watched, {}),
            "alive": (("arm", "time"), _stack(arms, "alive"), {}),
            "survival_expected": (("arm", "time"), share, {"unit": "share"}),
        }


@dataclass(frozen=True)
class Traces:
    """The first animals in full.

    Args:
        animals: How many.
    """

    animals: int = 10

    def __post_init__(self) -> None:
        if self.animals < 1:
            raise InputError(f"traces need at least one animal, not {self.animals}")

    def reduce(self, block: Block) -> Summary:
        """Return identities, courses and times of death of the first animals."""
        kept = slice(self.animals)
        return {
            "animals": block.animals[kept].copy(),
            "values": block.values[kept].copy(),
            "deaths": block.deaths[kept].copy(),
        }

    def merge(self, one: Summary, other: Summary) -> Summary:
        """Return the first animals of both."""
        if len(one["animals"]) >= self.animals:
            return one
        return {name: np.concatenate([one[name], other[name]])[: self.animals] for name in one}

    def findings(self, arms: Sequence[Summary]) -> Mapping[str, Finding]:
        """Return `animal`, `trace` (arm, animal, output, time) and `trace_death` (arm, animal)."""
        values = np.moveaxis(_stack(arms, "values"), -1, -2)
        return {
            "animal": (("animal",), arms[0]["animals"], {}),
            "trace": (("arm", "animal", "output", "time"), values, {}),
            "trace_death": (("arm", "animal"), _stack(arms, "deaths"), {}),
        }


def _sketches(summary: Summary) -> list[Sketch]:
    parts = ("error", "smallest", "low", "zeros", "counts")
    outputs = len(summary) // len(parts)
    return [Sketch.from_arrays({p: summary[f"{i}.{p}"] for p in parts}) for i in range(outputs)]


def _named(found: Mapping[str, NDArray[Any]], *, living: bool) -> dict[str, Finding]:
    """Return findings of shape (arm, time, output) with their dimensions in the usual order."""
    dims = ("arm", "output", "time")
    last = "_living" if living else ""
    return {
        f"{name}{last}": (dims, np.moveaxis(values, -1, -2), {}) for name, values in found.items()
    }


def _stack(arms: Sequence[Summary], name: str) -> NDArray[Any]:
    return np.stack([arm[name] for arm in arms])


def _fold(values: Floats) -> Floats:
    """Return the sum over the first axis, halves onto halves, so that rounding hardly adds up."""
    while len(values) > 1:
        half, odd = divmod(len(values), 2)
        folded = values[:half] + values[half : 2 * half]
        if odd:
            folded[0] += values[-1]
        values = folded
    return values[0] if len(values) else np.zeros(values.shape[1:])


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return the rounded sum and what rounding took away (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _plus(one: Summary, other: Summary, name: str) -> tuple[Floats, Floats]:
    total, lost = _two_sum(one[name], other[name])
    return total, one[f"{name}_rest"] + other[f"{name}_rest"] + lost
