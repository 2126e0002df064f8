"""The equations as a JavaScript module: rates, their slopes, elimination, and everything by name.

The module is text that a browser runs as it stands; nothing in the page makes code. Terms that no
state moves are computed once between two edges (`prepare`); the rest of a step is straight-line
arithmetic on arrays, and the linear systems of the integrator are eliminated in an order that was
decided here.
"""

import math
from collections.abc import Mapping, Sequence

from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph, Node
from reflexarc.kernel.elimination import eliminate
from reflexarc.system import System

__all__ = ["emit"]

_FUNCTIONS = {
    "exp": "Math.exp",
    "log": "Math.log",
    "sqrt": "Math.sqrt",
    "abs": "Math.abs",
    "floor": "Math.floor",
    "ceiling": "Math.ceil",
    "sin": "Math.sin",
    "cos": "Math.cos",
    "tan": "Math.tan",
    "asin": "Math.asin",
    "acos": "Math.acos",
    "atan": "Math.atan",
    "sinh": "Math.sinh",
    "cosh": "Math.cosh",
    "tanh": "Math.tanh",
    "min": "Math.min",
    "max": "Math.max",
}
_SIGNS = {
    "add": " + ",
    "multiply": " * ",
    "divide": " / ",
    "remainder": " % ",
    "less": " < ",
    "less_equal": " <= ",
    "equal": " === ",
    "not_equal": " !== ",
    "and": " && ",
    "or": " || ",
}
_POWERS = {
    -1.0: "1 / {0}",
    2.0: "{0} * {0}",
    0.5: "Math.sqrt(Math.max({0}, 0))",
    -2.0: "1 / ({0} * {0})",
}


def emit(system: System) -> str:
    """Return the ES module of a system without events.

    It exports `states`, `parameters`, `values` (in the source), `variables` (names that can be
    asked for), `hoisted` and `slots` (sizes), `initial(p, y)`, `prepare(p, q)`, `rates(p, q, y,
    f)`, `linearise(p, q, y, f, w)` (rates, and minus the Jacobian in the slots of W),
    `factor(w, diagonal)`, `solve(w, b)` and `look(name)`, the function of (p, q, y) that gives a
    variable.

    Args:
        system: The equations; they may not depend on the time but through their inputs.

    Raises:
        InputError: There are events, or the time itself stands in an equation.
    """
    if system.events or system.breaks:
        raise InputError("a model with events can't run in the page")
    graph = system.graph
    if TIME in graph.symbols([*system.rates, *system.variables.values()]):
        raise InputError("a model whose equations look at the time can't run in the page")
    places, slopes = _jacobian(system)
    plan = eliminate(len(system.states), places)
    slot = {place: index for index, place in enumerate(plan.entries)}
    writer = _Writer(system, [*system.rates, *slopes])
    entries = {slot[place]: node for place, node in zip(places, slopes, strict=True)}
    parts = [
        "// Generated from the equations of the model; do not edit.",
        f"export const states = {_names(system.states)};",
        f"export const parameters = {_names(system.parameters)};",
        f"export const values = {_numbers(system.values.tolist())};",
        f"export const hoisted = {len(writer.hoisted)};",
        f"export const slots = {len(plan.entries)};",
        writer.function("initial(p, y)", {f"y[{i}]": n for i, n in enumerate(system.initial)}),
        writer.prepare(),
        writer.function("rates(p, q, y, f)", {f"f[{i}]": n for i, n in enumerate(system.rates)}),
        writer.function(
            "linearise(p, q, y, f, w)",
            {f"f[{i}]": n for i, n in enumerate(system.rates)},
            minus={f"w[{i}]": n for i, n in sorted(entries.items())},
            first="w.fill(0);",
        ),
        _factor(plan.updates, plan.diagonal),
        _solve(plan.order, plan.lower, plan.upper, plan.diagonal),
        _variables(system, writer),
    ]
    return "\n".join(parts) + "\n"


def _jacobian(system: System) -> tuple[list[tuple[int, int]], list[Node]]:
    graph = system.graph
    places, nodes = [], []
    for column, state in enumerate(system.states):
        derivatives = graph.derivatives(system.rates, graph.symbol(state))
        for row, node in enumerate(derivatives):
            if not graph.is_zero(node):
                places.append((row, column))
                nodes.append(node)
    return places, nodes


