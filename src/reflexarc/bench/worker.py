"""The process in which one engine works: `python -m reflexarc.bench.worker MODULE`.

It reads one JSON object a line and answers with one: first `prepare`, then as often as wanted
`run`, at last `save`. It runs under the engine's own interpreter, with NumPy and the engine.

What an engine prints goes to stderr, so that it can't be taken for an answer.
"""

import importlib
import importlib.metadata
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["Worker", "main"]

Floats = NDArray[np.float64]


class Worker:
    """An engine at work.

    Args:
        module: Name of the engine's module.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._solve: Callable[[], Floats] | None = None
        self._answer: Floats | None = None

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order and return its answer; what goes wrong becomes `reason`."""
        try:
            return {"do": order["do"], **getattr(self, order["do"])(**order["with"])}
        except Exception as error:
            lines = str(error).strip().splitlines()
            return {"reason": f"{type(error).__name__}: {lines[0] if lines else 'no message'}"}

    def prepare(
        self, *, problem: str, setting: str, rtol: float, atol: float, animals: int, folder: str
    ) -> dict[str, Any]:
        """Load the engine, then measure how long it takes to get the model ready."""
        peer = importlib.import_module(self._module)
        for library in peer.LIBRARIES:
            importlib.import_module(library)
        work = Problem.read(Path(problem)).first(animals)
        Path(folder).mkdir(parents=True, exist_ok=True)
        wall, cpu = time.perf_counter(), _processor_time()
        self._solve = peer.prepare(work, setting=setting, rtol=rtol, atol=atol, folder=Path(folder))
        return {
            "compile_s": time.perf_counter() - wall,
            "compile_cpu_s": _processor_time() - cpu,
            "animals": work.animals,
            "version": _version(peer),
        }

    def run(self, *, passes: int) -> dict[str, Any]:
        """Solve all animals several times and measure the processor time of this process."""
        if self._solve is None:
            raise ValueError("an engine runs after it was prepared")
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(passes):
            self._answer = self._solve()
        return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}

    def save(self, *, file: str) -> dict[str, Any]:
        """Write the last answer, shape (animal, time, state), to a file."""
        if self._answer is None:
            raise ValueError("an engine has an answer after it has run")
        np.save(file, np.asarray(self._answer, dtype=np.float64))
        return {}


def main() -> None:
    """Answer orders until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        answers.write(json.dumps(worker.answer(json.loads(line))) + "\n")
        answers.flush()


def _processor_time() -> float:
    """Return the seconds of processor time of this process and of the compilers that it called."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _version(peer: Any) -> str:
    try:
        return importlib.metadata.version(peer.DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main()
