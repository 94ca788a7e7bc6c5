"""The cards of the latency budget and of availability with a fallback."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from course_utils.calculators.availability import fallback_or_not
from course_utils.calculators.latency_budget import EXAMPLE_STAGES, keep_or_cut, latency_budget
from course_utils.views import get_view
from course_utils.views.html import parts_html
from course_utils.views.reference_architecture import (
    AVAILABILITY_FALLBACK,
    LATENCY_BUDGET,
    VIEWS,
)
from course_utils.views.roles import binding_color


def positions(knob):
    """All that the knob offers, or half and twice its number (at most all of it)."""
    if knob.kind == "choice":
        return [value for value, _ in knob.choices]
    most = 100 if knob.unit == "%" else float("inf")
    return list(knob.steps) or [knob.default / 2, min(2 * knob.default, most)]


KNOBS = [
    pytest.param(view, knob, id=f"{view.id}-{knob.name}") for view in VIEWS for knob in view.knobs
]


@pytest.mark.parametrize(("view", "knob"), KNOBS)
def test_every_position_of_a_knob_gives_a_card(view, knob):
    for value in positions(knob):
        result = view.result(**{knob.name: value})
        assert not re.search(r"nan|inf\b|None", " ".join(parts_html(result).values()))
        assert binding_color(result) is not None


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.id)
def test_a_view_is_found_by_its_id(view):
    assert get_view(view.id) is view


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


def at(series, x):
    """A line read off between its points."""
    points = list(zip(series.x, series.y, strict=True))
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    raise AssertionError(f"{x} is not on the line")


# ---------------------------------------------------------------- latency budget


def test_the_budget_of_the_lesson_is_that_of_the_calculator():
    """Five stages whose 95th percentiles add up to 4.39 s have 3.85 s together."""
    result = LATENCY_BUDGET.result()
    assert result.table.caption == "The p95 values add up to 4.39 s; that of the whole is 3.85 s"
    decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=3)
    assert result.sentence == decision.sentence
    assert result.chart.rules[0].x == pytest.approx(100 * decision.threshold_value)
    assert result.chart.title == "Cut the model stage to 73% to meet 3 s"
    budget = latency_budget(stages=EXAMPLE_STAGES)
    assert column(result, "p95 (s)") == pytest.approx(list(budget.stage_s.values()))
    assert sum(column(result, "Share of the slow requests' time (%)")) == pytest.approx(100)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"target_s": 4},
        {"target_s": 10},
        {"slow_percent": 4, "model_median_s": 0.6},
        {"slow_percent": 2, "model_median_s": 0.6},
        {"percentile": "99"},
        {"percentile": "50", "target_s": 2},
    ],
)
def test_the_line_crosses_the_target_where_the_rule_stands(knobs):
    chart = LATENCY_BUDGET.result(**knobs).chart
    across, target = chart.rules
    total = next(series for series in chart.series if series.role == "total")
    assert at(total, across.x) == pytest.approx(target.y, rel=0.02)
    assert at(total, 100) == pytest.approx(chart.you_are_here[1], rel=0.02)


def test_rare_slow_cases_hide_from_each_stage_and_not_from_the_whole():
    """Each stage keeps its 95th percentile, and they add up to less than the whole takes."""
    quiet = LATENCY_BUDGET.result(model_median_s=0.6)
    rare = LATENCY_BUDGET.result(model_median_s=0.6, slow_percent=4)
    for before, after in zip(column(quiet, "p95 (s)"), column(rare, "p95 (s)"), strict=True):
        assert after - before < 0.2
    total = rare.chart.you_are_here[1]
    assert sum(column(rare, "p95 (s)")) < 3 < total
    assert rare.binding_role == "retrieval"
    assert quiet.chart.you_are_here[1] < 3


def test_the_card_says_when_no_cut_of_one_stage_suffices():
    result = LATENCY_BUDGET.result(target_s=0.5)
    assert result.chart.title == "Even without the model stage 500 ms cannot be met"
    assert [rule.y for rule in result.chart.rules] == [0.5]
    assert result.threshold_label == "Even without the model stage the target is missed."


def test_room_that_is_left_is_said_with_the_digit_that_matters():
    result = LATENCY_BUDGET.result(target_s=4)
    assert result.chart.title == "The model stage may grow to 105% of its time"


def test_a_stage_that_may_take_any_time_does_not_stretch_the_axis_without_end():
    chart = LATENCY_BUDGET.result(target_s=30, model_median_s=0.2).chart
    assert chart.series[0].x[-1] <= 2_000


@pytest.mark.parametrize(
    ("knobs", "complaint"),
    [
        ({"percentile": "97"}, "percentile = '97': give one of 50, 90, 95, 99"),
        ({"slow_percent": 101}, "slow_percent = 101"),
        ({"target_s": 0}, "target_s = 0"),
        ({"model_median_s": -1}, "median_s = -1"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(knobs, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        LATENCY_BUDGET.result(**knobs)


# ---------------------------------------------------------------- availability


def test_the_fallback_of_the_lesson_is_that_of_the_calculator():
    """0.995 x 0.999^4 is 99.10%, with an independent second provider 99.60%."""
    result = AVAILABILITY_FALLBACK.result()
    decision = fallback_or_not(
        primary_availability=0.995,
        fallback_availability=0.995,
        rest_availability=0.999**4,
        requests_per_month=378_000,
        lost_request_usd=2,
        fallback_usd_per_month=2_000,
    )
    assert result.sentence == decision.sentence
    assert result.threshold_label == (
        "The fallback pays from $1.07 a lost request; at $2 while fewer than 47% of the outages "
        "hit both."
    )
    assert column(result, "Availability") == ["99.1%", "99.6%"]
    assert column(result, "Down a month (h)") == pytest.approx([6.56, 2.93], abs=0.01)
    assert column(result, "Requests lost") == pytest.approx([3_395, 1_521], rel=0.01)
    costs = column(result, "Cost a month (USD)")
    assert costs[0] - costs[1] == pytest.approx(decision.values["net_usd_per_month"])


def test_what_is_left_with_a_fallback_is_the_other_parts():
    assert AVAILABILITY_FALLBACK.result(shared_percent=100).binding_label == "the model"
    assert AVAILABILITY_FALLBACK.result().binding_label == "the other parts"


@pytest.mark.parametrize("shared", [0, 10, 40, 45, 50, 60, 90, 100])
def test_the_choice_flips_at_the_rule(shared):
    result = AVAILABILITY_FALLBACK.result(shared_percent=shared)
    [rule] = result.chart.rules
    assert rule.x == pytest.approx(46.6, abs=0.2)
    assert result.table.marked_row == (1 if shared < rule.x else 0)
    costs = column(result, "Cost a month (USD)")
    if shared > 0:
        assert costs[result.table.marked_row] == min(costs[:2])


def test_the_dot_lies_on_the_line_of_the_chosen_design():
    for shared, role in ((0, "both"), (40, "both"), (60, "one")):
        chart = AVAILABILITY_FALLBACK.result(shared_percent=shared).chart
        line = next(series for series in chart.series if series.role == role)
        assert at(line, shared) == pytest.approx(chart.you_are_here[1])


@pytest.mark.parametrize(
    ("knobs", "title", "label"),
    [
        (
            {"lost_request_usd": 0.5},
            "At this cost of a lost request no fallback pays",
            "The fallback pays from $1.07 a lost request; at this cost it does not, even if no "
            "outage hits both.",
        ),
        (
            {"primary_percent": 100},
            "This fallback bridges no outage",
            "The fallback saves nothing here, whatever a lost request costs.",
        ),
        (
            {"fallback_percent": 0},
            "This fallback bridges no outage",
            "The fallback saves nothing here, whatever a lost request costs.",
        ),
        (
            {"shared_percent": 100},
            "The fallback pays while fewer than 47% of the outages hit both",
            "Where every outage hits both, the fallback saves nothing; it would pay while fewer "
            "than 47% do.",
        ),
    ],
)
def test_a_card_without_a_threshold_says_so(knobs, title, label):
    result = AVAILABILITY_FALLBACK.result(**knobs)
    assert result.chart.title == title
    assert result.threshold_label == label


@pytest.mark.parametrize(
    ("knobs", "complaint"),
    [
        ({"primary_percent": 101}, "primary_percent = 101"),
        ({"other_parts": 2.5}, "other_parts = 2.5"),
        ({"shared_percent": -1}, "shared_percent = -1"),
        ({"requests_per_month": 0}, "requests_per_month = 0"),
    ],
)
def test_an_availability_that_makes_no_sense_is_refused(knobs, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        AVAILABILITY_FALLBACK.result(**knobs)
