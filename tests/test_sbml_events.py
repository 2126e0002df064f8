"""Events whose instants are known before a run, beside libRoadRunner and with known answers."""

import math as mathematics

import antimony
import numpy as np
import pytest
import roadrunner

from reflexarc.sbml import read_sbml
from sbml_text import (
    TIME,
    apply,
    ci,
    cn,
    compartments,
    event,
    events,
    math,
    parameters,
    reaction,
    reactions,
    reference,
    rules,
    sbml,
    species,
)
from slow_integration import integrate

MODELS = {
    "a concentration and a parameter": """
        compartment C = 2; species S in C; S = 3; J: S -> ; k*S; k = 0.3;
        at (time >= 2): S = 5, k = 0.6""",
    "not yet at its own instant": "x = 1; x' = -x; at (time > 2.5): x = 2",
    "windows": """
        x = 0; x' = 1; at (time >= 2 && time < 3): x = 10; at (time < 1 || time >= 7): x = 20;
        at (!(time < 4)): x = 30; at (time >= 5 && time >= 5 && 2*time >= 10): x = x + 1""",
    "priorities": """
        x = 0; y = 0; x' = 1;
        at (time >= 3), priority = 1: x = 10; at (time >= 3), priority = 2: x = 20, y = x""",
    "values after the first": """
        x = 0; y = 0; x' = 1; at (time >= 3), priority = 2, fromTrigger = false: x = 20;
        at (time >= 3), priority = 1, fromTrigger = false: y = x""",
    "false before the start": """
        x = 0; y = 0; x' = 1; at (time >= 0), t0 = false: x = 10; at (time >= 0): y = 50""",
    "just after the start": "x = 0; x' = 1; at (time > 0): x = 10",
    "amounts in a compartment that is set": """
        compartment C = 2; substanceOnly species S in C; S = 3; species T in C; T = 1;
        J: S -> T; k*S; k = 0.3; at (time >= 2): C = 5; at (time >= 4): S = 7""",
    "instants from parameters": """
        t1 = 3; dt = 0.5; x = 1; x' = 1; at (time >= t1 + dt): x = 0.5;
        at (2*time - t1 > 7.25): x = 1; at (-time < -t1*2.1): x = 3""",
    "pulses": "x = 0; x' = piecewise(1, time >= 1 && time < 2, 2, time > 4, 0)",
    "a compartment with a rate": """
        compartment C = 2; species S in C; S = 3; C' = 0.5; J: S -> ; 0.2*S*C;
        at (time >= 2): S = 5; at (time >= 5): C = 1""",
    "a concentration with a rate": """
        compartment C = 2; species S in C; S = 3; S' = 0.5; at (time >= 5): C = 1""",
    "a boundary species": """
        compartment C = 2; species $B in C, S in C; B = 3; S = 0; J: B -> S; 0.1*B;
        at (time >= 5): B = 1""",
    "a compartment with a rule": """
        compartment C; species S in C; S = 3; p = 2; C := 2*p; J: S -> ; 0.2*S*C;
        at (time >= 5): p = 1; at (time >= 6): p = 3, S = 2""",
    "an instant from a rule": """
        x = 1; x' = -a; a := 0.2*x; late := 3*a0; a0 = 1.5; at (time >= late): x = a*3""",
}


@pytest.mark.parametrize("name", MODELS)
def test_events_happen_as_in_the_reference_engine(name: str) -> None:
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(f"model m\n{MODELS[name]}\nend") >= 0
    text = antimony.getSBMLString("m")
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    road = roadrunner.RoadRunner(text)
    core = road.model
    pools = [*core.getFloatingSpeciesIds(), *core.getBoundarySpeciesIds()]
    names = [*pools, *core.getGlobalParameterIds(), *core.getCompartmentIds()]
    road.timeCourseSelections = ["time", *names]
    road.integrator.setValue("relative_tolerance", 1e-11)
    road.integrator.setValue("absolute_tolerance", 1e-13)
    reference_course = np.array(road.simulate(0, 10, 101))
    system = read_sbml(text)
    outputs = [f"{name}.amount" if name in pools else name for name in names]
    found = integrate(system, times=reference_course[:, 0].tolist(), outputs=outputs)
    assert found == pytest.approx(reference_course[:, 1:], rel=1e-5, abs=1e-8)


def final(text: str, *outputs: str, at: float = 4.0) -> list[float]:
    times = [0.0, at]
    return integrate(read_sbml(text), times=times, outputs=outputs)[-1].tolist()


def after(time: float) -> str:
    return apply("geq", TIME, cn(time))


def test_a_concentration_keeps_its_amount_when_its_compartment_is_set() -> None:
    text = sbml(
        compartments(C=2.0),
        species(S='initialConcentration="3"', T='initialConcentration="1"'),
        reactions(reaction("J", reference("S"), reference("T"), cn(0))),
        events(event(after(1), C=cn(6))),
    )
    assert final(text, "S", "S.amount", "C") == pytest.approx([1, 6, 6])


