"""The evidence itself: references, rows of the literature, files of findings, data."""

import csv

import pytest

from reflexarc import atlas, evidence
from reflexarc.errors import InputError
from reflexarc.evidence import (
    ROOT,
    catalogue_rows,
    finding_sources,
    fit_targets,
    known_failures,
    not_expressible,
)
from reflexarc.evidence.reading import load_experiments, load_findings, read_findings
from reflexarc.timeline import build_timelines
from reflexarc.yaml_source import read_yaml

FINDINGS = load_findings()
EXPERIMENTS = load_experiments()
IDS = {finding.id for finding in FINDINGS}


def row_of(finding_id: str) -> str:
    """Return the longest row that a finding's id begins with."""
    rows = [row for row in catalogue_rows() if finding_id.startswith(f"{row}-")]
    assert rows, f"{finding_id} belongs to no row"
    return max(rows, key=len)


def test_ids_are_unique_and_many() -> None:
    assert len(IDS) == len(FINDINGS) >= 150


def test_every_row_of_the_literature_is_expressed_or_left_out_with_a_reason() -> None:
    rows = catalogue_rows()
    assert len(rows) == len(set(rows))
    expressed = {row_of(name) for name in IDS}
    whole = {entry.row for entry in not_expressible() if entry.part is None}
    partly = {entry.row for entry in not_expressible() if entry.part is not None}
    assert expressed | whole == set(rows)
    assert not expressed & whole
    assert partly <= expressed
    assert all(len(entry.reason) > 10 and entry.needs for entry in not_expressible())


def test_every_finding_says_what_may_mislead_and_where_it_was_read() -> None:
    for finding in FINDINGS:
        for words in (finding.bias, finding.found_in, finding.published):
            assert words, finding.id
        simulated = EXPERIMENTS[finding.experiment].animals.species
        if finding.species not in (simulated, "mouse"):
            assert "mouse" in finding.bias or "mouse" in finding.note, finding.id


def test_remembered_and_missing_findings_are_never_scored_nor_fitted() -> None:
    unscored = {finding.id for finding in FINDINGS if finding.trust in ("R", "NF")}
    assert unscored == {finding.id for finding in FINDINGS if not finding.scored}
    assert not unscored & {target.finding for target in fit_targets()}
    assert not unscored & {failure.id for failure in known_failures()}
    remembered = {f.id for f in FINDINGS if f.found_in.startswith("remembered")}
    assert remembered <= unscored


def test_what_is_only_inferred_or_was_not_found_is_never_scored() -> None:
    words = ("inferred from it", "was not found", "not readable; a prediction", "; a prediction")
    inferred = {
        finding.id
        for finding in FINDINGS
        if any(word in f"{finding.found_in} {finding.published} {finding.bias}" for word in words)
    }
    assert {"L21-7-BL56", "L21-7-superficial", "L21-2-DMV-high", "L20-1-intensity"} <= inferred
    assert not {finding.id for finding in FINDINGS if finding.scored} & inferred


def test_titles_read_in_the_abstract_of_2021_claim_no_current() -> None:
    """The abstract speaks of low and high intensity; the milliamperes stand in a digest."""
    titles = [f.title for f in FINDINGS if f.paper == "liu2021" and f.trust == "T"]
    assert len(titles) >= 10
    assert not [title for title in titles if "mA" in title or "ampere" in title]


def test_what_cells_in_culture_did_is_not_scored_as_primary_text() -> None:
    carried = [finding for finding in FINDINGS if "in culture" in finding.found_in]
    assert carried
    assert {finding.trust for finding in carried} == {"S"}


def test_fit_targets_and_known_failures_name_findings() -> None:
    targets = [target.finding for target in fit_targets()]
    failures = [failure.id for failure in known_failures()]
    assert set(targets) <= IDS
    assert len(set(targets)) == len(targets)
    assert all(target.weight > 0 for target in fit_targets())
    assert set(failures) <= IDS
    assert len(set(failures)) == len(failures)
    assert all(len(failure.reason) > 20 for failure in known_failures())


def test_the_mouse_table_is_the_one_in_the_data() -> None:
    text = ROOT.joinpath("data", "mouse_lps_cytokines.csv").read_text(encoding="utf-8")
    table = {
        (row["analyte"].replace("-", ""), row["time_h"]): (float(row["mean"]), float(row["error"]))
        for row in csv.DictReader(text.splitlines())
        if row["error"]
    }
    points = [finding for finding in FINDINGS if finding.id.startswith("MT-")]
    assert len(points) == 12
    for finding in points:
        _, analyte, time = finding.id.split("-")
        mean, sem = table[analyte, time.removesuffix("h")]
        expected = finding.expected
        assert expected is not None
        assert (expected.value, expected.tolerance) == (mean, 2 * sem), finding.id


