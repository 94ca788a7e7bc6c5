"""Reading words, sentences and numbers."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.docqa import text as reading


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(reading).failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twenty-five days", ("25",)),
        ("25 days", ("25",)),
        ("$49,000", ("49000",)),
        ("1,234,567", ("1234567",)),
        ("3.50 or 3.5", ("3.5", "3.5")),
        ("05:30", ("5:30",)),
        ("PT-270", ("270",)),
        ("once a year", ("1",)),
        ("no number", ()),
        ("12,5", ("12,5",)),
        ("007", ("7",)),
        ("00:30", ("00:30",)),
    ],
)
def test_numbers_are_found_however_they_are_written(text, expected):
    assert reading.numbers(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("policies", "policy"),
        ("approved", "approval"),
        ("reimbursed", "reimburse"),
        ("planning", "planned"),
        ("expenses", "expense"),
        ("days", "day"),
    ],
)
def test_forms_of_a_word_share_a_stem(one, other):
    assert reading.stem(one) == reading.stem(other)


@pytest.mark.parametrize(("one", "other"), [("leave", "live"), ("note", "not"), ("gate", "gas")])
def test_other_words_keep_their_own_stem(one, other):
    assert reading.stem(one) != reading.stem(other)


def test_a_list_and_a_table_are_read_item_by_item():
    text = (
        "# Head\n\nFirst line\nof two. Second.\n\n1. one item\n2. another\n\n| a | b |\n|---|---|\n"
    )
    assert reading.sentences(text) == (
        "First line of two.",
        "Second.",
        "one item",
        "another",
        "| a | b |",
    )


def test_an_abbreviation_and_a_decimal_end_no_sentence():
    text = "Ask e.g. Ms. Roe. It costs 3.5 percent. See No. 7 below."
    assert reading.sentences(text) == (
        "Ask e.g. Ms. Roe.",
        "It costs 3.5 percent.",
        "See No. 7 below.",
    )


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    reading.words(text)
    reading.terms(text)
    reading.numbers(text)
    assert reading.tokens(text) >= 0
    for sentence in reading.sentences(text):
        assert sentence
        assert "\n" not in sentence


@given(st.lists(st.sampled_from(["Alpha beta.", "Gamma 5 delta.", "Is it? Yes!"]), max_size=6))
def test_no_word_of_a_text_is_lost_in_its_sentences(parts):
    text = " ".join(parts)
    assert reading.words(" ".join(reading.sentences(text))) == reading.words(text)
