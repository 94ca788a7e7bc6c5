"""Numbers are said as one would say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators import words


@pytest.mark.parametrize(
    ("value", "significant", "text"),
    [
        (0, 3, "0"),
        (107727.3, 3, "108,000"),
        (21.05, 3, "21.1"),
        (9.996, 3, "10"),
        (0.0098765, 3, "0.00988"),
        (1.50, 3, "1.5"),
        (100, 2, "100"),
        (-1234, 2, "-1,200"),
        (99.96, 3, "100"),
        (0.09996, 3, "0.1"),
        (10.5, 4, "10.5"),
        (250, 4, "250"),
        (1e-6, 3, "0.000001"),
        (1234.5, 4, "1,235"),
        (11.25, 3, "11.3"),
        (-11.25, 3, "-11.3"),
    ],
)
def test_digits(value, significant, text):
    assert words.digits(value, significant) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00000257, "2.6 µs"),
        (0.00257, "2.6 ms"),
        (0.0994, "99 ms"),
        (0.2664, "266 ms"),
        (0.9996, "1 s"),
        (1.94, "1.9 s"),
        (2, "2 s"),
        (9.96, "10 s"),
        (61.2, "61 s"),
        (300, "5 min"),
        (9000, "2.5 h"),
        # Where one unit ends and the next begins.
        (0.00099, "990 µs"),
        (0.000995001, "1,000 µs"),
        (0.001, "1 ms"),
        (0.0999, "100 ms"),
        (0.1004, "100 ms"),
        (0.1234, "123 ms"),
        (0.9994, "999 ms"),
        (0.9995, "1 s"),
        (6.25, "6.3 s"),
        (9.94, "9.9 s"),
        (9.95, "10 s"),
        (10.4, "10 s"),
        (10.5, "11 s"),
        (119.4, "119 s"),
        (119.5, "2 min"),
        (137, "2.3 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (45678, "13 h"),
        (360_000, "100 h"),
        (0.0009949995, "990 µs"),
        (35_820.4, "10 h"),
    ],
)
def test_seconds(seconds, text):
    assert words.seconds(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "$0"),
        (0.00407, "$0.00407"),
        (0.5, "$0.50"),
        (0.105, "$0.105"),
        (0.999, "$0.999"),
        (1e-9, "less than $0.000001"),
        (1, "$1"),
        (4.5, "$4.50"),
        (99.99, "$99.99"),
        (26.4, "$26.40"),
        (102, "$102"),
        (390.4, "$390"),
        (99.998, "$100"),
        (29390.4, "$29,400"),
        # Where one way of writing ends and the next begins.
        (9.99e-7, "less than $0.000001"),
        (1e-6, "$0.000001"),
        (0.01, "$0.01"),
        (0.0105, "$0.0105"),
        (0.12345, "$0.123"),
        (0.6, "$0.60"),
        (0.9, "$0.90"),
        (1.004, "$1"),
        (1.499, "$1.50"),
        (1.006, "$1.01"),
        (1.125, "$1.13"),
        (1.237, "$1.24"),
        (99.994, "$99.99"),
        (99.995, "$100"),
        (100.2, "$100"),
        (100.7, "$101"),
    ],
)
def test_dollars(usd, text):
    assert words.dollars(usd) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 tokens"),
        (999, "999 tokens"),
        (999.4, "999 tokens"),
        (1000, "1,000 tokens"),
        (1000.4, "1,000 tokens"),
        (1000.7, "about 1,000 tokens"),
        (1001, "about 1,000 tokens"),
        (1230, "1,230 tokens"),
        (1234, "about 1,230 tokens"),
    ],
)
def test_about_tokens_says_so_where_it_rounds(value, text):
    assert words.about_tokens(value) == text


def test_bytes_and_shares_to_the_digits_that_one_says():
    assert words.gigabytes(1e9) == "1 GB"
    assert words.gigabytes(1_234_567_890_123) == "1,230 GB"
    assert words.gigabytes(1.995e9) == "2 GB"  # a tie, away from the binary rounding below it
    assert words.percent(1) == "100%"
    assert words.percent(0.1234) == "12%"
    assert words.percent(0) == "0%"


def test_counts_of_things():
    assert words.tokens(8192) == "8,192 tokens"
    assert words.tokens(1) == "1 token"
    assert words.about_tokens(2000) == "2,000 tokens"
    assert words.about_tokens(950) == "950 tokens"
    assert words.about_tokens(37641) == "about 37,600 tokens"
    assert words.several(1, "user", "users") == "1 user"
    assert words.several(64, "user", "users") == "64 users"
    assert words.percent(0.069) == "6.9%"
    assert words.percent(0.9846) == "98%"
    assert words.gigabytes(41_943_040_000) == "41.9 GB"


@given(st.floats(1e-9, 1e12), st.integers(1, 6))
def test_rounding_keeps_the_digits_asked_for_and_never_turns_to_exponents(value, significant):
    text = words.digits(value, significant)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.6 * 10 ** (1 - significant))


@given(st.floats(1e-9, 1e7))
def test_a_duration_has_a_number_and_a_unit(seconds):
    number, unit = words.seconds(seconds).split(" ")
    scale = {"µs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600}[unit]
    assert float(number.replace(",", "")) * scale == pytest.approx(seconds, rel=0.06)
