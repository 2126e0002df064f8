"""A look at the text before libSBML sees it: what would crash or exhaust it is refused here.

libSBML reads formulas by recursion, so that deep nesting overflows its stack and ends the process;
it also accepts document types with entities. One pass of the XML parser of the standard library,
which needs no stack, keeps both away from it, and gives numbers that can't be numbers a sentence of
their own.
"""

import math
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from reflexarc.errors import InputError

__all__ = ["DEEPEST", "LONGEST", "MOST_MATH", "TALLEST", "scan"]

LONGEST = 100_000_000
"""Characters of a file."""
DEEPEST = 1_000
"""Elements within elements; libSBML needs about 2 kB of stack for each."""
TALLEST = 20_000
"""Height of one formula as a tree of operators with two arguments, as libSBML keeps sums."""
MOST_MATH = 500_000
"""Elements of all formulas of a file together."""

MATHML = "http://www.w3.org/1998/Math/MathML"
CORE = re.compile(r"http://www\.sbml\.org/sbml/level(\d+)(?:/version(\d+))?(/core)?$")
PACKAGE = re.compile(r"http://www\.sbml\.org/sbml/level3/version\d+/([^/]+)/version\d+$")
READ_LEVELS = {(2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (3, 1), (3, 2)}
HARMLESS = {"l3v2extendedmath"}
"""Packages that must be understood and are: the operators of level 3 version 2 in version 1."""
NUMBERS = ("value", "size", "volume", "initialAmount", "initialConcentration", "stoichiometry")
DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")


def scan(text: str) -> str:
    """Return the text as libSBML may read it.

    Args:
        text: The whole file.

    Returns:
        The same text with a declaration of the encoding in which Python hands it over.

    Raises:
        InputError: If it isn't XML or not SBML of a level that is read, needs a package that
            changes the meaning of the model, has a document type, is too large or too deep, or
            holds a number that is none.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise InputError("the file is empty; an SBML file is needed")
    if len(text) > LONGEST:
        raise InputError(f"the file has {len(text):,} characters; at most {LONGEST:,} are read")
    if (declared := DECLARATION.match(text)) is not None:
        lines = "\n" * declared[0].count("\n")
        text = f'<?xml version="1.0" encoding="UTF-8"?>{lines}{text[declared.end() :]}'
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise InputError("the file is not valid Unicode text") from None
    _Scanner().run(data)
    return text


@dataclass
class _Scanner:
    """The state of the pass: where it is, and how much it has seen."""

    heights: list[int] = field(default_factory=list)
    core: str = ""
    math_depth: int = 0
    math_elements: int = 0
    number: list[str] | None = None
    number_type: str = ""

    def run(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        self.parser = parser
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise InputError(f"not well-formed XML: {reason}", line=error.lineno) from None

    def _refuse(self, message: str, field: str | None = None) -> InputError:
        return InputError(message, line=self.parser.CurrentLineNumber, field=field)

    def _document_type(self, *_: object) -> None:
        raise self._refuse("a document type (DOCTYPE) and its entities are not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        heights = self.heights
        if not heights:
            self._root(name, attributes)
        elif len(heights) >= DEEPEST:
            raise self._refuse(f"elements are nested more than {DEEPEST:,} deep")
        heights.append(0)
        space, _, local = name.rpartition(" ")
        if space == MATHML:
            self._math(local, attributes)
        elif space == self.core and attributes:
            for key in NUMBERS:
                if key in attributes:
                    self._check_attribute(key, attributes)

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        found = CORE.match(space)
        if local != "sbml" or found is None:
            raise self._refuse(f"not SBML: the file begins with <{local[:60]}>")
        level = int(found[1])
        version = int(found[2] or attributes.get("version", "1"))
        if (level, version) not in READ_LEVELS:
            raise self._refuse(
                f"SBML level {level} version {version} is not read; "
                "convert it to level 2 (versions 1 to 5) or level 3 (versions 1 and 2)",
                "sbml",
            )
        self.core = space
        for key, value in attributes.items():
            space, _, local = key.rpartition(" ")
            if local == "required" and space and value.strip() in ("true", "1"):
                package = PACKAGE.match(space)
                named = package[1] if package else space
                if named not in HARMLESS:
                    raise self._refuse(
                        f"the model needs the SBML package {named!r}, which is not read", named
                    )

    def _math(self, local: str, attributes: dict[str, str]) -> None:
        self.math_depth += 1
        self.math_elements += 1
        if self.math_elements > MOST_MATH:
            raise self._refuse(f"the formulas have more than {MOST_MATH:,} elements")
        if local == "cn":
            self.number = [""]
            self.number_type = attributes.get("type", "real").strip()
            self.parser.CharacterDataHandler = self._characters
        elif local == "sep" and self.number is not None:
            self.number.append("")

    def _characters(self, data: str) -> None:
        if self.number is not None:
            self.number[-1] += data

    def _end(self, name: str) -> None:
        heights = self.heights
        height = heights.pop()
        if heights:
            heights[-1] = max(heights[-1], height) + 1
        if self.math_depth and name.startswith(MATHML):
            self.math_depth -= 1
            if self.number is not None and name.endswith(" cn"):
                self._check_number(self.number)
                self.number = None
                self.parser.CharacterDataHandler = None
            if not self.math_depth and height > TALLEST:
                raise self._refuse(f"a formula has more than {TALLEST:,} terms")

    def _check_attribute(self, key: str, attributes: dict[str, str]) -> None:
        written = attributes[key].strip()
        value = _float(written)
        who = attributes.get("id") or attributes.get("species")
        if value is None and written not in ("INF", "-INF", "NaN"):
            raise self._refuse(f"{key} {written[:40]!r} is not a number", who)
        if value is not None and math.isinf(value):
            raise self._refuse(f"{key} {written[:40]!r} is too large for a number", who)

    def _check_number(self, parts: list[str]) -> None:
        parts = [part.strip() for part in parts]
        shown = " ".join(parts)[:40]
        wanted = 2 if self.number_type in ("e-notation", "rational") else 1
        values = [_float(part) for part in parts]
        if len(parts) != wanted or None in values:
            raise self._refuse(f"{shown!r} is not a number of type {self.number_type!r}")
        if self.number_type == "e-notation":
            values = [_float("e".join(parts))]
        if values[0] is None or any(value is not None and math.isinf(value) for value in values):
            raise self._refuse(f"{shown!r} is too large for a number")
        if self.number_type in ("integer", "rational"):
            if not all(re.fullmatch(r"[+-]?\d+", part) for part in parts):
                raise self._refuse(f"{shown!r} is not made of whole numbers")
            if any(abs(value) >= 2**31 for value in values if value is not None):
                raise self._refuse(f"{shown!r} is too large for whole numbers; write it as a real")


def _float(text: str) -> float | None:
    """Return the number that a text is, written in digits; None if it is none."""
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is None:
        return None
    return float(text)
