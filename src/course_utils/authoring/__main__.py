"""The commands of whoever writes the course: `python -m course_utils.authoring ...`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course_utils.authoring import anki
from course_utils.authoring.assignments import write_assignments
from course_utils.authoring.exercises import stale_exercises, write_exercises


def run_exercises(root: Path, check: bool) -> int:
    """Write exercises/ from solutions/, or say what is stale; the exit status."""
    if not (root / "solutions").is_dir():
        print(f"there is no folder solutions/ in {root}: run this in the course folder, or give it")
        return 2
    try:
        report = stale_exercises(root) if check else write_exercises(root)
    except (ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    for line in report:
        print(line)
    if check and report:
        print("run `python -m course_utils.authoring exercises` to make them again")
        return 1
    if not report:
        print("every exercise agrees with its solution")
    return 0


def run_assignments(root: Path, course: Path, names: list[str]) -> int:
    """Write nbgrader's source folder; the exit status."""
    if not (root / "solutions").is_dir():
        print(f"there is no folder solutions/ in {root}: run this in the course folder")
        return 2
    try:
        report = write_assignments(root, course, names)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for line in report:
        print(line)
    return 0


def run_anki(path: Path) -> int:
    """Write the Anki deck; the exit status."""
    try:
        notes = anki.write_deck(path)
    except (ImportError, OSError, ValueError) as error:
        print(f"the deck was not written: {error}", file=sys.stderr)
        return 2
    print(f"{path}: {notes} notes")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.authoring", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("exercises", help="make exercises/ from solutions/")
    command.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    command.add_argument(
        "root", nargs="?", type=Path, default=Path(), help="the course folder (default: here)"
    )
    command = commands.add_parser("anki", help="make the Anki deck of all quizzes")
    command.add_argument(
        "path", nargs="?", type=Path, default=anki.FILE, help=f"default: {anki.FILE.as_posix()}"
    )
    command = commands.add_parser(
        "assignments", help="write exercises for a course that grades with nbgrader"
    )
    command.add_argument("course", type=Path, help="the folder of nbgrader's course")
    command.add_argument("names", nargs="*", help="such as 06-caching-economics (default: all)")
    command.add_argument("--root", type=Path, default=Path(), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.command == "assignments":
        return run_assignments(options.root, options.course, options.names)
    if options.command == "anki":
        return run_anki(options.path)
    return run_exercises(options.root, options.check)


if __name__ == "__main__":
    sys.exit(main())
