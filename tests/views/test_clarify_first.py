"""The cards of the lesson on clarifying questions: requests in flight, and what asking is worth."""

from __future__ import annotations

import pytest

from course_utils.calculators.demand import busy_requests_in_flight, how_many_servers
from course_utils.calculators.design_choice import EXAMPLE_DESIGNS, switch_points
from course_utils.calculators.value_of_information import perfect_information_usd
from course_utils.views import get_view
from course_utils.views.clarify_first import REQUESTS_IN_FLIGHT, WORTH_ASKING
from course_utils.views.html import parts_html


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


def test_the_views_are_found_by_their_ids():
    assert get_view("requests-in-flight") is REQUESTS_IN_FLIGHT
    assert get_view("worth-asking") is WORTH_ASKING


# ---------------------------------------------------------------- requests in flight


def test_the_company_of_the_lesson():
    """10,000 x 30% x 6 / 8 h x 3 = 1.875 a second; times 6 s = 11.25; + 1.645 sqrt(11.25)."""
    result = REQUESTS_IN_FLIGHT.result()
    row = result.table.rows[result.table.marked_row]
    assert row == (10_000, pytest.approx(1.875), pytest.approx(11.25), pytest.approx(16.767), 1)
    assert result.chart.title == "Above 15,300 users 1 server is not enough"
    assert result.threshold_label == (
        "One more server above 15,300 users; by the mean alone it would be 21,300."
    )
    assert result.binding_role == "mean"


def test_the_dashed_line_crosses_the_room_of_the_server_at_the_threshold():
    result = REQUESTS_IN_FLIGHT.result()
    users, room = (rule for rule in result.chart.rules)
    assert room.y == 24
    there = how_many_servers(
        users=users.x,
        active_share=0.3,
        requests_per_active_user=6,
        active_hours=8,
        peak_to_mean=3,
        seconds_per_request=6,
        slots=24,
    )
    assert there.values["busy_in_flight"] == pytest.approx(room.y)
    assert result.chart.series[1].style == "dashed"


@pytest.mark.parametrize(("users", "servers"), [(15_000, 1), (15_500, 2), (30_000, 2)])
def test_the_choice_flips_at_the_threshold(users, servers):
    result = REQUESTS_IN_FLIGHT.result(users=users)
    assert column(result, "Servers")[result.table.marked_row] == servers


def test_the_dot_lies_on_the_line_of_busy_moments():
    x, y = REQUESTS_IN_FLIGHT.result(users=3_000).chart.you_are_here
    assert x == 3_000
    assert y == pytest.approx(busy_requests_in_flight(mean_in_flight=0.3 * 11.25))


def test_twice_the_seconds_are_twice_the_requests_in_flight_and_break_the_server():
    slow = REQUESTS_IN_FLIGHT.result(seconds_per_request=12)
    row = slow.table.rows[slow.table.marked_row]
    assert row[2:] == (pytest.approx(22.5), pytest.approx(30.3, abs=0.1), 2)
    assert slow.chart.title == "Above 16,800 users 2 servers are not enough"


@pytest.mark.parametrize("knob", ["active_percent", "questions_per_day"])
def test_where_nobody_asks_the_card_says_so(knob):
    result = REQUESTS_IN_FLIGHT.result(**{knob: 0})
    assert result.chart.title == "Nobody asks, and nothing is in flight"
    assert "no headcount" in result.threshold_label
    assert parts_html(result)["figure"].count("<svg") == 2


# ---------------------------------------------------------------- worth asking


def test_the_worked_case_is_worth_two_dollars_eighteen_per_thousand():
    """On average 12.22 without and 10.04 with the answer, USD per 1,000: by hand."""
    result = WORTH_ASKING.result()
    assert column(result, "On average (USD)") == pytest.approx([19.6, 12.22, 13.1, 10.04])
    assert column(result, "At $0.01 an error (USD)") == pytest.approx([2.2, 4.1, 7.3, 2.2])
    assert column(result, "At $0.30 an error (USD)") == pytest.approx([45.7, 24.4, 21.8, 21.8])
    assert result.table.rows[3][1:3] == (pytest.approx(3.14), pytest.approx(89))
    assert result.table.marked_row == 1
    assert "worth $9,890 over 4,536,000 requests at a cost of $120" in result.sentence
    assert (
        result.chart.title == "Choose small first, cascade above $0.034, large above $0.17 an error"
    )
    assert result.binding_role == "worth"


