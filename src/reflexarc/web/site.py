"""The explorer as a folder of files that any web host can serve, or a browser can open."""

import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from reflexarc.biology import assemble
from reflexarc.compiled import system_of
from reflexarc.errors import InputError
from reflexarc.web.emitter import emit
from reflexarc.web.linker import link
from reflexarc.web.squeezing import squeeze
from reflexarc.web.tables import TABLES

__all__ = ["MARK", "site_files", "write_site"]

MARK = "reflexarc-site.json"
"""A file by which a folder is known to be such a site."""
OFFLINE = "offline.js"


def site_files() -> dict[str, bytes]:
    """Return every file of the site by its path."""
    found = {path: _light(path, content) for path, content in _pages() if path != "package.json"}
    scripts = {"model.js": emit(system_of(assemble().sbml))}
    scripts |= {f"data/{name}.js": _module(make()) for name, make in TABLES.items()}
    found |= {path: text.encode() for path, text in scripts.items()}
    modules = {p: c.decode() for p, c in found.items() if p.endswith(".js") and p != "boot.js"}
    offline = link(
        modules, entry="shell/main.js", worker="engine/worker.js", starter="engine/start.js"
    )
    mark = {"model": assemble().hash, "files": sorted(found)}
    return {
        **found,
        OFFLINE: offline.encode(),
        MARK: (json.dumps(mark, indent=1) + "\n").encode(),
    }


def write_site(folder: str | Path) -> None:
    """Write the explorer.

    Args:
        folder: A folder that is new, empty, or such a site, which is written again.

    Raises:
        InputError: The folder holds something else, or can't be written.
    """
    place = Path(folder)
    try:
        if place.exists() and any(place.iterdir()) and not (place / MARK).is_file():
            raise InputError(f"{place} is not empty and no site of reflexarc; choose a new folder")
        _write(place, site_files())
    except NotADirectoryError:
        raise InputError(f"{place} is a file, not a folder") from None
    except OSError as error:
        raise InputError(f"{place} can't be written: {error.strerror}") from None


def _write(place: Path, content: Mapping[str, bytes]) -> None:
    """Write new files first and the page that loads them last; then drop what is left over."""
    old = set()
    if (place / MARK).is_file():
        old = set(_listed(place / MARK)) - set(content)
    for path in sorted(content, key=lambda path: (path == MARK, path == "index.html")):
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(target.name + ".part")
        fresh.write_bytes(content[path])
        fresh.replace(target)
    for path in old:
        (place / path).unlink(missing_ok=True)


def _listed(mark: Path) -> list[str]:
    try:
        listed = json.loads(mark.read_text(encoding="utf-8"))["files"]
    except (ValueError, KeyError, TypeError):
        return []
    return [path for path in listed if isinstance(path, str) and ".." not in path.split("/")]


def _light(path: str, content: bytes) -> bytes:
    return squeeze(content.decode()).encode() if path.endswith((".js", ".css")) else content


def _module(table: object) -> str:
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"export default {text};\n"


def _pages() -> list[tuple[str, bytes]]:
    return _below(files("reflexarc.web").joinpath("page"), "")


def _below(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _below(entry, f"{path}{entry.name}/")
        elif not entry.name.endswith(".md"):
            found.append((f"{path}{entry.name}", entry.read_bytes()))
    return found
