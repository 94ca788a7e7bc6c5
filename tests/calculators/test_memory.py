"""KV cache, weights, and what fits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators.memory import (
    accelerator_count,
    batch_size,
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


# What the message says would be right, for each argument.
WANTED = {
    kv_bytes_per_token: {
        "layers": "above 0 (layers)",
        "kv_heads": "above 0 (heads)",
        "head_dim": "above 0 (numbers)",
    },
    mla_kv_bytes_per_token: {
        "layers": "above 0 (layers)",
        "kv_lora_rank": "above 0 (numbers)",
        "qk_rope_head_dim": "above 0 (numbers)",
    },
    kv_cache_bytes: {"context_tokens": "from 0 to 20,000,000 (tokens)"},
    weight_bytes: {"params": "above 0 (parameters)"},
    usable_memory_bytes: {
        "memory_gb": "above 0 (GB)",
        "usable_memory_share": "above 0 and up to 1 (share)",
    },
    largest_batch: {
        "memory_bytes": "above 0 (bytes)",
        "weight_bytes": "of at least 0 (bytes)",
        "kv_bytes_per_sequence": "above 0 (bytes)",
    },
    largest_context_tokens: {
        "memory_bytes": "above 0 (bytes)",
        "batch": "from 1 to 100,000 (sequences)",
    },
}


@pytest.mark.parametrize(
    ("function", "name", "wanted"),
    [(f, name, wanted) for f, names in WANTED.items() for name, wanted in names.items()],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_message_names_argument_unit_and_range(function, name, wanted):
    with pytest.raises(ValueError, match="is out of range") as error:
        function(**{**CALLS[function], name: -2})
    assert str(error.value) == f"{name} = -2 is out of range: give a number {wanted}"


@pytest.mark.parametrize(
    ("function", "name", "bits"),
    [
        (kv_bytes_per_token, "kv_bits", "4, 8, 16"),
        (mla_kv_bytes_per_token, "kv_bits", "4, 8, 16"),
        (kv_cache_bytes, "kv_bits", "4, 8, 16"),
        (largest_context_tokens, "kv_bits", "4, 8, 16"),
        (weight_bytes, "weight_bits", "4, 4.25, 4.5, 8, 16, 32"),
    ],
)
def test_bits_that_no_format_has_are_refused_with_those_there_are(function, name, bits):
    with pytest.raises(ValueError, match=name) as error:
        function(**{**CALLS[function], name: 5})
    assert str(error.value) == f"{name} = 5: give one of {bits} bits"


def test_a_share_of_the_memory_is_above_zero_and_at_most_one():
    for value in (0, 1.01):
        with pytest.raises(ValueError, match="usable_memory_share"):
            usable_memory_bytes(memory_gb=80, usable_memory_share=value)


def test_a_prompt_and_its_output_may_be_twice_as_long_as_either():
    assert kv_cache_bytes(model="llama-3.1-8b", context_tokens=20_000_000) == 131_072 * 20_000_000
    assert kv_cache_bytes(model="llama-3.1-8b", context_tokens=0) == 0
    with pytest.raises(ValueError, match="20,000,001 is out of range"):
        kv_cache_bytes(model="llama-3.1-8b", context_tokens=20_000_001)


def test_a_batch_may_be_an_average_where_whole_sequences_are_not_asked_for():
    assert batch_size(1) == 1
    assert batch_size(1.5) == 1.5
    assert batch_size(100_000) == 100_000
    assert batch_size(2, whole=True) == 2
    for value, whole, said in (
        (0.5, False, "= 0.5 is out of range: give a number"),
        (100_001, False, "= 100,001 is out of range: give a number"),
        (1.5, True, "= 1.5 is not a whole number: give a whole number"),
    ):
        with pytest.raises(ValueError, match="^batch ") as error:
            batch_size(value, whole=whole)
        assert str(error.value) == f"batch {said} from 1 to 100,000 (sequences)"


def test_accelerators_are_whole():
    assert accelerator_count(1) == 1
    assert accelerator_count(1024) == 1024
    for value, said in (
        (0, "= 0 is out of range"),
        (0.5, "= 0.5 is out of range"),
        (1025, "= 1,025 is out of range"),
        (1.5, "= 1.5 is not a whole number"),
    ):
        with pytest.raises(ValueError, match="^n_accelerators ") as error:
            accelerator_count(value)
        assert str(error.value) == (
            f"n_accelerators {said}: give a whole number from 1 to 1,024 (accelerators)"
        )


def test_the_largest_context_is_a_whole_number_of_tokens():
    model = catalog.model("llama-3.1-8b")
    weights = weight_bytes(params=model.params_total)
    for tokens, expected in ((100.5, 100), (1, 1), (0.5, 0)):
        memory = weights + 131_072 * tokens
        assert largest_context_tokens(model=model, memory_bytes=memory, batch=1) == expected
    assert largest_context_tokens(model=model, memory_bytes=weights, batch=1) == 0
    one_layer = dataclasses.replace(model, layers=1, full_attention_layers=1)
    assert largest_context_tokens(model=one_layer, memory_bytes=weights + 4096, batch=1) == 1


def test_a_model_whose_cache_does_not_grow_has_no_largest_context():
    linear = dataclasses.replace(
        catalog.model("llama-3.1-8b"), full_attention_layers=0, sliding_window_tokens=None
    )
    assert largest_context_tokens(model=linear, memory_bytes=80e9, batch=1) == float("inf")
    full = weight_bytes(params=linear.params_total)
    assert largest_context_tokens(model=linear, memory_bytes=full, batch=1) == 0
    windows = dataclasses.replace(linear, sliding_window_tokens=1024)
    assert largest_context_tokens(model=windows, memory_bytes=80e9, batch=1) == float("inf")
    # 32 layers with 1,000 tokens each, below their window.
    memory = weight_bytes(params=linear.params_total) + 1000 * 131_072
    assert largest_context_tokens(model=windows, memory_bytes=memory, batch=1) == 1000


def test_some_layers_without_a_growing_cache_leave_room_for_a_longer_context():
    linear = dataclasses.replace(
        catalog.model("llama-3.1-8b"), full_attention_layers=8, sliding_window_tokens=None
    )
    memory = weight_bytes(params=linear.params_total) + 1000 * 131_072
    assert largest_context_tokens(model=linear, memory_bytes=memory, batch=1) == 4000
