"""A system sorted by when each of its terms must be computed.

Most of a formula depends on parameters alone: it is computed once per segment of a run, not at
every stage of every step. What is left is the work of a step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import judged_in_the_middle
from reflexarc.system import System

__all__ = ["SIGNED_POWER", "Entry", "Program", "stage"]

SIGNED_POWER = "signed power"
"""`power` with a third argument: what |base|^exponent is multiplied by where the base is < 0."""


@dataclass(frozen=True)
class Entry:
    """One element of the Jacobian that isn't always 0: d rate[row] / d state[column]."""

    row: int
    column: int
    node: Node


@dataclass(frozen=True, eq=False)
class Program:
    """What generated code computes, in nodes of one graph.

    Attributes:
        graph: The graph of all nodes.
        states: Symbols of the states, in order.
        parameters: Symbols of the parameters, in order.
        hoisted: Terms of parameters (and of the middle of the segment) alone.
        rates: Derivative of each state; the terms in `hoisted` stand in them as they are.
        jacobian: Elements of the Jacobian.
        drift: Partial derivative of each rate by the time; empty if all are 0.
        outputs: What is asked for.
        events: Per event, pairs of a place (parameter, or number of parameters + state) and a node.
        needed: States that the outputs depend on.
    """

    graph: Graph
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    hoisted: tuple[Node, ...]
    rates: tuple[Node, ...]
    jacobian: tuple[Entry, ...]
    drift: tuple[Node, ...]
    outputs: tuple[Node, ...]
    events: tuple[tuple[tuple[int, Node], ...], ...]
    needed: tuple[int, ...]


def stage(system: System, outputs: Sequence[Node]) -> Program:
    """Sort a system's terms.

    Args:
        system: The equations.
        outputs: What a run reports, in the system's graph.
    """
    graph = system.graph
    rates = judged_in_the_middle(graph, system.rates, graph.mask(system.states))
    results = list(outputs)
    entries = [
        Entry(row, column, slope)
        for column, state in enumerate(system.states)
        for row, slope in enumerate(graph.derivatives(rates, graph.symbol(state)))
        if not graph.is_zero(slope)
    ]
    drift = graph.derivatives(rates, graph.symbol(TIME))
    if all(graph.is_zero(node) for node in drift):
        drift = []
    place = {name: i for i, name in enumerate((*system.parameters, *system.states))}

    changing = graph.mask([*system.states, TIME])
    roots = [*rates, *(e.node for e in entries), *drift, *results]
    roots = _group_constant_terms(graph, roots, changing)
    roots = _sign_powers(graph, roots)
    parts = iter(roots)
    needed = graph.symbols(results)
    return Program(
        graph=graph,
        states=system.states,
        parameters=system.parameters,
        hoisted=_frontier(graph, roots, changing),
        rates=tuple(next(parts) for _ in rates),
        jacobian=tuple(Entry(e.row, e.column, next(parts)) for e in entries),
        drift=tuple(next(parts) for _ in drift),
        outputs=tuple(next(parts) for _ in results),
        events=tuple(
            tuple(
                (place[target], node)
                for (target, _), node in zip(
                    event.assignments,
                    _sign_powers(graph, [node for _, node in event.assignments]),
                    strict=True,
                )
            )
            for event in system.events
        ),
        needed=tuple(i for i, name in enumerate(system.states) if name in needed),
    )


def _group_constant_terms(graph: Graph, roots: Sequence[Node], changing: int) -> list[Node]:
    """Put the terms of a sum or a product that don't change during a segment side by side."""
    new: dict[Node, Node] = {}
    for node in graph.order(roots):
        arguments = tuple(new[a] for a in graph.arguments(node))
        operator = graph.operator(node)
        fixed = [a for a in arguments if not graph.depends(a, changing)]
        if operator in ("add", "multiply") and 1 < len(fixed) < len(arguments):
            moving = [a for a in arguments if graph.depends(a, changing)]
            arguments = (graph.node(operator, tuple(fixed)), *moving)
        new[node] = graph.node(operator, arguments) if arguments else node
    return [new[root] for root in roots]


def _sign_powers(graph: Graph, roots: Sequence[Node]) -> list[Node]:
    """Give each power of no fixed exponent the factor that a negative base brings."""
    new: dict[Node, Node] = {}
    for node in graph.order(roots):
        arguments = tuple(new[a] for a in graph.arguments(node))
        if graph.operator(node) == "power" and not graph.is_number(arguments[1]):
            exponent = arguments[1]
            odd = graph.apply("remainder", exponent, graph.number(2.0))
            sign = graph.apply(
                "add",
                graph.number(1.0),
                graph.apply("multiply", graph.number(-2.0), graph.apply("abs", odd)),
            )
            whole = graph.apply("equal", graph.apply("floor", exponent), exponent)
            factor = graph.apply("select", whole, sign, graph.number(0.0))
            new[node] = graph.node(SIGNED_POWER, (*arguments, factor))
        else:
            new[node] = graph.node(graph.operator(node), arguments) if arguments else node
    return [new[root] for root in roots]


def _frontier(graph: Graph, roots: Iterable[Node], changing: int) -> tuple[Node, ...]:
    """Return the largest terms without anything that changes during a segment.

    Plain numbers and parameters are left out: they are at hand anyway.
    """
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if graph.depends(node, changing):
            stack.extend(graph.arguments(node))
        elif graph.arguments(node):
            found[node] = None
    return tuple(sorted(found))
