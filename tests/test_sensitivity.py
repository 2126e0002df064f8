"""Slopes are those of the true solution, through edges and from the settled state on."""

import cmath
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from reflexarc.biology import assemble
from reflexarc.cohort import Cohort
from reflexarc.compiled import line_of, system_of
from reflexarc.errors import InputError, NumericalError
from reflexarc.expression import TIME, Graph, Node
from reflexarc.kernel import Change, Instant, Kernel, Line, Settings
from reflexarc.kernel import sensitivity as module
from reflexarc.kernel.neighbours import PERTURBATION, Neighbours
from reflexarc.protocol import Experiment
from reflexarc.reference import simulate_animal
from reflexarc.sensitivity import Sensitivities, of_timeline, sensitivities
from reflexarc.system import Event, System
from reflexarc.timeline import Timeline, build_timelines
from toy_model import ToyEdge, ToyTimeline, toy

Floats = NDArray[np.float64]
Difference = Literal["central", "forward"]


def largest_error(found: Floats, truth: Floats) -> float:
    """Largest error of a slope, as a share of its largest value over time."""
    top = np.abs(truth).max(axis=0)
    assert (top > 0).all()
    return float((np.abs(found - truth).max(axis=0) / top).max())


# ---- a model with a solution on paper: a dose is absorbed, cleared, and cleared faster later


def clearance(*, events: tuple[Event, ...] = ()) -> System:
    graph = Graph()
    apply = graph.apply
    dose, k, source, late, y = map(graph.symbol, ("dose", "k", "source", "late", "y"))
    loss = apply("multiply", graph.number(-1), k, y)
    return System(
        name="clearance",
        graph=graph,
        states=("y",),
        parameters=("dose", "k", "source", "late", "start"),
        values=np.array([3.0, 0.4, 0.0, 2.0, 0.0]),
        initial=(graph.symbol("start"),),
        rates=(apply("add", source, loss),),
        variables={"y": y, "late y": apply("multiply", late, y)},
        derived={"start": apply("multiply", graph.number(2), dose)},
        events=events,
    )


CLEARANCE_LINE = Line(
    0.0,
    6.0,
    (
        Instant(1.0, (Change(5, 1.5, adds=True),)),
        Instant(2.5, (Change(1, 0.9),)),
        Instant(3.0, (Change(2, 0.3),)),
    ),
)
CLEARANCE_GRID = np.array([0.25, 1.0, 1.75, 2.5, 3.0, 4.0, 6.0])


def cleared(dose: complex, k: complex, source: complex, late: complex) -> list[complex]:
    """The solution on paper, for complex parameters too."""

    def move(y: complex, hours: float, source: complex, k: complex) -> complex:
        rest = cmath.exp(-k * hours)
        return y * rest + source * (1 - rest) / k

    values = []
    for time in CLEARANCE_GRID:
        y = move(2 * dose, min(time, 1.0), source, k)
        if time > 1.0:
            y = move(y + 1.5, min(time, 2.5) - 1.0, source, k)
        if time > 2.5:
            y = move(y, min(time, 3.0) - 2.5, source, 0.9)
        if time > 3.0:
            y = move(y, time - 3.0, 0.3, 0.9)
        values.append(late * y)
    return values


def complex_step(names: Iterable[str], given: dict[str, float]) -> Floats:
    """Slopes to the last digit: Im f(p + ih) / h needs no difference."""
    columns = []
    for name in names:
        moved: dict[str, complex] = dict(given)
        moved[name] += 1e-30j
        columns.append([value.imag / 1e-30 for value in cleared(**moved)])
    return np.array(columns).T


@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize("difference", ["central", "forward"])
def test_slopes_are_those_on_paper(difference: Difference, width: int) -> None:
    given = {"dose": 3.0, "k": 0.4, "source": 0.0, "late": 2.0}
    found = sensitivities(
        Kernel.of(clearance(), ["late y"], width=width),
        names=tuple(given),
        line=CLEARANCE_LINE,
        grid=CLEARANCE_GRID,
        difference=difference,
    )
    assert found.slopes.shape == (1, CLEARANCE_GRID.size, 1, 4)
    assert largest_error(found.slopes[0, :, 0], complex_step(given, given)) < 6e-6
    assert found.values[0, :, 0] == pytest.approx(np.real(cleared(**given)), rel=2e-6)


