"""The twin of the kernel solves classical problems, obeys its own rules, and fails in words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from reflexarc.expression import TIME, Graph, Node
from reflexarc.kernel.equations import Edge, Functions, SystemEquations, system_edges
from reflexarc.kernel.methods import RODAS3P, RODAS4, RODAS5P, RODAS5PE, TSIT5, Explicit, Rosenbrock
from reflexarc.kernel.twin import (
    USUAL,
    Pace,
    Status,
    Trajectory,
    error_norm,
    first_step,
    integrate,
    take_step,
)
from reflexarc.system import Event, System

Array = NDArray[Any]
IMPLICIT = [RODAS5P, RODAS5PE, RODAS4, RODAS3P]
STRICT = Pace(weight=1.0)
"""The embedded method's error itself is compared with the tolerance."""


@dataclass(frozen=True)
class Problem:
    name: str
    rates: Callable[[float, Array], Any]
    state: tuple[float, ...]
    grid: tuple[float, ...]
    atol: float
    stiff: bool = True
    parameters: tuple[float, ...] = field(default=())

    @property
    def equations(self) -> Functions:
        return Functions(
            lambda t, y, p: self.rates(t, y),
            lambda t, y, p: by_complex_step(lambda x: self.rates(t, x), y),
            lambda t, y, p: np.imag(self.rates(t + 1e-40j, y + 0j)) / 1e-40,
        )

    def run(self, method: Rosenbrock | Explicit, rtol: float, **options: Any) -> Trajectory:
        return integrate(
            self.equations,
            state=self.state,
            start=0,
            stop=self.grid[-1],
            grid=self.grid,
            method=method,
            rtol=rtol,
            atol=self.atol * rtol,
            pace=STRICT,
            **options,
        )

    @property
    def solver(self) -> dict[str, Any]:
        if not self.stiff:
            return {"method": "DOP853"}
        return {
            "method": "Radau",
            "jac": lambda t, y: by_complex_step(lambda x: self.rates(t, x), y),
        }

    def reference(self) -> Array:
        found = solve_ivp(
            lambda t, y: np.array(self.rates(t, y)),
            (0, self.grid[-1]),
            self.state,
            **self.solver,
            t_eval=self.grid,
            rtol=1e-11,
            atol=1e-11 * self.atol,
        )
        return np.asarray(found.y.T)


def by_complex_step(rates: Callable[[Array], Any], y: Array) -> Array:
    columns = [np.imag(rates(y + 1e-40j * unit)) / 1e-40 for unit in np.eye(y.size)]
    return np.array(columns).T


def robertson(t: float, y: Array) -> Any:
    slow, fast, back = 0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]
    return np.array([back - slow, slow - back - fast, fast])


def van_der_pol(t: float, y: Array) -> Any:
    return np.array([y[1], 50 * (1 - y[0] ** 2) * y[1] - y[0]])


def hires(t: float, y: Array) -> Any:
    bound = 280 * y[5] * y[7]
    return np.array(
        [
            -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
            1.71 * y[0] - 8.75 * y[1],
            -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
            8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
            -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
            -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
            bound - 1.81 * y[6],
            -bound + 1.81 * y[6],
        ]
    )


def oregonator(t: float, y: Array) -> Any:
    return np.array(
        [
            77.27 * (y[1] + y[0] * (1 - 8.375e-6 * y[0] - y[1])),
            (y[2] - (1 + y[0]) * y[1]) / 77.27,
            0.161 * (y[0] - y[2]),
        ]
    )


def forced_pendulum(t: float, y: Array) -> Any:
    return np.array([y[1], -np.sin(y[0]) - 0.1 * y[1] + 0.5 * np.cos(0.7 * t)])


PROBLEMS = [
    Problem("Robertson", robertson, (1, 0, 0), (0.4, 4, 40, 400, 4000), 1e-4),
    Problem("van der Pol", van_der_pol, (2, 0), (1, 10, 20, 40, 41), 1e-2),
    Problem("HIRES", hires, (1, 0, 0, 0, 0, 0, 0, 0.0057), (1, 5, 50, 200, 321.8), 1e-4),
    Problem("Oregonator", oregonator, (1, 2, 3), (3, 10, 30), 1e-3),
    Problem("pendulum", forced_pendulum, (1, 0), (1, 2.5, 5, 10, 20), 1e-2, stiff=False),
]
REFERENCES: dict[str, Array] = {}


