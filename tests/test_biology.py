"""The assembled model: sound SBML, tables that point at what exists, biology that holds."""

import re
from importlib.resources import files
from types import SimpleNamespace

import libsbml
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflexarc.biology import (
    agents,
    assemble,
    cord,
    hypotheses,
    inputs,
    lesions,
    observables,
    parameters,
    states,
)
from reflexarc.evidence import references
from reflexarc.reference import simulate_animal
from reflexarc.references import keys_in

MODEL = assemble()
INPUTS = {given.id for given in inputs()}
STATES = {state.id for state in states()}
PARAMETERS = {parameter.id for parameter in parameters()}


def run(*, initial=None, edges=(), times, outputs, multipliers=None):
    """Run the typical mouse; edges are (time, set, add)."""
    edges = [SimpleNamespace(time=t, set=s, add=a) for t, s, a in edges]
    start = min([edge.time for edge in edges] + [times[0]])
    timeline = SimpleNamespace(
        arm="test", start=start, stop=times[-1], initial=initial or {}, edges=tuple(edges)
    )
    return simulate_animal(
        model=MODEL, timeline=timeline, times=times, outputs=outputs, multipliers=multipliers
    )


def lps(dose, state="LPS_blood", at=0.0):
    return (at, {}, {state: dose})


# ----------------------------------------------------------------------------------------- SBML


def test_the_table_of_subsystems_names_every_fragment_once():
    folder = files("reflexarc.biology")
    fragments = {p.name.removesuffix(".ant") for p in folder.iterdir() if p.name.endswith(".ant")}
    names = [subsystem.name for subsystem in MODEL.subsystems]
    assert ["name", *names] == folder.joinpath("subsystems.tsv").read_text().split()
    assert sorted(names) == sorted(fragments - {"functions", "units"})


def test_libsbml_finds_no_error_and_no_warning_units_included():
    document = libsbml.readSBMLFromString(MODEL.sbml)
    document.checkConsistency()
    found = [document.getError(i).getMessage() for i in range(document.getNumErrors())]
    assert found == []


def test_a_wrong_unit_would_be_found():
    """The check above can fail: give one rate constant another unit."""
    broken = MODEL.sbml.replace(
        '<parameter id="d_TNF" value="2.2" units="per_hour"',
        '<parameter id="d_TNF" value="2.2" units="hour"',
    )
    assert broken != MODEL.sbml
    document = libsbml.readSBMLFromString(broken)
    assert document.checkConsistency() > 0


def test_every_quantity_has_a_unit():
    model = libsbml.readSBMLFromString(MODEL.sbml).getModel()
    without = [p.getId() for p in model.getListOfParameters() if not p.getUnits()]
    without += [s.getId() for s in model.getListOfSpecies() if not s.getSubstanceUnits()]
    assert without == []


def test_every_state_is_annotated():
    model = libsbml.readSBMLFromString(MODEL.sbml).getModel()
    for state in states():
        element = model.getElementBySId(state.id)
        assert element.getSBOTermID(), state.id
        resources = [
            term.getResourceURI(i)
            for term in (element.getCVTerm(k) for k in range(element.getNumCVTerms()))
            for i in range(term.getNumResources())
        ]
        assert any(r.startswith("http://identifiers.org/") for r in resources), state.id


def test_level_and_version():
    document = libsbml.readSBMLFromString(MODEL.sbml)
    assert (document.getLevel(), document.getVersion()) == (3, 2)


def test_fragments_hold_no_number_but_structure():
    """Values live in the table: in a fragment a number is 0, 1, 2 or 3."""
    for subsystem in MODEL.subsystems:
        code = re.sub(r"//.*", "", subsystem.text)
        code = re.sub(r"\b[A-Za-z_]\w*\b", "", code)
        assert set(re.findall(r"\d+(?:\.\d+)?", code)) <= {"0", "1", "2", "3"}, subsystem.name


# ---------------------------------------------------------------------------------------- tables


def test_measured_parameters_have_a_source_that_exists():
    for parameter in parameters():
        keys = keys_in(parameter.source)
        assert keys or parameter.status != "measured", parameter.id
        assert set(keys) <= set(references()), parameter.id


def test_a_definition_says_what_it_defines():
    """Strict: four units and the switches of hypotheses; none whose value a source could give."""
    found = [p for p in parameters() if p.status == "definition"]
    switches = {h.parameter for h in hypotheses()}
    units = {"f_ref", "w_humoral_cNST", "K_death", "k_neutrophils", "g_inflammation"}
    assert {p.id for p in found} == units | switches
    assert all(p.note and p.spread is None and p.lower is None for p in found)


