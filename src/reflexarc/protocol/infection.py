"""Live infection as a challenge: a punctured caecum, or bacteria that are injected."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Discriminator, Field, Tag, ValidationError, field_validator

from reflexarc import biology
from reflexarc.errors import InputError, unknown_word
from reflexarc.protocol.stimulus import Window
from reflexarc.protocol.treatment import Challenge, Dose
from reflexarc.protocol.written import At, Written, as_list, one_of
from reflexarc.refusals import Misfit, messages
from reflexarc.units import quantity
from reflexarc.yaml_source import Path

__all__ = [
    "CAVITIES",
    "EXAMPLE",
    "AnyChallenge",
    "AnyDose",
    "CaecalPuncture",
    "Inoculum",
    "read_challenge",
    "read_doses",
]

DIAMETERS = {int(name.removesuffix(" G")): size for name, size in biology.puncture().items()}
"""Nominal outer diameter of a needle in mm, by gauge."""

_GAUGE = re.compile(r"(\d{2})\s*[Gg]")
_COUNT = re.compile(r"(\d+(?:\.\d*)?(?:[eE]\+?\d{1,2})?)\s*CFU", re.IGNORECASE)
_COLI = ("e.coli", "ecoli", "escherichiacoli", "bacteria")
CAVITIES = {
    "i.p.": "bacteria_peritoneum",
    "i.v.": "bacteria_blood",
    "fibrin clot": "bacteria_fibrin",
}
"""Where bacteria can be put, and the state that holds them there."""
MOST_CFU = 1e12
EXAMPLE = {"ligation": "50 %", "needle": "21 G", "punctures": 2}
"""An operation of middling danger, for messages and for what the page begins with."""
PUNCTURE = f"{{CLP: {{{', '.join(f'{word}: {value}' for word, value in EXAMPLE.items())}}}}}"
BACTERIA = "{E. coli: 1e8 CFU}"


class _Infection(Written):
    """What the timeline needs of a challenge that happens once."""

    at: At = "0 h"

    @property
    def times(self) -> tuple[float, ...]:
        """When, in h."""
        return (quantity(self.at, "time"),)

    @property
    def windows(self) -> tuple[Window, ...]:
        """None: it is no infusion."""
        return ()

    @property
    def inputs(self) -> dict[str, float]:
        """Inputs that it sets from then on: none."""
        return {}

    @property
    def duration(self) -> None:
        """None: it is no infusion."""
        return

    @property
    def rate(self) -> float:
        """0: it is no infusion."""
        return 0.0


class CaecalPuncture(_Infection):
    """Caecal ligation and puncture: `{CLP: {ligation: 50 %, needle: 21 G, punctures: 2}}`.

    Args:
        ligation: Share of the caecum's length beyond the ligature.
        needle: Gauge, such as `21 G`.
        punctures: How many.
        at: When; 0 h if left out.
    """

    ligation: str
    needle: str
    punctures: int = Field(ge=1, le=20)

    @field_validator("needle", mode="before")
    @classmethod
    def _gauge(cls, value: object) -> object:
        match = _GAUGE.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None or int(match[1]) not in DIAMETERS:
            known = ", ".join(f"{gauge} G" for gauge in DIAMETERS)
            raise InputError(f"unknown needle {str(value)[:40]!r}; known are {known}")
        return f"{match[1]} G"

    @field_validator("ligation", mode="before")
    @classmethod
    def _share(cls, value: object) -> object:
        if not 0 < quantity(value, "percentage") <= 100:
            raise InputError(f"the ligation {value!r} must lie above 0 % and at most at 100 %")
        return value

    @property
    def bolus(self) -> float:
        """Cubed diameters of the holes, mm3: slow flow through a thin wall goes with the cube.

        Source: Sampson 1891, doi:10.1098/rsta.1891.0012.
        """
        return self.punctures * DIAMETERS[int(self.needle[:2])] ** 3

    @property
    def inputs(self) -> dict[str, float]:
        """The share of the caecum that is ligated, from the operation on."""
        return {"caecum_ligated": quantity(self.ligation, "percentage") / 100}

    @property
    def row(self) -> biology.Agent:
        """What it feeds, in the shape of the table of agents."""
        return _row("CLP", "caecum", "caecal_hole")

    @property
    def label(self) -> str:
        """A few words, for example `CLP 50 %, 2 x 21 G`."""
        return f"CLP {self.ligation}, {self.punctures} x {self.needle}"

    def written(self) -> Any:
        """Return it as plain data, under the key `CLP`."""
        fields = super().written()
        at = fields.pop("at")
        return {"CLP": fields, "at": at}


class Inoculum(_Infection):
    """Living bacteria that are injected: `{E. coli: 1e8 CFU, route: i.p.}`.

    Args:
        count: How many, such as `1e8 CFU` an animal.
        route: `i.p.`, `i.v.`, or `fibrin clot`, a clot in the peritoneum; i.p. if left out.
        at: When; 0 h if left out.
    """

    count: str
    route: str = "i.p."

    @field_validator("count", mode="before")
    @classmethod
    def _counted(cls, value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise InputError(f"the bacteria {_power(value)} have no unit; write '1e8 CFU'")
        match = _COUNT.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise InputError(f"can't read the bacteria {str(value)[:40]!r}; write '1e8 CFU'")
        if float(match[1]) > MOST_CFU:
            raise InputError(f"the bacteria {value!r} are too many (at most {MOST_CFU:.0e} CFU)")
        return f"{match[1]} CFU"

    @field_validator("route", mode="before")
    @classmethod
    def _known_route(cls, value: object) -> object:
        return one_of(value, list(CAVITIES), "route of E. coli")

    @property
    def bolus(self) -> float:
        """Bacteria, 10^6 CFU."""
        return float(self.count.split()[0]) / 1e6

    @property
    def row(self) -> biology.Agent:
        """What it feeds, in the shape of the table of agents."""
        return _row("E. coli", self.route, CAVITIES[self.route])

    @property
    def label(self) -> str:
        """A few words, for example `E. coli 1e8 CFU i.p.`."""
        return f"E. coli {self.count} {self.route}"

    def written(self) -> Any:
        """Return it as plain data, under the key `E. coli`."""
        fields = super().written()
        return {"E. coli": fields.pop("count"), **fields}


def _kind(value: object) -> str:
    """Only a dose is still to be read here; what is read already is its own kind."""
    return type(value).__name__ if isinstance(value, CaecalPuncture | Inoculum) else "Challenge"


AnyChallenge = Annotated[
    Annotated[Challenge, Tag("Challenge")]
    | Annotated[CaecalPuncture, Tag("CaecalPuncture")]
    | Annotated[Inoculum, Tag("Inoculum")],
    Discriminator(_kind),
]
"""What can make animals ill."""

AnyDose = Annotated[
    Annotated[Dose, Tag("Dose")] | Annotated[Inoculum, Tag("Inoculum")],
    Discriminator(lambda value: "Inoculum" if isinstance(value, Inoculum) else "Dose"),
]
"""What can be given beside the challenge: an agent, or bacteria once more."""


def read_doses(value: object) -> object:
    """Tell bacteria from agents in a list of doses; a validator."""
    listed = as_list(value)
    assert isinstance(listed, list | tuple)
    return tuple(
        read_challenge(Inoculum, item) if isinstance(item, dict) and _bacteria(item) else item
        for item in listed
    )


def _bacteria(fields: dict[Any, Any]) -> bool:
    return any(_word(key) in _COLI for key in fields)


def _word(key: object) -> str:
    return str(key).casefold().replace(" ", "")


def read_challenge(cls: type, value: object) -> object:
    """Tell the kinds of challenge apart by their key; a validator.

    Raises:
        InputError: A word or a number of it is wrong.
    """
    if value == "none":
        return None
    if value is None or isinstance(value, BaseModel):
        return value
    if not isinstance(value, dict):
        raise InputError(f"write one challenge, such as {{LPS: 4 mg/kg}}, {PUNCTURE} or {BACTERIA}")
    for key, inner in value.items():
        rest = {name: item for name, item in value.items() if name != key}
        word = _word(key)
        if word in ("clp", "caecalligationandpuncture", "cecalligationandpuncture"):
            return _read_puncture(str(key), inner, rest)
        if word in _COLI:
            return _read_inoculum(str(key), inner, rest)
    return value


def _read_puncture(key: str, inner: object, rest: Mapping[object, object]) -> CaecalPuncture:
    """Read what stands under `CLP` and beside it; what is wrong keeps its place in the file."""
    if not isinstance(inner, dict):
        raise InputError(f"write {PUNCTURE}", field=key)
    wanted = ("ligation", "needle", "punctures")
    for words, known, above in ((inner, wanted, (key,)), (rest, ("at",), ())):
        for name in words:
            if name not in known:
                sentence = unknown_word("field", str(name), known)
                raise Misfit([((*above, str(name)), sentence)])
    missing = [name for name in wanted if name not in inner]
    if missing:
        raise InputError(f"say the {missing[0]} of the CLP: write {PUNCTURE}", field=key)
    try:
        return CaecalPuncture.model_validate({**inner, **rest})
    except ValidationError as error:
        raise _placed(error, lambda path: path if path[:1] == ("at",) else (key, *path)) from None


def _read_inoculum(key: str, inner: object, rest: Mapping[object, object]) -> Inoculum:
    """Read a number of bacteria and what stands beside it; what is wrong keeps its place."""
    try:
        return Inoculum.model_validate({"count": inner, **rest})
    except ValidationError as error:
        raise _placed(
            error, lambda path: (key, *path[1:]) if path[:1] == ("count",) else path
        ) from None


def _placed(error: ValidationError, place: Callable[[Path], Path]) -> Misfit:
    """Return what is wrong, each at its place in the file."""
    return Misfit([(place(path), sentence) for path, sentence in messages(error)])


def _power(count: float) -> str:
    """Return a count as people write it, `1e8`; YAML reads it as 100000000.0."""
    return re.sub(r"e\+0*", "e", f"{count:g}")


def _row(name: str, route: str, state: str) -> biology.Agent:
    return biology.Agent(
        name=name,
        aliases=(),
        action="infects",
        route=route,
        state=state,
        molar_mass=None,
        volume=None,
        bioavailability=1.0,
        refused="",
        status="assumed",
        source="",
        note="",
    )
