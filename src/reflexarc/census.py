"""What is asked of whom: chunks of virtual animals, each a pure function of its range.

Whoever computes a chunk, on this thread or on another machine, gets the same summaries: they depend
on the model, the timelines, the traits, the seed and what is asked (`Census.digest`), and on the
numbers of the animals. (Bit by bit on one kind of processor; within tolerance across kinds.)
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc import compiled
from reflexarc.cohort import Cohort, times_of_death
from reflexarc.errors import InputError, unknown_word
from reflexarc.instants import SAME_INSTANT
from reflexarc.reducers import (
    Block,
    Extremes,
    Moments,
    Quantiles,
    Reducer,
    Summary,
    Survival,
)
from reflexarc.reference import CUMULATIVE, SETTLING

if TYPE_CHECKING:
    from reflexarc.biology import Model
    from reflexarc.kernel import Batch, Kernel, Settings
    from reflexarc.system import System
    from reflexarc.timeline import Timeline

__all__ = ["Census", "Chunk", "Failure"]

Floats = NDArray[np.float64]

LARGEST_CHUNK = 4096
"""Animals of a chunk at most. Chunks begin at multiples of their size."""
CHUNK_BYTES = 64 * 2**20
"""The courses of a chunk's animals in one arm take no more than this."""
KEPT_FAILURES = 1000
"""Failures that are kept one by one; all are counted."""
HAZARD = CUMULATIVE[0]
RTOL = {False: compiled.RTOL, True: 1e-4}
"""Usual relative tolerance, by whether precision is single."""


@dataclass(frozen=True)
class Failure:
    """An animal whose integration failed: it is counted, and is in no summary of the arm.

    Attributes:
        animal: Its number.
        arm: Name of the arm.
        time: When, in h; in the settling it counts from its start.
        reason: Why, in words.
        settling: Whether it failed in the rest before the arm.
    """

    animal: int
    arm: str
    time: float
    reason: str
    settling: bool = False


