"""The things of the atlas, one class each."""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "FibreClass",
    "Grade",
    "Innervation",
    "Nerve",
    "Opsin",
    "Population",
    "Region",
    "Site",
    "Tissue",
    "TrunkFibres",
]

Region = Literal["fore", "hind", "trunk", "neck", "head", "sacrum"]
Grade = Literal[0, 1, 2] | None


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a needle goes in.

    `depth_mm` is the usual depth of the tip in a mouse, None where nobody has reported one, and
    `human_mm` the range of depths in people. Where `refused` says why, the model has no reflex for
    the place: it has no tissues then, only the names of its `layers` from the skin down, and the
    nerve is a word that no table of nerves knows.
    """

    code: str
    name: str
    region: Region
    segments: str
    depth_mm: float | None
    depth_source: str
    nerve: str
    midline: bool
    human_mm: tuple[float, float] | None
    human_source: str
    refused: str
    layers: tuple[str, ...]
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Tissue:
    """A layer at a site, from and to a depth in mm below the skin, and the nerve that serves it."""

    site: str
    kind: str
    from_mm: float
    to_mm: float
    nerve: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Innervation:
    """How densely a fibre class ends in a tissue: 0, 1, 2, or None where nobody has looked."""

    grade: Grade
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Nerve:
    """A peripheral nerve and the nerve it joins on the way to the cord."""

    name: str
    parent: str | None
    aliases: tuple[str, ...]
    roots: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Population:
    """Fibre diameters in um: a normal distribution cut off at both ends."""

    myelinated: bool
    mean_um: float
    sd_um: float
    min_um: float
    max_um: float


@dataclass(frozen=True, slots=True)
class FibreClass:
    """A class of afferents; thresholds are known to within `threshold_factor` either way."""

    id: str
    name: str
    population: Population
    threshold_factor: float
    status: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Opsin:
    """A light-gated channel: irradiance at which half of the fibres fire (mW/mm2), Hill slope."""

    name: str
    half_mW_mm2: float
    hill: float
    spread: float
    wavelength_nm: float
    status: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class TrunkFibres:
    """One kind of fibre in a nerve that is stimulated by a hook or cuff."""

    nerve: str
    fibres: str
    drives: str
    share: float
    population: Population
    near_mm: float
    far_mm: float
    threshold_factor: float
    source: str
    note: str
