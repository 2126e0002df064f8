"""The second reading of each finding, and whether it agrees with the first.

A second reader saw the citation and the question alone (which arm against which, by what), read the
source anew and wrote what it says. The two readings are compared by direction; numbers are for the
eye. Where they differ the first reading is changed, or `RESOLVED` says why it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from reflexarc.evidence.schema import Comparison, Expectation
from reflexarc.yaml_source import read_yaml

__all__ = ["RESOLVED", "Agreement", "Reading", "agreement", "second_readings"]

Agreement = Literal["agrees", "differs", "unread"]

WEAK = ("inferred", "not named", "unclear")
"""Words of a reader who answered from more than the source says."""

RESOLVED: Mapping[str, str] = {}
"""Why the first reading stands where the second differs, by id of the finding."""


@dataclass(frozen=True)
class Reading:
    """What the second reader found.

    Attributes:
        finding: Id of the finding.
        read: What was read: abstract, figure legend, table, secondary page.
        address: Where, if it has a public address.
        direction: Lower, higher, unchanged, abolished, rising, a number, or unreadable; of an order
            what stands below what, as in `4 mA < 2 mA < 1 mA`.
        words: The reader's own words.
        confidence: High, medium or low.
    """

    finding: str
    read: str
    address: str
    direction: str
    words: str
    confidence: str

    @property
    def counts(self) -> bool:
        """Whether the source itself told the reader."""
        weak = any(word in self.words.casefold() for word in WEAK)
        return self.direction != "unreadable" and self.confidence != "low" and not weak


@cache
def second_readings() -> Mapping[str, Reading]:
    """Return every second reading by the id of its finding."""
    from importlib.resources import files

    text = files("reflexarc.evidence").joinpath("second_reading.yaml").read_text("utf-8")
    papers = read_yaml(text, file="second_reading.yaml").data
    return {
        name: Reading(
            finding=name,
            read=str(paper["read"]),
            address=str(paper["address"] or ""),
            direction=str(entry["direction"]),
            words=str(entry["words"] or ""),
            confidence=str(entry["confidence"]),
        )
        for paper in papers.values()
        for name, entry in paper["findings"].items()
    }


def agreement(name: str, comparison: Comparison, expect: Expectation) -> Agreement:
    """Return whether the second reading says what a finding expects.

    Args:
        name: Id of the finding.
        comparison: What it compares.
        expect: What it expects.
    """
    reading = second_readings().get(name)
    if reading is None or not reading.counts:
        return "unread"
    said = reading.direction
    if comparison.kind == "abolished":
        return "agrees" if said in ("abolished", "unchanged") else "differs"
    if comparison.kind == "order" and "<" in said:
        read = tuple(step.strip() for step in said.split("<"))
        return "agrees" if read == (comparison.arms or comparison.observables) else "differs"
    if comparison.kind == "order":
        return "agrees" if said in ("rising", "higher", "number") else "differs"
    if expect.direction is None:
        return "agrees"  # a number: the reader gives it in words of his own
    if said == "number":
        return "unread"
    return "agrees" if said == expect.direction else "differs"
