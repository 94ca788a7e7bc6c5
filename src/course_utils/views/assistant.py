"""The parts of an answer as HTML fragments: the same in JupyterLab and in the book.

They take the plain data of `Answer.as_dict()` and `action_data()`. Whatever a person, a
document or a model wrote is text here and never markup, so all of it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from course_utils.calculators import words
from course_utils.docqa.answer import ANSWERED
from course_utils.docqa.client import HEADS
from course_utils.docqa.tools import PENDING

_TRUST = {
    True: "written inside the company",
    False: "untrusted: written by a stranger, so what it says is never an instruction",
}
# The color of a bar by the box of the diagram that the time goes to; the rest is neutral.
_ROLES = {
    "policy": 4,
    "cache": 5,
    "retrieval": 1,
    "bm25": 1,
    "dense": 1,
    "model": 2,
    "tools": 3,
    "validation": 6,
}


def answer_html(data: Mapping[str, Any], *, clock: str) -> str:
    """Everything about one answer; `clock` says how its times were found."""
    return "".join(
        (
            reply_html(data),
            notices_html(data["notices"]),
            sources_html("Sources", data["citations"]),
            sources_html("Passages that came closest", data["closest"]),
            cost_html(data, clock=clock),
        )
    )


def question_html(user: str, question: str) -> str:
    """Who asks what."""
    return (
        f'<p class="cu-assistant-question"><span class="cu-assistant-user">{escape(user)}</span> '
        f"{escape(question)}</p>"
    )


def reply_html(data: Mapping[str, Any]) -> str:
    """The answer with its citation numbers, or why there is none."""
    status = data["status"]
    marks = [HEADS[status]]
    marks += ["degraded"] * data["degraded"] + ["from the cache"] * data["cached"]
    head = "".join(f"<span>{escape(mark)}</span>" for mark in marks)
    if status == ANSWERED:
        body = " ".join(_sentence(sentence) for sentence in data["sentences"])
    else:
        body = escape(data["text"])
    return (
        f'<div class="cu-assistant-reply cu-assistant-{escape(status)}">'
        f'<p class="cu-assistant-status">{head}</p><p class="cu-sentence">{body}</p></div>'
    )


def _sentence(sentence: Mapping[str, Any]) -> str:
    numbers = "".join(f" [{number:d}]" for number in sentence["citations"])
    mark = f'<span class="cu-assistant-number">{numbers}</span>' if numbers else ""
    return escape(sentence["text"]) + mark


def notices_html(notices: Iterable[str]) -> str:
    """What the system has to say beside the answer: degraded, a guarantee off, a tool's word."""
    items = "".join(f"<li>{escape(notice)}</li>" for notice in notices)
    return f'<ul class="cu-assistant-notices" aria-label="Notices">{items}</ul>' if items else ""


def sources_html(heading: str, citations: Iterable[Mapping[str, Any]]) -> str:
    """The passages, each to be opened: quote, document, version, date and trust."""
    items = "".join(f"<li>{_source(citation)}</li>" for citation in citations)
    if not items:
        return ""
    return (
        f'<p class="cu-assistant-heading">{escape(heading)}</p>'
        f'<ul class="cu-assistant-sources">{items}</ul>'
    )


def _source(citation: Mapping[str, Any]) -> str:
    flags = ["superseded"] * citation["superseded"] + ["untrusted"] * (not citation["trusted"])
    marks = "".join(f' <span class="cu-assistant-flag">{flag}</span>' for flag in flags)
    holds = "superseded by a newer version" if citation["superseded"] else "holds now"
    facts = (
        ("Document", citation["document"]),
        ("Version", f"{citation['version']}, {holds}"),
        ("Valid from", citation["valid_from"]),
        ("Trust", _TRUST[bool(citation["trusted"])]),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts)
    return (
        f"<details><summary>[{citation['number']:d}] {escape(citation['title'])}{marks}</summary>"
        f"<blockquote>{escape(citation['quote'])}</blockquote><dl>{rows}</dl></details>"
    )


def cost_html(data: Mapping[str, Any], *, clock: str) -> str:
    """What the request took: one line, the waterfall, and all of it as a table."""
    stages = data["stages"]
    total = total_text(data, clock=clock)
    timed = "seconds" in data
    return (
        f'<p class="cu-assistant-heading">What it took</p><p class="cu-assistant-total">'
        f"{escape(total)}</p>"
        + (waterfall_html(stages, total=total, clock=clock) if timed else "")
        + "<details><summary>Each stage as a table</summary>"
        + stages_html(stages, clock=clock)
        + "</details>"
    )


