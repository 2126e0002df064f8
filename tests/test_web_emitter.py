"""Each operator in JavaScript against Python; what has no JavaScript is refused."""

import math

import numpy as np
import pytest

from page_modules import run_module
from reflexarc.errors import InputError
from reflexarc.expression import OPERATORS, Graph
from reflexarc.expression.evaluation import BOOLEAN
from reflexarc.system import System
from reflexarc.web.emitter import emit

ARGUMENTS = {
    **dict.fromkeys(["true", "false"], 0),
    **dict.fromkeys(["add", "multiply", "min", "max", "and", "or", "select"], 3),
    **dict.fromkeys(["divide", "power", "remainder", "quotient"], 2),
    **dict.fromkeys(["less", "less_equal", "equal", "not_equal"], 2),
}
EXPONENTS = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.5, 1.5, 2.0, 3.0, 7.0)
POINTS = [
    [a, b, c]
    for a in (-7.5, -2.0, -0.3, 0.0, 0.4, 1.0, 6.25)
    for b in (-2.0, 0.7, 1.0, 3.0)
    for c in (-1.0, 0.7)
]
STATES = ("x", "y", "z")


def system_with(graph, rate):
    """Three states, of which the first has a rate and the others none."""
    zero = graph.number(0.0)
    return System(
        name="test",
        graph=graph,
        states=STATES,
        parameters=(),
        values=np.zeros(0),
        initial=(zero, zero, zero),
        rates=(rate, zero, zero),
        variables={"asked": rate},
    )


def in_javascript(system):
    """The first rate, and the variable by name, at each of POINTS; None where it isn't finite."""
    script = """
    const text = "data:text/javascript," + encodeURIComponent(data.text);
    const model = await import(text);
    result = data.points.map((y) => {
      const [q, f] = [new Float64Array(model.hoisted), new Float64Array(3)];
      model.prepare([], q);
      model.rates([], q, y, f);
      return [f[0], Number(model.look("asked")([], q, y))];
    });
    """
    return run_module(script, {"text": emit(system), "points": POINTS})


def compare(graph, rate):
    system = system_with(graph, rate)
    for point, got in zip(POINTS, in_javascript(system), strict=True):
        with np.errstate(all="ignore"):
            (value,) = graph.evaluate([rate], dict(zip(STATES, point, strict=True)))
        value = float(value)
        for own in got:
            if math.isfinite(value):
                assert own == pytest.approx(value, rel=1e-12, abs=1e-14), point
            else:
                assert own is None, point


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_is_that_of_python_or_refused(operator):
    graph = Graph()
    symbols = [graph.symbol(name) for name in STATES]
    arguments = symbols[: ARGUMENTS.get(operator, 1)]
    if operator in ("and", "or", "not", "select"):
        first = graph.apply("less", symbols[0], symbols[1])
        second = graph.apply("less", symbols[1], symbols[2])
        arguments = [first, second] if operator in ("and", "or") else [first, *symbols[1:]]
        arguments = arguments[:1] if operator == "not" else arguments
    rate = graph.apply(operator, *arguments)
    if operator in BOOLEAN:
        rate = graph.apply("select", rate, graph.symbol("x"), graph.symbol("z"))
    if operator == "factorial":
        with pytest.raises(InputError, match="factorial"):
            emit(system_with(graph, rate))
    else:
        compare(graph, rate)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_powers_of_anything_are_those_of_python(exponent):
    """Also of negative numbers, where a broken power counts as 0."""
    graph = Graph()
    base = graph.apply("add", graph.symbol("x"), graph.symbol("y"))
    compare(graph, graph.apply("power", base, graph.number(exponent)))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -2.5e-300, 1e22])
def test_any_number_can_be_written(value):
    graph = Graph()
    limit = graph.number(value)
    compare(graph, graph.apply("min", graph.symbol("x"), limit))
