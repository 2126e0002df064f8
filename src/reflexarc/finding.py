"""A published finding: what to simulate, what number to read off, and whether it agrees."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from reflexarc.biology.tables import CELSIUS, KELVIN, ZERO_CELSIUS
from reflexarc.errors import InputError
from reflexarc.evidence.schema import Comparison, Expectation, Intact, Trust
from reflexarc.outcomes import Course, Outcome, parse_observable, parse_outcome
from reflexarc.verdicts import (
    HIGHER,
    LEFT_OVER,
    LOWER,
    POINTS,
    ROC,
    STEP,
    Decision,
    Numeric,
    bounds,
    direction_of_area,
    direction_of_ratio,
    direction_of_survival,
    hinge,
    rising,
    roc_area,
    share_left,
    within,
)

__all__ = ["REST_ARM", "Courses", "Finding"]

Courses = Mapping[str, Course]
"""The simulated course of each arm of an experiment, by the arm's name."""

REST_ARM = "rest"
"""Stands for the arm itself before anything was done to it."""
SOFT = 0.1
"""Distance from the edge of a rule, in logarithms, that counts as a residual of 1."""
SOFT_POINTS = 0.05
"""The same for survival, as a share of the animals."""
SOFT_HOURS = 0.25
"""The same for times, in h."""
SOFT_AREA = 0.05
"""The same for areas under the ROC curve."""

_FACTOR = re.compile(r"factor\s+([0-9.]+)")
_SEM = re.compile(r"([0-9.]+)\s*SEM")
_POINTS = re.compile(r"([0-9.]+)\s*points")


