"""Prices of any other model, from the data inside the package genai-prices.

The package is imported when a price is asked for, and nothing is fetched. Its rates are
read once; costs are computed with the formulas of this course, which also take arrays.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from math import isclose
from typing import Any

from course_utils.catalog.entries import Price, Rates, Tier
from course_utils.catalog.load import prices

PACKAGE = "genai-prices"
# The package's names for the four rates, in the order of `Rates`.
RATE_KEYS = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
# A cache that lives longer than five minutes costs another fee, which `Price` does not hold.
OTHER_TOKEN_KEYS = ("cache_write_1h_mtok",)
BATCH = {"processing": "batch"}
# Shares of rounded prices are equal when they agree to so much.
DISCOUNT_TOLERANCE = 1e-3


def vendor_price(id: str, *, on: str | datetime.date | None = None) -> Price:
    """The price of `VENDOR/MODEL` that holds on a date: input, cache, output, batch, tiers.

    The date is one like `2026-11-09`; left out, it is the newest of the catalog's own
    prices, so that both compare and nothing depends on today. Where the price changes with
    the hour, it is that of the hours that are not named. Raises `ValueError` for an id that
    is unknown (with ids that come near) or not priced by the token.
    """
    day = _day(on)
    known = _models()
    if not isinstance(id, str) or id not in known:
        raise ValueError(f"no price {id!r} in {_release()}; {_hint(id, known)}")
    return _price(id, day)


def snapshot_date() -> datetime.date:
    """The day of the newest price among the catalog's own."""
    return max(datetime.date.fromisoformat(price.as_of) for price in prices().values())


def _day(on: str | datetime.date | None) -> datetime.date:
    if on is None:
        return snapshot_date()
    if isinstance(on, datetime.datetime):
        return on.date()
    if isinstance(on, datetime.date):
        return on
    try:
        return datetime.date.fromisoformat(on)
    except (TypeError, ValueError):
        raise ValueError(f"on = {on!r} is no date: give one like 2026-11-09") from None


def _hint(id: Any, known: Mapping[str, Any]) -> str:
    if not isinstance(id, str):
        return "an id is a text VENDOR/MODEL"
    near = [each for each in known if each.partition("/")[2] == id][:3]
    near = near or difflib.get_close_matches(id, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {', '.join(near)}?"
    vendors = dict.fromkeys(each.partition("/")[0] for each in known)
    return f"an id is VENDOR/MODEL, with one of the vendors {', '.join(vendors)}"


def _release() -> str:
    return f"{PACKAGE} {version(PACKAGE)}"


@cache
def _models() -> dict[str, tuple[Any, Any]]:
    """The package's provider and model for each `VENDOR/MODEL`."""
    try:
        from genai_prices.data import providers
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"prices of other models are in the package {PACKAGE}: pip install {PACKAGE}"
        ) from error
    return {
        f"{vendor.id}/{each.id}": (vendor, each) for vendor in providers for each in vendor.models
    }


@cache
def _price(id: str, day: datetime.date) -> Price:
    vendor, model = _models()[id]
    listed = _in_force(model, day)
    _check_units(id, listed)
    standard = [_rates(listed, tokens) for tokens in (0, *_limits(listed))]
    tiers = tuple(map(Tier, _limits(listed), standard[1:]))
    batch = _batch(model, day)
    flat = tiers[0].above_tokens if tiers else model.context_window
    base = standard[0]
    return Price(
        id=id,
        name=model.name or model.id,
        vendor=vendor.name,
        input_usd_per_mtok=base.input_usd_per_mtok,
        cached_input_usd_per_mtok=base.cached_input_usd_per_mtok,
        cache_write_usd_per_mtok=base.cache_write_usd_per_mtok,
        output_usd_per_mtok=base.output_usd_per_mtok,
        batch_discount=_discount(base, listed, batch),
        tiers=tiers,
        context_window_tokens=model.context_window,
        flat_up_to_tokens=flat,
        illustration=False,
        as_of=day.isoformat(),
        source=f"{_release()}, {id}",
        note=_note(model, listed),
    )


