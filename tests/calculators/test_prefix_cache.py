"""The prefix cache: break-even, lifetimes, an agent's transcript, and the two decisions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators.prefix_cache import (
    break_even_hit_rate,
    burst_units,
    cache_or_not,
    cached_input_multiplier,
    lifetime_switch_minutes,
    mean_gap_limit_minutes,
    poisson_hit_rate,
    transcript_cost,
    uses_to_pay,
    which_ttl,
)

# The vendors' documentation of prompt caching: Anthropic (both), OpenAI from GPT-5.6 on (first).
FIVE_MINUTES = {"write_multiplier": 1.25, "read_multiplier": 0.1}
ONE_HOUR = {"write_multiplier": 2, "read_multiplier": 0.1}
BOTH = {
    "short_lifetime_minutes": 5,
    "long_lifetime_minutes": 60,
    "short_write_multiplier": 1.25,
    "long_write_multiplier": 2,
    "read_multiplier": 0.1,
}

writes = st.floats(1.01, 5)
reads = st.floats(0, 0.9)
shares = st.floats(0, 1)
gaps = st.floats(0.1, 1e4)


# Worked figures of this course, lesson on caching.
@pytest.mark.parametrize(("vendor", "percent"), [(FIVE_MINUTES, 21.74), (ONE_HOUR, 52.63)])
def test_break_even_hit_rates(vendor, percent):
    assert 100 * break_even_hit_rate(**vendor) == pytest.approx(percent, abs=0.005)


@pytest.mark.parametrize(
    ("vendor", "lifetime", "limit"), [(FIVE_MINUTES, 5, 20.4), (ONE_HOUR, 60, 80.3)]
)
def test_longest_mean_gaps(vendor, lifetime, limit):
    found = mean_gap_limit_minutes(lifetime_minutes=lifetime, **vendor)
    assert found == pytest.approx(limit, abs=0.05)


@pytest.mark.parametrize(
    ("vendor", "lifetime", "units"), [(FIVE_MINUTES, 5, 1.75), (ONE_HOUR, 60, 2.5)]
)
def test_six_calls_and_then_silence(vendor, lifetime, units):
    found = burst_units(
        calls_per_burst=6, mean_gap_minutes=1e6, lifetime_minutes=lifetime, **vendor
    )
    assert found == pytest.approx(units, abs=2e-4)


def test_the_long_lifetime_is_cheaper_below_109_5_minutes():
    assert lifetime_switch_minutes(**BOTH) == pytest.approx(109.5, abs=0.05)


@pytest.mark.parametrize(
    ("write", "read", "uses"),
    [(1.25, 0.1, 2), (2, 0.1, 3), (1, 0.1, 2), (1.9, 0.1, 3), (1.8, 0.1, 2), (1, 0, 2), (2, 0, 3)],
)
def test_uses_from_which_the_cache_is_the_cheaper(write, read, uses):
    assert uses_to_pay(write_multiplier=write, read_multiplier=read) == uses


@given(writes, reads)
def test_one_use_fewer_does_not_pay(write, read):
    uses = uses_to_pay(write_multiplier=write, read_multiplier=read)
    assert write + (uses - 1) * read < uses + 1e-7
    assert write + (uses - 2) * read >= uses - 1 - 1e-7


def test_an_agent_of_20_steps():
    cost = transcript_cost(
        steps=20,
        first_context_tokens=3000,
        added_tokens_per_step=1500,
        output_tokens_per_step=200,
        input_usd_per_mtok=3,
        cached_input_usd_per_mtok=0.3,
        cache_write_usd_per_mtok=3.75,
        output_usd_per_mtok=15,
    )
    assert cost.input_tokens == 345_000
    # Input alone is $1.035 and $0.212; 20 x 200 tokens of output add $0.06.
    assert cost.uncached_input_usd == pytest.approx(1.035, rel=1e-12)
    assert cost.cached_input_usd == pytest.approx(0.212175, rel=1e-12)
    assert cost.output_usd == pytest.approx(0.06, rel=1e-12)
    assert cost.uncached_usd == pytest.approx(1.095)
    assert cost.cached_usd == pytest.approx(0.272175)


AGENT = {
    "steps": 7,
    "first_context_tokens": 1000,
    "added_tokens_per_step": 300,
    "output_tokens_per_step": 50,
    "input_usd_per_mtok": 3,
    "cached_input_usd_per_mtok": 0.3,
    "cache_write_usd_per_mtok": 3.75,
    "output_usd_per_mtok": 15,
}


@given(st.integers(1, 30), st.integers(0, 5000), st.integers(0, 5000))
def test_a_transcript_is_the_sum_of_its_steps(steps, first, added):
    cost = transcript_cost(
        **{
            **AGENT,
            "steps": steps,
            "first_context_tokens": first,
            "added_tokens_per_step": added,
        }
    )
    sent = [first + step * added for step in range(steps)]
    new = [first] + [added] * (steps - 1)
    cached = sum(3.75 * n + 0.3 * (s - n) for s, n in zip(sent, new, strict=True)) / 1e6
    assert cost.input_tokens == sum(sent)
    assert cost.uncached_input_usd == pytest.approx(3 * sum(sent) / 1e6)
    assert cost.cached_input_usd == pytest.approx(cached)
    assert cost.output_usd == pytest.approx(steps * 50 * 15 / 1e6)


@given(shares, writes, reads)
def test_the_cache_is_the_cheaper_above_its_break_even(hits, write, read):
    vendor = {"write_multiplier": write, "read_multiplier": read}
    limit = break_even_hit_rate(**vendor)
    assume(abs(hits - limit) > 1e-9)
    assert (cached_input_multiplier(hit_rate=hits, **vendor) < 1) == (hits > limit)
    assert cached_input_multiplier(hit_rate=limit, **vendor) == pytest.approx(1)
    assert cached_input_multiplier(hit_rate=0, **vendor) == write
    assert cached_input_multiplier(hit_rate=1, **vendor) == read


@given(gaps, st.floats(0.1, 1e3), writes, reads)
def test_at_the_longest_gap_steady_arrivals_hit_at_break_even(gap, lifetime, write, read):
    vendor = {"write_multiplier": write, "read_multiplier": read}
    limit = mean_gap_limit_minutes(lifetime_minutes=lifetime, **vendor)
    hits = poisson_hit_rate(mean_gap_minutes=limit, lifetime_minutes=lifetime)
    assert hits == pytest.approx(break_even_hit_rate(**vendor))
    longer = poisson_hit_rate(mean_gap_minutes=gap * 2, lifetime_minutes=lifetime)
    assert longer <= poisson_hit_rate(mean_gap_minutes=gap, lifetime_minutes=lifetime)


def test_a_lifetime_of_one_mean_gap_hits_in_63_percent():
    hits = poisson_hit_rate(mean_gap_minutes=7, lifetime_minutes=7)
    assert hits == pytest.approx(1 - 1 / math.e)


@given(gaps, writes, reads)
def test_a_burst_of_one_is_the_steady_stream(gap, write, read):
    vendor = {"write_multiplier": write, "read_multiplier": read}
    hits = poisson_hit_rate(mean_gap_minutes=gap, lifetime_minutes=5)
    units = burst_units(calls_per_burst=1, mean_gap_minutes=gap, lifetime_minutes=5, **vendor)
    assert units == pytest.approx(cached_input_multiplier(hit_rate=hits, **vendor))


@given(st.floats(1, 20), writes, reads)
def test_at_the_longest_gap_a_burst_costs_what_it_costs_without_a_cache(calls, write, read):
    burst = {
        "calls_per_burst": calls,
        "lifetime_minutes": 5,
        "write_multiplier": write,
        "read_multiplier": read,
    }
    limit = mean_gap_limit_minutes(**burst)
    at_most = min(limit, 1e6)
    units = burst_units(mean_gap_minutes=at_most, **burst)
    if at_most == limit:
        assert units == pytest.approx(calls)
    else:
        assert units <= calls * (1 + 1e-6)


def test_without_a_fee_for_writes_caching_pays_at_any_gap():
    free = {"write_multiplier": 1, "read_multiplier": 0.1}
    assert break_even_hit_rate(**free) == 0
    assert mean_gap_limit_minutes(lifetime_minutes=5, **free) == math.inf
    assert lifetime_switch_minutes(**{**BOTH, "long_write_multiplier": 1.25}) == math.inf


def test_arrays_give_what_their_elements_give():
    gap, lifetime = np.array([5.0, 20.0, 200.0]), np.array([[5.0], [60.0]])
    write = np.array([[1.25], [2.0]])
    units = burst_units(
        calls_per_burst=2,
        mean_gap_minutes=gap,
        lifetime_minutes=lifetime,
        write_multiplier=write,
        read_multiplier=0.1,
    )
    one_by_one = [
        [
            burst_units(
                calls_per_burst=2,
                mean_gap_minutes=g,
                lifetime_minutes=t,
                write_multiplier=w,
                read_multiplier=0.1,
            )
            for g in gap.tolist()
        ]
        for t, w in ((5, 1.25), (60, 2))
    ]
    assert units == pytest.approx(np.array(one_by_one), rel=1e-14)
    limits = mean_gap_limit_minutes(
        lifetime_minutes=5, write_multiplier=np.array([1.0, 1.25]), read_multiplier=0.1
    )
    assert limits.tolist() == pytest.approx([math.inf, 20.40], abs=0.01)
    uses = uses_to_pay(write_multiplier=np.array([1.25, 2]), read_multiplier=0.1)
    assert uses.tolist() == [2, 3]
    inputs = transcript_cost(**{**AGENT, "steps": np.array([1, 2])}).input_tokens
    assert inputs.tolist() == [1000, 2300]


# ---- Whether to cache ----

PREFIX = {
    "prefix_tokens": 2000,
    "hit_rate": 0.9,
    "input_usd_per_mtok": 3,
    "cached_input_usd_per_mtok": 0.3,
    "cache_write_usd_per_mtok": 3.75,
}


def test_the_decision_to_cache():
    decision = cache_or_not(**PREFIX)
    assert decision.choice == "cache the prefix"
    assert decision.values == {
        "uncached_usd_per_1000_requests": pytest.approx(6, rel=1e-12),
        "cached_usd_per_1000_requests": pytest.approx(1.29),
        "cache_reads_usd_per_1000_requests": pytest.approx(0.54),
        "cache_writes_usd_per_1000_requests": pytest.approx(0.75),
        "saving_usd_per_1000_requests": pytest.approx(4.71),
        "write_multiplier": 1.25,
        "read_multiplier": pytest.approx(0.1),
    }
    assert (decision.binding_role, decision.binding_label) == (
        "cache_writes",
        "writes after a miss",
    )
    assert decision.threshold_name == "hit rate above which the cache pays"
    assert decision.threshold_value == pytest.approx(5 / 23)
    assert decision.threshold_unit == "share"
    assert decision.sentence == (
        "I choose to cache the prefix, because at a hit rate of 90% it costs $1.29 per 1,000 "
        "requests and $6 without a cache; I would switch at a hit rate of 21.7% or less, where "
        "writes cost what hits save."
    )


def test_the_decision_not_to_cache():
    decision = cache_or_not(**{**PREFIX, "hit_rate": 0.1})
    assert decision.choice == "do not cache the prefix"
    assert decision.sentence == (
        "I choose not to cache the prefix, because at a hit rate of 10% it costs $6.81 per 1,000 "
        "requests and $6 without a cache; I would switch above a hit rate of 21.7%, where hits "
        "save more than writes cost."
    )


def test_reads_bind_when_nearly_all_hit():
    decision = cache_or_not(**{**PREFIX, "hit_rate": 0.99})
    assert (decision.binding_role, decision.binding_label) == ("cache_reads", "reads that hit")
    equal = cache_or_not(
        **{**PREFIX, "hit_rate": 0.5, "cached_input_usd_per_mtok": 0, "input_usd_per_mtok": 3}
    )
    assert equal.binding_role == "cache_writes"


@given(
    shares,
    st.floats(0.01, 100),
    st.floats(0, 0.98),
    st.floats(1, 5),
    st.integers(1, 100_000),
)
def test_the_choice_is_the_cheaper_one_and_flips_at_the_threshold(hits, price, read, write, prefix):
    def decide(rate):
        return cache_or_not(
            prefix_tokens=prefix,
            hit_rate=rate,
            input_usd_per_mtok=price,
            cached_input_usd_per_mtok=price * read,
            cache_write_usd_per_mtok=price * write,
        )

    decision = decide(hits)
    limit = decision.threshold_value
    assert limit == pytest.approx(
        break_even_hit_rate(write_multiplier=write, read_multiplier=read), abs=1e-9
    )
    if abs(decision.values["saving_usd_per_1000_requests"]) > 1e-9 * price * prefix:
        cheaper = decision.values["saving_usd_per_1000_requests"] > 0
        assert (decision.choice == "cache the prefix") == cheaper
    assert decide(limit).choice == "do not cache the prefix"
    assume(limit < 1 - 1e-6)
    assert decide(limit + 1e-7).choice == "cache the prefix"


@pytest.mark.parametrize("price_id", sorted(catalog.prices()))
def test_the_prices_of_the_catalog_are_taken_as_they_are(price_id):
    price = catalog.price(price_id)
    decision = cache_or_not(
        prefix_tokens=2000,
        hit_rate=0.5,
        input_usd_per_mtok=price.input_usd_per_mtok,
        cached_input_usd_per_mtok=price.cached_input_usd_per_mtok,
        cache_write_usd_per_mtok=price.cache_write_usd_per_mtok,
    )
    assert decision.choice == "cache the prefix"
    assert decision.threshold_value < 0.22


# ---- How long to keep it ----

TTL = {
    "prefix_tokens": 10_000,
    "mean_gap_minutes": 30,
    "calls_per_burst": 1,
    "input_usd_per_mtok": 3,
    **BOTH,
}


@pytest.mark.parametrize(
    ("gap", "calls", "choice", "role", "threshold"),
    [
        (30, 1, "the lifetime of 60 min", "lifetime", 80.30),
        (100, 1, "no cache", "writes", 80.30),
        (1000, 1, "no cache", "writes", 80.30),
        (30, 6, "the lifetime of 60 min", "lifetime", 109.54),
        (240, 6, "the lifetime of 5 min", "write_price", 109.54),
    ],
)
def test_arrival_pattern_picks_the_lifetime(gap, calls, choice, role, threshold):
    decision = which_ttl(**{**TTL, "mean_gap_minutes": gap, "calls_per_burst": calls})
    assert decision.choice == choice
    assert decision.binding_role == role
    assert decision.threshold_value == pytest.approx(threshold, abs=0.01)
    assert decision.threshold_name == "mean gap between bursts at which the choice flips"
    assert decision.threshold_unit == "minutes"


def test_small_bursts_pass_from_the_long_lifetime_to_the_short_one_to_none():
    small = {**TTL, "calls_per_burst": 1.2}
    choices = [which_ttl(**{**small, "mean_gap_minutes": gap}).choice for gap in (106, 107)]
    limit = mean_gap_limit_minutes(lifetime_minutes=60, calls_per_burst=1.2, **ONE_HOUR)
    assert limit == pytest.approx(106.2, abs=0.05)
    assert choices == ["the lifetime of 60 min", "no cache"]
    middle = {**TTL, "calls_per_burst": 1.25}
    choices = [which_ttl(**{**middle, "mean_gap_minutes": g}) for g in (109, 110, 5000)]
    assert [c.choice for c in choices] == [
        "the lifetime of 60 min",
        "the lifetime of 5 min",
        "no cache",
    ]
    assert choices[2].threshold_value == pytest.approx(
        mean_gap_limit_minutes(lifetime_minutes=5, calls_per_burst=1.25, **FIVE_MINUTES)
    )
    assert choices[2].sentence.endswith(
        "I would switch to the lifetime of 5 min below a mean gap of 227 minutes."
    )


def test_at_a_flip_itself_the_lower_price_of_writing_wins():
    steady_flip = which_ttl(**TTL).threshold_value
    at_flip = which_ttl(**{**TTL, "mean_gap_minutes": steady_flip})
    assert at_flip.choice == "no cache"
    assert at_flip.sentence.endswith("the lifetime of 60 min below a mean gap of 80.3 minutes.")
    bursts = {**TTL, "calls_per_burst": 1.25}
    switch = which_ttl(**bursts).threshold_value
    assert which_ttl(**{**bursts, "mean_gap_minutes": switch}).choice == "the lifetime of 5 min"
    last = which_ttl(**{**bursts, "mean_gap_minutes": 5000}).threshold_value
    assert which_ttl(**{**bursts, "mean_gap_minutes": last}).choice == "no cache"


def test_the_figures_behind_the_lifetime():
    values = which_ttl(**TTL).values
    miss_short, miss_long = math.exp(-5 / 30), math.exp(-60 / 30)
    assert values == {
        "short_usd_per_1000_calls": pytest.approx(30 * (0.1 + 1.15 * miss_short)),
        "long_usd_per_1000_calls": pytest.approx(30 * (0.1 + 1.9 * miss_long)),
        "uncached_usd_per_1000_calls": pytest.approx(30, rel=1e-12),
        "short_hit_rate": pytest.approx(1 - miss_short),
        "long_hit_rate": pytest.approx(1 - miss_long),
    }
    bursts = which_ttl(**{**TTL, "calls_per_burst": 4}).values
    assert bursts["uncached_usd_per_1000_calls"] == pytest.approx(30)
    assert bursts["short_usd_per_1000_calls"] == pytest.approx(30 * (0.1 + 1.15 * miss_short / 4))
    assert bursts["short_hit_rate"] == pytest.approx(1 - miss_short / 4)
    assert bursts["long_hit_rate"] == pytest.approx(1 - miss_long / 4)


def test_the_sentences_on_lifetimes():
    assert which_ttl(**TTL).sentence == (
        "I choose the lifetime of 60 min, because the prefix then costs $10.71 per 1,000 calls, "
        "against $32.20 with the lifetime of 5 min and $30 with no cache; I would switch to no "
        "cache above a mean gap of 80.3 minutes."
    )
    assert which_ttl(**{**TTL, "mean_gap_minutes": 100}).sentence.endswith(
        "I would switch to the lifetime of 60 min below a mean gap of 80.3 minutes."
    )
    bursts = {**TTL, "calls_per_burst": 6}
    assert which_ttl(**bursts).sentence.endswith(
        "I would switch to the lifetime of 5 min above a mean gap of 110 minutes."
    )
    assert which_ttl(**{**bursts, "mean_gap_minutes": 240}).sentence.endswith(
        "I would switch to the lifetime of 60 min below a mean gap of 110 minutes."
    )


def test_nothing_flips_where_the_long_lifetime_costs_no_more():
    decision = which_ttl(**{**TTL, "short_write_multiplier": 1, "long_write_multiplier": 1})
    assert decision.threshold_value is None
    assert decision.choice == "the lifetime of 60 min"
    assert decision.sentence.endswith("I would not switch at any gap between the calls.")


@pytest.mark.parametrize(
    ("gap", "label"),
    [
        (30, "lifetime of the entry"),
        (240, "price of the longer write"),
    ],
)
def test_what_binds_is_named(gap, label):
    assert (
        which_ttl(**{**TTL, "calls_per_burst": 6, "mean_gap_minutes": gap}).binding_label == label
    )
    assert which_ttl(**{**TTL, "mean_gap_minutes": 500}).binding_label == "writes after a miss"


@given(
    gaps,
    st.floats(1, 3),
    st.floats(1, 60),
    st.floats(1.1, 100),
    st.floats(1, 3),
    st.floats(1.05, 3),
    reads,
)
def test_the_lifetime_is_the_cheapest_and_flips_at_the_threshold(
    gap, calls, short, times, write, dearer, read
):
    def decide(mean_gap):
        return which_ttl(
            prefix_tokens=1_000,
            mean_gap_minutes=mean_gap,
            calls_per_burst=calls,
            input_usd_per_mtok=1,
            short_lifetime_minutes=short,
            long_lifetime_minutes=short * times,
            short_write_multiplier=write,
            long_write_multiplier=write * dearer,
            read_multiplier=read,
        )

    decision = decide(gap)
    costs = {
        "write_price": decision.values["short_usd_per_1000_calls"],
        "lifetime": decision.values["long_usd_per_1000_calls"],
        "writes": decision.values["uncached_usd_per_1000_calls"],
    }
    assert costs[decision.binding_role] <= min(costs.values()) * (1 + 1e-12)
    limit = decision.threshold_value
    assume(limit is not None and 1e-3 < limit < 1e5)
    sides = {decide(limit * (1 - 1e-9)).binding_role, decide(limit * (1 + 1e-9)).binding_role}
    assert len(sides) == 2
    assert decision.binding_role in sides


# ---- Bad input ----

WANTED = {
    "hit_rate": "a number from 0 to 1 (share)",
    "write_multiplier": "a number from 1 to 100 (times the price of fresh input)",
    "read_multiplier": "a number from 0 to 0.99 (times the price of fresh input)",
    "short_write_multiplier": "a number from 1 to 100 (times the price of fresh input)",
    "long_write_multiplier": "a number from 1 to 100 (times the price of fresh input)",
    "mean_gap_minutes": "a number above 0 and up to 1,000,000 (minutes)",
    "lifetime_minutes": "a number above 0 and up to 1,000,000 (minutes)",
    "short_lifetime_minutes": "a number above 0 and up to 1,000,000 (minutes)",
    "long_lifetime_minutes": "a number above 0 and up to 1,000,000 (minutes)",
    "calls_per_burst": "a number from 1 to 1,000,000 (calls)",
    "prefix_tokens": "a number from 1 to 10,000,000 (tokens)",
    "steps": "a whole number from 1 to 10,000 (model calls)",
    "first_context_tokens": "a number from 0 to 10,000,000 (tokens)",
    "added_tokens_per_step": "a number from 0 to 10,000,000 (tokens)",
    "output_tokens_per_step": "a number from 0 to 10,000,000 (tokens)",
    "output_usd_per_mtok": "a number from 0 to 10,000 (US dollars per million tokens)",
}
PER_MTOK = "a number from 0 to 10,000 (US dollars per million tokens)"
PAID_PER_MTOK = "a number above 0 and up to 10,000 (US dollars per million tokens)"
BURST = {"calls_per_burst": 2, "mean_gap_minutes": 5, "lifetime_minutes": 5, **FIVE_MINUTES}
LIMIT = {"calls_per_burst": 2, "lifetime_minutes": 5, **FIVE_MINUTES}
OWN_PRICES = {
    transcript_cost: dict.fromkeys(
        ("input_usd_per_mtok", "cached_input_usd_per_mtok", "cache_write_usd_per_mtok"), PER_MTOK
    ),
    cache_or_not: {
        "input_usd_per_mtok": PAID_PER_MTOK,
        "cached_input_usd_per_mtok": "a number from 0 to 2.97 (US dollars per million tokens, "
        "at most 99% of fresh input)",
        "cache_write_usd_per_mtok": "a number from 3 to 300 (US dollars per million tokens, "
        "no less than fresh input)",
    },
    which_ttl: {"input_usd_per_mtok": PAID_PER_MTOK},
}
CALLS = [
    (function, good, name)
    for function, good in [
        (cached_input_multiplier, {"hit_rate": 0.5, **FIVE_MINUTES}),
        (break_even_hit_rate, FIVE_MINUTES),
        (uses_to_pay, FIVE_MINUTES),
        (poisson_hit_rate, {"mean_gap_minutes": 5, "lifetime_minutes": 5}),
        (mean_gap_limit_minutes, LIMIT),
        (burst_units, BURST),
        (lifetime_switch_minutes, BOTH),
        (transcript_cost, AGENT),
        (cache_or_not, PREFIX),
        (which_ttl, TTL),
    ]
    for name in good
]


@pytest.mark.parametrize(("function", "good", "name"), CALLS)
def test_every_argument_is_checked_and_told_its_range(function, good, name):
    wanted = {**WANTED, **OWN_PRICES.get(function, {})}[name]
    for value in (-1, float("nan"), float("inf"), "3", True, None, 1e40):
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            function(**{**good, name: value})
        assert str(caught.value).endswith(f"give {wanted}")


@pytest.mark.parametrize(("function", "good", "name"), CALLS)
def test_decisions_take_one_case(function, good, name):
    if function in (cache_or_not, which_ttl):
        with pytest.raises(ValueError, match=f"^{name} is an array"):
            function(**{**good, name: np.array([good[name]])})


def test_half_a_step_is_refused():
    with pytest.raises(ValueError, match=r"^steps = 1.5 is not a whole number"):
        transcript_cost(**{**AGENT, "steps": 1.5})


def test_the_long_lifetime_is_longer_and_dearer():
    with pytest.raises(ValueError, match=r"^long_lifetime_minutes - short_lifetime_minutes") as e:
        lifetime_switch_minutes(**{**BOTH, "long_lifetime_minutes": 5})
    assert str(e.value).endswith("= 0.0 is out of range: give a number above 0 (minutes)")
    with pytest.raises(ValueError, match=r"^long_write_multiplier - short_write_multiplier") as e:
        lifetime_switch_minutes(**{**BOTH, "long_write_multiplier": 1})
    assert str(e.value).endswith("give a number of at least 0 (times the price of fresh input)")
