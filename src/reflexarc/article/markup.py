"""From HTML and Markdown to blocks of plain text."""

import re
from collections.abc import Iterator
from html import unescape

from reflexarc.article.sentences import begins_reference, is_reference

__all__ = ["html_blocks", "markdown_blocks", "text_blocks"]

_SKIPPED = frozenset(("script", "style", "noscript", "template", "svg", "math", "nav"))
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,30})")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>]{1,200}")
_LONGEST_TAG = 5_000
_BREAK = "\0"
_LONGEST_LINK = 400
_LISTED = re.compile(
    r"\s*#*\s*(?:references|literature|bibliography|sources|works cited|further reading)\s*:?\s*",
    re.I,
)
_ENTRY_LINES = 8  # lines that an entry of a reference list takes at most
_INLINE = frozenset(
    word
    for line in (
        "a abbr b bdi bdo cite code data dfn em font i kbd label mark q s samp small span strong",
        "sub sup time tt u var wbr ins del img",
    )
    for word in line.split()
)


def html_blocks(text: str) -> list[str]:
    """Return the visible text of a page, one block a paragraph, heading, item or cell.

    Example:
        >>> html_blocks("<h1>Needles</h1><p>They <b>calm</b> TNF&alpha;.<script>x()</script>")
        ['Needles', 'They calm TNFα.']
    """
    blocks = "".join(_visible(text)).split(_BREAK)
    return [block for block in map(_single_spaced, map(unescape, blocks)) if block]


def markdown_blocks(text: str) -> list[str]:
    """Return the text of a Markdown file without its marks.

    Front matter and code go; of a link its words stay, and its address if that holds a DOI.

    Example:
        >>> markdown_blocks("# Title\\n\\nSee *the* [paper](https://doi.org/10.1038/nm.3479).")
        ['Title', 'See the paper (10.1038/nm.3479).']
    """
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^(```|~~~).*?(?:^\1[^\n]*$|\Z)", "\n", text, flags=re.S | re.M)
    text = re.sub(r"!\[[^\]\[]{0,300}\]\([^()\s\[]{0,300}\)", " ", text)
    text = re.sub(r"\[([^\]\[]{1,300})\]\(([^()\s\[]{0,300})(?:\s[^()\[]{0,200})?\)", _link, text)
    if re.search(r"<(?:p|div|br|h\d|li|table)\b", text, re.I):
        text = "\n\n".join(re.sub(r"<[^<>]{1,500}>", " ", block) for block in text.split("\n\n"))
    lines = []
    for line in text.split("\n"):
        if re.fullmatch(r"\s*(?:[-*_=]\s*){3,}|\s*\|?[\s:|-]+\|?\s*", line):
            lines.append("")
        elif match := re.match(r"\s*(?:#{1,6}|\|)\s+(.*)", line):
            lines += ["", *(cell for part in match[1].split(" | ") for cell in (part, ""))]
        elif match := re.match(r"\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)", line):
            lines += ["", match[1]]
        else:
            lines.append(re.sub(r"^\s*(?:>\s?)+", "", line))
    plain = re.sub(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|`", "", "\n".join(lines))
    return text_blocks(re.sub(r"\s#+\s*$", "", plain, flags=re.M))


def text_blocks(text: str) -> list[str]:
    """Return the paragraphs of a plain text: blocks between empty lines; a list item is a block.

    So is an entry of a list of references, whose lines may follow each other without a gap.

    Example:
        >>> text_blocks("One line\\nand its end.\\n\\n- an item\\n- another")
        ['One line and its end.', 'an item', 'another']
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"^[ \t]*(?:[-*•‣▪–]|\d{1,3}[.)]|\[\d{1,3}\])[ \t]+", "\n\n", text, flags=re.M)
    text = "\n".join(_with_gaps(text.split("\n")))
    blocks = re.split(r"\n[ \t]*\n|\f", text)
    return [block for block in map(_single_spaced, blocks) if block]


def _with_gaps(lines: list[str]) -> Iterator[str]:
    """Yield lines, with an empty one before an entry of references and around their heading."""
    before = ""
    for place, line in enumerate(lines):
        if _LISTED.fullmatch(line):
            yield ""
            yield line
            yield ""
            before = ""
            continue
        # In running text a line can begin with "Vitamin C" too: the one before it has ended.
        ended = not before.strip() or before.rstrip()[-1] in ".)]/" or before.rstrip()[-1].isdigit()
        if ended and before.strip() and begins_reference(line) and _entry(lines, place):
            yield ""
        yield line
        before = line


def _entry(lines: list[str], place: int) -> bool:
    """Say whether a line begins an entry of references, which may go on in the lines behind it."""
    entry = lines[place].strip()
    for line in lines[place + 1 : place + _ENTRY_LINES]:
        if is_reference(entry) or not line.strip() or begins_reference(line):
            break
        entry += " " + line.strip()
    return is_reference(entry)


def _visible(text: str) -> Iterator[str]:
    """Yield the visible text of a page and `_BREAK` wherever a block begins or ends.

    One pass, in which no mark is looked for further than a tag can be long: the parser of the
    standard library takes ever longer for tags that never close.
    """
    low = text.lower() if len(text.lower()) == len(text) else text
    place = 0
    while (start := text.find("<", place)) >= 0:
        yield text[place:start]
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            place = end + 3 if end >= 0 else len(text)
            continue
        end = text.find(">", start, start + _LONGEST_TAG)
        tag = _TAG.match(text, start)
        if tag is None or end < 0:
            yield "" if text[start : start + 2] in ("<!", "<?") and end >= 0 else "&lt;"
            place = end + 1 if text[start : start + 2] in ("<!", "<?") and end >= 0 else start + 1
            continue
        name = tag[2].lower()
        place = end + 1
        if name in _SKIPPED and not tag[1] and text[end - 1] != "/":
            close = low.find(f"</{name}", place)
            place = close if close >= 0 else len(text)
            yield _BREAK
        elif name not in _INLINE:
            yield _BREAK
        elif name == "a" and not tag[1] and (doi := _DOI.search(text[start:end])):
            close = low.find("</a", place, place + _LONGEST_LINK)
            shown = low[place : close if close >= 0 else place]
            yield "" if doi[0].lower() in shown else f" {doi[0]} "
    yield text[place:]


def _link(match: re.Match[str]) -> str:
    doi = re.search(r"10\.\d{4,9}/\S+", match[2])
    return f"{match[1]} ({doi[0]})" if doi and doi[0] not in match[1] else match[1]


def _single_spaced(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").split())
