"""Stimuli without a needle that carries current: skin, moved and sham needles, skin electrodes."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, WithJsonSchema, field_validator, model_validator

from reflexarc import atlas
from reflexarc.atlas.natural import skin_region, technique
from reflexarc.atlas.thresholds import Waveform
from reflexarc.contact import move_needle, stimulate_ear, stimulate_skin, touch_skin
from reflexarc.errors import InputError, unknown_word
from reflexarc.protocol.stimulus import Pulses, Stimulus
from reflexarc.protocol.written import Current, Length, PulseWidth, one_of, plain_text, word_of
from reflexarc.recruitment import Recruitment, Side
from reflexarc.units import format_quantity, quantity

__all__ = [
    "KINDS",
    "TEMPERATURE",
    "Auricular",
    "ManualAcupuncture",
    "NaturalStimulus",
    "Transcutaneous",
]

KINDS = ("pinch", "brush", "heat", "cold")
"""What can be done to the skin; in a file the kind is the key: `pinch: hind paw`."""

_TEMPERATURE = re.compile(r"([-+−]?\d+(?:\.\d*)?)\s*(?:°\s*C|C|degC)")
TEMPERATURE = {"type": "string", "pattern": r"^[-+]?[0-9]+(\.[0-9]*)?\s*(°\s*C|C|degC)$"}
"""What a temperature looks like, for the schema."""


def _celsius(text: object) -> float:
    match = _TEMPERATURE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"write a temperature with its unit, such as '45 C', not {text!r}")
    return float(match[1].replace("−", "-"))


def _checked(text: object) -> object:
    _celsius(text)
    return text


Temperature = Annotated[str, BeforeValidator(_checked), WithJsonSchema(TEMPERATURE)]


class NaturalStimulus(Stimulus):
    """Something done to the skin: `{pinch: hind paw, …}` or `{heat: 45 C, region: chest, …}`.

    Args:
        kind: `pinch`, `brush`, `heat` or `cold`; in a file it is a key, with the region or, for
            heat and cold, the temperature as its value.
        region: Region of the skin, such as `hind paw`, `chest` or `face`.
        side: `left`, `right` or `both`; left if left out.
        temperature: Of the probe, for heat and cold.
    """

    kind: Literal["pinch", "brush", "heat", "cold"]
    region: str
    side: Side = "left"
    temperature: Temperature | None = None

    @model_validator(mode="before")
    @classmethod
    def _kind_is_the_key(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise InputError("write {pinch: hind paw, duration: 1 min, at: 0 min}")
        fields = dict(data)
        named = [word for word in KINDS if word in fields]
        if len(named) > 1:
            raise InputError(f"write {named[0]} and {named[1]} as two stimuli", field=named[1])
        if named:
            if "kind" in fields:
                raise InputError("the kind stands here twice", field="kind")
            word = named[0]
            target = "temperature" if word in ("heat", "cold") else "region"
            if target in fields:
                raise InputError(f"the {target} stands here twice", field=target)
            fields["kind"], fields[target] = word, fields.pop(word)
        if "kind" not in fields:
            known = (*cls.field_words(), *KINDS)
            for word in data:
                if word not in known:
                    sentence = unknown_word("kind of stimulus", str(word), KINDS)
                    raise InputError(sentence, field=str(word))
            raise InputError("say what is done: pinch, brush, heat or cold")
        fields["kind"] = one_of(fields["kind"], KINDS, "kind of stimulus")
        thermal = fields["kind"] in ("heat", "cold")
        if thermal and fields.get("temperature") is None:
            raise InputError(f"{fields['kind']} needs a temperature: {fields['kind']}: 45 C")
        if not thermal and fields.get("temperature") is not None:
            raise InputError(f"a {fields['kind']} has no temperature", field="temperature")
        if "region" in fields:
            fields["region"] = skin_region(plain_text(fields["region"], "region")).name
        return fields

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))

    @property
    def place(self) -> str:
        """Where it acts."""
        return self.region

    @property
    def strength(self) -> str:
        """The kind, with the temperature if it has one."""
        return self.kind if self.temperature is None else f"{self.kind} {self.temperature}"

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        celsius = None if self.temperature is None else _celsius(self.temperature)
        return touch_skin(
            stimulus=self.kind, region=self.region, side=self.side, celsius=celsius, cut=cut
        )


class ManualAcupuncture(Stimulus):
    """A needle without current: moved by hand, left in place, or a sham that only touches.

    Args:
        site: WHO code or name of a site of the atlas.
        side: `left`, `right` or `both`; left if left out.
        technique: Such as `manipulation`, `retained` or `non-penetrating` (a blunt sham needle);
            manipulation if left out.
        depth: Depth of the tip; that of the site if left out. A superficial needle is a small one.
            A needle that doesn't penetrate has none.
    """

    site: str
    side: Side = "left"
    technique: str = "manipulation"
    depth: Length | None = None

    @model_validator(mode="before")
    @classmethod
    def _words_of_the_atlas(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "site" not in data:
            return data
        site = atlas.site(plain_text(data["site"], "site"))
        way = technique(plain_text(data.get("technique", "manipulation"), "technique"))
        depth = data.get("depth")
        if not way.penetrates and depth is not None:
            raise InputError(f"a {way.name} needle has no depth; leave it out", field="depth")
        if way.penetrates and depth is None:
            depth = format_quantity(atlas.needle_depth(site), "length")
        return {**data, "site": site.code, "technique": way.name, "depth": depth}

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))

    @property
    def place(self) -> str:
        """Where it acts."""
        return self.site

    @property
    def strength(self) -> str:
        """The technique."""
        return self.technique

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        return move_needle(
            site=self.site,
            technique_name=self.technique,
            side=self.side,
            depth_mm=None if self.depth is None else quantity(self.depth, "length"),
            cut=cut,
        )


class Transcutaneous(Pulses):
    """Pulses of current through an electrode on the skin over a site (TENS, TEAS).

    Args:
        site: WHO code or name of a site of the atlas.
        side: `left`, `right` or `both`; left if left out.
        current: Current of a pulse.
        pulse_width: Width of a pulse.
        electrode_diameter: 4 mm if left out (assumed).
        waveform: `monophasic`, `biphasic` or `biphasic with gap`; monophasic if left out.
    """

    site: str
    side: Side = "left"
    current: Current
    pulse_width: PulseWidth
    electrode_diameter: Length = "4 mm"
    waveform: Waveform = "monophasic"

    @model_validator(mode="before")
    @classmethod
    def _site_of_the_atlas(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "site" not in data:
            return data
        return {**data, "site": atlas.site(plain_text(data["site"], "site")).code}

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))
    _waveform = field_validator("waveform", mode="before")(word_of(get_args(Waveform), "waveform"))

    @property
    def place(self) -> str:
        """Where it acts."""
        return self.site

    @property
    def strength(self) -> str:
        """The current, as written."""
        return self.current

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        return stimulate_skin(
            site=self.site,
            current_mA=quantity(self.current, "current"),
            pulse_width_us=quantity(self.pulse_width, "pulse width"),
            frequency_hz=self.frequency_hz,
            side=self.side,
            diameter_mm=quantity(self.electrode_diameter, "length"),
            waveform=self.waveform,
            cut=cut,
        )


class Auricular(Pulses):
    """Pulses of current on the auricular branch of the vagus, in the concha of the ear.

    Args:
        side: `left`, `right` or `both`; left if left out.
        current: Current of a pulse.
        pulse_width: Width of a pulse.
        electrode_diameter: 2 mm if left out (assumed).
        waveform: `monophasic`, `biphasic` or `biphasic with gap`; monophasic if left out.
    """

    side: Side = "left"
    current: Current
    pulse_width: PulseWidth
    electrode_diameter: Length = "2 mm"
    waveform: Waveform = "monophasic"

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))
    _waveform = field_validator("waveform", mode="before")(word_of(get_args(Waveform), "waveform"))

    @property
    def place(self) -> str:
        """Where it acts."""
        return "ear"

    @property
    def strength(self) -> str:
        """The current, as written."""
        return self.current

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        return stimulate_ear(
            current_mA=quantity(self.current, "current"),
            pulse_width_us=quantity(self.pulse_width, "pulse width"),
            frequency_hz=self.frequency_hz,
            side=self.side,
            diameter_mm=quantity(self.electrode_diameter, "length"),
            waveform=self.waveform,
        )
