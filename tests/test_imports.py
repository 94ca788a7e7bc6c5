"""Imports point one way, and what runs in the reader's browser needs no package."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    """import-linter with the contracts of the repository on the package in `source`."""
    code = (
        f"import sys; sys.path.insert(0, {str(source)!r})\n"
        "from importlinter.cli import lint_imports\n"
        f"sys.exit(lint_imports(config_filename={str(ROOT / '.importlinter')!r}, no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False
    )


def test_imports_point_one_way():
    done = lint_imports(SOURCE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("calculators/__init__.py", "import course_utils.quiz"),
        ("catalog/__init__.py", "import course_utils.calculators"),
        ("quiz/__init__.py", "import course_utils.views"),
        ("practice/__init__.py", "import course_utils.quiz"),
        ("views/__init__.py", "def late():\n    import course_utils.book"),
        ("lab/__init__.py", "import course_utils.book"),
        ("authoring/__init__.py", "import course_utils.lab"),
        ("book/__init__.py", "from course_utils.display import show"),
        ("kitchen/__init__.py", ""),
    ],
)
def test_an_import_the_other_way_breaks_a_contract(tmp_path, module, line):
    shutil.copytree(
        SOURCE / "course_utils",
        tmp_path / "course_utils",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    path = tmp_path / "course_utils" / module
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_only_display_names_a_renderer_s_module():
    """What import-linter cannot see: modules that are imported by a name in a string."""
    names = re.compile(r"course_utils\.(lab|book)\b")
    rooms = ("display.py", "lab/", "book/")
    found = [
        path.relative_to(SOURCE).as_posix()
        for path in sorted((SOURCE / "course_utils").rglob("*.py"))
        if not path.relative_to(SOURCE / "course_utils").as_posix().startswith(rooms)
        and names.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


# The interpreter in the reader's browser has the standard library and the course, nothing else.
BLOCK_PACKAGES = """
import sys
class NoPackages:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top != "course_utils" and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {name!r} in the browser", name=name)
sys.meta_path.insert(0, NoPackages())
"""


def run_without_packages(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"{BLOCK_PACKAGES}\nsys.path.insert(0, {str(SOURCE)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "package", ["numpy", "pandas", "matplotlib", "ipywidgets", "pydantic", "jsonschema", "scipy"]
)
def test_the_block_holds(package):
    code = f"try:\n    import {package}\nexcept ModuleNotFoundError as e:\n    print(e)"
    assert "in the browser" in run_without_packages(code)


@pytest.mark.parametrize("room", ["calculators", "catalog", "views", "quiz", "practice"])
def test_a_core_room_imports_with_the_standard_library_alone(room):
    assert run_without_packages(f"import course_utils.{room}; print('imported')") == "imported\n"


def test_every_calculator_and_explanation_computes_with_the_standard_library_alone():
    out = run_without_packages(
        "from course_utils import calculator, explanation\n"
        "from course_utils.practice import explanation_ids\n"
        "from course_utils.views import view_ids\n"
        "texts = [calculator(i).as_text() for i in view_ids()]\n"
        "texts += [explanation(i).as_text() for i in explanation_ids()]\n"
        "print(len(texts), min(map(len, texts)))"
    )
    count, shortest = map(int, out.split())
    assert count >= 2
    assert shortest > 200


def run_alone(code: str) -> str:
    """What `code` prints in an interpreter that has imported nothing of the course yet."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# What a calculator can do without, and what would make its import slow again.
HEAVY = {
    *("csv", "difflib", "importlib.resources", "json", "pathlib", "random", "tempfile", "tomllib"),
    *("course_utils.catalog", "course_utils.practice", "course_utils.views"),
    *("course_utils.quiz.bank", "course_utils.quiz.grading", "course_utils.quiz.model"),
}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import course_utils.calculators", set()),
        # The others are there when they are asked for, by the names that the list gives them.
        (f"import {', '.join(sorted(HEAVY))}", HEAVY),
    ],
)
def test_importing_the_calculators_loads_nothing_heavy(code, heavy):
    before = set(run_alone("print(*sys.modules)").split())
    loaded = set(run_alone(f"{code}\nprint(*sys.modules)").split())
    assert (loaded - before) & HEAVY == heavy - before
    assert "course_utils.calculators.context_server" in loaded


@pytest.mark.parametrize(
    "before",
    [
        "",
        "import course_utils.quiz",
        "import course_utils.quiz.bank",
        "from course_utils.quiz import Bank, grading",
        "import course_utils.calculators, course_utils.views",
    ],
)
def test_quiz_is_the_function_in_every_order_of_imports(before):
    run_alone(
        f"{before}\n"
        "for between in ('', 'import course_utils.quiz.bank, course_utils.quiz.lint', ''):\n"
        "    from course_utils import quiz, show\n"
        "    import course_utils.display\n"
        "    assert quiz is course_utils.quiz is course_utils.display.quiz, quiz\n"
        "    assert quiz('01-interview-basics').id == '01-interview-basics'\n"
        "    exec(between)"
    )


def test_the_room_quiz_lists_and_loads_its_names_and_knows_no_other():
    room = importlib.import_module("course_utils.quiz")
    assert set(room.__all__) <= set(dir(room))
    for name in room.__all__:
        assert getattr(room, name).__name__ == name
        assert getattr(room, name).__module__.startswith("course_utils.quiz.")
    with pytest.raises(AttributeError, match=r"'course_utils.quiz' has no attribute 'nonsense'"):
        room.nonsense  # noqa: B018
