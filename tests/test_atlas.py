"""The atlas: its tables hold together, and the thresholds are those of independent work."""

import csv
import json
import math
from collections import defaultdict
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from reflexarc import atlas
from reflexarc.atlas import _checks
from reflexarc.atlas._tables import read_rows
from reflexarc.atlas.field import (
    DISC_MM,
    Needle,
    diameter_nodes,
    field_length,
    nerve_nodes,
    recruited_fraction,
    tissue_nodes,
)
from reflexarc.atlas.thresholds import threshold, threshold_plane
from reflexarc.cli import app
from reflexarc.errors import InputError
from reflexarc.protocol import Experiment
from reflexarc.recruitment import recruit, recruit_light

TABLES = Path(atlas.__file__).parent
POPULATIONS = {fibre.id: fibre.population for fibre in atlas.fibre_classes()}


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestTables:
    def test_nothing_is_wrong_with_them(self) -> None:
        assert atlas.problems() == ()

    @pytest.mark.parametrize(
        ("table", "column", "value", "sentence"),
        [
            ("sites.tsv", "source", "nobody1999", "no source 'nobody1999'"),
            ("sites.tsv", "nerve", "optic", "no nerve 'optic'"),
            ("tissues.tsv", "to_mm", "0", "from 0 to 0 mm"),
            ("innervation.tsv", "where", "ST99", "no such site or region"),
            ("innervation.tsv", "class", "Z", "no such fibre class"),
            ("innervation.tsv", "source", "", "no source ''"),
            ("sites.tsv", "depth_mm", "", "ST36: an unknown depth can't have a source"),
            ("sites.tsv", "human_source", "", "no source ''"),
            ("fibres.tsv", "max_um", "1", "out of order"),
            ("electrodes.tsv", "drives", "drive_toe", "drives 'drive_toe'"),
        ],
    )
    def test_a_mistake_is_found(
        self, monkeypatch: pytest.MonkeyPatch, table: str, column: str, value: str, sentence: str
    ) -> None:
        honest = read_rows

        def spoilt(name: str) -> list[dict[str, str]]:
            found = [dict(row) for row in honest(name)]
            if name == table:
                found[0][column] = value
            return found

        monkeypatch.setattr(_checks, "read_rows", spoilt)
        if (table, column) == ("sites.tsv", "nerve"):
            first = atlas.sites()[0]
            wrong = type(first)(
                **{f: getattr(first, f) for f in first.__slots__ if f != "nerve"}, nerve=value
            )
            monkeypatch.setattr(atlas, "sites", lambda: (wrong,))
        assert any(sentence in problem for problem in _checks.find_problems())

    def test_a_row_given_twice_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = read_rows
        monkeypatch.setattr(
            _checks, "read_rows", lambda n: honest(n) * (2 if n == "nerves.tsv" else 1)
        )
        assert "nerves.tsv: sciatic stands there 2 times" in list(_checks.find_problems())

    def test_every_site_of_the_findings_is_there(self) -> None:
        named = {"ST36", "ST25", "LI10", "BL56", "LI4", "SP6", "ST37", "GB34"}
        named |= {"hindlimb non-acupoint", "abdominal non-acupoint"}
        assert named <= {site.code for site in atlas.sites()}
        assert named <= {site.code for site in atlas.sites() if not site.refused}

    def test_what_was_seen_or_named_of_PROKR2_fibres_and_nothing_else(self) -> None:
        seen: dict[object, set[tuple[str, str]]] = defaultdict(set)
        for site in atlas.sites():
            for tissue in atlas.tissues(site.code):
                seen[atlas.innervation(tissue, "PROKR2").grade].add((site.code, tissue.kind))
        at_bone = "ST36 ST37 ST39 ST34 ST44 GB30 GB31 GB34 GB39 SP4 SP6 SP9 SP10 LR2 LR3 KI1"
        named = {(code, "deep fascia") for code in ("LI10", *at_bone.split())}
        assert seen[2] == named
        assert ("BL56", "deep fascia") in seen[0]
        assert ("ST25", "muscle") in seen[0]
        assert ("ST25", "peritoneum") in seen[0]
        assert ("hindlimb non-acupoint", "muscle") in seen[0]
        looked_at = {"ST36", "LI10", "BL56", "ST25", "hindlimb non-acupoint"}
        for site in atlas.sites():
            if site.code not in looked_at:
                for tissue in atlas.tissues(site.code):
                    here = (site.code, tissue.kind)
                    everywhere = tissue.kind in ("skin", "peritoneum")
                    assert (here in seen[None]) != (everywhere or here in named)

    def test_an_unknown_grade_has_no_source_and_a_known_one_has(self) -> None:
        for site in atlas.sites():
            for tissue in atlas.tissues(site.code):
                for fibre_class in atlas.CLASSES:
                    supply = atlas.innervation(tissue, fibre_class)
                    assert (supply.grade is None) == (supply.source == "")

    def test_the_fibres_of_ST36_run_through_the_sciatic(self) -> None:
        for tissue in atlas.tissues("ST36"):
            chain = atlas.nerve_chain(tissue.nerve)
            assert {"common peroneal", "sciatic"} <= set(chain)
            assert "tibial" not in chain

    def test_provenance_names_every_file_of_thresholds(self) -> None:
        told = json.loads((TABLES / "thresholds" / "provenance.json").read_text())
        assert set(told["files"]) == {p.name for p in (TABLES / "thresholds").glob("*.csv")}


