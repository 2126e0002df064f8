import json
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import reflexarc
from reflexarc import experiments
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment, Measurement, Survival
from reflexarc.yaml_source import read_yaml, write_yaml

SCHEMA = Path(reflexarc.__file__).parent / "experiment.schema.json"

PLAIN = """\
title: Leg or belly
challenge: {LPS: 4 mg/kg, route: i.p., at: 0 h}
animals: {species: mouse, per arm: 10}
arms:
  sham:
    electroacupuncture: {site: ST36, current: 0 mA, frequency: 10 Hz,
                         pulse width: 50 us, duration: 15 min, at: -15 min}
  leg: {like: sham, electroacupuncture: {current: 0.5 mA}}
  ablated: {like: leg, lesions: [PROKR2 sensory neurons]}
measure:
  - TNF in plasma at 90 min
  - survival for 7 d
compare: {to: sham}
"""


def written(**fields: object) -> dict[str, object]:
    return {**read_yaml(PLAIN).data, **fields}


def arm(**fields: object) -> Experiment:
    """An experiment with one arm."""
    return Experiment.from_mapping(written(arms={"one": fields}, compare=None))


NEEDLE = {
    "site": "ST36",
    "current": "0.5 mA",
    "frequency": "10 Hz",
    "pulse width": "50 us",
    "duration": "15 min",
    "at": "-15 min",
}


def test_the_example_of_the_design_is_read() -> None:
    experiment = Experiment.parse(PLAIN)
    leg = experiment.arms["leg"]
    assert [s.current for s in leg.electroacupuncture] == ["0.5 mA"]
    assert leg.electroacupuncture[0].windows == ((-0.25, 0.0),)
    assert leg.challenge is not None
    assert leg.challenge.row.state == "LPS_peritoneum"
    assert [lesion.name for lesion in experiment.arms["ablated"].lesions] == [
        "PROKR2 sensory neurons"
    ]
    assert experiment.measurements[0].times == (1.5,)
    assert experiment.survival_window("leg") == (0.0, 168.0)
    assert experiment.compare is not None
    assert experiment.compare.test == "welch"


# What is refused, and where the error points. Each case changes one thing in PLAIN.

REFUSED = [
    ("ST36", "ST63", 6, "electroacupuncture.site", "unknown site 'ST63'; did you mean 'ST36'?"),
    ("0 mA", "0", 6, "arms.sham.electroacupuncture.current", "has no unit"),
    ("0.5 mA", "-1 mA", 8, "arms.leg.electroacupuncture.current", "can't be negative"),
    ("0.5 mA", "50 mA", 8, "arms.leg.electroacupuncture.current", "outside the threshold table"),
    ("0.5 mA", "nan mA", 8, "arms.leg.electroacupuncture.current", "can't read"),
    ("50 us", "5 us", 7, "arms.sham.electroacupuncture.pulse width", "outside the threshold table"),
    ("pulse width", "pulse witdh", 7, "pulse witdh", "did you mean 'pulse width'?"),
    ("pulse width: 50 us, ", "", 6, "pulse width", "missing"),
    ("frequency: 10 Hz,", "", 6, "arms.sham.electroacupuncture.frequency", "missing"),
    ("10 Hz", "900 Hz", 6, "arms.sham.electroacupuncture.frequency", "400 Hz"),
    ("10 Hz", "0 Hz", 6, "arms.sham.electroacupuncture.frequency", "more than 0"),
    ("15 min, at", "0 min, at", 7, "arms.sham.electroacupuncture.duration", "more than 0"),
    ("-15 min", "200 h", 7, "arms.sham.electroacupuncture.at", "not before the end"),
    ("-15 min", "900 d", 7, "arms.sham.electroacupuncture.at", "too large"),
    ("like: sham", "like: shan", 8, "arms.leg.like", "did you mean 'sham'?"),
    ("like: sham", "like: ablated", 9, "arms.ablated.like", "leg -> ablated -> leg"),
    ("to: sham", "to: shame", 13, "compare.to", "did you mean 'sham'?"),
    ("to: sham", "to: sham, test: anova", 13, "compare.test", "known are welch, dunnett"),
    ("[PROKR2 sensory neurons]", "[PROKR3 neurons]", 9, "arms.ablated.lesions[0]", "did you mean"),
    (
        "[PROKR2 sensory neurons]",
        "[kidney]",
        9,
        "arms.ablated.lesions[0]",
        "not a compartment of this model",
    ),
    ("[PROKR2 sensory neurons]", "[spinal cord]", 9, "arms.ablated.lesions[0]", "needs a level"),
    ("TNF in", "TNFF in", 11, "measure[0]", "did you mean 'TNF'?"),
    ("in plasma", "in brain", 11, "measure[0]", "measured in plasma"),
    ("at 90 min", "at noon", 11, "measure[0]", "can't read the measurement"),
    ("at 90 min", "at 90", 11, "measure[0]", "has no unit"),
    ("for 7 d", "for 7", 12, "measure[1].survival for", "has no unit"),
    ("LPS: 4 mg/kg", "LPS: 4 mg", 2, "challenge.LPS", "wrong dimension"),
    ("LPS", "CLP", 2, "challenge.CLP", "write {CLP"),
    ("route: i.p.", "route: oral", 2, "challenge.route", "unknown route of LPS 'oral'"),
    ("species: mouse", "species: rut", 3, "animals.species", "did you mean 'rat'?"),
    ("per arm: 10", "per arm: 0", 3, "animals.per arm", "1 or more"),
    ("per arm: 10", "per arm: ten", 3, "animals.per arm", "whole number"),
    ("title:", "titel:", 1, "titel", "did you mean 'title'?"),
    ("title: Leg or belly", "title: 3", 1, "title", "must be text"),
    ("arms:", "arms: {sham: {}}\nnot arms:", 5, "not arms", "unknown field"),
    ("  leg:", "  sham:", 8, "arms", "'sham' stands here twice"),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "reason"), REFUSED)
