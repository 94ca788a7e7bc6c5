"""The misconception index as HTML: what people believe, why it tempts, where it is answered."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Any

from course_utils.quiz.misconceptions import Entry, MisconceptionIndex
from course_utils.views.html import inline


def html(index: MisconceptionIndex, **options: Any) -> str:
    """Every belief by the lesson that answers it first, with links to the sections."""
    index.as_text(**options)  # refuses options
    parts = []
    for title, entries in groupby(index.entries, key=lambda entry: entry.places[0].title):
        parts.append(f"<h2>{inline(title)}</h2><dl>{''.join(map(_entry, entries))}</dl>")
    return f'<section class="cu-misconceptions">{"".join(parts)}</section>'


def _entry(entry: Entry) -> str:
    links = "; ".join(
        f'<a href="{escape(place.bank)}.html#{escape(place.section.id)}">'
        f"{inline(place.section.title)}</a> in {inline(place.title)}"
        for place in entry.places
    )
    return (
        f"<dt>“{inline(entry.belief)}”</dt><dd><p>{inline(entry.tempting)}</p>"
        f'<p class="cu-misconception-where">Answered in {links}.</p></dd>'
    )
