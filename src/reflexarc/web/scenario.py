"""An arm of an experiment as a scenario of the page: plain data, times in h, omitted = default.

What the page has no control for is not bent until it fits: `scenario_of` says why it can't.
"""

from collections.abc import Mapping
from typing import Any

from reflexarc.protocol import Arm, Electroacupuncture, NerveStimulation, Optogenetics
from reflexarc.protocol.infection import AnyChallenge, AnyDose, CaecalPuncture
from reflexarc.protocol.stimulus import Stimulus
from reflexarc.protocol.treatment import Anaesthesia, Dose
from reflexarc.units import quantity
from reflexarc.vocabulary import hypothesis_options

__all__ = ["CannotShow", "scenario_of"]


class CannotShow(Exception):
    """The page has no control for something in an arm; the message names it."""


def scenario_of(arm: Arm, *, hours: float) -> dict[str, Any]:
    """Return what the page needs to run an arm.

    Args:
        arm: The arm.
        hours: How long after time 0 the page simulates.

    Returns:
        A scenario; `lesions` are as long before the start as the page assumes them to be.

    Raises:
        CannotShow: The page can't express it; the message is a clause for the reader.
    """
    challenge = _challenge(arm.challenge)
    stimulus = _stimulus(arm.stimuli)
    starts = [part["at"] for part in (challenge, stimulus) if part]
    return {
        "challenge": challenge,
        "stimulus": stimulus,
        "lesions": _lesions(arm, min(starts, default=0.0)),
        "doses": [_dose(dose) for dose in arm.doses],
        "anaesthesia": _anaesthesia(arm.anaesthesia, arm.stimuli),
        "hypotheses": _hypotheses(arm.hypotheses),
        "hours": hours,
    }


def _challenge(challenge: AnyChallenge | None) -> dict[str, Any] | None:
    if challenge is None:
        return None
    if isinstance(challenge, CaecalPuncture):
        return {
            "kind": "CLP",
            "ligation": challenge.ligation,
            "needle": challenge.needle,
            "punctures": challenge.punctures,
            "at": _rounded(challenge.times[0]),
        }
    if not isinstance(challenge, Dose):
        raise CannotShow("bacteria are injected into it")
    return _dose(challenge)


def _dose(dose: AnyDose) -> dict[str, Any]:
    if not isinstance(dose, Dose):
        raise CannotShow("bacteria are injected into it")
    if dose.duration is not None:
        raise CannotShow(f"{dose.agent} is infused over time")
    if len(dose.times) > 1:
        raise CannotShow(f"{dose.agent} is given more than once")
    return {
        "agent": dose.agent,
        "dose": _rounded(quantity(dose.dose, dose.kind)),
        "unit": dose.row.unit,
        "route": dose.route,
        "at": _rounded(dose.times[0]),
    }


def _stimulus(stimuli: tuple[Stimulus, ...]) -> dict[str, Any] | None:
    if not stimuli:
        return None
    if len(stimuli) > 1:
        raise CannotShow("it has more than one stimulus")
    (one,) = stimuli
    if not isinstance(one, Electroacupuncture | NerveStimulation | Optogenetics):
        raise CannotShow("it is stimulated by hand, through the skin or by nature")
    if len(one.windows) > 1:
        raise CannotShow("its stimulus comes more than once")
    if one.frequency is None:
        raise CannotShow("its frequency alternates")
    ((on, off),) = one.windows
    when = {"frequency": one.frequency_hz, "at": _rounded(on), "duration": _rounded(off - on)}
    if isinstance(one, Electroacupuncture):
        usual = Electroacupuncture.model_validate(
            {k: v for k, v in one.written().items() if k not in _FREE}
        )
        if one.written() != usual.written() | {k: one.written()[k] for k in _KEPT}:
            raise CannotShow("its needle is insulated, bare over another length, or biphasic")
        return {
            "mode": "electroacupuncture",
            "site": one.site,
            "side": one.side,
            "current": _rounded(quantity(one.current, "current")),
            "width": _rounded(quantity(one.pulse_width, "pulse width")),
            "configuration": one.configuration,
            "depth": _rounded(quantity(one.depth, "length")),
            **when,
        }
    if isinstance(one, NerveStimulation):
        if one.direction != "both" or one.waveform != "monophasic":
            raise CannotShow("its electrode drives one direction only, or is biphasic")
        return {
            "mode": "nerve",
            "nerve": one.nerve,
            "side": one.side,
            "current": _rounded(quantity(one.current, "current")),
            "width": _rounded(quantity(one.pulse_width, "pulse width")),
            **when,
        }
    raise CannotShow("it is stimulated by light")


_KEPT = ("side", "configuration", "depth")
"""What the page lets one choose of a needle besides its current and times."""
_FREE = (*_KEPT, "exposed length", "insulated", "waveform")
"""What is left out to see what a needle has when nothing is said."""


def _lesions(arm: Arm, start: float) -> list[str]:
    for lesion in arm.lesions:
        if lesion.time is not None and lesion.time > start:
            raise CannotShow(f"{lesion.name} happens during the experiment")
    return [lesion.name for lesion in arm.lesions]


def _anaesthesia(
    given: tuple[Anaesthesia, ...], stimuli: tuple[Stimulus, ...]
) -> dict[str, Any] | None:
    if not given:
        return None
    windows = given[0].windows(tuple(w for s in stimuli for w in s.windows))
    if len(given) > 1 or len(windows) != 1:
        raise CannotShow("isoflurane is given more than once")
    ((on, off),) = windows
    return {
        "isoflurane": _rounded(quantity(given[0].isoflurane, "percentage")),
        "at": _rounded(on),
        "duration": _rounded(off - on),
    }


def _hypotheses(chosen: Mapping[str, str]) -> dict[str, str]:
    usual = {name: options[0] for name, options in hypothesis_options().items()}
    return {name: option for name, option in chosen.items() if usual.get(name) != option}


def _rounded(value: float) -> float:
    return float(f"{value:.9g}")
