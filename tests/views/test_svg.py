"""The chart renderer: what it draws, where, and for whom."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.views.model import Chart, Rule, Series
from course_utils.views.svg import Axis, alt_text, chart_html, chart_svg, tick_text

SVG = "{http://www.w3.org/2000/svg}"

CHART = Chart(
    title="Cost grows with context",
    x_label="context (tokens)",
    y_label="USD",
    series=(
        Series("input", "input", (1_000, 10_000, 100_000), (0.003, 0.03, 0.3)),
        Series("output", "output", (1_000, 100_000), (0.006, 0.006), "dashed"),
        Series("measured", "input", (1_000,), (0.004,), "dots"),
    ),
    rules=(Rule("input passes output: 2,000", x=2_000),),
    you_are_here=(10_000, 0.03),
)


def draw(chart=CHART, **options):
    return ElementTree.fromstring(chart_svg(chart, **options))


def by_class(svg, css):
    return [e for e in svg.iter() if css in (e.get("class") or "").split()]


def test_every_part_is_drawn_once():
    svg = draw()
    assert len(by_class(svg, "cu-series")) == 2
    assert len(by_class(svg, "cu-dashed")) == 1
    assert len(by_class(svg, "cu-rule")) == 1
    assert len(by_class(svg, "cu-here")) == 1
    assert [e.text for e in by_class(svg, "cu-label")] == ["input", "output", "measured"]


def test_series_of_one_role_share_a_color_and_others_do_not():
    labels = {e.text: e.get("class") for e in by_class(draw(), "cu-label")}
    assert labels["input"] == labels["measured"]
    assert labels["input"] != labels["output"]


def test_no_color_is_fixed_so_that_dark_mode_needs_no_second_figure():
    assert not re.search(r"#[0-9a-f]{3,6}|rgb|fill=|stroke=", chart_svg(CHART))


def test_a_screen_reader_hears_the_message_and_the_ends_of_the_lines():
    assert draw().get("aria-label") == alt_text(CHART)
    assert "Cost grows with context" in alt_text(CHART)
    assert "input goes from 0.003 to 0.3" in alt_text(CHART)
    assert alt_text(replace(CHART, alt="Said by hand")) == "Said by hand"


def test_both_sizes_are_there_and_a_title():
    html = chart_html(CHART)
    assert html.count("<svg") == 2
    assert "<figcaption" in html


@pytest.mark.parametrize("width", [350, 680])
def test_nothing_is_drawn_outside_the_picture(width):
    svg = draw(width=width, height=320)
    for text in svg.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width
        assert 0 < float(text.get("y")) <= 320


def test_labels_do_not_stand_on_each_other():
    crowd = tuple(Series(f"line {n}", f"r{n}", (1, 10), (1, 1 + n / 100)) for n in range(6))
    heights = [float(e.get("y")) for e in by_class(draw(replace(CHART, series=crowd)), "cu-label")]
    ordered = sorted(heights)
    assert all(b - a >= 13 for a, b in pairwise(ordered))


def test_points_that_a_log_axis_cannot_show_are_left_out():
    series = Series("s", "s", (1, 10, 100, 1000), (0.0, math.inf, 2.0, 3.0))
    svg = draw(replace(CHART, series=(series,), rules=(), you_are_here=None))
    assert by_class(svg, "cu-series")[0].get("d").count("L") == 1


def test_a_threshold_beyond_the_axis_is_not_drawn_at_a_wrong_place():
    svg = draw(replace(CHART, rules=(Rule("far away", x=1e9),)))
    assert not by_class(svg, "cu-rule")


def test_a_chart_without_a_point_is_an_error_and_not_an_empty_picture():
    empty = replace(CHART, series=(Series("s", "s", (1.0,), (0.0,)),), rules=())
    with pytest.raises(ValueError, match="nothing to draw"):
        chart_svg(empty)


def test_text_from_data_is_escaped():
    hostile = Series("<script>", "a", (1, 2), (1, 2))
    assert "<script>" not in chart_html(replace(CHART, series=(hostile,), title="<b>"))


@given(
    low=st.floats(1e-6, 1e6),
    ratio=st.floats(1.01, 1e6),
    log=st.booleans(),
    most=st.integers(3, 12),
)
def test_ticks_lie_on_the_axis_and_are_few(low, ratio, log, most):
    axis = Axis(low, low * ratio, 0, 100, log)
    ticks = axis.ticks(most)
    assert len(ticks) <= most + 1
    assert all(low * 0.99 <= tick <= low * ratio * 1.01 for tick in ticks)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.05, "0.05"), (500, "500"), (8_000, "8k"), (1_000_000, "1M"), (2e9, "2B")],
)
def test_tick_texts_are_short(value, text):
    assert tick_text(value) == text


@pytest.mark.parametrize("at", [1_500, 40_000])
def test_a_threshold_label_stays_beside_its_line_on_a_phone(at):
    label = "input passes output: 2,000 tokens of context"
    svg = draw(replace(CHART, rules=(Rule(label, x=at),)), width=350, height=320)
    texts = by_class(svg, "cu-rule-label")
    assert len(texts) > 1
    assert " ".join(text.text for text in texts) == label
    end_of_plot = min(float(e.get("x")) for e in by_class(svg, "cu-label")) - 7
    for text in texts:
        start, width = float(text.get("x")), 6.6 * len(text.text)
        left = text.get("text-anchor") == "end"
        assert start - width >= 46 if left else start + width <= end_of_plot
