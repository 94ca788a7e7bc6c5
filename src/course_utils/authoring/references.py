"""What a notebook printed when it was last reviewed, in files that a diff shows well.

A reference file holds, for every cell that prints something, the lines of it. Cells
are named by their first line of code and not by number, so that a new cell moves no
other. The pytest collector in the root `conftest.py` compares and renews them.
"""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path

from nbformat import NotebookNode

# What differs between two runs or two machines, or is an error nobody expected.
LEAKS = {
    r" at 0x[0-9a-fA-F]+": "a memory address",
    r"Traceback \(most recent call last\)": "a traceback",
    r"(?:CPU times|Wall time): |\bper loop \(mean": "a timing",
}


class ReferenceFile:
    """The reference outputs of one notebook: cell name to lines of text."""

    def __init__(self, path: Path):
        self.path = path
        self.exists = path.is_file()
        self.cells: dict[str, list[str]] = {}
        if self.exists:
            try:
                self.cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}: not a reference file ({error!r}); renew it") from error

    def stale(self, names: list[str]) -> list[str]:
        """Names in the file that no cell of the notebook has any more."""
        return [name for name in self.cells if name not in names]

    def difference(self, name: str, lines: list[str]) -> str:
        """A readable diff of a cell's lines with the reference; empty when they agree."""
        return "\n".join(
            difflib.unified_diff(
                self.cells.get(name, []), lines, "reference", "this run", lineterm=""
            )
        )

    def write(self, notebook_name: str, cells: dict[str, list[str]]) -> bool:
        """Write the lines of the cells that print something; False when nothing changed."""
        printing = {name: lines for name, lines in cells.items() if lines}
        text = json.dumps(
            {"notebook": notebook_name, "cells": printing}, indent=1, ensure_ascii=False
        )
        if self.exists and self.path.read_text(encoding="utf-8") == text + "\n":
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(text + "\n", encoding="utf-8")
        return True


def cell_names(labels: list[str]) -> list[str]:
    """The labels with a number behind each repetition.

    >>> cell_names(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    seen: dict[str, int] = {}
    names = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        names.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return names


def code_label(source: str) -> str:
    """The first line of code of a cell: what stands for the cell in the reference file.

    >>> code_label("# why\\n\\nprint(cost_usd)")
    'print(cost_usd)'
    """
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("#")), "".join(lines[:1]))


def output_lines(outputs: list[NotebookNode]) -> list[str]:
    """The text of a cell's outputs; pictures, HTML and widgets are not compared.

    An expected error is its name and message, without the traceback.
    """
    lines: list[str] = []
    for output in outputs:
        if output.output_type == "stream":
            text = output.text
        elif output.output_type == "error":
            text = f"{output.ename}: {output.evalue}"
        else:
            text = output.data.get("text/plain", "")
        lines += [line.rstrip() for line in text.splitlines()]
    return lines


def leak(lines: list[str], folder: Path) -> str | None:
    """What in these lines would differ elsewhere, if anything: the kind and the line."""
    patterns = {**LEAKS, re.escape(str(folder)): "a path of this machine"}
    for line in lines:
        for pattern, kind in patterns.items():
            if re.search(pattern, line):
                return f"{kind}: {line.strip()!r}"
    return None
