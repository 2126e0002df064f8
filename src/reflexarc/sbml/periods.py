"""Conditions on the time that come again: `time - floor(time/T)*T < d` and what is like it.

`floor`, `ceiling`, `quotient` and `rem` of a straight line in time jump at instants that are known
as soon as the parameters and the end are. Between two of them everything is a straight line again,
so that the instants at which a comparison changes are known too. What is of another form
(`sin(time) > 0.99`, a square) is left as it is and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import COMPARISONS, MIDDLE, crossings
from reflexarc.sbml.writing import written
from reflexarc.system import System

__all__ = ["MOST_STOPS", "with_periods"]

MOST_STOPS = 10_000
"""Stops of a run that what comes again may ask for."""
LARGEST = 1000
"""Nodes of a condition that is looked into."""
STEPS = ("floor", "ceiling", "quotient", "remainder")
WHOLE = "$whole"
"""Symbol of the whole number below the line that a cycle follows."""


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
    rates = graph.substitute(system.rates, _settled(graph, system.rates))
    targets = graph.mask(name for event in system.events for name, _ in event.assignments)
    told: list[Node] = []
    cycles: dict[Node, _Cycle] = {}
    for node in _timed(graph, rates, graph.mask(system.states)):
        cycle = None if graph.depends(node, targets) else _cycle_of(graph, node)
        if cycle is None:
            told.append(node)
            continue
        mine = cycles.setdefault(cycle.line, cycle)
        mine.nodes.append(node)
        mine.changes.update(dict.fromkeys(cycle.changes))
    columns: dict[str, ArrayLike] = {n: parameters[:, i] for i, n in enumerate(system.parameters)}
    stops: dict[Node, None] = {}
    judged: dict[Node, Node] = {}
    for cycle in cycles.values():
        (slope,) = graph.evaluate([cycle.slope], {**columns, TIME: 0.0})
        turns = np.abs(slope) * end
        rounds = int(min(np.max(turns, initial=0.0, where=np.isfinite(turns)), MOST_STOPS)) + 2
        if rounds * (1 + len(cycle.changes)) + len(stops) > MOST_STOPS:
            told += cycle.nodes
            continue
        for number in range(rounds):
            stops.update(dict.fromkeys(cycle.stops(graph, number)))
        judged.update((node, _in_the_middle(graph, node)) for node in cycle.nodes)
    warnings = tuple(dict.fromkeys(written(graph, node) for node in told))
    if not judged:
        return system, warnings
    rates = graph.substitute(rates, judged)
    breaks = tuple(dict.fromkeys([*system.breaks, *stops]))
    return replace(system, rates=tuple(rates), breaks=breaks), warnings


@dataclass(frozen=True, eq=False)
class _Cycle:
    """A straight line in time, and what jumps where it is a whole number.

    Attributes:
        line: The line, `slope * time + offset`.
        nodes: Comparisons and steps that follow it.
        changes: Instants at which those comparisons change, in `WHOLE`.
    """

    line: Node
    slope: Node
    offset: Node
    nodes: list[Node] = field(default_factory=list)
    changes: dict[Node, None] = field(default_factory=dict)

    def stops(self, graph: Graph, number: int) -> list[Node]:
        """Return the instants after jump `number` of a run, the next jump among them."""
        apply, plain = graph.apply, graph.number
        rising = apply("less", plain(0.0), self.slope)
        up = apply("add", apply("floor", self.offset), plain(float(number)))
        down = apply("add", apply("ceiling", self.offset), plain(-1.0 - number))
        low = apply("select", rising, up, down)
        goal = apply("select", rising, apply("add", up, plain(1.0)), down)
        way = apply("add", goal, apply("multiply", plain(-1.0), self.offset))
        changes = graph.substitute([*self.changes], {graph.symbol(WHOLE): low})
        return [*changes, apply("divide", way, self.slope)]


def _settled(graph: Graph, rates: Sequence[Node]) -> dict[Node, Node]:
    """Return comparisons that are the same all the time after 0, such as `time < 0`."""
    later = {graph.symbol(TIME): graph.number(1.0)}
    return {
        found.node: graph.substitute([found.node], later)[0]
        for found in crossings(graph, rates, 0)
        if graph.is_number(found.instant) and graph.value(found.instant) <= 0.0
    }


def _timed(graph: Graph, rates: Sequence[Node], states: int) -> list[Node]:
    """Return comparisons and steps that depend on the time and no state, but for simple ones."""
    clock = graph.mask([TIME])
    simple = {found.node for found in crossings(graph, rates, states)}
    found, seen, todo = list[Node](), set[Node](), list(reversed(rates))
    while todo:
        node = todo.pop()
        if node in seen or node in simple or not graph.depends(node, clock):
            continue
        seen.add(node)
        if graph.operator(node) in (*COMPARISONS, *STEPS) and not graph.depends(node, states):
            found.append(node)
        else:
            todo.extend(reversed(graph.arguments(node)))
    return found


def _cycle_of(graph: Graph, node: Node) -> _Cycle | None:
    """Return the one line that every step below a node follows; None if there is none."""
    clock = graph.mask([TIME])
    below = _below(graph, node, clock)
    steps = [one for one in sorted(below) if graph.operator(one) in STEPS]
    lines = {_line_of(graph, one) for one in steps}
    if len(lines) != 1 or len(below) > LARGEST:
        return None
    (line,) = lines
    straight = crossings(graph, [graph.apply("less", line, graph.number(0.0))], 0)
    if len(straight) != 1:
        return None
    cycle = _Cycle(line, straight[0].slope, straight[0].offset)
    if graph.operator(node) in STEPS:
        return cycle
    flat = graph.substitute([node], {one: _flat(graph, one) for one in steps})
    found = crossings(graph, flat, 0)
    sure = graph.substitute(flat, {one.node: graph.apply("true") for one in found})[0]
    if graph.depends(sure, clock):
        return None
    cycle.changes.update(dict.fromkeys(one.instant for one in found))
    return cycle


def _below(graph: Graph, node: Node, clock: int) -> set[Node]:
    """Return the nodes of a formula that depend on the time; few more than `LARGEST`."""
    found, todo = set[Node](), [node]
    while todo and len(found) <= LARGEST:
        one = todo.pop()
        if one not in found and graph.depends(one, clock):
            found.add(one)
            todo.extend(graph.arguments(one))
    return found


def _line_of(graph: Graph, step: Node) -> Node:
    """Return what a step jumps with, by 1 from jump to jump."""
    arguments = graph.arguments(step)
    return arguments[0] if len(arguments) == 1 else graph.apply("divide", *arguments)


def _flat(graph: Graph, step: Node) -> Node:
    """Return a step as it is between two jumps, in `WHOLE`."""
    low = graph.symbol(WHOLE)
    high = graph.apply("add", low, graph.number(1.0))
    cut = graph.apply("select", graph.apply("less", low, graph.number(0.0)), high, low)
    if graph.operator(step) == "remainder":
        return _remainder(graph, step, cut)
    return {"floor": low, "ceiling": high, "quotient": cut}[graph.operator(step)]


def _in_the_middle(graph: Graph, node: Node) -> Node:
    """Return a comparison or step with what is constant between two stops taken in the middle."""
    middle = {graph.symbol(TIME): graph.symbol(MIDDLE)}
    if graph.operator(node) != "remainder":
        return graph.substitute([node], middle)[0]
    quotient = graph.apply("quotient", *graph.arguments(node))
    return _remainder(graph, node, graph.substitute([quotient], middle)[0])


def _remainder(graph: Graph, step: Node, quotient: Node) -> Node:
    above, below = graph.arguments(step)
    loss = graph.apply("multiply", graph.number(-1.0), below, quotient)
    return graph.apply("add", above, loss)
