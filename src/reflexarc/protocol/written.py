"""What all parts of an experiment file share: fields with spaces, quantities, clear refusals."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from reflexarc.errors import InputError, nearest, unknown_word
from reflexarc.refusals import Misfit, messages
from reflexarc.units import Kind, format_quantity, quantity, quantity_pattern
from reflexarc.yaml_source import Path

__all__ = [
    "LONGEST_HOURS",
    "At",
    "Current",
    "Dosage",
    "Duration",
    "Hertz",
    "Irradiance",
    "Length",
    "Percentage",
    "PulseWidth",
    "Written",
    "as_list",
    "check_dosage",
    "dosage_kind",
    "one_of",
    "plain_text",
    "word_of",
]

LONGEST_HOURS = 60 * 24.0
"""The longest duration, and the furthest time from 0, in h."""


class Written(BaseModel):
    """A part of an experiment file. Field names are written with spaces: `pulse width`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", " "),
        populate_by_name=True,
        str_strip_whitespace=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        words = cls.field_words()
        known = {k: v for k, v in data.items() if isinstance(k, str) and _spaced(k) in words}
        if len({_spaced(key) for key in known}) < len(known):
            raise InputError("a field stands here twice, once with a space, once with '_'")
        found: list[tuple[Path, str]] = [
            ((str(key),), unknown_word("field", str(key), words))
            for key in data
            if key not in known
        ]
        if not found:
            return data
        meant = {nearest(str(key), words) for key in data} - {_spaced(key) for key in known}
        try:
            cls.model_validate(known)
        except ValidationError as error:
            found += [item for item in messages(error) if item[0][:1] not in {(w,) for w in meant}]
        raise Misfit(found)

    @classmethod
    def field_words(cls) -> list[str]:
        """Return the field names as people write them."""
        return [name.replace("_", " ") for name in cls.model_fields]

    def written(self) -> Any:
        """Return the fields as plain data, as they would stand in a file; all of them explicit."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _spaced(field: str) -> str:
    return field.replace("_", " ")


def as_list(value: object) -> object:
    """Let one entry stand for a list of one.

    Raises:
        InputError: It is neither a list nor something that could stand in one.
    """
    if value is None:
        return ()
    if isinstance(value, dict | str | BaseModel):
        return [value]
    if not isinstance(value, list | tuple):
        raise InputError(f"this must be one entry or a list of them, not {str(value)[:40]}")
    return value


def one_of(word: object, known: Sequence[str], kind: str) -> str:
    """Return the known word, whatever its case.

    Raises:
        InputError: It is not one of them; the nearest spelling is offered.
    """
    text = plain_text(word, kind)
    for candidate in known:
        if candidate.casefold() == text.casefold():
            return candidate
    raise InputError(unknown_word(kind, text, known))


def word_of(known: Sequence[str], kind: str) -> Any:
    """Return the check of a field that takes one of the known words, for a validator's `before`."""

    def check(cls: type, value: object) -> object:
        return one_of(value, known, kind)

    return check


def plain_text(value: object, kind: str, longest: int = 200) -> str:
    """Return text that is not empty and not too long, without space around it.

    Raises:
        InputError: It is something else.
    """
    if not isinstance(value, str):
        raise InputError(f"the {kind} must be text, but is {str(value)[:40]!r}")
    text = value.strip()
    if not text:
        raise InputError(f"the {kind} is empty")
    if len(text) > longest:
        raise InputError(f"the {kind} is too long ({len(text)} characters, at most {longest})")
    if any(unicodedata.category(character).startswith("C") for character in text):
        raise InputError(f"the {kind} holds characters that can't be printed")
    return text


def _checked(kind: Kind, *, above_zero: bool = False, most: float | None = None) -> Any:
    def check(value: object) -> object:
        number = quantity(value, kind)
        if above_zero and number <= 0:
            raise InputError(f"the {kind} must be more than 0, but is {value!r}")
        if most is not None and abs(number) > most:
            limit = format_quantity(most, kind)
            raise InputError(f"the {kind} {value!r} is too large (at most {limit})")
        return value.strip() if isinstance(value, str) else value

    return BeforeValidator(check)


def _schema(kind: Kind) -> WithJsonSchema:
    return WithJsonSchema(quantity_pattern(kind))


At = Annotated[str, _checked("time", most=LONGEST_HOURS), _schema("time")]
Duration = Annotated[
    str, _checked("duration", above_zero=True, most=LONGEST_HOURS), _schema("duration")
]
Current = Annotated[str, _checked("current"), _schema("current")]
PulseWidth = Annotated[str, _checked("pulse width", above_zero=True), _schema("pulse width")]
Length = Annotated[str, _checked("length"), _schema("length")]
Hertz = Annotated[str, _checked("frequency", above_zero=True), _schema("frequency")]
Irradiance = Annotated[str, _checked("irradiance", most=1e4), _schema("irradiance")]
Percentage = Annotated[str, _checked("percentage", most=5.0), _schema("percentage")]


def check_dosage(value: object, unit: str) -> None:
    """Check a dose or a dose rate (the same per time).

    Args:
        value: What was written.
        unit: `mg/kg`, or `mL/kg` of what is given by volume.

    Raises:
        InputError: It has no unit, another dimension, or is more than 1 g/kg, or 1 L/kg.
    """
    kind = dosage_kind(value, unit)
    if quantity(value, kind) > 1000:
        most = "1 L/kg" if unit == "mL/kg" else "1 g/kg"
        raise InputError(f"the {kind} {value!r} is too large (at most {most})")


def dosage_kind(value: object, unit: str) -> Kind:
    """Return whether something is a dose, or a dose per time, of mass or of volume."""
    timed = isinstance(value, str) and value.count("/") > 1
    if unit == "mL/kg":
        return "fluid rate" if timed else "fluid dose"
    return "dose rate" if timed else "dose"


Dosage = Annotated[str, _schema("dose")]
"""Its unit is that of its agent, where it is checked."""
