"""Intervals for shares, against published figures and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from course_utils.calculators.intervals import (
    Interval,
    clopper_pearson_interval,
    no_failure_limit,
    rule_of_three,
    wilson_interval,
)

BOTH = [wilson_interval, clopper_pearson_interval]


# This course: 85% of 200, lesson on evaluation; seeded errors, lesson on human approval.
def test_wilson_of_85_percent_of_200():
    low, high = wilson_interval(successes=170, trials=200)
    assert (100 * low, 100 * high) == pytest.approx((79.4, 89.3), abs=0.05)


@pytest.mark.parametrize(
    ("caught", "seeded", "low", "high"), [(14, 20, 0.46, 0.88), (70, 100, 0.60, 0.79)]
)
def test_clopper_pearson_of_seeded_errors(caught, seeded, low, high):
    found = clopper_pearson_interval(successes=caught, trials=seeded)
    assert found == pytest.approx((low, high), abs=0.005)
    assert (found.low, found.high) == found


def test_three_over_n():
    assert rule_of_three(trials=300) == 0.01
    assert rule_of_three(trials=3) == 1
    assert rule_of_three(trials=50) == 0.06
    assert no_failure_limit(trials=50) == pytest.approx(0.0582, abs=5e-5)
    assert no_failure_limit(trials=1) == pytest.approx(0.95)
    assert no_failure_limit(trials=2, confidence=0.75) == pytest.approx(0.5)


@given(st.integers(3, 10**6))
def test_the_rule_of_three_is_a_little_above_the_exact_limit(trials):
    exact = no_failure_limit(trials=trials)
    assert exact < rule_of_three(trials=trials) < exact + 4.5 / trials**2 + 0.005 / trials


@settings(max_examples=60)
@given(st.integers(1, 2000), st.integers(0, 2000), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_both_agree_with_scipy(trials, successes, confidence):
    right = min(successes, trials)
    test = binomtest(right, trials)
    for function, method in zip(BOTH, ("wilson", "exact"), strict=True):
        ours = function(successes=right, trials=trials, confidence=confidence)
        theirs = test.proportion_ci(confidence, method=method)
        assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.integers(1, 500), st.integers(0, 500))
def test_an_interval_holds_its_share_and_is_wider_for_more_confidence(trials, successes):
    right = min(successes, trials)
    for function in BOTH:
        low, high = function(successes=right, trials=trials)
        lower, higher = function(successes=right, trials=trials, confidence=0.99)
        assert 0 <= lower <= low <= right / trials + 1e-15
        assert right / trials - 1e-15 <= high <= higher <= 1


def test_the_ends_at_none_and_all():
    for function in BOTH:
        assert function(successes=0, trials=30).low == 0
        assert function(successes=30, trials=30).high == 1
        assert function(successes=30, trials=30).low == pytest.approx(
            1 - function(successes=0, trials=30).high
        )
    # One-sided 97.5% is two-sided 95%.
    exact = clopper_pearson_interval(successes=0, trials=30).high
    assert exact == pytest.approx(no_failure_limit(trials=30, confidence=0.975))


@pytest.mark.parametrize("function", BOTH)
def test_arrays_give_what_their_elements_give(function):
    successes, trials = np.array([0, 7, 20]), np.array([[20], [40]])
    found = function(successes=successes, trials=trials)
    assert isinstance(found, Interval)
    for row, n in enumerate((20, 40)):
        for column, right in enumerate((0, 7, 20)):
            one = function(successes=right, trials=n)
            assert type(one.low) is float
            assert type(one.high) is float
            ends = (found.low[row, column], found.high[row, column])
            assert ends == pytest.approx(one, abs=1e-15)
    assert function(successes=0, trials=trials).low.tolist() == [[0], [0]]
    assert function(successes=np.array([1]), trials=1).high.tolist() == [1]


def test_limits_take_arrays():
    trials = np.array([30, 300])
    assert rule_of_three(trials=trials).tolist() == [0.1, 0.01]
    assert no_failure_limit(trials=trials).tolist() == pytest.approx(
        [no_failure_limit(trials=30), no_failure_limit(trials=300)]
    )


WANTED = {
    "trials": "a whole number from 1 to 1e+12 (trials)",
    "successes": "a whole number from 0 to 1e+12 (successes)",
    "confidence": "a number from 0.5 to 0.9999 (share)",
}
GOOD = {"successes": 5, "trials": 10, "confidence": 0.95}
CASES = [(f, GOOD) for f in BOTH]
CASES += [(no_failure_limit, {"trials": 5, "confidence": 0.9}), (rule_of_three, {"trials": 5})]


@pytest.mark.parametrize(
    ("function", "good", "name"), [(f, good, name) for f, good in CASES for name in good]
)
def test_every_argument_is_checked_and_told_its_range(function, good, name):
    wanted = WANTED[name].replace("from 1", "from 3") if function is rule_of_three else WANTED[name]
    for value in (-1, 0.25, float("nan"), float("inf"), "3", True, None, 1e40):
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            function(**{**good, name: value})
        assert str(caught.value).endswith(f"give {wanted}")


@pytest.mark.parametrize("function", BOTH)
def test_successes_are_no_more_than_trials(function):
    with pytest.raises(ValueError, match=r"^trials - successes = -1.0 is out of range") as caught:
        function(successes=11, trials=10)
    assert str(caught.value).endswith("give a number of at least 0 (failures)")


@pytest.mark.parametrize("function", [*BOTH, no_failure_limit])
def test_one_confidence_for_all(function):
    counts = {"trials": 10} if function is no_failure_limit else {"successes": 1, "trials": 10}
    with pytest.raises(ValueError, match="^confidence is an array"):
        function(confidence=np.array([0.9, 0.95]), **counts)


def test_two_trials_are_too_few_for_the_rule():
    with pytest.raises(
        ValueError, match=r"^trials = 2 is out of range: give a whole number from 3"
    ):
        rule_of_three(trials=2)
