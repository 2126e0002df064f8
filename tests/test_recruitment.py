"""From a stimulus to drive: what reaches which fibres, and what the model is told."""

import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflexarc import atlas
from reflexarc.errors import InputError
from reflexarc.recruitment import (
    Band,
    Recruitment,
    draw_recruitment,
    model_inputs,
    recruit,
    recruit_light,
    recruit_nerve,
    recruitment_curve,
)

CODES = [site.code for site in atlas.sites() if not site.refused]
PAIRED = [code for code in CODES if not atlas.site(code).midline]
codes = st.sampled_from(CODES)
currents = st.floats(0.02, 20)
widths = st.floats(50, 200)
geometries = st.fixed_dictionaries(
    {
        "waveform": st.sampled_from(["monophasic", "biphasic", "biphasic with gap"]),
        "configuration": st.sampled_from(["focal pair", "single"]),
        "insulated": st.booleans(),
        "depth_mm": st.floats(0.5, 5),
        "exposed_mm": st.floats(0.3, 5),
    }
)


def stimulate(site: str = "ST36", current_mA: float = 0.5, **changed: Any) -> Recruitment:
    settings: dict[str, Any] = {"pulse_width_us": 50.0, "frequency_hz": 10.0, **changed}
    return recruit(site=site, current_mA=current_mA, **settings)


def flat(found: Recruitment) -> list[float]:
    return [
        value for band in found.classes.values() for value in (band.low, band.central, band.high)
    ]


class TestEmergence:
    """What the laboratories saw comes out of tables and physics, without a rule for a site."""

    def test_half_a_milliampere_fires_myelinated_fibres_only(self) -> None:
        found = stimulate().classes
        assert found["AB"].central > found["AD"].central > found["PROKR2"].central > 0.05
        assert found["C"].central < 0.001

    @pytest.mark.parametrize("code", ["ST36", "LI10"])
    def test_where_PROKR2_fibres_are_rich_half_a_milliampere_finds_them(self, code: str) -> None:
        assert stimulate(code).classes["PROKR2"].low > 0.04

    @pytest.mark.parametrize("code", ["ST25", "BL56", "hindlimb non-acupoint"])
    def test_where_they_are_sparse_no_current_finds_them(self, code: str) -> None:
        assert stimulate(code, 40.0).classes["PROKR2"] == Band()

    def test_a_superficial_needle_at_ST36_misses_the_deep_fascia(self) -> None:
        assert stimulate(depth_mm=0.7).classes["PROKR2"].high < 0.005
        assert stimulate(depth_mm=0.7).classes["AB"].central > 0.5

    @pytest.mark.parametrize("code", ["ST25", "ST36"])
    def test_three_milliamperes_fire_many_thin_fibres_anywhere(self, code: str) -> None:
        assert stimulate(code, 3.0).classes["AD"].central > 1.0

    def test_C_fibres_go_by_charge(self) -> None:
        short = stimulate(current_mA=20.0, pulse_width_us=50).classes["C"].central
        long = stimulate(current_mA=2.5, pulse_width_us=400).classes["C"].central
        assert short > 0.03
        assert long == pytest.approx(short, rel=0.35)

    def test_the_common_peroneal_nerve_is_needed_at_ST36_and_the_tibial_is_not(self) -> None:
        assert stimulate(cut=["common peroneal"]).classes["PROKR2"] == Band()
        assert stimulate(cut=["tibial nerve"]).classes == stimulate().classes


class TestUnknown:
    def test_unknown_is_not_none(self) -> None:
        unstudied, sparse = stimulate("BL57").classes["PROKR2"], stimulate("BL56").classes["PROKR2"]
        assert sparse.high == 0
        assert unstudied.low == unstudied.central == 0
        assert unstudied.high > 0.1

    def test_the_unknown_end_is_what_a_rich_tissue_would_give(self) -> None:
        deep = [r for r in stimulate("ST40").reach if r.fibre_class == "PROKR2"][-1]
        rich = [r for r in stimulate("ST36").reach if r.fibre_class == "PROKR2"][-1]
        assert deep.grade is None
        assert deep.recruited.high == rich.recruited.high

    @given(code=codes, current=currents, geometry=geometries)
    def test_bands_are_in_order(self, code: str, current: float, geometry: dict[str, Any]) -> None:
        for band in stimulate(code, current, pulse_width_us=100.0, **geometry).classes.values():
            assert 0 <= band.low <= band.central <= band.high


