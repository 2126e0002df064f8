"""The ids of a model: which exist, what each is, and what may be done to it."""

import re
from dataclasses import dataclass, field
from typing import Any

from reflexarc.errors import InputError, unknown_word

__all__ = ["MOST_NAMES", "VARIABLES", "Names"]

MOST_NAMES = 20_000
"""Quantities of a model."""
VARIABLES = ("species", "parameter", "compartment", "species reference")
SID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass
class Names:
    """Ids as they are found in a file.

    Attributes:
        kinds: What each id is: `"species"`, `"parameter"`...
        lines: Line of each.
        constant: Ids that the file declares constant.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    constant: set[str] = field(default_factory=set)

    def enter(self, element: Any, kind: str, *, constant: bool = False) -> str:
        """Note an element of libSBML and return its id; InputError if missing or taken."""
        name, line = str(element.getId()), int(element.getLine())
        if not name:
            raise InputError(f"a {kind} has no id", line=line, field=kind)
        if SID.fullmatch(name) is None:
            raise InputError(f"{name[:60]!r} is not an id", line=line, field=kind)
        if name in self.kinds:
            raise InputError(
                f"the id {name!r} is given twice: to a {self.kinds[name]} and to a {kind}",
                line=line,
                field=name,
            )
        if len(self.kinds) >= MOST_NAMES:
            raise InputError(f"the model has more than {MOST_NAMES:,} ids", line=line)
        self.kinds[name] = kind
        self.lines[name] = line
        if constant:
            self.constant.add(name)
        return name

    def known(self, name: str, word: str, kinds: tuple[str, ...]) -> str:
        """Return an id that must be of one of the kinds; InputError with the nearest otherwise."""
        if self.kinds.get(name) not in kinds:
            right = [other for other, kind in self.kinds.items() if kind in kinds]
            raise InputError(unknown_word(word, name, right))
        return name

    def changeable(self, name: str, by: str) -> str:
        """Return an id that a rule or an event may change.

        Raises:
            InputError: If there is none, or it is constant.
        """
        self.known(name, "variable", VARIABLES)
        if name in self.constant:
            raise InputError(f"{name!r} is constant, so that {by} can't change it")
        return name