def test_every_experiment_becomes_timelines_with_the_arms_that_findings_use() -> None:
    experiments = load_experiments()
    arms = {key: {line.arm for line in build_timelines(e)} for key, e in experiments.items()}
    used = {finding.experiment for finding in FINDINGS}
    assert used == set(experiments)
    for finding in FINDINGS:
        assert set(finding.arms) <= arms[finding.experiment], finding.id


def test_every_stimulated_arm_of_the_needle_papers_is_anaesthetised_like_its_sham() -> None:
    for key, experiment in load_experiments().items():
        if not key.startswith(("liu", "torres")):
            continue
        for name, arm in experiment.arms.items():
            if arm.electroacupuncture:
                assert arm.anaesthesia, f"{key}, {name}"


def test_atlas_sites_of_the_papers_are_used() -> None:
    used = {
        needle.site
        for experiment in load_experiments().values()
        for arm in experiment.arms.values()
        for needle in arm.electroacupuncture
    }
    assert {"ST36", "ST25", "LI10", "LI4", "BL56"} <= used <= {s.code for s in atlas.sites()}


def test_files_are_plain_text_of_moderate_size() -> None:
    for source in finding_sources():
        assert source.file is not None
        text = ROOT.joinpath("findings", source.file).read_text(encoding="utf-8")
        assert len(text.splitlines()) < 600, source.file


GOOD = """
about: A test.
paper: liu2021
species: mouse
experiments:
  one:
    title: One
    challenge: {LPS: 5 mg/kg}
    arms:
      control: {}
      treated: {doses: [{fenoldopam: 1 mg/kg, route: i.p., at: -1 h}]}
    measure: [TNF in plasma at 90 min]
experiment: one
findings:
  - id: AA-1-TNF
    title: A finding for a test
    found in: abstract
    trust: T
    outcome: TNF in plasma at 90 min
    comparison: {arm: treated, to: control, kind: ratio}
    expect: {direction: lower}
    published: lower
"""


def read(text: str) -> object:
    return read_findings(read_yaml(text, file="test.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("trust: T", "trust: X", 18, "trust"),
        ("paper: liu2021", "paper: liu2012", 15, "did you mean 'liu2021'"),
        ("    published: lower", "    publisht: lower", 22, "did you mean 'published'"),
        ("{arm: treated", "{arm: treatd", 20, "did you mean 'treated'"),
        ("outcome: TNF", "outcome: TMF", 19, "did you mean 'TNF'"),
        ("TNF in plasma at 90 min\n    comp", "TNF in plasma at 90\n    comp", 19, "no unit"),
        ("TNF in plasma at 90 min\n    comp", "TNF in brain at 90 min\n    comp", 19, "plasma"),
        ("experiment: one", "experiment: two", 15, "unknown experiment 'two'"),
        ("kind: ratio", "kind: ratoi", 20, "did you mean 'ratio'"),
        ("kind: ratio", "kind: abolished", 20, "intact"),
        ("kind: ratio", "kind: time of peak", 20, "over time"),
        ("kind: ratio", "kind: survival", 20, "survival at 7 d"),
        ("{direction: lower}", "{value: 3}", 21, "tolerance"),
        ("{direction: lower}", "{value: 3, tolerance: 2 SEM}", 21, "SEM"),
        ("{direction: lower}", "{value: 3, tolerance: about}", 20, "can't read the tolerance"),
        ("{direction: lower}", "{}", 15, "say what is expected"),
        ("id: AA-1-TNF", "id: aa", 15, "id"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read(GOOD.replace(old, new))
    assert words in str(caught.value)
    assert str(caught.value).startswith("test.yaml:")
    assert caught.value.line == line


def test_a_good_file_is_read_with_what_it_leaves_to_the_file() -> None:
    (finding,) = read_findings(read_yaml(GOOD, file="test.yaml"))
    assert (finding.paper, finding.species, finding.experiment) == (
        "liu2021",
        "mouse",
        "test.yaml: one",
    )


def test_a_built_in_experiment_can_be_named() -> None:
    text = GOOD.replace("    trust: T", "    trust: T\n    experiment: {builtin: liu-2021}")
    with pytest.raises(InputError, match="unknown arm"):
        read(text)


def test_public_names_of_evidence_exist() -> None:
    assert all(hasattr(evidence, name) for name in evidence.__all__)
