"""The warm-up as widgets: ranges judged together, kept, and shown again."""

from __future__ import annotations

import re

import lxml.html
import pytest

from course_utils import show, warm_up
from course_utils.lab.quiz_parts import is_shown
from course_utils.lab.ranges import MOST_DECADES, decades_shown, figure_svg, ranges_html
from course_utils.lab.warm_up import widget
from course_utils.quiz.intervals import Range
from course_utils.quiz.progress_file import ProgressFile

WARM_UP = warm_up()


def around(each, factor: float = 2.0) -> tuple[str, str]:
    """A range that holds the value, by so much to either side."""
    return repr(each.value / factor), repr(each.value * factor)


@pytest.fixture
def page():
    return widget(warm_up())


def type_in(page, skip=()) -> None:
    for name, card in page.cards.items():
        if name not in skip:
            card.low.value, card.high.value = around(card.estimate)


def test_ten_ranges_are_judged_and_locked(page, learner):
    type_in(page)
    page.cards["peak-rate"].low.value, page.cards["peak-rate"].high.value = "10", "100"
    page.judge.click()
    text = learner.reads(page.result)
    given = {name: card.given for name, card in page.cards.items()}
    judgment = WARM_UP.judge(given)
    assert judgment.held == 9
    assert all(sentence in text for sentence in judgment.sentences)
    missed = learner.reads(page.cards["peak-rate"].feedback)
    assert missed == "✗ Missed. The value is 1.88 requests/s."
    assert all(card.low.disabled and card.high.disabled for card in page.cards.values())
    assert not is_shown(page.judge)
    assert is_shown(page.start_over)


def test_the_source_stands_in_a_fold_once_it_is_judged(page, learner):
    card = page.cards["kv-cache"]
    assert not is_shown(card.how)
    assert card.source.outputs == ()
    type_in(page)
    page.judge.click()
    assert is_shown(card.how)
    assert "2 × 2 × 80 × 8 × 128" in learner.reads(card.source)
    assert "The KV cache of one token" in learner.reads(card.source)


def test_an_error_is_said_where_it_is_and_nothing_is_judged(page, learner, progress_path):
    type_in(page)
    page.cards["h100-bandwidth"].high.value = "1"
    page.cards["leaks"].low.value = ""
    page.judge.click()
    assert "Ranges to mend: 2, 10." in learner.reads(page.note)
    assert "has to be below the high end" in learner.reads(page.cards["h100-bandwidth"].feedback)
    assert "fill in both, or neither" in learner.reads(page.cards["leaks"].feedback)
    assert page.result.value == ""
    assert not progress_path.exists()
    assert page.cards["kv-cache"].low.value == repr(327_680 / 2)
    type_in(page)
    page.judge.click()
    assert learner.reads(page.note) == ""
    assert "10 of your 10 ranges held the value" in learner.reads(page.result)


def test_questions_may_be_left_out_and_answered_later(page, learner):
    page.judge.click()
    assert learner.reads(page.note) == "Give at least one range first."
    assert not is_shown(page.start_over)
    type_in(page, skip=("leaks",))
    page.judge.click()
    assert "9 of your 9 ranges held the value" in learner.reads(page.result)
    assert page.cards["leaks"].given is None
    assert not is_shown(page.cards["leaks"].how)
    page.judge.click()
    assert learner.reads(page.note) == "All your ranges are judged."
    type_in(page, skip=set(page.cards) - {"leaks"})
    page.judge.click()
    assert "10 of your 10 ranges held the value" in learner.reads(page.result)
    assert len(ProgressFile().read().answers) == 10


def test_the_ranges_come_back_and_start_over_opens_them_for_good(page, learner):
    type_in(page, skip=("downtime",))
    page.judge.click()
    again = widget(warm_up())
    assert again.result.value == page.result.value
    assert again.cards["leaks"].low.value == page.cards["leaks"].low.value
    assert again.cards["downtime"].given is None
    again.start_over.click()
    assert again.result.value == ""
    assert all(not card.low.disabled and not card.low.value for card in again.cards.values())
    assert "Your record keeps what you answered" in learner.reads(again.said)
    assert all(card.given is None for card in widget(warm_up()).cards.values())
    answers = ProgressFile().read().answers
    assert {(a.bank, a.confidence, a.correct) for a in answers} == {("00-start-here", 0.9, True)}


@pytest.mark.parametrize("response", ["5", "5 .. 3", "1 apple .. 2", " .. ", "1 .. 2 .. 3"])
def test_a_record_that_is_no_range_is_left_open(response):
    each = WARM_UP.estimates[0]
    answer = each.answer("1", "2", Range(1, 2, 1.5))
    ProgressFile().record(type(answer)(**{**vars(answer), "response": response}))
    assert widget(warm_up()).cards[each.id].given is None


def test_what_cannot_be_kept_is_said(page, learner, progress_path):
    progress_path.parent.write_text("a file where a folder should be")
    type_in(page)
    page.judge.click()
    assert "Your progress is not kept" in learner.reads(page.said)
    assert "10 of your 10 ranges held" in learner.reads(page.result)


def test_show_offers_the_widget_and_writes_nothing(progress_path):
    assert "application/vnd.jupyter.widget-view+json" in show(warm_up())._repr_mimebundle_()
    assert not progress_path.parent.exists()
    with pytest.raises(ValueError, match="takes no option, got level"):
        widget(warm_up(), level=1)


# ---- the figure ----


def pairs(*factors):
    """Ranges from and to these multiples of the true value."""
    return [
        (each, Range(each.value * low, each.value * high, each.value))
        for each, (low, high) in zip(WARM_UP.estimates, factors, strict=False)
    ]


@pytest.mark.parametrize(
    ("low", "high", "decades"),
    [(0.5, 2, 1), (0.11, 9, 1), (0.05, 2, 2), (1e-3, 1.5, 3), (1e-9, 1e9, MOST_DECADES)],
)
def test_the_axis_reaches_the_farthest_end(low, high, decades):
    assert decades_shown([Range(low, high, 1.0)]) == decades


def test_the_true_value_lies_in_the_middle_and_a_hit_crosses_it():
    svg = lxml.html.fragment_fromstring(figure_svg(pairs((0.5, 2), (0.1, 0.5), (1e-9, 1e9))))
    (middle,) = {float(line.get("x1")) for line in svg.xpath('.//*[@class="cu-quiz-perfect"]')}
    assert middle == 160
    lines = svg.xpath('.//*[starts-with(@class, "cu-range cu-range-")]')
    spans = [(float(line.get("x1")), float(line.get("x2"))) for line in lines]
    assert [low < middle < high for low, high in spans] == [True, False, True]
    assert spans[2] == (14, 306), "what is too far off is drawn at the edge"
    assert "2 of 3 cross the line of the true value" in svg.get("aria-label")


def test_the_table_has_the_numbers_of_the_figure():
    text = re.sub(r"<[^>]+>", " ", ranges_html(pairs((0.5, 2), (2, 4))))
    words = " ".join(text.split())
    assert "held pace of a reader 2.64 to 10.6 5.29 tokens/s 1.39" in words
    assert "missed memory bandwidth, H100 6,700 to 13,400 3,350 GB/s 14.6" in words
