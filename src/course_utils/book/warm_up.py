"""The calibration warm-up: ten ranges to give, and what they say."""

from __future__ import annotations

from html import escape
from typing import Any

from course_utils.book.quiz import card
from course_utils.quiz.grading import WORDS
from course_utils.quiz.warm_up import BANK_ID, RULE, WARM_UP_WORDS, Estimate, WarmUp
from course_utils.views.html import inline
from course_utils.views.questions import stem_html


def html(warm_up: WarmUp, **options: Any) -> str:
    """The questions with their values folded; the browser module judges the ranges."""
    warm_up.as_text(**options)  # refuses options
    words, total = WARM_UP_WORDS, len(warm_up.estimates)
    note = (
        f'<p class="cu-quiz-about">{escape(words["about"])}</p>'
        f'<p class="cu-quiz-about cu-ranges-rule">{escape(RULE)}</p>'  # the module takes it away
    )
    questions = "".join(
        _question(each, words["place"].format(number=number, total=total))
        for number, each in enumerate(warm_up.estimates, start=1)
    )
    # method=dialog outside a dialog does nothing: without JavaScript Enter loads no page.
    body = f'{note}<form class="cu-ranges" method="dialog" novalidate>{questions}</form>'
    return card(BANK_ID, "warm-up", words["title"], body, warm_up.as_data())


def _question(estimate: Estimate, place: str) -> str:
    unit = escape(estimate.unit)
    ends = "".join(
        f'<label class="cu-quiz-number"><span>{WARM_UP_WORDS[end]}</span> '
        f'<input type="text" name="{end}" inputmode="text" autocomplete="off" spellcheck="false"> '
        f'<span class="cu-unit">{unit}</span></label>'
        for end in ("low", "high")
    )
    section = estimate.section
    page = f"{estimate.lesson}.html#{section.id}"
    return (
        f'<div class="cu-quiz-item" data-item="{escape(estimate.id)}"><fieldset><legend>'
        f'<span class="cu-quiz-place">{place}</span> '
        f'<span class="cu-quiz-stem">{stem_html(estimate.question)}</span></legend>'
        f'<div class="cu-range-ends">{ends}</div></fieldset>'
        f'<details class="cu-quiz-answer"><summary>{WARM_UP_WORDS["how"]}</summary>'
        f'<div class="cu-quiz-reasons"><p><strong>{WORDS["answer"]} {escape(estimate.value_text)}'
        f"</strong></p><p>{inline(estimate.how)}</p>"
        f'<p>{escape(estimate.read_again)} <a href="{escape(page)}">{inline(section.title)}</a></p>'
        "</div></details></div>"
    )
