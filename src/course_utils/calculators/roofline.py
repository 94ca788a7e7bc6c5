"""Ideal figures: operations counted by hand, hardware at 100% of its data sheet.

Nothing here is a prediction. A real server takes longer (see `latency`), and every
name of a time says `ideal`.
"""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators.memory import batch_size
from course_utils.calculators.validate import Number, larger, number, positive, tokens


@dataclass(frozen=True)
class PrefillFlops:
    """Floating-point operations of a prefill, by term."""

    linear: Number
    attention: Number

    @property
    def total(self) -> Number:
        return self.linear + self.attention

    @property
    def attention_share(self) -> Number:
        return self.attention / self.total


def prefill_flops(
    *,
    params_active: Number,
    layers: Number,
    query_heads: Number,
    head_dim: Number,
    context_tokens: Number,
) -> PrefillFlops:
    """Operations to read a prompt: one part is linear in it, one is quadratic.

    Units: parameters that a token uses; counts (`layers` with full attention); tokens.

    Formula: 2 P T + 2 L N H T^2; the second term is causal attention, half of the
    unmasked 4 L N H T^2.

    Source: Austin et al. 2025, How to Scale Your Model: 12 B T^2 N H per layer for
    unmasked training, a third of it forward. For 70.6e9 parameters attention is 6.9%
    at 8,000 tokens and 54% at 128,000.

    >>> flops = prefill_flops(
    ...     params_active=70.6e9, layers=80, query_heads=64, head_dim=128, context_tokens=8000)
    >>> round(flops.attention_share, 3)
    0.069
    """
    params = positive("params_active", params_active, "parameters")
    width = _attention_width(layers, query_heads, head_dim)
    context = tokens("context_tokens", context_tokens)
    return PrefillFlops(linear=2 * params * context, attention=2 * width * context * context)


def attention_crossover_tokens(
    *, params_active: Number, layers: Number, query_heads: Number, head_dim: Number
) -> Number:
    """The context at which attention takes as many operations as everything else.

    Formula: T* = P / (L N H), from 2 P T = 2 L N H T^2. A ninth of it is where
    attention is a tenth of the work.

    Source: this course, for causal prefill. (How to Scale Your Model prints T > 8 D,
    for unmasked attention in training.)

    >>> int(attention_crossover_tokens(
    ...     params_active=8.03e9, layers=32, query_heads=32, head_dim=128))
    61264
    """
    params = positive("params_active", params_active, "parameters")
    return params / _attention_width(layers, query_heads, head_dim)


def _attention_width(layers: Number, query_heads: Number, head_dim: Number) -> Number:
    n_layers = positive("layers", layers, "layers")
    heads = positive("query_heads", query_heads, "heads")
    return n_layers * heads * positive("head_dim", head_dim, "numbers")


def ideal_prefill_s(*, flops: Number, flops_per_s: Number, compute_share: Number = 1.0) -> Number:
    """Ideal time to read a prompt: operations over the peak (or a share of it).

    Units: floating-point operations; operations per second over all accelerators.

    Formula: FLOPs / (share x peak).
    """
    work = number("flops", flops, "operations")
    peak = positive("flops_per_s", flops_per_s, "operations per second")
    used = number("compute_share", compute_share, "share", high=1, above=True)
    return work / (peak * used)


def ideal_step_s(
    *,
    weight_bytes: Number,
    kv_bytes_per_sequence: Number,
    batch: Number,
    params_active: Number,
    flops_per_s: Number,
    bytes_per_s: Number,
) -> Number:
    """Ideal time of one decode step, which gives each sequence one token.

    Units: bytes, parameters and rates over all accelerators together.

    Formula: B KV / BW + max(2 B P / FLOPs, W / BW). The cache is read per sequence;
    the weights are read once for all of them.

    Source: Austin et al. 2025, How to Scale Your Model, pop quiz: 30e9 parameters in
    int8 on 16 TPU v5e, 8,192 tokens of 100 kB, batch 4: 2.5 ms; batch 256: 21 ms.

    >>> step = ideal_step_s(weight_bytes=30e9, kv_bytes_per_sequence=8192 * 100e3, batch=4,
    ...     params_active=30e9, flops_per_s=16 * 1.97e14, bytes_per_s=16 * 8.1e11)
    >>> round(1000 * step, 2)
    2.57
    """
    weights = positive("weight_bytes", weight_bytes, "bytes")
    kv = number("kv_bytes_per_sequence", kv_bytes_per_sequence, "bytes")
    sequences = batch_size(batch)
    params = positive("params_active", params_active, "parameters")
    peak = positive("flops_per_s", flops_per_s, "operations per second")
    rate = positive("bytes_per_s", bytes_per_s, "bytes per second")
    return sequences * kv / rate + larger(2 * sequences * params / peak, weights / rate)


def usd_per_mtok_self_hosted(
    *, usd_per_hour: Number, tokens_per_s: Number, utilization: Number = 1.0
) -> Number:
    """What a million tokens cost on accelerators rented by the hour.

    Units: US dollars per hour for all accelerators; tokens per second at full load;
    share of the time in which there is load.

    Formula: 10^6 p / (3600 r u).

    Source: this course: at $20 an hour and 5,551 tokens a second, $1.00 when always full.

    >>> round(usd_per_mtok_self_hosted(usd_per_hour=20, tokens_per_s=5551), 2)
    1.0
    """
    price = number("usd_per_hour", usd_per_hour, "US dollars per hour", high=1e6)
    rate = positive("tokens_per_s", tokens_per_s, "tokens per second")
    busy = number("utilization", utilization, "share", high=1, above=True)
    return 1e6 * price / (3600 * rate * busy)
