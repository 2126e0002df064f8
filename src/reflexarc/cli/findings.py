"""`reflexarc findings`: published beside simulated."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from reflexarc.cli.console import Engine, Json, Quiet, note, print_json, progress_bar, stdout

if TYPE_CHECKING:
    from reflexarc.findings import Verdict

__all__ = ["Trust", "findings"]

_COLOUR = {"pass": "green", "fail": "red", "unscored": "dim"}


class Trust(StrEnum):
    """How far the source of a finding may be trusted."""

    T = "T"
    S = "S"
    R = "R"
    NF = "NF"


def findings(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Ids, or beginnings of ids such as L21; all if left out."),
    ] = None,
    trust: Annotated[
        Trust | None,
        typer.Option(help="T: primary paper; S: secondary source; R: remembered; NF: not found."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Show only those that did not agree.")
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the cohort in which survival is counted.")
    ] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads or processes; by default one per core.")
    ] = None,
    rival: Annotated[
        str | None,
        typer.Option(
            help="A hypothesis (see `reflexarc hypotheses`): run every option of it and show the"
            " findings that tell them apart."
        ),
    ] = None,
    engine: Engine = "kernel",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run published findings and set published beside simulated, with a verdict.

    Exit code 1 if a scored finding fails that is not declared a known failure, or if a declared
    one passes.

    Example: reflexarc findings

    Example: reflexarc findings L21 --failed

    Example: reflexarc findings --rival memory
    """
    from reflexarc.findings import (
        exit_code,
        load_experiments,
        load_findings,
        run_findings,
        to_json,
    )
    from reflexarc.limits import in_short

    wanted = list(ids) if ids else None
    if trust is not None:
        kept = [f.id for f in load_findings() if f.trust == trust and _named(f.id, wanted)]
        wanted = kept
    if rival is not None:
        _print_rivals(rival, ids=wanted, seed=seed, workers=workers, json=json, quiet=quiet)
        raise typer.Exit
    with progress_bar("running findings", quiet=quiet) as progress:
        verdicts = run_findings(
            ids=wanted, seed=seed, workers=workers, progress=progress, engine=engine
        )
    shown = [v for v in verdicts if v.verdict == "fail"] if failed else verdicts
    if json:
        print_json(to_json(shown))
    else:
        _print(shown)
        _print_scoreboard(verdicts)
        known = load_experiments()
        note(in_short(known[v.finding.experiment] for v in verdicts), quiet=quiet)
    raise typer.Exit(exit_code(verdicts))


def _named(name: str, wanted: Sequence[str] | None) -> bool:
    return wanted is None or any(name == word or name.startswith(f"{word}-") for word in wanted)


def _print(verdicts: "Sequence[Verdict]") -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("finding", "trust", "role", "verdict", "published", "simulated", "why"):
        table.add_column(heading, overflow="fold")
    for v in verdicts:
        colour = _COLOUR[v.verdict]
        table.add_row(
            f"{escape(v.id)}\n[dim]{escape(v.finding.paper)}[/dim]",
            v.finding.trust + (", twice" if v.second_reading == "agrees" else ""),
            v.role,
            f"[{colour}]{v.verdict}[/{colour}]",
            escape(v.finding.published),
            escape(v.simulated),
            escape(v.why),
        )
    stdout().print(table)


def _print_rivals(
    name: str, *, ids: list[str] | None, seed: int, workers: int | None, json: bool, quiet: bool
) -> None:
    from reflexarc.rivals import compare_rivals

    with progress_bar("running findings under each option", quiet=quiet) as progress:
        rivals = compare_rivals(name, ids=ids, seed=seed, workers=workers, progress=progress)
    agree = {option: f"{s.passed} of {s.scored}" for option, s in rivals.scores.items()}
    if json:
        rows = [
            {
                "id": row[0].id,
                "published": row[0].finding.published,
                "options": {
                    option: {"simulated": v.simulated, "verdict": v.verdict}
                    for option, v in zip(rivals.options, row, strict=True)
                },
            }
            for row in rivals.telling
        ]
        print_json({"hypothesis": rivals.name, "agree": agree, "telling": rows})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("finding", overflow="fold")
    table.add_column("published", overflow="fold")
    for option in rivals.options:
        table.add_column(f"{rivals.name}: {escape(option)}", overflow="fold")
    for row in rivals.telling:
        cells = [f"[{_COLOUR[v.verdict]}]{v.verdict}[/] {escape(v.simulated)}" for v in row]
        table.add_row(escape(row[0].id), escape(row[0].finding.published), *cells)
    table.add_row("all scored", "", *agree.values())
    stdout().print(table)
    note("The first option is the default, for which the parameters were fitted.", quiet=quiet)


def _print_scoreboard(verdicts: "Sequence[Verdict]") -> None:
    from reflexarc.findings import score

    names = {
        "T": "read in the primary paper (T)",
        "S": "secondary source (S)",
        "fitted": "fitted",
        "predicted": "predicted",
        "all": "all scored",
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("scoreboard")
    table.add_column("agree", justify="right")
    table.add_column("rate", justify="right")
    for group, result in score(verdicts).items():
        rate = f"{100 * result.rate:.0f} %" if result.scored else ""
        table.add_row(names.get(group, group), f"{result.passed} of {result.scored}", rate)
    stdout().print()
    stdout().print(table)
