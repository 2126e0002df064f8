"""Formulas: simplified without a change of value, differentiated, evaluated as NumPy would."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflexarc.expression import BOOLEAN, OPERATORS, TIME, Graph, Node

fixed = settings(derandomize=True, deadline=None, max_examples=100, database=None)

NAMES = ("x", "y", "z")


def numbers() -> st.SearchStrategy[float]:
    return st.one_of(
        st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5, -2.0, 3.0]),
        st.floats(-4, 4, allow_nan=False).map(lambda v: round(v, 2)),
    )


# ---- a formula twice: in the graph, and in plain Python without any simplification


Value = float | complex
Pair = tuple[Callable[[Graph], Node], Callable[[dict[str, Any]], Any]]


def leaf() -> st.SearchStrategy[Pair]:
    return st.one_of(
        numbers().map(lambda v: (lambda g: g.number(v), lambda _: np.float64(v))),
        st.sampled_from(NAMES).map(lambda n: (lambda g: g.symbol(n), lambda values: values[n])),
    )


PLAIN: dict[str, Callable[..., Any]] = {
    "add": lambda *v: sum(v[1:], v[0]),
    "multiply": lambda *v: math.prod(v[1:], start=v[0]),
    "divide": lambda a, b: a / b,
    "exp": np.exp,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
}
SMOOTH = sorted(PLAIN)


def apply_(operator: str, parts: Sequence[Pair]) -> Pair:
    return (
        lambda g: g.apply(operator, *(part[0](g) for part in parts)),
        lambda values: PLAIN[operator](*(part[1](values) for part in parts)),
    )


def power_(part: Pair, exponent: int) -> Pair:
    return (
        lambda g: g.apply("power", part[0](g), g.number(exponent)),
        lambda values: part[1](values) ** float(exponent),
    )


def grown(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    many = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        st.tuples(st.sampled_from(["add", "multiply"]), many).map(lambda a: apply_(*a)),
        st.tuples(inner, inner).map(lambda a: apply_("divide", a)),
        st.tuples(inner, st.integers(-3, 4)).map(lambda a: power_(*a)),
        st.tuples(
            st.sampled_from([o for o in SMOOTH if o not in ("add", "multiply", "divide")]), inner
        ).map(lambda a: apply_(a[0], [a[1]])),
    )


formulas = st.recursive(leaf(), grown, max_leaves=12)
points = st.fixed_dictionaries({name: st.floats(0.2, 2.5).map(lambda v: v * 1.0) for name in NAMES})


def plain(pair: Pair, values: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        return pair[1]({name: np.asarray(value)[()] for name, value in values.items()})


def sensible(value: Any) -> bool:
    return bool(np.isfinite(value)) and 1e-6 < abs(value) < 1e6


@fixed
@given(formulas, points)
def test_simplification_changes_no_value(pair: Pair, at: dict[str, float]) -> None:
    graph = Graph()
    expected = plain(pair, at)
    nearby = plain(pair, {name: value * (1 + 1e-9) for name, value in at.items()})
    if not sensible(expected) or abs(nearby - expected) > 1e-6 * abs(expected):
        return  # too badly conditioned to compare rounding
    (value,) = graph.evaluate([pair[0](graph)], at)
    assert value == pytest.approx(expected, rel=1e-9)


@fixed
@given(formulas, points, st.sampled_from(NAMES))
def test_derivatives_are_those_of_a_complex_step(
    pair: Pair, at: dict[str, float], name: str
) -> None:
    graph = Graph()
    moved = {n: complex(v, 1e-30 if n == name else 0.0) for n, v in at.items()}
    expected = complex(plain(pair, moved)).imag / 1e-30
    value = plain(pair, at)
    if not (np.isfinite(expected) and np.isfinite(value) and abs(value) < 1e4):
        return
    root = pair[0](graph)
    (slope,) = graph.evaluate([graph.derivative(root, graph.symbol(name))], at)
    scale = max(abs(expected), 1.0)
    nearby = {n: complex(v.real * (1 + 1e-9), v.imag) for n, v in moved.items()}
    if abs(complex(plain(pair, nearby)).imag / 1e-30 - expected) < 1e-6 * scale:
        assert slope == pytest.approx(expected, rel=1e-7, abs=1e-7 * scale)


@fixed
@given(formulas, points)
def test_equal_formulas_are_one_node(pair: Pair, at: dict[str, float]) -> None:
    graph = Graph()
    first = pair[0](graph)
    size = len(graph)
    assert pair[0](graph) == first
    assert len(graph) == size


@fixed
@given(formulas, formulas, points)
def test_substitution_is_evaluation_in_two_steps(
    outer: Pair, inner: Pair, at: dict[str, float]
) -> None:
    graph = Graph()
    root, put = outer[0](graph), inner[0](graph)
    (value,) = graph.evaluate([put], at)
    if not sensible(value):
        return
    (expected,) = graph.evaluate([root], {**at, "x": value})
    (both,) = graph.evaluate(graph.substitute([root], {graph.symbol("x"): put}), at)
    near = {**at, "x": value * (1 + 1e-9)}
    (moved,) = graph.evaluate([root], near)
    if sensible(expected) and abs(moved - expected) < 1e-6 * abs(expected):
        assert both == pytest.approx(expected, rel=1e-8)


@fixed
@given(formulas)
def test_the_order_has_arguments_first_and_nothing_else(pair: Pair) -> None:
    graph = Graph()
    graph.apply("exp", graph.symbol("elsewhere"))
    root = pair[0](graph)
    order = graph.order([root])
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] == root
    for node in order:
        assert all(place[argument] < place[node] for argument in graph.arguments(node))
    names = {graph.name(node) for node in order if graph.operator(node) == "symbol"}
    assert graph.symbols([root]) == names
    for name in (*NAMES, "elsewhere"):
        assert graph.depends(root, graph.mask([name])) == (name in names)


# ---- rules that a reader may count on


@pytest.fixture
def graph() -> Graph:
    return Graph()


def test_the_simplest_form(graph: Graph) -> None:
    x, y = graph.symbol("x"), graph.symbol("y")
    zero, one, two = (graph.number(v) for v in (0, 1, 2))
    of = graph.apply
    assert of("add", x, zero) == of("multiply", x, one) == of("power", x, one) == x
    assert of("multiply", x, zero) == zero
    assert of("power", x, zero) == of("divide", x, x) == one
    assert of("add", x, x) == of("multiply", two, x)
    assert of("multiply", x, x) == of("power", x, two)
    assert of("add", x, y) == of("add", y, x)
    assert of("add", x, of("add", y, x)) == of("add", of("multiply", two, x), y)
    assert of("add", x, of("multiply", graph.number(-1), x)) == zero
    assert of("multiply", of("power", x, two), of("power", x, graph.number(-2))) == one
    assert of("divide", of("divide", x, y), y) == of("divide", x, of("multiply", y, y))
    assert of("power", of("power", x, two), two) == of("power", x, graph.number(4))
    assert of("min", x, x) == of("max", x) == x
    assert of("min", x, of("min", y, x)) == of("min", y, x)
    assert of("select", of("less", zero, one), x, y) == x
    assert of("select", of("less", one, zero), x, y) == y
    assert of("select", of("less", x, y), y, y) == y
    less = of("less", x, y)
    assert of("not", of("not", less)) == less
    assert of("and", less, of("true")) == of("or", less, of("false")) == less
    assert graph.operator(of("and", less, of("false"))) == "false"
    assert graph.operator(of("or", less, of("true"))) == "true"
    assert graph.operator(of("and")) == "true"
    assert graph.operator(of("or")) == "false"
    assert graph.operator(of("less_equal", x, x)) == graph.operator(of("equal", x, x)) == "true"


def test_numbers_are_one_node_only_if_they_are_equal_to_the_last_bit(graph: Graph) -> None:
    near = math.nextafter(0.1, 1)
    assert graph.number(0.1) == graph.number(1 / 10)
    assert graph.number(0.1) != graph.number(near)
    assert graph.value(graph.number(near)) == near
    assert graph.number(-0.0) != graph.number(0.0)


def test_a_root_of_a_negative_number_is_none_but_its_power_is_zero(graph: Graph) -> None:
    x, h = graph.symbol("x"), graph.symbol("h")
    roots = [
        graph.apply("power", x, h),
        graph.apply("power", x, graph.number(0.5)),
        graph.apply("power", x, graph.number(2.5)),
        graph.apply("sqrt", x),
    ]
    at = {"x": np.array([-1e-20, -4.0, 0.0, 4.0]), "h": 0.5}
    values = graph.evaluate(roots, at)
    np.testing.assert_array_equal(values[0], [0, 0, 0, 2])
    np.testing.assert_array_equal(values[1], [0, 0, 0, 2])
    np.testing.assert_array_equal(values[2], [0, 0, 0, 32])
    np.testing.assert_array_equal(values[3], [np.nan, np.nan, 0, 2])


def test_powers_of_negative_bases(graph: Graph) -> None:
    x, n = graph.symbol("x"), graph.symbol("n")
    bases = np.array([-2.0, -1.5, -1e-3, 0.0, 1.5])[:, None]
    exponents = np.array([-3.0, -2, -1, 0, 1, 2, 3, 4, 70, 71, 0.3, 2.5])
    with np.errstate(divide="ignore"):
        whole = bases ** exponents[:10]
        broken = np.where(bases < 0, 0.0, np.abs(bases) ** exponents[10:])
    expected = np.hstack([whole, broken])
    (symbolic,) = graph.evaluate([graph.apply("power", x, n)], {"x": bases, "n": exponents})
    np.testing.assert_allclose(symbolic, expected, rtol=1e-14)
    for i, exponent in enumerate(exponents):
        root = graph.apply("power", x, graph.number(exponent))
        (plain_,) = graph.evaluate([root], {"x": bases})
        found = np.broadcast_to(plain_, bases.shape)
        np.testing.assert_allclose(found, expected[:, [i]], rtol=1e-13)


def test_numbers_fold_as_they_evaluate(graph: Graph) -> None:
    x, y = graph.symbol("x"), graph.symbol("y")
    for operator in sorted(OPERATORS - {"true", "false", "select", "and", "or", "not"}):
        unary = operator in ("factorial", "exp", "log", "sqrt", "abs", "floor", "ceiling") or (
            operator in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
        )
        for a, b in ((0.75, 0.5), (-0.75, 0.5), (0.0, 2.0), (1.0, 1.0), (-7.5, 2.0), (3.0, -1.0)):
            nodes = [x] if unary else [x, y]
            values = [graph.number(v) for v in ((a,) if unary else (a, b))]
            (expected,) = graph.evaluate([graph.apply(operator, *nodes)], {"x": a, "y": b})
            with np.errstate(all="ignore"):
                folded = graph.apply(operator, *values)
            if operator in BOOLEAN:
                assert graph.operator(folded) == ("true" if expected else "false"), operator
                assert graph.is_boolean(folded)
            else:
                np.testing.assert_allclose(graph.value(folded), expected, rtol=1e-15)


def test_every_operator_differentiates_as_central_differences_do(graph: Graph) -> None:
    x, y = graph.symbol("x"), graph.symbol("y")
    of = graph.apply
    up = of("add", x, graph.number(3))
    cases = {
        "abs": [of("abs", x)],
        "exp": [of("exp", x)],
        "log": [of("log", up)],
        "sqrt": [of("sqrt", up)],
        "power": [
            of("power", up, y),
            of("power", up, of("multiply", x, y)),
            of("power", x, graph.number(3)),
            of("power", up, graph.number(-2.3)),
            of("power", graph.number(1.7), x),
        ],
        "trigonometry": [of(name, x) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")],
        "inverse": [of(name, of("multiply", graph.number(0.1), x)) for name in ("asin", "acos")]
        + [of("atan", x)],
        "min": [of("min", x, of("multiply", x, x), y), of("max", of("exp", x), y, up)],
        "select": [of("select", of("less", x, y), of("multiply", x, x), of("exp", x))],
        "steps": [of("floor", x), of("ceiling", x), of("quotient", up, y), of("factorial", x)],
        "remainder": [of("remainder", of("exp", x), y), of("remainder", y, up)],
        "products": [
            of("multiply", x, y, of("exp", x)),
            of("divide", y, up),
            of("divide", x, of("add", x, y)),
        ],
    }
    step = 1e-6
    at = np.array([-2.3, -1.1, -0.4, 0.15, 0.7, 1.6, 2.2])
    for name, roots in cases.items():
        for root in roots:
            slope, steps = graph.derivative(root, x), {"y": 0.83}
            (found,) = graph.evaluate([slope], {"x": at, **steps})
            if graph.operator(root) == "factorial":
                assert graph.is_zero(slope)
                continue
            above, below = (
                graph.evaluate([root], {"x": at + d, **steps})[0] for d in (step, -step)
            )
            expected = (above - below) / (2 * step)
            np.testing.assert_allclose(
                np.broadcast_to(found, at.shape), expected, rtol=2e-7, atol=2e-8, err_msg=name
            )


def test_several_derivatives_are_those_of_each(graph: Graph) -> None:
    x, y = graph.symbol("x"), graph.symbol("y")
    roots = [graph.apply("exp", x), y, graph.apply("less", x, y), graph.number(3)]
    both = graph.derivatives(roots, x)
    assert both == [graph.derivative(root, x) for root in roots]
    assert both[0] == roots[0]
    assert [graph.value(node) for node in both[1:]] == [0, 0, 0]


def test_evaluation_broadcasts_and_misses_by_name(graph: Graph) -> None:
    x, y = graph.symbol("x"), graph.symbol("y")
    roots = [graph.apply("add", x, y), graph.apply("less", x, y), graph.number(7)]
    at = {"x": np.arange(3.0), "y": np.arange(2.0)[:, None]}
    total, less, seven = graph.evaluate(roots, at)
    np.testing.assert_array_equal(total, [[0, 1, 2], [1, 2, 3]])
    np.testing.assert_array_equal(less, [[False, False, False], [True, False, False]])
    assert less.dtype == bool
    assert seven == 7
    with pytest.raises(KeyError, match="y"):
        graph.evaluate(roots, {"x": 1.0})


def test_whole_and_broken_parts_follow_the_sign_of_the_dividend(graph: Graph) -> None:
    x, y = graph.symbol("x"), graph.symbol("y")
    roots = [graph.apply(name, x, y) for name in ("remainder", "quotient")]
    rest, whole = graph.evaluate(
        roots, {"x": np.array([7.0, -7.0, 7.0, -7.0]), "y": np.array([3.0, 3.0, -3.0, -3.0])}
    )
    np.testing.assert_array_equal(rest, [1, -1, 1, -1])
    np.testing.assert_array_equal(whole, [2, -2, -2, 2])
    (many,) = graph.evaluate([graph.apply("factorial", x)], {"x": np.array([0.0, 1, 5, 0.5])})
    np.testing.assert_allclose(many, [1, 1, 120, math.gamma(1.5)], rtol=1e-14)


def test_depth_is_no_matter(graph: Graph) -> None:
    node, x = graph.symbol("x"), graph.symbol("x")
    for i in range(20_000):
        node = graph.apply("add", graph.apply("sin", node), graph.number(i % 3))
    slope = graph.derivative(node, x)
    assert len(graph.order([slope])) > 20_000
    (moved,) = graph.substitute([node], {x: graph.number(0.5)})
    (value,) = graph.evaluate([node], {"x": 0.5})
    assert graph.value(moved) == pytest.approx(float(value))


def test_a_long_sum_takes_linear_time(graph: Graph) -> None:
    total = graph.number(0)
    for i in range(5_000):
        total = graph.apply("add", total, graph.symbol(f"s{i}"))
    (value,) = graph.evaluate([total], {f"s{i}": 1.0 for i in range(5_000)})
    assert value == 5_000
    assert sum(len(graph.arguments(node)) for node in graph.order([total])) < 12_000


def test_what_overflows_folds_to_infinity_without_a_word(graph: Graph) -> None:
    x = graph.symbol("x")
    huge = graph.number(1e300)
    zero, minus = graph.number(0), graph.number(-1)
    assert graph.value(graph.apply("exp", huge)) == math.inf
    assert graph.value(graph.apply("power", huge, graph.number(3))) == math.inf
    assert graph.value(graph.apply("divide", minus, zero)) == -math.inf
    assert math.isnan(graph.value(graph.apply("divide", zero, zero)))
    assert math.isnan(graph.value(graph.apply("log", minus)))
    cube = graph.apply("power", graph.apply("multiply", huge, x), graph.number(3))
    (value,) = graph.evaluate([cube], {"x": 1e-250})
    assert value == pytest.approx(1e150)


def test_an_unknown_operator_is_named(graph: Graph) -> None:
    with pytest.raises(ValueError, match="cbrt"):
        graph.apply("cbrt", graph.symbol("x"))


def test_no_time_but_the_time() -> None:
    assert TIME == "$time"
