"""A small model with the shape of the real one, and the same equations written by hand.

An agent is absorbed and cleared, activates a cell, the cell makes a cytokine that an input can
brake; a hazard adds up. The volume of plasma is not 1, to catch confusion of amount and
concentration.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

ANTIMONY = """
model toy
  compartment plasma = 2
  species $TNF in plasma
  var LPS, cell, hazard
  LPS' = infusion_LPS - k_LPS * LPS
  cell' = LPS^2 / (K_LPS^2 + LPS^2) * (1 - cell) - k_cell * cell
  brake := 1 / (1 + g_brake * pulse)
  TNF' = k_TNF * brake * (cell + leak) - d_TNF * TNF
  firing := 1 + pulse + cell
  hazard' = k_hazard * cell^2
  LPS = 0; cell = 0; TNF = 2; hazard = 0
  k_LPS = 0.7; K_LPS = 1; k_cell = 0.5; g_brake = 3; k_TNF = 100; leak = 0.04; d_TNF = 2
  k_hazard = 0.08; pulse = 0; infusion_LPS = 0; present_cell = 1
end
"""
STATES = ("LPS", "cell", "TNF", "hazard")
VALUES = {
    "k_LPS": 0.7,
    "K_LPS": 1.0,
    "k_cell": 0.5,
    "g_brake": 3.0,
    "k_TNF": 100.0,
    "leak": 0.04,
    "d_TNF": 2.0,
    "k_hazard": 0.08,
    "pulse": 0.0,
    "infusion_LPS": 0.0,
}


@dataclass(frozen=True)
class ToyParameter:
    id: str
    value: float
    spread: float | None = None
    unit: str = "dimensionless"


@dataclass(frozen=True)
class ToyState:
    id: str
    unit: str


@dataclass(frozen=True)
class ToyModel:
    sbml: str
    antimony: str
    hash: str
    parameters: tuple[ToyParameter, ...]
    states: tuple[ToyState, ...] = field(default=tuple(ToyState(s, "au") for s in STATES))


@cache
def toy() -> ToyModel:
    import antimony

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(ANTIMONY) < 0:
        raise ValueError(antimony.getLastError())
    spread = {"k_TNF": 0.6, "k_LPS": 0.2, "leak": 0.3}
    return ToyModel(
        sbml=antimony.getSBMLString("toy"),
        antimony=ANTIMONY,
        hash="toy0000000000001",
        parameters=tuple(ToyParameter(k, v, spread.get(k)) for k, v in VALUES.items()),
    )


def rates(
    _time: float, state: NDArray[np.float64], values: dict[str, float]
) -> NDArray[np.float64]:
    """Return the time derivative of (LPS, cell, TNF, hazard), written independently."""
    lps, cell, tnf, _ = state
    v = values
    signal = lps**2 / (v["K_LPS"] ** 2 + lps**2)
    return np.array(
        [
            v["infusion_LPS"] - v["k_LPS"] * lps,
            signal * (1 - cell) - v["k_cell"] * cell,
            v["k_TNF"] * (cell + v["leak"]) / (1 + v["g_brake"] * v["pulse"]) - v["d_TNF"] * tnf,
            v["k_hazard"] * cell**2,
        ]
    )


@dataclass(frozen=True)
class ToyEdge:
    time: float
    set: dict[str, float] = field(default_factory=dict)
    add: dict[str, float] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class ToyTimeline:
    arm: str
    edges: tuple[ToyEdge, ...] = ()
    initial: dict[str, float] = field(default_factory=dict)
    start: float = -1.0
    stop: float = 24.0


def pulsed(arm: str, strength: float, *, dose: float = 4.0, shift: float = 0.0) -> ToyTimeline:
    """Return a stimulus of 15 min that ends with a dose, and a smaller dose 2 h later."""
    return ToyTimeline(
        arm,
        (
            ToyEdge(shift - 0.25, {"pulse": strength}),
            ToyEdge(shift, {"pulse": 0.0}, {"LPS": dose}),
            ToyEdge(shift + 2.0, {}, {"LPS": dose / 4}),
        ),
        start=shift - 1.0,
        stop=shift + 24.0,
    )
