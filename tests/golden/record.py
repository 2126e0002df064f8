"""Write the golden courses anew: `python tests/golden/record.py`. CHANGELOG says why they moved."""

import json
from pathlib import Path

import numpy as np

from reflexarc.biology import assemble
from reflexarc.cohort import Cohort
from reflexarc.ensemble import simulate
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines

FILE = Path(__file__).with_name("courses.json")
EXPERIMENTS = ("lps-dose-response", "liu-2020", "vagus-nerve-stimulation")
TIMES = [-0.02, 0.5, 1.5, 3.0, 8.0, 24.0, 72.0]
OUTPUTS = ["TNF", "IL6", "IL10", "A", "NA", "DA", "CORT", "splenic_nerve", "DMV", "damage"]


def courses() -> dict[str, dict[str, list[list[float]]]]:
    """Return the typical animal in every arm of three built-in experiments."""
    result: dict[str, dict[str, list[list[float]]]] = {}
    for name in EXPERIMENTS:
        timelines = build_timelines(Experiment.load(name))
        data = simulate(
            model=assemble(),
            timelines=timelines,
            cohort=Cohort.typical(),
            times=TIMES,
            outputs=OUTPUTS,
            workers=1,
        )
        table = np.stack([data[output].values[:, 0, :] for output in OUTPUTS], axis=-1)
        result[name] = {
            timeline.arm: [[float(f"{value:.6g}") for value in row] for row in table[position]]
            for position, timeline in enumerate(timelines)
        }
    return result


if __name__ == "__main__":
    FILE.write_text(json.dumps(courses(), indent=0) + "\n", encoding="utf-8")
