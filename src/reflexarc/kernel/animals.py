"""Animals come into lanes and leave them."""

from llvmlite import ir

from reflexarc.kernel.code import DOUBLE
from reflexarc.kernel.control import EMPTY, FRESH, IDLE, READY, Control
from reflexarc.kernel.sampling import Sampling
from reflexarc.kernel.status import Status

__all__ = ["Animals"]

SMALLEST_STEP = 1e-13
"""Steps below this share of the time have lost their meaning."""
SHORTEST_TIME = 1e-3
"""Times nearer to 0 than this count as this, for the smallest step."""


class Animals:
    """Emits the code that fills lanes and empties them.

    Args:
        control: The loop's variables.
        sampling: Where outputs go.
    """

    def __init__(self, control: Control, sampling: Sampling) -> None:
        self._control = control
        self._sampling = sampling

    def load(self) -> None:
        """Put the next animals into empty lanes, and report what they start with."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        with code.loop(code.shape.width) as lane, code.when(control.is_in(EMPTY, lane)):
            run = code.load(control.next)
            more = builder.icmp_signed("<", run, control.words["last"])
            with code.otherwise(more) as (then, rest):
                with then:
                    code.store(builder.add(run, code.integer(1)), control.next)
                    self._enter(lane, run)
                with rest:
                    control.set(control.phase, lane, IDLE)
        with code.when(control.some_in(FRESH)):
            with code.when(builder.not_(control.set_flag("after"))):
                control.prepare()
                self._sampling.report_state(control.those_in(FRESH))
            with code.loop(code.shape.width) as lane, code.when(control.is_in(FRESH, lane)):
                control.set(control.phase, lane, READY)

    def close(self, lane: ir.Value, status: ir.Value) -> None:
        """Write an animal's results and free its lane."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        run, size = control.get(control.run, lane), len(control.program.states)
        offset = builder.mul(run, code.integer(size))
        with code.loop(size) as i:
            value = code.load(code.lane(control.at["y"], i, lane))
            if code.shape.single:
                value = builder.fpext(value, DOUBLE)
            code.store(value, control.doubles("final"), builder.add(offset, i))
        self._sampling.leave_blank(lane)
        code.store(status, control.integers("status"), run)
        code.store(control.get(control.t, lane), control.doubles("ended"), run)
        twice = builder.mul(run, code.integer(2))
        code.store(control.get(control.good, lane), control.integers("steps"), twice)
        next_to = builder.add(twice, code.integer(1))
        code.store(control.get(control.bad, lane), control.integers("steps"), next_to)
        control.set(control.phase, lane, EMPTY)

    def give_up(self, lane: ir.Value, error: ir.Value) -> None:
        """Close an animal whose steps vanish, or that is beyond its limits."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        time = control.get(control.t, lane)
        now = builder.select(
            builder.fcmp_ordered("<", time, code.double(0.0)), builder.fneg(time), time
        )
        shortest = code.double(SHORTEST_TIME)
        scale = builder.select(builder.fcmp_ordered(">", now, shortest), now, shortest)
        smallest = builder.fmul(scale, code.double(SMALLEST_STEP))
        vanished = builder.fcmp_unordered("<", control.get(control.h, lane), smallest)
        with code.otherwise(vanished) as (then, rest):
            with then:
                known = builder.fcmp_ordered("ord", error, error)
                self.close(lane, self._one_of(known, Status.STEP_VANISHED, Status.NOT_FINITE))
            with rest:
                self.mind_limits(lane)

    def mind_limits(self, lane: ir.Value) -> None:
        """Close an animal that has taken too many steps or too much time."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        spent = builder.add(control.get(control.good, lane), control.get(control.bad, lane))
        waited = builder.sub(control.watch(0), control.get(control.begun, lane))
        late = builder.icmp_signed(">", waited, control.words["patience"])
        weary = builder.icmp_signed(">=", spent, control.words["max_steps"])
        with code.when(builder.or_(late, weary)):
            self.close(lane, self._one_of(weary, Status.STEP_LIMIT, Status.TIME_LIMIT))

    def _one_of(self, condition: ir.Value, yes: Status, no: Status) -> ir.Value:
        code = self._control.code
        return code.builder.select(condition, code.integer(yes), code.integer(no))

    def _enter(self, lane: ir.Value, run: ir.Value) -> None:
        control, code, builder = self._control, self._control.code, self._control.code.builder
        program = control.program
        control.set(control.run, lane, run)
        for counter in (control.cursor, control.good, control.bad):
            control.set(counter, lane, 0)
        row = code.load(control.integers("row"), run)
        self._copy(control.doubles("parameters"), row, len(program.parameters), "p", lane)
        self._copy(control.doubles("initial"), run, len(program.states), "y", lane)
        line = code.load(control.integers("timeline"), run)
        edges = control.integers("edges")
        control.set(control.edge, lane, code.load(edges, line))
        control.set(control.last_edge, lane, code.load(edges, builder.add(line, code.integer(1))))
        start = code.load(control.doubles("start"), line)
        for clock in (control.t, control.middle, control.end):
            control.set(clock, lane, start)
        control.set(control.stop, lane, code.load(control.doubles("stop"), line))
        control.set(control.begun, lane, control.watch(0))
        self._sampling.look_ahead(lane)
        control.set(control.phase, lane, FRESH)

    def _copy(self, table: ir.Value, row: ir.Value, length: int, name: str, lane: ir.Value) -> None:
        code, builder = self._control.code, self._control.code.builder
        offset = builder.mul(row, code.integer(length))
        with code.loop(length) as i:
            value = code.load(table, builder.add(offset, i))
            if code.shape.single:
                value = builder.fptrunc(value, code.shape.scalar)
            code.store(value, code.lane(self._control.at[name], i, lane))
