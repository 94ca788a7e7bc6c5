"""Open the lessons in JupyterLab, as copies in `work/`: `python -m course_utils.lab`.

Options that are not listed go to JupyterLab, for example --ip or --allow-root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from course_utils.lab.workspace import first_lesson, update_workspace


def lab_command(lesson: str | None, port: int | None, browser: bool) -> list[str]:
    """The command that starts JupyterLab in the current folder with `lesson` open."""
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.root_dir=."]
    if lesson:
        command.append(f"--LabApp.default_url=/lab/tree/{quote(lesson)}")
    if port is not None:
        command.append(f"--port={port}")
    if not browser:
        command.append("--no-browser")
    return command


def start_lab(work: Path, command: list[str]) -> int:
    """Run JupyterLab until the student stops it; its exit status, 0 after Ctrl-C."""
    # The kernel of this environment, even where the user has another one called python3.
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    interrupted = False
    with subprocess.Popen(command, cwd=work, env=environment) as process:
        while True:
            try:
                status = process.wait()
            except KeyboardInterrupt:  # JupyterLab got it too, and asks whether to stop
                interrupted = True
            else:
                return 0 if interrupted else status


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.lab", description=__doc__)
    parser.add_argument(
        "course", nargs="?", type=Path, default=Path(), help="the course folder (default: here)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, help="port of the server (default: 8888 or above)")
    parser.add_argument("--no-start", action="store_true", help="bring work/ up to date and stop")
    options, for_jupyterlab = parser.parse_known_args(arguments)
    work = options.course / "work"
    try:
        report = update_workspace(options.course, work)
        lesson = first_lesson(options.course)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for line in report or ["nothing new"]:
        print(f"work/: {line}")
    if options.no_start:
        return 0
    print(f"Starting JupyterLab in {work.resolve()}; stop it with Ctrl-C.", flush=True)
    command = lab_command(lesson, options.port, not options.no_browser)
    return start_lab(work, [*command, *for_jupyterlab])


if __name__ == "__main__":
    sys.exit(main())