class TestPhysics:
    @given(code=codes, geometry=geometries, width=widths)
    def test_nothing_comes_of_nothing(
        self, code: str, geometry: dict[str, Any], width: float
    ) -> None:
        assert set(flat(stimulate(code, 0.0, pulse_width_us=width, **geometry))) == {0.0}

    @given(code=codes, geometry=geometries, current=currents, factor=st.floats(1, 2))
    def test_more_current_never_recruits_less(
        self, code: str, geometry: dict[str, Any], current: float, factor: float
    ) -> None:
        less = flat(stimulate(code, current, **geometry))
        more = flat(stimulate(code, current * factor, **geometry))
        assert all(a <= b + 1e-12 for a, b in zip(less, more, strict=True))

    @given(
        code=codes, geometry=geometries, current=currents, width=widths, factor=st.floats(1.02, 2)
    )
    def test_a_longer_pulse_never_recruits_less(
        self, code: str, geometry: dict[str, Any], current: float, width: float, factor: float
    ) -> None:
        less = flat(stimulate(code, current, pulse_width_us=width, **geometry))
        more = flat(stimulate(code, current, pulse_width_us=width * factor, **geometry))
        assert all(a <= b + 1e-12 for a, b in zip(less, more, strict=True))

    @given(code=codes, current=currents)
    def test_two_channels_recruit_twice(self, code: str, current: float) -> None:
        left, both = flat(stimulate(code, current)), flat(stimulate(code, current, side="both"))
        times = 1 if atlas.site(code).midline else 2
        assert both == pytest.approx([times * value for value in left])

    @given(code=st.sampled_from(PAIRED), current=currents)
    def test_left_and_right_are_alike(self, code: str, current: float) -> None:
        assert flat(stimulate(code, current, side="right")) == flat(stimulate(code, current))

    def test_a_biphasic_pulse_costs_C_fibres_most(self) -> None:
        plain, biphasic = (
            stimulate("ST25", 20.0, waveform=waveform).classes
            for waveform in ("monophasic", "biphasic")
        )
        loss = {c: biphasic[c].central / plain[c].central for c in ("AD", "C")}
        assert loss["C"] < 0.8 < loss["AD"] < 1

    def test_across_the_body_the_anode_side_is_weak_unless_the_pulse_is_biphasic(self) -> None:
        def sides(waveform: str) -> tuple[float, float]:
            found = stimulate("ST36", 2.0, configuration="bilateral", waveform=waveform)
            sums = {
                side: sum(r.recruited.central for r in found.reach if r.side == side)
                for side in ("left", "right")
            }
            return sums["left"], sums["right"]

        cathode, anode = sides("monophasic")
        assert 0 < anode < cathode / 2
        left, right = sides("biphasic")
        assert left == right

    def test_an_insulated_tip_spends_less_current_and_reaches_its_own_depth(self) -> None:
        bare, tip = stimulate(), stimulate(insulated=True)
        assert tip.classes["PROKR2"].central > bare.classes["PROKR2"].central
        skin = [
            r.fraction.central for r in tip.reach if (r.tissue, r.fibre_class) == ("skin", "AD")
        ]
        assert skin == [0.0]

    def test_what_stands_out_of_the_skin_carries_nothing(self) -> None:
        assert flat(stimulate(depth_mm=1.0, exposed_mm=1.0)) == flat(
            stimulate(depth_mm=1.0, exposed_mm=5.0)
        )

    def test_it_is_quick(self) -> None:
        stimulate()
        best = math.inf
        for step in range(20):
            start = time.perf_counter()
            stimulate(current_mA=0.5 + step / 10)
            best = min(best, time.perf_counter() - start)
        assert best < 0.005


