"""How far the kernel is from what the processor could do: flops and seconds of each part of a step.

Flops are counted in the code as it is generated: 1 for an addition, subtraction, multiplication,
division, comparison or choice, 2 for a fused multiply-add, times the lanes. Seconds are those of
each generated function called again and again by itself, when one call overlaps with the next.
What a whole step takes more is the loop around them, and waiting: within a step each function
needs the result of the one before.
"""

import ctypes
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.cases import response
from reflexarc.bench.peers.own import prepared
from reflexarc.bench.problem import Problem
from reflexarc.kernel.methods import RODAS5P
from reflexarc.kernel.program import SIGNED_POWER

__all__ = ["Account", "Part", "account"]

Floats = NDArray[np.float64]

CALLS = 20_000
TURNS = 5
CHAINS = 16
"""Independent chains of multiply-adds, enough to hide their latency."""
BUFFERS = ("p", "q", "y", "f", "g", "w", "d", "u", "o")
SIGNATURES = {
    "prepare": "p t q",
    "rates": "p q y t f",
    "linearise": "p q y t f w d",
    "factor": "w s",
    "solve": "w f g s u",
    "outputs": "p q y t o",
}
"""Arguments of each function: buffers, `t` the time, `s` a scale of 1."""


@dataclass(frozen=True)
class Part:
    """One part of a step.

    Attributes:
        name: What it is.
        times: How often a step does it.
        flops: Of one call, all lanes.
        seconds: Of one call.
        peak: Share of the processor's peak that it reaches.
        of_step: Share of the seconds of a step.
    """

    name: str
    times: int
    flops: int
    seconds: float
    peak: float
    of_step: float


@dataclass(frozen=True)
class Account:
    """Where the time of a step goes.

    Attributes:
        model: Hash of the model.
        method: Name of the method.
        lanes: Animals side by side.
        states: Number of states left after specialisation.
        peak: Measured peak of one core, flops per second.
        step: Seconds of a whole step of all lanes, outputs included.
        steps: Steps of a run of 72 h, on average.
        flops: Of a whole step.
        share: Of the peak, over whole runs.
        parts: The parts.
        exp_log: Share of the seconds of the rates that exponentials and logarithms take.
    """

    model: str
    method: str
    lanes: int
    states: int
    peak: float
    step: float
    steps: float
    flops: float
    share: float
    parts: tuple[Part, ...]
    exp_log: float


def account(*, animals: int = 256, rtol: float = 1e-6, single: bool = False) -> Account:
    """Measure on reflexarc's own model, one thread.

    Args:
        animals: Of the whole runs.
        rtol: Of the whole runs.
        single: In single precision.
    """
    problem = response(animals)
    work = prepared(problem, single=single)
    seconds, steps = _whole(work.run, rtol)
    return _Bench(work.kernel, problem, single).account(seconds, steps)


def _whole(run: Callable[[float], Any], rtol: float) -> tuple[float, float]:
    """Return the seconds of a step of one animal, and the steps of a run."""
    best, taken = np.inf, 1.0
    for _ in range(TURNS):
        start = time.process_time()
        batch = run(rtol)
        spent = time.process_time() - start
        taken = float(batch.steps.sum())
        best = min(best, spent / taken)
    return best, taken / len(batch.steps)


