"""Work on all cores, in threads or in processes, so that it can be watched, kept and resumed."""

import os
import sys
import types
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reflexarc.errors import NumericalError

__all__ = ["Progress", "Store", "cores", "in_processes", "in_threads"]

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Floats = NDArray[np.float64]

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do in all."""


class Store(Protocol):
    """Keeps finished pieces of work, so that what was interrupted can go on where it stopped."""

    def load(self, name: str) -> Floats | None:
        """Return the result kept under a name, or None if it is missing or damaged."""

    def keep(self, name: str, result: Floats) -> None:
        """Keep the result of a finished piece."""


def in_threads(
    work: Callable[[Job], Answer],
    jobs: Iterable[Job],
    *,
    threads: int,
    stop: Callable[[], None],
) -> Generator[tuple[Job, Answer], None, None]:
    """Yield each job with its answer, in the order of the jobs.

    At most twice as many jobs as threads are under way or wait to be taken, so memory is bounded
    however many there are.

    Args:
        work: Releases the interpreter for most of its time, as generated code does.
        jobs: What it is given, one after another.
        threads: Number of threads.
        stop: Called once if the work is interrupted, fails or isn't wanted any more; makes what is
            under way end soon.
    """
    waiting: deque[tuple[Job, Future[Answer]]] = deque()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        try:
            for job in jobs:
                waiting.append((job, pool.submit(work, job)))
                if len(waiting) == 2 * threads:
                    done, answer = waiting.popleft()
                    yield done, answer.result()
            while waiting:
                done, answer = waiting.popleft()
                yield done, answer.result()
        except BaseException:
            stop()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def in_processes(
    work: Callable[[Job], Answer], jobs: Sequence[Job], *, workers: int
) -> Iterator[tuple[Job, Answer]]:
    """Yield each job with its answer, as they are finished.

    Args:
        work: A function of a module; a process imports it.
        jobs: What it is given, one after another; plain data.
        workers: Number of processes; with 1 the work is done in this one.

    Raises:
        NumericalError: If a process dies.
    """
    import multiprocessing

    workers = min(workers, len(jobs))
    if workers <= 1 or multiprocessing.current_process().daemon:
        for job in jobs:
            yield job, work(job)
        return
    with _pool(workers) as pool:
        with _blank_main():
            futures: dict[Future[Answer], Job] = {pool.submit(work, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise NumericalError(
                "a worker process ended by itself (killed, or out of memory); nothing finished is"
                " lost if the run has a folder"
            ) from None
        except Exception:
            for future in futures:
                future.cancel()
            raise


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    import multiprocessing

    pool = ProcessPoolExecutor(
        max_workers=workers,
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
        # One may have died in the middle of an answer, or of being handed a job. The pool would
        # wait for the other half as long as anybody could write or read it, and that is this
        # process itself (CPython issue 94777).
        for queue, end in (("_result_queue", "_writer"), ("_call_queue", "_reader")):
            with suppress(AttributeError, OSError):
                getattr(getattr(pool, queue), end).close()
        pool.shutdown()
        raise
    else:
        pool.shutdown()


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