def test_an_error_names_file_line_field_and_what_would_be_right(
    old: str, new: str, line: int, field: str, reason: str
) -> None:
    assert old in PLAIN
    text = PLAIN.replace(old, new, 1)
    with pytest.raises(InputError) as caught:
        Experiment.parse(text, file="leg.yaml")
    error = caught.value
    assert error.file == "leg.yaml"
    assert (error.line, reason in error.message) == (line, True), str(error)
    assert (error.field or "").endswith(field)
    assert str(error) in [str(problem) for problem in Experiment.problems(text, "leg.yaml")]


def test_all_problems_are_listed_each_once_in_the_order_of_the_file() -> None:
    text = PLAIN.replace("LPS: 4", "LPS: -4").replace("ST36", "ST63").replace("TNF", "TNFF")
    text = text.replace("to: sham", "to: sham, test: anova")
    problems = Experiment.problems(text, "leg.yaml")
    assert [problem.line for problem in problems] == [2, 6, 11, 13]
    assert Experiment.problems(PLAIN) == []


def test_an_unknown_field_hides_no_other_mistake() -> None:
    text = PLAIN.replace("title:", "titel:").replace("LPS: 4", "LPS: -4")
    text = text.replace("current: 0 mA", "curent: 0 mA, depth: -1 mm").replace("TNF", "TNFF")
    problems = Experiment.problems(text, "leg.yaml")
    assert [(problem.line, problem.field) for problem in problems] == [
        (1, "titel"),
        (2, "challenge.LPS"),
        (6, "arms.sham.electroacupuncture.curent"),
        (6, "arms.sham.electroacupuncture.depth"),
        (11, "measure[0]"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "limit"),
    [
        ("at: -15 min", "at: -900 d", "at most 60 d"),
        ("duration: 15 min", "duration: 90 d", "at most 60 d"),
        (
            "animals:",
            "anaesthesia: {isoflurane: 9 %, during: stimulation}\nanimals:",
            "at most 5 %",
        ),
    ],
)
def test_what_is_too_large_is_told_its_limit(old: str, new: str, limit: str) -> None:
    assert old in PLAIN
    with pytest.raises(InputError, match=limit):
        Experiment.parse(PLAIN.replace(old, new))


def test_an_inherited_mistake_points_to_the_line_where_it_was_written() -> None:
    arms = PLAIN.replace("  sham:", "  first: {like: sham}\n  sham:", 1).replace("ST36", "ST63")
    assert [problem.line for problem in Experiment.problems(arms)] == [7]