class _Bench:
    """The generated functions of a model, each in a loop of its own."""

    def __init__(self, kernel: Any, problem: Problem, single: bool) -> None:
        from llvmlite import ir

        from reflexarc.kernel.code import Code
        from reflexarc.kernel.functions import Functions
        from reflexarc.kernel.machine import processor
        from reflexarc.kernel.program import stage

        self._system, self._problem = kernel.system, problem
        self._method = RODAS5P
        self._shape = processor().shape(single=single)
        self._program = stage(
            kernel.system, [kernel.system.variables[name] for name in kernel.outputs]
        )
        module = ir.Module("roofline")
        functions = Functions(module, self._program, self._shape)
        self._elimination = functions.elimination
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64), *[functions.array] * len(BUFFERS)])
        for name, signature in SIGNATURES.items():
            target = getattr(functions, name)
            repeat = ir.Function(module, kind, f"repeat_{name}")
            code = Code(ir.IRBuilder(repeat.append_basic_block()), self._shape)
            given = dict(zip(BUFFERS, repeat.args[1:], strict=True))
            given |= {"t": code.splat(1.0), "s": code.splat(1.0)}
            with code.without_subnormals(), code.loop(repeat.args[0]):
                code.builder.call(target, [given[word] for word in signature.split()])
            code.builder.ret_void()
        self._peak_code(module)
        self._text = str(module)
        self._engine = _loaded(self._text)

    def account(self, step: float, steps: float) -> Account:
        lanes, size = self._shape.width, len(self._system.states)
        peak = self._peak()
        self._fill()
        stages = self._method.stages
        times = {"rates": stages - 1, "linearise": 1, "factor": 1, "solve": stages, "outputs": 0}
        whole = step * lanes
        parts = []
        for name, often in times.items():
            flops, seconds = _flops(self._text, name) * lanes, self._time(name)
            parts.append(
                Part(name, often, flops, seconds, flops / seconds / peak, often * seconds / whole)
            )
        sums = float(self._sums() * lanes * size)
        rest = whole - sum(part.times * part.seconds for part in parts)
        parts.append(
            Part(
                "sums of stages, loop, waiting",
                1,
                int(sums),
                rest,
                sums / rest / peak,
                rest / whole,
            )
        )
        total = float(sum(part.times * part.flops for part in parts))
        return Account(
            model=self._problem.model,
            method=self._method.name,
            lanes=lanes,
            states=size,
            peak=peak,
            step=whole,
            steps=steps,
            flops=total,
            share=total / whole / peak,
            parts=tuple(parts),
            exp_log=self._exp_log(),
        )

    def _sums(self) -> int:
        """Return the flops per state and lane of all sums of stages in a step."""
        method = self._method
        weights = [method.c, method.m, method.e]
        weights += [row for i, row in enumerate(method.a) if not method.increments[i]]
        return 2 * sum(int(np.count_nonzero(part)) for part in weights) + 8

    def _fill(self) -> None:
        """Put a state into the buffers: an animal three hours after LPS, in all lanes."""
        real = np.float32 if self._shape.single else np.float64
        sizes = {
            "p": len(self._program.parameters), "q": len(self._program.hoisted),
            "w": len(self._elimination.entries), "o": len(self._program.outputs),
        }  # fmt: skip
        width, states = self._shape.width, len(self._system.states)
        self._buffers = {}
        for name in BUFFERS:
            memory = np.zeros((max(sizes.get(name, states), 1) + 1) * width, dtype=real)
            shift = (-memory.ctypes.data % 64) // memory.itemsize
            self._buffers[name] = memory[shift : memory.size - width + shift]
        columns = [self._problem.tape.parameters.index(n) for n in self._system.parameters]
        rows = [self._problem.tape.states.index(n) for n in self._system.states]
        state = np.maximum(self._problem.sizes[rows], 1e-3)
        self._buffers["p"][: len(columns) * width] = np.repeat(
            self._problem.parameters[0, columns], width
        )
        self._buffers["y"][: states * width] = np.repeat(state, width)
        self._call("prepare", 1)

    def _call(self, name: str, count: int) -> None:
        address = self._engine.get_function_address(f"repeat_{name}")
        kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * len(BUFFERS))
        kind(address)(count, *(self._buffers[buffer].ctypes.data for buffer in BUFFERS))

    def _time(self, name: str) -> float:
        best = float("inf")
        for _ in range(TURNS):
            if name in ("factor", "solve"):
                # The matrix of a step of 0.1 h; factoring it again and again would leave nothing.
                self._buffers["w"][:] = 0.0
                self._buffers["f"][:] = 1.0
                self._buffers["g"][:] = 1.0
            start = time.process_time()
            self._call(name, CALLS)
            best = min(best, (time.process_time() - start) / CALLS)
        return best

    def _exp_log(self) -> float:
        """Return the share of the rates' flops that stand in exponentials and logarithms."""
        graph, hoisted = self._program.graph, set(self._program.hoisted)
        moving = graph.mask(self._system.states)
        counts = Counter(
            self._transcendental(node)
            for node in graph.order(self._program.rates)
            if node not in hoisted and graph.depends(node, moving)
        )
        flops = {name: self._flops_of(name) for name in ("exp", "log")}
        total = (counts["exp"] + counts["power"]) * flops["exp"]
        total += (counts["log"] + counts["power"]) * flops["log"]
        return total / _flops(self._text, "rates")

    def _transcendental(self, node: int) -> str:
        graph = self._program.graph
        operator = graph.operator(node)
        if operator == SIGNED_POWER:
            return "power"
        if operator == "power":
            whole = graph.value(graph.arguments(node)[1]).is_integer()
            return "" if whole else "power"
        return operator if operator in ("exp", "log") else ""

    def _flops_of(self, name: str) -> int:
        from llvmlite import ir

        from reflexarc.kernel.code import Code
        from reflexarc.kernel.transcendentals import exp, log_clamped

        emit = {"exp": exp, "log": log_clamped}[name]
        module, vector = ir.Module(name), self._shape.vector
        function = ir.Function(module, ir.FunctionType(vector, [vector]), name)
        code = Code(ir.IRBuilder(function.append_basic_block()), self._shape)
        code.builder.ret(emit(code.builder, function.args[0], self._shape.arithmetic))
        return _flops(str(module), name)

    def _peak_code(self, module: Any) -> None:
        """Emit a loop of nothing but multiply-adds."""
        from llvmlite import ir

        from reflexarc.kernel.code import Code
        from reflexarc.kernel.lanes import intrinsic

        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64), self._shape.vector.as_pointer()])
        function = ir.Function(module, kind, "peak")
        code = Code(ir.IRBuilder(function.append_basic_block()), self._shape)
        count, memory = function.args
        chains = [code.variable(code.load(memory, i)) for i in range(CHAINS)]
        factor, term = code.splat(0.999), code.splat(0.001)
        with code.loop(count):
            for chain in chains:
                code.store(intrinsic(code.builder, "fma", code.load(chain), factor, term), chain)
        for i, chain in enumerate(chains):
            code.store(code.load(chain), memory, i)
        code.builder.ret_void()

    def _peak(self) -> float:
        memory = np.zeros((CHAINS + 1) * 16)
        base = memory.ctypes.data + (-memory.ctypes.data % 64)
        kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)
        function = kind(self._engine.get_function_address("peak"))
        turns, best = 2_000_000, np.inf
        for _ in range(TURNS):
            start = time.process_time()
            function(turns, base)
            best = min(best, time.process_time() - start)
        return float(2 * CHAINS * self._shape.width * turns / best)


def _loaded(text: str) -> Any:
    from reflexarc.kernel.machine import assembled, loaded

    return loaded(assembled(text))


def _flops(text: str, name: str) -> int:
    """Count the operations of one lane in a function of straight code."""
    body = re.search(rf'^define [^\n]*@"{name}"\(.*?^}}', text, re.M | re.S)
    if body is None:
        raise ValueError(f"no function {name!r}")
    single = re.findall(r"= (?:fadd|fsub|fmul|fdiv|fneg|fcmp|select)\b", body[0])
    fused = re.findall(r'call [^\n]*@"llvm\.fma\.', body[0])
    return len(single) + 2 * len(fused)
