"""The folder in which jobs are kept, so that they outlive the server.

Each job has a folder of its own: `job.json` (where it stands), `request.yaml` and `request.json`
(what was asked for), `run/` (the run's own folder, see docs/run-folder.md, which goes on after a
crash), `results/` (what the interface hands out) and `outcome.json`, written last.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reflexarc.errors import InputError
from reflexarc.runs import RunFolder, storage, to_json
from reflexarc.server.job import Job

__all__ = ["JobFolder", "Shelf"]


@dataclass(frozen=True)
class JobFolder:
    """Where one job is kept.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def request(self) -> Path:
        """The experiment as YAML."""
        return self.path / "request.yaml"

    @property
    def runs(self) -> Path:
        """The folder that holds the run's own folder."""
        return self.path / "run"

    @property
    def log(self) -> Path:
        """What the process of the job said on stderr."""
        return self.path / "log.txt"

    def result(self, name: str) -> Path:
        """Return the file of a result, such as `measurements.arrow`."""
        return self.path / "results" / name

    def options(self) -> dict[str, Any]:
        """Return what was asked for beside the experiment: animals in an arm, and seed."""
        return dict(json.loads((self.path / "request.json").read_text(encoding="utf-8")))

    def ask(self, text: str, options: Mapping[str, object]) -> None:
        """Write what is asked for; whatever was there of an earlier outcome goes."""
        self.path.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            (self.path / "outcome.json").unlink()
        write_whole(self.request, text)
        write_whole(self.path / "request.json", to_json(options))

    def note(self, job: Job) -> None:
        """Write where the job stands."""
        write_whole(self.path / "job.json", to_json(job.record()))

    def outcome(self) -> dict[str, Any] | None:
        """Return how the process ended; None if it has not said so."""
        try:
            found = json.loads((self.path / "outcome.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def conclude(self, outcome: Mapping[str, object]) -> None:
        """Write how the process ended."""
        write_whole(self.path / "outcome.json", to_json(outcome))


@dataclass(frozen=True)
class Shelf:
    """All jobs of a server.

    Attributes:
        home: The folder that holds the folders of jobs.
    """

    home: Path

    def folder(self, name: str) -> JobFolder:
        """Return the folder of a job."""
        return JobFolder(self.home / name)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep other servers from the same folder.

        Raises:
            InputError: It can't be written, or another server is at work on it.
        """
        lock = RunFolder(self.home, "server")
        try:
            with lock.claimed(wait=False):
                yield
        except InputError as error:
            if "another command" not in error.message:
                raise
            message = "another server keeps its jobs there; choose another folder with --jobs"
            raise InputError(message, file=str(self.home)) from None

    def jobs(self) -> list[Job]:
        """Return every job that is kept, the oldest first; folders that hold none are left out."""
        found = []
        for file in self.home.glob("*/job.json"):
            with suppress(OSError, ValueError, AttributeError):
                job = Job.of(json.loads(file.read_text(encoding="utf-8")))
                if job.id == file.parent.name:
                    found.append(job)
        return sorted(found, key=lambda job: (job.created, job.id))

    def remove(self, name: str) -> None:
        """Remove a job and all its files; it is gone at once, or not at all."""
        path = self.folder(name).path
        aside = self.home / f".{name}.removed"
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(FileNotFoundError):
            path.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def write_whole(file: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    with storage(file.parent):
        unfinished = file.with_name(f"{file.name}.tmp")
        with unfinished.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
