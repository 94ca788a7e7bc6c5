"""A question bank as one piece of accessible HTML, complete without JavaScript.

Without JavaScript a reader has every question, with the answer and its reasons
folded below it. `static/quiz.mjs` makes the forms live; it grades the prepared
variants that stand in the JSON block, and nothing else.

There is not one `id` in it, so that a page may hold any number of quizzes: a label
wraps its input, and each question has a form, and so a radio group, of its own.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from course_utils.quiz.grading import WORDS
from course_utils.quiz.model import Bank, Seed, Variant, item_data, show_options
from course_utils.quiz.text import ask, option_letter
from course_utils.views.html import inline
from course_utils.views.questions import answer_html, stem_html

PREPARED_VARIANTS = 5

# What the browser module says besides the words that both media have.
PAGE_WORDS = {
    "started_over": "All answers are cleared.",
    "new_question": "New numbers: read the question again.",
}


def html(bank: Bank, **options: Any) -> str:
    """The quiz of `bank` for a page; `seed` draws the order of options and the numbers."""
    seed = show_options(bank, options)["seed"]
    total = len(bank.items)
    items = "".join(
        _item_html(item.variant(seed), f"Question {number} of {total}")
        for number, item in enumerate(bank.items, start=1)
    )
    return (
        f'<section class="cu-card cu-quiz" data-cu-quiz="{escape(bank.id)}" '
        f'aria-label="Quiz: {escape(bank.title)}">'
        f'<p class="cu-card-title">Quiz: {inline(bank.title)}</p>{items}'
        f'<script type="application/json">{json_text(bank_data(bank, seed))}</script></section>'
    )


def bank_data(bank: Bank, seed: Seed) -> dict[str, Any]:
    """Prepared variants, feedback and words for the browser module."""
    return {
        "bank": bank.id,
        "seed": seed,
        "words": {**WORDS, **PAGE_WORDS},
        "items": [
            item_data(item, seed, PREPARED_VARIANTS)
            for item in bank.items
            if item.kind in _LIVE_KINDS
        ],
    }


def json_text(data: Any) -> str:
    """JSON that may stand in a script element: it holds no `<`, so no tag ends it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _item_html(variant: Variant, place: str) -> str:
    item = variant.item
    # method=dialog outside a dialog does nothing: without JavaScript Enter loads no page.
    return (
        f'<form class="cu-quiz-item" method="dialog" novalidate data-item="{escape(item.id)}">'
        f'<fieldset><legend><span class="cu-quiz-place">{place}</span> '
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


def _numeric_field(variant: Variant) -> str:
    unit = escape(variant.item.numeric.unit)
    return (
        '<label class="cu-quiz-number"><span>Your answer</span> '
        '<input type="text" name="number" inputmode="text" autocomplete="off" spellcheck="false"> '
        f'<span class="cu-unit">{unit}</span></label>'
    )


def _steps_field(variant: Variant) -> str:
    steps = "".join(f"<li>{inline(step.text)}</li>" for step in variant.steps)
    return f"<ul>{steps}</ul>"


_FIELDS = {
    "single": _choice_field,
    "multiple": _choice_field,
    "numeric": _numeric_field,
    "order": _steps_field,
    "predict": lambda variant: "",
}
# Items of the other kinds can be read, with their answers folded, and not yet answered.
_LIVE_KINDS = ("single", "multiple", "numeric")
