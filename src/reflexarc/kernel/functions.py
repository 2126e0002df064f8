"""The functions that differ from model to model: rates, Jacobian, elimination, outputs, events.

Every function works on arrays of vectors, one vector per quantity, one lane per animal.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from llvmlite import ir

from reflexarc.expression import TIME, Node
from reflexarc.instants import MIDDLE
from reflexarc.kernel.code import Code, Shape
from reflexarc.kernel.elimination import Elimination, eliminate
from reflexarc.kernel.emission import Emission
from reflexarc.kernel.lanes import divide
from reflexarc.kernel.program import Program

__all__ = ["Functions"]


class Functions:
    """Emits each function of a model once, when it is first asked for.

    Args:
        module: Where the functions go.
        program: The model's terms.
        shape: Of the vectors.

    In the signatures below `p` are parameters, `q` hoisted terms, `y` states, `t` the time.
    """

    def __init__(self, module: ir.Module, program: Program, shape: Shape) -> None:
        self.module = module
        self.program = program
        self.shape = shape
        self.array = shape.vector.as_pointer()

    @cached_property
    def elimination(self) -> Elimination:
        """How W is factored."""
        places = [(entry.row, entry.column) for entry in self.program.jacobian]
        return eliminate(len(self.program.states), places)

    @cached_property
    def prepare(self) -> ir.Function:
        """`prepare(p, middle, q)`: the terms that stay as they are during a segment."""
        function, code = self._begin("prepare", [self.array, self.shape.vector, self.array])
        p, middle, q = function.args
        values = self._emission(code, p=p, times={MIDDLE: middle, TIME: middle})
        self._fill(code, values, q, self.program.hoisted)
        code.builder.ret_void()
        return function

    @cached_property
    def rates(self) -> ir.Function:
        """`rates(p, q, y, t, f)`: the derivatives."""
        function, code = self._begin("rates", [*[self.array] * 3, self.shape.vector, self.array])
        p, q, y, t, f = function.args
        values = self._emission(code, p=p, q=q, y=y, times={TIME: t})
        self._fill(code, values, f, self.program.rates)
        code.builder.ret_void()
        return function

    @cached_property
    def linearise(self) -> ir.Function:
        """`linearise(p, q, y, t, f, w, d)`: derivatives, -J in the slots of W, drift."""
        kinds = [*[self.array] * 3, self.shape.vector, *[self.array] * 3]
        function, code = self._begin("linearise", kinds)
        p, q, y, t, f, w, d = function.args
        values = self._emission(code, p=p, q=q, y=y, times={TIME: t})
        self._fill(code, values, f, self.program.rates)
        nodes = {(e.row, e.column): e.node for e in self.program.jacobian}
        zero = code.splat(0.0)
        for slot, place in enumerate(self.elimination.entries):
            node = nodes.get(place)
            value = zero if node is None else code.builder.fneg(values.number(node))
            code.store(value, w, slot)
        self._fill(code, values, d, self.program.drift)
        code.builder.ret_void()
        return function

    @cached_property
    def factor(self) -> ir.Function:
        """`factor(w, diagonal)`: adds the diagonal to W and factors it in place.

        Slots on the diagonal then hold 1 / pivot, and U is scaled to a diagonal of 1.
        """
        function, code = self._begin("factor", [self.array, self.shape.vector])
        w, diagonal = function.args
        known: dict[int, ir.Value] = {}
        inverse: dict[int, ir.Value] = {}
        plan = self.elimination
        pivots = set(plan.diagonal)

        def slot(index: int) -> ir.Value:
            if index not in known:
                value = code.load(w, index)
                known[index] = code.add(value, diagonal) if index in pivots else value
            return known[index]

        def reciprocal(index: int) -> ir.Value:
            if index not in inverse:
                inverse[index] = divide(
                    code.builder, code.splat(1.0), slot(index), self.shape.arithmetic
                )
            return inverse[index]

        for target, left, right in plan.updates:
            if right is None:
                known[target] = code.mul(slot(target), reciprocal(left))
            else:
                known[target] = code.sub(slot(target), code.mul(slot(left), slot(right)))
        for row, upper in zip(reversed(plan.order), plan.upper, strict=True):
            for index, _ in upper:
                known[index] = code.mul(slot(index), reciprocal(plan.diagonal[row]))
        for index in range(len(plan.entries)):
            code.store(reciprocal(index) if index in pivots else slot(index), w, index)
        code.builder.ret_void()
        return function

    @cached_property
    def solve(self) -> ir.Function:
        """`solve(w, f, g, scale, u)`: u = W^-1 (f + scale g), with W from `factor`."""
        kinds = [*[self.array] * 3, self.shape.vector, self.array]
        function, code = self._begin("solve", kinds)
        w, f, g, scale, u = function.args
        plan = self.elimination
        x: dict[int, ir.Value] = {}
        for row, lower in zip(plan.order, plan.lower, strict=True):
            value = code.add(code.load(f, row), code.mul(scale, code.load(g, row)))
            for slot, column in lower:
                value = code.sub(value, code.mul(code.load(w, slot), x[column]))
            x[row] = value
        for row, upper in zip(reversed(plan.order), plan.upper, strict=True):
            value = code.mul(x[row], code.load(w, plan.diagonal[row]))
            for slot, column in upper:
                value = code.sub(value, code.mul(code.load(w, slot), x[column]))
            x[row] = value
            code.store(value, u, row)
        code.builder.ret_void()
        return function

    @cached_property
    def outputs(self) -> ir.Function:
        """`outputs(p, q, y, t, o)`: what is asked for."""
        function, code = self._begin("outputs", [*[self.array] * 3, self.shape.vector, self.array])
        p, q, y, t, o = function.args
        values = self._emission(code, p=p, q=q, y=y, times={TIME: t})
        self._fill(code, values, o, self.program.outputs)
        code.builder.ret_void()
        return function

    @cached_property
    def events(self) -> tuple[ir.Function, ...]:
        """Per event, `event(p, y, t, o)`: the values that it assigns."""
        functions = []
        for number, assignments in enumerate(self.program.events):
            kinds = [self.array, self.array, self.shape.vector, self.array]
            function, code = self._begin(f"event_{number}", kinds)
            p, y, t, o = function.args
            values = self._emission(code, p=p, y=y, times={TIME: t, MIDDLE: t})
            self._fill(code, values, o, [node for _, node in assignments])
            code.builder.ret_void()
            functions.append(function)
        return tuple(functions)

    # ---- inside

    def _begin(self, name: str, kinds: Sequence[ir.Type]) -> tuple[ir.Function, Code]:
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        for argument in function.args:
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        return function, Code(ir.IRBuilder(function.append_basic_block()), self.shape)

    def _emission(
        self,
        code: Code,
        *,
        p: ir.Value,
        times: Mapping[str, ir.Value],
        q: ir.Value | None = None,
        y: ir.Value | None = None,
    ) -> Emission:
        symbols = {name: (p, i) for i, name in enumerate(self.program.parameters)}
        if y is not None:
            symbols |= {name: (y, i) for i, name in enumerate(self.program.states)}
        hoisted: Any = None
        if q is not None:
            hoisted = q, {node: i for i, node in enumerate(self.program.hoisted)}
        return Emission(code, self.program.graph, symbols, times=times, hoisted=hoisted)

    def _fill(self, code: Code, values: Emission, array: ir.Value, nodes: Sequence[Node]) -> None:
        for i, node in enumerate(nodes):
            code.store(values.number(node), array, i)
