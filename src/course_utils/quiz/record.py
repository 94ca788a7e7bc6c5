"""The words around the questions and the record, the same in JupyterLab and in the book."""

from __future__ import annotations

# Below this many answers with a confidence a figure of them shows nothing.
ENOUGH_FOR_A_FIGURE = 5
# A file that is no record has thousands of lines that are no answer.
MOST_MESSAGES = 3

# The browser module gets the same words.
RECORD_WORDS = {
    "started_over": "The questions are open again. Your record keeps what you answered.",
    "new_question": "New numbers: read the question again.",
    "your_record": "Your record",
    "calibration_title": "How sure you were, and how often you were right",
    "calibration_soon": (
        "Say how sure you are with {needed} answers or more, and a figure here shows whether "
        "your confidence is worth its word; so far {stated}."
    ),
    "stated_axis": "how sure you were (%)",
    "right_axis": "right (%)",
    "in_words": "The same in words stands below.",
    "export": "Save as a file",
    "import": "Add from a file",
    "imported": "Answers added: {added}; there already: {known}.",
    "more_messages": "{more} more lines like these.",
    "step_right": "fits what comes before it",
    "step_wrong": "does not fit what comes before it",
}


def fewest(messages: tuple[str, ...]) -> tuple[str, ...]:
    """The first messages, and how many more there are.

    >>> fewest(("a", "b", "c", "d", "e"))
    ('a', 'b', 'c', '2 more lines like these.')
    """
    more = len(messages) - MOST_MESSAGES
    if more <= 1:
        return messages
    return (*messages[:MOST_MESSAGES], RECORD_WORDS["more_messages"].format(more=more))
