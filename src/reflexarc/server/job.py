"""A job: an experiment on its way through the server."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

__all__ = ["Job", "State"]

State = Literal["queued", "running", "finished", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is known of a job.

    Args:
        id: Its name: a slug of the title and a digest of all that decides the numbers. The same
            experiment is the same job.
        title: Title of the experiment.
        state: Where it stands.
        done: Runs done; a run is one animal in one arm.
        total: Runs in all; 0 while that is not known.
        arms: Number of arms.
        animals: Animals in each arm.
        seed: Seed of all random numbers.
        created: When it was asked for, UTC in ISO 8601.
        started: When its process was last begun.
        ended: When it ended.
        attempts: How often its process was begun.
        error: Why it failed, in a sentence.
        field: The field of the experiment that the error is about.

    Example:
        >>> job = Job(id="lps-1", title="LPS", arms=1, animals=2, seed=1, created="2026-01-01")
        >>> Job.of(job.record()) == job
        True
    """

    id: str
    title: str
    state: State = "queued"
    done: int = 0
    total: int = 0
    arms: int
    animals: int
    seed: int
    created: str
    started: str | None = None
    ended: str | None = None
    attempts: int = 0
    error: str | None = None
    field: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Job":
        """Make a job from its record.

        Raises:
            ValueError: The record is not one of a job.
        """
        known = {field.name for field in fields(cls)}
        try:
            job = cls(**{key: value for key, value in record.items() if key in known})
        except TypeError:
            raise ValueError("not the record of a job") from None
        if job.state not in get_args(State):
            raise ValueError(f"unknown state {job.state!r}")
        return job

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("finished", "failed", "cancelled")

    def record(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def begun(self) -> "Job":
        """Return the job as its process begins."""
        return replace(self, state="running", started=now(), attempts=self.attempts + 1)

    def end(self, state: State, error: str | None = None, field: str | None = None) -> "Job":
        """Return the job as it ends."""
        return replace(self, state=state, ended=now(), error=error, field=field)

    def waiting(self) -> "Job":
        """Return the job as it waits to go on where it stopped."""
        return replace(self, state="queued", ended=None, error=None, field=None)


def now() -> str:
    """Return the time, UTC in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
