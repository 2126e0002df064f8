"""COPASI through python-copasi: one model, its initial values changed for each run, LSODA.

Running the task with a data handler is the shortest way through its interface: time series and data
frames cost more than the integration. Of its methods only LSODA takes this model: RADAU5 refuses
what has a `piecewise`, which COPASI watches for roots.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflexarc.bench.problem import Problem

__all__ = ["DISTRIBUTION", "LIBRARIES", "prepare"]

Floats = NDArray[np.float64]

DISTRIBUTION = "python-copasi"
LIBRARIES = ("COPASI",)

MOST_STEPS = 100_000


def prepare(
    problem: Problem, *, setting: str, rtol: float, atol: float, folder: Path | None = None
) -> Callable[[], Floats]:
    """Return what solves all animals, one after another.

    Args:
        problem: A model whose states are parameters, or species in units of concentration.
        setting: `LSODA`.
        rtol: Relative tolerance.
        atol: Absolute tolerance; COPASI scales it by the size of each state.
        folder: Not needed.
    """
    import COPASI

    data = COPASI.CRootContainer.addDatamodel()
    if not data.importSBMLFromString(problem.sbml):
        raise ValueError("COPASI can't import the SBML")
    model = data.getModel()
    quantities: dict[str, Any] = {}
    for k in range(model.getNumModelValues()):
        quantities[model.getModelValue(k).getSBMLId()] = model.getModelValue(k)
    for k in range(model.getNumMetabs()):
        quantities[model.getMetabolite(k).getSBMLId()] = model.getMetabolite(k)

    for name in problem.tape.states:
        # What the SBML says of the start would win over the states that are handed over.
        quantities[name].setInitialExpression("")
    model.compileIfNecessary()

    task = data.getTask("Time-Course")
    task.setMethodType(COPASI.CTaskEnum.Method_deterministic)
    method = task.getMethod()
    method.getParameter("Relative Tolerance").setDblValue(rtol)
    method.getParameter("Absolute Tolerance").setDblValue(atol)
    method.getParameter("Max Internal Steps").setUIntValue(MOST_STEPS)
    work = task.getProblem()
    work.setUseValues(True)
    work.setTimeSeriesRequested(False)
    work.setAutomaticStepSize(False)

    states = problem.tape.states
    names = problem.touched
    values = problem.values(names)
    place = {name: k for k, name in enumerate(states)}
    handler = COPASI.CDataHandler()
    for name in states:
        quantity = quantities[name]
        species = hasattr(quantity, "getConcentrationReference")
        result = quantity.getConcentrationReference() if species else quantity.getValueReference()
        handler.addDuringName(COPASI.CRegisteredCommonName(result.getCN().getString()))
    setters = {
        name: getattr(quantities[name], "setInitialConcentration", quantities[name].setInitialValue)
        for name in dict.fromkeys([*states, *names])
    }
    put = [setters[name] for name in states]
    pieces = []
    for segment in problem.segments:
        wanted = problem.times[segment.rows]
        inner = wanted[wanted < segment.stop - 1e-9]
        times = " ".join(repr(float(t) - segment.start) for t in [*inner, segment.stop])
        new = [(setters[name], value) for name, value in segment.set.items()]
        bolus = [(place[name], amount) for name, amount in segment.add.items()]
        pieces.append((segment, times, new, bolus, wanted.size))

    def solve() -> Floats:
        answer = problem.empty()
        for animal in range(problem.animals):
            for name, value in zip(names, values[animal].tolist(), strict=True):
                setters[name](value)
            state = problem.initial[animal].copy()
            for segment, times, new, bolus, size in pieces:
                for setter, value in new:
                    setter(value)
                for at, amount in bolus:
                    state[at] += amount
                for setter, value in zip(put, state.tolist(), strict=True):
                    setter(value)
                model.updateInitialValues(COPASI.CCore.Framework_Concentration)
                work.setValues(times)
                handler.cleanup()
                if not task.initializeRawWithOutputHandler(COPASI.CCopasiTask.OUTPUT_UI, handler):
                    raise ValueError("COPASI can't start")
                if not task.processRaw(True):
                    break
                task.restore()
                count = handler.getNumRowsDuring()
                rows = np.array([handler.getNthRow(k) for k in range(count - size, count)])
                answer[animal, segment.rows] = rows
                state = rows[-1].copy()
        return answer

    return solve