class _Writer:
    """Writes nodes as JavaScript; what is used twice, or makes a line too long, gets a name."""

    def __init__(self, system: System, roots: Sequence[Node]) -> None:
        self.graph: Graph = system.graph
        self.where = {name: f"p[{i}]" for i, name in enumerate(system.parameters)}
        self.where |= {name: f"y[{i}]" for i, name in enumerate(system.states)}
        self.moving = self.graph.mask(system.states)
        self.hoisted = self._still(roots)

    def _still(self, roots: Sequence[Node]) -> dict[Node, int]:
        """The largest terms without a state in them that take arithmetic, each with its place."""
        graph = self.graph
        found: dict[Node, int] = {}
        for node in graph.order(roots):
            if not graph.depends(node, self.moving):
                continue
            for argument in graph.arguments(node):
                if self._worth_keeping(argument):
                    found.setdefault(argument, len(found))
        for root in roots:
            if self._worth_keeping(root):
                found.setdefault(root, len(found))
        return found

    def _worth_keeping(self, node: Node) -> bool:
        graph = self.graph
        return (
            not graph.depends(node, self.moving)
            and bool(graph.arguments(node))
            and not graph.is_boolean(node)
        )

    def prepare(self) -> str:
        """Write `prepare(p, q)`: the terms that stay as they are between two edges."""
        targets = {f"q[{place}]": node for node, place in self.hoisted.items()}
        return self.function("prepare(p, q)", targets, hoist=False)

    def function(
        self,
        signature: str,
        targets: Mapping[str, Node],
        *,
        minus: Mapping[str, Node] | None = None,
        first: str = "",
        hoist: bool = True,
    ) -> str:
        """Write a function that fills targets with nodes, and some with minus a node."""
        minus = minus or {}
        lines = [f"export function {signature} {{"]
        if first:
            lines.append(f"  {first}")
        names, body = self.body([*targets.values(), *minus.values()], hoist=hoist)
        lines += body
        lines += [f"  {target} = {names[node]};" for target, node in targets.items()]
        lines += [f"  {target} = -({names[node]});" for target, node in minus.items()]
        return "\n".join([*lines, "}"])

    def body(self, roots: Sequence[Node], *, hoist: bool) -> tuple[dict[Node, str], list[str]]:
        """Return the text of each root, and the lines that must stand before it is used."""
        graph = self.graph
        order = self._needed(roots, hoist=hoist)
        uses: dict[Node, int] = dict.fromkeys(order, 0)
        for node in order:
            if not (hoist and node in self.hoisted):
                for argument in graph.arguments(node):
                    uses[argument] += 1
        for root in roots:
            uses[root] += 1
        text: dict[Node, str] = {}
        lines: list[str] = []
        for node in order:
            if hoist and node in self.hoisted:
                text[node] = f"q[{self.hoisted[node]}]"
                continue
            written = self._write(node, text)
            simple = not graph.arguments(node)
            repeated = graph.operator(node) == "power" and self._base_stands_twice(node)
            if repeated:
                lines, written = self._name_base(node, text, lines)
            if not simple and (uses[node] > 1 or len(written) > 200):
                lines.append(f"  const v{node} = {written};")
                written = f"v{node}"
            text[node] = written
        return text, lines

    def _needed(self, roots: Sequence[Node], *, hoist: bool) -> list[Node]:
        graph = self.graph
        seen: set[Node] = set()
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                if not (hoist and node in self.hoisted):
                    stack.extend(graph.arguments(node))
        return sorted(seen)

    def _base_stands_twice(self, node: Node) -> bool:
        exponent = self.graph.arguments(node)[1]
        return self.graph.is_number(exponent) and abs(self.graph.value(exponent)) == 2.0

    def _name_base(
        self, node: Node, text: dict[Node, str], lines: list[str]
    ) -> tuple[list[str], str]:
        """A square names its base first, so that the base is computed once."""
        base = self.graph.arguments(node)[0]
        name = text[base]
        if not name.replace("[", "").replace("]", "").isalnum():
            lines = [*lines, f"  const b{node} = {name};"]
            name = f"b{node}"
        exponent = self.graph.value(self.graph.arguments(node)[1])
        return lines, "(" + _POWERS[exponent].format(name) + ")"

    def _write(self, node: Node, text: Mapping[Node, str]) -> str:
        graph = self.graph
        operator = graph.operator(node)
        if operator == "number":
            return _number(graph.value(node))
        if operator == "symbol":
            return self.where[graph.name(node)]
        if operator in ("true", "false"):
            return operator
        arguments = [text[a] for a in graph.arguments(node)]
        if operator == "power":
            return self._power(node, arguments)
        if operator == "select":
            return f"({arguments[0]} ? {arguments[1]} : {arguments[2]})"
        if operator == "not":
            return f"(!{arguments[0]})"
        if operator == "quotient":
            return f"Math.trunc({arguments[0]} / {arguments[1]})"
        if operator in _FUNCTIONS:
            return f"{_FUNCTIONS[operator]}({', '.join(arguments)})"
        if operator in _SIGNS:
            return "(" + _SIGNS[operator].join(arguments) + ")"
        raise InputError(f"the page has no JavaScript for {operator!r}")

    def _power(self, node: Node, arguments: Sequence[str]) -> str:
        _base, exponent = self.graph.arguments(node)
        if self.graph.is_number(exponent):
            value = self.graph.value(exponent)
            if value in _POWERS:
                return "(" + _POWERS[value].format(arguments[0]) + ")"
            if value == int(value):
                return f"Math.pow({arguments[0]}, {_number(value)})"
        return f"power({arguments[0]}, {arguments[1]})"