WHO_LAST = {
    "LU": 11, "LI": 20, "ST": 45, "SP": 21, "HT": 9, "SI": 19, "BL": 67, "KI": 27, "PC": 9,
    "TE": 23, "GB": 44, "LR": 14, "GV": 28, "CV": 24,
}  # fmt: skip
"""Channels of the WHO's standard (2008) with the number of their last point, 361 in all."""


def who_points() -> list[atlas.Site]:
    """The sites that are points of the standard."""
    found = []
    for site in atlas.sites():
        letters, number = site.code[:2], site.code[2:]
        if letters in WHO_LAST and number.isdigit() and 1 <= int(number) <= WHO_LAST[letters]:
            found.append(site)
    return found


def refused_sites() -> list[str]:
    return [site.code for site in atlas.sites() if site.refused]


class TestSites:
    def test_there_are_at_least_60_points_over_limbs_trunk_and_head(self) -> None:
        assert sum(WHO_LAST.values()) == 361
        regions: dict[str, int] = defaultdict(int)
        for site in who_points():
            regions[site.region] += 1
        assert sum(regions.values()) >= 60
        assert min(regions[region] for region in ("hind", "fore", "trunk", "head")) >= 10
        others = {"hindlimb non-acupoint", "abdominal non-acupoint", "EX-HN3", "auricular concha"}
        assert {site.code for site in atlas.sites()} - {s.code for s in who_points()} == others

    @pytest.mark.parametrize(
        ("code", "name", "region", "segments"),
        [
            ("PC8", "Laogong", "fore", "C6-T1"),  # traced in rats
            ("LR3", "Taichong", "hind", "L3-L5"),  # traced in rats
            ("CV17", "Danzhong", "trunk", "T3-T5"),
            ("GV20", "Baihui", "head", "C2, V1"),
            ("GB20", "Fengchi", "neck", "C2-C3"),
            ("BL32", "Ciliao", "sacrum", "S2"),
        ],
    )
    def test_a_few_against_the_books(
        self, code: str, name: str, region: str, segments: str
    ) -> None:
        found = atlas.site(code)
        assert (found.name, found.region, found.segments) == (name, region, segments)

    def test_a_site_with_a_reflex_can_be_needled_through_all_its_layers(self) -> None:
        for site in atlas.sites():
            if not site.refused:
                layers = atlas.tissues(site.code)
                assert [layer.kind for layer in layers][:2] == ["skin", "superficial fascia"]
                assert layers[0].from_mm == 0
                assert layers[0].to_mm == layers[1].from_mm
                assert 0.8 <= atlas.needle_depth(site) <= max(layer.to_mm for layer in layers) + 1

    def test_a_cut_of_the_nerves_in_its_layers_silences_a_site(self) -> None:
        for site in atlas.sites():
            if not site.refused:
                nerves = {layer.nerve for layer in atlas.tissues(site.code)}
                strong: dict[str, Any] = {"current_mA": 10, "pulse_width_us": 100}
                cut = recruit(site=site.code, frequency_hz=10, cut=nerves, **strong)
                assert site.nerve in nerves
                assert max(band.high for band in cut.classes.values()) == 0

    def test_depth_in_a_mouse_is_sourced_at_three_sites_and_assumed_or_unknown_elsewhere(
        self,
    ) -> None:
        sourced = {s.code for s in atlas.sites() if s.depth_source not in ("", "assumed")}
        assert sourced == {"ST36", "GV20", "GV24"}
        assert all((s.depth_mm is None) == (s.depth_source == "") for s in atlas.sites())
        assert all((s.human_mm is None) == (s.human_source == "") for s in atlas.sites())

    @pytest.mark.parametrize("code", refused_sites())
    def test_where_the_model_has_no_reflex_a_stimulus_is_refused_with_the_reason(
        self, code: str
    ) -> None:
        here = atlas.site(code)
        assert here.region not in atlas.REGIONS
        assert here.layers[0] == "skin"
        assert atlas.tissues(code) == ()
        electric: dict[str, Any] = {"current_mA": 1, "pulse_width_us": 100, "depth_mm": 1.0}
        light: dict[str, Any] = {"opsin": "CatCh", "irradiance_mW_mm2": 10}
        for attempt, settings in ((recruit, electric), (recruit_light, light)):
            with pytest.raises(InputError) as refused:
                attempt(site=code, frequency_hz=10, **settings)
            assert refused.value.field == "site"
            assert refused.value.message == (
                f"a stimulus at {code} can't be represented: {here.refused}"
            )

    def test_an_experiment_at_the_head_is_refused_where_the_file_names_it(self) -> None:
        text = (files("reflexarc.experiments") / "liu-2021.yaml").read_text(encoding="utf-8")
        line = next(n for n, row in enumerate(text.splitlines(), 1) if "{site: LI10}" in row)
        with pytest.raises(InputError) as refused:
            Experiment.parse(text.replace("{site: LI10}", "{site: GV20}"))
        assert refused.value.line == line
        assert refused.value.field == "arms.forearm 0.5 mA.electroacupuncture.site"
        assert "GV20 can't be represented: afferents of the head" in refused.value.message
        offered = json.dumps(Experiment.json_schema()["$defs"]["Electroacupuncture"])
        assert "PC8" in offered
        assert "GV20" not in offered

    def test_what_is_refused_can_still_be_read_about(self) -> None:
        done = CliRunner().invoke(app, ["sites", "GV20"])
        assert done.exit_code == 0
        assert "epicranial aponeurosis" in done.stdout
        assert "afferents of the head" in done.stderr
        assert json.loads(CliRunner().invoke(app, ["sites", "ST6", "--json"]).stdout) == {
            "site": json.loads(json.dumps(asdict(atlas.site("ST6"))))
        }
        listed = CliRunner().invoke(app, ["sites"]).stdout
        assert all(site.code in listed for site in atlas.sites())


