"""Experiments between the page and the command line: what one writes, the other reads."""

from typing import Any

import pytest

from page_modules import run_module
from reflexarc import experiments
from reflexarc.protocol import Experiment
from reflexarc.web.scenario import CannotShow, scenario_of
from reflexarc.web.tables import TABLES

AGENTS = TABLES["vocabulary"]()["agents"]
NEEDLE = {"mode": "electroacupuncture", "site": "ST25", "side": "both", "current": 3, "at": 1.5}
NERVE = {"mode": "nerve", "nerve": "splenic", "side": "left", "current": 1, "at": -1 / 3}
SCENARIOS: list[dict[str, Any]] = [
    {},
    {"stimulus": None},
    {"challenge": None},
    {"stimulus": {**NEEDLE, "depth": 2.2, "duration": 1 / 3, "frequency": 100}},
    {"stimulus": {**NEEDLE, "at": 0.1234567, "duration": 0.0123}},
    {"stimulus": NERVE, "lesions": ["left sciatic", "spinal cord at T9", "splenectomy"]},
    {
        "doses": [{"agent": "ICI 118,551", "dose": 5, "unit": "mg/kg", "route": "i.p.", "at": -2}],
        "anaesthesia": {"isoflurane": 1.5, "at": -0.25, "duration": 0.25},
        "hypotheses": {"dopamine source": "release gain"},
        "challenge": {"agent": "LPS", "dose": 0.0005, "unit": "mg/kg", "route": "i.v.", "at": 0.5},
        "hours": 168,
    },
]
WRITE = """
import { complete } from "./shell/defaults.js";
import { fromYaml, toYaml } from "./shell/yaml.js";
const observables = [{ name: "TNF", where: "plasma" }, { name: "temperature", where: "animal" }];
result = [];
for (const scenario of data.scenarios) {
  const whole = complete(scenario);
  const text = toYaml(whole, { observables });
  const experiment = await fromYaml(text, data.agents);
  result.push({ text, whole, back: experiment.scenario(experiment.first) });
}
"""
READ = """
import { fromYaml } from "./shell/yaml.js";
result = {};
try {
  const experiment = await fromYaml(data.text, data.agents);
  for (const name of experiment.names) {
    try { result[name] = experiment.scenario(name); }
    catch (error) { result[name] = error.message; }
  }
} catch (error) { result = error.message; }
"""


def read(text: str) -> Any:
    return run_module(READ, {"text": text, "agents": AGENTS})


def test_what_the_page_writes_it_reads_back_and_the_command_line_accepts() -> None:
    for row in run_module(WRITE, {"scenarios": SCENARIOS, "agents": AGENTS}):
        assert row["back"] == row["whole"], row["text"]
        experiment = Experiment.parse(row["text"])
        needle = row["whole"]["stimulus"]
        assert len(experiment.arms) == (1 if needle is None else 2)
        if needle is not None:
            assert experiment.compare is not None
            assert experiment.compare.to == "without needle"
            sham, real = experiment.arms.values()
            assert sham.stimuli[0].strength == "0 mA"
            assert real.stimuli[0].strength == f"{needle['current']} mA"
            assert real.lesions == sham.lesions
            assert real.doses == sham.doses


@pytest.mark.parametrize("name", experiments.names())
def test_the_arms_of_a_built_in_experiment_open_as_python_sees_them(name: str) -> None:
    text = experiments.read(name)
    experiment = Experiment.parse(text)
    shown = read(text)
    assert set(shown) == set(experiment.arms)
    for arm, found in shown.items():
        try:
            wanted = scenario_of(experiment.arms[arm], hours=72)
        except CannotShow:
            assert isinstance(found, str), arm
            continue
        assert isinstance(found, dict), found
        for part in ("challenge", "anaesthesia", "doses", "lesions", "hypotheses"):
            assert rounded(found[part]) == rounded(wanted[part]), (arm, part)
        given = {k: v for k, v in (found["stimulus"] or {}).items() if v is not None}
        assert rounded(given) == rounded({k: (wanted["stimulus"] or {})[k] for k in given}), arm


def test_an_arm_may_move_the_anaesthesia_of_the_arm_that_it_is_like() -> None:
    text = """
    anaesthesia: isoflurane during stimulation
    arms:
      one:
        electroacupuncture: {site: ST36, current: 1 mA, pulse width: 50 us, frequency: 10 Hz,
                             duration: 15 min, at: -15 min}
        anaesthesia: {isoflurane: 2 %, during: stimulation}
      two: {like: one, anaesthesia: {at: 1 h, duration: 30 min}}
      four: {like: two, anaesthesia: {during: stimulation}}
      three: {like: one, anaesthesia: awake, electroacupuncture: none}
    """
    shown = read(text)
    assert shown["one"]["anaesthesia"] == {"isoflurane": 2, "at": -0.25, "duration": 0.25}
    assert shown["two"]["anaesthesia"] == {"isoflurane": 2, "at": 1, "duration": 0.5}
    assert shown["four"]["anaesthesia"] == shown["one"]["anaesthesia"]
    assert shown["three"]["anaesthesia"] is None
    assert shown["three"]["stimulus"] is None


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 7) if isinstance(value, float) else value


def arm(text: str) -> str:
    return f"title: t\narms: {{one: {{{text}}}}}\nmeasure: [survival for 7 d]\n"


NEEDLE_TEXT = "site: ST36, current: 1 mA, pulse width: 50 us, frequency: 10 Hz, duration: 15 min"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- 1", "this is no experiment"),
        ("title: t", "has no arms"),
        ("a: [", "can't be read in line"),
        (arm("optogenetics: {site: DMV}"), "no control for light"),
        (arm(f"electroacupuncture: {{{NEEDLE_TEXT}}}"), "'at' is missing"),
        (arm(f"electroacupuncture: {{{NEEDLE_TEXT}, at: 5}}"), "has no unit"),
        (arm(f"electroacupuncture: {{{NEEDLE_TEXT}, at: 0 h, waveform: biphasic}}"), "waveform"),
        (arm("doses: [{fenoldopam: 1 mg/kg, at: 0 h, duration: 1 h}]"), "'duration' of fenoldopam"),
        (arm("doses: [{fenoldopam: 3 mL/kg, at: 0 h}]"), "write for example '4 mg/kg'"),
        (arm("doses: [{fluids: 3 mg/kg, at: 0 h}]"), "write for example '30 mL/kg'"),
        (arm("doses: [{unicorn: 3 mg/kg, at: 0 h}]"), "doesn't know the agent 'unicorn'"),
        (arm("lesions: [{name: sciatic, at: 2 h}]"), "is done 72 h before"),
        ("title: t\narms: {a: {like: b}, b: {like: a}}", "like each other"),
        ("title: t\narms: {a: {like: c}}", "which is no arm"),
    ],
)
def test_what_the_page_cannot_show_is_said_in_one_sentence(text: str, words: str) -> None:
    found = read(text)
    message = found if isinstance(found, str) else next(iter(found.values()))
    assert isinstance(message, str)
    assert words in message
    assert "\n" not in message
