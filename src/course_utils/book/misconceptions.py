"""The misconception index as HTML: what people believe, why it tempts, where it is answered."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Any

from course_utils.quiz.misconceptions import Entry, MisconceptionIndex, Place
from course_utils.views.html import inline

# Every lesson has its questions under this heading.
QUIZ_ANCHOR = "quiz"


def html(index: MisconceptionIndex, **options: Any) -> str:
    """Every belief by the lesson that answers it first, with links to sections and quizzes."""
    index.as_text(**options)  # refuses options
    answered = sorted(
        (entry for entry in index.entries if entry.places),  # the lint names the others
        key=lambda entry: entry.places[0].bank,
    )
    parts = []
    for bank, entries in groupby(answered, key=lambda entry: entry.places[0].bank):
        entries = list(entries)
        title = inline(entries[0].places[0].title)
        quiz = f'<a href="{escape(bank)}.html#{QUIZ_ANCHOR}">The quiz of this lesson</a>'
        body = "".join(_entry(entry) for entry in entries)
        parts.append(f"<h2>{title}</h2><p>{quiz} asks for these.</p><dl>{body}</dl>")
    return f'<section class="cu-misconceptions">{"".join(parts)}</section>'


def _entry(entry: Entry) -> str:
    home = entry.places[0].bank
    links = "; ".join(_link(place, home) for place in entry.places)
    return (
        f"<dt>“{inline(entry.belief)}”</dt><dd><p>{inline(entry.tempting)}</p>"
        f'<p class="cu-misconception-where">Answered in {links}</p></dd>'
    )


def _link(place: Place, home: str) -> str:
    """The section, with its lesson where that is another one than the heading says."""
    lesson = "" if place.bank == home else f" in {inline(place.title)}"
    href = f"{escape(place.bank)}.html#{escape(place.section.id)}"
    return f'<a href="{href}">{inline(place.section.title)}</a>{lesson}'
