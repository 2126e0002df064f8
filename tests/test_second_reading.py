"""The second reading of the findings: whole, honest about what it didn't find, and in agreement."""

from reflexarc.evidence.schema import Comparison, Expectation
from reflexarc.evidence.second_reading import RESOLVED, agreement, second_readings
from reflexarc.findings import load_findings

FINDINGS = {finding.id: finding for finding in load_findings()}


def verdict(name):
    finding = FINDINGS[name]
    return agreement(name, finding.comparison, finding.expect)


def test_what_was_read_twice_agrees_or_is_resolved_in_the_open():
    scored = [name for name, finding in FINDINGS.items() if finding.scored]
    differs = {name for name in scored if verdict(name) == "differs"}
    assert differs == set(RESOLVED) & set(scored)
    assert sum(verdict(name) == "agrees" for name in scored) > 300


def test_every_scored_finding_was_read_twice():
    unread = [n for n, found in FINDINGS.items() if found.scored and n not in second_readings()]
    assert unread == []


def test_every_reading_is_of_a_finding_and_says_what_was_read():
    readings = second_readings()
    assert set(readings) <= set(FINDINGS)
    for reading in readings.values():
        assert reading.read
        assert reading.confidence in ("high", "medium", "low")
        assert len(reading.words.split()) <= 30


def test_a_reading_that_says_the_opposite_differs():
    """MA-1: the splanchnic cut raises TNF; expecting less would contradict the reader."""
    comparison = FINDINGS["MA-1-splanchnic"].comparison
    assert agreement("MA-1-splanchnic", comparison, Expectation(direction="higher")) == "agrees"
    assert agreement("MA-1-splanchnic", comparison, Expectation(direction="lower")) == "differs"
    intact = Comparison.model_validate(
        {
            "arm": "a",
            "to": "b",
            "kind": "abolished",
            "intact": {"arm": "a", "to": "b", "direction": "lower"},
        }
    )
    assert agreement("MA-1-splanchnic", intact, Expectation()) == "differs"


def test_an_order_is_compared_step_by_step():
    """GI-3: more current, less motility; the other way round, or a step swapped, would differ."""

    def said_of(*arms: str) -> str:
        order = Comparison.model_validate({"arms": list(arms), "kind": "order", "by": "level"})
        return agreement("GI-3-current", order, Expectation())

    assert second_readings()["GI-3-current"].direction == "4 mA < 2 mA < 1 mA"
    assert said_of("4 mA", "2 mA", "1 mA") == "agrees"
    assert said_of("1 mA", "2 mA", "4 mA") == "differs"
    assert said_of("2 mA", "4 mA", "1 mA") == "differs"


def test_what_the_reader_could_not_find_does_not_count():
    assert verdict("L20-4-survival-lower") == "unread"
    assert not second_readings()["L20-4-survival-lower"].counts
