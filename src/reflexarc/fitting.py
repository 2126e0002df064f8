"""Fit the parameters marked `fitted` to the findings declared in `evidence/fit_targets.tsv`.

Run as `python -m reflexarc.fitting` (`make fit`); `--species rat` or `human` fits what is marked
`fitted` for that species in `species.tsv` to the targets whose experiments are of that species. The
method is Levenberg-Marquardt on the logarithms of the parameters, within the bounds of the table. A
trial set of parameters is a virtual animal; survival is the expected share of a small cohort whose
traits multiply the trial set. Nothing is random but the scrambling of that cohort, by the seed; a
weak pull (PULL residuals per e-fold) keeps what the targets cannot tell where it was. The fitted
values are written back into the table; the run prints every target before and after, and how far
each parameter could still move. Where animals tip over between life and death slopes mislead:
`--search 100` first looks around the start by so many generations of CMA-ES (`pip install
'reflexarc[fit]'`), without that pull; the fit then starts from what it found. The search
minimises another cost, which a target out of reach does not rule: see `Problem.costs`. The fit
behind it minimises squares and may give up verdicts that the search won: `--iterations 0` leaves
it out.

Source: Marquardt 1963, doi:10.1137/0111030; Hansen 2016, arXiv:1604.00772.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflexarc.biology import Difference, Parameter, species_names
from reflexarc.biology.species import MOUSE
from reflexarc.problem import Problem, bound
from reflexarc.search import search

__all__ = ["fit", "uncertainty", "write_parameters"]

Floats = NDArray[np.float64]

STEP = 0.02
"""Step of the finite differences, in e-folds."""
PULL = 0.3
"""Weight of the pull towards the starting values, in residuals per e-fold."""
DAMPINGS = (0.1, 0.4, 1.6, 8.0)
"""Factors on the damping that are tried side by side."""
TOLD = 1.0
"""Standard deviation, in e-folds, above which the targets hardly tell a parameter."""
LARGEST_STEP = 0.7
"""Largest move of a parameter in one iteration, in e-folds."""


def fit(
    problem: Problem,
    *,
    iterations: int,
    start: Floats | None = None,
    keep: Callable[[Floats], None] | None = None,
) -> Floats:
    """Minimise the sum of squared residuals.

    Args:
        problem: What is fitted.
        iterations: At most so many; it ends earlier when an iteration gains less than 0.2 %.
        start: Logarithms to start from and to be pulled to; the table's if left out.
        keep: Called with every better point, so that an interrupted fit loses nothing.

    Returns:
        Logarithms of the fitted parameters, shape (parameter,).
    """
    low, high = problem.lower, problem.upper
    pulled = problem.start if start is None else start
    here = np.clip(pulled, low, high)

    def full(points: Floats) -> Floats:
        return np.concatenate([problem.residuals(points), PULL * (points - pulled)], axis=1)

    now = full(here[None])[0]
    cost, damping = float(now @ now), 0.1
    _say(f"start: {cost:.2f}")
    for iteration in range(iterations):
        jacobian = _slopes(full, here, now, high)
        tried = [_move(here, jacobian, now, damping * factor, low, high) for factor in DAMPINGS]
        results = full(np.array(tried))
        costs = [float(r @ r) if np.isfinite(r).all() else math.inf for r in results]
        best = int(np.argmin(costs))
        if costs[best] >= cost:
            damping *= 10.0
            _say(f"{iteration + 1}: no gain")
            if damping > 1e4:
                break
            continue
        gain, cost = 1 - costs[best] / cost, costs[best]
        here, now, damping = tried[best], results[best], max(damping * DAMPINGS[best], 1e-5)
        _say(f"{iteration + 1}: {cost:.2f}")
        if keep is not None:
            keep(here)
        if gain < 0.002:
            break
    return here


def uncertainty(problem: Problem, point: Floats) -> Floats:
    """Return how far each fitted parameter could move, by the curvature of the sum of squares.

    Args:
        problem: What is fitted.
        point: Logarithms of the fitted parameters.

    Returns:
        Standard deviation of the logarithm, shape (parameter,): 1 means a factor of e. The weak
        pull alone gives 1 / PULL, 3.3.
    """
    now = problem.residuals(point[None])[0]
    jacobian = _slopes(problem.residuals, point, now, problem.upper)
    curvature = jacobian.T @ jacobian + PULL**2 * np.eye(point.size)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(curvature))))


def write_parameters(path: Path, values: dict[str, float], *, species: str = MOUSE) -> None:
    """Write values into a table of parameters; every other field stays as it is.

    Args:
        path: The table, tab-separated with a header: `parameters.tsv`, or `species.tsv`.
        values: New values by id; rounded to four digits.
        species: Whose rows of `species.tsv`; the mouse has a table of its own.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split("\t")
    column, name = header.index("value"), header.index("id")
    for number, line in enumerate(lines):
        fields = line.split("\t")
        if fields[name] in values and (species == MOUSE or fields[0] == species):
            fields[column] = f"{values[fields[name]]:.4g}"
            lines[number] = "\t".join(fields)
    fresh = path.with_suffix(".part")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print each target before and after, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m reflexarc.fitting", description=__doc__)
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--search", type=int, default=0, help="generations of CMA-ES before")
    parser.add_argument("--animals", type=int, default=16, help="cohort for survival")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--species", default=MOUSE, choices=species_names())
    parser.add_argument("--only", default="", help="ids of the parameters, with commas")
    parser.add_argument("--targets", default="", help="how ids of targets begin, with commas")
    parser.add_argument("--dry", action="store_true", help="don't write the table")
    chosen = parser.parse_args(arguments)
    problem = Problem.declared(
        animals=chosen.animals,
        seed=chosen.seed,
        species=chosen.species,
        only=[name for name in chosen.only.split(",") if name],
        targets=chosen.targets,
    )
    table_name = "parameters.tsv" if chosen.species == MOUSE else "species.tsv"

    def values(point: Floats) -> dict[str, float]:
        return dict(zip((p.id for p in problem.free), np.exp(point).tolist(), strict=True))

    with as_file(files("reflexarc.biology").joinpath(table_name)) as table:

        def keep(point: Floats) -> None:
            if not chosen.dry:
                write_parameters(table, values(point), species=chosen.species)

        before = problem.residuals(problem.start[None])[0]
        found = search(
            problem.costs,
            start=problem.start,
            bounds=(problem.lower, problem.upper),
            generations=chosen.search,
            seed=chosen.seed,
            keep=keep,
            say=_say,
        )
        point = fit(problem, iterations=chosen.iterations, start=found, keep=keep)
        after = problem.residuals(point[None])[0]
    for target, old, new in zip(problem.targets, before, after, strict=True):
        print(f"{target.finding:28s} {old:8.2f} -> {new:6.2f}")
    print("\nparameter, before -> after, standard deviation in e-folds")
    for parameter, spread in zip(problem.free, uncertainty(problem, point), strict=True):
        fitted = values(point)[parameter.id]
        edge = "  at a bound" if _at_a_bound(parameter, fitted) else ""
        told = "" if spread < TOLD else "  hardly told by the targets"
        line = f"{parameter.id:28s} {parameter.value:10.4g} -> {fitted:10.4g}  {spread:5.2f}"
        print(f"{line}{edge}{told}")
    return 0


