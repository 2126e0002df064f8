"""Tables of parameter sets: one row a set, one column a quantity of a model, an `id` if wanted."""

import csv
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.errors import InputError, unknown_word
from reflexarc.expression import TIME

if TYPE_CHECKING:
    from reflexarc.system import System

__all__ = ["ParameterSets", "check_sizes", "placed_values", "read_parameter_sets"]

Floats = NDArray[np.float64]

ID = "id"
"""The column that names the sets, if no other is said to."""
LONGEST_CELL = 1_000_000


@dataclass(frozen=True, eq=False)
class ParameterSets:
    """Values of some quantities in each of several sets.

    Attributes:
        ids: Name of each set; no two are equal.
        names: Name of each column.
        values: Finite numbers, shape (set, column).
        file: Where they were read, for messages.
        lines: Line of each set in that file; None where there are no lines.

    Example:
        >>> ParameterSets.of({"k": [0.1, 0.2]}).ids
        ('0', '1')
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    values: Floats
    file: str | None = None
    lines: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls, columns: "dict[str, Sequence[float]]", *, ids: Sequence[str] | None = None
    ) -> "ParameterSets":
        """Return sets from columns of numbers.

        Args:
            columns: Values by name, all of one length.
            ids: Names of the sets; None counts from 0.

        Raises:
            InputError: If lengths differ, a value isn't finite or an id comes twice.
        """
        sizes = {len(values) for values in columns.values()} | ({len(ids)} if ids else set())
        if len(sizes) != 1:
            raise InputError("the columns of parameter sets have one length")
        values = np.array(list(columns.values()), dtype=np.float64).T
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise InputError(f"set {row}: {list(columns)[column]!r} is not a finite number")
        names = tuple(ids) if ids else tuple(map(str, range(len(values))))
        _check_ids(names, None, None)
        return cls(names, tuple(columns), values)

    @classmethod
    def alone(cls) -> "ParameterSets":
        """Return one set in which everything is as the model says."""
        return cls(("0",), (), np.empty((1, 0)))

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, row: int) -> str:
        """Return how a message calls a set: its id, and its line if it has one."""
        line = "" if self.lines is None else f" (line {self.lines[row]})"
        return f"set {self.ids[row]!r}{line}"

    def column_error(self, column: str, message: str) -> InputError:
        """Return an error about a column."""
        line = 1 if self.lines is not None else None
        return InputError(message, file=self.file, line=line, field=column)


def read_parameter_sets(path: Path | str, *, id_column: str | None = None) -> ParameterSets:
    """Read a table.

    Args:
        path: A Parquet file (`.parquet`, `.pq`), or text with a line of names and columns between
            commas, semicolons or tabs.
        id_column: Column with the names of the sets; None for `id` if it is there. Without one,
            sets are counted from 0.

    Raises:
        InputError: If the file is missing or empty, a name comes twice, or a cell isn't a finite
            number; with line and column.
    """
    file = Path(path)
    if file.is_dir():
        raise InputError("is a folder, not a table", file=str(path))
    if not file.exists():
        raise InputError("there is no such table", file=str(path))
    if file.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(file, str(path), id_column)
    return _read_text(file, str(path), id_column)


def placed_values(system: "System", sets: ParameterSets) -> dict[str, Floats]:
    """Return the values of parameters that the columns of a table stand for.

    Raises:
        InputError: If a column is unknown, computed by the model or set by another one too.
    """
    given: dict[str, Floats] = {}
    later: list[tuple[str, str, Floats]] = []
    known = set(system.parameters)
    for column, name in enumerate(sets.names):
        values = sets.values[:, column]
        if name in known:
            target = name
        elif f"{name}.initial" in known:
            target = f"{name}.initial"
        elif {f"{name}.amount.initial", f"{name}.amount"} & known:
            target = next(n for n in (f"{name}.amount.initial", f"{name}.amount") if n in known)
            later.append((name, target, values))
        elif name in system.variables:
            raise sets.column_error(name, "the model computes this by itself, it can't be set")
        else:
            settable = [n for n in system.parameters if not n.endswith(".initial")]
            raise sets.column_error(
                name, unknown_word("parameter or species", name, [*settable, *system.states])
            )
        if target in given:
            raise sets.column_error(name, f"another column sets {target!r} too")
        given[target] = values
    if later:  # a concentration where the state is the amount: its volume is known by now
        table = system.parameter_table(len(sets), given)
        states = dict(zip(system.states, system.initial_table(table).T, strict=True))
        columns = {n: table[:, i] for i, n in enumerate(system.parameters)} | states
        for name, target, values in later:
            unit = {**columns, TIME: 0.0, target.removesuffix(".initial"): 1.0}
            (share,) = system.graph.evaluate([system.variables[name]], unit)
            given[target] = values / share
    return given


def check_sizes(system: "System", sets: ParameterSets, parameters: Floats) -> None:
    """Refuse sets in which a compartment has no room.

    Args:
        system: The model.
        sets: The sets.
        parameters: All parameters of each, shape (set, parameter).

    Raises:
        InputError: If the size of a compartment isn't above 0, with the line of the set.
    """
    for name in system.sizes:
        sizes = parameters[:, system.parameters.index(name)]
        for row in np.flatnonzero(sizes <= 0.0)[:1].tolist():
            raise InputError(
                f"the size of a compartment is above 0, not {sizes[row]:g} ({sets.where(row)})",
                file=sets.file,
                line=None if sets.lines is None else sets.lines[row],
                field=name.removesuffix(".initial"),
            )


def _read_text(path: Path, shown: str, id_column: str | None) -> ParameterSets:
    rows = _rows(path, shown)
    first = next(rows, None)
    if first is None:
        raise InputError("the table is empty; a line of names and a row are needed", file=shown)
    line, names = first
    place = _place_of_id(names, id_column, shown, line)
    cells, ids, lines = array("d"), list[str](), list[int]()
    for line, row in rows:
        if len(row) != len(names):
            raise InputError(
                f"a row with {len(row)} cells; the line of names has {len(names)}",
                file=shown,
                line=line,
            )
        for column, cell in enumerate(row):
            if column == place:
                ids.append(cell)
            else:
                cells.append(_number(cell, names[column], shown, line))
        lines.append(line)
    if not lines:
        raise InputError("the table has no rows, only names", file=shown)
    width = len(names) - (place is not None)
    chosen = tuple(ids) if place is not None else tuple(map(str, range(len(lines))))
    _check_ids(chosen, shown, lines)
    return ParameterSets(
        chosen,
        tuple(name for column, name in enumerate(names) if column != place),
        np.frombuffer(cells, dtype=np.float64).reshape(len(lines), width).copy(),
        shown,
        tuple(lines),
    )


def _rows(path: Path, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that isn't blank, with the number of its line."""
    csv.field_size_limit(LONGEST_CELL)
    reader = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            while head and not head.strip():
                head = file.readline()
            file.seek(0)
            separator = max(",;\t", key=head.count)
            reader = csv.reader(file, delimiter=separator, skipinitialspace=True, strict=True)
            for row in reader:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield reader.line_num, cells
    except UnicodeDecodeError:
        raise InputError("the table is not text in UTF-8", file=shown) from None
    except csv.Error as error:
        line = None if reader is None else reader.line_num
        raise InputError(f"the table can't be read: {error}", file=shown, line=line) from None


