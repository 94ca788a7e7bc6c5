"""The warm-up as a page: whole without JavaScript, and with it judged as the Python does."""

from __future__ import annotations

import json
import re

import lxml.html
import pytest
from playwright.sync_api import expect

from course_utils import quiz, show, warm_up
from course_utils.quiz.confidence import calibration
from course_utils.quiz.progress import parse_progress, stated
from course_utils.quiz.warm_up import RULE, WARM_UP_WORDS

WARM_UP = warm_up()
JUDGE = WARM_UP_WORDS["judge"]
# Of these ten ranges eight hold; one misses by a factor below the value, one above.
TYPED = {
    "reading-pace": ("3", "10"),
    "h100-bandwidth": ("1 TB/s", "2 TB/s"),
    "kv-cache": ("100 kB", "1e6"),
    "weights-once": ("1", "20"),
    "long-questions": ("$80", "$120"),
    "peak-rate": ("5", "50"),
    "cache-break-even": ("10", "40%"),
    "index-memory": ("10", "200"),
    "downtime": ("1 h", "5 h"),
    "leaks": ("0.1", "2"),
}


@pytest.fixture(scope="module")
def root():
    return lxml.html.fragment_fromstring(show(WARM_UP).html)


@pytest.fixture(scope="module")
def warm_up_url(card_page):
    predict = show(quiz("01-interview-basics", "what-sixteen-times-costs")).html
    return card_page(predict + show(WARM_UP).html)


def item(page, name):
    return page.locator(f'[data-item="{name}"]')


def type_in(page, typed) -> None:
    for name, ends in typed.items():
        for end, text in zip(("low", "high"), ends, strict=True):
            item(page, name).locator(f'input[name="{end}"]').fill(text)


def judged(typed):
    ranges = {e.id: e.read(*typed[e.id]) for e in WARM_UP.estimates if e.id in typed}
    return WARM_UP.judge(ranges)


def press(page) -> None:
    page.get_by_role("button", name=JUDGE).click()


def record(page):
    text = page.evaluate("localStorage.getItem('course-utils-progress')") or ""
    return parse_progress(text, "it").answers


# ---- without JavaScript ----


def test_every_question_has_two_labeled_ends_with_their_unit(root):
    for each in WARM_UP.estimates:
        (node,) = root.xpath(f'.//*[@data-item="{each.id}"]')
        labels = [" ".join(label.text_content().split()) for label in node.xpath(".//label")]
        assert labels == [f"Low end {each.unit}", f"High end {each.unit}"]
        (stem,) = node.xpath(".//legend/span[@class='cu-quiz-stem']")
        assert each.question == stem.text_content().replace("\u00a0", " ")


def test_every_value_is_folded_with_its_source_and_its_section(root):
    for each in WARM_UP.estimates:
        (node,) = root.xpath(f'.//*[@data-item="{each.id}"]')
        details = node.find("details")
        assert details.get("open") is None
        text = details.text_content().replace("\u00a0", " ")
        assert f"Answer: {each.value_text}" in text
        assert each.how in text
        assert each.value_text not in node.find("fieldset").text_content()
        (link,) = details.xpath(".//a/@href")
        assert link == f"{each.lesson}.html#{each.section.id}"


