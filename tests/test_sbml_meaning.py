"""What the elements of SBML mean, each in a small file whose answer is known."""

import math as mathematics
import re

import numpy as np
import pytest

from reflexarc.expression import TIME as CLOCK
from reflexarc.expression import Graph
from reflexarc.sbml import read_sbml
from sbml_text import (
    SYMBOLS,
    TIME,
    apply,
    call,
    ci,
    cn,
    compartments,
    functions,
    math,
    parameters,
    rate_of,
    reaction,
    reactions,
    reference,
    rules,
    sbml,
    species,
    starts,
)
from slow_integration import integrate

TRUE, FALSE, NAN = "<true/>", "<false/>", float("nan")


def value(formula: str, *parts: str, at: float = 0.0, level: str = "3.2", **given: float) -> float:
    """Return the value of a formula in x = 3 and y = -0.5 at a time."""
    values = {"x": 3.0, "y": -0.5, **given}
    text = sbml(*parts, parameters(**values, z=None), rules(assigned={"z": formula}), level=level)
    system = read_sbml(text)
    known = dict(zip(system.parameters, system.values.tolist(), strict=True))
    check_types(system.graph, system.variables["z"])
    return float(system.graph.evaluate([system.variables["z"]], {**known, CLOCK: at})[0])


def check_types(graph: Graph, root: int) -> None:
    """Check that numbers are made of numbers, and truth of truth or of compared numbers."""
    assert not graph.is_boolean(root)
    for node in graph.order([root]):
        given = [graph.is_boolean(argument) for argument in graph.arguments(node)]
        logical = graph.operator(node) in ("and", "or", "not")
        expected = [logical] * len(given)
        if graph.operator(node) == "select":
            expected = [True, False, False]
        assert given == expected, graph.operator(node)


