"""What fits on the accelerators: weights and the KV cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_utils.calculators.entries import as_model
from course_utils.calculators.validate import (
    MAX_TOKENS,
    Number,
    floor,
    number,
    one_of,
    positive,
    smaller,
)

if TYPE_CHECKING:
    from course_utils.catalog import Model

# What a row of four-bit numbers really takes: a scale is stored for each small block.
WEIGHT_BITS = (4, 4.25, 4.5, 8, 16, 32)
KV_BITS = (4, 8, 16)

MAX_BATCH = 100_000
MAX_ACCELERATORS = 1024

# An inference server keeps this share of the memory for activations and for itself
# (the default `gpu_memory_utilization` of vLLM is 0.9).
USABLE_MEMORY_SHARE = 0.9


def batch_size(value: Number, *, whole: bool = False) -> Number:
    """Sequences that run at the same time; averages may be fractions."""
    return number("batch", value, "sequences", low=1, high=MAX_BATCH, whole=whole)


def accelerator_count(value: Number) -> Number:
    """Accelerators that hold one copy of the model together."""
    return number("n_accelerators", value, "accelerators", low=1, high=MAX_ACCELERATORS, whole=True)


def kv_bytes_per_token(
    *, layers: Number, kv_heads: Number, head_dim: Number, kv_bits: float = 16
) -> Number:
    """Bytes that one token adds to the KV cache, with full attention in all layers.

    Units: counts; bits per cached number. Use the number of *key-value* heads and the
    head dimension of the model's configuration (not hidden size / heads).

    Formula: 2 L K H b, a key and a value for each layer and KV head.

    Source: Austin et al. 2025, How to Scale Your Model, chapter on inference. Published:
    327,680 bytes for Qwen2.5-72B and 516,096 for Llama-3.1-405B (Zhao et al. 2025,
    arXiv 2505.09343, table 1).

    >>> kv_bytes_per_token(layers=80, kv_heads=8, head_dim=128)
    327680.0
    """
    n_layers = positive("layers", layers, "layers")
    heads = positive("kv_heads", kv_heads, "heads")
    dim = positive("head_dim", head_dim, "numbers")
    return 2 * n_layers * heads * dim * one_of("kv_bits", kv_bits, KV_BITS, "bits") / 8


def mla_kv_bytes_per_token(
    *, layers: Number, kv_lora_rank: Number, qk_rope_head_dim: Number, kv_bits: float = 16
) -> Number:
    """Bytes that one token adds to the cache of multi-head latent attention.

    Units: counts; bits per cached number.

    Formula: L (d_c + d_r) b, one compressed vector and one rotary key per layer.

    Source: Zhao et al. 2025, arXiv 2505.09343, table 1: 70,272 bytes for DeepSeek-V3.

    >>> mla_kv_bytes_per_token(layers=61, kv_lora_rank=512, qk_rope_head_dim=64)
    70272.0
    """
    n_layers = positive("layers", layers, "layers")
    rank = positive("kv_lora_rank", kv_lora_rank, "numbers")
    rope = positive("qk_rope_head_dim", qk_rope_head_dim, "numbers")
    return n_layers * (rank + rope) * one_of("kv_bits", kv_bits, KV_BITS, "bits") / 8


def cached_token_layers(model: Model, context_tokens: Number) -> Number:
    """Cached tokens summed over layers: a sliding-window layer keeps its window only."""
    full = model.full_attention_layers * context_tokens
    if model.sliding_window_tokens is None:
        return full
    local = model.layers - model.full_attention_layers
    return full + local * smaller(context_tokens, float(model.sliding_window_tokens))


def kv_cache_bytes(*, model: str | Model, context_tokens: Number, kv_bits: float = 16) -> Number:
    """Bytes of KV cache that one sequence of this length holds.

    Units: tokens; bits per cached number. Knows grouped-query, latent and
    sliding-window attention from the shape of the model.

    Formula: `kv_bytes_per_token` times the tokens, layer by layer.

    Source: Austin et al. 2025: Llama-2-13B at 8,192 tokens takes 6.7 GB.

    >>> round(kv_cache_bytes(model="llama-2-13b", context_tokens=8192) / 1e9, 2)
    6.71
    """
    model = as_model(model)
    # Prompt and output together may be twice what each may be.
    context = number("context_tokens", context_tokens, "tokens", high=2 * MAX_TOKENS)
    bits = one_of("kv_bits", kv_bits, KV_BITS, "bits")
    per_layer = model.kv_elements_per_token_per_layer * bits / 8
    return per_layer * cached_token_layers(model, context)


def weight_bytes(*, params: Number, weight_bits: float = 16) -> Number:
    """Bytes of the weights: every parameter, whether a token uses it or not.

    >>> weight_bytes(params=70.6e9)
    141200000000.0
    """
    n = positive("params", params, "parameters")
    return n * one_of("weight_bits", weight_bits, WEIGHT_BITS, "bits") / 8


def usable_memory_bytes(
    *,
    memory_gb: Number,
    n_accelerators: Number = 1,
    usable_memory_share: Number = USABLE_MEMORY_SHARE,
) -> Number:
    """Memory left for weights and KV cache, over all accelerators.

    Units: GB (10^9 bytes) of one accelerator, as its data sheet says.
    """
    gb = positive("memory_gb", memory_gb, "GB")
    n = accelerator_count(n_accelerators)
    usable = number("usable_memory_share", usable_memory_share, "share", high=1, above=True)
    return gb * 1e9 * n * usable


def largest_batch(
    *, memory_bytes: Number, weight_bytes: Number, kv_bytes_per_sequence: Number
) -> Number:
    """How many sequences fit beside the weights; 0 where not even the weights fit.

    Units: bytes over all accelerators together.

    Formula: floor((memory - weights) / cache of one sequence).

    >>> largest_batch(memory_bytes=80e9, weight_bytes=8.03e9, kv_bytes_per_sequence=65536 * 10000)
    109.0
    """
    memory = positive("memory_bytes", memory_bytes, "bytes")
    weights = number("weight_bytes", weight_bytes, "bytes")
    kv = positive("kv_bytes_per_sequence", kv_bytes_per_sequence, "bytes")
    free = memory - weights
    # (free + |free|) / 2 is max(free, 0) for floats and arrays alike.
    return floor((free + abs(free)) / 2 / kv)


def largest_context_tokens(
    *,
    model: str | Model,
    memory_bytes: float,
    batch: float,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> float:
    """The longest sequence (prompt and output) that fits `batch` times beside the weights.

    Units: bytes over all accelerators together; 0 where the weights alone are too large,
    infinite where no layer keeps a growing cache.

    Source: the KV cache formulas of this module, solved for the tokens. This course: one
    80 GB card holds 109 prompts of 10,000 tokens for Llama-3.1-8B in eight bits.

    >>> largest_context_tokens(model="llama-3.1-8b", memory_bytes=80e9, batch=109,
    ...     weight_bits=8, kv_bits=8)
    10075.0
    """
    model = as_model(model)
    memory = positive("memory_bytes", memory_bytes, "bytes")
    sequences = batch_size(batch)
    weights = weight_bytes(params=model.params_total, weight_bits=weight_bits)
    bits = one_of("kv_bits", kv_bits, KV_BITS, "bits")
    per_layer = model.kv_elements_per_token_per_layer * bits / 8
    token_layers = (memory - weights) / sequences / per_layer
    if token_layers <= 0:
        return 0.0
    # Below the window every layer grows; above it only the full layers do.
    window = model.sliding_window_tokens
    growing = model.full_attention_layers if window is None else model.layers
    if window is not None and token_layers > growing * window:
        token_layers -= (model.layers - model.full_attention_layers) * window
        growing = model.full_attention_layers
    return token_layers // growing if growing else float("inf")
