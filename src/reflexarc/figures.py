"""The figures of a run: which to draw, on sheets of which size, and as SVG text.

matplotlib is used without a screen and without its global state.
"""

import html
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from reflexarc.biology.tables import full_name
from reflexarc.drawing import (
    INK,
    Looks,
    arm_looks,
    draw_course,
    draw_measured,
    draw_survival,
    label_of,
    style,
)
from reflexarc.schedule import draw_schedule, intervals, marks

if TYPE_CHECKING:
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure

    from reflexarc.biology import Observable
    from reflexarc.timeline import Timeline

__all__ = ["Picture", "clock", "inline", "pictures", "sheet", "svg"]

PANEL = (4.3, 2.9)
"""Width and height of one panel in inches; at 390 px it is shown nearly full size."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One figure of a run.

    Attributes:
        name: File name without ending.
        group: Heading under which it stands: schedule, measured, survival, or courses.
        caption: What it shows, in a sentence.
        figure: The figure.
    """

    name: str
    group: str
    caption: str
    figure: "Figure"


def pictures(
    *,
    trajectories: "xarray.Dataset",
    observables: "Sequence[Observable]",
    timelines: "Sequence[Timeline]",
    measurements: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    survival: "Mapping[str, pd.DataFrame]",
    until: float,
    control: str | None,
) -> list[Picture]:
    """Draw every figure of a run.

    Args:
        trajectories: Result of `simulate`, with `death_time` (arm, animal) in h: an arm is drawn
            while at least half of its animals live.
        observables: What to draw over time; those that are not in the trajectories are left out.
        timelines: One per arm.
        measurements: Table from `assay.measure`.
        comparisons: Columns observable, where, time, arm, control, p_adjusted.
        survival: Kaplan–Meier curve of each arm; empty if survival isn't followed.
        until: End of the observation of survival, in h after time 0.
        control: The arm compared to, drawn in grey.

    Returns:
        The pictures in the order of a report.
    """
    arms = [str(arm) for arm in trajectories["arm"].values]
    looks = arm_looks(arms, control=control)
    window = window_of(trajectories, [o.id for o in observables], timelines)
    found = [_schedule(timelines, window)]
    found += _measured(measurements, comparisons, looks)
    if survival:
        found.append(_survival(survival, looks, until))
    found += _courses(trajectories, observables, timelines, looks, window)
    return found


def sheet(
    *,
    trajectories: "xarray.Dataset",
    observables: "Sequence[Observable]",
    timelines: "Sequence[Timeline]",
    control: str | None,
) -> "Figure":
    """Draw several variables over time on one sheet with one legend.

    Args:
        trajectories: As for `pictures`.
        observables: One panel each.
        timelines: One per arm.
        control: The arm drawn in grey.
    """
    from matplotlib.figure import Figure

    shown = [o for o in observables if o.id in trajectories]
    looks = arm_looks([str(arm) for arm in trajectories["arm"].values], control=control)
    window = window_of(trajectories, [o.id for o in shown], timelines)
    columns = min(3, max(1, len(shown)))
    rows = max(1, math.ceil(len(shown) / columns))
    with style():
        legend = 0.35 * math.ceil(len(looks) / (2 * columns))
        size = (PANEL[0] * columns, PANEL[1] * rows + legend)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, observable in zip(panels, shown, strict=False):
            _course(axes, trajectories, observable, timelines, looks, window)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        if shown:
            handles, labels = panels[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=2 * columns)
    return figure


def svg(figure: "Figure", *, label: str = "") -> str:
    """Return a figure as SVG text; equal figures give equal text.

    Args:
        figure: The figure.
        label: What a screen reader says.
    """
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        figure.set_layout_engine("none")  # it would settle a little differently each time
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"<[^>]+>", lambda tag: re.sub(r"\d+\.\d{2,}", _rounded, tag[0]), text)
    used = set(re.findall(r"#([A-Za-z]\w+)", text))
    text = re.sub(r' id="([^"]+)"', lambda m: m[0] if m[1] in used else "", text)
    words = html.escape(label)
    text = re.sub(r"<svg ", lambda _: f'<svg role="img" aria-label="{words}" ', text, count=1)
    return "\n".join(line for line in text.splitlines() if line.strip())


def inline(text: str) -> str:
    """Return SVG text for the inside of a page: its ink and letters follow the page's."""
    text = text.replace(INK, "currentColor").replace("'DejaVu Sans'", "var(--text)")
    return re.sub(
        r' width="[\d.]+pt"', "", re.sub(r' height="[\d.]+pt"', "", text, count=1), count=1
    )


def _rounded(number: re.Match[str]) -> str:
    """Return a length in points with three or four digits: shapes of marks are small numbers."""
    length = float(number[0])
    digits = 2 if length < 10 else 1
    return f"{length:.{digits}f}".rstrip("0").rstrip(".")


def window_of(
    trajectories: "xarray.Dataset", variables: Sequence[str], timelines: "Sequence[Timeline]"
) -> float:
    """Return how long the story lasts, in h: until the medians are back near rest, at least 6 h."""
    times = trajectories["time"].values
    last = max([0.0, *(e.time for t in timelines for e in t.edges if np.isfinite(e.time))])
    end = last + 6.0
    for name in variables:
        if name not in trajectories:
            continue
        values = trajectories[name].values
        # An arm that is over before another one ends, or lacks the organ, counts as at rest.
        values = np.where(np.isfinite(values), values, np.nan_to_num(values[:, :, :1]))
        middle = np.median(values, axis=1)
        away = np.abs(middle - middle[:, :1])
        peak = away.max(axis=1, keepdims=True)
        # A variable that barely moves, or slowly drifts for days, doesn't stretch the window.
        busy = (away > 0.1 * peak) & (peak > 1e-6 * np.abs(middle).max()) & (times < last + 24)
        if busy.any():
            end = max(end, float(times[np.nonzero(busy.any(axis=0))[0][-1]]))
    step = 6.0 if end > 12 else 2.0
    return float(min(times[-1], math.ceil(end / step - 1e-9) * step))


