"""What the interface answers, as it stands in the OpenAPI document."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from reflexarc.server.job import Job, State

__all__ = [
    "JOB",
    "About",
    "Course",
    "FindingEntry",
    "Findings",
    "JobAnswer",
    "Jobs",
    "Measurements",
    "Problem",
    "job_answer",
]

LIMITS_NOTE = (
    "A model on mouse data; for research, not medical advice. The summary and the report of each"
    " experiment say what else limits it."
)

JOB: dict[str, Any] = {
    "id": "leg-or-belly-a4bbadc1c789",
    "title": "Leg or belly",
    "state": "running",
    "ahead": None,
    "done": 12,
    "total": 40,
    "arms": 4,
    "animals": 10,
    "seed": 1,
    "created": "2026-01-31T12:00:00.000+00:00",
    "started": "2026-01-31T12:00:00.020+00:00",
    "ended": None,
    "error": None,
    "field": None,
    "links": {
        "self": "/api/jobs/leg-or-belly-a4bbadc1c789",
        "events": "/api/jobs/leg-or-belly-a4bbadc1c789/events",
        "summary": "/api/jobs/leg-or-belly-a4bbadc1c789/summary",
        "measurements": "/api/jobs/leg-or-belly-a4bbadc1c789/measurements",
        "trajectories": "/api/jobs/leg-or-belly-a4bbadc1c789/trajectories",
        "report": "/api/jobs/leg-or-belly-a4bbadc1c789/report",
    },
}
"""A job as it may be answered, for the OpenAPI document."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(_Answer):
    """Why a request was refused."""

    error: str = Field(description="One sentence: what is wrong and what would be right.")
    field: str | None = Field(description="The field or parameter that it is about.")
    line: int | None = Field(description="The line of a YAML body, counted from 1.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": "unknown site 'ST63'; did you mean 'ST36'?",
                "field": "arms.leg.electroacupuncture.site",
                "line": 7,
            }
        }
    )


class Bounds(_Answer):
    """What this server is willing to do."""

    body_bytes: int = Field(description="Bytes of a body.")
    arms: int = Field(description="Arms of an experiment.")
    animals: int = Field(description="Animals in an arm.")
    animals_in_all: int = Field(description="Animals in all arms together.")
    hours: float = Field(description="Hours from the first thing that happens to the last.")
    queue: int = Field(description="Jobs that wait; one more is refused with 429.")
    seconds: float = Field(description="Seconds that a job may take.")


class About(_Answer):
    """What this is."""

    name: Literal["reflexarc"]
    version: str
    note: str
    limits: Bounds


class Links(_Answer):
    """Where the rest of a job is."""

    self: str
    events: str
    summary: str
    measurements: str
    trajectories: str
    report: str


class JobAnswer(_Answer):
    """How a job stands."""

    id: str = Field(description="The same experiment, animals and seed have the same id.")
    title: str
    state: State
    ahead: int | None = Field(description="Jobs before it in the queue; null unless it waits.")
    done: int = Field(description="Runs done; a run is one animal in one arm.")
    total: int = Field(description="Runs in all, those for the band of the unknown included.")
    arms: int
    animals: int = Field(description="Animals in each arm.")
    seed: int
    created: str = Field(description="UTC, ISO 8601.")
    started: str | None
    ended: str | None
    error: str | None = Field(description="Why it failed, in a sentence.")
    field: str | None = Field(description="The field of the experiment that the error is about.")
    links: Links


class Jobs(_Answer):
    """All jobs, the oldest first."""

    jobs: list[JobAnswer]


class Measurements(_Answer):
    """What the laboratory measured, a row for each animal and measurement."""

    measurements: list[dict[str, Any]]


class Course(_Answer):
    """The course of one variable in every animal."""

    variable: str
    name: str | None
    unit: str | None
    times: list[float] = Field(description="Hours on the experiment's clock.")
    arms: dict[str, list[list[float | None]]] = Field(description="A course for each animal.")
    deaths: dict[str, list[float | None]] = Field(description="Hour of death; null if it lives.")


class FindingEntry(_Answer):
    """A published finding."""

    id: str
    title: str
    paper: str = Field(description="Key of the paper.")
    species: str
    trust: str = Field(
        description="T: primary paper; S: secondary source; R: remembered; NF: not found."
    )
    scored: bool = Field(description="Only what was read in a paper is scored.")
    published: str = Field(description="What the paper says, in few words.")
    known_failure: str | None = Field(description="Why the model is known to fail it.")


class Findings(_Answer):
    """Published findings."""

    findings: list[FindingEntry]


def job_answer(job: Job, ahead: int | None) -> JobAnswer:
    """Return a job as it is answered.

    Args:
        job: The job.
        ahead: Jobs before it in the queue; None unless it waits.
    """
    here = f"/api/jobs/{job.id}"
    parts = ("events", "summary", "measurements", "trajectories", "report")
    record = job.record()
    del record["attempts"]
    return JobAnswer(
        **record, ahead=ahead, links=Links(self=here, **{part: f"{here}/{part}" for part in parts})
    )