def test_a_tight_tolerance_gives_slopes_to_nine_digits() -> None:
    given = {"dose": 3.0, "k": 0.4, "source": 0.05, "late": 2.0}
    found = sensitivities(
        Kernel.of(clearance(), ["late y"]),
        names=tuple(given),
        line=CLEARANCE_LINE,
        grid=CLEARANCE_GRID,
        given={"source": 0.05},
        settings=Settings(rtol=1e-11, atol=1e-14),
    )
    assert largest_error(found.slopes[0, :, 0], complex_step(given, given)) < 2e-9


@pytest.mark.parametrize("difference", ["central", "forward"])
def test_a_parameter_that_is_0_moves_upwards_only(difference: Difference) -> None:
    graph = Graph()
    level, y = graph.symbol("level"), graph.symbol("y")
    bent = System(
        name="bent",
        graph=graph,
        states=("y",),
        parameters=("level", "other"),
        values=np.array([0.0, 1.0]),
        initial=(graph.number(0.0),),
        rates=(graph.apply("max", level, graph.number(0.0)),),
        variables={"y": y},
    )
    found = sensitivities(
        Kernel.of(bent, ["y"]),
        names=["other", "level"],
        line=Line(0.0, 2.0),
        grid=[2],
        given={"level": [0.0, -1.0, 0.0]},
        difference=difference,
    )
    assert found.slopes[:, 0, 0, 1] == pytest.approx([2.0, 0.0, 2.0], rel=1e-9)
    assert (found.slopes[:, 0, 0, 0] == 0).all()
    assert (found.values == 0).all()


def test_the_size_of_a_parameter_can_be_given() -> None:
    graph = Graph()
    k = graph.symbol("k")
    square = graph.apply("multiply", k, k)
    system = System(
        name="square",
        graph=graph,
        states=("y",),
        parameters=("k",),
        values=np.array([0.0]),
        initial=(graph.number(0.0),),
        rates=(square,),
        variables={"y": graph.symbol("y")},
    )
    kernel = Kernel.of(system, ["y"])

    def slope(**more: Any) -> float:
        found = sensitivities(kernel, names=["k"], line=Line(0.0, 1.0), grid=[1.0], **more)
        return float(found.slopes[0, 0, 0, 0])

    # d(k^2)/dk upwards from 0 by a difference is the move itself
    assert slope() == pytest.approx(PERTURBATION["forward"], rel=1e-6)
    assert slope(sizes={"k": 1e-3}) == pytest.approx(1e-3 * PERTURBATION["forward"], rel=1e-6)


@pytest.mark.parametrize(("rtol", "bound"), [(1e-4, 1e-3), (1e-6, 1e-5), (1e-8, 1e-6)])
def test_slopes_that_move_while_the_run_rests_are_followed(rtol: float, bound: float) -> None:
    """At rest the error of the run itself would let steps grow without end."""
    times = np.linspace(0.0, 20.0, 81)
    found = sensitivities(
        Kernel.of(clearance(), ["y"]),
        names=["source"],
        line=Line(0.0, 20.0),
        grid=times,
        given={"source": 0.4, "start": 1.0},
        settings=Settings(rtol=rtol, atol=rtol * 1e-3),
    )
    assert found.values[0, :, 0] == pytest.approx(np.ones(81), abs=1e-9)
    truth = (1 - np.exp(-0.4 * times[:, None])) / 0.4
    assert largest_error(found.slopes[0, :, 0], truth) < bound


# ---- a model without one: the tangent equations, derived symbolically and solved by SciPy


TOY_NAMES = ("k_LPS", "K_LPS", "k_cell", "g_brake", "k_TNF", "leak", "d_TNF", "k_hazard", "pulse")
TOY_TIMELINE = ToyTimeline(
    arm="toy",
    edges=(
        ToyEdge(-0.5, set={"pulse": 1.5}),
        ToyEdge(0.0, set={"pulse": 0.2}, add={"LPS": 3.0}),
        ToyEdge(0.25, set={"g_brake": 1.0}),
        ToyEdge(8.0, add={"LPS": 1.0}),
    ),
)
TOY_GRID = np.linspace(-0.9, 24.0, 60)
TOY_OUTPUTS = ("LPS", "cell", "TNF", "hazard")


@cache
def toy_kernel(width: int | None = None) -> Kernel:
    return Kernel.of(system_of(toy().sbml), TOY_OUTPUTS, width=width)


