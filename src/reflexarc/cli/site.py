"""`reflexarc site`: the explorer as a folder of files."""

from pathlib import Path
from typing import Annotated

import typer

from reflexarc.cli.console import Json, Quiet, note, print_json

__all__ = ["site"]


def site(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="New, empty, or such a site, which is written again.",
            show_default=False,
        ),
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the explorer, a page that runs the model in the browser.

    It needs no server and no network: open `index.html`, or put the folder on any web host.

    Example: reflexarc site explorer
    """
    from reflexarc.web.site import write_site

    write_site(folder)
    index = folder / "index.html"
    if json:
        files = [file for file in folder.rglob("*") if file.is_file()]
        print_json(
            {
                "index": str(index),
                "files": len(files),
                "bytes": sum(file.stat().st_size for file in files),
            }
        )
    else:
        typer.echo(str(index))
    note("Model and mouse data. Not medical advice.", quiet=quiet or json)
