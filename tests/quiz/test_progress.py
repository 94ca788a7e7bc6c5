"""Progress: what is kept of an answer, what survives, and what follows from it."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.quiz import grade, parse_bank, progress_file
from course_utils.quiz.confidence import calibration
from course_utils.quiz.progress import (
    Answer,
    LessonScore,
    answer_line,
    first_attempts,
    header_line,
    last_answers,
    lesson_scores,
    merge,
    missed,
    new_answer,
    parse_progress,
    progress_text,
    stated,
)
from course_utils.quiz.progress_file import VARIABLE, NotKeptError, ProgressFile, location

TOML = Path(__file__).with_name("all-kinds.toml")
BANK = parse_bank(TOML.read_text("utf-8"), TOML.name)
FORK = multiprocessing.get_context("spawn")


def answer(number: int, **changes) -> Answer:
    """An answer that was given `number` seconds after noon."""
    given = Answer(
        id=f"id-{number}",
        bank="all-kinds",
        item="choose-one",
        seed=0,
        parameters={},
        response=1,
        confidence=0.9,
        correct=True,
        score=1.0,
        misconceptions=(),
        at=f"2026-03-01T12:00:{number:02d}.000Z",
    )
    return replace(given, **changes)


RESPONSES = {
    "choose-one": 0,
    "choose-some": [0, 2],
    "type-a-number": "10.5 GB",
    "put-in-order": [0, 1, 2, 3],
    "guess-the-share": "60 %",
    "guess-the-bill": "$2",
}


@pytest.mark.parametrize("item", BANK.items, ids=lambda item: item.id)
def test_an_answer_of_each_kind_is_read_back_as_it_was_written(item):
    variant, response = item.variant("ada"), RESPONSES[item.id]
    verdict = grade(variant, response, 0.7)
    kept = new_answer(BANK.id, "ada", variant, response, verdict, 0.7)
    text = progress_text([kept])
    assert text.count("\n") == 2
    assert parse_progress(text, "a.jsonl").answers == (kept,)
    assert (kept.bank, kept.item, kept.seed) == ("all-kinds", item.id, "ada")
    assert (kept.correct, kept.misconceptions) == (verdict.correct, verdict.misconceptions)
    assert kept.parameters == variant.parameters


def test_two_answers_have_two_ids_and_nothing_is_kept_of_no_answer():
    variant = BANK.items[0].variant(0)
    one, two = (new_answer("b", 0, variant, 1, grade(variant, 1)) for _ in range(2))
    assert one.id != two.id
    with pytest.raises(ValueError, match="'choose-one' was not answered"):
        new_answer("b", 0, variant, None, grade(variant, None))


DAMAGED = {
    "cut off": (answer_line(answer(2))[:40], "this is not JSON"),
    "no JSON": ("hello", "this is not JSON"),
    "not a number": (answer_line(answer(2)).replace("0.9", "NaN"), "this is not JSON"),
    "bytes": ("\udcff\udcfe", "this is not UTF-8"),
    "deep": ("[" * 100_000, "this is not JSON"),
    "a list": ("[1]", "the field id is missing"),
    "no id": (answer_line(answer(2)).replace('"id"', '"ib"'), "the field id is missing"),
    "a seed": (answer_line(answer(2, seed=True)), "the field seed"),
    "a response": (answer_line(answer(2, response={"x": 1})), "the field response"),
    "a confidence": (answer_line(answer(2, confidence=90)), "the field confidence"),
    "a verdict": (answer_line(answer(2, correct=1)), "the field correct"),
    "a time": (answer_line(answer(2, at="yesterday")), "the field at"),
    "misconceptions": (answer_line(answer(2, misconceptions="x")), "the field misconceptions"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_line_is_named_and_the_others_are_read(name):
    line, complaint = DAMAGED[name]
    text = f"{header_line()}\n{answer_line(answer(1))}\n{line}\n\n{answer_line(answer(3))}\n"
    progress = parse_progress(text, "progress.jsonl")
    assert [entry.id for entry in progress.answers] == ["id-1", "id-3"]
    assert len(progress.messages) == 1
    assert progress.messages[0].startswith(f"progress.jsonl, line 3: {complaint}")
    assert "The line is kept" in progress.messages[0]


def test_a_text_without_header_is_read_and_said():
    progress = parse_progress(answer_line(answer(1)), "p")
    assert [entry.id for entry in progress.answers] == ["id-1"]
    assert progress.messages[0].startswith("p, line 1: the header of the progress file is missing")


def test_one_file_behind_the_other_is_their_union():
    one, two = progress_text([answer(1), answer(2)]), progress_text([answer(2), answer(3)])
    progress = parse_progress(one + two, "p")
    assert [entry.id for entry in progress.answers] == ["id-1", "id-2", "id-3"]
    assert progress.messages == ()
    windows = "\ufeff" + (one + two).replace("\n", "\r\n")
    assert parse_progress(windows, "p") == progress


def test_a_newer_version_is_not_guessed_at():
    newer = header_line().replace("1}", "2}")
    text = f"{header_line()}\n{answer_line(answer(1))}\n{newer}\nwhatever\n{{}}\n"
    progress = parse_progress(text, "p")
    assert [entry.id for entry in progress.answers] == ["id-1"]
    assert progress.newer
    assert len(progress.messages) == 1
    assert "p, line 3: version 2 of the format is newer" in progress.messages[0]


@given(st.text())
def test_no_text_raises(text):
    assert parse_progress(text, "p").answers == ()


@given(st.permutations(range(6)), st.integers(0, 6))
def test_merging_is_the_same_in_any_order_and_twice(order, cut):
    answers = [answer(number) for number in order]
    union = merge(answers[:cut], answers[cut:])
    assert union == merge(answers[cut:], answers, answers[:cut]) == merge(union, union)
    assert [entry.id for entry in union] == [f"id-{number}" for number in range(6)]


def test_state_follows_from_the_answers_in_the_order_of_time():
    answers = [
        answer(5, correct=True, confidence=0.99),
        answer(1, correct=False, confidence=0.6),
        answer(2, item="type-a-number", parameters={"users": 4}, correct=True, confidence=None),
        answer(3, item="type-a-number", parameters={"users": 10}, correct=False, confidence=0.5),
        answer(4, item="type-a-number", parameters={"users": 4.0}, correct=False, confidence=0.9),
        answer(6, bank="other", correct=False, confidence=None),
    ]
    last = last_answers(answers)
    assert {question: entry.id for question, entry in last.items()} == {
        ("all-kinds", "choose-one"): "id-5",
        ("all-kinds", "type-a-number"): "id-4",
        ("other", "choose-one"): "id-6",
    }
    assert [entry.id for entry in first_attempts(answers)] == ["id-1", "id-2", "id-3", "id-6"]
    assert stated(answers) == ((0.6, False), (0.5, False))
    assert missed(answers) == {("all-kinds", "type-a-number"), ("other", "choose-one")}
    assert lesson_scores(answers) == {"all-kinds": LessonScore(2, 1), "other": LessonScore(1, 0)}
    assert sum(entry.answers for entry in calibration(stated(answers))) == 2


def test_the_place_is_the_variable_s_or_the_user_s_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.jsonl"))
    assert ProgressFile().path == tmp_path / "mine.jsonl"
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert location().name == "progress.jsonl"
    assert location().parent.name == "ai-system-design-course"


def test_answers_are_added_to_a_file_that_people_can_read(tmp_path):
    file = ProgressFile(tmp_path / "new" / "folder" / "progress.jsonl")
    assert file.read().answers == ()
    assert [file.record(answer(number)) for number in (1, 2)] == ["", ""]
    lines = file.path.read_text("utf-8").splitlines()
    assert [json.loads(line).get("id") for line in lines] == [None, "id-1", "id-2"]
    assert file.read().answers == (answer(1), answer(2))


def test_damaged_lines_stay_and_a_cut_off_line_swallows_no_answer(tmp_path):
    path = tmp_path / "progress.jsonl"
    before = f"{header_line()}\n".encode() + b"\xff\xfe\n" + answer_line(answer(1))[:30].encode()
    path.write_bytes(before)
    file = ProgressFile(path)
    assert file.record(answer(2)) == ""
    assert path.read_bytes().startswith(before + b"\n")
    progress = file.read()
    assert progress.answers == (answer(2),)
    assert [damage.line for damage in progress.damaged] == [2, 3]
    assert all(str(path) in message for message in progress.messages)
    copy = file.export_to(tmp_path / "copy.jsonl")
    assert copy.read_bytes() == path.read_bytes()


def test_an_import_is_a_union_and_doing_it_twice_changes_nothing(tmp_path):
    file = ProgressFile(tmp_path / "progress.jsonl")
    file.record(answer(1))
    text = progress_text([answer(1), answer(2)]) + "broken\n"
    done = file.import_text(text, "from-the-book.jsonl")
    assert (done.added, done.known) == (1, 1)
    assert "from-the-book.jsonl, line 4" in str(done.damaged[0])
    kept = file.path.read_bytes()
    again = file.import_text(text, "from-the-book.jsonl")
    assert (again.added, again.known) == (0, 2)
    assert file.path.read_bytes() == kept


def test_a_file_of_a_newer_course_is_not_written_to(tmp_path):
    path = tmp_path / "progress.jsonl"
    path.write_text(header_line().replace("1}", "2}") + "\n", encoding="utf-8")
    before = path.read_bytes()
    assert "not kept" in ProgressFile(path).record(answer(1))
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_used_gives_a_message_and_no_exception(tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    file = ProgressFile(tmp_path / "file" / "progress.jsonl")
    message = file.record(answer(1))
    assert "not kept" in message
    assert VARIABLE in message
    progress = file.read()
    assert progress.answers == ()
    assert "cannot be read" in progress.messages[0]
    with pytest.raises(NotKeptError, match="not kept"):
        file.import_text(progress_text([answer(1)]), "x")
    folder = ProgressFile(tmp_path)
    assert "directory" in folder.record(answer(1))


def test_a_lock_that_is_not_given_back_gives_a_message(tmp_path, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(progress_file, "LOCK_TIMEOUT_S", 0.1)
    file = ProgressFile(tmp_path / "progress.jsonl")
    with FileLock(f"{file.path}.lock"):
        assert "progress.jsonl.lock" in file.record(answer(1))
    assert file.record(answer(1)) == ""


def _write_many(path: str, start: int) -> None:
    file = ProgressFile(path)
    for number in range(start, start + 50):
        message = file.record(replace(answer(1), id=f"id-{number}"))
        if message:
            raise AssertionError(message)


def test_two_notebooks_at_once_lose_nothing(tmp_path):
    path = tmp_path / "progress.jsonl"
    writers = [FORK.Process(target=_write_many, args=(str(path), start)) for start in (0, 1000)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    progress = ProgressFile(path).read()
    assert progress.messages == ()
    assert len(progress.answers) == 100
    assert path.read_text("utf-8").count(header_line()) == 1
