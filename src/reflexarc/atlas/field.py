"""How much of a tissue an electrode recruits.

The fibres of a tissue lie evenly in a disc of 1.5 mm around the shaft, at every depth of the
tissue, and run across it. The needle table holds beside the middle of 3 mm of bare needle; for
another length, or a fibre nearer the tip or beyond it, the threshold is scaled by how strongly
the field of the shaft bends along the fibre there, taken as the difference of potential between
the fibre's nearest node and a place one field length away. The field length was fitted to the
90 cells of `thresholds/geometry.csv` for bare shafts of 1, 3 and 5 mm in muscle, beside the middle
and beside the tip (1.02 to 21 times the point threshold); the scaling is within 11 % of them all.
Beyond the tip it is an extrapolation by the same law, and so is a fibre farther away than the
table goes (3 mm; 2 mm without myelin).
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from reflexarc.atlas import Population
from reflexarc.atlas.thresholds import (
    NEEDLE_MM,
    Polarity,
    Waveform,
    threshold_plane,
)

__all__ = [
    "DISC_MM",
    "Needle",
    "Nodes",
    "diameter_nodes",
    "field_length",
    "nerve_nodes",
    "recruited_fraction",
    "tissue_nodes",
]

Array = NDArray[np.float64]

DISC_MM = 1.5
"""Radius around the shaft within which a site's fibres are counted (mm)."""

_DIAMETERS = 16
_DEPTHS = 6
_SHORTEST_MM = 0.01  # a shorter bare shaft counts as this long
_RADII = np.concatenate([[0.05], np.sqrt(np.linspace(0.1**2, DISC_MM**2, 23))])


@dataclass(frozen=True, slots=True)
class Needle:
    """One needle in the tissue; lengths in mm.

    Attributes:
        depth_mm: How deep the tip lies.
        bare_mm: Length of bare shaft within the tissue, from the tip up; 0 for an insulated
            needle, whose tip is a point.
        pair: Whether the current returns through a second needle 3 mm away.
        waveform: Shape of the pulse.
        polarity: What this needle is during the (first) phase.
    """

    depth_mm: float
    bare_mm: float
    pair: bool
    waveform: Waveform
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class Nodes:
    """Logarithms of thresholds (mA) of a population: rows of fibres x distances outwards.

    `weight[k]` is the share of a row between distance k and k + 1, `core` the share nearer still.
    """

    log_threshold: Array
    weight: Array
    core: float


def recruited_fraction(nodes: Nodes, current_mA: float) -> float:
    """Return the fraction of a population whose threshold the current reaches, 0 to 1.

    It is 0 at 0 mA and never falls when the current rises.

    Args:
        nodes: Thresholds of the population.
        current_mA: Current of the pulse.
    """
    if current_mA <= 0:
        return 0.0
    near, far = nodes.log_threshold[:, :-1], nodes.log_threshold[:, 1:]
    reached = np.clip((np.log(current_mA) - near) / np.maximum(far - near, 1e-6), 0.0, 1.0)
    inside = np.mean(nodes.log_threshold[:, 0] <= np.log(current_mA))
    return float(min(1.0, np.mean(reached @ nodes.weight) + nodes.core * inside))


@cache
def diameter_nodes(population: Population) -> tuple[float, ...]:
    """Return the diameters (um) that stand for a population, each for the same share of it."""
    normal = NormalDist(population.mean_um, population.sd_um)
    low, high = normal.cdf(population.min_um), normal.cdf(population.max_um)
    steps = (np.arange(_DIAMETERS) + 0.5) / _DIAMETERS
    return tuple(normal.inv_cdf(low + step * (high - low)) for step in steps)


def field_length(diameter_um: float, *, myelinated: bool) -> float:
    """Return the distance along a fibre over which the field must bend to fire it, in mm.

    It is measured in muscle and already scaled across the grain; fitted, see the head of this
    module. About one and a half internodes of a myelinated fibre.

    Example:
        >>> round(field_length(10, myelinated=True), 2)
        1.62
    """
    return 0.162 * diameter_um if myelinated else 0.178


