"""The coefficients of the one-step methods satisfy what their papers claim.

The conditions on a method's order are sums over its coefficients, one for each rooted tree (Hairer
& Wanner 1996, section IV.7): they find a wrong digit anywhere. Runs in extended precision with a
fixed step then show the orders themselves.
"""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from reflexarc.errors import InputError
from reflexarc.kernel.methods import (
    METHODS,
    RODAS3P,
    RODAS4,
    RODAS5P,
    RODAS5PE,
    TSIT5,
    Explicit,
    Rosenbrock,
    method,
)

ROSENBROCK = [RODAS5P, RODAS5PE, RODAS4, RODAS3P]
EVERY = [*ROSENBROCK, TSIT5]
Tree = tuple  # of the trees that hang on the root
Array = NDArray[np.float64]


def trees(order: int) -> Iterator[Tree]:
    """Every rooted tree with `order` vertices, once."""
    for parts in partitions(order - 1, order - 1):
        yield from forests(parts)


def partitions(total: int, largest: int) -> Iterator[tuple[int, ...]]:
    if total == 0:
        yield ()
    for part in range(min(total, largest), 0, -1):
        for rest in partitions(total - part, part):
            yield (part, *rest)


def forests(parts: tuple[int, ...]) -> Iterator[Tree]:
    if not parts:
        yield ()
        return
    size, count = parts[0], parts.count(parts[0])
    for same in combinations_with_replacement(list(trees(size)), count):
        for rest in forests(parts[count:]):
            yield (*same, *rest)


def vertices(tree: Tree) -> int:
    return 1 + sum(vertices(branch) for branch in tree)


def density(tree: Tree) -> int:
    return vertices(tree) * int(np.prod([density(branch) for branch in tree] or [1]))


def plain_form(one: Rosenbrock | Explicit) -> tuple[Array, Array, Callable[[Array], Array]]:
    """The weights of stages k_i in arguments (alpha), with those of J k_j added (beta), and a map
    from weights of u_i to weights of k_i."""
    if isinstance(one, Explicit):
        return one.a, one.a, lambda weights: weights
    full = np.linalg.inv(np.eye(one.stages) / one.gamma - one.c)
    alpha = one.a @ full
    return alpha, alpha + full, lambda weights: weights @ full


def weight(tree: Tree, alpha: Array, beta: Array) -> Array:
    if not tree:
        return np.ones(len(alpha))
    if len(tree) == 1:
        return beta @ weight(tree[0], alpha, beta)
    return np.prod([alpha @ weight(branch, alpha, beta) for branch in tree], axis=0)


def misses(one: Rosenbrock | Explicit, weights: Array, order: int, theta: float = 1.0) -> float:
    """The largest amount by which the conditions of exactly this order are missed."""
    alpha, beta, plain = plain_form(one)
    b = plain(weights)
    return max(
        abs(b @ weight(tree, alpha, beta) - theta**order / density(tree)) for tree in trees(order)
    )


def end_weights(one: Rosenbrock | Explicit) -> Array:
    return one.a[-1] if isinstance(one, Explicit) else one.m


def dense_weights(one: Rosenbrock | Explicit, theta: float) -> Array:
    if isinstance(one, Explicit):
        return theta ** np.arange(1, len(one.dense) + 1) @ one.dense
    return theta * (one.m + (1 - theta) * (theta ** np.arange(len(one.dense)) @ one.dense))


def order_of(one: Rosenbrock | Explicit, weights: Array, theta: float = 1.0) -> int:
    """The highest order whose conditions, and those of all lower orders, hold to rounding."""
    order = 0
    while misses(one, weights, order + 1, theta) < 1e-12:
        order += 1
    return order


def test_there_are_as_many_trees_as_there_should_be() -> None:
    assert [len(list(trees(n))) for n in range(1, 7)] == [1, 1, 2, 4, 9, 20]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_the_order_conditions_hold_up_to_the_order_claimed_and_no_further(
    one: Rosenbrock | Explicit,
) -> None:
    end = end_weights(one)
    assert order_of(one, end) == one.order
    assert order_of(one, end - one.e) == one.embedded_order
    for theta in (0.1, 0.37, 0.5, 0.81):
        assert order_of(one, dense_weights(one, theta), theta) == one.dense_order


@pytest.mark.parametrize("one", ROSENBROCK, ids=lambda one: one.name)
def test_a_coefficient_that_is_off_by_a_little_is_found(one: Rosenbrock) -> None:
    for i in range(one.stages):
        wrong = one.m.copy()
        wrong[i] += 1e-10
        assert order_of(one, wrong) < one.order


@pytest.mark.parametrize("one", ROSENBROCK, ids=lambda one: one.name)
def test_the_places_of_the_stages_follow_from_the_coefficients(one: Rosenbrock) -> None:
    alpha, beta, _ = plain_form(one)
    np.testing.assert_allclose(one.alpha, alpha.sum(axis=1), atol=1e-13)
    np.testing.assert_allclose(one.gamma_sums, (beta - alpha).sum(axis=1), atol=1e-13)


