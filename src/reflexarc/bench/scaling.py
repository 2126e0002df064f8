"""How time grows with animals and threads, and how long compilation takes."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reflexarc.bench.million import million
from reflexarc.bench.report import machine
from reflexarc.biology import assemble
from reflexarc.compiled import system_of

__all__ = ["SIZES", "Scaling", "Size", "draw", "scaling"]

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CREW = 40_000
TURNS = 3
OUTPUTS = ("TNF", "IL6", "hazard")


@dataclass(frozen=True)
class Size:
    """One population.

    Attributes:
        animals: How many.
        seconds: By the clock, settling and 72 h, without compilation.
        per_second: Animals a second.
        peak_MB: Largest memory of the process so far, in 10⁶ bytes.
    """

    animals: int
    seconds: float
    per_second: float
    peak_MB: float


@dataclass(frozen=True)
class Scaling:
    """What was measured.

    Attributes:
        machine: Processor, system and versions.
        screening: Whether populations were computed in single precision.
        sizes: Populations of growing size.
        one_thread, two_threads: Animals a second, the best of three alternating turns.
        speed_up: Their ratio.
        compile_cold_s, compile_cached_s: Seconds from the equations of the default model to machine
            code that can be called, without and with the cache.
    """

    machine: dict[str, Any]
    screening: bool
    sizes: tuple[Size, ...]
    one_thread: float
    two_threads: float
    speed_up: float
    compile_cold_s: float
    compile_cached_s: float

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)


def scaling(
    *,
    sizes: Sequence[int] = SIZES,
    crew: int = CREW,
    single: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Scaling:
    """Measure on reflexarc's own model.

    Args:
        sizes: Animals of each population.
        crew: Animals with which threads are compared.
        single: Whether populations are computed in single precision.
        say: Told what is done.
    """
    say("compiling")
    cold, cached = _compilation()
    million(size=64, single=single)
    turns: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(TURNS):
        for threads in turns:
            say(f"threads: {threads}, turn {turn + 1} of {TURNS}")
            found = million(size=crew, single=single, threads=threads)
            turns[threads].append(found.animals / found.seconds)
    measured = []
    for size in sizes:
        say(f"{size:,} animals")
        found = million(size=size, single=single)
        measured.append(Size(size, found.seconds, size / found.seconds, found.peak_MB))
    one, two = max(turns[1]), max(turns[2])
    return Scaling(dict(machine()), single, tuple(measured), one, two, two / one, cold, cached)


def draw(found: Scaling, file: Path) -> None:
    """Draw the cost of an animal against their number."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    animals = [size.animals for size in found.sizes]
    cost = [1e6 / size.per_second for size in found.sizes]
    axes.plot(animals, cost, marker="o", color="#2A62F6")
    axes.set(
        xscale="log",
        ylim=(0, 1.25 * max(cost)),
        xlabel="animals",
        ylabel="time per animal [µs]",
        title="Settling and 72 h, two threads" + (", single precision" if found.screening else ""),
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(file)
    plt.close(figure)


def _compilation() -> tuple[float, float]:
    """Return the seconds to compile the default model without and with the cache."""
    from reflexarc.kernel import Kernel

    system = system_of(assemble().sbml)
    seconds = []
    with _empty_cache():
        for _ in range(2):
            start = time.perf_counter()
            Kernel.of(system, OUTPUTS)
            seconds.append(time.perf_counter() - start)
    return seconds[0], seconds[1]


@contextmanager
def _empty_cache() -> Iterator[None]:
    from reflexarc.kernel.machine import CACHE

    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[CACHE]
            else:
                os.environ[CACHE] = before
