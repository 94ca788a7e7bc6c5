"""A bank as plain text: for print, EPUB, screen readers without a page, and tests."""

from __future__ import annotations

import re
import textwrap
from string import ascii_lowercase

from course_utils.quiz.model import Bank, Seed, Variant

WIDTH = 88
ASK = {
    "single": "Choose one.",
    "multiple": "Choose every one that applies.",
    "numeric": "Type a number.",
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


def bank_text(bank: Bank, seed: Seed = 0) -> str:
    """Every question with lettered options, the answer and why each option is right or wrong."""
    blocks = [f"Quiz: {bank.title}\n{len(bank.items)} questions"]
    for number, item in enumerate(bank.items, start=1):
        blocks.append(_variant_text(number, item.variant(seed)))
    return "\n\n".join(blocks)


def _variant_text(number: int, variant: Variant) -> str:
    ask = ASK[variant.item.kind]
    stem = paragraphs(plain(variant.stem))
    lines = [_wrap(f"{number}. {stem[0]}")]
    lines += [_wrap(part, "   ") for part in stem[1:]]
    lines.append(f"   {ask}")
    lines += _numeric_lines(variant) if variant.item.numeric else _option_lines(variant)
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


def _wrap(text: str, indent: str = "", hang: int = 0) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * (hang or (0 if indent else 3)),
        break_on_hyphens=False,
    )
