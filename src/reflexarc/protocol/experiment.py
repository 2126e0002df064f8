"""An experiment as people write it: arms, what is done in each, what is measured, and why.

Example:
    >>> experiment = Experiment.parse('''
    ... title: Leg or belly
    ... challenge: {LPS: 4 mg/kg}
    ... arms:
    ...   sham: {electroacupuncture: {site: ST36, current: 0 mA, pulse width: 50 us,
    ...                               frequency: 10 Hz, duration: 15 min, at: -15 min}}
    ...   leg: {like: sham, electroacupuncture: {current: 0.5 mA}}
    ... measure: [TNF in plasma at 90 min]
    ... compare: {to: sham}
    ... ''')
    >>> experiment.arms["leg"].electroacupuncture[0].depth
    '3 mm'
"""

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from reflexarc import experiments
from reflexarc.errors import InputError, unknown_word
from reflexarc.protocol.arms import (
    MOST_ENTRIES,
    Animals,
    Arm,
    Comparison,
    read_anaesthesia,
    read_hypotheses,
)
from reflexarc.protocol.infection import AnyChallenge, AnyDose, read_challenge
from reflexarc.protocol.inheritance import MOST_ARMS, expand_arms
from reflexarc.protocol.phrases import Measurement, Survival, join_times, read_measure
from reflexarc.protocol.stimulus import Stimulus
from reflexarc.protocol.treatment import Anaesthesia
from reflexarc.protocol.written import Written, as_list, plain_text
from reflexarc.refusals import Misfit, explain
from reflexarc.units import format_quantity, quantity
from reflexarc.yaml_source import LARGEST_FILE, Path, Source, dotted, read_yaml, write_yaml

__all__ = ["Experiment"]


class Experiment(Written):
    """An experiment, checked and complete.

    Args:
        title: A few words.
        about: What it is for and where its numbers come from.
        sources: References.
        challenge: What makes the animals of all arms ill, unless an arm says otherwise.
        animals: Who takes part.
        anaesthesia: For all arms, unless an arm says otherwise.
        hypotheses: For all arms, unless an arm says otherwise.
        arms: The arms by name.
        measure: What is measured when.
        compare: What the arms are compared to; nothing is compared if left out.
    """

    title: str
    about: str = ""
    sources: tuple[str, ...] = ()
    challenge: AnyChallenge | None = None
    animals: Animals = Animals()
    anaesthesia: tuple[Anaesthesia, ...] = ()
    hypotheses: dict[str, str] = Field(default_factory=dict, validate_default=True)
    arms: dict[str, Arm] = Field(min_length=1, max_length=MOST_ARMS)
    measure: tuple[Annotated[Measurement | Survival, BeforeValidator(read_measure)], ...] = Field(
        min_length=1, max_length=MOST_ENTRIES
    )
    compare: Comparison | None = None

    _source: Source | None = PrivateAttr(default=None)

    _anaesthesia = field_validator("anaesthesia", mode="before")(read_anaesthesia)
    _hypotheses = field_validator("hypotheses", mode="before")(read_hypotheses)

    @field_validator("title", mode="before")
    @classmethod
    def _title(cls, value: object) -> object:
        return plain_text(value, "title")

    @field_validator("sources", mode="before")
    @classmethod
    def _sources(cls, value: object) -> object:
        return as_list(value)

    _measure = field_validator("measure", mode="before")(join_times)

    _challenge = field_validator("challenge", mode="before")(read_challenge)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        found = list(misfits(self))
        if found:
            raise Misfit(found)
        return self

    @classmethod
    def load(cls, path_or_name: str | pathlib.Path) -> Self:
        """Read an experiment from a file, or a built-in one by its name.

        Args:
            path_or_name: Path of a YAML file, or a name such as `liu-2021`.

        Raises:
            InputError: There is no such file or name, or something in it is wrong.
        """
        text, file = _read(path_or_name)
        return cls.parse(text, file=file)

    @classmethod
    def parse(cls, text: str, file: str | None = None) -> Self:
        """Read an experiment from YAML text.

        Args:
            text: The text.
            file: Name of the file, for errors.

        Raises:
            InputError: The first thing that is wrong, with file, line and field.
        """
        return cls.from_source(read_yaml(text, file=file))

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Make an experiment from plain data, in the shape of the YAML.

        Raises:
            InputError: The first thing that is wrong, with its field.

        Example:
            >>> quiet = Experiment.from_mapping(
            ...     {"title": "Nothing", "arms": {"one": {}}, "measure": ["TNF at 1 h"]}
            ... )
            >>> Experiment.from_mapping(quiet.resolved()) == quiet
            True
        """
        return cls.parse(write_yaml(dict(data)))

    @classmethod
    def problems(cls, text: str, file: str | None = None) -> list[InputError]:
        """Return everything that is wrong with a YAML text, in the order of its lines."""
        try:
            found = cls._read_source(read_yaml(text, file=file))
        except InputError as error:
            return [error]
        return found if isinstance(found, list) else []

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of experiment files, for editors that complete and check YAML."""
        from reflexarc.protocol.schema import experiment_schema

        return experiment_schema(cls)

    @classmethod
    def from_source(cls, source: Source) -> Self:
        """Make an experiment from what `read_yaml` has read.

        Raises:
            InputError: The first thing that is wrong, with file, line and field.
        """
        found = cls._read_source(source)
        if isinstance(found, list):
            raise found[0]
        return found

    @classmethod
    def _read_source(cls, source: Source) -> Self | list[InputError]:
        if not isinstance(source.data, dict):
            what = "is empty" if source.data is None else "is not a mapping"
            message = f"the experiment {what}; it starts with 'title: ...'"
            return [InputError(message, file=source.file)]
        full, problems = expand_arms(source)
        if problems:
            return problems
        try:
            experiment = cls.model_validate(full.data)
        except ValidationError as error:
            return explain(error, full)
        experiment._source = full
        return experiment

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What is measured, survival apart."""
        return tuple(item for item in self.measure if isinstance(item, Measurement))

    @property
    def survival(self) -> Survival | None:
        """How long survival is watched; None if it isn't."""
        return next((item for item in self.measure if isinstance(item, Survival)), None)

    def survival_window(self, arm: str) -> tuple[float, float] | None:
        """Return from when to when the survival of an arm is watched, in h; None if it isn't.

        It counts from the arm's challenge; in an arm without one, from that of the experiment; if
        there is none, from 0 h.
        """
        if self.survival is None:
            return None
        given = self.arms[arm].challenge or self.challenge
        start = min(given.times) if given else 0.0
        return start, start + self.survival.hours

    def stop(self, arm: str) -> float:
        """Return when the last thing is measured in an arm, in h."""
        times = [time for item in self.measurements for time in item.times]
        window = self.survival_window(arm)
        return float(max([*times, *(window or ())]))

    def problem(self, message: str, *path: str | int) -> InputError:
        """Return an error about a part of this experiment, with its file and line if known."""
        if self._source is None:
            return InputError(message, field=dotted(path) or None)
        return self._source.error(message, path)

    def resolved(self) -> dict[str, Any]:
        """Return the experiment as plain data: defaults filled, `like` written out, units kept."""
        return {
            "title": self.title,
            "about": self.about,
            "sources": list(self.sources),
            "challenge": self.challenge.written() if self.challenge else "none",
            "animals": self.animals.written(),
            "anaesthesia": [given.written() for given in self.anaesthesia] or "awake",
            "hypotheses": dict(self.hypotheses),
            "arms": {name: arm.written() for name, arm in self.arms.items()},
            "measure": [item.written() for item in self.measure],
            **({"compare": self.compare.written()} if self.compare else {}),
        }

    def to_yaml(self) -> str:
        """Return the resolved experiment as YAML; `Experiment.parse` reads it back as equal."""
        return write_yaml(self.resolved())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and self.resolved() == other.resolved()

    def __hash__(self) -> int:
        return hash(self.title)