def test_a_concentration_set_together_with_its_compartment_is_what_it_was_set_to() -> None:
    text = sbml(
        compartments(C=2.0),
        species(S='initialConcentration="3"'),
        events(event(after(1), S=cn(7), C=cn(6))),
    )
    assert final(text, "S", "S.amount", "C") == pytest.approx([7, 42, 6])


def test_a_stoichiometry_can_be_set() -> None:
    text = sbml(
        compartments(C=1.0),
        species(S='initialAmount="0"'),
        reactions(
            reaction("J", "", reference("S", 'id="n" stoichiometry="2" constant="false"'), cn(1))
        ),
        events(event(after(1), n=cn(5))),
    )
    assert final(text, "S", "n") == pytest.approx([17, 5])


def test_a_trigger_between_parameters_can_rise_or_never() -> None:
    text = sbml(
        parameters(x=0.0, a=1.0, b=2.0, slope=-1.0),
        rules(rated={"x": cn(0)}),
        events(
            event(
                apply("and", apply("geq", TIME, ci("a")), apply("lt", TIME, ci("b"))),
                x=apply("plus", ci("x"), cn(1)),
            ),
            event(
                apply("lt", apply("times", ci("slope"), TIME), cn(-3)),
                x=apply("plus", ci("x"), cn(10)),
            ).replace('id="E"', 'id="F"'),
        ),
    )
    system = read_sbml(text)

    def end(**given: float) -> float:
        return float(integrate(system, times=[0, 5], outputs=["x"], given=given)[-1, 0])

    assert end() == 11
    assert end(b=0.5) == 10
    assert end(b=1.0) == 10
    assert end(slope=1.0) == 1
    assert end(slope=0.0) == 1


def test_one_instant_of_several_comparisons_counts_once() -> None:
    trigger = apply("or", apply("and", after(1), after(1)), apply("gt", TIME, cn(1)))
    text = sbml(parameters(x=0.0), events(event(trigger, x=apply("plus", ci("x"), cn(1)))))
    assert final(text, "x") == [1]
    system = read_sbml(text)
    assert sum(len(e.times) for e in system.events) == 1


@pytest.mark.parametrize(
    ("trigger", "first", "happens"),
    [
        (after(0), "true", False),
        (after(0), "false", True),
        ("<true/>", "true", False),
        ("<true/>", "false", True),
        (apply("gt", TIME, cn(0)), "true", True),
        (apply("lt", TIME, cn(2)), "false", True),
        (apply("lt", TIME, cn(2)), "true", False),
        (after(-1), "true", False),
        (after(-1), "false", True),
        (apply("eq", TIME, cn(2)), "true", True),
        (apply("neq", TIME, cn(2)), "true", True),
        (apply("xor", after(2), after(3)), "true", True),
    ],
)
def test_what_happens_at_the_start_and_at_a_point(trigger: str, first: str, happens: bool) -> None:
    text = sbml(
        parameters(x=0.0),
        events(event(trigger, first=first, x=apply("plus", ci("x"), cn(1)))),
    )
    assert final(text, "x") == [float(happens)]


def test_level_2_events_need_no_id_and_were_true_before_the_start() -> None:
    part = event(after(0), x=cn(5)) + event(after(1), x=cn(7))
    part = part.replace('id="E" useValuesFromTriggerTime="true"', "")
    part = part.replace(' initialValue="true" persistent="true"', "")
    text = sbml(
        '<listOfParameters><parameter id="x" value="0" constant="false"/></listOfParameters>',
        events(part),
        level="2.4",
    )
    assert [e.id for e in read_sbml(text).events] == ["event 1", "event 2"]
    assert final(text, "x", at=0.5) == [0]
    assert final(text, "x") == [7]


def test_a_delay_of_nothing_and_an_event_without_a_formula_are_accepted() -> None:
    none = '<event id="F" useValuesFromTriggerTime="true"/>'
    text = sbml(
        parameters(x=0.0),
        events(event(after(1), inside=f"<delay>{math(cn(0))}</delay>", x=cn(5)), none),
    )
    assert final(text, "x") == [5]


def test_an_instant_is_exact_where_the_comparison_would_round() -> None:
    text = sbml(
        parameters(x=0.0, a=0.1, b=0.2),
        events(event(apply("geq", TIME, apply("plus", ci("a"), ci("b"))), x=cn(1))),
    )
    system = read_sbml(text)
    known = {"a": 0.1, "b": 0.2}
    (times,) = (e.times for e in system.events)
    assert float(system.graph.evaluate(times, known)[0]) == 0.1 + 0.2
    assert mathematics.isinf(float(system.graph.evaluate(times, {"a": np.inf, "b": 0.0})[0]))
