"""The shape of a file of findings, as it is written."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from reflexarc.errors import InputError
from reflexarc.protocol.written import At, Written, as_list, one_of
from reflexarc.units import quantity
from reflexarc.verdicts import Direction

__all__ = ["Comparison", "Entry", "Expectation", "FindingFile", "Intact", "Kind", "Trust"]

Kind = Literal[
    "ratio", "level", "difference", "time of peak", "order", "survival", "abolished", "of the dead"
]
Trust = Literal["T", "S", "R", "NF"]
"""T: read in the primary text. S: read in a secondary source. R: remembered. NF: not found."""
By = Literal["level", "rise", "onset", "time of peak"]

KINDS = get_args(Kind)
NEEDS_TO = ("ratio", "difference", "abolished")

Words = Annotated[tuple[str, ...], BeforeValidator(as_list)]


class Intact(Written):
    """A pair of arms whose effect must be there for the comparison to mean anything.

    Args:
        arm: The treated arm.
        to: What it is compared with: an arm, or `rest`.
        direction: Where the effect goes.
    """

    arm: str
    to: str
    direction: Literal["lower", "higher"]


class Comparison(Written):
    """What is compared, and how.

    Args:
        kind: The measure; see `reflexarc.verdicts` for its rule.
        arm: The arm that the finding is about.
        to: The arm it is compared with, or `rest` for the same animals before anything was done.
        against: Another outcome read in `to`; the finding's own if left out.
        effect: Whether an abolished effect is a ratio (its logarithm) or a difference.
        intact: The intact effect: what `abolished` is measured by, a condition elsewhere.
        arms: In an order of arms, from the smallest to the largest.
        observables: In an order of observables in one arm, from the smallest or first on.
        by: What is ordered.
        dead_by: Until when deaths count, where the dead are compared with the living.
    """

    kind: Kind
    arm: str | None = None
    to: str | None = None
    against: str | None = None
    effect: Literal["ratio", "difference"] = "ratio"
    intact: Intact | None = None
    arms: Words = ()
    observables: Words = ()
    by: By | None = None
    dead_by: At | None = None

    @field_validator("kind", mode="before")
    @classmethod
    def _known_kind(cls, value: object) -> object:
        return one_of(value, KINDS, "kind")

    @model_validator(mode="after")
    def _whole(self) -> "Comparison":
        if self.kind == "order":
            if self.by is None or (len(self.arms) < 2) == (len(self.observables) < 2):
                raise InputError("an order needs 'by', and two or more 'arms' or 'observables'")
            if self.observables and self.arm is None:
                raise InputError("an order of observables needs an 'arm'")
        elif self.arm is None:
            raise InputError("a comparison needs an 'arm'")
        if self.kind in NEEDS_TO and self.to is None:
            raise InputError(f"a comparison of kind {self.kind!r} needs 'to': an arm, or rest")
        if (self.kind == "of the dead") != (self.dead_by is not None):
            raise InputError(
                "say until when deaths count: dead by: 4 d"
                if self.dead_by is None
                else "'dead by' goes with the kind 'of the dead', and only with it"
            )
        if self.kind == "of the dead" and self.to is not None:
            raise InputError(
                "the dead are compared with the living of the same arm; leave 'to' out"
            )
        if self.kind == "abolished" and self.intact is None:
            raise InputError("'abolished' needs the intact effect: intact: {arm: …, to: …, …}")
        return self

    @property
    def death(self) -> float | None:
        """Until when deaths count, in h; None where they don't."""
        return None if self.dead_by is None else quantity(self.dead_by, "time")


class Expectation(Written):
    """What was found, as rules or numbers; all that stand here must hold.

    Args:
        direction: Lower, higher or unchanged.
        at_least: Smallest number that agrees.
        at_most: Largest number that agrees.
        value: The published number.
        tolerance: `2 SEM`, `factor 2`, `15 points`, or a number in the unit of the value.
        SEM: Standard error of the published number.
    """

    direction: Direction | None = None
    at_least: float | None = None
    at_most: float | None = None
    value: float | None = None
    tolerance: str | float | None = None
    SEM: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _whole(self) -> "Expectation":
        if (self.value is None) != (self.tolerance is None):
            raise InputError("a 'value' needs a 'tolerance', and a tolerance a value")
        if isinstance(self.tolerance, str) and "SEM" in self.tolerance and self.SEM is None:
            raise InputError("a tolerance in SEM needs the 'SEM'")
        return self


class Entry(Written):
    """One finding as it is written; what is left out is taken from its file.

    Args:
        id: Row of the literature, and what of it: `L21-3-TNF`.
        title: What was found, in a plain sentence.
        paper: Key in references.json.
        via: Keys of the secondary sources in which it was read.
        found_in: Where it was read.
        species: Species in the paper; the simulation is a mouse.
        trust: T, S, R or NF.
        experiment: Name in the file's `experiments`, an experiment, or `{builtin: name}`.
        outcome: What is read off, such as `TNF in plasma at 90 min`.
        comparison: Arms and measure.
        expect: Rules and numbers; none for an order or an abolished effect.
        published: What the paper says, in few words, with numbers where there are any.
        bias: What might mislead: blinding, few animals, a secondary source.
        note: Anything else.
        assumptions: What of the protocol is assumed.
    """

    id: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)+$")
    title: str = Field(min_length=10)
    paper: str | None = None
    via: Words = ()
    found_in: str
    species: Literal["mouse", "rat", "human", "calf", "cat", "sheep"] | None = None
    trust: Trust
    experiment: str | dict[str, Any] | None = None
    outcome: str
    comparison: Comparison
    expect: Expectation = Expectation()
    published: str
    bias: str | None = None
    note: str | None = None
    assumptions: Words = ()

    @model_validator(mode="after")
    def _something_expected(self) -> "Entry":
        ruled = self.comparison.kind in ("order", "abolished")
        if ruled == bool(self.expect.model_fields_set):
            raise InputError(
                "an order and an abolished effect have their own rule; leave 'expect' out"
                if ruled
                else "say what is expected: expect: {direction: lower}"
            )
        return self


class FindingFile(Written):
    """A file of findings: one paper, or papers that belong together.

    Args:
        about: What the findings say together.
        paper: Key in references.json of the findings that name none.
        species: Species of the findings that name none.
        found_in: Where those were read that don't say.
        bias: What might mislead in all of them.
        assumptions: What of the protocols is assumed in all of them.
        experiments: Experiments by name, in the shape of an experiment file.
        experiment: Name of the experiment of the findings that name none.
        findings: The findings.
    """

    about: str
    paper: str | None = None
    species: Literal["mouse", "rat", "human", "calf", "cat", "sheep"] | None = None
    bias: str | None = None
    assumptions: Words = ()
    experiments: dict[str, dict[str, Any]] = Field(default_factory=dict)
    experiment: str | None = None
    findings: tuple[Entry, ...]
