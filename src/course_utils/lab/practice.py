"""The practice page as live ipywidgets: filters over the questions of all lessons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from course_utils.lab.quiz import card_layout, head
from course_utils.lab.quiz_card import ItemCard
from course_utils.lab.quiz_parts import button, note_html, set_shown
from course_utils.lab.record import RecordPanel
from course_utils.quiz.model import Seed, seed_option
from course_utils.quiz.practice import PRACTICE_WORDS, PracticeSet, Question
from course_utils.quiz.progress import Answer, last_answers
from course_utils.quiz.progress_file import ProgressFile
from course_utils.quiz.record import fewest

# A question is about twenty widgets, and all questions of the course take long to draw.
AT_A_TIME = 5
MORE = "More questions"
ANY = ""


class PracticeCard(widgets.VBox):
    """Questions that pass the filters, a few at a time, each open; `cards` has those made.

    What was answered a moment ago stays in view until a filter is changed.
    """

    def __init__(self, practice: PracticeSet, seed: Seed = 0):
        self._seed = seed
        self._questions = practice.in_order(seed)
        self._chosen: list[Question] = []
        self._most = AT_A_TIME
        self.cards: dict[tuple[str, str], ItemCard] = {}
        self.progress = ProgressFile()
        words = PRACTICE_WORDS
        lessons = {question.bank.id: question.bank.title for question in self._questions}
        self.lesson = _list(
            words["lesson"], [(title, key) for key, title in sorted(lessons.items())]
        )
        self.outcome = _list(words["outcome"], [])
        states = [(words[state], state) for state in ("open", "missed", "right")]
        self.state = _list(words["state"], states)
        levels = [(words[f"level_{level}"], level) for level in (1, 2, 3)]
        self.difficulty = _list(words["difficulty"], levels)
        filters = [self.lesson, self.outcome, self.state, self.difficulty]
        self.shown = widgets.HTML()
        self.questions = widgets.VBox()
        self.more = button(MORE, self._show_more, quiet=True)
        self.said = widgets.HTML()
        self.record = RecordPanel(self.progress, self.apply)
        row = widgets.Box(filters)
        row.add_class("cu-quiz-filters")
        super().__init__(
            [
                *head("Practice"),
                row,
                self.shown,
                self.questions,
                self.more,
                self.said,
                self.record,
            ],
            layout=card_layout(),
        )
        for name in ("cu-card", "cu-quiz", "cu-quiz-practice"):
            self.add_class(name)
        self._offer_outcomes()
        self.lesson.observe(self._lesson_changed, names="value")
        for each in (self.outcome, self.state, self.difficulty):
            each.observe(lambda _: self.apply(), names="value")
        self.apply()

    def _lesson_changed(self, _change) -> None:
        self._offer_outcomes()
        self.apply()

    def _offer_outcomes(self) -> None:
        """The outcomes of the chosen lesson, or of all."""
        entries = {
            (question.bank.id, question.item.outcome): question.bank.outcome(
                question.item.outcome
            ).text
            for question in self._questions
            if self.lesson.value in (ANY, question.bank.id)
        }
        with self.outcome.hold_trait_notifications():
            self.outcome.options = _options([(text, key) for key, text in sorted(entries.items())])
            self.outcome.value = ANY

    def apply(self) -> None:
        """Choose by the filters and by what the record has now; the first few are shown."""
        progress = self.progress.read()
        self.said.value = note_html(" ".join(fewest(progress.messages)))
        last = last_answers(progress.answers)
        self._chosen = [q for q in self._questions if self._passes(q, last.get(q.key))]
        self._most = AT_A_TIME
        for question in self._chosen:
            if question.key in self.cards:
                self.cards[question.key].start_over()
        self._show()

    def _passes(self, question: Question, answer: Answer | None) -> bool:
        item = question.item
        state = "open" if answer is None else "right" if answer.correct else "missed"
        return (
            self.lesson.value in (ANY, question.bank.id)
            and self.outcome.value in (ANY, (question.bank.id, item.outcome))
            and self.difficulty.value in (ANY, item.difficulty)
            and self.state.value in (ANY, state)
        )

    def _show(self) -> None:
        shown = self._chosen[: self._most]
        self.questions.children = [self._card(question) for question in shown]
        words = PRACTICE_WORDS["shown" if shown else "none"]
        text = words.format(shown=len(shown), total=len(self._chosen))
        self.shown.value = f'<p class="cu-quiz-score" role="status">{text}</p>'
        set_shown(self.more, len(shown) < len(self._chosen))

    def _show_more(self) -> None:
        self._most += AT_A_TIME
        self._show()

    def _card(self, question: Question) -> ItemCard:
        if question.key not in self.cards:
            self.cards[question.key] = ItemCard(
                question.bank.id, question.item, question.bank.title, self._seed, self._answered
            )
        return self.cards[question.key]

    def _answered(self, answer: Answer) -> None:
        self.said.value = note_html(self.progress.record(answer))
        self.record.refresh_all()


def _list(label: str, entries: Sequence[tuple[str, Any]]) -> widgets.Dropdown:
    made = widgets.Dropdown(
        options=_options(entries),
        value=ANY,
        description=label,
        layout=widgets.Layout(width="auto"),
        style={"description_width": "initial"},
    )
    made.add_class("cu-quiz-filter")
    return made


def _options(entries: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(PRACTICE_WORDS["any"], ANY), *entries]


def widget(practice: PracticeSet, **options: Any) -> PracticeCard:
    """The live practice; `seed` draws the order of the questions and their numbers."""
    example = "show(practice_set(), seed=7)"
    return PracticeCard(practice, **seed_option("practice", example, options))
