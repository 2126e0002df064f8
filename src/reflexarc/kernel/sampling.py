"""Outputs at the times of the grid, without ever shortening a step for them."""

from llvmlite import ir

from reflexarc.instants import SAME_INSTANT
from reflexarc.kernel.code import DOUBLE
from reflexarc.kernel.control import Control
from reflexarc.kernel.steps import Step

__all__ = ["Sampling"]

NEVER = float("inf")
"""When a lane is due that has reported everything; no bound is as late, for stops are finite."""
UNROLLED = 4
"""Outputs that are copied in one turn of a loop."""


class Sampling:
    """Emits the code that writes outputs.

    Args:
        control: The loop's variables.
        step: The method, which knows the states between the ends of its step.
    """

    def __init__(self, control: Control, step: Step) -> None:
        self._control = control
        self._step = step

    def look_ahead(self, lane: ir.Value) -> None:
        """Set the next time at which a lane must report."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        place = control.get(control.cursor, lane)
        control.set(control.due, lane, code.double(NEVER))
        with code.when(builder.icmp_signed("<", place, control.words["grid_size"])):
            control.set(control.due, lane, code.load(control.doubles("grid"), place))

    def report_state(self, lanes: ir.Value) -> None:
        """Report the state as it is, in lanes that are due now."""
        control, code = self._control, self._control.code
        clock = code.shape.clock
        soon = code.add(code.load(control.t), code.splat(SAME_INSTANT, clock))
        bound = code.choose(lanes, soon, code.splat(float("-inf"), clock))
        with code.when(code.any(code.compare("<=", code.load(control.due), bound))):
            at, when = control.at, code.narrow(code.load(control.t))
            outputs = control.functions.outputs
            code.builder.call(outputs, [at["p"], at["q"], at["y"], when, at["o"]])
            with code.forever() as leave:
                due = code.compare("<=", code.load(control.due), bound)
                leave(code.builder.not_(code.any(due)))
                self._write(due)

    def report_step(
        self, good: ir.Value, lands: ir.Value, t: ir.Value, h: ir.Value, new: ir.Value
    ) -> None:
        """Report what lies within a step from t to new, in lanes where it is good.

        At the end of a segment the value just before the edge is reported, unless the caller wants
        the one after it.
        """
        control, code, builder = self._control, self._control.code, self._control.code.builder
        clock = code.shape.clock
        margin = builder.select(
            control.set_flag("after"), code.double(-SAME_INSTANT), code.double(SAME_INSTANT)
        )
        bound = code.choose(lands, code.add(new, code.everywhere(margin)), new)
        bound = code.choose(good, bound, code.splat(float("-inf"), clock))
        needed = control.program.needed
        with code.forever() as leave:
            upcoming = code.load(control.due)
            due = code.compare("<=", upcoming, bound)
            leave(builder.not_(code.any(due)))
            share = builder.fdiv(code.sub(upcoming, t), h)
            one, zero = code.splat(1.0, clock), code.splat(0.0, clock)
            share = code.choose(due, code.smaller(share, one), zero)
            self._step.between(code, control.at, needed, code.narrow(share), h)
            when = code.narrow(code.choose(due, upcoming, t))
            at = control.at
            outputs = control.functions.outputs
            builder.call(outputs, [at["p"], at["q"], at["x"], when, at["o"]])
            self._write(due)

    def leave_blank(self, lane: ir.Value) -> None:
        """Write not-a-number for every time that a lane hasn't come to."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        size = code.integer(len(control.program.outputs))
        grid, place = control.words["grid_size"], control.get(control.cursor, lane)
        row = builder.add(builder.mul(control.get(control.run, lane), grid), place)
        offset = builder.mul(row, size)
        with code.loop(builder.mul(builder.sub(grid, place), size)) as i:
            code.store(
                code.double(float("nan")), control.doubles("outputs"), builder.add(offset, i)
            )

    def _write(self, due: ir.Value) -> None:
        """Copy the outputs of lanes that are due to the caller, and look ahead."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        counter = code.shape.counter
        flags = code.variable(builder.zext(due, counter))
        size = len(control.program.outputs)
        with (
            code.loop(code.shape.width) as lane,
            code.when(builder.icmp_signed("!=", control.get(flags, lane), code.integer(0))),
        ):
            run, place = control.get(control.run, lane), control.get(control.cursor, lane)
            row = builder.add(builder.mul(run, control.words["grid_size"]), place)
            offset = builder.mul(row, code.integer(size))
            whole = size - size % UNROLLED
            with code.loop(whole // UNROLLED) as block:
                for k in range(UNROLLED):
                    place = builder.mul(block, code.integer(UNROLLED))
                    self._copy(builder.add(place, code.integer(k)), offset, lane)
            for i in range(whole, size):
                self._copy(code.integer(i), offset, lane)
            control.count(control.cursor, lane)
            self.look_ahead(lane)

    def _copy(self, output: ir.Value, offset: ir.Value, lane: ir.Value) -> None:
        control, code, builder = self._control, self._control.code, self._control.code.builder
        value = code.load(code.lane(control.at["o"], output, lane))
        if code.shape.single:
            value = builder.fpext(value, DOUBLE)
        code.store(value, control.doubles("outputs"), builder.add(offset, output))
