"""The practice page in Chromium: filters, what was missed, no JavaScript, its weight."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urldefrag

import lxml.html
import pytest
from playwright.sync_api import TimeoutError, expect

from course_utils import misconceptions, practice_set, show
from course_utils.book.build import BuildError, build_deck
from course_utils.quiz.practice import PRACTICE_WORDS, Question, select
from course_utils.quiz.progress import missed, parse_progress

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
PRACTICE = practice_set()
QUESTIONS = PRACTICE.in_order(0)
TOTAL = len(QUESTIONS)
LESSON = QUESTIONS[0].bank
MAX_PAGE_GZIP_BYTES = 400_000
MOST_LESSONS = 16
STORE = "course-utils-progress"


@pytest.fixture(scope="module")
def practice_url(card_page):
    return card_page(show(PRACTICE).html)


@pytest.fixture
def practice(live, practice_url):
    return live(practice_url)


# Bank and item of the questions in view, in their order.
VISIBLE = """[...document.forms].filter((form) => form.checkVisibility())
  .map((form) => [form.dataset.bank, form.dataset.item])"""


def expect_visible(page, wanted: list[tuple[str, str]]) -> None:
    """These questions come into view, in this order, and no others."""
    with suppress(TimeoutError):  # what is there instead says more
        page.wait_for_function(
            f"wanted => JSON.stringify({VISIBLE}) === JSON.stringify(wanted)", arg=wanted
        )
    assert [tuple(pair) for pair in page.evaluate(VISIBLE)] == wanted


def keys(questions) -> list[tuple[str, str]]:
    return [question.key for question in questions]


def filter_of(page, name: str):
    return page.get_by_role("combobox", name=PRACTICE_WORDS[name], exact=True)


def choose(page, name: str, **option) -> None:
    filter_of(page, name).select_option(**option)


def said(page):
    return page.get_by_role("status").filter(has_text=re.compile("question", re.I))


def form_of(page, question: Question):
    bank, item = question.key
    return page.locator(f'form[data-bank="{bank}"][data-item="{item}"]')


def answer(page, question: Question, *, correct: bool) -> None:
    """Check an option that is right, or one that is wrong."""
    form = form_of(page, question)
    option = next(o for o in question.item.options if o.correct is correct)
    form.locator(f'.cu-quiz-option input[value="{option.key}"]').check()
    form.get_by_role("button", name="Check").click()
    expect(form.locator(".cu-quiz-verdict")).to_be_visible()


def single_choices(count: int) -> list[Question]:
    return [question for question in QUESTIONS if question.item.kind == "single"][:count]


def test_all_questions_are_there_in_the_order_of_the_seed(practice):
    expect_visible(practice, keys(QUESTIONS))
    expect(said(practice)).to_have_text(f"{TOTAL} of {TOTAL} questions.")


def test_the_filters_select_what_the_python_selects(practice):
    choose(practice, "lesson", value=LESSON.id)
    wanted = select(lesson=LESSON.id)
    expect_visible(practice, keys(wanted.in_order(0)))
    expect(said(practice)).to_have_text(f"{len(wanted.questions)} of {TOTAL} questions.")

    # The outcomes offered are those of the lesson.
    tested = {LESSON.outcome(item.outcome).text for item in LESSON.items}
    offered = filter_of(practice, "outcome").locator("option")
    expect(offered).to_have_count(1 + len(tested))
    texts = offered.all_inner_texts()
    assert texts[0] == PRACTICE_WORDS["any"]
    assert set(texts[1:]) == tested
    outcome = LESSON.items[0].outcome
    choose(practice, "outcome", label=LESSON.outcome(outcome).text)
    wanted = select(lesson=LESSON.id, outcome=outcome)
    expect_visible(practice, keys(wanted.in_order(0)))

    choose(practice, "lesson", value="")
    for level in (1, 2, 3):
        choose(practice, "difficulty", value=str(level))
        expect_visible(practice, keys(select(difficulty=level).in_order(0)))


def test_what_was_missed_before_can_be_asked_again(practice):
    wrong, right = single_choices(2)
    answer(practice, wrong, correct=False)
    answer(practice, right, correct=True)
    record = practice.evaluate(f"localStorage.getItem('{STORE}')")
    assert missed(parse_progress(record, "it").answers) == {wrong.key}

    practice.reload()
    practice.wait_for_selector("[data-cu-ready]")
    choose(practice, "state", value="missed")
    expect_visible(practice, [wrong.key])
    # A practice starts open: the verdict of the last time is not shown.
    expect(form_of(practice, wrong).get_by_role("button", name="Check")).to_be_visible()
    choose(practice, "state", value="right")
    expect_visible(practice, [right.key])
    choose(practice, "state", value="open")
    others = [key for key in keys(QUESTIONS) if key not in (wrong.key, right.key)]
    expect_visible(practice, others)

    # Answered rightly it stays in view until a filter is changed, and is then no longer missed.
    choose(practice, "state", value="missed")
    answer(practice, wrong, correct=True)
    expect_visible(practice, [wrong.key])
    choose(practice, "difficulty", value="")
    filter_of(practice, "difficulty").dispatch_event("change")
    expect_visible(practice, [])
    expect(said(practice)).to_have_text(PRACTICE_WORDS["none"])


def test_a_filter_follows_what_was_added_from_a_file_and_erased(practice, tmp_path):
    wrong = single_choices(1)[0]
    answer(practice, wrong, correct=False)
    choose(practice, "state", value="missed")
    expect_visible(practice, [wrong.key])
    panel = practice.locator(".cu-quiz-record")
    panel.locator("summary").click()
    panel.get_by_role("button", name="Erase the record").click()
    panel.get_by_role("button", name="Erase them").click()
    expect_visible(practice, [])


def test_a_question_sends_back_to_the_section_on_its_lessons_page(practice):
    wrong = single_choices(1)[0]
    answer(practice, wrong, correct=False)
    link = form_of(practice, wrong).get_by_role("status").get_by_role("link")
    section = wrong.item.read_again
    expect(link).to_have_attribute("href", f"{wrong.bank.id}.html#{section.id}")
    expect(link).to_have_text(section.title)


def test_an_empty_practice_set_says_so(live, card_page):
    page = live(card_page(show(practice_set(missed=[])).html))
    expect(said(page)).to_have_text(PRACTICE_WORDS["none"])


def test_without_javascript_every_question_and_answer_can_be_read(chromium, practice_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(practice_url)
    expect_visible(page, keys(QUESTIONS))
    for question in QUESTIONS[:: max(1, TOTAL // 8)]:
        form = form_of(page, question)
        reasons = form.locator(".cu-quiz-reasons")
        expect(reasons).to_be_hidden()
        form.locator("summary").click()
        expect(reasons).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_light_and_dark_and_nothing_goes_sideways(
    practice, axe_complaints, width
):
    practice.set_viewport_size({"width": width, "height": 800})
    practice.wait_for_function("width => innerWidth === width", arg=width)
    answer(practice, single_choices(1)[0], correct=False)
    practice.locator(".cu-quiz-record summary").click()
    expect(practice.locator(".cu-quiz-record-body")).not_to_be_empty()
    assert axe_complaints(practice) == {}
    assert practice.evaluate("document.documentElement.scrollWidth") <= width


def test_the_card_stays_light_with_three_times_as_many_lessons():
    """Each lesson adds its share; that of the lessons to come is taken as today's mean."""
    card = len(gzip.compress(show(PRACTICE).html.encode(), 6))
    lessons = len(Counter(question.bank.id for question in QUESTIONS))
    # The rest of a page, its styles and modules weigh about 120 kB.
    assert card / lessons * MOST_LESSONS < MAX_PAGE_GZIP_BYTES - 120_000


