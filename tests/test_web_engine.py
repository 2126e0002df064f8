"""The page's engine against Python, through node: recruitment, timelines, courses, deaths."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from page_modules import run_script
from reflexarc import atlas, experiments
from reflexarc.biology import assemble
from reflexarc.cohort import Cohort, spreads, times_of_death
from reflexarc.compiled import system_of
from reflexarc.ensemble import simulate
from reflexarc.kernel.equations import SystemEquations
from reflexarc.protocol import Electroacupuncture, Experiment, NerveStimulation, Optogenetics
from reflexarc.recruitment import recruit, recruit_light, recruit_nerve
from reflexarc.timeline import build_timelines
from reflexarc.units import quantity
from reflexarc.vocabulary import option_effects
from reflexarc.web.pathway import organs_data
from reflexarc.web.scenario import CannotShow, scenario_of
from reflexarc.web.site import write_site
from reflexarc.web.tables import ANIMALS, SEED

SCRIPT = Path(__file__).parent / "scripts" / "engine.mjs"
BUILT_IN = experiments.names()
FLOOR = 2e-9
"""Error that counts as none: twice the integrator's absolute tolerance, in the state's unit."""
TENTH_OF_A_BACTERIUM = 1e-7
"""The same for bacteria, which are counted in millions."""


@pytest.fixture(scope="session")
def ask(tmp_path_factory):
    """A function that asks the engine of a freshly written site."""
    site = tmp_path_factory.mktemp("engine") / "site"
    write_site(site)
    (site / "package.json").write_text('{"type": "module"}')
    return lambda question, **more: run_script(
        SCRIPT, {"site": str(site), "question": question, **more}
    )


def treatment_of(arm):
    """An arm in the shape of `timeline` in JavaScript, without the page's own vocabulary."""
    windows = tuple(w for s in arm.stimuli for w in s.windows)
    doses = [*([arm.challenge] if arm.challenge else []), *arm.doses]
    return {
        "stimuli": [
            {"stimulus": stimulus_of(s), "label": s.label, "windows": list(s.windows)}
            for s in arm.stimuli
        ],
        "flows": [
            {"state": d.row.state, "rate": d.rate, "label": d.label, "windows": list(d.windows)}
            for d in doses
            if d.duration
        ],
        "boluses": [
            {
                "state": d.row.state,
                "amount": d.bolus,
                "set": d.inputs,
                "label": d.label,
                "times": list(d.times),
            }
            for d in doses
            if not d.duration
        ],
        "lesions": [
            {
                "at": lesion.time,
                "label": lesion.name,
                "side": lesion.effect.side,
                "sets": list(lesion.effect.sets),
                "cuts": list(lesion.effect.cuts),
            }
            for lesion in arm.lesions
        ],
        "breaths": [
            {
                "percent": quantity(given.isoflurane, "percentage"),
                "label": f"isoflurane {given.isoflurane}",
                "windows": list(given.windows(windows)),
            }
            for given in arm.anaesthesia
        ],
        "initial": {
            parameter: value
            for name, option in arm.hypotheses.items()
            for parameter, value in option_effects(name, option).items()
        },
    }


def stimulus_of(stimulus):
    shared = {"frequency": stimulus.frequency_hz}
    if isinstance(stimulus, Electroacupuncture):
        return {
            "mode": "electroacupuncture",
            "site": stimulus.site,
            "side": stimulus.side,
            "configuration": stimulus.configuration,
            "current": quantity(stimulus.current, "current"),
            "width": quantity(stimulus.pulse_width, "pulse width"),
            "depth": quantity(stimulus.depth, "length"),
            "bare": quantity(stimulus.exposed_length, "length"),
            "insulated": stimulus.insulated,
            "waveform": stimulus.waveform,
            **shared,
        }
    if isinstance(stimulus, NerveStimulation):
        return {
            "mode": "nerve",
            "nerve": stimulus.nerve,
            "side": stimulus.side,
            "current": quantity(stimulus.current, "current"),
            "width": quantity(stimulus.pulse_width, "pulse width"),
            "waveform": stimulus.waveform,
            "direction": stimulus.direction,
            **shared,
        }
    return {
        "mode": "light",
        "site": stimulus.site,
        "opsin": stimulus.opsin,
        "side": stimulus.side,
        "irradiance": quantity(stimulus.irradiance, "irradiance"),
        "depth": quantity(stimulus.depth, "length"),
        **shared,
    }


