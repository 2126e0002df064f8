"""What has been published: findings as YAML, their references, and what was left out and why."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from reflexarc.errors import InputError
from reflexarc.references import Reference as Reference
from reflexarc.references import references as references
from reflexarc.yaml_source import Source, read_yaml

__all__ = [
    "FitTarget",
    "KnownFailure",
    "LeftOut",
    "Reference",
    "catalogue_rows",
    "finding_sources",
    "fit_targets",
    "known_failures",
    "not_expressible",
    "references",
]

ROOT = files(__package__)


@dataclass(frozen=True)
class KnownFailure:
    """A scored finding that the model is known to miss.

    Attributes:
        id: The finding.
        reason: Why, in a sentence.
    """

    id: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """A row of the literature, or a part of it, that this biology can't express.

    Attributes:
        row: The row's id in the catalogue.
        part: What of the row is left out; None for the whole row.
        reason: Why it can't be expressed.
        needs: What would have to come first.
    """

    row: str
    part: str | None
    reason: str
    needs: str

    @property
    def why(self) -> str:
        """The reason, with the part that is left out where the rest is expressed."""
        return self.reason if self.part is None else f"{self.part}; {self.reason}"


@dataclass(frozen=True)
class FitTarget:
    """A finding that parameters are fitted to.

    Attributes:
        finding: Id of the finding.
        weight: Weight of its residual, above 0.
        target: The number that the measured value is drawn to; None for what the finding expects.
    """

    finding: str
    weight: float
    target: float | None


@cache
def finding_sources() -> tuple[Source, ...]:
    """Return the files of findings, read as plain data with line numbers, in order of name."""
    folder = ROOT.joinpath("findings")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(
        read_yaml(folder.joinpath(name).read_text(encoding="utf-8"), file=name) for name in names
    )


@cache
def known_failures() -> tuple[KnownFailure, ...]:
    """Return the scored findings that are declared to fail, each with its reason."""
    return tuple(
        KnownFailure(entry["id"], entry["reason"])
        for entry in _entries("known_failures.yaml", required=("id", "reason"))
    )


@cache
def not_expressible() -> tuple[LeftOut, ...]:
    """Return the rows of the literature that were left out, each with its reason."""
    return tuple(
        LeftOut(entry["row"], entry.get("part"), entry["reason"], entry["needs"])
        for entry in _entries(
            "not_expressible.yaml", required=("row", "reason", "needs"), optional=("part",)
        )
    )


@cache
def catalogue_rows() -> tuple[str, ...]:
    """Return the ids of all rows of the literature that this evidence was written from."""
    text = ROOT.joinpath("rows.txt").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def fit_targets() -> tuple[FitTarget, ...]:
    """Return the findings that parameters are fitted to, in the order of `fit_targets.tsv`."""
    text = ROOT.joinpath("fit_targets.tsv").read_text(encoding="utf-8")
    return tuple(
        FitTarget(
            row["finding"], float(row["weight"]), float(row["target"]) if row["target"] else None
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    )


def _entries(
    name: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[dict[str, str]]:
    source = read_yaml(ROOT.joinpath(name).read_text(encoding="utf-8"), file=name)
    entries: list[dict[str, str]] = source.data or []
    for position, entry in enumerate(entries):
        for key in required:
            if not isinstance(entry.get(key), str):
                raise source.error(f"every entry needs a text {key!r}", (position, key))
        for key in entry:
            if key not in (*required, *optional):
                raise InputError(
                    f"unknown key {key!r}", file=name, line=source.lines.get((position, key))
                )
    return entries