@pytest.mark.parametrize(
    "text", ["", "- 1\n", "3", "title: x", "arms: 3", "arms: {a: 3}\ntitle: b"]
)
def test_what_is_no_experiment_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Experiment.parse(text)


# like:


def test_like_changes_one_setting_and_keeps_the_rest() -> None:
    experiment = Experiment.parse(PLAIN)
    sham, leg = (experiment.arms[name].electroacupuncture[0] for name in ("sham", "leg"))
    assert leg == sham.model_copy(update={"current": "0.5 mA"})


def test_like_takes_the_depth_of_the_new_site_but_keeps_one_that_was_written() -> None:
    deep = {"like": "a", "electroacupuncture": {"site": "ST25"}}
    for given_depth, expected in [({}, "2 mm"), ({"depth": "1 mm"}, "1 mm")]:
        arms = {"a": {"electroacupuncture": {**NEEDLE, **given_depth}}, "b": deep}
        experiment = Experiment.from_mapping(written(arms=arms, compare=None))
        assert experiment.arms["b"].electroacupuncture[0].depth == expected


def test_none_removes_what_was_inherited() -> None:
    arms = {
        "a": {"electroacupuncture": NEEDLE, "lesions": ["sciatic"]},
        "b": {"like": "a", "electroacupuncture": "none", "challenge": "none", "lesions": None},
    }
    b = Experiment.from_mapping(written(arms=arms, compare=None)).arms["b"]
    assert (b.stimuli, b.lesions, b.challenge) == ((), (), None)


def test_dense_disperse_takes_the_place_of_an_inherited_frequency() -> None:
    arms = {
        "a": {"electroacupuncture": NEEDLE},
        "b": {
            "like": "a",
            "electroacupuncture": {
                "dense-disperse": {
                    "dense": "15 Hz",
                    "disperse": "2 Hz",
                    "dense for": "10 s",
                    "disperse for": "5 s",
                }
            },
        },
    }
    b = Experiment.from_mapping(written(arms=arms, compare=None)).arms["b"]
    assert b.electroacupuncture[0].frequency_hz == (
        (15.0, pytest.approx(2 / 3)),
        (2.0, pytest.approx(1 / 3)),
    )


def test_arms_that_are_like_each_other_are_refused_with_the_circle() -> None:
    arms = {"a": {"like": "b"}, "b": {"like": "c"}, "c": {"like": "a"}}
    with pytest.raises(InputError, match="a -> b -> c -> a"):
        Experiment.from_mapping(written(arms=arms, compare=None))


def test_a_long_chain_and_many_heirs_of_a_large_arm_are_refused_quickly() -> None:
    start = time.perf_counter()
    chain = {f"a{k}": {"like": f"a{k + 1}"} for k in range(190)} | {"a190": {}}
    with pytest.raises(InputError, match="too many arms"):
        Experiment.from_mapping(written(arms=chain, compare=None))
    large = {"doses": [{"yohimbine": "1 mg/kg", "route": "i.p.", "at": "0 h"}] * 2000}
    heirs = {f"b{k}": {"like": "large"} for k in range(150)}
    with pytest.raises(InputError):
        Experiment.from_mapping(written(arms={"large": large, **heirs}, compare=None))
    with pytest.raises(InputError, match="too many arms"):
        Experiment.from_mapping(written(arms={f"c{k}": {} for k in range(300)}, compare=None))
    assert time.perf_counter() - start < 10


def test_what_holds_for_all_arms_holds_unless_an_arm_says_otherwise() -> None:
    experiment = Experiment.from_mapping(
        written(
            anaesthesia="isoflurane during stimulation",
            hypotheses={"dopamine source": "release gain"},
            arms={
                "a": {"electroacupuncture": NEEDLE},
                "b": {"like": "a", "anaesthesia": "awake", "challenge": {"LPS": "1 mg/kg"}},
                "c": {"hypotheses": {"dopamine source": "AADC activity"}, "challenge": "none"},
            },
            compare=None,
        )
    )
    a, b, c = experiment.arms.values()
    assert a.anaesthesia[0].isoflurane == "1.5 %"
    assert b.anaesthesia == ()
    assert b.challenge is not None
    assert (b.challenge.dose, b.challenge.route) == ("1 mg/kg", "i.p.")
    assert a.hypotheses == b.hypotheses
    assert a.hypotheses["dopamine source"] == "release gain"
    assert (c.hypotheses["dopamine source"], c.challenge) == ("AADC activity", None)