X, Y = ci("x"), ci("y")
FORMULAS = {
    "x": (X, 3.0),
    "plus": (apply("plus", X, Y, cn(1)), 3.5),
    "empty plus": (apply("plus"), 0.0),
    "empty times": (apply("times"), 1.0),
    "one times": (apply("times", X), 3.0),
    "negative": (apply("minus", X), -3.0),
    "minus": (apply("minus", X, Y), 3.5),
    "divide": (apply("divide", X, Y), -6.0),
    "power": (apply("power", X, cn(2)), 9.0),
    "root": (apply("root", X), mathematics.sqrt(3)),
    "cube root": (apply("root", f"<degree>{cn(3)}</degree>", cn(27)), 3.0),
    "exp": (apply("exp", Y), mathematics.exp(-0.5)),
    "ln": (apply("ln", X), mathematics.log(3)),
    "log": (apply("log", X), mathematics.log10(3)),
    "log of base": (apply("log", f"<logbase>{cn(2)}</logbase>", X), mathematics.log2(3)),
    "abs": (apply("abs", Y), 0.5),
    "floor": (apply("floor", Y), -1.0),
    "ceiling": (apply("ceiling", Y), 0.0),
    "factorial": (apply("factorial", X), 6.0),
    "max": (apply("max", X, Y, cn(7)), 7.0),
    "min": (apply("min", X, Y, cn(7)), -0.5),
    "rem": (apply("rem", cn(-7), X), -1.0),
    "rem of a negative": (apply("rem", cn(7), apply("minus", X)), 1.0),
    "quotient": (apply("quotient", cn(-7), X), -2.0),
    "e-notation": ('<cn type="e-notation">1.5<sep/>-3</cn>', 1.5e-3),
    "rational": ('<cn type="rational">1<sep/>8</cn>', 0.125),
    "integer": ('<cn type="integer">-12</cn>', -12.0),
    "pi": ("<pi/>", mathematics.pi),
    "e": ("<exponentiale/>", mathematics.e),
    "infinity": (apply("minus", "<infinity/>"), -mathematics.inf),
    "notanumber": ("<notanumber/>", NAN),
    "time": (apply("times", cn(2), TIME), 10.0),
    "avogadro": (TIME.replace("time", "avogadro"), 6.02214179e23),
    "chain": (apply("plus", apply("lt", Y, cn(0), X)), 1.0),
    "broken chain": (apply("plus", apply("lt", Y, X, cn(0))), 0.0),
    "chain of geq": (apply("plus", apply("geq", X, X, Y)), 1.0),
    "chain of eq": (apply("plus", apply("eq", X, X, Y)), 0.0),
    "lonely comparison": (apply("gt", X), 1.0),
    "neq": (apply("neq", X, Y), 1.0),
    "empty and": (apply("and"), 1.0),
    "empty or": (apply("or"), 0.0),
    "empty xor": (apply("xor"), 0.0),
    "xor of three": (apply("xor", TRUE, TRUE, TRUE), 1.0),
    "xor of conditions": (apply("xor", apply("lt", X, Y), apply("lt", Y, X)), 1.0),
    "not of a number": (apply("not", X), 0.0),
    "implies": (apply("implies", TRUE, FALSE), 0.0),
    "implied by false": (apply("implies", FALSE, FALSE), 1.0),
    "number as truth": (f"<piecewise><piece>{cn(5)}{X}</piece></piecewise>", 5.0),
    "truth as number": (apply("plus", TRUE, apply("gt", X, Y)), 2.0),
    "empty piecewise": ("<piecewise/>", NAN),
    "only otherwise": (f"<piecewise><otherwise>{X}</otherwise></piecewise>", 3.0),
    "no piece": (f"<piecewise><piece>{X}{FALSE}</piece></piecewise>", NAN),
    "first piece": (
        f"<piecewise><piece>{cn(1)}{TRUE}</piece><piece>{cn(2)}{TRUE}</piece></piecewise>",
        1.0,
    ),
    "piecewise of truths": (
        apply("not", f"<piecewise><piece>{FALSE}{TRUE}</piece></piecewise>"),
        1.0,
    ),
    "semantics": (f"<semantics>{X}<annotation-xml><b/></annotation-xml></semantics>", 3.0),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula(name: str) -> None:
    formula, expected = FORMULAS[name]
    assert value(formula, at=5.0) == pytest.approx(expected, rel=1e-14, nan_ok=True)


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "sinh", "cosh", "tanh"])
@pytest.mark.parametrize("x", [-2.5, -0.3, 0.4, 1.7])
def test_functions_of_angles_and_their_relatives(name: str, x: float) -> None:
    plain = getattr(mathematics, name)(x)
    assert value(apply(name, X), x=x) == pytest.approx(plain, rel=1e-13)
    inverse = {"sin": "csc", "cos": "sec", "tan": "cot"}[name[:3]] + name[3:]
    assert value(apply(inverse, X), x=x) == pytest.approx(1 / plain, rel=1e-13)
    back = getattr(mathematics, f"a{name}")(plain)
    assert value(apply(f"arc{name}", X), x=plain) == pytest.approx(back, rel=1e-12)
    assert value(apply(f"arc{inverse}", X), x=1 / plain) == pytest.approx(back, rel=1e-12)


def test_functions_nest_call_each_other_in_any_order_and_need_no_argument() -> None:
    defined = functions(
        outer=("a b", apply("plus", call("inner", ci("b")), ci("a"))),
        inner=("a", apply("times", ci("a"), call("two"))),
        two=("", cn(2)),
        less=("a b", apply("lt", ci("a"), ci("b"))),
        choice=(
            "a b c",
            f"<piecewise><piece>{ci('b')}{ci('a')}</piece>"
            f"<otherwise>{ci('c')}</otherwise></piecewise>",
        ),
    )
    assert value(call("outer", X, Y), defined) == 2.0
    assert value(call("inner", call("inner", X)), defined) == 12.0
    assert value(call("choice", call("less", Y, X), cn(5), cn(6)), defined) == 5.0
    assert value(call("choice", apply("lt", X, Y), cn(5), cn(6)), defined) == 6.0
    assert value(call("outer", apply("lt", Y, X), apply("lt", Y, X)), defined) == 3.0


def test_a_function_without_a_formula_may_stand_there_unused() -> None:
    assert (
        value(
            X, '<listOfFunctionDefinitions><functionDefinition id="f"/></listOfFunctionDefinitions>'
        )
        == 3.0
    )


def course(text: str, *outputs: str, stop: float = 2.0, **given: float) -> list[list[float]]:
    """Return the outputs at the times 0, 1/2 and the end."""
    system = read_sbml(text)
    times = [0.0, stop / 2, stop]
    return integrate(system, times=times, outputs=outputs, given=given).T.tolist()


