"""heyoka: Taylor series in SIMD batches, compiled for the model.

Its documentation recommends batch mode for many runs of one system, `fast_math` and a batch of the
SIMD size; compact mode compiles faster and may run faster for long systems.

Taylor series need smooth equations, and two things here aren't. `max(x, 0)` under a power that is
no whole number has no series at 0, where many animals start; it is replaced by its smooth twin
(x + sqrt(x^2 + d^2)) / 2 with d = `ROUNDING`. Other maxima and choices become `select`. Terms of
parameters alone are computed once per piece of time, outside of heyoka: a power of such a term has
no series in heyoka when the term is 0.

heyoka's tolerance is relative to the largest state. States are therefore in units of their own
size, so that it means for each state what it means for the other engines.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]

DISTRIBUTION = "heyoka"
LIBRARIES = ("heyoka",)

ROUNDING = 1e-8


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path | None = None
) -> Callable[[], Floats]:
    """Return what solves all animals, a batch at a time.

    Args:
        problem: What is to be solved; its animals are repeated to fill the last batch.
        setting: Says `batch 4` or `batch 8`, and may say `compact`.
        rtol: Tolerance of the Taylor series.
        atol: Not needed: see above.
        folder: Not needed.
    """
    import heyoka as hy

    batch = 8 if "batch 8" in setting else 4
    before, after = problem.tape.hoisted()
    scales = problem.sizes
    names = problem.tape.states
    variables = hy.make_vars(*(f"x{k}" for k in range(len(names))))
    symbols: dict[str, Any] = {
        name: variables[k] * float(scales[k]) for k, name in enumerate(names)
    }
    symbols |= {name: hy.par[k] for k, name in enumerate(after.parameters)}
    values = after.play(symbols, _operations(hy), lambda number: hy.expression(number))
    rates = [values[place] / float(scales[k]) for k, place in enumerate(after.rates)]
    integrator = hy.taylor_adaptive_batch(
        list(zip(variables, rates, strict=True)),
        np.zeros((len(names), batch)),
        pars=np.zeros((len(after.parameters), batch)),
        tol=rtol,
        compact_mode="compact" in setting,
        fast_math=True,
        force_avx512=batch == 8,
    )
    size = problem.animals
    order = np.arange(-(-size // batch) * batch) % size
    pieces = []
    for segment, table, bolus in problem.hoisted_inputs(before, after):
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9]
        grid = np.array([segment.start, *inner, segment.stop])
        pieces.append(
            (
                segment,
                table[order].T,
                (bolus / scales)[:, None],
                np.repeat(grid[:, None], batch, axis=1),
                wanted.size,
            )
        )
    initial = (problem.initial / scales)[order].T

    def solve() -> Floats:
        answer = problem.empty()
        for first in range(0, len(order), batch):
            lanes = slice(first, first + batch)
            animals = order[lanes][: size - first]
            integrator.state[:] = initial[:, lanes]
            for segment, table, bolus, grid, outputs in pieces:
                integrator.pars[:] = table[:, lanes]
                integrator.state[:] += bolus
                integrator.set_time(segment.start)
                _, rows = integrator.propagate_grid(grid)
                integrator.state[:] = rows[-1]
                taken = rows[1 : 1 + outputs, :, : len(animals)]
                answer[animals, segment.rows] = taken.transpose(2, 0, 1) * scales
        return answer

    return solve


def _operations(hy: Any) -> dict[str, Callable[..., Any]]:
    def product(*factors: Any) -> Any:
        result = factors[0]
        for factor in factors[1:]:
            result = result * factor
        return result

    def whole(exponent: Any) -> int | None:
        text = str(exponent)
        try:
            value = float(text)
        except ValueError:
            return None
        return int(value) if value == int(value) else None

    def power(base: Any, exponent: Any) -> Any:
        count = whole(exponent)
        if count is not None:
            factor = base if count > 0 else 1.0 / base
            return product(*[factor] * abs(count))
        return positive(base) ** exponent

    def positive(value: Any) -> Any:
        return (value + hy.sqrt(value * value + ROUNDING**2)) * 0.5

    def largest(*values: Any) -> Any:
        result = values[0]
        for value in values[1:]:
            result = value + positive(result - value)
        return result

    return {
        "add": lambda *terms: hy.sum(list(terms)),
        "multiply": product,
        "divide": lambda a, b: a / b,
        "power": power,
        "exp": hy.exp,
        "log": hy.log,
        "sqrt": hy.sqrt,
        "max": largest,
        "less": hy.lt,
        "less_equal": hy.lte,
        "select": hy.select,
    }
