"""The quiz on a page of its own in Chromium: keyboard, feedback, memory, no JavaScript."""

from __future__ import annotations

import importlib.util
import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import expect

from course_utils.book.quiz import html
from course_utils.quiz import load_bank
from course_utils.views.style import css_text

BANK = load_bank("01-interview-basics")
SINGLE, MULTIPLE = "policy-after-generation", "questions-that-change-the-design"
NUMERIC = "kv-cache-of-long-conversations"


def _conftest():
    path = Path(__file__).resolve().parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("quiz_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def quiz_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quiz")
    for module in ("quiz", "quiz-grading", "quiz-progress"):
        shutil.copy(str(files("course_utils.book") / "static" / f"{module}.mjs"), folder)
    headings = "".join(f'<h2 id="{s.id}">{s.title}</h2>' for s in BANK.sections)
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<title>Quiz</title><style>body {{ margin: 8px }} {css_text('quiz')}</style></head>"
        f"<body><main><h1>Quiz</h1>{headings}{html(BANK)}</main>"
        '<script type="module" src="quiz.mjs"></script></body></html>',
        encoding="utf-8",
    )
    server, url = _conftest().serve(folder)
    yield url
    server.shutdown()


@pytest.fixture
def quiz_page(page, quiz_url):
    """The live page; any error in it fails the test."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(quiz_url)
    page.wait_for_selector("[data-cu-ready]")
    yield page
    assert errors == []


def form(page, item_id: str):
    return page.locator(f'form[data-item="{item_id}"]')


def button(page, item_id: str, name: str):
    return form(page, item_id).get_by_role("button", name=name)


def status(page, item_id: str):
    return form(page, item_id).get_by_role("status")


def score(page) -> str:
    return page.locator(".cu-quiz-score").inner_text()


def focused(page) -> str:
    return page.evaluate("document.activeElement.textContent || document.activeElement.name")


def place_of(item_id: str, *, correct: bool) -> int:
    """Where the first right or wrong option stands among those shown."""
    options = BANK.item(item_id).variant(0).options
    return next(i for i, option in enumerate(options) if option.correct is correct)


def type_number(page, text: str) -> None:
    form(page, NUMERIC).get_by_label("Your answer").fill(text)
    button(page, NUMERIC, "Check").click()


def test_a_question_is_answered_by_keyboard_alone(quiz_page):
    page = quiz_page
    wrong, right = place_of(SINGLE, correct=False), place_of(SINGLE, correct=True)
    form(page, MULTIPLE).get_by_role("checkbox").last.focus()
    page.keyboard.press("Tab")  # Check of the first question
    page.keyboard.press("Tab")  # the radio group of the second
    page.keyboard.press("Space")
    for _ in range(wrong):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert focused(page) == "Check"
    page.keyboard.press("Enter")

    feedback = BANK.item(SINGLE).variant(0).options[wrong].feedback
    expect(status(page, SINGLE)).to_contain_text("Not yet.")
    expect(status(page, SINGLE)).to_contain_text(feedback)
    again = status(page, SINGLE).get_by_role("link", name="The reference architecture")
    assert again.get_attribute("href") == "#the-reference-architecture"
    assert score(page) == "0 of 10 right, 1 answered"

    assert focused(page) == "Try again"
    page.keyboard.press("Enter")
    expect(status(page, SINGLE)).to_be_empty()
    assert focused(page) == "option"
    page.keyboard.press("Space")
    for _ in range(right):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(status(page, SINGLE)).to_contain_text("Right.")
    assert score(page) == "1 of 10 right, 1 answered"
    assert focused(page) == "Answer and reasons"
    page.keyboard.press("Enter")
    expect(form(page, SINGLE).locator("details")).to_have_attribute("open", "")


def test_the_answer_stays_hidden_until_the_question_was_answered(quiz_page):
    details = form(quiz_page, SINGLE).locator("details")
    expect(details).to_be_hidden()
    button(quiz_page, SINGLE, "Check").click()
    expect(status(quiz_page, SINGLE)).to_have_text("Choose an option first.")
    expect(details).to_be_hidden()
    form(quiz_page, SINGLE).get_by_role("radio").first.check()
    button(quiz_page, SINGLE, "Check").click()
    expect(details).to_be_visible()


def test_several_choices_are_marked_and_the_missing_one_is_not_told(quiz_page):
    page = quiz_page
    boxes = form(page, MULTIPLE).get_by_role("checkbox")
    boxes.nth(place_of(MULTIPLE, correct=True)).check()
    boxes.nth(place_of(MULTIPLE, correct=False)).check()
    button(page, MULTIPLE, "Check").click()
    expect(status(page, MULTIPLE)).to_contain_text(
        "1 of the 2 you chose belongs; there are 2 in all."
    )
    assert form(page, MULTIPLE).locator("label .cu-quiz-mark").count() == 2
    button(page, MULTIPLE, "Try again").click()
    assert form(page, MULTIPLE).locator("label .cu-quiz-mark").count() == 0
    for i, option in enumerate(BANK.item(MULTIPLE).variant(0).options):
        boxes.nth(i).set_checked(option.correct)
    button(page, MULTIPLE, "Check").click()
    expect(status(page, MULTIPLE)).to_contain_text("Right.")


def test_a_number_by_a_wrong_formula_gets_that_feedback(quiz_page):
    wrong = BANK.item(NUMERIC).variant(0).wrong[0]
    type_number(quiz_page, f"{wrong.value * 1000:,.0f} MB")
    expect(status(quiz_page, NUMERIC)).to_contain_text(wrong.feedback)
    expect(status(quiz_page, NUMERIC)).to_contain_text("Not yet.")


def test_new_numbers_are_a_new_question_with_its_own_answer(quiz_page):
    page = quiz_page
    first, second = BANK.item(NUMERIC).variants(0, 5)[:2]
    type_number(page, first.answer_text)
    expect(status(page, NUMERIC)).to_contain_text("Right.")
    button(page, NUMERIC, "New numbers").click()
    assert focused(page) == "number"
    stem = f"{second.parameters['users']} users are in flight"
    expect(form(page, NUMERIC).locator("legend")).to_contain_text(stem)
    type_number(page, second.answer_text)
    expect(status(page, NUMERIC)).to_contain_text("Right.")
    expect(form(page, NUMERIC).locator("details")).to_contain_text(second.answer_text)
    assert score(page) == "1 of 10 right, 1 answered"


def test_what_cannot_be_read_is_said_at_the_field_and_does_not_count(quiz_page):
    type_number(quiz_page, "41,9")
    expect(status(quiz_page, NUMERIC)).to_contain_text("decimal comma")
    field = form(quiz_page, NUMERIC).get_by_label("Your answer")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = field.get_attribute("aria-describedby")
    assert "decimal comma" in quiz_page.locator(f"#{described}").inner_text()
    assert score(quiz_page) == "0 of 10 right, 0 answered"


def test_typed_html_is_text(quiz_page):
    type_number(quiz_page, "5 <img src=x>")
    expect(status(quiz_page, NUMERIC)).to_contain_text("“<imgsrc=x>”")
    assert quiz_page.locator("img").count() == 0


def test_answers_are_kept_and_start_over_forgets_them(quiz_page):
    page = quiz_page
    form(page, SINGLE).get_by_role("radio").nth(place_of(SINGLE, correct=True)).check()
    button(page, SINGLE, "Check").click()
    type_number(page, "<b>")
    type_number(page, "1")
    button(page, NUMERIC, "New numbers").click()
    type_number(page, "2")
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    assert score(page) == "1 of 10 right, 2 answered"
    expect(status(page, SINGLE)).to_contain_text("Right.")
    second = BANK.item(NUMERIC).variants(0, 5)[1]
    users = f"{second.parameters['users']} users are in flight"
    expect(form(page, NUMERIC).locator("legend")).to_contain_text(users)
    expect(form(page, NUMERIC).get_by_label("Your answer")).to_have_value("2")

    page.get_by_role("button", name="Start over").click()
    assert score(page) == "0 of 10 right, 0 answered"
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    assert score(page) == "0 of 10 right, 0 answered"
    assert list(page.evaluate("Object.keys(localStorage)")) == ["course-utils-quiz"]


@pytest.mark.parametrize(
    "kept",
    [
        "{not json",
        "null",
        "[]",
        json.dumps({"version": 9, "banks": {}}),
        json.dumps({"version": 1, "banks": 5}),
        json.dumps({"version": 1, "banks": {BANK.id: {"seed": 1, "items": {}}}}),
        json.dumps({"version": 1, "banks": {BANK.id: {"seed": 0, "items": 7}}}),
        json.dumps(
            {
                "version": 1,
                "banks": {
                    BANK.id: {
                        "seed": 0,
                        "items": {
                            SINGLE: {"variant": 0, "response": 99},
                            MULTIPLE: {"variant": "x", "response": {"a": 1}},
                            NUMERIC: {"variant": 77, "response": [1]},
                            "gone": {"variant": 0, "response": 0},
                        },
                    }
                },
            }
        ),
    ],
)
def test_damaged_progress_is_ignored(quiz_page, kept):
    quiz_page.evaluate("kept => localStorage.setItem('course-utils-quiz', kept)", kept)
    quiz_page.reload()
    quiz_page.wait_for_selector("[data-cu-ready]")
    assert score(quiz_page) == "0 of 10 right, 0 answered"
    form(quiz_page, SINGLE).get_by_role("radio").nth(place_of(SINGLE, correct=True)).check()
    button(quiz_page, SINGLE, "Check").click()
    assert score(quiz_page).startswith("1 of 10 right")


def test_the_quiz_works_where_storage_is_forbidden(page, quiz_url):
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    )
    page.goto(quiz_url)
    type_number(page, BANK.item(NUMERIC).variant(0).answer_text)
    assert score(page) == "1 of 10 right, 1 answered"


def test_without_javascript_questions_and_answers_can_be_read(chromium, quiz_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(quiz_url)
    for item in BANK.items:
        question = form(page, item.id)
        expect(question.locator("legend")).to_be_visible()
        reasons = question.locator(".cu-quiz-reasons")
        expect(reasons).to_be_hidden()
        question.locator("summary").click()
        expect(reasons).to_be_visible()
        expect(reasons).to_contain_text("Answer:")
    form(page, NUMERIC).get_by_label("Your answer").fill("5")
    page.keyboard.press("Enter")
    assert page.url == quiz_url
    context.close()


@pytest.mark.parametrize("width", [390, 320])
def test_no_sideways_scroll_on_a_phone(quiz_page, width):
    quiz_page.set_viewport_size({"width": width, "height": 800})
    type_number(quiz_page, "1")
    boxes = form(quiz_page, MULTIPLE).get_by_role("checkbox")
    for i in range(4):
        boxes.nth(i).check()
    button(quiz_page, MULTIPLE, "Check").click()
    assert quiz_page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_hardly_moves_when_the_quiz_comes_alive(page, quiz_url):
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => "
        "{ window.shift += entry.value })).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(quiz_url)
    page.wait_for_selector("[data-cu-ready]")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shift") < 0.05
