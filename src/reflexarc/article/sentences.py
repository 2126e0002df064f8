"""From blocks of text to sentences, past abbreviations, initials, decimals and citations."""

import re
from collections.abc import Iterable, Iterator

__all__ = ["LONGEST_SENTENCE", "begins_reference", "is_reference", "split_sentences"]

LONGEST_SENTENCE = 1_000
"""The longest sentence, in characters; a longer one is cut between words."""

_ABBREVIATIONS = frozenset(
    word
    for line in (
        "e.g i.e i.p i.v i.m s.c p.o b.i.d u.s u.k a.m p.m n.b cf al etc fig figs ref refs no nos",
        "vol vols pp p eq eqs ch sec tab suppl dr drs mr mrs ms prof st jr sr inc ltd co vs approx",
        "ca resp ed eds dept univ jan feb mar apr jun jul aug sep sept oct nov dec med j am acad",
        "sci proc natl int clin exp res rev neurosci immunol physiol biol",
    )
    for word in line.split()
)
# After these a capital may start a new sentence all the same.
_MAY_END = frozenset(
    (
        *("etc", "al", "i.p", "i.v", "i.m", "s.c", "p.o", "b.i.d", "u.s", "u.k", "a.m", "p.m"),
        *("no", "inc", "ltd", "co"),
    )
)
_FOLLOWED_BY_NUMBER = frozenset(
    ("no", "nos", "p", "pp", "fig", "figs", "ref", "refs", "vol", "vols", "eq", "ch", "sec", "tab")
)
_REFERENCE = re.compile(
    r"\W*(?:\d{1,3}\W+)?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)? [A-Z]{1,3}\b[,.;:]? ?"
    r"(?=.{0,900}\b(?:19|20)\d\d\b).{20,1000}"
)
_AUTHOR = re.compile(r"\W*(?:\d{1,3}\W+)?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)? [A-Z]{1,3}\b[,.;:]? ")
_SEEN = 80  # characters on either side of a mark that decide whether it ends a sentence
_END = re.compile(r"(?:[.!?…]+)[\"'”’)\]]*(?=\s)")


def split_sentences(blocks: Iterable[str]) -> list[str]:
    """Return the sentences of an article in order.

    Args:
        blocks: Paragraphs, headings and list items; a sentence never runs over two.

    Returns:
        Sentences with single spaces, none empty.

    Example:
        >>> split_sentences(["LPS (e.g. 5 mg/kg) was given i.p. at 0 h (Fig. 2). It hurt?  No."])
        ['LPS (e.g. 5 mg/kg) was given i.p. at 0 h (Fig. 2).', 'It hurt?', 'No.']
    """
    return [part for block in blocks for sentence in _split(block) for part in _cut(sentence)]


def begins_reference(line: str) -> bool:
    """Say whether a line begins as an entry of a reference list does: an author with initials.

    Example:
        >>> begins_reference("Ma Q. Reflexes by acupuncture.")
        True
    """
    return _AUTHOR.match(line.lstrip()) is not None


def is_reference(text: str) -> bool:
    """Say whether a block is an entry of a reference list: an author, initials, a year.

    Example:
        >>> is_reference("Ma Q. Reflexes by acupuncture. Med Acupunct. 2020;32(6):362-366.")
        True
    """
    known = re.search(r"\d{4}[a-z]?[;:.)]|doi|PMID|et al", text) is not None
    return known and _REFERENCE.fullmatch(text) is not None


def _split(block: str) -> Iterator[str]:
    text = " ".join(block.split())
    if is_reference(text):
        yield text
        return
    start = 0
    for match in _END.finditer(text + " "):
        before = text[max(start, match.end() - _SEEN) : match.end()]
        after = text[match.end() : match.end() + _SEEN].lstrip()
        if after and not _ends(before, match[0], after):
            continue
        yield text[start : match.end()].strip()
        start = match.end()
    if text[start:].strip():
        yield text[start:].strip()


def _ends(before: str, mark: str, after: str) -> bool:
    """Say whether a mark ends a sentence, from what stands before and after it."""
    if after[0].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    words = before.rstrip("\"'”’)]").rstrip(".").split()
    if not words:
        return False
    word = words[-1].lstrip("([\"'“‘").casefold()
    if len(words) == 1 and re.fullmatch(r"\(?\d{1,3}|[a-z]|[ivx]+", word):
        return False  # the number of a list item
    if re.fullmatch(r"[a-z]", word) and words[-1].strip("([").isupper():
        return False  # an initial
    if word not in _ABBREVIATIONS:
        return True
    if word in _FOLLOWED_BY_NUMBER and after[0].isdigit():
        return False
    # "et al. 2021" and "i.p. (5 mg)" go on; "… i.p. Blood was drawn" does not.
    return word in _MAY_END and after[0].isupper() and len(after.split()) > 1


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_SENTENCE:
        place = sentence.rfind(" ", 1, LONGEST_SENTENCE)
        place = place if place > 0 else LONGEST_SENTENCE
        yield sentence[:place].strip()
        sentence = sentence[place:].strip()
    if sentence:
        yield sentence
