"""How wrong an answer is: against CVODE at 1e-12, which itself is held to Radau at 1e-11."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem
from reflexarc.errors import NumericalError

__all__ = ["ErrorMeasure", "measure_error", "reference", "relative_error", "second_reference"]

Floats = NDArray[np.float64]

SHARE = 1e-3
"""Below this share of a state's peak, an error counts absolutely."""
LEAST = 1e-6
"""The same for states that stay near 0 all the time, in the unit of the state. At rtol 1e-6 and
atol 1e-9 an engine is allowed 1e-9, a thousandth of it."""
RTOL, ATOL = 1e-12, 1e-15
SECOND_RTOL, SECOND_ATOL = 1e-11, 1e-14


@dataclass(frozen=True)
class ErrorMeasure:
    """How wrong an answer is.

    Args:
        largest: Over animals, times and states; NaN if no animal has an answer.
        median: Median over animals of each animal's largest.
        unfinished: Animals with an output that is not finite; they don't count in the others.
    """

    largest: float
    median: float
    unfinished: int


def relative_error(answer: Floats, truth: Floats) -> Floats:
    """Return |answer - truth| / (|truth| + floor) for each output.

    Args:
        answer: Shape (animal, time, state).
        truth: The same shape. The floor of a state is `SHARE` of its peak over all animals and
            times of the truth, plus `LEAST`.
    """
    peak = np.abs(truth).max(axis=(0, 1))
    return np.asarray(np.abs(answer - truth) / (np.abs(truth) + SHARE * peak + LEAST))


def measure_error(answer: Floats, truth: Floats) -> ErrorMeasure:
    """Return how wrong an answer is.

    Args:
        answer: Shape (animal, time, state).
        truth: The same for these animals or more.
    """
    errors = relative_error(answer, truth[: len(answer)]).max(axis=(1, 2))
    finite = errors[np.isfinite(errors)]
    if finite.size == 0:
        return ErrorMeasure(float("nan"), float("nan"), len(errors))
    return ErrorMeasure(float(finite.max()), float(np.median(finite)), len(errors) - finite.size)


def reference(problem: Problem) -> Floats:
    """Return the true states, shape (animal, time, state), by CVODE at rtol 1e-12."""
    from reflexarc.bench.peers import libroadrunner

    return libroadrunner.prepare(problem, setting="CVODE stiff, MCJIT", rtol=RTOL, atol=ATOL)()


def second_reference(problem: Problem) -> Floats:
    """Return the same by SciPy's Radau at rtol 1e-11: another method, another implementation.

    It takes about ten seconds per animal.

    Raises:
        NumericalError: Radau gave up.
    """
    from scipy.integrate import solve_ivp

    from reflexarc.reference import instrument

    engine = instrument(problem.sbml)
    order = [engine.states.index(name) for name in problem.tape.states]
    back = np.argsort(order)
    names = problem.touched
    answer = problem.empty()
    for animal in range(problem.animals):
        values = dict(zip(names, problem.values(names)[animal].tolist(), strict=True))
        state = problem.initial[animal].copy()
        for segment in problem.segments:
            values |= segment.set
            for name, amount in segment.add.items():
                state[problem.tape.states.index(name)] += amount
            wanted = problem.times[segment.rows]
            solution = solve_ivp(
                lambda _, y, given: engine.rates(y[back], given)[order],
                (segment.start, segment.stop),
                state,
                "Radau",
                t_eval=np.append(wanted[wanted < segment.stop], segment.stop),
                args=(values,),
                rtol=SECOND_RTOL,
                atol=SECOND_ATOL,
            )
            if not solution.success:
                raise NumericalError(f"Radau, animal {animal}: {solution.message}")
            answer[animal, segment.rows] = solution.y.T[: wanted.size]
            state = solution.y[:, -1].copy()
    return answer
