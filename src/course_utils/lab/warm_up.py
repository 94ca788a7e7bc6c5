"""The calibration warm-up as live ipywidgets: ten ranges to give, and what they say."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from course_utils.lab.links import section_link
from course_utils.lab.quiz import card_layout, head
from course_utils.lab.quiz_parts import (
    Folded,
    button,
    linked,
    mark_html,
    note_html,
    said_html,
    set_shown,
    verdict_class,
)
from course_utils.lab.ranges import ranges_html
from course_utils.lab.record import RecordPanel
from course_utils.lab.started_over import start_over, started_over
from course_utils.quiz.grading import WORDS
from course_utils.quiz.intervals import Range
from course_utils.quiz.progress import last_answers
from course_utils.quiz.progress_file import ProgressFile
from course_utils.quiz.quantities import QuantityError
from course_utils.quiz.record import RECORD_WORDS, fewest
from course_utils.quiz.warm_up import BANK_ID, WARM_UP_WORDS, Estimate, WarmUp, ends_of
from course_utils.views.html import inline
from course_utils.views.questions import stem_html


class EstimateCard(widgets.VBox):
    """One quantity with two ends to type; `given` is the range once it is judged, else None."""

    def __init__(self, estimate: Estimate, place: str):
        self.estimate = estimate
        self.given: Range | None = None
        self.low, self.high = (_end(WARM_UP_WORDS[name]) for name in ("low", "high"))
        unit = f'<span class="cu-unit">{inline(estimate.unit)}</span>'
        row = widgets.Layout(align_items="center", flex_flow="row wrap")
        ends = [part for end in (self.low, self.high) for part in (end, widgets.HTML(unit))]
        both = widgets.HBox(ends, layout=row)
        both.add_class("cu-range-ends")
        self.feedback = widgets.HTML()
        self.source = widgets.Output()
        self.source.add_class("cu-quiz-links")
        self.how = Folded(WARM_UP_WORDS["how"], [self.source])
        set_shown(self.how, False)
        stem = (
            f'<span class="cu-quiz-place">{escape(place)}</span>'
            f'<span class="cu-quiz-stem">{stem_html(estimate.question)}</span>'
        )
        super().__init__([widgets.HTML(stem), both, self.feedback, self.how])
        self.add_class("cu-quiz-item")

    @property
    def key(self) -> tuple[str, str]:
        """Bank and item, as progress names a question."""
        return BANK_ID, self.estimate.id

    def read(self) -> Range | None:
        """The range that is typed, None for none; `QuantityError` for what is wrong with it."""
        return self.estimate.read(self.low.value, self.high.value)

    def complain(self, message: str) -> None:
        """Say what is wrong, or with an empty message nothing."""
        self.feedback.value = note_html(message)

    def show(self, given: Range) -> None:
        """Lock the range and say what the value is."""
        self.given = given
        self._lock(True)
        words = WARM_UP_WORDS["value_held" if given.held else "value_missed"]
        text = escape(words.format(value=self.estimate.value_text))
        self.feedback.value = (
            f'<div class="cu-quiz-feedback {verdict_class(given.held)}">'
            f'<p class="cu-quiz-verdict">{mark_html(given.held)} {text}</p></div>'
        )
        estimate = self.estimate
        self.source.outputs = linked(
            f'<div class="cu-quiz-reasons"><p>{inline(estimate.how)}</p>'
            f"<p>{escape(estimate.read_again)} "
            f"{section_link(estimate.lesson, estimate.section)}</p></div>"
        )
        set_shown(self.how, True)

    def restore(self, response: Any) -> None:
        """Show again what was given before, where it can still be read."""
        ends = ends_of(response)
        if not ends:
            return
        try:
            given = self.estimate.read(*ends)
        except QuantityError:
            return
        if given:
            self.low.value, self.high.value = ends
            self.show(given)

    def start_over(self) -> None:
        """As it was at first."""
        self.given = None
        self.low.value = self.high.value = self.feedback.value = ""
        self.source.outputs = ()
        self.how.close_up()
        set_shown(self.how, False)
        self._lock(False)

    def _lock(self, locked: bool) -> None:
        self.low.disabled = self.high.disabled = locked


class WarmUpCard(widgets.VBox):
    """The ranges, a button that judges them together, and the judgment.

    A range with an error stops the judging and loses nothing; what is judged is locked,
    because a second try knows the value, and the rest stays open.
    """

    def __init__(self, warm_up: WarmUp):
        self.warm_up = warm_up
        self.progress = ProgressFile()
        total = len(warm_up.estimates)
        self.cards = {
            each.id: EstimateCard(each, WARM_UP_WORDS["place"].format(number=number, total=total))
            for number, each in enumerate(warm_up.estimates, start=1)
        }
        self.judge = button(WARM_UP_WORDS["judge"], self._judge)
        self.start_over = button(WORDS["start_over"], self._start_over, quiet=True)
        self.note = widgets.HTML()
        self.result = widgets.HTML()
        self.said = widgets.HTML()
        self.record = RecordPanel(self.progress, self._restore, BANK_ID)
        about = f'<p class="cu-quiz-about">{escape(WARM_UP_WORDS["about"])}</p>'
        buttons = widgets.HBox(
            [self.judge, self.start_over], layout=widgets.Layout(flex_flow="row wrap")
        )
        super().__init__(
            [
                *head(WARM_UP_WORDS["title"]),
                widgets.HTML(about),
                *self.cards.values(),
                buttons,
                self.note,
                self.result,
                self.said,
                self.record,
            ],
            layout=card_layout(),
        )
        for name in ("cu-card", "cu-quiz", "cu-quiz-warm-up"):
            self.add_class(name)
        self._restore()

    def _judge(self) -> None:
        given, wrong = self._read()
        if wrong:
            places = ", ".join(str(place) for place, _ in wrong)
            self.note.value = note_html(WARM_UP_WORDS["mend"].format(ranges=places))
            wrong[0][1].low.focus()
            return
        if not given:
            judged = any(card.given for card in self.cards.values())
            self.note.value = note_html(WARM_UP_WORDS["all_judged" if judged else "none_yet"])
            return
        problems = []
        for card, each in given:
            card.show(each)
            answer = card.estimate.answer(card.low.value, card.high.value, each)
            problems.append(self.progress.record(answer))
        self.note.value = ""
        self._show_result()
        self.said.value = note_html(next(filter(None, problems), ""))
        RecordPanel.refresh_all()

    def _read(self) -> tuple[list[tuple[EstimateCard, Range]], list[tuple[int, EstimateCard]]]:
        """The new ranges, and the places of those that are none; says what is wrong with each."""
        given, wrong = [], []
        for place, card in enumerate(self.cards.values(), start=1):
            if card.given:
                continue
            try:
                each = card.read()
            except QuantityError as error:
                card.complain(str(error))
                wrong.append((place, card))
                continue
            card.complain("")
            if each:
                given.append((card, each))
        return given, wrong

    def _show_result(self) -> None:
        judged = {key: card.given for key, card in self.cards.items() if card.given}
        self.result.value = result_html(self.warm_up, judged) if judged else ""
        everything = len(judged) == len(self.cards)
        set_shown(self.judge, not everything)
        set_shown(self.start_over, bool(judged))

    def _restore(self) -> None:
        """The last ranges again; what was started over since stays open."""
        progress = self.progress.read()
        since = started_over(self.progress.path)
        last = last_answers(progress.answers)
        for card in self.cards.values():
            answer = last.get(card.key)
            if card.given is None and answer and answer.at > since.get(card.key, ""):
                card.restore(answer.response)
        self.said.value = note_html(" ".join(fewest(progress.messages)))
        self._show_result()

    def _start_over(self) -> None:
        for card in self.cards.values():
            card.start_over()
        start_over(self.progress.path, [card.key for card in self.cards.values()])
        self.note.value = ""
        self._show_result()
        self.said.value = said_html(RECORD_WORDS["started_over"])
        next(iter(self.cards.values())).low.focus()


def result_html(warm_up: WarmUp, given: dict[str, Range]) -> str:
    """What the ranges say, the figure and the table."""
    lead, *rest = warm_up.judge(given).sentences
    sentences = "".join(f"<p>{escape(text)}</p>" for text in rest)
    pairs = [(each, given[each.id]) for each in warm_up.estimates if each.id in given]
    return (
        f'<div class="cu-quiz-advice" role="status"><p class="cu-quiz-verdict">{escape(lead)}</p>'
        f"{sentences}</div>{ranges_html(pairs)}"
        f'<p class="cu-quiz-scored">{escape(WARM_UP_WORDS["recorded"])}</p>'
    )


def _end(label: str) -> widgets.Text:
    # Sent when the box is left, so that the value is there before the click on the button.
    return widgets.Text(
        value="",
        placeholder="number",
        description=label,
        continuous_update=False,
        layout=widgets.Layout(width="14rem"),
        style={"description_width": "initial"},
    )


def widget(warm_up: WarmUp, **options: Any) -> WarmUpCard:
    """The live warm-up; it takes no option."""
    warm_up.as_text(**options)  # refuses options
    return WarmUpCard(warm_up)
