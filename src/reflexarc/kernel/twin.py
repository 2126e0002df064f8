"""The kernel's algorithm for one run in plain NumPy: slow, short, and the specification.

The kernel does exactly this for each of its lanes, and tests hold the two together step by step.
Read `integrate` from the top; every rule of it stands in one small function below it.

A run is a state, parameters, a start, a stop, edges (an instant, and what happens to state and
parameters at it) and a grid of times at which values are wanted. Between two edges lies a segment:
nothing in it jumps, and no step reaches across its end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.instants import SAME_INSTANT
from reflexarc.kernel.equations import Edge, Equations
from reflexarc.kernel.methods import RODAS5P, Explicit, Rosenbrock
from reflexarc.kernel.pace import USUAL, Pace
from reflexarc.kernel.status import Status

__all__ = ["Pace", "Status", "Step", "Trajectory", "integrate"]

Floats: TypeAlias = NDArray[np.float64]


class Step(NamedTuple):
    """A try at a step: from `time`, of size `size`, with this error (1 is what is tolerated)."""

    time: float
    size: float
    error: float
    accepted: bool


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a run gave.

    Attributes:
        values: States at the grid times, shape (nt, ns); NaN after a failure.
        parameters: Parameters in force at the grid times, shape (nt, np); NaN after a failure.
        final: The last state that was reached, shape (ns,).
        status: How the run ended.
        time: When it ended: the stop, or the time of the failure.
        steps: Every step tried, in order.
    """

    values: Floats
    parameters: Floats
    final: Floats
    status: Status
    time: float
    steps: tuple[Step, ...]


def integrate(
    equations: Equations,
    *,
    state: ArrayLike,
    parameters: ArrayLike = (),
    start: float,
    stop: float,
    edges: Sequence[Edge] = (),
    grid: ArrayLike = (),
    method: Rosenbrock | Explicit = RODAS5P,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    step_limit: int = 100_000,
    sample_after: bool = False,
    pace: Pace = USUAL,
) -> Trajectory:
    """Run a model from start to stop.

    Args:
        equations: What changes and how fast.
        state: At the start, before any edge, shape (ns,).
        parameters: At the start, before any edge, shape (np,).
        start: Time at which the run starts; an edge before it happens at it.
        stop: Time at which the run ends; what happens at that very instant still happens.
        edges: What happens when; edges at one instant happen in the order given.
        grid: Increasing times at which values are wanted. Before the start they are those at the
            start; after the stop there are none (NaN).
        method: The coefficients.
        rtol: Error tolerated in a step, relative to each state.
        atol: The same, absolute.
        step_limit: Most steps, accepted and rejected.
        sample_after: Whether a value at the instant of an edge is the one behind it rather than the
            one before it.
        pace: How large steps are.

    Returns:
        Values at the grid times and a log of the steps.

    Example:
        >>> from reflexarc.kernel.equations import Functions
        >>> decay = Functions(lambda t, y, p: -p * y, lambda t, y, p: [[-p[0]]])
        >>> run = integrate(decay, state=[1], parameters=[2], start=0, stop=1, grid=[0.5, 1])
        >>> run.values.round(6).tolist()
        [[0.36788], [0.135335]]
    """
    y = np.array(state, dtype=np.float64)
    p = np.array(parameters, dtype=np.float64)
    wanted = np.asarray(grid, dtype=np.float64)
    values, in_force = (
        np.full((wanted.size, y.size), np.nan),
        np.full((wanted.size, p.size), np.nan),
    )
    waiting = sorted(edges, key=lambda edge: edge.time)
    steps: list[Step] = []
    t = float(start)

    def note(chosen: slice, states: Floats) -> None:
        values[chosen] = states
        in_force[chosen] = p

    def ended(status: Status) -> Trajectory:
        return Trajectory(values, in_force, y, status, t, tuple(steps))

    taken = int(np.searchsorted(wanted, t + SAME_INSTANT, side="right"))
    note(slice(taken), y)
    while True:
        while waiting and waiting[0].time <= t + SAME_INSTANT:
            y, p = waiting.pop(0).action(y, p)
        if sample_after:
            first = np.searchsorted(wanted, t - SAME_INSTANT) if steps else 0
            note(slice(first, taken), y)
        if t >= stop - SAME_INSTANT:
            return ended(Status.DONE)

        end = min(waiting[0].time, stop) if waiting else float(stop)
        here = equations.at((t + end) / 2)
        with np.errstate(all="ignore"):
            slope = here.rates(t, y, p)
        if not (np.isfinite(y).all() and np.isfinite(slope).all()):
            return ended(Status.NOT_FINITE)
        h = min(first_step(y, slope, rtol, atol, pace), end - t)

        rejected = False
        while t < end:
            if len(steps) >= step_limit:
                return ended(Status.STEP_LIMIT)
            if h < 1e-13 * max(abs(t), 1e-3):
                seen = steps[-1].error if steps else 0.0
                return ended(Status.STEP_VANISHED if np.isfinite(seen) else Status.NOT_FINITE)
            lands = h * pace.reach >= end - t
            if lands:
                h = end - t
            with np.errstate(all="ignore"):
                y1, difference, between = take_step(here, method, t, y, p, h)
                error = pace.weight * error_norm(difference, y, y1, rtol, atol)
            accepted = error <= 1
            steps.append(Step(t, h, error, accepted))
            factor = next_factor(error, method.embedded_order + 1, pace)
            if accepted:
                t1 = end if lands else t + h
                last = int(
                    np.searchsorted(wanted, end + SAME_INSTANT if lands else t1, side="right")
                )
                theta = np.minimum((wanted[taken:last] - t) / h, 1.0)
                note(slice(taken, last), between(theta[:, None]))
                taken = last
                t, y = t1, y1
                factor = min(factor, 1.0) if rejected else factor
            rejected = not accepted
            h *= factor