# Parts


def test_words_are_read_whatever_their_case_or_alias() -> None:
    experiment = arm(
        electroacupuncture={**NEEDLE, "site": "zusanli", "side": "LEFT"},
        doses=[{"norepinephrine": "1 mg/kg", "route": "IP", "at": "0 h"}],
        lesions=["SPX", "adrb2 knock-out"],
    )
    one = experiment.arms["one"]
    assert one.electroacupuncture[0].site == "ST36"
    assert (one.doses[0].agent, one.doses[0].route) == ("noradrenaline", "i.p.")
    assert [lesion.name for lesion in one.lesions] == ["splenectomy", "beta2 receptor knock-out"]


def test_surgery_is_three_days_before_and_knock_outs_are_there_from_the_start() -> None:
    one = arm(
        lesions=["sciatic", "splenectomy", "DMV neurons", {"name": "DMV neurons", "at": "-1 h"}]
    ).arms["one"]
    assert [lesion.time for lesion in one.lesions] == [-72.0, -72.0, None, -1.0]


def test_doses_are_converted_by_the_table() -> None:
    one = arm(
        doses=[
            {"fenoldopam": "10 mg/kg", "route": "i.v.", "at": "0 h"},
            {"adrenaline": "30 ng/kg/min", "route": "i.v.", "at": "0 h", "duration": "3 h"},
            {"adrenaline": "5.4 ug/kg", "route": "i.v.", "at": "0 h", "duration": "3 h"},
        ]
    ).arms["one"]
    bolus, rate, whole = one.doses
    assert bolus.bolus == pytest.approx(bolus.row.amount(10.0))
    assert bolus.rate == 0.0
    assert rate.rate == pytest.approx(rate.row.amount(1.8e-3))
    assert whole.rate == pytest.approx(rate.rate)
    assert rate.bolus == 0.0


@pytest.mark.parametrize(
    ("dose", "reason"),
    [
        ({"yohimbine": "2 mg/kg", "at": "0 h"}, "the route of yohimbine is missing"),
        ({"yohimbine": "2 mg/kg", "route": "i.p."}, "missing"),
        ({"yohimbine": "2 mg/kg", "rout": "i.p.", "at": "0 h"}, "did you mean 'route'"),
        ({"yohimbine": "2 mg/kg/h", "route": "i.p.", "at": "0 h"}, "needs a duration"),
        ({"isoflurane": "2 mg/kg", "at": "0 h"}, "anaesthesia"),
        ({"yohimbine": "2 mg", "route": "i.p.", "at": "0 h"}, ".yohimbine: the dose '2 mg' has"),
        ({"yohimbine": "2", "route": "i.p.", "at": "0 h"}, ".yohimbine: "),
        ({"fenoldopan": "2 mg/kg", "at": "0 h"}, ".fenoldopan: unknown agent"),
        ({"route": "i.p.", "at": "0 h"}, "say what is given"),
        ("yohimbine", "write {fenoldopam"),
    ],
)
def test_doses_that_can_not_be_given_are_refused(dose: object, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        arm(doses=[dose])
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("ketamine", "known are awake, isoflurane during stimulation"),
        ({"isoflurane": "9 %", "during": "stimulation"}, "too large"),
        ({"isoflurane": "1.5 %"}, "say when"),
        ({"isoflurane": "1.5 %", "at": "0 h"}, "say when"),
        ({"during": "stimulation", "at": "0 h", "duration": "1 h"}, "either"),
    ],
)
def test_anaesthesia_that_can_not_be_given_is_refused(given: object, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        arm(anaesthesia=given)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"frequency": "20 Hz", "pulse width": "60 ms"}, "outside the threshold table"),
        ({"dense-disperse": {"dense": "9 Hz", "disperse": "2 Hz"}}, "either frequency or"),
        ({"repeat": {"every": "5 min", "times": 3}}, "before it has ended"),
        ({"repeat": {"every": "1 h", "times": 1001}}, "1000 or less"),
        ({"side": "middle"}, "unknown side"),
        ({"insulated": "perhaps"}, "true or false"),
        ({"pulse_width": "60 us"}, "twice"),
        ({"depth": "20 mm"}, "depth"),
    ],
)
def test_needles_that_can_not_be_set_are_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError) as caught:
        arm(electroacupuncture={**NEEDLE, **fields})
    assert reason in str(caught.value)


