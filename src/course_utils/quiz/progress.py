"""What a learner has answered: the format in which it is kept, and what follows from it.

Progress is a text of JSON lines, the same in JupyterLab and in the browser: a header,
then one line for each checked answer. Nothing is ever rewritten, so two copies are
merged by the ids of their answers, also by putting one file behind the other::

    {"format": "course-utils-progress", "version": 1}
    {"id": "6f1c...", "bank": "01-interview-basics", "item": "cost-of-1000-requests",
     "seed": 0, "parameters": {"input_tokens": 3000, ...}, "response": "$15",
     "confidence": 0.8, "correct": true, "score": 1.0, "misconceptions": [],
     "at": "2026-11-25T21:00:00.000Z"}

(the second one on one line). `response` is an option key, a list of keys, or the text of
a number; `confidence` is null where none was stated; `at` is UTC, to the millisecond.
A line that cannot be read is reported and left alone. `progress_file` has the disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from course_utils.quiz.grading import Grade
from course_utils.quiz.model import Seed, Variant

FORMAT = "course-utils-progress"
VERSION = 1

# The browser module gets the same words.
PROGRESS_WORDS = {
    "damaged": "{source}, line {line}: {complaint}. The line is kept as it is and not counted.",
    "not_json": "this is not JSON",
    "not_utf8": "this is not UTF-8",
    "field": "the field {field} is missing or not as it should be",
    "no_header": "the header of the progress file is missing",
    "newer": "version {version} of the format is newer than this course, which reads {known}",
}

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Answer:
    """One checked answer."""

    id: str
    bank: str
    item: str
    seed: Seed
    parameters: Mapping[str, Any]
    response: Any
    confidence: float | None
    correct: bool
    score: float
    misconceptions: tuple[str, ...]
    at: str

    @property
    def question(self) -> tuple[str, str]:
        """Bank and item, which name a question whatever its numbers."""
        return self.bank, self.item


@dataclass(frozen=True)
class Damage:
    """A line that could not be read; `line` counts from 1."""

    source: str
    line: int
    complaint: str

    def __str__(self) -> str:
        return PROGRESS_WORDS["damaged"].format(**asdict(self))


@dataclass(frozen=True)
class Progress:
    """The answers of a text in its order, each id once, and the lines that are none.

    `newer` says that the text ends in a newer version of the format; `problem` is set
    where it could not be read at all.
    """

    answers: tuple[Answer, ...] = ()
    damaged: tuple[Damage, ...] = ()
    newer: bool = False
    problem: str = ""

    @property
    def messages(self) -> tuple[str, ...]:
        """What the learner should know about it."""
        return (*filter(None, (self.problem,)), *map(str, self.damaged))


@dataclass(frozen=True)
class LessonScore:
    """How many items of a lesson were answered, and how many of them rightly at last."""

    answered: int
    right: int


def new_answer(
    bank_id: str,
    seed: Seed,
    variant: Variant,
    response: Any,
    verdict: Grade,
    confidence: float | None = None,
) -> Answer:
    """The record of an answer that was graded just now."""
    if not verdict.answered:
        raise ValueError(f"item {variant.item.id!r} was not answered ({verdict.message!r})")
    return answer_record(
        bank=bank_id,
        item=variant.item.id,
        seed=seed,
        parameters=dict(variant.parameters),
        response=response,
        confidence=confidence,
        correct=verdict.correct,
        misconceptions=verdict.misconceptions,
    )


def answer_record(
    *,
    bank: str,
    item: str,
    response: Any,
    correct: bool,
    confidence: float | None,
    seed: Seed = 0,
    parameters: Mapping[str, Any] | None = None,
    misconceptions: tuple[str, ...] = (),
) -> Answer:
    """The record of an answer that was given just now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Answer(
        id=uuid4().hex,
        bank=bank,
        item=item,
        seed=seed,
        parameters=dict(parameters or {}),
        response=response,
        confidence=confidence,
        correct=correct,
        score=1.0 if correct else 0.0,
        misconceptions=misconceptions,
        at=now.replace("+00:00", "Z"),
    )


def header_line() -> str:
    """The first line of a progress file, without its end."""
    return json.dumps({"format": FORMAT, "version": VERSION})


def answer_line(answer: Answer) -> str:
    """One answer as one line, without its end."""
    return json.dumps(asdict(answer), ensure_ascii=False)


def progress_text(answers: Iterable[Answer]) -> str:
    """A whole progress file."""
    return "".join(f"{line}\n" for line in (header_line(), *map(answer_line, answers)))


