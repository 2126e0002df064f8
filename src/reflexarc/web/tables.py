"""Everything that the page reads beside the equations, as plain data, one table a file."""

from collections.abc import Callable
from typing import Any

from reflexarc import atlas, biology, experiments
from reflexarc.biology import assemble
from reflexarc.cohort import Cohort, spreads
from reflexarc.findings import run_findings
from reflexarc.kernel.methods import RODAS5P
from reflexarc.protocol import Experiment
from reflexarc.protocol.infection import EXAMPLE
from reflexarc.vocabulary import cord_segments
from reflexarc.web.harm import safety_data
from reflexarc.web.papers import references_data
from reflexarc.web.pathway import equations_data, organs_data, pathway_data
from reflexarc.web.recruitment_tables import recruitment_data
from reflexarc.web.scenario import CannotShow, scenario_of
from reflexarc.web.sites import sites_data
from reflexarc.web.wall import claims_data, findings_data

__all__ = ["ANIMALS", "TABLES"]

ANIMALS = 100
"""Mice of the page; they are the first ones of the command line, too."""
SEED = 1

Table = Callable[[], Any]


def _method() -> dict[str, Any]:
    """The integrator's coefficients; the page needs none of those that go with the time."""
    return {
        "name": RODAS5P.name,
        "order": RODAS5P.embedded_order,
        "gamma": RODAS5P.gamma,
        "alpha": RODAS5P.alpha.tolist(),
        "a": RODAS5P.a.tolist(),
        "c": RODAS5P.c.tolist(),
        "m": RODAS5P.m.tolist(),
        "e": RODAS5P.e.tolist(),
        "dense": RODAS5P.dense.tolist(),
        "source": RODAS5P.source,
    }


def _animals() -> dict[str, Any]:
    """Factors on the parameters of each mouse, and the hazard at which it dies."""
    cohort = Cohort.sample(spreads(assemble()), size=ANIMALS, seed=SEED)
    return {
        "seed": SEED,
        "traits": list(cohort.traits),
        "multipliers": [[float(f"{x:.12g}") for x in row] for row in cohort.multipliers.tolist()],
        "thresholds": [float(f"{x:.12g}") for x in cohort.death_thresholds.tolist()],
    }


def _vocabulary() -> dict[str, Any]:
    """What a scenario may name: lesions, agents, options, species, levels of the cord.

    `organs` tells what goes with which organ.
    """
    from reflexarc.protocol.treatment import CHALLENGES

    return {
        "agents": [{**vars(row), "unit": row.unit} for row in biology.agents()],
        "lesions": [vars(row) for row in biology.lesions()],
        "hypotheses": [vars(row) for row in biology.hypotheses()],
        "cord": [vars(row) for row in biology.cord()],
        "cordSegments": cord_segments(),
        "species": {name: biology.species_values(name) for name in biology.species_names()},
        "challenges": [*CHALLENGES, {"name": "CLP", "defaults": EXAMPLE}],
        "puncture": biology.puncture(),
        "nerves": list(atlas.trunk_names()),
        "organs": organs_data(),
    }


def _parameters() -> list[dict[str, Any]]:
    return [vars(parameter) for parameter in assemble().parameters]


def _observables() -> list[dict[str, Any]]:
    return [
        {**vars(row), "title": biology.full_name(row.name, row.where)}
        for row in biology.observables()
    ]


def _equations() -> dict[str, Any]:
    """Equations as they are written, and the label and unit of each state."""
    return {
        "equations": equations_data(),
        "states": [vars(state) for state in biology.states()],
    }


def _experiments() -> list[dict[str, Any]]:
    """The built-in experiments, each arm as a scenario or the reason why the page can't show it."""
    return [
        {
            "name": name,
            "title": experiment.title,
            "about": experiment.about,
            "arms": [{"name": arm, **_shown(experiment, arm)} for arm in experiment.arms],
        }
        for name in experiments.names()
        for experiment in [Experiment.load(name)]
    ]


def _shown(experiment: Experiment, arm: str) -> dict[str, Any]:
    try:
        return {"scenario": scenario_of(experiment.arms[arm], hours=experiment.stop(arm))}
    except CannotShow as reason:
        return {"why": str(reason)}


TABLES: dict[str, Table] = {
    "animals": _animals,
    "claims": claims_data,
    "equations": _equations,
    "experiments": _experiments,
    "findings": lambda: findings_data(run_findings()),
    "method": _method,
    "observables": _observables,
    "parameters": _parameters,
    "pathway": pathway_data,
    "recruitment": recruitment_data,
    "references": references_data,
    "safety": safety_data,
    "sites": sites_data,
    "subsystems": lambda: [{"name": s.name, "summary": s.summary} for s in assemble().subsystems],
    "vocabulary": _vocabulary,
}
"""What each file under `data/` holds."""
