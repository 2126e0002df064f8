"""Models on tables of parameter sets: right, resumable, and clear about what is wrong."""

import json
import re
from pathlib import Path

import antimony
import libsbml
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
import roadrunner
import typer
import xarray
from typer.testing import CliRunner, Result

from reflexarc.cli.console import Lab
from reflexarc.cli.simulate import read_times
from reflexarc.cli.simulate import simulate as command
from reflexarc.courses import Courses
from reflexarc.errors import InputError
from reflexarc.expression import TIME, Graph
from reflexarc.parameter_sets import ParameterSets, read_parameter_sets
from reflexarc.sbml import read_sbml
from reflexarc.sbml.writing import written
from reflexarc.simulation import Simulation, natural_outputs, simulate_sets

GRID = np.linspace(0, 10, 101)

MODELS: dict[str, tuple[str, dict[str, list[float]]]] = {
    "doses at times of their own": (
        """compartment blood = 2; species D in blood, M in blood; D = 0; M = 0.5;
        uptake: D -> M; ke*D*blood; loss: M -> ; km*M*blood; ke = 0.4; km = 0.1; dose = 10; t1 = 1;
        at (time >= t1): D = D + dose/blood; at (time >= 3*t1 + 0.05): D = D + dose/blood""",
        {"ke": [0.1, 1.5, 0.4], "t1": [1, 2.5, 11], "M": [0, 1, 2], "blood": [2, 1, 3]},
    ),
    "events of one instant swap": (
        """x = 1; y = 2; x' = -0.1*x; y' = 0; t1 = 3;
        at (time >= t1), priority = 1: x = y; at (time >= 3), priority = 2: y = x + 10""",
        {"t1": [3, 4, 3], "x": [1, 2, 5]},
    ),
    "one event sees the other": (
        """x = 0; y = 0; x' = 1; y' = 0; p = 2;
        at (time >= 3), priority = p, fromTrigger = false: x = 20;
        at (time >= 3), priority = 1, fromTrigger = false: y = x""",
        {"p": [2, 0]},
    ),
    "not yet at its own instant": (
        "x = 1; x' = -x; t1 = 2.5; at (time > t1): x = 2; at (time >= 2*t1): x = x + 1",
        {"t1": [2.5, 2.55, 0.75]},
    ),
    "pulses that move": (
        "x = 0; a = 1; d = 2; x' = piecewise(1, time >= a && time < a + d, 2, time > 3*a, 0)",
        {"a": [1, 3.05, 0.3], "d": [2, 0.5, 5]},
    ),
    "a compartment that grows": (
        """compartment C = 2; species S in C; S = 3; C' = 0.5; J: S -> ; 0.2*S*C;
        at (time >= 2): S = 5; at (time >= 5): C = 1""",
        {"S": [3, 1, 0], "C": [2, 4, 1]},
    ),
    "a rate changed by an event": (
        "x = 10; k = 0.1; k2 = 1; x' = -k*x; t1 = 4; at (time >= t1): k = k2",
        {"k": [0.1, 0.3], "k2": [1, 2], "t1": [4, 7.77]},
    ),
}


def sbml_of(text: str) -> str:
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(f"model m()\n{text};\nend") >= 0, antimony.getLastError()
    return str(antimony.getSBMLString("m"))


def with_values(text: str, given: dict[str, float]) -> str:
    """Return the file with other values in it."""
    document = libsbml.readSBMLFromString(text)
    model = document.getModel()
    for name, value in given.items():
        element = model.getElementBySId(name)
        if element.getTypeCode() == libsbml.SBML_SPECIES:
            element.unsetInitialAmount()
            element.setInitialConcentration(value)
        elif element.getTypeCode() == libsbml.SBML_COMPARTMENT:
            element.setSize(value)
        else:
            element.setValue(value)
    return str(libsbml.writeSBMLToString(document))


def by_roadrunner(text: str, outputs: list[str]) -> np.ndarray:
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    road = roadrunner.RoadRunner(text)
    pools = road.model.getFloatingSpeciesIds()
    road.integrator.setValue("relative_tolerance", 1e-11)
    road.integrator.setValue("absolute_tolerance", 1e-13)
    road.timeCourseSelections = [f"[{name}]" if name in pools else name for name in outputs]
    return np.array(road.simulate(GRID[0], GRID[-1], GRID.size))


