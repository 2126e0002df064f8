"""All that decides a run: the animals, the timelines, the times, and so the run's name."""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.assay import Sample, measure
from reflexarc.biology import Model, Observable, assemble, observables
from reflexarc.cohort import Cohort, spreads
from reflexarc.ensemble import ATOL, USUAL_RTOL, EngineName, death_times, simulate
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment
from reflexarc.reference import SETTLING
from reflexarc.runs import run_name
from reflexarc.timeline import Timeline, build_timelines
from reflexarc.workers import Progress, Store

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import pandas as pd
    import xarray

__all__ = ["BAND_COLUMNS", "KEY", "Plan", "grid"]

Floats = NDArray[np.float64]

KEY = ["observable", "where", "time", "unit"]
"""What tells one measurement of a table from another."""
BANDS = ("low", "central", "high")
BAND_COLUMNS = ["arm", *KEY, *BANDS]
PACKAGES = (
    "citations",
    "contradictions",
    "evidence",
    "expression",
    "kernel",
    "references",
    "safety",
    "sbml",
)
"""Packages behind the numbers and the pages: what they compute, and the ledgers they show."""
ENDS = (".csv", ".j2", ".json", ".py", ".tsv", ".txt", ".yaml")
DECISIVE = ("reflexarc", "libroadrunner", "llvmlite", "numpy", "scipy")
"""Packages whose version may change the numbers."""
CODE = (
    "assay.py",
    "claims.py",
    "cohort.py",
    "compiled.py",
    "drawing.py",
    "ensemble.py",
    "figures.py",
    "laboratory.py",
    "limits.py",
    "plan.py",
    "records.py",
    "reference.py",
    "relevance.py",
    "report.html.j2",
    "report.py",
    "schedule.py",
    "statistics.py",
    "survival.py",
    "system.py",
)
"""Files of the package that make the numbers and the pages of a run's folder."""
BEHIND = (0.02, 1.0, 2.0, 4.0, 8.0, 15.0, 22.0, 30.0)
"""Minutes behind an edge at which trajectories are kept."""


@dataclass(frozen=True, eq=False)
class Plan:
    """All that decides a run.

    Attributes:
        experiment: The experiment.
        model: The biology.
        timelines: One per arm, with the central recruitment.
        bands: The same with the low and the high recruitment.
        cohort: The animals.
        seed: Seed of the assay's errors.
        samples: What is measured when.
        times: Times in h at which trajectories are kept.
        engine: What simulates.
    """

    experiment: Experiment
    model: Model
    timelines: tuple[Timeline, ...]
    bands: Mapping[str, tuple[Timeline, ...]]
    cohort: Cohort
    seed: int
    samples: tuple[Sample, ...]
    times: Floats
    engine: EngineName = "kernel"

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        *,
        seed: int,
        animals: int | None,
        traits: bool,
        engine: EngineName = "kernel",
    ) -> "Plan":
        """Work out a plan; see `laboratory.run` for the arguments."""
        seed = _whole(seed, "the seed", least=0)
        if animals is None:
            animals = experiment.animals.per_arm
        animals = _whole(animals, "the number of animals", least=1)
        model = assemble()
        timelines = build_timelines(experiment)
        known = {(o.name, o.where): o for o in observables()}
        samples = tuple(
            Sample(known[item.observable, item.where], round(time, 10), item.sampling)
            for item in experiment.measurements
            for time in item.times
        )
        return cls(
            experiment=experiment,
            model=model,
            timelines=timelines,
            bands={
                "low": build_timelines(experiment, band="low"),
                "central": timelines,
                "high": build_timelines(experiment, band="high"),
            },
            cohort=Cohort.sample(
                spreads(model, species=experiment.animals.species) if traits else {},
                animals,
                seed,
            ),
            seed=seed,
            samples=samples,
            times=grid(timelines, [sample.time for sample in samples]),
            engine=engine,
        )

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return run_name(self.experiment.title, self.inputs())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Ids of the model's variables that are kept."""
        return tuple(dict.fromkeys([*(o.id for o in observables()), "hazard"]))

    def inputs(self) -> dict[str, object]:
        """Return everything that the numbers depend on, as plain data."""
        return {
            "experiment": self.experiment.resolved(),
            "timelines": [line.to_json() for line in self.timelines],
            "bands": {k: [line.to_json() for line in lines] for k, lines in self.bands.items()},
            "assay": [vars(o) for o in observables()],
            "traits": (
                dict(spreads(self.model, species=self.experiment.animals.species))
                if self.cohort.traits
                else {}
            ),
            "provenance": self.provenance(),
        }

    def provenance(self) -> dict[str, Any]:
        """Return seed, model, tolerances and versions."""
        return {
            "seed": self.seed,
            "animals per arm": len(self.cohort),
            "traits": list(self.cohort.traits),
            "model": self.model.hash,
            "engine": self.engine,
            "tolerances": {
                "relative": USUAL_RTOL[self.engine],
                "absolute": ATOL,
                "settling [h]": SETTLING,
            },
            "versions": {name: version(name) for name in DECISIVE},
            "code": _code_digest(),
        }

    def carry_out(
        self, *, progress: Progress | None, workers: int | None, store: Store | None
    ) -> "tuple[xarray.Dataset, pd.DataFrame, pd.DataFrame]":
        """Return trajectories, measurements and the band of the unknown."""
        lines = self._band_lines()
        runs = len(self.timelines) * len(self.cohort)
        total = runs + len(lines)
        trajectories = simulate(
            model=self.model,
            timelines=self.timelines,
            cohort=self.cohort,
            times=self.times,
            outputs=self.outputs,
            workers=workers,
            progress=_part_of(progress, 0, total),
            store=store,
            engine=self.engine,
        )
        deaths = death_times(trajectories, self.cohort)
        trajectories = _without_lost(trajectories, self.timelines)
        trajectories = _label(trajectories, deaths, self.experiment.title)
        measurements = measure(
            trajectories=trajectories, samples=self.samples, deaths=deaths, seed=self.seed
        )
        return trajectories, measurements, self._band(lines, _part_of(progress, runs, total))

    def _band_lines(self) -> list[Timeline]:
        """Return low, central and high timelines of each arm in which they differ."""
        return [
            replace(self.bands[band][i], arm=f"{i}:{band}")
            for i in range(len(self.timelines))
            if len({lines[i].digest for lines in self.bands.values()}) > 1
            for band in BANDS
        ]

    def _band(self, lines: Sequence[Timeline], progress: Progress | None) -> "pd.DataFrame":
        import pandas as pd

        if not lines:
            return pd.DataFrame(columns=BAND_COLUMNS)
        stops = sorted({line.stop for line in lines})
        times = np.unique([*stops, *(sample.time for sample in self.samples)])
        answers = simulate(
            model=self.model,
            timelines=lines,
            cohort=Cohort.typical(),
            times=times,
            outputs=self.outputs,
            workers=1,
            progress=progress,
            engine=self.engine,
        )
        rows = []
        for i, timeline in enumerate(self.timelines):
            if f"{i}:low" not in answers["arm"].values:
                continue
            mine = answers.sel(arm=[f"{i}:{band}" for band in BANDS], animal=0)
            for s in self.samples:
                if s.time >= timeline.gone_from(s.observable.organ):
                    continue
                seen = s.observable.read(mine[s.observable.id].sel(time=s.time).values)
                rows.append(
                    [timeline.arm, s.observable.name, s.observable.where, s.time,
                     s.observable.reading, float(min(seen)), float(seen[1]), float(max(seen))]
                )  # fmt: skip
        return pd.DataFrame(rows, columns=BAND_COLUMNS)