AUTONOMIC = ("cervical vagus", "splanchnic")
ONE_SIDED = (
    "the model keeps no left and right of autonomic nerves apart, so a lesion of one side can't be "
    "combined with stimulation of one side; cut both, or stimulate with 'side: both'"
)


def misfits(experiment: Experiment) -> Iterator[tuple[Path, str]]:
    """Yield where the parts of an experiment don't fit together, and what is wrong there."""
    arms = experiment.arms
    for name in arms:
        try:
            plain_text(name, "name of an arm", longest=80)
        except InputError as error:
            yield ("arms", name), error.message
    if experiment.compare is not None and experiment.compare.to not in arms:
        yield ("compare", "to"), unknown_word("arm", experiment.compare.to, arms)
    if len(experiment.measure) - len(experiment.measurements) > 1:
        yield ("measure",), "survival can be watched once only"
    for name, arm in arms.items():
        stop = experiment.stop(name)
        for path, at in _starts(arm):
            if quantity(at, "time") >= stop:
                end = format_quantity(stop, "time")
                message = f"{at} is not before the end of the experiment at {end}"
                yield ("arms", name, *path), message
        for path in _half_cuts(arm):
            yield ("arms", name, *path), ONE_SIDED


def _half_cuts(arm: Arm) -> Iterator[Path]:
    """Yield lesions of one side of an autonomic nerve in an arm that drives one side of one."""
    driven = [s for s in arm.nerve_stimulation if s.nerve in AUTONOMIC and s.side != "both"]
    for position, lesion in enumerate(arm.lesions):
        if driven and lesion.effect.sets and lesion.effect.side != "both":
            yield ("lesions", position)


def _starts(arm: Arm) -> Iterator[tuple[Path, str]]:
    groups: dict[str, Sequence[Stimulus | AnyDose]] = {
        "electroacupuncture": arm.electroacupuncture,
        "optogenetics": arm.optogenetics,
        "nerve stimulation": arm.nerve_stimulation,
        "manual acupuncture": arm.manual_acupuncture,
        "natural stimuli": arm.natural_stimuli,
        "transcutaneous": arm.transcutaneous,
        "auricular": arm.auricular,
        "doses": arm.doses,
    }
    for kind, given in groups.items():
        for position, item in enumerate(given):
            yield (kind, position, "at"), item.at
    for position, lesion in enumerate(arm.lesions):
        if lesion.at is not None:
            yield ("lesions", position, "at"), lesion.at


def _read(path_or_name: str | pathlib.Path) -> tuple[str, str]:
    """Return the text of a file or a built-in experiment, and the name to show."""
    path = pathlib.Path(path_or_name)
    shown = str(path_or_name)
    is_name = isinstance(path_or_name, str) and path.name == shown and not path.suffix
    if is_name and shown in experiments.names() and not path.is_file():
        return experiments.read(shown), f"{shown}.yaml"
    try:
        if not path.exists():
            if is_name:
                message = unknown_word("experiment", shown, experiments.names())
                raise InputError(f"{message} (nor is there a file of this name)")
            raise InputError("there is no such file", file=shown)
        if not path.is_file():
            raise InputError("this is not a file", file=shown)
        if path.stat().st_size > LARGEST_FILE:
            raise InputError("the file is too large; an experiment has at most 1 MB", file=shown)
        return path.read_bytes().decode("utf-8-sig"), shown
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", file=shown) from None
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"the file can't be read: {reason}", file=shown) from None
