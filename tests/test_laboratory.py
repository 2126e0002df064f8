"""From an experiment to a result."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import reflexarc
from reflexarc.errors import InputError
from reflexarc.plan import grid
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines

NEEDLE = {
    "site": "ST36",
    "current": "0 mA",
    "frequency": "10 Hz",
    "pulse width": "50 us",
    "duration": "15 min",
    "at": "-15 min",
}


def experiment(**changes: object) -> Experiment:
    data = {
        "title": "Leg",
        "challenge": {"LPS": "5 mg/kg"},
        "animals": {"per arm": 4},
        "arms": {
            "sham": {"electroacupuncture": NEEDLE},
            "leg": {"electroacupuncture": NEEDLE | {"current": "0.5 mA"}},
            "no needle": {},
        },
        "measure": ["TNF in plasma at 90 min", "adrenaline in plasma at 1 h", "survival for 3 d"],
        "compare": {"to": "sham"},
    }
    return Experiment.from_mapping(data | changes)


@pytest.fixture(scope="module")
def result():
    return reflexarc.run(experiment())


def test_tables_have_a_row_for_everything(result):
    assert len(result.measurements) == 3 * 4 * 2
    assert set(result.measurements["observable"]) == {"TNF", "adrenaline"}
    assert list(result.statistics["arm"]) == ["leg", "no needle"] * 2
    assert set(result.statistics["control"]) == {"sham"}
    assert list(result.survival["arm"]) == ["sham", "leg", "no needle"]
    assert len(result.groups) == 6
    assert result.folder is None


def test_trajectories_hold_all_observables_at_exact_times(result):
    names = set(result.trajectories.data_vars)
    assert {o.id for o in reflexarc.observables()} <= names
    assert {"hazard", "death_time"} <= names
    times = result.trajectories["time"].values
    assert {-0.25, 0.0, 1.0, 1.5, 72.0} <= set(times)
    assert (np.diff(times) > 0).all()
    assert result.trajectories["TNF"].attrs["unit"] == "pg/mL"
    assert np.isfinite(result.trajectories["TNF"].values).all()
    gone = result.living["TNF"].isnull().values.any(axis=2)
    died = np.isfinite(result.trajectories["death_time"].values)
    np.testing.assert_array_equal(gone, died)


def test_a_needle_without_current_is_no_needle(result):
    rows = result.measurements.set_index(["animal", "time"])
    sham, none = (rows[rows["arm"] == arm] for arm in ("sham", "no needle"))
    np.testing.assert_array_equal(sham["simulated"], none["simulated"])
    assert (sham["value"] != none["value"]).all()
    quiet = result.statistics[result.statistics["arm"] == "no needle"]
    assert quiet["ratio"].tolist() == pytest.approx([1.0, 1.0], rel=0.25)


def test_same_seed_same_numbers_and_another_arm_moves_nobody(result):
    again = reflexarc.run(
        experiment(arms={"leg": experiment().arms["leg"].written()}, compare=None)
    )
    mine = result.measurements[result.measurements["arm"] == "leg"].reset_index(drop=True)
    # Another set of arms may have another grid; the measured times are exact in both.
    pd.testing.assert_frame_equal(again.measurements, mine, rtol=1e-4)
    assert again.statistics.empty
    assert again.survival["p"].isna().all()
    other = reflexarc.run(experiment(), seed=2)
    assert not np.allclose(other.measurements["value"], result.measurements["value"])


def test_more_animals_keep_the_first_ones(result):
    more = reflexarc.run(experiment(), animals=6)
    first = more.measurements[more.measurements["animal"] < 4].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, result.measurements)


def test_animals_alike_differ_by_error_only():
    alike = reflexarc.run(experiment(), traits=False, animals=3)
    table = alike.measurements[alike.measurements["arm"] == "sham"]
    for _, rows in table.groupby("observable"):
        assert np.ptp(rows["simulated"]) == 0
        assert np.ptp(rows["value"]) > 0


def test_band_holds_the_centre_and_appears_only_where_something_is_unknown(result):
    band = result.band
    assert set(band["arm"]) <= {"leg"}
    assert (band["low"] <= band["central"]).all()
    assert (band["central"] <= band["high"]).all()
    # Survival is a share of a cohort: the typical animal has none to set beside it.
    assert set(band["observable"]) == {"TNF", "adrenaline"}
    assert ((band["high"] - band["low"]) / band["central"]).max() > 1e-3


def test_progress_reaches_the_end():
    seen: list[tuple[int, int]] = []
    reflexarc.run(experiment(), animals=2, progress=lambda *step: seen.append(step))
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_summary_is_plain(result):
    import json

    from reflexarc.runs import to_json

    summary = json.loads(to_json(result.summary()))
    assert summary["arms"] == ["sham", "leg", "no needle"]
    assert summary["animals per arm"] == 4
    assert summary["comparisons"][0]["arm"] == "leg"
    assert any("not human sepsis" in line for line in summary["limits"])


def test_plot(result):
    figure = result.plot("TNF", "IL-6")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["TNF, plasma [pg/mL]", "IL-6, plasma [pg/mL]"]
    assert len(figure.axes[0].get_lines()) >= 3
    assert result.plot().axes
    with pytest.raises(InputError, match="did you mean 'TNF'"):
        result.plot("TFN")


def test_dunnett_decapitation_and_no_survival():
    ran = reflexarc.run(
        experiment(
            measure=["adrenaline at 1 h", "adrenaline at 1 h by decapitation"][1:],
            compare={"to": "sham", "test": "dunnett"},
        ),
    )
    assert set(ran.statistics["test"]) == {"dunnett"}
    assert ran.survival is None
    assert ran.survival_curves == {}
    calm = reflexarc.run(experiment(measure=["adrenaline at 1 h"]))
    ratio = ran.measurements["value"] / calm.measurements["value"]
    assert ratio.to_numpy() == pytest.approx(80.0, rel=1e-6)


def test_grid_has_edges_and_samples_exactly():
    lines = build_timelines(experiment())
    times = grid(lines, [1.0, 1.2345678901])
    assert {-0.25, 0.0, 1.0, 1.2345678901, 72.0} <= set(times)
    assert np.diff(times).min() > 1e-6
    assert np.diff(times).max() <= 0.5 + 1e-9
    assert times[0] == pytest.approx(-0.7, abs=0.1)


def test_import_is_light():
    code = (
        "import sys, reflexarc; "
        "heavy = {'numpy', 'pandas', 'roadrunner', 'matplotlib', 'xarray', 'scipy', 'pint'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_heavy_parts_load_only_when_needed():
    code = (
        "import sys, reflexarc.laboratory; "
        "heavy = {'roadrunner', 'matplotlib', 'xarray', 'lifelines', 'scipy.stats', 'pandas'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_wrong_is_said():
    with pytest.raises(InputError, match="did you mean 'liu-2021'"):
        reflexarc.run("liu-2012")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"animals": 0}, "number of animals is a whole number, 1 or more, not 0"),
        ({"animals": -3}, "not -3"),
        ({"animals": 2.0}, r"not 2\.0"),
        ({"animals": True}, "not True"),
        ({"seed": -1}, "seed is a whole number, 0 or more, not -1"),
        ({"seed": 1.5}, r"not 1\.5"),
    ],
)
def test_impossible_numbers_are_refused(changes: dict[str, object], words: str):
    with pytest.raises(InputError, match=words):
        reflexarc.run(experiment(), **changes)


@pytest.mark.parametrize("thing", [None, 3, {"title": "a mapping"}, experiment])
def test_what_is_no_experiment_is_refused(thing: object):
    with pytest.raises(InputError, match="an experiment is a YAML file, a built-in name"):
        reflexarc.run(thing)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("error")
def test_a_silent_nucleus_makes_a_result_without_warnings(tmp_path):
    silent = reflexarc.run(
        experiment(
            arms={"sham": {}, "no DMV": {"lesions": ["DMV neurons"]}},
            measure=["DMV activity at 1 h", "LPS at 1 h"],
            challenge=None,
        ),
        animals=2,
        out=tmp_path,
    )
    assert (silent.measurements["simulated"] >= 0).all()
    rows = silent.measurements.set_index(["arm", "observable"]).sort_index()
    assert rows.loc[("no DMV", "DMV activity"), "below_limit"].all()
    assert silent.statistics["ratio"].isna().all()
    assert "× –" not in (silent.folder / "report.html").read_text(encoding="utf-8")
