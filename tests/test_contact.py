"""Stimuli without a needle that carries current: what they make fire, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflexarc.atlas.natural import region_names, technique_names, thermal_rates
from reflexarc.contact import move_needle, stimulate_ear, stimulate_skin, touch_skin
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment
from reflexarc.protocol.schema import experiment_schema
from reflexarc.recruitment import model_inputs

WHEN = {"duration": "1 min", "at": "0 min"}


def experiment(**stimuli: object) -> Experiment:
    arm = {key.replace("_", " "): value for key, value in stimuli.items()}
    return Experiment.from_mapping(
        {"title": "Contact", "arms": {"a": arm}, "measure": ["gastric motility at 5 min"]}
    )


@pytest.mark.parametrize("region", region_names())
def test_brush_wakes_touch_fibres_only_and_pinch_nociceptors_too(region: str) -> None:
    brushed = touch_skin(stimulus="brush", region=region)
    pinched = touch_skin(stimulus="pinch", region=region)
    assert brushed.discharge["AB"].central > 0
    assert brushed.discharge["AD"].central == brushed.discharge["C"].central == 0
    assert pinched.discharge["AD"].central > 0
    assert pinched.discharge["C"].central > 0


@given(low=st.floats(32, 60), high=st.floats(32, 60))
def test_hotter_never_means_less(low: float, high: float) -> None:
    low, high = sorted((low, high))
    for name, rate in thermal_rates("heat", high).items():
        assert rate >= thermal_rates("heat", low)[name]


@given(low=st.floats(-10, 32), high=st.floats(-10, 32))
def test_colder_never_means_less(low: float, high: float) -> None:
    low, high = sorted((low, high))
    for name, rate in thermal_rates("cold", high).items():
        assert rate <= thermal_rates("cold", low)[name]


def test_skin_between_13_and_40_degrees_is_silent() -> None:
    for stimulus, celsius in (("cold", 13.0), ("cold", 20.0), ("heat", 33.0), ("heat", 40.0)):
        assert not any(thermal_rates(stimulus, celsius).values())


def test_a_cut_nerve_silences_its_share_of_the_skin_and_all_nerves_all_of_it() -> None:
    whole = touch_skin(stimulus="pinch", region="hind paw").discharge["AD"].central
    partly = touch_skin(stimulus="pinch", region="hind paw", cut=["sciatic"])
    assert partly.discharge["AD"].central == pytest.approx(0.15 * whole)
    silent = touch_skin(stimulus="pinch", region="hind paw", cut=["sciatic", "saphenous"])
    assert silent.discharge["AD"].central == 0
    other = touch_skin(stimulus="pinch", region="hind paw", cut=["right sciatic"])
    assert other.discharge["AD"].central == whole


def test_both_sides_are_twice_one_side() -> None:
    one = touch_skin(stimulus="brush", region="leg")
    two = touch_skin(stimulus="brush", region="leg", side="both")
    assert two.discharge["AB"].central == 2 * one.discharge["AB"].central
    assert set(one.touch) == {"left"}
    assert set(two.touch) == {"left", "right"}


def test_needles_rank_by_how_they_are_handled() -> None:
    found = {name: move_needle(site="ST36", technique_name=name) for name in technique_names()}
    thin = {name: recruitment.discharge["AD"].central for name, recruitment in found.items()}
    assert thin["manipulation"] > thin["lifting and thrusting"] > thin["rotation"]
    assert thin["rotation"] > thin["retained"] > 0
    assert found["non-penetrating"].discharge["PROKR2"].central == 0
    assert found["non-penetrating"].discharge["AB"].central > 0


@given(shallow=st.floats(0.1, 5), deep=st.floats(0.1, 5))
def test_a_deeper_needle_never_wakes_fewer_fibres(shallow: float, deep: float) -> None:
    shallow, deep = sorted((shallow, deep))
    less, more = (move_needle(site="ST36", depth_mm=depth) for depth in (shallow, deep))
    for name, band in less.discharge.items():
        assert band.central <= more.discharge[name].central + 1e-12


@given(weak=st.floats(0, 40), strong=st.floats(0, 40))
def test_more_current_through_the_skin_never_recruits_less(weak: float, strong: float) -> None:
    weak, strong = sorted((weak, strong))
    skin = [
        stimulate_skin(site="ST36", current_mA=mA, pulse_width_us=200, frequency_hz=10)
        for mA in (weak, strong)
    ]
    for name, band in skin[0].classes.items():
        assert band.central <= skin[1].classes[name].central + 1e-12
    ear = [
        stimulate_ear(current_mA=mA, pulse_width_us=200, frequency_hz=10).drives["drive_auricular"]
        for mA in (weak, strong)
    ]
    assert ear[0].central <= ear[1].central


def test_natural_discharge_enters_beside_pulses_and_only_in_its_region() -> None:
    found = model_inputs([touch_skin(stimulus="pinch", region="chest")])
    given_ = {name for name, value in found.items() if value}
    assert given_ == {"discharge_AB_trunk", "discharge_AD_trunk", "discharge_C_trunk"}


def test_experiments_with_contact_are_written_out_and_read_back() -> None:
    written = experiment(
        natural_stimuli=[
            {"pinch": "hindpaw", **WHEN},
            {"heat": "45 °C", "region": "belly", **WHEN},
        ],
        manual_acupuncture=[
            {"site": "Zusanli", "technique": "twisting", **WHEN},
            {"site": "ST36", "technique": "non-penetrating", **WHEN},
        ],
        auricular={"current": "2 mA", "pulse width": "200 us", "frequency": "15 Hz", **WHEN},
    )
    assert Experiment.from_mapping(written.resolved()) == written
    arm = written.arms["a"]
    assert [s.label for s in arm.natural_stimuli] == ["hind paw pinch", "abdomen heat 45 °C"]
    assert arm.manual_acupuncture[0].technique == "rotation"
    assert arm.manual_acupuncture[1].depth is None


def test_experiments_without_contact_keep_their_text() -> None:
    plain = Experiment.load("liu-2021").to_yaml()
    for word in ("natural stimuli", "manual acupuncture", "transcutaneous", "auricular"):
        assert word not in plain


@pytest.mark.parametrize(
    ("stimuli", "words"),
    [
        ({"natural_stimuli": {"pinch": "hind pow", **WHEN}}, "did you mean 'hind paw'"),
        ({"natural_stimuli": {"pnich": "hind paw", **WHEN}}, "pnich'; did you mean 'pinch'"),
        ({"natural_stimuli": {"heat": "45", "region": "chest", **WHEN}}, "with its unit"),
        (
            {"natural_stimuli": {"heat": "90 C", "region": "chest", **WHEN}},
            "between 32 C and 60 C, not at 90 C",
        ),
        (
            {"natural_stimuli": {"heat": "20 C", "region": "chest", **WHEN}},
            "heat must lie between 32 C and 60 C, not at 20 C",
        ),
        (
            {"natural_stimuli": {"cold": "50 C", "region": "chest", **WHEN}},
            "cold must lie between -10 C and 32 C, not at 50 C",
        ),
        (
            {
                "manual_acupuncture": {
                    "site": "ST36",
                    "technique": "non-penetrating",
                    "depth": "2 mm",
                    **WHEN,
                }
            },
            "a non-penetrating needle has no depth",
        ),
        (
            {
                "auricular": {
                    "current": "2 mA",
                    "pulse width": "200 us",
                    "dense-disperse": {"dense": "2 Hz", "disperse": "100 Hz"},
                    **WHEN,
                }
            },
            "dense, 2 Hz, must be faster than disperse, 100 Hz",
        ),
        ({"natural_stimuli": {"pinch": "chest", "brush": "chest", **WHEN}}, "as two stimuli"),
        ({"natural_stimuli": {"region": "chest", **WHEN}}, "say what is done"),
        ({"natural_stimuli": {"brush": "chest", "temperature": "20 C", **WHEN}}, "no temperature"),
        ({"natural_stimuli": {"kind": "heat", "region": "chest", **WHEN}}, "needs a temperature"),
        ({"manual_acupuncture": {"site": "ST36", "technique": "retaind", **WHEN}}, "'retained'"),
        ({"manual_acupuncture": {"site": "ST36", "depth": "90 mm", **WHEN}}, "depth"),
        ({"manual_acupuncture": {"site": "ST36", "frequency": "2 Hz", **WHEN}}, "frequency"),
        ({"auricular": {"current": "2 mA", "pulse width": "200 us", **WHEN}}, "frequency"),
    ],
)
def test_a_mistake_is_one_sentence(stimuli: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        experiment(**stimuli)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_schema_offers_the_words() -> None:
    parts = experiment_schema(Experiment)["$defs"]
    natural = parts["NaturalStimulus"]["properties"]
    assert {"pinch", "brush", "heat", "cold"} <= natural.keys()
    assert natural["region"]["anyOf"][0]["enum"] == list(region_names())
    needle = parts["ManualAcupuncture"]["properties"]
    assert needle["technique"]["anyOf"][0]["enum"] == list(technique_names())
    assert {"transcutaneous", "auricular"} <= parts["Arm"]["properties"].keys()
