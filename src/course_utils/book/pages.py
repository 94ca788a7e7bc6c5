"""Mends each page after the theme has rendered it: icons, accessibility, scripts."""

from __future__ import annotations

import re

from course_utils.book.icons import draw_icons

# Root element of an interactive part -> the module that makes it live.
LIVE_PARTS = {
    "data-cu-calculator": "calculator.mjs",
    "data-cu-quiz": "quiz.mjs",
    "data-cu-explanation": "explanation.mjs",
}


def modules_of(body: str) -> list[str]:
    """The browser modules that the body of a page needs."""
    return [
        module for mark, module in LIVE_PARTS.items() if re.search(rf"<\w+\b[^>]*\s{mark}=", body)
    ]


def mend(page: str) -> str:
    """A rendered page with inline icons and without the theme's accessibility faults."""
    for step in (draw_icons, _light_without_scripts, _mend_names, _mend_citations):
        page = step(page)
    return page


def _light_without_scripts(page: str) -> str:
    # "auto" has no colors of its own: a script in the head sets light or dark where there is one.
    return page.replace(' data-theme="auto">', ' data-theme="light">', 1)


def _mend_citations(page: str) -> str:
    # A list may hold list items alone; `doc-biblioentry` is none, and deprecated besides.
    return page.replace('role="doc-biblioentry"', 'role="listitem"')


def _mend_names(page: str) -> str:
    # Where a control shows words, its name must hold them: voice control goes by what one sees.
    page = page.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    page = re.sub(
        r'(<button class="[^"]*search-button-field[^>]*?) aria-label="[^"]*"', r"\1", page
    )
    # The arrows that open a part of the sidebar show none, and the theme gives them no name.
    return page.replace(
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="Pages inside"><span class="toctree-toggle"',
    )
