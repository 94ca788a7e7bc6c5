"""The `{eval}` expressions in the Markdown of a lesson, as MyST reads them.

MyST's grammar decides, not a regular expression: an example of the role in a code
span or a code block is text, and one inside an admonition is an expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

# Directives whose body is not Markdown.
VERBATIM = {"code", "code-block", "code-cell", "literalinclude", "math", "mermaid", "raw"}
DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")
OPTIONS = re.compile(r"\A(?:---\n(?s:.*?)\n---\n|(?::[\w-]+:.*\n)+)")


@cache
def _parser():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.colon_fence import colon_fence_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.myst_role import myst_role_plugin

    parser = MarkdownIt("commonmark").enable("table")
    for plugin in (
        colon_fence_plugin,
        deflist_plugin,
        dollarmath_plugin,
        footnote_plugin,
        myst_role_plugin,
    ):
        parser.use(plugin)
    return parser


def eval_expressions(markdown: str) -> list[str]:
    """Every expression that the book and JupyterLab evaluate in this Markdown, in order.

    >>> eval_expressions("It costs {eval}`round(cost, 2)`; write `` {eval}`x` `` for that.")
    ['round(cost, 2)']
    """
    return list(_expressions(markdown))


def _expressions(markdown: str) -> Iterator[str]:
    for token in _parser().parse(markdown):
        if token.type in ("fence", "colon_fence"):
            yield from _in_directive(token.info, token.content)
        for child in token.children or ():
            if child.type == "myst_role" and child.meta["name"] == "eval":
                yield child.content.strip()


def _in_directive(info: str, content: str) -> Iterator[str]:
    directive = DIRECTIVE.match(info.strip())
    if directive is None or directive[1] in VERBATIM:
        return
    name, argument = directive.groups()
    if name == "eval":
        yield argument.strip()
        return
    yield from _expressions(argument)  # the title of an admonition
    yield from _expressions(OPTIONS.sub("", content))
