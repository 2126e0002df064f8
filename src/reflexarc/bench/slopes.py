"""Slopes beside slopes: all states of the 72 h problem by its 15 parameters, per second and core.

Every engine gets the same animals with the same start, which depends on no parameter, and returns
one array (animal, time, state, parameter).
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.comparison import answer_of, get_ready, passes_of
from reflexarc.bench.engine import ENVIRONMENTS, Engine
from reflexarc.bench.problem import Problem
from reflexarc.bench.process import EngineError, EngineProcess
from reflexarc.bench.row import Row

__all__ = ["SLOPES", "compare_slopes", "slope_error", "true_slopes"]

Floats = NDArray[np.float64]

SLOPES = (
    Engine("reflexarc", "reflexarc.bench.peers.own_slopes", ("central", "forward")),
    Engine(
        "AMICI",
        "reflexarc.bench.peers.amici_slopes",
        ("simultaneous", "staggered"),
        environment="amici",
    ),
)
"""Who takes part: AMICI in both ways in which CVODES corrects slopes."""

ATOL = 1e-9
WEAK = 1e-4
"""Slopes that change a state by less than this share of its peak per share of the parameter don't
count in the error."""
LEAST = 1e-6
"""Nor do states that never get above this, in their unit."""
REFERENCE_STEP = 3e-3
REFERENCE_RTOL, REFERENCE_ATOL = 1e-12, 1e-15


def compare_slopes(
    problem: Problem,
    *,
    engines: Sequence[Engine] = SLOPES,
    rtols: Sequence[float] = (1e-6,),
    repeats: int = 3,
    seconds: float = 2.0,
    checked: int = 1,
    environments: Path = ENVIRONMENTS,
    limits: tuple[float, float] = (600.0, 300.0),
    say: Callable[[str], None] | None = None,
) -> tuple[Row, ...]:
    """Return one row per engine, setting and tolerance.

    Args:
        problem: From `cases.response`.
        engines: Who takes part.
        rtols: Relative tolerances.
        repeats: Turns of each; the best one counts.
        seconds: Processor time that a turn takes at least.
        checked: Animals whose slopes are compared with the true ones.
        environments: Folder of the engines' environments.
        limits: Seconds after which an engine is given up, when it prepares and when it runs.
        say: Called with what is being done.
    """
    say = say or (lambda _: None)
    say("true slopes")
    few = problem.first(checked)
    truth, peaks = true_slopes(few)
    rows = []
    with tempfile.TemporaryDirectory(prefix="reflexarc-slopes-") as top:
        place = Path(top) / "problem"
        place.mkdir()
        problem.write(place)
        for engine in engines:
            for setting in engine.settings:
                for rtol in rtols:
                    row = Row(engine.name, setting, f"{problem.name}, slopes", rtol, ATOL)
                    say(f"{row.engine}, {row.setting}, rtol {rtol:g}")
                    rows.append(row)
                    folder = Path(top) / f"engine-{len(rows)}"
                    try:
                        command = engine.interpreter(environments)
                        with EngineProcess(command, engine.module, folder) as process:
                            answer = _measure(
                                row, process, place, folder, problem.animals, repeats, seconds,
                                limits,
                            )  # fmt: skip
                    except (EngineError, FileNotFoundError) as error:
                        row.reason = str(error)
                    else:
                        errors = slope_error(answer[:checked], truth, few, peaks)
                        row.max_rel_error = float(errors.max())
                        row.median_rel_error = float(np.median(errors))
    return tuple(rows)


def _measure(
    row: Row,
    process: EngineProcess,
    problem: Path,
    folder: Path,
    animals: int,
    repeats: int,
    seconds: float,
    limits: tuple[float, float],
) -> Floats:
    """Fill in the speed of a row, and return the engine's answer."""
    get_ready(row, process, problem, folder, animals, limits[0])
    passes = passes_of(process, seconds, limits[1])
    for _ in range(repeats):
        cpu = process.order("run", limit=limits[1], passes=passes)["cpu_s"]
        row.turns.append(animals * passes / cpu)
    row.sims_per_s_core = max(row.turns)
    return answer_of(process, folder, limits[1])


def true_slopes(problem: Problem) -> tuple[Floats, Floats]:
    """Return slopes by CVODE through libRoadRunner, and the peaks of the states.

    Differences of fourth order between runs at rtol 1e-12, three per mille apart. A second
    reference with a third of that step differs by 2e-6 of a slope at most, 2e-8 in the median.

    Returns:
        Slopes, shape (animal, time, state, parameter), and peaks, shape (animal, state).
    """
    from reflexarc.bench.peers import libroadrunner

    columns = [problem.tape.parameters.index(name) for name in problem.varied]
    moves = np.array([-2, -1, 1, 2])
    slopes, peaks = [], []
    for animal in range(problem.animals):
        given = problem.parameters[animal]
        table = np.tile(given, (len(columns), moves.size, 1))
        for k, column in enumerate(columns):
            table[k, :, column] *= 1 + moves * REFERENCE_STEP
        runs = replace(
            problem,
            parameters=table.reshape(-1, given.size),
            initial=np.tile(problem.initial[animal], (len(columns) * moves.size, 1)),
        )
        solve = libroadrunner.prepare(
            runs, setting="CVODE stiff, MCJIT", rtol=REFERENCE_RTOL, atol=REFERENCE_ATOL
        )
        y = solve().reshape(len(columns), moves.size, *problem.shape[1:])
        step = (REFERENCE_STEP * given[columns])[:, None, None]
        slope = ((y[:, 0] - y[:, 3]) + 8 * (y[:, 2] - y[:, 1])) / (12 * step)
        slopes.append(np.moveaxis(slope, 0, -1))
        peaks.append(np.abs(y).max(axis=(0, 1, 2)))
    return np.array(slopes), np.array(peaks)


def slope_error(answer: Floats, truth: Floats, problem: Problem, peaks: Floats) -> Floats:
    """Return the error of each slope that counts, as a share of its largest value over time.

    Args:
        answer: Shape (animal, time, state, parameter).
        truth: The same shape.
        problem: Whose slopes these are.
        peaks: Of the states, shape (animal, state).

    Returns:
        One number per animal, state and parameter that counts: see `WEAK` and `LEAST`.
    """
    top = np.abs(truth).max(axis=1)
    size = np.abs(problem.values(problem.varied))[:, None, :]
    counts = (top * size > WEAK * peaks[:, :, None]) & (peaks[:, :, None] > LEAST)
    error = np.abs(answer - truth).max(axis=1)
    return np.asarray(error[counts] / top[counts])
