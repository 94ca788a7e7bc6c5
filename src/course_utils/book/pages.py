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
    return _mend_citations(_name_summaries(draw_icons(page)))


def _mend_citations(page: str) -> str:
    # A list may hold list items alone; `doc-biblioentry` is none, and deprecated besides.
    return page.replace('role="doc-biblioentry"', 'role="listitem"')


def _name_summaries(page: str) -> str:
    """Name the arrows that open a part of the sidebar; the theme leaves them without a name."""
    return page.replace(
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="Pages inside"><span class="toctree-toggle"',
    )
