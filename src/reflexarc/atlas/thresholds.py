"""Thresholds of nerve fibres near an electrode, read from tables that cable models filled.

The tables hold the smallest cathodal current that fires a fibre of a given diameter, at a given
distance, for a given pulse width: beside a point (the tip of an insulated needle, a hook) and
beside the middle of a bare needle with 3 mm in the tissue. Between the cells thresholds are
interpolated by a monotone cubic (PCHIP) in logarithms, separately within each cable model: Pena
up to 5.7 um, MRG from there on, Sundt for fibres without myelin. The models don't meet, so nothing
is ever interpolated from one to the next; a fibre between their last and first diameter takes the
nearer of the two. Outside the pulse widths of the table nothing is known, and it is refused.

Sources: McIntyre 2002, doi:10.1152/jn.00353.2001; Pena 2024; Sundt 2015,
doi:10.1152/jn.00226.2015. How the tables came about is in `thresholds/provenance.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reflexarc.atlas._interpolation import along, pchip, spline
from reflexarc.atlas._tables import read_rows
from reflexarc.errors import InputError

__all__ = [
    "MAX_CURRENT_MA",
    "NEEDLE_MM",
    "SEAM_UM",
    "Contact",
    "Grid",
    "Plane",
    "Polarity",
    "Waveform",
    "check_pulse",
    "factor_cells",
    "pulse_widths",
    "threshold",
    "threshold_grid",
    "threshold_plane",
]

Array = NDArray[np.float64]
Contact = Literal["needle", "point, muscle", "point, isotropic"]
Waveform = Literal["monophasic", "biphasic", "biphasic with gap"]
Polarity = Literal["cathode", "anode"]

MAX_CURRENT_MA = 40.0
"""The largest current for which recruitment was worked out and compared (mA)."""

NEEDLE_MM = 3.0
"""Length of bare needle in the tissue for which the needle table holds (mm)."""

SEAM_UM = 5.7
"""Diameter at which the Pena model ends and the MRG model begins (um)."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Thresholds of fibres of some diameters over distance, between two log distances (mm)."""

    log_nearest: float
    log_farthest: float
    curve: Callable[[Array], Array]

    @property
    def nearest_mm(self) -> float:
        """The nearest distance in the table."""
        return float(np.exp(self.log_nearest))

    @property
    def farthest_mm(self) -> float:
        """The farthest distance in the table."""
        return float(np.exp(self.log_farthest))

    def log_threshold(self, distance_mm: Array) -> Array:
        """Return log thresholds (mA) with the diameters last; beyond its ends, the ends."""
        return self.curve(np.clip(np.log(distance_mm), self.log_nearest, self.log_farthest))


@dataclass(frozen=True, slots=True)
class Grid:
    """Logarithms of threshold (mA) over diameter (um), distance (mm) and pulse width (us)."""

    diameters: Array
    distances: Array
    widths: Array
    log_threshold: Array


def pulse_widths(contact: Contact) -> tuple[float, float]:
    """Return the shortest and the longest pulse of a table, in us.

    Example:
        >>> pulse_widths("needle")
        (50.0, 400.0)
    """
    widths = _grid(contact, "MRG", 1.0).widths
    return float(widths[0]), float(widths[-1])


def check_pulse(contact: Contact, *, current_mA: float, pulse_width_us: float) -> None:
    """Refuse a pulse that the tables say nothing about.

    Raises:
        InputError: The current is negative or above `MAX_CURRENT_MA`, or the pulse is shorter or
            longer than those in the table.
    """
    if not current_mA >= 0:
        raise InputError(
            f"the current must be 0 mA or more, not {current_mA:g} mA", field="current"
        )
    if current_mA > MAX_CURRENT_MA:
        raise InputError(
            f"{current_mA:g} mA lies outside the threshold table, which ends at "
            f"{MAX_CURRENT_MA:g} mA",
            field="current",
        )
    low, high = pulse_widths(contact)
    if not low <= pulse_width_us <= high:
        where = "a bare needle" if contact == "needle" else "an insulated tip, hook or cuff"
        raise InputError(
            f"a pulse width of {pulse_width_us:g} us lies outside the threshold table for "
            f"{where}, which goes from {low:g} to {high:g} us",
            field="pulse width",
        )


