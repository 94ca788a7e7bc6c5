"""The cards on rights: where to check them, and how often to copy them."""

from __future__ import annotations

import pytest

from course_utils.calculators.permissions import least_visible_share, overfetch_chunks
from course_utils.views import get_view
from course_utils.views.data_and_permissions import REVOCATION_LAG, STARVATION, VIEWS


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_found_by_its_id(view):
    assert get_view(view.id) is view


def test_a_reader_who_sees_two_percent_starves_behind_two_hundred():
    """456 would have to be fetched for 5; the threshold at 200 is 4.5% (lesson 08)."""
    result = STARVATION.result()
    assert column(result, "Chunks fetched") == [5, 200, 456]
    assert column(result, "Left on average") == pytest.approx([0.1, 4, 9.12])
    assert result.binding_role == "overfetch"
    assert result.chart.you_are_here == (2, 456)
    assert result.threshold_label.endswith("flips: 4.52%.")
    assert result.sentence.startswith("I choose to filter inside the search")


def test_the_rule_is_the_share_at_which_the_limit_is_just_enough():
    result = STARVATION.result(max_fetched_chunks=500, wanted_chunks=3)
    limit = least_visible_share(fetched_chunks=500, wanted_chunks=3)
    assert result.chart.rules[0].x == pytest.approx(100 * limit)
    assert overfetch_chunks(visible_share=limit, wanted_chunks=3) == 500


@pytest.mark.parametrize(("percent", "role"), [(4.4, "overfetch"), (4.6, "fetch_limit")])
def test_the_choice_flips_at_the_rule(percent, role):
    assert STARVATION.result(visible_percent=percent).binding_role == role


def test_who_sees_everything_needs_no_more_than_is_wanted():
    result = STARVATION.result(visible_percent=100)
    assert column(result, "Chunks fetched")[2] == 5
    assert column(result, "Enough left (% of searches)")[0] == pytest.approx(100)


def test_a_copy_each_night_leaves_ten_reads_a_day():
    """40 revocations wait half a day each, with a read every second day: 10 by hand."""
    result = REVOCATION_LAG.result()
    assert column(result, "Reads under lost rights a day") == pytest.approx([10, 1, 0])
    assert column(result, "Mean wait (hours)") == pytest.approx([12, 1.2, 0])
    assert result.chart.rules[0].x == pytest.approx(2.4)
    assert result.binding_role == "exposure"


@pytest.mark.parametrize(("hours", "role"), [(2.3, "tolerated"), (2.5, "exposure")])
def test_the_interval_flips_at_the_rule(hours, role):
    result = REVOCATION_LAG.result(sync_hours=hours)
    assert result.binding_role == role
    assert "check" in result.sentence
    assert "copy" in result.sentence


def test_the_lines_cross_at_the_interval_allowed():
    chart = REVOCATION_LAG.result(revocations_per_day=7, tolerated_reads_per_day=3).chart
    (x0, x1), (y0, y1) = chart.series[0].x, chart.series[0].y
    assert y0 / x0 == pytest.approx(y1 / x1)
    assert chart.rules[0].x * y0 / x0 == pytest.approx(3)


@pytest.mark.parametrize(
    ("view", "knobs", "complaint"),
    [
        (STARVATION, {"visible_percent": 0}, "visible_percent = 0"),
        (STARVATION, {"visible_percent": 101}, "visible_percent = 101"),
        (STARVATION, {"wanted_chunks": 0.5}, "wanted_chunks = 0.5"),
        (STARVATION, {"max_fetched_chunks": 4}, "max_fetched_chunks = 4"),
        (STARVATION, {"confidence_percent": 100}, "confidence_percent = 100"),
        (REVOCATION_LAG, {"sync_hours": 0}, "sync_hours = 0"),
        (REVOCATION_LAG, {"revocations_per_day": 0}, "revocations_per_day = 0"),
        (REVOCATION_LAG, {"reads_per_grant_per_day": -1}, "reads_per_grant_per_day = -1"),
        (REVOCATION_LAG, {"tolerated_reads_per_day": 0}, "tolerated_reads_per_day = 0"),
    ],
)
def test_what_is_out_of_range_is_named(view, knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        view.result(**knobs)
