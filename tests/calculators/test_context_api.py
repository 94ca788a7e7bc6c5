"""What context costs at an API, and where the choice flips."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils.calculators import added_context, context_cost
from course_utils.calculators.context import COST_TERMS

TEXTBOOK = {
    "output_tokens": 400,
    "input_usd_per_mtok": 3,
    "cached_input_usd_per_mtok": 0.3,
    "output_usd_per_mtok": 15,
}

prices = st.floats(0.01, 100)
token_counts = st.integers(1, 1_000_000)
shares = st.floats(0, 1)


# The worked figures of this course at $3 and $15 with 400 tokens of output.
@pytest.mark.parametrize(
    ("context_tokens", "usd_per_1000", "share"),
    [(2_000, 12, 0.5), (8_000, 30, 0.8), (32_000, 102, 0.94), (128_000, 390, 0.985)],
)
def test_worked_figures_of_the_lesson(context_tokens, usd_per_1000, share):
    values = context_cost(context_tokens=context_tokens, **TEXTBOOK).values
    assert values["usd_per_1000_requests"] == pytest.approx(usd_per_1000)
    assert values["request_usd"] == pytest.approx(usd_per_1000 / 1000)
    assert values["input_share"] == pytest.approx(share, abs=0.002)


@given(token_counts, token_counts, prices, prices, shares, shares)
def test_the_terms_add_up_and_the_choice_flips_at_the_threshold(
    context, output, p_in, p_out, discount, cached_share
):
    arguments = {
        "output_tokens": output,
        "input_usd_per_mtok": p_in,
        "cached_input_usd_per_mtok": p_in * discount,
        "output_usd_per_mtok": p_out,
        "cached_share": cached_share,
    }
    decision = context_cost(context_tokens=context, **arguments)
    values = decision.values
    terms = values["fresh_input_usd"] + values["cached_input_usd"] + values["output_usd"]
    assert terms == pytest.approx(values["request_usd"])
    # Brute force: shortening the context first is right where the input is the larger part.
    wants_context = decision.choice == "shorten the context first"
    if not math.isclose(values["input_usd"], values["output_usd"], rel_tol=1e-9):
        assert wants_context == (values["input_usd"] > values["output_usd"])
    assert (decision.binding_role == "output") == (not wants_context)
    assert decision.binding_label == COST_TERMS[decision.binding_role]
    flips = decision.threshold_value
    if flips is not None and 2 < flips < 9e6:
        below = context_cost(context_tokens=flips * (1 - 1e-9), **arguments)
        above = context_cost(context_tokens=flips * (1 + 1e-9), **arguments)
        assert below.choice == "shorten the answer first"
        assert above.choice == "shorten the context first"


@pytest.mark.parametrize(
    ("cached_share", "role"), [(0, "fresh_input"), (0.5, "fresh_input"), (0.99, "cached_input")]
)
def test_the_binding_term_is_the_larger_part_of_the_input(cached_share, role):
    decision = context_cost(context_tokens=100_000, cached_share=cached_share, **TEXTBOOK)
    assert decision.binding_role == role


def test_a_cache_moves_the_threshold():
    cold = context_cost(context_tokens=8000, **TEXTBOOK)
    warm = context_cost(context_tokens=8000, cached_share=1, **TEXTBOOK)
    assert cold.threshold_value == 2000
    assert warm.threshold_value == pytest.approx(20_000)
    assert warm.choice == "shorten the answer first"


def test_a_free_context_has_no_threshold():
    free = {**TEXTBOOK, "cached_input_usd_per_mtok": 0}
    decision = context_cost(context_tokens=8000, cached_share=1, **free)
    assert decision.threshold_value is None
    assert decision.binding_role == "output"
    assert "I would not switch at any context" in decision.sentence


def test_the_sentence_has_the_learners_numbers():
    decision = context_cost(context_tokens=32_000, **TEXTBOOK)
    assert decision.sentence == (
        "I choose to shorten the context before the answer, because half the context saves $48 "
        "per 1,000 requests and half the answer saves $3; I would switch below 2,000 tokens of "
        "context, where the answer costs more."
    )
    decision = context_cost(context_tokens=1000, **TEXTBOOK)
    assert decision.sentence == (
        "I choose to shorten the answer before the context, because half the answer saves $3 "
        "per 1,000 requests and half the context saves $1.50; I would switch above 2,000 tokens "
        "of context, where the context costs more."
    )


COST = {"context_tokens": 8000, "cached_share": 0.5, "flat_up_to_tokens": 272_000, **TEXTBOOK}


@pytest.mark.parametrize("name", COST)
@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "3", True, None, 1e12, np.array([1.0, 2.0])], ids=repr
)
def test_every_argument_of_the_cost_is_checked(name, value):
    context_cost(**COST)
    with pytest.raises(ValueError, match=f"^{name} "):
        context_cost(**{**COST, name: value})


def test_a_context_beyond_the_flat_price_is_refused_with_the_range():
    with pytest.raises(ValueError, match=r"context_tokens = 300,000 .* from 1 to 272,000"):
        context_cost(**{**COST, "context_tokens": 300_000})


def test_a_cached_price_above_the_fresh_one_is_refused():
    with pytest.raises(ValueError, match=r"cached_input_usd_per_mtok = 4 .* from 0 to 3"):
        context_cost(**{**COST, "cached_input_usd_per_mtok": 4})


def test_a_free_answer_is_refused():
    with pytest.raises(ValueError, match="output_usd_per_mtok = 0 is out of range"):
        context_cost(**{**COST, "output_usd_per_mtok": 0})


MILLION = "US dollars per million tokens"
COST_WANTED = {
    "context_tokens": "from 1 to 272,000 (tokens)",
    "output_tokens": "from 1 to 10,000,000 (tokens)",
    "input_usd_per_mtok": f"from 0 to 10,000 ({MILLION})",
    "cached_input_usd_per_mtok": f"from 0 to 3 ({MILLION}, no more than fresh input)",
    "output_usd_per_mtok": f"above 0 and up to 10,000 ({MILLION})",
    "cached_share": "from 0 to 1 (share)",
    "flat_up_to_tokens": "from 1 to 10,000,000 (tokens)",
}


@pytest.mark.parametrize("name", COST)
def test_the_message_about_the_cost_names_argument_unit_and_range(name):
    with pytest.raises(ValueError, match="is out of range") as error:
        context_cost(**{**COST, name: -2})
    assert str(error.value) == f"{name} = -2 is out of range: give a number {COST_WANTED[name]}"


def test_the_price_may_hold_for_one_token_and_no_less():
    one = {**COST, "context_tokens": 1, "flat_up_to_tokens": 1}
    assert context_cost(**one).choice == "shorten the answer first"
    with pytest.raises(ValueError, match="flat_up_to_tokens = 0.5 is out of range"):
        context_cost(**{**one, "flat_up_to_tokens": 0.5})


def test_an_output_price_is_at_most_ten_thousand():
    assert context_cost(**{**COST, "output_usd_per_mtok": 10_000}).values["output_usd"] == 4
    with pytest.raises(ValueError, match=r"output_usd_per_mtok = 10000\.5 is out of range"):
        context_cost(**{**COST, "output_usd_per_mtok": 10_000.5})


def test_the_whole_answer_about_the_cost():
    decision = context_cost(context_tokens=10_000, cached_share=0.5, **TEXTBOOK)
    assert decision.values == pytest.approx(
        {
            "request_usd": 0.0225,
            "usd_per_1000_requests": 22.5,
            "fresh_input_usd": 0.015,
            "cached_input_usd": 0.0015,
            "input_usd": 0.0165,
            "output_usd": 0.006,
            "input_share": 0.0165 / 0.0225,
            "blended_input_usd_per_mtok": 1.65,
        },
        rel=1e-12,
    )
    assert decision.threshold_name == "context at which input costs as much as output"
    assert decision.threshold_value == pytest.approx(400 * 15 / 1.65)
    assert decision.threshold_unit == "tokens"


def test_where_input_and_output_cost_the_same_the_answer_goes_first():
    decision = context_cost(context_tokens=2000, **TEXTBOOK)
    assert decision.values["input_usd"] == decision.values["output_usd"]
    assert decision.choice == "shorten the answer first"


def test_where_fresh_and_cached_input_cost_the_same_the_fresh_one_binds():
    even = {**TEXTBOOK, "cached_input_usd_per_mtok": 3}
    assert context_cost(context_tokens=8000, cached_share=0.5, **even).binding_role == "fresh_input"


def test_the_sentence_about_a_free_context():
    free = {**TEXTBOOK, "input_usd_per_mtok": 0, "cached_input_usd_per_mtok": 0}
    assert context_cost(context_tokens=8000, **free).sentence == (
        "I choose to shorten the answer before the context, because half the answer saves $3 per "
        "1,000 requests and half the context saves $0; I would not switch at any context, because "
        "the context is free."
    )


def test_the_sentence_has_exact_figures():
    decision = context_cost(**{**COST, "output_tokens": 133_200, "context_tokens": 1})
    assert "half the answer saves $999 " in decision.sentence  # of 1,000 requests, not of 1,001
    decision = context_cost(**{**COST, "output_tokens": 1, "context_tokens": 221_000})
    assert "half the context saves $182 " in decision.sentence


# --- is more context worth it? -----------------------------------------------------------


@given(token_counts, prices, st.floats(1e-6, 1), st.floats(1e-6, 1e6))
def test_context_is_added_exactly_where_it_pays(extra, price, gain, error_cost):
    arguments = {
        "extra_context_tokens": extra,
        "input_usd_per_mtok": price,
        "quality_gain": gain,
    }
    decision = added_context(error_cost_usd=error_cost, **arguments)
    net = decision.values["net_usd_per_1000_requests"]
    assume(abs(net) > 1e-9 * decision.values["cost_usd_per_1000_requests"])
    assert (decision.choice == "add the context") == (net > 0)
    flips = decision.threshold_value
    if flips < 1e8:
        below = added_context(error_cost_usd=flips * (1 - 1e-9), **arguments)
        above = added_context(error_cost_usd=flips * (1 + 1e-9), **arguments)
        assert below.choice == "leave the context out"
        assert above.choice == "add the context"


ADDED = {
    "extra_context_tokens": 24_000,
    "input_usd_per_mtok": 3,
    "quality_gain": 0.02,
    "error_cost_usd": 2,
}


def test_the_sentence_about_added_context():
    assert added_context(**ADDED).sentence == (
        "I choose to leave out the extra 24,000 tokens, because 2 points more right answers avoid "
        "errors worth $40 at a cost of $72 per 1,000 requests; I would switch when a wrong answer "
        "costs more than $3.60."
    )
    assert added_context(**{**ADDED, "error_cost_usd": 5, "quality_gain": 0.01}).choice == (
        "leave the context out"
    )
    assert added_context(**{**ADDED, "error_cost_usd": 5}).sentence == (
        "I choose to add 24,000 tokens, because right answers rise by 2 points at a cost of $72 "
        "per 1,000 requests and avoid errors worth $100; I would switch when a wrong answer costs "
        "less than $3.60."
    )


def test_context_that_improves_nothing_is_left_out_at_any_cost_of_errors():
    decision = added_context(**{**ADDED, "quality_gain": 0, "error_cost_usd": 1e6})
    assert decision.choice == "leave the context out"
    assert decision.threshold_value is None
    assert "they improve no answer" in decision.sentence


@pytest.mark.parametrize("name", ADDED)
@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "3", True, None, 1e12, np.array([1.0])], ids=repr
)
def test_every_argument_of_added_context_is_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        added_context(**{**ADDED, name: value})


ADDED_WANTED = {
    "extra_context_tokens": "from 1 to 10,000,000 (tokens)",
    "input_usd_per_mtok": f"from 0 to 10,000 ({MILLION})",
    "quality_gain": "from 0 to 1 (share)",
    "error_cost_usd": "from 0 to 1,000,000,000 (US dollars)",
}


@pytest.mark.parametrize("name", ADDED)
def test_the_message_about_added_context_names_argument_unit_and_range(name):
    with pytest.raises(ValueError, match="is out of range") as error:
        added_context(**{**ADDED, name: -2})
    assert str(error.value) == f"{name} = -2 is out of range: give a number {ADDED_WANTED[name]}"


def test_an_error_may_cost_a_billion_and_no_more():
    assert added_context(**{**ADDED, "error_cost_usd": 1e9}).choice == "add the context"
    with pytest.raises(ValueError, match=r"error_cost_usd = 1000000000\.5 is out of range"):
        added_context(**{**ADDED, "error_cost_usd": 1_000_000_000.5})


@pytest.mark.parametrize(
    ("error_cost", "role", "label"),
    [(2, "cost", "price of the added input"), (5, "benefit", "errors avoided")],
)
def test_the_whole_answer_about_added_context(error_cost, role, label):
    decision = added_context(**{**ADDED, "error_cost_usd": error_cost})
    assert decision.values == pytest.approx(
        {
            "cost_usd_per_1000_requests": 72,
            "benefit_usd_per_1000_requests": 20 * error_cost,
            "net_usd_per_1000_requests": 20 * error_cost - 72,
        },
        rel=1e-12,
    )
    assert (decision.binding_role, decision.binding_label) == (role, label)
    assert decision.threshold_name == "cost of a wrong answer at which the context pays"
    assert decision.threshold_value == pytest.approx(3.6, rel=1e-12)
    assert decision.threshold_unit == "US dollars"


def test_at_the_threshold_the_context_stays_out():
    at = {**ADDED, "extra_context_tokens": 1_000_000, "quality_gain": 0.5, "error_cost_usd": 6}
    decision = added_context(**at)
    assert decision.threshold_value == 6
    assert decision.choice == "leave the context out"


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (0.01, "because 1 point more right"),
        (0.005, "because 0.5 points more right"),
        (0.0123, "because 1.2 points more right"),
        (0.5, "because 50 points more right"),
    ],
)
def test_the_gain_is_said_in_points(gain, said):
    assert said in added_context(**{**ADDED, "quality_gain": gain, "error_cost_usd": 0}).sentence
