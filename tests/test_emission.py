"""Generated code computes what the graph says, node by node; eliminations solve linear systems."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reflexarc.expression import OPERATORS, TIME, Graph, Node
from reflexarc.expression.evaluation import compute
from reflexarc.kernel import Kernel, Line, machine
from reflexarc.kernel.elimination import eliminate
from reflexarc.system import System
from small_systems import Symbols, build, run

Array = NDArray[Any]
fixed = settings(derandomize=True, deadline=None, max_examples=150, database=None)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.CACHE, "")


# ---- random formulas

ROWS = 203
NOW = 0.75
STATES = ("x", "y", "z")
PARAMETERS = ("a", "b", "n", "m")
UNARY = frozenset(
    {"exp", "log", "sqrt", "abs", "floor", "ceiling", "factorial"}
    | {"sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"}
)
LARGEST = {"sin": 1e4, "cos": 1e4, "tan": 1e3, "factorial": 18.0, "exp": 12.0, "power": 1e3}
"""Arguments beyond these are left to the tests of each function."""


@cache
def values() -> dict[str, Array]:
    """Inputs of the rows: all exact in single precision, among them 0, whole and equal numbers."""
    random = np.random.default_rng(11)
    table: dict[str, Array] = {
        "x": random.normal(0, 2, ROWS),
        "y": random.uniform(-3, 3, ROWS),
        "z": random.uniform(0, 5, ROWS),
        "a": 10 ** random.uniform(-3, 2, ROWS),
        "b": random.normal(0, 1, ROWS),
        "n": random.integers(-3, 6, ROWS),
        "m": random.integers(0, 4, ROWS),
    }
    table["x"][:9], table["z"][5:12], table["b"][3:8] = 0.0, 0.0, 0.0
    table["y"][20:40] = table["x"][20:40]
    table["y"][40:60] = np.round(table["y"][40:60])
    return {name: value.astype(np.float32).astype(np.float64) for name, value in table.items()}


def grow_formulas(graph: Graph, size: int, seed: int) -> list[Node]:
    """Return nodes made of each other by all operators, with values that stay in bounds."""
    random = np.random.default_rng(seed)
    at = {**values(), TIME: NOW}
    numbers = [graph.symbol(name) for name in (*STATES, *PARAMETERS, TIME)]
    numbers += [graph.number(v) for v in (0.5, -1.25, 2.0, 3.0, 0.1, 1e-4, 40.0)]
    truths = [graph.apply("less", graph.symbol("x"), graph.symbol("y")), graph.apply("true")]
    choices = sorted(OPERATORS - {"true", "false"})
    known = {
        node: np.broadcast_to(graph.evaluate([node], at)[0], ROWS) for node in (*numbers, *truths)
    }
    made: list[Node] = []
    while len(made) < size:
        operator = choices[random.integers(len(choices))]
        arguments = choose(random, operator, numbers, truths)
        largest = LARGEST.get(operator, 1e6)
        if operator == "power":
            exponents = [2.0, 3.0, -1.0, -2.0, 0.5, 1.7, -0.6, 7.0, -80.0, 81.0]
            if random.random() < 0.6:
                arguments[1] = graph.number(exponents[random.integers(len(exponents))])
        if operator not in ("and", "or", "not", "select") and any(
            np.abs(known.get(n, np.float64(0))).max() > largest for n in arguments
        ):
            continue
        node = graph.apply(operator, *arguments)
        with np.errstate(all="ignore"):
            value = np.broadcast_to(graph.evaluate([node], at)[0], ROWS)
        size_ = np.abs(value.astype(np.float64))
        fine = np.isfinite(size_) & (size_ < 1e6) & ((size_ == 0) | (size_ > 1e-9))
        if node in known or not fine.all():
            continue
        known[node] = value
        made.append(node)
        (truths if graph.is_boolean(node) else numbers).append(node)
    return made


def choose(random: Any, operator: str, numbers: list[Node], truths: list[Node]) -> list[Node]:
    def some(nodes: list[Node], count: int) -> list[Node]:
        pool = nodes if random.random() < 0.6 else nodes[:15]
        return [pool[i] for i in random.integers(len(pool), size=count)]

    if operator == "not":
        return some(truths, 1)
    if operator in ("and", "or"):
        return some(truths, int(random.integers(2, 4)))
    if operator == "select":
        return [*some(truths, 1), *some(numbers, 2)]
    if operator in UNARY:
        return some(numbers, 1)
    if operator in ("add", "multiply", "min", "max"):
        return some(numbers, int(random.integers(2, 5)))
    return some(numbers, 2)


def model(graph: Graph, nodes: list[Node]) -> System:
    """Return a system with the nodes as its variables."""
    system = build(
        dict.fromkeys(STATES, 0.0), dict.fromkeys(PARAMETERS, 0.0), lambda s: [0.0] * 3, graph=graph
    )
    return System(
        **{
            **{name: getattr(system, name) for name in system.__dataclass_fields__},
            "variables": {str(node): node for node in nodes},
        }
    )


def compute_by_kernel(graph: Graph, nodes: list[Node], **options: Any) -> Array:
    """Return the nodes' values, shape (row, node)."""
    compiled = Kernel.of(model(graph, nodes), [str(node) for node in nodes], **options)
    given_ = {name: values()[name] for name in PARAMETERS}
    initial = np.stack([values()[name] for name in STATES], axis=1)
    found = run(compiled, Line(NOW, NOW), [NOW], size=ROWS, given=given_, initial=initial)
    return found.outputs[:, 0]


