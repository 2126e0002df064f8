"""`reflexarc validate`, `experiments` and `schema`: the files that people write."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflexarc.cli.console import Json, note, print_json, print_table

if TYPE_CHECKING:
    from reflexarc.errors import InputError

__all__ = ["experiments", "schema", "validate"]


def validate(
    files: Annotated[list[Path], typer.Argument(help="Experiment files.", show_default=False)],
    json: Json = False,
) -> None:
    """Check experiment files and list everything that is wrong in them; exit 3 if anything is.

    Example: reflexarc validate legs.yaml
    """
    problems = {file: _problems(file) for file in files}
    found = [problem for listed in problems.values() for problem in listed]
    if json:
        print_json(
            {
                "valid": not found,
                "problems": [
                    {"file": p.file, "line": p.line, "field": p.field, "message": p.message}
                    for p in found
                ],
            }
        )
    else:
        for problem in found:
            note(f"reflexarc: {problem}")
        fine = (file for file, listed in problems.items() if not listed)
        sys.stdout.write("".join(f"{file}: fine\n" for file in fine))
    if found:
        raise typer.Exit(3)


def experiments(
    name: Annotated[
        str | None, typer.Argument(help="Print the YAML of this one.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """List the built-in experiments, or print one as YAML to start your own from.

    Example: reflexarc experiments liu-2021 > mine.yaml
    """
    from reflexarc.experiments import names, read
    from reflexarc.protocol import Experiment

    if name is not None:
        text = read(name)
        if json:
            print_json(Experiment.parse(text, name).resolved())
        else:
            sys.stdout.write(text)
        return
    loaded = [(known, Experiment.load(known)) for known in names()]
    if json:
        print_json(
            {
                "experiments": [
                    {"name": known, "title": e.title, "arms": list(e.arms)} for known, e in loaded
                ]
            }
        )
        return
    print_table(
        ["experiment", "arms", "title"],
        [(known, len(e.arms), e.title) for known, e in loaded],
        right=["arms"],
    )


def schema() -> None:
    """Print the JSON Schema of an experiment file, for editors that complete and check YAML.

    Example: reflexarc schema > experiment.schema.json
    """
    from reflexarc.protocol import Experiment

    print_json(Experiment.json_schema())


def _problems(file: Path) -> "list[InputError]":
    from reflexarc.errors import InputError
    from reflexarc.protocol import Experiment
    from reflexarc.yaml_source import LARGEST_FILE

    try:
        Experiment.load(file)
    except InputError as first:
        if not file.is_file() or file.stat().st_size > LARGEST_FILE:
            return [first]
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return [first]
        return Experiment.problems(text, str(file)) or [first]
    return []
