"""Files that are wrong, unreadable or meant to do harm: one sentence, in bounded time."""

import time

import pytest

from reflexarc.errors import InputError
from reflexarc.sbml import read_sbml
from sbml_text import (
    TIME,
    apply,
    call,
    ci,
    cn,
    compartments,
    event,
    events,
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

BOMB = """<?xml version="1.0"?>
<!DOCTYPE sbml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="&b;"/>
</sbml>"""
OUTSIDE = BOMB.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"')
X = parameters(x=1.0, y=1.0)


def assigned(formula: str, *, before: str = "", level: str = "3.2") -> str:
    """Return a model in which x is a formula."""
    return sbml(before, X, rules(assigned={"x": formula}), level=level)


def rated(formula: str, *more: str) -> str:
    """Return a model in which the rate of x is a formula."""
    return sbml(X, rules(rated={"x": formula}), *more)


def nested(depth: int) -> str:
    return "<apply><sin/>" * depth + ci("y") + "</apply>" * depth


def package(name: str, required: str) -> str:
    space = f"http://www.sbml.org/sbml/level3/version1/{name}/version1"
    text = sbml(X)
    return text.replace("<sbml ", f'<sbml xmlns:p="{space}" p:required="{required}" ', 1)


def doubling(count: int) -> str:
    """Return functions of which each calls the one before twice."""
    chain = {"f0": ("a", apply("sin", ci("a")))}
    for i in range(1, count):
        inner = call(f"f{i - 1}", ci("a"))
        chain[f"f{i}"] = ("a", call(f"f{i - 1}", apply("plus", inner, cn(i))))
    return functions(**chain)


def on_species(*parts: str) -> str:
    return sbml(compartments(C=1.0), species(S='initialAmount="1"'), *parts)


WRONG = {
    "nothing": ("", "the file is empty"),
    "white space": (" \n ", "the file is empty"),
    "no XML": ("k1 = 0.5;", ":1: not well-formed XML: syntax error"),
    "cut off": (sbml(X)[:-30], "not well-formed XML: "),
    "nul": (sbml(X).replace("value", "\0"), "not well-formed XML"),
    "not Unicode": (sbml(X) + "\ud800", "the file is not valid Unicode text"),
    "other XML": ("<html><body/></html>", ":1: not SBML: the file begins with <html>"),
    "bomb": (BOMB, ":2: a document type (DOCTYPE) and its entities are not read"),
    "outside": (OUTSIDE, ":2: a document type (DOCTYPE) and its entities are not read"),
    "level 1": (
        '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model/></sbml>',
        "sbml: SBML level 1 version 2 is not read; convert it to level 2",
    ),
    "level 4": (
        '<sbml xmlns="http://www.sbml.org/sbml/level4/version1/core" level="4" version="1"/>',
        "sbml: SBML level 4 version 1 is not read",
    ),
    "no model": (sbml().replace('<model id="m" ></model>', ""), "sbml: the file holds no model"),
    "empty model": (sbml(), "the model is empty"),
    "comp": (package("comp", "true"), "comp: the model needs the SBML package 'comp'"),
    "unknown package": (
        package("magic", "true"),
        "magic: the model needs the SBML package 'magic'",
    ),
    "deep": (rated(nested(100_000)), "elements are nested more than 1,000 deep"),
    "deep notes": (
        sbml(f"<notes>{'<p>' * 5000}{'</p>' * 5000}</notes>", X),
        "elements are nested more than 1,000 deep",
    ),
    "long sum": (rated(apply("plus", ci("y") * 30_000)), "a formula has more than 20,000 terms"),
    "million": (
        rated(apply("plus", *[apply("times", ci("y") * 999)] * 1001)),
        "the formulas have more than 500,000 elements",
    ),
    "doubling": (
        assigned(call("f59", ci("y")), before=doubling(60)),
        ": the model is too large once its formulas are put into each other",
    ),
    "too many names": (
        sbml(parameters(**{f"p{i}": 1.0 for i in range(20_001)})),
        "the model has more than 20,000 ids",
    ),
    "circle of rules": (
        sbml(X, rules(assigned={"x": apply("plus", ci("y"), cn(1)), "y": ci("x")})),
        "formulas need each other in a circle: ",
    ),
    "rule of itself": (assigned(apply("plus", ci("x"), cn(1))), "x: formulas need each other"),
    "circle of starts": (
        sbml(X, starts(x=ci("y"), y=apply("sin", ci("x")))),
        "initial values need each other in a circle: ",
    ),
    "circle of functions": (
        assigned(
            call("f", ci("y")),
            before=functions(f=("a", call("g", ci("a"))), g=("a", call("f", ci("a")))),
        ),
        "functions call each other in a circle: ",
    ),
    "function of itself": (
        assigned(call("f", ci("y")), before=functions(f=("a", call("f", ci("a"))))),
        "f: functions call each other in a circle: f > f",
    ),
    "circle of rates": (
        sbml(X, rules(rated={"x": rate_of("y"), "y": rate_of("x")})),
        "formulas need each other in a circle: rateOf ",
    ),
    "circle of a reaction": (
        sbml(
            compartments(C=1.0),
            species(S='initialAmount="1"'),
            X,
            rules(assigned={"x": ci("J")}),
            reactions(reaction("J", reference("S"), "", ci("x"))),
        ),
        "formulas need each other in a circle: ",
    ),
    "exponent of cn": (
        assigned('<cn type="e-notation">1<sep/>99999999999999999999</cn>'),
        "'1 99999999999999999999' is too large for a number",
    ),
    "huge cn": (assigned("<cn>1e999</cn>"), "'1e999' is too large for a number"),
    "huge integer": (
        assigned(f'<cn type="integer">{"9" * 5000}</cn>'),
        "is too large for a number",
    ),
    "large integer": (
        assigned('<cn type="integer">9999999999</cn>'),
        "'9999999999' is too large for whole numbers; write it as a real",
    ),
    "no number": (assigned("<cn>one</cn>"), "'one' is not a number of type 'real'"),
    "half number": (assigned('<cn type="rational">1</cn>'), "'1' is not a number of type"),
    "broken whole": (assigned('<cn type="integer">1.5</cn>'), "'1.5' is not made of whole numbers"),
    "huge value": (
        sbml(X).replace('value="1.0"', 'value="1e400"', 1),
        "x: value '1e400' is too large for a number",
    ),
    "word for value": (
        sbml(X).replace('value="1.0"', 'value="one"', 1),
        "x: value 'one' is not a number",
    ),
    "nan that is used": (
        sbml(parameters(x=1.0, k=float("nan")), rules(rated={"x": ci("k")})).replace("nan", "NaN"),
        "k: 'k' has no value, and the equations need one",
    ),
    "no value": (
        sbml(parameters(x=1.0, k=None), rules(rated={"x": apply("times", ci("k"), ci("x"))})),
        "k: 'k' has no value, and the equations need one",
    ),
    "no start": (
        sbml(parameters(x=None), rules(rated={"x": cn(1)})),
        "x: 'x' has no initial value, and the equations need one",
    ),
    "no size": (
        sbml(
            compartments(C=None),
            species(S='initialAmount="1"'),
            reactions(reaction("J", reference("S"), "", ci("S"))),
        ),
        "C: 'C' has no value, and the equations need one",
    ),
    "no id": (sbml(X).replace('id="x"', ""), "not valid SBML: "),
    "bad id": (sbml(X).replace('id="x"', 'id="1x"'), "The syntax of 'id' attribute"),
    "id twice": (
        sbml(X).replace('id="y"', 'id="x"'),
        "x: the id 'x' is given twice: to a parameter and to a parameter",
    ),
    "unknown symbol": (
        assigned(ci("yy")),
        "x: unknown symbol in a formula 'yy'; did you mean 'y'?",
    ),
    "unknown function": (
        assigned(call("half", ci("y")), before=functions(halve=("a", ci("a")))),
        "x: unknown function 'half'; did you mean 'halve'?",
    ),
    "unknown variable": (
        sbml(X, rules(assigned={"z": cn(1)})),
        "z: unknown variable 'z'; known are x, y",
    ),
    "unknown compartment": (
        on_species().replace('compartment="C"', 'compartment="D"'),
        "S: unknown compartment 'D'; known is C",
    ),
    "unknown species": (
        on_species(reactions(reaction("J", reference("T"), "", cn(1)))),
        "J: unknown species 'T'; known is S",
    ),
    "free word in a function": (
        assigned(call("f", ci("y")), before=functions(f=("a", ci("y")))),
        "f: the function 'f' has no argument 'y'",
    ),
    "few arguments": (
        assigned(call("f", ci("y")), before=functions(f=("a b", ci("a")))),
        "x: the function 'f' takes 2 arguments, not 1",
    ),
    "many arguments": (
        assigned(apply("sin", ci("y"), ci("y"))),
        "x: 'sin' takes 1 arguments, not 2",
    ),
    "unknown operator": (assigned(apply("curl", ci("y"))), "curl"),
    "constant": (
        sbml(X.replace("false", "true"), rules(rated={"x": cn(1)})),
        "x: 'x' is constant, so that a rule can't change it",
    ),
    "two rules": (
        sbml(X, rules(assigned={"x": cn(1)}, rated={"x": cn(2)})),
        "x",
    ),
    "rule and start": (
        sbml(X, starts(x=cn(1)), rules(assigned={"x": cn(2)})),
        "x: 'x' has an initial assignment and an assignment rule",
    ),
    "rate that is missing": (
        sbml(
            compartments(C=1.0),
            species(S='initialAmount="1"'),
            X,
            rules(rated={"x": ci("J")}),
            reactions(reaction("J", reference("S"), "", "")),
        ),
        "J: the reaction 'J' has no rate, so that 'x' can't be computed",
    ),
    "stoichiometry that is missing": (
        on_species(reactions(reaction("J", reference("S", 'constant="true"'), "", cn(1)))),
        "J: the stoichiometry of 'S' in 'J' is not given",
    ),
    "algebraic rule": (
        sbml(X, f"<listOfRules><algebraicRule>{math(ci('x'))}</algebraicRule></listOfRules>"),
        "algebraicRule: algebraic rules are not read",
    ),
    "fast": (
        sbml(
            compartments(C=1.0),
            species(S='initialAmount="1"'),
            reactions(reaction("J", reference("S"), "", cn(1), more='fast="true"')),
            level="3.1",
        ),
        "J: fast reactions are not read",
    ),
    "delay": (
        assigned(
            apply(TIME.replace("time", "delay"), ci("y"), cn(1)),
        ),
        "x: delays (the csymbol 'delay') are not read",
    ),
    "event with a delay": (
        rated(
            cn(1),
            events(
                event(apply("gt", TIME, cn(1)), inside=f"<delay>{math(cn(2))}</delay>", y=cn(2))
            ),
        ),
        "E: events with a delay are not read",
    ),
    "event of a state": (
        rated(cn(1), events(event(apply("gt", ci("x"), cn(2)), y=cn(2)))),
        "E: its trigger depends on the state 'x'; such events are not read",
    ),
    "event of an event": (
        rated(cn(1), events(event(apply("gt", TIME, ci("y")), y=apply("plus", ci("y"), cn(2))))),
        "E: its trigger depends on 'y', which the event 'E' sets; such events are not read",
    ),
    "event of a wave": (
        rated(cn(1), events(event(apply("gt", apply("sin", TIME), cn(0)), y=cn(2)))),
        "E: its trigger is not linear in time; such events are not read",
    ),
    "event on a rule": (
        sbml(X, rules(assigned={"x": TIME}), events(event(apply("gt", TIME, cn(1)), x=cn(2)))),
        "E: 'x' has an assignment rule, so that no event can set it",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(name: str) -> None:
    text, said = WRONG[name]
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_sbml(text, file="model.xml")
    assert time.perf_counter() - start < 20
    assert said in str(caught.value)
    assert str(caught.value).startswith("model.xml:")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 420
