"""The parts of the book build, and what it says when a lesson is wrong."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import lxml.html
import pytest
from playwright.sync_api import expect

from course_utils.book import icons, mathml, mermaid, node, pages, repository, styles
from course_utils.book.build import (
    NOT_IN_THE_PAGE,
    PYODIDE_FILES,
    BuildError,
    build,
    build_pages,
    build_wheel,
    write_page_wheel,
)
from course_utils.book.diagrams import LESSON_FOLDERS, all_diagrams, tidy
from course_utils.views import view_ids

ROOT = Path(__file__).resolve().parents[2]
FRONT_MATTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""


@pytest.fixture(scope="session")
def packages() -> Path:
    """node_modules with what the book needs, installed where it is missing."""
    node.install_packages(ROOT)
    return ROOT / "node_modules"


@pytest.fixture
def tiny_book(tmp_path, packages, monkeypatch):
    """Makes a course folder with one lesson; the function takes the lesson's text."""
    for name in ("BOOK_REPOSITORY_URL", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)

    def make(lesson: str) -> Path:
        for name in ("_config.yml", "references.bib", "package-lock.json"):
            (tmp_path / name).write_text((ROOT / name).read_text())
        (tmp_path / "node_modules").symlink_to(packages)
        (tmp_path / "intro.md").write_text("# A tiny book\n\nOne lesson.\n")
        (tmp_path / "_toc.yml").write_text(
            "format: jb-book\nroot: intro\nchapters:\n- file: lesson\n"
        )
        (tmp_path / "lesson.md").write_text(FRONT_MATTER + lesson)
        return tmp_path

    return make


# ---- What the build says when something is wrong ----


def test_a_lesson_that_raises_fails_the_build_and_names_file_cell_and_error(tiny_book, capfd):
    book = tiny_book(
        "# Lesson\n\n```{code-cell} ipython3\nshare = 0\n```\n\nText.\n\n"
        "```{code-cell} ipython3\n1 / share\n```\n\n```{code-cell} ipython3\n3\n```\n"
    )
    line = (book / "lesson.md").read_text().splitlines().index("1 / share") + 1
    with pytest.raises(BuildError) as caught:
        build_pages(book)
    assert f"lesson.md:{line}: WARNING: code cell 2 stopped the notebook" in str(caught.value)
    assert "ZeroDivisionError: division by zero" in str(caught.value)
    # The traceback itself is in the terminal.
    assert "1 / share" in capfd.readouterr().err


def test_an_eval_that_raises_fails_the_build(tiny_book):
    book = tiny_book("# Lesson\n\n```{code-cell} ipython3\n1\n```\n\nIt is {eval}`no_such_name`.\n")
    with pytest.raises(BuildError, match=r"lesson\.md:\d+: WARNING: NameError.*no_such_name"):
        build_pages(book)


def test_a_dead_link_and_a_wrong_formula_fail_the_build(tiny_book):
    book = tiny_book("# Lesson\n\n[there](nowhere.md) and $\\frac{1$.\n")
    with pytest.raises(BuildError) as caught:
        build_pages(book)
    assert "nowhere.md" in str(caught.value)
    assert re.search(r"lesson\.md:\d+: WARNING: formula '\\\\frac\{1'", str(caught.value))


def test_the_lines_that_mark_a_solution_are_not_shown_and_the_code_runs(tiny_book):
    book = tiny_book(
        "# Lesson\n\n```{code-cell} ipython3\ndef two():\n    ### BEGIN SOLUTION\n"
        '    return "it ran"\n    ### END SOLUTION\n\n\ntwo()\n```\n'
    )
    build_pages(book)
    page = lxml.html.fromstring((book / "_build" / "html" / "lesson.html").read_bytes())
    (code,) = page.xpath("//div[contains(@class, 'cell_input')]//pre")
    assert code.text_content() == 'def two():\n    return "it ran"\n\n\ntwo()\n'
    assert code.xpath(".//span"), "the code keeps its colors"
    (output,) = page.xpath("//div[contains(@class, 'cell_output')]//pre")
    assert "it ran" in output.text_content()


def test_a_diagram_without_a_fresh_drawing_fails_the_build_and_says_what_to_run(tiny_book):
    book = tiny_book(
        "# Lesson\n\n```mermaid\nflowchart LR\n  accTitle: Two boxes\n  accDescr: One then two.\n"
        "  one --> two\n```\n"
    )
    with pytest.raises(BuildError, match=f"lesson-two-boxes.svg: run `{mermaid.DRAW}`"):
        build_pages(book)


def test_a_folder_that_is_no_course_is_refused(tmp_path):
    with pytest.raises(BuildError, match=r"no _config\.yml in .*run this in the course folder"):
        build(tmp_path)


