"""The house look, and one drawing per question: courses, measured points, survival, schedule.

Each `draw_…` function draws on axes that it is given; `figures` puts them on sheets.
"""

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from reflexarc.biology.tables import CELSIUS, full_name
from reflexarc.statistics import records
from reflexarc.survival import fraction_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import xarray
    from matplotlib.axes import Axes


__all__ = [
    "Looks",
    "arm_looks",
    "draw_course",
    "draw_measured",
    "draw_survival",
    "label_of",
    "locator",
    "short",
    "style",
    "wrapped",
]

INK = "#1c2430"
QUIET = "#7d8794"
CONTROL = "#6b7480"
STIMULUS = "#e9a13b"
DOSE = "#c8372d"
COLOURS = ("#0b6fb8", "#d4561a", "#0a8a6a", "#b03a83", "#a87a00", "#6a51c8", "#3f97b5", "#8a4b32")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (5, 1.4, 1.2, 1.4)))
MARKERS = "osD^vPX<>"
POINTS = 300
"""Points of a curve, at most: it is for the eye; the data are in the run's folder."""
BLUR = 0.002
"""Part of a panel's height by which a curve drawn may miss its data."""

Looks = Mapping[str, tuple[str, Any, str]]
"""For each arm its colour, dash and marker."""


def arm_looks(arms: Sequence[str], *, control: str | None = None) -> Looks:
    """Give each arm a colour, a dash and a marker; the control is grey.

    Arms whose names differ by a number only (a dose–response) get a sequence of shades.
    """
    others = [arm for arm in arms if arm != control]
    looks: dict[str, tuple[str, Any, str]] = {}
    series = len(others) > 2 and len({re.sub(r"[\d.]+", "", arm) for arm in others}) == 1
    shades = _shades(len(others)) if series or len(others) > 32 else COLOURS
    for i, arm in enumerate(others):
        dash = "-" if series else DASHES[(i + i // len(COLOURS)) % len(DASHES)]
        looks[arm] = (shades[i % len(shades)], dash, MARKERS[(i + 1) % len(MARKERS)])
    return {
        arm: (CONTROL, (0, (4, 1.2)), MARKERS[0]) if arm == control else looks[arm] for arm in arms
    }


def label_of(name: str, where: str, unit: str) -> str:
    """Return a label such as `TNF, plasma [pg/mL]`; the place is left out where it is plain.

    Example:
        >>> label_of("IL-6", "plasma", "pg/mL"), label_of("DMV activity", "brain", "fold of rest")
        ('IL-6, plasma [pg/mL]', 'DMV activity [fold of rest]')
    """
    told = f"{name}, {where}" if where in ("plasma", "spleen") else full_name(name, where)
    return f"{told} [{_unit(unit)}]"


@contextmanager
def style() -> "Iterator[None]":
    """Apply the house look while figures are made."""
    import matplotlib

    with matplotlib.rc_context(
        {
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": QUIET,
            "axes.linewidth": 0.7,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 8,
            "axes.labelsize": 9,
            "xtick.color": QUIET,
            "ytick.color": QUIET,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": 8.5,
            "ytick.labelsize": 8.5,
            "xtick.major.width": 0.7,
            "ytick.major.width": 0.7,
            "legend.frameon": False,
            "legend.fontsize": 8.5,
            "lines.linewidth": 1.7,
            "lines.solid_capstyle": "round",
            "font.family": "DejaVu Sans",
            "font.size": 9,
            "svg.fonttype": "none",
            "svg.hashsalt": "reflexarc",
            "path.simplify_threshold": 0.6,
        }
    ):
        yield


def draw_course(
    axes: "Axes",
    values: "xarray.DataArray",
    *,
    title: str,
    looks: Looks,
    until: float,
    spans: Sequence[tuple[float, float]] = (),
    instants: Sequence[float] = (),
    limit: float | None = None,
    ends: Mapping[str, float] | None = None,
) -> None:
    """Draw one variable over time: the median of each arm and its 10–90 % band of animals.

    Args:
        axes: Where to draw.
        values: Dimensions (arm, animal, time); time in h.
        title: Heading, with the unit.
        looks: From `arm_looks`.
        until: Last time shown, in h.
        spans: Times between which a stimulus is on, shaded.
        instants: Times of doses, as thin lines.
        limit: Detection limit of the assay, as a dotted line.
        ends: Time until which an arm is drawn; all of it if left out.
    """
    shown = values.sel(time=slice(None, until + 1e-9))
    times = shown["time"].values
    for start, stop in spans:
        axes.axvspan(start, min(stop, until), color=STIMULUS, alpha=0.28, lw=0)
    for instant in instants:
        if instant <= until:
            axes.axvline(instant, color=DOSE, lw=0.9, alpha=0.75, zorder=1)
    bands = np.quantile(shown.sel(arm=list(looks)).values, [0.1, 0.5, 0.9], axis=1)
    blur = BLUR * np.ptp(np.nan_to_num(bands))
    for i, arm in enumerate(looks):
        colour, dash, _ = looks[arm]
        drawn = (times <= (ends or {}).get(arm, math.inf)) & np.isfinite(bands[1, i])
        few = _fewer(times[drawn], bands[:, i, drawn], blur)
        at, (low, middle, high) = times[drawn][few], bands[:, i, drawn][:, few]
        if shown.sizes["animal"] > 1:
            faint = 0.13 if len(looks) <= 4 else 0.07
            axes.fill_between(at, low, high, color=colour, alpha=faint, lw=0)
        axes.plot(at, middle, color=colour, ls=dash, label=arm, zorder=3)
    if limit is not None and axes.get_ylim()[1] > limit:
        axes.axhline(limit, color=QUIET, lw=0.8, ls=":", zorder=1)
    axes.set_title(title)
    axes.set_xlabel("time [h]")
    axes.set_xlim(times[0], until)
    low_end, high_end = axes.get_ylim()
    if low_end > -0.05 * high_end and low_end < 0.5 * high_end:
        axes.set_ylim(0, high_end)
    axes.yaxis.set_major_locator(locator(5))
    axes.xaxis.set_major_locator(locator(6))
    if high_end >= 10_000:
        axes.yaxis.set_major_formatter(lambda x, _: f"{x:,.0f}".replace(",", "\u2009"))


def draw_measured(
    axes: "Axes",
    rows: "pd.DataFrame",
    *,
    title: str,
    looks: Looks,
    comparisons: "pd.DataFrame | None" = None,
) -> None:
    """Draw measured points of each arm with mean ± SEM on a log axis, and brackets with p values.

    Args:
        axes: Where to draw; arms run down the page.
        rows: The rows of a measurement table for one observable and time.
        title: Heading, with the unit and the time.
        looks: From `arm_looks`.
        comparisons: Rows `arm`, `control`, `p_adjusted` of the same measurement.
    """
    arms = [arm for arm in looks if (rows["arm"] == arm).any()]
    place = {arm: i for i, arm in enumerate(arms)}
    for arm in arms:
        colour, _, marker = looks[arm]
        group = rows[rows["arm"] == arm]
        mine = group[group["value"].notna()]
        x = mine["value"].to_numpy(dtype=float)
        below = mine["below_limit"].to_numpy(dtype=bool)
        y = place[arm] + _spread(x)
        for chosen, face in ((~below, colour), (below, "none")):
            axes.scatter(
                x[chosen], y[chosen], s=24, marker=marker, facecolor=face, edgecolor=colour,
                linewidth=0.9, alpha=0.6, zorder=2,
            )  # fmt: skip
        if x.size:
            mean = float(x.mean())
            axes.plot([mean, mean], [place[arm] - 0.3, place[arm] + 0.3], color=INK, lw=1.8)
            if x.size > 1:
                sem = float(x.std(ddof=1) / math.sqrt(x.size))
                left = max(mean - sem, mean / 10)
                axes.plot([left, mean + sem], [place[arm]] * 2, color=INK, lw=1.2, zorder=4)
        else:
            why = "no animal alive" if group["dead"].all() else "not there"
            axes.text(0.5, place[arm], why, ha="center", va="center", color=QUIET,
                      transform=axes.get_yaxis_transform())  # fmt: skip
    if (rows["unit"] == CELSIUS).all():
        axes.margins(x=0.25)
    else:
        _log_axis(axes, rows["value"].dropna().to_numpy(dtype=float))
    axes.set_yticks(range(len(arms)), [wrapped(arm) for arm in arms])
    axes.set_ylim(len(arms) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=QUIET, alpha=0.2, lw=0.6)
    axes.set_title(title)
    if comparisons is not None:
        _brackets(axes, place, comparisons)


def draw_survival(
    axes: "Axes", curves: "Mapping[str, pd.DataFrame]", *, title: str, looks: Looks, until: float
) -> None:
    """Draw Kaplan–Meier curves with 95 % intervals, and below them the animals at risk.

    Up to three arms have bands; more have whiskers at the end, where bands would hide each other.

    Args:
        axes: Where to draw; the table needs room below.
        curves: For each arm the result of `survival.kaplan_meier`.
        title: Heading.
        looks: From `arm_looks`.
        until: End of the observation in h.
    """
    from matplotlib.transforms import ScaledTranslation

    days = until > 72
    scale = 24.0 if days else 1.0
    end = until / scale
    ticks = np.arange(0, end + 1e-9, _step(end))
    shown = [arm for arm in looks if arm in curves]
    sheet: Any = axes.get_figure()
    corner: Any = axes.transAxes
    inches = sheet.dpi_scale_trans + ScaledTranslation(0, 0, corner)
    fine: Any = {"va": "center", "fontsize": 8, "clip_on": False}
    axes.text(-0.62, -0.6, "at risk", ha="right", transform=inches, color=QUIET, **fine)
    for row, arm in enumerate(shown):
        curve, (colour, dash, _) = curves[arm], looks[arm]
        t = curve["time"].to_numpy() / scale
        last = curve.iloc[-1]
        if len(shown) <= 3:
            axes.fill_between(t, 100 * curve["low"], 100 * curve["high"], step="post",
                              color=colour, alpha=0.12, lw=0)  # fmt: skip
        else:
            x, n = end * (1.025 + 0.02 * row), int(curve["at_risk"].iloc[0])
            low, high = fraction_interval(round(n * float(last["survival"])), n)
            axes.plot([x, x], [100 * low, 100 * high], color=colour, lw=1.1, clip_on=False)
            axes.plot([x], [100 * last["survival"]], "o", color=colour, ms=3, clip_on=False)
        axes.step(t, 100 * curve["survival"], where="post", color=colour, ls=dash, label=arm)
        down = -0.78 - 0.17 * row
        axes.text(-0.62, down, short(arm, 30), ha="right", transform=inches, color=colour, **fine)
        axes.plot([-0.55, -0.2], [down, down], color=colour, ls=dash, lw=1.5, clip_on=False,
                  transform=inches)  # fmt: skip
        for tick in ticks:
            axes.annotate(
                str(_at_risk(curve, tick * scale)), (tick, 0), xytext=(0, 72 * down), fontsize=8,
                textcoords="offset points", ha="center", va="center",
                xycoords=("data", "axes fraction"),
            )  # fmt: skip
    axes.set_ylim(-2, 103)
    axes.set_xlim(0, end)
    axes.set_xticks(ticks)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel("alive [%]")
    axes.set_xlabel(f"time after the challenge [{'d' if days else 'h'}]")
    axes.set_title(title)


def _brackets(axes: "Axes", place: Mapping[str, int], comparisons: "pd.DataFrame") -> None:
    shown = [
        (place[row["arm"]], place[row["control"]], float(row["p_adjusted"]))
        for row in records(comparisons)
        if row["arm"] in place and row["control"] in place and math.isfinite(row["p_adjusted"])
    ]
    shown.sort(key=lambda ends: abs(ends[0] - ends[1]))
    across = axes.get_yaxis_transform()
    few = len(shown) <= 6
    for i, (y, to, p) in enumerate(shown):
        x = 1.02 + 0.022 * i
        colour = INK if p < 0.05 else QUIET
        if few:
            axes.plot([x - 0.012, x, x, x - 0.012], [to, to, y, y], transform=across, lw=0.9,
                      clip_on=False, color=colour)  # fmt: skip
        axes.text(1.04 + 0.022 * len(shown) if few else 1.02, y, _p(p), transform=across,
                  va="center", fontsize=8.5, color=colour,
                  weight="bold" if p < 0.05 else "normal")  # fmt: skip


def _p(p: float) -> str:
    stars = "***" if p < 0.001 else "**" if p < 0.01 else "*" if p < 0.05 else ""
    number = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    return f"{number} {stars}".strip()


def _log_axis(axes: "Axes", values: Any) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    positive = values[values > 0]
    if not positive.size:
        return
    axes.set_xscale("log")
    low, high = positive.min() / 1.25, positive.max() * 1.25
    middle = math.sqrt(low * high)
    if high / low < 6:
        low, high = min(low, middle / 2.5), max(high, middle * 2.5)
    axes.set_xlim(low, high)
    decades = math.log10(high / low)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.2 else (1.0,)))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:,.10g}".replace(",", "\u2009"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _fewer(times: Any, curves: Any, blur: float) -> Any:
    """Return which times to draw: at most `POINTS`, straight lines between them off by `blur`."""
    kept = np.arange(0, times.size, max(1, times.size - 1))
    while kept.size < min(POINTS, times.size):
        off = np.max([abs(c - np.interp(times, times[kept], c[kept])) for c in curves], axis=0)
        spans = pairwise(kept)
        worst = [a + int(off[a : b + 1].argmax()) for a, b in spans if off[a : b + 1].max() > blur]
        if not worst:
            break
        kept = np.union1d(kept, sorted(worst, key=lambda i: -off[i])[: POINTS - kept.size])
    return kept