def grid(timelines: Sequence[Timeline], exact: Sequence[float]) -> Floats:
    """Return the times at which trajectories are kept, in h.

    From half an hour before the first stimulus, dose or anaesthesia: every 6 min until a day after
    the last edge, every 30 min later on, densely behind each edge; and all times in `exact`.
    """
    stop = max(line.stop for line in timelines)
    edges = {
        edge.time
        for line in timelines
        for edge in line.edges
        if edge.time <= stop and (edge.add or not all(map(_is_lesion, edge.set)))
    }
    first = min([0.0, *edges, *exact]) - 0.5
    late = min(stop, max([0.0, *edges]) + 24.0)
    fixed = np.array(sorted({round(time, 10) for time in (*edges, *exact, stop)}))
    loose = np.concatenate(
        [
            np.arange(math.ceil(first * 10), late * 10) / 10,
            np.arange(math.ceil(late * 2), stop * 2) / 2,
            np.array([edge + minutes / 60 for edge in edges for minutes in BEHIND]),
        ]
    )
    loose = loose[loose < stop]
    near = np.abs(loose[:, None] - fixed[None, :]).min(axis=1) < 1e-5
    return np.unique(np.concatenate([fixed, np.round(loose[~near], 6)]))


@cache
def _code_digest() -> str:
    """Return a digest of the code behind a run's folder: two versions may share a number."""
    here = files("reflexarc")
    sources = [here.joinpath(name) for name in CODE]
    for package in PACKAGES:
        sources += _inside(here.joinpath(package))
    texts = [path.read_bytes() for path in sources]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


def _inside(folder: "Traversable") -> "Iterator[Traversable]":
    """Yield every source and ledger in a folder and the folders in it, by name."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _inside(entry)
        elif entry.name.endswith(ENDS):
            yield entry


def _whole(value: object, what: str, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{what} is a whole number, {least} or more, not {value!r}")
    return int(value)


def _is_lesion(parameter: str) -> bool:
    return parameter.startswith(("intact_", "present_"))


def _part_of(progress: Progress | None, before: int, total: int) -> Progress | None:
    if progress is None:
        return None
    report: Callable[[int, int], None] = progress
    return lambda done, _: report(before + done, total)


def _without_lost(
    trajectories: "xarray.Dataset", timelines: Sequence[Timeline]
) -> "xarray.Dataset":
    """Take out, arm by arm, what stands in an organ from the time on when it was removed."""
    times = trajectories["time"].values
    found = trajectories
    for observable in observables():
        lost = np.array([times >= line.gone_from(observable.organ) for line in timelines])
        if lost.any():
            values = found[observable.id]
            found = found.assign({observable.id: values.where(~lost[:, None, :])})
    return found


def _label(trajectories: "xarray.Dataset", deaths: Floats, title: str) -> "xarray.Dataset":
    """Add times of death, and the names and units that a laboratory uses."""
    by_id: dict[str, Observable] = {o.id: o for o in observables()}
    labelled = trajectories.assign(death_time=(("arm", "animal"), deaths, {"unit": "h"}))
    for name in trajectories.data_vars:
        if name in by_id:
            observable = by_id[str(name)]
            labelled[name].attrs = {
                "long_name": f"{observable.name}, {observable.where}",
                "unit": observable.unit,
            }
    return labelled.assign_attrs(title=title)
