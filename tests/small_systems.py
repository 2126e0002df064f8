"""Small systems for tests of the kernel, written as formulas."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.expression import TIME, Graph, Node
from reflexarc.kernel import Batch, Change, Instant, Kernel, Line, Settings, Timetable
from reflexarc.kernel.controller import Controller
from reflexarc.kernel.equations import Edge, SystemEquations
from reflexarc.kernel.methods import method
from reflexarc.kernel.twin import Pace, Trajectory, integrate
from reflexarc.system import Event, System

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """A node with the arithmetic of Python."""

    graph: Graph
    node: Node

    def of(self, operator: str, *others: "Term | float") -> "Term":
        nodes = (
            other.node if isinstance(other, Term) else self.graph.number(other) for other in others
        )
        return Term(self.graph, self.graph.apply(operator, self.node, *nodes))

    def __add__(self, other: "Term | float") -> "Term":
        return self.of("add", other)

    def __mul__(self, other: "Term | float") -> "Term":
        return self.of("multiply", other)

    def __truediv__(self, other: "Term | float") -> "Term":
        return self.of("divide", other)

    def __pow__(self, other: "Term | float") -> "Term":
        return self.of("power", other)

    def __neg__(self) -> "Term":
        return self * -1.0

    def __sub__(self, other: "Term | float") -> "Term":
        return self + (-other)

    def __rsub__(self, other: float) -> "Term":
        return -self + other

    def __rtruediv__(self, other: float) -> "Term":
        return Term(self.graph, self.graph.number(other)) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def __lt__(self, other: "Term | float") -> "Term":
        return self.of("less", other)

    def __le__(self, other: "Term | float") -> "Term":
        return self.of("less_equal", other)

    def __and__(self, other: "Term") -> "Term":
        return self.of("and", other)


class Symbols:
    """Every attribute is the symbol of its name; `t` is the time."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __getattr__(self, name: str) -> Term:
        return Term(self._graph, self._graph.symbol(TIME if name == "t" else name))

    def number(self, value: float) -> Term:
        return Term(self._graph, self._graph.number(value))


def build(
    states: Mapping[str, float],
    parameters: Mapping[str, float],
    rates: Callable[[Any], Sequence[Term | float]],
    *,
    variables: Callable[[Any], Mapping[str, Term]] = lambda s: {},
    events: Callable[[Any], Sequence[Event]] = lambda s: (),
    breaks: Callable[[Any], Sequence[Term]] = lambda s: (),
    graph: Graph | None = None,
) -> System:
    """Return a system; the functions are given `Symbols`."""
    graph = graph or Graph()
    symbols = Symbols(graph)
    formulas = [rate if isinstance(rate, Term) else symbols.number(rate) for rate in rates(symbols)]
    more = {name: term.node for name, term in variables(symbols).items()}
    return System(
        name="small",
        graph=graph,
        states=tuple(states),
        parameters=tuple(parameters),
        values=np.array(list(parameters.values()), dtype=np.float64),
        initial=tuple(graph.number(value) for value in states.values()),
        rates=tuple(term.node for term in formulas),
        variables={name: graph.symbol(name) for name in (*states, *parameters)} | more,
        events=tuple(events(symbols)),
        breaks=tuple(term.node for term in breaks(symbols)),
    )


def robertson() -> System:
    """The stiff classic of three states."""

    def rates(s: Any) -> list[Term]:
        slow, fast, back = s.a * s.x, s.b * s.y**2.0, s.c * s.y * s.z
        return [back - slow, slow - back - fast, fast]

    return build({"x": 1, "y": 0, "z": 0}, {"a": 0.04, "b": 3e7, "c": 1e4}, rates)


def van_der_pol() -> System:
    """Stiff on its slow branches, with many rejected steps at the jumps."""
    return build({"x": 2, "v": 0}, {"mu": 50}, lambda s: [s.v, s.mu * (1.0 - s.x**2.0) * s.v - s.x])


def pulsed() -> System:
    """Driven by the time itself, smoothly and by a pulse from `on` to `off`."""

    def rates(s: Any) -> list[Term]:
        lit = (s.on <= s.t) & (s.t < s.off)
        drive = lit.of("select", s.height * (2.0 + s.t.of("sin")), 0.1)
        return [drive - s.k * s.A, s.k * s.A - s.B / (s.K + s.B)]

    return build(
        {"A": 1, "B": 0.5},
        {"on": 1.0, "off": 2.5, "height": 3.0, "k": 0.7, "K": 0.4},
        rates,
        variables=lambda s: {"sum": s.A + s.B, "clock": s.t * 1.0},
        breaks=lambda s: [s.on, s.off],
    )


