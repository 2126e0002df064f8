"""Pain, gut and what natural stimuli do to nerves: what must hold whatever the numbers are."""

import numpy as np
import pytest

from reflexarc.biology import assemble
from reflexarc.cohort import Cohort
from reflexarc.ensemble import simulate
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines

END = 0.5


def levels(
    arms: dict[str, dict[str, object]], *outputs: str, at: float = END
) -> dict[str, dict[str, float]]:
    """Return each output of the typical animal at a time in h, by arm."""
    timelines = build_timelines(
        Experiment.from_mapping(
            {"title": "Pain", "arms": arms, "measure": ["tail flick latency in tail at 30 h"]}
        )
    )
    data = simulate(
        model=assemble(),
        timelines=timelines,
        cohort=Cohort.typical(),
        times=[-0.5, at],
        outputs=list(outputs),
        workers=1,
    )
    return {
        line.arm: {name: float(data[name].values[place, 0, -1]) for name in outputs}
        for place, line in enumerate(timelines)
    }


def needle(site: str = "ST36", current: str = "1 mA", rate: str = "2 Hz") -> dict[str, object]:
    return {
        "electroacupuncture": {
            "site": site,
            "current": current,
            "frequency": rate,
            "pulse width": "200 us",
            "duration": "30 min",
            "at": "0 h",
        }
    }


def dose(agent: str, amount: str, route: str, at: str = "-10 min") -> dict[str, object]:
    return {"doses": [{agent: amount, "route": route, "at": at}]}


NALOXONE = dose("naloxone", "1 mg/kg", "i.p.")


def test_nothing_moves_at_rest() -> None:
    outputs = [state.id for state in assemble().states if state.subsystem in ("pain", "gut")]
    assert len(outputs) > 15
    found = levels({"rest": {}}, *outputs, "mechanical_left", "heat_right", "tail_flick", at=30.0)
    for name, value in found["rest"].items():
        resting = 1.0 if name.startswith(("mech", "heat", "tail", "gastric", "jejunal")) else 0.0
        assert value == pytest.approx(resting, abs=2e-2), name


HPA = ("priming_CRH", "CRH", "ACTH", "CORT", "GR_programme")


def test_pain_and_gut_feed_nothing_back_into_the_rest_of_the_body() -> None:
    """But for the HPA axis, which a needle in an animal with a sore paw wakes."""
    older = [
        s.id for s in assemble().states if s.subsystem not in ("pain", "gut") and s.id not in HPA
    ]
    found = levels(
        {
            "plain": needle(),
            "sore": {**needle(), **dose("CFA", "0.8 mg/kg", "left hind paw")},
            "naloxone": {**needle(), **NALOXONE},
        },
        *older,
        at=3.0,
    )
    for arm in ("sore", "naloxone"):
        np.testing.assert_allclose(
            list(found[arm].values()), list(found["plain"].values()), rtol=1e-4, atol=1e-7
        )


def test_a_needle_raises_corticosterone_where_a_paw_is_sore_and_nowhere_else() -> None:
    strong = needle(current="3 mA", rate="10 Hz")
    sore = dose("CFA", "0.8 mg/kg", "left hind paw", at="-2 h")
    cut = {"lesions": ["spinal cord at T9"]}
    found = levels(
        {
            "rest": {},
            "needle": strong,
            "sore": sore,
            "both": {**strong, **sore},
            "fast": {**needle(current="3 mA", rate="100 Hz"), **sore},
            "cut": {**strong, **sore, **cut},
        },
        "CORT",
        at=1.0,
    )
    rest = found["rest"]["CORT"]
    assert found["both"]["CORT"] > 2 * rest
    for arm in ("needle", "sore", "fast", "cut"):
        assert found[arm]["CORT"] == pytest.approx(rest, rel=0.1), arm


def test_a_paw_is_braked_by_beta2_receptors_alone() -> None:
    """Noradrenaline of the hind limb sets the programme of the paw; propranolol keeps it out."""
    blocked = dose("propranolol", "10 mg/kg", "i.p.", at="-30 min")
    found = levels(
        {
            "rest": {},
            "needle": needle(),
            "none, blocked": blocked,
            "blocked": {**needle(), **blocked},
        },
        "Gs_paw",
        "NA_hind",
    )
    assert found["needle"]["NA_hind"] > 2 * found["rest"]["NA_hind"]
    assert found["needle"]["Gs_paw"] > 1.1 * found["rest"]["Gs_paw"]
    unmoved = found["none, blocked"]["Gs_paw"]
    assert found["blocked"]["Gs_paw"] == pytest.approx(unmoved, rel=1e-3)


