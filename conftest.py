"""Runs every MyST notebook of the course with nbval and compares what it prints.

A plain `pytest` collects the `.md` notebooks of chapters/, exercises/ and solutions/:
one item for each code cell, one for each `{eval}` in the prose (at its place in the
notebook, because MyST and jupyterlab-myst compute it there) and one, `references`, for
the reference file as a whole. References lie in tests/notebooks/references/ and are
renewed, after a look at what changed, by

    python -m pytest --renew-references chapters exercises solutions

In exercises/ a check (nbgrader `grade: true`) must fail with a reason, because nothing is
answered yet, and every other cell must pass. In solutions/ everything passes.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import jupytext
import pytest
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell, IPyNbFile, find_comment_markers, find_metadata_tags

from course_utils.authoring import references
from course_utils.authoring.prose import eval_expressions

ROOT = Path(__file__).resolve().parent
FOLDERS = ("chapters", "exercises", "solutions")
REFERENCES = ROOT / "tests" / "notebooks" / "references"
RENEW = "python -m pytest --renew-references"
NBVAL_DEFAULT_TIMEOUT_S = 2000
CELL_TIMEOUT_S = 120


def pytest_addoption(parser):
    parser.addoption(
        "--renew-references",
        action="store_true",
        help="write what the notebooks print to tests/notebooks/references/",
    )


def pytest_configure(config):
    """Set what every run needs, so that a plain `pytest` is enough."""
    config.option.nbval_current_env = True
    if config.option.nbval_cell_timeout == NBVAL_DEFAULT_TIMEOUT_S:
        config.option.nbval_cell_timeout = CELL_TIMEOUT_S
    # The cells of a notebook share a kernel: xdist must keep them on one worker.
    if getattr(config.option, "dist", "no") in ("load", "worksteal"):
        config.option.dist = "loadscope"


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports("passed"):
        for what, path in report.user_properties:
            if what == "wrote":
                terminalreporter.line(f"wrote {path}")


def pytest_collect_file(file_path, parent):
    if file_path.suffix != ".md" or not file_path.is_relative_to(ROOT):
        return None
    if file_path.relative_to(ROOT).parts[0] not in FOLDERS:
        return None
    text = file_path.read_text(encoding="utf-8")
    is_notebook = "kernelspec" in jupytext.reads(text, fmt="md:myst").metadata
    if not is_notebook and "{code-cell}" not in text and not eval_expressions(text):
        return None  # a page without code
    return MystNotebook.from_parent(parent, path=file_path)


class CellFailure(Exception):
    """A cell did not do what the course promises; the message is all there is to say."""


class MystNotebook(IPyNbFile):
    """A MyST notebook: nbval's file, read with jupytext, with the evaluations of its prose."""

    def collect(self):
        self.name_in_course = self.path.relative_to(ROOT).as_posix()
        self.nb = jupytext.read(self.path, fmt="md:myst")
        if "kernelspec" not in self.nb.metadata:
            raise self.CollectError(
                f"{self.name_in_course}: has code but no kernelspec in its front matter, "
                "so it is not a notebook"
            )
        self.references = references.ReferenceFile(
            REFERENCES / Path(self.name_in_course).with_suffix(".json")
        )
        self.printed: dict[str, list[str]] = {}
        cells = list(self._cells())
        names = references.cell_names([label for label, _, _ in cells])
        self.cell_names = names
        for number, (name, (_, cell, kind)) in enumerate(zip(names, cells, strict=True)):
            # xdist finds the notebook of an item by the last "::" in its id.
            item_name = f"{number}: {name}".replace("::", ": :")[:80]
            yield kind.from_parent(
                self, name=item_name, cell_num=number, cell=cell, reference_name=name
            )
        yield ReferenceItem.from_parent(self, name="references")

    def _cells(self):
        for cell in self.nb.cells:
            if cell.cell_type == "code" and cell.source.strip():
                yield references.code_label(cell.source), cell, CodeCell
            elif cell.cell_type == "markdown":
                for expression in eval_expressions(cell.source):
                    yield f"eval: {expression}", new_code_cell(expression), EvalCell


