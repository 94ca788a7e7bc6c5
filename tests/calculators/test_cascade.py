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
    router_or_one_model,
    sent_to_small_share,
    split_by_check,
)

shares = st.floats(0, 1)
costs = st.floats(0.0001, 1)


# This course, lesson on the larger model. The inputs are reconstructed: 60% accepted, of
# which 98% are right; the large model is right in 95% of all and 89% of what escalates.
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


# This course: the p95 of a cascade contains both calls only if more than 5% escalate.
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

# Small $0.0007 and 85%, cascade $0.0034 and 93%, large $0.0068 and 95%: 41 of 68 accepted
# with a free check cost the $0.0034, and 88.44% of what escalates make the 93%.
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
        "give a number from 0.72 to 0.97 (share, because 75% are accepted and 96% of these are "
        "right)"
    )
    with pytest.raises(ValueError, match=r"^large_quality = 0.5 is out of range") as caught:
        cascade_or_large(
            **{**EXAMPLE, "accept_share": 0.25, "escalated_quality": 0.9, "large_quality": 0.5}
        )
    assert str(caught.value).endswith(
        "give a number from 0.675 to 0.925 (share, because 75% are escalated and 90% of these "
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


# ---- What a check divides ----

# This course: of 1,000 questions the small model gets 850 right. The check accepts 595 of
# these and 30 of the other 150; the large model gets 950 right, all of the 850 among them.
CHECK = {
    "small_quality": 0.85,
    "large_quality": 0.95,
    "right_accepted_share": 0.7,
    "wrong_accepted_share": 0.2,
}


def test_a_check_by_hand():
    split = split_by_check(**CHECK)
    assert split.accept_share == pytest.approx(625 / 1000)
    assert split.accepted_quality == pytest.approx(595 / 625)
    assert split.escalated_quality == pytest.approx((255 + 80) / 375)


def test_the_split_makes_the_cascade_of_the_lesson():
    split = split_by_check(**CHECK)
    quality = cascade_quality(
        accept_share=split.accept_share,
        accepted_quality=split.accepted_quality,
        escalated_quality=split.escalated_quality,
    )
    cost = cascade_cost_usd(
        small_cost_usd=0.0007,
        check_cost_usd=0.00015,
        large_cost_usd=0.0068,
        accept_share=split.accept_share,
    )
    assert (cost, quality) == pytest.approx((0.0034, 0.93))


def test_a_check_that_sees_nothing_leaves_the_means():
    split = split_by_check(**{**CHECK, "wrong_accepted_share": 0.7})
    assert split.accepted_quality == pytest.approx(0.85)
    assert split.escalated_quality == pytest.approx(0.95)


def test_a_large_model_that_loses_some_escalates_worse():
    """It keeps 98% of 850 and mends 117 of 150: (0.3 * 833 + 0.8 * 117) / 375 escalated."""
    split = split_by_check(**CHECK, kept_share=0.98)
    assert split.escalated_quality == pytest.approx((0.3 * 833 + 0.8 * 117) / 375)


@pytest.mark.parametrize(
    ("rates", "accepted", "on_accepted", "on_escalated"),
    [((0, 0), 0, 0.85, 0.95), ((1, 1), 1, 0.85, 0.95), ((1, 0), 0.85, 1, 2 / 3)],
)
def test_the_ends_of_a_check(rates, accepted, on_accepted, on_escalated):
    right, wrong = rates
    split = split_by_check(
        **{**CHECK, "right_accepted_share": right, "wrong_accepted_share": wrong}
    )
    assert split.accept_share == pytest.approx(accepted)
    assert split.accepted_quality == pytest.approx(on_accepted)
    assert split.escalated_quality == pytest.approx(on_escalated)


def test_models_that_are_right_everywhere_or_nowhere_can_be_split():
    right = split_by_check(**{**CHECK, "small_quality": 1, "large_quality": 1})
    assert (right.accepted_quality, right.escalated_quality) == (1, 1)
    wrong = split_by_check(**{**CHECK, "small_quality": 0, "large_quality": 0.4})
    assert (wrong.accept_share, wrong.accepted_quality) == (0.2, 0)
    assert wrong.escalated_quality == pytest.approx(0.4)


@given(shares, shares, shares, shares, shares)
def test_a_split_fits_the_means_it_came_from(small, mends, right, wrong, kept):
    large = min(1.0, small * kept + (1 - small) * mends)
    split = split_by_check(
        small_quality=small,
        large_quality=large,
        right_accepted_share=right,
        wrong_accepted_share=wrong,
        kept_share=kept,
    )
    decision = cascade_or_large(
        small_cost_usd=0.0007,
        check_cost_usd=0.00015,
        large_cost_usd=0.0068,
        accept_share=min(1.0, split.accept_share),
        small_quality=small,
        accepted_quality=split.accepted_quality,
        escalated_quality=split.escalated_quality,
        large_quality=large,
        error_cost_usd=0.25,
    )
    # What the check lets through wrong and the large model would have mended, less the rest.
    lost = (1 - small) * wrong * mends - small * right * (1 - kept)
    assert decision.values["cascade_quality"] == pytest.approx(large - lost, abs=1e-6)


def test_a_large_model_that_cannot_be_that_good_is_refused():
    with pytest.raises(ValueError, match=r"^large_quality = 0.8 is out of range") as caught:
        split_by_check(**{**CHECK, "large_quality": 0.8})
    assert str(caught.value).endswith(
        "give a number from 0.85 to 1 (share, because the small model is right in 85% and the "
        "large one keeps 100% of these)"
    )
    with pytest.raises(ValueError, match=r"^large_quality = 0.95 is out of range"):
        split_by_check(**{**CHECK, "small_quality": 0.9}, kept_share=0.5)


@pytest.mark.parametrize("by", [5e-10, -5e-10])
def test_a_mean_may_miss_its_bounds_by_a_rounding(by):
    assert split_by_check(**{**CHECK, "large_quality": 0.85 + by}).accept_share > 0


@pytest.mark.parametrize("name", [*CHECK, "kept_share"])
def test_shares_of_a_check_are_checked(name):
    with pytest.raises(ValueError, match=f"^{name} = 1.5 is out of range"):
        split_by_check(**{**CHECK, name: 1.5})
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        split_by_check(**{**CHECK, name: np.array([0.5])})


# ---- A router, or one model ----

ROUTER = {
    "decision_cost_usd": 0.0001,
    "small_cost_usd": 0.0007,
    "large_cost_usd": 0.0068,
    "hard_share": 0.1,
    "false_easy_share": 0.2,
    "false_hard_share": 0.3,
    "large_quality": 0.95,
    "error_cost_usd": 0.25,
}


def test_a_router_that_misses_a_fifth_loses_to_the_large_model():
    """65% go to the small model: $2.935 in calls; 70 wrong answers of 1,000 cost $17.50."""
    decision = router_or_one_model(**ROUTER)
    assert decision.choice == "the large model for all"
    assert decision.values == {
        "small_total_usd_per_1000_requests": pytest.approx(38.2),
        "router_total_usd_per_1000_requests": pytest.approx(20.435),
        "large_total_usd_per_1000_requests": pytest.approx(19.3),
        "small_calls_usd_per_1000_requests": pytest.approx(0.7),
        "router_calls_usd_per_1000_requests": pytest.approx(2.935),
        "large_calls_usd_per_1000_requests": pytest.approx(6.8),
        "small_errors_usd_per_1000_requests": pytest.approx(37.5),
        "router_errors_usd_per_1000_requests": pytest.approx(17.5),
        "large_errors_usd_per_1000_requests": pytest.approx(12.5),
        "perfect_total_usd_per_1000_requests": pytest.approx(15.557),
        "useless_total_usd_per_1000_requests": pytest.approx(39.947),
    }
    # 0.9 x 0.7 x $0.0061 less the decision, over 0.1 x ($0.25 - $0.0061).
    assert decision.threshold_value == pytest.approx(0.003743 / 0.02439)
    assert decision.threshold_unit == "share"
    assert decision.threshold_name == (
        "share of the hard requests taken for easy at which the choice flips"
    )
    assert (decision.binding_role, decision.binding_label) == ("errors", "wrong answers")
    assert decision.sentence == (
        "I choose the large model for all, because 1,000 requests cost $6.80 in calls and $12.50 "
        "in wrong answers, $19.30 in all, against $20.44 for the router; I would switch to the "
        "router when less than 15.3% of the hard requests are taken for easy."
    )


@pytest.mark.parametrize(
    ("changes", "choice", "role", "end"),
    [
        (
            {"false_easy_share": 0.1},
            "the router",
            "errors",
            "I would switch to the large model for all when more than 15.3% of the hard requests "
            "are taken for easy.",
        ),
        (
            {"error_cost_usd": 0.03},
            "the router",
            "calls",
            "I would switch to the small model for all when more than 26.9% of the hard requests "
            "are taken for easy.",
        ),
        (
            {"error_cost_usd": 0.03, "false_easy_share": 0.5},
            "the small model for all",
            "errors",
            "I would switch to the router when less than 26.9% of the hard requests are taken for "
            "easy.",
        ),
        # Below the difference of the calls a missed hard question saves more than it costs.
        (
            {"error_cost_usd": 0.001},
            "the small model for all",
            "calls",
            "I would not switch at any share of hard requests taken for easy.",
        ),
        (
            {"decision_cost_usd": 0.1},
            "the large model for all",
            "errors",
            "I would not switch at any share of hard requests taken for easy.",
        ),
        (
            {"hard_share": 0},
            "the small model for all",
            "errors",
            "I would not switch at any share of hard requests taken for easy.",
        ),
    ],
)
def test_the_choice_of_a_router(changes, choice, role, end):
    decision = router_or_one_model(**{**ROUTER, **changes})
    assert decision.choice == choice
    assert decision.binding_role == role
    assert decision.sentence.endswith(end)


@given(costs, costs, costs, shares, shares, shares, shares, st.floats(0, 100))
def test_a_router_is_chosen_where_it_is_cheapest(
    decide, small, large, part, missed, false_hard, quality, error_cost
):
    router = {
        "decision_cost_usd": decide,
        "small_cost_usd": small,
        "large_cost_usd": large,
        "hard_share": part * quality,
        "false_hard_share": false_hard,
        "large_quality": quality,
        "error_cost_usd": error_cost,
    }
    decision = router_or_one_model(false_easy_share=missed, **router)
    names = {
        "the small model for all": "small",
        "the router": "router",
        "the large model for all": "large",
    }
    totals = {n: decision.values[f"{n}_total_usd_per_1000_requests"] for n in names.values()}
    assert totals[names[decision.choice]] == min(totals.values())
    limit = decision.threshold_value
    if limit is None:
        return
    at = router_or_one_model(false_easy_share=limit, **router).values
    best = min(totals["small"], totals["large"])
    assert at["router_total_usd_per_1000_requests"] == pytest.approx(best)


def test_more_hard_requests_than_right_answers_are_refused():
    with pytest.raises(ValueError, match=r"^hard_share = 0.96 is out of range: .* 0 to 0.95"):
        router_or_one_model(**{**ROUTER, "hard_share": 0.96})


@pytest.mark.parametrize("name", sorted(ROUTER))
def test_arguments_of_the_router_are_checked(name):
    with pytest.raises(ValueError, match=f"^{name} = -1"):
        router_or_one_model(**{**ROUTER, name: -1})
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        router_or_one_model(**{**ROUTER, name: np.array([0.5])})
