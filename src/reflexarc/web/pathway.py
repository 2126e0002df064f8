"""The pathway that the page draws: parts and connections, each true of the model's equations.

`pathway_nodes.tsv` and `pathway_edges.tsv` say what is drawn and where. `objections` says where
they claim something that the equations do not: a connection without a way through the equations,
a wrong sign, a lesion that cuts nothing.

Example:
    >>> [edge.target for edge in edges() if edge.source == "nts"]
    ['dmv']
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from reflexarc.biology import inputs, lesions, observables
from reflexarc.vocabulary import find_lesion, lesion_names
from reflexarc.web.structure import Structure, structure

__all__ = [
    "EDGE_KINDS",
    "GROUPS",
    "Edge",
    "Part",
    "edges",
    "equations_data",
    "objections",
    "organs_data",
    "parts",
    "pathway_data",
]

GROUPS = ("sensory", "central", "vagal", "sympathetic", "adrenal", "blood", "organ", "immune")
"""Kinds of parts; the page has a colour and a word for each."""
EDGE_KINDS = (*GROUPS, "sympathetic, post-ganglionic")
KIND = "kind: "
"""Before a kind of lesion in a cell of lesions: all of that kind."""


@dataclass(frozen=True)
class Part:
    """Something that is drawn: a nucleus, a nerve, a hormone, a receptor.

    Attributes:
        id: Its name in the drawing.
        label: What it is.
        plain: The same in everyday words.
        group: One of `GROUPS`.
        row: Row of the drawing, from the top.
        place: From 0 (left) to 100 (right).
        level: `main`, or `more` for what only the whole drawing shows.
        ids: States and rules of the model that it stands for; the first is the one it is shown by.
        lesions: Lesions that take it away.
        organ: Input of the model that is 0 where all of it is removed; empty if none takes all.
    """

    id: str
    label: str
    plain: str
    group: str
    row: int
    place: float
    level: Literal["main", "more"]
    ids: tuple[str, ...]
    lesions: tuple[str, ...]
    organ: str


@dataclass(frozen=True)
class Edge:
    """A connection that is drawn.

    Attributes:
        source: Part at which it starts; `from` in the table.
        target: Part at which it ends; `to`.
        kind: One of `EDGE_KINDS`; colour and line.
        sign: `+` if more gives more, `-` if more gives less.
        flow: States and rules of the model whose sum is the signal that moves along it.
        full: Sum at which the signal is drawn at its fullest: a matter of drawing, not of biology.
        lesions: Lesions that cut it.
        note: Words for the reader.
    """

    source: str
    target: str
    kind: str
    sign: Literal["+", "-"]
    flow: tuple[str, ...]
    full: float
    lesions: tuple[str, ...]
    note: str


@cache
def parts() -> tuple[Part, ...]:
    """Return what is drawn, in the order of the table."""
    return tuple(
        Part(
            id=row["id"],
            label=row["label"],
            plain=row["plain"] or row["label"],
            group=row["group"],
            row=int(row["row"]),
            place=float(row["place"]),
            level=row["level"],  # type: ignore[arg-type]
            ids=tuple(row["ids"].split()),
            lesions=_lesions(row["lesions"]),
            organ=row["organ"],
        )
        for row in _rows("pathway_nodes.tsv")
    )


@cache
def edges() -> tuple[Edge, ...]:
    """Return the connections, in the order of the table."""
    return tuple(
        Edge(
            source=row["from"],
            target=row["to"],
            kind=row["kind"],
            sign=row["sign"],  # type: ignore[arg-type]
            flow=tuple(row["flow"].split()),
            full=float(row["full"]),
            lesions=_lesions(row["lesions"]),
            note=row["note"],
        )
        for row in _rows("pathway_edges.tsv")
    )


def objections(
    drawn: tuple[Part, ...] | None = None, joined: tuple[Edge, ...] | None = None
) -> Iterator[str]:
    """Yield a sentence for everything in a drawing that the equations contradict.

    Args:
        drawn: The parts; those of the table if left out.
        joined: The connections; those of the table if left out.
    """
    drawn = parts() if drawn is None else drawn
    joined = edges() if joined is None else joined
    shape = structure()
    known = {part.id: part for part in drawn}
    removals = [row for row in lesions() if row.kind == "organ" and not row.refused]
    for part in drawn:
        if part.group not in GROUPS:
            yield f"{part.id}: no group {part.group!r}"
        for id in part.ids:
            if id not in shape.values:
                yield f"{part.id}: the model has no {id!r}"
        for name in part.lesions:
            if not _touches(shape, _closest(shape, part, joined, known), name):
                yield f"{part.id}: {name!r} stands in no equation of it or of what feeds it"
        if part.organ and not any(part.organ in _effects(row.name) for row in removals):
            yield f"{part.id}: no removal of an organ sets {part.organ!r}"
    for edge in joined:
        name = f"{edge.source} to {edge.target}"
        missing = [end for end in (edge.source, edge.target) if end not in known]
        if missing or edge.kind not in EDGE_KINDS:
            yield f"{name}: no part {missing}, or no kind {edge.kind!r}"
            continue
        for id in edge.flow:
            if id not in shape.values:
                yield f"{name}: the model has no {id!r}"
        yield from (f"{name}: {why}" for why in _doubts(shape, edge, known))


def pathway_data() -> dict[str, Any]:
    """Return the drawing as plain data, with what each input of the model is at rest."""
    return {
        "inputs": {item.id: item.value for item in inputs()},
        "parts": [asdict(part) for part in parts()],
        "edges": [
            {"from": edge.source, "to": edge.target}
            | {k: v for k, v in asdict(edge).items() if k not in ("source", "target")}
            for edge in edges()
        ],
    }


def organs_data() -> dict[str, str]:
    """Return, for what goes with its organ, the input of the model that is 0 without the organ."""
    drawn = {id: part.organ for part in parts() if part.organ for id in part.ids}
    return drawn | {row.id: row.organ for row in observables() if row.organ}


def equations_data() -> dict[str, dict[str, str]]:
    """Return every equation of the model by the id that it governs: its kind, and it as text."""
    shape = structure()
    return {id: {"kind": shape.kinds[id], "text": text} for id, text in shape.texts.items()}


def _doubts(shape: Structure, edge: Edge, known: Mapping[str, Part]) -> Iterator[str]:
    source, target = known[edge.source], known[edge.target]
    barred = {id for part in known.values() for id in part.ids} - {*source.ids, *target.ids}
    ways = list(shape.ways(source.ids, target.ids, barred=barred))
    if not ways:
        yield "no way through the equations"
        return
    signs = {shape.sign(way) for way in ways} - {0}
    if (1 if edge.sign == "+" else -1) not in signs:
        yield f"the sign {edge.sign} is not that of the equations"
    for name in edge.lesions:
        effects = _effects(name)
        if not effects:
            continue  # a peripheral nerve: it acts in the atlas, before any equation
        cut = shape.lesioned(effects)
        live = [id for id in source.ids if not _is_silent(cut, id) or _is_silent(shape, id)]
        left = list(cut.ways(live, target.ids, barred=barred))
        touched = any(_has(shape, way, effects) for way in ways)
        if left and not (touched and _is_partial(shape, cut, ways)):
            yield f"{name!r} does not cut it"


def _is_silent(shape: Structure, id: str) -> bool:
    """Whether nothing that changes moves it: a number, or a state that only fades."""
    if id not in shape.formulas:
        return False
    moving = (shape.uses[id] & shape.formulas.keys()) - {id}
    return not moving and (shape.kinds[id] == "rate" or shape.graph.is_number(shape.formulas[id]))


def _has(shape: Structure, way: tuple[str, ...], effects: Mapping[str, float]) -> bool:
    """Whether a lesion stands in an equation of a way, or in a rule that one of them names."""
    uses = shape.uses
    named = {name for id in way if id in uses for name in uses[id]}
    named |= {name for id in named if id in uses and shape.kinds[id] == "rule" for name in uses[id]}
    return not named.isdisjoint(effects)


def _is_partial(shape: Structure, cut: Structure, ways: list[tuple[str, ...]]) -> bool:
    """Whether a lesion makes something on some way to the end smaller, if not nothing."""
    ids = {id for way in ways for id in way if id in shape.formulas}
    for id in ids:
        before, after = (
            shape.graph.evaluate([one.formulas[id]], one.values)[0] for one in (shape, cut)
        )
        if abs(float(after)) != abs(float(before)):
            return True
    return False


def _closest(
    shape: Structure, part: Part, joined: tuple[Edge, ...], known: Mapping[str, Part]
) -> set[str]:
    """Return the equations of a part, of what feeds it, and those in between."""
    feeding = [known[e.source] for e in joined if e.target == part.id and e.source in known]
    ids = {id for one in (part, *feeding) for id in one.ids}
    between = {
        id
        for one in feeding
        for way in shape.ways(one.ids, part.ids, barred=())
        if len(way) <= 4
        for id in way
    }
    own = set(part.ids)
    for _ in range(2):
        own |= {used for id in own & shape.formulas.keys() for used in shape.uses[id]}
    return ids | between | own


def _touches(shape: Structure, ids: set[str], name: str) -> bool:
    effects = _effects(name)
    return any(
        parameter in shape.graph.symbols([shape.formulas[id]])
        for id in ids & shape.formulas.keys()
        for parameter in effects
    )


def _effects(name: str) -> dict[str, float]:
    """Return what a lesion sets; of the cord, what the highest level that is written sets."""
    return dict(find_lesion(f"{name} at C1" if _kind(name) == "spinal cord" else name).sets)


@cache
def _kind(name: str) -> str:
    kinds = {row.name: row.kind for row in lesions()}
    return kinds.get(name) or find_lesion(name).kind


def _lesions(cell: str) -> tuple[str, ...]:
    """Return the lesions of a cell; `kind: …` is every lesion of a kind that can be done."""
    words = [word.strip() for word in cell.split(";") if word.strip()]
    names: list[str] = []
    for word in words:
        if word.startswith(KIND):
            kind = word.removeprefix(KIND)
            names += [name for name in lesion_names() if _kind(name) == kind]
        else:
            names.append(word)
    return tuple(dict.fromkeys(names))


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        yield {key: (value or "").strip() for key, value in row.items()}
