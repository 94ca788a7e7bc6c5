"""One stylesheet for all pages: the theme's without its icon font, then the course's own."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

NAME = "course.css"
# In the order in which they overrule each other; patterns in _static.
THEME_STYLES = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
)
COURSE_STYLES = (
    "views/style.css",
    "views/quiz.css",
    "views/explanation.css",
    "views/assistant.css",
    "book/static/book.css",
)
# Copied by the theme and of no use to a reader of this book.
UNUSED = ("vendor", "locales", "scripts/fontawesome.js", "scripts/fontawesome.js.LICENSE.txt")
_SOURCE_MAP = re.compile(r"(//|/\*)# sourceMappingURL=.*")

_RULE = re.compile(r"(?<=[{};/])([^{};@]*)\{[^{}]*\}")
_ICON_FONT_FACE = re.compile(r"@font-face\s*\{[^{}]*Font ?Awesome[^{}]*\}")
_ICON_SELECTOR = re.compile(r"\s*\.fa(-|[srb]?(?![\w-]))")


def is_bundled(filename: str) -> bool:
    """Whether this stylesheet of a page is part of the bundle."""
    name = filename.removeprefix("_static/").split("?")[0]
    return any(Path(name).match(pattern) for pattern in (*THEME_STYLES, "styles/theme.css"))


def without_icon_font(css: str) -> str:
    """A stylesheet without Font Awesome's font faces and its 4,000 icon classes."""

    def keep(match: re.Match[str]) -> str:
        of_icons = all(_ICON_SELECTOR.match(selector) for selector in match[1].split(","))
        return "" if of_icons else match[0]

    return _ICON_FONT_FACE.sub("", _RULE.sub(keep, css))


def course_css() -> str:
    """The course's own styles; a part that does not exist yet is an error."""
    package = files("course_utils")
    return "\n".join(package.joinpath(name).read_text("utf-8") for name in COURSE_STYLES)


def digest() -> str:
    """Changes with the course's styles, so that browsers do not keep an old copy."""
    return hashlib.sha256(course_css().encode()).hexdigest()[:12]


def _theme_files(static: Path) -> Iterable[Path]:
    for pattern in THEME_STYLES:
        found = sorted(static.glob(pattern))
        if not found:
            raise FileNotFoundError(f"the theme has no {pattern} in {static}")
        yield from found


def write_bundle(static: Path) -> None:
    """Write the stylesheet into `_static` and remove what no page uses."""
    theme = "\n".join(path.read_text("utf-8") for path in _theme_files(static))
    theme = re.sub(r'@charset "[^"]*";', "", without_icon_font(_SOURCE_MAP.sub("", theme)))
    (static / NAME).write_text(f"{theme}\n{course_css()}", "utf-8")
    for name in UNUSED:
        path = static / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for source_map in static.rglob("*.map"):
        source_map.unlink()
        asset = source_map.with_suffix("")
        if asset.is_file():
            asset.write_text(_SOURCE_MAP.sub("", asset.read_text("utf-8")), "utf-8")
