"""Words of an article, folded to one spelling, and the concepts that they name."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reflexarc.errors import InputError
from reflexarc.evidence import ROOT
from reflexarc.yaml_source import read_yaml

__all__ = ["Folded", "Lexicon", "fold", "lexicon"]

_GREEK = {"α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "κ": " kappa ", "μ": "u"}
_GAP = r"(?: \S+){0,4}"


def fold(text: str) -> str:
    """Return words in one spelling: lower case, no accents, Greek spelled out, single spaces.

    Hyphens, slashes and other marks become spaces; apostrophes go; a point inside a number and
    the sign `%` stay.

    Example:
        >>> fold("Electro-acupuncture didn't lower TNF-α at 0.5 mA.")
        'electro acupuncture didnt lower tnf alpha at 0.5 ma'
    """
    text = unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold()
    text = re.sub("[αβγδκμ]", lambda match: _GREEK[match[0]], text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"['’‘ʼ]", "", text)
    text = re.sub(r"(?<=\d)[.,](?=\d)", "\0", text)
    text = re.sub(r"[^\w%\0]+|_", " ", text)
    return " ".join(text.replace("\0", ".").split())


class Folded:
    """A sentence in one spelling, without what only looks like a concept.

    Args:
        text: The folded words.
        lexicon: The concepts it is read by; each is looked for when it is first asked for.
    """

    def __init__(self, text: str, lexicon: "Lexicon") -> None:
        self.text = text
        self._lexicon = lexicon
        self._known: dict[str, bool] = {}

    def names(self, concept: str) -> bool:
        """Say whether the sentence names a concept."""
        if concept not in self._known:
            found = self._lexicon.concepts[concept].search(self.text) is not None
            self._known[concept] = found
        return self._known[concept]

    def count(self, concept: str) -> int:
        """Return how many different words of the sentence name a concept."""
        return len({match[0] for match in self._lexicon.concepts[concept].finditer(self.text)})


@dataclass(frozen=True)
class Lexicon:
    """The concepts of `words.yaml`.

    Args:
        concepts: What recognises each concept in folded text.
        masks: What is taken out of the text beforehand.
    """

    concepts: Mapping[str, re.Pattern[str]]
    masks: re.Pattern[str]

    def read(self, sentence: str) -> Folded:
        """Return a sentence folded and masked.

        Example:
            >>> lexicon().read("Needle biopsy of the spleen").names("needling")
            False
        """
        return Folded(" ".join(self.masks.sub(" ", fold(sentence)).split()), self)


@cache
def lexicon() -> Lexicon:
    """Return the concepts of the ledger.

    Raises:
        InputError: `words.yaml` has a mistake.
    """
    name = "words.yaml"
    text = ROOT.joinpath("claims").joinpath(name).read_text(encoding="utf-8")
    data: Any = read_yaml(text, file=name).data
    if not isinstance(data, dict) or set(data) != {"masks", "concepts"}:
        raise InputError("the file has two parts, masks and concepts", file=name)
    concepts = {key: _either(terms, key) for key, terms in data["concepts"].items()}
    return Lexicon(concepts, _either(data["masks"], "masks"))


def _either(terms: object, key: str) -> re.Pattern[str]:
    if not isinstance(terms, list) or not terms:
        raise InputError("a concept needs a list of words", file="words.yaml", field=key)
    longest_first = sorted((str(term) for term in terms), key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(_expression, longest_first))})(?!\S)")


def _expression(term: str) -> str:
    """Return the regular expression of a term: words, `*` at an end, `...` for up to four words."""
    expression = ""
    for word in term.split():
        if word == "...":
            expression += _GAP
        else:
            expression += (" " if expression else "") + _word(word)
    return expression


def _word(word: str) -> str:
    if word.endswith("*"):
        return re.escape(word[:-1]) + r"\S*"
    plain = re.escape(word).replace(r"\?", r"\w?")
    return plain if len(word) < 3 or word[-1] in "s%" else plain + "(?:s|es)?"
