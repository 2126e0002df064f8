"""AMICI: C++ made from the SBML and compiled, CVODES with a sparse direct solver (KLU).

Its documentation names what costs time: reporting more than is asked for, which `RDataReporting`
cuts down (but only `full` holds states), and building results in Python, which `run_simulations`
over a list of conditions leaves to C++. Sensitivity code is not generated, `-march=native` goes to
the compiler, and the list of parameters for sensitivities is empty: with the default, all of them,
the copy of unused sensitivities at each output takes ten times as long as the integration.

Parameters that change at an edge, or between animals, are in each condition (`ExpData`); the start
of each piece of time is the end of the one before.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem, Segment

__all__ = ["DISTRIBUTION", "LIBRARIES", "compiled", "pieces_of", "prepare", "solver_of"]

Floats = NDArray[np.float64]

DISTRIBUTION = "amici"
LIBRARIES = ("amici", "amici.sim.sundials")

MOST_STEPS = 100_000


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path
) -> Callable[[], Floats]:
    """Return what solves all animals, a piece of time after another.

    Args:
        problem: A model whose states are parameters, or species in units of concentration.
        setting: Not needed: there is one.
        rtol: Relative tolerance.
        atol: Absolute tolerance, the same number for every state.
        folder: Where the code is made.
    """
    import amici.sim.sundials as sundials

    model = compiled(problem, folder, generate_sensitivity_code=False)
    model.set_parameter_list([])
    solver = solver_of(model, rtol, atol)
    states = list(model.get_state_ids())
    ours = np.array([states.index(name) for name in problem.tape.states])
    back = np.argsort(ours)
    pieces = pieces_of(model, problem)

    def solve() -> Floats:
        answer = problem.empty()
        state = problem.initial
        for segment, conditions, bolus, size, outputs in pieces:
            start = state + bolus
            for animal, condition in enumerate(conditions):
                condition.x0 = start[animal, back]
            results = sundials.run_simulations(model, solver, conditions, failfast=False)
            state = np.full_like(start, np.nan)
            for animal, result in enumerate(results):
                # The view of a result turns vectors into arrays one number at a time.
                rows = sundials.stdVec2ndarray(result._swigptr.x, outputs, len(states))[:, ours]
                answer[animal, segment.rows] = rows[:size]
                state[animal] = rows[-1]
        return answer

    return solve


def compiled(problem: Problem, folder: Path, **generation: Any) -> Any:
    """Return a problem's model, made into C++ and compiled for this processor.

    Args:
        problem: The work.
        folder: Where the code is made.
        **generation: Further options of `sbml2amici`.
    """
    import amici

    os.environ["AMICI_CXXFLAGS"] = "-march=native"
    amici.SbmlImporter(problem.sbml, from_file=False).sbml2amici(
        "reflexarc_model",
        folder / "model",
        observation_model=[],
        compute_conservation_laws=False,
        assume_pow_positivity=True,
        **generation,
    )
    return amici.import_model_module("reflexarc_model", folder / "model").get_model()


def solver_of(model: Any, rtol: float, atol: float) -> Any:
    """Return CVODES with KLU, which reports states."""
    import amici.sim.sundials as sundials

    solver = model.create_solver()
    solver.set_relative_tolerance(rtol)
    solver.set_absolute_tolerance(atol)
    solver.set_max_steps(MOST_STEPS)
    solver.set_linear_solver(sundials.LinearSolver.KLU)
    solver.set_return_data_reporting_mode(sundials.RDataReporting.full)
    return solver


def pieces_of(model: Any, problem: Problem) -> list[tuple[Segment, list[Any], Floats, int, int]]:
    """Return the pieces of time.

    Returns:
        Per piece: itself, a condition for each animal, what is added to the states at its start,
        how many outputs are wanted, and at how many times AMICI reports.
    """
    import amici.sim.sundials as sundials

    place = {name: k for k, name in enumerate(problem.tape.parameters)}
    free = [place[name] for name in model.get_free_parameter_ids()]
    fixed = [place[name] for name in model.get_fixed_parameter_ids()]
    pieces = []
    for segment, table, bolus in problem.inputs():
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9]
        conditions = []
        for animal in range(problem.animals):
            condition = sundials.ExpData(model)
            condition.set_timepoints(np.array([*inner, segment.stop]))
            condition.t_start = segment.start
            condition.free_parameters = table[animal, free]
            condition.fixed_parameters = table[animal, fixed]
            conditions.append(condition)
        pieces.append((segment, conditions, bolus, wanted.size, inner.size + 1))
    return pieces
