"""The practice page: the questions of all lessons, which the browser module filters."""

from __future__ import annotations

from typing import Any

from course_utils.book.quiz import card, question_form
from course_utils.quiz.model import Seed, seed_option
from course_utils.quiz.practice import PRACTICE_WORDS, PracticeSet, Question

# Every question of the course is on one page, so few variants of each.
PREPARED_VARIANTS = 3


def html(practice: PracticeSet, **options: Any) -> str:
    """All questions of the set, with their answers folded, and data for the filters."""
    example = "show(practice_set(), seed=7)"
    seed = seed_option("practice", example, options)["seed"]
    questions = practice.in_order(seed)
    body = "".join(form_of(question, seed) for question in questions)
    data = {
        "seed": seed,
        "items": [entry(question, seed, PREPARED_VARIANTS) for question in questions],
        "practice": PRACTICE_WORDS,
    }
    return card("practice", "practice", "Practice", body, data)


def form_of(question: Question, seed: Seed) -> str:
    """A question that says which lesson it is from."""
    return question_form(question.item.variant(seed), question.bank.title, question.bank.id)


def entry(question: Question, seed: Seed, most: int) -> dict[str, Any]:
    """The data of a question, with the page on which its section stands."""
    data = question.as_data(seed, most)
    page = f"{question.bank.id}.html"
    section = {**data["section"], "href": f"{page}#{data['section']['id']}"}
    return {**data, "section": section}
