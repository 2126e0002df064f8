"""Conditions on the time that come again: `time - floor(time/T)*T < d` and what is like it.

`floor`, `ceiling`, `quotient` and `rem` of a straight line in time jump at instants that are known
as soon as the parameters and the end are. Between two of them everything is a straight line again,
so that the instants at which a comparison changes are known too. What is of another form
(`sin(time) > 0.99`, a square) is left as it is and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import COMPARISONS, MIDDLE, crossings
from reflexarc.sbml.writing import written
from reflexarc.system import System

__all__ = ["MOST_STOPS", "with_periods"]

MOST_STOPS = 10_000
"""Stops of a run that what comes again may ask for."""
STEPS = ("floor", "ceiling", "quotient", "remainder")


def with_periods(
    system: System, parameters: NDArray[np.float64], end: float
) -> tuple[System, tuple[str, ...]]:
    """Return a system whose solver stops wherever a condition that comes again changes.

    Args:
        system: The model.
        parameters: Table of all runs, shape (run, parameter).
        end: Where the longest run ends; runs start at 0.

    Returns:
        The system, with more `breaks` and with those conditions judged in the middle between two
        stops; and each condition on the time alone that the solver doesn't stop for, as text.
    """
    graph = system.graph
    targets = [name for event in system.events for name, _ in event.assignments]
    search = _Search(graph, graph.mask(system.states), graph.mask(targets))
    wanted = search.run(system.rates)
    columns: dict[str, ArrayLike] = {n: parameters[:, i] for i, n in enumerate(system.parameters)}
    replaced: dict[Node, Node] = {}
    stops: dict[Node, None] = {}
    told = search.told
    for cycle, nodes in wanted.items():
        slope, offset = graph.evaluate([cycle.slope, cycle.offset], {**columns, TIME: 0.0})
        last = np.abs(slope) * end
        rounds = float(np.nanmax(np.where(np.isfinite(last + offset), last, 0.0))) + 1.0
        if rounds * (1 + len(nodes)) + len(stops) > MOST_STOPS:
            told += nodes
            continue
        for number in range(int(rounds) + 1):
            stops[cycle.end(graph, number)] = None
            stops |= dict.fromkeys(cycle.changes(graph, nodes, number))
        replaced |= {node: search.judged(node) for node in nodes}
    if replaced:
        system = replace(
            system,
            rates=tuple(graph.substitute(system.rates, replaced)),
            breaks=tuple(dict.fromkeys([*system.breaks, *stops])),
        )
    return system, tuple(dict.fromkeys(written(graph, node) for node in told))


@dataclass(frozen=True)
class _Cycle:
    """A straight line in time; something jumps where its value is a whole number."""

    line: Node
    slope: Node
    offset: Node

    def below(self, graph: Graph, number: int) -> Node:
        """Return the whole number below the line between its jumps `number` and `number + 1`."""
        apply, whole = graph.apply, float(number)
        up = apply("add", apply("floor", self.offset), graph.number(whole))
        down = apply("add", apply("ceiling", self.offset), graph.number(-1.0 - whole))
        return apply("select", self.rising(graph), up, down)

    def rising(self, graph: Graph) -> Node:
        """Return whether the line grows."""
        return graph.apply("less", graph.number(0.0), self.slope)

    def end(self, graph: Graph, number: int) -> Node:
        """Return the instant of jump `number + 1`."""
        apply, one = graph.apply, graph.number(1.0)
        low = self.below(graph, number)
        goal = apply("select", self.rising(graph), apply("add", low, one), low)
        way = apply("add", goal, apply("multiply", graph.number(-1.0), self.offset))
        return apply("divide", way, self.slope)

    def changes(self, graph: Graph, nodes: Sequence[Node], number: int) -> list[Node]:
        """Return the instants of comparisons between the jumps `number` and `number + 1`."""
        flat = self.flattened(graph, nodes, self.below(graph, number))
        return [found.instant for found in crossings(graph, flat, 0)]

    def flattened(self, graph: Graph, nodes: Sequence[Node], low: Node) -> list[Node]:
        """Return formulas as they are while the whole number below the line is `low`."""
        apply, zero = graph.apply, graph.number(0.0)
        high = apply("add", low, graph.number(1.0))
        whole = apply("select", apply("less", low, zero), high, low)  # cut off towards 0
        known = dict[Node, Node]()
        for node in graph.order(nodes):
            kind, arguments = graph.operator(node), graph.arguments(node)
            if kind not in STEPS or _line_of(graph, node) != self.line:
                continue
            if kind == "remainder":
                loss = apply("multiply", graph.number(-1.0), arguments[1], whole)
                known[node] = apply("add", arguments[0], loss)
            else:
                known[node] = {"floor": low, "ceiling": high, "quotient": whole}[kind]
        return graph.substitute(nodes, known)


class _Search:
    """Looks for what comes again in rates, and for what no stop is known for."""

    def __init__(self, graph: Graph, states: int, targets: int) -> None:
        self.graph = graph
        self.told: list[Node] = []
        self._clock = graph.mask([TIME])
        self._states = states
        self._targets = targets

    def run(self, rates: Sequence[Node]) -> dict[_Cycle, list[Node]]:
        """Return comparisons and bare steps by the line that they follow."""
        graph = self.graph
        found: dict[_Cycle, list[Node]] = {}
        simple = {one.node for one in crossings(graph, rates, self._states)}
        inside: set[Node] = set()
        for node in graph.order(rates):
            kind = graph.operator(node)
            if not graph.depends(node, self._clock) or graph.depends(node, self._states):
                continue
            if kind in COMPARISONS and node not in simple:
                inside |= set(graph.order([node])) - {node}
                self._sort(node, found)
        bare = [node for node in self._reached(rates) if graph.operator(node) in STEPS]
        for node in bare:
            if graph.depends(node, self._clock) and not graph.depends(node, self._states):
                self._sort(node, found)
        return found
