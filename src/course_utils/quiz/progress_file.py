"""Progress on disk: one file of the learner's, safe for two notebooks at once.

The file is `progress.jsonl` in the user's data folder (on Linux
`~/.local/share/ai-system-design-course/`), or the one that the environment variable
`COURSE_PROGRESS` names. `progress` explains its format.

Nothing here makes a lesson fail. What cannot be read or written is said in a message,
and lines that cannot be understood stay in the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course_utils.quiz.progress import (
    Answer,
    Damage,
    Progress,
    answer_line,
    header_line,
    parse_progress,
)

APPLICATION = "ai-system-design-course"
VARIABLE = "COURSE_PROGRESS"
LOCK_TIMEOUT_S = 5


class NotKeptError(Exception):
    """Progress could not be read or written; the message is for the learner."""


@dataclass(frozen=True)
class Imported:
    """What an import did: answers that were new, answers that were there, lines left out."""

    added: int
    known: int
    damaged: tuple[Damage, ...]


def location() -> Path:
    """Where progress is kept on this machine."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir(APPLICATION, appauthor=False)) / "progress.jsonl"


class ProgressFile:
    """The progress file at `path`; by default the learner's own."""

    def __init__(self, path: str | os.PathLike[str] | None = None):
        self.path = Path(path) if path is not None else location()

    def read(self) -> Progress:
        """All answers, and in `messages` what could not be read. Never raises."""
        try:
            return parse_progress(self.text(), str(self.path))
        except NotKeptError as error:
            return Progress(problem=str(error))

    def record(self, answer: Answer) -> str:
        """Add one answer. Never raises: returns a message where it is not kept, else nothing."""
        try:
            with self._locked():
                self._append([answer])
        except NotKeptError as error:
            return str(error)
        return ""

    def text(self) -> str:
        """The file as it is; empty where there is none yet."""
        try:
            return self.path.read_bytes().decode("utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise NotKeptError(f"Your progress cannot be read: {_reason(error)}.") from error

    def export_to(self, path: str | os.PathLike[str]) -> Path:
        """A copy of the file, damaged lines included."""
        target = Path(path)
        try:
            target.write_bytes(self.text().encode("utf-8", errors="surrogateescape"))
        except OSError as error:
            raise NotKeptError(f"The copy was not written: {_reason(error)}.") from error
        return target

    def import_text(self, text: str, source: str) -> Imported:
        """Add the answers in `text` that are not there yet; doing it twice changes nothing."""
        other = parse_progress(text, source)
        with self._locked():
            known = {answer.id for answer in self.read().answers}
            new = [answer for answer in other.answers if answer.id not in known]
            if new:
                self._append(new)
        return Imported(len(new), len(other.answers) - len(new), other.damaged)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The file to oneself; every failure to get or use it is a `NotKeptError`."""
        try:
            from filelock import FileLock

            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=LOCK_TIMEOUT_S):
                yield
        except (OSError, ImportError) as error:  # a lock that is not given is an OSError too
            raise NotKeptError(
                f"Your progress is not kept: {_reason(error)}. The quiz works without; the "
                f"environment variable {VARIABLE} can name another file."
            ) from error

    def _append(self, answers: list[Answer]) -> None:
        text = self.text()
        found = parse_progress(text, str(self.path))
        if found.newer:
            raise NotKeptError(f"Your progress is not kept: {found.damaged[-1]}")
        start = "" if not text or text.endswith("\n") else "\n"  # a line that was cut off
        header = "" if text else f"{header_line()}\n"
        lines = "".join(f"{answer_line(answer)}\n" for answer in answers)
        with self.path.open("ab") as file:
            file.write(f"{start}{header}{lines}".encode())


def _reason(error: Exception) -> str:
    place = getattr(error, "filename", None) or getattr(error, "lock_file", None)
    text = getattr(error, "strerror", None) or str(error)
    return f"{text} ({place})" if place and str(place) not in text else text
