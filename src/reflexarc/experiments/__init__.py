"""The built-in experiments: YAML files, each a protocol to run or to start one's own from."""

from functools import cache
from importlib.resources import files

from reflexarc.errors import InputError, unknown_word

__all__ = ["names", "read"]

_ORDER = (
    "liu-2021",
    "liu-2020",
    "torres-rosas-2014",
    "vagus-nerve-stimulation",
    "current-dose-response",
    "lps-dose-response",
    "inflamed-paw",
    "natural-stimuli",
    "sepsis-grades",
    "sepsis-treatment",
    "infection-cost",
)


@cache
def names() -> tuple[str, ...]:
    """Return the names of the built-in experiments: the published ones first.

    Example:
        >>> names()[0]
        'liu-2021'
    """
    found = {
        entry.name.removesuffix(".yaml")
        for entry in files(__package__).iterdir()
        if entry.name.endswith(".yaml")
    }
    return tuple(sorted(found, key=lambda name: (name not in _ORDER, _rank(name), name)))


def read(name: str) -> str:
    """Return the YAML text of a built-in experiment.

    Args:
        name: Name such as `liu-2021`.

    Raises:
        InputError: There is none of that name; the nearest one is offered.
    """
    if name not in names():
        raise InputError(unknown_word("experiment", name, names()))
    return files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else 0
