"""The words of this part: no promise, no permission, and at the end what it is not."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from reflexarc.yaml_source import Source, read_yaml

__all__ = ["CLOSING", "QUOTED", "READ", "cite", "promises", "read_data", "texts"]

CLOSING = (
    "This is not medical advice, not a diagnosis, not a device and not permission for anything. "
    "It comes from published reports and from a model on mouse data, not from an examination of "
    "anybody. Talk to your physician about your own case."
)
"""What every page of this part ends with."""

QUOTED = frozenset({"id", "claim", "found by", "met in", "record"})
"""Keys of the claims ledger whose texts are weighed there, not said by it."""

READ = {
    "T": "read at the source",
    "S": "read in a secondary source",
    "R": "not read at the source",
    "NF": "not found",
}
"""What each trust means for whoever reads a number or a rule."""

_PROMISES = (
    r"\b(?:is|are|be|was|were|as|perfectly|completely|entirely|generally|usually) safe\b",
    r"\bsafe for (?:you|most|everyone|everybody|anyone|people|patients)\b",
    r"\bsafely\b",
    r"\bsafer? (?:treatment|therapy|option|alternative|choice)\b",
    r"\bharmless\b",
    r"\brisk[- ]free\b",
    r"\bwithout (?:any )?(?:risk|danger)\b",
    r"\bno (?:known )?(?:risk|danger|harm|side effect)s?\b",
    r"\bnothing to (?:fear|worry)\b",
    r"\byou (?:can|may|could) (?:now |still |also )?"
    r"(?:have|get|try|use|go|start|continue|receive|be needled)\b",
    r"\b(?:go ahead|cleared for|feel free|good to go|green light)\b",
    r"\byou (?:are|'re) (?:allowed|cleared|suitable|eligible|fit)\b",
    r"\b(?:allowed|permitted|suitable|recommended|advisable) for you\b",
    r"\bwe recommend\b",
    r"\b(?:cures?|heals|will heal)\b",
    r"\bguarantee[sd]?\b",
    r"\bwill (?:help|relieve|improve|benefit|protect|prevent|treat|save)\b",
    r"\bcan (?:help|heal|cure|relieve|benefit|protect|save) (?:you|people|patients)\b",
    r"\bworks for (?:you|everyone|everybody)\b",
    r"\bproven (?:benefit|treatment|therapy|remedy)\b",
)
_PATTERN = re.compile("|".join(_PROMISES), re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:not|no|never|nobody|nothing|none|neither|nor|cannot|without|unclear|unknown|whether)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’")
_CLAUSE = re.compile(r"[.;:!?]\s+|\bbut\b")


def promises(text: str) -> tuple[str, ...]:
    """Return the words of a text that promise a benefit or give a permission.

    What stands in quotation marks, and what its own clause denies, doesn't count.

    Args:
        text: One or more sentences.

    Example:
        >>> promises("Needling is safe for you, and it will help.")
        ('is safe', 'will help')
        >>> promises("Nothing here means that needling is safe for you.")
        ()
    """
    found = []
    for clause in _CLAUSE.split(_QUOTED.sub(" ", text)):
        for match in _PATTERN.finditer(clause):
            if not _DENIAL.search(clause[: match.start()]):
                found.append(match[0])
    return tuple(found)


def texts(data: Any, *, skip: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield every text in plain data.

    Args:
        data: Mappings, lists and scalars.
        skip: Keys whose texts are left out: identifiers, and what is quoted in order to weigh it.
    """
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            if key not in skip:
                yield from texts(value, skip=skip)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from texts(value, skip=skip)


def cite(key: str) -> str:
    """Return a reference in one line; the key itself where the list doesn't hold it."""
    from reflexarc.evidence import references

    known = references()
    return str(known[key]) if key in known else key


@cache
def read_data(name: str) -> Source:
    """Return a file of `evidence/safety`, read as plain data with line numbers."""
    folder = files("reflexarc.evidence").joinpath("safety")
    return read_yaml(folder.joinpath(name).read_text(encoding="utf-8"), file=name)
