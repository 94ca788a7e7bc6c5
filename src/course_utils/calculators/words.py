"""Numbers as one would say them: thousands separators, units, two or three digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext


def fixed(value: float, places: int) -> str:
    """A number with so many decimals: the one rounding rule of cards and quizzes.

    A half is rounded away from zero, as in school and in JavaScript; Python's own formats
    would make 11.2 of 11.25.

    >>> fixed(11.25, 1), fixed(2.5, 0), fixed(12345.6, 0)
    ('11.3', '3', '12,346')
    """
    with localcontext(rounding=ROUND_HALF_UP):
        return f"{Decimal(value):,.{places}f}"


def digits(value: float, significant: int = 3) -> str:
    """A number rounded to so many significant digits, never in scientific notation.

    >>> digits(107727.3), digits(11.25), digits(0.0098765)
    ('108,000', '11.3', '0.00988')
    """
    if value == 0:
        return "0"
    with localcontext(prec=significant, rounding=ROUND_HALF_UP):
        text = f"{+Decimal(value):,f}"
    # Zeros after the point go, those too that 9.996 gets as it rounds up to 10.0.
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float) -> str:
    """A whole number with separators.

    >>> count(12000.0)
    '12,000'
    """
    return fixed(value, 0)


def tokens(value: float) -> str:
    """Tokens, exactly.

    >>> tokens(8192), tokens(1)
    ('8,192 tokens', '1 token')
    """
    text = count(value)
    return f"{text} token" if text == "1" else f"{text} tokens"


def about_tokens(value: float) -> str:
    """Tokens to three digits, which says so where something was rounded away.

    >>> about_tokens(2000), about_tokens(46692)
    ('2,000 tokens', 'about 46,700 tokens')
    """
    if value < 1000 or digits(value) == count(value):
        return tokens(value)
    return f"about {digits(value)} tokens"


def seconds(value: float) -> str:
    """A duration in the unit in which one would say it.

    >>> seconds(0.00257), seconds(0.25), seconds(1.94), seconds(300)
    ('2.6 ms', '250 ms', '1.9 s', '5 min')
    """
    if value < 1e-3:
        return f"{digits(value * 1e6, 2)} µs"
    if value < 0.9995:
        return f"{digits(value * 1e3, 2 if value < 0.1 else 3)} ms"
    if value < 9.95:
        return f"{fixed(value, 1)} s".replace(".0 s", " s")
    if value < 119.5:
        return f"{fixed(value, 0)} s"
    if value < 7200:
        return f"{digits(value / 60, 2)} min"
    return f"{digits(value / 3600, 2)} h"


def dollars(value: float) -> str:
    """An amount of money: cents where there are cents, more digits for small amounts.

    >>> dollars(0.0105), dollars(0.5), dollars(12), dollars(4.5), dollars(29390.4)
    ('$0.0105', '$0.50', '$12', '$4.50', '$29,400')
    """
    if 0 < value < 1e-6:
        return "less than $0.000001"
    if value >= 99.995:
        return f"${digits(value)}"
    if value >= 1 and abs(value - round(value)) < 0.005:
        return f"${count(value)}"
    cents = round(100 * value)
    if value >= 1 or (cents and abs(100 * value - cents) < 0.005):
        return f"${fixed(value, 2)}"
    return f"${digits(value)}"


def gigabytes(value_bytes: float) -> str:
    """Bytes as GB (10^9).

    >>> gigabytes(41943040000)
    '41.9 GB'
    """
    return f"{digits(value_bytes / 1e9)} GB"


def percent(share: float) -> str:
    """A share as a percentage.

    >>> percent(0.069), percent(0.94), percent(0.9846)
    ('6.9%', '94%', '98%')
    """
    return f"{digits(share * 100, 2)}%"


def several(value: float, singular: str, plural: str) -> str:
    """A count with its noun.

    >>> several(1, "request", "requests"), several(1200, "request", "requests")
    ('1 request', '1,200 requests')
    """
    text = count(value)
    return f"{text} {singular if text == '1' else plural}"
