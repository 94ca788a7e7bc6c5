"""The reader's browser asks here: knobs as JSON in, parts of the card as JSON out.

Runs in Pyodide inside the page; the same functions answer in JupyterLab.
"""

from __future__ import annotations

import json

from course_utils.views import get_view
from course_utils.views.html import card_html
from course_utils.views.knobs import nearest_step, parse_value, setting_text, value_text
from course_utils.views.model import KnobValue, View


def read_knobs(view: View, typed: dict[str, str | float]) -> dict[str, KnobValue]:
    """Knob values from what was typed; `ValueError` names the knob."""
    by_name = {knob.name: knob for knob in view.knobs}
    unknown = sorted(set(typed) - set(by_name))
    if unknown:
        raise ValueError(f"{view.id}: no knob named {', '.join(unknown)}")
    return {name: parse_value(by_name[name], value) for name, value in typed.items()}


def answer(view_id: str, typed_json: str) -> str:
    """One step of a live card: `{"parts", "steps", "texts", "setting"}` or `{"error"}`.

    `steps` has the slider position and `texts` the written value of each knob.
    """
    view = get_view(view_id)
    try:
        knobs = read_knobs(view, json.loads(typed_json))
        parts = card_html(view, knobs)
    except ValueError as error:
        return json.dumps({"error": str(error)})
    values = {**view.defaults, **knobs}
    return json.dumps(
        {
            "parts": parts,
            "steps": {k.name: nearest_step(k, values[k.name]) for k in view.knobs if k.steps},
            "texts": {
                k.name: value_text(k, values[k.name]) for k in view.knobs if k.kind != "choice"
            },
            "setting": setting_text(view, values),
        }
    )
