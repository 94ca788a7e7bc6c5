"""Models, accelerators and prices: data files in which each row names its source.

`models()`, `accelerators()` and `prices()` give all of a kind by id;
`model(id)`, `accelerator(id)` and `price(id)` give one, and an unknown id raises
`ValueError` with the ids that come near. Prices are a dated snapshot (`as_of`),
taken from the data of the package genai-prices; `as_of` is the day of the newest
price in the release that the row names.

>>> model("llama-3.1-8b").kv_heads
8
>>> accelerator("h100-sxm-80gb").bandwidth_gb_per_s
3350.0
"""

from __future__ import annotations

from course_utils.catalog.entries import Accelerator, Model, Price
from course_utils.catalog.load import accelerators, find, models, prices

__all__ = [
    "Accelerator",
    "Model",
    "Price",
    "accelerator",
    "accelerators",
    "model",
    "models",
    "price",
    "prices",
]


def model(id: str) -> Model:
    """The open model with this id."""
    return find("model", id, models())


def accelerator(id: str) -> Accelerator:
    """The accelerator with this id."""
    return find("accelerator", id, accelerators())


def price(id: str) -> Price:
    """The price list entry with this id."""
    return find("price", id, prices())