def test_naloxone_takes_2_hz_and_leaves_100_hz() -> None:
    found = levels(
        {
            "2": needle(),
            "2 naloxone": {**needle(), **NALOXONE},
            "100": needle(rate="100 Hz"),
            "100 naloxone": {**needle(rate="100 Hz"), **NALOXONE},
        },
        "tail_flick",
    )
    relief = {arm: values["tail_flick"] - 1 for arm, values in found.items()}
    assert relief["2"] > 0.2
    assert relief["2 naloxone"] < 0.5 * relief["2"]
    assert relief["100 naloxone"] > 0.7 * relief["100"]


@pytest.mark.parametrize("rate", ["2 Hz", "100 Hz"])
def test_a_cut_of_the_nerve_abolishes_relief(rate: str) -> None:
    found = levels(
        {"whole": needle(rate=rate), "cut": {**needle(rate=rate), "lesions": ["sciatic"]}},
        "tail_flick",
        "mechanical_left",
    )
    assert found["whole"]["tail_flick"] > 1.2
    assert found["cut"] == pytest.approx({"tail_flick": 1.0, "mechanical_left": 1.0})


def test_a_cut_cord_keeps_what_is_segmental_and_loses_the_rest() -> None:
    cut = {"lesions": ["spinal cord at T9"]}
    found = levels(
        {
            "leg": needle(),
            "leg, cut": {**needle(), **cut},
            "arm": needle("LI10"),
            "arm, cut": {**needle("LI10"), **cut},
        },
        "tail_flick",
        "descending",
    )
    assert 1.02 < found["leg, cut"]["tail_flick"] < found["leg"]["tail_flick"]
    assert found["leg, cut"]["descending"] == pytest.approx(0, abs=1e-9)
    assert found["arm"]["tail_flick"] > 1.05
    assert found["arm, cut"]["tail_flick"] == pytest.approx(1.0)


@pytest.mark.parametrize("rate", ["2 Hz", "15 Hz", "100 Hz"])
def test_more_current_never_gives_less_relief(rate: str) -> None:
    currents = ("0 mA", "0.2 mA", "0.5 mA", "1 mA", "2 mA", "5 mA")
    found = levels({mA: needle(current=mA, rate=rate) for mA in currents}, "tail_flick")
    relief = [found[mA]["tail_flick"] for mA in currents]
    assert relief[0] == pytest.approx(1.0)
    assert (np.diff(relief) >= -1e-6).all()


def test_touch_closes_the_gate_on_its_own_side_while_it_lasts() -> None:
    brush = {"natural stimuli": {"brush": "hind paw", "duration": "30 min", "at": "0 h"}}
    during = levels({"brush": brush}, "mechanical_left", "mechanical_right", at=0.4)["brush"]
    after = levels({"brush": brush}, "mechanical_left", "mechanical_right", at=0.6)["brush"]
    assert during["mechanical_left"] > during["mechanical_right"] + 0.1
    assert after["mechanical_left"] == pytest.approx(after["mechanical_right"])


@pytest.mark.parametrize("agent", ["carrageenan", "CFA"])
def test_an_inflamed_paw_hurts_on_its_side_and_more_with_more(agent: str) -> None:
    found = levels(
        {
            "little": dose(agent, "0.1 mg/kg", "left hind paw", "0 h"),
            "much": dose(agent, "8 mg/kg", "left hind paw", "0 h"),
        },
        "mechanical_left",
        "heat_left",
        "mechanical_right",
        "tail_flick",
        at=4.0,
    )
    for name in ("mechanical_left", "heat_left"):
        assert found["much"][name] < found["little"][name] < 1
    for name in ("mechanical_right", "tail_flick"):
        assert found["much"][name] == pytest.approx(1, abs=0.02)


def test_without_trpv1_heat_hurts_less_and_pressure_as_much() -> None:
    paw = dose("CFA", "0.8 mg/kg", "left hind paw", "0 h")
    found = levels(
        {"wild": paw, "mutant": {**paw, "lesions": ["TRPV1 knock-out"]}},
        "mechanical_left",
        "heat_left",
        at=12.0,
    )
    assert found["mutant"]["heat_left"] > 1.1 * found["wild"]["heat_left"]
    assert found["mutant"]["mechanical_left"] == pytest.approx(found["wild"]["mechanical_left"])


