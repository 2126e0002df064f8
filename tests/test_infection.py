"""Live infection: what is written, and what bacteria, antibiotics and cells do to each other."""

from types import SimpleNamespace

import numpy as np
import pytest

from reflexarc.biology import assemble, parameters
from reflexarc.cohort import Cohort
from reflexarc.ensemble import simulate
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment
from reflexarc.protocol.infection import CaecalPuncture
from reflexarc.reference import simulate_animal
from reflexarc.timeline import build_timelines
from reflexarc.vocabulary import find_observable


def experiment(until: str = "6 h", **arms: dict[str, object]) -> Experiment:
    return Experiment.from_mapping(
        {"title": "Infection", "arms": arms, "measure": [f"bacteria in peritoneum at {until}"]}
    )


GAUGES = ("18 G", "25 G")
VALUES = {p.id: p.value for p in parameters()}


def clp(ligation: str = "50 %", needle: str = "21 G", punctures: int = 2) -> dict[str, object]:
    return {"challenge": {"CLP": {"ligation": ligation, "needle": needle, "punctures": punctures}}}


def bacteria(**arms: dict[str, object]) -> dict[str, np.ndarray]:
    timelines = build_timelines(experiment(**arms))
    data = simulate(
        model=assemble(),
        timelines=timelines,
        cohort=Cohort.typical(),
        times=[1.0, 2.0, 4.0, 6.0],
        outputs=["bacteria_peritoneum", "bacteria_blood"],
        workers=1,
    )
    total = data["bacteria_peritoneum"].values + data["bacteria_blood"].values
    return {line.arm: total[position, 0] for position, line in enumerate(timelines)}


def course(names: list[str], **arms: dict[str, object]) -> dict[str, np.ndarray]:
    """Return the course of some states of the typical animal, every two hours for a day."""
    timelines = build_timelines(experiment("24 h", **arms))
    data = simulate(
        model=assemble(),
        timelines=timelines,
        cohort=Cohort.typical(),
        times=np.arange(0.0, 25.0, 2.0),
        outputs=names,
        workers=1,
    )
    return {
        f"{line.arm}, {name}": data[name].values[position, 0]
        for position, line in enumerate(timelines)
        for name in names
    }


def test_more_ligation_and_more_holes_never_give_fewer_bacteria() -> None:
    found = bacteria(a=clp("5 %"), b=clp("20 %"), c=clp("100 %"), d=clp("100 %", punctures=3))
    for less, more in (("a", "b"), ("b", "c"), ("c", "d")):
        assert (found[more] > found[less]).all()


def test_antibiotics_lower_counts_and_more_of_them_lower_them_more() -> None:
    dose = {"route": "s.c.", "at": "0.5 h"}
    found = bacteria(
        none=clp(),
        little={**clp(), "doses": [{"antibiotics": "1 mg/kg", **dose}]},
        much={**clp(), "doses": [{"antibiotics": "50 mg/kg", **dose}]},
    )
    assert (found["much"] < found["little"]).all()
    assert (found["little"] < found["none"]).all()


def test_a_caecum_spills_what_stands_behind_the_ligature_and_large_holes_empty_it() -> None:
    """At first in proportion to the hole; in the end no more than there is."""
    names = ["caecal_leak", "caecal_contents"]
    found = course(names, few=clp("20 %"), half=clp(), more=clp(punctures=8))
    assert found["half, caecal_leak"][1] == pytest.approx(2.5 * found["few, caecal_leak"][1])
    emptied = 1 - found["more, caecal_contents"][-1], 1 - found["half, caecal_contents"][-1]
    assert 1.0 > emptied[0] > emptied[1] > 0.05
    assert emptied[0] < 4 * emptied[1]


def test_two_small_holes_leak_less_than_one_of_twice_the_area() -> None:
    """Slow flow through a thin wall goes with the cube of the diameter, not with the area."""
    found = bacteria(one=clp(needle="18 G", punctures=1), two=clp(needle="20 G", punctures=2))
    assert (found["two"] < found["one"]).all()
    sizes = [CaecalPuncture(ligation="50 %", needle=needle, punctures=1).bolus for needle in GAUGES]
    assert sizes == pytest.approx([1.2**3, 0.5**3])


