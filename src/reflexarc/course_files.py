"""Results of a simulation as files: CSV, Parquet, NetCDF or Zarr, whole or absent.

Results come part by part and are written beside their place; at the end they move into it.
"""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import numpy as np

from reflexarc.courses import Courses, Failed, headings
from reflexarc.errors import InputError, unknown_word

if TYPE_CHECKING:
    import pandas as pd

    from reflexarc.simulation import Simulation

__all__ = ["FORMATS", "Layout", "format_of", "write_courses"]

Layout = Literal["wide", "long"]

FORMATS = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".nc": "netcdf", ".zarr": "zarr"}
"""File name endings, and what they mean."""
ROW = ("id", "time")
"""Columns that say what a row is of."""
LARGEST_NETCDF = 2_000_000_000
"""Bytes of a NetCDF file; it is made in memory."""
NETCDF_TYPES = frozenset(
    [
        "bool",
        "byte",
        "char",
        "double",
        "float",
        "int",
        "int64",
        "long",
        "real",
        "short",
        "string",
        "ubyte",
        "uint",
        "uint64",
        "ulong",
        "ushort",
    ]
)
"""Names of types in NetCDF, which no variable can have."""


def format_of(path: Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        InputError: If the ending is unknown.

    Example:
        >>> format_of(Path("results.parquet"))
        'parquet'
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise InputError(unknown_word("file name ending", ending, FORMATS), file=str(path))
    return FORMATS[ending]


def write_courses(
    path: Path,
    simulation: "Simulation",
    parts: Iterable[Courses],
    *,
    layout: Layout = "wide",
    work: Path | None = None,
) -> list[Failed]:
    """Write results as they come, and put the finished file in its place.

    Args:
        path: Where to; its ending is the format. What was there is replaced.
        simulation: What the results are of.
        parts: Its parts, in order.
        layout: Rows of a table: `wide`, one per set and time with a column per output; or `long`,
            one per set, time and output. NetCDF and Zarr hold arrays (set, time) instead.
        work: Folder for unfinished files; None for the one that holds `path`.

    Returns:
        The sets that failed. If there are any, `<path>.failures.csv` lists them.

    Raises:
        InputError: If the ending is unknown or the results are too large for the format.
    """
    kind = format_of(path)
    if path.is_dir() and kind != "zarr":
        raise InputError("is a folder; a file can't take its place", file=str(path))
    if path.is_dir() and not ((path / ".zgroup").exists() or (path / "zarr.json").exists()):
        raise InputError("is a folder that holds no Zarr data", file=str(path))
    folder = path.parent if work is None else work
    folder.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, folder)
    failed: list[Failed] = []

    def watched() -> Iterable[Courses]:
        for part in parts:
            failed.extend(simulation.failures(part))
            yield part

    try:
        if kind == "csv":
            _write_csv(draft, simulation, watched(), layout)
        elif kind == "parquet":
            _write_parquet(draft, simulation, watched(), layout)
        elif kind == "netcdf":
            _write_netcdf(draft, simulation, watched(), shown=str(path))
        else:
            _write_zarr(draft, simulation, watched())
    except BaseException:
        _remove(draft)
        raise
    listing = path.with_name(f"{path.name}.failures.csv")
    _remove(listing)
    if failed:
        _move(listing, folder, lambda file: _write_failures(file, failed))
    if kind == "csv":
        about = json.dumps(_about(simulation, layout), indent=2, ensure_ascii=False) + "\n"
        _move(
            path.with_name(f"{path.name}.json"),
            folder,
            lambda file: file.write_text(about, encoding="utf-8"),
        )
    if kind == "zarr":
        _remove(path)
    draft.replace(path)
    return failed


def _about(simulation: "Simulation", layout: Layout) -> dict[str, Any]:
    return {**simulation.attributes, "layout": layout, "units": simulation.units()}


