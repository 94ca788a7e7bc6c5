"""The calculators run where nothing is installed: in the reader's browser."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import course_utils.calculators
import course_utils.catalog

SOURCE = Path(course_utils.calculators.__file__).resolve().parents[2]

# Runs in a fresh interpreter without site-packages (-S), and refuses by name what could
# come from elsewhere; then asks for an answer, so that late imports show as well.
SCRIPT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"numpy", "pandas", "pydantic", "matplotlib", "scipy"}:
            raise ImportError(name + " is not there")
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
import importlib, pkgutil
for room in ("calculators", "catalog"):
    package = importlib.import_module("course_utils." + room)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(package.__name__ + "." + module.name)
from course_utils import catalog
from course_utils.calculators import context_cost, context_latency
catalog.prices()
print(context_cost(context_tokens=32000, output_tokens=400, input_usd_per_mtok=3,
    cached_input_usd_per_mtok=0.3, output_usd_per_mtok=15).choice)
print(context_latency(model="llama-3.1-8b", accelerator="l4", n_accelerators=1,
    context_tokens=2000, output_tokens=100, batch=1, ttft_target_s=5,
    usd_per_accelerator_hour=1).choice)
outside = {name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(outside - {"__main__", "course_utils"}))
"""


def test_calculators_and_catalog_need_the_standard_library_alone():
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", SCRIPT, str(SOURCE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["shorten the context first", "send the whole context", "[]"]


MODULES = [
    f"{package.__name__}{name}"
    for package in (course_utils.calculators, course_utils.catalog)
    for name in ("", *(f".{m.name}" for m in pkgutil.iter_modules(package.__path__)))
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize(
    "module", ["money", "memory", "roofline", "latency", "serving", "words", "accuracy"]
)
def test_formula_modules_have_examples(module):
    assert doctest.testmod(importlib.import_module(f"course_utils.calculators.{module}")).attempted