def hazard(**arms: dict[str, object]) -> dict[str, np.ndarray]:
    timelines = build_timelines(experiment("48 h", **arms))
    data = simulate(
        model=assemble(),
        timelines=timelines,
        cohort=Cohort.typical(),
        times=[12.0, 24.0, 48.0],
        outputs=["hazard", "damage"],
        workers=1,
    )
    return {
        f"{line.arm}, {name}": data[name].values[position, 0]
        for position, line in enumerate(timelines)
        for name in ("hazard", "damage")
    }


def saline(dose: str, **more: object) -> dict[str, object]:
    given = {"saline": dose, "route": "s.c.", "at": "1 h", "repeat": {"every": "6 h", "times": 8}}
    return {**clp(), "doses": [{**given, **more}]}


def test_fluids_fill_what_vessels_lose_and_heal_nothing() -> None:
    found = hazard(none=clp(), little=saline("20 mL/kg"), much=saline("80 mL/kg"))
    assert (found["much, hazard"] < found["little, hazard"]).all()
    assert (found["little, hazard"] < found["none, hazard"]).all()
    np.testing.assert_allclose(found["much, damage"], found["none, damage"], rtol=1e-4)


def test_fluids_do_nothing_to_a_healthy_mouse_and_leave_it() -> None:
    dose = {"fluids": "50 mL/kg", "route": "i.v.", "at": "0 h"}
    found = hazard(well={"challenge": "none"}, wet={"challenge": "none", "doses": [dose]})
    np.testing.assert_allclose(found["wet, hazard"], found["well, hazard"], atol=1e-12)
    timelines = build_timelines(experiment("48 h", wet={"challenge": "none", "doses": [dose]}))
    left = simulate(
        model=assemble(),
        timelines=timelines,
        cohort=Cohort.typical(),
        times=[0.01, 1.333, 24.0],
        outputs=["fluids"],
        workers=1,
    )["fluids"].values[0, 0]
    np.testing.assert_allclose(left, [49.7, 25.0, 0.0], atol=0.1)


def test_fluids_are_given_by_volume_and_drugs_by_mass() -> None:
    infusion = {"duration": "2 h", "repeat": None}
    both = experiment("48 h", a=saline("40 mL/kg"), b=saline("5 mL/kg/h", **infusion))
    assert Experiment.from_mapping(both.resolved()) == both
    (first, *_) = [edge for edge in build_timelines(both)[0].edges if edge.time == 1.0]
    assert dict(first.add) == {"fluids": 40.0}
    (on, *_) = [edge for edge in build_timelines(both)[1].edges if edge.time == 1.0]
    assert on.set["infusion_fluids"] == 5.0
    for agent, dose in (("saline", "40 mg/kg"), ("antibiotics", "40 mL/kg"), ("saline", "2 L/kg")):
        with pytest.raises(InputError, match=r"dimension|at most 1 L/kg"):
            experiment(a={"doses": [{agent: dose, "route": "s.c.", "at": "1 h"}]})


def test_bacteria_may_come_a_second_time() -> None:
    again = {"E. coli": "1e7 CFU", "route": "i.p.", "at": "5.5 h"}
    both = experiment(
        a={**clp(), "doses": [again, {"LPS": "1 mg/kg", "route": "i.p.", "at": "5 h"}]}
    )
    assert Experiment.from_mapping(both.resolved()) == both
    edges = {edge.time: dict(edge.add) for edge in build_timelines(both)[0].edges}
    assert edges[5.5] == {"bacteria_peritoneum": 10.0}
    assert edges[5.0] == {"LPS_peritoneum": 1.0}
    found = bacteria(once=clp(), twice={**clp(), "doses": again})
    assert found["twice"][3] > found["once"][3] + 1
    with pytest.raises(InputError, match="1e8 CFU"):
        experiment(a={"doses": [{**again, "E. coli": "1e7"}]})


def coli(count: str, route: str, **more: object) -> dict[str, object]:
    return {"challenge": {"E. coli": count, "route": route}, **more}


