"""The explorer on any web host, from a file, from `reflexarc serve`: small, closed, by itself."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LARGEST = 100_000
"""Bytes in gzip of the page without the model and its tables."""

pytestmark = pytest.mark.slow


def squeezed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), mtime=0))


@pytest.mark.parametrize("tab", ["story", "laboratory", "findings", "about"])
def test_the_page_is_light(site: Path, visit: Callable[..., Any], tab: str) -> None:
    found = visit(f"#view.tab={tab}")
    names = {one.split("?")[0].split("#")[0].removeprefix(found.origin) for one in found.requests}
    own = [
        site / name
        for name in names
        if name.endswith((".html", ".css", ".js", ".svg"))
        and name != "model.js"
        and not name.startswith("data/")
    ]
    assert len(own) > 10
    assert sum(map(squeezed, own)) < LARGEST


def test_the_first_view_does_not_load_everything(site: Path, visit: Callable[..., Any]) -> None:
    found = visit()
    tables = {one.rsplit("/", 1)[-1].split("?")[0] for one in found.requests if "/data/" in one}
    everything = {file.name for file in (site / "data").glob("*.js")}
    assert tables < everything


def test_the_policy_allows_the_page_and_no_more(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', html)
    assert policy
    rules = dict(part.strip().partition(" ")[::2] for part in policy[1].split(";") if part.strip())
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy[1]
    assert not re.search(r"https?:|\*|data:(?!.*img)", rules.get("script-src", ""))
    assert set(rules.get("script-src", "").split()) <= {"'self'", "blob:", "file:"}
    assert rules.get("object-src", "'none'") == "'none'"
    assert rules.get("base-uri") == "'none'"
    assert rules.get("form-action") == "'none'"


def test_no_page_has_inline_script_or_style(site: Path) -> None:
    for file in site.rglob("*.html"):
        html = file.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", html), file.name
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html) == [], file.name


def test_nothing_in_the_site_leads_the_browser_elsewhere(site: Path) -> None:
    """Links may lead out; what is loaded may not."""
    loading = re.compile(
        r"""(?:src|href)=["'](?:https?:)?//[^"']*["'][^>]*(?:stylesheet|preload|icon)"""
        r"""|<(?:script|img|iframe|source|video)[^>]*src=["'](?:https?:)?//"""
        r"""|@import|url\(["']?(?:https?:)?//|import\(["']https?:|from ["']https?:"""
        r"""|fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon"""
    )
    for file in site.rglob("*"):
        if file.suffix in (".html", ".css", ".js") and file.name != "offline.js":
            found = loading.search(file.read_text(encoding="utf-8"))
            assert found is None, f"{file.relative_to(site)}: {found}"


@pytest.mark.parametrize("tab", ["story", "laboratory", "findings"])
def test_a_file_opened_by_itself_shows_the_same(visit: Callable[..., Any], tab: str) -> None:
    hash_ = f"#view.tab={tab}"
    hosted, local = visit(hash_), visit(hash_, local=True)
    if tab == "laboratory":
        for one in (hosted, local):
            one.count()
    words = [one.page.locator("main").inner_text() for one in (hosted, local)]
    assert len(words[0]) > 200
    assert words[0] == words[1]


def test_the_server_serves_the_page_under_its_own_policy(tmp_path: Path, chromium: Any) -> None:
    command = [sys.executable, "-m", "reflexarc", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--jobs", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            text = ""
            while not text.endswith("}\n"):
                line = process.stdout.readline()
                assert line
                text += line
            context = chromium.new_context()
            page = context.new_page()
            complaints: list[str] = []
            page.on("console", lambda one: complaints.append(one.text))
            page.on("pageerror", lambda one: complaints.append(str(one)))
            answer = page.goto(json.loads(text)["url"] + "#view.tab=laboratory")
            assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
            page.wait_for_function(
                "() => Number(document.documentElement.dataset.settled ?? 0) > 0", timeout=60_000
            )
            assert page.locator("#result").inner_text()
            assert complaints == []
            context.close()
        finally:
            process.kill()
