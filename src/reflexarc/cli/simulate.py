"""`reflexarc simulate`: any SBML model on a table of parameter sets."""

import hashlib
import math
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from reflexarc.cli.console import Json, Quiet, note, print_json, print_table, progress_bar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reflexarc.courses import Failed
    from reflexarc.simulation import Simulation
    from reflexarc.system import System

__all__ = ["simulate"]

MOST_TIMES = 10_000_000
SHOWN_FAILURES = 10


def simulate(
    model: Annotated[
        Path,
        typer.Argument(
            help="An SBML or Antimony file (.ant), or the name of a published model.",
            show_default=False,
        ),
    ],
    times: Annotated[
        str,
        typer.Option(
            help="start:stop:step, numbers between commas, or a file with one number per line."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where the results go: .csv, .parquet, .nc or .zarr.")],
    table: Annotated[
        Path | None,
        typer.Option(
            help="CSV or Parquet file, a row per set; without it, one run of the model as it is."
        ),
    ] = None,
    outputs: Annotated[
        str | None, typer.Option(help="Ids between commas; every species and state if left out.")
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option("--id", help="Column that names the sets; `id` if it is there."),
    ] = None,
    long: Annotated[
        bool, typer.Option("--long", help="CSV and Parquet: a row per set, time and output.")
    ] = False,
    rtol: Annotated[
        float | None, typer.Option(help="Relative tolerance; 1e-6, or 1e-4 with --single.")
    ] = None,
    atol: Annotated[
        float, typer.Option(help="Absolute tolerance, in the unit of each state.")
    ] = 1e-12,
    method: Annotated[
        str, typer.Option(help="rodas5p, rodas4 and other stiff methods; tsit5 is explicit.")
    ] = "rodas5p",
    single: Annotated[
        bool, typer.Option("--single", help="Single precision, for screening only.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; one per core if left out.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a model on a table of parameter sets.

    Columns are ids of parameters, compartments or species (their initial values). What is finished
    is kept beside the results while it runs: the same command goes on after an interruption. If
    sets fail, the others' results are written, the failed ones listed, and the exit code is 4.

    Example: reflexarc simulate decay.xml --table sets.csv --times 0:72:0.5 --out results.parquet

    Example: reflexarc simulate reynolds2006:septic --times 0:200:1 --out septic.csv
    """
    from reflexarc.course_files import format_of, write_courses
    from reflexarc.errors import InputError
    from reflexarc.parameter_sets import ParameterSets, read_parameter_sets
    from reflexarc.runs import ChunkFolder, RunFolder, storage
    from reflexarc.simulation import Simulation

    if long and format_of(out) not in ("csv", "parquet"):
        raise InputError("--long is for .csv and .parquet; others hold arrays", file=str(out))
    format_of(out)
    grid = read_times(times)
    system, text = _system_of(model)
    sets = (
        ParameterSets.alone() if table is None else read_parameter_sets(table, id_column=id_column)
    )
    wanted = (
        None if outputs is None else [name for word in outputs.split(",") if (name := word.strip())]
    )
    simulation = Simulation.of(
        system,
        sets,
        times=grid,
        outputs=wanted,
        rtol=rtol,
        atol=atol,
        method=method,
        single=single,
    )
    folder = RunFolder(out.parent, out.name)
    kept = (
        folder.unfinished / hashlib.sha256(f"{simulation.digest}{text}".encode()).hexdigest()[:12]
    )
    for warning in simulation.warnings:
        note(escape(warning), quiet=quiet)
    with (
        folder.claimed(wait=False),
        storage(out.parent),
        progress_bar("simulating", quiet=quiet) as progress,
    ):
        for draft in kept.glob("unfinished-*"):  # left behind when a run was killed
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
        failed = write_courses(
            out,
            simulation,
            simulation.parts(
                threads=threads, store=ChunkFolder(kept / "chunks"), progress=progress
            ),
            layout="long" if long else "wide",
            work=kept,
        )
        shutil.rmtree(kept, ignore_errors=True)
        with suppress(OSError):  # it holds what is kept of other inputs
            folder.unfinished.rmdir()
    _report(simulation, out, failed, json=json, quiet=quiet)
    if failed:
        raise typer.Exit(4)


def read_times(text: str) -> "NDArray[np.float64]":
    """Return times from start:stop:step, a list, or a file.

    Raises:
        InputError: If they can't be understood.

    Example:
        >>> read_times("0:1:0.5").tolist()
        [0.0, 0.5, 1.0]
    """
    import numpy as np

    from reflexarc.errors import InputError

    path = Path(text)
    if text.count(":") == 2 and not path.is_file():
        start, stop, step = (_time(word, None, None) for word in text.split(":"))
        if step <= 0 or stop < start:
            raise InputError(
                "times start:stop:step need a step above 0 and a stop not before start"
            )
        count = math.floor((stop - start) / step * (1 + 1e-12) + 1e-9) + 1
        if count > MOST_TIMES:
            raise InputError(f"{count:,} times; at most {MOST_TIMES:,} are run")
        return np.round(start + step * np.arange(count), 12)
    if path.is_file():
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise InputError("the file of times is not text in UTF-8", file=text) from None
        words = [(i, line.strip().rstrip(",;")) for i, line in enumerate(lines, 1)]
        words = [(i, word) for i, word in words if word]
        if words and words[0][1].strip('"').lower() == "time":
            del words[0]
        if not words:
            raise InputError("the file holds no times", file=text)
        return np.array([_time(word, text, i) for i, word in words])
    if "," not in text and not text.strip()[:1].isdigit():
        raise InputError(f"{text!r} is neither a file nor start:stop:step nor a list of numbers")
    return np.array([_time(word, None, None) for word in text.split(",")])


def _time(word: str, file: str | None, line: int | None) -> float:
    from reflexarc.errors import InputError

    try:
        value = float(word) if "_" not in word else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{word.strip()!r} is not a time", file=file, line=line)
    return value


def _system_of(path: Path) -> "tuple[System, str]":
    """Return a model and its SBML text."""
    from reflexarc.errors import InputError
    from reflexarc.sbml import read_sbml

    text, translated = _sbml_of(path)
    try:
        return read_sbml(text, file=str(path)), text
    except InputError as error:
        if not translated:
            raise
        # The line is one of the translation, which the user never sees.
        raise InputError(error.message, file=str(path), field=error.field) from None


def _sbml_of(path: Path) -> tuple[str, bool]:
    """Return the SBML text of a file or a published model, and whether it is a translation."""
    from reflexarc import published
    from reflexarc.errors import InputError, nearest

    shown = str(path)
    if not path.exists():
        name, _, case = shown.partition(":")
        if name in published.names():
            return published.sbml_of(name, case or published.AS_PUBLISHED), True
        near = nearest(name, published.names())
        hint = "" if near is None else f"; did you mean {near!r}?"
        raise InputError(f"there is no such file or published model{hint}", file=shown)
    if path.is_dir():
        raise InputError("is a folder, not a model", file=shown)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the model is not text in UTF-8", file=shown) from None
    if path.suffix.lower() not in (".ant", ".antimony") or text.lstrip().startswith("<"):
        return text, False
    try:
        import antimony
    except ImportError:
        raise InputError("Antimony files need the package `antimony`", file=shown) from None
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise InputError(" ".join(str(antimony.getLastError()).split()).rstrip("."), file=shown)
    return str(antimony.getSBMLString(antimony.getMainModuleName())), True


def _report(
    simulation: "Simulation", out: Path, listed: "list[Failed]", *, json: bool, quiet: bool
) -> None:
    facts: dict[str, object] = {
        "out": str(out),
        "sets": len(simulation.sets),
        "times": simulation.times.size,
        "outputs": list(simulation.outputs),
        "failed": len(listed),
        **simulation.attributes,
    }
    if json:
        print_json(
            {
                **facts,
                "units": simulation.units(),
                "warnings": list(simulation.warnings),
                "failures": [vars(one) for one in listed],
            }
        )
    else:
        print_table(["", ""], [(name, _shown(value)) for name, value in facts.items()])
    if simulation.attributes["precision"] == "single":
        note("single precision: for screening only", quiet=quiet)
    for one in listed[:SHOWN_FAILURES]:
        line = f" (line {one.line})" if one.line is not None else ""
        note(escape(f"set {one.id!r}{line} failed at t = {one.time:.6g}: {one.reason}"))
    if len(listed) > SHOWN_FAILURES:
        note(f"… and {len(listed) - SHOWN_FAILURES} more: {escape(str(out))}.failures.csv")


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
