"""Words of an article, folded to one spelling, and the concepts that they name."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reflexarc.errors import InputError, unknown_word
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
            composed = self._lexicon.composed.get(concept)
            self._known[concept] = (
                self._lexicon.concepts[concept].search(self.text) is not None
                if composed is None
                else any(all(map(self._agrees, names)) for names in composed)
            )
        return self._known[concept]

    def _agrees(self, name: str) -> bool:
        return not self.names(name[1:]) if name.startswith("-") else self.names(name)

    def spans(self, concept: str) -> list[tuple[int, int]]:
        """Return where the sentence names a concept: starts and ends, in words from 0."""
        if concept in self._lexicon.composed:
            names = (name for names in self._lexicon.composed[concept] for name in names)
            return [span for name in names if name[0] != "-" for span in self.spans(name)]
        return [
            (self.text.count(" ", 0, match.start()), self.text.count(" ", 0, match.end()))
            for match in self._lexicon.concepts[concept].finditer(self.text)
        ]

    def without(self, concept: str) -> "Folded":
        """Return the sentence with a mark in place of every word that names a concept."""
        pattern = self._lexicon.concepts[concept]
        text = pattern.sub(lambda match: " ".join("·" for _ in match[0].split()), self.text)
        return Folded(text, self._lexicon)

    def count(self, concept: str) -> int:
        """Return how many different words of the sentence name a concept; it is no composed one."""
        return len({match[0] for match in self._lexicon.concepts[concept].finditer(self.text)})


@dataclass(frozen=True)
class Lexicon:
    """The concepts of `words.yaml`.

    Args:
        concepts: What recognises each concept in folded text.
        masks: What is taken out of the text beforehand.
        composed: Concepts made of others: of the sets of one, all names of some set must stand
            in a sentence, and none that begins with `-`.
    """

    concepts: Mapping[str, re.Pattern[str]]
    masks: re.Pattern[str]
    composed: Mapping[str, tuple[tuple[str, ...], ...]]

    @property
    def known(self) -> frozenset[str]:
        """The names of all concepts."""
        return frozenset((*self.concepts, *self.composed))

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
    written = data["concepts"].items()
    concepts = {key: _either(terms, key) for key, terms in written if key[0] != "+"}
    composed = {key[1:]: _sets(sets, key, concepts) for key, sets in written if key[0] == "+"}
    return Lexicon(concepts, _either(data["masks"], "masks"), composed)


def _sets(sets: object, key: str, known: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    if not isinstance(sets, list) or not sets:
        raise InputError("a composed concept needs a list of sets", file="words.yaml", field=key)
    found = tuple(tuple(str(names).split()) for names in sets)
    for name in (name for names in found for name in names):
        if name.removeprefix("-") not in known:
            raise InputError(unknown_word("concept", name, known), file="words.yaml", field=key)
    return found


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
