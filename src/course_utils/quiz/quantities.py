"""Numbers with a unit, as a learner types them and as a page shows them.

What a unit may be written as is a table (`unit_factors`), so that the browser
module reads the same table and the two cannot differ.
"""

from __future__ import annotations

import math
import re

MAX_LENGTH = 40

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
    "unit": "I do not know the unit “{given}” here. Leave it out, or use one of: {units}.",
}

_BYTES = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}
_COUNTS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "bn": 1e9, "million": 1e6}
_SECONDS = {"µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}

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

    The empty suffix is the unit itself. GiB and its kind are powers of two.
    """
    if unit in _BYTES:
        power = _BYTES[unit]
        factors = {"": 1.0}
        for name, n in _BYTES.items():
            factors[name] = 1000.0 ** (n - power)
            if n:
                factors[f"{name[0].upper()}iB"] = 1024.0**n / 1000.0**power
                factors.setdefault(name.lower(), 1000.0 ** (n - power))
                factors.setdefault(name.upper(), 1000.0 ** (n - power))
                factors.setdefault(name[0].upper(), 1000.0 ** (n - power))
        return factors
    if unit in _SECONDS:
        return {"": 1.0, **{name: size / _SECONDS[unit] for name, size in _SECONDS.items()}}
    if unit == "USD":
        names = ("", "$", "USD", "usd", "dollars", "dollar")
        factors = {name: 1.0 for name in names}
        factors.update({name: 0.01 for name in ("¢", "c", "ct", "cent", "cents")})
        for prefix in ("k", "K", "M"):
            factors.update({prefix + name: _COUNTS[prefix] for name in ("", "$", "USD")})
        return factors
    if unit == "%":
        return {name: 1.0 for name in ("", "%", "percent", "pct")}
    if unit == "tokens":
        names = ("", "token", "tokens", "tok")
        factors = {name: 1.0 for name in names}
        for prefix, size in _COUNTS.items():
            factors.update({prefix + name: size for name in names})
        return factors
    raise ValueError(f"unit {unit!r} is not known; use one of {', '.join(UNITS)}")


UNITS = (*_BYTES, *_SECONDS, "USD", "%", "tokens")


def parse_quantity(text: str, unit: str) -> float:
    """The number in `text`, in `unit`; `QuantityError` says kindly what cannot be read.

    >>> parse_quantity("$1,500", "USD"), parse_quantity("1.5e3", "tokens")
    (1500.0, 1500.0)
    >>> parse_quantity("41900 MB", "GB"), parse_quantity("2k tokens", "tokens")
    (41.9, 2000.0)
    """
    cleaned = _SPACES.sub(" ", text).strip(" ").replace("−", "-")
    if not cleaned:
        raise QuantityError(NUMBER_WORDS["empty"])
    if len(cleaned) > MAX_LENGTH:
        raise QuantityError(NUMBER_WORDS["too_long"])
    sign, dollar, inner, whole, fraction, exponent, suffix = _NUMBER.fullmatch(cleaned).groups()
    if not (whole or fraction.strip(".")) or (sign and inner):
        raise QuantityError(NUMBER_WORDS["not_a_number"])
    if re.match(r",[0-9]", suffix):
        raise QuantityError(NUMBER_WORDS["decimal_comma"])
    factors = unit_factors(unit)
    suffix = suffix.replace(" ", "")
    if suffix not in factors or (dollar and (unit != "USD" or "$" in suffix)):
        given = suffix if suffix not in factors else "$"
        units = ", ".join(name for name in factors if name)
        raise QuantityError(NUMBER_WORDS["unit"].format(given=given, units=units))
    digits = re.sub("[, ']", "", whole) or "0"
    value = float(f"{sign or inner}{digits}{fraction}{exponent}") * factors[suffix]
    if not math.isfinite(value):
        raise QuantityError(NUMBER_WORDS["too_large"])
    return value


def number_text(value: float) -> str:
    """Three significant digits, thousands separated, no exponent in the usual range.

    >>> [number_text(x) for x in (41.943, 335544.32, 0.0123, 2000, 1e-7)]
    ['41.9', '335,544', '0.0123', '2,000', '1.00e-07']
    """
    if value == 0:
        return "0"
    if abs(value) < 0.001:
        return f"{value:.2e}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _dollars(value: float) -> str:
    """Whole cents from one dollar to a hundred; below and above, significant digits.

    >>> [_dollars(x) for x in (0.0225, 22.5, 12, 8640)]
    ['$0.0225', '$22.50', '$12', '$8,640']
    """
    text = f"{value:.2f}".removesuffix(".00") if 1 <= value < 100 else number_text(value)
    return f"${text}"


def quantity_text(value: float, unit: str) -> str:
    """A number with its unit, as a sentence has it: `$12`, `41.9 GB`, `60%`."""
    if unit == "USD":
        return f"-{_dollars(-value)}" if value < 0 else _dollars(value)
    return f"{number_text(value)}%" if unit == "%" else f"{number_text(value)} {unit}"
