"""`reflexarc bench`: how fast, how right, and beside what."""

import sys
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
    report = compare_peers(
        animals=animals,
        repeats=repeats,
        seconds=seconds,
        engines=chosen,
        rtols=tuple(rtol) if rtol else RTOLS,
        environments=environments,
        say=lambda line: note(line, quiet=quiet),
    )
    _keep(out, report.to_json())
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


@bench.command("roofline")
def roofline(
    animals: Annotated[int, typer.Option(min=1, help="Virtual animals.")] = 256,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too.")] = None,
    json: Json = False,
) -> None:
    """Show where the time of a step goes, and how far that is from what the processor could do.

    Example: reflexarc bench roofline
    """
    from dataclasses import asdict

    from reflexarc.bench.report import machine
    from reflexarc.bench.roofline import account

    found = [account(animals=animals), account(animals=animals, rtol=1e-4, single=True)]
    record = {"machine": machine(), "accounts": [asdict(one) for one in found]}
    _keep(out, record)
    if json:
        print_json(record)
        return
    for one in found:
        sys.stdout.write(
            f"\n{one.method}, {one.lanes} lanes, {one.states} states: {one.steps:.0f} steps of"
            f" {one.step * 1e6:.1f} us, {one.flops:,.0f} flops a step,"
            f" {one.share:.0%} of {one.peak / 1e9:.0f} Gflop/s;"
            f" exp and log are {one.exp_log:.0%} of the flops of the rates\n"
        )
        rows = [
            (
                p.name,
                p.times,
                p.flops,
                f"{p.seconds * 1e9:.0f}",
                f"{p.peak:.0%}",
                f"{p.of_step:.0%}",
            )
            for p in one.parts
        ]
        headings = ["part", "times", "flops", "ns", "of peak", "of the step"]
        print_table(headings, rows, right=headings[1:])


@bench.command("scaling")
def scaling(
    most: Annotated[
        int, typer.Option(min=1_000, help="Animals of the largest population.")
    ] = 1_000_000,
    single: Annotated[bool, typer.Option("--single", help="Single precision (screening).")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the JSON to this file, and a figure beside it.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure how time grows with animals and threads, and how long compilation takes.

    Example: reflexarc bench scaling --most 100000
    """
    from reflexarc.bench.scaling import SIZES, draw
    from reflexarc.bench.scaling import scaling as measure

    sizes = [size for size in (*SIZES, 10_000_000) if size <= most]
    found = measure(sizes=sizes, single=single, say=lambda line: note(line, quiet=quiet))
    _keep(out, found.to_json())
    if out is not None:
        draw(found, out.with_suffix(".png"))
    if json:
        print_json(found.to_json())
        return
    rows = [
        (f"{s.animals:,}", f"{s.seconds:.2f}", f"{s.per_second:,.0f}", f"{s.peak_MB:,.0f}")
        for s in found.sizes
    ]
    headings = ["animals", "seconds", "animals/s", "peak MB"]
    print_table(headings, rows, right=headings)
    sys.stdout.write(
        f"two threads are {found.speed_up:.2f} times as fast as one;"
        f" compilation takes {found.compile_cold_s:.2f} s,"
        f" {found.compile_cached_s:.2f} s from the cache\n"
    )


def _keep(out: Path | None, record: object) -> None:
    import json

    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
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
