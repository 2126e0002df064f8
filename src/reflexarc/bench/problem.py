"""The work that every engine gets: equations, animals, and pieces of time with constant inputs.

A problem is a folder of plain files, so that an engine in another environment can read it: the
SBML, the equations as a tape, a JSON file with the pieces, and the numbers of the animals.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.tape import Tape, arithmetic

__all__ = ["Problem", "Segment"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """A piece of time in which no input changes.

    Args:
        start: In h.
        stop: In h.
        set: Parameters that get a new value at the start.
        add: States that a bolus adds to at the start, and how much.
        first: Place in the problem's times of the first output inside this piece.
        last: Place behind the last one. Outputs lie in (start, stop]; one at the very start of the
            whole run belongs to no piece.
    """

    start: float
    stop: float
    set: Mapping[str, float]
    add: Mapping[str, float]
    first: int
    last: int

    @property
    def rows(self) -> slice:
        """The outputs of this piece."""
        return slice(self.first, self.last)


@dataclass(frozen=True, eq=False)
class Problem:
    """Animals of one model through one timeline.

    Args:
        name: What to call it in a table.
        model: Hash of the model.
        sbml: The model for engines that read SBML.
        tape: The same equations for those that take a function.
        varied: Parameters that differ between animals.
        parameters: Every parameter of the tape, before the first edge, shape (animal, parameter).
        initial: State just before the first edge, shape (animal, state).
        sizes: What each state reaches in the first animal, 1 if it stays at 0, shape (state,); for
            engines that want states of like size.
        times: When all states are wanted, in h.
        segments: The pieces, without gaps.
    """

    name: str
    model: str
    sbml: str
    tape: Tape
    varied: tuple[str, ...]
    parameters: Floats
    initial: Floats
    sizes: Floats
    times: Floats
    segments: tuple[Segment, ...]

    @property
    def animals(self) -> int:
        """Number of animals."""
        return len(self.initial)

    @property
    def touched(self) -> tuple[str, ...]:
        """Every parameter that differs between animals, or that some piece sets."""
        return tuple(dict.fromkeys([*self.varied, *(n for s in self.segments for n in s.set)]))

    def values(self, names: Sequence[str]) -> Floats:
        """Return some parameters before the first edge, shape (animal, name)."""
        return self.parameters[:, [self.tape.parameters.index(name) for name in names]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an answer: (animal, time, state)."""
        return self.animals, self.times.size, len(self.tape.states)

    def first(self, animals: int) -> Self:
        """Return the problem with its first animals only."""
        return replace(self, parameters=self.parameters[:animals], initial=self.initial[:animals])

    def inputs(self) -> list[tuple[Segment, Floats, Floats]]:
        """Return, for each piece, what engines with vectors as their interface need.

        Returns:
            The piece, its parameters, shape (animal, parameter), and what is added to the states at
            its start, shape (state,).
        """
        place = {name: i for i, name in enumerate(self.tape.parameters)}
        state = {name: i for i, name in enumerate(self.tape.states)}
        values = self.parameters.copy()
        pieces = []
        for segment in self.segments:
            for name, value in segment.set.items():
                values[:, place[name]] = value
            bolus = np.zeros(len(state))
            for name, amount in segment.add.items():
                bolus[state[name]] += amount
            pieces.append((segment, values.copy(), bolus))
        return pieces

    def hoisted_inputs(self, before: Tape, after: Tape) -> list[tuple[Segment, Floats, Floats]]:
        """Return the same as `inputs` for a tape from `Tape.hoisted`.

        Args:
            before: Computes the terms of parameters alone.
            after: The rest; the tables have its parameters.
        """
        pieces = []
        for segment, parameters, bolus in self.inputs():
            columns = {name: parameters[:, k] for k, name in enumerate(self.tape.parameters)}
            terms = before.play(columns, arithmetic())
            columns |= {n: terms[p] for n, p in zip(before.states, before.rates, strict=True)}
            table = [np.broadcast_to(columns[name], self.animals) for name in after.parameters]
            pieces.append((segment, np.array(table).T.copy(), bolus))
        return pieces

    def empty(self) -> Floats:
        """Return an answer without numbers, but for outputs at the very start."""
        answer = np.full(self.shape, np.nan)
        answer[:, : self.segments[0].first] = self.initial[:, None, :]
        return answer

    def write(self, folder: Path) -> None:
        """Write the problem into a folder that exists."""
        (folder / "model.xml").write_text(self.sbml, encoding="utf-8")
        np.savez(
            folder / "animals.npz",
            parameters=self.parameters,
            initial=self.initial,
            sizes=self.sizes,
            times=self.times,
        )
        text = {
            "name": self.name,
            "model": self.model,
            "varied": self.varied,
            "segments": [asdict(segment) for segment in self.segments],
            "tape": self.tape.to_json(),
        }
        (folder / "problem.json").write_text(json.dumps(text), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a problem that was written into a folder."""
        text: dict[str, Any] = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
        with np.load(folder / "animals.npz") as animals:
            arrays = {name: animals[name] for name in animals.files}
        return cls(
            name=text["name"],
            model=text["model"],
            sbml=(folder / "model.xml").read_text(encoding="utf-8"),
            tape=Tape.from_json(text["tape"]),
            varied=tuple(text["varied"]),
            segments=tuple(Segment(**segment) for segment in text["segments"]),
            **arrays,
        )
