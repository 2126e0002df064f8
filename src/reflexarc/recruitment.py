"""From a stimulus to drive: which fibres a needle, a light or a hook makes fire.

A stimulus reaches the tissues of its site as far as physics lets it; each tissue holds a graded
supply of each fibre class; the sum over tissues and sides goes to the model. Nothing here knows
that one site works and another does not.

Example:
    >>> leg = recruit(site="ST36", current_mA=0.5, pulse_width_us=50, frequency_hz=10)
    >>> leg.region, leg.pulse_rate_hz
    ('hind', 10.0)
    >>> leg.classes["PROKR2"].central > 10 * leg.classes["C"].central
    True
"""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Literal, get_args

from reflexarc import atlas
from reflexarc.atlas.field import (
    Needle,
    Nodes,
    nerve_nodes,
    recruited_fraction,
    tissue_nodes,
)
from reflexarc.atlas.inputs import BRAIN_DRIVES, model_inputs
from reflexarc.atlas.light import lit_fraction
from reflexarc.atlas.pulses import Frequency, drive_rate, pulse_rate
from reflexarc.atlas.reach import (
    Band,
    BandName,
    Reach,
    Recruitment,
    sever,
    sum_over_tissues,
    trace,
)
from reflexarc.atlas.thresholds import MAX_CURRENT_MA, Polarity, Waveform, check_pulse
from reflexarc.errors import InputError, unknown_word

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "Band",
    "BandName",
    "Configuration",
    "Frequency",
    "Reach",
    "Recruitment",
    "Side",
    "draw_recruitment",
    "model_inputs",
    "recruit",
    "recruit_light",
    "recruit_nerve",
    "recruitment_curve",
]

Side = Literal["left", "right", "both"]
Configuration = Literal["focal pair", "bilateral", "single"]

MAX_EXPOSED_MM = 5.0  # the longest bare shaft for which thresholds were worked out
MAX_DEPTH_MM = 10.0


def recruit(
    *,
    site: str,
    current_mA: float,
    pulse_width_us: float,
    frequency_hz: Frequency,
    side: Side = "left",
    configuration: Configuration = "focal pair",
    depth_mm: float | None = None,
    exposed_mm: float = 3.0,
    insulated: bool = False,
    waveform: Waveform = "monophasic",
    cut: Iterable[str] = (),
) -> Recruitment:
    """Return what an electroacupuncture stimulus recruits.

    Args:
        site: WHO code or name of a site of the atlas.
        current_mA: Current per pulse, 0 to 40 mA.
        pulse_width_us: 50 to 400 us for a bare needle, 30 to 1000 us for an insulated one.
        frequency_hz: Pulses per second, or (Hz, share of the time) pairs for dense-disperse.
        side: Side of the body. `both` means one channel on each side. With a bilateral
            configuration it is the side of the first cathode.
        configuration: `focal pair`: both needles at the site, 3 mm apart; `bilateral`: the current
            goes in at the site of one side and out at the other; `single`: distant return.
        depth_mm: Depth of the tip; the site's own depth if None.
        exposed_mm: Length of bare shaft from the tip up; what stands out of the skin carries
            nothing. Ignored for an insulated needle.
        insulated: Whether only the tip is bare.
        waveform: Shape of the pulse.
        cut: Names of cut peripheral nerves; `left` or `right` before a name cuts one side only.

    Returns:
        The recruitment, with a low and a high end: thresholds are known to within a factor (2 for C
        fibres), and an unknown innervation counts 0 at the low end and in the middle, 2 at the
        high end, because nothing is claimed for what nobody looked at.

    Raises:
        InputError: An unknown site or nerve, a site that the model has no reflex for, or a value
            outside the threshold tables.

    Example:
        >>> sham = recruit(site="ST36", current_mA=0, pulse_width_us=50, frequency_hz=10)
        >>> sum(band.high for band in sham.classes.values())
        0.0
    """
    here = atlas.site(site)
    usual = atlas.needle_depth(here)
    depth = _length("depth", usual if depth_mm is None else depth_mm, MAX_DEPTH_MM)
    exposed = _length("exposed length", exposed_mm, MAX_EXPOSED_MM)
    _one_of("waveform", waveform, get_args(Waveform))
    _one_of("configuration", configuration, get_args(Configuration))
    check_pulse(
        "point, muscle" if insulated else "needle",
        current_mA=current_mA,
        pulse_width_us=pulse_width_us,
    )
    rate = pulse_rate(frequency_hz)
    if configuration == "bilateral" and here.midline:
        raise InputError(
            f"{here.code} lies on the midline, so it has no other side for a bilateral pair",
            field="configuration",
        )
    bare = 0.0 if insulated else min(exposed, depth)

    def fractions(polarity: Polarity, tissue: atlas.Tissue, fibres: atlas.FibreClass) -> Band:
        needle = Needle(depth, bare, configuration == "focal pair", waveform, polarity)
        nodes = tissue_nodes(
            needle,
            fibres.population,
            from_mm=tissue.from_mm,
            to_mm=tissue.to_mm,
            pulse_width_us=float(pulse_width_us),
        )
        return _fraction_band(nodes, current_mA, fibres.threshold_factor)

    polarities = _polarities(side, configuration, here.midline)
    severed = sever(cut)
    reach = tuple(
        trace(one_side, tissue, fibres.id, fractions(polarity, tissue, fibres), severed)
        for one_side, polarity in polarities
        for tissue in atlas.tissues(here.code)
        for fibres in atlas.fibre_classes()
    )
    return Recruitment(
        here.code, here.region, rate, sum_over_tissues(reach, midline=here.midline), {}, reach
    )


