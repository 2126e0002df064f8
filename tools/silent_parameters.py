"""Say which parameters no finding can tell: double each, run every scored finding, look.

For maintainers; takes a quarter of an hour on one core. What a finding measures moves by a share of
itself; the largest of these moves, the finding that shows it and the number of verdicts that change
are printed for each parameter, the most silent first. One at a time: two that only act together can
each look loud. A share that would pass 1 is halved instead; switches between rival accounts
(`is_...`) are left out.

    python tools/silent_parameters.py > silent.tsv
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np

from reflexarc.biology import assemble, parameters
from reflexarc.cohort import Cohort, spreads
from reflexarc.errors import NumericalError
from reflexarc.findings import load_experiments, load_findings
from reflexarc.problem import Floats
from reflexarc.trials import plan_trials, run_trials

FINDINGS = [finding for finding in load_findings() if finding.scored]
TRIALS = plan_trials(FINDINGS, load_experiments())


def scaled(cohort: Cohort, factors: dict[str, float]) -> Cohort:
    """Return a cohort with factors on parameters, on top of its own traits."""
    traits = tuple(dict.fromkeys((*cohort.traits, *factors)))
    table = np.ones((len(cohort), len(traits)))
    table[:, : len(cohort.traits)] = cohort.multipliers
    table[:, [traits.index(name) for name in factors]] *= list(factors.values())
    return replace(cohort, traits=traits, multipliers=table)


def numbers(factors: dict[str, float]) -> tuple[Floats, list[bool]]:
    """Return what each finding measures and whether it holds, with factors on parameters."""
    cohort = Cohort.representative(spreads(assemble()), size=16, seed=1)
    courses = run_trials(
        TRIALS,
        model=assemble(),
        typical=scaled(Cohort.typical(), factors),
        cohort=scaled(cohort, factors),
    )
    found = [courses[finding.experiment] for finding in FINDINGS]
    values = [f.measure(c) for f, c in zip(FINDINGS, found, strict=True)]
    holds = [f.decide(c).holds for f, c in zip(FINDINGS, found, strict=True)]
    return np.array(values), holds


@cache
def as_they_are() -> tuple[Floats, list[bool]]:
    """Return the same with the values of the table."""
    return numbers({})


def moved(name: str, factor: float) -> tuple[str, float, str, int]:
    """Return the largest relative move of a finding, which one, and how many verdicts change."""
    plain, held = as_they_are()
    try:
        values, holds = numbers({name: factor})
    except NumericalError:
        return name, float("inf"), "no solution", len(held)
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(plain), np.abs(values))
        moves = np.nan_to_num(np.abs(values - plain) / np.maximum(scale, 1e-3))
    which = int(np.argmax(moves))
    changed = sum(a != b for a, b in zip(held, holds, strict=True))
    return name, float(moves[which]), FINDINGS[which].id, changed


def main() -> int:
    """Print a row for each parameter, the most silent first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args()
    asked = [p for p in parameters() if not p.id.startswith("is_")]
    names = [p.id for p in asked]
    share = [p.id.startswith("share_") and p.value * chosen.factor > 1 for p in asked]
    factors = [1 / chosen.factor if halve else chosen.factor for halve in share]
    with ProcessPoolExecutor(chosen.workers) as pool:
        rows = list(pool.map(moved, names, factors))
    status = {p.id: p.status for p in parameters()}
    sys.stdout.write("parameter\tstatus\tlargest move\tfinding\tverdicts changed\n")
    for name, move, which, changed in sorted(rows, key=lambda row: row[1]):
        sys.stdout.write(f"{name}\t{status[name]}\t{move:.3g}\t{which}\t{changed}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