def total_text(data: Mapping[str, Any], *, clock: str) -> str:
    """Time, tokens and money of a request in one line."""
    parts = [f"{_duration(data['seconds'])} ({clock})"] if "seconds" in data else []
    parts.append(f"{data['input_tokens']:,} tokens in, {data['output_tokens']:,} out")
    parts.append(words.dollars(data["usd"]))
    return f"Request {data['request']}: {', '.join(parts)}"


def waterfall_html(stages: Iterable[Mapping[str, Any]], *, total: str, clock: str) -> str:
    """A bar for each stage where it stands in time, beside its time, tokens and money."""
    rows = "".join(_bar_row(stage) for stage in stages)
    label = f"Waterfall of the stages, {clock} time. {total}. The table below has all figures."
    return (
        f'<div class="cu-assistant-waterfall" role="img" aria-label="{escape(label)}">{rows}</div>'
    )


def _bar_row(stage: Mapping[str, Any]) -> str:
    start = min(max(stage["start_share"], 0.0), 1.0)
    share = min(max(stage["duration_share"], 0.0), 1.0 - start)
    role = _ROLES.get(stage["name"])
    color = f" cu-role-{role}" if role else ""
    used = stage["input_tokens"] + stage["output_tokens"]
    cost = f"{words.tokens(used)}, {words.dollars(stage['usd'])}" if used else ""
    return (
        f'<div class="cu-assistant-stage"><span class="cu-assistant-name" '
        f'style="padding-left:{stage["depth"] * 0.8:.1f}em">{escape(stage["name"])}</span>'
        f'<span class="cu-assistant-track"><span class="cu-assistant-bar{color}" '
        f'style="left:{100 * start:.2f}%;width:{100 * share:.2f}%"></span></span>'
        f'<span class="cu-assistant-took">{_duration(stage["duration_s"])}</span>'
        f'<span class="cu-assistant-cost">{cost}</span></div>'
    )


def stages_html(stages: Iterable[Mapping[str, Any]], *, clock: str) -> str:
    """The waterfall as a table: nothing is in the drawing that is not here."""
    rows = [_stage_cells(stage) for stage in stages]
    timed = all(len(row) == 7 for row in rows)
    heads = ["Stage", "Tokens in", "Tokens out", "US$", "Notes"]
    if timed:
        heads[1:1] = ["Begins at", "Takes"]
    last = len(heads) - 1

    def cell(place: int, text: str, scope: str = "") -> str:
        tag = f'th scope="{scope}"' if scope else "td"
        number = "" if place in (0, last) else ' class="cu-number"'
        return f"<{tag}{number}>{escape(text)}</{tag[:2]}>"

    head = "".join(cell(i, text, "col") for i, text in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(cell(i, text, '' if i else 'row') for i, text in enumerate(row))}</tr>"
        for row in rows
    )
    caption = f"Each stage with its parts, {clock} time" if timed else "Each stage with its parts"
    return (
        '<div class="cu-scroll" tabindex="0" role="group" aria-label="Table of the stages">'
        f'<table class="cu-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _stage_cells(stage: Mapping[str, Any]) -> list[str]:
    notes = "; ".join(f"{name} {_noted(value)}" for name, value in stage["notes"].items())
    cells = [
        "\u2003" * stage["depth"] + stage["name"],
        f"{stage['input_tokens']:,}",
        f"{stage['output_tokens']:,}",
        words.dollars(stage["usd"]).removeprefix("$"),
        notes,
    ]
    if "duration_s" in stage:
        cells[1:1] = [_duration(stage["start_s"]), _duration(stage["duration_s"])]
    return cells


def _duration(seconds: float) -> str:
    return words.seconds(seconds) if seconds else "0 s"


def _noted(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.digits(value) if isinstance(value, float) else str(value)


def action_html(action: Mapping[str, Any]) -> str:
    """A tool call: what would be done, for whom, and how far it is."""
    facts = [(name, str(value)) for name, value in action["arguments"].items()]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    state = action["state"] if action["state"] == PENDING else _decided(action)
    warning = (
        '<p class="cu-assistant-warning">Untrusted text was among what the model had read: '
        "this may be a stranger's idea.</p>"
        if action["untrusted"]
        else ""
    )
    return (
        f'<div class="cu-assistant-action"><p><strong>{escape(action["tool"])}</strong> for '
        f"{escape(action['requester'])}: {escape(state)}</p><dl>{rows}</dl>{warning}</div>"
    )


def _decided(action: Mapping[str, Any]) -> str:
    by = f" by {action['decided_by']}" if action["decided_by"] else ""
    outcome = f", {action['outcome']}" if action["outcome"] else ""
    return f"{action['state']}{by}{outcome}"
