"""The `{eval}` expressions are found as MyST finds them."""

from __future__ import annotations

import doctest

import pytest

from course_utils.authoring import prose, references
from course_utils.authoring.prose import eval_expressions


@pytest.mark.parametrize(
    ("markdown", "expressions"),
    [
        ("Costs {eval}`a` and {eval}`b + 1`.", ["a", "b + 1"]),
        ("Backticks: {eval}`` f'`{x}`' ``.", ["f'`{x}`'"]),
        ("| x | y |\n|---|---|\n| {eval}`a` | 2 |", ["a"]),
        ("- item\n  - deeper {eval}`a`", ["a"]),
        ("> quoted {eval}`a`", ["a"]),
        ("## Heading {eval}`a`", ["a"]),
        ("**bold {eval}`a`**", ["a"]),
        ("```{admonition} Title {eval}`a`\n:class: tip\nBody {eval}`b`\n```", ["a", "b"]),
        ("```{admonition} Say it\n:class: cu-say\nBody {eval}`a`\nand {eval}`b`.\n```", ["a", "b"]),
        ("```{admonition} Say it\n---\nclass: cu-say\n---\nBody {eval}`a`.\n```", ["a"]),
        (":::{note}\n{eval}`a`\n:::", ["a"]),
        ("````{note}\n```{tip}\n{eval}`a`\n```\n````", ["a"]),
        ("```{eval} table\n```", ["table"]),
        ("An example: `` {eval}`a` ``.", []),
        ("```python\nprint('{eval}`a`')\n```", []),
        ("```{mermaid}\nflowchart TB\n a[{eval}`a`]\n```", []),
        ("    {eval}`a`", []),
        ("{cite:p}`a` {ref}`b`", []),
    ],
)
def test_expressions_are_those_that_myst_evaluates(markdown, expressions):
    assert eval_expressions(markdown) == expressions


@pytest.mark.parametrize("module", [prose, references])
def test_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
