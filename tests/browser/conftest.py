"""A browser, the explorer written once, and a web host on this machine."""

import functools
import http.server
import os
import shutil
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from reflexarc.web.site import write_site

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTLED = """() => {
  const { busy, settled, tab } = document.documentElement.dataset;
  if (!tab || busy === "1") return false;
  if (tab === "laboratory")
    return Number(settled ?? 0) > 0 && document.querySelector("[data-control=site]") !== null
      && document.querySelector("[data-panel=pathway-details]") !== null;
  return document.querySelector(`[data-panel=${tab}]`).textContent.length > 200;
}"""
COUNTED = """() => (document.querySelector("#mice").innerText
  .match(/of 100 (mice )?alive/g) ?? []).length === 2"""
PAUSE = 250
"""Milliseconds after which sentences and the address have followed what is shown."""
LONG = 60_000
"""Milliseconds after which something is taken never to come; nothing is timed by it."""


@dataclass
class Visit:
    """A page that is open, and all that went wrong on it.

    Attributes:
        page: The page.
        origin: Where it was opened, up to the site's folder.
        complaints: Errors and warnings on the console, exceptions, breaches of the policy.
        requests: Addresses that were asked for.
    """

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Wait until the page has nothing under way."""
        self.page.wait_for_function(SETTLED, timeout=LONG)
        self.page.wait_for_timeout(PAUSE)

    def after(self, act: Callable[[], object]) -> None:
        """Do something and wait until the page has answered it."""
        before = self.page.evaluate("() => document.documentElement.dataset.settled ?? '0'")
        act()
        self.page.wait_for_function(
            """before => {
              const { busy, settled } = document.documentElement.dataset;
              return busy === "0" && settled !== before;
            }""",
            arg=before,
            timeout=LONG,
        )
        self.page.wait_for_timeout(PAUSE)

    def count(self) -> None:
        """Wait until a hundred mice of each arm are counted."""
        self.page.wait_for_function(COUNTED, timeout=LONG)
        self.page.wait_for_timeout(PAUSE)

    def foreign(self) -> list[str]:
        """Return what was asked of another origin."""
        own = (self.origin, "data:", "blob:")
        return [address for address in self.requests if not address.startswith(own)]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The written site; with several workers the first one writes it for all."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, claim, ready = (shared / name for name in ("explorer", "explorer.claim", "explorer.ok"))
    try:
        claim.mkdir()
    except FileExistsError:
        for _ in range(3000):
            if ready.exists():
                return folder
            time.sleep(0.1)
        pytest.fail("another worker did not write the site")
    write_site(folder)
    ready.touch()
    return folder


class _Host(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a browser that hangs up."""


@pytest.fixture(scope="session")
def host(site: Path) -> Iterator[str]:
    """A plain web host of static files, as any other; its address."""
    handler = functools.partial(_Host, directory=str(site))
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=found, args=["--no-sandbox", "--disable-gpu"]
            )
        except Error as error:
            pytest.fail(f"no Chromium can be started; `make browser` installs one: {error}")
        yield browser
        browser.close()


Opener = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, host: str, site: Path) -> Iterator[Opener]:
    """Return a function that opens the page and waits until it is at rest.

    Its arguments: `path` behind the site's address (such as `#...`), `width`, `scheme` (light or
    dark), `still` (whether motion is reduced), `local` (open the file itself), and whatever a
    browser's context takes.
    """
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def opened(
        path: str = "",
        *,
        width: int = 1280,
        scheme: Any = "light",
        still: bool = True,
        local: bool = False,
        **more: Any,
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900},
            color_scheme=scheme,
            reduced_motion="reduce" if still else "no-preference",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LONG)
        origin = f"{site.as_uri()}/" if local else host
        found = Visit(page, origin)
        visits.append(found)
        page.on("request", lambda request: found.requests.append(request.url))
        page.on("pageerror", lambda error: found.complaints.append(f"exception: {error}"))
        page.on(
            "console",
            lambda message: (
                found.complaints.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on(
            "requestfailed",
            lambda request: found.complaints.append(f"not loaded: {request.url}"),
        )
        page.on(
            "response",
            lambda answer: (
                found.complaints.append(f"{answer.status}: {answer.url}")
                if answer.status >= 400
                else None
            ),
        )
        page.goto(f"{origin}index.html{path}")
        found.settle()
        return found

    yield opened
    for context in contexts:
        context.close()
    for one in visits:
        assert one.complaints == []
        assert one.foreign() == []
