"""The interface: what is asked for under `/api`, and what is answered."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from reflexarc import __version__
from reflexarc.biology import assemble
from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence import known_failures
from reflexarc.findings import load_findings
from reflexarc.runs import StorageError
from reflexarc.server import results
from reflexarc.server.answers import (
    LIMITS_NOTE,
    About,
    Bounds,
    Course,
    FindingEntry,
    Findings,
    JobAnswer,
    Jobs,
    Measurements,
    job_answer,
)
from reflexarc.server.asked import read
from reflexarc.server.body import media_type, take_body
from reflexarc.server.desk import WORKER, Desk
from reflexarc.server.document import BODY, EVENT, completed, errors
from reflexarc.server.limits import Limits
from reflexarc.server.refusal import BROKEN, Refusal
from reflexarc.server.shelf import Shelf

__all__ = ["make_api"]

PAUSE = 15.0
"""Seconds after which a stream of events that has nothing to tell says that it is still there."""
MOST_MARKS = 1_000
"""Bodies that are known again when the queue is full."""
AT_A_TIME = 1
"""Experiments that are checked at the same time: the libraries that make the model's SBML bear no
two threads, and a second thread of Python would gain nothing."""
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
)

Format = Annotated[
    Literal["json", "arrow"] | None,
    Query(description="By default JSON, or what `Accept` names."),
]
Accept = Annotated[str, Header(include_in_schema=False)]


def make_api(
    shelf: Shelf, limits: Limits, *, token: bool, command: Sequence[str] = WORKER
) -> FastAPI:
    """Return the interface as an ASGI application.

    Args:
        shelf: Where jobs are kept.
        limits: What the server is willing to do.
        token: Whether a token is asked for at the door; the document says so.
        command: What is run for a job.
    """
    desk = Desk(shelf, limits, command=command)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await to_thread.run_sync(assemble)  # once, before anybody asks
        await desk.open()
        try:
            yield
        finally:
            await desk.close()

    api = FastAPI(
        title="reflexarc",
        version=__version__,
        summary="Experiments on virtual animals: nerve stimulation, lesions, drugs, inflammation.",
        description=LIMITS_NOTE,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        dependencies=[Depends(_known_parameters)],
    )
    api.include_router(_Routes(desk, shelf, limits).router())
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(StorageError, _unwritable)
    api.add_exception_handler(RequestValidationError, _misread)
    api.add_exception_handler(HTTPException, _unrouted)
    api.add_exception_handler(Exception, _broken)
    made = api.openapi
    api.openapi = lambda: api.openapi_schema or completed(made(), token=token)  # type: ignore[method-assign]
    return api


class _Routes:
    """The routes, over one desk."""

    def __init__(self, desk: Desk, shelf: Shelf, limits: Limits) -> None:
        self._desk = desk
        self._shelf = shelf
        self._limits = limits
        self._checking = 0
        self._streams = 0
        self._marks: dict[bytes, str] = {}
        self._checkers = CapacityLimiter(AT_A_TIME)

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api")
        table = {results.ARROW_TYPE: {"schema": {"type": "string", "format": "binary"}}}
        arrow: dict[int | str, dict[str, Any]] = {
            200: {"content": table, "description": "The table, as JSON or as Arrow."}
        }
        router.get("", responses=errors())(self.about)
        router.get("/findings", responses=errors(422))(self.findings)
        router.get("/jobs", responses=errors())(self.jobs)
        router.post(
            "/jobs",
            status_code=202,
            openapi_extra=BODY,
            responses={
                200: {"model": JobAnswer, "description": "This job is there already."},
                **errors(400, 403, 408, 409, 413, 415, 422, 429, 507),
            },
        )(self.submit)
        router.get("/jobs/{id}", responses=errors(404))(self.job)
        router.delete("/jobs/{id}", status_code=204, responses=errors(403, 404))(self.remove)
        router.get(
            "/jobs/{id}/events",
            response_class=StreamingResponse,
            responses={
                200: {
                    "content": {"text/event-stream": {"schema": EVENT}},
                    "description": "`progress` each time that the job changes, `end` at its end; "
                    "the data of each is the job.",
                },
                **errors(404, 429),
            },
        )(self.events)
        router.get("/jobs/{id}/summary", responses=errors(404, 409, 410))(self.summary)
        router.get(
            "/jobs/{id}/measurements",
            response_model=Measurements,
            responses={**arrow, **errors(404, 409, 410, 413, 422)},
        )(self.measurements)
        router.get(
            "/jobs/{id}/trajectories",
            response_model=Course,
            responses={**arrow, **errors(404, 409, 410, 413, 422)},
        )(self.trajectories)
        router.get(
            "/jobs/{id}/report",
            response_class=Response,
            responses={
                200: {
                    "content": {"text/html": {"schema": {"type": "string"}}},
                    "description": "The report, a page of its own.",
                },
                **errors(404, 409, 410),
            },
        )(self.report)
        return router

    async def about(self) -> About:
        """Tell what this is, and what it is willing to do."""
        known = self._limits
        return About(
            name="reflexarc",
            version=__version__,
            note=LIMITS_NOTE,
            limits=Bounds(
                body_bytes=known.body,
                arms=known.arms,
                animals=known.animals,
                animals_in_all=known.runs,
                hours=known.hours,
                queue=known.queue,
                seconds=known.seconds,
            ),
        )

    async def findings(
        self, trust: Annotated[Literal["T", "S", "R", "NF"] | None, Query()] = None
    ) -> Findings:
        """List the published findings that the model is measured by."""
        failures = {failure.id: failure.reason for failure in known_failures()}
        return Findings(
            findings=[
                FindingEntry(
                    id=one.id,
                    title=one.title,
                    paper=one.paper,
                    species=one.species,
                    trust=one.trust,
                    scored=one.scored,
                    published=one.published,
                    known_failure=failures.get(one.id),
                )
                for one in load_findings()
                if trust in (None, one.trust)
            ]
        )

    async def jobs(self) -> Jobs:
        """List all jobs, the oldest first."""
        return Jobs(jobs=[job_answer(job, self._desk.place(job.id)) for job in self._desk.jobs()])

    async def submit(
        self,
        request: Request,
        response: Response,
        animals: Annotated[
            int | None, Query(ge=1, description="In each arm, instead of what the experiment says.")
        ] = None,
        seed: Annotated[int, Query(ge=0, lt=2**32, description="Of all random numbers.")] = 1,
    ) -> JobAnswer:
        """Ask for an experiment to be run; the same experiment is the same job."""
        kind, limits = media_type(request), self._limits
        if self._checking >= limits.checks:
            message = "too many experiments are being checked; ask again"
            raise Refusal(429, message, headers={"Retry-After": "2"})
        self._checking += 1
        try:
            body = await take_body(request, limits)
            mark = hashlib.sha256(repr((kind, animals, seed, body)).encode()).digest()
            if not self._desk.knows(self._marks.get(mark)):
                self._desk.refuse_if_full()  # before it costs anything to read it
            asked = await to_thread.run_sync(
                lambda: read(body, kind, animals=animals, seed=seed, limits=limits),
                limiter=self._checkers,
            )
        finally:
            self._checking -= 1
        job, is_new = self._desk.take(asked)
        self._marks[mark] = job.id
        if len(self._marks) > MOST_MARKS:
            del self._marks[next(iter(self._marks))]
        response.status_code = 202 if is_new else 200
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return job_answer(job, self._desk.place(job.id))

    async def job(self, id: str) -> JobAnswer:
        """Tell how a job stands."""
        return job_answer(self._desk.job(id), self._desk.place(id))

    async def remove(self, id: str) -> None:
        """Cancel a job, and remove it with its results."""
        await self._desk.remove(id)

    async def events(self, id: str) -> StreamingResponse:
        """Follow a job by server-sent events until it ends."""
        self._desk.job(id)
        if self._streams >= self._limits.streams:
            message = "too many streams are open; GET the job instead"
            raise Refusal(429, message, headers={"Retry-After": "5"})
        return StreamingResponse(
            self._told(id), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    async def _told(self, id: str) -> AsyncIterator[str]:
        self._streams += 1
        try:
            async for job in self._desk.follow(id, pause=PAUSE):
                if job is None:
                    yield ": still here\n\n"
                    continue
                answer = job_answer(job, self._desk.place(id)).model_dump_json()
                yield f"event: {'end' if job.has_ended else 'progress'}\ndata: {answer}\n\n"
        finally:
            self._streams -= 1

    async def summary(self, id: str) -> dict[str, Any]:
        """Return the summary of a run: groups, comparisons, survival, the band of the unknown."""
        text = self._file(id, "summary.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    async def measurements(self, id: str, format: Format = None, accept: Accept = "") -> Response:
        """Return what was measured."""
        file = self._file(id, "measurements.arrow")
        if _wants_arrow(format, accept):
            return _arrow(file, f"{id}-measurements.arrow")
        rows = await to_thread.run_sync(results.measurements, file)
        self._bound(len(rows) * 10)
        return JSONResponse({"measurements": rows})

    async def trajectories(
        self,
        id: str,
        variable: Annotated[
            str | None, Query(description="Which one; JSON gives one at a time.")
        ] = None,
        arm: Annotated[str | None, Query(description="Which one; all if left out.")] = None,
        format: Format = None,
        accept: Accept = "",
    ) -> Response:
        """Return the courses of the model's variables; as Arrow all of them, as JSON one."""
        file = self._file(id, "trajectories.arrow")
        if _wants_arrow(format, accept):
            return _arrow(file, f"{id}-trajectories.arrow")
        variables, arms, shape = await to_thread.run_sync(results.layout, file)
        if variable is None:
            message = f"say which variable: {', '.join(variables)}"
            raise Refusal(422, message, field="variable")
        if variable not in variables:
            raise Refusal(422, unknown_word("variable", variable, variables), field="variable")
        if arm is not None and arm not in arms:
            raise Refusal(422, unknown_word("arm", arm, arms), field="arm")
        wanted = arms if arm is None else [arm]
        self._bound(len(wanted) * shape["animals"] * shape["times"])
        found = await to_thread.run_sync(
            lambda: results.trajectories(file, variable=variable, arms=wanted, shape=shape)
        )
        return JSONResponse(found)

    async def report(self, id: str) -> Response:
        """Return the report as one HTML page."""
        self._file(id, "summary.json")
        outcome = self._shelf.folder(id).outcome() or {}
        file = self._shelf.folder(id).runs / str(outcome.get("run")) / "report.html"
        return FileResponse(
            _there(file),
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": REPORT_POLICY},
        )

    def _file(self, id: str, name: str) -> Path:
        job = self._desk.job(id)
        if job.state != "finished":
            message = f"the job is {job.state}; it has results once it has finished"
            raise Refusal(409, message, field="id")
        return _there(self._shelf.folder(id).result(name))

    def _bound(self, numbers: int) -> None:
        if numbers > self._limits.shown:
            message = f"{numbers:,} numbers are too many for JSON; ask for format=arrow, or one arm"
            raise Refusal(413, message, field="format")


