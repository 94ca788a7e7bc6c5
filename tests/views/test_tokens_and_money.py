"""The card on what a solved question costs: bill, errors, and where the choice flips."""

from __future__ import annotations

import pytest

from course_utils.calculators.money import request_cost
from course_utils.calculators.total_cost import switch_error_cost_usd
from course_utils.catalog import price, prices
from course_utils.views import get_view
from course_utils.views.tokens_and_money import SOLVED_QUESTION

COLUMNS = SOLVED_QUESTION.result().table.columns


def column(result, name):
    return [row[COLUMNS.index(name)] for row in result.table.rows]


def test_the_view_is_found_by_its_id():
    assert get_view("solved-question") is SOLVED_QUESTION


def test_the_situation_of_the_lesson():
    """$12 and $102 per 1,000 questions, 84 and 87% solved, $5 an error: by hand."""
    result = SOLVED_QUESTION.result()
    assert column(result, "Bill (USD)") == pytest.approx([12, 102])
    assert column(result, "Errors (USD)") == pytest.approx([800, 650])
    assert column(result, "In all (USD)") == pytest.approx([812, 752])
    assert column(result, "Per solved question (USD)") == pytest.approx(
        [0.012 / 0.84, 0.102 / 0.87]
    )
    assert column(result, "Per month (USD)") == pytest.approx([4_536, 38_556])
    assert result.table.marked_row == 1
    assert result.binding_role == "errors"
    assert result.chart.title == "Above $3 an error, choose 32,000 tokens"
    assert result.threshold_label == (
        "Error cost at which both cost the same: $3. At $5 the proposal has to gain 1.8 points."
    )


def test_the_threshold_is_that_of_the_calculator():
    result = SOLVED_QUESTION.result(gain_points=2.5, context_tokens=12_000)
    prices_per_mtok = {"input_usd_per_mtok": 3, "output_usd_per_mtok": 15, "output_tokens": 400}
    cheap, dear = (
        request_cost(context_tokens=tokens, **prices_per_mtok).total_usd
        for tokens in (2_000, 12_000)
    )
    flips = switch_error_cost_usd(
        cheap_cost_usd=cheap, cheap_quality=0.84, dear_cost_usd=dear, dear_quality=0.865
    )
    assert result.chart.rules[0].x == pytest.approx(flips)


@pytest.mark.parametrize("error_usd", [0.01, 0.5, 2.99, 3.01, 1000])
def test_the_choice_flips_at_the_threshold(error_usd):
    result = SOLVED_QUESTION.result(error_usd=error_usd)
    assert result.table.marked_row == (error_usd > 3)
    totals = column(result, "In all (USD)")
    assert totals[result.table.marked_row] == min(totals)


def test_the_lines_cross_at_the_rule_and_the_dot_lies_on_the_chosen_one():
    chart = SOLVED_QUESTION.result().chart
    now, proposed, errors, tokens = chart.series
    [rule] = chart.rules

    def at(series, x):
        (x0, x1), (y0, y1) = series.x, series.y
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)

    assert at(now, rule.x) == pytest.approx(at(proposed, rule.x))
    x, y = chart.you_are_here
    assert y == pytest.approx(at(proposed, x)) == pytest.approx(at(errors, x) + at(tokens, x))
    assert errors.role == "errors"
    assert tokens.role == "price"


def test_tokens_bind_where_errors_cost_next_to_nothing():
    result = SOLVED_QUESTION.result(error_usd=0.05)
    assert (result.binding_role, result.table.marked_row) == ("price", 0)


def test_beyond_a_context_no_gain_can_pay():
    """16 errors in 100 at $5 are 80 cents a question: 267,000 tokens at $3 cost more."""
    pays = SOLVED_QUESTION.result(gain_points=16, context_tokens=256_000)
    assert pays.table.marked_row == 1
    fails = SOLVED_QUESTION.result(gain_points=16, context_tokens=384_000)
    assert fails.table.marked_row == 0
    assert fails.threshold_label.endswith("would not pay if it solved everything.")


def test_a_cheaper_model_may_lose_what_it_saves():
    result = SOLVED_QUESTION.result(price_id="model-m", context_tokens=2_000, gain_points=-4)
    assert column(result, "Errors (USD)") == [800, 1_000]
    assert result.table.marked_row == 0
    assert "At $5 the proposal may lose 0.16 points." in result.threshold_label
    assert "0.20" in result.chart.title
    assert [series.label for series in result.chart.series[:2]] == ["Textbook $3 / $15", "Model M"]


@pytest.mark.parametrize(
    ("knobs", "title"),
    [
        ({"gain_points": 0}, "Whatever an error costs, choose 2,000 tokens"),
        ({"gain_points": -2}, "Whatever an error costs, choose 2,000 tokens"),
        ({"context_tokens": 2_000}, "Whatever an error costs, choose the proposal"),
        (
            {"context_tokens": 2_000, "gain_points": 0},
            "Whatever an error costs, choose the present design",
        ),
        (
            {"price_id": "model-l", "context_tokens": 4_000},
            "Above $0.40 an error, choose Model L with 4,000 tokens",
        ),
    ],
)
def test_a_choice_that_nothing_flips_says_so(knobs, title):
    assert SOLVED_QUESTION.result(**knobs).chart.title == title


def test_a_longer_prompt_is_charged_at_its_tier():
    entry = price("gpt-6.1-terra")
    bills = [
        column(
            SOLVED_QUESTION.result(price_id=entry.id, context_tokens=tokens, output_tokens=1),
            "Bill (USD)",
        )[1]
        for tokens in (entry.flat_up_to_tokens, entry.flat_up_to_tokens + 1)
    ]
    assert bills[1] / bills[0] == pytest.approx(2, rel=1e-4)


def test_repeated_answers_and_the_rest_of_the_system_are_on_the_bill():
    result = SOLVED_QUESTION.result(repeated_percent=20, other_usd=0.002)
    assert column(result, "Bill (USD)") == pytest.approx([12 * 1.25 + 2, 102 * 1.25 + 2])


def test_where_nothing_is_solved_no_solved_question_has_a_price():
    result = SOLVED_QUESTION.result(now_solved_percent=0, gain_points=0)
    assert column(result, "Per solved question (USD)") == ["none", "none"]


@pytest.mark.parametrize(
    ("knobs", "complaint"),
    [
        ({"gain_points": 17}, "gain_points = 17 .* from -84 to 16"),
        ({"gain_points": -85}, "gain_points = -85"),
        ({"now_solved_percent": 101}, "now_solved_percent = 101"),
        ({"repeated_percent": 100}, "repeated_percent = 100"),
        ({"error_usd": -1}, "error_usd = -1"),
        ({"other_usd": -1}, "other_usd = -1"),
        ({"questions_per_month": -1}, "questions_per_month = -1"),
        ({"context_tokens": 0}, "context_tokens = 0"),
        ({"context_tokens": 1_000_001}, r"context_tokens = 1,000,001 .*the window of Textbook"),
        ({"now_context_tokens": 1_000_001}, "^now_context_tokens = 1,000,001"),
        ({"output_tokens": -1}, "output_tokens = -1"),
        ({"price_id": "model-x"}, "no price 'model-x'"),
    ],
)
def test_what_is_out_of_range_is_named(knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        SOLVED_QUESTION.result(**knobs)


def test_the_card_names_the_prices_it_used():
    result = SOLVED_QUESTION.result(price_id="claude-opus-5-5")
    for entry in (prices()["textbook-3-15"], prices()["claude-opus-5-5"]):
        assert f"{entry.source}, as of {entry.as_of}" in result.limits
