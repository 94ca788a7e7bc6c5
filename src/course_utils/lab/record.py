"""The learner's record of all lessons in a folded panel: counts, calibration, save and add."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from typing import ClassVar
from weakref import WeakSet

import ipywidgets as widgets

from course_utils.lab.calibration import calibration_html
from course_utils.lab.quiz_parts import Folded, note_html, said_html
from course_utils.quiz.progress import Answer, last_answers, stated
from course_utils.quiz.progress_file import NotKeptError, ProgressFile
from course_utils.quiz.record import ENOUGH_FOR_A_FIGURE, RECORD_WORDS, fewest

# What is not the same in the book, where a browser keeps the record.
FILE_WORDS = {
    "record_count": "{answers} answers from all lessons are kept in {path}.",
    "record_count_one": "One answer is kept in {path}.",
    "record_empty": "Nothing is kept yet; your answers will be in {path}.",
    "this_lesson": "This lesson",
    "all_lessons": "All lessons",
}


class RecordPanel(Folded):
    """The panel; `bank_id` is the lesson it stands in, `on_added` is told of added answers.

    The file is read when the panel opens and while it is open, not before. Every open
    panel of the notebook follows every answer.
    """

    _opened: ClassVar[WeakSet[RecordPanel]] = WeakSet()

    def __init__(self, progress: ProgressFile, on_added: Callable[[], None], bank_id: str = ""):
        self._progress = progress
        self._on_added = on_added
        self._bank_id = bank_id
        self.body = widgets.HTML()
        self.save = widgets.HTML()
        self.add = widgets.FileUpload(
            accept=".jsonl,.json,.txt",
            multiple=False,
            description=RECORD_WORDS["import"],
            layout=widgets.Layout(width="auto"),
        )
        for name in ("cu-button", "cu-button-quiet"):
            self.add.add_class(name)
        self.add.observe(self._added, names="value")
        self.said = widgets.HTML()
        actions = widgets.HBox(
            [self.save, self.add],
            layout=widgets.Layout(flex_flow="row wrap", align_items="center"),
        )
        super().__init__(
            RECORD_WORDS["your_record"], [self.body, actions, self.said], self._opened_or_closed
        )
        self.add_class("cu-quiz-record")
        self.content.add_class("cu-quiz-record-body")

    @classmethod
    def refresh_all(cls) -> None:
        """Show what the file has now, wherever somebody looks."""
        for panel in list(cls._opened):
            panel.refresh()

    def _opened_or_closed(self) -> None:
        if self.opened:
            self._opened.add(self)
            self.refresh()
        else:
            self._opened.discard(self)

    def refresh(self) -> None:
        """Read the file and show it."""
        progress = self._progress.read()
        count = len(last_answers(progress.answers))
        self.body.value = (
            f"<p>{self._count_html(count)}</p>"
            f"{''.join(map(note_html, fewest(progress.messages)))}"
            f"{self._calibration_html(progress.answers)}"
        )
        self.save.value = self._save_html()

    def _count_html(self, count: int) -> str:
        name = {0: "record_empty", 1: "record_count_one"}.get(count, "record_count")
        path = f"<code>{escape(str(self._progress.path))}</code>"
        return FILE_WORDS[name].format(answers=count, path=path)

    def _calibration_html(self, answers: tuple[Answer, ...]) -> str:
        every = stated(answers)
        if len(every) < ENOUGH_FOR_A_FIGURE:
            soon = RECORD_WORDS["calibration_soon"]
            return f"<p>{soon.format(needed=ENOUGH_FOR_A_FIGURE, stated=len(every))}</p>"
        lesson = stated(answer for answer in answers if answer.bank == self._bank_id)
        if len(lesson) < ENOUGH_FOR_A_FIGURE or len(lesson) == len(every):
            return calibration_html(every)
        return calibration_html(lesson, FILE_WORDS["this_lesson"]) + calibration_html(
            every, FILE_WORDS["all_lessons"]
        )

    def _save_html(self) -> str:
        """The whole file in a link, so that it comes out of Binder too."""
        try:
            content = self._progress.text().encode("utf-8", errors="surrogateescape")
        except NotKeptError:
            return ""  # `refresh` has said so
        data = base64.b64encode(content).decode("ascii")
        return (
            '<a class="cu-button cu-button-quiet" download="progress.jsonl" '
            f'href="data:application/jsonl;base64,{data}">{RECORD_WORDS["export"]}</a>'
        )

    def _added(self, change) -> None:
        if not change.new:
            return
        (file,) = change.new
        text = bytes(file["content"]).decode("utf-8", errors="surrogateescape")
        try:
            done = self._progress.import_text(text, file["name"])
        except NotKeptError as error:
            messages = (str(error),)
        else:
            counts = RECORD_WORDS["imported"].format(added=done.added, known=done.known)
            messages = (counts, *fewest(tuple(map(str, done.damaged))))
        self.add.value = ()  # so that the same file can be added again
        self._on_added()
        self.refresh_all()
        self.said.value = said_html(" ".join(messages))
