"""The icons of the pages: the theme's web font names, drawn as inline SVG.

The theme names its icons by Font Awesome classes and loads 542 kB of script (gzip)
to draw about ten of them. These drawings are our own, on a grid of 24 by 24.
"""

from __future__ import annotations

import re

# Stroked outlines; "F:" begins a filled part.
_DRAWINGS = {
    "angle-left": "M15 5l-7 7 7 7",
    "angle-right": "M9 5l7 7-7 7",
    "arrow-up": "M12 20V4m-7 7l7-7 7 7",
    "bars": "M4 6h16M4 12h16M4 18h16",
    "chevron-down": "M5 9l7 7 7-7",
    "circle-half-stroke": "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zF:M12 3a9 9 0 0 1 0 18z",
    "code": "M8 7l-5 5 5 5M16 7l5 5-5 5",
    "github": "M6 8v8M6 8a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5z"
    "M6 21a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5z"
    "M18 8a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5zM18 8c0 5-12 3-12 8",
    "list": "M9 6h12M9 12h12M9 18h12M4 6h.01M4 12h.01M4 18h.01",
    "magnifying-glass": "M10.5 17a6.5 6.5 0 1 0 0-13a6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21",
    "moon": "M20 14.5A8.5 8.5 0 1 1 9.5 4a6.8 6.8 0 0 0 10.5 10.5z",
    "rocket": "M7 5l12 7-12 7z",
    "sun": "M12 16a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22"
    "M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8",
}
# The theme's names for the same drawings.
_DRAWINGS |= {"gitlab": _DRAWINGS["github"], "bitbucket": _DRAWINGS["github"]}

_ICON = re.compile(
    r'<(?P<tag>i|span) class="(?P<classes>[^"]*\bfa[srb]?[ -][^"]*)"(?P<rest>[^>]*)></(?P=tag)>'
)
# Classes that say which font or size, and not which icon.
_STYLES = {"solid", "brands", "regular", "lg", "sm", "xs", "2x", "fw"}


def svg(name: str, classes: str = "", attributes: str = "") -> str:
    """The drawing `name` as inline SVG in the color of the text, hidden from screen readers."""
    if name not in _DRAWINGS:
        raise ValueError(f"no icon {name!r}; there are {', '.join(sorted(_DRAWINGS))}")
    line, _, fill = _DRAWINGS[name].partition("F:")
    filled = f'<path fill="currentColor" stroke="none" d="{fill}"/>' if fill else ""
    names = f"cu-icon {classes}".strip()
    return (
        f'<svg class="{names}" viewBox="0 0 24 24" width="1em" height="1em" aria-hidden="true" '
        f'focusable="false"{attributes}><path d="{line}"/>{filled}</svg>'
    )


def _replace(match: re.Match[str]) -> str:
    names, others = [], []
    for name in match["classes"].split():
        if name.startswith("fa-") and name[3:] not in _STYLES:
            names.append(name[3:])
        elif not re.fullmatch(r"fa[srb]?|fa-.*", name):
            others.append(name)
    if len(names) != 1:
        raise ValueError(f"which icon is {match[0]!r}? It names {names or 'none'}")
    title = re.search(r'\btitle="([^"]*)"', match["rest"])
    kept = re.sub(r'\s*\btitle="[^"]*"', "", match["rest"]).strip()
    drawing = svg(names[0], " ".join(others), f" {kept}" if kept else "")
    # An SVG's tooltip is an element; the names of the controls come from their buttons.
    return drawing.replace("><path", f"><title>{title[1]}</title><path", 1) if title else drawing


def draw_icons(page: str) -> str:
    """The page with every icon of the theme's web font replaced by a drawing."""
    return _ICON.sub(_replace, page)
