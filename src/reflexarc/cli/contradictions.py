"""`reflexarc contradictions`: known disagreements, both sides, and what the model says."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflexarc.cli.console import (
    Json,
    Quiet,
    note,
    print_json,
    print_table,
    progress_bar,
    stdout,
)

if TYPE_CHECKING:
    from reflexarc.contradictions import Contradiction
    from reflexarc.contradictions.running import Outcome

__all__ = ["contradictions"]

_FORMATS = (".png", ".svg", ".pdf")


def contradictions(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="[NUMBER]...", help="Numbers; all if left out."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List questions and sides; run nothing.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write a figure of each, an overview and the JSON into this folder."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw one disagreement, or an overview of several: .png, .svg, .pdf."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the cohort in which survival is counted.")
    ] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per core.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show where the literature disagrees, and run the findings on every side.

    Each finding is run with the model as it stands and under each rival account that the model can
    be made to hold. Where a rival can't be expressed, it says so.

    Example: reflexarc contradictions 5

    Example: reflexarc contradictions --out disagreements
    """
    from reflexarc.contradictions import find_contradictions
    from reflexarc.errors import InputError

    chosen = find_contradictions(tuple(numbers or ()))
    if figure is not None and figure.suffix not in _FORMATS:
        raise InputError(f"a figure ends in {', '.join(_FORMATS)}, not {figure.suffix!r}")
    if listed:
        if figure or out:
            raise InputError("--list runs nothing, so there is nothing to draw")
        _list(chosen, json=json)
        return
    from reflexarc.contradictions.running import run_contradictions
    from reflexarc.findings import load_experiments
    from reflexarc.limits import in_short

    with progress_bar("running both sides", quiet=quiet) as progress:
        outcomes = run_contradictions(chosen, seed=seed, workers=workers, progress=progress)
    if figure is not None:
        _save(outcomes, figure)
        note(f"wrote {figure}", quiet=quiet)
    if out is not None:
        _write(outcomes, out)
        note(f"wrote {out}", quiet=quiet)
    if json:
        print_json({"contradictions": [outcome.record() for outcome in outcomes]})
    elif len(outcomes) == 1:
        _print_one(outcomes[0])
    else:
        _print_all(outcomes)
    known = load_experiments()
    verdicts = [v for one in outcomes for found in one.verdicts.values() for v in found.values()]
    note(in_short(known[v.finding.experiment] for v in verdicts), quiet=quiet or json)


def _list(chosen: "Sequence[Contradiction]", *, json: bool) -> None:
    if json:
        print_json({"contradictions": [one.written() for one in chosen]})
        return
    print_table(
        ["number", "question", "sides", "rival accounts"],
        [
            (
                one.number,
                one.question,
                "\n".join(f"- {side.says}" for side in one.sides),
                "\n".join(f"- {account.name}: {account.means}" for account in one.accounts),
            )
            for one in chosen
        ],
        right=["number"],
    )


def _print_all(outcomes: "Sequence[Outcome]") -> None:
    rows = []
    for outcome in outcomes:
        for position, account in enumerate(outcome.accounts):
            head = outcome.contradiction if position == 0 else None
            answers = [answer for answer in outcome.answers if answer.account == account]
            rows.append(
                (
                    head.number if head else None,
                    head.title if head else None,
                    account,
                    "; ".join(f"{'ABCD'[i]} {answer.text}" for i, answer in enumerate(answers)),
                )
            )
    print_table(
        ["number", "disagreement", "account", "findings of each side with which the model agrees"],
        rows,
        right=["number"],
    )
    stdout().print("\n`reflexarc contradictions NUMBER` shows the sides A, B, C and the numbers.")


def _print_one(outcome: "Outcome") -> None:
    one = outcome.contradiction
    print_table([f"{one.number}. {one.title}"], [(one.question,)])
    rows: list[tuple[object, ...]] = []
    for letter, side in zip("ABCD", one.sides, strict=False):
        rows.append((f"{letter}  {side.says}", *("" for _ in outcome.accounts)))
        for name in side.findings:
            verdicts = [outcome.verdicts[account][name] for account in outcome.accounts]
            rows.append((f"   {name}", *(f"{_word(v.verdict)}: {v.simulated}" for v in verdicts)))
        for row in side.rows:
            rows.append((f"   {row.row}: not run, {row.reason}", *("" for _ in outcome.accounts)))
        for key in side.sources:
            rows.append((f"   {key}: nothing of it is run", *("" for _ in outcome.accounts)))
    stdout().print()
    print_table(["side and finding", *outcome.accounts], rows)
    stdout().print()
    print_table(
        ["account", "what it says", "how it is expressed"],
        [
            ("as it stands", one.model, "the model with its default options"),
            *((account.name, account.says, account.means) for account in one.accounts),
        ],
    )


def _word(verdict: str) -> str:
    return {"pass": "agrees", "fail": "disagrees"}.get(verdict, "not scored")


def _save(outcomes: "Sequence[Outcome]", file: Path) -> None:
    from reflexarc.contradictions.drawing import draw_contradiction, draw_overview
    from reflexarc.drawing import style

    drawn = draw_contradiction(outcomes[0]) if len(outcomes) == 1 else draw_overview(outcomes)
    file.parent.mkdir(parents=True, exist_ok=True)
    with style():
        drawn.savefig(file, dpi=150, facecolor="white")


def _write(outcomes: "Sequence[Outcome]", folder: Path) -> None:
    from reflexarc.contradictions.drawing import draw_contradiction, draw_overview
    from reflexarc.figures import svg
    from reflexarc.runs import to_json

    folder.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        one = outcome.contradiction
        text = svg(draw_contradiction(outcome), label=f"Contradiction {one.number}: {one.question}")
        (folder / f"{one.key}.svg").write_text(f"{text}\n", encoding="utf-8")
    if len(outcomes) > 1:
        text = svg(draw_overview(outcomes), label="What the model says to each side")
        (folder / "overview.svg").write_text(f"{text}\n", encoding="utf-8")
    record = {"contradictions": [outcome.record() for outcome in outcomes]}
    (folder / "contradictions.json").write_text(f"{to_json(record)}\n", encoding="utf-8")
