"""How outputs change with parameters: differences between neighbours that take the same steps.

A run chooses its steps by its own error. When a parameter moves, so do the steps and the error with
them, and the difference of two runs holds the difference of their errors. Here neighbours lie in
the lanes of one register and take one sequence of steps. For a given sequence a run is a smooth
function of its parameters, whose derivative is that of the true solution up to the tolerance
(internal numerical differentiation: Bock 1981, in Modelling of Chemical Reaction Systems,
Springer). The machine code is that of any other run.

How far a parameter moves does not depend on the tolerance: see `neighbours.PERTURBATION`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError, unknown_word
from reflexarc.kernel.kernel import Batch, Kernel, Settings
from reflexarc.kernel.neighbours import Difference, Neighbours
from reflexarc.kernel.status import Status
from reflexarc.kernel.timetable import Line, Timetable
from reflexarc.system import System

__all__ = ["Sensitivities", "sensitivities"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_NUMBERS = 2**18
"""Outputs that are held at once before differences are taken: 2 MiB, which a cache can hold."""

LOOSE = 1e-6
"""Relative tolerances down to this are served by forward differences, whose own error is some
1e-6 of a slope; central ones are exact to 1e-8 or so."""
FEWEST_LANES = 4


@dataclass(frozen=True, eq=False)
class Sensitivities:
    """Outputs and their derivatives by parameters.

    Attributes:
        names: The parameters.
        outputs: The outputs.
        points: Values of the parameters, shape (set, parameter).
        times: When, shape (time,).
        values: Outputs, shape (set, time, output).
        slopes: d output / d parameter, shape (set, time, output, parameter).
        status: Index into `reflexarc.kernel.STATUS`, shape (set,); a set that failed is NaN.
        ended: Time at which each set ended, shape (set,).
    """

    names: tuple[str, ...]
    outputs: tuple[str, ...]
    points: Floats
    times: Floats
    values: Floats
    slopes: Floats
    status: Integers
    ended: Floats

    @property
    def per_share(self) -> Floats:
        """p dy/dp, the change of an output per change of a parameter by a share of itself."""
        return np.asarray(self.slopes * self.points[:, None, None, :])

    @property
    def elasticities(self) -> Floats:
        """d log y / d log p: per cent of the output per per cent of the parameter.

        NaN or infinite where the output is 0.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.per_share / self.values[..., None])

    def log_likelihood(self, *, measured: ArrayLike, sigma: ArrayLike) -> tuple[Floats, Floats]:
        """Return the logarithm of the probability of measurements with Gaussian errors.

        Args:
            measured: What was measured, shape (time, output); NaN where nothing was.
            sigma: SD of the error in the unit of the output; a shape that fits (time, output).

        Returns:
            Value, shape (set,), and its derivative by each parameter, shape (set, parameter).

        Raises:
            InputError: If shapes don't fit or an SD isn't above 0.
        """
        seen, shape = np.asarray(measured, dtype=np.float64), self.values.shape[1:]
        if seen.shape != shape:
            raise InputError(f"measurements have shape {seen.shape}; (time, output) is {shape}")
        try:
            deviation = np.broadcast_to(np.asarray(sigma, dtype=np.float64), shape)
        except ValueError:
            raise InputError(
                f"sigma has shape {np.shape(sigma)}, which doesn't fit (time, output), {shape}"
            ) from None
        known = ~np.isnan(seen)
        deviation = deviation[known]
        if not (np.isfinite(deviation) & (deviation > 0)).all():
            raise InputError("sigma must be finite and above 0 wherever something was measured")
        away = (seen[known] - self.values[:, known]) / deviation
        constant = np.log(deviation).sum() + 0.5 * np.log(2 * np.pi) * deviation.size
        gradient = np.einsum("si,sip->sp", away / deviation, self.slopes[:, known])
        return np.asarray(-0.5 * (away**2).sum(axis=1) - constant), np.asarray(gradient)


