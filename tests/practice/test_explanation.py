"""The data, the timing and the verdicts of the timed explanation."""

from __future__ import annotations

import subprocess
import sys

import pytest

from course_utils.practice import (
    Beat,
    Element,
    Explanation,
    Stopwatch,
    explanation_ids,
    get_explanation,
    word_count,
)
from course_utils.practice.explanation import _from_toml

TALK = get_explanation("document-qa")
GRAVE = ["permissions", "evaluation-plan", "bounded-scope"]


def small_talk(**changes) -> Explanation:
    fields = {
        "id": "small",
        "title": "Small",
        "question": "What?",
        "total_s": 60,
        "words_per_minute": 120,
        "beats": (Beat(0, "One", "say", "open"), Beat(40, "Two", "say", "open")),
        "elements": (Element("a", "One", "A", "Do A."), Element("b", "Two", "B", "Do B.")),
    }
    return Explanation(**{**fields, **changes})


def test_document_qa_has_the_seven_beats_of_a_five_minute_talk():
    assert [beat.start_s for beat in TALK.beats] == [0, 40, 90, 170, 220, 260, 290]
    assert TALK.total_s == 300
    assert TALK.ends_s == (40, 90, 170, 220, 260, 290, 300)


def test_five_minutes_hold_about_seven_hundred_words():
    assert TALK.total_words == 700
    by_beat = sum(TALK.words(index) for index in range(len(TALK.beats)))
    # Each beat is rounded to ten words, so the sum may be off by half of that a beat.
    assert abs(by_beat - 700) <= 5 * len(TALK.beats)


def test_the_checklist_has_twelve_elements_and_every_beat_has_one():
    assert len(TALK.elements) == 12
    assert {element.beat for element in TALK.elements} == {beat.title for beat in TALK.beats}
    assert [element.id for element in TALK.elements if element.grave] == GRAVE


def test_the_walk_names_the_eight_boxes_in_order():
    walk = TALK.beats[2].say.lower()
    boxes = (
        "client, backend api, auth and policy, orchestrator, retrieval, tools, model, validation"
    )
    places = [walk.index(box) for box in boxes.split(", ")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("elapsed_s", "title"),
    [
        (0, "User and success"),
        (39.9, "User and success"),
        (40, "Data and permissions"),
        (289.9, "Failure and bounded scope"),
        (290, "Next step"),
        (1000, "Next step"),
    ],
)
def test_the_beat_that_is_on(elapsed_s, title):
    assert TALK.beats[TALK.beat_index(elapsed_s)].title == title


@pytest.mark.parametrize("elapsed_s", [-1, float("nan")])
def test_a_time_before_the_start_is_refused(elapsed_s):
    with pytest.raises(ValueError, match=r"elapsed_s must be 0 s or more"):
        TALK.beat_index(elapsed_s)


def test_permissions_human_control_and_evaluation_are_fixed_before_the_rest():
    checked = set()
    for grave in GRAVE:
        label = next(e.label for e in TALK.elements if e.id == grave)
        verdict = TALK.score({*checked, "threshold"}).verdict
        assert f"Fix first: {label}." in verdict
        assert "outweighs" in verdict
        checked.add(grave)
    n, verdict = TALK.score(checked)
    assert n == 3
    assert f"Fix first: {TALK.elements[0].label}. {TALK.elements[0].fix}" in verdict
    assert "outweighs" not in verdict


def test_nothing_ticked_asks_for_the_talk_and_all_ticked_for_a_listener():
    assert TALK.score([]).n == 0
    assert TALK.score([]).verdict.startswith("Nothing ticked yet.")
    n, verdict = TALK.score(element.id for element in TALK.elements)
    assert n == 12
    assert "someone who ticks for you" in verdict


def test_every_verdict_says_that_it_is_no_grade():
    ids = [element.id for element in TALK.elements]
    for count in range(13):
        assert "self-review, not a grade" in TALK.score(ids[:count]).verdict


