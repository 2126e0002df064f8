"""Screening: what follows from each answer, from disagreeing sources, and from silence."""

import io
import json
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from reflexarc.cli import safety as safety_command
from reflexarc.cli import screen as command
from reflexarc.cli.console import Lab
from reflexarc.errors import InputError
from reflexarc.evidence import references
from reflexarc.safety import CLOSING, load_answers, promises, screen, screening, template
from reflexarc.safety.questions import (
    GRADES,
    MODALITIES,
    UNKNOWN,
    Answer,
    Answers,
    Grade,
    load_screen,
    read_answers,
    read_screen,
)
from reflexarc.safety.screening import NO_PERMISSION, NOT_ASKED, NOTHING_FOUND
from reflexarc.yaml_source import read_yaml

# (question, answer): grades for needling and for electroacupuncture, written down from the sources
EXPECTED: dict[tuple[str, str], tuple[Grade | None, Grade | None]] = {
    ("emergency", "yes"): ("contraindication", "contraindication"),
    ("surgical condition", "yes"): ("contraindication", "contraindication"),
    ("malignant tumour", "yes"): ("contraindication", "contraindication"),
    ("cardiac device", "pacemaker"): ("mention", "contraindication"),
    ("cardiac device", "defibrillator"): ("mention", "contraindication"),
    ("cardiac device", "other"): ("mention", "contraindication"),
    ("electrical implant", "yes"): ("mention", "contraindication"),
    ("place", "chest or upper back"): ("caution", "contraindication"),
    ("place", "belly or lower back"): (None, None),
    ("place", "neck"): (None, "caution"),
    ("place", "head"): (None, "contraindication"),
    ("heart disease", "yes"): (None, "caution"),
    ("heart valve", "yes"): ("caution", "caution"),
    ("epilepsy", "under control"): ("mention", "caution"),
    ("epilepsy", "not under control"): ("caution", "contraindication"),
    ("fainting", "yes"): ("caution", "caution"),
    ("pregnancy", "first three months"): ("contraindication", "contraindication"),
    ("pregnancy", "after three months"): ("contraindication", "contraindication"),
    ("pregnancy", "possible"): ("contraindication", "contraindication"),
    ("anticoagulants", "yes"): ("caution", "caution"),
    ("bleeding disorder", "mild"): ("caution", "caution"),
    ("bleeding disorder", "severe"): ("contraindication", "contraindication"),
    ("low platelets", "yes"): ("caution", "caution"),
    ("weak immune system", "yes"): ("contraindication", "contraindication"),
    ("skin at the place", "yes"): ("contraindication", "contraindication"),
    ("fever", "yes"): ("caution", "contraindication"),
    ("sepsis", "yes"): ("contraindication", "contraindication"),
    ("swollen limb", "yes"): ("caution", "caution"),
    ("numbness", "yes"): ("caution", "contraindication"),
    ("poor circulation", "yes"): ("caution", "contraindication"),
    ("lungs", "yes"): ("caution", "caution"),
    ("metal allergy", "yes"): ("caution", "caution"),
    ("metal implant", "yes"): ("mention", "caution"),
    ("frailty", "yes"): ("caution", "caution"),
    ("needle phobia", "yes"): ("caution", "caution"),
    ("psychosis", "yes"): ("caution", "caution"),
    ("unexplained symptoms", "yes"): ("caution", "caution"),
}
CLEAR = {question.id: question.clear for question in load_screen().questions}


def call(*arguments: str, input: str | None = None) -> Result:
    app = typer.Typer(cls=Lab)
    app.command("safety")(safety_command.safety)
    app.command("screen")(command.screen)
    return CliRunner().invoke(app, list(arguments), input=input)


def grades(answers: Answers) -> tuple[Grade | None, ...]:
    found = screen(answers)
    return tuple(next((c.grade for c in found.of(m)), None) for m in MODALITIES)


# Every rule


@pytest.mark.parametrize(("answer", "expected"), EXPECTED.items(), ids=str)
def test_each_answer_has_its_grades(
    answer: tuple[str, str], expected: tuple[Grade | None, Grade | None]
) -> None:
    question, word = answer
    assert grades({question: word}) == expected
    assert grades({**CLEAR, question: word}) == expected


def test_every_answer_but_the_clear_ones_is_expected() -> None:
    possible = {
        (q.id, option) for q in load_screen().questions for option in q.options if option != q.clear
    }
    assert possible == set(EXPECTED)


