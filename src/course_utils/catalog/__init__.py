"""Models, accelerators and prices: data files in which each row names its source.

`models()`, `accelerators()` and `prices()` give all of a kind by id;
`model(id)`, `accelerator(id)` and `price(id)` give one, and an unknown id raises
`ValueError` with the ids that come near. Prices are a dated snapshot (`as_of`),
taken from the data of the package genai-prices; `as_of` is the day of the newest
price in the release that the row names. For any other model, `price("VENDOR/MODEL")`
and `vendor_price("VENDOR/MODEL", on="2026-10-01")` read that package. Nothing depends
on today's date but the command `python -m course_utils.catalog`, which says which
prices of the snapshot are old.

>>> model("llama-3.1-8b").kv_heads
8
>>> accelerator("h100-sxm-80gb").bandwidth_gb_per_s
3350.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_utils.catalog.entries import Accelerator, Model, Price, Rates, Tier
from course_utils.catalog.load import accelerators, data_digest, find, models, prices

__all__ = [
    "Accelerator",
    "Model",
    "Price",
    "Rates",
    "Tier",
    "accelerator",
    "accelerators",
    "data_digest",
    "model",
    "models",
    "price",
    "prices",
    "vendor_price",
]

if TYPE_CHECKING:
    from datetime import date


def model(id: str) -> Model:
    """The open model with this id."""
    return find("model", id, models())


def accelerator(id: str) -> Accelerator:
    """The accelerator with this id."""
    return find("accelerator", id, accelerators())


def price(id: str) -> Price:
    """The snapshot's price with this id, or for a `VENDOR/MODEL` that of `vendor_price`."""
    if isinstance(id, str) and "/" in id:
        return vendor_price(id)
    return find("price", id, prices())


def vendor_price(id: str, *, on: str | date | None = None) -> Price:
    """The price of `VENDOR/MODEL` from the package genai-prices.

    The date `on` is one like `2026-11-09`; left out, it is the newest of the snapshot.

    >>> price = vendor_price("openai/gpt-5.2")
    >>> price.input_usd_per_mtok, price.cached_input_usd_per_mtok, price.output_usd_per_mtok
    (1.75, 0.175, 14.0)
    """
    # Imported here, because the rest of the catalog needs the standard library alone.
    from course_utils.catalog import vendor

    return vendor.vendor_price(id, on=on)
