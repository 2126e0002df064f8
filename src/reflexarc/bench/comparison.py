"""The comparison: every engine gets the same work, in turns, and the best turn of each counts.

Turns alternate between engines, so that a machine that is busy for a while is unfair to none. A
turn repeats the work until it has taken long enough to be measured. What an engine can't do becomes
a row without numbers and with a reason.
"""

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.accuracy import measure_error
from reflexarc.bench.engine import ENVIRONMENTS, Engine
from reflexarc.bench.problem import Problem
from reflexarc.bench.process import EngineError, EngineProcess
from reflexarc.bench.row import Row

__all__ = ["ATOL", "RTOLS", "Say", "answer_of", "compare", "get_ready", "passes_of"]

Floats = NDArray[np.float64]
Say = Callable[[str], None]

RTOLS = (1e-6, 1e-4)
ATOL = 1e-9
PREPARE_LIMIT = 900.0
RUN_LIMIT = 600.0


@dataclass
class _Entrant:
    """A row under way, with the engine's process."""

    row: Row
    process: EngineProcess
    folder: Path
    passes: int = 1
    complete: int = 0


def compare(
    problems: Sequence[tuple[Problem, Floats]],
    engines: Sequence[Engine],
    *,
    repeats: int = 3,
    seconds: float = 1.0,
    rtols: Sequence[float] = RTOLS,
    environments: Path = ENVIRONMENTS,
    limits: tuple[float, float] = (PREPARE_LIMIT, RUN_LIMIT),
    say: Say | None = None,
) -> tuple[Row, ...]:
    """Compare engines.

    Args:
        problems: Each with its true states, shape (animal, time, state). The first is for all
            engines, the others for those that take part in the pulse train.
        engines: Who takes part.
        repeats: Turns of each; the best one counts.
        seconds: Processor time that a turn takes at least.
        rtols: Relative tolerances.
        environments: Folder of the engines' environments.
        limits: Seconds after which an engine is given up, when it prepares and when it runs.
        say: Called with what is being done.

    Returns:
        One row per engine, problem, setting and tolerance.
    """
    say = say or (lambda _: None)
    rows: list[Row] = []
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reflexarc-bench-")))
        entrants: list[_Entrant] = []
        for number, (problem, truth) in enumerate(problems):
            place = top / f"problem-{number}"
            place.mkdir()
            problem.write(place)
            for engine, row in _rows(engines, problem, number, rtols):
                rows.append(row)
                say(f"{_title(row)}: preparing")
                folder = top / f"engine-{len(rows)}"
                try:
                    process = EngineProcess(engine.interpreter(environments), engine.module, folder)
                except (EngineError, FileNotFoundError) as error:
                    row.reason = str(error)
                    continue
                stack.callback(process.close)
                entrant = _Entrant(row, process, folder)
                try:
                    animals = min(engine.most, problem.animals)
                    _prepare(entrant, place, truth, animals, seconds, limits)
                except EngineError as error:
                    row.reason = str(error)
                    process.close()
                else:
                    entrants.append(entrant)
        for turn in range(repeats):
            for entrant in tuple(entrants):
                say(f"{_title(entrant.row)}: turn {turn + 1} of {repeats}")
                try:
                    _turn(entrant, limits[1])
                except EngineError as error:
                    entrant.row.reason = str(error)
                    entrant.process.close()
                    entrants.remove(entrant)
    return tuple(rows)


def _rows(
    engines: Sequence[Engine], problem: Problem, number: int, rtols: Sequence[float]
) -> Iterator[tuple[Engine, Row]]:
    for engine in engines:
        if number == 0 or engine.pulse_train:
            for setting in engine.settings:
                for rtol in rtols:
                    yield engine, Row(engine.name, setting, problem.name, rtol, ATOL)


def _title(row: Row) -> str:
    return f"{row.engine}, {row.setting}, {row.problem}, rtol {row.rtol:g}"


def _prepare(
    entrant: _Entrant,
    place: Path,
    truth: Floats,
    animals: int,
    seconds: float,
    limits: tuple[float, float],
) -> None:
    """Get the engine ready, run it once, and see how wrong it is and how long a turn must be."""
    row, process = entrant.row, entrant.process
    get_ready(row, process, place, entrant.folder, animals, limits[0])
    entrant.passes = passes_of(process, seconds, limits[1])
    answer = answer_of(process, entrant.folder, limits[1])
    if answer.shape != (row.animals, *truth.shape[1:]):
        raise EngineError(f"the answer has the shape {answer.shape}")
    error = measure_error(answer, truth)
    entrant.complete = row.animals - error.unfinished
    if error.unfinished:
        row.reason = f"{error.unfinished} of {row.animals} animals have no finite answer"
    if not entrant.complete:
        raise EngineError("no animal has a finite answer")
    row.max_rel_error, row.median_rel_error = error.largest, error.median


def get_ready(
    row: Row, process: EngineProcess, problem: Path, folder: Path, animals: int, limit: float
) -> None:
    """Let an engine prepare what a row says, and note in the row how long that took.

    Args:
        row: Setting and tolerances.
        process: The engine.
        problem: Folder of the problem.
        folder: Of the engine's own.
        animals: At most so many.
        limit: Seconds after which the engine is given up.
    """
    ready = process.order(
        "prepare",
        limit=limit,
        problem=str(problem),
        setting=row.setting,
        rtol=row.rtol,
        atol=row.atol,
        animals=animals,
        folder=str(folder / "work"),
    )
    row.version, row.animals = ready["version"], ready["animals"]
    row.compile_s, row.compile_cpu_s = ready["compile_s"], ready["compile_cpu_s"]


def passes_of(process: EngineProcess, seconds: float, limit: float) -> int:
    """Return how often an engine must work for a turn of some seconds of processor time."""
    cost: float = process.order("run", limit=limit, passes=1)["cpu_s"]
    return max(1, math.ceil(seconds / max(cost, 1e-9)))


def answer_of(process: EngineProcess, folder: Path, limit: float) -> Floats:
    """Return the engine's last answer."""
    file = folder / "answer.npy"
    process.order("save", limit=limit, file=str(file))
    return np.asarray(np.load(file))


def _turn(entrant: _Entrant, limit: float) -> None:
    spent = entrant.process.order("run", limit=limit, passes=entrant.passes)["cpu_s"]
    speed = entrant.complete * entrant.passes / max(spent, 1e-9)
    entrant.row.turns.append(speed)
    entrant.row.sims_per_s_core = max(entrant.row.turns)
