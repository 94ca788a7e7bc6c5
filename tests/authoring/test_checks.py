"""The checks of the exercises take other right answers, and say of a wrong one what is wrong."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import jupytext
import pytest

ANSWERS = tomllib.loads(Path(__file__).with_name("answers.toml").read_text("utf-8"))
ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.md"))
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.S)


def grade_id(cell) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


@cache
def cells_until() -> dict[str, list[str]]:
    """For each check its notebook's code up to and with it, without what only explains."""
    found = {}
    for path in SOLUTIONS:
        code = []
        for cell in jupytext.reads(path.read_text("utf-8"), fmt="md:myst").cells:
            if cell.cell_type != "code" or "solution-only" in cell.metadata.get("tags", []):
                continue
            code.append(cell.source)
            if grade_id(cell).startswith("check-"):
                found[grade_id(cell).removeprefix("check-")] = list(code)
    return found


def check(exercise: str, answer: str, *, hidden: bool) -> None:
    """Run a check on an answer that takes the place of the solution's."""
    *before, asserts = cells_until()[exercise]
    names: dict = {}
    for source in (*before, answer, asserts if hidden else HIDDEN.sub("", asserts)):
        exec(compile(source, exercise, "exec"), names)


def cases(kind: str) -> list:
    return [
        pytest.param(exercise, *([case] if isinstance(case, str) else case), id=f"{exercise}-{n}")
        for exercise, answers in ANSWERS.items()
        for n, case in enumerate(answers[kind], 1)
    ]


def test_every_check_is_tried_with_a_right_answer_and_three_wrong_ones():
    assert set(ANSWERS) == set(cells_until())
    assert not [name for name, answers in ANSWERS.items() if len(answers["wrong"]) < 3]


@pytest.mark.parametrize(("exercise", "answer"), cases("right"))
def test_another_right_answer_passes_the_hidden_tests_too(exercise, answer):
    check(exercise, answer, hidden=True)


@pytest.mark.parametrize(("exercise", "answer", "message"), cases("wrong"))
def test_a_wrong_answer_is_told_what_is_wrong(exercise, answer, message):
    with pytest.raises(AssertionError) as caught:
        check(exercise, answer, hidden=False)
    assert message in str(caught.value)


@pytest.mark.parametrize("exercise", list(ANSWERS))
def test_an_answer_for_the_example_alone_fails_the_hidden_tests(exercise):
    answer = ANSWERS[exercise].get("example_only")
    if answer is None:
        return
    check(exercise, answer, hidden=False)
    with pytest.raises((AssertionError, LookupError)):
        check(exercise, answer, hidden=True)
