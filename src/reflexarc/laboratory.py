"""From an experiment to what a laboratory would have got: one call.

>>> import reflexarc
>>> result = reflexarc.run("liu-2021", animals=4)  # doctest: +SKIP
>>> result.statistics  # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reflexarc import statistics
from reflexarc.assay import groups
from reflexarc.biology import observables
from reflexarc.biology.tables import CELSIUS
from reflexarc.ensemble import EngineName
from reflexarc.errors import InputError, unknown_word
from reflexarc.limits import limits
from reflexarc.plan import KEY, Plan
from reflexarc.protocol import Experiment
from reflexarc.runs import RunFolder, StorageError
from reflexarc.survival import compare_survival, kaplan_meier
from reflexarc.timeline import Timeline
from reflexarc.workers import Progress

if TYPE_CHECKING:
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure

    from reflexarc.figures import Picture

__all__ = ["Result", "run"]

Floats = NDArray[np.float64]


def run(
    experiment: "str | Path | Experiment",
    *,
    seed: int = 1,
    animals: int | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    traits: bool = True,
    engine: EngineName = "kernel",
) -> "Result":
    """Run an experiment.

    Args:
        experiment: Path of a YAML file, name of a built-in experiment, or an Experiment.
        seed: Seed of all random numbers, 0 or more.
        animals: Animals in each arm, in place of what the experiment says.
        out: Folder in which the run's folder is made, named by its inputs. A finished run of the
            same inputs is read, not run again; an interrupted one goes on. None writes nothing.
        progress: Called with (runs done, runs in all); a run is one animal in one arm.
        workers: Threads or processes; None chooses by the amount of work and the cores.
        traits: Whether animals differ. If not, they differ by the assay's error and the luck of
            dying only.
        engine: What simulates: `kernel` (machine code) or `reference` (libRoadRunner).

    Returns:
        The result; `result.folder` is the run's folder, or None.

    Raises:
        InputError: If something in the experiment is wrong, or `out` can't be written.
        NumericalError: If an integration fails.

    Example:
        >>> result = run(Experiment.from_mapping({"title": "LPS", "challenge": {"LPS": "4 mg/kg"},
        ...     "arms": {"one": {}}, "measure": ["TNF at 90 min"]}), animals=2)
        >>> result.measurements["observable"].tolist()
        ['TNF', 'TNF']
    """
    text = None
    if not isinstance(experiment, (str, Path, Experiment)):
        raise InputError(
            "an experiment is a YAML file, a built-in name or an Experiment, not"
            f" {type(experiment).__name__!r}; Experiment.from_mapping makes one from a mapping"
        )
    if not isinstance(experiment, Experiment):
        text = _text_of(experiment)
        experiment = Experiment.load(experiment)
    plan = Plan.of(experiment, seed=seed, animals=animals, traits=traits, engine=engine)
    text = experiment.to_yaml() if text is None else text
    if out is None:
        return _carried_out(plan, text, progress=progress, workers=workers)
    folder = RunFolder(Path(out), plan.name)
    if folder.is_complete():
        return _loaded(plan, text, folder)
    with folder.claimed():
        if not folder.is_complete():
            result = _carried_out(plan, text, progress=progress, workers=workers, folder=folder)
            folder.finish(result.write)
            return replace(result, folder=folder.path)
    return _loaded(plan, text, folder)


@dataclass(frozen=True, eq=False)
class Result:
    """What an experiment gave.

    Attributes:
        experiment: The experiment.
        request: Its text as given.
        timelines: What happened in each arm.
        trajectories: Every observable (arm, animal, time) in h, the cumulative hazard, and
            `death_time` (arm, animal) in h. A dead animal's variables go on as if it lived; see
            `living`.
        measurements: What the laboratory measured, tidy: see `assay.COLUMNS`.
        band: Range of the typical animal over what is not known of the innervation; survival, a
            share of a cohort, has none.
        provenance: Versions, seed, model, tolerances.
        folder: Where it is kept; None if nowhere.
    """

    experiment: Experiment
    request: str
    timelines: tuple[Timeline, ...]
    trajectories: "xarray.Dataset"
    measurements: "pd.DataFrame"
    band: "pd.DataFrame"
    provenance: Mapping[str, Any]
    folder: Path | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms."""
        return tuple(self.experiment.arms)

    @property
    def control(self) -> str | None:
        """Name of the arm that the others are compared to; None if none is."""
        return self.experiment.compare.to if self.experiment.compare else None

    @cached_property
    def living(self) -> "xarray.Dataset":
        """The trajectories with NaN from the death of an animal on."""
        alive = self.trajectories["time"] < self.trajectories["death_time"]
        return self.trajectories.drop_vars("death_time").where(alive)

    @cached_property
    def groups(self) -> "pd.DataFrame":
        """Each arm's summary in each measurement: see `statistics.Summary`."""
        import pandas as pd

        rows = []
        for key, mine in self.measurements.groupby(KEY, sort=False):
            for arm, values in groups(mine).items():
                labels = dict(zip(KEY, key, strict=True)) | {"arm": arm}
                rows.append(labels | vars(statistics.summarise(values, linear=_linear(key))))
        return pd.DataFrame(rows)

    @cached_property
    def statistics(self) -> "pd.DataFrame":
        """Each arm against the control, by measurement; empty if nothing is compared.

        Columns: observable, where, time [h], unit, and those of `statistics.Comparison`.
        """
        import pandas as pd

        compare = self.experiment.compare
        limits = {(o.name, o.where): o.detection_limit for o in observables()}
        frames: list[pd.DataFrame] = []
        if compare is not None:
            for key, mine in self.measurements.groupby(KEY, sort=False):
                limit = limits.get((str(key[0]), str(key[1])))
                rows = statistics.compare(
                    groups(mine),
                    to=compare.to,
                    test=compare.test,
                    limit=limit,
                    linear=_linear(key),
                )
                frame = statistics.table(rows)
                labels = pd.DataFrame([key] * len(frame), columns=KEY)
                frames.append(pd.concat([labels, frame], axis=1))
        if not any(len(frame) for frame in frames):
            return pd.DataFrame(columns=[*KEY, *statistics.Comparison.__dataclass_fields__])
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def survival(self) -> "pd.DataFrame | None":
        """Survival of each arm with interval and log-rank test; None if it isn't watched."""
        watched = self.experiment.survival
        if watched is None:
            return None
        rows = compare_survival(self.deaths_after_challenge, until=watched.hours, to=self.control)
        return statistics.table(rows)

    @cached_property
    def survival_curves(self) -> "dict[str, pd.DataFrame]":
        """The Kaplan–Meier curve of each arm; empty if survival isn't watched."""
        watched = self.experiment.survival
        if watched is None:
            return {}
        return {
            arm: kaplan_meier(times, until=watched.hours)
            for arm, times in self.deaths_after_challenge.items()
        }

    def is_gone(self, arm: str, key: tuple[str, str, float, str]) -> bool:
        """Whether what is measured is not there in an arm: its organ was removed.

        Args:
            arm: Name of the arm.
            key: Observable, place, time in h and unit of the measurement.
        """
        return (arm, *key) in self._gone

    @cached_property
    def _gone(self) -> frozenset[tuple[object, ...]]:
        living = self.measurements[~self.measurements["dead"]]
        absent = living["value"].isna().groupby([living[name] for name in ("arm", *KEY)]).all()
        return frozenset(absent.index[absent])

    @property
    def deaths_after_challenge(self) -> dict[str, Floats]:
        """When each animal of an arm dies, in h after its challenge; infinite if it doesn't."""
        found = {}
        for arm in self.arms:
            window = self.experiment.survival_window(arm)
            times = self.trajectories["death_time"].sel(arm=arm).values
            found[arm] = np.asarray(times - (window[0] if window else 0.0), dtype=np.float64)
        return found

    @cached_property
    def pictures(self) -> "list[Picture]":
        """Every figure of the report."""
        from reflexarc.figures import pictures

        survival = self.experiment.survival
        return pictures(
            trajectories=self.trajectories,
            observables=observables(),
            timelines=self.timelines,
            measurements=self.measurements,
            comparisons=self.statistics,
            survival=self.survival_curves,
            until=survival.hours if survival else 0.0,
            control=self.control,
        )

    def plot(self, *names: str) -> "Figure":
        """Draw observables over time on one sheet.

        Args:
            names: Names of observables, such as `"TNF"`; those measured if none are given. What
                is measured in several places is drawn for each.

        Returns:
            A matplotlib figure; a notebook shows it, `figure.savefig("a.pdf")` keeps it.

        Raises:
            InputError: If an observable is unknown.
        """
        from reflexarc.figures import sheet

        known = dict.fromkeys(observable.name for observable in observables())
        for name in names:
            if name not in known:
                raise InputError(unknown_word("observable", name, known))
        wanted = names or tuple(dict.fromkeys(self.measurements["observable"])) or ("TNF",)
        return sheet(
            trajectories=self.trajectories,
            observables=[o for name in wanted for o in observables() if o.name == name],
            timelines=self.timelines,
            control=self.control,
        )

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the result as plain data, for JSON; NaN where there is none."""
        survival = self.survival
        return {
            "title": self.experiment.title,
            "arms": list(self.arms),
            "control": self.control,
            "animals per arm": int(self.trajectories.sizes["animal"]),
            "seed": self.provenance["seed"],
            "model": self.provenance["model"],
            "measurements": self.groups.to_dict("records"),
            "comparisons": self.statistics.to_dict("records"),
            "survival": [] if survival is None else survival.to_dict("records"),
            "unknown innervation": self.band.to_dict("records"),
            "limits": list(limits(self.experiment)),
        }

    def save(self, folder: str | Path) -> Path:
        """Write the result into a folder: data, figures, report (see docs/run-folder.md).

        Args:
            folder: A folder that doesn't exist yet, or holds a run, which is replaced.

        Returns:
            The folder.

        Raises:
            StorageError: If it can't be written, or holds something else.
        """
        path = Path(folder)
        if path.exists() and not (path / "manifest.json").is_file():
            raise StorageError(f"{path} is there already and doesn't hold a run; choose another")
        return RunFolder(path.parent, path.name).finish(self.write)

    def write(self, folder: Path) -> None:
        """Write every file of the result but the manifest into an empty folder."""
        from reflexarc.records import write_result

        write_result(self, folder)


def _linear(key: Sequence[object]) -> bool:
    """Whether a measurement has no ratio: its unit starts at no zero of its own."""
    return key[KEY.index("unit")] == CELSIUS


def _text_of(experiment: str | Path) -> str | None:
    """Return the text of a built-in experiment or a file; None if it can't be read as such."""
    from reflexarc import experiments

    path = Path(experiment)
    if path.is_file():
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    return experiments.read(str(experiment)) if str(experiment) in experiments.names() else None


def _carried_out(
    plan: Plan,
    text: str,
    *,
    progress: Progress | None,
    workers: int | None,
    folder: RunFolder | None = None,
) -> Result:
    trajectories, measurements, band = plan.carry_out(
        progress=progress, workers=workers, store=folder.chunks if folder else None
    )
    return Result(
        experiment=plan.experiment,
        request=text,
        timelines=plan.timelines,
        trajectories=trajectories,
        measurements=measurements,
        band=band,
        provenance=plan.provenance(),
    )


def _loaded(plan: Plan, text: str, folder: RunFolder) -> Result:
    from reflexarc.records import read_result

    return Result(
        experiment=plan.experiment,
        request=text,
        timelines=plan.timelines,
        folder=folder.path,
        **read_result(folder.path),
    )