@lru_cache(maxsize=512)
def tissue_nodes(
    needle: Needle, population: Population, *, from_mm: float, to_mm: float, pulse_width_us: float
) -> Nodes:
    """Return the thresholds of the fibres of one class in one tissue.

    Args:
        needle: The needle.
        population: Diameters of the class.
        from_mm: Upper border of the tissue, mm below the skin.
        to_mm: Lower border of the tissue.
        pulse_width_us: Width of the pulse.
    """
    depths = from_mm + (np.arange(_DEPTHS) + 0.5) / _DEPTHS * (to_mm - from_mm)
    diameters = diameter_nodes(population)
    plane = threshold_plane(
        "needle" if needle.bare_mm else "point, muscle",
        myelinated=population.myelinated,
        diameters_um=diameters,
        pulse_width_us=pulse_width_us,
        reach_mm=5.0,
        waveform=needle.waveform,
        polarity=needle.polarity,
        pair=needle.pair,
    )
    half = max(needle.bare_mm, _SHORTEST_MM) / 2 if needle.bare_mm else 0.0
    axial = np.abs(depths - (needle.depth_mm - half))[:, None]
    true_distance = np.hypot(_RADII[None, :], np.maximum(axial - half, 0.0))
    distance = np.clip(true_distance, plane.nearest_mm, plane.farthest_mm)
    log_t = plane.log_threshold(distance)
    length = np.array([field_length(d, myelinated=population.myelinated) for d in diameters])
    if needle.bare_mm:
        standard = _bend(distance[..., None], 0.0, NEEDLE_MM / 2, length)
        inner = np.maximum(_RADII, plane.nearest_mm)[None, :, None]
        here = _bend(inner, axial[..., None], half, length)
        log_t = log_t + np.log(standard / here)
    else:
        ratio = _point_bend(distance[..., None], length) / _point_bend(
            np.maximum(true_distance, distance)[..., None], length
        )
        log_t = log_t + np.log(ratio)
    rows = np.moveaxis(log_t, 1, 2).reshape(-1, len(_RADII))
    rows = np.maximum.accumulate(rows, axis=1)
    rows.setflags(write=False)
    return Nodes(rows, np.diff(_RADII**2) / DISC_MM**2, float((_RADII[0] / DISC_MM) ** 2))


@lru_cache(maxsize=128)
def nerve_nodes(
    population: Population,
    *,
    near_mm: float,
    far_mm: float,
    pulse_width_us: float,
    waveform: Waveform,
) -> Nodes:
    """Return the thresholds of one kind of fibre in a nerve that lies on a hook or in a cuff.

    The fibres lie evenly between the nearest and the farthest distance from the contact.
    """
    plane = threshold_plane(
        "point, isotropic",
        myelinated=population.myelinated,
        diameters_um=diameter_nodes(population),
        pulse_width_us=pulse_width_us,
        reach_mm=far_mm,
        waveform=waveform,
    )
    distance = np.linspace(near_mm, far_mm, 24)
    rows = plane.log_threshold(distance).T
    rows = np.maximum.accumulate(rows, axis=1)
    rows.setflags(write=False)
    return Nodes(rows, np.full(23, 1 / 23), 0.0)


def _bend(radius: Array, axial: Array | float, half: float, length: Array) -> Array:
    """Return the drop of potential along the fibre beside a uniform shaft, per mA and constant."""
    away = np.hypot(radius, length)
    down, up = half - axial, half + axial
    near = np.arcsinh(down / radius) + np.arcsinh(up / radius)
    far = np.arcsinh(down / away) + np.arcsinh(up / away)
    drop: Array = (near - far) / (2 * half)
    return drop


def _point_bend(radius: Array, length: Array) -> Array:
    drop: Array = 1 / radius - 1 / np.hypot(radius, length)
    return drop
