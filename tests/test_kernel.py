"""One run at a time: the kernel takes the twin's steps, crosses edges, and is compiled once."""

import os
import platform
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reflexarc.errors import InputError
from reflexarc.expression import Graph
from reflexarc.kernel import (
    STATUS,
    Change,
    Instant,
    Kernel,
    Line,
    Settings,
    Timetable,
    machine,
)
from reflexarc.kernel.methods import METHODS
from reflexarc.kernel.twin import Pace
from reflexarc.system import Event, System
from small_systems import (
    adds,
    build,
    decay,
    growth,
    kernel,
    outputs_of,
    paced,
    place_of,
    pulsed,
    run,
    sets,
    system,
    twin,
)

Array = NDArray[np.float64]


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.CACHE, "")


# ---- step by step with the twin


def pulses() -> Line:
    one = system("pulsed")
    return Line(
        0.0,
        5.0,
        (
            Instant(1.0),
            sets(one, 1.7, k=1.3),
            adds(one, 2.0, A=4.0),
            sets(one, 2.0, K=0.9),
            Instant(2.5),
            adds(one, 3.1, B=1.0),
        ),
    )


LINES = {"Robertson": Line(0.0, 400.0), "van der Pol": Line(0.0, 60.0), "pulsed": pulses()}
USUAL = Pace()
OTHER = Pace(weight=0.6, safety=0.8, growth=3.0, shrinkage=0.4, reach=1.05, first=0.05, blind=1e-5)
PAIRS = [
    *(("pulsed", rule, USUAL) for rule in METHODS),
    *(("van der Pol", rule, USUAL) for rule in METHODS if rule != "tsit5"),
    ("Robertson", "rodas5p", USUAL),
    ("Robertson", "rodas4", USUAL),
    ("pulsed", "rodas5p", OTHER),
    ("pulsed", "tsit5", OTHER),
    ("van der Pol", "rodas4", OTHER),
]


@pytest.mark.parametrize(("name", "rule", "pace"), PAIRS)
@pytest.mark.parametrize("after", [False, True])
def test_the_kernel_takes_the_steps_of_the_twin(
    name: str, rule: str, pace: Pace, after: bool
) -> None:
    if after and name != "pulsed":
        return
    one, line = system(name), LINES[name]
    grid = np.union1d(np.linspace(line.start, line.stop, 37), [i.time for i in line.instants])
    compiled = paced(one, rule, pace)
    fast = run(compiled, line, grid, log=10_000, rtol=1e-6, atol=1e-9, after=after)
    slow = twin(one, line, grid, rule=rule, pace=pace, rtol=1e-6, atol=1e-9, sample_after=after)

    assert same_steps(fast.log, slow.steps)
    assert fast.status.tolist() == [slow.status] == [0]
    assert fast.ended[0] == slow.time == line.stop
    accepted = sum(step.accepted for step in slow.steps)
    assert fast.steps.tolist() == [[accepted, len(slow.steps) - accepted]]
    states = fast.outputs[0, :, : len(one.states)]
    np.testing.assert_allclose(states, slow.values, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fast.final[0], slow.final, rtol=1e-9, atol=1e-12)


