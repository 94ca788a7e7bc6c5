"""Functions that take floats and arrays alike."""

from __future__ import annotations

import math

import numpy as np
import pytest

from course_utils.calculators import elementwise


@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p"])
def test_floats_and_arrays_give_what_the_math_module_gives(name):
    function, reference = getattr(elementwise, name), getattr(math, name)
    values = [1e-20, 0.25, 0.5, 3.0]
    assert [function(v) for v in values] == [reference(v) for v in values]
    assert function(np.array(values)) == pytest.approx([reference(v) for v in values], rel=1e-15)


def test_a_numpy_float_gives_a_float():
    assert type(elementwise.exp(np.float64(1))) is float
