"""What a paper would write under the figure: effect sizes and tests.

Concentrations are compared on logarithms, so an effect is a ratio of geometric means. Everything is
reported as if the number of animals were that of a real experiment. A value of 0 has no logarithm:
it counts as the detection limit, or without one as the smallest value that was measured. A
temperature in degrees has no ratio: it is compared as it is, and an effect is a difference.
"""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflexarc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TESTS",
    "Comparison",
    "Summary",
    "compare",
    "hedges_g",
    "holm",
    "records",
    "summarise",
    "table",
]

Floats = NDArray[np.float64]

TESTS = ("welch", "dunnett")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Summary:
    """One group's values of one measurement, in the unit of the values."""

    n: int
    mean: float
    sd: float
    sem: float
    median: float
    geometric_mean: float
    """NaN of degrees."""
    low: float
    """Lower end of the 95 % confidence interval of the geometric mean; of degrees, of the mean."""
    high: float


@dataclass(frozen=True)
class Comparison:
    """One arm against another in one measurement.

    Attributes:
        arm: The arm compared.
        control: The arm it is compared to.
        n: Animals measured in the arm.
        n_control: Animals measured in the control arm.
        ratio: Geometric mean of the arm over that of the control; NaN, like its interval and g, if
            one of the two lies wholly at the detection limit or at 0.
        difference: Mean of the arm less that of the control, of degrees; NaN of all that has a
            ratio.
        low: Lower end of the 95 % confidence interval of the ratio or the difference (Welch,
            unadjusted; or Dunnett, simultaneous).
        high: Upper end of it.
        g: Hedges' g, on logarithms but for degrees; below 0 when the arm is lower.
        p: Probability of such a difference or a larger one by chance alone, unadjusted
            (NaN for Dunnett, which has adjusted ones only).
        p_adjusted: The same, for all arms compared (Holm or Dunnett).
        test: Name of the test.
        anova_p: One-way ANOVA across all arms on logarithms.
    """

    arm: str
    control: str
    n: int
    n_control: int
    ratio: float
    difference: float
    low: float
    high: float
    g: float
    p: float
    p_adjusted: float
    test: str
    anova_p: float


def summarise(values: ArrayLike, *, linear: bool = False) -> Summary:
    """Summarise one group; missing values (NaN) are left out.

    Args:
        values: Measurements, 0 or more, in any unit.
        linear: They are degrees: no geometric mean, and the interval is that of the mean.

    Returns:
        Mean ± SD and SEM, median, and the geometric mean with its 95 % confidence interval (t);
        with a 0 among the values the geometric mean is 0, without interval.

    Example:
        >>> round(summarise([1.0, 10.0, 100.0]).geometric_mean, 6)
        10.0
    """
    from scipy import stats

    x = _present(values)
    n = x.size
    if n == 0:
        return Summary(0, *(math.nan,) * 7)
    sd = float(x.std(ddof=1)) if n > 1 else math.nan
    centre, half = -math.inf, math.nan
    if linear or (x > 0).all():
        scaled = x if linear else np.log(x)
        centre = float(scaled.mean())
        if n > 1:
            half = float(
                stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * scaled.std(ddof=1) / math.sqrt(n)
            )
    back = float if linear else math.exp
    return Summary(
        n=n,
        mean=float(x.mean()),
        sd=sd,
        sem=sd / math.sqrt(n),
        median=float(np.median(x)),
        geometric_mean=math.nan if linear else back(centre),
        low=back(centre - half),
        high=back(centre + half),
    )


def compare(
    groups: Mapping[str, ArrayLike],
    *,
    to: str,
    test: str = "welch",
    limit: float | None = None,
    linear: bool = False,
) -> tuple[Comparison, ...]:
    """Compare every arm with one of them.

    Args:
        groups: Measurements of each arm, 0 or more; missing values (NaN) are left out.
        to: Name of the control arm.
        test: `"welch"`: Welch's t test on logarithms, p adjusted by Holm across arms.
            `"dunnett"`: ANOVA on logarithms followed by Dunnett's many-to-one test.
        limit: Detection limit, in the unit of the measurements; values at or below it count as it.
        linear: They are degrees: nothing is a logarithm, and an effect is a difference.

    Returns:
        One comparison for each other arm, in their order. With fewer than two values in a group,
        or no variation at all, the tests are NaN and only the ratio is given. If a group lies
        wholly at the limit or at 0, the test stands and the ratio is NaN.

    Raises:
        InputError: If the control arm or the test is unknown.

    Sources: Welch 1947, doi:10.1093/biomet/34.1-2.28; Holm 1979, doi:10.2307/4615733; Dunnett 1955,
        doi:10.1080/01621459.1955.10501294; Hedges 1981, doi:10.3102/10769986006002107.
    """
    if to not in groups:
        raise InputError(f"the arm to compare to, {to!r}, is not among the arms measured")
    if test not in TESTS:
        raise InputError(f"unknown test {test!r}; known are {', '.join(TESTS)}")
    present = {arm: _present(values) for arm, values in groups.items()}
    logs, nowhere = present, set[str]()
    if not linear:
        floor = _floor(present.values(), limit)
        logs = {arm: np.log(np.maximum(x, floor)) for arm, x in present.items()}
        nowhere = {arm for arm, x in present.items() if x.size and x.max() <= (limit or 0.0)}
    back = float if linear else math.exp
    others = [arm for arm in logs if arm != to]
    control = logs[to]
    anova = _anova([x for x in logs.values() if x.size > 1])
    if test == "dunnett":
        rows = _dunnett([logs[arm] for arm in others], control)
    else:
        rows = _welch([logs[arm] for arm in others], control)
    known = {arm: not {arm, to} & nowhere for arm in others}
    return tuple(
        Comparison(
            arm=arm,
            control=to,
            n=logs[arm].size,
            n_control=control.size,
            ratio=math.exp(_shift(logs[arm], control)) if known[arm] and not linear else math.nan,
            difference=_shift(logs[arm], control) if linear else math.nan,
            low=back(low) if known[arm] else math.nan,
            high=back(high) if known[arm] else math.nan,
            g=hedges_g(logs[arm], control) if known[arm] else math.nan,
            p=p,
            p_adjusted=adjusted,
            test=test,
            anova_p=anova,
        )
        for arm, (low, high, p, adjusted) in zip(others, rows, strict=True)
    )


