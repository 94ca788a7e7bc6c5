"""The cost of a request by the token."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.money import (
    blended_input_usd_per_mtok,
    input_output_crossover_tokens,
    request_cost,
)

TEXTBOOK = {"output_tokens": 400, "input_usd_per_mtok": 3, "output_usd_per_mtok": 15}
prices = st.floats(0.001, 1000)
token_counts = st.floats(1, 1e6)
shares = st.floats(0, 1)


# The worked figures of this course: $3 and $15 per million tokens, 400 tokens of output.
@pytest.mark.parametrize(
    ("context_tokens", "usd_per_1000", "input_percent"),
    [(2_000, 12, 50), (8_000, 30, 80), (32_000, 102, 94.1), (128_000, 390, 98.5)],
)
def test_worked_figures_of_the_lesson(context_tokens, usd_per_1000, input_percent):
    cost = request_cost(context_tokens=context_tokens, **TEXTBOOK)
    assert 1000 * cost.total_usd == pytest.approx(usd_per_1000)
    assert 100 * cost.input_usd / cost.total_usd == pytest.approx(input_percent, abs=0.05)


def test_a_public_guide_was_off_by_a_thousand():
    # "A 1,500-token prompt costs $3.75 per million requests" at $2.50 per million tokens.
    cost = request_cost(
        context_tokens=1500, output_tokens=0, input_usd_per_mtok=2.5, output_usd_per_mtok=10
    )
    assert 1e6 * cost.total_usd == pytest.approx(3750)


def test_input_passes_output_at_2000_tokens():
    assert input_output_crossover_tokens(**TEXTBOOK) == 2000


def test_the_cache_bills_its_share_at_its_price():
    cost = request_cost(
        context_tokens=10_000, cached_input_usd_per_mtok=0.3, cached_share=0.9, **TEXTBOOK
    )
    assert cost.fresh_input_usd == pytest.approx(0.003)
    assert cost.cached_input_usd == pytest.approx(0.0027)
    assert cost.output_usd == pytest.approx(0.006)
    assert cost.total_usd == pytest.approx(0.0117)


@given(token_counts, token_counts, prices, prices)
def test_at_the_crossover_both_cost_the_same(output, context, p_in, p_out):
    crossover = input_output_crossover_tokens(
        output_tokens=output, input_usd_per_mtok=p_in, output_usd_per_mtok=p_out
    )
    assert crossover * p_in == pytest.approx(output * p_out)


@given(token_counts, token_counts, prices, prices, shares)
def test_the_blended_price_times_the_context_is_the_input_cost(context, output, p_in, p_out, share):
    cached = p_in / 10
    cost = request_cost(
        context_tokens=context,
        output_tokens=output,
        input_usd_per_mtok=p_in,
        cached_input_usd_per_mtok=cached,
        output_usd_per_mtok=p_out,
        cached_share=share,
    )
    blended = blended_input_usd_per_mtok(
        input_usd_per_mtok=p_in, cached_input_usd_per_mtok=cached, cached_share=share
    )
    assert cost.input_usd == pytest.approx(context * blended / 1e6)
    assert cached * (1 - 1e-12) <= blended <= p_in * (1 + 1e-12)


@given(token_counts, token_counts, shares)
def test_more_tokens_never_cost_less(context, more, share):
    def total(tokens):
        return request_cost(
            context_tokens=tokens, cached_input_usd_per_mtok=0.3, cached_share=share, **TEXTBOOK
        ).total_usd

    assert total(context + more) > total(context)


def test_an_array_gives_what_its_elements_give():
    contexts = np.array([2_000.0, 8_000, 32_000])
    cost = request_cost(context_tokens=contexts, **TEXTBOOK)
    one_by_one = [request_cost(context_tokens=c, **TEXTBOOK).total_usd for c in contexts]
    assert cost.total_usd.tolist() == one_by_one


GOOD = {
    "context_tokens": 1000,
    "output_tokens": 100,
    "input_usd_per_mtok": 3,
    "output_usd_per_mtok": 15,
    "cached_input_usd_per_mtok": 0.3,
    "cached_share": 0.5,
}


UP_TO = "10,000 (US dollars per million tokens)"
PRICE = f"give a number from 0 to {UP_TO}"
PRICE_ABOVE_ZERO = f"give a number above 0 and up to {UP_TO}"
TOKENS = "give a number from 0 to 10,000,000 (tokens)"
SHARE = "give a number from 0 to 1 (share)"
CROSSOVER = {"input_usd_per_mtok": PRICE_ABOVE_ZERO, "output_usd_per_mtok": PRICE}


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (
            request_cost,
            {
                "context_tokens": TOKENS,
                "output_tokens": TOKENS,
                "input_usd_per_mtok": PRICE,
                "output_usd_per_mtok": PRICE,
                "cached_input_usd_per_mtok": PRICE,
                "cached_share": SHARE,
            },
        ),
        (
            blended_input_usd_per_mtok,
            {
                "input_usd_per_mtok": PRICE,
                "cached_input_usd_per_mtok": PRICE,
                "cached_share": SHARE,
            },
        ),
        (input_output_crossover_tokens, {"output_tokens": TOKENS, **CROSSOVER}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_value_is_named_with_its_unit_and_range(function, wanted):
    for name, give in wanted.items():
        arguments = {**{each: GOOD[each] for each in wanted}, name: 1e9}
        with pytest.raises(ValueError, match="is out of range") as error:
            function(**arguments)
        assert str(error.value) == f"{name} = 1000000000.0 is out of range: {give}"


def test_the_bounds_themselves_are_good():
    assert request_cost(**{**GOOD, "context_tokens": 0, "output_tokens": 0}).total_usd == 0
    free = dict.fromkeys(GOOD, 0)
    assert input_output_crossover_tokens(**{**TEXTBOOK, "output_tokens": 0}) == 0
    assert request_cost(**{**free, "context_tokens": 1, "output_tokens": 1}).total_usd == 0
    half_a_token = request_cost(**{**GOOD, "context_tokens": 0.5, "output_tokens": 0.5})
    assert half_a_token.total_usd > 0
    assert input_output_crossover_tokens(**{**TEXTBOOK, "output_tokens": 0.5}) == 2.5


def test_a_million_tokens_cost_the_listed_price():
    cost = request_cost(
        context_tokens=1e6,
        output_tokens=1e6,
        input_usd_per_mtok=4,
        output_usd_per_mtok=16,
        cached_input_usd_per_mtok=1,
        cached_share=0.5,
    )
    assert (cost.fresh_input_usd, cost.cached_input_usd, cost.output_usd) == (2, 0.5, 16)
    assert (cost.input_usd, cost.total_usd) == (2.5, 18.5)


def test_cached_input_is_free_until_it_has_a_price():
    assert request_cost(context_tokens=1e6, cached_share=1, **TEXTBOOK).input_usd == 0


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "3", True, None, 1e12])
def test_every_argument_is_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        request_cost(**{**GOOD, name: value})


def test_free_input_has_no_crossover():
    with pytest.raises(ValueError, match="input_usd_per_mtok = 0 is out of range"):
        input_output_crossover_tokens(
            output_tokens=400, input_usd_per_mtok=0, output_usd_per_mtok=15
        )
