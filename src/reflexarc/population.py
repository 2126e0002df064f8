"""More virtual animals than fit into memory: drawn, run, summarised and forgotten, chunk by chunk.

Chunks (`census`) merge in the order of the animals, so that results don't depend on the number of
threads.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from reflexarc.census import Census, Chunk, Failure
from reflexarc.errors import InputError
from reflexarc.reducers import Reducer
from reflexarc.reference import SETTLING
from reflexarc.workers import Progress, cores, in_threads

if TYPE_CHECKING:
    import xarray

    from reflexarc.biology import Model
    from reflexarc.system import System
    from reflexarc.timeline import Timeline

__all__ = ["PopulationResult", "population"]


SCREENING = (
    "single precision: a screening mode; states are 32-bit numbers, so expect errors of about 1e-3"
)


@dataclass(frozen=True, eq=False)
class PopulationResult:
    """Summaries of a population.

    Attributes:
        data: Dataset with dimensions arm, output, time and more; what each reducer found, and
            `failed` (arm). Its attributes say how it was made; `precision` and `screening` say so
            if it was made in single precision.
        failures: Animals whose integration failed, the first thousand.
        size: Animals.
    """

    data: "xarray.Dataset"
    failures: tuple[Failure, ...]
    size: int

    @property
    def screening(self) -> bool:
        """Whether it was computed in single precision, for screening only."""
        return "screening" in self.data.attrs


def population(
    model: "Model | System",
    timelines: "Sequence[Timeline]",
    traits: Mapping[str, float],
    *,
    size: int,
    seed: int,
    times: ArrayLike,
    outputs: Sequence[str],
    reducers: Sequence[Reducer] | None = None,
    first: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    single: bool = False,
    rtol: float | None = None,
    atol: float = 1e-9,
    settling: float = SETTLING,
) -> PopulationResult:
    """Run many animals through every timeline and keep summaries of them.

    Animals are those of `Cohort.sample`, from `first` on. Each settles without any input, then
    lives through every arm. Memory doesn't grow with their number.

    Args:
        model: The assembled biology, or equations without events of their own.
        timelines: One per arm; the names of the arms must differ.
        traits: Spread of each parameter between animals (SD of its logarithm).
        size: Number of animals.
        seed: Seed of all random numbers.
        times: Increasing times in h; at an edge, just before it.
        outputs: Ids of states, variables or parameters.
        reducers: What is kept; None for moments, extremes, quantiles and, where the model has a
            hazard, survival.
        first: Number of the first animal.
        threads: Threads; None for one per core.
        progress: Called with (animals done, animals in all) after each chunk.
        single: Whether to compute in single precision: faster, for screening only, and said so in
            the result.
        rtol: Relative tolerance; None for 1e-6, or 1e-4 in single precision.
        atol: Absolute tolerance, in the unit of each state.
        settling: Hours of rest before the arms.

    Returns:
        The summaries; the same bits with any number of threads.

    Raises:
        InputError: If there is no animal, or a name or a time is wrong.

    Example:
        >>> from reflexarc import assemble, build_timelines, Experiment  # doctest: +SKIP
        >>> lines = build_timelines(Experiment.load("liu-2021"))  # doctest: +SKIP
        >>> found = population(assemble(), lines[:2], {"k_TNF": 0.5}, size=10_000, seed=1,
        ...     times=range(73), outputs=["TNF"])  # doctest: +SKIP
        >>> found.data["quantile"].sel(output="TNF", share=0.95)  # doctest: +SKIP
    """
    if size < 1:
        raise InputError(f"a population needs at least one animal, not {size}")
    if first < 0:
        raise InputError(f"an animal's number is 0 or more, not {first}")
    if threads is not None and threads < 1:
        raise InputError(f"a population needs at least one thread, not {threads}")
    census = Census.of(
        model, timelines, traits, seed=seed, times=times, outputs=outputs, reducers=reducers,
        single=single, rtol=rtol, atol=atol, settling=settling,
    )  # fmt: skip
    whole: Chunk | None = None
    for chunk in _chunks(census, census.ranges(first, size), threads or cores()):
        whole = chunk if whole is None else census.merge(whole, chunk)
        if progress is not None:
            progress(whole.size, size)
    assert whole is not None
    return PopulationResult(_dataset(census, whole), whole.failures, whole.size)


def _chunks(census: Census, ranges: list[tuple[int, int]], threads: int) -> Iterator[Chunk]:
    """Yield chunks in order."""

    def stop() -> None:
        census.watch[1] = 1  # what is under way stops at its next step

    work = in_threads(lambda span: census.chunk(*span), ranges, threads=threads, stop=stop)
    with closing(work) as found:
        for _, chunk in found:
            yield chunk


def _dataset(census: Census, chunk: Chunk) -> "xarray.Dataset":
    import xarray

    variables: dict[str, Any] = {"failed": (("arm",), np.array(chunk.failed, dtype=np.int64), {})}
    coordinates: dict[str, Any] = {
        "arm": [timeline.arm for timeline in census.timelines],
        "output": list(census.outputs),
        "time": ("time", census.times, {"unit": "h"}),
        "unit": ("output", [census.units.get(name, "") for name in census.outputs]),
    }
    for i, reducer in enumerate(census.reducers):
        found = reducer.findings([arm[i] for arm in chunk.summaries])
        for name, (dims, values, attributes) in found.items():
            if name == "animal":
                coordinates[name] = values
            else:
                variables[name] = (dims, values, attributes)
            if "share" in dims:
                coordinates["share"] = list(getattr(reducer, "shares", ()))
    attributes = {
        "census": census.digest,
        "model": census.kernel.system.name,
        "first animal": chunk.first,
        "animals": chunk.size,
        "seed": census.seed,
        "traits": json.dumps(dict(sorted(census.traits.items()))),
        "method": census.kernel.method,
        "relative tolerance": census.settings.rtol,
        "absolute tolerance": float(np.max(census.settings.atol)),
        "settling [h]": census.settling,
        "precision": "single" if census.kernel.single else "double",
    }
    if census.kernel.single:
        attributes["screening"] = SCREENING
    return xarray.Dataset(variables, coords=coordinates, attrs=attributes)
