"""Every kind of item as widgets, with and without a confidence."""

from __future__ import annotations

import re

import pytest

from course_utils import quiz, show
from course_utils.lab.quiz import widget
from course_utils.lab.quiz_parts import is_shown
from course_utils.quiz.confidence import LEVELS, chance_level

KINDS = (
    "choose-one",
    "choose-some",
    "type-a-number",
    "put-in-order",
    "guess-the-share",
    "guess-the-bill",
)


@pytest.fixture
def cards(all_kinds):
    return widget(all_kinds).cards


@pytest.mark.parametrize("item_id", KINDS)
@pytest.mark.parametrize("rightly", [True, False])
def test_each_kind_is_graded_and_locked(cards, learner, item_id, rightly):
    card = cards[item_id]
    learner.answer(card, rightly=rightly)
    assert card.grade.correct is rightly
    assert learner.reads(card.feedback).startswith("✓" if rightly else "✗")
    assert not is_shown(card.check)
    again = not rightly and card.item.kind != "predict"
    assert is_shown(card.try_again) is again
    assert is_shown(card.again) is again
    assert is_shown(card.new_numbers) is card.item.computed
    assert is_shown(card.reasons)
    assert card.sure.radio.disabled


def test_the_kinds_of_this_test_are_all_there_are(all_kinds):
    assert [item.id for item in all_kinds.items] == list(KINDS)


def test_steps_move_by_their_buttons_and_say_where_they_are(cards, learner):
    card = cards["put-in-order"]
    control = card.control
    drawn = control.response
    control.rows[0].down.click()
    assert control.response == [drawn[1], drawn[0], *drawn[2:]]
    step = next(s.text for s in card.item.steps if s.key == drawn[0])
    assert learner.reads(control.moved) == f"{step} is now step 2 of 4."
    assert control.rows[1].up.description == f"Move up: {step}"
    control.rows[1].up.click()
    assert control.response == drawn


def test_no_step_moves_out_of_the_list_or_after_the_check(cards, learner):
    control = cards["put-in-order"].control
    assert [control.rows[0].up.disabled, control.rows[-1].down.disabled] == [True, True]
    drawn = control.response
    control.rows[0].up.click()
    control.rows[-1].down.click()
    assert control.response == drawn
    learner.answer(cards["put-in-order"])
    control.rows[0].down.click()
    assert control.response == [0, 1, 2, 3]
    assert not any(is_shown(button) for row in control.rows for button in (row.up, row.down))


def test_steps_are_marked_by_what_they_follow(cards, learner):
    card = cards["put-in-order"]
    learner.put_in_order(card, [1, 2, 3, 0])
    card.check.click()
    assert "2 of the 3 pairs of neighbors belong together" in card.grade.message
    said = ["does not fit" in row.text.value for row in card.control.rows]
    assert said == [True, False, False, True]
    assert [row.text.value.count("✓") for row in card.control.rows] == [0, 1, 1, 0]
    card.try_again.click()
    assert not any("✗" in row.text.value for row in card.control.rows)
    assert card.control.response == [step.key for step in card.variant.steps]


def test_steps_as_drawn_are_no_answer(cards, learner):
    card = cards["put-in-order"]
    card.check.click()
    assert card.grade is None
    assert "never the right order" in learner.reads(card.feedback)


def test_a_prediction_is_committed_with_a_confidence_and_once(cards, learner):
    card = cards["guess-the-share"]
    assert card.check.description == "Commit and reveal"
    card.control.box.value = "10"
    card.check.click()
    assert card.grade is None
    assert learner.reads(card.feedback) == "Say how sure you are first."
    card.sure.radio.value = 5
    card.check.click()
    text = learner.reads(card.feedback)
    assert "You said 10; it is 59.9%: 5.99 times too low." in text
    assert "You were 90% sure: Brier score 0.81" in text
    assert not is_shown(card.try_again)


def test_a_card_of_predictions_alone_is_part_of_the_text():
    card = show(quiz("05-latency-physics", "first-token-ratio")).widget
    assert '<p class="cu-card-title">Your prediction</p>' in [
        getattr(part, "value", "") for part in card.children
    ]
    assert "cu-quiz-predict" in card._dom_classes
    assert card.record not in card.children
    rows = [getattr(part, "children", ()) for part in card.children]
    assert not any(card.start_over in row for row in rows)
    (item,) = card.cards.values()
    assert "Question 1" not in item.stem.value


def test_a_confidence_is_optional_and_scored_in_words(cards, learner):
    card = cards["choose-one"]
    learner.answer(card)
    assert "Brier" not in card.feedback.value
    card.start_over()
    learner.answer(card, sure=LEVELS.index(0.9) + 1)
    assert "You were 90% sure: Brier score 0.01" in learner.reads(card.feedback)
    card.start_over()
    assert card.sure.value is None
    learner.answer(card, sure=0)
    assert card.sure.value == chance_level(card.item)
    assert "You called it a guess: Brier score 0.44" in learner.reads(card.feedback)


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "12 <script>alert(1)</script>"])
@pytest.mark.parametrize("item_id", ["type-a-number", "guess-the-share"])
def test_what_is_typed_is_never_markup(cards, item_id, text):
    card = cards[item_id]
    card.control.box.value = text
    card.sure.radio.value = 1
    card.check.click()
    assert card.grade is None
    assert not re.search(r"<(img|script)", card.feedback.value)


def test_a_number_that_counts_is_never_markup(cards):
    card = cards["guess-the-bill"]
    card.control.box.value = "$ 12 <b>"
    card.sure.radio.value = 1
    card.check.click()
    assert "<b>" not in card.feedback.value
