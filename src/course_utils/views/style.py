"""The style sheets of the views, as text."""

from __future__ import annotations

from importlib.resources import files


def css_text(*names: str) -> str:
    """`style.css` followed by `<name>.css` for each name."""
    folder = files("course_utils.views")
    return "\n".join((folder / f"{name}.css").read_text("utf-8") for name in ("style", *names))
