"""A result as plain text: for print, EPUB, screen readers and tests."""

from __future__ import annotations

from course_utils.calculators import words
from course_utils.views.model import Result, Table, View


def cell_text(cell: str | float | int) -> str:
    """A number with three significant digits and thousands separators; text as it is."""
    if isinstance(cell, str):
        return cell
    if cell == 0:
        return "0"
    # From 999.5 on, three digits would round to a power of ten and print as one.
    if abs(cell) >= 999.5 or (isinstance(cell, int) and abs(cell) >= 100):
        return words.count(cell)
    if abs(cell) >= 0.001:
        return words.digits(cell)
    return f"{cell:.2e}"


def table_text(table: Table) -> str:
    """An aligned text table; `>` marks the row that matters."""
    rows = [table.columns, *(tuple(map(cell_text, row)) for row in table.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    numeric = [
        all(not isinstance(row[i], str) for row in table.rows) for i in range(len(table.columns))
    ]
    lines = []
    for n, row in enumerate(rows):
        mark = ">" if n - 1 == table.marked_row else " "
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        lines.append(f"{mark} {'  '.join(cells)}".rstrip())
    return "\n".join([table.caption, *lines])


def result_text(view: View, result: Result) -> str:
    """The whole card in words: sentence, what binds, threshold, table, limits."""
    parts = [
        view.title,
        result.sentence,
        f"Binds: {result.binding_label}. {result.threshold_label}",
        table_text(result.table),
        result.limits,
    ]
    return "\n\n".join(part for part in parts if part)
