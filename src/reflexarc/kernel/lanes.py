"""Lanes: the same small arithmetic written into LLVM IR for a number or a vector of numbers.

Nothing here is reassociated by the compiler: the values are built without fast-math flags, so that
rounding by a magic number and two-piece sums stay what they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llvmlite import ir

__all__ = ["Arithmetic", "Lanes", "declared", "divide", "intrinsic", "scalarised"]


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """What the processor can do that changes how a formula is best written.

    Args:
        fma: Multiply and add with one rounding. Without it every such pair is written as two
            instructions; with it on a processor that lacks it, each becomes a slow call.
        avx512: Exponent, mantissa, scaling and reciprocal estimate of AVX-512 F and VL; used for
            vectors of 16, 32 or 64 bytes, ignored for other widths.
        x86: The control word of SSE, by which numbers below the normal range count as 0.
    """

    fma: bool = True
    avx512: bool = False
    x86: bool = False

    @classmethod
    def from_features(cls, features: Mapping[str, bool], *, machine: str) -> "Arithmetic":
        """Return the arithmetic of a processor.

        Args:
            features: Names of LLVM target features, as `llvmlite.binding.get_host_cpu_features`
                gives them.
            machine: First part of the target triple, for example `x86_64` or `aarch64`.

        Example:
            >>> Arithmetic.from_features({"fma": True}, machine="x86_64")
            Arithmetic(fma=True, avx512=False, x86=True)
        """
        intel = machine.startswith(("x86", "i386", "i686", "amd64"))
        return cls(
            fma=bool(features.get("fma")) if intel else True,
            avx512=intel and bool(features.get("avx512f")) and bool(features.get("avx512vl")),
            x86=intel,
        )


def declared(builder: Any, name: str, result: Any, arguments: Sequence[Any]) -> Any:
    """Return the function of that name in the builder's module, declared when it is not there."""
    module = builder.module
    if name in module.globals:
        return module.globals[name]
    return ir.Function(module, ir.FunctionType(result, arguments), name)


def suffix(kind: Any) -> str:
    """Return how LLVM writes a type at the end of an intrinsic's name, for example `v8f64`."""
    if isinstance(kind, ir.VectorType):
        return f"v{kind.count}{suffix(kind.element)}"
    if isinstance(kind, ir.IntType):
        return f"i{kind.width}"
    return "f64" if isinstance(kind, ir.DoubleType) else "f32"


def intrinsic(builder: Any, name: str, *values: Any) -> Any:
    """Write a call of an LLVM intrinsic whose arguments and result have one type.

    Args:
        builder: The place to write at.
        name: Without prefix and type: `floor`, `ceil`, `trunc`, `fabs`, `sqrt`, `minnum`, `maxnum`,
            `fma`, `copysign`.
        *values: Numbers or vectors, all of one type.
    """
    kind = values[0].type
    full = f"llvm.{name}.{suffix(kind)}"
    return builder.call(declared(builder, full, kind, [kind] * len(values)), values)


def scalarised(builder: Any, name: str, *values: Any) -> Any:
    """Write a call of a C library function for each lane, in double precision.

    For functions too rare to be worth a vector form. The symbol is resolved when the code is
    loaded; lanes of single precision are widened before the call and rounded after it.

    Args:
        builder: The place to write at.
        name: A symbol `double f(double, …)` of the C library: `asin`, `acos`, `atan`, `sinh`,
            `cosh`, `tgamma`, `fmod`, …
        *values: Its arguments, numbers or vectors, all of one type.
    """
    kind, double = values[0].type, ir.DoubleType()
    function = declared(builder, name, double, [double] * len(values))

    def call(lane: Sequence[Any], element: Any) -> Any:
        wide = [one if element == double else builder.fpext(one, double) for one in lane]
        answer = builder.call(function, wide)
        return answer if element == double else builder.fptrunc(answer, element)

    if not isinstance(kind, ir.VectorType):
        return call(values, kind)
    result = ir.Constant(kind, ir.Undefined)
    for index in range(kind.count):
        place = ir.Constant(ir.IntType(32), index)
        lane = [builder.extract_element(value, place) for value in values]
        result = builder.insert_element(result, call(lane, kind.element), place)
    return result


