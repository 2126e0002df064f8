"""Tests against published and R reference values."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflexarc.errors import InputError
from reflexarc.statistics import (
    compare,
    hedges_g,
    holm,
    summarise,
    table,
)

# R: datasets::sleep
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Dunnett 1955, table 2: blood counts
BLOOD = {
    "control": [7.40, 8.50, 7.20, 8.24, 9.84, 8.32],
    "A": [9.76, 8.80, 7.68, 9.36],
    "B": [12.80, 9.68, 12.16, 9.20, 10.55],
}


def test_welch_against_r():
    """`t.test(extra ~ group, data = sleep)`."""
    (answer,) = compare({"1": np.exp(SLEEP_1), "2": np.exp(SLEEP_2)}, to="2")
    assert answer.p == pytest.approx(0.07939, abs=5e-6)
    assert math.log(answer.low) == pytest.approx(-3.3654832, abs=1e-6)
    assert math.log(answer.high) == pytest.approx(0.2054832, abs=1e-6)
    assert math.log(answer.ratio) == pytest.approx(0.75 - 2.33)
    assert answer.p_adjusted == answer.p


def test_anova_against_r():
    """`anova(lm(count ~ drug))` on the blood counts: F = 8.02 on 2 and 12 df."""
    groups = {arm: np.exp(x) for arm, x in BLOOD.items()}
    p = compare(groups, to="control")[0].anova_p
    x = [np.array(v) for v in BLOOD.values()]
    grand = np.concatenate(x).mean()
    between = sum(len(v) * (v.mean() - grand) ** 2 for v in x) / 2
    within = sum(((v - v.mean()) ** 2).sum() for v in x) / 12
    from scipy.stats import f

    assert p == pytest.approx(f.sf(between / within, 2, 12), rel=1e-10)


def test_dunnett_against_the_paper_and_r():
    """`DescTools::DunnettTest`; Dunnett's own limits are −1.29 … 2.56 and 0.84 … 4.43."""
    groups = {arm: np.exp(x) for arm, x in BLOOD.items()}
    a, b = compare(groups, to="control", test="dunnett")
    assert a.p_adjusted == pytest.approx(0.62, abs=0.005)
    assert b.p_adjusted == pytest.approx(0.0059, abs=0.0002)
    assert (math.log(a.low), math.log(a.high)) == pytest.approx((-1.25, 2.55), abs=0.06)
    assert (math.log(b.low), math.log(b.high)) == pytest.approx((0.84, 4.43), abs=0.06)
    assert math.isnan(a.p)
    again = compare(groups, to="control", test="dunnett")
    assert [x.p_adjusted for x in again] == [a.p_adjusted, b.p_adjusted]


def test_holm_against_r():
    """`p.adjust(p, "holm")`."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    adjusted = holm([0.02, math.nan, 0.6])
    assert adjusted[::2] == pytest.approx([0.04, 0.6])
    assert math.isnan(adjusted[1])


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None, max_examples=80)
def test_holm_never_lowers_and_keeps_order(p: list[float]):
    adjusted = holm(p)
    assert all(q >= x and q <= 1 for q, x in zip(adjusted, p, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_hedges_g():
    """Cohen's d = 0.7746 times the exact correction for 6 df, 0.8682."""
    assert hedges_g([2, 3, 4, 5], [1, 2, 3, 4]) == pytest.approx(0.7745967 * 0.8684, abs=2e-4)
    assert math.isnan(hedges_g([1.0], [1, 2]))
    assert math.isnan(hedges_g([1.0, 1.0], [2.0, 2.0]))


def test_summary():
    summary = summarise([1.0, 10.0, 100.0, math.nan])
    assert summary.n == 3
    assert summary.mean == pytest.approx(37.0)
    assert summary.sem == pytest.approx(np.std([1, 10, 100], ddof=1) / np.sqrt(3))
    assert summary.geometric_mean == pytest.approx(10.0)
    # t(0.975, 2) = 4.30265; sd of logs = ln 10
    assert summary.high == pytest.approx(10 * math.exp(4.302653 * math.log(10) / math.sqrt(3)))
    assert summarise([math.nan]).n == 0


@given(
    shift=st.floats(0.1, 10),
    scale=st.floats(0.01, 1000),
    x=st.lists(st.floats(0.5, 2), min_size=3, max_size=8, unique=True),
)
@settings(deadline=None, max_examples=40)
def test_a_change_of_unit_changes_nothing_but_the_means(shift, scale, x):
    groups = {"a": np.array(x), "b": np.array(x)[::-1] * shift}
    (one,) = compare(groups, to="a")
    (two,) = compare({arm: v * scale for arm, v in groups.items()}, to="a")
    assert one.ratio == pytest.approx(shift)
    assert two.p == pytest.approx(one.p, rel=1e-5, abs=1e-12)
    assert two.low == pytest.approx(one.low, rel=1e-6)