def growth() -> System:
    """Grows as its square, so that it is infinite at the time 1 / (k x); k = 0 rests."""
    return build({"x": 1, "w": 1}, {"k": 0.0, "d": 0.5}, lambda s: [s.k * s.x**2.0, -s.d * s.w])


def decay() -> System:
    """A sum of an input and a decay, with a known solution and something to assign."""
    return build(
        {"x": 1},
        {"k": 1.0, "input": 0.0},
        lambda s: [s.input - s.k * s.x],
        variables=lambda s: {"double": s.x * 2.0, "clock": s.t * 1.0},
    )


SYSTEMS: dict[str, Callable[[], System]] = {
    "Robertson": robertson,
    "van der Pol": van_der_pol,
    "pulsed": pulsed,
    "growth": growth,
    "decay": decay,
}


@cache
def system(name: str) -> System:
    return SYSTEMS[name]()


@cache
def kernel(
    name: str, rule: str = "rodas5p", *, single: bool = False, width: int | None = None
) -> Kernel:
    """Return the kernel of a small system that reports all states, compiled once per process."""
    one = system(name)
    return Kernel.of(one, outputs_of(one), method_name=rule, single=single, width=width)


def outputs_of(one: System) -> list[str]:
    """Return all states, then what is neither a state nor a parameter."""
    extra = [v for v in one.variables if v not in one.parameters and v not in one.states]
    return [*one.states, *extra]


def paced(one: System, rule: str, pace: Pace) -> Kernel:
    """Return a kernel whose steps follow a pace of the twin."""
    exponent = 1.0 / (method(rule).embedded_order + 1)
    controller = Controller(exponent=exponent, pace=pace)
    return Kernel.of(one, outputs_of(one), method_name=rule, controller=controller)


def run(
    compiled: Kernel,
    line: Line | Sequence[Line],
    grid: ArrayLike,
    *,
    size: int = 1,
    given: Mapping[str, ArrayLike] | None = None,
    initial: Array | None = None,
    lines: NDArray[np.int64] | None = None,
    row: NDArray[np.int64] | None = None,
    watch: NDArray[np.int64] | None = None,
    **settings: Any,
) -> Batch:
    """Run a kernel; `given` are parameters, one value or one per run."""
    every = [line] if isinstance(line, Line) else list(line)
    table = compiled.system.parameter_table(size, given, start=every[0].start)
    return compiled.run(
        parameters=table,
        initial=start_of(compiled.system, table, every[0]) if initial is None else initial,
        timetable=Timetable.of(every),
        line=np.zeros(size, dtype=np.int64) if lines is None else lines,
        grid=grid,
        settings=Settings(**settings),
        row=row,
        watch=watch,
    )


def start_of(one: System, table: Array, line: Line) -> Array:
    return one.initial_table(table, start=line.start)


def edges_of(one: System, line: Line) -> list[Edge]:
    """Return a line's instants as edges of the twin."""

    def action(instant: Instant) -> Callable[[Array, Array], tuple[Array, Array]]:
        def act(y: Array, p: Array) -> tuple[Array, Array]:
            everything = np.concatenate([p, y])
            for change in instant.changes:
                old = everything[change.place] if change.adds else 0.0
                everything[change.place] = old + change.amount
            if instant.event >= 0:
                known = dict(zip((*one.parameters, *one.states), everything, strict=True))
                known[TIME] = instant.time
                assignments = one.events[instant.event].assignments
                values = one.graph.evaluate([node for _, node in assignments], known)
                for (target, _), value in zip(assignments, values, strict=True):
                    everything[place_of(one, target)] = value
            return everything[p.size :], everything[: p.size]

        return act

    return [Edge(instant.time, action(instant)) for instant in line.instants]


def place_of(one: System, name: str) -> int:
    """Return the place of a parameter or a state in a line's changes."""
    return (*one.parameters, *one.states).index(name)


def sets(one: System, time: float, **values: float) -> Instant:
    return Instant(time, tuple(Change(place_of(one, n), v) for n, v in values.items()))


def adds(one: System, time: float, **values: float) -> Instant:
    return Instant(time, tuple(Change(place_of(one, n), v, adds=True) for n, v in values.items()))


def twin(
    one: System,
    line: Line,
    grid: ArrayLike,
    *,
    given: Mapping[str, ArrayLike] | None = None,
    initial: Array | None = None,
    rule: str = "rodas5p",
    **settings: Any,
) -> Trajectory:
    """Run the twin as `run` runs a kernel."""
    table = one.parameter_table(1, given)
    state = one.initial_table(table)[0] if initial is None else initial
    return integrate(
        SystemEquations(one),
        state=state,
        parameters=table[0],
        start=line.start,
        stop=line.stop,
        edges=edges_of(one, line),
        grid=grid,
        method=method(rule),
        **settings,
    )
