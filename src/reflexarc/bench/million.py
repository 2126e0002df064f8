"""A million mice: how long they take, in how much memory."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reflexarc.bench.report import machine
from reflexarc.biology import assemble
from reflexarc.cohort import spreads
from reflexarc.population import PopulationResult, population
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines
from reflexarc.workers import Progress, cores

__all__ = ["Million", "million"]

ARM = ("liu-2021", "leg 0.5 mA")
HOURS = 72.0
OUTPUTS = ("TNF", "IL6", "IL10", "CORT", "temperature", "damage")


@dataclass(frozen=True, eq=False)
class Million:
    """How long a large population took, and what came out.

    Attributes:
        animals: How many.
        seconds: From the equations to the result, compilation and settling included.
        processor_seconds: Of all threads together.
        threads: How many.
        per_second_and_core: Animals per second of processor time.
        peak_MB: Largest memory of the process so far, in 10⁶ bytes.
        survivors: Animals alive at the end.
        failed: Animals whose integration failed.
        screening: Whether it was computed in single precision, for screening only.
        machine: Processor, system and versions.
        result: The summaries.
    """

    animals: int
    seconds: float
    processor_seconds: float
    threads: int
    per_second_and_core: float
    peak_MB: float
    survivors: int
    failed: int
    screening: bool
    machine: Mapping[str, Any]
    result: PopulationResult

    def to_json(self) -> dict[str, Any]:
        """Return all but the summaries as plain data."""
        return {name: value for name, value in vars(self).items() if name != "result"}


def million(
    *,
    size: int = 1_000_000,
    single: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    seed: int = 1,
) -> Million:
    """Run a million mice: endotoxin after weak current at the leg, for three days, all traits.

    The arm is `leg 0.5 mA` of the built-in experiment liu-2021 (LPS 5 mg/kg), every hour of 72 h is
    summarised, and each animal settles for 240 h before.

    Args:
        size: Number of animals.
        single: Whether to compute in single precision, for screening only.
        threads: Threads; None for one per core.
        progress: Called with (animals done, animals in all).
        seed: Seed of all random numbers.
    """
    name, arm = ARM
    line = {timeline.arm: timeline for timeline in build_timelines(Experiment.load(name))}[arm]
    model = assemble()
    started, used = time.perf_counter(), time.process_time()
    result = population(
        model,
        [replace(line, stop=HOURS)],
        spreads(model),
        size=size,
        seed=seed,
        times=np.arange(HOURS + 1),
        outputs=OUTPUTS,
        threads=threads,
        progress=progress,
        single=single,
    )
    seconds, spent = time.perf_counter() - started, time.process_time() - used
    return Million(
        animals=size,
        seconds=seconds,
        processor_seconds=spent,
        threads=threads or cores(),
        per_second_and_core=size / spent,
        peak_MB=_peak_memory(),
        survivors=int(result.data["alive"].values[0, -1]),
        failed=int(result.data["failed"].values[0]),
        screening=single,
        machine=machine(),
        result=result,
    )


def _peak_memory() -> float:
    """Return the largest memory of this process in MB; NaN where the system doesn't tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
