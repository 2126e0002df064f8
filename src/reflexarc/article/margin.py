"""The margin of an article: beside each sentence the claims it touches, and what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reflexarc.article.citations import Citation, check_citations
from reflexarc.article.matching import match_sentences
from reflexarc.article.reading import read_article
from reflexarc.article.sentences import split_sentences
from reflexarc.article.stance import Stance, remarks, stance
from reflexarc.claims import Claim

__all__ = ["Margin", "Note", "Touch", "check_article", "check_sentences"]


@dataclass(frozen=True)
class Touch:
    """A claim that a sentence touches, and how.

    Attributes:
        claim: The claim.
        confidence: Of the match, from 0 to 1; not of the claim.
        stance: States, denies, hedges, asks, or touches where words don't tell which.
        remarks: Species or points that the evidence does not cover.
    """

    claim: Claim
    confidence: float
    stance: Stance
    remarks: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "claim": self.claim.id,
            "verdict": self.claim.verdict,
            "confidence": self.confidence,
            "stance": self.stance,
            "certainty": self.claim.certainty.grade,
            "plain": self.claim.plain,
            "remarks": list(self.remarks),
            "sources": list(self.claim.sources),
        }


@dataclass(frozen=True)
class Note:
    """A sentence with what stands in its margin.

    Attributes:
        sentence: The sentence.
        touches: Claims, the surest first; none if it touches no claim of the ledger.
        citations: Statements about papers that disagree with the references.
    """

    sentence: str
    touches: tuple[Touch, ...]
    citations: tuple[Citation, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing stands in the margin."""
        return not self.touches and not self.citations


@dataclass(frozen=True)
class Margin:
    """An article with its margin.

    Attributes:
        notes: One a sentence, in order.
    """

    notes: tuple[Note, ...]

    @property
    def touched(self) -> int:
        """How many sentences touch a claim."""
        return sum(bool(note.touches) for note in self.notes)

    def record(self) -> dict[str, Any]:
        """Return it as plain data, the shape of `reflexarc check --json`."""
        return {
            "number of sentences": len(self.notes),
            "touching a claim": self.touched,
            "touching no claim": len(self.notes) - self.touched,
            "margin": [
                {
                    "number": number,
                    "sentence": note.sentence,
                    "matched": bool(note.touches),
                    "claims": [touch.record() for touch in note.touches],
                    "citations": [
                        {
                            "says": one.says,
                            "reference": one.reference,
                            "record": one.record,
                            "sure": one.sure,
                        }
                        for one in note.citations
                    ],
                }
                for number, note in enumerate(self.notes, 1)
            ],
        }


def check_article(path: Path | str) -> Margin:
    """Read an article and return it with its margin.

    Args:
        path: A `.txt`, `.md`, `.html` or `.pdf` file.

    Raises:
        InputError: The file can't be read; see `read_article`.

    Example:
        >>> check_article("article.md").touched  # doctest: +SKIP
        7
    """
    return check_sentences(split_sentences(read_article(path)))


def check_sentences(sentences: Sequence[str]) -> Margin:
    """Return sentences with their margin.

    Args:
        sentences: The sentences of one article, in order.

    Example:
        >>> margin = check_sentences(["Acupuncture has no side effects."])
        >>> margin.notes[0].touches[0].claim.id
        'C24'
    """
    matches = match_sentences(sentences)
    sources = {
        position: [key for match in found for key in match.claim.sources]
        for position, found in enumerate(matches)
    }
    wrong: dict[int, list[Citation]] = {}
    for citation in check_citations(sentences, touched=sources):
        wrong.setdefault(citation.sentence, []).append(citation)
    return Margin(
        tuple(
            Note(
                sentence,
                tuple(
                    Touch(
                        match.claim,
                        match.confidence,
                        stance(sentence, match.claim, denied=match.denied),
                        tuple(remarks(sentence, match.claim)),
                    )
                    for match in found
                ),
                tuple(wrong.get(position, ())),
            )
            for position, (sentence, found) in enumerate(zip(sentences, matches, strict=True))
        )
    )
