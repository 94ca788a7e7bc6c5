"""One color for each term: the same in chart, table and sentence."""

from __future__ import annotations

from course_utils.views.model import Chart, Result

N_COLORS = 6


def chart_roles(chart: Chart) -> dict[str, int]:
    """Role -> color number, 1 to 6, in the order in which the series name them."""
    roles = list(dict.fromkeys(series.role for series in chart.series))
    if len(roles) > N_COLORS:
        raise ValueError(f"a chart has at most {N_COLORS} roles, got {len(roles)}: {roles}")
    return {role: number for number, role in enumerate(roles, 1)}


def binding_color(result: Result) -> int | None:
    """The color number of the term that binds; None for a limit that no line shows."""
    return chart_roles(result.chart).get(result.binding_role)