def test_a_tick_twice_counts_once_and_an_unknown_tick_is_refused():
    assert TALK.score(["threshold", "threshold"]).n == 1
    with pytest.raises(ValueError, match=r"no element 'speed'.*weakest-assumption"):
        TALK.score(["speed"])


def test_the_length_of_a_written_talk_is_in_words_and_minutes():
    assert word_count("  one two\n\tthree ") == 3
    assert TALK.written_text("word " * 700).startswith("700 words, 5.0 minutes at 140 words")
    assert TALK.written_text("word").startswith("1 word, 0.0 minutes")
    assert TALK.written_text("word " * 35).startswith("35 words, 0.3 minutes")  # 0.25, half up


def test_the_text_twin_holds_every_beat_and_every_element():
    text = TALK.as_text()
    for beat in TALK.beats:
        assert beat.title in text
        assert beat.say in text
    for element in TALK.elements:
        assert f"[ ] {element.label}" in text
    assert "2:50  One tradeoff with a number" in text


def test_an_option_is_refused_with_what_to_write_instead():
    with pytest.raises(ValueError, match=r"no options, got minutes; write show\(explanation"):
        TALK.as_text(minutes=3)


def test_an_unknown_topic_lists_the_topics():
    with pytest.raises(ValueError, match=r"'pigeons' has no explanation; there are document-qa"):
        get_explanation("pigeons")
    assert "document-qa" in explanation_ids()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"total_s": 40}, r"starts at 40 s, which must be before total_s = 40 s"),
        ({"beats": ()}, r"must begin at 0 s and rise, got \[\]"),
        ({"beats": (Beat(5, "One", "", ""),)}, r"must begin at 0 s and rise, got \[5\]"),
        ({"elements": (Element("a", "Three", "A", "Do."),)}, r"element 'a' has beat 'Three'"),
        ({"elements": (Element("a", "One", "A", "."),) * 2}, r"two elements are named 'a'"),
    ],
)
def test_broken_data_is_refused_with_the_field_named(changes, message):
    with pytest.raises(ValueError, match=message):
        small_talk(**changes)


def test_a_file_with_a_missing_or_unknown_field_is_refused_by_name():
    with pytest.raises(ValueError, match=r"explanations/broken.toml: 'beats'"):
        _from_toml("broken", 'title = "x"')
    with pytest.raises(ValueError, match=r"explanations/broken.toml: .*'start'"):
        _from_toml("broken", "elements = []\n[[beats]]\nstart = 0")


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_the_stopwatch_reads_the_clock_through_pauses():
    clock = Clock()
    watch = Stopwatch(60, clock)
    clock.now_s += 5
    assert (watch.elapsed_s, watch.running) == (0, False)
    watch.start()
    clock.now_s += 10
    watch.start()  # a second start changes nothing
    assert (watch.elapsed_s, watch.remaining_s, watch.running) == (10, 50, True)
    watch.pause()
    clock.now_s += 100
    assert (watch.elapsed_s, watch.running) == (10, False)
    watch.start()
    clock.now_s += 20
    assert watch.elapsed_s == 30


def test_the_stopwatch_stops_at_its_limit_and_starts_over():
    clock = Clock()
    watch = Stopwatch(60, clock)
    watch.start()
    clock.now_s += 61
    assert (watch.elapsed_s, watch.finished, watch.running) == (60, True, False)
    watch.start()
    assert (watch.elapsed_s, watch.finished, watch.running) == (0, False, True)
    watch.reset()
    assert (watch.elapsed_s, watch.running) == (0, False)


def test_docstring_examples_hold():
    import doctest

    from course_utils.practice import stopwatch

    assert doctest.testmod(stopwatch) == (0, 1)


def test_practice_needs_the_standard_library_alone():
    blocked = "['numpy', 'pandas', 'matplotlib', 'ipywidgets', 'pydantic', 'jsonschema', 'scipy']"
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n"
        "from course_utils import explanation\n"
        "print(explanation('document-qa').as_text()[:7])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Explain", done.stderr
