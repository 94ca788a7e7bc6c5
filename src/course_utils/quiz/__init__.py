"""Question banks: what is asked, how it is graded, and the lint that keeps it honest.

Importing this room needs the standard library alone; the schema check of a bank
imports `jsonschema` where it is used. The names below are loaded when one of them is
first asked for, because `course_utils` imports this room for everyone, also for those
who want a calculator and nothing else.
"""

from __future__ import annotations

from importlib import import_module

# Name -> module of this room that defines it.
_HOMES = {
    "Bank": "model",
    "BankError": "model",
    "Grade": "grading",
    "Item": "model",
    "Option": "model",
    "Variant": "model",
    "bank_ids": "bank",
    "grade": "grading",
    "load_bank": "bank",
    "misconception_index": "misconceptions",
    "parse_bank": "bank",
    "placement_check": "placement",
    "select": "practice",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Kept, so that each name is looked up here once.
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
