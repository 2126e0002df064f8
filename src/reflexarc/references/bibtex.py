"""References as BibTeX, in characters that every LaTeX knows."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reflexarc.references.vancouver import notice_text

if TYPE_CHECKING:
    from reflexarc.references import Reference

__all__ = ["bibtex", "escape"]

_KINDS = {
    "article-journal": "article",
    "paper-conference": "inproceedings",
    "book": "book",
    "chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "–": "--",
    "—": "---",
    "‐": "-",
    "’": "'",
    "…": r"\ldots{}",
    "μ": r"$\mu$",
    "µ": r"$\mu$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    "κ": r"$\kappa$",
    "δ": r"$\delta$",
    "ß": r"{\ss}",
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "å": r"{\aa}",
    "Å": r"{\AA}",
    "æ": r"{\ae}",
    "ł": r"{\l}",
    "Ł": r"{\L}",
    "ı": r"{\i}",
    "≥": r"$\geq$",
    "×": r"$\times$",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u ",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r ",
    "\u030b": "H ",
    "\u030c": "v ",
    "\u0327": "c ",
    "\u0328": "k ",
}


def bibtex(reference: "Reference", reasons: Sequence[str] = ()) -> str:
    """Return a reference as a BibTeX entry.

    Args:
        reference: What to print.
        reasons: What it is cited for; kept as `annote`.

    Example:
        >>> from reflexarc.references import find_reference
        >>> bibtex(find_reference("liu2021")).splitlines()[0]
        '@article{liu2021,'
    """
    item = reference.item
    kind = _KINDS.get(item["type"], "misc")
    notes = [notice_text(notice) for notice in reference.notices]
    if reference.unconfirmed:
        notes.append(f"Not confirmed: {', '.join(reference.unconfirmed)}.")
    book = "booktitle" if kind in ("inproceedings", "incollection") else "journal"
    fields = {
        "author": _authors(item),
        "title": _keep_capitals(escape(reference.title)),
        book: escape(item.get("container-title", "")),
        "year": "" if reference.year is None else str(reference.year),
        "volume": escape(item.get("volume", "")),
        "number": escape(item.get("issue", "")),
        "pages": escape(item.get("page", "")).replace("-", "--"),
        "publisher": escape(item.get("publisher", "")),
        "doi": item.get("DOI", ""),
        "pmid": item.get("PMID", ""),
        "pmcid": item.get("PMCID", ""),
        "url": item.get("URL", ""),
        "note": escape(" ".join(notes)),
        "annote": escape("; ".join(reasons)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{reference.key},", *lines, "}"])


def escape(text: str) -> str:
    r"""Return text in which nothing has a meaning of its own in LaTeX.

    Accents and the Greek letters of titles become commands; what has no command stays as it is.

    Example:
        >>> escape("Peña, 5 % & more")
        "Pe{\\~n}a, 5 \\% \\& more"
    """
    return "".join(_escaped(character) for character in unicodedata.normalize("NFC", text))


def _escaped(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii():
        return character
    base, *marks = list(unicodedata.normalize("NFD", character))
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii():
        return f"{{\\{_ACCENTS[marks[0]]}{base}}}"
    return character


def _keep_capitals(title: str) -> str:
    """Put braces round words with capitals beyond their first letter, as in NPY or ST36."""
    word = re.compile(r"(?<![\\\w{])[A-Za-z0-9]*[A-Za-z0-9][A-Z][A-Za-z0-9]*(?![\w}])")
    return word.sub(lambda match: f"{{{match[0]}}}", title)


def _authors(item: Mapping[str, Any]) -> str:
    names = [_name(author) for author in item.get("author") or []]
    if not names:
        return ""
    if item["custom"].get("abridged"):
        names = [names[0], "others"]
    return " and ".join(names)


def _name(author: Mapping[str, str]) -> str:
    if "literal" in author:
        return f"{{{escape(author['literal'])}}}"
    particle = author.get("non-dropping-particle", "")
    family = escape(f"{particle} {author['family']}".strip())
    given = escape(author.get("given", ""))
    return f"{family}, {given}" if given else family