def test_rates_slopes_and_every_name_are_those_of_the_equations(ask):
    """Rates, W x = b and every variable by name, at a state where nothing is at rest."""
    system = system_of(assemble().sbml)
    equations = SystemEquations(system).at(0.0)
    parameters = system.parameter_table(1)[0]
    states = system.initial_table(parameters[None])[0] * 1.3 + 0.37
    right = 1.0 + 0.1 * np.arange(states.size)
    answer = ask(
        "functions",
        states=states.tolist(),
        parameters=parameters.tolist(),
        diagonal=3.0,
        right=right.tolist(),
    )
    np.testing.assert_allclose(
        answer["rates"], equations.rates(0.0, states, parameters), rtol=1e-11, atol=1e-13
    )
    w = 3.0 * np.eye(states.size) - equations.jacobian(0.0, states, parameters)
    np.testing.assert_allclose(answer["solution"], np.linalg.solve(w, right), rtol=1e-8)
    known = dict(zip(system.states, states, strict=True))
    known |= dict(zip(system.parameters, parameters, strict=True))
    names = [name for name in system.variables if name in answer["look"]]
    values = system.graph.evaluate([system.variables[name] for name in names], known)
    assert len(names) > 200
    for name, value in zip(names, values, strict=True):
        assert answer["look"][name] == pytest.approx(float(value), rel=1e-11, abs=1e-13), name


def test_recruitment_is_that_of_the_atlas(ask):
    stimuli, expected = [], []

    def add(stimulus, found):
        stimuli.append(stimulus)
        expected.append(found)

    places = [p for p in atlas.sites() if not p.refused and p.depth_mm is not None]
    assert len(places) > 60
    for number, place in enumerate(places):
        cases = [(0.5, 50, "focal pair"), (3.0, 120, "single"), (1.0, 400, "bilateral")]
        for current, width, configuration in cases[: 3 if number < 8 else 1]:
            if configuration == "bilateral" and place.midline:
                continue
            add(
                {
                    "mode": "electroacupuncture",
                    "site": place.code,
                    "current": current,
                    "width": width,
                    "frequency": 10,
                    "configuration": configuration,
                },
                recruit(
                    site=place.code,
                    current_mA=current,
                    pulse_width_us=width,
                    frequency_hz=10,
                    configuration=configuration,
                ),
            )
    for insulated, waveform in [
        (True, "monophasic"),
        (False, "biphasic"),
        (True, "biphasic with gap"),
    ]:
        add(
            {
                "mode": "electroacupuncture",
                "site": "ST36",
                "current": 1,
                "width": 200,
                "frequency": [[2, 0.5], [100, 0.5]],
                "insulated": insulated,
                "waveform": waveform,
                "depth": 2.2,
                "bare": 1.5,
                "side": "both",
                "cut": ["left common peroneal"],
            },
            recruit(
                site="ST36",
                current_mA=1,
                pulse_width_us=200,
                frequency_hz=((2, 0.5), (100, 0.5)),
                insulated=insulated,
                waveform=waveform,
                depth_mm=2.2,
                exposed_mm=1.5,
                side="both",
                cut=["left common peroneal"],
            ),
        )
    for nerve in atlas.trunk_names():
        for current in (0.05, 3):
            add(
                {
                    "mode": "nerve",
                    "nerve": nerve,
                    "current": current,
                    "width": 250,
                    "frequency": 5,
                },
                recruit_nerve(nerve=nerve, current_mA=current, pulse_width_us=250, frequency_hz=5),
            )
    for place in ("ST36", "DMV"):
        add(
            {
                "mode": "light",
                "site": place,
                "opsin": "CatCh",
                "irradiance": 10,
                "frequency": 10,
            },
            recruit_light(site=place, opsin="CatCh", irradiance_mW_mm2=10, frequency_hz=10),
        )
    for stimulus, found, got in zip(
        stimuli, expected, ask("recruit", stimuli=stimuli), strict=True
    ):
        assert got["rate"] == pytest.approx(found.pulse_rate_hz)
        for group in ("classes", "drives"):
            for name, band in getattr(found, group).items():
                for end in ("low", "central", "high"):
                    assert got[group][name][end] == pytest.approx(
                        band.at(end), rel=1e-8, abs=1e-9
                    ), (stimulus, name, end)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_arm_of_every_built_in_experiment_runs_as_in_python(ask, name):
    """Every state of an animal at 21 times: to 1e-5 of its value at rtol 1e-7."""
    experiment = Experiment.load(name)
    shown = (Electroacupuncture, NerveStimulation, Optogenetics)  # the page has no hands
    lines = [
        line
        for line in build_timelines(experiment)
        if all(isinstance(s, shown) for s in experiment.arms[line.arm].stimuli)
    ]
    assert lines
    treatments = [treatment_of(experiment.arms[line.arm]) for line in lines]
    made = ask("timelines", treatments=treatments)
    for line, own in zip(lines, made, strict=True):
        assert own["initial"] == pytest.approx(dict(line.initial))
        assert [edge["time"] for edge in own["edges"]] == [edge.time for edge in line.edges]
        for edge, other in zip(line.edges, own["edges"], strict=True):
            assert other["set"] == pytest.approx(dict(edge.set), rel=1e-8, abs=1e-9)
            assert other["add"] == pytest.approx(dict(edge.add))
            assert other["label"] == edge.label
    times = np.linspace(min(line.start for line in lines), 24.0, 21)
    chosen = [replace(line, start=float(times[0]), stop=24.0) for line in lines]
    states = [state.id for state in assemble().states]
    cohort = Cohort.sample(spreads(assemble()), size=3, seed=SEED)
    expected = simulate(
        model=assemble(),
        timelines=chosen,
        cohort=cohort,
        times=times,
        outputs=states,
        rtol=1e-9,
        atol=1e-12,
    )
    runs = [
        {
            "line": {
                "initial": dict(line.initial),
                "edges": [
                    vars(edge) | {"set": dict(edge.set), "add": dict(edge.add)}
                    for edge in line.edges
                ],
            },
            "ids": states,
            "times": times.tolist(),
            "animal": 2,
        }
        for line in chosen
    ]
    for position, series in enumerate(ask("courses", runs=runs, rtol=1e-7)):
        for state in states:
            gone = times >= lines[position].gone_from(organs_data().get(state, ""))
            np.testing.assert_allclose(
                np.array(series[state], dtype=float),
                np.where(gone, np.nan, expected[state].values[position, 2]),
                rtol=1e-5,
                atol=TENTH_OF_A_BACTERIUM if state.startswith("bacteria") else FLOOR,
                err_msg=f"{lines[position].arm}, {state}",
            )


