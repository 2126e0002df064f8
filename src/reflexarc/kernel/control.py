"""What the driver keeps about each lane, and the words that the caller hands over."""

from collections.abc import Mapping

from llvmlite import ir

from reflexarc.kernel.code import DOUBLE, INT, Code
from reflexarc.kernel.functions import Functions
from reflexarc.kernel.steps import Tolerances

__all__ = [
    "ARGUMENTS", "CLOSING", "EMPTY", "FRESH", "IDLE", "READY", "STARTING",
    "STEPPING", "Control",
]  # fmt: skip

ARGUMENTS = (
    "workspace", "parameters", "row", "initial", "timeline", "start", "stop", "edges", "edge_time",
    "edge_event", "operations", "place", "adds", "amount", "grid", "absolute", "outputs", "final",
    "status", "ended", "steps", "watch", "log", "first", "last", "grid_size", "max_steps",
    "patience", "log_size", "common", "after", "relative",
)  # fmt: skip
"""The words that `integrate` is given, one array of 64-bit words: addresses, then numbers."""

EMPTY, FRESH, READY, STARTING, STEPPING, CLOSING, IDLE = range(7)
"""Phases of a lane; `driver` says how one leads to the next."""


class Control:
    """Variables of the loop: one value per lane, or one in all.

    Attributes:
        words: The caller's words by name.
        at: Buffers of vectors by name.
        tolerances: Of the error of a step.
        t, h, end, stop, middle: Time, step size, end of the segment, end of the run, middle of the
            segment.
        due: Next time of the grid; infinite behind its end.
        grown: Largest factor by which the next step may grow.
        phase, run, edge, last_edge, cursor, good, bad, begun: Phase, row of the animal, next edge
            and end of its edges, place in the grid, steps accepted and rejected, tick of the start.
    """

    def __init__(self, code: Code, functions: Functions, offsets: Mapping[str, int]) -> None:
        self.code = code
        self.functions = functions
        self.program = functions.program
        builder = code.builder
        (words,) = builder.function.args
        self.words = {name: code.load(words, i) for i, name in enumerate(ARGUMENTS)}
        relative = builder.bitcast(self.words["relative"], DOUBLE)
        base = builder.inttoptr(self.words["workspace"], code.shape.vector.as_pointer())
        self.at = {name: code.at(base, place) for name, place in offsets.items()}
        self.tolerances = Tolerances(code.spread(relative), self.doubles("absolute"))
        clock = code.shape.clock
        self.t, self.h, self.end, self.stop, self.middle, self.due, self.grown = (
            code.variable(code.splat(value, clock)) for value in (0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0)
        )
        self.phase, self.run, self.edge, self.last_edge, self.cursor = (
            code.variable(code.splat(0, code.shape.counter)) for _ in range(5)
        )
        self.good, self.bad, self.begun = (
            code.variable(code.splat(0, code.shape.counter)) for _ in range(3)
        )
        self.next = code.variable(self.words["first"])
        self.logged = code.variable(code.integer(0))

    # ---- memory of the caller

    def doubles(self, name: str) -> ir.Value:
        """Return the address of an array of doubles that the caller handed over."""
        return self.code.builder.inttoptr(self.words[name], DOUBLE.as_pointer())

    def integers(self, name: str) -> ir.Value:
        """Return the address of an array of integers that the caller handed over."""
        return self.code.builder.inttoptr(self.words[name], INT.as_pointer())

    def watch(self, place: int) -> ir.Value:
        """Return a word that another thread may change: 0 ticks of a clock, 1 whether to stop."""
        word = self.code.at(self.integers("watch"), place)
        return self.code.builder.load_atomic(word, "monotonic", 8)

    # ---- lanes

    def get(self, variable: ir.Value, lane: ir.Value) -> ir.Value:
        """Return a variable of one lane."""
        return self.code.load(self.code.lane(variable, 0, lane))

    def set(self, variable: ir.Value, lane: ir.Value, value: ir.Value | int) -> None:
        """Set a variable of one lane."""
        word = self.code.integer(value) if isinstance(value, int) else value
        self.code.store(word, self.code.lane(variable, 0, lane))

    def count(self, variable: ir.Value, lane: ir.Value) -> None:
        """Add 1 to a counter of one lane."""
        self.set(
            variable, lane, self.code.builder.add(self.get(variable, lane), self.code.integer(1))
        )

    def is_in(self, phase: int, lane: ir.Value) -> ir.Value:
        """Whether one lane is in a phase."""
        return self.code.builder.icmp_signed(
            "==", self.get(self.phase, lane), self.code.integer(phase)
        )

    def those_in(self, phase: int) -> ir.Value:
        """Return which lanes are in a phase."""
        wanted = self.code.splat(phase, self.code.shape.counter)
        return self.code.builder.icmp_signed("==", self.code.load(self.phase), wanted)

    def some_in(self, phase: int) -> ir.Value:
        """Whether any lane is in a phase."""
        return self.code.any(self.those_in(phase))

    def set_flag(self, name: str) -> ir.Value:
        """Whether a word of the caller isn't 0."""
        return self.code.builder.icmp_signed("!=", self.words[name], self.code.integer(0))

    def prepare(self) -> None:
        """Compute again what depends on parameters alone."""
        middle = self.code.narrow(self.code.load(self.middle))
        self.code.builder.call(self.functions.prepare, [self.at["p"], middle, self.at["q"]])

    def in_common(self, value: ir.Value, relation: str) -> ir.Value:
        """Return the largest (`>`) or smallest (`<`) value of all lanes, if they step in common.

        What isn't a number in one lane isn't a number in all.
        """
        code, builder = self.code, self.code.builder
        kept = code.variable(value)
        with code.when(self.set_flag("common")):
            best = builder.extract_element(value, ir.IntType(32)(0))
            for lane in range(1, code.shape.width):
                other = builder.extract_element(value, ir.IntType(32)(lane))
                better = builder.fcmp_ordered(relation, other, best)
                lost = builder.fcmp_unordered("uno", other, other)
                best = builder.select(builder.or_(better, lost), other, best)
            code.store(code.everywhere(best), kept)
        return code.load(kept)

    def note(
        self, lane: ir.Value, t: ir.Value, h: ir.Value, error: ir.Value, good: ir.Value
    ) -> None:
        """Write a step into the caller's log: run, time, step, error, whether it was accepted."""
        code, builder = self.code, self.code.builder
        line = code.load(self.logged)
        with code.when(builder.icmp_signed("<", line, self.words["log_size"])):
            offset = builder.mul(line, code.integer(5))
            number = DOUBLE
            values = (
                builder.sitofp(self.get(self.run, lane), number),
                self.get(t, lane),
                self.get(h, lane),
                self.get(error, lane),
                builder.sitofp(self.get(good, lane), number),
            )
            for i, value in enumerate(values):
                code.store(value, self.doubles("log"), builder.add(offset, code.integer(i)))
            code.store(builder.add(line, code.integer(1)), self.logged)