@dataclass(frozen=True)
class Lanes:
    """A place to write arithmetic of one type: a builder, the type and the processor's abilities.

    Args:
        builder: An `llvmlite.ir.IRBuilder`.
        kind: `double`, `float`, or a vector of them.
        arithmetic: What the processor can do.
    """

    builder: Any
    kind: Any
    arithmetic: Arithmetic

    @cached_property
    def element(self) -> Any:
        """The type of one lane."""
        return self.kind.element if self.count else self.kind

    @cached_property
    def count(self) -> int:
        """Lanes of the vector; 0 for a plain number."""
        return int(self.kind.count) if isinstance(self.kind, ir.VectorType) else 0

    @cached_property
    def double(self) -> bool:
        """Whether a lane is of double precision."""
        return isinstance(self.element, ir.DoubleType)

    @cached_property
    def integers(self) -> Any:
        """The integers as wide as the lanes."""
        word = ir.IntType(64 if self.double else 32)
        return ir.VectorType(word, self.count) if self.count else word

    @cached_property
    def wide(self) -> bool:
        """Whether the special instructions of AVX-512 exist for this type."""
        size = self.count * (8 if self.double else 4)
        return self.arithmetic.avx512 and size in (16, 32, 64)

    def number(self, value: float) -> Any:
        """The same number in every lane."""
        return ir.Constant(self.kind, [value] * self.count if self.count else value)

    def integer(self, value: int) -> Any:
        """The same integer in every lane."""
        return ir.Constant(self.integers, [value] * self.count if self.count else value)

    def bits(self, value: Any) -> Any:
        """The lanes as integers."""
        return self.builder.bitcast(value, self.integers)

    def floating(self, value: Any) -> Any:
        """The integers as lanes."""
        return self.builder.bitcast(value, self.kind)

    def add(self, a: Any, b: Any) -> Any:
        """The sum a + b."""
        return self.builder.fadd(a, b)

    def subtract(self, a: Any, b: Any) -> Any:
        """The difference a - b."""
        return self.builder.fsub(a, b)

    def multiply(self, a: Any, b: Any) -> Any:
        """The product a b."""
        return self.builder.fmul(a, b)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c, rounded once where the processor can, else twice."""
        if self.arithmetic.fma:
            return intrinsic(self.builder, "fma", a, b, c)
        return self.add(self.multiply(a, b), c)

    def compare(self, relation: str, a: Any, b: Any) -> Any:
        """An ordered comparison: false where either side is not a number."""
        return self.builder.fcmp_ordered(relation, a, b)

    def select(self, condition: Any, yes: Any, no: Any) -> Any:
        """Lane by lane, `yes` where the condition is true, else `no`."""
        return self.builder.select(condition, yes, no)

    def at_least(self, x: Any, low: float) -> Any:
        """max(x, low), which keeps NaN."""
        bound = self.number(low)
        return self.select(self.compare("<", x, bound), bound, x)

    def at_most(self, x: Any, high: float) -> Any:
        """min(x, high), which keeps NaN."""
        bound = self.number(high)
        return self.select(self.compare(">", x, bound), bound, x)

    def magnitude(self, x: Any) -> Any:
        """|x|."""
        return intrinsic(self.builder, "fabs", x)

    def polynomial(self, coefficients: Sequence[float], x: Any, square: Any) -> Any:
        """Σ cᵢ xⁱ, even and odd terms apart, which halves the chain of dependent instructions.

        Args:
            coefficients: From the constant upwards, at least two.
            x: The argument.
            square: x².
        """
        halves = []
        for start in (0, 1):
            terms = [self.number(value) for value in coefficients[start::2]]
            total = terms.pop()
            while terms:
                total = self.fma(total, square, terms.pop())
            halves.append(total)
        return self.fma(halves[1], x, halves[0])

    def product(self, a: Any, b: Any) -> tuple[Any, Any]:
        """a b in two pieces: the rounded product and what rounding took away (Dekker 1971)."""
        head = self.multiply(a, b)
        if self.arithmetic.fma:
            return head, intrinsic(self.builder, "fma", a, b, self.builder.fneg(head))
        mask = self.integer(-(1 << 27) if self.double else -(1 << 12))
        high = [self.floating(self.builder.and_(self.bits(one), mask)) for one in (a, b)]
        low = [self.subtract(one, upper) for one, upper in zip((a, b), high, strict=True)]
        tail = self.subtract(self.multiply(high[0], high[1]), head)
        tail = self.add(tail, self.multiply(high[0], low[1]))
        tail = self.add(tail, self.multiply(low[0], high[1]))
        return head, self.add(tail, self.multiply(low[0], low[1]))

    def sum(self, a: Any, b: Any) -> tuple[Any, Any]:
        """a + b in two pieces, for |a| ≥ |b| or a = 0 (Dekker 1971)."""
        head = self.add(a, b)
        return head, self.subtract(b, self.subtract(head, a))

    def any(self, mask: Any) -> Any:
        """One bit: whether the mask is true in any lane."""
        if not self.count:
            return mask
        name, bit = f"llvm.vector.reduce.or.v{self.count}i1", ir.IntType(1)
        return self.builder.call(declared(self.builder, name, bit, [mask.type]), [mask])

    def special(self, name: str, *values: Any) -> Any:
        """An instruction of AVX-512 without mask and with the current rounding, where `wide`."""
        mask = ir.IntType(max(8, self.count))
        size = self.count * (64 if self.double else 32)
        arguments = [*values, self.number(0.0), ir.Constant(mask, -1)]
        if size == 512 and name != "rcp14":
            arguments.append(ir.Constant(ir.IntType(32), 4))
        prefix = "" if name == "rcp14" else "mask."
        full = f"llvm.x86.avx512.{prefix}{name}.{'pd' if self.double else 'ps'}.{size}"
        kinds = [one.type for one in arguments]
        return self.builder.call(declared(self.builder, full, self.kind, kinds), arguments)

    def quotient(self, a: Any, b: Any) -> Any:
        """a / b; see `divide`."""
        if not self.wide:
            return self.builder.fdiv(a, b)
        estimate = self.special("rcp14", b)
        minus = self.builder.fneg(b)
        inverse = estimate
        if self.double:
            inverse = self.fma(self.fma(minus, estimate, self.number(1.0)), estimate, estimate)
        first = self.multiply(a, inverse)
        better = self.fma(self.fma(minus, first, a), inverse, first)
        known = self.compare("ord", better, better)
        return self.select(known, better, self.multiply(a, estimate))


def divide(builder: Any, a: Any, b: Any, arithmetic: Arithmetic) -> Any:
    """Write a / b, with AVX-512 from the reciprocal estimate instead of the slow divider.

    The estimate (relative error 2⁻¹⁴) is refined by Newton's step and the quotient by its
    remainder (Markstein 1990). Error: 0.57 ulp while b, 1/b and the quotient are normal numbers;
    zeros, infinities and NaN as in a division, but a zero loses its sign. A subnormal b may count
    as zero.

    Args:
        builder: The place to write at.
        a: Dividend, a number or vector of `double` or `float`.
        b: Divisor, of the same type.
        arithmetic: What the processor can do; without AVX-512 this is the plain `fdiv`.
    """
    return Lanes(builder, a.type, arithmetic).quotient(a, b)
