"""The other end of a worker: start it, give orders, wait so long and no longer, end it."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import reflexarc
from reflexarc.errors import ReflexarcError

__all__ = ["EngineError", "EngineProcess"]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Peers are compared per core. Processor time is what counts, so a thread more would be fair too,
but not cheaper."""


class EngineError(ReflexarcError):
    """An engine gave no answer; the message says why."""


class EngineProcess:
    """A process with one engine in one setting. Close it, or use it as a context.

    Args:
        command: The interpreter and what it shall run; the worker if a list of one.
        module: Name of the engine's module.
        folder: A folder of its own, not made yet, for the link to this package and its stderr.
    """

    def __init__(self, command: Sequence[str], module: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        _lend_package(folder)
        words = [*command]
        if len(words) == 1:
            words += ["-m", "reflexarc.bench.worker"]
        self._complaints = (folder / "stderr.txt").open("w+b")
        self._answers: queue.Queue[str | None] = queue.Queue()
        try:
            self._process = subprocess.Popen(
                [*words, module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env={
                    **os.environ,
                    **ONE_THREAD,
                    "PYTHONPATH": str(folder),
                    "PATH": os.pathsep.join(
                        [str(Path(words[0]).parent), os.environ.get("PATH", "")]
                    ),
                    "XDG_CACHE_HOME": str(folder / "cache"),
                },
                cwd=folder,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        except OSError as error:
            self._complaints.close()
            raise EngineError(f"{words[0]}: {error.strerror}") from None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def order(self, do: str, *, limit: float, **arguments: object) -> dict[str, Any]:
        """Give an order and return the answer.

        Args:
            do: `prepare`, `run` or `save`.
            limit: Seconds to wait; after that the process is ended.
            arguments: Those of the order.

        Raises:
            EngineError: The engine failed, its process ended, or the time is up.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, "with": arguments}) + "\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            self.close()
            raise EngineError(f"no answer to {do!r} after {limit:g} s") from None
        except (BrokenPipeError, ValueError):
            line = None
        if line is None:
            raise EngineError(self._end())
        answer: dict[str, Any] = json.loads(line)
        if "reason" in answer:
            raise EngineError(answer["reason"])
        return answer

    def close(self) -> None:
        """End the process, whatever it does, and the compilers that it may have called."""
        if self._process.returncode is None:  # until it is waited for, its number is its own
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if not self._complaints.closed:
            self._complaints.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in self._process.stdout:
                self._answers.put(line)
        self._answers.put(None)

    def _end(self) -> str:
        """Return how the process came to its end: its code, and the last line it wrote."""
        code = self._process.wait()
        last = ""
        if not self._complaints.closed:
            self._complaints.seek(0)
            lines = self._complaints.read().decode(errors="replace").strip().splitlines()
            last = f": {lines[-1]}" if lines else ""
        return f"the process ended with code {code}{last}"


def _lend_package(folder: Path) -> None:
    """Link this one package, so that nothing else of this environment gets into the other."""
    package = Path(reflexarc.__file__).parent
    (folder / package.name).symlink_to(package, target_is_directory=True)
    metadata = folder / f"{package.name}-{reflexarc.__version__}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(
        f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {reflexarc.__version__}\n"
    )
