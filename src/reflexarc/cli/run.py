"""`reflexarc run`: an experiment from protocol to report."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reflexarc.cli.console import Json, Quiet, note, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from reflexarc.laboratory import Result

__all__ = ["run"]


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
        int | None, typer.Option(min=1, help="Processes; by default by work and cores.")
    ] = None,
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
            experiment, out=out, animals=animals, seed=seed, workers=workers, progress=progress
        )
    report = (result.folder or out) / "report.html"
    if json:
        print_json({**result.summary(), "folder": str(result.folder), "report": str(report)})
        return
    _print_measurements(result)
    _print_survival(result)
    for limit in result.summary()["limits"]:
        note(limit, quiet=quiet)
    sys.stdout.write(f"\nreport: {report}\n")


def _print_measurements(result: "Result") -> None:
    compared = {
        (row["observable"], row["where"], row["time"], row["arm"]): row
        for row in _records(result.statistics)
    }
    by_measurement: dict[tuple[str, str, float, str], list[dict[str, Any]]] = {}
    for row in _records(result.groups):
        key = (row["observable"], row["where"], row["time"], row["unit"])
        by_measurement.setdefault(key, []).append(row)
    for (observable, where, time, unit), rows in by_measurement.items():
        print_table(
            ["arm", "n", "mean", "SEM", "ratio", "95 % interval", "p, adjusted"],
            [
                (row["arm"], row["n"], row["mean"], row["sem"], *_ratio(found))
                for row in rows
                for found in [compared.get((observable, where, time, row["arm"]))]
            ],
            right=["n", "mean", "SEM", "ratio", "p, adjusted"],
            title=f"\n{observable}, {where} [{unit}], {_hours(time)}"
            + (f"; ratio to {result.control}" if result.control else ""),
        )


def _print_survival(result: "Result") -> None:
    if result.survival is None or result.experiment.survival is None:
        return
    print_table(
        ["arm", "n", "died", "survive", "95 % interval", "p, adjusted"],
        [
            (
                row["arm"],
                row["n"],
                row["deaths"],
                f"{100 * row['survival']:.0f} %",
                f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %",
                _p(row["p_adjusted"]),
            )
            for row in _records(result.survival)
        ],
        right=["n", "died", "survive", "p, adjusted"],
        title=f"\nSurvival, {_hours(result.experiment.survival.hours)}",
    )


def _records(table: Any) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _ratio(found: dict[str, Any] | None) -> tuple[str, str, str]:
    if found is None or math.isnan(found["ratio"]):
        return "", "", ""
    interval = f"{found['low']:.2f} to {found['high']:.2f}"
    return f"{found['ratio']:.2f}", interval, _p(found["p_adjusted"])


def _p(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _hours(time: float) -> str:
    if time >= 48 and time % 24 == 0:
        return f"{time / 24:g} d"
    return f"{time:g} h" if abs(time) >= 2 else f"{60 * time:g} min"
