"""Fragments and tables -> one SBML L3V2 model."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Any

from reflexarc.biology.tables import (
    Input,
    Parameter,
    State,
    inputs,
    parameters,
    states,
    subsystem_names,
)

_SBO_SPECIES = {"uniprot": "SBO:0000252", "chebi": "SBO:0000247"}
_SBO_QUANTITY = "SBO:0000002"  # quantitative systems description parameter
_PLASMA_VOLUME = "1.5"  # mL, a mouse; concentrations do not depend on it


@dataclass(frozen=True)
class Subsystem:
    """One Antimony fragment: its name, the sentence or two that open it, and its equations."""

    name: str
    summary: str
    text: str


@dataclass(frozen=True)
class Model:
    """The assembled model: SBML and Antimony text, a hash of the SBML, and what it is made of."""

    sbml: str
    antimony: str
    hash: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    states: tuple[State, ...]
    subsystems: tuple[Subsystem, ...]

    def __repr__(self) -> str:
        return (
            f"Model({self.hash}: {len(self.subsystems)} subsystems, {len(self.states)} states, "
            f"{len(self.parameters)} parameters)"
        )


@cache
def assemble() -> Model:
    """Join the fragments and the tables into one SBML model.

    Returns:
        The model. Its SBML is Level 3 Version 2; every quantity has a unit, and bare numbers in
        equations are dimensionless.

    Raises:
        ValueError: A fragment does not parse; the message is Antimony's.

    Example:
        >>> assemble().subsystems[0].name
        'afferents'
    """
    subsystems = tuple(_subsystem(name) for name in subsystem_names())
    owner = _first_use(subsystems)
    owned = tuple(replace(p, subsystem=owner[p.id]) for p in parameters())
    text = "\n".join(_lines(subsystems, owned))
    sbml = _give_numbers_units(_translate(text))
    return Model(
        sbml=sbml,
        antimony=text,
        hash=hashlib.sha256(sbml.encode()).hexdigest()[:16],
        parameters=owned,
        inputs=inputs(),
        states=states(),
        subsystems=subsystems,
    )


def _subsystem(name: str) -> Subsystem:
    text = _text(name)
    opening = takewhile(lambda line: line.startswith("//"), text.splitlines())
    return Subsystem(name, " ".join(line.removeprefix("//").strip() for line in opening), text)


def _text(name: str) -> str:
    return files(__package__).joinpath(f"{name}.ant").read_text(encoding="utf-8")


def _first_use(subsystems: tuple[Subsystem, ...]) -> dict[str, str]:
    owner: dict[str, str] = {}
    for subsystem in subsystems:
        for word in re.findall(r"\b[A-Za-z_]\w*\b", re.sub(r"//.*", "", subsystem.text)):
            owner.setdefault(word, subsystem.name)
    return owner


def _lines(subsystems: tuple[Subsystem, ...], owned: tuple[Parameter, ...]) -> list[str]:
    lines = [_text("functions"), "model reflexarc()", _text("units")]
    lines += ["compartment plasma", f"plasma = {_PLASMA_VOLUME}"]
    lines.append("plasma has volume")
    for state in states():
        species = state.kind == "species"
        lines.append(f"species ${state.id} in plasma" if species else f"var {state.id}")
        lines.append(f"{state.id} has {state.unit}")
    for subsystem in subsystems:
        lines += [subsystem.text, *_units_of_derived(subsystem)]
    for parameter in owned:
        lines.append(f"const {parameter.id} = {parameter.value!r}")
        lines.append(f"{parameter.id} has {parameter.unit}")
    for item in inputs():
        lines += [f"var {item.id} = {item.value!r}", f"{item.id} has {item.unit}"]
    for state in states():
        scheme, identifier = state.identity.split(":", 1)
        sbo = _SBO_SPECIES.get(scheme, "") if state.kind == "species" else _SBO_QUANTITY
        lines.append(f"{state.id} = {state.initial}")
        lines.append(f'{state.id} is "{state.label}"')
        lines.append(f"{state.id}.sboTerm = {sbo}")
        lines.append(f'{state.id} identity "http://identifiers.org/{scheme}/{identifier}"')
    return [*lines, "end"]


def _units_of_derived(subsystem: Subsystem) -> list[str]:
    """What a fragment derives is dimensionless unless the fragment says otherwise."""
    declared = set(re.findall(r"^(\w+) has ", subsystem.text, re.M))
    derived = re.findall(r"^(\w+) :=", subsystem.text, re.M)
    return [f"{name} has dimensionless" for name in derived if name not in declared]


def _translate(text: str) -> str:
    import antimony

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise ValueError(f"the fragments do not parse: {antimony.getLastError()}")
    return str(antimony.getSBMLString("reflexarc"))


def _give_numbers_units(sbml: str) -> str:
    """Mark every bare number in an equation as dimensionless, so that units can be checked."""
    import libsbml

    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    for holder in (*model.getListOfFunctionDefinitions(), *model.getListOfRules()):
        _mark(holder.getMath(), libsbml)
    for assignment in model.getListOfInitialAssignments():
        _mark(assignment.getMath(), libsbml)
    return str(libsbml.writeSBMLToString(document))


def _mark(node: Any, libsbml: Any) -> None:
    if node.isNumber():
        node.setUnits("dimensionless")
    for index in range(node.getNumChildren()):
        _mark(node.getChild(index), libsbml)
