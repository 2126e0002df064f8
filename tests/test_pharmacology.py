"""Agonists and antagonists: monotone, surmountable, shifted as Schild says, never the wrong way."""

from types import SimpleNamespace

import numpy as np
import pytest

from reflexarc.biology import agents, assemble, parameters
from reflexarc.reference import simulate_animal

MODEL = assemble()
VALUES = {p.id: p.value for p in parameters()}
RECEPTORS = {
    "beta2": ("salbutamol", "K_salbutamol", "occupancy_beta2_spleen"),
    "alpha2": ("dexmedetomidine", "K_dexmedetomidine", "central_alpha2"),
    "D1": ("fenoldopam", "K_fenoldopam", "occupancy_D1"),
    "GR": ("dexamethasone", "K_dexamethasone", "occupancy_GR"),
    "alpha1": ("NA_hind", "K_NA_alpha1", "occupancy_alpha1_paw"),
}
PAIRS = [
    ("beta2", "propranolol"),
    ("beta2", "ICI_118551"),
    ("beta2", "atenolol"),
    ("alpha2", "yohimbine"),
    ("alpha2", "phentolamine"),
    ("D1", "SCH_23390"),
    ("D1", "butaclamol"),
    ("GR", "mifepristone"),
    ("alpha1", "prazosin"),
    ("alpha1", "phentolamine"),
]
QUIET = {"NA_junction_rest": 1e-9, "DA_plasma_rest": 1e-9, "NA_plasma_rest": 1e-9}
QUIET |= {"CORT_rest": 1e-9, "V_TH": 1e-9}
"""Next to no amines and no corticosterone: a drug meets its receptor alone."""


def course(*, doses=(), initial=None, multipliers=None, times, outputs):
    """Run the typical mouse; doses are (time, {state: amount})."""
    edges = tuple(SimpleNamespace(time=t, set={}, add=add) for t, add in doses)
    start = min([edge.time for edge in edges] + [times[0]])
    line = SimpleNamespace(
        arm="test", start=start, stop=times[-1], initial=initial or {}, edges=edges
    )
    return simulate_animal(
        model=MODEL, timeline=line, times=times, outputs=outputs, multipliers=multipliers
    )


def occupancy(receptor, agonist, **antagonists):
    """Return the occupied share at the moment at which the concentrations (nM) are there."""
    drug, _, output = RECEPTORS[receptor]
    add = {drug: agonist, **antagonists}
    found = course(doses=[(0.0, add)], multipliers=QUIET, times=[0.0, 1e-5], outputs=[output])
    return found[-1, 0]


def effect(**doses):
    """Return TNF (pg/mL) 1.5 h after 2 mg/kg LPS; drugs (nM) half an hour before it."""
    found = course(
        doses=[(-0.5, doses), (0.0, {"LPS_blood": 2.0})], times=[-0.5, 1.5], outputs=["TNF"]
    )
    return found[-1, 0]


