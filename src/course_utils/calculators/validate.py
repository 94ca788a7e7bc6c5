"""Argument checks shared by all calculators: bad input raises, with what would be right.

Standard library alone; numpy is imported only where the caller passed an array.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

# A float, or a NumPy array of them. Formulas broadcast, so one definition serves both.
Number = Any

MAX_TOKENS = 10_000_000


def number(
    name: str,
    value: Number,
    unit: str,
    *,
    low: float = 0.0,
    high: float = math.inf,
    above: bool = False,
    whole: bool = False,
) -> Number:
    """The value as a float (or float array) if it lies in [low, high], else `ValueError`.

    `above` excludes `low` itself; `whole` asks for whole numbers.

    >>> number("cached_share", 1.5, "share", high=1)
    Traceback (most recent call last):
        ...
    ValueError: cached_share = 1.5 is out of range: give a number from 0 to 1 (share)
    """
    # In words only where they are needed: a formula checks many arguments, nearly all good.
    bounds = (unit, low, high, above, whole)
    if hasattr(value, "__array__") and not isinstance(value, Real):
        return _array(name, value, *bounds)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{name} = {value!r} is not a number: give {_wanted(*bounds)}")
    try:
        plain = float(value)
    except OverflowError:  # an integer too large for a float
        plain = math.inf
    # Written so that NaN, which compares false with everything, is outside.
    inside = plain > low if above else plain >= low
    if not (inside and plain <= high and plain < math.inf):
        raise ValueError(f"{name} = {_show(value)} is out of range: give {_wanted(*bounds)}")
    if whole and plain != int(plain):
        raise ValueError(f"{name} = {_show(value)} is not a whole number: give {_wanted(*bounds)}")
    return plain


def positive(name: str, value: Number, unit: str, *, high: float = math.inf) -> Number:
    """A number above zero."""
    return number(name, value, unit, high=high, above=True)


def share(name: str, value: Number) -> Number:
    """A number from 0 to 1."""
    return number(name, value, "share", high=1.0)


def tokens(name: str, value: Number, *, low: float = 1.0, whole: bool = False) -> Number:
    """A number of tokens; averages may be fractions."""
    return number(name, value, "tokens", low=low, high=MAX_TOKENS, whole=whole)


def scalar(name: str, value: Number) -> None:
    """`ValueError` for an array: the decisions say one sentence about one case."""
    if hasattr(value, "__array__") and not isinstance(value, Real):
        raise ValueError(f"{name} is an array: a decision takes one number; loop over the cases")


def one_of(name: str, value: Any, choices: tuple[Any, ...], unit: str = "") -> Any:
    """The value if it is one of the choices, else `ValueError` that lists them."""
    # True == 1 in Python, and True is no number of bits.
    if isinstance(value, bool) or _is_array(value) or value not in choices:
        listed = ", ".join(map(str, choices))
        raise ValueError(f"{name} = {value!r}: give one of {listed}{' ' if unit else ''}{unit}")
    return value


def larger(a: Number, b: Number) -> Number:
    """The larger of two values, elementwise where one is an array.

    >>> larger(2.0, 3.0)
    3.0
    """
    if _is_array(a) or _is_array(b):
        import numpy

        return numpy.maximum(a, b)
    return a if a >= b else b


def smaller(a: Number, b: Number) -> Number:
    """The smaller of two values, elementwise where one is an array."""
    return -larger(-a, -b)


def floor(a: Number) -> Number:
    """The next whole number below, elementwise where it is an array."""
    return a // 1.0


def _is_array(value: Number) -> bool:
    return not isinstance(value, float | int) and hasattr(value, "__array__")


def _array(
    name: str, value: Number, unit: str, low: float, high: float, above: bool, whole: bool
) -> Number:
    import numpy

    bounds = (unit, low, high, above, whole)
    array = numpy.asarray(value)
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} is an array of {array.dtype}, not of numbers: give {_wanted(*bounds)}"
        )
    bad = ~((array > low if above else array >= low) & (array <= high) & numpy.isfinite(array))
    if bad.any():
        first = array[bad].flat[0]
        raise ValueError(f"{name} holds {first}, out of range: give {_wanted(*bounds)}")
    if whole and (array != numpy.floor(array)).any():
        raise ValueError(f"{name} holds a fraction: give {_wanted(*bounds)}")
    return array.astype(float)


def _show(value: Real) -> str:
    return f"{value:,}" if isinstance(value, int) and value < 10**18 else f"{value!r}"


def _wanted(unit: str, low: float, high: float, above: bool, whole: bool) -> str:
    kind = "a whole number" if whole else "a number"
    if math.isinf(high):
        bounds = f"above {low:,.10g}" if above else f"of at least {low:,.10g}"
    elif above:
        bounds = f"above {low:,.10g} and up to {high:,.10g}"
    else:
        bounds = f"from {low:,.10g} to {high:,.10g}"
    return f"{kind} {bounds} ({unit})"
