"""How a sentence speaks of a claim, and where it leaves the ground that the evidence covers."""

import re
from typing import Literal

from reflexarc.article.words import Folded, fold, lexicon
from reflexarc.claims import Claim

__all__ = ["Stance", "remarks", "stance"]

Stance = Literal["states", "denies", "hedges", "asks", "touches"]

_SPECIES = {
    "mouse": ("mouse", "mice", "murine", "rodent", "rodents"),
    "rat": ("rat", "rats", "rodent", "rodents"),
    "human": (
        *("human", "humans", "people", "person", "persons", "patient", "patients", "volunteers"),
        *("men", "women", "adults", "child", "children"),
    ),
    "dog": ("dog", "dogs"),
    "cat": ("cat", "cats"),
    "horse": ("horse", "horses"),
    "pig": ("pig", "pigs"),
    "sheep": ("sheep", "lamb", "lambs"),
    "zebrafish": ("zebrafish",),
    "fish": ("fish", "fishes"),
    "guinea pig": ("guinea-pig",),
    "rabbit": ("rabbit", "rabbits"),
    "monkey": ("monkey", "monkeys"),
}
_NAMES = {
    **{"human": "people", "mouse": "mice", "rat": "rats"},
    **{name: name for name in ("sheep", "fish", "zebrafish")},
}
_BEFORE = 8  # words by which a negation may stand before the words of a claim and still mean them
_AFTER = 5  # and after them
_AUXILIARIES = frozenset(("do", "does", "did", "done", "not", "no"))
_POINT = re.compile(r"\b(ST|LI|LU|SP|HT|SI|BL|KI|KD|PC|SJ|TE|GB|LR|LV|GV|DU|CV|RN)[- ]?(\d{1,2})\b")
_STUDIED = {"ST36", "ST25", "LI10", "BL56", "SP6", "LI4", "GB34", "ST37"}
_ABOUT_POINTS = {"C1", "C2", "C11", "C12", "C21", "C31", "C32", "C35"}


def stance(sentence: str, claim: Claim, *, denied: bool = False) -> Stance:
    """Return how a sentence speaks of a claim that it touches.

    Args:
        sentence: The sentence.
        claim: The claim.
        denied: It was found by a pattern that denies the claim.

    Returns:
        `asks` for a question, `denies` where a negation stands, `hedges` where a `may` or a
        `seems` stands, `states` otherwise. The rule is lexical: a negation of something else
        near the claim's words is taken for one of the claim, and of one far from them nothing
        is said. Nor does any word tell whether a claim that is itself a denial is stated or
        denied. Then it is `touches`.

    Example:
        >>> from reflexarc.claims import find_claim
        >>> stance("Acupuncture does not lower inflammation.", find_claim("C12"))
        'denies'
    """
    words = lexicon().read(sentence).without("no-negation").without("no-hedge")
    if sentence.rstrip("\"'”’)] ").endswith("?"):
        return "asks"
    if denied:
        return "denies"
    if claim.found_by.negation_inside:
        return "touches"
    negations = _negations(words, claim)
    if negations:
        return "denies" if _near(negations, words, claim) else "touches"
    return "hedges" if words.names("hedge") else "states"


def _negations(words: Folded, claim: Claim) -> set[int]:
    """Return the places of negations that are no part of the claim itself ("should not")."""
    inside = [
        (start, end)
        for concept in _concepts(words, claim)
        for start, end in words.spans(concept)
        if end > start
    ]
    return {
        place
        for start, end in words.spans("negation")
        if not any(first <= start and end <= last for first, last in inside)
        for place in range(start, end + 1)
    }


def _near(taken: set[int], words: Folded, claim: Claim) -> bool:
    """Say whether a negation stands near the words by which the claim was found."""
    single = words.text.split()
    about = {
        place
        for concept in _concepts(words, claim)
        for start, end in words.spans(concept)
        for place in range(start, end + 1)
        if place not in taken and single[place] not in _AUXILIARIES
    }
    return not about or any(-_AFTER <= place - spot <= _BEFORE for spot in taken for place in about)


def _concepts(words: Folded, claim: Claim) -> set[str]:
    """Return the concepts of the claim's patterns that stand in the sentence."""
    names = {
        name.removesuffix("-2")
        for pattern in claim.found_by.patterns
        for part in pattern.split()
        if part[0] != "-"
        for name in part.split("|")
    }
    return {name for name in names if words.names(name)}


def remarks(sentence: str, claim: Claim) -> list[str]:
    """Return what a reader should know of a sentence beside the verdict: species, point.

    Args:
        sentence: The sentence.
        claim: The claim that it touches.

    Example:
        >>> from reflexarc.claims import find_claim
        >>> remarks("In dogs, needling PC6 calms inflammation.", find_claim("C12"))[0]
        'it speaks of dogs; the evidence is of mice and rats'
    """
    text = re.sub(r"\bguinea pigs?\b", "guinea-pig", fold(sentence))
    words = set(text.split())
    named = [species for species, forms in _SPECIES.items() if words & set(forms)]
    found = []
    if named and claim.species and not set(named) & set(claim.species):
        there = " and ".join(_plural(species) for species in claim.species)
        here = " and ".join(_plural(species) for species in named)
        found.append(f"it speaks of {here}; the evidence is of {there}")
    points = {f"{a}{b}" for a, b in _POINT.findall(sentence)} - _STUDIED
    if points and claim.id in _ABOUT_POINTS:
        found.append(f"it names {', '.join(sorted(points))}, which the evidence does not")
    return found


def _plural(species: str) -> str:
    return _NAMES.get(species, f"{species}s")
