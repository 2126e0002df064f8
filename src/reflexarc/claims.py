"""The claims ledger: sentences that the public is told, weighed against findings that run.

Each claim is a file in `evidence/claims`. A verdict never contradicts the findings that it cites:
`objections` says where one would.

Example:
    >>> claim = find_claim("C2")
    >>> claim.verdict
    'overstated'
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence import ROOT, catalogue_rows, known_failures, references
from reflexarc.evidence.reading import load_findings
from reflexarc.experiments import names as experiment_names
from reflexarc.protocol.written import Written, as_list, one_of
from reflexarc.refusals import explain
from reflexarc.yaml_source import Source, read_yaml

if TYPE_CHECKING:
    from reflexarc.findings import Verdict

__all__ = [
    "GRADES",
    "REASONS",
    "VERDICTS",
    "Certainty",
    "Claim",
    "Record",
    "Retrieval",
    "Sides",
    "find_claim",
    "load_claims",
    "objections",
    "read_claim",
]

VERDICTS = (
    "supported",
    "supported in animals only",
    "overstated",
    "unclear",
    "wrong",
    "outside the model",
)
GRADES = ("high", "moderate", "low", "very low", "not assessed")
REASONS = (
    "risk of bias",
    "inconsistency",
    "indirectness",
    "imprecision",
    "publication bias",
)

Words = Annotated[tuple[str, ...], BeforeValidator(as_list)]
Sentence = Annotated[str, Field(min_length=3)]


class Sides(Written):
    """What speaks for a claim and what against it.

    Args:
        supporting: Written `for`.
        against: What speaks against it.
    """

    supporting: Words = Field(default=(), alias="for")
    against: Words = ()

    @classmethod
    def field_words(cls) -> list[str]:
        """Return the field names as people write them."""
        return ["for", "against"]

    @property
    def all(self) -> tuple[str, ...]:
        """Both sides, those for it first."""
        return self.supporting + self.against


class Certainty(Written):
    """How certain a body of evidence is, after GRADE.

    Args:
        about: What the grade is about, as a clause that begins with `that` or a noun.
        grade: High, moderate, low or very low; not assessed where most reasons were not.
        risk_of_bias: Why it lowers certainty, or `not a concern`.
        inconsistency: Likewise: do studies disagree?
        indirectness: Likewise: other species, outcomes or circumstances?
        imprecision: Likewise: few animals, wide intervals?
        publication_bias: Likewise: is negative work missing?
    """

    about: Sentence
    grade: str
    risk_of_bias: Sentence
    inconsistency: Sentence
    indirectness: Sentence
    imprecision: Sentence
    publication_bias: Sentence

    @field_validator("grade", mode="before")
    @classmethod
    def _known_grade(cls, value: object) -> object:
        return one_of(value, GRADES, "grade")

    @model_validator(mode="after")
    def _assessed(self) -> Self:
        left = sum(text.casefold().startswith("not assessed") for text in self.reasons.values())
        if (2 * left > len(REASONS)) != (self.grade == "not assessed"):
            raise InputError(
                "the grade is 'not assessed' where most of its five reasons say 'Not assessed', "
                "and only there",
                field="grade",
            )
        return self

    @property
    def reasons(self) -> Mapping[str, str]:
        """The five reasons by name."""
        return {name: getattr(self, name.replace(" ", "_")) for name in REASONS}


class Record(Written):
    """What the record of a paper says, where a claim misstates it.

    Args:
        reference: Key in references.json.
        year: The year of the paper.
        volume: The volume.
    """

    reference: str
    year: int
    volume: str | None = None


class Retrieval(Written):
    """By what words the claim is found in an article; read by `reflexarc.article`.

    Args:
        phrases: The claim and its paraphrases.
        patterns: Concepts of `words.yaml` that must all be there; `a|b` is either, `-a` bars.
        denied_by: Patterns that touch the claim by denying it.
        without: Concepts that rule the claim out.
        gives_way_to: Claims that are reported instead where both are touched; `all` is any.
        negation_inside: The claim itself is a denial, so that a `no` does not deny it.
    """

    phrases: tuple[str, ...] = Field(min_length=1)
    patterns: tuple[str, ...] = Field(min_length=1)
    denied_by: Words = ()
    without: Words = ()
    gives_way_to: Words = ()
    negation_inside: bool = False


class Claim(Written):
    """A claim as it stands in the ledger.

    Args:
        id: `C` and a number.
        claim: The claim in our words.
        verdict: What the evidence says of it.
        species: In which species the evidence is.
        experiment: A built-in experiment, or a finding whose experiment shows it.
        findings: Ids of findings that run.
        rows: Rows of the literature that this biology can't express.
        references: Keys of papers, for evidence that is no finding, such as that of people.
        record: For claims about a paper: what its record says.
        limits: What the verdict does not cover; every declared failure and every unscored finding
            that is cited, and what speaks the other way, must be named here by its id.
        certainty: Grade and reasons.
        plain: For a lay reader.
        precise: For a researcher.
        would_change_our_mind: What would.
        met_in: In what kind of text the claim is met.
        found_by: How it is found in an article.
    """

    id: str = Field(pattern=r"^C[1-9][0-9]*$")
    claim: Sentence
    verdict: Literal[
        "supported",
        "supported in animals only",
        "overstated",
        "unclear",
        "wrong",
        "outside the model",
    ]
    species: tuple[Literal["mouse", "rat", "human"], ...]
    experiment: str | None = None
    findings: Sides = Sides()
    rows: Sides = Sides()
    references: Sides = Sides()
    record: Record | None = None
    limits: Words = Field(min_length=1)
    certainty: Certainty
    plain: Sentence
    precise: Sentence
    would_change_our_mind: Words = Field(min_length=1)
    met_in: Words = Field(min_length=1)
    found_by: Retrieval

    @field_validator("verdict", mode="before")
    @classmethod
    def _known_verdict(cls, value: object) -> object:
        return one_of(value, VERDICTS, "verdict")

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of every paper that the card rests on, each once."""
        papers = {finding.id: finding.paper for finding in load_findings()}
        keys = [papers[name] for name in self.findings.all]
        return tuple(dict.fromkeys([*keys, *self.references.all]))

    @property
    def incomplete_sources(self) -> tuple[str, ...]:
        """Keys of those sources whose title, authors or journal are missing or not confirmed."""
        found = references()
        return tuple(
            key
            for key in self.sources
            if found[key].unconfirmed
            or (found[key].item["type"] == "article-journal" and "author" not in found[key].item)
        )

    def names(self, finding: str) -> bool:
        """Say whether the limits name a finding by its id."""
        return any(
            re.search(rf"(?<![\w-]){re.escape(finding)}(?![\w-])", limit) for limit in self.limits
        )


