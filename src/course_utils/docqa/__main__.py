"""The reference system on the command line.

python -m course_utils.docqa ask --user NAME "QUESTION"
"""

from __future__ import annotations

import argparse
import sys

from course_utils.docqa.policy import AccessError
from course_utils.docqa.trace import MEASURED, SIMULATED


def ask(options: argparse.Namespace) -> int:
    from course_utils.docqa.system import System

    system = System.default(clock=MEASURED if options.measured else SIMULATED)
    try:
        answer = system.ask(options.user, options.question)
    except AccessError:
        print(
            f"There is no user {options.user!r}. There are {', '.join(system.directory.users())}.",
            file=sys.stderr,
        )
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(answer.as_text())
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.docqa", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    asking = commands.add_parser("ask", help="ask the handbook in the name of a user")
    asking.add_argument("--user", required=True, metavar="NAME")
    asking.add_argument("--measured", action="store_true", help="show what this machine took")
    asking.add_argument("question", metavar="QUESTION")
    asking.set_defaults(run=ask)
    options = parser.parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
