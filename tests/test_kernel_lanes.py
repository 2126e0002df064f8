"""Many runs at a time: none knows of its neighbours; what fails is named and disturbs nobody."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reflexarc.kernel import Batch, Change, Instant, Line, machine
from small_systems import adds, kernel, run, sets, system

Array = NDArray[np.float64]
SIZE = 37
SEED = 20240611


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.CACHE, "")


# ---- many runs that differ in everything: parameters, initial state, timeline


ONE = system("pulsed")
LINES = [
    Line(0.0, 5.0, (Instant(1.0), Instant(2.5))),
    Line(-1.0, 4.0, (adds(ONE, 0.5, A=3.0), Instant(1.0), sets(ONE, 2.0, k=2.0), Instant(2.5))),
    Line(0.25, 0.75),
    Line(2.0, 5.5, tuple(adds(ONE, t, B=0.3) for t in np.arange(2.0, 5.5, 0.125))),
    Line(3.0, 3.0, (sets(ONE, 3.0, k=9.0),)),
]
GRID = np.linspace(-0.5, 5.5, 25)


def table() -> dict[str, Array]:
    """Parameters of SIZE different runs."""
    random = np.random.default_rng(SEED)
    return {
        "height": random.uniform(0.5, 5, SIZE),
        "k": 10 ** random.uniform(-2, 2.5, SIZE),
        "K": random.uniform(0.1, 2, SIZE),
    }


INITIAL = np.random.default_rng(SEED + 1).uniform(0.1, 4, (SIZE, 2))
WHICH = np.random.default_rng(SEED + 2).integers(0, len(LINES), SIZE)


def run_rows(rows: Any, *, width: int | None = None, single: bool = False, **more: Any) -> Batch:
    """Run some of the SIZE runs, in this order."""
    chosen = np.asarray(rows)
    return run(
        kernel("pulsed", width=width, single=single),
        LINES,
        GRID,
        size=chosen.size,
        given={name: values[chosen] for name, values in table().items()},
        initial=INITIAL[chosen],
        lines=WHICH[chosen],
        **more,
    )


@pytest.fixture(scope="module")
def whole() -> Batch:
    return run_rows(range(SIZE))


def same(found: Batch, whole: Batch, rows: Any) -> bool:
    """Whether rows of the whole came out, to the bit."""
    for name in ("outputs", "final", "status", "ended", "steps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[rows], name)
    return True


def test_the_runs_differ_and_succeed(whole: Batch) -> None:
    assert not whole.status.any()
    assert len(np.unique(whole.steps[:, 0])) > 5
    assert whole.steps[:, 1].any()
    stops = np.array([line.stop for line in LINES])[WHICH]
    np.testing.assert_array_equal(whole.ended, stops)
    inside = stops[:, None] + 1e-9 >= GRID
    np.testing.assert_array_equal(np.isfinite(whole.outputs[..., 0]), inside)
    assert len(np.unique(whole.final)) == 2 * SIZE


def test_the_order_of_runs_doesn_t_matter(whole: Batch) -> None:
    for rows in (np.arange(SIZE)[::-1], np.random.default_rng(3).permutation(SIZE)):
        assert same(run_rows(rows), whole, rows)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 8, 9, 36])
def test_it_doesn_t_matter_how_runs_are_cut_into_calls(whole: Batch, piece: int) -> None:
    for first in range(0, SIZE, piece):
        rows = np.arange(first, min(first + piece, SIZE))
        assert same(run_rows(rows), whole, rows)


def test_neighbours_don_t_matter(whole: Batch) -> None:
    rows = np.array([5] * 3 + [11, 5, 0] + [30] * 17 + [5])
    assert same(run_rows(rows), whole, rows)


@pytest.mark.parametrize("after", [False, True])
def test_neighbours_don_t_matter_where_values_are_those_behind_edges(after: bool) -> None:
    together = run_rows(range(SIZE), after=after)
    for row in range(0, SIZE, 5):
        assert same(run_rows([row], after=after), together, [row])


def test_threads_don_t_matter(whole: Batch) -> None:
    pieces = [np.arange(first, SIZE, 6) for first in range(6)] * 5
    run_rows([0])
    with ThreadPoolExecutor(max_workers=4) as threads:
        for rows, found in zip(pieces, threads.map(run_rows, pieces), strict=True):
            assert same(found, whole, rows)


def test_a_row_of_parameters_may_serve_several_runs(whole: Batch) -> None:
    rows = np.array([4, 1, 4, 20, 36, 1])
    distinct = np.array([1, 4, 20, 36])
    found = run(
        kernel("pulsed"),
        LINES,
        GRID,
        size=rows.size,
        lines=WHICH[rows],
        initial=INITIAL[rows],
        row=np.searchsorted(distinct, rows),
        given={name: np.resize(values[distinct], rows.size) for name, values in table().items()},
    )
    assert same(found, whole, rows)


def test_no_runs_and_no_times_are_fine() -> None:
    none = run_rows(np.array([], dtype=int))
    assert none.outputs.shape == (0, GRID.size, 4)
    assert none.final.shape == (0, 2)
    silent = run(kernel("decay"), Line(0, 1), [], size=3)
    assert silent.outputs.shape == (3, 0, 3)
    np.testing.assert_allclose(silent.final, np.exp(-1), rtol=1e-5)


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
def test_the_width_of_registers_changes_nothing_beyond_the_tolerance(
    whole: Batch, width: int
) -> None:
    found = run_rows(range(SIZE), width=width)
    assert not found.status.any()
    np.testing.assert_array_equal(found.ended, whole.ended)
    np.testing.assert_allclose(found.outputs, whole.outputs, rtol=1e-6, atol=1e-8)
    reverse = np.arange(SIZE)[::-1]
    assert same(run_rows(reverse, width=width), found, reverse)


@pytest.mark.parametrize("width", [2, 4, 16])
def test_the_same_in_single_precision(whole: Batch, width: int) -> None:
    found = run_rows(range(SIZE), width=width, single=True, rtol=1e-4, atol=1e-6)
    assert not found.status.any()
    np.testing.assert_allclose(found.outputs, whole.outputs, rtol=2e-3, atol=2e-3)
    reverse = np.arange(SIZE)[::-1]
    again = run_rows(reverse, width=width, single=True, rtol=1e-4, atol=1e-6)
    assert same(again, found, reverse)


def test_the_log_has_every_step_of_every_run(whole: Batch) -> None:
    found = run_rows(range(SIZE), log=100_000)
    assert same(found, whole, np.arange(SIZE))
    for row in range(SIZE):
        mine = found.log[found.log[:, 0] == row]
        good, bad = mine[mine[:, 4] == 1], mine[mine[:, 4] == 0]
        assert [len(good), len(bad)] == found.steps[row].tolist()
        assert (good[:, 3] <= 1).all()
        assert not (bad[:, 3] <= 1).any()
        start, stop = LINES[WHICH[row]].start, LINES[WHICH[row]].stop
        assert good[:, 2].sum() == pytest.approx(stop - start, abs=1e-9)
        ends = good[:, 1] + good[:, 2]
        np.testing.assert_allclose(ends[:-1], good[1:, 1], atol=1e-12)
    short = run_rows(range(SIZE), log=11)
    np.testing.assert_array_equal(short.log, found.log[:11])


def test_lanes_may_step_in_common() -> None:
    compiled = kernel("van der Pol")
    width = compiled.width
    mu = np.concatenate([np.linspace(40, 41, width), np.linspace(5, 5.5, width)])
    line, grid = Line(0, 30), [10.0, 20.0, 30.0]
    options: dict[str, Any] = {"size": 2 * width, "given": {"mu": mu}, "log": 50_000}
    common = run(compiled, line, grid, common=True, **options)
    apart = run(compiled, line, grid, **options)
    for first in (0, width):
        steps = [common.log[common.log[:, 0] == row][:, 1:3] for row in range(first, first + width)]
        for one in steps[1:]:
            np.testing.assert_array_equal(one, steps[0])
    assert len(np.unique(apart.steps[:, 0])) > 2
    np.testing.assert_allclose(common.outputs, apart.outputs, rtol=1e-4, atol=1e-5)


# ---- what fails


BLOW_UPS = np.zeros(20)
BLOW_UPS[[0, 3, 4, 11, 19]] = [4.0, 2.0, 0.8, 10.0, 1.5]
LONG = np.linspace(0, 1, 21)


def grow(k: Array, line: Line | None = None, **more: Any) -> Batch:
    return run(kernel("growth"), line or Line(0, 1), LONG, size=k.size, given={"k": k}, **more)


def test_a_run_that_blows_up_is_reported_with_its_time() -> None:
    found = grow(BLOW_UPS)
    bad = BLOW_UPS > 1
    assert set(found.status[bad]) <= {2, 3}
    assert not found.status[~bad].any()
    np.testing.assert_allclose(found.ended[bad], 1 / BLOW_UPS[bad], rtol=1e-4)
    np.testing.assert_array_equal(found.ended[~bad], 1.0)
    for row in np.flatnonzero(bad):
        behind = found.ended[row] < LONG
        assert np.isnan(found.outputs[row, behind]).all()
        before = 0.99 / BLOW_UPS[row] > LONG
        expected = 1 / (1 - BLOW_UPS[row] * LONG[before])
        np.testing.assert_allclose(found.outputs[row, before, 0], expected, rtol=1e-3)
        assert np.isfinite(found.final[row]).all()


def test_a_run_that_blows_up_disturbs_nobody() -> None:
    found = grow(BLOW_UPS)
    calm = BLOW_UPS <= 1
    assert same(grow(BLOW_UPS[calm]), found, calm)
    assert same(grow(BLOW_UPS[~calm]), found, ~calm)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_reported_where_it_begins(value: float) -> None:
    healthy = np.full(10, 0.5)
    sick = healthy.copy()
    sick[[1, 8]] = value
    found, without = grow(sick), grow(healthy)
    assert found.status.tolist() == [0, 3, 0, 0, 0, 0, 0, 0, 3, 0]
    np.testing.assert_array_equal(found.ended[[1, 8]], 0.0)
    np.testing.assert_array_equal(found.outputs[[1, 8], 0], 1.0)
    assert np.isnan(found.outputs[[1, 8], 1:]).all()
    others = np.delete(np.arange(10), [1, 8])
    for name in ("outputs", "final", "steps"):
        np.testing.assert_array_equal(getattr(found, name)[others], getattr(without, name)[others])


def test_an_edge_may_spoil_a_run() -> None:
    calm = Line(0, 1, (Instant(0.5),))
    for place, amount in ((0, np.inf), (2, np.nan), (2, np.inf), (3, -np.inf)):
        spoilt = Line(0, 1, (Instant(0.5, (Change(place, amount),)),))
        which = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0])
        k = np.full(which.size, 0.25)
        found = run(kernel("growth"), [calm, spoilt], LONG, size=12, given={"k": k}, lines=which)
        alone = run(kernel("growth"), calm, LONG, size=12, given={"k": k})
        np.testing.assert_array_equal(found.status, 3 * which)
        np.testing.assert_array_equal(found.ended, np.where(which, 0.5, 1.0))
        hurt = which == 1
        np.testing.assert_array_equal(found.outputs[~hurt], alone.outputs[~hurt])
        np.testing.assert_array_equal(found.outputs[hurt, :11], alone.outputs[hurt, :11])
        assert np.isnan(found.outputs[hurt, 11:]).all()


def test_a_run_with_too_many_steps_is_reported() -> None:
    compiled = kernel("van der Pol")
    mu, line = np.array([1.0, 50, 1, 1, 50, 1, 1, 1, 1, 50, 1]), Line(0, 10)
    grid = np.linspace(0, 10, 11)
    free = run(compiled, line, grid, size=mu.size, given={"mu": mu}, log=100_000)
    spent = free.steps.sum(axis=1)
    limit = int(spent.min()) + 5
    long = spent > limit
    assert 0 < long.sum() < mu.size
    some = run(compiled, line, grid, size=mu.size, given={"mu": mu}, max_steps=limit)
    np.testing.assert_array_equal(some.status, long)
    np.testing.assert_array_equal(some.outputs[~long], free.outputs[~long])
    few = run(compiled, line, grid, size=mu.size, given={"mu": mu}, max_steps=20)
    assert few.status.tolist() == [1] * mu.size
    np.testing.assert_array_equal(few.steps.sum(axis=1), 20)
    for row in range(mu.size):
        steps = free.log[free.log[:, 0] == row][:20]
        good = steps[steps[:, 4] == 1]
        assert few.ended[row] == good[-1, 1] + good[-1, 2]
        reached = grid <= few.ended[row]
        np.testing.assert_array_equal(few.outputs[row, reached], free.outputs[row, reached])
        assert np.isnan(few.outputs[row, ~reached]).all()


HOPELESS = 1e9


def lasting(watch: NDArray[np.int64] | None, rates: Array, **more: Any) -> Batch:
    """Decay by an explicit method, which takes for ever where the rate is HOPELESS."""
    return run(
        kernel("decay", "tsit5"),
        Line(0, 1),
        [0.0, 0.5, 1.0],
        size=rates.size,
        given={"k": rates},
        watch=watch,
        max_steps=2**40,
        rtol=1e-6,
        **more,
    )


def change_later(watch: NDArray[np.int64], place: int, value: int) -> threading.Thread:
    """Change a word when the process has worked for 0.2 s more."""
    begun = time.process_time()

    def wait() -> None:
        while time.process_time() < begun + 0.2:
            time.sleep(0.01)
        watch[place] = value

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_time_limit_has_a_clock_of_its_own() -> None:
    found = lasting(None, np.array([1.0, HOPELESS, 1.0]), patience=0.1)
    assert found.status.tolist() == [0, 4, 0]


def test_a_run_that_takes_too_long_is_reported() -> None:
    rates = np.full(12, 1.0)
    rates[[2, 7]] = HOPELESS
    watch = np.zeros(2, dtype=np.int64)
    quick = lasting(watch, np.full(12, 1.0))
    thread = change_later(watch, 0, 1_000_000)
    found = lasting(watch, rates, patience=100.0)
    thread.join()
    assert found.status.tolist() == [0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0]
    others = np.delete(np.arange(12), [2, 7])
    for name in ("outputs", "final", "steps", "ended"):
        np.testing.assert_array_equal(getattr(found, name)[others], getattr(quick, name)[others])
    assert (found.ended[[2, 7]] > 0).all()
    assert (found.ended[[2, 7]] < 1).all()
    np.testing.assert_array_equal(found.outputs[[2, 7], 0, 0], 1.0)
    late = found.ended[2] < GRID_OF_LASTING
    assert np.isnan(found.outputs[2, late]).all()


GRID_OF_LASTING = np.array([0.0, 0.5, 1.0])


def test_patience_is_counted_from_the_start_of_a_run() -> None:
    watch = np.array([5_000_000, 0], dtype=np.int64)
    found = lasting(watch, np.full(30, 1.0), patience=0.5)
    assert not found.status.any()


def test_a_call_can_be_stopped() -> None:
    rates = np.full(12, 1.0)
    rates[[2, 7]] = HOPELESS
    watch = np.zeros(2, dtype=np.int64)
    lasting(watch, np.full(2, 1.0))  # compiles
    thread = change_later(watch, 1, 1)
    found = lasting(watch, rates)
    thread.join()
    assert found.status.tolist() == [0, 0, 5, 0, 0, 0, 0, 5, 0, 0, 0, 0]
    assert np.isnan(found.ended[[2, 7]]).all()


def test_a_call_that_is_stopped_before_it_begins_does_nothing() -> None:
    watch = np.array([0, 1], dtype=np.int64)
    found = lasting(watch, np.full(12, 1.0))
    assert found.status.tolist() == [5] * 12
