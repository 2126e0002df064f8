"""Both engines, which share no numerical code, say the same in every built-in experiment."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray

from reflexarc import compiled, ensemble
from reflexarc.biology import assemble, observables
from reflexarc.cohort import Cohort, spreads
from reflexarc.ensemble import simulate
from reflexarc.errors import InputError, NumericalError
from reflexarc.experiments import names
from reflexarc.protocol import Experiment
from reflexarc.reference import CUMULATIVE
from reflexarc.timeline import Timeline, build_timelines
from toy_model import pulsed, toy

TIMES = (-0.02, 0.0, 0.4, 1.5, 6.0, 24.0, 72.0)
SMALL = 1e-3
"""Share of a curve's peak that counts as much as the value itself."""


@cache
def outputs() -> tuple[str, ...]:
    """Return every state and every observable."""
    known = [*(state.id for state in assemble().states), *(one.id for one in observables())]
    return tuple(dict.fromkeys(known))


@cache
def timelines(name: str) -> tuple[Timeline, ...]:
    return tuple(build_timelines(Experiment.load(name)))


@cache
def cohort() -> Cohort:
    return Cohort.sample(spreads(assemble()), 2, seed=5)


def run(name: str, **options: Any) -> xarray.Dataset:
    return simulate(
        model=assemble(),
        timelines=timelines(name),
        cohort=cohort(),
        times=TIMES,
        outputs=outputs(),
        workers=1,
        **options,
    )


@cache
def reference(name: str) -> xarray.Dataset:
    return run(name, engine="reference", rtol=1e-10, atol=1e-13)


def distance(found: xarray.Dataset, expected: xarray.Dataset) -> float:
    """Return the largest difference, relative to the value and a small share of the peak."""
    assert list(found.data_vars) == list(expected.data_vars) == list(outputs())
    worst = 0.0
    for name in outputs():
        one, other = found[name].values, expected[name].values
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), name)
        peak = np.nanmax(np.abs(other))
        worst = max(worst, np.nanmax(np.abs(one - other) / (np.abs(other) + SMALL * peak + 1e-7)))
    return float(worst)


@pytest.mark.parametrize("name", names())
def test_the_engines_agree(name: str) -> None:
    assert distance(run(name, rtol=1e-9, atol=1e-12), reference(name)) < 1e-6


LOOSE = {"infection-cost": 2e-4, "sepsis-grades": 2e-4, "sepsis-treatment": 2e-4}
"""Where the usual tolerance is worth less: bacteria are cleared, by decades, or outgrow all, and
what parts the two magnifies a small error."""


@pytest.mark.parametrize("name", names())
def test_the_kernel_s_usual_tolerance_is_good_to_1e_5(name: str) -> None:
    error = distance(run(name), reference(name))
    assert error < LOOSE.get(name, 3e-5)
    assert error > 1e-10, "it can't be so good: does the tolerance reach the kernel?"


def test_every_arm_differs_from_another_somewhere() -> None:
    """What agrees isn't a resting animal."""
    moved = reference("liu-2021")
    values = np.stack([moved[name].values for name in outputs()])
    assert len(np.unique(values.reshape(values.shape[0], values.shape[1], -1), axis=1)[0]) > 5
    assert values.std(axis=1).max() > 1


def test_an_animal_s_numbers_depend_on_nothing_but_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on the size of blocks, nor on threads, nor on other animals and arms."""
    many = Cohort.sample(spreads(assemble()), 7, seed=5)
    arms = timelines("liu-2020")
    options: dict[str, Any] = {"model": assemble(), "times": TIMES, "outputs": ("TNF", "hazard")}
    whole = simulate(timelines=arms, cohort=many, workers=1, **options)
    few = simulate(timelines=arms[2:5], cohort=cohort(), workers=2, **options)
    monkeypatch.setitem(ensemble.BLOCK, "kernel", 3)
    cut = simulate(timelines=arms, cohort=many, workers=2, **options)
    assert cut.identical(whole)
    np.testing.assert_array_equal(few["TNF"].values, whole["TNF"].values[2:5, :2])


def test_outputs_that_are_rarely_wanted_move_no_number() -> None:
    usual = simulate(
        model=assemble(), timelines=timelines("liu-2020")[:2], cohort=cohort(), times=TIMES,
        outputs=("TNF",), workers=1,
    )  # fmt: skip
    np.testing.assert_array_equal(usual["TNF"].values, run("liu-2020")["TNF"].values[:2])


@pytest.mark.parametrize("engine", ensemble.ENGINES)
def test_each_engine_says_the_same_about_what_it_can_t_do(engine: ensemble.EngineName) -> None:
    options: dict[str, Any] = {"model": toy(), "cohort": Cohort.typical(), "workers": 1}
    arms = (pulsed("a", 1.0),)
    with pytest.raises(InputError, match=r"'TMF'.*TNF"):
        simulate(timelines=arms, times=[0], outputs=["TMF"], engine=engine, **options)
    with pytest.raises(InputError, match="increase"):
        simulate(timelines=arms, times=[0, 0], outputs=["TNF"], engine=engine, **options)
    wild = pulsed("wild", float("nan"))
    with pytest.raises(NumericalError, match="wild"):
        simulate(timelines=(wild,), times=[0, 5], outputs=["TNF"], engine=engine, **options)


def test_the_engines_agree_where_doses_add_up_and_rest_is_no_rest() -> None:
    """Two doses, a stimulus, and an infusion that goes on while the animal settles."""
    from dataclasses import replace

    arms = tuple(
        replace(pulsed(f"arm {rate}", 2.0), initial={"infusion_LPS": rate}) for rate in (0.0, 0.4)
    )
    animals = Cohort.sample(spreads(toy()), 3, seed=8)
    names_ = ("LPS", "cell", "TNF", "hazard", "firing")
    kernel, slow = (
        simulate(
            model=toy(), timelines=arms, cohort=animals, times=[-1.0, 0.0, 1.0, 3.0, 20.0],
            outputs=names_, engine=engine, rtol=1e-9, atol=1e-12, workers=1,
        )
        for engine in ensemble.ENGINES
    )  # fmt: skip
    for name in names_:
        np.testing.assert_allclose(kernel[name].values, slow[name].values, rtol=1e-6, atol=1e-9)
    assert (kernel["cell"].values[1, :, 0] > 0.05).all()
    assert not kernel["hazard"].values[:, :, 0].any()


def test_the_cumulative_begins_at_0_and_rest_comes_first() -> None:
    system = compiled.system_of(assemble().sbml)
    assert [name for name in CUMULATIVE if name in system.states]
    found = run("lps-dose-response")
    for name in CUMULATIVE:
        if name in found:
            assert (found[name].values[:, :, 0] >= 0).all()
            assert (found[name].values[:, :, 0] < 1e-6).all()


def test_a_line_names_what_the_model_does_not_have() -> None:
    from toy_model import ToyEdge, ToyTimeline

    system = compiled.system_of(toy().sbml)
    for edge in (ToyEdge(0.0, {"g_brakes": 1.0}), ToyEdge(0.0, {}, {"LSP": 1.0})):
        with pytest.raises(InputError, match=r"g_brake|LPS"):
            compiled.line_of(system, ToyTimeline("a", (edge,)))  # type: ignore[arg-type]