def test_a_scenario_is_the_arm_that_it_was_made_of(ask):
    """What the page makes of a scenario has the edges that the command line has."""
    shown, lines = [], []
    for name in BUILT_IN:
        experiment = Experiment.load(name)
        for line in build_timelines(experiment):
            try:
                shown.append(scenario_of(experiment.arms[line.arm], hours=24.0))
            except CannotShow:
                continue
            lines.append(line)
    assert len(shown) > 10
    runs = [{"scenario": s, "ids": ["TNF", "DA"], "times": [0.0, 1.5, 3.0]} for s in shown]
    outcomes = ask("courses", runs=runs, rtol=1e-7)
    for line, got in zip(lines, outcomes, strict=True):
        truth = simulate(
            model=assemble(),
            timelines=[replace(line, start=min(line.start, 0.0), stop=3.0)],
            cohort=Cohort.typical(),
            times=np.array([0.0, 1.5, 3.0]),
            outputs=["TNF", "DA"],
        )
        for name in ("TNF", "DA"):
            np.testing.assert_allclose(got[name], truth[name].values[0, 0], rtol=1e-4, atol=1e-6)


def test_a_punctured_caecum_is_that_of_the_command_line(ask):
    experiment = Experiment.from_mapping(
        {
            "title": "CLP",
            "challenge": {"CLP": {"ligation": "50 %", "needle": "21 G", "punctures": 2}},
            "arms": {"all": {}},
            "measure": ["TNF at 24 h"],
        }
    )
    scenario = scenario_of(experiment.arms["all"], hours=24.0)
    names, times = ["TNF", "bacteria_blood"], [0.0, 6.0, 24.0]
    (got,) = ask("courses", runs=[{"scenario": scenario, "ids": names, "times": times}], rtol=1e-7)
    truth = simulate(
        model=assemble(),
        timelines=build_timelines(experiment),
        cohort=Cohort.typical(),
        times=np.array(times),
        outputs=names,
    )
    assert got["bacteria_blood"][1] > 0.01
    for name in names:
        np.testing.assert_allclose(got[name], truth[name].values[0, 0], rtol=1e-4, atol=1e-9)


