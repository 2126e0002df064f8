"""What a finding looks at, written as a phrase, and how it is read off trajectories.

    TNF in plasma at 90 min
    peak adrenaline in plasma from 0 to 6 h
    lowest temperature from 0 to 8 h
    TNF in plasma from 0 to 4 h          (for times of peak and of onset)
    survival at 7 d

The name is an observable of the model, one of its aliases, or the id of a state.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reflexarc.biology import Observable, states
from reflexarc.errors import InputError
from reflexarc.units import quantity
from reflexarc.vocabulary import find_observable

__all__ = ["REST", "Animals", "Course", "Outcome", "parse_observable", "parse_outcome"]

Floats = NDArray[np.float64]
Statistic = Literal["level", "peak", "lowest", "course", "survival"]

REST = -1.0
"""When an animal is at rest, in h: with its lesions, and before anything is done to it."""
ONSET = 0.1
"""Share of the rise to its peak at which an outcome has set in."""
BACTERIA, ONE_BACTERIUM = "10^6 CFU", 1e-6
"""Unit of bacteria, and one of them: less than one is none, and no number to divide by."""
FINE_STEP, COARSE_STEP, FINE_SPAN = 0.05, 0.5, 12.0
"""Step in h at which a window is looked at: fine in windows up to FINE_SPAN, else coarse."""

_SURVIVAL = re.compile(r"survival\s+(?:at|for)\s+(?P<at>.+)")
_PHRASE = re.compile(
    r"(?:(?P<statistic>peak|lowest)\s+)?(?P<name>.+?)(?:\s+in\s+(?P<place>[a-z ]+?))?"
    r"(?:\s+at\s+(?P<at>[^,]+)|\s+from\s+(?P<start>.+?)\s+to\s+(?P<stop>.+))"
)
_NAME = re.compile(r"(?P<name>.+?)(?:\s+in\s+(?P<place>[a-z ]+))?")


@dataclass(frozen=True)
class Course:
    """One animal, or the typical one, through one arm.

    Attributes:
        times: Times in h, shape (time,).
        values: Each model variable at these times, in its own unit.
        survival: Share of a cohort that lives, by time in h; empty where no cohort was run.
        animals: The cohort, each animal by itself; None where none was run.
    """

    times: Floats
    values: Mapping[str, Floats]
    survival: Mapping[float, float]
    animals: "Animals | None" = None

    def at(self, variable: str, times: Floats) -> Floats:
        """Return a variable at times in h, linear between the times that were simulated."""
        return np.interp(times, self.times, self.values[variable])


@dataclass(frozen=True)
class Animals:
    """The animals of one arm, each by itself.

    Attributes:
        times: Times in h, shape (time,).
        values: Each model variable at these times, shape (animal, time); `hazard` among them.
    """

    times: Floats
    values: Mapping[str, Floats]

    @property
    def survival(self) -> dict[float, float]:
        """Share that is expected to live, by time in h."""
        living = np.exp(-self.values["hazard"]).mean(axis=0)
        return dict(zip(self.times.tolist(), living.tolist(), strict=True))

    def alive(self, time: float) -> Floats:
        """Return the chance of each animal to be alive at a time in h, shape (animal,)."""
        column = int(np.argmin(np.abs(self.times - time)))
        return np.exp(-self.values["hazard"][:, column])

    def levels(self, outcome: "Outcome") -> Floats:
        """Return what is read off each animal, shape (animal,)."""
        table = self.values[outcome.variable]
        return np.array(
            [outcome.level(Course(self.times, {outcome.variable: row}, {})) for row in table]
        )


@dataclass(frozen=True)
class Outcome:
    """What is read off an arm.

    Attributes:
        phrase: As it was written.
        variable: Id of the model's variable; `hazard` for survival.
        unit: Unit of the level.
        statistic: Level at a time, peak or lowest level in a window, the course in a window, or
            the share that survives.
        start: Start of the window, or the time, in h.
        stop: End of the window, or the time, in h.
    """

    phrase: str
    variable: str
    unit: str
    statistic: Statistic
    start: float
    stop: float

    @property
    def least(self) -> float:
        """The least that there can be, in the unit: one bacterium, of other things any amount."""
        return ONE_BACTERIUM if self.unit == BACTERIA else 0.0

    @property
    def times(self) -> Floats:
        """The times in h at which the variable must be known."""
        if self.stop == self.start:
            return np.array([self.start])
        step = FINE_STEP if self.stop - self.start <= FINE_SPAN else COARSE_STEP
        return np.round(
            self.start + step * np.arange(round((self.stop - self.start) / step) + 1), 9
        )

    def of(self, variable: Observable) -> "Outcome":
        """Return the same reading of another variable."""
        return Outcome(
            self.phrase, variable.id, variable.unit, self.statistic, self.start, self.stop
        )

    def level(self, course: Course) -> float:
        """Read the level (at the time, or the highest or lowest in the window) or the survival."""
        if self.statistic == "survival":
            return course.survival[self.start]
        values = course.at(self.variable, self.times)
        return float(np.min(values) if self.statistic == "lowest" else np.max(values))

    def rest(self, course: Course) -> float:
        """Read the level at rest."""
        return float(course.at(self.variable, np.array([REST]))[0])

    def time_of_peak(self, course: Course) -> float:
        """Return when the variable is highest, in h; between samples by a parabola."""
        times = self.times
        values = course.at(self.variable, times)
        top = int(np.argmax(values))
        if 0 < top < values.size - 1:
            before, here, after = values[top - 1 : top + 2]
            bend = before - 2 * here + after
            if bend < 0:
                return float(times[top] + (times[1] - times[0]) * (before - after) / (2 * bend))
        return float(times[top])

    def onset(self, course: Course) -> float:
        """Return when a tenth of the rise to the peak is reached, in h; infinite without a rise."""
        times = self.times
        values = course.at(self.variable, times)
        rest = self.rest(course)
        threshold = rest + ONSET * (np.max(values) - rest)
        above = np.flatnonzero(values > threshold)
        if above.size == 0:
            return float("inf")
        first = int(above[0])
        if first == 0:
            return float(times[0])
        share = (threshold - values[first - 1]) / (values[first] - values[first - 1])
        return float(times[first - 1] + share * (times[first] - times[first - 1]))


def parse_outcome(phrase: str) -> Outcome:
    """Read a phrase such as `TNF in plasma at 90 min`.

    Args:
        phrase: The phrase; see the module for its forms.

    Returns:
        The outcome, with times in h.

    Raises:
        InputError: It has another form, an unknown name or place, or a time that can't be read.

    Example:
        >>> parse_outcome("TNF in plasma at 90 min").start
        1.5
        >>> parse_outcome("peak adrenaline in plasma from 0 to 6 h").stop
        6.0
    """
    text = " ".join(phrase.split())
    if match := _SURVIVAL.fullmatch(text):
        at = quantity(match["at"], "time")
        return Outcome(text, "hazard", "share", "survival", at, at)
    match = _PHRASE.fullmatch(text)
    if match is None:
        raise InputError(
            f"can't read the outcome {text!r}; write for example 'TNF in plasma at 90 min'"
        )
    found = _observable(match["name"], match["place"])
    if match["at"] is not None:
        if match["statistic"]:
            raise InputError(f"a {match['statistic']} needs a window; write 'from 0 to 6 h'")
        at = quantity(match["at"], "time")
        return Outcome(text, found.id, found.unit, "level", at, at)
    start, stop = _window(match["start"], match["stop"])
    statistic: Statistic = {"peak": "peak", "lowest": "lowest"}.get(match["statistic"], "course")  # type: ignore[assignment]
    return Outcome(text, found.id, found.unit, statistic, start, stop)


def parse_observable(phrase: str) -> Observable:
    """Read what is looked at without a time, such as `TNF in plasma`.

    Raises:
        InputError: The name or the place is unknown.
    """
    match = _NAME.fullmatch(" ".join(phrase.split()))
    if match is None:
        raise InputError(f"can't read {phrase!r}; write for example 'TNF in plasma'")
    return _observable(match["name"], match["place"])


def _window(start: str, stop: str) -> tuple[float, float]:
    if re.fullmatch(r"[-+]?[0-9.]+", start):
        start = f"{start} {stop.lstrip('-+0123456789. ')}"
    first, last = quantity(start, "time"), quantity(stop, "time")
    if last <= first:
        raise InputError(f"the window from {start} to {stop} is empty")
    return first, last


def _observable(name: str, place: str | None) -> Observable:
    for state in states():
        if state.id == name and place is None:
            return Observable(state.label, (), "model", state.id, state.unit, None, 0, 0, None, "")
    return find_observable(name, place)
