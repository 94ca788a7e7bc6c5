"""Practice: questions of all lessons, filtered, in an order that the seed draws."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.quiz.misconceptions import all_banks
from course_utils.quiz.model import Bank, Item, Seed, draw_key, item_data, seed_option

# The browser module gets the same words.
PRACTICE_WORDS = {
    "filter": "Show",
    "lesson": "Lesson",
    "outcome": "Outcome",
    "state": "Your last answer",
    "difficulty": "Difficulty",
    "any": "any",
    "open": "none yet",
    "missed": "wrong",
    "right": "right",
    "level_1": "one step",
    "level_2": "apply",
    "level_3": "several steps",
    "shown": "{shown} of {total} questions.",
    "none": "No question fits. Take a filter away.",
}


@dataclass(frozen=True)
class Question:
    """An item with the bank that it is from."""

    bank: Bank
    item: Item

    @property
    def key(self) -> tuple[str, str]:
        """Bank id and item id, as progress names a question."""
        return self.bank.id, self.item.id

    def as_data(self, seed: Seed, most: int = 5) -> dict[str, Any]:
        """The item's data with its lesson and outcome, for the browser module."""
        return {
            "bank": self.bank.id,
            "title": self.bank.title,
            "outcomeText": self.bank.outcome(self.item.outcome).text,
            **item_data(self.item, seed, most),
        }


@dataclass(frozen=True)
class PracticeSet:
    """Questions to practice, in the order in which they are asked with seed 0.

    Another seed asks them in another order, with other numbers.
    """

    questions: tuple[Question, ...]

    def in_order(self, seed: Seed = 0) -> tuple[Question, ...]:
        """The questions in the order of this seed; one that is added or left out moves no other."""
        return tuple(sorted(self.questions, key=lambda q: draw_key(seed, "/".join(q.key))))

    def as_data(self, seed: Seed = 0, most: int = 5) -> list[dict[str, Any]]:
        """All questions with their prepared variants, JSON-ready, in the order of the seed."""
        return [question.as_data(seed, most) for question in self.in_order(seed)]

    def as_text(self, **options: Any) -> str:
        """All questions with explained answers; takes `seed`."""
        from course_utils.quiz.text import questions_text

        seed = seed_option("practice", "show(practice_set(), seed=7)", options)["seed"]
        return questions_text("Practice", self.in_order(seed), seed)


def select(
    banks: Sequence[Bank] | None = None,
    *,
    lesson: str | None = None,
    outcome: str | None = None,
    difficulty: int | None = None,
    missed: Collection[tuple[str, str]] | None = None,
    seed: Seed = 0,
    most: int | None = None,
) -> PracticeSet:
    """The questions that pass every filter given, at most `most` of them as the seed draws.

    `outcome` is an outcome's id within a lesson, so it needs `lesson`. `missed` are the
    (bank, item) pairs that `progress.missed` gives; an empty one selects nothing.
    """
    banks = all_banks() if banks is None else banks
    if lesson is not None and lesson not in (known := [bank.id for bank in banks]):
        raise ValueError(f"lesson {lesson!r} has no bank; there are {', '.join(known)}")
    if outcome is not None:
        _check_outcome(banks, lesson, outcome)
    if difficulty is not None and difficulty not in (1, 2, 3):
        raise ValueError(f"difficulty must be 1, 2 or 3, got {difficulty!r}")
    if most is not None and most < 1:
        raise ValueError(f"most must be 1 question or more, got {most!r}")
    chosen = PracticeSet(
        tuple(
            question
            for question in (Question(bank, item) for bank in banks for item in bank.items)
            if (lesson is None or question.bank.id == lesson)
            and (outcome is None or question.item.outcome == outcome)
            and (difficulty is None or question.item.difficulty == difficulty)
            and (missed is None or question.key in missed)
        )
    )
    return PracticeSet(chosen.in_order(seed)[:most])


def _check_outcome(banks: Sequence[Bank], lesson: str | None, outcome: str) -> None:
    if lesson is None:
        raise ValueError(f"outcome {outcome!r} belongs to a lesson; give lesson too")
    bank = next(bank for bank in banks if bank.id == lesson)
    known = [entry.id for entry in bank.outcomes]
    if outcome not in known:
        raise ValueError(
            f"outcome {outcome!r} is not in lesson {lesson!r}; it has {', '.join(known)}"
        )