# ---- Launch and source buttons ----


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, None),
        ({"BOOK_REPOSITORY_URL": ""}, None),
        ({"GITHUB_REPOSITORY": "ann/course"}, "https://github.com/ann/course"),
        (
            {"GITHUB_SERVER_URL": "https://git.example.org", "GITHUB_REPOSITORY": "ann/course"},
            "https://git.example.org/ann/course",
        ),
        (
            {
                "BOOK_REPOSITORY_URL": "https://github.com/me/fork.git/",
                "GITHUB_REPOSITORY": "ann/course",
            },
            "https://github.com/me/fork",
        ),
    ],
)
def test_the_repository_comes_from_the_environment(environment, url):
    assert repository.repository_url(environment) == url


@pytest.mark.parametrize("url", ["github.com/me/fork", "https://github.com/me", "git@host:me/fork"])
def test_a_repository_url_of_another_form_is_refused(url):
    with pytest.raises(
        ValueError, match=r"BOOK_REPOSITORY_URL is .* must be https://HOST/OWNER/NAME"
    ):
        repository.repository_url({"BOOK_REPOSITORY_URL": url})


AXE = """async (values) => {
  const found = await axe.run({runOnly: {type: "tag", values}});
  return found.violations.map((violation) => violation.id);
}"""
CELL = "# Lesson\n\n```{code-cell} ipython3\n6 * 7\n```\n"


def test_without_a_repository_no_button_leads_anywhere(tiny_book):
    book = tiny_book(CELL)
    build_pages(book)
    page = (book / "_build/html/lesson.html").read_text()
    assert "mybinder" not in page
    assert "source-repository-button" not in page
    assert 'href="http' not in page


def test_with_a_repository_the_buttons_lead_to_it_and_none_to_colab(tiny_book, monkeypatch, page):
    book = tiny_book(CELL)
    monkeypatch.setenv("GITHUB_REPOSITORY", "ann/course")
    build_pages(book)
    path = book / "_build/html/lesson.html"
    html = path.read_text()
    assert "https://mybinder.org/v2/gh/ann/course/main?urlpath=lab/tree/lesson.md" in html
    assert 'href="https://github.com/ann/course"' in html
    assert "colab" not in html.lower()

    page.goto(path.as_uri())
    page.get_by_role("button", name="Launch interactive content").click()
    expect(page.get_by_role("link", name="Binder")).to_be_visible()
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert page.evaluate(AXE, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]) == []


# ---- Icons, formulas, styles, scripts ----


def test_an_icon_of_the_theme_becomes_a_drawing_with_its_other_attributes():
    drawn = icons.draw_icons(
        '<i class="theme-switch fa-solid fa-sun   fa-lg" data-mode="light" title="Light"></i>'
        '<span class="fa-solid fa-bars"></span>'
    )
    assert drawn.count("<svg") == 2
    assert 'class="cu-icon theme-switch"' in drawn
    assert 'data-mode="light"' in drawn
    assert "<title>Light</title>" in drawn
    assert "fa-" not in drawn


def test_an_icon_without_a_drawing_is_named():
    with pytest.raises(ValueError, match=r"no icon 'dragon'; there are .*angle-left"):
        icons.draw_icons('<i class="fa-solid fa-dragon"></i>')


def test_latex_becomes_mathml(packages):
    fraction = mathml.to_mathml(r"\frac{a}{b}", display=False, packages=packages)
    assert "<mfrac><mi>a</mi><mi>b</mi></mfrac>" in fraction
    assert 'display="block"' not in fraction
    assert 'display="block"' in mathml.to_mathml("a", display=True, packages=packages)


def test_latex_that_cannot_be_read_is_named(packages):
    with pytest.raises(ValueError, match=r"formula .*\\\\frac\{a"):
        mathml.to_mathml(r"\frac{a", display=False, packages=packages)


def test_the_icon_font_is_taken_out_of_the_styles_and_nothing_else():
    css = (
        '@font-face{font-family:"Font Awesome 6 Free";src:url(a.woff2)}'
        '.fa,.fas{x:y}.fa-sun{--fa:"z"}'
        ".far-away{c:d}.fa-lg,.mine{e:f}@media print{.fa-moon{g:h}.kept{i:j}}"
    )
    assert styles.without_icon_font(css) == (
        ".far-away{c:d}.fa-lg,.mine{e:f}@media print{.kept{i:j}}"
    )


def test_a_page_loads_only_the_modules_that_it_has_work_for():
    assert pages.modules_of('<section class="x" data-cu-quiz="01"></section>') == ["quiz.mjs"]
    assert pages.modules_of("<p>The attribute data-cu-quiz= in a text</p>") == []


def test_the_theme_accessibility_faults_are_mended():
    mended = pages.mend(
        '<html lang="en" data-theme="auto"><summary><span class="toctree-toggle">'
        '</span></summary><div role="list" class="citation-list"><div role="doc-biblioentry">'
    )
    assert 'data-theme="light"' in mended
    assert '<summary aria-label="Pages inside">' in mended
    assert 'role="listitem"' in mended


