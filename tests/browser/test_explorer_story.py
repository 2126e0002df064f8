"""The story: each chapter asks, takes a guess, shows the model's answer and leads on."""

import re
from collections.abc import Callable
from typing import Any

import pytest

CHAPTERS = 7

pytestmark = pytest.mark.slow


def test_there_are_seven_chapters_and_a_sandbox(visit: Callable[..., Any]) -> None:
    page = visit().page
    found = page.locator("[data-chapter]").evaluate_all(
        "all => all.map(one => one.dataset.chapter)"
    )
    assert found == [str(number) for number in range(CHAPTERS + 1)]


@pytest.mark.parametrize("chapter", range(CHAPTERS))
def test_a_chapter_takes_a_guess_before_it_tells(visit: Callable[..., Any], chapter: int) -> None:
    page = visit(f"#view.chapter={chapter}").page
    assert page.locator(f"[data-chapter='{chapter}']").get_attribute("aria-current") == "step"
    show = page.locator("[data-control=story-show]")
    assert show.is_disabled()
    assert page.locator("[data-reveal]").count() == 0
    guesses = page.locator("[data-guess]")
    assert guesses.count() >= 2
    guesses.last.focus()
    page.keyboard.press("Space")
    assert show.is_enabled()
    show.focus()
    page.keyboard.press("Enter")
    reveal = page.locator("[data-reveal]")
    reveal.wait_for()
    answers = guesses.evaluate_all("all => all.map(one => one.dataset.guess)")
    assert reveal.get_attribute("data-answer") in answers
    assert page.evaluate("document.activeElement.closest('[data-reveal]') !== null")
    words = reveal.inner_text()
    assert len(words) > 200
    assert not re.search(r"\b(undefined|NaN|null|Infinity)\b", words)
    assert page.locator("[data-finding]").count() >= 1
    onward = page.locator("[data-control=story-next]")
    onward.click()
    page.wait_for_timeout(150)
    chosen = page.locator("[data-chapter][aria-current=step]")
    assert chosen.get_attribute("data-chapter") == str(chapter + 1)


def test_a_chapter_opens_in_the_laboratory(visit: Callable[..., Any]) -> None:
    found = visit("#view.chapter=1")
    page = found.page
    page.locator("[data-guess]").first.check()
    page.locator("[data-control=story-show]").click()
    page.locator("[data-control=story-open]").first.click()
    found.settle()
    assert page.evaluate("document.documentElement.dataset.tab") == "laboratory"
    assert page.locator("#result").inner_text()


def test_the_sandbox_has_ideas(visit: Callable[..., Any]) -> None:
    found = visit(f"#view.chapter={CHAPTERS}")
    page = found.page
    ideas = page.locator("[data-idea]")
    assert ideas.count() >= 3
    before = page.evaluate("location.hash")
    ideas.first.click()
    found.settle()
    assert page.evaluate("location.hash") != before


def test_the_wall_lists_every_finding_and_filters(visit: Callable[..., Any]) -> None:
    from reflexarc.findings import load_findings

    page = visit("#view.tab=findings").page
    said = page.locator("[data-said=wall]").inner_text()
    assert str(len(load_findings())) in said
    page.locator("[data-control=wall-trust]").select_option(index=1)
    page.wait_for_timeout(150)
    assert page.locator("[data-said=wall]").inner_text() != said
    assert page.locator("article[data-finding]").count() > 0


def test_a_press_on_the_pathway_cuts_and_a_second_mends(visit: Callable[..., Any]) -> None:
    found = visit("#view.tab=laboratory")
    page = found.page
    said = page.locator("#result").inner_text()
    nerve = page.locator("[data-edge='dmv>vagus']")
    assert nerve.get_attribute("aria-pressed") == "false"
    nerve.focus()
    found.after(lambda: page.keyboard.press("Enter"))
    assert nerve.get_attribute("aria-pressed") == "true"
    assert "vagotomy" in page.evaluate("location.hash")
    assert page.locator("#result").inner_text() != said
    nerve.focus()
    found.after(lambda: page.keyboard.press("Enter"))
    assert page.locator("#result").inner_text() == said
