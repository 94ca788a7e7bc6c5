"""Draws the mermaid diagrams of the lessons as SVG: `python -m course_utils.book.diagrams`.

Needs Chromium (through playwright) and npm's mermaid, which a book build does not:
the drawings are committed, and a test says when one is older than its diagram.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from course_utils.book.mermaid import Diagram, diagrams_of
from course_utils.book.node import install_packages

LESSON_FOLDERS = ("chapters", "exercises", "solutions")
# Sizes of boxes come from text measured here, so it is a little larger than what the page uses.
_SETTINGS = """{
  startOnLoad: false, securityLevel: "strict", theme: "base", htmlLabels: false,
  fontFamily: "sans-serif", themeVariables: {fontSize: "16px", fontFamily: "sans-serif"},
  flowchart: {htmlLabels: false, useMaxWidth: false, padding: 14, nodeSpacing: 36, rankSpacing: 44},
  sequence: {useMaxWidth: false}, state: {useMaxWidth: false}
}"""
_DRAW = f"""async ([name, text]) => {{
  mermaid.initialize({_SETTINGS});
  return (await mermaid.render(name, text)).svg;
}}"""


def tidy(svg: str, diagram: Diagram) -> str:
    """Mermaid's SVG without its own colors and styles (the page's stylesheet has them)."""
    svg = re.sub(r"<style>.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r'\s(style|fill|stroke|font-family)="[^"]*"', "", svg)
    head, rest = svg.split(">", 1)
    box = re.search(r'viewBox="([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+)"', head)
    if box is None:
        raise ValueError(f"mermaid drew {diagram.title!r} without a viewBox")
    labels = " ".join(re.findall(r'aria-(?:labelledby|describedby)="[^"]*"', head))
    width, height = (round(float(side)) for side in box.groups()[2:])
    head = (
        f'<svg id="{diagram.slug}" xmlns="http://www.w3.org/2000/svg" role="img" {labels} '
        f'viewBox="{" ".join(box.groups())}" width="{width}" height="{height}"'
    )
    # A line for each element, so that a change can be read in a diff.
    body = re.sub(r"><(?=[a-zA-Z])", ">\n<", f"{head}>{rest}")
    return f"<!-- mermaid {diagram.digest} -->\n{body.strip()}\n"


def draw(diagrams: list[Diagram], root: Path) -> None:
    """Draw these diagrams with npm's mermaid in headless Chromium."""
    from playwright.sync_api import sync_playwright

    install_packages(root, drawing=True)
    names = ("chromium", "chromium-browser", "google-chrome")
    system = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<!doctype html><body></body>")
        page.add_script_tag(path=root / "node_modules" / "mermaid" / "dist" / "mermaid.min.js")
        for diagram in diagrams:
            svg = page.evaluate(_DRAW, [diagram.slug, diagram.text])
            diagram.path.parent.mkdir(exist_ok=True)
            diagram.path.write_text(tidy(svg, diagram), "utf-8")
            print(f"drew {diagram.path.relative_to(root)}")
        browser.close()


def all_diagrams(root: Path) -> list[Diagram]:
    lessons = (path for name in LESSON_FOLDERS for path in sorted((root / name).rglob("*.md")))
    return [diagram for lesson in lessons for diagram in diagrams_of(lesson)]


def main() -> int:
    root = Path.cwd()
    if not (root / "package-lock.json").is_file():
        print(f"there is no package-lock.json in {root}: run this in the course folder")
        return 1
    diagrams = all_diagrams(root)
    stale = [diagram for diagram in diagrams if diagram.why_stale()]
    if stale:
        draw(stale, root)
    kept = {diagram.path for diagram in diagrams}
    for folder in LESSON_FOLDERS:
        for path in sorted((root / folder).rglob("diagrams/*.svg")):
            if path not in kept:
                path.unlink()
                print(f"removed {path.relative_to(root)}: no lesson has its diagram")
    print(f"{len(diagrams)} diagrams, {len(stale)} drawn now")
    return 0


if __name__ == "__main__":
    sys.exit(main())
