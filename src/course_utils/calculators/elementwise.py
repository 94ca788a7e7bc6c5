"""Functions of the math module that also take NumPy arrays, element by element.

Standard library alone; numpy is imported only where the caller passed an array.
"""

from __future__ import annotations

import math

from course_utils.calculators.validate import Number


def exp(value: Number) -> Number:
    """e to the power of the value."""
    return _apply("exp", value)


def expm1(value: Number) -> Number:
    """e to the power of the value, less one, exact for small values too.

    >>> expm1(1e-20)
    1e-20
    """
    return _apply("expm1", value)


def log(value: Number) -> Number:
    """The natural logarithm."""
    return _apply("log", value)


def log1p(value: Number) -> Number:
    """The natural logarithm of one plus the value, exact for small values too."""
    return _apply("log1p", value)


def _apply(name: str, value: Number) -> Number:
    if hasattr(value, "__array__") and not isinstance(value, float):
        import numpy

        return getattr(numpy, name)(value)
    return getattr(math, name)(value)
