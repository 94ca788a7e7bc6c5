"""Cascades and routers, and the choice between small, cascade and large."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils.calculators.cascade import (
    break_even_accept_share,
    cascade_cost_usd,
    cascade_latency_s,
    cascade_or_large,
    cascade_quality,
    false_easy_loss_usd,
    router_cost_usd,
    sent_to_small_share,
)

shares = st.floats(0, 1)
costs = st.floats(0.0001, 1)


# This course, lesson on the larger model. The inputs are reconstructed: 60 % accepted, of
# which 98 % are right; the large model is right in 95 % of all and 89 % of what escalates.
def test_the_mean_of_the_large_model_overstates_the_cascade():
    easy = {"accept_share": 0.6, "accepted_quality": 0.98}
    assert cascade_quality(escalated_quality=0.89, **easy) == pytest.approx(0.944)
    assert cascade_quality(escalated_quality=0.95, **easy) == pytest.approx(0.968)


def test_a_cascade_that_accepts_60_percent_costs_half_the_large_model():
    cost = cascade_cost_usd(
        small_cost_usd=0.0007, check_cost_usd=0.0001, large_cost_usd=0.0068, accept_share=0.6
    )
    assert cost == pytest.approx(0.0008 + 0.4 * 0.0068)


@given(costs, costs, costs, shares)
def test_a_cascade_is_the_cheaper_above_its_break_even(small, check, large, accepted):
    calls = {"small_cost_usd": small, "check_cost_usd": check, "large_cost_usd": large}
    limit = break_even_accept_share(**calls)
    cost = cascade_cost_usd(accept_share=accepted, **calls)
    assume(abs(accepted - limit) > 1e-9)
    assert (cost < large) == (accepted > limit)
    assert cascade_cost_usd(accept_share=0, **calls) == pytest.approx(small + check + large)
    assert cascade_cost_usd(accept_share=1, **calls) == pytest.approx(small + check)


# This course: the p95 of a cascade contains both calls only if more than 5 % escalate.
@pytest.mark.parametrize(
    ("accepted", "quantile", "seconds"),
    [(0.94, 0.95, 2.75), (0.95, 0.95, 0.75), (0.96, 0.95, 0.75), (0.4, 0.5, 2.75), (1, 1, 0.75)],
)
def test_a_percentile_of_a_cascade(accepted, quantile, seconds):
    found = cascade_latency_s(
        small_s=0.5, check_s=0.25, large_s=2, accept_share=accepted, quantile=quantile
    )
    assert found == seconds


def test_a_large_model_that_takes_no_time_adds_none():
    calls = {"small_s": 0.5, "check_s": 0.25, "large_s": 0, "quantile": 0.95}
    assert cascade_latency_s(accept_share=0.5, **calls) == 0.75


def test_a_router_by_hand():
    mistakes = {"hard_share": 0.3, "false_easy_share": 0.1, "false_hard_share": 0.2}
    assert sent_to_small_share(**mistakes) == pytest.approx(0.03 + 0.56)
    cost = router_cost_usd(
        router_cost_usd=0.0001, small_cost_usd=0.0007, large_cost_usd=0.0068, small_share=0.59
    )
    assert cost == pytest.approx(0.0001 + 0.59 * 0.0007 + 0.41 * 0.0068)
    loss = false_easy_loss_usd(
        hard_share=0.3, false_easy_share=0.1, quality_gap=0.4, error_cost_usd=0.25
    )
    assert loss == pytest.approx(0.003)


@given(shares)
def test_a_perfect_router_sends_the_easy_share_and_a_useless_one_the_reverse(hard):
    perfect = sent_to_small_share(hard_share=hard, false_easy_share=0, false_hard_share=0)
    reverse = sent_to_small_share(hard_share=hard, false_easy_share=1, false_hard_share=1)
    assert perfect == pytest.approx(1 - hard)
    assert reverse == pytest.approx(hard)


def test_arrays_give_what_their_elements_give():
    accepted = np.array([0.2, 0.9, 0.96])
    calls = {"small_cost_usd": 1, "check_cost_usd": 0.5, "large_cost_usd": 10}
    found = cascade_cost_usd(accept_share=accepted, **calls)
    assert found.tolist() == [cascade_cost_usd(accept_share=a, **calls) for a in accepted.tolist()]
    times = {"small_s": 0.5, "check_s": 0.25, "large_s": 2, "quantile": 0.95}
    assert cascade_latency_s(accept_share=accepted, **times).tolist() == [2.75, 2.75, 0.75]
    slow = cascade_latency_s(accept_share=0.9, **{**times, "large_s": np.array([1.0, 2.0])})
    assert slow.tolist() == [1.75, 2.75]
    easy = cascade_quality(accept_share=accepted, accepted_quality=1, escalated_quality=0.5)
    assert easy.tolist() == pytest.approx([0.6, 0.95, 0.98])


# ---- The decision ----

# Small $0.0007 and 85 %, cascade $0.0034 and 93 %, large $0.0068 and 95 %: 41 of 68 accepted
# with a free check cost the $0.0034, and 88.44 % of what escalates make the 93 %.
EXAMPLE = {
    "small_cost_usd": 0.0007,
    "check_cost_usd": 0,
    "large_cost_usd": 0.0068,
    "accept_share": 41 / 68,
    "small_quality": 0.85,
    "accepted_quality": 0.96,
    "escalated_quality": (0.93 - 0.96 * 41 / 68) * 68 / 27,
    "large_quality": 0.95,
    "error_cost_usd": 0.25,
}


def test_the_large_model_is_the_cheapest_at_a_quarter_dollar():
    decision = cascade_or_large(**EXAMPLE)
    assert decision.choice == "the large model for all"
    assert decision.values == {
        "small_total_usd_per_1000_requests": pytest.approx(38.2),
        "cascade_total_usd_per_1000_requests": pytest.approx(20.9),
        "large_total_usd_per_1000_requests": pytest.approx(19.3),
        "small_calls_usd_per_1000_requests": pytest.approx(0.7),
        "cascade_calls_usd_per_1000_requests": pytest.approx(3.4),
        "large_calls_usd_per_1000_requests": pytest.approx(6.8),
        "small_quality": 0.85,
        "cascade_quality": pytest.approx(0.93),
        "large_quality": 0.95,
        "break_even_accept_share": pytest.approx(7 / 68),
    }
    assert (decision.binding_role, decision.binding_label) == ("errors", "wrong answers")
    assert decision.threshold_name == "cost of a wrong answer at which the choice flips"
    assert decision.threshold_value == pytest.approx(0.17)
    assert decision.threshold_unit == "US dollars"
    assert decision.sentence == (
        "I choose the large model for all, because 1,000 requests cost $6.80 in calls and $12.50 "
        "in wrong answers, $19.30 in all, against $38.20 for the small model alone and $20.90 for "
        "the cascade; I would switch to the cascade when a wrong answer costs less than $0.17."
    )


@pytest.mark.parametrize(
    ("error_cost", "choice", "flip", "role", "end"),
    [
        (
            0.001,
            "the small model alone",
            0.03375,
            "calls",
            "I would switch to the cascade when a wrong answer costs more than $0.0338.",
        ),
        (
            0.033,
            "the small model alone",
            0.03375,
            "errors",
            "I would switch to the cascade when a wrong answer costs more than $0.0338.",
        ),
        (
            0.04,
            "the cascade",
            0.17,
            "calls",
            "I would switch to the large model for all when a wrong answer costs more than $0.17.",
        ),
        (
            0.169,
            "the cascade",
            0.17,
            "errors",
            "I would switch to the large model for all when a wrong answer costs more than $0.17.",
        ),
    ],
)
def test_cheaper_errors_make_cheaper_designs(error_cost, choice, flip, role, end):
    decision = cascade_or_large(**{**EXAMPLE, "error_cost_usd": error_cost})
    assert decision.choice == choice
    assert decision.threshold_value == pytest.approx(flip)
    assert decision.binding_role == role
    assert decision.binding_label == {"calls": "model calls", "errors": "wrong answers"}[role]
    assert decision.sentence.endswith(end)


def test_nothing_flips_where_the_cheapest_is_the_best():
    same = {**EXAMPLE, "small_cost_usd": 0.0068, "small_quality": 0.96, "check_cost_usd": 0.1}
    decision = cascade_or_large(**same)
    assert decision.choice == "the small model alone"
    assert decision.threshold_value is None
    assert decision.sentence.endswith("I would not switch at any cost of a wrong answer.")


def test_free_calls_have_no_break_even():
    free = {**EXAMPLE, "small_cost_usd": 0, "large_cost_usd": 0}
    assert "break_even_accept_share" not in cascade_or_large(**free).values
    # Calls and errors that cost the same: the calls are named.
    even = {**free, "error_cost_usd": 0}
    assert cascade_or_large(**even).binding_role == "calls"


def test_the_break_even_counts_the_check():
    decision = cascade_or_large(**{**EXAMPLE, "check_cost_usd": 0.00066})
    assert decision.values["break_even_accept_share"] == pytest.approx(0.2)


@given(costs, costs, costs, shares, shares, shares, shares, shares, st.floats(0.001, 1000))
def test_the_choice_is_the_cheapest_and_flips_at_the_threshold(
    small, check, large, accepted, on_accepted, on_escalated, rest_small, rest_large, error_cost
):
    def decide(usd):
        return cascade_or_large(
            small_cost_usd=small,
            check_cost_usd=check,
            large_cost_usd=large,
            accept_share=accepted,
            small_quality=accepted * on_accepted + (1 - accepted) * rest_small,
            accepted_quality=on_accepted,
            escalated_quality=on_escalated,
            large_quality=(1 - accepted) * on_escalated + accepted * rest_large,
            error_cost_usd=usd,
        )

    names = {
        "the small model alone": "small",
        "the cascade": "cascade",
        "the large model for all": "large",
    }
    decision = decide(error_cost)
    totals = {n: decision.values[f"{n}_total_usd_per_1000_requests"] for n in names.values()}
    assert totals[names[decision.choice]] <= min(totals.values()) * (1 + 1e-12)
    limit = decision.threshold_value
    assume(limit is not None and 1e-6 < limit < 1e6)
    sides = {decide(limit * (1 - 1e-6)).choice, decide(limit * (1 + 1e-6)).choice}
    assert len(sides) == 2
    assert decision.choice in sides


def test_qualities_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"^small_quality = 0.5 is out of range") as caught:
        cascade_or_large(**{**EXAMPLE, "accept_share": 0.75, "small_quality": 0.5})
    assert str(caught.value).endswith(
        "give a number from 0.72 to 0.97 (share, because 75 % are accepted and 96 % of these are "
        "right)"
    )
    with pytest.raises(ValueError, match=r"^large_quality = 0.5 is out of range") as caught:
        cascade_or_large(
            **{**EXAMPLE, "accept_share": 0.25, "escalated_quality": 0.9, "large_quality": 0.5}
        )
    assert str(caught.value).endswith(
        "give a number from 0.675 to 0.925 (share, because 75 % are escalated and 90 % of these "
        "are right)"
    )


@pytest.mark.parametrize("by", [0, 5e-10, -5e-10])
def test_qualities_may_miss_their_bounds_by_a_rounding(by):
    edge = {**EXAMPLE, "accept_share": 0.75, "escalated_quality": 0.9}
    for small_quality in (0.72 + by, 0.97 + by):
        for large_quality in (0.225 + by, 0.975 + by):
            qualities = {"small_quality": small_quality, "large_quality": large_quality}
            assert cascade_or_large(**{**edge, **qualities}).choice


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("small_quality", 0.72 - 2e-9),
        ("small_quality", 0.97 + 2e-9),
        ("large_quality", 0.225 - 2e-9),
        ("large_quality", 0.975 + 2e-9),
    ],
)
def test_but_not_by_more(name, value):
    edge = {**EXAMPLE, "accept_share": 0.75, "escalated_quality": 0.9}
    with pytest.raises(ValueError, match=f"^{name} = "):
        cascade_or_large(**{**edge, name: value})


# ---- Bad input ----

USD = "a number from 0 to 1,000,000 (US dollars)"
SHARE = "a number from 0 to 1 (share)"
SECONDS = "a number from 0 to 1,000,000 (seconds)"
WANTED = {
    **dict.fromkeys(("small_cost_usd", "check_cost_usd", "large_cost_usd", "router_cost_usd"), USD),
    **dict.fromkeys(("small_s", "check_s", "large_s"), SECONDS),
    "error_cost_usd": "a number from 0 to 1,000,000,000 (US dollars)",
}
CASES = [
    (
        cascade_cost_usd,
        {"small_cost_usd": 1, "check_cost_usd": 1, "large_cost_usd": 1, "accept_share": 0.5},
    ),
    (break_even_accept_share, {"small_cost_usd": 1, "check_cost_usd": 1, "large_cost_usd": 1}),
    (
        cascade_quality,
        {"accept_share": 0.5, "accepted_quality": 0.5, "escalated_quality": 0.5},
    ),
    (
        cascade_latency_s,
        {"small_s": 1, "check_s": 1, "large_s": 1, "accept_share": 0.5, "quantile": 0.95},
    ),
    (
        sent_to_small_share,
        {"hard_share": 0.5, "false_easy_share": 0.5, "false_hard_share": 0.5},
    ),
    (
        router_cost_usd,
        {"router_cost_usd": 1, "small_cost_usd": 1, "large_cost_usd": 1, "small_share": 0.5},
    ),
    (
        false_easy_loss_usd,
        {"hard_share": 0.5, "false_easy_share": 0.5, "quality_gap": 0.5, "error_cost_usd": 1},
    ),
    (cascade_or_large, EXAMPLE),
]


@pytest.mark.parametrize(
    ("function", "good", "name"), [(f, good, name) for f, good in CASES for name in good]
)
def test_every_argument_is_checked_and_told_its_range(function, good, name):
    wanted = WANTED.get(name, SHARE)
    if (function, name) == (break_even_accept_share, "large_cost_usd"):
        wanted = "a number above 0 and up to 1,000,000 (US dollars)"
    for value in (-1, float("nan"), float("inf"), "3", True, None, 1e40):
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            function(**{**good, name: value})
        assert str(caught.value).endswith(f"give {wanted}")


@pytest.mark.parametrize("name", EXAMPLE)
def test_the_decision_takes_one_case(name):
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        cascade_or_large(**{**EXAMPLE, name: np.array([0.5])})
