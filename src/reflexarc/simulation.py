"""Any supported SBML model on a table of parameter sets, through generated machine code.

Nothing here knows reflexarc's own biology. A run starts at time 0, as SBML says; events happen, and
values are wanted, at times from then on. A value at the very instant of an event is the one after
it, as SBML tools give it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.courses import Courses, Failed, headings
from reflexarc.errors import InputError, unknown_word
from reflexarc.occurrences import SAME_INSTANT, Occurrences
from reflexarc.parameter_sets import ParameterSets, check_sizes, placed_values
from reflexarc.sbml.periods import with_periods
from reflexarc.workers import Progress, Store, cores, in_threads

if TYPE_CHECKING:
    import xarray

    from reflexarc.kernel import Kernel, Settings
    from reflexarc.system import System

__all__ = ["Simulation", "simulate_sets"]

Floats = NDArray[np.float64]

RTOL = {False: 1e-6, True: 1e-4}
"""Usual relative tolerance, by whether precision is single."""
ATOL = 1e-12
SMALLEST_PART, LARGEST_PART = 64, 4096
PART_BYTES = 64 * 2**20
"""The courses of a part take no more than this."""
MOST_WARNINGS = 10
BLIND = (
    "the solver can't know beforehand when `{}` changes: what it switches on for a short time can"
    " be missed"
)
COORDINATES = ("set", "time", "status", "ended")
PARTS = 32
"""So many parts at least, if there are enough sets."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """A model and sets, ready to run; made by `Simulation.of`.

    Attributes:
        system: The model.
        sets: What differs between runs.
        times: Times at which values are wanted, shape (time,).
        outputs: Ids of what is wanted.
        digest: Changes with everything that decides the numbers.
        warnings: What the user should know about these numbers, a sentence each.
    """

    system: "System"
    sets: ParameterSets
    times: Floats
    outputs: tuple[str, ...]
    digest: str
    warnings: tuple[str, ...]
    _kernel: "Kernel"
    _settings: "Settings"
    _occurrences: Occurrences
    _parameters: Floats
    _kept: tuple[int, ...]
    _states: tuple[int, ...]

    @classmethod
    def of(
        cls,
        system: "System",
        sets: ParameterSets,
        *,
        times: ArrayLike,
        outputs: Sequence[str] | None = None,
        rtol: float | None = None,
        atol: float = ATOL,
        method: str = "rodas5p",
        single: bool = False,
    ) -> "Simulation":
        """Check everything and compile the model; see `simulate_sets` for the arguments."""
        from reflexarc.kernel import Kernel, Settings

        grid = _checked_times(times)
        asked = natural_outputs(system) if outputs is None else tuple(dict.fromkeys(outputs))
        if not asked:
            raise InputError(
                "no output is named"
                if outputs is not None
                else "the model has no species and no states: name outputs (--outputs)"
            )
        for name in asked:
            if name not in system.variables:
                raise InputError(unknown_word("output", name, [*system.variables]))
        tolerance = RTOL[single] if rtol is None else rtol
        if not (0 < tolerance < 1 and 0 < atol < np.inf):
            raise InputError("tolerances are positive, and the relative one is below 1")
        given = placed_values(system, sets)
        parameters = system.parameter_table(len(sets), given)
        check_sizes(system, sets, parameters)
        timed, blind = with_periods(system, parameters, float(grid[-1]))
        occurrences = Occurrences.of(timed, parameters, grid)
        whole = occurrences.system
        targets = {name for event in whole.events for name, _ in event.assignments}
        reduced = whole.specialise({*given, *targets} & {*system.parameters}, targets)
        kernel = Kernel.of(reduced, asked, method_name=method, single=single)
        instants = [time for event in system.events for time in event.times]
        nodes = [*(system.variables[name] for name in asked), *instants, *timed.breaks]
        content = [
            whole.digest([*nodes, *system.initial]), asked, grid.tolist(), tolerance, atol,
            kernel.method, single, sets.ids,
        ]  # fmt: skip
        total = hashlib.sha256(json.dumps(content).encode())
        total.update(np.ascontiguousarray(parameters).tobytes())
        return cls(
            system=system,
            sets=sets,
            times=grid,
            outputs=asked,
            digest=total.hexdigest()[:16],
            warnings=_warnings(blind),
            _kernel=kernel,
            _settings=Settings(rtol=tolerance, atol=atol, after=True),
            _occurrences=occurrences,
            _parameters=parameters,
            _kept=tuple(system.parameters.index(name) for name in reduced.parameters),
            _states=tuple(system.states.index(name) for name in reduced.states),
        )

    @property
    def attributes(self) -> dict[str, object]:
        """How the numbers are made, as plain data."""
        found: dict[str, object] = {
            "model": self.system.name,
            "time unit": self.system.time_unit,
            "method": self._kernel.method,
            "relative tolerance": self._settings.rtol,
            "absolute tolerance": float(np.max(self._settings.atol)),
            "precision": "single" if self._kernel.single else "double",
            "digest": self.digest,
        }
        if self._kernel.single:
            found["screening"] = "single precision is for screening: errors of about 1e-3"
        return found

    def units(self) -> dict[str, str]:
        """Return the unit of each output that has one."""
        known = self.system.units
        return {name: known[name] for name in self.outputs if known.get(name)}

    def ranges(self) -> list[tuple[int, int]]:
        """Return the parts, as (first set, size); always the same for the same inputs."""
        stops = 5 * len(self._occurrences.system.breaks)
        each = max(1, self.times.size * len(self.outputs), stops) * 8
        step = min(LARGEST_PART, max(SMALLEST_PART, len(self.sets) // PARTS // 64 * 64))
        while step > SMALLEST_PART and step * each > PART_BYTES:
            step //= 2
        return [(a, min(step, len(self.sets) - a)) for a in range(0, len(self.sets), step)]

    def part(self, first: int, size: int, watch: NDArray[np.int64] | None = None) -> Courses:
        """Run some sets, on this thread; see `Kernel.run` for `watch`."""
        parameters = self._parameters[first : first + size]
        batch = self._kernel.run(
            parameters=parameters[:, self._kept],
            initial=self.system.initial_table(parameters)[:, self._states],
            timetable=self._occurrences.timetable(parameters),
            line=np.arange(len(parameters)),
            grid=self.times,
            settings=self._settings,
            watch=watch,
        )
        return Courses(first, batch.outputs, batch.status, batch.ended)

    def parts(
        self,
        *,
        threads: int | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Courses]:
        """Yield the results of all sets, part by part and in order.

        Args:
            threads: Threads; None for one per core.
            store: Where finished parts are kept and looked up.
            progress: Called with (sets done, sets in all) after each part.
        """
        if threads is not None and threads < 1:
            raise InputError(f"a simulation needs at least one thread, not {threads}")
        shape = self.times.size, len(self.outputs)
        watch = np.zeros(2, dtype=np.int64)

        def work(span: tuple[int, int]) -> Courses:
            first, size = span
            name = f"sets-{first:09d}-{first + size - 1:09d}"
            kept = None if store is None else store.load(name)
            found = None if kept is None else Courses.unpack(first, kept, (size, *shape))
            if found is None:
                found = self.part(first, size, watch)
                if store is not None and not watch[1]:
                    store.keep(name, found.pack())
            return found

        def stop() -> None:
            watch[1] = 1  # what is under way stops at its next step, and isn't kept

        results = in_threads(work, self.ranges(), threads=threads or cores(), stop=stop)
        with closing(results) as found:
            for (first, size), courses in found:
                if progress is not None:
                    progress(first + size, len(self.sets))
                yield courses

    def failures(self, courses: Courses) -> list[Failed]:
        """Return which sets of a part failed."""
        from reflexarc.kernel import STATUS

        lines = self.sets.lines
        single = self._kernel.single
        reasons = [
            text.replace("not finite", "not finite or beyond 32 bits") if single else text
            for text in STATUS
        ]
        return [
            Failed(
                courses.first + i,
                self.sets.ids[courses.first + i],
                None if lines is None else lines[courses.first + i],
                float(courses.ended[i]),
                reasons[int(courses.status[i])],
            )
            for i in np.flatnonzero(courses.status).tolist()
        ]

    def dataset(self, courses: Courses) -> "xarray.Dataset":
        """Return a part as a dataset with dimensions (set, time)."""
        import xarray

        span = slice(courses.first, courses.first + len(courses.values))
        units = self.units()
        called = headings(self.outputs, COORDINATES)
        variables = {
            called[i]: (
                ("set", "time"),
                courses.values[..., i],
                {"unit": units[name]} if name in units else {},
            )
            for i, name in enumerate(self.outputs)
        }
        width = max(map(len, self.sets.ids))
        return xarray.Dataset(
            variables,
            coords={
                "set": np.array(self.sets.ids[span], dtype=f"U{width}"),
                "time": ("time", self.times, {"unit": self.system.time_unit}),
                "status": ("set", courses.status.astype(np.int32)),
                "ended": ("set", courses.ended),
            },
            attrs={name: value for name, value in self.attributes.items() if value != ""},
        )


def simulate_sets(
    system: "System",
    sets: ParameterSets,
    *,
    times: ArrayLike,
    outputs: Sequence[str] | None = None,
    rtol: float | None = None,
    atol: float = ATOL,
    method: str = "rodas5p",
    single: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> "xarray.Dataset":
    """Run a model on parameter sets and return all courses.

    Args:
        system: The model, from `sbml.read_sbml`.
        sets: What differs between the runs: parameters, compartments, initial values of species.
        times: Increasing times from 0 on, in the model's unit.
        outputs: Ids of what is wanted; None for every species and every other state.
        rtol: Relative tolerance; None for 1e-6, or 1e-4 in single precision.
        atol: Absolute tolerance, in the unit of each state.
        method: See `kernel.methods.METHODS`.
        single: Whether to compute in single precision, for screening only.
        threads: Threads; None for one per core.
        progress: Called with (sets done, sets in all).

    Returns:
        A dataset with dimensions (set, time), one variable per output; `status` (0 is well) and
        `ended` tell how each run went. An output with the name of a coordinate is called
        `status (output)` and so on.

    Raises:
        InputError: If a column, an output or a time is wrong.

    Example:
        >>> from reflexarc.sbml import read_sbml
        >>> from reflexarc.biology import assemble
        >>> sets = ParameterSets.of({"k_LPS": [0.1, 0.2]})
        >>> simulate_sets(read_sbml(assemble().sbml), sets, times=[0, 1])["TNF"].shape
        (2, 2)
    """
    import xarray

    simulation = Simulation.of(
        system, sets, times=times, outputs=outputs, rtol=rtol, atol=atol, method=method,
        single=single,
    )  # fmt: skip
    parts = simulation.parts(threads=threads, progress=progress)
    return xarray.concat(
        [simulation.dataset(part) for part in parts], "set", combine_attrs="override"
    )


def natural_outputs(system: "System") -> tuple[str, ...]:
    """Return every state under the id that it has in the file, and every other species."""
    known = system.variables
    found = []
    for name in system.states:
        plain = name.removesuffix(".amount")
        found.append(plain if plain in known else name)
    for name, node in known.items():  # a species is what one of its two measures is
        measures = (f"{name}.amount", f"{name}.concentration")
        if any(known.get(one) == node != system.graph.symbol(one) for one in measures):
            found.append(name)
    return tuple(dict.fromkeys(found))


def _warnings(blind: Sequence[str]) -> tuple[str, ...]:
    told = [BLIND.format(formula) for formula in blind[:MOST_WARNINGS]]
    more = len(blind) - len(told)
    return (*told, f"and so for {more} conditions more") if more else tuple(told)


def _checked_times(times: ArrayLike) -> Floats:
    grid = np.array(times, dtype=np.float64)
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all():
        raise InputError("the times of a simulation are finite numbers, at least one")
    if grid[0] < 0:
        raise InputError(f"a simulation starts at time 0; {grid[0]:g} is before it")
    late = np.flatnonzero(np.diff(grid) <= SAME_INSTANT)
    if late.size:
        raise InputError(
            f"times must increase by more than 1e-9; {grid[late[0] + 1]:g} follows"
            f" {grid[late[0]]:g}"
        )
    return grid