class TestWords:
    @pytest.mark.parametrize("word", ["ST36", "st36", "ST-36", "Zusanli", "zusanli"])
    def test_a_site_by_any_of_its_names(self, word: str) -> None:
        assert atlas.site(word).code == "ST36"

    def test_an_unknown_site_brings_the_nearest(self) -> None:
        with pytest.raises(InputError, match="unknown site 'ST63'; did you mean 'ST36'"):
            atlas.site("ST63")

    def test_an_unknown_nerve_brings_the_nearest(self) -> None:
        with pytest.raises(InputError, match="did you mean 'sciatic'"):
            atlas.nerve("siatic")

    def test_an_unknown_opsin_and_an_unknown_hook(self) -> None:
        with pytest.raises(InputError, match="did you mean 'ChR2'"):
            atlas.opsin("ChR1")
        with pytest.raises(InputError, match="unknown nerve electrode 'optic'"):
            atlas.trunk("optic")


# Thresholds in mA at 50 and 200 us, isotropic 0.3 S/m: the printed table of the science notes.
PRINTED = [
    (True, 2, 0.5, 0.60, 0.23),
    (True, 2, 2.0, 19.0, 6.6),
    (True, 3, 0.1, 0.023, 0.011),
    (True, 3, 1.0, 1.37, 0.52),
    (True, 4, 3.0, 11.6, 4.0),
    (True, 6, 1.0, 0.48, 0.185),
    (True, 10, 0.5, 0.104, 0.047),
    (True, 10, 3.0, 2.1, 0.76),
    (True, 12, 2.0, 0.82, 0.33),
    (False, 0.5, 0.5, 11.2, 2.8),
    (False, 0.8, 1.0, 48.0, 12.0),
    (False, 1.0, 0.1, 0.164, 0.048),
]