def test_what_is_defined_changes_nothing_when_its_partners_move_along():
    """Units of cNST, death, neutrophils and inflammation: they scale with their partners."""
    values = {p.id: p.value for p in parameters()}
    outputs = ["TNF", "splenic_nerve", "DMV", "hazard"]
    at = {"edges": [lps(5.0)], "times": [0.0, 3.0, 30.0], "outputs": outputs}
    plain = run(**at)
    weights = ("w_humoral_cNST", "w_vagal_cNST", "w_drive_cNST")
    unit = dict.fromkeys(weights, 2.0) | dict.fromkeys(("w_cNST_RVLM", "w_cNST_DMV"), 0.5)
    np.testing.assert_allclose(run(multipliers=unit, **at), plain, rtol=1e-5, atol=1e-9)
    death = {"K_death": 2.0, "h_death": 2.0 ** values["n_death"]}
    np.testing.assert_allclose(run(multipliers=death, **at), plain, rtol=1e-5, atol=1e-9)
    infected = {
        "edges": [(0.0, {}, {"bacteria_peritoneum": 3.0})],
        "times": [0.0, 2.0, 4.0],
        "outputs": ["bacteria_peritoneum", "bacteria_blood", "TNF"],
    }
    plain = run(**infected)
    assert run(multipliers={"k_neutrophils": 2.0}, **infected)[-1, 0] < 0.9 * plain[-1, 0]
    counted = {"k_neutrophils": 2.0, "k_kill_neutrophil": 0.5, "k_IL10_neutrophil": 0.5}
    np.testing.assert_allclose(run(multipliers=counted, **infected), plain, rtol=1e-4, atol=1e-9)
    sore = {"edges": [(0.0, {}, {"irritant_left": 8.0})], "times": [0.0, 1.0, 8.0]}
    sore["outputs"] = ["sensitisation_left", "mechanical_left", "CORT"]
    scale = {"g_inflammation": 2.0, "K_sensitisation": 2.0, "K_opioid_cells": 2.0}
    np.testing.assert_allclose(run(multipliers=scale, **sore), run(**sore), rtol=1e-5, atol=1e-9)


def test_fitted_parameters_lie_within_their_bounds():
    for parameter in parameters():
        if parameter.status == "fitted":
            assert parameter.lower is not None, parameter.id
            assert parameter.upper is not None, parameter.id
            assert parameter.lower <= parameter.value <= parameter.upper, parameter.id


def test_ids_are_unique_and_used():
    names = [p.id for p in parameters()] + [i.id for i in inputs()] + [s.id for s in states()]
    assert len(names) == len(set(names))
    text = "\n".join(re.sub(r"//.*", "", s.text) for s in MODEL.subsystems)
    words = set(re.findall(r"\b[A-Za-z_]\w*\b", text))
    assert set(names) <= words


def test_vocabulary_points_at_the_model():
    model = libsbml.readSBMLFromString(MODEL.sbml).getModel()
    for lesion in lesions():
        if lesion.parameter:
            assert lesion.parameter in INPUTS, lesion.name
            assert lesion.value is not None, lesion.name
            assert 0 <= lesion.value < 1, lesion.name
        elif not lesion.refused:
            assert lesion.kind in ("peripheral nerve", "spinal cord"), lesion.name
    for agent in agents():
        assert agent.refused or agent.state in STATES, agent.name
        assert agent.refused or f"infusion_{agent.state}" in INPUTS, agent.name
    for level in cord():
        assert level.parameter in INPUTS
    for hypothesis in hypotheses():
        assert hypothesis.parameter in PARAMETERS
    for observable in observables():
        assert model.getElementBySId(observable.id) is not None, observable.name


def test_each_hypothesis_has_one_default_that_the_table_of_parameters_holds():
    values = {p.id: p.value for p in parameters()}
    for name in {h.name for h in hypotheses()}:
        defaults = [h for h in hypotheses() if h.name == name and h.default]
        assert len({h.option for h in defaults}) == 1
        assert all(values[h.parameter] == h.value for h in defaults)


def test_doses_become_concentrations():
    """1 mg/kg of 305.76 g/mol in 0.48 L/kg is 6814 nM (by hand)."""
    fenoldopam = next(a for a in agents() if a.name == "fenoldopam" and a.route == "i.v.")
    assert fenoldopam.amount(1.0) == pytest.approx(6814, rel=1e-3)
    endotoxin = next(a for a in agents() if a.name == "LPS" and a.route == "i.p.")
    assert endotoxin.amount(4.0) == 4.0