@pytest.mark.parametrize("rule", load_screen().rules, ids=lambda rule: rule.id)
def test_each_rule_holds_for_its_answers_and_for_no_others(rule: object) -> None:
    from reflexarc.safety.questions import Rule

    assert isinstance(rule, Rule)
    answers = {key: values[0] for key, values in rule.when.items()}
    concern = next(
        c for c in screen(answers).concerns if (c.topic, c.modality) == (rule.topic, rule.modality)
    )
    assert rule in (concern.rule, *concern.agreeing, *concern.disagreeing)
    for key in rule.when:
        assert not rule.holds({**answers, key: UNKNOWN})
        options = next(q.options for q in load_screen().questions if q.id == key)
        for other in set(options) - set(rule.when[key]):
            assert not rule.holds({**answers, key: other})


def test_every_rule_asks_to_talk_and_names_its_sources() -> None:
    for rule in load_screen().rules:
        assert rule.sentence.startswith("Talk to your physician about ")
        assert set(rule.sources) <= set(references())
        assert rule.sources or rule.trust == "R"
        assert promises(f"{rule.sentence} {rule.says}") == ()


# Sources that disagree


def test_a_pacemaker_and_current_in_one_limb() -> None:
    found = screen({"cardiac device": "pacemaker", "place": "arms or legs only"})
    concern = next(c for c in found.of("electroacupuncture") if c.topic == "a heart device")
    assert concern.grade == "contraindication"
    assert [rule.id for rule in concern.disagreeing] == ["device-limb-ea"]
    assert "Sources disagree; the strictest is shown." in concern.disagreement
    assert "(caution)" in concern.disagreement
    assert {"cummings2023", "vasilakos2011"} <= set(concern.sources)


@pytest.mark.parametrize("place", [UNKNOWN, "chest or upper back"])
def test_the_milder_stance_needs_the_limb_to_be_said(place: str) -> None:
    found = screen({"cardiac device": "pacemaker", "place": place})
    concern = next(c for c in found.of("electroacupuncture") if c.topic == "a heart device")
    assert concern.disagreement == ""


def test_pregnancy_shows_three_stances_and_the_strictest_first() -> None:
    concern = screen({"pregnancy": "possible"}).of("needling")[0]
    assert concern.rule.id == "pregnancy-possible-who-needling"
    assert [rule.grade for rule in concern.disagreeing] == ["caution", "mention"]


def test_several_places_count_each_and_the_clear_one_stands_alone() -> None:
    one = {c.rule.id for c in screen({"place": "neck"}).concerns}
    both = {c.rule.id for c in screen({"place": ("chest or upper back", "neck")}).concerns}
    assert one == {"neck-ea"}
    assert both == {"neck-ea", "chest-ea", "chest-needling"}
    for text in ("place: [neck, chest or upper back]", "place: neck, Chest or upper back"):
        assert read(text)["place"] == ("chest or upper back", "neck")
    assert read("place: [neck]")["place"] == "neck"
    assert read("place: []")["place"] == UNKNOWN
    for alone in ("arms or legs only", UNKNOWN):
        with pytest.raises(InputError, match="can't stand beside"):
            read(f"place: [neck, {alone}]")


def test_lung_and_heart_are_spoken_of_for_the_chest_only() -> None:
    for place in ("belly or lower back", "neck", "head", "arms or legs only"):
        found = " ".join(c.sentence + c.topic for c in screen({"place": place}).concerns)
        assert not any(word in found for word in ("lung", "heart", "chest"))
    rule = next(rule for rule in load_screen().rules if rule.id == "chest-ea")
    assert "over the heart or brain, or in the region of an implanted" in rule.says


def test_an_emergency_is_told_first_and_as_a_call_for_help(tmp_path: Path) -> None:
    answers = {"pregnancy": "possible", "sepsis": "yes", "emergency": "yes"}
    found = screen(answers)
    for modality in MODALITIES:
        assert [c.urgent for c in found.of(modality)] == [True, True, False]
    file = tmp_path / "me.yaml"
    file.write_text("".join(f"{key}: {value}\n" for key, value in answers.items()))
    lines = call("screen", "--answers", str(file)).stdout.splitlines()
    calls = [place for place, line in enumerate(lines) if "is an emergency: call for" in line]
    assert len(calls) == 2
    assert lines[calls[1]].startswith("Sepsis is an emergency: call for an ambulance")
    assert max(calls) < lines.index("Needling") < lines.index("Electroacupuncture")
    assert screen({"pregnancy": "possible"}).urgent == ()
    assert found.as_data()["urgent"] == list(found.urgent)


def test_what_is_urgent_stands_before_what_is_stricter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {"when": "{a: [yes]}", "sources": "[c]", "trust": "T", "basis": "b"}
    strict = RULE.format(**whole, grade="contraindication")
    urgent = RULE.format(**whole, grade="mention").replace("id: r, topic: t", "id: u, topic: u")
    urgent = urgent.replace("rules:\n", "").replace("says: y", "says: y, urgent: yes")
    table = read_screen(read_yaml(QUESTION + strict + urgent))
    monkeypatch.setattr(screening, "load_screen", lambda: table)
    found = screen({"a": "yes"})
    assert [concern.grade for concern in found.concerns] == ["mention", "contraindication"]
    assert found.urgent[0].startswith("U is an emergency")


