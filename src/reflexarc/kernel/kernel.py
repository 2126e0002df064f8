"""A compiled model: tables of animals in, outputs out."""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError, unknown_word
from reflexarc.expression import Node
from reflexarc.kernel.control import ARGUMENTS
from reflexarc.kernel.controller import Controller
from reflexarc.kernel.machine import Binary, binary, processor
from reflexarc.kernel.methods import Explicit, Rosenbrock, method
from reflexarc.kernel.status import Status
from reflexarc.kernel.timetable import Timetable
from reflexarc.system import System

__all__ = ["Batch", "Kernel", "Settings"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TICK = 0.02
"""Seconds between two ticks of the clock that time limits are measured with."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How accurately, and how long at most.

    Attributes:
        rtol: Relative tolerance.
        atol: Absolute tolerance, one number or one per state, in the unit of the state.
        max_steps: Steps that one run may take, accepted or not.
        patience: Seconds that one run may take; None for no limit.
        after: Whether outputs at the instant of an edge are those just after it.
        common: Whether all lanes of a register take the same steps; rows must come in groups of
            `Kernel.width` with one timeline.
        log: Steps to be logged, at most.
    """

    rtol: float = 1e-6
    atol: ArrayLike = 1e-9
    max_steps: int = 100_000
    patience: float | None = None
    after: bool = False
    common: bool = False
    log: int = 0

    def __post_init__(self) -> None:
        demands = {
            "the relative tolerance is above 0": 0 < self.rtol < np.inf,
            "the absolute tolerance is above 0": bool(
                np.all(np.asarray(self.atol) > 0) and np.all(np.isfinite(self.atol))
            ),
            "at least one step is allowed": self.max_steps >= 1,
            "a time limit is above 0": self.patience is None or self.patience > 0,
            "the number of steps to be logged is 0 or more": self.log >= 0,
        }
        _demand(demands)


@dataclass(frozen=True, eq=False)
class Batch:
    """Results of many runs.

    Attributes:
        outputs: Shape (run, time, output). Before a run's start they are those of its start, behind
            its stop or a failure NaN.
        final: States at the end, shape (run, state).
        status: `status.Status`, shape (run,).
        ended: Time at which each run ended, shape (run,).
        steps: Steps accepted and rejected, shape (run, 2).
        log: Rows (run, time, step, error, accepted), if asked for.
    """

    outputs: Floats
    final: Floats
    status: Integers
    ended: Floats
    steps: Integers
    log: Floats


@dataclass(frozen=True, eq=False)
class Kernel:
    """Machine code for one model, one set of outputs and one method.

    Attributes:
        system: The model.
        outputs: Names of what is reported.
        method: Name of the method.
        single: Whether states are 32-bit numbers.
    """

    system: System
    outputs: tuple[str, ...]
    method: str
    single: bool
    width: int
    binary: Binary
    _idle: list[Any] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        system: System,
        outputs: Sequence[str],
        *,
        method_name: str = "rodas5p",
        single: bool = False,
        width: int | None = None,
        controller: Controller | None = None,
    ) -> "Kernel":
        """Compile a model, or find it compiled.

        Args:
            system: The model.
            outputs: Names of variables of the model.
            method_name: See `methods.METHODS`.
            single: Compute in single precision: twice the speed or more, for screening.
            width: Lanes; None for those of a register.
            controller: The rule for step sizes; None for the usual one of the method.
        """
        rule = method(method_name)
        for name in outputs:
            if name not in system.variables:
                known = list(system.variables)
                raise InputError(unknown_word("variable of the model", name, known))
        nodes = [system.variables[name] for name in outputs]
        shape = processor().shape(single=single, width=width)
        control = controller or usual_controller(rule)
        identity = hashlib.sha256(
            repr((system.digest(nodes), rule.name, shape, control)).encode()
        ).hexdigest()

        def build() -> tuple[str, dict[str, Any]]:
            return _generate(system, nodes, rule, shape, control)

        return cls(system, tuple(outputs), rule.name, single, shape.width, binary(identity, build))

    def run(
        self,
        *,
        parameters: Floats,
        initial: Floats,
        timetable: Timetable,
        line: Integers,
        grid: ArrayLike,
        settings: Settings,
        row: Integers | None = None,
        watch: Integers | None = None,
    ) -> Batch:
        """Integrate runs, on this thread alone.

        Args:
            parameters: Table, shape (row, parameter).
            initial: Initial states, shape (run, state).
            timetable: Lines of time.
            line: Line of each run, shape (run,).
            grid: Increasing times at which outputs are wanted, shape (time,).
            settings: Accuracy and limits.
            row: Row of `parameters` of each run; None for the row of the same number.
            watch: Two words that another thread may change: ticks of a clock (one each 0.02 s), and
                a wish to stop; with None, time limits have a clock of their own.

        Raises:
            InputError: If shapes don't fit or a number points nowhere.
        """
        times = np.ascontiguousarray(grid, dtype=np.float64)
        self._check(parameters, initial, timetable, line, times, row, settings)
        runs, states = initial.shape
        arrays: dict[str, NDArray[Any]] = {
            "workspace": _aligned(int(self.binary.facts["workspace"])),
            "parameters": np.ascontiguousarray(parameters, dtype=np.float64),
            "row": np.arange(runs) if row is None else np.ascontiguousarray(row, dtype=np.int64),
            "initial": np.ascontiguousarray(initial, dtype=np.float64),
            "timeline": np.ascontiguousarray(line, dtype=np.int64),
            "start": timetable.start,
            "stop": timetable.stop,
            "edges": timetable.edges,
            "edge_time": timetable.time,
            "edge_event": timetable.event,
            "operations": timetable.operations,
            "place": timetable.place,
            "adds": timetable.adds,
            "amount": timetable.amount,
            "grid": times,
            "absolute": np.broadcast_to(
                np.asarray(settings.atol, dtype=np.float64), (states,)
            ).copy(),
            "outputs": np.empty((runs, times.size, len(self.outputs))),
            "final": np.full((runs, states), np.nan),
            "status": np.full(runs, Status.STOPPED, dtype=np.int64),
            "ended": np.full(runs, np.nan),
            "steps": np.zeros((runs, 2), dtype=np.int64),
            "watch": np.zeros(2, dtype=np.int64) if watch is None else watch,
            "log": np.full((settings.log, 5), np.nan),
        }
        patience = settings.patience
        numbers: dict[str, int] = {
            "first": 0,
            "last": runs,
            "grid_size": times.size,
            "max_steps": settings.max_steps,
            "patience": 2**62 if patience is None else int(np.ceil(patience / TICK)),
            "log_size": settings.log,
            "common": int(settings.common),
            "after": int(settings.after),
            "relative": int(np.float64(settings.rtol).view(np.int64)),
        }
        words = np.array(
            [arrays[name].ctypes.data if name in arrays else numbers[name] for name in ARGUMENTS],
            dtype=np.int64,
        )
        with _ticking(arrays["watch"], wanted=patience is not None and watch is None):
            self.binary.integrate(words.ctypes.data)
        arrays["outputs"][arrays["status"] == Status.STOPPED] = np.nan
        return Batch(
            arrays["outputs"],
            arrays["final"],
            arrays["status"],
            arrays["ended"],
            arrays["steps"],
            arrays["log"][~np.isnan(arrays["log"][:, 0])],
        )

    def _check(
        self,
        parameters: Floats,
        initial: Floats,
        timetable: Timetable,
        line: Integers,
        times: Floats,
        row: Integers | None,
        settings: Settings,
    ) -> None:
        """Refuse tables that generated code would read beyond their ends."""
        system = self.system
        runs = len(initial)
        places = len(system.parameters) + len(system.states)
        facts = {
            "parameters have a column for each parameter": np.shape(parameters)[1:]
            == (len(system.parameters),),
            "initial states have a column for each state": np.shape(initial)[1:]
            == (len(system.states),),
            "each run has a line": np.shape(line) == (runs,),
            "a line is one of the timetable": _within(line, len(timetable.start)),
            "each run has a row": (len(parameters) if row is None else np.size(row)) == runs,
            "a row is one of the parameters": row is None or _within(row, len(parameters)),
            "a change is of a parameter or a state": _within(timetable.place, places),
            "an event is one of the model": timetable.event.size == 0
            or -1 <= timetable.event.min() <= timetable.event.max() < len(system.events),
            "times are finite and increase": times.ndim == 1
            and bool(np.isfinite(times).all() and (np.diff(times) >= 0).all()),
            "a line's start, stop and instants are finite, and in order": timetable.in_order,
            "steps in common need one line per group of lanes": not settings.common
            or (
                runs % self.width == 0
                and not np.ptp(np.reshape(line, (-1, self.width)), axis=1).any()
            ),
            "an absolute tolerance is one number or one per state": np.shape(settings.atol)
            in ((), (1,), (len(system.states),)),
        }
        _demand(facts)


