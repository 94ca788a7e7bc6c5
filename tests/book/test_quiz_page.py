"""The quiz on a page of its own in Chromium: keyboard, feedback, record, no JavaScript."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from course_utils.book.quiz import html
from course_utils.quiz import load_bank, parse_bank
from course_utils.quiz.progress import parse_progress, progress_text

WHOLE = load_bank("01-interview-basics")
BANK = replace(WHOLE, items=tuple(item for item in WHOLE.items if item.kind != "predict"))
TOTAL = len(BANK.items)
SINGLE, MULTIPLE = "policy-after-generation", "questions-that-change-the-design"
NUMERIC = "kv-cache-of-long-conversations"
ALL_KINDS = parse_bank(
    (Path(__file__).parents[1] / "quiz" / "all-kinds.toml").read_text("utf-8"), "all-kinds.toml"
)
ORDER, PREDICT = "put-in-order", "guess-the-share"
STORE = "course-utils-progress"
FORBIDDEN = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"


@pytest.fixture(scope="module")
def quiz_url(card_page):
    headings = "".join(f'<h2 id="{s.id}">{s.title}</h2>' for s in BANK.sections)
    return card_page(html(BANK), above=headings)


@pytest.fixture(scope="module")
def kinds_url(card_page):
    """A quiz with one item of each kind."""
    return card_page(html(ALL_KINDS), above='<h2 id="the-kinds">The kinds</h2>')


@pytest.fixture(scope="module")
def predict_url(card_page):
    """A prediction in the text, and the quiz of the same lesson below it."""
    predictions = [item for item in ALL_KINDS.items if item.kind == "predict"]
    rest = [item for item in ALL_KINDS.items if item.kind != "predict"]
    cards = [html(replace(ALL_KINDS, items=tuple(items))) for items in (predictions, rest)]
    return card_page("".join(cards), above='<h2 id="the-kinds">The kinds</h2>')


@pytest.fixture
def quiz_page(live, quiz_url):
    return live(quiz_url)


@pytest.fixture
def kinds_page(live, kinds_url):
    return live(kinds_url)


def form(page, item_id: str):
    return page.locator(f'form[data-item="{item_id}"]')


def options(page, item_id: str):
    return form(page, item_id).locator(".cu-quiz-option input")


def button(page, item_id: str, name: str):
    return form(page, item_id).get_by_role("button", name=name, exact=True)


def status(page, item_id: str):
    return form(page, item_id).get_by_role("status")


def score(page):
    return page.locator(".cu-quiz-score")


def focused(page):
    return page.locator(":focus")


def tab_to(page, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    for _ in range(60):
        control = page.get_by_role("button", name=name, exact=True)
        if control.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not come to {name!r}")


def place_of(item_id: str, *, correct: bool) -> int:
    """Where the first right or wrong option stands among those shown."""
    shown = BANK.item(item_id).variant(0).options
    return next(i for i, option in enumerate(shown) if option.correct is correct)


def type_number(page, text: str) -> None:
    form(page, NUMERIC).get_by_label("Your answer").fill(text)
    button(page, NUMERIC, "Check").click()


def say_sure(page, item_id: str, label: str) -> None:
    form(page, item_id).get_by_role("radio", name=label, exact=True).check()


def record_of(page) -> str:
    return page.evaluate(f"localStorage.getItem('{STORE}') ?? ''")


def keep(page, text: str) -> None:
    """Put a record into the browser, and load the page again."""
    page.evaluate(f"text => localStorage.setItem('{STORE}', text)", text)
    page.reload()
    page.wait_for_selector("[data-cu-ready]")


def open_record(page):
    panel = page.locator(".cu-quiz-record")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    return panel


# ---- Answers and feedback ----


def test_a_question_is_answered_by_keyboard_alone(quiz_page):
    page = quiz_page
    wrong, right = place_of(SINGLE, correct=False), place_of(SINGLE, correct=True)
    options(page, MULTIPLE).last.focus()
    page.keyboard.press("Tab")  # how sure
    page.keyboard.press("Tab")  # Check of the first question
    expect(focused(page)).to_have_accessible_name("Check")
    page.keyboard.press("Tab")  # the radio group of the second
    page.keyboard.press("Space")
    for _ in range(wrong):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")  # how sure: a guess, 50%, 60%
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_accessible_name("Check")
    page.keyboard.press("Enter")

    feedback = BANK.item(SINGLE).variant(0).options[wrong].feedback
    expect(status(page, SINGLE)).to_contain_text("Not yet.")
    expect(status(page, SINGLE)).to_contain_text(feedback)
    expect(status(page, SINGLE)).to_contain_text("You were 60% sure: Brier score 0.36;")
    again = status(page, SINGLE).get_by_role("link", name="The reference architecture")
    expect(again).to_have_attribute("href", "#the-reference-architecture")
    expect(score(page)).to_have_text(f"0 of {TOTAL} right, 1 answered")

    expect(focused(page)).to_have_accessible_name("Try again")
    page.keyboard.press("Enter")
    expect(status(page, SINGLE)).to_be_empty()
    expect(focused(page)).to_have_attribute("name", "option")
    page.keyboard.press("Space")
    for _ in range(right):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(status(page, SINGLE)).to_contain_text("Right.")
    expect(score(page)).to_have_text(f"1 of {TOTAL} right, 1 answered")
    expect(focused(page)).to_have_accessible_name("Answer and reasons")
    page.keyboard.press("Enter")
    expect(form(page, SINGLE).locator("details")).to_have_attribute("open", "")


def test_the_answer_stays_hidden_until_the_question_was_answered(quiz_page):
    details = form(quiz_page, SINGLE).locator("details")
    expect(details).to_be_hidden()
    button(quiz_page, SINGLE, "Check").click()
    expect(status(quiz_page, SINGLE)).to_have_text("Choose an option first.")
    expect(details).to_be_hidden()
    options(quiz_page, SINGLE).first.check()
    button(quiz_page, SINGLE, "Check").click()
    expect(details).to_be_visible()


def test_several_choices_are_marked_and_the_missing_one_is_not_told(quiz_page):
    page = quiz_page
    boxes = options(page, MULTIPLE)
    boxes.nth(place_of(MULTIPLE, correct=True)).check()
    boxes.nth(place_of(MULTIPLE, correct=False)).check()
    button(page, MULTIPLE, "Check").click()
    expect(status(page, MULTIPLE)).to_contain_text(
        "1 of the 2 you chose belongs; there are 2 in all."
    )
    marks = form(page, MULTIPLE).locator(".cu-quiz-option .cu-quiz-mark")
    expect(marks).to_have_count(2)
    button(page, MULTIPLE, "Try again").click()
    expect(marks).to_have_count(0)
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
    expect(focused(page)).to_have_attribute("name", "number")
    stem = f"{second.parameters['users']} users are in flight"
    expect(form(page, NUMERIC).locator("legend").first).to_contain_text(stem)
    type_number(page, second.answer_text)
    expect(status(page, NUMERIC)).to_contain_text("Right.")
    expect(form(page, NUMERIC).locator("details")).to_contain_text(second.answer_text)
    expect(score(page)).to_have_text(f"1 of {TOTAL} right, 1 answered")


def test_what_cannot_be_read_is_said_at_the_field_and_does_not_count(quiz_page):
    type_number(quiz_page, "41,9")
    expect(status(quiz_page, NUMERIC)).to_contain_text("decimal comma")
    field = form(quiz_page, NUMERIC).get_by_label("Your answer")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = field.get_attribute("aria-describedby")
    expect(quiz_page.locator(f"#{described}")).to_contain_text("decimal comma")
    expect(score(quiz_page)).to_have_text(f"0 of {TOTAL} right, 0 answered")
    assert record_of(quiz_page) == ""


def test_typed_html_is_text(kinds_page):
    page = kinds_page
    for item_id, field in (("type-a-number", "Your answer"), (PREDICT, "Your guess")):
        form(page, item_id).get_by_label(field).fill("5 <img src=x>")
        form(page, item_id).get_by_label(field).press("Enter")
        expect(status(page, item_id)).to_contain_text("“<imgsrc=x>”")
    expect(page.locator("img")).to_have_count(0)


# ---- Steps in order ----


def steps_of(page):
    return form(page, ORDER).locator(".cu-quiz-step")


def shown_steps(page) -> list[str]:
    return steps_of(page).all_inner_texts()


def test_steps_are_put_in_order_by_keyboard_alone(kinds_page):
    page = kinds_page
    steps = [step.text for step in ALL_KINDS.item(ORDER).steps]
    assert shown_steps(page) == [s.text for s in ALL_KINDS.item(ORDER).variant(0).steps] != steps
    options(page, "choose-some").last.focus()
    for place, step in enumerate(steps, start=1):
        while (now := shown_steps(page).index(step) + 1) > place:
            tab_to(page, f"Move up: {step}")
            page.keyboard.press("Enter")
            expect(status(page, ORDER)).to_have_text(f"{step} is now step {now - 1} of 4.")
            # The focus goes with the step; at the top its other button takes it over.
            way = "up" if now > 2 else "down"
            expect(focused(page)).to_have_accessible_name(f"Move {way}: {step}")
            if now == 2:
                page.keyboard.press("Shift+Tab")
        page.locator("h1").evaluate("e => { e.tabIndex = -1; e.focus() }")
    expect(steps_of(page)).to_have_text(steps)
    tab_to(page, f"Move up: {steps[-1]}")
    page.keyboard.press("Tab")  # how sure
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_accessible_name("Check")
    page.keyboard.press("Enter")
    expect(status(page, ORDER)).to_contain_text("Right.")
    for step in ALL_KINDS.item(ORDER).steps:
        expect(status(page, ORDER)).to_contain_text(step.why)
    expect(form(page, ORDER).get_by_role("button", name=re.compile("^Move"))).to_have_count(0)
    expect(focused(page)).to_have_accessible_name("Answer and reasons")


def test_the_marks_of_steps_agree_with_the_pairs_counted(kinds_page):
    page = kinds_page
    steps = [step.text for step in ALL_KINDS.item(ORDER).steps]
    wanted = [*steps[1:], steps[0]]  # two of three neighbors are right, and no step has its place
    if shown_steps(page) == wanted:
        pytest.fail("the drawn order is the one to be made: choose another")
    for place, step in enumerate(wanted):
        for target in range(shown_steps(page).index(step), place, -1):
            button(page, ORDER, f"Move up: {step}").click()
            expect(steps_of(page).nth(target - 1)).to_have_text(step)
    button(page, ORDER, "Check").click()
    expect(status(page, ORDER)).to_contain_text("2 of the 3 pairs of neighbors belong together.")
    expect(status(page, ORDER)).to_contain_text("Without rights, everything is fetched")
    rows = form(page, ORDER).get_by_role("listitem")
    expect(rows.locator(".cu-quiz-mark")).to_have_text(["✗", "✓", "✓", "✗"])
    expect(rows.first).to_contain_text("does not fit what comes before it")
    button(page, ORDER, "Try again").click()
    expect(rows.locator(".cu-quiz-mark")).to_have_count(0)
    expect(steps_of(page)).to_have_text([s.text for s in ALL_KINDS.item(ORDER).variant(0).steps])


def test_steps_that_were_not_moved_are_no_answer(kinds_page):
    button(kinds_page, ORDER, "Check").click()
    expect(status(kinds_page, ORDER)).to_contain_text("Move them first.")
    expect(focused(kinds_page)).to_have_accessible_name(re.compile("^Move "))
    expect(score(kinds_page)).to_have_text("0 of 6 right, 0 answered")


# ---- Predictions and confidence ----


def test_a_prediction_needs_a_confidence_and_reveals_nothing_before(live, predict_url):
    page = live(predict_url)
    card = page.locator(".cu-quiz-predict")
    expect(card.get_by_text("Your prediction", exact=True)).to_have_count(1)
    variant = ALL_KINDS.item(PREDICT).variant(0)
    expect(form(page, PREDICT).locator("details")).to_be_hidden()
    assert variant.answer_text not in page.locator("body").inner_text()
    form(page, PREDICT).get_by_label("Your guess").fill("95%")
    form(page, PREDICT).get_by_label("Your guess").press("Enter")
    expect(status(page, PREDICT)).to_have_text("Say how sure you are first.")
    expect(form(page, PREDICT).locator(".cu-quiz-level input").first).to_be_focused()
    assert variant.answer_text not in page.locator("body").inner_text()
    assert record_of(page) == ""

    say_sure(page, PREDICT, "90%")
    button(page, PREDICT, "Commit and reveal").click()
    told = status(page, PREDICT)
    expect(told).to_contain_text(f"You said 95%; it is {variant.answer_text}:")
    expect(told).to_contain_text("times too high")
    expect(told).to_contain_text("is one step")
    expect(told).to_contain_text("You were 90% sure: Brier score 0.81;")
    expect(button(page, PREDICT, "Try again")).to_be_hidden()

    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(status(page, PREDICT)).to_contain_text("You said 95%")
    expect(score(page)).to_have_text("0 of 4 right, 0 answered")


def test_starting_the_quiz_over_leaves_the_prediction_above_it(live, predict_url):
    page = live(predict_url)
    form(page, PREDICT).get_by_label("Your guess").fill("60")
    say_sure(page, PREDICT, "a guess")
    button(page, PREDICT, "Commit and reveal").click()
    expect(status(page, PREDICT)).to_contain_text("Close enough.")
    expect(status(page, PREDICT)).to_contain_text("You called it a guess: Brier score 0.81;")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_text("Your record keeps what you answered.")).to_be_visible()
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(status(page, PREDICT)).to_contain_text("Close enough.")


def test_all_cards_of_a_page_share_one_record_also_without_storage(live, page, predict_url):
    page.add_init_script(FORBIDDEN)
    live(predict_url)
    form(page, PREDICT).get_by_label("Your guess").fill("60")
    say_sure(page, PREDICT, "50%")
    button(page, PREDICT, "Commit and reveal").click()
    expect(page.locator(".cu-quiz-predict")).to_contain_text("This browser keeps nothing")
    expect(open_record(page)).to_contain_text("answers this browser keeps: 1.")


# ---- What is kept ----


def test_answers_are_kept_and_start_over_opens_the_questions_again(quiz_page):
    page = quiz_page
    options(page, SINGLE).nth(place_of(SINGLE, correct=True)).check()
    say_sure(page, SINGLE, "80%")
    button(page, SINGLE, "Check").click()
    type_number(page, "<b>")
    expect(status(page, NUMERIC)).to_contain_text("I cannot read that as a number.")
    type_number(page, "1")
    button(page, NUMERIC, "New numbers").click()
    type_number(page, "2")
    expect(status(page, NUMERIC).locator(".cu-quiz-verdict")).to_be_visible()
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(score(page)).to_have_text(f"1 of {TOTAL} right, 2 answered")
    expect(status(page, SINGLE)).to_contain_text("Right.")
    expect(status(page, SINGLE)).to_contain_text("You were 80% sure")
    second = BANK.item(NUMERIC).variants(0, 5)[1]
    users = f"{second.parameters['users']} users are in flight"
    expect(form(page, NUMERIC).locator("legend").first).to_contain_text(users)
    expect(form(page, NUMERIC).get_by_label("Your answer")).to_have_value("2")

    kept = record_of(page)
    page.get_by_role("button", name="Start over").click()
    expect(score(page)).to_have_text(f"0 of {TOTAL} right, 0 answered")
    expect(page.get_by_text("Your record keeps what you answered.")).to_be_visible()
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(score(page)).to_have_text(f"0 of {TOTAL} right, 0 answered")
    assert record_of(page) == kept
    answers = parse_progress(kept, "the browser").answers
    assert [(a.item, a.response) for a in answers] == [
        (SINGLE, BANK.item(SINGLE).variant(0).options[place_of(SINGLE, correct=True)].key),
        (NUMERIC, "1"),
        (NUMERIC, "2"),
    ]


HEADER = '{"format": "course-utils-progress", "version": 1}'


def line(item: str, response, **changes) -> str:
    """An answer as a line of a record, whether or not such an answer can be given."""
    fields = {
        "id": f"{item}-{len(str(response))}",
        "bank": BANK.id,
        "item": item,
        "seed": 0,
        "parameters": {},
        "response": response,
        "confidence": None,
        "correct": True,
        "score": 1,
        "misconceptions": [],
        "at": "2026-03-01T12:00:00.000Z",
    }
    return json.dumps({**fields, **changes})


@pytest.mark.parametrize(
    "kept",
    [
        "{not json",
        "null",
        "[]\n5\n",
        f"{HEADER}\n{{}}\n\u2028\n",
        f"{HEADER}\n{line(SINGLE, 99)}",
        f"{HEADER}\n{line(SINGLE, '0')}\n{line(SINGLE, [0])}\n",
        f"{HEADER}\n{line(MULTIPLE, [0, 99])}\n{line(MULTIPLE, 0)}\n{line(MULTIPLE, [])}\n",
        f"{HEADER}\n{line(NUMERIC, '5')}\n{line(NUMERIC, [1], parameters={'__proto__': 1})}\n",
        f"{HEADER}\n{line('gone', 1)}\n{line(SINGLE, 0, bank='__proto__')}\n",
        f"{HEADER}\n{line('one-question-through-the-boxes', [0, 0, 1, 2, 3, 4])}\n",
    ],
)
def test_a_record_that_makes_no_sense_is_not_shown_and_stays(quiz_page, kept):
    keep(quiz_page, kept)
    expect(score(quiz_page)).to_have_text(f"0 of {TOTAL} right, 0 answered")
    options(quiz_page, SINGLE).nth(place_of(SINGLE, correct=True)).check()
    button(quiz_page, SINGLE, "Check").click()
    expect(score(quiz_page)).to_have_text(re.compile(f"^1 of {TOTAL} right"))
    assert record_of(quiz_page).startswith(kept)
    quiz_page.reload()
    quiz_page.wait_for_selector("[data-cu-ready]")
    expect(score(quiz_page)).to_have_text(re.compile(f"^1 of {TOTAL} right"))


def test_the_verdict_of_a_kept_answer_is_worked_out_anew(quiz_page):
    wrong = BANK.item(SINGLE).variant(0).options[place_of(SINGLE, correct=False)]
    keep(quiz_page, f"{HEADER}\n{line(SINGLE, wrong.key, correct=True)}\n")
    expect(score(quiz_page)).to_have_text(f"0 of {TOTAL} right, 1 answered")


def test_a_damaged_line_is_reported_as_text_and_kept(quiz_page):
    evil = '{"id": "<img src=x>"'
    keep(quiz_page, f"{HEADER}\n{evil}\n{line(SINGLE, 0)}\n")
    panel = open_record(quiz_page)
    expect(panel).to_contain_text("this browser's record, line 2: this is not JSON.")
    expect(panel).to_contain_text("answers this browser keeps: 1.")
    expect(quiz_page.locator("img")).to_have_count(0)
    assert evil in record_of(quiz_page)


def test_a_newer_record_is_left_alone_and_the_quiz_goes_on(quiz_page):
    newer = f'{{"format": "{STORE}", "version": 9}}\n{{"new": "<img src=x>"}}\n'
    keep(quiz_page, newer)
    options(quiz_page, SINGLE).first.check()
    button(quiz_page, SINGLE, "Check").click()
    expect(score(quiz_page)).to_have_text(re.compile("1 answered$"))
    said = quiz_page.get_by_text("version 9 of the format is newer than this course")
    expect(said.first).to_be_visible()
    assert record_of(quiz_page) == newer
    # What was answered goes into the copy, behind the newer lines.
    with quiz_page.expect_download() as download:
        open_record(quiz_page).get_by_role("button", name="Save as a file").click()
    text = Path(download.value.path()).read_text("utf-8")
    assert text.startswith(newer)
    assert [answer.item for answer in parse_progress(text, "copy").answers] == [SINGLE]


@pytest.mark.parametrize("obstacle", [FORBIDDEN, FULL])
def test_the_quiz_works_and_says_so_where_nothing_can_be_kept(live, page, quiz_url, obstacle):
    page.add_init_script(obstacle)
    live(quiz_url)
    type_number(page, BANK.item(NUMERIC).variant(0).answer_text)
    options(page, SINGLE).first.check()
    button(page, SINGLE, "Check").click()
    expect(score(page)).to_have_text(re.compile("2 answered$"))
    expect(page.locator(".cu-quiz > .cu-quiz-note")).to_contain_text("keeps nothing")
    panel = open_record(page)
    expect(panel).to_contain_text("answers this browser keeps: 2.")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Save as a file").click()
    copy = parse_progress(Path(download.value.path()).read_text("utf-8"), "copy")
    assert ([answer.item for answer in copy.answers], copy.messages) == ([NUMERIC, SINGLE], ())


def test_a_quiz_of_another_seed_is_kept_with_it(live, card_page):
    page = live(card_page(html(BANK, seed="ada")))
    variant = BANK.item(NUMERIC).variant("ada")
    type_number(page, variant.answer_text)
    expect(status(page, NUMERIC)).to_contain_text("Right.")
    (answer,) = parse_progress(record_of(page), "the browser").answers
    assert (answer.seed, answer.parameters) == ("ada", variant.parameters)
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(score(page)).to_have_text(f"1 of {TOTAL} right, 1 answered")


# ---- The record: calibration, copies, erasing ----


def answer_with_confidence(page, count: int) -> None:
    """Answer the first questions of all kinds, each with 80%."""
    for item in ALL_KINDS.items[:count]:
        if item.kind in ("single", "multiple"):
            options(page, item.id).first.check()
        elif item.kind == "order":
            form(page, item.id).get_by_role("button", name=re.compile("^Move up")).last.click()
        else:
            form(page, item.id).locator(".cu-quiz-number input").fill("7")
        say_sure(page, item.id, "80%")
        form(page, item.id).locator("button[type=submit]").click()
        expect(status(page, item.id).locator(".cu-quiz-verdict")).to_be_visible()


def test_five_stated_answers_make_a_calibration_figure_with_its_words(kinds_page, axe_complaints):
    page = kinds_page
    answer_with_confidence(page, 4)
    panel = open_record(page)
    expect(panel).to_contain_text("so far 4.")
    figure = panel.get_by_role("img")
    expect(figure).to_have_count(0)
    answer_with_confidence_of = ALL_KINDS.items[4]
    form(page, answer_with_confidence_of.id).get_by_label("Your guess").fill("60")
    say_sure(page, answer_with_confidence_of.id, "99%")
    button(page, answer_with_confidence_of.id, "Commit and reveal").click()
    expect(figure).to_have_accessible_name(re.compile("How sure you were"))
    expect(figure.locator("circle")).to_have_count(2)
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(panel).to_contain_text("4 answers that you gave 80%")
    expect(panel).to_contain_text("Mean Brier score")
    assert axe_complaints(page) == {}


def test_a_copy_goes_to_another_browser_and_back_without_loss(
    kinds_page, chromium, kinds_url, tmp_path
):
    page = kinds_page
    answer_with_confidence(page, 6)
    mine = score(page).inner_text()
    with page.expect_download() as download:
        open_record(page).get_by_role("button", name="Save as a file").click()
    assert download.value.suggested_filename == "progress.jsonl"
    copy = tmp_path / "progress.jsonl"
    download.value.save_as(copy)
    progress = parse_progress(copy.read_text("utf-8"), "copy")
    assert (len(progress.answers), progress.messages) == (6, ())

    context = chromium.new_context()
    other = context.new_page()
    other.goto(kinds_url)
    other.wait_for_selector("[data-cu-ready]")
    panel = open_record(other)
    panel.locator("input[type=file]").set_input_files(copy)
    expect(panel.get_by_role("status")).to_contain_text("Answers added: 6; there already: 0.")
    # The answers stand in the questions at once, and the figure is there.
    expect(score(other)).to_have_text(mine)
    expect(panel.get_by_role("img")).to_be_visible()
    assert progress_text(parse_progress(record_of(other), "it").answers) == progress_text(
        progress.answers
    )
    before = record_of(other)
    panel.locator("input[type=file]").set_input_files(copy)
    expect(panel.get_by_role("status")).to_contain_text("Answers added: 0; there already: 6.")
    assert record_of(other) == before
    context.close()


def test_the_file_chooser_opens_from_the_button(kinds_page, tmp_path):
    """A file that is no record: a few messages, nothing as HTML, what can be read is added."""
    panel = open_record(kinds_page)
    wrong = tmp_path / "<img src=x>.jsonl"
    lines = [HEADER, *["<script>alert(1)</script>"] * 40, line("x", 1, id="<b>id</b>")]
    wrong.write_text("\n".join(lines), encoding="utf-8")
    with kinds_page.expect_file_chooser() as chooser:
        panel.get_by_role("button", name="Add from a file").click()
    chooser.value.set_files(wrong)
    said = panel.get_by_role("status")
    expect(said).to_contain_text("Answers added: 1; there already: 0.")
    expect(said).to_contain_text("<img src=x>.jsonl, line 2: this is not JSON.")
    expect(said).to_contain_text("37 more lines like these.")
    assert len(said.inner_text()) < 600
    expect(kinds_page.locator("img, main script:not([type]), b")).to_have_count(0)


def test_erasing_the_record_asks_first(kinds_page):
    page = kinds_page
    answer_with_confidence(page, 3)
    kept = record_of(page)
    panel = open_record(page)
    panel.get_by_role("button", name="Erase the record").click()
    question = panel.get_by_role("group", name=re.compile("^Erase all answers"))
    expect(question).to_be_visible()
    expect(focused(page)).to_have_accessible_name("Keep them")
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    assert record_of(page) == kept
    expect(focused(page)).to_have_accessible_name("Erase the record")

    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    expect(focused(page)).to_have_accessible_name("Erase them")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("The record is empty.")
    assert record_of(page) == ""
    expect(score(page)).to_have_text("0 of 6 right, 0 answered")
    page.reload()
    page.wait_for_selector("[data-cu-ready]")
    expect(score(page)).to_have_text("0 of 6 right, 0 answered")


# ---- Where a mistake is reported ----


def test_a_question_says_where_to_report_a_mistake_in_it(live, card_page):
    head = '<meta name="course-issue" content="https://example.org/a/b/issues/new?title=">'
    page = live(card_page(html(ALL_KINDS), head=head))
    for item in ALL_KINDS.items:
        link = form(page, item.id).locator(".cu-quiz-report a")
        expect(link).to_be_hidden()  # it stands with the answer
        title = f"Question%20all-kinds%2F{item.id}%3A%20"
        expect(link).to_have_attribute("href", f"https://example.org/a/b/issues/new?title={title}")
    answer_with_confidence(page, 1)
    form(page, "choose-one").locator("summary").click()
    expect(form(page, "choose-one").locator(".cu-quiz-report a")).to_be_visible()


def test_without_a_known_repository_no_link_is_made(kinds_page):
    expect(kinds_page.locator(".cu-quiz-report")).to_have_count(0)


# ---- The page around it ----


def test_axe_finds_nothing_before_and_after_the_answers(kinds_page, axe_complaints):
    assert axe_complaints(kinds_page) == {}
    answer_with_confidence(kinds_page, 6)
    assert axe_complaints(kinds_page) == {}


def test_without_javascript_questions_and_answers_can_be_read(chromium, kinds_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(kinds_url)
    for item in ALL_KINDS.items:
        question = form(page, item.id)
        expect(question.locator("legend")).to_be_visible()
        reasons = question.locator(".cu-quiz-reasons")
        expect(reasons).to_be_hidden()
        question.locator("summary").click()
        expect(reasons).to_be_visible()
        expect(reasons).to_contain_text("right order" if item.kind == "order" else "Answer:")
    form(page, "type-a-number").get_by_label("Your answer").fill("5")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Enter")
    # The answer to this request comes after any request that the key has made.
    page.evaluate("fetch('?later').then((response) => response.text())")
    assert asked == [f"{kinds_url}?later"]
    assert page.url == kinds_url
    context.close()


@pytest.mark.parametrize("width", [390, 320])
def test_no_sideways_scroll_on_a_phone(kinds_page, width):
    kinds_page.set_viewport_size({"width": width, "height": 800})
    kinds_page.wait_for_function("width => innerWidth === width", arg=width)
    answer_with_confidence(kinds_page, 6)
    panel = open_record(kinds_page)
    expect(panel.get_by_role("img")).to_be_visible()
    panel.get_by_role("button", name="Erase the record").click()
    expect(panel.get_by_role("button", name="Erase them")).to_be_visible()
    assert kinds_page.evaluate("document.documentElement.scrollWidth") <= width


# How far the page has moved since it was loaded, when all it had to draw is drawn.
SHIFT = """async () => {
  let by = 0;
  const add = (entries) => entries.forEach(({value}) => { by += value; });
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({type: "layout-shift", buffered: true});
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let i = 0; i < 5; i += 1) await frame();
  add(observer.takeRecords());
  return by;
}"""


def test_the_page_hardly_moves_when_the_quiz_comes_alive(page, quiz_url):
    page.goto(quiz_url)
    page.wait_for_selector("[data-cu-ready]")
    assert page.evaluate(SHIFT) < 0.05
