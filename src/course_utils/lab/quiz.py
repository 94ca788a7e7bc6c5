"""The quiz of a lesson, or a prediction in its text, as live ipywidgets."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from course_utils.lab.quiz_card import ItemCard
from course_utils.lab.quiz_parts import button, note_html, said_html
from course_utils.lab.record import RecordPanel
from course_utils.lab.started_over import start_over, started_over
from course_utils.quiz import Bank
from course_utils.quiz.grading import WORDS
from course_utils.quiz.model import Seed, show_options
from course_utils.quiz.progress import Answer, last_answers
from course_utils.quiz.progress_file import ProgressFile
from course_utils.quiz.record import RECORD_WORDS, fewest
from course_utils.views.html import inline
from course_utils.views.style import css_text


def card_layout() -> widgets.Layout:
    """The width of every card of questions."""
    return widgets.Layout(width="100%", max_width="54rem")


def head(title: str) -> list[widgets.HTML]:
    """The style and the title on top of a card of questions."""
    return [
        widgets.HTML(f"<style>{css_text('quiz')}</style>"),
        widgets.HTML(f'<p class="cu-card-title">{inline(title)}</p>'),
    ]


class QuizCard(widgets.VBox):
    """The questions of a bank; `cards` holds them by item id.

    What was answered before is shown again, from the learner's progress file; what is
    checked here is added to it. A card of predictions alone is part of the text of a
    lesson: it has no score and no record.
    """

    def __init__(self, bank: Bank, seed: Seed = 0):
        self.bank = bank
        self.progress = ProgressFile()
        self.said = widgets.HTML()
        self.score = widgets.HTML()
        self.start_over = button(WORDS["start_over"], self._start_over, quiet=True)
        self.record = RecordPanel(self.progress, self._answers_added, bank.id)
        total = len(bank.items)
        self.cards = {
            item.id: ItemCard(
                bank.id,
                item,
                f"Question {number} of {total}" if total > 1 else "",
                seed,
                self._answered,
            )
            for number, item in enumerate(bank.items, start=1)
        }
        self.predicts = bool(bank.items) and all(item.kind == "predict" for item in bank.items)
        foot = widgets.HBox(
            [self.score, self.start_over],
            layout=widgets.Layout(
                justify_content="space-between", align_items="center", flex_flow="row wrap"
            ),
        )
        super().__init__(
            [
                *head("Your prediction" if self.predicts else f"Quiz: {bank.title}"),
                *self.cards.values(),
                *([] if self.predicts else [foot]),
                self.said,
                *([] if self.predicts else [self.record]),
            ],
            layout=card_layout(),
        )
        part = "predict" if self.predicts else "quiz"
        for name in ("cu-card", "cu-quiz", f"cu-quiz-{part}"):
            self.add_class(name)
        self._restore()

    def _answered(self, answer: Answer) -> None:
        self.said.value = note_html(self.progress.record(answer))
        self._show_score()
        self.record.refresh_all()

    def _answers_added(self) -> None:
        """Answers came from a file: they fill what is open here."""
        self._restore()

    def _restore(self) -> None:
        """The last answers again; what was started over since stays open."""
        progress = self.progress.read()
        since = started_over(self.progress.path)
        last = last_answers(progress.answers)
        for card in self.cards.values():
            answer = last.get(card.key)
            if card.grade is None and answer and answer.at > since.get(card.key, ""):
                card.restore(answer)
        self.said.value = note_html(" ".join(fewest(progress.messages)))
        self._show_score()

    def _show_score(self) -> None:
        grades = [card.grade for card in self.cards.values() if card.grade]
        right = sum(verdict.correct for verdict in grades)
        text = WORDS["score"].format(right=right, answered=len(grades), total=len(self.bank.items))
        self.score.value = f'<p class="cu-quiz-score" role="status">{text}</p>'

    def _start_over(self) -> None:
        for card in self.cards.values():
            card.start_over()
        start_over(self.progress.path, [card.key for card in self.cards.values()])
        self._show_score()
        self.said.value = said_html(RECORD_WORDS["started_over"])
        next(iter(self.cards.values())).control.focus()


def widget(bank: Bank, **options: Any) -> QuizCard:
    """The live quiz of `bank`; `seed` draws the order of options and the numbers."""
    return QuizCard(bank, **show_options(bank, options))
