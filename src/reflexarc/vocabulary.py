"""The words people write for lesions, agents, observables and hypotheses.

The words come from the tables of `reflexarc.biology` and `reflexarc.atlas`, names and aliases
alike; upper and lower case, hyphens and spaces don't count. What a table refuses is refused here by
name, with the reason that stands in the table.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from reflexarc import atlas, biology
from reflexarc.errors import InputError, unknown_word

__all__ = [
    "LesionEffect",
    "agent_names",
    "cord_segments",
    "find_agent",
    "find_lesion",
    "find_observable",
    "find_option",
    "hypothesis_options",
    "lesion_names",
    "observable_names",
    "option_effects",
]

Side = Literal["left", "right", "both"]
Row = biology.Agent | biology.Lesion | biology.Observable

PLACES = {"serum": "plasma", "blood": "plasma", "body": "animal"}
"""Other words for the places in which observables are measured."""

_SUFFIXES = re.compile(
    r"[ -](cut|section|transection|ablation|ablated|removal|removed|lesion|nerve)$", re.IGNORECASE
)
_LEVEL = re.compile(r"^(?P<what>.+?)\s+(?:at\s+)?(?P<part>[CTLS])(?P<number>\d{1,2})$")
_CORD = {"C": 8, "T": 13, "L": 6, "S": 4}
"""How many segments each part of the mouse's spinal cord has, from head to tail."""


@dataclass(frozen=True)
class LesionEffect:
    """What a lesion does.

    Attributes:
        name: Name in the table, with the side or the level that was written.
        kind: Kind in the table, such as `nerve` or `spinal cord`.
        side: `left` or `right` for half of a paired structure, else `both`.
        sets: Model parameter and the value it gets if both sides are gone.
        cuts: Peripheral nerves that are cut, as `reflexarc.recruitment` reads them.
    """

    name: str
    kind: str
    side: Side
    sets: tuple[tuple[str, float], ...]
    cuts: tuple[str, ...]

    @property
    def from_the_start(self) -> bool:
        """Whether it is there long before the experiment, unless a time is given."""
        return self.kind in ("cells", "gene", "receptor")


def find_lesion(text: str) -> LesionEffect:
    """Return what a lesion does, by its name or an alias.

    Args:
        text: For example `sciatic`, `left splanchnic nerves`, `beta2 knock-out`,
            `spinal cord at T9`.

    Raises:
        InputError: It is not in the table, the table refuses it, it has no left and right, or it
            needs a level.

    Example:
        >>> find_lesion("spinal cord at T12").sets
        (('intact_descending_lumbar', 0.0), ('intact_ascending_hind', 0.0))
    """
    return _find_lesion(text.strip())


@cache
def _find_lesion(text: str) -> LesionEffect:
    found = _lesion_row(text)
    side: Side = "both"
    rest = text
    if found is None:
        first, _, after = text.partition(" ")
        if first.casefold() in ("left", "right", "bilateral", "both"):
            rest = after.strip()
            side = "left" if first.casefold() == "left" else side
            side = "right" if first.casefold() == "right" else side
            found = _lesion_row(rest)
    if found is None and (match := _LEVEL.match(rest)):
        rows = _lesion_row(match["what"])
        if rows and rows[0].kind == "spinal cord":
            return _transection(match["part"], int(match["number"]), side)
    if found is None:
        raise InputError(_unknown("lesion", text, _lesion_words()))
    name, kind = found[0].name, found[0].kind
    if found[0].refused:
        raise InputError(f"the lesion {text!r} can't be represented: {found[0].refused}")
    if kind == "spinal cord":
        raise InputError(f"the lesion {text!r} needs a level, such as '{name} at T9'")
    sets = tuple((row.parameter, row.value or 0.0) for row in found if row.parameter)
    cuts: tuple[str, ...] = ()
    if kind == "peripheral nerve":
        nerve = atlas.nerve(name).name
        cuts = (nerve,) if side == "both" else (f"{side} {nerve}",)
    elif side != "both" and not all(row.paired for row in found):
        raise InputError(f"the lesion {name!r} has no left and right side")
    title = name if side == "both" else f"{side} {name}"
    return LesionEffect(title, kind, side, sets, cuts)


