"""From recruitment to the inputs of the model."""

from collections.abc import Sequence

from reflexarc.atlas import CLASSES, REGIONS
from reflexarc.atlas.reach import BandName, Recruitment
from reflexarc.errors import InputError, unknown_word

__all__ = ["BRAIN_DRIVES", "DRIVES", "model_inputs"]

DRIVES = (
    "drive_vagus_efferent",
    "drive_vagus_afferent",
    "drive_splanchnic",
    "drive_splenic",
    "drive_auricular",
)
HEAD = "head"
SIDES = ("left", "right")
NATURAL = ("AB", "AD", "C")
"""Classes of which the model asks how much of their discharge comes from skin."""
BRAIN_DRIVES = {"DMV": "drive_DMV", "cNST": "drive_cNST"}


def model_inputs(
    recruitments: Sequence[Recruitment], *, band: BandName = "central"
) -> dict[str, float]:
    """Return the model's inputs while some stimuli are on together.

    Two stimuli in one region share the larger pulse rate; what the slower one recruits counts in
    proportion to its rate. Drives of one nerve add up to 1 at most.

    Args:
        recruitments: The stimuli that are on; none gives all inputs at rest.
        band: Which of the three values to take.

    Returns:
        Every input that a stimulus can set, by its name in the model, 0 where nothing acts.

    Example:
        >>> set(model_inputs([]).values())
        {0.0}
    """
    if band not in ("low", "central", "high"):
        raise InputError(unknown_word("band", band, ("low", "central", "high")), field="band")
    inputs = {
        f"recruited_{fibre_class}_{region}": 0.0 for fibre_class in CLASSES for region in REGIONS
    }
    inputs |= {f"pulse_rate_{region}": 0.0 for region in REGIONS}
    inputs |= {
        f"discharge_{fibre_class}_{region}": 0.0
        for region in (*REGIONS, HEAD)
        for fibre_class in CLASSES
        if (fibre_class, region) != ("PROKR2", HEAD)
    }
    inputs |= {f"touch_hind_{side}": 0.0 for side in SIDES}
    inputs |= {f"skin_{name}_hind_{side}": 0.0 for name in NATURAL for side in SIDES}
    inputs |= dict.fromkeys((*DRIVES, *BRAIN_DRIVES.values()), 0.0)
    for region in REGIONS:
        here = [r for r in recruitments if r.region == region]
        fastest = max((r.pulse_rate_hz for r in here), default=0.0)
        inputs[f"pulse_rate_{region}"] = fastest
        for r in here:
            for fibre_class, value in r.classes.items():
                share = value.at(band) * r.pulse_rate_hz / fastest
                inputs[f"recruited_{fibre_class}_{region}"] += share
    for r in recruitments:
        for fibre_class, value in r.discharge.items():
            name = f"discharge_{fibre_class}_{r.region}"
            if name in inputs:
                inputs[name] += value.at(band)
        if r.region == "hind":
            for side in SIDES:
                inputs[f"touch_hind_{side}"] += r.touch_on(side).at(band)
            for side, skin in r.skin.items():
                for fibre_class in NATURAL:
                    inputs[f"skin_{fibre_class}_hind_{side}"] += skin[fibre_class].at(band)
        for drive, value in r.drives.items():
            inputs[drive] = min(1.0, inputs[drive] + value.at(band))
    return inputs
