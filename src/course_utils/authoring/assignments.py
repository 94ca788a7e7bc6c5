"""Assignments for nbgrader from solutions: the `source/` folder of a course that grades.

nbgrader keeps the source with answers and hidden tests, releases a version without, and puts
the tests back when it grades. What a solution explains behind its answer nbgrader would
release, so it is left out here, as in `exercises/`.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.authoring.exercises import CODE_STUB, TEXT_STUB, retitle, without_explanations

CONFIG_NAME = "nbgrader_config.py"
CONFIG = f"""\
# Written once by `python -m course_utils.authoring assignments`; yours to change.
c = get_config()  # noqa: F821
# What students find in the place of an answer.
c.ClearSolutions.code_stub = {{"python": {CODE_STUB!r}}}
c.ClearSolutions.text_stub = {TEXT_STUB!r}
"""
LESSON_LINK = re.compile(r"(\]\(\.\./chapters/[\w-]+)\.md(?=[#)])")

EVAL = re.compile(r"\{eval\}`([^`]+)`")


def assignment(text: str, name: str) -> NotebookNode:
    """The notebook for nbgrader's `source/` made of the solution `text`; same text, same bytes."""
    notebook = without_explanations(text, name)
    retitle(notebook, name)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("tags", None)  # the book's business
        if cell.cell_type == "markdown":
            cell.source = LESSON_LINK.sub(r"\1.ipynb", cell.source)
            if "nbgrader" not in cell.metadata:
                cell.source = EVAL.sub(lambda match: _value(match[1], name), cell.source)
    # Jupytext would take the notebook for one half of a pair.
    notebook.metadata.pop("jupytext", None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def write_assignments(root: Path, course: Path, names: list[str] | None = None) -> list[str]:
    """Write `course`/source/NAME/NAME.ipynb for these exercises, by default all; what was done.

    A file that stands there is made anew: `solutions/` is the source. The configuration is
    written once.
    """
    known = {path.stem: path for path in sorted((root / "solutions").glob("*.md"))}
    wanted = names or list(known)
    for name in wanted:
        if name not in known:
            raise ValueError(f"there is no exercise {name!r}; there are {', '.join(known)}")
    made = {
        name: assignment(known[name].read_text("utf-8"), f"solutions/{name}.md") for name in wanted
    }
    report = []
    for name, notebook in made.items():
        path = course / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(notebook) + "\n", "utf-8")
        points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
        by_hand = sum(_by_hand(cell) for cell in notebook.cells)
        report.append(f"wrote {path}: {points} points, {by_hand} of them graded by hand")
    if not (course / CONFIG_NAME).exists():
        (course / CONFIG_NAME).write_text(CONFIG, "utf-8")
        report.append(f"wrote {course / CONFIG_NAME}")
    return report


def _value(expression: str, name: str) -> str:
    """What the page shows for an expression; nbgrader's pages would show the expression."""
    try:
        return str(eval(expression, {}))
    except NameError as error:
        raise ValueError(
            f"{name}: {{eval}}`{expression}` in the text of an exercise needs a cell ({error}); "
            "use numbers alone, or tag the text solution-only"
        ) from None


def _by_hand(cell: NotebookNode) -> float:
    """The points of a cell that somebody has to read."""
    marks = cell.metadata.get("nbgrader", {})
    return marks["points"] if marks.get("grade") and marks["solution"] else 0