SEEDS = {"double": 1, "single": 2, "narrow": 7}
OPTIONS: dict[str, dict[str, Any]] = {
    "double": {},
    "single": {"single": True},
    "narrow": {"width": 2},
}


@pytest.mark.parametrize("kind", SEEDS)
def test_every_node_is_what_its_operator_makes_of_its_arguments(kind: str) -> None:
    graph = Graph()
    made = grow_formulas(graph, 320, SEEDS[kind])
    nodes = graph.order([*made, graph.apply("true"), graph.apply("false")])
    assert {graph.operator(node) for node in nodes} >= OPERATORS - {"divide"}
    table = compute_by_kernel(graph, nodes, **OPTIONS[kind])
    column = {node: table[:, i] for i, node in enumerate(nodes)}
    accuracy = 1e-5 if kind == "single" else 1e-12
    inputs = {**values(), TIME: np.full(ROWS, NOW)}
    checked = 0
    for node in nodes:
        operator, arguments = graph.operator(node), graph.arguments(node)
        if operator == "number":
            expected = scale = np.full(ROWS, graph.value(node))
        elif operator == "symbol":
            expected = scale = inputs[graph.name(node)]
        else:
            parts = [column[a] != 0 if graph.is_boolean(a) else column[a] for a in arguments]
            with np.errstate(all="ignore"):
                expected = np.broadcast_to(compute(operator, parts), ROWS).astype(np.float64)
            scale = (
                sum((np.abs(p) for p in parts), np.abs(expected)) if operator == "add" else expected
            )
        if operator == "tan":
            scale = expected * (1 + expected**2)
        if operator in ("sin", "cos"):
            scale = np.ones(ROWS)
        slack = np.full(ROWS, 1e-20)
        if operator == "power":  # 0 counts as the smallest positive number
            smallest = 1e-36 if kind == "single" else 1e-299
            slack += np.where(parts[0] == 0, smallest ** np.abs(parts[1]), 0)
        error = np.abs(column[node] - expected)
        wrong = ~(error <= accuracy * np.abs(scale) + slack)
        where = [
            (c[wrong][:3].tolist())
            for c in (column[node], expected, *(column[a] for a in arguments))
        ]
        assert not wrong.any(), (operator, where)
        checked += 1
    assert checked > 320


def test_a_formula_of_states_is_one_of_parameters() -> None:
    """The same formula is computed once per segment of parameters, and at every stage of states."""
    graph = Graph()
    swapped = {
        graph.symbol(old): graph.symbol(new)
        for old, new in zip((*STATES, "a", "b"), ("a", "b", "n", "x", "y"), strict=True)
    }
    made = grow_formulas(graph, 120, 4)
    other = Graph()
    made_there = grow_formulas(other, 120, 4)
    first = compute_by_kernel(graph, graph.substitute(made, swapped))
    keep = values().copy()
    expected = other.evaluate(
        made_there,
        {
            **{
                name: keep[new]
                for name, new in zip((*STATES, "a", "b"), ("a", "b", "n", "x", "y"), strict=True)
            },
            "n": keep["n"],
            "m": keep["m"],
            TIME: NOW,
        },
    )
    good = 0
    for i, value in enumerate(expected):
        with np.errstate(all="ignore"):
            near = np.isclose(first[:, i], np.broadcast_to(value, ROWS), rtol=1e-9, atol=1e-9)
        known = np.isfinite(np.broadcast_to(value, ROWS).astype(float))
        good += bool(near[known].mean() > 0.97)
    assert good >= 0.9 * len(expected)


