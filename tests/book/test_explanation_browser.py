"""The timed explanation in Chromium, on a page of its own: clock, keyboard, memory."""

from __future__ import annotations

import importlib.util
import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import expect

from course_utils.book.explanation import html
from course_utils.practice import get_explanation
from course_utils.views.style import css_text

TALK = get_explanation("document-qa")


def _serve():
    path = Path(__file__).resolve().parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("explanation_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.serve


@pytest.fixture(scope="module")
def talk_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explanation")
    static = files("course_utils.book") / "static"
    shutil.copy(str(static / "explanation.mjs"), folder)
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<title>Talk</title><style>body {{ margin: 8px }} {css_text('explanation')}</style>"
        f"</head><body><main><h1>Talk</h1>{html(TALK)}</main>"
        '<script type="module" src="explanation.mjs"></script></body></html>',
        encoding="utf-8",
    )
    server, url = _serve()(folder)
    yield url
    server.shutdown()


@pytest.fixture
def talk(page, talk_url):
    """The page with a clock that the test moves; any error in the page fails the test."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    # The clock stands still but for what a test lets pass, however long that takes.
    page.clock.install(time=0)
    page.clock.pause_at(1)
    page.goto(talk_url)
    page.get_by_role("button", name="Start").wait_for()
    yield page
    assert errors == []


def timer(page):
    return page.get_by_role("timer")


def now(page):
    return page.locator(".cu-explanation-now")


def spoken(page):
    return page.locator('[data-part="timer"] [role=status]')


def score(page):
    return page.locator('[data-part="score"]')


def tab_to(page, control) -> None:
    """Press Tab until the control has the focus; only a few things stand between two."""
    for _ in range(5):
        page.keyboard.press("Tab")
        if control.evaluate("e => e === document.activeElement"):
            return
    pytest.fail(f"Tab does not come to {control}")


def expect_said(page, texts: list[str]) -> None:
    """What was announced since the page was told to listen, and nothing else."""
    page.wait_for_function("count => window.said.length >= count", arg=len(texts))
    assert page.evaluate("window.said") == texts


def test_the_timer_runs_through_the_beats_and_speaks_when_they_change(talk):
    expect(timer(talk)).to_have_text("5:00 left")
    expect(spoken(talk)).to_be_empty()
    talk.get_by_role("button", name="Start").click()
    expect(spoken(talk)).to_have_text("Now: User and success.")
    talk.evaluate(
        """() => {
          window.said = [];
          const status = document.querySelector('[data-part="timer"] [role=status]');
          new MutationObserver(() => window.said.push(status.textContent))
            .observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    talk.clock.run_for(39_000)
    expect(timer(talk)).to_have_text("4:21 left")
    expect_said(talk, [])
    talk.clock.run_for(2_000)
    expect(now(talk)).to_contain_text("Now: Data and permissions.")
    expect(now(talk)).to_contain_text("Next: 1:30 Architecture walk")
    expect_said(talk, ["Now: Data and permissions."])
    current = talk.locator("tr[aria-current=step]")
    expect(current).to_have_count(1)
    expect(current).to_contain_text("Data and permissions")
    talk.clock.run_for(260_000)
    expect(timer(talk)).to_have_text("0:00 left")
    expect(now(talk)).to_have_text(re.compile(r"^Time\."))
    expect_said(talk, [*(f"Now: {beat.title}." for beat in TALK.beats[1:]), "Time."])
    expect(talk.locator("tr[aria-current]")).to_have_count(0)
    expect(talk.get_by_role("button", name="Start")).to_be_visible()


def test_a_page_that_slept_shows_the_true_time_on_its_next_tick(talk):
    talk.get_by_role("button", name="Start").click()
    talk.clock.fast_forward(175_000)  # one late tick instead of seven hundred
    expect(timer(talk)).to_have_text(re.compile(r"^2:0[45] left$"))
    expect(now(talk)).to_contain_text("Now: One tradeoff with a number.")


def test_the_timer_and_the_checklist_work_by_keyboard_alone(talk):
    focused = talk.locator(":focus")
    talk.keyboard.press("Tab")
    expect(focused).to_have_text("Start")
    talk.keyboard.press("Enter")
    talk.clock.run_for(60_000)
    expect(focused).to_have_text("Pause")
    expect(timer(talk)).to_have_text("4:00 left")
    talk.keyboard.press("Space")
    expect(focused).to_have_text("Go on")
    talk.clock.run_for(60_000)
    expect(timer(talk)).to_have_text("4:00 left")
    talk.keyboard.press("Tab")
    expect(focused).to_have_text("Reset")
    talk.keyboard.press("Enter")
    expect(timer(talk)).to_have_text("5:00 left")

    for element in TALK.elements:
        box = talk.locator(f'li[data-element="{element.id}"] input')
        tab_to(talk, box)
        talk.keyboard.press("Space")
        expect(box).to_be_checked()
    tab_to(talk, talk.get_by_role("button", name="Clear ticks and notes"))
    expect(score(talk)).to_contain_text("All 12 by your own count")


def test_ticks_notes_and_text_survive_a_reload_and_can_be_cleared(talk):
    talk.get_by_label("The threshold at which the choice flips").check()
    expect(score(talk)).to_have_text(re.compile("^1 of 12"))
    talk.get_by_text("Your outline, beat by beat").click()
    talk.get_by_label("0:40 Data and permissions").fill("wiki, contracts")
    talk.get_by_text("Your talk, written out").click()
    talk.get_by_label("The whole talk").fill("word " * 140)
    expect(talk.get_by_text("140 words, 1.0 minutes at 140 words a minute")).to_be_visible()

    talk.reload()
    talk.get_by_role("button", name="Start").wait_for()
    expect(talk.get_by_label("The threshold at which the choice flips")).to_be_checked()
    talk.get_by_text("Your outline, beat by beat").click()
    expect(talk.get_by_label("0:40 Data and permissions")).to_have_value("wiki, contracts")
    talk.get_by_text("Your talk, written out").click()
    expect(talk.get_by_text("140 words, 1.0")).to_be_visible()

    talk.get_by_role("button", name="Clear ticks and notes").click()
    expect(score(talk)).to_contain_text("Nothing ticked yet")
    talk.reload()
    talk.get_by_role("button", name="Start").wait_for()
    expect(talk.locator("input:checked")).to_have_count(0)
    expect(talk.get_by_label("0:40 Data and permissions")).to_have_value("")


def test_what_is_typed_is_kept_as_text(talk):
    hostile = "<img src=x onerror=alert(1)>"
    talk.get_by_text("Your talk, written out").click()
    talk.get_by_label("The whole talk").fill(hostile)
    talk.reload()
    talk.get_by_role("button", name="Start").wait_for()
    expect(talk.get_by_label("The whole talk")).to_have_value(hostile)
    expect(talk.locator("img")).to_have_count(0)


def test_without_storage_it_works_and_says_that_nothing_is_kept(talk):
    talk.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })"
    )
    talk.reload()
    talk.get_by_label("Permissions enforced inside retrieval").check()
    expect(talk.get_by_text("This browser keeps nothing")).to_be_visible()
    expect(score(talk)).to_have_text(re.compile("^1 of 12"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast_of_4_5_to_1_on_what_is_behind_it(talk, theme):
    talk.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    talk.get_by_role("button", name="Start").click()
    expect(spoken(talk)).to_have_text("Now: User and success.")
    ratios = talk.evaluate(
        """() => {
          const parse = (c) => (c.match(/[\\d.]+/g) ?? []).map(Number);
          const lum = ([r, g, b]) => [r, g, b].map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (node) => {
            for (let n = node; n; n = n.parentElement) {
              const c = parse(getComputedStyle(n).backgroundColor);
              if (c.length === 3 || c[3] > 0) return c;
            }
            return [255, 255, 255];
          };
          const out = [];
          for (const node of document.querySelectorAll("[data-cu-explanation] *")) {
            const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
            if (!own || node.tagName === "SCRIPT" || !node.checkVisibility()) continue;
            const [a, b] = [lum(parse(getComputedStyle(node).color)), lum(behind(node))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            out.push([ratio, node.textContent.slice(0, 40)]);
          }
          return out;
        }"""
    )
    assert len(ratios) > 40
    assert min(ratios)[0] >= 4.5, min(ratios)


def test_a_phone_shows_it_without_scrolling_sideways(talk):
    talk.set_viewport_size({"width": 390, "height": 844})
    talk.wait_for_function("() => innerWidth === 390")
    folds = talk.locator("details").all()
    assert folds
    for fold in folds:
        fold.locator("summary").click()
        expect(fold).to_have_attribute("open", "")
    assert talk.evaluate("document.documentElement.scrollWidth") <= 390
    assert talk.evaluate(
        "(() => { const t = document.querySelector('.cu-scroll');"
        " return t.scrollWidth <= t.clientWidth; })()"
    )


def test_without_javascript_beats_and_checklist_stand_there(chromium, talk_url):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(talk_url)
    text = page.locator("[data-cu-explanation]").inner_text()
    for beat in TALK.beats:
        assert beat.say in text
    for element in TALK.elements:
        assert element.label in text
    assert page.locator("button, input, textarea").count() == 0
    context.close()
