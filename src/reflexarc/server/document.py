"""The OpenAPI document: what FastAPI knows of the interface, and what it can't know."""

from typing import Any

from reflexarc.protocol import Experiment
from reflexarc.server.answers import JOB, Problem
from reflexarc.server.asked import JSON_TYPE, YAML_TYPES

__all__ = ["BODY", "EVENT", "completed", "errors"]

Schema = dict[str, Any]

EXAMPLE = """title: Leg or belly
challenge: {LPS: 5 mg/kg, route: i.p., at: 0 h}
anaesthesia: isoflurane during stimulation
animals: {species: mouse, per arm: 10}
arms:
  sham:
    electroacupuncture: {site: ST36, current: 0 mA, pulse width: 50 us, frequency: 10 Hz,
                         duration: 15 min, at: -15 min}
  leg: {like: sham, electroacupuncture: {current: 0.5 mA}}
  belly: {like: leg, electroacupuncture: {site: ST25}}
measure: [TNF in plasma at 90 min]
compare: {to: sham}
"""
SMALL: Schema = {
    "title": "LPS",
    "challenge": {"LPS": "4 mg/kg"},
    "animals": {"per arm": 5},
    "arms": {"LPS": {}},
    "measure": ["TNF at 90 min", "survival for 7 d"],
}
REASONS = {
    400: "The request can't be read.",
    401: "The token is missing or wrong.",
    403: "Another site's page asked for it.",
    404: "There is no such thing.",
    405: "Not by this method.",
    408: "The body came too slowly.",
    409: "Not in this state of the job.",
    410: "The files of the job are gone.",
    413: "Too large, or too much for this server.",
    415: "Not a media type that an experiment is written in.",
    421: "The server is not addressed by this name.",
    422: "Something in the experiment or in a parameter is wrong.",
    429: "Too much at a time; `Retry-After` says when to ask again.",
    507: "The disk is full or can't be written.",
}
ANYWHERE = (401, 405, 421, 422)

BODY: Schema = {
    "requestBody": {
        "required": True,
        "description": "An experiment, as `reflexarc run` takes it.",
        "content": {
            YAML_TYPES[0]: {"schema": {"type": "string"}, "example": EXAMPLE},
            JSON_TYPE: {
                "schema": {"$ref": "#/components/schemas/Experiment"},
                "example": SMALL,
            },
        },
    }
}
"""The body of a POST, for `openapi_extra`."""

EVENT: Schema = {
    "type": "object",
    "description": "One event of the stream.",
    "properties": {
        "event": {"enum": ["progress", "end"]},
        "data": {
            "type": "string",
            "contentMediaType": JSON_TYPE,
            "contentSchema": {"$ref": "#/components/schemas/JobAnswer"},
        },
    },
    "required": ["event", "data"],
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors that a route may answer with, for its `responses`."""
    wanted = sorted({*statuses, *ANYWHERE})
    return {status: {"model": Problem, "description": REASONS[status]} for status in wanted}


def completed(document: Schema, *, token: bool) -> Schema:
    """Return the document with the schema of experiments and the token.

    Args:
        document: As FastAPI makes it.
        token: Whether a token is asked for.
    """
    schema = _moved(Experiment.json_schema())
    parts = schema.pop("$defs")
    schema.pop("$schema", None)
    components = document.setdefault("components", {})
    known = components.setdefault("schemas", {})
    known["JobAnswer"]["example"] = JOB  # FastAPI would leave out what is null
    components["schemas"] = {**known, **parts, "Experiment": schema}
    if token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _moved(value: Any) -> Any:
    """Return a JSON Schema with its definitions where OpenAPI keeps them."""
    if isinstance(value, dict):
        return {
            key: inner.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref" and isinstance(inner, str)
            else _moved(inner)
            for key, inner in value.items()
        }
    return [_moved(inner) for inner in value] if isinstance(value, list) else value