# ---- corners that random formulas don't reach


def corner(formula: Callable[[Any], Any], at: dict[str, Any], **options: Any) -> Array:
    """Return a formula's values at arrays of x, y and z."""
    graph = Graph()
    node = formula(Symbols(graph)).node
    compiled = Kernel.of(model(graph, [node]), [str(node)], **options)
    columns = np.broadcast_arrays(*(at.get(name, 0.0) for name in STATES))
    initial = np.stack(columns, axis=1).astype(np.float64)
    return run(compiled, Line(0, 0), [0], size=len(initial), initial=initial).outputs[:, 0, 0]


BASES = np.array([-2.0, -1.5, -1.0, -1e-20, 0.0, 1e-20, 0.3, 1.0, 2.0])


@pytest.mark.parametrize("exponent", [-71, -3, -1, 0.5, 2, 3, 64, 65, 70, 71, 0.7, 2.5])
def test_powers_with_a_number_above(exponent: float) -> None:
    found = corner(lambda s: s.x**exponent, {"x": BASES})
    with np.errstate(all="ignore"):
        whole = float(exponent).is_integer()
        expected = BASES**exponent if whole else np.where(BASES < 0, 0.0, np.abs(BASES) ** exponent)
    usual = (np.abs(expected) < 1e300) & ((np.abs(expected) > 1e-300) | (expected == 0))
    np.testing.assert_allclose(found[usual], expected[usual], rtol=1e-12, atol=1e-100)
    assert (np.abs(found[~usual & (np.abs(expected) > 1)]) > 1e200).all()


def test_powers_with_a_state_above() -> None:
    bases, exponents = np.meshgrid(BASES, [-3.0, -2, -0.5, 0, 0.5, 1, 2, 2.5, 3, 10, 11])
    x, y = bases.ravel(), exponents.ravel()
    found = corner(lambda s: s.x.of("power", s.y), {"x": x, "y": y})
    with np.errstate(all="ignore"):
        expected = compute("power", [x, y])
    usual = np.abs(expected) < 1e40
    np.testing.assert_allclose(found[usual], expected[usual], rtol=1e-12, atol=1e-50)
    assert (np.abs(found[~usual]) > 1e30).all()


def test_what_is_not_a_number_stays_so() -> None:
    """A failure must be seen, whatever function a bad value goes through."""
    graph = Graph()
    x, y = graph.symbol("x"), graph.symbol("y")
    nodes = [graph.apply(name, x) for name in sorted(UNARY - {"asin", "acos"})]
    nodes += [graph.apply("power", x, graph.number(e)) for e in (0.5, 2.0, -1.0, 1.3, 70.0)]
    nodes += [graph.apply("power", x, y), graph.apply("add", x, y), graph.apply("multiply", x, y)]
    compiled = Kernel.of(model(graph, nodes), [str(node) for node in nodes])
    initial = np.array([[np.nan, 1.5, 0.0], [1.0, 1.5, 0.0]])
    bad, good = run(compiled, Line(0, 0), [0], size=2, initial=initial).outputs[:, 0]
    assert np.isnan(bad).all()
    assert np.isfinite(good).all()


def test_a_division_by_zero_is_infinite() -> None:
    found = corner(lambda s: s.x / s.y, {"x": np.array([1.0, -1.0, 0.0]), "y": 0.0})
    assert np.isinf(found[:2]).all()
    assert np.isnan(found[2])


