"""Text with links: ids of findings, claims and sources lead to where they stand."""

import re
from functools import cache

from markupsafe import Markup, escape

from reflexarc.claims import load_claims
from reflexarc.contradictions import load_contradictions
from reflexarc.evidence.reading import load_findings
from reflexarc.references import references

__all__ = ["address", "anchor", "linked", "sourced"]

_OUT = (
    (re.compile(r"doi: (10\.[^\s<]+?)(?=\.(?:\s|$))"), "https://doi.org/"),
    (re.compile(r"PMID: (\d+)"), "https://pubmed.ncbi.nlm.nih.gov/"),
    (re.compile(r"PMCID: (PMC\d+)"), "https://pmc.ncbi.nlm.nih.gov/articles/"),
    (re.compile(r"Available from: (https?://\S+?)(?=\.(?:\s|$))"), ""),
)
"""What in a reference leads to the paper, and the address before it; the first found is taken."""


def anchor(text: str) -> str:
    """Return a name for an id in a page.

    Example:
        >>> anchor("Bleeding disorder?")
        'bleeding-disorder'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


@cache
def address(kind: str, name: str) -> str:
    """Return where something stands, from the top of the site.

    Args:
        kind: `finding`, `claim`, `contradiction` or `reference`.
        name: Its id, number or key.
    """
    return {
        "finding": f"findings.html#{name}",
        "claim": f"claims/{name}.html",
        "contradiction": f"contradictions/{name}.html",
        "reference": f"references.html#{name}",
    }[kind]


def linked(text: str, root: str) -> Markup:
    """Return a text as markup in which known ids are links.

    Args:
        text: Plain text; what is markup in it is shown as it is written.
        root: The way from the page to the top of the site: empty, or `../`.

    Example:
        >>> linked("L21-1-TNF & more", "")
        Markup('<a href="findings.html#L21-1-TNF">L21-1-TNF</a> &amp; more')
    """
    pieces, end = [], 0
    for match in _pattern().finditer(text):
        pieces.append(escape(text[end : match.start()]))
        kind = next(kind for kind, found in match.groupdict().items() if found)
        name = match[kind]
        pieces.append(_link(f"{root}{address(kind, name)}", match[0]))
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


def sourced(text: str) -> Markup:
    """Return a reference as markup in which its DOI, or else its PMID or page, leads out.

    Args:
        text: Vancouver text.
    """
    for pattern, place in _OUT:
        if found := pattern.search(text):
            link = Markup('<a href="{}{}" rel="external noreferrer">{}</a>').format(
                place, found[1], found[1]
            )
            return escape(text[: found.start(1)]) + link + escape(text[found.end(1) :])
    return escape(text)


def _link(target: str, words: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(target, words)


@cache
def _pattern() -> re.Pattern[str]:
    """Return what finds ids as whole words; a longer id before one with which it begins."""
    kinds = {
        "finding": [finding.id for finding in load_findings()],
        "reference": list(references()),
    }
    parts = [
        f"(?P<{kind}>{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})"
        for kind, names in kinds.items()
    ]
    claims = "|".join(claim.id for claim in reversed(load_claims()))
    numbers = "|".join(str(one.number) for one in reversed(load_contradictions()))
    parts += [rf"claim (?P<claim>{claims})", rf"contradiction (?P<contradiction>{numbers})"]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])")
