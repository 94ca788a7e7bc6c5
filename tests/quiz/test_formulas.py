"""Formulas of all lessons: named once, with a docstring, right and wrong apart."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType, SimpleNamespace

import pytest

from course_utils.quiz import bank_ids, formulas, load_bank
from course_utils.quiz.model import WrongFormula

MODULES = [module.name for module in iter_modules(formulas.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_known_answers_in_the_docstrings_hold(name):
    module = import_module(f"course_utils.quiz.formulas.{name}")
    results = doctest.testmod(module)
    assert results.failed == 0
    assert results.attempted >= len(module.RIGHT)
    assert all(function.__doc__ for function in (*module.RIGHT, *module.WRONG))


def test_every_formula_of_every_module_is_found():
    found = formulas.all_formulas()
    for name in MODULES:
        module = import_module(f"course_utils.quiz.formulas.{name}")
        assert {function.__name__ for function in module.RIGHT} <= set(found.right)
        assert {function.__name__ for function in module.WRONG} <= set(found.wrong)
    assert not set(found.right) & set(found.wrong)


@pytest.mark.parametrize("bank_id", bank_ids())
def test_no_formula_of_a_lesson_is_dead(bank_id):
    name = bank_id.partition("-")[2].replace("-", "_")
    if name not in MODULES:
        pytest.skip("this lesson has no computed item with a formula of its own")
    module = import_module(f"course_utils.quiz.formulas.{name}")
    used = {
        formula
        for other in bank_ids()
        for item in load_bank(other).items
        if item.numeric
        for formula in (item.numeric.answer, *(w.formula for w in item.numeric.wrong))
    }
    named = {function.__name__ for function in (*module.RIGHT, *module.WRONG)}
    assert named - used == set()


def module_with(name: str, right=(), wrong=()) -> ModuleType:
    return SimpleNamespace(__name__=f"course_utils.quiz.formulas.{name}", RIGHT=right, WRONG=wrong)


def test_a_name_in_two_modules_names_both_files():
    def cost_usd():
        return 1.0

    with pytest.raises(ValueError, match=r"'cost_usd'.*formulas/one\.py and in formulas/two\.py"):
        formulas.collect([module_with("one", (cost_usd,)), module_with("two", (), (cost_usd,))])
    with pytest.raises(ValueError, match=r"formulas/one\.py and in formulas/one\.py"):
        formulas.collect([module_with("one", (cost_usd,), (cost_usd,))])


def test_a_wrong_formula_may_be_the_right_one_with_a_wrong_argument():
    wrong = WrongFormula("kv_cache_gb", "", "", {"users": 1})
    assert wrong.value({"context_tokens": 128_000, "users": 16}) == pytest.approx(41.94304)
    assert wrong.name == "kv_cache_gb with users = 1"
