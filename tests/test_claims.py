"""The ledger is whole, cites what exists, and never contradicts the findings that it cites."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from reflexarc.claims import (
    GRADES,
    REASONS,
    VERDICTS,
    Claim,
    find_claim,
    load_claims,
    objections,
    read_claim,
)
from reflexarc.cli import app
from reflexarc.errors import InputError
from reflexarc.evidence import ROOT, known_failures, not_expressible, references
from reflexarc.evidence.reading import load_findings
from reflexarc.findings import Verdict, run_findings
from reflexarc.yaml_source import read_yaml

CARDS = load_claims()
# No sentence of the ledger promises anything or tells anybody what to do.
PROMISES = re.compile(
    r"\b(?:you should|we recommend|will help you|is guaranteed|guarantees|miracle|will cure|"
    r"cures you|proven to cure|safe for you|no need to see|instead of your medic\w+)\b",
    re.I,
)


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, Verdict]:
    ids = sorted({name for claim in CARDS for name in claim.findings.all})
    return {verdict.id: verdict for verdict in run_findings(ids=ids)}


def made(claim: Claim, **changes: object) -> Claim:
    return claim.model_copy(update=changes)


def card(name: str = "C2") -> str:
    return ROOT.joinpath("claims").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def test_the_ledger_has_the_eleven_and_fifteen_more() -> None:
    ids = [claim.id for claim in CARDS]
    assert ids == [f"C{number}" for number in range(1, len(ids) + 1)]
    assert len(ids) >= 26
    assert {claim.verdict for claim in CARDS} == set(VERDICTS)
    assert len({claim.claim for claim in CARDS}) == len(ids)


def test_a_row_that_is_cited_is_left_out_at_least_in_part() -> None:
    left_out = {entry.row for entry in not_expressible()}
    assert [(c.id, row) for c in CARDS for row in c.rows.all if row not in left_out] == []


def test_of_a_row_that_runs_in_part_a_card_says_what_does_not() -> None:
    done = CliRunner().invoke(app, ["claims", "C10"])
    assert "SA-R2: scrotum; its nerves are not in the atlas" in done.stdout


@pytest.mark.slow
def test_no_verdict_contradicts_the_findings_it_cites(verdicts: Mapping[str, Verdict]) -> None:
    assert [sentence for claim in CARDS for sentence in objections(claim, verdicts)] == []


@pytest.mark.slow
def test_turning_a_verdict_of_the_model_raises_an_objection(
    verdicts: Mapping[str, Verdict],
) -> None:
    claim = find_claim("C1")
    turned = dict(verdicts) | {
        "L21-3-TNF": replace(verdicts["L21-3-TNF"], verdict="fail"),
    }
    assert "C1 cites L21-3-TNF, which fails" in objections(claim, turned)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("C6", "supported in animals only"),
        ("C30", "supported"),
        ("C12", "wrong"),
        ("C5", "supported"),
        ("C2", "outside the model"),
        ("C1", "outside the model"),
        ("C31", "wrong"),
        ("C10", "unclear"),
    ],
)
def test_the_wrong_verdict_raises_an_objection(
    name: str, verdict: str, verdicts: Mapping[str, Verdict]
) -> None:
    assert objections(find_claim(name), verdicts) == []
    assert objections(made(find_claim(name), verdict=verdict), verdicts)


@pytest.mark.slow
def test_limits_must_name_what_fails_and_what_holds_on_the_other_side(
    verdicts: Mapping[str, Verdict],
) -> None:
    for name, finding in [("C13", "VN-4-single-pulse"), ("C1", "L20-3-TNF")]:
        claim = find_claim(name)
        silent = made(claim, limits=tuple(limit.replace(finding, "") for limit in claim.limits))
        assert any(finding in sentence for sentence in objections(silent, verdicts))


def test_every_declared_failure_that_is_cited_is_named_without_running() -> None:
    declared = {failure.id for failure in known_failures()}
    unscored = {finding.id for finding in load_findings() if not finding.scored}
    for claim in CARDS:
        for name in claim.findings.all:
            assert name not in declared | unscored or claim.names(name), (claim.id, name)


def test_the_record_of_a_paper_is_that_of_the_references() -> None:
    claim = find_claim("C5")
    assert claim.record is not None
    assert objections(claim, {}) == []
    other = made(claim, record=claim.record.model_copy(update={"year": 2022}))
    assert any("2022" in sentence for sentence in objections(other, {}))
    assert references()["liu2021"].item["volume"] == "598"


def test_certainty_has_a_grade_and_all_five_reasons() -> None:
    for claim in CARDS:
        assert claim.certainty.grade in GRADES
        assert tuple(claim.certainty.reasons) == REASONS
        concerns = [reason != "not a concern" for reason in claim.certainty.reasons.values()]
        # What is less than high says why.
        assert claim.certainty.grade == "high" or any(concerns), claim.id


def test_a_grade_is_a_judgement_of_what_was_looked_at() -> None:
    left = {claim.id for claim in CARDS if claim.certainty.grade == "not assessed"}
    assert left == {"C27", "C36", "C43"}
    lazy = card("C43").replace("grade: not assessed", "grade: very low")
    with pytest.raises(InputError, match="the grade is 'not assessed' where most of its five"):
        read_claim(read_yaml(lazy, file="C43.yaml"))
    looked_at = card("C2").replace("grade: moderate", "grade: not assessed")
    with pytest.raises(InputError, match="and only there"):
        read_claim(read_yaml(looked_at, file="C2.yaml"))


def test_what_was_only_inferred_or_remembered_speaks_on_no_side() -> None:
    declared = {failure.id for failure in known_failures()}
    unscored = {finding.id for finding in load_findings() if not finding.scored} - declared
    for claim in CARDS:
        assert not unscored & set(claim.findings.all), claim.id


def test_a_claim_can_be_refuted() -> None:
    for claim in CARDS:
        for wish in claim.would_change_our_mind:
            assert not re.match(r"(?:Nothing|None)\b", wish), claim.id


def test_an_incomplete_reference_is_marked_on_the_card() -> None:
    assert find_claim("C11").incomplete_sources == ("wang2021",)
    assert "martelli2019" in find_claim("C29").incomplete_sources  # no authors
    shown = CliRunner().invoke(app, ["claims", "C11"])
    assert shown.exit_code == 0
    assert shown.stdout.count("(reference incomplete)") == 1
    assert "reference incomplete" not in CliRunner().invoke(app, ["claims", "C39"]).stdout


@pytest.mark.parametrize("claim", CARDS, ids=lambda claim: claim.id)
def test_a_card_promises_nothing_and_is_short_for_a_lay_reader(claim: Claim) -> None:
    text = " ".join([claim.plain, claim.precise, *claim.limits, *claim.would_change_our_mind])
    assert not PROMISES.search(text)
    assert len(claim.plain) <= 360
    assert not re.search(r"\b(?:DMV|PROKR2|CLP|RCT|ACR20|NPY|D1|SD)\b", claim.plain)
    assert claim.sources or claim.verdict == "outside the model"


def test_sources_are_papers_of_findings_and_references_each_once() -> None:
    claim = find_claim("C31")
    assert {"torresrosas2014", "liu2020", "vida2011"} <= set(claim.sources)
    assert len(set(claim.sources)) == len(claim.sources)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("verdict: overstated", "verdict: overstatd", "did you mean 'overstated'"),
        ("L21-1-TNF", "L21-1-TNG", "unknown finding 'L21-1-TNG'; did you mean 'L21-1-TNF'"),
        ("limits:", "rows: {for: [GI-9]}\nlimits:", "unknown row 'GI-9'"),
        ("experiment: liu-2021", "experiment: liu-2031", "did you mean 'liu-2021'"),
        ("plain:", "plane:", "unknown field 'plane'"),
        ("grade: moderate", "grade: modest", "grade"),
        ("species: [mouse, rat]", "species: [mouse, newt]", "species"),
        ("  risk of bias: Blinding is not known for most of these studies.\n", "", "missing"),
        ("id: C2", "id: 2", "id"),
    ],
)
def test_a_mistake_in_a_card_is_one_sentence(before: str, after: str, message: str) -> None:
    assert before in card()
    with pytest.raises(InputError) as caught:
        read_claim(read_yaml(card().replace(before, after, 1), file="C2.yaml"))
    assert message in str(caught.value)
    assert str(caught.value).startswith("C2.yaml")


def test_an_unknown_reference_in_a_card_is_refused() -> None:
    text = card("C14").replace("koopman2016", "koopman2061")
    with pytest.raises(InputError, match="did you mean 'koopman2016'"):
        read_claim(read_yaml(text, file="C14.yaml"))


def test_an_unknown_claim_is_answered_with_the_list() -> None:
    with pytest.raises(InputError, match="unknown claim 'C999'"):
        find_claim("C999")
    assert find_claim("c3").id == "C3"


def test_the_table_and_a_card_on_the_command_line() -> None:
    table = CliRunner().invoke(app, ["claims"])
    assert table.exit_code == 0
    assert all(claim.id in table.stdout for claim in CARDS)
    shown = CliRunner().invoke(app, ["claims", "C2"])
    assert shown.exit_code == 0
    for part in ("overstated", "L21-1-TNF", "publication bias", "What would change our mind"):
        assert part in shown.stdout
    assert CliRunner().invoke(app, ["claims", "C99"]).exit_code == 3


@pytest.mark.slow
def test_a_card_with_the_model_beside_it() -> None:
    import json

    done = CliRunner().invoke(app, ["claims", "C1", "--run", "--json", "-q"])
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert data["objections"] == []
    assert data["claims"][0]["findings"]["for"][0]["verdict"] == "pass"
    assert "found by" not in data["claims"][0]
