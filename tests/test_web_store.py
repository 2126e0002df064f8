"""The page's scenario: exact in the address, undone step by step, and nothing without a place."""

import random
from typing import Any

import pytest

from page_modules import run_module
from reflexarc import atlas, biology

WORDS = (
    "ST36",
    "hindlimb non-acupoint",
    "ICI 118,551",
    "6-OHDA",
    "i.p.",
    "it's 100 %!",
    "a&b=c#d+e",
    "(x:y,!n)",
    "µg ünïcode",
    "true",
    "-1",
    "",
    " trailing ",
)


def scenarios(count: int) -> list[dict[str, Any]]:
    draw = random.Random(20)

    def number() -> float:
        return draw.choice([0, -0.25, 1 / 3, 1e-7, 12345.678, 5e21, -draw.random(), 72])

    def word() -> str:
        return draw.choice(WORDS)

    def one() -> dict[str, Any]:
        needle = {"mode": "electroacupuncture", "site": word(), "current": number(), "at": number()}
        electrode = {"mode": "nerve", "nerve": word(), "width": number()}
        return {
            "stimulus": draw.choice([None, needle, electrode]),
            "challenge": draw.choice(
                [None, {"agent": word(), "dose": number()}, {"kind": word(), "severity": word()}]
            ),
            "lesions": [word() for _ in range(draw.randrange(4))],
            "doses": [{"agent": word(), "dose": number(), "at": number()}][: draw.randrange(2)],
            "hypotheses": {word() or "a": word()} if draw.random() < 0.5 else {},
            "parameters": {"k_1": number()} if draw.random() < 0.5 else {},
            "hours": draw.choice([24, 72, 168]),
        }

    return [one() for _ in range(count)]


ROUND_TRIP = """
import { fromHash, toHash } from "./shell/address.js";
import { complete, completeView } from "./shell/defaults.js";
result = data.map((scenario) => {
  const view = completeView({ voice: "researcher", cursor: 1 / 3 });
  const state = { scenario: complete(scenario), view };
  const hash = toHash(state);
  return { hash, before: state, after: fromHash(hash) };
});
"""


def test_the_address_gives_back_every_scenario_exactly() -> None:
    for row in run_module(ROUND_TRIP, scenarios(300)):
        assert row["after"] == row["before"], row["hash"]


def test_what_is_usual_is_left_out_of_the_address() -> None:
    script = """
    import { toHash } from "./shell/address.js";
    const strong = { stimulus: { current: 3 } };
    result = [toHash({ scenario: {}, view: {} }), toHash({ scenario: strong, view: {} })];
    """
    assert run_module(script) == ["", "#stimulus=(current:3)"]


@pytest.mark.parametrize(
    "hash_",
    [
        "#speed=3",
        "#hours",
        "#stimulus=(current:",
        "#lesions=!(a",
        "#hours=%E0%A4%A",
        "#stimulus=(current:many)",
        "#lesions=sciatic",
        "#hours=!n",
        "#challenge=(dose:!n)",
        "#parameters=(__proto__:1)",
    ],
)
def test_a_broken_address_is_refused_in_a_sentence(hash_: str) -> None:
    script = """
    import { fromHash } from "./shell/address.js";
    try { fromHash(data); result = ""; } catch (error) { result = error.message; }
    """
    assert run_module(script, hash_).startswith("the address ")


def test_steps_are_undone_and_quick_changes_of_one_field_are_one_step() -> None:
    script = """
    import { makeStore } from "./shell/store.js";
    let clock = 0;
    const store = makeStore({ now: () => clock });
    const stimulus = () => store.get().scenario.stimulus;
    const current = () => stimulus().current;
    const turn = (current) => store.set({ scenario: { stimulus: { ...stimulus(), current } } });
    turn(1); clock = 100; turn(2); clock = 5000; turn(3);
    store.set({ view: { voice: "student" } });
    const seen = [current()];
    store.undo(); seen.push(current());
    store.undo(); seen.push(current(), store.canUndo());
    store.redo(); seen.push(current());
    store.open({ lesions: ["sciatic"] }); seen.push(current(), store.canRedo());
    store.undo(); seen.push(store.get().scenario.lesions.length, store.get().view.voice);
    result = seen;
    """
    assert run_module(script) == [3, 2, 0.5, False, 2, 0.5, False, 0, "student"]


