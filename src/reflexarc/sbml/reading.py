"""SBML text in, system out."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import break_instants
from reflexarc.sbml.composition import Composer
from reflexarc.sbml.document import open_document
from reflexarc.sbml.elements import Source
from reflexarc.sbml.events import read_events
from reflexarc.sbml.formula import RATE, Budget
from reflexarc.sbml.operators import number_of
from reflexarc.sbml.quantities import Quantities, sort_quantities
from reflexarc.sbml.scan import scan
from reflexarc.sbml.source import read_source
from reflexarc.system import Event, System

__all__ = ["read_sbml"]


def read_sbml(text: str, *, file: str | None = None) -> System:
    """Return the differential equations of an SBML model.

    Read are level 2 (versions 1 to 5) and level 3 core (versions 1 and 2), with events whose
    instants don't depend on the course of a run. Refused by name are events that wait for a state,
    delays, algebraic rules, fast reactions and packages that the model can't be understood without.
    Units are labels and are not checked. A reaction without a rate changes nothing.

    Species are what their ids mean in SBML: concentrations, or amounts where they have only
    substance units. In a compartment whose size changes the state is the amount, named `id.amount`.
    Beside each species, `id.amount` and `id.concentration` can be asked for. Local parameters are
    named `reaction.id`, the initial value of a state `state.initial`.

    Args:
        text: The file's text.
        file: Its name, for error messages.

    Raises:
        InputError: If the text isn't SBML, isn't valid, uses what is not read, lacks a value that
            is needed, defines things in a circle, or is larger than the limits of this package.

    Example:
        >>> from reflexarc.biology import assemble
        >>> system = read_sbml(assemble().sbml)
        >>> len(system.states) == len(system.rates)
        True
    """
    try:
        # The document owns the model: it must live as long as the model is read.
        document = open_document(scan(text))
        with np.errstate(all="ignore"):
            return _system(document.getModel())
    except InputError as error:
        raise error.located(file=file) from None


def _system(model: object) -> System:
    graph = Graph()
    budget = Budget(graph)
    source = read_source(model, budget, graph)
    if not (source.parameters or source.species or source.compartments):
        raise InputError("the model is empty: it has no species, parameter or compartment")
    quantities = sort_quantities(source)
    composer = Composer(graph, budget, source.lines)
    meanings = _meanings(source, quantities, composer)

    def current(node: Node) -> Node:
        return number_of(graph, composer.replace(node, meanings))

    rates = tuple(current(node) for node in quantities.changes.values())
    variables = _variables(source, quantities, meanings, composer)
    states = tuple(quantities.changes)
    system = System(
        name=source.name,
        graph=graph,
        states=states,
        parameters=tuple(quantities.values),
        values=np.array(list(quantities.values.values()), dtype=np.float64),
        initial=tuple(graph.symbol(f"{name}.initial") for name in states),
        rates=rates,
        variables=variables,
        derived=_derived(quantities, meanings, composer),
        units={**source.units, **{f"{n}.initial": source.units.get(n, "") for n in states}},
        events=read_events(source, quantities, meanings, composer),
        breaks=break_instants(graph, rates, graph.mask(states)),
        time_unit=source.time_unit,
        sizes=tuple(
            name
            for place in source.compartments
            for name in (place, f"{place}.initial")
            if name in quantities.values
        ),
    )
    _check_symbols(system, source)
    system = replace(system, values=system.parameter_table(1)[0])
    _check_start(system, source)
    return system


def _meanings(source: Source, quantities: Quantities, composer: Composer) -> dict[str, Node]:
    """Return the formula of everything computed, in states, parameters and the time."""
    formulas = [
        *quantities.definitions.values(),
        *quantities.changes.values(),
        *quantities.starts.values(),
    ]
    for event in source.events:
        formulas += [event.trigger, *(node for _, node in event.assignments)]
        formulas += [] if event.priority is None else [event.priority]
    asked = composer.rates_of(formulas, quantities.definitions, quantities.changes)
    everything = {**quantities.definitions, **asked}
    graph = composer.graph
    numbers = {name: number_of(graph, node) for name, node in everything.items()}
    return composer.compose(numbers, "formulas")


def _derived(
    quantities: Quantities, meanings: Mapping[str, Node], composer: Composer
) -> dict[str, Node]:
    """Return the formulas of what is computed before a run, each after those that it needs."""
    graph = composer.graph
    begin = {name: graph.symbol(f"{name}.initial") for name in quantities.changes}
    formulas = {
        name: number_of(graph, composer.replace(composer.replace(node, meanings), begin))
        for name, node in quantities.starts.items()
    }
    order = composer.order(formulas, "initial values")
    return {name: formulas[name] for name in order}


def _variables(
    source: Source, quantities: Quantities, meanings: Mapping[str, Node], composer: Composer
) -> dict[str, Node]:
    graph = composer.graph
    found = {name: graph.symbol(name) for name in (*quantities.changes, *quantities.values)}
    found.update((name, node) for name, node in meanings.items() if not name.startswith(RATE))
    found.update(source.fixed)
    for species in source.species.values():
        name = species.id
        size = found[species.compartment]
        pointlike = name in quantities.by_amount and not species.by_amount
        if name in quantities.by_amount:
            found[f"{name}.amount"] = found[name]
            if not pointlike:
                found[f"{name}.concentration"] = graph.apply("divide", found[name], size)
        else:
            found[f"{name}.concentration"] = found[name]
            if name not in quantities.resized:
                found[f"{name}.amount"] = graph.apply("multiply", found[name], size)
    return found


def _check_symbols(system: System, source: Source) -> None:
    """Refuse the use of a reaction's id where the reaction has no rate."""
    graph = system.graph
    named = [
        *zip(system.states, system.rates, strict=True),
        *system.variables.items(),
        *system.derived.items(),
        *((event.id, node) for event in system.events for node in _nodes_of(event)),
    ]
    for reaction in source.reactions.values():
        if reaction.rate is not None:
            continue
        mask = graph.mask([reaction.id])
        user = next((name for name, node in named if graph.depends(node, mask)), None)
        if user is not None:
            raise InputError(
                f"the reaction {reaction.id!r} has no rate, so that {user!r} can't be computed",
                line=source.lines[reaction.id],
                field=reaction.id,
            )


