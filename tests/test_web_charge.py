"""The page's charge check gives what `reflexarc.safety.stimulus` gives."""

import itertools

import pytest

from page_modules import run_module
from reflexarc.protocol import Experiment
from reflexarc.safety.stimulus import assess
from reflexarc.web.harm import safety_data

NEEDLES = list(
    itertools.product((0.0, 0.1, 2.0, 40.0), (50.0, 400.0), (0.5, 3.0, 8.0), (0.01, 30.0))
)
BANDS = {"no current": "none", "area unknown": "unknown", "at or above": "above"}
SCRIPT = """
import { check } from "./safety/charge.js";
result = data.stimuli.map((stimulus) => check(stimulus, data.limits));
"""


def needle(current: float, width: float, depth: float, minutes: float) -> str:
    return (
        f"{{electroacupuncture: {{site: ST36, current: {current} mA, pulse width: {width} us, "
        f"frequency: 10 Hz, duration: {minutes} min, depth: {depth} mm, at: -15 min}}}}"
    )


def test_needles_and_nerves_get_the_charge_area_and_band_of_the_command() -> None:
    arms = [needle(*setting) for setting in NEEDLES]
    arms += [
        f"{{nerve stimulation: {{nerve: vagus, current: {current} mA, pulse width: 500 us, "
        "frequency: 10 Hz, duration: 1 min, at: -15 min}}"
        for current in (0, 0.5)
    ]
    text = "title: Charges\nchallenge: {LPS: 4 mg/kg, route: i.p., at: 0 h}\narms:\n"
    text += "".join(f"  arm {number}: {arm}\n" for number, arm in enumerate(arms))
    rows = assess(Experiment.parse(text + "measure: [TNF in plasma at 90 min]\n"))
    assert len(rows) == len(arms)
    settings = [("needle", *setting) for setting in NEEDLES]
    settings += [("nerve", current, 500.0, None, 1.0) for current in (0.0, 0.5)]
    stimuli = [
        {
            "mode": mode,
            "current": current,
            "width": width,
            "depth": depth,
            "frequency": 10.0,
            "duration": minutes / 60,
        }
        for mode, current, width, depth, minutes in settings
    ]
    data = {"stimuli": stimuli, "limits": safety_data()["limits"]}
    for row, page in zip(rows, run_module(SCRIPT, data), strict=True):
        assert page["band"] == BANDS.get(row.band, row.band), row.stimulus
        assert page["pulses"] == row.pulses
        for ours, theirs in (
            (row.charge_uC, page["charge"]),
            (row.area_cm2, page["area"]),
            (row.density_uC_cm2, page["density"]),
            (row.k, page["k"]),
            (row.minutes, page["minutes"]),
        ):
            assert theirs == (ours if ours is None else pytest.approx(ours)), row.stimulus
