"""What the stimuli of an experiment do besides their purpose: charge, pain, skin, metal.

Example:
    >>> from reflexarc.protocol import Experiment
    >>> row = assess(Experiment.load("liu-2021"))[1]
    >>> row.stimulus, round(row.charge_uC, 3), row.band
    ('ST36 0.5 mA 10 Hz', 0.025, 'below')
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from reflexarc.protocol import (
    Arm,
    Auricular,
    Electroacupuncture,
    Experiment,
    ManualAcupuncture,
    NaturalStimulus,
    NerveStimulation,
    Optogenetics,
    Pulses,
    Stimulus,
    Transcutaneous,
)
from reflexarc.recruitment import Band
from reflexarc.units import quantity

__all__ = [
    "DAMAGE_K",
    "NEEDLE_MM",
    "StimulusSafety",
    "assess",
    "charge_of",
    "iron_ug",
    "shannon_k",
]

NEEDLE_MM = 0.16
"""Diameter of a mouse needle: assumed, the finest in common use; experiments don't give it."""
DAMAGE_K = 1.85
"""Shannon's k from which damage was seen (Shannon 1992, doi:10.1109/10.126616)."""
NEAR_K = 1.5
"""Shannon's k at which the band of caution begins: assumed, two thirds of the charge at 1.85."""

ChargeBand = Literal["no current", "below", "near", "at or above", "area unknown", "no charge"]
StimulusKind = Literal["needle", "nerve electrode", "skin electrode", "touch", "light"]
Skin = Literal["broken by a needle", "opened by surgery", "not broken"]

_FARADAY = 96_485.0  # C/mol
_IRON = 55.845  # g/mol
_IRON_CHARGE = 2


