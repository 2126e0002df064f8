"""References as text in the Vancouver style, as PubMed prints it.

Source: Patrias and Wendling, Citing Medicine (National Library of Medicine), 2nd edition, 2007.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reflexarc.references import Notice, Reference

__all__ = ["MOST_AUTHORS", "vancouver"]

MOST_AUTHORS = 6
"""Authors that are named before `et al.`"""

_OPENINGS = {
    "erratum": "Erratum in",
    "correction": "Correction in",
    "retraction": "RETRACTED; retraction in",
    "expression of concern": "Expression of concern in",
    "preprint": "Preprint",
    "reprint": "Also in",
}
_PLACES = {"webpage": "[Internet]", "paper-conference": "[abstract]", "dataset": "[data set]"}


def vancouver(reference: "Reference") -> str:
    """Return a reference in one line.

    A title that could not be confirmed stands in square brackets. Unknown parts are left out.

    Args:
        reference: What to print.

    Example:
        >>> from reflexarc.references import find_reference
        >>> vancouver(find_reference("ma2020"))[:44]
        'Ma Q. Somatotopic organization of autonomic '
    """
    item = reference.item
    parts = [_authors(item), _title(reference), _place(item), *_numbers(item)]
    parts += [notice_text(notice) for notice in reference.notices]
    return " ".join(part for part in parts if part)


def notice_text(notice: "Notice") -> str:
    """Return a notice as a sentence.

    Example:
        >>> from reflexarc.references import Notice
        >>> notice_text(Notice("erratum", "Nature 2022;601:E9", "content not read"))
        'Erratum in: Nature 2022;601:E9 (content not read).'
    """
    note = f" ({notice.note})" if notice.note else ""
    return f"{_OPENINGS[notice.kind]}: {notice.where}{note}."


def _authors(item: Mapping[str, Any]) -> str:
    authors = item.get("author") or []
    if not authors:
        return ""
    names = [_name(author) for author in authors]
    if item["custom"].get("abridged"):
        return f"{names[0]}, et al."
    shown = names[:MOST_AUTHORS]
    more = ", et al" if len(names) > MOST_AUTHORS else ""
    return f"{', '.join(shown)}{more}."


def _name(author: Mapping[str, str]) -> str:
    if "literal" in author:
        return author["literal"]
    words = re.split(r"[\s.\-‐]+", author.get("given", ""))
    initials = "".join(word[0].upper() for word in words if word)
    particle = author.get("non-dropping-particle", "")
    return " ".join(part for part in (particle, author["family"], initials) if part)


def _title(reference: "Reference") -> str:
    kind = _PLACES.get(reference.item["type"], "")
    title = f"{reference.title} {kind}".strip()
    return title if title.endswith((".", "?", "!")) else f"{title}."


def _place(item: Mapping[str, Any]) -> str:
    """Return journal, year, volume, issue and pages: `Nature. 2021;598(7882):641-5.`"""
    journal = item.get("container-title-short") or item.get("container-title", "")
    publisher = "" if journal else item.get("publisher", "")
    year = str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""
    volume, issue = item.get("volume", ""), item.get("issue", "")
    where = f"{volume}({issue})" if volume and issue else volume
    pages = _pages(item.get("page", ""))
    when = year
    if where:
        when += f";{where}"
    if pages:
        when += f":{pages}" if where else f": p. {pages}"
    head = f"{(journal or publisher).rstrip('.')}. " if journal or publisher else ""
    return f"{head}{when}." if when else head.strip()


def _pages(pages: str) -> str:
    """Return a range of pages in its short form: 641-645 becomes 641-5."""
    found = re.fullmatch(r"(\d+)\s*[-–]\s*(\d+)", pages)
    if not found or len(found[1]) != len(found[2]):
        return pages
    first, last = found[1], found[2]
    same = next((i for i in range(len(first)) if first[i] != last[i]), len(first) - 1)
    return f"{first}-{last[same:]}"


def _numbers(item: Mapping[str, Any]) -> list[str]:
    found = []
    if "DOI" in item:
        found.append(f"doi: {item['DOI']}.")
    numbers = [f"{kind}: {item[kind]}" for kind in ("PMID", "PMCID") if kind in item]
    if numbers:
        found.append(f"{'; '.join(numbers)}.")
    if "URL" in item and "DOI" not in item:
        found.append(f"Available from: {item['URL']}.")
    return found
