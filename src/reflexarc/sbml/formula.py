"""A formula of libSBML becomes a node of the graph.

Formulas are walked without recursion. Symbols of the node are the ids as they stand in the file;
what an id stands for is put in later, once every formula of the model is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reflexarc.errors import InputError, unknown_word
from reflexarc.expression import TIME, Graph, Node
from reflexarc.sbml.operators import apply_operator, number_of

__all__ = [
    "LARGEST",
    "MOST_VISITS",
    "RATE",
    "Budget",
    "Function",
    "Scope",
    "called_functions",
    "node_of",
    "rate_symbol",
]

LARGEST = 500_000
"""Nodes of the graph of a model, with all functions written out."""
MOST_VISITS = 10_000_000
"""Nodes looked at while formulas are put into each other; rewriting one counts as ten."""
RATE = "$rate of "
"""What stands before an id in the symbol of its rate of change."""


@dataclass(frozen=True)
class Function:
    """A function of the file: its formula in symbols `$name` for its arguments.

    `body` is None if the file gives none; `size` is its number of nodes.
    """

    id: str
    arguments: tuple[str, ...]
    body: Node | None
    size: int = 0


class Budget:
    """What may be spent on one model, so that no file takes more than bounded time and memory."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._visits = 0

    def spend(self, visits: int, *, rewritten: int = 0) -> None:
        """Count nodes that are looked at or rewritten; raise InputError when a limit is passed."""
        self._visits += visits + 10 * rewritten
        if len(self._graph) > LARGEST or self._visits > MOST_VISITS:
            raise InputError(
                "the model is too large once its formulas are put into each other; "
                f"at most {LARGEST:,} different terms are read"
            )


@dataclass(frozen=True)
class Scope:
    """What the words of a formula mean.

    Attributes:
        graph: Where the node is made.
        symbol: Node of an id; raises InputError if there is none.
        functions: The functions that may be called.
        budget: What is left to spend.
    """

    graph: Graph
    symbol: Callable[[str], Node]
    functions: Mapping[str, Function]
    budget: Budget


def rate_symbol(graph: Graph, name: str) -> Node:
    """Return the symbol of the rate of change of an id."""
    return graph.symbol(RATE + name)


def node_of(math: Any, scope: Scope) -> Node:
    """Return a formula as a node, a number or a truth value.

    Args:
        math: An `ASTNode` of libSBML.
        scope: What its words mean.

    Raises:
        InputError: If a word, an operator or a number of arguments is wrong, a delay is used, or
            the model becomes too large.
    """
    kinds = _kinds()
    values: list[Node] = []
    work: list[tuple[Any, str, int]] = [(math, kinds.get(math.getType(), ""), -1)]
    while work:
        ast, kind, count = work.pop()
        scope.budget.spend(1)
        if count >= 0:
            arguments = values[len(values) - count :]
            del values[len(values) - count :]
            values.append(_applied(ast, kind, arguments, scope))
            continue
        leaf = _leaf(ast, kind, scope)
        if leaf is not None:
            values.append(leaf)
            continue
        children = [ast.getChild(i) for i in range(ast.getNumChildren())]
        work.append((ast, kind, len(children)))
        work.extend((child, kinds.get(child.getType(), ""), -1) for child in reversed(children))
    return values[0]


def called_functions(math: Any) -> set[str]:
    """Return the names of the functions that a formula calls."""
    import libsbml

    names, work = set(), [math]
    while work:
        ast = work.pop()
        if ast.getType() == libsbml.AST_FUNCTION:
            names.add(ast.getName())
        work.extend(ast.getChild(i) for i in range(ast.getNumChildren()))
    return names


