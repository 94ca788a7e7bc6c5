"""Mermaid diagrams: where their drawing lies, whether it is fresh, and how a page shows it.

A diagram is a mermaid fence in a lesson, with a name in `accTitle:`. Its drawing is
committed beside the lesson as `diagrams/<lesson>-<name>.svg` and carries a digest
of the fence. `python -m course_utils.book.diagrams` draws what is missing or stale.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DRAW = "python -m course_utils.book.diagrams"
# Part of every digest: a change in how diagrams are drawn makes all drawings stale.
DRAWING_VERSION = 1

_FENCE = re.compile(
    r"^(?P<fence>`{3,})\{?mermaid\}?[ \t]*\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)
_DIGEST = re.compile(r"<!-- mermaid ([0-9a-f]{64}) -->")


@dataclass(frozen=True)
class Diagram:
    """One mermaid fence of a lesson; `text` as it stands between the fences."""

    lesson: Path
    text: str

    def _accessible(self, key: str) -> str:
        found = re.search(rf"^\s*{key}\s*:\s*(\S.*)$", self.text, re.M)
        if found is None:
            raise ValueError(
                f"{self.lesson}: a mermaid diagram has no `{key}: ...` line; screen readers read it"
            )
        return found[1].strip()

    @property
    def title(self) -> str:
        return self._accessible("accTitle")

    @property
    def description(self) -> str:
        return self._accessible("accDescr")

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def path(self) -> Path:
        return self.lesson.parent / "diagrams" / f"{self.lesson.stem}-{self.slug}.svg"

    @property
    def digest(self) -> str:
        lines = [line.strip() for line in self.text.strip().splitlines()]
        return hashlib.sha256(f"{DRAWING_VERSION}\n{chr(10).join(lines)}".encode()).hexdigest()

    def why_stale(self) -> str | None:
        """Why the drawing cannot be used, with what to do; None if it can."""
        if not self.path.is_file():
            return f"the diagram {self.title!r} has no drawing {self.path.name}: run `{DRAW}`"
        found = _DIGEST.search(self.path.read_text("utf-8"))
        if found is None or found[1] != self.digest:
            return f"the drawing {self.path.name} is older than its diagram: run `{DRAW}`"
        return None


def diagrams_of(lesson: Path) -> list[Diagram]:
    """The mermaid diagrams of a lesson, in order."""
    return [Diagram(lesson, match["text"]) for match in _FENCE.finditer(lesson.read_text("utf-8"))]


def figure(diagram: Diagram) -> str:
    """The drawing in a page: it scrolls in its own box; name and description are read out."""
    drawing = _DIGEST.sub("", diagram.path.read_text("utf-8")).strip()
    label = escape(diagram.title)
    return (
        # As for formulas: the class makes the box a tab stop where it scrolls.
        f'<div class="cu-diagram pst-scrollable-table-container" role="group" '
        f'aria-label="Diagram: {label}">'
        f"{drawing}</div>"
    )


class MermaidDirective(SphinxDirective):
    """```` ```mermaid ````: shows the committed drawing; a stale one is a warning, so an error."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        lesson = Path(self.env.doc2path(self.env.docname))
        diagram = Diagram(lesson, "\n".join(self.content))
        try:
            problem = diagram.why_stale()
        except ValueError as error:
            problem = str(error)
        if problem:
            return [self.state.document.reporter.warning(problem, line=self.lineno)]
        self.env.note_dependency(str(diagram.path))
        return [nodes.raw("", figure(diagram), format="html")]


def setup_mermaid(app: Sphinx) -> None:
    app.add_directive("mermaid", MermaidDirective)
