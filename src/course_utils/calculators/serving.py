"""What users of a busy server see: waiting, and decoding beside other prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_utils.calculators.entries import as_accelerator, as_model
from course_utils.calculators.latency import Latency, latency
from course_utils.calculators.memory import (
    USABLE_MEMORY_SHARE,
    kv_cache_bytes,
    largest_batch,
    usable_memory_bytes,
    weight_bytes,
)
from course_utils.calculators.validate import Number, larger, number, smaller

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model

# Taking in a request and giving out its first token: HTTP, tokenizing, scheduling.
REQUEST_S = 0.088
# The share of the other requests' prompts that stand before a new one in the queue;
# the rest is read while it decodes. Arrivals in step would give one half.
QUEUE_SHARE = 0.07


@dataclass(frozen=True)
class Service:
    """What one of `concurrency` users sees on average, and what the server does."""

    ttft_s: Number
    tpot_s: Number
    queue_s: Number
    running: Number
    requests_per_s: Number
    output_tokens: Number

    @property
    def e2e_s(self) -> Number:
        """End to end: the first token, and each further one."""
        return self.ttft_s + (self.output_tokens - 1) * self.tpot_s


def service(
    *,
    model: str | Model,
    accelerator: str | Accelerator,
    n_accelerators: int = 1,
    context_tokens: Number,
    output_tokens: Number,
    concurrency: Number,
    weight_bits: float = 16,
    kv_bits: float = 16,
    compute_bits: int | None = None,
    usable_memory_share: float = USABLE_MEMORY_SHARE,
) -> Service:
    """Mean waiting times on a server that always holds `concurrency` requests.

    Units: tokens in and out of each request; requests that are sent or waiting at any
    time (each finished one is followed by the next); bits per number.

    Formula: of C requests the B that fit in memory run. While one decodes, the prompts of
    the B - 1 others are read once: a share q of that work stands before its first token,
    the rest between its tokens. With prefill p and decode step d, TTFT = request + d + p +
    q (B - 1) p + (C - B) / throughput and TPOT = d + (1 - q) (B - 1) p / (output - 1).

    Source: continuous batching in steady state (Little's law for the waiting part); q and
    the time of a request are fitted to the sweeps of AIConfigurator
    (github:ai-dynamo/aiconfigurator@095f58a51): Llama-3.1-70B in FP8 on 8 H200, 1,024 tokens
    in and out, 32 requests, gave 137 and 143 ms to the first token and 11.0 and 9.3 ms for
    each further one (two servers).

    >>> users = service(model="llama-3.1-70b", accelerator="h200-sxm",
    ...     n_accelerators=8, context_tokens=1024, output_tokens=1024, concurrency=32,
    ...     weight_bits=8, kv_bits=8)
    >>> round(1000 * users.ttft_s), round(1000 * users.tpot_s, 1)
    (213, 11.1)
    """
    model, accelerator = as_model(model), as_accelerator(accelerator)
    requests = number("concurrency", concurrency, "requests", low=1, high=100_000)
    shape = dict(
        model=model,
        accelerator=accelerator,
        n_accelerators=n_accelerators,
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        weight_bits=weight_bits,
        kv_bits=kv_bits,
        compute_bits=compute_bits,
    )
    prompt = latency(batch=1, **shape)
    fitting = largest_batch(
        memory_bytes=usable_memory_bytes(
            memory_gb=accelerator.memory_gb,
            n_accelerators=n_accelerators,
            usable_memory_share=usable_memory_share,
        ),
        weight_bytes=weight_bytes(params=model.params_total, weight_bits=weight_bits),
        kv_bytes_per_sequence=kv_cache_bytes(
            model=model, context_tokens=context_tokens + prompt.output_tokens, kv_bits=kv_bits
        ),
    )
    running = smaller(requests, larger(fitting, 1.0))
    return _steady(prompt, latency(batch=running, **shape), requests, running)


def _steady(prompt: Latency, step: Latency, requests: Number, running: Number) -> Service:
    output = prompt.output_tokens
    others = (running - 1) * prompt.ttft_s
    # While B requests pass, B prompts are read and the batch takes all its steps.
    requests_per_s = running / (running * prompt.ttft_s + output * step.tpot_s)
    queue = QUEUE_SHARE * others + (requests - running) / requests_per_s
    stalls = (1 - QUEUE_SHARE) * others / larger(output - 1, 1.0)
    return Service(
        ttft_s=REQUEST_S + step.tpot_s + prompt.ttft_s + queue,
        tpot_s=step.tpot_s + stalls,
        queue_s=queue,
        running=running,
        requests_per_s=requests_per_s,
        output_tokens=output,
    )
