"""What a lesson promises is what its quiz tests."""

import re
from pathlib import Path

import pytest

from course_utils.quiz import load_bank

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
LESSONS = sorted(path.stem for path in CHAPTERS.glob("[0-9][0-9]-*.md"))
# Lesson 00 teaches how to use the course: its page is the practice, one element for each outcome.
START = "00-start-here"
PRACTISED_BY = ("quiz", "calculator", "warm_up", "placement")


def promised(lesson: str) -> list[str]:
    """The bullets under "You will be able to"."""
    text = (CHAPTERS / f"{lesson}.md").read_text("utf-8")
    block = re.search(r"\*\*You will be able to\*\*\n\n(.+?)\n\n", text, re.S)
    assert block, f"{lesson} names no outcomes"
    bullets = re.split(r"^- ", block[1], flags=re.M)[1:]
    return [" ".join(bullet.split()).rstrip(";.") for bullet in bullets]


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson != START])
def test_the_quiz_has_the_outcomes_that_the_lesson_promises(lesson):
    bank = load_bank(lesson)
    assert [o.text[0].lower() + o.text[1:] for o in bank.outcomes] == promised(lesson)


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson != START])
def test_an_item_tests_each_outcome(lesson):
    bank = load_bank(lesson)
    tested = {item.outcome for item in bank.items}
    assert [o.id for o in bank.outcomes if o.id not in tested] == []


def test_the_first_page_practises_each_of_its_outcomes():
    text = (CHAPTERS / f"{START}.md").read_text("utf-8")
    shown = [text.find(f"\nshow({name}(") for name in PRACTISED_BY]
    assert len(promised(START)) == len(PRACTISED_BY)
    assert -1 not in shown
    assert shown == sorted(shown), "not in the order of the outcomes"


def test_the_first_page_of_the_book_leads_to_every_lesson_in_order():
    text = (CHAPTERS.parent / "intro.md").read_text("utf-8")
    rows = re.findall(r"^\| \[[^]]+\]\(chapters/(.+?)\.md\) \|", text, re.M)
    assert rows == LESSONS
