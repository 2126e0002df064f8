"""Take the pictures of the explorer that the manual shows: `python docs/shots.py [NAME...]`.

Needs the extra `dev` and a Chromium (`make browser`).
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from reflexarc.web.site import write_site

IMAGES = Path(__file__).parent / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MASTHEAD = 90
"""Pixels of the page's head, which stays in sight."""
COLOURS = 128
"""Of each picture's palette: few, so that the files stay small."""
AT_REST = """() => {
  const { busy, settled, tab } = document.documentElement.dataset;
  if (tab !== "laboratory") return busy !== "1"
    && document.querySelector(`[data-panel=${tab}]`)?.textContent.length > 200;
  return busy === "0" && Number(settled ?? 0) > 0
    && (document.querySelector("#mice").innerText.match(/of 100 (mice )?alive/g) ?? []).length > 1;
}"""


@dataclass(frozen=True)
class Shot:
    """A picture.

    Attributes:
        name: Its file in docs/images, without the end.
        address: The hash of the page.
        width: Width of the window in CSS pixels.
        height: Its height.
        scheme: Light or dark.
        anchor: What is scrolled to the top; nothing if empty.
        press: What is pressed first.
    """

    name: str
    address: str
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    anchor: str = ""
    press: tuple[str, ...] = ()


SHOTS = (
    Shot("explorer", "#view.tab=laboratory", height=860),
    Shot(
        "explorer-story",
        "#view.tab=story&view.chapter=1",
        height=720,
        anchor="[data-reveal]",
        press=("[data-guess] >> nth=0", "[data-control=story-show]"),
    ),
    Shot("explorer-pathway", "#view.tab=laboratory", height=860, anchor="#sheet-pathway"),
    Shot("explorer-findings", "#view.tab=findings", height=720),
    Shot("explorer-phone", "#view.tab=laboratory", width=390, height=844, scheme="dark"),
)


def main() -> None:
    """Take all pictures, or those named on the command line."""
    wanted = [shot for shot in SHOTS if shot.name in sys.argv[1:] or not sys.argv[1:]]
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place) / "site"
        write_site(folder)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for shot in wanted:
            take(browser, folder / "index.html", shot)
        browser.close()


def take(browser: Browser, index: Path, shot: Shot) -> None:
    """Take one picture."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{index.as_uri()}{shot.address}")
    page.wait_for_function(AT_REST, timeout=60_000)
    for target in shot.press:
        page.locator(target).click()
        page.wait_for_timeout(1500)
    if shot.anchor:
        page.locator(shot.anchor).first.evaluate("one => one.scrollIntoView({block: 'start'})")
        page.mouse.wheel(0, -MASTHEAD)
    page.wait_for_timeout(300)
    file = IMAGES / f"{shot.name}.png"
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)
    context.close()


if __name__ == "__main__":
    main()
