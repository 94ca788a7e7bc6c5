"""The collector of the root conftest, on a small course of its own in a fresh pytest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONT_MATTER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
CHECK = """\
---
nbgrader:
  grade: true
  grade_id: check
  locked: true
  points: 1
  schema_version: 3
  solution: false
  task: false
tags: [raises-exception]
---
"""
GOOD = {
    "chapters/01-good.md": """
```{code-cell} ipython3
# Why this price: see the text.
price_usd = 3
print(f"{price_usd} USD")
price_usd + 1
```

It is {eval}`price_usd`, and `` {eval}`nothing[::1]` `` is only an example.

```{code-cell} ipython3
price_usd = 5
```

Still {eval}`price_usd`, in other words {eval}`f"${price_usd}"` and {eval}`[1, 2, 3][::2]`.

```{code-cell} ipython3
:tags: [raises-exception]

raise ValueError("price_usd must be above 0")
```

```{code-cell} ipython3
import ipywidgets
from IPython.display import display

display({"text/html": "<b>now</b>", "text/plain": "now"}, raw=True)
```
""",
    "exercises/01-good.md": f"""
```{{code-cell}} ipython3
def answer():
    raise NotImplementedError("Write your answer here.")
```

```{{code-cell}} ipython3
{CHECK}
assert answer() == 42, "it is 42"
```
""",
    "solutions/01-good.md": f"""
```{{code-cell}} ipython3
def answer():
    return 42
```