@dataclass(frozen=True, kw_only=True)
class StimulusSafety:
    """What is known of the harm that one stimulus could do.

    Attributes:
        stimulus: What it is, in a few words.
        kind: `needle`, `nerve electrode`, `skin electrode`, `touch` (without current) or `light`.
        arms: The arms that have it.
        charge_uC: Charge of one phase in µC.
        area_cm2: Bare metal in the tissue; None if unknown, or where there is none.
        density_uC_cm2: Charge density of one phase; None if the area is unknown.
        k: Shannon's k; None if the area is unknown or no current flows.
        band: How k stands to where damage was seen.
        net_uC: Charge that a pulse leaves behind; 0 for a balanced one.
        direct_uA: Mean direct current that follows while it is on.
        iron_ug: The most iron that this could dissolve in all.
        c_fibres: Share of the C fibres near the electrode that fire, in the tissue with the most;
            None where the atlas can't say.
        a_delta: The same for A-delta fibres.
        skin: What happens to the skin.
        minutes: For how long it is on in all.
        pulses: How many pulses that is.
        asleep: Share of that time under isoflurane, which hides pain.
        assumed: What of it is assumed.
        sources: Keys of the references behind it.
    """

    stimulus: str
    kind: StimulusKind
    arms: tuple[str, ...]
    charge_uC: float
    area_cm2: float | None
    density_uC_cm2: float | None
    k: float | None
    band: ChargeBand
    net_uC: float
    direct_uA: float
    iron_ug: float
    c_fibres: Band | None
    a_delta: Band | None
    skin: Skin
    minutes: float
    pulses: int
    asleep: float
    assumed: tuple[str, ...]
    sources: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Return the row as plain data, with its sentences."""
        from reflexarc.safety.sentences import sentences

        return {**asdict(self), "sentences": list(sentences(self))}


def assess(experiment: Experiment) -> tuple[StimulusSafety, ...]:
    """Return what is known of the harm that each stimulus of an experiment could do.

    Stimuli that differ only in when they start count once.

    Args:
        experiment: The experiment.

    Returns:
        One row per stimulus, in the order of the arms; none if the experiment has no stimulus.
    """
    found: dict[tuple[str, float], tuple[list[str], Stimulus]] = {}
    for name, arm in experiment.arms.items():
        for stimulus in arm.stimuli:
            key = (_likeness(stimulus), _asleep(arm, stimulus))
            found.setdefault(key, ([], stimulus))[0].append(name)
    return tuple(
        _row(stimulus, tuple(dict.fromkeys(arms)), asleep)
        for (_, asleep), (arms, stimulus) in found.items()
    )


def shannon_k(*, charge: float, area: float) -> float:
    """Return Shannon's k = log10(D · Q).

    Args:
        charge: Q, charge of a phase in µC, above 0.
        area: Area of the electrode in cm²; the charge density D is Q / area.

    Source: Shannon 1992, doi:10.1109/10.126616; fitted to discs on cortex.

    Example:
        >>> round(shannon_k(charge=0.1, area=0.0151), 2)
        -0.18
    """
    return math.log10(charge * charge / area)


def charge_of(needle: Electroacupuncture) -> tuple[float, float]:
    """Return charge (µC) of a phase and area (cm²) of bare metal in the tissue.

    The shaft is a cylinder of 0.16 mm; an insulated needle is bare at its half-round tip only.
    """
    bare = min(quantity(needle.exposed_length, "length"), quantity(needle.depth, "length"))
    tip = math.pi * NEEDLE_MM**2 / 2
    area = tip if needle.insulated else math.pi * NEEDLE_MM * bare
    return _charge(needle), area / 100.0


def iron_ug(charge_uC: float) -> float:
    """Return the most iron that a charge can dissolve, in µg (Faraday's law, Fe to Fe2+).

    Example:
        >>> round(iron_ug(1e6), 1)
        289.4
    """
    return charge_uC * _IRON / (_IRON_CHARGE * _FARADAY)


def _row(stimulus: Stimulus, arms: tuple[str, ...], asleep: float) -> StimulusSafety:
    hours = sum(off - on for on, off in stimulus.windows)
    rates = stimulus.frequency_hz if isinstance(stimulus, Pulses) else 0.0
    rate = sum(hz * share for hz, share in rates) if isinstance(rates, tuple) else rates
    pulses = round(rate * hours * 3600)
    charge, area = 0.0, None
    kind: StimulusKind = "light"
    skin: Skin = "not broken"
    if isinstance(stimulus, Electroacupuncture):
        kind, skin = "needle", "broken by a needle"
        charge, area = charge_of(stimulus)
    elif isinstance(stimulus, NerveStimulation):
        kind, skin = "nerve electrode", "opened by surgery"
        charge = _charge(stimulus)
    elif isinstance(stimulus, Transcutaneous | Auricular):
        kind = "skin electrode"
        charge = _charge(stimulus)
    elif isinstance(stimulus, ManualAcupuncture | NaturalStimulus):
        kind = "touch"
        skin = "broken by a needle" if isinstance(stimulus, ManualAcupuncture) else skin
    elif isinstance(stimulus, Optogenetics) and (
        stimulus.recruitment().region is None or quantity(stimulus.depth, "length") > 0
    ):
        skin = "opened by surgery"
    k = shannon_k(charge=charge, area=area) if area and charge > 0 else None
    monophasic = getattr(stimulus, "waveform", "") == "monophasic"
    net = charge if monophasic else 0.0
    return StimulusSafety(
        stimulus=stimulus.label,
        kind=kind,
        arms=arms,
        charge_uC=charge,
        area_cm2=area,
        density_uC_cm2=charge / area if area else None,
        k=k,
        band=_band(kind, charge, k),
        net_uC=net,
        direct_uA=net * rate,
        iron_ug=iron_ug(net * pulses),
        c_fibres=_most(stimulus, "C"),
        a_delta=_most(stimulus, "AD"),
        skin=skin,
        minutes=60 * hours,
        pulses=pulses,
        asleep=asleep,
        assumed=tuple(_assumed(stimulus)),
        sources=_sources(kind, charge, net, asleep),
    )


def _charge(
    stimulus: Electroacupuncture | NerveStimulation | Transcutaneous | Auricular,
) -> float:
    current = quantity(stimulus.current, "current")
    return current * quantity(stimulus.pulse_width, "pulse width") / 1e3


def _band(kind: str, charge: float, k: float | None) -> ChargeBand:
    if kind in ("light", "touch"):
        return "no charge"
    if charge == 0:
        return "no current"
    if k is None:
        return "area unknown"
    return "at or above" if k >= DAMAGE_K else "near" if k >= NEAR_K else "below"


def _most(stimulus: Stimulus, fibre_class: str) -> Band | None:
    """Return the share of a class that fires, in the tissue where it is largest.

    It counts fibres by reach alone, not by how many a tissue holds, since nobody has looked in
    many; a cut nerve hides pain but is no reason to call a stimulus painless.
    """
    fractions = [r.fraction for r in stimulus.recruitment().reach if r.fibre_class == fibre_class]
    if not fractions:
        return Band() if isinstance(stimulus, Optogenetics) else None
    return max(fractions, key=lambda band: (band.central, band.high))


def _likeness(stimulus: Stimulus) -> str:
    """Return all of a stimulus but when it starts, as text."""
    fields = {key: value for key, value in stimulus.written().items() if key != "at"}
    return f"{type(stimulus).__name__} {fields}"


def _asleep(arm: Arm, stimulus: Stimulus) -> float:
    """Return the share of a stimulus during which the animals breathe isoflurane."""
    every = tuple(window for each in arm.stimuli for window in each.windows)
    sleep = [
        window
        for given in arm.anaesthesia
        if quantity(given.isoflurane, "percentage") > 0
        for window in given.windows(every)
    ]
    whole = covered = 0.0
    for on, off in stimulus.windows:
        whole += off - on
        covered += _overlap((on, off), sleep)
    return round(covered / whole, 6)


def _overlap(window: tuple[float, float], others: Iterable[tuple[float, float]]) -> float:
    """Return how much of a window others cover, each moment once."""
    covered, reached = 0.0, window[0]
    for start, end in sorted(others):
        start, end = max(start, reached), min(end, window[1])
        if end > start:
            covered += end - start
            reached = end
    return covered


def _assumed(stimulus: Stimulus) -> Iterator[str]:
    if isinstance(stimulus, Electroacupuncture):
        yield f"a needle of {NEEDLE_MM:g} mm"
        if stimulus.insulated:
            yield "insulation up to a half-round tip"
        else:
            yield f"{stimulus.exposed_length} of bare shaft (3 mm where the file says nothing)"
        yield "all metal of one needle shares the current evenly"
    if isinstance(stimulus, Transcutaneous | Auricular):
        yield "nothing about the area of the skin electrodes, which experiments don't give"
    if isinstance(stimulus, NerveStimulation):
        yield "nothing about the area of the hook or cuff, which experiments don't give"
    if isinstance(stimulus, Electroacupuncture | NerveStimulation):
        yield (
            "no discharge of a monophasic pulse by the stimulator"
            if stimulus.waveform == "monophasic"
            else "two phases of exactly the same charge"
        )


def _sources(kind: str, charge: float, net: float, asleep: float) -> tuple[str, ...]:
    found = []
    if kind != "light" and charge > 0:
        found += ["shannon1992", "cogan2016"]
        found += ["merrill2005"] + (
            ["hwang2010", "zhang2018", "choi2019"] if kind == "needle" else []
        )
    if kind != "light" and charge > 0:
        found.append("su2013")
    if asleep > 0:
        found.append("granmo2013")
    return tuple(found)