# Another simulator (NEURON with PyFibers), in 0.2 S/m: diameter, distance, pulse width, mA.
OTHER_SIMULATOR = [
    (True, 8, 0.5, 50, 0.077),
    (True, 8, 1.0, 50, 0.232),
    (True, 8, 2.0, 400, 0.209),
    (True, 2, 0.5, 200, 0.154),
    (True, 2, 1.0, 50, 2.09),
    (True, 2, 2.0, 100, 7.43),
    (False, 0.8, 0.5, 100, 2.56),
    (False, 0.8, 1.0, 400, 4.0),
]

# Radius in mm at 0.5, 3 and 40 mA; None where it exceeds the table of the notes.
RADII: list[tuple[str, bool, float, int, tuple[float | None, ...]]] = [
    ("point, muscle", True, 10, 50, (1.35, 3.1, None)),
    ("point, muscle", True, 6, 200, (1.6, 3.3, None)),
    ("point, muscle", True, 3, 50, (0.55, 1.1, 2.9)),
    ("point, muscle", True, 2, 400, (0.70, 1.4, 3.4)),
    ("point, muscle", False, 0.8, 50, (0.14, 0.28, 0.73)),
    ("needle", True, 10, 50, (1.1, None, None)),
    ("needle", True, 6, 50, (0.68, 1.9, None)),
    ("needle", True, 3, 200, (0.58, 1.5, None)),
    ("needle", True, 2, 50, (0.16, 0.53, 1.8)),
    ("needle", False, 0.8, 200, (None, 0.24, 0.96)),
]


