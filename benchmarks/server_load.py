"""Put load on a server of this machine: `python benchmarks/server_load.py [--out FILE]`.

Starts `reflexarc serve` on loopback, lets many clients at once read the page, list jobs and ask for
more experiments than it takes, and prints how often it answered what and how long that took. Needs
the extras `server` and `dev`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

EXPERIMENT = """title: load {number}
challenge: {{LPS: 4 mg/kg}}
animals: {{per arm: 200}}
arms: {{one: {{}}, two: {{}}}}
measure: [TNF at 90 min, survival for 7 d]
"""
YAML = {"Content-Type": "application/yaml"}
SHARES = (("page", 0.4), ("script", 0.2), ("jobs", 0.2), ("experiment", 0.2))
"""What the clients ask for, and how often."""


@dataclass
class Tally:
    """What came back.

    Attributes:
        statuses: How often each status, by what was asked for.
        seconds: How long each answer took, by what was asked for.
    """

    statuses: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> list[dict[str, object]]:
        """Return a row for each kind of request; times in ms."""
        return [
            {
                "request": what,
                "answers": dict(sorted(self.statuses[what].items())),
                **{
                    f"p{q} [ms]": round(1000 * sorted(times)[int((len(times) - 1) * q / 100)], 2)
                    for q in (50, 95, 99, 100)
                },
            }
            for what, times in sorted(self.seconds.items())
        ]


def main() -> None:
    """Run the load and print or write what came back."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as jobs, served(jobs) as (pid, url):
        tally = asyncio.run(load(url, clients=given.clients, seconds=given.seconds))
        memory = peak_memory(pid)
        alive = httpx.get(f"{url}api", trust_env=False, timeout=30).status_code
    rows = tally.rows()
    answered = sum(len(times) for times in tally.seconds.values())
    text = json.dumps(
        {
            "clients": given.clients,
            "seconds": given.seconds,
            "cores": os.cpu_count(),
            "answers per second": round(answered / given.seconds, 1),
            "peak memory of the server [MB]": memory,
            "answers afterwards": alive,
            "rows": rows,
        },
        indent=1,
    )
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


@contextlib.contextmanager
def served(jobs: str) -> Iterator[tuple[int, str]]:
    """Yield the process id and the address of a running server."""
    command = [sys.executable, "-m", "reflexarc", "serve", "--port", "0", "--jobs", jobs, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        text = ""
        while not text.endswith("}\n"):
            line = process.stdout.readline()
            if not line:
                sys.exit("the server did not start")
            text += line
        yield process.pid, json.loads(text)["url"]
    finally:
        process.terminate()
        process.wait()


async def load(url: str, *, clients: int, seconds: float) -> Tally:
    """Let clients ask one thing after another until the time is over."""
    tally = Tally()
    stop = time.perf_counter() + seconds
    bounds = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=60, limits=bounds
    ) as client:
        await asyncio.gather(*(visit(client, number, stop, tally) for number in range(clients)))
    return tally


async def visit(client: httpx.AsyncClient, number: int, stop: float, tally: Tally) -> None:
    """Ask for one thing after another, in a fixed order that differs between clients."""
    turn = number * 7
    while time.perf_counter() < stop:
        turn += 1
        what = choice(turn)
        begun = time.perf_counter()
        try:
            answer = await ask(client, what, f"{number}-{turn}")
            tally.statuses[what][str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            tally.statuses[what][type(error).__name__] += 1
        tally.seconds[what].append(time.perf_counter() - begun)


async def ask(client: httpx.AsyncClient, what: str, name: str) -> httpx.Response:
    """Send one request."""
    if what == "page":
        return await client.get("/")
    if what == "script":
        return await client.get("/model.js")
    if what == "jobs":
        return await client.get("/api/jobs")
    return await client.post("/api/jobs", content=EXPERIMENT.format(number=name), headers=YAML)


def choice(turn: int) -> str:
    """Return what is asked for at a turn, in the shares of `SHARES`."""
    place = (turn * 0.618034) % 1.0
    for what, share in SHARES:
        if place < share:
            return what
        place -= share
    return SHARES[-1][0]


def peak_memory(pid: int) -> float | None:
    """Return the most memory that a process has held, in MB; None where that can't be told."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return round(int(line.split()[1]) / 1024, 1)
    return None


if __name__ == "__main__":
    main()
