"""Read an article from a text, Markdown, HTML or PDF file, within bounds."""

import io
import re
import warnings
from pathlib import Path

from reflexarc.article.markup import html_blocks, markdown_blocks, text_blocks
from reflexarc.errors import InputError, nearest

__all__ = ["LARGEST_FILE", "LONGEST_TEXT", "MOST_PAGES", "read_article"]

LARGEST_FILE = 20_000_000
"""The largest file that is read, in bytes."""
LONGEST_TEXT = 400_000
"""The longest text that an article may have, in characters."""
MOST_PAGES = 300
"""The most pages of a PDF."""

_READERS = {
    ".txt": text_blocks,
    ".text": text_blocks,
    ".md": markdown_blocks,
    ".markdown": markdown_blocks,
    ".html": html_blocks,
    ".htm": html_blocks,
    ".xhtml": html_blocks,
}
# Ends of lines in which a hyphen belongs to the word.
_KEPT_HYPHEN = re.compile(
    r"\b(?:low|high|anti|pro|non|long|short|well|post|pre|self|dose|body|half|double|open|"
    r"science|vagal|cross)-$",
    re.I,
)


def read_article(path: Path | str) -> list[str]:
    """Return the blocks of text of an article: paragraphs, headings, list items, cells.

    Args:
        path: A `.txt`, `.md`, `.html` or `.pdf` file of at most 20 MB, with at most 400,000
            characters of text and 300 pages.

    Raises:
        InputError: The file is missing, of another kind, too large, not text, encrypted, broken
            or without text.
    """
    file = Path(path)
    suffix = file.suffix.casefold()
    if suffix != ".pdf" and suffix not in _READERS:
        known = [".txt", ".md", ".html", ".pdf"]
        near = nearest(suffix, known) if suffix else None
        hint = f"; did you mean {near}?" if near else f"; known are {', '.join(known)}"
        raise InputError(
            f"an article is not read from a {suffix or 'nameless'} file{hint}", str(path)
        )
    data = _bytes(file)
    if suffix == ".pdf":
        blocks = _pdf_blocks(data, str(path))
    else:
        text = _decoded(data, str(path))
        _check_length(len(text) if suffix not in (".html", ".htm", ".xhtml") else 0, str(path))
        blocks = _READERS[suffix](text)
    _check_length(sum(map(len, blocks)), str(path))
    if not blocks:
        raise InputError("there is no text in this file", str(path))
    return blocks


def _bytes(file: Path) -> bytes:
    if not file.exists():
        raise InputError("there is no such file", str(file))
    if not file.is_file():
        raise InputError("this is not a file", str(file))
    size = file.stat().st_size
    if size > LARGEST_FILE:
        raise InputError(
            f"the file is too large ({size / 1e6:.1f} MB); an article has at most "
            f"{LARGEST_FILE / 1e6:.0f} MB",
            str(file),
        )
    return file.read_bytes()


def _decoded(data: bytes, name: str) -> str:
    if data.startswith(b"%PDF-"):
        raise InputError("this is a PDF; give it a name that ends in .pdf", name)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    odd = sum(text.count(mark) for mark in ("\0", "\x01", "\x02", "\x03", "\ufffd"))
    if odd > len(text) / 200:
        raise InputError("this is not a text", name)
    return text.replace("\0", " ")


def _check_length(length: int, name: str) -> None:
    if length > LONGEST_TEXT:
        raise InputError(
            f"the text is too long ({length:,} characters, at most {LONGEST_TEXT:,})", name
        )


def _pdf_blocks(data: bytes, name: str) -> list[str]:
    """Return the text of a PDF, whose lines are joined to paragraphs."""
    import logging

    from pypdf import PdfReader

    if not data.lstrip()[:5].startswith(b"%PDF"):
        raise InputError("this is not a PDF", name)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted and not reader.decrypt(""):
                raise InputError("this PDF is locked with a password", name)
            count = len(reader.pages)
            if count > MOST_PAGES:
                raise InputError(
                    f"the PDF has too many pages ({count}, at most {MOST_PAGES})", name
                )
            for page in reader.pages:
                pages.append(page.extract_text())
                _check_length(sum(map(len, pages)), name)
    except InputError:
        raise
    except Exception as error:  # a broken PDF can raise anything
        detail = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"this PDF can't be read: {detail}", name) from None
    return text_blocks(_joined(pages))


def _joined(pages: list[str]) -> str:
    """Put pages together; a sentence may run over the end of one."""
    text = ""
    for page in map(_unwrapped, pages):
        runs_on = re.search(r"[\w,;-]\s*$", text) and re.match(r"\s*[a-z]", page)
        text += ("\n" if runs_on else "\n\n") + page
    return text


def _unwrapped(page: str) -> str:
    """Join words that were divided at the end of a line."""
    lines: list[str] = []
    for line in page.split("\n"):
        if lines and re.search(r"[a-z]-$", lines[-1]) and re.match(r"\s*[a-z]", line):
            kept = lines[-1] if _KEPT_HYPHEN.search(lines[-1]) else lines[-1][:-1]
            lines[-1] = kept + line.lstrip()
        else:
            lines.append(line.rstrip())
    return "\n".join(lines)
