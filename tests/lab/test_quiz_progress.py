"""What a learner answered is kept, shown again, saved and added, and never lost."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from course_utils import show
from course_utils.lab.quiz import widget
from course_utils.lab.quiz_parts import is_shown
from course_utils.quiz import grade
from course_utils.quiz.progress import new_answer, progress_text
from course_utils.quiz.progress_file import ProgressFile

KINDS = ("choose-one", "choose-some", "type-a-number", "put-in-order", "guess-the-share")


def upload(panel, text: str | bytes, name: str = "progress.jsonl") -> None:
    content = text.encode() if isinstance(text, str) else text
    now = datetime.now(UTC)
    file = {"name": name, "type": "", "size": len(content), "last_modified": now}
    panel.add.value = ({**file, "content": memoryview(content)},)


def open_record(card):
    card.record.toggle.value = True
    return card.record


def test_nothing_is_written_or_made_before_an_answer(all_kinds, progress_path):
    bundle = show(all_kinds)._repr_mimebundle_()
    open_record(widget(all_kinds))
    assert not progress_path.parent.exists()
    assert set(bundle) >= {"text/plain", "text/html"}


def test_what_was_answered_changes_no_text_and_no_html(all_kinds, learner):
    def outputs():
        bundle = show(all_kinds)._repr_mimebundle_()
        return bundle["text/plain"], bundle["text/html"]

    before = outputs()
    for card in widget(all_kinds).cards.values():
        learner.answer(card, sure=2)
    assert outputs() == before


def test_every_checked_answer_is_one_line_with_what_was_said(all_kinds, learner, progress_path):
    card = widget(all_kinds, seed="ada")
    learner.answer(card.cards["choose-one"], rightly=False, sure=4)
    card.cards["choose-one"].try_again.click()
    learner.answer(card.cards["choose-one"])
    first, second = ProgressFile().read().answers
    assert (first.bank, first.item, first.seed) == ("all-kinds", "choose-one", "ada")
    assert (first.correct, first.confidence) == (False, 0.8)
    assert first.misconceptions == ("check-after-reading",)
    assert (second.correct, second.confidence) == (True, None)
    assert len(progress_path.read_text().splitlines()) == 3


@pytest.mark.parametrize("item_id", KINDS)
@pytest.mark.parametrize("rightly", [True, False])
def test_the_last_answer_is_shown_again(all_kinds, learner, item_id, rightly):
    card = widget(all_kinds).cards[item_id]
    learner.answer(card, rightly=rightly, sure=2)
    again = widget(all_kinds)
    shown = again.cards[item_id]
    assert shown.control.response == card.control.response
    assert shown.feedback.value == card.feedback.value
    assert shown.sure.value == card.sure.value
    assert not is_shown(shown.check)
    assert learner.reads(again.score) == f"{int(rightly)} of 6 right, 1 answered"
    assert len(ProgressFile().read().answers) == 1


def test_numbers_that_are_not_the_first_come_back_too(all_kinds, learner):
    card = widget(all_kinds).cards["type-a-number"]
    learner.answer(card)
    card.new_numbers.click()
    learner.answer(card)
    shown = widget(all_kinds).cards["type-a-number"]
    assert shown.variant.parameters == card.variant.parameters
    assert shown.grade.correct


def test_an_answer_that_fits_no_longer_is_left_open(all_kinds, learner):
    item = all_kinds.item("choose-one")
    card = widget(all_kinds).cards["choose-one"]
    learner.fill_in(card, rightly=True)
    verdict = grade(card.variant, card.control.response)
    for response in (7, "x", [0]):
        ProgressFile().record(new_answer("all-kinds", 0, item.variant(0), response, verdict))
        assert widget(all_kinds).cards["choose-one"].grade is None


def test_start_over_opens_the_questions_for_good_and_keeps_the_record(all_kinds, learner):
    card = widget(all_kinds)
    for each in card.cards.values():
        learner.answer(each)
    card.start_over.click()
    assert "Your record keeps what you answered" in learner.reads(card.said)
    again = widget(all_kinds)
    assert all(each.grade is None for each in again.cards.values())
    assert len(ProgressFile().read().answers) == 6
    time.sleep(0.002)  # times are kept to the millisecond
    learner.answer(again.cards["choose-one"])
    assert learner.reads(widget(all_kinds).score) == "1 of 6 right, 1 answered"


def test_a_damaged_file_is_said_in_the_card_and_nothing_is_lost(all_kinds, learner, progress_path):
    progress_path.parent.mkdir()
    learner.answer(widget(all_kinds).cards["choose-one"])
    damaged = progress_path.read_text() + "<img src=x>\n" * 5 + '{"id": 1'
    progress_path.write_text(damaged)
    card = widget(all_kinds)
    assert card.cards["choose-one"].grade.correct
    assert "line 3: this is not JSON" in learner.reads(card.said)
    assert "3 more lines like these" in learner.reads(card.said)
    learner.answer(card.cards["choose-some"])
    assert progress_path.read_text().startswith(damaged)
    assert len(ProgressFile().read().answers) == 2
    assert "<img" not in open_record(card).body.value


def test_a_record_that_cannot_be_written_does_not_stop_the_quiz(
    all_kinds, learner, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.jsonl"))
    card = widget(all_kinds)
    learner.answer(card.cards["choose-one"])
    assert card.cards["choose-one"].grade.correct
    assert "not kept" in learner.reads(card.said)
    card.start_over.click()
    assert card.cards["choose-one"].grade is None


ANSWER_ONE_ITEM = """
import sys
from pathlib import Path
from course_utils.lab.quiz import widget
from course_utils.quiz import parse_bank

