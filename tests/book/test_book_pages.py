"""The pages of the built book in real Chromium, with the network blocked."""

from __future__ import annotations

import functools
import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import lxml.html
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
MAX_PAGE_GZIP_BYTES = 400_000
# A visit takes seconds: `make test` makes these, `make check` one to every page.
ONE_OF_EACH_KIND = [
    "intro.html",
    "search.html",
    "chapters/00-start-here.html",
    "chapters/01-interview-basics.html",
    "chapters/03-reference-architecture.html",
    "chapters/glossary.html",
    "chapters/misconceptions.html",
    "chapters/practice.html",
    "exercises/06-caching-economics.html",
    "solutions/06-caching-economics.html",
]
PHONE = {"width": 390, "height": 844}
COMPRESSIBLE = {".html", ".css", ".js", ".mjs", ".svg", ".json"}

# What colors decide; the rest of a page is the same in both themes.
COLOR_RULES = ["color-contrast", "link-in-text-block"]
_AXE = """async (runOnly) => {
  const options = {runOnly, resultTypes: ["violations"]};
  const where = (violation) => violation.nodes.slice(0, 3).map((node) => node.target.join(" "));
  return (await axe.run(document, options)).violations.map((v) => `${v.id}: ${where(v)}`);
}"""
_THEME = """(theme) => {
  const still = document.createElement("style");
  still.textContent = "*, ::before, ::after { transition: none !important }";
  document.head.append(still);
  document.documentElement.dataset.theme = theme;
}"""
_SIDEWAYS = "() => { scrollTo(9999, 0); const by = scrollX; scrollTo(0, 0); return by; }"
_UNNAMED_FIGURES = r"""() => {
  const labels = (e) => (e.getAttribute("aria-labelledby") || "").split(" ")
    .map((id) => document.getElementById(id)?.textContent || "").join(" ");
  const name = (e) => (e.getAttribute("aria-label") || e.getAttribute("alt") || labels(e)
    || e.querySelector("title")?.textContent || "").trim();
  const file = (text) => /\.(png|jpe?g|gif|svg|webp)\b/i.test(text) && !/\s/.test(text);
  return [...document.querySelectorAll("article img, article svg[role=img]")]
    .filter((e) => !name(e) || file(name(e))).map((e) => e.outerHTML.slice(0, 120));
}"""
# The text of the lesson itself: the modules may rearrange the inside of their own cards.
_BLOCKS = r"""() => {
  const cards = "[data-cu-calculator], [data-cu-quiz], [data-cu-explanation]";
  return [...document.querySelectorAll("article :is(h1, h2, h3, p, li, td, th, pre, figcaption)")]
    .filter((e) => !e.closest(cards))
    .map((e) => e.textContent.replace(/\s+/g, " ").trim()).filter(Boolean);
}"""


@dataclass
class Report:
    """What one visit to a page showed."""

    left_machine: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    gzip_bytes: int = 0
    unnamed_figures: list[str] = field(default_factory=list)
    axe: dict[str, list[str]] = field(default_factory=dict)
    sideways_px: float = 0
    lost_without_scripts: list[str] = field(default_factory=list)
    language: str = ""


