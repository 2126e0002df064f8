"""AMICI's forward sensitivities: CVODES integrates them together with the states.

Parameters that don't vary are `fixed_parameters`, so that no code is made for slopes by them. The
rest is as in `amici`. Slopes at the end of a piece of time are those at the start of the next.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.peers.amici import (
    DISTRIBUTION,
    LIBRARIES,
    compiled,
    pieces_of,
    solver_of,
)
from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path
) -> Callable[[], Floats]:
    """Return what gives d state / d parameter, shape (animal, time, state, parameter).

    Args:
        problem: The work; its initial states depend on nothing.
        setting: `simultaneous` or `staggered`, the ways in which CVODES corrects slopes.
        rtol: Relative tolerance, of states and of slopes.
        atol: Absolute tolerance, the same number for every state.
        folder: Where the code is made.
    """
    import amici
    import amici.sim.sundials as sundials

    sbml = amici.SbmlImporter(problem.sbml, from_file=False).sbml_model
    known = {parameter.getId() for parameter in sbml.getListOfParameters()}
    constant = [n for n in problem.tape.parameters if n in known and n not in problem.varied]
    model = compiled(problem, folder, fixed_parameters=constant)
    free = list(model.get_free_parameter_ids())
    model.set_parameter_list([free.index(name) for name in problem.varied])
    solver = solver_of(model, rtol, atol)
    solver.set_sensitivity_order(sundials.SensitivityOrder.first)
    solver.set_sensitivity_method(sundials.SensitivityMethod.forward)
    methods = sundials.InternalSensitivityMethod
    solver.set_internal_sensitivity_method(
        methods.staggered if setting == "staggered" else methods.simultaneous
    )
    states = list(model.get_state_ids())
    ours = np.array([states.index(name) for name in problem.tape.states])
    back = np.argsort(ours)
    count = len(problem.varied)
    pieces = pieces_of(model, problem)

    def solve() -> Floats:
        answer = np.full((*problem.shape, count), np.nan)
        answer[:, : problem.segments[0].first] = 0.0
        state = problem.initial
        slopes = np.zeros((problem.animals, count, len(states)))
        for segment, conditions, bolus, size, outputs in pieces:
            start = state + bolus
            for animal, condition in enumerate(conditions):
                condition.x0 = start[animal, back]
                condition.sx0 = slopes[animal].ravel()
            results = sundials.run_simulations(model, solver, conditions, failfast=False)
            state = np.full_like(start, np.nan)
            slopes = np.full_like(slopes, np.nan)
            for animal, result in enumerate(results):
                rows = sundials.stdVec2ndarray(result._swigptr.x, outputs, len(states))[:, ours]
                tangents = sundials.stdVec2ndarray(result._swigptr.sx, outputs, count, len(states))
                answer[animal, segment.rows] = np.moveaxis(tangents[:size, :, ours], 1, 2)
                state[animal], slopes[animal] = rows[-1], tangents[-1]
        return answer

    return solve
