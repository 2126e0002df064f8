"""What each operator computes, on NumPy arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["BOOLEAN", "OPERATORS", "compute"]

_UNARY: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
    "ceiling": np.ceil,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
}
BOOLEAN = frozenset({*_COMPARISONS, "and", "or", "not", "true", "false"})
"""Operators whose value is a truth value."""
OPERATORS = frozenset(
    {
        *_UNARY,
        *BOOLEAN,
        "add",
        "multiply",
        "divide",
        "power",
        "factorial",
        "min",
        "max",
        "remainder",
        "quotient",
        "select",
    }
)


def compute(operator: str, values: list[Any]) -> Any:
    """Return the value of an operator applied to values (numbers or arrays)."""
    if operator in _UNARY:
        return _UNARY[operator](values[0])
    if operator in _COMPARISONS:
        return _COMPARISONS[operator](*values)
    return _COMPUTE[operator](values)


def _total(values: list[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def _product(values: list[Any]) -> Any:
    product = values[0]
    for value in values[1:]:
        product = product * value
    return product


def _power(values: list[Any]) -> Any:
    base, exponent = values
    whole = np.floor(exponent) == exponent
    return np.where(
        (base < 0) & ~whole, 0.0, np.power(np.where(whole, base, np.abs(base)), exponent)
    )


def _factorial(values: list[Any]) -> Any:
    from scipy.special import gamma

    return gamma(values[0] + 1.0)


_COMPUTE: dict[str, Callable[[list[Any]], Any]] = {
    "add": _total,
    "multiply": _product,
    "divide": lambda v: v[0] / v[1],
    "power": _power,
    "factorial": _factorial,
    "min": lambda v: np.minimum.reduce(np.broadcast_arrays(*v)),
    "max": lambda v: np.maximum.reduce(np.broadcast_arrays(*v)),
    "remainder": lambda v: np.fmod(*v),
    "quotient": lambda v: np.trunc(v[0] / v[1]),
    "select": lambda v: np.where(*v),
    "and": lambda v: np.logical_and.reduce(np.broadcast_arrays(*v)),
    "or": lambda v: np.logical_or.reduce(np.broadcast_arrays(*v)),
    "not": lambda v: np.logical_not(v[0]),
    "true": lambda _: np.True_,
    "false": lambda _: np.False_,
}
