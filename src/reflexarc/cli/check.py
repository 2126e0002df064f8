"""`reflexarc check`: an article with the claims ledger in its margin."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from reflexarc.cli.claims import VERDICT_COLOURS
from reflexarc.cli.console import Json, Quiet, note, print_json, stdout

if TYPE_CHECKING:
    from reflexarc.article import Margin, Note

__all__ = ["check"]


def check(
    article: Annotated[
        Path, typer.Argument(help="A .txt, .md, .html or .pdf file, of at most 20 MB.")
    ],
    matched: Annotated[
        bool, typer.Option("--matched", help="Leave out sentences that touch no claim.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold an article against the claims ledger and print it with a margin.

    Beside each sentence: the claims it touches with verdict, certainty, sources and the
    confidence of the match, or that it touches none; and DOIs, PMIDs, years and volumes that
    disagree with the references. Works offline.

    Example: reflexarc check article.md

    Example: reflexarc check article.pdf --json
    """
    from reflexarc.article import check_article

    margin = check_article(article)
    if json:
        record = margin.record()
        if matched:
            rows = record["margin"]
            record["margin"] = [r for r in rows if r["matched"] or r["citations"]]
        print_json(record)
    else:
        _print(margin, matched=matched)
    note(
        "A match says that a sentence touches a claim, not that it is right or wrong. "
        "Not medical advice.",
        quiet=quiet,
    )


def _print(margin: "Margin", *, matched: bool) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right")
    table.add_column("sentence", overflow="fold", ratio=3)
    table.add_column("margin", overflow="fold", ratio=4)
    for number, line in enumerate(margin.notes, 1):
        if not (matched and line.empty):
            table.add_row(str(number), escape(line.sentence), _margin(line))
    out = stdout()
    out.print(table)
    out.print(
        f"\n{margin.touched} of {len(margin.notes)} sentences touch a claim of the ledger; "
        f"{len(margin.notes) - margin.touched} touch none."
    )


def _margin(line: "Note") -> str:
    parts = []
    for touch in line.touches:
        claim = touch.claim
        colour = VERDICT_COLOURS[claim.verdict]
        text = (
            f"[bold]{claim.id}[/bold] [{colour}]{claim.verdict}[/{colour}] "
            f"(certainty {claim.certainty.grade}; sentence {touch.stance}; "
            f"match {touch.confidence:.2f})\n{escape(claim.plain)}"
        )
        for remark in touch.remarks:
            text += f"\n[yellow]Note: {escape(remark)}.[/yellow]"
        if claim.sources:
            text += f"\n[dim]{escape(', '.join(claim.sources))}[/dim]"
        parts.append(text)
    for citation in line.citations:
        meant = "" if citation.sure else ", if that paper is meant"
        parts.append(
            f"[red]Record:[/red] says {escape(citation.says)}; of {escape(citation.reference)} "
            f"{escape(citation.record)}{meant}"
        )
    return "\n".join(parts) or "[dim]touches no claim of the ledger[/dim]"