def _there(file: Path) -> Path:
    if not file.is_file():
        message = "the files of this job are gone; DELETE it and ask for the experiment again"
        raise Refusal(410, message, field="id")
    return file


def _wants_arrow(format: str | None, accept: str) -> bool:
    return format == "arrow" or (format is None and results.ARROW_TYPE in accept)


def _arrow(file: Path, name: str) -> FileResponse:
    return FileResponse(file, media_type=results.ARROW_TYPE, filename=name)


def _known_parameters(request: Request) -> None:
    """Refuse a query parameter that the route doesn't have: it would be left out in silence."""
    known = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in known:
            raise Refusal(422, unknown_word("parameter", name, sorted(known)), field=name)


async def _refused(_: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    return JSONResponse(refusal.content(), status_code=refusal.status, headers=refusal.headers)


async def _unwritable(request: Request, error: Exception) -> JSONResponse:
    message = error.message if isinstance(error, InputError) else str(error)
    return await _refused(request, Refusal(507, message))


async def _misread(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("query", "path", "header")]
    return await _refused(request, Refusal(422, str(first["msg"]), field=".".join(place)))


async def _broken(request: Request, _: Exception) -> JSONResponse:
    return await _refused(request, Refusal(500, BROKEN))


async def _unrouted(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    message = {404: "there is no such thing; GET /api/openapi.json lists what there is"}.get(
        error.status_code, str(error.detail).lower()
    )
    return await _refused(request, Refusal(error.status_code, message, headers=error.headers))
