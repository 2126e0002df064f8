"""`reflexarc cite`: what an experiment, a finding, a claim or the model rests on, and why."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from reflexarc.cli.console import Json, Quiet, note, print_json, stdout

if TYPE_CHECKING:
    from reflexarc.citations import Citation

__all__ = ["Format", "cite"]


class Format(StrEnum):
    """How references are written."""

    vancouver = "vancouver"
    bibtex = "bibtex"
    csl = "csl"


def cite(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Experiments (names or YAML files), findings (L21, L21-1-TNF), claims (C2), "
            '"contradiction 5", keys of references, or model; the model if left out.',
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="Text, BibTeX or CSL-JSON.")
    ] = Format.vancouver,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print the sources that something rests on, each with what it is cited for.

    A title in square brackets describes a source whose title could not be confirmed.

    Example: reflexarc cite liu-2021

    Example: reflexarc cite C2 --format bibtex > refs.bib
    """
    from reflexarc.citations import cite as find

    words = tuple(names or ())
    citations = find(*words)
    given = _given(words)
    if json:
        print_json({"citations": [one.record() for one in citations], "not listed": given})
    elif form is Format.csl:
        print_json([_with_reasons(one) for one in citations])
    elif form is Format.bibtex:
        from reflexarc.references.bibtex import bibtex

        text = "\n\n".join(bibtex(one.reference, one.reasons) for one in citations)
        typer.echo(text)
    else:
        _print(citations, given)
        count = len(citations)
        note(f"{count} {'source' if count == 1 else 'sources'}", quiet=quiet)


def _given(words: Sequence[str]) -> list[str]:
    """Return the sources that named experiments have in their text and the list doesn't."""
    from reflexarc.citations import experiments_of, given_sources

    return [line for found in experiments_of(words) for line in given_sources(found)]


def _with_reasons(citation: "Citation") -> dict[str, object]:
    item = dict(citation.reference.item)
    item["custom"] = {**item["custom"], "reasons": list(citation.reasons)}
    return item


def _print(citations: "Sequence[Citation]", given: Sequence[str]) -> None:
    console = stdout()
    for number, citation in enumerate(citations, 1):
        console.print(escape(f"{number}. {citation.reference}"), soft_wrap=True)
        for reason in citation.reasons:
            console.print(escape(f"   - {reason}"), soft_wrap=True, style="dim")
    for line in given:
        console.print(escape(f"Not in the list of references: {line}"), soft_wrap=True)