class CodeCell(IPyNbCell):
    """A code cell: runs in the notebook's kernel, then its outcome and text are judged."""

    def __init__(self, *, cell, reference_name, **kwargs):
        options = defaultdict(bool, find_metadata_tags(cell.metadata))
        options.update(find_comment_markers(cell.source))
        self.may_raise = options["check_exception"]
        self.compares = options.get("check", True)
        # nbval runs the cell and leaves the rest to this class.
        options.update(check=False, check_exception=True)
        super().__init__(cell=cell, options=options, **kwargs)
        self.reference_name = reference_name
        marks = cell.metadata.get("nbgrader", {})
        self.is_check = bool(marks.get("grade"))
        self.in_exercise = self.parent.name_in_course.startswith("exercises/")

    def runtest(self):
        super().runtest()
        error = next((out for out in self.test_outputs if out.output_type == "error"), None)
        self.judge(error)
        lines = self.lines()
        if not self.compares:
            self.parent.printed[self.reference_name] = []
            return
        found = references.leak(lines, ROOT)
        if found:
            raise CellFailure(f"prints what is not the same everywhere, {found}")
        self.compare(lines)
        self.parent.printed[self.reference_name] = lines

    def lines(self):
        return references.output_lines(self.test_outputs)

    def judge(self, error):
        """Fail unless the cell passed, or failed with a reason where it has to."""
        if self.parent.timed_out:
            limit_s = self.config.option.nbval_cell_timeout
            raise CellFailure(f"takes longer than {limit_s:g} s, or an earlier cell did")
        if self.is_check and self.in_exercise:
            if error is None:
                raise CellFailure("this check passes without an answer")
            if error.ename not in ("AssertionError", "NotImplementedError"):
                raise CellFailure(f"an unanswered check raises {_without_color(error)}")
            if not error.evalue.strip():
                raise CellFailure(f"the check gives no reason: {error.ename} without a message")
        elif error is not None and not self.may_raise:
            raise CellFailure(_without_color(error))
        elif error is None and self.may_raise:
            raise CellFailure("is tagged raises-exception, but raises nothing")
        if self.is_check and not self.in_exercise and self.test_outputs:
            raise CellFailure("a check prints something, which nbgrader may take for points")
        if self.compares:
            warned = [o for o in self.test_outputs if o.get("name") == "stderr"]
            if warned:
                raise CellFailure(f"writes to stderr: {warned[0].text.strip()}")

    def compare(self, lines):
        if self.config.option.renew_references or not self.parent.references.exists:
            return  # a missing file is the business of `references`
        difference = self.parent.references.difference(self.reference_name, lines)
        if difference:
            raise CellFailure(
                "does not print what the reference says\n\n"
                f"{difference}\n\nIf this change is meant: {RENEW} {self.parent.name_in_course}"
            )

    def repr_failure(self, excinfo):
        if not isinstance(excinfo.value, CellFailure):
            return f"{self.where()}: {super().repr_failure(excinfo)}"
        return f"{self.where()}: {excinfo.value}\n\n{self.cell.source}"

    def where(self):
        return f"{self.parent.name_in_course}, cell {self.reference_name!r}"

    def reportinfo(self):
        return self.path, 0, f"{self.parent.name_in_course}::{self.name}"


class EvalCell(CodeCell):
    """An `{eval}` in the prose: an expression with a value, or the page shows an error."""

    def runtest(self):
        try:
            ast.parse(self.cell.source, mode="eval")
        except SyntaxError as error:
            raise CellFailure(f"is not a Python expression: {error}") from None
        super().runtest()
        if not self.parent.printed[self.reference_name]:
            del self.parent.printed[self.reference_name]  # so that it is not renewed
            raise CellFailure("has no value: the page would show nothing")

    def lines(self):
        """What the page shows: a string without its quotes, as MyST-NB prints it."""
        return [re.sub(r"^(['\"])(.*)\1$", r"\2", line) for line in super().lines()]

    def where(self):
        return f"{self.parent.name_in_course}, {{eval}}`{self.cell.source}`"


class ReferenceItem(pytest.Item):
    """The reference file of a notebook: exists, has nothing left over; renewed on request."""

    def runtest(self):
        notebook = self.parent
        if self.config.option.renew_references:
            self.renew()
        elif not notebook.references.exists:
            raise CellFailure(f"has no reference outputs yet: {RENEW} {notebook.name_in_course}")
        stale = notebook.references.stale(notebook.cell_names)
        if stale and not self.config.option.renew_references:
            left_over = "\n  ".join(stale)
            raise CellFailure(
                f"the reference file has cells that the notebook has not:\n  {left_over}\n"
                f"Renew it: {RENEW} {notebook.name_in_course}"
            )

    def renew(self):
        notebook = self.parent
        missing = [name for name in notebook.cell_names if name not in notebook.printed]
        if missing:
            raise CellFailure(f"not renewed, these cells failed or did not run: {missing}")
        cells = {name: notebook.printed[name] for name in notebook.cell_names}
        if notebook.references.write(notebook.name_in_course, cells):
            path = notebook.references.path.relative_to(ROOT).as_posix()
            self.user_properties.append(("wrote", path))  # these reach the end of an xdist run

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, CellFailure):
            return f"{self.parent.name_in_course}: {excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.parent.name_in_course}::references"


def _without_color(error) -> str:
    """The error of a cell with its traceback, as plain text."""
    text = "\n".join([f"{error.ename}: {error.evalue}", *error.traceback])
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