@pytest.mark.parametrize("name", MODELS)
def test_sets_with_events_agree_with_libroadrunner(name: str) -> None:
    text, table = MODELS[name]
    sbml = sbml_of(text)
    system = read_sbml(sbml)
    found = simulate_sets(system, ParameterSets.of(table), times=GRID, rtol=1e-8, threads=1)
    outputs = [str(one) for one in found.data_vars]
    assert outputs
    assert (found["status"] == 0).all()
    for row in range(found.sizes["set"]):
        given = {column: values[row] for column, values in table.items()}
        wanted = by_roadrunner(with_values(sbml, given), outputs)
        mine = np.stack([found[one].values[row] for one in outputs], axis=1)
        np.testing.assert_allclose(mine, wanted, rtol=1e-5, atol=1e-7, err_msg=f"{given}")


def test_a_value_at_an_event_is_the_one_after_it() -> None:
    system = read_sbml(sbml_of("x = 1; x' = 0; t1 = 2; at (time >= t1), t0 = false: x = 5"))
    found = simulate_sets(system, ParameterSets.of({"t1": [2.0, 0.0, 7.0]}), times=[0, 2, 3])
    assert found["x"].values.tolist() == [[1, 5, 5], [5, 5, 5], [1, 1, 1]]


def test_what_is_true_from_the_start_on_does_not_happen_at_it() -> None:
    system = read_sbml(sbml_of("x = 1; x' = 0; t1 = 2; at (time >= t1): x = 5"))
    found = simulate_sets(system, ParameterSets.of({"t1": [0.0, 1.0]}), times=[0, 2])
    assert found["x"].values.tolist() == [[1, 1], [1, 5]]


def test_a_pulse_too_short_to_be_seen_is_seen() -> None:
    system = read_sbml(
        sbml_of("x = 0; a = 1; x' = piecewise(1e6, time >= a && time < a + 1e-6, 0)")
    )
    found = simulate_sets(system, ParameterSets.of({"a": [1.0, 777.7]}), times=[0, 1000])
    np.testing.assert_allclose(found["x"].values[:, 1], 1, rtol=1e-6)


def test_two_sides_of_one_instant() -> None:
    text = "x = 0; y = 0; x' = 0; y' = 0; at (time > 2): y = x + 1; at (time >= 2): x = 7"
    found = simulate_sets(read_sbml(sbml_of(text)), ParameterSets.alone(), times=[2, 3])
    assert found["x"].values.tolist() == [[7, 7]]
    assert found["y"].values.tolist() == [[0, 8]]
    late = simulate_sets(read_sbml(sbml_of(text)), ParameterSets.alone(), times=[1, 3])
    assert late["y"].values.tolist() == [[0, 8]]


def test_a_formula_of_the_start_follows_its_column_unless_it_has_its_own() -> None:
    system = read_sbml(sbml_of("a = 2; b = 3*a; x = b + 1; x' = 0; c := 2*x"))
    sets = ParameterSets.of({"a": [1.0, 5.0]})
    assert simulate_sets(system, sets, times=[0])["x"].values.ravel().tolist() == [4, 16]
    sets = ParameterSets.of({"a": [1.0], "b": [10.0]})
    assert simulate_sets(system, sets, times=[0])["x"].item() == 11


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("kel = 1; x = 1; x' = -kel*x", "kle", "did you mean 'kel'"),
        ("k = 1; x = 1; x' = -k*x; c := 2*x", "c", "computes this by itself"),
    ],
)
def test_columns_that_do_not_fit_are_refused(text: str, column: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        simulate_sets(read_sbml(sbml_of(text)), ParameterSets.of({column: [1.0]}), times=[0, 1])


def test_a_state_and_its_initial_value_are_one_column() -> None:
    system = read_sbml(sbml_of("x = 1; x' = -x"))
    sets = ParameterSets.of({"x": [1.0], "x.initial": [2.0]})
    with pytest.raises(InputError, match="another column"):
        simulate_sets(system, sets, times=[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "x = 0; p = 1; x' = piecewise(1, time > p, 0); at (time >= 1): p = 3",
            "'p', and a condition on the time",
        ),
        (
            """x = 0; y = 0; x' = 1; at (time >= 3), priority = x: y = 1;
            at (time >= 3), priority = 2: y = 2""",
            "priority changes during a run",
        ),
    ],
)
def test_what_only_a_run_can_tell_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        simulate_sets(read_sbml(sbml_of(text)), ParameterSets.alone(), times=[0, 5])


