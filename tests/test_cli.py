"""The command line: what it prints where, what it returns, and that the manual knows all of it."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from reflexarc import __version__
from reflexarc.cli import app
from reflexarc.yaml_source import read_yaml

ROOT = Path(__file__).parents[1]
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def process(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "reflexarc", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
        check=False,
    )


# Model, agents, lesions


def test_the_model_overview_counts_what_is_inside() -> None:
    from reflexarc.biology import assemble

    done = call("model")
    assert done.exit_code == 0
    model = assemble()
    assert f"{len(model.states)} states, {len(model.parameters)} parameters" in done.stdout
    for subsystem in model.subsystems:
        assert re.search(rf"^{subsystem.name}\b", done.stdout, re.M)


def test_parameters_as_json_have_source_and_status() -> None:
    found = json.loads(call("model", "--subsystem", "adrenal", "--json").stdout)
    assert found["parameters"]
    assert {p["subsystem"] for p in found["parameters"]} == {"adrenal"}
    assert all(
        p["status"] in ("measured", "fitted", "definition", "assumed") for p in found["parameters"]
    )


def test_assumed_lists_the_assumed_and_no_others() -> None:
    every = json.loads(call("model", "--json").stdout)["parameters"]
    assumed = json.loads(call("model", "--assumed", "--json").stdout)["parameters"]
    assert [p["id"] for p in assumed] == [p["id"] for p in every if p["status"] == "assumed"]
    assert 0 < len(assumed) < len(every)


def test_a_subsystem_prints_its_own_text() -> None:
    from reflexarc.biology import assemble

    text = next(s.text for s in assemble().subsystems if s.name == "hpa")
    assert call("model", "--subsystem", "HPA").stdout == text.rstrip() + "\n"


def test_an_exported_model_is_the_model(tmp_path: Path) -> None:
    import libsbml

    from reflexarc.biology import assemble

    file = tmp_path / "model.xml"
    done = call("model", "--export", "sbml", "--out", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert str(file) in done.stderr.replace("\n", "")
    assert file.read_text(encoding="utf-8") == assemble().sbml
    assert libsbml.readSBMLFromFile(str(file)).getNumErrors() == 0
    assert call("model", "--export", "antimony").stdout == assemble().antimony
    assert call("model", "--export", "latex").stdout.startswith(r"\documentclass")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--export", "sbml", "--json"),
        ("--export", "latex", "--subsystem", "hpa"),
        ("--export", "antimony", "--assumed"),
        ("--out", "model.xml"),
    ],
)
def test_what_does_not_go_with_an_export_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    done = call("model", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert arguments[-1] in done.stderr or arguments[-2] in done.stderr


def test_a_failed_export_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.xml"
    file.write_text("before", encoding="utf-8")
    with monkeypatch.context() as broken:

        def fail(self: Path, target: Path) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(Path, "replace", fail)
        done = call("model", "--export", "sbml", "--out", str(file))
    assert done.exit_code == 3
    assert "No space left on device" in done.stderr
    assert file.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [file]
    assert call("model", "--export", "sbml", "--out", str(tmp_path)).exit_code == 3
    assert call("model", "--export", "sbml", "--out", str(tmp_path / "no" / "x")).exit_code == 3


def test_observables_and_hypotheses_are_listed_in_full() -> None:
    from reflexarc import biology

    listed = json.loads(call("observables", "--json").stdout)["observables"]
    assert [(o["name"], o["where"], o["unit"]) for o in listed] == [
        (o.name, o.where, o.unit) for o in biology.observables()
    ]
    options = json.loads(call("hypotheses", "--json").stdout)["hypotheses"]
    assert [(h["name"], h["option"], h["default"]) for h in options] == [
        (h.name, h.option, h.default) for h in biology.hypotheses()
    ]
    for command, names in [
        ("observables", [o.name for o in biology.observables()]),
        ("hypotheses", [h.option for h in biology.hypotheses()]),
    ]:
        table = call(command).stdout
        assert [name for name in names if name not in table] == []


def test_agents_and_lesions_answer_to_aliases() -> None:
    agents = json.loads(call("agents", "endotoxin", "--json").stdout)["agents"]
    assert {a["name"] for a in agents} == {"LPS"}
    lesions = json.loads(call("lesions", "SVX", "--json").stdout)["lesions"]
    assert {one["name"] for one in lesions} == {"subdiaphragmatic vagotomy"}


@pytest.mark.parametrize(
    ("arguments", "guess"),
    [
        (("agents", "fenoldopan"), "fenoldopam"),
        (("lesions", "spleenectomy"), "splenectomy"),
        (("sites", "ST63"), "ST36"),
        (("model", "--subsystem", "adrenals"), "adrenal"),
    ],
)
def test_a_misspelt_word_gets_the_nearest_right_one(arguments: tuple[str, ...], guess: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 3
    assert done.stdout == ""
    assert f"'{guess}'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


# Sites


def test_a_site_shows_tissues_and_recruitment() -> None:
    done = call("sites", "st36", "--current", "0.5 mA", "--pulse-width", "50 us")
    assert done.exit_code == 0
    assert "deep fascia" in done.stdout
    assert re.search(r"^PROKR2\s+0\.\d{3}\s", done.stdout, re.M)


def test_a_site_as_json_grows_with_current() -> None:
    def recruited(current: str) -> float:
        found = json.loads(call("sites", "ST36", "--current", current, "--json").stdout)
        return float(found["recruited"]["PROKR2"]["central"])

    assert 0 == recruited("0 mA") < recruited("0.5 mA") < recruited("3 mA")


def test_a_site_can_be_drawn(tmp_path: Path) -> None:
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml")):
        assert call("sites", "ST36", "--figure", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--current", "0.5"), "no unit"),
        (("--current", "-1 mA"), "-1 mA"),
        (("--pulse-width", "3 mA"), "pulse width"),
        (("--pulse-width", "5 us"), "5"),
        (("--figure", "a.docx"), ".png"),
        (("--figure", "missing/a.png"), "missing"),
    ],
)
def test_a_site_refuses_what_cannot_be(arguments: tuple[str, ...], words: str) -> None:
    done = call("sites", "ST36", *arguments)
    assert done.exit_code == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


# Experiments


GOOD = """\
title: Leg
challenge: {LPS: 5 mg/kg, route: i.p., at: 0 h}
animals: {species: mouse, per arm: 2}
arms:
  sham:
    electroacupuncture:
      {site: ST36, current: 0 mA, pulse width: 50 us, frequency: 10 Hz, duration: 15 min,
       at: -15 min}
  leg: {like: sham, electroacupuncture: {current: 0.5 mA}}
