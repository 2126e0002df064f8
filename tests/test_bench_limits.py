"""Roofline and scaling: what they count, and that they run."""

from pathlib import Path

import pytest

from reflexarc.bench import roofline
from reflexarc.bench.scaling import draw, scaling

CODE = """
define internal void @"rates"(<8 x double>* %p)
{
entry:
  %a = fadd nsz <8 x double> %x, %y
  %b = fmul <8 x double> %a, %y
  %c = call <8 x double> @"llvm.fma.v8f64"(<8 x double> %a, <8 x double> %b, <8 x double> %x)
  %d = fcmp olt <8 x double> %c, %a
  %e = select <8 x i1> %d, <8 x double> %c, <8 x double> %a
  %f = load <8 x double>, <8 x double>* %p
  ret void
}

define internal void @"solve"(<8 x double>* %p)
{
entry:
  %a = fsub <8 x double> %x, %y
  ret void
}
"""


def test_flops_are_counted_in_one_function() -> None:
    assert roofline._flops(CODE, "rates") == 6
    assert roofline._flops(CODE, "solve") == 1
    with pytest.raises(ValueError, match="no function 'factor'"):
        roofline._flops(CODE, "factor")


def test_an_account_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roofline, "CALLS", 200)
    monkeypatch.setattr(roofline, "TURNS", 1)
    found = roofline.account(animals=8)
    assert [part.name for part in found.parts[:4]] == ["rates", "linearise", "factor", "solve"]
    assert sum(part.of_step for part in found.parts) == pytest.approx(1)
    assert sum(part.times * part.flops for part in found.parts) == pytest.approx(found.flops, abs=1)
    assert found.share == pytest.approx(found.flops / found.step / found.peak)
    assert 0 < found.exp_log < 1
    assert 40 < found.states < 119
    assert 50 < found.steps < 500


def test_scaling_runs_and_draws(tmp_path: Path) -> None:
    found = scaling(sizes=(32, 64), crew=64)
    assert [size.animals for size in found.sizes] == [32, 64]
    assert found.speed_up == pytest.approx(found.two_threads / found.one_thread)
    assert found.compile_cold_s > found.compile_cached_s > 0
    draw(found, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").stat().st_size > 5_000
