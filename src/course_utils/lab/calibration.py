"""Stated confidence against what came true: a figure, and the same in words below it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from course_utils.quiz.confidence import CalibrationBin, calibration, summary
from course_utils.quiz.record import RECORD_WORDS

LEFT, RIGHT, TOP, BOTTOM = 46.0, 310.0, 12.0, 200.0
WIDTH, HEIGHT = 320, 246
TICKS = (0, 0.25, 0.5, 0.75, 1)


def calibration_html(stated: Sequence[tuple[float, bool]], about: str = "") -> str:
    """Title, figure, a sentence for each level, and the mean score; `about` names the answers."""
    bins = calibration(stated)
    title = f"{about}: {_lowered(RECORD_WORDS['calibration_title'])}" if about else _title()
    sentences = "".join(f"<li>{escape(each.sentence)}</li>" for each in bins)
    return (
        f'<p class="cu-chart-title">{escape(title)}</p>{figure_svg(bins)}'
        f"<ul>{sentences}</ul><p>{escape(summary(stated))}</p>"
    )


def figure_svg(bins: Sequence[CalibrationBin]) -> str:
    """Dots with 95% intervals, and the line on which a perfect judge's dots stand."""
    parts = []
    for share in TICKS:
        parts.append(_line("cu-grid", (LEFT, _y(share)), (RIGHT, _y(share))))
        parts.append(_text(_x(share), BOTTOM + 16, f"{100 * share:g}", "middle"))
        parts.append(_text(LEFT - 6, _y(share) + 4, f"{100 * share:g}", "end"))
    parts.append(_line("cu-quiz-perfect", (_x(0), _y(0)), (_x(1), _y(1))))
    for each in bins:
        x = _x(each.confidence)
        parts.append(_line("cu-quiz-whisker", (x, _y(each.low)), (x, _y(each.high))))
        parts.append(f'<circle class="cu-quiz-dot" cx="{x:.1f}" cy="{_y(each.share):.1f}" r="5"/>')
    parts.append(_text((LEFT + RIGHT) / 2, 240, RECORD_WORDS["stated_axis"], "middle"))
    parts.append(
        f'<text transform="translate(11 {(TOP + BOTTOM) / 2:g}) rotate(-90)" '
        f'text-anchor="middle">{escape(RECORD_WORDS["right_axis"])}</text>'
    )
    label = escape(f"{_title()}. {RECORD_WORDS['in_words']}")
    return (
        f'<svg class="cu-quiz-calibration" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _title() -> str:
    return RECORD_WORDS["calibration_title"]


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _x(share: float) -> float:
    return LEFT + share * (RIGHT - LEFT)


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)


def _line(css: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{css}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
