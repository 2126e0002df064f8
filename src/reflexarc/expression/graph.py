"""Formulas as one graph in which equal subexpressions are one node.

A node is a number: its place in the graph. Arguments always stand before what is made of them, so
the order of the nodes is an order of evaluation, and nothing here needs recursion, however deep a
formula is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.expression.differentiation import derive
from reflexarc.expression.evaluation import BOOLEAN, OPERATORS, compute
from reflexarc.expression.simplification import SIMPLIFICATIONS

__all__ = ["TIME", "Graph", "Node"]

Node = int
Floats = NDArray[np.float64]

TIME = "$time"
"""Symbol of the time. No SBML id can be spelt like this."""


class Graph:
    """A growing set of expressions over named symbols.

    The semantics are those of IEEE arithmetic with two exceptions: `0 * x` is 0, and a negative
    base to a power that is no whole number is 0, so that a concentration that an integrator left
    at -1e-20 doesn't turn a Hill term into not-a-number. A division is stored as a product with a
    power of -1, so that equal denominators are one node.

    Example:
        >>> graph = Graph()
        >>> x, k = graph.symbol("x"), graph.symbol("k")
        >>> hill = graph.apply("divide", x, graph.apply("add", x, k))
        >>> graph.evaluate([hill, graph.derivative(hill, x)], {"x": 1.0, "k": 3.0})
        [array(0.25), array(0.1875)]
    """

    def __init__(self) -> None:
        self._operators: list[str] = []
        self._arguments: list[tuple[Node, ...]] = []
        self._values: dict[Node, float] = {}
        self._names: dict[Node, str] = {}
        self._symbols: dict[str, Node] = {}
        self._bits: dict[str, int] = {}
        self._reach: list[int] = []
        self._known: dict[tuple[object, ...], Node] = {}

    def __len__(self) -> int:
        return len(self._operators)

    # ---- building

    def number(self, value: float) -> Node:
        """Return the node of a number."""
        value = float(value)
        key = ("number", value.hex())
        node = self._known.get(key)
        if node is None:
            node = self._append(key, "number", (), 0)
            self._values[node] = value
        return node

    def symbol(self, name: str) -> Node:
        """Return the node of a named quantity."""
        node = self._symbols.get(name)
        if node is None:
            bit = 1 << len(self._bits)
            self._bits[name] = bit
            node = self._symbols[name] = self._append(("symbol", name), "symbol", (), bit)
            self._names[node] = name
        return node

    def apply(self, operator: str, *arguments: Node) -> Node:
        """Return the node of an operator applied to nodes, in its simplest known form.

        Args:
            operator: One of `OPERATORS`.
            arguments: As many nodes as the operator takes; `add`, `multiply`, `min`, `max`, `and`
                and `or` take any number.
        """
        rule = SIMPLIFICATIONS.get(operator)
        if rule is not None:
            return rule(self, arguments)
        if operator in ("true", "false"):
            return self.node(operator, ())
        if operator not in OPERATORS:
            raise ValueError(f"no operator {operator!r}")
        numbers = [self._values.get(a) for a in arguments]
        if all(v is not None for v in numbers):
            with np.errstate(all="ignore"):
                value = compute(operator, [np.float64(v) for v in numbers if v is not None])
            if operator in BOOLEAN:
                return self.apply("true" if bool(value) else "false")
            return self.number(float(value))
        if operator in ("equal", "less_equal") and arguments[0] == arguments[1]:
            return self.apply("true")
        return self.node(operator, tuple(arguments))

    # ---- looking

    def operator(self, node: Node) -> str:
        """Return `"number"`, `"symbol"` or the operator of a node."""
        return self._operators[node]

    def arguments(self, node: Node) -> tuple[Node, ...]:
        """Return the arguments of a node."""
        return self._arguments[node]

    def value(self, node: Node) -> float:
        """Return the number of a `"number"` node."""
        return self._values[node]

    def name(self, node: Node) -> str:
        """Return the name of a `"symbol"` node."""
        return self._names[node]

    def is_number(self, node: Node) -> bool:
        """Whether a node is a number."""
        return node in self._values

    def is_zero(self, node: Node) -> bool:
        """Whether a node is the number 0."""
        return self._values.get(node) == 0.0

    def is_boolean(self, node: Node) -> bool:
        """Whether a node is a truth value."""
        return self._operators[node] in BOOLEAN

    def symbols(self, roots: Iterable[Node]) -> set[str]:
        """Return the names of the symbols that the roots depend on."""
        reach = 0
        for root in roots:
            reach |= self._reach[root]
        return {name for name, bit in self._bits.items() if reach & bit}

    def mask(self, names: Iterable[str]) -> int:
        """Return a bit set of symbols, for `depends`."""
        mask = 0
        for name in names:
            self.symbol(name)
            mask |= self._bits[name]
        return mask

    def depends(self, node: Node, mask: int) -> bool:
        """Whether a node depends on any symbol of a bit set from `mask`."""
        return bool(self._reach[node] & mask)

    def order(self, roots: Iterable[Node]) -> list[Node]:
        """Return every node below the roots, the roots too, arguments first."""
        seen: set[Node] = set()
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(self._arguments[node])
        return sorted(seen)

    def describe(self, node: Node, place: Mapping[Node, int]) -> str:
        """Return a line of text that says all about a node, its arguments by their places."""
        if node in self._values:
            return f"{self._values[node].hex()}\n"
        if node in self._names:
            return f"{self._names[node]!r}\n"
        arguments = " ".join(str(place[a]) for a in self._arguments[node])
        return f"{self._operators[node]} {arguments}\n"

    # ---- working

    def substitute(self, roots: Sequence[Node], replaced: Mapping[Node, Node]) -> list[Node]:
        """Return the roots with some nodes replaced by others."""
        result: dict[Node, Node] = {}
        for node in self.order(roots):
            if node in replaced:
                result[node] = replaced[node]
            elif self._arguments[node]:
                new = tuple(result[a] for a in self._arguments[node])
                same = new == self._arguments[node]
                result[node] = node if same else self.apply(self._operators[node], *new)
            else:
                result[node] = node
        return [result[root] for root in roots]

    def derivative(self, root: Node, symbol: Node) -> Node:
        """Return the partial derivative of a root with respect to a symbol.

        Steps (`floor`, comparisons, `factorial`) count as flat.
        """
        return self.derivatives([root], symbol)[0]

    def derivatives(self, roots: Sequence[Node], symbol: Node) -> list[Node]:
        """Return the partial derivatives of several roots, with shared work."""
        bit = self._reach[symbol]
        zero = self.number(0.0)
        result: dict[Node, Node] = {}
        for node in self.order([root for root in roots if self._reach[root] & bit]):
            if node == symbol:
                result[node] = self.number(1.0)
            elif not self._reach[node] & bit or self.is_boolean(node):
                result[node] = zero
            else:
                result[node] = derive(self, node, result)
        return [result.get(root, zero) for root in roots]

    def evaluate(
        self, roots: Sequence[Node], values: Mapping[str, ArrayLike]
    ) -> list[NDArray[Any]]:
        """Return the value of each root.

        Args:
            roots: Nodes.
            values: Number or array of each symbol; arrays broadcast against each other.

        Returns:
            One array per root; truth values as booleans.

        Raises:
            KeyError: If a symbol has no value.
        """
        result: dict[Node, Any] = {}
        with np.errstate(all="ignore"):
            for node in self.order(roots):
                operator = self._operators[node]
                if operator == "number":
                    result[node] = np.float64(self._values[node])
                elif operator == "symbol":
                    result[node] = np.asarray(values[self._names[node]], dtype=np.float64)
                else:
                    result[node] = compute(operator, [result[a] for a in self._arguments[node]])
        return [np.asarray(result[root]) for root in roots]

    # ---- inside

    def _append(
        self, key: tuple[object, ...], operator: str, arguments: tuple[Node, ...], reach: int
    ) -> Node:
        node = len(self._operators)
        self._operators.append(operator)
        self._arguments.append(arguments)
        self._reach.append(reach)
        self._known[key] = node
        return node

    def node(self, operator: str, arguments: tuple[Node, ...]) -> Node:
        """Return the node of an operator applied to nodes exactly as written."""
        key = (operator, arguments)
        node = self._known.get(key)
        if node is None:
            reach = 0
            for argument in arguments:
                reach |= self._reach[argument]
            node = self._append(key, operator, arguments, reach)
        return node