def animal(
    times: list[float],
    outputs: list[str],
    *,
    add: dict[str, float] | None = None,
    initial: dict[str, float] | None = None,
    multipliers: dict[str, float] | None = None,
) -> np.ndarray:
    """Return the course of a typical mouse to which something is added at time 0."""
    line = SimpleNamespace(
        arm="test",
        start=0.0,
        stop=times[-1],
        initial=initial or {},
        edges=(SimpleNamespace(time=0.0, set={}, add=add or {}),),
    )
    return simulate_animal(
        model=assemble(), timeline=line, times=times, outputs=outputs, multipliers=multipliers
    )


def now(output: str, **how: dict[str, float]) -> float:
    """Return what holds as soon as something is there."""
    return float(animal([0.0, 1e-6], [output], **how)[-1, 0])


def test_bacteria_in_fibrin_come_free_over_days_whatever_drugs_do() -> None:
    times = np.arange(0.0, 25.0, 2.0)
    names = ["bacteria_fibrin", "bacteria_peritoneum"]
    closed = {"k_trapping": 1e-12}
    clot = {"bacteria_fibrin": 20.0}
    found = animal(list(times), names, add=clot, multipliers=closed)
    drug = animal(list(times), names, add={**clot, "antibiotics": 50.0}, multipliers=closed)
    free = animal(list(times), names, add={"bacteria_peritoneum": 20.0}, multipliers=closed)
    left = 20.0 * np.exp(-VALUES["k_fibrin"] * times)
    np.testing.assert_allclose(found[1:, 0], left[1:], rtol=1e-4)
    np.testing.assert_allclose(drug[1:, 0], left[1:], rtol=1e-4)
    assert found[1, 1] < 0.5 * free[1, 1]


def test_what_fibrin_takes_in_the_peritoneum_loses() -> None:
    still = ("k_growth", "k_kill_macrophage", "k_kill_neutrophil", "k_invasion", "k_fibrin")
    found = animal(
        [0.0, 1.0, 6.0],
        ["bacteria_peritoneum", "bacteria_fibrin"],
        add={"bacteria_peritoneum": 5.0},
        multipliers=dict.fromkeys(still, 1e-12),
    )
    taken = 5.0 * (1 - np.exp(-6 * VALUES["k_trapping"]))
    assert found[-1] == pytest.approx([5.0 - taken, taken], rel=1e-4)


def test_the_vagus_keeps_neutrophils_in_by_alpha7_of_vessels() -> None:
    """At rest as if alpha7 had no say; without the vagus as without alpha7."""
    assert now("emigration") == pytest.approx(1.0, rel=1e-3)
    cut = now("emigration", initial={"intact_vagus_subdiaphragmatic": 0.0})
    assert cut == pytest.approx(now("emigration", initial={"present_alpha7": 0.0}), rel=1e-3)
    weight, share = VALUES["w_alpha7_emigration"], VALUES["w_vagus_vessels"]
    assert cut == pytest.approx(1 + weight * share / (1 + share), rel=1e-3)
    assert now("emigration", initial={"drive_DMV": 1.0}) < 0.9


def test_blood_is_cleared_by_the_spleen_and_the_liver_that_are_there() -> None:
    both = now("kill_blood")
    for organ, rate in (("spleen", "k_kill_spleen"), ("liver", "k_kill_liver")):
        assert both - now("kill_blood", initial={f"present_{organ}": 0.0}) == pytest.approx(
            VALUES[rate]
        )


def test_il10_averts_so_much_injury_and_no_more() -> None:
    most = 1 - VALUES["max_protection"]
    assert now("protection", add={"IL10_given": 1e9}) == pytest.approx(most, rel=1e-3)
    half = now("protection", add={"IL10_given": VALUES["K_IL10_damage"]})
    assert half == pytest.approx(1 - VALUES["max_protection"] / 2, rel=0.05)


def test_without_the_synthase_more_neutrophils_come_and_each_kills_less() -> None:
    names = ["neutrophils", "bacteria_peritoneum", "iNOS"]
    knocked = {"lesions": ["iNOS knock-out"]}
    found = course(names, wild=clp(), none={**clp(), **knocked})
    assert found["none, iNOS"].max() == 0.0 < found["wild, iNOS"].max()
    assert found["none, neutrophils"][4] > 1.1 * found["wild, neutrophils"][4]
    assert found["none, bacteria_peritoneum"][4] > found["wild, bacteria_peritoneum"][4]


