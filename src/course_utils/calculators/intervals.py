"""Intervals for a share that was measured on a sample."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

from course_utils.calculators import validate
from course_utils.calculators.piecewise import where
from course_utils.calculators.validate import Number, number

MAX_TRIALS = 1e12


class Interval(NamedTuple):
    """The two ends of an interval, as shares."""

    low: Number
    high: Number


def wilson_interval(*, successes: Number, trials: Number, confidence: float = 0.95) -> Interval:
    """The Wilson score interval for a share: never outside 0 to 1, fair for small samples.

    Units: whole successes out of whole independent trials; two-sided confidence as a
    share, one for all.

    Formula: (p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n).

    Source: Wilson 1927, JASA 22(158); this course: 85% of 200 gives 79.4% to 89.3%.

    >>> low, high = wilson_interval(successes=170, trials=200)
    >>> round(100 * low, 1), round(100 * high, 1)
    (79.4, 89.3)
    """
    right, n = _counts(successes, trials)
    z = NormalDist().inv_cdf(0.5 + _confidence(confidence) / 2)
    p = right / n
    center = (p + z * z / (2 * n)) / (1 + z * z / n)
    spread = (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5 * z / (1 + z * z / n)
    # Nothing right or nothing wrong puts an end at 0 or 1, which rounding would miss.
    return Interval(where(p == 0, 0.0, center - spread), where(p == 1, 1.0, center + spread))


def clopper_pearson_interval(
    *, successes: Number, trials: Number, confidence: float = 0.95
) -> Interval:
    """The exact interval for a share: it covers at least as often as it says.

    Units: as in `wilson_interval`. Needs SciPy.

    Formula: quantiles of Beta(x, n - x + 1) at a/2 and of Beta(x + 1, n - x) at 1 - a/2.

    Source: Clopper and Pearson 1934, Biometrika 26(4); this course: 14 of 20 seeded
    errors caught gives 46% to 88%, 70 of 100 gives 60% to 79%.

    >>> low, high = clopper_pearson_interval(successes=14, trials=20)
    >>> round(100 * low), round(100 * high)
    (46, 88)
    """
    right, n = _counts(successes, trials)
    tail = (1 - _confidence(confidence)) / 2
    from scipy.special import betaincinv

    none, all_ = right == 0, right == n
    # Where a parameter is 0 the end is 0 or 1; any other parameter will do there.
    low = betaincinv(right + none, n - right + 1, tail) * (1 - none)
    high = betaincinv(right + 1, n - right + all_, 1 - tail) * (1 - all_) + all_
    if hasattr(p := right / n, "__array__"):
        return Interval(low + 0.0 * p, high + 0.0 * p)
    return Interval(float(low), float(high))


def rule_of_three(*, trials: Number) -> Number:
    """The quick upper limit of a rate after no failure at all, at 95% confidence.

    Units: whole independent trials, 3 at least; a share.

    Formula: 3 / n, because -ln 0.05 = 2.996.

    Source: Hanley and Lippman-Hand 1983, JAMA 249(13); this course: no leak in 300 random
    probes bounds the rate at 1%.

    >>> rule_of_three(trials=300)
    0.01
    """
    return 3 / number("trials", trials, "trials", low=3, high=MAX_TRIALS, whole=True)


def no_failure_limit(*, trials: Number, confidence: float = 0.95) -> Number:
    """The exact upper limit of a rate after no failure at all.

    Units: whole independent trials; one-sided confidence as a share, one for all.

    Formula: 1 - (1 - confidence)^(1/n).

    Source: the same limit solved exactly; this course: 5.8% after 50 trials.

    >>> round(100 * no_failure_limit(trials=50), 1)
    5.8
    """
    n = number("trials", trials, "trials", low=1, high=MAX_TRIALS, whole=True)
    return 1 - (1 - _confidence(confidence)) ** (1 / n)


def _counts(successes: Number, trials: Number) -> tuple[Number, Number]:
    n = number("trials", trials, "trials", low=1, high=MAX_TRIALS, whole=True)
    right = number("successes", successes, "successes", high=MAX_TRIALS, whole=True)
    number("trials - successes", n - right, "failures")
    return right, n


def _confidence(value: float) -> float:
    validate.scalar("confidence", value)
    return number("confidence", value, "share", low=0.5, high=0.9999)