measure: [TNF in plasma at 90 min]
compare: {to: sham}
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "leg.yaml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def test_a_good_file_is_fine(good: Path) -> None:
    done = call("validate", str(good))
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{good}: fine\n", "")


def test_every_problem_of_every_file_is_listed(good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace("ST36", "ST63").replace("TNF", "TFN"), encoding="utf-8")
    missing = tmp_path / "missing.yaml"
    done = call("validate", str(good), str(bad), str(missing), str(tmp_path))
    assert done.exit_code == 3
    assert done.stdout == f"{good}: fine\n"
    assert "bad.yaml:7: arms.sham.electroacupuncture.site: unknown site 'ST63'" in done.stderr
    assert "bad.yaml:10: measure" in done.stderr
    assert "missing.yaml: there is no such file" in done.stderr
    found = json.loads(call("validate", str(bad), "--json").stdout)
    assert found["valid"] is False
    assert {problem["line"] for problem in found["problems"]} >= {7, 10}


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "photo.yaml"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    done = call("validate", str(file))
    assert done.exit_code == 3
    assert "UTF-8" in done.stderr


def test_a_built_in_experiment_can_be_printed_and_checked(tmp_path: Path) -> None:
    listed = json.loads(call("experiments", "--json").stdout)["experiments"]
    assert "liu-2021" in {entry["name"] for entry in listed}
    for entry in listed:
        file = tmp_path / f"{entry['name']}.yaml"
        file.write_text(call("experiments", entry["name"]).stdout, encoding="utf-8")
        assert call("validate", str(file)).exit_code == 0
        assert entry["title"] in call("experiments").stdout


