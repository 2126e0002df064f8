"""The server: what it answers, what it refuses, and what it survives."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from reflexarc import laboratory
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment
from reflexarc.runs import StorageError
from reflexarc.server.app import Address, check_token, make_app
from reflexarc.server.door import LOOPBACK_NAMES
from reflexarc.server.job import Job
from reflexarc.server.limits import Limits
from reflexarc.server.page import Page, policy_of
from reflexarc.server.shelf import JobFolder, Shelf

HERE = "http://127.0.0.1"
YAML = {"Content-Type": "application/yaml"}
LEGS = """title: Leg or belly
challenge: {LPS: 5 mg/kg}
animals: {per arm: 2}
arms:
  sham:
    electroacupuncture: {site: ST36, current: 0 mA, pulse width: 50 us, frequency: 10 Hz,
                         duration: 15 min, at: -15 min}
  leg: {like: sham, electroacupuncture: {current: 0.5 mA}}
measure: [TNF in plasma at 90 min, survival for 1 d]
compare: {to: sham}
"""
SMALL = "{title: LPS, challenge: {LPS: 4 mg/kg}, arms: {one: {}}, measure: [TNF at 90 min]}"
SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
DIES = (sys.executable, "-c", "import os; os._exit(9)")
COMMAND = (sys.executable, "-m", "reflexarc", "serve")
TOKEN = "a-token-of-many-letters"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("page")
    policy = "default-src 'none'; script-src 'self'"
    (folder / "index.html").write_text(
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><p>{"mouse " * 500}</p>'
    )
    (folder / "engine").mkdir()
    (folder / "engine" / "worker.js").write_text("export const a = 1;\n")
    return Page.of(folder)


@contextmanager
def server(home: Path, page: Page, **changes: Any) -> Iterator[TestClient]:
    bounds = changes.pop("limits", {})
    app = make_app(Shelf(home), page, limits=Limits(**bounds), **changes)
    with TestClient(app, base_url=HERE) as client:
        yield client


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, page: Page) -> Iterator[TestClient]:
    """A server that finishes no job; for what is answered before one."""
    with server(tmp_path_factory.mktemp("jobs"), page, command=SLEEPER) as found:
        yield found


def ask(client: TestClient, text: str = SMALL, **parameters: Any) -> Any:
    return client.post("/api/jobs", content=text, headers=YAML, params=parameters)


def titled(title: str) -> str:
    return SMALL.replace("title: LPS", f"title: {title}")


def events(client: TestClient, name: str) -> list[tuple[str, dict[str, Any]]]:
    text = client.get(f"/api/jobs/{name}/events").text
    return [
        (kind, json.loads(data)) for kind, data in re.findall(r"event: (\w+)\ndata: (.+)\n\n", text)
    ]


# The page


def test_the_page_is_served_with_its_own_policy(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "mouse" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy == "default-src 'none'; script-src 'self'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 300
    plain = client.get("/index.html", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
    script = client.get("/engine/worker.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.text == "export const a = 1;\n"


def test_a_page_that_is_known_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/").headers["etag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200
    head = client.head("/")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/engine", "/engine/", "/x/../y"]
)
def test_nothing_beside_the_page_can_be_had(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "there is no such page"


def test_the_page_cannot_be_written(client: TestClient) -> None:
    answer = client.post("/index.html")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_page_without_a_policy_may_do_nothing() -> None:
    assert policy_of("<title>x</title>") == "default-src 'none'"
    assert policy_of("<META HTTP-EQUIV='content-security-policy' CONTENT='a;\n b;'>") == "a; b"


# An experiment, from request to results


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, page: Page
) -> Iterator[tuple[TestClient, list[tuple[str, dict[str, Any]]]]]:
    with server(tmp_path_factory.mktemp("done"), page) as found:
        answer = ask(found, LEGS)
        assert answer.status_code == 202
        yield found, events(found, answer.json()["id"])


@pytest.mark.slow
def test_a_job_is_followed_to_its_end(done: Any) -> None:
    client, told = done
    assert [kind for kind, _ in told[:-1]] == ["progress"] * (len(told) - 1)
    kind, job = told[-1]
    assert (kind, job["state"]) == ("end", "finished")
    assert job["done"] == job["total"] >= 4
    assert {"running", "finished"} <= {state["state"] for _, state in told}
    assert client.get(job["links"]["self"]).json() == job
    assert client.get("/api/jobs").json() == {"jobs": [job]}
    assert events(client, job["id"]) == [told[-1]]


@pytest.mark.slow
def test_the_results_are_those_of_the_laboratory(done: Any) -> None:
    client, told = done
    links = told[-1][1]["links"]
    expected = laboratory.run(Experiment.parse(LEGS))
    assert client.get(links["summary"]).json()["measurements"] == json.loads(
        expected.groups.to_json(orient="records", double_precision=15)
    )
    rows = client.get(links["measurements"]).json()["measurements"]
    assert [row["value"] for row in rows] == expected.measurements["value"].tolist()
    arrow = client.get(links["measurements"], params={"format": "arrow"})
    assert arrow.headers["content-type"] == "application/vnd.apache.arrow.file"
    table = pa.ipc.open_file(arrow.content).read_all()
    assert table.to_pandas().equals(expected.measurements)

    kind = {"Accept": "application/vnd.apache.arrow.file"}
    table = pa.ipc.open_file(client.get(links["trajectories"], headers=kind).content).read_all()
    kept = expected.trajectories
    assert table.num_rows == kept.sizes["arm"] * kept.sizes["animal"] * kept.sizes["time"]
    values = kept["TNF"].transpose("arm", "animal", "time").values
    assert table["TNF"].to_pylist() == values.ravel().tolist()
    assert table.schema.field("TNF").metadata[b"unit"] == b"pg/mL"
    course = client.get(links["trajectories"], params={"variable": "TNF", "arm": "leg"}).json()
    assert list(course["arms"]) == ["leg"]
    assert course["arms"]["leg"] == values[1].tolist()
    assert course["times"] == kept["time"].values.tolist()
    assert (course["unit"], course["name"]) == ("pg/mL", "TNF, plasma")
    died = kept["death_time"].sel(arm="leg").values.tolist()
    assert course["deaths"]["leg"] == [
        None if hour != hour or hour == inf else hour for hour in died
    ]


@pytest.mark.slow
def test_a_course_is_asked_for_by_name(done: Any) -> None:
    client, told = done
    link = told[-1][1]["links"]["trajectories"]
    for parameters, field, words in (
        ({}, "variable", "say which variable"),
        ({"variable": "TNFF"}, "variable", "did you mean 'TNF'?"),
        ({"variable": "TNF", "arm": "legs"}, "arm", "did you mean 'leg'?"),
        ({"variable": "TNF", "format": "csv"}, "format", "'json' or 'arrow'"),
    ):
        answer = client.get(link, params=parameters)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert words in answer.json()["error"]


@pytest.mark.slow
def test_a_report_may_run_nothing(done: Any) -> None:
    client, told = done
    answer = client.get(told[-1][1]["links"]["report"])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Leg or belly" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]


@pytest.mark.slow
def test_the_same_experiment_is_the_same_job(done: Any) -> None:
    client, told = done
    name = told[-1][1]["id"]
    again = ask(client, LEGS)
    assert (again.status_code, again.json()["state"]) == (200, "finished")
    as_json = client.post("/api/jobs", json=Experiment.parse(LEGS).resolved())
    assert (as_json.status_code, as_json.json()["id"]) == (200, name)
    assert as_json.headers["location"] == f"/api/jobs/{name}"


@pytest.mark.slow
def test_an_experiment_that_runs_as_a_command_has_the_same_folder(
    done: Any, tmp_path: Path
) -> None:
    folder = laboratory.run(Experiment.parse(LEGS), out=tmp_path).folder
    assert folder
    assert folder.name == done[1][-1][1]["id"]


@pytest.mark.slow
def test_what_is_too_long_for_json_is_refused_with_the_way_out(tmp_path: Path, page: Page) -> None:
    with server(tmp_path, page, limits={"shown": 10}) as client:
        links = ask(client).json()["links"]
        client.get(links["events"])
        for link, parameters in (
            (links["measurements"], {}),
            (links["trajectories"], {"variable": "TNF"}),
        ):
            answer = client.get(link, params=parameters)
            assert answer.status_code == 413
            assert "format=arrow" in answer.json()["error"]
            assert client.get(link, params={"format": "arrow"}).status_code == 200
        (JobFolder(tmp_path / links["self"].split("/")[-1]).result("summary.json")).unlink()
        assert client.get(links["summary"]).status_code == 410


# What is refused


@pytest.mark.parametrize(
    ("text", "field", "line", "words"),
    [
        (
            LEGS.replace("ST36", "ST63"),
            "arms.sham.electroacupuncture.site",
            6,
            "did you mean 'ST36'?",
        ),
        (LEGS.replace("5 mg/kg", "5"), "challenge.LPS", 2, "unit"),
        (LEGS.replace("measure", "mesure"), "mesure", 9, "measure"),
        ("{", None, 1, "not valid YAML"),
        ("", None, None, "the experiment is empty"),
        ("- a", None, None, "not a mapping"),
        ("a: &x 1\nb: *x", "a", 1, "anchors"),
    ],
)
def test_a_wrong_experiment_is_told_where(
    client: TestClient, text: str, field: str | None, line: int | None, words: str
) -> None:
    answer = ask(client, text)
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["field"], problem["line"]) == (field, line)
    assert words in problem["error"]
    assert "\n" not in problem["error"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"[1]", 422, "not a mapping"),
        (b"{", 422, "not valid JSON"),
        (b"\xff", 400, "not UTF-8"),
        (b'{"title": "a", "title": "b"}', 422, "twice"),
        (b'{"title": NaN}', 422, "not a number"),
        (b'{"title": "\\ud800"}', 422, "half a character"),
        (b'{"title": ' + b"9" * 5000 + b"}", 422, "too many digits"),
        (b"[" * 50_000, 422, "nested too deeply"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 422, "nested too deeply"),
        (b'{"title": "LPS", "arms": {"one": {"lesions": ["splenic nerv"]}},'
         b' "measure": ["TNF at 1 h"]}', 422, "did you mean 'splenic nerve"),
    ],
)  # fmt: skip
def test_json_is_read_as_strictly_as_yaml(
    client: TestClient, body: bytes, status: int, words: str
) -> None:
    answer = client.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert answer.json()["line"] in (None, 1)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_foreign_form_could_send_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/api/jobs", content=SMALL, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/yaml" in answer.json()["error"]


@pytest.mark.parametrize(
    ("change", "parameters", "field"),
    [
        ({"arms": 1}, {}, "arms"),
        ({"animals": 1}, {}, "animals.per arm"),
        ({"animals": 5}, {"animals": 6}, "animals.per arm"),
        ({"runs": 3}, {}, "animals.per arm"),
        ({"hours": 20.0}, {}, "measure"),
        ({"hours": 24.1}, {}, "arms"),
        ({"edges": 2}, {}, "arms"),
        ({"numbers": 100}, {}, None),
        ({"body": 50}, {}, None),
    ],
)
def test_what_is_too_much_is_refused(
    tmp_path: Path, page: Page, change: Any, parameters: Any, field: str | None
) -> None:
    with server(tmp_path, page, limits=change, command=SLEEPER) as client:
        answer = ask(client, LEGS, **parameters)
        assert (answer.status_code, answer.json()["field"]) == (413, field)
        assert client.get("/api/jobs").json() == {"jobs": []}
    with server(tmp_path, page, command=SLEEPER) as client:
        assert ask(client, LEGS, **parameters).status_code == 202


def test_a_body_without_a_length_is_cut_off_too(tmp_path: Path, page: Page) -> None:
    with server(tmp_path, page, limits={"body": 1000}, command=SLEEPER) as client:
        answer = client.post("/api/jobs", content=(b"#" * 100 for _ in range(50)), headers=YAML)
        assert answer.status_code == 413
        assert answer.json()["error"] == "the body is larger than 1,000 bytes"


@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", "/api/jobs/none", 404, "id"),
        ("DELETE", "/api/jobs/none", 404, "id"),
        ("GET", "/api/jobs/none/events", 404, "id"),
        ("GET", "/api/jobs/none/trajectories?variable=TNF", 404, "id"),
        ("GET", "/api/jobs/..%2f..%2fetc", 404, None),
        ("GET", "/api/nothing", 404, None),
        ("PUT", "/api/jobs", 405, None),
        ("GET", "/api/jobs?stat=queued", 422, "stat"),
        ("POST", "/api/jobs?animal=3", 422, "animal"),
        ("POST", "/api/jobs?animals=0", 422, "animals"),
        ("POST", "/api/jobs?seed=-1", 422, "seed"),
        ("GET", "/api/findings?trust=X", 422, "trust"),
    ],
)
def test_every_error_is_a_sentence(
    client: TestClient, method: str, path: str, status: int, field: str | None
) -> None:
    answer = client.request(method, path, content=SMALL, headers=YAML)
    assert answer.status_code == status
    problem = answer.json()
    assert set(problem) == {"error", "field", "line"}
    assert problem["field"] == field
    assert problem["error"]


def test_a_fault_of_the_server_says_no_more_than_that(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reflexarc.server.api.load_findings", lambda: 1 / 0)
    answer = client.get("/api/findings")
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("something went wrong")
    assert "ZeroDivision" not in answer.text


def test_a_full_disk_is_507(tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(JobFolder, "ask", full)
    with server(tmp_path, page, command=SLEEPER) as client:
        answer = ask(client)
        assert (answer.status_code, answer.json()["error"]) == (507, "the disk is full")
        assert client.get("/api/jobs").json() == {"jobs": []}


def test_findings_are_listed(client: TestClient) -> None:
    found = client.get("/api/findings").json()["findings"]
    assert len(found) > 100
    assert {one["trust"] for one in found} == {"T", "S", "R", "NF"}
    remembered = client.get("/api/findings", params={"trust": "R"}).json()["findings"]
    assert remembered == [one for one in found if one["trust"] == "R"]
    assert not any(one["scored"] for one in remembered)


# Who may come in


def test_under_api_a_token_is_asked_for_and_the_page_is_open(tmp_path: Path, page: Page) -> None:
    with server(tmp_path, page, command=SLEEPER, token=TOKEN) as client:
        assert client.get("/").status_code == 200
        for given in (None, TOKEN, f"Bearer {TOKEN}x", "Bearer ", f"Basic {TOKEN}", "Bearer \xe9"):
            headers = {} if given is None else {"Authorization": given.encode("latin-1")}
            for path in ("/api", "/api/jobs", "/api/openapi.json", "/api/nothing"):
                answer = client.get(path, headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
        good = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/jobs", headers=good).status_code == 200
        document = client.get("/api/openapi.json", headers=good).json()
        assert document["security"] == [{"token": []}]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_without_a_token_other_machines_are_refused(host: str) -> None:
    with pytest.raises(InputError, match="a token is needed"):
        check_token(None, Address(host, 80))
    check_token(TOKEN, Address(host, 80))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_this_machine_no_token_is_needed(host: str) -> None:
    check_token(None, Address(host, 80))


@pytest.mark.parametrize(
    "token", ["", "short", "with spaces in between", "ünïcödé-ünïcödé-ünïcödé", "a\nb" * 9]
)
def test_a_bad_token_is_refused(token: str) -> None:
    with pytest.raises(InputError, match="token"):
        check_token(token, Address("127.0.0.1", 80))


def test_a_foreign_name_does_not_lead_here(client: TestClient) -> None:
    for host in (
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "",
        "[::1",
        "127.0.0.2",
    ):
        answer = client.get("/api/jobs", headers={"Host": host})
        assert answer.status_code == 421, host
    for host in ("localhost:8765", "127.0.0.1", "[::1]:99"):
        assert client.get("/api/jobs", headers={"Host": host}).status_code == 200


def test_the_page_of_another_site_may_not_write(client: TestClient) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:81"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = client.post("/api/jobs", content=SMALL, headers=YAML | headers)
        assert answer.status_code == 403
    answer = client.options(
        "/api/jobs",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]
    own = client.post("/api/jobs?animals=3", content=SMALL, headers=YAML | {"Origin": HERE})
    assert own.status_code == 202


def test_what_it_says_of_itself_holds_whatever_is_asked(client: TestClient) -> None:
    told = client.get("/api").json()["note"] + client.get("/api/openapi.json").text[:600]
    assert "not medical advice" in told
    assert not re.search("LPS|mice|given", told.partition("/api/jobs")[0])


def test_every_answer_is_closed(client: TestClient) -> None:
    for path in ("/", "/api", "/api/nothing", "/nothing", "/api/openapi.json"):
        headers = client.get(path, headers={"Origin": "http://evil.example"}).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control")]


# Jobs that wait, last too long, die


def wait_for(what: Any) -> Any:
    """Return what a function returns as soon as that is something."""
    for _ in range(1200):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_a_full_queue_says_when_to_ask_again_and_the_server_answers(
    tmp_path: Path, page: Page
) -> None:
    with server(tmp_path, page, limits={"queue": 3}, command=SLEEPER) as client:
        statuses = [ask(client, titled(f"t{i}")).status_code for i in range(12)]
        assert set(statuses) == {202, 429}
        assert 3 <= statuses.count(202) <= 4  # one may be under way already
        late = ask(client, titled("late"))
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) > 0
        assert "wait already" in late.json()["error"]
        assert client.get("/").status_code == 200
        jobs = client.get("/api/jobs").json()["jobs"]
        assert [job["ahead"] for job in jobs if job["state"] == "queued"] == [0, 1, 2]
        assert ask(client, titled("t0")).status_code == 200  # known, so it takes no room
        for job in jobs:
            assert client.delete(job["links"]["self"]).status_code == 204
        assert ask(client, titled("late")).status_code == 202


def test_many_who_ask_at_once_get_no_more_places(tmp_path: Path, page: Page) -> None:
    with (
        server(tmp_path, page, limits={"queue": 2}, command=SLEEPER) as client,
        ThreadPoolExecutor(8) as crowd,
    ):
        asked = crowd.map(lambda i: ask(client, titled(f"t{i}")).status_code, range(8))
        statuses = list(asked)
    assert set(statuses) == {202, 429}
    assert statuses.count(202) <= 3


@pytest.mark.parametrize(
    ("limit", "method", "path"), [("checks", "POST", "/api/jobs"), ("streams", "GET", "{}/events")]
)
def test_too_much_at_a_time_is_429(
    tmp_path: Path, page: Page, limit: str, method: str, path: str
) -> None:
    with server(tmp_path, page, command=SLEEPER) as client:
        here = ask(client).json()["links"]["self"]
    with server(tmp_path, page, limits={limit: 0}, command=SLEEPER) as client:
        answer = client.request(method, path.format(here), content=SMALL, headers=YAML)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0


def test_a_job_that_takes_too_long_ends(tmp_path: Path, page: Page) -> None:
    with server(tmp_path, page, limits={"seconds": 0.2}, command=SLEEPER) as client:
        job = events(client, ask(client).json()["id"])[-1][1]
        assert job["state"] == "failed"
        assert job["error"] == "it took longer than 0.2 s; ask for fewer animals"
        assert client.get(job["links"]["summary"]).status_code == 409
        again = ask(client)
        assert (again.status_code, again.json()["error"]) == (202, None)


def test_a_process_that_dies_is_begun_again_but_not_for_ever(tmp_path: Path, page: Page) -> None:
    with server(tmp_path, page, command=DIES) as client:
        told = events(client, ask(client).json()["id"])
        assert told[-1][1]["error"].startswith("the process of the job ended by itself 3 times")
        assert [job["state"] for _, job in told].count("running") >= 1
        assert client.get("/api").status_code == 200


def test_a_process_that_cannot_be_begun_fails_its_job_and_no_other(
    tmp_path: Path, page: Page
) -> None:
    with server(tmp_path, page, command=(str(tmp_path / "nothing"),)) as client:
        for title in ("one", "two"):
            job = events(client, ask(client, titled(title)).json()["id"])[-1][1]
            assert job["state"] == "failed"
            assert "could not be run" in job["error"]


def test_what_a_job_says_of_itself_is_what_is_told(tmp_path: Path, page: Page) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "import json, pathlib, sys\n"
        "print(json.dumps({'done': 3, 'total': 7}), flush=True)\n"
        "text = json.dumps({'error': 'the dose is too large', 'field': 'arms.one'})\n"
        "(pathlib.Path(sys.argv[1]) / 'outcome.json').write_text(text)\n"
    )
    with server(tmp_path / "jobs", page, command=(sys.executable, str(script))) as client:
        job = events(client, ask(client).json()["id"])[-1][1]
    assert (job["state"], job["error"], job["field"]) == (
        "failed",
        "the dose is too large",
        "arms.one",
    )
    assert (job["done"], job["total"]) == (3, 7)


def test_a_cancelled_job_is_gone_and_so_is_its_process(tmp_path: Path, page: Page) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "import os, pathlib, sys, time\n"
        "(pathlib.Path(sys.argv[1]) / 'pid').write_text(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    home = tmp_path / "jobs"
    with server(home, page, command=(sys.executable, str(script))) as client:
        name = ask(client).json()["id"]
        file = home / name / "pid"
        pid = int(wait_for(lambda: file.exists() and file.read_text()))
        told: list[Any] = []
        listener = threading.Thread(target=lambda: told.extend(events(client, name)))
        listener.start()
        assert client.delete(f"/api/jobs/{name}").status_code == 204
        listener.join(timeout=60)
        assert not told or told[-1][1]["state"] == "cancelled"
        assert client.get(f"/api/jobs/{name}").status_code == 404
        assert not (home / name).exists()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert client.delete(f"/api/jobs/{name}").status_code == 404


def test_only_so_many_ended_jobs_are_kept(tmp_path: Path, page: Page) -> None:
    limits = {"kept": 2, "attempts": 1}
    with server(tmp_path, page, limits=limits, command=DIES) as client:
        names = []
        for i in range(4):
            names.append(ask(client, titled(f"t{i}")).json()["id"])
            events(client, names[-1])
        left = [job["id"] for job in client.get("/api/jobs").json()["jobs"]]
        assert left == names[1:]
        assert not (tmp_path / names[0]).exists()


def test_a_server_that_stops_leaves_its_jobs_to_the_next(tmp_path: Path, page: Page) -> None:
    with server(tmp_path, page, command=SLEEPER) as client:
        name = ask(client).json()["id"]
        wait_for(lambda: client.get(f"/api/jobs/{name}").json()["state"] == "running")
    kept = Shelf(tmp_path).jobs()
    assert [(job.id, job.state, job.attempts) for job in kept] == [(name, "queued", 0)]
    with server(tmp_path, page, command=SLEEPER) as client:
        wait_for(lambda: client.get(f"/api/jobs/{name}").json()["state"] == "running")


def test_what_is_no_job_is_left_out(tmp_path: Path, page: Page) -> None:
    shelf = Shelf(tmp_path)
    job = Job(id="a-1", title="a", arms=1, animals=1, seed=1, created="2026", state="failed")
    for name, text in {
        "a-1": json.dumps(job.record()),
        "other-name": json.dumps(job.record()),
        "cut-short": '{"id": "cut',
        "no-job": "[]",
        "no-state": json.dumps({**replace(job, id="no-state").record(), "state": "odd"}),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.json").write_text(text)
    assert shelf.jobs() == [job]
    with server(tmp_path, page, command=SLEEPER) as client:
        assert [one["id"] for one in client.get("/api/jobs").json()["jobs"]] == ["a-1"]


# The command, in a process of its own


@contextmanager
def serving(jobs: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a running server and its address."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--jobs", str(jobs), "--json", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stdout
    try:
        text = ""
        while not text.endswith("}\n"):
            line = process.stdout.readline()
            assert line, "the server did not start"
            text += line
        yield process, json.loads(text)["url"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def talk(url: str) -> Any:
    import httpx

    return httpx.Client(base_url=url, trust_env=False, timeout=60)


@pytest.mark.slow
def test_jobs_survive_a_server_that_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url), talk(url) as client:
        first = ask(client, LEGS).json()["id"]
        assert events(client, first)[-1][1]["state"] == "finished"
        summary = client.get(f"/api/jobs/{first}/summary").content
        others = [ask(client, titled(f"t{i}")).json()["id"] for i in range(2)]
        wait_for(lambda: client.get(f"/api/jobs/{others[0]}").json()["state"] == "running")
        process.send_signal(signal.SIGKILL)
        process.wait()
    written = (tmp_path / first / "results" / "summary.json").stat().st_mtime_ns
    with serving(tmp_path) as (_, url), talk(url) as client:
        job = client.get(f"/api/jobs/{first}").json()
        assert job["state"] == "finished"
        assert client.get(f"/api/jobs/{first}/summary").content == summary
        for name in others:
            assert events(client, name)[-1][1]["state"] == "finished"
            assert client.get(f"/api/jobs/{name}/measurements").json()["measurements"]
    assert (tmp_path / first / "results" / "summary.json").stat().st_mtime_ns == written


@pytest.mark.slow
def test_a_killed_server_takes_the_process_of_its_job_along(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url), talk(url) as client:
        name = ask(client, LEGS).json()["id"]
        worker = int(wait_for(lambda: children(process.pid))[0])
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: not is_alive(worker))
    assert (tmp_path / name / "job.json").is_file()


def children(pid: int) -> list[str]:
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout.split()


def is_alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


@pytest.mark.slow
def test_a_slow_or_broken_client_holds_nobody_up(tmp_path: Path, page: Page) -> None:
    import uvicorn

    limits = Limits(body_seconds=0.3)
    app = make_app(Shelf(tmp_path), page, limits=limits, hosts=LOOPBACK_NAMES, command=SLEEPER)
    with Address("127.0.0.1", 0).listen() as listening:
        port = listening.getsockname()[1]
        running = uvicorn.Server(uvicorn.Config(app, http="h11", log_level="warning"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            head = (
                "POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/yaml\r\n"
            )
            with socket.create_connection(("127.0.0.1", port)) as slow:
                slow.sendall(f"{head}Content-Length: 50\r\n\r\ntitle".encode())
                with talk(f"http://127.0.0.1:{port}") as client:
                    assert client.get("/api").status_code == 200
                assert slow.recv(4096).startswith(b"HTTP/1.1 408")
            with socket.create_connection(("127.0.0.1", port)) as rude:
                rude.sendall(f"{head}Content-Length: 50\r\n\r\ntitle".encode())
            with talk(f"http://127.0.0.1:{port}") as client:
                assert client.get("/api").status_code == 200
        finally:
            running.should_exit = True
            thread.join()


@pytest.mark.slow
def test_a_folder_has_one_server_and_a_port_too(tmp_path: Path) -> None:
    with serving(tmp_path / "jobs") as (_, url):
        port = url.rstrip("/").rsplit(":", 1)[1]
        for folder, chosen, words in (
            ("jobs", "0", "another server keeps its jobs there"),
            ("others", port, "can't listen at 127.0.0.1"),
        ):
            done = subprocess.run(
                [*COMMAND, "--port", chosen, "--jobs", str(tmp_path / folder)],
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert done.returncode == 3
            assert words in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
