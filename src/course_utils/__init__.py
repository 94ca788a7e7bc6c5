"""Tradeoff calculators, quizzes and practice for AI system design interviews.

A lesson needs one line of plumbing::

    from course_utils import calculator, explanation, quiz, show

    show(calculator("context-cost"))

Importing this package needs the standard library alone, because the same files
run in the reader's browser; whatever needs more is imported where it is used.
"""

from course_utils.display import calculator, explanation, quiz, show

__version__ = "0.1.0"
__all__ = ["calculator", "explanation", "quiz", "show"]
