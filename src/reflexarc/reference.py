"""One timeline, one animal, through libRoadRunner (CVODE), the reference engine.

Between two edges of a timeline the inputs are constant, so each piece is an ordinary initial value
problem. The solver is stopped at every edge and started afresh behind it.

A value asked for at the very instant of an edge is the one just before the edge: blood drawn when a
bolus is given doesn't hold the bolus yet.

libRoadRunner scales a scalar absolute tolerance by the state at the start of each call, so a run
cut in two would be solved to another accuracy than the same run in one piece (its issue 1349).
Here the tolerance is a vector, fixed once per model.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError, NumericalError, unknown_word
from reflexarc.instants import SAME_INSTANT

if TYPE_CHECKING:
    from reflexarc.biology import Model
    from reflexarc.timeline import Timeline

__all__ = ["ATOL", "CUMULATIVE", "RTOL", "SETTLING", "Instrument", "instrument", "simulate_animal"]

Floats = NDArray[np.float64]

RTOL = 1e-7
ATOL = 1e-9
SETTLING = 240.0
"""Hours without any input before a run, in which an animal comes to its own rest."""
CUMULATIVE = ("hazard",)
"""States that add up from the start of a run; settling doesn't count."""


def simulate_animal(
    *,
    model: "Model",
    timeline: "Timeline",
    times: ArrayLike,
    outputs: Sequence[str],
    multipliers: Mapping[str, float] | None = None,
    animal: int = 0,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> Floats:
    """Run one animal through one timeline.

    Args:
        model: The assembled biology.
        timeline: Initial parameters and edges; times in h.
        times: Increasing times in h at which outputs are wanted. Before `timeline.start` the
            animal rests; after `timeline.stop` the outputs are NaN.
        outputs: Ids of states, variables or parameters of the model.
        multipliers: Factor on some parameters for this animal; none is the typical animal.
        animal: Number of the animal, for error messages.
        rtol: Relative tolerance of CVODE.
        atol: Absolute tolerance of CVODE, in the unit of each state.

    Returns:
        Outputs, shape (time, output), in the units of the model.

    Raises:
        InputError: If an id is unknown or the times don't increase.
        NumericalError: If the integration fails; the sentence names arm, animal and time.
    """
    return instrument(model.sbml).run(
        timeline=timeline,
        times=times,
        outputs=outputs,
        multipliers=multipliers or {},
        animal=animal,
        rtol=rtol,
        atol=atol,
    )


@lru_cache(maxsize=4)
def instrument(sbml: str) -> "Instrument":
    """Return the compiled model of an SBML text; compiled once per process."""
    return Instrument(sbml)


@dataclass(frozen=True)
class _Slot:
    """Where a state lives inside libRoadRunner."""

    kind: str
    index: int
    volume: float
    """Amount per unit of the state: the compartment's volume, or 1 for what is itself an amount."""
    compartment: float


class Instrument:
    """A compiled model, ready to run many animals one after another.

    Args:
        sbml: SBML text with rate rules or reactions and no events.

    Attributes:
        states: Ids of the states, in the order of the solver.
        parameters: Ids of the constants that may be set.
    """

    def __init__(self, sbml: str) -> None:
        self._road = _load(sbml)
        self._core = self._road.model
        ruled = {*self._road.getRateRuleIds(), *self._road.getAssignmentRuleIds()}
        self._globals = {name: i for i, name in enumerate(self._core.getGlobalParameterIds())}
        self._floating = {n: i for i, n in enumerate(self._core.getFloatingSpeciesIds())}
        self._boundary = {n: i for i, n in enumerate(self._core.getBoundarySpeciesIds())}
        self.states: tuple[str, ...] = tuple(
            self._core.getStateVectorId(i) for i in range(len(self._road.getRatesOfChange()))
        )
        self.parameters: tuple[str, ...] = tuple(n for n in self._globals if n not in ruled)
        self._slots = tuple(self._slot(name) for name in self.states)
        self._volumes = np.array([slot.volume for slot in self._slots])
        self._compartments = np.array([slot.compartment for slot in self._slots])
        self._position = {name: i for i, name in enumerate(self.parameters)}
        self._parameter_index = [self._globals[name] for name in self.parameters]
        everything = self._core.getGlobalParameterValues()
        self._values = np.array([everything[i] for i in self._parameter_index])
        self._rest = self._state()
        self._cumulative = [i for i, name in enumerate(self.states) if name in CUMULATIVE]
        self._settled: dict[tuple[object, ...], Floats] = {}

    def run(
        self,
        *,
        timeline: "Timeline",
        times: ArrayLike,
        outputs: Sequence[str],
        multipliers: Mapping[str, float],
        animal: int = 0,
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> Floats:
        """Run one animal through one timeline; see `simulate_animal`."""
        wanted = np.asarray(times, dtype=np.float64)
        if wanted.ndim != 1 or (np.diff(wanted) <= SAME_INSTANT).any():
            raise InputError("the times of a simulation must increase by more than 1e-9 h")
        who = f"arm {timeline.arm!r}, animal {animal}"
        self._set_tolerances(rtol, atol)
        self._road.timeCourseSelections = [self._selection(name) for name in outputs]
        values = self._animal_values(timeline.initial, multipliers)
        self._put(self._resting_state(values, (rtol, atol), who))
        self._put_parameters(values)

        result = np.full((wanted.size, len(outputs)), np.nan)
        result[wanted <= timeline.start + SAME_INSTANT] = self._road.getSelectedValues()
        edges = sorted(timeline.edges, key=lambda edge: edge.time)
        now, k = float(timeline.start), 0
        while True:
            while k < len(edges) and edges[k].time <= now + SAME_INSTANT:
                self._apply(edges[k].set, edges[k].add, values)
                k += 1
            if now >= timeline.stop - SAME_INSTANT:
                break
            end = min(edges[k].time, timeline.stop) if k < len(edges) else timeline.stop
            inside = (wanted > now + SAME_INSTANT) & (wanted <= end + SAME_INSTANT)
            result[inside] = self._segment(now, end, wanted[inside], who)
            now = float(end)
        return result

    def rates(self, state: Floats, values: Mapping[str, float]) -> Floats:
        """Return the derivative of each state (unit/h) at a state with the parameters given.

        Parameters not given have their value in the model. For checks against other solvers.
        """
        self._put(state)
        self._put_parameters(self._animal_values(values, {}))
        return np.asarray(np.array(self._road.getRatesOfChange()) / self._volumes)

    @property
    def rest(self) -> Floats:
        """The model's initial state, in the order of `states`."""
        return self._rest.copy()

    def _segment(self, start: float, end: float, wanted: Floats, who: str) -> Floats:
        """Integrate from start to end and return the outputs at the wanted times in between."""
        inner = wanted[wanted < end - SAME_INSTANT]
        try:
            rows = np.array(self._road.simulate(times=[start, *inner.tolist(), end]))
        except RuntimeError as error:
            raise NumericalError(_failure(error, who, start, end)) from None
        bad = ~np.isfinite(rows).all(axis=1)
        if bad.any() or not np.isfinite(self._state()).all():
            at = [start, *inner, end][int(bad.argmax())] if bad.any() else end
            raise NumericalError(f"{who}: the solution is not finite at t = {at:.6g} h")
        return np.asarray(rows[1 : 1 + wanted.size])

    def _resting_state(
        self,
        values: Floats,
        tolerances: tuple[float, float],
        who: str,
    ) -> Floats:
        """Return the state in which this animal has lived long before the experiment."""
        key = (values.tobytes(), tolerances)
        if key not in self._settled:
            self._put(self._rest)
            self._put_parameters(values)
            selections = self._road.timeCourseSelections
            self._road.timeCourseSelections = ["time"]
            self._segment(0.0, SETTLING, np.empty(0), f"{who}, settling")
            self._road.timeCourseSelections = selections
            settled = self._state()
            settled[self._cumulative] = self._rest[self._cumulative]
            if len(self._settled) >= 64:
                self._settled.pop(next(iter(self._settled)))
            self._settled[key] = settled
        return self._settled[key]

    def _animal_values(
        self, initial: Mapping[str, float], multipliers: Mapping[str, float]
    ) -> Floats:
        values = self._values.copy()
        for name, value in initial.items():
            values[self._parameter(name)] = value
        for name, factor in multipliers.items():
            values[self._parameter(name)] *= factor
        return values

    def _apply(self, settings: Mapping[str, float], added: Mapping[str, float], v: Floats) -> None:
        for name, value in settings.items():
            v[self._parameter(name)] = value
        self._put_parameters(v)
        if added:
            state = self._state()
            for name, amount in added.items():
                if name not in self.states:
                    raise InputError(unknown_word("state", name, self.states))
                state[self.states.index(name)] += amount
            self._put(state)

    def _parameter(self, name: str) -> int:
        if name not in self._position:
            raise InputError(unknown_word("parameter of the model", name, self.parameters))
        return self._position[name]

    def _put_parameters(self, values: Floats) -> None:
        self._core.setGlobalParameterValues(self._parameter_index, values.tolist())

    def _state(self) -> Floats:
        pools = {
            "global": self._core.getGlobalParameterValues(),
            "floating": self._core.getFloatingSpeciesAmounts(),
            "boundary": self._core.getBoundarySpeciesAmounts(),
        }
        amounts = np.array([pools[slot.kind][slot.index] for slot in self._slots])
        return np.asarray(amounts / self._volumes)

    def _put(self, state: Floats) -> None:
        concentrations = state * self._volumes / self._compartments
        for kind, setter in (
            ("global", self._core.setGlobalParameterValues),
            ("floating", self._core.setFloatingSpeciesConcentrations),
            ("boundary", self._core.setBoundarySpeciesConcentrations),
        ):
            rows = [i for i, slot in enumerate(self._slots) if slot.kind == kind]
            if rows:
                setter([self._slots[i].index for i in rows], concentrations[rows].tolist())

    def _slot(self, name: str) -> _Slot:
        if name in self._globals:
            return _Slot("global", self._globals[name], 1.0, 1.0)
        volumes = self._core.getCompartmentVolumes()
        if name in self._floating:
            where = self._core.getCompartmentIndexForFloatingSpecies(self._floating[name])
            kind, index = "floating", self._floating[name]
        else:
            where = self._core.getCompartmentIndexForBoundarySpecies(self._boundary[name])
            kind, index = "boundary", self._boundary[name]
        by_amount = self._road.getHasOnlySubstanceUnits(name)
        volume = float(volumes[where])
        return _Slot(kind, index, 1.0 if by_amount else volume, volume)

    def _selection(self, name: str) -> str:
        if name in self._globals:
            return name
        if name in self._floating or name in self._boundary:
            return name if self._road.getHasOnlySubstanceUnits(name) else f"[{name}]"
        known = [*self._globals, *self._floating, *self._boundary]
        raise InputError(unknown_word("variable of the model", name, known))

    def _set_tolerances(self, rtol: float, atol: float) -> None:
        integrator = self._road.integrator
        integrator.setValue("relative_tolerance", rtol)
        integrator.setValue("absolute_tolerance", (atol * self._volumes).tolist())


def _load(sbml: str) -> Any:
    # SUNDIALS writes its own lines to stderr on failure; the same news comes back as an exception.
    os.environ.setdefault("SUNLOGGER_ERROR_FILENAME", os.devnull)
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    road = roadrunner.RoadRunner(sbml)
    road.setIntegrator("cvode")
    road.integrator.setValue("stiff", True)
    road.integrator.setValue("maximum_num_steps", 50_000)
    return road


def _failure(error: RuntimeError, who: str, start: float, end: float) -> str:
    text = re.sub(r"\x1b\[\d+m", "", str(error))
    at = re.search(r"[Aa]t t = (\S+?)[,;\s]", text)
    code = re.search(r"CV_[A-Z_]+", text)
    where = f"at t = {float(at[1]):.6g} h" if at else f"between {start:.6g} h and {end:.6g} h"
    return f"{who}: the integration failed {where} ({code[0] if code else text.splitlines()[0]})"
