"""One self-contained page about a run: what was done, what came out, how far to trust it."""

import math
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reflexarc.biology.tables import CELSIUS, full_name
from reflexarc.limits import ANIMALS, is_beyond_people, limits
from reflexarc.plan import KEY
from reflexarc.statistics import records

if TYPE_CHECKING:
    from reflexarc.laboratory import Result

__all__ = ["effect", "number", "p_value", "render"]

Rows = list[dict[str, Any]]


def render(result: "Result", *, figures: Mapping[str, str]) -> str:
    """Return the report as one HTML page that needs nothing else.

    Args:
        result: The run.
        figures: SVG text of each picture, by its name.
    """
    import jinja2

    from reflexarc.citations import cite_experiment, given_sources
    from reflexarc.figures import clock
    from reflexarc.relevance import claims_of, contradictions_of, findings_of
    from reflexarc.safety import CLOSING, assess, fragment

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "effect": effect, "p": p_value, "clock": clock}
    environment.undefined = jinja2.StrictUndefined
    template = environment.from_string(
        files("reflexarc").joinpath("report.html.j2").read_text(encoding="utf-8")
    )
    pictures: dict[str, list[dict[str, str]]] = {}
    for picture in result.pictures:
        drawn = {"svg": figures[picture.name], "caption": picture.caption}
        pictures.setdefault(picture.group, []).append(drawn)
    parameters = _model_parameters()
    return template.render(
        title=result.experiment.title,
        about=result.experiment.about,
        limits=limits(result.experiment),
        glance=_glance(result),
        degrees=CELSIUS in set(result.measurements["unit"]),
        checklist=list(_checklist(result)),
        arms=_arms(result),
        legend=_legend(result),
        pictures=pictures,
        comparisons=records(result.statistics),
        groups=records(result.groups),
        survival=[] if result.survival is None else records(result.survival),
        until=result.experiment.survival.hours if result.experiment.survival else 0.0,
        control=result.control,
        band=records(result.band),
        own=findings_of(result.experiment),
        claims=claims_of(result.experiment),
        contradictions=contradictions_of(result.experiment),
        safety=fragment(assess(result.experiment)),
        parameters=parameters,
        counts={
            status: sum(p.status == status for p in parameters)
            for status in ("measured", "fitted", "definition", "assumed")
        },
        given_sources=given_sources(result.experiment),
        citations=cite_experiment(result.experiment),
        provenance=result.provenance,
        closing=CLOSING,
    )


def number(value: float | None) -> str:
    """Return a number with three digits, as people read it; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    size = abs(value)
    if size and (size >= 1e6 or size < 1e-3):
        mantissa, exponent = f"{value:.2e}".replace("-", "−", 1 if value < 0 else 0).split("e")
        return f"{mantissa} × 10{_superscript(int(exponent))}"
    if size >= 100:
        return f"{value:,.0f}".replace(",", "\u2009").replace("-", "−")
    return f"{value:#.3g}".rstrip(".").replace("-", "−")


def effect(row: Mapping[str, Any]) -> str:
    """Return what an arm does to a measurement: a ratio, or of degrees a difference."""
    difference = row["difference"]
    if math.isnan(difference):
        return "–" if math.isnan(row["ratio"]) else f"× {number(row['ratio'])}"
    return f"{'+' if difference > 0 else ''}{number(difference)} {CELSIUS}"


def p_value(value: float | None, *, none: str = "–") -> str:
    """Return a p value as papers print it; a dash, or what `none` says, if there is none."""
    if value is None or math.isnan(value):
        return none
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _superscript(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _glance(result: "Result") -> dict[str, Any]:
    """Return a table of arms against measurements: the control's level, and ratios to it."""
    from reflexarc.figures import clock

    levels, ratios = records(result.groups), records(result.statistics)
    columns = list(dict.fromkeys(tuple(row[k] for k in KEY) for row in levels))
    alive = {}
    if result.survival is not None:
        alive = {
            row["arm"]: f"{row['n'] - row['deaths']} of {row['n']}"
            for row in records(result.survival)
        }
    rows = []
    for arm in result.arms:
        cells = []
        for column in columns:
            level = _one(levels, column, arm)
            ratio = _one(ratios, column, arm)
            if result.is_gone(arm, column):
                cells.append(_cell(f"not there: {column[1]} removed"))
            elif ratio is None:
                cells.append(_cell(_level(level, column)))
            else:
                told = effect(ratio)
                told = _level(level, column) if told == "–" else told
                cells.append(_cell(told, _size(ratio), ratio["p_adjusted"]))
        rows.append({"arm": arm, "cells": cells, "alive": alive.get(arm, "")})
    heads = [f"{full_name(name, where)}, {clock(time)}" for name, where, time, _ in columns]
    return {"heads": heads, "rows": rows, "alive": bool(alive)}


def _level(level: dict[str, Any] | None, column: tuple[Any, ...]) -> str:
    """Return the middle of an arm with its unit, a dash if nothing was measured."""
    if level is None or not level["n"]:
        return "–"
    return f"{number(level['mean' if column[3] == CELSIUS else 'geometric_mean'])} {column[3]}"