def test_listeners_hear_of_changes_only() -> None:
    script = """
    import { makeStore } from "./shell/store.js";
    const store = makeStore();
    let heard = 0;
    const stop = store.subscribe(() => { heard += 1; });
    store.set({ view: { cursor: 2 } });
    store.set({ view: { cursor: 2 } });
    stop();
    store.set({ view: { cursor: 3 } });
    result = heard;
    """
    assert run_module(script) == 1


def test_every_site_of_the_atlas_has_its_place_on_the_drawings() -> None:
    script = 'import places from "./body/positions.js"; result = places;'
    places = run_module(script)
    codes = {site.code: site for site in atlas.sites()}
    assert set(codes) == set(places)
    for code, place in places.items():
        mouse = place["mouse"]
        assert 0 < mouse["x"] < 640, code
        assert 0 < mouse["y"] < 310, code
        assert (mouse["face"] == "midline") == codes[code].midline, code
        if place["human"] is None:
            assert codes[code].human_mm is None, code
        elif codes[code].midline:
            assert place["human"]["x"] == 0, code


def test_everything_measured_has_words_in_three_voices() -> None:
    script = 'import words from "./words/measured.js"; result = words;'
    words = run_module(script)
    lacking = sorted({row.id for row in biology.observables()} - set(words))
    assert not lacking, f"without words in page/words/measured.js: {', '.join(lacking)}"
    for name, entry in words.items():
        assert set(entry) == {"lay", "student", "researcher"}, name


def test_fibres_and_tissues_have_words() -> None:
    script = """
    import { FIBRES, REGIONS, TISSUES } from "./words/fibres.js";
    result = { fibres: FIBRES, tissues: TISSUES, regions: REGIONS };
    """
    words = run_module(script)
    kinds = {t.kind for site in atlas.sites() for t in atlas.tissues(site.code)}
    assert set(atlas.CLASSES) <= set(words["fibres"])
    assert not kinds - set(words["tissues"]), sorted(kinds - set(words["tissues"]))
    assert {site.region for site in atlas.sites()} <= set(words["regions"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234.5, "1\u202f230"), (-0.5, "−0.5"), (1e-5, "1.00 × 10⁻⁵"), (99.96, "100")],
)
def test_numbers_are_written_for_readers(value: float, text: str) -> None:
    script = 'import { digits } from "./shell/voices.js"; result = digits(data);'
    assert run_module(script, value) == text


def test_of_degrees_the_change_is_a_difference() -> None:
    script = (
        "const { change } = await import('./shell/voices.js');"
        "result = data.map(([from, to, unit]) => change(from, to, 'researcher', unit));"
    )
    told = run_module(script, [[310.0, 308.2, "K"], [2.0, 1.0, "pg/mL"]])
    assert told == ["−1.8 °C", "−50 %"]


def test_what_makes_ill_is_told_with_its_size() -> None:
    script = 'import { illness, unit } from "./shell/voices.js"; result = data.map(illness);'
    lps = {"agent": "LPS", "dose": 4, "unit": "mg/kg", "route": "i.p.", "at": 0}
    clp = {"kind": "CLP", "ligation": "50 %", "needle": "21 G", "punctures": 2, "at": 0}
    assert run_module(script, [lps, clp]) == ["LPS 4 mg/kg", "CLP 50 %, 2 × 21 G"]
    script = 'import { unit } from "./shell/voices.js"; result = data.map(unit);'
    assert run_module(script, ["10^6 CFU", "uM", "K"]) == ["million CFU", "µM", "°C"]


def test_a_long_axis_counts_in_days_alone() -> None:
    script = (
        'import { hourName, hourTicks } from "./curves/axis.js";'
        "result = hourTicks(0, 72, 8).map((time) => hourName(time, 72));"
    )
    assert run_module(script) == ["0 d", "0.5 d", "1 d", "1.5 d", "2 d", "2.5 d", "3 d"]


def test_a_sentence_names_what_carries_the_current_and_no_change_of_nothing() -> None:
    script = 'import { sentences } from "./shell/result.js"; result = sentences(data);'
    nothing = {"times": [0, 1], "series": {"TNF": [0, 0]}}
    asked = {
        "scenario": {"stimulus": {"mode": "nerve", "current": 1}, "challenge": None, "hours": 72},
        "runs": {"needle": nothing, "control": nothing, "cohorts": {}, "same": False},
        "observable": {"id": "TNF", "name": "TNF", "title": "TNF", "unit": "pg/mL"},
        "voice": "student",
    }
    assert run_module(script, asked) == ["Peak TNF: 0 pg/mL with the electrode, 0 pg/mL without."]
