"""`reflexarc screen`: questions about a person, and what to talk to a physician about."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from reflexarc.cli.console import Json, note, print_json, stdout

if TYPE_CHECKING:
    from reflexarc.safety.questions import Answer
    from reflexarc.safety.screening import Screening

__all__ = ["screen"]

_GRADES = {
    "contraindication": "contraindication",
    "caution": "caution",
    "mention": "worth a mention",
}


def screen(
    answers: Annotated[
        Path | None,
        typer.Option(help="A YAML or JSON file of answers; without it you are asked."),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print an empty file of answers and stop.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask about a person's circumstances and say what to talk to a physician about.

    It never gives permission; what isn't answered counts as unknown. Nothing is sent or kept.

    Example: reflexarc screen

    Example: reflexarc screen --template > me.yaml

    Example: reflexarc screen --answers me.yaml
    """
    from reflexarc import safety
    from reflexarc.errors import InputError

    if template:
        sys.stdout.write(safety.template())
        return
    if answers is not None:
        given = safety.load_answers(answers)
    elif sys.stdin.isatty():
        given = _ask()
    else:
        raise InputError(
            "there is nobody to ask here; write --answers FILE, or --template for an empty file"
        )
    found = safety.screen(given)
    if json:
        print_json(found.as_data())
    else:
        _print(found)


def _ask() -> "dict[str, Answer]":
    """Ask every question on stderr; Enter means unknown, and the end of the input stops it."""
    from reflexarc.errors import InputError
    from reflexarc.safety.questions import answer_of, choices, load_screen
    from reflexarc.safety.screening import NOT_ASKED

    given: dict[str, Answer] = {}
    note(NOT_ASKED)
    note("Press Enter where you don't know or don't want to say.")
    for question in load_screen().questions:
        note(f"\n{escape(question.ask)}")
        while question.id not in given:
            note(escape(f"[{choices(question)}]"))
            line = sys.stdin.readline()
            if not line:
                return given
            try:
                given[question.id] = answer_of(question, line.strip())
            except InputError as error:
                note(escape(error.message))
    return given


def _print(found: "Screening") -> None:
    from reflexarc.safety.language import CLOSING, READ, cite
    from reflexarc.safety.questions import MODALITIES
    from reflexarc.safety.screening import NO_PERMISSION, NOT_ASKED, NOTHING_FOUND

    for line in found.urgent:
        _say(line, "")
    _say(NO_PERMISSION, NOT_ASKED)
    for modality in MODALITIES:
        _say("", modality.capitalize())
        for concern in found.of(modality):
            rule = concern.rule
            basis = f"{rule.ground}, {READ[rule.trust]}" if rule.sources else rule.ground
            _say(f"- {concern.sentence} ({_GRADES[concern.grade]}; {basis})")
            _say(f"  {concern.rule.says}")
            if concern.disagreement:
                _say(f"  {concern.disagreement}")
            if concern.sources:
                _say(f"  Sources: {', '.join(concern.sources)}")
        if not found.of(modality):
            _say(f"- {NOTHING_FOUND}")
    if found.silence:
        _say("", found.silence)
    listed = dict.fromkeys(key for concern in found.concerns for key in concern.sources)
    if listed:
        _say("", "Sources")
    for key in listed:
        _say(f"- {key}: {cite(key)}" if cite(key) != key else f"- {key}")
    _say("", CLOSING)


def _say(*lines: str) -> None:
    console = stdout()
    for line in lines:
        console.print(escape(line), soft_wrap=not console.is_terminal)
