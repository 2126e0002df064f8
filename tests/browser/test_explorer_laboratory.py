"""The laboratory: each control does something, and what it shows is what the model gives."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import operate

from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines

LABORATORY = "#view.tab=laboratory"

pytestmark = pytest.mark.slow


def hash_of(page: Any) -> str:
    page.wait_for_timeout(250)  # the address is written a moment after the change
    found: str = page.evaluate("location.hash")
    return found


def tables(page: Any) -> dict[str, list[list[str]]]:
    """Return the table behind each chart."""
    found: dict[str, list[list[str]]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-chart]")].map(chart => {
          const holder = chart.matches("[data-chart-table]") ? chart
            : chart.querySelector("[data-chart-table]")
            ?? document.querySelector(`[data-chart-table="${chart.dataset.chart}"]`);
          const rows = [...(holder?.querySelectorAll("tr") ?? [])];
          return [chart.dataset.chart, rows.map(row => [...row.cells].map(c => c.textContent))];
        }))"""
    )
    return found


def test_every_control_changes_the_scenario_and_can_be_taken_back(
    visit: Callable[..., Any],
) -> None:
    found = visit(LABORATORY)
    page = found.page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    controls = page.locator("[data-control]").evaluate_all(
        "all => [...new Set(all.map(one => one.dataset.control))]"
    )
    assert len(controls) > 8
    idle = []
    for name in controls:
        control = page.locator(f"[data-control='{name}']").first
        before = hash_of(page)
        if not control.is_visible() or not control.is_enabled():
            idle.append(name)
            continue
        operate(control)
        after = hash_of(page)
        assert after != before, name
        found.settle()
        if page.locator("#undo").is_enabled():
            page.locator("#undo").click()
            found.settle()
    assert idle == []


def test_every_chart_has_a_table_and_the_result_is_said(visit: Callable[..., Any]) -> None:
    page = visit(LABORATORY).page
    found = tables(page)
    assert len(found) >= 3
    for name, rows in found.items():
        assert len(rows) > 3, name
        assert len({len(row) for row in rows}) == 1, name
    result = page.locator("#result")
    assert len(result.inner_text()) > 20
    assert (
        result.evaluate("one => one.closest('[aria-live]')?.getAttribute('aria-live')") == "polite"
    )


def test_what_was_done_can_be_undone_and_done_again(visit: Callable[..., Any]) -> None:
    found = visit(LABORATORY)
    page = found.page
    first, said = hash_of(page), page.locator("#result").inner_text()
    found.after(lambda: page.locator("[data-chip]").first.click())
    second = hash_of(page)
    assert second != first
    found.after(lambda: page.locator("#undo").click())
    assert (hash_of(page), page.locator("#result").inner_text()) == (first, said)
    found.after(lambda: page.locator("#redo").click())
    assert hash_of(page) == second


def test_an_address_brings_everything_back(visit: Callable[..., Any]) -> None:
    found = visit(LABORATORY)
    page = found.page
    found.after(lambda: page.locator("[data-chip]").nth(1).click())
    found.after(lambda: operate(page.locator("[data-control=current]").first))
    page.locator("[data-voice=researcher]").click()
    found.settle()
    address, shown = hash_of(page), tables(page)
    again = visit(address)
    assert hash_of(again.page) == address
    assert tables(again.page) == shown
    assert again.page.locator("#result").inner_text() == page.locator("#result").inner_text()


@pytest.mark.parametrize(
    "bad",
    ["#nothing=1", "#stimulus=(site:ZZ99)", "#stimulus=((", "#challenge=%E0%A4%A", "#hours=!n"],
)
def test_a_broken_address_is_a_sentence_and_not_a_blank_page(
    visit: Callable[..., Any], bad: str
) -> None:
    page = visit(bad + "&view.tab=laboratory").page
    assert len(page.locator("main").inner_text()) > 100


