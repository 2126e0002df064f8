"""From an arm to a timeline: every instant at which an input of the model changes, and to what.

Between two edges all inputs are constant, so a solver stops at each edge and never steps across
one. At an edge the inputs are worked out anew from everything that is on at that time: the stimuli
through the nerves that are still whole, the infusions, the anaesthesia, the lesions.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reflexarc.biology import species_values
from reflexarc.errors import InputError
from reflexarc.protocol import Arm, Experiment
from reflexarc.protocol.stimulus import Stimulus, Window
from reflexarc.recruitment import Recruitment, model_inputs
from reflexarc.units import quantity
from reflexarc.vocabulary import LesionEffect, option_effects

__all__ = ["BandName", "Edge", "Timeline", "build_timelines"]

BandName = Literal["low", "central", "high"]

MOST_EDGES = 10_000
DECIMALS = 10
"""Times are rounded to so many decimals of an hour (a third of a microsecond): what ends when
something else begins is then one instant."""

ISOFLURANE = "isoflurane_inspired"


@dataclass(frozen=True)
class Edge:
    """An instant at which inputs change.

    Args:
        time: In h on the experiment's clock.
        set: Inputs that change, by their name in the model, and their new values.
        add: States that a bolus adds to, and how much, in the state's unit.
        label: What happens, in words.
    """

    time: float
    set: Mapping[str, float] = field(default_factory=dict)
    add: Mapping[str, float] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Timeline:
    """What happens to the animals of one arm. Plain data: it can be pickled and written as JSON.

    Args:
        arm: Name of the arm.
        start: The first edge or measurement, in h.
        stop: The last measurement, or the end of the watch over survival, in h.
        initial: Parameters that differ from long before the start: those of the species,
            knock-outs, ablated cells, hypotheses.
        edges: In the order of time; at most one at an instant. Within one, lesions come first, then
            inputs, then boluses.
    """

    arm: str
    start: float
    stop: float
    initial: Mapping[str, float]
    edges: tuple[Edge, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the timeline as plain data for JSON."""
        return {
            "arm": self.arm,
            "start": self.start,
            "stop": self.stop,
            "initial": dict(self.initial),
            "edges": [
                {"time": e.time, "set": dict(e.set), "add": dict(e.add), "label": e.label}
                for e in self.edges
            ],
        }

    def gone_from(self, organ: str) -> float:
        """Return from when on an organ is not there, in h; infinite if it stays.

        Args:
            organ: Its parameter of the model, 1 where it is there.
        """
        if self.initial.get(organ, 1.0) == 0:
            return -math.inf
        lost = (edge.time for edge in self.edges if edge.set.get(organ, 1.0) == 0)
        return min(lost, default=math.inf)

    @property
    def digest(self) -> str:
        """A hash of all that matters to a simulation: neither the arm's name nor labels do."""
        content = [
            self.start,
            self.stop,
            dict(self.initial),
            [[e.time, dict(e.set), dict(e.add)] for e in self.edges],
        ]
        text = json.dumps(content, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_timelines(experiment: Experiment, *, band: BandName = "central") -> tuple[Timeline, ...]:
    """Return one timeline for each arm, in the order of the arms.

    Args:
        experiment: What a person wrote.
        band: Which recruitment to take: the middle, or the low or high end of what the unknown
            innervation and the spread of thresholds allow.

    Raises:
        InputError: An arm has too many edges.

    Example:
        >>> experiment = Experiment.from_mapping({
        ...     "title": "LPS", "challenge": {"LPS": "5 mg/kg"}, "arms": {"all": {}},
        ...     "measure": ["TNF at 90 min"],
        ... })
        >>> build_timelines(experiment)[0].edges
        (Edge(time=0.0, set={}, add={'LPS_peritoneum': 5.0}, label='LPS 5 mg/kg i.p.'),)
    """
    return tuple(_build(experiment, name, band) for name in experiment.arms)


def _build(experiment: Experiment, name: str, band: BandName) -> Timeline:
    course = _Course(experiment.arms[name], band, species_values(experiment.animals.species))
    try:
        edges = course.edges()
    except InputError as error:
        raise experiment.problem(error.message, "arms", name) from None
    window = experiment.survival_window(name)
    measured = [time for item in experiment.measurements for time in item.times]
    first = min([*(e.time for e in edges), *measured, *(window or ())[:1]])
    return Timeline(
        arm=name,
        start=first,
        stop=experiment.stop(name),
        initial=course.initial,
        edges=edges,
    )


@dataclass(frozen=True)
class _Span:
    """Something that is on for a while: a stimulus, an infusion, an anaesthesia."""

    on: float
    off: float

    def covers(self, time: float) -> bool:
        return self.on <= time < self.off


@dataclass(frozen=True)
class _Shine(_Span):
    stimulus: Stimulus


@dataclass(frozen=True)
class _Flow(_Span):
    state: str
    rate: float


@dataclass(frozen=True)
class _Breath(_Span):
    percent: float


class _Course:
    """What happens in one arm, gathered from all its parts."""

    def __init__(self, arm: Arm, band: BandName, species: Mapping[str, float]) -> None:
        self.band = band
        self.species = species
        self.words: dict[float, list[str]] = {}
        self.boluses: dict[float, dict[str, float]] = {}
        self.injuries: list[tuple[float, LesionEffect]] = []
        lasting: list[LesionEffect] = []
        for lesion in arm.lesions:
            if lesion.time is None:
                lasting.append(lesion.effect)
            else:
                time = self.note(lesion.time, f"lesion: {lesion.name}")
                self.injuries.append((time, lesion.effect))
        self.lasting = tuple(lasting)
        self.shines = tuple(
            _Shine(*self.window(window, stimulus.label), stimulus)
            for stimulus in arm.stimuli
            for window in stimulus.windows
        )
        self.breaths = tuple(
            _Breath(*self.window(window, f"isoflurane {given.isoflurane}"), percent)
            for given in arm.anaesthesia
            for percent in [quantity(given.isoflurane, "percentage")]
            for window in given.windows(tuple(w for s in arm.stimuli for w in s.windows))
        )
        self.flows = tuple(
            _Flow(*self.window(window, f"infusion of {dose.label}"), dose.row.state, dose.rate)
            for dose in arm.given
            for window in dose.windows
        )
        for dose in arm.given:
            for moment in () if dose.duration else dose.times:
                added = self.boluses.setdefault(self.note(moment, dose.label), {})
                added[dose.row.state] = added.get(dose.row.state, 0.0) + dose.bolus
        self.operations = tuple(
            (_instant(moment), dose.inputs)
            for dose in arm.given
            if dose.inputs
            for moment in dose.times
        )
        self.options = {
            parameter: value
            for name, option in arm.hypotheses.items()
            for parameter, value in option_effects(name, option).items()
        }

    @property
    def initial(self) -> dict[str, float]:
        """What is different from long before the start."""
        return {**self.species, **self.options, **_intactness(self.lasting)}

    def note(self, time: float, words: str) -> float:
        time = _instant(time)
        self.words.setdefault(time, []).append(words)
        if len(self.words) > MOST_EDGES:
            raise InputError(f"more than {MOST_EDGES} things happen at different times")
        return time

    def window(self, window: Window, words: str) -> Window:
        return self.note(window[0], f"{words} on"), self.note(window[1], f"{words} off")

    def edges(self) -> tuple[Edge, ...]:
        """Return the edges at which something does change."""
        edges = []
        now = self.inputs(float("-inf"))
        for time in sorted(self.words):
            then = self.inputs(time)
            changed = {key: value for key, value in then.items() if now.get(key) != value}
            added = {k: v for k, v in self.boluses.get(time, {}).items() if v != 0}
            if changed or added:
                label = "; ".join(dict.fromkeys(self.words[time]))
                edges.append(Edge(time=time, set=changed, add=added, label=label))
            now = then
        return tuple(edges)

    def inputs(self, time: float) -> dict[str, float]:
        """Return every input that this arm ever moves, as it is from a time on."""
        done = [effect for at, effect in self.injuries if at <= time]
        cut = frozenset(nerve for effect in (*self.lasting, *done) for nerve in effect.cuts)
        lesions = dict.fromkeys(_intactness(effect for _, effect in self.injuries), 1.0)
        lesions |= {k: v for k, v in self.initial.items() if k in lesions}
        lesions |= {k: v for k, v in _intactness((*self.lasting, *done)).items() if k in lesions}
        active = [
            recruitment
            for shine in self.shines
            if shine.covers(time)
            for recruitment in [shine.stimulus.recruitment(cut)]
            if _acts(recruitment, self.band)
        ]
        driven = model_inputs(active, band=self.band) if self.shines else {}
        flows = dict.fromkeys((f"infusion_{flow.state}" for flow in self.flows), 0.0)
        for flow in self.flows:
            if flow.covers(time):
                flows[f"infusion_{flow.state}"] += flow.rate
        operated = {name: 0.0 for _, sets in self.operations for name in sets}
        for moment, sets in self.operations:
            if moment <= time:
                operated |= sets
        breath = {}
        if self.breaths:
            inspired = [b.percent for b in self.breaths if b.covers(time)]
            breath[ISOFLURANE] = max(inspired, default=0.0)
        return {**lesions, **driven, **flows, **breath, **operated}


def _intactness(effects: Iterable[LesionEffect]) -> dict[str, float]:
    """Return what is left of each structure: the mean of its left and its right side."""
    sides: dict[str, dict[str, float]] = {}
    for effect in effects:
        for parameter, value in effect.sets:
            left = sides.setdefault(parameter, {"left": 1.0, "right": 1.0})
            for side in left:
                if effect.side in (side, "both"):
                    left[side] = min(left[side], value)
    return {parameter: (s["left"] + s["right"]) / 2 for parameter, s in sides.items()}


def _acts(recruitment: Recruitment, band: BandName) -> bool:
    """Whether a stimulus recruits anything: a sham needle doesn't even set a pulse rate."""
    found = (
        *recruitment.classes.values(),
        *recruitment.drives.values(),
        *recruitment.discharge.values(),
    )
    return any(value.at(band) > 0 for value in found)


def _instant(time: float) -> float:
    return round(time, DECIMALS) + 0.0
