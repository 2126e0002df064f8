"""numbalsoda: LSODA and DOP853 called from machine code that numba made, loop over animals and all.

Its documentation recommends exactly this: the right-hand side as a `cfunc`, parameters through its
pointer, and the loop over runs inside a jitted function.

The right-hand side is written as a Python module of our own into the working folder and imported
from there: numba compiles functions, and there is no other way to make one from a formula without
evaluating text. Terms of parameters alone are computed beforehand.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem
from reflexarc.bench.tape import Tape

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare", "source"]

Floats = NDArray[np.float64]

DISTRIBUTION = "numbalsoda"
LIBRARIES = ("numba", "numbalsoda")

MOST_STEPS = 100_000


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path
) -> Callable[[], Floats]:
    """Return what solves all animals, one after another, in one jitted call.

    Args:
        problem: What is to be solved.
        setting: `LSODA` or `DOP853`.
        rtol: Relative tolerance.
        atol: Absolute tolerance, the same number for every state.
        folder: Where the right-hand side is written.
    """
    import numba
    import numbalsoda

    solver = numbalsoda.lsoda if setting == "LSODA" else numbalsoda.dop853
    before, after = problem.tape.hoisted()
    rates = _load(folder / "rates.py", source(after))
    function = numba.cfunc(numbalsoda.lsoda_sig, fastmath={"nsz", "arcp", "contract"})(rates)
    address = function.address

    def loop(
        initial: Floats,
        tables: Floats,
        boluses: Floats,
        grid: Floats,
        bounds: Any,
        rows: Any,
        answer: Floats,
    ) -> bool:
        good = True
        for animal in range(initial.shape[0]):
            state = initial[animal].copy()
            for k in range(tables.shape[0]):
                state += boluses[k]
                values, success = solver(
                    address,
                    state,
                    grid[bounds[k] : bounds[k + 1]],
                    tables[k, animal],
                    rtol,
                    atol,
                    MOST_STEPS,
                )
                good &= success
                if not success:
                    values[:] = np.nan
                count = rows[k, 1] - rows[k, 0]
                answer[animal, rows[k, 0] : rows[k, 1]] = values[1 : 1 + count]
                state = values[-1].copy()
        return good

    solve_all = numba.njit(loop)
    grids, tables, boluses, rows = [], [], [], []
    for segment, table, bolus in problem.hoisted_inputs(before, after):
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9]
        grids.append(np.array([segment.start, *inner, segment.stop]))
        tables.append(table)
        boluses.append(bolus)
        rows.append((segment.first, segment.last))
    arguments = (
        problem.initial,
        np.ascontiguousarray(tables),
        np.array(boluses),
        np.concatenate(grids),
        np.cumsum([0, *map(len, grids)]),
        np.array(rows),
    )

    def solve() -> Floats:
        answer = problem.empty()
        solve_all(*arguments, answer)
        return answer

    solve()
    return solve


def source(tape: Tape) -> str:
    """Return the text of a module with `rates(t, u, du, p)`, as numbalsoda wants it."""
    place = {name: f"u[{k}]" for k, name in enumerate(tape.states)}
    place |= {name: f"p[{k}]" for k, name in enumerate(tape.parameters)}
    names: list[str] = []
    lines = ["from math import exp, log, sqrt", "", "def rates(t, u, du, p):"]
    for k, (operator, arguments) in enumerate(tape.entries):
        if operator == "number":
            names.append(repr(float(arguments)))
            continue
        if operator == "symbol":
            names.append("t" if arguments == "$time" else place[arguments])
            continue
        lines.append(f"    v{k} = {_formula(operator, [names[a] for a in arguments])}")
        names.append(f"v{k}")
    lines += [f"    du[{k}] = {names[place]}" for k, place in enumerate(tape.rates)]
    return "\n".join(lines) + "\n"


def _formula(operator: str, given: list[str]) -> str:
    first, *others = given
    if operator in ("exp", "log", "sqrt", "abs"):
        return f"{operator}({first})"
    if operator in ("min", "max"):
        return f"{operator}({', '.join(given)})"
    if operator == "power":
        return _power(first, others[0])
    if operator == "select":
        return f"{others[0]} if {first} else {others[1]}"
    if operator == "not":
        return f"not {first}"
    signs = {
        "add": " + ",
        "multiply": " * ",
        "divide": " / ",
        "less": " < ",
        "less_equal": " <= ",
        "equal": " == ",
        "not_equal": " != ",
        "and": " and ",
        "or": " or ",
    }
    return signs[operator].join(given)


def _power(base: str, exponent: str) -> str:
    """Return a power; of a base below 0 it is 0, so that no step ends in not-a-number."""
    try:
        count = float(exponent)
    except ValueError:
        return f"{base} ** {exponent} if {base} > 0.0 else 0.0"
    if count != int(count):
        return f"{base} ** {exponent} if {base} > 0.0 else 0.0"
    product = " * ".join([base] * abs(int(count)))
    return product if count > 0 else f"1.0 / ({product})"


def _load(path: Path, text: str) -> Callable[..., None]:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("rates", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., None] = module.rates
    return function
