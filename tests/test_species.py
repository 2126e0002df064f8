"""Rat and human: the mouse's structure with some numbers replaced by stated rules."""

import csv
import math
from importlib.resources import files

import numpy as np
import pytest

from reflexarc.biology import (
    assemble,
    differences,
    find_species,
    is_supported,
    parameters,
    species_names,
    species_values,
)
from reflexarc.cohort import Cohort, spreads
from reflexarc.ensemble import simulate
from reflexarc.errors import InputError
from reflexarc.evidence import references
from reflexarc.fitting import write_parameters
from reflexarc.limits import limits
from reflexarc.protocol import Experiment
from reflexarc.timeline import build_timelines

MOUSE = {p.id: p.value for p in parameters()}


def endotoxin(species, dose="2 ng/kg", **more):
    return Experiment.from_mapping(
        {
            "title": "Endotoxin",
            "challenge": {"LPS": dose, "route": "i.v.", **more},
            "animals": {"species": species, "per arm": 20},
            "arms": {"LPS": {}},
            "measure": ["TNF at 0, 8 h", "corticosterone at 2 h"],
        }
    )


def peaks(size):
    """Peaks of TNF, IL-6 and IL-10 in men after 2 ng/kg, and when they come, by cytokine."""
    times = np.arange(0, 8.01, 0.25)
    courses = simulate(
        model=assemble(),
        timelines=build_timelines(endotoxin("human")),
        cohort=Cohort.sample(spreads(assemble(), species="human"), size=size, seed=1),
        times=times,
        outputs=("TNF", "IL6", "IL10"),
    )
    return {
        name: (courses[name].values[0].max(axis=1), times[courses[name].values[0].argmax(axis=1)])
        for name in ("TNF", "IL6", "IL10")
    }


def measured_peaks(outcome):
    text = files("reflexarc.evidence").joinpath("data/human_lps_individuals.csv").read_text()
    highest = {}
    for row in csv.DictReader(text.splitlines()):
        if row["outcome"] == outcome:
            who, level = row["subject"], float(row["pg_per_mL"])
            highest[who] = max(level, highest.get(who, 0.0))
    return np.array(list(highest.values()))


def test_the_mouse_is_the_model_and_nothing_replaces_its_numbers():
    assert species_names() == ("mouse", "rat", "human")
    assert species_values("mouse") == {}
    assert find_species(" Mice ") == "mouse"


def test_elimination_slows_with_the_fourth_root_of_body_mass():
    human, rat = species_values("human"), species_values("rat")
    for name, mass in (
        ("k_hexamethonium", 0.025),
        ("k_naloxone", 0.3),
        ("k_reserpine_loss", 0.3),
        ("k_atenolol", 70),
        ("k_anti_TNF_loss", 70),
        ("k_antibiotics", 70),
        ("k_fenoldopam", 70),
    ):
        assert human[name] == pytest.approx(MOUSE[name] * (70 / mass) ** -0.25)
        assert rat[name] == pytest.approx(MOUSE[name] * (0.3 / mass) ** -0.25)
    assert "k_TNF" in human
    assert human["k_TNF"] != MOUSE["k_TNF"]


def test_every_difference_has_a_source_or_says_that_it_is_assumed():
    known = set(references())
    for row in differences():
        assert row.source in known or not row.source
        if row.status in ("measured", "fitted") or row.rule == "datum":
            assert row.source, f"{row.species} {row.id}"
        if row.status == "fitted":
            assert row.lower is not None
            assert row.upper is not None
            assert row.lower <= row.value <= row.upper


def test_an_unknown_species_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="human"):
        endotoxin("humn")


def test_a_timeline_starts_with_the_numbers_of_the_species():
    assert build_timelines(endotoxin("mouse"))[0].initial == {}
    assert build_timelines(endotoxin("human"))[0].initial == species_values("human")


def test_men_vary_as_measured_in_twenty():
    """SD of the logarithm of peaks: 0.67 (TNF), 0.48 (IL-6), 0.43 (IL-10) in the data."""
    simulated = peaks(300)
    for variable, outcome in (("TNF", "TNF"), ("IL6", "IL-6"), ("IL10", "IL-10")):
        level, time = simulated[variable]
        data = measured_peaks(outcome)
        assert len(data) == 20
        assert np.log(level).std() == pytest.approx(np.log(data).std(ddof=1), abs=0.12)
        assert np.median(level) == pytest.approx(np.median(data), rel=1.0)
        assert 1.0 <= np.median(time) <= 4.0


def test_a_report_says_what_no_human_datum_supports():
    assert not is_supported("human", "corticosterone")
    words = " ".join(limits(endotoxin("human")))
    assert "extrapolat" in words
    assert "corticosterone" in words
    assert "TNF," not in words
    assert "survival" not in words
    watched = {**endotoxin("human").resolved(), "measure": ["survival for 7 d"]}
    assert "survival" in " ".join(limits(Experiment.from_mapping(watched)))
    assert "extrapolat" not in " ".join(limits(endotoxin("mouse")))


def test_a_fit_writes_the_rows_of_its_species_alone(tmp_path):
    table = tmp_path / "species.tsv"
    table.write_text("species\tid\trule\tvalue\nrat\tk_TNF\tfactor\t1\nhuman\tk_TNF\tfactor\t1\n")
    write_parameters(table, {"k_TNF": math.pi}, species="human")
    assert table.read_text().splitlines()[1:] == [
        "rat\tk_TNF\tfactor\t1",
        "human\tk_TNF\tfactor\t3.142",
    ]
