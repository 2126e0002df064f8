"""What a stimulus reaches, tissue by tissue, and what that comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reflexarc.atlas import (
    CLASSES,
    Grade,
    Tissue,
    innervation,
    nerve,
    nerve_chain,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Band", "BandName", "Reach", "Recruitment", "sever", "sum_over_tissues", "trace"]

BandName = Literal["low", "central", "high"]


@dataclass(frozen=True, slots=True)
class Band:
    """A value with the lowest and the highest that what is known allows."""

    low: float = 0.0
    central: float = 0.0
    high: float = 0.0

    def __add__(self, other: "Band") -> "Band":
        return Band(self.low + other.low, self.central + other.central, self.high + other.high)

    def times(self, factor: float) -> "Band":
        """Return the band scaled by a factor of 0 or more."""
        return Band(self.low * factor, self.central * factor, self.high * factor)

    def at(self, band: BandName) -> float:
        """Return one of the three values by name."""
        return float(getattr(self, band))


@dataclass(frozen=True, slots=True)
class Reach:
    """What a stimulus does to one fibre class in one tissue on one side.

    `fraction` is the share of these fibres that fire, `grade` how many there are (0, 1, 2, or None
    where nobody has looked), and `cut` whether a cut nerve keeps their impulses from the cord.
    """

    side: str
    tissue: str
    from_mm: float
    to_mm: float
    nerve: str
    fibre_class: str
    grade: Grade
    fraction: Band
    cut: bool
    source: str
    note: str

    @property
    def recruited(self) -> Band:
        """Grade / 2 x fraction. Unknown counts 0 in the middle, 0 to 2 for the band."""
        if self.cut:
            return Band()
        if self.grade is None:
            return Band(0.0, 0.0, self.fraction.high)
        return self.fraction.times(self.grade / 2)


@dataclass(frozen=True, slots=True)
class Recruitment:
    """The drive that one stimulus gives.

    Attributes:
        place: Site, nerve or nucleus.
        region: `fore`, `hind`, `trunk` or, for natural stimuli, `head`; None where no somatic
            afferent is stimulated.
        pulse_rate_hz: Pulses per second, averaged over alternating frequencies.
        classes: For each afferent class, the sum over tissues and sides of grade / 2 x fraction:
            1 is every fibre of the class in one richly innervated tissue of one side.
        drives: Drive of autonomic nerves and nuclei by the name of their model input, 0 to 1.
        reach: What happens in each tissue.
        discharge: Where fibres fire by themselves, for each class the discharge in Hz, weighted
            like the recruited fibres.
        touch: For each side, the part of the discharge that A-beta fibres give, in Hz.
        skin: For each side and class, the discharge by a natural stimulus on the skin, in Hz.
    """

    place: str
    region: str | None
    pulse_rate_hz: float
    classes: Mapping[str, Band] = field(default_factory=dict)
    drives: Mapping[str, Band] = field(default_factory=dict)
    reach: tuple[Reach, ...] = ()
    discharge: Mapping[str, Band] = field(default_factory=dict)
    touch: Mapping[str, Band] = field(default_factory=dict)
    skin: Mapping[str, Mapping[str, Band]] = field(default_factory=dict)

    def touch_on(self, side: str) -> Band:
        """Return the A-beta impulses from the skin of one side, in Hz, weighted by innervation.

        Large fibres of muscle and fascia close no gate.

        Args:
            side: `left` or `right`.
        """
        if self.touch:
            return self.touch.get(side, Band())
        total = Band()
        for row in self.reach:
            if (row.fibre_class, row.tissue, row.side) == ("AB", "skin", side):
                total = total + row.recruited
        whole = self.classes.get("AB", Band()).central
        sides = sum(r.recruited.central for r in self.reach if r.fibre_class == "AB")
        midline = whole / sides if sides else 1.0  # a midline tissue belongs half to each side
        return total.times(self.pulse_rate_hz * midline)

    def table(self) -> "pd.DataFrame":
        """Return the tissues as a table, one row per side, tissue and fibre class."""
        import pandas as pd

        rows = [
            {
                "side": r.side,
                "tissue": r.tissue,
                "from_mm": r.from_mm,
                "to_mm": r.to_mm,
                "nerve": r.nerve,
                "class": r.fibre_class,
                "grade": "unknown" if r.grade is None else str(r.grade),
                "fraction_low": r.fraction.low,
                "fraction": r.fraction.central,
                "fraction_high": r.fraction.high,
                "recruited": r.recruited.central,
                "cut": r.cut,
                "source": r.source,
                "note": r.note,
            }
            for r in self.reach
        ]
        return pd.DataFrame(rows)


def trace(
    side: str,
    tissue: Tissue,
    fibre_class: str,
    fraction: Band,
    severed: frozenset[tuple[str, str]],
) -> Reach:
    """Follow the fibres of one class from a tissue along their nerves to the cord."""
    supply = innervation(tissue, fibre_class)
    chain = nerve_chain(tissue.nerve)
    return Reach(
        side=side,
        tissue=tissue.kind,
        from_mm=tissue.from_mm,
        to_mm=tissue.to_mm,
        nerve=tissue.nerve,
        fibre_class=fibre_class,
        grade=supply.grade,
        fraction=fraction,
        cut=any((side, name) in severed for name in chain),
        source=supply.source,
        note=supply.note,
    )


def sum_over_tissues(reach: Iterable[Reach], *, midline: bool) -> dict[str, Band]:
    """Add up each class over tissues and sides; a midline tissue belongs half to each side."""
    sums = {fibre_class: Band() for fibre_class in CLASSES}
    for row in reach:
        share = row.recruited.times(0.5) if midline else row.recruited
        sums[row.fibre_class] = sums[row.fibre_class] + share
    return sums


def sever(names: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return the cut nerves as (side, nerve); a name without a side is cut on both.

    Raises:
        InputError: A nerve is not in the atlas.

    Example:
        >>> sever(["left sciatic nerve"])
        frozenset({('left', 'sciatic')})
    """
    severed: set[tuple[str, str]] = set()
    for name in names:
        first, _, rest = name.strip().partition(" ")
        sided = first.casefold() in ("left", "right") and bool(rest)
        sides = (first.casefold(),) if sided else ("left", "right")
        found = nerve(rest if sided else name).name
        severed.update((one_side, found) for one_side in sides)
    return frozenset(severed)
