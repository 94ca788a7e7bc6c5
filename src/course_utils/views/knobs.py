"""What a reader types into a knob, and how its value reads."""

from __future__ import annotations

import math
import re

from course_utils.views.model import Knob, KnobValue, View

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kmb]?)", re.IGNORECASE)
_SIZES = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def parse_value(knob: Knob, text: str | float) -> KnobValue:
    """The value of a knob from what was typed: 100000, 100,000, 100k, 1.5e3, $3, 20%.

    Raises `ValueError` with the knob's label when it is no number, or no choice it offers.
    """
    if knob.kind == "choice":
        if text not in dict(knob.choices):
            raise ValueError(
                f"{knob.label}: {text!r} is not one of {', '.join(dict(knob.choices))}"
            )
        return str(text)
    if not isinstance(text, str):
        return text
    cleaned = re.sub(r"[\s,_$%]", "", text)
    match = _NUMBER.fullmatch(cleaned)
    if not match:
        raise ValueError(
            f"{knob.label}: {text.strip()!r} is not a number; type for example "
            f"{value_text(knob, knob.default)}"
        )
    digits, size = match.groups()
    value = float(digits) * _SIZES[size.lower()]
    # A whole number stays one, so that counts read as counts.
    return int(value) if math.isfinite(value) and value == int(value) else value


def value_text(knob: Knob, value: KnobValue) -> str:
    """The value as the reader sees it, without its unit."""
    if isinstance(value, str):
        return dict(knob.choices).get(value, value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def with_unit(knob: Knob, value: KnobValue) -> str:
    """The value with its unit: "32,000 tokens", "40%", "2% of the chunks"."""
    space = "" if knob.unit.startswith("%") else " "
    return f"{value_text(knob, value)}{space}{knob.unit}".strip()


def setting_text(view: View, knobs: dict[str, KnobValue]) -> str:
    """The primary knobs in one line: for whom the figure below holds."""
    parts = []
    for knob in view.knobs:
        if knob.primary:
            text = with_unit(knob, knobs.get(knob.name, knob.default))
            parts.append(f"{knob.label.lower()} {text}")
    return "; ".join(parts)


def nearest_step(knob: Knob, value: KnobValue) -> int:
    """The position of the slider's step that is nearest to a value, by ratio when positive."""
    if isinstance(value, str) or not math.isfinite(value):
        return 0
    if min(knob.steps) > 0 and value > 0:
        return min(
            range(len(knob.steps)), key=lambda i: abs(math.log(knob.steps[i]) - math.log(value))
        )
    return min(range(len(knob.steps)), key=lambda i: abs(knob.steps[i] - value))
