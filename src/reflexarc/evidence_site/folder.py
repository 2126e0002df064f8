"""The folder of a site: whole or absent, and nothing of anybody else's in it is touched."""

import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reflexarc.errors import InputError
from reflexarc.evidence_site.pages import render_pages
from reflexarc.evidence_site.simulation import Simulated
from reflexarc.runs import to_json

__all__ = ["MANIFEST", "Page", "Site", "refuse_foreign", "write_site"]

MANIFEST = "site.json"
"""Lists what was written; a folder with it is a site and may be written again."""
KIND = "reflexarc evidence"


@dataclass(frozen=True)
class Page:
    """A file of a site.

    Attributes:
        path: Where it stands in the folder, with forward slashes.
        size: Bytes.
        sha256: Its checksum.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Site:
    """What was written.

    Attributes:
        folder: The folder.
        pages: Its pages.
        simulated: Whether the findings were run.
    """

    folder: Path
    pages: tuple[Page, ...]
    simulated: bool

    def record(self) -> dict[str, Any]:
        """Return it as plain data, in the shape of `reflexarc evidence --json`."""
        return {
            "folder": str(self.folder),
            "index": str(self.folder / "index.html"),
            "simulated": self.simulated,
            "pages": [asdict(page) for page in self.pages],
        }


def write_site(folder: str | Path, *, simulated: Simulated | None = None) -> Site:
    """Write the evidence as a site of linked pages that needs no server and no network.

    The pages are written beside the folder first; then it takes its name in one step. The same
    evidence and the same run give the same bytes.

    Args:
        folder: A folder that doesn't exist yet, is empty, or holds nothing but such a site, which
            is replaced.
        simulated: What the model says; None shows the published side only.

    Returns:
        What was written.

    Raises:
        InputError: The folder holds something else, or is a file.
        OSError: It can't be written.

    Example:
        >>> site = write_site("site")  # doctest: +SKIP
    """
    path = Path(folder).expanduser().resolve()
    refuse_foreign(path)
    texts = {name: text.encode() for name, text in render_pages(simulated).items()}
    pages = tuple(
        Page(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in texts.items()
    )
    record = {"kind": KIND, "pages": [asdict(page) for page in pages]}
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = uuid.uuid4().hex[:8]
    new, old = (path.parent / f".{path.name}.{mark}.{word}" for word in ("new", "old"))
    try:
        _write(new, {**texts, MANIFEST: f"{to_json(record)}\n".encode()})
        _take_place(new, path, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return Site(path, pages, simulated is not None)


def refuse_foreign(path: Path) -> None:
    """Refuse a folder that holds anything but a site.

    Raises:
        InputError: It is a file, or holds something that a site does not.
    """
    if path.is_dir() and not any(path.iterdir()):
        return
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{path} is a file; the site needs a folder")
    listed = _listed(path)
    if listed is None:
        raise InputError(f"{path} holds something else; choose a folder that is new or empty")
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        inside = any(page.startswith(f"{name}/") for page in listed)
        if name not in listed and not (file.is_dir() and inside):
            raise InputError(
                f"{path} holds {name}, which is not part of the site; move it away first"
            )


def _listed(path: Path) -> set[str] | None:
    """Return the files of the site that stands in a folder; None if there is none."""
    try:
        record = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if record["kind"] != KIND:
            return None
        return {MANIFEST, *(str(page["path"]) for page in record["pages"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _take_place(new: Path, path: Path, old: Path) -> None:
    """Give a new folder its name; what stood there comes back if that fails."""
    stood = path.exists()
    if stood:
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if stood:
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