@pytest.mark.parametrize("receptor", RECEPTORS)
def test_half_of_the_receptors_are_taken_at_the_constant(receptor):
    constant = VALUES[RECEPTORS[receptor][1]]
    assert occupancy(receptor, constant) == pytest.approx(0.5, abs=0.01)
    shares = [occupancy(receptor, constant * ratio) for ratio in (0.0, 0.1, 1.0, 10.0, 1000.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("receptor", "antagonist"), PAIRS)
@pytest.mark.parametrize("ratio", [1.0, 9.0, 99.0])
def test_an_antagonist_shifts_the_curve_as_schild_says(receptor, antagonist, ratio):
    """With B of antagonist the same share needs 1 + B / Ki times the agonist."""
    constant = VALUES[RECEPTORS[receptor][1]]
    block = {antagonist: ratio * VALUES[f"Ki_{antagonist}"]}
    for agonist in (0.3, 1.0, 3.0):
        alone = occupancy(receptor, agonist * constant)
        shifted = occupancy(receptor, agonist * constant * (1.0 + ratio), **block)
        assert shifted == pytest.approx(alone, rel=0.01)
        assert occupancy(receptor, agonist * constant, **block) < alone


def test_the_weaker_blocker_of_beta2_is_the_cardioselective_one():
    """Equal concentrations: ICI 118,551 before propranolol, both far before atenolol."""
    left = [occupancy("beta2", 1e4, **{d: 30.0}) for d in ("ICI_118551", "propranolol", "atenolol")]
    assert left == sorted(left)
    assert left[2] > 0.8 * occupancy("beta2", 1e4)


@pytest.mark.parametrize(
    ("agonist", "amounts", "antagonist", "block", "sign"),
    [
        ("salbutamol", (0.0, 100.0, 1e3, 1e4), "propranolol", 3e3, -1),
        ("fenoldopam", (0.0, 100.0, 1e3, 1e4), "SCH_23390", 1e3, -1),
        ("dexamethasone", (0.0, 10.0, 100.0, 1e3), "mifepristone", 1e5, -1),
    ],
)
def test_tnf_follows_the_dose_and_the_antagonist_takes_it_back(
    agonist, amounts, antagonist, block, sign
):
    alone = np.array([effect(**{agonist: a}) for a in amounts])
    blocked = np.array([effect(**{agonist: a, antagonist: block}) for a in amounts])
    assert (sign * np.diff(alone) > 0).all()
    spread, left = abs(alone[-1] - alone[0]), abs(blocked[-1] - blocked[0])
    assert spread > 0.05 * alone[0]
    assert left < spread
    # The antagonist alone never does what the agonist does.
    assert sign * (blocked[0] - alone[0]) <= 1e-6 * alone[0]
    # ... and never adds to it.
    assert (sign * (blocked - alone) <= 1e-6 * alone).all()


def test_hexamethonium_closes_ganglia_and_leaves_the_preganglionic_nerve_alone():
    outputs = ["splanchnic_adrenal", "splenic_nerve", "visceral_nerve", "NA_spleen", "A", "TNF"]
    curves = []
    for amount in (0.0, 1.0, 9.0, 1e4):
        dose = {"hexamethonium": amount * VALUES["Ki_hexamethonium"]}
        doses = [(-0.25, dose), (0.0, {"LPS_blood": 2.0})]
        curves.append(course(doses=doses, times=[-0.25, 0.5, 1.5], outputs=outputs)[1])
    curves = np.array(curves)
    assert (np.diff(curves[:, 1:5], axis=0) < 0).all()
    assert curves[-1, 1] < 0.01
    # Cytokines rise without sympathetic brake, so the nerve that is recorded fires no less.
    assert curves[-1, 0] > 0.9 * curves[0, 0]


def test_a_postganglionic_electrode_passes_hexamethonium():
    on = {"drive_splenic": 1.0}
    block = {"hexamethonium": 1e4 * VALUES["Ki_hexamethonium"]}
    edges = (
        SimpleNamespace(time=0.0, set={}, add=block),
        SimpleNamespace(time=0.5, set=on, add={}),
    )
    line = SimpleNamespace(arm="test", start=0.0, stop=1.0, initial={}, edges=edges)
    found = simulate_animal(model=MODEL, timeline=line, times=[0.4, 1.0], outputs=["splenic_nerve"])
    assert found[0, 0] < 0.01
    assert found[1, 0] > 10


def test_chemical_sympathectomy_takes_endings_for_weeks_and_spares_the_medulla():
    outputs = ["terminals", "NA_spleen", "NA", "A", "store_A"]
    times = [0.0, 24.0, 24.0 * 7, 24.0 * 84]
    found = course(doses=[(0.0, {"six_OHDA": 100.0})], times=times, outputs=outputs)
    rest = course(times=[0.0, 24.0], outputs=outputs)[0]
    assert found[1, 0] < 0.1
    assert found[1, 1] < 0.15 * rest[1]
    assert found[1, 2] < 0.5 * rest[2]
    np.testing.assert_allclose(found[1, 3:], rest[3:], rtol=0.05)
    assert found[2, 0] < 0.5
    assert found[3, 0] > 0.9


def test_16_mg_per_kg_of_6_ohda_do_what_was_measured():
    """Less than 10 % of the noradrenaline is left after a day (sixohda1971)."""
    found = course(doses=[(0.0, {"six_OHDA": 16.5})], times=[0.0, 24.0], outputs=["terminals"])
    assert 0.05 < found[1, 0] < 0.15


def test_reserpine_does_what_was_measured():
    """A quarter of the noradrenaline goes with 0.005 mg/kg, nearly all with 0.1 (wakade1980)."""
    left = [
        course(doses=[(0.0, {"reserpine": dose})], times=[0.0, 24.0], outputs=["vesicles"])[1, 0]
        for dose in (0.005, 0.1)
    ]
    assert left[0] == pytest.approx(0.75, abs=0.06)
    assert left[1] < 0.15


def test_sympathectomy_ganglionic_block_and_reserpine_all_raise_tnf():
    """What takes the sympathetic brake away lets TNF rise after LPS."""
    plain = effect()
    for dose, lead in (
        ({"six_OHDA": 100.0}, 24.0),
        ({"hexamethonium": 1e6}, 0.25),
        ({"reserpine": 2.5}, 24.0),
    ):
        doses = [(-lead, dose), (0.0, {"LPS_blood": 2.0})]
        found = course(doses=doses, times=[-lead, 1.5], outputs=["TNF"])[-1, 0]
        assert found > 1.15 * plain, dose


def test_nicotine_and_its_blocker_act_at_alpha7_by_their_constants():
    amounts = {"nicotine": VALUES["K_nicotine_alpha7"]}
    amounts |= {"methyllycaconitine": 3 * VALUES["Ki_methyllycaconitine"]}
    outputs = ["agonist_alpha7", "block_alpha7"]
    found = course(doses=[(0.0, amounts)], times=[0.0, 1e-5], outputs=outputs)[-1]
    np.testing.assert_allclose(found, [1.0, 4.0], rtol=0.02)  # a little acetylcholine at rest


@pytest.mark.parametrize(
    ("name", "state", "dose", "expected"),
    [
        ("atenolol", "atenolol", 1.0, 1e6 / 0.7 / 266.34),
        ("hexamethonium", "hexamethonium", 10.0, 1e7 / 0.3 / 202.38),
        ("methyllycaconitine", "methyllycaconitine", 1.0, 1e6 / 2 / 682.8),
        ("nicotine", "nicotine", 1.0, 1e6 / 2 / 162.23),
        ("6-OHDA", "six_OHDA", 100.0, 100.0),
    ],
)
def test_new_agents_reach_their_state(name, state, dose, expected):
    agent = next(a for a in agents() if a.name == name and a.route == "i.v.")
    assert (agent.state, agent.refused) == (state, "")
    assert agent.amount(dose) == pytest.approx(expected)


def release(initial=None, **concentrations):
    """Return what the brake by dopamine lets through while drugs (nM) are there, as a share."""
    found = course(
        doses=[(0.0, concentrations)], initial=initial, times=[0.0, 1e-5], outputs=["brake_D2"]
    )
    return 1 / found[-1, 0]


def test_dopamine_restrains_nerve_endings_through_d2_receptors():
    """Half of the most where K_DA_D2 reaches the endings; blockers and the knock-out undo it."""
    half = VALUES["K_DA_D2"] / VALUES["w_plasma_tissue"]
    at_half, most = 1 / (1 + VALUES["g_D2"] / 2), 1 / (1 + VALUES["g_D2"])
    assert release() == pytest.approx(1.0, abs=1e-3)
    assert release(DA=half) == pytest.approx(at_half, rel=5e-3)
    assert release(DA=1000 * half) == pytest.approx(most, rel=5e-3)
    for antagonist in ("domperidone", "butaclamol"):
        block = {antagonist: 99 * VALUES[f"Ki_{antagonist}"]}
        assert release(DA=half, **block) > 0.98
        assert release(DA=100 * half, **block) == pytest.approx(at_half, rel=5e-3)
    assert release(DA=half, SCH_23390=100.0) == pytest.approx(at_half, rel=5e-3)
    assert release({"present_D2": 0.0}, DA=1000 * half) == pytest.approx(1.0)


def test_noradrenaline_of_plasma_follows_the_brakes_on_endings():
    """An infusion of dopamine lowers it; domperidone brings it back."""
    infusion = {"infusion_DA": 700.0 * VALUES["k_DA"]}
    plain, dopamine, both = (
        course(doses=[(0.0, add)], initial=first, times=[0.0, 0.5], outputs=["NA"])[-1, 0]
        for first, add in (({}, {}), (infusion, {}), (infusion, {"domperidone": 200.0}))
    )
    assert dopamine < 0.85 * plain
    assert both == pytest.approx(plain, rel=0.02)


def test_dopamine_displaces_noradrenaline_from_the_endings_that_are_there():
    """None at rest; at the constant half of what firing can release; none from lost endings."""
    half = VALUES["K_displacement"] / VALUES["w_plasma_tissue"]

    def flow(initial=None, **add):
        found = course(
            doses=[(0.0, add)],
            initial=initial,
            times=[0.0, 1e-6],
            outputs=["displaced", "displacement"],
        )
        return found[-1]

    assert flow()[0] < 1e-6
    most = (1 + VALUES["S_junction"]) / 2
    assert flow(DA=half) == pytest.approx([most, most], rel=1e-3)
    without = flow({"present_NPY_sympathetic": 0.0}, DA=half)[1] / most
    viscera = VALUES["share_splenic_plasma"] + VALUES["share_visceral_plasma"]
    assert without == pytest.approx(1 - VALUES["share_NPY_sympathetic"] * viscera, rel=1e-3)
