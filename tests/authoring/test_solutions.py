"""What a solution promises under each heading holds, and each is worked and not only given."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import pytest

from course_utils.quiz import load_bank

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("*.md"))
LINE = re.compile(
    r"\*(?P<kind>Easy|Transfer|Find the (?:bug|wrong number)|Say it aloud), "
    r"(?P<minutes>\d+) minutes, (?P<points>\d) points\. Practices: (?P<outcome>.+?)\.\*"
)
SPELLED = {"half an hour": 30, "thirty-five minutes": 35, "forty minutes": 40}
WORKED = ("Step by step.", "Is it plausible?", "What tempts.", "In the interview.")
# A minute at the 140 words a minute of the timed explanation, and a few seconds.
SPOKEN_WORDS = 155
# What a page of the book shows without a scroll bar.
COLUMNS = 80


def cells(lesson: str) -> list:
    text = (ROOT / "solutions" / f"{lesson}.md").read_text("utf-8")
    return jupytext.reads(text, fmt="md:myst").cells


def exercises(lesson: str) -> list[list]:
    """The cells of each numbered exercise."""
    found: list[list] = []
    inside = False
    for cell in cells(lesson):
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            inside = re.match(r"## \d\. ", cell.source) is not None
            if inside:
                found.append([])
        if inside:
            found[-1].append(cell)
    return found


def line_of(exercise: list) -> re.Match:
    found = LINE.search(" ".join(exercise[0].source.split()))
    assert found, f"no line of kind, minutes, points and outcome: {exercise[0].source[:60]!r}"
    return found


def prose(exercise: list) -> str:
    return "\n".join(
        cell.source
        for cell in exercise
        if cell.cell_type == "markdown" and "solution-only" in cell.metadata.get("tags", [])
    )


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_an_easy_one_a_transfer_something_wrong_and_one_to_say(lesson):
    kinds = [line_of(exercise)["kind"].split()[0] for exercise in exercises(lesson)]
    assert sorted(kinds) == ["Easy", "Find", "Say", "Transfer"]
    assert kinds[0] == "Easy"
    assert kinds[-1] == "Say"


@pytest.mark.parametrize("lesson", LESSONS)
def test_an_exercise_practices_an_outcome_that_the_lesson_promises(lesson):
    promised = [" ".join(outcome.text.lower().split()) for outcome in load_bank(lesson).outcomes]
    for exercise in exercises(lesson):
        outcome = line_of(exercise)["outcome"].lower()
        assert any(outcome in text for text in promised), outcome


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_points_are_those_that_are_graded_and_the_minutes_add_up(lesson):
    lines = []
    for exercise in exercises(lesson):
        marks = [cell.metadata.get("nbgrader", {}) for cell in exercise]
        lines.append(line_of(exercise))
        assert int(lines[-1]["points"]) == sum(mark.get("points", 0) for mark in marks)
    introduction = " ".join(cells(lesson)[0].source.split())
    said = re.search(r"about (half an hour|[a-z-]+ minutes) in all", introduction)
    assert said, "the introduction does not say how long the exercises take"
    assert sum(int(line["minutes"]) for line in lines) == SPELLED[said[1]]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solution_reasons_checks_itself_names_the_temptation_and_says_it(lesson):
    for exercise in exercises(lesson):
        if line_of(exercise)["kind"] == "Say it aloud":
            continue
        told = [prose(exercise).find(f"**{part}**") for part in WORKED]
        assert -1 not in told, exercise[0].source[:60]
        assert told == sorted(told), exercise[0].source[:60]


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_said_aloud_fits_a_minute_and_can_be_marked(lesson):
    spoken = exercises(lesson)[-1]
    answer = next(cell.source for cell in spoken if cell.metadata.get("nbgrader"))
    assert answer.startswith("**A model answer.** ")
    assert len(answer.split()) - 3 <= SPOKEN_WORDS
    marks = prose(spoken).split("**Marks**, one point each:")[1]
    assert len(re.findall(r"^\d\. ", marks, re.M)) == int(line_of(spoken)["points"])


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
@pytest.mark.parametrize("lesson", LESSONS)
def test_code_that_a_page_shows_fits_its_width(folder, lesson):
    text = (ROOT / folder / f"{lesson}.md").read_text("utf-8")
    for cell in jupytext.reads(text, fmt="md:myst").cells:
        if cell.cell_type != "code" or "remove-cell" in cell.metadata.get("tags", []):
            continue
        lines = [line for line in cell.source.splitlines() if not line.startswith("# ")]
        assert [line for line in lines if len(line) > COLUMNS] == []
