"""The laboratory: each control does something, and what it shows is what the model gives."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import operate
from numpy.typing import NDArray

from reflexarc import laboratory
from reflexarc.biology import observables
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines

LABORATORY = "#view.tab=laboratory"
NEEDLE = {
    "site": "ST36", "current": "0.5 mA", "pulse width": "50 us", "frequency": "10 Hz",
    "duration": "15 min", "at": "-15 min", "side": "left",
}  # fmt: skip
Courses = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]

pytestmark = pytest.mark.slow


def hash_of(page: Any) -> str:
    page.wait_for_timeout(250)  # the address is written a moment after the change
    found: str = page.evaluate("location.hash")
    return found


def saved(page: Any, arm: str = "with needle") -> Courses:
    """Return what *Save CSV* gives: hours and values of each variable in one arm."""
    with page.expect_download() as coming:
        page.locator("[data-download=csv]").click()
    text = Path(coming.value.path()).read_text(encoding="utf-8")
    head, *rows = csv.reader(io.StringIO(text))
    cells = [[cell or "nan" for cell in row[1:]] for row in rows if row[0] == arm]
    mine = np.array(cells, dtype=float)
    return {name: (mine[:, 0], mine[:, i]) for i, name in enumerate(head[1:]) if i > 0}


def add_lesion(visit: Any, name: str) -> None:
    visit.page.locator("[data-control=lesion]").select_option(name)
    visit.after(lambda: visit.page.locator("[data-control=lesion-add]").click())


def operate_current(visit: Any) -> None:
    visit.after(lambda: operate(visit.page.locator("[data-control=current]").first))


def test_every_control_changes_what_is_shown_and_can_be_taken_back(
    visit: Callable[..., Any],
) -> None:
    found = visit(LABORATORY)
    page = found.page
    names = page.locator("[data-control]").evaluate_all(
        "all => [...new Set(all.map(one => one.dataset.control))]"
    )
    assert len(names) > 15
    seen = set()
    for scene, lesion in SCENES:
        page.goto("about:blank")
        page.goto(f"{found.origin}index.html{LABORATORY}{scene}")
        found.settle()
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.locator("[data-control=lesion]").select_option(lesion)
        for name in names:
            control = page.locator(f"[data-control='{name}']").first
            if name in seen or control.evaluate(HIDDEN):
                continue
            seen.add(name)
            before = snapshot(page)
            operate(control)
            page.wait_for_timeout(150)
            found.settle()
            assert snapshot(page) != before, name
            if page.locator("#undo").is_enabled():
                page.locator("#undo").click()
                page.wait_for_function("() => document.documentElement.dataset.busy === '0'")
            page.locator("[data-control=lesion]").select_option(lesion)
    assert [name for name in names if name not in seen] == []


SCENES = (
    ("", "spinal cord"),
    ("&stimulus=(mode:nerve)", "sciatic"),
    ("&anaesthesia=(isoflurane:1.5,at:-0.25,duration:0.25)", "sciatic"),
)
"""Addresses and lesions with which every control is there at least once."""
HIDDEN = """one => one.disabled || !one.checkVisibility()
  || (one.tagName === "SELECT" && one.options.length < 2)"""


def snapshot(page: Any) -> str:
    """Return all that a person can see of the state: address, words, values."""
    found: str = page.evaluate(
        """() => location.hash + document.querySelector("main").innerText
          + [...document.querySelectorAll("input, select")].map(one => one.value + one.checked)"""
    )
    return found


def test_the_result_is_said_and_the_numbers_are_there(visit: Callable[..., Any]) -> None:
    page = visit(LABORATORY).page
    result = page.locator("#result")
    assert len(result.inner_text()) > 20
    assert result.get_attribute("aria-live") == "polite"
    page.get_by_text("Show the numbers").click()
    page.locator("[data-chart-table] td").first.wait_for()
    rows = page.locator("[data-chart-table] tr")
    assert rows.count() > 5
    assert page.locator("[data-chart-table] caption").inner_text().startswith("TNF")
    for chart in page.locator("[data-chart]").all():
        assert chart.get_attribute("role") == "img"
        assert len(chart.get_attribute("aria-label") or "") > 3


def test_each_curve_can_be_the_large_one(visit: Callable[..., Any]) -> None:
    page = visit(LABORATORY).page
    page.get_by_text("Show the numbers").click()
    page.locator("[data-chart-table] td").first.wait_for()
    for observable in ("IL10", "temperature"):
        page.locator(f"[data-observable={observable}]").click()
        page.wait_for_timeout(150)
        assert page.locator("svg.large").get_attribute("data-chart") == observable
        name = next(one.name for one in observables() if one.id == observable)
        assert page.locator("[data-chart-table] caption").inner_text().startswith(name)


def test_what_was_done_can_be_undone_and_done_again(visit: Callable[..., Any]) -> None:
    found = visit(LABORATORY)
    page = found.page
    first, said = hash_of(page), page.locator("#result").inner_text()
    add_lesion(found, "subdiaphragmatic vagotomy")
    second = hash_of(page)
    assert second != first
    assert page.locator("#result").inner_text() != said
    found.after(lambda: page.locator("#undo").click())
    assert (hash_of(page), page.locator("#result").inner_text()) == (first, said)
    found.after(lambda: page.locator("#redo").click())
    assert hash_of(page) == second
    found.after(lambda: page.keyboard.press("Control+z"))
    assert hash_of(page) == first


def test_an_address_brings_everything_back(visit: Callable[..., Any]) -> None:
    found = visit(LABORATORY)
    page = found.page
    add_lesion(found, "splenic nerve")
    operate_current(found)
    page.locator("[data-observable=IL10]").click()
    address, shown = hash_of(page), saved(page)
    again = visit(address)
    assert hash_of(again.page) == address
    assert {name: values.tolist() for name, (_, values) in saved(again.page).items()} == {
        name: values.tolist() for name, (_, values) in shown.items()
    }
    for one in (found, again):
        one.count()
    assert again.page.locator("#result").inner_text() == page.locator("#result").inner_text()


@pytest.mark.parametrize("bad", ["nothing=1", "stimulus=((", "challenge=%E0%A4%A", "view.tab=!("])
def test_a_broken_address_is_a_sentence_and_not_a_blank_page(
    visit: Callable[..., Any], bad: str
) -> None:
    page = visit(f"#{bad}").page
    assert "can't be opened" in page.locator("#trouble").inner_text()
    assert len(page.locator("main").inner_text()) > 100


@pytest.mark.parametrize(
    "odd",
    ["stimulus=(site:ZZ99)", "stimulus=(current:-3)", "stimulus=(current:many)",
     "lesions=!('no such nerve')", "hours=-5", "species=unicorn", "parameters=(k_nothing:3)",
     "challenge=(dose:!n)"],
)  # fmt: skip
def test_an_impossible_scenario_is_a_sentence(visit: Callable[..., Any], odd: str) -> None:
    found = visit(LABORATORY)
    found.page.evaluate(f"location.hash = {LABORATORY!r} + '&' + {odd!r}")
    found.page.wait_for_timeout(1500)
    words = found.page.locator("body").inner_text()
    assert "undefined" not in words
    assert "NaN" not in words
    assert found.page.locator("#result, #trouble").all_inner_texts() != ["", ""]


def test_a_scenario_goes_out_as_yaml_that_the_laboratory_runs_and_comes_back(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    found = visit(LABORATORY, permissions=["clipboard-read", "clipboard-write"])
    page = found.page
    add_lesion(found, "subdiaphragmatic vagotomy")
    operate_current(found)
    page.locator("#copy-yaml").click()
    text = wait_for_clipboard(page)
    experiment = Experiment.parse(text)
    lines = build_timelines(experiment)
    assert any("vagotomy" in edge.label or line.initial for line in lines for edge in line.edges)
    address = hash_of(page)
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    other = visit(LABORATORY)
    other.after(lambda: other.page.locator("#open-yaml").set_input_files(file))
    assert hash_of(other.page) == address


@pytest.mark.parametrize("text", ["a: [", "title: x", "- 1", "title: &a b\nc: *a", "\x00"])
def test_a_bad_file_is_refused_in_a_sentence(
    visit: Callable[..., Any], tmp_path: Path, text: str
) -> None:
    found = visit(LABORATORY)
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    before = hash_of(found.page)
    found.page.locator("#open-yaml").set_input_files(file)
    found.page.wait_for_function("() => document.querySelector('#shared').textContent.length > 0")
    assert "bad.yaml can't be shown" in found.page.locator("#shared").inner_text()
    assert hash_of(found.page) == before


def wait_for_clipboard(page: Any) -> str:
    for _ in range(100):
        text: str = page.evaluate("navigator.clipboard.readText()")
        if "title" in text:
            return text
        page.wait_for_timeout(50)
    raise AssertionError("nothing was copied")


def test_an_arrow_key_moves_what_can_be_dragged(visit: Callable[..., Any]) -> None:
    found = visit(LABORATORY)
    page = found.page
    blocks = page.locator("[data-block]")
    names = blocks.evaluate_all("all => all.map(one => one.dataset.block)")
    assert "stimulus" in names
    for name in names:
        block = page.locator(f"[data-block='{name}']")
        assert block.get_attribute("role") == "slider"
        before = hash_of(page)
        block.focus()
        block.press("ArrowLeft" if name == "stimulus" else "ArrowRight")
        found.settle()
        assert hash_of(page) != before, name
    cursor = page.locator("[data-cursor]").first
    before = cursor.get_attribute("aria-valuetext")
    cursor.focus()
    for _ in range(30):
        cursor.press("ArrowRight")
    page.wait_for_timeout(150)
    assert cursor.get_attribute("aria-valuetext") != before


def test_a_hundred_mice_come_and_are_counted(visit: Callable[..., Any]) -> None:
    found = visit(LABORATORY)
    found.count()
    words = found.page.locator("#mice").inner_text()
    alive = [int(number) for number in re.findall(r"(\d+)\s*of 100", words)]
    assert len(alive) == 2
    assert 0 <= alive[0] < alive[1] <= 100
    assert "of 100 mice" in found.page.locator("#result").inner_text()


def test_a_picture_can_be_taken_home(visit: Callable[..., Any]) -> None:
    page = visit(LABORATORY).page
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        with page.expect_download() as coming:
            page.locator(f"[data-download={kind}]").click()
        content = Path(coming.value.path()).read_bytes()
        assert start in content[:200]
        assert len(content) > 2000


def cut(lesion: str) -> str:
    return f"{LABORATORY}&lesions=!({lesion.replace(' ', '+')})"


@pytest.fixture(scope="module")
def whole_and_cut() -> dict[str, Courses]:
    """What the laboratory gives for the typical mouse, whole and with each lesion."""
    arms: dict[str, Any] = {"whole": {"electroacupuncture": NEEDLE}}
    for lesion in LESIONS:
        arms[lesion] = {"electroacupuncture": NEEDLE, "lesions": [lesion]}
    experiment = Experiment.from_mapping(
        {
            "title": "lesions",
            "challenge": {"LPS": "4 mg/kg"},
            "arms": arms,
            "measure": ["TNF at 72 h"],
        }
    )
    kept = laboratory.run(experiment, animals=1, traits=False).trajectories
    labels = {one.id: f"{one.name}, {one.where} [{one.unit}]" for one in observables()}
    times = kept["time"].values
    return {
        str(arm): {
            labels[str(name)]: (times, kept[name].sel(arm=arm, animal=0).values)
            for name in kept.data_vars
            if str(name) in labels
        }
        for arm in kept["arm"].values
    }


LESIONS = ("subdiaphragmatic vagotomy", "adrenalectomy", "splenic nerve")


@pytest.mark.parametrize("arm", ["whole", *LESIONS])
def test_the_page_gives_the_numbers_of_the_laboratory(
    visit: Callable[..., Any], whole_and_cut: dict[str, Courses], arm: str
) -> None:
    shown = saved(visit(LABORATORY if arm == "whole" else cut(arm)).page)
    expected = whole_and_cut[arm]
    assert set(shown) == set(expected)
    for name, (times, values) in expected.items():
        hours, found = shown[name]
        both, here, there = np.intersect1d(hours.round(6), times.round(6), return_indices=True)
        assert len(both) > 50
        if np.isnan(values).all():
            assert np.isnan(found).all(), name  # it stood in what was removed
            continue
        scale = max(np.abs(values).max(), 1e-6)
        np.testing.assert_allclose(
            found[here], values[there], rtol=1e-3, atol=1e-4 * scale, err_msg=name
        )


def test_what_stood_in_a_removed_organ_is_said_to_be_gone(visit: Callable[..., Any]) -> None:
    page = visit(
        f"{cut('adrenalectomy')}&view.chart=release_A&view.select=medulla&view.many=!t"
    ).page
    large = page.locator("svg.large")
    gone = "ot there: adrenal removed"
    assert large.locator(".line, .cursor circle").count() == 0
    assert gone in (large.text_content() or "")
    assert gone in page.locator(".readout").inner_text()
    assert gone in page.locator("#result").inner_text()
    page.get_by_text("Show the numbers").click()
    page.locator("[data-chart-table] p").wait_for()
    assert gone in page.locator("[data-chart-table]").inner_text()
    assert page.locator("[data-part=medulla] .pw-word").text_content() == "removed"
    cells = page.locator("[data-panel=pathway-details] [data-live]").all_inner_texts()
    assert set(cells) == {"removed"}
    assert "NaN" not in page.content()
    page.locator("[data-observable=A]").click()
    page.wait_for_timeout(300)
    assert large.locator(".line").count() == 2


def test_how_many_fibres_a_current_reaches_is_told(visit: Callable[..., Any]) -> None:
    page = visit(f"{LABORATORY}&view.voice=researcher").page
    page.locator("[data-mount=safety]", has_text="of 100 pain fibres near the metal").wait_for()
    assert re.search(r"\d %", page.locator(".layer-table tbody tr").first.inner_text())


def test_the_curve_that_is_chosen_is_named_with_its_place(visit: Callable[..., Any]) -> None:
    page = visit(f"{LABORATORY}&view.chart=bacteria_blood").page
    chosen = page.locator("[data-control=chart]")
    names = chosen.locator("option").all_inner_texts()
    assert len(set(names)) == len(names)
    assert chosen.locator("option:checked").inner_text() == "bacteria, plasma"


def test_one_of_several_organs_takes_a_part_away_in_part(visit: Callable[..., Any]) -> None:
    page = visit(f"{LABORATORY}&lesions=!(liver,lung,splenectomy)&view.voice=researcher").page
    for name, word in (
        ("viscera", "partly removed"),
        ("lung", "partly removed"),
        ("spleen", "removed"),
    ):
        part = page.locator(f"[data-part={name}]")
        assert part.locator(".pw-word").text_content() == word
        assert ("pw-gone" in (part.get_attribute("class") or "")) == (word == "removed")


def test_an_electrode_is_not_called_a_needle(visit: Callable[..., Any]) -> None:
    page = visit(f"{LABORATORY}&stimulus=(mode:nerve)&view.select=macrophage").page
    page.get_by_text("Show the numbers").click()
    page.locator("[data-chart-table] td").first.wait_for()
    for place in (".readout", "#result", ".herds", "[data-chart-table]", ".pw-values"):
        assert "the electrode" in page.locator(place).inner_text()
        assert "the needle" not in page.locator(place).inner_text()


@pytest.mark.parametrize("lesion", LESIONS)
def test_a_lesion_changes_the_curves_that_it_must_and_no_others(
    visit: Callable[..., Any], whole_and_cut: dict[str, Courses], lesion: str
) -> None:
    found = visit(LABORATORY)
    before = saved(found.page)
    add_lesion(found, lesion)
    after = saved(found.page)
    must, may_not = [], []
    for name, (_, values) in whole_and_cut["whole"].items():
        scale = np.abs(values).max() or 1.0  # what stays at 0 may not move at all
        apart = np.abs(values - whole_and_cut[lesion][name][1]).max() / scale
        changed = np.abs(before[name][1] - after[name][1]).max() / scale
        if apart > 0.01:
            must.append(name)
            assert changed > 0.005, name
        elif apart < 1e-7:
            may_not.append(name)
            assert changed < 1e-5, name
    assert must
    assert len(must) < len(before)


@pytest.mark.parametrize("width", [390, 1280, 1900])
def test_names_of_parts_stay_in_their_boxes(visit: Callable[..., Any], width: int) -> None:
    page = visit(f"{LABORATORY}&view.voice=researcher", width=width).page
    outside = page.locator(".pw-part").evaluate_all(
        """all => all.filter((part) => {
          const [box, text] = [".pw-frame", "text"].map((of) => part.querySelector(of).getBBox());
          const slack = 2;
          return text.x < box.x || text.x + text.width > box.x + box.width
            || text.y < box.y - slack || text.y + text.height > box.y + box.height + slack;
        }).map((part) => part.dataset.part)"""
    )
    assert outside == []
