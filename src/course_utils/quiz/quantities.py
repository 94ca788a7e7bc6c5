"""Numbers with a unit, as a learner types them and as a page shows them.

What a unit may be written as is a table (`unit_factors`), so that the browser
module reads the same table and the two cannot differ.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from course_utils.calculators import words

MAX_LENGTH = 40
# A message that lists every way to write a unit helps nobody.
MOST_UNITS = 8

# Said to the learner; the browser module gets the same words.
NUMBER_WORDS = {
    "empty": "Type a number first.",
    "too_long": f"That is longer than {MAX_LENGTH} characters. Type one number, such as 1500.",
    "not_a_number": "I cannot read that as a number. Type digits, such as 1500, 1,500 or 1.5e3.",
    "decimal_comma": (
        "Is that a decimal comma? Use a point for decimals (1.5); "
        "a comma separates thousands (1,500)."
    ),
    "too_large": "That number is too large to be read. Check the exponent.",
    "unit": "I do not know the unit “{given}” here. Leave it out, or use {units}.",
}

_BYTES = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}
_COUNTS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "bn": 1e9, "million": 1e6}
_SECONDS = {
    **{"µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0},
    **{"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86_400.0, "weeks": 604_800.0},
}
_SECOND_NAMES = {
    **_SECONDS,
    **{"sec": 1.0, "second": 1.0, "minute": 60.0, "hr": 3600.0, "hour": 3600.0},
    **{"d": 86_400.0, "day": 86_400.0, "week": 604_800.0},
}
_FLOPS = {"GFLOP/s": 1e9, "TFLOP/s": 1e12, "PFLOP/s": 1e15}
# Units that are one thing under several names; suffixes are compared without spaces.
_NAMES = {
    "%": ("", "%", "percent", "pct"),
    "points": ("", "points", "point", "pp", "percentagepoints", "percentagepoint", "%"),
    "x": ("", "x", "X", "×", "times", "fold"),
}
_PERIODS = {
    "USD/h": ("/h", "/hour", "/hr", "anhour", "perhour"),
    "USD/day": ("/day", "/d", "aday", "perday"),
    "USD/month": ("/month", "/mo", "amonth", "permonth"),
    "USD/year": ("/year", "/yr", "ayear", "peryear"),
    "USD/Mtok": ("/Mtok", "/Mtokens", "permillion", "permilliontokens", "perMtok"),
}
_RATES = {"s": "second", "min": "minute", "h": "hour", "day": "day"}
_SHORT = {
    "tokens": ("tok",),
    "tokens/s": ("tok/s", "tps", "t/s"),
    "requests/s": ("req/s", "rps", "qps"),
}
_SINGULARS = {"people": "person", "indices": "index", "vertices": "vertex", "matrices": "matrix"}

# The group separators stand between digits alone, so "1,5" and "0,005" are not 15 and 5.
_NUMBER = re.compile(
    r"([+-]?) ?(\$?) ?([+-]?)"
    r"((?:[1-9][0-9]{0,2}(?:[, '][0-9]{3})+(?![0-9])|[0-9]+)?)"
    r"((?:\.[0-9]*)?)((?:[eE][+-]?[0-9]+)?) ?(.*)",
    re.DOTALL,
)
_SPACES = re.compile("[ \t\r\n\u00a0\u2009\u202f]+")


class QuantityError(ValueError):
    """A typed answer that is no number in a known unit; the message is for the learner."""


def unit_factors(unit: str) -> dict[str, float]:
    """What may stand behind a number in an answer in `unit`, and what it multiplies by.

    The empty suffix is the unit itself. GiB and its kind are powers of two. A plural noun,
    such as `questions`, is a unit too, and so is a noun for each `s`, `min`, `h` or `day`.

    >>> unit_factors("people")["person"], unit_factors("GB/s")["TB/s"]
    (1.0, 1000.0)
    """
    if unit in _BYTES:
        return _byte_factors(unit)
    if unit in _BYTE_RATES:
        factors = _byte_factors(unit.removesuffix("/s"))
        rates = {f"{name}/s": size for name, size in factors.items() if name.endswith("B")}
        return {
            "": 1.0,
            unit: 1.0,
            **rates,
            **{f"{name[:-2]}ps": size for name, size in rates.items()},
        }
    if unit in _FLOPS:
        ratios = {name: size / _FLOPS[unit] for name, size in _FLOPS.items()}
        spelled = {name.replace("FLOP/s", "FLOPS"): size for name, size in ratios.items()}
        return {
            "": 1.0,
            unit: 1.0,
            **ratios,
            **spelled,
            **{f"{n[:-1]}s": s for n, s in spelled.items()},
        }
    if unit in _SECONDS:
        return {
            "": 1.0,
            unit: 1.0,
            **{name: size / _SECONDS[unit] for name, size in _SECOND_NAMES.items()},
        }
    if unit == "USD":
        return _dollar_factors()
    if unit in _PERIODS:
        dollars = _dollar_factors()
        common = ("", "$", "USD", "dollars", "cents", "k", "K", "M", "million")
        per = {f"{name}{period}": dollars[name] for name in common for period in _PERIODS[unit]}
        return {**dollars, **per}
    if unit in _NAMES:
        return dict.fromkeys(_NAMES[unit], 1.0)
    if PLURAL.fullmatch(unit) and not _MEASURE.search(unit):
        names = ("", *_count_names(unit))
        factors = dict.fromkeys(names, 1.0)
        for prefix, size in {**_COUNTS, "thousand": 1e3}.items():
            factors.update({prefix + name: size for name in names})
        return factors
    raise ValueError(
        f"unit {unit!r} is not known; use one of {', '.join(UNITS)}, or a plural noun such as "
        "'questions' (also 'questions/s')"
    )


def _byte_factors(unit: str) -> dict[str, float]:
    power = _BYTES[unit]
    factors = {"": 1.0, unit: 1.0}
    for name, n in _BYTES.items():
        factors[name] = 1000.0 ** (n - power)
        if n:
            factors[f"{name[0].upper()}iB"] = 1024.0**n / 1000.0**power
            factors.setdefault(name.lower(), 1000.0 ** (n - power))
            factors.setdefault(name.upper(), 1000.0 ** (n - power))
            factors.setdefault(name[0].upper(), 1000.0 ** (n - power))
    return factors


def _dollar_factors() -> dict[str, float]:
    names = ("", "$", "USD", "usd", "dollars", "dollar")
    factors = {name: 1.0 for name in names}
    factors.update({name: 0.01 for name in ("¢", "c", "ct", "cent", "cents")})
    for prefix in ("k", "K", "M", "million"):
        factors.update({prefix + name: _COUNTS[prefix] for name in names[:-1]})
    return factors


def _count_names(unit: str) -> list[str]:
    """The names of a counted thing, plural and singular, or of its rate."""
    noun, _, period = unit.partition("/")
    nouns = dict.fromkeys((noun, singular(noun), noun.lower(), singular(noun).lower()))
    rates = (f"/{period}", f"per{_RATES[period]}") if period else ("",)
    return [*(name + rate for name in nouns for rate in rates), *_SHORT.get(unit, ())]


def singular(noun: str) -> str:
    """The singular of a plural noun, as the units need it.

    >>> [singular(noun) for noun in ("people", "queries", "boxes", "cases", "GPUs")]
    ['person', 'query', 'box', 'case', 'GPU']
    """
    if noun in _SINGULARS:
        return _SINGULARS[noun]
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith(("xes", "ches", "shes", "sses")) and noun != "caches":
        return noun[:-2]
    return noun.removesuffix("s")


# A measure has a unit above; as a noun its multiples would not be known.
_MEASURE = re.compile(r"bytes|bits|seconds|dollars|cents|percents|flops")
_BYTE_RATES = ("MB/s", "GB/s", "TB/s")
# A plural noun, or an acronym with an s, and what it may be counted for.
PLURAL = re.compile(r"(?:[a-z]{2,}s|[A-Z]{2,}s|people)(?:/(?:s|min|h|day))?")
UNITS = (*_BYTES, *_BYTE_RATES, *_FLOPS, *_SECONDS, "USD", *_PERIODS, *_NAMES)


def cleaned(text: str) -> str:
    """What was typed, with plain single spaces and a plain minus."""
    return _SPACES.sub(" ", text).strip(" ").replace("−", "-")


def parse_quantity(text: str, unit: str) -> float:
    """The number in `text`, in `unit`; `QuantityError` says kindly what cannot be read.

    >>> parse_quantity("$1,500", "USD"), parse_quantity("1.5e3", "tokens")
    (1500.0, 1500.0)
    >>> parse_quantity("41900 MB", "GB"), parse_quantity("2k tokens", "tokens")
    (41.9, 2000.0)
    >>> parse_quantity("12.8 times", "x"), parse_quantity("$2k a month", "USD/month")
    (12.8, 2000.0)
    """
    typed = cleaned(text)
    if not typed:
        raise QuantityError(NUMBER_WORDS["empty"])
    if len(typed) > MAX_LENGTH:
        raise QuantityError(NUMBER_WORDS["too_long"])
    sign, dollar, inner, whole, fraction, exponent, suffix = _NUMBER.fullmatch(typed).groups()
    if not (whole or fraction.strip(".")) or (sign and inner):
        raise QuantityError(NUMBER_WORDS["not_a_number"])
    if re.match(r",[0-9]", suffix):
        raise QuantityError(NUMBER_WORDS["decimal_comma"])
    factors = unit_factors(unit)
    suffix = suffix.replace(" ", "")
    if suffix not in factors or (dollar and (not unit.startswith("USD") or "$" in suffix)):
        given = suffix if suffix not in factors else "$"
        units = ", ".join([name for name in factors if name][:MOST_UNITS])
        raise QuantityError(NUMBER_WORDS["unit"].format(given=given, units=units))
    digits = re.sub("[, ']", "", whole) or "0"
    value = float(f"{sign or inner}{digits}{fraction}{exponent}") * factors[suffix]
    if not math.isfinite(value):
        raise QuantityError(NUMBER_WORDS["too_large"])
    return value


def number_text(value: float) -> str:
    """Three significant digits, thousands separated, no exponent in the usual range.

    Halves are rounded up, away from zero, as JavaScript does, so that both media agree.

    >>> [number_text(x) for x in (41.943, 335544.32, 0.0123, 2000, 1e-7, 2.125)]
    ['41.9', '335,544', '0.0123', '2,000', '1.00e-7', '2.13']
    """
    if value == 0:
        return "0"
    if not 0.001 <= abs(value) < 1e15:
        with localcontext(rounding=ROUND_HALF_UP):
            return f"{Decimal(value):.2e}"
    text = words.fixed(value, max(0, 2 - Decimal(value).adjusted()))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _dollars(value: float) -> str:
    """Whole cents from one dollar to a hundred; below and above, significant digits.

    >>> [_dollars(x) for x in (0.0225, 0.6, 22.5, 12, 8640)]
    ['$0.0225', '$0.60', '$22.50', '$12', '$8,640']
    """
    text = words.fixed(value, 2).removesuffix(".00") if 1 <= value < 100 else number_text(value)
    # Sixty cents are $0.60, and not $0.6.
    return f"${text}0" if text[:-1] == "0." else f"${text}"


def quantity_text(value: float, unit: str) -> str:
    """A number with its unit, as a sentence has it: `$12`, `41.9 GB`, `60%`, `12.8x`.

    >>> [quantity_text(x, u) for x, u in ((2000, "USD/month"), (1, "people"), (655, "requests/s"))]
    ['$2,000/month', '1 person', '655 requests/s']
    """
    if unit.startswith("USD"):
        money = f"-{_dollars(-value)}" if value < 0 else _dollars(value)
        return money + unit.removeprefix("USD")
    number = number_text(value)
    if unit in ("%", "x"):
        return number + unit
    if number == "1" and (unit == "points" or (unit not in UNITS and "/" not in unit)):
        return f"1 {singular(unit)}"
    return f"{number} {unit}"
