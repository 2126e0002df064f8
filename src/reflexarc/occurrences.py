"""The events of a model in many runs: which happen when, in which order, in each of them.

The instants of events depend on parameters alone, so that they are known before a run. Events of
one instant become one event that does what all of them do, because the values that each assigns may
be those before any of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError
from reflexarc.expression import TIME, Node
from reflexarc.kernel.timetable import Timetable
from reflexarc.system import Event, System

__all__ = ["Occurrences"]

Floats = NDArray[np.float64]
Group = tuple[int, ...]
"""Events of one instant, by their numbers, in the order in which they happen."""

START = 0.0
SAME_INSTANT = 1e-9
"""Times as near as this are one instant."""
MARGIN = 1e-12
"""A shift of this share of the time can be told from no shift."""


@dataclass(frozen=True, eq=False)
class Occurrences:
    """What happens in runs from time 0 on.

    Attributes:
        system: The model, with an event more for each group of events that share an instant.
        groups: Those groups, by the number of their event.
        grid: Times at which values are wanted; the last one is the end.
    """

    system: System
    groups: dict[Group, int]
    grid: Floats

    @classmethod
    def of(cls, system: System, parameters: Floats, grid: Floats) -> "Occurrences":
        """Look for events that share an instant.

        Args:
            system: The model.
            parameters: Table of all runs, shape (run, parameter).
            grid: Increasing times from 0 on.

        Raises:
            InputError: If the order of two events, or a condition on the time, hangs on what only a
                run can tell.
        """
        _check_breaks(system)
        plain = cls(system, {}, grid)
        names, times, priorities = plain._instants(parameters)
        groups: dict[Group, int] = {}
        for _, instants, ranks in _patterns(times, priorities):
            plain._check_order(names, instants)
            for _, places in plain._together(names, instants, ranks):
                group = tuple(names[i] for i in places)
                if len(group) > 1:
                    groups.setdefault(group, len(system.events) + len(groups))
        if not groups:
            return plain
        joined = [_joined(system, group) for group in groups]
        return cls(replace(system, events=(*system.events, *joined)), groups, grid)

    def timetable(self, parameters: Floats) -> Timetable:
        """Return what happens when, with one line of time for each run."""
        names, times, priorities = self._instants(parameters)
        events = np.tile(np.array(names, dtype=np.int64), (len(times), 1))
        for rows, instants, ranks in _patterns(times, priorities):
            for time, places in self._together(names, instants, ranks):
                times[rows[:, None], places] = np.inf
                times[rows, places[0]] = time
                if len(places) > 1:
                    events[rows, places[0]] = self.groups[tuple(names[i] for i in places)]
        strict = [i for i, name in enumerate(names) if self.system.events[name].strict]
        times[:, strict] = self._behind(times[:, strict])
        breaks = self._breaks(parameters)
        times = np.concatenate([times, breaks], axis=1)
        events = np.concatenate([events, np.full(breaks.shape, -1, dtype=np.int64)], axis=1)
        order = np.argsort(times, axis=1, kind="stable")
        times = np.take_along_axis(times, order, axis=1)
        kept = np.isfinite(times)
        count = np.count_nonzero(kept)
        runs = len(parameters)
        return Timetable(
            start=np.full(runs, START),
            stop=np.full(runs, self.grid[-1]),
            edges=np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64),
            time=times[kept],
            event=np.take_along_axis(events, order, axis=1)[kept],
            operations=np.zeros(count + 1, dtype=np.int64),
            place=np.empty(0, dtype=np.int64),
            adds=np.empty(0, dtype=np.int64),
            amount=np.empty(0),
        )

    # ---- inside

    def _together(
        self, names: list[int], times: Floats, priorities: Floats
    ) -> list[tuple[float, list[int]]]:
        """Return the groups of one run as places in `names`, in the order in which they happen."""
        found = []
        events = self.system.events
        for time in np.unique(times[np.isfinite(times)]).tolist():
            here = np.flatnonzero(times == time)
            order = here[np.argsort(-priorities[here], kind="stable")].tolist()
            for strict in (False, True):
                mine = [i for i in order if events[names[i]].strict == strict]
                once = {names[i]: i for i in reversed(mine)}
                if mine:
                    found.append((time, [i for i in mine if once[names[i]] == i]))
        return found

    def _behind(self, times: Floats) -> Floats:
        """Return instants a trifle later: after what else happens then, and after the values."""
        place = np.searchsorted(self.grid, times)
        near = np.zeros(times.shape, dtype=bool)
        for neighbour in (place - 1, place):
            inside = np.clip(neighbour, 0, self.grid.size - 1)
            near |= np.abs(self.grid[inside] - times) <= SAME_INSTANT
        later = times + np.maximum(2 * SAME_INSTANT, MARGIN * np.abs(times))
        return np.where(near, later, np.nextafter(times, np.inf))

    def _instants(self, parameters: Floats) -> tuple[list[int], Floats, Floats]:
        """Return the event, the instants and the priorities of everything that may happen.

        Instants, shape (run, instant), are infinite where it doesn't; so are priorities that none
        was given, towards below.
        """
        system, size = self.system, len(parameters)
        columns = _columns(system, parameters)
        moving = system.graph.mask([*system.states, *_targets(system)])
        names, instants, priorities = [], [], []
        for number, event in enumerate(system.events):
            for time in system.graph.evaluate(event.times, columns):
                at = np.broadcast_to(np.asarray(time, dtype=np.float64), (size,)).copy()
                kept = np.isfinite(at) & (at <= self.grid[-1])
                kept &= (at >= START) if event.at_start else (at > START)
                at[~kept] = np.inf
                rank = np.full(size, -np.inf)
                if event.priority is not None and not system.graph.depends(event.priority, moving):
                    known = {**columns, TIME: np.where(kept, at, START)}
                    rank[:] = system.graph.evaluate([event.priority], known)[0]
                names.append(number)
                instants.append(at)
                priorities.append(np.where(np.isnan(rank), -np.inf, rank))
        empty = np.empty((size, 0))
        stack = [np.stack(part, axis=1) if part else empty for part in (instants, priorities)]
        return names, stack[0], stack[1]

    def _check_order(self, names: list[int], times: Floats) -> None:
        system = self.system
        moving = system.graph.mask([*system.states, *_targets(system)])
        for time in np.unique(times[np.isfinite(times)]).tolist():
            events = [system.events[names[i]] for i in np.flatnonzero(times == time)]
            events = list({event.id: event for event in events}.values())
            if len(events) < 2 or len({event.priority for event in events}) == 1:
                continue
            for event in events:
                if event.priority is not None and system.graph.depends(event.priority, moving):
                    others = ", ".join(repr(one.id) for one in events if one is not event)
                    raise InputError(
                        f"its priority changes during a run, and it shares the instant {time:g}"
                        f" with {others}; such events are not run",
                        field=event.id,
                    )

    def _breaks(self, parameters: Floats) -> Floats:
        """Return the instants at which conditions change, shape (run, break); infinite for none."""
        size = len(parameters)
        found = self.system.graph.evaluate(self.system.breaks, _columns(self.system, parameters))
        table = np.empty((size, len(found)))
        for i, time in enumerate(found):
            table[:, i] = time
        table[~(np.isfinite(table) & (table > START) & (table < self.grid[-1]))] = np.inf
        return table


def _patterns(times: Floats, priorities: Floats) -> list[tuple[NDArray[np.int64], Floats, Floats]]:
    """Return runs in which events share an instant, alike ones together: (runs, times, ranks)."""
    ordered = np.sort(times, axis=1)
    same = (ordered[:, 1:] == ordered[:, :-1]) & np.isfinite(ordered[:, 1:])
    rows = np.flatnonzero(same.any(axis=1))
    if not rows.size:
        return []
    keys = np.concatenate([times[rows], priorities[rows]], axis=1)
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    alike = np.split(rows[order], np.cumsum(np.bincount(which.reshape(-1)))[:-1])
    chosen = rows[first]
    return [(a, times[b].copy(), priorities[b]) for a, b in zip(alike, chosen, strict=True)]


def _columns(system: System, parameters: Floats) -> dict[str, ArrayLike]:
    columns: dict[str, ArrayLike] = {n: parameters[:, i] for i, n in enumerate(system.parameters)}
    return {**columns, TIME: START}


def _targets(system: System) -> list[str]:
    return list(dict.fromkeys(name for event in system.events for name, _ in event.assignments))


def _check_breaks(system: System) -> None:
    """Refuse conditions on the time whose instants an event moves."""
    for event in system.events:
        for name, _ in event.assignments:
            mask = system.graph.mask([name])
            if any(system.graph.depends(node, mask) for node in system.breaks):
                raise InputError(
                    f"it sets {name!r}, and a condition on the time depends on that; such events"
                    " are not run",
                    field=event.id,
                )


def _joined(system: System, group: Sequence[int]) -> Event:
    """Return one event that does what several do one after another."""
    graph = system.graph
    now: dict[Node, Node] = {}
    assigned: dict[str, Node] = {}
    for number in group:
        event = system.events[number]
        nodes = [node for _, node in event.assignments]
        values = nodes if event.trigger_values else graph.substitute(nodes, now)
        for (name, _), value in zip(event.assignments, values, strict=True):
            now[graph.symbol(name)] = assigned[name] = value
    return Event(
        id=" and ".join(dict.fromkeys(system.events[number].id for number in group)),
        times=(),
        assignments=tuple(assigned.items()),
    )