def sensitivities(
    kernel: Kernel,
    *,
    names: Sequence[str],
    line: Line,
    grid: ArrayLike,
    given: Mapping[str, ArrayLike] | None = None,
    initial: ArrayLike | None = None,
    settle: float | None = None,
    reset: Sequence[str] = (),
    settings: Settings | None = None,
    difference: Difference | None = None,
    sizes: Mapping[str, float] | None = None,
) -> Sensitivities:
    """Return outputs of a compiled model and their slopes, on this thread alone.

    The initial state follows the parameters as the model says, and so does the state to which a
    run settles. A parameter that an edge sets has its slope by the value that it had before.

    Args:
        kernel: A model in double precision.
        names: Parameters by which to differentiate. A derived one counts as given: it stays when
            others move.
        line: What happens in each run.
        grid: Increasing times at which outputs are wanted, shape (time,).
        given: Parameters whose values differ from the model's: one number, or one per set.
        initial: States at the start, shape (state,) or (set, state), which then depend on no
            parameter; None for those of the model.
        settle: Time without edges before a run, in which it comes to rest; None for none.
        reset: States that go back to their initial value after settling.
        settings: Accuracy and limit of steps; steps are always in common.
        difference: `forward`, or `central`, which costs more (five groups of 8 lanes in place of
            three for 15 parameters) and is more exact; None for what the tolerance needs.
        sizes: What counts as the size of a parameter, of which it moves by a small share. By
            default its absolute value, and 1 for a parameter that is 0. Such a one moves upwards
            only, so its slope is that towards larger values.

    Raises:
        InputError: If a name is unknown, times or values don't fit, or the instant of an event
            depends on one of the parameters.

    Example:
        >>> from reflexarc.expression import Graph
        >>> from reflexarc.kernel import Kernel, Line
        >>> from reflexarc.system import System
        >>> graph = Graph()
        >>> k, y = graph.symbol("k"), graph.symbol("y")
        >>> decay = System(
        ...     name="decay", graph=graph, states=("y",), parameters=("k",),
        ...     values=np.array([2.0]), initial=(graph.number(1),),
        ...     rates=(graph.apply("multiply", graph.number(-1), k, y),), variables={"y": y},
        ... )
        >>> found = sensitivities(
        ...     Kernel.of(decay, ["y"]), names=["k"], line=Line(0.0, 1.0), grid=[0.5, 1.0]
        ... )
        >>> found.slopes[0, :, 0, 0].round(5).tolist()  # -t exp(-2 t)
        [-0.18394, -0.13534]
    """
    if kernel.single:
        raise InputError("slopes need double precision; this kernel was compiled in single")
    if kernel.width < FEWEST_LANES:
        raise InputError(f"slopes need {FEWEST_LANES} lanes or more: Kernel.of(..., width=4)")
    settings = settings or Settings()
    system, given, times = kernel.system, given or {}, np.asarray(grid, dtype=np.float64)
    if times.ndim != 1 or not (np.diff(times) > 0).all():
        raise InputError("the times at which slopes are wanted must increase")
    for name in names:
        check_parameter(system, name)
    if len(set(names)) < len(names):
        raise InputError("each parameter can be named only once")
    count = _sets(given, initial)
    values = {name: np.broadcast_to(np.asarray(v, float), count) for name, v in given.items()}
    fixed = None if initial is None else _fixed(initial, count, len(system.states))
    points = system.parameter_table(count, values, start=line.start)
    points = points[:, [system.parameters.index(name) for name in names]]
    chosen: Difference = difference or ("forward" if settings.rtol >= LOOSE else "central")
    neighbours = Neighbours.of(len(names), width=kernel.width, difference=chosen)
    size = np.where(points == 0, 1.0, np.abs(points))
    for name, number in (sizes or {}).items():
        if name not in names or not 0 < number < np.inf:
            raise InputError(f"the size of {name!r} must be above 0, and of a parameter in names")
        size[:, list(names).index(name)] = number
    placed = neighbours.place(points, size)

    group = _Group(kernel, line, times, settings, settle, reset)
    shape = times.size, len(kernel.outputs)
    result, slopes = np.empty((count, *shape)), np.empty((count, len(names), *shape))
    status, ended = np.ones(count, dtype=np.int64), np.full(count, np.nan)
    block = max(1, MOST_NUMBERS // max(1, neighbours.lanes * times.size * len(kernel.outputs)))
    for scouting in (True, False):
        left = np.flatnonzero(status)
        if not scouting:  # where only the scout failed, there is an answer without it
            placed[np.ix_(left, neighbours.scouts)] = points[left, None]
        for first in range(0, left.size, block):
            rows = left[first : first + block]
            each = (rows.size, neighbours.lanes)
            lanes = {name: np.repeat(value[rows], each[1]) for name, value in values.items()}
            lanes |= {name: placed[rows, :, k].ravel() for k, name in enumerate(names)}
            start = None if fixed is None else np.repeat(fixed[rows], each[1], axis=0)
            outputs, codes, ends = group.run(lanes, rows.size * each[1], start)
            worst = codes.reshape(each).argmax(axis=1)
            status[rows] = codes.reshape(each)[np.arange(rows.size), worst]
            ended[rows] = ends.reshape(each)[np.arange(rows.size), worst]
            result[rows], slopes[rows] = neighbours.differ(
                placed[rows], outputs.reshape(*each, *shape)
            )
    result[status != 0], slopes[status != 0] = np.nan, np.nan
    return Sensitivities(
        tuple(names), kernel.outputs, points, group.grid, result, np.moveaxis(slopes, 1, 3),
        status, ended,
    )  # fmt: skip


class _Group:
    """Runs of neighbours, with steps in common."""

    def __init__(
        self,
        kernel: Kernel,
        line: Line,
        grid: Floats,
        settings: Settings,
        settle: float | None,
        reset: Sequence[str],
    ) -> None:
        self.grid = grid
        self._kernel = kernel
        self._start = line.start
        self._settings = replace(settings, common=True, patience=None, log=0)
        self._line = Timetable.of([line])
        self._rest = None
        if settle is not None:
            self._rest = Timetable.of([Line(line.start - settle, line.start)])
        states = kernel.system.states
        for name in reset:
            if name not in states:
                raise InputError(unknown_word("state", name, list(states)))
        self._reset = [states.index(name) for name in reset]

    def run(
        self, values: Mapping[str, ArrayLike], size: int, initial: Floats | None
    ) -> tuple[Floats, Integers, Floats]:
        """Return outputs, status and time of the end of every run."""
        system = self._kernel.system
        parameters = system.parameter_table(size, values, start=self._start)
        if initial is None:
            initial = system.initial_table(parameters, start=self._start)
        status, ended = np.zeros(size, dtype=np.int64), np.full(size, np.nan)
        if self._rest is not None:
            rested = self._integrate(parameters, initial, self._rest, [])
            status, ended = rested.status, rested.ended
            first, initial = initial, rested.final
            initial[:, self._reset] = first[:, self._reset]
        batch = self._integrate(parameters, initial, self._line, self.grid)
        lost = (batch.status == 0) & ~np.isfinite(batch.final).all(axis=1)
        batch.status[lost] = Status.NOT_FINITE
        good = status == 0
        return (
            batch.outputs,
            np.where(good, batch.status, status),
            np.where(good, batch.ended, ended),
        )

    def _integrate(
        self, parameters: Floats, initial: Floats, timetable: Timetable, grid: ArrayLike
    ) -> Batch:
        return self._kernel.run(
            parameters=parameters,
            initial=initial,
            timetable=timetable,
            line=np.zeros(len(initial), dtype=np.int64),
            grid=grid,
            settings=self._settings,
        )


def check_parameter(system: System, name: str) -> None:
    """Refuse a parameter that isn't there, or that moves the instant of an event."""
    if name not in system.parameters:
        raise InputError(unknown_word("parameter of the model", name, list(system.parameters)))
    graph = system.graph
    instants = [(node, f"event {event.id!r}") for event in system.events for node in event.times]
    instants += [(node, "a condition on the time") for node in system.breaks]
    for node, what in instants:
        if name in graph.symbols([node]):
            raise InputError(
                f"the instant of {what} depends on {name!r}; there is no slope by such a parameter"
            )


def _sets(given: Mapping[str, ArrayLike], initial: ArrayLike | None) -> int:
    """Return how many sets are given."""
    sizes = {name: np.shape(value) for name, value in given.items()}
    if initial is not None and np.ndim(initial) == 2:
        sizes["the initial states"] = np.shape(initial)[:1]
    for name, shape in sizes.items():
        if len(shape) > 1:
            raise InputError(f"{name!r} needs one number, or one per set, not shape {shape}")
    counts = {shape[0] for shape in sizes.values() if shape}
    if len(counts) > 1:
        raise InputError(f"parameters are given for different numbers of sets: {sorted(counts)}")
    return counts.pop() if counts else 1


def _fixed(initial: ArrayLike, count: int, states: int) -> Floats:
    table = np.asarray(initial, dtype=np.float64)
    if table.shape not in ((states,), (count, states)):
        raise InputError(f"initial states have shape {table.shape}; a model has {states} of them")
    return np.broadcast_to(table, (count, states))
