"""Grading one answer: right or not, what to say, and which wrong idea it shows.

Every word of ours that a learner may read stands in `WORDS` or in the bank; the browser
module is given the same ones, and shared test vectors hold it to this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from course_utils.quiz.model import Option, Variant
from course_utils.quiz.quantities import NUMBER_WORDS, QuantityError, parse_quantity

WORDS = {
    "right": "Right.",
    "wrong": "Wrong.",
    "not_yet": "Not yet.",
    "choose_one": "Choose an option first.",
    "choose_some": "Choose at least one option first.",
    "some_right": "{right} of the {chosen} you chose belong; there are {total} in all.",
    "one_right": "{right} of the {chosen} you chose belongs; there are {total} in all.",
    "belongs": "{letter} belongs.",
    "does_not_belong": "{letter} does not belong.",
    "read_again": "Read again:",
    "answer": "Answer:",
    "answer_and_reasons": "Answer and reasons",
    "check": "Check",
    "try_again": "Try again",
    "new_numbers": "New numbers",
    "start_over": "Start over",
    "score": "{right} of {total} right, {answered} answered",
    **NUMBER_WORDS,
}


@dataclass(frozen=True)
class Feedback:
    """What to say about one chosen option; `key` is None for a number."""

    key: int | None
    correct: bool
    text: str


@dataclass(frozen=True)
class Grade:
    """The verdict on one answer.

    `answered` is False where there was nothing to grade (no choice, no number):
    `message` then says what to do, and the attempt does not count.
    """

    answered: bool
    correct: bool
    score: float
    message: str
    feedback: tuple[Feedback, ...] = ()
    misconceptions: tuple[str, ...] = ()


def grade(variant: Variant, response: Any) -> Grade:
    """Grade a response: an option key, a list of keys, or the text of a number."""
    return _GRADERS[variant.item.kind](variant, response)


def _grade_single(variant: Variant, response: int | None) -> Grade:
    if response is None:
        return _nothing(WORDS["choose_one"])
    return _verdict(_chosen(variant, [response]), right=_chosen(variant, [response])[0].correct)


def _grade_multiple(variant: Variant, response: Iterable[int]) -> Grade:
    keys = set(response)
    if not keys:
        return _nothing(WORDS["choose_some"])
    chosen = _chosen(variant, keys)
    right = sum(option.correct for option in chosen)
    total = sum(option.correct for option in variant.options)
    if right == total == len(chosen):
        return _verdict(chosen, right=True)
    words = WORDS["one_right" if right == 1 else "some_right"]
    detail = words.format(right=right, chosen=len(chosen), total=total)
    return _verdict(chosen, right=False, detail=detail)


def _grade_numeric(variant: Variant, response: str) -> Grade:
    numeric = variant.item.numeric
    try:
        value = parse_quantity(response, numeric.unit)
    except QuantityError as error:
        return _nothing(str(error))
    if _near(value, variant.answer, numeric.tolerance):
        feedback = (Feedback(None, True, variant.solution),)
        return Grade(True, True, 1.0, WORDS["right"], feedback)
    for wrong in variant.wrong:
        if _near(value, wrong.value, numeric.tolerance):
            feedback = (Feedback(None, False, wrong.feedback),)
            return Grade(True, False, 0.0, WORDS["not_yet"], feedback, (wrong.misconception,))
    return Grade(True, False, 0.0, WORDS["not_yet"], (Feedback(None, False, variant.hint),))


def _near(value: float, target: float, tolerance: float) -> bool:
    return abs(value - target) <= tolerance * abs(target)


def _nothing(message: str) -> Grade:
    return Grade(answered=False, correct=False, score=0.0, message=message)


def _chosen(variant: Variant, keys: Iterable[int]) -> list[Option]:
    """The chosen options in the order shown; a key that is not there is a caller's mistake."""
    unknown = sorted(set(keys) - {option.key for option in variant.options})
    if unknown:
        raise ValueError(
            f"response {unknown} is not an option of item {variant.item.id!r}; its keys are "
            f"0 to {len(variant.options) - 1}"
        )
    return [option for option in variant.options if option.key in keys]


def _verdict(chosen: list[Option], *, right: bool, detail: str = "") -> Grade:
    message = WORDS["right"] if right else WORDS["not_yet"]
    return Grade(
        answered=True,
        correct=right,
        score=float(right),
        message=f"{message} {detail}".strip(),
        feedback=tuple(Feedback(o.key, o.correct, o.feedback) for o in chosen),
        misconceptions=tuple(o.misconception for o in chosen if o.misconception),
    )


_GRADERS = {
    "single": _grade_single,
    "multiple": _grade_multiple,
    "numeric": _grade_numeric,
}
