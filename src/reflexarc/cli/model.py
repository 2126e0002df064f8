"""`reflexarc model`: what is inside, where its numbers come from, and how to take it elsewhere."""

import contextlib
import os
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflexarc.cli.console import Json, note, print_json, print_table

if TYPE_CHECKING:
    from reflexarc.biology import Model, Parameter

__all__ = ["Export", "model"]


class Export(StrEnum):
    """The formats that the model can be written in."""

    sbml = "sbml"
    antimony = "antimony"
    latex = "latex"


def model(
    subsystem: Annotated[
        str | None, typer.Option(help="Show only this subsystem, with its text.")
    ] = None,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="List every parameter with its source.")
    ] = False,
    assumed: Annotated[
        bool, typer.Option("--assumed", help="List only the parameters that are assumed.")
    ] = False,
    published: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Print a published model of another group as Antimony; `list` lists them.",
        ),
    ] = None,
    export: Annotated[
        Export | None, typer.Option(help="Write the whole model in this format.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the export; without it, stdout.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the model: subsystems, states, parameters with source and status; or export it.

    Example: reflexarc model --subsystem adrenal --parameters

    Example: reflexarc model --export latex --out model.tex
    """
    from reflexarc.biology import assemble

    if published is not None:
        _print_published(published)
        return
    given = {
        "--subsystem": subsystem is not None,
        "--parameters": parameters,
        "--assumed": assumed,
        "--json": json,
    }
    _refuse_what_does_not_go_together(
        export, out, [name for name, is_set in given.items() if is_set]
    )
    whole = assemble()
    if export is not None:
        _write(_exported(whole, export), out)
        return
    if subsystem is not None:
        subsystem = _known_subsystem(whole, subsystem)
    chosen = [
        p
        for p in whole.parameters
        if (subsystem is None or p.subsystem == subsystem)
        and (not assumed or p.status == "assumed")
    ]
    if json:
        print_json(_summary(whole, chosen, subsystem))
    elif parameters or assumed:
        _print_parameters(chosen)
    elif subsystem is not None:
        text = next(s.text for s in whole.subsystems if s.name == subsystem)
        sys.stdout.write(text.rstrip() + "\n")
    else:
        _print_overview(whole)


def _print_published(name: str) -> None:
    from reflexarc.published import cases, find_model, models

    if name == "list":
        rows = [(one, line, ", ".join(cases(one))) for one, line in models().items()]
        print_table(["name", "model", "cases"], rows)
        return
    sys.stdout.write(find_model(name).antimony.rstrip() + "\n")


def _refuse_what_does_not_go_together(
    export: Export | None, out: Path | None, others: list[str]
) -> None:
    if export is None and out is not None:
        raise typer.BadParameter("it names the file of an export; add --export", param_hint="--out")
    if export is not None and others:
        message = (
            f"an export is the whole model in its own format; leave out {' and '.join(others)}"
        )
        raise typer.BadParameter(message, param_hint="--export")


def _exported(whole: "Model", export: Export) -> str:
    if export is Export.sbml:
        return whole.sbml
    if export is Export.antimony:
        return whole.antimony
    from reflexarc.latex import document

    return document(whole)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    from reflexarc.errors import InputError

    try:
        if out.exists() and not out.is_file():  # a device or a pipe can't be written beside
            out.write_text(text, encoding="utf-8")
        else:
            _replace(out.resolve(), text)
    except OSError as error:
        raise InputError(f"can't write the model to {out}: {error.strerror or error}") from None
    note(f"wrote {out}")


def _replace(file: Path, text: str) -> None:
    """Write beside the file and move it in: the file is whole, or what it was before."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def _known_subsystem(whole: "Model", name: str) -> str:
    from reflexarc.errors import InputError, unknown_word

    names = [subsystem.name for subsystem in whole.subsystems]
    for known in names:
        if known.casefold().replace("_", " ") == name.casefold().replace("_", " "):
            return known
    raise InputError(unknown_word("subsystem", name, names))


def _summary(
    whole: "Model", parameters: "list[Parameter]", subsystem: str | None
) -> dict[str, object]:
    return {
        "hash": whole.hash,
        "subsystems": [
            {"name": s.name, "summary": s.summary}
            for s in whole.subsystems
            if subsystem in (None, s.name)
        ],
        "states": [asdict(s) for s in whole.states if subsystem in (None, s.subsystem)],
        "parameters": [asdict(p) for p in parameters],
    }


def _print_parameters(parameters: "list[Parameter]") -> None:
    print_table(
        ["parameter", "value", "unit", "spread", "status", "species", "source", "note"],
        [
            (p.id, p.value, p.unit, p.spread, p.status, p.species, p.source, p.note)
            for p in parameters
        ],
        right=["value", "spread"],
    )


def _print_overview(whole: "Model") -> None:
    counts: dict[str, int] = {}
    for parameter in whole.parameters:
        counts[parameter.status] = counts.get(parameter.status, 0) + 1
    shares = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    print_table(
        ["subsystem", "states", "parameters", "what it is"],
        [
            (
                s.name,
                sum(state.subsystem == s.name for state in whole.states),
                sum(parameter.subsystem == s.name for parameter in whole.parameters),
                s.summary,
            )
            for s in whole.subsystems
        ],
        right=["states", "parameters"],
        title=f"Model {whole.hash}: {len(whole.states)} states, "
        f"{len(whole.parameters)} parameters ({shares}). Mouse; time in hours.",
    )
    print_table(
        ["state", "unit", "subsystem", "what it is"],
        [(s.id, s.unit, s.subsystem, s.label) for s in whole.states],
        title="\nStates",
    )
