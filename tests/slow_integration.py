"""A system integrated by SciPy's LSODA: slow, simple, and nothing of the package's own solvers."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import odeint

from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import crossings
from reflexarc.system import Event, System

Floats = NDArray[np.float64]
MIDDLE = "$middle"


def integrate(
    system: System,
    *,
    times: Sequence[float],
    outputs: Sequence[str],
    given: Mapping[str, float] | None = None,
    rtol: float = 1e-10,
    atol: float = 1e-14,
) -> Floats:
    """Return outputs, shape (time, output); at an event's instant those after it.

    Where the trigger is not yet true at its instant, those before it.
    """
    graph, start, stop = system.graph, float(times[0]), float(times[-1])
    parameters = system.parameter_table(1, given, start=start)
    state = system.initial_table(parameters, start=start)[0]
    names = [*system.states, *system.parameters]
    everything = np.concatenate([state, parameters[0]])
    size = len(system.states)
    rates = function_of(graph, frozen_rates(system), names)
    results = function_of(graph, [system.variables[name] for name in outputs], names)
    instants = [
        (function_of(graph, [node], names), event)
        for event in system.events
        for node in event.times
    ]
    breaks = function_of(graph, system.breaks, names)
    happenings = sorted(
        ((t, event) for f, event in instants for t in f(start, start, everything) if t <= stop),
        key=lambda happening: happening[0],
    )
    happenings = [(t, e) for t, e in happenings if t > start or (t == start and e.at_start)]
    rows, wanted, now = [], list(times), start
    longest = max((b - a for a, b in pairwise(times)), default=0.0)
    while True:
        here = [event for t, event in happenings if t == now]
        everything = happen(system, [e for e in here if not e.strict], now, everything)
        if wanted and wanted[0] == now:
            rows.append(results(now, now, everything))
            wanted = wanted[1:]
        everything = happen(system, [e for e in here if e.strict], now, everything)
        if now >= stop:
            return np.array(rows)
        edges = [t for t, _ in happenings if t > now] + [stop]
        edges += [t for t in breaks(now, now, everything) if t > now]
        end = min(edges)
        middle, constants = (now + end) / 2, everything[size:]
        grid = [now, *(t for t in wanted if t < end), end]
        course = np.empty((len(grid), 0))
        if size:
            course = odeint(
                lambda y, t, p=constants, m=middle: rates(t, m, [*y.tolist(), *p]),
                everything[:size],
                grid,
                rtol=rtol,
                atol=atol,
                tcrit=[end],
                hmax=longest,
                mxstep=100_000,
            )
        for t, y in zip(grid[1:-1], course[1:-1], strict=True):
            rows.append(results(t, t, np.concatenate([y, constants])))
        wanted = wanted[len(grid) - 2 :]
        everything = np.concatenate([course[-1], constants])
        now = end


def happen(system: System, events: list[Event], now: float, everything: Floats) -> Floats:
    """Return states and parameters after all events of one instant."""
    names = [*system.states, *system.parameters]
    before = everything.copy()

    def look(nodes: Sequence[Node], values: Floats) -> list[float]:
        known = {**dict(zip(names, values.tolist(), strict=True)), TIME: now}
        return [float(value) for value in system.graph.evaluate(list(nodes), known)]

    def rank(event: Event) -> float:
        return -math.inf if event.priority is None else look([event.priority], before)[0]

    for event in sorted(events, key=rank, reverse=True):
        source = before if event.trigger_values else everything
        values = look([node for _, node in event.assignments], source)
        everything = everything.copy()
        for (name, _), value in zip(event.assignments, values, strict=True):
            everything[names.index(name)] = value
    return everything


def frozen_rates(system: System) -> list[Node]:
    """Return the rates with conditions linear in time judged in the middle of a segment."""
    graph = system.graph
    found = crossings(graph, system.rates, graph.mask(system.states))
    conditions = [crossing.node for crossing in found]
    judged = graph.substitute(conditions, {graph.symbol(TIME): graph.symbol(MIDDLE)})
    return graph.substitute(system.rates, dict(zip(conditions, judged, strict=True)))


Compiled = Callable[[float, float, Any], list[float]]


def function_of(graph: Graph, roots: Sequence[Node], names: Sequence[str]) -> Compiled:
    """Return one Python function of (time, middle, values) for all roots."""
    places = {name: f"v[{i}]" for i, name in enumerate(names)} | {TIME: "t", MIDDLE: "m"}
    lines, words = ["def f(t, m, v):"], {}
    for node in graph.order(roots):
        operator, inner = graph.operator(node), [words[a] for a in graph.arguments(node)]
        words[node] = f"x{node}"
        if operator == "number":
            right = f"float({str(graph.value(node))!r})"
        elif operator == "symbol":
            right = places[graph.name(node)]
        elif operator in INFIX:
            right = INFIX[operator].join(inner)
        elif operator == "select":
            right = f"{inner[1]} if {inner[0]} else {inner[2]}"
        else:
            right = f"{operator}_({', '.join(inner)})"
        lines.append(f"    {words[node]} = {right}")
    lines.append(f"    return [{', '.join(f'float({words[root]})' for root in roots)}]")
    space: dict[str, Any] = {}
    exec("\n".join(lines), dict(FUNCTIONS), space)
    compiled: Compiled = space["f"]
    return compiled


INFIX = {
    "add": " + ",
    "multiply": " * ",
    "and": " and ",
    "or": " or ",
    "less": " < ",
    "less_equal": " <= ",
    "equal": " == ",
    "not_equal": " != ",
}


def _guarded(function: Callable[..., float]) -> Callable[..., float]:
    """Return a function that gives what NumPy would give where Python's raises."""

    def call(*values: float) -> float:
        try:
            return function(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.nan

    return call


def _divide(above: float, below: float) -> float:
    return above / below if below else float(np.divide(above, np.float64(below)))


def _power(base: float, exponent: float) -> float:
    if base < 0 and math.floor(exponent) != exponent:
        return 0.0
    if base == 0 and exponent < 0:
        return math.inf
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    return math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)


def _exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


def _quotient(above: float, below: float) -> float:
    return float(math.trunc(above / below))


FUNCTIONS: dict[str, Any] = {
    "divide_": _divide,
    "power_": _power,
    "log_": _log,
    "exp_": _exp,
    "floor_": lambda x: float(np.floor(x)),
    "ceiling_": lambda x: float(np.ceil(x)),
    "abs_": abs,
    "min_": min,
    "max_": max,
    "not_": lambda x: not x,
    "true_": lambda: True,
    "false_": lambda: False,
    "quotient_": _guarded(_quotient),
    "remainder_": _guarded(math.fmod),
    "factorial_": _guarded(lambda x: math.gamma(x + 1.0)),
    **{
        f"{name}_": _guarded(getattr(math, name))
        for name in ["sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"]
    },
}
