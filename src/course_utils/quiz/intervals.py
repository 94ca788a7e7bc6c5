"""Ranges that somebody is 90% sure of, judged: the interval score, on a logarithmic scale.

For a central range from l to u that was promised to hold the value x with probability
1 - a, Gneiting and Raftery 2007 (doi 10.1198/016214506000001437) define the interval score

    S = (u - l) + (2 / a) (l - x)+ + (2 / a) (x - u)+

which is lower for narrow ranges and fines a miss by its distance. Nobody makes its
expected value smaller than with the a/2 and 1 - a/2 quantiles of what they believe. Here
l, u and x are natural logarithms: then the unit does not matter, and ranges of tokens and
of bytes per second can be averaged. A range from half to double the value scores ln 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import Any

from course_utils.quiz.quantities import number_text

ALPHA = 0.1
PROMISED = 1 - ALPHA
# How far a central range reaches where errors are normal, in standard deviations.
REACH_SIGMAS = NormalDist().inv_cdf(1 - ALPHA / 2)
# The expected score of a calibrated range there, in standard deviations: 4 phi(z) / a.
SCORE_SIGMAS = 4 * NormalDist().pdf(REACH_SIGMAS) / ALPHA
# Below this many ranges nothing is said about the person who gave them.
ENOUGH = 5
# Rarer than this among people who are calibrated, a count is called no bad luck.
RARE = 0.05
# Somebody who is overconfident, for comparison: these "90%" ranges hold 7 values in 10.
OVERCONFIDENT = 0.7
# A larger factor is not worth a number.
LARGEST_FACTOR = 1e6

# The browser module gets the same words.
INTERVAL_WORDS = {
    "held": "{held} of your {ranges} ranges held the value; you promised 90%, which is {promised}.",
    "one_held": "Your range held the value.",
    "one_missed": "Your range missed the value.",
    "too_few": "{enough} ranges or more would say something about you.",
    "no_bad_luck": (
        "A calibrated person holds {held} or fewer of {ranges} in {chance} of cases, so this is "
        "hardly bad luck: your ranges are too narrow."
    ),
    "may_be_bad_luck": (
        "A calibrated person holds {held} or fewer of {ranges} in {chance} of cases, so bad luck "
        "is not ruled out."
    ),
    "fits": (
        "That fits, and {ranges} questions prove little: somebody whose ranges hold 7 values in 10 "
        "comes this far in {chance} of cases."
    ),
    "all_held": (
        "A calibrated person holds all {ranges} in {chance} of cases, so this cannot say whether "
        "your ranges are too wide."
    ),
    "score": (
        "Mean interval score {score}; lower is better. Of this, {width} is the width of your "
        "ranges and {fine} the fine for misses."
    ),
    "worth": (
        "Your ranges reach a factor of {reach} to either side of their middle. A calibrated person "
        "whose ranges reach a factor of {worth} scores the same on average."
    ),
    "widen": (
        "Ranges {stretch} times as wide on the log scale would have held {needed} of {ranges}: "
        "where you said a factor of {reach} to either side, say {wider}."
    ),
    "narrow": (
        "Ranges {stretch} times as wide on the log scale would have held {needed} of {ranges} as "
        "well."
    ),
    "more_than": "more than {factor}",
    "percent": "{percent}%",
    "below_one_percent": "less than 1%",
}


@dataclass(frozen=True)
class Range:
    """A stated range and the true value, all above zero and in one unit."""

    low: float
    high: float
    value: float

    def __post_init__(self):
        for name, number in (("low", self.low), ("high", self.high), ("value", self.value)):
            if not (math.isfinite(number) and number > 0):
                raise ValueError(f"{name} must be a number above 0, got {number!r}")
        if self.low >= self.high:
            raise ValueError(f"low must be below high, got {self.low!r} and {self.high!r}")

    @property
    def held(self) -> bool:
        return self.low <= self.value <= self.high

    @property
    def width(self) -> float:
        """The natural logarithm of high over low."""
        return math.log(self.high) - math.log(self.low)

    @property
    def missed_by(self) -> float:
        """How far the value lies outside, on the log scale; 0 for a value that was held."""
        if self.held:
            return 0.0
        nearest = self.low if self.value < self.low else self.high
        return abs(math.log(self.value) - math.log(nearest))

    @property
    def score(self) -> float:
        return self.width + 2 / ALPHA * self.missed_by

    @property
    def stretch(self) -> float:
        """How many times as wide, around its middle, the range would just reach the value."""
        middle = (math.log(self.low) + math.log(self.high)) / 2
        return abs(math.log(self.value) - middle) / (self.width / 2)


def interval_score(low: float, high: float, value: float) -> float:
    """The interval score of a 90% range on the log scale; lower is better.

    Units: low, high and value in the same unit, whichever it is.

    Formula: ln(high / low), plus 20 times the logarithm of the factor by which the value
    lies outside.

    Source: Gneiting and Raftery 2007, the interval score with a = 0.1, of logarithms.

    >>> round(interval_score(50, 200, 100), 3)  # ln 4
    1.386
    >>> round(interval_score(50, 200, 400), 3)  # ln 4 + 20 ln 2
    15.249
    """
    return Range(low, high, value).score


def chance_of_at_most(hits: int, trials: int, share: float) -> float:
    """The chance that at most `hits` of independent `trials` succeed; each does with `share`.

    >>> round(chance_of_at_most(6, 10, 0.9), 4)
    0.0128
    """
    chance, total = (1 - share) ** trials, 0.0
    for count in range(hits + 1):
        total += chance
        chance *= (trials - count) / (count + 1) * share / (1 - share)
    return min(1.0, total)


@dataclass(frozen=True)
class Judgment:
    """What a person's ranges say about the person.

    `score` is the mean, `width` and `fine` its two parts; `reach` and `worth` are natural
    logarithms of factors; `stretch` is how many times as wide the ranges had to be to hold
    the `needed` of them.
    """

    held: int
    score: float
    width: float
    fine: float
    reach: float
    worth: float
    needed: int
    stretch: float
    sentences: tuple[str, ...]


def judge(ranges: Sequence[Range]) -> Judgment:
    """Coverage, mean score and what one does about them; needs a range at least.

    >>> judge([Range(10, 40, 20)] * 9 + [Range(10, 40, 80)]).sentences[1]
    'That fits, and 10 questions prove little: somebody whose ranges hold 7 values in 10 \
comes this far in 15% of cases.'
    """
    if not ranges:
        raise ValueError("judge() needs one range or more, got none")
    held = sum(each.held for each in ranges)
    width, score = fmean(each.width for each in ranges), fmean(each.score for each in ranges)
    needed = math.ceil(PROMISED * len(ranges) - 1e-9)
    measured: dict[str, Any] = {
        "held": held,
        "score": score,
        "width": width,
        "fine": score - width,
        "reach": width / 2,
        # The spread at which a calibrated person scores this, as the reach of their ranges.
        "worth": REACH_SIGMAS * score / SCORE_SIGMAS,
        "needed": needed,
        "stretch": sorted(each.stretch for each in ranges)[needed - 1],
    }
    return Judgment(**measured, sentences=_sentences(len(ranges), measured))


def interval_data() -> dict[str, Any]:
    """The constants with which the browser module repeats this module."""
    return {
        "alpha": ALPHA,
        "reachSigmas": REACH_SIGMAS,
        "scoreSigmas": SCORE_SIGMAS,
        "enough": ENOUGH,
        "rare": RARE,
        "overconfident": OVERCONFIDENT,
        "largestFactor": LARGEST_FACTOR,
    }


def _sentences(ranges: int, measured: dict[str, Any]) -> tuple[str, ...]:
    words, held, needed = INTERVAL_WORDS, measured["held"], measured["needed"]
    fine = number_text(measured["fine"]) if held < ranges else "0"
    texts = {
        "held": held,
        "ranges": ranges,
        "promised": number_text(PROMISED * ranges),
        "enough": ENOUGH,
        "needed": needed,
        "score": number_text(measured["score"]),
        "width": number_text(measured["width"]),
        "fine": fine,
        "reach": _factor_text(measured["reach"]),
        "worth": _factor_text(measured["worth"]),
        "stretch": number_text(measured["stretch"]),
        "wider": _factor_text(measured["reach"] * measured["stretch"]),
    }
    lead = "held" if ranges > 1 else ("one_held" if held else "one_missed")
    if ranges < ENOUGH:
        return tuple(words[name].format(**texts) for name in (lead, "score", "too_few"))
    chance, luck = _luck(held, ranges)
    texts["chance"] = _percent(chance)
    width = "narrow" if held >= needed else "widen"
    return tuple(words[name].format(**texts) for name in (lead, luck, width, "score", "worth"))


def _luck(held: int, ranges: int) -> tuple[float, str]:
    """A chance, and what it says about the count."""
    at_most = chance_of_at_most(held, ranges, PROMISED)
    if at_most < RARE:
        return at_most, "no_bad_luck"
    if held == ranges:
        return PROMISED**ranges, "all_held"
    if held < PROMISED * ranges - 1e-9:
        return at_most, "may_be_bad_luck"
    return 1 - chance_of_at_most(held - 1, ranges, OVERCONFIDENT), "fits"


def _percent(share: float) -> str:
    percent = math.floor(100 * share + 0.5)
    words = INTERVAL_WORDS["percent" if percent else "below_one_percent"]
    return words.format(percent=percent)


def _factor_text(logarithm: float) -> str:
    if logarithm > math.log(LARGEST_FACTOR):
        return INTERVAL_WORDS["more_than"].format(factor=number_text(LARGEST_FACTOR))
    return number_text(math.exp(logarithm))
