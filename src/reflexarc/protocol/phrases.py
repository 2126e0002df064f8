"""What is measured, written as a phrase: `TNF in plasma at 1, 2, 4 h`, `survival for 7 d`."""

import re
from typing import Any, Literal

from pydantic import ValidatorFunctionWrapHandler, field_validator, model_validator

from reflexarc import biology
from reflexarc.errors import InputError
from reflexarc.protocol.written import At, Duration, Written, as_list, one_of, plain_text
from reflexarc.units import quantity
from reflexarc.vocabulary import find_observable

__all__ = ["Measurement", "Survival", "join_times", "read_measure"]

_MEASURE = re.compile(
    r"(?P<observable>.+?)(?:\s+in\s+(?P<where>[^,]+?))?\s+at\s+(?P<times>[^a-zA-Z]*\d.*?)"
    r"(?:\s*,?\s+by\s+(?P<sampling>\w+))?"
)
_SURVIVAL = re.compile(r"survival\s+(?:for|until|to)\s+(?P<horizon>.+)", re.IGNORECASE)
_HOW = "write 'TNF in plasma at 90 min', 'IL-6 in plasma at 1, 2, 4 h' or 'survival for 7 d'"
_TIME = re.compile(r"(?:and )?[-+−]?[\d.]+(?:\s*[a-z]+)?(?: by \w+)?")
SAMPLINGS = ("cannula", "decapitation")


class Measurement(Written):
    """One observable at one or more times.

    Args:
        observable: Name in the table of observables.
        where: Place in which it is measured; the only one there is if left out.
        at: Times on the experiment's clock.
        sampling: How blood is drawn; decapitation raises catecholamines. Cannula if left out.

    Example:
        >>> read_measure("IL-6 in serum at 90 min, 3 h").times
        (1.5, 3.0)
    """

    observable: str
    where: str
    at: tuple[At, ...]
    sampling: Literal["cannula", "decapitation"] = "cannula"

    @model_validator(mode="before")
    @classmethod
    def _use_the_table(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "observable" not in data:
            return data
        name = plain_text(data["observable"], "observable")
        where = data.get("where")
        row = find_observable(name, None if where is None else plain_text(where, "place"))
        times = data.get("at")
        return {
            **data,
            "observable": row.name,
            "where": row.where,
            "at": _times(times) if isinstance(times, str) else times,
        }

    @field_validator("sampling", mode="before")
    @classmethod
    def _sampling(cls, value: object) -> object:
        return one_of(value, SAMPLINGS, "sampling")

    @field_validator("at", mode="wrap")
    @classmethod
    def _some_times(cls, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        times = inner(value)
        if not times:
            raise InputError("say when it is measured, for example at: 90 min")
        if len({quantity(time, "time") for time in times}) < len(times):
            raise InputError("a time stands here twice")
        return times

    @property
    def row(self) -> biology.Observable:
        """The observable's row in the table: model variable, unit, limits of the assay."""
        return find_observable(self.observable, self.where)

    @property
    def times(self) -> tuple[float, ...]:
        """The times in h."""
        return tuple(quantity(time, "time") for time in self.at)

    @property
    def label(self) -> str:
        """For axes and tables, for example `TNF, plasma [pg/mL]`."""
        return f"{self.observable}, {self.where} [{self.row.unit}]"

    @property
    def phrase(self) -> str:
        """The measurement as people write it."""
        sampling = "" if self.sampling == "cannula" else f" by {self.sampling}"
        return f"{self.observable} in {self.where} at {', '.join(self.at)}{sampling}"


class Survival(Written):
    """Survival, watched for a time after the challenge.

    Args:
        survival_for: How long; written `survival for`.

    Example:
        >>> read_measure("survival for 7 d").hours
        168.0
    """

    survival_for: Duration

    @property
    def hours(self) -> float:
        """How long the animals are watched, in h."""
        return quantity(self.survival_for, "duration")

    @property
    def phrase(self) -> str:
        """The measurement as people write it."""
        return f"survival for {self.survival_for}"


def read_measure(value: object) -> object:
    """Turn what stands in the list `measure` into a mapping or an object of this module.

    Args:
        value: A phrase, a mapping, or an object already.

    Returns:
        A Measurement or a Survival.

    Raises:
        InputError: The phrase can't be read, or names an unknown observable or place.
    """
    if isinstance(value, Measurement | Survival):
        return value
    if isinstance(value, dict):
        known = ["observable", "where", "at", "sampling", "survival for"]
        if "survival for" in value or "survival_for" in value:
            return Survival.model_validate(value)
        if "observable" not in value:
            wrong = [str(key) for key in value if key not in known]
            raise InputError(
                "say what is measured: observable: TNF"
                + (f" (unknown field {wrong[0][:40]!r})" if wrong else "")
            )
        return Measurement.model_validate(value)
    text = re.sub(r"\s+", " ", plain_text(value, "measurement"))
    if match := _SURVIVAL.fullmatch(text):
        return Survival.model_validate({"survival for": match["horizon"]})
    match = _MEASURE.fullmatch(text)
    if match is None:
        raise InputError(f"can't read the measurement {text[:80]!r}; {_HOW}")
    fields: dict[str, Any] = {"observable": match["observable"], "at": _times(match["times"])}
    fields |= {key: match[key] for key in ("where", "sampling") if match[key] is not None}
    return Measurement.model_validate(fields)


def join_times(value: object) -> object:
    """Join what the commas of a list in brackets have split: `[TNF in plasma at 1, 2, 4 h]`.

    Example:
        >>> join_times(["TNF in plasma at 1", 2, "4 h", "survival for 7 d"])
        ['TNF in plasma at 1, 2, 4 h', 'survival for 7 d']
    """
    if not isinstance(value, list):
        return as_list(value)
    joined: list[object] = []
    for item in value:
        number = isinstance(item, int | float) and not isinstance(item, bool)
        time = number or (isinstance(item, str) and _TIME.fullmatch(item.strip()))
        if time and joined and isinstance(joined[-1], str):
            joined[-1] = f"{joined[-1]}, {item}"
        else:
            joined.append(item)
    return joined


def _times(text: str) -> list[str]:
    """Split `1, 2 and 4 h`; a number without a unit takes the unit of the next one with a unit."""
    parts = [part.strip() for part in re.split(r",|\band\b", text) if part.strip()]
    times: list[str] = []
    unit = ""
    for part in reversed(parts):
        if re.fullmatch(r"[-+−]?[\d.]+", part) and unit:
            part = f"{part} {unit}"
        else:
            unit = part.lstrip("-+−0123456789. ")
        times.append(part)
    return times[::-1]
