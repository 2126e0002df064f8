"""Rates in numbers that people can read, and their exact intervals."""

import math

__all__ = ["exact_interval", "rounded", "short"]


def exact_interval(cases: int, of: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) interval of a proportion.

    Args:
        cases: Number of cases.
        of: Number watched.
        confidence: How often such an interval holds the truth.

    Returns:
        Both ends, 0 to 1.

    Source: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Example:
        >>> [round(end, 4) for end in exact_interval(0, 100)]
        [0.0, 0.0362]
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = 0.0 if cases == 0 else float(beta.ppf(tail, cases, of - cases + 1))
    high = 1.0 if cases == of else float(beta.ppf(1 - tail, cases + 1, of - cases))
    return low, high


def short(value: float) -> str:
    """Return a rate with at most three digits, without a needless exponent."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(rate: float) -> str:
    """Return a rate out of 10 000 as everybody reads it: whole numbers, or `fewer than 1`."""
    if rate == 0:
        return "0"
    return f"{rate:,.0f}" if rate >= 0.95 else "fewer than 1"
