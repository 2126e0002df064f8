"""From what pydantic found wrong to sentences with file, line and field."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reflexarc.errors import InputError
from reflexarc.yaml_source import Path, Source

__all__ = ["Misfit", "explain", "messages"]

_SENTENCES = {
    "missing": "this field is missing",
    "string_type": "this must be text",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "dict_type": "this must be a mapping, such as {{name: value}}",
    "model_type": "this must be a mapping, such as {{name: value}}",
    "model_attributes_type": "this must be a mapping, such as {{name: value}}",
    "tuple_type": "this must be a list",
    "list_type": "this must be a list",
    "greater_than_equal": "this must be {ge} or more",
    "less_than_equal": "this must be {le} or less",
    "too_long": "there are too many entries (at most {max_length})",
    "too_short": "there must be at least {min_length} entry",
    "invalid_key": "a name must be text",
}


class Misfit(ValueError):
    """Parts of an experiment that are right by themselves but don't fit together.

    Args:
        found: Where each one stands, and a sentence.
    """

    def __init__(self, found: list[tuple[Path, str]]) -> None:
        super().__init__("; ".join(message for _, message in found))
        self.found = found


def explain(error: ValidationError, source: Source) -> list[InputError]:
    """Return everything that was found wrong, in the order of the file, each thing once.

    Args:
        error: What pydantic raised.
        source: The text that was read, for the lines.
    """
    found: dict[tuple[int | None, str], InputError] = {}
    for path, message in messages(error):
        problem = source.error(message, path)
        found.setdefault((problem.line, message), problem)
    return sorted(found.values(), key=lambda problem: problem.line or 0)


def messages(error: ValidationError, above: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield where each thing that pydantic found wrong stands, and a sentence.

    Args:
        error: What pydantic raised.
        above: Path of what was read.
    """
    for detail in error.errors(include_url=False):
        path = (*above, *detail["loc"])
        cause: Any = detail.get("ctx", {}).get("error")
        if isinstance(cause, ValidationError):
            yield from messages(cause, path)
        elif isinstance(cause, Misfit):
            for inner, message in cause.found:
                yield (*path, *inner), message
        elif isinstance(cause, InputError):
            yield (*path, cause.field) if cause.field else path, cause.message
        elif detail["type"] != "too_short" or not detail["input"]:
            # A list whose entries are all wrong also counts as too short; once is enough.
            yield path, _sentence(detail)


def _sentence(detail: ErrorDetails) -> str:
    template = _SENTENCES.get(detail["type"])
    if template is None:
        text = detail["msg"].removeprefix("Value error, ").removeprefix("Input should ")
        return f"this is not right: {text[:160]}"
    sentence = template.format(**detail.get("ctx", {}))
    value = detail["input"]
    if detail["type"] != "missing" and isinstance(value, str | int | float):
        sentence += f", but is {str(value)[:40]!r}" if isinstance(value, str) else f", not {value}"
    return sentence
