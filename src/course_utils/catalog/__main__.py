"""Says which prices of the catalog are old or have changed; exits with 1 if one is too old.

python -m course_utils.catalog [--as-of DATE] [--max-age-days 365]
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterable

from course_utils.catalog.entries import Price
from course_utils.catalog.load import prices
from course_utils.catalog.vendor import PACKAGE, differences, vendor_price


def listed_prices() -> list[Price]:
    """The prices that a vendor charges; a round figure of the course grows no older."""
    return [price for price in prices().values() if not price.illustration]


def age_days(price: Price, today: datetime.date) -> int:
    return (today - datetime.date.fromisoformat(price.as_of)).days


def changes(price: Price, today: datetime.date) -> list[str]:
    """How the price differs from the installed genai-prices, where the source names that."""
    package, _, vendor_id = price.source.rpartition(", ")
    if not package.startswith(f"{PACKAGE} "):
        return []
    try:
        return differences(price, vendor_price(vendor_id, on=today))
    except ValueError as error:
        return [str(error)]
    except ModuleNotFoundError:
        return [f"not compared, because {PACKAGE} is not installed"]


def report(
    entries: Iterable[Price], today: datetime.date, max_age_days: int
) -> tuple[list[str], bool]:
    """Lines to print, and whether a price is too old."""
    lines, stale = [], False
    for price in entries:
        age = age_days(price, today)
        old = age > max_age_days
        stale = stale or old
        state = f"older than {max_age_days} days" if old else "ok"
        lines.append(f"{price.id:<20} {price.as_of}  {age:>5} days  {state}")
        lines += [f"    {change}" for change in changes(price, today)]
    return lines, stale


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.catalog", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--as-of",
        type=datetime.date.fromisoformat,
        default=datetime.date.today(),
        metavar="DATE",
        help="judge as on this day, like 2026-11-09 (default: today)",
    )
    parser.add_argument("--max-age-days", type=int, default=365, metavar="DAYS")
    options = parser.parse_args(arguments)
    lines, stale = report(listed_prices(), options.as_of, options.max_age_days)
    print("\n".join(lines))
    if stale:
        print(
            "Renew src/course_utils/catalog/data/prices.csv from the price lists of the vendors.",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
