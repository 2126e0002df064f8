"""The benchmark's frame: the same work for all, honest errors, no engine spoils another."""

import importlib.util
import json
import re
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from reflexarc.bench.accuracy import measure_error, reference, relative_error
from reflexarc.bench.cases import pulse_train, response, segments
from reflexarc.bench.comparison import compare
from reflexarc.bench.engine import ENGINES, Engine, choose
from reflexarc.bench.peers import numbalsoda
from reflexarc.bench.problem import Problem, Segment
from reflexarc.bench.report import Report, ratios
from reflexarc.bench.row import Row
from reflexarc.bench.tape import arithmetic, record
from reflexarc.cli.bench import bench
from reflexarc.errors import InputError
from reflexarc.expression import Graph
from reflexarc.reference import instrument
from reflexarc.system import System
from reflexarc.timeline import Edge, Timeline

ROOT = Path(__file__).parents[1]


def small_system() -> System:
    """x decays and feeds y through a Hill term and a bare power; y's loss has a choice in it."""
    graph = Graph()
    x, y, k, n = (graph.symbol(name) for name in ("x", "y", "k", "n"))
    a, number = graph.apply, graph.number
    up = a("power", a("max", x, number(0.0)), n)
    hill = a("divide", up, a("add", up, a("power", k, n)))
    loss = a("select", a("less", number(1.0), y), a("multiply", number(2.0), y), y)
    return System(
        name="small",
        graph=graph,
        states=("x", "y"),
        parameters=("k", "n", "unused"),
        values=np.array([0.5, 2.5, 7.0]),
        initial=(number(1.0), number(0.0)),
        rates=(
            a("multiply", number(-1.0), k, x),
            a(
                "add",
                hill,
                a("power", x, n),
                a("multiply", number(-1.0), loss),
                a("log", a("add", k, n)),
            ),
        ),
        variables={},
    )


def small_problem(animals: int = 3) -> Problem:
    return Problem(
        name="small",
        model="0",
        sbml="<sbml/>",
        tape=record(small_system()),
        varied=("k",),
        parameters=np.tile([0.5, 2.5, 7.0], (animals, 1)) * np.linspace(1, 2, animals)[:, None],
        initial=np.ones((animals, 2)),
        sizes=np.ones(2),
        times=np.array([0.0, 1.0, 2.0, 3.0]),
        segments=(
            Segment(0.0, 2.0, {"k": 0.7}, {}, 1, 3),
            Segment(2.0, 3.0, {"n": 3.0}, {"y": 0.25}, 3, 4),
        ),
    )


# ---- how wrong an answer is


def test_error_is_relative_above_the_floor_and_absolute_below():
    truth = np.zeros((1, 3, 2))
    truth[0, :, 0] = [0.0, 1000.0, 500.0]
    answer = truth + 1.0
    error = relative_error(answer, truth)[0]
    np.testing.assert_allclose(error[:, 0], 1 / (np.array([0, 1000, 500]) + 1.0 + 1e-6))
    np.testing.assert_allclose(error[:, 1], 1 / 1e-6)


def test_animals_without_an_answer_are_counted_and_do_not_hide_the_others():
    truth = np.ones((3, 2, 2))
    answer = truth * 1.1
    answer[1, 1, 0] = np.nan
    answer[2] *= 2
    found = measure_error(answer, truth)
    assert found.unfinished == 1
    assert found.largest == pytest.approx(1.2 / (1.001001 * 1), rel=1e-5)
    assert np.isnan(measure_error(np.full((1, 2, 2), np.nan), truth).largest)


# ---- the work


def test_pieces_end_at_edges_and_an_output_at_an_edge_is_before_it():
    timeline = Timeline(
        arm="one",
        start=-1.0,
        stop=4.0,
        initial={},
        edges=(
            Edge(-1.0, set={"a": 1.0}),
            Edge(2.0, set={"a": 0.0}, add={"x": 3.0}),
            Edge(4.0, set={"a": 9.0}),
        ),
    )
    first, second = segments(timeline, np.array([-1.0, 0.0, 2.0, 3.0, 4.0]))
    assert (first.start, first.stop, first.set, first.add) == (-1.0, 2.0, {"a": 1.0}, {})
    assert (second.start, second.stop, second.set, second.add) == (2.0, 4.0, {"a": 0.0}, {"x": 3.0})
    assert (first.first, first.last, second.first, second.last) == (1, 3, 3, 5)


