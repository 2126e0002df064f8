"""Formulas that name each other are put into each other, in an order that exists or not at all."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph, Node
from reflexarc.sbml.formula import RATE, Budget, rate_symbol

__all__ = ["Composer"]


class Composer:
    """Puts formulas into each other.

    Args:
        graph: Where they are.
        budget: What may be spent.
        lines: Line of each id, for error messages.
    """

    def __init__(self, graph: Graph, budget: Budget, lines: Mapping[str, int]) -> None:
        self.graph = graph
        self._budget = budget
        self._lines = lines
        self._leaves: dict[Node, frozenset[str]] = {}

    def leaves(self, root: Node) -> frozenset[str]:
        """Return the names of the symbols in a formula."""
        if root not in self._leaves:
            graph = self.graph
            below = graph.order([root])
            self._budget.spend(len(below))
            names = (graph.name(node) for node in below if graph.operator(node) == "symbol")
            self._leaves[root] = frozenset(names)
        return self._leaves[root]

    def replace(self, root: Node, meanings: Mapping[str, Node]) -> Node:
        """Return a formula with some of its symbols replaced."""
        symbol = self.graph.symbol
        found = {symbol(n): meanings[n] for n in self.leaves(root) if n in meanings}
        if not found:
            return root
        self._budget.spend(0, rewritten=len(self.graph.order([root])))
        return self.graph.substitute([root], found)[0]

    def order(self, definitions: Mapping[str, Node], what: str) -> list[str]:
        """Return the names so that each formula needs only those that stand before it.

        Raises:
            InputError: If there is a circle.
        """
        needs = {name: self.leaves(node) & definitions.keys() for name, node in definitions.items()}
        try:
            return list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            circle = [_shown(name) for name in reversed(error.args[1])]
            first = circle[0].split(".")[0]
            path = " > ".join(circle if len(circle) <= 10 else [*circle[:9], "..."])
            raise InputError(
                f"{what} need each other in a circle: {path}",
                line=self._lines.get(first),
                field=first,
            ) from None

    def compose(self, definitions: Mapping[str, Node], what: str) -> dict[str, Node]:
        """Return every formula in symbols that have none themselves."""
        done: dict[str, Node] = {}
        for name in self.order(definitions, what):
            done[name] = self.replace(definitions[name], done)
        return done

    def rates_of(
        self,
        formulas: Iterable[Node],
        definitions: Mapping[str, Node],
        changes: Mapping[str, Node],
    ) -> dict[str, Node]:
        """Return the formula of each rate of change that formulas ask for with `rateOf`.

        Args:
            formulas: All formulas of the model.
            definitions: Formula of each id that is computed.
            changes: Rate of each state.
        """
        found: dict[str, Node] = {}
        asked = [name for node in formulas for name in self._asked(node)]
        while asked:
            name = asked.pop()
            if name not in found:
                found[name] = self._rate_of(name.removeprefix(RATE), definitions, changes)
                asked.extend(self._asked(found[name]))
        return found

    def _asked(self, node: Node) -> list[str]:
        return sorted(name for name in self.leaves(node) if name.startswith(RATE))

    def _rate_of(
        self, name: str, definitions: Mapping[str, Node], changes: Mapping[str, Node]
    ) -> Node:
        graph = self.graph
        if name.startswith("$"):
            raise InputError("rateOf takes an id, not a formula")
        if name in changes:
            return changes[name]
        if name not in definitions:
            return graph.number(0.0)
        formula, terms = definitions[name], []
        for leaf in sorted(self.leaves(formula)):
            if leaf.startswith(RATE):
                raise InputError(
                    f"rateOf {name!r} is a second derivative, which is not read",
                    line=self._lines.get(name),
                    field=name,
                )
            slope = graph.derivative(formula, graph.symbol(leaf))
            self._budget.spend(0, rewritten=len(graph.order([formula])))
            growth = graph.number(1.0) if leaf == TIME else rate_symbol(graph, leaf)
            terms.append(graph.apply("multiply", slope, growth))
        return graph.apply("add", *terms) if terms else graph.number(0.0)


def _shown(name: str) -> str:
    return f"rateOf {name.removeprefix(RATE)}" if name.startswith(RATE) else name
