"""Many animals through many timelines, on all cores: the only place that knows the engine.

The work is cut into jobs of one animal and a few arms, always the same way, so the numbers and the
jobs that a store may already hold don't depend on how many processes work.
"""

import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.cohort import Cohort
from reflexarc.errors import InputError, NumericalError
from reflexarc.reference import ATOL, RTOL, instrument

if TYPE_CHECKING:
    import xarray

    from reflexarc.biology import Model
    from reflexarc.timeline import Timeline

__all__ = ["Progress", "Store", "death_times", "simulate", "worker_pool"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

ARMS_PER_JOB = 8
FEW_RUNS = 200
"""Below this many runs, starting other processes (about 1.5 s) takes longer than the work."""
NEGLIGIBLE = 1e-6
"""A negative value as small as this, of the unit or of the largest value, is rounding."""


class Store(Protocol):
    """Keeps finished jobs, so that an interrupted ensemble can go on where it stopped."""

    def load(self, name: str) -> Floats | None:
        """Return the result kept under a name, or None if it is missing or damaged."""

    def keep(self, name: str, result: Floats) -> None:
        """Keep the result of a finished job."""


def simulate(
    *,
    model: "Model",
    timelines: "Sequence[Timeline]",
    cohort: Cohort,
    times: ArrayLike,
    outputs: Sequence[str],
    workers: int | None = None,
    progress: Progress | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
    store: Store | None = None,
    pool: ProcessPoolExecutor | None = None,
) -> "xarray.Dataset":
    """Run every animal through every timeline.

    Args:
        model: The assembled biology.
        timelines: One per arm; the names of the arms must differ.
        cohort: The animals.
        times: Increasing times in h on the experiment's clock; at an edge, just before it.
        outputs: Ids of states, variables or parameters of the model.
        workers: Processes; None chooses by the amount of work and the cores; 1 stays in this one.
        progress: Called with (runs done, runs in all) after each job; a run is one animal in one
            arm.
        rtol: Relative tolerance.
        atol: Absolute tolerance, in the unit of each state.
        store: Where finished jobs are kept and looked up.
        pool: Processes from `worker_pool`, to be used again by several calls.

    Returns:
        A dataset with dimensions (arm, animal, time), one variable per output, with its unit. Tiny
        negative values, which an integrator leaves near 0, are 0.

    Raises:
        InputError: If names of arms repeat or an id is unknown.
        NumericalError: If an integration fails; the sentence names arm, animal and time.

    Example:
        >>> trajectories = simulate(model=assemble(), timelines=build_timelines(experiment),
        ...     cohort=Cohort.typical(), times=[0, 1, 2], outputs=["TNF"])  # doctest: +SKIP
    """
    at = np.asarray(times, dtype=np.float64)
    arms = [timeline.arm for timeline in timelines]
    if len(set(arms)) < len(arms):
        raise InputError("two arms of an ensemble have the same name")
    jobs = [
        _Job(
            name=f"animal-{animal:06d}-arms-{first:03d}",
            position=position,
            animal=animal,
            first=first,
            sbml=model.sbml,
            timelines=tuple(timelines[first : first + ARMS_PER_JOB]),
            multipliers=cohort.parameters(position),
            times=at,
            outputs=tuple(outputs),
            rtol=rtol,
            atol=atol,
        )
        for position, animal in enumerate(cohort.animals)
        for first in range(0, len(timelines), ARMS_PER_JOB)
    ]
    total = len(timelines) * len(cohort)
    values = np.full((len(outputs), len(timelines), len(cohort), at.size), np.nan)
    done = 0
    missing = []
    for job in jobs:
        kept = store.load(job.name) if store is not None else None
        if kept is not None and kept.shape == job.shape:
            values[:, job.arms, job.position] = kept
            done += len(job.timelines)
        else:
            missing.append(job)
    if progress is not None:
        progress(done, total)
    for job, result in _results(missing, workers=workers, pool=pool):
        if store is not None:
            store.keep(job.name, result)
        values[:, job.arms, job.position] = result
        done += len(job.timelines)
        if progress is not None:
            progress(done, total)
    return _dataset(values, model, arms, cohort, at, outputs)


def death_times(
    trajectories: "xarray.Dataset", cohort: Cohort, *, hazard: str = "hazard"
) -> Floats:
    """Return when each animal dies: its cumulative hazard reaches its threshold.

    Args:
        trajectories: Result of `simulate`, with the cumulative hazard among its variables.
        cohort: The same animals.
        hazard: Name of that variable.

    Returns:
        Times in h, shape (arm, animal), linear between the times of the trajectories; infinite for
        an animal that outlives them.
    """
    times = trajectories["time"].values
    cumulative = np.maximum.accumulate(trajectories[hazard].values, axis=-1)
    result = np.full(cumulative.shape[:2], np.inf)
    for arm, animal in np.ndindex(*result.shape):
        curve, threshold = cumulative[arm, animal], cohort.death_thresholds[animal]
        after = int(np.searchsorted(curve, threshold))
        if after == 0 and curve.size and curve[0] >= threshold:
            result[arm, animal] = times[0]
        elif 0 < after < curve.size and np.isfinite(curve[after]):
            share = (threshold - curve[after - 1]) / (curve[after] - curve[after - 1])
            result[arm, animal] = times[after - 1] + share * (times[after] - times[after - 1])
    return result


@contextmanager
def worker_pool(workers: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Open processes that several calls of `simulate` may share.

    Args:
        workers: Number of processes; None for one per core.

    Yields:
        The pool. It is closed at the end; on an interruption or error its processes are ended.
    """
    import multiprocessing

    pool = ProcessPoolExecutor(
        max_workers=workers or _cores(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare_worker,
    )
    try:
        yield pool
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    except BaseException:
        # Ctrl-C doesn't wait for jobs under way. (Cancelling them first would confuse the pool.)
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown()
        raise
    else:
        pool.shutdown()


@dataclass(frozen=True, eq=False)
class _Job:
    """One animal in a few arms; plain data, sent to a worker."""

    name: str
    position: int
    animal: int
    first: int
    sbml: str
    timelines: "tuple[Timeline, ...]"
    multipliers: dict[str, float]
    times: Floats
    outputs: tuple[str, ...]
    rtol: float
    atol: float

    @property
    def arms(self) -> slice:
        return slice(self.first, self.first + len(self.timelines))

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.outputs), len(self.timelines), self.times.size


def _work(job: _Job) -> Floats:
    engine = instrument(job.sbml)
    result = np.empty(job.shape)
    for arm, timeline in enumerate(job.timelines):
        result[:, arm] = engine.run(
            timeline=timeline,
            times=job.times,
            outputs=job.outputs,
            multipliers=job.multipliers,
            animal=job.animal,
            rtol=job.rtol,
            atol=job.atol,
        ).T
    return result


def _results(
    jobs: list[_Job], *, workers: int | None, pool: ProcessPoolExecutor | None
) -> Iterator[tuple[_Job, Floats]]:
    """Yield each job with its result, as they are finished."""
    import multiprocessing

    if pool is not None and len(jobs) > 1:
        yield from _pooled(jobs, pool)
        return
    runs = sum(len(job.timelines) for job in jobs)
    if workers is None:
        workers = 1 if runs < FEW_RUNS else _cores()
    workers = min(workers, len(jobs))
    if workers <= 1 or multiprocessing.current_process().daemon:
        for job in jobs:
            yield job, _work(job)
        return
    with worker_pool(workers) as own:
        yield from _pooled(jobs, own)


def _pooled(jobs: list[_Job], pool: ProcessPoolExecutor) -> Iterator[tuple[_Job, Floats]]:
    with _blank_main():
        futures: dict[Future[Floats], _Job] = {pool.submit(_work, job): job for job in jobs}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise NumericalError(
            "a worker process ended by itself (killed, or out of memory); nothing finished is lost"
            " if the run has a folder"
        ) from None
    except Exception:
        for future in futures:
            future.cancel()
        raise


@contextmanager
def _blank_main() -> Iterator[None]:
    # A spawned process imports the caller's main module first. Workers need nothing from it, and
    # without it a plain script works without the `if __name__ == "__main__"` guard.
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, and never outlive it."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _dataset(
    values: Floats,
    model: "Model",
    arms: Sequence[str],
    cohort: Cohort,
    times: Floats,
    outputs: Sequence[str],
) -> "xarray.Dataset":
    import xarray

    units = {state.id: state.unit for state in model.states}
    units |= {parameter.id: parameter.unit for parameter in model.parameters}
    dims = ("arm", "animal", "time")
    return xarray.Dataset(
        {
            name: (dims, _without_dust(values[i]), {"unit": units[name]} if name in units else {})
            for i, name in enumerate(outputs)
        },
        coords={
            "arm": list(arms),
            "animal": list(cohort.animals),
            "time": ("time", times, {"unit": "h"}),
        },
    )


def _without_dust(values: Floats) -> Floats:
    """Return the values with 0 where rounding left something tiny below 0."""
    largest = np.nanmax(np.abs(values), initial=1.0)
    return np.where((values < 0) & (values >= -NEGLIGIBLE * largest), 0.0, values)
