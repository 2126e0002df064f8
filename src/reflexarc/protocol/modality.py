"""The ways to stimulate: a needle with current, light, an electrode on a nerve."""

from typing import Any, Literal, Self, get_args

from pydantic import field_validator, model_validator

from reflexarc import atlas
from reflexarc.atlas.thresholds import Waveform
from reflexarc.errors import InputError
from reflexarc.protocol.stimulus import Pulses
from reflexarc.protocol.written import Current, Irradiance, Length, PulseWidth, plain_text, word_of
from reflexarc.recruitment import (
    Configuration,
    Recruitment,
    Side,
    recruit,
    recruit_light,
    recruit_nerve,
)
from reflexarc.units import format_quantity, quantity

__all__ = ["NUCLEI", "Electroacupuncture", "NerveStimulation", "Optogenetics"]

NUCLEI = ("DMV", "cNST")
"""Where a light fibre can end in the brain; `reflexarc.recruitment` knows what it drives."""

Direction = Literal["both", "efferent", "afferent"]


class Electroacupuncture(Pulses):
    """Pulses of current through a needle at a site.

    Args:
        site: WHO code or name of a site of the atlas.
        side: `left`, `right` or `both`; left if left out.
        configuration: `focal pair` (two needles at the site), `bilateral` (from one side to the
            other) or `single` (distant return); focal pair if left out.
        depth: Depth of the tip; the depth of the site in the atlas if left out.
        exposed_length: Bare shaft from the tip up; 3 mm if left out (assumed).
        insulated: Whether only the tip is bare; no if left out.
        waveform: `monophasic`, `biphasic` or `biphasic with gap`; monophasic if left out.
        current: Current of a pulse; 0 mA is a sham needle.
        pulse_width: Width of a pulse.
    """

    site: str
    side: Side = "left"
    configuration: Configuration = "focal pair"
    depth: Length
    exposed_length: Length = "3 mm"
    insulated: bool = False
    waveform: Waveform = "monophasic"
    current: Current
    pulse_width: PulseWidth

    @model_validator(mode="before")
    @classmethod
    def _site_of_the_atlas(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "site" not in data:
            return data
        site = atlas.site(plain_text(data["site"], "site"))
        usual = format_quantity(atlas.needle_depth(site), "length")
        return {**data, "site": site.code, "depth": data.get("depth") or usual}

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))
    _configuration = field_validator("configuration", mode="before")(
        word_of(get_args(Configuration), "configuration")
    )
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
        return recruit(
            site=self.site,
            current_mA=quantity(self.current, "current"),
            pulse_width_us=quantity(self.pulse_width, "pulse width"),
            frequency_hz=self.frequency_hz,
            side=self.side,
            configuration=self.configuration,
            depth_mm=quantity(self.depth, "length"),
            exposed_mm=quantity(self.exposed_length, "length"),
            insulated=self.insulated,
            waveform=self.waveform,
            cut=cut,
        )


class Optogenetics(Pulses):
    """Blue light on PROKR2 fibres at a site, or on neurons of a nucleus.

    Args:
        site: A site of the atlas; or `DMV` or `cNST`, for a fibre that ends there.
        side: `left`, `right` or `both`; left if left out.
        opsin: Opsin that the neurons carry, `CatCh` or `ChR2`.
        irradiance: Irradiance where the light leaves the fibre.
        depth: Depth of the fibre's end; 0 mm, on the skin, if left out.
        pulse_width: Width of a light pulse, for the record: a pulse is taken to give one impulse.
    """

    site: str
    side: Side = "left"
    opsin: str
    irradiance: Irradiance
    depth: Length = "0 mm"
    pulse_width: PulseWidth | None = None

    @model_validator(mode="before")
    @classmethod
    def _words_of_the_atlas(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        found = dict(data)
        if "site" in data:
            word = plain_text(data["site"], "site")
            nuclei = {name.casefold(): name for name in NUCLEI}
            found["site"] = nuclei.get(word.casefold()) or atlas.site(word).code
        if "opsin" in data:
            found["opsin"] = atlas.opsin(plain_text(data["opsin"], "opsin")).name
        return found

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))

    @property
    def place(self) -> str:
        """Where it acts."""
        return self.site

    @property
    def strength(self) -> str:
        """The irradiance, as written."""
        return self.irradiance

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        return recruit_light(
            site=self.site,
            opsin=self.opsin,
            irradiance_mW_mm2=quantity(self.irradiance, "irradiance"),
            frequency_hz=self.frequency_hz,
            side=self.side,
            depth_mm=quantity(self.depth, "length"),
            cut=cut,
        )


class NerveStimulation(Pulses):
    """Pulses of current through a hook or cuff on a nerve.

    Args:
        nerve: `cervical vagus`, `sciatic`, `splanchnic` or `splenic`.
        side: `left`, `right` or `both`; left if left out.
        current: Current of a pulse.
        pulse_width: Width of a pulse.
        waveform: `monophasic`, `biphasic` or `biphasic with gap`; monophasic if left out.
        direction: `both`, `efferent` or `afferent`, for the cervical vagus; both if left out.
    """

    nerve: str
    side: Side = "left"
    current: Current
    pulse_width: PulseWidth
    waveform: Waveform = "monophasic"
    direction: Direction = "both"

    @model_validator(mode="before")
    @classmethod
    def _nerve_of_the_atlas(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "nerve" not in data:
            return data
        return {**data, "nerve": atlas.trunk(plain_text(data["nerve"], "nerve"))[0].nerve}

    _side = field_validator("side", mode="before")(word_of(get_args(Side), "side"))
    _waveform = field_validator("waveform", mode="before")(word_of(get_args(Waveform), "waveform"))
    _direction = field_validator("direction", mode="before")(
        word_of(get_args(Direction), "direction")
    )

    @model_validator(mode="after")
    def _direction_has_a_meaning(self) -> Self:
        if self.direction != "both" and self.nerve != "cervical vagus":
            raise InputError("a direction can be given for the cervical vagus", field="direction")
        return self

    @property
    def place(self) -> str:
        """Where it acts."""
        return self.nerve

    @property
    def strength(self) -> str:
        """The current, as written."""
        return self.current

    def _recruit(self, cut: frozenset[str]) -> Recruitment:
        return recruit_nerve(
            nerve=self.nerve,
            current_mA=quantity(self.current, "current"),
            pulse_width_us=quantity(self.pulse_width, "pulse width"),
            frequency_hz=self.frequency_hz,
            side=self.side,
            waveform=self.waveform,
            direction=self.direction,
            cut=cut,
        )
