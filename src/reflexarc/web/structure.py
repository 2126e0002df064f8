"""The model as it is written: one equation an id, none put into another.

`System` writes everything out in states and parameters. Here each equation keeps the names that
stand in it, so that one can ask what feeds what, by which way, and with which sign.

Example:
    >>> shape = structure()
    >>> "NTS" in shape.uses["DMV"], shape.kinds["DMV"]
    (True, 'rate')
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Literal

import libsbml
import numpy as np

from reflexarc.biology import assemble
from reflexarc.expression import Graph, Node
from reflexarc.sbml.formula import Budget, Scope, node_of

__all__ = ["Structure", "structure"]

EquationKind = Literal["rate", "rule"]
DEEPEST = 12
"""Equations between two parts of a drawing beyond which no way is looked for."""


@dataclass(frozen=True, eq=False)
class Structure:
    """Equations by the id that each governs.

    Attributes:
        graph: Where the formulas stand; its symbols are ids of the model.
        formulas: Formula of each id that has one.
        kinds: Whether it is a rate of change, or a rule that holds at every moment.
        texts: Each formula as text, in the syntax of `libsbml.formulaToL3String`.
        values: A value of every id at which formulas can be evaluated: an animal that is ill,
            stimulated and treated, so that nothing is at 0 or at its rest.
    """

    graph: Graph
    formulas: Mapping[str, Node]
    kinds: Mapping[str, EquationKind]
    texts: Mapping[str, str]
    values: Mapping[str, float]

    @cached_property
    def uses(self) -> Mapping[str, frozenset[str]]:
        """The ids that stand in each equation."""
        return {id: frozenset(self.graph.symbols([node])) for id, node in self.formulas.items()}

    def lesioned(self, effects: Mapping[str, float]) -> "Structure":
        """Return the equations with some parameters fixed, and what that makes constant too.

        Args:
            effects: Value of each parameter that a lesion sets.
        """
        graph, formulas = self.graph, dict(self.formulas)
        fixed = {graph.symbol(id): graph.number(value) for id, value in effects.items()}
        while True:
            written = graph.substitute(list(formulas.values()), fixed)
            formulas = dict(zip(formulas, written, strict=True))
            constant = {
                graph.symbol(id): node
                for id, node in formulas.items()
                if self.kinds[id] == "rule" and graph.is_number(node)
            }
            if constant.keys() <= fixed.keys():
                break
            fixed |= constant
        given = {id: v for id, v in self.values.items() if self.kinds.get(id) != "rule"}
        values = _with_rules(graph, formulas, self.kinds, {**given, **effects})
        return Structure(graph, formulas, self.kinds, self.texts, values)

    def ways(
        self, sources: Collection[str], targets: Collection[str], *, barred: Collection[str] = ()
    ) -> Iterator[tuple[str, ...]]:
        """Yield the ways from sources to targets, each as the ids that it goes through.

        Args:
            sources: Ids at which a way begins.
            targets: Ids at which it ends.
            barred: Ids that it may not go through.
        """
        starts, closed = set(sources), set(barred) | set(targets)
        for target in targets:
            yield from self._back(target, (target,), starts, closed)

    def sign(self, way: tuple[str, ...]) -> int:
        """Return whether more at the start of a way gives more (1) or less (-1) at its end."""
        total = 1.0
        for before, after in pairwise(way):
            slope = self.graph.derivative(self.formulas[after], self.graph.symbol(before))
            total *= float(np.sign(self.graph.evaluate([slope], self.values)[0]))
        return int(total)

    def _back(
        self, id: str, way: tuple[str, ...], starts: set[str], closed: set[str]
    ) -> Iterator[tuple[str, ...]]:
        if len(way) > DEEPEST or id not in self.formulas:
            return
        for used in sorted(self.graph.symbols([self.formulas[id]])):
            if used in starts:
                yield (used, *way)
            elif used not in closed and used not in way:
                yield from self._back(used, (used, *way), starts, closed)


@cache
def structure() -> Structure:
    """Return the equations of the assembled model."""
    model = assemble()
    document = libsbml.readSBMLFromString(model.sbml)  # kept: its parts do not outlive it
    document.expandFunctionDefinitions()
    sbml = document.getModel()
    written = libsbml.L3ParserSettings()
    written.setParseUnits(False)
    graph = Graph()
    scope = Scope(graph, graph.symbol, {}, Budget(graph))
    formulas: dict[str, Node] = {}
    kinds: dict[str, EquationKind] = {}
    texts: dict[str, str] = {}
    for rule in (sbml.getRule(i) for i in range(sbml.getNumRules())):
        id = rule.getVariable()
        formulas[id] = node_of(rule.getMath(), scope)
        kinds[id] = "rate" if rule.isRate() else "rule"
        texts[id] = libsbml.formulaToL3StringWithSettings(rule.getMath(), written)
    known = {p.id: p.value for p in model.parameters} | {i.id: i.value for i in model.inputs}
    values = {id: value or 0.7 for id, value in known.items()}
    values |= {state.id: _somewhere(place) for place, state in enumerate(model.states)}
    return Structure(graph, formulas, kinds, texts, _with_rules(graph, formulas, kinds, values))


def _with_rules(
    graph: Graph,
    formulas: Mapping[str, Node],
    kinds: Mapping[str, EquationKind],
    given: Mapping[str, float],
) -> dict[str, float]:
    """Return values with those of the rules, which follow from them."""
    values = dict(given)
    rules = [id for id in formulas if kinds[id] == "rule"]
    while rules:
        ready = [id for id in rules if graph.symbols([formulas[id]]) <= values.keys()]
        if not ready:
            raise ValueError(f"rules that go in a circle, or name nothing: {', '.join(rules)}")
        for id in ready:
            values[id] = float(graph.evaluate([formulas[id]], values)[0])
        rules = [id for id in rules if id not in values]
    return values


def _somewhere(place: int) -> float:
    """Return a value between 0.2 and 0.8, another for each state: nothing cancels by chance."""
    return 0.2 + 0.6 * ((place * 0.618034) % 1.0)
