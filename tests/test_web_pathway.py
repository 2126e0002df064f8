"""The drawn pathway is true of the equations; what a page can cut is what the model can cut."""

from dataclasses import replace
from itertools import pairwise

import pytest

from reflexarc.biology import states
from reflexarc.vocabulary import find_lesion, lesion_names
from reflexarc.web.pathway import Edge, edges, objections, parts, pathway_data
from reflexarc.web.structure import structure


def test_every_part_and_edge_is_true_of_the_equations() -> None:
    assert list(objections()) == []


def changed(ends: tuple[str, str], fields: dict[str, object]) -> tuple[Edge, ...]:
    found = [
        replace(edge, **fields) if (edge.source, edge.target) == ends else edge  # type: ignore[arg-type]
        for edge in edges()
    ]
    assert found != list(edges())
    return tuple(found)


@pytest.mark.parametrize(
    ("ends", "fields", "complaint"),
    [
        (("prokr2", "lamina"), {"target": "tnf"}, "no way through the equations"),
        (("nts", "dmv"), {"sign": "-"}, "not that of the equations"),
        (("dmv", "vagus"), {"lesions": ("coeliac branch",)}, "does not cut it"),
        (("medulla", "dopamine"), {"lesions": ("adrenal nerve",)}, "does not cut it"),
        (("nts", "dmv"), {"flow": ("nonsense",)}, "the model has no 'nonsense'"),
        (("nts", "dmv"), {"source": "nobody"}, "no part"),
    ],
)
def test_a_false_edge_is_refused(
    ends: tuple[str, str], fields: dict[str, object], complaint: str
) -> None:
    told = list(objections(None, changed(ends, fields)))
    assert any(complaint in sentence for sentence in told)


def test_a_false_lesion_of_a_part_is_refused() -> None:
    drawn = tuple(
        replace(part, lesions=("D1 receptor knock-out",)) if part.id == "dmv" else part
        for part in parts()
    )
    assert [s for s in objections(drawn) if s.startswith("dmv: 'D1 receptor knock-out'")]


def test_a_part_that_no_removal_takes_away_is_refused() -> None:
    drawn = tuple(replace(part, organ="present_D1") for part in parts() if part.id == "medulla")
    assert "medulla: no removal of an organ sets 'present_D1'" in list(objections(drawn, ()))


def test_every_lesion_that_the_model_can_do_is_reachable_by_a_click() -> None:
    drawn = {name for one in (*parts(), *edges()) for name in one.lesions}
    assert drawn == set(lesion_names())


def test_peripheral_nerves_are_cut_between_needle_and_fibres() -> None:
    cut = {e.target for e in edges() if e.source == "needle" and "sciatic" in e.lesions}
    assert cut == {"prokr2", "pain", "touch"}
    assert find_lesion("sciatic").cuts == ("sciatic",)


def test_parts_have_ids_of_their_own_and_room() -> None:
    found = parts()
    assert len({part.id for part in found}) == len(found)
    taken = [id for part in found for id in part.ids]
    assert len(set(taken)) == len(taken)
    by_row: dict[int, list[float]] = {}
    for part in found:
        assert 0 <= part.place <= 100
        by_row.setdefault(part.row, []).append(part.place)
    for row, places in by_row.items():
        steps = sorted(places)
        assert all(b - a >= 11 for a, b in pairwise(steps)), row


def test_the_main_drawing_hangs_together() -> None:
    main = {part.id for part in parts() if part.level == "main"}
    joined = [(e.source, e.target) for e in edges() if {e.source, e.target} <= main]
    reached, before = {"needle"}, set()
    while reached != before:
        before, reached = reached, reached | {b for a, b in joined if a in reached}
    assert {"dmv", "dopamine", "macrophage", "tnf", "death", "splenic"} <= reached
    assert all(any(part in pair for pair in joined) for part in main)


# States without a place in the drawing: the lists beside it show them.
UNDRAWN_SUBSYSTEMS = {"agents"}
UNDRAWN = {
    # Steps inside a cell, between two parts that are drawn.
    "vesicles", "tolerance", "disease", "transcript_TNF", "cofactor_IL6", "transcript_IL6",
    "late_programme", "iNOS", "endothelium",
    # What somebody gives: drugs, gas, and the irritants of a paw or the belly.
    "isoflurane", "conditioning", "antibiotics", "fluids", "naloxone",
    "naloxone_left", "naloxone_right", "methiodide", "methiodide_left", "methiodide_right",
    "irritant_left", "irritant_right", "irritant_peritoneum", "adjuvant_left", "adjuvant_right",
    # Swelling that carrageenan makes in the belly: it is measured, and feeds nothing.
    "inflammation_peritoneum",
}  # fmt: skip


def test_states_without_a_part_are_known() -> None:
    drawn = {id for one in parts() for id in one.ids} | {id for e in edges() for id in e.flow}
    missing = {s.id for s in states() if s.subsystem not in UNDRAWN_SUBSYSTEMS} - drawn
    assert missing <= UNDRAWN, f"no part in pathway_nodes.tsv for {sorted(missing - UNDRAWN)}"


def test_data_is_plain() -> None:
    data = pathway_data()
    assert {"from", "to", "kind", "sign", "flow", "full", "lesions", "note"} == set(
        data["edges"][0]
    )
    assert data["parts"][0]["id"] == parts()[0].id


def test_structure_keeps_the_equations_apart() -> None:
    shape = structure()
    assert shape.uses["splanchnic_adrenal"] == {"intact_adrenal_nerve", "splanchnic_nerve"}
    cut = shape.lesioned({"intact_adrenal_nerve": 0.0})
    assert "vagal_adrenal" not in cut.uses["vagal_excess"]
    assert list(shape.ways(["NTS"], ["DMV"])) == [("NTS", "DMV")]
    assert shape.sign(("IL10", "brake_IL10", "drive_cytokine")) == -1
