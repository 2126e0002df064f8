"""diffrax on JAX: all animals in one `jit(vmap(...))`, double precision, on the processor.

Its documentation recommends Tsit5 for what is not stiff and Kvaerno5 for what is, with a step size
controller of its own (`PIDController`), `SaveAt(ts=...)` and one jitted call for the whole batch.

JAX would compute both sides of a choice, also those that are not a number; so a power of a base
that may be 0 gets a safe base first. Terms of parameters alone are computed beforehand.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]

# Read when JAX is imported.
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

DISTRIBUTION = "diffrax"
LIBRARIES = ("jax", "diffrax")

MOST_STEPS = 100_000


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path | None = None
) -> Callable[[], Floats]:
    """Return what solves all animals at once.

    Args:
        problem: What is to be solved.
        setting: `Tsit5` or `Kvaerno5`.
        rtol: Relative tolerance.
        atol: Absolute tolerance, the same number for every state.
        folder: Not needed.
    """
    import diffrax
    import jax
    import jax.numpy as jnp

    before, after = problem.tape.hoisted()
    operations = _operations(jnp)

    def rates(t: Any, y: Any, values: Any) -> Any:
        symbols = {name: y[k] for k, name in enumerate(after.states)}
        symbols |= {name: values[k] for k, name in enumerate(after.parameters)}
        played = after.play(symbols, operations)
        return jnp.stack([jnp.asarray(played[place], y.dtype) for place in after.rates])

    term = diffrax.ODETerm(rates)
    solver = diffrax.Tsit5() if setting == "Tsit5" else diffrax.Kvaerno5()
    controller = diffrax.PIDController(rtol=rtol, atol=atol)

    def piece(state: Any, values: Any, times: Any) -> Any:
        return diffrax.diffeqsolve(
            term,
            solver,
            t0=times[0],
            t1=times[-1],
            dt0=None,
            y0=state,
            args=values,
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=controller,
            max_steps=MOST_STEPS,
            throw=False,
        ).ys

    inputs = []
    for segment, table, bolus in problem.hoisted_inputs(before, after):
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9]
        times = jnp.array([segment.start, *inner, segment.stop])
        inputs.append((segment, wanted.size, jnp.array(bolus), jnp.array(table), times))

    def run(state: Any, pieces: Any) -> Any:
        rows = []
        for bolus, table, times in pieces:
            solved = jax.vmap(piece, in_axes=(0, 0, None))(state + bolus, table, times)
            state = solved[:, -1]
            rows.append(solved)
        return rows

    initial = jnp.array(problem.initial)
    pieces = [(bolus, table, times) for _, _, bolus, table, times in inputs]
    compiled = jax.jit(run).lower(initial, pieces).compile()

    def solve() -> Floats:
        answer = problem.empty()
        rows = jax.block_until_ready(compiled(initial, pieces))
        for (segment, size, *_), solved in zip(inputs, rows, strict=True):
            answer[:, segment.rows] = np.asarray(solved[:, 1 : 1 + size])
        return answer

    return solve


def _operations(jnp: Any) -> dict[str, Callable[..., Any]]:
    def total(*terms: Any) -> Any:
        return sum(terms[1:], terms[0])

    def product(*factors: Any) -> Any:
        result = factors[0]
        for factor in factors[1:]:
            result = result * factor
        return result

    def power(base: Any, exponent: Any) -> Any:
        if isinstance(exponent, float) and exponent == int(exponent):
            return base ** int(exponent)
        safe = jnp.where(base > 0.0, base, 1.0)
        return jnp.where(base > 0.0, safe**exponent, 0.0)

    return {
        "add": total,
        "multiply": product,
        "divide": lambda a, b: a / b,
        "power": power,
        "exp": jnp.exp,
        "log": jnp.log,
        "sqrt": jnp.sqrt,
        "abs": jnp.abs,
        "min": jnp.minimum,
        "max": jnp.maximum,
        "less": lambda a, b: a < b,
        "less_equal": lambda a, b: a <= b,
        "equal": lambda a, b: a == b,
        "not_equal": lambda a, b: a != b,
        "and": jnp.logical_and,
        "or": jnp.logical_or,
        "not": jnp.logical_not,
        "select": jnp.where,
    }
