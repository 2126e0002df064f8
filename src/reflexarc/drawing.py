"""The house look, and one drawing per question: courses, measured points, survival, schedule.

Each `draw_…` function draws on axes that it is given; `figures` puts them on sheets.
"""

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import xarray
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from reflexarc.timeline import Edge, Timeline

__all__ = [
    "Looks",
    "arm_looks",
    "draw_course",
    "draw_measured",
    "draw_schedule",
    "draw_survival",
    "intervals",
    "label_of",
    "marks",
    "style",
]

INK = "#1c2430"
QUIET = "#7d8794"
CONTROL = "#6b7480"
COLOURS = ("#0b6fb8", "#d4561a", "#0a8a6a", "#b03a83", "#a87a00", "#6a51c8", "#3f97b5", "#8a4b32")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (5, 1.4, 1.2, 1.4)))
MARKERS = "osD^vPX<>"
KINDS = {
    "stimulus": ("#e9a13b", "stimulus on"),
    "anaesthesia": ("#8fb4d9", "isoflurane"),
    "infusion": ("#b18bd0", "infusion"),
    "dose": ("#c8372d", "dose"),
    "lesion": (INK, "lesion"),
}

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
    place = f", {where}" if where in ("plasma", "spleen") else ""
    return f"{name}{place} [{_unit(unit)}]"


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
) -> None:
    """Draw one variable over time: the median of each arm and its 10–90 % band of animals.

    Args:
        axes: Where to draw.
        values: Dimensions (arm, animal, time); time in h; NaN for the dead.
        title: Heading, with the unit.
        looks: From `arm_looks`.
        until: Last time shown, in h.
        spans: Times between which a stimulus is on, shaded.
        instants: Times of doses, as thin lines.
        limit: Detection limit of the assay, as a dotted line.
    """
    shown = values.sel(time=slice(None, until + 1e-9))
    times = shown["time"].values
    for start, stop in spans:
        axes.axvspan(start, min(stop, until), color=KINDS["stimulus"][0], alpha=0.28, lw=0)
    for instant in instants:
        if instant <= until:
            axes.axvline(instant, color=KINDS["dose"][0], lw=0.9, alpha=0.75, zorder=1)
    for arm in looks:
        colour, dash, _ = looks[arm]
        animals = shown.sel(arm=arm).values
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # times at which no animal lives
            low, middle, high = np.nanquantile(animals, [0.1, 0.5, 0.9], axis=0)
        if animals.shape[0] > 1:
            faint = 0.13 if len(looks) <= 4 else 0.07
            axes.fill_between(times, low, high, color=colour, alpha=faint, lw=0)
        axes.plot(times, middle, color=colour, ls=dash, label=arm, zorder=3)
    if limit is not None and axes.get_ylim()[1] > limit:
        axes.axhline(limit, color=QUIET, lw=0.8, ls=":", zorder=1)
    axes.set_title(title)
    axes.set_xlabel("time [h]")
    axes.set_xlim(times[0], until)
    low_end, high_end = axes.get_ylim()
    if low_end > -0.05 * high_end and low_end < 0.5 * high_end:
        axes.set_ylim(0, high_end)
    axes.yaxis.set_major_locator(_locator(5))
    axes.xaxis.set_major_locator(_locator(6))
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
        mine = rows[(rows["arm"] == arm) & ~rows["dead"]]
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
            axes.text(0.5, place[arm], "no animal alive", ha="center", va="center",
                      color=QUIET, transform=axes.get_yaxis_transform())  # fmt: skip
    _log_axis(axes, rows["value"].dropna().to_numpy(dtype=float))
    axes.set_yticks(range(len(arms)), [_short(arm) for arm in arms])
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
        curves: For each arm the result of `statistics.kaplan_meier`.
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
    inches = sheet.dpi_scale_trans + ScaledTranslation(0, 0, axes.transAxes)
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
            x = end * (1.025 + 0.02 * row)
            axes.plot([x, x], [100 * last["low"], 100 * last["high"]], color=colour, lw=1.1,
                      clip_on=False)  # fmt: skip
            axes.plot([x], [100 * last["survival"]], "o", color=colour, ms=3, clip_on=False)
        axes.step(t, 100 * curve["survival"], where="post", color=colour, ls=dash, label=arm)
        down = -0.78 - 0.17 * row
        axes.text(-0.62, down, _short(arm, 24), ha="right", transform=inches, color=colour, **fine)
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