def test_thousands_of_sets_are_the_same_with_any_number_of_threads() -> None:
    system = read_sbml(sbml_of("x = 1; k = 1; x' = -k*x; t1 = 1; at (time >= t1): x = x + 1"))
    rates = np.linspace(0.1, 2, 1000)
    sets = ParameterSets.of({"k": rates, "t1": np.linspace(0, 3, 1000)})
    one, two = (simulate_sets(system, sets, times=[0, 0.5, 4], threads=n) for n in (1, 2))
    assert one.identical(two)
    early = rates[sets.values[:, 1] > 0.5]
    np.testing.assert_allclose(one["x"].values[-early.size :, 1], np.exp(-0.5 * early), rtol=1e-5)


def test_single_precision_says_so() -> None:
    system = read_sbml(sbml_of("x = 1; k = 1; x' = -k*x"))
    found = simulate_sets(system, ParameterSets.of({"k": [1.0]}), times=[0, 1], single=True)
    assert "screening" in found.attrs["screening"]
    assert found["x"].values[0, 1] == pytest.approx(np.exp(-1), rel=1e-3)


# The command

DECAY = "species S; S = 8; J: S -> ; k*S; k = 0.5"
BLOWS_UP = "x = 1; k = 0; x' = k*x^2"

app = typer.Typer(cls=Lab)
app.command("simulate")(command)
app.command("nothing")(lambda: None)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "decay.xml").write_text(sbml_of(DECAY))
    (tmp_path / "rules.xml").write_text(sbml_of("a = 1; b := 2*a"))
    (tmp_path / "sets.csv").write_text("id,k,S\nslow,0.1,8\nfast,2,4\n")
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *arguments])


def decay(*more: str, out: str = "out.csv") -> Result:
    return call("decay.xml", "--table", "sets.csv", "--times", "0:2:0.5", "--out", out, *more)


def test_a_wide_table_has_a_row_for_each_set_and_time(here: Path) -> None:
    done = decay()
    assert done.exit_code == 0
    table = pd.read_csv("out.csv")
    assert table.columns.tolist() == ["id", "time", "S"]
    assert table["id"].tolist() == ["slow"] * 5 + ["fast"] * 5
    exact = np.where(table["id"] == "slow", 8 * np.exp(-0.1 * table["time"]), 0)
    exact += np.where(table["id"] == "fast", 4 * np.exp(-2 * table["time"]), 0)
    np.testing.assert_allclose(table["S"], exact, rtol=1e-5)
    about = json.loads((here / "out.csv.json").read_text())
    assert about["layout"] == "wide"
    assert about["relative tolerance"] == 1e-6
    assert sorted(p.name for p in here.iterdir()) == [
        "decay.xml", "out.csv", "out.csv.json", "rules.xml", "sets.csv",
    ]  # fmt: skip


def test_a_long_table_has_a_row_for_each_output(here: Path) -> None:
    assert decay("--long", "--outputs", "S, k", out="long.parquet").exit_code == 0
    table = pd.read_parquet("long.parquet")
    assert table.columns.tolist() == ["id", "time", "output", "value"]
    assert len(table) == 2 * 5 * 2
    assert decay("--outputs", "S,k", out="wide.parquet").exit_code == 0
    wide = pd.read_parquet("wide.parquet")
    assert table["value"].tolist() == wide[["S", "k"]].to_numpy().ravel().tolist()


def test_every_format_holds_the_same_numbers_and_units(here: Path) -> None:
    text = DECAY.replace("species S;", "compartment C = 2; species S in C;") + (
        "; unit M = mole / litre; S has M; C has litre; unit per_s = 1/second; k has per_s"
    )
    (here / "decay.xml").write_text(sbml_of(text))
    for out in ("a.csv", "a.parquet", "a.nc", "a.zarr", "a.zarr"):
        assert decay("--outputs", "S,k", out=out).exit_code == 0
    table = pd.read_csv("a.csv")[["S", "k"]].to_numpy().reshape(2, 5, 2)
    parquet = pd.read_parquet("a.parquet")[["S", "k"]].to_numpy().reshape(2, 5, 2)
    np.testing.assert_array_equal(table, parquet)
    units = json.loads((here / "a.csv.json").read_text())["units"]
    assert units.keys() == {"S", "k"}
    schema = pyarrow.parquet.read_schema("a.parquet")
    assert schema.field("S").metadata == {b"unit": units["S"].encode()}
    assert json.loads(schema.metadata[b"reflexarc"])["precision"] == "double"
    for data in (
        xarray.open_dataset("a.nc", engine="scipy"),
        xarray.open_dataset("a.zarr", engine="zarr", chunks=None),
    ):
        with data:
            np.testing.assert_array_equal(data["S"].values, table[..., 0])
            assert data["S"].attrs["unit"] == units["S"]
            assert data["set"].values.tolist() == ["slow", "fast"]


