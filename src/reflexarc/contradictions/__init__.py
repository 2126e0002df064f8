"""Known disagreements in the literature: the sides, and rival accounts a model can take."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from reflexarc import biology
from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence import catalogue_rows, not_expressible
from reflexarc.evidence.reading import load_findings
from reflexarc.protocol.written import Written, as_list
from reflexarc.references import references
from reflexarc.refusals import explain
from reflexarc.vocabulary import find_option, hypothesis_options
from reflexarc.yaml_source import Source, read_yaml

__all__ = [
    "AS_IT_STANDS",
    "Account",
    "Contradiction",
    "Row",
    "Side",
    "find_contradictions",
    "load_contradictions",
    "read_contradictions",
]

AS_IT_STANDS = "as it stands"
"""Name of the account that the model takes by default."""

Words = Annotated[tuple[str, ...], BeforeValidator(as_list)]


class Row(Written):
    """A row of the literature that no finding expresses, or not in the part that matters here.

    Args:
        row: Its id in the catalogue.
        because: Why it isn't run, where the list of what can't be expressed doesn't say.
    """

    row: str
    because: str | None = None

    @property
    def reason(self) -> str:
        """Why it isn't run."""
        return self.because or next(
            (entry.reason for entry in not_expressible() if entry.row == self.row), ""
        )


def _as_row(value: object) -> object:
    return [{"row": part} if isinstance(part, str) else part for part in _listed(value)]


def _listed(value: object) -> list[object]:
    found = as_list(value)
    return list(found) if isinstance(found, list | tuple) else [found]


class Side(Written):
    """One side of a disagreement.

    Args:
        says: What it says, in a sentence.
        findings: Ids of the findings that speak for it.
        rows: Rows of the literature that speak for it and can't be run.
        sources: Keys of further references that speak for it.
    """

    says: str = Field(min_length=10)
    findings: Words = ()
    rows: Annotated[tuple[Row, ...], BeforeValidator(_as_row)] = ()
    sources: Words = ()

    @model_validator(mode="after")
    def _somebody_speaks(self) -> Self:
        if not (self.findings or self.rows or self.sources):
            raise InputError("a side needs findings, rows or sources")
        known = [finding.id for finding in load_findings()]
        for words, kind, names, field in (
            (self.findings, "finding", known, "findings"),
            ([row.row for row in self.rows], "row", catalogue_rows(), "rows"),
            (self.sources, "reference", references(), "sources"),
        ):
            for word in words:
                if word not in names:
                    raise InputError(unknown_word(kind, word, names), field=field)
        for row in self.rows:
            if not row.reason:
                raise InputError(f"say why the row {row.row} isn't run: because: …", field="rows")
        return self


class Account(Written):
    """A rival account: how the model can be made to hold it, or why it can't.

    Args:
        name: A few words.
        says: What it says, in a sentence.
        switch: Options of named hypotheses (`reflexarc hypotheses`) that hold it.
        set: Parameters or inputs of the model that hold it, and their values. Nothing is fitted
            again: a what-if, not a model of equal standing.
        cannot: Why it can't be expressed.
    """

    name: str
    says: str = ""
    switch: dict[str, str] = Field(default_factory=dict)
    set: dict[str, float] = Field(default_factory=dict)
    cannot: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.cannot) == bool(self.switch or self.set):
            raise InputError("an account needs 'switch' or 'set', or else 'cannot' with the reason")
        for hypothesis, option in self.switch.items():
            try:
                find_option(hypothesis, option)
            except InputError as error:
                raise error.located(field="switch") from None
        known = [row.id for row in biology.parameters()] + [row.id for row in biology.inputs()]
        for parameter in self.set:
            if parameter not in known:
                raise InputError(unknown_word("parameter", parameter, known), field="set")
        return self

    @property
    def expressed(self) -> bool:
        """Whether the model can be made to hold it."""
        return self.cannot is None

    @property
    def is_default(self) -> bool:
        """Whether the model as it stands holds it already."""
        options = hypothesis_options()
        chosen = [find_option(name, option) for name, option in self.switch.items()]
        return bool(chosen) and not self.set and all(o == options[n][0] for n, o in chosen)

    @property
    def effects(self) -> Mapping[str, float]:
        """Parameters that the account sets, and their values."""
        chosen = {find_option(name, option) for name, option in self.switch.items()}
        return {
            row.parameter: row.value
            for row in biology.hypotheses()
            if (row.name, row.option) in chosen
        } | self.set

    @property
    def means(self) -> str:
        """How it is expressed, in words."""
        if self.cannot:
            return f"can't be expressed: {self.cannot}"
        switches = [f"hypothesis {name}: {option}" for name, option in self.switch.items()]
        values = [f"{name} = {value:g}" for name, value in self.set.items()]
        ends = "; the model as it stands" if self.is_default else ""
        return ", ".join([*switches, *values]) + ("; nothing fitted again" if values else ends)


