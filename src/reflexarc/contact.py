"""Stimuli without a needle that carries current: skin, a needle that is moved, skin electrodes.

Natural stimuli and moved needles make fibres fire by themselves; what counts is the mean discharge
of each class, weighted by how many of its fibres there are. A skin electrode is a disc: on its axis
the field falls as if all current came from a point as far above the fibre as the hypotenuse of the
fibre's depth and the radius of the disc.

Example:
    >>> pinched = touch_skin(stimulus="pinch", region="hind paw", side="left")
    >>> pinched.region, pinched.discharge["AD"].central
    ('hind', 20.0)
"""

from collections.abc import Iterable
from math import hypot

from reflexarc import atlas
from reflexarc.atlas.field import nerve_nodes, recruited_fraction
from reflexarc.atlas.natural import rates, skin_region, technique, thermal_rates
from reflexarc.atlas.pulses import Frequency, pulse_rate, relayed_rate
from reflexarc.atlas.reach import Band, Reach, Recruitment, sever, sum_over_tissues, trace
from reflexarc.atlas.thresholds import Waveform, check_pulse
from reflexarc.errors import InputError
from reflexarc.recruitment import MAX_DEPTH_MM, Side

__all__ = ["FARTHEST_MM", "move_needle", "stimulate_ear", "stimulate_skin", "touch_skin"]

FARTHEST_MM = 5.0
"""How far the threshold tables go."""
SPREAD = 2.0
"""Discharge by a stimulus is known to within this factor (assumed)."""
EAR_DEPTHS_MM = (0.1, 0.6)
"""Where the auricular branch runs below the skin of a mouse's concha (assumed)."""


def touch_skin(
    *,
    stimulus: str,
    region: str,
    side: Side = "left",
    celsius: float | None = None,
    cut: Iterable[str] = (),
) -> Recruitment:
    """Return what a natural stimulus on the skin makes fire.

    Args:
        stimulus: `pinch`, `brush`, `heat` or `cold`.
        region: Region of the skin, such as `hind paw`.
        side: Side of the body.
        celsius: Temperature of the probe, for heat and cold.
        cut: Names of cut peripheral nerves.

    Raises:
        InputError: An unknown region or nerve, or a temperature out of range.
    """
    here = skin_region(region)
    if stimulus in ("heat", "cold"):
        if celsius is None:
            raise InputError(f"{stimulus} needs a temperature", field=stimulus)
        found = thermal_rates(stimulus, celsius)
    else:
        found = rates(stimulus)
    severed = sever(cut)
    discharge: dict[str, Band] = {name: Band() for name in atlas.CLASSES}
    touch: dict[str, Band] = {}
    skin: dict[str, dict[str, Band]] = {}
    for one_side in _sides(side):
        lost = sum(
            share
            for name, share in here.nerves
            if any((one_side, link) in severed for link in atlas.nerve_chain(name))
        )
        for name, rate in found.items():
            band = _uncertain(rate * here.density * max(0.0, 1.0 - lost))
            discharge[name] = discharge[name] + band
            skin.setdefault(one_side, {})[name] = band
            if name == "AB":
                touch[one_side] = band
    return Recruitment(here.name, here.group, 0.0, {}, {}, (), discharge, touch, skin)


def move_needle(
    *,
    site: str,
    technique_name: str = "manipulation",
    side: Side = "left",
    depth_mm: float | None = None,
    cut: Iterable[str] = (),
) -> Recruitment:
    """Return what a needle without current makes fire.

    Args:
        site: WHO code or name of a site.
        technique_name: How it is handled, such as `manipulation`, `retained`, `non-penetrating`.
        side: Side of the body.
        depth_mm: Depth of the tip; the site's own if None. What lies deeper stays silent.
        cut: Names of cut peripheral nerves.

    Raises:
        InputError: An unknown site, technique or nerve, or a depth out of range.
    """
    here = atlas.site(site)
    usual = atlas.needle_depth(here)
    depth = usual if depth_mm is None else depth_mm
    if not 0 < depth <= MAX_DEPTH_MM:
        raise InputError(
            f"the depth must lie above 0 and up to {MAX_DEPTH_MM:g} mm, not {depth:g} mm",
            field="depth",
        )
    way = technique(technique_name)
    found = rates("needle" if way.penetrates else "touch")
    severed = sever(cut)

    def passed(tissue: atlas.Tissue) -> float:
        if not way.penetrates:
            return 1.0 if tissue.kind == "skin" else 0.0
        return min(1.0, max(0.0, (depth - tissue.from_mm) / (tissue.to_mm - tissue.from_mm)))

    reach = tuple(
        trace(one_side, tissue, name, _level(passed(tissue)), severed)
        for one_side in (("left", "right") if here.midline else _sides(side))
        for tissue in atlas.tissues(here.code)
        for name in atlas.CLASSES
    )
    reached = sum_over_tissues(reach, midline=here.midline)
    discharge = {
        name: _spread(band.times(found[name] * way.share)) for name, band in reached.items()
    }
    touch = {
        one_side: _spread(
            _touched(reach, one_side).times(found["AB"] * way.share * (0.5 if here.midline else 1))
        )
        for one_side in ("left", "right")
    }
    return Recruitment(here.code, here.region, 0.0, {}, {}, reach, discharge, touch)