class TestCuts:
    @pytest.mark.parametrize("name", ["sciatic", "Sciatic nerve", "common fibular"])
    def test_a_cut_anywhere_on_the_way_silences_the_leg(self, name: str) -> None:
        assert set(flat(stimulate(current_mA=40.0, cut=[name]))) == {0.0}

    def test_a_cut_of_one_branch_silences_its_tissues_only(self) -> None:
        found = stimulate(current_mA=3.0, cut=["deep peroneal"])
        silent = {r.tissue for r in found.reach if r.cut}
        assert silent == {"muscle", "deep fascia"}
        assert found.classes["AB"].central > 0.5
        assert all(r.recruited == Band() for r in found.reach if r.cut)

    def test_a_cut_on_the_other_side_changes_nothing(self) -> None:
        assert flat(stimulate(cut=["right sciatic"])) == flat(stimulate())
        assert set(flat(stimulate(cut=["left sciatic"]))) == {0.0}
        assert flat(stimulate(side="both", cut=["left sciatic"])) == flat(stimulate())

    def test_a_midline_site_loses_half_with_one_side(self) -> None:
        whole = stimulate("CV12", 3.0).classes["AD"].central
        half = stimulate("CV12", 3.0, cut=["left intercostal T7-T8"]).classes["AD"].central
        assert half == pytest.approx(whole / 2)

    @given(code=codes, current=currents, nerve=st.sampled_from([n.name for n in atlas.nerves()]))
    def test_a_cut_never_adds(self, code: str, current: float, nerve: str) -> None:
        whole, cut = flat(stimulate(code, current)), flat(stimulate(code, current, cut=[nerve]))
        assert all(a <= b for a, b in zip(cut, whole, strict=True))

    def test_an_unknown_nerve_is_refused(self) -> None:
        with pytest.raises(InputError, match="unknown nerve 'scaitic'; did you mean 'sciatic'"):
            stimulate(cut=["scaitic"])


class TestTrains:
    def test_dense_disperse_counts_by_the_time_each_lasts(self) -> None:
        assert stimulate(frequency_hz=((2, 0.25), (100, 0.75))).pulse_rate_hz == 75.5

    @pytest.mark.parametrize(
        "frequency", [0, -1, 1000, math.nan, (), ((2, 0.5), (100, 0.4)), ((2, -1), (3, 2))]
    )
    def test_a_train_that_can_not_be_is_refused(self, frequency: Any) -> None:
        with pytest.raises(InputError) as refused:
            stimulate(frequency_hz=frequency)
        assert refused.value.field == "frequency"


class TestRefusals:
    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"site": "ST63"}, "site: unknown site 'ST63'; did you mean 'ST36'?"),
            ({"current_mA": -0.5}, "current: the current must be 0 mA or more, not -0.5 mA"),
            ({"current_mA": math.nan}, "current: the current must be 0 mA or more, not nan mA"),
            ({"current_mA": 41.0}, "current: 41 mA lies outside the threshold table"),
            ({"pulse_width_us": 1000.0}, "for a bare needle, which goes from 50 to 400 us"),
            ({"pulse_width_us": 2000.0, "insulated": True}, "which goes from 30 to 1000 us"),
            ({"depth_mm": 0.0}, "depth: the depth must lie above 0"),
            ({"depth_mm": 30.0}, "up to 10 mm, not 30 mm"),
            ({"exposed_mm": 6.0}, "exposed length: the exposed length must lie above 0"),
            ({"waveform": "biphasik"}, "did you mean 'biphasic'?"),
            ({"configuration": "focal"}, "configuration: unknown configuration 'focal'"),
            ({"side": "up"}, "side: unknown side 'up'"),
            ({"site": "CV4", "configuration": "bilateral"}, "CV4 lies on the midline"),
        ],
    )
    def test_a_needle(self, changed: dict[str, Any], sentence: str) -> None:
        with pytest.raises(InputError) as refused:
            stimulate(**changed)
        assert sentence in str(refused.value)

    def test_a_light(self) -> None:
        settings: dict[str, Any] = {
            "site": "ST36",
            "opsin": "CatCh",
            "irradiance_mW_mm2": 10.0,
            "frequency_hz": 10.0,
        }
        for changed, field in (
            ({"opsin": "CatChy"}, "opsin"),
            ({"irradiance_mW_mm2": -1.0}, "irradiance"),
            ({"irradiance_mW_mm2": math.inf}, "irradiance"),
            ({"depth_mm": -1.0}, "depth"),
            ({"site": "DMX"}, "site"),
        ):
            with pytest.raises(InputError) as refused:
                recruit_light(**{**settings, **changed})
            assert refused.value.field == field

    def test_a_hook(self) -> None:
        settings: dict[str, Any] = {
            "nerve": "splenic",
            "current_mA": 1.0,
            "pulse_width_us": 200.0,
            "frequency_hz": 10.0,
        }
        for changed, field in (
            ({"nerve": "optic"}, "nerve"),
            ({"current_mA": -1.0}, "current"),
            ({"pulse_width_us": 2000.0}, "pulse width"),
            ({"direction": "up"}, "direction"),
        ):
            with pytest.raises(InputError) as refused:
                recruit_nerve(**{**settings, **changed})
            assert refused.value.field == field


