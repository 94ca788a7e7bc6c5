"""The cards on caching: how long to keep a prefix, and whether to keep answers."""

from __future__ import annotations

import pytest

from course_utils.calculators.prefix_cache import lifetime_switch_minutes, mean_gap_limit_minutes
from course_utils.calculators.semantic_cache import wrong_hit_limit
from course_utils.views import get_view
from course_utils.views.caching_economics import KEPT_ANSWERS, PREFIX_LIFETIME, VIEWS

SHORT, LONG, NONE = range(3)


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_found_by_its_id(view):
    assert get_view(view.id) is view


def test_six_questions_spread_over_a_day_just_pay_for_an_hour():
    """24,000 tokens at $3 are $72 per 1,000 calls; at a gap of 80 min the hour costs as much."""
    result = PREFIX_LIFETIME.result()
    costs = column(result, "Prefix (USD per 1,000 calls)")
    assert costs[NONE] == pytest.approx(72)
    assert costs[LONG] == pytest.approx(72, rel=0.01)
    assert costs[LONG] < costs[NONE] < costs[SHORT]
    assert result.table.marked_row == LONG
    assert result.binding_role == "long"
    assert column(result, "Pays below a gap of (min)") == [
        pytest.approx(20.4, abs=0.05),
        pytest.approx(80.3, abs=0.05),
        "none",
    ]
    assert "flips: 80.3 min" in result.threshold_label
    assert "hit rates of 22% and 53%" in result.threshold_label


def test_the_same_six_in_one_burst_need_five_minutes():
    """1.75 of 6 prefixes for five minutes, 2.5 of 6 for the hour: by hand."""
    result = PREFIX_LIFETIME.result(calls_per_burst=6, mean_gap_minutes=100_000)
    shares = column(result, "Of the uncached price (%)")
    assert shares == pytest.approx([100 * 1.75 / 6, 100 * 2.5 / 6, 100], rel=1e-3)
    assert result.table.marked_row == SHORT
    assert column(result, "Pays below a gap of (min)")[:2] == ["any gap", "any gap"]


@pytest.mark.parametrize(("gap", "row"), [(1, LONG), (79, LONG), (81, NONE), (1440, NONE)])
def test_steady_calls_flip_from_the_hour_to_no_cache(gap, row):
    result = PREFIX_LIFETIME.result(mean_gap_minutes=gap)
    costs = column(result, "Prefix (USD per 1,000 calls)")
    assert result.table.marked_row == row
    assert costs[row] == pytest.approx(min(costs))


@pytest.mark.parametrize(("gap", "row"), [(20, LONG), (109, LONG), (110, SHORT), (1440, SHORT)])
def test_bursts_flip_from_the_hour_to_five_minutes(gap, row):
    result = PREFIX_LIFETIME.result(mean_gap_minutes=gap, calls_per_burst=6)
    costs = column(result, "Prefix (USD per 1,000 calls)")
    assert result.table.marked_row == row
    assert costs[row] == pytest.approx(min(costs))


def test_the_rule_is_the_threshold_of_the_calculator():
    vendor = {"read_multiplier": 0.25}
    steady = PREFIX_LIFETIME.result(**vendor)
    limit = mean_gap_limit_minutes(lifetime_minutes=60, write_multiplier=2, **vendor)
    assert steady.chart.rules[0].x == pytest.approx(limit)
    bursts = PREFIX_LIFETIME.result(calls_per_burst=10, **vendor)
    switch = lifetime_switch_minutes(
        short_lifetime_minutes=5,
        long_lifetime_minutes=60,
        short_write_multiplier=1.25,
        long_write_multiplier=2,
        **vendor,
    )
    assert bursts.chart.rules[0].x == pytest.approx(switch)


@pytest.mark.parametrize("gap", [0.001, 0.5, 80, 1e6])
def test_the_dot_lies_inside_the_chart_on_the_lowest_line(gap):
    chart = PREFIX_LIFETIME.result(mean_gap_minutes=gap).chart
    x, y = chart.you_are_here
    xs = chart.series[0].x
    assert xs[0] <= x <= xs[-1]
    nearest = min(range(len(xs)), key=lambda i: abs(xs[i] - x))
    assert y == pytest.approx(min(line.y[nearest] for line in chart.series), rel=0.05)
    assert xs == tuple(sorted(xs))


