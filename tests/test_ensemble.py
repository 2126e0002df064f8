"""Many animals: the numbers depend on nothing but the animal and the arm."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from reflexarc.cohort import Cohort, spreads
from reflexarc.ensemble import BLOCK, ENGINES, EngineName, _without_dust, death_times, simulate
from reflexarc.errors import InputError, NumericalError
from toy_model import ToyTimeline, pulsed, toy

TIMES = np.array([-1.0, 0.0, 1.5, 3.0, 24.0])
OUTPUTS = ("TNF", "hazard", "firing")
ARMS = tuple(pulsed(f"arm {i}", i / 2) for i in range(3))


def run(cohort: Cohort, arms=ARMS, **options):
    return simulate(
        model=toy(), timelines=arms, cohort=cohort, times=TIMES, outputs=OUTPUTS, **options
    )


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return Cohort.sample(spreads(toy()), 6, seed=3)


@pytest.fixture(scope="module")
def alone(cohort: Cohort):
    return run(cohort, workers=1)


def test_shape_units_and_coordinates(alone):
    assert dict(alone.sizes) == {"arm": 3, "animal": 6, "time": 5}
    assert list(alone["arm"].values) == ["arm 0", "arm 1", "arm 2"]
    assert alone["TNF"].attrs["unit"] == "au"
    assert np.isfinite(alone["TNF"].values).all()


def test_same_numbers_with_any_number_of_workers(cohort: Cohort, alone):
    assert run(cohort, workers=2).identical(alone)
    assert run(cohort, workers=2, arms=ARMS[:1]).identical(alone.isel(arm=[0]))


def test_more_animals_and_more_arms_move_nobody(cohort: Cohort, alone):
    many = tuple(pulsed(f"other {i}", i) for i in range(9))
    larger = run(Cohort.sample(spreads(toy()), 8, seed=3), arms=(*many, *ARMS), workers=1)
    np.testing.assert_array_equal(larger["TNF"].values[9:, :6], alone["TNF"].values)


def test_dust_below_zero_is_zero_and_what_is_really_negative_stays():
    values = np.array([[-1e-9, 0.0, 2.0], [-1e-3, -5e-7, np.nan]])
    np.testing.assert_array_equal(_without_dust(values), [[0, 0, 2], [-1e-3, 0, np.nan]])
    np.testing.assert_array_equal(_without_dust(np.array([-0.5, 1e6])), [0, 1e6])


def test_progress_counts_every_run(cohort: Cohort):
    seen: list[tuple[int, int]] = []
    run(cohort, workers=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 18), (18, 18)]
    seen.clear()
    run(
        cohort,
        workers=1,
        engine="reference",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(3 * i, 18) for i in range(7)]


def test_a_store_saves_work(cohort: Cohort, alone, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(BLOCK, "kernel", 1)

    class Shelf(dict[str, np.ndarray]):
        def load(self, name: str):
            return self.get(name)

        def keep(self, name: str, result: np.ndarray) -> None:
            self[name] = result

    shelf = Shelf()
    assert run(cohort, workers=1, store=shelf).identical(alone)
    assert len(shelf) == 6
    lost = sorted(shelf)[2]
    del shelf[lost]
    shelf[sorted(shelf)[0]] += 1.0
    seen: list[int] = []
    again = run(cohort, workers=1, store=shelf, progress=lambda done, _: seen.append(done))
    assert seen == [15, 18]
    assert lost in shelf
    assert (again["TNF"] - alone["TNF"]).values.sum() == pytest.approx(3 * 5)


def test_death_is_the_crossing_of_the_threshold(cohort: Cohort):
    dataset = simulate(
        model=toy(),
        timelines=[pulsed("a", 0.0, dose=40.0)],
        cohort=cohort,
        times=np.arange(-1, 24.01, 0.05),
        outputs=["hazard"],
    )
    deaths = death_times(dataset, cohort)[0]
    curve = dataset["hazard"].values[0]
    assert np.isfinite(deaths).any()
    assert np.isinf(deaths).any()
    for k, threshold in enumerate(cohort.death_thresholds):
        if np.isfinite(deaths[k]):
            assert np.interp(deaths[k], dataset["time"], curve[k]) == pytest.approx(threshold)
        else:
            assert curve[k, -1] < threshold


def test_same_names_are_refused(cohort: Cohort):
    with pytest.raises(InputError, match="same name"):
        run(cohort, arms=(ARMS[0], ARMS[0]))


@pytest.mark.parametrize("engine", ENGINES)
def test_failure_in_a_worker_is_one_sentence(cohort: Cohort, engine: EngineName):
    wild = ToyTimeline("wild", initial={"k_LPS": -400.0}, edges=ARMS[0].edges)
    with pytest.raises(NumericalError, match=r"^arm 'wild', animal \d+: .*failed"):
        run(cohort, arms=(wild,), workers=2, engine=engine)


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from toy_model import pulsed, toy
from reflexarc.cohort import Cohort, spreads
from reflexarc.ensemble import simulate
import numpy as np
cohort = Cohort.sample(spreads(toy()), 400, seed=3)
simulate(model=toy(), timelines=[pulsed(str(i), i) for i in range(8)], cohort=cohort,
    times=np.linspace(-1, 24, 400), outputs=["TNF"], workers=2, engine="reference",
    progress=lambda done, total: print(done, flush=True))
print("finished")
"""


def start(tmp_path: Path) -> "subprocess.Popen[str]":
    """Run a plain script, without a main guard, in a process group of its own."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT.format(tests=str(Path(__file__).parent))))
    child = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    while int(child.stdout.readline()) < 16:
        pass
    return child


def group(leader: int) -> list[int]:
    """Return the living processes of a process group."""
    alive = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] != "Z":
                alive.append(int(entry.name))
    return alive


def wait_until_gone(leader: int) -> bool:
    deadline = time.monotonic() + 10
    while group(leader) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not group(leader)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_interruption_leaves_no_process_behind(tmp_path: Path, signal_number: signal.Signals):
    child = start(tmp_path)
    workers = len(group(child.pid))
    if signal_number == signal.SIGINT:
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to the workers too
    else:
        child.kill()
    _, errors = child.communicate(timeout=20)
    assert workers >= 3
    assert wait_until_gone(child.pid)
    if signal_number == signal.SIGINT:
        assert errors.count("Traceback") == 1
        assert errors.rstrip().endswith("KeyboardInterrupt")
