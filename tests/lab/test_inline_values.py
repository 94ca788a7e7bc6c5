"""Inline values are the same at the end of a lesson as where they stand.

JupyterLab's Run All runs every code cell before it asks for the first `{eval}`: a name that a
later cell uses for something else would print a wrong number there, and a right one in the book.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

from course_utils.authoring.prose import eval_expressions

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [
    path
    for folder in ("chapters", "solutions")
    for path in sorted((ROOT / folder).glob("*.md"))
    if "{eval}`" in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_inline_values_do_not_depend_on_when_they_are_asked_for(path, capsys):
    names: dict = {"__name__": "__main__"}
    where_they_stand = []
    for cell in jupytext.read(path, fmt="md:myst").cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
        else:
            for expression in eval_expressions(cell.source):
                where_they_stand.append((expression, eval(expression, names)))
    assert where_they_stand
    at_the_end = [(expression, eval(expression, names)) for expression, _ in where_they_stand]
    assert at_the_end == where_they_stand