def _in_force(model: Any, day: datetime.date) -> Any:
    """The standard prices of a day: the last that has begun; those of an hour do not count."""
    from genai_prices.types import ModelPrice

    if isinstance(model.prices, ModelPrice):
        return model.prices
    begun = [each.prices for each in model.prices if _has_begun(each.constraint, day)]
    return begun[-1] if begun else model.prices[0].prices


def _has_begun(constraint: Any, day: datetime.date) -> bool:
    start = getattr(constraint, "start_date", None)
    return constraint is None or (start is not None and start <= day)


def _batch(model: Any, day: datetime.date) -> Any:
    """What a batch overrides on this day, or None."""
    for variant in model.price_variants or ():
        if variant.when == BATCH and _has_begun(variant.constraint, day):
            return variant.prices
    return None


def _priced(listed: Any) -> dict[str, Any]:
    return {key: value for key, value in vars(listed).items() if value is not None}


def _check_units(id: str, listed: Any) -> None:
    keys = _priced(listed)
    other_output = [key for key in keys if key.startswith("output_") and key not in RATE_KEYS]
    if "input_mtok" not in keys or (other_output and "output_mtok" not in keys):
        raise ValueError(
            f"{id} is not priced by the token of text: its price has {', '.join(keys) or 'nothing'}"
        )


def _limits(listed: Any) -> list[int]:
    """The context sizes above which any of the four rates changes."""
    tiered = (getattr(listed, key) for key in RATE_KEYS)
    return sorted({tier.start for rate in tiered for tier in getattr(rate, "tiers", ())})


def _rate(listed: Any, key: str, above_tokens: int) -> float | None:
    """One rate for contexts just above so many tokens (0: the lowest tier)."""
    rate = getattr(listed, key)
    if rate is None:
        return None
    if not hasattr(rate, "tiers"):
        return float(rate)
    reached = [tier.price for tier in rate.tiers if tier.start <= above_tokens]
    return float(reached[-1] if reached and above_tokens else rate.base)


def _rates(listed: Any, above_tokens: int) -> Rates:
    fresh, cached, write, output = (_rate(listed, key, above_tokens) for key in RATE_KEYS)
    return Rates(
        input_usd_per_mtok=fresh,
        cached_input_usd_per_mtok=fresh if cached is None else cached,
        cache_write_usd_per_mtok=fresh if write is None else write,
        output_usd_per_mtok=0.0 if output is None else output,
    )


def _discount(base: Rates, listed: Any, batch: Any) -> float | None:
    """The share that a batch saves on input and output, where it is one share for both."""
    if batch is None or not base.input_usd_per_mtok:
        return None
    pairs = [(_rate(batch, key, 0), _rate(listed, key, 0)) for key in ("input_mtok", "output_mtok")]
    shares = [1 - (now or 0.0) / full for now, full in pairs if full]
    if any(now is None for now, full in pairs if full):
        return None
    same = all(isclose(share, shares[0], abs_tol=DISCOUNT_TOLERANCE) for share in shares)
    return round(shares[0], 6) if same else None


def _note(model: Any, listed: Any) -> str:
    left_out = [key for key in _priced(listed) if key not in (*RATE_KEYS, *OTHER_TOKEN_KEYS)]
    parts = [f"not included: {', '.join(left_out)}"] if left_out else []
    hours = not hasattr(model.prices, "input_mtok") and any(
        hasattr(each.constraint, "start_time") for each in model.prices
    )
    parts += ["other prices at some hours of the day"] if hours else []
    return "; ".join(parts + ([model.price_comments] if model.price_comments else []))


def differences(ours: Price, theirs: Price) -> list[str]:
    """What changed between two prices of one model, in words."""
    rates = [field.name for field in fields(Rates)]
    names = [*rates, "batch_discount", "context_window_tokens", "flat_up_to_tokens"]
    found = [
        f"{name} {getattr(ours, name)} is now {getattr(theirs, name)}"
        for name in names
        if getattr(ours, name) != getattr(theirs, name)
    ]
    # Where the first tier starts is already said.
    if [t.rates for t in ours.tiers] != [t.rates for t in theirs.tiers]:
        found.append("the prices of longer contexts changed")
    return found
