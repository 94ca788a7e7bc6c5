"""Numbers as learners type them: many forms are read, the rest gets a friendly answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.quiz.quantities import (
    UNITS,
    QuantityError,
    number_text,
    parse_quantity,
    quantity_text,
    unit_factors,
)

READ = [
    ("1.5e3", "tokens", 1500),
    ("1,500", "tokens", 1500),
    ("1 500", "tokens", 1500),
    ("1\u202f500", "tokens", 1500),
    ("1'500", "tokens", 1500),
    ("1,500,000.25", "USD", 1_500_000.25),
    ("$1,500", "USD", 1500),
    ("$ 1.5k", "USD", 1500),
    ("1500 USD", "USD", 1500),
    ("20 cents", "USD", 0.2),
    ("-$5", "USD", -5),
    ("41.9", "GB", 41.9),
    ("41.9GB", "GB", 41.9),
    ("41900 MB", "GB", 41.9),
    ("0.0419 TB", "GB", 41.9),
    ("41.9 gb", "GB", 41.9),
    ("42G", "GB", 42),
    ("1 GiB", "GB", 1.073741824),
    ("2k", "tokens", 2000),
    ("2 K tokens", "tokens", 2000),
    ("1.2 million tokens", "tokens", 1_200_000),
    ("59.9 %", "%", 59.9),
    ("59.9 percent", "%", 59.9),
    ("1.5 s", "ms", 1500),
    ("90 minutes", "h", 1.5),
    ("2 weeks", "days", 14),
    ("48h", "days", 2),
    ("12.8x", "x", 12.8),
    ("12.8 times", "x", 12.8),
    ("2 pp", "points", 2),
    ("2 percentage points", "points", 2),
    ("3.35 TB/s", "GB/s", 3350),
    ("989 TFLOPS", "TFLOP/s", 989),
    ("5.5k tok/s", "tokens/s", 5500),
    ("1.9 rps", "requests/s", 1.9),
    ("$2k a month", "USD/month", 2000),
    ("$3.30 per million tokens", "USD/Mtok", 3.3),
    ("1 person", "people", 1),
    ("8,155 questions", "questions", 8155),
    ("10 million vectors", "vectors", 1e7),
    ("3 gpus", "GPUs", 3),
    (".5", "USD", 0.5),
    ("5.", "USD", 5),
    ("\u22123", "USD", -3),
    ("  12\u00a0", "USD", 12),
    ("1234,567", "tokens", None),
    ("1,5", "USD", None),
    ("0,005", "USD", None),
    ("1,5000", "USD", None),
]


@pytest.mark.parametrize(("text", "unit", "value"), READ)
def test_numbers_are_read_as_people_write_them(text, unit, value):
    if value is None:
        with pytest.raises(QuantityError, match="decimal comma"):
            parse_quantity(text, unit)
    else:
        assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("", "GB", "Type a number first"),
        ("   ", "GB", "Type a number first"),
        ("about ten", "GB", "cannot read that as a number"),
        ("<img src=x onerror=alert(1)>", "GB", "cannot read that as a number"),
        ("+-5", "GB", "cannot read that as a number"),
        ("$", "USD", "cannot read that as a number"),
        ("12 apples", "GB", "do not know the unit “apples” here"),
        ("8 Gb", "GB", "do not know the unit “Gb” here"),
        ("$5", "GB", "do not know the unit “$” here"),
        ("12 13", "GB", "do not know the unit “13” here"),
        ("1e999", "GB", "too large"),
        ("9" * 41, "GB", "longer than 40"),
        ("nan", "GB", "cannot read"),
        ("inf", "GB", "cannot read"),
        ("٣", "GB", "cannot read"),
    ],
)
def test_anything_else_gets_a_friendly_message(text, unit, message):
    with pytest.raises(QuantityError) as error:
        parse_quantity(text, unit)
    assert message in str(error.value)


@given(st.text(max_size=60), st.sampled_from(UNITS))
def test_no_text_raises_anything_but_a_message(text, unit):
    try:
        value = parse_quantity(text, unit)
    except QuantityError as error:
        value = len(str(error))  # a message, and not an empty one
    assert isinstance(value, float) or value > 0


@given(st.floats(1e-6, 1e12), st.sampled_from(("GB", "USD", "%", "tokens", "ms")))
def test_a_shown_number_is_read_back_to_three_digits(value, unit):
    assert parse_quantity(quantity_text(value, unit), unit) == pytest.approx(value, rel=0.0051)


def test_numbers_are_shown_in_three_digits():
    shown = [number_text(x) for x in (0, 41.943, 335544.32, 0.0123, 12.0, 999.7)]
    assert shown == ["0", "41.9", "335,544", "0.0123", "12", "1,000"]
    halves = [number_text(x) for x in (2.125, 0.5, 122.5, -2.125, 1125e12, 2**-12, 1e-30)]
    assert halves == ["2.13", "0.5", "123", "-2.13", "1.13e+15", "2.44e-4", "1.00e-30"]
    dollars = [quantity_text(x, "USD") for x in (22.5, 12, 8640, 0.0225, -3)]
    assert dollars == ["$22.50", "$12", "$8,640", "$0.0225", "-$3"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_reads_its_own_name_and_what_it_shows(unit):
    assert unit_factors(unit)[""] == 1
    assert parse_quantity(quantity_text(12.5, unit), unit) == pytest.approx(12.5)
    assert parse_quantity(quantity_text(1, unit), unit) == 1


@pytest.mark.parametrize("unit", ["people", "queries", "GPUs", "requests/s", "tokens/s", "pages"])
def test_a_plural_noun_is_a_unit(unit):
    assert parse_quantity(quantity_text(1, unit), unit) == 1
    assert parse_quantity(quantity_text(2500, unit), unit) == 2500
    assert parse_quantity(f"2.5k {unit}", unit) == 2500
    assert parse_quantity("2.5k", unit) == 2500


@pytest.mark.parametrize("unit", ["furlong", "gigabytes", "milliseconds", "x/s", "people/week", ""])
def test_any_other_unit_is_refused(unit):
    with pytest.raises(ValueError, match=f"{unit!r} is not known.*plural noun"):
        unit_factors(unit)


def test_an_unknown_unit_names_a_few_that_are_known():
    with pytest.raises(QuantityError, match=r"or use queries, query, k, .*\.$") as error:
        parse_quantity("3 apples", "queries")
    assert str(error.value).count(",") <= 8
