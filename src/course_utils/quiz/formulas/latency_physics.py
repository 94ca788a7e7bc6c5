"""Formulas of the quiz 05-latency-physics: the right answers and the mistakes."""

from __future__ import annotations

from course_utils import catalog
from course_utils.calculators.answer_cost import server_seconds
from course_utils.calculators.latency import latency
from course_utils.calculators.memory import (
    kv_cache_bytes,
    largest_batch,
    usable_memory_bytes,
    weight_bytes,
)
from course_utils.calculators.roofline import ideal_step_s, prefill_flops

MODEL_ID = "llama-3.1-70b"
ACCELERATOR_ID = "h100-sxm-80gb"
SERVER = {"model": MODEL_ID, "accelerator": ACCELERATOR_ID, "n_accelerators": 8}


def first_token_ratio_x(*, long_tokens: int, short_tokens: int) -> float:
    """How many times longer the first token of the long prompt takes, on eight idle H100.

    >>> first_token_ratio_x(long_tokens=8000, short_tokens=8000)
    1.0
    """
    long, short = (
        latency(context_tokens=tokens, output_tokens=400, **SERVER).ttft_s
        for tokens in (long_tokens, short_tokens)
    )
    return long / short


def batch_saving_percent(*, context_tokens: int, few: int, many: int) -> float:
    """How much less an answer costs with more requests at once on eight H100, in percent.

    >>> batch_saving_percent(context_tokens=8000, few=16, many=16)
    0.0
    """
    box = {**SERVER, "context_tokens": context_tokens, "output_tokens": 400}
    before, after = (server_seconds(batch=batch, **box).total_s for batch in (few, many))
    return 100 * (1 - after / before)


def prompt_work_ratio_x(*, long_tokens: int, short_tokens: int) -> float:
    """Operations to read the long prompt over those for the short one, Llama 3.1 70B.

    Both have 2 P T + 2 L N H T**2. Attention is 54% of the long one at 128,000 tokens
    and 6.9% of the short one at 8,000 (lesson 05): 16 (1 - 0.069) / (1 - 0.54).

    >>> round(prompt_work_ratio_x(long_tokens=128_000, short_tokens=8_000))
    33
    """
    model = catalog.model(MODEL_ID)
    long, short = (
        prefill_flops(
            params_active=model.params_active,
            layers=model.layers,
            query_heads=model.query_heads,
            head_dim=model.head_dim,
            context_tokens=tokens,
        ).total
        for tokens in (long_tokens, short_tokens)
    )
    return long / short


def tokens_ratio_x(*, long_tokens: int, short_tokens: int) -> float:
    """Takes the work to grow with the tokens alone; attention grows with their square."""
    return long_tokens / short_tokens


def square_law_ratio_x(*, long_tokens: int, short_tokens: int) -> float:
    """Takes all the work to grow with the square; the larger part of it long does not."""
    return (long_tokens / short_tokens) ** 2


def unmasked_work_ratio_x(*, long_tokens: int, short_tokens: int) -> float:
    """Counts all pairs of tokens; a model that writes from left to right looks back only."""
    model = catalog.model(MODEL_ID)
    width = model.layers * model.query_heads * model.head_dim
    long, short = (
        2 * model.params_active * tokens + 4 * width * tokens**2
        for tokens in (long_tokens, short_tokens)
    )
    return long / short


def _fitting(
    *, context_tokens: int, heads_factor: float, usable_share: float, weights: bool
) -> float:
    model = catalog.model(MODEL_ID)
    memory = usable_memory_bytes(memory_gb=80, n_accelerators=8, usable_memory_share=usable_share)
    taken = weight_bytes(params=model.params_total) if weights else 0.0
    cache = kv_cache_bytes(model=model, context_tokens=context_tokens) * heads_factor
    return largest_batch(memory_bytes=memory, weight_bytes=taken, kv_bytes_per_sequence=cache)


def requests_that_fit(*, context_tokens: int) -> float:
    """Requests of Llama 3.1 70B in BF16 on 8 accelerators of 80 GB, 90% of it usable.

    (576 GB - 141 GB) / 42.1 GB: ten at the 128,400 tokens of lesson 05's table.

    >>> requests_that_fit(context_tokens=128_400)
    10.0
    """
    return _fitting(context_tokens=context_tokens, heads_factor=1, usable_share=0.9, weights=True)