@pytest.mark.parametrize("one", ROSENBROCK, ids=lambda one: one.name)
def test_the_implicit_methods_are_stable_for_whatever_decays(one: Rosenbrock) -> None:
    _, beta, plain = plain_form(one)

    def growth(z: complex) -> complex:
        return 1 + z * plain(one.m) @ np.linalg.solve(np.eye(one.stages) - z * beta, one.alpha**0)

    assert one.stiffly_accurate
    assert abs(growth(-1e9)) < 1e-6
    assert all(abs(growth(1j * y)) <= 1 + 1e-12 for y in np.geomspace(1e-3, 1e6, 2000))
    assert (np.diag(beta) > 0).all()
    assert abs(growth(-0.1) - np.exp(-0.1)) < 1e-4


def test_explicit_methods_end_on_their_last_argument() -> None:
    np.testing.assert_allclose(TSIT5.alpha, TSIT5.a.sum(axis=1), atol=1e-13)
    np.testing.assert_allclose(TSIT5.dense.sum(axis=0), TSIT5.a[-1], atol=1e-13)
    assert TSIT5.alpha[-1] == 1


def test_what_a_step_can_share_is_known() -> None:
    assert RODAS5P.evaluations == tuple(range(8))
    assert RODAS4.evaluations == tuple(range(6))
    assert RODAS3P.evaluations == (0, 1, 0, 3, 3)
    assert RODAS5P.increments == (*[False] * 6, True, True, True)
    assert RODAS4.increments == (*[False] * 5, True, True)


def test_methods_have_names() -> None:
    assert [method(name).name for name in METHODS] == list(METHODS)
    with pytest.raises(InputError, match="rodas5p"):
        method("rodas5")


def test_the_coefficients_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        RODAS4.a[1, 0] = 2


# A problem with the solution (1 / (1 + t), sin t): nonlinear, and the time stands in it.


def rates(t: mpmath.mpf, y: Array) -> Array:
    first = -(y[0] ** 2) + (y[1] - mpmath.sin(t)) * y[0]
    second = mpmath.cos(t) + (y[0] * (1 + t) - 1) * y[1]
    return np.array([first, second])


def jacobian(t: mpmath.mpf, y: Array) -> Array:
    first = [-2 * y[0] + y[1] - mpmath.sin(t), y[0]]
    return np.array([first, [(1 + t) * y[1], y[0] * (1 + t) - 1]])


def time_derivative(t: mpmath.mpf, y: Array) -> Array:
    return np.array([-mpmath.cos(t) * y[0], -mpmath.sin(t) + y[0] * y[1]])


def solution(t: mpmath.mpf) -> Array:
    return np.array([1 / (1 + t), mpmath.sin(t)])


def stages(one: Rosenbrock | Explicit, t: mpmath.mpf, y: Array, h: mpmath.mpf) -> Array:
    """The stages of a step, such that weights @ stages is what they add to the state."""
    found = np.array([[mpmath.mpf(0)] * 2] * one.stages)
    if isinstance(one, Explicit):
        for i in range(one.stages):
            found[i] = h * rates(t + one.alpha[i] * h, y + exact(one.a[i]) @ found)
        return found
    (p, q), (r, s) = np.eye(2) / (h * one.gamma) - jacobian(t, y)
    inverse = np.array([[s, -q], [-r, p]]) / (p * s - q * r)
    for i in range(one.stages):
        right = rates(t + one.alpha[i] * h, y + exact(one.a[i]) @ found)
        right = right + exact(one.c[i]) @ found / h + one.gamma_sums[i] * h * time_derivative(t, y)
        found[i] = inverse @ right
    return found


def exact(numbers: Array) -> Array:
    return np.array([mpmath.mpf(float(x)) for x in numbers])


def seen_order(small: Array, large: Array) -> float:
    return float(mpmath.log(abs(large).max() / abs(small).max(), 2))


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_errors_shrink_with_the_step_as_the_order_says(one: Rosenbrock | Explicit) -> None:
    with mpmath.workdps(30):
        ends, embedded, between = [], [], []
        for count in (64, 128):
            h, y = mpmath.mpf(1) / count, solution(mpmath.mpf(0))
            for step in range(count):
                u = stages(one, step * h, y, h)
                if step == 0:
                    embedded.append(y + exact(end_weights(one) - one.e) @ u - solution(h))
                    dense = y + exact(dense_weights(one, 0.4)) @ u
                    between.append(dense - solution(mpmath.mpf(0.4) * h))
                y = y + exact(end_weights(one)) @ u
            ends.append(y - solution(mpmath.mpf(1)))
        assert seen_order(ends[1], ends[0]) == pytest.approx(one.order, abs=0.25)
        assert seen_order(embedded[1], embedded[0]) == pytest.approx(
            one.embedded_order + 1, abs=0.25
        )
        assert seen_order(between[1], between[0]) == pytest.approx(one.dense_order + 1, abs=0.25)