def toy_slopes(**more: Any) -> Sensitivities:
    kernel = toy_kernel()
    line = line_of(kernel.system, TOY_TIMELINE)  # type: ignore[arg-type]
    return sensitivities(kernel, **{"names": TOY_NAMES, "line": line, "grid": TOY_GRID, **more})


@cache
def toy_truth() -> Floats:
    """Slopes of the toy by each name, shape (time, state, parameter), to about ten digits."""
    system, graph = toy_kernel().system, toy_kernel().system.graph
    places = [(i, j) for i in range(4) for j in range(4)]
    nodes: list[Node] = [
        *system.rates,
        *(graph.derivative(system.rates[i], graph.symbol(system.states[j])) for i, j in places),
        *(
            graph.derivative(rate, graph.symbol(name))
            for rate in system.rates
            for name in TOY_NAMES
        ),
    ]
    values = dict(zip(system.parameters, system.parameter_table(1)[0].tolist(), strict=True))
    alive = np.ones(len(TOY_NAMES))

    def rates(time: float, both: Floats) -> Floats:
        states = dict(zip(system.states, both[:4].tolist(), strict=True))
        numbers = np.array(graph.evaluate(nodes, {**values, **states, TIME: time}), dtype=float)
        by_state, by_name = numbers[4:20].reshape(4, 4), numbers[20:].reshape(4, -1)
        tangents = by_state @ both[4:].reshape(4, -1) + by_name * alive
        return np.concatenate([numbers[:4], tangents.ravel()])

    both = np.concatenate(
        [system.initial_table(system.parameter_table(1))[0], np.zeros(4 * len(TOY_NAMES))]
    )
    instants = [TOY_TIMELINE.start, *(edge.time for edge in TOY_TIMELINE.edges), TOY_TIMELINE.stop]
    result = np.full((TOY_GRID.size, 4, len(TOY_NAMES)), np.nan)
    for start, stop, edge in zip(
        instants, instants[1:], (ToyEdge(-1.0), *TOY_TIMELINE.edges), strict=False
    ):
        values |= edge.set
        alive[[TOY_NAMES.index(name) for name in edge.set]] = 0.0
        for name, amount in edge.add.items():
            both[system.states.index(name)] += amount
        place = np.flatnonzero((start < TOY_GRID) & ~(stop < TOY_GRID))
        times = [*(t for t in TOY_GRID[place] if t < stop), stop]
        run = solve_ivp(rates, (start, stop), both, "DOP853", t_eval=times, rtol=1e-11, atol=1e-13)
        result[place] = run.y.T[: place.size, 4:].reshape(-1, 4, len(TOY_NAMES))
        both = run.y[:, -1].copy()
    return result


def toy_error(found: Sensitivities) -> float:
    truth = toy_truth()
    order = [found.outputs.index(name) for name in toy_kernel().system.states]
    slopes = found.slopes[0][:, order]
    matters = np.abs(truth).max(axis=0) > 1e-12
    return largest_error(slopes[:, matters], truth[:, matters])


@pytest.mark.parametrize(
    ("rtol", "difference", "bound"),
    [(1e-4, "central", 1e-3), (1e-6, "central", 2e-5), (1e-6, "forward", 2e-5)],
)  # fmt: skip
def test_slopes_are_as_exact_as_the_tolerance(
    rtol: float, difference: Difference, bound: float
) -> None:
    found = toy_slopes(settings=Settings(rtol=rtol, atol=rtol * 1e-3), difference=difference)
    assert toy_error(found) < bound


def test_more_parameters_than_lanes_and_other_widths_make_no_difference() -> None:
    kernel = toy_kernel()
    truth = toy_slopes().slopes
    line = line_of(kernel.system, TOY_TIMELINE)  # type: ignore[arg-type]
    other = sensitivities(toy_kernel(4), names=TOY_NAMES, line=line, grid=TOY_GRID)
    scale = np.abs(truth).max(axis=1, keepdims=True) + 1e-9
    assert (np.abs(other.slopes - truth) / scale).max() < 2e-5
    with pytest.raises(InputError, match="4 lanes"):
        sensitivities(toy_kernel(2), names=TOY_NAMES, line=line, grid=TOY_GRID)