def test_light_on_a_site_and_on_a_nucleus() -> None:
    light = {
        "opsin": "catch",
        "irradiance": "10 mW/mm2",
        "pulse width": "10 ms",
        **{key: NEEDLE[key] for key in ("frequency", "duration", "at")},
    }
    leg = arm(optogenetics={**light, "site": "ST36"}).arms["one"].optogenetics[0]
    assert leg.recruitment().classes["PROKR2"].central > 0.5
    brain = arm(optogenetics={**light, "site": "dmv"}).arms["one"].optogenetics[0]
    assert brain.recruitment().drives["drive_DMV"].central > 0.5
    with pytest.raises(InputError, match="doesn't fit between pulses"):
        arm(optogenetics={**light, "site": "ST36", "pulse width": "100 ms"})


def test_a_direction_is_for_the_vagus_only() -> None:
    cuff = {key: NEEDLE[key] for key in NEEDLE if key != "site"} | {"direction": "efferent"}
    vagus = arm(**{"nerve stimulation": {**cuff, "nerve": "vagus", "current": "1 mA"}})
    drives = vagus.arms["one"].nerve_stimulation[0].recruitment().drives
    assert list(drives) == ["drive_vagus_efferent"]
    with pytest.raises(InputError, match="cervical vagus"):
        arm(**{"nerve stimulation": {**cuff, "nerve": "splenic", "current": "1 mA"}})


# Measurements


@pytest.mark.parametrize(
    ("phrase", "name", "where", "times", "sampling"),
    [
        ("TNF in plasma at 90 min", "TNF", "plasma", (1.5,), "cannula"),
        ("IL6 in serum at 1, 2, 4 h", "IL-6", "plasma", (1, 2, 4), "cannula"),
        ("dopamine at -1 min", "dopamine", "plasma", (-1 / 60,), "cannula"),
        ("IL-10 at 30 min, 1 h and 2 h", "IL-10", "plasma", (0.5, 1, 2), "cannula"),
        (
            "noradrenaline in plasma at 5 min by decapitation",
            *("noradrenaline", "plasma", (5 / 60,), "decapitation"),
        ),
        ("splenic nerve activity at 0 h", "splenic nerve activity", "nerve", (0,), "cannula"),
    ],
)
def test_phrases(
    phrase: str, name: str, where: str, times: tuple[float, ...], sampling: str
) -> None:
    item = Experiment.from_mapping(written(measure=[phrase, "survival for 7 d"])).measure[0]
    assert isinstance(item, Measurement)
    assert (item.observable, item.where, item.sampling) == (name, where, sampling)
    assert item.times == pytest.approx(times)
    again = Experiment.from_mapping(written(measure=[item.phrase, "survival for 7 d"])).measure[0]
    assert again == item


def test_a_list_in_brackets_may_hold_times_with_commas() -> None:
    text = PLAIN[: PLAIN.index("measure:")] + "measure: [TNF at 1, 2, 4 h, survival for 7 d]\n"
    tnf, survival = Experiment.parse(text).measure
    assert isinstance(tnf, Measurement)
    assert tnf.times == (1.0, 2.0, 4.0)
    assert isinstance(survival, Survival)
    assert survival.hours == 168.0


