"""Published models of other groups, transcribed, each runnable by its name.

They are yardsticks, not parts of the biology: nothing of reflexarc is computed with them. A model
is one Antimony file in `biology/reference/`; its *cases* are other settings that its source gives
(a dose, an outcome, a second fit), and its *numbers* are what the source reports and what the
transcription has to give again.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Literal, cast, get_args

from reflexarc.errors import InputError, unknown_word

__all__ = [
    "AS_PUBLISHED",
    "Datum",
    "Number",
    "PublishedModel",
    "cases",
    "data",
    "find_model",
    "models",
    "names",
    "numbers",
    "reasons",
    "sbml_of",
]

AS_PUBLISHED = "published"
"""The case of a model in which every parameter has the value of its file."""

Kind = Literal["at", "below", "above", "ratio", "R2", "explained"]


@dataclass(frozen=True)
class PublishedModel:
    """A model of another group.

    Attributes:
        name: Its name, the stem of its file.
        summary: What it is, in a sentence or two.
        source: Key of the article in the references.
        antimony: The whole file.
    """

    name: str
    summary: str
    source: str
    antimony: str

    def __repr__(self) -> str:
        return f"PublishedModel({self.name})"


@dataclass(frozen=True)
class Number:
    """A number that a source reports of a model, or that follows from what it reports.

    Attributes:
        model: Name of the model.
        case: Its case.
        variable: Variable of the model.
        kind: Value "at" a time; "below" or "above" a bound then; "ratio" to the published case
            then; "R2", the squared correlation of the model with `data` at their times;
            "explained", the share of their sum of squares it explains (1 - residual / total).
        time: Time in h; None for the last two.
        value: What is reported, in the unit.
        unit: Its unit.
        tolerance: Largest difference that counts as the same, in the unit.
        printed: Whether the source prints it; else it is a re-run of the published model.
        reproduced: Whether the transcription gives it again.
        note: Where it stands and what is to be said of it.
    """

    model: str
    case: str
    variable: str
    kind: Kind
    time: float | None
    value: float
    unit: str
    tolerance: float
    printed: bool
    reproduced: bool
    note: str


@dataclass(frozen=True)
class Datum:
    """A mean that a model was fitted to.

    Attributes:
        case: Case of `windoloski2024` that was fitted to it.
        variable: Variable of the model.
        time: Time in h.
        mean: Mean in the unit.
        error: Standard deviation in the unit.
        unit: Its unit.
        source: Key of the reference.
    """

    case: str
    variable: str
    time: float
    mean: float
    error: float
    unit: str
    source: str


def names() -> tuple[str, ...]:
    """Return the names of the models, in alphabetical order.

    Example:
        >>> names()
        ('barber2021', 'best2009', 'reynolds2006', 'windoloski2024')
    """
    return tuple(_all())


def models() -> dict[str, str]:
    """Return one line for each model, by its name.

    Example:
        >>> models()["best2009"].split(":")[0]
        'One dopaminergic terminal'
    """
    return {model.name: model.summary.split(". ")[0].rstrip(".") for model in _all().values()}


def find_model(name: str) -> PublishedModel:
    """Return a published model by its name, whatever its capitals.

    Raises:
        InputError: If no model has that name; the nearest is offered.
    """
    known = _all()
    for one in known.values():
        if one.name == name.casefold():
            return one
    raise InputError(unknown_word("published model", name, list(known)))


def cases(name: str) -> dict[str, dict[str, float]]:
    """Return the cases of a model: what each sets, by parameter, in the model's units.

    The first is `AS_PUBLISHED`, which sets nothing.

    Raises:
        InputError: If no model has that name.

    Example:
        >>> cases("reynolds2006")["septic"]
        {'k_pg': 0.6}
    """
    model = find_model(name)
    found: dict[str, dict[str, float]] = {AS_PUBLISHED: {}}
    for row in _rows("cases.tsv"):
        if row["model"] == model.name:
            found.setdefault(row["case"], {})[row["parameter"]] = float(row["value"])
    return found


def sbml_of(name: str, case: str = AS_PUBLISHED) -> str:
    """Return a published model as SBML Level 3 text.

    Args:
        name: Name of the model.
        case: One of its cases; its settings replace the values of the file.

    Raises:
        InputError: If the model or the case is unknown.

    Example:
        >>> "k_pg" in sbml_of("reynolds2006", "septic")
        True
    """
    model, known = find_model(name), cases(name)
    if case not in known:
        raise InputError(unknown_word(f"case of {model.name}", case, list(known)))
    return _translate(model, known[case])


def numbers(name: str | None = None) -> tuple[Number, ...]:
    """Return what the sources report, of one model or of all.

    Raises:
        InputError: If no model has that name.
    """
    wanted = None if name is None else find_model(name).name
    return tuple(
        Number(
            model=row["model"],
            case=row["case"],
            variable=row["variable"],
            kind=_kind(row["kind"]),
            time=float(row["time_h"]) if row["time_h"] else None,
            value=float(row["value"]),
            unit=row["unit"],
            tolerance=float(row["tolerance"]),
            printed=row["printed"] == "yes",
            reproduced=row["reproduced"] == "yes",
            note=row["note"],
        )
        for row in _rows("numbers.tsv")
        if wanted in (None, row["model"])
    )


def data() -> tuple[Datum, ...]:
    """Return the means that `windoloski2024` was fitted to: people after 2 ng/kg endotoxin.

    Units: pg/mL, standard deviations.
    """
    return tuple(
        Datum(
            case=row["case"],
            variable=row["analyte"].replace("-", ""),
            time=float(row["time_h"]),
            mean=float(row["mean"]),
            error=float(row["error"]),
            unit=row["unit"],
            source=row["source"],
        )
        for row in _rows("human_lps_2ng_per_kg.csv", ",")
    )


def reasons() -> Iterator[tuple[str, str]]:
    """Yield the key of each source and what it is cited for."""
    for model in _all().values():
        yield model.source, f"reference model {model.name}"
    for source in sorted({datum.source for datum in data()}):
        yield source, "data set human_lps_2ng_per_kg.csv"


@cache
def _all() -> Mapping[str, PublishedModel]:
    folder = files("reflexarc").joinpath("biology", "reference")
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".ant"))
    return {
        file.removesuffix(".ant"): _read(
            file.removesuffix(".ant"), folder.joinpath(file).read_text(encoding="utf-8")
        )
        for file in found
    }


def _read(name: str, text: str) -> PublishedModel:
    """Read the header: a title, a summary up to the first empty comment, and the source."""
    header = [
        line.removeprefix("//").strip()
        for line in takewhile(lambda line: line.startswith("//"), text.splitlines())
    ]
    opening = " ".join(takewhile(bool, header))
    source = next(line for line in header if line.startswith("Source: "))
    return PublishedModel(
        name=name,
        summary=opening.split(". ", 1)[1],
        source=source.removeprefix("Source: ").rstrip("."),
        antimony=text,
    )


def _rows(table: str, delimiter: str = "\t") -> list[dict[str, str]]:
    file = files("reflexarc").joinpath("biology", "reference", table)
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter=delimiter))


def _kind(word: str) -> Kind:
    if word not in get_args(Kind):
        raise ValueError(f"numbers.tsv: no kind {word!r}")
    return cast(Kind, word)


def _translate(model: PublishedModel, settings: Mapping[str, float]) -> str:
    import antimony
    import libsbml

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(model.antimony) < 0:
        raise ValueError(f"{model.name} does not parse: {antimony.getLastError()}")
    document = libsbml.readSBMLFromString(str(antimony.getSBMLString(model.name)))
    for parameter, value in settings.items():
        document.getModel().getParameter(parameter).setValue(value)
    return str(libsbml.writeSBMLToString(document))
