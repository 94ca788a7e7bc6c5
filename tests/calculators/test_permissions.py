"""Starvation behind a filter, revoked rights, partitioned caches, leak audits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.calculators.permissions import (
    chance_of_enough,
    leak_share_rule_of_three,
    leak_share_upper,
    least_visible_share,
    overfetch_chunks,
    partitioned_hit_share,
    post_or_pre_filter,
    probes_needed,
    reads_after_revocation_per_day,
    sync_hours_allowed,
)


def binomial_tail(fetched, share, wanted):
    """P(Binomial >= wanted) straight from the definition."""
    return math.fsum(
        math.comb(fetched, i) * share**i * (1 - share) ** (fetched - i)
        for i in range(wanted, fetched + 1)
    )


def test_of_the_top_ten_any_is_visible_in_18_percent():
    # Lesson on data and permissions: 1 - .98^10.
    found = chance_of_enough(fetched_chunks=10, visible_share=0.02, wanted_chunks=1)
    assert found == pytest.approx(0.183, abs=5e-4)


# Lesson on data and permissions: five chunks in 95% of the searches.
@pytest.mark.parametrize(
    ("visible_share", "chunks"), [(0.5, 16), (0.1, 89), (0.02, 456), (0.005, 1_829)]
)
def test_the_overfetch_of_the_lesson(visible_share, chunks):
    found = overfetch_chunks(visible_share=visible_share, wanted_chunks=5)
    assert found == chunks
    assert type(found) is float
    for fetched, enough in ((chunks, True), (chunks - 1, False)):
        chance = chance_of_enough(
            fetched_chunks=fetched, visible_share=visible_share, wanted_chunks=5
        )
        assert (chance >= 0.95) == enough


@given(st.integers(1, 60), st.floats(0, 1), st.integers(1, 70))
def test_the_tail_is_the_binomial_one(fetched, share, wanted):
    found = chance_of_enough(fetched_chunks=fetched, visible_share=share, wanted_chunks=wanted)
    assert found == pytest.approx(binomial_tail(fetched, share, wanted), abs=1e-11)
    assert found >= 0


@pytest.mark.parametrize(
    ("fetched", "share", "wanted", "chance"),
    [
        (10, 0, 1, 0),
        (10, 1, 10, 1),
        (10, 1, 11, 0),
        (5, 0.5, 6, 0),
        (1e10, 1e-6, 1000, 1),
        (1e10, 0, 1, 0),
        (1e10, 1, 1000, 1),
    ],
)
def test_the_limits_of_the_tail(fetched, share, wanted, chance):
    found = chance_of_enough(fetched_chunks=fetched, visible_share=share, wanted_chunks=wanted)
    assert found == pytest.approx(chance, abs=1e-12)


def test_the_tail_agrees_with_scipy_for_large_numbers():
    stats = pytest.importorskip("scipy.stats", reason="scipy is no dependency of the course")
    for fetched, share, wanted in ((20_000, 0.05, 1_000), (100_000, 0.001, 90), (700, 0.02, 8)):
        found = chance_of_enough(fetched_chunks=fetched, visible_share=share, wanted_chunks=wanted)
        assert found == pytest.approx(stats.binom.sf(wanted - 1, fetched, share), abs=1e-10)


def test_the_tail_of_arrays():
    fetched = np.array([8.0, 20, 200])[:, None]
    wanted = np.array([1.0, 8])
    together = chance_of_enough(fetched_chunks=fetched, visible_share=0.1, wanted_chunks=wanted)
    one = [
        [chance_of_enough(fetched_chunks=f, visible_share=0.1, wanted_chunks=w) for w in wanted]
        for f in fetched[:, 0]
    ]
    assert together == pytest.approx(np.array(one), abs=1e-14)
    shares = np.array([0.0, 0.1, 0.5, 1.0])
    together = chance_of_enough(fetched_chunks=20, visible_share=shares, wanted_chunks=3)
    one = [chance_of_enough(fetched_chunks=20, visible_share=s, wanted_chunks=3) for s in shares]
    assert together == pytest.approx(one, abs=1e-14)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 1), st.integers(1, 30), st.floats(0.5, 0.999))
def test_the_overfetch_is_the_least_that_suffices(share, wanted, confidence):
    arguments = {"visible_share": share, "wanted_chunks": wanted}
    least = overfetch_chunks(confidence=confidence, **arguments)
    assert least >= wanted
    assert chance_of_enough(fetched_chunks=least, **arguments) >= confidence
    if least > wanted:
        assert chance_of_enough(fetched_chunks=least - 1, **arguments) < confidence


def test_when_everything_is_visible_nothing_is_fetched_in_vain():
    assert overfetch_chunks(visible_share=1, wanted_chunks=8) == 8
    assert overfetch_chunks(visible_share=1, wanted_chunks=1) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(0, 500), st.floats(0.5, 0.99))
def test_the_least_visible_share_is_where_the_chance_reaches_the_confidence(
    wanted, more, confidence
):
    arguments = {"fetched_chunks": wanted + more, "wanted_chunks": wanted}
    share = least_visible_share(confidence=confidence, **arguments)
    chance = chance_of_enough(visible_share=share, **arguments)
    assert chance >= confidence
    assert chance == pytest.approx(confidence, abs=1e-6)
    assert chance_of_enough(visible_share=share * (1 - 1e-6), **arguments) < confidence


def test_the_confidence_is_95_percent_unless_told():
    assert least_visible_share(fetched_chunks=655, wanted_chunks=8) == least_visible_share(
        fetched_chunks=655, wanted_chunks=8, confidence=0.95
    )
    assert least_visible_share(fetched_chunks=655, wanted_chunks=8) == pytest.approx(0.02, abs=1e-4)
    assert overfetch_chunks(visible_share=0.1, wanted_chunks=8, confidence=0.5) == 77


# --- revocation, cache keys, leak audits --------------------------------------------------


def test_revocation_exposure():
    # Revocations a day x half the interval in days x reads per right and day: this course.
    arguments = {"revocations_per_day": 40, "reads_per_grant_per_day": 0.5}
    assert reads_after_revocation_per_day(sync_hours=24, **arguments) == 10
    assert reads_after_revocation_per_day(sync_hours=1, **arguments) == pytest.approx(10 / 24)
    assert sync_hours_allowed(exposed_reads_per_day=10, **arguments) == 24


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e3), st.floats(0.01, 1e3))
def test_the_allowed_interval_leaves_the_exposure(hours, revoked, reads):
    arguments = {"revocations_per_day": revoked, "reads_per_grant_per_day": reads}
    exposed = reads_after_revocation_per_day(sync_hours=hours, **arguments)
    again = sync_hours_allowed(exposed_reads_per_day=exposed, **arguments)
    assert again == pytest.approx(hours)


def test_permission_sets_split_the_cache():
    # lambda tau / (1 + lambda tau): once a minute for an hour is 60/61, by hundred .6/1.6.
    arguments = {"requests_per_s": 1 / 60, "ttl_s": 3600}
    assert partitioned_hit_share(**arguments) == pytest.approx(60 / 61)
    assert partitioned_hit_share(permission_sets=100, **arguments) == pytest.approx(0.6 / 1.6)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_more_permission_sets_never_help(rate, life, sets):
    shared = partitioned_hit_share(requests_per_s=rate, ttl_s=life)
    split = partitioned_hit_share(requests_per_s=rate, ttl_s=life, permission_sets=sets)
    # Two roundings may differ in the last digit.
    assert 0 <= split <= shared * (1 + 1e-12) <= 1 + 1e-12


def test_no_leak_in_300_probes():
    # 3 / n = 1%; exactly 1 - .05^(1/300): this course; Hanley and Lippman-Hand 1983.
    assert leak_share_rule_of_three(probes=300) == pytest.approx(0.01)
    assert leak_share_upper(probes=300) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert leak_share_upper(probes=50) == pytest.approx(0.0582, abs=1e-4)
    assert leak_share_upper(probes=300, confidence=0.99) == pytest.approx(1 - 0.01 ** (1 / 300))


@given(st.integers(3, 10**6), st.floats(0.5, 0.999))
def test_the_bound_is_the_rate_at_which_silence_is_that_unlikely(probes, confidence):
    upper = leak_share_upper(probes=probes, confidence=confidence)
    assert (1 - upper) ** probes == pytest.approx(1 - confidence, rel=1e-6)
    assert leak_share_upper(probes=probes) <= leak_share_rule_of_three(probes=probes)


@given(st.floats(1e-5, 0.9), st.floats(0.5, 0.999))
def test_the_probes_needed_are_the_least_that_suffice(rate, confidence):
    needed = probes_needed(leak_share=rate, confidence=confidence)
    assert needed == int(needed)
    assert leak_share_upper(probes=needed, confidence=confidence) <= rate * (1 + 1e-9)
    if needed > 1:
        assert leak_share_upper(probes=needed - 1, confidence=confidence) > rate * (1 - 1e-9)


def test_probes_needed_in_numbers():
    assert probes_needed(leak_share=0.01) == 299
    assert probes_needed(leak_share=0.01, confidence=0.99) == 459
    assert probes_needed(leak_share=np.array([0.01, 0.5])).tolist() == [299, 5]


# --- every argument of the formulas -------------------------------------------------------

CASES = {
    chance_of_enough: {"fetched_chunks": 10, "visible_share": 0.1, "wanted_chunks": 1},
    overfetch_chunks: {"visible_share": 0.1, "wanted_chunks": 2, "confidence": 0.9},
    least_visible_share: {"fetched_chunks": 10, "wanted_chunks": 2, "confidence": 0.9},
    reads_after_revocation_per_day: {
        "revocations_per_day": 1,
        "sync_hours": 1,
        "reads_per_grant_per_day": 1,
    },
    sync_hours_allowed: {
        "exposed_reads_per_day": 1,
        "revocations_per_day": 1,
        "reads_per_grant_per_day": 1,
    },
    partitioned_hit_share: {"requests_per_s": 1, "ttl_s": 1, "permission_sets": 2},
    leak_share_upper: {"probes": 10, "confidence": 0.9},
    leak_share_rule_of_three: {"probes": 10},
    probes_needed: {"leak_share": 0.1, "confidence": 0.9},
    post_or_pre_filter: {
        "visible_share": 0.1,
        "wanted_chunks": 8,
        "max_fetched_chunks": 200,
        "confidence": 0.9,
    },
}
ARGUMENTS = [(function, name) for function, good in CASES.items() for name in good]
SCALAR_ONLY = (overfetch_chunks, least_visible_share, post_or_pre_filter)


@pytest.mark.parametrize(("function", "name"), ARGUMENTS)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "3", True, None, 1e16])
def test_every_argument_is_checked(function, name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        function(**{**CASES[function], name: value})


@pytest.mark.parametrize(("function", "name"), ARGUMENTS)
def test_arrays_where_a_formula_takes_them(function, name):
    good = CASES[function]
    values = np.array([good[name], good[name]], dtype=float)
    if function in SCALAR_ONLY:
        with pytest.raises(ValueError, match=f"^{name} is an array"):
            function(**{**good, name: values})
    else:
        together = function(**{**good, name: values})
        assert together.tolist() == pytest.approx([function(**good)] * 2, rel=1e-13)


TOO_MANY = 1e12 + 1


@pytest.mark.parametrize(
    ("function", "name", "inside", "outside", "message"),
    [
        (chance_of_enough, "fetched_chunks", (1, 1e10), (0, 1.5, 1e10 + 1), r"\(chunks\)"),
        (chance_of_enough, "wanted_chunks", (1, 1000), (0, 1.5, 1001), r"1 to 1,000 \(chunks\)"),
        (chance_of_enough, "visible_share", (0, 1), (1.1,), r"from 0 to 1 \(share\)"),
        (overfetch_chunks, "visible_share", (1e-6, 1), (0, 1.1), r"1e-06 to 1 \(share\)"),
        (overfetch_chunks, "wanted_chunks", (1, 1000), (0, 1.5, 1001), r"1,000 \(chunks\)"),
        (overfetch_chunks, "confidence", (0.5, 0.999_999), (0.4, 1), r"0\.5 to 0\.999999 \(share"),
        (
            least_visible_share,
            "fetched_chunks",
            (2, 1e10),
            (1, 2.5, 1e10 + 1),
            r"whole number from 2 to .*\(chunks, no fewer than are wanted\)",
        ),
        (least_visible_share, "confidence", (0.5, 0.999_999), (0.4, 1), r"\(share\)"),
        (least_visible_share, "wanted_chunks", (1, 10), (0, 1001), r"\(chunks\)"),
        (reads_after_revocation_per_day, "sync_hours", (0, 1e5), (1e5 + 1,), r"100,000 \(hours\)"),
        (
            reads_after_revocation_per_day,
            "revocations_per_day",
            (0, 1e12),
            (TOO_MANY,),
            r"\(per day\)",
        ),
        (
            sync_hours_allowed,
            "revocations_per_day",
            (1e-9, 1e12),
            (0, TOO_MANY),
            r"1e-09 .*\(per day\)",
        ),
        (sync_hours_allowed, "reads_per_grant_per_day", (1e-9, 1e12), (0,), r"1e-09 .*\(per day\)"),
        (
            sync_hours_allowed,
            "exposed_reads_per_day",
            (0, 1e12),
            (TOO_MANY,),
            r"from 0 .*\(per day\)",
        ),
        (partitioned_hit_share, "requests_per_s", (0, 1e9), (1e9 + 1,), r"\(requests per second\)"),
        (partitioned_hit_share, "ttl_s", (0, 1e9), (1e9 + 1,), r"1,000,000,000 \(seconds\)"),
        (
            partitioned_hit_share,
            "permission_sets",
            (1, 1e12),
            (0.9, TOO_MANY),
            r"\(permission sets\)",
        ),
        (leak_share_upper, "probes", (1, 1e12), (0, 1.5, TOO_MANY), r"from 1 .*\(probes\)"),
        (leak_share_upper, "confidence", (0.5, 0.999_999), (0.4, 1), r"\(share\)"),
        (leak_share_rule_of_three, "probes", (3, 1e12), (2, 3.5, TOO_MANY), r"from 3 .*\(probes\)"),
        (probes_needed, "leak_share", (1e-9, 0.999_999), (0, 1), r"1e-09 to 0\.999999 \(share\)"),
    ],
)
def test_the_limits(function, name, inside, outside, message):
    for value in inside:
        assert function(**{**CASES[function], name: value}) >= 0
    for value in outside:
        with pytest.raises(ValueError, match=f"^{name} = .*{message}"):
            function(**{**CASES[function], name: value})


# --- the decision -------------------------------------------------------------------------


def test_a_filter_after_the_search_starves():
    decision = post_or_pre_filter(visible_share=0.02, wanted_chunks=8, max_fetched_chunks=200)
    assert decision.choice == "filter inside the search"
    assert decision.binding_role == "overfetch"
    assert decision.binding_label == "chunks that must be fetched"
    assert decision.threshold_unit == "share"
    assert (
        decision.threshold_name == "visible share at which a filter after the search finds enough"
    )
    assert decision.threshold_value == pytest.approx(0.0647, abs=1e-4)
    values = decision.values
    assert values["overfetch_chunks"] == 655
    assert values["overfetch_factor"] == 655 / 8
    assert values["mean_left_at_limit_chunks"] == pytest.approx(4)
    assert values["chance_of_enough_at_limit_share"] == pytest.approx(
        binomial_tail(200, 0.02, 8), abs=1e-11
    )
    assert values["chance_of_enough_without_overfetch_share"] == pytest.approx(0.02**8, abs=1e-12)
    assert values["chance_of_any_without_overfetch_share"] == pytest.approx(1 - 0.98**8)
    assert decision.sentence == (
        "I choose to filter inside the search, because a user who sees 2% of the chunks gets 8 "
        "chunks from 200 fetched in 4.9% of the searches and would need 655; I would switch to "
        "filtering after it when every user sees at least 6.5%."
    )


def test_a_filter_after_the_search_that_finds_enough():
    decision = post_or_pre_filter(visible_share=0.5, wanted_chunks=8, max_fetched_chunks=200)
    assert decision.choice == "filter after the search"
    assert decision.binding_role == "fetch_limit"
    assert decision.binding_label == "chunks that may be fetched"
    assert decision.sentence == (
        "I choose to filter after the search, because a user who sees 50% of the chunks gets 8 "
        "chunks from 23 fetched, and I may fetch 200; I would switch to filtering inside the "
        "search when a user sees less than 6.5%."
    )


def test_a_hopeless_search_is_said_in_words():
    sentence = post_or_pre_filter(
        visible_share=0.001, wanted_chunks=1, max_fetched_chunks=1
    ).sentence
    assert "gets 1 chunk from 1 fetched in 0.1% of the searches" in sentence
    sentence = post_or_pre_filter(
        visible_share=0.0009, wanted_chunks=1, max_fetched_chunks=1
    ).sentence
    assert "gets 1 chunk from 1 fetched in less than 0.1% of the searches" in sentence


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 1), st.integers(1, 20), st.integers(0, 400), st.floats(0.5, 0.99))
def test_the_choice_flips_where_the_filter_finds_enough(share, wanted, more, confidence):
    arguments = {
        "wanted_chunks": wanted,
        "max_fetched_chunks": wanted + more,
        "confidence": confidence,
    }
    decision = post_or_pre_filter(visible_share=share, **arguments)
    after = decision.choice == "filter after the search"
    # Brute force: what must be fetched fits into what may be fetched.
    assert after == (decision.values["overfetch_chunks"] <= wanted + more)
    flips = decision.threshold_value
    at = post_or_pre_filter(visible_share=flips, **arguments)
    assert at.choice == "filter after the search"
    if flips > 1e-5:
        below = post_or_pre_filter(visible_share=flips * (1 - 1e-9), **arguments)
        assert below.choice == "filter inside the search"


def test_a_limit_below_what_is_wanted_is_refused():
    with pytest.raises(ValueError, match=r"max_fetched_chunks = 7 .*from 8 .*no fewer than"):
        post_or_pre_filter(visible_share=0.5, wanted_chunks=8, max_fetched_chunks=7)
    assert post_or_pre_filter(visible_share=1, wanted_chunks=8, max_fetched_chunks=8)
