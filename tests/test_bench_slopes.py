"""The comparison of slopes runs, says how wrong they are, and does without absent engines."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from reflexarc.bench.cases import build
from reflexarc.bench.problem import Problem
from reflexarc.bench.slopes import SLOPES, compare_slopes, slope_error, true_slopes
from toy_model import ToyEdge, ToyTimeline, toy


@cache
def problem() -> Problem:
    timeline = ToyTimeline(
        arm="toy",
        edges=(ToyEdge(-1.0, set={"pulse": 1.5}), ToyEdge(0.0, set={"pulse": 0.0}, add={"LPS": 3})),
        stop=6.0,
    )
    return build(
        "toy",
        timeline,  # type: ignore[arg-type]
        np.linspace(-1.0, 6.0, 15),
        animals=2,
        model=toy(),  # type: ignore[arg-type]
    )


def test_slopes_are_measured_and_checked(tmp_path: Path) -> None:
    engines = [replace(SLOPES[0], settings=("central", "forward")), SLOPES[1]]
    rows = compare_slopes(
        problem(), engines=engines, repeats=1, seconds=0.01, environments=tmp_path
    )
    assert [(row.engine, row.setting) for row in rows] == [
        ("reflexarc", "central"),
        ("reflexarc", "forward"),
        ("AMICI", "simultaneous"),
        ("AMICI", "staggered"),
    ]
    for row in rows[:2]:
        assert row.reason is None
        assert row.sims_per_s_core is not None
        assert row.sims_per_s_core > 10
        assert row.max_rel_error is not None
        assert 1e-9 < row.max_rel_error < 1e-4
    for row in rows[2:]:
        assert row.reason is not None
        assert "make bench-peers" in row.reason


def test_true_slopes_are_those_on_paper() -> None:
    few = problem().first(1)
    truth, peaks = true_slopes(few)
    assert truth.shape == (1, 15, len(few.tape.states), len(few.varied))
    # LPS = 3 exp(-k t) from time 0 on
    k = few.values(["k_LPS"])[0, 0]
    times = np.clip(few.times, 0.0, None)
    lps, column = few.tape.states.index("LPS"), few.varied.index("k_LPS")
    expected = -3 * times * np.exp(-k * times)
    assert truth[0, :, lps, column] == pytest.approx(expected, abs=1e-7)
    assert peaks[0, lps] == pytest.approx(3 * np.exp(-k * 0.0), rel=0.5)


def test_an_error_is_a_share_of_the_largest_slope_and_weak_slopes_do_not_count() -> None:
    few = problem().first(1)
    truth, peaks = true_slopes(few)
    assert slope_error(truth, truth, few, peaks).max() == 0
    wrong = truth.copy()
    lps, column = few.tape.states.index("LPS"), few.varied.index("k_LPS")
    wrong[0, 3, lps, column] += 0.01 * np.abs(truth[0, :, lps, column]).max()
    assert slope_error(wrong, truth, few, peaks).max() == pytest.approx(0.01)
    wrong = truth.copy()
    wrong[0, 3, lps, few.varied.index("k_TNF")] = 1e-9  # LPS does not depend on it at all
    assert slope_error(wrong, truth, few, peaks).max() == 0
