"""Entries and ids are the same to a calculator."""

from __future__ import annotations

import dataclasses

import pytest

from course_utils import catalog
from course_utils.calculators.entries import as_accelerator, as_model


def test_an_id_gives_the_entry_of_the_catalog():
    assert as_model("llama-3.1-8b") is catalog.model("llama-3.1-8b")
    assert as_accelerator("h100-sxm-80gb") is catalog.accelerator("h100-sxm-80gb")


def test_an_entry_is_given_back_as_it_is():
    model = dataclasses.replace(catalog.model("llama-3.1-8b"), id="mine", layers=16)
    assert as_model(model) is model
    accelerator = dataclasses.replace(catalog.accelerator("l4"), id="mine", memory_gb=32.0)
    assert as_accelerator(accelerator) is accelerator


@pytest.mark.parametrize("value", ["no-such-thing", None, 8, 3.5, [], {}])
def test_anything_else_is_named(value):
    with pytest.raises(ValueError, match="^no model .* in the catalog; "):
        as_model(value)
    with pytest.raises(ValueError, match="^no accelerator .* in the catalog; "):
        as_accelerator(value)


def test_a_model_is_no_accelerator():
    with pytest.raises(ValueError, match="no accelerator"):
        as_accelerator(catalog.model("llama-3.1-8b"))
    with pytest.raises(ValueError, match="no model"):
        as_model(catalog.accelerator("l4"))
