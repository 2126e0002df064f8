"""Contradictions: they name what exists, run both sides, and say what can't be expressed."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from reflexarc import biology
from reflexarc.cli import contradictions as command
from reflexarc.cli.console import Lab
from reflexarc.contradictions import (
    AS_IT_STANDS,
    Account,
    find_contradictions,
    load_contradictions,
    read_contradictions,
)
from reflexarc.contradictions.drawing import draw_contradiction, draw_overview
from reflexarc.contradictions.running import Outcome, run_contradictions
from reflexarc.errors import InputError
from reflexarc.evidence import catalogue_rows, not_expressible
from reflexarc.evidence.reading import load_findings
from reflexarc.figures import svg
from reflexarc.references import references
from reflexarc.vocabulary import hypothesis_options
from reflexarc.yaml_source import read_yaml

ALL = load_contradictions()
NUMBERS = [contradiction.number for contradiction in ALL]
FINDINGS = {finding.id: finding for finding in load_findings()}

GOOD = """
contradictions:
  - number: 1
    title: A test
    question: Is it so or is it not so?
    sides:
      - says: It is so, they say
        findings: [L21-1-TNF]
      - says: It is not, they say
        rows: [HU-1]
        sources: [liu2021]
    accounts:
      - name: the other one
        switch: {dopamine source: release gain}
      - name: a what-if
        set: {present_D1: 0}
      - name: no way
        cannot: it is not in this model
    model: What the model takes for true.
