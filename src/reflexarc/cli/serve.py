"""`reflexarc serve`: the explorer and an interface for slow experiments, on this machine."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from reflexarc.cli.console import Json, Quiet, note, print_json

__all__ = ["serve"]

NEEDED = ("fastapi", "uvicorn")


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen. Other machines reach only what isn't loopback.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="REFLEXARC_TOKEN",
            help="Asked for under /api; needed if other machines reach the server.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder in which experiments asked for are kept.")
    ] = Path("jobs"),
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Serve the explorer, and run experiments that are asked for under /api.

    The page itself needs no server: `reflexarc site` writes it as files. Ctrl-C ends it; what was
    under way goes on when it is started again.

    Example: reflexarc serve --open

    Example: REFLEXARC_TOKEN=$(openssl rand -hex 16) reflexarc serve --host 0.0.0.0
    """
    from reflexarc.errors import InputError

    if any(find_spec(name) is None for name in NEEDED):
        raise InputError("the server is an extra; install it with: pip install 'reflexarc[server]'")
    from reflexarc.server.app import Address
    from reflexarc.server.app import serve as start

    def ready(here: Address) -> None:
        if json:
            print_json({"url": here.url, "api": f"{here.url}api", "jobs": str(jobs)})
        else:
            typer.echo(here.url)
        sys.stdout.flush()
        note("Ctrl-C ends it. Not medical advice.", quiet=quiet or json)
        if browser:
            typer.launch(here.url)

    start(Address(host, port), jobs=jobs, token=token, ready=ready)
