"""Derivatives of operators."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflexarc.expression.graph import Graph

__all__ = ["derive"]


Node = int


def derive(graph: "Graph", node: Node, inner: Mapping[Node, Node]) -> Node:
    """Return the derivative of a node, given those of its arguments."""
    operator, arguments = graph.operator(node), graph.arguments(node)
    apply, number = graph.apply, graph.number
    slopes = [inner[a] for a in arguments]
    first, slope = arguments[0], slopes[0]
    if operator == "add":
        return apply("add", *slopes)
    if operator == "multiply":
        terms = (
            apply("multiply", s, *arguments[:i], *arguments[i + 1 :]) for i, s in enumerate(slopes)
        )
        return apply("add", *terms)
    if operator == "power":
        exponent, growth = arguments[1], slopes[1]
        lower = apply("power", first, apply("add", exponent, number(-1.0)))
        along = apply("multiply", exponent, lower, slope)
        across = apply("multiply", node, apply("log", first), growth)
        return apply("add", along, across)
    if operator == "select":
        return apply("select", first, slopes[1], slopes[2])
    if operator in ("min", "max"):
        best, gradient = first, slope
        for other, change in zip(arguments[1:], slopes[1:], strict=True):
            better = (other, best) if operator == "min" else (best, other)
            gradient = apply("select", apply("less", *better), change, gradient)
            best = apply(operator, best, other)
        return gradient
    if operator == "remainder":
        whole = apply("quotient", *arguments)
        return apply("add", slope, apply("multiply", number(-1.0), whole, slopes[1]))
    if operator in ("floor", "ceiling", "factorial", "quotient"):
        return number(0.0)
    return apply("multiply", _slope(graph, operator, node, first), slope)


def _slope(graph: "Graph", operator: str, node: Node, x: Node) -> Node:
    """Return the derivative of a function of one argument."""
    apply, number = graph.apply, graph.number
    one, minus = number(1.0), number(-1.0)
    square = apply("power", x, number(2.0))
    if operator == "exp":
        return node
    if operator == "log":
        return apply("power", x, minus)
    if operator == "sqrt":
        return apply("divide", number(0.5), node)
    if operator == "abs":
        return apply("select", apply("less", x, number(0.0)), minus, one)
    if operator == "sin":
        return apply("cos", x)
    if operator == "cos":
        return apply("multiply", minus, apply("sin", x))
    if operator == "tan":
        return apply("add", one, apply("power", node, number(2.0)))
    if operator in ("asin", "acos"):
        root = apply("sqrt", apply("add", one, apply("multiply", minus, square)))
        return apply("divide", one if operator == "asin" else minus, root)
    if operator == "atan":
        return apply("divide", one, apply("add", one, square))
    if operator == "sinh":
        return apply("cosh", x)
    if operator == "cosh":
        return apply("sinh", x)
    return apply("add", one, apply("multiply", minus, apply("power", node, number(2.0))))
