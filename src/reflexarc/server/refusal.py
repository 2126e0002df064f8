"""Why a request is refused: a status, one sentence, and the field that it is about."""

from collections.abc import Mapping

from reflexarc.errors import InputError

__all__ = ["BROKEN", "Refusal"]

BROKEN = "something went wrong in the server; its log says what"
"""All that is told of a fault of the server itself."""


class Refusal(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status, 400 or more.
        error: One sentence: what is wrong and what would be right.
        field: Dotted path of the field in the experiment, or the name of a query parameter.
        line: Line of the body, counted from 1.
        headers: Headers that go with the answer.
    """

    def __init__(
        self,
        status: int,
        error: str,
        *,
        field: str | None = None,
        line: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error
        self.field = field
        self.line = line
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, error: InputError) -> "Refusal":
        """Return the refusal for something that a person wrote."""
        return cls(422, error.message, field=error.field, line=error.line)

    def content(self) -> dict[str, str | int | None]:
        """Return the body of the answer; what is no text in UTF-8 is escaped."""
        return {"error": _text(self.error), "field": _text(self.field), "line": self.line}


def _text(value: str | None) -> str | None:
    return None if value is None else value.encode(errors="backslashreplace").decode()
