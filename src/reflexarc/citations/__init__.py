"""What rests on which source, and for what: of an experiment, a finding, a claim, the whole model.

There is one list of sources (`references`), and one answer to who cites them: the functions here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reflexarc import published
from reflexarc.citations.ledgers import reasons_of_code, reasons_of_data, reasons_of_ledger
from reflexarc.citations.naming import listed
from reflexarc.citations.reasons import (
    Reasons,
    reasons_of_contradiction,
    reasons_of_experiment,
    reasons_of_finding,
    reasons_of_model,
)
from reflexarc.contradictions import load_contradictions
from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence.reading import load_findings
from reflexarc.finding import Finding
from reflexarc.references import Reference, find_reference, references

if TYPE_CHECKING:
    from reflexarc.protocol import Experiment

__all__ = [
    "Citation",
    "all_reasons",
    "cite",
    "cite_experiment",
    "cite_finding",
    "cite_model",
    "experiments_of",
    "given_sources",
    "names",
]

MODEL = "model"


@dataclass(frozen=True)
class Citation:
    """A source and what it is cited for.

    Attributes:
        reference: The source.
        reasons: Why it is cited, each once: `value of d_TNF (measured): …`, `site ST36`.
    """

    reference: Reference
    reasons: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return it as plain data: key, reasons, Vancouver text, CSL item."""
        return {
            "key": self.reference.key,
            "reasons": list(self.reasons),
            "vancouver": str(self.reference),
            "csl": dict(self.reference.item),
        }


def cite(*words: str) -> tuple[Citation, ...]:
    """Return what experiments, findings, claims or the model rest on, each with its reasons.

    Args:
        words: Names of built-in experiments, paths of YAML files, ids of findings or beginnings of
            them (`L21`), ids of claims (`C2`), numbers of contradictions (`contradiction 5`), keys
            of references, or `model`. None at all is the model.

    Raises:
        InputError: A word is none of these; the nearest is offered.

    Example:
        >>> [citation.reference.key for citation in cite("L21-1-TNF")]
        ['liu2021']
    """
    pairs: list[tuple[str, str]] = []
    for word in words or (MODEL,):
        pairs += _reasons_of(word)
    return _gathered(pairs)


def cite_model() -> tuple[Citation, ...]:
    """Return what parameters, lesions, agents and the atlas rest on."""
    return _gathered(reasons_of_model())


def cite_experiment(experiment: "Experiment") -> tuple[Citation, ...]:
    """Return what an experiment rests on: its own sources, findings it shows, places, the model.

    Args:
        experiment: Read and checked; sources in its text that no reference has are left to
            `given_sources`.
    """
    return _gathered(reasons_of_experiment(experiment))


def cite_finding(finding: Finding) -> tuple[Citation, ...]:
    """Return the paper of a finding and the sources in which it was read."""
    return _gathered(reasons_of_finding(finding))


def experiments_of(words: Iterable[str]) -> "list[Experiment]":
    """Return the experiments among words: names of built-in ones and paths of YAML files.

    Raises:
        InputError: A file can't be read, or something in it is wrong.
    """
    from reflexarc import experiments
    from reflexarc.protocol import Experiment

    known, ends = experiments.names(), (".yaml", ".yml")
    return [Experiment.load(word) for word in words if word in known or word.endswith(ends)]


def given_sources(experiment: "Experiment") -> tuple[str, ...]:
    """Return the sources that an experiment names and the list of references doesn't have."""
    return tuple(line for line in experiment.sources if listed(line) is None)


def all_reasons() -> dict[str, tuple[str, ...]]:
    """Return every key that anything cites, with its reasons; keys may be missing in the list.

    The model, the published models, the findings, the data sets, the claims, the rows of safety,
    the contradictions and the code are asked.
    """
    pairs = [
        *reasons_of_model(),
        *published.reasons(),
        *reasons_of_data(),
        *reasons_of_code(),
    ]
    for finding in load_findings():
        pairs += reasons_of_finding(finding)
    for contradiction in load_contradictions():
        pairs += reasons_of_contradiction(contradiction)
    for ledger in ("claims", "safety"):
        pairs += [pair for found in reasons_of_ledger(ledger).values() for pair in found]
    reasons: dict[str, dict[str, None]] = {}
    for key, reason in pairs:
        reasons.setdefault(key, {})[reason] = None
    return {key: tuple(found) for key, found in reasons.items()}


def names() -> tuple[str, ...]:
    """Return every word that `cite` knows, files apart."""
    from reflexarc import experiments

    rows = dict.fromkeys(finding.id.split("-")[0] for finding in load_findings())
    return (
        MODEL,
        *experiments.names(),
        *reasons_of_ledger("claims"),
        *(f"contradiction {each.number}" for each in load_contradictions()),
        *rows,
        *(finding.id for finding in load_findings()),
        *references(),
    )


def _gathered(pairs: Reasons) -> tuple[Citation, ...]:
    reasons: dict[str, dict[str, None]] = {}
    for key, reason in pairs:
        reasons.setdefault(key, {})[reason] = None
    return tuple(Citation(find_reference(key), tuple(found)) for key, found in reasons.items())


def _reasons_of(word: str) -> Reasons:
    if word == MODEL:
        return list(reasons_of_model())
    for experiment in experiments_of((word,)):
        return list(reasons_of_experiment(experiment))
    if word in (claims := reasons_of_ledger("claims")):
        return claims[word]
    if word in references():
        return [(word, reason) for reason in all_reasons().get(word, ("listed",))]
    if found := re.fullmatch(r"contradiction\s+(\d+)", word):
        for contradiction in load_contradictions():
            if contradiction.number == int(found[1]):
                return list(reasons_of_contradiction(contradiction))
    chosen = [f for f in load_findings() if f.id == word or f.id.startswith(f"{word}-")]
    if not chosen:
        raise InputError(unknown_word("experiment, finding, claim or reference", word, names()))
    return [pair for finding in chosen for pair in reasons_of_finding(finding)]
