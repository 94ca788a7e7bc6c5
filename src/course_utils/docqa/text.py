"""Words, sentences and numbers: how all boxes read text, so that they read it alike."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache

# English prose has about four tokens for three words; a tokenizer of a real model gives
# more for code and other languages. Every token count of this system is this estimate.
TOKENS_PER_WORD = 4 / 3

_STOP_WORDS = """
    a about after all also am an and any are as at be been before being but by can could did do
    does doing each for from get gets give had has have having he her here him his how i if in
    into is it its itself just long many may me might more most much must my need no nor not of
    off on one only or other our out own per please said same shall she should so some such tell
    than that the their them then there these they this those to under until up us very was we
    were what when where which while who whom whose why will with within without would you
    your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
# Words that turn a statement round.
_NEGATIONS = """
    cannot never no nobody none nor not nothing without neither forbidden prohibited except unless
"""
NEGATIONS = frozenset(_NEGATIONS.split())
_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty
"""
NUMBER_WORDS = {word: str(value) for value, word in enumerate(_SMALL.split())} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "seventy": "70",
    "eighty": "80",
    "ninety": "90",
    "hundred": "100",
    "thousand": "1000",
    "once": "1",
    "twice": "2",
}
# Not "first" and "second", which mean other things as often.
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth"
NUMBER_WORDS |= {word: str(value) for value, word in enumerate(_ORDINALS.split(), start=3)}

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_TENS = re.compile(r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[- ](\w+)\b")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|approx|No|vs|St|Dr|Mr|Ms|Mrs|p|Art)|\b[A-Z])\.$")
_LINE_START = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_CLIPPED = re.compile("[^aeiouwxy][aeiou][^aeiouwxy]")
_SUFFIXES = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ations", "at"),
    ("ation", "at"),
    ("ing", ""),
    ("ed", ""),
    ("ly", ""),
    ("es", ""),
    ("s", ""),
)


def tokens(text: str) -> int:
    """How many tokens a model would read, estimated as 4/3 for each word.

    >>> tokens("An answer of six short words.")
    8
    """
    return math.ceil(len(text.split()) * TOKENS_PER_WORD)


def plain(text: str) -> str:
    """The text in one line, in Unicode's composed form, with single spaces and quotes alike."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("“", '"')
    return " ".join(text.replace("”", '"').replace("–", "-").split())


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its commonest English endings: enough to match *days* with *day*.

    >>> [stem(word) for word in ("policies", "days", "approved", "approval", "expense", "expenses")]
    ['policy', 'day', 'approv', 'approv', 'expens', 'expens']
    """
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("al") and len(word) > 6:
        word = word[:-2]
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and not word.endswith("ss"):
            if len(word) - len(suffix) + len(instead) >= 3:
                word = word[: -len(suffix)] + instead
            if len(word) == 3 and suffix in ("ing", "ed") and _CLIPPED.fullmatch(word):
                word += "e"  # hired, hir, hire
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiousl":
        word = word[:-1]  # planned, plann, plan
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def words(text: str) -> list[str]:
    """The words in lower case; a number written out stands as its digits."""
    found = []
    for match in _WORD.finditer(plain(text).lower()):
        word = match.group().removesuffix("'s")
        found.append(NUMBER_WORDS.get(word, word))
    return found


def terms(text: str) -> tuple[str, ...]:
    """The stems of the words that carry meaning, in order.

    >>> terms("How many days of leave does a parent get?")
    ('day', 'leav', 'parent')
    """
    return tuple(stem(word) for word in words(text) if word not in STOP_WORDS)


def numbers(text: str) -> tuple[str, ...]:
    """The numbers in a text as digits, thousands separators dropped.

    >>> numbers("Up to 1,500 euros within twenty-five days, from 09:30.")
    ('1500', '25', '9:30')
    """
    text = re.sub(r"(\d),(?=\d{3}\b)", r"\1", plain(text).lower())
    text = re.sub(
        r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[- ](\w+)\b", _tens, text
    )
    text = re.sub(r"[^\W\d_]+", lambda match: NUMBER_WORDS.get(match.group(), match.group()), text)
    return tuple(_canonical(match.group()) for match in _NUMBER.finditer(text))


def _tens(match: re.Match[str]) -> str:
    ones = NUMBER_WORDS.get(match.group(2), "")
    if len(ones) != 1:
        return match.group()
    return str(int(NUMBER_WORDS[match.group(1)]) + int(ones))


def _canonical(number: str) -> str:
    if ":" in number:
        return number.lstrip("0") if not number.startswith("00") else number
    number = number.lstrip("0") or "0"
    if "." in number and number.count(".") == 1:
        number = number.rstrip("0").rstrip(".")
    return f"0{number}" if number.startswith(".") else number


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, headings left out; an item of a list is one of its own.

    >>> sentences("# Leave\\n\\nAsk e.g. Ms. Roe first. It takes two days.\\n\\n- Keep the form")
    ('Ask e.g. Ms. Roe first.', 'It takes two days.', 'Keep the form')
    """
    found: list[str] = []
    for block in _blocks(text):
        begin = 0
        for match in _SENTENCE_END.finditer(block):
            if _ABBREVIATION.search(block[begin : match.start()]):
                continue
            found.append(block[begin : match.start()].strip())
            begin = match.end()
        found.append(block[begin:].strip())
    return tuple(sentence for sentence in found if sentence)


def _blocks(text: str) -> list[str]:
    """Paragraphs, items of lists and rows of tables, each in one line."""
    blocks: list[str] = [""]
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            blocks.append("")
        elif _LINE_START.match(line) or line.lstrip().startswith("|"):
            blocks.append(_LINE_START.sub("", line, count=1).strip())
        else:
            blocks[-1] = f"{blocks[-1]} {line.strip()}".strip()
    return [plain(block) for block in blocks if block and set(block) - set("|-: ")]
