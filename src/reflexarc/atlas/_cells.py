"""Read single cells of the tables: a region, a grade, a range, a list, diameters of fibres."""

from typing import cast, get_args

from reflexarc.atlas._records import Grade, Population, Region

__all__ = ["read_grade", "read_population", "read_range", "read_region", "split_cell"]


def read_region(word: str) -> Region:
    """Return a region by its word."""
    if word not in get_args(Region):
        raise ValueError(f"sites.tsv: unknown region {word!r}")
    return cast(Region, word)


def read_grade(word: str) -> Grade:
    """Return a grade of innervation, None for `unknown`."""
    known: dict[str, Grade] = {"0": 0, "1": 1, "2": 2, "unknown": None}
    if word not in known:
        raise ValueError(f"innervation.tsv: unknown grade {word!r}")
    return known[word]


def read_range(cell: str) -> tuple[float, float] | None:
    """Return the ends of a range such as `11-22`, None for an empty cell."""
    if not cell:
        return None
    low, _, high = cell.partition("-")
    return float(low), float(high)


def split_cell(cell: str) -> tuple[str, ...]:
    """Return the parts of a cell that semicolons separate."""
    return tuple(word.strip() for word in cell.split(";") if word.strip())


def read_population(row: dict[str, str]) -> Population:
    """Return the diameters of a kind of fibre from a row that holds them."""
    return Population(
        myelinated=row["block"] == "myelinated",
        mean_um=float(row["mean_um"]),
        sd_um=float(row["sd_um"]),
        min_um=float(row["min_um"]),
        max_um=float(row["max_um"]),
    )