def shine(site: str = "ST36", irradiance: float = 10.0, **changed: Any) -> Recruitment:
    settings: dict[str, Any] = {"opsin": "CatCh", "frequency_hz": 10.0, **changed}
    return recruit_light(site=site, irradiance_mW_mm2=irradiance, **settings)


class TestLight:
    def test_it_fires_PROKR2_fibres_where_they_are_and_no_others(self) -> None:
        leg, belly = shine().classes, shine("ST25").classes
        assert leg["PROKR2"].central > 0.5
        assert all(leg[c] == Band() for c in ("AB", "AD", "C"))
        assert all(band == Band() for band in belly.values())

    def test_no_light_does_nothing(self) -> None:
        assert set(flat(shine(irradiance=0.0))) == {0.0}

    def test_half_of_the_fibres_fire_at_the_half_irradiance(self) -> None:
        opsin = atlas.opsin("ChR2")
        found = shine("DMV", opsin.half_mW_mm2, opsin="ChR2").drives["drive_DMV"]
        assert found.central == pytest.approx(0.5)
        assert found.low == pytest.approx(0.25)
        assert found.high == pytest.approx(0.75)

    def test_light_is_lost_on_its_way(self) -> None:
        assert shine(depth_mm=2.0).classes["PROKR2"].central > shine().classes["PROKR2"].central
        found = shine(irradiance=0.01, opsin="ChR2").classes["PROKR2"].central
        deep = next(t for t in atlas.tissues("ST36") if t.kind == "deep fascia")
        middle = (deep.from_mm + deep.to_mm) / 2
        loss = (10 / 160) ** (middle / 2.5)  # sixteenfold in 2.5 mm
        assert found == pytest.approx(0.01 * loss, rel=0.15)

    @given(irradiance=st.floats(0, 100), factor=st.floats(1, 10))
    def test_more_light_never_fires_less(self, irradiance: float, factor: float) -> None:
        less, more = flat(shine(irradiance=irradiance)), flat(shine(irradiance=irradiance * factor))
        assert all(a <= b + 1e-12 for a, b in zip(less, more, strict=True))

    def test_a_cut_nerve_keeps_it_from_the_cord(self) -> None:
        assert set(flat(shine(cut=["deep peroneal"]))) == {0.0}

    def test_a_nucleus_is_driven_by_rate(self) -> None:
        assert shine("cNST", frequency_hz=5.0).drives["drive_cNST"].central == pytest.approx(
            shine("cNST", frequency_hz=20.0).drives["drive_cNST"].central / 2
        )


def hook(nerve: str = "cervical vagus", current_mA: float = 0.5, **changed: Any) -> Recruitment:
    settings: dict[str, Any] = {"pulse_width_us": 200.0, "frequency_hz": 10.0, **changed}
    return recruit_nerve(nerve=nerve, current_mA=current_mA, **settings)


