"""What is a state, what a parameter, what is computed.

The symbol of a species means what its id means in SBML: a concentration, or an amount if it has
only substance units or lives in a point without size. Where the size of the compartment is constant
this is also the state. Where the size can change, reactions and resizing keep amounts, so that the
state is the amount, named `id.amount`, and the concentration is computed from it. A species with a
rate rule keeps its own meaning as the state, unless an event sets the size of its compartment.

What nothing but events can change is a parameter, species too. The initial value of each state is a
parameter as well, named `state.initial`, so that a run can set it.
"""

import math
from dataclasses import dataclass, field

from reflexarc.errors import InputError
from reflexarc.expression import Node
from reflexarc.sbml.elements import Reference, Source, Species
from reflexarc.sbml.formula import rate_symbol

__all__ = ["Quantities", "sort_quantities"]


@dataclass(frozen=True)
class Quantities:
    """The parts of a system, in the ids of the file.

    Attributes:
        definitions: Formula of what is computed at every instant.
        changes: Rate of each state.
        values: Value of each parameter; not-a-number if it has none or a formula.
        starts: Formula of the parameters that are computed before a run.
        resized: Species whose state or parameter is the amount, with their compartments.
        by_amount: Species whose id means the amount.
    """

    definitions: dict[str, Node] = field(default_factory=dict)
    changes: dict[str, Node] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    starts: dict[str, Node] = field(default_factory=dict)
    resized: dict[str, str] = field(default_factory=dict)
    by_amount: set[str] = field(default_factory=set)


def sort_quantities(source: Source) -> Quantities:
    """Return what each id of a file is.

    Raises:
        InputError: If a stoichiometry that is needed isn't given.
    """
    return _Sorter(source).sort()


class _Sorter:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.graph = source.graph
        self.found = Quantities()
        self.initial: list[tuple[str, float, Node | None]] = []
        self.set_by_events = {name for event in source.events for name, _ in event.assignments}

    def sort(self) -> Quantities:
        source, found = self.source, self.found
        found.definitions.update(source.assigned)
        for parameter in source.parameters.values():
            self._plain(parameter.id, parameter.value)
        for compartment in source.compartments.values():
            self._plain(compartment.id, compartment.size)
        for reference in source.references.values():
            if reference.formula is not None:
                found.definitions[reference.id] = reference.formula
            elif reference.id not in source.fixed:
                self._plain(reference.id, reference.stoichiometry)
        for reaction in source.reactions.values():
            if reaction.rate is not None:
                found.definitions[reaction.id] = reaction.rate
        flows = self._flows()
        for species in source.species.values():
            self._species(species, flows.get(species.id))
        for name, value, formula in self.initial:
            self._parameter(f"{name}.initial", value, formula)
        return found

    def _plain(self, name: str, value: float) -> None:
        """Sort what isn't a species by its rule."""
        formula = self.source.started.get(name)
        if name in self.source.rated:
            self._state(name, self.source.rated[name], value, formula)
        elif name not in self.source.assigned:
            self._parameter(name, value, formula)

    def _state(self, name: str, rate: Node, value: float, formula: Node | None) -> None:
        self.found.changes[name] = rate
        self.initial.append((name, value, formula))

    def _parameter(self, name: str, value: float, formula: Node | None) -> None:
        self.found.values[name] = value if formula is None else math.nan
        if formula is not None:
            self.found.starts[name] = formula

    # ---- species

    def _flows(self) -> dict[str, Node]:
        """Return the rate of change of the amount of each species that reactions change."""
        graph, terms = self.graph, dict[str, list[Node]]()
        for reaction in self.source.reactions.values():
            for reference in reaction.references:
                species = self.source.species[reference.species]
                ruled = species.id in self.source.assigned or species.id in self.source.rated
                if species.boundary or species.constant or ruled:
                    continue
                listed = terms.setdefault(species.id, [])
                if reaction.rate is not None:
                    parts = [self._stoichiometry(reference, reaction.id), graph.symbol(reaction.id)]
                    if species.factor is not None:
                        parts.append(graph.symbol(species.factor))
                    sign = graph.number(float(reference.sign))
                    listed.append(graph.apply("multiply", sign, *parts))
        zero = graph.number(0.0)
        return {
            name: graph.apply("add", *listed) if listed else zero for name, listed in terms.items()
        }

    def _stoichiometry(self, reference: Reference, reaction: str) -> Node:
        if reference.id and reference.id not in self.source.fixed:
            return self.graph.symbol(reference.id)
        if reference.formula is not None:
            return reference.formula
        if math.isnan(reference.stoichiometry):
            raise InputError(
                f"the stoichiometry of {reference.species!r} in {reaction!r} is not given",
                line=self.source.lines.get(reaction),
                field=reaction,
            )
        return self.graph.number(reference.stoichiometry)

    def _species(self, species: Species, flow: Node | None) -> None:
        source, found, graph, name = self.source, self.found, self.graph, species.id
        place = source.compartments[species.compartment]
        known = not math.isnan(place.size) or place.id in source.started
        moving = place.id in source.rated or place.id in source.assigned
        by_amount = species.by_amount or (place.dimensions == 0.0 and not (known or moving))
        if by_amount:
            found.by_amount.add(name)
        if name in source.assigned:
            return
        size = graph.symbol(place.id)
        resizing = not by_amount and (moving or place.id in self.set_by_events or not known)
        rate = source.rated.get(name)
        if rate is not None:
            resizing = resizing and place.id in self.set_by_events
            if resizing:
                growth = graph.apply("multiply", graph.symbol(name), rate_symbol(graph, place.id))
                rate = graph.apply("add", graph.apply("multiply", rate, size), growth)
        elif flow is not None:
            rate = flow if by_amount or resizing else graph.apply("divide", flow, size)
        value, formula = self._start(species, size, by_amount=by_amount or resizing)
        if resizing:
            found.resized[name] = place.id
            found.definitions[name] = graph.apply("divide", graph.symbol(f"{name}.amount"), size)
            name = f"{name}.amount"
        if rate is None:
            self._parameter(name, value, formula)
        else:
            self._state(name, rate, value, formula)

    def _start(self, species: Species, size: Node, *, by_amount: bool) -> tuple[float, Node | None]:
        """Return the initial amount or concentration as a number, or not-a-number and a formula."""
        graph = self.graph
        formula = self.source.started.get(species.id)
        if formula is not None:
            if by_amount and species.id not in self.found.by_amount:
                formula = graph.apply("multiply", formula, size)
            return math.nan, formula
        value = species.amount if by_amount else species.concentration
        if not math.isnan(value):
            return value, None
        other = species.concentration if by_amount else species.amount
        if math.isnan(other):
            return math.nan, None
        return math.nan, graph.apply(
            "multiply" if by_amount else "divide", graph.number(other), size
        )
