"""Ranges against the true values: a figure on one logarithmic axis, and the same as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from course_utils.lab.quiz_parts import mark_html
from course_utils.quiz.intervals import Range
from course_utils.quiz.quantities import number_text
from course_utils.quiz.warm_up import WARM_UP_WORDS, Estimate
from course_utils.views.html import inline

LEFT, RIGHT, TOP, ROW = 14.0, 306.0, 6.0, 30.0
WIDTH, AXIS = 320, 24
# What lies further off than this is drawn at the edge; the table has the number.
MOST_DECADES = 6
# Up to this many decades to a side each has its label.
LABELED_DECADES = 2

Given = Sequence[tuple[Estimate, Range]]


def ranges_html(given: Given) -> str:
    """The figure with its title, and the table."""
    title = WARM_UP_WORDS["figure"]
    return f'<p class="cu-chart-title">{escape(title)}</p>{figure_svg(given)}{table_html(given)}'


def figure_svg(given: Given) -> str:
    """A line for each range, from low to high over the true value, and the line at 1."""
    words, bottom = WARM_UP_WORDS, TOP + ROW * len(given)
    decades = decades_shown([each for _, each in given])
    middle = (LEFT + RIGHT) / 2
    scale = (RIGHT - LEFT) / 2 / decades

    def x(logarithm: float) -> float:
        shown = logarithm / math.log(10)
        return middle + scale * max(-decades, min(decades, shown))

    parts = []
    for decade in range(-decades, decades + 1):
        at = middle + scale * decade
        css = "cu-grid" if decade else "cu-quiz-perfect"
        parts.append(_line(css, at, at, TOP, bottom))
        if decades <= LABELED_DECADES or decade in (-decades, 0, decades):
            parts.append(_text(at, bottom + 16, _tick(decade), _anchor(decade, decades)))
    for row, (estimate, each) in enumerate(given):
        y = TOP + ROW * row
        kind = "held" if each.held else "missed"
        mark = "✓" if each.held else "✗"
        value = math.log(each.value)
        low, high = math.log(each.low) - value, math.log(each.high) - value
        parts.append(_text(LEFT, y + 12, f"{mark} {estimate.label}", "start", "cu-range-label"))
        parts.append(_line(f"cu-range cu-range-{kind}", x(low), x(high), y + 21, y + 21))
        parts.append(
            f'<circle class="cu-range-middle cu-range-{kind}" cx="{x((low + high) / 2):.1f}" '
            f'cy="{y + 21:.1f}" r="3.5"/>'
        )
    held = sum(each.held for _, each in given)
    label = words["figure_alt"].format(figure=words["figure"], held=held, ranges=len(given))
    return (
        f'<svg class="cu-quiz-calibration cu-ranges-figure" viewBox="0 0 {WIDTH} '
        f'{bottom + AXIS:g}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def decades_shown(ranges: Sequence[Range]) -> int:
    """How many powers of ten the axis reaches to either side of the true value."""
    farthest = max(
        abs(math.log(end) - math.log(each.value)) / math.log(10)
        for each in ranges
        for end in (each.low, each.high)
    )
    return min(MOST_DECADES, max(1, math.ceil(farthest)))


def table_html(given: Given) -> str:
    """Range, value, verdict and score of each question."""
    words = WARM_UP_WORDS
    heads = (words["quantity"], words["your_range"], words["value_column"], words["score_column"])
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    rows = "".join(
        f"<tr><td>{_mark(each)} {inline(estimate.label)}</td>"
        f"<td>{_range_text(each)}</td><td>{inline(estimate.value_text)}</td>"
        f'<td class="cu-number">{number_text(each.score)}</td></tr>'
        for estimate, each in given
    )
    return (
        '<div class="cu-scroll" tabindex="0" role="group" aria-label="Table">'
        f'<table class="cu-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _range_text(each: Range) -> str:
    """Without its unit, which stands in the next column, so that a phone has room."""
    return WARM_UP_WORDS["range"].format(low=number_text(each.low), high=number_text(each.high))


def _mark(each: Range) -> str:
    return mark_html(each.held, WARM_UP_WORDS["held_mark" if each.held else "missed_mark"])


def _tick(decade: int) -> str:
    if not decade:
        return WARM_UP_WORDS["true_value"]
    words = WARM_UP_WORDS["times" if decade > 0 else "divided"]
    return words.format(factor=number_text(10.0 ** abs(decade)))


def _anchor(decade: int, decades: int) -> str:
    return {-decades: "start", decades: "end"}.get(decade, "middle")


def _line(css: str, x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="{css}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, css: str = "") -> str:
    style = f' class="{css}"' if css else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
