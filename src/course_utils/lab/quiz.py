"""A question bank as live ipywidgets: check, feedback, try again, new numbers, score."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets

from course_utils.quiz import Bank, Grade, Item, Variant, grade
from course_utils.quiz.grading import WORDS, Feedback
from course_utils.quiz.model import Seed, show_options
from course_utils.quiz.text import ask, option_letter, plain
from course_utils.views.html import inline
from course_utils.views.questions import answer_html, stem_html
from course_utils.views.style import css_text

MOST_VARIANTS = 20

# A new layout each time: widgets that share one also share what hides them.
_wide = partial(widgets.Layout, width="auto")
_MARKS = {True: ("cu-right", "✓"), False: ("cu-wrong", "✗")}


class SingleControl:
    """Radio buttons; the response is the key of the chosen option, or None."""

    def __init__(self, variant: Variant):
        choices = [
            (f"{option_letter(i)}.  {plain(option.text)}", option.key)
            for i, option in enumerate(variant.options)
        ]
        self.view = self.radio = widgets.RadioButtons(options=choices, value=None, layout=_wide())

    @property
    def response(self) -> int | None:
        return self.radio.value

    def clear(self) -> None:
        self.radio.value = None

    def lock(self, locked: bool) -> None:
        self.radio.disabled = locked


class MultipleControl:
    """Checkboxes; the response is the list of the keys that are ticked."""

    def __init__(self, variant: Variant):
        self.boxes = {
            option.key: widgets.Checkbox(
                value=False,
                description=f"{option_letter(i)}.  {plain(option.text)}",
                indent=False,
                layout=_wide(),
            )
            for i, option in enumerate(variant.options)
        }
        self.view = widgets.VBox(list(self.boxes.values()))

    @property
    def response(self) -> list[int]:
        return [key for key, box in self.boxes.items() if box.value]

    def clear(self) -> None:
        for box in self.boxes.values():
            box.value = False

    def lock(self, locked: bool) -> None:
        for box in self.boxes.values():
            box.disabled = locked


class NumericControl:
    """A text box for a number; the response is what was typed."""

    def __init__(self, variant: Variant):
        unit = variant.item.numeric.unit
        self.box = widgets.Text(
            value="",
            placeholder="number",
            description="Your answer",
            layout=widgets.Layout(width="16rem"),
            style={"description_width": "initial"},
        )
        self.view = widgets.HBox(
            [self.box, widgets.HTML(f'<span class="cu-unit">{escape(unit)}</span>')],
            layout=widgets.Layout(align_items="center"),
        )

    @property
    def response(self) -> str:
        return self.box.value

    def clear(self) -> None:
        self.box.value = ""

    def lock(self, locked: bool) -> None:
        self.box.disabled = locked


_CONTROLS = {"single": SingleControl, "multiple": MultipleControl, "numeric": NumericControl}


class ItemCard(widgets.VBox):
    """One question. `grade` is the verdict on the last checked answer, None before the first.

    Trying again keeps that verdict until the next check, so that the score says what
    was last known and does not fall when somebody practices.
    """

    def __init__(self, item: Item, place: str, seed: Seed, on_change: Callable[[], None]):
        self.item = item
        self.grade: Grade | None = None
        self._on_change = on_change
        self._variants = item.variants(seed, MOST_VARIANTS)
        self._number = 0
        self.control = _CONTROLS[item.kind](self.variant)
        self.stem = widgets.HTML()
        self.feedback = widgets.HTML()
        self.check = _button(WORDS["check"], self._check)
        self.try_again = _button(WORDS["try_again"], self.ask_again, quiet=True)
        self.new_numbers = _button(WORDS["new_numbers"], self._ask_new_numbers, quiet=True)
        self._place = place
        super().__init__(
            [
                self.stem,
                self.control.view,
                self.feedback,
                widgets.HBox([self.check, self.try_again, self.new_numbers]),
            ]
        )
        self.add_class("cu-quiz-item")
        self.ask_again()

    @property
    def variant(self) -> Variant:
        return self._variants[self._number]

    def _check(self) -> None:
        verdict = grade(self.variant, self.control.response)
        self.feedback.value = feedback_html(self.variant, verdict)
        if verdict.answered:
            self.grade = verdict
            self.control.lock(True)
            self._show_buttons(checked=True)
            self._on_change()

    def ask_again(self) -> None:
        """Back to the open question, with the same numbers."""
        self.stem.value = question_html(self._place, self.variant)
        self.feedback.value = ""
        self.control.clear()
        self.control.lock(False)
        self._show_buttons(checked=False)

    def start_over(self) -> None:
        """As it was before the first answer."""
        self.grade = None
        self._number = 0
        self.ask_again()

    def _ask_new_numbers(self) -> None:
        self._number = (self._number + 1) % len(self._variants)
        self.ask_again()

    def _show_buttons(self, *, checked: bool) -> None:
        _show(self.check, not checked)
        _show(self.try_again, checked and not self.grade.correct)
        _show(self.new_numbers, checked and self.item.computed)


class QuizCard(widgets.VBox):
    """The quiz of a lesson; `cards` holds the questions by item id."""

    def __init__(self, bank: Bank, seed: Seed = 0):
        self.bank = bank
        self.cards: dict[str, ItemCard] = {}
        self.score = widgets.HTML()
        self.start_over = _button(WORDS["start_over"], self._start_over, quiet=True)
        total = len(bank.items)
        cards = []
        for number, item in enumerate(bank.items, start=1):
            place = f"Question {number} of {total}"
            if item.kind in _CONTROLS:
                card = self.cards[item.id] = ItemCard(item, place, seed, self._show_score)
            else:
                card = widgets.HTML(readable_html(place, item.variant(seed)))
            cards.append(card)
        super().__init__(
            [
                widgets.HTML(f"<style>{css_text('quiz')}</style>"),
                widgets.HTML(f'<p class="cu-card-title">Quiz: {inline(bank.title)}</p>'),
                *cards,
                widgets.HBox(
                    [self.score, self.start_over],
                    layout=widgets.Layout(
                        justify_content="space-between", align_items="center", flex_flow="row wrap"
                    ),
                ),
            ],
            layout=widgets.Layout(width="100%", max_width="54rem"),
        )
        self.add_class("cu-card")
        self.add_class("cu-quiz")
        self._show_score()

    def _show_score(self) -> None:
        grades = [card.grade for card in self.cards.values() if card.grade]
        right = sum(verdict.correct for verdict in grades)
        text = WORDS["score"].format(right=right, answered=len(grades), total=len(self.bank.items))
        self.score.value = f'<p class="cu-quiz-score">{text}</p>'

    def _start_over(self) -> None:
        for card in self.cards.values():
            card.start_over()
        self._show_score()


def readable_html(place: str, variant: Variant) -> str:
    """A question without a control for its kind: to be read, with its answer folded."""
    steps = "".join(f"<li>{inline(step.text)}</li>" for step in variant.steps)
    return f"{question_html(place, variant)}{steps and f'<ul>{steps}</ul>'}{answer_html(variant)}"


def question_html(place: str, variant: Variant) -> str:
    """The question with its place in the quiz and what kind of answer it takes."""
    return (
        f'<span class="cu-quiz-place">{escape(place)}</span>'
        f'<span class="cu-quiz-stem">{stem_html(variant.stem)}</span>'
        f'<span class="cu-quiz-ask">{ask(variant.item)}</span>'
    )


def feedback_html(variant: Variant, verdict: Grade) -> str:
    """Verdict, a reason for each chosen option, where to read again, and the folded answer."""
    if not verdict.answered:
        return f'<p role="alert" class="cu-quiz-note">{escape(verdict.message)}</p>'
    style, mark = _MARKS[verdict.correct]
    reasons = "".join(_reason_html(variant, entry) for entry in verdict.feedback)
    again = f"{WORDS['read_again']} “{inline(variant.item.read_again.title)}”"
    return (
        f'<div role="alert" class="cu-quiz-feedback {style}"><p class="cu-quiz-verdict">'
        f'<span class="cu-quiz-mark" aria-hidden="true">{mark}</span> {escape(verdict.message)}</p>'
        f"{reasons}"
        f"{'' if verdict.correct else f'<p class=cu-quiz-again>{again}</p>'}</div>"
        f"{answer_html(variant)}"
    )


def _reason_html(variant: Variant, entry: Feedback) -> str:
    """Why one answer is right or wrong; with its letter and a mark where several were chosen."""
    if variant.item.kind != "multiple":
        return f"<p>{inline(entry.text)}</p>"
    letter = option_letter([option.key for option in variant.options].index(entry.key))
    words = WORDS["belongs" if entry.correct else "does_not_belong"].format(letter=letter)
    style, mark = _MARKS[entry.correct]
    return (
        f'<p><span class="cu-quiz-mark {style}" aria-hidden="true">{mark}</span> '
        f"<strong>{words}</strong> {inline(entry.text)}</p>"
    )


def _button(label: str, action: Callable[[], None], *, quiet: bool = False) -> widgets.Button:
    button = widgets.Button(description=label, layout=_wide())
    button.add_class("cu-button")
    if quiet:
        button.add_class("cu-button-quiet")
    button.on_click(lambda _: action())
    return button


def _show(widget: widgets.DOMWidget, shown: bool) -> None:
    widget.layout.display = None if shown else "none"


def widget(bank: Bank, **options: Any) -> QuizCard:
    """The live quiz of `bank`; `seed` draws the order of options and the numbers."""
    return QuizCard(bank, **show_options(bank, options))
