"""Formulas as text, for messages: short, and as a person would write them."""

from collections.abc import Iterator

from reflexarc.expression import TIME, Graph, Node

__all__ = ["written"]

LONGEST = 100
DEEPEST, WIDEST, LARGEST = 12, 8, 200
"""Levels, arguments of one operator and nodes that are written; a formula may have millions."""
SIGNS = {
    "add": " + ", "multiply": "*", "power": "^", "divide": "/", "less": " < ",
    "less_equal": " <= ", "equal": " == ", "not_equal": " != ", "and": " && ", "or": " || ",
}  # fmt: skip
RANKS = {
    "or": 0, "and": 1, "equal": 2, "not_equal": 2, "less": 2, "less_equal": 2, "add": 3, "power": 5,
}  # fmt: skip
NAMES = {"select": "piecewise", "not": "!", "remainder": "rem", "log": "ln"}


def written(graph: Graph, node: Node) -> str:
    """Return a formula as text, cut short if it is long.

    Example:
        >>> graph = Graph()
        >>> written(graph, graph.apply("less", graph.apply("sin", graph.symbol(TIME)),
        ...     graph.symbol("a")))
        'sin(time) < a'
    """
    text = _text(graph, node, DEEPEST, iter(range(LARGEST)))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _text(graph: Graph, node: Node, depth: int, left: Iterator[int]) -> str:
    operator = graph.operator(node)
    if operator == "number":
        return f"{graph.value(node):g}"
    if operator == "symbol":
        return "time" if graph.name(node) == TIME else graph.name(node)
    if depth == 0 or next(left, None) is None:
        return "..."
    arguments = graph.arguments(node)[:WIDEST]
    if operator == "select":  # SBML has the value first
        arguments = (arguments[1], arguments[0], arguments[2])
    if operator not in SIGNS:
        inside = ", ".join(_text(graph, one, depth - 1, left) for one in arguments)
        return f"{NAMES.get(operator, operator)}({inside})"
    minus = ""
    if operator == "multiply":
        arguments = tuple(sorted(arguments, key=lambda one: not graph.is_number(one)))
        if graph.is_number(arguments[0]) and graph.value(arguments[0]) == -1.0:
            minus, arguments = "-", arguments[1:]
    rank = RANKS.get(operator, 4)
    text = ""
    for one in arguments:
        sign, shown = SIGNS[operator], one
        if operator == "multiply" and text and _is_inverse(graph, one):
            sign, shown = "/", graph.arguments(one)[0]
        part = _text(graph, shown, depth - 1, left)
        weak = graph.operator(shown) in SIGNS and RANKS.get(graph.operator(shown), 4) <= rank
        part = f"({part})" if weak else part
        text = f"{text}{sign}{part}" if text else part
    return f"{minus}{text}".replace(" + -", " - ")


def _is_inverse(graph: Graph, node: Node) -> bool:
    if graph.operator(node) != "power":
        return False
    exponent = graph.arguments(node)[1]
    return graph.is_number(exponent) and graph.value(exponent) == -1.0
