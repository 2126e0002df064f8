"""Properties of virtual animals: each one's luck depends on nothing but its name and the seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflexarc.cohort import Cohort, normal, uniform
from reflexarc.errors import InputError

NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
TRAITS = st.dictionaries(NAMES, st.floats(0.0, 2.0), min_size=1, max_size=5)


@given(traits=TRAITS, size=st.integers(1, 40), more=st.integers(0, 40), seed=st.integers())
@settings(max_examples=60, deadline=None)
def test_more_animals_move_nobody(traits: dict[str, float], size: int, more: int, seed: int):
    small = Cohort.sample(traits, size, seed)
    large = Cohort.sample(traits, size + more, seed)
    np.testing.assert_array_equal(small.multipliers, large.multipliers[:size])
    np.testing.assert_array_equal(small.death_thresholds, large.death_thresholds[:size])


@given(traits=TRAITS, extra=NAMES, seed=st.integers(0, 2**70))
@settings(max_examples=60, deadline=None)
def test_another_trait_moves_nobody_in_any_order(traits: dict[str, float], extra: str, seed: int):
    plain = Cohort.sample(traits, 7, seed)
    widened = Cohort.sample({extra: 0.3, **dict(reversed(traits.items()))}, 7, seed)
    for name in set(traits) - {extra}:
        np.testing.assert_array_equal(
            plain.multipliers[:, plain.traits.index(name)],
            widened.multipliers[:, widened.traits.index(name)],
        )
    np.testing.assert_array_equal(plain.death_thresholds, widened.death_thresholds)


@given(picks=st.lists(st.integers(0, 99), min_size=1, max_size=30), seed=st.integers())
@settings(max_examples=60, deadline=None)
def test_order_of_asking_does_not_matter(picks: list[int], seed: int):
    everyone = uniform(seed, "x", range(100))
    np.testing.assert_array_equal(uniform(seed, "x", picks), everyone[picks])
    assert ((everyone > 0) & (everyone < 1)).all()


@given(first=st.integers(0, 300), size=st.integers(1, 40), seed=st.integers())
@settings(max_examples=60, deadline=None)
def test_a_part_is_what_it_is_in_the_whole(first: int, size: int, seed: int):
    whole = Cohort.sample({"k": 0.5, "d": 0.3}, first + size, seed)
    part = Cohort.sample({"k": 0.5, "d": 0.3}, size, seed, first=first)
    assert part.animals == whole.animals[first:]
    np.testing.assert_array_equal(part.multipliers, whole.multipliers[first:])
    np.testing.assert_array_equal(part.death_thresholds, whole.death_thresholds[first:])


def test_a_part_far_away_costs_no_more_than_itself():
    far = 10**12  # the numbers before it would need 32 TB
    part = Cohort.sample({"k": 0.5}, 3, 1, first=far)
    assert part.animals == (far, far + 1, far + 2)
    np.testing.assert_array_equal(
        uniform(1, "death", [far + 1, far]), uniform(1, "death", part.animals)[[1, 0]]
    )
    with pytest.raises(InputError, match="0 or more"):
        Cohort.sample({"k": 0.5}, 3, 1, first=-1)


def test_streams_and_seeds_are_independent():
    draws = [normal(seed, name, range(4000)) for seed in (1, 2) for name in ("a", "b")]
    correlation = np.corrcoef(draws) - np.eye(4)
    assert np.abs(correlation).max() < 0.06
    assert abs(np.std(draws[0]) - 1) < 0.04
    assert abs(np.mean(draws[0])) < 0.06


def test_multipliers_are_lognormal_with_the_spread_asked_for():
    cohort = Cohort.sample({"wide": 0.67, "none": 0.0}, 20_000, 5)
    logs = np.log(cohort.multipliers[:, 0])
    assert abs(np.median(logs)) < 0.02
    assert abs(logs.std() - 0.67) < 0.015
    assert (cohort.multipliers[:, 1] == 1).all()
    assert abs(cohort.death_thresholds.mean() - 1) < 0.03
    assert abs(np.median(cohort.death_thresholds) - np.log(2)) < 0.02


def test_numbers_of_a_seed_never_change():
    cohort = Cohort.sample({"k": 0.5}, 2, 1)
    np.testing.assert_allclose(cohort.multipliers[:, 0], GOLDEN_MULTIPLIERS, rtol=1e-14)
    np.testing.assert_allclose(cohort.death_thresholds, GOLDEN_THRESHOLDS, rtol=1e-14)


def test_typical_animal():
    typical = Cohort.typical()
    assert len(typical) == 1
    assert typical.parameters(0) == {}
    assert typical.death_thresholds[0] == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("traits", "size", "word"),
    [({}, 0, "at least one"), ({"k": -0.1}, 1, "'k'"), ({"k": float("nan")}, 1, "'k'")],
)
def test_impossible_cohorts_are_refused(traits: dict[str, float], size: int, word: str):
    with pytest.raises(InputError, match=word):
        Cohort.sample(traits, size, 1)


GOLDEN_MULTIPLIERS = [2.4430166240873334, 0.8560604197575951]
GOLDEN_THRESHOLDS = [3.7839200002648785, 0.3500678581331572]
