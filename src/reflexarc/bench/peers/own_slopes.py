"""Reflexarc's own slopes: states and their derivatives by the parameters that vary."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]

DISTRIBUTION = "reflexarc"
LIBRARIES = ("reflexarc.sensitivity", "reflexarc.sbml", "llvmlite.binding")


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path | None = None
) -> Callable[[], Floats]:
    """Return what gives d state / d parameter, shape (animal, time, state, parameter).

    Args:
        problem: The work; its initial states depend on nothing.
        setting: `central` or `forward` differences.
        rtol: Relative tolerance.
        atol: Absolute tolerance, in the unit of each state.
        folder: Not needed.
    """
    from reflexarc.kernel import Change, Instant, Kernel, Line, Settings
    from reflexarc.sbml import read_sbml
    from reflexarc.sensitivity import sensitivities

    whole = read_sbml(problem.sbml)
    computed = whole.graph.symbols(list(whole.derived.values()))
    added = {name for piece in problem.segments for name in piece.add}
    alive = {n for n, y in zip(problem.tape.states, problem.initial.T, strict=True) if y.any()}
    system = whole.specialise({*problem.touched, *computed}, added | alive)
    kernel = Kernel.of(system, problem.tape.states)
    place = {name: k for k, name in enumerate((*system.parameters, *system.states))}
    instants = tuple(
        Instant(
            piece.start,
            (
                *(Change(place[name], value) for name, value in piece.set.items()),
                *(Change(place[name], value, adds=True) for name, value in piece.add.items()),
            ),
        )
        for piece in problem.segments
    )
    line = Line(problem.segments[0].start, problem.segments[-1].stop, instants)
    given = dict(zip(problem.varied, problem.values(problem.varied).T, strict=True))
    initial = problem.initial[:, [problem.tape.states.index(name) for name in system.states]]

    def solve() -> Floats:
        return sensitivities(
            kernel,
            names=problem.varied,
            line=line,
            grid=problem.times,
            given=given,
            initial=initial,
            settings=Settings(rtol=rtol, atol=atol),
            difference="forward" if setting == "forward" else "central",
        ).slopes

    return solve
