"""Slopes of what the laboratory measures: outputs of the model's timelines by its parameters.

`sensitivities` does the same for any compiled model; `kernel.sensitivity` says how it is done.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from reflexarc.compiled import RTOL, line_of, system_of
from reflexarc.errors import InputError, NumericalError, unknown_word
from reflexarc.kernel.kernel import Kernel, Settings
from reflexarc.kernel.machine import processor
from reflexarc.kernel.neighbours import Difference
from reflexarc.kernel.sensitivity import (
    FEWEST_LANES,
    Sensitivities,
    check_parameter,
    sensitivities,
)
from reflexarc.kernel.status import STATUS
from reflexarc.reference import ATOL, CUMULATIVE, SETTLING

if TYPE_CHECKING:
    from reflexarc.biology import Model
    from reflexarc.cohort import Cohort
    from reflexarc.timeline import Timeline

__all__ = ["Sensitivities", "of_timeline", "sensitivities"]


def of_timeline(
    timeline: "Timeline",
    *,
    names: Sequence[str],
    times: ArrayLike,
    outputs: Sequence[str],
    model: "Model | None" = None,
    cohort: "Cohort | None" = None,
    rtol: float = RTOL,
    atol: float = ATOL,
    difference: Difference | None = None,
) -> Sensitivities:
    """Return outputs of the laboratory's model and their slopes; each animal is a set.

    Animals rest before the timeline starts, each with its own parameters, so slopes hold what a
    parameter does to the resting state as well. Code is generated for these parameters and this
    timeline: everything else is written in as a number.

    Args:
        timeline: What happens.
        names: Parameters of the model, before any edge.
        times: Increasing times in h.
        outputs: States, variables or observables of the model.
        model: The model; the built-in one if left out.
        cohort: The animals; the typical animal if left out.
        rtol: Relative tolerance.
        atol: Absolute tolerance, in the unit of each state.
        difference: See `sensitivities`.

    Raises:
        InputError: If a name is unknown.
        NumericalError: If an integration fails; the sentence names arm, animal and time.
    """
    from reflexarc.biology import assemble
    from reflexarc.cohort import Cohort

    group = cohort or Cohort.typical()
    sbml = (model or assemble()).sbml
    whole = system_of(sbml)
    for name in (*names, *timeline.initial, *group.traits):
        check_parameter(whole, name)
    for name in outputs:
        if name not in whole.variables:
            raise InputError(unknown_word("variable of the model", name, list(whole.variables)))
    if not names:
        raise InputError("name at least one parameter")
    line_of(whole, timeline)  # an edge that the model doesn't know is said before states are cut
    table = whole.parameter_table(1, timeline.initial)[0].tolist()
    central = dict(zip(whole.parameters, table, strict=True))
    given = {name: np.full(len(group), central[name]) for name in (*names, *timeline.initial)}
    for column, name in enumerate(group.traits):
        given[name] = central[name] * group.multipliers[:, column]
    edges = timeline.edges
    varying = {*names, *given, *(name for edge in edges for name in edge.set)}
    added = {name for edge in edges for name in edge.add}
    kernel = _kernel(sbml, frozenset(varying), frozenset(added), tuple(outputs))
    system = kernel.system
    found = sensitivities(
        kernel,
        names=names,
        line=line_of(system, timeline),
        grid=times,
        given=given,
        settle=SETTLING,
        reset=[name for name in CUMULATIVE if name in system.states],
        settings=Settings(rtol=rtol, atol=atol),
        difference=difference,
    )
    for animal in np.flatnonzero(found.status)[:1]:
        raise NumericalError(
            f"arm {timeline.arm!r}, animal {group.animals[animal]}: the integration failed at "
            f"t = {found.ended[animal]:.6g} h: {STATUS[found.status[animal]]}"
        )
    return found


@lru_cache(maxsize=16)
def _kernel(
    sbml: str, varying: frozenset[str], added: frozenset[str], outputs: tuple[str, ...]
) -> Kernel:
    """Return code in which parameters that never change are numbers."""
    system = system_of(sbml).specialise(varying, added)
    return Kernel.of(system, outputs, width=max(FEWEST_LANES, processor().lanes))