def test_a_possible_pregnancy_is_not_told_as_a_pregnancy() -> None:
    for concern in screen({"pregnancy": "possible"}).concerns:
        assert "about a possible pregnancy" in concern.sentence
    for concern in screen({"pregnancy": "after three months"}).concerns:
        assert "about your pregnancy" in concern.sentence


def test_a_rule_without_a_source_says_so(tmp_path: Path) -> None:
    file = tmp_path / "me.yaml"
    file.write_text("metal implant: yes\n")
    done = call("screen", "--answers", str(file))
    assert "(worth a mention; no source; our assumption)" in done.stdout
    assert "Sources: none" not in done.stdout


def test_what_is_not_asked_is_said_at_the_start() -> None:
    text = screen({}).as_data()["not asked"]
    assert text == NOT_ASKED
    assert "children" in text
    assert "medicines" in text


def test_rules_that_agree_are_no_disagreement() -> None:
    concern = screen({"cardiac device": "other"}).of("electroacupuncture")[0]
    assert [rule.id for rule in concern.agreeing] == ["pacemaker-reports-ea"]
    assert concern.disagreement == ""


@given(
    st.fixed_dictionaries(
        {q.id: st.sampled_from([*q.options, UNKNOWN]) for q in load_screen().questions}
    )
)
def test_whatever_the_answers(answers: dict[str, str]) -> None:
    found = screen(answers)
    for modality in MODALITIES:
        order = [GRADES.index(c.grade) for c in found.of(modality)]
        assert all(a <= b for a, b in pairwise(order))
    # Electroacupuncture uses needles: it is never told more mildly than needling.
    needling, current = (
        min((GRADES.index(c.grade) for c in found.of(m)), default=len(GRADES)) for m in MODALITIES
    )
    assert current <= needling
    for concern in found.concerns:
        rules = (concern.rule, *concern.agreeing, *concern.disagreeing)
        assert concern.grade == min((r.grade for r in rules), key=GRADES.index)
        assert bool(concern.disagreement) == (len({r.grade for r in rules}) > 1)
    assert {q.id for q in found.unanswered} == {k for k, v in answers.items() if v == UNKNOWN}
    assert found.as_data()["no permission"] == NO_PERMISSION


