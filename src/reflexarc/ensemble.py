"""Many animals through many timelines, on all cores: the only place that knows the engines.

The work is cut into blocks of animals, always the same way, so the numbers and the blocks that a
store may already hold don't depend on how many threads or processes work.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc import compiled, reference
from reflexarc.cohort import Cohort, times_of_death
from reflexarc.errors import InputError
from reflexarc.workers import Progress, Store, cores, in_processes, in_threads

if TYPE_CHECKING:
    import xarray

    from reflexarc.biology import Model
    from reflexarc.timeline import Timeline

__all__ = ["ENGINES", "EngineName", "death_times", "simulate"]

Floats = NDArray[np.float64]
EngineName = Literal["kernel", "reference"]

ENGINES: tuple[EngineName, ...] = ("kernel", "reference")
"""Generated machine code, or libRoadRunner one animal after another."""
ATOL = 1e-9
USUAL_RTOL: dict[EngineName, float] = {"kernel": compiled.RTOL, "reference": reference.RTOL}
"""With these the errors of both engines are of one size: some 1e-5 of a value."""
BLOCK: dict[EngineName, int] = {"kernel": 16, "reference": 1}
"""Animals of a block: what is kept, and counted as progress, together."""
FEW_RUNS = 200
"""Below this many runs, starting other processes (about 1.5 s) takes longer than the work."""
NEGLIGIBLE = 1e-6
"""A negative value as small as this, of the unit or of the largest value, is rounding."""


def simulate(
    *,
    model: "Model",
    timelines: "Sequence[Timeline]",
    cohort: Cohort,
    times: ArrayLike,
    outputs: Sequence[str],
    workers: int | None = None,
    progress: Progress | None = None,
    rtol: float | None = None,
    atol: float = ATOL,
    store: Store | None = None,
    engine: EngineName = "kernel",
) -> "xarray.Dataset":
    """Run every animal through every timeline.

    Args:
        model: The assembled biology.
        timelines: One per arm; the names of the arms must differ.
        cohort: The animals.
        times: Increasing times in h on the experiment's clock; at an edge, just before it.
        outputs: Ids of states, variables or parameters of the model.
        workers: Threads (kernel) or processes (reference); None chooses.
        progress: Called with (runs done, runs in all) after each block; a run is one animal in one
            arm.
        rtol: Relative tolerance; None for the usual one of the engine.
        atol: Absolute tolerance, in the unit of each state.
        store: Where finished blocks are kept and looked up.
        engine: Which of `ENGINES` works.

    Returns:
        A dataset with dimensions (arm, animal, time), one variable per output, with its unit. Tiny
        negative values, which an integrator leaves near 0, are 0.

    Raises:
        InputError: If names of arms repeat or an id is unknown.
        NumericalError: If an integration fails; the sentence names arm, animal and time.

    Example:
        >>> trajectories = simulate(model=assemble(), timelines=build_timelines(experiment),
        ...     cohort=Cohort.typical(), times=[0, 1, 2], outputs=["TNF"])  # doctest: +SKIP
    """
    at = np.asarray(times, dtype=np.float64)
    arms = [timeline.arm for timeline in timelines]
    if len(set(arms)) < len(arms):
        raise InputError("two arms of an ensemble have the same name")
    size = BLOCK[engine]
    blocks = [
        _Block(
            positions=tuple(range(first, min(first + size, len(cohort)))),
            sbml=model.sbml,
            timelines=tuple(timelines),
            cohort=cohort,
            times=at,
            outputs=tuple(outputs),
            rtol=USUAL_RTOL[engine] if rtol is None else rtol,
            atol=atol,
        )
        for first in range(0, len(cohort), size)
    ]
    total = len(timelines) * len(cohort)
    values = np.full((len(outputs), len(timelines), len(cohort), at.size), np.nan)
    done = 0
    missing = []
    for block in blocks:
        kept = store.load(block.name) if store is not None else None
        if kept is not None and kept.shape == block.shape:
            values[:, :, block.positions] = kept
            done += block.runs
        else:
            missing.append(block)
    if progress is not None:
        progress(done, total)
    # Closed at once if anything below is interrupted: workers would finish all that is left.
    with closing(_results(missing, engine=engine, workers=workers)) as results:
        for block, result in results:
            if store is not None:
                store.keep(block.name, result)
            values[:, :, block.positions] = result
            done += block.runs
            if progress is not None:
                progress(done, total)
    return _dataset(values, model, arms, cohort, at, outputs)


def death_times(
    trajectories: "xarray.Dataset", cohort: Cohort, *, hazard: str = "hazard"
) -> Floats:
    """Return when each animal dies: its cumulative hazard reaches its threshold.

    Args:
        trajectories: Result of `simulate`, with the cumulative hazard among its variables.
        cohort: The same animals.
        hazard: Name of that variable.

    Returns:
        Times in h, shape (arm, animal), linear between the times of the trajectories; infinite for
        an animal that outlives them.
    """
    courses, times = trajectories[hazard].values, trajectories["time"].values
    return np.array([times_of_death(times, arm, cohort.death_thresholds) for arm in courses])


@dataclass(frozen=True, eq=False)
class _Block:
    """Some animals in all arms; plain data, sent to a worker."""

    positions: tuple[int, ...]
    sbml: str
    timelines: "tuple[Timeline, ...]"
    cohort: Cohort
    times: Floats
    outputs: tuple[str, ...]
    rtol: float
    atol: float

    @property
    def name(self) -> str:
        animals = self.cohort.animals
        return f"animals-{animals[self.positions[0]]:06d}-{animals[self.positions[-1]]:06d}"

    @property
    def runs(self) -> int:
        return len(self.timelines) * len(self.positions)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.outputs), len(self.timelines), len(self.positions), self.times.size


def _results(
    blocks: list[_Block], *, engine: EngineName, workers: int | None
) -> Generator[tuple[_Block, Floats], None, None]:
    """Yield each block with its result."""
    if not blocks:
        return
    if engine == "reference":
        few = sum(block.runs for block in blocks) < FEW_RUNS
        chosen = workers or (1 if few else cores())
        yield from in_processes(_by_reference, blocks, workers=chosen)
        return
    kernel = compiled.kernel_for(blocks[0].sbml, blocks[0].outputs)
    wanted = [kernel.outputs.index(name) for name in blocks[0].outputs]

    watch = np.zeros(2, dtype=np.int64)

    def work(block: _Block) -> Floats:
        answer = compiled.run_block(
            kernel,
            block.timelines,
            block.cohort,
            block.positions,
            block.times,
            rtol=block.rtol,
            atol=block.atol,
            watch=watch,
        )
        return np.moveaxis(answer[..., wanted], -1, 0)

    def stop() -> None:
        watch[1] = 1

    yield from in_threads(work, blocks, threads=workers or cores(), stop=stop)


def _by_reference(block: _Block) -> Floats:
    result = np.empty(block.shape)
    tool = reference.instrument(block.sbml)
    for arm, timeline in enumerate(block.timelines):
        for column, position in enumerate(block.positions):
            result[:, arm, column] = tool.run(
                timeline=timeline,
                times=block.times,
                outputs=block.outputs,
                multipliers=block.cohort.parameters(position),
                animal=block.cohort.animals[position],
                rtol=block.rtol,
                atol=block.atol,
            ).T
    return result


def _dataset(
    values: Floats,
    model: "Model",
    arms: Sequence[str],
    cohort: Cohort,
    times: Floats,
    outputs: Sequence[str],
) -> "xarray.Dataset":
    import xarray

    units = {state.id: state.unit for state in model.states}
    units |= {parameter.id: parameter.unit for parameter in model.parameters}
    dims = ("arm", "animal", "time")
    return xarray.Dataset(
        {
            name: (dims, _without_dust(values[i]), {"unit": units[name]} if name in units else {})
            for i, name in enumerate(outputs)
        },
        coords={
            "arm": list(arms),
            "animal": list(cohort.animals),
            "time": ("time", times, {"unit": "h"}),
        },
    )


def _without_dust(values: Floats) -> Floats:
    """Return the values with 0 where rounding left something tiny below 0."""
    largest = np.nanmax(np.abs(values), initial=1.0)
    return np.where((values < 0) & (values >= -NEGLIGIBLE * largest), 0.0, values)
