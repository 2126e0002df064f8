"""The files of a run: written from a result, and read back."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reflexarc.plan import BAND_COLUMNS
from reflexarc.runs import to_json

if TYPE_CHECKING:
    import xarray

    from reflexarc.laboratory import Result

__all__ = ["read_result", "write_result"]

RECORDED = ("pandas", "pyarrow", "xarray", "zarr", "matplotlib", "lifelines", "antimony")
"""Packages whose version is noted but doesn't enter the run's name."""


def write_result(result: "Result", folder: Path) -> None:
    """Write every file of a run but the manifest into an empty folder (docs/run-folder.md).

    Args:
        result: What to write.
        folder: An existing folder.
    """
    from reflexarc.figures import inline, svg
    from reflexarc.report import render

    _write(folder / "request.yaml", result.request)
    _write(folder / "resolved.yaml", result.experiment.to_yaml())
    _write(folder / "provenance.json", to_json(_provenance(result)))
    _write(folder / "summary.json", to_json(result.summary()))
    result.measurements.to_parquet(folder / "measurements.parquet", index=False)
    _write_trajectories(result.trajectories, folder / "trajectories.zarr")
    (folder / "figures").mkdir()
    drawn = {}
    for picture in result.pictures:
        drawn[picture.name] = svg(picture.figure, label=picture.caption)
        _write(folder / "figures" / f"{picture.name}.svg", drawn[picture.name])
    _write(
        folder / "report.html",
        render(result, figures={name: inline(text) for name, text in drawn.items()}),
    )


def read_result(folder: Path) -> dict[str, Any]:
    """Read trajectories, measurements, band and provenance of a finished run.

    Args:
        folder: The run's folder, complete.

    Returns:
        The fields of a Result that its folder holds.
    """
    import pandas as pd
    import xarray

    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    with xarray.open_dataset(folder / "trajectories.zarr", engine="zarr", chunks=None) as kept:
        trajectories = kept.load()
    return {
        "trajectories": trajectories,
        "measurements": pd.read_parquet(folder / "measurements.parquet"),
        "band": pd.DataFrame(summary["unknown innervation"], columns=BAND_COLUMNS),
        "provenance": json.loads((folder / "provenance.json").read_text(encoding="utf-8")),
    }


def _provenance(result: "Result") -> Mapping[str, object]:
    return {
        **result.provenance,
        "versions": result.provenance["versions"] | {name: version(name) for name in RECORDED},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "timelines": [line.to_json() for line in result.timelines],
    }


def _write_trajectories(trajectories: "xarray.Dataset", path: Path) -> None:
    whole = {
        str(name): {"chunks": variable.shape} for name, variable in trajectories.variables.items()
    }
    trajectories.to_zarr(path, zarr_format=2, consolidated=True, encoding=whole)


def _write(file: Path, text: str) -> None:
    file.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="\n")
