"""Formulas as text, for messages: short, and as a person would write them."""

from reflexarc.expression import TIME, Graph, Node

__all__ = ["written"]

LONGEST = 100
DEEPEST = 12
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
    text = _text(graph, node, DEEPEST)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _text(graph: Graph, node: Node, depth: int) -> str:
    operator = graph.operator(node)
    if operator == "number":
        return f"{graph.value(node):g}"
    if operator == "symbol":
        return "time" if graph.name(node) == TIME else graph.name(node)
    if depth == 0:
        return "..."
    arguments = graph.arguments(node)
    if operator == "select":  # SBML has the value first
        arguments = (arguments[1], arguments[0], arguments[2])
    if operator not in SIGNS:
        inside = ", ".join(_text(graph, one, depth - 1) for one in arguments)
        return f"{NAMES.get(operator, operator)}({inside})"
    minus = ""
    if operator == "multiply":
        arguments = tuple(sorted(arguments, key=lambda one: not graph.is_number(one)))
        if graph.is_number(arguments[0]) and graph.value(arguments[0]) == -1.0:
            minus, arguments = "-", arguments[1:]
    rank = RANKS.get(operator, 4)
    parts = []
    for one in arguments:
        part = _text(graph, one, depth - 1)
        weak = graph.operator(one) in SIGNS and RANKS.get(graph.operator(one), 4) <= rank
        parts.append(f"({part})" if weak else part)
    return f"{minus}{SIGNS[operator].join(parts)}".replace(" + -", " - ")
