"""A card as Markdown to take along: what it says, for which setting, and how to get it again.

Whoever reviews an answer runs the call and sees the same figures, or reads in the last line
that the course or its data have changed since.
"""

from __future__ import annotations

from html import escape

from course_utils.catalog import data_digest
from course_utils.views.knobs import with_unit
from course_utils.views.model import Knob, KnobValue, Result, Table, View
from course_utils.views.text import cell_text

# The name of the fold that holds it.
COPY_TITLE = "Text to copy"


def call_text(view: View, knobs: dict[str, KnobValue]) -> str:
    """Python that shows the card with this setting; every knob is named.

    A default may change with the course, so it is written too.
    """
    values = {**view.defaults, **knobs}
    arguments = [f"calculator({_literal(view.id)})"]
    arguments += [f"{name}={_literal(value)}" for name, value in values.items()]
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"from course_utils import calculator, show\n\nshow(\n{lines})"


def copy_text(view: View, result: Result, knobs: dict[str, KnobValue]) -> str:
    """The card in Markdown, with the setting, the call and the version of course and data."""
    from course_utils import __version__

    values = {**view.defaults, **knobs}
    settings = "\n".join(f"- {_setting(knob, values[knob.name])}" for knob in view.knobs)
    parts = [
        f"**{_plain(view.title)}: {_plain(view.question)}**",
        f"> {_plain(result.sentence)}",
        _plain(f"Binds: {result.binding_label}. {result.threshold_label}"),
        _plain(settings),
        _table(result.table),
        _plain(result.limits),
        f"```python\n{call_text(view, values)}\n```",
        f"course_utils {__version__}, catalog data {data_digest()}",
    ]
    return "\n\n".join(part for part in parts if part)


def copy_html(view: View, result: Result, knobs: dict[str, KnobValue]) -> str:
    """`copy_text` in a box in which it can be selected."""
    return (
        f'<textarea class="cu-copy" readonly rows="10" aria-label="This card as Markdown">'
        f"{escape(copy_text(view, result, knobs))}</textarea>"
    )


def _literal(value: KnobValue) -> str:
    """The value as Python source; a long whole number with its thousands apart."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    whole = isinstance(value, int) or value.is_integer()
    return f"{int(value):_}" if whole else repr(value)


def _setting(knob: Knob, value: KnobValue) -> str:
    return f"{knob.label}: {with_unit(knob, value)}"


def _plain(text: str) -> str:
    # Between two of them JupyterLab would set a formula.
    return text.replace("$", r"\$")


def _table(table: Table) -> str:
    """A Markdown table, numbers to the right and the row that matters in bold."""
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    sides = ["---" if any(isinstance(c, str) for c in cells) else "---:" for cells in columns]

    def line(cells: list[str]) -> str:
        return f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in cells)} |"

    rows = []
    for number, row in enumerate(table.rows):
        cells = [cell_text(cell) for cell in row]
        marked = number == table.marked_row
        rows.append(line([f"**{cell}**" if marked and cell else cell for cell in cells]))
    head = [_plain(table.caption), "", line(list(table.columns)), f"| {' | '.join(sides)} |"]
    return "\n".join([*head, *rows])
