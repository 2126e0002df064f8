"""The whole comparison: problems, references, all engines, and where it was made."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import reflexarc
from reflexarc.bench.accuracy import reference, relative_error, second_reference
from reflexarc.bench.cases import SPREAD, pulse_train, response
from reflexarc.bench.comparison import RTOLS, Say, compare
from reflexarc.bench.engine import ENGINES, ENVIRONMENTS, Engine
from reflexarc.bench.row import Row

__all__ = ["BASELINE", "Report", "compare_peers", "ratios"]

BASELINE = "libRoadRunner"
"""The engine that ratios are taken to."""


@dataclass(frozen=True)
class Report:
    """All rows, and where they were made.

    Args:
        model: Hash of the model.
        varied: Parameters that differ between animals.
        rows: In the order of problems, engines, settings and tolerances.
        agreement: Largest relative difference between the two references, by problem.
    """

    model: str
    varied: tuple[str, ...]
    rows: tuple[Row, ...]
    agreement: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "model": self.model,
            "machine": machine(),
            "varied": list(self.varied),
            "spread": SPREAD,
            "reference_agreement": self.agreement,
            "rows": [
                row.to_json() | {"times_baseline": ratio}
                for row, ratio in zip(self.rows, ratios(self.rows), strict=True)
            ],
        }


def compare_peers(
    *,
    animals: int,
    repeats: int,
    seconds: float = 1.0,
    engines: Sequence[Engine] = ENGINES,
    rtols: Sequence[float] = RTOLS,
    environments: Path = ENVIRONMENTS,
    say: Say | None = None,
) -> Report:
    """Compare engines on both problems.

    Args:
        animals: Number of animals; engines that would take minutes solve the first of them.
        repeats: Turns of each engine; the best one counts.
        seconds: Processor time that a turn takes at least.
        engines: Who takes part.
        rtols: Relative tolerances.
        environments: Folder of the engines' environments.
        say: Called with what is being done.
    """
    say = say or (lambda _: None)
    say(f"settling {animals} animals")
    problems = [response(animals)]
    if any(engine.pulse_train for engine in engines):
        problems.append(pulse_train(animals))
    truths, agreement = [], {}
    for problem in problems:
        say(f"reference, {problem.name}")
        truths.append(reference(problem))
        other = second_reference(problem.first(1))
        difference = float(relative_error(other, truths[-1][:1]).max())
        agreement[problem.name] = difference
        say(f"reference, {problem.name}: CVODE and Radau differ by {difference:.1e}")
    rows = compare(
        list(zip(problems, truths, strict=True)),
        engines,
        repeats=repeats,
        seconds=seconds,
        rtols=rtols,
        environments=environments,
        say=say,
    )
    return Report(problems[0].model, problems[0].varied, rows, agreement)


def ratios(rows: Sequence[Row]) -> list[float | None]:
    """Return each row's speed over that of the fastest `BASELINE` row of its problem and tolerance.

    None where either is missing.
    """
    best: dict[tuple[str, float], float] = {}
    for row in rows:
        if row.engine == BASELINE and row.sims_per_s_core is not None:
            key = (row.problem, row.rtol)
            best[key] = max(best.get(key, 0.0), row.sims_per_s_core)
    return [
        row.sims_per_s_core / best[row.problem, row.rtol]
        if row.sims_per_s_core is not None and (row.problem, row.rtol) in best
        else None
        for row in rows
    ]


def machine() -> dict[str, Any]:
    """Return what is known of the machine and the versions."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next(
            (x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), model
        )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "reflexarc": reflexarc.__version__,
    }