def test_a_mouse_without_il10_has_none_and_makes_more_tnf() -> None:
    found = course(["IL10", "TNF"], wild=clp(), none={**clp(), "lesions": ["Il10-/-"]})
    assert found["none, IL10"].max() < 1e-6 < found["wild, IL10"].min()
    assert found["none, TNF"].max() > 1.02 * found["wild, TNF"].max()


def test_nicotine_keeps_neutrophils_in_the_vessels_by_alpha7() -> None:
    dose = {"doses": [{"nicotine": "4 mg/kg", "route": "i.p.", "at": "0 h"}]}
    knocked = {"lesions": ["alpha7 knock-out"]}
    found = course(
        ["neutrophils"],
        plain=clp(),
        nicotine={**clp(), **dose},
        knocked={**clp(), **knocked},
        both={**clp(), **dose, **knocked},
    )
    assert found["nicotine, neutrophils"][1] < 0.9 * found["plain, neutrophils"][1]
    np.testing.assert_allclose(
        found["both, neutrophils"][1], found["knocked, neutrophils"][1], rtol=0.01
    )


def test_an_animal_without_bacteria_stays_without_whatever_is_done() -> None:
    found = bacteria(
        lps={"challenge": {"LPS": "5 mg/kg"}},
        treated={"doses": [{"antibiotics": "25 mg/kg", "route": "i.p.", "at": "0 h"}]},
    )
    assert all((counts == 0).all() for counts in found.values())


def test_infection_costs_what_calms_macrophages() -> None:
    coli = {"challenge": {"E. coli": "1e6 CFU", "route": "i.p."}}
    found = bacteria(
        plain=coli,
        calmed={**coli, "doses": [{"fenoldopam": "10 mg/kg", "route": "i.p.", "at": "-1 h"}]},
    )
    assert found["calmed"][-1] > found["plain"][-1]


def test_a_challenge_is_written_out_and_read_back() -> None:
    both = experiment(
        a=clp(), b={"challenge": {"E. coli": "2e8 CFU", "route": "i.v.", "at": "1 h"}}
    )
    again = Experiment.from_mapping(both.resolved())
    assert again == both
    edges = build_timelines(again)[1].edges
    assert [(edge.time, dict(edge.add)) for edge in edges] == [(1.0, {"bacteria_blood": 200.0})]


@pytest.mark.parametrize(
    ("challenge", "sentence"),
    [
        ({"CLP": "50 %"}, "write {CLP"),
        ({"CLP": {"ligation": "50 %", "needle": "21 G"}}, "say the punctures of the CLP"),
        (
            {"CLP": {"ligation": "50 %", "needel": "21 G", "punctures": 2}},
            "CLP.needel: unknown field 'needel'; did you mean 'needle'",
        ),
        (
            {"CLP": {"ligation": "50 %", "needle": "21", "punctures": 2}},
            "CLP.needle: unknown needle '21'",
        ),
        ("CLP", "write one challenge, such as"),
        ({"E. coli": "1e15 CFU"}, "too many"),
        ({"CLP": {"ligation": "150 %", "needle": "21 G", "punctures": 1}}, "at most at 100 %"),
        ({"CLP": {"ligation": "50 %", "needle": "24 G", "punctures": 1}}, "known are 18 G"),
        ({"E. coli": "1e8"}, "1e8 CFU"),
        ({"E. coli": 1e8}, "the bacteria 1e8 have no unit"),
        ({"E. coli": "1e8 CFU", "route": "s.c."}, "route of E. coli"),
        ({"worms": "3 mg/kg"}, "known are LPS, CLP and E. coli"),
    ],
)
def test_what_is_wrong_with_a_challenge_is_said(challenge: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        experiment(a={"challenge": challenge})


def test_lps_in_plasma_counts_what_bacteria_shed() -> None:
    found = simulate(
        model=assemble(),
        timelines=build_timelines(experiment(a=clp())),
        cohort=Cohort.typical(),
        times=np.array([0.0, 6.0]),
        outputs=[find_observable("LPS", "plasma").id, "LPS_blood", "PAMP_blood"],
    ).isel(arm=0, animal=0, time=1)
    assert found["LPS_blood"] == pytest.approx(0, abs=1e-9)
    assert found["PAMP_blood"] > 0
    assert found["LPS_plasma"] == pytest.approx(float(found["PAMP_blood"]))
