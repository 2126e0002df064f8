"""What is known of harm, for the page: bands of charge, side effects in people, who must not."""

from typing import Any

from reflexarc.evidence_site.ledgers import rules_by_topic
from reflexarc.safety.questions import load_screen
from reflexarc.safety.rates import OUT_OF, Count, Effect, load_effects
from reflexarc.safety.sentences import LIMITS_OF_K, LIMITS_OF_PAIN
from reflexarc.safety.stimulus import DAMAGE_K, NEAR_K, NEEDLE_MM

__all__ = ["safety_data"]

BARE_MM = 3.0
"""Bare shaft of a needle in mm where a scenario says nothing: as `Electroacupuncture` assumes."""


def safety_data() -> dict[str, Any]:
    """Return the safety data as plain data.

    Returns:
        `limits` holds the constants of the charge check; `effects` the side effects as counts out
        of `out_of`; `rules` who must not, or must ask first, by topic, for needles with and without
        current; `caveats` what charge and fibres can't say.
    """
    return {
        "out_of": OUT_OF,
        "limits": {
            "damage_k": DAMAGE_K,
            "near_k": NEAR_K,
            "needle_mm": NEEDLE_MM,
            "bare_mm": BARE_MM,
            "sources": ["shannon1992", "cogan2016", "merrill2005"],
        },
        "caveats": {"charge": LIMITS_OF_K, "pain": LIMITS_OF_PAIN},
        "effects": [_effect(effect) for effect in load_effects()],
        "rules": [
            {
                "topic": topic,
                "rules": [
                    {
                        "modality": rule.modality,
                        "grade": rule.grade,
                        "says": rule.says,
                        "basis": rule.ground,
                        "sources": list(rule.sources),
                        "trust": rule.trust,
                        "urgent": rule.urgent,
                    }
                    for rule in rules
                ],
            }
            for topic, rules in rules_by_topic(load_screen().rules).items()
        ],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "id": effect.id,
        "name": effect.name,
        "group": effect.group,
        "lay": effect.lay,
        "unknown": effect.unknown or "",
        "headline": _count(effect.headline) if effect.headline else None,
        "rates": [_count(count) for count in effect.rates],
        "reports": [{"text": r.text, "source": r.source} for r in effect.reports],
        "sources": list(effect.sources),
    }


def _count(count: Count) -> dict[str, Any]:
    return {
        "what": count.what,
        "per": count.per,
        "people": count.people or "",
        "rate": float(f"{count.per_10_000:.6g}"),
        "bounds": [float(f"{end:.4g}") for end in count.bounds] if count.bounds else None,
        "exact": count.exact,
        "source": count.source,
        "trust": count.trust,
        "severe": count.severe,
        "note": count.note,
    }