def test_the_mice_of_the_page_are_those_of_the_command_line(ask):
    """They die at the same hour, to within the times at which the page looks."""
    scenario = {
        "challenge": {"agent": "LPS", "dose": 5, "unit": "mg/kg", "route": "i.p.", "at": 0},
        "hours": 72,
    }
    times = np.arange(0.0, 72.01, 0.5)
    dead = ask("deaths", scenario=scenario, animals=list(range(30)), times=times.tolist())
    experiment = Experiment.from_mapping(
        {
            "title": "LPS",
            "challenge": {"LPS": "5 mg/kg"},
            "arms": {"all": {}},
            "measure": ["TNF at 72 h"],
        }
    )
    cohort = Cohort.sample(spreads(assemble()), size=ANIMALS, seed=SEED)
    hazard = simulate(
        model=assemble(),
        timelines=build_timelines(experiment),
        cohort=cohort,
        times=times,
        outputs=["hazard"],
    )["hazard"].values[0]
    expected = times_of_death(times, hazard, cohort.death_thresholds)
    assert any(hour is None for hour in dead)
    assert any(hour is not None for hour in dead)
    for hour, other in zip(dead, expected, strict=False):
        assert (hour is None) == (not math.isfinite(other))
        if hour is not None:
            assert hour == pytest.approx(other, abs=0.05)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"challenge": {"agent": "LSP", "dose": 4, "route": "i.p.", "at": 0}}, "the agent LSP"),
        ({"lesions": ["splenectomi"]}, "the lesion splenectomi"),
        ({"lesions": ["spinal cord"]}, "needs a level"),
        ({"lesions": ["spinal cord at L9"]}, "no level L9"),
        ({"hypotheses": {"dopamine source": "luck"}}, "the option luck"),
        ({"species": "yeti"}, "the species yeti"),
        (
            {
                "stimulus": {
                    "mode": "electroacupuncture",
                    "site": "XX1",
                    "current": 1,
                    "width": 50,
                    "frequency": 10,
                    "at": 0,
                    "duration": 1,
                }
            },
            "the site XX1",
        ),
        (
            {
                "stimulus": {
                    "mode": "electroacupuncture",
                    "site": "ST36",
                    "current": 99,
                    "width": 50,
                    "frequency": 10,
                    "at": 0,
                    "duration": 1,
                }
            },
            "between 0 and 40 mA",
        ),
    ],
)
def test_what_the_tables_do_not_know_is_refused_in_a_sentence(ask, part, words):
    (said,) = ask("refusals", scenarios=[{"hours": 24, **part}])
    assert words in said
    assert said.endswith(".")


def test_what_stands_in_an_organ_goes_with_it_and_not_before(ask):
    line = {"initial": {}, "edges": [{"time": 1.0, "set": {"present_spleen": 0}, "add": {}}]}
    gone, kept = ["NA_spleen", "message_spleen", "ACh_spleen"], ["NA_lung", "TNF"]
    runs = [{"line": line, "ids": gone + kept, "times": [0.0, 1.0, 2.0]}]
    (found,) = ask("courses", runs=runs)
    for id, values in found.items():
        there = [value is not None for value in values]
        assert there == ([True, False, False] if id in gone else [True, True, True]), id


def test_a_lesion_with_a_side_halves_what_is_paired(ask):
    scenario = {"hours": 2, "challenge": None}
    runs = [
        {"scenario": {**scenario, "lesions": lesions}, "ids": ["splanchnic_nerve"], "times": [1.0]}
        for lesions in ([], ["left splanchnic nerves"], ["splanchnic nerves"])
    ]
    whole, half, none = (one["splanchnic_nerve"][0] for one in ask("courses", runs=runs, rtol=1e-6))
    assert whole > half > none == pytest.approx(0.0, abs=1e-9)