def test_a_scenario_goes_out_as_yaml_that_the_laboratory_runs_and_comes_back(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    found = visit(LABORATORY, permissions=["clipboard-read", "clipboard-write"])
    page = found.page
    found.after(lambda: page.locator("[data-chip]").first.click())
    found.after(lambda: operate(page.locator("[data-control=current]").first))
    page.locator("#copy-yaml").click()
    text = wait_for_clipboard(page)
    experiment = Experiment.parse(text)
    assert build_timelines(experiment)
    address = hash_of(page)
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    other = visit(LABORATORY)
    with other.page.expect_file_chooser() as chosen:
        other.page.locator("#open-yaml").click()
    other.after(lambda: chosen.value.set_files(file))
    assert hash_of(other.page) == address


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
    assert blocks.count() >= 2
    for name in blocks.evaluate_all("all => all.map(one => one.dataset.block)"):
        block = page.locator(f"[data-block='{name}']")
        assert block.get_attribute("role") == "slider"
        before = block.get_attribute("aria-valuetext") or block.get_attribute("aria-valuenow")
        block.focus()
        block.press("ArrowLeft")
        found.settle()
        after = page.locator(f"[data-block='{name}']")
        text = after.get_attribute("aria-valuetext") or after.get_attribute("aria-valuenow")
        assert text != before, name
    cursor = page.locator("[data-cursor]").first
    before = cursor.get_attribute("aria-valuenow")
    cursor.focus()
    cursor.press("ArrowRight")
    assert page.locator("[data-cursor]").first.get_attribute("aria-valuenow") != before


def test_a_hundred_mice_come_and_are_counted(visit: Callable[..., Any]) -> None:
    found = visit(f"{LABORATORY}&view.many=!t")
    page = found.page
    page.wait_for_function("() => document.querySelectorAll('#mice *').length >= 100")
    assert re.search(r"\bout of 100\b|\bof 100\b", page.locator("main").inner_text())


def test_a_course_can_be_taken_home(visit: Callable[..., Any]) -> None:
    page = visit(LABORATORY).page
    kinds = page.locator("[data-download]").evaluate_all(
        "all => [...new Set(all.map(one => one.dataset.download))].sort()"
    )
    assert kinds == ["csv", "png", "svg"]
    for kind in kinds:
        with page.expect_download() as coming:
            page.locator(f"[data-download={kind}]").first.click()
        content = Path(coming.value.path()).read_bytes()
        start = {"csv": b"", "png": b"\x89PNG", "svg": b"<svg"}[kind]
        assert start in content[:200]
        assert len(content) > 200
    assert json.dumps(kinds)


def cut(lesion: str) -> str:
    name = lesion.replace(" ", "+")
    return f"{LABORATORY}&lesions=!({name})"


@pytest.mark.parametrize(
    "lesion", ["subdiaphragmatic vagotomy", "splenic neurectomy", "adrenalectomy"]
)
def test_a_lesion_changes_the_curves_that_the_model_says_and_no_others(
    visit: Callable[..., Any], lesion: str
) -> None:
    moved = moved_by(lesion)
    whole, without = tables(visit(LABORATORY).page), tables(visit(cut(lesion)).page)
    shown = set(whole)
    assert shown & set(moved)
    wrong = {
        name: moved[name]
        for name in shown & set(moved)
        if moved[name] is not None and (whole[name] != without[name]) != moved[name]
    }
    assert wrong == {}


def moved_by(lesion: str) -> dict[str, bool | None]:
    """Return whether the model's observables change with a lesion; None if by very little."""
    import numpy as np

    from reflexarc import laboratory

    stimulus = {
        "site": "ST36", "current": "0.5 mA", "pulse width": "50 us", "frequency": "10 Hz",
        "duration": "15 min", "at": "-15 min", "side": "left",
    }  # fmt: skip
    arm = {"electroacupuncture": stimulus}
    experiment = Experiment.from_mapping(
        {
            "title": "a lesion",
            "challenge": {"LPS": "4 mg/kg"},
            "arms": {"whole": arm, "cut": {**arm, "lesions": [lesion]}},
            "measure": ["TNF at 24 h"],
        }
    )
    courses = laboratory.run(experiment, animals=1, traits=False).trajectories
    found: dict[str, bool | None] = {}
    for name in courses.data_vars:
        if "time" not in courses[name].dims:
            continue
        one, other = (courses[name].sel(arm=arm).values for arm in ("whole", "cut"))
        apart = float(np.max(np.abs(one - other)) / max(np.max(np.abs(one)), 1e-12))
        found[str(name)] = True if apart > 0.05 else False if apart < 1e-5 else None
    return found
