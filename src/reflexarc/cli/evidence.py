"""`reflexarc evidence`: the whole ledger as a site of linked pages."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from reflexarc.cli.console import Json, Quiet, note, print_json, progress_bar

__all__ = ["evidence"]


def evidence(
    html: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The folder of the site: new, empty, or such a site, which is written again.",
            show_default=False,
        ),
    ],
    run: Annotated[
        bool,
        typer.Option("--run/--no-run", help="Run the findings, or show only what was published."),
    ] = True,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the cohort in which survival is counted.")
    ] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads or processes; by default one per core.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write findings, claims, contradictions, safety and references as linked pages.

    The pages need no server, no scripts and no network: open `index.html`.

    Example: reflexarc evidence --html site

    Example: reflexarc evidence --html site --no-run
    """
    from reflexarc.evidence_site import refuse_foreign, simulate, write_site

    refuse_foreign(html)
    simulated = None
    if run:
        with progress_bar("running both sides", quiet=quiet) as progress:
            simulated = simulate(seed=seed, workers=workers, progress=progress)
    site = write_site(html, simulated=simulated)
    if json:
        print_json(site.record())
    else:
        typer.echo(str(site.folder / "index.html"))
    note(
        f"{len(site.pages)} pages in {escape(str(site.folder))}. Not medical advice.",
        quiet=quiet or json,
    )