def parse_progress(text: str, source: str) -> Progress:
    """The answers in `text`; `source` is its name in messages.

    After a header of a newer version nothing is read up to the next header.
    """
    answers: dict[str, Answer] = {}
    damaged: list[Damage] = []
    headed = readable = False
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip(" \t\r"):
            continue
        entry, complaint = _read(line)
        if not complaint and _is_header(entry):
            headed = True
            readable = entry["version"] <= VERSION
            if not readable:
                complaint = PROGRESS_WORDS["newer"].format(version=entry["version"], known=VERSION)
        elif headed and not readable:
            continue
        else:
            if not headed:
                damaged.append(Damage(source, number, PROGRESS_WORDS["no_header"]))
                headed = readable = True
            if not complaint:
                answer, complaint = _answer(entry)
                if answer:
                    answers.setdefault(answer.id, answer)
        if complaint:
            damaged.append(Damage(source, number, complaint))
    return Progress(tuple(answers.values()), tuple(damaged), newer=headed and not readable)


def merge(*several: Iterable[Answer]) -> tuple[Answer, ...]:
    """The union by id, in the order of time."""
    union: dict[str, Answer] = {}
    for answers in several:
        for answer in answers:
            union.setdefault(answer.id, answer)
    return tuple(sorted(union.values(), key=lambda answer: (answer.at, answer.id)))


def last_answers(answers: Iterable[Answer]) -> dict[tuple[str, str], Answer]:
    """The latest answer to each question."""
    return {answer.question: answer for answer in merge(answers)}


def first_attempts(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """The first answer to each question with its numbers; a retry knows the feedback.

    New numbers are a new question.
    """
    first: dict[tuple[Any, ...], Answer] = {}
    for answer in merge(answers):
        drawn = frozenset(answer.parameters.items())  # 8 and 8.0 are the same number
        first.setdefault((*answer.question, drawn), answer)
    return tuple(first.values())


def stated(answers: Iterable[Answer]) -> tuple[tuple[float, bool], ...]:
    """Confidence and verdict of first attempts, where one was stated: what is calibrated."""
    return tuple(
        (answer.confidence, answer.correct)
        for answer in first_attempts(answers)
        if answer.confidence is not None
    )


def missed(answers: Iterable[Answer]) -> frozenset[tuple[str, str]]:
    """The questions whose latest answer was wrong."""
    return frozenset(
        question for question, answer in last_answers(answers).items() if not answer.correct
    )


def lesson_scores(answers: Iterable[Answer]) -> dict[str, LessonScore]:
    """For each bank, by the latest answer to each of its items."""
    right: dict[str, list[bool]] = {}
    for (bank, _), answer in last_answers(answers).items():
        right.setdefault(bank, []).append(answer.correct)
    return {bank: LessonScore(len(each), sum(each)) for bank, each in sorted(right.items())}


def _read(line: str) -> tuple[Any, str]:
    """What stands in a line, and what is wrong with it."""
    if _UNDECODED.search(line):
        return None, PROGRESS_WORDS["not_utf8"]
    try:
        return json.loads(line, parse_constant=_no_constant), ""
    except (ValueError, RecursionError):
        return None, PROGRESS_WORDS["not_json"]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_header(entry: Any) -> bool:
    return (
        isinstance(entry, dict) and entry.get("format") == FORMAT and _whole(entry.get("version"))
    )


def _answer(entry: Any) -> tuple[Answer | None, str]:
    """The answer in a line's data, or the first field that is not as it should be."""
    fields = entry if isinstance(entry, dict) else {}
    for name, fits in _FIELDS.items():
        if name not in fields or not fits(fields[name]):
            return None, PROGRESS_WORDS["field"].format(field=name)
    values = {name: fields[name] for name in _FIELDS}
    return Answer(**{**values, "misconceptions": tuple(values["misconceptions"])}), ""


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(value: Any) -> bool:
    """A whole number; JSON does not tell 1 from 1.0."""
    return _number(value) and value == int(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _scalar(value: Any) -> bool:
    return isinstance(value, str) or _number(value)


def _response(value: Any) -> bool:
    listed = isinstance(value, list) and all(_whole(key) for key in value)
    return isinstance(value, str) or _whole(value) or listed


_FIELDS = {
    "id": _text,
    "bank": _text,
    "item": _text,
    "seed": lambda value: _text(value) or _whole(value),
    "parameters": lambda value: isinstance(value, dict) and all(map(_scalar, value.values())),
    "response": _response,
    "confidence": lambda value: value is None or (_number(value) and 0 < value < 1),
    "correct": lambda value: isinstance(value, bool),
    "score": lambda value: _number(value) and 0 <= value <= 1,
    "misconceptions": lambda value: isinstance(value, list) and all(map(_text, value)),
    "at": lambda value: isinstance(value, str) and _TIME.fullmatch(value) is not None,
}