def _frame(simulation: "Simulation", part: Courses, layout: Layout) -> "pd.DataFrame":
    """Return a part as a table."""
    import pandas as pd

    sets, times, outputs = part.values.shape
    ids = np.array(simulation.sets.ids[part.first : part.first + sets], dtype=object)
    if layout == "wide":
        columns: dict[str, Any] = {
            "id": np.repeat(ids, times),
            "time": np.tile(simulation.times, sets),
        }
        values = part.values.reshape(sets * times, outputs)
        for i, name in enumerate(headings(simulation.outputs, ROW)):
            columns[name] = values[:, i]
        return pd.DataFrame(columns)
    names = np.array(simulation.outputs, dtype=object)
    return pd.DataFrame(
        {
            "id": np.repeat(ids, times * outputs),
            "time": np.tile(np.repeat(simulation.times, outputs), sets),
            "output": np.tile(names, sets * times),
            "value": part.values.ravel(),
        }
    )


def _write_csv(
    path: Path, simulation: "Simulation", parts: Iterable[Courses], layout: Layout
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for part in parts:
            table = _frame(simulation, part, layout)
            table.to_csv(file, index=False, header=part.first == 0, lineterminator="\n")


def _write_parquet(
    path: Path, simulation: "Simulation", parts: Iterable[Courses], layout: Layout
) -> None:
    import pyarrow
    import pyarrow.parquet

    units = dict(
        zip(headings(tuple(simulation.units()), ROW), simulation.units().values(), strict=True)
    )
    units["time"] = simulation.system.time_unit
    writer = None
    try:
        for part in parts:
            table = pyarrow.Table.from_pandas(
                _frame(simulation, part, layout), preserve_index=False
            )
            fields = [
                field.with_metadata({"unit": units[field.name]}) if units.get(field.name) else field
                for field in table.schema
            ]
            about = {b"reflexarc": json.dumps(_about(simulation, layout)).encode()}
            schema = pyarrow.schema(fields, metadata=about)
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(path, schema)
            writer.write_table(table.cast(schema))
    finally:
        if writer is not None:
            writer.close()


def _write_netcdf(
    path: Path, simulation: "Simulation", parts: Iterable[Courses], *, shown: str
) -> None:
    import xarray

    each = len(simulation.sets) * simulation.times.size * 8
    if each * len(simulation.outputs) > LARGEST_NETCDF:
        raise InputError(
            f"{each * len(simulation.outputs) / 1e9:.1f} GB are too many for a NetCDF file;"
            " .zarr and .parquet hold them",
            file=shown,
        )
    data = xarray.concat(
        [simulation.dataset(part) for part in parts], "set", combine_attrs="override"
    )
    names = [str(name) for name in data.data_vars]
    data = data.rename(dict(zip(names, headings(names, NETCDF_TYPES), strict=True)))
    data.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


def _write_zarr(path: Path, simulation: "Simulation", parts: Iterable[Courses]) -> None:
    step = simulation.ranges()[0][1]
    for part in parts:
        data = simulation.dataset(part)
        if part.first == 0:
            chunks = {
                str(name): {"chunks": (step, *one.shape[1:])}
                for name, one in data.variables.items()
                if one.dims[:1] == ("set",)
            }
            data.to_zarr(path, zarr_format=2, consolidated=True, encoding=chunks)
        else:
            data.to_zarr(path, zarr_format=2, consolidated=True, append_dim="set")


def _write_failures(path: Path, failed: list[Failed]) -> None:
    import pandas as pd

    table = pd.DataFrame([vars(one) for one in failed])[["id", "row", "line", "time", "reason"]]
    table["line"] = table["line"].astype("Int64")
    table.to_csv(path, index=False, lineterminator="\n")


def _move(path: Path, folder: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it in."""
    draft = _draft(path, folder)
    write(draft)
    draft.replace(path)


def _draft(path: Path, folder: Path) -> Path:
    """Return a name of its own for a file that isn't finished, so that nobody else writes it."""
    return folder / f"unfinished-{uuid4().hex[:12]}-{path.name}"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
