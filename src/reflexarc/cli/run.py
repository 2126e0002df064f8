"""`reflexarc run`: an experiment from protocol to report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflexarc.cli.console import Json, Quiet, note, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from reflexarc.laboratory import Result

__all__ = ["run"]


def run(
    experiment: Annotated[
        str, typer.Argument(help="A YAML file, or the name of a built-in experiment.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; by default one under runs/.")
    ] = None,
    animals: Annotated[
        int | None, typer.Option(min=1, help="Animals per arm, instead of what the file says.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per core.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run an experiment and leave a folder with data, figures and a report.

    Example: reflexarc run liu-2021

    Example: reflexarc run mine.yaml --animals 20 --out runs/mine
    """
    from reflexarc import laboratory

    with progress_bar("simulating", quiet=quiet or json) as progress:
        result = laboratory.run(
            experiment, out=out, animals=animals, seed=seed, workers=workers, progress=progress
        )
    if json:
        print_json(result.summary)
        return
    _print_summary(result)
    note(f"report: {result.folder / 'report.html'}", quiet=quiet)
    note("LPS in mice is not human sepsis. Not medical advice.", quiet=quiet)
