"""Conditions on the time alone: at which instants they change, and what they are around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reflexarc.expression import TIME, Graph, Node

__all__ = [
    "MIDDLE",
    "SAME_INSTANT",
    "Crossing",
    "Side",
    "break_instants",
    "crossings",
    "judged_in_the_middle",
    "truth_at",
]

MIDDLE = "$middle"
"""Symbol of the middle of the segment under way, in which conditions on the time are judged."""


COMPARISONS = ("less", "less_equal", "equal", "not_equal")
Side = Literal["before", "at", "after"]


SAME_INSTANT = 1e-9
"""Times as near as this are one instant, in the model's unit of time."""


@dataclass(frozen=True)
class Crossing:
    """A comparison whose two sides are straight lines in time and meet once.

    Attributes:
        node: The comparison.
        slope: Growth of the left side minus the right side, without the time in it.
        offset: Their difference at time 0.
        instant: When they meet.
    """

    node: Node
    slope: Node
    offset: Node
    instant: Node


def crossings(graph: Graph, roots: Sequence[Node], moving: int) -> list[Crossing]:
    """Return the comparisons below the roots that are linear in time and free of states.

    Args:
        graph: Where they are.
        roots: Formulas.
        moving: Bit set (`Graph.mask`) of the states.
    """
    clock = graph.mask([TIME])
    lines = _Lines(graph)
    found = []
    for node in graph.order(roots):
        if graph.operator(node) not in COMPARISONS:
            continue
        if not graph.depends(node, clock) or graph.depends(node, moving):
            continue
        left, right = graph.arguments(node)
        difference = graph.apply("add", left, graph.apply("multiply", graph.number(-1.0), right))
        line = lines.of(difference)
        if line is None or graph.is_zero(line[0]):
            continue
        slope, offset = line
        minus = graph.apply("multiply", graph.number(-1.0), offset)
        found.append(Crossing(node, slope, offset, graph.apply("divide", minus, slope)))
    return found


def break_instants(graph: Graph, roots: Sequence[Node], moving: int) -> tuple[Node, ...]:
    """Return the instants at which conditions on the time alone change, each once."""
    return tuple(dict.fromkeys(found.instant for found in crossings(graph, roots, moving)))


def judged_in_the_middle(graph: Graph, roots: Sequence[Node], moving: int) -> list[Node]:
    """Return the roots with `MIDDLE` for the time in the comparisons of `crossings`.

    A solver stops at every instant of `break_instants`, so such a comparison is constant between
    two stops, and in the middle rounding doesn't matter.
    """
    conditions = [found.node for found in crossings(graph, roots, moving)]
    judged = graph.substitute(conditions, {graph.symbol(TIME): graph.symbol(MIDDLE)})
    return graph.substitute(roots, dict(zip(conditions, judged, strict=True)))


def truth_at(graph: Graph, found: Crossing, other: Crossing, side: Side) -> Node:
    """Return whether a comparison holds just before, at or just after another one's instant.

    That the instants are compared, and not the sides of the comparison evaluated, keeps the answer
    free of rounding where it matters: at a comparison's own instant.
    """
    apply = graph.apply
    same = apply("true") if found is other else apply("equal", other.instant, found.instant)
    earlier = apply("less", other.instant, found.instant)
    later = apply("less", found.instant, other.instant)
    operator = graph.operator(found.node)
    if operator in ("equal", "not_equal"):
        met = same if side == "at" else apply("false")
        return met if operator == "equal" else apply("not", met)
    closed = operator == "less_equal" and side == "at"
    rising = apply("or", earlier, same) if closed or side == "before" else earlier
    falling = apply("or", later, same) if closed or side == "after" else later
    zero = graph.number(0.0)
    still = apply("and", apply("equal", found.slope, zero), apply(operator, found.offset, zero))
    return apply(
        "or",
        apply("and", apply("less", zero, found.slope), rising),
        apply("and", apply("less", found.slope, zero), falling),
        still,
    )


class _Lines:
    """Formulas as `slope * time + offset`, where they are that."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._clock = graph.mask([TIME])
        self._known: dict[Node, tuple[Node, Node] | None] = {}

    def of(self, root: Node) -> tuple[Node, Node] | None:
        """Return slope and offset, both free of the time; None if there are none."""
        graph = self._graph
        todo = [root]
        while todo:
            node = todo[-1]
            if node in self._known:
                todo.pop()
            elif not graph.depends(node, self._clock):
                self._known[node] = (graph.number(0.0), node)
            elif graph.operator(node) == "symbol":
                self._known[node] = (graph.number(1.0), graph.number(0.0))
            else:
                missing = [a for a in graph.arguments(node) if a not in self._known]
                if missing:
                    todo.extend(missing)
                else:
                    self._known[node] = self._line(node)
        return self._known[root]

    def _line(self, node: Node) -> tuple[Node, Node] | None:
        graph = self._graph
        operator, arguments = graph.operator(node), graph.arguments(node)
        if operator == "select" and not graph.depends(arguments[0], self._clock):
            chosen, other = self._known[arguments[1]], self._known[arguments[2]]
            if chosen is None or other is None:
                return None
            slope = graph.apply("select", arguments[0], chosen[0], other[0])
            return slope, graph.apply("select", arguments[0], chosen[1], other[1])
        parts = [self._known[argument] for argument in arguments]
        lines = [part for part in parts if part is not None]
        if len(lines) < len(parts):
            return None
        if operator == "add":
            slope = graph.apply("add", *(line[0] for line in lines))
            return slope, graph.apply("add", *(line[1] for line in lines))
        sloping = [
            i for i, argument in enumerate(arguments) if graph.depends(argument, self._clock)
        ]
        if operator == "multiply" and len(sloping) == 1:
            rest = [a for i, a in enumerate(arguments) if i != sloping[0]]
            slope, offset = lines[sloping[0]]
            return graph.apply("multiply", slope, *rest), graph.apply("multiply", offset, *rest)
        if operator == "divide" and sloping == [0]:
            slope, offset = lines[0]
            below = arguments[1]
            return graph.apply("divide", slope, below), graph.apply("divide", offset, below)
        return None
