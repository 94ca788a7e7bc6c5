"""Formulas as MathML, made from LaTeX by temml (npm) while the book is built."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from course_utils.book.node import run_node

logger = logging.getLogger(__name__)
SCRIPT = Path(str(files("course_utils.book"))) / "to_mathml.cjs"


@lru_cache(maxsize=None)
def to_mathml(latex: str, *, display: bool, packages: Path) -> str:
    """One formula as a `<math>` element; ValueError with temml's reason if it cannot be read.

    `packages` is the folder node_modules that holds temml.
    """
    if not (packages / "temml").is_dir():
        raise RuntimeError(f"temml is missing in {packages}: run `python -m course_utils.book`")
    request = json.dumps({"latex": latex, "display": display})
    answer = json.loads(run_node(SCRIPT, [str(packages.parent)], request))
    if "error" in answer:
        raise ValueError(f"formula {latex!r}: {answer['error']}")
    return answer["mathml"]


def _convert(translator, node: nodes.Element, *, display: bool) -> str:
    packages = Path(translator.builder.app.srcdir) / "node_modules"
    try:
        return to_mathml(node.astext(), display=display, packages=packages)
    except (ValueError, RuntimeError) as error:
        logger.warning("%s", error, location=node)
        return translator.encode(node.astext())


def visit_math(translator, node: nodes.math) -> None:
    translator.body.append(_convert(translator, node, display=False))
    raise nodes.SkipNode


def visit_math_block(translator, node: nodes.math_block) -> None:
    # Long formulas scroll in their own box, which must then be reachable by keyboard.
    translator.body.append(translator.starttag(node, "div", CLASS="math cu-formula", TABINDEX="0"))
    translator.body.append(_convert(translator, node, display=True))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup_math(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