@pytest.mark.parametrize(
    ("measure", "reason"),
    [
        ([], "at least 1"),
        (["survival for 7 d", "survival for 3 d"], "once only"),
        (["TNF at 1 h, 60 min"], "twice"),
        ([{"at": "1 h"}], "say what is measured"),
        ([{"observable": "TNF", "at": []}], "say when"),
        ([{"observable": "TNF", "at": "1 h", "sampling": "tail"}], "unknown sampling"),
        ([7], "can't read|must be text"),
    ],
)
def test_measurements_that_can_not_be_made_are_refused(measure: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Experiment.from_mapping(written(measure=measure))


# Round trips, files, built-ins, schema

TIMES = st.integers(-180, 80).map(lambda minutes: f"{minutes} min")
NEEDLES = st.fixed_dictionaries(
    {
        "site": st.sampled_from(["ST36", "ST25", "LI10", "CV12"]),
        "current": st.floats(0, 5).map(lambda value: f"{value:.3g} mA"),
        "frequency": st.integers(1, 100).map(lambda value: f"{value} Hz"),
        "pulse width": st.integers(50, 400).map(lambda value: f"{value} us"),
        "duration": st.integers(1, 60).map(lambda value: f"{value} min"),
        "at": TIMES,
    },
    optional={
        "side": st.sampled_from(["left", "right", "both"]),
        "depth": st.integers(1, 4).map(lambda value: f"{value} mm"),
        "insulated": st.booleans(),
        "repeat": st.just({"every": "2 h", "times": 2}),
    },
)
ARMS = st.fixed_dictionaries(
    {},
    optional={
        "electroacupuncture": st.lists(NEEDLES, max_size=2),
        "lesions": st.lists(
            st.sampled_from(["sciatic", "left tibial", "splenectomy", "spinal cord at T9", "D1"]),
            max_size=3,
        ),
        "doses": st.lists(
            st.fixed_dictionaries(
                {"yohimbine": st.just("2 mg/kg"), "route": st.just("i.p."), "at": TIMES},
                optional={"duration": st.just("1 h")},
            ),
            max_size=2,
        ),
        "anaesthesia": st.sampled_from(["awake", "isoflurane during stimulation"]),
        "challenge": st.sampled_from(["none", {"LPS": "1 mg/kg", "route": "i.v."}]),
    },
)
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1).filter(
    lambda name: name.strip() == name and len(name) <= 20
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(NAMES, ARMS, min_size=1, max_size=4), NAMES)
def test_yaml_and_object_are_the_same(arms: dict[str, object], title: str) -> None:
    experiment = Experiment.from_mapping(written(title=title, arms=arms, compare=None))
    text = experiment.to_yaml()
    again = Experiment.parse(text)
    assert again == experiment
    assert again.to_yaml() == text
    assert again.resolved() == read_yaml(text).data
    assert json.loads(json.dumps(experiment.resolved())) == experiment.resolved()


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(PLAIN)),
    st.integers(0, 12),
    st.text("abc09 :-{}[],#'\"&*!%\n\t", max_size=8),
)
def test_a_damaged_file_is_read_or_refused_in_sentences(at: int, cut: int, new: str) -> None:
    text = PLAIN[:at] + new + PLAIN[at + cut :]
    for problem in Experiment.problems(text, file="leg.yaml"):
        assert problem.message
        assert problem.file == "leg.yaml"


def test_an_experiment_survives_a_worker_process() -> None:
    experiment = Experiment.parse(PLAIN)
    copy = pickle.loads(pickle.dumps(experiment))
    assert copy == experiment
    assert hash(copy) == hash(experiment)
    assert experiment != Experiment.parse(PLAIN.replace("0.5 mA", "0.6 mA"))


