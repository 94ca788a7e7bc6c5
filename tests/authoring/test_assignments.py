"""Assignments are graded by nbgrader itself: released, answered, graded, and given back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils.authoring.__main__ import main
from course_utils.authoring.assignments import assignment, write_assignments
from course_utils.authoring.exercises import TEXT_STUB

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "solutions").glob("*.md"))
GRADED = "06-caching-economics"


def read(course: Path, folder: str, name: str = GRADED) -> nbformat.NotebookNode:
    notebook = nbformat.read(course / folder / name / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    return notebook


def marks(cell: nbformat.NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def points(notebook: nbformat.NotebookNode, *, by_hand: bool) -> float:
    return sum(
        marks(cell)["points"]
        for cell in notebook.cells
        if marks(cell).get("grade") and marks(cell)["solution"] is by_hand
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    assert main(["assignments", "--root", str(ROOT), str(folder)]) == 0
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_source_has_answers_and_hidden_tests_and_explains_nothing(course, name):
    solution = (ROOT / "solutions" / f"{name}.md").read_text("utf-8")
    source = read(course, "source", name)
    text = "\n".join(cell.source for cell in source.cells)
    for marker in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS"):
        assert text.count(marker) == solution.count(marker) > 0
    assert source.cells[0].source.startswith("# Exercises: ")
    assert "solution-only" not in nbformat.writes(source)
    assert "{eval}" not in text, "no page of nbgrader computes it"
    assert f"](../chapters/{name}.ipynb)" in source.cells[0].source


def test_the_report_adds_up_the_points(tmp_path):
    report = write_assignments(ROOT, tmp_path, [GRADED])
    source = read(tmp_path, "source")
    by_hand = points(source, by_hand=True)
    total = points(source, by_hand=False) + by_hand
    assert f": {total} points, {by_hand} of them graded by hand" in report[0]


def test_the_source_is_made_anew_and_the_configuration_is_the_instructors(tmp_path):
    write_assignments(ROOT, tmp_path, [GRADED])
    source = tmp_path / "source" / GRADED / f"{GRADED}.ipynb"
    config = tmp_path / "nbgrader_config.py"
    before = source.read_bytes()
    source.write_text("{}")
    config.write_text("c = get_config()\n")
    write_assignments(ROOT, tmp_path, [GRADED])
    assert source.read_bytes() == before
    assert config.read_text() == "c = get_config()\n"


def test_an_unknown_exercise_is_named_and_nothing_is_written(tmp_path, capsys):
    arguments = ["assignments", "--root", str(ROOT), str(tmp_path / "new"), GRADED, "11-none"]
    assert main(arguments) == 2
    assert "there is no exercise '11-none'; there are 01-" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_number_in_the_text_is_written_out_and_one_of_a_cell_is_refused():
    solution = (ROOT / "solutions" / f"{GRADED}.md").read_text("utf-8")
    task = "You do not know beforehand"
    computed = solution.replace(task, f'{{eval}}`f"{{1_000 * 2:,}}"` times. {task}', 1)
    assert "\n2,000 times. You" in "".join(c.source for c in assignment(computed, "s.md").cells)
    with pytest.raises(ValueError, match=r"s\.md: \{eval\}`bill` .* needs a cell"):
        assignment(solution.replace(task, f"{{eval}}`bill` {task}", 1), "s.md")


def answered(course: Path, student: str, answer) -> None:
    """Hand in the released notebook with `answer(grade_id, source)` in each cell to fill in."""
    notebook = read(course, "release")
    for cell in notebook.cells:
        if marks(cell).get("solution"):
            cell.source = answer(marks(cell)["grade_id"], cell.source)
    path = course / "submitted" / student / GRADED / f"{GRADED}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def nbgrader(course: Path, *arguments: str) -> None:
    # nbgrader calls alembic by name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments, GRADED],
        cwd=course,
        env={**os.environ, "PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_nbgrader_releases_grades_and_gives_back(course):
    from nbgrader.api import Gradebook

    nbgrader(course, "generate_assignment")
    released = "\n".join(cell.source for cell in read(course, "release").cells)
    for secret in ("SOLUTION", "HIDDEN", "it must hold for other prices too", "sort_keys=True"):
        assert secret in "\n".join(cell.source for cell in read(course, "source").cells)
        assert secret not in released
    assert "Write your answer here, then run the check." in released
    assert TEXT_STUB in released

    source = read(course, "source")
    right = {marks(c)["grade_id"]: c.source for c in source.cells if marks(c).get("solution")}
    answered(course, "right", lambda grade_id, _: right[grade_id])
    answered(course, "empty", lambda _, stub: stub)
    answered(
        course,
        "half",
        lambda grade_id, stub: (
            right[grade_id].replace("* write_usd", "* fresh_usd")
            if grade_id in ("prefix-bill", "two-policies")
            else stub
        ),
    )
    nbgrader(course, "autograde")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        graded = {each.student.id: each for each in gradebook.assignment_submissions(GRADED)}
        scores = {student: each.score for student, each in graded.items()}
        waiting = {student: each.needs_manual_grade for student, each in graded.items()}
        total = {each.max_score for each in graded.values()}
    checked, by_hand = points(source, by_hand=False), points(source, by_hand=True)
    assert total == {checked + by_hand}
    two_policies = next(
        marks(c)["points"] for c in source.cells if marks(c).get("grade_id") == "check-two-policies"
    )
    assert scores == {"right": checked, "empty": 0, "half": two_policies}
    # An essay that nobody wrote needs nobody to read it.
    assert waiting == {"right": True, "empty": False, "half": False}

    nbgrader(course, "generate_feedback")
    page = (course / "feedback" / "half" / GRADED / f"{GRADED}.html").read_text("utf-8")
    feedback = re.sub(r"<[^>]+>", "", page)
    assert "AssertionError: a miss does not pay the fresh price" in feedback
