import json
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflexarc import biology, experiments
from reflexarc.biology.tables import inputs
from reflexarc.protocol import Experiment
from reflexarc.timeline import Timeline, build_timelines

Arm = dict[str, Any]

NEEDLE: Arm = {
    "site": "ST36",
    "current": "0.5 mA",
    "frequency": "10 Hz",
    "pulse width": "50 us",
    "duration": "15 min",
    "at": "-15 min",
}
LPS: Arm = {"LPS": "4 mg/kg", "route": "i.p.", "at": "0 h"}


def needle(**fields: object) -> Arm:
    return {**NEEDLE, **{key.replace("_", " "): value for key, value in fields.items()}}


def experiment(arms: Mapping[str, Arm], **fields: object) -> Experiment:
    base = {"title": "Test", "challenge": LPS, "measure": ["TNF at 90 min", "survival for 7 d"]}
    return Experiment.from_mapping({**base, "arms": dict(arms), **fields})


def timeline(band: Any = "central", **arm: object) -> Timeline:
    plain = {key.replace("_", " "): value for key, value in arm.items()}
    return build_timelines(experiment({"one": plain}), band=band)[0]


def values(line: Timeline) -> list[tuple[float, dict[str, float]]]:
    """The inputs that are not 0 from each edge on, without edges that change nothing."""
    now: dict[str, float] = {}
    course: list[tuple[float, dict[str, float]]] = []
    for edge in line.edges:
        now = {**now, **edge.set}
        acting = {key: value for key, value in now.items() if value != 0}
        if not course or course[-1][1] != acting:
            course.append((edge.time, acting))
    return course


def added(line: Timeline) -> list[tuple[float, dict[str, float]]]:
    return [(edge.time, dict(edge.add)) for edge in line.edges if edge.add]


def at(line: Timeline, time: float) -> dict[str, float]:
    """All inputs at a time that have been set by then."""
    now: dict[str, float] = dict(line.initial)
    for edge in line.edges:
        if edge.time <= time:
            now |= edge.set
    return now


# What an arm becomes


def test_a_needle_before_lps() -> None:
    line = timeline(electroacupuncture=NEEDLE)
    on, off = line.edges
    assert (on.time, off.time, line.start, line.stop) == (-0.25, 0.0, -0.25, 168.0)
    assert on.set["pulse_rate_hind"] == 10.0
    assert on.set["recruited_PROKR2_hind"] > 0
    assert not on.add
    assert set(off.set) == set(on.set)
    assert set(off.set.values()) == {0.0}
    assert off.add == {"LPS_peritoneum": 4.0}
    assert line.initial == {}
    assert "ST36 0.5 mA 10 Hz on" in on.label
    assert "LPS 4 mg/kg i.p." in off.label


def test_every_name_at_an_edge_is_an_input_or_a_state_of_the_model() -> None:
    known = {row.id for row in inputs()} | {row.parameter for row in biology.hypotheses()}
    states = {state.id for state in biology.states()}
    for name in experiments.names():
        for line in build_timelines(Experiment.load(name)):
            assert set(line.initial) <= known
            for edge in line.edges:
                assert set(edge.set) <= known
                assert set(edge.add) <= states


def test_every_lesion_and_every_agent_has_its_place_in_the_model() -> None:
    known = {row.id for row in inputs()}
    states = {state.id for state in biology.states()}
    lesions = {row.parameter for row in biology.lesions() if row.parameter}
    assert lesions | {row.parameter for row in biology.cord()} <= known
    agents = {row.state for row in biology.agents() if not row.refused}
    assert agents <= states
    assert {f"infusion_{state}" for state in agents} <= known


def test_overlapping_stimuli_are_worked_out_together() -> None:
    line = timeline(
        electroacupuncture=[needle(at="-30 min", duration="20 min"), needle(at="-15 min")]
    )
    times = [edge.time for edge in line.edges]
    assert times == pytest.approx([-0.5, -0.25, -1 / 6, 0.0])
    alone, both, second = (at(line, time)["recruited_AB_hind"] for time in (-0.4, -0.2, -0.1))
    assert alone == second > 0
    assert both == pytest.approx(2 * alone)
    assert at(line, 0.0)["recruited_AB_hind"] == 0.0


def test_infusions_add_up_and_end() -> None:
    dose = {"adrenaline": "1 mg/kg/h", "route": "i.v.", "duration": "2 h"}
    line = timeline(doses=[{**dose, "at": "-1 h"}, {**dose, "at": "0 h"}])
    rate = biology.agents
    unit = next(a for a in rate() if a.name == "adrenaline" and a.route == "i.v.").amount(1.0)
    course = [at(line, time).get("infusion_A", 0.0) for time in (-1.0, 0.0, 1.0, 2.0)]
    assert course == pytest.approx([unit, 2 * unit, unit, 0.0])


