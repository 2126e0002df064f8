"""One self-contained page about a run: what was done, what came out, how far to trust it."""

import math
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reflexarc.biology import is_supported
from reflexarc.biology.species import MOUSE
from reflexarc.plan import KEY
from reflexarc.statistics import records

if TYPE_CHECKING:
    from reflexarc.laboratory import Result
    from reflexarc.protocol import Arm, Experiment

__all__ = ["limits", "number", "p_value", "render"]

Rows = list[dict[str, Any]]

LIMITS = (
    "LPS endotoxaemia is not human sepsis: a bolus of endotoxin in healthy young mice.",
    "A model on mouse data. Not medical advice.",
)


def limits(experiment: "Experiment") -> tuple[str, ...]:
    """Return what a reader of any result of an experiment must know, in sentences.

    Args:
        experiment: What was run; of another species than the mouse, what is measured without a
            datum of that species is named.
    """
    species = experiment.animals.species
    unsupported = dict.fromkeys(
        item.observable
        for item in experiment.measurements
        if not is_supported(species, item.observable)
    )
    if species == MOUSE:
        return LIMITS
    stimuli = any(arm.stimuli for arm in experiment.arms.values())
    named = [
        *unsupported,
        *(["survival"] if experiment.survival is not None else []),
        *(["every effect of a stimulus"] if stimuli else []),
    ]
    return (
        *LIMITS,
        f"The {species} is the mouse's structure with some numbers replaced"
        + (
            f"; extrapolated from the mouse, without a datum: {', '.join(named)}." if named else "."
        ),
    )


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
    environment.filters |= {"number": number, "p": p_value, "clock": clock}
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
            if ratio is None:
                cells.append(
                    _cell(f"{number(level['geometric_mean'])} {column[3]}" if level else "–")
                )
            else:
                times = "" if math.isnan(ratio["ratio"]) else "× "
                cells.append(
                    _cell(times + number(ratio["ratio"]), ratio["ratio"], ratio["p_adjusted"])
                )
        rows.append({"arm": arm, "cells": cells, "alive": alive.get(arm, "")})
    heads = [f"{name}, {clock(time)}" for name, _, time, _ in columns]
    return {"heads": heads, "rows": rows, "alive": bool(alive)}


def _one(rows: Rows, column: tuple[Any, ...], arm: str) -> dict[str, Any] | None:
    """Return the row of an arm and a measurement, or None."""
    wanted = (arm, *column)
    return next((row for row in rows if tuple(row[k] for k in ("arm", *KEY)) == wanted), None)


def _cell(words: str, ratio: float = math.nan, p: float = math.nan) -> dict[str, Any]:
    """Return a cell: stars for p, and a tint by the size and direction of a clear effect."""
    stars = "***" if p < 0.001 else "**" if p < 0.01 else "*" if p < 0.05 else ""
    tint = min(1.0, abs(math.log(ratio)) / math.log(4)) if stars and ratio > 0 else 0.0
    return {
        "words": words,
        "stars": stars,
        "tint": f"{0.08 + 0.3 * tint:.2f}" if stars and ratio > 0 else "",
        "way": "down" if ratio < 1 else "up",
    }


def _checklist(result: "Result") -> Iterator[tuple[str, str]]:
    """Yield what ARRIVE and STRICTA ask for and this run can answer."""
    experiment = result.experiment
    n = int(result.trajectories.sizes["animal"])
    traits = len(result.provenance["traits"])
    yield "Animals", f"virtual mice, {n} in each of {len(result.arms)} arms"
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
            "doses": "; ".join(_dose(d) for d in _given(arm)) or "none",
            "lesions": "; ".join(
                f"{x.name} ({x.at})" if x.at else f"{x.name} (from the start)" for x in arm.lesions
            )
            or "none",
            "anaesthesia": _anaesthesia(arm.anaesthesia),
        }
        for name, arm in result.experiment.arms.items()
    ]


def _given(arm: "Arm") -> tuple[Any, ...]:
    return (*((arm.challenge,) if arm.challenge else ()), *arm.doses)


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


def _dose(dose: Any) -> str:
    lasting = f" over {dose.duration}" if dose.duration else ""
    return f"{dose.label} at {dose.at}{lasting}"


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