def _number(cell: str, column: str, shown: str, line: int) -> float:
    try:
        value = float(cell) if "_" not in cell else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        what = f"{cell[:40]!r} is not a finite number" if cell else "the cell is empty"
        raise InputError(what, file=shown, line=line, field=column)
    return value


def _place_of_id(
    names: Sequence[str], id_column: str | None, shown: str, line: int | None
) -> int | None:
    seen: set[str] = set()
    for place, name in enumerate(names, 1):
        if not name:
            raise InputError(f"column {place} has no name", file=shown, line=line)
        if name in seen:
            raise InputError(f"the column {name!r} comes twice", file=shown, line=line)
        seen.add(name)
    if id_column is not None and id_column not in seen:
        raise InputError(unknown_word("column", id_column, names), file=shown, line=line)
    wanted = id_column or ID
    return list(names).index(wanted) if wanted in seen else None


def _check_ids(ids: Sequence[str], shown: str | None, lines: Sequence[int] | None) -> None:
    first: dict[str, int] = {}
    for row, name in enumerate(ids):
        before = first.setdefault(name, row)
        line = None if lines is None else lines[row]
        if not name:
            raise InputError("a set has no id", file=shown, line=line)
        if before != row:
            where = "" if lines is None else f" (first in line {lines[before]})"
            raise InputError(f"two sets have the id {name!r}{where}", file=shown, line=line)


def _read_parquet(path: Path, shown: str, id_column: str | None) -> ParameterSets:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"not a Parquet file that can be read: {reason}", file=shown) from None
    names = [str(name) for name in table.column_names]
    place = _place_of_id(names, id_column, shown, None)
    if table.num_rows == 0:
        raise InputError("the table has no rows", file=shown)
    columns: list[Floats] = []
    ids = tuple(map(str, range(table.num_rows)))
    for column, name in enumerate(names):
        values: Any = table.column(column)
        if column == place:
            ids = tuple("" if value is None else str(value) for value in values.to_pylist())
            continue
        kind = values.type
        if not (pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)):
            raise InputError(f"the column holds {kind}, not numbers", file=shown, field=name)
        numbers = np.asarray(values.cast(pyarrow.float64(), safe=False).to_numpy(), dtype=float)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if bad.size:
            raise InputError(
                f"row {bad[0] + 1} is empty or not a finite number", file=shown, field=name
            )
        columns.append(numbers)
    _check_ids(ids, shown, None)
    kept = tuple(name for column, name in enumerate(names) if column != place)
    values = np.stack(columns, axis=1) if columns else np.empty((table.num_rows, 0))
    return ParameterSets(ids, kept, values, shown)
