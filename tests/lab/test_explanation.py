"""The timed explanation as widgets: what a click, a tick of the clock and a check change."""

from __future__ import annotations

import pytest

from course_utils.lab.explanation import ExplanationCard, widget
from course_utils.lab.quiz_parts import is_shown
from course_utils.practice import get_explanation

TALK = get_explanation("document-qa")


class TalkClock:
    """A clock that the test moves; `tick` is what the browser's heartbeat does."""

    def __init__(self):
        self.now_s = 0.0
        self.card = ExplanationCard(TALK, clock=lambda: self.now_s)

    def wait(self, seconds: float):
        self.now_s += seconds
        self.card.timer.heartbeat.value += 1


@pytest.fixture
def talk() -> TalkClock:
    return TalkClock()


def test_before_the_start_the_whole_time_is_left_and_the_first_beat_shows(talk):
    timer = talk.card.timer
    assert "5:00" in timer.clock.value
    assert "Now: User and success." in timer.now.value
    assert "Next: 0:40 Data and permissions" in timer.now.value
    assert timer.toggle.description == "Start"
    assert timer.heartbeat.playing is False


def test_start_lets_the_browser_tick_and_the_beat_follows_the_clock(talk):
    timer = talk.card.timer
    timer.toggle.click()
    assert timer.heartbeat.playing is True
    assert timer.toggle.description == "Pause"
    for seconds, left, title in [
        (39, "4:21", "User and success"),
        (1, "4:20", "Data and perm"),
        (130, "2:10", "One tradeoff"),
        (120, "0:10", "Next step"),
    ]:
        talk.wait(seconds)
        assert left in timer.clock.value
        assert f"Now: {title}" in timer.now.value
    assert "Next: 5:00 end" in timer.now.value
    assert timer.progress.value == 290
    assert timer.beats.value.count('aria-current="step"') == 1


def test_pause_stops_the_time_and_go_on_continues_it(talk):
    timer = talk.card.timer
    timer.toggle.click()
    talk.wait(60)
    timer.toggle.click()
    assert timer.heartbeat.playing is False
    assert timer.toggle.description == "Go on"
    talk.wait(500)
    assert "4:00" in timer.clock.value
    timer.toggle.click()
    talk.wait(60)
    assert "3:00" in timer.clock.value


def test_after_five_minutes_it_says_so_and_stops_ticking(talk):
    timer = talk.card.timer
    timer.toggle.click()
    talk.wait(300.4)
    assert "0:00" in timer.clock.value
    assert "Time." in timer.now.value
    assert timer.heartbeat.playing is False
    assert "aria-current" not in timer.beats.value
    assert timer.toggle.description == "Start"
    timer.toggle.click()
    assert "5:00" in timer.clock.value


def test_reset_goes_back_to_the_start_while_running(talk):
    timer = talk.card.timer
    timer.toggle.click()
    talk.wait(100)
    timer.reset.click()
    assert timer.heartbeat.playing is False
    assert "5:00" in timer.clock.value
    assert "Now: User and success." in timer.now.value
    assert timer.toggle.description == "Start"


def test_ticking_elements_moves_the_verdict(talk):
    card = talk.card
    assert list(card.checks) == [element.id for element in TALK.elements]
    assert "Nothing ticked yet" in card.score.value
    card.checks["threshold"].value = True
    assert "1 of 12 by your own count. Fix first: Permissions enforced" in card.score.value
    assert card.checked == ["threshold"]
    for check in card.checks.values():
        check.value = True
    assert "All 12 by your own count" in card.score.value
    card.checks["permissions"].value = False
    assert "11 of 12" in card.score.value


def test_a_written_talk_is_counted(talk):
    talk.card.written.value = "word " * 350
    assert "350 words, 2.5 minutes at 140 words a minute" in talk.card.length.value


def test_there_is_an_outline_box_for_every_beat(talk):
    assert [note.description for note in talk.card.notes] == [
        "0:00 User and success",
        "0:40 Data and permissions",
        "1:30 Architecture walk",
        "2:50 One tradeoff with a number",
        "3:40 Evaluation plan",
        "4:20 Failure and bounded scope",
        "4:50 Next step",
    ]


def test_outline_and_written_talk_are_behind_buttons(talk):
    for fold, content in [
        (talk.card.outline, talk.card.notes),
        (talk.card.talk, [talk.card.written, talk.card.length]),
    ]:
        assert fold.content.children == tuple(content)
        assert not is_shown(fold.content)
        fold.toggle.value = True
        assert is_shown(fold.content)


def test_what_is_typed_reaches_no_html(talk):
    hostile = "<img src=x onerror=alert(1)>"
    talk.card.written.value = hostile
    for note in talk.card.notes:
        note.value = hostile
    shown = [talk.card.length.value, talk.card.score.value, talk.card.timer.now.value]
    assert not any("<img" in value for value in shown)


def test_show_offers_the_widget_and_refuses_options():
    from course_utils import explanation, show

    shown = show(explanation("document-qa"))
    bundle = shown._repr_mimebundle_()
    assert set(bundle) >= {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    with pytest.raises(ValueError, match="takes no options, got speed"):
        widget(TALK, speed=2)
