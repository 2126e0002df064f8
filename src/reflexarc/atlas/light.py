"""How many fibres with an opsin fire under blue light."""

from math import exp, log

from reflexarc.atlas._records import Opsin
from reflexarc.atlas.reach import Band

__all__ = ["LIGHT_PER_MM", "lit_fraction"]

LIGHT_PER_MM = log(160 / 10) / (4.4 - 1.9)
"""Loss of blue light per mm of skin and muscle: ten milliwatts fired a motor nerve 1.9 mm deep and
160 mW one 4.4 mm deep (rat; maimon2017)."""


def lit_fraction(channel: Opsin, *, irradiance: float, from_mm: float, to_mm: float) -> Band:
    """Return the fraction of fibres that fire in a layer, averaged over its depth.

    Args:
        channel: The opsin; its half irradiance is known to within a factor, hence the band.
        irradiance: Irradiance at the end of the light fibre, mW/mm2.
        from_mm: Upper border of the layer, mm below the end of the fibre (negative: above it).
        to_mm: Lower border of the layer.
    """
    steps = [from_mm + (k + 0.5) / 6 * (to_mm - from_mm) for k in range(6)]
    left = [irradiance * exp(-LIGHT_PER_MM * abs(step)) for step in steps]

    def fraction(half: float) -> float:
        powers = [float((here / half) ** channel.hill) for here in left]
        return sum(power / (1 + power) for power in powers) / len(powers)

    half, spread = channel.half_mW_mm2, channel.spread
    return Band(fraction(half * spread), fraction(half), fraction(half / spread))
