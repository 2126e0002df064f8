"""Nodes of a graph -> vector instructions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llvmlite import ir

from reflexarc.expression import TIME, Graph, Node
from reflexarc.instants import MIDDLE
from reflexarc.kernel.code import Code
from reflexarc.kernel.lanes import divide, intrinsic, scalarised
from reflexarc.kernel.program import SIGNED_POWER
from reflexarc.kernel.transcendentals import exp, log, log_clamped, power_from_log, tanh
from reflexarc.kernel.trigonometry import cos, sin, tan

__all__ = ["Emission"]

_COMPARISON = {"less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}
_VECTOR = {"exp": exp, "log": log, "tanh": tanh, "sin": sin, "cos": cos, "tan": tan}
_INTRINSIC = {"sqrt": "sqrt", "abs": "fabs", "floor": "floor", "ceiling": "ceil"}
_LIBRARY = ("asin", "acos", "atan", "sinh", "cosh")
LARGEST_REPEATED = 64
"""Whole exponents up to this are done by repeated multiplication."""


class Emission:
    """Values of nodes within one block of code; each node is computed once.

    Args:
        code: Where instructions go.
        graph: The graph of the nodes.
        symbols: Array and index of each symbol in memory.
        times: Values of the time and of the middle of the segment, where they may occur.
        hoisted: Array and index of each term that was computed before; a truth value is kept as
            0 or 1.
    """

    def __init__(
        self,
        code: Code,
        graph: Graph,
        symbols: Mapping[str, tuple[ir.Value, int]],
        *,
        times: Mapping[str, ir.Value] | None = None,
        hoisted: tuple[ir.Value, Mapping[Node, int]] | None = None,
    ) -> None:
        self._code = code
        self._graph = graph
        self._symbols = symbols
        self._times = times or {}
        self._store: ir.Value = None if hoisted is None else hoisted[0]
        self._kept: Mapping[Node, int] = {} if hoisted is None else hoisted[1]
        self._known: dict[Node, ir.Value] = {}
        self._depth: dict[Node, int] = {}
        self._logarithms: dict[Node, ir.Value] = {}
        self._inverses: dict[Node, ir.Value] = {}
        self._arithmetic = code.shape.arithmetic

    def value(self, root: Node) -> ir.Value:
        """Return the vector of a node, emitting what isn't there yet, arguments first."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self._known:
                stack.pop()
                continue
            missing = (
                []
                if node in self._kept
                else [a for a in self._graph.arguments(node) if a not in self._known]
            )
            if missing:
                stack.extend(reversed(missing))
                continue
            self._known[node] = self._emit(node)
            inner = () if node in self._kept else self._graph.arguments(node)
            self._depth[node] = 1 + max((self._depth[a] for a in inner), default=0)
            stack.pop()
        return self._known[root]

    def number(self, root: Node) -> ir.Value:
        """Return the vector of a node, a truth value as 0 or 1."""
        value = self.value(root)
        if not self._graph.is_boolean(root):
            return value
        return self._code.choose(value, self._code.splat(1.0), self._code.splat(0.0))

    def inverse(self, value: ir.Value) -> ir.Value:
        """Return 1 / value."""
        return divide(self._code.builder, self._code.splat(1.0), value, self._arithmetic)

    def _emit(self, node: Node) -> ir.Value:
        code, graph = self._code, self._graph
        if node in self._kept:
            kept = code.load(self._store, self._kept[node])
            if graph.is_boolean(node):
                return code.compare("!=", kept, code.splat(0.0))
            return kept
        operator = graph.operator(node)
        if operator == "number":
            return code.splat(graph.value(node))
        if operator == "symbol":
            return self._symbol(graph.name(node))
        arguments = graph.arguments(node)
        if operator in ("add", "multiply"):
            # What is known first is added first: less waits for the last term.
            arguments = tuple(sorted(arguments, key=lambda a: (self._depth[a], a)))
        values = [self._known[a] for a in arguments]
        if operator == "power":
            return self._whole_power(arguments[0], graph.value(arguments[1]))
        if operator == SIGNED_POWER:
            return self._power(arguments[0], values[1], values[2])
        return self._function(operator, values)

    def _function(self, operator: str, values: Sequence[ir.Value]) -> ir.Value:
        code, first = self._code, values[0] if values else None
        if operator == "add":
            return _fold(code.add, values)
        if operator == "multiply":
            return _fold(code.mul, values)
        if operator == "min":
            return _fold(code.smaller, values)
        if operator == "max":
            return _fold(code.larger, values)
        if operator == "select":
            return code.choose(*values)
        if operator in _COMPARISON:
            return code.compare(_COMPARISON[operator], *values)
        if operator in ("and", "or"):
            return _fold(code.builder.and_ if operator == "and" else code.builder.or_, values)
        if operator == "not":
            return code.builder.not_(first)
        if operator in ("true", "false"):
            kind = ir.VectorType(ir.IntType(1), code.shape.width)
            return ir.Constant(kind, [ir.IntType(1)(operator == "true")] * code.shape.width)
        if operator == "divide":
            return code.builder.fdiv(*values)
        if operator in _VECTOR:
            return _VECTOR[operator](code.builder, first, self._arithmetic)
        if operator in _INTRINSIC:
            return intrinsic(code.builder, _INTRINSIC[operator], first)
        if operator == "quotient":
            return intrinsic(code.builder, "trunc", code.builder.fdiv(*values))
        if operator == "remainder":
            return scalarised(code.builder, "fmod", *values)
        if operator == "factorial":
            return scalarised(code.builder, "tgamma", code.add(first, code.splat(1.0)))
        if operator in _LIBRARY:
            return scalarised(code.builder, operator, first)
        raise ValueError(f"no code for the operator {operator!r}")

    def _symbol(self, name: str) -> ir.Value:
        if name in (TIME, MIDDLE):
            return self._times[name]
        return self._code.load(*self._symbols[name])

    def _whole_power(self, base: Node, exponent: float) -> ir.Value:
        """Return base^exponent for an exponent that is a number."""
        code = self._code
        if exponent == 0.5:
            return intrinsic(code.builder, "sqrt", code.larger(code.splat(0.0), self._known[base]))
        if not exponent.is_integer() or abs(exponent) > LARGEST_REPEATED:
            whole = exponent.is_integer()
            sign = (-1.0 if exponent % 2 else 1.0) if whole else 0.0
            return self._power(base, code.splat(exponent), code.splat(sign))
        value = self._known[base]
        if exponent < 0:
            if base not in self._inverses:
                self._inverses[base] = self.inverse(value)
            value = self._inverses[base]
        return self._repeated(value, abs(int(exponent)))

    def _repeated(self, value: ir.Value, times: int) -> ir.Value:
        result = None
        while True:
            if times & 1:
                result = value if result is None else self._code.mul(result, value)
            times >>= 1
            if not times:
                return result
            value = self._code.mul(value, value)

    def _power(self, base: Node, exponent: ir.Value, sign: ir.Value) -> ir.Value:
        code, value = self._code, self._known[base]
        if base not in self._logarithms:
            size = code.magnitude(value)
            self._logarithms[base] = log_clamped(code.builder, size, self._arithmetic)
        power = power_from_log(code.builder, self._logarithms[base], exponent, self._arithmetic)
        negative = code.compare("<", value, code.splat(0.0))
        return code.choose(negative, code.mul(power, sign), power)


def _fold(combine: Callable[[Any, Any], Any], values: Sequence[ir.Value]) -> ir.Value:
    result = values[0]
    for value in values[1:]:
        result = combine(result, value)
    return result
