"""One step of a method, for all lanes at once.

Buffers of vectors: `y` the state, `z` the argument of a stage and at the end the new state, `g`
sums of stages, `f` rates, `u` the stages one after another, `w` the matrix, `d` the drift, `x` the
state somewhere within the step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from llvmlite import ir

from reflexarc.kernel.code import Code
from reflexarc.kernel.functions import Functions
from reflexarc.kernel.lanes import intrinsic
from reflexarc.kernel.methods import Explicit, Rosenbrock

__all__ = ["ExplicitStep", "RosenbrockStep", "Step", "Tolerances", "step_of"]

Buffers = Mapping[str, ir.Value]

FEW = 16
"""More states than this are done in a loop."""


@dataclass(frozen=True)
class Tolerances:
    """Relative tolerance (a vector) and absolute tolerances (an array of doubles, by state)."""

    relative: ir.Value
    absolute: ir.Value


class Step(Protocol):
    """A method's part of the generated code."""

    def buffers(self) -> dict[str, int]:
        """Return the length of each array that the step needs."""

    def take(self, code: Code, at: Buffers, t: ir.Value, h: ir.Value, tol: Tolerances) -> ir.Value:
        """Emit a step of size h (clock) from t (clock); the new state is in z.

        Returns:
            Size of the error against the tolerances, a vector; 1 is just good enough.
        """

    def between(
        self, code: Code, at: Buffers, needed: Sequence[int], theta: ir.Value, h: ir.Value
    ) -> None:
        """Emit the needed states at the share theta (a vector) of the step, into x."""


def step_of(method: Rosenbrock | Explicit, functions: Functions) -> Step:
    """Return the code of a method's step."""
    if isinstance(method, Rosenbrock):
        return RosenbrockStep(method, functions)
    return ExplicitStep(method, functions)


class RosenbrockStep:
    """A Rosenbrock step in the transformed form of `methods`."""

    def __init__(self, method: Rosenbrock, functions: Functions) -> None:
        self._method = method
        self._functions = functions
        self._size = len(functions.program.states)

    def buffers(self) -> dict[str, int]:
        """Return the length of each array that the step needs."""
        n = self._size
        return {
            "z": n,
            "g": n,
            "f": n,
            "u": n * self._method.stages,
            "w": len(self._functions.elimination.entries),
            "d": len(self._functions.program.drift),
        }

    def take(self, code: Code, at: Buffers, t: ir.Value, h: ir.Value, tol: Tolerances) -> ir.Value:
        """Emit a step; see `Step`."""
        method, functions, call = self._method, self._functions, code.builder.call
        one = code.splat(1.0, code.shape.clock)
        inverse = code.narrow(code.builder.fdiv(one, h))
        call(
            functions.linearise,
            [at["p"], at["q"], at["y"], code.narrow(t), at["f"], at["w"], at["d"]],
        )
        call(functions.factor, [at["w"], code.mul(inverse, code.splat(1.0 / method.gamma))])
        for i in range(method.stages):
            self._sums(code, at, i)
            if i > 0:
                shift = code.mul(h, code.splat(float(method.alpha[i]), code.shape.clock))
                when = code.narrow(code.add(t, shift))
                call(functions.rates, [at["p"], at["q"], at["z"], when, at["f"]])
            self._drift(code, at, i, h)
            stage = code.at(at["u"], i * self._size)
            call(functions.solve, [at["w"], at["f"], at["g"], inverse, stage])
        return self._finish(code, at, tol)

    def between(
        self, code: Code, at: Buffers, needed: Sequence[int], theta: ir.Value, h: ir.Value
    ) -> None:
        """Emit (1 - theta) y + theta y1 + sum of stages; see `Step` and `methods`."""
        rest = code.sub(code.splat(1.0), theta)
        outer = code.mul(theta, rest)
        weights = [code.mul(outer, polynomial(code, row, theta)) for row in self._method.dense.T]

        def state(k: ir.Value) -> None:
            old, new = code.load(at["y"], k), code.load(at["z"], k)
            value = code.add(code.mul(rest, old), code.mul(theta, new))
            for i, weight in enumerate(weights):
                value = code.add(value, code.mul(weight, self._stage(code, at, i, k)))
            code.store(value, at["x"], k)

        for_each(code, needed, self._size, state)

    def _sums(self, code: Code, at: Buffers, i: int) -> None:
        """Emit z = argument of stage i, g = sum_j c_ij u_j."""
        method = self._method
        with code.loop(self._size) as k:
            if i > 0:
                if method.increments[i]:
                    z = code.add(code.load(at["z"], k), self._stage(code, at, i - 1, k))
                else:
                    z = code.add(
                        code.load(at["y"], k), self._weighted(code, at, method.a[i][:i], k)
                    )
                code.store(z, at["z"], k)
            code.store(self._weighted(code, at, method.c[i][:i], k), at["g"], k)

    def _drift(self, code: Code, at: Buffers, i: int, h: ir.Value) -> None:
        """Emit f += gamma_i h df/dt, if the rates depend on the time at all."""
        if not self._functions.program.drift or self._method.gamma_sums[i] == 0:
            return
        factor = code.mul(code.narrow(h), code.splat(float(self._method.gamma_sums[i])))
        with code.loop(self._size) as k:
            moved = code.add(code.load(at["f"], k), code.mul(factor, code.load(at["d"], k)))
            code.store(moved, at["f"], k)

    def _finish(self, code: Code, at: Buffers, tol: Tolerances) -> ir.Value:
        method, last = self._method, self._method.stages - 1
        total = code.variable(code.splat(0.0))
        with code.loop(self._size) as k:
            y = code.load(at["y"], k)
            if method.increments[-1]:
                z = code.add(code.load(at["z"], k), self._stage(code, at, last, k))
            else:
                z = code.add(y, self._weighted(code, at, method.m, k))
            code.store(z, at["z"], k)
            error = self._weighted(code, at, method.e, k)
            ratio = relative_error(code, error, y, z, tol, k)
            code.store(code.add(code.load(total), code.mul(ratio, ratio)), total)
        mean = code.mul(code.load(total), code.splat(1.0 / max(self._size, 1)))
        return intrinsic(code.builder, "sqrt", mean)

    def _stage(self, code: Code, at: Buffers, i: int, k: ir.Value) -> ir.Value:
        return code.load(at["u"], code.builder.add(code.integer(i * self._size), k))

    def _weighted(self, code: Code, at: Buffers, weights: Any, k: ir.Value) -> ir.Value:
        return weighted(code, at["u"], self._size, weights, k)