@dataclass(frozen=True)
class Finding:
    """A published finding.

    Attributes:
        id: Row of the literature, and what of it: `L21-3-TNF`.
        title: What was found, in a plain sentence.
        paper: Key in references.json.
        via: Keys of secondary sources in which it was read.
        found_in: Where it was read.
        species: Species in the paper; the simulation is a mouse.
        trust: T (primary text), S (secondary source), R (remembered) or NF (not found).
        experiment: Key of its experiment: file and name.
        outcome: What is read off.
        comparison: Arms and measure.
        expect: Rules and numbers.
        published: What the paper says, in few words.
        bias: What might mislead.
        note: Anything else.
        assumptions: What of the protocol is assumed.
    """

    id: str
    title: str
    paper: str
    via: tuple[str, ...]
    found_in: str
    species: str
    trust: Trust
    experiment: str
    outcome: Outcome
    comparison: Comparison
    expect: Expectation
    published: str
    bias: str
    note: str
    assumptions: tuple[str, ...]

    @property
    def scored(self) -> bool:
        """Whether it may be scored: what is remembered or was not found may not."""
        return self.trust in ("T", "S")

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that it looks at."""
        compared, intact = self.comparison, self.comparison.intact
        named = [compared.arm, compared.to, *compared.arms]
        if intact is not None:
            named += [intact.arm, intact.to]
        return tuple(dict.fromkeys(arm for arm in named if arm and arm != REST_ARM))

    @cached_property
    def reference_outcome(self) -> Outcome:
        """What is read off the arm that it is compared with."""
        against = self.comparison.against
        return self.outcome if against is None else parse_outcome(against)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Every outcome that is read off."""
        ordered = [self.outcome.of(parse_observable(name)) for name in self.comparison.observables]
        return (self.outcome, self.reference_outcome, *ordered)

    @property
    def expected(self) -> Numeric | None:
        """The published number with its tolerance, if there is one."""
        value, tolerance = self.expect.value, self.expect.tolerance
        if value is None or tolerance is None:
            return None
        if isinstance(tolerance, float | int):
            return Numeric(value, float(tolerance))
        if (match := _FACTOR.fullmatch(tolerance)) and float(match[1]) > 1 and value > 0:
            return Numeric(value, math.log(float(match[1])), logarithmic=True)
        if match := _SEM.fullmatch(tolerance):
            return Numeric(value, float(match[1]) * (self.expect.SEM or math.nan))
        if match := _POINTS.fullmatch(tolerance):
            return Numeric(value, float(match[1]) / 100)
        raise InputError(
            f"can't read the tolerance {tolerance!r}; write '2 SEM', 'factor 2', '15 points' or a"
            " number"
        )

    def measure(self, courses: Courses) -> float:
        """Return the simulated number that the finding is about.

        Args:
            courses: The simulated arms of its experiment.

        Returns:
            A ratio; a level or a difference in the outcome's unit; a time in h; a share of
            survivors (or a difference of shares, if only a direction is expected); the share of an
            effect that is left; for an order, the smallest step (a ratio, or h between times); of
            the dead, the area under the ROC curve.
        """
        kind, arm, to = self.comparison.kind, self.comparison.arm or "", self.comparison.to
        if kind == "of the dead":
            return self._area(courses[arm])
        if kind == "order":
            values, times = self._ordered(courses), self._ordered_times
            steps = pairwise(values)
            return min(b - a if times else _ratio(b, a) for a, b in steps)
        if kind == "time of peak":
            return self.outcome.time_of_peak(courses[arm])
        if kind == "abolished":
            intact = self.comparison.intact
            assert intact is not None
            whole = self._effect(courses, intact.arm, intact.to)
            left = self._effect(courses, arm, to or REST_ARM)
            return left / whole if whole else math.nan
        level = self.outcome.level(courses[arm])
        if kind == "level" or (kind == "survival" and self.expect.value is not None):
            return level
        reference = self._reference(courses, arm, to or REST_ARM)
        if kind == "ratio":
            against = self.outcome if (to or REST_ARM) == REST_ARM else self.reference_outcome
            return _ratio(max(level, self.outcome.least), max(reference, against.least))
        return level - reference

    def decide(self, courses: Courses) -> Decision:
        """Return whether the simulation agrees with the paper, and why."""
        decisions = [*self._decisions(courses)]
        failed = [decision for decision in decisions if not decision.holds]
        why = "; ".join(decision.why for decision in failed or decisions)
        return Decision(not failed, why)

    def residual(self, courses: Courses, target: float | None = None) -> float:
        """Return how far the simulation is from the paper, for a fit.

        Args:
            courses: The simulated arms of its experiment.
            target: A number to be drawn to, in place of what the finding expects.

        Returns:
            With a published number, the distance in tolerances. Else 0 where the rule holds, and
            the distance from its edge: 1 for 10 % of a ratio, 5 points of survival, a quarter of
            an hour.
        """
        value = self.measure(courses)
        kind, expect = self.comparison.kind, self.expect
        if target is not None:
            aim = Numeric(target, SOFT, logarithmic=kind in ("ratio", "level"))
            return aim.residual(value)
        if (expected := self.expected) is not None:
            return expected.residual(value)
        if kind == "survival":
            low, high = {"higher": (POINTS, None), "lower": (None, -POINTS)}.get(
                expect.direction or "", (-POINTS, POINTS)
            )
            return hinge(value, low, high) / SOFT_POINTS
        if kind == "abolished":
            return hinge(value, -LEFT_OVER, LEFT_OVER) / SOFT
        if kind == "of the dead":
            low, high = {"higher": (ROC, None), "lower": (None, 1 - ROC)}.get(
                expect.direction or "", (expect.at_least, expect.at_most)
            )
            return hinge(value, low, high) / SOFT_AREA
        if kind == "order" and self._ordered_times:
            return hinge(value, 0.0, None) / SOFT_HOURS
        if kind == "time of peak":
            return hinge(value, expect.at_least, expect.at_most) / SOFT_HOURS
        if kind in ("level", "difference"):
            scale = max(abs(expect.at_least or 0), abs(expect.at_most or 0)) or 1.0
            return hinge(value, expect.at_least, expect.at_most) / (SOFT * scale)
        low, high = _edges(expect) if kind == "ratio" else (STEP, None)
        edges = (None if edge is None else _log(edge) for edge in (low, high))
        return hinge(_log(value), *edges) / SOFT

    def show(self, value: float) -> str:
        """Return the simulated number in words."""
        kind, unit = self.comparison.kind, self.outcome.unit
        if kind == "survival":
            if self.expect.value is None:
                return f"{100 * value:+.0f} points of survival"
            return f"{100 * value:.0f} % survive"
        if kind == "abolished":
            if not math.isfinite(value):
                return "no intact effect"
            return f"{round(100 * value):d} % of the effect is left"
        if kind == "of the dead":
            return f"area {value:.2f}" if math.isfinite(value) else "too few die, or live"
        if kind == "time of peak":
            return f"peak at {value:.2g} h"
        if kind == "order":
            step = f"{value:.2g} h" if self._ordered_times else f"×{value:.3g}"
            return f"smallest step {step}"
        if kind == "ratio":
            return f"×{value:.3g}"
        if unit not in KELVIN:
            return f"{value:.4g} {unit}"
        if kind == "difference":
            return f"{value:+.3g} {CELSIUS}"
        return f"{value - ZERO_CELSIUS:.1f} {CELSIUS} ({value:.1f} K)"

    def _decisions(self, courses: Courses) -> list[Decision]:
        kind, expect, intact = self.comparison.kind, self.expect, self.comparison.intact
        decisions: list[Decision] = []
        if intact is not None:
            decisions.append(self._presence(courses, intact))
        if kind == "order":
            return [*decisions, rising(self._ordered(courses), times=self._ordered_times)]
        value = self.measure(courses)
        if kind == "of the dead" and not math.isfinite(value):
            return [*decisions, Decision(False, "fewer than one animal in twenty die, or live")]
        if not math.isfinite(value):
            return [*decisions, Decision(False, f"{self.outcome.phrase}: no finite number")]
        if kind == "abolished":
            return [*decisions, share_left(value, 1.0)]
        if expect.direction is not None:
            arm, to = self.comparison.arm or "", self.comparison.to
            if kind == "survival" and to is not None:
                difference = self.outcome.level(courses[arm]) - self.outcome.level(courses[to])
                decisions.append(direction_of_survival(difference, expect.direction))
            elif kind == "of the dead":
                decisions.append(direction_of_area(value, expect.direction))
            else:
                decisions.append(direction_of_ratio(value, expect.direction))
        if expect.at_least is not None or expect.at_most is not None:
            decisions.append(bounds(value, expect.at_least, expect.at_most))
        if (expected := self.expected) is not None:
            decisions.append(within(value, expected))
        return decisions

    def _presence(self, courses: Courses, intact: Intact) -> Decision:
        reference = self._reference(courses, intact.arm, intact.to)
        level = self.outcome.level(courses[intact.arm])
        if self.outcome.statistic == "survival":
            found = direction_of_survival(level - reference, intact.direction)
        elif reference > 0:
            found = direction_of_ratio(level / reference, intact.direction)
        else:
            found = direction_of_ratio(2.0 if level > reference else 1.0, intact.direction)
        return Decision(found.holds, f"intact effect: {found.why}")

    def _area(self, course: Course) -> float:
        """Return the area under the ROC curve; who is dead at the time of sampling is not read."""
        animals, death = course.animals, self.comparison.death
        assert animals is not None
        assert death is not None
        living = animals.alive(death)
        dead = animals.alive(self.outcome.stop) - living
        return roc_area(animals.levels(self.outcome), dead, living)

    def _effect(self, courses: Courses, arm: str, to: str) -> float:
        level = self.outcome.level(courses[arm])
        reference = self._reference(courses, arm, to)
        if self.comparison.effect == "difference":
            return level - reference
        ratio = _ratio(level, reference)
        return math.log(ratio) if ratio > 0 else math.nan

    def _reference(self, courses: Courses, arm: str, to: str) -> float:
        if to == REST_ARM:
            return self.outcome.rest(courses[arm])
        return self.reference_outcome.level(courses[to])

    @property
    def _ordered_times(self) -> bool:
        return self.comparison.by in ("onset", "time of peak")

    def _ordered(self, courses: Courses) -> list[float]:
        compared = self.comparison
        if compared.observables:
            course = courses[compared.arm or ""]
            pairs = [(outcome, course) for outcome in self.outcomes[2:]]
        else:
            pairs = [(self.outcome, courses[arm]) for arm in compared.arms]
        return [self._position(outcome, course) for outcome, course in pairs]

    def _position(self, outcome: Outcome, course: Course) -> float:
        match self.comparison.by:
            case "onset":
                return outcome.onset(course)
            case "time of peak":
                return outcome.time_of_peak(course)
            case "rise":
                return outcome.level(course) - outcome.rest(course)
            case _:
                return outcome.level(course)


def _edges(expect: Expectation) -> tuple[float | None, float | None]:
    """Return the tightest bounds on a ratio."""
    low, high = {
        "lower": (None, LOWER),
        "higher": (HIGHER, None),
        "unchanged": (LOWER, HIGHER),
    }.get(expect.direction or "", (None, None))
    lows = [edge for edge in (low, expect.at_least) if edge is not None]
    highs = [edge for edge in (high, expect.at_most) if edge is not None]
    return max(lows, default=None), min(highs, default=None)


def _ratio(level: float, reference: float) -> float:
    if reference > 0:
        return level / reference
    return math.nan if level <= 0 else math.inf


def _log(value: float) -> float:
    return math.log(max(value, 1e-12))
