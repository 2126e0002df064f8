"""Disagreements as figures: findings against accounts, and an overview of all."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reflexarc.drawing import COLOURS, QUIET, short, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reflexarc.contradictions.running import Outcome
    from reflexarc.findings import Verdict

Line = tuple[str, str, "Mapping[str, Verdict]"]

__all__ = ["draw_contradiction", "draw_overview"]

SIDES = (("first", "o"), ("second", "s"), ("third", "D"), ("fourth", "^"))
"""What each side of a disagreement is called in a legend, and its mark."""
ROOM = 0.5
"""Height that the marks of a line may take, in lines."""

LOOKS = {
    "pass": ("agrees", "#cfe5f4", "#0b4f85"),
    "fail": ("disagrees", "#f6d9c6", "#8f3608"),
    "unscored": ("not scored", "#eceff2", "#5a636e"),
}
"""Word, ground and ink of each verdict; the word stands in the cell, so colour isn't needed."""
ROW = 0.34
"""Height of a line, in inches."""
NAME = 5.9
"""Width of the column of findings, in inches."""
CELL = 1.75
"""Width of the column of an account, in inches."""
LETTERS = 15.5
"""Letters of a note to the inch."""


def draw_contradiction(outcome: "Outcome") -> "Figure":
    """Draw what the model says to each finding under each account.

    Args:
        outcome: From `run_contradictions`.

    Returns:
        A figure: one row a finding, under its side; one column an account; in each cell the
        simulated number and whether it agrees.
    """
    from matplotlib.figure import Figure

    accounts = outcome.accounts
    width = NAME + CELL * len(accounts) + 0.3
    lines = list(_lines(outcome, letters=int(LETTERS * (width - 0.6))))
    heads = [textwrap.fill(name, 22) if outcome.contradiction.findings else "" for name in accounts]
    head = 0.2 + 0.17 * max(text.count("\n") + 1 for text in heads)
    title = textwrap.fill(
        f"{outcome.contradiction.number}. {outcome.contradiction.question}", 64 + 18 * len(accounts)
    )
    top = 0.3 + 0.21 * (title.count("\n") + 1)
    height = top + head + ROW * len(lines) + 0.15
    with style():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.axis("off")
        axes.text(0.15, 0.15, title, va="top", weight="bold", size=10.5, linespacing=1.25)
        for column, text in enumerate(heads):
            middle = NAME + CELL * (column + 0.5)
            axes.text(middle, top + head - 0.06, text, ha="center", va="bottom", size=8.5)
        for row, (words, kind, verdicts) in enumerate(lines):
            y = top + head + ROW * (row + 0.5)
            _draw_line(axes, y, words, kind, [verdicts.get(name) for name in accounts])
    return figure


def draw_overview(outcomes: "Sequence[Outcome]") -> "Figure":
    """Draw the share of each side's scored findings with which the model agrees.

    Args:
        outcomes: From `run_contradictions`; those of which no side can be scored say so.

    Returns:
        A figure: one line a disagreement and account, one mark a side.
    """
    from matplotlib.figure import Figure

    rows = [
        (outcome, account, first)
        for outcome in outcomes
        for first, account in zip(
            [True] + [False] * len(outcome.accounts), outcome.accounts, strict=False
        )
    ]
    sides = max(len(outcome.contradiction.sides) for outcome in outcomes)
    height = 1.25 + 0.3 * len(rows)
    with style():
        figure = Figure(figsize=(9.6, height))
        axes = figure.add_axes((0.56, 0.55 / height, 0.4, 1 - 1.2 / height))
        axes.set_xlim(-0.06, 1.06)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks([0, 0.5, 1], ["none", "half", "all"])
        axes.set_xlabel("scored findings of a side with which the model agrees")
        axes.set_title("What the model says to each side", x=-1.36)
        axes.spines["left"].set_visible(False)
        for y, (outcome, account, first) in enumerate(rows):
            _draw_shares(axes, y, outcome, account, first=first)
        axes.legend(
            handles=[_handle(side) for side in range(sides)],
            loc="lower right",
            bbox_to_anchor=(1.02, 1.0),
            ncols=sides,
            handletextpad=0.3,
            columnspacing=1.0,
        )
    return figure


