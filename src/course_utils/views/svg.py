"""A chart as SVG that takes its colors and font from the page it stands in.

One drawing serves light and dark, JupyterLab, the book and the reader's browser,
where neither matplotlib nor a network is at hand. Two sizes are drawn, because a
figure for a desktop shrunk to a phone cannot be read; a container query in
`style.css` shows the one that fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from course_utils.views.model import Chart, Series
from course_utils.views.roles import chart_roles

LINE_HEIGHT = 14.0
CHARACTER = 7.8  # mean advance of the bold 12 px label in a wide font such as DejaVu Sans
RULE_CHARACTER = 6.6  # of the 11.5 px label beside a threshold


@dataclass(frozen=True)
class Axis:
    """Maps data to pixels on one axis, linear or logarithmic."""

    low: float
    high: float
    start_px: float
    end_px: float
    log: bool

    def px(self, value: float) -> float:
        a, b, v = (
            map(math.log10, (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return self.start_px + (v - a) / (b - a) * (self.end_px - self.start_px)

    def holds(self, value: float) -> bool:
        return math.isfinite(value) and self.low <= value <= self.high

    def ticks(self, most: int) -> list[float]:
        return (
            _log_ticks(self.low, self.high, most)
            if self.log
            else _linear_ticks(self.low, self.high, most)
        )


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, with 2 and 5 between them where there is room."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for mantissas, stride in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        ticks = [
            m * 10.0**e
            for e in range(first, last + 1)
            if e % stride == 0
            for m in mantissas
            if low * 0.999 <= m * 10.0**e <= high * 1.001
        ]
        if len(ticks) <= most:
            return ticks
    return ticks


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """A short label: 500, 8k, 1M, 0.05."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}" if value == 0 or abs(value) >= 1e-4 else f"{value:.0e}"


def _range(values: list[float], log: bool) -> tuple[float, float]:
    """The span of an axis: a little more than the data, from zero when linear."""
    low, high = min(values), max(values)
    if log:
        return (low / 1.15, high * 1.15) if high > low else (low / 2, high * 2)
    return min(0.0, low), (high * 1.06 or 1.0)


def _usable(series: Series, chart: Chart) -> list[tuple[float, float]]:
    """The points that the axes can show: finite, and positive on a log axis."""
    return [
        (x, y)
        for x, y in zip(series.x, series.y, strict=True)
        if math.isfinite(x)
        and math.isfinite(y)
        and (x > 0 or not chart.x_log)
        and (y > 0 or not chart.y_log)
    ]


