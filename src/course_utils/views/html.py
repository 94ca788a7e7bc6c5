"""The parts of a result as HTML fragments, the same in JupyterLab, book and browser."""

from __future__ import annotations

import re
from html import escape

from course_utils.views.copy import copy_html
from course_utils.views.model import KnobValue, Result, Table, View
from course_utils.views.roles import binding_color
from course_utils.views.svg import chart_html
from course_utils.views.text import cell_text

# A number does not part from its unit at the end of a line.
_UNIT_SPACE = re.compile(r"(?<=\d) (?=(?:s|ms|µs|min|h|GB)(?!\w))")
_MARKUP = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def inline(text: str) -> str:
    """Escaped text in which `` `code` `` and `**bold**` alone are markup."""
    text = _UNIT_SPACE.sub("\u00a0", text)
    parts, position = [], 0
    for match in _MARKUP.finditer(text):
        parts.append(escape(text[position : match.start()]))
        code, bold = match.groups()
        parts.append(f"<code>{escape(code)}</code>" if code else f"<strong>{escape(bold)}</strong>")
        position = match.end()
    parts.append(escape(text[position:]))
    return "".join(parts)


def sentence_html(result: Result) -> str:
    """The tradeoff sentence: the answer, so it stands on top."""
    return f'<p class="cu-sentence">{inline(result.sentence)}</p>'


def binding_html(result: Result) -> str:
    """What binds, in the color that it has in the chart, and where the choice flips."""
    color = binding_color(result)
    swatch = f'<span class="cu-swatch cu-role-{color}" aria-hidden="true"></span>' if color else ""
    return (
        f'<p class="cu-binding">{swatch}Binds: <strong>{inline(result.binding_label)}</strong>. '
        f"{inline(result.threshold_label)}</p>"
    )


def table_html(table: Table) -> str:
    """A table with numbers at the right and the row that matters marked."""
    numeric = [
        all(not isinstance(row[i], str) for row in table.rows) for i in range(len(table.columns))
    ]

    def cells(row, tag, scope):
        return "".join(
            f"<{tag}{scope}{' class=cu-number' if number else ''}>{inline(cell_text(cell))}</{tag}>"
            for cell, number in zip(row, numeric, strict=True)
        )

    body = "".join(
        f"<tr{' class=cu-marked' if i == table.marked_row else ''}>{cells(row, 'td', '')}</tr>"
        for i, row in enumerate(table.rows)
    )
    return (
        '<div class="cu-scroll" tabindex="0" role="group" aria-label="Table">'
        f'<table class="cu-table"><caption>{inline(table.caption)}</caption>'
        f"<thead><tr>{cells(table.columns, 'th', ' scope=col')}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def limits_html(result: Result) -> str:
    """What the model leaves out and how far it is off."""
    return f'<p class="cu-limits">{inline(result.limits)}</p>' if result.limits else ""


def parts_html(result: Result) -> dict[str, str]:
    """The parts of a card by name, in the order in which they stand on it."""
    return {
        "sentence": sentence_html(result),
        "binding": binding_html(result),
        "figure": chart_html(result.chart),
        "table": table_html(result.table) + limits_html(result),
    }


def card_html(view: View, knobs: dict[str, KnobValue]) -> dict[str, str]:
    """The parts of the card of `view` for these knobs, and its text to copy."""
    result = view.result(**knobs)
    return {**parts_html(result), "copy": copy_html(view, result, knobs)}


def error_html(message: str) -> str:
    """A calculator's complaint, in place of nothing: what stood before stays."""
    return f'<p class="cu-error">{escape(message)}</p>' if message else ""