def test_parts_of_every_format_follow_each_other(here: Path) -> None:
    rates = np.linspace(0.1, 1, 150)
    (here / "sets.csv").write_text("k\n" + "\n".join(map(str, rates)) + "\n")
    for out in ("a.csv", "a.parquet", "a.zarr", "a.nc"):
        assert decay(out=out).exit_code == 0
    exact = 8 * np.exp(-rates[:, None] * [0, 0.5, 1, 1.5, 2])
    for table in (pd.read_csv("a.csv"), pd.read_parquet("a.parquet")):
        np.testing.assert_allclose(table["S"].to_numpy().reshape(150, 5), exact, rtol=1e-5)
        assert table["id"].astype(int).tolist() == np.repeat(range(150), 5).tolist()
    for out in ("a.nc", "a.zarr"):
        with xarray.open_dataset(out, engine="scipy" if out == "a.nc" else "zarr") as data:
            np.testing.assert_allclose(data["S"].values, exact, rtol=1e-5)


def test_antimony_and_json_and_no_table(here: Path) -> None:
    (here / "decay.ant").write_text(f"model decay()\n{DECAY};\nend\n")
    done = call("decay.ant", "--times", "0,1", "--out", "one.csv", "--json")
    found = json.loads(done.stdout)
    assert found["sets"] == 1
    assert found["outputs"] == ["S"]
    assert found["failures"] == []
    assert pd.read_csv("one.csv")["S"].tolist()[1] == pytest.approx(8 * np.exp(-0.5), rel=1e-5)


def test_a_set_that_fails_is_told_and_the_others_are_written(here: Path) -> None:
    (here / "decay.xml").write_text(sbml_of(BLOWS_UP))
    (here / "sets.csv").write_text("k\n0.1\n1.25\n0\n")
    done = decay("--json")
    assert done.exit_code == 4
    (failure,) = json.loads(done.stdout)["failures"]
    assert (failure["row"], failure["id"], failure["line"]) == (1, "1", 3)
    assert failure["time"] == pytest.approx(0.8, abs=0.01)
    assert re.search(r"set '1' \(line 3\) failed at t = 0\.8", done.stderr)
    table = pd.read_csv("out.csv")
    assert table["x"][:5].tolist() == pytest.approx(
        [1 / (1 - 0.05 * i) for i in range(5)], rel=1e-4
    )
    assert table["x"][10:].tolist() == [1] * 5
    assert table["x"][5:10].isna().tolist() == [False, False, True, True, True]
    listed = pd.read_csv("out.csv.failures.csv")
    assert listed["line"].tolist() == [3]
    (here / "sets.csv").write_text("k\n0.1\n")
    assert decay().exit_code == 0
    assert not (here / "out.csv.failures.csv").exists()


def test_an_interrupted_run_goes_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = np.linspace(0.1, 1, 200)
    (here / "sets.csv").write_text("k\n" + "\n".join(map(str, rates)) + "\n")
    real, begun = Simulation.part, list[int]()

    def interrupted(self: Simulation, first: int, size: int, watch: np.ndarray):
        begun.append(first)
        if first == 128:
            raise KeyboardInterrupt
        return real(self, first, size, watch)

    monkeypatch.setattr(Simulation, "part", interrupted)
    assert decay("--threads", "1").exit_code == 130
    assert not (here / "out.csv").exists()
    kept = sorted((here / "out.csv.part").rglob("*.chunk"))
    assert len(kept) >= 2
    kept[0].write_bytes(kept[0].read_bytes()[:-8])  # cut short: not to be trusted
    begun.clear()
    monkeypatch.setattr(
        Simulation, "part", lambda self, a, n, watch: (begun.append(a), real(self, a, n, watch))[1]
    )
    assert decay("--threads", "1").exit_code == 0
    assert 0 in begun
    assert 64 not in begun
    assert not (here / "out.csv.part").exists()
    values = pd.read_csv("out.csv")["S"].to_numpy().reshape(200, 5)
    np.testing.assert_allclose(values[:, 1], 8 * np.exp(-0.5 * rates), rtol=1e-5)