def test_the_settled_state_moves_with_the_parameters() -> None:
    kernel = toy_kernel()
    found = sensitivities(
        kernel,
        names=["k_TNF", "leak", "d_TNF", "g_brake"],
        line=Line(0.0, 1.0),
        grid=[0.0, 1.0],
        settle=240.0,
        reset=["hazard"],
    )
    # at rest TNF is k_TNF leak / d_TNF = 100 * 0.04 / 2
    at = found.outputs.index("TNF")
    for time in (0, 1):
        assert found.slopes[0, time, at] == pytest.approx([0.02, 50.0, -1.0, 0.0], rel=2e-6)
    assert found.elasticities[0, 0, at] == pytest.approx([1.0, 1.0, -1.0, 0.0], abs=2e-6)
    assert found.per_share[0, 0, at] == pytest.approx([2.0, 2.0, -2.0, 0.0], abs=4e-6)
    assert found.slopes[0, :, found.outputs.index("hazard")] == pytest.approx(0.0)


def test_states_that_are_given_depend_on_nothing() -> None:
    given = np.zeros((2, 4))
    given[:, toy_kernel().system.states.index("TNF")] = 2.0, 5.0
    one = toy_slopes(initial=given[0], grid=[-1.0, 0.0])
    assert (one.slopes[:, 0] == 0).all()
    two = toy_slopes(initial=given, grid=[-1.0, 0.0])
    assert two.values[:, 0, two.outputs.index("TNF")].tolist() == [2.0, 5.0]
    assert np.array_equal(two.slopes[0], one.slopes[0])


def test_a_set_does_not_depend_on_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"k_TNF": np.array([50.0, 100.0, 200.0]), "k_LPS": [0.5, 0.7, 0.9], "leak": 0.05}
    together = toy_slopes(given=given)
    assert together.points[:, TOY_NAMES.index("k_TNF")].tolist() == [50.0, 100.0, 200.0]
    monkeypatch.setattr(module, "MOST_NUMBERS", 1)
    one_by_one = toy_slopes(given=given)
    assert np.array_equal(together.slopes, one_by_one.slopes)
    single = toy_slopes(given={"k_TNF": 200.0, "k_LPS": 0.9, "leak": 0.05})
    assert np.array_equal(single.slopes[0], together.slopes[2])
    assert np.array_equal(single.values[0], together.values[2])


def explosion() -> Kernel:
    """y = 1 / (1 - a t), which has no value from t = 1 / a on."""
    graph = Graph()
    a, y = graph.symbol("a"), graph.symbol("y")
    system = System(
        name="explosion",
        graph=graph,
        states=("y",),
        parameters=("a",),
        values=np.array([1.0]),
        initial=(graph.number(1.0),),
        rates=(graph.apply("multiply", a, y, y),),
        variables={"y": y},
    )
    return Kernel.of(system, ["y"])


