"""Gaussian elimination of a sparse matrix, decided once for all matrices of one pattern.

The order is Markowitz's (the pivot on the diagonal that makes the least fill), found on the
pattern alone. No pivoting for size: W = I/(h gamma) - J of a Rosenbrock method has a dominant
diagonal for the small steps, and the error control of the method catches what a large step spoils.

Source: H. M. Markowitz, Management Science 3:255 (1957), doi:10.1287/mnsc.3.3.255.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Elimination", "eliminate"]

Place = tuple[int, int]

FUSED, INVERSE = 4, 30
"""Cycles until the result of a multiply-add and of 1 / pivot is there, roughly, on today's x86."""


@dataclass(frozen=True)
class Elimination:
    """A schedule for L U = W, with L of unit diagonal, in the rows and columns of W itself.

    Attributes:
        order: Rows in the order in which they are pivots.
        entries: Places (row, column) of L + U, sorted by the order; a place's index is its slot.
        updates: Steps (target, left, right) on slots: `target -= left * right`, or, with right
            None, `target *= 1 / pivot` of slot left. Run in turn they factor W in place; steps that
            can go side by side stand side by side.
        lower: Per row in order, pairs (slot, column) of L; first what is known first when L x = b
            is solved, so that little waits.
        upper: Per row in reverse order, pairs (slot, column) of U right of the diagonal, likewise.
        diagonal: Slot of each row's pivot, by row.
    """

    order: tuple[int, ...]
    entries: tuple[Place, ...]
    updates: tuple[tuple[int, int, int | None], ...]
    lower: tuple[tuple[tuple[int, int], ...], ...]
    upper: tuple[tuple[tuple[int, int], ...], ...]
    diagonal: tuple[int, ...]


def eliminate(size: int, pattern: Iterable[Place]) -> Elimination:
    """Plan the elimination of a matrix.

    Args:
        size: Number of rows.
        pattern: Places that may differ from 0; the diagonal is added.
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for row, column in pattern:
        rows[row].add(column)
        columns[column].add(row)
    order: list[int] = []
    left = set(range(size))
    filled = [set(row) for row in rows]
    while left:
        pivot = min(left, key=lambda i: ((len(rows[i]) - 1) * (len(columns[i]) - 1), i))
        order.append(pivot)
        left.discard(pivot)
        for row in columns[pivot] - {pivot}:
            for column in rows[pivot] - {pivot}:
                rows[row].add(column)
                columns[column].add(row)
                filled[row].add(column)
        for row in columns[pivot]:
            rows[row].discard(pivot)
        for column in rows[pivot]:
            columns[column].discard(pivot)
    return _schedule(order, filled)


def _schedule(order: list[int], filled: list[set[int]]) -> Elimination:
    rank = {row: i for i, row in enumerate(order)}
    entries = [
        (row, column) for row in order for column in sorted(filled[row], key=rank.__getitem__)
    ]
    slot = {place: i for i, place in enumerate(entries)}
    updates: list[tuple[int, int, int | None]] = []
    for row in order:
        for pivot in sorted((c for c in filled[row] if rank[c] < rank[row]), key=rank.__getitem__):
            factor = slot[row, pivot]
            updates.append((factor, slot[pivot, pivot], None))
            for column in sorted(filled[pivot], key=rank.__getitem__):
                if rank[column] > rank[pivot]:
                    updates.append((slot[row, column], factor, slot[pivot, column]))
    left = {row: [c for c in sorted(filled[row]) if rank[c] < rank[row]] for row in order}
    right = {row: [c for c in sorted(filled[row]) if rank[c] > rank[row]] for row in order}
    return Elimination(
        order=tuple(order),
        entries=tuple(entries),
        updates=_side_by_side(updates),
        lower=_terms(order, left, slot),
        upper=_terms(order[::-1], right, slot),
        diagonal=tuple(slot[row, row] for row in range(len(order))),
    )


Update = tuple[int, int, int | None]


def _side_by_side(updates: list[Update]) -> tuple[Update, ...]:
    """Return updates in the order in which a processor of endless width could begin them."""
    ready: dict[int, int] = {}
    begins = []
    for target, left, right in updates:
        others = [left] if right is None else [left, right]
        begin = max(ready.get(slot, 0) for slot in (target, *others))
        begins.append(begin)
        ready[target] = begin + (FUSED if right is not None else INVERSE)
    order = sorted(range(len(updates)), key=lambda i: (begins[i], i))
    return tuple(updates[i] for i in order)


def _terms(
    order: list[int], needed: dict[int, list[int]], slot: dict[Place, int]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return the terms of each row, those whose value is known first before the others."""
    known: dict[int, int] = {}
    terms = []
    for row in order:
        columns = sorted(needed[row], key=lambda c: (known[c], c))
        time = 0
        for column in columns:
            time = max(time, known[column]) + 1
        known[row] = time
        terms.append(tuple((slot[row, column], column) for column in columns))
    return tuple(terms)
