"""What can go wrong, said in one sentence: what, where, and what would be right."""

import difflib
from collections.abc import Iterable

__all__ = ["InputError", "NumericalError", "ReflexarcError", "nearest", "unknown_word"]


class ReflexarcError(Exception):
    """The base of every error that reflexarc raises on purpose.

    `exit_code` is what the command line returns for it.
    """

    exit_code = 1


class InputError(ReflexarcError, ValueError):
    """Something a person wrote can't be used.

    Args:
        message: One sentence, without a full stop: what is wrong and what would be right.
        file: Name of the file in which it stands, as the person gave it.
        line: Line in that file, counted from 1.
        field: Dotted path of the field, for example `arms.leg.electroacupuncture.site`.

    Example:
        >>> str(InputError("unknown site 'ST63'", file="leg.yaml", line=12, field="arms.leg.site"))
        "leg.yaml:12: arms.leg.site: unknown site 'ST63'"
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, file, line, field)
        self.message = message
        self.file = file
        self.line = line
        self.field = field

    def __str__(self) -> str:
        place = self.file or ("line" if self.line else "")
        if self.line:
            place = f"{place}:{self.line}" if self.file else f"line {self.line}"
        return ": ".join(part for part in (place, self.field, self.message) if part)

    def located(
        self, *, file: str | None = None, line: int | None = None, field: str | None = None
    ) -> "InputError":
        """Return the same error with the parts of its place that were not known yet.

        Args:
            file: File name, used when the error has none.
            line: Line counted from 1, used when the error has none.
            field: Path of the field that holds this error's own field; put in front of it.

        Returns:
            A new InputError.

        Example:
            >>> str(InputError("no unit", field="current").located(field="arms.leg"))
            'arms.leg.current: no unit'
        """
        path = ".".join(part for part in (field, self.field) if part)
        return InputError(
            self.message,
            file=self.file or file,
            line=self.line or line,
            field=path or None,
        )


class NumericalError(ReflexarcError, ArithmeticError):
    """The integration or a fit did not reach an answer that can be trusted."""

    exit_code = 4


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word whose spelling is nearest to `word`, or None if none is near.

    Upper and lower case, hyphens, underscores and spaces don't count.

    Example:
        >>> nearest("ST63", ["ST25", "ST36", "LI10"])
        'ST36'
    """
    spellings: dict[str, str] = {}
    for candidate in known:
        spellings.setdefault(_plain(candidate), candidate)
    plain = _plain(word)
    if plain in spellings:
        return spellings[plain]
    scored = [
        (difflib.SequenceMatcher(None, plain, other).ratio(), sorted(plain) == sorted(other), other)
        for other in spellings
    ]
    best = max(scored, key=lambda item: (item[1], item[0]), default=None)
    if best is None or (best[0] < 0.6 and not best[1]):
        return None
    return spellings[best[2]]


def unknown_word(kind: str, word: str, known: Iterable[str]) -> str:
    """Return the sentence for a word that is not in the vocabulary.

    The nearest spelling is offered when there is one; otherwise all words, if they are few.

    Example:
        >>> unknown_word("site", "ST63", ["ST25", "ST36"])
        "unknown site 'ST63'; did you mean 'ST36'?"
    """
    words = list(known)
    shown = word if len(word) <= 60 else word[:57] + "..."
    guess = nearest(word[:200], words)
    if guess is not None:
        return f"unknown {kind} {shown!r}; did you mean {guess!r}?"
    if 0 < len(words) <= 24:
        verb = "are" if len(words) > 1 else "is"
        return f"unknown {kind} {shown!r}; known {verb} " + ", ".join(words)
    return f"unknown {kind} {shown!r}"


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