# --------------------------------------------------------------------------------------- biology


def test_a_settled_mouse_stays_at_rest():
    outputs = ["TNF", "IL6", "A", "NA", "DA", "CORT", "temperature", "splenic_nerve"]
    course = run(times=[0.0, 24.0, 72.0], outputs=outputs)
    np.testing.assert_allclose(course[1], course[0], rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(course[2], course[0], rtol=2e-3, atol=1e-3)


def test_resting_plasma_is_physiological():
    """Undisturbed rats: noradrenaline 2.7 nM, adrenaline 1.0 nM, dopamine near detection."""
    noradrenaline, adrenaline, dopamine = run(times=[0.0, 1.0], outputs=["NA", "A", "DA"])[0]
    assert noradrenaline == pytest.approx(2.7, rel=0.3)
    assert adrenaline == pytest.approx(1.0, rel=0.3)
    assert dopamine < 0.3


def test_amines_stay_physiological_under_the_strongest_stimulus_and_lps():
    """Adrenaline within 80 times rest, noradrenaline within 10 (handling by decapitation)."""
    on = {"recruited_AD_trunk": 1.4, "recruited_C_trunk": 0.02, "pulse_rate_trunk": 10.0}
    off = dict.fromkeys(on, 0.0)
    course = run(
        edges=[lps(5.0, "LPS_peritoneum"), (1.5, on, {}), (1.75, off, {})],
        times=[0.0, 1.0, 1.6, 1.75, 2.0],
        outputs=["A", "NA"],
    )
    assert course[:, 0].max() < 80 * course[0, 0]
    assert course[:, 1].max() < 10 * course[0, 1]


@pytest.mark.parametrize(
    ("lesion", "silent"),
    [
        ("intact_splanchnic", "splanchnic_nerve"),
        ("intact_splenic_nerve", "splenic_nerve"),
        ("present_DMV", "DMV"),
        ("present_cNST", "cNST"),
        ("present_adrenal_medulla", "A"),
        ("present_adrenal_cortex", "CORT"),
    ],
)
def test_a_lesion_silences_what_it_names(lesion, silent):
    course = run(initial={lesion: 0.0}, edges=[lps(2.0)], times=[0.0, 1.0, 3.0], outputs=[silent])
    assert np.abs(course).max() < 1e-6


def test_cutting_both_inputs_of_a_nerve_equals_cutting_the_nerve():
    """Without splanchnic and coeliac drive the spleen is as without its nerve."""
    both = {"intact_splanchnic": 0.0, "intact_coeliac_branch": 0.0}
    cut = run(initial=both, edges=[lps(2.0)], times=[0.0, 2.0], outputs=["splenic_nerve"])
    assert cut[-1, 0] == pytest.approx(0.0, abs=1e-6)


def test_supraspinal_and_segmental_loops_come_apart():
    on = {"recruited_AD_trunk": 1.5, "recruited_PROKR2_hind": 1.0}
    on |= {"pulse_rate_trunk": 10.0, "pulse_rate_hind": 10.0}
    at = {"edges": [(0.0, on, {})], "times": [0.0, 0.25], "outputs": ["DMV", "IML_thoracic"]}
    intact = run(**at)[-1]
    tracts = dict.fromkeys(
        ["intact_ascending_hind", "intact_ascending_trunk", "intact_descending_thoracic"], 0.0
    )
    spinal = run(initial=tracts, **at)[-1]
    assert intact[0] > 3 and spinal[0] == pytest.approx(1.0, abs=0.01)  # noqa: PT018
    assert spinal[1] > 0.5 * intact[1]


def test_segmental_interneurons_discharge_after_the_stimulus():
    on = {"recruited_AD_trunk": 1.5, "pulse_rate_trunk": 10.0}
    edges = [(0.0, on, {}), (0.25, dict.fromkeys(on, 0.0), {})]
    course = run(edges=edges, times=[0.25, 0.25 + 2 / 60, 0.25 + 1.0], outputs=["segment_trunk"])
    assert course[1, 0] > 0.5 * course[0, 0]
    assert course[2, 0] < 0.01 * course[0, 0]


def test_c_fibres_follow_slow_trains_better_than_fast_ones():
    def share(frequency):
        on = {"recruited_C_hind": 1.0, "pulse_rate_hind": frequency}
        out = run(edges=[(0.0, on, {})], times=[0.0, 0.01], outputs=["following_C_hind"])
        return out[-1, 0]

    assert share(0.5) > share(4.0) > share(10.0) > share(100.0)
    assert share(4.0) == pytest.approx(0.5, abs=0.1)  # half drop pulses at 4 Hz (serra1999)


def test_dopamine_hypotheses_differ_where_they_should():
    """Where TH limits, tenfold AADC changes nothing (Best 2009); the rival does change."""
    more = {"V_AADC": 10.0}
    limiting = [
        run(initial={"is_AADC_hypothesis": 1.0}, multipliers=m, times=[0.0, 1.0], outputs=["DA"])
        for m in ({}, more)
    ]
    release = [
        run(initial={"is_AADC_hypothesis": 0.0}, multipliers=m, times=[0.0, 1.0], outputs=["DA"])
        for m in ({}, more)
    ]
    stores = [
        run(
            initial={"is_AADC_hypothesis": h}, multipliers=m, times=[0.0, 1.0], outputs=["store_DA"]
        )
        for h in (1.0, 0.0)
        for m in ({}, more)
    ]
    assert stores[1][0, 0] > 2 * stores[0][0, 0]
    assert stores[3][0, 0] == pytest.approx(stores[2][0, 0], rel=0.1)
    assert limiting[0][0, 0] == pytest.approx(release[0][0, 0], rel=0.3)


def test_medulla_and_cortex_are_lost_apart():
    outputs = ["A", "CORT"]
    demedullated = run(initial={"present_adrenal_medulla": 0.0}, times=[0.0, 1.0], outputs=outputs)
    assert demedullated[0, 0] < 1e-6
    assert demedullated[0, 1] > 10


def test_two_half_doses_equal_one_dose():
    one = run(edges=[lps(2.0)], times=[0.0, 2.0], outputs=["TNF", "IL6"])
    two = run(edges=[lps(1.0), lps(1.0)], times=[0.0, 2.0], outputs=["TNF", "IL6"])
    np.testing.assert_allclose(one, two, rtol=1e-4)


@settings(max_examples=8, deadline=None)
@given(
    dose=st.floats(1e-4, 20.0),
    site=st.sampled_from(["fore", "hind", "trunk"]),
    strength=st.floats(0.0, 3.0),
)
def test_states_stay_positive(dose, site, strength):
    on = {f"recruited_{cls}_{site}": strength for cls in ("AB", "AD", "PROKR2", "C")}
    on[f"pulse_rate_{site}"] = 10.0
    names = [state.id for state in states()]
    course = run(
        edges=[(-0.25, on, {}), lps(dose), (0.25, dict.fromkeys(on, 0.0), {})],
        times=[-0.25, 0.0, 0.5, 2.0, 24.0],
        outputs=names,
    )
    assert course.min() > -1e-5


@settings(max_examples=6, deadline=None)
@given(first=st.floats(0.0, 50.0), more=st.floats(0.1, 50.0))
def test_more_antagonist_never_gives_more_effect(first, more):
    def tnf(block):
        doses = {"fenoldopam": 300.0, "SCH_23390": block}
        return run(edges=[(-0.5, {}, doses), lps(2.0)], times=[-0.5, 1.5], outputs=["TNF"])[-1, 0]

    assert tnf(first + more) >= tnf(first) * (1 - 1e-6)


def test_tnf_is_blocked_by_its_antibody_and_by_il10():
    plain = run(edges=[lps(2.0)], times=[0.0, 1.5], outputs=["TNF"])[-1, 0]
    for dose in ({"anti_TNF": 10.0}, {"IL10_given": 1e5}):
        treated = run(edges=[(-0.1, {}, dose), lps(2.0)], times=[-0.1, 1.5], outputs=["TNF"])
        assert treated[-1, 0] < 0.5 * plain


def test_the_shares_of_the_organs_leave_something_for_the_rest():
    organs = {f"share_{o}" for o in ("spleen", "liver", "lung", "gut", "stomach", "pancreas")}
    found = [p for p in parameters() if p.id in organs]
    assert {p.id for p in found} == organs
    assert sum(p.upper or p.value for p in found) < 1


def test_cytokines_stay_above_zero_without_the_organs_that_make_them():
    organs = ("spleen", "liver", "lung", "gut", "stomach", "pancreas", "adrenal_medulla")
    gone = {f"present_{organ}": 0.0 for organ in organs}
    edges = [(0.0, gone, {}), lps(5.0)]
    found = run(edges=edges, times=[0.0, 1.0, 2.0, 4.0, 8.0, 24.0], outputs=["TNF", "IL6", "IL1b"])
    assert found.min() > -1e-6
