"""A model on rented accelerators: what its requests may ask."""

from __future__ import annotations

import re

import pytest

from course_utils import catalog
from course_utils.calculators.box import Box, window_tokens

SHAPE = {
    "model": "llama-3.1-70b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "context_tokens": 8_000,
    "output_tokens": 400,
    "weight_bits": 16,
    "kv_bits": 8,
}


def test_names_become_entries_and_counts_whole():
    box = Box.of(**SHAPE)
    assert box.model is catalog.model("llama-3.1-70b")
    assert box.accelerator is catalog.accelerator("h100-sxm-80gb")
    assert (box.n_accelerators, box.context_tokens, box.output_tokens) == (8, 8_000, 400)
    assert (box.weight_bits, box.kv_bits) == (16, 8)
    assert isinstance(box.n_accelerators, int)


def test_the_context_and_the_answer_have_to_fit_the_window():
    model = catalog.model("llama-3.1-70b")
    assert window_tokens(model, 130_672, 400) == 130_672
    message = re.escape(
        "context_tokens = 130,673 and 400 tokens of answer are out of range: Llama 3.1 70B can "
        "read 131,072 tokens together"
    )
    with pytest.raises(ValueError, match=message):
        window_tokens(model, 130_673, 400)
    with pytest.raises(ValueError, match="Llama 3.1 70B can read"):
        Box.of(**{**SHAPE, "context_tokens": 131_000})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"context_tokens": 8_000.5}, "context_tokens = 8000.5 is not a whole number"),
        ({"output_tokens": 1.5}, "output_tokens = 1.5 is not a whole number"),
        ({"n_accelerators": 1.5}, "n_accelerators = 1.5 is not a whole number"),
        ({"model": "llama"}, "'llama'"),
        ({"accelerator": "h1"}, "'h1'"),
    ],
)
def test_what_no_server_can_be_is_refused(bad, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Box.of(**{**SHAPE, **bad})