@given(st.sampled_from(sorted(EXPECTED)), st.sampled_from(sorted(EXPECTED)))
def test_a_further_answer_never_makes_it_milder(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    alone = grades({one[0]: one[1]})
    both = grades({other[0]: other[1], one[0]: one[1]})
    rank = [len(GRADES) if g is None else GRADES.index(g) for g in (*alone, *both)]
    assert rank[2] <= rank[0]
    assert rank[3] <= rank[1]


# Silence


def test_no_answer_clears_nobody() -> None:
    found = screen({})
    assert found.concerns == ()
    assert len(found.unanswered) == len(load_screen().questions)
    for question in load_screen().questions:
        assert question.id in found.silence
    assert found.silence.startswith("Not answered, so nothing can be said about")


def test_unknown_is_the_same_as_silence() -> None:
    assert screen(dict.fromkeys(CLEAR, UNKNOWN)) == screen({})


def test_every_clear_answer_is_no_permission(tmp_path: Path) -> None:
    found = screen(CLEAR)
    assert found.concerns == ()
    assert found.silence == ""
    file = tmp_path / "clear.yaml"
    file.write_text("".join(f"{key}: {value}\n" for key, value in CLEAR.items()))
    done = call("screen", "--answers", str(file))
    assert done.exit_code == 0
    assert done.stdout.count(NOTHING_FOUND) == 2
    assert NO_PERMISSION in done.stdout
    assert NOT_ASKED in done.stdout
    assert "Not answered" not in done.stdout
    assert done.stdout.rstrip().endswith(CLOSING)
    assert promises(done.stdout.replace("\n", " ")) == ()


def test_what_is_printed_neither_promises_nor_permits(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    worst = dict(list(EXPECTED))
    file.write_text("".join(f"{key}: {value}\n" for key, value in worst.items()))
    text = call("screen", "--answers", str(file)).stdout
    before_sources = text.split("\nSources\n")[0]
    assert [promises(line) for line in before_sources.splitlines() if promises(line)] == []
    assert before_sources.count("Talk to your physician about") > 40


# Answers


def test_the_template_is_an_unanswered_file(tmp_path: Path) -> None:
    done = call("screen", "--template")
    assert done.stdout == template()
    file = tmp_path / "me.yaml"
    file.write_text(done.stdout)
    assert load_answers(file) == dict.fromkeys(CLEAR, UNKNOWN)
    for question in load_screen().questions:
        assert f"# {question.ask}" in done.stdout


def read(text: str) -> dict[str, Answer]:
    return read_answers(read_yaml(text, file="me.yaml"))


def test_answers_may_be_words_or_truth_values() -> None:
    found = read(
        "anticoagulants: yes\nfever: true\nlungs: False\nPregnancy_: no\n".replace(
            "Pregnancy_", "pregnancy"
        )
    )
    assert (found["anticoagulants"], found["fever"], found["lungs"]) == ("yes", "yes", "no")
    assert found["pregnancy"] == "no"
    assert read("cardiac_device: no")["cardiac device"] == "none"
    assert read("epilepsy: Under  Control")["epilepsy"] == "under control"
    assert read("epilepsy:")["epilepsy"] == UNKNOWN
    assert read("") == dict.fromkeys(CLEAR, UNKNOWN)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("fever: no\nanticoagulant: yes\n", 2, "did you mean 'anticoagulants'?"),
        ("fever: 3\n", 1, "write no, yes or unknown, not 3"),
        ("fever: [yes]\n", 1, "write no, yes or unknown"),
        ("fever: maybe\n", 1, "unknown answer 'maybe'"),
        ("fever: no\n\nepilepsy: under controll\n", 3, "did you mean 'under control'"),
        ("epilepsy: yes\n", 1, "say which: no, under control, not under control or unknown"),
        ("place: no\n", 1, "say which: chest or upper back"),
        ("heart valve: no\nheart_valve: yes\n", 2, "answered twice"),
        ("fever: no\nfever: yes\n", 2, "stands here twice"),
        ("- fever\n", 1, "answers are a mapping"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert message in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("me.yaml", line)


def test_answers_may_be_json(tmp_path: Path) -> None:
    file = tmp_path / "me.json"
    file.write_text(json.dumps({"cardiac device": "pacemaker", "fever": True, "lungs": None}))
    found = json.loads(call("screen", "--answers", str(file), "--json").stdout)
    assert found["answers"]["fever"] == "yes"
    assert "lungs" in found["not answered"]
    assert found["electroacupuncture"][0]["grade"] == "contraindication"
    assert all(c["sentence"].startswith("Talk to") for c in found["needling"])
    assert found["closing"] == CLOSING


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    done = call("screen", "--answers", str(tmp_path / "nobody.yaml"))
    assert done.exit_code == 3
    assert "there is no such file" in done.stderr


def test_without_a_terminal_nobody_is_asked() -> None:
    done = call("screen", input="no\nno\n")
    assert done.exit_code == 3
    assert "--answers FILE" in done.stderr
    assert done.stdout == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_at_a_terminal_everything_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A wrong word is asked again; Enter is unknown; the end of the input leaves the rest unknown.
    monkeypatch.setattr("sys.stdin", Terminal("no\n" * 4 + "pacemakr\npacemaker\n\nneck, head\n"))
    command.screen(answers=None, template=False, json=True)
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["answers"]["cardiac device"] == "pacemaker"
    assert found["answers"]["electrical implant"] == UNKNOWN
    assert found["answers"]["place"] == ["neck", "head"]
    assert found["answers"]["heart disease"] == UNKNOWN
    assert "did you mean 'pacemaker'?" in err
    assert load_screen().questions[0].ask in " ".join(err.split())


# The table of rules


QUESTION = "questions:\n  - {id: a, ask: A?}\n"
RULE = (
    "rules:\n  - {{id: r, topic: t, when: {when}, modality: needling, grade: {grade}, "
    "basis: {basis}, sources: {sources}, trust: {trust}, about: x, says: y}}\n"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"when": "{b: [yes]}"}, "unknown question 'b'"),
        ({"when": "{a: [perhaps]}"}, "unknown answer 'perhaps'"),
        ({"grade": "forbidden"}, "grade"),
        ({"sources": "[]"}, "a rule without a source"),
        ({"when": "{}"}, "when"),
    ],
)
def test_a_mistake_in_the_rules_is_refused(change: dict[str, str], message: str) -> None:
    whole = {"when": "{a: [yes]}", "grade": "caution", "basis": "b", "sources": "[c]", "trust": "T"}
    assert read_screen(read_yaml(QUESTION + RULE.format(**whole))).rules[0].grade == "caution"
    with pytest.raises(InputError) as caught:
        read_screen(read_yaml(QUESTION + RULE.format(**{**whole, **change}), file="screening.yaml"))
    assert message in str(caught.value)
    assert caught.value.line == 4