def worst(problem: Problem, run: Trajectory) -> float:
    """The largest error, relative to the state or to its scale."""
    if problem.name not in REFERENCES:
        REFERENCES[problem.name] = problem.reference()
    reference = REFERENCES[problem.name]
    assert run.status is Status.DONE
    return float((abs(run.values - reference) / (abs(reference) + problem.atol)).max())


@pytest.mark.parametrize("method", IMPLICIT, ids=lambda one: one.name)
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: one.name)
def test_classical_problems_come_out_as_with_scipy(problem: Problem, method: Rosenbrock) -> None:
    assert worst(problem, problem.run(method, 1e-6)) < (1e-3 if method.order > 3 else 0.1)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: one.name)
def test_a_tighter_tolerance_gives_a_proportionally_smaller_error(problem: Problem) -> None:
    errors = [worst(problem, problem.run(RODAS5P, rtol)) for rtol in (1e-4, 1e-6, 1e-8)]
    assert errors[2] < 2e-6
    assert errors[0] / errors[2] > 100


def test_an_explicit_method_solves_what_is_not_stiff() -> None:
    problem = PROBLEMS[-1]
    errors = [worst(problem, problem.run(TSIT5, rtol)) for rtol in (1e-5, 1e-8)]
    assert errors[1] < 1e-6
    assert errors[0] / errors[1] > 50


# A rate that edges switch: y' = p - y, with steps in p and boluses into y.


def switched(t: float, y: Array, p: Array) -> Array:
    return p[0] - 2 * y


CHAIN = Functions(switched, lambda t, y, p: -2 * np.eye(1))