class TestThresholds:
    @pytest.mark.parametrize(("myelinated", "diameter", "distance", "short", "long"), PRINTED)
    def test_the_printed_table(
        self, myelinated: bool, diameter: float, distance: float, short: float, long: float
    ) -> None:
        for width, printed in ((50, short), (200, long)):
            found = threshold(
                "point, isotropic",
                myelinated=myelinated,
                diameter_um=diameter,
                distance_mm=distance,
                pulse_width_us=width,
            )
            assert found == pytest.approx(printed, rel=0.05)

    @pytest.mark.parametrize(
        ("myelinated", "diameter", "distance", "width", "theirs"), OTHER_SIMULATOR
    )
    def test_another_simulator_in_a_medium_that_conducts_less(
        self, myelinated: bool, diameter: float, distance: float, width: float, theirs: float
    ) -> None:
        ours = threshold(
            "point, isotropic",
            myelinated=myelinated,
            diameter_um=diameter,
            distance_mm=distance,
            pulse_width_us=width,
        )
        assert ours * 0.2 / 0.3 == pytest.approx(theirs, rel=0.05)

    @pytest.mark.parametrize(("contact", "myelinated", "diameter", "width", "radii"), RADII)
    def test_the_radius_within_which_a_fibre_fires(
        self,
        contact: str,
        myelinated: bool,
        diameter: float,
        width: int,
        radii: tuple[float | None, ...],
    ) -> None:
        for current, radius in zip((0.5, 3.0, 40.0), radii, strict=True):
            if radius is None:
                continue
            found = threshold(
                contact,  # type: ignore[arg-type]
                myelinated=myelinated,
                diameter_um=diameter,
                distance_mm=radius,
                pulse_width_us=width,
            )
            # a radius printed to two figures is good to some percent, a threshold to twice that
            assert found == pytest.approx(current, rel=0.2)

    def test_anisotropy_is_the_exact_mapping(self) -> None:
        across, along = 0.086, 0.35
        for diameter in (3.0, 6.0, 10.0):
            muscle = threshold(
                "point, muscle",
                myelinated=True,
                diameter_um=diameter,
                distance_mm=1.0,
                pulse_width_us=100,
            )
            isotropic = threshold(
                "point, isotropic",
                myelinated=True,
                diameter_um=diameter,
                distance_mm=math.sqrt(along / across),
                pulse_width_us=100,
            )
            assert muscle == pytest.approx(across / 0.3 * isotropic, rel=0.02)

    def test_nothing_is_interpolated_from_one_cable_model_to_the_next(self) -> None:
        def at(diameter: float) -> float:
            return threshold(
                "needle",
                myelinated=True,
                diameter_um=diameter,
                distance_mm=0.5,
                pulse_width_us=100,
            )

        assert at(5.3) == at(5.0)
        assert at(5.8) == at(6.0)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"diameter_um": 20.0}, "diameter"),
            ({"diameter_um": 1.0}, "diameter"),
            ({"distance_mm": 4.0}, "distance"),
            ({"distance_mm": 0.01}, "distance"),
            ({"pulse_width_us": 30.0}, "pulse width"),
            ({"pulse_width_us": 1000.0}, "pulse width"),
            ({"pulse_width_us": math.nan}, "pulse width"),
        ],
    )
    def test_outside_the_table_is_refused(self, changed: dict[str, float], field: str) -> None:
        inside = {"diameter_um": 3.0, "distance_mm": 0.5, "pulse_width_us": 100.0}
        with pytest.raises(InputError) as refused:
            threshold("needle", myelinated=True, **{**inside, **changed})
        assert refused.value.field == field
        assert "outside the threshold table" in str(refused.value)

    @given(
        diameter=st.floats(2, 12),
        distance=st.floats(0.05, 2.9),
        width=st.floats(50, 380),
        step=st.floats(1.01, 1.05),
    )
    def test_far_and_short_need_more_current(
        self, diameter: float, distance: float, width: float, step: float
    ) -> None:
        def at(distance: float, width: float) -> float:
            return threshold(
                "needle",
                myelinated=True,
                diameter_um=diameter,
                distance_mm=distance,
                pulse_width_us=width,
            )

        here = at(distance, width)
        assert at(distance * step if distance * step < 3 else 3.0, width) > here
        assert at(distance, width * step) < here

    def test_geometry_factors_are_those_of_the_table(self) -> None:
        cells = [r for r in rows("thresholds/geometry.csv") if r["case"] == "biphasic"]
        assert len(cells) == 15
        for cell in cells:
            diameter, distance = float(cell["diameter_um"]), float(cell["distance_mm"])
            setting: dict[str, Any] = {
                "myelinated": cell["block"] != "SUNDT",
                "diameters_um": (diameter,),
                "pulse_width_us": 200.0,
                "reach_mm": 5.0,
            }
            here = np.array([distance])
            plain = threshold_plane("point, isotropic", **setting).log_threshold(here)
            biphasic = threshold_plane(
                "point, isotropic",
                **setting,
                waveform="biphasic",
            ).log_threshold(here)
            ratio = math.exp((biphasic - plain)[0, 0])
            assert ratio == pytest.approx(float(cell["ratio"]), rel=0.01)

    def test_four_models_of_C_fibres_lie_within_the_factor_that_is_carried(self) -> None:
        cells: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for row in rows("thresholds/c_models.csv"):
            place = row["diameter_um"], row["distance_mm"], row["pulse_width_us"]
            cells[place][row["model"]] = float(row["threshold_mA"])
        carried = next(f.threshold_factor for f in atlas.fibre_classes() if f.id == "C")
        complete = [models for models in cells.values() if len(models) == 4]
        assert complete
        for models in complete:
            for value in models.values():
                assert 1 / carried / 1.2 < value / models["SUNDT"] < carried


