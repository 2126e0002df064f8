"""The tables beside the fragments: parameters, states, inputs and the words people use for them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

Status = Literal["measured", "fitted", "definition", "assumed"]
T = TypeVar("T")

CELSIUS = "°C"
KELVIN = ("K", "kelvin")
"""The unit of temperatures of the model, for people and as a state has it."""
ZERO_CELSIUS = 273.15


@dataclass(frozen=True)
class Parameter:
    """A number of the model: value, unit, spread between animals (lnSD), bounds, source."""

    id: str
    value: float
    unit: str
    spread: float | None
    lower: float | None
    upper: float | None
    status: Status
    species: str
    source: str
    note: str
    subsystem: str = ""


@dataclass(frozen=True)
class Input:
    """A parameter that protocols move: recruited fibres, drives, infusions, what is intact."""

    id: str
    value: float
    unit: str
    meaning: str


@dataclass(frozen=True)
class State:
    """A state variable: unit, value at rest, label, identity in a public vocabulary."""

    id: str
    subsystem: str
    unit: str
    initial: str
    label: str
    identity: str
    kind: Literal["species", "quantity"]


@dataclass(frozen=True)
class Lesion:
    """One effect of a lesion: `parameter` becomes `value`.

    Peripheral nerves have no parameter: they act in the atlas. What is `paired` lies on the left
    and on the right; a lesion of one side takes half of it.
    """

    name: str
    aliases: tuple[str, ...]
    kind: str
    parameter: str
    value: float | None
    paired: bool
    refused: str
    source: str
    note: str


@dataclass(frozen=True)
class CordLevel:
    """A tract or column of the spinal cord and the level at which it enters or leaves."""

    parameter: str
    entry_level: str


@dataclass(frozen=True)
class Agent:
    """A drug by a route: the state that a dose feeds and how a dose in mg/kg becomes that state."""

    name: str
    aliases: tuple[str, ...]
    action: str
    route: str
    state: str
    molar_mass: float | None
    volume: float | None
    bioavailability: float | None
    refused: str
    status: str
    source: str
    note: str

    @property
    def unit(self) -> str:
        """Unit of a dose: `mg/kg`, or `mL/kg` of what the model holds by volume."""
        held = {state.id: state.unit for state in states()}
        return "mL/kg" if held.get(self.state) == "mL_per_kg" else "mg/kg"

    def amount(self, dose: float) -> float:
        """Return what a dose adds to the state, in its unit.

        Args:
            dose: In mg/kg; for an infusion in mg/kg/h, and the answer is per hour.
        """
        share = 1.0 if self.bioavailability is None else self.bioavailability
        if self.molar_mass is None or self.volume is None:
            return dose * share / (self.volume or 1.0)
        return dose * share / self.volume / self.molar_mass * 1e6


@dataclass(frozen=True)
class Hypothesis:
    """A rival account: an option of a named hypothesis sets a parameter."""

    name: str
    option: str
    parameter: str
    value: float
    default: bool
    note: str


@dataclass(frozen=True)
class Observable:
    """Something a laboratory can measure: variable of the model, unit, limits of the assay."""

    name: str
    aliases: tuple[str, ...]
    where: str
    id: str
    unit: str
    detection_limit: float | None
    assay_lnsd: float
    plate_lnsd: float
    decapitation_factor: float | None
    note: str
    organ: str = ""
    """Model parameter that is 0 where the organ of it is removed; empty without such an organ."""

    @property
    def reading(self) -> str:
        """Unit in which a laboratory reads it: of temperatures degrees, not kelvin."""
        return CELSIUS if self.unit in KELVIN else self.unit

    def read(self, value: Any) -> Any:
        """Return a value of the model, or several, in the unit of the reading."""
        return value - ZERO_CELSIUS if self.unit in KELVIN else value


@cache
def subsystem_names() -> tuple[str, ...]:
    """The names of the fragments, in the order in which `subsystems.tsv` joins them."""
    return _table("subsystems.tsv", lambda r: r["name"])


@cache
def parameters() -> tuple[Parameter, ...]:
    """Every parameter of the model, in the order of `parameters.tsv`."""
    return _table(
        "parameters.tsv",
        lambda r: Parameter(
            id=r["id"],
            value=float(r["value"]),
            unit=r["unit"],
            spread=number(r["spread"]),
            lower=number(r["lower"]),
            upper=number(r["upper"]),
            status=r["status"],  # type: ignore[arg-type]
            species=r["species"],
            source=r["source"],
            note=r["note"],
        ),
    )


@cache
def inputs() -> tuple[Input, ...]:
    """Every parameter that a protocol may move, with its value at rest."""
    return _table(
        "inputs.tsv", lambda r: Input(r["id"], float(r["value"]), r["unit"], r["meaning"])
    )


@cache
def states() -> tuple[State, ...]:
    """Every state variable, in the order of `states.tsv`."""
    return _table("states.tsv", lambda r: State(**r))  # type: ignore[arg-type]


@cache
def lesions() -> tuple[Lesion, ...]:
    """Every effect of every lesion; rows that share a name belong together."""
    return _table(
        "lesions.tsv",
        lambda r: Lesion(
            name=r["name"],
            aliases=_words(r["aliases"]),
            kind=r["kind"],
            parameter=r["parameter"],
            value=number(r["value"]),
            paired=r["paired"] == "yes",
            refused=r["refused"],
            source=r["source"],
            note=r["note"],
        ),
    )


@cache
def cord() -> tuple[CordLevel, ...]:
    """The tracts and columns that a spinal transection may sever."""
    return _table("cord.tsv", lambda r: CordLevel(r["parameter"], r["entry_level"]))


@cache
def agents() -> tuple[Agent, ...]:
    """Every agent by every route."""
    return _table(
        "agents.tsv",
        lambda r: Agent(
            name=r["name"],
            aliases=_words(r["aliases"]),
            action=r["action"],
            route=r["route"],
            state=r["state"],
            molar_mass=number(r["molar_mass"]),
            volume=number(r["volume"]),
            bioavailability=number(r["bioavailability"]),
            refused=r["refused"],
            status=r["status"],
            source=r["source"],
            note=r["note"],
        ),
    )


@cache
def puncture() -> dict[str, float]:
    """Outer diameters of needles that puncture the caecum, in mm, by gauge."""
    return {row["id"]: float(row["value"]) for row in rows("puncture.tsv")}


@cache
def hypotheses() -> tuple[Hypothesis, ...]:
    """Every option of every named hypothesis."""
    return _table(
        "hypotheses.tsv",
        lambda r: Hypothesis(
            name=r["name"],
            option=r["option"],
            parameter=r["parameter"],
            value=float(r["value"]),
            default=r["default"] == "yes",
            note=r["note"],
        ),
    )


@cache
def observables() -> tuple[Observable, ...]:
    """Everything that can be measured, in the order of `observables.tsv`."""
    return _table(
        "observables.tsv",
        lambda r: Observable(
            name=r["name"],
            aliases=_words(r["aliases"]),
            where=r["where"],
            id=r["id"],
            unit=r["unit"],
            detection_limit=number(r["detection_limit"]),
            assay_lnsd=float(r["assay_lnsd"] or 0),
            plate_lnsd=float(r["plate_lnsd"] or 0),
            decapitation_factor=number(r["decapitation_factor"]),
            note=r["note"],
            organ=r["organ"],
        ),
    )


def full_name(name: str, where: str) -> str:
    """Return the name of what is measured, with its place if it is measured in several.

    Example:
        >>> full_name("TNF", "plasma"), full_name("bacteria", "plasma")
        ('TNF', 'bacteria, plasma')
    """
    return f"{name}, {where}" if sum(row.name == name for row in observables()) > 1 else name


def _table(name: str, build: Callable[[dict[str, str]], T]) -> tuple[T, ...]:
    return tuple(build(row) for row in rows(name))


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a tab-separated table of this room, by column, without blanks around."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        yield {key: (value or "").strip() for key, value in row.items()}


def number(text: str) -> float | None:
    """Return a number, or None where a field is empty."""
    return float(text) if text else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(";") if word.strip())
