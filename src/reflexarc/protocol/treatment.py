"""What is done to an animal besides stimulation: doses, lesions, anaesthesia."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from reflexarc import biology
from reflexarc.errors import InputError, unknown_word
from reflexarc.protocol.stimulus import Repeat, Window
from reflexarc.protocol.written import (
    At,
    Dosage,
    Duration,
    Percentage,
    Written,
    check_dosage,
    dosage_kind,
    one_of,
    plain_text,
)
from reflexarc.units import Kind, quantity
from reflexarc.vocabulary import LesionEffect, agent_names, find_agent, find_lesion

__all__ = ["CHALLENGES", "Anaesthesia", "Challenge", "Dose", "Lesion"]

CHALLENGES = ("LPS",)
"""What an animal can be challenged with."""

RATES = ("dose rate", "fluid rate")

SURGERY_BEFORE = "-72 h"
"""When nerves are cut and organs removed, if nothing is said: three days before time 0."""

PHRASE = "isoflurane during stimulation"
FROM_THE_START = "from the start"


class Dose(Written):
    """A bolus or an infusion of an agent: `{fenoldopam: 10 mg/kg, route: i.p., at: -30 min}`.

    Args:
        agent: Name in the table of agents; in a file it is the key of the dose.
        dose: Mass per body mass (fluids: `30 mL/kg`); for an infusion the whole of it, or its rate.
        route: Such as `i.p.`; may be left out where there is only one.
        at: When it is given, or when the infusion starts.
        duration: Length of the infusion; a bolus if left out.
        repeat: Do it again; once if left out.
    """

    agent: str
    dose: Dosage
    route: str
    at: At
    duration: Duration | None = None
    repeat: Repeat | None = None

    @model_validator(mode="before")
    @classmethod
    def _agent_is_the_key(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise InputError(f"write {cls._example()}")
        fields = dict(data)
        key = "dose"
        if "agent" not in fields:
            others = [str(key) for key in fields if key not in cls.field_words()]
            agent = _pick_agent(others, cls.field_words())
            if "dose" in fields:
                raise InputError(f"write {cls._example()}", field="dose")
            fields["agent"], fields["dose"] = agent, fields.pop(agent, None)
            key = agent
        word = plain_text(fields["agent"], "agent")
        route = fields.get("route")
        route = None if route is None else plain_text(route, "route")
        try:
            row = find_agent(word, route)
        except InputError as error:
            raise (error if error.field else error.located(field=word)) from None
        if fields.get("dose") is None:
            raise InputError(f"the dose of {row.name} is missing", field=key)
        try:
            check_dosage(fields["dose"], row.unit)
        except InputError as error:
            raise error.located(field=key) from None
        fields |= {"agent": row.name, "route": row.route}
        return cls._defaults(fields)

    @classmethod
    def _example(cls) -> str:
        return "{fenoldopam: 10 mg/kg, route: i.p., at: -30 min}"

    @classmethod
    def _defaults(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return fields

    @model_validator(mode="after")
    def _rate_has_a_duration(self) -> Self:
        if self.kind in RATES and self.duration is None:
            raise InputError("a dose per time needs a duration", field="duration")
        if self.repeat is not None:
            step = quantity(self.repeat.every, "duration")
            if self.duration is not None and step < quantity(self.duration, "duration"):
                raise InputError("it would start again before it has ended", field="repeat")
        return self

    @property
    def kind(self) -> Kind:
        """Whether `dose` is a dose or a dose rate, of mass or of volume."""
        return dosage_kind(self.dose, self.row.unit)

    @property
    def row(self) -> biology.Agent:
        """The agent's row in the table, for this route."""
        return find_agent(self.agent, self.route)

    @property
    def times(self) -> tuple[float, ...]:
        """When it is given, in h."""
        first = quantity(self.at, "time")
        return self.repeat.starts(first) if self.repeat else (first,)

    @property
    def windows(self) -> tuple[Window, ...]:
        """When the infusion runs, in h; none for a bolus."""
        if self.duration is None:
            return ()
        length = quantity(self.duration, "duration")
        return tuple((start, start + length) for start in self.times)

    @property
    def bolus(self) -> float:
        """What one bolus adds to the agent's state, in the state's unit; 0 for an infusion."""
        return 0.0 if self.duration else self.row.amount(quantity(self.dose, self.kind))

    @property
    def inputs(self) -> dict[str, float]:
        """Inputs that it sets from then on: none."""
        return {}

    @property
    def rate(self) -> float:
        """What the infusion adds to the agent's state per h, in the state's unit; 0 for a bolus."""
        if self.duration is None:
            return 0.0
        amount = quantity(self.dose, self.kind)
        if self.kind not in RATES:
            amount /= quantity(self.duration, "duration")
        return self.row.amount(amount)

    @property
    def label(self) -> str:
        """A few words for figures and tables, for example `LPS 4 mg/kg i.p.`."""
        return f"{self.agent} {self.dose} {self.route}"

    def written(self) -> Any:
        """Return it as plain data, with the agent as the key of the dose."""
        fields = super().written()
        return {fields.pop("agent"): fields.pop("dose"), **fields}