HALF = apply("times", cn(0.5), ci("S"))


def test_a_concentration_falls_as_its_compartment_grows() -> None:
    grown = rules(rated={"C": cn(1)})
    text = sbml(
        compartments(C=1.0),
        species(S='initialConcentration="6"'),
        grown,
        reactions(reaction("J", reference("S"), "", cn(1.0))),
    )
    amount, concentration, meaning, size = course(text, "S.amount", "S.concentration", "S", "C")
    assert size == pytest.approx([1, 2, 3])
    assert amount == pytest.approx([6, 5, 4])
    assert concentration == meaning == pytest.approx([6, 5 / 2, 4 / 3])


def test_a_species_that_nothing_changes_keeps_its_amount_in_a_compartment_with_a_rule() -> None:
    text = sbml(
        compartments(C=None),
        species(S='initialAmount="6"'),
        rules(assigned={"C": apply("plus", TIME, cn(1))}),
    )
    assert read_sbml(text).states == ()
    assert course(text, "S.amount", "S") == [[6, 6, 6], [6, 3, 2]]


def test_an_amount_and_a_concentration_react_as_amounts() -> None:
    text = sbml(
        compartments(C=4.0),
        species(A='initialAmount="8" hasOnlySubstanceUnits="true"', S='initialAmount="4"'),
        reactions(reaction("J", reference("A"), reference("S"), cn(2))),
    )
    assert read_sbml(text).states == ("A", "S")
    assert course(text, "A", "S", "A.concentration", "S.amount", "J") == [
        pytest.approx(row) for row in ([8, 6, 4], [1, 1.5, 2], [2, 1.5, 1], [4, 6, 8], [2, 2, 2])
    ]


def test_the_size_of_a_compartment_can_be_set_and_initial_amounts_are_kept() -> None:
    text = sbml(
        compartments(C=4.0),
        species(S='initialAmount="4"', T='initialConcentration="4"'),
        reactions(reaction("J", reference("S"), reference("T"), cn(0))),
    )
    assert course(text, "S", "T", C=2.0) == [[2, 2, 2], [4, 4, 4]]
    assert course(text, "S", **{"S.initial": 7.0}) == [[7, 7, 7]]


def test_conversion_factors_of_model_and_species() -> None:
    text = sbml(
        compartments(C=1.0),
        species(A='initialAmount="0"', S='initialAmount="0" conversionFactor="y"'),
        parameters(x=2.0, y=5.0).replace("false", "true"),
        reactions(reaction("J", "", reference("A") + reference("S"), cn(1))),
        attributes='conversionFactor="x"',
    )
    assert course(text, "A", "S") == [pytest.approx([0, 2, 4]), pytest.approx([0, 5, 10])]


def test_local_parameters_hide_others_and_can_be_set() -> None:
    local = '<listOfLocalParameters><localParameter id="x" value="3"/></listOfLocalParameters>'
    text = sbml(
        compartments(C=1.0),
        species(S='initialAmount="0"'),
        parameters(x=1.0),
        reactions(reaction("J", "", reference("S"), X, local=local)),
    )
    assert course(text, "S", "J.x", "x") == [pytest.approx([0, 3, 6]), [3, 3, 3], [1, 1, 1]]
    assert course(text, "S", **{"J.x": 1.5}) == [pytest.approx([0, 1.5, 3])]


def test_boundary_and_constant_species_are_left_alone_by_reactions() -> None:
    text = sbml(
        compartments(C=1.0),
        species(S='initialAmount="4"', T='initialAmount="0"'),
        reactions(reaction("J", reference("S"), reference("T"), HALF)),
    ).replace(
        'id="S" compartment="C" boundaryCondition="false"',
        'id="S" compartment="C" boundaryCondition="true"',
    )
    assert read_sbml(text).states == ("T",)
    assert course(text, "S", "T") == [[4, 4, 4], pytest.approx([0, 2, 4])]