def test_a_challenge_by_infusion() -> None:
    line = timeline(challenge={"LPS": "2 ug/kg/h", "route": "i.v.", "at": "0 h", "duration": "4 h"})
    assert values(line) == [(0.0, {"infusion_LPS_blood": pytest.approx(2e-3)}), (4.0, {})]
    assert added(line) == []


def test_boluses_at_one_instant_add_up() -> None:
    dose = {"LPS": "1 mg/kg", "route": "i.p.", "at": "0 h"}
    assert added(timeline(doses=[dose, dose])) == [(0.0, {"LPS_peritoneum": 6.0})]


def test_repeats() -> None:
    line = timeline(
        electroacupuncture=needle(
            at="-49 h", duration="30 min", repeat={"every": "24 h", "times": 3}
        )
    )
    on = [edge.time for edge in line.edges if edge.set.get("pulse_rate_hind")]
    assert on == [-49.0, -25.0, -1.0]


def test_isoflurane_during_stimulation_covers_sham_needles_too() -> None:
    line = timeline(
        electroacupuncture=needle(current="0 mA"), anaesthesia="isoflurane during stimulation"
    )
    assert values(line) == [(-0.25, {"isoflurane_inspired": 1.5}), (0.0, {})]


def test_overlapping_anaesthesia_counts_once_at_its_deepest() -> None:
    given_twice = [
        {"isoflurane": "1 %", "at": "0 h", "duration": "2 h"},
        {"isoflurane": "2 %", "at": "1 h", "duration": "2 h"},
    ]
    line = timeline(anaesthesia=given_twice, challenge="none")
    inspired = [(time, now.get("isoflurane_inspired", 0.0)) for time, now in values(line)]
    assert inspired == [(0.0, 1.0), (1.0, 2.0), (3.0, 0.0)]


def test_knock_outs_are_there_before_the_start_and_surgery_is_an_edge() -> None:
    line = timeline(lesions=["D1", "PROKR2 sensory neurons", "splenectomy"])
    assert line.initial == {"present_D1": 0.0, "present_PROKR2": 0.0}
    assert line.edges[0].time == line.start == -72.0
    assert line.edges[0].set == {"present_spleen": 0.0, "intact_splenic_nerve": 0.0}


def test_one_side_is_half_and_both_sides_are_all() -> None:
    left = timeline(lesions=["left splanchnic nerves"])
    assert at(left, 0)["intact_splanchnic"] == 0.5
    twice = timeline(lesions=["left splanchnic nerves", "left splanchnic nerves"])
    assert at(twice, 0)["intact_splanchnic"] == 0.5
    both = timeline(
        lesions=["left splanchnic nerves", {"name": "right splanchnic nerves", "at": "-1 h"}]
    )
    assert [at(both, time)["intact_splanchnic"] for time in (-72, -1)] == [0.5, 0.0]


def test_a_lesion_that_is_there_from_the_start_stays_when_another_side_follows() -> None:
    line = timeline(
        lesions=[
            {"name": "left splanchnic nerves", "at": "from the start"},
            {"name": "right splanchnic nerves", "at": "-1 h"},
        ]
    )
    assert line.initial == {"intact_splanchnic": 0.5}
    assert [edge.set for edge in line.edges if edge.time == -1.0] == [{"intact_splanchnic": 0.0}]


def test_other_hypotheses_hold_from_before_the_start_and_default_ones_set_nothing() -> None:
    assert timeline(hypotheses={"dopamine source": "AADC activity"}).initial == {}
    other = timeline(hypotheses={"dopamine source": "release gain"})
    assert other.initial == {"is_AADC_hypothesis": 0.0}


def test_survival_counts_from_the_challenge_of_the_arm() -> None:
    arms = {"early": {}, "late": {"challenge": {"at": "5 h"}}, "none": {"challenge": "none"}}
    early, late, none = build_timelines(experiment(arms))
    assert (early.stop, late.stop, none.stop) == (168.0, 173.0, 168.0)
    assert none.edges == ()
    assert none.start == 0.0


def test_a_measurement_before_the_first_edge_is_in_the_timeline() -> None:
    line = build_timelines(experiment({"one": {}}, measure=["TNF at -2 h, 1 h"]))[0]
    assert (line.start, line.stop) == (-2.0, 1.0)


