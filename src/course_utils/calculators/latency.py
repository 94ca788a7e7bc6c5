"""Time to first token and time per output token: a roofline fitted to measurements.

A forward pass takes the longer of its arithmetic and of reading the weights, plus
attention, plus what does not shrink with the hardware: launching each layer, the
exchange between accelerators, and handling each sequence. Nine constants hold for every
model, accelerator and inference server; none is a table. `accuracy` says how far the
result is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_utils.calculators.entries import as_accelerator, as_model
from course_utils.calculators.memory import (
    WEIGHT_BITS,
    accelerator_count,
    batch_size,
    cached_token_layers,
    kv_cache_bytes,
)
from course_utils.calculators.validate import Number, larger, one_of, tokens

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model

# Fitted to the measurements that `accuracy` names, then moved to hold also where these have
# no rows: models below 7e9 parameters, four-bit weights, long contexts, cards on PCIe
# (`benchmarks/README.md`). They are those of a server such as vLLM; more of a step compiled,
# as in TensorRT-LLM or an engine for one user, saves up to 2 ms of it.

# Shares of the data sheet's peak that matrix products and memory reads sustain.
COMPUTE_SHARE = 0.66
BANDWIDTH_SHARE = 0.85
# Share of a link's bandwidth, in one direction, that an all-reduce sustains.
LINK_SHARE = 0.65

# Seconds that do not shrink with faster arithmetic.
STEP_S = 2.5e-3  # a forward pass: the server schedules it and copies the sampled tokens back
LAYER_S = 27e-6  # a layer: launching its kernels and their short tails
EXPERT_LAYER_S = 38e-6  # a layer with experts, on top: routing and sorting tokens
SEQUENCE_S = 49e-6  # a sequence in a pass: sampling, detokenizing, bookkeeping
ALL_REDUCE_S = 6e-6  # an exchange between accelerators, two in each layer
PCIE_ALL_REDUCE_S = 40e-6  # the same without a direct link: over PCIe, through the host

# PCIe 4.0 x16, both directions, for accelerators whose data sheet names no link; what is
# no faster than PCIe 5.0 x16 is no direct link either.
PCIE_GB_PER_S = 64.0
FASTEST_PCIE_GB_PER_S = 128.0

# The output layer (and the embedding) stay this wide where other weights are narrower:
# the files of GPTQ, AWQ and FP8 models keep it so, because its errors show most.
OUTPUT_LAYER_BYTES = 2.0

# Prefill attention speeds up with the prompt, as its tiles fill: share of peak
# 0.6 T / (T + 2,500), which is 0.17 at 1,000 tokens, 0.27 at 2,000 and 0.5 at 12,000.
# Not fitted here: chosen to follow 0.16, 0.28 and 0.5 (at 8,000 to 16,000 tokens), reported
# for an H100. Single requests of 60,000 to 129,000 tokens on A100 and H20 take a median of 1.1
# to 1.2 times as long as predicted, which is no more than short ones do.
ATTENTION_SHARE = 0.60
ATTENTION_HALF_TOKENS = 2500.0

COMPUTE_BITS = (4, 8, 16)


@dataclass(frozen=True)
class Latency:
    """Seconds by term, for a batch of equal requests that start together.

    The decode terms are those of one step, in the middle of the answer.
    """

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


def latency(
    *,
    model: str | Model,
    accelerator: str | Accelerator,
    n_accelerators: int = 1,
    context_tokens: Number,
    output_tokens: Number,
    batch: Number = 1,
    weight_bits: float = 16,
    kv_bits: float = 16,
    compute_bits: int | None = None,
) -> Latency:
    """How long a batch of equal requests takes that start together on an idle server.

    Units: tokens in and out of each request; sequences; bits per number. `compute_bits`
    is the width of the arithmetic: eight where the weights have eight bits, else sixteen.
    `n_accelerators` share each layer (tensor parallelism).

    Formula, for each forward pass over R tokens of S sequences: max(2 (P R + V S) / (0.66
    peak), bytes of weights touched / (0.85 bandwidth)) + attention + exchange + fixed times;
    P are the parameters that multiply every token, V those of the output layer. Attention:
    causal operations in prefill, reading the KV cache in decode. A mixture of experts reads
    the experts that R tokens touch. The output layer has 16 bits or more.

    Source: the form is the roofline of Austin et al. 2025, How to Scale Your Model; the
    constants follow the measurements that `accuracy` names. LLM-Inference-Bench gives
    14.9 s for Llama-3-8B (the shape of 3.1) with TensorRT-LLM on one A100 40GB, batch 1,
    1,024 tokens in and out; the model:

    >>> times = latency(model="llama-3.1-8b", accelerator="a100-sxm-40gb",
    ...     context_tokens=1024, output_tokens=1024)
    >>> round(times.e2e_s, 1)
    15.3
    """
    model, accelerator = as_model(model), as_accelerator(accelerator)
    context = tokens("context_tokens", context_tokens)
    output = tokens("output_tokens", output_tokens)
    sequences = batch_size(batch)
    weights = one_of("weight_bits", weight_bits, WEIGHT_BITS, "bits")
    if compute_bits is None:
        compute_bits = 8 if weights == 8 else 16
    box = Hardware.of(accelerator, n_accelerators, compute_bits, weights)
    rows = sequences * context
    half_way = context + output / 2
    kv = kv_cache_bytes(model=model, context_tokens=half_way, kv_bits=kv_bits)
    zero = 0.0 * (rows + output)  # gives every term the shape of the broadcast arguments
    return Latency(
        prefill_linear_s=linear_s(model, box, rows, sequences) + zero,
        prefill_attention_s=prefill_attention_s(model, box, context, sequences) + zero,
        prefill_overhead_s=overhead_s(model, box, rows, sequences) + zero,
        decode_linear_s=linear_s(model, box, sequences, sequences) + zero,
        decode_attention_s=sequences * kv / box.cache_bytes_per_s(model) + zero,
        decode_overhead_s=overhead_s(model, box, sequences, sequences) + zero,
        output_tokens=output + zero,
    )


@dataclass(frozen=True)
class Hardware:
    """What a tensor-parallel group sustains, with the precision of the weights."""

    n: int
    flops_per_s: float
    attention_flops_per_s: float
    bytes_per_s: float
    link_bytes_per_s: float
    all_reduce_s: float
    bytes_per_weight: float

    @classmethod
    def of(
        cls, accelerator: Accelerator, n_accelerators: int, compute_bits: int, weight_bits: float
    ) -> Hardware:
        n = int(accelerator_count(n_accelerators))
        peak = peak_flops_per_s(accelerator, compute_bits)
        link = accelerator.link_gb_per_s_bidirectional or PCIE_GB_PER_S
        return cls(
            n=n,
            flops_per_s=n * peak * COMPUTE_SHARE,
            attention_flops_per_s=n * accelerator.bf16_tflops * 1e12 * ATTENTION_SHARE,
            bytes_per_s=n * accelerator.bandwidth_gb_per_s * 1e9 * BANDWIDTH_SHARE,
            link_bytes_per_s=link * 1e9 / 2 * LINK_SHARE,
            all_reduce_s=PCIE_ALL_REDUCE_S if link <= FASTEST_PCIE_GB_PER_S else ALL_REDUCE_S,
            bytes_per_weight=weight_bits / 8,
        )

    def cache_bytes_per_s(self, model: Model) -> float:
        """How fast the cache is read: heads are split over accelerators, never one head."""
        heads = 1 if model.kv_lora_rank else model.kv_heads
        return self.bytes_per_s * min(self.n, heads) / self.n


def peak_flops_per_s(accelerator: Accelerator, compute_bits: int) -> float:
    """Dense peak of one accelerator for this arithmetic, or the next wider one it has."""
    bits = one_of("compute_bits", compute_bits, COMPUTE_BITS, "bits")
    rates = {4: accelerator.fp4_tflops, 8: accelerator.fp8_tflops, 16: accelerator.bf16_tflops}
    return max(rate for width, rate in rates.items() if width >= bits and rate) * 1e12


def linear_s(model: Model, box: Hardware, rows: Number, sequences: Number) -> Number:
    """Matrix products of one pass: the arithmetic or reading the weights, whichever is longer.

    The embedding is looked up and not multiplied; the output layer sees one token of
    each sequence, and is read at 16 bits where the other weights are narrower.
    """
    embedding = model.vocabulary_size * model.hidden_size
    unused = 0 if model.tied_embedding else embedding
    body = model.params_active - unused - embedding
    compute_s = 2 * (body * rows + embedding * sequences) / box.flops_per_s
    read = (params_touched(model, rows) - unused) * box.bytes_per_weight
    read = read + embedding * max(OUTPUT_LAYER_BYTES - box.bytes_per_weight, 0.0)
    return larger(compute_s, read / box.bytes_per_s)


def params_touched(model: Model, rows: Number) -> Number:
    """Parameters that one pass over so many tokens reads, experts chosen at random.

    Formula: all but the experts, and of those 1 - (1 - k/E)^R.
    """
    if not model.experts:
        return float(model.params_total)
    missed = (1 - model.experts_per_token / model.experts) ** rows
    return model.params_total - model.params_experts * missed


def prefill_attention_s(model: Model, box: Hardware, context: Number, sequences: Number) -> Number:
    """Causal attention over the prompt, at the share of peak that its length allows."""
    pairs = cached_token_layers(model, context) * (context + ATTENTION_HALF_TOKENS)
    return 2 * sequences * model.attention_width * pairs / box.attention_flops_per_s


def overhead_s(model: Model, box: Hardware, rows: Number, sequences: Number) -> Number:
    """Fixed times of one pass, and the exchange between accelerators."""
    per_layer = LAYER_S + (EXPERT_LAYER_S if model.experts else 0.0)
    fixed = STEP_S + model.layers * per_layer + SEQUENCE_S * sequences
    if box.n == 1:
        return fixed
    # Each all-reduce moves 2 (n - 1) / n of the activations, 16 bits each.
    moved = rows * model.hidden_size * 2 * 2 * (box.n - 1) / box.n
    return fixed + 2 * model.layers * (box.all_reduce_s + moved / box.link_bytes_per_s)