def test_the_schema_accepts_what_the_laboratory_accepts() -> None:
    import jsonschema  # type: ignore[import-untyped]

    schema = json.loads(call("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    assert check.is_valid(read_yaml(GOOD).data)
    assert not check.is_valid(read_yaml(GOOD.replace("0.5 mA", "0.5")).data)
    assert not check.is_valid(read_yaml(GOOD.replace("current: 0.5", "curent: 0.5")).data)


# Findings


def test_findings_stand_beside_their_papers() -> None:
    done = call("findings", "L21-1", "--workers", "1")
    assert done.exit_code in (0, 1)
    assert "liu2021" in done.stdout
    assert re.search(r"^all scored +\d+ of \d+ +\d+ %", done.stdout, re.M)


def test_findings_as_json_have_the_agreed_fields() -> None:
    found = json.loads(call("findings", "L21-1", "--json", "--workers", "1").stdout)["findings"]
    assert found
    for one in found:
        assert set(one) == {
            "id", "paper", "trust", "role", "published", "simulated", "verdict", "why",
            "second reading",
        }  # fmt: skip
        assert one["verdict"] in ("pass", "fail", "unscored")


def test_trust_and_failed_choose_rows() -> None:
    trusted = json.loads(call("findings", "L21", "--trust", "S", "--json").stdout)["findings"]
    assert trusted
    assert {one["trust"] for one in trusted} == {"S"}
    failed = json.loads(call("findings", "L21", "--failed", "--json").stdout)["findings"]
    assert {one["verdict"] for one in failed} <= {"fail"}


@pytest.mark.parametrize(("verdict", "code"), [("fail", 1), ("pass", 0)])
def test_an_undeclared_failure_is_1(
    verdict: Literal["pass", "fail"], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    import reflexarc.findings

    original = reflexarc.findings.run_findings

    def altered(**options: Any) -> list[Any]:
        return [
            dataclasses.replace(found, verdict=verdict)
            for found in original(**{**options, "ids": ["L21-1"], "workers": 1})
        ]

    monkeypatch.setattr(reflexarc.findings, "run_findings", altered)
    monkeypatch.setattr(reflexarc.findings, "known_failures", lambda: ())
    assert call("findings").exit_code == code


def test_an_unknown_finding_is_refused() -> None:
    done = call("findings", "L99")
    assert done.exit_code == 3
    assert "L99" in done.stderr


# Run


def test_a_run_prints_a_table_and_leaves_a_report(good: Path, tmp_path: Path) -> None:
    done = call("run", str(good), "--out", str(tmp_path / "runs"), "--workers", "1")
    assert done.exit_code == 0
    assert re.search(r"^sham +2 ", done.stdout, re.M)
    assert re.search(r"^leg +2 .* 0\.\d\d ", done.stdout, re.M)
    report = Path(re.search(r"^report: (.+)$", done.stdout, re.M)[1])  # type: ignore[index]
    assert report.parent.parent == tmp_path / "runs"
    assert "not medical advice" in report.read_text(encoding="utf-8").casefold()
    assert "not human sepsis" in done.stderr


def test_a_single_animal_has_blanks_and_unknown_innervation_is_told(
    good: Path, tmp_path: Path
) -> None:
    file = tmp_path / "forearm.yaml"
    file.write_text(GOOD.replace("ST36", "ST25"), encoding="utf-8")
    done = call("run", str(file), "--out", str(tmp_path / "runs"), "--animals", "1")
    assert done.exit_code == 0
    assert re.search(r"^sham +1 +[\d.]+ *$", done.stdout, re.M)
    assert "nan" not in done.stdout
    (line,) = re.findall(r"^leg: (.+)$", done.stdout, re.M)
    assert re.match(r"TNF 90 min [\d\s]+ to [\d\s]+ pg/mL", line)


def test_a_run_as_json(good: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "runs")
    done = call("run", str(good), "--out", out, "--animals", "3", "--seed", "5", "--json")
    found = json.loads(done.stdout)
    assert (found["animals per arm"], found["seed"], found["arms"]) == (3, 5, ["sham", "leg"])
    assert Path(found["report"]).is_file()
    assert {row["n"] for row in found["measurements"]} == {3}
    assert done.stderr == ""


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(
    good: Path, tmp_path: Path
) -> None:
    def means(folder: str, seed: str) -> list[float]:
        done = call("run", str(good), "--out", str(tmp_path / folder), "--seed", seed, "--json")
        return [row["mean"] for row in json.loads(done.stdout)["measurements"]]

    assert means("a", "3") == means("b", "3") != means("c", "4")


def test_quiet_keeps_stderr_empty(good: Path, tmp_path: Path) -> None:
    done = call("run", str(good), "--out", str(tmp_path / "runs"), "--quiet")
    assert done.exit_code == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "liu-2012"), 3, "'liu-2021'"),
        (("run", "nowhere.yaml"), 3, "no such file"),
        (("run", "liu-2021", "--animals", "0"), 2, "--animals"),
        (("run", "liu-2021", "--seed", "x"), 2, "--seed"),
        (("run",), 2, "experiment"),
    ],
)
def test_what_cannot_be_run(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = call(*arguments)
    assert done.exit_code == code
    assert done.stdout == ""
    assert words.casefold() in done.stderr.casefold()


def test_a_folder_that_cannot_be_made_is_3(good: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = call("run", str(good), "--out", str(tmp_path / "file" / "runs"), "--workers", "1")
    assert done.exit_code == 3
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_an_interrupted_run_is_130_and_can_go_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reflexarc", "run", "liu-2021", "--out", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--workers", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.part/chunks/*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=60)
    assert child.returncode == 130
    assert stdout == ""
    assert stderr.strip().splitlines()[-1] == "reflexarc: interrupted"
    assert "Traceback" not in stderr
    assert list(tmp_path.glob("*.part/chunks/*"))


# The process


def test_the_version() -> None:
    done = process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"reflexarc {__version__}\n", "")


def test_what_is_not_understood_is_2() -> None:
    done = process("sites", "--needle")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--needle" in done.stderr


def test_bad_input_is_3_in_one_sentence_on_stderr() -> None:
    done = process("sites", "ST63")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == "reflexarc: site: unknown site 'ST63'; did you mean 'ST36'?\n"


def test_a_numerical_failure_is_4(monkeypatch: pytest.MonkeyPatch) -> None:
    import reflexarc.biology
    from reflexarc.errors import NumericalError

    def fail() -> None:
        raise NumericalError("the integrator gave up at 2.5 h")

    monkeypatch.setattr(reflexarc.biology, "assemble", fail)
    done = call("model")
    assert done.exit_code == 4
    assert done.stderr.strip() == "reflexarc: the integrator gave up at 2.5 h"


def test_control_c_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    import reflexarc.biology

    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reflexarc.biology, "assemble", stop)
    done = call("model")
    assert done.exit_code == 130
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [("model", "--export", "sbml"), ("model", "--parameters"), ("schema",)]
)
def test_a_reader_that_leaves_early_gets_no_traceback(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "reflexarc", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 0


def test_a_full_disk_is_a_sentence() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    done = process("model", "--export", "sbml", "--out", str(full))
    assert done.returncode == 3
    assert f"can't write the model to {full}: No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_colour_when_told_so() -> None:
    plain = process("agents", NO_COLOR="1", FORCE_COLOR="1", TTY_COMPATIBLE="1")
    assert "\x1b[3" not in plain.stdout


def test_a_piped_table_is_not_cut_short() -> None:
    done = process("model", "--parameters", COLUMNS="40")
    longest = max(len(line) for line in done.stdout.splitlines())
    assert longest > 80


# The manual


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    manual = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", manual, re.M | re.S)
    assert found, f"docs/reference/cli.md has no section on {name!r}"
    for parameter in COMMANDS[name].params:
        for option in parameter.opts:
            if option.startswith("-") and option not in ("-h", "--help"):
                assert f"`{option}" in found[1], f"{name} {option} is not in the manual"
    for option in re.findall(r"^\| `(--[\w-]+)", found[1], re.M):
        assert any(option in p.opts for p in COMMANDS[name].params), f"{name} has no {option}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = call(name, "--help")
    assert done.exit_code == 0
    assert f"Example: reflexarc {name}" in done.stdout


def test_the_experiments_in_the_manual_are_good() -> None:
    from reflexarc.protocol import Experiment

    count = 0
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```yaml\n((?:# [^\n]*\n)?title:.*?)```", text, re.S):
            assert Experiment.problems(block, str(page)) == []
            count += 1
    assert count


def test_the_manual_names_no_command_that_is_not_there() -> None:
    manual = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^## (\w+)$", manual, re.M)) == sorted(COMMANDS)
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for command in re.findall(r"^\$ reflexarc ([a-z]+)", page.read_text(), re.M):
            assert command in COMMANDS, f"{page.name}: reflexarc {command}"


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"ratio": 0.4789, "low": 0.351, "high": 1.3}, ("0.48", "0.35 to 1.30")),
        ({"ratio": 0.00312, "low": 0.0021, "high": 0.0456}, ("0.0031", "0.0021 to 0.046")),
        (
            {"ratio": math.nan, "difference": -1.84, "low": -2.5, "high": 0.1},
            ("-1.84", "-2.50 to +0.10"),
        ),
        ({"ratio": math.nan, "difference": math.nan, "low": math.nan, "high": math.nan}, ("–", "")),
    ],
)
def test_an_effect_is_told_with_digits_enough(
    row: dict[str, float], shown: tuple[str, str]
) -> None:
    from reflexarc.cli.run import _effect

    assert _effect({"p_adjusted": math.nan, **row})[:2] == shown
