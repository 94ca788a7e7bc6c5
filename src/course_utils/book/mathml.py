"""Formulas as MathML, made from LaTeX by temml (npm) while the book is built."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from course_utils.book.node import run_node

logger = logging.getLogger(__name__)
SCRIPT = Path(str(files("course_utils.book"))) / "to_mathml.cjs"


# (LaTeX, display) -> {"mathml": ...} or {"error": ...}, for one build.
_converted: dict[tuple[str, bool], dict[str, str]] = {}


def convert(formulas: Iterable[tuple[str, bool]], packages: Path) -> None:
    """Convert these (LaTeX, display) in one run of node, and remember them.

    `packages` is the folder node_modules that holds temml.
    """
    wanted = [formula for formula in dict.fromkeys(formulas) if formula not in _converted]
    if not wanted:
        return
    if not (packages / "temml").is_dir():
        raise RuntimeError(f"temml is missing in {packages}: run `python -m course_utils.book`")
    answers = json.loads(run_node(SCRIPT, [str(packages.parent)], json.dumps(wanted)))
    _converted.update(zip(wanted, answers, strict=True))


def to_mathml(latex: str, *, display: bool, packages: Path) -> str:
    """One formula as a `<math>` element; ValueError with temml's reason if it cannot be read."""
    convert([(latex, display)], packages)
    answer = _converted[latex, display]
    if "error" in answer:
        raise ValueError(f"formula {latex!r}: {answer['error']}")
    return answer["mathml"]


def _packages(app: Sphinx) -> Path:
    return Path(app.srcdir) / "node_modules"


def _convert_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """All formulas of a page at once: starting node takes longer than converting them."""
    if app.builder.format != "html":
        return
    formulas = [(node.astext(), False) for node in doctree.findall(nodes.math)]
    formulas += [(node.astext(), True) for node in doctree.findall(nodes.math_block)]
    convert(formulas, _packages(app))


def _mathml_of(translator, node: nodes.Element, *, display: bool) -> str:
    packages = _packages(translator.builder.app)
    try:
        return to_mathml(node.astext(), display=display, packages=packages)
    except ValueError as error:
        logger.warning("%s", error, location=node)
        return translator.encode(node.astext())


def visit_math(translator, node: nodes.math) -> None:
    translator.body.append(_mathml_of(translator, node, display=False))
    raise nodes.SkipNode


def visit_math_block(translator, node: nodes.math_block) -> None:
    # A long formula scrolls in its own box. The class makes the theme's script put the box among
    # the tab stops where it does scroll, as it does for tables.
    classes = "math cu-formula pst-scrollable-table-container"
    translator.body.append(translator.starttag(node, "div", CLASS=classes))
    translator.body.append(_mathml_of(translator, node, display=True))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup_math(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("doctree-resolved", _convert_page)