def recruit_light(
    *,
    site: str,
    opsin: str,
    irradiance_mW_mm2: float,
    frequency_hz: Frequency,
    side: Side = "left",
    depth_mm: float = 0.0,
    cut: Iterable[str] = (),
) -> Recruitment:
    """Return what blue light recruits in an animal whose PROKR2 neurons carry an opsin.

    Args:
        site: A site of the atlas; or `DMV` or `cNST`, for a fibre that ends at neurons there.
        opsin: `CatCh` or `ChR2`.
        irradiance_mW_mm2: Irradiance where the light leaves the fibre.
        frequency_hz: Light pulses per second, or (Hz, share of the time) pairs.
        side: Side of the body.
        depth_mm: Depth of the end of the fibre; 0 shines on the skin.
        cut: Names of cut peripheral nerves.

    Returns:
        The recruitment. The fraction of fibres that fire follows a Hill curve of the irradiance
        that is left; blue light falls to a third in each millimetre. Only PROKR2 fibres fire.

    Raises:
        InputError: An unknown site, opsin or nerve, or a negative value.

    Example:
        >>> glow = recruit_light(site="ST36", opsin="CatCh", irradiance_mW_mm2=10, frequency_hz=10)
        >>> [name for name, band in glow.classes.items() if band.central > 0]
        ['PROKR2']
    """
    channel = atlas.opsin(opsin)
    if not (irradiance_mW_mm2 >= 0 and isfinite(irradiance_mW_mm2)):
        raise InputError(
            f"the irradiance must be 0 mW/mm2 or more, not {irradiance_mW_mm2:g}",
            field="irradiance",
        )
    if not 0 <= depth_mm <= MAX_DEPTH_MM:
        raise InputError(
            f"the depth must lie between 0 and {MAX_DEPTH_MM:g} mm, not {depth_mm:g} mm",
            field="depth",
        )
    rate = pulse_rate(frequency_hz)
    if site in BRAIN_DRIVES:
        lit = lit_fraction(channel, irradiance=irradiance_mW_mm2, from_mm=0.0, to_mm=0.0)
        drive = lit.times(drive_rate(frequency_hz))
        return Recruitment(site, None, rate, {}, {BRAIN_DRIVES[site]: drive})
    here = atlas.site(site)
    atlas.needle_depth(here)  # refuses a site that the model has no reflex for
    severed = sever(cut)
    reach = tuple(
        trace(
            one_side,
            tissue,
            "PROKR2",
            lit_fraction(
                channel,
                irradiance=irradiance_mW_mm2,
                from_mm=tissue.from_mm - depth_mm,
                to_mm=tissue.to_mm - depth_mm,
            ),
            severed,
        )
        for one_side, _ in _polarities(side, "single", here.midline)
        for tissue in atlas.tissues(here.code)
    )
    return Recruitment(
        here.code, here.region, rate, sum_over_tissues(reach, midline=here.midline), {}, reach
    )


