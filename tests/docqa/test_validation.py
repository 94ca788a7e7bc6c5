"""The support check: what passes, what is cut, and why."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.docqa import text as reading
from course_utils.docqa import validation
from course_utils.docqa.validation import SupportCheck

verdict_of = SupportCheck().verdict

PASSAGE = (
    "Accommodation is reimbursed up to $185 per night including breakfast. "
    "Receipts are entered in Keel within 30 days. "
    "A manager may not approve their own claim. "
    "Trips to Birch need no approval before departure."
)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(validation).failed == 0


@pytest.mark.parametrize(
    "sentence",
    [
        *reading.sentences(PASSAGE),
        "Accommodation is reimbursed up to 185 dollars per night.",
        "Receipts are entered within thirty days.",
        "Receipts are entered in Keel within 30 days. Accommodation including breakfast is up to "
        "$185 per night.",
    ],
)
def test_what_the_passage_says_is_supported(sentence):
    verdict = verdict_of(PASSAGE, sentence)
    assert verdict.supported, verdict.reason


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Accommodation is reimbursed up to $195 per night.", "number 195"),
        ("Receipts are entered in Keel within 185 days.", "number 185"),
        ("Receipts are entered in Foghorn within 30 days.", "name 'foghorn'"),
        ("A manager may approve their own claim.", "negated"),
        ("Accommodation is not reimbursed per night.", "negated"),
        ("Trips to Birch need no approval after departure.", "'after' stands against 'before'"),
        ("Receipts are entered in Keel within 30 weeks.", "unit 'week'"),
        ("A manager may not approve their own leave.", "'leav' stands in place of 'claim'"),
        ("Receipts are entered in Keel by secret agents within 30 days.", "is added"),
        ("Parking costs nothing on Sunday.", "no sentence"),
        ("Accommodation for pets costs extra during summer.", "too few"),
        ("", "says nothing"),
    ],
)
def test_what_it_does_not_say_is_cut_with_the_reason(sentence, reason):
    verdict = verdict_of(PASSAGE, sentence)
    assert not verdict.supported
    assert reason in verdict.reason


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(passage, sentence):
    verdict = verdict_of(passage, sentence)
    assert 0 <= verdict.coverage <= 1
    assert verdict.supported == (verdict.reason == "")


@given(st.integers(2, 500), st.integers(2, 500))
def test_a_figure_that_differs_is_never_supported(right, wrong):
    passage = f"The limit is {right} dollars for each order."
    verdict = verdict_of(passage, f"The limit is {wrong} dollars for each order.")
    assert verdict.supported == (right == wrong)


def test_a_bad_threshold_is_refused():
    with pytest.raises(ValueError, match="min_coverage = 2"):
        SupportCheck(min_coverage=2)
    with pytest.raises(ValueError, match="copy_share = -1"):
        SupportCheck(copy_share=-1)


def test_a_higher_copy_share_lets_more_pass():
    passage = "The legal team checks the identity and answers within 30 days of receipt."
    changed = "The security team checks the identity and answers within 30 days of receipt."
    assert not SupportCheck(copy_share=0.5).supports(passage, changed)
    assert SupportCheck(copy_share=1).supports(passage, changed)
