"""The live calculators in the built book, in real Chromium with the network blocked."""

from __future__ import annotations

import json
import math
import re
import shutil
import statistics

import pytest
from playwright.sync_api import expect

from course_utils.views import get_view, view_ids
from course_utils.views.copy import copy_text
from course_utils.views.live import answer

LESSON = "chapters/01-interview-basics.html"
START_MS = 60_000


def card(page, view_id="context-cost"):
    return page.locator(f'[data-cu-calculator="{view_id}"]')


def run_live(page, url):
    page.goto(url + LESSON)
    card(page).get_by_role("button", name="Run it live").click()
    page.wait_for_selector('[data-cu-live="true"]', timeout=START_MS)


def sentence(page, view_id="context-cost"):
    return card(page, view_id).locator(".cu-sentence").inner_text()


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*\.?\d*(?:e-?\d+)?", text)]


def close(ours, theirs):
    """The same text but for the last bits of its numbers."""
    a, b = numbers(ours), numbers(theirs)
    return len(a) == len(b) and all(
        math.isclose(x, y, rel_tol=1e-12) for x, y in zip(a, b, strict=True)
    )


def test_every_static_card_is_complete_and_offers_to_run(page, book_url, book_folder):
    shown = set()
    for path in sorted(book_folder.glob("chapters/**/*.html")):
        ids = set(re.findall(r'data-cu-calculator="([^"]+)"', path.read_text("utf-8")))
        if not ids:
            continue
        page.goto(book_url + path.relative_to(book_folder).as_posix())
        for view_id in ids:
            root = card(page, view_id).first
            expect(root.locator("svg[role=img]"), view_id).to_have_count(2)
            expect(root.locator("table"), view_id).to_have_count(1)
            expect(root.get_by_role("button", name="Run it live"), view_id).to_be_visible()
            expect(root.locator("[data-cu-controls]"), view_id).to_be_hidden()
        shown |= ids
    assert shown == set(view_ids()), "every card of the package stands in a lesson"


def test_a_slider_moves_the_card_by_keyboard(page, book_url):
    run_live(page, book_url)
    before = sentence(page)
    slider = card(page).locator('input[type=range][data-cu-slider="context_tokens"]')
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(card(page).locator(".cu-sentence")).not_to_have_text(before)
    expect(slider).to_have_attribute("aria-valuetext", "48,000 tokens")
    expect(card(page).locator("[data-cu-setting]")).to_contain_text("48,000")


# The parts of controls that reach out of their card.
OUTSIDE = """() => [...document.querySelectorAll('.cu-knob-row > *')].filter((part) => {
  const card = part.closest('[data-cu-calculator]').getBoundingClientRect();
  return part.getBoundingClientRect().right > card.right;
}).map((part) => part.textContent || part.id)"""


def test_on_a_phone_every_control_stays_inside_its_card(page, book_url):
    page.set_viewport_size({"width": 390, "height": 844})
    # The lesson with the longest units.
    page.goto(book_url + "chapters/09-larger-model.html")
    page.get_by_role("button", name="Run it live").first.click()
    page.wait_for_selector('[data-cu-live="true"]', timeout=START_MS)
    expect(page.locator(".cu-knob-row .cu-unit").first).to_be_visible()
    assert page.evaluate(OUTSIDE) == []


def test_on_a_wide_page_a_short_unit_stands_beside_its_box(page, book_url):
    run_live(page, book_url)
    row = card(page).locator('.cu-knob-row:has([data-cu-slider="context_tokens"])')
    box, unit = row.locator("input[type=text]"), row.locator(".cu-unit")
    expect(unit).to_have_text("tokens")
    assert unit.bounding_box()["y"] < box.bounding_box()["y"] + box.bounding_box()["height"]


def test_bad_input_is_said_in_place_and_the_card_goes_on(page, book_url):
    run_live(page, book_url)
    box = card(page).locator('[data-cu-knob="context_tokens"]')
    before = sentence(page)
    for typed, complaint in (("-5", "context_tokens = -5"), ("<img src=x>", "is not a number")):
        box.fill(typed)
        box.press("Enter")
        box.blur()
        error = card(page).locator("[data-cu-error]")
        expect(error).to_contain_text(complaint)
        assert sentence(page) == before
        expect(error.locator("img")).to_have_count(0)
    box.fill("100k")
    box.blur()
    expect(error).to_be_empty()
    expect(card(page).locator(".cu-sentence")).not_to_have_text(before)


@pytest.fixture(scope="module")
def live_page(chromium, book_url):
    """One page with a running Python for all cards: starting it takes seconds."""
    context = chromium.new_context()
    page = context.new_page()
    run_live(page, book_url)
    yield page
    context.close()


