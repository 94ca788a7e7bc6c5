"""Grading: score, message, feedback for what was chosen, and the misconception it shows."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from course_utils.quiz import bank_ids, grade, load_bank, parse_bank
from course_utils.quiz.grading import WORDS

TOML = Path(__file__).with_name("all-kinds.toml")
ALL_KINDS = parse_bank(TOML.read_text("utf-8"), TOML.name)
BANKS = [*map(load_bank, bank_ids()), ALL_KINDS]
ITEMS = [item for bank in BANKS for item in bank.items]
SINGLE = [item for item in ITEMS if item.kind == "single"]
MULTIPLE = [item for item in ITEMS if item.kind == "multiple"]
NUMERIC = [item for item in ITEMS if item.kind == "numeric"]
ORDER = [item for item in ITEMS if item.kind == "order"]
PREDICT = [item for item in ITEMS if item.kind == "predict"]


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


@pytest.mark.parametrize("item", ORDER, ids=lambda item: item.id)
def test_an_order_is_right_when_it_is_exact_and_a_wrong_one_gets_its_first_mistake(item):
    variant, right = item.variant(0), [step.key for step in item.steps]
    shown = [step.key for step in variant.steps]
    verdict = grade(variant, right)
    assert (verdict.correct, verdict.score, verdict.message) == (True, 1, "Right.")
    assert [entry.text for entry in verdict.feedback] == [step.why for step in item.steps]
    for keys in map(list, itertools.permutations(right)):
        if keys in (right, shown):
            continue
        verdict = grade(variant, keys)
        assert (verdict.answered, verdict.correct, verdict.score) == (True, False, 0)
        made = [m for m in item.mistakes if keys.index(m.before) < keys.index(m.after)]
        expected = made[0].feedback if made else item.hint
        assert [entry.text for entry in verdict.feedback] == [expected]
        assert verdict.misconceptions == ((made[0].misconception,) if made else ())


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([0, 1, 3, 2], "Not yet. 1 of the 3 pairs of neighbors belongs together."),
        ([1, 2, 3, 0], "Not yet. 2 of the 3 pairs of neighbors belong together."),
        ([3, 2, 1, 0], "Not yet. 0 of the 3 pairs of neighbors belong together."),
    ],
)
def test_a_wrong_order_says_how_many_neighbors_stand_right(keys, message):
    assert grade(ALL_KINDS.item("put-in-order").variant(0), keys).message == message


@pytest.mark.parametrize("item", ORDER, ids=lambda item: item.id)
def test_steps_are_never_shown_in_the_right_order(item):
    drawn = {tuple(step.key for step in item.variant(seed).steps) for seed in range(300)}
    assert tuple(range(len(item.steps))) not in drawn
    assert len(drawn) > 4
    assert item.variant("ada") == item.variant("ada")


def test_an_order_that_was_not_made_is_no_answer():
    variant = ALL_KINDS.item("put-in-order").variant(0)
    for response in (None, [], [0, 1]):
        assert grade(variant, response).message == WORDS["order_all"]
    shown = [step.key for step in variant.steps]
    assert grade(variant, shown).message == WORDS["order_unmoved"]
    for response in ([0, 1, 2, 2], [0, 1, 2, 9], [0, 1, 2, 3, 3]):
        with pytest.raises(ValueError, match="does not hold each step of item 'put-in-order' once"):
            grade(variant, response)


@pytest.mark.parametrize("item", PREDICT, ids=lambda item: item.id)
def test_a_guess_is_right_within_the_factor_and_the_solution_is_shown_either_way(item):
    factor = item.numeric.within_factor
    for variant in item.variants(0, 10):
        for share, right in ((1, True), (0.999 * factor, True), (1.001 / factor, True)):
            verdict = grade(variant, repr(share * variant.answer), 0.5)
            assert (verdict.correct, verdict.score) == (right, float(right))
            assert verdict.message.startswith("Close enough. You said ")
        for share, way in ((1.001 * factor, "high"), (0.999 / factor, "low"), (1e-6, "low")):
            verdict = grade(variant, repr(share * variant.answer), 0.5)
            assert not verdict.correct
            assert verdict.message.endswith(f" times too {way}.")
            assert verdict.feedback[-1].text == variant.solution
        for wrong in variant.wrong:
            verdict = grade(variant, repr(wrong.value), 0.9)
            assert [entry.text for entry in verdict.feedback] == [wrong.feedback, variant.solution]
            assert verdict.misconceptions == (wrong.misconception,)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("2", "Not close. You said 2; it is $12: 6 times too low."),
        ("$ 1,000", "Not close. You said $ 1,000; it is $12: 83.3 times too high."),
        ("0", "Not close. You said 0; it is $12."),
        ("-3", "Not close. You said -3; it is $12."),
        ("$15", "Close enough. You said $15; it is $12."),
    ],
)
def test_the_reveal_says_how_far_off_the_guess_was(said, message):
    assert grade(ALL_KINDS.item("guess-the-bill").variant(0), said, 0.9).message == message


def test_a_prediction_needs_a_confidence_and_the_others_do_not():
    predict = ALL_KINDS.item("guess-the-bill").variant(0)
    verdict = grade(predict, "12")
    assert (verdict.answered, verdict.message) == (False, WORDS["confidence_first"])
    assert grade(predict, "twelve").message == WORDS["not_a_number"]
    single = ALL_KINDS.item("choose-one").variant(0)
    assert grade(single, 1, 0.9) == grade(single, 1)
    for confidence in (0, 1, 90, -0.5, True, "0.9"):
        with pytest.raises(ValueError, match="confidence must be a share between 0 and 1"):
            grade(single, 1, confidence)
