"""The loop around the steps: animals come into lanes, live through their edges, and leave.

Every lane has its own animal, time, step size and place in its timeline. When an animal's run
ends, the next one takes its lane. Nothing passes between lanes, unless the caller asks for steps
in common (for differences between neighbouring parameters).

    EMPTY -> (load) FRESH -> (first outputs) READY -> (edges) STARTING -> STEPPING -> READY ...
    READY at its stop -> CLOSING -> (results) EMPTY; EMPTY with no animal left -> IDLE
"""

from llvmlite import ir

from reflexarc.kernel.animals import Animals
from reflexarc.kernel.code import INT, Code
from reflexarc.kernel.control import EMPTY, READY, STEPPING, Control
from reflexarc.kernel.controller import Controller
from reflexarc.kernel.edges import Edges
from reflexarc.kernel.functions import Functions
from reflexarc.kernel.sampling import Sampling
from reflexarc.kernel.steps import Step

__all__ = ["Driver"]


class Driver:
    """Emits `integrate(words)`, which runs rows `first` to `last` - 1 of a table of animals.

    Args:
        functions: The model.
        step: The method.
        controller: The rule for step sizes.

    Attributes:
        workspace: Bytes of scratch memory that a call needs, aligned to 64.
    """

    def __init__(self, functions: Functions, step: Step, controller: Controller) -> None:
        self._functions = functions
        self._step = step
        self._controller = controller
        program = functions.program
        arrays = {
            "p": len(program.parameters),
            "q": len(program.hoisted),
            "y": len(program.states),
            "x": len(program.states),
            "f": len(program.states),
            "o": max(len(program.outputs), *map(len, program.events), 1, 1),
            **step.buffers(),
        }
        self._offsets: dict[str, int] = {}
        size = 0
        for name, length in arrays.items():
            self._offsets[name] = size
            size += length
        self.workspace = size * functions.shape.bytes

    def emit(self) -> None:
        """Add the function to the module."""
        kind = ir.FunctionType(ir.VoidType(), [INT.as_pointer()])
        function = ir.Function(self._functions.module, kind, "integrate")
        code = Code(ir.IRBuilder(function.append_basic_block()), self._functions.shape)
        with code.without_subnormals():
            self._loop(code)
        code.builder.ret_void()

    def _loop(self, code: Code) -> None:
        control = Control(code, self._functions, self._offsets)
        sampling = Sampling(control, self._step)
        animals = Animals(control, sampling)
        edges = Edges(control, self._controller, animals, sampling)
        with code.forever() as leave:
            with code.forever() as settled:
                animals.load()
                edges.cross()
                settled(code.builder.not_(control.some_in(EMPTY)))
            leave(code.builder.not_(control.some_in(STEPPING)))
            leave(code.builder.icmp_signed("!=", control.watch(1), code.integer(0)))
            self._step_once(control, sampling, animals)

    def _step_once(self, control: Control, sampling: Sampling, animals: Animals) -> None:
        code, builder = control.code, control.code.builder
        clock = code.shape.clock
        controller, pace = self._controller, self._controller.pace
        t, end, wanted = (code.load(v) for v in (control.t, control.end, control.h))
        room, stepping = code.sub(end, t), control.those_in(STEPPING)
        lands = code.compare(">=", code.mul(wanted, code.splat(pace.reach, clock)), room)
        one = code.splat(1.0, clock)
        h = code.choose(stepping, code.choose(lands, room, wanted), one)
        error = self._step.take(code, control.at, t, h, control.tolerances)
        error = code.mul(code.widen(error), code.splat(pace.weight, clock))
        error = code.choose(stepping, error, code.splat(0.0, clock))
        error = control.in_common(error, ">")
        good = builder.and_(code.compare("<=", error, one), stepping)
        new = code.choose(lands, end, code.add(t, h))
        factor = controller.factor(code, error, code.load(control.grown))
        code.store(code.mul(h, factor), control.h)
        growth = code.splat(pace.growth, clock)
        code.store(code.choose(good, growth, one), control.grown)
        sampling.report_step(good, lands, t, h, new)
        with code.loop(len(control.program.states)) as k:
            z, y = code.load(control.at["z"], k), code.load(control.at["y"], k)
            keep = code.choose(good, z, y)
            code.store(keep, control.at["y"], k)
        code.store(code.choose(good, new, t), control.t)
        counter = code.shape.counter
        accepted = code.variable(builder.zext(good, counter))
        landed = code.variable(builder.zext(builder.and_(good, lands), counter))
        errors, taken, times = (code.variable(v) for v in (error, h, t))
        with code.loop(code.shape.width) as lane, code.when(control.is_in(STEPPING, lane)):
            control.note(lane, times, taken, errors, accepted)
            was_good = builder.icmp_signed("!=", control.get(accepted, lane), code.integer(0))
            with code.otherwise(was_good) as (then, rest):
                with then:
                    control.count(control.good, lane)
                with rest:
                    control.count(control.bad, lane)
            arrived = builder.icmp_signed("!=", control.get(landed, lane), code.integer(0))
            with code.otherwise(arrived) as (then, rest):
                with then:
                    control.set(control.phase, lane, READY)
                with rest:
                    animals.give_up(lane, control.get(errors, lane))