def sets(value: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    return lambda y, p: (y, np.array([value]))


def adds(amount: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    return lambda y, p: (y + amount, p)


def follow(edges: list[Edge], grid: Array, start: float, stop: float) -> Array:
    """The exact solution, with the values before the edges at their instants."""
    values = np.full(grid.size, np.nan)
    t, y, p = start, np.zeros(1), np.zeros(1)
    values[grid <= start] = 0
    for time, action in [*sorted(edges, key=lambda e: e.time), Edge(stop, sets(0))]:
        inside = (grid > t) & (grid <= time)
        rest = p[0] / 2
        values[inside] = rest + (y[0] - rest) * np.exp(-2 * (grid[inside] - t))
        y = rest + (y - rest) * np.exp(-2 * (time - t))
        t, (y, p) = time, action(y, p)
    return values


PULSES = [edge for i in range(7) for edge in (Edge(i, sets(3.0)), Edge(i + 0.25, sets(0.0)))]
BOLUS = Edge(2.25, adds(5.0))


@pytest.mark.parametrize("method", [*IMPLICIT, TSIT5], ids=lambda one: one.name)
def test_a_train_of_pulses_is_followed(method: Rosenbrock | Explicit) -> None:
    grid = np.linspace(-0.5, 7, 61)
    edges = [*PULSES, BOLUS]
    run = integrate(
        CHAIN, state=[0], parameters=[0], start=-0.5, stop=7, edges=edges, grid=grid,
        method=method, rtol=1e-7, atol=1e-9,
    )  # fmt: skip
    np.testing.assert_allclose(run.values[:, 0], follow(edges, grid, -0.5, 7), atol=2e-6)
    ends = {step.time + step.size for step in run.steps if step.accepted}
    starts = {step.time for step in run.steps}
    assert {edge.time for edge in edges} <= starts
    assert all(min(abs(end - edge.time) for end in ends) < 1e-12 for edge in edges)
    assert not any(
        step.time < edge.time - 1e-12 and step.time + step.size > edge.time + 1e-12
        for step in run.steps
        for edge in edges
    )


def test_a_value_at_an_edge_is_the_one_before_it_unless_asked_otherwise() -> None:
    edges = [Edge(0, adds(1.0)), Edge(1, adds(10.0)), Edge(2, sets(4.0)), Edge(3, adds(5.0))]
    before, after = (
        integrate(
            CHAIN, state=[0], parameters=[0], start=0, stop=3, edges=edges, grid=[0, 1, 2, 3],
            sample_after=behind,
        )
        for behind in (False, True)
    )  # fmt: skip
    assert before.values[0, 0] == 0
    assert after.values[0, 0] == 1
    assert before.values[1, 0] == pytest.approx(np.exp(-2), rel=1e-5)
    jumps = (after.values - before.values)[:, 0]
    np.testing.assert_allclose(jumps, [1, 10, 0, 5], atol=1e-12)
    assert before.parameters[:, 0].tolist() == [0, 0, 0, 4]
    assert after.parameters[:, 0].tolist() == [0, 0, 4, 4]
    assert before.final[0] == after.final[0] == after.values[3, 0]


def test_times_beside_an_instant_belong_to_it() -> None:
    grid = [-1, 0, 4e-10, 0.5, 1 - 4e-10, 1 + 4e-10, 1.5, 2 + 4e-10, 3]
    run = integrate(
        CHAIN, state=[1], parameters=[0], start=0, stop=2, edges=[Edge(1, adds(1))], grid=grid
    )
    assert run.values[:3, 0].tolist() == [1, 1, 1]
    np.testing.assert_allclose(run.values[4:6, 0], np.exp(-2), rtol=1e-5)
    assert np.isfinite(run.values[:-1]).all()
    assert np.isnan(run.values[-1]).all()


def test_edges_at_one_instant_happen_in_the_order_given() -> None:
    doubles = Edge(1, lambda y, p: (2 * y, p))
    late = Edge(2, sets(7))
    both = [
        integrate(
            CHAIN, state=[0], parameters=[0], start=1, stop=1.0, edges=[late, *edges], grid=[1]
        ).final[0]
        for edges in ([Edge(1, adds(1)), doubles], [doubles, Edge(1, adds(1))])
    ]
    assert both == [2, 1]


def test_an_edge_that_does_nothing_changes_nothing_beyond_the_tolerance() -> None:
    problem = PROBLEMS[2]
    cut = [Edge(time, lambda y, p: (y, p)) for time in (0.3, 7.0, 7.5, 100.0)]
    whole, parts = (problem.run(RODAS5P, 1e-8, edges=edges) for edges in ([], cut))
    assert len(parts.steps) > len(whole.steps)
    np.testing.assert_allclose(parts.values, whole.values, rtol=2e-6, atol=1e-10)


def test_a_grid_changes_no_step() -> None:
    problem = PROBLEMS[1]
    few = problem.run(RODAS5P, 1e-6)
    many = integrate(
        problem.equations, state=problem.state, start=0, stop=41, rtol=1e-6, atol=1e-8,
        grid=np.linspace(0, 41, 411), pace=STRICT,
    )  # fmt: skip
    assert [step.time for step in few.steps] == [step.time for step in many.steps]
    np.testing.assert_array_equal(few.values, many.values[[10, 100, 200, 400, 410]])


def test_a_step_after_a_rejected_one_does_not_grow() -> None:
    steps = PROBLEMS[1].run(RODAS5P, 1e-6).steps
    assert any(not step.accepted for step in steps)
    for one, two, three in zip(steps, steps[1:], steps[2:], strict=False):
        factor = two.size / one.size
        assert USUAL.shrinkage - 1e-12 <= factor <= USUAL.growth + 1e-12 or two is steps[-1]
        assert one.accepted == (one.error <= 1)
        if not one.accepted:
            assert factor < 1
            assert not two.accepted or three.size <= two.size * (1 + 1e-4)


def test_the_first_step_knows_the_speed() -> None:
    y, slope = np.array([2.0, 1.0]), np.array([-20.0, 10.0])
    assert first_step(y, slope, 1e-6, 0.0) == pytest.approx(USUAL.first * 1 / 10)
    assert first_step(np.zeros(2), slope, 1e-6, 1e-9) == 1e-6
    assert first_step(y, np.zeros(2), 1e-6, 1e-9) == 1e-6


def test_an_error_is_measured_by_the_larger_of_old_and_new() -> None:
    difference, old, new = np.array([3e-6, 4e-6]), np.array([2.0, -1.0]), np.array([-1.0, 1.0])
    expected = np.sqrt(((3 / 2.5) ** 2 + (4 / 1.5) ** 2) / 2)
    assert error_norm(difference, old, new, 1e-6, 0.5e-6) == pytest.approx(expected)
    assert error_norm(difference, new, old, 1e-6, 0.5e-6) == pytest.approx(expected)
    assert error_norm(difference, old, np.array([1.0, np.inf]), 1e-6, 1e-9) == np.inf
    assert error_norm(difference * np.nan, old, new, 1e-6, 1e-9) == np.inf


def test_a_step_that_nearly_reaches_the_end_does_reach_it() -> None:
    still = of_one(lambda t, y: 0.0, lambda t, y: 0.0)
    sizes = [USUAL.blind * USUAL.growth**k for k in range(3)]
    for beyond, count in ((0.00005, 3), (0.0002, 4)):
        run = integrate(still, state=[1], start=0, stop=sum(sizes) + beyond * sizes[-1])
        assert len(run.steps) == count
        assert [step.size for step in run.steps[:2]] == pytest.approx(sizes[:2])


@pytest.mark.parametrize("method", [*IMPLICIT, TSIT5], ids=lambda one: one.name)
def test_one_step_has_the_order_of_its_method_when_the_time_is_in_the_rates(
    method: Rosenbrock | Explicit,
) -> None:
    errors = np.zeros((2, 3))
    for start in np.arange(8.0):
        y = np.array([1.0, np.sin(start)])
        for i, h in enumerate((0.2, 0.1)):
            middle, end = (
                solve_ivp(
                    forced_pendulum, (start, start + span), y, "DOP853", rtol=1e-13, atol=1e-14
                ).y[:, -1]
                for span in (h / 2, h)
            )
            y1, difference, between = take_step(
                PROBLEMS[-1].equations, method, start, y, np.empty(0), h
            )
            first, half, last = between(np.array([[0.0], [0.5], [1.0]]))
            np.testing.assert_allclose([first, last], [y, y1], rtol=1e-13)
            errors[i] += [abs(x).max() for x in (y1 - end, y1 - difference - end, half - middle)]
    orders = np.log2(np.divide(*errors))
    claimed = [method.order, method.embedded_order, method.dense_order]
    assert (orders > np.array(claimed) + 0.6).all(), orders


# Failures.


def of_one(rate: Callable[[float, float], float], slope: Callable[[float, float], float]) -> Any:
    return Functions(
        lambda t, y, p: np.array([rate(t, y[0])]), lambda t, y, p: np.array([[slope(t, y[0])]])
    )


BLOW_UP = of_one(lambda t, y: y * y, lambda t, y: 2 * y)


def test_a_blow_up_ends_where_it_happens() -> None:
    run = integrate(BLOW_UP, state=[1], start=0, stop=2, grid=[0, 0.5, 0.99, 1.5, 2])
    assert run.status is Status.STEP_VANISHED
    assert run.time == pytest.approx(1, abs=1e-4)
    assert run.values[1, 0] == pytest.approx(2, rel=1e-5)
    assert np.isnan(run.values[3:]).all()
    assert np.isnan(run.parameters[3:]).all()


def test_too_many_steps_end_a_run() -> None:
    run = PROBLEMS[1].run(RODAS5P, 1e-6, step_limit=30)
    assert run.status is Status.STEP_LIMIT
    assert len(run.steps) == 30
    assert 0 < run.time < 41
    assert np.isnan(run.values[-1]).all()


@pytest.mark.parametrize("method", [RODAS5P, TSIT5], ids=lambda one: one.name)
def test_what_is_not_finite_ends_a_run(method: Rosenbrock | Explicit) -> None:
    edge = Edge(1, lambda y, p: (y * np.nan, p))
    run = integrate(
        CHAIN, state=[1], parameters=[0], start=0, stop=2, edges=[edge], grid=[0.5, 1, 1.5],
        method=method,
    )  # fmt: skip
    assert run.status is Status.NOT_FINITE
    assert run.time == 1
    assert np.isfinite(run.values[:2]).all()
    assert np.isnan(run.values[2]).all()

    root = of_one(lambda t, y: -1 / np.sqrt(y), lambda t, y: 0.5 * y**-1.5)
    run = integrate(root, state=[1], start=0, stop=2, grid=[0.5, 2], method=method)
    assert run.status is Status.NOT_FINITE
    assert run.time == pytest.approx(2 / 3, abs=1e-4)
    assert integrate(root, state=[-1], start=0, stop=2).status is Status.NOT_FINITE


def test_a_singular_matrix_is_a_rejected_step() -> None:
    singular_once = of_one(lambda t, y: 0.0, lambda t, y: 1 / (1e-6 * RODAS5P.gamma))
    run = integrate(singular_once, state=[1], start=0, stop=1, grid=[1])
    assert run.status is Status.DONE
    assert not run.steps[0].accepted
    assert run.values[0, 0] == 1


# Equations of a system.


def small_system() -> System:
    """A' = light (2 - A) - k A^2, B' = k A^2 - A B + max(0.9 - B, 0), lit from `on` to `off`."""
    graph = Graph()

    def of(operator: str, *arguments: Node) -> Node:
        return graph.apply(operator, *arguments)

    a, b, k, on, off, time = map(graph.symbol, ("A", "B", "k", "on", "off", TIME))
    number = graph.number
    lit = of("and", of("less_equal", on, time), of("less", time, off))
    light = of("select", lit, of("add", number(2), of("sin", time)), number(0.5))
    square = of("multiply", k, of("power", a, number(2)))
    both = of("multiply", a, b)
    minus = number(-1)
    to_two = of("add", number(2), of("multiply", minus, a))
    missing = of("add", number(0.9), of("multiply", minus, b))
    low = of("select", of("less", b, number(0.9)), missing, number(0))
    return System(
        name="small",
        graph=graph,
        states=("A", "B"),
        parameters=("k", "on", "off"),
        values=np.array([0.7, 1.0, 2.5]),
        initial=(number(1), of("divide", k, number(2))),
        rates=(
            of("add", of("multiply", light, to_two), of("multiply", minus, square)),
            of("add", square, of("multiply", minus, both), low),
        ),
        variables={"A": a, "B": b},
        events=(
            Event("dose", times=(number(0.5), number(3)), assignments=(("A", of("add", a, a)),)),
            Event(
                "swap",
                times=(number(3),),
                assignments=(("A", b), ("B", a)),
                priority=number(2),
            ),
            Event("early", times=(number(0),), assignments=(("A", number(99)),)),
            Event("faster", times=(number(4),), assignments=(("k", time),), at_start=True),
        ),
        breaks=(on, off),
    )


def small_rates(t: float, y: Array, p: Array, lit: bool) -> Array:
    a, b = y
    light = 2 + np.sin(t) if lit else 0.5
    square = p[0] * a * a
    return np.array([light * (2 - a) - square, square - a * b + (0.9 - b if b.real < 0.9 else 0)])


def test_a_system_has_the_derivatives_of_its_rates() -> None:
    system = small_system()
    for middle, lit in ((0.2, False), (1.7, True)):
        equations = SystemEquations(system).at(middle)
        t, y, p = 2.1, np.array([0.8, 0.6]), system.values
        by_hand = partial(small_rates, p=p, lit=lit)

        np.testing.assert_allclose(equations.rates(t, y, p), by_hand(t, y), rtol=1e-14)
        np.testing.assert_allclose(
            equations.jacobian(t, y, p), by_complex_step(partial(by_hand, t), y), rtol=1e-13
        )
        np.testing.assert_allclose(
            equations.time_derivative(t, y, p), np.imag(by_hand(t + 1e-40j, y)) / 1e-40, atol=1e-13
        )


def test_a_system_runs_with_its_breaks_and_events() -> None:
    system = small_system()
    (p,) = system.parameter_table(1)
    (y,) = system.initial_table(p[None])
    edges = system_edges(system, p, start=0, stop=5)
    assert [edge.time for edge in edges] == [0.5, 1, 2.5, 3, 4]
    grid = np.linspace(0, 5, 51)
    run = integrate(
        SystemEquations(system), state=y, parameters=p, start=0, stop=5, edges=edges, grid=grid,
        rtol=1e-9, atol=1e-11, sample_after=True,
    )  # fmt: skip

    expected = [y]
    now = y
    for start, stop in zip([0, 0.5, 1, 2.5, 3, 4], [0.5, 1, 2.5, 3, 4, 5], strict=True):
        inside = grid[(grid > start + 1e-9) & (grid < stop - 1e-9)]
        found = solve_ivp(
            small_rates, (start, stop), now, method="DOP853", rtol=1e-11, atol=1e-13,
            t_eval=[*inside, stop], args=(p, start in (1,)), max_step=0.01,
        )  # fmt: skip
        now = found.y[:, -1]
        if stop == 0.5:
            now = np.array([2 * now[0], now[1]])
        if stop == 3:  # the swap goes first; the dose still adds up what was there before it
            now = np.array([2 * now[0], now[0]])
        if stop == 4:
            p = np.array([4.0, *p[1:]])
        expected += [*found.y.T[:-1], now]
    np.testing.assert_allclose(run.values, expected, rtol=1e-6)
    assert run.parameters[-1].tolist() == [4, 1, 2.5]


def test_an_event_at_the_start_counts_where_it_says_so() -> None:
    system = small_system()
    assert [e.time for e in system_edges(system, system.values, start=4, stop=9)] == [4]
    assert [e.time for e in system_edges(system, system.values, start=3, stop=9)] == [4]
