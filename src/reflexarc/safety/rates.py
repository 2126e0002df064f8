"""How often people are harmed by acupuncture: what was counted, of whom, and how sure it is.

The numbers stand in `evidence/safety/adverse_events.yaml`. A number that was only remembered is
shown as not read at the source, and is never the one by which a side effect is told.
"""

from collections.abc import Sequence
from functools import cache
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from reflexarc.errors import InputError
from reflexarc.evidence.schema import Trust
from reflexarc.protocol.written import Written
from reflexarc.refusals import explain
from reflexarc.safety.intervals import exact_interval, rounded, short
from reflexarc.safety.language import read_data
from reflexarc.yaml_source import Source

__all__ = ["OUT_OF", "Count", "Effect", "Report", "load_effects", "read_effects"]

OUT_OF = 10_000
"""Rates are told as so many out of this many."""

Group = Literal["overall", "common", "serious"]
Denominator = Literal["patients", "treatments", "consultations", "courses of treatment", "needles"]
Teller = Literal["public advice", "the article"]


class Count(Written):
    """What one study counted.

    Args:
        what: What counted as an event.
        source: Key in references.json.
        via: Key of the secondary source in which it was read.
        row: Row of the catalogue of findings.
        trust: T, S, R or NF; see `reflexarc.evidence.schema.Trust`.
        per: What the rate is out of.
        people: Whom the study watched, where that is not everybody who came.
        rate: Events, or people with at least one, out of 10 000.
        cases: Number of them.
        of: Number of patients, treatments, ... that were watched.
        low: Lower end of the printed interval, out of 10 000.
        high: Upper end.
        interval: What the printed interval is.
        studies: How many studies were pooled.
        heterogeneity: How far they disagree.
        severe: Whether only severe or significant cases were counted.
        headline: Whether the side effect is told by this number.
        note: What else a reader should know.
    """

    what: str
    source: str
    via: str | None = None
    row: str | None = None
    trust: Trust
    per: Denominator
    people: str | None = None
    rate: float | None = Field(default=None, ge=0, le=OUT_OF)
    cases: int | None = Field(default=None, ge=0)
    of: int | None = Field(default=None, gt=0)
    low: float | None = Field(default=None, ge=0, le=OUT_OF)
    high: float | None = Field(default=None, ge=0, le=OUT_OF)
    interval: str | None = None
    studies: int | None = Field(default=None, gt=1)
    heterogeneity: str | None = None
    severe: bool = False
    headline: bool = False
    note: str = ""

    @field_validator("severe", "headline", mode="before")
    @classmethod
    def _yes(cls, value: object) -> object:
        return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.rate is None) == (self.cases is None):
            raise InputError("write either a rate, or cases and of")
        if self.cases is not None and (self.of is None or self.cases > self.of):
            raise InputError("cases need an 'of' that is not smaller", field="of")
        if (self.low is None) != (self.high is None) or (self.low is None) != (not self.interval):
            raise InputError("low, high and interval belong together", field="interval")
        low, high = self.low or 0, OUT_OF if self.high is None else self.high
        if not low <= self.per_10_000 <= high:
            raise InputError("the interval must hold the rate", field="low")
        if self.headline and (self.trust != "T" or self.severe):
            raise InputError(
                "a headline was read at its source and counts more than severe cases",
                field="headline",
            )
        return self

    @property
    def per_10_000(self) -> float:
        """The rate out of 10 000."""
        if self.rate is not None:
            return self.rate
        return OUT_OF * (self.cases or 0) / (self.of or 1)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval out of 10 000; None where nothing is known of it."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        if self.of is None:
            return None
        cases = self.cases if self.cases is not None else round(self.per_10_000 * self.of / OUT_OF)
        low, high = exact_interval(cases, self.of)
        return OUT_OF * low, OUT_OF * high

    @property
    def interval_kind(self) -> str:
        """What the interval is and where it comes from."""
        if self.interval is not None:
            return self.interval
        if self.of is None:
            return "interval not given"
        exact = "exact 95 % interval, worked out here"
        return exact if self.cases is not None else f"{exact} from a rounded share"

    @property
    def exact(self) -> str:
        """The number as a researcher wants it: out of 10 000, its interval, what it counts."""
        ends = self.bounds
        span = f" ({short(ends[0])} to {short(ends[1])})" if ends else ""
        counted = f"; {self.cases:,} of {self.of:,}" if self.cases is not None else ""
        return f"{short(self.per_10_000)}{span}{counted}; {self.interval_kind}"

    @property
    def lay(self) -> str:
        """The number for everybody: so many out of 10 000; of a million where that is too few."""
        text = f"about {rounded(self.per_10_000)} of 10,000 {self.per}"
        if 0 < self.per_10_000 < 0.95:
            million = f"about {100 * self.per_10_000:.2g} of a million"
            text = f"fewer than 1 of 10,000 {self.per} ({million})"
        if self.studies and self.low is not None and self.high is not None:
            text += f" ({rounded(self.low)} to {rounded(self.high)})"
        return text