def test_loading_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "leg.yaml"
    path.write_text("\ufeff" + PLAIN, encoding="utf-8")
    assert Experiment.load(path) == Experiment.load(str(path)) == Experiment.parse(PLAIN)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.yaml", None, "no such file"),
        ("latin.yaml", "title: ü".encode("latin-1"), "not UTF-8"),
        ("large.yaml", b"x" * 1_000_001, "too large"),
        ("zero.yaml", b"title: \0", "not valid YAML"),
    ],
)
def test_files_that_can_not_be_read(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        Experiment.load(path)
    assert caught.value.file == str(path)


def test_a_folder_is_no_experiment(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a file"):
        Experiment.load(tmp_path)


def test_a_name_that_is_not_built_in_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'liu-2021'"):
        Experiment.load("liu-2012")


def test_the_built_in_experiments_are_there() -> None:
    assert experiments.names() == (
        "liu-2021",
        "liu-2020",
        "torres-rosas-2014",
        "vagus-nerve-stimulation",
        "current-dose-response",
        "lps-dose-response",
        "inflamed-paw",
        "natural-stimuli",
        "sepsis-grades",
        "sepsis-treatment",
        "infection-cost",
    )


@pytest.mark.parametrize("name", experiments.names())
def test_a_built_in_experiment_is_right_complete_and_says_what_is_assumed(name: str) -> None:
    text = experiments.read(name)
    assert Experiment.problems(text) == []
    experiment = Experiment.load(name)
    assert Experiment.parse(experiment.to_yaml()) == experiment
    assert experiment.sources
    assert experiment.about
    assert experiment.compare is not None
    assert "ssumed" in text or "choices" in text


def test_the_committed_schema_is_current() -> None:
    # To renew it: reflexarc schema > src/reflexarc/experiment.schema.json
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == Experiment.json_schema()


def test_the_schema_offers_every_place_for_bacteria_wherever_they_may_stand() -> None:
    def routes(part: object) -> Iterator[list[str]]:
        if isinstance(part, dict):
            if "E. coli" in part:
                yield part["route"]["enum"]
            for inner in part.values():
                yield from routes(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from routes(inner)

    found = list(routes(Experiment.json_schema()))
    assert len(found) > 2
    assert found == [["i.p.", "i.v.", "fibrin clot"]] * len(found)


def test_the_schema_accepts_what_the_reader_accepts() -> None:
    schema = Draft202012Validator(Experiment.json_schema())
    Draft202012Validator.check_schema(schema.schema)
    texts = [PLAIN, *(experiments.read(name) for name in experiments.names())]
    for text in texts:
        assert [error.message for error in schema.iter_errors(read_yaml(text).data)] == []
        assert list(schema.iter_errors(Experiment.parse(text).resolved())) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("pulse width", "pulse witdh"), ("title:", "titel:"), ("0.5 mA", "half"), ("10}", "ten}")],
)
def test_the_schema_refuses_what_an_editor_should_mark(old: str, new: str) -> None:
    schema = Draft202012Validator(Experiment.json_schema())
    assert list(schema.iter_errors(read_yaml(PLAIN.replace(old, new, 1)).data))


def test_the_format_page_names_every_field_and_its_examples_are_right() -> None:
    page = (Path(__file__).parents[1] / "docs" / "experiment-format.md").read_text("utf-8")
    schema = Experiment.json_schema()
    parts = [schema, *(schema["$defs"][name] for name in schema["$defs"])]
    agents = {"agent", "dose"}
    for part in parts:
        for field, about in part.get("properties", {}).items():
            is_agent = "pattern" in about and about.get("description", "").startswith("dose")
            if field not in agents and not is_agent:
                assert f"`{field}`" in page, field
    blocks = page.split("```yaml\n")[1:]
    assert len(blocks) > 10
    for block in blocks:
        example = block.split("```")[0]
        data = read_yaml(example).data
        whole = data if "title" in data else written(**_in_an_arm(data))
        assert Experiment.problems(write_yaml(whole)) == [], example


def _in_an_arm(data: dict[str, object]) -> dict[str, object]:
    fields = set(Experiment.field_words())
    if data.keys() <= fields - {"anaesthesia", "challenge", "hypotheses"}:
        return {**data, **({"compare": None} if "arms" in data and "compare" not in data else {})}
    return {"arms": {"one": data}, "compare": None}


def test_one_sided_cut_and_one_sided_drive_are_refused_together() -> None:
    text = """
title: Sides
arms:
  one:
    nerve stimulation:
      {nerve: cervical vagus, current: 1 mA, pulse width: 250 us, frequency: 10 Hz,
       duration: 60 s, at: -6 min}
    lesions: [left subdiaphragmatic vagotomy]
measure: [TNF in plasma at 90 min]
"""
    with pytest.raises(InputError, match="no left and right") as caught:
        Experiment.parse(text, file="sides.yaml")
    assert caught.value.line == 8
    both = text.replace("at: -6 min", "at: -6 min, side: both")
    assert Experiment.parse(both).arms["one"].lesions
