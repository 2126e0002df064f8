"""Units at the border: text such as `0.5 mA` in, a number in the one internal unit out.

Inside reflexarc every quantity has one unit, fixed here once. What a person writes always carries
its unit; a number alone is refused. Pint does the conversion; it is imported when the first
quantity is read, so that importing reflexarc stays quick.
"""

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from reflexarc.errors import InputError, nearest

if TYPE_CHECKING:
    import pint

__all__ = ["INTERNAL_UNITS", "Kind", "format_quantity", "quantity", "quantity_pattern"]

Kind = Literal[
    "time",
    "duration",
    "current",
    "pulse width",
    "length",
    "frequency",
    "dose",
    "dose rate",
    "fluid dose",
    "fluid rate",
    "irradiance",
    "percentage",
    "mass concentration",
    "amount concentration",
]


@dataclass(frozen=True)
class _Scale:
    """One kind of quantity: its internal unit, an example, and the sign it may have."""

    unit: str
    example: str
    may_be_negative: bool = False


_SCALES: dict[Kind, _Scale] = {
    "time": _Scale("h", "90 min", may_be_negative=True),
    "duration": _Scale("h", "15 min"),
    "current": _Scale("mA", "0.5 mA"),
    "pulse width": _Scale("us", "50 us"),
    "length": _Scale("mm", "3 mm"),
    "frequency": _Scale("Hz", "10 Hz"),
    "dose": _Scale("mg/kg", "4 mg/kg"),
    "dose rate": _Scale("mg/kg/h", "30 ng/kg/min"),
    "fluid dose": _Scale("mL/kg", "30 mL/kg"),
    "fluid rate": _Scale("mL/kg/h", "10 mL/kg/h"),
    "irradiance": _Scale("mW/mm2", "10 mW/mm2"),
    "percentage": _Scale("%", "1.5 %"),
    "mass concentration": _Scale("pg/mL", "400 pg/mL"),
    "amount concentration": _Scale("nM", "5 nM"),
}

INTERNAL_UNITS: dict[Kind, str] = {kind: scale.unit for kind, scale in _SCALES.items()}
"""The internal unit of each kind of quantity, for example `{"time": "h", ...}`."""

_LONGEST = 60
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?"
_FACTOR = r"(?:[A-Za-zµ]+(?:\^?-?[1-3])?|%)"
_UNIT = rf"{_FACTOR}(?:\s*[/*·]\s*{_FACTOR}){{0,4}}"
_QUANTITY = re.compile(rf"({_NUMBER})\s*({_UNIT})")
_PLAIN_NUMBER = re.compile(_NUMBER)
_TYPOGRAPHIC = str.maketrans(
    {
        "\u2212": "-",  # minus sign
        "\u03bc": "µ",  # Greek mu, for the micro sign
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "²": "2",
        "³": "3",
        "⋅": "·",
    }
)
_KNOWN_UNITS = re.split(
    r"\s+",
    "s ms us min h hour hours d day days week weeks A mA uA mm cm um Hz kHz % "
    "g/kg mg/kg ug/kg ng/kg pg/kg ng/kg/min ug/kg/min ug/kg/h mg/kg/h mL/kg mL/kg/h "
    "W/m2 W/cm2 mW/cm2 mW/mm2 pg/mL ng/mL ug/mL ng/L nM uM pM mM",
)


def quantity(
    value: object,
    kind: Kind,
    *,
    field: str | None = None,
    file: str | None = None,
    line: int | None = None,
) -> float:
    """Read a quantity that a person wrote and return it in the internal unit of its kind.

    Args:
        value: Text such as `"0.5 mA"`; the unit must be there.
        kind: What the quantity is; it fixes the dimension, the internal unit and the sign.
        field: Dotted path of the field, for the error.
        file: File it stands in, for the error.
        line: Line it stands in, for the error.

    Returns:
        The number in `INTERNAL_UNITS[kind]`; finite, and not negative unless the kind is `time`.

    Raises:
        InputError: No unit, an unknown unit, a wrong dimension, a sign that can't be, or no number.

    Example:
        >>> quantity("15 min", "time"), quantity("500 ng/kg", "dose")
        (0.25, 0.0005)
        >>> quantity("50 µs", "pulse width")
        50.0
    """
    scale = _SCALES[kind]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        wrong = f"the {kind} must be a quantity such as '{scale.example}'"
    elif not isinstance(value, str):
        wrong = f"the {kind} {value!r} has no unit; write for example '{scale.example}'"
    else:
        magnitude, wrong = _read(value.strip(), kind)
        if not wrong:
            return magnitude
    raise InputError(wrong, field=field, file=file, line=line)