def stimulate_skin(
    *,
    site: str,
    current_mA: float,
    pulse_width_us: float,
    frequency_hz: Frequency,
    side: Side = "left",
    diameter_mm: float = 4.0,
    waveform: Waveform = "monophasic",
    cut: Iterable[str] = (),
) -> Recruitment:
    """Return what an electrode on the skin over a site recruits.

    Args:
        site: WHO code or name of a site.
        current_mA: Current per pulse, 0 to 40 mA.
        pulse_width_us: 30 to 1000 us.
        frequency_hz: Pulses per second, or (Hz, share of the time) pairs.
        side: Side of the body.
        diameter_mm: Diameter of the electrode, up to 8 mm.
        waveform: Shape of the pulse.
        cut: Names of cut peripheral nerves.

    Raises:
        InputError: An unknown site or nerve, or a value outside the threshold tables.
    """
    here = atlas.site(site)
    atlas.needle_depth(here)
    check_pulse("point, isotropic", current_mA=current_mA, pulse_width_us=pulse_width_us)
    radius = _radius(diameter_mm)
    severed = sever(cut)

    def fraction(tissue: atlas.Tissue, fibres: atlas.FibreClass) -> Band:
        nodes = nerve_nodes(
            fibres.population,
            near_mm=min(hypot(radius, tissue.from_mm), FARTHEST_MM - 0.1),
            far_mm=min(hypot(radius, tissue.to_mm), FARTHEST_MM),
            pulse_width_us=float(pulse_width_us),
            waveform=waveform,
        )
        low, high = current_mA / fibres.threshold_factor, current_mA * fibres.threshold_factor
        return Band(*(recruited_fraction(nodes, current) for current in (low, current_mA, high)))

    reach = tuple(
        trace(one_side, tissue, fibres.id, fraction(tissue, fibres), severed)
        for one_side in (("left", "right") if here.midline else _sides(side))
        for tissue in atlas.tissues(here.code)
        for fibres in atlas.fibre_classes()
    )
    return Recruitment(
        here.code,
        here.region,
        pulse_rate(frequency_hz),
        sum_over_tissues(reach, midline=here.midline),
        {},
        reach,
    )


def stimulate_ear(
    *,
    current_mA: float,
    pulse_width_us: float,
    frequency_hz: Frequency,
    side: Side = "left",
    diameter_mm: float = 2.0,
    waveform: Waveform = "monophasic",
) -> Recruitment:
    """Return how far an electrode in the concha drives the auricular branch of the vagus.

    Args:
        current_mA: Current per pulse, 0 to 40 mA.
        pulse_width_us: 30 to 1000 us.
        frequency_hz: Pulses per second, or (Hz, share of the time) pairs.
        side: One ear is half of the drive.
        diameter_mm: Diameter of the electrode, up to 8 mm.
        waveform: Shape of the pulse.

    Returns:
        The drive of the nucleus of the solitary tract: the share of touch fibres that fire, by what
        its synapses pass on at that frequency, 1 at 7 Hz.

    Raises:
        InputError: A value outside the threshold tables.
    """
    check_pulse("point, isotropic", current_mA=current_mA, pulse_width_us=pulse_width_us)
    radius = _radius(diameter_mm)
    fibres = next(known for known in atlas.fibre_classes() if known.id == "AB")
    nodes = nerve_nodes(
        fibres.population,
        near_mm=hypot(radius, EAR_DEPTHS_MM[0]),
        far_mm=hypot(radius, EAR_DEPTHS_MM[1]),
        pulse_width_us=float(pulse_width_us),
        waveform=waveform,
    )
    low, high = current_mA / fibres.threshold_factor, current_mA * fibres.threshold_factor
    band = Band(*(recruited_fraction(nodes, current) for current in (low, current_mA, high)))
    drive = band.times(relayed_rate(frequency_hz) * len(_sides(side)) / 2)
    return Recruitment("ear", None, pulse_rate(frequency_hz), {}, {"drive_auricular": drive})


def _radius(diameter_mm: float) -> float:
    if not 0.5 <= diameter_mm <= 8:
        raise InputError(
            f"the diameter must lie between 0.5 mm and 8 mm, not {diameter_mm:g} mm",
            field="electrode diameter",
        )
    return diameter_mm / 2


def _sides(side: Side) -> tuple[str, ...]:
    return ("left", "right") if side == "both" else (side,)


def _touched(reach: Iterable[Reach], side: str) -> Band:
    total = Band()
    for row in reach:
        if row.fibre_class == "AB" and row.side == side:
            total = total + row.recruited
    return total


def _level(value: float) -> Band:
    return Band(value, value, value)


def _uncertain(value: float) -> Band:
    return Band(value / SPREAD, value, value * SPREAD)


def _spread(band: Band) -> Band:
    return Band(band.low / SPREAD, band.central, band.high * SPREAD)
