"""Every site of the atlas for the page: where it lies, what lies under it, what is known."""

from dataclasses import asdict
from typing import Any

from reflexarc import atlas

__all__ = ["sites_data"]


def sites_data() -> list[dict[str, Any]]:
    """Return every site with its tissues; a grade of None is an innervation nobody looked at."""
    return [
        {**asdict(place), "tissues": [_tissue(t) for t in _tissues(place)]}
        for place in atlas.sites()
    ]


def _tissues(place: atlas.Site) -> tuple[atlas.Tissue, ...]:
    return () if place.refused else atlas.tissues(place.code)


def _tissue(tissue: atlas.Tissue) -> dict[str, Any]:
    return {
        "kind": tissue.kind,
        "from_mm": tissue.from_mm,
        "to_mm": tissue.to_mm,
        "nerve": tissue.nerve,
        "source": tissue.source,
        "note": tissue.note,
        "innervation": {
            fibres.id: asdict(atlas.innervation(tissue, fibres.id))
            for fibres in atlas.fibre_classes()
        },
    }
