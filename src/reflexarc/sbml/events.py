"""Events of a file whose instants are known before a run, and what they set."""

import math
from collections.abc import Mapping

from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import Crossing, Side, crossings, truth_at
from reflexarc.sbml.composition import Composer
from reflexarc.sbml.elements import Occurrence, Source
from reflexarc.sbml.operators import number_of, truth_of
from reflexarc.sbml.quantities import Quantities
from reflexarc.system import Event

__all__ = ["MOST_COMPARISONS", "read_events"]

MOST_COMPARISONS = 50
"""Comparisons with the time in one trigger."""


def read_events(
    source: Source, quantities: Quantities, meanings: Mapping[str, Node], composer: Composer
) -> tuple[Event, ...]:
    """Return the events of a file.

    SBML starts at time 0, and a trigger may count as false before that, so that an event can happen
    at the start. One event of a file is up to two here, with the same name: for instants at which
    the trigger is already true, and for those at which it is still false (`strict`).

    Raises:
        InputError: If a trigger needs a state, is not linear in time, or waits for a time that an
            event changes.
    """
    changed = {name: event.id for event in source.events for name, _ in event.assignments}
    found: list[Event] = []
    for event in source.events:
        try:
            found.extend(_events(event, quantities, meanings, composer, changed))
        except InputError as error:
            line = source.lines.get(event.id)
            raise error.located(line=line, field=event.id) from None
    return tuple(found)


def _events(
    event: Occurrence,
    quantities: Quantities,
    meanings: Mapping[str, Node],
    composer: Composer,
    changed: Mapping[str, str],
) -> list[Event]:
    graph = composer.graph
    trigger = truth_of(graph, composer.replace(event.trigger, meanings))
    for name in sorted(composer.leaves(trigger)):
        if name in quantities.changes:
            raise InputError(f"its trigger depends on the state {name!r}; such events are not read")
        by = changed.get(name.removesuffix(".amount"))
        if by is not None:
            raise InputError(
                f"its trigger depends on {name!r}, which the event {by!r} sets; "
                "such events are not read"
            )
    priority = None
    if event.priority is not None:
        priority = number_of(graph, composer.replace(event.priority, meanings))
    assignments = _assignments(event, quantities, meanings, composer)
    return [
        Event(
            id=event.id,
            times=times,
            assignments=assignments,
            priority=priority,
            trigger_values=event.trigger_values,
            at_start=strict or not event.initially,
            strict=strict,
        )
        for times, strict in _instants(graph, trigger, initially=event.initially)
        if times
    ]


def _instants(
    graph: Graph, trigger: Node, *, initially: bool
) -> list[tuple[tuple[Node, ...], bool]]:
    """Return the instants at which a trigger is true at last, and those after which it is true.

    The second have True beside them.

    An instant that isn't one for some values of the parameters is infinite for them.
    """
    found = crossings(graph, [trigger], 0)
    if len(found) > MOST_COMPARISONS:
        raise InputError(f"its trigger has more than {MOST_COMPARISONS} comparisons with the time")
    sure = dict.fromkeys((crossing.node for crossing in found), graph.apply("true"))
    if graph.depends(graph.substitute([trigger], sure)[0], graph.mask([TIME])):
        raise InputError("its trigger is not linear in time; such events are not read")
    zero, never = graph.number(0.0), graph.number(math.inf)
    apply = graph.apply
    closed, strict = list[Node](), list[Node]()
    for i, crossing in enumerate(found):
        first = [
            apply("not", apply("equal", other.instant, crossing.instant)) for other in found[:i]
        ]
        before, at, after = (
            _trigger_around(graph, trigger, found, crossing, side)
            for side in ("before", "at", "after")
        )
        follows = apply("and", apply("not", at), after, *first)
        strict.append(apply("select", follows, crossing.instant, never))
        if not initially:
            first.append(apply("not", apply("equal", crossing.instant, zero)))
        becomes = apply("and", apply("not", before), at, *first)
        closed.append(apply("select", becomes, crossing.instant, never))
    if not initially:
        at_zero = graph.substitute([trigger], {graph.symbol(TIME): zero})[0]
        closed.append(apply("select", at_zero, zero, never))
    possible = [tuple(node for node in nodes if node != never) for nodes in (closed, strict)]
    return [(possible[0], False), (possible[1], True)]


def _trigger_around(
    graph: Graph, trigger: Node, found: list[Crossing], crossing: Crossing, side: Side
) -> Node:
    """Return the trigger around the instant of one of its comparisons, without the time."""
    known = {other.node: truth_at(graph, other, crossing, side) for other in found}
    return graph.substitute([trigger], known)[0]


def _assignments(
    event: Occurrence, quantities: Quantities, meanings: Mapping[str, Node], composer: Composer
) -> tuple[tuple[str, Node], ...]:
    """Return targets and values; a concentration becomes an amount in the new size."""
    graph = composer.graph
    values = {
        name: number_of(graph, composer.replace(node, meanings)) for name, node in event.assignments
    }
    plain = {name: node for name, node in values.items() if name not in quantities.resized}
    found = []
    for name, value in values.items():
        if name not in quantities.resized:
            found.append((name, value))
            continue
        place = quantities.resized[name]
        size = composer.replace(meanings.get(place, graph.symbol(place)), plain)
        found.append((f"{name}.amount", graph.apply("multiply", value, size)))
    return tuple(found)