@pytest.mark.parametrize("test", ["welch", "dunnett"])
def test_too_little_to_test(test: str):
    lonely = compare({"a": [2.0], "b": [4.0, math.nan]}, to="a", test=test)[0]
    assert lonely.ratio == pytest.approx(2)
    assert math.isnan(lonely.p_adjusted)
    same = compare({"a": [2.0, 2.0], "b": [2.0, 2.0]}, to="a", test=test)[0]
    assert same.ratio == 1
    assert math.isnan(same.p_adjusted)
    empty = compare({"a": [2.0, 3.0], "b": [math.nan], "c": [3.0, 5.0]}, to="a", test=test)
    assert math.isnan(empty[0].ratio)
    assert 0 < empty[1].p_adjusted < 1


def test_unknown_control_and_test_are_refused():
    with pytest.raises(InputError, match="'x'"):
        compare({"a": [1.0]}, to="x")
    with pytest.raises(InputError, match="welch, dunnett"):
        compare({"a": [1.0]}, to="a", test="sign")


def test_table_has_a_column_for_each_field():
    frame = table(compare({"a": [1.0, 2.0], "b": [3.0, 5.0]}, to="a"))
    assert list(frame.columns[:3]) == ["arm", "control", "n"]


@pytest.mark.parametrize("test", ["welch", "dunnett"])
def test_a_whole_arm_at_the_detection_limit(test: str):
    groups = {
        "a": [0.15] * 6,
        "b": [0.15] * 5 + [0.15 + 1e-16],
        "c": [0.2, 0.3, 0.4, 0.2, 0.3, 0.2],
    }
    same, higher = compare(groups, to="a", test=test)
    assert same.ratio == pytest.approx(1)
    assert higher.ratio > 1
    assert 0 < higher.p_adjusted < 0.05


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("test", ["welch", "dunnett"])
def test_zeros_have_no_ratio_but_a_test(test: str):
    groups = {"none": [0.0] * 5, "some": [0.0, 0.5, 0.7, 1.1, 0.9], "full": [1.0, 1.2, 0.9, 1.1, 2]}
    some, full = compare(groups, to="none", test=test)
    assert all(math.isnan(x) for c in (some, full) for x in (c.ratio, c.low, c.high, c.g))
    assert 0 < full.p_adjusted < 0.05
    none, full = compare(groups, to="some", test=test)
    assert math.isnan(none.ratio)
    # The 0 counts as the smallest value there is, 0.5.
    logs = np.log([0.5, 0.5, 0.7, 1.1, 0.9])
    assert math.log(full.ratio) == pytest.approx(np.log(groups["full"]).mean() - logs.mean())
    nothing = compare({"a": [0.0, 0.0], "b": [0.0, 0.0]}, to="a", test=test)[0]
    assert math.isnan(nothing.ratio)
    assert math.isnan(nothing.p_adjusted)


@pytest.mark.filterwarnings("error")
def test_a_group_at_the_limit_has_no_ratio():
    groups = {"a": [8.0, 8.0, 8.0], "b": [8.0, 9.0, 12.0], "c": [20.0, 30.0, 25.0]}
    assert [math.isnan(c.ratio) for c in compare(groups, to="a", limit=8.0)] == [True, True]
    assert [math.isnan(c.ratio) for c in compare(groups, to="b", limit=8.0)] == [True, False]


@pytest.mark.filterwarnings("error")
def test_summary_of_zeros():
    zeros = summarise([0.0, 0.0, 2.0])
    assert (zeros.n, zeros.geometric_mean) == (3, 0.0)
    assert zeros.mean == pytest.approx(2 / 3)
    assert math.isnan(zeros.low)
    assert math.isnan(zeros.high)


@pytest.mark.parametrize("test", ["welch", "dunnett"])
def test_degrees_are_compared_by_their_difference(test: str):
    groups = {"cold": [35.0, 35.4, 34.6], "warm": [37.0, 37.2, 36.8]}
    (row,) = compare(groups, to="warm", test=test, linear=True)
    assert row.difference == pytest.approx(-2.0)
    assert math.isnan(row.ratio)
    assert row.low < -2.0 < row.high < 0
    assert row.p_adjusted < 0.01
    shifted = {arm: [x - 40 for x in values] for arm, values in groups.items()}
    (below,) = compare(shifted, to="warm", test=test, linear=True)
    assert (below.difference, below.low) == pytest.approx((row.difference, row.low))


def test_the_interval_of_degrees_is_that_of_their_mean():
    found = summarise([-1.0, 0.0, 1.0], linear=True)
    assert math.isnan(found.geometric_mean)
    assert (found.mean, found.low) == pytest.approx((0.0, -found.high))
