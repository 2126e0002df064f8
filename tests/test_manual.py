"""What the README and the tutorial print is what the model gives."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def same(one: str, other: str) -> bool:
    """Words are equal; numbers agree to a twentieth, since machines round differently."""
    mine, yours = (re.split(r"[\s%]+", text.strip()) for text in (one, other))
    if len(mine) != len(yours):
        return False
    for a, b in zip(mine, yours, strict=True):
        try:
            if float(a) != pytest.approx(float(b), rel=0.05, abs=0.011):
                return False
        except ValueError:
            if a != b:
                return False
    return True


def test_numbers_are_compared_as_numbers() -> None:
    assert same("leg  10  467.3", "leg 10 468.0")
    assert not same("leg  10  467.3", "leg 10 367.3")
    assert not same("leg  10  467.3", "belly 10 467.3")
    assert not same("leg", "leg 10")


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_results_shown_are_those_of_the_model(page: str, refresh: ModuleType) -> None:
    file = ROOT / page
    shown, found = refresh.shown(file), refresh.results(file)
    assert shown
    for command, text in shown.items():
        assert same(text, found[command]), (
            f"{page}: `{command}` now prints something else; `make results` writes it in.\n"
            + found[command]
        )


def test_the_pictures_shown_are_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            picture = page.parent / target
            assert picture.read_bytes().startswith(b"\x89PNG"), target
