"""Published findings, papers and harm as the page gets them."""

import json

import pytest

from reflexarc.evidence.reading import load_findings
from reflexarc.findings import run_findings
from reflexarc.protocol import Arm
from reflexarc.references import references
from reflexarc.safety.stimulus import DAMAGE_K
from reflexarc.web.harm import BARE_MM, safety_data
from reflexarc.web.papers import references_data
from reflexarc.web.scenario import CannotShow, scenario_of
from reflexarc.web.wall import claims_data, findings_data


def test_every_finding_has_a_card_and_either_a_scenario_or_a_reason() -> None:
    cards = findings_data()
    assert [card["id"] for card in cards] == [finding.id for finding in load_findings()]
    for card in cards:
        assert card["verdict"] == "not run"
        assert (card["scenario"] is None) == bool(card.get("cannot"))
    shown = [card for card in cards if card["scenario"]]
    assert len(shown) > 0.7 * len(cards)
    json.dumps(cards, allow_nan=False)


def test_a_card_carries_what_the_model_says() -> None:
    (verdict,) = run_findings(ids=["L21-3-DMV"])
    card = next(c for c in findings_data([verdict]) if c["id"] == "L21-3-DMV")
    assert (card["verdict"], card["simulated"]) == (verdict.verdict, verdict.simulated)


def test_a_known_failure_keeps_its_reason() -> None:
    card = next(c for c in findings_data() if c["id"] == "L20-4-survival-lower")
    assert card["reason"].startswith("Few sham mice survive")


def test_scenario_of_an_arm_has_the_units_of_the_page() -> None:
    card = next(c for c in findings_data() if c["id"] == "L20-4-alpha2")
    scenario = card["scenario"]
    stimulus = scenario["stimulus"]
    assert scenario["challenge"] == {
        "agent": "LPS", "dose": 5, "unit": "mg/kg", "route": "i.p.", "at": 0,
    }  # fmt: skip
    assert (stimulus["site"], stimulus["current"], stimulus["width"]) == ("ST25", 3, 50)
    assert (stimulus["at"], stimulus["duration"]) == (1.5, 0.25)
    assert scenario["doses"][0]["agent"] == "yohimbine"
    assert scenario["doses"][0]["at"] == 1
    assert scenario["anaesthesia"] == {"isoflurane": 1.5, "at": 1.5, "duration": 0.25}
    assert card["control"]["stimulus"] == {**stimulus, "current": 0, "depth": stimulus["depth"]}


WHEN = {"frequency": "10 Hz", "duration": "15 min", "at": "0 h"}
NEEDLE = {"site": "ST36", "current": "1 mA", "pulse width": "50 us", **WHEN}
LIGHT = {
    "site": "DMV", "opsin": "ChR2", "irradiance": "10 mW/mm2", "pulse width": "5 ms", **WHEN,
}  # fmt: skip
SLOWLY = {"dopamine": "1 mg/kg", "route": "i.v.", "at": "0 h", "duration": "1 h"}


@pytest.mark.parametrize(
    ("arm", "why"),
    [
        ({"doses": SLOWLY}, "infused"),
        ({"lesions": [{"name": "sciatic", "at": "1 h"}]}, "during the experiment"),
        ({"electroacupuncture": {**NEEDLE, "waveform": "biphasic"}}, "biphasic"),
        ({"electroacupuncture": [NEEDLE, NEEDLE]}, "more than one stimulus"),
        ({"optogenetics": LIGHT}, "by light"),
    ],
)
def test_what_the_page_has_no_control_for_is_said(arm: dict[str, object], why: str) -> None:
    with pytest.raises(CannotShow, match=why):
        scenario_of(Arm.model_validate(arm), hours=12)


def test_claims_carry_their_certainty() -> None:
    claim = next(c for c in claims_data() if c["id"] == "C1")
    assert claim["certainty"]["grade"] == "moderate"
    assert claim["plain"]
    known = {finding.id for finding in load_findings()}
    assert all(set(c["for"]) | set(c["against"]) <= known for c in claims_data())


def test_every_paper_can_be_named_and_a_doi_leads_to_it() -> None:
    papers = references_data()
    assert set(papers) == set(references())
    assert papers["liu2021"]["short"] == "Liu et al. 2021"
    assert papers["liu2021"]["url"] == f"https://doi.org/{papers['liu2021']['doi']}"
    assert all(paper["short"] for paper in papers.values())


def test_harm_is_told_as_counts_with_its_limits() -> None:
    data = safety_data()
    assert data["out_of"] == 10_000
    assert data["limits"]["damage_k"] == DAMAGE_K
    pain = next(effect for effect in data["effects"] if effect["id"] == "pain")
    assert pain["headline"]["rate"] == 390
    assert all(effect["headline"] or effect["unknown"] for effect in data["effects"])
    assert {rule["modality"] for topic in data["rules"] for rule in topic["rules"]} == {
        "needling", "electroacupuncture",
    }  # fmt: skip
    usual = Arm.model_validate({"electroacupuncture": NEEDLE})
    assert usual.electroacupuncture[0].exposed_length == f"{BARE_MM:g} mm"
    json.dumps(data, allow_nan=False)
