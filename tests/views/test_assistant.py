"""The fragments of an answer: all of it there, and nothing of it markup."""

from __future__ import annotations

import copy
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from course_utils.views.assistant import (
    action_html,
    answer_html,
    question_html,
    stages_html,
    waterfall_html,
)

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt;"

CITATION = {
    "number": 1,
    "chunk": "salary-bands.v2#1",
    "document": "salary-bands",
    "version": 2,
    "title": "Salary bands 2026",
    "valid_from": "2026-04-01",
    "superseded": False,
    "trusted": True,
    "quote": "Band D runs from $49,000 to $69,500.",
}


def stage(name, depth, start, duration, tokens_in=0, tokens_out=0, usd=0.0, **notes):
    return {
        "name": name,
        "depth": depth,
        "start_s": start,
        "duration_s": duration,
        "start_share": start / 2,
        "duration_share": duration / 2,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "usd": usd,
        "notes": notes,
    }


DATA = {
    "request": "r00007",
    "question": "What does band D earn?",
    "status": "answered",
    "text": "Band D runs from $49,000. [1]",
    "reason": "",
    "sentences": [{"text": "Band D runs from $49,000.", "citations": [1]}],
    "citations": [CITATION],
    "closest": [],
    "notices": ["Degraded: the usual model failed, so this comes from the fallback."],
    "degraded": True,
    "cached": False,
    "actions": [],
    "input_tokens": 1234,
    "output_tokens": 56,
    "usd": 0.00123,
    "seconds": 2.0,
    "stages": [
        stage("request", 0, 0.0, 2.0, 1234, 56, 0.00123),
        stage("policy", 1, 0.0, 0.5, documents=109),
        stage("model", 1, 0.5, 1.5, 1234, 56, 0.00123, used="extractive", hit=False, share=0.25),
    ],
}
ACTION = {
    "id": "abc",
    "tool": "open_ticket",
    "arguments": {"summary": "my badge is broken"},
    "requester": "worker",
    "state": "pending",
    "untrusted": False,
    "decided_by": "",
    "outcome": "",
}


def changed(**fields):
    return {**copy.deepcopy(DATA), **fields}


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


class Tags(HTMLParser):
    """The tags and attributes that a browser would see; every tag has to be closed."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def spoiled(value):
    """The same data with hostile text in the place of every text that is no state or stage."""
    if isinstance(value, dict):
        kept = ("status", "state")
        return {
            (HOSTILE if key in ("used", "summary") else key): v if key in kept else spoiled(v)
            for key, v in value.items()
        }
    if isinstance(value, list):
        return [spoiled(v) for v in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("status", ["answered", "abstained", "proposed"])
@pytest.mark.parametrize("trusted", [True, False])
def test_hostile_text_in_any_field_stays_text(status, trusted):
    data = spoiled(changed(status=status, closest=[{**CITATION, "trusted": trusted}]))
    html = answer_html(data, clock=HOSTILE) + question_html(HOSTILE, HOSTILE)
    for state in ("pending", "done"):
        html += action_html(spoiled({**ACTION, "state": state, "untrusted": not trusted}))
    seen = Tags(html)
    assert not {"script", "img", "b"} & set(seen.tags)
    assert not [name for name in seen.attributes if name.startswith("on") or name == "src"]
    # It is shown as it was written, and not cut away or unescaped.
    assert HOSTILE in unescape(html)
    assert "&amp;lt;b&amp;gt;" in html


def test_an_answer_has_its_numbers_and_each_source_opens_to_all_its_facts():
    html = answer_html(DATA, clock="simulated")
    text = words_of(html)
    assert "Answer degraded Band D runs from $49,000. [1]" in text
    assert "Degraded: the usual model failed" in text
    source = re.search(r"<details><summary>\[1\].*?</details>", html)[0]
    assert words_of(source) == (
        "[1] Salary bands 2026 Band D runs from $49,000 to $69,500. Document salary-bands "
        "Version 2, holds now Valid from 2026-04-01 Trust written inside the company"
    )


def test_a_source_says_if_it_is_superseded_or_untrusted_before_it_is_opened():
    old = {**CITATION, "superseded": True, "trusted": False}
    html = answer_html(changed(citations=[old]), clock="simulated")
    summary = words_of(re.search(r"<summary>\[1\].*?</summary>", html)[0])
    assert summary == "[1] Salary bands 2026 superseded untrusted"
    assert "superseded by a newer version" in html
    assert "never an instruction" in html


def test_no_answer_says_why_and_shows_what_came_closest():
    data = changed(
        status="abstained", text="Nobody says so.", sentences=[], citations=[], closest=[CITATION]
    )
    text = words_of(answer_html(data, clock="simulated"))
    assert "No answer degraded Nobody says so." in text
    assert "Passages that came closest [1] Salary bands 2026" in text
    assert "Sources" not in text


def test_an_answer_from_the_cache_says_so():
    assert "from the cache" in words_of(answer_html(changed(cached=True), clock="simulated"))
    assert "from the cache" not in words_of(answer_html(DATA, clock="simulated"))


def test_the_bars_stand_where_the_stages_are_in_time():
    html = waterfall_html(DATA["stages"], total="all", clock="simulated")
    bars = re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html)
    assert [(float(a), float(b)) for a, b in bars] == [(0, 100), (0, 25), (25, 75)]
    assert 'role="img" aria-label="Waterfall of the stages, simulated time. all.' in html


def test_no_bar_leaves_its_track():
    late = {**stage("model", 1, 0, 0), "start_share": 1.5, "duration_share": 2.0}
    html = waterfall_html([late], total="", clock="measured")
    assert "left:100.00%;width:0.00%" in html


def test_the_table_has_every_figure_of_the_waterfall():
    html = stages_html(DATA["stages"], clock="simulated")
    rows = [
        [words_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", html)
    ]
    assert rows == [
        ["Stage", "Begins at", "Takes", "Tokens in", "Tokens out", "US$", "Notes"],
        ["request", "0 s", "2 s", "1,234", "56", "0.00123", ""],
        ["policy", "0 s", "500 ms", "0", "0", "0", "documents 109"],
        [
            *("model", "500 ms", "1.5 s", "1,234", "56", "0.00123"),
            "used extractive; hit no; share 0.25",
        ],
    ]
    assert html.count('scope="row"') == 3
    assert html.count('scope="col"') == 7


def test_without_times_there_is_the_table_and_no_drawing():
    stages = [
        {k: v for k, v in row.items() if not k.startswith(("start_", "duration_"))}
        for row in DATA["stages"]
    ]
    data = {k: v for k, v in changed(stages=stages).items() if k != "seconds"}
    html = answer_html(data, clock="measured")
    assert "cu-assistant-waterfall" not in html
    assert "Takes" not in html
    assert "Request r00007: 1,234 tokens in, 56 out, $0.00123" in html
    assert words_of(html).endswith("used extractive; hit no; share 0.25")


def test_an_action_says_what_for_whom_how_far_and_whether_a_stranger_may_be_behind_it():
    assert words_of(action_html(ACTION)) == (
        "open_ticket for worker: pending summary my badge is broken"
    )
    done = {**ACTION, "state": "done", "decided_by": "boss", "outcome": "ticket 1 is open"}
    assert "done by boss, ticket 1 is open" in words_of(action_html(done))
    assert "a stranger's idea" in words_of(action_html({**ACTION, "untrusted": True}))
