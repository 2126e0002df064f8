"""The model of libSBML becomes plain data; what isn't read is refused by name."""

import math
from collections.abc import Callable
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from reflexarc.errors import InputError
from reflexarc.expression import Graph, Node
from reflexarc.sbml.elements import (
    Compartment,
    Occurrence,
    Parameter,
    Reaction,
    Reference,
    Source,
    Species,
)
from reflexarc.sbml.formula import Budget, Function, Scope, called_functions, node_of
from reflexarc.sbml.names import VARIABLES, Names
from reflexarc.sbml.units import Units

__all__ = ["read_source"]


def read_source(model: Any, budget: Budget, graph: Graph) -> Source:
    """Return what a `Model` of libSBML says.

    Raises:
        InputError: If an id is missing, unknown, given twice or constant where it is changed, if
            functions call each other in a circle, or if the model has algebraic rules, delays or
            fast reactions.
    """
    return _Reader(model, budget, graph).read()


class _Reader:
    def __init__(self, model: Any, budget: Budget, graph: Graph) -> None:
        self.model = model
        self.level: int = model.getLevel()
        self.budget = budget
        self.graph = graph
        self.names = Names()
        self.functions: dict[str, Function] = {}
        self.units = Units(model)
        self.source = Source(
            name=model.getName() or model.getId() or "model",
            graph=graph,
            lines=self.names.lines,
            units=self.units.names,
            time_unit=self.units.time,
        )

    def read(self) -> Source:
        model, source = self.model, self.source
        for rule in _each(model.getNumRules, model.getRule):
            if rule.isAlgebraic():
                name = rule.getMetaId() or "algebraicRule"
                raise InputError("algebraic rules are not read", line=rule.getLine(), field=name)
        for element in _each(model.getNumCompartments, model.getCompartment):
            self._compartment(element)
        for element in _each(model.getNumParameters, model.getParameter):
            name = self.names.enter(element, "parameter", constant=element.getConstant())
            value = element.getValue() if element.isSetValue() else math.nan
            source.parameters[name] = Parameter(name, value, element.getConstant())
            self.units.note(name, element.getUnits())
        for element in _each(model.getNumSpecies, model.getSpecies):
            self._at(element, element.getId(), self._species)
        reactions = list(_each(model.getNumReactions, model.getReaction))
        self._name_processes(reactions)
        self._define_functions()
        self._settle_references(reactions)
        for rule in _each(model.getNumRules, model.getRule):
            self._at(rule, rule.getVariable(), self._rule)
        for element in _each(model.getNumInitialAssignments, model.getInitialAssignment):
            self._at(element, element.getSymbol(), self._initial_assignment)
        for element in reactions:
            self._at(element, element.getId(), self._reaction)
        events = _each(model.getNumEvents, model.getEvent)
        for number, element in enumerate(events, 1):
            name = element.getId() or f"event {number}"
            source.lines.setdefault(name, element.getLine())
            self._at(element, name, partial(self._event, name))
        return source

    # ---- quantities

    def _compartment(self, element: Any) -> None:
        name = self.names.enter(element, "compartment", constant=element.getConstant())
        size = element.getSize() if element.isSetSize() else math.nan
        dimensions = element.getSpatialDimensionsAsDouble()
        self.source.compartments[name] = Compartment(name, size, dimensions, element.getConstant())
        self.units.note(name, self.units.of_compartment(element))

    def _species(self, element: Any) -> None:
        name = self.names.enter(element, "species", constant=element.getConstant())
        place = self.names.known(element.getCompartment(), "compartment", ("compartment",))
        factor = element.getConversionFactor() if self.level == 3 else ""
        factor = factor or (self.model.getConversionFactor() if self.level == 3 else "")
        if factor:
            self.names.known(factor, "conversion factor", ("parameter",))
        self.source.species[name] = Species(
            id=name,
            compartment=place,
            amount=element.getInitialAmount() if element.isSetInitialAmount() else math.nan,
            concentration=(
                element.getInitialConcentration()
                if element.isSetInitialConcentration()
                else math.nan
            ),
            by_amount=element.getHasOnlySubstanceUnits(),
            boundary=element.getBoundaryCondition(),
            constant=element.getConstant(),
            factor=factor or None,
        )
        amount = self.units.of_amount(element)
        size = self.source.units.get(place, "")
        concentration = f"{amount}/{size}" if amount and size else ""
        self.units.keep(name, amount if element.getHasOnlySubstanceUnits() else concentration)
        self.units.keep(f"{name}.amount", amount)
        self.units.keep(f"{name}.concentration", concentration)

    def _name_processes(self, reactions: list[Any]) -> None:
        """Enter the ids of reactions, of the species in them, of functions and of events."""
        for element in reactions:
            self.names.enter(element, "reaction")
            self.units.keep(element.getId(), self.units.rate)
            for part, _ in _parts(element):
                if part.getId():
                    self.names.enter(part, "species reference")
        model = self.model
        for element in _each(model.getNumFunctionDefinitions, model.getFunctionDefinition):
            self.names.enter(element, "function")
        for element in _each(model.getNumEvents, model.getEvent):
            if element.getId():
                self.names.enter(element, "event")

    def _settle_references(self, reactions: list[Any]) -> None:
        """Read a stoichiometry with an id as a number if nothing can change it."""
        model = self.model
        moved = {rule.getVariable() for rule in _each(model.getNumRules, model.getRule)}
        for element in _each(model.getNumInitialAssignments, model.getInitialAssignment):
            moved.add(element.getSymbol())
        for event in _each(model.getNumEvents, model.getEvent):
            parts = _each(event.getNumEventAssignments, event.getEventAssignment)
            moved |= {part.getVariable() for part in parts}
        for reaction in reactions:
            for part, _ in _parts(reaction):
                name = part.getId()
                if name and name not in moved and not part.isSetStoichiometryMath():
                    self.source.fixed[name] = self.graph.number(_stoichiometry(part, self.level))

    # ---- formulas

    def _define_functions(self) -> None:
        model = self.model
        listed = _each(model.getNumFunctionDefinitions, model.getFunctionDefinition)
        elements = {element.getId(): element for element in listed}
        calls = {
            name: called_functions(element.getMath()) & elements.keys()
            for name, element in elements.items()
            if element.getMath() is not None
        }
        try:
            order = list(TopologicalSorter(calls).static_order())
        except CycleError as error:
            circle = error.args[1]
            raise InputError(
                f"functions call each other in a circle: {' > '.join(circle[:10])}",
                line=self.names.lines[circle[0]],
                field=circle[0],
            ) from None
        for name in [*order, *(elements.keys() - calls.keys())]:
            self._at(elements[name], name, self._function)

    def _function(self, element: Any) -> None:
        name = element.getId()
        given = range(element.getNumArguments())
        arguments = tuple(element.getArgument(i).getName() for i in given)
        if len(set(arguments)) < len(arguments):
            raise InputError(f"the function {name!r} has an argument twice")

        def symbol(word: str) -> Node:
            if word not in arguments:
                raise InputError(f"the function {name!r} has no argument {word!r}")
            return self.graph.symbol(f"${word}")

        body, size = None, 0
        if not _is_missing(element.getBody()):
            body = node_of(element.getBody(), self._scope(symbol))
            size = len(self.graph.order([body]))
        self.functions[name] = Function(name, arguments, body, size)

    def _formula(self, element: Any, local: dict[str, Node] | None = None) -> Node | None:
        """Return the formula of an element, None if there is none."""
        math_of = element.getMath()
        if _is_missing(math_of):
            return None

        def symbol(word: str) -> Node:
            if local and word in local:
                return local[word]
            if word in self.source.fixed:
                return self.source.fixed[word]
            self.names.known(word, "symbol in a formula", (*VARIABLES, "reaction"))
            return self.graph.symbol(word)

        return node_of(math_of, self._scope(symbol))

    def _scope(self, symbol: Callable[[str], Node]) -> Scope:
        return Scope(self.graph, symbol, self.functions, self.budget)

    def _rule(self, rule: Any) -> None:
        name = self.names.changeable(rule.getVariable(), "a rule")
        if name in self.source.assigned or name in self.source.rated:
            raise InputError(f"{name!r} has two rules")
        formula = self._formula(rule)
        if formula is not None:
            (self.source.rated if rule.isRate() else self.source.assigned)[name] = formula

    def _initial_assignment(self, element: Any) -> None:
        name = self.names.known(element.getSymbol(), "variable", VARIABLES)
        if name in self.source.started:
            raise InputError(f"{name!r} has two initial assignments")
        formula = self._formula(element)
        if formula is not None and name in self.source.assigned:
            raise InputError(f"{name!r} has an initial assignment and an assignment rule")
        if formula is not None:
            self.source.started[name] = formula

    def _reaction(self, element: Any) -> None:
        name = element.getId()
        if element.isSetFast() and element.getFast():
            raise InputError("fast reactions are not read")
        references = tuple(self._reference(part, sign) for part, sign in _parts(element))
        for part in _each(element.getNumModifiers, element.getModifier):
            self.names.known(part.getSpecies(), "species", ("species",))
        law, rate = element.getKineticLaw(), None
        if law is not None:
            local = {}
            for part in _each(law.getNumParameters, law.getParameter):
                key = f"{name}.{part.getId()}"
                if part.getId() in local or not part.getId():
                    raise InputError(f"local parameter {part.getId()!r} has no id or one twice")
                value = part.getValue() if part.isSetValue() else math.nan
                self.source.parameters[key] = Parameter(key, value, True)
                self.source.lines[key] = part.getLine()
                self.units.note(key, part.getUnits())
                local[part.getId()] = self.graph.symbol(key)
            rate = self._formula(law, local)
        self.source.reactions[name] = Reaction(name, references, rate)

    def _reference(self, part: Any, sign: int) -> Reference:
        species = self.names.known(part.getSpecies(), "species", ("species",))
        formula = None
        if part.isSetStoichiometryMath():
            formula = self._formula(part.getStoichiometryMath())
        amount = _stoichiometry(part, self.level)
        reference = Reference(part.getId(), species, sign, amount, formula, part.getConstant())
        if reference.id:
            self.source.references[reference.id] = reference
        return reference

    def _event(self, name: str, element: Any) -> None:
        delay = element.getDelay()
        if delay is not None:
            formula = self._formula(delay)
            if formula is not None and not self.graph.is_zero(formula):
                raise InputError("events with a delay are not read")
        assignments = list[tuple[str, Node]]()
        for part in _each(element.getNumEventAssignments, element.getEventAssignment):
            target = self.names.changeable(part.getVariable(), "an event")
            if target in self.source.assigned:
                raise InputError(f"{target!r} has an assignment rule, so that no event can set it")
            if any(target == other for other, _ in assignments):
                raise InputError(f"the event sets {target!r} twice")
            formula = self._formula(part)
            if formula is not None:
                assignments.append((target, formula))
        trigger, priority = element.getTrigger(), element.getPriority()
        condition = None if trigger is None else self._formula(trigger)
        if condition is None or not assignments:
            return
        self.source.events.append(
            Occurrence(
                id=name,
                trigger=condition,
                initially=trigger.getInitialValue() if self.level == 3 else True,
                priority=None if priority is None else self._formula(priority),
                trigger_values=element.getUseValuesFromTriggerTime(),
                assignments=tuple(assignments),
            )
        )

    def _at(self, element: Any, name: str, read: Callable[[Any], None]) -> None:
        """Read an element; say in errors where it stands."""
        try:
            read(element)
        except InputError as error:
            if error.line is None:
                raise error.located(line=element.getLine() or None, field=name or None) from None
            raise


def _each(count: Callable[[], int], item: Callable[[int], Any]) -> list[Any]:
    return [item(i) for i in range(count())]


def _parts(reaction: Any) -> list[tuple[Any, int]]:
    """Return the reactants and products of a reaction with their signs."""
    reactants = _each(reaction.getNumReactants, reaction.getReactant)
    products = _each(reaction.getNumProducts, reaction.getProduct)
    return [*((part, -1) for part in reactants), *((part, 1) for part in products)]


def _stoichiometry(part: Any, level: int) -> float:
    if level == 3 and not part.isSetStoichiometry():
        return math.nan
    return float(part.getStoichiometry() / part.getDenominator())


def _is_missing(formula: Any) -> bool:
    """Whether there is no formula, or `<math/>` with nothing in it."""
    import libsbml

    if formula is None:
        return True
    return bool(formula.getType() == libsbml.AST_UNKNOWN and not formula.getNumChildren())
