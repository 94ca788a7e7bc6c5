"""Tradeoff calculators, quizzes and practice for AI system design interviews.

A lesson needs one line of plumbing::

    from course_utils import calculator, explanation, quiz, show

    show(calculator("context-cost"))

Importing this package needs the standard library alone, because the same files
run in the reader's browser; whatever needs more is imported where it is used.
"""

# The room `quiz` is imported before the function `quiz` is named: imported later, it would
# take the function's place, and a first cell that is run again would get the module. That
# costs next to nothing, because the room loads its modules when they are asked for.
import course_utils.quiz  # noqa: F401
from course_utils.display import (
    assistant,
    calculator,
    explanation,
    misconceptions,
    placement,
    practice_set,
    quiz,
    show,
    warm_up,
)

__version__ = "0.1.0"
__all__ = [
    "assistant",
    "calculator",
    "explanation",
    "misconceptions",
    "placement",
    "practice_set",
    "quiz",
    "show",
    "warm_up",
]
