"""Demand at the peak, and Little's law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.demand import (
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
