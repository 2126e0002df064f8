"""How large steps are: the numbers that the kernel and its twin go by."""

from dataclasses import dataclass

__all__ = ["USUAL", "Pace"]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The classical rule for step sizes (Hairer & Wanner II, 1996, section IV.8).

    Attributes:
        weight: Factor on the estimate of the error, before it is compared with the tolerance. The
            estimate is that of the embedded method, whose order is lower than that of the result;
            with 1 the error of a run stays near the tolerance itself, with 1/4 near four times it.
        safety: Share of the step that the error would just allow.
        growth: Largest factor between two steps.
        shrinkage: Smallest factor between two steps.
        reach: A step that ends within this factor of a segment's end is stretched to it.
        first: Share of the time in which the state would change by itself, for a first step.
        blind: First step where that time can't be told, in the model's unit of time.
    """

    weight: float = 0.25
    safety: float = 0.9
    growth: float = 10.0
    shrinkage: float = 0.2
    reach: float = 1.0001
    first: float = 0.1
    blind: float = 1e-6


USUAL = Pace()
