"""Draw the recruitment of each fibre class against current."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reflexarc.atlas._records import Site

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STYLES", "draw_curve"]

Dash = Literal["solid"] | tuple[float, tuple[float, ...]]

STYLES: dict[str, tuple[str, str, Dash]] = {
    "AB": ("touch and muscle, Aα/β", "#8FB0FA", "solid"),
    "AD": ("thin myelinated, Aδ", "#2A62F6", (0, (6, 1.6))),
    "PROKR2": ("PROKR2, deep fascia", "#0B2A8A", "solid"),
    "C": ("unmyelinated, C", "#5B6B8C", (0, (1.2, 1.4))),
}
"""Label, colour and dash of each class: sensory blue, from pale to dark."""

INK, MUTED, RULE = "#1B2333", "#5F6878", "#D5DAE3"


@dataclass(frozen=True, slots=True)
class _End:
    height: float
    label: str
    colour: str
    dash: Dash


def draw_curve(curve: "pd.DataFrame", *, site: Site, subtitle: str) -> "Figure":
    """Return a figure of a recruitment curve.

    Args:
        curve: Columns current_mA, class, low, central and high, as `recruitment_curve` gives.
        site: The site, for the title.
        subtitle: What else was set, in a few words.

    Returns:
        A figure that belongs to no window.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.6), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    ends: list[_End] = []
    for fibre_class, (label, colour, dash) in STYLES.items():
        rows = curve[curve["class"] == fibre_class]
        current = rows["current_mA"].to_numpy()
        unknown = rows["central"].max() == 0 and rows["high"].max() > 0
        width = 2.6 if fibre_class == "PROKR2" else 1.9
        axes.fill_between(
            current,
            rows["low"],
            rows["high"],
            facecolor="none" if unknown else colour,
            edgecolor=colour,
            alpha=0.25 if unknown else 0.14,
            hatch="//" if unknown else None,
            linewidth=0,
        )
        axes.plot(current, rows["central"], color=colour, linestyle=dash, linewidth=width)
        if unknown:
            label += "\n(nobody has looked: hatched)"
        elif rows["high"].max() == 0 and rows["current_mA"].max() > 0:
            label += "\n(none here)"
        ends.append(_End(float(rows["central"].iloc[-1]), label, colour, dash))
    top = max(1.0, float(curve["high"].max()))
    _frame(axes, curve, top)
    _label_ends(axes, ends, top)
    name = site.code if site.code == site.code.lower() else f"{site.code} ({site.name})"
    axes.set_title(f"What a needle at {name} recruits", loc="left", color=INK, fontsize=13, pad=26)
    axes.text(
        0.0,
        1.035,
        f"{subtitle} · bands show what is not known",
        transform=axes.transAxes,
        color=MUTED,
        fontsize=9,
    )
    return figure


def _frame(axes: "Axes", curve: "pd.DataFrame", top: float) -> None:
    low, high = float(curve["current_mA"].min()), float(curve["current_mA"].max())
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(-0.02 * top, top * 1.04)
    ticks = [t for t in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40) if low <= t <= high]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("current (mA)", color=INK)
    axes.set_ylabel(
        "recruited fibres\n(1 = all of the class in one rich tissue)", color=INK, fontsize=9.5
    )
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    for mark, word in ((0.5, "0.5 mA"), (3.0, "3 mA")):
        if low < mark < high:
            axes.axvline(mark, color=RULE, linewidth=1.0, zorder=0)
            axes.text(mark, top * 1.03, f" {word}", color=MUTED, fontsize=8, va="top")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(colors=MUTED, length=0, labelsize=9)


def _label_ends(axes: "Axes", ends: list[_End], top: float) -> None:
    """Write each class's name beside the end of its line, lifted apart where lines meet."""
    from matplotlib.lines import Line2D

    floor = -top
    upwards = ends[::-1]
    upwards.sort(key=lambda end: end.height)
    for end in upwards:
        height = max(end.height, floor + 0.075 * top)
        floor = height + 0.05 * top * end.label.count("\n")
        sample = Line2D(
            [1.015, 1.06],
            [height, height],
            transform=axes.get_yaxis_transform(),
            color=end.colour,
            linestyle=end.dash,
            linewidth=2.2,
            clip_on=False,
        )
        axes.add_line(sample)
        axes.annotate(
            end.label,
            (1.07, height),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            color=INK,
            fontsize=8.5,
            linespacing=1.25,
            va="top",
            annotation_clip=False,
        )
