"""Practice for the spoken part of an interview: timed explanations and self-review."""

from course_utils.practice.explanation import (
    Beat,
    Element,
    Explanation,
    SelfReview,
    explanation_ids,
    get_explanation,
    word_count,
)
from course_utils.practice.stopwatch import Stopwatch, clock_text

__all__ = [
    "Beat",
    "Element",
    "Explanation",
    "SelfReview",
    "Stopwatch",
    "clock_text",
    "explanation_ids",
    "get_explanation",
    "word_count",
]
