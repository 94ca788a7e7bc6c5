"""The Sphinx extension of the course: what the theme shows, and what each page loads.

Named in `_config.yml`. It leaves the theme's look and takes away its weight: no icon
font, no MathJax, no mermaid, no thebe, one stylesheet, and browser modules only on
the pages that hold something for them.
"""

from __future__ import annotations

import os
import re
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util import logging
from sphinx.util.console import strip_colors

from course_utils.book import pages, repository, styles
from course_utils.book.mathml import setup_math
from course_utils.book.mermaid import setup_mermaid
from course_utils.book.streams import setup_streams

logger = logging.getLogger(__name__)
HERE = Path(str(files("course_utils.book")))
_MARKER = re.compile(r"^[ \t]*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[ \t]*\n?", re.MULTILINE)


def _configure(app: Sphinx, config) -> None:
    try:
        config.html_theme_options |= repository.theme_options(os.environ)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    config.html_static_path.append(str(HERE / "static"))
    # Before the theme's own templates, which are appended.
    config.templates_path.insert(0, str(HERE / "templates"))


def _mend_pages(app: Sphinx) -> None:
    """Put `pages.mend` behind the templates, so that every page goes through it once."""
    if app.builder.format != "html":
        return
    templates = app.builder.templates
    render = templates.render

    def render_and_mend(template: str, context: dict) -> str:
        rendered = render(template, context)
        return pages.mend(rendered) if rendered.lstrip().startswith("<!DOCTYPE html>") else rendered

    templates.render = render_and_mend


def _choose_assets(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """The stylesheet of the bundle, and the browser modules that this page needs."""
    context["css_files"] = [
        css
        for css in context["css_files"]
        if not styles.is_bundled(str(getattr(css, "filename", css)))
    ]
    # The state of the widgets is JupyterLab's; with it this page would be three times as heavy.
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "widget-state" not in getattr(script, "attributes", {}).get("type", "")
    ]
    context["course_css"] = f"_static/{styles.NAME}"
    context["course_css_digest"] = styles.digest()
    context["course_modules"] = pages.modules_of(context.get("body") or "")


def _name_failed_cell(app: Sphinx, doctree: nodes.document) -> None:
    """Say which cell of a notebook raised: MyST-NB's own message has the traceback alone."""
    run = NbMetadataCollector.get_exec_data(app.env, app.env.docname)
    if not run or run["succeeded"]:
        return
    cells = [
        node
        for node in doctree.findall(nodes.container)
        if node.get("nb_element") == "cell_code" and node.get("exec_count") is not None
    ]
    reason = strip_colors(run["traceback"] or run["error"]).strip().splitlines()[-1]
    if cells:
        logger.warning(
            "code cell %s stopped the notebook: %s",
            cells[-1]["exec_count"],
            reason,
            # MyST-NB counts from the line above the fence; this is the first line inside it.
            location=(app.env.docname, cells[-1].line - 1),
        )


def _hide_markers(app: Sphinx, doctree: nodes.document) -> None:
    """Take the lines that mark a solution for nbgrader out of the code that a page shows."""
    for block in doctree.findall(nodes.literal_block):
        shown = _MARKER.sub("", block.astext())
        if shown != block.astext():
            # Sphinx colors a block only where both hold the same text.
            block.rawsource = shown
            block.children = [nodes.Text(shown)]


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        styles.write_bundle(Path(app.outdir) / "_static")


def setup(app: Sphinx) -> dict[str, object]:
    # jupyter-book passes this on to an extension that the course leaves out.
    app.add_config_value("comments_config", {}, "html")
    setup_math(app)
    setup_mermaid(app)
    setup_streams()
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _mend_pages)
    app.connect("doctree-read", _name_failed_cell)
    app.connect("doctree-read", _hide_markers)
    # After the theme has added what it wants, and after it has written its colors.
    app.connect("html-page-context", _choose_assets, priority=900)
    app.connect("build-finished", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
