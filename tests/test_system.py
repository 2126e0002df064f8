"""A system fills its tables, becomes smaller without a change of meaning, and knows its equals."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph
from reflexarc.kernel import Instant, Kernel, Line
from reflexarc.kernel.machine import CACHE
from reflexarc.system import Event, System
from small_systems import Symbols, build, decay, pulsed, robertson, run


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, "")


def rich() -> System:
    """Parameters made of parameters, a state that stays 0 unless touched, an event, a break."""

    def rates(s: Any) -> list[Any]:
        drug = s.drug / (s.drug + s.K)
        lit = (s.t < s.off).of("select", s.gain, 0.0)
        return [lit - s.k * s.x * (1.0 + drug), -s.c * s.drug, s.k * s.x - s.w, s.drug * s.shadow]

    system = build(
        {"x": 0, "drug": 0, "w": 0, "shadow": 0},
        {"k": 0.5, "K": 2.0, "gain": 3.0, "twice": 99.0, "off": 4.0, "c": 1.0},
        rates,
        variables=lambda s: {"effect": s.drug / (s.drug + s.K) + s.gain, "all": s.x + s.shadow},
        breaks=lambda s: [s.off],
    )
    s = Symbols(system.graph)
    return replace(
        system,
        initial=((s.twice + s.t).node, *system.initial[1:]),
        derived={"twice": (s.k * 2.0).node, "off": (s.twice * 4.0).node},
        units={"x": "mol"},
        events=(Event("push", times=(s.off.node,), assignments=(("w", (s.w + s.gain).node),)),),
    )


def test_a_table_has_what_is_given_and_what_follows_from_it() -> None:
    system = rich()
    usual = system.parameter_table(2)
    np.testing.assert_array_equal(usual, [[0.5, 2, 3, 1, 4, 1]] * 2)
    table = system.parameter_table(3, {"k": [1, 2, 3], "gain": 7})
    np.testing.assert_array_equal(
        table, [[1, 2, 7, 2, 8, 1], [2, 2, 7, 4, 16, 1], [3, 2, 7, 6, 24, 1]]
    )
    forced = system.parameter_table(1, {"k": 5, "twice": 1})
    np.testing.assert_array_equal(forced, [[5, 2, 3, 1, 4, 1]])
    initial = system.initial_table(table, start=0.25)
    np.testing.assert_array_equal(initial, [[v + 0.25, 0, 0, 0] for v in (2, 4, 6)])
    assert system.parameter_table(0).shape == (0, 6)
    assert system.initial_table(system.parameter_table(0)).shape == (0, 4)


def test_a_derived_parameter_may_know_the_start() -> None:
    system = decay()
    s = Symbols(system.graph)
    timed = replace(system, derived={"input": (s.t * 10.0 + s.k).node})
    table = timed.parameter_table(2, {"k": [1, 2]}, start=3.0)
    np.testing.assert_array_equal(table, [[1, 31], [2, 32]])


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(InputError, match=r"'gian'.*gain"):
        rich().parameter_table(1, {"gian": 1.0})


GRID = np.linspace(0, 6, 13)


def course(system: System, given: dict[str, float], names: list[str]) -> Any:
    compiled = Kernel.of(system, names)
    table = system.parameter_table(1, given)
    off = table[0, system.parameters.index("off")] if "off" in system.parameters else 4.0
    line = Line(0, 6, (Instant(off, event=0),))
    return run(compiled, line, GRID, given=given, rtol=1e-8, atol=1e-10).outputs[0]


@pytest.mark.parametrize("varying", [(), ("k",), ("k", "gain", "K"), ("c",)])
def test_what_never_changes_can_be_written_in(varying: tuple[str, ...]) -> None:
    system = rich()
    smaller = system.specialise(varying)
    assert smaller.states == ("x", "w")
    assert set(smaller.parameters) == {*varying, "twice", "off"}
    assert set(smaller.variables) == set(system.variables)
    given = {name: 1.25 for name in varying if name == "k"}
    names = ["x", "w", "effect", "all", "drug", "gain"]
    np.testing.assert_allclose(
        course(smaller, given, names), course(system, given, names), rtol=1e-6, atol=1e-8
    )


def test_a_state_that_an_edge_touches_stays() -> None:
    system = rich()
    assert system.specialise((), touched=["drug"]).states == ("x", "drug", "w")
    assert system.specialise((), touched=["shadow"]).states == ("x", "w", "shadow")
    assert system.specialise((), touched=["drug", "shadow"]).states == system.states


def test_what_wakes_up_by_itself_stays() -> None:
    chain = build(
        {"a": 0, "b": 0, "c": 0, "d": 0, "e": 0},
        {"feed": 1.0},
        lambda s: [s.feed * s.t, s.a, s.b * s.c, s.d * s.e, s.d],
    )
    assert chain.specialise(()).states == ("a", "b")
    off = replace(chain, values=np.zeros(1))
    assert off.specialise(()).states == ()
    assert off.specialise(("feed",)).states == ("a", "b")


def test_an_event_keeps_the_parameter_that_it_changes() -> None:
    system = decay()
    s = Symbols(system.graph)
    switched = replace(
        system, events=(Event("on", times=(), assignments=(("input", (s.k * 3.0).node),)),)
    )
    smaller = switched.specialise(())
    assert smaller.parameters == ("input",)
    (event,) = smaller.events
    assert smaller.graph.value(event.assignments[0][1]) == 3.0


def test_the_priority_of_an_event_is_written_in_too() -> None:
    system = decay()
    s = Symbols(system.graph)
    event = Event("e", times=(s.k.node,), assignments=(("x", s.k.node),), priority=s.input.node)
    (smaller,) = replace(system, events=(event,)).specialise(()).events
    nodes = [*smaller.times, smaller.priority, smaller.assignments[0][1]]
    assert [system.graph.value(node) for node in nodes] == [1.0, 0.0, 1.0]


# ---- digests


def digest(system: System, *names: str) -> str:
    return system.digest([system.variables[name] for name in names])


def test_equal_systems_have_equal_digests() -> None:
    assert digest(pulsed(), "A") == digest(pulsed(), "A")
    used = pulsed()
    before = digest(used, "A", "sum")
    Kernel.of(used, ["A"])  # leaves derivatives in the graph
    assert digest(used, "A", "sum") == before
    assert len(before) == 64


def test_whatever_code_depends_on_is_in_the_digest() -> None:
    system = rich()
    s, graph = Symbols(system.graph), system.graph
    push = system.events[0]
    others = [
        system,
        replace(system, rates=(*system.rates[:3], graph.number(0.5))),
        replace(system, rates=system.rates[::-1]),
        replace(system, states=("x", "drug", "w", "other")),
        replace(system, parameters=("K", "k", *system.parameters[2:])),
        replace(system, events=()),
        replace(system, events=(push, push)),
        replace(system, events=(replace(push, assignments=(("x", push.assignments[0][1]),)),)),
        replace(system, events=(replace(push, assignments=(("w", s.k.node),)),)),
    ]
    found = [digest(one, "effect") for one in others]
    found += [
        digest(system),
        digest(system, "x"),
        digest(system, "w", "x"),
        digest(system, "x", "w"),
    ]
    assert len(set(found)) == len(found)


def test_a_number_in_a_formula_is_in_the_digest_to_the_last_bit() -> None:
    one, two = (build({"x": 1}, {}, lambda s, v=v: [s.x * v]) for v in (0.1, np.nextafter(0.1, 1)))
    assert digest(one, "x") != digest(two, "x")


def test_values_are_not_in_the_digest() -> None:
    system = robertson()
    changed = replace(system, values=system.values * 2, name="other", time_unit="s")
    assert digest(changed, "x") == digest(system, "x")


def test_the_time_is_a_symbol_like_others() -> None:
    graph = Graph()
    assert graph.name(graph.symbol(TIME)) == TIME