def page_names(folder: Path) -> list[str]:
    """Every page that a reader can come to; the redirect to the first one is none."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*.html")))
    names = [str(path) for path in found if not path.parts[0].startswith("_")]
    return [name for name in names if b"http-equiv=" not in (folder / name).read_bytes()[:500]]


@functools.cache
def wire_bytes(path: Path) -> int:
    data = path.read_bytes()
    return len(gzip.compress(data, 6)) if path.suffix in COMPRESSIBLE else len(data)


def visit(browser, base: str, folder: Path, name: str, axe: str) -> Report:
    report, files = Report(), set()
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", service_workers="block"
    )
    page = context.new_page()

    def on_request(request):
        if request.url.startswith(base):
            files.add(folder / unquote(urlsplit(request.url).path).lstrip("/"))
        elif not request.url.startswith(("data:", "blob:")):
            report.left_machine.append(request.url)

    def on_response(response):
        if response.status >= 400:
            report.failed.append(f"{response.status} {response.url}")

    def on_console(message):
        if message.type in ("error", "warning"):
            report.errors.append(message.text)

    page.on("request", on_request)
    page.on("requestfailed", lambda request: report.failed.append(request.url))
    page.on("response", on_response)
    page.on("pageerror", lambda error: report.errors.append(str(error)))
    page.on("console", on_console)
    page.goto(base + name)
    page.wait_for_load_state("networkidle")
    report.gzip_bytes = sum(wire_bytes(file) for file in files if file.is_file())
    report.language = page.evaluate("document.documentElement.lang")
    report.unnamed_figures = page.evaluate(_UNNAMED_FIGURES)
    with_scripts = page.evaluate(_BLOCKS)
    page.evaluate(axe)
    rules = {
        "light": {"type": "tag", "values": WCAG},
        "dark": {"type": "rule", "values": COLOR_RULES},
    }
    for theme, run_only in rules.items():
        page.evaluate(_THEME, theme)
        report.axe[theme] = page.evaluate(_AXE, run_only)
    page.set_viewport_size(PHONE)
    page.wait_for_function("width => innerWidth === width", arg=PHONE["width"])
    report.sideways_px = page.evaluate(_SIDEWAYS)
    context.close()

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + name)
    # Playwright's own evaluation works in a page whose scripts are off.
    without = set(page.evaluate(_BLOCKS))
    report.lost_without_scripts = [text for text in with_scripts if text not in without]
    context.close()
    return report


@pytest.fixture(
    scope="module",
    params=["one of each kind", pytest.param("every page", marks=pytest.mark.slow)],
)
def reports(request, chromium, book_url, book_folder) -> dict[str, Report]:
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.fail("axe-core is missing in node_modules: run `make book` first")
    names = page_names(book_folder)
    assert set(ONE_OF_EACH_KIND) <= set(names)
    if request.param == "one of each kind":
        names = ONE_OF_EACH_KIND
    source = axe.read_text()
    return {name: visit(chromium, book_url, book_folder, name, source) for name in names}


def found(reports: dict[str, Report], what) -> dict[str, object]:
    return {name: what(report) for name, report in reports.items() if what(report)}


def test_no_request_leaves_the_machine(reports):
    assert found(reports, lambda r: r.left_machine) == {}


def test_no_page_has_an_error_or_a_failed_request(reports):
    assert found(reports, lambda r: r.errors + r.failed) == {}


def test_axe_finds_nothing_in_light_and_dark(reports):
    assert found(reports, lambda r: {t: v for t, v in r.axe.items() if v}) == {}


def test_every_figure_has_words(reports):
    assert found(reports, lambda r: r.unnamed_figures) == {}


def test_no_page_scrolls_sideways_on_a_phone(reports):
    assert found(reports, lambda r: r.sideways_px) == {}


def test_the_whole_text_is_there_without_javascript(reports):
    assert found(reports, lambda r: r.lost_without_scripts) == {}


def test_every_page_names_its_language(reports):
    assert found(reports, lambda r: r.language != "en") == {}


def test_no_page_is_heavier_than_400_kb(reports):
    assert found(reports, lambda r: r.gzip_bytes * (r.gzip_bytes > MAX_PAGE_GZIP_BYTES)) == {}
    # The measure itself works: the stylesheet alone weighs more than this.
    assert min(report.gzip_bytes for report in reports.values()) > 30_000


def test_links_and_anchors_resolve(book_folder):
    trees = {
        str(path.relative_to(book_folder)): lxml.html.fromstring(path.read_bytes())
        for path in book_folder.rglob("*.html")
        if "_static" not in path.parts
    }
    ids = {name: {*tree.xpath("//@id"), "", "top"} for name, tree in trees.items()}
    broken, checked = [], 0
    for name, tree in trees.items():
        for href in set(tree.xpath("//a/@href | //link/@href | //script/@src | //img/@src")):
            url, anchor = urldefrag(urljoin(f"http://book/{name}", href))
            if urlsplit(url).netloc != "book":
                continue
            checked += 1
            target = unquote(urlsplit(url).path).lstrip("/")
            exists = (book_folder / target).is_file()
            if not exists or (target in ids and unquote(anchor) not in ids[target]):
                broken.append(f"{name}: {href}")
    assert broken == []
    assert checked > 100


def test_the_first_address_of_the_book_leads_to_a_page(book_folder):
    first = (book_folder / "index.html").read_text()
    target = re.search(r"url=([^\"]+)", first)
    assert target is None or (book_folder / target[1]).is_file()


def test_pages_carry_neither_libraries_nor_widget_state(book_folder):
    unwanted = re.compile(
        r"mathjax|thebe|require|fontawesome|mermaid|widget|preconnect|dns-prefetch", re.I
    )
    for name in page_names(book_folder):
        tree = lxml.html.fromstring((book_folder / name).read_bytes())
        loaded = tree.xpath("//script/@src | //script/@type | //link/@href | //link/@rel")
        assert [text for text in loaded if unwanted.search(text)] == [], name


LESSON = "chapters/01-interview-basics.html"


def test_the_diagram_is_drawn_and_follows_the_color_scheme(page, book_url):
    page.goto(book_url + LESSON)
    label = page.locator(".cu-diagram svg text").first

    def luminance() -> float:
        color = label.evaluate("e => getComputedStyle(e).fill")
        return sum(int(part) for part in re.findall(r"\d+", color)[:3]) / 3

    page.evaluate(_THEME, "light")
    light = luminance()
    page.evaluate(_THEME, "dark")
    assert light < 100 < 180 < luminance()
    # Words fit into their boxes in the font of the page.
    spill = page.evaluate(
        """() => [...document.querySelectorAll(".cu-diagram .node")].filter((node) => {
          const box = node.querySelector(".label-container").getBoundingClientRect();
          const text = node.querySelector("text").getBoundingClientRect();
          return text.left < box.left || text.right > box.right;
        }).map((node) => node.textContent.trim())"""
    )
    assert spill == []


def test_search_finds_a_lesson(page, book_url):
    page.goto(f"{book_url}search.html?q=orchestrator")
    expect(page.locator(f'#search-results a[href*="{LESSON}"]').first).to_be_visible()


def test_the_keyboard_reaches_the_text_and_the_color_scheme(page, book_url):
    page.goto(book_url + LESSON)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main-content$"))
    root, seen = page.locator("html"), set()
    for _ in range(3):
        mode = root.get_attribute("data-mode")
        page.locator(".theme-switch-button").focus()
        page.keyboard.press("Enter")
        expect(root).not_to_have_attribute("data-mode", mode)
        seen.add(root.get_attribute("data-theme"))
    assert seen == {"light", "dark"}


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(page, book_url):
    page.set_viewport_size(PHONE)
    page.goto(book_url + LESSON)
    menu = page.locator("#pst-primary-sidebar-modal")
    page.locator(".primary-toggle").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Exercises", exact=False).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_without_scripts_the_page_has_the_light_colors(chromium, book_url):
    context = chromium.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(book_url + LESSON)
    colors = page.evaluate(
        """() => [document.body, document.querySelector("article p")]
          .map((e, i) => getComputedStyle(e)[i ? "color" : "backgroundColor"])"""
    )
    context.close()
    assert colors == ["rgb(255, 255, 255)", "rgb(31, 35, 40)"]
