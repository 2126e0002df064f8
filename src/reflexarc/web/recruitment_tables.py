"""What `engine/recruitment.js` needs of the atlas: thresholds, fibres, tissues, nerves, opsins."""

from itertools import product
from typing import Any, get_args

import numpy as np

from reflexarc import atlas
from reflexarc.atlas.field import DISC_MM, diameter_nodes
from reflexarc.atlas.inputs import BRAIN_DRIVES, DRIVES
from reflexarc.atlas.light import LIGHT_PER_MM
from reflexarc.atlas.pulses import FULL_DRIVE_HZ, MAX_FREQUENCY_HZ
from reflexarc.atlas.thresholds import (
    MAX_CURRENT_MA,
    NEEDLE_MM,
    SEAM_UM,
    Contact,
    factor_cells,
    pulse_widths,
    threshold_grid,
)

__all__ = ["recruitment_data"]

CASES = ("needle pair", "pair along fibre", "biphasic", "biphasic with gap", "anodic")


def recruitment_data() -> dict[str, Any]:
    """Return the tables as plain data; thresholds in mA, lengths in mm, diameters in um."""
    return {
        "limits": {
            "current_mA": MAX_CURRENT_MA,
            "frequency_Hz": MAX_FREQUENCY_HZ,
            "full_drive_Hz": FULL_DRIVE_HZ,
            "widths_us": {contact: pulse_widths(contact) for contact in get_args(Contact)},
        },
        "needle_mm": NEEDLE_MM,
        "seam_um": SEAM_UM,
        "disc_mm": DISC_MM,
        "light_per_mm": LIGHT_PER_MM,
        "grids": {
            f"{contact}|{block}|{'near' if near else 'far'}": _grid(contact, block, near=near)
            for contact, block in product(get_args(Contact), ("PENA", "MRG", "SUNDT"))
            for near in ((False, True) if block == "PENA" and contact != "needle" else (False,))
        },
        "factors": {
            f"{case}|{'unmyelinated' if bare else 'myelinated'}": [
                [diameter, width, _digits(np.exp(r)), _digits(np.exp(f))]
                for (diameter, width), (r, f) in sorted(factor_cells(case, bare).items())
            ]
            for case, bare in product(CASES, (False, True))
        },
        "classes": [
            {
                "id": fibres.id,
                "name": fibres.name,
                "myelinated": fibres.population.myelinated,
                "diameters": list(diameter_nodes(fibres.population)),
                "factor": fibres.threshold_factor,
            }
            for fibres in atlas.fibre_classes()
        ],
        "trunks": {
            name: [
                {
                    "fibres": fibres.fibres,
                    "drives": fibres.drives,
                    "share": fibres.share,
                    "myelinated": fibres.population.myelinated,
                    "diameters": list(diameter_nodes(fibres.population)),
                    "near_mm": fibres.near_mm,
                    "far_mm": fibres.far_mm,
                    "factor": fibres.threshold_factor,
                }
                for fibres in atlas.trunk(name)
            ]
            for name in atlas.trunk_names()
        },
        "opsins": {opsin.name: vars_of(opsin) for opsin in atlas.opsins()},
        "sites": {place.code: _site(place) for place in atlas.sites() if not place.refused},
        "regions": list(atlas.REGIONS),
        "drives": list(DRIVES),
        "brain": dict(BRAIN_DRIVES),
    }


def vars_of(opsin: atlas.Opsin) -> dict[str, float]:
    """Return the numbers of an opsin."""
    return {"half": opsin.half_mW_mm2, "hill": opsin.hill, "spread": opsin.spread}


def _site(place: atlas.Site) -> dict[str, Any]:
    return {
        "region": place.region,
        "midline": place.midline,
        "depth": place.depth_mm,
        "tissues": [
            {
                "kind": tissue.kind,
                "from": tissue.from_mm,
                "to": tissue.to_mm,
                "nerve": tissue.nerve,
                "chain": list(atlas.nerve_chain(tissue.nerve)),
                "grades": {
                    fibres.id: atlas.innervation(tissue, fibres.id).grade
                    for fibres in atlas.fibre_classes()
                },
            }
            for tissue in atlas.tissues(place.code)
        ],
    }


def _grid(contact: Contact, block: str, *, near: bool) -> dict[str, Any]:
    grid = threshold_grid(contact, block, near)
    return {
        "diameters": grid.diameters.tolist(),
        "distances": grid.distances.tolist(),
        "widths": grid.widths.tolist(),
        "thresholds": _digits(np.exp(grid.log_threshold).ravel()),
    }


def _digits(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """The numbers as they stand in the tables, without the noise of a logarithm and back."""
    return [float(f"{value:.10g}") for value in values]
