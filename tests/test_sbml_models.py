"""Published models and reflexarc's own, beside libRoadRunner."""

import time
from pathlib import Path

import numpy as np
import pytest
import roadrunner

from reflexarc.biology import assemble
from reflexarc.expression import TIME
from reflexarc.reference import instrument
from reflexarc.sbml import read_sbml
from slow_integration import integrate

FOLDER = Path(__file__).parents[1].parent / "shared" / "science" / "sbml"
FILES = sorted(FOLDER.glob("*.xml"))
STOP = {"BIOMD0000000534_url": 24.0, "BIOMD0000000786_Lipniacki2004": 380_000.0}
"""Length of a course where it isn't 50."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_published_model_runs_as_in_the_reference_engine(path: Path) -> None:
    text = path.read_text()
    system = read_sbml(text, file=path.name)
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    road = roadrunner.RoadRunner(text)
    core = road.model
    pools = [*core.getFloatingSpeciesIds(), *core.getBoundarySpeciesIds()]
    ruled = [*road.getRateRuleIds(), *road.getAssignmentRuleIds()]
    names = list(dict.fromkeys([*pools, *ruled]))
    road.timeCourseSelections = names
    road.integrator.setValue("relative_tolerance", 1e-12)
    road.integrator.setValue("absolute_tolerance", 1e-20)
    road.integrator.setValue("maximum_num_steps", 200_000)
    times = np.linspace(0.0, STOP.get(path.stem, 50.0), 26).tolist()
    expected = np.array(road.simulate(times=times))
    outputs = [f"{name}.amount" if name in pools else name for name in names]
    found = integrate(system, times=times, outputs=outputs, rtol=1e-12, atol=1e-20)
    near_nothing = 1e-10 * np.nanmax(np.abs(expected), axis=0) + 1e-13
    assert (np.isnan(found) == np.isnan(expected)).all()
    wrong = np.abs(found - expected) > 1e-5 * np.abs(expected) + near_nothing
    assert [outputs[j] for j in np.unique(np.argwhere(wrong)[:, 1])] == []


def test_reflexarcs_own_model_has_the_rates_of_the_reference_engine() -> None:
    text = assemble().sbml
    begin = time.perf_counter()
    system = read_sbml(text)
    assert time.perf_counter() - begin < 1.5
    engine = instrument(text)
    order = [system.states.index(name) for name in engine.states]
    assert sorted(order) == list(range(len(system.states)))
    assert set(engine.parameters) <= set(system.parameters)
    draw = np.random.default_rng(4)
    plain = dict(zip(system.parameters, system.values.tolist(), strict=True))
    start = system.initial_table(system.parameter_table(1))[0][order]
    assert start == pytest.approx(engine.rest, rel=1e-14)
    for _ in range(20):
        state = np.maximum(np.abs(engine.rest), 0.01) * draw.lognormal(size=len(order))
        given = {name: plain[name] * draw.lognormal(0.0, 0.2) for name in engine.parameters}
        known = {**plain, **given, TIME: 0.0, **dict(zip(engine.states, state, strict=True))}
        rates = np.array(system.graph.evaluate(system.rates, known), dtype=np.float64)
        assert rates[order] == pytest.approx(engine.rates(state, given), rel=1e-12)
