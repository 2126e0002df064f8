"""Rival hypotheses: every option runs, and the table shows what tells them apart."""

import pytest
from typer.testing import CliRunner

from reflexarc.cli import app
from reflexarc.errors import InputError
from reflexarc.findings import run_findings
from reflexarc.rivals import compare_rivals
from reflexarc.vocabulary import hypothesis_options, option_effects


def test_the_default_option_is_the_model_as_it_stands():
    rivals = compare_rivals("Alpha7 receptors", ids=["VN-5"])
    assert rivals.options == hypothesis_options()["alpha7 receptors"]
    plain = run_findings(ids=["VN-5"])
    assert [v.value for v in rivals.verdicts["both"]] == [v.value for v in plain]


def test_without_alpha7_on_macrophages_the_knock_out_speaks_for_the_ganglion_alone():
    rivals = compare_rivals("alpha7 receptors", ids=["VN-5-alpha7"])
    released = {option: verdicts[0].value for option, verdicts in rivals.verdicts.items()}
    assert released["macrophages"] == pytest.approx(1.0, abs=0.02)
    assert released["ganglion"] < 0.9
    assert [row[0].id for row in rivals.telling] == ["VN-5-alpha7"]


def test_an_option_sets_every_parameter_of_its_rows():
    assert option_effects("memory", "IL-10") == {"is_memory_macrophage": 0, "is_memory_IL10": 1}
    assert option_effects("memory", "macrophage") == {}


def test_an_unknown_hypothesis_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="memory"):
        compare_rivals("memry")


def test_the_command_shows_each_option_beside_the_published_result():
    ran = CliRunner().invoke(app, ["findings", "VN-5-alpha7", "--rival", "alpha7 receptors"])
    assert ran.exit_code == 0, ran.output
    assert "VN-5-alpha7" in ran.output
    assert "ganglion" in ran.output
