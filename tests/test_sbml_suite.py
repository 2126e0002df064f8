"""The SBML Test Suite: event-free time courses through the kernel, within the suite's tolerances.

The cases (sbmlteam/sbml-test-suite, LGPL) lie beside the repository, not in it.
"""

import csv
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reflexarc.kernel import Kernel, Line, machine
from reflexarc.sbml import read_sbml
from reflexarc.system import System
from slow_integration import integrate
from small_systems import run

ARCHIVE = Path(__file__).parents[1].parent / "shared" / "sbml-test-suite" / "cases.zip"
OTHER_LEVELS = ["2.1", "2.2", "2.3", "2.4", "2.5", "3.1"]

FAILURES: dict[str, str] = {}
"""Cases that don't pass, each with the reason. There are none."""

ALL_OF_THE_WAY = 16
"""Every so many cases the code is made as for users; else without the passes that only save time
while it runs, which makes it three times as fast to build."""


Integration = Callable[..., NDArray[np.float64]]
"""A function of (system, times=, outputs=) that returns outputs, shape (time, output)."""


def integrate_by_kernel(
    system: System, *, times: list[float], outputs: list[str]
) -> NDArray[np.float64]:
    """Return outputs by generated code."""
    line = Line(times[0], times[-1])
    found = run(Kernel.of(system, outputs), line, times, rtol=1e-8, atol=1e-13)
    assert found.status.tolist() == [0]
    return found.outputs[0]


@pytest.fixture
def plain_code(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.CACHE, "")
    place = numbers().index(request.node.callspec.params["number"])
    if place % ALL_OF_THE_WAY:
        monkeypatch.setattr(machine, "assembled", assembled_plainly)


def assembled_plainly(text: str) -> bytes:
    """Return LLVM IR as object code, none the faster."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    here = machine.processor()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=here.name, features=here.features, opt=0, reloc="pic", codemodel="small"
    )
    module = llvm.parse_assembly(text)
    module.verify()
    return bytes(target.emit_object(module))


@dataclass(frozen=True)
class Case:
    """One case of the suite.

    `columns` are the outputs under the names that a system gives them.
    """

    sbml: str
    levels: list[str]
    times: list[float]
    columns: list[str]
    expected: NDArray[np.float64]
    absolute: float
    relative: float


@cache
def archive() -> dict[str, str]:
    """Return the text of every file of the suite by its name in the archive."""
    if not ARCHIVE.exists():
        return {}
    with zipfile.ZipFile(ARCHIVE) as files:
        return {name: files.read(name).decode() for name in files.namelist() if name[-1] != "/"}


def numbers() -> list[str]:
    return sorted({Path(name).name[:5] for name in archive() if name.endswith("-settings.txt")})


def case_of(number: str) -> Case:
    files = {Path(name).name: text for name, text in archive().items() if number in name}
    lines = files[f"{number}-settings.txt"].splitlines()
    settings = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    rows = [row for row in csv.reader(files[f"{number}-results.csv"].splitlines()) if row]
    head = [word.strip() for word in rows[0]]
    names = words(settings["variables"])
    table = np.array([[float(x) for x in row] for row in rows[1:]])
    start, steps = float(settings["start"]), int(settings["steps"])
    kinds = dict.fromkeys(words(settings["amount"]), "amount")
    kinds |= dict.fromkeys(words(settings["concentration"]), "concentration")
    levels = re.search(r"levels:\s*(.*)", files[f"{number}-model.m"])
    return Case(
        sbml=files[f"{number}-sbml-l3v2.xml"],
        levels=words(levels[1]) if levels else [],
        times=[start + float(settings["duration"]) * i / steps for i in range(steps + 1)],
        columns=[f"{name}.{kinds[name]}" if name in kinds else name for name in names],
        expected=table[:, [head.index(name) for name in names]],
        absolute=float(settings["absolute"]),
        relative=float(settings["relative"]),
    )


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def misses(case: Case, sbml: str, simulate: Integration) -> list[tuple[str, float, float, float]]:
    """Return (output, time, value, expected value) where a case isn't met."""
    system = read_sbml(sbml)
    columns = [c if c in system.variables else c.partition(".")[0] for c in case.columns]
    found = simulate(system, times=case.times, outputs=columns)
    expected = case.expected
    assert found.shape == expected.shape
    with np.errstate(invalid="ignore"):
        near = np.abs(found - expected) <= case.absolute + case.relative * np.abs(expected)
    met = near | (found == expected) | (np.isnan(found) & np.isnan(expected))
    return [(columns[j], case.times[i], found[i, j], expected[i, j]) for i, j in np.argwhere(~met)]


@pytest.mark.usefixtures("plain_code")
@pytest.mark.parametrize("number", numbers())
def test_a_case_of_the_suite(number: str) -> None:
    case = case_of(number)
    if number in FAILURES:
        assert misses(case, case.sbml, integrate_by_kernel), (
            f"{number} passes: take it from the list"
        )
    else:
        assert misses(case, case.sbml, integrate_by_kernel) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", numbers())
def test_a_case_in_every_other_level_that_it_exists_in(number: str) -> None:
    import libsbml

    case = case_of(number)
    for level in case.levels:
        if level not in OTHER_LEVELS:
            continue
        document = libsbml.readSBMLFromString(case.sbml)
        assert document.setLevelAndVersion(*map(int, level.split(".")), False)
        text = libsbml.writeSBMLToString(document)
        assert misses(case, text, integrate) == [], level


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the suite's cases are not here")
def test_the_share_that_passes() -> None:
    assert len(numbers()) == 482
    assert FAILURES.keys() <= set(numbers())
    assert len(FAILURES) <= 0.03 * len(numbers())
