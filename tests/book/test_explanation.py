"""The timed explanation in the page: static HTML, its module in node, and in Chromium."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from course_utils.book.explanation import html
from course_utils.practice import Beat, Element, Explanation, get_explanation

TALK = get_explanation("document-qa")
MODULE = files("course_utils.book") / "static" / "explanation.mjs"


def run_in_node(body: str):
    """What the JavaScript `body` returns; the module's exports are in scope as `m`."""
    node = shutil.which("node")
    assert node, "no node on PATH: run the tests with `make test`, which puts .venv/bin there"
    data = json.dumps(TALK.as_data())
    url = json.dumps(MODULE.as_uri())
    script = (
        f"const m = await import({url}); const data = {data};\n"
        f"console.log(JSON.stringify(await (async () => {{ {body} }})()));"
    )
    done = subprocess.run(
        [node, "--input-type=module"], input=script, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_module_gives_python_s_verdict_for_every_set_of_ticks():
    ids = [element.id for element in TALK.elements]
    sets = [list(itertools.compress(ids, bits)) for bits in itertools.product((0, 1), repeat=12)]
    in_browser = run_in_node(
        f"return {json.dumps(sets)}.map((ids) => m.score(data, new Set(ids)));"
    )
    assert len(in_browser) == 4096
    for checked, answer in zip(sets, in_browser, strict=True):
        assert TALK.score(checked)._asdict() == answer, checked


def test_the_module_finds_python_s_beat_and_length():
    times = [t / 2 for t in range(0, 621)]
    assert run_in_node(f"return {times}.map((t) => m.beatIndex(data, t));") == [
        TALK.beat_index(t) for t in times
    ]
    texts = ["", " ", "one", "a\n b\tc "] + ["w " * n for n in (35, 69, 105, 700, 1234)]
    assert run_in_node(f"return {json.dumps(texts)}.map((t) => m.writtenText(data, t));") == [
        TALK.written_text(text) for text in texts
    ]
    assert run_in_node("return [0, 59.9, 60, 300].map(m.clockText);") == [
        "0:00",
        "0:59",
        "1:00",
        "5:00",
    ]


def test_the_module_s_stopwatch_reads_the_clock_through_pauses_and_stops_at_the_end():
    assert run_in_node(
        """
        let now = 7; const watch = new m.Stopwatch(60, () => now); const seen = [];
        const look = () => seen.push([watch.elapsedS, watch.running, watch.finished]);
        look(); watch.start(); now += 10; watch.start(); look(); watch.pause(); now += 90; look();
        watch.start(); now += 70; look(); watch.start(); now += 1; look(); watch.reset(); look();
        return seen;
        """
    ) == [
        [0, False, False],
        [10, True, False],
        [10, False, False],
        [60, False, True],
        [1, True, False],
        [0, False, False],
    ]


@pytest.mark.parametrize(
    "stored", [None, "null", "7", "{", '{"checked": 5, "notes": "x", "text": []}']
)
def test_progress_that_cannot_be_read_is_empty_progress(stored):
    empty = {"checked": [], "notes": {}, "text": ""}
    got = run_in_node(
        f"return m.loadProgress('k', () => ({{ getItem: () => {json.dumps(stored)} }}));"
    )
    assert got == empty


def test_a_browser_without_storage_neither_loads_nor_saves_nor_breaks():
    assert run_in_node(
        """
        const storage = () => { throw new Error("SecurityError"); };
        return [m.loadProgress("k", storage), m.saveProgress("k", {}, storage)];
        """
    ) == [{"checked": [], "notes": {}, "text": ""}, False]


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.tags, self._in_script = [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if not self._in_script:
            self.text.append(data)


def parse(source: str) -> _Text:
    parsed = _Text()
    parsed.feed(source)
    return parsed


def test_the_html_alone_holds_all_beats_with_times_and_all_elements():
    parsed = parse(html(TALK))
    text = " ".join(" ".join(parsed.text).split())
    for beat in TALK.beats:
        assert beat.title in text
        assert beat.say in text
    for element in TALK.elements:
        assert element.label in text
    for time in ("0:00", "0:40", "1:30", "2:50", "3:40", "4:20", "4:50"):
        assert time in parsed.text
    assert "not a grade" in text
    # What needs JavaScript is made by JavaScript: no dead control stands in the page.
    assert not {"button", "input", "textarea"} & {tag for tag, _ in parsed.tags}


def test_nothing_in_the_data_becomes_markup():
    hostile = '</script><img src=x onerror="alert(1)"><!--'
    talk = Explanation(
        id='a"b',
        title=hostile,
        question=hostile,
        total_s=60,
        words_per_minute=140,
        beats=(Beat(0, hostile, hostile, hostile),),
        elements=(Element('x"y', hostile, hostile, hostile),),
    )
    source = html(talk)
    tags = {tag for tag, _ in parse(source).tags}
    assert "img" not in tags
    data = re.search(r'<script type="application/json">(.*?)</script>', source, re.S).group(1)
    assert json.loads(data)["title"] == hostile
    handlers = [name for _, attrs in parse(source).tags for name in attrs if name.startswith("on")]
    assert handlers == []


def test_an_option_is_refused():
    with pytest.raises(ValueError, match="takes no options, got dark"):
        html(TALK, dark=True)
