"""Structured code over LLVM's builder: vectors in memory, loops, conditions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from reflexarc.kernel.lanes import Arithmetic, declared, divide, intrinsic

__all__ = ["BYTE", "DOUBLE", "FLAGS", "INT", "Code", "Shape"]

BYTE = ir.IntType(8)
INT = ir.IntType(64)
DOUBLE = ir.DoubleType()
FLAGS = ("nsz", "arcp", "contract")
"""Freedoms of arithmetic that change no result by more than a rounding."""

FLUSH_TO_ZERO, SUBNORMALS_ARE_ZERO = 0x8000, 0x0040
"""Bits of MXCSR (Intel 64 Software Developer's Manual, volume 1, section 10.2.3)."""


class _Splat(ir.Constant):  # type: ignore[misc]
    """A vector of one number, written in short: it is most of the text of a module."""

    def _get_reference(self) -> str:
        return f"splat ({ir.Constant(self.type.element, self.constant[0].constant)})"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many animals one register holds, in which precision, on which kind of processor.

    Attributes:
        width: Animals side by side.
        single: Whether states are 32-bit numbers; times are always 64-bit.
        arithmetic: What the processor can do.
    """

    width: int
    single: bool = False
    arithmetic: Arithmetic

    @property
    def scalar(self) -> ir.Type:
        """Type of one state of one animal."""
        return ir.FloatType() if self.single else DOUBLE

    @property
    def vector(self) -> ir.Type:
        """Type of one state of all lanes."""
        return ir.VectorType(self.scalar, self.width)

    @property
    def clock(self) -> ir.Type:
        """Type of a time of all lanes: always double."""
        return ir.VectorType(DOUBLE, self.width)

    @property
    def counter(self) -> ir.Type:
        """Type of a whole number of all lanes."""
        return ir.VectorType(INT, self.width)

    @property
    def bytes(self) -> int:
        """Size of `vector`."""
        return self.width * (4 if self.single else 8)


class Code:
    """A function under construction.

    Args:
        builder: Where instructions go.
        shape: The shape of vectors.
    """

    def __init__(self, builder: ir.IRBuilder, shape: Shape) -> None:
        self.builder = builder
        self.shape = shape

    # ---- constants

    def integer(self, value: int) -> ir.Constant:
        """Return a 64-bit integer."""
        return ir.Constant(INT, value)

    def double(self, value: float) -> ir.Constant:
        """Return a double."""
        return ir.Constant(DOUBLE, value)

    def splat(self, value: float, kind: ir.Type | None = None) -> ir.Constant:
        """Return a vector of one number in all lanes."""
        kind = kind or self.shape.vector
        return _Splat(kind, [value] * kind.count)

    # ---- memory

    def at(self, base: ir.Value, index: int | ir.Value) -> ir.Value:
        """Return the address of an element of an array."""
        place = self.integer(index) if isinstance(index, int) else index
        return self.builder.gep(base, [place], inbounds=True)

    def load(self, base: ir.Value, index: int | ir.Value = 0) -> ir.Value:
        """Return an element of an array."""
        return self.builder.load(self.at(base, index))

    def store(self, value: ir.Value, base: ir.Value, index: int | ir.Value = 0) -> None:
        """Set an element of an array."""
        self.builder.store(value, self.at(base, index))

    def variable(self, value: ir.Value) -> ir.Value:
        """Return the address of a new local variable with a first value."""
        with self.builder.goto_entry_block():
            slot = self.builder.alloca(value.type)
        self.builder.store(value, slot)
        return slot

    def lane(self, base: ir.Value, index: int | ir.Value, lane: ir.Value) -> ir.Value:
        """Return the address of one lane of a vector in an array of vectors."""
        vector = self.at(base, index)
        scalar = vector.type.pointee.element.as_pointer()
        return self.builder.gep(self.builder.bitcast(vector, scalar), [lane], inbounds=True)

    # ---- arithmetic of vectors

    def add(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return a + b."""
        return self.builder.fadd(a, b, flags=FLAGS)

    def sub(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return a - b."""
        return self.builder.fsub(a, b, flags=FLAGS)

    def mul(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return a * b."""
        return self.builder.fmul(a, b, flags=FLAGS)

    def compare(self, operator: str, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return a truth value per lane; false where a value is not a number, except for `!=`."""
        if operator == "!=":
            return self.builder.fcmp_unordered("!=", a, b)
        return self.builder.fcmp_ordered(operator, a, b)

    def choose(self, condition: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return a where the condition holds, else b."""
        return self.builder.select(condition, a, b)

    def smaller(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the smaller value; b where one is not a number."""
        return self.choose(self.compare("<", a, b), a, b)

    def larger(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the larger value; b where one is not a number."""
        return self.choose(self.compare(">", a, b), a, b)

    def magnitude(self, a: ir.Value) -> ir.Value:
        """Return |a|."""
        return intrinsic(self.builder, "fabs", a)

    def ratio(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return a / b."""
        return divide(self.builder, a, b, self.shape.arithmetic)

    def everywhere(self, number: ir.Value) -> ir.Value:
        """Return one number in all lanes."""
        kind = ir.VectorType(number.type, self.shape.width)
        first = self.builder.insert_element(
            ir.Constant(kind, ir.Undefined), number, ir.IntType(32)(0)
        )
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.shape.width), None)
        return self.builder.shuffle_vector(first, first, zeros)

    def spread(self, number: ir.Value) -> ir.Value:
        """Return a double in all lanes, in the precision of the states."""
        if self.shape.single:
            number = self.builder.fptrunc(number, self.shape.scalar)
        return self.everywhere(number)

    def narrow(self, clock: ir.Value) -> ir.Value:
        """Turn a vector of times into the precision of the states."""
        if not self.shape.single:
            return clock
        return self.builder.fptrunc(clock, self.shape.vector)

    def widen(self, value: ir.Value) -> ir.Value:
        """Turn a vector of states into doubles."""
        return self.builder.fpext(value, self.shape.clock) if self.shape.single else value

    def any(self, mask: ir.Value) -> ir.Value:
        """Whether a truth value holds in any lane."""
        bits = ir.IntType(self.shape.width)
        return self.builder.icmp_unsigned("!=", self.builder.bitcast(mask, bits), bits(0))

    # ---- control

    @contextmanager
    def without_subnormals(self) -> Iterator[None]:
        """Count numbers below the normal range as 0, which a processor does much faster.

        What decays for days passes through that range, and each operation on it may take a
        hundred times as long.
        """
        builder, word = self.builder, ir.IntType(32)
        if not self.shape.arithmetic.x86:
            yield
            return
        get, put = (
            declared(builder, f"llvm.x86.sse.{name}mxcsr", ir.VoidType(), [BYTE.as_pointer()])
            for name in ("st", "ld")
        )
        before, during = self.variable(word(0)), self.variable(word(0))
        builder.call(get, [builder.bitcast(before, BYTE.as_pointer())])
        flags = builder.or_(builder.load(before), word(FLUSH_TO_ZERO | SUBNORMALS_ARE_ZERO))
        builder.store(flags, during)
        builder.call(put, [builder.bitcast(during, BYTE.as_pointer())])
        yield
        builder.call(put, [builder.bitcast(before, BYTE.as_pointer())])

    @contextmanager
    def loop(self, count: int | ir.Value) -> Iterator[ir.Value]:
        """Repeat for an index from 0 to count - 1."""
        builder = self.builder
        end = self.integer(count) if isinstance(count, int) else count
        head = builder.append_basic_block("loop")
        body = builder.append_basic_block("body")
        after = builder.append_basic_block("after")
        before = builder.block
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(INT)
        index.add_incoming(self.integer(0), before)
        builder.cbranch(builder.icmp_signed("<", index, end), body, after)
        builder.position_at_end(body)
        yield index
        index.add_incoming(builder.add(index, self.integer(1)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)

    @contextmanager
    def forever(self) -> Iterator[Any]:
        """Repeat until `leave` (which this yields) is called with a condition."""
        builder = self.builder
        head = builder.append_basic_block("again")
        after = builder.append_basic_block("left")
        builder.branch(head)
        builder.position_at_end(head)

        def leave(condition: ir.Value) -> None:
            further = builder.append_basic_block("further")
            builder.cbranch(condition, after, further)
            builder.position_at_end(further)

        yield leave
        builder.branch(head)
        builder.position_at_end(after)

    @contextmanager
    def when(self, condition: ir.Value) -> Iterator[None]:
        """Do something only if a condition holds."""
        with self.builder.if_then(condition):
            yield

    def otherwise(self, condition: ir.Value) -> Any:
        """Return LLVM's pair of branches, to be entered with `with`."""
        return self.builder.if_else(condition)
