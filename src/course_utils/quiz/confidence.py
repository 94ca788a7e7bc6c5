"""How sure a learner was, scored: the Brier score, and calibration by stated confidence.

A stated confidence p is the learner's probability that the answer is right. The Brier
score of one answer is (p - 1)**2 when it was right and p**2 when it was not: 0 is
perfect, 1 is certain and wrong, and saying 50% each time costs 0.25. It is the
quadratic score of Gneiting and Raftery 2007 (doi 10.1198/016214506000001437) as a loss
for a yes-or-no event; it is strictly proper, so no other number than what one really
believes makes the expected loss smallest.

"A guess" is a confidence too: the chance that a blind answer is right. For a choice or
an order it can be counted. A number has no list of possible answers; for it a guess is
taken as `BLIND_NUMBER`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from course_utils.quiz.model import Item

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# One number in ten thrown at three and a half orders of magnitude lies within a factor of
# 1.5 of the answer; every level above is far from that.
BLIND_NUMBER = 0.1
# Below this many answers a share says too little to speak of over- or underconfidence.
ENOUGH = 10

CONFIDENCE_WORDS = {
    "how_sure": "How sure are you?",
    "level": "{percent}%",
    "a_guess": "a guess",
    "confidence_first": "Say how sure you are first.",
    "gave_level": "Of {answers} answers that you gave {level}, {right} were right",
    "gave_guess": "Of {answers} answers that you called a guess, {right} were right",
    "gave_level_one": "One answer got {level} from you, and it was {verdict}",
    "gave_guess_one": "You called one answer a guess, and it was {verdict}",
    "verdict_right": "right",
    "verdict_wrong": "wrong",
    "scored": "You were {level} sure: Brier score {score}; 0 is perfect, 1 is certain and wrong.",
    "scored_guess": (
        "You called it a guess: Brier score {score}; 0 is perfect, 1 is certain and wrong."
    ),
    "overconfident": ": you are overconfident.",
    "underconfident": ": you are underconfident.",
    "fits": ", which fits.",
    "too_few": "; {enough} answers or more would tell.",
    "mean_brier": (
        "Mean Brier score {score} over {answers} answers; 0 is perfect, and 50% each time "
        "would give 0.25."
    ),
    "mean_brier_one": (
        "Brier score {score} for one answer; 0 is perfect, and 50% each time would give 0.25."
    ),
}


def chance_level(item: Item) -> float:
    """The chance that a blind answer to `item` is right: what "a guess" states.

    One option of a single choice; one of the non-empty sets of a multiple choice; one of
    the orders of the steps, less the one shown, which is never right.
    """
    if item.kind == "single":
        return 1 / len(item.options)
    if item.kind == "multiple":
        return 1 / (2 ** len(item.options) - 1)
    if item.kind == "order":
        return 1 / (math.factorial(len(item.steps)) - 1)
    return BLIND_NUMBER


def choices(item: Item) -> tuple[float, ...]:
    """The confidences that a learner may state: a guess, then the levels."""
    return (chance_level(item), *LEVELS)


def checked(confidence: Any) -> float:
    """A stated confidence as a share; `ValueError` outside 0 to 1, both excluded.

    >>> checked(0.9)
    0.9
    """
    number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    if not number or not 0 < confidence < 1:
        raise ValueError(
            f"confidence must be a share between 0 and 1, such as 0.9 for 90%, got {confidence!r}"
        )
    return float(confidence)


def brier_score(confidence: float, correct: bool) -> float:
    """The squared distance between what was stated and what came true; lower is better.

    >>> [round(brier_score(0.9, correct), 2) for correct in (True, False)]
    [0.01, 0.81]
    """
    miss = checked(confidence) - (1.0 if correct else 0.0)
    return miss * miss


def mean_brier_score(answers: Iterable[tuple[float, bool]]) -> float | None:
    """The mean over (confidence, correct) pairs; None where there is none.

    >>> mean_brier_score([(0.5, True), (0.5, False)])
    0.25
    """
    scores = [brier_score(confidence, correct) for confidence, correct in answers]
    return sum(scores) / len(scores) if scores else None


@dataclass(frozen=True)
class CalibrationBin:
    """The answers of one stated confidence; `level` is None for guesses.

    `confidence` is the mean of what was stated, `low` and `high` the 95% Wilson interval
    of the share that was right.
    """

    level: float | None
    label: str
    confidence: float
    answers: int
    right: int
    share: float
    low: float
    high: float
    sentence: str


def calibration(answers: Iterable[tuple[float, bool]]) -> tuple[CalibrationBin, ...]:
    """Stated confidence against the share right, guesses first, then by level.

    >>> bins = calibration([(0.9, n < 7) for n in range(12)])
    >>> bins[0].sentence
    'Of 12 answers that you gave 90%, 7 were right: you are overconfident.'
    """
    groups: dict[float | None, list[tuple[float, bool]]] = {None: [], **{p: [] for p in LEVELS}}
    for confidence, correct in answers:
        confidence = checked(confidence)
        groups[confidence if confidence in LEVELS else None].append((confidence, bool(correct)))
    return tuple(_bin(level, group) for level, group in groups.items() if group)


def summary(answers: Iterable[tuple[float, bool]]) -> str:
    """The mean Brier score in one sentence; empty without an answer.

    >>> summary([(0.9, True), (0.9, False)])
    'Mean Brier score 0.41 over 2 answers; 0 is perfect, and 50% each time would give 0.25.'
    """
    answers = list(answers)
    mean = mean_brier_score(answers)
    if mean is None:
        return ""
    words = CONFIDENCE_WORDS["mean_brier_one" if len(answers) == 1 else "mean_brier"]
    return words.format(score=f"{_hundredths(mean) / 100:.2f}", answers=len(answers))


def confidence_data() -> dict[str, Any]:
    """The constants with which the browser module repeats this module."""
    return {"levels": list(LEVELS), "enough": ENOUGH, "z": NormalDist().inv_cdf(0.975)}


def _bin(level: float | None, group: Sequence[tuple[float, bool]]) -> CalibrationBin:
    from course_utils.calculators.intervals import wilson_interval

    answers, right = len(group), sum(correct for _, correct in group)
    stated = sum(confidence for confidence, _ in group) / answers
    low, high = wilson_interval(successes=right, trials=answers)
    words = CONFIDENCE_WORDS
    label = words["a_guess"]
    if level is not None:
        label = words["level"].format(percent=_hundredths(level))
    start = "gave_guess" if level is None else "gave_level"
    if answers == 1:
        verdict = words["verdict_right" if right else "verdict_wrong"]
        sentence = words[f"{start}_one"].format(level=label, verdict=verdict)
    else:
        sentence = words[start].format(answers=answers, level=label, right=right)
    if answers < ENOUGH:
        sentence += words["too_few"].format(enough=ENOUGH)
    elif high < stated:
        sentence += words["overconfident"]
    else:
        sentence += words["underconfident" if low > stated else "fits"]
    return CalibrationBin(
        level, label, stated, answers, right, right / answers, low, high, sentence
    )


def _hundredths(share: float) -> int:
    """Rounded half up, as JavaScript's `Math.round` does."""
    return math.floor(100 * share + 0.5)
