"""Published sources: one entry a paper, what of it was confirmed, and what was corrected since."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from reflexarc.errors import InputError, unknown_word

__all__ = ["ASSUMED", "KINDS", "Notice", "Reference", "find_reference", "keys_in", "references"]

KINDS = ("erratum", "correction", "retraction", "expression of concern", "preprint", "reprint")
"""What can be said about the integrity of an entry."""

ASSUMED = "assumed"


@dataclass(frozen=True)
class Notice:
    """Something that was published about a paper and bears on how far it can be cited.

    Attributes:
        kind: One of `KINDS`.
        where: Where it stands: a citation, a DOI or a registry number.
        note: What is known of it, in a few words.
    """

    kind: str
    where: str
    note: str


@dataclass(frozen=True)
class Reference:
    """A published source, as CSL-JSON.

    Attributes:
        key: The key by which parameters, sites, findings and claims cite it.
        item: The CSL-JSON item. `item["custom"]` holds `verified` (what was confirmed, and where),
            `unconfirmed` (fields that were not), `abridged` (whether authors are missing) and
            `integrity` (notices).
    """

    key: str
    item: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The title; in square brackets where it only describes the source."""
        title = str(self.item["title"])
        return f"[{title}]" if "title" in self.unconfirmed else title

    @property
    def year(self) -> int | None:
        """Year of publication, if known."""
        return int(self.item["issued"]["date-parts"][0][0]) if "issued" in self.item else None

    @property
    def verified(self) -> str:
        """What of the entry was confirmed, and where."""
        return str(self.item["custom"]["verified"])

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Fields that could not be confirmed."""
        return tuple(self.item["custom"].get("unconfirmed", ()))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Errata, corrections, retractions, expressions of concern, preprints."""
        return tuple(Notice(**notice) for notice in self.item["custom"].get("integrity", ()))

    def __str__(self) -> str:
        """Return it as Vancouver text."""
        from reflexarc.references.vancouver import vancouver

        return vancouver(self)


@cache
def references() -> Mapping[str, Reference]:
    """Return every reference by its key, in the order of `evidence/references.json`."""
    file = files("reflexarc").joinpath("evidence", "references.json")
    items = json.loads(file.read_text(encoding="utf-8"))
    return {item["id"]: Reference(item["id"], item) for item in items}


def find_reference(key: str) -> Reference:
    """Return the reference of a key.

    Raises:
        InputError: There is none; the nearest spelling is offered.

    Example:
        >>> find_reference("liu2021").year
        2021
    """
    known = references()
    if key not in known:
        raise InputError(unknown_word("reference", key, known))
    return known[key]


def keys_in(cell: str) -> tuple[str, ...]:
    """Return the keys in a cell of a table; `assumed` is no key.

    Example:
        >>> keys_in("liu2021; gao2022"), keys_in("assumed")
        (('liu2021', 'gao2022'), ())
    """
    words = cell.replace(";", " ").replace(",", " ").split()
    return tuple(word for word in words if word != ASSUMED)