bank = parse_bank(Path(sys.argv[1]).read_text("utf-8"), "all-kinds.toml")
card = widget(bank).cards["choose-one"]
sys.stdin.readline()  # both notebooks begin at once
for _ in range(40):
    card.control.radio.value = 0
    card.check.click()
    card.try_again.click()
"""


def test_two_notebooks_at_once_lose_no_answer(progress_path, request):
    bank = request.path.parents[1] / "quiz" / "all-kinds.toml"
    command = [sys.executable, "-c", ANSWER_ONE_ITEM, str(bank)]
    notebooks = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(2)]
    for notebook in notebooks:
        notebook.stdin.write("go\n")
        notebook.stdin.flush()
    assert [notebook.wait(timeout=120) for notebook in notebooks] == [0, 0]
    for notebook in notebooks:
        notebook.stdin.close()
    progress = ProgressFile().read()
    assert (len(progress.answers), progress.messages) == (80, ())


def test_the_record_counts_and_says_where_it_is(all_kinds, learner, progress_path):
    card = widget(all_kinds)
    record = open_record(card)
    assert "Nothing is kept yet" in learner.reads(record.body)
    learner.answer(card.cards["choose-one"])
    assert f"One answer is kept in {progress_path}." in learner.reads(record.body)
    learner.answer(card.cards["choose-some"])
    assert f"2 answers from all lessons are kept in {progress_path}." in learner.reads(record.body)


def test_five_answers_with_a_confidence_draw_the_calibration(all_kinds, learner):
    card = widget(all_kinds)
    record = open_record(card)
    for number, each in enumerate(card.cards.values()):
        assert ("<svg" in record.body.value) is (number >= 5)
        learner.answer(each, rightly=number != 1, sure=6)
    body = record.body.value
    assert body.count("cu-quiz-dot") == 1
    assert 'role="img" aria-label="How sure you were' in body
    text = learner.reads(record.body)
    assert "Of 6 answers that you gave 95%, 5 were right; 10 answers or more would tell." in text
    assert "Mean Brier score 0.15 over 6 answers" in text


def test_this_lesson_and_all_lessons_have_a_figure_each(all_kinds, learner):
    others = [
        new_answer("other", 0, card.variant, card.control.response, card.grade, 0.6)
        for card in _answered(widget(all_kinds), learner)
    ]
    upload(open_record(widget(all_kinds)), progress_text(others))
    body = open_record(widget(all_kinds)).body.value
    assert body.count("<svg") == 2
    assert "This lesson: how sure you were" in body
    assert "All lessons: how sure you were" in body


def _answered(card, learner):
    for each in card.cards.values():
        learner.answer(each, sure=3)
    return card.cards.values()


def test_a_saved_file_adds_its_answers_once_and_fills_what_is_open(
    all_kinds, learner, progress_path
):
    card = widget(all_kinds)
    record = open_record(card)
    learner.answer(card.cards["choose-one"])
    link = re.search(
        r'download="progress.jsonl" href="data:[^,]*;base64,([^"]*)"', record.save.value
    )
    saved = base64.b64decode(link[1])
    assert saved == progress_path.read_bytes()

    progress_path.unlink()
    fresh = widget(all_kinds)
    assert fresh.cards["choose-one"].grade is None
    upload(open_record(fresh), saved)
    assert learner.reads(fresh.record.said) == "Answers added: 1; there already: 0."
    assert fresh.cards["choose-one"].grade.correct
    upload(fresh.record, saved)
    assert learner.reads(fresh.record.said) == "Answers added: 0; there already: 1."
    assert progress_path.read_bytes() == saved


@pytest.mark.parametrize(
    "text", [b"<script>alert(1)</script>\n" * 9, b"\xff\xfe\x00", b"{}", b"[[[[", b'"' * 9]
)
def test_a_wrong_file_is_refused_in_words(all_kinds, learner, progress_path, text):
    card = widget(all_kinds)
    upload(open_record(card), text, name="<img src=x onerror=alert(1)>.jsonl")
    said = card.record.said.value
    assert "Answers added: 0" in said
    assert not re.search(r"<(img|script)", said)
    assert not progress_path.exists()


def test_added_answers_are_never_markup(all_kinds, learner):
    card = widget(all_kinds).cards["guess-the-share"]
    learner.fill_in(card, rightly=True)
    card.sure.radio.value = 2
    card.check.click()
    (answer,) = ProgressFile().read().answers
    hostile = "<img src=x onerror=alert(1)>"
    changed = [replace(answer, id=hostile), replace(answer, id="2", response=f"60 {hostile}")]
    text = progress_text([*changed, replace(answer, id="3", bank=hostile, item=hostile)])
    fresh = widget(all_kinds)
    upload(open_record(fresh), text)
    for part in (fresh.record.body, fresh.record.said, fresh.said, fresh.record.save):
        assert "<img" not in part.value
    assert "<img" not in "".join(c.feedback.value for c in fresh.cards.values())