def test_inputs_follow_the_edges():
    problem = small_problem()
    (_, before, nothing), (_, after, bolus) = problem.inputs()
    assert before[:, 0].tolist() == [0.7] * 3
    assert before[:, 1].tolist() == problem.parameters[:, 1].tolist()
    assert after[:, :2].tolist() == [[0.7, 3.0]] * 3
    assert nothing.tolist() == [0.0, 0.0]
    assert bolus.tolist() == [0.0, 0.25]
    assert problem.touched == ("k", "n")


def test_a_problem_is_the_same_after_a_trip_through_files(tmp_path: Path):
    problem = small_problem()
    problem.write(tmp_path)
    again = Problem.read(tmp_path)
    assert again.segments == problem.segments
    assert (again.name, again.varied, again.sbml) == (problem.name, problem.varied, problem.sbml)
    assert json.dumps(again.tape.to_json()) == json.dumps(problem.tape.to_json())
    for name in ("parameters", "initial", "sizes", "times"):
        assert np.array_equal(getattr(again, name), getattr(problem, name))


def test_outputs_at_the_very_start_are_the_initial_states():
    answer = small_problem().empty()
    assert answer[:, 0].tolist() == [[1.0, 1.0]] * 3
    assert np.isnan(answer[:, 1:]).all()


def test_the_week_has_fourteen_edges_and_fifteen_different_parameters():
    problem = pulse_train(1)
    assert len(problem.segments) == 14
    assert problem.times.tolist() == list(range(169))
    assert len(problem.varied) == 15
    starts = [segment.start for segment in problem.segments]
    assert starts[:4] == [-0.25, 0.0, 23.75, 24.0]
    assert [s.start for s in problem.segments if s.add] == [0.0]


# ---- translations


def rates_of(system: System, values: dict[str, float]) -> list[float]:
    return [float(v) for v in system.graph.evaluate(system.rates, values)]


VALUES = [
    {"x": 0.3, "y": 1.5, "k": 0.5, "n": 2.5, "unused": 1.0},
    {"x": 0.0, "y": 0.5, "k": 0.5, "n": 2.5, "unused": 1.0},
    {"x": -0.1, "y": 0.5, "k": 2.0, "n": 1.7, "unused": 1.0},
]


@pytest.mark.parametrize("values", VALUES)
def test_a_tape_and_its_two_parts_have_the_rates_of_the_graph(values: dict[str, float]):
    system = small_system()
    tape = record(system)
    wanted = rates_of(system, values)
    played = tape.play(values, arithmetic())
    assert [float(played[place]) for place in tape.rates] == wanted
    before, after = tape.hoisted()
    assert before.rates
    assert "x" not in {name for operator, name in before.entries if operator == "symbol"}
    terms = before.play(values, arithmetic())
    known = values | {n: terms[p] for n, p in zip(before.states, before.rates, strict=True)}
    played = after.play({n: known[n] for n in (*after.states, *after.parameters)}, arithmetic())
    assert [float(played[place]) for place in after.rates] == wanted
    assert len(after.entries) < len(tape.entries)