def draw_schedule(axes: "Axes", timelines: "Sequence[Timeline]", *, until: float) -> None:
    """Draw what happens when in each arm: stimuli, anaesthesia, doses, infusions, lesions.

    Args:
        axes: Where to draw; arms run down the page.
        timelines: One per arm.
        until: Last time shown, in h.
    """
    first = min([0.0, *(e.time for t in timelines for e in t.edges if _shown(e))])
    scale = 60.0 if until - first <= 4 else 1.0
    span = until - first
    used: list[str] = []
    for row, timeline in enumerate(timelines):
        axes.axhline(row, color=QUIET, alpha=0.25, lw=0.8, zorder=0)
        for kind, start, stop in intervals(timeline):
            if start < until:
                used.append(kind)
                height = {"stimulus": 0.46, "anaesthesia": 0.74, "infusion": 0.2}[kind]
                length = max(min(stop, until) - start, 0.004 * span)
                axes.barh(
                    row, scale * length, left=scale * start, height=height, lw=0,
                    color=KINDS[kind][0], zorder=2 if kind != "anaesthesia" else 1,
                )  # fmt: skip
        for kind, when in marks(timeline):
            if when <= until:
                used.append(kind)
                x = scale * max(when, first - 0.045 * span)
                axes.scatter([x], [row], s=34, zorder=4, linewidth=1.3, color=KINDS[kind][0],
                             marker="v" if kind == "dose" else "x")  # fmt: skip
    axes.set_yticks(range(len(timelines)), [_short(timeline.arm, 32) for timeline in timelines])
    axes.set_ylim(len(timelines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(scale * (first - 0.075 * span), scale * (until + 0.03 * span))
    axes.xaxis.set_major_locator(_locator(7))
    axes.set_xlabel("time [min]" if scale > 1 else "time [h]")
    handles = [_key(kind) for kind in KINDS if kind in used]
    if handles:
        sheet: Any = axes.get_figure()
        sheet.legend(handles=handles, loc="outside lower left", ncols=3, handlelength=1.3)


def intervals(timeline: "Timeline") -> list[tuple[str, float, float]]:
    """Return (kind, start, stop) of what lasts: stimulus, anaesthesia, infusion; times in h."""
    open_since: dict[str, float] = {}
    values: dict[str, float] = dict(timeline.initial)
    found: list[tuple[str, float, float]] = []
    for edge in [*sorted(timeline.edges, key=lambda e: e.time), None]:
        now = timeline.stop if edge is None else edge.time
        values |= {} if edge is None else edge.set
        for kind, starts in _LASTING.items():
            on = edge is not None and any(v > 0 for k, v in values.items() if k.startswith(starts))
            if on and kind not in open_since:
                open_since[kind] = now
            elif not on and kind in open_since:
                found.append((kind, open_since.pop(kind), now))
    return sorted(found, key=lambda span: (span[1], span[0]))


def marks(timeline: "Timeline") -> list[tuple[str, float]]:
    """Return (kind, time) of what happens at an instant: doses and lesions; times in h."""
    found = []
    if any(_injures(name, value) for name, value in timeline.initial.items()):
        found.append(("lesion", -math.inf))
    for edge in timeline.edges:
        if edge.add:
            found.append(("dose", edge.time))
        if any(_injures(name, value) for name, value in edge.set.items()):
            found.append(("lesion", edge.time))
    return found


_LASTING = {
    "stimulus": ("recruited_", "drive_"),
    "anaesthesia": ("isoflurane_inspired",),
    "infusion": ("infusion_",),
}


def _injures(name: str, value: float) -> bool:
    return name.startswith(("intact_", "present_")) and value < 1


def _shown(edge: "Edge") -> bool:
    return bool(edge.add) or any(not _injures(name, value) for name, value in edge.set.items())


def _key(kind: str) -> "Artist":
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colour, label = KINDS[kind]
    if kind in ("dose", "lesion"):
        marker = "v" if kind == "dose" else "x"
        return Line2D([], [], ls="", marker=marker, color=colour, label=label, markersize=5.5)
    return Patch(color=colour, label=label, lw=0)


def _brackets(axes: "Axes", place: Mapping[str, int], comparisons: "pd.DataFrame") -> None:
    shown = [
        row
        for row in comparisons.itertuples()
        if row.arm in place and row.control in place and math.isfinite(row.p_adjusted)
    ]
    shown.sort(key=lambda row: abs(place[row.arm] - place[row.control]))
    across = axes.get_yaxis_transform()
    few = len(shown) <= 6
    for i, row in enumerate(shown):
        y, to, x = place[row.arm], place[row.control], 1.02 + 0.022 * i
        strong = row.p_adjusted < 0.05
        colour = INK if strong else QUIET
        if few:
            axes.plot([x - 0.012, x, x, x - 0.012], [to, to, y, y], transform=across, lw=0.9,
                      clip_on=False, color=colour)  # fmt: skip
        axes.text(1.04 + 0.022 * len(shown) if few else 1.02, y, _p(row.p_adjusted),
                  transform=across, va="center", fontsize=8.5, color=colour,
                  weight="bold" if strong else "normal")  # fmt: skip


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


def _locator(ticks: int) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(ticks, steps=[1, 2, 2.5, 3, 4, 5, 6, 10])


def _step(length: float) -> float:
    return next((s for s in (0.5, 1, 2, 3, 4, 6, 8, 12, 24) if length / s <= 8), length / 6)


def _short(text: str, length: int = 26) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _unit(unit: str) -> str:
    return {"uM": "µM", "dimensionless": "–"}.get(unit, unit)
