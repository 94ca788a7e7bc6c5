"""Grading one answer: right or not, what to say, and which wrong idea it shows.

Every word of ours that a learner may read stands in `WORDS` or in the bank; the browser
module is given the same ones, and shared test vectors hold it to this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from course_utils.quiz.confidence import CONFIDENCE_WORDS, checked
from course_utils.quiz.model import Option, Variant
from course_utils.quiz.quantities import (
    NUMBER_WORDS,
    QuantityError,
    cleaned,
    number_text,
    parse_quantity,
)

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
    "order_all": "Give every step a place first.",
    "order_unmoved": (
        "The steps still stand as they were drawn, and that is never the right order. "
        "Move them first."
    ),
    "neighbors_right": "{right} of the {total} pairs of neighbors belong together.",
    "one_neighbor_right": "{right} of the {total} pairs of neighbors belongs together.",
    "right_order": "The right order",
    "move_up": "Move up",
    "move_down": "Move down",
    "moved": "{step} is now step {place} of {total}.",
    "commit": "Commit and reveal",
    "your_guess": "Your guess",
    "close_enough": "Close enough.",
    "not_close": "Not close.",
    "guess_said": "You said {said}; it is {answer}.",
    "guess_too_low": "You said {said}; it is {answer}: {times} times too low.",
    "guess_too_high": "You said {said}; it is {answer}: {times} times too high.",
    **CONFIDENCE_WORDS,
    **NUMBER_WORDS,
}


@dataclass(frozen=True)
class Feedback:
    """What to say about one chosen option or step; `key` is None where it is about neither."""

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


def grade(variant: Variant, response: Any, confidence: float | None = None) -> Grade:
    """Grade a response: an option key, a list of keys, or the text of a number.

    The list is of the chosen options or, for `order`, of all steps as the learner put
    them. A confidence does not change the verdict, but a prediction without one is no answer.
    """
    if confidence is not None:
        checked(confidence)
    verdict = _GRADERS[variant.item.kind](variant, response)
    if verdict.answered and confidence is None and variant.item.kind == "predict":
        return _nothing(WORDS["confidence_first"])
    return verdict


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
    if numeric.accepts(value, variant.answer):
        feedback = (Feedback(None, True, variant.solution),)
        return Grade(True, True, 1.0, WORDS["right"], feedback)
    for wrong in variant.wrong:
        if numeric.accepts(value, wrong.value):
            feedback = (Feedback(None, False, wrong.feedback),)
            return Grade(True, False, 0.0, WORDS["not_yet"], feedback, (wrong.misconception,))
    return Grade(True, False, 0.0, WORDS["not_yet"], (Feedback(None, False, variant.hint),))


def _grade_predict(variant: Variant, response: str) -> Grade:
    """A guess: how far off it is, the mistake that explains it, and the solution."""
    numeric = variant.item.numeric
    try:
        value = parse_quantity(response, numeric.unit)
    except QuantityError as error:
        return _nothing(str(error))
    right = numeric.accepts(value, variant.answer)
    said = {"said": cleaned(response), "answer": variant.answer_text}
    solution = Feedback(None, right, variant.solution)
    if right:
        message = f"{WORDS['close_enough']} {WORDS['guess_said'].format(**said)}"
        return Grade(True, True, 1.0, message, (solution,))
    message = f"{WORDS['not_close']} {_how_far(value, variant.answer, said)}"
    for wrong in variant.wrong:
        if numeric.accepts(value, wrong.value):
            feedback = (Feedback(None, False, wrong.feedback), solution)
            return Grade(True, False, 0.0, message, feedback, (wrong.misconception,))
    return Grade(True, False, 0.0, message, (solution,))


def _how_far(value: float, answer: float, said: dict[str, str]) -> str:
    if value <= 0:  # no factor leads from there to a positive answer
        return WORDS["guess_said"].format(**said)
    words = WORDS["guess_too_low" if value < answer else "guess_too_high"]
    return words.format(**said, times=number_text(max(value, answer) / min(value, answer)))


def _grade_order(variant: Variant, response: Iterable[int] | None) -> Grade:
    """Right where every step has its place; otherwise the first mistake that the order makes."""
    keys, item = list(response or ()), variant.item
    if len(keys) < len(item.steps):
        return _nothing(WORDS["order_all"])
    if sorted(keys) != [step.key for step in item.steps]:
        raise ValueError(
            f"response {keys} does not hold each step of item {item.id!r} once; its keys are "
            f"0 to {len(item.steps) - 1}"
        )
    if keys == [step.key for step in variant.steps]:
        return _nothing(WORDS["order_unmoved"])
    if keys == sorted(keys):
        feedback = tuple(Feedback(step.key, True, step.why) for step in item.steps)
        return Grade(True, True, 1.0, WORDS["right"], feedback)
    together = sum(after == before + 1 for before, after in pairwise(keys))
    words = WORDS["one_neighbor_right" if together == 1 else "neighbors_right"]
    message = f"{WORDS['not_yet']} {words.format(right=together, total=len(keys) - 1)}"
    for mistake in item.mistakes:
        if keys.index(mistake.before) < keys.index(mistake.after):
            feedback = (Feedback(None, False, mistake.feedback),)
            return Grade(True, False, 0.0, message, feedback, (mistake.misconception,))
    return Grade(True, False, 0.0, message, (Feedback(None, False, item.hint),))


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
    "order": _grade_order,
    "predict": _grade_predict,
}