def _nodes_of(event: Event) -> list[Node]:
    nodes = [*event.times, *(node for _, node in event.assignments)]
    return nodes if event.priority is None else [*nodes, event.priority]


def _check_start(system: System, source: Source) -> None:
    """Refuse a model whose own values leave a state or a rate without a number at the start."""
    values = dict(zip(system.parameters, system.values.tolist(), strict=True))
    for name in system.sizes:
        if values[name] <= 0.0:
            place = name.removesuffix(".initial")
            raise InputError(
                f"the size of a compartment is above 0, not {values[name]:g}",
                line=source.lines.get(place),
                field=place,
            )
    missing = {name for name, value in values.items() if math.isnan(value)}
    for name in system.states:
        if f"{name}.initial" in missing:
            raise _without_value(name, "initial value", source)
    start = {name: values[f"{name}.initial"] for name in system.states}
    numbers = system.graph.evaluate(system.rates, {**values, **start, TIME: 0.0})
    graph, lacking = system.graph, system.graph.mask(missing)
    for node, number in zip(system.rates, numbers, strict=True):
        if np.isnan(number) and graph.depends(node, lacking):
            needed = next(n for n in sorted(missing) if graph.depends(node, graph.mask([n])))
            raise _without_value(needed, "value", source)


def _without_value(name: str, what: str, source: Source) -> InputError:
    element = name.split(".")[0] if name not in source.lines else name
    return InputError(
        f"{element!r} has no {what}, and the equations need one",
        line=source.lines.get(element),
        field=element,
    )
