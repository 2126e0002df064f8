"""`reflexarc run`: an experiment from protocol to report."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reflexarc.cli.console import Engine, Json, Quiet, note, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from reflexarc.laboratory import Result

__all__ = ["run"]

WORTH_SAYING = 0.05
"""Part of its central value by which an outcome must be uncertain to be printed."""


def run(
    experiment: Annotated[
        str,
        typer.Argument(help="A YAML file, or a built-in experiment by name.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="Folder in which the run's own folder is made.")] = Path(
        "runs"
    ),
    animals: Annotated[
        int | None, typer.Option(min=1, help="Animals per arm, instead of what the file says.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads or processes; by default by cores.")
    ] = None,
    engine: Engine = "kernel",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run an experiment and leave a folder with data, figures and a report.

    A finished run of the same inputs is read again rather than repeated; an interrupted one goes
    on.

    Example: reflexarc run liu-2021

    Example: reflexarc run legs.yaml --animals 20 --out results
    """
    from reflexarc import laboratory

    with progress_bar("simulating", quiet=quiet) as progress:
        result = laboratory.run(
            experiment,
            out=out,
            animals=animals,
            seed=seed,
            workers=workers,
            progress=progress,
            engine=engine,
        )
    report = (result.folder or out) / "report.html"
    if json:
        print_json({**result.summary(), "folder": str(result.folder), "report": str(report)})
        return
    _print_measurements(result)
    _print_survival(result)
    _print_band(result)
    for limit in result.summary()["limits"]:
        note(limit, quiet=quiet)
    sys.stdout.write(f"\nreport: {report}\n")


def _print_measurements(result: "Result") -> None:
    from reflexarc.biology.tables import CELSIUS
    from reflexarc.figures import clock
    from reflexarc.statistics import records

    compared = {
        (row["observable"], row["where"], row["time"], row["arm"]): row
        for row in records(result.statistics)
    }
    by_measurement: dict[tuple[str, str, float, str], list[dict[str, Any]]] = {}
    for row in records(result.groups):
        key = (row["observable"], row["where"], row["time"], row["unit"])
        by_measurement.setdefault(key, []).append(row)
    for (observable, where, time, unit), rows in by_measurement.items():
        effect = "difference" if unit == CELSIUS else "ratio"
        print_table(
            ["arm", "n", "mean", "SEM", effect, "95 % interval", "p, adjusted"],
            [
                (row["arm"], row["n"], mean, row["sem"], *_effect(found))
                for row in rows
                for found in [compared.get((observable, where, time, row["arm"]))]
                for gone in [result.is_gone(row["arm"], (observable, where, time, unit))]
                for mean in ["not there" if gone else row["mean"]]
            ],
            right=["n", "mean", "SEM", effect, "p, adjusted"],
            title=f"\n{observable}, {where} [{unit}], {clock(time)}"
            + (f"; {effect} to {result.control}" if result.control else ""),
        )


def _print_survival(result: "Result") -> None:
    if result.survival is None or result.experiment.survival is None:
        return
    from reflexarc.figures import clock
    from reflexarc.report import p_value
    from reflexarc.statistics import records

    print_table(
        ["arm", "n", "died", "survive", "95 % interval", "p, adjusted"],
        [
            (
                row["arm"],
                row["n"],
                row["deaths"],
                f"{100 * row['survival']:.0f} %",
                f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %",
                p_value(row["p_adjusted"], none=""),
            )
            for row in records(result.survival)
        ],
        right=["n", "died", "survive", "p, adjusted"],
        title=f"\nSurvival, {clock(result.experiment.survival.hours)}",
    )


def _print_band(result: "Result") -> None:
    """Print a line for each arm whose outcome hangs on what nobody knows of the innervation."""
    from reflexarc.biology.tables import full_name
    from reflexarc.figures import clock
    from reflexarc.report import number
    from reflexarc.statistics import records

    ranges: dict[str, list[str]] = {}
    for row in records(result.band):
        if row["high"] - row["low"] > WORTH_SAYING * abs(row["central"]):
            low, high, unit = number(row["low"]), number(row["high"]), row["unit"]
            what = full_name(row["observable"], row["where"])
            words = f"{what} {clock(row['time'])} {low} to {high} {unit}"
            ranges.setdefault(row["arm"], []).append(words)
    if ranges:
        sys.stdout.write("\nUnknown innervation, lowest to highest of the typical animal\n")
    for arm, found in ranges.items():
        sys.stdout.write(f"{arm}: {'; '.join(found)}\n")


def _effect(found: dict[str, Any] | None) -> tuple[str, str, str]:
    from reflexarc.report import p_value

    if found is None:
        return "", "", ""
    p = p_value(found["p_adjusted"], none="")
    degrees = math.isnan(found["ratio"])
    size = found["difference"] if degrees else found["ratio"]
    if math.isnan(size):
        return "–", "", p
    low, high, middle = (
        f"{value:+.2f}" if degrees else _digits(value)
        for value in (found["low"], found["high"], size)
    )
    return middle, "" if math.isnan(found["low"]) else f"{low} to {high}", p


def _digits(ratio: float) -> str:
    """Return a ratio with two decimals, or as many as show two digits of it."""
    return f"{ratio:.2f}" if ratio >= 0.1 or ratio == 0 else f"{ratio:.2g}"