class TestHooks:
    def test_vagal_B_fibres_fire_below_half_a_milliampere(self) -> None:
        """olofsson2015: 0.5 mA or less, 200 to 250 us, B fibres."""
        found = hook(side="both").drives
        assert found["drive_vagus_efferent"].low > 0.95
        assert hook(current_mA=0.001, side="both").drives["drive_vagus_efferent"].central == 0

    def test_tens_of_microamperes_are_graded_at_500_us(self) -> None:
        """voltammetry2023: 10 to 70 uA at 500 us, graded."""
        found = [
            hook(current_mA=current, pulse_width_us=500.0, side="both")
            .drives["drive_vagus_efferent"]
            .central
            for current in (0.003, 0.010, 0.030, 0.070)
        ]
        assert found[0] < 0.15
        assert found == sorted(found)
        assert found[1] < 0.9
        assert found[-1] > 0.95

    def test_C_fibres_of_the_vagus_need_more_than_B_fibres(self) -> None:
        found = hook(current_mA=0.05, side="both").drives
        assert found["drive_vagus_afferent"].central < found["drive_vagus_efferent"].central / 2

    def test_one_end_of_the_vagus(self) -> None:
        assert set(hook(direction="efferent").drives) == {"drive_vagus_efferent"}
        assert set(hook(direction="afferent").drives) == {"drive_vagus_afferent"}

    def test_one_vagus_is_half_and_the_splenic_nerve_is_whole(self) -> None:
        one, both = hook().drives, hook(side="both").drives
        assert both["drive_vagus_efferent"].central == 2 * one["drive_vagus_efferent"].central
        spleen = hook("splenic", 40.0).drives["drive_splenic"]
        assert spleen.central == pytest.approx(1.0)

    def test_the_splanchnic_nerve_at_half_a_milliampere(self) -> None:
        """voltammetry2023: 500 uA at 100 us works."""
        found = hook("splanchnic", pulse_width_us=100.0, side="both").drives
        assert found["drive_splanchnic"].low > 0.9

    def test_rate_counts_up_to_10_hz(self) -> None:
        slow, full, fast = (
            hook(frequency_hz=f).drives["drive_vagus_efferent"].central for f in (1.0, 10.0, 30.0)
        )
        assert slow == pytest.approx(full / 10)
        assert fast == full

    def test_the_sciatic_stands_for_the_tissues_of_the_leg(self) -> None:
        found = hook("sciatic", 40.0, pulse_width_us=1000.0)
        needle = stimulate(current_mA=40.0, pulse_width_us=400.0)
        assert found.region == "hind"
        assert found.drives == {}
        for fibre_class in ("AB", "AD", "PROKR2"):
            assert found.classes[fibre_class].central == pytest.approx(
                needle.classes[fibre_class].central, rel=1e-6
            )
        assert set(flat(hook("sciatic", 40.0, cut=["sciatic"]))) == {0.0}

    @given(nerve=st.sampled_from(atlas.trunk_names()), current=currents, factor=st.floats(1, 2))
    def test_more_current_never_drives_less(
        self, nerve: str, current: float, factor: float
    ) -> None:
        less, more = (model_inputs([hook(nerve, c)]) for c in (current, current * factor))
        assert all(less[name] <= more[name] + 1e-12 for name in less)

    @pytest.mark.parametrize("nerve", atlas.trunk_names())
    def test_nothing_comes_of_nothing(self, nerve: str) -> None:
        rest = model_inputs([hook(nerve, 0.0)])
        assert {v for k, v in rest.items() if not k.startswith("pulse_rate")} == {0.0}