@pytest.mark.parametrize("block", [1, 2**18])
def test_a_set_that_fails_disturbs_nobody(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NUMBERS", block)
    given = np.array([0.5, 2.0, 0.25, 0.95])  # the last lives, but what is 10 % above it doesn't
    found = sensitivities(
        explosion(), names=["a"], line=Line(0.0, 1.0), grid=[0.25, 1.0], given={"a": given}
    )
    assert (found.status != 0).tolist() == [False, True, False, False]
    assert found.ended[1] == pytest.approx(0.5, abs=1e-3)
    assert np.isnan(found.values[1]).all()
    assert np.isnan(found.slopes[1]).all()
    lives = [0, 2, 3]
    assert found.ended[lives].tolist() == [1.0, 1.0, 1.0]
    assert found.slopes[lives, 1, 0, 0] == pytest.approx(1 / (1 - given[lives]) ** 2, rel=1e-3)


# ---- likelihood


def test_the_likelihood_and_its_gradient() -> None:
    found = toy_slopes(given={"k_TNF": [80.0, 100.0]}, grid=[1.0, 2.0, 4.0])
    rng = np.random.default_rng(3)
    measured = found.values[1] * rng.normal(1.0, 0.1, found.values[1].shape)
    measured[0, 1] = measured[2, 0] = np.nan
    sigma = np.array([0.1, 0.02, 3.0, 0.01])
    value, gradient = found.log_likelihood(measured=measured, sigma=sigma)

    def by_hand(values: Floats) -> float:
        total = 0.0
        for i, j in np.argwhere(~np.isnan(measured)):
            z = (measured[i, j] - values[i, j]) / sigma[j]
            total += -0.5 * z**2 - np.log(sigma[j]) - 0.5 * np.log(2 * np.pi)
        return total

    assert value == pytest.approx([by_hand(found.values[0]), by_hand(found.values[1])])
    assert gradient.shape == (2, len(TOY_NAMES))
    for name in ("k_TNF", "k_cell"):
        k, tiny = TOY_NAMES.index(name), 1e-5
        sides = []
        for side in (-1, 1):
            point = {"k_TNF": 100.0, name: float(found.points[1, k]) * (1 + side * tiny)}
            one = toy_slopes(
                given=point, grid=[1.0, 2.0, 4.0], settings=Settings(rtol=1e-11, atol=1e-14)
            )
            sides.append(by_hand(one.values[0]))
        slope = (sides[1] - sides[0]) / (2 * tiny * found.points[1, k])
        assert gradient[1, k] == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize(
    ("measured", "sigma", "words"),
    [
        (np.zeros((2, 4)), 1.0, r"\(2, 4\).*\(3, 4\)"),
        (np.zeros((3, 4)), np.ones(3), r"sigma.*\(3,\)"),
        (np.zeros((3, 4)), 0.0, "above 0"),
    ],
)
def test_measurements_that_do_not_fit_are_refused(measured: Floats, sigma: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        toy_slopes(grid=[1.0, 2.0, 4.0]).log_likelihood(measured=measured, sigma=sigma)


# ---- the laboratory's model


@cache
def leg() -> Timeline:
    lines = build_timelines(Experiment.load("liu-2021"))
    return replace(next(line for line in lines if line.arm == "leg 0.5 mA"), stop=12.0)


LAB_NAMES = ("k_TNF", "K_LPS", "g_vagal_DA", "NA_junction_rest")
LAB_OUTPUTS = ("TNF", "IL6", "NA", "DA", "hazard", "temperature", "NA_rest")
LAB_TIMES = np.linspace(0.0, 12.0, 13)


def lab_slopes(**more: Any) -> Sensitivities:
    """All these tests use one kernel."""
    usual = {"names": LAB_NAMES, "times": LAB_TIMES, "outputs": LAB_OUTPUTS}
    return of_timeline(leg(), **{**usual, **more})


@cache
def lab_truth() -> Floats:
    """p dy/dp by differences of fourth order between runs of CVODE, (time, output, parameter)."""
    step, columns = 2e-3, []
    for name in LAB_NAMES:
        low, down, up, high = (
            simulate_animal(
                model=assemble(),
                timeline=leg(),
                times=LAB_TIMES,
                outputs=LAB_OUTPUTS,
                multipliers={name: 1 + shift * step},
                rtol=1e-11,
                atol=1e-14,
            )
            for shift in (-2, -1, 1, 2)
        )
        columns.append((low - high + 8 * (up - down)) / (12 * step))
    return np.stack(columns, axis=-1)


def lab_error(found: Sensitivities) -> float:
    truth, shares = lab_truth(), found.per_share[0]
    strong = np.abs(truth).max(axis=0) > 1e-3 * np.abs(found.values[0]).max(axis=0)[:, None]
    assert strong.sum() >= 15
    return largest_error(shares[:, strong], truth[:, strong])


def alone(run: Callable[..., Any]) -> Callable[..., Any]:
    """Let every lane choose its own steps."""

    def changed(self: Kernel, *, settings: Settings, **more: Any) -> Any:
        return run(self, settings=replace(settings, common=False), **more)

    return changed


@pytest.mark.parametrize("difference", ["central", "forward"])
def test_slopes_of_the_laboratory_agree_with_cvode(difference: Difference) -> None:
    assert lab_error(lab_slopes(difference=difference)) < 1e-5


def test_without_steps_in_common_slopes_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    together = lab_error(lab_slopes())
    monkeypatch.setattr(Kernel, "run", alone(Kernel.run))
    assert lab_error(lab_slopes()) > 10 * together


def test_animals_of_a_cohort_are_sets() -> None:
    cohort = Cohort.sample({"k_TNF": 0.3, "K_LPS": 0.2}, size=2, seed=5)
    found = lab_slopes(cohort=cohort)
    for animal in range(2):
        expected = simulate_animal(
            model=assemble(),
            timeline=leg(),
            times=LAB_TIMES,
            outputs=LAB_OUTPUTS,
            multipliers=cohort.parameters(animal),
        )
        assert found.values[animal] == pytest.approx(expected, rel=1e-5, abs=1e-5)
    central = {p.id: p.value for p in assemble().parameters}
    assert found.points[:, 0] == pytest.approx(central["k_TNF"] * cohort.multipliers[:, 0])
    assert found.points[:, 2] == pytest.approx([central["g_vagal_DA"]] * 2)


def test_an_animal_that_fails_is_named() -> None:
    cohort = replace(
        Cohort.sample({"k_TNF": 0.3}, size=2, seed=5), multipliers=np.array([[1.0], [np.nan]])
    )
    with pytest.raises(NumericalError, match=r"arm 'leg 0\.5 mA', animal 1: .* failed at t ="):
        lab_slopes(cohort=cohort)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"names": ["k_TNG"]}, "k_TNF"),
        ({"names": []}, "at least one"),
        ({"outputs": ["TNG"]}, "TNF"),
        ({"times": [2.0, 1.0]}, "increase"),
        ({"timeline": replace(leg(), initial={"k_TNG": 0.0})}, "k_TNF"),
    ],
)
def test_words_that_the_laboratory_does_not_know(change: dict[str, Any], words: str) -> None:
    order: dict[str, Any] = {
        "timeline": leg(), "names": ["k_TNF"], "times": [1.0], "outputs": ["TNF"], **change
    }  # fmt: skip
    with pytest.raises(InputError, match=words):
        of_timeline(order.pop("timeline"), **order)


