"""A question bank as one piece of accessible HTML, complete without JavaScript.

Without JavaScript a reader has every question, with the answer and its reasons
folded below it. `static/quiz.mjs` makes the forms live; it grades the prepared
variants that stand in the JSON block, and nothing else.

There is not one `id` in it, so that a page may hold any number of quizzes: a label
wraps its input, and each question has a form, and so a radio group, of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from course_utils.quiz.confidence import confidence_data
from course_utils.quiz.grading import WORDS
from course_utils.quiz.model import Bank, Variant, item_data, show_options
from course_utils.quiz.progress import PROGRESS_WORDS
from course_utils.quiz.record import RECORD_WORDS
from course_utils.quiz.text import ask, option_letter
from course_utils.views.html import inline
from course_utils.views.questions import answer_html, stem_html

PREPARED_VARIANTS = 5

# What the browser module says besides the words that both media have.
PAGE_WORDS = {
    "record_count": "Questions of all lessons whose answers this browser keeps: {answers}.",
    "record_empty": "Nothing is kept in this browser yet.",
    "not_kept": "This browser keeps nothing for this page, so your answers end with the tab.",
    "this_browser": "this browser's record",
    "erase": "Erase the record",
    "erase_sure": "Erase all answers of all lessons in this browser? Save them first to keep them.",
    "erase_yes": "Erase them",
    "erase_no": "Keep them",
    "erased": "The record is empty.",
    "report": "Report a mistake in this question",
    "report_title": "Question {question}: ",
}


def html(bank: Bank, **options: Any) -> str:
    """The quiz of `bank` for a page; `seed` draws the order of options and the numbers.

    Where all items are predictions, the card is a part of the text and says so.
    """
    seed = show_options(bank, options)["seed"]
    items = "".join(
        question_form(item.variant(seed), place(number, len(bank.items)))
        for number, item in enumerate(bank.items, start=1)
    )
    data = {
        "bank": bank.id,
        "seed": seed,
        "items": [item_data(item, seed, PREPARED_VARIANTS) for item in bank.items],
    }
    predicts = is_prediction(bank)
    title = "Your prediction" if predicts else f"Quiz: {bank.title}"
    part = "predict" if predicts else "quiz"
    return card(bank.id, part, title, items, data)


def is_prediction(bank: Bank) -> bool:
    """Whether this is a prediction in the text, and no quiz."""
    return bool(bank.items) and all(item.kind == "predict" for item in bank.items)


def place(number: int, total: int) -> str:
    """Which question of how many; nothing for one that stands alone."""
    return f"Question {number} of {total}" if total > 1 else ""


def card(name: str, part: str, title: str, body: str, data: dict[str, Any]) -> str:
    """A card with questions and what the browser module needs to make it live.

    `part` is what it is: "quiz", "predict", "practice", "placement" or "warm-up".
    """
    words = {**WORDS, **PROGRESS_WORDS, **RECORD_WORDS, **PAGE_WORDS}
    data = {"part": part, "words": words, "confidence": confidence_data(), **data}
    return (
        f'<section class="cu-card cu-quiz cu-quiz-{part}" data-cu-quiz="{escape(name)}" '
        f'aria-label="{escape(title)}">'
        f'<p class="cu-card-title">{inline(title)}</p>{body}'
        f'<script type="application/json">{json_text(data)}</script></section>'
    )


def json_text(data: Any) -> str:
    """JSON that may stand in a script element: it holds no `<`, so no tag ends it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def question_form(variant: Variant, above: str, bank_id: str = "") -> str:
    """One question with its folded answer; `above` says where it is from or which it is."""
    item = variant.item
    bank = f' data-bank="{escape(bank_id)}"' if bank_id else ""
    header = f'<span class="cu-quiz-place">{inline(above)}</span> ' if above else ""
    # method=dialog outside a dialog does nothing: without JavaScript Enter loads no page.
    return (
        f'<form class="cu-quiz-item" method="dialog" novalidate data-item="{escape(item.id)}"'
        f"{bank}>"
        f"<fieldset><legend>{header}"
        f'<span class="cu-quiz-stem">{stem_html(variant.stem)}</span> '
        f'<span class="cu-quiz-ask">{ask(item)}</span></legend>'
        f"{_FIELDS[item.kind](variant)}</fieldset>"
        f"{answer_html(variant)}</form>"
    )


def _choice_field(variant: Variant) -> str:
    kind = "radio" if variant.item.kind == "single" else "checkbox"
    return "".join(
        f'<label class="cu-quiz-option"><input type="{kind}" name="option" value="{option.key}"> '
        f'<span class="cu-quiz-letter">{option_letter(i)}</span> '
        f"<span>{inline(option.text)}</span></label>"
        for i, option in enumerate(variant.options)
    )


def _number_field(variant: Variant) -> str:
    label = WORDS["your_guess"] if variant.item.kind == "predict" else "Your answer"
    unit = escape(variant.item.numeric.unit)
    return (
        f'<label class="cu-quiz-number"><span>{label}</span> '
        '<input type="text" name="number" inputmode="text" autocomplete="off" spellcheck="false"> '
        f'<span class="cu-unit">{unit}</span></label>'
    )


def _steps_field(variant: Variant) -> str:
    return f'<ol class="cu-quiz-steps">{_steps(variant.steps)}</ol>'


def _steps(steps: Sequence[Any]) -> str:
    return "".join(
        f'<li data-step="{step.key}"><span class="cu-quiz-step">{inline(step.text)}</span></li>'
        for step in steps
    )


_FIELDS = {
    "single": _choice_field,
    "multiple": _choice_field,
    "numeric": _number_field,
    "order": _steps_field,
    "predict": _number_field,
}
