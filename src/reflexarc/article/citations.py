"""What an article says of papers: DOIs, PMIDs, years and volumes, held against the references."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from reflexarc.article.words import fold
from reflexarc.evidence import references

__all__ = ["Citation", "check_citations"]

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>|{}]{1,200}")
_PMID = re.compile(r"\bPMID:?\s*(\d{1,9})\b|pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,9})\b", re.I)
_PMC = re.compile(r"\bPMC(\d{4,9})\b")
_YEAR = re.compile(r"(?<![\d.:/-])(19[5-9]\d|20[0-4]\d)(?![\d/]|\.\d)")
_VOLUME = re.compile(
    r"(?:;\s*|\bvol(?:ume)?\.?\s*)(\d{1,4})\b(?!\s*(?:of|issue))"
    r"|(?<![\d:;])\b(\d{1,4})(?:\s?\(\d{1,4}\))?:\s?e?\d{3,}",
    re.I,
)
_AMENDED = re.compile(r"\b(?:errat\w+|correct(?:ion|ed)|corrigend\w+|retract\w+)\b.*", re.I)
_BEHIND = re.compile(r"\s*\([^()]{0,80}\)|,?\s*(?:19|20)\d\d\b(?![;:\d])")
_ALIKE = 0.9  # similarity from which an unknown DOI looks like a slip of a known one
_BEFORE = 60  # characters between a journal's name and its year or volume


@dataclass(frozen=True)
class Citation:
    """A statement about a paper that disagrees with the references.

    Attributes:
        sentence: Position of the sentence in the article, from 0.
        says: What the article says.
        reference: Key of the paper it is about.
        record: What the record says, in a sentence.
        sure: False where it is only likely which paper is meant.
    """

    sentence: int
    says: str
    reference: str
    record: str
    sure: bool = True


def check_citations(
    sentences: Sequence[str], *, touched: Mapping[int, Iterable[str]] | None = None
) -> list[Citation]:
    """Return the statements about papers that disagree with references.json.

    Args:
        sentences: The sentences of one article.
        touched: For each position, reference keys of the claims it touches: with them a year
            of a journal is checked where the paper is not named.

    Returns:
        Disagreements in order. A paper that is not in the references is passed over.

    Example:
        >>> (found,) = check_citations(["See doi 10.1038/s41586-021-04001-4 (Nature, 2022)."])
        >>> found.reference, found.record
        ('liu2021', 'the year is 2021')
    """
    found: list[Citation] = []
    for position, sentence in enumerate(sentences):
        here: list[Citation] = []
        named, slips = _identified(sentence)
        here += [Citation(position, says, key, record, sure) for says, key, record, sure in slips]
        here += _mixed(position, sentence, named)
        alone = len(set(named.values())) == 1
        for segment, key in [(sentence, *set(named.values()))] if alone else _segments(sentence):
            here += _differences(position, segment, key, sure=alone)
        if not named:
            here += _by_journal(position, sentence, (touched or {}).get(position, ()))
        found += list({(one.reference, one.record): one for one in here}.values())
    return found


def _identified(sentence: str) -> tuple[dict[str, str], list[tuple[str, str, str, bool]]]:
    """Return the papers named by DOI, PMID or PMCID, and DOIs that are slips of known ones."""
    by_doi, by_pmid, by_pmc = _identifiers()
    named: dict[str, str] = {}
    slips = []
    for match in _DOI.finditer(sentence):
        doi = match[0].rstrip(".,;:'’”)]").casefold()
        if doi in by_doi:
            named[f"doi {doi}"] = by_doi[doi]
            continue
        near = max(by_doi, key=lambda known: SequenceMatcher(None, doi, known).ratio())
        # Consecutive papers of a journal differ by a digit too: only the rest of the sentence
        # can say that this paper was meant.
        alike = SequenceMatcher(None, doi, near).ratio() >= _ALIKE
        if alike and _mentions(sentence, by_doi[near]):
            slips.append((f"doi {doi}", by_doi[near], f"the DOI is {near}", False))
    for match in _PMID.finditer(sentence):
        number = match[1] or match[2]
        if number in by_pmid:
            named[f"PMID {number}"] = by_pmid[number]
    for match in _PMC.finditer(sentence):
        if match[1] in by_pmc:
            named[f"PMC{match[1]}"] = by_pmc[match[1]]
    return named, slips


def _segments(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield the words around the identifiers of each of several papers, and its key.

    Identifiers close what is said of a paper: its words begin behind the paper before it. A year
    or a parenthesis right behind the last identifier still belongs to it.
    """
    by_doi, by_pmid, by_pmc = _identifiers()
    found: list[tuple[int, str | None]] = []
    for pattern, known in ((_DOI, by_doi), (_PMID, by_pmid), (_PMC, by_pmc)):
        for match in pattern.finditer(sentence):
            number = next(filter(None, match.groups()), match[0].rstrip(".,;:'’”)]").casefold())
            end = match.end() if match.groups() else match.start() + len(number)
            behind = _BEHIND.match(sentence, end)
            found.append((behind.end() if behind else end, known.get(number)))
    found.sort(key=lambda one: one[0])
    start = 0
    for place, (end, key) in enumerate(found):
        if place + 1 < len(found) and found[place + 1][1] == key:
            continue
        if key is not None:
            yield sentence[start:end], key
        start = end


