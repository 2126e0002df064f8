"""From files of findings to findings: everything in them is checked against what it names."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence import finding_sources, references
from reflexarc.evidence.schema import Entry, FindingFile
from reflexarc.finding import REST_ARM, Finding
from reflexarc.outcomes import parse_outcome
from reflexarc.refusals import explain
from reflexarc.yaml_source import Path, Source

if TYPE_CHECKING:
    from reflexarc.protocol import Experiment

__all__ = ["load_experiments", "load_findings", "read_findings"]


@cache
def load_findings() -> tuple[Finding, ...]:
    """Return all findings, in order of file and place.

    Raises:
        InputError: A file has a mistake; the sentence names file, line and field.
    """
    findings = [found for source in finding_sources() for found in read_findings(source)]
    seen: set[str] = set()
    for finding in findings:
        if finding.id in seen:
            raise InputError(f"the finding {finding.id!r} stands in two places")
        seen.add(finding.id)
    return tuple(findings)


def read_findings(source: Source) -> tuple[Finding, ...]:
    """Return the findings of one file.

    Args:
        source: The file, read by `yaml_source.read_yaml`.

    Raises:
        InputError: A mistake, with file, line and field: an unknown field, reference, experiment,
            arm, observable, place, unit or tolerance.
    """
    file = _validated(source)
    return tuple(
        _finding(source, file, entry, position) for position, entry in enumerate(file.findings)
    )


@cache
def load_experiments() -> "Mapping[str, Experiment]":
    """Return every experiment that findings run, by its key.

    Raises:
        InputError: An experiment has a mistake; the sentence names file, line and field.
    """
    from reflexarc.protocol import Experiment

    experiments: dict[str, Experiment] = {}
    for source in finding_sources():
        for path, data in _written_experiments(source):
            key = _key(source, path)
            if set(data) == {"builtin"}:
                experiments[key] = Experiment.load(data["builtin"])
            else:
                experiments[key] = Experiment.from_source(_part(source, path))
    return experiments


def _finding(source: Source, file: FindingFile, entry: Entry, position: int) -> Finding:
    here: Path = ("findings", position)
    paper = entry.paper or file.paper
    species = entry.species or file.species
    if paper is None or species is None:
        missing = "paper" if paper is None else "species"
        raise source.error(f"neither the finding nor its file names the {missing}", here)
    for word, field in [(paper, "paper"), *((word, "via") for word in entry.via)]:
        if word not in references():
            raise source.error(unknown_word("reference", word, references()), (*here, field))
    path, arms = _experiment(source, file, entry, here)
    try:
        outcome = parse_outcome(entry.outcome)
    except InputError as error:
        raise source.error(error.message, (*here, "outcome")) from None
    finding = Finding(
        id=entry.id,
        title=entry.title,
        paper=paper,
        via=entry.via,
        found_in=entry.found_in,
        species=species,
        trust=entry.trust,
        experiment=_key(source, path),
        outcome=outcome,
        comparison=entry.comparison,
        expect=entry.expect,
        published=entry.published,
        bias=" ".join(part for part in (file.bias, entry.bias) if part),
        note=entry.note or "",
        assumptions=(*file.assumptions, *entry.assumptions),
    )
    for arm in finding.arms:
        if arm not in arms:
            raise source.error(unknown_word("arm", arm, arms), (*here, "comparison"))
    if REST_ARM in arms:
        raise source.error(f"no arm may be called {REST_ARM!r}", path)
    try:
        _check_reading(finding)
    except InputError as error:
        raise source.error(error.message, (*here, "comparison")) from None
    return finding


def _check_reading(finding: Finding) -> None:
    """Refuse a kind of comparison that its outcome can't answer."""
    _, _ = finding.expected, finding.outcomes
    kind, statistic = finding.comparison.kind, finding.outcome.statistic
    over_time = kind == "time of peak" or finding.comparison.by in ("onset", "time of peak")
    if over_time != (statistic == "course"):
        raise InputError(
            f"a {kind} needs an outcome over time, such as 'TNF in plasma from 0 to 4 h'"
            if over_time
            else f"a {kind} needs an outcome at a time, or a peak"
        )
    if (kind == "survival") != (statistic == "survival"):
        raise InputError("survival goes with the outcome 'survival at 7 d', and only with it")
    death = finding.comparison.death
    if death is not None and death <= finding.outcome.stop:
        raise InputError("those that die have to be read while they live: 'dead by' comes later")
    if kind == "survival" and finding.expect.direction and finding.comparison.to is None:
        raise InputError("a direction of survival needs 'to'")


def _experiment(
    source: Source, file: FindingFile, entry: Entry, here: Path
) -> tuple[Path, list[str]]:
    """Return where the experiment of a finding stands, and the names of its arms."""
    written = entry.experiment if entry.experiment is not None else file.experiment
    if written is None:
        raise source.error("neither the finding nor its file names the experiment", here)
    if isinstance(written, str):
        if written not in file.experiments:
            message = unknown_word("experiment", written, file.experiments)
            raise source.error(message, (*here, "experiment"))
        path: Path = ("experiments", written)
        data = file.experiments[written]
    else:
        path, data = (*here, "experiment"), written
    if set(data) == {"builtin"}:
        from reflexarc.protocol import Experiment

        return path, list(Experiment.load(data["builtin"]).arms)
    arms = data.get("arms")
    if not isinstance(arms, dict):
        raise source.error("an experiment needs arms", path)
    return path, [str(arm) for arm in arms]


def _written_experiments(source: Source) -> list[tuple[Path, dict[str, Any]]]:
    file = _validated(source)
    written: list[tuple[Path, dict[str, Any]]] = [
        (("experiments", name), data) for name, data in file.experiments.items()
    ]
    for position, entry in enumerate(file.findings):
        if isinstance(entry.experiment, dict):
            written.append((("findings", position, "experiment"), entry.experiment))
    return written


def _key(source: Source, path: Path) -> str:
    return f"{source.file}: {path[1] if path[0] == 'experiments' else f'finding {path[1]}'}"


def _part(source: Source, path: Path) -> Source:
    """Return one part of a file as a source of its own, with the file's line numbers."""
    data = source.data
    for step in path:
        data = data[step]
    depth = len(path)
    lines = {place[depth:]: line for place, line in source.lines.items() if place[:depth] == path}
    return Source(data=data, lines=lines, file=source.file)


def _validated(source: Source) -> FindingFile:
    try:
        return FindingFile.model_validate(source.data)
    except ValidationError as error:
        raise explain(error, source)[0] from None