```{{code-cell}} ipython3
{CHECK.replace("tags: [raises-exception]", "tags: [remove-cell]")}
assert answer() == 42, "it is 42"
```
""",
    "chapters/00-page.md": "A page without code.\n",
}


def cell(source: str, head: str = "") -> str:
    return f"\n```{{code-cell}} ipython3\n{head}{source}\n```\n"


# Notebook -> what its one failing item must say. All are run together in one pytest.
BAD = {
    "chapters/address.md": (cell("object()"), "a memory address: '<object at 0x"),
    "chapters/eval.md": ("\n{eval}`1 / 0`\n", "{eval}`1 / 0`: ZeroDivisionError: division by zero"),
    "chapters/eval-none.md": ("\n{eval}`None`\n", "{eval}`None`: has no value"),
    "chapters/eval-statement.md": ("\n{eval}`x = 1`\n", "is not a Python expression"),
    "chapters/raises.md": (cell("{}['key']"), "chapters/raises.md, cell \"{}['key']\": KeyError"),
    "chapters/silent.md": (
        cell("1", ":tags: [raises-exception]\n\n"),
        "is tagged raises-exception, but raises nothing",
    ),
    "chapters/stderr.md": (
        cell("import warnings\nwarnings.warn('old')"),
        "writes to stderr",
    ),
    "chapters/traceback.md": (
        cell(
            "import traceback\ntry:\n    1 / 0\nexcept Exception:\n"
            "    print(traceback.format_exc())"
        ),
        "prints what is not the same everywhere, a traceback",
    ),
    "chapters/widget.md": (
        cell(
            "import ipywidgets as w\nslider = w.IntSlider()\n"
            "slider.observe(lambda change: 1 / 0, names='value')\nslider.value = 3"
        ),
        "ZeroDivisionError",
    ),
    "exercises/passes.md": (cell("assert True, 'why'", CHECK), "passes without an answer"),
    "exercises/no-reason.md": (cell("assert False", CHECK), "AssertionError without a message"),
    "exercises/other-error.md": (
        cell("undefined", CHECK),
        "an unanswered check raises NameError",
    ),
    "exercises/ordinary.md": (
        cell("raise NotImplementedError('Write.')"),
        "NotImplementedError: Write.",
    ),
    "solutions/wrong.md": (
        cell("assert 1 == 2, 'two'", CHECK.replace("tags: [raises-exception]\n", "")),
        "AssertionError: two",
    ),
    "solutions/prints.md": (
        cell("1", CHECK.replace("tags: [raises-exception]\n", "")),
        "may take for points",
    ),
}


class Course:
    """A course folder with the real root conftest, and the outcome of pytest in it."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copy(ROOT / "conftest.py", root / "conftest.py")
        (root / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")

    def write(self, name: str, text: str, front_matter: bool = True):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FRONT_MATTER + text if front_matter else text)

    def reference(self, name: str) -> Path:
        return self.root / "tests" / "notebooks" / "references" / f"{name}.json"

    def pytest(self, *arguments: str) -> dict[str, str]:
        """Run pytest; item id -> failure message, empty when it passed."""
        report = self.root / "report.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
            environment.pop(name, None)
        run = subprocess.run(
            [*command, f"--junitxml={report}", *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.output = run.stdout + run.stderr
        assert report.is_file(), self.output
        return {
            f"{case.get('classname')}::{case.get('name')}": "".join(
                problem.text or "" for problem in case if problem.tag in ("failure", "error")
            )
            for case in ElementTree.parse(report).getroot().iter("testcase")
        }


def failures(outcome: dict[str, str]) -> list[str]:
    return [message for message in outcome.values() if message]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A good course whose references are renewed."""
    course = Course(tmp_path_factory.mktemp("course"))
    for name, text in GOOD.items():
        course.write(name, text, front_matter=name != "chapters/00-page.md")
    first = course.pytest("chapters", "exercises", "solutions")
    assert len(failures(first)) == 3
    for message in failures(first):
        assert "no reference outputs yet: python -m pytest --renew-references" in message
    assert not failures(course.pytest("--renew-references", "chapters", "exercises", "solutions"))
    assert "wrote tests/notebooks/references/chapters/01-good.json" in course.output
    return course


def test_references_are_lines_under_the_code_that_printed_them(course):
    written = json.loads(course.reference("chapters/01-good").read_text())
    assert written == {
        "notebook": "chapters/01-good.md",
        "cells": {
            "price_usd = 3": ["3 USD", "4"],
            "eval: price_usd": ["3"],
            "eval: price_usd (2)": ["5"],
            'eval: f"${price_usd}"': ["$5"],
            "eval: [1, 2, 3][::2]": ["[1, 3]"],
            'raise ValueError("price_usd must be above 0")': [
                "ValueError: price_usd must be above 0"
            ],
            "import ipywidgets": ["now"],
        },
    }


def test_course_passes_on_two_workers(course):
    outcome = course.pytest("-n", "2", "chapters", "exercises", "solutions")
    assert len(outcome) == 15
    assert not failures(outcome), course.output


def test_changed_number_is_a_failure_with_a_diff(course):
    path = course.root / "chapters" / "01-good.md"
    good = path.read_text()
    path.write_text(good.replace("price_usd = 3", "price_usd = 2 + 2", 1))
    try:
        messages = "\n".join(failures(course.pytest("chapters")))
    finally:
        path.write_text(good)
    assert "cell 'price_usd = 2 + 2': does not print what the reference says" in messages
    assert "+4 USD\n+5" in messages
    assert "{eval}`price_usd`: does not print what the reference says" in messages
    assert "@@ -1 +1 @@\n-3\n+4" in messages
    assert "has cells that the notebook has not:\n  price_usd = 3" in messages
    assert "--renew-references chapters/01-good.md" in messages


def test_removed_cell_leaves_a_stale_reference(course):
    path = course.root / "chapters" / "01-good.md"
    good = path.read_text()
    path.write_text(good[: good.index("```{code-cell} ipython3\n:tags")])
    try:
        (message,) = failures(course.pytest("chapters"))
    finally:
        path.write_text(good)
    assert 'raise ValueError("price_usd must be above 0")\n  import ipywidgets' in message


def test_part_of_a_notebook_does_not_renew_its_references(course):
    before = course.reference("chapters/01-good").read_text()
    outcome = course.pytest("--renew-references", "chapters", "-k", "references")
    (message,) = failures(outcome)
    assert "not renewed, these cells failed or did not run" in message
    assert course.reference("chapters/01-good").read_text() == before


def test_damaged_reference_file_is_named(course):
    path = course.reference("exercises/01-good")
    good = path.read_text()
    path.write_text("{")
    try:
        course.pytest("exercises")
    finally:
        path.write_text(good)
    assert "exercises/01-good.json: not a reference file" in course.output


@pytest.fixture(scope="module")
def bad_outcome(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("bad"))
    for name, (text, _) in BAD.items():
        course.write(name, text)
    course.write("chapters/not-a-notebook.md", cell("1"), front_matter=False)
    outcome = course.pytest(
        "--continue-on-collection-errors",
        "--renew-references",
        "chapters",
        "exercises",
        "solutions",
    )
    return course, outcome


@pytest.mark.parametrize("name", BAD)
def test_bad_notebook_fails_and_says_why(bad_outcome, name):
    course, outcome = bad_outcome
    message = BAD[name][1]
    assert any(message in failure and name in failure for failure in failures(outcome)), (
        f"{message!r} is not in:\n{course.output}"
    )
    assert not course.reference(name.removesuffix(".md")).exists()


def test_code_without_a_kernel_is_not_passed_over(bad_outcome):
    course, _ = bad_outcome
    assert "chapters/not-a-notebook.md: has code but no kernelspec" in course.output


def test_cell_that_hangs_is_stopped(tmp_path):
    course = Course(tmp_path)
    course.write("chapters/hangs.md", cell("import time\ntime.sleep(60)"))
    messages = "\n".join(failures(course.pytest("chapters", "--nbval-cell-timeout=1")))
    assert "takes longer than 1 s" in messages