def test_a_truth_value_is_0_or_1_among_outputs() -> None:
    x = np.array([-1.0, 0.0, 1.0])
    assert corner(lambda s: s.x < 0.5, {"x": x}).tolist() == [1, 1, 0]
    assert corner(lambda s: (s.x < 0.5).of("not"), {"x": x}).tolist() == [0, 0, 1]
    assert corner(lambda s: (s.x < 0.5) & (s.y < s.x), {"x": x, "y": -0.5}).tolist() == [0, 1, 0]


def test_a_long_chain_is_no_matter() -> None:
    def chain(s: Any) -> Any:
        term = s.x
        for _ in range(150):
            term = term.of("tanh") + s.y
        return term

    found = corner(chain, {"x": np.array([0.3]), "y": 0.25})
    value = 0.3
    for _ in range(150):
        value = np.tanh(value) + 0.25
    assert found[0] == pytest.approx(value, rel=1e-9)


# ---- elimination


def solve(size: int, matrix: Array, right: Array) -> Array:
    """Follow the schedule of a matrix's own pattern."""
    plan = eliminate(size, [(int(i), int(j)) for i, j in np.argwhere(matrix)])
    slots = [matrix[i, j] for i, j in plan.entries]
    for target, left, other in plan.updates:
        if other is None:
            slots[target] = slots[target] / slots[left]
        else:
            slots[target] -= slots[left] * slots[other]
    x = np.zeros(size)
    for row, lower in zip(plan.order, plan.lower, strict=True):
        x[row] = right[row] - sum(slots[slot] * x[column] for slot, column in lower)
    for row, upper in zip(reversed(plan.order), plan.upper, strict=True):
        x[row] -= sum(slots[slot] * x[column] for slot, column in upper)
        x[row] /= slots[plan.diagonal[row]]
    return x


@fixed
@given(st.integers(1, 14), st.floats(0, 1), st.integers(0, 2**31))
def test_a_schedule_solves_any_dominant_matrix(size: int, density: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(size, size)) * (random.random((size, size)) < density)
    np.fill_diagonal(matrix, 0)
    sums = np.abs(matrix).sum(axis=1) + np.abs(matrix).sum(axis=0)
    matrix += np.diag(random.choice([-1, 1], size) * (sums + random.uniform(0.1, 1, size)))
    right = random.normal(size=size)
    expected = np.linalg.solve(matrix, right)
    np.testing.assert_allclose(solve(size, matrix, right), expected, rtol=1e-10, atol=1e-12)


@fixed
@given(st.integers(1, 14), st.floats(0, 1), st.integers(0, 2**31))
def test_a_schedule_is_well_formed(size: int, density: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    pattern = {(int(i), int(j)) for i, j in np.argwhere(random.random((size, size)) < density)}
    plan = eliminate(size, pattern)
    assert sorted(plan.order) == list(range(size))
    assert len(set(plan.entries)) == len(plan.entries)
    assert set(plan.entries) >= pattern | {(i, i) for i in range(size)}
    assert [plan.entries[slot] for slot in plan.diagonal] == [(i, i) for i in range(size)]
    rank = {row: i for i, row in enumerate(plan.order)}
    for row, lower, upper in zip(plan.order, plan.lower, reversed(plan.upper), strict=True):
        assert all(plan.entries[s] == (row, c) and rank[c] < rank[row] for s, c in lower)
        assert all(plan.entries[s] == (row, c) and rank[c] > rank[row] for s, c in upper)
    total = sum(map(len, plan.lower)) + sum(map(len, plan.upper)) + size
    assert total == len(plan.entries)


def test_the_order_makes_no_fill_where_there_need_be_none() -> None:
    size = 12
    shapes = {
        "arrow": [(0, i) for i in range(size)] + [(i, 0) for i in range(size)],
        "chain": [(i, i + 1) for i in range(size - 1)] + [(i + 1, i) for i in range(size - 1)],
        "tree": [p for i in range(1, size) for p in ((i, (i - 1) // 2), ((i - 1) // 2, i))],
        "triangle": [(i, j) for i in range(size) for j in range(i)],
        "diagonal": [],
    }
    for name, pattern in shapes.items():
        plan = eliminate(size, pattern)
        assert set(plan.entries) == {*pattern, *((i, i) for i in range(size))}, name
    full = eliminate(3, [(i, j) for i in range(3) for j in range(3)])
    assert len(full.updates) == 3 + 4 + 1
    assert eliminate(0, []).entries == ()