def _at_a_bound(parameter: Parameter | Difference, value: float) -> bool:
    edges = (bound(parameter, parameter.lower), bound(parameter, parameter.upper))
    return any(abs(math.log(value / edge)) < STEP for edge in edges)


def _slopes(
    function: Callable[[Floats], Floats], here: Floats, now: Floats, high: Floats
) -> Floats:
    """Return the slope of each residual against each parameter, by finite differences."""
    steps = np.where(here + STEP < high, STEP, -STEP)
    columns = (function(here + np.diag(steps)) - now) / steps[:, None]
    return np.asarray(np.nan_to_num(columns.T, posinf=0.0, neginf=0.0))


def _move(
    here: Floats, jacobian: Floats, now: Floats, damping: float, low: Floats, high: Floats
) -> Floats:
    """Return the damped Gauss-Newton step; a parameter that would leave its bounds stops there."""
    normal, gradient = jacobian.T @ jacobian, jacobian.T @ now
    system = normal + damping * np.diag(np.diag(normal) + 1e-3)
    lowest = np.maximum(low - here, -LARGEST_STEP)
    highest = np.minimum(high - here, LARGEST_STEP)
    free = np.ones(here.size, dtype=bool)
    move = np.zeros(here.size)
    while free.any():
        rows = np.flatnonzero(free)
        pull = gradient[rows] + system[np.ix_(rows, np.flatnonzero(~free))] @ move[~free]
        move[rows] = -np.linalg.solve(system[np.ix_(rows, rows)], pull)
        outside = free & ((move < lowest) | (move > highest))
        if not outside.any():
            break
        move = np.clip(move, lowest, highest)
        free &= ~outside
    return np.clip(here + move, low, high)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
