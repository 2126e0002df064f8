"""The desk: takes jobs, runs each in a process of its own, and tells how they stand."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from reflexarc.server.asked import Asked
from reflexarc.server.job import Job, now
from reflexarc.server.limits import Limits
from reflexarc.server.refusal import Refusal
from reflexarc.server.shelf import Shelf

__all__ = ["WORKER", "Desk"]

LOG = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "reflexarc.server.worker")
"""The command of a job's process; the job's folder is put behind it."""
ENDED_BY_ITSELF = "the process of the job ended by itself {} times (killed, or out of memory)"
LATER = "60"
"""Seconds after which one may ask again when the queue is full."""


class Desk:
    """Jobs, those that wait and those under way. All its methods run in one event loop.

    Args:
        shelf: Where jobs are kept.
        limits: How many may wait and be under way, and for how long.
        command: What is run for a job, its folder behind it.
    """

    def __init__(self, shelf: Shelf, limits: Limits, *, command: Sequence[str] = WORKER) -> None:
        self._command = tuple(command)
        self._shelf = shelf
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving: set[str] = set()

    async def open(self) -> None:
        """Take up the jobs that an earlier server has left, and begin to work."""
        for job in self._shelf.jobs():
            self._jobs[job.id] = job if job.has_ended else job.waiting()
            if not job.has_ended:
                self._queue.put_nowait(job.id)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._limits.at_once)]

    async def close(self) -> None:
        """Stop working; what is under way is kept and goes on with the next server."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def jobs(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.created, job.id))

    def job(self, name: str) -> Job:
        """Return one job.

        Raises:
            Refusal: There is none of this name.
        """
        if name not in self._jobs:
            raise Refusal(404, "there is no such job; GET /api/jobs lists them", field="id")
        return self._jobs[name]

    def place(self, name: str) -> int | None:
        """Return how many jobs are before this one in the queue; None if it doesn't wait."""
        waiting = [job.id for job in self.jobs() if job.state == "queued"]
        return waiting.index(name) if name in waiting else None

    def take(self, asked: Asked) -> tuple[Job, bool]:
        """Put an experiment into the queue.

        Returns:
            Its job, and whether it is new: one that waits, is under way or has finished is the
            same job; one that failed begins anew.

        Raises:
            Refusal: 429 if too many wait, 409 while the same job is being removed.
            StorageError: It can't be written.
        """
        if asked.id in self._leaving:
            raise Refusal(409, "this job is being removed; ask again", headers={"Retry-After": "1"})
        known = self._jobs.get(asked.id)
        if known is not None and known.state != "failed":
            return known, False
        self.refuse_if_full()
        job = Job(
            id=asked.id,
            title=asked.experiment.title,
            total=len(asked.experiment.arms) * asked.animals,
            arms=len(asked.experiment.arms),
            animals=asked.animals,
            seed=asked.seed,
            created=now(),
        )
        self._shelf.folder(job.id).ask(asked.text, asked.options)
        self._note(job)
        self._queue.put_nowait(job.id)
        self._forget_the_oldest()
        return job, True

    def knows(self, name: str | None) -> bool:
        """Tell whether a job is there that would not be begun anew."""
        return name in self._jobs and self._jobs[name].state != "failed"

    def refuse_if_full(self) -> None:
        """Refuse to take one more if too many wait.

        Raises:
            Refusal: 429.
        """
        if sum(job.state == "queued" for job in self._jobs.values()) >= self._limits.queue:
            message = f"{self._limits.queue} jobs wait already; ask again later"
            raise Refusal(429, message, headers={"Retry-After": LATER})

    async def remove(self, name: str) -> None:
        """Cancel a job if it has not ended, and remove it with all its files.

        Raises:
            Refusal: There is none of this name.
        """
        job = self.job(name)
        if name in self._leaving:
            return
        self._leaving.add(name)
        try:
            self._jobs[name] = job if job.has_ended else job.end("cancelled")
            process = self._processes.get(name)
            if process is not None:
                _kill(process)
                await process.wait()
            await asyncio.to_thread(self._shelf.remove, name)
            del self._jobs[name]
        finally:
            self._leaving.discard(name)
            self._stir()

    async def follow(self, name: str, *, pause: float) -> AsyncIterator[Job | None]:
        """Yield a job now and each time that it changes, until it has ended or is removed.

        Args:
            name: Its id.
            pause: Seconds without a change after which None is yielded.
        """
        last: Job | None = None
        while True:
            changed = self._changed
            job = self._jobs.get(name)
            if job is None:
                if last is not None and not last.has_ended:
                    yield last.end("cancelled")
                return
            if job != last:
                yield job
                last = job
            if job.has_ended:
                return
            try:
                await asyncio.wait_for(changed.wait(), pause)
            except TimeoutError:
                yield None

    async def _work(self) -> None:
        while True:
            name = await self._queue.get()
            job = self._jobs.get(name)
            if job is None or job.state != "queued":
                continue
            try:
                await self._run(job)
            except Exception as error:  # a full disk, no process to be had: the next may do
                LOG.exception("job %s", name)
                if name in self._jobs:
                    self._jobs[name] = job.end("failed", f"it could not be run: {error}")
                    self._stir()

    async def _run(self, job: Job) -> None:
        before, job = job, job.begun()
        self._note(job)
        process = await self._begin(job)
        self._processes[job.id] = process
        late = False
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._watch(job.id, process)
        except TimeoutError:
            late = True
        except asyncio.CancelledError:
            # The server stops: this beginning doesn't count.
            self._note(replace(self._jobs.get(job.id, job), state="queued",
                               attempts=before.attempts))  # fmt: skip
            raise
        finally:
            _kill(process)
            await process.wait()
            del self._processes[job.id]
        if (found := self._jobs.get(job.id)) is not None and found.state == "running":
            self._conclude(found, late=late)

    async def _begin(self, job: Job) -> asyncio.subprocess.Process:
        folder = self._shelf.folder(job.id)
        with folder.log.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                str(folder.path.resolve()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    async def _watch(self, name: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            told = json.loads(line)
            job = self._jobs.get(name)
            if job is not None and job.state == "running":
                self._jobs[name] = replace(job, done=told["done"], total=told["total"])
                self._stir()
        await process.wait()

    def _conclude(self, job: Job, *, late: bool) -> None:
        outcome = self._shelf.folder(job.id).outcome()
        if outcome is None:
            if late:
                message = f"it took longer than {self._limits.seconds:g} s; ask for fewer animals"
                self._note(job.end("failed", message))
            elif job.attempts < self._limits.attempts:
                self._note(job.waiting())
                self._queue.put_nowait(job.id)
            else:
                self._note(job.end("failed", ENDED_BY_ITSELF.format(job.attempts)))
        elif error := outcome.get("error"):
            self._note(job.end("failed", str(error), outcome.get("field")))
        else:
            self._note(replace(job.end("finished"), done=job.total))

    def _note(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._shelf.folder(job.id).note(job)
        self._stir()

    def _stir(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _forget_the_oldest(self) -> None:
        ended = sorted((job.ended or "", job.id) for job in self._jobs.values() if job.has_ended)
        for _, name in ended[: max(0, len(ended) - self._limits.kept)]:
            if name not in self._leaving:
                self._shelf.remove(name)
                del self._jobs[name]


def _kill(process: asyncio.subprocess.Process) -> None:
    """End a process and all that it has started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
