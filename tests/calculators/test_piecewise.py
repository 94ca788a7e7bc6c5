"""Case distinctions that floats and arrays share."""

from __future__ import annotations

import math

import numpy as np
import pytest

from course_utils.calculators.piecewise import ratio, where


def test_where_picks_one_of_two_floats():
    assert where(2 > 1, 3.0, 4.0) == 3.0
    assert where(1 > 2, 3.0, 4.0) == 4.0


def test_where_picks_element_by_element():
    assert where(np.array([True, False]), 3.0, np.array([4.0, 5.0])).tolist() == [3.0, 5.0]


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [(6.0, 3.0, 2.0), (6.0, 0.5, 12.0), (6.0, 0.0, math.inf), (6.0, -3.0, math.inf)],
)
def test_a_ratio_is_infinite_unless_the_divisor_is_above_zero(a, b, quotient):
    assert ratio(a, b) == quotient
    assert ratio(np.array([a, a]), b).tolist() == [quotient] * 2
    assert ratio(a, np.array([b, b])).tolist() == [quotient] * 2


def test_a_ratio_of_arrays_warns_of_nothing():
    with np.errstate(all="raise"):
        assert ratio(1.0, np.array([0.0, 2.0])).tolist() == [math.inf, 0.5]
