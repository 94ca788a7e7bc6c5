"""Fixtures for tests of quiz cards in Chromium, on a page of their own."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from course_utils.views.style import css_text

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
_RUN_AXE = """async (tags) => {
  const options = {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]};
  const where = (violation) => violation.nodes.slice(0, 3).map((node) => node.target.join(" "));
  return (await axe.run(document, options)).violations.map((v) => `${v.id}: ${where(v)}`);
}"""


@pytest.fixture(scope="module")
def card_page(tmp_path_factory, serve_folder):
    """`card_page(cards)` is the address of a page with these cards and the quiz modules."""

    def make(cards: str, *, head: str = "", above: str = "") -> str:
        folder = tmp_path_factory.mktemp("cards")
        for module in Path(str(files("course_utils.book") / "static")).glob("quiz*.mjs"):
            shutil.copy(module, folder)
        (folder / "index.html").write_text(
            '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            "<title>Cards</title><style>body { margin: 8px; color: var(--cu-text); "
            f"background: var(--cu-surface) }} {css_text('quiz')}</style>{head}</head>"
            f"<body><main><h1>Cards</h1>{above}{cards}</main>"
            '<script type="module" src="quiz.mjs"></script></body></html>',
            encoding="utf-8",
        )
        return serve_folder(folder)

    return make


@pytest.fixture
def live(page):
    """`live(url)` is that page with its cards live; any error in it fails the test."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)

    def load(url: str):
        page.goto(url)
        page.wait_for_selector("[data-cu-ready]")
        return page

    yield load
    assert errors == []


@pytest.fixture(scope="session")
def axe_complaints():
    """What axe-core finds in a page, by color scheme."""
    if not AXE.is_file():
        pytest.fail("axe-core is missing in node_modules: run `make book` first")

    def run(page) -> dict[str, list[str]]:
        page.evaluate(AXE.read_text("utf-8"))
        found = {}
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            found[theme] = page.evaluate(_RUN_AXE, WCAG)
        return {theme: complaints for theme, complaints in found.items() if complaints}

    return run
