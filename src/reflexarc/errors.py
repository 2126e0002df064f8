"""What can go wrong, said in one sentence: what, where, and what would be right."""

import difflib
import re
from collections.abc import Iterable, Mapping

__all__ = ["InputError", "NumericalError", "ReflexarcError", "nearest", "unknown_word"]


FAR = 0.4
"""Part of a word's letters that may be wrong if it is to be guessed."""


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
        (sorted(plain) == sorted(other), _likeness(plain, other), other) for other in spellings
    ]
    near = [item for item in scored if item[0] or item[1] > 0]
    return spellings[max(near)[2]] if near else None


def unknown_word(
    kind: str,
    word: str,
    known: Iterable[str],
    *,
    names: Mapping[str, str] | None = None,
    listed_by: str | None = None,
) -> str:
    """Return the sentence for a word that is not in the vocabulary.

    The nearest spelling is offered, and what holds the word as a whole word, at most three in all.
    If there is none, the sentence says which command lists them, or names all words if they are
    few.

    Args:
        kind: What the word was meant to be, such as `site`.
        word: What was written.
        known: All words that would have been right.
        names: The name that an alias stands for, where `known` has aliases.
        listed_by: The command that lists what is known, such as `reflexarc sites`.

    Example:
        >>> unknown_word("site", "ST63", ["ST25", "ST36"])
        "unknown site 'ST63'; did you mean 'ST36'?"
        >>> unknown_word("lesion", "nerve", ["splenic nerve", "adrenal nerve"])
        "unknown lesion 'nerve'; did you mean 'splenic nerve' or 'adrenal nerve'?"
    """
    words = list(known)
    shown = word if len(word) <= 60 else word[:57] + "..."
    guesses = _guesses(word[:200], words, names or {})
    if guesses:
        *others, last = [repr(guess) for guess in guesses]
        offer = f"{', '.join(others)} or {last}" if others else last
        return f"unknown {kind} {shown!r}; did you mean {offer}?"
    if listed_by is not None:
        return f"unknown {kind} {shown!r}; `{listed_by}` lists them"
    if 0 < len(words) <= 24:
        verb = "are" if len(words) > 1 else "is"
        return f"unknown {kind} {shown!r}; known {verb} " + ", ".join(words)
    return f"unknown {kind} {shown!r}"


def _likeness(word: str, other: str) -> float:
    """Return how alike two words are, up to 1; 0 if more than two letters in five differ.

    One wrong letter is always near.
    """
    matcher = difflib.SequenceMatcher(None, word, other)
    wrong = sum(max(b - a, d - c) for what, a, b, c, d in matcher.get_opcodes() if what != "equal")
    far = wrong > max(1.0, FAR * max(len(word), len(other))) or wrong >= len(word)
    return 0.0 if far else matcher.ratio()


def _guesses(word: str, words: list[str], names: Mapping[str, str]) -> list[str]:
    """Return the nearest spelling and the names that hold the word, each thing once."""
    near = nearest(word, words)
    guesses = {} if near is None else {names.get(near, near): near}
    part = _spaced(word)
    for candidate in words:
        if part.strip() and part in _spaced(candidate):
            name = names.get(candidate, candidate)
            guesses.setdefault(name, name)
    return list(guesses.values())[:3]


def _spaced(word: str) -> str:
    """Return the words of a name with one space around each, so that whole words are found."""
    words = re.findall(r"[^\W_]+", word.casefold())
    return f" {' '.join(words)} "


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