def _schedule(timelines: "Sequence[Timeline]", window: float) -> Picture:
    from matplotlib.figure import Figure

    with style():
        height = 1.15 + 0.28 * len(timelines)
        figure = Figure(figsize=(6.4, height), layout="constrained")
        draw_schedule(figure.subplots(), timelines, until=min(window, _last_event(timelines) + 1.5))
    return Picture("schedule", "schedule", "What happens when, in each arm.", figure)


def _last_event(timelines: "Sequence[Timeline]") -> float:
    ends = [stop for t in timelines for _, _, stop in intervals(t) if stop < t.stop]
    ends += [when for t in timelines for _, when in marks(t)]
    return max([0.0, *ends])


def _measured(rows: "pd.DataFrame", comparisons: "pd.DataFrame", looks: Looks) -> list[Picture]:
    from matplotlib.figure import Figure

    found = []
    for key, mine in rows.groupby(["observable", "where", "unit", "time"], sort=False):
        name, where, unit, time = cast("tuple[str, str, str, float]", key)
        chosen = None
        if len(comparisons):
            same = (comparisons["observable"] == name) & (comparisons["where"] == where)
            chosen = comparisons[same & (comparisons["time"] == time)]
        with style():
            figure = Figure(figsize=(5.6, 1.0 + 0.42 * len(looks)), layout="constrained")
            title = f"{label_of(name, where, unit)} at {clock(float(time))}"
            draw_measured(figure.subplots(), mine, title=title, looks=looks, comparisons=chosen)
        found.append(
            Picture(
                _slug(f"measured {name} {where} {time:g} h"),
                "measured",
                f"{_title(name, where)} at {clock(float(time))}: each animal, mean ± SEM"
                " (hollow: below the detection limit).",
                figure,
            )
        )
    return found


def _survival(curves: "Mapping[str, pd.DataFrame]", looks: Looks, until: float) -> Picture:
    from matplotlib.figure import Figure

    with style():
        rows = len(curves)
        height = 3.4 + 0.17 * rows
        figure = Figure(figsize=(5.8, height))
        bottom = (0.95 + 0.17 * rows) / height
        # Beside the curves stands a whisker for each arm, two hundredths of their width apart.
        beside = 0.0 if rows <= 3 else 0.02 + 0.02 * rows
        axes = figure.add_axes((0.42, bottom, 0.56 / (1 + beside), 1 - bottom - 0.35 / height))
        draw_survival(axes, curves, title="Survival", looks=looks, until=until)
    caption = "Kaplan–Meier curves with 95 % confidence intervals, and the animals at risk."
    return Picture("survival", "survival", caption, figure)


def _courses(
    trajectories: "xarray.Dataset",
    observables: "Sequence[Observable]",
    timelines: "Sequence[Timeline]",
    looks: Looks,
    window: float,
) -> list[Picture]:
    from matplotlib.figure import Figure

    found = []
    for observable in observables:
        if observable.id not in trajectories:
            continue
        with style():
            figure = Figure(figsize=PANEL)
            axes = figure.add_axes((0.15, 0.175, 0.83, 0.7))
            _course(axes, trajectories, observable, timelines, looks, window)
        title = _title(observable.name, observable.where)
        caption = f"{title} over time: median and 10–90 % band, while half of the animals live."
        name = _slug(f"course {observable.name} {observable.where}")
        found.append(Picture(name, "courses", caption, figure))
    return found


def _title(name: str, where: str) -> str:
    told = full_name(name, where)
    return f"{told[:1].upper()}{told[1:]}"


def _course(
    axes: object,
    trajectories: "xarray.Dataset",
    observable: "Observable",
    timelines: "Sequence[Timeline]",
    looks: Looks,
    window: float,
) -> None:
    spans = {(a, b) for t in timelines for kind, a, b in intervals(t) if kind == "stimulus"}
    doses = {when for t in timelines for kind, when in marks(t) if kind == "dose"}
    draw_course(
        axes,  # type: ignore[arg-type]
        observable.read(trajectories[observable.id]),
        title=label_of(observable.name, observable.where, observable.reading),
        looks=looks,
        until=window,
        spans=sorted(spans),
        instants=sorted(doses),
        limit=observable.detection_limit,
        ends=_half_alive(trajectories),
    )


def _half_alive(trajectories: "xarray.Dataset") -> dict[str, float]:
    """Return for each arm until when at least half of its animals live, in h."""
    if "death_time" not in trajectories:
        return {}
    deaths = np.sort(trajectories["death_time"].values, axis=1)
    middle = deaths[:, deaths.shape[1] // 2]
    return {str(a): float(t) for a, t in zip(trajectories["arm"].values, middle, strict=True)}


def clock(hours: float) -> str:
    """Return a time as a person writes it: minutes below 2 h, days from 3 d on.

    Example:
        >>> clock(1.5), clock(3.0), clock(168.0)
        ('90 min', '3 h', '7 d')
    """
    if hours % 1 and abs(hours) < 2 and abs(hours * 60 - round(hours * 60)) < 1e-6:
        words = f"{round(hours * 60)} min"
    elif hours >= 72 and hours % 24 == 0:
        words = f"{hours / 24:g} d"
    else:
        words = f"{hours:g} h"
    return words.replace("-", "−")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
