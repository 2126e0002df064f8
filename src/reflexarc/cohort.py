"""Virtual animals: who they are is drawn once, and nothing added later changes it.

Every random number belongs to one (seed, stream name, animal). A stream is a counter-based
generator (Philox) whose key is a hash of the seed and the stream's name; animal `k` reads block
`k` of it. So another arm, another trait or more animals move nobody else's luck.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reflexarc.errors import InputError

if TYPE_CHECKING:
    from reflexarc.biology import Model

__all__ = ["Cohort", "normal", "spreads", "times_of_death", "uniform"]

Floats = NDArray[np.float64]

MEDIAN_DEATH_THRESHOLD = math.log(2.0)


@dataclass(frozen=True, eq=False)
class Cohort:
    """A group of virtual animals.

    Attributes:
        seed: Seed of every stream; None for the typical animal.
        animals: Identity of each animal, shape (animal,); animal `k` is the same in any cohort.
        traits: Names of the model parameters that differ between animals.
        multipliers: Factor on each parameter, shape (animal, trait), dimensionless.
        death_thresholds: Cumulative hazard at which each animal dies, shape (animal,).

    Example:
        >>> small = Cohort.sample({"k_TNF": 0.5}, size=3, seed=1)
        >>> large = Cohort.sample({"k_TNF": 0.5, "k_IL6": 0.4}, size=30, seed=1)
        >>> bool((small.multipliers[:, 0] == large.multipliers[:3, 0]).all())
        True
    """

    seed: int | None
    animals: tuple[int, ...]
    traits: tuple[str, ...]
    multipliers: Floats
    death_thresholds: Floats

    @classmethod
    def sample(
        cls, traits: Mapping[str, float], size: int, seed: int, *, first: int = 0
    ) -> "Cohort":
        """Draw animals first … first + size − 1.

        Args:
            traits: Spread of each parameter between animals, as the standard deviation of its
                natural logarithm. A multiplier is lognormal with median 1.
            size: Number of animals, at least 1.
            seed: Any integer.
            first: Identity of the first animal; the work doesn't grow with it.

        Returns:
            The cohort; thresholds of death are drawn from a unit exponential.

        Raises:
            InputError: If there is no animal, one has a number below 0, or a spread is negative or
                not finite.
        """
        if size < 1:
            raise InputError(f"a cohort needs at least one animal, not {size}")
        for name, spread in traits.items():
            if not (math.isfinite(spread) and spread >= 0):
                raise InputError(f"the spread of trait {name!r} must be 0 or more, not {spread}")
        animals = tuple(range(first, first + size))
        multipliers = np.ones((size, len(traits)))
        for column, (name, spread) in enumerate(traits.items()):
            multipliers[:, column] = np.exp(spread * normal(seed, f"trait:{name}", animals))
        thresholds = -np.log(uniform(seed, "death", animals))
        return cls(seed, animals, tuple(traits), multipliers, thresholds)

    @classmethod
    def representative(cls, traits: Mapping[str, float], size: int, seed: int) -> "Cohort":
        """Return animals that fill the space of traits evenly (scrambled Sobol points).

        Args:
            traits: As for `sample`.
            size: Number of animals, best a power of 2.
            seed: Of the scrambling.

        Returns:
            The cohort; every threshold of death is the median one.
        """
        from scipy.special import ndtri
        from scipy.stats.qmc import Sobol

        points = Sobol(len(traits), seed=seed).random(size)
        table = np.exp(ndtri(points) * np.array(list(traits.values())))
        thresholds = np.full(size, MEDIAN_DEATH_THRESHOLD)
        return cls(seed, tuple(range(size)), tuple(traits), table, thresholds)

    @classmethod
    def typical(cls) -> "Cohort":
        """Return the one animal whose every parameter has its central value.

        Its threshold of death is the median one, ln 2.
        """
        return cls(None, (0,), (), np.ones((1, 0)), np.array([MEDIAN_DEATH_THRESHOLD]))

    def __len__(self) -> int:
        return len(self.animals)

    def parameters(self, position: int) -> dict[str, float]:
        """Return the multiplier of each trait for the animal at `position` of this cohort."""
        return dict(zip(self.traits, self.multipliers[position].tolist(), strict=True))


def spreads(model: "Model", *, species: str = "mouse") -> dict[str, float]:
    """Return the parameters that differ between animals, with the SD of their logarithm.

    Args:
        model: The assembled biology; every parameter with a spread above 0 is a trait.
        species: Whose; what a species doesn't say otherwise is the mouse's.
    """
    from reflexarc.biology import species_spreads

    mouse = {
        parameter.id: float(parameter.spread)
        for parameter in model.parameters
        if parameter.spread is not None and parameter.spread > 0
    }
    return species_spreads(species, mouse)


def uniform(seed: int, stream: str, animals: Iterable[int]) -> Floats:
    """Return one number in the open interval (0, 1) per animal from a named stream.

    Args:
        seed: Any integer.
        stream: Name of what is drawn, for example `"trait:k_TNF"`.
        animals: Identities, 0 or more; the number depends on nothing but seed, stream, identity.

    Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3 (Philox),
        doi:10.1145/2063384.2063405.
    """
    wanted = np.fromiter(animals, dtype=np.int64)
    if wanted.size == 0:
        return np.empty(0)
    if wanted.min() < 0:
        raise InputError(f"an animal's number is 0 or more, not {wanted.min()}")
    digest = hashlib.sha256(f"{seed}\x1f{stream}".encode()).digest()
    philox = np.random.Philox(key=int.from_bytes(digest[:16], "little"))
    low = int(wanted.min())
    philox.advance(low)  # in blocks: what lies before the first animal costs nothing
    blocks = philox.random_raw(4 * (int(wanted.max()) - low + 1)).reshape(-1, 4)
    mantissa = (blocks[wanted - low, 0] >> np.uint64(11)).astype(np.float64)
    return np.asarray((mantissa + 0.5) * 2.0**-53)


def normal(seed: int, stream: str, animals: Iterable[int]) -> Floats:
    """Return one standard normal number per animal from a named stream (see `uniform`)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform(seed, stream, animals)), dtype=np.float64)


def times_of_death(times: Floats, hazard: Floats, thresholds: Floats) -> Floats:
    """Return when the cumulative hazard of each animal reaches its threshold.

    Args:
        times: Increasing, shape (time,).
        hazard: Cumulative hazard, shape (animal, time).
        thresholds: Shape (animal,).

    Returns:
        Shape (animal,), linear between the times; infinite for an animal that outlives them.
    """
    result = np.full(thresholds.size, np.inf)
    if not times.size:
        return result
    curve = np.maximum.accumulate(hazard, axis=1)
    after = np.count_nonzero(curve < thresholds[:, None], axis=1)
    result[curve[:, 0] >= thresholds] = times[0]
    rows = np.flatnonzero((after > 0) & (after < times.size))
    place = after[rows]
    low, high = curve[rows, place - 1], curve[rows, place]
    share = (thresholds[rows] - low) / (high - low)
    moment = times[place - 1] + share * (times[place] - times[place - 1])
    result[rows] = np.where(np.isfinite(high), moment, np.inf)
    return result
