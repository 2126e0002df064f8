"""The fit: bounds, honesty of the declared targets, a table that keeps everything but values."""

import numpy as np
import pytest

from reflexarc.biology import parameters
from reflexarc.cohort import Cohort
from reflexarc.evidence import fit_targets
from reflexarc.findings import load_findings
from reflexarc.fitting import Problem, _move, _scaled, fit, write_parameters


class Bowl:
    """Two parameters, three residuals, one bound in the way; no model."""

    lower = np.array([-1.0, -1.0])
    upper = np.array([0.5, 3.0])
    start = np.array([0.0, 0.0])
    calls = 0

    def residuals(self, point):
        self.calls += 1
        x, y = point
        return np.array([5 * (x - 1.0), 5 * (y - 2.0), 0.1 * x * y])


def test_it_finds_the_constrained_minimum():
    kept = []
    point = fit(Bowl(), iterations=40, keep=kept.append)
    assert point[0] == pytest.approx(0.5)  # held at its bound
    assert point[1] == pytest.approx(2.0, abs=0.02)
    assert len(kept) > 2
    assert kept[-1] == pytest.approx(point)


def test_a_step_stays_within_bounds():
    move = _move(
        np.zeros(2), np.eye(2), np.array([-9.0, -9.0]), 1e-6, np.full(2, -0.1), np.full(2, 0.1)
    )
    assert (np.abs(move) <= 0.1 + 1e-12).all()


def test_only_scored_findings_are_targets():
    by_id = {finding.id: finding for finding in load_findings()}
    for target in fit_targets():
        assert by_id[target.finding].scored, target.finding
        assert target.weight > 0


def test_every_free_parameter_starts_inside_its_bounds():
    problem = Problem.declared(animals=2, seed=1)
    assert {p.id for p in problem.free} == {p.id for p in parameters() if p.status == "fitted"}
    assert (problem.lower <= problem.start).all()
    assert (problem.start <= problem.upper).all()


def test_a_trial_point_is_an_animal():
    cohort = Cohort.sample({"k_TNF": 0.5}, size=3, seed=1)
    scaled = _scaled(cohort, {"k_TNF": 2.0, "k_IL6": 3.0})
    assert scaled.parameters(1)["k_TNF"] == pytest.approx(2 * cohort.parameters(1)["k_TNF"])
    assert scaled.parameters(2)["k_IL6"] == 3.0
    assert cohort.traits == ("k_TNF",)


def test_writing_values_keeps_the_rest(tmp_path):
    table = tmp_path / "parameters.tsv"
    table.write_text("id\tvalue\tunit\tnote\na\t1\thour\tsaid\nb\t2\thour\t\n")
    write_parameters(table, {"b": 0.123456})
    assert table.read_text() == "id\tvalue\tunit\tnote\na\t1\thour\tsaid\nb\t0.1235\thour\t\n"
    assert list(tmp_path.iterdir()) == [table]
