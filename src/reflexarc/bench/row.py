"""One line of the comparison."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Row"]


@dataclass
class Row:
    """One engine in one setting at one tolerance.

    Args:
        engine: Its name.
        version: Of its package.
        setting: In words.
        problem: Name of the problem.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        animals: How many animals it solved in one pass.
        sims_per_s_core: Animals with an answer per second of processor time, in the best turn.
        turns: The same for each turn.
        max_rel_error: See `accuracy.relative_error`.
        median_rel_error: Median over animals of each one's largest.
        compile_s: Seconds by the clock from the model to the first run.
        compile_cpu_s: The same in seconds of processor time, compilers included.
        reason: Why something is missing.
    """

    engine: str
    setting: str
    problem: str
    rtol: float
    atol: float
    version: str = ""
    animals: int = 0
    sims_per_s_core: float | None = None
    turns: list[float] = field(default_factory=list)
    max_rel_error: float | None = None
    median_rel_error: float | None = None
    compile_s: float | None = None
    compile_cpu_s: float | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return dict(vars(self))
