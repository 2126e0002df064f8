"""A model as equations: what changes, at which rate, from what values, and at which instants."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError, unknown_word
from reflexarc.expression import TIME, Graph, Node

__all__ = ["Event", "System"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """Assignments that happen at instants known before a run starts.

    Attributes:
        id: Name in the source, for error messages.
        times: Instants, in parameters; an instant before the start of a run doesn't count.
        assignments: Target (a state or a parameter) and its new value, in states, parameters and
            the time; all values are computed before any target changes.
        priority: Of events at one instant, the one with the highest value goes first; None last.
        trigger_values: Whether the values are those before other events of the same instant.
        at_start: Whether an instant equal to the start of the run counts.
        strict: Whether what is asked for at the very instant is as before it (`time > 5`), and not
            as after it (`time >= 5`).
    """

    id: str
    times: tuple[Node, ...]
    assignments: tuple[tuple[str, Node], ...]
    priority: Node | None = None
    trigger_values: bool = True
    at_start: bool = False
    strict: bool = False


@dataclass(frozen=True, eq=False)
class System:
    """Ordinary differential equations with parameters.

    Attributes:
        name: Name of the model.
        graph: The graph that all nodes below belong to.
        states: Names of what the rates change.
        parameters: Names of every constant that a run may set or an event may change.
        values: Their values in the source, shape (parameter,).
        derived: Parameters that are computed from others before a run, unless the user sets them.
        initial: Initial value of each state, in parameters and the time of the start.
        rates: Derivative of each state by the time, in states, parameters and the time.
        variables: Everything that can be asked for by name, in states, parameters and the time.
        units: Unit of a variable, where the source states one.
        events: What happens at instants known before a run.
        breaks: Instants, in parameters, at which a condition on the time alone changes.
        time_unit: Unit of the time.
        sizes: Parameters that are sizes of compartments, at the start where they change.
    """

    name: str
    graph: Graph
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    values: Floats
    initial: tuple[Node, ...]
    rates: tuple[Node, ...]
    variables: Mapping[str, Node]
    derived: Mapping[str, Node] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    breaks: tuple[Node, ...] = ()
    time_unit: str = ""
    sizes: tuple[str, ...] = ()

    def parameter_table(
        self, size: int, given: Mapping[str, ArrayLike] | None = None, *, start: float = 0.0
    ) -> Floats:
        """Return the parameters of several runs.

        Args:
            size: Number of runs.
            given: Value, or one value per run, of some parameters.
            start: Time at which a run starts, in `time_unit`.

        Returns:
            Values, shape (run, parameter): as in the source where nothing is given; a derived
            parameter follows those that it is computed from.

        Raises:
            InputError: If a name is unknown.
        """
        given = given or {}
        place = {name: i for i, name in enumerate(self.parameters)}
        table = np.tile(self.values, (size, 1))
        for name, value in given.items():
            if name not in place:
                raise InputError(unknown_word("parameter of the model", name, self.parameters))
            table[:, place[name]] = value
        columns = self._columns(table, start)  # views: what is filled in below is seen there
        for name, node in self.derived.items():
            if name not in given:
                (value,) = self.graph.evaluate([node], columns)
                table[:, place[name]] = value
        return table

    def initial_table(self, parameters: Floats, *, start: float = 0.0) -> Floats:
        """Return the initial states of several runs, shape (run, state).

        Args:
            parameters: From `parameter_table`, shape (run, parameter).
            start: Time at which a run starts.
        """
        values = self.graph.evaluate(self.initial, self._columns(parameters, start))
        table = np.empty((len(parameters), len(self.states)))
        for i, value in enumerate(values):
            table[:, i] = value
        return table

    def specialise(self, varying: Collection[str], touched: Collection[str] = ()) -> "System":
        """Return the same equations with what never changes written in.

        Parameters that don't vary become numbers, and states that stay 0 for ever (a drug that
        nobody gets) disappear. Nothing is approximated.

        Args:
            varying: Parameters that differ between runs or change during one.
            touched: States that an edge of a timeline adds to or sets.

        Returns:
            A system with fewer parameters and states; its variables have the names they had.
        """
        graph = self.graph
        kept = set(touched) | {target for event in self.events for target, _ in event.assignments}
        fixed = {
            graph.symbol(name): graph.number(value)
            for name, value in zip(self.parameters, self.values, strict=True)
            if name not in varying and name not in self.derived and name not in kept
        }
        initial = graph.substitute(self.initial, fixed)
        rates = graph.substitute(self.rates, fixed)
        zero = graph.number(0.0)
        silent = {
            i
            for i, name in enumerate(self.states)
            if name not in kept and graph.is_zero(initial[i])
        }
        while True:
            gone = {graph.symbol(self.states[i]): zero for i in silent}
            reduced = graph.substitute(rates, gone)
            awake = {i for i in silent if not graph.is_zero(reduced[i])}
            if not awake:
                break
            silent -= awake
        left = [i for i in range(len(self.states)) if i not in silent]
        everything = {**fixed, **gone}
        names = [name for name in self.parameters if graph.symbol(name) not in fixed]
        place = [self.parameters.index(name) for name in names]
        variables = graph.substitute(list(self.variables.values()), everything)
        derived = graph.substitute(list(self.derived.values()), fixed)
        return replace(
            self,
            states=tuple(self.states[i] for i in left),
            parameters=tuple(names),
            sizes=tuple(name for name in self.sizes if name in names),
            values=self.values[place],
            initial=tuple(initial[i] for i in left),
            rates=tuple(reduced[i] for i in left),
            variables=dict(zip(self.variables, variables, strict=True)),
            derived=dict(zip(self.derived, derived, strict=True)),
            events=tuple(self._rewrite(event, everything) for event in self.events),
            breaks=tuple(graph.substitute(self.breaks, fixed)),
        )

    def _rewrite(self, event: Event, replaced: Mapping[Node, Node]) -> Event:
        targets = [target for target, _ in event.assignments]
        nodes = self.graph.substitute([node for _, node in event.assignments], replaced)
        priority = event.priority
        if priority is not None:
            (priority,) = self.graph.substitute([priority], replaced)
        return replace(
            event,
            times=tuple(self.graph.substitute(event.times, replaced)),
            assignments=tuple(zip(targets, nodes, strict=True)),
            priority=priority,
        )

    def digest(self, outputs: Sequence[Node]) -> str:
        """Return a digest of the equations and some outputs: equal models have equal digests."""
        roots = [*self.rates, *outputs]
        for event in self.events:
            roots += [node for _, node in event.assignments]
        order = self.graph.order(roots)
        place = {node: i for i, node in enumerate(order)}
        total = hashlib.sha256(repr((self.states, self.parameters)).encode())
        for node in order:
            total.update(self.graph.describe(node, place).encode())
        targets = [[target for target, _ in event.assignments] for event in self.events]
        total.update(repr(([place[root] for root in roots], targets)).encode())
        return total.hexdigest()

    def _columns(self, table: Floats, start: float) -> dict[str, ArrayLike]:
        columns: dict[str, ArrayLike] = {n: table[:, i] for i, n in enumerate(self.parameters)}
        return {**columns, TIME: start}
