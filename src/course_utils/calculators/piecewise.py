"""Case distinctions for floats and, element by element, for NumPy arrays.

Standard library alone; numpy is imported only where the caller passed an array.
"""

from __future__ import annotations

import math
from typing import Any

from course_utils.calculators.validate import Number


def where(condition: Any, yes: Number, no: Number) -> Number:
    """`yes` where the condition holds, else `no`; both are computed beforehand.

    >>> where(True, 1.0, 2.0), where(False, 1.0, 2.0)
    (1.0, 2.0)
    """
    if hasattr(condition, "__array__"):
        import numpy

        return numpy.where(condition, yes, no)
    return yes if condition else no


def ratio(a: Number, b: Number) -> Number:
    """a / b where b is above zero, else infinity: what is never reached.

    >>> ratio(8000.0, 4.0), ratio(8000.0, -4.0), ratio(8000.0, 0.0)
    (2000.0, inf, inf)
    """
    reached = b > 0
    # Any divisor will do where the quotient is not used.
    return where(reached, a / where(reached, b, 1.0), a + math.inf)
