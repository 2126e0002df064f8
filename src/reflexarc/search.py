"""A search where slopes mislead: CMA-ES between bounds."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["search"]

Floats = NDArray[np.float64]

FIRST_WIDTH = 0.02
"""Standard deviation of the first generation, as a share of the way between the bounds: small, as a
search goes on from a start that others found."""


def search(
    costs: Callable[[Floats], Floats],
    *,
    start: Floats,
    bounds: tuple[Floats, Floats],
    generations: int,
    population: int = 16,
    seed: int = 1,
    keep: Callable[[Floats], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Floats:
    """Look for a better point around the start.

    Args:
        costs: What is minimised: takes points, shape (point, parameter); returns shape (point,).
        start: Where to begin, shape (parameter,).
        bounds: Lowest and highest values, each of shape (parameter,).
        generations: How many; 0 returns the start.
        population: Points of a generation.
        seed: Of what is drawn.
        keep: Called with every better point, so that an interrupted search loses nothing.
        say: Called with a line about the start and each generation.

    Returns:
        The best point, shape (parameter,).

    Source: Hansen 2016, arXiv:1604.00772.
    """
    low, high = bounds
    best = np.clip(start, low, high)
    if not generations:
        return best
    import cma

    least = float(costs(best[None])[0])
    _tell(say, f"start: {least:.2f}")
    options = {"bounds": [0, 1], "popsize": population, "seed": seed, "verbose": -9}
    strategy = cma.CMAEvolutionStrategy((best - low) / (high - low), FIRST_WIDTH, options)
    for generation in range(generations):
        asked = np.array(strategy.ask())
        found = costs(low + asked * (high - low))
        strategy.tell(asked, found)
        if found.min() < least:
            least, best = float(found.min()), low + asked[int(found.argmin())] * (high - low)
            if keep is not None:
                keep(best)
        _tell(say, f"generation {generation + 1}: {least:.2f}")
    return best


def _tell(say: Callable[[str], None] | None, line: str) -> None:
    if say is not None:
        say(line)