def _demand(facts: Mapping[str, bool]) -> None:
    for demand, holds in facts.items():
        if not holds:
            raise InputError(f"the kernel can't run this; {demand}")


@contextmanager
def _ticking(watch: Integers, *, wanted: bool) -> Iterator[None]:
    """Let the clock of time limits go, if nobody else does."""
    if not wanted:
        yield
        return
    done = threading.Event()

    def tick() -> None:
        while not done.wait(TICK):
            watch[0] += 1

    clock = threading.Thread(target=tick, daemon=True)
    clock.start()
    try:
        yield
    finally:
        done.set()
        clock.join()


def _within(indices: Integers, size: int) -> bool:
    return np.size(indices) == 0 or bool(np.min(indices) >= 0 and np.max(indices) < size)


def usual_controller(rule: Rosenbrock | Explicit) -> Controller:
    """Return the rule for step sizes that goes with a method."""
    return Controller(exponent=1.0 / (rule.embedded_order + 1))


def _generate(
    system: System, nodes: Sequence[Node], rule: Any, shape: Any, control: Controller
) -> tuple[str, dict[str, Any]]:
    from llvmlite import ir

    from reflexarc.kernel.driver import Driver
    from reflexarc.kernel.functions import Functions
    from reflexarc.kernel.program import stage
    from reflexarc.kernel.steps import step_of

    module = ir.Module("reflexarc")
    program = stage(system, nodes)
    functions = Functions(module, program, shape)
    driver = Driver(functions, step_of(rule, functions), control)
    driver.emit()
    return str(module), {"workspace": driver.workspace}


def _aligned(size: int) -> NDArray[np.uint8]:
    """Return zeroed memory that begins at a multiple of 64 bytes."""
    memory = np.zeros(size + 64, dtype=np.uint8)
    shift = -memory.ctypes.data % 64
    return memory[shift : shift + size]
