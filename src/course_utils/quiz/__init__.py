"""Question banks: what is asked, how it is graded, and the lint that keeps it honest.

Importing this room needs the standard library alone; the schema check of a bank
imports `jsonschema` where it is used.
"""

from course_utils.quiz.bank import bank_ids, load_bank, parse_bank
from course_utils.quiz.grading import Grade, grade
from course_utils.quiz.model import Bank, BankError, Item, Option, Variant

__all__ = [
    "Bank",
    "BankError",
    "Grade",
    "Item",
    "Option",
    "Variant",
    "bank_ids",
    "grade",
    "load_bank",
    "parse_bank",
]