def _leaf(ast: Any, kind: str, scope: Scope) -> Node | None:
    """Return the node of what has no arguments; None for what has."""
    graph = scope.graph
    if kind == "name":
        return scope.symbol(ast.getName())
    if kind in ("integer", "real", "rational", "name_avogadro"):
        return graph.number(ast.getInteger() if kind == "integer" else ast.getReal())
    if kind == "real_e":
        return graph.number(float(f"{ast.getMantissa()!r}e{ast.getExponent()}"))
    if kind == "name_time":
        return graph.symbol(TIME)
    if kind in ("true", "false"):
        return graph.apply(kind)
    if kind == "pi":
        return graph.number(3.141592653589793)
    if kind == "e":
        return graph.number(2.718281828459045)
    if kind == "rate_of":
        child = ast.getChild(0)
        if ast.getNumChildren() != 1 or child.getName() is None or child.getNumChildren():
            raise InputError("rateOf takes one id")
        target = scope.symbol(child.getName())
        if graph.operator(target) != "symbol":
            return graph.number(0.0)
        return rate_symbol(graph, graph.name(target))
    return None


def _applied(ast: Any, kind: str, arguments: list[Node], scope: Scope) -> Node:
    if kind == "delay":
        raise InputError("delays (the csymbol 'delay') are not read")
    if kind != "function":
        if kind == "":
            raise InputError(
                f"the formula holds {ast.getName() or 'something'!r}, which is not read"
            )
        return apply_operator(scope.graph, kind, arguments)
    name = ast.getName()
    if name not in scope.functions:
        raise InputError(unknown_word("function", name, scope.functions))
    return _called(scope.functions[name], arguments, scope)


def _called(function: Function, arguments: list[Node], scope: Scope) -> Node:
    graph = scope.graph
    if function.body is None:
        raise InputError(f"the function {function.id!r} has no formula")
    if len(arguments) != len(function.arguments):
        raise InputError(
            f"the function {function.id!r} takes {len(function.arguments)} arguments, "
            f"not {len(arguments)}"
        )
    replaced = {}
    for name, argument in zip(function.arguments, arguments, strict=True):
        replaced[graph.symbol(f"${name}")] = number_of(graph, argument)
        if graph.operator(argument) == "symbol":
            replaced[rate_symbol(graph, f"${name}")] = rate_symbol(graph, graph.name(argument))
    scope.budget.spend(0, rewritten=function.size)
    return graph.substitute([function.body], replaced)[0]


@lru_cache(maxsize=1)
def _kinds() -> dict[int, str]:
    """Return the name in MathML of each type of libSBML's nodes that is read."""
    import libsbml

    types = """
        PLUS MINUS TIMES DIVIDE POWER INTEGER REAL REAL_E RATIONAL NAME NAME_AVOGADRO NAME_TIME
        CONSTANT_E CONSTANT_FALSE CONSTANT_PI CONSTANT_TRUE FUNCTION FUNCTION_ABS FUNCTION_ARCCOS
        FUNCTION_ARCCOSH FUNCTION_ARCCOT FUNCTION_ARCCOTH FUNCTION_ARCCSC FUNCTION_ARCCSCH
        FUNCTION_ARCSEC FUNCTION_ARCSECH FUNCTION_ARCSIN FUNCTION_ARCSINH FUNCTION_ARCTAN
        FUNCTION_ARCTANH FUNCTION_CEILING FUNCTION_COS FUNCTION_COSH FUNCTION_COT FUNCTION_COTH
        FUNCTION_CSC FUNCTION_CSCH FUNCTION_DELAY FUNCTION_EXP FUNCTION_FACTORIAL FUNCTION_FLOOR
        FUNCTION_LN FUNCTION_LOG FUNCTION_MAX FUNCTION_MIN FUNCTION_PIECEWISE FUNCTION_POWER
        FUNCTION_QUOTIENT FUNCTION_RATE_OF FUNCTION_REM FUNCTION_ROOT FUNCTION_SEC FUNCTION_SECH
        FUNCTION_SIN FUNCTION_SINH FUNCTION_TAN FUNCTION_TANH LOGICAL_AND LOGICAL_IMPLIES
        LOGICAL_NOT LOGICAL_OR LOGICAL_XOR RELATIONAL_EQ RELATIONAL_GEQ RELATIONAL_GT
        RELATIONAL_LEQ RELATIONAL_LT RELATIONAL_NEQ
    """
    groups = ("CONSTANT_", "FUNCTION_", "LOGICAL_", "RELATIONAL_")
    kinds = {}
    for name in types.split():
        group = next((group for group in groups if name.startswith(group)), "")
        kinds[getattr(libsbml, f"AST_{name}")] = name.removeprefix(group).lower()
    return kinds
