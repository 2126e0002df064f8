"""What a file says, as plain data: values, formulas with the ids that stand in them, and rules."""

from dataclasses import dataclass, field

from reflexarc.expression import Graph, Node

__all__ = ["Compartment", "Occurrence", "Parameter", "Reaction", "Reference", "Source", "Species"]


@dataclass(frozen=True)
class Compartment:
    """A place; its size is not-a-number where the file gives none."""

    id: str
    size: float
    dimensions: float
    constant: bool


@dataclass(frozen=True)
class Species:
    """A pool of molecules.

    Attributes:
        amount: Initial amount, not-a-number if not given.
        concentration: Initial concentration, not-a-number if not given.
        by_amount: Whether its id means the amount in formulas (and not the concentration).
        boundary: Whether reactions leave it alone.
        constant: Whether nothing may change it.
        factor: Id of the parameter that turns extents of reactions into amounts of it.
    """

    id: str
    compartment: str
    amount: float
    concentration: float
    by_amount: bool
    boundary: bool
    constant: bool
    factor: str | None


@dataclass(frozen=True)
class Parameter:
    """A named number; a local one has the name `reaction.id`."""

    id: str
    value: float
    constant: bool


@dataclass(frozen=True)
class Reference:
    """A species in a reaction: `sign` is -1 for a reactant and 1 for a product.

    `stoichiometry` is not-a-number if not given; `formula` (level 2) wins over it.
    """

    id: str
    species: str
    sign: int
    stoichiometry: float
    formula: Node | None
    constant: bool


@dataclass(frozen=True)
class Reaction:
    """A process; its rate is None if the file gives none."""

    id: str
    references: tuple[Reference, ...]
    rate: Node | None


@dataclass(frozen=True)
class Occurrence:
    """An event of the file.

    Attributes:
        trigger: Happens when this becomes true.
        initially: Whether the trigger counts as true before the start.
        priority: Of those at one instant the highest goes first.
        trigger_values: Whether values are those of the instant of the trigger.
        assignments: Id and new value.
    """

    id: str
    trigger: Node
    initially: bool
    priority: Node | None
    trigger_values: bool
    assignments: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Source:
    """All that a file says about a model.

    Attributes:
        graph: Where the formulas are.
        assigned: Formula of each id with an assignment rule.
        rated: Formula of each id with a rate rule.
        started: Formula of each id with an initial assignment.
        fixed: Stoichiometries with an id that nothing can change.
        lines: Line of each element, by id.
    """

    name: str
    graph: Graph
    compartments: dict[str, Compartment] = field(default_factory=dict)
    species: dict[str, Species] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    reactions: dict[str, Reaction] = field(default_factory=dict)
    assigned: dict[str, Node] = field(default_factory=dict)
    rated: dict[str, Node] = field(default_factory=dict)
    started: dict[str, Node] = field(default_factory=dict)
    fixed: dict[str, Node] = field(default_factory=dict)
    events: list[Occurrence] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    time_unit: str = ""
