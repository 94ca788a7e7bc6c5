"""The cards on model choice: three designs by what errors cost, and a router's mistakes."""

from __future__ import annotations

import pytest

from course_utils.calculators.total_cost import total_usd
from course_utils.views import get_view
from course_utils.views.larger_model import CASCADE_OR_LARGE, ROUTER_MISTAKES, VIEWS


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_found_by_its_id(view):
    assert get_view(view.id) is view


def test_the_example_of_the_course():
    """$0.0382, $0.0209 and $0.0193 a question at $0.25 an error (lesson 09)."""
    result = CASCADE_OR_LARGE.result()
    assert column(result, "Right (%)") == pytest.approx([85, 93, 95])
    assert column(result, "Calls (USD)") == pytest.approx([0.7, 3.4, 6.8])
    assert column(result, "In all (USD)") == pytest.approx([38.2, 20.9, 19.3])
    assert result.table.marked_row == 2
    assert [rule.x for rule in result.chart.rules] == pytest.approx([0.03375, 0.17])
    assert result.chart.title == (
        "Above $0.034 the cascade costs least, above $0.17 the large model for all"
    )
    assert result.threshold_label == (
        "Cost of a wrong answer at which the choice flips: $0.17. In calls alone the cascade saves "
        "from 12.5% accepted answers; it has 62.5%."
    )


@pytest.mark.parametrize(("usd", "row"), [(0.03, 0), (0.04, 1), (0.16, 1), (0.18, 2)])
def test_dearer_errors_make_dearer_designs(usd, row):
    assert CASCADE_OR_LARGE.result(error_usd=usd).table.marked_row == row


def test_above_six_cents_the_cheapest_call_is_the_dearest_design():
    """Small and large cost the same at $0.0061 / 0.10 (lesson 09)."""
    below, above = (
        column(CASCADE_OR_LARGE.result(error_usd=usd), "In all (USD)") for usd in (0.0609, 0.0611)
    )
    assert max(below) == below[2]
    assert max(above) == above[0]


def test_a_check_that_sees_nothing_makes_a_cascade_that_is_never_cheapest():
    blind = {"right_accepted_percent": 60, "wrong_accepted_percent": 60}
    for usd in (0, 0.01, 0.05, 0.061, 0.1, 1):
        assert CASCADE_OR_LARGE.result(error_usd=usd, **blind).table.marked_row != 1
    result = CASCADE_OR_LARGE.result(**blind)
    assert "The cascade is never the cheapest." in result.threshold_label
    assert "60%, and 85% of these are right" in result.table.caption
    assert [rule.x for rule in result.chart.rules] == pytest.approx([0.061])


def test_the_lines_are_the_totals():
    chart = CASCADE_OR_LARGE.result().chart
    cascade = next(series for series in chart.series if series.role == "cascade")
    for x, y in zip(cascade.x, cascade.y, strict=True):
        usd = total_usd(request_cost_usd=0.0034, quality=0.93, error_cost_usd=x)
        assert y == pytest.approx(1000 * usd)
    assert chart.you_are_here == pytest.approx((0.25, 19.3))


def test_a_large_model_that_is_no_better_is_never_chosen():
    result = CASCADE_OR_LARGE.result(large_right_percent=85, kept_percent=100)
    assert result.chart.title == "Whatever a wrong answer costs, choose the small model alone"
    assert result.chart.rules == ()
    assert result.threshold_label.startswith("No cost of a wrong answer flips the choice.")


def test_free_calls_have_no_break_even():
    free = {"small_usd": 0, "check_usd": 0, "large_usd": 0}
    assert "calls alone" not in CASCADE_OR_LARGE.result(**free).threshold_label


def test_a_router_may_miss_fifteen_percent():
    result = ROUTER_MISTAKES.result()
    assert column(result, "Right (%)") == pytest.approx([85, 93, 95])
    assert column(result, "In all (USD)") == pytest.approx([38.2, 20.435, 19.3])
    assert result.chart.rules[0].x == pytest.approx(15.3465, abs=1e-3)
    assert result.chart.title == "Below 15.3% of hard questions missed, the router pays"
    assert result.table.marked_row == 2


@pytest.mark.parametrize(("missed", "row"), [(15, 1), (16, 2)])
def test_the_router_flips_at_the_rule(missed, row):
    assert ROUTER_MISTAKES.result(false_easy_percent=missed).table.marked_row == row


def test_a_router_that_is_too_dear_pays_at_no_share():
    result = ROUTER_MISTAKES.result(decision_usd=0.1)
    assert result.chart.rules == ()
    assert result.chart.title == (
        "However many hard questions it misses, the large model for all costs least"
    )


@pytest.mark.parametrize(
    ("view", "knobs", "complaint"),
    [
        (CASCADE_OR_LARGE, {"error_usd": -1}, "error_cost_usd = -1"),
        (CASCADE_OR_LARGE, {"wrong_accepted_percent": 101}, "wrong_accepted_percent = 101"),
        (CASCADE_OR_LARGE, {"right_accepted_percent": -1}, "right_accepted_percent = -1"),
        (CASCADE_OR_LARGE, {"small_right_percent": 101}, "small_right_percent = 101"),
        (CASCADE_OR_LARGE, {"large_right_percent": 80}, "large_quality = 0.8 is out of range"),
        (CASCADE_OR_LARGE, {"large_usd": -1}, "large_cost_usd = -1"),
        (ROUTER_MISTAKES, {"false_easy_percent": 101}, "false_easy_percent = 101"),
        (ROUTER_MISTAKES, {"false_hard_percent": -1}, "false_hard_percent = -1"),
        (ROUTER_MISTAKES, {"hard_percent": 96}, "hard_share = 0.96 is out of range"),
        (ROUTER_MISTAKES, {"decision_usd": -1}, "decision_cost_usd = -1"),
    ],
)
def test_what_is_out_of_range_is_named(view, knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        view.result(**knobs)
