"""Who cites which source, and for what: the model, experiments, findings, disagreements."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reflexarc import atlas, biology
from reflexarc.atlas.natural import natural_sources
from reflexarc.citations.naming import listed
from reflexarc.contradictions import Contradiction
from reflexarc.evidence.reading import load_experiments, load_findings
from reflexarc.finding import Finding
from reflexarc.references import keys_in, references

if TYPE_CHECKING:
    from reflexarc.protocol import Experiment

__all__ = [
    "Reasons",
    "reasons_of_contradiction",
    "reasons_of_experiment",
    "reasons_of_finding",
    "reasons_of_model",
]

Reasons = Iterable[tuple[str, str]]
"""Pairs of a reference's key and what it is cited for."""


def reasons_of_model() -> Iterator[tuple[str, str]]:
    """Yield what parameters, lesions, agents and the atlas cite."""
    yield from _parameters()
    for lesion in biology.lesions():
        yield from _each(lesion.source, f"lesion {lesion.name}")
    for agent in biology.agents():
        yield from _each(agent.source, f"{agent.name} {agent.route}")
    for site in atlas.sites():
        yield from _site(site.code)
    for nerve in atlas.nerves():
        yield from _each(nerve.source, _noted(f"course of the {nerve.name}", nerve.note))
    for opsin in atlas.opsins():
        yield from _opsin(opsin)
    for name in atlas.trunk_names():
        yield from _trunk(name)
    yield from _fibres()
    yield from _natural()


def reasons_of_experiment(experiment: "Experiment") -> Iterator[tuple[str, str]]:
    """Yield what an experiment cites: its own sources first, the parameters of the model last."""
    for line in experiment.sources:
        if (key := listed(line)) is not None:
            yield key, "source that the experiment names"
    for key, own in load_experiments().items():
        if own == experiment:
            for finding in load_findings():
                if finding.experiment == key:
                    yield from reasons_of_finding(finding)
    codes = [site.code for site in atlas.sites()]
    for arm in experiment.arms.values():
        places = [needle.site for needle in arm.electroacupuncture]
        places += [moved.site for moved in arm.manual_acupuncture]
        places += [disc.site for disc in arm.transcutaneous]
        places += [light.site for light in arm.optogenetics]
        for place in dict.fromkeys(places):
            if place in codes:
                yield from _site(place)
        for light in arm.optogenetics:
            yield from _opsin(atlas.opsin(light.opsin))
        for hook in arm.nerve_stimulation:
            yield from _trunk(hook.nerve)
        if arm.electroacupuncture or arm.nerve_stimulation or arm.transcutaneous:
            yield from _fibres()
        if arm.natural_stimuli or arm.manual_acupuncture:
            yield from _natural()
        for lesion in arm.lesions:
            for row in biology.lesions():
                if row.name in lesion.name:  # a side or a level may stand with it
                    yield from _each(row.source, f"lesion {row.name}")
        for dose in arm.given:
            yield from _each(dose.row.source, f"{dose.row.name} {dose.row.route}")
    yield from _safety(experiment)
    yield from _parameters()


def reasons_of_finding(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield the paper of a finding and the sources in which it was read."""
    yield finding.paper, f"finding {finding.id}: {_begun(finding.title)}"
    for key in finding.via:
        yield key, f"source in which finding {finding.id} was read"


def reasons_of_contradiction(contradiction: Contradiction) -> Iterator[tuple[str, str]]:
    """Yield the papers of the findings on all sides, and the further sources."""
    by_id = {finding.id: finding for finding in load_findings()}
    head = f"contradiction {contradiction.number}"
    for side in contradiction.sides:
        for name in side.findings:
            yield by_id[name].paper, f"{head}: {_begun(side.says)} ({name})"
        for key in side.sources:
            yield key, f"{head}: {_begun(side.says)}"


def _safety(experiment: "Experiment") -> Iterator[tuple[str, str]]:
    from reflexarc.safety import assess

    for row in assess(experiment):
        for key in row.sources:
            yield key, f"safety of {row.stimulus}"


def _parameters() -> Iterator[tuple[str, str]]:
    for parameter in biology.parameters():
        reason = f"value of {parameter.id} ({parameter.status})"
        yield from _each(parameter.source, _noted(reason, parameter.note))


def _site(code: str) -> Iterator[tuple[str, str]]:
    site = atlas.site(code)
    yield from _each(site.source, _noted(f"site {code}", site.note))
    yield from _each(site.depth_source, f"depth of the needle at {code}")
    yield from _each(site.human_source, f"depth of the needle at {code} in people")
    for layer in atlas.tissues(code):
        yield from _each(layer.source, f"{layer.kind} at {code}")
        for fibres in atlas.CLASSES:
            supply = atlas.innervation(layer, fibres)
            reason = f"{fibres} fibres in the {layer.kind} at {code}"
            yield from _each(supply.source, _noted(reason, supply.note))


def _opsin(opsin: atlas.Opsin) -> Iterator[tuple[str, str]]:
    yield from _each(opsin.source, _noted(f"opsin {opsin.name}", opsin.note))


def _trunk(name: str) -> Iterator[tuple[str, str]]:
    for fibres in atlas.trunk(name):
        reason = f"electrode on the {fibres.nerve} ({fibres.fibres})"
        yield from _each(fibres.source, _noted(reason, fibres.note))
        for key in references():
            if f"({key})" in fibres.note:
                yield key, _noted(reason, fibres.note)


def _fibres() -> Iterator[tuple[str, str]]:
    for fibres in atlas.fibre_classes():
        yield from _each(fibres.source, _noted(f"diameters of {fibres.id} fibres", fibres.note))
    for key in atlas.threshold_sources():
        yield key, "cable model behind the thresholds of fibres"


def _natural() -> Iterator[tuple[str, str]]:
    for source, what, note in natural_sources():
        yield from _each(source, _noted(what, note))


def _each(cell: str, reason: str) -> Iterator[tuple[str, str]]:
    for key in keys_in(cell):
        yield key, reason


def _noted(reason: str, note: str) -> str:
    return f"{reason}: {_begun(note)}" if note else reason


def _begun(text: str) -> str:
    """Return a sentence as it goes on after a colon: without the capital of its first word."""
    first, _, rest = text.partition(" ")
    plain = len(first) > 2 and first[0].isupper() and first[1:].islower()
    return f"{first.lower()} {rest}".strip() if plain else text
