"""The results of a run as files to hand out: Arrow for programs, a summary as JSON.

`measurements.arrow` is the tidy table of the laboratory. `trajectories.arrow` has a row for each
arm, animal and time, and a column for each variable, whose unit stands in the column's metadata.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from reflexarc.runs import storage, to_json

if TYPE_CHECKING:
    from pathlib import Path

    import xarray

    from reflexarc.laboratory import Result
    from reflexarc.server.shelf import JobFolder

__all__ = ["ARROW_TYPE", "measurements", "trajectories", "write_results"]

ARROW_TYPE = "application/vnd.apache.arrow.file"
"""Media type of Arrow's file format."""
LABELS = ("arm", "animal", "time", "death_time")
"""Columns of the trajectories that say whose they are; the rest are variables."""


def write_results(result: "Result", folder: "JobFolder") -> None:
    """Write the results of a job beside its run.

    Raises:
        StorageError: If the disk is full or can't be written.
    """
    import pyarrow as pa

    with storage(folder.path):
        place = folder.result("")
        place.mkdir(exist_ok=True)
        table = pa.Table.from_pandas(result.measurements, preserve_index=False)
        _write(place / "measurements.arrow", table.schema, table.to_batches())
        _write_trajectories(place / "trajectories.arrow", result.trajectories)
        text = to_json(result.summary())
        (place / "summary.json").write_text(text + "\n", encoding="utf-8")


def measurements(file: "Path") -> list[dict[str, Any]]:
    """Return the rows of `measurements.arrow`; what is not finite is None."""
    with _opened(file) as table:
        rows: list[dict[str, Any]] = table.read_all().to_pylist()
    return [{key: _finite(value) for key, value in row.items()} for row in rows]


def trajectories(
    file: "Path", *, variable: str, arms: list[str], shape: Mapping[str, int]
) -> dict[str, Any]:
    """Return the course of one variable.

    Args:
        file: `trajectories.arrow`.
        variable: Its id, a column of the file.
        arms: Names of arms, each in the file.
        shape: The number of `animals` and of `times`.

    Returns:
        `variable`, its `name` and `unit`, `times` in h, under `arms` an array for each arm with the
        course of each animal, and under `deaths` the hour at which each animal dies, or None.
    """
    with _opened(file) as reader:
        schema = reader.schema
        label = {key.decode(): value.decode() for key, value in _metadata(schema, variable).items()}
        courses: dict[str, list[list[Any]]] = {}
        deaths: dict[str, list[Any]] = {}
        times: list[float] = []
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            name = batch.column("arm")[0].as_py()
            if name in arms:
                values = batch.column(variable).to_numpy(zero_copy_only=False)
                grid = values.reshape(shape["animals"], shape["times"])
                courses[name] = [[_finite(float(v)) for v in row] for row in grid]
                died = batch.column("death_time").to_numpy(zero_copy_only=False)
                deaths[name] = [_finite(float(hour)) for hour in died[:: shape["times"]]]
            times = times or batch.column("time")[: shape["times"]].to_pylist()
    return {
        "variable": variable,
        "name": label.get("name"),
        "unit": label.get("unit"),
        "times": times,
        "arms": {name: courses[name] for name in arms},
        "deaths": {name: deaths[name] for name in arms},
    }


def layout(file: "Path") -> tuple[list[str], list[str], dict[str, int]]:
    """Return the variables and the arms of `trajectories.arrow`, and its shape."""
    with _opened(file) as reader:
        schema = reader.schema
        variables = [name for name in schema.names if name not in LABELS]
        whole = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
        batches = range(reader.num_record_batches)
        arms = [reader.get_batch(i).column("arm")[0].as_py() for i in batches]
    return variables, arms, {key: int(whole[key]) for key in ("animals", "times")}


def _write_trajectories(file: "Path", data: "xarray.Dataset") -> None:
    """Write one batch per arm, so that memory holds no more than one arm twice."""
    import pyarrow as pa

    animals, times = int(data.sizes["animal"]), int(data.sizes["time"])
    courses = [str(name) for name in data.data_vars if "time" in data[name].dims]
    schema = pa.schema(
        [
            pa.field("arm", pa.string()),
            pa.field("animal", pa.int32()),
            pa.field("time", pa.float64(), metadata={"unit": "h"}),
            pa.field("death_time", pa.float64(), metadata={"unit": "h"}),
            *(pa.field(name, pa.float64(), metadata=_labels(data[name])) for name in courses),
        ],
        metadata={"animals": str(animals), "times": str(times)},
    )

    def batches() -> Any:
        for arm in data["arm"].values:
            mine = data.sel(arm=arm)
            yield pa.record_batch(
                [
                    pa.array([str(arm)] * (animals * times)),
                    pa.array(np.repeat(np.arange(animals, dtype=np.int32), times)),
                    pa.array(np.tile(data["time"].values, animals)),
                    pa.array(np.repeat(mine["death_time"].values, times)),
                    *(
                        pa.array(mine[name].transpose("animal", "time").values.ravel())
                        for name in courses
                    ),
                ],
                schema=schema,
            )

    _write(file, schema, batches())


def _labels(variable: "xarray.DataArray") -> dict[str, str]:
    found = {"name": variable.attrs.get("long_name"), "unit": variable.attrs.get("unit")}
    return {key: str(value) for key, value in found.items() if value is not None}


def _write(file: "Path", schema: Any, batches: Any) -> None:
    import pyarrow as pa

    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as out:
        for batch in batches:
            out.write_batch(batch)


def _opened(file: "Path") -> Any:
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(file)))


def _metadata(schema: Any, column: str) -> Mapping[bytes, bytes]:
    found: Mapping[bytes, bytes] | None = schema.field(column).metadata
    return found or {}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
