"""Exercises from solutions: `solutions/` is the only source, `exercises/` is generated.

A solution is a MyST notebook whose cells carry nbgrader's metadata. nbgrader's own
preprocessors take out what is between BEGIN and END SOLUTION or HIDDEN TESTS, so an
exercise here is the one an instructor would release; this module checks the source
before and reports a mistake by file, cell and marker.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import NamedTuple

import jupytext
from nbformat import NotebookNode

CODE_STUB = 'raise NotImplementedError("Write your answer here, then run the check.")'
TEXT_STUB = "*Write your answer here.*"
SOLUTION_ONLY = "solution-only"
# Run All goes on to the next exercise, and the book prints no traceback. What a check says of a
# wrong answer is read after the answer: the book folds it, and JupyterLab shows its first line.
UNANSWERED_TAGS = ["raises-exception", "remove-output", "hide-input"]
FOLDED = {
    "jupyter": {"source_hidden": True},
    "mystnb": {"code_prompt_show": "Show the check", "code_prompt_hide": "Hide the check"},
}

NBGRADER_KEYS = ("grade", "grade_id", "locked", "schema_version", "solution", "task")
SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")
HIDDEN_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
TITLE = re.compile(r"\A# Solution(s?): ")


class Region(NamedTuple):
    """The lines from a BEGIN marker to its END marker, and the indent of BEGIN."""

    begin: int
    end: int
    indent: int


class _Source:
    """A solution notebook under inspection; knows how to name a place in it."""

    def __init__(self, text: str, name: str):
        if not FRONT_MATTER.match(text):
            raise ValueError(
                f"{name}: no front matter; a notebook starts with jupytext and kernelspec"
            )
        self.name = name
        self.text = text
        self.notebook = jupytext.reads(text, fmt="md:myst")

    def error(self, index: int, cell: NotebookNode, problem: str) -> ValueError:
        mark = cell.metadata.get("nbgrader", {}).get("grade_id")
        first_line = next(iter(cell.source.splitlines()), "")
        place = f"cell {index + 1} ({f'grade_id {mark}' if mark else repr(first_line[:50])})"
        return ValueError(f"{self.name}: {place}: {problem}")

    def regions(self, index: int, cell: NotebookNode, markers: tuple[str, str]) -> list[Region]:
        begin_marker, end_marker = markers
        found: list[Region] = []
        opened: tuple[int, int] | None = None
        for number, line in enumerate(cell.source.splitlines()):
            if begin_marker in line:
                if opened:
                    raise self.error(index, cell, f"{begin_marker} inside {begin_marker}")
                opened = number, len(line) - len(line.lstrip())
            elif end_marker in line:
                if not opened:
                    raise self.error(index, cell, f"{end_marker} without {begin_marker}")
                found.append(Region(opened[0], number, opened[1]))
                opened = None
        if opened:
            raise self.error(index, cell, f"{begin_marker} without {end_marker}")
        return found


def check_solution(text: str, name: str) -> NotebookNode:
    """Read a solution notebook; `ValueError` names file, cell and marker of the first mistake."""
    source = _Source(text, name)
    seen: dict[str, int] = {}
    for index, cell in enumerate(source.notebook.cells):
        solutions = source.regions(index, cell, SOLUTION)
        hidden = source.regions(index, cell, HIDDEN_TESTS)
        marks = cell.metadata.get("nbgrader")
        if marks is None:
            if solutions:
                raise source.error(
                    index, cell, f"{SOLUTION[0]} in a cell without nbgrader metadata"
                )
            if hidden:
                raise source.error(
                    index, cell, f"{HIDDEN_TESTS[0]} in a cell without nbgrader metadata"
                )
            continue
        _check_metadata(source, index, cell, seen)
        if cell.cell_type == "code":
            _check_code(source, index, cell, solutions, hidden)
        elif not (marks["solution"] and marks["grade"]):
            raise source.error(
                index, cell, "a Markdown answer needs solution: true and grade: true"
            )
    if not seen:
        raise ValueError(f"{name}: no cell has nbgrader metadata, so there is nothing to answer")
    return source.notebook


def _check_metadata(source: _Source, index: int, cell: NotebookNode, seen: dict[str, int]) -> None:
    marks = cell.metadata["nbgrader"]
    missing = [key for key in NBGRADER_KEYS if key not in marks]
    if missing:
        raise source.error(index, cell, f"nbgrader metadata lacks {', '.join(missing)}")
    if marks["schema_version"] != 3:
        raise source.error(
            index, cell, f"nbgrader schema_version is {marks['schema_version']!r}, must be 3"
        )
    grade_id = str(marks["grade_id"])
    if not re.fullmatch(r"[A-Za-z0-9_-]+", grade_id):
        raise source.error(
            index, cell, f"grade_id {grade_id!r} may hold letters, digits, '-' and '_' alone"
        )
    if grade_id in seen:
        raise source.error(index, cell, f"grade_id is used in cell {seen[grade_id] + 1} already")
    seen[grade_id] = index
    points = marks.get("points")
    if marks["grade"] and (
        isinstance(points, bool) or not isinstance(points, int | float) or points <= 0
    ):
        raise source.error(index, cell, f"a graded cell needs points above 0, not {points!r}")


def _check_code(
    source: _Source,
    index: int,
    cell: NotebookNode,
    solutions: list[Region],
    hidden: list[Region],
) -> None:
    marks = cell.metadata["nbgrader"]
    if marks["solution"] and marks["grade"]:
        raise source.error(
            index, cell, "a code cell is an answer or a check; put the check in a cell of its own"
        )
    if solutions and not marks["solution"]:
        raise source.error(index, cell, f"{SOLUTION[0]} in a cell that is not solution: true")
    if hidden and not marks["grade"]:
        raise source.error(index, cell, f"{HIDDEN_TESTS[0]} in a cell that is not grade: true")
    if marks["solution"] and not solutions:
        raise source.error(index, cell, f"solution: true, but no {SOLUTION[0]}")
    for region in solutions:
        if region.indent == 0:
            raise source.error(
                index,
                cell,
                f"{SOLUTION[0]} at top level: the stub would stop the notebook; "
                "put the answer into a function and indent the markers",
            )
    if hidden:
        if "remove-cell" not in cell.metadata.get("tags", []):
            raise source.error(
                index, cell, f"{HIDDEN_TESTS[0]} would be printed in the book; tag it remove-cell"
            )
        covered = {n for region in hidden for n in range(region.begin, region.end + 1)}
        lines = cell.source.splitlines()
        if not any(line.strip() for n, line in enumerate(lines) if n not in covered):
            raise source.error(index, cell, "no check is left when the hidden tests are removed")


def exercise_text(text: str, name: str) -> str:
    """The exercise made of the solution notebook `text`; `name` stands in errors and the notice."""
    try:
        from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
    except ImportError as error:
        raise RuntimeError(
            "making exercises needs nbgrader: pip install -e '.[grading]' in the course folder"
        ) from error
    notebook = without_explanations(text, name)
    notebook, _ = ClearSolutions(code_stub={"python": CODE_STUB}, text_stub=TEXT_STUB).preprocess(
        notebook, {}
    )
    notebook, _ = ClearHiddenTests().preprocess(notebook, {})
    retitle(notebook, name)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            tags = [tag for tag in cell.metadata.get("tags", []) if tag != "remove-cell"]
            cell.metadata["tags"] = tags + [tag for tag in UNANSWERED_TAGS if tag not in tags]
            cell.metadata.update(FOLDED)
    # The header is the source's own, because jupytext would write its version into it.
    header = FRONT_MATTER.match(text).group(1)
    body = FRONT_MATTER.sub("", jupytext.writes(notebook, fmt="md:myst"))
    notice = f"# Generated from {name} by `python -m course_utils.authoring exercises`; edit there."
    return f"---\n{notice}\n{header}---\n{body}"


def without_explanations(text: str, name: str) -> NotebookNode:
    """The checked solution notebook without the cells that explain the answers."""
    notebook = check_solution(text, name)
    notebook.cells = [
        cell for cell in notebook.cells if SOLUTION_ONLY not in cell.metadata.get("tags", [])
    ]
    return notebook


def retitle(notebook: NotebookNode, name: str) -> None:
    """Make the solution's heading that of an exercise."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not TITLE.match(first.source):
        raise ValueError(f"{name}: the first line must be a heading '# Solutions: <title>'")
    first.source = TITLE.sub(lambda match: f"# Exercise{match.group(1)}: ", first.source)


