"""The explorer's page: a handful of files, read once and then answered from memory.

A path is looked up in a table, never on the disk, so nothing beside the page can be had.
"""

import gzip
import hashlib
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reflexarc.server.refusal import Refusal

__all__ = ["Page"]

INDEX = "index.html"
POLICY = "Content-Security-Policy"
STRICT = "default-src 'none'"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
SQUEEZED = ("text/", "application/json", "application/manifest", "image/svg")


@dataclass(frozen=True)
class File:
    """One file of the page.

    Attributes:
        kind: Its media type.
        content: Its bytes.
        squeezed: The same in gzip; None where that gains nothing.
        tag: What it is known by, so that a browser need not fetch it twice.
    """

    kind: str
    content: bytes
    squeezed: bytes | None
    tag: str

    @classmethod
    def read(cls, path: Path) -> "File":
        """Read a file."""
        content = path.read_bytes()
        kind = TYPES.get(path.suffix, "application/octet-stream")
        squeezed = gzip.compress(content, mtime=0) if kind.startswith(SQUEEZED) else None
        digest = hashlib.sha256(content).hexdigest()[:20]
        return cls(kind, content, squeezed, f'"{digest}"')


class Page:
    """An ASGI application that hands out the files of a folder as they were when it was made.

    Args:
        files: The files by their path in the folder, with `/` between its parts.
    """

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = dict(files)
        index = self._files.get(INDEX)
        self.policy = policy_of(index.content.decode()) if index else STRICT

    @classmethod
    def of(cls, folder: Path) -> "Page":
        """Read a written site."""
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return cls({path.relative_to(folder).as_posix(): File.read(path) for path in files})

    @classmethod
    def write(cls) -> "Page":
        """Write the explorer's site into a temporary folder and read it."""
        from reflexarc.web.site import write_site

        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "site"
            write_site(folder)
            return cls.of(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            Refusal: 404 for what is not there, 405 for anything but GET and HEAD.
        """
        if scope["method"] not in ("GET", "HEAD"):
            raise Refusal(405, "the page can only be read", headers={"Allow": "GET, HEAD"})
        name = str(scope["path"]).removeprefix("/") or INDEX
        file = self._files.get(name)
        if file is None:
            raise Refusal(404, "there is no such page")
        await self._answer(file, _headers(scope), head=scope["method"] == "HEAD")(
            scope, receive, send
        )

    def _answer(self, file: File, asked: Mapping[str, str], *, head: bool) -> Response:
        headers = {
            "Cache-Control": "no-cache",
            "Content-Type": file.kind,
            "ETag": file.tag,
            "Vary": "Accept-Encoding",
            POLICY: f"{self.policy}; frame-ancestors 'none'",
        }
        if file.tag in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = file.content
        if file.squeezed is not None and _takes_gzip(asked.get("accept-encoding", "")):
            body = file.squeezed
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        return Response(content=b"" if head else body, headers=headers)


def policy_of(html: str) -> str:
    """Return the content security policy that a page declares for itself; the strictest if none.

    Example:
        >>> policy_of('<meta http-equiv="Content-Security-Policy" content="default-src self">')
        'default-src self'
    """
    reader = _Policy()
    reader.feed(html)
    return reader.found or STRICT


class _Policy(HTMLParser):
    found: str | None = None

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "meta" and (known.get("http-equiv") or "").lower() == POLICY.lower():
            self.found = re.sub(r"\s+", " ", known.get("content") or "").strip().rstrip(";")


def _headers(scope: Scope) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, weight = part.strip().partition(";")
        if coding.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False
