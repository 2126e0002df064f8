"""libRoadRunner: one compiled model, for each animal new values and states, CVODE (BDF).

Its documentation says to load a model once and to change it between runs; that LLVM's optimiser can
be chosen by `Config`; and that results can be had by a list of times. A vector of absolute
tolerances keeps it from scaling a scalar one by the state at the start of each call.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]

DISTRIBUTION = "libroadrunner"
LIBRARIES = ("roadrunner",)


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path | None = None
) -> Callable[[], Floats]:
    """Return what solves all animals, one after another.

    Args:
        problem: A model whose states are parameters, or species of constant compartments in units
            of concentration.
        setting: Holds `MCJIT` or `LLJIT`.
        rtol: Relative tolerance.
        atol: Absolute tolerance, in the unit of each state.
        folder: Not needed.
    """
    # SUNDIALS warns on stderr of tiny first steps behind an edge at tight tolerances.
    os.environ.setdefault("SUNLOGGER_WARNING_FILENAME", os.devnull)
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    config = roadrunner.Config
    if "LLJIT" in setting:
        config.setValue(config.LLVM_BACKEND, config.LLJIT)
        config.setValue(config.LLJIT_OPTIMIZATION_LEVEL, config.AGGRESSIVE)
    else:
        config.setValue(config.LLVM_BACKEND, config.MCJIT)
    road = roadrunner.RoadRunner(problem.sbml)
    core = road.model
    road.setIntegrator("cvode")
    states = problem.tape.states
    globals_ = core.getGlobalParameterIds()
    boundary = core.getBoundarySpeciesIds()
    ours = {name: k for k, name in enumerate(states)}
    solver = [core.getStateVectorId(k) for k in range(len(road.getRatesOfChange()))]
    volumes = np.ones(len(solver))
    for k, name in enumerate(solver):
        if name not in globals_:
            at = core.getCompartmentIndexForBoundarySpecies(boundary.index(name))
            volumes[k] = core.getCompartmentVolumes()[at]
    road.integrator.setValue("stiff", True)
    road.integrator.setValue("maximum_num_steps", 100_000)
    road.integrator.setValue("relative_tolerance", rtol)
    road.integrator.setValue("absolute_tolerance", (atol * volumes).tolist())
    road.timeCourseSelections = [n if n in globals_ else f"[{n}]" for n in states]

    names = problem.touched
    values = problem.values(names)
    inputs = [globals_.index(name) for name in names]
    kept = [name for name in states if name in globals_]
    held = [name for name in states if name not in globals_]
    kept_at, kept_from = [globals_.index(n) for n in kept], [ours[n] for n in kept]
    held_at, held_from = [boundary.index(n) for n in held], [ours[n] for n in held]
    pieces = []
    for segment in problem.segments:
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9].tolist()
        pieces.append(
            (
                segment,
                [segment.start, *inner, segment.stop],
                wanted.size,
                [globals_.index(name) for name in segment.set],
                list(segment.set.values()),
                [(ours[name], amount) for name, amount in segment.add.items()],
            )
        )

    def put(state: Floats) -> None:
        core.setGlobalParameterValues(kept_at, state[kept_from].tolist())
        if held:
            core.setBoundarySpeciesConcentrations(held_at, state[held_from].tolist())

    def solve() -> Floats:
        answer = problem.empty()
        for animal in range(problem.animals):
            core.setGlobalParameterValues(inputs, values[animal].tolist())
            state = problem.initial[animal]
            put(state)
            for segment, times, size, at, new, bolus in pieces:
                if at:
                    core.setGlobalParameterValues(at, new)
                if bolus:
                    state = state.copy()
                    for place, amount in bolus:
                        state[place] += amount
                    put(state)
                rows = np.asarray(road.simulate(times=times))
                state = rows[-1]
                answer[animal, segment.rows] = rows[1 : 1 + size]
        return answer

    return solve
