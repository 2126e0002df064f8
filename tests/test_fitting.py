"""The fit: bounds, honesty of the declared targets, a table that keeps everything but values."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from reflexarc.biology import parameters
from reflexarc.cohort import Cohort
from reflexarc.evidence import fit_targets
from reflexarc.findings import load_experiments, load_findings
from reflexarc.fitting import _move, fit, uncertainty, write_parameters
from reflexarc.problem import LARGEST, MISSED, Problem
from reflexarc.search import search
from reflexarc.trials import plan_trials


class Bowl:
    """Two parameters, three residuals, one bound in the way; no model."""

    lower = np.array([-1.0, -1.0])
    upper = np.array([0.5, 3.0])
    start = np.array([0.0, 0.0])
    calls = 0

    def residuals(self, points):
        self.calls += 1
        x, y = points.T
        return np.array([5 * (x - 1.0), 5 * (y - 2.0), 0.1 * x * y]).T


def test_it_finds_the_constrained_minimum():
    kept = []
    point = fit(Bowl(), iterations=40, keep=kept.append)
    assert point[0] == pytest.approx(0.5)  # held at its bound
    assert point[1] == pytest.approx(2.0, abs=0.02)
    assert len(kept) > 2
    assert kept[-1] == pytest.approx(point)


def test_a_search_finds_the_way_over_steps_that_have_no_slope():
    bowl = Bowl()

    def stairs(points):
        return (np.floor(bowl.residuals(points) * 2) ** 2).sum(axis=1)

    kept = []
    how = {"start": bowl.start, "bounds": (bowl.lower, bowl.upper)}
    point = search(stairs, generations=60, keep=kept.append, **how)
    assert point == pytest.approx([0.5, 2.0], abs=0.15)
    assert kept[-1] == pytest.approx(point)
    assert (search(stairs, generations=60, **how) == point).all()
    assert (search(stairs, generations=0, **how) == bowl.start).all()


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


def test_points_run_together_as_they_would_alone():
    whole = Problem.declared(animals=2, seed=1)
    chosen = tuple(t for t in whole.targets if t.finding in ("MT-TNF-1h", "L20-2-survival"))
    experiments = load_experiments()
    findings = [f for f in load_findings() if f.id in {t.finding for t in chosen}]
    problem = replace(whole, targets=chosen, trials=plan_trials(findings, experiments))
    moved = problem.start + 0.1
    together = problem.residuals(np.array([problem.start, moved]))
    assert together.shape == (2, 2)
    np.testing.assert_allclose(together[1], problem.residuals(moved[None])[0], rtol=1e-9)
    assert (np.abs(together[0] - together[1]) > 1e-3).all()


def test_a_search_counts_what_fails_beside_how_far_it_is_off(monkeypatch):
    problem = Problem.declared(animals=2, seed=1, targets="MT-TNF-1h,MT-TNF-2h,MT-TNF-4h")
    weights = [target.weight for target in problem.targets]
    judged = np.array([[0.5, 2.0, np.inf]]), np.array([[False, True, True]])
    monkeypatch.setattr(Problem, "_judged", lambda self, points: judged)
    (cost,) = problem.costs(problem.start[None])
    distances = np.log1p(0.125) + np.log1p(2.0) + np.log1p(LARGEST**2 / 2)
    assert cost == pytest.approx(distances + MISSED * (weights[1] + weights[2]))


def test_findings_that_fail_are_told_apart():
    problem = Problem.declared(animals=2, seed=1, targets="MT-TNF-1h")
    (near,), (far,) = (
        problem._judged(problem.start[None])[1],
        problem._judged(problem.lower[None])[1],
    )
    assert not near.any()
    assert far.all()


@pytest.mark.parametrize("species", ["mouse", "rat", "human"])
def test_each_species_is_fitted_to_its_own_targets(species):
    problem = Problem.declared(animals=2, seed=1, species=species)
    by_id, experiments = {f.id: f for f in load_findings()}, load_experiments()
    assert problem.free
    assert problem.targets
    for target in problem.targets:
        assert experiments[by_id[target.finding].experiment].animals.species == species


def test_what_the_targets_cannot_tell_stays_uncertain():
    class Flat(Bowl):
        def residuals(self, points):
            return np.array([5 * points[:, 0], 0 * points[:, 1]]).T

    told, untold = uncertainty(Flat(), np.zeros(2))
    assert told == pytest.approx(0.2, rel=0.01)
    assert untold == pytest.approx(1 / 0.3)


def test_writing_values_keeps_the_rest(tmp_path):
    table = tmp_path / "parameters.tsv"
    table.write_text("id\tvalue\tunit\tnote\na\t1\thour\tsaid\nb\t2\thour\t\n")
    write_parameters(table, {"b": 0.123456})
    assert table.read_text() == "id\tvalue\tunit\tnote\na\t1\thour\tsaid\nb\t0.1235\thour\t\n"
    assert list(tmp_path.iterdir()) == [table]


def test_the_tool_for_silent_parameters_scales_what_it_is_told_to():
    place = Path(__file__).parents[1] / "tools" / "silent_parameters.py"
    spec = spec_from_file_location("silent_parameters", place)
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    plain = Cohort.sample({"w_C": 0.3, "tau_D1": 0.2}, size=2, seed=1)
    scaled = tool.scaled(plain, {"w_C": 2.0, "f_ref": 0.5})
    for k in range(2):
        before = plain.parameters(k)
        after = before | {"w_C": 2 * before["w_C"], "f_ref": 0.5}
        assert scaled.parameters(k) == pytest.approx(after)


def test_the_tool_that_grades_operations_ties_every_caecum_at_one_length():
    place = Path(__file__).parents[1] / "tools" / "grade_of_operation.py"
    spec = spec_from_file_location("grade_of_operation", place)
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    for told in tool.aims():
        experiment = load_experiments()[told[0].experiment]
        arms = tool.ligated(experiment, "7 %").arms
        assert {f.experiment for f in told} == {told[0].experiment}
        assert all(arms[f.comparison.arm].challenge.ligation == "7 %" for f in told)
        assert all(f.expect.value is not None for f in told)