def _one(rows: Rows, column: tuple[Any, ...], arm: str) -> dict[str, Any] | None:
    """Return the row of an arm and a measurement, or None."""
    wanted = (arm, *column)
    return next((row for row in rows if tuple(row[k] for k in ("arm", *KEY)) == wanted), None)


def _size(row: Mapping[str, Any]) -> float:
    """Return how large an effect is: 1 for four times as much or for four degrees more."""
    if not math.isnan(row["difference"]):
        return float(row["difference"] / 4)
    return math.log(row["ratio"]) / math.log(4) if row["ratio"] > 0 else math.nan


def _cell(words: str, size: float = math.nan, p: float = math.nan) -> dict[str, Any]:
    """Return a cell: stars for p, and a tint by the size and direction of a clear effect."""
    stars = "***" if p < 0.001 else "**" if p < 0.01 else "*" if p < 0.05 else ""
    tinted = stars and not math.isnan(size)
    return {
        "words": words,
        "stars": stars,
        "tint": f"{0.08 + 0.3 * min(1.0, abs(size)):.2f}" if tinted else "",
        "way": "down" if size < 0 else "up",
    }


def _checklist(result: "Result") -> Iterator[tuple[str, str]]:
    """Yield what ARRIVE and STRICTA ask for and this run can answer."""
    experiment = result.experiment
    n = int(result.trajectories.sizes["animal"])
    traits = len(result.provenance["traits"])
    animals = ANIMALS[experiment.animals.species]
    yield "Animals", f"virtual {animals}, {n} in each of {len(result.arms)} arms"
    yield (
        "Differences between animals",
        f"{traits} parameters vary, lognormal" if traits else "none: the assay's error only",
    )
    yield (
        "Allocation",
        "the same animals stand in every arm (common random numbers); tests take the arms as"
        " independent groups, as a paper would",
    )
    yield "Blinding", "does not apply: every arm is computed alike"
    yield "Challenge", experiment.challenge.label if experiment.challenge else "none"
    yield "Anaesthesia", _anaesthesia(experiment.anaesthesia)
    yield "Outcomes", "; ".join(item.phrase for item in experiment.measure)
    yield (
        "Measurement error",
        "each sample and each plate (five animals of every arm) has a lognormal error; values at"
        " or below the detection limit count as the limit; without values above it, no ratio",
    )
    yield "Exclusions", "none; an animal that died before a sample gives none"
    test = experiment.compare.test if experiment.compare else ""
    yield (
        "Statistics",
        {
            "welch": f"against {result.control}: Welch's t on logarithms, Holm over arms",
            "dunnett": f"against {result.control}: ANOVA and Dunnett on logarithms",
        }.get(test, "arms are described, not compared")
        + ("; survival by log-rank, Holm over arms" if experiment.survival and test else ""),
    )
    yield (
        "Needling rationale, practitioner, setting (STRICTA 1, 5)",
        "do not apply to a simulation; needles, current and timing stand in the table of arms",
    )


def _anaesthesia(given: Any) -> str:
    words = []
    for item in given:
        when = "during stimulation" if item.during else f"from {item.at} for {item.duration}"
        words.append(f"isoflurane {item.isoflurane} {when}")
    return "; ".join(words) or "awake"


def _arms(result: "Result") -> list[dict[str, str]]:
    return [
        {
            "arm": name,
            "stimulus": "; ".join(_stimulus(s) for s in arm.stimuli) or "none",
            "doses": "; ".join(
                _dose(d, beyond=is_beyond_people(result.experiment.animals.species, d))
                for d in arm.given
            )
            or "none",
            "lesions": "; ".join(
                f"{x.name} ({x.at})" if x.at else f"{x.name} (from the start)" for x in arm.lesions
            )
            or "none",
            "anaesthesia": _anaesthesia(arm.anaesthesia),
        }
        for name, arm in result.experiment.arms.items()
    ]


def _stimulus(stimulus: Any) -> str:
    fields = stimulus.written()
    hidden = {"insulated": False, "repeat": None, "direction": "both"}
    words = []
    for key, value in fields.items():
        if value is None or (key in hidden and value == hidden[key]):
            continue
        if isinstance(value, Mapping):
            value = ", ".join(f"{k} {v}" for k, v in value.items())
        bare = key in ("site", "nerve", "side", "configuration", "waveform", "current", "opsin")
        words.append(f"{value}" if bare else f"{key} {value}")
    return ", ".join(words)


def _dose(dose: Any, *, beyond: bool) -> str:
    lasting = f" over {dose.duration}" if dose.duration else ""
    return f"{dose.label} at {dose.at}{lasting}{' (more than people were given)' * beyond}"


def _legend(result: "Result") -> list[dict[str, str]]:
    from reflexarc.drawing import arm_looks

    looks = arm_looks(result.arms, control=result.control)
    return [
        {
            "arm": arm,
            "colour": colour,
            "dash": "" if dash == "-" else " ".join(f"{1.7 * x:g}" for x in dash[1]),
        }
        for arm, (colour, dash, _) in looks.items()
    ]


def _model_parameters() -> list[Any]:
    from reflexarc.biology import assemble

    return list(assemble().parameters)