def threshold(
    contact: Contact,
    *,
    myelinated: bool,
    diameter_um: float,
    distance_mm: float,
    pulse_width_us: float,
) -> float:
    """Return the threshold of one fibre, in mA (cathode, monophasic, distant return).

    Args:
        contact: `needle` for the middle of a bare needle in muscle, or a point in muscle or in an
            isotropic medium of 0.3 S/m.
        myelinated: Whether the fibre has myelin.
        diameter_um: Outer diameter of the fibre.
        distance_mm: Distance from the axis of the needle or from the point.
        pulse_width_us: Width of the pulse.

    Raises:
        InputError: Diameter, distance or pulse width lies outside the table.

    Example:
        >>> round(threshold("point, isotropic", myelinated=True, diameter_um=10,
        ...                 distance_mm=1.0, pulse_width_us=50), 2)
        0.29
    """
    check_pulse(contact, current_mA=0.0, pulse_width_us=pulse_width_us)
    grid = _grid(contact, _block(myelinated, diameter_um), distance_mm)
    for field, value, axis, unit in (
        ("diameter", diameter_um, grid.diameters, "um"),
        ("distance", distance_mm, grid.distances, "mm"),
    ):
        seam = field == "diameter" and myelinated and 5 <= value <= 6
        if not seam and not axis[0] <= value <= axis[-1]:
            raise InputError(
                f"a {field} of {value:g} {unit} lies outside the threshold table, which goes "
                f"from {axis[0]:g} to {axis[-1]:g} {unit}",
                field=field,
            )
    plane = threshold_plane(
        contact,
        myelinated=myelinated,
        diameters_um=(float(diameter_um),),
        pulse_width_us=float(pulse_width_us),
        reach_mm=float(distance_mm),
    )
    return float(np.exp(plane.log_threshold(np.array([distance_mm]))[0, 0]))


@lru_cache(maxsize=256)
def threshold_plane(
    contact: Contact,
    *,
    myelinated: bool,
    diameters_um: tuple[float, ...],
    pulse_width_us: float,
    reach_mm: float,
    waveform: Waveform = "monophasic",
    polarity: Polarity = "cathode",
    pair: bool = False,
) -> Plane:
    """Return thresholds over distance, one column per fibre diameter.

    A diameter beyond the ends of its cable model takes the end.

    Args:
        contact: What carries the current; see `threshold`.
        myelinated: Whether the fibres have myelin.
        diameters_um: Outer diameters.
        pulse_width_us: Width of the pulse.
        reach_mm: How far the distances must go; the thinnest fibres are known to 2 mm only.
        waveform: Shape of the pulse; a biphasic pulse is symmetric, its gap is 0.1 ms.
        polarity: What the near contact is during the (first) phase.
        pair: Whether the current returns through a second contact 3 mm along the fibre.

    Returns:
        The plane; it is kept, so that asking again costs nothing.
    """
    blocks = [_block(myelinated, diameter) for diameter in diameters_um]
    axes = [_grid(contact, block, reach_mm).distances for block in dict.fromkeys(blocks)]
    distances = min(axes, key=len)
    plane = np.empty((len(diameters_um), len(distances)))
    for row, (block, diameter) in enumerate(zip(blocks, diameters_um, strict=True)):
        grid = _grid(contact, block, reach_mm)
        plane[row] = _row(contact, block, reach_mm, pulse_width_us, diameter)[
            np.isin(grid.distances, distances)
        ]
        unmyelinated = block == "SUNDT"
        for case in _cases(contact, waveform, polarity, pair):
            plane[row] += _log_factor(
                case, unmyelinated, diameter, tuple(distances), pulse_width_us
            )
    log_distance = np.log(distances)
    return Plane(log_distance[0], log_distance[-1], spline(log_distance, plane.T))


def _block(myelinated: bool, diameter_um: float) -> str:
    if not myelinated:
        return "SUNDT"
    return "PENA" if diameter_um <= SEAM_UM else "MRG"


@lru_cache(maxsize=1024)
def _row(
    contact: Contact, block: str, reach_mm: float, pulse_width_us: float, diameter_um: float
) -> Array:
    grid = _grid(contact, block, reach_mm)
    at_width = _plane_at_width(contact, block, reach_mm, pulse_width_us)
    inside = np.clip(diameter_um, grid.diameters[0], grid.diameters[-1])
    row: Array = pchip(np.log(grid.diameters), at_width, np.log([inside]))[0]
    return row


@lru_cache(maxsize=64)
def _plane_at_width(contact: Contact, block: str, reach_mm: float, pulse_width_us: float) -> Array:
    grid = _grid(contact, block, reach_mm)
    stacked = np.moveaxis(grid.log_threshold, 2, 0)
    plane: Array = pchip(np.log(grid.widths), stacked, np.log([pulse_width_us]))[0]
    return plane