# ---- what is refused, and the layout of lanes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"names": ["k_TNG"]}, "k_TNF"),
        ({"names": ["leak", "leak"]}, "only once"),
        ({"given": {"leek": 1.0}}, "leak"),
        ({"given": {"leak": [1.0, 2.0], "k_LPS": [1.0, 2.0, 3.0]}}, r"\[2, 3\]"),
        ({"given": {"leak": [[1.0]]}}, "one number"),
        ({"initial": [1.0, 2.0]}, "4 of them"),
        ({"settle": 10.0, "reset": ["hazrd"]}, "hazard"),
        ({"sizes": {"leak": 0.0}}, "above 0"),
        ({"sizes": {"infusion_LPS": 1.0}}, "in names"),
        ({"grid": [1.0, 1.0]}, "increase"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        toy_slopes(**change)


def test_a_parameter_that_moves_an_instant_is_refused() -> None:
    plain = clearance()
    event = Event("later", (plain.graph.symbol("late"),), (("y", plain.graph.number(0.0)),))
    kernel = Kernel.of(replace(plain, events=(event,)), ["y"])
    with pytest.raises(InputError, match=r"event 'later' depends on 'late'"):
        sensitivities(kernel, names=["late"], line=Line(0.0, 1.0), grid=[1.0])


def test_single_precision_is_refused() -> None:
    kernel = Kernel.of(clearance(), ["y"], single=True)
    with pytest.raises(InputError, match="double precision"):
        sensitivities(kernel, names=["k"], line=Line(0.0, 1.0), grid=[1.0])


@pytest.mark.parametrize("difference", ["central", "forward"])
@pytest.mark.parametrize("width", [4, 8])
def test_neighbours_lie_in_one_group(difference: Difference, width: int) -> None:
    for count in range(1, 20):
        lay = Neighbours.of(count, width=width, difference=difference)
        assert lay.lanes % width == 0
        assert (lay.low // width == lay.high // width).all()
        step = PERTURBATION[difference]
        assert (lay.shares[lay.high] == step * np.eye(count)).all()
        low = -step * np.eye(count) if difference == "central" else np.zeros((count, count))
        assert (lay.shares[lay.low] == low).all()
        assert (lay.shares[::width] == 0).all()
        scouts = lay.shares[lay.scouts]
        assert ((scouts != 0).sum(axis=0) == 1).all()
        assert (scouts.argmax(axis=0) == lay.high // width)[scouts.max(axis=0) > 0].all()


def test_a_run_begins_where_the_laboratory_lets_it_rest() -> None:
    found = lab_slopes(times=[leg().start])
    rested = simulate_animal(
        model=assemble(), timeline=leg(), times=[leg().start], outputs=LAB_OUTPUTS
    )
    assert found.values[0] == pytest.approx(rested, rel=1e-5, abs=1e-9)
    at = LAB_OUTPUTS.index("NA_rest"), LAB_NAMES.index("NA_junction_rest")
    assert found.elasticities[0, 0][at] == pytest.approx(1.0, abs=0.2)
