"""The server keeps to its OpenAPI document, whatever it is asked."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from reflexarc.protocol import Experiment
from reflexarc.server.app import Address, make_app
from reflexarc.server.limits import Limits
from reflexarc.server.page import Page
from reflexarc.server.shelf import Shelf
from test_server import HERE, SLEEPER, ask

EXAMPLES = 25
"""Requests made up for each operation."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = make_app(Shelf(tmp_path_factory.mktemp("jobs")), Page({}), command=SLEEPER)
    with TestClient(app, base_url=HERE) as found:
        yield found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished job."""
    place = tmp_path_factory.mktemp("jobs")
    with TestClient(make_app(Shelf(place), Page({})), base_url=HERE) as client:
        client.get(ask(client).json()["links"]["events"])
    return place


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len(found) >= 10
    problem = {"$ref": "#/components/schemas/Problem"}
    for name, operation in found:
        assert operation["description"], name
        failures = {status for status in operation["responses"] if status >= "4"}
        assert {"401", "405", "421", "422"} <= failures, name
        for status in failures:
            content = operation["responses"][status]["content"]
            assert content["application/json"]["schema"] == problem, (name, status)


def test_the_examples_are_good(document: dict[str, Any], client: TestClient) -> None:
    content = document["paths"]["/api/jobs"]["post"]["requestBody"]["content"]
    Experiment.parse(content["application/yaml"]["example"])
    example = content["application/json"]["example"]
    Experiment.from_mapping(example)
    schema = {"$ref": "#/components/schemas/Experiment", "components": document["components"]}
    jsonschema.validate(example, schema)
    for name in ("Problem", "JobAnswer"):
        part = document["components"]["schemas"][name]
        jsonschema.validate(part["example"], {**part, "components": document["components"]})
    assert client.get("/api/openapi.json").headers["content-type"] == "application/json"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for target in set(re.findall(r"'\$ref': '#/([^']+)'", str(document))):
        part: Any = document
        for key in target.split("/"):
            assert key in part, target
            part = part[key]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_document_foresees(
    home: Path, document: dict[str, Any], mode: GenerationMode
) -> None:
    shelf = Shelf(home)
    known = shelf.jobs()[0].id
    app = make_app(shelf, Page({}), limits=Limits(queue=5, animals=20), command=SLEEPER)
    with listening(app) as url:
        contract = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
        tried = 0
        for found in contract.get_all_operations():
            tried += 1
            with suppress(Unsatisfiable):  # nothing can be wrong where nothing can be said
                try_out(found.ok().as_strategy(generation_mode=mode), known)
        assert shelf.jobs()[0].id == known
        assert tried == len(operations(document))


def try_out(cases: Any, known: str) -> None:
    """Send requests made up from the document, half of them about a job that is there."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: Any) -> None:
        path = case.path_parameters or {}
        if len(str(path.get("id", ""))) % 2 and case.method != "DELETE":
            path["id"] = known
        # The schema is more lenient than the reader: units, for one, are left to it.
        case.call_and_validate(timeout=30, excluded_checks=[positive_data_acceptance])

    send()


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Run a server in a thread and yield its address."""
    with Address("127.0.0.1", 0).listen() as listener:
        running = uvicorn.Server(uvicorn.Config(app, http="h11", log_level="warning"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()