def _grid(contact: Contact, block: str, reach_mm: float) -> Grid:
    """Take the thinnest fibres along only where the table reaches far enough for them."""
    near = contact != "needle" and block == "PENA" and reach_mm <= 2.0
    return threshold_grid(contact, block, near)


@cache
def threshold_grid(contact: Contact, block: str, near: bool) -> Grid:
    """Return the cells of one cable model beside one contact; `near` keeps its thinnest fibres."""
    cells: dict[tuple[float, float, float], float] = {}
    if contact == "needle":
        rows = (r for r in read_rows("thresholds/needle.csv") if r["return"] == "distant")
    else:
        medium = contact.removeprefix("point, ")
        rows = (r for r in read_rows("thresholds/point.csv") if r["medium"] == medium)
    for row in rows:
        if row["block"] == block:
            key = tuple(float(row[c]) for c in ("diameter_um", "distance_mm", "pulse_width_us"))
            cells[key[0], key[1], key[2]] = float(row["threshold_mA"])
    diameters, distances, widths = (sorted({key[axis] for key in cells}) for axis in range(3))
    if block == "PENA" and contact != "needle" and not near:
        diameters = [d for d in diameters if d >= 2.0]
    distances = [r for r in distances if all((d, r, w) in cells for d in diameters for w in widths)]
    values = [[[cells[d, r, w] for w in widths] for r in distances] for d in diameters]
    return Grid(
        np.array(diameters), np.array(distances), np.array(widths), np.log(np.array(values))
    )


def _cases(contact: Contact, waveform: Waveform, polarity: Polarity, pair: bool) -> tuple[str, ...]:
    cases: tuple[str, ...] = ()
    if pair:
        cases += ("needle pair",) if contact == "needle" else ("pair along fibre",)
    if waveform != "monophasic":
        cases += (waveform,)  # each contact is the cathode of one of the phases
    elif polarity == "anode":
        cases += ("anodic",)
    return cases


@lru_cache(maxsize=4096)
def _log_factor(
    case: str,
    unmyelinated: bool,
    diameter_um: float,
    distances: tuple[float, ...],
    pulse_width_us: float,
) -> Array:
    """Interpolate a geometry factor, holding it constant beyond the cells that are known."""
    if case == "needle pair" and unmyelinated:
        case = "pair along fibre"  # the needle pair was worked out for myelinated fibres only
    table = factor_cells(case, unmyelinated)
    by_diameter = []
    for diameter in sorted({key[0] for key in table}):
        by_width = []
        widths = sorted({w for d, w in table if d == diameter})
        for width in widths:
            log_r, log_f = table[diameter, width]
            by_width.append(np.interp(np.log(distances), log_r, log_f))
        columns = np.array(by_width)
        by_diameter.append(along(np.log(widths), columns, np.log(pulse_width_us)))
    diameters = sorted({key[0] for key in table})
    return along(np.log(diameters), np.array(by_diameter), np.log(diameter_um))


@cache
def factor_cells(case: str, unmyelinated: bool) -> dict[tuple[float, float], tuple[Array, Array]]:
    """Return log distances and log factors of a geometry, by diameter (um) and width (us)."""
    cells: dict[tuple[float, float], dict[float, float]] = {}
    if case == "needle pair":
        single: dict[tuple[str, ...], float] = {}
        rows = read_rows("thresholds/needle.csv")
        axes = ("block", "diameter_um", "distance_mm", "pulse_width_us")
        for row in rows:
            if row["return"] == "distant":
                single[tuple(row[a] for a in axes)] = float(row["threshold_mA"])
        for row in rows:
            if row["return"] == "pair 3 mm":
                key = float(row["diameter_um"]), float(row["pulse_width_us"])
                ratio = float(row["threshold_mA"]) / single[tuple(row[a] for a in axes)]
                cells.setdefault(key, {})[float(row["distance_mm"])] = ratio
    else:
        for row in read_rows("thresholds/geometry.csv"):
            medium = "muscle" if case == "pair along fibre" else "isotropic"
            spaced = case != "pair along fibre" or row["parameter"] == "3"
            same_kind = (row["block"] == "SUNDT") == unmyelinated
            if row["case"] == case and row["medium"] == medium and spaced and same_kind:
                key = float(row["diameter_um"]), float(row["pulse_width_us"])
                cells.setdefault(key, {})[float(row["distance_mm"])] = float(row["ratio"])
    return {
        key: (np.log(np.array(sorted(curve))), np.log([curve[r] for r in sorted(curve)]))
        for key, curve in cells.items()
    }
