"""Who lives how long: Kaplan–Meier curves and the log-rank test, by lifelines."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError
from reflexarc.statistics import CONFIDENCE, holm

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SurvivalComparison", "compare_survival", "fraction_interval", "kaplan_meier"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalComparison:
    """Survival of one arm against another.

    Attributes:
        arm: The arm compared.
        control: The arm it is compared to; None for the control arm's own row.
        n: Animals.
        deaths: How many of them died.
        survival: Fraction alive at the end.
        low: Lower end of its exact binomial 95 % confidence interval (Clopper–Pearson), which is
            right because every animal is watched to its death or to the end.
        high: Upper end of it.
        median: Median survival in h; infinite if more than half outlive the observation.
        p: Log-rank test against the control.
        p_adjusted: The same after Holm, over all arms compared.
    """

    arm: str
    control: str | None
    n: int
    deaths: int
    survival: float
    low: float
    high: float
    median: float
    p: float
    p_adjusted: float


def fraction_interval(alive: int, n: int) -> tuple[float, float]:
    """Return the exact binomial 95 % confidence interval of a fraction alive.

    Args:
        alive: Animals alive.
        n: Animals watched, each to its death or to the end.

    Source: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Example:
        >>> [round(end, 4) for end in fraction_interval(0, 10)]
        [0.0, 0.3085]
    """
    from scipy import stats

    interval = stats.binomtest(alive, n).proportion_ci(CONFIDENCE, method="exact")
    return float(interval.low), float(interval.high)


def kaplan_meier(times: ArrayLike, *, until: float) -> "pd.DataFrame":
    """Return the Kaplan–Meier curve of one arm.

    Args:
        times: Time of death of each animal in h; infinite for one that lives on.
        until: End of the observation in h.

    Returns:
        Columns `time` (h), `survival`, `low`, `high` (95 %, log–log), `at_risk`; one row at the
        start and one for each time of death and for the end.

    Source: Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452; by lifelines.
    """
    import pandas as pd
    from lifelines import KaplanMeierFitter

    _, observed, died = _observed(times, until)
    fitted = KaplanMeierFitter().fit(observed, died, timeline=_instants(observed, until))
    curve = fitted.survival_function_.iloc[:, 0]
    band = fitted.confidence_interval_survival_function_
    at = curve.index.to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "time": at,
            "survival": curve.to_numpy(dtype=float),
            "low": _forward(band.iloc[:, 0].to_numpy(dtype=float)),
            "high": _forward(band.iloc[:, 1].to_numpy(dtype=float)),
            "at_risk": [int((observed >= t).sum()) for t in at],
        }
    )


def compare_survival(
    deaths: Mapping[str, ArrayLike], *, until: float, to: str | None
) -> tuple[SurvivalComparison, ...]:
    """Compare the survival of every arm with that of one of them.

    Args:
        deaths: Times of death in h of each arm's animals; infinite for one that lives on. The clock
            starts at the challenge.
        until: End of the observation in h.
        to: Name of the control arm; None compares nothing.

    Returns:
        One row for each arm, the control's included, in their order.

    Raises:
        InputError: If the control arm is unknown.

    Sources: Mantel 1966 (log-rank); Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404;
        Davidson-Pilon 2019, lifelines, doi:10.21105/joss.01317.
    """
    if to is not None and to not in deaths:
        raise InputError(f"the arm to compare to, {to!r}, is not among the arms observed")
    p = [
        _logrank(times, deaths[to], until) if to is not None and arm != to else math.nan
        for arm, times in deaths.items()
    ]
    rows = []
    for (arm, times), raw, adjusted in zip(deaths.items(), p, holm(p), strict=True):
        curve = kaplan_meier(times, until=until)
        _, observed, died = _observed(times, until)
        alive = int((~died).sum())
        low, high = fraction_interval(alive, died.size)
        below = curve.loc[curve["survival"] <= 0.5, "time"]
        rows.append(
            SurvivalComparison(
                arm=arm,
                control=to if arm != to else None,
                n=observed.size,
                deaths=int(died.sum()),
                survival=alive / died.size,
                low=low,
                high=high,
                median=float(below.iloc[0]) if len(below) else math.inf,
                p=raw,
                p_adjusted=adjusted,
            )
        )
    return tuple(rows)


def _observed(times: ArrayLike, until: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    given = np.asarray(times, dtype=np.float64)
    if given.size == 0:
        raise InputError("survival needs at least one animal in each arm")
    return given, np.minimum(given, until), given <= until


def _instants(observed: Floats, until: float) -> Floats:
    return np.unique(np.concatenate(([min(0.0, observed.min())], observed, [until])))


def _forward(values: Floats) -> Floats:
    """Fill gaps with the last number before them (1 at the start)."""
    filled, last = values.copy(), 1.0
    for i, value in enumerate(values):
        last = last if math.isnan(value) else float(value)
        filled[i] = last
    return filled


def _logrank(a: ArrayLike, b: ArrayLike, until: float) -> float:
    from lifelines.statistics import logrank_test

    _, time_a, died_a = _observed(a, until)
    _, time_b, died_b = _observed(b, until)
    if not died_a.any() and not died_b.any():
        return math.nan
    return float(logrank_test(time_a, time_b, died_a, died_b).p_value)
