"""The JSON Schema of experiment files, for editors that complete and check YAML while one writes.

Pydantic knows the shape of a complete experiment; a person may write less (`like`, one mapping in
place of a list, phrases) and gets the words of the tables offered. The schema is a little more
lenient than the reader: it leaves units, aliases and everything about numbers to it.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from reflexarc import atlas
from reflexarc.atlas.natural import region_names, technique_names
from reflexarc.protocol.contact import KINDS, TEMPERATURE
from reflexarc.protocol.infection import CAVITIES
from reflexarc.protocol.modality import NUCLEI
from reflexarc.protocol.treatment import CHALLENGES, FROM_THE_START
from reflexarc.units import quantity_pattern
from reflexarc.vocabulary import agent_names, hypothesis_options, lesion_names, observable_names

__all__ = ["experiment_schema"]

Schema = dict[str, Any]

_STIMULI = {
    "electroacupuncture": "Electroacupuncture",
    "optogenetics": "Optogenetics",
    "nerve stimulation": "NerveStimulation",
    "manual acupuncture": "ManualAcupuncture",
    "natural stimuli": "NaturalStimulus",
    "transcutaneous": "Transcutaneous",
    "auricular": "Auricular",
}
_NONE: Schema = {"enum": ["none", None]}
_TEXT: Schema = {"type": "string"}


def experiment_schema(model: type[BaseModel]) -> Schema:
    """Return the schema of the files that `model` reads.

    Args:
        model: The class of experiments.

    Returns:
        A schema of draft 2020-12, plain data.
    """
    schema = model.model_json_schema(by_alias=True, mode="validation")
    parts: Schema = schema["$defs"]
    sites = [site.code for site in atlas.sites() if not site.refused]
    for name in _STIMULI.values():
        parts[name].pop("required", None)
    _words(parts["Electroacupuncture"], "site", sites)
    _words(parts["Optogenetics"], "site", [*NUCLEI, *sites])
    _words(parts["Optogenetics"], "opsin", [opsin.name for opsin in atlas.opsins()])
    _words(parts["NerveStimulation"], "nerve", atlas.trunk_names())
    for name in ("ManualAcupuncture", "Transcutaneous"):
        _words(parts[name], "site", sites)
    _words(parts["ManualAcupuncture"], "technique", technique_names())
    _kinds(parts["NaturalStimulus"])
    _agents(parts["Dose"], agent_names())
    _agents(parts["Challenge"], CHALLENGES)
    _words(parts["Lesion"], "name", lesion_names())
    parts["Lesion"]["properties"]["at"] = {
        "anyOf": [quantity_pattern("time"), {"const": FROM_THE_START}]
    }
    _words(parts["Measurement"], "observable", observable_names())
    parts["Measurement"]["required"] = ["observable", "at"]
    parts["Measurement"]["properties"]["at"] = _one_or_more(quantity_pattern("time"))
    parts["Anaesthesia"].pop("required", None)
    _words(parts["Comparison"], "test", ["welch", "dunnett"])

    arm = parts["Arm"]["properties"]
    arm["like"] = {**_TEXT, "description": "the arm whose settings this one shares"}
    for key, name in _STIMULI.items():
        arm[key] = _one_or_more(_ref(name), _NONE)
    arm["doses"] = _one_or_more(_ref("Dose"), _bacteria(), _NONE)
    arm["lesions"] = _one_or_more(_choice(lesion_names()), _ref("Lesion"), _NONE)
    for properties in (arm, schema["properties"]):
        properties["anaesthesia"] = _one_or_more(
            {"enum": ["awake", "isoflurane during stimulation"]}, _ref("Anaesthesia"), _NONE
        )
        properties["challenge"] = {"anyOf": [_ref("Challenge"), _infection(parts), _NONE]}
        properties["hypotheses"] = {"anyOf": [_hypotheses(), _NONE]}
    schema["properties"]["arms"]["additionalProperties"] = {
        "anyOf": [_ref("Arm"), {"type": "null"}]
    }
    schema["properties"]["sources"] = _one_or_more(_TEXT)
    schema["properties"]["measure"]["items"] = {
        "anyOf": [
            {
                "type": "string",
                "pattern": r"^\s*(survival for .+|.+ at .*\d.*|[-+]?[\d.]+ *[a-z]*)$",
                "examples": [
                    *(f"{name} at 90 min" for name in observable_names()),
                    "survival for 7 d",
                ],
            },
            {"type": "number", "description": "a time of the measurement before"},
            _ref("Measurement"),
            _ref("Survival"),
        ]
    }
    del parts["Dose"]["required"], parts["Challenge"]["required"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_plain(schema)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _bacteria() -> Schema:
    """An inoculum: the count is the value of its key."""
    return {
        "type": "object",
        "properties": {
            "E. coli": {**_TEXT, "examples": ["1e8 CFU"]},
            "route": {"enum": list(CAVITIES)},
            "at": quantity_pattern("time"),
        },
        "additionalProperties": False,
    }


def _infection(parts: Schema) -> Schema:
    """A punctured caecum or an inoculum; each is the value of its key."""
    puncture = {k: v for k, v in parts["CaecalPuncture"]["properties"].items() if k != "at"}
    operation = {"type": "object", "properties": puncture, "additionalProperties": False}
    inoculum = _bacteria()
    return {**inoculum, "properties": {"CLP": operation, **inoculum["properties"]}}


def _choice(words: Iterable[str]) -> Schema:
    """Offer words, and allow others: aliases, and any case."""
    return {"anyOf": [{"enum": list(words)}, _TEXT]}


def _one_or_more(*items: Schema) -> Schema:
    return {"anyOf": [*items, {"type": "array", "items": {"anyOf": list(items)}}]}


def _words(part: Schema, field: str, words: Iterable[str]) -> None:
    known = part["properties"][field]
    part["properties"][field] = {
        **_choice(words),
        **{k: known[k] for k in ("default",) if k in known},
    }


def _agents(part: Schema, names: Iterable[str]) -> None:
    """The agent is the key of its dose."""
    properties: Schema = part["properties"]
    for key in ("agent", "dose"):
        properties.pop(key)
    part["properties"] = {**{name: quantity_pattern("dose") for name in names}, **properties}
    part["additionalProperties"] = quantity_pattern("dose")


def _kinds(part: Schema) -> None:
    """The kind is the key: of the region, or for heat and cold of the temperature."""
    _words(part, "region", region_names())
    properties: Schema = part["properties"]
    region = properties["region"]
    warmth = {**TEMPERATURE, "description": "temperature of the probe"}
    part["properties"] = {
        **{kind: warmth if kind in ("heat", "cold") else region for kind in KINDS},
        **properties,
    }


def _hypotheses() -> Schema:
    options = hypothesis_options()
    return {
        "type": "object",
        "properties": {name: _choice(choices) for name, choices in options.items()},
    }


def _plain(value: Any) -> Any:
    """Remove the titles and the docstrings' sections, which say nothing to an editor."""
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            if key == "title" and isinstance(inner, str):
                continue
            if key == "description" and isinstance(inner, str):
                inner = inner.split("\n\n")[0].replace("\n", " ")
            kept[key] = _plain(inner)
        return kept
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