def test_things_at_one_instant_become_one_edge_lesions_first() -> None:
    line = timeline(
        electroacupuncture=needle(at="-15 min"),
        lesions=[{"name": "splenectomy", "at": "-15 min"}],
        doses=[{"yohimbine": "2 mg/kg", "route": "i.p.", "at": "-15 min"}],
    )
    first = line.edges[0]
    assert [edge.time for edge in line.edges] == [-0.25, 0.0]
    assert next(iter(first.set)).startswith(("present_", "intact_"))
    assert {"present_spleen", "recruited_AB_hind"} <= set(first.set)
    assert first.label.startswith("lesion: splenectomy")


def test_the_band_holds_the_middle() -> None:
    low, central, high = (
        timeline(band, electroacupuncture=needle(site="ST40"))
        for band in ("low", "central", "high")
    )
    for name in ("recruited_AB_hind", "recruited_PROKR2_hind"):
        ends = [at(line, -0.2).get(name, 0.0) for line in (low, central, high)]
        assert ends == sorted(ends)
    assert at(high, -0.2)["recruited_PROKR2_hind"] > at(central, -0.2).get(
        "recruited_PROKR2_hind", 0
    )


def test_a_stimulus_of_a_trunk_of_the_body_and_of_a_nerve_at_once() -> None:
    line = timeline(
        electroacupuncture=needle(site="ST25"),
        nerve_stimulation={
            **{k: NEEDLE[k] for k in ("frequency", "duration", "at")},
            "nerve": "cervical vagus",
            "current": "1 mA",
            "pulse width": "250 us",
        },
    )
    now = at(line, -0.2)
    assert now["recruited_AB_trunk"] > 0
    assert 0.4 < now["drive_vagus_efferent"] <= 0.5
    assert "pulse_rate_hind" not in now


# Plain data


def test_a_timeline_can_be_pickled_and_written_as_json() -> None:
    for line in build_timelines(Experiment.load("liu-2020")):
        assert pickle.loads(pickle.dumps(line)) == line
        plain = json.loads(json.dumps(line.to_json(), allow_nan=False))
        assert plain["arm"] == line.arm
        assert len(plain["edges"]) == len(line.edges)


def test_the_digest_follows_the_content_and_not_the_names() -> None:
    a, b, c = build_timelines(
        experiment(
            {
                "a": {"electroacupuncture": NEEDLE},
                "b": {"electroacupuncture": needle(duration="0.25 h")},
                "c": {"electroacupuncture": needle(current="0.6 mA")},
            }
        )
    )
    assert a.digest == b.digest != c.digest
    sham, nothing = build_timelines(
        experiment({"sham": {"electroacupuncture": needle(current="0 mA")}, "nothing": {}})
    )
    assert sham.digest == nothing.digest


# Properties

MINUTES = st.integers(-120, 60)


def minutes(value: float) -> str:
    return f"{value} min"


STIMULI = st.builds(
    lambda site, current, rate, start, length, side: needle(
        site=site,
        current=f"{current} mA",
        frequency=f"{rate} Hz",
        at=start,
        duration=length,
        side=side,
    ),
    st.sampled_from(["ST36", "ST25", "LI10", "SP6"]),
    st.sampled_from([0, 0.2, 0.5, 1, 3]),
    st.sampled_from([2, 10, 50]),
    MINUTES,
    st.integers(1, 45),
    st.sampled_from(["left", "right", "both"]),
)
LESIONS = st.builds(
    lambda name, time: {"name": name, "at": time},
    st.sampled_from(["sciatic", "left sciatic", "right tibial", "splenectomy", "DMV neurons"]),
    MINUTES,
)
DOSES = st.builds(
    lambda agent, time, length: {
        agent: "1 mg/kg",
        "route": "i.v.",
        "at": time,
        **({"duration": length} if length else {}),
    },
    st.sampled_from(["adrenaline", "yohimbine"]),
    MINUTES,
    st.sampled_from([0, 10, 45]),
)
BREATHS = st.builds(
    lambda time, length: {"isoflurane": "1.5 %", "at": time, "duration": length},
    MINUTES,
    st.integers(1, 60),
)
ARMS = st.fixed_dictionaries(
    {
        "electroacupuncture": st.lists(STIMULI, max_size=3),
        "lesions": st.lists(LESIONS, max_size=3),
        "doses": st.lists(DOSES, max_size=3),
        "anaesthesia": st.lists(BREATHS, max_size=2),
    }
)

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def timed(arm: Arm, change: Callable[[float], float] = lambda t: t) -> Arm:
    """An arm whose times are minutes as an arm whose times are text, each time changed."""
    out: Arm = {}
    for key, items in arm.items():
        out[key] = [
            {
                **item,
                "at": minutes(change(item["at"])),
                **({"duration": minutes(item["duration"])} if "duration" in item else {}),
            }
            for item in items
        ]
    return out


