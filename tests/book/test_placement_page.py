"""The placement check in Chromium recommends what the Python does."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from course_utils import show
from course_utils.book.placement import RULE
from course_utils.quiz import load_bank, parse_bank
from course_utils.quiz.model import Bank
from course_utils.quiz.placement import Placement, placement_check
from course_utils.quiz.progress import parse_progress

ALL_KINDS = parse_bank(
    (Path(__file__).parents[1] / "quiz" / "all-kinds.toml").read_text("utf-8"), "all-kinds.toml"
)
BASICS = load_bank("01-interview-basics")


def bank(name: str, title: str, items) -> Bank:
    """A lesson whose placement questions are these items of all kinds."""
    chosen = tuple(replace(ALL_KINDS.item(item), placement=True) for item in items)
    return replace(ALL_KINDS, id=name, title=title, items=chosen)


CHECK = placement_check(
    [
        bank("02-first", "First things", ["choose-one", "type-a-number"]),
        BASICS,
        bank("09-last", "Last & least <b>", ["choose-one", "guess-the-share"]),
    ]
)


@pytest.fixture(scope="module")
def placement_url(card_page):
    return card_page(show(CHECK).html)


def form_of(page, question):
    bank_id, item_id = question.key
    return page.locator(f'form[data-bank="{bank_id}"][data-item="{item_id}"]')


def answer(page, question, correct: bool) -> None:
    """Give the right answer, or one that is not."""
    form, item = form_of(page, question), question.item
    if item.options:
        boxes = form.locator(".cu-quiz-option input")
        wrong = next(option.key for option in item.options if not option.correct)
        for box in boxes.all():
            key = int(box.get_attribute("value"))
            right = next(option.correct for option in item.options if option.key == key)
            if right if correct else key == wrong:
                box.check()
    else:
        text = item.variant(0).answer_text if correct else "0.001"
        form.locator(".cu-quiz-number input").fill(text)
    if item.kind == "predict":  # the others are asked for no confidence here
        form.get_by_role("radio", name="70%").check()
    form.locator("button[type=submit]").click()
    expect(form.locator(".cu-quiz-verdict")).to_be_visible()


def advice(page):
    page.get_by_role("button", name="Where should I begin?").click()
    return page.locator(".cu-quiz-advice")


def assert_recommended(page, check: Placement, correct) -> None:
    wanted = check.recommend(correct)
    box = advice(page)
    expect(box.locator("p")).to_have_text(wanted.sentence)
    expect(box.get_by_role("listitem")).to_have_text(list(wanted.reasons))
    links = box.get_by_role("link")
    expect(links).to_have_count(1 if wanted.lesson else 0)
    if wanted.lesson:
        expect(links).to_have_attribute("href", f"{wanted.lesson}.html")


TOTAL = len(CHECK.questions)
CASES = {
    "nothing": {},
    "first_right": {0: True},
    "first_wrong": {0: False, 1: True},
    "the_first_lesson": {0: True, 1: True},
    "all_but_the_last": {n: True for n in range(TOTAL - 1)},
    "the_last_wrong": {n: n < TOTAL - 1 for n in range(TOTAL)},
    "all": dict.fromkeys(range(TOTAL), True),
    "every_other": {n: n % 2 == 0 for n in range(TOTAL)},
}


@pytest.mark.parametrize("name", CASES)
def test_the_recommendation_is_that_of_the_python(live, placement_url, name):
    page = live(placement_url)
    correct = {}
    for number, right in CASES[name].items():
        answer(page, CHECK.questions[number], right)
        correct[CHECK.questions[number].key] = right
    assert_recommended(page, CHECK, correct)
    expect(page.locator(".cu-quiz-advice b")).to_have_count(0)


def test_the_cases_recommend_each_lesson_and_none():
    recommended = {
        CHECK.recommend({CHECK.questions[n].key: right for n, right in case.items()}).lesson
        for case in CASES.values()
    }
    assert recommended == {"", "02-first", BASICS.id, "09-last"}


def test_a_question_is_asked_once_and_its_answer_is_kept(live, placement_url):
    page = live(placement_url)
    question = CHECK.questions[0]
    answer(page, question, False)
    expect(form_of(page, question).get_by_role("button", name="Try again")).to_be_hidden()
    expect(form_of(page, question).locator("details")).to_be_visible()
    (kept,) = parse_progress(
        page.evaluate("localStorage.getItem('course-utils-progress')"), "it"
    ).answers
    assert (kept.question, kept.correct, kept.confidence) == (question.key, False, None)
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(form_of(page, question).get_by_role("button", name="Check")).to_be_visible()


def test_the_check_can_be_read_without_javascript_and_gives_its_rule(chromium, placement_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(placement_url)
    expect(page.get_by_text(RULE)).to_be_visible()
    for question in CHECK.questions:
        form = form_of(page, question)
        expect(form.locator(".cu-quiz-place")).to_have_text(question.bank.title)
        form.locator("summary").click()
        expect(form.locator(".cu-quiz-reasons")).to_be_visible()
    context.close()


def test_axe_finds_nothing_in_light_and_dark(live, placement_url, axe_complaints):
    page = live(placement_url)
    assert axe_complaints(page) == {}
    for question, right in zip(CHECK.questions, itertools.cycle([True, False]), strict=False):
        answer(page, question, right)
    expect(advice(page)).to_be_visible()
    assert axe_complaints(page) == {}
