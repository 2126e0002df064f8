"""The arms of an experiment: who is in them, what is done to them, what they are compared to."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from reflexarc.biology import find_species
from reflexarc.errors import InputError
from reflexarc.protocol.contact import (
    Auricular,
    ManualAcupuncture,
    NaturalStimulus,
    Transcutaneous,
)
from reflexarc.protocol.infection import AnyChallenge, AnyDose, read_challenge, read_doses
from reflexarc.protocol.modality import Electroacupuncture, NerveStimulation, Optogenetics
from reflexarc.protocol.stimulus import Stimulus
from reflexarc.protocol.treatment import Anaesthesia, Lesion
from reflexarc.protocol.written import Written, as_list, one_of, plain_text
from reflexarc.vocabulary import find_option, hypothesis_options

__all__ = ["Animals", "Arm", "Comparison", "read_anaesthesia", "read_hypotheses"]

TESTS = ("welch", "dunnett")
MOST_ENTRIES = 50
OneOrMore = BeforeValidator(as_list)
Few = Field(max_length=MOST_ENTRIES)


def read_anaesthesia(cls: type, value: object) -> object:
    """Turn `awake`, one anaesthesia or a list into a list; a validator."""
    if isinstance(value, str) and value.strip().casefold() in ("awake", "none"):
        return ()
    return as_list(value)


def read_hypotheses(cls: type, value: object) -> object:
    """Return an option for each named hypothesis, the default one if none is given; a validator."""
    if value is not None and not isinstance(value, Mapping):
        raise InputError("write hypotheses as {dopamine source: release gain}")
    chosen = {name: options[0] for name, options in hypothesis_options().items()}
    for name, option in (value or {}).items():
        known, choice = find_option(str(name), plain_text(option, "option"))
        chosen[known] = choice
    return chosen


class Animals(Written):
    """Who takes part.

    Args:
        species: `mouse`, `rat` or `human`; the mouse is the model, the others are its structure
            with some numbers replaced.
        per_arm: Animals in each arm; 10 if left out.
    """

    species: str = "mouse"
    per_arm: int = Field(default=10, ge=1, le=10_000)

    @field_validator("species", mode="before")
    @classmethod
    def _species(cls, value: object) -> object:
        return find_species(plain_text(value, "species"))


class Arm(Written):
    """A group of animals that are treated alike.

    Args:
        electroacupuncture: Needles with current; one, a list, or none.
        optogenetics: Light; one, a list, or none.
        nerve_stimulation: Electrodes on nerves; one, a list, or none.
        manual_acupuncture: Needles without current, sham needles too; one, a list, or none.
        natural_stimuli: Pinch, brush, heat or cold on the skin; one, a list, or none.
        transcutaneous: Skin electrodes; one, a list, or none.
        auricular: Electrodes in the ear, on the auricular branch of the vagus.
        doses: Agents given, and bacteria injected after the challenge.
        lesions: What is cut, removed, ablated or knocked out.
        anaesthesia: `awake`, or when isoflurane is given.
        challenge: What makes the animals ill; that of the experiment if left out.
        hypotheses: Option of each named hypothesis; the default one if left out.
    """

    electroacupuncture: Annotated[tuple[Electroacupuncture, ...], OneOrMore, Few] = ()
    optogenetics: Annotated[tuple[Optogenetics, ...], OneOrMore, Few] = ()
    nerve_stimulation: Annotated[tuple[NerveStimulation, ...], OneOrMore, Few] = ()
    manual_acupuncture: Annotated[tuple[ManualAcupuncture, ...], OneOrMore, Few] = ()
    natural_stimuli: Annotated[tuple[NaturalStimulus, ...], OneOrMore, Few] = ()
    transcutaneous: Annotated[tuple[Transcutaneous, ...], OneOrMore, Few] = ()
    auricular: Annotated[tuple[Auricular, ...], OneOrMore, Few] = ()
    doses: Annotated[tuple[AnyDose, ...], BeforeValidator(read_doses), Few] = ()
    lesions: Annotated[tuple[Lesion, ...], OneOrMore, Few] = ()
    anaesthesia: tuple[Anaesthesia, ...] = ()
    challenge: AnyChallenge | None = None
    hypotheses: dict[str, str] = Field(default_factory=dict, validate_default=True)

    _anaesthesia = field_validator("anaesthesia", mode="before")(read_anaesthesia)
    _hypotheses = field_validator("hypotheses", mode="before")(read_hypotheses)
    _challenge = field_validator("challenge", mode="before")(read_challenge)

    @property
    def stimuli(self) -> tuple[Stimulus, ...]:
        """All stimuli: needles, lights, electrodes, skin."""
        return (
            *self.electroacupuncture,
            *self.optogenetics,
            *self.nerve_stimulation,
            *self.manual_acupuncture,
            *self.natural_stimuli,
            *self.transcutaneous,
            *self.auricular,
        )

    @property
    def given(self) -> tuple[AnyChallenge | AnyDose, ...]:
        """The challenge, if there is one, and the doses."""
        return (*((self.challenge,) if self.challenge else ()), *self.doses)

    def written(self) -> dict[str, Any]:
        """Return the arm as plain data, every field explicit.

        Stimuli other than needles with current, light and nerve electrodes stand there only if
        there are any, so that experiments without them keep the text, and the hash, that they had.
        """
        others: dict[str, tuple[Stimulus, ...]] = {
            "manual acupuncture": self.manual_acupuncture,
            "natural stimuli": self.natural_stimuli,
            "transcutaneous": self.transcutaneous,
            "auricular": self.auricular,
        }
        return {
            "electroacupuncture": [stimulus.written() for stimulus in self.electroacupuncture],
            "optogenetics": [stimulus.written() for stimulus in self.optogenetics],
            "nerve stimulation": [stimulus.written() for stimulus in self.nerve_stimulation],
            **{word: [s.written() for s in given] for word, given in others.items() if given},
            "doses": [dose.written() for dose in self.doses],
            "lesions": [lesion.written() for lesion in self.lesions],
            "anaesthesia": [given.written() for given in self.anaesthesia] or "awake",
            "challenge": self.challenge.written() if self.challenge else "none",
            "hypotheses": dict(self.hypotheses),
        }


class Comparison(Written):
    """What the arms are compared to, and how.

    Args:
        to: Name of the control arm.
        test: `welch` (with Holm) or `dunnett`; welch if left out. Survival: always log-rank.
    """

    to: str
    test: Literal["welch", "dunnett"] = "welch"

    @field_validator("test", mode="before")
    @classmethod
    def _test(cls, value: object) -> object:
        return one_of(value, TESTS, "test")
