"""The one build command of the book: `python -m course_utils.book` in the course folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course_utils.book.build import BuildError, build


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.book", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="the course folder (default: this one)"
    )
    folder = parser.parse_args().folder.resolve()
    try:
        build(folder)
    except BuildError as error:
        print(f"\nThe book was not built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
