"""The engine of every day: animals and timelines through generated machine code.

It does what `reference` does with libRoadRunner, for many runs at a time. An animal first rests
without any input until it has come to its own rest; then it lives through its timeline.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reflexarc.biology import observables
from reflexarc.errors import InputError, NumericalError, unknown_word
from reflexarc.instants import SAME_INSTANT
from reflexarc.reference import CUMULATIVE, SETTLING

if TYPE_CHECKING:
    from reflexarc.cohort import Cohort
    from reflexarc.kernel import Batch, Kernel, Line, Settings
    from reflexarc.system import System
    from reflexarc.timeline import Timeline

__all__ = [
    "RTOL",
    "individuals",
    "kernel_for",
    "line_of",
    "newly_begun",
    "rest",
    "run_block",
    "starts",
    "system_of",
]

Floats = NDArray[np.float64]

RTOL = 1e-6


@lru_cache(maxsize=4)
def system_of(sbml: str) -> "System":
    """Return the equations of an SBML text; read once per process."""
    from reflexarc.sbml import read_sbml

    return read_sbml(sbml)


def kernel_for(sbml: str, outputs: Sequence[str]) -> "Kernel":
    """Return machine code for a model that reports some outputs, and others that are often wanted.

    What is often wanted (every observable, the hazard of death) is always there, so that one
    kernel serves nearly all calls.

    Raises:
        InputError: If an output is unknown.
    """
    known = system_of(sbml).variables
    for name in outputs:
        if name not in known:
            raise InputError(unknown_word("variable of the model", name, list(known)))
    usual = [name for name in (*(o.id for o in observables()), *CUMULATIVE) if name in known]
    return _kernel(sbml, tuple(dict.fromkeys([*usual, *sorted(set(outputs) - set(usual))])))


@lru_cache(maxsize=16)
def _kernel(sbml: str, outputs: tuple[str, ...]) -> "Kernel":
    from reflexarc.kernel import Kernel

    return Kernel.of(system_of(sbml), outputs)


def line_of(system: "System", timeline: "Timeline") -> "Line":
    """Return a timeline in the places of a system.

    Raises:
        InputError: If an edge names what the model doesn't have.
    """
    from reflexarc.kernel import Change, Instant, Line

    parameters = {name: i for i, name in enumerate(system.parameters)}
    states = {name: len(parameters) + i for i, name in enumerate(system.states)}

    def place(known: Mapping[str, int], kind: str, name: str) -> int:
        if name not in known:
            raise InputError(unknown_word(kind, name, list(known)))
        return known[name]

    instants = tuple(
        Instant(
            edge.time,
            (
                *(
                    Change(place(parameters, "parameter of the model", name), value)
                    for name, value in edge.set.items()
                ),
                *(
                    Change(place(states, "state", name), value, adds=True)
                    for name, value in edge.add.items()
                ),
            ),
        )
        for edge in sorted(timeline.edges, key=lambda edge: edge.time)
    )
    return Line(float(timeline.start), float(timeline.stop), instants)


def run_block(
    kernel: "Kernel",
    timelines: "Sequence[Timeline]",
    cohort: "Cohort",
    positions: Sequence[int],
    times: Floats,
    *,
    rtol: float,
    atol: float,
    watch: NDArray[np.int64] | None = None,
) -> Floats:
    """Run some animals of a cohort through every timeline, on this thread.

    Args:
        kernel: The model.
        timelines: One per arm.
        cohort: The animals.
        positions: Which of them, by their place in the cohort.
        times: Increasing times, h.
        rtol: Relative tolerance.
        atol: Absolute tolerance, in the unit of each state.
        watch: Two words; the second may be set by another thread to end the work early.

    Returns:
        Shape (arm, animal, time, output); NaN after a timeline's stop.

    Raises:
        InputError: If a timeline names what the model doesn't have.
        NumericalError: If an integration fails; the sentence names arm, animal and time.
    """
    from reflexarc.kernel import Settings, Timetable

    if (np.diff(times) <= SAME_INSTANT).any():
        raise InputError("the times of a simulation must increase by more than 1e-9 h")
    system, animals = kernel.system, len(positions)
    settings = Settings(rtol=rtol, atol=atol)
    rows, groups = starts(system, timelines)
    multipliers = cohort.multipliers[list(positions)]
    tables = [individuals(system.parameters, row, cohort.traits, multipliers) for row in rows]
    names = [
        f"arm {timelines[groups.index(g)].arm!r}, animal {{}}, settling" for g in range(len(tables))
    ]
    rested = rest(kernel, np.concatenate(tables), settings, watch=watch)
    _complain(rested, names, cohort, positions)
    settled = rested.final.reshape(len(tables), animals, -1)
    initial = newly_begun(system, np.concatenate([settled[group] for group in groups]))
    batch = kernel.run(
        parameters=np.concatenate(tables),
        row=np.concatenate([np.arange(animals) + group * animals for group in groups]),
        initial=initial,
        timetable=Timetable.of([line_of(system, timeline) for timeline in timelines]),
        line=np.repeat(np.arange(len(timelines)), animals),
        grid=times,
        settings=settings,
        watch=watch,
    )
    _complain(batch, [f"arm {t.arm!r}, animal {{}}" for t in timelines], cohort, positions)
    return batch.outputs.reshape(len(timelines), animals, times.size, -1)


def starts(system: "System", timelines: "Sequence[Timeline]") -> tuple[list[Floats], list[int]]:
    """Return the typical animal's parameters for each distinct start of timelines.

    Returns:
        One row of `system.parameters` per start, and the place of each timeline's start among them.

    Raises:
        InputError: If a timeline starts with a parameter that the model doesn't have.
    """
    keys = [tuple(sorted(timeline.initial.items())) for timeline in timelines]
    distinct = list(dict.fromkeys(keys))
    rows = []
    for key in distinct:
        row = system.parameter_table(1)[0]
        for name, value in key:
            row[_place(system.parameters, name)] = value
        rows.append(row)
    return rows, [distinct.index(key) for key in keys]


def individuals(
    parameters: Sequence[str], row: Floats, traits: Sequence[str], multipliers: Floats
) -> Floats:
    """Return the parameters of animals that differ from a typical one by their traits.

    Args:
        parameters: Names of the columns.
        row: The typical animal's, shape (parameter,).
        traits: Names of what differs.
        multipliers: Factor on each, shape (animal, trait).

    Returns:
        Shape (animal, parameter).

    Raises:
        InputError: If a trait is no parameter of the model.
    """
    table = np.tile(row, (len(multipliers), 1))
    for column, name in enumerate(traits):
        table[:, _place(parameters, name)] *= multipliers[:, column]
    return table


def _place(parameters: Sequence[str], name: str) -> int:
    if name not in parameters:
        raise InputError(unknown_word("parameter of the model", name, parameters))
    return parameters.index(name)


def rest(
    kernel: "Kernel",
    parameters: Floats,
    settings: "Settings",
    *,
    hours: float = SETTLING,
    watch: NDArray[np.int64] | None = None,
) -> "Batch":
    """Let animals rest without any input, one for each row of parameters."""
    from reflexarc.kernel import Line, Timetable

    return kernel.run(
        parameters=parameters,
        initial=kernel.system.initial_table(parameters),
        timetable=Timetable.of([Line(0.0, hours)]),
        line=np.zeros(len(parameters), dtype=np.int64),
        grid=[],
        settings=settings,
        watch=watch,
    )


def newly_begun(system: "System", states: Floats) -> Floats:
    """Return rested states in which nothing has added up yet, shape (run, state)."""
    begun = states.copy()
    begun[:, [system.states.index(name) for name in CUMULATIVE if name in system.states]] = 0.0
    return begun


def _complain(
    batch: "Batch", names: Sequence[str], cohort: "Cohort", positions: Sequence[int]
) -> None:
    """Raise an error that names the first run that failed, if one did."""
    from reflexarc.kernel import STATUS

    failed = np.flatnonzero(batch.status)
    if failed.size:
        group, animal = divmod(int(failed[0]), len(positions))
        who = names[group].format(cohort.animals[positions[animal]])
        reason = STATUS[int(batch.status[failed[0]])]
        raise NumericalError(
            f"{who}: the integration failed at t = {batch.ended[failed[0]]:.6g} h: {reason}"
        )
