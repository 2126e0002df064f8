"""AMICI's forward sensitivities: CVODES integrates them together with the states.

Parameters that don't vary are `fixed_parameters`, so that no code is made for slopes by them. The
rest is as in `amici`. Slopes at the end of a piece of time are those at the start of the next.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]

DISTRIBUTION = "amici"
LIBRARIES = ("amici", "amici.sim.sundials")

MOST_STEPS = 100_000


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

    os.environ["AMICI_CXXFLAGS"] = "-march=native"
    importer = amici.SbmlImporter(problem.sbml, from_file=False)
    known = {parameter.getId() for parameter in importer.sbml_model.getListOfParameters()}
    constant = [n for n in problem.tape.parameters if n in known and n not in problem.varied]
    importer.sbml2amici(
        "reflexarc_slopes",
        folder / "model",
        fixed_parameters=constant,
        observation_model=[],
        compute_conservation_laws=False,
        assume_pow_positivity=True,
    )
    model = amici.import_model_module("reflexarc_slopes", folder / "model").get_model()
    free, fixed = model.get_free_parameter_ids(), model.get_fixed_parameter_ids()
    model.set_parameter_list([list(free).index(name) for name in problem.varied])
    solver = model.create_solver()
    solver.set_relative_tolerance(rtol)
    solver.set_absolute_tolerance(atol)
    solver.set_max_steps(MOST_STEPS)
    solver.set_linear_solver(sundials.LinearSolver.KLU)
    solver.set_sensitivity_order(sundials.SensitivityOrder.first)
    solver.set_sensitivity_method(sundials.SensitivityMethod.forward)
    methods = sundials.InternalSensitivityMethod
    solver.set_internal_sensitivity_method(
        methods.staggered if setting == "staggered" else methods.simultaneous
    )
    solver.set_return_data_reporting_mode(sundials.RDataReporting.full)

    states = list(model.get_state_ids())
    ours = np.array([states.index(name) for name in problem.tape.states])
    back = np.argsort(ours)
    place = {name: k for k, name in enumerate(problem.tape.parameters)}
    count = len(problem.varied)
    pieces = []
    for segment, table, bolus in problem.inputs():
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9]
        conditions = []
        for animal in range(problem.animals):
            condition = sundials.ExpData(model)
            condition.set_timepoints(np.array([*inner, segment.stop]))
            condition.t_start = segment.start
            condition.free_parameters = table[animal, [place[name] for name in free]]
            condition.fixed_parameters = table[animal, [place[name] for name in fixed]]
            conditions.append(condition)
        pieces.append((segment, conditions, bolus, wanted.size, inner.size + 1))

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
