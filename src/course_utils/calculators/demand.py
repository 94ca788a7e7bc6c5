"""How much work arrives at the peak, and how many requests are in flight at once."""

from __future__ import annotations

import math
from statistics import NormalDist

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.validate import Number, number, positive, share

MAX_USERS = 9e9
MAX_REQUESTS_PER_S = 1e9
MAX_SECONDS = 1e7
# One moment in twenty of the busiest time may hold more.
BUSY_SHARE = 0.95
TERMS = {"mean": "mean load", "busy": "chance on top of the mean"}


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

    Source: this course: 10,000 staff of whom 30% ask 6 questions in an 8-hour day,
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


def busy_requests_in_flight(*, mean_in_flight: Number, share_of_time: float = BUSY_SHARE) -> Number:
    """How many requests are in flight when it is busy by chance, the mean being given.

    Units: requests in flight, on average; the share of the time in which there are no
    more than the result. People ask independently of each other, and nobody waits.

    Formula: N + z sqrt(N), with z = 1.645 for 95%.

    Source: with Poisson arrivals the number in flight is Poisson distributed, whatever
    the time that each stays; its standard deviation is sqrt(N). The exact 95th
    percentile for a mean of 11.25 is 17.

    >>> round(busy_requests_in_flight(mean_in_flight=11.25), 1)
    16.8
    """
    mean = number("mean_in_flight", mean_in_flight, "requests in flight", high=1e16)
    return mean + _spreads(share_of_time) * mean**0.5


def how_many_servers(
    *,
    users: float,
    active_share: float,
    requests_per_active_user: float,
    active_hours: float,
    peak_to_mean: float,
    seconds_per_request: float,
    slots: float,
    share_of_time: float = BUSY_SHARE,
) -> Decision:
    """How many servers carry the peak, and the headcount from which one more is needed.

    Units: as in `peak_requests_per_s`; seconds from arrival to answer; requests that one
    server runs at once within its promise; the share of the busiest time in which all
    requests find room.

    Formula: the servers hold N + z sqrt(N) requests, N = lambda_peak W. The threshold
    is the number of users at which these fill all slots.

    Source: this course, lesson on clarifying questions.

    >>> decision = how_many_servers(users=10_000, active_share=0.3, requests_per_active_user=6,
    ...     active_hours=8, peak_to_mean=3, seconds_per_request=6, slots=24)
    >>> decision.choice, round(decision.threshold_value)
    ('1 server', 15273)
    """
    day = {
        "users": users,
        "active_share": active_share,
        "requests_per_active_user": requests_per_active_user,
        "active_hours": active_hours,
        "peak_to_mean": peak_to_mean,
    }
    for name, value in {**day, "seconds_per_request": seconds_per_request, "slots": slots}.items():
        validate.scalar(name, value)
    each = int(number("slots", slots, "requests at once", low=1, high=1e6, whole=True))
    rate = peak_requests_per_s(**day)
    mean = requests_in_flight(arrivals_per_s=rate, seconds_per_request=seconds_per_request)
    spreads = _spreads(share_of_time)
    busy = busy_requests_in_flight(mean_in_flight=mean, share_of_time=share_of_time)
    # The small amount keeps servers that are exactly full from asking for one more.
    servers = max(math.ceil(busy / each - 1e-9), 1)
    room = servers * each
    # N + z sqrt(N) = room, solved for N.
    fits = ((math.sqrt(spreads**2 + 4 * room) - spreads) / 2) ** 2
    threshold = users * fits / mean if mean else None
    choice = words.several(servers, "server", "servers")
    role = "mean" if mean >= busy - mean else "busy"
    return Decision(
        choice=choice,
        values={
            "requests_per_s": rate,
            "mean_in_flight": mean,
            "busy_in_flight": busy,
            "servers": float(servers),
            "slots": float(room),
            **({"users_at_mean_full": users * room / mean} if mean else {}),
        },
        binding_role=role,
        binding_label=TERMS[role],
        threshold_name="users from which one more server is needed",
        threshold_value=threshold,
        threshold_unit="users",
        sentence=_sentence(users, mean, busy, choice, room, servers, threshold),
    )


def _sentence(
    users: float,
    mean: float,
    busy: float,
    choice: str,
    room: int,
    servers: int,
    threshold: float | None,
) -> str:
    people = words.several(users, "user", "users")
    runs = f"{choice} with room for {words.several(room, 'request', 'requests')} at once"
    if threshold is None:
        return f"I choose {runs}, because nothing is asked; I would look again when it is."
    return (
        f"I choose {runs}, because at the peak {people} keep {words.digits(mean)} in flight on "
        f"average and {words.digits(busy)} in busy moments; I would switch to "
        f"{words.several(servers + 1, 'server', 'servers')} above {words.digits(threshold)} users."
    )


def _spreads(share_of_time: float) -> float:
    """How many standard deviations above the mean."""
    validate.scalar("share_of_time", share_of_time)
    part = number("share_of_time", share_of_time, "share", low=0.5, high=0.9999)
    return NormalDist().inv_cdf(part)
