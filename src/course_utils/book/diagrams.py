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


# With fallbacks, so that a drawing can also be looked at alone.
_STYLE = """
.cu-mermaid{color:var(--cu-text,#1f2328);font-family:inherit,sans-serif;font-size:16px}
.cu-mermaid text{fill:currentColor;text-anchor:middle;stroke:none}
.cu-mermaid :is(.node,.actor,.note,.statediagram-state) :is(rect,circle,ellipse,polygon,path),
.cu-mermaid :is(rect.actor,rect.note){fill:var(--cu-sunken,#f6f8fa);
stroke:var(--cu-muted,#57606a);stroke-width:1.25}
.cu-mermaid .label rect,.cu-mermaid .label>rect,.cu-mermaid rect.background{fill:none;stroke:none}
.cu-mermaid .edgeLabel rect.background,.cu-mermaid .labelBkg{fill:var(--pst-color-background,#fff)}
.cu-mermaid .cluster rect{fill:none;stroke:var(--cu-line,#d0d7de);stroke-dasharray:4 4}
.cu-mermaid :is(.flowchart-link,.transition,.messageLine0,.messageLine1,.actor-line,.loopLine){
fill:none;stroke:var(--cu-muted,#57606a);stroke-width:1.5}
.cu-mermaid :is(.edge-pattern-dotted,.edge-pattern-dashed,.messageLine1){stroke-dasharray:3 4}
.cu-mermaid :is(.marker,.arrowMarkerPath,.arrowheadPath){fill:var(--cu-muted,#57606a);stroke:none}
"""


def _round_numbers(match: re.Match[str]) -> str:
    def short(number: re.Match[str]) -> str:
        return f"{float(number[0]):.1f}".removesuffix(".0")

    return re.sub(r"-?\d+\.\d+", short, match[0])


def _drop_unused_markers(svg: str) -> str:
    used = set(re.findall(r"url\(#([^)]+)\)", svg))

    def keep(match: re.Match[str]) -> str:
        return match[0] if match["id"] in used else ""

    return re.sub(r'<marker\b[^>]*?\bid="(?P<id>[^"]*)".*?</marker>', keep, svg, flags=re.S)


def tidy(svg: str, diagram: Diagram) -> str:
    """Mermaid's SVG in the colors of the page, with what only mermaid needs taken out."""
    svg = re.sub(r"<style>.*?</style>|<defs>\s*</defs>", "", svg, flags=re.S)
    svg = re.sub(r'\s(style|fill|stroke|font-[a-z]+|data-[a-z-]+)="[^"]*"', "", svg)
    svg = re.sub(r'\s(?:d|viewBox|points|transform|x|y|width|height)="[^"]*"', _round_numbers, svg)
    svg = _drop_unused_markers(svg)
    head, rest = svg.split(">", 1)
    box = re.search(r'viewBox="([-\d.]+ [-\d.]+ ([-\d.]+) ([-\d.]+))"', head)
    if box is None:
        raise ValueError(f"mermaid drew {diagram.title!r} without a viewBox")
    labels = " ".join(re.findall(r'aria-(?:labelledby|describedby)="[^"]*"', head))
    width, height = (round(float(side)) for side in box.groups()[1:])
    head = (
        f'<svg id="{diagram.slug}" class="cu-mermaid" xmlns="http://www.w3.org/2000/svg" '
        f'role="img" {labels} viewBox="{box[1]}" width="{width}" height="{height}" '
        # Below this width the text would be too small: the figure scrolls in its box instead.
        f'style="min-width:{round(0.8 * width)}px"'
    )
    # A line for each element, so that a change can be read in a diff.
    body = re.sub(r"><(?!tspan)(?=[a-zA-Z])", ">\n<", f"{head}><style>{_STYLE}</style>{rest}")
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
