"""What all stimuli share: when they are on, how often, how fast, and what they recruit.

Each stimulus is checked against the atlas and the threshold tables when it is read, so that one
which the tables say nothing about never reaches a simulation.
"""

from functools import lru_cache
from typing import Any, Self

from pydantic import Field, model_validator

from reflexarc.errors import InputError
from reflexarc.protocol.written import At, Duration, Hertz, Written
from reflexarc.recruitment import Frequency, Recruitment
from reflexarc.units import quantity

__all__ = ["DenseDisperse", "Pulses", "Repeat", "Stimulus", "Window"]

Window = tuple[float, float]
"""On and off, in h."""

MOST_REPEATS = 1000


class Repeat(Written):
    """Do the same again: `{every: 24 h, times: 3}` is once, and twice more a day apart.

    Args:
        every: From one start to the next.
        times: How often in all.
    """

    every: Duration
    times: int = Field(ge=1, le=MOST_REPEATS)

    def starts(self, first: float) -> tuple[float, ...]:
        """Return all starting times in h."""
        step = quantity(self.every, "duration")
        return tuple(first + k * step for k in range(self.times))


class DenseDisperse(Written):
    """Two frequencies that take turns.

    Args:
        dense: The higher frequency.
        disperse: The lower frequency.
        dense_for: How long each dense spell lasts; 3 s if left out (assumed).
        disperse_for: How long each disperse spell lasts; 3 s if left out (assumed).
    """

    dense: Hertz
    disperse: Hertz
    dense_for: Duration = "3 s"
    disperse_for: Duration = "3 s"

    @model_validator(mode="after")
    def _dense_is_faster(self) -> Self:
        if quantity(self.dense, "frequency") <= quantity(self.disperse, "frequency"):
            raise InputError(
                f"dense, {self.dense}, must be faster than disperse, {self.disperse}",
                field="dense",
            )
        return self

    @property
    def phases(self) -> tuple[tuple[float, float], ...]:
        """Both frequencies in Hz with their shares of the time."""
        long = quantity(self.dense_for, "duration")
        short = quantity(self.disperse_for, "duration")
        share = long / (long + short)
        return (quantity(self.dense, "frequency"), share), (
            quantity(self.disperse, "frequency"),
            1 - share,
        )


WHEN = ("frequency", "dense-disperse", "duration", "at", "repeat")
"""Fields that say when and how fast, in the order in which they are written, after the others."""


class Stimulus(Written):
    """What all stimuli share: when, how long, how often.

    Args:
        duration: From on to off.
        at: When it is switched on, on the experiment's clock.
        repeat: Do it again; once if left out.
    """

    duration: Duration
    at: At
    repeat: Repeat | None = None

    def written(self) -> Any:
        """Return the fields as plain data: what and where first, then when."""
        fields = super().written()
        when = [word for word in WHEN if word in fields]
        return {word: fields[word] for word in [*(w for w in fields if w not in when), *when]}

    @property
    def windows(self) -> tuple[Window, ...]:
        """When it is on, in h."""
        length = quantity(self.duration, "duration")
        first = quantity(self.at, "time")
        starts = self.repeat.starts(first) if self.repeat else (first,)
        return tuple((start, start + length) for start in starts)

    @property
    def place(self) -> str:
        """Where it acts."""
        raise TypeError("a Stimulus by itself acts nowhere")

    @property
    def label(self) -> str:
        """A few words for figures and tables, for example `hind paw pinch`."""
        return f"{self.place} {self.strength}"

    @property
    def strength(self) -> str:
        """Current, irradiance or kind, as written."""
        raise TypeError("a Stimulus by itself has no strength")

    def recruitment(self, cut: frozenset[str] = frozenset()) -> Recruitment:
        """Return what it recruits while it is on.

        Args:
            cut: Peripheral nerves that are cut; `left` or `right` may stand before a name.

        Raises:
            InputError: The threshold tables or the atlas say nothing about it.
        """
        return _recruitment(self, cut)

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        raise TypeError("a Stimulus by itself recruits nothing")

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        self._check_rate()
        length = quantity(self.duration, "duration")
        if self.repeat is not None and quantity(self.repeat.every, "duration") < length:
            raise InputError("it would start again before it has ended", field="repeat")
        self.recruitment()
        self._check_pulse_fits()
        return self

    def _check_rate(self) -> None:
        pass

    def _check_pulse_fits(self) -> None:
        pass


class Pulses(Stimulus):
    """A stimulus that comes in pulses.

    Args:
        frequency: Pulses per second; or `dense_disperse`.
        dense_disperse: Two frequencies that take turns; written `dense-disperse`.
    """

    frequency: Hertz | None = None
    dense_disperse: DenseDisperse | None = Field(default=None, alias="dense-disperse")

    @classmethod
    def field_words(cls) -> list[str]:
        """Return the field names as people write them."""
        return [
            "dense-disperse" if name == "dense disperse" else name for name in super().field_words()
        ]

    @property
    def frequency_hz(self) -> Frequency:
        """Pulses per second, or (Hz, share of the time) pairs."""
        if self.dense_disperse is not None:
            return self.dense_disperse.phases
        return quantity(self.frequency, "frequency")

    @property
    def label(self) -> str:
        """A few words for figures and tables, for example `ST36 0.5 mA 10 Hz`."""
        rate = self.frequency
        if self.dense_disperse is not None:
            rate = f"{self.dense_disperse.dense}/{self.dense_disperse.disperse}"
        return f"{self.place} {self.strength} {rate}"

    def _check_rate(self) -> None:
        if (self.frequency is None) == (self.dense_disperse is None):
            if self.frequency is None:
                raise InputError(
                    "the frequency is missing; write 'frequency: 10 Hz' or dense-disperse",
                    field="frequency",
                )
            raise InputError("write either frequency or dense-disperse", field="dense-disperse")

    def _check_pulse_fits(self) -> None:
        width = getattr(self, "pulse_width", None)
        rates = self.frequency_hz
        fastest = max(hz for hz, _ in rates) if isinstance(rates, tuple) else rates
        if width is not None and quantity(width, "pulse width") * 1e-6 * fastest > 0.999999:
            raise InputError(
                f"a pulse of {width} doesn't fit between pulses at {fastest:g} Hz",
                field="pulse width",
            )


@lru_cache(maxsize=4096)
def _recruitment(stimulus: Stimulus, cut: frozenset[str]) -> Recruitment:
    return stimulus._recruit(cut)