def _mixed(position: int, sentence: str, named: Mapping[str, str]) -> list[Citation]:
    """Return identifiers that stand together and are not those of one paper."""
    doi = next((key for name, key in named.items() if name.startswith("doi")), None)
    if doi is None or len(_DOI.findall(sentence)) > 1:
        return []
    item = references()[doi].item
    _, by_pmid, by_pmc = _identifiers()
    pmids = [match[1] or match[2] for match in _PMID.finditer(sentence)]
    pmcs = [match[1] for match in _PMC.finditer(sentence)]
    found = []
    for kind, numbers, own, known in (
        ("PMID", pmids, item.get("PMID"), by_pmid),
        ("PMCID", pmcs, item.get("PMCID", "").removeprefix("PMC"), by_pmc),
    ):
        wrong = [number for number in numbers if own and number != own]
        prefix = "PMC" if kind == "PMCID" else ""
        # The identifier of another known paper is right for that one, and an unknown one may be
        # that of a paper which isn't listed.
        for number in filter(lambda number: number not in known, wrong):
            says = f"PMC{number}" if prefix else f"PMID {number}"
            found.append(Citation(position, says, doi, f"the {kind} is {prefix}{own}", sure=False))
    return found


def _differences(position: int, sentence: str, key: str, *, sure: bool) -> Iterator[Citation]:
    """Compare the years and the volume in a sentence with those of a paper."""
    item = references()[key].item
    # What follows the word erratum is the record of the erratum.
    bare = _AMENDED.sub(" ", _PMC.sub(" ", _PMID.sub(" ", _DOI.sub(" ", sentence))))
    years = _YEAR.findall(bare)
    if "issued" in item and years and str(_year(item)) not in years:
        yield Citation(position, years[0], key, f"the year is {_year(item)}", sure)
    volumes = [semicolon or colon for semicolon, colon in _VOLUME.findall(bare)]
    if item.get("volume", "").isdigit() and len(volumes) == 1 and volumes[0] != item["volume"]:
        yield Citation(
            position, f"volume {volumes[0]}", key, f"the volume is {item['volume']}", sure
        )


def _by_journal(position: int, sentence: str, touched: Iterable[str]) -> list[Citation]:
    """Check "the 2022 volume of Nature", where the paper is known by its author or its claim."""
    near = _near_journal(_AMENDED.sub(" ", sentence))
    if not near:
        return []
    keys = set(touched)
    candidates = [
        key
        for journal in near
        for key in _journals()[journal]
        if key in keys or _mentions(sentence, key)
    ]
    years = {year for words in near.values() for year in _YEAR.findall(words)}
    if not years or any(str(_year(references()[key].item)) in years for key in candidates):
        return []
    if not candidates:
        return []
    stated = int(min(years))
    nearest = min(candidates, key=lambda key: abs(_year(references()[key].item) - stated))
    return list(_differences(position, sentence, nearest, sure=_mentions(sentence, nearest)))


def _near_journal(sentence: str) -> dict[str, str]:
    """Return the journals that a sentence names, each with the words around it."""
    found = {}
    for journal in filter(sentence.__contains__, _journals()):
        # Case counts: "Nature" is a journal, "nature" is not.
        match = re.search(rf"(?<!\w){re.escape(journal)}(?!\w)(?! [A-Z])", sentence)
        if match:
            found[journal] = sentence[max(match.start() - _BEFORE, 0) : match.end() + _BEFORE]
    return found


def _mentions(sentence: str, key: str) -> bool:
    """Say whether a sentence names a paper's first author or most words of its title."""
    item = references()[key].item
    words = set(fold(sentence).split())
    authors = item.get("author") or []
    family = fold(authors[0].get("family", "")) if authors else ""
    if family and len(family) > 1 and set(family.split()) <= words:
        return True
    title = {word for word in fold(item.get("title", "")).split() if len(word) > 4}
    return len(title) > 3 and len(title & words) >= 0.7 * len(title)


def _year(item: Mapping[str, Any]) -> int:
    return int(item["issued"]["date-parts"][0][0]) if "issued" in item else 0


@cache
def _identifiers() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    items = {key: reference.item for key, reference in references().items()}
    return (
        {item["DOI"].casefold(): key for key, item in items.items() if item.get("DOI")},
        {item["PMID"]: key for key, item in items.items() if item.get("PMID")},
        {
            item["PMCID"].removeprefix("PMC"): key
            for key, item in items.items()
            if item.get("PMCID")
        },
    )


@cache
def _journals() -> dict[str, list[str]]:
    """Return the journals of the references, each with its papers that have a year."""
    found: dict[str, list[str]] = {}
    for key, reference in references().items():
        item = reference.item
        names = (item.get("container-title"), item.get("container-title-short"))
        for journal in {str(name) for name in names if name}:
            if "issued" in item:
                found.setdefault(journal, []).append(key)
    return found
