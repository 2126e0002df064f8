"""What has to be simulated for a set of findings: each distinct timeline once.

Ratios, levels and times are read off the typical animal, which is deterministic. Survival is the
share of a cohort that is expected to live, the mean of exp(-cumulative hazard) over its animals, so
that no luck of dying enters; animals differ by their traits, and are the same in every arm. The
same cohort tells the dead from the living.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reflexarc.cohort import Cohort, spreads
from reflexarc.ensemble import EngineName, simulate
from reflexarc.finding import Courses, Finding
from reflexarc.outcomes import REST, Animals, Course
from reflexarc.timeline import build_timelines
from reflexarc.workers import Progress

if TYPE_CHECKING:
    from reflexarc.biology import Model
    from reflexarc.protocol import Experiment
    from reflexarc.timeline import Timeline

__all__ = ["ANIMALS", "Trials", "plan_trials", "residuals", "run_points", "run_trials"]

Floats = NDArray[np.float64]

ANIMALS = 100
"""Animals of the cohort in which survival is counted."""


@dataclass(frozen=True)
class Trials:
    """The distinct timelines of a set of findings.

    Attributes:
        timelines: For the typical animal, each with a digest as its arm.
        lethal: For the cohort.
        names: Digest of each (experiment, arm) of a finding.
        times: Times in h at which outputs are wanted.
        deaths: Times in h at which the cohort is wanted.
        outputs: Model variables that are wanted.
        signs: Model variables that are wanted of each animal of the cohort, beside its hazard.
    """

    timelines: "tuple[Timeline, ...]"
    lethal: "tuple[Timeline, ...]"
    names: Mapping[tuple[str, str], str]
    times: Floats
    deaths: Floats
    outputs: tuple[str, ...]
    signs: tuple[str, ...] = ()


def plan_trials(
    findings: Iterable[Finding],
    experiments: "Mapping[str, Experiment]",
    *,
    initial: Mapping[str, float] | None = None,
) -> Trials:
    """Collect what findings need, each distinct timeline once.

    Args:
        findings: The findings.
        experiments: Their experiments, by key.
        initial: Parameters that differ in every arm that doesn't set them itself.

    Returns:
        The trials; two arms with the same course of events share one timeline.
    """
    built: dict[str, dict[str, Timeline]] = {}
    names: dict[tuple[str, str], str] = {}
    calm: dict[str, Timeline] = {}
    lethal: dict[str, Timeline] = {}
    times: set[float] = {REST}
    deaths: set[float] = set()
    outputs: set[str] = set()
    signs: set[str] = set()
    for finding in findings:
        key = finding.experiment
        if key not in built:
            built[key] = {
                line.arm: replace(line, initial={**(initial or {}), **line.initial})
                for line in build_timelines(experiments[key])
            }
        survival = finding.outcome.statistic == "survival"
        wanted = [float(time) for outcome in finding.outcomes for time in outcome.times]
        death = finding.comparison.death
        if death is not None:
            wanted.append(death)
            signs.add(finding.outcome.variable)
        mortal = survival or death is not None
        (deaths if mortal else times).update(wanted)
        if not mortal:
            outputs.update(outcome.variable for outcome in finding.outcomes)
        trials = lethal if mortal else calm
        for arm in finding.arms:
            timeline = built[key][arm]
            digest = names[key, arm] = replace(timeline, stop=timeline.start).digest
            known = trials.get(digest)
            stop = max(wanted) if known is None else max(known.stop, *wanted)
            trials[digest] = replace(timeline, arm=digest, stop=max(stop, timeline.start))
    return Trials(
        timelines=tuple(calm.values()),
        lethal=tuple(lethal.values()),
        names=names,
        times=np.array(sorted(times)),
        deaths=np.array(sorted(deaths)),
        outputs=tuple(sorted(outputs)),
        signs=tuple(sorted(signs - {"hazard"})),
    )


def run_trials(
    trials: Trials,
    *,
    model: "Model",
    typical: Cohort | None = None,
    cohort: Cohort | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: EngineName = "kernel",
) -> Mapping[str, Courses]:
    """Simulate the trials.

    Args:
        trials: What to simulate.
        model: The assembled biology.
        typical: One animal for ratios, levels and times; the typical one if left out.
        cohort: The animals in which survival is counted; 100 of the seed if left out.
        seed: Seed of that cohort.
        workers: Threads or processes; None chooses.
        progress: Called with (runs done, runs in all).
        engine: What simulates, see `ensemble.ENGINES`.

    Returns:
        The course of each arm, by the experiment's key and the arm's name.
    """
    return run_points(
        trials,
        model=model,
        typical=Cohort.typical() if typical is None else typical,
        cohort=Cohort.sample(spreads(model), size=ANIMALS, seed=seed) if cohort is None else cohort,
        workers=workers,
        progress=progress,
        engine=engine,
    )[0]


def run_points(
    trials: Trials,
    *,
    model: "Model",
    typical: Cohort,
    cohort: Cohort,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: EngineName = "kernel",
) -> list[Mapping[str, Courses]]:
    """Simulate the trials for several sets of parameters at a time.

    Args:
        trials: What to simulate.
        model: The assembled biology.
        typical: One animal for each set of parameters.
        cohort: As many animals for each set as for any other, set by set.
        workers: Threads or processes; None chooses.
        progress: Called with (runs done, runs in all).
        engine: What simulates, see `ensemble.ENGINES`.

    Returns:
        For each set the course of each arm, by the experiment's key and the arm's name.
    """
    points = len(typical)
    total = len(trials.timelines) * points + len(trials.lethal) * len(cohort)

    def report(offset: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(offset + done, total)

    values: dict[str, dict[str, Floats]] = {}
    if trials.timelines:
        result = simulate(
            model=model,
            timelines=trials.timelines,
            cohort=typical,
            times=trials.times,
            outputs=trials.outputs,
            workers=workers,
            progress=report(0),
            engine=engine,
        )
        for position, timeline in enumerate(trials.timelines):
            values[timeline.arm] = {name: result[name].values[position] for name in trials.outputs}
    herds: dict[str, dict[str, Floats]] = {}
    if trials.lethal:
        wanted = ("hazard", *trials.signs)
        result = simulate(
            model=model,
            timelines=trials.lethal,
            cohort=cohort,
            times=trials.deaths,
            outputs=wanted,
            workers=workers,
            progress=report(len(trials.timelines) * points),
            engine=engine,
        )
        shape = (len(trials.lethal), points, -1, trials.deaths.size)
        tables = {name: result[name].values.reshape(shape) for name in wanted}
        for position, timeline in enumerate(trials.lethal):
            herds[timeline.arm] = {name: table[position] for name, table in tables.items()}
    found: list[Mapping[str, Courses]] = []
    for point in range(points):
        courses: dict[str, dict[str, Course]] = {}
        for (experiment, arm), digest in trials.names.items():
            herd = {name: table[point] for name, table in herds.get(digest, {}).items()}
            animals = Animals(trials.deaths, herd) if herd else None
            courses.setdefault(experiment, {})[arm] = Course(
                trials.times,
                {name: table[point] for name, table in values.get(digest, {}).items()},
                animals.survival if animals else {},
                animals,
            )
        found.append(dict(courses))
    return found


def residuals(
    findings: Sequence[Finding],
    courses: Mapping[str, Courses],
    *,
    weights: Sequence[float] | None = None,
    targets: Sequence[float | None] | None = None,
) -> Floats:
    """Return one residual a finding, for a fit.

    Args:
        findings: The findings.
        courses: What `run_trials` returned.
        weights: Weight of each; 1 if left out.
        targets: Number that each is drawn to, in place of what it expects; None for its own.

    Returns:
        Residuals, shape (finding,): 0 agrees, 1 is the edge of a tolerance.
    """
    chosen = [None] * len(findings) if targets is None else targets
    raw = [
        finding.residual(courses[finding.experiment], target)
        for finding, target in zip(findings, chosen, strict=True)
    ]
    return np.array(raw) * (1.0 if weights is None else np.asarray(weights))
