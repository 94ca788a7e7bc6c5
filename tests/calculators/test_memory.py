"""KV cache, weights, and what fits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators.memory import (
    kv_bytes_per_token,
    kv_cache_bytes,
    largest_batch,
    largest_context_tokens,
    mla_kv_bytes_per_token,
    usable_memory_bytes,
    weight_bytes,
)

model_ids = st.sampled_from(sorted(catalog.models()))


# Zhao et al. 2025, arXiv 2505.09343, table 1 (KB there is 1,000 bytes), and the shape of
# Llama-3.1-8B: 2 x 32 layers x 8 KV heads x 128 x 2 bytes.
@pytest.mark.parametrize(
    ("model_id", "published_bytes"),
    [
        ("llama-3.1-8b", 131_072),
        ("qwen2.5-72b", 327_680),
        ("llama-3.1-405b", 516_096),
        ("deepseek-v3", 70_272),
    ],
)
def test_published_bytes_per_token(model_id, published_bytes):
    assert kv_cache_bytes(model=model_id, context_tokens=1) == published_bytes


def test_formulas_with_plain_numbers_give_the_published_bytes():
    assert kv_bytes_per_token(layers=126, kv_heads=8, head_dim=128) == 516_096
    assert mla_kv_bytes_per_token(layers=61, kv_lora_rank=512, qk_rope_head_dim=64) == 70_272


# Austin et al. 2025, How to Scale Your Model, chapter on inference.
def test_llama_2_13b_at_8192_tokens_takes_6_7_gb():
    assert kv_cache_bytes(model="llama-2-13b", context_tokens=8192) == pytest.approx(
        6.71e9, rel=1e-3
    )


def test_a_guide_counted_query_heads_and_got_335_gb():
    right = kv_cache_bytes(model="llama-3.1-70b", context_tokens=128_000)
    assert right == pytest.approx(41.9e9, rel=2e-3)
    wrong = kv_bytes_per_token(layers=80, kv_heads=64, head_dim=128) * 128_000
    assert wrong == pytest.approx(335.5e9, rel=1e-3)
    assert wrong == 8 * right


def test_half_the_bits_are_half_the_bytes():
    full = kv_cache_bytes(model="llama-3.1-8b", context_tokens=1000)
    assert kv_cache_bytes(model="llama-3.1-8b", context_tokens=1000, kv_bits=8) == full / 2
    assert weight_bytes(params=8e9, weight_bits=4) == 4e9
    assert weight_bytes(params=8e9) == 16e9


def test_local_layers_keep_their_window_only():
    # Gemma 3 27B: 10 full layers, 52 with a window of 1,024; 2 x 16 heads x 128 x 2 bytes.
    per_layer = 2 * 16 * 128 * 2
    short = kv_cache_bytes(model="gemma-3-27b", context_tokens=1000)
    long = kv_cache_bytes(model="gemma-3-27b", context_tokens=100_000)
    assert short == 62 * 1000 * per_layer
    assert long == (10 * 100_000 + 52 * 1024) * per_layer


def test_layers_without_a_growing_cache_count_nothing():
    linear = dataclasses.replace(
        catalog.model("llama-3.1-8b"), full_attention_layers=8, sliding_window_tokens=None
    )
    full = kv_cache_bytes(model="llama-3.1-8b", context_tokens=5000)
    assert kv_cache_bytes(model=linear, context_tokens=5000) == full / 4


@given(st.integers(1, 200), st.integers(1, 16), st.integers(1, 16), st.integers(1, 256))
def test_grouped_queries_never_keep_more_than_all_heads(layers, kv_heads, group, head_dim):
    shape = {"layers": layers, "head_dim": head_dim}
    grouped = kv_bytes_per_token(kv_heads=kv_heads, **shape)
    assert grouped * group == kv_bytes_per_token(kv_heads=kv_heads * group, **shape)


# Clarification of the lesson: "one 80 GB card with fp8" holds 109 prompts (8B) or 5 (70B).
@pytest.mark.parametrize(("model_id", "prompts"), [("llama-3.1-8b", 109), ("llama-3.1-70b", 5)])
def test_how_many_prompts_of_10000_tokens_fit_on_80_gb(model_id, prompts):
    model = catalog.model(model_id)
    fitting = largest_batch(
        memory_bytes=80e9,
        weight_bytes=weight_bytes(params=model.params_total, weight_bits=8),
        kv_bytes_per_sequence=kv_cache_bytes(model=model, context_tokens=10_000, kv_bits=8),
    )
    assert fitting == prompts


def test_nothing_fits_beside_weights_that_do_not_fit():
    assert largest_batch(memory_bytes=1e9, weight_bytes=2e9, kv_bytes_per_sequence=1) == 0
    assert largest_context_tokens(model="llama-3.1-70b", memory_bytes=80e9, batch=1) == 0


@settings(max_examples=60)
@given(model_ids, st.integers(1, 256), st.sampled_from([4, 8, 16]), st.floats(1e9, 2e13))
def test_the_largest_context_fits_and_one_token_more_does_not(model_id, batch, kv_bits, free_bytes):
    model = catalog.model(model_id)
    memory = weight_bytes(params=model.params_total) + free_bytes
    longest = largest_context_tokens(model=model, memory_bytes=memory, batch=batch, kv_bits=kv_bits)
    per_layer = model.kv_elements_per_token_per_layer * kv_bits / 8

    def cache(tokens):  # counted layer by layer, and not with the function under test
        window = model.sliding_window_tokens or 0
        local = (model.layers - model.full_attention_layers) * min(tokens, window)
        return batch * per_layer * (model.full_attention_layers * tokens + local)

    assert cache(longest) <= free_bytes * (1 + 1e-9)
    assert cache(longest + 1) > free_bytes * (1 - 1e-9)


def test_usable_memory_leaves_a_tenth():
    assert usable_memory_bytes(memory_gb=80, n_accelerators=8) == pytest.approx(576e9)
    assert usable_memory_bytes(memory_gb=80, usable_memory_share=1) == 80e9


@settings(max_examples=40)
@given(model_ids, st.lists(st.floats(0, 1e6), min_size=1, max_size=5))
def test_an_array_gives_what_its_elements_give(model_id, contexts):
    whole = kv_cache_bytes(model=model_id, context_tokens=np.array(contexts))
    one_by_one = [kv_cache_bytes(model=model_id, context_tokens=c) for c in contexts]
    assert whole.tolist() == one_by_one


def test_largest_batch_takes_arrays():
    fitting = largest_batch(
        memory_bytes=10.0, weight_bytes=np.array([2.0, 20.0]), kv_bytes_per_sequence=3.0
    )
    assert fitting.tolist() == [2.0, 0.0]


CALLS = {
    kv_bytes_per_token: {"layers": 32, "kv_heads": 8, "head_dim": 128, "kv_bits": 16},
    mla_kv_bytes_per_token: {
        "layers": 61,
        "kv_lora_rank": 512,
        "qk_rope_head_dim": 64,
        "kv_bits": 16,
    },
    kv_cache_bytes: {"model": "llama-3.1-8b", "context_tokens": 1000, "kv_bits": 16},
    weight_bytes: {"params": 8e9, "weight_bits": 16},
    usable_memory_bytes: {"memory_gb": 80, "n_accelerators": 8, "usable_memory_share": 0.9},
    largest_batch: {"memory_bytes": 80e9, "weight_bytes": 16e9, "kv_bytes_per_sequence": 1e9},
    largest_context_tokens: {
        "model": "llama-3.1-8b",
        "memory_bytes": 80e9,
        "batch": 1,
        "weight_bits": 16,
        "kv_bits": 16,
    },
}


@pytest.mark.parametrize(
    ("function", "name"),
    [(f, name) for f, arguments in CALLS.items() for name in arguments],
    ids=lambda value: getattr(value, "__name__", value),
)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "many", True, None])
def test_every_argument_is_checked(function, name, value):
    good = CALLS[function]
    function(**good)
    with pytest.raises(ValueError, match=f"(^{name} |no {name} )"):
        function(**{**good, name: value})
