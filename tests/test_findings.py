"""The rules of verdicts on synthetic numbers, reading of trajectories, and small real runs."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflexarc import findings as findings_module
from reflexarc.biology import assemble
from reflexarc.cohort import Cohort
from reflexarc.errors import InputError
from reflexarc.evidence import KnownFailure, fit_targets
from reflexarc.evidence.reading import load_experiments, load_findings, read_findings
from reflexarc.finding import Finding
from reflexarc.findings import Verdict, exit_code, judge, run_findings, score, to_json
from reflexarc.outcomes import Animals, Course, Outcome, parse_outcome
from reflexarc.trials import plan_trials, residuals, run_trials
from reflexarc.verdicts import (
    Numeric,
    bounds,
    direction_of_area,
    direction_of_ratio,
    direction_of_survival,
    hinge,
    rising,
    roc_area,
    share_left,
    within,
)
from reflexarc.yaml_source import read_yaml

TEMPLATE = """
about: A test.
paper: liu2021
species: mouse
experiments:
  one:
    title: One
    challenge: {LPS: 5 mg/kg}
    arms: {a: {}, b: {}, c: {}, d: {}}
    measure: [TNF in plasma at 90 min]
experiment: one
findings:
  - id: AA-1-x
    title: A finding for a test
    found in: abstract
    trust: %s
    outcome: %s
    comparison: %s
    expect: %s
    published: something
