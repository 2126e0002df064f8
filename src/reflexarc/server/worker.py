"""The process of one job: `python -m reflexarc.server.worker FOLDER`.

It tells its progress on stdout, a line of JSON each, and ends when its stdin does: when the server
is killed, no job goes on alone. What it has finished by then is kept in the run's folder.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from reflexarc.errors import InputError, NumericalError
from reflexarc.server.shelf import JobFolder

__all__ = ["carry_out", "main"]

OFTEN = 0.1
"""Seconds between two lines of progress."""
NICENESS = 10


def carry_out(folder: JobFolder, progress: Callable[[int, int], None]) -> None:
    """Run what a folder asks for, and write its results and its outcome.

    Args:
        folder: The job's folder.
        progress: Called with (runs done, runs in all).
    """
    from reflexarc import laboratory
    from reflexarc.server.results import write_results

    options = folder.options()
    try:
        result = laboratory.run(
            folder.request,
            out=folder.runs,
            animals=options["animals"],
            seed=options["seed"],
            progress=progress,
        )
        write_results(result, folder)
    except InputError as error:
        folder.conclude({"error": error.message, "field": error.field})
    except NumericalError as error:
        folder.conclude({"error": str(error), "field": None})
    else:
        folder.conclude({"run": result.folder.name if result.folder else None})


def main() -> None:
    """Run the job whose folder is named on the command line."""
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as report:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print is no progress
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        if hasattr(os, "nice"):
            os.nice(NICENESS)  # the server answers first
        carry_out(JobFolder(Path(sys.argv[1])), _reporter(report))


def _reporter(report: IO[str]) -> Callable[[int, int], None]:
    last = -OFTEN

    def progress(done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last >= OFTEN:
            last = time.monotonic()
            report.write(json.dumps({"done": done, "total": total}) + "\n")

    return progress


def _end_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
