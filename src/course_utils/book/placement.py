"""The placement check: a few questions of each lesson, and where to begin."""

from __future__ import annotations

from html import escape
from typing import Any

from course_utils.book.practice import entry, form_of
from course_utils.book.quiz import card
from course_utils.quiz.model import seed_option
from course_utils.quiz.placement import PLACEMENT_WORDS, Placement

# What the module works out, in words: a reader without it can do the same.
RULE = "Begin with the lesson of the first question that you miss or leave out."


def html(placement: Placement, **options: Any) -> str:
    """The questions with their answers folded; the browser module recommends a lesson."""
    example = "show(placement(), seed=7)"
    seed = seed_option("the placement check", example, options)["seed"]
    note = f'<p class="cu-quiz-about">{escape(PLACEMENT_WORDS["no_grade"])} {RULE}</p>'
    body = note + "".join(form_of(question, seed) for question in placement.questions)
    data = {
        "seed": seed,
        "items": [entry(question, seed, 1) for question in placement.questions],
        "placement": PLACEMENT_WORDS,
    }
    return card("placement", "placement", "Placement check", body, data)
