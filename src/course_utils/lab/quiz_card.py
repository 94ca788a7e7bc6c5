"""One question as live ipywidgets: check, feedback, try again, new numbers."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets as widgets

from course_utils.lab.links import section_link
from course_utils.lab.quiz_controls import ConfidenceControl, control_for
from course_utils.lab.quiz_parts import (
    Folded,
    button,
    is_shown,
    linked,
    mark_html,
    note_html,
    said_html,
    set_shown,
    verdict_class,
)
from course_utils.quiz import Grade, Item, Variant, grade
from course_utils.quiz.grading import WORDS, Feedback
from course_utils.quiz.model import Seed
from course_utils.quiz.progress import Answer, new_answer
from course_utils.quiz.record import RECORD_WORDS
from course_utils.quiz.text import ask, option_letter
from course_utils.views.html import inline
from course_utils.views.questions import reasons_html, stem_html

MOST_VARIANTS = 20


class ItemCard(widgets.VBox):
    """One question. `grade` is the verdict on the last checked answer, None before the first.

    Trying again keeps that verdict until the next check, so that the score says what
    was last known and does not fall when somebody practices. `on_answer` gets the record
    of each checked answer. With `placing` it asks once and, but for a prediction, for no
    confidence: a second try knows the feedback.
    """

    def __init__(
        self,
        bank_id: str,
        item: Item,
        place: str,
        seed: Seed,
        on_answer: Callable[[Answer], None],
        *,
        placing: bool = False,
    ):
        self.bank_id = bank_id
        self.item = item
        self.grade: Grade | None = None
        self._place = place
        self._seed = seed
        self._on_answer = on_answer
        self._variants = item.variants(seed, 1 if placing else MOST_VARIANTS)
        self._number = 0
        predicts = item.kind == "predict"
        self._once = placing or predicts
        self.control = control_for(self.variant)
        self.sure = ConfidenceControl(item) if predicts or not placing else None
        self.stem = widgets.HTML()
        self.feedback = widgets.HTML()
        self.again = widgets.Output()
        self.again.add_class("cu-quiz-links")
        self.answer = widgets.HTML()
        self.reasons = Folded(WORDS["answer_and_reasons"], [self.answer])
        self.check = button(WORDS["commit" if predicts else "check"], self._check)
        self.try_again = button(WORDS["try_again"], self._ask_again, quiet=True)
        self.new_numbers = button(WORDS["new_numbers"], self._ask_new_numbers, quiet=True)
        self._buttons = widgets.HBox(
            [self.check, self.try_again, self.new_numbers],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        super().__init__(
            [
                self.stem,
                self.control.view,
                *([self.sure.view] if self.sure else []),
                self._buttons,
                self.feedback,
                self.again,
                self.reasons,
            ]
        )
        self.add_class("cu-quiz-item")
        self.ask_again()

    @property
    def key(self) -> tuple[str, str]:
        """Bank and item, as progress names a question."""
        return self.bank_id, self.item.id

    @property
    def variant(self) -> Variant:
        return self._variants[self._number]

    def _check(self) -> None:
        response = self.control.response
        confidence = self.sure.value if self.sure else None
        verdict = grade(self.variant, response, confidence)
        if not verdict.answered:
            self.feedback.value = note_html(verdict.message)
            owed = verdict.message == WORDS["confidence_first"]
            (self.sure if owed else self.control).focus()
            return
        self._show(verdict)
        # The button that had the keyboard is gone.
        next(filter(is_shown, (self.try_again, self.new_numbers, self.reasons))).focus()
        answer = new_answer(self.bank_id, self._seed, self.variant, response, verdict, confidence)
        self._on_answer(answer)

    def _show(self, verdict: Grade) -> None:
        """Lock the answer and say the verdict."""
        self.grade = verdict
        self.control.lock(True)
        self.control.mark(verdict)
        scored = ""
        if self.sure:
            self.sure.lock(True)
            scored = self.sure.scored(verdict.correct)
        self.feedback.value = feedback_html(self.variant, verdict, scored)
        read_again = not verdict.correct and self.item.kind != "predict"
        self.again.outputs = linked(self._again_html() if read_again else "")
        set_shown(self.again, read_again)
        self.answer.value = f'<div class="cu-quiz-reasons">{reasons_html(self.variant)}</div>'
        set_shown(self.reasons, True)
        self._show_buttons(checked=True)

    def _again_html(self) -> str:
        link = section_link(self.bank_id, self.item.read_again)
        return f'<p class="cu-quiz-again">{WORDS["read_again"]} {link}</p>'

    def ask_again(self) -> None:
        """Back to the open question, with the same numbers."""
        self.stem.value = question_html(self._place, self.variant)
        self.feedback.value = self.answer.value = ""
        self.reasons.close_up()
        set_shown(self.reasons, False)
        self.again.outputs = ()
        set_shown(self.again, False)
        self.control.lock(False)
        self.control.unmark()
        self.control.response = None
        if self.sure:
            self.sure.lock(False)
            self.sure.value = None
        self._show_buttons(checked=False)

    def start_over(self) -> None:
        """As it was before the first answer."""
        self.grade = None
        self._number = 0
        self.ask_again()

    def restore(self, answer: Answer) -> None:
        """Show again what was answered before, where these numbers and options still exist."""
        drawn = [variant.parameters for variant in self._variants]
        if answer.parameters not in drawn or not self.control.fits(answer.response):
            return
        number = drawn.index(answer.parameters)
        verdict = grade(self._variants[number], answer.response, answer.confidence)
        if not verdict.answered:
            return
        self._number = number
        self.ask_again()
        self.control.response = answer.response
        if self.sure:
            self.sure.value = answer.confidence
        self._show(verdict)

    def _ask_again(self) -> None:
        self.ask_again()
        self.control.focus()

    def _ask_new_numbers(self) -> None:
        self._number = (self._number + 1) % len(self._variants)
        self.ask_again()
        self.feedback.value = said_html(RECORD_WORDS["new_question"])
        self.control.focus()

    def _show_buttons(self, *, checked: bool) -> None:
        set_shown(self.check, not checked)
        set_shown(self.try_again, checked and not self.grade.correct and not self._once)
        set_shown(self.new_numbers, checked and len(self._variants) > 1)


def question_html(place: str, variant: Variant) -> str:
    """The question with its place in the quiz and what kind of answer it takes."""
    above = f'<span class="cu-quiz-place">{inline(place)}</span>' if place else ""
    return (
        f'{above}<span class="cu-quiz-stem">{stem_html(variant.stem)}</span>'
        f'<span class="cu-quiz-ask">{ask(variant.item)}</span>'
    )


def feedback_html(variant: Variant, verdict: Grade, scored: str) -> str:
    """The verdict, why what was answered is right or wrong, and what the confidence was worth."""
    reasons = "".join(_reason_html(variant, entry) for entry in verdict.feedback)
    worth = f'<p class="cu-quiz-scored">{escape(scored)}</p>' if scored else ""
    return (
        f'<div role="alert" class="cu-quiz-feedback {verdict_class(verdict.correct)}">'
        f'<p class="cu-quiz-verdict">{mark_html(verdict.correct)} {escape(verdict.message)}</p>'
        f"{reasons}{worth}</div>"
    )


def _reason_html(variant: Variant, entry: Feedback) -> str:
    """Why one answer is right or wrong; with its words or letter where there are several."""
    if variant.item.kind == "order" and entry.key is not None:
        step = next(step for step in variant.steps if step.key == entry.key)
        return f"<p><strong>{inline(step.text)}</strong> {inline(entry.text)}</p>"
    if variant.item.kind != "multiple":
        return f"<p>{inline(entry.text)}</p>"
    letter = option_letter([option.key for option in variant.options].index(entry.key))
    words = WORDS["belongs" if entry.correct else "does_not_belong"].format(letter=letter)
    return f"<p>{mark_html(entry.correct)} <strong>{words}</strong> {inline(entry.text)}</p>"