def test_limbs_move_the_stomach_by_the_vagus_and_the_belly_stops_it_by_the_splanchnic() -> None:
    leg, belly = needle(current="2 mA", rate="15 Hz"), needle("CV12", "2 mA", "15 Hz")
    no_vagus = {"lesions": ["cervical vagotomy"]}
    no_splanchnic = {"lesions": ["splanchnic nerves"]}
    found = levels(
        {
            "none": {},
            "leg": leg,
            "belly": belly,
            "none, no vagus": no_vagus,
            "leg, no vagus": {**leg, **no_vagus},
            "none, no splanchnic": no_splanchnic,
            "belly, no splanchnic": {**belly, **no_splanchnic},
        },
        "gastric_motility",
        at=0.2,
    )
    motility = {arm: values["gastric_motility"] for arm, values in found.items()}
    assert motility["belly"] < motility["none"] < motility["leg"]
    assert motility["leg, no vagus"] <= motility["none, no vagus"]
    assert motility["belly, no splanchnic"] >= motility["none, no splanchnic"] - 1e-6


def natural(what: str, where: str, side: str = "left") -> dict[str, object]:
    stimulus = {what: where, "side": side, "duration": "10 min", "at": "0 h"}
    return {"natural stimuli": stimulus}


def test_pain_relieves_elsewhere_and_not_where_it_is() -> None:
    """A pinched paw keeps its threshold but for touch; the other paw and the tail are relieved."""
    arms = {
        "left": natural("pinch", "hind paw"),
        "right": natural("pinch", "hind paw", side="right"),
        "fore": natural("pinch", "fore paw"),
    }
    outputs = ("mechanical_left", "mechanical_right", "heat_left", "tail_flick")
    found = levels(arms, *outputs, at=0.16)
    assert found["left"]["mechanical_left"] < 1.3 < 2 < found["left"]["mechanical_right"]
    assert found["right"]["mechanical_right"] < 1.3 < 2 < found["right"]["mechanical_left"]
    assert found["left"]["tail_flick"] > 2
    assert found["fore"]["mechanical_left"] > 2


def test_a_brush_beside_a_moved_needle_leaves_the_needle_its_thin_fibres() -> None:
    """Brushed skin fires thick fibres only; those of the needle relieve both sides as before."""
    moved = {"manual acupuncture": {"site": "ST36", "duration": "10 min", "at": "0 h"}}
    found = levels(
        {"needle": moved, "both": {**moved, **natural("brush", "hind paw")}},
        "descending_left",
        "descending_right",
        "enkephalin_segmental",
        "enkephalin_above",
        at=0.16,
    )
    needle, both = found["needle"], found["both"]
    assert both["descending_left"] == pytest.approx(both["descending_right"])
    assert both["descending_left"] > 0.5 * needle["descending_left"] > 0
    for source in ("enkephalin_segmental", "enkephalin_above"):
        assert both[source] == pytest.approx(needle[source])


def test_skin_calls_for_enkephalin_in_other_segments_only() -> None:
    """A pinch of the muzzle or a fore paw, not of a hind paw, unless the cord is cut."""
    cut = {"lesions": ["spinal cord at T9"]}
    arms = {
        "hind": natural("pinch", "hind paw"),
        "fore": natural("pinch", "fore paw"),
        "muzzle": natural("pinch", "muzzle"),
        "muzzle, cut": {**natural("pinch", "muzzle"), **cut},
        "needle": {"manual acupuncture": {"site": "ST36", "duration": "10 min", "at": "0 h"}},
    }
    sources = ("enkephalin_segmental", "enkephalin_above")
    found = {arm: sum(x.values()) for arm, x in levels(arms, *sources, at=0.16).items()}
    assert found["hind"] == pytest.approx(0, abs=1e-9)
    assert found["muzzle, cut"] == pytest.approx(0, abs=1e-9)
    assert min(found["fore"], found["muzzle"], found["needle"]) > 0.02


def test_alpha2_receptors_carry_what_comes_from_the_brainstem() -> None:
    """A needle in an arm relieves through the brainstem, a needle in a leg in part by the cord."""
    blocked = dose("phentolamine", "2 mg/kg", "i.p.", at="-15 min")
    arms = {
        "arm": needle("LI10"),
        "arm, blocked": {**needle("LI10"), **blocked},
        "leg": needle(),
        "leg, blocked": {**needle(), **blocked},
    }
    relief = {name: x["tail_flick"] - 1 for name, x in levels(arms, "tail_flick").items()}
    assert relief["arm, blocked"] < 0.1 * relief["arm"]
    assert 0.2 * relief["leg"] < relief["leg, blocked"] < 0.6 * relief["leg"]


