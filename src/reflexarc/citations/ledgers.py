"""What the ledgers of claims and of safety, the data sets and the code cite."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reflexarc.evidence.reading import load_findings
from reflexarc.references import keys_in, references
from reflexarc.yaml_source import read_yaml

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["KEY_FIELDS", "reasons_of_code", "reasons_of_data", "reasons_of_ledger"]

KEY_FIELDS = frozenset(
    {"source", "sources", "reference", "references", "paper", "papers", "via", "cites"}
)
"""Fields of the ledgers whose words are keys of references."""
KEY = re.compile(r"\b[a-z]+\d{4}[a-z]*\b")
OWN = ("references/", "citations/", "contradictions/")
"""Modules that name keys as examples only."""
DATA = ("mouse_lps_cytokines.csv", "rat_lps_three_doses.csv")


@cache
def reasons_of_ledger(folder: str) -> dict[str, list[tuple[str, str]]]:
    """Return what the entries of a folder of the evidence cite, by their id."""
    found: dict[str, list[tuple[str, str]]] = {}
    place = files("reflexarc").joinpath("evidence", folder)
    if not place.is_dir():
        return found
    noun = {"claims": "claim"}.get(folder, f"{folder}:")
    papers = {finding.id: finding.paper for finding in load_findings()}
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        text = entry.read_text(encoding="utf-8") if entry.is_file() else ""
        if entry.name.endswith((".yaml", ".yml")):
            rows: Any = read_yaml(text, file=entry.name).data
        elif entry.name.endswith((".tsv", ".csv")):
            delimiter = "\t" if entry.name.endswith(".tsv") else ","
            rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
        else:
            continue
        for name, data in _entries(rows, entry.name):
            pairs = found.setdefault(name, [])
            pairs += [(key, f"{noun} {name}") for key in _keys(data)]
            pairs += [(papers[word], f"{noun} {name}: finding {word}") for word in _ids(data)]
    return found


def _entries(data: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every part of a ledger that has an id of its own; what has none goes by its file."""
    if isinstance(data, dict) and "id" in data:
        yield str(data["id"]), data
    elif isinstance(data, list):
        for part in data:
            yield from _entries(part, name)
    elif isinstance(data, dict):
        for field, part in data.items():
            if field in KEY_FIELDS:
                yield name, {field: part}
            else:
                yield from _entries(part, name)


def _keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for field, value in data.items():
            if field in KEY_FIELDS:
                yield from _words(value)
            else:
                yield from _keys(value)
    elif isinstance(data, list):
        for value in data:
            yield from _keys(value)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from keys_in(value)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _words(part)


def _ids(data: Any) -> Iterator[str]:
    """Yield the ids of findings under `findings`, for and against."""
    if isinstance(data, dict) and "findings" in data:
        known = {finding.id for finding in load_findings()}
        yield from (word for word in _words(data["findings"]) if word in known)


def reasons_of_data() -> Iterator[tuple[str, str]]:
    """Yield what the rows of the data sets cite."""
    for name in DATA:
        text = files("reflexarc").joinpath("evidence", "data", name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            for key in keys_in(row["source"]):
                yield key, f"data set {name}"


@cache
def reasons_of_code() -> tuple[tuple[str, str], ...]:
    """Return the keys that modules name, for numbers and rules that stand in the code."""
    root = files("reflexarc")
    found = []
    for name in sorted(_modules(root, "")):
        if not name.startswith(OWN):
            text = root.joinpath(*name.split("/")).read_text(encoding="utf-8")
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            keys = dict.fromkeys(KEY.findall(text))
            found += [(key, f"code of reflexarc.{module}") for key in keys if key in references()]
    return tuple(found)


def _modules(folder: "Traversable", above: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _modules(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield f"{above}{entry.name}"
