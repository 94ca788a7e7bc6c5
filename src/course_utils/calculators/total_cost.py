"""Designs compared on what a request costs plus what its errors cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_utils.calculators.piecewise import ratio
from course_utils.calculators.validate import Number, number, share

MAX_REQUEST_USD = 1e6
MAX_ERROR_USD = 1e9
# Qualities closer than this are one quality that was rounded differently.
SAME_QUALITY = 1e-12


def request_usd(name: str, value: Number) -> Number:
    """A cost of one request or of a part of it."""
    return number(name, value, "US dollars", high=MAX_REQUEST_USD)


def error_usd(name: str, value: Number) -> Number:
    """What one wrong answer costs."""
    return number(name, value, "US dollars", high=MAX_ERROR_USD)


def total_usd(*, request_cost_usd: Number, quality: Number, error_cost_usd: Number) -> Number:
    """What a request costs in all: the calls, and its share of the wrong answers.

    Units: US dollars per request; share of right answers; US dollars per wrong answer.

    Formula: C + (1 - Q) c_err.

    Source: this course: at $0.25 per wrong answer a large model of $0.0068 that is right
    in 95% of cases costs $0.0193, a small one of $0.0007 and 85% costs $0.0382.

    >>> round(total_usd(request_cost_usd=0.0068, quality=0.95, error_cost_usd=0.25), 4)
    0.0193
    """
    cost = request_usd("request_cost_usd", request_cost_usd)
    right = share("quality", quality)
    return cost + (1 - right) * error_usd("error_cost_usd", error_cost_usd)


def switch_error_cost_usd(
    *, cheap_cost_usd: Number, cheap_quality: Number, dear_cost_usd: Number, dear_quality: Number
) -> Number:
    """The cost of a wrong answer above which the dearer design is the cheaper in all.

    Units: US dollars per request; shares of right answers. Infinite where the dearer
    design is no better.

    Formula: (C_dear - C_cheap) / (Q_dear - Q_cheap).

    Source: this course: $0.034 from a small model ($0.0007, 85%) to a cascade ($0.0034,
    93%), and $0.17 from there to a large model ($0.0068, 95%).

    >>> round(switch_error_cost_usd(cheap_cost_usd=0.0034, cheap_quality=0.93,
    ...     dear_cost_usd=0.0068, dear_quality=0.95), 3)
    0.17
    """
    cheap = request_usd("cheap_cost_usd", cheap_cost_usd)
    dear = request_usd("dear_cost_usd", dear_cost_usd)
    number("dear_cost_usd - cheap_cost_usd", dear - cheap, "US dollars")
    gain = share("dear_quality", dear_quality) - share("cheap_quality", cheap_quality)
    return ratio(dear - cheap, gain)


@dataclass(frozen=True)
class Cheapest:
    """The design that costs least in all, and the error costs at which another one does.

    Below `lower_usd` the design `lower_index` is the cheapest, above `upper_usd` the
    design `upper_index`; None where no error cost flips the choice to that side.
    """

    index: int
    lower_usd: float | None
    lower_index: int | None
    upper_usd: float | None
    upper_index: int | None

    @property
    def flip(self) -> tuple[float, int] | None:
        """The error cost of a flip and the next choice: the upward one where there is one."""
        if self.upper_usd is not None and self.upper_index is not None:
            return self.upper_usd, self.upper_index
        if self.lower_usd is not None and self.lower_index is not None:
            return self.lower_usd, self.lower_index
        return None


def cheapest(designs: Sequence[tuple[float, float]], error_cost_usd: float) -> Cheapest:
    """The design of least total cost among (US dollars per request, share of right answers).

    Formula: the lower envelope of the lines C + (1 - Q) c_err. Designs that tie are
    ranked by their cost, then by their quality, then as given.

    Source: this course, lesson on the larger model.

    >>> cheapest([(0.0007, 0.85), (0.0034, 0.93), (0.0068, 0.95)], 0.10).index
    1
    """
    error_cost = error_usd("error_cost_usd", error_cost_usd)

    def rank(index: int) -> tuple[float, float, float]:
        cost, quality = designs[index]
        return cost + (1 - quality) * error_cost, cost, -quality

    chosen = min(range(len(designs)), key=rank)
    cost, quality = designs[chosen]
    below, above = [], []
    for index, (other_cost, other_quality) in enumerate(designs):
        if other_cost < cost and other_quality < quality - SAME_QUALITY:
            below.append(((cost - other_cost) / (quality - other_quality), index))
        elif other_cost > cost and other_quality > quality + SAME_QUALITY:
            above.append(((other_cost - cost) / (other_quality - quality), index))
    lower = max(below, default=None)
    upper = min(above, default=None)
    if upper is not None and upper[0] > MAX_ERROR_USD:
        upper = None
    return Cheapest(
        index=chosen,
        lower_usd=None if lower is None else lower[0],
        lower_index=None if lower is None else lower[1],
        upper_usd=None if upper is None else upper[0],
        upper_index=None if upper is None else upper[1],
    )