def shifted(arm: Arm, by: int) -> Timeline:
    return build_timelines(
        experiment(
            {"one": timed(arm, lambda time: time + by)},
            challenge={"LPS": "4 mg/kg", "at": minutes(by)},
            measure=[f"TNF at {90 + by} min", "survival for 7 d"],
        )
    )[0]


@often
@given(ARMS, st.integers(-600, 600))
def test_shifting_all_times_shifts_all_edges_and_nothing_else(arm: Arm, by: int) -> None:
    here, there = shifted(arm, 0), shifted(arm, by)
    assert len(here.edges) == len(there.edges)
    for a, b in zip(here.edges, there.edges, strict=True):
        assert b.time - by / 60 == pytest.approx(a.time, abs=1e-9)
        assert (a.set, a.add) == (b.set, b.add)
    assert there.start - by / 60 == pytest.approx(here.start, abs=1e-9)
    assert there.stop - by / 60 == pytest.approx(here.stop, abs=1e-9)
    assert here.initial == there.initial


@often
@given(ARMS, st.integers(1, 44), st.integers(0, 2))
def test_splitting_a_stimulus_in_two_changes_nothing(arm: Arm, first: int, which: int) -> None:
    whole = arm["electroacupuncture"]
    if which >= len(whole) or whole[which]["duration"] <= first:
        return
    one = whole[which]
    halves = [
        {**one, "duration": first},
        {**one, "at": one["at"] + first, "duration": one["duration"] - first},
    ]
    split = {**arm, "electroacupuncture": [*whole[:which], *halves, *whole[which + 1 :]]}
    a, b = shifted(arm, 0), shifted(split, 0)
    assert len(values(a)) == len(values(b))
    for (s, x), (t, y) in zip(values(a), values(b), strict=True):
        assert s == t
        assert x == pytest.approx(y)  # a sum in another order
    assert added(a) == added(b)


@often
@given(ARMS)
def test_no_current_is_no_stimulus(arm: Arm) -> None:
    sham = [{**needle, "current": "0 mA"} for needle in arm["electroacupuncture"]]
    a = shifted({**arm, "electroacupuncture": sham}, 0)
    b = shifted({**arm, "electroacupuncture": []}, 0)
    assert (values(a), added(a)) == (values(b), added(b))


@often
@given(ARMS)
def test_what_is_cut_before_the_needle_is_not_recruited(arm: Arm) -> None:
    legs = [{**n, "site": "ST36"} for n in arm["electroacupuncture"]]
    rest = [lesion for lesion in arm["lesions"] if "sciatic" not in lesion["name"]]
    cut = [*rest, {"name": "sciatic", "at": -200}]
    line = shifted({**arm, "electroacupuncture": legs, "lesions": cut}, 0)
    moved = {name for edge in line.edges for name, value in edge.set.items() if value}
    assert not [name for name in moved if name.startswith(("recruited_", "pulse_rate_"))]


@often
@given(ARMS, ARMS)
def test_another_arm_changes_no_timeline(arm: Arm, other: Arm) -> None:
    alone = build_timelines(experiment({"one": timed(arm)}))
    before = build_timelines(experiment({"other": timed(other), "one": timed(arm)}))
    after = build_timelines(experiment({"one": timed(arm), "other": timed(other)}))
    assert alone[0] == before[1] == after[0]


@often
@given(ARMS)
def test_edges_are_in_order_one_at_an_instant_and_each_changes_something(arm: Arm) -> None:
    line = shifted(arm, 0)
    times = [edge.time for edge in line.edges]
    assert times == sorted(set(times))
    assert line.start <= min(times)
    now: dict[str, float] = dict(line.initial)
    for edge in line.edges:
        assert edge.set or edge.add
        assert all(now.get(key) != value for key, value in edge.set.items())
        now |= edge.set
    ended = {key: value for key, value in now.items() if not key.startswith(("intact", "present"))}
    assert set(ended.values()) <= {0.0}


@often
@given(ARMS)
def test_the_same_experiment_gives_the_same_timelines(arm: Arm) -> None:
    text = experiment({"one": timed(arm)}).to_yaml()
    first, second = (build_timelines(Experiment.parse(text))[0] for _ in range(2))
    assert first == second
    assert first.digest == second.digest
