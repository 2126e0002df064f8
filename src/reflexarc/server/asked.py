"""What is asked for: the body of a request, read, checked and found small enough."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reflexarc.errors import InputError
from reflexarc.plan import Plan
from reflexarc.protocol import Experiment
from reflexarc.server.limits import Limits
from reflexarc.server.refusal import Refusal
from reflexarc.timeline import build_timelines
from reflexarc.yaml_source import DEEPEST

__all__ = ["JSON_TYPE", "YAML_TYPES", "Asked", "read"]

JSON_TYPE = "application/json"
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
"""Media types of a body. A form or plain text is refused: another site's page could send those."""


@dataclass(frozen=True)
class Asked:
    """An experiment that this server is willing to run.

    Attributes:
        id: Name of the job, from all that decides the numbers.
        experiment: The experiment, checked.
        text: The experiment as it was written.
        animals: Animals in each arm.
        seed: Seed of all random numbers.
    """

    id: str
    experiment: Experiment
    text: str
    animals: int
    seed: int

    @property
    def options(self) -> dict[str, int]:
        """What is asked for beside the experiment."""
        return {"animals": self.animals, "seed": self.seed}


def read(body: bytes, kind: str, *, animals: int | None, seed: int, limits: Limits) -> Asked:
    """Read a body and check it.

    Args:
        body: As it was sent.
        kind: Its media type, without parameters.
        animals: Animals in each arm, in place of what the experiment says.
        seed: Seed of all random numbers.
        limits: What the server is willing to do.

    Raises:
        Refusal: 400 for what is no text, 413 for what is too much, 415 for another media type, 422
            for an experiment that can't be run.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(400, "the body is not UTF-8 text") from None
    try:
        if kind == JSON_TYPE:
            experiment = _of_mapping(_json(text))
            text = experiment.to_yaml()
        elif kind in YAML_TYPES:
            experiment = Experiment.parse(text)
        else:
            kinds = f"{YAML_TYPES[0]} or {JSON_TYPE}"
            raise Refusal(415, f"an experiment is sent as {kinds}, named in Content-Type")
        count = experiment.animals.per_arm if animals is None else animals
        _check(experiment, count, limits)
        plan = Plan.of(experiment, seed=seed, animals=count, traits=True)
    except InputError as error:
        raise Refusal.of(error) from None
    numbers = len(plan.timelines) * count * len(plan.times) * len(plan.outputs)
    _bound(numbers, limits.numbers, "{} numbers of trajectories", "fewer animals or a shorter time")
    return Asked(plan.name, experiment, text, count, seed)


def _check(experiment: Experiment, animals: int, limits: Limits) -> None:
    """Refuse what is too much, before anything is done that takes as long as it is large."""
    arms = len(experiment.arms)
    _bound(arms, limits.arms, "{} arms", "fewer arms", "arms")
    _bound(animals, limits.animals, "{} animals in an arm", "fewer animals", "animals.per arm")
    _bound(arms * animals, limits.runs, "{} animals in all", "fewer animals", "animals.per arm")
    last = max(experiment.stop(arm) for arm in experiment.arms)
    _bound(last, limits.hours, "{} h of an experiment", "a shorter time", "measure")
    timelines = build_timelines(experiment)
    edges = sum(len(line.edges) for line in timelines)
    _bound(edges, limits.edges, "{} changes of stimuli and doses", "fewer repeats", "arms")
    span = last - min(line.start for line in timelines)
    _bound(span, limits.hours, "{} h of an experiment", "a later start", "arms")


def _bound(value: float, most: float, what: str, instead: str, field: str | None = None) -> None:
    if value > most:
        much = what.format(f"{value:,.10g}")
        raise Refusal(
            413, f"{much} are more than this server runs ({most:,.10g}); ask for {instead}",
            field=field,
        )  # fmt: skip


def _of_mapping(data: dict[str, Any]) -> Experiment:
    """Make an experiment; the lines of the YAML that it passes through are not the body's."""
    try:
        return Experiment.from_mapping(data)
    except InputError as error:
        raise InputError(error.message, field=error.field) from None


def _json(text: str) -> dict[str, Any]:
    """Return a JSON object, as strictly as YAML is read.

    Raises:
        InputError: It is no JSON, no object, too deep, or a key stands in it twice.
    """
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError("a text in the body has half a character (a lone surrogate)") from None
    except json.JSONDecodeError as error:
        raise InputError(f"not valid JSON: {error.msg}", line=error.lineno) from None
    except RecursionError:
        raise InputError(f"nested too deeply (at most {DEEPEST} levels)") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("a number in the body has too many digits") from None
    if not isinstance(data, dict):
        raise InputError('the experiment is not a mapping; it starts with {"title": ...}')
    if any(depth > DEEPEST for depth in _depths(data)):
        raise InputError(f"nested too deeply (at most {DEEPEST} levels)")
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f"the key {key[:60]!r} stands here twice")
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise InputError(f"{name} is not a number in JSON")


def _depths(data: object) -> Iterator[int]:
    """Yield how deep each entry stands, without going deeper than it needs to."""
    front: list[tuple[object, int]] = [(data, 0)]
    while front:
        value, depth = front.pop()
        yield depth
        if depth > DEEPEST:
            return
        inner: list[object] = []
        if isinstance(value, dict):
            inner = list(value.values())
        elif isinstance(value, list):
            inner = value
        front += [(item, depth + 1) for item in inner]
