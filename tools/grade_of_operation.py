"""Choose the ligated length where a paper tells who lived through an operation, not how much of it.

For maintainers: `python tools/grade_of_operation.py` takes the survival findings of each such
paper, runs them with all ligatures at one of four lengths, prints what the model gives, and the
length at which the sum of squared differences from the paper is least. What was chosen stands in
`evidence/findings/sepsis-grades.yaml`. Its animals are drawn at random; those of a finding aren't.
"""

from dataclasses import replace

from reflexarc.biology import assemble
from reflexarc.cohort import Cohort, spreads
from reflexarc.finding import Finding
from reflexarc.findings import load_experiments, load_findings
from reflexarc.outcomes import parse_outcome
from reflexarc.protocol import Experiment
from reflexarc.trials import plan_trials, run_trials

LENGTHS = ("10 %", "25 %", "33 %", "50 %")
"""Ligated shares of the caecum."""
OPERATIONS = (
    ("SE-6-four",),
    ("SE-8-untreated", "half"),
    ("SE-9-lethal", "SE-9-sublethal"),
)
"""Findings on the untreated animals of one paper each."""
BETWEEN = {"half": ("SE-8-untreated", "survival at 48 h", 0.5)}
"""What a paper tells of these animals at another time: finding, outcome, share alive."""
ANIMALS = 200


def aims() -> list[list[Finding]]:
    """Return what each paper tells, as findings."""
    by_id = {finding.id: finding for finding in load_findings()}
    for name, (like, outcome, alive) in BETWEEN.items():
        expect = by_id[like].expect.model_copy(update={"value": alive})
        by_id[name] = replace(by_id[like], id=name, outcome=parse_outcome(outcome), expect=expect)
    return [[by_id[name] for name in names] for names in OPERATIONS]


def ligated(experiment: Experiment, length: str) -> Experiment:
    """Return an experiment with all its ligatures at one length."""
    arms = {
        name: arm.model_copy(
            update={"challenge": arm.challenge.model_copy(update={"ligation": length})}
        )
        for name, arm in experiment.arms.items()
    }
    return experiment.model_copy(update={"arms": arms})


def shares(told: list[Finding], length: str) -> list[float]:
    """Return the share that lives in each of the findings of a paper."""
    experiments, key = load_experiments(), told[0].experiment
    courses = run_trials(
        plan_trials(told, {**experiments, key: ligated(experiments[key], length)}),
        model=assemble(),
        typical=Cohort.typical(),
        cohort=Cohort.sample(spreads(assemble()), size=ANIMALS, seed=1),
    )
    return [finding.measure(courses[key]) for finding in told]


def main() -> None:
    """Print the tables."""
    for told in aims():
        print(told[0].paper)
        wrong = {}
        for length in LENGTHS:
            pairs = list(zip(told, shares(told, length), strict=True))
            wrong[length] = sum((share - f.expect.value) ** 2 for f, share in pairs)
            row = ", ".join(f"{f.id} {share:.2f} ({f.expect.value:.2f})" for f, share in pairs)
            print(f"  {length}: {row}, squared {wrong[length]:.3f}")
        print(f"  nearest at {min(wrong, key=wrong.__getitem__)}")


if __name__ == "__main__":
    main()
