"""Grading: score, message, feedback for what was chosen, and the misconception it shows."""

from __future__ import annotations

import pytest

from course_utils.quiz import bank_ids, grade, load_bank
from course_utils.quiz.grading import WORDS

ITEMS = [item for bank_id in bank_ids() for item in load_bank(bank_id).items]
SINGLE = [item for item in ITEMS if item.kind == "single"]
MULTIPLE = [item for item in ITEMS if item.kind == "multiple"]
NUMERIC = [item for item in ITEMS if item.kind == "numeric"]


def right_keys(item) -> list[int]:
    return [option.key for option in item.options if option.correct]


def wrong_keys(item) -> list[int]:
    return [option.key for option in item.options if not option.correct]


@pytest.mark.parametrize("item", SINGLE, ids=lambda item: item.id)
def test_each_option_of_a_single_item_gets_its_own_feedback(item):
    for option in item.options:
        verdict = grade(item.variant(3), option.key)
        assert verdict.answered
        assert verdict.correct is option.correct
        assert verdict.score == float(option.correct)
        assert verdict.feedback[0].text == option.feedback
        assert verdict.misconceptions == ((option.misconception,) if option.misconception else ())


@pytest.mark.parametrize("item", MULTIPLE, ids=lambda item: item.id)
def test_a_multiple_item_is_right_when_all_right_options_and_no_other_are_chosen(item):
    variant, right, wrong = item.variant(0), right_keys(item), wrong_keys(item)
    assert grade(variant, right).score == 1
    assert grade(variant, right).message == WORDS["right"]
    for response in (right[:1], right + wrong[:1], wrong, right[:1] + wrong[:1]):
        verdict = grade(variant, response)
        assert verdict.answered
        assert verdict.score == 0
        assert {entry.key for entry in verdict.feedback} == set(response)


def test_a_partly_right_answer_says_how_many_are_right_and_not_which_are_missing():
    item = MULTIPLE[0]
    right, wrong = right_keys(item), wrong_keys(item)
    verdict = grade(item.variant(0), [right[0], wrong[0]])
    assert verdict.message == "Not yet. 1 of the 2 you chose belongs; there are 2 in all."
    missing = item.options[right[1]]
    shown = verdict.message + "".join(entry.text for entry in verdict.feedback)
    assert missing.text not in shown
    assert missing.feedback not in shown
    assert verdict.misconceptions == (item.options[wrong[0]].misconception,)


@pytest.mark.parametrize("item", NUMERIC, ids=lambda item: item.id)
def test_a_number_is_graded_against_the_right_and_the_wrong_formulas(item):
    for variant in item.variants(0, 10):
        for text in (variant.answer_text, repr(variant.answer), f"{variant.answer:.4e}"):
            verdict = grade(variant, text)
            assert verdict.correct, text
            assert verdict.feedback[0].text == variant.solution
        for wrong in variant.wrong:
            verdict = grade(variant, f"{wrong.value:.6g}")
            assert verdict.answered
            assert not verdict.correct
            assert verdict.feedback[0].text == wrong.feedback
            assert verdict.misconceptions == (wrong.misconception,)


@pytest.mark.parametrize("item", NUMERIC, ids=lambda item: item.id)
def test_the_tolerance_is_relative_and_its_edge_is_inside(item):
    variant, tolerance = item.variant(0), item.numeric.tolerance
    assert grade(variant, repr(variant.answer * (1 + 0.999 * tolerance))).correct
    assert not grade(variant, repr(variant.answer * (1 + 1.01 * tolerance))).correct
    assert not grade(variant, repr(variant.answer * (1 - 1.01 * tolerance))).correct


def test_a_number_that_no_mistake_explains_gets_the_hint():
    variant = NUMERIC[0].variant(0)
    verdict = grade(variant, repr(variant.answer * 3.3))
    assert verdict.answered
    assert not verdict.correct
    assert verdict.feedback[0].text == variant.hint
    assert verdict.misconceptions == ()


@pytest.mark.parametrize(
    ("item", "response", "message"),
    [
        (SINGLE[0], None, "Choose an option first."),
        (MULTIPLE[0], [], "Choose at least one option first."),
        (NUMERIC[0], "", "Type a number first."),
        (NUMERIC[0], "a lot", WORDS["not_a_number"]),
    ],
)
def test_nothing_to_grade_is_no_answer_and_no_exception(item, response, message):
    verdict = grade(item.variant(0), response)
    assert (verdict.answered, verdict.correct, verdict.score) == (False, False, 0)
    assert verdict.message == message


def test_a_key_that_is_not_there_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match=r"response \[9\] is not an option of item"):
        grade(SINGLE[0].variant(0), 9)