def same_steps(log: Array, steps: Any) -> bool:
    """Check a log of one run against the twin's."""
    expected = np.array([[s.time, s.size, s.error, s.accepted] for s in steps])
    assert len(log) == len(expected)
    assert not log[:, 0].any()
    np.testing.assert_array_equal(log[:, 4], expected[:, 3])
    np.testing.assert_allclose(log[:, 1], expected[:, 0], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(log[:, 2], expected[:, 1], rtol=1e-5)
    known = np.isfinite(expected[:, 2])
    np.testing.assert_allclose(log[known, 3], expected[known, 2], rtol=1e-4, atol=1e-4)
    return True


def test_rejected_steps_are_among_those_compared() -> None:
    compiled = paced(system("van der Pol"), "rodas5p", USUAL)
    (good, bad) = run(compiled, LINES["van der Pol"], []).steps[0]
    assert good > 100
    assert bad > 10


def root() -> System:
    """Falls faster and faster to 0, at 2/3, where there is no further; `k` = 0 rests."""
    return build({"x": 1}, {"k": 1.0}, lambda s: [-s.k / s.x.of("sqrt")])


def vast() -> System:
    """Reaches the largest number there is at a steady rate."""
    return build({"x": 1e308, "w": 1}, {"k": 1e308}, lambda s: [s.k, -s.w])


@pytest.mark.parametrize("rule", ["rodas5p", "rodas4", "tsit5"])
@pytest.mark.parametrize("name", ["growth", "root"])
def test_the_kernel_fails_where_and_why_the_twin_does(name: str, rule: str) -> None:
    one, values = {
        "growth": (growth(), [4.0, 0.8, np.nan, np.inf]),
        "root": (root(), [1.0, 3.0]),
    }[name]
    compiled, line = Kernel.of(one, ["x"], method_name=rule), Line(0, 2)
    for k in values:
        fast = run(compiled, line, [0, 0.1, 2], given={"k": k})
        slow = twin(one, line, [0, 0.1, 2], given={"k": k}, rule=rule)
        assert fast.status.tolist() == [slow.status], k
        assert fast.status[0] > 0
        assert fast.ended[0] == pytest.approx(slow.time, rel=1e-5), k
        np.testing.assert_array_equal(np.isnan(fast.outputs[0, :, 0]), np.isnan(slow.values[:, 0]))
        assert np.isnan(fast.outputs[0, -1]).all()
        assert np.isfinite(fast.final).all()
    rule_of_steps = paced(system("van der Pol"), rule, USUAL)
    fast = run(rule_of_steps, LINES["van der Pol"], [], max_steps=30)
    slow = twin(system("van der Pol"), LINES["van der Pol"], [], rule=rule, step_limit=30)
    assert fast.status.tolist() == [slow.status] == [1]
    assert fast.ended[0] == pytest.approx(slow.time, rel=1e-6)


@pytest.mark.parametrize("rule", ["rodas5p", "rodas4", "tsit5"])
def test_what_becomes_infinite_is_no_success(rule: str) -> None:
    """An infinite state allows any error, relative to itself."""
    found = run(Kernel.of(vast(), ["x"], method_name=rule), Line(0, 2), [2.0])
    assert found.status.tolist() == [3]
    assert np.isfinite(found.final).all()
    assert np.isnan(found.outputs).all()


def test_the_project_s_own_model_takes_the_steps_of_the_twin() -> None:
    from reflexarc.biology import assemble
    from reflexarc.compiled import system_of

    one = system_of(assemble().sbml)
    assert len(one.states) > 20
    target = next(name for name in one.states if name.startswith("LPS"))
    line = Line(-1.0, 6.0, (adds(one, 0.0, **{target: 5.0}), Instant(2.0)))
    grid = [-1.0, 0.0, 0.5, 3.0, 6.0]
    fast = run(paced(one, "rodas5p", USUAL), line, grid, log=2_000, rtol=1e-6, atol=1e-9)
    slow = twin(one, line, grid, pace=USUAL, rtol=1e-6, atol=1e-9)
    assert len(slow.steps) > 50
    assert same_steps(fast.log, slow.steps)
    states = fast.outputs[0, :, : len(one.states)]
    np.testing.assert_allclose(states, slow.values, rtol=1e-7, atol=1e-10)


# ---- edges


def exact(x: float, k: float, source: float, time: float) -> float:
    """Return the solution of x' = source - k x."""
    rest = source / k
    return rest + (x - rest) * float(np.exp(-k * time))


def follow(
    *instants: Instant, grid: Any, start: float = 0.0, stop: float = 2.0, **more: Any
) -> tuple[Array, Array]:
    """Return the values of x at the grid and the final one, for x' = input - x, x(start) = 1."""
    found = run(kernel("decay"), Line(start, stop, instants), grid, rtol=1e-9, atol=1e-12, **more)
    assert found.status.tolist() == [0]
    return found.outputs[0, :, 0], found.final[0, 0]


ONE = decay()


@pytest.mark.parametrize("after", [False, True])
def test_a_parameter_is_set_and_a_state_added_to(after: bool) -> None:
    values, final = follow(
        sets(ONE, 0.5, input=3.0), adds(ONE, 1.0, x=2.0), grid=[0.5, 1.0, 1.5, 2.0], after=after
    )
    at_half = exact(1, 1, 0, 0.5)
    at_one = exact(at_half, 1, 3, 0.5)
    behind = exact(at_one + 2, 1, 3, 0.5), exact(at_one + 2, 1, 3, 1.0)
    np.testing.assert_allclose(values, [at_half, at_one + 2 * after, *behind], rtol=1e-8)
    assert final == pytest.approx(behind[1], rel=1e-8)


def test_a_state_is_set_and_a_parameter_added_to() -> None:
    values, _ = follow(
        sets(ONE, 0.5, x=7.0), adds(ONE, 1.0, k=1.0), sets(ONE, 1.0, x=7.0), grid=[1.0, 1.5, 2.0]
    )
    expected = [exact(7, 1, 0, 0.5), exact(7, 2, 0, 0.5), exact(7, 2, 0, 1.0)]
    np.testing.assert_allclose(values, expected, rtol=1e-8)


def test_what_happens_at_one_instant_happens_in_turn() -> None:
    x = place_of(ONE, "x")
    both = (Change(x, 5.0), Change(x, 2.0, adds=True))
    for changes, expected in ((both, 7.0), (both[::-1], 5.0)):
        at_once = follow(Instant(1.0, changes), grid=[1.0], after=True)
        in_turn = follow(*(Instant(1.0, (c,)) for c in changes), grid=[1.0], after=True)
        nearly = follow(
            Instant(1.0, changes[:1]), Instant(1.0 + 5e-10, changes[1:]), grid=[1.0], after=True
        )
        assert at_once[0] == in_turn[0] == nearly[0] == [expected]
        assert at_once[1] == in_turn[1] == nearly[1]


def test_an_edge_at_the_start_comes_behind_the_values_of_the_start() -> None:
    edge = adds(ONE, 0.0, x=4.0)
    before, _ = follow(edge, grid=[-3.0, 0.0, 1.0])
    behind, _ = follow(edge, grid=[-3.0, 0.0, 1.0], after=True)
    later = exact(5, 1, 0, 1)
    np.testing.assert_allclose(before, [1, 1, later], rtol=1e-8)
    np.testing.assert_allclose(behind, [5, 5, later], rtol=1e-8)


def test_an_edge_before_the_start_happens_at_it() -> None:
    values, _ = follow(sets(ONE, -7.0, input=2.0), adds(ONE, -1.0, x=4.0), grid=[0.0, 1.0])
    np.testing.assert_allclose(values, [1, exact(5, 1, 2, 1)], rtol=1e-8)


def test_an_edge_at_the_stop_still_happens_and_one_behind_it_does_not() -> None:
    edges = adds(ONE, 2.0, x=4.0), adds(ONE, 2.1, x=100.0)
    end = exact(1, 1, 0, 2)
    before, final = follow(*edges, grid=[2.0, 2.05, 3.0])
    np.testing.assert_allclose(before, [end, np.nan, np.nan], rtol=1e-8)
    assert final == pytest.approx(end + 4, rel=1e-8)
    behind, same = follow(*edges, grid=[2.0, 2.05, 3.0], after=True)
    np.testing.assert_allclose(behind, [end + 4, np.nan, np.nan], rtol=1e-8)
    assert same == final


def test_times_beside_an_edge_belong_to_it() -> None:
    near = 4e-10
    grid = [-near, near, 1 - near, 1.0, 1 + near, 1.5, 2 + near, 2.1]
    edges = sets(ONE, 1.0, x=10.0), sets(ONE, 2.0, x=20.0)
    last = exact(10, 1, 0, 1)
    first, middle = exact(1, 1, 0, 1), exact(10, 1, 0, 0.5)
    before, _ = follow(*edges, grid=grid)
    expected = [1, 1, first, first, first, middle, last, np.nan]
    np.testing.assert_allclose(before, expected, rtol=1e-8)
    behind, _ = follow(*edges, grid=grid, after=True)
    np.testing.assert_allclose(behind, [1, 1, 10, 10, 10, middle, 20, np.nan], rtol=1e-8)


def test_a_run_of_no_length_reports_its_start() -> None:
    edge = adds(ONE, 0.0, x=4.0)
    before, final = follow(edge, grid=[-1.0, 0.0, 1.0], stop=0.0)
    np.testing.assert_array_equal(before, [1, 1, np.nan])
    behind, _ = follow(edge, grid=[-1.0, 0.0, 1.0], stop=0.0, after=True)
    np.testing.assert_array_equal(behind, [5, 5, np.nan])
    assert final == 5


def test_the_time_of_an_output_is_that_of_the_grid() -> None:
    grid = np.linspace(-0.5, 2.0, 41)
    found = run(kernel("decay"), Line(-0.5, 2.0, (Instant(0.3),)), grid)
    np.testing.assert_allclose(found.outputs[0, :, 2], grid, atol=1e-15)
    np.testing.assert_array_equal(found.outputs[0, :, 1], 2 * found.outputs[0, :, 0])


def test_instants_at_which_nothing_happens_change_nothing_beyond_the_tolerance() -> None:
    grid = np.linspace(0, 400, 21)
    compiled = kernel("Robertson")
    whole = run(compiled, Line(0, 400), grid, rtol=1e-8, atol=1e-12)
    cuts = tuple(Instant(t) for t in (1e-3, 0.3, 7.0, 7.5, 20.0, 133.3, 399.0))
    parts = run(compiled, Line(0, 400, cuts), grid, rtol=1e-8, atol=1e-12)
    assert parts.steps.sum() > whole.steps.sum()
    np.testing.assert_allclose(parts.outputs, whole.outputs, rtol=2e-7, atol=1e-12)


def test_a_grid_changes_no_step() -> None:
    compiled, line = kernel("van der Pol"), LINES["van der Pol"]
    few, many = (run(compiled, line, grid, log=5_000) for grid in ([60.0], np.arange(0, 60.5, 0.5)))
    np.testing.assert_array_equal(few.log, many.log)
    np.testing.assert_array_equal(few.outputs[0, -1], many.outputs[0, -1])


def test_a_start_far_from_zero_changes_nothing() -> None:
    near, _ = follow(adds(ONE, 1.0, x=2.0), grid=[0.5, 1.5, 2.0])
    for shift in (-700.0, 5000.0):
        far, _ = follow(
            adds(ONE, shift + 1.0, x=2.0),
            grid=np.array([0.5, 1.5, 2.0]) + shift,
            start=shift,
            stop=shift + 2.0,
        )
        np.testing.assert_allclose(far, near, rtol=1e-8)


# ---- conditions on the time


def windows() -> System:
    """Three windows that open and close at instants, each written with another comparison."""

    def rates(s: Any) -> list[Any]:
        inside = (s.on <= s.t) & (s.t < s.off)
        strictly = (s.on < s.t) & (s.t <= s.off)
        outside = inside.of("not")
        return [test.of("select", s.v, 0.0) for test in (inside, strictly, outside)]

    return build(
        {"a": 0, "b": 0, "c": 0},
        {"on": 1.0, "off": 2.5, "v": 3.0},
        rates,
        variables=lambda s: {"lit": ((s.on <= s.t) & (s.t < s.off)).of("select", 1.0, 0.0)},
        breaks=lambda s: [s.on, s.off],
    )


def test_conditions_on_the_time_are_judged_in_the_middle_of_a_segment() -> None:
    one = windows()
    compiled = Kernel.of(one, outputs_of(one))
    grid = np.linspace(0, 4, 33)
    found = run(compiled, Line(0, 4, (Instant(1.0), Instant(2.5))), grid)
    inside = 3.0 * np.clip(grid - 1.0, 0, 1.5)
    np.testing.assert_allclose(found.outputs[0, :, 0], inside, atol=1e-13)
    np.testing.assert_allclose(found.outputs[0, :, 1], inside, atol=1e-13)
    np.testing.assert_allclose(found.outputs[0, :, 2], 3.0 * grid - inside, atol=1e-13)
    assert found.steps[0, 1] == 0


def test_conditions_on_the_time_in_an_output_are_judged_at_its_own_time() -> None:
    one = windows()
    compiled = Kernel.of(one, ["lit"])
    grid = np.linspace(0, 4, 33)
    for after in (False, True):
        found = run(compiled, Line(0, 4, (Instant(1.0), Instant(2.5))), grid, after=after)
        np.testing.assert_array_equal(found.outputs[0, :, 0], (grid >= 1.0) & (grid < 2.5))


def test_an_edge_may_move_a_window() -> None:
    one = windows()
    edges = (Instant(1.0), sets(one, 2.0, off=3.5, v=2.0), Instant(3.5))
    found = run(Kernel.of(one, ["a"]), Line(0, 4, edges), [4.0])
    assert found.outputs[0, 0, 0] == pytest.approx(3.0 + 3.0, abs=1e-12)


# ---- events of the model


def eventful() -> System:
    """Two states that decay; events swap them, multiply a parameter, and look at the time."""

    def events(s: Any) -> list[Event]:
        def of(name: str, **assignments: Any) -> Event:
            return Event(name, (), tuple((k, v.node) for k, v in assignments.items()))

        return [
            of("swap", x=s.y, y=s.x),
            of("faster", k=s.k * 2.0, y=s.y + s.t),
            of("refill", x=(s.y < s.x).of("select", s.x**2.0, s.y**s.k)),
        ]

    return build(
        {"x": 3.0, "y": 1.0}, {"k": 0.5}, lambda s: [-s.k * s.x, s.k * s.x * 0.0], events=events
    )


def test_events_assign_what_held_before_them() -> None:
    one = eventful()
    compiled = Kernel.of(one, ["x", "y", "k"])
    line = Line(
        0, 3, (Instant(1.0, event=0), Instant(2.0, event=1), Instant(2.0, event=2), Instant(2.5))
    )
    found = run(compiled, line, [1.0, 2.0, 3.0], rtol=1e-9, atol=1e-12, after=True)
    x, y = 3 * np.exp(-0.5), 1.0
    x, y = y, x
    rows = [[x, y, 0.5]]
    x *= np.exp(-0.5)
    y += 2.0
    x = y**1.0 if not y < x else x**2
    rows += [[x, y, 1.0], [x * np.exp(-1.0), y, 1.0]]
    np.testing.assert_allclose(found.outputs[0], rows, rtol=1e-8)


def test_changes_of_an_instant_come_before_its_event() -> None:
    one = eventful()
    edge = Instant(1.0, (Change(place_of(one, "y"), 40.0),), event=0)
    found = run(Kernel.of(one, ["x", "y"]), Line(0, 1, (edge,)), [], rtol=1e-9)
    np.testing.assert_allclose(found.final[0], [40.0, 3 * np.exp(-0.5)], rtol=1e-7)


# ---- odd models


def test_a_model_without_states_has_outputs() -> None:
    one = build({}, {"a": 2.0}, lambda s: [], variables=lambda s: {"v": s.a * s.t})
    line = Line(0, 3, (sets(one, 1.0, a=5.0),))
    found = run(Kernel.of(one, ["v"]), line, [0.0, 0.5, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(found.outputs[0, :, 0], [0, 1, 2, 10, 15], rtol=1e-14)
    assert found.status.tolist() == [0]


def test_a_model_without_parameters_runs() -> None:
    one = build({"x": 1.0}, {}, lambda s: [-s.x])
    found = run(Kernel.of(one, ["x"]), Line(0, 1), [1.0], rtol=1e-9)
    assert found.outputs[0, 0, 0] == pytest.approx(np.exp(-1), rel=1e-8)


def test_a_rate_that_is_a_truth_value_or_zero_or_a_parameter() -> None:
    one = build(
        {"x": 0, "y": 2, "z": 1},
        {"r": 4.0},
        lambda s: [(s.y < s.x).of("not").of("select", 1.0, 0.0), 0.0, s.r],
        variables=lambda s: {"flag": s.x < s.y},
    )
    found = run(Kernel.of(one, ["x", "y", "z", "flag"]), Line(0, 1), [0.5, 1.0])
    np.testing.assert_allclose(found.outputs[0], [[0.5, 2, 3, 1], [1, 2, 5, 1]], rtol=1e-12)


def test_a_tolerance_of_each_state_counts() -> None:
    compiled = kernel("decay")
    loose = run(compiled, Line(0, 2), [], rtol=1e-12, atol=[1e-2], log=500)
    tight = run(compiled, Line(0, 2), [], rtol=1e-12, atol=1e-9, log=500)
    assert loose.steps.sum() < tight.steps.sum()
    two = kernel("pulsed")
    same = run(two, Line(0, 2), [2.0], atol=[1e-7, 1e-7])
    np.testing.assert_array_equal(same.outputs, run(two, Line(0, 2), [2.0], atol=1e-7).outputs)
    one_sided = [run(two, Line(0, 2), [2.0], atol=a).outputs for a in ([1e-7, 1e-3], [1e-3, 1e-7])]
    assert (one_sided[0] != one_sided[1]).any()


def test_a_tighter_tolerance_gives_a_smaller_error() -> None:
    for rule in METHODS:
        compiled = kernel("decay", rule)
        errors = [
            abs(run(compiled, Line(0, 2), [2.0], rtol=r, atol=r).outputs[0, 0, 0] - np.exp(-2))
            for r in (1e-4, 1e-7, 1e-10)
        ]
        assert errors[0] < 1e-3, rule
        assert errors[1] < 1e-5, rule
        assert errors[2] < 1e-8, rule
        assert errors[0] > 10 * errors[2], rule


# ---- single precision


def test_single_precision_is_good_to_1e_4() -> None:
    worst = 0.0
    for name in ("pulsed", "Robertson", "decay"):
        line, scale = LINES.get(name, Line(0, 3)), {"Robertson": 1e-5}.get(name, 1e-2)
        grid = np.linspace(line.start, line.stop, 25)
        wide = run(kernel(name), line, grid, rtol=1e-10, atol=1e-12 * scale)
        narrow = run(kernel(name, single=True), line, grid, rtol=1e-4, atol=1e-4 * scale)
        assert narrow.status.tolist() == [0]
        assert narrow.steps.sum() < wide.steps.sum() / 3
        error = np.abs(narrow.outputs - wide.outputs) / (np.abs(wide.outputs) + scale)
        worst = max(worst, float(error.max()))
    assert 1e-9 < worst < 5e-4


def test_the_time_is_kept_in_double_precision() -> None:
    compiled = kernel("decay", single=True)
    start = 1e6
    grid = start + np.array([0.25, 0.5, 0.75])
    found = run(compiled, Line(start, start + 1), grid, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.outputs[0, :, 0], np.exp(-(grid - start)), rtol=3e-4)
    assert found.ended[0] == start + 1


# ---- machine code


@pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="ELF alone")
def test_code_reaches_what_lies_anywhere_in_memory(folder: Path) -> None:
    import llvmlite.binding as llvm

    Kernel.of(decay(), ["x"])
    (file,) = folder.iterdir()
    code = file.read_bytes()[32:].partition(b"\n")[2]
    found = set()
    for section in llvm.object_file.ObjectFileRef.from_data(code).sections():
        if (section.name() or b"").startswith(b".rela"):
            found |= {kind for _, kind, _, _ in struct.iter_unpack("<QIIq", section.data())}
    assert found
    assert found <= {1, 24}  # R_X86_64_64 and R_X86_64_PC64


# ---- the cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "deep" / "cache"
    monkeypatch.setenv(machine.CACHE, str(place))
    return place


def value_of(compiled: Kernel) -> float:
    return float(run(compiled, Line(0, 1), [1.0], rtol=1e-9).outputs[0, 0, 0])


def test_a_kernel_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Kernel.of(decay(), ["x"])
    assert first.binary.seconds > 0
    (file,) = folder.iterdir()
    monkeypatch.setattr(machine, "assembled", None)  # whoever compiles now fails
    again = Kernel.of(decay(), ["x"])
    assert again.binary.seconds == 0
    assert again.binary.facts == first.binary.facts
    assert value_of(again) == value_of(first) == pytest.approx(np.exp(-1))
    assert list(folder.iterdir()) == [file]


@pytest.mark.parametrize("kind", ["cut", "empty", "flipped", "facts", "text"])
def test_a_damaged_file_is_compiled_anew(folder: Path, kind: str) -> None:
    first = Kernel.of(decay(), ["x"])
    (file,) = folder.iterdir()
    good = file.read_bytes()
    file.write_bytes(
        {
            "cut": good[: len(good) // 2],
            "empty": b"",
            "flipped": good[:-100] + bytes([good[-100] ^ 1]) + good[-99:],
            "facts": good[:40] + b"9" + good[41:],
            "text": b"not a kernel\n" * 10,
        }[kind]
    )
    again = Kernel.of(decay(), ["x"])
    assert again.binary.seconds > 0
    assert value_of(again) == value_of(first)
    assert file.read_bytes()[:32] == good[:32]
    assert Kernel.of(decay(), ["x"]).binary.seconds == 0


def test_without_a_place_for_the_cache_it_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    for place in (blocked, blocked / "below", ""):
        monkeypatch.setenv(machine.CACHE, str(place))
        assert value_of(Kernel.of(decay(), ["x"])) == pytest.approx(np.exp(-1))
    assert list(tmp_path.iterdir()) == [blocked]


def test_a_full_disk_leaves_no_rubbish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "replace", refuse)
    assert value_of(Kernel.of(decay(), ["x"])) == pytest.approx(np.exp(-1))
    assert list(folder.iterdir()) == []


def test_what_differs_has_its_own_file(folder: Path) -> None:
    other = build({"x": 1}, {"k": 1.0, "input": 0.0}, lambda s: [s.input - s.k * s.x * 2.0])
    kernels = [
        Kernel.of(decay(), ["x"]),
        Kernel.of(decay(), ["double"]),
        Kernel.of(decay(), ["x", "double"]),
        Kernel.of(decay(), ["double", "x"]),
        Kernel.of(decay(), ["x"], method_name="rodas4"),
        Kernel.of(decay(), ["x"], method_name="rodas5pe"),
        Kernel.of(decay(), ["x"], method_name="tsit5"),
        Kernel.of(decay(), ["x"], width=2),
        Kernel.of(decay(), ["x"], single=True),
        Kernel.of(decay(), ["x"], single=True, width=2),
        paced(decay(), "rodas5p", OTHER),
        Kernel.of(other, ["x"]),
    ]
    assert all(one.binary.seconds > 0 for one in kernels)
    assert len(list(folder.iterdir())) == len(kernels)
    np.testing.assert_allclose(
        [value_of(one) for one in kernels],
        np.exp([*[-1] * 11, -2]) * [1, 2, 1, 2, *[1] * 8],
        rtol=1e-4,
    )


def test_values_of_parameters_need_no_new_code(folder: Path) -> None:
    Kernel.of(pulsed(), ["A"])
    changed = pulsed()
    changed.values[:] *= 2.0
    assert Kernel.of(changed, ["A"]).binary.seconds == 0


def test_a_new_generator_or_processor_misses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel.of(decay(), ["x"])
    monkeypatch.setattr(machine, "GENERATOR", "another")
    assert Kernel.of(decay(), ["x"]).binary.seconds > 0
    assert Kernel.of(decay(), ["x"]).binary.seconds == 0


def test_every_status_has_words() -> None:
    assert len(set(STATUS)) == 6
    assert STATUS[0] == "done"
    assert isinstance(Graph(), Graph)


# ---- what is refused before generated code runs


@pytest.mark.parametrize(
    "line",
    [
        Line(0, np.inf),
        Line(-np.inf, 2),
        Line(2, 1),
        Line(0, 2, (Instant(np.nan),)),
        Line(0, 2, (Instant(1.5), Instant(0.5))),
    ],
)
def test_times_that_lead_nowhere_are_refused(line: Line) -> None:
    with pytest.raises(InputError, match="finite, and in order"):
        run(kernel("decay"), line, [0.0, 1.0])


@pytest.mark.parametrize("grid", [[0.0, np.nan], [1.0, 0.0], [np.inf]])
def test_a_grid_that_leads_nowhere_is_refused(grid: list[float]) -> None:
    with pytest.raises(InputError, match="finite and increase"):
        run(kernel("decay"), Line(0, 1), grid)


@pytest.mark.parametrize(
    "settings",
    [{"rtol": -1.0}, {"rtol": np.nan}, {"atol": 0.0}, {"max_steps": 0}, {"patience": np.nan}],
)
def test_settings_without_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the kernel can't run this"):
        Settings(**settings)


def test_an_exact_number_of_steps_is_enough() -> None:
    free = run(kernel("decay"), Line(0, 1), [1.0])
    needed = int(free.steps.sum())
    assert run(kernel("decay"), Line(0, 1), [1.0], max_steps=needed).status.tolist() == [0]
    assert run(kernel("decay"), Line(0, 1), [1.0], max_steps=needed - 1).status.tolist() == [1]


def test_tables_that_do_not_fit_are_refused() -> None:
    one = kernel("decay")
    good = {"timetable": Timetable.of([Line(0, 1)]), "grid": [1.0], "settings": Settings()}
    for parameters, initial, line in (
        (np.ones((1, 9)), np.ones((1, 1)), [0]),
        (np.ones((1, 1)), np.ones((1, 4)), [0]),
        (np.ones((1, 1)), np.ones((1, 1)), [3]),
        (np.ones((2, 1)), np.ones((1, 1)), [0]),
    ):
        with pytest.raises(InputError, match="the kernel can't run this"):
            one.run(parameters=parameters, initial=initial, line=np.array(line), **good)


def test_the_cache_keeps_what_was_used_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REFLEXARC_CACHE", str(tmp_path))
    monkeypatch.setattr("reflexarc.kernel.machine.MOST_KEPT", 3)
    for k in range(5):
        old = tmp_path / f"old-{k}"
        old.touch()
        os.utime(old, (k, k))
    Kernel.of(decay(), ["x"])
    kept = {path.name for path in tmp_path.iterdir()}
    assert len(kept) == 3
    assert {"old-3", "old-4"} < kept
