"""The chat with the document assistant as HTML: its prepared exchanges, without JavaScript."""

from __future__ import annotations

from html import escape
from typing import Any

from course_utils.docqa.assistant import TITLE, Assistant, Exchange, action_data
from course_utils.docqa.trace import SIMULATED
from course_utils.views.assistant import action_html, answer_html, question_html


def html(definition: Assistant, **options: Any) -> str:
    """The card with every prepared exchange; its sources and tables open by themselves."""
    definition.refuse_options(options)
    exchanges = "".join(_exchange_html(exchange) for exchange in definition.exchanges)
    return (
        f'<section class="cu-card cu-assistant" aria-label="{escape(TITLE)}">'
        f'<p class="cu-card-title">{escape(TITLE)}: {len(definition.exchanges)} questions asked '
        f"beforehand; in JupyterLab you ask your own</p>{exchanges}</section>"
    )


def _exchange_html(exchange: Exchange) -> str:
    prepared, answer = exchange.prepared, exchange.answer
    clock = answer.trace.clock.kind
    # A measured time would differ in each build of the book.
    data = answer.as_dict(times=clock == SIMULATED)
    look = f'<p class="cu-assistant-look">{escape(prepared.look)}</p>' if prepared.look else ""
    actions = "".join(action_html(action_data(action)) for action in exchange.actions)
    return (
        f'<div class="cu-assistant-exchange">{question_html(answer.user, answer.question)}'
        f"{look}{answer_html(data, clock=clock)}{actions}</div>"
    )