def _wrap(label: str, width: int) -> list[str]:
    lines = [""]
    for word in label.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _spread(wanted: list[tuple[float, float]], top: float, bottom: float) -> list[float]:
    """Centers for labels of given heights, near the wanted y and not over each other."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i][0])
    centers = [y for y, _ in wanted]
    edge = top
    for i in order:
        half = wanted[i][1] / 2
        centers[i] = max(centers[i], edge + half)
        edge = centers[i] + half
    edge = bottom
    for i in reversed(order):
        half = wanted[i][1] / 2
        centers[i] = min(centers[i], edge - half)
        edge = centers[i] - half
    return centers


def _text(x: float, y: float, text: str, css: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _line(css: str, x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="{css}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def _grid(chart: Chart, x: Axis, y: Axis, width: float) -> list[str]:
    parts = []
    for value in y.ticks(6):
        at = y.px(value)
        parts.append(_line("cu-grid", x.start_px, x.end_px, at, at))
        parts.append(_text(x.start_px - 6, at + 4, tick_text(value), "cu-tick", "end"))
    for value in x.ticks(max(3, int((x.end_px - x.start_px) / 46))):
        at = x.px(value)
        parts.append(_line("cu-grid", at, at, y.start_px, y.end_px))
        parts.append(_text(at, y.start_px + 17, tick_text(value), "cu-tick", "middle"))
    parts.append(_line("cu-axis", x.start_px, x.end_px, y.start_px, y.start_px))
    parts.append(_text(4, 14, chart.y_label, "cu-axis-label"))
    parts.append(
        _text(
            (x.start_px + x.end_px) / 2, y.start_px + 35, chart.x_label, "cu-axis-label", "middle"
        )
    )
    return parts


def _lines(chart: Chart, x: Axis, y: Axis) -> list[str]:
    parts, roles = [], chart_roles(chart)
    for series in chart.series:
        points = [
            (x.px(a), y.px(b)) for a, b in _usable(series, chart) if x.holds(a) and y.holds(b)
        ]
        color = roles[series.role]
        if series.style == "dots":
            parts += [
                f'<circle class="cu-fill-{color}" cx="{a:.1f}" cy="{b:.1f}" r="3.5"/>'
                for a, b in points
            ]
        elif points:
            path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
            dashed = " cu-dashed" if series.style == "dashed" else ""
            parts.append(f'<path class="cu-series cu-stroke-{color}{dashed}" d="{path}"/>')
    return parts


def _labels(chart: Chart, x: Axis, y: Axis, characters: int) -> list[str]:
    """Each series named at its end, in its color, instead of a legend."""
    roles = chart_roles(chart)
    named = []
    for series in chart.series:
        points = [(a, b) for a, b in _usable(series, chart) if x.holds(a) and y.holds(b)]
        if series.label and points:
            named.append((series, points[-1], _wrap(series.label, characters)))
    centers = _spread(
        [(y.px(end[1]), LINE_HEIGHT * len(lines) + 2) for _, end, lines in named],
        y.end_px - 6,
        y.start_px + 6,
    )
    parts = []
    for (series, _, lines), center in zip(named, centers, strict=True):
        first = center - LINE_HEIGHT * (len(lines) - 1) / 2 + 4
        parts += [
            _text(
                x.end_px + 7,
                first + LINE_HEIGHT * n,
                line,
                f"cu-label cu-fill-{roles[series.role]}",
            )
            for n, line in enumerate(lines)
        ]
    return parts


def _rules(chart: Chart, x: Axis, y: Axis) -> list[str]:
    """Thresholds, each with its value beside the line and inside the plot."""
    parts, level = [], 0
    for rule in chart.rules:
        if rule.x is not None and x.holds(rule.x):
            at = x.px(rule.x)
            parts.append(_line("cu-rule", at, at, y.start_px, y.end_px))
            # On the side with more room, in lines that fit; further thresholds lower.
            left = at - x.start_px > x.end_px - at
            room = max(at - x.start_px, x.end_px - at) - 5
            for line in _wrap(rule.label, int(room / RULE_CHARACTER)):
                parts.append(
                    _text(
                        at - 5 if left else at + 5,
                        y.end_px + 12 + LINE_HEIGHT * level,
                        line,
                        "cu-rule-label cu-halo",
                        "end" if left else "start",
                    )
                )
                level += 1
        elif rule.y is not None and y.holds(rule.y):
            at = y.px(rule.y)
            parts.append(_line("cu-rule", x.start_px, x.end_px, at, at))
            # Under the line where the label of a vertical threshold stands above it.
            under = level and at - 5 < y.end_px + 12 + LINE_HEIGHT * level
            below = at + 13 if under else at - 5
            parts.append(_text(x.start_px + 5, below, rule.label, "cu-rule-label cu-halo"))
    return parts


def alt_text(chart: Chart) -> str:
    """What the figure shows, in words: its own `alt`, else built from its data."""
    if chart.alt:
        return chart.alt
    ends = [
        f"{series.label} goes from {points[0][1]:.3g} to {points[-1][1]:.3g}"
        for series in chart.series
        if series.label and (points := _usable(series, chart))
    ]
    return f"{chart.title}. {chart.y_label} against {chart.x_label}: {'; '.join(ends)}."


def chart_svg(chart: Chart, *, width: int = 680, height: int = 360, css: str = "") -> str:
    """The chart as one `<svg>` element.

    `width` and `height` are the pixels at which its text has its natural size.
    Raises `ValueError` when the chart has no point that its axes can show.
    """
    points = [p for series in chart.series for p in _usable(series, chart)]
    if not points:
        raise ValueError(f"chart {chart.title!r} has nothing to draw on its axes")
    ys = [b for _, b in points] + [r.y for r in chart.rules if r.y is not None]
    characters = 20 if width > 500 else 12
    longest = max(
        (len(line) for s in chart.series for line in _wrap(s.label, characters)), default=0
    )
    xs = [a for a, _ in points]
    x = Axis(min(xs), max(xs), 46.0, width - longest * CHARACTER - 12, chart.x_log)
    low, high = _range(ys, chart.y_log)
    y = Axis(low, high, height - 44.0, 28.0, chart.y_log)
    parts = [
        *_grid(chart, x, y, width),
        *_rules(chart, x, y),
        *_lines(chart, x, y),
        *_labels(chart, x, y, characters),
    ]
    if chart.you_are_here and x.holds(chart.you_are_here[0]) and y.holds(chart.you_are_here[1]):
        a, b = x.px(chart.you_are_here[0]), y.px(chart.you_are_here[1])
        parts.append(f'<circle class="cu-here" cx="{a:.1f}" cy="{b:.1f}" r="5.5"/>')
    return (
        f'<svg class="cu-chart {css}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(alt_text(chart))}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def chart_html(chart: Chart) -> str:
    """The chart with its title, in a size for desktops and one for phones."""
    return (
        f'<figure class="cu-figure"><figcaption class="cu-figure-title">{escape(chart.title)}'
        f"</figcaption>{chart_svg(chart, css='cu-wide')}"
        f"{chart_svg(chart, width=350, height=320, css='cu-narrow')}</figure>"
    )
