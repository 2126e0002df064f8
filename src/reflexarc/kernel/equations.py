"""What the twin integrates: equations, written as functions or taken from a system, and edges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import MIDDLE, judged_in_the_middle
from reflexarc.system import Event, System

__all__ = ["Edge", "Equations", "Functions", "SystemEquations", "system_edges"]

Floats: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[float, Floats, Floats], ArrayLike]


class Equations(Protocol):
    """Rates of change and their derivatives; states have shape (ns,), parameters (np,)."""

    def at(self, middle: float) -> "Equations":
        """Return the equations of a segment: conditions on the time are those of its middle."""

    def rates(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the rate of change of each state, shape (ns,)."""

    def jacobian(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the derivative of each rate (row) by each state (column), shape (ns, ns)."""

    def time_derivative(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the derivative of each rate by the time, shape (ns,)."""


class Edge(NamedTuple):
    """An instant at which an action makes a new state and new parameters of the old ones."""

    time: float
    action: Callable[[Floats, Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Functions:
    """Equations from functions of (time, state, parameters).

    Args:
        of: The rates of change, shape (ns,).
        of_states: Their derivatives by the states, shape (ns, ns).
        of_time: Their derivatives by the time, shape (ns,); None if the time isn't in them.
    """

    of: Function
    of_states: Function
    of_time: Function | None = None

    def at(self, middle: float) -> "Functions":
        """Return the same: no condition can be told apart in a function."""
        return self

    def rates(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the rate of change of each state, shape (ns,)."""
        return np.asarray(self.of(time, state, parameters), dtype=np.float64)

    def jacobian(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the derivative of each rate by each state, shape (ns, ns)."""
        return np.asarray(self.of_states(time, state, parameters), dtype=np.float64)

    def time_derivative(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the derivative of each rate by the time, shape (ns,)."""
        if self.of_time is None:
            return np.zeros_like(state)
        return np.asarray(self.of_time(time, state, parameters), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SystemEquations:
    """The equations of a system, with derivatives taken symbolically.

    Args:
        system: The model.
        middle: Time at which conditions that know only the time and parameters are looked at.

    Example:
        >>> graph = Graph()
        >>> k, y = graph.symbol("k"), graph.symbol("y")
        >>> decay = System(
        ...     name="decay", graph=graph, states=("y",), parameters=("k",),
        ...     values=np.array([2.0]), initial=(graph.number(1),),
        ...     rates=(graph.apply("multiply", graph.number(-1), k, y),), variables={"y": y},
        ... )
        >>> SystemEquations(decay).jacobian(0.0, np.array([1.0]), decay.values).tolist()
        [[-2.0]]
    """

    system: System
    middle: float = 0.0

    def at(self, middle: float) -> "SystemEquations":
        """Return the equations of the segment with this middle."""
        segment = replace(self, middle=middle)
        for name in ("_rates", "_jacobian", "_time_derivative"):
            segment.__dict__[name] = getattr(self, name)
        return segment

    def rates(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the rate of change of each state, shape (ns,)."""
        return self._values(self._rates, time, state, parameters)

    def jacobian(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the derivative of each rate by each state, shape (ns, ns)."""
        matrix = np.zeros((state.size, state.size))
        places, nodes = self._jacobian
        if places:
            rows, columns = zip(*places, strict=True)
            matrix[rows, columns] = self._values(nodes, time, state, parameters)
        return matrix

    def time_derivative(self, time: float, state: Floats, parameters: Floats) -> Floats:
        """Return the derivative of each rate by the time, shape (ns,)."""
        return self._values(self._time_derivative, time, state, parameters)

    @cached_property
    def _rates(self) -> list[Node]:
        system = self.system
        return judged_in_the_middle(system.graph, system.rates, system.graph.mask(system.states))

    @cached_property
    def _jacobian(self) -> tuple[list[tuple[int, int]], list[Node]]:
        graph = self.system.graph
        places, nodes = [], []
        for row, rate in enumerate(self._rates):
            known = graph.symbols([rate])
            for column, state in enumerate(self.system.states):
                if state in known:
                    places.append((row, column))
                    nodes.append(graph.derivative(rate, graph.symbol(state)))
        return places, nodes

    @cached_property
    def _time_derivative(self) -> list[Node]:
        graph = self.system.graph
        return [graph.derivative(rate, graph.symbol(TIME)) for rate in self._rates]

    def _values(self, nodes: list[Node], time: float, state: Floats, parameters: Floats) -> Floats:
        known = {TIME: time, MIDDLE: self.middle}
        known |= zip(self.system.parameters, parameters.tolist(), strict=True)
        known |= zip(self.system.states, state.tolist(), strict=True)
        return np.array(self.system.graph.evaluate(nodes, known), dtype=np.float64)


def system_edges(
    system: System, parameters: Floats, *, start: float, stop: float
) -> tuple[Edge, ...]:
    """Return the edges of a system's own events and breaks in one run.

    Args:
        system: The model.
        parameters: At the start, shape (np,); they say when events happen.
        start: Start of the run; an event at it counts only if its `at_start` says so.
        stop: End of the run.

    Returns:
        Edges in the order of time.
    """
    known = {TIME: start, **dict(zip(system.parameters, parameters.tolist(), strict=True))}
    found: dict[float, list[Event]] = {}
    for event in system.events:
        for time in _numbers(system.graph, event.times, known):
            if start < time <= stop or (time == start and event.at_start):
                found.setdefault(time, []).append(event)
    for time in _numbers(system.graph, system.breaks, known):
        if start < time < stop:
            found.setdefault(time, [])
    return tuple(Edge(time, _action(system, time, found[time])) for time in sorted(found))


def _action(
    system: System, time: float, events: list[Event]
) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """Return what all events of one instant do, the one with the highest priority first."""
    graph = system.graph
    names = (*system.states, *system.parameters)
    place = {name: i for i, name in enumerate(names)}

    def act(state: Floats, parameters: Floats) -> tuple[Floats, Floats]:
        everything = np.concatenate([state, parameters])

        def look(nodes: Sequence[Node]) -> list[float]:
            known = dict(zip(names, everything.tolist(), strict=True))
            return _numbers(graph, nodes, {**known, TIME: time, MIDDLE: time})

        rank = [-np.inf if e.priority is None else look([e.priority])[0] for e in events]
        at_trigger = [look([node for _, node in event.assignments]) for event in events]
        for i in sorted(range(len(events)), key=lambda i: -rank[i]):
            values = at_trigger[i]
            if not events[i].trigger_values:
                values = look([node for _, node in events[i].assignments])
            for (target, _), value in zip(events[i].assignments, values, strict=True):
                everything[place[target]] = value
        return everything[: state.size], everything[state.size :]

    return act


def _numbers(graph: Graph, nodes: Sequence[Node], known: dict[str, float]) -> list[float]:
    return [float(value) for value in graph.evaluate(list(nodes), known)]
