"""How a run ended: the numbers that generated code writes, and their meaning in words."""

from enum import IntEnum

__all__ = ["STATUS", "Status"]


class Status(IntEnum):
    """How a run ended; everything but `DONE` is a failure."""

    DONE = 0
    STEP_LIMIT = 1
    STEP_VANISHED = 2
    NOT_FINITE = 3
    TIME_LIMIT = 4
    STOPPED = 5


STATUS = (
    "done",
    "the limit of steps was reached",
    "the step size fell to zero",
    "the solution is not finite",
    "the time limit was reached",
    "stopped",
)
"""The same in words, by number."""