def test_what_is_kept_of_other_inputs_is_not_used(here: Path) -> None:
    digests = {
        Simulation.of(read_sbml(sbml_of(text)), ParameterSets.of(table), times=times).digest
        for text in (
            DECAY,
            DECAY.replace("8", "9"),
            f"{DECAY}; at (time > 1): S = 1",
            f"{DECAY}; at (time > 2): S = 1",
        )
        for table in ({"k": [1.0]}, {"k": [2.0]})
        for times in ([0, 1], [0, 2])
    }
    assert len(digests) == 16
    courses = Courses(0, np.ones((3, 2, 1)), np.zeros(3, dtype=np.int64), np.ones(3))
    assert Courses.unpack(0, courses.pack(), (3, 2, 1)).values.shape == (3, 2, 1)
    assert Courses.unpack(0, courses.pack(), (3, 1, 1)) is None


BAD_TABLES = {
    "empty": ("", "table is empty"),
    "only names": ("k,S\n", "no rows"),
    "unknown": ("k,SS\n1,1\n", r"sets.csv:1: SS: .*did you mean 'S'"),
    "twice": ("k,k\n1,1\n", r"sets.csv:1: the column 'k' comes twice"),
    "unnamed": ("k,\n1,1\n", r"sets.csv:1: column 2 has no name"),
    "word": ("k,S\n1,1\n2,many\n", r"sets.csv:3: S: 'many' is not a finite number"),
    "gap": ("k,S\n1,\n", r"sets.csv:2: S: the cell is empty"),
    "infinite": ("k\ninf\n", r"sets.csv:2: k: 'inf'"),
    "underscore": ("k\n1_0\n", r"sets.csv:2: k: '1_0'"),
    "ragged": ("k,S\n1,1\n\n1\n", r"sets.csv:4: a row with 1 cells"),
    "quote": ('id,k\n"a"b,1\n', r"sets.csv:2: the table can't be read"),
    "open quote": ('id,k\na,1\n"b,1\n', r"sets.csv:3: the table can't be read"),
    "same id": (
        "id,k\na,1\nb,1\na,2\n",
        r"sets.csv:4: two sets have the id 'a' \(first in line 2\)",
    ),
}


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_a_bad_table_is_refused_with_its_place(here: Path, kind: str) -> None:
    text, words = BAD_TABLES[kind]
    (here / "sets.csv").write_text(text)
    done = decay()
    assert done.exit_code == 3
    assert re.search(words, done.stderr)
    assert not (here / "out.csv").exists()


BAD_CALLS = {
    "no model": (["none.xml", "--times", "0:1:1", "--out", "o.csv"], "none.xml: there is no such"),
    "no table": (
        ["decay.xml", "--table", "none.csv", "--times", "0:1:1", "--out", "o.csv"],
        "none.csv: there is no such table",
    ),
    "ending": (["decay.xml", "--times", "0:1:1", "--out", "o.xls"], r"file name ending '\.xls'"),
    "times": (["decay.xml", "--times", "0,2,1", "--out", "o.csv"], "1 follows 2"),
    "negative": (["decay.xml", "--times=-1,2", "--out", "o.csv"], "starts at time 0"),
    "step": (["decay.xml", "--times", "0:1:0", "--out", "o.csv"], "step above 0"),
    "word": (["decay.xml", "--times", "0,one", "--out", "o.csv"], "'one' is not a time"),
    "no file": (["decay.xml", "--times", "times.txt", "--out", "o.csv"], "neither a file"),
    "output": (
        ["decay.xml", "--times", "0:1:1", "--out", "o.csv", "--outputs", "SS"],
        "unknown output 'SS'; did you mean 'S'",
    ),
    "method": (
        ["decay.xml", "--times", "0:1:1", "--out", "o.csv", "--method", "rodas"],
        "unknown method",
    ),
    "tolerance": (
        ["decay.xml", "--times", "0:1:1", "--out", "o.csv", "--rtol", "0"],
        "tolerances are positive",
    ),
    "no outputs": (
        ["decay.xml", "--times", "0:1:1", "--out", "o.csv", "--outputs", " ,"],
        "no output is named",
    ),
    "no states": (["rules.xml", "--times", "0:1:1", "--out", "o.csv"], "--outputs"),
    "underscore": (["decay.xml", "--times", "0,1_000", "--out", "o.csv"], "'1_000' is not a time"),
    "long arrays": (
        ["decay.xml", "--times", "0:1:1", "--out", "o.nc", "--long"],
        "--long is for .csv and .parquet",
    ),
    "misspelt model": (
        ["reynold2006", "--times", "0:1:1", "--out", "o.csv"],
        "did you mean 'reynolds2006'",
    ),
    "not SBML": (["sets.csv", "--times", "0:1:1", "--out", "o.csv"], "sets.csv"),
}


