"""Many animals with bounded memory: the same as one by one, whoever does the work."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflexarc import census
from reflexarc import population as module
from reflexarc.bench.million import million
from reflexarc.census import Census
from reflexarc.cohort import Cohort, spreads, times_of_death
from reflexarc.compiled import system_of
from reflexarc.ensemble import death_times, simulate
from reflexarc.errors import InputError
from reflexarc.population import PopulationResult, population
from reflexarc.reducers import (
    Extremes,
    Moments,
    Quantiles,
    Survival,
    Traces,
)
from reflexarc.sketch import Sketch
from reflexarc.timeline import Edge, Timeline
from toy_model import toy

TIMES = np.array([-1.0, 0.0, 1.5, 3.0, 6.0, 24.0])
OUTPUTS = ("TNF", "LPS", "firing")
ARMS = tuple(
    Timeline(
        arm=f"arm {i}",
        start=-1.0,
        stop=24.0,
        initial={"k_cell": 0.5 if i < 2 else 0.1},
        edges=(Edge(-0.25, {"pulse": i / 2}), Edge(0.0, {"pulse": 0.0}, {"LPS": 4.0})),
    )
    for i in range(3)
)
ALL = (Moments(), Extremes(), Quantiles(), Survival(), Traces(3), Moments(living=True))
SIZE = 150


@pytest.fixture(scope="module", autouse=True)
def small_chunks():
    before = census.LARGEST_CHUNK
    census.LARGEST_CHUNK = 64
    yield
    census.LARGEST_CHUNK = before


def run(**options) -> PopulationResult:
    given = {"size": SIZE, "seed": 3, "times": TIMES, "outputs": OUTPUTS, "reducers": ALL}
    return population(toy(), ARMS, spreads(toy()), **(given | options))


@pytest.fixture(scope="module")
def found() -> PopulationResult:
    return run(threads=1)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return Cohort.sample(spreads(toy()), SIZE, seed=3)


@pytest.fixture(scope="module")
def everyone(cohort: Cohort):
    """Every animal in full, through the ensemble."""
    return simulate(
        model=toy(), timelines=ARMS, cohort=cohort, times=TIMES, outputs=(*OUTPUTS, "hazard")
    )


# Summaries


def test_summaries_are_those_of_the_animals_one_by_one(found: PopulationResult, everyone) -> None:
    for name in OUTPUTS:
        mine, values = found.data.sel(output=name), everyone[name].values
        near = {"rtol": 3e-5, "atol": 1e-7}
        np.testing.assert_allclose(mine["mean"], values.mean(1), **near)
        np.testing.assert_allclose(mine["sd"], values.std(1, ddof=1), **near)
        np.testing.assert_allclose(mine["minimum"], values.min(1), **near)
        np.testing.assert_allclose(mine["maximum"], values.max(1), **near)
        np.testing.assert_allclose(mine["trace"], values[:, :3], **near)
        quantiles = np.quantile(values, Quantiles().shares, axis=1, method="lower")
        np.testing.assert_allclose(
            np.moveaxis(mine["quantile"].values, 1, 0), quantiles, rtol=0.0102, atol=1e-7
        )
    assert (found.data["count"] == SIZE).all()
    assert found.data["trace"].dims == ("arm", "animal", "output", "time")


def test_survival_is_that_of_the_ensemble(found: PopulationResult, everyone, cohort: Cohort):
    deaths = death_times(everyone, cohort)
    alive = (deaths[:, :, None] > TIMES).sum(1)
    np.testing.assert_array_equal(found.data["alive"], alive)
    assert 0 < alive[0, -1] < SIZE
    expected = np.exp(-everyone["hazard"].values).mean(1)
    np.testing.assert_allclose(found.data["survival_expected"], expected, rtol=1e-5)
    np.testing.assert_allclose(found.data["trace_death"], deaths[:, :3], rtol=1e-5)
    living = np.where(deaths[..., None] > TIMES, everyone["TNF"].values, np.nan)
    np.testing.assert_allclose(
        found.data["mean_living"].sel(output="TNF"), np.nanmean(living, 1), rtol=1e-5, atol=1e-9
    )
    assert found.data["count_living"].sel(output="TNF")[0, -1] == alive[0, -1]


@given(
    curve=st.lists(st.floats(0, 2), min_size=1, max_size=6),
    threshold=st.floats(0, 3),
    broken=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_deaths_are_read_off_as_in_the_ensemble(curve, threshold, broken) -> None:
    import xarray

    hazard = np.cumsum(curve)
    if broken:
        hazard[-1] = np.nan
    times = np.arange(hazard.size) * 1.5
    one = Cohort(None, (0,), (), np.ones((1, 0)), np.array([threshold]))
    data = xarray.Dataset(
        {"hazard": (("arm", "animal", "time"), hazard[None, None])}, coords={"time": times}
    )
    wanted = death_times(data, one)[0]
    np.testing.assert_array_equal(
        times_of_death(times, hazard[None], np.array([threshold])), wanted
    )


def test_what_adds_up_begins_after_the_rest() -> None:
    ill = replace(ARMS[0], initial={"infusion_LPS": 1.0})
    found = population(
        toy(), [ill], {}, size=20, seed=1, times=[-1.0, 24.0], outputs=["hazard"], settling=50.0
    )
    assert found.data["maximum"].values[0, 0, 0] == 0
    assert found.data["maximum"].values[0, 0, 1] > 0.1
    assert found.data["alive"].values[0, 0] == 20


# Who does the work doesn't matter


def test_the_same_bits_with_any_number_of_threads(found: PopulationResult) -> None:
    assert run(threads=3).data.identical(found.data)
    assert len(Census.of(toy(), ARMS, {}, seed=1, times=[0], outputs=["TNF"]).ranges(0, SIZE)) == 3


def test_chunks_computed_elsewhere_merge_to_the_same(found: PopulationResult) -> None:
    def made() -> Census:
        return Census.of(
            toy(), ARMS, spreads(toy()), seed=3, times=TIMES, outputs=OUTPUTS, reducers=ALL
        )

    here, there = made(), made()
    assert here.digest == there.digest
    parts = [there.chunk(*span) for span in reversed(here.ranges(0, SIZE))][::-1]
    whole = here.merge(here.merge(parts[0], parts[1]), parts[2])
    otherwise = here.merge(parts[0], here.merge(parts[1], parts[2]))
    for mine, theirs in zip(otherwise.summaries[0], whole.summaries[0], strict=True):
        for name in mine:  # only what rounding took away may differ
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-12, atol=1e-10)
    moments = whole.summaries[1][0]
    mean = (moments["total"] + moments["total_rest"]) / moments["count"]
    np.testing.assert_array_equal(mean.T, found.data["mean"].values[1])
    with pytest.raises(InputError, match="order"):
        here.merge(parts[1], parts[0])


def test_the_digest_tells_censuses_apart() -> None:
    def digest(lines=ARMS, traits=None, **options) -> str:
        given = {"seed": 3, "times": TIMES, "outputs": OUTPUTS} | options
        return Census.of(toy(), lines, traits or {"k_TNF": 0.5}, **given).digest

    different = [
        digest(),
        digest(seed=4),
        digest(times=TIMES[1:]),
        digest(traits={"k_TNF": 0.4}),
        digest(lines=ARMS[:2]),
        digest(single=True),
        digest(rtol=1e-7),
        digest(reducers=(Moments(),)),
        digest(settling=200.0),
    ]
    assert len(set(different)) == len(different)


def test_later_animals_are_who_they_are_in_the_whole(found: PopulationResult) -> None:
    late = run(first=147, size=3, reducers=(Traces(3),))
    whole = run(reducers=(Traces(SIZE),))
    np.testing.assert_array_equal(late.data["trace"], whole.data["trace"][:, 147:])
    assert late.data["animal"].values.tolist() == [147, 148, 149]


def test_memory_is_bounded_by_smaller_chunks_for_long_courses(monkeypatch) -> None:
    monkeypatch.setattr(census, "LARGEST_CHUNK", 4096)
    usual = Census.of(toy(), ARMS, {}, seed=1, times=[0], outputs=["TNF"])
    long = Census.of(toy(), ARMS, {}, seed=1, times=np.arange(4000), outputs=["TNF"])
    assert usual.chunk_size == 4096
    assert long.chunk_size * 4000 * 2 * 8 <= census.CHUNK_BYTES
    assert usual.ranges(4000, 5000) == [(4000, 96), (4096, 4096), (8192, 808)]


def test_no_more_chunks_than_twice_the_threads_wait(monkeypatch) -> None:
    begun: list[int] = []

    class Slow(Census):
        def chunk(self, first, size):
            begun.append(first)
            return first

    slow = Slow(*([None] * 13), watch=np.zeros(2, dtype=np.int64))
    seen = []
    for chunk in module._chunks(slow, [(i, 1) for i in range(40)], 2):
        seen.append(chunk)
        assert len(begun) <= len(seen) + 4
    assert seen == list(range(40))


def test_progress_counts_animals() -> None:
    seen: list[tuple[int, int]] = []
    run(threads=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(64, SIZE), (128, SIZE), (SIZE, SIZE)]


# Failures


def failing_times() -> Timeline:
    """A timeline that throws an animal with large k_TNF out of all bounds."""
    return Timeline("bad", 0.0, 24.0, {}, (Edge(2.0, {"d_TNF": -1e5}),))


def test_a_failed_animal_disturbs_nobody_and_is_counted(monkeypatch) -> None:
    from reflexarc.kernel import Kernel

    well = run(size=64)
    real = Kernel.run

    def sometimes_fails(self, **given):
        batch = real(self, **given)
        live = batch.outputs.shape[1] > 0
        batch.status[5 if live else 9] = 2
        if live:
            batch.outputs[5, 3:] = np.nan
            batch.ended[5] = 2.5
        return batch

    monkeypatch.setattr(Kernel, "run", sometimes_fails)
    found = run(size=64)
    assert found.data["failed"].values.tolist() == [2, 2, 2]
    assert (found.data["count"] == 62).all()
    assert (found.data["watched"] == 62).all()
    told = [(f.animal, f.arm, f.time, f.settling) for f in found.failures[:2]]
    assert told == [(5, "arm 0", 2.5, False), (9, "arm 0", 240.0, True)]
    assert "step size" in found.failures[0].reason
    assert len(found.failures) == 6
    monkeypatch.undo()
    traces = run(size=64, reducers=(Traces(64),)).data["trace"].values
    left = np.delete(traces, [5, 9], axis=1).mean(1)
    np.testing.assert_allclose(found.data["mean"], left, rtol=1e-12)
    assert not np.allclose(found.data["mean"], well.data["mean"], rtol=1e-12)


def test_animals_that_truly_fail_are_told_with_their_time() -> None:
    found = run(size=8, reducers=(Moments(),), times=[0.0, 24.0], threads=1)
    assert found.failures == ()
    bad = population(
        toy(), [*ARMS[:1], failing_times()], {}, size=8, seed=1, times=[0.0, 24.0], outputs=["TNF"]
    )
    assert bad.data["failed"].values.tolist() == [0, 8]
    assert bad.failures[0].time > 2
    assert np.isnan(bad.data["mean"].values[1]).all()
    assert np.isfinite(bad.data["mean"].values[0]).all()


# Single precision


def test_screening_says_that_it_is_screening(found: PopulationResult) -> None:
    quick = run(single=True)
    assert quick.screening
    assert "screening" in quick.data.attrs["screening"]
    assert quick.data.attrs["precision"] == "single"
    assert not found.screening
    assert found.data.attrs["precision"] == "double"
    np.testing.assert_allclose(quick.data["mean"], found.data["mean"], rtol=2e-3, atol=1e-3)
    assert not np.array_equal(quick.data["mean"], found.data["mean"])


# Sketches

NUMBERS = st.one_of(
    st.just(0.0), st.floats(1e-14, 1e20), st.floats(-1e20, -1e-14), st.floats(-1e-16, 1e-16)
)


@given(
    values=st.lists(NUMBERS, min_size=1, max_size=60),
    cut=st.integers(0, 60),
    share=st.floats(0, 1),
    error=st.sampled_from([0.005, 0.01, 0.1]),
)
@settings(max_examples=200, deadline=None)
def test_a_quantile_is_as_near_as_it_says(values, cut, share, error) -> None:
    column = np.array(values)[:, None]
    whole = Sketch.of(column, error=error)
    parts = Sketch.of(column[:cut], error=error).merge(Sketch.of(column[cut:], error=error))
    rank = int(np.floor(share * (len(values) - 1)))
    exact = sorted(0.0 if abs(value) < 1e-15 else value for value in values)[rank]
    for sketch in (whole, parts):
        assert sketch.count.tolist() == [len(values)]
        near = sketch.quantiles([share])[0, 0]
        assert abs(near - exact) <= error * abs(exact) * (1 + 1e-9)


def test_sketches_of_nothing_and_of_what_is_no_number() -> None:
    none = Sketch.of(np.full((3, 2), np.nan))
    assert np.isnan(none.quantiles([0.5])).all()
    one = Sketch.of(np.array([[np.nan, np.inf], [2.0, np.nan]]))
    assert one.count.tolist() == [1, 0]
    assert none.merge(one).quantiles([0.5])[0, 0] == pytest.approx(2, rel=0.01)
    assert Sketch.from_arrays(one.arrays()).quantiles([0.5])[0, 0] == one.quantiles([0.5])[0, 0]
    with pytest.raises(InputError, match="error"):
        Sketch.of(np.ones((1, 1)), error=0.9)
    with pytest.raises(InputError, match="different errors"):
        none.merge(Sketch.of(np.ones((1, 2)), error=0.1))


# Moments


def test_merging_many_chunks_costs_no_digits() -> None:
    generator = np.random.default_rng(1)
    parts = [1e9 + generator.normal(size=(50, 1, 1)) for _ in range(400)]
    moments = Moments()
    whole = None
    for values in parts:
        block = census.Block(
            np.arange(50), np.zeros(1), values, np.full(50, np.inf), None, np.zeros(50, dtype=bool)
        )
        one = moments.reduce(block)
        whole = one if whole is None else moments.merge(whole, one)
    everything = np.concatenate(parts).ravel()
    exact = np.float64(np.mean(everything.astype(np.longdouble)))
    found = moments.findings([whole])
    assert found["mean"][1].item() == pytest.approx(exact, rel=1e-15)
    assert found["sd"][1].item() == pytest.approx(everything.std(ddof=1), rel=1e-9)


# Bad input


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"size": 0}, "at least one animal"),
        ({"first": -1}, "0 or more"),
        ({"threads": 0}, "at least one thread"),
        ({"times": [0, 0]}, "increase"),
        ({"times": [np.nan]}, "finite"),
        ({"outputs": ["TNFF"]}, "did you mean 'TNF'"),
        ({"reducers": (Moments(), Moments())}, "once"),
        ({"reducers": (Quantiles((0.1,)), Quantiles((0.2,), living=True))}, "same shares"),
    ],
)
def test_bad_input_is_refused(options, word: str) -> None:
    with pytest.raises(InputError, match=word):
        run(**options)


def test_unknown_traits_and_edges_are_refused() -> None:
    common = {"size": 1, "seed": 1, "times": [0], "outputs": ["TNF"]}
    with pytest.raises(InputError, match=r"k_TFN.*k_TNF"):
        population(toy(), ARMS, {"k_TFN": 0.5}, **common)
    line = replace(ARMS[0], edges=(Edge(0.0, {"puls": 1.0}),))
    with pytest.raises(InputError, match=r"puls.*pulse"):
        population(toy(), [line], {}, **common)
    with pytest.raises(InputError, match="same name"):
        population(toy(), [ARMS[0], ARMS[0]], {}, **common)
    with pytest.raises(InputError, match="shares of quantiles"):
        Quantiles((1.5,))


def test_equations_without_a_hazard_will_do_and_those_with_events_are_refused() -> None:
    system = system_of(toy().sbml)
    immortal = replace(
        system, variables={n: v for n, v in system.variables.items() if n != "hazard"}
    )
    common = {"size": 5, "seed": 1, "times": [0, 5], "outputs": ["TNF"]}
    found = population(immortal, ARMS, {"k_TNF": 0.5}, **common)
    assert "alive" not in found.data
    with pytest.raises(InputError, match="no 'hazard'"):
        population(immortal, ARMS, {}, reducers=(Survival(),), **common)
    with pytest.raises(InputError, match="conditions on the time"):
        population(replace(system, breaks=(system.graph.number(1.0),)), ARMS, {}, **common)


# The whole model


def test_the_million_in_small() -> None:
    small = million(size=200, threads=1)
    assert small.animals == 200
    assert small.failed == 0
    assert 60 <= small.survivors <= 180
    assert small.peak_MB > 50
    assert {"machine", "seconds", "per_second_and_core"} <= small.to_json().keys()
    assert not small.screening
