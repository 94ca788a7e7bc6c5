"""A timed explanation as HTML: beats and checklist stand there, a browser module adds the timer."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from course_utils.practice import Explanation, clock_text


def html(definition: Explanation, **options: Any) -> str:
    """The card as it reads without JavaScript, with the data that `explanation.mjs` takes."""
    definition.refuse_options(options)
    name = escape(definition.id, quote=True)
    return (
        f'<section class="cu-card cu-explanation" data-cu-explanation="{name}" '
        f'aria-label="{escape(definition.title, quote=True)}">'
        f'<p class="cu-card-title">{escape(definition.title)}</p>'
        f'<p class="cu-explanation-question">{escape(definition.question)}</p>'
        '<div data-part="timer" hidden></div>'
        f"{_beats_html(definition)}"
        '<div data-part="writing" hidden></div>'
        f"{_checklist_html(definition)}"
        f'<script type="application/json">{_json(definition)}</script>'
        "</section>"
    )


def _beats_html(definition: Explanation) -> str:
    rows = "".join(
        f'<tr data-beat="{index}"><th scope="row" class="cu-number">{clock_text(beat.start_s)}</th>'
        f"<td><strong>{escape(beat.title)}.</strong> {escape(beat.say)}"
        f"<em>{escape(beat.opener)}</em></td>"
        f'<td class="cu-number">{definition.words(index)}</td></tr>'
        for index, beat in enumerate(definition.beats)
    )
    caption = (
        f"{len(definition.beats)} beats in {clock_text(definition.total_s)}: about "
        f"{definition.total_words:,} words at {definition.words_per_minute} words a minute. "
        "In italics, words to begin with."
    )
    heads = '<th scope="col" class="cu-number">Start</th><th scope="col">Beat, and what to say</th>'
    heads += '<th scope="col" class="cu-number">Words</th>'
    return (
        '<div class="cu-scroll" tabindex="0" role="group" aria-label="Beats of the talk">'
        f'<table class="cu-table"><caption>{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _checklist_html(definition: Explanation) -> str:
    items = "".join(
        f'<li data-element="{escape(element.id, quote=True)}">{escape(element.label)}</li>'
        for element in definition.elements
    )
    note = definition.as_data()["verdict"]["note"]
    return (
        '<div data-part="checklist">'
        '<p class="cu-explanation-heading">Tick what you said aloud</p>'
        f'<ul class="cu-explanation-list">{items}</ul>'
        f'<p class="cu-explanation-score" data-part="score">{escape(note)}</p></div>'
    )


def _json(definition: Explanation) -> str:
    # "<" would end the script element early or open a comment in it.
    return json.dumps(definition.as_data(), ensure_ascii=False).replace("<", "\\u003c")