def format_quantity(value: float, kind: Kind) -> str:
    """Return an internal value as text that `quantity` reads back, in the unit people use.

    Args:
        value: The number, in `INTERNAL_UNITS[kind]`.
        kind: What the quantity is.

    Example:
        >>> format_quantity(0.25, "time"), format_quantity(168, "duration")
        ('15 min', '7 d')
        >>> format_quantity(0.0005, "dose")
        '500 ng/kg'
    """
    unit = _SCALES[kind].unit
    steps: list[tuple[float, str]] = [(1.0, unit)]
    if kind in ("time", "duration"):
        steps = [(24.0, "d"), (1.0, "h"), (1 / 60, "min"), (1 / 3600, "s")]
    elif kind == "dose":
        steps = [(1.0, "mg/kg"), (1e-3, "ug/kg"), (1e-6, "ng/kg")]
    size = abs(value)
    if kind in ("time", "duration") and size < 48:
        steps = steps[1:]
    if value == 0:
        return f"0 {unit}"
    for factor, name in steps:
        if size >= factor * (1 - 1e-12) or (factor, name) == steps[-1]:
            return f"{_shortest(value / factor)} {name}"
    raise AssertionError("the last step always returns")


def quantity_pattern(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema of a quantity: text, its unit's kind, and an example."""
    return {
        "type": "string",
        "description": f"{kind}, with its unit",
        "examples": [_SCALES[kind].example],
        "pattern": r"^\s*[-+−]?[0-9.]",
    }


def _shortest(value: float) -> str:
    text = f"{value:.12g}"
    return "0" if text == "-0" else text


@lru_cache(maxsize=4096)
def _read(text: str, kind: Kind) -> tuple[float, str]:
    """Return the value and an empty text, or NaN and the sentence that says what is wrong."""
    scale = _SCALES[kind]
    example = f"write for example '{scale.example}'"
    shown = repr(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")
    plain = text.translate(_TYPOGRAPHIC)
    match = _QUANTITY.fullmatch(plain) if len(plain) <= _LONGEST else None
    if match is None:
        if _PLAIN_NUMBER.fullmatch(plain):
            return math.nan, f"the {kind} {shown} has no unit; {example}"
        if re.match(r"[+-]?\d+,\d", plain):
            return math.nan, f"the {kind} {shown} needs a point, not a comma; {example}"
        return math.nan, f"can't read the {kind} {shown}; {example}"
    number, unit = float(match[1]), match[2]
    if not math.isfinite(number):
        return math.nan, f"the {kind} {shown} is not a finite number; {example}"
    factor, wrong = _factor(unit, kind)
    if wrong:
        return math.nan, f"{wrong.replace('@', shown)}; {example}"
    result = number * factor
    if not math.isfinite(result):
        return math.nan, f"the {kind} {shown} is not a finite number; {example}"
    if result < 0 and not scale.may_be_negative:
        return math.nan, f"the {kind} can't be negative, but is {shown}"
    return result + 0.0, ""


@cache
def _unit_registry() -> "pint.UnitRegistry[Any]":
    import pint

    return pint.UnitRegistry()


@lru_cache(maxsize=1024)
def _factor(unit: str, kind: Kind) -> tuple[float, str]:
    """Return how many internal units one `unit` is, or what is wrong ('@' stands for the text)."""
    if unit == _SCALES[kind].unit:
        return 1.0, ""
    import pint

    registry = _unit_registry()
    try:
        source = registry.Unit(_pint_spelling(unit))
    except (pint.errors.PintError, ValueError, ArithmeticError, TypeError, AttributeError):
        guess = nearest(unit, _KNOWN_UNITS)
        return math.nan, f"the {kind} @ has an unknown unit {unit!r}" + (
            f" (did you mean {guess!r}?)" if guess else ""
        )
    target = registry.Unit(_pint_spelling(_SCALES[kind].unit))
    if source.dimensionality != target.dimensionality or (kind == "percentage") != ("%" in unit):
        return math.nan, f"the {kind} @ has the wrong dimension"
    return _exact(float(registry.Quantity(1.0, source).to(target).magnitude)), ""


def _pint_spelling(unit: str) -> str:
    spelled = re.sub(r"([A-Za-zµ])\^?(-?[1-3])", r"\1**\2", unit.replace("·", "*"))
    return spelled.replace("%", "percent")


def _exact(factor: float) -> float:
    """Remove the last-digit noise of a conversion: 0.016666... stays, 0.0010000000000000002 not."""
    for value in (factor, 1 / factor):
        rounded = round(value, 6) if value >= 1 else value
        if rounded >= 1 and math.isclose(rounded, value, rel_tol=1e-13):
            return rounded if value is factor else 1 / rounded
    return factor


assert set(get_args(Kind)) == set(_SCALES)