@pytest.mark.parametrize("level", ["2.1", "2.2", "2.3", "2.4", "2.5"])
def test_level_2_with_stoichiometry_as_a_formula(level: str) -> None:
    formula = f"<stoichiometryMath>{math(apply('plus', TIME, X))}</stoichiometryMath>"
    text = sbml(
        '<listOfCompartments><compartment id="C"/></listOfCompartments>',
        species(S='initialAmount="0"').replace(
            'compartment="C"', 'compartment="C" charge="1"' if level == "2.1" else 'compartment="C"'
        ),
        '<listOfParameters><parameter id="x" value="1"/></listOfParameters>',
        reactions(reaction("J", "", reference("S", "", formula), cn(1))),
        level=level,
    ).replace('<compartment id="C"/>', '<compartment id="C" size="1"/>')
    assert course(text, "S") == [pytest.approx([0, 1.5, 4])]


def test_level_2_defaults() -> None:
    text = sbml(
        '<listOfCompartments><compartment id="C" spatialDimensions="0"/></listOfCompartments>'
        '<listOfSpecies><species id="S" compartment="C" initialAmount="4"/></listOfSpecies>',
        reactions(
            f'<reaction id="J"><listOfReactants><speciesReference species="S"/>'
            f"</listOfReactants><kineticLaw>{math(HALF)}</kineticLaw></reaction>"
        ),
        level="2.4",
    )
    fallen = [4 * mathematics.exp(-t / 2) for t in (0, 1, 2)]
    assert course(text, "S", "S.amount") == [pytest.approx(fallen), pytest.approx(fallen)]
    assert "S.concentration" not in read_sbml(text).variables
    assert read_sbml(text).time_unit == "s"


@pytest.mark.parametrize("how", ["assigned", "rated", "started"])
def test_a_stoichiometry_with_an_id(how: str) -> None:
    more = {
        "assigned": rules(assigned={"n": apply("plus", TIME, cn(1))}),
        "rated": rules(rated={"n": cn(1)}),
        "started": starts(n=apply("plus", X, cn(1))),
    }[how]
    text = sbml(
        compartments(C=1.0),
        species(S='initialAmount="0"'),
        parameters(x=1.0, z=None),
        starts(z=ci("n")) if how == "assigned" else "",
        more,
        reactions(
            reaction("J", "", reference("S", 'id="n" stoichiometry="1" constant="false"'), cn(1))
        ),
    )
    expected = [0, 2, 4] if how == "started" else [0, 1.5, 4]
    assert course(text, "S") == [pytest.approx(expected)]
    assert course(text, "n") == [pytest.approx([2, 2, 2] if how == "started" else [1, 2, 3])]


def test_initial_assignments_in_any_order_through_rules_and_reactions() -> None:
    text = sbml(
        compartments(C=2.0),
        species(S='initialAmount="4"'),
        parameters(x=1.0, y=None, z=None, w=None),
        starts(z=apply("times", ci("y"), cn(2)), y=apply("plus", ci("J"), ci("w")), S=cn(3)),
        rules(assigned={"w": apply("times", ci("S"), cn(10))}),
        reactions(reaction("J", reference("S"), "", HALF)),
    )
    system = read_sbml(text)
    known = dict(zip(system.parameters, system.values.tolist(), strict=True))
    assert (known["y"], known["z"], known["S.initial"]) == (31.5, 63.0, 3.0)
    given = system.parameter_table(2, {"y": [1.0, 2.0]})
    assert given[:, system.parameters.index("z")].tolist() == [2.0, 4.0]


def test_rates_of_everything() -> None:
    text = sbml(
        compartments(C=1.0),
        species(S='initialConcentration="6"'),
        parameters(x=1.0, v=None, w=None, u=None, a=None, b=None),
        rules(
            assigned={
                "v": rate_of("S"),
                "w": rate_of("C"),
                "u": rate_of("x"),
                "a": apply("times", TIME, ci("C")),
                "b": rate_of("a"),
            },
            rated={"C": cn(1)},
        ),
        reactions(reaction("J", reference("S"), "", cn(1))),
    )
    v, w, u, b = course(text, "v", "w", "u", "b")
    size, amount = np.array([1, 2, 3]), np.array([6, 5, 4])
    assert v == pytest.approx(-1 / size - amount / size**2)
    assert (w, u) == ([1, 1, 1], [0, 0, 0])
    assert b == pytest.approx([1, 3, 5])


def test_a_rate_that_is_given_by_the_rate_of_another() -> None:
    text = sbml(
        parameters(x=0.0, y=1.0), rules(rated={"x": rate_of("y"), "y": apply("minus", ci("y"))})
    )
    fallen = np.exp(-np.array([0, 1, 2]))
    assert course(text, "x", "y") == [pytest.approx(fallen - 1), pytest.approx(fallen)]


