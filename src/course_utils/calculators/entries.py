"""Catalogue entries as arguments: calculators take the entry itself or its id."""

from __future__ import annotations

from course_utils import catalog
from course_utils.catalog import Accelerator, Model


def as_model(value: str | Model) -> Model:
    """The model, or the one with this id; `ValueError` names ids that come near."""
    return value if isinstance(value, Model) else catalog.model(value)


def as_accelerator(value: str | Accelerator) -> Accelerator:
    """The accelerator, or the one with this id; `ValueError` names ids that come near."""
    return value if isinstance(value, Accelerator) else catalog.accelerator(value)