class Contradiction(Written):
    """A disagreement in the literature.

    Args:
        number: Its number.
        title: A few words.
        question: What is in dispute.
        sides: Two or more.
        accounts: Rival accounts.
        model: What the model takes for true as it stands, and what it leaves out.
    """

    number: int = Field(ge=1)
    title: str
    question: str = Field(min_length=10)
    sides: tuple[Side, ...] = Field(min_length=2)
    accounts: tuple[Account, ...] = Field(min_length=1)
    model: str = Field(min_length=10)

    @property
    def findings(self) -> tuple[str, ...]:
        """Ids of the findings on all sides, each once."""
        return tuple(dict.fromkeys(name for side in self.sides for name in side.findings))

    @property
    def rivals(self) -> tuple[Account, ...]:
        """The accounts that the model can be made to hold, other than the one it takes."""
        return tuple(a for a in self.accounts if a.expressed and not a.is_default)

    @property
    def key(self) -> str:
        """A name for files: `contradiction-05`."""
        return f"contradiction-{self.number:02d}"


class _File(Written):
    contradictions: tuple[Contradiction, ...]


@cache
def load_contradictions() -> tuple[Contradiction, ...]:
    """Return the known disagreements, in the order of their numbers.

    Raises:
        InputError: The file has a mistake; the sentence names line and field.
    """
    name = "contradictions.yaml"
    text = files("reflexarc").joinpath("evidence", name).read_text(encoding="utf-8")
    return read_contradictions(read_yaml(text, file=name))


def read_contradictions(source: Source) -> tuple[Contradiction, ...]:
    """Return the disagreements of a file.

    Args:
        source: The file, read by `yaml_source.read_yaml`.

    Raises:
        InputError: A finding, row, reference, hypothesis, option or parameter that doesn't exist,
            a number that stands twice, or another mistake; with file, line and field.
    """
    try:
        found = _File.model_validate(source.data).contradictions
    except ValidationError as error:
        raise explain(error, source)[0] from None
    numbers = [contradiction.number for contradiction in found]
    for position, number in enumerate(numbers):
        if number in numbers[:position]:
            message = f"the number {number} stands here twice"
            raise source.error(message, ("contradictions", position, "number"))
    return tuple(sorted(found, key=lambda contradiction: contradiction.number))


def find_contradictions(numbers: tuple[int, ...] = ()) -> tuple[Contradiction, ...]:
    """Return disagreements by their number; all of them for none.

    Raises:
        InputError: There is no such number.
    """
    known = load_contradictions()
    by_number = {contradiction.number: contradiction for contradiction in known}
    for number in numbers:
        if number not in by_number:
            raise InputError(
                f"there is no contradiction {number}; they are numbered {min(by_number)} to "
                f"{max(by_number)}"
            )
    return tuple(by_number[number] for number in dict.fromkeys(numbers)) or known
