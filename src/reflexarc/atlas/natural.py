"""What natural stimuli make fibres do: regions of the skin, discharge by stimulus and temperature.

A rate is the mean over all fibres of a class in the skin or the tissue that is stimulated.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from reflexarc.atlas import CLASSES, nerve
from reflexarc.atlas._tables import read_rows
from reflexarc.errors import InputError, unknown_word

__all__ = [
    "NEUTRAL_C",
    "PROBES",
    "SkinRegion",
    "Technique",
    "natural_sources",
    "rates",
    "region_names",
    "skin_region",
    "technique",
    "technique_names",
    "thermal_rates",
]

NEUTRAL_C = 32.0
"""Skin that is neither heated nor cooled, in degrees Celsius (assumed)."""
PROBES = {"heat": (NEUTRAL_C, 60.0), "cold": (-10.0, NEUTRAL_C)}
"""Temperatures that a probe may have, in degrees Celsius."""

Stimulus = Literal["pinch", "brush", "needle", "touch"]


@dataclass(frozen=True, slots=True)
class SkinRegion:
    """A place on the skin.

    Attributes:
        name: What people call it.
        aliases: Other words.
        group: Where its fibres enter: `fore`, `hind`, `trunk`, or `head` for the trigeminal nerve.
        density: Fibres in the stimulated patch; 1 is the patch of a site of the atlas.
        nerves: Nerves and the share of the patch that each supplies.
        source: Where it comes from.
    """

    name: str
    aliases: tuple[str, ...]
    group: str
    density: float
    nerves: tuple[tuple[str, float], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A way to handle a needle.

    Attributes:
        name: What people call it.
        aliases: Other words.
        share: Discharge against full manipulation.
        penetrates: Whether the needle enters the skin.
        source: Where the share comes from.
    """

    name: str
    aliases: tuple[str, ...]
    share: float
    penetrates: bool
    source: str


def skin_region(word: str) -> SkinRegion:
    """Return a region by its name or an alias.

    Raises:
        InputError: The region is unknown; the nearest spelling is offered.

    Example:
        >>> skin_region("hindpaw").group
        'hind'
    """
    for region in _regions():
        if _plain(word) in map(_plain, (region.name, *region.aliases)):
            return region
    raise InputError(unknown_word("region", word, region_names()), field="region")


def region_names() -> tuple[str, ...]:
    """Return the names of all regions."""
    return tuple(region.name for region in _regions())


def technique(word: str) -> Technique:
    """Return a technique by its name or an alias.

    Raises:
        InputError: The technique is unknown; the nearest spelling is offered.
    """
    for known in _techniques():
        if _plain(word) in map(_plain, (known.name, *known.aliases)):
            return known
    raise InputError(unknown_word("technique", word, technique_names()), field="technique")


def technique_names() -> tuple[str, ...]:
    """Return the names of all techniques."""
    return tuple(known.name for known in _techniques())


@cache
def rates(stimulus: Stimulus) -> dict[str, float]:
    """Return the discharge of each class in Hz.

    Example:
        >>> rates("brush")
        {'AB': 20.0, 'AD': 0.0, 'PROKR2': 0.0, 'C': 0.0}
    """
    found = dict.fromkeys(CLASSES, 0.0)
    for row in read_rows("discharge.tsv"):
        if row["stimulus"] == stimulus:
            found[row["class"]] = float(row["rate_hz"])
    return found


def thermal_rates(stimulus: str, celsius: float) -> dict[str, float]:
    """Return the discharge of each class in Hz while the skin has a temperature.

    Args:
        stimulus: `heat` or `cold`.
        celsius: Within the range in `PROBES`.

    Raises:
        InputError: The temperature is outside.

    Example:
        >>> thermal_rates("heat", 40)["C"], thermal_rates("heat", 45)["C"]
        (0.0, 5.25)
    """
    low, high = PROBES[stimulus]
    if not low <= celsius <= high:
        raise InputError(
            f"{stimulus} must lie between {low:g} C and {high:g} C, not at {celsius:g} C",
            field=stimulus,
        )
    found = dict.fromkeys(CLASSES, 0.0)
    for row in read_rows("thermal.tsv"):
        excess = celsius - float(row["threshold_c"])
        beyond = excess if row["direction"] == "heat" else -excess
        found[row["class"]] += min(max(beyond, 0.0) * float(row["hz_per_c"]), float(row["max_hz"]))
    return found


def natural_sources() -> tuple[tuple[str, str, str], ...]:
    """Return the source of each rate, what it is the rate of, and the note."""
    rows = [
        *((row, f"discharge of {row['class']} by {row['stimulus']}") for row in _read("discharge")),
        *((row, f"{row['direction']} and {row['class']} fibres") for row in _read("thermal")),
        *((row, f"needle technique {row['technique']}") for row in _read("techniques")),
        *((row, f"skin of the {row['region']}") for row in _read("regions")),
    ]
    return tuple((row["source"], what, row["note"]) for row, what in rows if row["source"])


def _read(table: str) -> tuple[dict[str, str], ...]:
    return tuple(read_rows(f"{table}.tsv"))


@cache
def _regions() -> tuple[SkinRegion, ...]:
    return tuple(
        SkinRegion(
            name=row["region"],
            aliases=_words(row["aliases"]),
            group=row["group"],
            density=float(row["density"]),
            nerves=tuple(_supply(word) for word in _words(row["nerves"])),
            source=row["source"],
        )
        for row in read_rows("regions.tsv")
    )


@cache
def _techniques() -> tuple[Technique, ...]:
    return tuple(
        Technique(
            name=row["technique"],
            aliases=_words(row["aliases"]),
            share=float(row["share"]),
            penetrates=row["penetrates"] == "yes",
            source=row["source"],
        )
        for row in read_rows("techniques.tsv")
    )


def _supply(text: str) -> tuple[str, float]:
    name, _, share = text.rpartition(" ")
    return nerve(name).name, float(share)


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(";") if word.strip())


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
