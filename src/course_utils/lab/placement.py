"""The placement check as live ipywidgets: a few questions, and where to begin."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from course_utils.lab.links import lesson_link
from course_utils.lab.quiz import card_layout, head
from course_utils.lab.quiz_card import ItemCard
from course_utils.lab.quiz_parts import button, linked, note_html
from course_utils.lab.record import RecordPanel
from course_utils.quiz.model import Seed, seed_option
from course_utils.quiz.placement import PLACEMENT_WORDS, Placement
from course_utils.quiz.progress import Answer
from course_utils.quiz.progress_file import ProgressFile
from course_utils.views.html import inline


class PlacementCard(widgets.VBox):
    """The questions, each open, and a button that recommends a lesson by what was answered."""

    def __init__(self, placement: Placement, seed: Seed = 0):
        self.placement = placement
        self.progress = ProgressFile()
        self.cards = {
            question.key: ItemCard(
                question.bank.id,
                question.item,
                question.bank.title,
                seed,
                self._answered,
                placing=True,
            )
            for question in placement.questions
        }
        self.advise = button(PLACEMENT_WORDS["advise"], self._advise)
        self.advice = widgets.Output()
        self.advice.add_class("cu-quiz-links")
        self.said = widgets.HTML()
        note = f'<p class="cu-quiz-about">{escape(PLACEMENT_WORDS["no_grade"])}</p>'
        super().__init__(
            [
                *head("Placement check"),
                widgets.HTML(note),
                *self.cards.values(),
                self.advise,
                self.advice,
                self.said,
            ],
            layout=card_layout(),
        )
        for name in ("cu-card", "cu-quiz", "cu-quiz-placement"):
            self.add_class(name)

    def _answered(self, answer: Answer) -> None:
        self.said.value = note_html(self.progress.record(answer))
        RecordPanel.refresh_all()

    def _advise(self) -> None:
        verdicts = {key: card.grade.correct for key, card in self.cards.items() if card.grade}
        advice = self.placement.recommend(verdicts)
        lead = inline(advice.sentence)
        if advice.lesson:
            lead = lesson_link(advice.lesson, advice.sentence)
        reasons = "".join(f"<li>{inline(reason)}</li>" for reason in advice.reasons)
        self.advice.outputs = linked(
            '<div class="cu-quiz-advice" role="status">'
            f"<p><strong>{lead}</strong></p>{f'<ul>{reasons}</ul>' if reasons else ''}</div>"
        )


def widget(placement: Placement, **options: Any) -> PlacementCard:
    """The live placement check; `seed` draws the order of options and the numbers."""
    example = "show(placement(), seed=7)"
    return PlacementCard(placement, **seed_option("the placement check", example, options))