@pytest.mark.parametrize("kind", BAD_CALLS)
def test_a_bad_call_is_refused_in_one_sentence(here: Path, kind: str) -> None:
    arguments, words = BAD_CALLS[kind]
    done = call(*arguments)
    assert done.exit_code == 3, done.output
    assert re.search(words, done.stderr)
    assert done.stderr.count("\n") == 1


def test_a_second_command_does_not_write_over_the_first(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun, second = Simulation.part, list[int](), list[Result]()

    def meanwhile(self: Simulation, first: int, size: int, watch: np.ndarray) -> Courses:
        begun.append(first)
        if len(begun) == 1:
            second.append(decay("--outputs", "k"))
        return real(self, first, size, watch)

    monkeypatch.setattr(Simulation, "part", meanwhile)
    assert decay("--threads", "1").exit_code == 0
    assert second[0].exit_code == 3
    assert "out.csv: another command is writing there" in second[0].stderr
    assert second[0].stderr.count("\n") == 1
    assert pd.read_csv("out.csv").shape == (10, 3)
    assert not [p for p in here.iterdir() if "part" in p.name or "lock" in p.name]


def test_what_another_run_keeps_stays(here: Path) -> None:
    other = here / "out.csv.part" / "0123456789ab" / "chunks"
    other.mkdir(parents=True)
    (other / "sets-0.chunk").write_text("finished")
    assert decay().exit_code == 0
    assert [p.name for p in (here / "out.csv.part").iterdir()] == ["0123456789ab"]
    assert (other / "sets-0.chunk").read_text() == "finished"


def test_outputs_with_the_names_of_columns_and_coordinates(here: Path) -> None:
    names = ["status", "ended", "set", "float", "S"]
    text = f"{DECAY}; status = 3; ended = 4; set = 5; float = 6"
    (here / "decay.xml").write_text(sbml_of(text))
    for out in ("a.csv", "a.parquet", "a.nc", "a.zarr"):
        done = decay("--outputs", ",".join(names), out=out)
        assert done.exit_code == 0, done.output
    assert pd.read_csv("a.csv").columns.tolist() == ["id", "time", *names]
    for out in ("a.nc", "a.zarr"):
        engine = "scipy" if out == "a.nc" else "zarr"
        with xarray.open_dataset(out, engine=engine) as data:
            found = [float(data[f"{name} (output)"].values[0, 0]) for name in names[:3]]
            assert found == [3, 4, 5]
            assert data["float (output)" if out == "a.nc" else "float"].values[0, 0] == 6
            assert data["status"].values.tolist() == [0, 0]


def test_an_output_called_time(here: Path) -> None:
    text = sbml_of(f"{DECAY}; clock = 7").replace('"clock"', '"time"')
    (here / "decay.xml").write_text(text)
    assert decay("--outputs", "time").exit_code == 0
    assert decay("--outputs", "time", out="a.parquet").exit_code == 0
    assert set(pd.read_csv("out.csv")["time (output)"]) == {7}
    found = simulate_sets(read_sbml(text), ParameterSets.alone(), times=[0, 1], outputs=["time"])
    assert found["time (output)"].values.tolist() == [[7, 7]]
    assert found["time"].values.tolist() == [0, 1]


def test_every_species_is_an_output_unless_told() -> None:
    text = """species A, $B, C, D; compartment V = 2; species E in V; A = 1; B = 2; C := 2*A; D = 3;
    E = 4; J: A -> ; k*A; k = 1; y = 0; y' = 1; J2: B -> ; w*B; w = 1"""
    found = natural_outputs(read_sbml(sbml_of(text)))
    assert set(found[:2]) == {"A", "y"}
    assert sorted(found) == ["A", "B", "C", "D", "E", "y"]


PULSES = {
    "time - floor(time/T)*T < d": [5, 30],
    "time % T < d": [5, 30],
    "ceil(time/T)*T - time < d": [4, 28],
    "floor((time + 1)/T) == 3 && time - floor(time/T)*T >= T - d": [1, 2],
    "time - T*floor(time/T) < d && time > 24": [4, 22],
    "rem(time, T) < d": [5, 30],
}


@pytest.mark.parametrize("condition", PULSES)
def test_short_pulses_that_come_again_are_not_missed(condition: str) -> None:
    system = read_sbml(sbml_of(f"x = 0; T = 24; d = 0.01; x' = piecewise(100, {condition}, 0)"))
    sets = ParameterSets.of({"T": [24.0, 7.0], "d": [0.01, 0.02]})
    simulation = Simulation.of(system, sets, times=[0, 100])
    assert simulation.warnings == ()
    (part,) = simulation.parts(threads=1)
    np.testing.assert_allclose(part.values[:, 1, 0], PULSES[condition], rtol=1e-6)


def test_a_saw_is_followed_from_tooth_to_tooth() -> None:
    system = read_sbml(sbml_of("x = 0; T = 24; x' = time - floor(time/T)*T"))
    found = simulate_sets(system, ParameterSets.of({"T": [24.0, 7.0]}), times=[0, 100])
    np.testing.assert_allclose(found["x"].values[:, 1], [4 * 288 + 8, 14 * 24.5 + 2], rtol=1e-6)


def test_conditions_that_can_be_missed_are_told(here: Path) -> None:
    for condition, shown in {
        "sin(time) > 0.99": "`0.99 < sin(time)`",
        "(time - 3)^2 < 1e-4": "`(time - 3)^2 < 0.0001`",
        "time - floor(time*1e6)/1e6 < 1e-7": "floor(1e+06*time)",
    }.items():
        text = sbml_of(f"x = 0; x' = piecewise(1, {condition}, 0)")
        (here / "decay.xml").write_text(text)
        done = call("decay.xml", "--times", "0,50", "--out", "o.csv", "--json")
        assert done.exit_code == 0
        (warning,) = json.loads(done.stdout)["warnings"]
        assert shown in warning
        assert warning in done.stderr
    text = "x = 0; T = 5; x' = piecewise(1, time - floor(time/T)*T < 1, 0); at (time > 8): T = 6"
    simulation = Simulation.of(read_sbml(sbml_of(text)), ParameterSets.alone(), times=[0, 9])
    assert len(simulation.warnings) == 1


def test_a_compartment_without_room_is_refused(here: Path) -> None:
    text = "compartment C = 2; species S in C; S = 1; J: S -> ; S"
    (here / "decay.xml").write_text(sbml_of(text))
    (here / "sets.csv").write_text("C\n1\n0\n")
    done = decay()
    assert done.exit_code == 3
    assert "sets.csv:3: C: the size of a compartment is above 0, not 0" in done.stderr
    (here / "bad.xml").write_text(sbml_of(text.replace("C = 2", "C = -2")))
    done = call("bad.xml", "--times", "0,1", "--out", "o.csv")
    assert done.exit_code == 3
    assert re.search(r"bad\.xml:\d+: C: the size of a compartment is above 0, not -2", done.stderr)


def test_single_precision_says_where_its_numbers_end() -> None:
    system = read_sbml(sbml_of("x = 1; x' = x"))
    simulation = Simulation.of(system, ParameterSets.alone(), times=[0, 200], single=True)
    (part,) = simulation.parts(threads=1)
    (failure,) = simulation.failures(part)
    assert "beyond 32 bits" in failure.reason


def test_errors_in_antimony_have_no_line_of_the_translation(here: Path) -> None:
    (here / "bad.ant").write_text("model m()\n  compartment C = -2; species S in C\nend\n")
    done = call("bad.ant", "--times", "0,1", "--out", "o.csv")
    assert done.exit_code == 3
    assert "bad.ant: C: the size of a compartment" in done.stderr


def test_bad_antimony_is_told_with_its_line(here: Path) -> None:
    (here / "bad.ant").write_text("model m()\n  x = = 3;\nend\n")
    done = call("bad.ant", "--times", "0:1:1", "--out", "o.csv")
    assert done.exit_code == 3
    assert "line 2" in done.stderr


# Tables and times


def test_separators_byte_order_marks_and_names(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    for text in ("k;S\n1;2\n", "k\tS\n1\t2\n", "\ufeffk,S\r\n1, 2\r\n", "\nk,S\n\n1,2\n\n"):
        file.write_text(text, encoding="utf-8", newline="")
        sets = read_parameter_sets(file)
        assert sets.names == ("k", "S")
        assert sets.values.tolist() == [[1, 2]]
    file.write_text("patient,k\nA,1\n")
    assert read_parameter_sets(file, id_column="patient").ids == ("A",)
    with pytest.raises(InputError, match="did you mean 'patient'"):
        read_parameter_sets(file, id_column="patients")


def test_parquet_tables(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pd.DataFrame({"id": [7, 8], "k": [1, 2], "S": [0.5, 1.5]}).to_parquet(file)
    sets = read_parameter_sets(file)
    assert sets.ids == ("7", "8")
    assert sets.values.tolist() == [[1, 0.5], [2, 1.5]]
    pd.DataFrame({"k": [1.0, None]}).to_parquet(file)
    with pytest.raises(InputError, match="k: row 2"):
        read_parameter_sets(file)
    pd.DataFrame({"k": ["a"]}).to_parquet(file)
    with pytest.raises(InputError, match="not numbers"):
        read_parameter_sets(file)
    file.write_text("k\n1\n")
    with pytest.raises(InputError, match="not a Parquet file"):
        read_parameter_sets(file)


def test_times_in_every_spelling(tmp_path: Path) -> None:
    assert read_times("0:1:0.1").size == 11
    assert read_times("0:72:0.5")[-1] == 72
    assert read_times("0:1:0.3").tolist() == [0, 0.3, 0.6, 0.9]
    assert read_times("0, 2.5,7").tolist() == [0, 2.5, 7]
    assert read_times("3").tolist() == [3]
    file = tmp_path / "times.txt"
    file.write_text("time\n0\n1.5\n\n4\n")
    assert read_times(str(file)).tolist() == [0, 1.5, 4]
    file.write_text("0\nx\n")
    with pytest.raises(InputError, match=r"times\.txt:2: 'x'"):
        read_times(str(file))


def test_the_example_of_the_manual_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "how-to" / "simulate.md").read_text()
    monkeypatch.chdir(tmp_path)
    for name in ("drug.ant", "sets.csv"):
        block = re.search(rf"`{re.escape(name)}`.*?\n```\w*\n(.*?)```", page, re.S)
        assert block, name
        Path(name).write_text(block[1])
    commands = re.findall(r"^\$ reflexarc simulate (.*)$", page, re.M)
    assert commands
    for line in commands:
        done = call(*line.split())
        assert done.exit_code == 0, (line, done.output)
    rows = pd.read_csv("courses.csv")
    shown = re.search(r"```text\n(id,time.*?)```", page, re.S)
    assert shown
    for line in shown[1].strip().splitlines()[1:]:
        name, time, *numbers = line.split(",")
        row = rows[(rows["id"] == name) & (rows["time"] == float(time))]
        assert row.iloc[0, 2:].tolist() == pytest.approx([float(n) for n in numbers], rel=1e-3)


def test_formulas_in_notes_are_short() -> None:
    graph = Graph()
    x, one = graph.symbol("x"), graph.number(1.0)
    half = graph.apply("divide", graph.symbol(TIME), graph.symbol("T"))
    step = graph.apply("multiply", graph.number(-1.0), x, graph.apply("floor", half))
    assert written(graph, graph.apply("add", graph.symbol(TIME), step)) == "time - x*floor(time/T)"
    pulse = graph.apply("select", graph.apply("less", x, one), graph.apply("exp", x), one)
    assert written(graph, pulse) == "piecewise(exp(x), x < 1, 1)"
    for _ in range(5000):
        x = graph.apply("add", graph.apply("sin", x), graph.apply("multiply", x, half))
    assert len(written(graph, x)) <= 100
