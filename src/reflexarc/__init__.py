"""Experiments on virtual mice: stimulate nerves, cut them, give drugs, measure inflammation.

The names below are the whole public API; each is loaded when it is first used, so that
`import reflexarc` costs nothing.

Example:
    >>> import reflexarc
    >>> "LPS" in {agent.name for agent in reflexarc.agents()}
    True
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflexarc.biology import agents, assemble, lesions, observables
    from reflexarc.errors import InputError, NumericalError
    from reflexarc.findings import run_findings
    from reflexarc.laboratory import Result, run
    from reflexarc.protocol import Experiment

__all__ = [
    "Experiment",
    "InputError",
    "NumericalError",
    "Result",
    "__version__",
    "agents",
    "assemble",
    "lesions",
    "observables",
    "run",
    "run_findings",
]

__version__ = version("reflexarc")

_HOMES = {
    "Experiment": "protocol",
    "InputError": "errors",
    "NumericalError": "errors",
    "Result": "laboratory",
    "agents": "biology",
    "assemble": "biology",
    "lesions": "biology",
    "observables": "biology",
    "run": "laboratory",
    "run_findings": "findings",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module where it lives."""
    if name in _HOMES:
        return getattr(import_module(f"reflexarc.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'reflexarc' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what can be had, loaded or not."""
    return sorted(__all__)
