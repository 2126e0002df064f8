"""Units as a file states them, written short: `nmol/L`, `1/min`.

They are for labels; that the two sides of a formula agree isn't checked.
"""

import math
from typing import Any

__all__ = ["Units"]

SHORT = {
    "mole": "mol",
    "litre": "L",
    "liter": "L",
    "metre": "m",
    "meter": "m",
    "gram": "g",
    "kilogram": "kg",
    "second": "s",
    "ampere": "A",
    "avogadro": "avogadro",
    "becquerel": "Bq",
    "candela": "cd",
    "coulomb": "C",
    "farad": "F",
    "gray": "Gy",
    "henry": "H",
    "hertz": "Hz",
    "joule": "J",
    "katal": "kat",
    "kelvin": "K",
    "lumen": "lm",
    "lux": "lx",
    "newton": "N",
    "ohm": "ohm",
    "pascal": "Pa",
    "radian": "rad",
    "siemens": "S",
    "sievert": "Sv",
    "steradian": "sr",
    "tesla": "T",
    "volt": "V",
    "watt": "W",
    "weber": "Wb",
    "dimensionless": "",
    "item": "item",
}
PREFIXES = {
    -18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", -2: "c", -1: "d",
    0: "", 1: "da", 2: "h", 3: "k", 6: "M", 9: "G", 12: "T",
}  # fmt: skip
TIMES = {60.0: "min", 3600.0: "h", 86400.0: "d"}
DEFAULTS = {"substance": "mol", "volume": "L", "area": "m^2", "length": "m", "time": "s"}
"""What the words mean in level 2 where the file doesn't define them."""
LARGEST_SCALE = 100
"""Powers of ten beyond this are a scale that isn't given, which level 3 demands."""
SIZES = {3: "volume", 2: "area", 1: "length"}


class Units:
    """The units of one model of libSBML.

    Attributes:
        names: Unit of each quantity for which the file states one.
        time: Unit of the time, empty if not stated.
        rate: Unit of the rates of reactions, empty if not stated.
    """

    def __init__(self, model: Any) -> None:
        self.names: dict[str, str] = {}
        self._model = model
        self._level: int = model.getLevel()
        self._defined = {
            definition.getId(): _spelt(definition)
            for definition in (
                model.getUnitDefinition(i) for i in range(model.getNumUnitDefinitions())
            )
        }
        extent = model.getExtentUnits() if self._level == 3 else "substance"
        self.time = self._name(model.getTimeUnits() if self._level == 3 else "time")
        amount = self._name(extent)
        self.rate = f"{amount}/{self.time}" if amount and self.time else ""

    def note(self, name: str, unit: str) -> None:
        """Keep the unit of a quantity, given as an id from the file."""
        self.keep(name, self._name(unit))

    def keep(self, name: str, spelt: str) -> None:
        """Keep the unit of a quantity, given as this class spells it."""
        if spelt:
            self.names[name] = spelt

    def of_compartment(self, element: Any) -> str:
        """Return the unit of a compartment's size."""
        if element.isSetUnits():
            return str(element.getUnits())
        kind = SIZES.get(element.getSpatialDimensions(), "")
        if self._level == 2 or not kind:
            return kind
        return str(getattr(self._model, f"get{kind.capitalize()}Units")())

    def of_amount(self, element: Any) -> str:
        """Return the unit of the amount of a species."""
        unit = str(element.getSubstanceUnits())
        if not unit:
            unit = "substance" if self._level == 2 else str(self._model.getSubstanceUnits())
        return self._name(unit)

    def _name(self, unit: str) -> str:
        if unit in self._defined:
            return self._defined[unit]
        if unit in SHORT:
            return SHORT[unit]
        return DEFAULTS.get(unit, "") if self._level == 2 else ""


def _spelt(definition: Any) -> str:
    """Return a definition as a product and quotient of short units."""
    import libsbml

    above, below = list[str](), list[str]()
    for unit in (definition.getUnit(i) for i in range(definition.getNumUnits())):
        stated = (unit.getMultiplier(), unit.getExponentAsDouble())
        if abs(unit.getScale()) > LARGEST_SCALE or not all(map(math.isfinite, stated)):
            return ""
        word = _word(
            SHORT.get(libsbml.UnitKind_toString(unit.getKind()), "?"),
            unit.getScale(),
            unit.getMultiplier(),
        )
        power = unit.getExponentAsDouble()
        if word and power:
            raised = word if abs(power) == 1.0 else f"{word}^{abs(power):g}"
            (above if power > 0 else below).append(raised)
    return "/".join(["*".join(above) or "1", *below]) if above or below else ""


def _word(kind: str, scale: int, multiplier: float) -> str:
    if kind == "s" and (seconds := round(multiplier * 10.0**scale, 9)) in TIMES:
        return TIMES[seconds]
    if scale in PREFIXES and kind and kind != "kg":
        named = f"{PREFIXES[scale]}{kind}"
        return named if multiplier == 1.0 else f"({multiplier:g} {named})"
    factor = multiplier * 10.0**scale
    if factor == 1.0:
        return kind
    return f"({factor:g} {kind})" if kind else f"{factor:g}"
