"""Formulas of the quiz 03-reference-architecture: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.availability import (
    downtime_hours_per_month,
    fallback_or_not,
    in_series,
    with_fallback,
)
from course_utils.calculators.latency_budget import (
    EXAMPLE_STAGES,
    latency_budget,
    slow_share_after_fan_out,
)


def p95_of_the_whole_s(*, percentile: float) -> float:
    """A percentile of the time of the lesson's five stages together, in seconds.

    The stages are `EXAMPLE_STAGES`. The known answer is 3.85 s (lesson 03).

    >>> round(p95_of_the_whole_s(percentile=95), 2)
    3.85
    """
    return latency_budget(stages=EXAMPLE_STAGES, percentile=percentile).total_s


def hours_down_with_fallback(*, model_percent: float, parts: int, part_percent: float) -> float:
    """Hours a month in which the whole is down, with two independent providers of the model.

    730 * (1 - (1 - (1 - A)^2) * part^n). The known answer is 99.60% of the time up,
    2.9 hours down (lesson 03).

    >>> round(hours_down_with_fallback(model_percent=99.5, parts=4, part_percent=99.9), 1)
    2.9
    """
    model = model_percent / 100
    box = with_fallback(primary_availability=model, fallback_availability=model)
    return downtime_hours_per_month(in_series([box] + [part_percent / 100] * parts))


def slow_requests_percent(*, slow_percent: float, calls: int) -> float:
    """Percent of requests that are slow if each waits for the slowest of its calls.

    100 * (1 - (1 - p)^n). The known answer is 63% for 1% and 100 calls (Dean and Barroso).

    >>> round(slow_requests_percent(slow_percent=1, calls=100), 1)
    63.4
    """
    return 100 * slow_share_after_fan_out(slow_share=slow_percent / 100, calls=calls)


def hours_down_in_series(*, model_percent: float, parts: int, part_percent: float) -> float:
    """Hours a month in which at least one of the parts is down that are all needed.

    730 * (1 - product of A_i). The known answer is 6.6 hours for 99.5% and four times
    99.9% (lesson 03).

    >>> round(hours_down_in_series(model_percent=99.5, parts=4, part_percent=99.9), 1)
    6.6
    """
    return downtime_hours_per_month(in_series([model_percent / 100] + [part_percent / 100] * parts))


def fallback_break_even_usd(
    *,
    requests_per_month: int,
    model_percent: float,
    shared_percent: float,
    fallback_usd_per_month: float,
) -> float:
    """Cost of a lost request from which a fallback pays, in US dollars.

    price / (requests * (1 - A) * (1 - b) * A), the rest of the path being up.

    >>> round(fallback_break_even_usd(requests_per_month=378_000, model_percent=99.5,
    ...     shared_percent=0, fallback_usd_per_month=2_000), 2)
    1.06
    """
    model = model_percent / 100
    return fallback_or_not(
        primary_availability=model,
        fallback_availability=model,
        rest_availability=1,
        requests_per_month=requests_per_month,
        # Any cost will do: the break-even does not depend on it.
        lost_request_usd=1,
        fallback_usd_per_month=fallback_usd_per_month,
        shared_outage_share=shared_percent / 100,
    ).threshold_value


def slow_shares_added_percent(*, slow_percent: float, calls: int) -> float:
    """Adds the shares of the calls, as if no two of them were slow in one request."""
    return slow_percent * calls


def fast_requests_percent(**parameters: float) -> float:
    """Stops at the share of requests in which every call is fast."""
    return 100 - slow_requests_percent(**parameters)


def hours_down_on_average(*, model_percent: float, parts: int, part_percent: float) -> float:
    """Takes the mean of the availabilities instead of their product."""
    mean = (model_percent + parts * part_percent) / (parts + 1) / 100
    return downtime_hours_per_month(mean)


def hours_down_in_a_year(**parameters: float) -> float:
    """Counts the hours of a year."""
    return 12 * hours_down_in_series(**parameters)


def price_per_request_usd(
    *, requests_per_month: int, fallback_usd_per_month: float, **_: float
) -> float:
    """Spreads the price over all requests instead of those that the fallback saves."""
    return fallback_usd_per_month / requests_per_month


def break_even_by_shared_usd(**parameters: float) -> float:
    """Takes the outages that hit both for those that the fallback bridges: b for 1 - b."""
    shared = parameters["shared_percent"]
    return fallback_break_even_usd(**{**parameters, "shared_percent": 100 - shared})


RIGHT = (
    p95_of_the_whole_s,
    hours_down_with_fallback,
    slow_requests_percent,
    hours_down_in_series,
    fallback_break_even_usd,
)

WRONG = (
    slow_shares_added_percent,
    fast_requests_percent,
    hours_down_on_average,
    hours_down_in_a_year,
    price_per_request_usd,
    break_even_by_shared_usd,
)
