"""Catalog entries as arguments: calculators take the entry itself or its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model

# The catalog is imported where an entry is asked for: what an API costs needs none.


def as_model(value: str | Model) -> Model:
    """The model, or the one with this id; `ValueError` names ids that come near."""
    from course_utils import catalog

    return value if isinstance(value, catalog.Model) else catalog.model(value)


def as_accelerator(value: str | Accelerator) -> Accelerator:
    """The accelerator, or the one with this id; `ValueError` names ids that come near."""
    from course_utils import catalog

    return value if isinstance(value, catalog.Accelerator) else catalog.accelerator(value)