def _transection(part: str, number: int, side: Side) -> LesionEffect:
    if side != "both":
        raise InputError("a cut of half the spinal cord is not in this model; leave the side out")
    level = f"{part}{number}"
    if not 1 <= number <= _CORD[part]:
        raise InputError(
            f"the spinal cord has no level {level!r}; write a level from C1 to S{_CORD['S']},"
            f" with C1 to C{_CORD['C']}, T1 to T{_CORD['T']} and L1 to L{_CORD['L']}"
        )
    sets = tuple(
        (row.parameter, 0.0)
        for row in biology.cord()
        if _segment(row.entry_level) >= _segment(level)
    )
    return LesionEffect(f"spinal cord at {level}", "spinal cord", "both", sets, ())


def cord_segments() -> dict[str, int]:
    """Return how many segments each part of the spinal cord has, from head to tail."""
    return dict(_CORD)


def _segment(level: str) -> int:
    parts = list(_CORD)
    above = sum(_CORD[part] for part in parts[: parts.index(level[0])])
    return above + int(level[1:])


def lesion_names() -> tuple[str, ...]:
    """Return the lesions that this biology can represent, by their first names."""
    return tuple(rows[0].name for rows in _lesion_table().values() if not rows[0].refused)


def find_agent(name: str, route: str | None = None) -> biology.Agent:
    """Return an agent given by a route.

    Args:
        name: Name or alias of the agent.
        route: Route such as `i.p.`; may be left out where the table has only one.

    Raises:
        InputError: The agent or its route is unknown or refused, or the route is missing.

    Example:
        >>> find_agent("lipopolysaccharide", "ip").state
        'LPS_peritoneum'
    """
    rows = _agent_words().get(_plain(name))
    if rows is None:
        raise InputError(_unknown("agent", name, _name_of_each_word(biology.agents())))
    open_rows = [row for row in rows if not row.refused]
    if not open_rows:
        reason = rows[0].refused
        raise InputError(f"the agent {name!r} can't be represented: {reason}")
    routes = [row.route for row in open_rows]
    if route is None:
        if len(open_rows) > 1:
            raise InputError(
                f"the route of {open_rows[0].name} is missing; known are {', '.join(routes)}",
                field="route",
            )
        return open_rows[0]
    for row in rows:
        if _route(row.route) == _route(route):
            if row.refused:
                raise InputError(f"{row.name} {row.route} can't be represented: {row.refused}")
            return row
    raise InputError(unknown_word(f"route of {open_rows[0].name}", route, routes), field="route")


def agent_names() -> tuple[str, ...]:
    """Return the agents that this biology can represent, by their first names."""
    names = [row.name for row in biology.agents() if not row.refused]
    return tuple(dict.fromkeys(names))


def find_observable(name: str, where: str | None = None) -> biology.Observable:
    """Return what can be measured by its name and its place.

    Args:
        name: Name or alias, such as `TNF` or `splenic nerve activity`.
        where: Place such as `plasma` (or `serum`); may be left out if there is only one.

    Raises:
        InputError: The observable is unknown, or it is not measured there.

    Example:
        >>> find_observable("norepinephrine", "serum").id
        'NA'
    """
    rows = [row for row in biology.observables() if _plain(name) in map(_plain, _names(row))]
    if not rows:
        raise InputError(_unknown("observable", name, _name_of_each_word(biology.observables())))
    if where is None:
        if len(rows) > 1:
            raise InputError(f"say where {rows[0].name} is measured: {_places(rows)}")
        return rows[0]
    place = PLACES.get(where.casefold(), where.casefold())
    for row in rows:
        if row.where == place:
            return row
    raise InputError(f"{rows[0].name} is measured in {_places(rows)}, not in {where[:40]!r}")


