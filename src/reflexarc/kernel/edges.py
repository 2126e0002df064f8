"""Edges of a timeline: what changes at an instant, and the segment that begins behind it."""

from llvmlite import ir

from reflexarc.instants import SAME_INSTANT
from reflexarc.kernel.animals import Animals
from reflexarc.kernel.control import CLOSING, READY, STARTING, STEPPING, Control
from reflexarc.kernel.controller import Controller
from reflexarc.kernel.sampling import Sampling
from reflexarc.kernel.status import Status

__all__ = ["Edges"]


class Edges:
    """Emits the code that takes lanes over their edges.

    Args:
        control: The loop's variables.
        controller: The rule for the first step of a segment.
        animals: Where a run ends.
        sampling: Where outputs go.
    """

    def __init__(
        self, control: Control, controller: Controller, animals: Animals, sampling: Sampling
    ) -> None:
        self._control = control
        self._controller = controller
        self._animals = animals
        self._sampling = sampling

    def cross(self) -> None:
        """Apply what is due in lanes that are ready; begin their next segment or end their run."""
        control, code = self._control, self._control.code
        with code.when(control.some_in(READY)):
            with code.loop(code.shape.width) as lane, code.when(control.is_in(READY, lane)):
                self._apply_due(lane)
                self._set_out(lane)
            control.prepare()
            with code.when(control.some_in(STARTING)):
                self._choose_first_step()
            with code.when(control.set_flag("after")):
                lanes = code.builder.or_(control.those_in(STARTING), control.those_in(CLOSING))
                self._sampling.report_state(lanes)
            with code.loop(code.shape.width) as lane:
                with code.when(control.is_in(CLOSING, lane)):
                    self._animals.close(lane, code.integer(Status.DONE))
                with code.when(control.is_in(STARTING, lane)):
                    control.set(control.phase, lane, STEPPING)

    def _set_out(self, lane: ir.Value) -> None:
        """Set the end of the segment that begins now, or see that the run is over."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        now, stop = control.get(control.t, lane), control.get(control.stop, lane)
        with code.otherwise(self._reached(now, stop)) as (then, rest):
            with then:
                control.set(control.middle, lane, now)
                control.set(control.phase, lane, CLOSING)
            with rest:
                end = code.variable(stop)
                edge = control.get(control.edge, lane)
                left = builder.icmp_signed("<", edge, control.get(control.last_edge, lane))
                with code.when(left):
                    upcoming = code.load(control.doubles("edge_time"), edge)
                    sooner = builder.fcmp_ordered("<", upcoming, stop)
                    code.store(builder.select(sooner, upcoming, stop), end)
                until = code.load(end)
                control.set(control.end, lane, until)
                half = builder.fmul(builder.fadd(now, until), code.double(0.5))
                control.set(control.middle, lane, half)
                control.set(control.phase, lane, STARTING)
                self._animals.mind_limits(lane)

    def _choose_first_step(self) -> None:
        control, code, at = self._control, self._control.code, self._control.at
        when = code.narrow(code.load(control.t))
        code.builder.call(control.functions.rates, [at["p"], at["q"], at["y"], when, at["f"]])
        size = len(control.program.states)
        first = self._controller.first_step(code, at, control.tolerances, size)
        room = code.sub(code.load(control.end), code.load(control.t))
        first = control.in_common(code.smaller(first, room), "<")
        starting = control.those_in(STARTING)
        code.store(code.choose(starting, first, code.load(control.h)), control.h)
        largest = code.splat(self._controller.pace.growth, code.shape.clock)
        code.store(code.choose(starting, largest, code.load(control.grown)), control.grown)

    def _reached(self, now: ir.Value, instant: ir.Value) -> ir.Value:
        code, builder = self._control.code, self._control.code.builder
        early = builder.fsub(instant, code.double(SAME_INSTANT))
        return builder.fcmp_ordered(">=", now, early)

    def _apply_due(self, lane: ir.Value) -> None:
        control, code, builder = self._control, self._control.code, self._control.code.builder
        with code.forever() as leave:
            edge = control.get(control.edge, lane)
            leave(builder.icmp_signed(">=", edge, control.get(control.last_edge, lane)))
            instant = code.load(control.doubles("edge_time"), edge)
            leave(builder.not_(self._reached(control.get(control.t, lane), instant)))
            operations = control.integers("operations")
            first = code.load(operations, edge)
            last = code.load(operations, builder.add(edge, code.integer(1)))
            with code.loop(builder.sub(last, first)) as i:
                self._operate(lane, builder.add(first, i))
            if control.program.events:
                self._fire(lane, code.load(control.integers("edge_event"), edge))
            control.count(control.edge, lane)

    def _operate(self, lane: ir.Value, operation: ir.Value) -> None:
        """Set a parameter or a state of one lane, or add to it."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        amount = code.load(control.doubles("amount"), operation)
        if code.shape.single:
            amount = builder.fptrunc(amount, code.shape.scalar)
        target = self._place(lane, code.load(control.integers("place"), operation))
        flag = code.load(control.integers("adds"), operation)
        adds = builder.icmp_signed("!=", flag, code.integer(0))
        total = builder.fadd(code.load(target), amount)
        code.store(builder.select(adds, total, amount), target)

    def _place(self, lane: ir.Value, place: ir.Value) -> ir.Value:
        """Return the address of a parameter, or of a state behind the parameters."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        count = code.integer(len(control.program.parameters))
        is_state = builder.icmp_signed(">=", place, count)
        index = builder.select(is_state, builder.sub(place, count), place)
        base = builder.select(is_state, control.at["y"], control.at["p"])
        return code.lane(base, index, lane)

    def _fire(self, lane: ir.Value, event: ir.Value) -> None:
        """Assign what an event of the model assigns, in one lane."""
        control, code, builder = self._control, self._control.code, self._control.code.builder
        at = control.at
        for number, function in enumerate(control.functions.events):
            with code.when(builder.icmp_signed("==", event, code.integer(number))):
                when = code.narrow(code.load(control.t))
                builder.call(function, [at["p"], at["y"], when, at["o"]])
                for i, (place, _) in enumerate(control.program.events[number]):
                    value = code.load(code.lane(at["o"], i, lane))
                    code.store(value, self._place(lane, code.integer(place)))
