"""Which engines are compared, each in the settings that its own documentation recommends."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reflexarc.errors import InputError, unknown_word

__all__ = ["ENGINES", "ENVIRONMENTS", "Engine", "choose"]

ENVIRONMENTS = Path(".bench")
"""Where `make bench-peers` puts one environment per engine, under the folder one works in."""


@dataclass(frozen=True)
class Engine:
    """An engine that takes part.

    Args:
        name: As its makers spell it.
        module: Name of its module.
        settings: Each is a row of its own, at each tolerance.
        environment: Folder under `ENVIRONMENTS`; None for this very interpreter.
        most: Animals of one batch at most, for those that would take minutes.
        pulse_train: Whether it takes part in the pulse train too.
        command: What to run in place of the worker; for tests.
    """

    name: str
    module: str
    settings: tuple[str, ...]
    environment: str | None = None
    most: int = 1_000_000
    pulse_train: bool = False
    command: tuple[str, ...] = field(default=())

    def interpreter(self, environments: Path = ENVIRONMENTS) -> tuple[str, ...]:
        """Return what to run.

        Raises:
            FileNotFoundError: The environment isn't there.
        """
        if self.command:
            return self.command
        if self.environment is None:
            return (sys.executable,)
        path = environments.resolve() / self.environment / "bin" / "python"
        if not path.exists():
            raise FileNotFoundError(
                f"{environments / self.environment} is not there; `make bench-peers` makes it"
            )
        return (str(path),)


def _peer(name: str) -> str:
    return f"reflexarc.bench.peers.{name}"


ENGINES = (
    Engine(
        "reflexarc",
        _peer("own"),
        ("double", "double, strict", "double, general", "single"),
        pulse_train=True,
    ),
    Engine(
        "libRoadRunner",
        _peer("libroadrunner"),
        ("CVODE stiff, MCJIT", "CVODE stiff, LLJIT -O3"),
        pulse_train=True,
    ),
    Engine(
        "heyoka",
        _peer("heyoka"),
        ("batch 8", "batch 8, compact", "batch 4", "batch 4, compact"),
        environment="heyoka",
    ),
    Engine("numbalsoda", _peer("numbalsoda"), ("LSODA", "DOP853"), environment="numbalsoda"),
    Engine("COPASI", _peer("copasi"), ("LSODA",), environment="copasi"),
    Engine("AMICI", _peer("amici"), ("CVODES, KLU",), environment="amici"),
    Engine("diffrax", _peer("diffrax"), ("Tsit5",), environment="diffrax", most=64),
    Engine("diffrax", _peer("diffrax"), ("Kvaerno5",), environment="diffrax", most=8),
)


def choose(names: Iterable[str] | None) -> tuple[Engine, ...]:
    """Return engines by name, in the order of the catalogue; all for None.

    Raises:
        InputError: There is no such engine.
    """
    if names is None:
        return ENGINES
    known = {engine.name.casefold(): engine.name for engine in ENGINES}
    wanted = set()
    for name in names:
        if name.casefold() not in known:
            raise InputError(unknown_word("engine", name, known.values()))
        wanted.add(known[name.casefold()])
    return tuple(engine for engine in ENGINES if engine.name in wanted)
