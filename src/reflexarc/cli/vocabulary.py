"""`reflexarc agents`, `lesions`, `observables`, `hypotheses`: the words an experiment may use."""

from dataclasses import asdict
from typing import Annotated, Protocol, TypeVar

import typer

from reflexarc.cli.console import Json, print_json, print_table

__all__ = ["agents", "hypotheses", "lesions", "observables"]


class Named(Protocol):
    """A thing that people call by a name or by an alias."""

    @property
    def name(self) -> str: ...

    @property
    def aliases(self) -> tuple[str, ...]: ...


Thing = TypeVar("Thing", bound=Named)
Name = Annotated[str | None, typer.Argument(help="Show only this one, by name or alias.")]


def agents(name: Name = None, json: Json = False) -> None:
    """List the agents that can be given, by which route, and those that are refused and why.

    Example: reflexarc agents fenoldopam
    """
    from reflexarc.biology import agents as all_agents

    found = _chosen("agent", name, all_agents())
    if json:
        print_json({"agents": [asdict(agent) for agent in found]})
        return
    print_table(
        ["agent", "route", "what it does", "status", "source", "refused because"],
        [(a.name, a.route, a.action, a.status, a.source or "assumed", a.refused) for a in found],
    )


def lesions(name: Name = None, json: Json = False) -> None:
    """List what can be cut, removed, ablated or knocked out, and what is refused and why.

    Example: reflexarc lesions "subdiaphragmatic vagotomy"
    """
    from reflexarc.biology import lesions as all_lesions

    found = _chosen("lesion", name, all_lesions())
    if json:
        print_json({"lesions": [asdict(lesion) for lesion in found]})
        return
    print_table(
        ["lesion", "kind", "also called", "acts on", "source", "refused because"],
        [
            (
                lesion.name,
                lesion.kind,
                ", ".join(lesion.aliases),
                f"{lesion.parameter} = {lesion.value:g}" if lesion.parameter else "",
                lesion.source or "assumed",
                lesion.refused,
            )
            for lesion in found
        ],
    )


def observables(json: Json = False) -> None:
    """List what can be measured, where, in which unit, and what its assay can tell apart.

    Example: reflexarc observables
    """
    from reflexarc.biology import observables as all_observables

    found = all_observables()
    if json:
        print_json({"observables": [asdict(observable) for observable in found]})
        return
    print_table(
        ["observable", "also called", "measured in", "unit", "detection limit", "note"],
        [(o.name, ", ".join(o.aliases), o.where, o.unit, o.detection_limit, o.note) for o in found],
        right=["detection limit"],
    )


def hypotheses(json: Json = False) -> None:
    """List the rival accounts, the options of each, and which one holds if nothing is said.

    Example: reflexarc hypotheses
    """
    from reflexarc.biology import hypotheses as all_hypotheses

    found = all_hypotheses()
    if json:
        print_json({"hypotheses": [asdict(hypothesis) for hypothesis in found]})
        return
    print_table(
        ["hypothesis", "option", "default", "sets", "what it says"],
        [
            (h.name, h.option, "yes" if h.default else "", f"{h.parameter} = {h.value:g}", h.note)
            for h in found
        ],
    )


def _chosen(kind: str, name: str | None, things: tuple[Thing, ...]) -> list[Thing]:
    from reflexarc.errors import InputError, unknown_word

    if name is None:
        return list(things)
    wanted = name.casefold()
    found = [
        thing
        for thing in things
        if wanted in {thing.name.casefold(), *(alias.casefold() for alias in thing.aliases)}
    ]
    if not found:
        names = {alias: thing.name for thing in things for alias in thing.aliases}
        names |= {thing.name: thing.name for thing in things}
        command = f"reflexarc {kind}s"
        raise InputError(unknown_word(kind, name, sorted(names), names=names, listed_by=command))
    return found
