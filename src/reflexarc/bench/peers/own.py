"""reflexarc's own kernel: machine code for the model, an animal in each lane of a register."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem
from reflexarc.kernel import Batch, Change, Instant, Kernel, Line, Settings, Timetable
from reflexarc.kernel.kernel import usual_controller
from reflexarc.kernel.methods import method
from reflexarc.kernel.pace import Pace
from reflexarc.sbml import read_sbml
from reflexarc.system import System

__all__ = ["DISTRIBUTION", "LIBRARIES", "Prepared", "prepare", "prepared"]

Floats = NDArray[np.float64]

DISTRIBUTION = "reflexarc"
LIBRARIES = ("llvmlite.binding", "libsbml")
ATOL = 1e-9


@dataclass(frozen=True, eq=False)
class Prepared:
    """A kernel with the tables of a problem.

    Attributes:
        kernel: The machine code.
        run: Solves all animals at a relative and an absolute tolerance.
    """

    kernel: Kernel
    run: Callable[..., Batch]


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path | None = None
) -> Callable[[], Floats]:
    """Return what solves all animals.

    Args:
        problem: The work.
        setting: `general` writes nothing into the code that could be a parameter; `strict` takes
            the estimate of the error at full weight; `single` computes in single precision;
            otherwise in double, at the usual weight, with what never changes written in.
        rtol: Relative tolerance.
        atol: Absolute tolerance, in the unit of each state.
        folder: Not needed.
    """
    work = prepared(
        problem,
        single="single" in setting,
        general="general" in setting,
        strict="strict" in setting,
    )
    return lambda: work.run(rtol, atol).outputs


def prepared(
    problem: Problem, *, single: bool = False, general: bool = False, strict: bool = False
) -> Prepared:
    """Return a kernel with the tables of a problem."""
    system = read_sbml(problem.sbml)
    if not general:
        added = {name for segment in problem.segments for name in segment.add}
        alive = {n for n, y in zip(problem.tape.states, problem.initial.T, strict=True) if y.any()}
        system = system.specialise(problem.touched, added | alive)
    usual = usual_controller(method("rodas5p"))
    controller = replace(usual, pace=Pace(weight=1.0)) if strict else usual
    kernel = Kernel.of(system, problem.tape.states, single=single, controller=controller)
    timetable = Timetable.of([_line(problem, system)])
    given = {name: problem.parameters[:, k] for k, name in enumerate(problem.tape.parameters)}
    parameters = system.parameter_table(
        problem.animals, {name: given[name] for name in system.parameters if name in given}
    )
    initial = problem.initial[:, [problem.tape.states.index(name) for name in system.states]]

    def run(rtol: float, atol: float = ATOL) -> Batch:
        return kernel.run(
            parameters=parameters,
            initial=initial,
            timetable=timetable,
            line=np.zeros(problem.animals, dtype=np.int64),
            grid=problem.times,
            settings=Settings(rtol=rtol, atol=atol),
        )

    return Prepared(kernel, run)


def _line(problem: Problem, system: System) -> Line:
    place = {name: k for k, name in enumerate((*system.parameters, *system.states))}
    instants = tuple(
        Instant(
            segment.start,
            (
                *(Change(place[name], value) for name, value in segment.set.items()),
                *(Change(place[name], value, adds=True) for name, value in segment.add.items()),
            ),
        )
        for segment in problem.segments
    )
    return Line(problem.segments[0].start, problem.segments[-1].stop, instants)
