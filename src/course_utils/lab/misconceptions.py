"""The misconception index in JupyterLab: as in the book, with links to the notebooks."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import ipywidgets as widgets

from course_utils.lab.links import section_link
from course_utils.lab.quiz_parts import linked
from course_utils.quiz.misconceptions import Entry, MisconceptionIndex, Place
from course_utils.views.html import inline
from course_utils.views.style import css_text


class MisconceptionsCard(widgets.VBox):
    """What people believe, why it tempts, and where it is answered, lesson by lesson."""

    def __init__(self, index: MisconceptionIndex):
        self.page = widgets.Output(outputs=linked(index_html(index)))
        super().__init__([widgets.HTML(f"<style>{css_text('quiz')}</style>"), self.page])


def index_html(index: MisconceptionIndex) -> str:
    """Every belief under the first lesson that answers it."""
    answered = sorted(
        (entry for entry in index.entries if entry.places),
        key=lambda entry: entry.places[0].bank,
    )
    parts = []
    for _, group in groupby(answered, key=lambda entry: entry.places[0].bank):
        entries = list(group)
        title = inline(entries[0].places[0].title)
        parts.append(f"<h2>{title}</h2><dl>{''.join(map(_entry_html, entries))}</dl>")
    return f'<div class="cu-misconceptions">{"".join(parts)}</div>'


def _entry_html(entry: Entry) -> str:
    home = entry.places[0].bank
    links = "; ".join(_link_html(place, home) for place in entry.places)
    return (
        f"<dt>“{inline(entry.belief)}”</dt><dd><p>{inline(entry.tempting)}</p>"
        f'<p class="cu-misconception-where">Answered in {links}</p></dd>'
    )


def _link_html(place: Place, home: str) -> str:
    """The section, with its lesson where that is another one than the heading says."""
    lesson = "" if place.bank == home else f" in {inline(place.title)}"
    return f"{section_link(place.bank, place.section)}{lesson}"


def widget(index: MisconceptionIndex, **options: Any) -> MisconceptionsCard:
    """The index; it takes no option."""
    index.as_text(**options)  # refuses options
    return MisconceptionsCard(index)
