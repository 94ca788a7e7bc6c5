"""Links from a quiz to a section of a lesson, as they work in JupyterLab.

In the notebook of the lesson itself the section is an element of the page, whose id
jupyterlab-myst makes as the book does. Another lesson is a file beside this notebook: the
student's copy is an `.ipynb`, in Binder it is the `.md`. JupyterLab opens it, and where it
is open already goes to the cell with the heading.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from course_utils.quiz.model import Section
from course_utils.views.html import inline

# Jupyter's server gives a kernel the path of its notebook under this name.
NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"
FOLDERS = (".", "../chapters", "chapters")
SUFFIXES = (".ipynb", ".md")


def section_link(bank_id: str, section: Section) -> str:
    """The section's title as a link; without one where no file of the lesson is found."""
    title = inline(section.title)
    if in_lesson(bank_id):
        return f'<a href="#{escape(section.id)}">{title}</a>'
    file = lesson_file(bank_id)
    if not file:
        return title
    heading = quote(section.title.replace(" ", "-"))
    return f'<a href="{file}#heading={heading}">{title}</a>'


def lesson_link(bank_id: str, text: str) -> str:
    """`text` as a link to the lesson's file, where there is one."""
    file = lesson_file(bank_id)
    return f'<a href="{file}">{inline(text)}</a>' if file else inline(text)


def in_lesson(bank_id: str) -> bool:
    """Whether this kernel's notebook is the lesson of this bank."""
    return Path(os.environ.get(NOTEBOOK_VARIABLE, "")).stem == bank_id


def lesson_file(bank_id: str) -> str:
    """The lesson's file as a link from this notebook; empty where there is none.

    A kernel of JupyterLab runs in the folder of its notebook.
    """
    notebook = Path(os.environ.get(NOTEBOOK_VARIABLE, ""))
    # Somebody who reads the sources goes on with the sources.
    suffixes = sorted(SUFFIXES, key=lambda suffix: suffix != notebook.suffix)
    for folder in FOLDERS:
        for suffix in suffixes:
            path = Path(folder) / f"{bank_id}{suffix}"
            if path.is_file():
                return quote(path.as_posix())
    return ""