def _spread(values: Any) -> Any:
    """Move neighbours apart, the same way each time."""
    offsets = np.zeros(values.size)
    for rank, i in enumerate(np.argsort(values, kind="stable")):
        offsets[i] = (0.0, 0.13, -0.13, 0.22, -0.22)[rank % 5]
    return offsets


def _at_risk(curve: "pd.DataFrame", time: float) -> int:
    later = curve.loc[curve["time"] >= time - 1e-9, "at_risk"]
    return int(later.iloc[0]) if len(later) else int(curve["at_risk"].iloc[-1])


def _shades(count: int) -> list[str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["viridis"](x)) for x in np.linspace(0.08, 0.85, count)]


def locator(ticks: int) -> Any:
    """Return a locator of about so many ticks at round numbers."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(ticks, steps=[1, 2, 2.5, 3, 4, 5, 6, 10])


def _step(length: float) -> float:
    return next((s for s in (0.5, 1, 2, 3, 4, 6, 8, 12, 24) if length / s <= 8), length / 6)


def wrapped(text: str, width: int = 22) -> str:
    """Return a text on one or two lines, cut if it needs more."""
    lines = textwrap.wrap(short(text, 2 * width), width)
    return "\n".join([lines[0], short(" ".join(lines[1:]), width)] if len(lines) > 1 else lines)


def short(text: str, length: int = 26) -> str:
    """Return a text cut to a length, with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _unit(unit: str) -> str:
    return {"uM": "µM", "dimensionless": "–"}.get(unit, unit)