def test_a_page_without_javascript_says_how_to_count(chromium, warm_up_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(warm_up_url)
    expect(page.get_by_text(RULE)).to_be_visible()
    item(page, "leaks").locator("summary").click()
    expect(item(page, "leaks").get_by_text("0.994%")).to_be_visible()
    context.close()


def test_nothing_in_the_card_can_leave_its_place(root):
    assert root.xpath("//*[@id]") == []
    assert root.get("aria-label") == WARM_UP_WORDS["title"]
    assert json.loads(root.find("script").text_content())["bank"] == "00-start-here"


# ---- live ----


def test_ten_ranges_get_the_judgment_of_the_python(live, warm_up_url):
    page = live(warm_up_url)
    expect(page.get_by_text(RULE)).to_have_count(0)
    type_in(page, TYPED)
    press(page)
    wanted = judged(TYPED)
    assert wanted.held == 8
    expect(page.locator(".cu-quiz-advice p")).to_have_text(list(wanted.sentences))
    expect(page.locator(".cu-quiz-advice p").first).to_be_focused()
    verdicts = {e.id: item(page, e.id).locator(".cu-quiz-verdict") for e in WARM_UP.estimates}
    expect(verdicts["h100-bandwidth"]).to_have_text("✗ Missed. The value is 3,350 GB/s.")
    expect(verdicts["downtime"]).to_have_text("✓ Held. The value is 219 min.")
    expect(page.get_by_role("button", name=JUDGE)).to_be_hidden()


def test_the_figure_and_its_table_show_every_range(live, warm_up_url):
    page = live(warm_up_url)
    type_in(page, TYPED)
    press(page)
    figure = page.get_by_role("img", name="8 of 10 cross the line of the true value")
    expect(figure.locator("line.cu-range-held")).to_have_count(8)
    expect(figure.locator("line.cu-range-missed")).to_have_count(2)
    # A range that missed lies on one side of the line, one that held on both.
    middle = float(figure.locator(".cu-quiz-perfect").get_attribute("x1"))
    expect(figure.locator("line.cu-range")).to_have_count(10)
    lines = figure.locator("line.cu-range").all()
    crosses = [
        float(line.get_attribute("x1")) < middle < float(line.get_attribute("x2")) for line in lines
    ]
    names = [each.id for each in WARM_UP.estimates]
    assert {name for name, held in zip(names, crosses, strict=True) if not held} == {
        "h100-bandwidth",
        "peak-rate",
    }
    rows = page.locator(".cu-table tbody tr")
    expect(rows).to_have_count(10)
    cells = [re.compile("H100"), "1,000 to 2,000", "3,350 GB/s", "11"]
    expect(rows.nth(1).locator("td")).to_have_text(cells)


def test_an_error_is_shown_where_it_is_and_loses_nothing(live, warm_up_url):
    page = live(warm_up_url)
    type_in(page, {**TYPED, "peak-rate": ("50", "5"), "leaks": ("0.1", "")})
    press(page)
    expect(page.get_by_text("Ranges to mend: 6, 10.")).to_be_visible()
    note = "The low end has to be below the high end; yours are 50 and 5."
    low = item(page, "peak-rate").locator('input[name="low"]')
    expect(item(page, "peak-rate").get_by_text(note)).to_be_visible()
    expect(low).to_be_focused()
    expect(low).to_have_attribute("aria-invalid", "true")
    described = low.get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_have_text(note)
    expect(page.locator(".cu-quiz-advice")).to_have_count(0)
    assert record(page) == ()
    expect(item(page, "kv-cache").locator('input[name="high"]')).to_have_value("1e6")
    type_in(page, TYPED)
    low.press("Enter")
    expect(page.locator(".cu-quiz-advice p")).to_have_text(list(judged(TYPED).sentences))
    expect(page.locator("[aria-invalid]")).to_have_count(0)


def test_questions_may_be_left_out_and_answered_later(live, warm_up_url):
    page = live(warm_up_url)
    press(page)
    expect(page.get_by_text("Give at least one range first.")).to_be_visible()
    first = dict(list(TYPED.items())[:6])
    type_in(page, first)
    press(page)
    expect(page.locator(".cu-quiz-advice p")).to_have_text(list(judged(first).sentences))
    expect(item(page, "leaks").locator("details")).to_be_hidden()
    expect(item(page, "peak-rate").locator("input").first).to_be_disabled()
    press(page)
    expect(page.get_by_text("All your ranges are judged.")).to_be_visible()
    type_in(page, dict(list(TYPED.items())[6:]))
    press(page)
    expect(page.locator(".cu-quiz-advice p")).to_have_text(list(judged(TYPED).sentences))
    assert len(record(page)) == 10


def test_the_ranges_are_in_the_record_and_come_back(live, warm_up_url):
    page = live(warm_up_url)
    type_in(page, TYPED)
    press(page)
    expect(page.locator(".cu-quiz-advice")).to_be_visible()
    answers = record(page)
    assert [(a.bank, a.item, a.confidence) for a in answers] == [
        ("00-start-here", name, 0.9) for name in TYPED
    ]
    (level,) = calibration(stated(answers))
    assert (level.answers, level.right) == (10, 8)
    page.reload()
    page.wait_for_selector('.cu-quiz-warm-up[data-cu-ready="true"]')
    expect(page.locator(".cu-quiz-advice p")).to_have_text(list(judged(TYPED).sentences))
    expect(item(page, "downtime").locator("input").first).to_have_value("1 h")
    page.get_by_text("Your record", exact=True).click()
    expect(page.get_by_text("Of 10 answers that you gave 90%, 8 were right")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".cu-quiz-advice")).to_have_count(0)
    expect(item(page, "reading-pace").locator("input").first).to_be_focused()
    page.reload()
    page.wait_for_selector('.cu-quiz-warm-up[data-cu-ready="true"]')
    expect(page.locator(".cu-quiz-advice")).to_have_count(0)
    assert len(record(page)) == 10


def test_erasing_the_record_opens_the_ranges(live, warm_up_url):
    page = live(warm_up_url)
    type_in(page, {"leaks": TYPED["leaks"]})
    press(page)
    expect(page.locator(".cu-quiz-advice")).to_be_visible()
    type_in(page, {"downtime": ("7", "")})
    page.get_by_text("Your record", exact=True).click()
    page.get_by_role("button", name="Erase the record").click()
    page.get_by_role("button", name="Erase them").click()
    expect(page.locator(".cu-quiz-advice")).to_have_count(0)
    expect(item(page, "leaks").locator("input").first).to_be_enabled()
    expect(item(page, "downtime").locator("input").first).to_have_value("7")


def test_what_is_typed_cannot_become_markup(live, warm_up_url):
    page = live(warm_up_url)
    type_in(page, {"leaks": ("5 <b>", "<img src=x>")})
    press(page)
    note = item(page, "leaks").locator(".cu-quiz-note")
    expect(note).to_contain_text("I do not know the unit “<b>” here.")
    expect(page.locator(".cu-quiz-warm-up img, .cu-quiz-note b")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    live, warm_up_url, axe_complaints, width
):
    page = live(warm_up_url)
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function("width => innerWidth === width", arg=width)
    type_in(page, {**TYPED, "leaks": ("2", "1")})
    press(page)
    expect(page.get_by_text("Ranges to mend: 10.")).to_be_visible()
    assert axe_complaints(page) == {}
    type_in(page, TYPED)
    press(page)
    expect(page.locator(".cu-ranges-figure")).to_be_visible()
    how = item(page, "kv-cache").locator("details")
    how.locator("summary").click()
    expect(how).to_have_attribute("open", "")
    assert axe_complaints(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