"""


def test_all_are_there() -> None:
    assert list(range(1, 22)) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_named_exists(number: int) -> None:
    (one,) = find_contradictions((number,))
    assert set(one.findings) <= set(FINDINGS)
    for side in one.sides:
        assert {row.row for row in side.rows} <= set(catalogue_rows())
        assert set(side.sources) <= set(references())
        assert all(len(row.reason) > 10 for row in side.rows)
    parameters = {row.id for row in (*biology.parameters(),)} | {i.id for i in biology.inputs()}
    for account in one.accounts:
        for name, option in account.switch.items():
            assert option in hypothesis_options()[name]
        assert set(account.set) <= parameters
        assert account.expressed == (account.cannot is None)


def test_every_hypothesis_with_a_name_is_a_rival_somewhere() -> None:
    switched = {
        (name, option)
        for one in ALL
        for account in one.accounts
        for name, option in account.switch.items()
    }
    assert {(row.name, row.option) for row in biology.hypotheses()} <= switched


def test_a_row_that_stands_as_not_run_is_not_expressed_in_full() -> None:
    left = {entry.row for entry in not_expressible()}
    for one in ALL:
        for side in one.sides:
            for row in side.rows:
                assert row.row in left, row.row


def test_a_side_that_rests_on_no_result_that_was_read_says_so() -> None:
    for one in ALL:
        for side in one.sides:
            if side.findings and not (side.rows or any(FINDINGS[f].scored for f in side.findings)):
                assert re.search("prediction|remembered", side.says), (one.number, side.says)
    (spleen,) = find_contradictions((3,))
    assert not FINDINGS["TR-5-spleen"].scored
    assert "is remembered, not read" in spleen.model
    (fibres,) = find_contradictions((11,))
    assert any("activate C fibres" in side.says for side in fibres.sides)
    (cells,) = find_contradictions((4,))
    assert "VN-4-single-pulse" not in cells.findings


def test_no_number_of_the_model_is_written_down() -> None:
    """The file holds questions and settings; what the model gives is run."""
    for one in ALL:
        for text in (one.model, *(account.says for account in one.accounts)):
            assert not re.search(r"\d+(\.\d+)?\s*(%|-fold|pg|times)", text), one.number


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("L21-1-TNF", "L21-1-TFN", 9, "did you mean 'L21-1-TNF'"),
        ("HU-1", "HU-11", 11, "did you mean 'HU-1'"),
        ("[liu2021]", "[liu2012]", 12, "did you mean 'liu2021'"),
        ("dopamine source:", "dopamin source:", 15, "did you mean 'dopamine source'"),
        ("release gain", "release gian", 15, "did you mean 'release gain'"),
        ("present_D1", "present_D11", 17, "did you mean 'present_D1'"),
        ("cannot: it is not in this model", "says: nothing", 18, "'cannot' with the reason"),
        ("        findings: [L21-1-TNF]\n", "", 8, "a side needs"),
        ("[HU-1]", "[L21-1]", None, None),
        ("[HU-1]", "[MT]", 11, "say why the row MT isn't run"),
        ("    model: What", "    modell: What", 20, "did you mean 'model'"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    old: str, new: str, line: int | None, words: str | None
) -> None:
    assert old in GOOD
    source = read_yaml(GOOD.replace(old, new), file="test.yaml")
    if words is None:
        read_contradictions(source)
        return
    with pytest.raises(InputError) as caught:
        read_contradictions(source)
    assert words in str(caught.value)
    assert str(caught.value).startswith("test.yaml:")
    assert abs((caught.value.line or 0) - (line or 0)) <= 1


def test_a_number_stands_once() -> None:
    twice = GOOD + GOOD.replace("\ncontradictions:\n", "")
    with pytest.raises(InputError, match="number 1 stands here twice"):
        read_contradictions(read_yaml(twice, file="test.yaml"))


def test_an_unknown_number() -> None:
    with pytest.raises(InputError, match="no contradiction 22; they are numbered 1 to 21"):
        find_contradictions((22,))
    assert [one.number for one in find_contradictions((9, 5, 9))] == [9, 5]


def test_an_account_sets_what_its_switch_sets() -> None:
    rival = Account(name="x", switch={"dopamine source": "release gain"})
    default = Account(name="y", switch={"dopamine source": "AADC activity"})
    both = Account(name="z", switch={"dopamine source": "release gain"}, set={"present_D1": 0})
    assert dict(rival.effects) == {"is_AADC_hypothesis": 0}
    assert dict(default.effects) == {"is_AADC_hypothesis": 1}
    assert dict(both.effects) == {"is_AADC_hypothesis": 0, "present_D1": 0}
    assert (rival.is_default, default.is_default, both.is_default) == (False, True, False)
    assert "nothing fitted again" in both.means


@pytest.fixture(scope="module")
def outcomes() -> dict[int, Outcome]:
    found = run_contradictions(find_contradictions((5, 9, 16)), workers=1)
    return {outcome.contradiction.number: outcome for outcome in found}


def test_both_sides_run_under_every_account(outcomes: dict[int, Outcome]) -> None:
    five = outcomes[5]
    assert five.accounts[0] == AS_IT_STANDS
    rivals = [account.name for account in five.contradiction.rivals]
    assert list(five.accounts[1:]) == rivals
    assert "dopamine by more synthesis" not in five.accounts  # the model holds it already
    for found in five.verdicts.values():
        assert tuple(found) == five.contradiction.findings


def test_the_numbers_are_those_of_the_findings(outcomes: dict[int, Outcome]) -> None:
    from reflexarc.findings import run_findings

    wanted = ["MA-1-vagotomy", "MA-1-firing-vagotomy"]
    for verdict in run_findings(ids=wanted, workers=1):
        mine = outcomes[9].verdicts[AS_IT_STANDS][verdict.id]
        assert mine.value == pytest.approx(verdict.value, rel=1e-6)
        assert mine.verdict == verdict.verdict


def test_an_account_changes_what_it_should(outcomes: dict[int, Outcome]) -> None:
    five = outcomes[5].verdicts
    assert five[AS_IT_STANDS]["TR-9-TNF"].verdict == "pass"
    assert five["no D1"]["TR-9-TNF"].value == pytest.approx(1, abs=0.05)
    assert five["no D1"]["TR-9-TNF"].verdict == "fail"
    assert five["no beta2"]["IM-1-TNF"].value == pytest.approx(1, abs=0.05)
    release = five["dopamine by more release"]["TR-8-AADC"]
    assert release.value > five[AS_IT_STANDS]["TR-8-AADC"].value


def test_answers_count_scored_findings(outcomes: dict[int, Outcome]) -> None:
    first, second = (a for a in outcomes[9].answers if a.account == AS_IT_STANDS)
    assert (first.text, second.scored) == ("not scored", 2)
    assert {answer.text for answer in outcomes[16].answers} == {"can't be run"}
    assert outcomes[16].accounts == (AS_IT_STANDS,)


def test_the_record_says_what_can_not_be_expressed(outcomes: dict[int, Outcome]) -> None:
    record = json.loads(json.dumps(outcomes[16].record()))
    silent = [account for account in record["accounts"] if not account["expressed"]]
    assert "no datum of needles" in silent[0]["means"]
    assert record["sides"][0]["not run"][0] == {"row": "HU-1", "because": "patients with sepsis"}
    five = outcomes[5].record()
    assert {finding["account"] for finding in five["findings"]} == set(outcomes[5].accounts)
    assert five["sides"][0]["agreement"]["no D1"] == {"agreed": 0, "scored": 4}


def test_figures_say_it_in_words(outcomes: dict[int, Outcome]) -> None:
    for number in (5, 16):
        text = svg(draw_contradiction(outcomes[number]), label="x")
        assert svg(draw_contradiction(outcomes[number]), label="x") == text
        assert outcomes[number].contradiction.sides[0].says in text
    five = svg(draw_contradiction(outcomes[5]))
    for word in ("agrees", "disagrees", "not scored", "TR-8-AADC", "no D1"):
        assert word in five
    sixteen = svg(draw_contradiction(outcomes[16]))
    assert "Rival accounts that can't be expressed" in sixteen.replace("&#x27;", "'")
    overview = svg(draw_overview(list(outcomes.values())))
    assert "5. Which amine?" in overview
    assert "nothing here can be scored" in overview
    most = max(len(outcome.contradiction.sides) for outcome in outcomes.values())
    assert most == 4
    for word in ("first", "second", "third", "fourth"):
        assert f"{word} side" in overview


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer(cls=Lab)
    app.command("contradictions")(command.contradictions)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["contradictions", *words])
    return done.exit_code, done.stdout


def test_the_command(tmp_path: Path) -> None:
    code, text = run("16", "-q", "--figure", str(tmp_path / "16.png"))
    assert code == 0
    assert "can't be expressed" in text
    assert (tmp_path / "16.png").read_bytes().startswith(b"\x89PNG")
    code, text = run("16", "17", "--out", str(tmp_path / "out"), "-q")
    assert code == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "contradiction-16.svg",
        "contradiction-17.svg",
        "overview.svg",
        "contradictions.json",
    }
    code, text = run("17", "--json")
    assert json.loads(text)["contradictions"][0]["number"] == 17
    code, text = run("--list", "--json")
    assert len(json.loads(text)["contradictions"]) == 21
    assert "dopamine source" in run("--list")[1]
    assert run("22")[0] == 3
    assert run("16", "--figure", "x.bmp")[0] == 3
    assert run("--list", "--out", "x")[0] == 3
