"""Figures for the inside of a page: colours of the page, no style that a strict policy blocks."""

import re
from typing import TYPE_CHECKING

from reflexarc.contradictions.drawing import LOOKS
from reflexarc.drawing import QUIET
from reflexarc.figures import inline, svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["framed"]

NAMES = {"pass": "pass", "fail": "fail", "unscored": "none"}
SCALE = 1.15
"""Pixels of a page to the point of a drawing: its smallest letters stay legible."""
COLOURS = {
    QUIET: "var(--soft)",
    "#e3e7eb": "var(--line)",
    "#ffffff": "var(--paper)",
    **{ground: f"var(--{NAMES[verdict]}-back)" for verdict, (_, ground, _) in LOOKS.items()},
    **{ink: f"var(--{NAMES[verdict]})" for verdict, (_, _, ink) in LOOKS.items()},
}
"""Colours of the drawing, and the page's own for light and dark."""


def framed(figure: "Figure", *, label: str, name: str) -> str:
    """Return a figure as SVG for a page.

    Styles become attributes, so that the page may forbid styles in its text; letters are the
    page's; ids begin with a name of their own, so that figures can stand on one page.

    Args:
        figure: The figure.
        label: What a screen reader says.
        name: Letters, digits and hyphens, unlike those of other figures on the page.
    """
    text = inline(svg(figure, label=label))
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r' viewBox="0 0 ([\d.]+) ', _sized, text, count=1)
    text = re.sub(r' style="([^"]*)"', _attributes, text)
    for colour, page in COLOURS.items():
        text = text.replace(f'"{colour}"', f'"{page}"')
    for found in set(re.findall(r' id="([^"]+)"', text)):
        text = re.sub(rf'(id="|#){re.escape(found)}(?=["\)])', rf"\g<1>{name}-{found}", text)
    return text


def _sized(box: re.Match[str]) -> str:
    return f' width="{SCALE * float(box[1]):.0f}"{box[0]}'


def _attributes(style: re.Match[str]) -> str:
    pairs = (part.split(":", 1) for part in style[1].split(";") if part.strip())
    return "".join(
        f' {name.strip()}="{value.strip()}"'
        for name, value in pairs
        if name.strip() not in ("font-family", "stroke-linejoin", "stroke-linecap")
    )
