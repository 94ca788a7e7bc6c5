"""How much work arrives at the peak, and how many requests are in flight at once."""

from __future__ import annotations

from course_utils.calculators.validate import Number, number, positive, share

MAX_USERS = 9e9
MAX_REQUESTS_PER_S = 1e9
MAX_SECONDS = 1e7


def requests_per_s(name: str, value: Number) -> Number:
    """An arrival rate, from 0 to a thousand million requests per second."""
    return number(name, value, "requests per second", high=MAX_REQUESTS_PER_S)


def peak_requests_per_s(
    *,
    users: Number,
    active_share: Number,
    requests_per_active_user: Number,
    active_hours: Number,
    peak_to_mean: Number,
) -> Number:
    """The rate of requests that the system must carry in its busiest time.

    Units: users; the share of them that is active on a day; requests per active user
    and day; the hours of the day in which these arrive; peak rate over mean rate.

    Formula: lambda_peak = users active q / (3600 hours) peak_to_mean.

    Source: this course: 10,000 staff of whom 30 % ask 6 questions in an 8-hour day,
    three times as fast at the peak, send 1.9 requests per second.

    >>> peak_requests_per_s(users=10_000, active_share=0.3, requests_per_active_user=6,
    ...     active_hours=8, peak_to_mean=3)
    1.875
    """
    people = number("users", users, "users", high=MAX_USERS)
    active = share("active_share", active_share)
    each = number(
        "requests_per_active_user", requests_per_active_user, "requests per day", high=1e6
    )
    hours = positive("active_hours", active_hours, "hours per day", high=24)
    peak = number("peak_to_mean", peak_to_mean, "times the mean rate", low=1, high=1e4)
    return people * active * each / (3600 * hours) * peak


def requests_in_flight(*, arrivals_per_s: Number, seconds_per_request: Number) -> Number:
    """How many requests are in the system at once: Little's law.

    Units: requests per second; seconds from arrival to answer, on average. Holds for
    long-run averages of any stable system, whatever the distributions.

    Formula: N = lambda W.

    Source: Little (1961); worked figure from this course: 1.875 requests per second
    that take 6 seconds each keep 11 in flight.

    >>> requests_in_flight(arrivals_per_s=1.875, seconds_per_request=6)
    11.25
    """
    rate = requests_per_s("arrivals_per_s", arrivals_per_s)
    time = number("seconds_per_request", seconds_per_request, "seconds", high=MAX_SECONDS)
    return rate * time


def sustainable_requests_per_s(*, slots: Number, seconds_per_request: Number) -> Number:
    """The arrival rate at which so many slots are busy all the time: Little's law, turned.

    Units: requests that can be in flight at once; seconds from start to answer.

    Formula: lambda = N / W. Plan below it: at this rate the queue already grows.

    Source: Little (1961).

    >>> sustainable_requests_per_s(slots=12, seconds_per_request=6)
    2.0
    """
    count = number("slots", slots, "requests in flight", high=1e9)
    time = number("seconds_per_request", seconds_per_request, "seconds", low=1e-6, high=MAX_SECONDS)
    return count / time
