"""Ranges as distributions, and Monte Carlo over them.

"Five to twenty thousand users" is read as a 90% interval of a lognormal. Draws are
stratified (Latin hypercube): every input is cut into slices of the same probability,
one draw falls on each, and only their order is random. Each input's own percentiles are
then exact, and two settings that are compared see the same luck.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any

from course_utils.calculators.elementwise import log
from course_utils.calculators.validate import Number, number, scalar

# One less than a round number, so that percentiles fall on a draw: of 1,999 draws the
# 95th percentile is number 1,900.
DRAWS = 1_999
MAX_DRAWS = 1_000_000
SMALLEST, LARGEST = 1e-12, 1e15


def lognormal_median(*, low: Number, high: Number) -> Number:
    """The median of the lognormal whose central interval runs from low to high.

    Formula: sqrt(low high), in the unit of low and high.

    >>> lognormal_median(low=5_000, high=20_000)
    10000.0
    """
    bottom = _bound("low", low)
    top = _bound("high", high)
    _check_order(bottom, top)
    return (bottom * top) ** 0.5


def lognormal_sigma(*, low: Number, high: Number, coverage: float = 0.9) -> Number:
    """The spread (standard deviation of the logarithm) of a range given as low to high.

    Units: low and high in any one unit; `coverage` is the probability that the value
    lies between them.

    Formula: sigma = ln(high / low) / (2 z), with z = 1.645 for 90%.

    Source: this course; a range of 5,000 to 20,000 users has a sigma of 0.42.

    >>> round(lognormal_sigma(low=5_000, high=20_000), 3)
    0.421
    """
    bottom = _bound("low", low)
    top = _bound("high", high)
    _check_order(bottom, top)
    scalar("coverage", coverage)
    inside = number("coverage", coverage, "share", low=0.01, high=0.999)
    return log(top / bottom) / (2 * NormalDist().inv_cdf((1 + inside) / 2))


@dataclass(frozen=True)
class Range:
    """A number known to lie between low and high with 90% probability: a lognormal.

    `cap` cuts what cannot be passed (1 for a share): draws above it are set to it.
    """

    low: float
    high: float
    cap: float = math.inf

    def __post_init__(self) -> None:
        for name in ("low", "high", "cap"):
            scalar(name, getattr(self, name))
        lognormal_sigma(low=self.low, high=self.high)
        if self.cap != math.inf:
            number("cap", self.cap, "unit of the range", low=self.high, high=LARGEST)

    @cached_property
    def median(self) -> float:
        return lognormal_median(low=self.low, high=self.high)

    @cached_property
    def sigma(self) -> float:
        return lognormal_sigma(low=self.low, high=self.high)

    def at(self, standard_normal: float) -> float:
        """The value so many standard deviations (of the logarithm) above the median."""
        return min(self.median * math.exp(self.sigma * standard_normal), self.cap)


@dataclass(frozen=True)
class Spread:
    """What came out of a simulation: the mean and the percentiles 5, 50 and 95."""

    mean: float
    p05: float
    p50: float
    p95: float


def simulate(
    formula: Callable[..., float],
    *,
    ranges: Mapping[str, Range],
    fixed: Mapping[str, Any] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Spread:
    """The distribution of a formula's result when some of its arguments are ranges.

    Units: those of the formula. `ranges` and `fixed` hold its keyword arguments; the
    ranges are independent of each other.

    >>> from course_utils.calculators.demand import peak_requests_per_s
    >>> spread = simulate(peak_requests_per_s,
    ...     ranges={"users": Range(5_000, 20_000), "active_share": Range(0.15, 0.6, cap=1)},
    ...     fixed={"requests_per_active_user": 6, "active_hours": 8, "peak_to_mean": 3})
    >>> round(spread.p50, 1), round(spread.p95)
    (1.9, 5)
    """
    for name, value in ranges.items():
        if not isinstance(value, Range):
            raise ValueError(f"ranges[{name!r}] = {value!r}: give Range(low, high)")
    columns = [
        [value.at(z) for z in standard_normals(draws, seed=seed, stream=index)]
        for index, value in enumerate(ranges.values())
    ]
    same = dict(fixed or {})
    results = sorted(
        formula(**dict(zip(ranges, row, strict=True)), **same) for row in zip(*columns, strict=True)
    )
    if not results:
        raise ValueError("ranges is empty: give at least one Range, or call the formula itself")
    return Spread(
        mean=math.fsum(results) / len(results),
        p05=ordered_percentile(results, 5),
        p50=ordered_percentile(results, 50),
        p95=ordered_percentile(results, 95),
    )


def percentile_rank(size: int, percentile: float) -> int:
    """Which of so many sorted draws is the percentile, counted from one.

    It is the first that at least so many percent of the draws do not pass.

    >>> percentile_rank(1_999, 95)
    1900
    """
    # The small amount keeps a whole number of draws whole in spite of rounding.
    return max(math.ceil(size * percentile / 100 - 1e-9), 1)


def ordered_percentile(ordered: Sequence[float], percentile: float) -> float:
    """The percentile of sorted draws: the first that so many percent do not pass.

    >>> ordered_percentile([1, 2, 3, 4], 50)
    2
    """
    return ordered[percentile_rank(len(ordered), percentile) - 1]


def standard_normals(draws: int, *, seed: int = 0, stream: int = 0) -> tuple[float, ...]:
    """Stratified standard normals in random order; another stream has another order."""
    return _normals(*_checked(draws, seed), stream)


def uniforms(draws: int, *, seed: int = 0, stream: int = 0) -> tuple[float, ...]:
    """The numbers i / (draws + 1) in random order; another stream has another order."""
    return _shuffled(*_checked(draws, seed), stream)


def _checked(draws: int, seed: int) -> tuple[int, int]:
    scalar("draws", draws)
    scalar("seed", seed)
    size = number("draws", draws, "draws", low=1, high=MAX_DRAWS, whole=True)
    return int(size), int(number("seed", seed, "seed", high=2**53, whole=True))


# Cached: a slider moves the medians, not the draws.
@lru_cache(maxsize=64)
def _normals(draws: int, seed: int, stream: int) -> tuple[float, ...]:
    return tuple(map(NormalDist().inv_cdf, _shuffled(draws, seed, stream)))


@lru_cache(maxsize=64)
def _shuffled(draws: int, seed: int, stream: int) -> tuple[float, ...]:
    values = [i / (draws + 1) for i in range(1, draws + 1)]
    random.Random(f"{seed}/{stream}").shuffle(values)
    return tuple(values)


def _bound(name: str, value: Number) -> Number:
    return number(name, value, "one unit for low and high", low=SMALLEST, high=LARGEST)


def _check_order(low: Number, high: Number) -> None:
    ordered = low <= high
    if not (ordered if isinstance(ordered, bool) else ordered.all()):
        raise ValueError(f"low = {low} is above high = {high}: give the smaller number first")
