"""Every published source, for the page: how to name it, where to read it, what to beware of."""

from typing import Any

from reflexarc.references import Reference, references
from reflexarc.references.vancouver import notice_text

__all__ = ["references_data"]


def references_data() -> dict[str, dict[str, Any]]:
    """Return every reference by its key.

    Returns:
        For each: `short` (Liu et al. 2021), `title`, `text` (Vancouver), `doi`, `url` (where it
        can be read; empty if unknown), `notices` (errata, retractions), `verified` (what was
        confirmed).

    Example:
        >>> references_data()["liu2021"]["short"]
        'Liu et al. 2021'
    """
    return {key: _entry(reference) for key, reference in references().items()}


def _entry(reference: Reference) -> dict[str, Any]:
    item = reference.item
    doi, pmid = str(item.get("DOI", "")), str(item.get("PMID", ""))
    url = str(item.get("URL", ""))
    if pmid and not url:
        url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    return {
        "short": _short(reference),
        "title": reference.title,
        "text": str(reference),
        "doi": doi,
        "url": f"https://doi.org/{doi}" if doi else url,
        "notices": [notice_text(notice) for notice in reference.notices],
        "verified": reference.verified,
    }


def _short(reference: Reference) -> str:
    authors = reference.item.get("author", [])
    names = [one.get("family") or one.get("literal") or one.get("given", "") for one in authors]
    year = str(reference.year or "")
    if not names:
        words = reference.title.strip("[]").split()
        return " ".join([" ".join(words[:5]) + ("…" if len(words) > 5 else ""), year]).strip()
    more = len(names) > 2 or reference.item["custom"].get("abridged")
    joined = f"{names[0]} et al." if more else " and ".join(names)
    return f"{joined} {year}".strip()
