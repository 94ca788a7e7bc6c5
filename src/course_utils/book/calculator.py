"""A view as static HTML: the card of one setting, which `calculator.mjs` can bring to life.

Figure, table and sentence stand in the page itself, so they need neither
JavaScript nor a network. The controls are in the page too, hidden until the
reader's browser runs Python.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from course_utils.views.copy import COPY_TITLE
from course_utils.views.html import card_html
from course_utils.views.knobs import nearest_step, setting_text, value_text, with_unit
from course_utils.views.model import Knob, View

# The module that makes the card live removes this text, so whoever reads it has
# no JavaScript, or has opened the page from a file.
WHY_STATIC = (
    "To move the sliders, read this page over http (any static server will do) with JavaScript on. "
    "The figures above are complete without it."
)


def _control(knob: Knob, value: Any, prefix: str) -> str:
    """One knob as a labeled form control; the box takes any value, the slider its steps."""
    box = f"{prefix}-{knob.name}"
    unit = f'<span class="cu-unit" id="{box}-unit">{escape(knob.unit)}</span>' if knob.unit else ""
    described = f' aria-describedby="{box}-unit"' if knob.unit else ""
    if knob.kind == "choice":
        options = "".join(
            f'<option value="{escape(key)}"{" selected" * (key == value)}>{escape(text)}</option>'
            for key, text in knob.choices
        )
        row = f'<select id="{box}" data-cu-knob="{knob.name}"{described}>{options}</select>{unit}'
    else:
        row = (
            f'<input type="text" inputmode="decimal" autocomplete="off" id="{box}" '
            f'data-cu-knob="{knob.name}" value="{value_text(knob, value)}"{described}>{unit}'
        )
    if knob.kind == "steps":
        at = nearest_step(knob, value)
        texts = escape(json.dumps([with_unit(knob, step) for step in knob.steps]))
        row = (
            f'<input type="range" min="0" max="{len(knob.steps) - 1}" step="1" value="{at}" '
            f'data-cu-slider="{knob.name}" data-cu-steps="{escape(json.dumps(knob.steps))}" '
            f'data-cu-texts="{texts}" aria-label="{escape(knob.label)}">{row}'
        )
    help_text = f'<p class="cu-help">{escape(knob.help)}</p>' if knob.help else ""
    return (
        f'<div class="cu-knob"><label for="{box}">{escape(knob.label)}</label>'
        f'<div class="cu-knob-row">{row}</div>{help_text}</div>'
    )


def html(view: View, **knobs: Any) -> str:
    """The card of `view` for these knob values, complete without JavaScript."""
    values = {**view.defaults, **knobs}
    parts = card_html(view, knobs)
    prefix = f"cu-{view.id}"

    def controls(primary: bool) -> str:
        return "".join(
            _control(k, values[k.name], prefix) for k in view.knobs if k.primary == primary
        )

    more = controls(primary=False)
    more_html = (
        f'<details><summary>More settings</summary><div class="cu-knobs">{more}</div></details>'
        if more
        else ""
    )
    return (
        f'<section class="cu-card cu-calculator" data-cu-calculator="{view.id}" '
        f'aria-labelledby="{prefix}-title"><p class="cu-card-title" id="{prefix}-title">'
        f"{escape(view.title)}: {escape(view.question)}</p>"
        f'<div data-cu-part="sentence" aria-live="polite">{parts["sentence"]}</div>'
        f'<div data-cu-part="binding">{parts["binding"]}</div>'
        f'<div class="cu-error" data-cu-error role="alert"></div>'
        f'<div data-cu-part="figure">{parts["figure"]}</div>'
        f'<p class="cu-status" data-cu-setting>Shown for {escape(setting_text(view, values))}.</p>'
        f'<form data-cu-controls hidden><div class="cu-knobs">{controls(primary=True)}</div>'
        f"{more_html}</form>"
        f'<button type="button" class="cu-button" data-cu-run hidden>Run it live</button>'
        f'<p class="cu-status" data-cu-status role="status">{escape(WHY_STATIC)}</p>'
        f'<details><summary>Table</summary><div data-cu-part="table">{parts["table"]}</div>'
        f"</details>"
        f'<details><summary>{COPY_TITLE}</summary><div data-cu-part="copy">{parts["copy"]}</div>'
        f'<button type="button" class="cu-button cu-button-quiet" data-cu-copy hidden>Copy</button>'
        f'<p class="cu-status" data-cu-copied role="status"></p></details>'
        f"</section>"
    )
