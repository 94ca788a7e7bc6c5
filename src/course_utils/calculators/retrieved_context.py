"""How many passages to retrieve: recall rises with them, and reading gets worse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.elementwise import log
from course_utils.calculators.money import usd_per_mtok
from course_utils.calculators.total_cost import Cheapest, cheapest, error_usd
from course_utils.calculators.validate import Number, larger, number, share, smaller, tokens

MAX_PASSAGES = 1000

# Liu et al. 2024, Lost in the Middle, TACL 12:157-173, tables 5 to 7: share of right
# answers by the place of the document that holds the answer, 0 being the first one.
ACCURACY_BY_POSITION = MappingProxyType(
    {
        ("gpt-3.5-turbo-16k", 10): {0: 0.769, 4: 0.610, 9: 0.625},
        ("gpt-3.5-turbo-16k", 20): {0: 0.757, 4: 0.573, 9: 0.541, 14: 0.554, 19: 0.631},
        ("gpt-3.5-turbo-16k", 30): {
            0: 0.734,
            4: 0.551,
            9: 0.505,
            14: 0.509,
            19: 0.518,
            24: 0.549,
            29: 0.637,
        },
        ("gpt-3.5-turbo", 20): {0: 0.758, 4: 0.572, 9: 0.538, 14: 0.554, 19: 0.632},
    }
)
# The same, table 1: the model gets the one document with the answer, or none.
ORACLE_ACCURACY = MappingProxyType({"gpt-3.5-turbo-16k": 0.886, "gpt-3.5-turbo": 0.883})
CLOSED_BOOK_ACCURACY = MappingProxyType({"gpt-3.5-turbo-16k": 0.560, "gpt-3.5-turbo": 0.561})
# GPT-3.5-Turbo (16K): the oracle, then the means over the positions above. These models
# are of 2023: the shape holds, the level has to be measured again on yours.
LIU_READING = MappingProxyType({1: 0.886, 10: 0.668, 20: 0.611, 30: 0.572})
# An illustration of this course, not a measurement: a retriever's recall, and how often
# a model is right that was shown distractors alone (less than with no document at all).
EXAMPLE_RECALL = MappingProxyType({1: 0.45, 3: 0.58, 5: 0.68, 10: 0.825, 20: 0.89, 30: 0.92})
EXAMPLE_MISS_ACCURACY = 0.28


def measured_share(*, passages: Number, measured: Mapping[int, float]) -> Number:
    """A share that was measured at some numbers of passages, at any number between them.

    Units: passages, from the smallest to the largest number measured (nothing is
    extrapolated); `measured` gives a share for each number of passages.

    Formula: linear in the logarithm of the passages between two measurements.

    Source: the interpolation is this course's; on the means of Liu et al. 2024 it is
    near a straight line throughout.

    >>> round(measured_share(passages=10, measured=LIU_READING), 3)
    0.668
    >>> round(measured_share(passages=15, measured=LIU_READING), 3)
    0.635
    """
    points = _points("measured", measured)
    low, high = points[0][0], points[-1][0]
    k = number("passages", passages, "passages, as far as was measured", low=low, high=high)
    result = points[0][1] + 0.0 * k
    for (left, left_share), (right, right_share) in pairwise(points):
        width = math.log(right / left)
        step = smaller(larger(log(k / left), 0.0 * k), width + 0.0 * k)
        result = result + (right_share - left_share) * step / width
    return result


def answer_accuracy(*, recall: Number, reading_accuracy: Number, miss_accuracy: Number) -> Number:
    """The share of right answers of retrieval and model together.

    Units: shares: recall of the retriever at k passages; right answers of the model
    when the passage is among the k; right answers when distractors alone are shown,
    which is not the accuracy with no document at all.

    Formula: Acc(k) = R(k) a(k) + (1 - R(k)) a_miss.

    Source: this course; a(10) = .668 and a(30) = .572 from Liu et al. 2024 (GPT-3.5-Turbo
    16K), R(10) = .825, R(30) = .92 and a_miss = .28 are assumed for the illustration:
    60.0% with 10 passages, 54.9% with 30.

    >>> round(answer_accuracy(recall=0.825, reading_accuracy=0.668, miss_accuracy=0.28), 3)
    0.6
    >>> round(answer_accuracy(recall=0.92, reading_accuracy=0.572, miss_accuracy=0.28), 3)
    0.549
    """
    found = share("recall", recall)
    read = share("reading_accuracy", reading_accuracy)
    missed = share("miss_accuracy", miss_accuracy)
    return found * read + (1 - found) * missed


def reranker_gain(
    *,
    recall_before: Number,
    recall_after: Number,
    reading_accuracy: Number,
    miss_accuracy: Number,
) -> Number:
    """The rise in right answers when a re-ranker finds more in as many passages.

    Units: shares, as in `answer_accuracy`; the passages and their tokens stay the same.

    Formula: (R' - R) (a - a_miss), the slope of Acc in R times the rise in recall.

    Source: this course. Anthropic 2024, Contextual Retrieval: re-ranking lowered the
    failures among the top 20 from 2.9% to 1.9%; at a(20) = .611 and a_miss = .28 this
    is worth a third of a point.

    >>> round(100 * reranker_gain(recall_before=0.971, recall_after=0.981,
    ...     reading_accuracy=0.611, miss_accuracy=0.28), 2)
    0.33
    """
    before = share("recall_before", recall_before)
    after = share("recall_after", recall_after)
    read = share("reading_accuracy", reading_accuracy)
    return (after - before) * (read - share("miss_accuracy", miss_accuracy))


def how_many_passages(
    *,
    passage_tokens: float,
    input_usd_per_mtok: float,
    error_cost_usd: float,
    recall_at: Mapping[int, float] = EXAMPLE_RECALL,
    reading_at: Mapping[int, float] = LIU_READING,
    miss_accuracy: float = EXAMPLE_MISS_ACCURACY,
) -> Decision:
    """How many passages to send: the number that is cheapest in all.

    Units: tokens per passage; US dollars per million tokens and per wrong answer; the
    recall of the retriever and the accuracy of the reader by the number of passages, each
    measured at two numbers or more; share of right answers on distractors alone. Every
    whole number that both measurements span is a candidate.

    Formula: the least k t p_in + (1 - Acc(k)) c_err. The threshold is the cost of a wrong
    answer above which more passages pay or, at the most accurate number, below which
    fewer do.

    Source: this course, with the reader of Liu et al. 2024 and a retriever that is an
    illustration: 10 passages are best and right in 60.0%, 30 in 54.9%.

    >>> decision = how_many_passages(passage_tokens=150, input_usd_per_mtok=1, error_cost_usd=1)
    >>> decision.choice, round(decision.values["accuracy"], 3)
    ('10 passages', 0.6)
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    price = tokens("passage_tokens", passage_tokens) / 1e6
    price *= usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    error_cost = error_usd("error_cost_usd", error_cost_usd)
    candidates = _candidates(recall_at, reading_at)
    accuracies = [
        answer_accuracy(
            recall=measured_share(passages=k, measured=recall_at),
            reading_accuracy=measured_share(passages=k, measured=reading_at),
            miss_accuracy=miss_accuracy,
        )
        for k in candidates
    ]
    lines = [(k * price, right) for k, right in zip(candidates, accuracies, strict=True)]
    best = cheapest(lines, error_cost)
    passages, accuracy = candidates[best.index], accuracies[best.index]
    role = _binding_role(best, len(candidates))
    return Decision(
        choice=words.several(passages, "passage", "passages"),
        values={
            "passages": float(passages),
            "recall": measured_share(passages=passages, measured=recall_at),
            "reading_accuracy": measured_share(passages=passages, measured=reading_at),
            "accuracy": accuracy,
            "fewest_accuracy": accuracies[0],
            "most_accuracy": accuracies[-1],
            "input_usd_per_1000_requests": 1000 * passages * price,
            "errors_usd_per_1000_requests": 1000 * (1 - accuracy) * error_cost,
        },
        binding_role=role,
        binding_label={
            "price": "price of the input",
            "distraction": "distraction by more passages",
            "measurement": "end of the measurements",
        }[role],
        threshold_name="cost of a wrong answer at which the choice flips",
        threshold_value=best.flip[0] if best.flip else None,
        threshold_unit="US dollars",
        sentence=_sentence(best, candidates, lines),
    )


def _binding_role(best: Cheapest, count: int) -> str:
    """What keeps one from sending more passages than the best number."""
    if best.upper_usd is not None:
        return "price"
    return "measurement" if best.index == count - 1 else "distraction"


def _candidates(recall_at: Mapping[int, float], reading_at: Mapping[int, float]) -> list[int]:
    recall, reading = _points("recall_at", recall_at), _points("reading_at", reading_at)
    for (few, lower), (many, higher) in pairwise(recall):
        if higher < lower:
            raise ValueError(
                f"recall_at falls from {lower!r} at {few} to {higher!r} at {many} passages: "
                "recall cannot fall as passages are added, so measure it again on the same queries"
            )
    first = max(recall[0][0], reading[0][0])
    last = min(recall[-1][0], reading[-1][0])
    if first > last:
        raise ValueError(
            f"recall_at was measured from {recall[0][0]} to {recall[-1][0]} passages and "
            f"reading_at from {reading[0][0]} to {reading[-1][0]}: give measurements that overlap"
        )
    return list(range(first, last + 1))


def _points(name: str, measured: Any) -> list[tuple[int, float]]:
    """The measurements in order, or `ValueError`."""
    if not isinstance(measured, Mapping) or len(measured) < 2:
        raise ValueError(
            f"{name} = {measured!r}: give a share for two numbers of passages or more, "
            "such as {1: 0.45, 10: 0.82}"
        )
    points = [
        (
            int(number(f"{name} key", k, "passages", low=1, high=MAX_PASSAGES, whole=True)),
            share(f"{name}[{k}]", value),
        )
        for k, value in measured.items()
    ]
    return sorted(points)


def _sentence(best: Cheapest, candidates: list[int], lines: list[tuple[float, float]]) -> str:
    def named(index: int) -> str:
        return words.several(candidates[index], "passage", "passages")

    cost, accuracy = lines[best.index]
    other = best.upper_index
    if other is None:
        other = 0 if best.index == len(lines) - 1 else len(lines) - 1
    other_cost, other_accuracy = lines[other]
    first = (
        f"I choose {named(best.index)}, because {words.digits(100 * accuracy)}% of the answers "
        f"are then right at {words.dollars(1000 * cost)} of input per 1,000 requests, against "
        f"{words.digits(100 * other_accuracy)}% at {words.dollars(1000 * other_cost)} with "
        f"{named(other)}; "
    )
    if best.flip is None:
        return first + "I would not switch at any cost of a wrong answer."
    side = "more" if best.upper_usd is not None else "less"
    return first + (
        f"I would switch to {named(best.flip[1])} when a wrong answer costs {side} than "
        f"{words.dollars(best.flip[0])}."
    )
