"""Equations as a list of operations, which any engine's own kind of expression can be built from.

The operators are those of `reflexarc.expression`; this module is read by interpreters that have
NumPy and one engine, so it knows the graph for types only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from reflexarc.system import System

__all__ = ["Tape", "arithmetic", "record"]

Floats = NDArray[np.float64]
Entry = tuple[str, Any]
"""An operator and its arguments, which are places of earlier entries; for `"number"` its value,
for `"symbol"` its name."""


@dataclass(frozen=True, eq=False)
class Tape:
    """The rates of a model, operation after operation.

    Args:
        states: Names of the states.
        parameters: Names of the parameters.
        entries: The operations, arguments first.
        rates: Place of each state's rate.
    """

    states: tuple[str, ...]
    parameters: tuple[str, ...]
    entries: tuple[Entry, ...]
    rates: tuple[int, ...]

    def play(
        self,
        symbols: Mapping[str, Any],
        operations: Mapping[str, Callable[..., Any]],
        number: Callable[[float], Any] = float,
    ) -> list[Any]:
        """Return the value of every entry.

        Args:
            symbols: What stands for each state, parameter and the time.
            operations: What to do for each operator; it gets the values of the arguments.
            number: What stands for a number.
        """
        values: list[Any] = []
        for operator, arguments in self.entries:
            if operator == "number":
                values.append(number(arguments))
            elif operator == "symbol":
                values.append(symbols[arguments])
            else:
                values.append(operations[operator](*(values[a] for a in arguments)))
        return values

    def constant_terms(self) -> list[int]:
        """Return the places of the largest terms that depend on parameters alone.

        Plain parameters and numbers are not among them.
        """
        known = set(self.parameters)
        steady: list[bool] = []
        for operator, arguments in self.entries:
            if operator == "number":
                steady.append(True)
            elif operator == "symbol":
                steady.append(arguments in known)
            else:
                steady.append(all(steady[a] for a in arguments))
        used = set(self.rates)
        for place, (operator, arguments) in enumerate(self.entries):
            if operator not in ("number", "symbol") and not steady[place]:
                used.update(arguments)
        return [
            place
            for place in sorted(used)
            if steady[place] and self.entries[place][0] not in ("number", "symbol")
        ]

    def hoisted(self) -> "tuple[Tape, Tape]":
        """Return the tape with terms of parameters alone computed beforehand.

        Returns:
            A tape whose rates are those terms, and one of the rates whose parameters they are.
        """
        places = self.constant_terms()
        names = {place: f"term_{k}" for k, place in enumerate(places)}
        before = replace(self, states=tuple(names.values()), rates=tuple(places))
        entries = tuple(
            ("symbol", names[place]) if place in names else entry
            for place, entry in enumerate(self.entries)
        )
        after = replace(self, parameters=(*self.parameters, *names.values()), entries=entries)
        return before.needed(), after.needed()

    def needed(self) -> Self:
        """Return the tape without entries that no rate depends on, and without their parameters."""
        wanted = set(self.rates)
        for place in range(len(self.entries) - 1, -1, -1):
            operator, arguments = self.entries[place]
            if place in wanted and operator not in ("number", "symbol"):
                wanted.update(arguments)
        order = sorted(wanted)
        new = {place: k for k, place in enumerate(order)}
        entries: list[Entry] = []
        for place in order:
            operator, arguments = self.entries[place]
            plain = operator in ("number", "symbol")
            entries.append((operator, arguments if plain else [new[a] for a in arguments]))
        named = {arguments for operator, arguments in entries if operator == "symbol"}
        return replace(
            self,
            parameters=tuple(name for name in self.parameters if name in named),
            entries=tuple(entries),
            rates=tuple(new[place] for place in self.rates),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the tape as plain data."""
        return {
            "states": self.states,
            "parameters": self.parameters,
            "entries": self.entries,
            "rates": self.rates,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Make a tape from plain data."""
        return cls(
            states=tuple(data["states"]),
            parameters=tuple(data["parameters"]),
            entries=tuple((operator, arguments) for operator, arguments in data["entries"]),
            rates=tuple(data["rates"]),
        )


def record(system: "System", *, states: Sequence[str] | None = None) -> Tape:
    """Return the rates of a system as a tape.

    Args:
        system: The model.
        states: The order of the states; as in the system if left out.
    """
    graph = system.graph
    names = tuple(states) if states is not None else system.states
    rate = dict(zip(system.states, system.rates, strict=True))
    roots = [rate[name] for name in names]
    order = graph.order(roots)
    place = {node: k for k, node in enumerate(order)}
    entries: list[Entry] = []
    for node in order:
        operator = graph.operator(node)
        if operator == "number":
            entries.append((operator, graph.value(node)))
        elif operator == "symbol":
            entries.append((operator, graph.name(node)))
        else:
            entries.append((operator, [place[a] for a in graph.arguments(node)]))
    return Tape(
        states=names,
        parameters=system.parameters,
        entries=tuple(entries),
        rates=tuple(place[node] for node in roots),
    )


def arithmetic() -> dict[str, Callable[..., Any]]:
    """Return the operations on NumPy arrays, for terms of parameters and for checks."""

    def total(*values: Any) -> Any:
        result = values[0]
        for value in values[1:]:
            result = result + value
        return result

    def product(*values: Any) -> Any:
        result = values[0]
        for value in values[1:]:
            result = result * value
        return result

    def power(base: Any, exponent: Any) -> Any:
        whole = np.floor(exponent) == exponent
        safe = np.where(whole, base, np.abs(base))
        return np.where((base < 0) & ~whole, 0.0, np.power(safe, exponent))

    return {
        "add": total,
        "multiply": product,
        "divide": np.divide,
        "power": power,
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "abs": np.abs,
        "min": lambda *v: np.minimum.reduce(np.broadcast_arrays(*v)),
        "max": lambda *v: np.maximum.reduce(np.broadcast_arrays(*v)),
        "less": np.less,
        "less_equal": np.less_equal,
        "equal": np.equal,
        "not_equal": np.not_equal,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "select": np.where,
    }
