"""The practice page and the placement check as widgets."""

from __future__ import annotations

import pytest

from course_utils import placement, practice_set, show
from course_utils.lab.placement import widget as placement_widget
from course_utils.lab.practice import AT_A_TIME, widget
from course_utils.lab.quiz_parts import is_shown
from course_utils.quiz import load_bank
from course_utils.quiz.practice import PracticeSet, Question
from course_utils.quiz.progress_file import ProgressFile

LESSON = "01-interview-basics"


@pytest.fixture
def small(all_kinds):
    """The six questions of one bank: one more than are shown at a time."""
    return PracticeSet(tuple(Question(all_kinds, item) for item in all_kinds.items))


def shown(page) -> list[str]:
    return [card.item.id for card in page.questions.children]


def test_a_few_questions_are_shown_and_the_others_on_demand(small, learner):
    page = widget(small)
    order = [question.item.id for question in small.in_order(0)]
    assert shown(page) == order[:AT_A_TIME]
    assert learner.reads(page.shown) == "5 of 6 questions."
    page.more.click()
    assert shown(page) == order
    assert not is_shown(page.more)


def test_another_seed_asks_in_another_order_and_nothing_else_is_an_option(small):
    assert shown(widget(small, seed="ada")) != shown(widget(small, seed="bob"))
    with pytest.raises(ValueError, match="option seed alone, got level"):
        widget(small, level=1)


def test_the_filters_choose_by_lesson_outcome_and_difficulty():
    page = widget(practice_set())
    page.lesson.value = LESSON
    bank = load_bank(LESSON)
    assert len(page._chosen) == len(bank.items)
    outcome = bank.outcomes[0]
    assert [text for text, _ in page.outcome.options[1:]] == [
        bank.outcome(key).text for key in sorted({item.outcome for item in bank.items})
    ]
    page.outcome.value = (LESSON, outcome.id)
    assert {q.item.outcome for q in page._chosen} == {outcome.id}
    page.outcome.value = ""
    page.difficulty.value = 1
    assert {q.item.difficulty for q in page._chosen} <= {1}
    page.lesson.value = ""
    assert {q.bank.id for q in page._chosen} > {LESSON}


def test_the_filter_of_the_last_answer_reads_the_record(small, learner):
    page = widget(small)
    first, second = page.questions.children[:2]
    learner.answer(first, rightly=False)
    learner.answer(second, rightly=True)
    page.state.value = "missed"
    assert shown(page) == [first.item.id]
    assert first.grade is None, "a practice starts open"
    page.state.value = "right"
    assert shown(page) == [second.item.id]
    page.state.value = "open"
    assert len(page._chosen) == 4
    learner.answer(page.questions.children[0])
    assert len(shown(page)) == 4, "what was answered a moment ago stays in view"


def test_no_question_that_fits_is_said(small, learner):
    page = widget(small)
    page.state.value = "missed"
    assert shown(page) == []
    assert learner.reads(page.shown) == "No question fits. Take a filter away."


def test_answers_of_a_practice_are_kept_under_their_lesson(learner):
    page = widget(practice_set(lesson=LESSON))
    card = page.questions.children[0]
    learner.answer(card, sure=3)
    (answer,) = ProgressFile().read().answers
    assert (answer.bank, answer.item) == (LESSON, card.item.id)


def test_placement_recommends_the_first_lesson_that_was_missed(learner, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{LESSON}.md").write_text("")
    check = placement()
    page = placement_widget(check)
    page.advise.click()
    assert learner.reads(page.advice) == "Answer at least one question first."
    first = page.cards[check.questions[0].key]
    assert first.sure is None
    learner.answer(first, rightly=False)
    assert not is_shown(first.try_again)
    page.advise.click()
    (output,) = page.advice.outputs
    banks = [question.bank for question in check.questions]
    if banks[0].id == LESSON:
        assert f'<a href="{LESSON}.md">' in output["data"]["text/html"]
    text = learner.reads(page.advice)
    assert text.startswith(f"Begin with “{banks[0].title}”.")
    assert "You missed a question on this:" in text


def test_whoever_knows_all_is_sent_on(learner):
    page = placement_widget(placement())
    for card in page.cards.values():
        learner.answer(card)
    page.advise.click()
    assert "explain a design aloud" in learner.reads(page.advice)


def test_show_offers_the_widgets_and_writes_nothing(progress_path):
    for definition in (practice_set(), placement()):
        assert "application/vnd.jupyter.widget-view+json" in show(definition)._repr_mimebundle_()
    assert not progress_path.parent.exists()
