"""Ranges: the score is proper and has no unit, and a judgment says what the counts say."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist, fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from course_utils.quiz.intervals import (
    ALPHA,
    ENOUGH,
    PROMISED,
    REACH_SIGMAS,
    SCORE_SIGMAS,
    Range,
    chance_of_at_most,
    interval_score,
    judge,
)

NUMBERS = st.floats(1e-6, 1e12)


@st.composite
def ranges(draw):
    low = draw(NUMBERS)
    return Range(low, low * draw(st.floats(1.001, 1e6)), draw(NUMBERS))


def hits(held: int, missed: int) -> list[Range]:
    """So many ranges from half to double: those that hold, and those missed by a factor of 2."""
    return [Range(5, 20, 10)] * held + [Range(5, 20, 40)] * missed


def test_the_score_is_the_width_and_twenty_times_what_a_miss_is_off():
    assert interval_score(50, 200, 100) == pytest.approx(math.log(4))
    assert interval_score(50, 200, 200) == pytest.approx(math.log(4))
    assert interval_score(50, 200, 400) == pytest.approx(math.log(4) + 20 * math.log(2))
    assert interval_score(50, 200, 5) == pytest.approx(math.log(4) + 20 * math.log(10))


@given(ranges(), st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(each, factor):
    scaled = interval_score(each.low * factor, each.high * factor, each.value * factor)
    assert scaled == pytest.approx(each.score, rel=1e-9, abs=1e-9)


def expected_score(belief: NormalDist, low: float, high: float) -> float:
    """The expected score, in closed form, of a range of logarithms under a normal belief."""

    def beyond(z):  # the mean of what a standard normal number exceeds z by
        return NormalDist().pdf(z) - z * (1 - NormalDist().cdf(z))

    below = beyond(-(low - belief.mean) / belief.stdev)
    above = beyond((high - belief.mean) / belief.stdev)
    return high - low + 2 / ALPHA * belief.stdev * (below + above)


@given(st.floats(-5, 20), st.floats(0.05, 4), st.floats(-3, 3), st.floats(0.01, 6))
def test_nobody_scores_better_than_with_the_quantiles_of_what_they_believe(
    mean, spread, shift, width
):
    belief = NormalDist(mean, spread)
    best = expected_score(belief, belief.inv_cdf(ALPHA / 2), belief.inv_cdf(1 - ALPHA / 2))
    low = mean + shift * spread - width * spread
    other = expected_score(belief, low, low + 2 * width * spread)
    assert other >= best - 1e-9 * spread
    assert best == pytest.approx(SCORE_SIGMAS * spread)


def test_very_narrow_and_very_wide_ranges_lose():
    belief = NormalDist(math.log(100), 0.5)
    values = [math.exp(belief.inv_cdf((i + 0.5) / 4000)) for i in range(4000)]

    def mean_score(coverage):
        low, high = (math.exp(belief.inv_cdf((1 + s * coverage) / 2)) for s in (-1, 1))
        return fmean(interval_score(low, high, value) for value in values)

    scores = [mean_score(c) for c in (0.1, 0.5, 0.8, 0.9, 0.98, 0.999, 0.99999)]
    assert min(scores) == scores[3]
    assert all(a > b for a, b in pairwise(scores[:4]))
    assert all(a < b for a, b in pairwise(scores[3:]))


@given(st.integers(1, 40), st.data(), st.floats(0.05, 0.95))
def test_the_chance_of_a_count_is_the_binomial_one(trials, data, share):
    count = data.draw(st.integers(0, trials))
    expected = stats.binom.cdf(count, trials, share)
    assert chance_of_at_most(count, trials, share) == pytest.approx(expected, abs=1e-12)


@given(st.lists(ranges(), min_size=1, max_size=12))
def test_ranges_stretched_as_said_hold_the_promised_share(given_ranges):
    judgment = judge(given_ranges)
    assert judgment.needed == math.ceil(round(PROMISED * len(given_ranges), 9))

    def held_when(stretch):
        count = 0
        for each in given_ranges:
            middle = (math.log(each.low) + math.log(each.high)) / 2
            off = abs(math.log(each.value) - middle)
            count += off <= stretch * each.width / 2 * (1 + 1e-9) + 1e-12
        return count

    assert held_when(judgment.stretch) >= judgment.needed
    if judgment.stretch > 1e-3:
        assert held_when(judgment.stretch * (1 - 1e-6)) < judgment.needed


@given(st.lists(ranges(), min_size=1, max_size=12))
def test_the_score_is_width_and_fine_and_what_it_is_worth(given_ranges):
    judgment = judge(given_ranges)
    assert judgment.score == pytest.approx(judgment.width + judgment.fine)
    assert judgment.fine >= -1e-9
    # A calibrated person with this reach has this expected score.
    spread = judgment.worth / REACH_SIGMAS
    belief = NormalDist(0, spread)
    expected = expected_score(belief, -judgment.worth, judgment.worth)
    assert expected == pytest.approx(judgment.score, rel=1e-9)


@pytest.mark.parametrize(
    ("held", "missed", "sentence"),
    [
        (6, 4, "holds 6 or fewer of 10 in 1% of cases, so this is hardly bad luck"),
        (3, 7, "holds 3 or fewer of 10 in less than 1% of cases, so this is hardly bad luck"),
        (7, 3, "holds 7 or fewer of 10 in 7% of cases, so bad luck is not ruled out"),
        (8, 2, "holds 8 or fewer of 10 in 26% of cases, so bad luck is not ruled out"),
        (9, 1, "whose ranges hold 7 values in 10 comes this far in 15% of cases"),
        (10, 0, "holds all 10 in 35% of cases, so this cannot say whether your ranges are too"),
        (5, 0, "holds all 5 in 59% of cases"),
        (4, 1, "holds 4 or fewer of 5 in 41% of cases"),
    ],
)
def test_what_a_count_says_is_what_the_binomial_chance_says(held, missed, sentence):
    judgment = judge(hits(held, missed))
    total = held + missed
    promised = {10: "9", 5: "4.5"}[total]
    first = f"{held} of your {total} ranges held the value; you promised 90%, which is {promised}."
    assert judgment.sentences[0] == first
    assert sentence in judgment.sentences[1]


def test_the_advice_is_how_much_wider():
    # Half to double was said; the values lie at four times the middle: twice the logarithm.
    widen, score, worth = judge(hits(7, 3)).sentences[2:]
    assert widen == (
        "Ranges 2 times as wide on the log scale would have held 9 of 10: where you said a factor "
        "of 2 to either side, say 4."
    )
    assert score == (
        "Mean interval score 5.55; lower is better. Of this, 1.39 is the width of your ranges and "
        "4.16 the fine for misses."
    )
    assert "reach a factor of 2 to either side" in worth
    assert "reach a factor of 9.12 scores the same" in worth
    narrow = judge([Range(5, 20, 10 * 2**0.5)] * 10).sentences[2]
    assert narrow == "Ranges 0.5 times as wide on the log scale would have held 9 of 10 as well."


def test_few_ranges_say_nothing_about_a_person():
    few = judge(hits(1, ENOUGH - 2)).sentences
    assert len(few) == 3
    assert few[0].startswith("1 of your 4 ranges held the value; you promised 90%, which is 3.6.")
    assert few[-1] == "5 ranges or more would say something about you."
    assert judge(hits(1, 0)).sentences[0] == "Your range held the value."
    assert judge(hits(0, 1)).sentences[0] == "Your range missed the value."
    with pytest.raises(ValueError, match="one range or more, got none"):
        judge([])


def test_a_factor_without_end_is_not_printed():
    absurd = judge([Range(1, 1.000001, 1e12)] * 10)
    assert "say more than 1,000,000." in absurd.sentences[2]
    assert "a factor of more than 1,000,000 scores the same" in absurd.sentences[4]


@pytest.mark.parametrize("bad", [(0, 1, 1), (-1, 1, 1), (1, math.inf, 1), (1, 2, math.nan)])
def test_ends_and_value_have_to_be_numbers_above_zero(bad):
    with pytest.raises(ValueError, match="must be a number above 0, got"):
        Range(*bad)


@pytest.mark.parametrize("bad", [(2, 1, 1), (2, 2, 2)])
def test_the_low_end_has_to_be_below_the_high_end(bad):
    with pytest.raises(ValueError, match="low must be below high, got 2 and"):
        Range(*bad)
