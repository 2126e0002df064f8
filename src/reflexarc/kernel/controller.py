"""How large the next step is."""

from collections.abc import Mapping
from dataclasses import dataclass

from llvmlite import ir

from reflexarc.kernel.code import Code
from reflexarc.kernel.lanes import intrinsic
from reflexarc.kernel.pace import USUAL, Pace
from reflexarc.kernel.steps import Tolerances
from reflexarc.kernel.transcendentals import log, power_from_log

__all__ = ["Controller"]


@dataclass(frozen=True, kw_only=True)
class Controller:
    """Emits the rule for step sizes.

    Attributes:
        exponent: 1 / (embedded order + 1).
        pace: The numbers of the rule.
    """

    exponent: float
    pace: Pace = USUAL

    def factor(self, code: Code, error: ir.Value, largest: ir.Value) -> ir.Value:
        """Emit the factor from one step to the next.

        Args:
            code: Where to.
            error: Of the step, 1 is just allowed; not a number counts as far too large.
            largest: Largest factor allowed.
        """
        clock = code.shape.clock
        arithmetic = code.shape.arithmetic
        logarithm = log(code.builder, error, arithmetic)
        power = code.splat(-self.exponent, clock)
        ideal = power_from_log(code.builder, logarithm, power, arithmetic)
        ideal = code.mul(ideal, code.splat(self.pace.safety, clock))
        bounded = code.larger(ideal, code.splat(self.pace.shrinkage, clock))
        return code.smaller(bounded, largest)

    def first_step(
        self, code: Code, at: Mapping[str, ir.Value], tolerances: Tolerances, size: int
    ) -> ir.Value:
        """Emit the first step (clock) of a segment, from the state in y and its rates in f."""
        clock = code.shape.clock
        states, rates = (code.variable(code.splat(0.0, clock)) for _ in range(2))
        with code.loop(size) as k:
            y, f = code.load(at["y"], k), code.load(at["f"], k)
            absolute = code.spread(code.load(tolerances.absolute, k))
            allowed = code.add(absolute, code.mul(tolerances.relative, code.magnitude(y)))
            for total, value in ((states, y), (rates, f)):
                ratio = code.widen(code.ratio(value, allowed))
                code.store(code.add(code.load(total), code.mul(ratio, ratio)), total)
        mean = code.splat(1.0 / max(size, 1), clock)
        state, rate = (
            intrinsic(code.builder, "sqrt", code.mul(code.load(total), mean))
            for total in (states, rates)
        )
        tiny = code.splat(1e-5, clock)
        usual = code.builder.fdiv(code.mul(code.splat(self.pace.first, clock), state), rate)
        known = code.builder.and_(code.compare(">", state, tiny), code.compare(">", rate, tiny))
        return code.choose(known, usual, code.splat(self.pace.blind, clock))