@pytest.mark.parametrize("dear_percent", [0, 5, 40, 75, 100])
@pytest.mark.parametrize(("cheap_usd", "dear_usd"), [(0.01, 0.3), (0.3, 0.01), (0.05, 20)])
def test_the_last_row_saves_what_the_calculator_says(cheap_usd, dear_usd, dear_percent):
    result = WORTH_ASKING.result(cheap_usd=cheap_usd, dear_usd=dear_usd, dear_percent=dear_percent)
    *designs, fitting = (row[-1] for row in result.table.rows)
    shares = [1 - dear_percent / 100, dear_percent / 100]
    totals = {
        name: [each.total_usd(usd) for usd in (cheap_usd, dear_usd)]
        for name, each in EXAMPLE_DESIGNS.items()
    }
    worth = 1000 * perfect_information_usd(totals_usd=totals, shares=shares)
    assert min(designs) - fitting == pytest.approx(worth)
    assert designs[result.table.marked_row] == min(designs)


def test_the_rules_stand_at_the_switch_points():
    rules = WORTH_ASKING.result().chart.rules
    assert [rule.x for rule in rules] == [s.above_usd for s in switch_points(EXAMPLE_DESIGNS)[1:]]
    assert [rule.label for rule in rules] == ["$0.034", "$0.17"]


@pytest.mark.parametrize(("cheap_usd", "dear_usd"), [(2, 5), (0.001, 0.03), (0.05, 0.1)])
def test_an_answer_on_the_same_side_of_every_switch_point_is_worth_nothing(cheap_usd, dear_usd):
    result = WORTH_ASKING.result(cheap_usd=cheap_usd, dear_usd=dear_usd, question_usd=0)
    assert "stop asking" in result.sentence
    assert "No answer would change the design." in result.threshold_label


def test_a_certain_answer_is_not_worth_asking_for():
    for percent in (0, 100):
        assert "stop asking" in WORTH_ASKING.result(dear_percent=percent).sentence


def test_few_questions_do_not_pay_for_asking():
    result = WORTH_ASKING.result(requests=10_000)
    assert "I choose to stop asking" in result.sentence
    assert result.binding_label == "the price of asking"
    assert "Stop asking when it costs more than $21.80." in result.threshold_label


def test_a_design_that_is_never_the_cheapest_has_no_switch_point():
    result = WORTH_ASKING.result(cascade_usd_per_1000=6.7)
    assert [rule.label for rule in result.chart.rules] == ["$0.061"]


def test_where_one_design_is_the_best_there_is_nothing_to_ask():
    result = WORTH_ASKING.result(small_percent=100)
    assert result.chart.title == "Whatever an error costs, small is the cheapest"
    assert result.chart.rules == ()
    assert result.threshold_label == "No answer would change the design."


# ---------------------------------------------------------------- both

BOTH = (REQUESTS_IN_FLIGHT, WORTH_ASKING)


@pytest.mark.parametrize(
    ("view", "knobs", "complaint"),
    [
        (REQUESTS_IN_FLIGHT, {"users": 0}, "users = 0 .*from 1"),
        (REQUESTS_IN_FLIGHT, {"active_percent": 101}, "active_percent = 101"),
        (REQUESTS_IN_FLIGHT, {"questions_per_day": -1}, "questions_per_day = -1"),
        (REQUESTS_IN_FLIGHT, {"active_hours": 25}, "active_hours = 25"),
        (REQUESTS_IN_FLIGHT, {"peak_to_mean": 0.5}, "peak_to_mean = 0.5"),
        (REQUESTS_IN_FLIGHT, {"seconds_per_request": 0}, "seconds_per_request = 0"),
        (REQUESTS_IN_FLIGHT, {"slots": 2.5}, "slots = 2.5"),
        (WORTH_ASKING, {"cheap_usd": 0}, "cheap_usd = 0 .*from 0.0001"),
        (WORTH_ASKING, {"dear_usd": -1}, "dear_usd = -1"),
        (WORTH_ASKING, {"dear_percent": 101}, "dear_percent = 101"),
        (WORTH_ASKING, {"requests": 0}, "requests = 0"),
        (WORTH_ASKING, {"question_usd": -1}, "question_usd = -1"),
        (WORTH_ASKING, {"small_usd_per_1000": 0}, "small_usd_per_1000 = 0"),
        (WORTH_ASKING, {"large_percent": 101}, "large_percent = 101"),
    ],
)
def test_what_is_out_of_range_is_named(view, knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        view.result(**knobs)