def observable_names() -> tuple[str, ...]:
    """Return everything that can be measured, by first names."""
    return tuple(dict.fromkeys(row.name for row in biology.observables()))


def hypothesis_options() -> dict[str, tuple[str, ...]]:
    """Return the options of each named hypothesis; the default one stands first.

    Example:
        >>> hypothesis_options()["dopamine source"][0]
        'AADC activity'
    """
    options: dict[str, dict[str, bool]] = {}
    for row in biology.hypotheses():
        options.setdefault(row.name, {})[row.option] = row.default
    return {
        name: tuple(sorted(known, key=lambda option: not known[option]))
        for name, known in options.items()
    }


def find_option(name: str, option: str) -> tuple[str, str]:
    """Return the spelling in the table of a hypothesis and of one of its options.

    Raises:
        InputError: One of them is unknown.
    """
    options = hypothesis_options()
    for known, choices in options.items():
        if _plain(known) == _plain(name):
            for choice in choices:
                if _plain(choice) == _plain(option):
                    return known, choice
            raise InputError(unknown_word(f"option of {known!r}", option, choices))
    raise InputError(unknown_word("hypothesis", name, options))


def option_effects(name: str, option: str) -> dict[str, float]:
    """Return the model parameters that an option sets; none for the default option."""
    return {
        row.parameter: row.value
        for row in biology.hypotheses()
        if row.name == name and row.option == option and not row.default
    }


def _places(rows: list[biology.Observable]) -> str:
    return " or ".join(row.where for row in rows)


def _lesion_row(text: str) -> tuple[biology.Lesion, ...] | None:
    words, table = _lesion_keys(), _lesion_table()
    name = words.get(_plain(text)) or words.get(_plain(_SUFFIXES.sub("", text)))
    return None if name is None else table[name]


@cache
def _lesion_table() -> dict[str, tuple[biology.Lesion, ...]]:
    table: dict[str, tuple[biology.Lesion, ...]] = {}
    for row in biology.lesions():
        table[row.name] = (*table.get(row.name, ()), row)
    listed = {atlas.nerve(name).name for name, rows in table.items() if _is_nerve(rows)}
    for nerve in atlas.nerves():
        if nerve.name not in listed:
            table[nerve.name] = (
                biology.Lesion(
                    name=nerve.name,
                    aliases=nerve.aliases,
                    kind="peripheral nerve",
                    parameter="",
                    value=None,
                    paired=True,
                    refused="",
                    source=nerve.source,
                    note=nerve.note,
                ),
            )
    return table


def _is_nerve(rows: tuple[biology.Lesion, ...]) -> bool:
    return rows[0].kind == "peripheral nerve"


@cache
def _lesion_keys() -> dict[str, str]:
    return {
        _plain(word): name
        for name, rows in reversed(_lesion_table().items())
        for row in rows
        for word in (*row.aliases, row.name)
    }


@cache
def _lesion_words() -> dict[str, str]:
    return _name_of_each_word(row for rows in _lesion_table().values() for row in rows)


def _name_of_each_word(rows: Iterable[Row]) -> dict[str, str]:
    """Return, for every name and alias, the name; names come before all aliases."""
    known = list(rows)
    words = {row.name: row.name for row in known}
    for row in known:
        for alias in row.aliases:
            words.setdefault(alias, row.name)
    return words


def _unknown(kind: str, word: str, words: dict[str, str]) -> str:
    return unknown_word(kind, word, words, names=words, listed_by=f"reflexarc {kind}s")


@cache
def _agent_words() -> dict[str, tuple[biology.Agent, ...]]:
    table: dict[str, list[biology.Agent]] = {}
    for row in biology.agents():
        for word in _names(row):
            table.setdefault(_plain(word), []).append(row)
    return {word: tuple(rows) for word, rows in table.items()}


def _names(row: Row) -> tuple[str, ...]:
    return (row.name, *row.aliases)


def _route(route: str) -> str:
    return _plain(route).replace(".", "")


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