def test_the_build_writes_the_deck_that_the_page_links_to(tmp_path):
    build_deck(tmp_path)
    (link,) = re.findall(r"\(\.\./(\S+\.apkg)\)", (CHAPTERS / "practice.md").read_text("utf-8"))
    assert (tmp_path / link).read_bytes().startswith(b"PK")
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "_build").write_text("a file where the folder belongs")
    with pytest.raises(BuildError, match="the deck was not written"):
        build_deck(taken)


# ---- On the built page ----


@pytest.fixture(scope="module")
def built(book_folder):
    """A page of the built book, parsed; a book built before there was such a page is old."""

    def parse(name: str):
        path = book_folder / "chapters" / name
        if not path.is_file():
            pytest.fail(f"there is no chapters/{name} in _build/html: run `make book` again")
        return lxml.html.fromstring(path.read_bytes())

    return parse


def test_the_built_page_is_at_most_400_kb(built, book_folder):
    page = built("practice.html")
    assert page.xpath("count(//form[@data-item])") == TOTAL
    links = page.xpath("//link[@rel='stylesheet']/@href | //script/@src")
    static = {unquote(re.sub(r"[?#].*", "", link)) for link in links}
    files = [book_folder / "chapters" / name for name in static]
    files += [book_folder / "chapters" / "practice.html"]
    files += Path(book_folder / "_static").glob("quiz*.mjs")
    assert sum(len(gzip.compress(f.read_bytes(), 6)) for f in set(files)) <= MAX_PAGE_GZIP_BYTES


def test_the_deck_can_be_downloaded_from_the_built_page(built, book_folder):
    (href,) = built("practice.html").xpath("//a[contains(@href, '.apkg')]/@href")
    assert (book_folder / "chapters" / href).resolve().read_bytes().startswith(b"PK")


def test_the_links_of_questions_and_misconceptions_lead_to_headings_of_built_pages(built):
    cards = lxml.html.fromstring(show(misconceptions()).html)
    links = set(cards.xpath("//a/@href"))
    links |= {f"{q.bank.id}.html#{q.item.read_again.id}" for q in QUESTIONS}
    assert len(links) > len({question.bank.id for question in QUESTIONS})
    pages = {urldefrag(link).url for link in links}
    ids = {name: set(built(name).xpath("//@id")) for name in pages}
    broken = [link for link in links if urldefrag(link).fragment not in ids[urldefrag(link).url]]
    assert broken == []
    shown = set(built("misconceptions.html").xpath("//section[@class='cu-misconceptions']//@href"))
    assert shown == set(cards.xpath("//a/@href"))
