"""Time to first token and time per output token: a roofline fitted to measurements."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators.memory import (
    accelerator_count,
    batch_size,
    cached_token_layers,
    kv_cache_bytes,
    weight_bytes,
)
from course_utils.calculators.validate import Number, larger, one_of, tokens
from course_utils.catalog import Accelerator, Model

COMPUTE_SHARE = 0.60
BANDWIDTH_SHARE = 0.83
LAYER_S = 82e-6
ALL_REDUCE_S = 20e-6
STEP_S = 0.41e-3

COMPUTE_BITS = (4, 8, 16)


@dataclass(frozen=True)
class Latency:
    """Seconds by term, for a batch of equal requests that start together."""

    prefill_linear_s: Number
    prefill_attention_s: Number
    prefill_overhead_s: Number
    decode_linear_s: Number
    decode_attention_s: Number
    decode_overhead_s: Number
    output_tokens: Number

    @property
    def ttft_s(self) -> Number:
        """Time to first token."""
        return self.prefill_linear_s + self.prefill_attention_s + self.prefill_overhead_s

    @property
    def tpot_s(self) -> Number:
        """Time per output token: (end-to-end - TTFT) / (output tokens - 1)."""
        return self.decode_linear_s + self.decode_attention_s + self.decode_overhead_s

    @property
    def e2e_s(self) -> Number:
        """End to end: the first token, and each further one."""
        return self.ttft_s + (self.output_tokens - 1) * self.tpot_s


def peak_flops_per_s(accelerator: Accelerator, compute_bits: int) -> float:
    """Dense peak of one accelerator for this arithmetic, or the next wider one it has."""
    rates = {4: accelerator.fp4_tflops, 8: accelerator.fp8_tflops, 16: accelerator.bf16_tflops}
    return max(rate for bits, rate in rates.items() if bits >= compute_bits and rate) * 1e12


def latency(
    *,
    model: Model,
    accelerator: Accelerator,
    n_accelerators: int = 1,
    context_tokens: Number,
    output_tokens: Number,
    batch: Number = 1,
    weight_bits: float = 16,
    kv_bits: float = 16,
    compute_bits: int = 16,
) -> Latency:
    context = tokens("context_tokens", context_tokens)
    output = tokens("output_tokens", output_tokens)
    sequences = batch_size(batch)
    n = accelerator_count(n_accelerators)
    bits = one_of("compute_bits", compute_bits, COMPUTE_BITS, "bits")
    compute = n * peak_flops_per_s(accelerator, bits) * COMPUTE_SHARE
    bandwidth = n * accelerator.bandwidth_gb_per_s * 1e9 * BANDWIDTH_SHARE
    weights_s = weight_bytes(params=model.params_total, weight_bits=weight_bits) / bandwidth
    overhead = STEP_S + model.layers * (LAYER_S + (2 * ALL_REDUCE_S if n > 1 else 0.0))

    rows = sequences * context
    pairs = context * cached_token_layers(model, context)
    kv = kv_cache_bytes(model=model, context_tokens=context + output / 2, kv_bits=kv_bits)
    shape = rows + pairs  # one shape for every term, whichever argument is an array
    return Latency(
        prefill_linear_s=larger(2 * model.params_active * rows / compute, weights_s),
        prefill_attention_s=2 * sequences * model.attention_width * pairs / compute,
        prefill_overhead_s=overhead + 0 * shape,
        decode_linear_s=larger(2 * model.params_active * sequences / compute, weights_s)
        + 0 * shape,
        decode_attention_s=sequences * kv / bandwidth,
        decode_overhead_s=overhead + 0 * shape,
        output_tokens=output,
    )
