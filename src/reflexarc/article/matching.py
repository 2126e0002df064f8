"""From sentences to the claims that they touch, by patterns of concepts and by lexical ranking.

A pattern decides that a sentence touches a claim; the ranking (BM25 over the claims' phrases)
adds to the confidence, and finds a sentence that says almost what a phrase says. A sentence that
leans on the one before it ("It also lowers …") takes over what was done there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from reflexarc.article.sentences import is_reference
from reflexarc.article.words import Folded, fold, lexicon
from reflexarc.claims import Claim, load_claims

__all__ = ["Match", "match_sentences"]

_DONE = ("needling", "ea", "vagus", "vns", "ear", "manual")
_LEANING = re.compile(
    r"(?:^|\b(?:that|and|but|because|since|so) )(?:this|they|these|those|she|he|such)\b"
    r"|^(?:\S+ ){0,4}its?\b"
    r"|\b(?:says?|said|claim\w*|think\w*|know\w*|found|finds?|show\w*|suggest\w*|report\w*|believ\w*"
    r"|hop\w+|whether|that|if|how|why|when|because|since|so|but|where|of|for|from|with"
    r"|without) it\b"
    r"|\binstead of\b|\bin place of\b"
    r"|\bthe (?:treatments?|therap\w+|technique|method|approach|procedure|effects?|devices?"
    r"|implants?|stimulation(?! of\b)|practice|same|current|response|reduction)\b|^each session\b"
    r"|\b(?:any point|the points?|stimulation(?! (?:of|by)\b)|after ?wards|the procedure"
    r"|these points?)\b"
)
_SURE = 0.62  # share of a phrase's own score from which the ranking alone suffices
_SMALL = frozenset(
    ("the", "a", "an", "of", "and", "in", "to", "is", "it", "for", "that", "or", "as")
)
_MOST = 2  # claims a sentence
_REACH = 3  # sentences over which what was done is still meant by "it"


@dataclass(frozen=True)
class Match:
    """A claim that a sentence touches.

    Attributes:
        claim: The claim.
        confidence: From 0 to 1; how much of the claim's words stand in the sentence.
        denied: The sentence touches the claim by a pattern that denies it.
    """

    claim: Claim
    confidence: float
    denied: bool = False


@dataclass(frozen=True)
class _Pattern:
    parts: tuple[tuple[str, ...], ...]
    barred: frozenset[str]
    denies: bool


@dataclass(frozen=True)
class _Searched:
    claim: Claim
    patterns: tuple[_Pattern, ...]


def match_sentences(sentences: Sequence[str]) -> list[list[Match]]:
    """Return for each sentence the claims that it touches, the surest first.

    Args:
        sentences: The sentences of one article, in order: they lean on each other.

    Returns:
        One list a sentence; empty where it touches no claim.

    Example:
        >>> (found,) = match_sentences(["Needles in the tummy do nothing, those in the leg do."])
        >>> [match.claim.id for match in found]
        ['C2']
    """
    read = [lexicon().read(sentence) for sentence in sentences]
    about = len(read) < 3 or any(sentence.names("topic") for sentence in read)
    similar = _similarities(sentences)
    found: list[list[Match]] = []
    borrowed: frozenset[str] = frozenset()
    age = 0
    titles = [is_reference(sentence) for sentence in sentences]  # name papers, claim nothing
    others = lexicon().concepts["other-treatment"]
    for place, (sentence, likeness) in enumerate(zip(read, similar, strict=True)):
        # What is masked still tells of another treatment: "Botox needles".
        foreign = others.search(fold(sentences[place])) is not None
        own = frozenset(filter(sentence.names, _DONE))
        leans = not own and age < _REACH and bool(_LEANING.search(sentence.text))
        lent = borrowed if leans else frozenset()
        own_matter = bool(own) or sentence.names("topic")
        found.append(
            []
            if titles[place]
            else _touched(sentence, lent, likeness, about and (own_matter or not foreign))
        )
        borrowed, age = (own, 0) if own else (borrowed, 0 if leans else age + 1)
    return found


def _touched(
    sentence: Folded, borrowed: frozenset[str], likeness: dict[str, float], about: bool
) -> list[Match]:
    if not about:
        return []
    matches = {}
    for searched in _searched():
        match = _one(searched, sentence, borrowed, likeness.get(searched.claim.id, 0.0))
        barred = searched.claim.found_by.without
        if match is not None and not any(map(sentence.names, barred)):
            matches[match.claim.id] = match
    kept = [match for match in matches.values() if not _gives_way(match, matches)]
    kept.sort(key=lambda match: -match.confidence)
    return [match for match in kept[:_MOST] if match.confidence > kept[0].confidence - 0.2]


def _gives_way(match: Match, matches: dict[str, Match]) -> bool:
    """Say whether another claim that is touched stands in the place of this one."""
    ways = match.claim.found_by.gives_way_to
    for name, rival in matches.items():
        back = rival.claim.found_by.gives_way_to
        general = "all" in ways and match.claim.id not in back and "all" not in back
        if name != match.claim.id and (name in ways or general):
            return True
    return False


def _one(
    searched: _Searched, sentence: Folded, borrowed: frozenset[str], likeness: float
) -> Match | None:
    """Return how one claim is touched, by its best pattern or by likeness alone."""
    best: tuple[float, bool] | None = None
    for pattern in searched.patterns:
        if not all(_there(part, sentence, borrowed) for part in pattern.parts):
            continue
        if any(map(sentence.names, pattern.barred)):
            continue
        itself = [_there(part, sentence, frozenset()) for part in pattern.parts]
        if not any(itself):
            continue
        leaned = not all(itself)
        score = 0.55 + 0.07 * min(len(pattern.parts), 4) - 0.1 * leaned
        # A denial is the narrower pattern: it holds whatever else is found.
        best = (score, pattern.denies) if best is None else _both(best, (score, pattern.denies))
    if best is not None:
        confidence = best[0] + 0.25 * likeness - (0 if sentence.names("topic") else 0.05)
        return Match(searched.claim, round(min(confidence, 0.98), 2), best[1])
    if likeness >= _SURE and sentence.names("topic"):
        return Match(searched.claim, round(min(likeness, 0.9), 2))
    return None


def _both(one: tuple[float, bool], other: tuple[float, bool]) -> tuple[float, bool]:
    return max(one[0], other[0]), one[1] or other[1]


def _there(part: tuple[str, ...], sentence: Folded, borrowed: frozenset[str]) -> bool:
    for name in part:
        word, twice = (name[:-2], True) if name.endswith("-2") else (name, False)
        if twice:
            if sentence.count(word) > 1:
                return True
        elif name in borrowed or sentence.names(name):
            return True
    return False


@cache
def _searched() -> tuple[_Searched, ...]:
    """Return every claim with its patterns, checked against the concepts.

    Raises:
        InputError: A pattern names an unknown concept.
    """
    from reflexarc.errors import InputError, unknown_word

    known = lexicon().known
    searched = []
    for claim in load_claims():
        found_by = claim.found_by
        patterns = [(text, False) for text in found_by.patterns]
        patterns += [(text, True) for text in found_by.denied_by]
        made = []
        for text, denies in patterns:
            words = text.split()
            parts = tuple(tuple(word.split("|")) for word in words if word[0] != "-")
            barred = frozenset(word[1:] for word in words if word[0] == "-")
            named = [word for part in parts for word in part]
            for name in (*named, *barred, *found_by.without):
                if name.removesuffix("-2") not in known:
                    raise InputError(unknown_word("concept", name, known), file=f"{claim.id}.yaml")
            made.append(_Pattern(parts, barred, denies))
        searched.append(_Searched(claim, tuple(made)))
    return tuple(searched)


def _similarities(sentences: Sequence[str]) -> list[dict[str, float]]:
    """Return for each sentence how near it comes to each claim's phrases, from 0 to 1."""
    index, owners, whole, stem = _index()
    found = []
    for sentence in sentences:
        words = stem(sentence)
        scores = index.get_scores(words) if words else []
        nearness: dict[str, float] = {}
        for owner, score, most in zip(owners, scores, whole, strict=bool(len(scores))):
            share = min(float(score) / most, 1.0) if most else 0.0
            nearness[owner] = max(nearness.get(owner, 0.0), share)
        found.append(nearness)
    return found


@cache
def _index() -> tuple[Any, list[str], list[float], Any]:
    import bm25s
    import snowballstemmer

    stemmer = snowballstemmer.stemmer("english")

    def stem(text: str) -> list[str]:
        return [str(stemmer.stemWord(w)) for w in fold(text).split() if w not in _SMALL]

    pairs = [(claim.id, phrase) for claim in load_claims() for phrase in claim.found_by.phrases]
    documents = [stem(phrase) for _, phrase in pairs]
    index = bm25s.BM25()
    index.index(documents, show_progress=False)
    # A phrase of few words is soon matched by chance: it counts as if it had six.
    whole = [
        float(index.get_scores(document)[place]) * max(1.0, 6 / len(document))
        for place, document in enumerate(documents)
    ]
    return index, [owner for owner, _ in pairs], whole, stem
