"""Exercises are what nbgrader would release, are fresh, and a bad source says where it is bad."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

from course_utils.authoring.__main__ import main
from course_utils.authoring.exercises import exercise_text, stale_exercises, write_exercises

ROOT = Path(__file__).resolve().parents[2]
NAME = "solutions/01-test.md"
SOLUTION = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Solutions: Prices

```{code-cell} ipython3
import math
```

```{code-cell} ipython3
---
nbgrader:
  grade: false
  grade_id: double
  locked: false
  schema_version: 3
  solution: true
  task: false
---
def double(number):
    ### BEGIN SOLUTION
    return 2 * number
    ### END SOLUTION
```

```{code-cell} ipython3
---
nbgrader:
  grade: true
  grade_id: check-double
  locked: true
  points: 2
  schema_version: 3
  solution: false
  task: false
tags: [remove-cell]
---
assert double(2) == 4, "twice two is four"
### BEGIN HIDDEN TESTS
assert double(0) == 0, "twice nothing is nothing"
### END HIDDEN TESTS
```

+++ {"tags": ["solution-only"]}

Two of each.

+++ {"nbgrader": {"grade": true, "grade_id": "why", "locked": false, "points": 3, \
"schema_version": 3, "solution": true, "task": false}}

Because it is so.

+++

The end.
"""


def cell_with(text: str, part: str):
    return next(cell for cell in jupytext.reads(text, fmt="md:myst").cells if part in cell.source)


@pytest.fixture(scope="module")
def exercise() -> str:
    return exercise_text(SOLUTION, NAME)


def test_exercises_of_the_course_are_fresh():
    problems = stale_exercises(ROOT)
    assert not problems, "\n".join([*problems, "run: python -m course_utils.authoring exercises"])


def test_answers_hidden_tests_and_explanations_are_gone(exercise):
    for secret in ("2 * number", "SOLUTION", "HIDDEN", "nothing", "Two of each", "Because"):
        assert secret not in exercise


def test_stub_says_what_to_do_at_the_place_of_the_answer(exercise):
    stub = '    raise NotImplementedError("Write your answer here, then run the check.")'
    assert cell_with(exercise, "def double").source == f"def double(number):\n{stub}"
    assert "*Write your answer here.*" in exercise


def test_visible_check_and_its_points_stay_and_may_fail(exercise):
    check = cell_with(exercise, "assert")
    assert check.source == 'assert double(2) == 4, "twice two is four"'
    assert check.metadata["nbgrader"]["points"] == 2
    assert {"raises-exception", "remove-output"} <= set(check.metadata["tags"])


def test_check_is_folded_so_that_nobody_reads_the_answer_before_the_question(exercise):
    check = cell_with(exercise, "assert")
    assert "hide-input" in check.metadata["tags"]
    assert check.metadata["mystnb"]["code_prompt_show"] == "Show the check"
    assert check.metadata["jupyter"] == {"source_hidden": True}
    assert "jupyter" not in cell_with(exercise, "def double").metadata


def test_exercise_has_its_own_title_and_a_notice(exercise):
    assert "# Exercises: Prices\n" in exercise
    assert exercise.splitlines()[1].startswith(f"# Generated from {NAME}")
    assert "jupytext_version" not in exercise


def test_nbgrader_takes_the_answer_from_each_cell_and_grades_it(exercise):
    from nbgrader.utils import is_grade, is_solution

    cells = jupytext.reads(exercise, fmt="md:myst").cells
    roles = {
        c.metadata["nbgrader"]["grade_id"]: (is_solution(c), is_grade(c))
        for c in cells
        if "nbgrader" in c.metadata
    }
    assert roles == {"double": (True, False), "check-double": (False, True), "why": (True, True)}


def test_exercise_of_an_exercise_is_refused(exercise):
    with pytest.raises(ValueError, match="solution: true, but no BEGIN SOLUTION"):
        exercise_text(exercise, NAME)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    ### END SOLUTION\n", "", "grade_id double.*BEGIN SOLUTION without END SOLUTION"),
        ("    ### BEGIN SOLUTION\n", "", "grade_id double.*END SOLUTION without BEGIN SOLUTION"),
        (
            "    return 2",
            "    ### BEGIN SOLUTION\n    return 2",
            "BEGIN SOLUTION inside BEGIN SOLUTION",
        ),
        ("### END HIDDEN TESTS\n", "", "grade_id check-double.*without END HIDDEN TESTS"),
        ("    ### BEGIN SOLUTION", "### BEGIN SOLUTION", "BEGIN SOLUTION at top level"),
        (
            "import math",
            "### BEGIN SOLUTION\n### END SOLUTION",
            "cell 2.*without nbgrader metadata",
        ),
        (
            "import math",
            "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS",
            "cell 2.*BEGIN HIDDEN TESTS in a cell without nbgrader",
        ),
        ("grade_id: check-double", "grade_id: double", "grade_id is used in cell 3 already"),
        ("  grade_id: double\n", "", r"cell 3 \('def double.*lacks grade_id"),
        ("grade_id: double", "grade_id: my answer", "grade_id 'my answer' may hold"),
        ("  points: 2\n", "", "points above 0, not None"),
        (
            "  schema_version: 3\n  solution: true",
            "  schema_version: 2\n  solution: true",
            "2, must be 3",
        ),
        ("tags: [remove-cell]\n", "", "would be printed in the book"),
        ('assert double(2) == 4, "twice two is four"\n', "", "no check is left"),
        ("# Solutions: Prices", "# Prices", "first line must be a heading"),
        (SOLUTION[: SOLUTION.index("# Solutions")], "", "no front matter"),
        ("  grade: false\n", "  grade: true\n  points: 1\n", "an answer or a check"),
    ],
)
def test_mistake_in_a_solution_names_file_cell_and_marker(old, new, message):
    assert old in SOLUTION
    with pytest.raises(ValueError, match=message) as caught:
        exercise_text(SOLUTION.replace(old, new, 1), NAME)
    assert str(caught.value).startswith(NAME)


def test_command_writes_then_finds_what_is_stale(tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01-test.md").write_text(SOLUTION)
    assert main(["exercises", "--check", str(tmp_path)]) == 1
    assert main(["exercises", str(tmp_path)]) == 0
    assert main(["exercises", "--check", str(tmp_path)]) == 0
    written = tmp_path / "exercises" / "01-test.md"
    written.write_text(written.read_text().replace("twice", "thrice"))
    capsys.readouterr()
    assert main(["exercises", "--check", str(tmp_path)]) == 1
    assert '+assert double(2) == 4, "twice two is four"' in capsys.readouterr().out


def test_command_reports_a_mistake_and_writes_nothing(tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    source = tmp_path / "solutions" / "01-test.md"
    source.write_text(SOLUTION.replace("    ### END SOLUTION\n", ""))
    assert main(["exercises", str(tmp_path)]) == 2
    assert "solutions/01-test.md: cell 3 (grade_id double)" in capsys.readouterr().err
    assert not (tmp_path / "exercises").exists()


def test_exercise_without_a_solution_is_removed(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "09-gone.md").write_text("old")
    assert stale_exercises(tmp_path) == ["exercises/09-gone.md has no solution"]
    assert write_exercises(tmp_path) == ["removed exercises/09-gone.md: it has no solution"]
    assert not list((tmp_path / "exercises").iterdir())
