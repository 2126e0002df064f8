"""The reference engine against SciPy, and the rules about edges."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from reflexarc.errors import InputError, NumericalError
from reflexarc.reference import instrument, simulate_animal
from toy_model import STATES, VALUES, ToyEdge, ToyTimeline, pulsed, rates, toy


def run(timeline: ToyTimeline, times, outputs=STATES, **options):
    return simulate_animal(model=toy(), timeline=timeline, times=times, outputs=outputs, **options)


def by_scipy(timeline: ToyTimeline, times, multipliers, method="Radau"):
    """Integrate the hand-written equations piece by piece; `times` lie inside the timeline."""
    values = {k: v * multipliers.get(k, 1.0) for k, v in (VALUES | timeline.initial).items()}
    state = solve_ivp(
        rates, (0, 240), [0, 0, 2, 0], "Radau", args=(values,), rtol=1e-11, atol=1e-12
    ).y[:, -1]
    state[3] = 0.0
    now, result = timeline.start, []
    stops = [*timeline.edges, ToyEdge(timeline.stop)]
    for edge in stops:
        inside = [t for t in times if now < t <= edge.time]
        if edge.time > now:
            answer = solve_ivp(
                rates,
                (now, edge.time),
                state,
                method,
                t_eval=[*inside, edge.time] if edge.time not in inside else inside,
                args=(values,),
                rtol=1e-10,
                atol=1e-12,
            )
            result += list(answer.y.T[: len(inside)])
            state = answer.y[:, -1].copy()
        values |= edge.set
        for name, amount in edge.add.items():
            state[STATES.index(name)] += amount
        now = edge.time
    return np.array(result)


@pytest.mark.parametrize("method", ["Radau", "LSODA"])
def test_same_as_scipy(method: str):
    multipliers = {"k_TNF": 1.7, "k_LPS": 0.8, "leak": 0.5}
    timeline = replace(pulsed("leg", 1.0), initial={"d_TNF": 1.5})
    times = np.array([-0.25, -0.1, 0.0, 0.5, 1.5, 2.0, 2.001, 7.0, 24.0])
    ours = run(timeline, times, multipliers=multipliers, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        ours, by_scipy(timeline, times, multipliers, method), rtol=1e-5, atol=1e-8
    )


def test_rates_are_the_equations():
    engine = instrument(toy().sbml)
    state = dict(zip(STATES, (1.3, 0.4, 17.0, 0.1), strict=True))
    ours = engine.rates(np.array([state[name] for name in engine.states]), {"pulse": 0.6})
    theirs = rates(0.0, np.array(list(state.values())), VALUES | {"pulse": 0.6})
    np.testing.assert_allclose(
        [ours[engine.states.index(name)] for name in STATES], theirs, rtol=1e-12
    )


def test_value_at_an_edge_is_the_one_before_it():
    timeline = pulsed("leg", 1.0, dose=4.0)
    before, at, after = run(timeline, [-1e-3, 0.0, 1e-6], ["LPS"])[:, 0]
    assert before == at == 0.0
    assert after == pytest.approx(4.0, rel=1e-5)
    assert run(timeline, [-0.25], ["firing"])[0, 0] == 1.0
    assert run(timeline, [-0.2499], ["firing"])[0, 0] == 2.0


def test_edge_at_the_start_and_rest_before_it():
    timeline = ToyTimeline("a", (ToyEdge(0.0, {}, {"LPS": 2.0}),), start=0.0, stop=3.0)
    x = run(timeline, [-5.0, 0.0, 1.0, 3.0, 4.0], ["LPS"])[:, 0]
    assert x[:2].tolist() == [0.0, 0.0]
    assert x[2:4] == pytest.approx(2 * np.exp(-0.7 * np.array([1.0, 3.0])), rel=1e-5)
    assert np.isnan(x[4])


def test_edges_at_one_instant_apply_in_order():
    twice = ToyTimeline(
        "a", (ToyEdge(0, {"pulse": 1.0}, {"LPS": 1.0}), ToyEdge(1e-12, {"pulse": 0.5}, {"LPS": 1}))
    )
    assert run(twice, [0.001], ["firing", "LPS"])[0] == pytest.approx([1.5, 2.0], rel=1e-3)


@given(cut=st.floats(0.05, 23.9), strength=st.floats(0, 3))
@settings(deadline=None, max_examples=25)
def test_cutting_a_segment_in_two_changes_nothing(cut: float, strength: float):
    whole = pulsed("a", strength)
    parts = sorted([*whole.edges, ToyEdge(cut)], key=lambda edge: edge.time)
    times = [0.5, 1.5, 2.5, 6.0, 24.0]
    np.testing.assert_allclose(
        run(whole, times), run(replace(whole, edges=tuple(parts)), times), rtol=1e-5, atol=1e-7
    )


@given(shift=st.floats(-300, 300))
@settings(deadline=None, max_examples=25)
def test_shifting_all_times_changes_nothing(shift: float):
    times = np.array([-0.1, 0.5, 2.0, 9.0])
    np.testing.assert_allclose(
        run(pulsed("a", 1.0), times),
        run(pulsed("a", 1.0, shift=shift), times + shift),
        rtol=1e-5,
        atol=1e-7,
    )


def test_points_asked_for_do_not_change_the_others():
    sparse = run(pulsed("a", 1.0), [1.5, 24.0])
    dense = run(pulsed("a", 1.0), np.linspace(-1, 24, 1001))
    np.testing.assert_allclose(sparse[0], dense[100], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(sparse[1], dense[-1], rtol=1e-5, atol=1e-7)


def test_history_of_the_instrument_leaves_no_trace():
    first = run(pulsed("a", 1.0), [1.5, 6.0])
    run(pulsed("b", 3.0), [2.0], multipliers={"k_TNF": 3.0}, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(first, run(pulsed("a", 1.0), [1.5, 6.0]))


def test_an_animal_that_differs_starts_settled():
    resting = run(ToyTimeline("a"), [-1.0, 24.0], ["TNF", "hazard"], multipliers={"leak": 2.0})
    assert resting[:, 0] == pytest.approx(100 * 0.08 / 2.0, rel=1e-6)
    assert resting[:, 1] == pytest.approx(0.0)


def test_infusion():
    timeline = ToyTimeline(
        "a", (ToyEdge(0, {"infusion_LPS": 1.4}), ToyEdge(20, {"infusion_LPS": 0.0}))
    )
    at = run(timeline, [0.0, 20.0, 21.0], ["LPS"])[:, 0]
    assert at == pytest.approx([0, 2.0 * (1 - np.exp(-14)), 2.0 * np.exp(-0.7)], rel=1e-5)


def test_failure_names_arm_animal_and_time(capfd: pytest.CaptureFixture[str]):
    with pytest.raises(NumericalError, match=r"arm 'leg', animal 7: .* 0 h and 2 h"):
        run(pulsed("leg", 1.0), [5.0], multipliers={"k_LPS": -400.0}, animal=7)
    assert capfd.readouterr().err == ""


def test_unknown_words_are_refused():
    with pytest.raises(InputError, match="'TFN'; did you mean 'TNF'"):
        run(ToyTimeline("a"), [1.0], ["TFN"])
    with pytest.raises(InputError, match="parameter of the model 'k_TNP'"):
        run(ToyTimeline("a", initial={"k_TNP": 1.0}), [1.0])
    with pytest.raises(InputError, match="parameter of the model 'brake'"):
        run(ToyTimeline("a", initial={"brake": 1.0}), [1.0])
    with pytest.raises(InputError, match="state 'LPZ'"):
        run(ToyTimeline("a", (ToyEdge(0, {}, {"LPZ": 1.0}),)), [1.0])
    with pytest.raises(InputError, match="increase"):
        run(ToyTimeline("a"), [1.0, 1.0])


def test_the_real_model_same_as_scipy():
    """SciPy's Radau on the same right-hand side agrees with CVODE across every edge."""
    from reflexarc.biology import assemble
    from reflexarc.protocol import Experiment
    from reflexarc.timeline import build_timelines

    experiment = Experiment.from_mapping(
        {
            "title": "cross",
            "challenge": {"LPS": "5 mg/kg"},
            "arms": {
                "leg": {
                    "electroacupuncture": {
                        "site": "ST36",
                        "current": "3 mA",
                        "frequency": "10 Hz",
                        "pulse width": "50 us",
                        "duration": "15 min",
                        "at": "-15 min",
                    }
                }
            },
            "measure": ["TNF at 6 h"],
        }
    )
    (timeline,) = build_timelines(experiment)
    model = assemble()
    engine = instrument(model.sbml)
    times = np.array([-0.1, 0.0, 0.5, 1.5, 6.0])
    ours = simulate_animal(
        model=model, timeline=timeline, times=times, outputs=engine.states, rtol=1e-9, atol=1e-11
    )
    now, values = timeline.start, dict(timeline.initial)
    (state,) = simulate_animal(model=model, timeline=timeline, times=[now], outputs=engine.states)
    theirs = []
    for edge in [*timeline.edges, ToyEdge(timeline.stop)]:
        inside = [t for t in times if now < t <= edge.time]
        if edge.time > now:
            answer = solve_ivp(
                lambda _, y, values=values: engine.rates(y, values),
                (now, edge.time),
                state,
                "Radau",
                t_eval=sorted({*inside, edge.time}),
                rtol=1e-8,
                atol=1e-10,
            )
            theirs += list(answer.y.T[: len(inside)].copy())
            state, now = answer.y[:, -1].copy(), edge.time
        values |= edge.set
        for name, amount in edge.add.items():
            state[engine.states.index(name)] += amount
    scale = np.abs(np.array(theirs)).max(axis=0) + 1e-6
    np.testing.assert_allclose(ours / scale, np.array(theirs) / scale, atol=1e-5, rtol=1e-5)
    assert ours[3, engine.states.index("TNF")] > 10


def test_the_real_model_rests():
    """Without inputs the typical animal stays where the model starts."""
    from reflexarc.biology import assemble

    engine = instrument(assemble().sbml)
    quiet = ToyTimeline("rest", start=0.0, stop=168.0)
    at = simulate_animal(
        model=assemble(), timeline=quiet, times=[0.0, 168.0], outputs=engine.states
    )
    moved = np.abs(at[1] - at[0]) / (np.abs(at[0]) + 1e-3)
    worst = engine.states[int(moved.argmax())]
    assert moved.max() < 0.02, f"{worst} moved from {at[0].max():g}"
