"""The formulas behind computed items, one module for each lesson.

Each module names two tuples: `RIGHT`, the functions that give an item's answer, and
`WRONG`, those that make a mistake which people make (the docstring says which). A
formula takes an item's parameters as keyword arguments and returns a number in the unit
that its name ends in. Where a calculator has the formula, it is called, not repeated.

A bank names formulas by their function names, so a name stands once in all modules. A
module that is put into this package is found; nothing lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

Formula = Callable[..., float]


class Formulas(NamedTuple):
    """All formulas by name."""

    right: dict[str, Formula]
    wrong: dict[str, Formula]

    def named(self, name: str) -> Formula:
        """The right or wrong formula of this name."""
        return self.wrong[name] if name in self.wrong else self.right[name]


@cache
def all_formulas() -> Formulas:
    """The formulas of every module of this package."""
    names = sorted(module.name for module in iter_modules(__path__))
    return collect(import_module(f"{__name__}.{name}") for name in names)


def collect(modules: Iterable[ModuleType]) -> Formulas:
    """The formulas of these modules; `ValueError` where a name stands twice."""
    right: dict[str, Formula] = {}
    wrong: dict[str, Formula] = {}
    home: dict[str, str] = {}
    for module in modules:
        file = module.__name__.rpartition(".")[2] + ".py"
        for found, functions in ((right, module.RIGHT), (wrong, module.WRONG)):
            for function in functions:
                name = function.__name__
                if name in home:
                    raise ValueError(
                        f"the formula {name!r} stands in formulas/{home[name]} and in "
                        f"formulas/{file}; a bank names formulas, so rename one of them"
                    )
                home[name] = file
                found[name] = function
    return Formulas(right, wrong)
