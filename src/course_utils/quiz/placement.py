"""The placement check: a few questions of each lesson, and where to begin. No grade.

A lesson's questions are the items marked `placement = true` in its bank. A bank that
marks none lends the easiest choice or computed item of its first outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.quiz.misconceptions import all_banks
from course_utils.quiz.model import Bank, Item, Seed, seed_option
from course_utils.quiz.practice import Question

LENT_PER_LESSON = 2

# The browser module gets the same words.
PLACEMENT_WORDS = {
    "no_grade": "This is no test: answer what you can, leave out what you cannot.",
    "advise": "Where should I begin?",
    "answer_first": "Answer at least one question first.",
    "begin": "Begin with “{lesson}”.",
    "begin_beyond": "All of them right: explain a design aloud (lesson 01), then practice.",
    "missed": "You missed a question on this: {outcome}.",
    "left_out": "You left out a question on this: {outcome}.",
    "later": "Later lessons with questions you missed or left out: {lessons}.",
}


@dataclass(frozen=True)
class Recommendation:
    """Where to begin, and why. `lesson` is the bank's id, empty where no lesson is needed."""

    lesson: str
    sentence: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placement:
    """The questions of the placement check, in the order of the lessons."""

    questions: tuple[Question, ...]

    def recommend(self, correct: Mapping[tuple[str, str], bool]) -> Recommendation:
        """The first lesson with a question that was missed or left out, and the reasons.

        `correct` has the verdicts by (bank id, item id), of those that were answered.
        """
        words = PLACEMENT_WORDS
        if not any(question.key in correct for question in self.questions):
            return Recommendation("", words["answer_first"])
        open_questions = [q for q in self.questions if not correct.get(q.key, False)]
        if not open_questions:
            return Recommendation("", words["begin_beyond"])
        first = open_questions[0].bank
        reasons = [
            words["missed" if question.key in correct else "left_out"].format(
                outcome=_lowered(question.bank.outcome(question.item.outcome).text)
            )
            for question in open_questions
            if question.bank.id == first.id
        ]
        later = dict.fromkeys(q.bank.title for q in open_questions if q.bank.id != first.id)
        if later:
            reasons.append(words["later"].format(lessons="; ".join(later)))
        sentence = words["begin"].format(lesson=first.title)
        return Recommendation(first.id, sentence, tuple(dict.fromkeys(reasons)))

    def as_data(self, seed: Seed = 0) -> list[dict[str, Any]]:
        """All questions as JSON-ready data, one variant each: nobody practices here."""
        return [question.as_data(seed, most=1) for question in self.questions]

    def as_text(self, **options: Any) -> str:
        """All questions with explained answers; takes `seed`."""
        from course_utils.quiz.text import questions_text

        seed = seed_option("the placement check", "show(placement(), seed=7)", options)["seed"]
        return questions_text(
            "Placement check", self.questions, seed, note=PLACEMENT_WORDS["no_grade"]
        )


def placement_check(banks: Sequence[Bank] | None = None) -> Placement:
    """The placement check over these banks, by default over all."""
    banks = all_banks() if banks is None else banks
    return Placement(tuple(Question(bank, item) for bank in banks for item in _picked(bank)))


def _picked(bank: Bank) -> list[Item]:
    marked = [item for item in bank.items if item.placement]
    if marked:
        return marked
    easiest: dict[str, Item] = {}
    for item in sorted(bank.items, key=lambda item: item.difficulty):
        if item.kind in ("single", "multiple", "numeric"):
            easiest.setdefault(item.outcome, item)
    by_outcome = [easiest[o.id] for o in bank.outcomes if o.id in easiest]
    return by_outcome[:LENT_PER_LESSON]


def _lowered(text: str) -> str:
    """An outcome inside a sentence: its first letter small, its full stop dropped."""
    return text[0].lower() + text[1:].rstrip(".")