class Challenge(Dose):
    """What makes the animals ill: `{LPS: 4 mg/kg, route: i.p., at: 0 h}`.

    Args:
        agent: `LPS`; in a file it is the key of the dose.
        dose: As for a dose.
        route: `i.p.` or `i.v.`; i.p. if left out.
        at: When; 0 h if left out.
        duration: Length of an infusion; a bolus if left out.
        repeat: Do it again; once if left out.
    """

    @classmethod
    def _example(cls) -> str:
        return "{LPS: 4 mg/kg, route: i.p., at: 0 h}"

    @model_validator(mode="before")
    @classmethod
    def _known_challenge(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "agent" in data:
            return data
        words = cls.field_words()
        for key in data:
            if key not in words and find_challenge(str(key)) is not None:
                return {"route": "i.p.", **data}
        others = [str(key) for key in data if key not in words]
        word = others[0] if others else ""
        raise InputError(
            f"unknown challenge {word[:40]!r}; known are LPS, CLP and E. coli:"
            f" write {cls._example()}",
            field=word or None,
        )

    @classmethod
    def _defaults(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return {"at": "0 h", **fields}


def find_challenge(word: str) -> str | None:
    """Return the challenge that a word means, or None."""
    for row in biology.agents():
        if row.name in CHALLENGES:
            for known in (row.name, *row.aliases):
                if known.casefold() == word.strip().casefold():
                    return row.name
    return None


class Lesion(Written):
    """Something that is cut, removed, ablated or knocked out: a name, or `{name:, at:}`.

    Args:
        name: Name in the table of lesions, with a side or a level if need be.
        at: When; -72 h for what a surgeon does, from the start for cells and receptors.
    """

    name: str
    at: At | None = None

    @model_validator(mode="before")
    @classmethod
    def _use_the_table(cls, data: Any) -> Any:
        if isinstance(data, str):
            data = {"name": data}
        if not isinstance(data, dict):
            raise InputError("write a lesion as its name, or as {name: sciatic, at: -72 h}")
        if "name" not in data:
            return data
        effect = find_lesion(plain_text(data["name"], "lesion"))
        at = data.get("at")
        if at is None and not effect.from_the_start:
            at = SURGERY_BEFORE
        if isinstance(at, str) and at.strip().casefold() == FROM_THE_START:
            at = None
        return {**data, "name": effect.name, "at": at}

    @property
    def effect(self) -> LesionEffect:
        """What it does."""
        return find_lesion(self.name)

    @property
    def time(self) -> float | None:
        """When, in h; None if it is there from the start."""
        return None if self.at is None else quantity(self.at, "time")

    def written(self) -> Any:
        """Return it as plain data."""
        return {"name": self.name, "at": self.at or FROM_THE_START}


class Anaesthesia(Written):
    """Isoflurane for a time: `{isoflurane: 1.5 %, during: stimulation}`, or with `at`, `duration`.

    Args:
        isoflurane: Inspired concentration, volume per cent; 1.5 % if left out (assumed).
        during: `stimulation`, for as long as each stimulus of the arm.
        at: When it starts, instead of `during`.
        duration: How long it lasts.
    """

    isoflurane: Percentage = Field(default="1.5 %")
    during: Literal["stimulation"] | None = None
    at: At | None = None
    duration: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _phrase(cls, data: Any) -> Any:
        if isinstance(data, str):
            if data.strip().casefold() != PHRASE:
                raise InputError(unknown_word("anaesthesia", data, ["awake", PHRASE]))
            return {"during": "stimulation"}
        if not isinstance(data, dict):
            raise InputError(
                "write 'awake', 'isoflurane during stimulation' or"
                " {isoflurane: 1.5 %, at: -15 min, duration: 15 min}"
            )
        return data

    @field_validator("during", mode="before")
    @classmethod
    def _during(cls, value: object) -> object:
        return value if value is None else one_of(value, ["stimulation"], "time of anaesthesia")

    @model_validator(mode="after")
    def _when(self) -> Self:
        given = (self.at is not None, self.duration is not None)
        if self.during is None and given != (True, True):
            raise InputError("say when: during: stimulation, or at: and duration:")
        if self.during is not None and any(given):
            raise InputError("write either during: stimulation, or at: and duration:")
        return self

    def windows(self, stimulation: tuple[Window, ...]) -> tuple[Window, ...]:
        """Return when it is on, in h.

        Args:
            stimulation: When the stimuli of the arm are on.
        """
        if self.at is None or self.duration is None:
            return stimulation
        start = quantity(self.at, "time")
        return ((start, start + quantity(self.duration, "duration")),)


def _pick_agent(others: list[str], fields: list[str]) -> str:
    """Return the key that names the agent; whatever else is unknown is a misspelt field."""
    if not others:
        raise InputError("say what is given: {fenoldopam: 10 mg/kg, route: i.p., at: -30 min}")
    known = [word for word in others if _is_agent(word)]
    agent = known[0] if known else others[0]
    for word in others:
        if word != agent:
            if not known:
                message = unknown_word("agent", agent, agent_names(), listed_by="reflexarc agents")
                raise InputError(message, field=agent)
            raise InputError(unknown_word("field", word, fields[2:]), field=word)
    return agent


def _is_agent(word: str) -> bool:
    return any(
        word.casefold() == known.casefold()
        for row in biology.agents()
        for known in (row.name, *row.aliases)
    )
