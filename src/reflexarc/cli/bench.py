"""`reflexarc bench`: how fast, how right, and beside what."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflexarc.cli.console import (
    Json,
    Lab,
    Quiet,
    note,
    print_json,
    print_table,
    progress_bar,
)

if TYPE_CHECKING:
    from reflexarc.bench.report import Report

__all__ = ["bench"]

bench = typer.Typer(
    cls=Lab,
    name="bench",
    help="Measure how fast and how right the engine is.\n\n"
    "Example: reflexarc bench million --animals 10000",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@bench.callback()
def _bench() -> None:
    """Measure how fast and how right the engine is.

    Example: reflexarc bench million --animals 10000
    """


@bench.command("peers")
def peers(
    animals: Annotated[int, typer.Option(min=1, help="Virtual animals.")] = 128,
    repeats: Annotated[
        int, typer.Option(min=1, help="Turns of each engine; the best one counts.")
    ] = 3,
    seconds: Annotated[
        float, typer.Option(min=0.0, help="Processor time that a turn takes at least, in s.")
    ] = 1.0,
    engines: Annotated[
        list[str] | None, typer.Option(help="An engine; may be given again. All if left out.")
    ] = None,
    rtol: Annotated[
        list[float] | None,
        typer.Option(help="A relative tolerance; may be given again. 1e-6 and 1e-4 if left out."),
    ] = None,
    environments: Annotated[Path, typer.Option(help="Folder that `make bench-peers` made.")] = Path(
        ".bench"
    ),
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run other engines beside reflexarc's own on the same animals.

    Every engine gets the same model, animals, edges, outputs and tolerances; speed is simulations
    per second of processor time, the error is the largest one against a reference. An engine that
    isn't installed or fails has a row that says why.

    Example: reflexarc bench peers --animals 16 --repeats 1 --engines libRoadRunner
    """
    from reflexarc.bench.comparison import RTOLS
    from reflexarc.bench.engine import choose
    from reflexarc.bench.report import compare_peers

    chosen = choose(engines or None)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    report = compare_peers(
        animals=animals,
        repeats=repeats,
        seconds=seconds,
        engines=chosen,
        rtols=tuple(rtol) if rtol else RTOLS,
        environments=environments,
        say=lambda line: note(line, quiet=quiet),
    )
    if out is not None:
        _write(out, report)
    if json:
        print_json(report.to_json())
    else:
        _print(report)


@bench.command("million")
def million(
    animals: Annotated[int, typer.Option(min=1, help="Virtual animals.")] = 1_000_000,
    single: Annotated[
        bool, typer.Option("--single", help="Single precision, for screening only.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; one per core if left out.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a million mice for three days and say how long it took.

    The arm is `leg 0.5 mA` of the built-in experiment liu-2021, the model is whole, all traits
    differ, and the rest of 240 h before is included.

    Example: reflexarc bench million --animals 20000
    """
    from reflexarc.bench.million import million as run

    with progress_bar("simulating", quiet=quiet) as progress:
        found = run(size=animals, single=single, threads=threads, progress=progress)
    facts = found.to_json()
    if json:
        print_json(facts)
        return
    precision = "single precision, for screening only" if single else "double precision"
    rows = [
        ("animals", f"{found.animals:,}, 72 h, {precision}"),
        ("time", f"{found.seconds:.1f} s on {found.threads} threads"),
        ("processor time", f"{found.processor_seconds:.1f} s"),
        ("animals per second and core", f"{found.per_second_and_core:,.0f}"),
        ("peak memory", f"{found.peak_MB:,.0f} MB"),
        ("alive at 72 h", f"{found.survivors:,} ({100 * found.survivors / found.animals:.1f} %)"),
        ("failed", f"{found.failed:,}"),
        *((name, str(value)) for name, value in found.machine.items()),
    ]
    print_table(["", ""], rows)


def _write(out: Path, report: "Report") -> None:
    import json

    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    out.write_text(text + "\n", encoding="utf-8")


def _print(report: "Report") -> None:
    from reflexarc.bench.report import BASELINE, ratios

    rows: list[Sequence[object]] = []
    for row, ratio in zip(report.rows, ratios(report.rows), strict=True):
        rows.append(
            (
                row.problem,
                row.engine,
                row.setting,
                f"{row.rtol:g}",
                row.sims_per_s_core,
                ratio,
                row.max_rel_error,
                row.compile_s,
                row.reason,
            )
        )
    number = f"x {BASELINE}"
    headings = ["problem", "engine", "setting", "rtol", "sims/s/core", number, "max rel error"]
    headings += ["compile s", "remark"]
    print_table(headings, rows, right=[*headings[3:8]])
