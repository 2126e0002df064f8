"""What the laboratory reads off: limits, errors, handling and the dead."""

import numpy as np
import pytest
import xarray

from reflexarc.assay import COLUMNS, Sample, groups, measure
from reflexarc.biology import Observable
from reflexarc.errors import InputError


def thing(**changes) -> Observable:
    plain = {
        "name": "TNF",
        "aliases": (),
        "where": "plasma",
        "id": "TNF",
        "unit": "pg/mL",
        "detection_limit": None,
        "assay_lnsd": 0.0,
        "plate_lnsd": 0.0,
        "decapitation_factor": None,
        "note": "",
    }
    return Observable(**(plain | changes))


def world(arms: int = 2, animals: int = 3) -> xarray.Dataset:
    values = np.arange(1.0, arms * animals * 2 + 1).reshape(arms, animals, 2)
    return xarray.Dataset(
        {"TNF": (("arm", "animal", "time"), values)},
        coords={
            "arm": [f"arm {i}" for i in range(arms)],
            "animal": range(animals),
            "time": [1.0, 2.0],
        },
    )


def test_exact_without_error():
    table = measure(trajectories=world(), samples=[Sample(thing(), 2.0)], seed=1)
    assert tuple(table.columns) == COLUMNS
    assert table["value"].tolist() == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    assert table["arm"].tolist() == ["arm 0"] * 3 + ["arm 1"] * 3
    assert not table["below_limit"].any()


def test_rows_are_ordered_by_arm_animal_and_sample():
    table = measure(
        trajectories=world(), samples=[Sample(thing(), 2.0), Sample(thing(), 1.0)], seed=1
    )
    assert table[["animal", "time"]].head(4).to_numpy().tolist() == [[0, 2], [0, 1], [1, 2], [1, 1]]


def test_below_the_limit_is_the_limit_with_a_flag():
    table = measure(
        trajectories=world(), samples=[Sample(thing(detection_limit=6.0), 2.0)], seed=None
    )
    assert table["value"].tolist() == [6.0, 6.0, 6.0, 8.0, 10.0, 12.0]
    assert table["below_limit"].tolist() == [True, True, True, False, False, False]
    assert table["simulated"].tolist()[0] == 2.0


def test_what_cannot_be_told_from_nothing_is_nothing():
    faint = world() * 1e-12
    for limit, value in ((None, 0.0), (0.5, 0.5)):
        sample = Sample(thing(detection_limit=limit, assay_lnsd=0.1), 2.0)
        assert set(measure(trajectories=faint, samples=[sample], seed=1)["value"]) == {value}


def test_the_dead_give_no_sample():
    deaths = np.array([[np.inf, 2.0, 1.5], [np.inf] * 3])
    table = measure(
        trajectories=world(),
        samples=[Sample(thing(detection_limit=7.0), 2.0)],
        deaths=deaths,
        seed=None,
    )
    assert table["dead"].tolist() == [False, True, True, False, False, False]
    assert np.isnan(table["value"][1])
    assert not table["below_limit"][2]
    assert {arm: x.size for arm, x in groups(table).items()} == {"arm 0": 1, "arm 1": 3}


def test_decapitation_only_moves_what_it_is_known_to_move():
    fragile = Sample(thing(decapitation_factor=80.0), 1.0, "decapitation")
    robust = Sample(thing(), 1.0, "decapitation")
    calm = Sample(thing(decapitation_factor=80.0), 1.0, "cannula")
    values = [
        measure(trajectories=world(), samples=[sample], seed=None)["value"][0]
        for sample in (fragile, robust, calm)
    ]
    assert values == [80.0, 1.0, 1.0]
    with pytest.raises(InputError, match="did you mean 'decapitation'"):
        measure(trajectories=world(), samples=[Sample(thing(), 1.0, "decapitate")], seed=None)


def test_errors_have_the_size_asked_for_and_belong_to_arm_and_animal():
    sample = Sample(thing(assay_lnsd=0.1), 1.0)
    table = measure(trajectories=world(2, 4000), samples=[sample], seed=5)
    error = np.log(table["value"] / table["simulated"]).to_numpy().reshape(2, 4000)
    assert error.std() == pytest.approx(0.1, rel=0.05)
    assert abs(np.corrcoef(error)[0, 1]) < 0.05
    small = measure(trajectories=world(2, 3), samples=[sample], seed=5)
    np.testing.assert_allclose(
        np.log(small["value"] / small["simulated"])[:3], error[0, :3], atol=1e-12
    )
    more = measure(trajectories=world(3, 3), samples=[sample], seed=5)
    np.testing.assert_allclose(
        np.log(more["value"] / more["simulated"])[:6].to_numpy().reshape(2, 3),
        error[:, :3],
        atol=1e-12,
    )


def test_a_plate_holds_a_few_animals_of_every_arm():
    sample = Sample(thing(plate_lnsd=0.1), 1.0)
    table = measure(trajectories=world(3, 1000), samples=[sample], seed=5)
    error = np.log(table["value"] / table["simulated"]).to_numpy().reshape(3, 200, 5)
    np.testing.assert_allclose(error, error[:1, :, :1] + np.zeros((3, 200, 5)), atol=1e-12)
    assert error[0, :, 0].std() == pytest.approx(0.1, rel=0.15)
    fewer = measure(trajectories=world(1, 2), samples=[sample], seed=5)
    assert np.log(fewer["value"] / fewer["simulated"])[0] == pytest.approx(error[0, 0, 0])


def test_what_was_not_simulated_is_refused():
    with pytest.raises(InputError, match=r"not simulated at 1\.5 h"):
        measure(trajectories=world(), samples=[Sample(thing(), 1.5)], seed=1)
    with pytest.raises(InputError, match="variable 'TFN'"):
        measure(trajectories=world(), samples=[Sample(thing(id="TFN"), 1.0)], seed=1)


def test_nothing_to_measure():
    assert measure(trajectories=world(), samples=[], seed=1).empty


def test_kelvin_are_read_in_degrees_celsius():
    table = measure(trajectories=world() + 300.0, samples=[Sample(thing(unit="K"), 2.0)], seed=None)
    assert table["value"].tolist()[0] == pytest.approx(302.0 - 273.15)
    assert table["simulated"].tolist()[0] == pytest.approx(302.0 - 273.15)
    assert set(table["unit"]) == {"°C"}
