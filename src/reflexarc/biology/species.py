"""Rat and human: the mouse's structure with some numbers replaced, each by a stated rule.

A row of `species.tsv` says what differs: a `value` replaces the mouse's; a `factor` multiplies it;
`mass` multiplies it by (body mass / that of the species in which it was measured) to the power
given; a `datum` names an observable that
data of the species support. Everything else is the mouse's, so what has no datum is extrapolation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from reflexarc.biology.tables import number, observables, parameters, rows
from reflexarc.errors import InputError, unknown_word

__all__ = [
    "MOUSE",
    "Difference",
    "differences",
    "find_species",
    "is_supported",
    "species_names",
    "species_spreads",
    "species_values",
]

Rule = Literal["value", "factor", "mass", "datum", "body mass"]

MOUSE = "mouse"
_ALIASES = {"mice": MOUSE, "rats": "rat", "man": "human", "men": "human", "humans": "human"}


@dataclass(frozen=True)
class Difference:
    """One row: a parameter (or observable) of a species, and how it differs from the mouse's."""

    species: str
    id: str
    rule: Rule
    value: float
    spread: float | None
    lower: float | None
    upper: float | None
    status: str
    source: str
    note: str


@cache
def differences() -> tuple[Difference, ...]:
    """Every row of `species.tsv`, in its order."""
    return tuple(_difference(row) for row in rows("species.tsv"))


def species_names() -> tuple[str, ...]:
    """The species that an experiment may name, the mouse first; of others only a mass is known."""
    known = {d.species for d in differences() if d.rule != "body mass"}
    return (MOUSE, *dict.fromkeys(d.species for d in differences() if d.species in known))


def find_species(word: str) -> str:
    """Return the spelling in the table of a species.

    Raises:
        InputError: The model doesn't have it.
    """
    plain = word.strip().casefold()
    found = _ALIASES.get(plain, plain)
    if found not in species_names():
        raise InputError(unknown_word("species", word[:40], species_names()))
    return found


def species_values(species: str) -> dict[str, float]:
    """Return the parameters that differ from the mouse's, with their values.

    Args:
        species: One of `species_names`.
    """
    mouse = {p.id: p.value for p in parameters()}
    measured_in = {p.id: p.species for p in parameters() if p.status == "measured"}
    found: dict[str, float] = {}
    for row in _of(species):
        if row.rule == "value":
            found[row.id] = row.value
        elif row.rule == "factor":
            found[row.id] = found.get(row.id, mouse[row.id]) * row.value
        elif row.rule == "mass":
            ratio = _mass(species) / _mass(measured_in.get(row.id, MOUSE))
            found[row.id] = found.get(row.id, mouse[row.id]) * ratio**row.value
    return found


def species_spreads(species: str, mouse: Mapping[str, float]) -> dict[str, float]:
    """Return the spread of each trait (SD of the logarithm) in a species.

    Args:
        species: One of `species_names`.
        mouse: The mouse's, by parameter; what a species doesn't say otherwise is kept.
    """
    own = {row.id: row.spread for row in _of(species) if row.spread is not None}
    return {**mouse, **own}


def is_supported(species: str, observable: str) -> bool:
    """Whether data of the species stand behind an observable; of the mouse they all do.

    Args:
        species: One of `species_names`.
        observable: Name of an observable, for example `TNF`.
    """
    return species == MOUSE or any(d.rule == "datum" and d.id == observable for d in _of(species))


def _of(species: str) -> list[Difference]:
    return [row for row in differences() if row.species == species]


def _mass(species: str) -> float:
    return next(d.value for d in _of(species) if d.rule == "body mass")


def _difference(row: dict[str, str]) -> Difference:
    rule = row["rule"]
    known = {
        "datum": {o.name for o in observables()},
        "body mass": {"body mass"},
    }.get(rule, {p.id for p in parameters()})
    if rule not in get_args(Rule) or row["id"] not in known:
        raise ValueError(f"species.tsv: {row['species']} {row['id']}: no such rule or name")
    return Difference(
        species=row["species"],
        id=row["id"],
        rule=rule,  # type: ignore[arg-type]
        value=float(row["value"] or 1),
        spread=number(row["spread"]),
        lower=number(row["lower"]),
        upper=number(row["upper"]),
        status=row["status"],
        source=row["source"],
        note=row["note"],
    )