@pytest.mark.parametrize("values", VALUES)
def test_the_written_module_has_the_rates_of_the_graph(values: dict[str, float], tmp_path: Path):
    system = small_system()
    tape = record(system)
    path = tmp_path / "written.py"
    path.write_text(numbalsoda.source(tape))
    spec = importlib.util.spec_from_file_location("written", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = [0.0, 0.0]
    state = [values[name] for name in tape.states]
    module.rates(0.0, state, result, [values[name] for name in tape.parameters])
    np.testing.assert_allclose(result, rates_of(system, values), rtol=1e-14)


# ---- engines in their own processes

STUB = """
import numpy as np
LIBRARIES = ()
DISTRIBUTION = "numpy"
def prepare(problem, *, setting, rtol, atol, folder):
    (folder / "mark").write_text(setting)
    print("an engine that talks")
    {prepare}
    def solve():
        answer = np.ones(problem.shape)
        {solve}
        return answer
    return solve
"""
RUN = """
import sys
sys.path.insert(0, {folder!r})
from reflexarc.bench.worker import main
main()
"""


def stub(tmp_path: Path, name: str, *, prepare: str = "pass", solve: str = "pass") -> Engine:
    (tmp_path / f"{name}.py").write_text(STUB.format(prepare=prepare, solve=solve))
    script = tmp_path / f"run_{name}.py"
    script.write_text(textwrap.dedent(RUN.format(folder=str(tmp_path))))
    return Engine(name, name, ("one",), command=(sys.executable, str(script)))


def contest(tmp_path: Path, *engines: Engine, **options: object) -> dict[str, Row]:
    """Let stubs compete; the right answer is 1 everywhere."""
    problem = small_problem()
    rows = compare(
        [(problem, np.ones(problem.shape))],
        engines,
        seconds=0.0,
        rtols=(1e-6,),
        environments=tmp_path,
        **options,  # type: ignore[arg-type]
    )
    assert [row.engine for row in rows] == [engine.name for engine in engines]
    return {row.engine: row for row in rows}


def test_engines_that_fail_have_a_reason_and_spoil_nothing(tmp_path: Path):
    said: list[str] = []
    rows = contest(
        tmp_path,
        stub(tmp_path, "refuses", prepare="raise ValueError('no piecewise\\nand more')"),
        stub(tmp_path, "dies", solve="import os, sys; print('gone', file=sys.stderr); os._exit(7)"),
        stub(tmp_path, "nowhere", solve="answer[:] = np.nan"),
        stub(tmp_path, "misshapen", solve="answer = answer[:, 1:]"),
        replace(stub(tmp_path, "absent"), command=(), environment="absent"),
        Engine("missing", "no_such_module", ("one",)),
        stub(tmp_path, "partly", solve="answer[1, 0, 0] = np.nan"),
        stub(tmp_path, "right"),
        repeats=2,
        say=said.append,
    )
    reasons = {name: row.reason or "" for name, row in rows.items()}
    assert reasons["refuses"] == "ValueError: no piecewise"
    assert reasons["dies"] == "the process ended with code 7: gone"
    assert reasons["nowhere"] == "no animal has a finite answer"
    assert reasons["misshapen"] == "the answer has the shape (3, 3, 2)"
    assert "make bench-peers" in reasons["absent"]
    assert "no_such_module" in reasons["missing"]
    for name in ("refuses", "dies", "nowhere", "misshapen", "absent", "missing"):
        assert rows[name].sims_per_s_core is None
        assert rows[name].max_rel_error is None
    assert reasons["partly"] == "1 of 3 animals have no finite answer"
    assert rows["partly"].max_rel_error == 0.0
    right = rows["right"]
    assert right.reason is None
    assert right.max_rel_error == right.median_rel_error == 0.0
    assert right.version == np.__version__
    assert right.sims_per_s_core == max(right.turns)
    assert len(right.turns) == 2
    assert right.compile_s is not None
    assert any("turn 2 of 2" in line for line in said)


def test_an_engine_that_takes_too_long_is_ended(tmp_path: Path):
    slow = stub(tmp_path, "sleeps", prepare="import time; time.sleep(60)")
    row = contest(tmp_path, slow, limits=(0.5, 60.0))["sleeps"]
    assert row.reason == "no answer to 'prepare' after 0.5 s"
    assert row.compile_s is None
    tired = stub(
        tmp_path,
        "tires",
        prepare="runs = []",
        solve="runs.append(0); import time; time.sleep(60 if len(runs) > 1 else 0)",
    )
    row = contest(tmp_path, tired, limits=(60.0, 1.0), repeats=3)["tires"]
    assert row.reason == "no answer to 'run' after 1 s"
    assert row.max_rel_error == 0.0
    assert row.sims_per_s_core is None


def test_speed_counts_animals_with_an_answer_in_every_pass(monkeypatch: pytest.MonkeyPatch):
    spent = iter([0.1, 2.0, 1.0])

    class Fake:
        def __init__(self, *_: object) -> None:
            self.file = ""

        def order(self, do: str, **given: object) -> dict[str, object]:
            if do == "prepare":
                Path(str(given["folder"])).parent.mkdir(parents=True)
                return {"version": "1", "animals": 3, "compile_s": 0.0, "compile_cpu_s": 0.0}
            if do == "save":
                answer = np.ones((3, 4, 2))
                answer[2, 3, 1] = np.inf
                np.save(str(given["file"]), answer)
                return {}
            if given["passes"] != 1:
                assert given["passes"] == 10
            return {"cpu_s": next(spent)}

        def close(self) -> None:
            pass

    monkeypatch.setattr("reflexarc.bench.comparison.EngineProcess", Fake)
    problem = small_problem()
    (row,) = compare(
        [(problem, np.ones(problem.shape))],
        [Engine("fake", "fake", ("one",))],
        repeats=2,
        seconds=1.0,
        rtols=(1e-6,),
    )
    assert row.turns == [10.0, 20.0]
    assert row.sims_per_s_core == 20.0


def test_slow_engines_get_fewer_animals(tmp_path: Path):
    row = contest(tmp_path, replace(stub(tmp_path, "slow"), most=2), repeats=1)["slow"]
    assert row.animals == 2
    assert row.max_rel_error == 0.0


def test_a_worker_needs_numpy_only():
    code = (
        "import sys, reflexarc.bench.worker as w;"
        "print([m for m in ('scipy', 'pydantic', 'roadrunner', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- libRoadRunner, end to end


@pytest.fixture(scope="module")
def solved() -> tuple[Problem, np.ndarray]:
    """The problem of 72 h for two animals, and its reference."""
    problem = response(2)
    return problem, reference(problem)


def test_libroadrunner_from_end_to_end(solved: tuple[Problem, np.ndarray]):
    problem, truth = solved
    assert np.isfinite(truth).all()
    (engine,) = choose(["libroadrunner"])
    (row,) = compare(
        [(problem, truth)],
        [replace(engine, settings=engine.settings[:1])],
        repeats=1,
        seconds=0.0,
        rtols=(1e-6,),
    )
    assert row.reason is None
    assert row.max_rel_error is not None
    assert 1e-9 < row.max_rel_error < 1e-3
    assert row.sims_per_s_core is not None
    assert row.sims_per_s_core > 0


def test_the_reference_is_what_the_laboratory_computes(solved: tuple[Problem, np.ndarray]):
    from reflexarc.cohort import Cohort
    from reflexarc.protocol import Experiment
    from reflexarc.timeline import build_timelines

    problem, truth = solved
    lines = build_timelines(Experiment.load("liu-2021"))
    (timeline,) = (line for line in lines if line.arm == "leg 0.5 mA")
    cohort = Cohort.sample(dict.fromkeys(problem.varied, 0.2), size=2, seed=1)
    course = instrument(problem.sbml).run(
        timeline=replace(timeline, stop=72.0),
        times=problem.times,
        outputs=problem.tape.states,
        multipliers=cohort.parameters(1),
        rtol=1e-10,
        atol=1e-13,
    )
    assert relative_error(course[None], truth[1:]).max() < 1e-6


# ---- the report


def rows() -> tuple[Row, ...]:
    return (
        Row("reflexarc", "default", "72 h", 1e-6, 1e-9, sims_per_s_core=500.0, max_rel_error=1e-6),
        Row("libRoadRunner", "fast", "72 h", 1e-6, 1e-9, sims_per_s_core=20.0),
        Row("libRoadRunner", "slow", "72 h", 1e-6, 1e-9, sims_per_s_core=10.0),
        Row("AMICI", "one", "72 h", 1e-6, 1e-9, reason="not installed"),
        Row("reflexarc", "default", "72 h", 1e-4, 1e-9, sims_per_s_core=900.0),
    )


def test_ratios_are_to_the_fastest_baseline_of_the_same_work():
    assert ratios(rows()) == [25.0, 1.0, 0.5, None, None]


def test_the_command_writes_the_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    given: dict[str, object] = {}

    def fake(**options: object) -> Report:
        given.update(options)
        return Report("abc", ("k",), rows(), {"72 h": 1e-10})

    monkeypatch.setattr("reflexarc.bench.report.compare_peers", fake)
    out = tmp_path / "new" / "peers.json"
    done = CliRunner().invoke(
        bench, ["peers", "--animals", "5", "--engines", "amici", "--json", "--out", str(out), "-q"]
    )
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report == json.loads(out.read_text())
    assert report["model"] == "abc"
    wanted = {"engine", "setting", "rtol", "sims_per_s_core", "max_rel_error", "compile_s"}
    assert all(wanted <= row.keys() for row in report["rows"])
    assert report["rows"][3]["sims_per_s_core"] is None
    assert report["rows"][3]["reason"] == "not installed"
    assert given["animals"] == 5
    assert [engine.name for engine in given["engines"]] == ["AMICI"]  # type: ignore[attr-defined]
    done = CliRunner().invoke(bench, ["peers"])
    assert done.exit_code == 0
    assert "not installed" in done.stdout


def test_an_unknown_engine_is_named_with_the_nearest():
    with pytest.raises(InputError, match="unknown engine 'heyoko'; did you mean 'heyoka'"):
        choose(["heyoko"])
    assert choose(None) == ENGINES


def test_every_environment_has_pinned_requirements():
    folder = ROOT / "benchmarks" / "requirements"
    named = {engine.environment for engine in ENGINES if engine.environment}
    assert {path.stem for path in folder.glob("*.txt")} == named
    for path in folder.glob("*.txt"):
        for line in path.read_text().splitlines():
            assert re.fullmatch(r"[a-z0-9.-]+==[a-z0-9.]+", line), f"{path.name}: {line}"