@dataclass(frozen=True, eq=False)
class Chunk:
    """What is kept of some animals.

    Attributes:
        first: Number of the first animal.
        size: How many.
        summaries: By arm, then by reducer.
        failures: The first `KEPT_FAILURES`.
        failed: Animals that failed, by arm.
    """

    first: int
    size: int
    summaries: tuple[tuple[Summary, ...], ...]
    failures: tuple[Failure, ...]
    failed: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Census:
    """What is asked of whom, ready to run; made by `Census.of`."""

    kernel: "Kernel"
    tables: tuple[Floats, ...]
    groups: tuple[int, ...]
    timelines: "tuple[Timeline, ...]"
    traits: Mapping[str, float]
    seed: int
    times: Floats
    outputs: tuple[str, ...]
    reducers: tuple[Reducer, ...]
    settings: "Settings"
    settling: float
    digest: str
    units: Mapping[str, str]
    watch: NDArray[np.int64] = field(default_factory=lambda: np.zeros(2, dtype=np.int64))

    @classmethod
    def of(
        cls,
        model: "Model | System",
        timelines: "Sequence[Timeline]",
        traits: Mapping[str, float],
        *,
        seed: int,
        times: ArrayLike,
        outputs: Sequence[str],
        reducers: Sequence[Reducer] | None = None,
        single: bool = False,
        rtol: float | None = None,
        atol: float = 1e-9,
        settling: float = SETTLING,
    ) -> "Census":
        """Compile the model as far as it is needed; see `population` for the arguments."""
        from reflexarc.kernel import Kernel, Settings

        system, units = _known_model(model)
        at = _checked_times(times)
        if not outputs:
            raise InputError("a population needs at least one output")
        if not 0 <= settling < math.inf:
            raise InputError(f"animals settle for 0 h or more, not {settling}")
        arms = [timeline.arm for timeline in timelines]
        if not arms:
            raise InputError("a population needs at least one arm")
        if len(set(arms)) < len(arms):
            raise InputError("two arms of a population have the same name")
        for name in outputs:
            if name not in system.variables:
                raise InputError(unknown_word("variable of the model", name, [*system.variables]))
        for timeline in timelines:
            compiled.line_of(system, timeline)  # complains about unknown names
        mortal = HAZARD in system.variables
        if reducers is None:
            reducers = (Moments(), Extremes(), Quantiles(), *((Survival(),) if mortal else ()))
        asked = tuple(dict.fromkeys(outputs))
        if len({(type(one), getattr(one, "living", False)) for one in reducers}) < len(reducers):
            raise InputError("a population keeps each kind of summary once")
        if len({one.shares for one in reducers if isinstance(one, Quantiles)}) > 1:
            raise InputError("all quantiles of a population are of the same shares")
        if not mortal and any(isinstance(reducer, Survival) for reducer in reducers):
            raise InputError(f"the model has no {HAZARD!r}, so that nobody's survival is known")
        changing = {name for line in timelines for edge in line.edges for name in edge.set}
        varying = {*traits, *changing, *(name for line in timelines for name in line.initial)}
        touched = {name for line in timelines for edge in line.edges for name in edge.add}
        reduced = system.specialise(varying, touched)
        kernel = Kernel.of(
            reduced, (*asked, HAZARD) if mortal and HAZARD not in asked else asked, single=single
        )
        for name in traits:
            if name not in system.parameters:
                known = list(system.parameters)
                raise InputError(unknown_word("parameter of the model", name, known))
        rows, groups = compiled.starts(system, timelines)
        kept = [system.parameters.index(name) for name in reduced.parameters]
        tolerance = RTOL[single] if rtol is None else rtol
        nodes = [system.variables[name] for name in asked]
        content = [
            system.digest(nodes), system.values.tolist(), asked, sorted(traits.items()), seed,
            [line.digest for line in timelines], at.tolist(), list(map(repr, reducers)), single,
            tolerance, atol, settling, kernel.method,
        ]  # fmt: skip
        return cls(
            kernel=kernel,
            tables=tuple(row[kept] for row in rows),
            groups=tuple(groups),
            timelines=tuple(timelines),
            traits=dict(traits),
            seed=seed,
            times=at,
            outputs=asked,
            reducers=tuple(reducers),
            settings=Settings(rtol=tolerance, atol=atol),
            settling=settling,
            digest=hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16],
            units=units,
        )

    @property
    def chunk_size(self) -> int:
        """Animals of a chunk: a power of 2, smaller where courses are long or outputs many."""
        bytes_each = max(1, self.times.size * len(self.kernel.outputs) * 8)
        size = LARGEST_CHUNK
        while size > 64 and size * bytes_each > CHUNK_BYTES:
            size //= 2
        return size

    def ranges(self, first: int, size: int) -> list[tuple[int, int]]:
        """Return the chunks of the animals first … first + size − 1, as (first, size)."""
        step, end = self.chunk_size, first + size
        starts = [first, *range((first // step + 1) * step, end, step)]
        return [(a, b - a) for a, b in zip(starts, [*starts[1:], end], strict=True)]

    def chunk(self, first: int, size: int) -> Chunk:
        """Run some animals through every arm, on this thread, and keep their summaries."""
        from reflexarc.kernel import STATUS

        cohort = Cohort.sample(self.traits, size, self.seed, first=first)
        names = self.kernel.system.parameters
        tables = [
            compiled.individuals(names, row, cohort.traits, cohort.multipliers)
            for row in self.tables
        ]
        rested = [
            compiled.rest(self.kernel, table, self.settings, hours=self.settling, watch=self.watch)
            for table in tables
        ]
        failures: list[Failure] = []
        failed = []
        summaries = []
        for timeline, group in zip(self.timelines, self.groups, strict=True):
            rest = rested[group]
            rows = np.flatnonzero(rest.status == 0)
            batch = self._live(timeline, tables[group], rest, rows)
            bad = rest.status != 0
            bad[rows] = batch.status != 0
            for row in np.flatnonzero(bad):
                settling = bool(rest.status[row] != 0)
                where = rest if settling else batch
                i = row if settling else int(np.searchsorted(rows, row))
                failures.append(
                    Failure(
                        cohort.animals[row],
                        timeline.arm,
                        float(where.ended[i]),
                        STATUS[int(where.status[i])],
                        settling,
                    )
                )
            failed.append(int(np.count_nonzero(bad)))
            block = self._block(batch, rows, bad, cohort)
            summaries.append(tuple(reducer.reduce(block) for reducer in self.reducers))
        return Chunk(first, size, tuple(summaries), tuple(failures[:KEPT_FAILURES]), tuple(failed))

    def merge(self, one: Chunk, other: Chunk) -> Chunk:
        """Return both chunks as one.

        Raises:
            InputError: If `other` doesn't begin where `one` ends.
        """
        if other.first != one.first + one.size:
            raise InputError("chunks of a population are merged in the order of their animals")
        return Chunk(
            one.first,
            one.size + other.size,
            tuple(
                tuple(
                    reducer.merge(a, b)
                    for reducer, a, b in zip(self.reducers, left, right, strict=True)
                )
                for left, right in zip(one.summaries, other.summaries, strict=True)
            ),
            (*one.failures, *other.failures)[:KEPT_FAILURES],
            tuple(a + b for a, b in zip(one.failed, other.failed, strict=True)),
        )

    # ---- one chunk

    def _live(
        self,
        timeline: "Timeline",
        parameters: Floats,
        rest: "Batch",
        rows: NDArray[np.int64],
    ) -> "Batch":
        from reflexarc.kernel import Timetable

        system = self.kernel.system
        return self.kernel.run(
            parameters=parameters,
            row=rows,
            initial=compiled.newly_begun(system, rest.final[rows]),
            timetable=Timetable.of([compiled.line_of(system, timeline)]),
            line=np.zeros(rows.size, dtype=np.int64),
            grid=self.times,
            settings=self.settings,
            watch=self.watch,
        )

    def _block(
        self, batch: "Batch", rows: NDArray[np.int64], bad: NDArray[np.bool_], cohort: Cohort
    ) -> Block:
        if bad.any():
            courses = np.full((len(cohort), *batch.outputs.shape[1:]), np.nan)
            courses[rows] = batch.outputs
            courses[bad] = np.nan
        else:
            courses = batch.outputs
        hazard = None
        deaths = np.full(len(cohort), np.inf)
        if HAZARD in self.kernel.outputs:
            hazard = courses[..., self.kernel.outputs.index(HAZARD)]
            deaths = times_of_death(self.times, hazard, cohort.death_thresholds)
        return Block(
            animals=np.asarray(cohort.animals, dtype=np.int64),
            times=self.times,
            values=courses[..., : len(self.outputs)],
            deaths=deaths,
            hazard=hazard,
            failed=bad,
        )


def _known_model(model: "Model | System") -> "tuple[System, Mapping[str, str]]":
    from reflexarc.system import System

    if not isinstance(model, System):
        units = {state.id: state.unit for state in model.states}
        return compiled.system_of(model.sbml), units | {p.id: p.unit for p in model.parameters}
    if model.events or model.breaks:
        what = f"the event {model.events[0].id!r}" if model.events else "conditions on the time"
        raise InputError(
            f"the model has {what}; animals live through timelines alone"
            " (`reflexarc simulate` runs events)"
        )
    return model, model.units


def _checked_times(times: ArrayLike) -> Floats:
    at = np.asarray(list(times) if isinstance(times, range) else times, dtype=np.float64)
    if at.ndim != 1 or at.size == 0 or not np.isfinite(at).all():
        raise InputError("the times of a population are finite numbers, at least one")
    if (np.diff(at) <= SAME_INSTANT).any():
        raise InputError("the times of a population must increase by more than 1e-9 h")
    return at
