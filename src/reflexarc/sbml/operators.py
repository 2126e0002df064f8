"""The operators of MathML in SBML, written with those of the graph.

Truth values and numbers mix freely, as in level 3 version 2: where a number is needed, true is 1
and false 0; where a truth value is needed, a number is true unless it is 0.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from reflexarc.errors import InputError
from reflexarc.expression import Graph, Node

__all__ = ["OPERATORS", "apply_operator", "number_of", "truth_of"]

Builder = Callable[[Graph, Sequence[Node]], Node]


def apply_operator(graph: Graph, name: str, arguments: Sequence[Node]) -> Node:
    """Return a MathML operator applied to nodes.

    Args:
        graph: Where the nodes are.
        name: MathML name, such as `arcsinh`; `log` and `root` have base and degree first.
        arguments: Numbers or truth values.

    Raises:
        InputError: If the operator isn't known or takes another number of arguments.
    """
    if name not in OPERATORS:
        raise InputError(f"the operator {name!r} is not read")
    fewest, most, build = OPERATORS[name]
    if not fewest <= len(arguments) <= most:
        wanted = str(fewest) if fewest == most else f"at least {fewest}"
        if fewest < most < math.inf:
            wanted = f"{fewest} or {most:g}"
        raise InputError(f"{name!r} takes {wanted} arguments, not {len(arguments)}")
    return build(graph, arguments)


def number_of(graph: Graph, node: Node) -> Node:
    """Return a node as a number: 1 for true, 0 for false."""
    if not graph.is_boolean(node):
        return node
    return graph.apply("select", node, graph.number(1.0), graph.number(0.0))


def truth_of(graph: Graph, node: Node) -> Node:
    """Return a node as a truth value: a number is true unless it is 0."""
    if graph.is_boolean(node):
        return node
    if graph.operator(node) == "select":
        condition, chosen, other = graph.arguments(node)
        if graph.is_zero(other) and graph.is_number(chosen) and graph.value(chosen) == 1.0:
            return condition
    return graph.apply("not_equal", node, graph.number(0.0))


def _numeric(build: Builder) -> Builder:
    return lambda graph, arguments: build(graph, [number_of(graph, a) for a in arguments])


def _plain(operator: str) -> Builder:
    return _numeric(lambda graph, arguments: graph.apply(operator, *arguments))


def _logical(operator: str) -> Builder:
    def build(graph: Graph, arguments: Sequence[Node]) -> Node:
        return graph.apply(operator, *(truth_of(graph, a) for a in arguments))

    return build


def _total(graph: Graph, arguments: Sequence[Node]) -> Node:
    return graph.apply("add", *arguments) if arguments else graph.number(0.0)


def _product(graph: Graph, arguments: Sequence[Node]) -> Node:
    return graph.apply("multiply", *arguments) if arguments else graph.number(1.0)


def _minus(graph: Graph, arguments: Sequence[Node]) -> Node:
    negative = graph.apply("multiply", graph.number(-1.0), arguments[-1])
    return negative if len(arguments) == 1 else graph.apply("add", arguments[0], negative)


def _logarithm(graph: Graph, arguments: Sequence[Node]) -> Node:
    base = arguments[0] if len(arguments) == 2 else graph.number(10.0)
    above, below = graph.apply("log", arguments[-1]), graph.apply("log", base)
    return graph.apply("divide", above, below)


def _root(graph: Graph, arguments: Sequence[Node]) -> Node:
    degree = arguments[0] if len(arguments) == 2 else graph.number(2.0)
    if graph.is_number(degree) and graph.value(degree) == 2.0:
        return graph.apply("sqrt", arguments[-1])
    return graph.apply("power", arguments[-1], graph.apply("divide", graph.number(1.0), degree))


def _chain(operator: str, *, swapped: bool = False) -> Builder:
    """Return the builder of `a < b < c`: each is compared with the next."""

    def build(graph: Graph, arguments: Sequence[Node]) -> Node:
        links = [
            graph.apply(operator, *((b, a) if swapped else (a, b))) for a, b in pairwise(arguments)
        ]
        return graph.apply("and", *links) if links else graph.apply("true")

    return _numeric(build)


def _differ(graph: Graph, arguments: Sequence[Node]) -> Node:
    """Return whether an odd number of arguments is true."""
    odd = graph.apply("false")
    for argument in arguments:
        truth = truth_of(graph, argument)
        if graph.operator(odd) == "false":
            odd = truth
        else:
            odd = graph.apply("not_equal", number_of(graph, odd), number_of(graph, truth))
    return odd


def _implies(graph: Graph, arguments: Sequence[Node]) -> Node:
    first, second = (truth_of(graph, a) for a in arguments)
    return graph.apply("or", graph.apply("not", first), second)


def _piecewise(graph: Graph, arguments: Sequence[Node]) -> Node:
    """Return the value of the first piece whose condition holds; not-a-number if there is none."""
    pieces = len(arguments) // 2
    value = number_of(graph, arguments[-1]) if len(arguments) % 2 else graph.number(math.nan)
    for i in reversed(range(pieces)):
        chosen = number_of(graph, arguments[2 * i])
        value = graph.apply("select", truth_of(graph, arguments[2 * i + 1]), chosen, value)
    return value


def _one_over(build: Builder) -> Builder:
    """Return the builder of 1 / f(x)."""
    return _numeric(lambda graph, a: graph.apply("divide", graph.number(1.0), build(graph, a)))


def _of_one_over(build: Builder) -> Builder:
    """Return the builder of f(1 / x)."""
    return _numeric(lambda graph, a: build(graph, [graph.apply("divide", graph.number(1.0), a[0])]))


def _arcsinh(graph: Graph, arguments: Sequence[Node]) -> Node:
    """Return sign(x) log(|x| + sqrt(x^2 + 1)), which keeps its digits for negative x."""
    x, one = arguments[0], graph.number(1.0)
    root = graph.apply("sqrt", _total(graph, [graph.apply("power", x, graph.number(2.0)), one]))
    size = graph.apply("log", _total(graph, [graph.apply("abs", x), root]))
    negative = graph.apply("less", x, graph.number(0.0))
    return graph.apply("select", negative, _minus(graph, [size]), size)


def _arccosh(graph: Graph, arguments: Sequence[Node]) -> Node:
    x, one = arguments[0], graph.number(1.0)
    roots = [
        graph.apply("sqrt", _minus(graph, [x, one])),
        graph.apply("sqrt", _total(graph, [x, one])),
    ]
    return graph.apply("log", _total(graph, [x, _product(graph, roots)]))


def _arctanh(graph: Graph, arguments: Sequence[Node]) -> Node:
    x, one = arguments[0], graph.number(1.0)
    ratio = graph.apply("divide", _total(graph, [one, x]), _minus(graph, [one, x]))
    return graph.apply("multiply", graph.number(0.5), graph.apply("log", ratio))


def _coth(graph: Graph, arguments: Sequence[Node]) -> Node:
    return graph.apply("divide", graph.number(1.0), graph.apply("tanh", arguments[0]))


def _cot(graph: Graph, arguments: Sequence[Node]) -> Node:
    x = arguments[0]
    return graph.apply("divide", graph.apply("cos", x), graph.apply("sin", x))


ANY = math.inf

OPERATORS: dict[str, tuple[int, float, Builder]] = {
    "plus": (0, ANY, _numeric(_total)),
    "times": (0, ANY, _numeric(_product)),
    "minus": (1, 2, _numeric(_minus)),
    "divide": (2, 2, _plain("divide")),
    "power": (2, 2, _plain("power")),
    "root": (1, 2, _numeric(_root)),
    "log": (1, 2, _numeric(_logarithm)),
    "ln": (1, 1, _plain("log")),
    "exp": (1, 1, _plain("exp")),
    "abs": (1, 1, _plain("abs")),
    "floor": (1, 1, _plain("floor")),
    "ceiling": (1, 1, _plain("ceiling")),
    "factorial": (1, 1, _plain("factorial")),
    "max": (1, ANY, _plain("max")),
    "min": (1, ANY, _plain("min")),
    "rem": (2, 2, _plain("remainder")),
    "quotient": (2, 2, _plain("quotient")),
    "lt": (0, ANY, _chain("less")),
    "leq": (0, ANY, _chain("less_equal")),
    "gt": (0, ANY, _chain("less", swapped=True)),
    "geq": (0, ANY, _chain("less_equal", swapped=True)),
    "eq": (0, ANY, _chain("equal")),
    "neq": (2, 2, _plain("not_equal")),
    "and": (0, ANY, lambda g, a: _logical("and")(g, a) if a else g.apply("true")),
    "or": (0, ANY, lambda g, a: _logical("or")(g, a) if a else g.apply("false")),
    "xor": (0, ANY, _differ),
    "not": (1, 1, _logical("not")),
    "implies": (2, 2, _implies),
    "piecewise": (0, ANY, _piecewise),
    "sin": (1, 1, _plain("sin")),
    "cos": (1, 1, _plain("cos")),
    "tan": (1, 1, _plain("tan")),
    "sec": (1, 1, _one_over(_plain("cos"))),
    "csc": (1, 1, _one_over(_plain("sin"))),
    "cot": (1, 1, _numeric(_cot)),
    "sinh": (1, 1, _plain("sinh")),
    "cosh": (1, 1, _plain("cosh")),
    "tanh": (1, 1, _plain("tanh")),
    "sech": (1, 1, _one_over(_plain("cosh"))),
    "csch": (1, 1, _one_over(_plain("sinh"))),
    "coth": (1, 1, _numeric(_coth)),
    "arcsin": (1, 1, _plain("asin")),
    "arccos": (1, 1, _plain("acos")),
    "arctan": (1, 1, _plain("atan")),
    "arcsec": (1, 1, _of_one_over(_plain("acos"))),
    "arccsc": (1, 1, _of_one_over(_plain("asin"))),
    "arccot": (1, 1, _of_one_over(_plain("atan"))),
    "arcsinh": (1, 1, _numeric(_arcsinh)),
    "arccosh": (1, 1, _numeric(_arccosh)),
    "arctanh": (1, 1, _numeric(_arctanh)),
    "arcsech": (1, 1, _of_one_over(_arccosh)),
    "arccsch": (1, 1, _of_one_over(_arcsinh)),
    "arccoth": (1, 1, _of_one_over(_arctanh)),
}
"""Fewest and most arguments of each operator, and how it is built."""