def exercises(root: Path) -> dict[Path, str]:
    """Path and text of every exercise that `root`/solutions gives, in order."""
    return {
        root / "exercises" / source.name: exercise_text(
            source.read_text(encoding="utf-8"), f"solutions/{source.name}"
        )
        for source in sorted((root / "solutions").glob("*.md"))
    }


def write_exercises(root: Path) -> list[str]:
    """Write what is missing or stale, remove what has no solution; say what was done."""
    report = []
    wanted = exercises(root)
    for path, text in wanted.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        report.append(f"wrote exercises/{path.name}")
    for path in _left_over(root, wanted):
        path.unlink()
        report.append(f"removed exercises/{path.name}: it has no solution")
    return report


def stale_exercises(root: Path) -> list[str]:
    """One message with a diff for each exercise that disagrees with its solution."""
    problems = []
    wanted = exercises(root)
    for path, text in wanted.items():
        name = f"exercises/{path.name}"
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif (present := path.read_text(encoding="utf-8")) != text:
            diff = difflib.unified_diff(
                present.splitlines(), text.splitlines(), name, f"solutions/{path.name}", lineterm=""
            )
            problems.append("\n".join([f"{name} is stale", *diff]))
    problems += [f"exercises/{path.name} has no solution" for path in _left_over(root, wanted)]
    return problems


def _left_over(root: Path, wanted: dict[Path, str]) -> list[Path]:
    return sorted(path for path in (root / "exercises").glob("*.md") if path not in wanted)
