"""Live infection: what is written, and what bacteria, antibiotics and cells do to each other."""

import numpy as np
import pytest

from reflexarc.biology import assemble
from reflexarc.cohort import Cohort
from reflexarc.ensemble import simulate
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines


def experiment(**arms: dict[str, object]) -> Experiment:
    return Experiment.from_mapping(
        {"title": "Infection", "arms": arms, "measure": ["bacteria in peritoneum at 6 h"]}
    )


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
        ({"CLP": {"ligation": "50 %", "needle": "21 G"}}, "punctures of the CLP is missing"),
        ({"CLP": {"ligation": "150 %", "needle": "21 G", "punctures": 1}}, "at most at 100 %"),
        ({"CLP": {"ligation": "50 %", "needle": "24 G", "punctures": 1}}, "known are 18 G"),
        ({"E. coli": "1e8"}, "1e8 CFU"),
        ({"E. coli": "1e8 CFU", "route": "s.c."}, "route of E. coli"),
        ({"worms": "3 mg/kg"}, "known are LPS, CLP and E. coli"),
    ],
)
def test_what_is_wrong_with_a_challenge_is_said(challenge: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        experiment(a={"challenge": challenge})