"""


def finding(
    comparison: str,
    expect: str = "{}",
    outcome: str = "TNF in plasma at 90 min",
    trust: str = "T",
) -> Finding:
    text = TEMPLATE % (trust, outcome, comparison, expect)
    if expect == "{}":
        text = text.replace("    expect: {}\n", "")
    (found,) = read_findings(read_yaml(text, file="test.yaml"))
    return found


def level(value: float, rest: float = 1.0, name: str = "TNF") -> Course:
    return Course(np.array([-1.0, 1.5]), {name: np.array([rest, value])}, {168.0: value})


def arms(**values: float) -> Mapping[str, Course]:
    return {name: level(value) for name, value in values.items()}


RATIO = "{arm: a, to: b, kind: ratio}"
ABOLISHED = "{arm: a, to: b, kind: abolished, intact: {arm: c, to: d, direction: lower}}"


@pytest.mark.parametrize(
    ("ratio", "direction"),
    [(0.5, "lower"), (0.85, "lower"), (0.86, "unchanged"), (1.14, "unchanged"), (1.15, "higher")],
)
def test_direction_of_a_ratio(ratio: float, direction: str) -> None:
    for expected in ("lower", "unchanged", "higher"):
        assert direction_of_ratio(ratio, expected).holds == (expected == direction)  # type: ignore[arg-type]


@given(st.floats(0.01, 100))
def test_exactly_one_direction_holds(ratio: float) -> None:
    directions = ("lower", "unchanged", "higher")
    assert sum(direction_of_ratio(ratio, d).holds for d in directions) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("points", "direction"), [(15, "higher"), (14, "unchanged"), (-15, "lower")]
)
def test_direction_of_survival(points: float, direction: str) -> None:
    assert direction_of_survival(points / 100, direction).holds  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effect", "intact", "holds"),
    [
        (-0.09, -0.5, True),
        (-0.11, -0.5, False),
        (0.09, -0.5, True),
        (0.3, -0.5, False),
        (0.0, 0.0, False),
    ],
)
def test_abolished_is_less_than_a_fifth_of_an_effect_that_is_there(
    effect: float, intact: float, holds: bool
) -> None:
    assert share_left(effect, intact).holds == holds


def test_an_order_of_levels_needs_steps_of_five_per_cent_and_times_only_their_order() -> None:
    assert rising([1.0, 1.05, 2.0], times=False).holds
    assert not rising([1.0, 1.04, 2.0], times=False).holds
    assert rising([1.0, 1.001], times=True).holds
    assert not rising([1.0, 1.0], times=True).holds
    assert not rising([1.0, math.inf, 0.5], times=True).holds


def test_tolerances() -> None:
    sem = Numeric(100, 20)
    assert (within(80, sem).holds, within(79, sem).holds) == (True, False)
    factor = Numeric(8, math.log(2), logarithmic=True)
    assert (within(4.01, factor).holds, within(16.1, factor).holds) == (True, False)
    assert factor.residual(16) == pytest.approx(1)
    assert sem.residual(90) == pytest.approx(-0.5)
    assert bounds(3, 3, None).holds
    assert not bounds(2.9, 3, None).holds
    assert not bounds(5, None, 4).holds
    assert hinge(2.9, 3, None) == pytest.approx(-0.1)


def test_flipping_a_number_flips_the_verdict() -> None:
    lower = finding(RATIO, "{direction: lower}")
    assert judge(lower, arms(a=50, b=100)).verdict == "pass"
    assert judge(lower, arms(a=100, b=50)).verdict == "fail"


def test_direction_and_bound_must_both_hold() -> None:
    at_least = finding(RATIO, "{direction: higher, at least: 3}")
    assert judge(at_least, arms(a=300, b=100)).verdict == "pass"
    failed = judge(at_least, arms(a=250, b=100))
    assert failed.verdict == "fail"
    assert "below 3" in failed.why


def test_abolished_fails_without_the_intact_effect() -> None:
    gone = finding(ABOLISHED)
    assert judge(gone, arms(a=98, b=100, c=50, d=100)).verdict == "pass"
    assert judge(gone, arms(a=80, b=100, c=50, d=100)).verdict == "fail"
    without = judge(gone, arms(a=100, b=100, c=95, d=100))
    assert without.verdict == "fail"
    assert "intact effect" in without.why
    assert judge(gone, arms(a=100, b=100, c=200, d=100)).verdict == "fail"


def test_abolished_by_difference_counts_from_the_reference() -> None:
    text = (
        "{arm: a, to: b, kind: abolished, effect: difference,"
        " intact: {arm: c, to: d, direction: higher}}"
    )
    gone = finding(text, outcome="DMV activity at 90 min")
    courses = {n: level(v, name="DMV") for n, v in {"a": 1.1, "b": 1.0, "c": 2.0, "d": 1.0}.items()}
    assert judge(gone, courses).verdict == "pass"
    assert gone.measure(courses) == pytest.approx(0.1)
    courses["a"] = level(1.3, name="DMV")
    assert judge(gone, courses).verdict == "fail"


def test_unchanged_with_an_intact_effect_fails_when_nothing_happens_at_all() -> None:
    text = "{arm: a, to: c, kind: ratio, intact: {arm: c, to: d, direction: higher}}"
    kept = finding(text, "{direction: unchanged}")
    assert judge(kept, arms(a=200, c=200, d=100)).verdict == "pass"
    assert judge(kept, arms(a=100, c=100, d=100)).verdict == "fail"


def test_rest_is_the_same_animal_before() -> None:
    fold = finding("{arm: a, to: rest, kind: ratio}", "{value: 8, tolerance: factor 2}")
    assert fold.measure({"a": level(30.0, rest=4.0)}) == pytest.approx(7.5)


def test_another_outcome_may_be_the_reference() -> None:
    back = finding("{arm: a, to: a, kind: ratio, against: TNF in plasma at -1 h}", "{at most: 0.2}")
    assert judge(back, {"a": level(1.0, rest=10.0)}).verdict == "pass"
    assert judge(back, {"a": level(3.0, rest=10.0)}).verdict == "fail"


def test_survival_within_points_and_by_points() -> None:
    share = finding(
        "{arm: a, kind: survival}", "{value: 0.6, tolerance: 15 points}", "survival at 7 d"
    )
    assert judge(share, arms(a=0.46)).verdict == "pass"
    assert judge(share, arms(a=0.44)).verdict == "fail"
    better = finding("{arm: a, to: b, kind: survival}", "{direction: higher}", "survival at 7 d")
    assert judge(better, arms(a=0.4, b=0.2)).verdict == "pass"
    assert judge(better, arms(a=0.3, b=0.2)).verdict == "fail"
    assert judge(better, arms(a=0.4, b=0.2)).simulated == "+20 points of survival"


@pytest.mark.parametrize("trust", ["R", "NF"])
def test_what_is_remembered_or_missing_is_never_scored(trust: str) -> None:
    verdict = judge(finding(RATIO, "{direction: lower}", trust=trust), arms(a=50, b=100))
    assert (verdict.verdict, verdict.role) == ("unscored", "unscored")
    assert "not scored" in verdict.why
    assert score([verdict])["all"].scored == 0
    assert exit_code([verdict]) == 0


def test_a_number_that_is_none_fails() -> None:
    assert judge(finding(RATIO, "{direction: higher}"), arms(a=1, b=0)).verdict == "fail"
    assert judge(finding(RATIO, "{direction: lower}"), arms(a=0, b=0)).verdict == "fail"


def test_known_failures_decide_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    lower = finding(RATIO, "{direction: lower}")
    good, bad = judge(lower, arms(a=50, b=100)), judge(lower, arms(a=100, b=100))
    assert (exit_code([good]), exit_code([bad]), exit_code([good, bad])) == (0, 1, 1)
    listed = (KnownFailure("AA-1-x", "there is no such path in the model"),)
    monkeypatch.setattr(findings_module, "known_failures", lambda: listed)
    assert (exit_code([good]), exit_code([bad])) == (1, 0)
    assert "there is no such path" in judge(lower, arms(a=100, b=100)).why


def test_the_record_has_the_agreed_shape() -> None:
    verdict = judge(finding(RATIO, "{direction: lower}"), arms(a=50, b=100))
    (record,) = to_json([verdict])["findings"]
    assert list(record) == [
        "id",
        "paper",
        "trust",
        "role",
        "published",
        "simulated",
        "verdict",
        "why",
        "second reading",
    ]
    assert record["simulated"] == "×0.5"
    assert record["role"] == "predicted"


def test_score_counts_by_trust_and_role() -> None:
    lower = finding(RATIO, "{direction: lower}")
    less = finding(RATIO, "{direction: lower}", trust="S")
    good, bad = arms(a=50, b=100), arms(a=100, b=100)
    counted = score([judge(lower, good), judge(lower, bad), judge(less, good)])
    assert (counted["T"].passed, counted["T"].scored, counted["T"].rate) == (1, 2, 0.5)
    assert counted["S"].rate == 1.0
    assert counted["fitted"].scored == 0
    assert counted["predicted"].scored == counted["all"].scored == 3


def test_residuals_vanish_where_the_rule_holds_and_grow_outside() -> None:
    lower = finding(RATIO, "{direction: lower}")
    assert lower.residual(arms(a=80, b=100)) == 0
    assert lower.residual(arms(a=100, b=100)) > lower.residual(arms(a=90, b=100)) > 0
    assert finding(RATIO, "{direction: higher, at least: 3}").residual(arms(a=2, b=1)) < 0
    table = finding("{arm: a, kind: level}", "{value: 100, tolerance: 2 SEM, SEM: 10}")
    assert table.residual(arms(a=120)) == pytest.approx(1)
    assert finding(ABOLISHED).residual(arms(a=71, b=100, c=50, d=100)) > 0
    aimed = residuals([lower], {"test.yaml: one": arms(a=60, b=100)}, targets=[0.6], weights=[2])
    assert aimed[0] == pytest.approx(0)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("TNF in plasma at 90 min", ("TNF", "level", 1.5, 1.5)),
        ("splenic nerve activity at -1 min", ("splenic_nerve", "level", -1 / 60, -1 / 60)),
        ("peak adrenaline in plasma from 0 to 6 h", ("A", "peak", 0, 6)),
        ("lowest temperature from 30 min to 8 h", ("temperature", "lowest", 0.5, 8)),
        ("HMGB1 in plasma from 0 to 48 h", ("HMGB1", "course", 0, 48)),
        ("survival at 7 d", ("hazard", "survival", 168, 168)),
        ("store_A at 1 h", ("store_A", "level", 1, 1)),
    ],
)
def test_phrases(phrase: str, expected: tuple[str, str, float, float]) -> None:
    outcome = parse_outcome(phrase)
    read = (outcome.variable, outcome.statistic, outcome.start, outcome.stop)
    assert read[:2] == expected[:2]
    assert read[2:] == pytest.approx(expected[2:])


@pytest.mark.parametrize(
    "phrase",
    ["TNF", "TNF at noon", "peak TNF at 2 h", "TNF from 6 to 0 h", "TNF in brain at 2 h", "at 2 h"],
)
def test_phrases_that_say_nothing_are_refused(phrase: str) -> None:
    with pytest.raises(InputError):
        parse_outcome(phrase)


def curve(outcome: Outcome, peak: float, width: float = 1.0, rest: float = 2.0) -> Course:
    times = np.concatenate(([-1.0], outcome.times))
    values = rest + 10 * np.exp(-(((times - peak) / width) ** 2))
    return Course(times, {outcome.variable: values}, {})


@given(peak=st.floats(1.0, 5.0))
def test_time_of_peak_is_found_between_samples(peak: float) -> None:
    outcome = parse_outcome("TNF in plasma from 0 to 6 h")
    assert outcome.time_of_peak(curve(outcome, peak)) == pytest.approx(peak, abs=0.005)


def test_onset_is_where_a_tenth_of_the_rise_is_reached() -> None:
    outcome = parse_outcome("TNF in plasma from 0 to 6 h")
    early = outcome.onset(curve(outcome, 3.0))
    assert early == pytest.approx(3.0 - math.sqrt(math.log(10)), abs=0.02)
    assert outcome.onset(curve(outcome, 4.0)) > early
    flat = Course(np.array([-1.0, 6.0]), {"TNF": np.array([1.0, 1.0])}, {})
    assert outcome.onset(flat) == math.inf


def test_an_order_in_time_is_read_from_onsets() -> None:
    order = finding(
        "{kind: order, arm: a, observables: [TNF in plasma, IL-6 in plasma], by: onset}",
        outcome="TNF in plasma from 0 to 6 h",
    )
    first, second = curve(order.outcomes[2], 2.0), curve(order.outcomes[3], 4.0)
    course = Course(first.times, {**first.values, **second.values}, {})
    assert judge(order, {"a": course}).verdict == "pass"
    swapped = Course(first.times, {"TNF": second.values["IL6"], "IL6": first.values["TNF"]}, {})
    assert judge(order, {"a": swapped}).verdict == "fail"


def test_arms_with_the_same_events_are_simulated_once() -> None:
    wanted = [f for f in load_findings() if f.id in ("L21-1-TNF", "TR-1-TNF", "L20-2-TNF")]
    trials = plan_trials(wanted, load_experiments())
    assert len(wanted) == 3
    assert len(trials.timelines) == 2
    assert len(set(trials.names.values())) == 2


def test_each_timeline_runs_as_long_as_its_longest_outcome() -> None:
    wanted = [f for f in load_findings() if f.id.startswith("MT-TNF-")]
    (timeline,) = plan_trials(wanted, load_experiments()).timelines
    assert timeline.stop == 8.0


@pytest.fixture(scope="module")
def kinetics() -> list[Verdict]:
    return run_findings(ids=["MT-TNF", "KI-1"], workers=1)


def test_a_run_gives_a_verdict_for_each_finding_that_was_asked_for(kinetics: list[Verdict]) -> None:
    ids = [verdict.id for verdict in kinetics]
    assert len(ids) == 16
    assert all(name.startswith(("MT-TNF-", "KI-1-")) for name in ids)
    assert all(math.isfinite(verdict.value) for verdict in kinetics)
    assert all(verdict.verdict in ("pass", "fail") for verdict in kinetics)


def test_other_findings_in_the_run_change_no_number(kinetics: list[Verdict]) -> None:
    alone = run_findings(ids=["KI-1-TNF-peak"], workers=1)
    together = {verdict.id: verdict.value for verdict in kinetics}
    assert alone[0].value == pytest.approx(together["KI-1-TNF-peak"], rel=1e-4)


def test_unknown_ids_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'L21-1-TNF'"):
        run_findings(ids=["L21-1-TFN"])


def test_survival_is_the_expected_share_of_a_cohort() -> None:
    wanted = [f for f in load_findings() if f.id == "L20-2-survival"]
    trials = plan_trials(wanted, load_experiments())
    assert (len(trials.timelines), len(trials.lethal)) == (0, 2)
    model = assemble()
    courses = run_trials(trials, model=model, cohort=Cohort.typical(), workers=1)
    experiment = courses[wanted[0].experiment]
    for course in experiment.values():
        assert 0.0 <= course.survival[168.0] <= 1.0


@pytest.mark.slow
def test_all_findings_run_and_no_scored_one_fails_that_is_not_listed() -> None:
    verdicts = run_findings()
    assert len(verdicts) == len(load_findings())
    unlisted = [v.id for v in verdicts if v.verdict == "fail" and "known failure" not in v.why]
    stale = [v.id for v in verdicts if v.verdict != "fail" and "known failure" in v.why]
    assert not unlisted
    assert not stale
    assert exit_code(verdicts) == 0


def test_a_finding_that_repeats_a_target_is_fitted_too():
    """MA-2 reads the same ratio off the same two arms as MA-1, which is a target."""
    from reflexarc.findings import _fitted

    targets = {target.finding for target in fit_targets()}
    assert targets <= _fitted()
    assert "MA-1-splanchnic" in targets
    assert "MA-2-splanchnic" not in targets
    assert "MA-2-splanchnic" in _fitted()
    assert "MA-2-spleen" not in _fitted()


# ---------------------------------------------------------------------- the dead and the living

OF_THE_DEAD = "{arm: a, kind: of the dead, dead by: 3 d}"


def cohort(values: list[float], before: list[float], after: list[float]) -> Mapping[str, Course]:
    """One arm: TNF at 90 min, and the cumulative hazard then and at three days."""
    table = np.array([[value, value] for value in values])
    hazard = np.array([before, after]).T
    animals = Animals(np.array([1.5, 72.0]), {"TNF": table, "hazard": hazard})
    return {"a": Course(np.array([-1.0]), {}, {}, animals)}


def counted(values: list[float], dead: list[bool]) -> float:
    """The Mann-Whitney U over the number of pairs, pair by pair."""
    pairs = [
        1.0 if x > y else 0.5 if x == y else 0.0
        for x, died in zip(values, dead, strict=True)
        for y, lost in zip(values, dead, strict=True)
        if died and not lost
    ]
    return sum(pairs) / len(pairs)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=4, max_size=15))
def test_the_area_is_the_share_of_pairs_in_which_the_dead_have_more(
    animals: list[tuple[int, bool]],
) -> None:
    values, dead = [float(value) for value, _ in animals], [died for _, died in animals]
    if any(dead) and not all(dead):
        gone = np.array(dead, dtype=float)
        found = roc_area(np.array(values), gone, 1 - gone)
        assert found == pytest.approx(counted(values, dead))


@pytest.mark.parametrize(
    ("area", "direction"),
    [(0.7, "higher"), (0.69, "unchanged"), (0.31, "unchanged"), (0.29, "lower")],
)
def test_direction_of_an_area(area: float, direction: str) -> None:
    for expected in ("lower", "unchanged", "higher"):
        assert direction_of_area(area, expected).holds == (expected == direction)  # type: ignore[arg-type]


def test_the_dead_are_told_from_the_living_by_what_they_had_before() -> None:
    gone = 50.0
    told = cohort([4, 3, 2, 1], before=[0, 0, 0, 0], after=[gone, gone, 0, 0])
    asked = finding(OF_THE_DEAD, "{direction: higher}")
    assert asked.measure(told) == pytest.approx(1.0)
    assert judge(asked, told).verdict == "pass"
    assert asked.residual(told) == 0
    turned = finding(OF_THE_DEAD, "{direction: lower}")
    assert judge(turned, told).verdict == "fail"
    assert turned.residual(told) == pytest.approx(14)
    assert "area 1.00" in judge(asked, told).simulated
    bounded = finding(OF_THE_DEAD, "{value: 0.9, tolerance: 0.05}")
    assert judge(bounded, told).verdict == "fail"


def test_who_is_dead_when_the_blood_is_taken_does_not_count() -> None:
    gone = 50.0
    late = cohort([9, 3, 2, 1], before=[gone, 0, 0, 0], after=[gone, 0, gone, 0])
    assert finding(OF_THE_DEAD, "{direction: higher}").measure(late) == pytest.approx(0.5)


def test_where_all_die_or_none_there_is_nothing_to_compare() -> None:
    asked = finding(OF_THE_DEAD, "{direction: unchanged}")
    for after in ([50.0] * 4, [0.0] * 4):
        verdict = judge(asked, cohort([4, 3, 2, 1], before=[0] * 4, after=after))
        assert verdict.verdict == "fail"
        assert "one animal in twenty" in verdict.why
        assert verdict.simulated == "too few die, or live"


@pytest.mark.parametrize(
    ("comparison", "outcome", "words"),
    [
        ("{arm: a, kind: of the dead}", "TNF at 90 min", "dead by: 4 d"),
        ("{arm: a, to: b, kind: ratio, dead by: 3 d}", "TNF at 90 min", "only with it"),
        ("{arm: a, to: b, kind: of the dead, dead by: 3 d}", "TNF at 90 min", "leave 'to' out"),
        ("{arm: a, kind: of the dead, dead by: 1 h}", "TNF at 90 min", "comes later"),
        (OF_THE_DEAD, "survival at 3 d", "goes with the outcome"),
        (OF_THE_DEAD, "TNF from 0 to 4 h", "needs an outcome at a time"),
    ],
)
def test_a_comparison_of_the_dead_that_says_too_little_is_refused(
    comparison: str, outcome: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        finding(comparison, "{direction: higher}", outcome)


def test_the_dead_are_read_off_the_animals_in_which_survival_is_counted() -> None:
    asked = next(f for f in load_findings() if f.id == "KX-8-dead-temperature")
    trials = plan_trials([asked], load_experiments())
    assert trials.timelines == ()
    courses = run_trials(trials, model=assemble(), workers=1)[asked.experiment]
    animals = courses["23 G"].animals
    assert animals is not None
    assert animals.levels(asked.outcome).shape == (100,)
    assert animals.alive(120.0).mean() == pytest.approx(courses["23 G"].survival[120.0])
    assert 0 < asked.measure(courses) < 0.3


def test_less_than_one_bacterium_is_none() -> None:
    asked = finding(RATIO, "{direction: unchanged}", "bacteria in peritoneum at 90 min")
    few = {n: level(v, name="bacteria_peritoneum") for n, v in {"a": 1e-9, "b": 1e-30}.items()}
    assert asked.measure(few) == 1.0
    assert asked.measure(few | {"a": level(1.0, name="bacteria_peritoneum")}) == pytest.approx(1e6)


def test_temperatures_are_shown_in_degrees() -> None:
    level = finding(
        "{arm: a, kind: level}", "{value: 310, tolerance: 1}", outcome="temperature at 1 h"
    )
    change = finding(
        "{arm: a, to: b, kind: difference}", "{at_most: -1}", outcome="temperature at 1 h"
    )
    assert level.show(312.15) == "39.0 °C (312.1 K)"
    assert change.show(-5.697) == "-5.7 °C"
