"""The stimulus check in plain sentences, and as a fragment for the page of a run."""

from collections.abc import Iterator, Sequence
from importlib.resources import files

from reflexarc.recruitment import Band
from reflexarc.safety.intervals import short
from reflexarc.safety.language import CLOSING, cite
from reflexarc.safety.stimulus import DAMAGE_K, NEAR_K, StimulusSafety

__all__ = ["LIMITS_OF_K", "LIMITS_OF_PAIN", "fragment", "sentences"]

LIMITS_OF_K = (
    f"Shannon's k (log10 of charge times charge density, in µC and µC/cm²) is a band of caution "
    f"from {NEAR_K:g} to {DAMAGE_K:g}, not a limit: it was fitted to discs on the cortex of cats, "
    "it knows nothing of pulse rate and duration, it has not been validated for needles or for "
    "small electrodes through the skin, and small electrodes are known not to follow it."
)
"""What k can't say."""
LIMITS_OF_PAIN = (
    "The share of C fibres that fire stands in for pain, and poorly: it is a computed share in "
    "mouse tissue, known to within a factor of two in threshold; not every C fibre is a "
    "nociceptor; A-delta nociceptors hurt at lower currents; twitching muscle isn't counted. A "
    "paper says that 1 mA already excites C fibres of mice (Su 2013; its pulse width was not "
    "read); if so these shares are far too low."
)
"""What the share of C fibres can't say."""


def sentences(row: StimulusSafety) -> Iterator[str]:
    """Yield what there is to say about a stimulus, for everybody.

    Args:
        row: A row of `assess`.
    """
    yield _charge(row)
    yield from _metal(row)
    yield _pain(row)
    yield {
        "broken by a needle": "The needles break the skin: bleeding and infection are possible.",
        "opened by surgery": "It needs surgery, whose risks are not counted here.",
        "not broken": "The skin is not broken.",
    }[row.skin]
    span = f"It is on for {short(row.minutes)} min in all"
    yield {
        "light": f"{span} ({row.pulses:,} flashes); heat is not worked out.",
        "touch": f"{span}.",
    }.get(row.kind, f"{span} ({row.pulses:,} pulses).")
    yield _asleep(row)


def fragment(rows: Sequence[StimulusSafety]) -> str:
    """Return the check as an HTML section in the style of a run's report; empty without rows.

    Args:
        rows: What `assess` returned.
    """
    import jinja2

    if not rows:
        return ""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.undefined = jinja2.StrictUndefined
    text = files("reflexarc.safety").joinpath("stimuli.html.j2").read_text(encoding="utf-8")
    keys = dict.fromkeys(key for row in rows for key in row.sources)
    return environment.from_string(text).render(
        rows=[(row, list(sentences(row))) for row in rows],
        number=lambda value: "–" if value is None else short(value).replace("-", "−"),
        share=share,
        notes=(LIMITS_OF_K, LIMITS_OF_PAIN),
        assumed=list(dict.fromkeys(text for row in rows for text in row.assumed)),
        sources=[cite(key) for key in keys],
        closing=CLOSING,
    )


def share(band: Band | None) -> str:
    """Return a share of fibres with its low and high end.

    Example:
        >>> share(Band(0.0, 0.013, 0.04))
        '1.3 % (0 to 4)'
    """
    if band is None:
        return "–"
    low, central, high = (
        short(round(100 * value, 1)) for value in (band.low, band.central, band.high)
    )
    return f"{central} % ({low} to {high})" if (low, high) != (central, central) else f"{central} %"


def _charge(row: StimulusSafety) -> str:
    if row.kind == "light":
        return "Light carries no charge."
    if row.kind == "touch":
        return "No current flows: it works by touch or warmth."
    if row.charge_uC == 0:
        return "No current flows."
    text = f"{short(row.charge_uC)} µC per phase"
    if row.area_cm2 is None or row.k is None:
        area = 100 * row.charge_uC**2 / 10**DAMAGE_K
        return (
            f"{text}; the area of the electrode isn't known, so neither is the charge density. "
            f"With less than {short(area)} mm² of metal, k would reach {DAMAGE_K:g}."
        )
    where = {
        "below": f"below the band of caution, which begins at {NEAR_K:g}",
        "near": f"in the band of caution, {NEAR_K:g} to {DAMAGE_K:g}",
        "at or above": f"at or above {DAMAGE_K:g}, where damage has been seen: reconsider it",
    }[row.band]
    density = short(row.density_uC_cm2 or 0)
    return f"{text}, {density} µC/cm²; k {row.k:.2f}".replace("k -", "k −") + f", {where}."


def _metal(row: StimulusSafety) -> Iterator[str]:
    if row.kind == "light" or row.charge_uC == 0:
        return
    if row.net_uC == 0:
        yield (
            "Both phases carry the same charge as written, so no direct current remains; whether a "
            "stimulator keeps that balance must be measured. Corrosion of steel needles has been "
            "seen even so, with 1 ms pulses of 1 mA."
            if row.kind == "needle"
            else "Both phases carry the same charge as written, so no direct current remains; "
            "whether a stimulator keeps that balance must be measured."
        )
        return
    yield (
        f"Each pulse leaves {short(row.net_uC)} µC behind as written, a direct current of "
        f"{short(row.direct_uA)} µA on average. Unless the stimulator takes it back, it changes "
        "the acidity around the metal and dissolves it: if that is steel, at most "
        f"{short(row.iron_ug)} µg of iron in all."
    )


def _pain(row: StimulusSafety) -> str:
    if row.kind == "light":
        return "It drives PROKR2 neurons or a nucleus only; no other fibre fires in this model."
    if row.kind == "touch":
        return "What it makes fire is what such a touch makes fire in an animal, pain fibres too."
    if row.charge_uC == 0:
        return "No fibre fires; the prick of a needle or the wound of surgery isn't counted."
    if row.c_fibres is None:
        return "How many pain fibres it reaches isn't worked out for this nerve."
    text = f"Of the C fibres near the metal {share(row.c_fibres)} fire"
    return f"{text}, of the A-delta fibres {share(row.a_delta)}."


def _asleep(row: StimulusSafety) -> str:
    if row.asleep == 0:
        return (
            "The animals are awake: what hurts can be felt, and how much it hurts isn't worked out."
        )
    span = "all" if row.asleep >= 0.999 else f"{100 * row.asleep:.0f} %"
    return (
        f"Isoflurane covers {span} of it and hides pain: that an animal kept still says nothing of "
        "what an awake one would feel."
    )
