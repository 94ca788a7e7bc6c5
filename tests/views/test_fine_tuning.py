"""The cards on fine-tuning: when it pays, and a box for the tuned model."""

from __future__ import annotations

import pytest

from course_utils.calculators.fine_tuning import break_even_requests, payback_months
from course_utils.views import get_view
from course_utils.views.fine_tuning import (
    HOURS_PER_MONTH,
    TUNED_HOSTING,
    TUNING_PAYBACK,
    VIEWS,
)
from course_utils.views.html import parts_html

MONTH = "USD a month"


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_found_by_its_id(view):
    assert get_view(view.id) is view


def test_at_a_hundred_thousand_calls_upkeep_eats_the_saving():
    """1.05 and 0.18 cents; 540 + 330 saved, 2,000 of upkeep and 8,000 / 12: by hand."""
    result = TUNING_PAYBACK.result()
    assert column(result, "Cents per call")[:4] == pytest.approx([1.05, 0.18, 0.54, 0.33])
    assert column(result, MONTH) == pytest.approx(
        [1050, 180, 540, 330, -2000, -8000 / 12, 870 - 2000 - 8000 / 12]
    )
    assert result.binding_role == "upkeep"
    assert "takes forever" in result.threshold_label
    assert "920,000 requests" in result.threshold_label


def test_with_cached_examples_the_money_comes_back_after_two_million():
    """0.54 of a cent falls to a tenth, so 0.384 is left to save: 8,000 / 0.00384."""
    result = TUNING_PAYBACK.result(cached_percent=100)
    assert column(result, "Cents per call")[:4] == pytest.approx([0.564, 0.18, 0.054, 0.33])
    assert "after 2,080,000 requests" in result.threshold_label
    assert break_even_requests(
        fixed_usd=8000, base_usd_per_request=0.00564, tuned_usd_per_request=0.0018
    ) == pytest.approx(2_083_333, abs=1)


@pytest.mark.parametrize(("cached", "upkeep"), [(0, 2000), (100, 2000), (50, 0), (0, 500)])
def test_what_is_left_changes_sign_at_the_rule(cached, upkeep):
    knobs = {"cached_percent": cached, "upkeep_usd_per_month": upkeep}
    limit = TUNING_PAYBACK.result(**knobs).chart.rules[0].x
    for volume, pays in ((limit * 0.99, False), (limit * 1.01, True)):
        result = TUNING_PAYBACK.result(requests_per_month=volume, **knobs)
        assert (column(result, MONTH)[-1] > 0) == pays
        assert result.sentence.startswith("I choose to fine-tune") == pays


def test_the_lines_of_saving_and_cost_cross_at_the_rule():
    chart = TUNING_PAYBACK.result().chart
    _, saved, upkeep, cost = chart.series
    x = chart.rules[0].x
    assert saved.y[1] * x / saved.x[1] == pytest.approx(cost.y[0])
    assert upkeep.y == (2000, 2000)


def test_the_months_are_those_of_the_calculator():
    months = payback_months(
        fixed_usd=8000,
        base_usd_per_request=0.0105,
        tuned_usd_per_request=0.0018,
        requests_per_month=400_000,
        upkeep_usd_per_month=2000,
    )
    label = TUNING_PAYBACK.result(requests_per_month=400_000).threshold_label
    assert f"takes {months:.2f} months" in label


def test_a_tuned_model_that_costs_more_pays_at_no_volume():
    result = TUNING_PAYBACK.result(tuned_output_usd_per_mtok=100)
    assert result.chart.title == "At no volume does tuning pay by its price"
    assert result.threshold_label.startswith("No volume pays")


def test_a_threshold_far_away_is_said_and_not_drawn():
    result = TUNING_PAYBACK.result(requests_per_month=1000)
    assert result.chart.rules == ()
    assert "above 307,000 requests a month" in result.threshold_label


def test_a_box_costs_the_same_whether_it_is_used_or_not():
    """$2.50 for 730 hours are $1,825: 1.825 cents for each of 100,000 calls."""
    result = TUNED_HOSTING.result()
    assert column(result, "Cents per call") == pytest.approx([1.825, 0.025, 1.05])
    assert column(result, MONTH) == pytest.approx([1825, 25, 1050])
    assert result.chart.rules[0].x == pytest.approx(1825 / 0.0105)
    assert "2.4%" in result.threshold_label
    assert result.table.marked_row == 2
    assert TUNED_HOSTING.result(requests_per_month=1_000_000).table.columns == result.table.columns


@pytest.mark.parametrize(("volume", "row"), [(173_000, 2), (174_000, 0)])
def test_the_choice_flips_where_the_rent_is_the_bill(volume, row):
    result = TUNED_HOSTING.result(requests_per_month=volume)
    costs = column(result, MONTH)
    assert result.table.marked_row == row
    assert costs[row] == min(costs[0], costs[2])


def test_a_full_box_is_the_end_of_the_curve():
    chart = TUNED_HOSTING.result().chart
    own, tokens, full = chart.series
    assert own.x[-1] == pytest.approx(10_000 * HOURS_PER_MONTH)
    assert own.y[-1] == pytest.approx(full.y[-1])
    assert set(tokens.y) == {1.05}


def test_below_the_price_of_a_full_box_no_volume_pays():
    result = TUNED_HOSTING.result(base_cents_per_call=0.02)
    assert result.threshold_label.startswith("No volume pays")
    assert result.chart.rules == ()
    assert result.binding_role == "tokens"


@pytest.mark.parametrize(
    ("view", "knobs", "complaint"),
    [
        (TUNING_PAYBACK, {"cached_percent": 101}, "cached_percent = 101"),
        (TUNING_PAYBACK, {"requests_per_month": -1}, "requests_per_month = -1"),
        (TUNING_PAYBACK, {"upkeep_usd_per_month": -1}, "upkeep_usd_per_month = -1"),
        (TUNING_PAYBACK, {"horizon_months": 0}, "horizon_months = 0"),
        (TUNING_PAYBACK, {"example_tokens": -1}, "example_tokens = -1"),
        (TUNED_HOSTING, {"requests_per_month": 8_000_000}, "requests_per_month = 8,000,000"),
        (TUNED_HOSTING, {"usd_per_hour": 0}, "usd_per_hour = 0"),
        (TUNED_HOSTING, {"base_cents_per_call": 0}, "base_cents_per_call = 0"),
        (TUNED_HOSTING, {"requests_per_hour_at_capacity": 0}, "requests_per_hour_at_capacity = 0"),
    ],
)
def test_what_is_out_of_range_is_named(view, knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        view.result(**knobs)


def test_the_card_is_drawn_without_calls():
    assert column(TUNING_PAYBACK.result(requests_per_month=0), "Cents per call")[4] == "no calls"
    assert parts_html(TUNING_PAYBACK.result(requests_per_month=0))["figure"].count("<svg") == 2
