"""`reflexarc claims`: what the public is told, weighed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

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
    from reflexarc.claims import Claim
    from reflexarc.findings import Verdict

__all__ = ["VERDICT_COLOURS", "claims"]

VERDICT_COLOURS = {
    "supported": "green",
    "supported in animals only": "green",
    "overstated": "yellow",
    "unclear": "yellow",
    "wrong": "red",
    "outside the model": "dim",
}


def claims(
    id: Annotated[
        str | None, typer.Argument(help="A claim such as C2; the whole table if left out.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Run the findings of the claim and check it (seconds).")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per core.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the claims ledger: what the public is told, the verdict, and how certain it is.

    With `--run` the findings that a claim cites are simulated; exit code 1 if its verdict
    contradicts them.

    Example: reflexarc claims

    Example: reflexarc claims C2 --run
    """
    from reflexarc.claims import find_claim, load_claims

    chosen = load_claims() if id is None else (find_claim(id),)
    verdicts = _verdicts(chosen, workers=workers, quiet=quiet) if run else None
    wrong = [] if verdicts is None else _objections(chosen, verdicts)
    if json:
        records = [_record(claim, verdicts) for claim in chosen]
        print_json({"claims": records, **({} if verdicts is None else {"objections": wrong})})
    elif id is None:
        rows = [(c.id, c.claim, c.verdict, c.certainty.grade) for c in chosen]
        print_table(("id", "claim", "verdict", "certainty"), rows)
        note("`reflexarc claims C2` shows one in full.", quiet=quiet)
    else:
        _print_card(chosen[0], verdicts)
    for sentence in wrong:
        note(escape(sentence))
    note("Evidence mostly of mice given LPS. Not medical advice.", quiet=quiet)
    raise typer.Exit(1 if wrong else 0)


def _verdicts(
    chosen: "tuple[Claim, ...]", *, workers: int | None, quiet: bool
) -> "dict[str, Verdict]":
    from reflexarc.findings import run_findings

    ids = list(dict.fromkeys(name for claim in chosen for name in claim.findings.all))
    if not ids:
        return {}
    with progress_bar("running findings", quiet=quiet) as progress:
        found = run_findings(ids=ids, workers=workers, progress=progress)
    return {verdict.id: verdict for verdict in found}


def _objections(chosen: "tuple[Claim, ...]", verdicts: "Mapping[str, Verdict]") -> list[str]:
    from reflexarc.claims import objections

    return [sentence for claim in chosen for sentence in objections(claim, verdicts)]


def _record(claim: "Claim", verdicts: "Mapping[str, Verdict] | None") -> dict[str, Any]:
    """Return a card as plain data: as it is written, with the findings spelled out."""
    record = dict(claim.written())
    del record["found by"]
    record["sources"] = list(claim.sources)
    record["incomplete references"] = list(claim.incomplete_sources)
    record["findings"] = {
        "for": [_finding(name, verdicts) for name in claim.findings.supporting],
        "against": [_finding(name, verdicts) for name in claim.findings.against],
    }
    return record


def _finding(name: str, verdicts: "Mapping[str, Verdict] | None") -> dict[str, str]:
    from reflexarc.evidence.reading import load_findings

    finding = next(finding for finding in load_findings() if finding.id == name)
    shown = {
        "id": name,
        "title": finding.title,
        "paper": finding.paper,
        "trust": finding.trust,
        "published": finding.published,
    }
    if verdicts is not None:
        shown |= {"simulated": verdicts[name].simulated, "verdict": verdicts[name].verdict}
    return shown


def _print_card(claim: "Claim", verdicts: "Mapping[str, Verdict] | None") -> None:
    from reflexarc.evidence import not_expressible, references

    out = stdout()

    def say(heading: str, text: str) -> None:
        out.print(f"[bold]{heading}[/bold]  {escape(text)}")

    def listing(heading: str, lines: "tuple[str, ...] | list[str]") -> None:
        if lines:
            out.print(f"\n[bold]{heading}[/bold]")
        for line in lines:
            out.print(f"  {escape(line)}")

    colour = VERDICT_COLOURS[claim.verdict]
    out.print(f"[bold]{claim.id}[/bold]  {escape(claim.claim)}\n")
    out.print(f"[bold]Verdict[/bold]  [{colour}]{claim.verdict}[/{colour}]")
    say("In plain words", claim.plain)
    say("Precisely", claim.precise)
    certainty = claim.certainty
    listing(
        f"Certainty {certainty.about}: {certainty.grade}",
        [f"{name}: {reason}" for name, reason in certainty.reasons.items()],
    )
    for side, heading in (("for", "Findings for it"), ("against", "Findings against it")):
        names = claim.findings.supporting if side == "for" else claim.findings.against
        listing(heading, [_line(_finding(name, verdicts)) for name in names])
    outside = {entry.row: entry.why for entry in not_expressible()}
    for heading, rows in (("for", claim.rows.supporting), ("against", claim.rows.against)):
        listing(
            f"Published, {heading} it, and not run",
            [f"{row}: {outside[row]}" for row in rows],
        )
    listing("Limits", claim.limits)
    listing("What would change our mind", claim.would_change_our_mind)
    lacking = dict.fromkeys(claim.incomplete_sources, " (reference incomplete)")
    listing(
        "Sources", [f"{key}: {references()[key]}{lacking.get(key, '')}" for key in claim.sources]
    )
    out.print()
    say("Species", ", ".join(claim.species) or "none")
    say("Shown by", claim.experiment or "no experiment of this model")
    say("Met in", ", ".join(claim.met_in))
    if verdicts is None and claim.findings.all:
        out.print(f"\n`reflexarc claims {claim.id} --run` sets the model beside it.")


def _line(finding: Mapping[str, str]) -> str:
    text = f"{finding['id']}  {finding['title']}. Published: {finding['published']}."
    if "verdict" in finding:
        text += f" Model: {finding['simulated']}, {finding['verdict']}."
    return text