def requests_without_weights(*, context_tokens: int) -> float:
    """Fills the whole memory with cache; the weights are there first."""
    return _fitting(context_tokens=context_tokens, heads_factor=1, usable_share=0.9, weights=False)


def requests_with_query_heads(*, context_tokens: int) -> float:
    """Sizes the cache by query heads; grouped-query attention keeps those of the KV heads."""
    model = catalog.model(MODEL_ID)
    factor = model.query_heads / model.kv_heads
    return _fitting(
        context_tokens=context_tokens, heads_factor=factor, usable_share=0.9, weights=True
    )


def requests_in_all_memory(*, context_tokens: int) -> float:
    """Takes the memory of the data sheet; the server itself needs a part of it."""
    return _fitting(context_tokens=context_tokens, heads_factor=1, usable_share=1, weights=True)


def decode_step_ms(*, batch: int, context_tokens: int, accelerators: int) -> float:
    """Ideal time of one decode step of Llama 3.1 70B in BF16 on H100, in ms.

    (weights + B cache) / bandwidth; 11.5 ms for 64 requests of 8,000 tokens (lesson 05).

    >>> round(decode_step_ms(batch=64, context_tokens=8_000, accelerators=8), 1)
    11.5
    """
    model, h100 = catalog.model(MODEL_ID), catalog.accelerator(ACCELERATOR_ID)
    step_s = ideal_step_s(
        weight_bytes=weight_bytes(params=model.params_total),
        kv_bytes_per_sequence=kv_cache_bytes(model=model, context_tokens=context_tokens),
        batch=batch,
        params_active=model.params_active,
        flops_per_s=accelerators * h100.bf16_tflops * 1e12,
        bytes_per_s=accelerators * h100.bandwidth_gb_per_s * 1e9,
    )
    return 1000 * step_s


def decode_step_weights_alone_ms(*, batch: int, context_tokens: int, accelerators: int) -> float:
    """Leaves out the cache, which every request has of its own and every step reads."""
    model, h100 = catalog.model(MODEL_ID), catalog.accelerator(ACCELERATOR_ID)
    bytes_per_s = accelerators * h100.bandwidth_gb_per_s * 1e9
    return 1000 * weight_bytes(params=model.params_total) / bytes_per_s


def decode_step_weights_for_each_ms(*, batch: int, context_tokens: int, accelerators: int) -> float:
    """Reads the weights once for each request; one reading serves the whole batch."""
    alone_ms = decode_step_ms(batch=1, context_tokens=context_tokens, accelerators=accelerators)
    return batch * alone_ms


def thousand_own_answers_usd(
    *, usd_per_hour: float, prompt_s: float, step_ms: float, batch: int, busy_percent: float
) -> float:
    """Rent for 1,000 answers of 400 tokens: each reads its prompt, all share the steps.

    1000 r (t_prompt + 400 t_step / B) with the rent r of a busy second.

    >>> round(thousand_own_answers_usd(usd_per_hour=36, prompt_s=0.5, step_ms=20, batch=16,
    ...     busy_percent=100), 6)
    10.0
    """
    usd_per_busy_s = usd_per_hour / 3600 / (busy_percent / 100)
    return 1000 * usd_per_busy_s * (prompt_s + 400 * step_ms / 1000 / batch)


def thousand_own_answers_all_shared_usd(
    *, usd_per_hour: float, prompt_s: float, step_ms: float, batch: int, busy_percent: float
) -> float:
    """Shares the prompt too, though it is read for one request alone."""
    return thousand_own_answers_usd(
        usd_per_hour=usd_per_hour,
        prompt_s=prompt_s / batch,
        step_ms=step_ms,
        batch=batch,
        busy_percent=busy_percent,
    )


def batch_divides_all_percent(*, context_tokens: int, few: int, many: int) -> float:
    """Divides the whole cost by the batch; the prompt is read for each request alone."""
    return 100 * (1 - few / many)


RIGHT = (
    batch_saving_percent,
    decode_step_ms,
    first_token_ratio_x,
    prompt_work_ratio_x,
    requests_that_fit,
    thousand_own_answers_usd,
)
WRONG = (
    batch_divides_all_percent,
    decode_step_weights_alone_ms,
    decode_step_weights_for_each_ms,
    requests_in_all_memory,
    requests_with_query_heads,
    requests_without_weights,
    square_law_ratio_x,
    thousand_own_answers_all_shared_usd,
    tokens_ratio_x,
    unmasked_work_ratio_x,
)