def _factor(updates: Sequence[tuple[int, int, int | None]], diagonal: Sequence[int]) -> str:
    """Write `factor(w, d)`: d goes on the diagonal, then W = L U in place, 1 / pivots on it."""
    lines = ["export function factor(w, d) {"]
    lines += [f"  w[{slot}] += d;" for slot in sorted(diagonal)]
    inverted: set[int] = set()
    for target, left, right in updates:
        if right is not None:
            lines.append(f"  w[{target}] -= w[{left}] * w[{right}];")
        else:
            if left not in inverted:
                lines.append(f"  const r{left} = 1 / w[{left}];")
                inverted.add(left)
            lines.append(f"  w[{target}] *= r{left};")
    for slot in sorted(diagonal):
        value = f"r{slot}" if slot in inverted else f"1 / w[{slot}]"
        lines.append(f"  w[{slot}] = {value};")
    return "\n".join([*lines, "}"])


def _solve(
    order: Sequence[int],
    lower: Sequence[Sequence[tuple[int, int]]],
    upper: Sequence[Sequence[tuple[int, int]]],
    diagonal: Sequence[int],
) -> str:
    """Write `solve(w, b)`: b becomes the solution of W x = b."""
    lines = ["export function solve(w, b) {"]
    for row, terms in zip(order, lower, strict=True):
        if terms:
            total = " + ".join(f"w[{slot}] * b[{column}]" for slot, column in terms)
            lines.append(f"  b[{row}] -= {total};")
    for row, terms in zip(order[::-1], upper, strict=True):
        total = "".join(f" - w[{slot}] * b[{column}]" for slot, column in terms)
        lines.append(f"  b[{row}] = (b[{row}]{total}) * w[{diagonal[row]}];")
    return "\n".join([*lines, "}"])


def _variables(system: System, writer: _Writer) -> str:
    """Write what can be asked for by name, one small function each, and `look`."""
    lines = [
        "function power(base, exponent) {",
        "  if (base < 0 && Math.floor(exponent) !== exponent) return 0;",
        "  return Math.pow(base, exponent);",
        "}",
        "const named = {",
    ]
    for name, node in system.variables.items():
        if not name.isidentifier():  # the reader's own names for what a file has no id for
            continue
        texts, body = writer.body([node], hoist=True)
        joined = " ".join(line.strip() for line in body)
        code = f"{joined} return {texts[node]};".strip()
        lines.append(f"  {name}(p, q, y) {{ {code} }},")
    lines += [
        "};",
        "export const variables = Object.keys(named);",
        "export function look(name) {",
        "  return Object.hasOwn(named, name) ? named[name] : null;",
        "}",
    ]
    return "\n".join(lines)


def _names(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(_number(value) for value in values) + "]"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    text = repr(value).replace("inf", "Infinity").removesuffix(".0")
    return f"({text})" if text.startswith("-") else text