@pytest.mark.parametrize("view_id", view_ids())
def test_the_browser_and_cpython_give_the_same_card(live_page, view_id):
    """Same words and decisions, numbers within 1e-12, over settings from all over the range."""
    page = live_page
    knobs = get_view(view_id).knobs
    settings = [{}]
    for knob in knobs:
        values = knob.steps[:: max(1, len(knob.steps) // 4)] or [key for key, _ in knob.choices]
        settings += [{knob.name: value} for value in list(values)[:6]]
    theirs = page.evaluate(
        """async ({view, settings}) => {
            const {ask} = window.courseCalculators;
            const replies = [];
            for (const typed of settings) replies.push((await ask(view, typed)).answer);
            return replies;
        }""",
        {"view": view_id, "settings": settings},
    )
    for typed, reply in zip(settings, theirs, strict=True):
        ours, theirs_ = json.loads(answer(view_id, json.dumps(typed))), json.loads(reply)
        assert ours.keys() == theirs_.keys(), typed
        if "error" in ours:
            assert ours == theirs_
            continue
        for name in ("sentence", "binding", "table", "copy"):
            ours_part, their_part = ours["parts"][name], theirs_["parts"][name]
            assert ours_part == their_part or close(ours_part, their_part), (typed, name)
        # The picture's coordinates are rounded to a tenth of a pixel.
        assert ours["parts"]["figure"].count("<text") == theirs_["parts"]["figure"].count("<text")


def test_the_text_to_copy_follows_the_card_and_is_copied(page, book_url):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    run_live(page, book_url)
    root = card(page)
    box = root.locator('[data-cu-knob="context_tokens"]')
    box.fill("32k")
    box.press("Enter")
    expect(root.locator("[data-cu-setting]")).to_contain_text("32,000")
    root.locator("summary", has_text="Text to copy").click()
    root.get_by_role("button", name="Copy").click()
    expect(root.locator("[data-cu-copied]")).to_contain_text("Copied")
    view, knobs = get_view("context-cost"), {"context_tokens": 32_000}
    copied = page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")
    assert copied == copy_text(view, view.result(**knobs), knobs)


def test_where_the_clipboard_is_closed_the_text_is_selected(page, book_url):
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto(book_url + LESSON)
    root = card(page)
    root.locator("summary", has_text="Text to copy").click()
    root.get_by_role("button", name="Copy").click()
    expect(root.locator("[data-cu-copied]")).to_contain_text("Ctrl+C")
    view = get_view("context-cost")
    selected = root.locator(".cu-copy").evaluate(
        "box => box.value.slice(box.selectionStart, box.selectionEnd)"
    )
    assert selected == copy_text(view, view.result(), {})


def test_a_slider_step_is_quick(page, book_url):
    """The bar is 50 ms on a quiet machine; this only catches a step that one would see."""
    run_live(page, book_url)
    root = card(page)
    root.locator('input[type=range][data-cu-slider="context_tokens"]').focus()
    steps_ms = []
    for _ in range(10):
        root.evaluate("e => { delete e.dataset.cuStepMs }")
        page.keyboard.press("ArrowRight")
        expect(root).to_have_attribute("data-cu-step-ms", re.compile(r"\d"))
        steps_ms.append(float(root.get_attribute("data-cu-step-ms")))
    print(f"median slider step: {statistics.median(steps_ms):.1f} ms")
    # The quickest of ten: what else the machine does only ever adds.
    assert min(steps_ms) < 1_000


def test_without_javascript_figure_table_and_sentence_stand_and_it_says_why(chromium, book_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(book_url + LESSON)
    root = card(page)
    expect(root.locator(".cu-sentence")).to_be_visible()
    expect(root.locator("svg[role=img]").first).to_be_visible()
    expect(root.locator("[data-cu-status]")).to_contain_text("JavaScript")
    root.locator("summary", has_text="Table").click()
    expect(root.locator("table")).to_be_visible()
    context.close()


def test_from_a_file_the_card_stays_and_says_why(page, book_folder):
    page.goto((book_folder / LESSON).as_uri())
    expect(card(page).locator(".cu-sentence")).to_be_visible()
    expect(card(page).locator("[data-cu-status]")).to_contain_text("over http")
    expect(card(page).get_by_role("button", name="Run it live")).to_be_hidden()


@pytest.mark.parametrize("missing", ["runtime.json", "pyodide/pyodide.asm.wasm", "wheel"])
def test_with_the_runtime_missing_the_card_stays_and_names_what_is_missing(
    page, book_folder, serve_folder, tmp_path, missing
):
    copy = tmp_path / "book"
    shutil.copytree(book_folder, copy)
    gone = [copy / "_static" / missing]
    if missing == "wheel":
        gone = list((copy / "_static").glob("*.whl"))
    for path in gone:
        path.unlink()
    page.goto(serve_folder(copy) + LESSON)
    before = sentence(page)
    card(page).get_by_role("button", name="Run it live").click()
    status = card(page).locator("[data-cu-status]")
    expect(status).to_contain_text("could not start")
    expect(status).to_contain_text(gone[0].name)
    assert sentence(page) == before
    expect(card(page).get_by_role("button", name="Run it live")).to_be_enabled()