class ExplicitStep:
    """An explicit Runge-Kutta step; no linear algebra."""

    def __init__(self, method: Explicit, functions: Functions) -> None:
        self._method = method
        self._functions = functions
        self._size = len(functions.program.states)

    def buffers(self) -> dict[str, int]:
        """Return the length of each array that the step needs."""
        n = self._size
        return {"z": n, "f": n, "u": n * self._method.stages}

    def take(self, code: Code, at: Buffers, t: ir.Value, h: ir.Value, tol: Tolerances) -> ir.Value:
        """Emit a step; see `Step`."""
        method, rates = self._method, self._functions.rates
        size = code.narrow(h)
        for i in range(method.stages):
            source = at["y"]
            if i > 0:
                source = at["z"]
                with code.loop(self._size) as k:
                    slope = weighted(code, at["u"], self._size, method.a[i][:i], k)
                    code.store(code.add(code.load(at["y"], k), code.mul(size, slope)), at["z"], k)
            shift = code.mul(h, code.splat(float(method.alpha[i]), code.shape.clock))
            when = code.narrow(code.add(t, shift))
            stage = code.at(at["u"], i * self._size)
            code.builder.call(rates, [at["p"], at["q"], source, when, stage])
        total = code.variable(code.splat(0.0))
        with code.loop(self._size) as k:
            y, z = code.load(at["y"], k), code.load(at["z"], k)
            error = code.mul(size, weighted(code, at["u"], self._size, method.e, k))
            ratio = relative_error(code, error, y, z, tol, k)
            code.store(code.add(code.load(total), code.mul(ratio, ratio)), total)
        mean = code.mul(code.load(total), code.splat(1.0 / max(self._size, 1)))
        return intrinsic(code.builder, "sqrt", mean)

    def between(
        self, code: Code, at: Buffers, needed: Sequence[int], theta: ir.Value, h: ir.Value
    ) -> None:
        """Emit y + h sum of stages; see `Step` and `methods`."""
        outer = code.mul(theta, code.narrow(h))
        weights = [code.mul(outer, polynomial(code, row, theta)) for row in self._method.dense.T]

        def state(k: ir.Value) -> None:
            value = code.load(at["y"], k)
            for i, weight in enumerate(weights):
                stage = code.load(at["u"], code.builder.add(code.integer(i * self._size), k))
                value = code.add(value, code.mul(weight, stage))
            code.store(value, at["x"], k)

        for_each(code, needed, self._size, state)


def polynomial(code: Code, coefficients: "np.ndarray[Any, Any]", x: ir.Value) -> ir.Value:
    """Emit sum_r coefficients[r] x^r."""
    value = code.splat(float(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        value = code.add(code.mul(value, x), code.splat(float(coefficient)))
    return value


def for_each(
    code: Code, needed: Sequence[int], size: int, emit: Callable[[ir.Value], None]
) -> None:
    """Emit something for each needed state: one after another if they are few, else for all."""
    if len(needed) > FEW:
        with code.loop(size) as k:
            emit(k)
        return
    for state in needed:
        emit(code.integer(state))


def weighted(
    code: Code, stages: ir.Value, size: int, weights: "np.ndarray[Any, Any]", k: ir.Value
) -> ir.Value:
    """Emit sum_i weights[i] stage_i[k], where stages lie one after another in an array."""
    total: ir.Value | None = None
    for i, weight in enumerate(weights):
        if weight == 0:
            continue
        stage = code.load(stages, code.builder.add(code.integer(i * size), k))
        term = stage if weight == 1 else code.mul(stage, code.splat(float(weight)))
        total = term if total is None else code.add(total, term)
    return code.splat(0.0) if total is None else total


def relative_error(
    code: Code, error: ir.Value, y: ir.Value, z: ir.Value, tol: Tolerances, k: ir.Value
) -> ir.Value:
    """Emit error / (atol_k + rtol max(|y|, |z|)) for state k; not a number where z is infinite."""
    larger = code.larger(code.magnitude(y), code.magnitude(z))
    absolute = code.spread(code.load(tol.absolute, k))
    allowed = code.add(absolute, code.mul(tol.relative, larger))
    return code.add(code.ratio(error, allowed), code.sub(z, z))