def hedges_g(a: ArrayLike, b: ArrayLike) -> float:
    """Return the standardised difference of means a − b, corrected for small samples.

    NaN with fewer than two values in a group or no variation.

    Source: Hedges 1981, doi:10.3102/10769986006002107 (exact correction with gamma functions).

    Example:
        >>> round(hedges_g([2, 3, 4, 5], [1, 2, 3, 4]), 4)
        0.6728
    """
    x, y = _present(a), _present(b)
    df = x.size + y.size - 2
    if min(x.size, y.size) < 2:
        return math.nan
    pooled = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / df
    if pooled <= 0:
        return math.nan
    shrink = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    return float((x.mean() - y.mean()) / math.sqrt(pooled) * shrink)


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p values for their number, step-down (Holm 1979); NaN stays NaN and isn't counted.

    Example:
        >>> [round(x, 4) for x in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    order = sorted((i for i, value in enumerate(p) if not math.isnan(value)), key=lambda i: p[i])
    adjusted = [math.nan] * len(p)
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, p[i] * (len(order) - rank)))
        adjusted[i] = running
    return adjusted


def table(rows: Sequence[Any]) -> "pd.DataFrame":
    """Return dataclass instances of one kind as a table, one column per field."""
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows])


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the rows of a table as mappings."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _present(values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    return x[~np.isnan(x)]


def _floor(groups: Iterable[Floats], limit: float | None) -> float:
    """Return what a value of 0 counts as: the limit, or the smallest value above 0."""
    if limit is not None and limit > 0:
        return limit
    positive = np.concatenate([x[x > 0] for x in groups])
    return float(positive.min()) if positive.size else 1.0


def _shift(x: Floats, control: Floats) -> float:
    if x.size == 0 or control.size == 0:
        return math.nan
    return float(x.mean() - control.mean())


def _varies(*groups: Floats) -> bool:
    """Tell whether there is any spread to judge a difference by (beyond rounding)."""
    return all(x.size > 1 for x in groups) and any(np.ptp(x) > 1e-9 for x in groups)


def _anova(groups: Sequence[Floats]) -> float:
    from scipy import stats

    if len(groups) < 2 or not _varies(*groups):
        return math.nan
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        return float(stats.f_oneway(*groups).pvalue)


def _welch(arms: Sequence[Floats], control: Floats) -> list[tuple[float, float, float, float]]:
    from scipy import stats

    rows = []
    for x in arms:
        if not _varies(x, control):
            rows.append((math.nan, math.nan, math.nan))
            continue
        terms = [g.var(ddof=1) / g.size for g in (x, control)]
        error = math.sqrt(sum(terms))
        df = sum(terms) ** 2 / (terms[0] ** 2 / (x.size - 1) + terms[1] ** 2 / (control.size - 1))
        difference = float(x.mean() - control.mean())
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, df)) * error
        p = 2 * float(stats.t.sf(abs(difference) / error, df))
        rows.append((difference - half, difference + half, p))
    adjusted = holm([p for _, _, p in rows])
    return [(*row, q) for row, q in zip(rows, adjusted, strict=True)]


def _dunnett(arms: Sequence[Floats], control: Floats) -> list[tuple[float, float, float, float]]:
    from scipy import stats

    nothing = (math.nan, math.nan, math.nan, math.nan)
    usable = [i for i, x in enumerate(arms) if x.size > 1]
    if control.size < 2 or not usable or not _varies(control, *(arms[i] for i in usable)):
        return [nothing for _ in arms]
    # SciPy integrates the distribution by quasi-random points: fix them, so p is reproducible.
    with warnings.catch_warnings():
        # An arm that lies wholly at the detection limit has no spread of its own; that is fine.
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        answer = stats.dunnett(*(arms[i] for i in usable), control=control, rng=_rng())
        interval = answer.confidence_interval(CONFIDENCE)
    rows = [nothing for _ in arms]
    for place, i in enumerate(usable):
        rows[i] = (
            float(interval.low[place]),
            float(interval.high[place]),
            math.nan,
            float(answer.pvalue[place]),
        )
    return rows


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)