def recruit_nerve(
    *,
    nerve: str,
    current_mA: float,
    pulse_width_us: float,
    frequency_hz: Frequency,
    side: Side = "left",
    waveform: Waveform = "monophasic",
    direction: Literal["both", "efferent", "afferent"] = "both",
    cut: Iterable[str] = (),
) -> Recruitment:
    """Return what a hook or cuff on a nerve recruits.

    Args:
        nerve: `cervical vagus`, `splanchnic`, `splenic` or `sciatic`.
        current_mA: Current per pulse, 0 to 40 mA.
        pulse_width_us: 30 to 1000 us.
        frequency_hz: Pulses per second, or (Hz, share of the time) pairs.
        side: Side of the body; one side of a paired autonomic nerve is half the drive.
        waveform: Shape of the pulse.
        direction: `efferent` or `afferent` for one end of the cervical vagus only, as when the
            other is blocked or cut.
        cut: Names of cut peripheral nerves; a cut sciatic carries nothing to the cord.

    Returns:
        The recruitment: drives of autonomic nerves, or for the sciatic the afferent classes of the
        hind limb, where 1 fraction of a class stands for all its endings in the tissues of ST36.

    Raises:
        InputError: A nerve without a known electrode, or a value outside the threshold tables.

    Example:
        >>> hook = recruit_nerve(nerve="vagus", current_mA=0.5, pulse_width_us=200,
        ...                      frequency_hz=10, side="both")
        >>> hook.drives["drive_vagus_efferent"].central > 0.9
        True
    """
    check_pulse("point, isotropic", current_mA=current_mA, pulse_width_us=pulse_width_us)
    _one_of("waveform", waveform, get_args(Waveform))
    _one_of("direction", direction, ("both", "efferent", "afferent"))
    rate = pulse_rate(frequency_hz)
    bundle = atlas.trunk(nerve)
    name = bundle[0].nerve
    sides = [one_side for one_side, _ in _polarities(side, "single", False)]
    paired = 1.0 if name == "splenic" else len(sides) / 2
    found: dict[str, Band] = {}
    for fibres in bundle:
        if direction != "both" and name == "cervical vagus" and direction not in fibres.drives:
            continue
        nodes = nerve_nodes(
            fibres.population,
            near_mm=fibres.near_mm,
            far_mm=fibres.far_mm,
            pulse_width_us=float(pulse_width_us),
            waveform=waveform,
        )
        band = _fraction_band(nodes, current_mA, fibres.threshold_factor).times(fibres.share)
        found[fibres.drives] = found.get(fibres.drives, Band()) + band
    if name != "sciatic":
        scale = paired * drive_rate(frequency_hz)
        drives = {drive: band.times(scale) for drive, band in found.items()}
        return Recruitment(name, None, rate, {}, drives)
    severed = sever(cut)
    reach = tuple(
        trace(one_side, tissue, fibre_class, band, severed)
        for one_side in sides
        for tissue in atlas.tissues("ST36")
        if "sciatic" in atlas.nerve_chain(tissue.nerve)
        for fibre_class, band in found.items()
    )
    return Recruitment(name, "hind", rate, sum_over_tissues(reach, midline=False), {}, reach)


def recruitment_curve(
    site: str, pulse_width_us: float, currents: Iterable[float], **stimulus: object
) -> "pd.DataFrame":
    """Return how the recruitment of each class at a site grows with current.

    Args:
        site: WHO code or name of a site.
        pulse_width_us: Width of the pulse.
        currents: Currents in mA.
        stimulus: Further arguments of `recruit`.

    Returns:
        A table with the columns current_mA, class, low, central and high.

    Example:
        >>> curve = recruitment_curve("ST36", 50, [0.5, 3.0])
        >>> list(curve["class"].unique())
        ['AB', 'AD', 'PROKR2', 'C']
    """
    import pandas as pd

    settings = {"frequency_hz": 10.0, **stimulus}
    rows = []
    for current in currents:
        found = recruit(
            site=site,
            current_mA=float(current),
            pulse_width_us=pulse_width_us,
            **settings,  # type: ignore[arg-type]
        )
        for fibre_class, value in found.classes.items():
            rows.append((float(current), fibre_class, value.low, value.central, value.high))
    return pd.DataFrame(rows, columns=["current_mA", "class", "low", "central", "high"])


def draw_recruitment(
    site: str,
    pulse_width_us: float,
    currents: Iterable[float] | None = None,
    **stimulus: object,
) -> "Figure":
    """Return a figure of the recruitment of each class at a site against current.

    Args:
        site: WHO code or name of a site.
        pulse_width_us: Width of the pulse.
        currents: Currents in mA; from 0.02 to 40 mA if None.
        stimulus: Further arguments of `recruit`.
    """
    from reflexarc.atlas.drawing import draw_curve

    if currents is None:
        currents = [0.02 * 2000 ** (k / 120) for k in range(120)] + [MAX_CURRENT_MA]
    here = atlas.site(site)
    depth = stimulus.get("depth_mm") or atlas.needle_depth(here)
    subtitle = f"{pulse_width_us:g} µs pulses · tip {depth:g} mm deep"
    curve = recruitment_curve(site, pulse_width_us, currents, **stimulus)
    return draw_curve(curve, site=here, subtitle=subtitle)


def _fraction_band(nodes: Nodes, current_mA: float, factor: float) -> Band:
    return Band(
        recruited_fraction(nodes, current_mA / factor),
        recruited_fraction(nodes, current_mA),
        recruited_fraction(nodes, current_mA * factor),
    )


def _polarities(
    side: Side, configuration: Configuration, midline: bool
) -> tuple[tuple[str, Polarity], ...]:
    """Return the sides that a needle stands on. A midline site belongs half to each."""
    _one_of("side", side, get_args(Side))
    if configuration == "bilateral":
        other = "left" if side == "right" else "right"
        return ("right" if side == "right" else "left", "cathode"), (other, "anode")
    if midline or side == "both":
        return ("left", "cathode"), ("right", "cathode")
    return ((side, "cathode"),)


def _length(name: str, value: float, longest: float) -> float:
    if not 0 < value <= longest:
        raise InputError(
            f"the {name} must lie above 0 and up to {longest:g} mm, not {value:g} mm", field=name
        )
    return float(value)


def _one_of(name: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise InputError(unknown_word(name, str(word), known), field=name)
