"""The simplest known form of an operator applied to nodes: a function for each that has any."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from reflexarc.expression.evaluation import compute

if TYPE_CHECKING:
    from reflexarc.expression.graph import Graph

__all__ = ["SIMPLIFICATIONS"]

Node = int

WIDEST = 64
"""A sum of more terms isn't opened into a larger one, so that a long chain takes linear time."""


def _add(graph: "Graph", arguments: Sequence[Node]) -> Node:
    constant = 0.0
    shares: dict[Node, float] = {}
    for argument in _flat(graph, "add", arguments):
        if graph.is_number(argument):
            constant += graph.value(argument)
            continue
        factor, rest = _split(graph, argument)
        shares[rest] = shares.get(rest, 0.0) + factor
    terms = [
        rest if share == 1.0 else _multiply(graph, (graph.number(share), rest))
        for rest, share in shares.items()
        if share != 0.0
    ]
    if constant != 0.0 or not terms:
        terms.append(graph.number(constant))
    return terms[0] if len(terms) == 1 else graph.node("add", tuple(sorted(terms)))


def _split(graph: "Graph", node: Node) -> tuple[float, Node]:
    """Return a product as a number and the rest."""
    if graph.operator(node) != "multiply":
        return 1.0, node
    arguments = graph.arguments(node)
    for i, argument in enumerate(arguments):
        if graph.is_number(argument):
            rest = arguments[:i] + arguments[i + 1 :]
            return graph.value(argument), (
                rest[0] if len(rest) == 1 else graph.node("multiply", rest)
            )
    return 1.0, node


def _multiply(graph: "Graph", arguments: Sequence[Node]) -> Node:
    constant = 1.0
    exponents: dict[Node, float] = {}
    for argument in _flat(graph, "multiply", arguments):
        if graph.is_number(argument):
            constant *= graph.value(argument)
            continue
        base, exponent = argument, 1.0
        if graph.operator(argument) == "power":
            inner, power = graph.arguments(argument)
            if graph.is_number(power) and graph.value(power).is_integer():
                base, exponent = inner, graph.value(power)
        exponents[base] = exponents.get(base, 0.0) + exponent
    if constant == 0.0:
        return graph.number(0.0)
    factors = [
        base if exponent == 1.0 else graph.node("power", (base, graph.number(exponent)))
        for base, exponent in exponents.items()
        if exponent != 0.0
    ]
    if len(factors) == 1 and constant != 1.0 and graph.operator(factors[0]) == "multiply":
        return _multiply(graph, (graph.number(constant), *graph.arguments(factors[0])))
    if constant != 1.0 or not factors:
        factors.append(graph.number(constant))
    return factors[0] if len(factors) == 1 else graph.node("multiply", tuple(sorted(factors)))


def _flat(graph: "Graph", operator: str, arguments: Sequence[Node]) -> list[Node]:
    flat: list[Node] = []
    for argument in arguments:
        inner = graph.arguments(argument)
        nested = graph.operator(argument) == operator and len(inner) <= WIDEST
        flat.extend(inner if nested else (argument,))
    return flat


def _divide(graph: "Graph", arguments: Sequence[Node]) -> Node:
    above, below = arguments
    if graph.is_number(below):
        divisor = graph.value(below)
        if graph.is_number(above):
            with np.errstate(all="ignore"):
                return graph.number(float(np.float64(graph.value(above)) / np.float64(divisor)))
        if divisor == 0.0:
            return graph.node("divide", (above, below))
    return _multiply(graph, (above, _raise(graph, (below, graph.number(-1.0)))))


def _raise(graph: "Graph", arguments: Sequence[Node]) -> Node:
    base, exponent = arguments
    if graph.is_number(exponent):
        power = graph.value(exponent)
        if power == 0.0:
            return graph.number(1.0)
        if power == 1.0:
            return base
        if graph.is_number(base):
            with np.errstate(all="ignore"):
                value = compute("power", [np.float64(graph.value(base)), np.float64(power)])
            return graph.number(float(value))
        if power.is_integer():
            return _whole_power(graph, base, power)
    elif graph.is_number(base) and graph.value(base) == 1.0:
        return base
    return graph.node("power", (base, exponent))


def _whole_power(graph: "Graph", base: Node, power: float) -> Node:
    if graph.operator(base) == "power":
        inner, first = graph.arguments(base)
        if graph.is_number(first) and graph.value(first).is_integer():
            return _raise(graph, (inner, graph.number(graph.value(first) * power)))
    if graph.operator(base) == "multiply":
        factor, rest = _split(graph, base)
        with np.errstate(all="ignore"):
            scale = float(compute("power", [np.float64(factor), np.float64(power)]))
        if scale != 1.0 and math.isfinite(scale) and scale != 0.0:
            inside = _raise(graph, (rest, graph.number(power)))
            return _multiply(graph, (graph.number(scale), inside))
    return graph.node("power", (base, graph.number(power)))


def _select(graph: "Graph", arguments: Sequence[Node]) -> Node:
    condition, chosen, other = arguments
    if graph.operator(condition) == "true" or chosen == other:
        return chosen
    if graph.operator(condition) == "false":
        return other
    return graph.node("select", (condition, chosen, other))


def _extreme(operator: str) -> Callable[["Graph", Sequence[Node]], Node]:
    def simplify(graph: "Graph", arguments: Sequence[Node]) -> Node:
        flat = list(dict.fromkeys(_flat(graph, operator, arguments)))
        numbers = [graph.value(a) for a in flat if graph.is_number(a)]
        rest = [a for a in flat if not graph.is_number(a)]
        if numbers:
            value = compute(operator, [np.float64(v) for v in numbers])
            rest.append(graph.number(float(value)))
        return rest[0] if len(rest) == 1 else graph.node(operator, tuple(sorted(rest)))

    return simplify


def _junction(operator: str) -> Callable[["Graph", Sequence[Node]], Node]:
    neutral, final = ("true", "false") if operator == "and" else ("false", "true")

    def simplify(graph: "Graph", arguments: Sequence[Node]) -> Node:
        flat = dict.fromkeys(_flat(graph, operator, arguments))
        rest = [a for a in flat if graph.operator(a) != neutral]
        if any(graph.operator(a) == final for a in rest):
            return graph.apply(final)
        if not rest:
            return graph.apply(neutral)
        return rest[0] if len(rest) == 1 else graph.node(operator, tuple(sorted(rest)))

    return simplify


def _not(graph: "Graph", arguments: Sequence[Node]) -> Node:
    (argument,) = arguments
    operator = graph.operator(argument)
    if operator in ("true", "false"):
        return graph.apply("false" if operator == "true" else "true")
    return graph.arguments(argument)[0] if operator == "not" else graph.node("not", (argument,))


SIMPLIFICATIONS: dict[str, Callable[["Graph", Sequence[Node]], Node]] = {
    "add": _add,
    "multiply": _multiply,
    "divide": _divide,
    "power": _raise,
    "select": _select,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "and": _junction("and"),
    "or": _junction("or"),
    "not": _not,
}
