"""Knobs: what may be typed, and what it means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.views.knobs import nearest_step, parse_value, value_text, with_unit
from course_utils.views.model import Knob

STEPS = tuple(1000 * 2**n for n in range(11))
CONTEXT = Knob("context_tokens", "Context", "tokens", "steps", 8_000, steps=STEPS, primary=True)
MODEL = Knob("model", "Model", "", "choice", "s", choices=(("s", "Small"), ("l", "Large")))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("100000", 100_000),
        ("100,000", 100_000),
        ("100 000", 100_000),
        ("100k", 100_000),
        ("1.5e3", 1_500),
        ("1M", 1_000_000),
        ("$3", 3),
        ("20%", 20),
        ("20 %", 20),
        (".5", 0.5),
        ("-3", -3),
        (7, 7),
    ],
)
def test_numbers_are_read_as_people_write_them(typed, value):
    assert parse_value(CONTEXT, typed) == value


@pytest.mark.parametrize("typed", ["", "many", "1.2.3", "--1", "1e", "0x10", "nan", "inf", "1k2"])
def test_what_is_no_number_is_refused_with_the_label_and_an_example(typed):
    with pytest.raises(ValueError, match=r"Context: .* is not a number; type for example 8,000"):
        parse_value(CONTEXT, typed)


def test_a_choice_that_is_not_offered_is_refused_with_the_list():
    with pytest.raises(ValueError, match="Model: 'xl' is not one of s, l"):
        parse_value(MODEL, "xl")


@given(st.integers(0, 10**9))
def test_what_is_written_reads_back(value):
    assert parse_value(CONTEXT, value_text(CONTEXT, value)) == value


@given(st.floats(1, 1e7))
def test_the_nearest_step_is_nearest_by_ratio(value):
    chosen = STEPS[nearest_step(CONTEXT, value)]
    ratio = max(chosen / value, value / chosen)
    assert all(ratio <= max(s / value, value / s) * (1 + 1e-12) for s in STEPS)


@pytest.mark.parametrize(
    ("unit", "text"),
    [("tokens", "8,000 tokens"), ("%", "8,000%"), ("% of the chunks", "8,000% of the chunks")],
)
def test_a_percent_sign_stands_at_its_number(unit, text):
    assert with_unit(replace(CONTEXT, unit=unit), 8_000) == text
