"""Read the tab- and comma-separated tables that lie beside this file."""

import csv
from importlib import resources

__all__ = ["read_rows"]


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the atlas as dictionaries of text.

    Args:
        name: File name below the atlas, for example `sites.tsv` or `thresholds/point.csv`.

    Returns:
        One dictionary per row, keyed by the header; an empty cell is an empty string.

    Example:
        >>> read_rows("sites.tsv")[0]["site"]
        'ST36'
    """
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    delimiter = "\t" if name.endswith(".tsv") else ","
    rows = list(
        csv.DictReader(text.splitlines(), delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    )
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ValueError(f"{name}:{number}: the row and the header differ in length")
    return rows
