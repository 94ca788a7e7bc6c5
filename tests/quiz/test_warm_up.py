"""The warm-up: values with a source, ranges that are read kindly, and a record of them."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from course_utils import show, warm_up
from course_utils.quiz.confidence import LEVELS, calibration
from course_utils.quiz.intervals import Range
from course_utils.quiz.progress import parse_progress, progress_text, stated
from course_utils.quiz.quantities import QuantityError, parse_quantity
from course_utils.quiz.warm_up import BANK_ID, PROMISED, RULE, WARM_UP_WORDS, ends_of

WARM_UP = warm_up()
BY_ID = {each.id: each for each in WARM_UP.estimates}


def test_there_are_ten_from_seven_lessons_over_orders_of_magnitude():
    assert len(BY_ID) == 10
    assert len({each.lesson for each in WARM_UP.estimates}) == 7
    values = [each.value for each in WARM_UP.estimates]
    assert max(values) / min(values) > 1e5


# Published, or worked out by hand in the calculators' own tests and the fact check.
KNOWN = {
    "reading-pace": 5.3,
    "h100-bandwidth": 3350,
    "kv-cache": 327_680,
    "weights-once": 2 * 70.552 / (8 * 3.35),
    "long-questions": 102,
    "peak-rate": 1.875,
    "cache-break-even": 21.7,
    "index-memory": 43.52,
    "downtime": 60 * 730 * (1 - 0.999**5),
    "leaks": 1,
}


@pytest.mark.parametrize("name", BY_ID)
def test_a_value_is_the_known_one(name):
    assert BY_ID[name].value == pytest.approx(KNOWN[name], rel=0.01)


@pytest.mark.parametrize("each", WARM_UP.estimates, ids=BY_ID)
def test_every_value_says_where_it_comes_from_and_where_to_read_on(each):
    assert len(each.how) > 40
    assert each.section.id == each.section_id
    assert each.read_again.startswith("More in “")
    assert parse_quantity(each.value_text, each.unit) == pytest.approx(each.value, rel=0.005)
    assert each.value_text not in each.question
    assert len(each.label) <= 32, "the figure has no room for more"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("", " ", None),
        ("1000", "5000", Range(1000, 5000, 3350)),
        ("1 TB/s", "5e3", Range(1000, 5000, 3350)),
        ("1,000 GB/s", "\u00a05 TB/s ", Range(1000, 5000, 3350)),
    ],
)
def test_ends_are_read_as_every_number_of_the_course(low, high, expected):
    assert BY_ID["h100-bandwidth"].read(low, high) == expected


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        ("5", "", "A range has two ends: fill in both, or neither."),
        ("", "5", "A range has two ends: fill in both, or neither."),
        ("many", "5", "Low end: I cannot read that as a number."),
        ("5", "5 apples", "High end: I do not know the unit “apples” here."),
        ("0", "5", "Both ends have to be above 0"),
        ("-1", "5", "Both ends have to be above 0"),
        ("5 TB/s", "2,000", "The low end has to be below the high end; yours are 5 TB/s and 2,000"),
        ("5", "5", "The low end has to be below the high end; yours are 5 and 5."),
    ],
)
def test_an_error_says_what_is_wrong(low, high, message):
    with pytest.raises(QuantityError, match=re.escape(message)):
        BY_ID["h100-bandwidth"].read(low, high)


def test_a_range_is_recorded_as_a_statement_with_ninety_percent():
    each = BY_ID["h100-bandwidth"]
    answers = [
        each.answer(low, high, each.read(low, high))
        for low, high in (("1 TB/s", " 5 TB/s"), ("1", "2"))
    ]
    read = parse_progress(progress_text(answers), "it")
    assert read.messages == ()
    assert [asdict(a) for a in read.answers] == [asdict(a) for a in answers]
    first, second = read.answers
    assert (first.bank, first.item, first.response) == (BANK_ID, each.id, "1 TB/s .. 5 TB/s")
    assert (first.correct, second.correct) == (True, False)
    assert ends_of(first.response) == ("1 TB/s", "5 TB/s")
    (level,) = calibration(stated(read.answers))
    assert (level.level, level.answers) == (PROMISED, 1), "a second try is not counted"
    assert PROMISED in LEVELS


@pytest.mark.parametrize("response", [3, None, [1, 2], "5", "1 .. 2 .. 3"])
def test_what_is_no_range_has_no_ends(response):
    assert ends_of(response) is None


def test_ranges_are_judged_in_the_order_of_the_questions():
    given = {each.id: Range(each.value / 2, each.value * 2, each.value) for each in BY_ID.values()}
    assert WARM_UP.judge(given).held == 10
    assert WARM_UP.judge({"leaks": given["leaks"]}).sentences[0] == "Your range held the value."


def test_the_text_has_every_question_answer_and_source():
    text = " ".join(show(warm_up()).text.split())
    assert RULE in text
    for each in WARM_UP.estimates:
        for part in (each.question, f"Answer: {each.value_text}", each.how, each.section.title):
            assert " ".join(part.split()) in text


def test_it_takes_no_option():
    with pytest.raises(ValueError, match=r"takes no option, got seed; write show\(warm_up"):
        show(warm_up(), seed=7)


def test_the_words_of_the_browser_module_are_those_of_the_python():
    data = WARM_UP.as_data()
    assert WARM_UP_WORDS.items() <= data["warmUp"].items()
    assert [item["value"] for item in data["items"]] == [each.value for each in BY_ID.values()]