class Report(Written):
    """What has been reported without a denominator, so that no rate follows.

    Args:
        text: What was reported.
        source: Key in references.json.
        trust: T, S, R or NF.
    """

    text: str
    source: str
    trust: Trust


class Effect(Written):
    """A side effect and all that was counted of it.

    Args:
        id: A short name.
        name: Its name for everybody.
        group: `overall`, `common` or `serious`.
        told_by: Who tells the public about it.
        unknown: Why its rate is not known; none where a headline tells it.
        rates: What studies counted.
        reports: What was reported without a denominator.
    """

    id: str
    name: str
    group: Group
    told_by: tuple[Teller, ...] = ()
    unknown: str | None = None
    rates: tuple[Count, ...] = ()
    reports: tuple[Report, ...] = ()

    @model_validator(mode="after")
    def _told_or_unknown(self) -> Self:
        heads = sum(count.headline for count in self.rates)
        if heads > 1:
            raise InputError("a side effect has one headline", field="rates")
        if (heads == 0) == (self.unknown is None):
            raise InputError("say why the rate is unknown, or mark one as headline; not both")
        return self

    @property
    def headline(self) -> Count | None:
        """The number by which it is told; None where the rate is not known."""
        return next((count for count in self.rates if count.headline), None)

    @property
    def severe(self) -> Count | None:
        """The largest rate of severe cases that was read somewhere, if there is one."""
        read = [
            count
            for count in self.rates
            if count.severe and count.people is None and count.trust in ("T", "S")
        ]
        return max(read, key=lambda count: count.per_10_000, default=None)

    @property
    def single_studies(self) -> tuple[float, ...]:
        """Rates of the headline's kind that single studies found, from low to high.

        Remembered rates, severe cases and special groups of people don't count.
        """
        head = self.headline
        return tuple(
            sorted(
                count.per_10_000
                for count in self.rates
                if head is not None
                and count.per == head.per
                and count.trust in ("T", "S")
                and not (count.severe or count.people or count.studies)
            )
        )

    @property
    def lay(self) -> str:
        """How often it happens, in words for everybody."""
        if self.headline is None:
            text = f"rate not known. {self.unknown}"
            worst = self.severe
            return text if worst is None else f"{text} {worst.what.capitalize()}: {worst.lay}."
        single = [rounded(rate) for rate in self.single_studies]
        if len(single) > 1:
            return f"{self.headline.lay}; single studies found {single[0]} to {single[-1]}"
        if single and self.headline.studies:
            return f"{self.headline.lay}; a single study found {single[0]}"
        return self.headline.lay

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of everything that is cited, each once."""
        rows: Sequence[Count | Report] = (*self.rates, *self.reports)
        via = [count.via for count in self.rates if count.via]
        return tuple(dict.fromkeys([*(row.source for row in rows), *via]))


class _File(Written):
    effects: tuple[Effect, ...]


@cache
def load_effects() -> tuple[Effect, ...]:
    """Return all side effects, in the order in which they are told.

    Example:
        >>> pain = next(effect for effect in load_effects() if effect.id == "pain")
        >>> pain.headline.per_10_000
        390.0
    """
    return read_effects(read_data("adverse_events.yaml"))


def read_effects(source: Source) -> tuple[Effect, ...]:
    """Return the side effects of a file.

    Args:
        source: The file, read by `yaml_source.read_yaml`.

    Raises:
        InputError: A mistake, with file, line and field.
    """
    try:
        found = _File.model_validate(source.data)
    except ValidationError as error:
        raise explain(error, source)[0] from None
    ids = [effect.id for effect in found.effects]
    for position, name in enumerate(ids):
        if name in ids[:position]:
            raise source.error(f"{name!r} stands here twice", ("effects", position, "id"))
    return found.effects
