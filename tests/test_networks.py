"""Random kinetic networks: the kernel against SciPy's Radau, with rates written a second time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from reflexarc.kernel import Kernel, Line, machine
from reflexarc.system import System
from small_systems import adds, build, run

Array = NDArray[np.float64]
GRID = np.array([0.0, 0.1, 1.0, 2.0, 3.0, 7.5, 10.0])
RUNS = 9


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.CACHE, "")


@dataclass(frozen=True)
class Reaction:
    """Takes one of each of `uses`, gives one of each of `makes`, at a rate of some kind."""

    kind: str
    uses: tuple[int, ...]
    makes: tuple[int, ...]
    driver: int

    def rate(self, y: Sequence[Any], p: Sequence[Any]) -> Any:
        """Return the rate from states and the reaction's (speed, half saturation, steepness)."""
        speed, half, steepness = p
        if self.kind == "mass action":
            total = speed
            for i in self.uses:
                total = total * y[i]
            return total
        if self.kind == "constant":
            return speed * 1.0
        first = y[self.uses[0]]
        if self.kind == "Michaelis-Menten":
            return speed * first / (half + first)
        up = y[self.driver] ** steepness
        down = half**steepness + up
        if self.kind == "Hill":
            return speed * first * up / down
        return speed * first * (half**steepness / down)


KINDS = ("mass action", "constant", "Michaelis-Menten", "Hill", "inhibition")


@st.composite
def reactions(draw: Any, size: int) -> Reaction:
    one = st.integers(0, size - 1)
    kind = draw(st.sampled_from(KINDS))
    if kind == "constant":
        return Reaction(kind, (), (draw(one),), 0)
    most = 2 if kind == "mass action" else 1
    uses = tuple(draw(st.lists(one, min_size=1, max_size=most)))
    makes = tuple(draw(st.lists(one, max_size=1)))
    return Reaction(kind, uses, makes, draw(one))


@dataclass(frozen=True)
class Network:
    size: int
    reactions: tuple[Reaction, ...]
    seed: int

    def tables(self) -> tuple[Array, Array]:
        """Return parameters (run, reaction, 3) and initial states (run, state)."""
        random = np.random.default_rng(self.seed)
        shape = (RUNS, len(self.reactions))
        speed = 10 ** random.uniform(-2, 1.5, shape)
        half = 10 ** random.uniform(-1, 1, shape)
        steepness = random.choice([1.0, 2.0, 3.0, 4.0, 1.5, 2.7], shape)
        initial = 10 ** random.uniform(-1, 1, (RUNS, self.size))
        initial[random.random(initial.shape) < 0.2] = 0.0
        return np.stack([speed, half, steepness], axis=2), initial

    def names(self) -> list[str]:
        return [f"{kind}{i}" for i in range(len(self.reactions)) for kind in ("v", "K", "n")]

    def system(self) -> System:
        def rates(s: Any) -> list[Any]:
            y = [getattr(s, f"S{i}") for i in range(self.size)]
            total = [s.number(0.0) for _ in y]
            for i, reaction in enumerate(self.reactions):
                p = [getattr(s, f"{kind}{i}") for kind in ("v", "K", "n")]
                self.move(total, reaction, reaction.rate(y, p))
            return total

        states = {f"S{i}": 0.0 for i in range(self.size)}
        return build(states, dict.fromkeys(self.names(), 1.0), rates)

    def function(self, p: Array) -> Callable[[float, Array], Array]:
        def rates(_: float, y: Array) -> Array:
            total = np.zeros(self.size)
            positive = np.maximum(y, 0.0)
            for reaction, own in zip(self.reactions, p, strict=True):
                broken = reaction.kind in ("Hill", "inhibition") and own[2] % 1
                self.move(total, reaction, reaction.rate(positive if broken else y, own))
            return total

        return rates

    @staticmethod
    def move(total: Any, reaction: Reaction, rate: Any) -> None:
        for i in reaction.uses:
            total[i] = total[i] - rate
        for i in reaction.makes:
            total[i] = total[i] + rate


@st.composite
def networks(draw: Any) -> Network:
    size = draw(st.integers(2, 8))
    some = draw(st.lists(reactions(size), min_size=1, max_size=10))
    return Network(size, tuple(some), draw(st.integers(0, 2**31)))


def radau(network: Network, p: Array, y: Array, bolus: float) -> Array:
    """Return the states at the grid with a bolus into the first state at 2."""
    parts = []
    for start, stop, inside in ((0.0, 2.0, GRID <= 2), (2.0, 10.0, GRID > 2)):
        found = solve_ivp(
            network.function(p), (start, stop), y, method="Radau", rtol=1e-10, atol=1e-13,
            t_eval=np.union1d(GRID[inside], [stop]),
        )  # fmt: skip
        assert found.success
        parts.append(found.y.T[: inside.sum()])
        y = found.y[:, -1].copy()
        y[0] += bolus
    return np.concatenate(parts)


@settings(derandomize=True, deadline=None, max_examples=16, database=None)
@given(networks(), st.sampled_from(["rodas5p", "rodas5p", "rodas4", "rodas3p"]))
def test_random_networks_come_out_as_with_scipy(network: Network, rule: str) -> None:
    system = network.system()
    compiled = Kernel.of(system, system.states, method_name=rule)
    parameters, initial = network.tables()
    given_ = dict(zip(network.names(), parameters.reshape(RUNS, -1).T, strict=True))
    line = Line(0, 10, (adds(system, 2.0, S0=1.5),))
    usual, fine = (
        run(compiled, line, GRID, size=RUNS, given=given_, initial=initial, rtol=r, atol=r * 1e-3)
        for r in (1e-6, 1e-9)
    )
    assert not usual.status.any()
    assert not fine.status.any()
    np.testing.assert_allclose(usual.outputs, fine.outputs, rtol=1e-4, atol=1e-7)
    expected = radau(network, parameters[0], initial[0], 1.5)
    np.testing.assert_allclose(fine.outputs[0], expected, rtol=1e-6, atol=1e-9)
