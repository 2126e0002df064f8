"""The two problems that engines are compared on, both of them reflexarc's own model.

`response`: LPS and one stimulus, 72 h, all states at 101 times: two pieces of time.
`pulse_train`: LPS and a stimulus on each of seven days, 168 h, hourly: fourteen pieces or more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.bench.problem import Problem, Segment
from reflexarc.bench.tape import record
from reflexarc.biology import assemble
from reflexarc.cohort import Cohort, spreads
from reflexarc.instants import SAME_INSTANT
from reflexarc.protocol import Experiment
from reflexarc.reference import instrument
from reflexarc.timeline import build_timelines

if TYPE_CHECKING:
    from reflexarc.biology import Model
    from reflexarc.timeline import Timeline

__all__ = ["SPREAD", "VARIED", "build", "pulse_train", "response", "segments"]

Floats = NDArray[np.float64]

VARIED = 15
"""Parameters that differ between animals: the first ones that have a spread in the model."""
SPREAD = 0.2
"""Standard deviation of the logarithm of each, the same for all."""
SEED = 1
DUST = 1e-12
"""A settled value nearer to 0 than this is 0: no engine starts at -1e-30."""


def response(animals: int) -> Problem:
    """Return the problem of 72 h: LPS 5 mg/kg i.p. after 15 min of 0.5 mA at ST36.

    Args:
        animals: Number of animals.
    """
    (timeline,) = (
        line for line in build_timelines(Experiment.load("liu-2021")) if line.arm == "leg 0.5 mA"
    )
    timeline = replace(timeline, stop=72.0)
    return build("72 h", timeline, np.linspace(0.0, 72.0, 101), animals=animals)


def pulse_train(animals: int) -> Problem:
    """Return the problem of a week: the same, with the stimulus on each day.

    Args:
        animals: Number of animals.
    """
    experiment = Experiment.from_mapping(
        {
            "title": "LPS and a needle every day",
            "challenge": {"LPS": "5 mg/kg", "route": "i.p.", "at": "0 h"},
            "anaesthesia": {"isoflurane": "1.5 %", "during": "stimulation"},
            "arms": {
                "leg": {
                    "electroacupuncture": {
                        "site": "ST36",
                        "current": "0.5 mA",
                        "frequency": "10 Hz",
                        "pulse width": "50 us",
                        "duration": "15 min",
                        "at": "-15 min",
                        "repeat": {"every": "24 h", "times": 7},
                    }
                }
            },
            "measure": ["TNF at 168 h"],
        }
    )
    (timeline,) = build_timelines(experiment)
    return build("pulse train", timeline, np.arange(0.0, 169.0), animals=animals)


def build(
    name: str,
    timeline: "Timeline",
    times: ArrayLike,
    *,
    animals: int,
    model: "Model | None" = None,
) -> Problem:
    """Return a timeline as a problem, with animals drawn and settled.

    Args:
        name: Name of the problem.
        timeline: What happens.
        times: Increasing times in h at which all states are wanted.
        animals: Number of animals.
        model: The model; reflexarc's own if left out.
    """
    from reflexarc.sbml import read_sbml

    model = model or assemble()
    system = read_sbml(model.sbml)
    engine = instrument(model.sbml)
    varied = tuple(spreads(model))[:VARIED]
    cohort = Cohort.sample(dict.fromkeys(varied, SPREAD), size=animals, seed=SEED)
    central = dict(zip(system.parameters, system.values.tolist(), strict=True))
    central |= timeline.initial
    given: dict[str, ArrayLike] = {
        trait: central[trait] * cohort.multipliers[:, k] for k, trait in enumerate(varied)
    }
    before = replace(timeline, stop=timeline.start, edges=())
    initial = np.array(
        [
            engine.run(
                timeline=before,
                times=[timeline.start],
                outputs=system.states,
                multipliers=cohort.parameters(k),
                animal=k,
            )[0]
            for k in range(animals)
        ]
    )
    initial[np.abs(initial) < DUST] = 0.0
    course = engine.run(
        timeline=timeline,
        times=np.linspace(timeline.start, timeline.stop, 501),
        outputs=system.states,
        multipliers=cohort.parameters(0),
    )
    peaks = np.abs(course).max(axis=0)
    at = np.asarray(times, dtype=np.float64)
    return Problem(
        name=name,
        model=model.hash,
        sbml=model.sbml,
        tape=record(system),
        varied=(*varied, *timeline.initial),
        parameters=system.parameter_table(animals, {**timeline.initial, **given}),
        initial=initial,
        sizes=np.where(peaks > DUST, peaks, 1.0),
        times=at,
        segments=segments(timeline, at),
    )


def segments(timeline: "Timeline", times: Floats) -> tuple[Segment, ...]:
    """Return the pieces of a timeline between its edges.

    A time at an edge belongs to the piece that ends there: its output is the one just before.

    Args:
        timeline: What happens; the first edge is not before its start.
        times: Increasing times in h.
    """
    edges = sorted(timeline.edges, key=lambda edge: edge.time)
    starts = [timeline.start, *(e.time for e in edges if e.time > timeline.start + SAME_INSTANT)]
    starts = [start for start in starts if start < timeline.stop - SAME_INSTANT]
    stops = [*starts[1:], timeline.stop]
    return tuple(
        Segment(
            start=start,
            stop=stop,
            set=_joined([e.set for e in edges if abs(e.time - start) <= SAME_INSTANT]),
            add=_joined([e.add for e in edges if abs(e.time - start) <= SAME_INSTANT]),
            first=int(np.searchsorted(times, start + SAME_INSTANT, side="right")),
            last=int(np.searchsorted(times, stop + SAME_INSTANT, side="right")),
        )
        for start, stop in zip(starts, stops, strict=True)
    )


def _joined(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: value for part in parts for name, value in part.items()}
