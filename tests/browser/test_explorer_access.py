"""Everybody can use the explorer: by keyboard, by ear, on a phone, in the dark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from controls import DESCRIBE, focusable, named

TABS = ("story", "laboratory", "findings", "about")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = pytest.mark.slow


def test_no_tab_is_forgotten_here(visit: Callable[..., Any]) -> None:
    page = visit().page
    assert page.locator("nav [data-tab]").evaluate_all(
        "all => all.map(one => one.dataset.tab)"
    ) == [*TABS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_and_nothing_sticks_out(
    visit: Callable[..., Any], tab: str, width: int, scheme: str
) -> None:
    page = visit(f"#view.tab={tab}", width=width, scheme=scheme).page
    assert page.locator(f"nav [data-tab={tab}]").get_attribute("aria-current") == "page"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


@pytest.mark.parametrize("voice", ["lay", "student", "researcher"])
def test_axe_finds_nothing_in_any_voice(visit: Callable[..., Any], voice: str) -> None:
    page = visit(f"#view.tab=laboratory&view.voice={voice}").page
    open_all(page)
    assert violations(page) == []


@pytest.mark.parametrize("tab", TABS)
def test_every_control_has_a_name(visit: Callable[..., Any], tab: str) -> None:
    page = visit(f"#view.tab={tab}").page
    open_all(page)
    parts = named(page)
    assert len(parts) > 5
    assert [part for part in parts if not part.name] == []


@pytest.mark.parametrize("tab", TABS)
def test_the_keyboard_reaches_everything_and_is_caught_nowhere(
    visit: Callable[..., Any], tab: str
) -> None:
    page = visit(f"#view.tab={tab}").page
    page.evaluate(DESCRIBE)
    wanted = focusable(page)
    assert len(wanted) > 5
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    reached, unseen = [], []
    for _ in range(len(wanted) + 20):
        page.keyboard.press("Tab")
        where = page.evaluate(
            "document.activeElement && document.activeElement !== document.body"
            " ? window.describe(document.activeElement) : null"
        )
        if where is None:
            break
        reached.append(where)
        if not page.evaluate(FOCUS_SHOWS):
            unseen.append(where)
    assert [one for one in wanted if one not in reached] == []
    assert unseen == []


FOCUS_SHOWS = """() => {
  const element = document.activeElement;
  const shows = one => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== "none";
  };
  const near = [element, element.nextElementSibling, element.labels?.[0], element.closest("label")];
  if (near.some(one => one && shows(one))) return true;
  return element instanceof SVGElement && [...element.querySelectorAll("*")]
    .some(one => parseFloat(getComputedStyle(one).strokeWidth) >= 3);
}"""
"""Whether one sees where the focus is: a ring, or a thicker line in a drawing."""


def test_with_reduced_motion_nothing_moves(visit: Callable[..., Any]) -> None:
    found = visit("#view.tab=laboratory")
    found.after(lambda: found.page.locator("[data-control=lesion-add]").click())
    assert (
        found.page.evaluate(
            "document.getAnimations().filter(one => one.playState === 'running').length"
        )
        == 0
    )


@pytest.mark.parametrize("tab", TABS)
def test_what_it_is_is_always_in_sight(visit: Callable[..., Any], tab: str) -> None:
    for width in (390, 1280):
        page = visit(f"#view.tab={tab}", width=width).page
        words = page.get_by_text("not medical advice", exact=False)
        seen = [
            box
            for one in words.all()
            if one.is_visible()
            and (box := one.bounding_box())
            and box["y"] < page.viewport_size["height"]
        ]
        assert seen, (tab, width)


def test_without_scripts_the_page_says_so(
    visit: Callable[..., Any], chromium: Any, host: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{host}index.html")
    assert "JavaScript" in page.inner_text("body")
    context.close()


def open_all(page: Any) -> None:
    """Open whatever can be folded, so that it is looked at too."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.wait_for_timeout(150)


def violations(page: Any) -> list[str]:
    """Return what axe-core finds, a line for each element."""
    page.evaluate(AXE)
    found = page.evaluate(
        "standards => axe.run(document, {runOnly: {type: 'tag', values: standards},"
        " resultTypes: ['violations']})",
        STANDARDS,
    )
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