# ---- Diagrams ----

DIAGRAM = "flowchart TB\n  accTitle: Two boxes\n  accDescr: One, then two.\n  one --> two\n"


@pytest.mark.parametrize("opening", ["```mermaid", "```{mermaid}"])
def test_a_diagram_is_found_and_its_drawing_ages_with_it(tmp_path, opening):
    lesson = tmp_path / "01-lesson.md"
    lesson.write_text(f"# Lesson\n\n{opening}\n{DIAGRAM}```\n")
    (diagram,) = mermaid.diagrams_of(lesson)
    assert diagram.path == tmp_path / "diagrams" / "01-lesson-two-boxes.svg"
    assert "has no drawing" in diagram.why_stale()
    diagram.path.parent.mkdir()
    diagram.path.write_text(tidy('<svg viewBox="0 0 10.5 20"><g></g></svg>', diagram))
    assert diagram.why_stale() is None
    lesson.write_text(lesson.read_text().replace("one --> two", "two --> one"))
    (changed,) = mermaid.diagrams_of(lesson)
    assert "older than its diagram" in changed.why_stale()


def test_a_diagram_without_words_for_screen_readers_is_refused(tmp_path):
    lesson = tmp_path / "lesson.md"
    lesson.write_text("```mermaid\nflowchart LR\n  a --> b\n```\n")
    (diagram,) = mermaid.diagrams_of(lesson)
    with pytest.raises(ValueError, match=r"lesson\.md: .*no `accTitle: \.\.\.` line"):
        diagram.why_stale()


def test_every_drawing_of_the_course_is_fresh_and_belongs_to_a_diagram():
    diagrams = all_diagrams(ROOT)
    assert diagrams
    assert [why for diagram in diagrams if (why := diagram.why_stale())] == []
    drawings = {path for name in LESSON_FOLDERS for path in (ROOT / name).rglob("diagrams/*.svg")}
    assert drawings == {diagram.path for diagram in diagrams}


def test_the_drawings_have_no_color_that_one_scheme_would_hide():
    for diagram in all_diagrams(ROOT):
        drawing = diagram.path.read_text()
        assert not re.search(r'\s(fill|stroke)="#', drawing)
        assert not re.search(r"(?:fill|stroke|color):#", drawing)
        assert f'<title id="chart-title-{diagram.slug}">{diagram.title}</title>' in drawing


# ---- npm packages, wheel and runtime ----


def test_packages_are_installed_again_only_when_the_lock_file_changes(tmp_path):
    (tmp_path / "package-lock.json").write_text("{}")
    assert not node.packages_are_fresh(tmp_path)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / node.STAMP).write_text(f"{node._lock_digest(tmp_path)} book\n")
    assert node.packages_are_fresh(tmp_path)
    assert not node.packages_are_fresh(tmp_path, drawing=True)
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert not node.packages_are_fresh(tmp_path)


def test_the_lock_file_holds_no_download_address():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_the_wheel_holds_what_the_calculators_of_the_page_import(tmp_path):
    wheel = build_wheel(ROOT, tmp_path / "wheel")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("views/live.py", "calculators/money.py", "catalog/load.py"):
        assert f"course_utils/{name}" in names
    assert any(name.startswith("course_utils/catalog/data/") for name in names)


# As the page does it: the archive unpacked, the standard library, and nothing else.
EVERY_CARD = """
import sys
sys.path.insert(0, sys.argv[1])
from course_utils.views import get_view, view_ids
from course_utils.views.live import answer
for name in view_ids():
    view = get_view(name)
    view.compute(**{knob.name: knob.default for knob in view.knobs})
print(len(view_ids()))
"""


def test_the_wheel_of_the_page_is_smaller_and_computes_every_card(tmp_path):
    wheel = build_wheel(ROOT, tmp_path / "wheel")
    part = tmp_path / wheel.name
    write_page_wheel(wheel, part)
    assert part.stat().st_size < 0.7 * wheel.stat().st_size
    with zipfile.ZipFile(part) as archive:
        archive.extractall(tmp_path / "page")
        names = archive.namelist()
        (record,) = [name for name in names if name.endswith("RECORD")]
        recorded = [line.split(",")[0] for line in archive.read(record).decode().splitlines()]
    assert sorted(recorded) == sorted(names)
    assert not [name for name in names if name.split("/")[1] in NOT_IN_THE_PAGE]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", EVERY_CARD, str(tmp_path / "page")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(view_ids())


def test_the_first_use_of_a_calculator_fetches_at_most_7_mb(book_folder):
    static = book_folder / "_static"
    runtime = json.loads((static / "runtime.json").read_text())
    assert runtime["files"] == list(PYODIDE_FILES)
    paths = [static / runtime["pyodide"] / name for name in runtime["files"]]
    size = sum(len(gzip.compress(p.read_bytes(), 6)) for p in [*paths, static / runtime["wheel"]])
    assert size <= 7e6
