"""When each question was started over: older answers to it are not shown again.

A line for each, beside the progress file, and only ever added to. What cannot be read or
written is no harm: then an answer of yesterday shows once more.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path


def _path(progress: Path) -> Path:
    return progress.with_name(f"{progress.stem}.started-over.jsonl")


def started_over(progress: Path) -> dict[tuple[str, str], str]:
    """The last start by (bank, item), as the progress file writes a time."""
    since: dict[tuple[str, str], str] = {}
    with contextlib.suppress(OSError):
        for line in _path(progress).read_text("utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                bank, item, at = json.loads(line)
                if all(isinstance(each, str) for each in (bank, item, at)):
                    since[bank, item] = max(at, since.get((bank, item), ""))
    return since


def start_over(progress: Path, questions: Iterable[tuple[str, str]]) -> None:
    """Remember that these (bank, item) are open again from now on."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = "".join(f"{json.dumps([bank, item, now])}\n" for bank, item in questions)
    with contextlib.suppress(OSError):
        progress.parent.mkdir(parents=True, exist_ok=True)
        with _path(progress).open("a", encoding="utf-8") as file:
            file.write(lines)