@cache
def load_claims() -> tuple[Claim, ...]:
    """Return the ledger in order of number.

    Raises:
        InputError: A card has a mistake; the sentence names file, line and field.
    """
    folder = ROOT.joinpath("claims")
    cards = []
    for entry in folder.iterdir():
        if re.fullmatch(r"C\d+\.yaml", entry.name):
            claim = read_claim(read_yaml(entry.read_text(encoding="utf-8"), file=entry.name))
            if entry.name != f"{claim.id}.yaml":
                raise InputError(f"the card of {claim.id} stands in another file", file=entry.name)
            cards.append(claim)
    known = {claim.id for claim in cards}
    for claim in cards:
        for other in claim.found_by.gives_way_to:
            if other not in known | {"all"}:
                raise InputError(unknown_word("claim", other, known), file=f"{claim.id}.yaml")
    return tuple(sorted(cards, key=lambda claim: int(claim.id[1:])))


def read_claim(source: Source) -> Claim:
    """Return one card, checked against findings, rows, references and experiments.

    Args:
        source: The file, read by `yaml_source.read_yaml`.

    Raises:
        InputError: A mistake, with file, line and field.
    """
    try:
        claim = Claim.model_validate(source.data)
    except ValidationError as error:
        raise explain(error, source)[0] from None
    findings = [finding.id for finding in load_findings()]
    known: list[tuple[str, Sides, Iterable[str]]] = [
        ("finding", claim.findings, findings),
        ("row", claim.rows, catalogue_rows()),
        ("reference", claim.references, references()),
    ]
    for kind, sides, words in known:
        for side, names in (("for", sides.supporting), ("against", sides.against)):
            for position, name in enumerate(names):
                if name not in words:
                    path = (f"{kind}s", side, position)
                    raise source.error(unknown_word(kind, name, words), path)
    if claim.record is not None and claim.record.reference not in references():
        message = unknown_word("reference", claim.record.reference, references())
        raise source.error(message, ("record", "reference"))
    shown = (*experiment_names(), *findings)
    if claim.experiment is not None and claim.experiment not in shown:
        message = unknown_word("experiment or finding", claim.experiment, shown)
        raise source.error(message, ("experiment",))
    return claim


