"""Demand at the peak, and Little's law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.demand import (
    busy_requests_in_flight,
    how_many_servers,
    peak_requests_per_s,
    requests_in_flight,
    sustainable_requests_per_s,
)

# The worked figure of the lesson on clarifying questions: 10,000 staff.
STAFF = {
    "users": 10_000,
    "active_share": 0.3,
    "requests_per_active_user": 6,
    "active_hours": 8,
    "peak_to_mean": 3,
}
rates = st.floats(1e-6, 1e6)
times = st.floats(1e-3, 1e4)


def test_ten_thousand_staff_send_two_requests_per_second_and_keep_eleven_in_flight():
    rate = peak_requests_per_s(**STAFF)
    assert rate == pytest.approx(1.875)
    assert requests_in_flight(arrivals_per_s=rate, seconds_per_request=6) == pytest.approx(11.25)


def test_a_flat_day_is_requests_over_seconds():
    flat = {**STAFF, "active_share": 1, "active_hours": 24, "peak_to_mean": 1}
    assert peak_requests_per_s(**flat) == pytest.approx(60_000 / 86_400)


@given(rates, times)
def test_the_sustainable_rate_is_where_little_s_law_fills_the_slots(rate, seconds):
    slots = requests_in_flight(arrivals_per_s=rate, seconds_per_request=seconds)
    if slots <= 1e9:
        again = sustainable_requests_per_s(slots=slots, seconds_per_request=seconds)
        assert again == pytest.approx(rate)


@given(st.sampled_from(sorted(STAFF)), st.floats(1.01, 2))
def test_demand_is_proportional_to_everything_but_the_hours(name, factor):
    more = peak_requests_per_s(**{**STAFF, name: STAFF[name] * factor})
    expected = 1 / factor if name == "active_hours" else factor
    assert more / peak_requests_per_s(**STAFF) == pytest.approx(expected)


def test_an_array_gives_what_its_elements_give():
    users = np.array([100.0, 10_000, 1e6])
    rate = peak_requests_per_s(**{**STAFF, "users": users})
    assert rate.tolist() == [peak_requests_per_s(**{**STAFF, "users": u}) for u in users]
    flight = requests_in_flight(arrivals_per_s=rate, seconds_per_request=6)
    assert flight.tolist() == [r * 6 for r in rate]


LITTLE = {"arrivals_per_s": 2, "seconds_per_request": 6}
SLOTS = {"slots": 12, "seconds_per_request": 6}
BAD = [-1, float("nan"), float("inf"), "3", True, None, 1e18]


@pytest.mark.parametrize(
    ("function", "good"),
    [
        (peak_requests_per_s, STAFF),
        (requests_in_flight, LITTLE),
        (sustainable_requests_per_s, SLOTS),
    ],
)
@pytest.mark.parametrize("value", BAD)
def test_every_argument_is_checked(function, good, value):
    for name in good:
        with pytest.raises(ValueError, match=f"^{name} "):
            function(**{**good, name: value})


@pytest.mark.parametrize(
    ("name", "limits", "outside", "message"),
    [
        ("users", (0, 9e9), 9e9 + 1, r"from 0 to 9,000,000,000 \(users\)"),
        ("active_share", (0, 1), 1.001, r"from 0 to 1 \(share\)"),
        ("requests_per_active_user", (0, 1e6), 1e6 + 1, r"1,000,000 \(requests per day\)"),
        ("active_hours", (1e-9, 24), 24.1, r"above 0 and up to 24 \(hours per day\)"),
        ("active_hours", (1,), 0, "above 0"),
        ("peak_to_mean", (1, 1e4), 0.999, r"from 1 to 10,000 \(times the mean rate\)"),
    ],
)
def test_the_limits_of_demand(name, limits, outside, message):
    for value in limits:
        assert peak_requests_per_s(**{**STAFF, name: value}) >= 0
    with pytest.raises(ValueError, match=f"{name} = .* out of range.*{message}"):
        peak_requests_per_s(**{**STAFF, name: outside})


def test_the_limits_of_little_s_law():
    assert requests_in_flight(arrivals_per_s=1e9, seconds_per_request=1e7) == 1e16
    assert requests_in_flight(arrivals_per_s=0, seconds_per_request=0) == 0
    assert sustainable_requests_per_s(slots=0, seconds_per_request=1e-6) == 0
    assert sustainable_requests_per_s(slots=1e9, seconds_per_request=1e7) == 100
    with pytest.raises(ValueError, match=r"from 0 to 1,000,000,000 \(requests per second\)"):
        requests_in_flight(arrivals_per_s=1e9 + 1, seconds_per_request=6)
    with pytest.raises(ValueError, match=r"from 0 to 10,000,000 \(seconds\)"):
        requests_in_flight(arrivals_per_s=1, seconds_per_request=1e7 + 1)
    with pytest.raises(ValueError, match=r"from 0 to 1,000,000,000 \(requests in flight\)"):
        sustainable_requests_per_s(slots=1e9 + 1, seconds_per_request=6)
    with pytest.raises(ValueError, match=r"from 1e-06 to 10,000,000 \(seconds\)"):
        sustainable_requests_per_s(slots=1, seconds_per_request=0)


SERVED = {**STAFF, "seconds_per_request": 6, "slots": 24}


def poisson_share_up_to(most: int, mean: float) -> float:
    return math.fsum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(most + 1))


@pytest.mark.parametrize("mean", [3, 11.25, 40, 120])
@pytest.mark.parametrize("share_of_time", [0.9, 0.95, 0.99])
def test_busy_moments_are_the_percentile_of_a_poisson_number_within_two(mean, share_of_time):
    exact = next(n for n in range(1000) if poisson_share_up_to(n, mean) >= share_of_time)
    busy = busy_requests_in_flight(mean_in_flight=mean, share_of_time=share_of_time)
    assert busy == pytest.approx(exact, abs=2)


def test_half_of_the_time_there_is_no_more_than_the_mean():
    assert busy_requests_in_flight(mean_in_flight=50, share_of_time=0.5) == 50
    assert busy_requests_in_flight(mean_in_flight=0) == 0


def test_the_staff_of_the_lesson_fit_on_one_server():
    """By hand: N = 11.25, sqrt(N) = 3.354, 11.25 + 1.645 x 3.354 = 16.77."""
    decision = how_many_servers(**SERVED)
    assert decision.choice == "1 server"
    assert decision.values["busy_in_flight"] == pytest.approx(16.767, abs=0.001)
    assert decision.values["users_at_mean_full"] == pytest.approx(24 / 11.25 * 10_000)
    assert decision.binding_role == "mean"
    assert decision.sentence == (
        "I choose 1 server with room for 24 requests at once, because at the peak 10,000 users "
        "keep 11.3 in flight on average and 16.8 in busy moments; I would switch to 2 servers "
        "above 15,300 users."
    )


@given(st.floats(1, 1e6), st.floats(0.1, 100), st.integers(1, 200))
def test_one_more_server_is_needed_just_above_the_threshold(users, seconds, slots):
    given_slots = {**SERVED, "seconds_per_request": seconds, "slots": slots}
    here = how_many_servers(**{**given_slots, "users": users})
    limit = here.threshold_value
    assert users <= limit * (1 + 1e-6)
    below = how_many_servers(**{**given_slots, "users": limit * 0.999})
    above = how_many_servers(**{**given_slots, "users": limit * 1.001})
    assert below.values["servers"] <= here.values["servers"] < above.values["servers"]
    busy = busy_requests_in_flight(mean_in_flight=here.values["mean_in_flight"])
    assert busy <= here.values["slots"] * (1 + 1e-6)


def test_chance_is_the_larger_part_where_few_ask():
    assert how_many_servers(**{**SERVED, "users": 1_000}).binding_role == "busy"


@pytest.mark.parametrize("name", ["users", "active_share", "requests_per_active_user"])
def test_where_nothing_is_asked_one_server_stands_ready(name):
    decision = how_many_servers(**{**SERVED, name: 0})
    assert (decision.choice, decision.threshold_value) == ("1 server", None)
    assert "nothing is asked" in decision.sentence


@pytest.mark.parametrize("name", list(SERVED))
@pytest.mark.parametrize("value", [*BAD, [1]])
def test_every_argument_of_the_server_count_is_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        how_many_servers(**{**SERVED, name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("slots", 0, r"from 1 to 1,000,000 \(requests at once\)"),
        ("slots", 2.5, "whole"),
        ("share_of_time", 0.49, "from 0.5 to 0.9999"),
        ("share_of_time", 1, "from 0.5 to 0.9999"),
    ],
)
def test_the_limits_of_the_server_count(name, value, message):
    with pytest.raises(ValueError, match=f"{name} = .*{message}"):
        how_many_servers(**{**SERVED, name: value})
