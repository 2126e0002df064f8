"""What happens when: read off the timelines, and drawn as a strip for each arm."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reflexarc.drawing import DOSE, INK, QUIET, STIMULUS, locator, wrapped

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from reflexarc.timeline import Edge, Timeline

__all__ = ["draw_schedule", "intervals", "marks"]

KINDS = {
    "stimulus": (STIMULUS, "stimulus on"),
    "anaesthesia": ("#8fb4d9", "isoflurane"),
    "infusion": ("#b18bd0", "infusion"),
    "dose": (DOSE, "dose"),
    "lesion": (INK, "lesion"),
}


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
    axes.set_yticks(range(len(timelines)), [wrapped(timeline.arm, 30) for timeline in timelines])
    axes.set_ylim(len(timelines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(scale * (first - 0.075 * span), scale * (until + 0.03 * span))
    axes.xaxis.set_major_locator(locator(7))
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