def find_claim(name: str) -> Claim:
    """Return one claim.

    Args:
        name: Its id, in upper or lower case.

    Raises:
        InputError: There is none; the nearest is offered.
    """
    claims = {claim.id: claim for claim in load_claims()}
    if name.strip().upper() not in claims:
        raise InputError(unknown_word("claim", name, claims, listed_by="reflexarc claims"))
    return claims[name.strip().upper()]


def objections(claim: Claim, verdicts: "Mapping[str, Verdict]") -> list[str]:
    """Return where a claim's verdict contradicts the findings that it cites.

    The rules: a declared failure and an unscored finding count for nothing and must be named in
    the limits, and an undeclared failure may not be cited. `supported` needs evidence for it that
    holds, `supported in animals only` a finding or a row, `wrong` evidence against it,
    `overstated` a finding that holds on either side, or evidence against. `unclear` may not rest
    on findings of one side with nothing on the other. What holds on the other side of a verdict
    must be named in the limits. `outside the model` rests on no finding that holds.

    Args:
        claim: The card.
        verdicts: The run verdicts of its findings, by id.

    Returns:
        Sentences; none if all is well.

    Raises:
        KeyError: A finding of the claim was not run.
    """
    declared = {failure.id for failure in known_failures()}
    found = []
    for name in claim.findings.all:
        verdict = verdicts[name].verdict
        if verdict == "fail" and name not in declared:
            found.append(f"{claim.id} cites {name}, which fails")
        if verdict != "pass" and not claim.names(name):
            found.append(f"{claim.id} cites {name}, which does not pass, and its limits don't say")
    holding = [n for n in claim.findings.supporting if verdicts[n].verdict == "pass"]
    opposing = [n for n in claim.findings.against if verdicts[n].verdict == "pass"]
    return found + _against_the_rules(claim, holding, opposing)


def _against_the_rules(claim: Claim, holding: list[str], opposing: list[str]) -> list[str]:
    """Apply the rule of each verdict to the findings that hold on either side."""
    other_for = claim.rows.supporting + claim.references.supporting
    other_against = claim.rows.against + claim.references.against
    silent = {
        "supported": opposing,
        "supported in animals only": opposing,
        "wrong": holding,
    }.get(claim.verdict, [])
    found = [
        f"{claim.id} is {claim.verdict!r}, yet {name} holds on the other side, unnamed in limits"
        for name in silent
        if not claim.names(name)
    ]
    lacking = {
        "supported": not (holding or other_for),
        "supported in animals only": not (holding or claim.rows.supporting),
        "wrong": not (opposing or other_against or claim.record),
        "overstated": not (opposing or other_against or holding),
        "unclear": bool(holding) != bool(opposing)
        and not (other_against if holding else other_for),
        "outside the model": bool(holding or opposing),
    }
    if lacking.get(claim.verdict, False):
        found.append(f"{claim.id} is {claim.verdict!r}, and what it cites does not bear that out")
    if claim.verdict == "supported in animals only" and not {"mouse", "rat"} & set(claim.species):
        found.append(f"{claim.id} names no animal")
    return found + _record_objections(claim)


def _record_objections(claim: Claim) -> list[str]:
    """Compare what a card says of a paper with its reference."""
    if claim.record is None:
        return []
    item: Mapping[str, Any] = references()[claim.record.reference].item
    year = item["issued"]["date-parts"][0][0] if "issued" in item else None
    said = [("year", claim.record.year, year), ("volume", claim.record.volume, item.get("volume"))]
    return [
        f"{claim.id} says {name} {written} of {claim.record.reference}, the reference says {is_}"
        for name, written, is_ in said
        if written is not None and written != is_
    ]
