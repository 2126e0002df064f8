"""How fast the explorer's engine is, and how much it weighs: `python benchmarks/explorer.py`.

Writes the site into a temporary folder, runs one animal and a hundred in node and in Chromium, and
compares the page's tolerance with a tight one. Needs node and, for the browser, the extra `dev`.
Timings need a quiet machine; `load` says how busy it was.
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reflexarc.web.site import site_files, write_site

SCENARIO = {
    "species": "mouse",
    "challenge": {"agent": "LPS", "dose": 4, "unit": "mg/kg", "route": "i.p.", "at": 0},
    "stimulus": {
        "mode": "electroacupuncture",
        "site": "ST36",
        "side": "left",
        "current": 0.5,
        "width": 50,
        "frequency": 10,
        "duration": 0.25,
        "at": -0.25,
        "configuration": "focal pair",
        "depth": None,
    },
    "hours": 72,
}
IDS = ["TNF", "IL6", "IL10", "DA", "NA", "hazard"]
CHANGES = 20
"""How many other currents are asked for; each is a timeline that was never run before."""
MEASURE = """
async (ask, scenario, ids, changes) => {
  const now = () => performance.now();
  await ask.course(scenario, ids);
  const changed = async (make) => {
    const taken = [];
    for (let k = 0; k < changes; k += 1) {
      const stimulus = { ...scenario.stimulus, ...make(k) };
      const begin = now();
      await ask.course({ ...scenario, stimulus }, ids);
      taken.push(now() - begin);
    }
    taken.sort((a, b) => a - b);
    return { best: taken[0], median: taken[changes >> 1], worst: taken.at(-1) };
  };
  const run_ms = await changed((k) => ({ current: 0.4 + 0.01 * k }));
  const width_ms = await changed((k) => ({ width: 60 + 3 * k }));
  const cohorts = [];
  for (const dose of [4.1, 4.2, 4.3]) {
    const begin = now();
    await ask.cohort({ ...scenario, challenge: { ...scenario.challenge, dose } }, ids);
    cohorts.push(now() - begin);
  }
  cohorts.sort((a, b) => a - b);
  return { run_ms, width_ms,
    mice_100_ms: { best: cohorts[0], median: cohorts[1], worst: cohorts[2] } };
}
"""
NODE = """
import * as model from "./model.js";
import { makeLaboratory } from "./engine/laboratory.js";
const table = async (name) => (await import(`./data/${name}.js`)).default;
const tables = { animals: await table("animals"), method: await table("method"),
  recruitment: await table("recruitment"), ...(await table("vocabulary")) };
const { scenario, ids, changes } = JSON.parse(process.argv[2]);
const fresh = (options) => makeLaboratory(model, tables, options);
const laboratory = fresh();
const ask = {
  course: (one, ids) => laboratory.course(one, { ids }),
  cohort: (one, ids) => {
    const line = laboratory.lineOf(one);
    for (let animal = 0; animal < 100; animal += 1) laboratory.member(one, { ids, animal, line });
  },
};
const timed = await (%s)(ask, scenario, ids, changes);
const all = model.states;
const truth = fresh({ rtol: 1e-10, atol: 1e-13 }).course(scenario, { ids: all }).series;
const error = (options) => {
  const { series } = fresh(options).course(scenario, { ids: all });
  let most = 0;
  for (const id of all) {
    const floor = 1e-3 * Math.max(...truth[id].map(Math.abs)) + 1e-6;
    truth[id].forEach((value, k) => {
      most = Math.max(most, Math.abs(series[id][k] - value) / (Math.abs(value) + floor));
    });
  }
  return most;
};
const errors = { page: error() };
for (const rtol of [1e-4, 1e-5, 1e-6, 1e-7]) errors[rtol.toExponential()] = error({ rtol });
const answer = { ...timed, version: process.version, states: all.length };
console.log(JSON.stringify({ ...answer, max_rel_error: errors }));
"""
BROWSER = """
async ([scenario, ids, changes]) => {
  const { openEngine } = await import("/engine/client.js");
  const engine = await openEngine();
  const ask = { course: (one, ids) => engine.course(one, { ids }),
    cohort: (one, ids) => engine.cohort(one, { ids, animals: 100 }) };
  return await (%s)(ask, scenario, ids, changes);
}
"""


def main() -> None:
    """Measure and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="file for the numbers; printed if left out")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        write_site(site)
        found = {
            "machine": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "scenario": SCENARIO,
            "gzip_kB": sizes(),
            "node": in_node(site),
            "chromium": in_chromium(site),
        }
    text = json.dumps(found, indent=1) + "\n"
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")


def sizes() -> dict[str, float]:
    """Return the weight of each generated file, and of everything else together, in kB (gzip)."""
    weights = {path: len(gzip.compress(content)) / 1000 for path, content in site_files().items()}
    shown = {
        path: weight
        for path, weight in weights.items()
        if path.startswith("data/") or path in ("model.js", "offline.js")
    }
    rest = sum(weights.values()) - sum(shown.values())
    return {path: round(weight, 1) for path, weight in [*sorted(shown.items()), ("page", rest)]}


def in_node(site: Path) -> dict[str, Any]:
    """Return the timings and errors of the engine alone."""
    (site / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    script = site / "measure.js"
    script.write_text(NODE % MEASURE, encoding="utf-8")
    question = json.dumps({"scenario": SCENARIO, "ids": IDS, "changes": CHANGES})
    done = subprocess.run(
        [shutil.which("node") or "node", str(script), question],
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def in_chromium(site: Path) -> dict[str, Any]:
    """Return the timings through the worker, as the page asks."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for name in names if (path := shutil.which(name))), None)
    with served(site) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{origin}/data/method.js")
        answer: dict[str, Any] = page.evaluate(BROWSER % MEASURE, [SCENARIO, IDS, CHANGES])
        answer["version"] = browser.version
        browser.close()
    return answer


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on loopback."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


if __name__ == "__main__":
    main()
