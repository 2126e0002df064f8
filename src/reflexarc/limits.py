"""What a reader of any result of an experiment must know, in sentences."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reflexarc.biology import is_supported
from reflexarc.biology.species import MOUSE

if TYPE_CHECKING:
    from reflexarc.protocol import Experiment
    from reflexarc.protocol.infection import AnyChallenge, AnyDose

__all__ = ["ANIMALS", "LIMITS", "in_short", "is_beyond_people", "limits"]

ANIMALS = {"mouse": "mice", "rat": "rats", "human": "people"}
"""A group of each species, in a word."""
MOST_LPS_IN_PEOPLE = 4e-6
"""Highest dose of LPS in mg/kg in the data of healthy volunteers (findings HL-1 to HL-3)."""
LPS, CLP, COLI = "LPS", "CLP", "E. coli"
_ILLNESSES = {
    LPS: "LPS endotoxaemia is not human sepsis: {how} of endotoxin in healthy {whom}.",
    CLP: "CLP is not human sepsis: a punctured caecum in healthy {whom}.",
    COLI: "Injected bacteria are not human sepsis: E. coli in healthy {whom}.",
}
_MODEL = "A model on mouse data. Not medical advice."

LIMITS = (_ILLNESSES[LPS].format(how="a bolus", whom="young mice"), _MODEL)
"""What holds of the evidence as a whole, most of which is of mice given LPS."""


def limits(experiment: "Experiment") -> tuple[str, ...]:
    """Return what a reader of any result of an experiment must know.

    Args:
        experiment: What was run; of another species than the mouse, what is measured without a
            datum of that species is named.
    """
    return (
        *_illnesses(experiment),
        _MODEL,
        *_beyond_people(experiment),
        *_extrapolated(experiment),
    )


def in_short(experiments: "Iterable[Experiment]") -> str:
    """Return in a line whose animals some experiments are, what made them ill, and what it is not.

    Example:
        >>> from reflexarc.protocol import Experiment
        >>> in_short([Experiment.load("infection-cost")])
        'Mice; E. coli: not human sepsis. A model on mouse data. Not medical advice.'
    """
    shown = list(experiments)
    whom = ", ".join(a for s, a in ANIMALS.items() if any(s == e.animals.species for e in shown))
    given = {item.row.name for experiment in shown for item in _given(experiment)}
    ill = ", ".join(name for name in _ILLNESSES if name in given)
    return f"{whom.capitalize()}{f'; {ill}: not human sepsis' if ill else ''}. {_MODEL}"


def is_beyond_people(species: str, given: "AnyChallenge | AnyDose") -> bool:
    """Whether a dose is LPS for people, and more than any of them was given."""
    if species != "human" or given.row.name != LPS:
        return False
    whole = given.bolus + sum(given.rate * (off - on) for on, off in given.windows[:1])
    return whole > MOST_LPS_IN_PEOPLE * (1 + 1e-9)


def _given(experiment: "Experiment") -> "Iterator[AnyChallenge | AnyDose]":
    for arm in experiment.arms.values():
        yield from arm.given


def _illnesses(experiment: "Experiment") -> Iterator[str]:
    """Yield what each thing that makes the animals ill is not."""
    species = experiment.animals.species
    whom = ANIMALS[species] if species == "human" else f"young {ANIMALS[species]}"
    given = [(item.row.name, item.duration) for item in _given(experiment)]
    ways = {"an infusion" if duration else "a bolus" for name, duration in given if name == LPS}
    for name, sentence in _ILLNESSES.items():
        if name in (known for known, _ in given):
            yield sentence.format(how=" or ".join(sorted(ways)), whom=whom)


def _beyond_people(experiment: "Experiment") -> Iterator[str]:
    species = experiment.animals.species
    labels = dict.fromkeys(
        item.label for item in _given(experiment) if is_beyond_people(species, item)
    )
    if labels:
        yield (
            f"No datum stands behind {', '.join(labels)}: people were given 0.3 to 4 ng/kg of LPS."
        )


def _extrapolated(experiment: "Experiment") -> Iterator[str]:
    species = experiment.animals.species
    if species == MOUSE:
        return
    unsupported = dict.fromkeys(
        item.observable
        for item in experiment.measurements
        if not is_supported(species, item.observable)
    )
    stimuli = any(arm.stimuli for arm in experiment.arms.values())
    named = [
        *unsupported,
        *(["survival"] if experiment.survival is not None else []),
        *(["every effect of a stimulus"] if stimuli else []),
    ]
    without = f"; extrapolated from the mouse, without a datum: {', '.join(named)}" if named else ""
    yield f"The {species} is the mouse's structure with some numbers replaced{without}."
