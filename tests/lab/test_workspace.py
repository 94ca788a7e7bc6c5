"""The student's folder: complete, up to date, and nothing of the student's is ever lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils.lab.__main__ import lab_command, main
from course_utils.lab.workspace import STATE_NAME, first_lesson, update_workspace

ROOT = Path(__file__).resolve().parents[2]
LESSON = """\
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

# Lesson

See [the exercises](../exercises/01-basics.md#one), [terms](glossary.md) and
![a diagram](../images/boxes.svg).

```{code-cell} ipython3
print(1)
```
"""
EXERCISE = (
    LESSON.split("# Lesson")[0]
    + """\
# Exercises

Back to [the lesson](../chapters/01-basics.md).

```{code-cell} ipython3
---
nbgrader:
  grade: false
  grade_id: answer
  locked: false
  schema_version: 3
  solution: true
  task: false
---
def answer():
    raise NotImplementedError("Write your answer here.")
```
"""
)


CITING = """
Shown {cite:p}`roe2024,poe1961`, as {cite:t}`zoe2020` says and {cite:p}`nobody` denies.
See {cite:p}`act`.

```{bibliography}
:filter: docname in docnames
```
"""
BIB = r"""
@article{roe2024,
  author = {Roe, A. and Doe, B. and Low, C.},
  title = {On {AI}},
  year = {2024},
  eprint = {2401.1},
}

@misc{act,
  title = {Regulation ({EU}) 1/2 (An Act)},
  year = {2022},
}

@book{poe1961,
  author = {Poe, D. and Coe, E.},
  title = {Old \& good},
  year = {1961},
}

@article{zoe2020,
  author = {Zo{\'e}, F.},
  title = {Later},
  year = {2020},
  doi = {10.1/a},
}
"""


@pytest.fixture
def course(tmp_path) -> Path:
    files = {
        "chapters/01-basics.md": LESSON,
        "chapters/glossary.md": "# Glossary\n\nTerms, with no code.\n",
        "chapters/.ipynb_checkpoints/01-basics-checkpoint.md": LESSON,
        "exercises/01-basics.md": EXERCISE,
        "solutions/01-basics.md": EXERCISE.replace("raise", "return 42 or"),
        "images/boxes.svg": "<svg/>",
        "images/unused.svg": "<svg/>",
        "chapters/diagrams/built.svg": "<svg/>",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def work(course) -> Path:
    update_workspace(course, course / "work")
    return course / "work"


def files_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def read(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def edit(path: Path, old: str, new: str):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def revise_lesson(course: Path, new: str = "print(2)"):
    edit(course / "chapters" / "01-basics.md", "print(1)", new)


def code(path: Path) -> str:
    return next(cell.source for cell in read(path).cells if cell.cell_type == "code")


def update(course: Path) -> list[str]:
    return update_workspace(course, course / "work")


def test_first_run_copies_lessons_exercises_and_what_they_show(work):
    assert files_in(work) == [
        STATE_NAME,
        "chapters/01-basics.ipynb",
        "chapters/glossary.md",
        "exercises/01-basics.ipynb",
        "images/boxes.svg",
    ]


def test_copies_are_notebooks_without_outputs_whose_links_lead_to_copies(work):
    lesson = read(work / "chapters" / "01-basics.ipynb")
    assert "(../exercises/01-basics.ipynb#one)" in lesson.cells[0].source
    assert "(glossary.md)" in lesson.cells[0].source
    assert lesson.metadata["kernelspec"]["name"] == "python3"
    assert "jupytext" not in lesson.metadata
    assert all(not cell.outputs for cell in lesson.cells if cell.cell_type == "code")
    answer = read(work / "exercises" / "01-basics.ipynb").cells[1]
    assert answer.metadata["nbgrader"]["grade_id"] == "answer"


def test_citations_become_links_to_the_sources(course):
    (course / "references.bib").write_text(BIB)
    with (course / "chapters" / "01-basics.md").open("a") as lesson:
        lesson.write(CITING)
    update(course)
    text = read(course / "work" / "chapters" / "01-basics.ipynb").cells[-1].source
    assert text == (
        "Shown ([Roe et al., 2024](https://arxiv.org/abs/2401.1); Poe and Coe, 1961), as "
        "[Zoé (2020)](https://doi.org/10.1/a) says and {cite:p}`nobody` denies.\n"
        "See (An Act, 2022).\n\n"
        "**Sources**\n\n"
        "- An Act, 2022. Regulation (EU) 1/2 (An Act)\n"
        "- Poe and Coe, 1961. Old & good\n"
        "- Roe et al., 2024. [On AI](https://arxiv.org/abs/2401.1)\n"
        "- Zoé, 2020. [Later](https://doi.org/10.1/a)"
    )


def test_no_copy_of_the_course_shows_the_key_of_a_source(tmp_path):
    update_workspace(ROOT, tmp_path)
    for path in tmp_path.rglob("*.ipynb"):
        for cell in read(path).cells:
            if cell.cell_type == "markdown":
                assert "{cite" not in cell.source
                assert "{bibliography}" not in cell.source


def test_second_run_does_nothing(course, work):
    before = {name: (work / name).read_bytes() for name in files_in(work)}
    assert update(course) == []
    assert {name: (work / name).read_bytes() for name in files_in(work)} == before


def test_new_lesson_is_added(course, work):
    (course / "chapters" / "02-more.md").write_text(LESSON)
    assert update(course) == ["added chapters/02-more.ipynb"]


def test_unchanged_copy_follows_the_course(course, work):
    revise_lesson(course)
    (line,) = update(course)
    assert line.startswith("updated chapters/01-basics.ipynb")
    assert code(work / "chapters" / "01-basics.ipynb") == "print(2)"


def test_copy_that_was_only_run_follows_the_course(course, work):
    path = work / "chapters" / "01-basics.ipynb"
    notebook = read(path)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    notebook.cells[1].execution_count = 1
    nbformat.write(notebook, path)
    assert update(course) == []
    assert read(path).cells[1].outputs
    revise_lesson(course)
    update(course)
    assert code(path) == "print(2)"


def test_changed_copy_is_kept_while_the_course_stays(course, work):
    edit(work / "chapters" / "01-basics.ipynb", "print(1)", "print('mine')")
    assert update(course) == []
    assert code(work / "chapters" / "01-basics.ipynb") == "print('mine')"


def test_new_version_of_a_changed_copy_is_put_beside_it_once(course, work):
    mine, offer = (work / "chapters" / f"01-basics{end}.ipynb" for end in ("", ".new"))
    edit(mine, "print(1)", "print('mine')")
    revise_lesson(course)
    assert update(course) == [
        "kept chapters/01-basics.ipynb, which you changed; "
        "the new version is chapters/01-basics.new.ipynb"
    ]
    assert (code(mine), code(offer)) == ("print('mine')", "print(2)")
    offer.unlink()
    assert update(course) == []
    assert not offer.exists()


def test_offer_follows_the_course_until_the_student_changes_it(course, work):
    mine, offer, second = (
        work / "chapters" / f"01-basics{end}.ipynb" for end in ("", ".new", ".new2")
    )
    edit(mine, "print(1)", "print('mine')")
    for version in (2, 3):
        edit(course / "chapters" / "01-basics.md", f"print({version - 1})", f"print({version})")
        update(course)
        assert code(offer) == f"print({version})"
    assert not second.exists()
    edit(offer, "print(3)", "print('mine too')")
    edit(course / "chapters" / "01-basics.md", "print(3)", "print(4)")
    update(course)
    assert [code(path) for path in (mine, offer, second)] == [
        "print('mine')",
        "print('mine too')",
        "print(4)",
    ]


def test_taking_the_new_version_counts_as_unchanged(course, work):
    mine, offer = (work / "chapters" / f"01-basics{end}.ipynb" for end in ("", ".new"))
    edit(mine, "print(1)", "print('mine')")
    revise_lesson(course)
    update(course)
    offer.replace(mine)
    assert update(course) == []
    edit(course / "chapters" / "01-basics.md", "print(2)", "print(3)")
    update(course)
    assert code(mine) == "print(3)"
    assert not offer.exists()


def test_deleted_copy_comes_back_fresh(course, work):
    path = work / "exercises" / "01-basics.ipynb"
    edit(path, "NotImplementedError", "ValueError")
    path.unlink()
    assert update(course) == ["added exercises/01-basics.ipynb"]


@pytest.mark.parametrize("damage", ["{", "[]", '{"files": {"a": {"b": 1}}}', '{"files": [1]}', ""])
def test_damaged_state_is_said_and_loses_nothing(course, work, damage):
    mine = work / "chapters" / "01-basics.ipynb"
    edit(mine, "print(1)", "print('mine')")
    (work / STATE_NAME).write_text(damage)
    lines = update(course)
    assert lines[0].startswith(f"cannot read {STATE_NAME}")
    assert code(mine) == "print('mine')"
    assert code(work / "chapters" / "01-basics.new.ipynb") == "print(1)"
    assert (work / ".course-state.damaged.json").read_text() == damage
    assert update(course) == []


def test_notebook_that_is_broken_is_kept(course, work):
    path = work / "chapters" / "01-basics.ipynb"
    path.write_text("{ half a notebook")
    revise_lesson(course)
    update(course)
    assert path.read_text() == "{ half a notebook"


def test_state_is_for_people_too(work):
    state = json.loads((work / STATE_NAME).read_text())
    assert "make lab" in state["note"]
    assert set(state["files"]["chapters/01-basics.ipynb"]) == {"version", "content"}


def test_lab_opens_the_first_lesson_of_the_work_folder(course):
    lesson = first_lesson(course)
    assert lesson == "chapters/01-basics.ipynb"
    command = lab_command(lesson, port=8901, browser=False)
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/chapters/01-basics.ipynb" in command
    assert {"--port=8901", "--no-browser"} <= set(command)
    assert "--no-browser" not in lab_command(lesson, port=None, browser=True)


def test_command_says_what_it_does(course, capsys):
    assert main([str(course), "--no-start"]) == 0
    assert "work/: added chapters/01-basics.ipynb" in capsys.readouterr().out
    assert main([str(course), "--no-start"]) == 0
    assert capsys.readouterr().out == "work/: nothing new\n"


def test_command_outside_the_course_says_so(tmp_path, capsys):
    assert main([str(tmp_path), "--no-start"]) == 2
    assert "is not the course folder: it has no folder chapters/" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_work_folder_of_the_course_itself_is_complete(tmp_path):
    for name in ("chapters", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "course_utils.lab", "--no-start"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    for path in (tmp_path / "exercises").glob("*.md"):
        for folder in ("chapters", "exercises"):
            read(tmp_path / "work" / folder / f"{path.stem}.ipynb")
