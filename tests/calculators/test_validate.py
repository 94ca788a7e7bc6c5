"""No nonsense passes the argument checks, and the message says what would."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators import validate

NONSENSE = [-1, -0.001, math.nan, math.inf, -math.inf, "8000", "", None, True, False, [1], {}, 1j]


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_nonsense_raises_with_name_value_unit_and_range(value):
    with pytest.raises(ValueError, match=r"answer_tokens = .*: give a number .* \(tokens\)"):
        validate.number("answer_tokens", value, "tokens", low=0, high=100)


def test_the_message_says_what_is_wrong_and_what_would_be_right():
    with pytest.raises(ValueError, match=r"^n = 101 is out of range: give a number from 1 to 100 "):
        validate.number("n", 101, "tokens", low=1, high=100)
    with pytest.raises(ValueError, match=r"give a number above 0 \(seconds\)"):
        validate.positive("t", 0, "seconds")
    with pytest.raises(ValueError, match=r"give a number above 0 and up to 5 \(seconds\)"):
        validate.positive("t", 6, "seconds", high=5)
    with pytest.raises(ValueError, match=r"give a number of at least 2 \(items\)"):
        validate.number("n", 1, "items", low=2)
    with pytest.raises(ValueError, match=r"n = 1.5 is not a whole number: give a whole number"):
        validate.number("n", 1.5, "items", whole=True)
    with pytest.raises(ValueError, match=r"n = 12,000,000 is out of range: .* to 10,000,000"):
        validate.tokens("n", 12_000_000)
    with pytest.raises(ValueError, match=r"s = 1.01 is out of range: give a number from 0 to 1 "):
        validate.share("s", 1.01)


def test_a_huge_integer_is_out_of_range_and_not_an_overflow():
    with pytest.raises(ValueError, match="out of range"):
        validate.tokens("n", 10**400)
    with pytest.raises(ValueError, match="out of range"):
        validate.number("n", 10**400, "items")


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 100), (2.5, 7)])
def test_both_ends_of_the_range_belong_to_it(low, high):
    assert validate.number("n", low, "items", low=low, high=high) == low
    assert validate.number("n", high, "items", low=low, high=high) == high
    with pytest.raises(ValueError, match="out of range"):
        validate.number("n", low, "items", low=low, high=high, above=True)


@given(st.floats(min_value=0, max_value=1e7))
def test_a_number_comes_back_as_the_same_float(value):
    result = validate.number("n", value, "items", high=1e7)
    assert type(result) is float
    assert result == value


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3), np.array(3)])
def test_numbers_of_every_kind_pass(value):
    assert float(validate.tokens("n", value)) == 3.0


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([1.0, -2.0]), r"n holds -2.0, out of range: give a number from 1 to 10,000,000"),
        (np.array([1.0, np.nan]), "n holds nan"),
        (np.array([1.0, np.inf]), "n holds inf"),
        (np.array([[5, 0], [1, 2]]), "n holds 0"),
        (np.array(["1"]), "not of numbers"),
        (np.array([True]), "n is an array of bool, not of numbers"),
        (np.array([None]), "not of numbers"),
        (np.array([1j]), "not of numbers"),
    ],
)
def test_one_bad_element_spoils_an_array(array, message):
    with pytest.raises(ValueError, match=message):
        validate.tokens("n", array)


def test_an_array_comes_back_as_floats():
    result = validate.tokens("n", np.array([1, 2]))
    assert result.dtype == float
    assert result.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="n holds a fraction"):
        validate.number("n", np.array([1.5]), "items", whole=True)
    with pytest.raises(ValueError, match="n holds 0"):
        validate.positive("n", np.array([0.0]), "items")


def test_a_decision_refuses_an_array():
    validate.scalar("n", 3.0)
    validate.scalar("n", np.float64(3))
    with pytest.raises(ValueError, match="n is an array: a decision takes one number"):
        validate.scalar("n", np.array([1.0, 2.0]))


@pytest.mark.parametrize("value", [5, "8", None, True, math.nan, np.array([8, 16])])
def test_a_choice_outside_the_list_is_refused(value):
    with pytest.raises(ValueError, match=r"bits = .*: give one of 1, 8, 16 bits"):
        validate.one_of("bits", value, (1, 8, 16), "bits")


def test_a_choice_of_the_list_passes():
    assert validate.one_of("bits", 8.0, (8, 16), "bits") == 8
    assert validate.one_of("engine", "a", ("a", "b")) == "a"


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_larger_and_smaller_are_max_and_min_for_floats_and_arrays(a, b):
    assert validate.larger(a, b) == max(a, b)
    assert validate.smaller(a, b) == min(a, b)
    assert validate.larger(np.array([a]), b).tolist() == [max(a, b)]
    assert validate.larger(a, np.array([b])).tolist() == [max(a, b)]
    assert validate.smaller(np.array([a]), b).tolist() == [min(a, b)]


def test_floor_goes_down_for_floats_and_arrays():
    assert validate.floor(2.9) == 2.0
    assert validate.floor(np.array([2.9, 3.0])).tolist() == [2.0, 3.0]


def message(call, *arguments, **options):
    with pytest.raises(ValueError, match="give") as error:
        call(*arguments, **options)
    return str(error.value)


def test_every_message_to_the_letter():
    assert message(validate.share, "s", 2) == (
        "s = 2 is out of range: give a number from 0 to 1 (share)"
    )
    assert message(validate.tokens, "n", 0) == (
        "n = 0 is out of range: give a number from 1 to 10,000,000 (tokens)"
    )
    assert message(validate.tokens, "n", 0.5, whole=True) == (
        "n = 0.5 is out of range: give a whole number from 1 to 10,000,000 (tokens)"
    )
    assert message(validate.tokens, "n", 1.5, whole=True) == (
        "n = 1.5 is not a whole number: give a whole number from 1 to 10,000,000 (tokens)"
    )
    assert message(validate.tokens, "n", "8") == (
        "n = '8' is not a number: give a number from 1 to 10,000,000 (tokens)"
    )
    assert message(validate.number, "n", np.array([1.0, 3.5]), "items", high=3, above=True) == (
        "n holds 3.5, out of range: give a number above 0 and up to 3 (items)"
    )
    assert message(validate.number, "n", np.array([1.0, 1.5]), "items", whole=True) == (
        "n holds a fraction: give a whole number of at least 0 (items)"
    )
    assert message(validate.number, "n", np.array(["a"]), "items") == (
        "n is an array of <U1, not of numbers: give a number of at least 0 (items)"
    )
    assert message(validate.one_of, "bits", 5, (4, 8), "bits") == (
        "bits = 5: give one of 4, 8 bits"
    )
    assert message(validate.one_of, "engine", "x", ("a", "b")) == ("engine = 'x': give one of a, b")


def test_averages_of_tokens_may_be_fractions_unless_whole_ones_are_asked_for():
    assert validate.tokens("n", 1.5) == 1.5
    assert validate.tokens("n", np.array([1.5])).tolist() == [1.5]
    assert validate.tokens("n", np.array([2.0]), whole=True).tolist() == [2.0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**18 - 1, "999,999,999,999,999,999"),
        (10**18, "1000000000000000000"),
        (2 * 10**18, "2000000000000000000"),
        (12345.5, "12345.5"),
        (1e9, "1000000000.0"),
    ],
)
def test_a_whole_number_is_shown_with_separators_while_one_can_read_it(value, shown):
    assert message(validate.number, "n", value, "items", high=1).startswith(f"n = {shown} is out ")


def test_an_array_may_touch_its_upper_bound_and_be_of_any_number_type():
    for dtype in (np.int32, np.uint8, np.float32, np.float64):
        result = validate.number("n", np.array([0, 3], dtype=dtype), "items", high=3)
        assert result.tolist() == [0.0, 3.0]
        assert result.dtype == np.float64


def test_a_fraction_in_an_array_is_no_error_where_none_was_asked_for():
    assert validate.number("n", np.array([0.5]), "items").tolist() == [0.5]


def test_equal_values_are_both_the_larger_and_the_smaller():
    assert validate.larger(2.0, 2.0) == validate.smaller(2.0, 2.0) == 2.0


def test_a_numpy_scalar_beside_an_array_is_elementwise():
    assert validate.larger(np.float32(2), 3.0) == 3.0
    assert validate.larger(np.array([1.0, 4.0]), np.float64(2)).tolist() == [2.0, 4.0]
