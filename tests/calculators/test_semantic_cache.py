"""The semantic cache: what it saves, and how many wrong hits it can bear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils.calculators.semantic_cache import (
    semantic_cache_gain_usd,
    semantic_cache_or_not,
    wrong_hit_limit,
)

COSTS = {"miss_cost_usd": 0.0098, "hit_cost_usd": 0, "lookup_cost_usd": 0, "error_cost_usd": 0.25}
HITS = {"hit_rate": 0.5, "wrong_hit_share": 0.5}
GOOD = {
    "hit_rate": 0.25,
    "miss_cost_usd": 0.02,
    "hit_cost_usd": 0.002,
    "lookup_cost_usd": 0.001,
    "wrong_hit_share": 0.02,
    "error_cost_usd": 0.25,
}

# Look-ups eat all that the hits save, in numbers that floats hold exactly.
EVEN = {
    "hit_rate": 0.25,
    "miss_cost_usd": 0.5,
    "hit_cost_usd": 0.25,
    "lookup_cost_usd": 0.0625,
    "wrong_hit_share": 0,
}


# This course, lesson on caching: c_miss - c_hit = $0.0098, $0.25 per wrong answer.
def test_more_than_3_9_percent_of_wrong_hits_never_pay():
    assert wrong_hit_limit(hit_rate=0.3, **COSTS) == pytest.approx(0.0392)
    at_limit = semantic_cache_gain_usd(hit_rate=0.3, wrong_hit_share=0.0392, **COSTS)
    assert at_limit == pytest.approx(0, abs=1e-15)


def test_the_lookup_lowers_the_limit_the_more_the_fewer_hit():
    paid = {**COSTS, "lookup_cost_usd": 0.001}
    assert wrong_hit_limit(hit_rate=0.5, **paid) == pytest.approx((0.0098 - 0.002) / 0.25)
    assert wrong_hit_limit(hit_rate=0.1, **paid) == pytest.approx((0.0098 - 0.01) / 0.25)


def test_the_gain_by_hand():
    assert semantic_cache_gain_usd(**GOOD) == pytest.approx(0.25 * (0.018 - 0.005) - 0.001)


@given(
    st.floats(0.01, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 0.1),
    st.floats(0, 1),
    st.floats(0.001, 100),
)
def test_the_decision_saves_money_and_flips_at_the_threshold(
    hits, miss, part, lookup, wrong, error_cost
):
    def decide(wrong_share):
        return semantic_cache_or_not(
            hit_rate=hits,
            miss_cost_usd=miss,
            hit_cost_usd=part * miss,
            lookup_cost_usd=lookup,
            wrong_hit_share=wrong_share,
            error_cost_usd=error_cost,
        )

    decision = decide(wrong)
    gain = decision.values["gain_usd_per_1000_requests"]
    if abs(gain) > 1e-9:
        assert (decision.choice == "use the semantic cache") == (gain > 0)
    limit = decision.threshold_value
    if limit is None:
        assert decide(0.0).choice == decide(1.0).choice
    else:
        assert 0 < limit <= 1
        assert decide(limit).choice == "answer each question afresh"
        assert decide(limit * (1 - 1e-9)).choice == "use the semantic cache"


@given(st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_wrong_hits_never_save_more(hits, a, b):
    assume(a < b)
    gains = [
        semantic_cache_gain_usd(**{**GOOD, "hit_rate": hits, "wrong_hit_share": w}) for w in (a, b)
    ]
    assert gains[0] >= gains[1]


def test_the_decision_to_use_it():
    decision = semantic_cache_or_not(**GOOD)
    assert decision.choice == "use the semantic cache"
    assert decision.values == {
        "saved_calls_usd_per_1000_requests": pytest.approx(4.5),
        "wrong_hits_usd_per_1000_requests": pytest.approx(1.25),
        "lookups_usd_per_1000_requests": pytest.approx(1),
        "gain_usd_per_1000_requests": pytest.approx(2.25),
    }
    assert (decision.binding_role, decision.binding_label) == ("saved_calls", "model calls saved")
    assert decision.threshold_name == "share of wrong hits at which the cache saves nothing"
    assert decision.threshold_value == pytest.approx(0.056)
    assert decision.threshold_unit == "share"
    assert decision.sentence == (
        "I choose the semantic cache, because per 1,000 requests it saves model calls of $4.50 at "
        "a cost of $1.25 in wrong hits and $1 in look-ups; I would switch when 5.6% of the hits "
        "or more are wrong."
    )


def test_the_decision_against_it():
    decision = semantic_cache_or_not(**{**GOOD, "wrong_hit_share": 0.08})
    assert decision.choice == "answer each question afresh"
    assert (decision.binding_role, decision.binding_label) == ("wrong_hits", "wrong hits")
    assert decision.sentence == (
        "I choose to answer each question afresh, without a semantic cache, because per 1,000 "
        "requests it saves model calls of $4.50 at a cost of $5 in wrong hits and $1 in look-ups; "
        "I would switch when fewer than 5.6% of the hits are wrong."
    )


def test_dear_lookups_lose_even_if_every_hit_is_right():
    decision = semantic_cache_or_not(**{**GOOD, "lookup_cost_usd": 0.01})
    assert decision.threshold_value is None
    assert (decision.binding_role, decision.binding_label) == ("lookups", "look-ups")
    assert decision.sentence.endswith("I would not switch even if every hit were right.")
    none = semantic_cache_or_not(**EVEN, error_cost_usd=0.25)
    assert none.threshold_value is None


def test_cheap_errors_never_outweigh_the_saving():
    decision = semantic_cache_or_not(**{**GOOD, "error_cost_usd": 0.001})
    assert decision.choice == "use the semantic cache"
    assert decision.threshold_value is None
    assert decision.sentence.endswith("I would not switch at any share of wrong hits.")
    twice = semantic_cache_or_not(**{**COSTS, "error_cost_usd": 0.0049}, **HITS)
    assert (twice.choice, twice.threshold_value) == ("use the semantic cache", None)
    slightly = semantic_cache_or_not(**{**COSTS, "error_cost_usd": 0.0097}, **HITS)
    assert slightly.threshold_value is None
    free = semantic_cache_or_not(**{**GOOD, "error_cost_usd": 0})
    assert (free.choice, free.threshold_value) == ("use the semantic cache", None)
    # A limit of exactly 1 still flips: a cache that is wrong at every hit saves nothing.
    edge = {**COSTS, "hit_rate": 0.5, "miss_cost_usd": 0.25}
    assert semantic_cache_or_not(wrong_hit_share=1, **edge).threshold_value == 1
    assert semantic_cache_or_not(wrong_hit_share=1, **edge).choice == "answer each question afresh"


def test_no_hits_or_no_saving_is_no_reason():
    none = semantic_cache_or_not(**{**GOOD, "hit_rate": 0})
    assert (none.choice, none.threshold_value) == ("answer each question afresh", None)
    even = semantic_cache_or_not(**EVEN, error_cost_usd=0)
    assert even.choice == "answer each question afresh"
    zero = semantic_cache_or_not(**{**COSTS, "hit_rate": 0, "wrong_hit_share": 0})
    assert (zero.choice, zero.binding_role) == ("answer each question afresh", "lookups")


def test_arrays_give_what_their_elements_give():
    hits = np.array([0.1, 0.5])
    gains = semantic_cache_gain_usd(**{**GOOD, "hit_rate": hits})
    assert gains.tolist() == [
        semantic_cache_gain_usd(**{**GOOD, "hit_rate": h}) for h in hits.tolist()
    ]
    limits = wrong_hit_limit(hit_rate=hits, **COSTS)
    assert limits.tolist() == pytest.approx([0.0392, 0.0392])


WANTED = {
    "hit_rate": "a number from 0 to 1 (share)",
    "miss_cost_usd": "a number from 0 to 1,000,000 (US dollars)",
    "hit_cost_usd": "a number from 0 to 1,000,000 (US dollars)",
    "lookup_cost_usd": "a number from 0 to 1,000,000 (US dollars)",
    "wrong_hit_share": "a number from 0 to 1 (share)",
    "error_cost_usd": "a number from 0 to 1,000,000,000 (US dollars)",
}
LIMITS = {name: good for name, good in GOOD.items() if name != "wrong_hit_share"}
PAID = {
    "hit_rate": "a number above 0 and up to 1 (share)",
    "error_cost_usd": "a number above 0 and up to 1,000,000,000 (US dollars)",
}


@pytest.mark.parametrize(
    ("function", "good", "own"),
    [
        (semantic_cache_gain_usd, GOOD, {}),
        (wrong_hit_limit, LIMITS, PAID),
        (semantic_cache_or_not, GOOD, {}),
    ],
)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "3", True, None, 1e40])
def test_every_argument_is_checked_and_told_its_range(function, good, own, value):
    for name in good:
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            function(**{**good, name: value})
        assert str(caught.value).endswith(f"give {({**WANTED, **own})[name]}")


@pytest.mark.parametrize("name", GOOD)
def test_the_decision_takes_one_case(name):
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        semantic_cache_or_not(**{**GOOD, name: np.array([0.1])})


def test_a_hit_costs_no_more_than_a_fresh_answer():
    with pytest.raises(ValueError, match=r"^hit_cost_usd = 0.03 is out of range") as caught:
        semantic_cache_or_not(**{**GOOD, "hit_cost_usd": 0.03})
    assert str(caught.value).endswith(
        "give a number from 0 to 0.02 (US dollars, no more than a fresh answer)"
    )
    assert semantic_cache_or_not(**{**GOOD, "hit_cost_usd": 0.02}).choice.startswith("answer")
