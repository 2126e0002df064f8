"""Survival against R and by hand."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from reflexarc.drawing import arm_looks
from reflexarc.errors import InputError
from reflexarc.figures import _survival
from reflexarc.survival import compare_survival, kaplan_meier

# Freireich 1963, placebo arm (R: MASS::gehan), weeks in remission, all observed
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_kaplan_meier_against_r():
    """`survfit(Surv(time, cens) ~ 1, data = subset(gehan, treat == "control"))`."""
    curve = kaplan_meier(PLACEBO, until=30).set_index("time")
    for week, survival in ((1, 0.9048), (5, 0.5714), (8, 0.3810), (12, 0.1905), (23, 0.0)):
        assert curve.loc[week, "survival"] == pytest.approx(survival, abs=5e-5)
    assert curve.loc[8, "at_risk"] == 12
    # conf.type = "log-log"
    assert curve.loc[8, "low"] == pytest.approx(0.183, abs=1e-3)
    assert curve.loc[8, "high"] == pytest.approx(0.578, abs=1e-3)


def test_log_rank_by_hand():
    a, b = np.array([4.0, 9.0, 11.0, 30.0, np.inf]), np.array([2.0, 3.0, 5.0, 8.0, 9.0])
    rows = compare_survival({"a": a, "b": b}, until=40, to="a")
    difference = variance = 0.0
    for t in np.unique(np.concatenate([a, b])[np.concatenate([a, b]) <= 40]):
        n1, n = (a >= t).sum(), (a >= t).sum() + (b >= t).sum()
        d = (a == t).sum() + (b == t).sum()
        difference += (a == t).sum() - d * n1 / n
        if n > 1:
            variance += d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1)
    assert rows[1].p == pytest.approx(chi2.sf(difference**2 / variance, 1), rel=1e-9)
    assert (rows[0].deaths, rows[1].deaths) == (4, 5)
    assert rows[0].survival == pytest.approx(0.2)
    # binom.test(1, 5)
    assert (rows[0].low, rows[0].high) == pytest.approx((0.005050763, 0.7164179), rel=1e-6)
    assert rows[1].median == 5
    assert rows[0].control is None


def test_nobody_dies_and_everybody_dies():
    rows = compare_survival({"a": [np.inf] * 10, "b": [np.inf] * 10}, until=168, to="a")
    assert rows[1].survival == 1
    assert math.isnan(rows[1].p)
    assert math.isinf(rows[1].median)
    # binom.test(10, 10): 0.6915 … 1
    assert rows[1].low == pytest.approx(0.6915029, abs=1e-6)
    curve = kaplan_meier([1.0, 2.0], until=10)
    assert curve["survival"].tolist() == [1.0, 0.5, 0.0, 0.0]
    assert not curve.isna().any().any()


def test_unknown_control_is_refused():
    with pytest.raises(InputError, match="'x'"):
        compare_survival({"a": [1.0]}, until=2, to="x")
    with pytest.raises(InputError, match="at least one animal"):
        compare_survival({"a": []}, until=2, to=None)


def test_a_figure_has_room_for_many_arms():
    arms = [f"arm {number}" for number in range(60)]
    curves = {arm: kaplan_meier([20.0, np.inf], until=72) for arm in arms}
    figure = _survival(curves, arm_looks(arms, control=None), 72.0).figure
    (axes,) = figure.axes
    whisker = max(
        line.get_xdata()[0] for line in axes.lines if line.get_transform() == axes.transData
    )
    right = figure.transFigure.inverted().transform(axes.transData.transform((whisker, 0)))[0]
    assert axes.get_position().width > 0.1
    assert 0.9 < right < 1
