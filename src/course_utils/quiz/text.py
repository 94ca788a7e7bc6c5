"""A bank as plain text: for print, EPUB, screen readers without a page, and tests."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING

from course_utils.quiz.model import Bank, Item, Seed, Variant
from course_utils.quiz.quantities import number_text

if TYPE_CHECKING:
    from course_utils.quiz.misconceptions import MisconceptionIndex
    from course_utils.quiz.practice import Question
    from course_utils.quiz.warm_up import WarmUp

WIDTH = 88
ASK = {
    "single": "Choose one.",
    "multiple": "Choose every one that applies.",
    "numeric": "Type a number.",
    "order": "Put the steps in order.",
    "predict": "Guess, and say how sure you are. A guess within a factor of {factor} counts.",
}

_MARKUP = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def plain(text: str) -> str:
    """`text` without its marks for code and bold."""
    return _MARKUP.sub(lambda match: match[1] or match[2], text)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a stem: blank lines part them."""
    return [part.strip() for part in re.split(r"\n\s*\n", text.strip())]


def option_letter(index: int) -> str:
    """`a`, `b`, ... for the options in the order shown."""
    return ascii_lowercase[index]


def ask(item: Item) -> str:
    """What kind of answer an item takes, in one line."""
    if item.kind == "predict":
        return ASK["predict"].format(factor=number_text(item.numeric.within_factor))
    return ASK[item.kind]


def bank_text(bank: Bank, seed: Seed = 0) -> str:
    """Every question with its explained answer, in the order of the bank."""
    head = f"Quiz: {bank.title}\n{counted(len(bank.items), 'question')}"
    variants = [_variant_text(n, item.variant(seed)) for n, item in enumerate(bank.items, start=1)]
    return "\n\n".join([head, *variants])


def questions_text(title: str, questions: Sequence[Question], seed: Seed, note: str = "") -> str:
    """Questions of several banks, each with its lesson."""
    head = [title, note, counted(len(questions), "question")]
    blocks = ["\n".join(filter(None, head))]
    for number, question in enumerate(questions, start=1):
        variant = _variant_text(number, question.item.variant(seed))
        blocks.append(f"{variant}\n{_wrap(f'Lesson: {question.bank.title}', '   ')}")
    return "\n\n".join(blocks)


def misconceptions_text(index: MisconceptionIndex) -> str:
    """Each belief, why it tempts and where it is answered."""
    blocks = [f"Misconceptions\n{counted(len(index.entries), 'entry', 'entries')}"]
    for entry in index.entries:
        where = "; ".join(f"{place.title}: {place.section.title}" for place in entry.places)
        lines = [f"“{plain(entry.belief)}”", f"Why it tempts: {plain(entry.tempting)}"]
        lines.append(f"Answered in: {where}")
        blocks.append("\n".join([_wrap(lines[0]), *(_wrap(line, "   ") for line in lines[1:])]))
    return "\n\n".join(blocks)


def warm_up_text(warm_up: WarmUp) -> str:
    """Each quantity with its unit, its value and where that comes from."""
    from course_utils.quiz.warm_up import RULE, WARM_UP_WORDS

    words = WARM_UP_WORDS
    blocks = [f"{words['title']}\n{_wrap(words['about'])}\n{_wrap(RULE)}"]
    for number, each in enumerate(warm_up.estimates, start=1):
        lines = [
            _wrap(f"{number}. {each.question}"),
            f"   {words['low']} and {words['high'].lower()}, in {each.unit}:",
            f"   Answer: {each.value_text}",
            _wrap(each.how, "      "),
            _wrap(f"{each.read_again} {each.section.title}", "   "),
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 question`, `2 questions`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _variant_text(number: int, variant: Variant) -> str:
    stem = paragraphs(plain(variant.stem))
    lines = [_wrap(f"{number}. {stem[0]}")]
    lines += [_wrap(part, "   ") for part in stem[1:]]
    lines.append(_wrap(ask(variant.item), "   "))
    lines += _LINES[variant.item.kind](variant)
    lines.append(f"   Read again: {variant.item.read_again.title}")
    return "\n".join(lines)


def _option_lines(variant: Variant) -> list[str]:
    lettered = [(option_letter(i), option) for i, option in enumerate(variant.options)]
    right = ", ".join(letter for letter, option in lettered if option.correct)
    return [
        *(_wrap(f"{letter}) {plain(option.text)}", "   ", 3) for letter, option in lettered),
        f"   Answer: {right}",
        *(
            _wrap(
                f"{letter}) {'Right' if option.correct else 'Wrong'}. {plain(option.feedback)}",
                "      ",
                3,
            )
            for letter, option in lettered
        ),
    ]


def _numeric_lines(variant: Variant) -> list[str]:
    return [
        f"   Answer: {variant.answer_text}",
        _wrap(plain(variant.solution), "      "),
        *(_wrap(f"- Wrong. {plain(wrong.feedback)}", "      ", 2) for wrong in variant.wrong),
    ]


def _order_lines(variant: Variant) -> list[str]:
    """The steps as they are shown, then in the right order with the reason for each place."""
    letters = {step.key: option_letter(i) for i, step in enumerate(variant.steps)}
    right = variant.item.steps
    return [
        *(_wrap(f"{letters[step.key]}) {plain(step.text)}", "   ", 3) for step in variant.steps),
        f"   Answer: {', '.join(letters[step.key] for step in right)}",
        *(
            _wrap(f"{place}. ({letters[step.key]}) {plain(step.why)}", "      ", 3)
            for place, step in enumerate(right, start=1)
        ),
        *(
            _wrap(
                f"- {letters[mistake.before]} before {letters[mistake.after]}: "
                f"{plain(mistake.feedback)}",
                "      ",
                2,
            )
            for mistake in variant.item.mistakes
        ),
    ]


_LINES = {
    "single": _option_lines,
    "multiple": _option_lines,
    "numeric": _numeric_lines,
    "order": _order_lines,
    "predict": _numeric_lines,
}


def _wrap(text: str, indent: str = "", hang: int = 0) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * (hang or (0 if indent else 3)),
        break_on_hyphens=False,
    )