def shaft_factor(cell: dict[str, str]) -> float:
    """Return a threshold beside a bare shaft over that beside the middle of 3 mm, by our law."""
    length, diameter = float(cell["parameter"]), float(cell["diameter_um"])
    radius = float(cell["distance_mm"])
    field = field_length(diameter, myelinated=cell["block"] != "SUNDT")

    def bend(length: float, axial: float) -> float:
        def potential(away: float) -> float:
            ends = math.asinh((length / 2 - axial) / away) + math.asinh((length / 2 + axial) / away)
            return ends / length

        return potential(radius) - potential(math.hypot(radius, field))

    return bend(3.0, 0.0) / bend(length, length / 2 if "tip" in cell["case"] else 0.0)


class TestField:
    def test_the_law_of_the_shaft_against_cable_models(self) -> None:
        cells = [
            r
            for r in rows("thresholds/geometry.csv")
            if r["case"].startswith("bare shaft") and r["medium"] == "muscle"
        ]
        middle = {
            (r["diameter_um"], r["distance_mm"]): float(r["ratio"])
            for r in cells
            if r["case"] == "bare shaft middle" and float(r["parameter"]) == 3
        }
        assert len(cells) == 90
        errors = [
            abs(
                math.log(
                    shaft_factor(r) * middle[r["diameter_um"], r["distance_mm"]] / float(r["ratio"])
                )
            )
            for r in cells
        ]
        assert max(errors) < 0.15
        assert float(np.sqrt(np.mean(np.square(errors)))) < 0.06

    # Fractions at 0.5, 3 and 40 mA, of an independent calculation: see docs/sites.md
    @pytest.mark.parametrize(
        ("fibre_class", "width", "expected"),
        [
            ("AB", 50, (0.34, 1, 1)),
            ("AB", 200, (0.92, 1, 1)),
            ("AB", 400, (0.98, 1, 1)),
            ("PROKR2", 50, (0.10, 0.74, 1)),
            ("PROKR2", 200, (0.40, 0.97, 1)),
            ("PROKR2", 400, (0.58, 0.99, 1)),
            ("AD", 50, (0.04, 0.43, 1)),
            ("AD", 200, (0.17, 0.88, 1)),
            ("AD", 400, (0.28, 0.96, 1)),
            ("C", 50, (0, 0, 0.07)),
            ("C", 200, (0, 0.02, 0.31)),
            ("C", 400, (0, 0.04, 0.58)),
        ],
    )
    def test_fractions_beside_the_middle_of_a_bare_needle(
        self, fibre_class: str, width: int, expected: tuple[float, ...]
    ) -> None:
        needle = Needle(3.0, 3.0, False, "monophasic", "cathode")
        nodes = tissue_nodes(
            needle,
            POPULATIONS[fibre_class],
            from_mm=1.4999,
            to_mm=1.5001,
            pulse_width_us=float(width),
        )
        found = [recruited_fraction(nodes, current) for current in (0.5, 3.0, 40.0)]
        assert found == pytest.approx(expected, abs=0.035)

    def test_fractions_agree_with_a_crude_count(self) -> None:
        """Throw fibres at random around an insulated tip and count those that fire."""
        random = np.random.default_rng(1)
        radii = DISC_MM * np.sqrt(random.uniform(size=3000))
        diameters = random.normal(4.5, 1.2, 40_000)
        diameters = diameters[(diameters > 2) & (diameters < 8)][:3000]
        depths = random.uniform(2.0, 4.0, 3000)
        fire = sum(
            threshold(
                "point, muscle",
                myelinated=True,
                diameter_um=float(np.round(d, 1)),
                distance_mm=max(0.05, float(np.hypot(r, z - 3.0))),
                pulse_width_us=50,
            )
            <= 1.0
            for r, d, z in zip(radii, diameters, depths, strict=True)
        )
        nodes = tissue_nodes(
            Needle(3.0, 0.0, False, "monophasic", "cathode"),
            POPULATIONS["PROKR2"],
            from_mm=2.0,
            to_mm=4.0,
            pulse_width_us=50.0,
        )
        assert recruited_fraction(nodes, 1.0) == pytest.approx(fire / 3000, abs=0.03)

    def test_nodes_keep_the_mean_of_a_population(self) -> None:
        for population in POPULATIONS.values():
            nodes = diameter_nodes(population)
            assert min(nodes) > population.min_um
            assert max(nodes) < population.max_um
            assert float(np.mean(nodes)) == pytest.approx(population.mean_um, rel=0.03)

    @given(
        depth=st.floats(0.3, 6),
        bare=st.floats(0, 1),
        top=st.floats(0, 4),
        thick=st.floats(0.05, 2),
        fibre_class=st.sampled_from(atlas.CLASSES),
        current=st.floats(0.01, 20),
    )
    def test_a_fraction_lies_between_0_and_1_and_grows_with_current(
        self,
        depth: float,
        bare: float,
        top: float,
        thick: float,
        fibre_class: str,
        current: float,
    ) -> None:
        needle = Needle(depth, bare * depth, False, "monophasic", "cathode")
        nodes = tissue_nodes(
            needle,
            POPULATIONS[fibre_class],
            from_mm=top,
            to_mm=top + thick,
            pulse_width_us=100.0,
        )
        assert np.isfinite(nodes.log_threshold).all()
        less, more = recruited_fraction(nodes, current), recruited_fraction(nodes, 2 * current)
        assert 0 <= less <= more <= 1

    @given(beyond=st.floats(0, 3), step=st.floats(0.1, 2), current=st.floats(0.1, 40))
    def test_a_tissue_farther_beyond_the_tip_fires_less(
        self, beyond: float, step: float, current: float
    ) -> None:
        needle = Needle(1.0, 1.0, False, "monophasic", "cathode")

        def at(depth: float) -> float:
            nodes = tissue_nodes(
                needle,
                POPULATIONS["PROKR2"],
                from_mm=depth,
                to_mm=depth + 0.3,
                pulse_width_us=50.0,
            )
            return recruited_fraction(nodes, current)

        assert at(1.0 + beyond + step) <= at(1.0 + beyond) + 1e-12

    def test_an_anode_and_a_long_shaft_are_weaker(self) -> None:
        def at(bare: float, polarity: str) -> float:
            nodes = tissue_nodes(
                Needle(5.0, bare, False, "monophasic", polarity),  # type: ignore[arg-type]
                POPULATIONS["AD"],
                from_mm=5.0 - bare,
                to_mm=5.0,
                pulse_width_us=200.0,
            )
            return recruited_fraction(nodes, 1.0)

        assert at(1.0, "cathode") > at(3.0, "cathode") > at(5.0, "cathode") > 0
        assert at(3.0, "anode") < at(3.0, "cathode") / 3

    def test_a_hook_on_a_nerve_fires_its_near_side_first(self) -> None:
        nodes = nerve_nodes(
            POPULATIONS["C"], near_mm=0.05, far_mm=0.25, pulse_width_us=200.0, waveform="monophasic"
        )
        found = [recruited_fraction(nodes, current) for current in (0.0, 0.05, 0.2, 40.0)]
        assert found[0] == 0
        assert found == sorted(found)
        assert found[-1] == pytest.approx(1.0)
