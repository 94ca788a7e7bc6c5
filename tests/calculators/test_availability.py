"""Availability in series and with a fallback, and whether the fallback pays."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils.calculators.availability import (
    downtime_hours_per_month,
    fallback_or_not,
    in_parallel,
    in_series,
    nines,
    with_fallback,
)

shares = st.floats(0, 1)
# A model at 99.5% among four parts at 99.9%: the stack of the lesson.
STACK = {
    "primary_availability": 0.995,
    "fallback_availability": 0.995,
    "rest_availability": 0.999**4,
    "requests_per_month": 1_000_000,
    "lost_request_usd": 0.5,
    "fallback_usd_per_month": 2_000,
    "shared_outage_share": 0.0,
}


def test_parts_in_a_row():
    # system-design-primer, "Availability in parallel vs in sequence".
    assert in_series([0.999, 0.999]) == pytest.approx(0.998001)
    # This course: five parts at 99.9% are up 99.50% of the time.
    assert round(100 * in_series([0.999] * 5), 2) == 99.50


def test_parts_side_by_side():
    # system-design-primer, the same section.
    assert in_parallel([0.999, 0.999]) == pytest.approx(0.999999, abs=1e-12)
    # This course: two model providers at 99.5%.
    assert in_parallel([0.995, 0.995]) == pytest.approx(0.999975, abs=1e-12)


def test_a_fallback_lifts_the_stack_from_99_10_to_99_60():
    values = fallback_or_not(**STACK).values
    assert round(100 * values["availability"], 2) == 99.10
    assert round(100 * values["with_fallback"], 2) == 99.60
    assert values["availability"] == pytest.approx(in_series([0.995, *[0.999] * 4]))


@given(st.lists(shares, min_size=1, max_size=6))
def test_a_row_is_no_better_than_its_worst_part_and_a_pair_no_worse_than_its_best(parts):
    assert in_series(parts) <= min(parts) * (1 + 1e-12)
    assert in_parallel(parts) >= max(parts) - 1e-12
    down = [1 - part for part in parts]
    assert in_parallel(parts) == pytest.approx(1 - in_series(down), abs=1e-12)


@given(shares, shares, shares)
def test_a_shared_outage_takes_from_the_gain_what_it_shares(first, second, shared):
    alone = with_fallback(primary_availability=first, fallback_availability=second)
    assert alone == pytest.approx(in_parallel([first, second]), abs=1e-12)
    both = with_fallback(
        primary_availability=first, fallback_availability=second, shared_outage_share=shared
    )
    assert both - first == pytest.approx((1 - shared) * (alone - first), abs=1e-12)
    down = (1 - first) * (shared + (1 - shared) * (1 - second))
    assert both == pytest.approx(1 - down, abs=1e-12)


def test_arrays_give_what_their_elements_give():
    parts = np.array([0.9, 0.99, 0.999])
    assert in_series([parts, 0.5]) == pytest.approx([p * 0.5 for p in parts])
    assert in_parallel([0.5, parts]) == pytest.approx([in_parallel([0.5, p]) for p in parts])
    together = with_fallback(primary_availability=parts, fallback_availability=0.9)
    one = [with_fallback(primary_availability=p, fallback_availability=0.9) for p in parts]
    assert together.tolist() == one
    assert downtime_hours_per_month(parts) == pytest.approx([73, 7.3, 0.73])


def test_downtime():
    assert downtime_hours_per_month(0.999) == pytest.approx(0.73)
    assert downtime_hours_per_month(1) == 0
    assert downtime_hours_per_month(0) == 730


@pytest.mark.parametrize("function", [in_series, in_parallel])
def test_lists_of_parts_are_checked(function):
    for bad in (0.9, "0.9", None, {0.9}):
        with pytest.raises(
            ValueError,
            match=r"^availabilities = .*: give a list of shares from 0 to 1, one a part$",
        ):
            function(bad)
    with pytest.raises(ValueError, match=r"^availabilities is empty: give a list of shares"):
        function([])
    for bad in (-0.1, 1.1, float("nan"), "1", True):
        with pytest.raises(ValueError, match=r"^availabilities\[1\] = .*from 0 to 1 \(share\)"):
            function([0.5, bad])
    assert function([0.25]) == 0.25
    assert function((1, 1)) == 1


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), "1", True, None])
def test_shares_are_checked(value):
    good = {
        "primary_availability": 0.9,
        "fallback_availability": 0.9,
        "shared_outage_share": 0.1,
    }
    for name in good:
        with pytest.raises(ValueError, match=f"^{name} = "):
            with_fallback(**{**good, name: value})
    with pytest.raises(ValueError, match=r"^availability = "):
        downtime_hours_per_month(value)


@pytest.mark.parametrize(
    ("availability", "text"),
    [
        (0.991018, "99.1%"),
        (0.99596, "99.6%"),
        (0.999975, "99.9975%"),
        (0.95, "95%"),
        (0.5, "50%"),
        (0.9, "90%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.99, "99%"),
        (0.989, "98.9%"),
    ],
)
def test_availability_in_words(availability, text):
    assert nines(availability) == text


# --- the decision -------------------------------------------------------------------------


def test_the_figures_of_the_decision():
    decision = fallback_or_not(**STACK)
    values = decision.values
    rest = 0.999**4
    assert values["saved_requests_per_month"] == pytest.approx(1e6 * rest * 0.004975)
    assert values["benefit_usd_per_month"] == pytest.approx(5e5 * rest * 0.004975)
    assert values["cost_usd_per_month"] == 2000
    assert values["net_usd_per_month"] == pytest.approx(5e5 * rest * 0.004975 - 2000)
    assert values["downtime_hours_per_month"] == pytest.approx(730 * (1 - rest * 0.995))
    assert values["downtime_with_fallback_hours_per_month"] == pytest.approx(
        730 * (1 - rest * 0.999975)
    )
    assert decision.threshold_value == pytest.approx(2000 / (1e6 * rest * 0.004975))
    assert decision.threshold_unit == "US dollars"
    assert decision.threshold_name == "cost of a lost request at which the fallback pays"


def test_the_rest_of_the_stack_multiplies_what_the_fallback_adds():
    values = fallback_or_not(**{**STACK, "rest_availability": 0.5}).values
    assert values["availability"] == pytest.approx(0.4975)
    assert values["with_fallback"] == pytest.approx(0.4999875, abs=1e-12)
    assert values["downtime_with_fallback_hours_per_month"] == pytest.approx(730 * 0.5000125)


def test_outages_are_independent_unless_told():
    told = {name: value for name, value in STACK.items() if name != "shared_outage_share"}
    assert fallback_or_not(**told) == fallback_or_not(**STACK)


def test_a_fallback_that_pays():
    decision = fallback_or_not(**STACK)
    assert (decision.choice, decision.binding_role) == ("add the fallback", "benefit")
    assert decision.binding_label == "requests saved"
    assert decision.sentence == (
        "I choose to add a fallback, because it lifts availability from 99.1% to 99.6% and saves "
        "requests worth $2,480 a month at a cost of $2,000 a month; I would switch when a lost "
        "request costs less than $0.404."
    )


def test_the_sentence_speaks_of_the_whole_stack():
    shares = {"primary_availability": 0.9, "fallback_availability": 0.5, "rest_availability": 0.98}
    assert "lifts availability from 88% to 93.1% and saves requests worth $24,500 a month" in (
        fallback_or_not(**{**STACK, **shares}).sentence
    )


def test_a_fallback_that_does_not_pay():
    decision = fallback_or_not(**{**STACK, "lost_request_usd": 0.1})
    assert (decision.choice, decision.binding_role) == ("stay with one provider", "cost")
    assert decision.binding_label == "price of the fallback"
    assert decision.sentence == (
        "I choose to stay with one provider, because lifting availability from 99.1% to 99.6% "
        "saves requests worth $496 a month at a cost of $2,000 a month; I would switch when a lost "
        "request costs more than $0.404."
    )


@pytest.mark.parametrize(
    "useless",
    [{"shared_outage_share": 1}, {"fallback_availability": 0}, {"primary_availability": 1}],
)
def test_a_fallback_that_saves_nothing_never_pays(useless):
    decision = fallback_or_not(**{**STACK, **useless, "lost_request_usd": 1e9})
    assert decision.choice == "stay with one provider"
    assert decision.threshold_value is None
    assert decision.sentence == (
        "I choose to stay with one provider, because the second would be down in every outage of "
        "the first and cost $2,000 a month; I would switch when it shares fewer of them."
    )


@given(shares, shares, shares, shares, st.floats(1, 1e9), st.floats(0.01, 1e6), st.floats(0, 1e3))
def test_the_fallback_is_added_exactly_where_it_pays(
    first, second, rest, shared, requests, price, lost
):
    assume(rest * (1 - first) * (1 - shared) * second > 1e-9)
    arguments = {
        "primary_availability": first,
        "fallback_availability": second,
        "rest_availability": rest,
        "requests_per_month": requests,
        "fallback_usd_per_month": price,
        "shared_outage_share": shared,
    }
    decision = fallback_or_not(lost_request_usd=lost, **arguments)
    net = decision.values["net_usd_per_month"]
    if abs(net) > 1e-9 * price:
        assert (decision.choice == "add the fallback") == (net > 0)
    flips = decision.threshold_value
    if flips < 1e8:
        for factor, choice in (
            (1 - 1e-9, "stay with one provider"),
            (1 + 1e-9, "add the fallback"),
        ):
            changed = fallback_or_not(lost_request_usd=flips * factor, **arguments)
            assert changed.choice == choice
        even = fallback_or_not(lost_request_usd=flips, **arguments)
        assert even.choice == "stay with one provider"
        assert math.isclose(even.values["benefit_usd_per_month"], price, rel_tol=1e-9)


@pytest.mark.parametrize("name", STACK)
@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "3", True, None, 1e16, np.array([0.5])], ids=repr
)
def test_every_argument_is_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        fallback_or_not(**{**STACK, name: value})


@pytest.mark.parametrize(
    ("name", "limits", "outside", "message"),
    [
        ("requests_per_month", (1e-3, 1e15), 0, r"above 0 .*\(requests per month\)"),
        ("requests_per_month", (1,), 1e15 + 1, "requests_per_month"),
        ("lost_request_usd", (0, 1e9), 1e9 + 1, r"from 0 to 1,000,000,000 \(US dollars\)"),
        ("fallback_usd_per_month", (1e-3, 1e12), 0, r"above 0 .*\(US dollars per month\)"),
        ("fallback_usd_per_month", (1,), 1e12 + 1, "fallback_usd_per_month"),
    ],
)
def test_the_limits(name, limits, outside, message):
    for value in limits:
        assert fallback_or_not(**{**STACK, name: value}).sentence
    with pytest.raises(ValueError, match=message):
        fallback_or_not(**{**STACK, name: outside})
