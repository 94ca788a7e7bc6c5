"""The quiz as widgets, driven by setting values and clicking: no browser needed."""

from __future__ import annotations

import pytest

from course_utils import show
from course_utils.lab.quiz import widget
from course_utils.lab.quiz_parts import is_shown
from course_utils.quiz import load_bank

BANK = load_bank("01-interview-basics")
TOTAL = len(BANK.items)
SINGLE, MULTIPLE = "policy-after-generation", "questions-that-change-the-design"
NUMERIC = "kv-cache-of-long-conversations"


@pytest.fixture
def quiz_card():
    return widget(BANK)


def keys(item_id: str, *, correct: bool) -> list[int]:
    return [o.key for o in BANK.item(item_id).options if o.correct is correct]


def test_every_question_is_there_and_can_be_answered(quiz_card, learner):
    assert list(quiz_card.cards) == [item.id for item in BANK.items]
    for card in quiz_card.cards.values():
        assert is_shown(card.check)
        assert not is_shown(card.try_again)
        assert is_shown(card.control.view)
        learner.answer(card)
        assert card.grade.correct
        assert not is_shown(card.check)
        assert is_shown(card.control.view)
    assert learner.reads(quiz_card.score) == f"{TOTAL} of {TOTAL} right, {TOTAL} answered"


def test_a_wrong_choice_gets_its_feedback_and_another_try(quiz_card, learner):
    card = quiz_card.cards[SINGLE]
    wrong = BANK.item(SINGLE).options[keys(SINGLE, correct=False)[0]]
    card.control.radio.value = wrong.key
    card.check.click()
    text = learner.reads(card.feedback)
    assert text.startswith("✗ Not yet.")
    assert wrong.feedback in text
    assert learner.reads(card.again) == "Read again: The reference architecture"
    assert card.control.radio.disabled
    assert learner.reads(quiz_card.score) == f"0 of {TOTAL} right, 1 answered"

    card.try_again.click()
    assert card.control.radio.value is None
    assert not card.control.radio.disabled
    assert card.feedback.value == ""
    assert learner.reads(quiz_card.score) == f"0 of {TOTAL} right, 1 answered"
    learner.answer(card)
    assert learner.reads(card.feedback).startswith("✓ Right.")
    assert not is_shown(card.try_again)
    assert learner.reads(quiz_card.score) == f"1 of {TOTAL} right, 1 answered"


def test_the_folded_answer_explains_every_option_once_something_was_answered(quiz_card, learner):
    card = quiz_card.cards[SINGLE]
    card.check.click()
    assert not is_shown(card.reasons)
    card.control.radio.value = 0
    card.check.click()
    assert is_shown(card.reasons)
    assert not is_shown(card.reasons.content)
    card.reasons.toggle.value = True
    assert is_shown(card.reasons.content)
    folded = learner.reads(card.answer)
    for text in ("Hiding the citation", "A faster check", "A prompt is a request"):
        assert text in folded


def test_several_choices_are_marked_one_by_one(quiz_card, learner):
    card = quiz_card.cards[MULTIPLE]
    right, wrong = keys(MULTIPLE, correct=True)[0], keys(MULTIPLE, correct=False)[0]
    for key in (right, wrong):
        card.control.boxes[key].value = True
    card.check.click()
    text = learner.reads(card.feedback)
    assert "1 of the 2 you chose belongs; there are 2 in all." in text
    shown = [option.key for option in card.variant.options]
    assert f"✓ {'abcd'[shown.index(right)]} belongs." in text
    assert f"✗ {'abcd'[shown.index(wrong)]} does not belong." in text


def test_nothing_chosen_is_not_an_answer(quiz_card, learner):
    for item_id in (SINGLE, MULTIPLE, NUMERIC):
        card = quiz_card.cards[item_id]
        card.check.click()
        assert "first" in learner.reads(card.feedback)
        assert is_shown(card.check)
    assert learner.reads(quiz_card.score) == f"0 of {TOTAL} right, 0 answered"


def test_a_number_by_a_wrong_formula_gets_that_feedback(quiz_card, learner):
    card = quiz_card.cards[NUMERIC]
    card.control.box.value = card.variant.wrong[0].text
    card.check.click()
    assert "counts all 64 query heads" in learner.reads(card.feedback)
    assert card.grade.misconceptions == ("kv-cache-uses-query-heads",)


def test_new_numbers_are_another_question(quiz_card, learner):
    card = quiz_card.cards[NUMERIC]
    seen = set()
    for _ in range(5):
        seen.add(card.stem.value)
        learner.answer(card)
        assert card.grade.correct
        assert is_shown(card.new_numbers)
        card.new_numbers.click()
        assert card.control.box.value == ""
    assert len(seen) == 5
    assert not is_shown(quiz_card.cards[SINGLE].new_numbers)


def test_start_over_clears_answers_and_score(quiz_card, learner):
    before = {name: card.stem.value for name, card in quiz_card.cards.items()}
    for card in quiz_card.cards.values():
        learner.answer(card)
    quiz_card.cards[NUMERIC].new_numbers.click()
    quiz_card.start_over.click()
    assert learner.reads(quiz_card.score) == f"0 of {TOTAL} right, 0 answered"
    assert {name: card.stem.value for name, card in quiz_card.cards.items()} == before
    for card in quiz_card.cards.values():
        assert card.grade is None
        if card.item.kind != "order":
            assert not card.control.response
        assert is_shown(card.check)


def test_text_that_a_learner_types_is_never_markup(quiz_card, learner):
    card = quiz_card.cards[NUMERIC]
    card.control.box.value = "12 <img src=x onerror=alert(1)>"
    card.check.click()
    assert "<img" not in card.feedback.value
    assert "&lt;imgsrc=x" in card.feedback.value


def test_a_seed_draws_the_order_and_the_numbers():
    one, other = widget(BANK, seed=1), widget(BANK, seed=2)
    assert one.cards[NUMERIC].stem.value != other.cards[NUMERIC].stem.value
    assert one.cards[NUMERIC].stem.value == widget(BANK, seed=1).cards[NUMERIC].stem.value
    with pytest.raises(ValueError, match="option seed alone, got level"):
        widget(BANK, level=2)


def test_show_offers_the_widget():
    assert "application/vnd.jupyter.widget-view+json" in show(BANK)._repr_mimebundle_()