def test_conditions_on_the_time_become_breaks() -> None:
    late = apply("gt", TIME, X)
    late = f"<piecewise><piece>{cn(2)}{late}</piece><otherwise>{cn(0)}</otherwise></piecewise>"
    text = sbml(parameters(x=1.5, y=0.0), rules(rated={"y": late}))
    system = read_sbml(text)
    breaks = system.graph.evaluate(system.breaks, {"x": 1.5})
    assert [float(b) for b in breaks] == [1.5]
    assert course(text, "y") == [pytest.approx([0, 0, 1])]
    assert course(text, "y", x=0.5) == [pytest.approx([0, 1, 3])]


def test_names_that_python_or_numpy_would_read_as_something_else() -> None:
    text = sbml(
        parameters(
            **{
                name: i + 1.0
                for i, name in enumerate(["nan", "inf", "time", "exp", "lambda", "pi", "t", "true"])
            }
        ),
        rules(rated={"nan": ci("lambda"), "time": ci("exp"), "t": ci("inf")}),
    )
    assert course(text, "nan", "time", "t") == [
        pytest.approx([1, 6, 11]),
        pytest.approx([3, 7, 11]),
        pytest.approx([7, 9, 11]),
    ]


def test_packages_that_need_not_be_understood_are_passed_over() -> None:
    space = "http://www.sbml.org/sbml/level3/version1/layout/version1"
    text = sbml(parameters(x=1.0)).replace(
        "<sbml ", f'<sbml xmlns:layout="{space}" layout:required="false" ', 1
    )
    assert read_sbml(text).parameters == ("x",)


def test_a_declared_encoding_and_a_mark_at_the_start_do_not_matter() -> None:
    text = '\ufeff<?xml version="1.0"\nencoding="UTF-16"?>\n' + sbml(parameters(x=1.0))
    system = read_sbml(text.replace('<model id="m"', '<model id="m" name="Modèle β"'))
    assert system.name == "Modèle β"


def test_units_are_labels() -> None:
    units = (
        '<listOfUnitDefinitions><unitDefinition id="u"><listOfUnits>'
        '<unit kind="mole" exponent="1" scale="-9" multiplier="1"/>'
        '<unit kind="litre" exponent="-1" scale="0" multiplier="1"/></listOfUnits></unitDefinition>'
        '<unitDefinition id="hour"><listOfUnits>'
        '<unit kind="second" exponent="1" scale="0" multiplier="3600"/></listOfUnits>'
        "</unitDefinition></listOfUnitDefinitions>"
    )
    text = sbml(
        units,
        parameters(x=1.0, y=2.0)
        .replace('id="x"', 'id="x" units="u"')
        .replace('id="y"', 'id="y" units="volt"'),
        rules(rated={"x": ci("y")}),
        attributes='timeUnits="hour"',
    )
    system = read_sbml(text)
    assert (system.units["x"], system.units["y"], system.time_unit) == ("nmol/L", "V", "h")
    assert system.units["x.initial"] == "nmol/L"


def test_what_is_asked_for_by_name_is_there() -> None:
    text = sbml(
        compartments(C=2.0),
        species(S='initialAmount="4"'),
        parameters(x=1.0),
        reactions(
            reaction("J", reference("S", 'id="n" stoichiometry="2" constant="true"'), "", HALF)
        ),
    )
    variables = read_sbml(text).variables
    assert set(variables) == {"S", "S.initial", "S.amount", "S.concentration", "C", "x", "J", "n"}
    assert not [name for name in variables if re.search(r"\$", name)]
    assert SYMBOLS not in "".join(variables)


def test_a_condition_on_the_time_that_is_no_straight_line_is_read_without_breaks() -> None:
    day = apply("gt", apply("sin", TIME), cn(0))
    text = sbml(
        parameters(x=0.0), rules(rated={"x": f"<piecewise><piece>{cn(1)}{day}</piece></piecewise>"})
    )
    assert read_sbml(text).breaks == ()


@pytest.mark.filterwarnings("error")
def test_division_by_nothing_is_infinite_without_a_warning() -> None:
    assert value(apply("divide", cn(1), cn(0))) == mathematics.inf
    assert value(apply("exp", cn(1e9))) == mathematics.inf