def test_a_prefix_that_is_free_is_no_share_of_anything():
    result = PREFIX_LIFETIME.result(prefix_tokens=1, input_usd_per_mtok=1e-9)
    assert all(share >= 0 for share in column(result, "Of the uncached price (%)"))


def test_one_wrong_hit_in_a_hundred_eats_half_of_a_ten_cent_answer():
    """200 hits save $20.40, 2 are wrong at $5 each, 1,000 look-ups cost 10 cents: by hand."""
    result = KEPT_ANSWERS.result()
    assert column(result, "USD per 1,000 questions") == pytest.approx([20.4, -10, -0.1, 10.3])
    assert result.chart.rules[0].x == pytest.approx(
        100
        * wrong_hit_limit(
            hit_rate=0.2,
            miss_cost_usd=0.102,
            hit_cost_usd=0,
            lookup_cost_usd=0.0001,
            error_cost_usd=5,
        )
    )
    assert result.threshold_label.endswith("nothing: 2.03%.")
    assert (result.binding_role, result.binding_label) == ("saved_calls", "model calls saved")


@pytest.mark.parametrize(("wrong", "role"), [(0, "saved_calls"), (2.5, "wrong_hits")])
def test_the_sign_of_the_gain_is_the_choice(wrong, role):
    result = KEPT_ANSWERS.result(wrong_percent=wrong)
    assert result.binding_role == role
    assert (column(result, "USD per 1,000 questions")[3] > 0) == (role == "saved_calls")


def test_the_lines_cross_at_the_rule():
    chart = KEPT_ANSWERS.result(wrong_percent=1.3, hit_percent=30).chart
    saved, costs, _ = chart.series
    x = chart.rules[0].x
    (x0, x1), (y0, y1) = costs.x, costs.y
    assert y0 + (y1 - y0) * (x - x0) / (x1 - x0) == pytest.approx(saved.y[0])


@pytest.mark.parametrize(
    ("knobs", "title"),
    [
        ({}, "Below 2.03% of wrong hits the cache pays, above it loses"),
        ({"error_usd": 0}, "Whatever share of hits is wrong, use the semantic cache"),
        (
            {"lookup_usd": 0.05},
            "Whatever share of hits is wrong, answer each question afresh",
        ),
    ],
)
def test_the_title_says_what_flips(knobs, title):
    assert KEPT_ANSWERS.result(**knobs).chart.title == title


@pytest.mark.parametrize(
    ("view", "knobs", "complaint"),
    [
        (PREFIX_LIFETIME, {"mean_gap_minutes": 0}, "mean_gap_minutes = 0"),
        (PREFIX_LIFETIME, {"mean_gap_minutes": 1e7}, "mean_gap_minutes"),
        (PREFIX_LIFETIME, {"calls_per_burst": 0}, "calls_per_burst = 0"),
        (PREFIX_LIFETIME, {"read_multiplier": 1}, "read_multiplier = 1"),
        (PREFIX_LIFETIME, {"prefix_tokens": 0}, "prefix_tokens = 0"),
        (PREFIX_LIFETIME, {"long_lifetime_minutes": 5}, "long_lifetime_minutes - short"),
        (PREFIX_LIFETIME, {"long_write_multiplier": 1.1}, "long_write_multiplier - short"),
        (KEPT_ANSWERS, {"wrong_percent": 101}, "wrong_percent = 101"),
        (KEPT_ANSWERS, {"hit_percent": -1}, "hit_percent = -1"),
        (KEPT_ANSWERS, {"error_usd": -1}, "error_cost_usd = -1"),
        (KEPT_ANSWERS, {"kept_usd": 1}, "hit_cost_usd = 1"),
        (KEPT_ANSWERS, {"lookup_usd": -1}, "lookup_cost_usd = -1"),
    ],
)
def test_what_is_out_of_range_is_named(view, knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        view.result(**knobs)