class TestModelInputs:
    def test_names_are_those_of_the_model(self) -> None:
        expected = {f"recruited_{c}_{r}" for c in atlas.CLASSES for r in atlas.REGIONS}
        expected |= {f"pulse_rate_{r}" for r in atlas.REGIONS}
        expected |= {f"discharge_{c}_{r}" for c in atlas.CLASSES for r in atlas.REGIONS}
        expected |= {f"discharge_{c}_head" for c in ("AB", "AD", "C")}
        expected |= {f"skin_{c}_hind_{s}" for c in ("AB", "AD", "C") for s in ("left", "right")}
        expected |= {
            "touch_hind_left",
            "touch_hind_right",
            "drive_auricular",
            "drive_vagus_efferent",
            "drive_vagus_afferent",
            "drive_splanchnic",
            "drive_splenic",
            "drive_DMV",
            "drive_cNST",
        }
        assert set(model_inputs([])) == expected

    def test_a_stimulus_acts_in_its_own_region_only(self) -> None:
        found = model_inputs([stimulate("LI10")])
        assert found["pulse_rate_fore"] == 10
        assert found["recruited_PROKR2_fore"] == stimulate("LI10").classes["PROKR2"].central
        assert not any(v for k, v in found.items() if not k.endswith("fore"))

    def test_two_rates_in_one_region(self) -> None:
        fast, slow = stimulate(frequency_hz=20.0), stimulate("BL56", 3.0, frequency_hz=5.0)
        found = model_inputs([slow, fast])
        assert found["pulse_rate_hind"] == 20
        assert found["recruited_AD_hind"] == pytest.approx(
            fast.classes["AD"].central + slow.classes["AD"].central * 5 / 20
        )

    @given(code=codes, other=codes, hz=st.floats(1, 100))
    def test_impulses_per_second_add_up_in_any_order(
        self, code: str, other: str, hz: float
    ) -> None:
        one, two = stimulate(code, frequency_hz=hz), stimulate(other, 3.0)
        found, swapped = model_inputs([one, two]), model_inputs([two, one])
        assert found == pytest.approx(swapped)
        for region in atlas.REGIONS:
            impulses = found[f"recruited_AD_{region}"] * found[f"pulse_rate_{region}"]
            alone = sum(
                s.classes["AD"].central * s.pulse_rate_hz for s in (one, two) if s.region == region
            )
            assert impulses == pytest.approx(alone)

    def test_bands_are_chosen_by_name(self) -> None:
        needle = stimulate("ST40")
        low, high = (model_inputs([needle], band=band) for band in ("low", "high"))
        assert low["recruited_PROKR2_hind"] == 0
        assert high["recruited_PROKR2_hind"] == needle.classes["PROKR2"].high > 0
        with pytest.raises(InputError, match="unknown band 'middle'"):
            model_inputs([needle], band="middle")  # type: ignore[arg-type]

    def test_drives_stop_at_1(self) -> None:
        strong = hook(current_mA=10.0, side="both")
        assert model_inputs([strong, strong])["drive_vagus_efferent"] == 1.0


class TestTablesAndFigures:
    def test_a_row_for_each_tissue_and_class(self) -> None:
        table = stimulate("BL57", 3.0).table()
        assert len(table) == len(atlas.tissues("BL57")) * len(atlas.CLASSES)
        assert list(table.columns[:7]) == [
            "side",
            "tissue",
            "from_mm",
            "to_mm",
            "nerve",
            "class",
            "grade",
        ]
        deep = table[(table["tissue"] == "deep fascia") & (table["class"] == "PROKR2")].iloc[0]
        assert deep["grade"] == "unknown"
        assert deep["recruited"] == 0 < deep["fraction"]

    def test_the_table_adds_up_to_the_sum(self) -> None:
        found = stimulate("GB30", 3.0, side="both")
        sums = found.table().groupby("class")["recruited"].sum()
        for fibre_class, band in found.classes.items():
            assert sums[fibre_class] == pytest.approx(band.central)

    def test_a_curve_is_the_stimulus_at_each_current(self) -> None:
        curve = recruitment_curve("ST36", 50, [0.0, 0.5, 3.0], depth_mm=2.0)
        row = curve[(curve["current_mA"] == 0.5) & (curve["class"] == "PROKR2")].iloc[0]
        assert row["central"] == stimulate(depth_mm=2.0).classes["PROKR2"].central
        assert curve[curve["current_mA"] == 0]["high"].max() == 0

    def test_a_figure_names_its_lines_and_its_setting(self) -> None:
        figure = draw_recruitment("ST25", 200, [0.1, 0.5, 1, 3, 10], depth_mm=1.5)
        axes = figure.axes[0]
        words = " ".join(text.get_text() for text in axes.texts)
        assert "PROKR2, deep fascia\n(none here)" in words
        assert "200 µs" in words
        assert "1.5 mm" in words
        assert "ST25 (Tianshu)" in axes.get_title(loc="left")
        assert axes.get_xscale() == "log"
        drawn = {tuple(np.asarray(line.get_ydata())) for line in axes.lines}
        curve = recruitment_curve("ST25", 200, [0.1, 0.5, 1, 3, 10], depth_mm=1.5)
        for _, rows in curve.groupby("class"):
            assert tuple(rows["central"]) in drawn

    def test_what_nobody_looked_at_is_hatched(self) -> None:
        axes = draw_recruitment("ST40", 50, [0.1, 1, 10]).axes[0]
        assert [patch.get_hatch() for patch in axes.collections] == [None, None, "//", None]
        assert any("nobody has looked" in text.get_text() for text in axes.texts)
