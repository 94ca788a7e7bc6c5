"""The student's folder `work/`: a copy of each lesson and exercise, as a notebook to keep.

A copy is an `.ipynb`, so that outputs are saved, and git ignores the folder, so that an
update of the course never conflicts with an answer. What the student changed is never
overwritten: `work/.course-state.json` remembers what was written, and a new version of a
changed notebook is put beside it as `NAME.new.ipynb`. Running a notebook does not change
it: cells are compared, outputs are not.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import jupytext
import nbformat

from course_utils.lab.citations import Entry, read_entries, with_citations

FOLDERS = ("chapters", "exercises")
STATE_NAME = ".course-state.json"
STATE_NOTE = "What `make lab` wrote here, so that it can tell your changes from its own."
LINK = re.compile(r"(\]\()([^)\s#]+)(\.md)(#[^)\s]*)?(?=[\s)])")
# ![alt](path), src="path", and the figure and image directives
LOCAL_FILE = re.compile(
    r"!\[[^\]]*\]\(([^)\s]+)|\bsrc=[\"']([^\"']+)|\{(?:figure|image)\}[ \t]+(\S+)"
)


@dataclass
class Written:
    """What the last run wrote: digests of the version, and of its cells."""

    version: str
    content: str
    # The version that was put beside a changed copy, and the digest and name of that file.
    offered: str | None = None
    offered_content: str | None = None
    offered_name: str | None = None


def update_workspace(course: Path, work: Path) -> list[str]:
    """Bring `work` up to date with `course`; one line for each thing done."""
    wanted = course_files(course)
    work.mkdir(parents=True, exist_ok=True)
    state, report = _read_state(work)
    for name, data in wanted.items():
        state[name], line = _update(work, name, data, state.get(name))
        if line:
            report.append(line)
    _write_state(work, state)
    return report


def first_lesson(course: Path) -> str | None:
    """Path in `work` of the lesson to open: the first of the notebooks in chapters/."""
    names = sorted(name for name in course_files(course) if name.startswith("chapters/"))
    return next((name for name in names if name.endswith(".ipynb")), None)


def course_files(course: Path) -> dict[str, bytes]:
    """Path in `work` and content of everything a student needs, lessons first."""
    if not (course / "chapters").is_dir():
        raise ValueError(f"{course.resolve()} is not the course folder: it has no folder chapters/")
    files: dict[str, bytes] = {}
    sources = [path for folder in FOLDERS for path in _pages(course / folder)]
    notebooks = {path for path in sources if _is_notebook(path)}
    bib = course / "references.bib"
    entries = read_entries(bib.read_text(encoding="utf-8")) if bib.is_file() else {}
    for path in sources:
        name = path.relative_to(course).as_posix()
        if path in notebooks:
            files[name.removesuffix(".md") + ".ipynb"] = _as_notebook(path, notebooks, entries)
        else:
            files[name] = path.read_bytes()
    for path in sources:
        for local in _local_files(course, path):
            files.setdefault(local.relative_to(course.resolve()).as_posix(), local.read_bytes())
    return files


def _pages(folder: Path) -> list[Path]:
    hidden = (".", "_", "~")
    return sorted(
        path
        for path in folder.rglob("*.md")
        if not any(part.startswith(hidden) for part in path.relative_to(folder).parts)
    )


def _is_notebook(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return "kernelspec" in jupytext.reads(text, fmt="md:myst").metadata


def _as_notebook(path: Path, notebooks: set[Path], entries: dict[str, Entry]) -> bytes:
    """The lesson as `.ipynb`: same bytes on every run, links to other copies and to sources."""
    notebook = jupytext.read(path, fmt="md:myst")
    # Without it Jupytext would take the copy for one half of a pair.
    notebook.metadata.pop("jupytext", None)
    neighbors = {os.path.normpath(other) for other in notebooks}

    def to_copy(match: re.Match[str]) -> str:
        opening, target, extension, anchor = match.groups()
        known = os.path.normpath(path.parent / f"{target}{extension}") in neighbors
        return f"{opening}{target}{'.ipynb' if known else extension}{anchor or ''}"

    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(to_copy, cell.source)
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell, text in zip(
        texts, with_citations([cell.source for cell in texts], entries), strict=True
    ):
        cell.source = text
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return (nbformat.writes(notebook) + "\n").encode()


def _local_files(course: Path, path: Path) -> list[Path]:
    """The files of the course that a page shows, such as images."""
    found = []
    for match in LOCAL_FILE.finditer(path.read_text(encoding="utf-8")):
        target = next(filter(None, match.groups()))
        if re.match(r"[a-z]+:|/", target):
            continue
        local = (path.parent / target).resolve()
        if local.is_file() and local.is_relative_to(course.resolve()):
            found.append(local)
    return found


def _update(
    work: Path, name: str, data: bytes, before: Written | None
) -> tuple[Written, str | None]:
    """Bring one file up to date; what is to be remembered, and what to tell the student."""
    path = work / name
    now = Written(version=_digest(data), content=_content(name, data))
    if not path.exists():
        _write(path, data)
        return now, f"added {name}"
    present = _content(name, path.read_bytes())
    if before is not None and present == before.content:
        if before.version == now.version:
            return before, None
        _write(path, data)
        return now, f"updated {name}: you had not changed it"
    if present == now.content:
        return now, None
    # The student's own from here on.
    if before is not None and now.version in (before.version, before.offered):
        return before, None
    remembered = before or Written(version="", content="")
    offer = _offer_name(work, name, remembered)
    _write(work / offer, data)
    remembered.offered = now.version
    remembered.offered_content = now.content
    remembered.offered_name = offer
    return remembered, f"kept {name}, which you changed; the new version is {offer}"


def _offer_name(work: Path, name: str, before: Written) -> str:
    """A name for the new version that overwrites nothing but an untouched older offer."""
    stem, extension = posixpath.splitext(name)
    number = 1
    while True:
        offer = f"{stem}.new{'' if number == 1 else number}{extension}"
        path = work / offer
        if not path.exists():
            return offer
        untouched = _content(offer, path.read_bytes()) == before.offered_content
        if offer == before.offered_name and untouched:
            return offer
        number += 1


def _content(name: str, data: bytes) -> str:
    """Digest of what a student can change: for a notebook its cells without their outputs."""
    if name.endswith(".ipynb"):
        try:
            cells = nbformat.reads(data.decode(), as_version=4).cells
            data = json.dumps([[cell.cell_type, cell.source] for cell in cells]).encode()
        except Exception:  # not a notebook any more: then every byte counts
            pass
    return _digest(data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Write at once or not at all, so that a full disk leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.part")
    scratch.write_bytes(data)
    scratch.replace(path)


def _read_state(work: Path) -> tuple[dict[str, Written], list[str]]:
    path = work / STATE_NAME
    if not path.exists():
        return {}, []
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {name: Written(**entry) for name, entry in files.items()}, []
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = path.with_name(".course-state.damaged.json")
        path.replace(aside)
        return {}, [
            f"cannot read {STATE_NAME} ({error!r}); it is kept as {aside.name}. Every notebook "
            "that differs from the course now counts as changed by you, and is kept"
        ]


def _write_state(work: Path, state: dict[str, Written]) -> None:
    files = {
        name: {key: value for key, value in asdict(entry).items() if value is not None}
        for name, entry in sorted(state.items())
    }
    text = json.dumps({"note": STATE_NOTE, "files": files}, indent=1)
    _write(work / STATE_NAME, (text + "\n").encode())
