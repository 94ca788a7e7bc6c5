"""The parts of a question as HTML fragments, the same in JupyterLab and in the book."""

from __future__ import annotations

from html import escape

from course_utils.quiz.grading import WORDS
from course_utils.quiz.model import Variant
from course_utils.quiz.text import option_letter, paragraphs
from course_utils.views.html import inline


def stem_html(stem: str) -> str:
    """The paragraphs of a stem as spans, because a legend takes no paragraphs."""
    return " ".join(f"<span>{inline(part)}</span>" for part in paragraphs(stem))


def answer_html(variant: Variant) -> str:
    """The answer folded away: every option, or known mistake, and why it is right or wrong."""
    return (
        f'<details class="cu-quiz-answer"><summary>{WORDS["answer_and_reasons"]}</summary>'
        f'<div class="cu-quiz-reasons">{reasons_html(variant)}</div></details>'
    )


def reasons_html(variant: Variant) -> str:
    """The answer, and why each option, or known mistake, is right or wrong."""
    return _REASONS[variant.item.kind](variant)


def _option_reasons(variant: Variant) -> str:
    lettered = [(option_letter(i), option) for i, option in enumerate(variant.options)]
    right = ", ".join(letter for letter, option in lettered if option.correct)
    reasons = "".join(
        f"<li><strong>{letter}: {'right' if option.correct else 'wrong'}.</strong> "
        f"{inline(option.feedback)}</li>"
        for letter, option in lettered
    )
    return f"<p><strong>{WORDS['answer']} {right}</strong></p><ul>{reasons}</ul>"


def _numeric_reasons(variant: Variant) -> str:
    reasons = "".join(
        f"<li><strong>{WORDS['wrong']}</strong> {inline(entry.feedback)}</li>"
        for entry in variant.wrong
    )
    return (
        f"<p><strong>{WORDS['answer']} {escape(variant.answer_text)}</strong></p>"
        f"<p>{inline(variant.solution)}</p>{f'<ul>{reasons}</ul>' if reasons else ''}"
    )


def _order_reasons(variant: Variant) -> str:
    """The right order with the reason for each place, then the known mistakes."""
    item = variant.item
    steps = "".join(
        f"<li><strong>{inline(step.text)}</strong> {inline(step.why)}</li>" for step in item.steps
    )
    mistakes = "".join(
        f"<li><strong>{WORDS['wrong']}</strong> {inline(mistake.feedback)}</li>"
        for mistake in item.mistakes
    )
    return f"<p><strong>{WORDS['right_order']}</strong></p><ol>{steps}</ol><ul>{mistakes}</ul>"


_REASONS = {
    "single": _option_reasons,
    "multiple": _option_reasons,
    "numeric": _numeric_reasons,
    "order": _order_reasons,
    "predict": _numeric_reasons,
}