def _lines(outcome: "Outcome", *, letters: int) -> "Iterator[Line]":
    """Yield words, kind and verdicts by account of every line of the figure."""
    one = outcome.contradiction
    for side in one.sides:
        yield side.says, "side", {}
        for name in side.findings:
            verdicts = {account: found[name] for account, found in outcome.verdicts.items()}
            title = next(iter(verdicts.values())).finding.title
            yield f"{name}\t{title}", "finding", verdicts
        notes = [f"{row.row}: not run; {row.reason}" for row in side.rows]
        notes += [f"{key}: no finding of it can be run" for key in side.sources]
        for text in notes:
            yield from ((part, "note", {}) for part in textwrap.wrap(text, letters))
    silent = [account for account in one.accounts if not account.expressed]
    if silent:
        yield "Rival accounts that can't be expressed", "side", {}
    for account in silent:
        text = f"{account.name}: {account.cannot}"
        yield from ((part, "note", {}) for part in textwrap.wrap(text, letters))


def _draw_line(
    axes: "Axes", y: float, words: str, kind: str, verdicts: "Sequence[Verdict | None]"
) -> None:
    from matplotlib.patches import FancyBboxPatch

    whole = NAME + CELL * len(verdicts)
    if kind == "side":
        axes.plot([0.15, whole + 0.1], [y - ROW * 0.46] * 2, color=QUIET, lw=0.5)
        axes.text(0.15, y, words, va="center", weight="bold", size=9)
        return
    if kind == "note":
        axes.text(0.3, y, words, va="center", size=8, color=LOOKS["unscored"][2])
        return
    name, title = words.split("\t")
    axes.text(0.3, y, name, va="center", size=8.5)
    axes.text(1.95, y, short(title, 58), va="center", size=7.5, color=LOOKS["unscored"][2])
    for column, verdict in enumerate(verdicts):
        if verdict is None:
            continue
        word, ground, ink = LOOKS[verdict.verdict]
        x = NAME + CELL * column
        axes.add_patch(
            FancyBboxPatch(
                (x + 0.06, y - ROW * 0.42),
                CELL - 0.12,
                ROW * 0.84,
                boxstyle="round,pad=0,rounding_size=0.05",
                facecolor=ground,
                edgecolor="none",
            )
        )
        number = verdict.simulated.replace(" of the effect is left", " left")
        number = number.replace(" of survival", "").replace("smallest step", "step")
        axes.text(x + 0.14, y, number, va="center", size=8, color=ink)
        axes.text(x + CELL - 0.14, y, word, va="center", ha="right", size=7, color=ink)


def _draw_shares(axes: "Axes", y: int, outcome: "Outcome", account: str, *, first: bool) -> None:
    if first:
        if y:
            axes.axhline(y - 0.5, xmin=-1.36, color=QUIET, lw=0.4, clip_on=False)
        label = f"{outcome.contradiction.number}. {outcome.contradiction.title}"
        axes.text(-0.1, y, account, ha="right", va="center", size=8, color=QUIET)
        axes.text(
            -1.36,
            y,
            short(label, 52),
            va="center",
            size=8.5,
            weight="bold",
            transform=axes.get_yaxis_transform(),
        )
    else:
        axes.text(-0.1, y, account, ha="right", va="center", size=8)
    shares = [
        (side, answer.agreed / answer.scored)
        for side, answer in enumerate(a for a in outcome.answers if a.account == account)
        if answer.scored
    ]
    if not shares:
        axes.text(
            0.5,
            y,
            "nothing here can be scored",
            ha="center",
            va="center",
            size=8,
            color=QUIET,
            style="italic",
        )
        return
    axes.plot([0, 1], [y, y], color="#e3e7eb", lw=1.2, zorder=1)
    for position, (side, share) in enumerate(shares):
        apart = min(0.25, ROOM / max(len(shares) - 1, 1))
        shift = apart * (position - (len(shares) - 1) / 2)
        axes.plot(
            share,
            y + shift,
            SIDES[side][1],
            color=COLOURS[side],
            ms=5.5,
            mec="white",
            mew=0.6,
            zorder=3,
        )


def _handle(side: int) -> "Any":
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        ls="",
        marker=SIDES[side][1],
        color=COLOURS[side],
        label=f"{SIDES[side][0]} side",
        mec="white",
        mew=0.6,
    )
