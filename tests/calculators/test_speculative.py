"""Speculative decoding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.speculative import speedup, tokens_per_pass

rates = st.floats(0, 1)
drafts = st.integers(0, 20)


# Leviathan, Kalman and Matias 2023, arXiv 2211.17192, equation 1.
def test_four_drafts_at_80_percent_yield_3_36_tokens():
    assert tokens_per_pass(acceptance_rate=0.8, draft_tokens=4) == pytest.approx(3.3616)


def test_the_limits():
    assert tokens_per_pass(acceptance_rate=1, draft_tokens=4) == 5
    assert tokens_per_pass(acceptance_rate=0, draft_tokens=4) == 1
    assert tokens_per_pass(acceptance_rate=0.8, draft_tokens=0) == 1
    assert tokens_per_pass(acceptance_rate=0.5, draft_tokens=1) == 1.5


@given(st.floats(0, 0.99), drafts)
def test_the_sum_is_the_published_quotient(rate, draft):
    quotient = (1 - rate ** (draft + 1)) / (1 - rate)
    assert tokens_per_pass(acceptance_rate=rate, draft_tokens=draft) == pytest.approx(quotient)


@given(rates, rates, drafts)
def test_more_acceptance_and_more_drafts_yield_no_fewer_tokens(a, b, draft):
    low, high = sorted((a, b))
    made = tokens_per_pass(acceptance_rate=low, draft_tokens=draft)
    assert made <= tokens_per_pass(acceptance_rate=high, draft_tokens=draft)
    assert made <= tokens_per_pass(acceptance_rate=low, draft_tokens=draft + 1)
    assert 1 <= made <= draft + 1


def test_drafts_that_cost_a_twentieth_speed_up_2_8_times():
    # Theorem 3.8 of the paper: 3.3616 / (4 x 0.05 + 1).
    fast = speedup(acceptance_rate=0.8, draft_tokens=4, draft_cost_ratio=0.05)
    assert fast == pytest.approx(3.3616 / 1.2)


def test_free_drafts_speed_up_by_the_tokens_and_useless_ones_slow_down():
    assert speedup(acceptance_rate=1, draft_tokens=4, draft_cost_ratio=0) == 5
    assert speedup(acceptance_rate=0, draft_tokens=4, draft_cost_ratio=0.25) == 0.5


def test_arrays_give_what_their_elements_give():
    rate, draft = np.array([[0.5], [0.8], [1.0]]), np.array([0, 1, 4])
    made = tokens_per_pass(acceptance_rate=rate, draft_tokens=draft)
    one_by_one = [
        [tokens_per_pass(acceptance_rate=a, draft_tokens=g) for g in (0, 1, 4)]
        for a in (0.5, 0.8, 1.0)
    ]
    assert made.tolist() == one_by_one
    only_drafts = tokens_per_pass(acceptance_rate=0.8, draft_tokens=draft)
    assert only_drafts.tolist() == one_by_one[1]
    none = tokens_per_pass(acceptance_rate=0.8, draft_tokens=np.array([0, 0]))
    assert none.tolist() == [1, 1]
    times = speedup(acceptance_rate=0.8, draft_tokens=draft, draft_cost_ratio=0.5)
    assert times.tolist() == pytest.approx([1, 1.8 / 1.5, 3.3616 / 3])


GOOD = {"acceptance_rate": 0.8, "draft_tokens": 4, "draft_cost_ratio": 0.1}
WANTED = {
    "acceptance_rate": "a number from 0 to 1 (share)",
    "draft_tokens": "a whole number from 0 to 100 (tokens)",
    "draft_cost_ratio": "a number from 0 to 10 (times a step of the large model)",
}


@pytest.mark.parametrize("name", GOOD)
def test_an_argument_out_of_range_is_told_its_range(name):
    with pytest.raises(ValueError, match=f"^{name} ") as caught:
        speedup(**{**GOOD, name: -1})
    assert str(caught.value) == f"{name} = -1 is out of range: give {WANTED[name]}"


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "3", True, None, 1e40])
def test_every_argument_is_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        speedup(**{**GOOD, name: value})


def test_half_a_draft_is_refused():
    with pytest.raises(ValueError, match=r"draft_tokens = 1.5 is not a whole number"):
        tokens_per_pass(acceptance_rate=0.8, draft_tokens=1.5)