def first_step(state: Floats, slope: Floats, rtol: float, atol: float, pace: Pace = USUAL) -> float:
    """Return the size of a segment's first step, in units of time.

    It is a share of the time in which the state would change by as much as it is, in the norm of
    the error (the first half of the rule in Hairer, Nørsett & Wanner 1993, section II.4).
    """
    scale = atol + rtol * np.abs(state)
    size, speed = rms(state / scale), rms(slope / scale)
    return pace.first * size / speed if size > 1e-5 and speed > 1e-5 else pace.blind


def error_norm(
    difference: Floats, state: Floats, new_state: Floats, rtol: float, atol: float
) -> float:
    """Return the error of a step, 1 being what is tolerated; infinite if anything isn't finite."""
    if not np.isfinite(new_state).all():
        return np.inf
    scale = atol + rtol * np.maximum(np.abs(state), np.abs(new_state))
    error = rms(difference / scale)
    return error if np.isfinite(error) else np.inf


def next_factor(error: float, exponent: int, pace: Pace) -> float:
    """Return the factor from a step's size to the next one's; its error goes as h^exponent."""
    if error == 0:
        return pace.growth
    return float(np.clip(pace.safety * error ** (-1 / exponent), pace.shrinkage, pace.growth))


def rms(values: Floats) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


Between: TypeAlias = Callable[[Floats], Floats]
"""States inside a step at theta, shape (n, 1), from 0 at its start to 1 at its end: (n, ns)."""


def take_step(
    equations: Equations,
    method: Rosenbrock | Explicit,
    t: float,
    y: Floats,
    p: Floats,
    h: float,
) -> tuple[Floats, Floats, Between]:
    """Return the new state, the difference to the embedded method's, and the states in between."""
    if isinstance(method, Rosenbrock):
        return _implicit_step(equations, method, t, y, p, h)
    return _explicit_step(equations, method, t, y, p, h)


def _implicit_step(
    equations: Equations, method: Rosenbrock, t: float, y: Floats, p: Floats, h: float
) -> tuple[Floats, Floats, Between]:
    by_time = equations.time_derivative(t, y, p)
    solve = _factorise(np.eye(y.size) / (h * method.gamma) - equations.jacobian(t, y, p))
    u = np.zeros((method.stages, y.size))
    slopes = np.zeros_like(u)
    for i, source in enumerate(method.evaluations):
        if source == i:
            slopes[i] = equations.rates(t + method.alpha[i] * h, y + method.a[i] @ u, p)
        u[i] = solve(slopes[source] + (method.c[i] / h) @ u + method.gamma_sums[i] * h * by_time)
    y1 = y + method.m @ u
    k = method.dense @ u

    def between(theta: Floats) -> Floats:
        bend = sum((theta**power * row for power, row in enumerate(k)), np.zeros_like(y))
        return np.asarray((1 - theta) * y + theta * (y1 + (1 - theta) * bend))

    return y1, method.e @ u, between


def _explicit_step(
    equations: Equations, method: Explicit, t: float, y: Floats, p: Floats, h: float
) -> tuple[Floats, Floats, Between]:
    k = np.zeros((method.stages, y.size))
    argument = y
    for i in range(method.stages):
        argument = y + h * (method.a[i] @ k)
        k[i] = equations.rates(t + method.alpha[i] * h, argument, p)

    def between(theta: Floats) -> Floats:
        powers = theta ** np.arange(1, len(method.dense) + 1)
        return np.asarray(y + h * (powers @ method.dense) @ k)

    return argument, h * (method.e @ k), between


def _factorise(matrix: Floats) -> Callable[[Floats], Floats]:
    """Return the solver of a linear system; a singular one gives what isn't finite."""
    from scipy.linalg import lapack

    factors, pivots, _ = lapack.dgetrf(matrix)
    return lambda right: np.asarray(lapack.dgetrs(factors, pivots, right)[0])
