"""The command line: thin commands over the Python API, one module per noun."""

import sys
from typing import Annotated

import typer

from reflexarc import __version__
from reflexarc.cli import (
    bench,
    check,
    cite,
    claims,
    contradictions,
    evidence,
    experiments,
    findings,
    model,
    run,
    safety,
    screen,
    serve,
    simulate,
    site,
    sites,
    vocabulary,
)
from reflexarc.cli.console import Lab

__all__ = ["app", "main"]

app = typer.Typer(
    cls=Lab,
    name="reflexarc",
    help="Virtual mice for experiments on nerve stimulation and inflammation. "
    "For research; not medical advice.",
    epilog="Exit codes: 0 done, 1 a check failed, 2 usage, 3 bad input, 4 numerical failure, "
    "130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("findings")(findings.findings)
app.command("claims")(claims.claims)
app.command("check")(check.check)
app.command("contradictions")(contradictions.contradictions)
app.command("evidence")(evidence.evidence)
app.command("cite")(cite.cite)
app.command("safety")(safety.safety)
app.command("screen")(screen.screen)
app.command("site")(site.site)
app.command("serve")(serve.serve)
app.command("simulate")(simulate.simulate)
app.command("model")(model.model)
app.command("sites")(sites.sites)
app.command("agents")(vocabulary.agents)
app.command("lesions")(vocabulary.lesions)
app.command("observables")(vocabulary.observables)
app.command("hypotheses")(vocabulary.hypotheses)
app.command("validate")(experiments.validate)
app.command("experiments")(experiments.experiments)
app.command("schema")(experiments.schema)
app.add_typer(bench.bench, name="bench")


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"reflexarc {__version__}\n")
        raise typer.Exit


@app.callback()
def reflexarc(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    try:
        app(prog_name="reflexarc")
    except KeyboardInterrupt:
        sys.exit(130)