SORE = ("CFA", "0.8 mg/kg", "left hind paw")


def sore(*drugs: dict[str, object], rate: str = "10 Hz", **more: object) -> dict[str, object]:
    """Return an arm with adjuvant in the left paw from five days before, a needle, and drugs."""
    given = [{SORE[0]: SORE[1], "route": SORE[2], "at": "-5 d"}]
    for drug in drugs:
        given += drug["doses"]  # type: ignore[operator]
    return {**needle(rate=rate, current="2 mA"), "doses": given, **more}


def test_endorphin_of_a_paw_needs_inflammation_and_noradrenaline() -> None:
    """Much where a needle drives the nerves, next to none at rest or in a healthy paw."""
    six = dose("6-OHDA", "100 mg/kg", "i.p.", at="-3 d")
    found = levels(
        {
            "needle": sore(),
            "rest": {**sore(), "electroacupuncture": None},
            "healthy": needle(rate="3 Hz", current="2 mA"),
            "no endings": sore(six),
            "prazosin": sore(dose("prazosin", "1 mg/kg", "i.p.", at="-15 min")),
            "yohimbine": sore(dose("yohimbine", "2 mg/kg", "i.p.", at="-15 min")),
            "ICI": sore(dose("ICI 118,551", "1 mg/kg", "i.p.", at="-15 min")),
            "no alpha1": sore(lesions=["alpha1 receptor knock-out"]),
            "noradrenaline": {
                **sore(dose("noradrenaline", "1 mg/kg", "i.v.", at="0.3 h")),
                "electroacupuncture": None,
            },
        },
        "endorphin_left",
        "endorphin_right",
    )
    left = {arm: values["endorphin_left"] for arm, values in found.items()}
    assert left["needle"] > 1 > 0.05 > left["rest"]
    assert left["noradrenaline"] > 10 * left["rest"]
    for arm in ("healthy", "no endings", "prazosin", "yohimbine", "ICI", "no alpha1"):
        assert left[arm] < 0.3 * left["needle"], arm
    assert found["needle"]["endorphin_right"] == pytest.approx(0, abs=1e-9)


def test_an_antagonist_in_the_paw_takes_what_one_in_the_body_leaves() -> None:
    """Methiodide stays out of the brain: in the paw it takes the paw's opioids, and no others."""
    paw = "relief_paw_left"
    found = levels(
        {
            "none": sore(),
            "paw": sore(dose("naloxone methiodide", "0.3 mg/kg", "left hind paw")),
            "other paw": sore(dose("naloxone methiodide", "0.3 mg/kg", "right hind paw")),
            "body": sore(dose("naloxone methiodide", "0.3 mg/kg", "i.p.")),
            "little naloxone in the paw": sore(dose("naloxone", "0.07 mg/kg", "left hind paw")),
            "little naloxone": sore(dose("naloxone", "0.07 mg/kg", "s.c.")),
            "much naloxone": sore(dose("naloxone", "20 mg/kg", "s.c.")),
        },
        paw,
        "relief_mu",
    )
    whole = found["none"][paw]
    assert whole > 0.5
    for arm in ("paw", "little naloxone in the paw", "much naloxone"):
        assert found[arm][paw] < 0.15 * whole, arm
    for arm in ("other paw", "body"):
        assert found[arm][paw] > 0.6 * whole, arm
    assert found["little naloxone"][paw] > 20 * found["little naloxone in the paw"][paw]
    for arm in ("paw", "body"):
        assert found[arm]["relief_mu"] == pytest.approx(found["none"]["relief_mu"], rel=1e-3)
    assert found["little naloxone"]["relief_mu"] < 0.5 * found["none"]["relief_mu"]


def test_alpha1_receptors_carry_a_part_of_the_brake_on_the_jejunum() -> None:
    belly = needle("ST25", "4 mA", "2 Hz")
    found = levels(
        {
            "belly": belly,
            "prazosin": {**belly, **dose("prazosin", "1 mg/kg", "i.p.")},
            "no alpha1": {**belly, "lesions": ["alpha1 receptor knock-out"]},
            "propranolol": {**belly, **dose("propranolol", "5 mg/kg", "i.p.")},
        },
        "jejunal_motility",
        at=0.2,
    )
    motility = {arm: values["jejunal_motility"] for arm, values in found.items()}
    assert 1.02 * motility["belly"] < motility["prazosin"] < motility["propranolol"]
    assert motility["no alpha1"] == pytest.approx(motility["prazosin"], rel=0.05)
