"""Formulas of the quiz 01-interview-basics: the right answers and the mistakes."""

from __future__ import annotations

from course_utils import catalog
from course_utils.calculators.memory import kv_cache_bytes
from course_utils.calculators.money import request_cost

GB = 1e9
MODEL_ID = "llama-3.1-70b"


def cost_of_1000_requests_usd(
    *,
    input_tokens: int,
    output_tokens: int,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
) -> float:
    """Price of 1,000 requests in US dollars, without caching.

    1000 * (input_tokens * input price + output_tokens * output price) / 10**6.
    The known answer is $12 at 2,000 and 400 tokens and $3 and $15 (lesson 04).

    >>> round(cost_of_1000_requests_usd(input_tokens=2000, output_tokens=400,
    ...     input_usd_per_mtok=3, output_usd_per_mtok=15), 6)
    12.0
    """
    cost = request_cost(
        context_tokens=input_tokens,
        output_tokens=output_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        output_usd_per_mtok=output_usd_per_mtok,
    )
    return 1000 * cost.total_usd


def cost_of_more_context_times(
    *,
    small_tokens: int,
    large_tokens: int,
    output_tokens: int,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
) -> float:
    """How many times as much a request costs with the larger context, without caching.

    The known answer is 8.5 for 32,000 tokens against 2,000 with 400 of output at $3 and
    $15 ($0.102 against $0.012, lesson 01).

    >>> round(cost_of_more_context_times(small_tokens=2000, large_tokens=32_000,
    ...     output_tokens=400, input_usd_per_mtok=3, output_usd_per_mtok=15), 6)
    8.5
    """
    small, large = (
        request_cost(
            context_tokens=context_tokens,
            output_tokens=output_tokens,
            input_usd_per_mtok=input_usd_per_mtok,
            output_usd_per_mtok=output_usd_per_mtok,
        ).total_usd
        for context_tokens in (small_tokens, large_tokens)
    )
    return large / small


def kv_cache_gb(*, context_tokens: int, users: int) -> float:
    """KV cache of `users` conversations of Llama 3.1 70B in BF16, in GB (10**9 bytes).

    The known answer is 41.9 GB for one conversation of 128,000 tokens.

    >>> round(kv_cache_gb(context_tokens=128_000, users=1), 1)
    41.9
    """
    one_user = kv_cache_bytes(
        model=catalog.model(MODEL_ID), context_tokens=context_tokens, kv_bits=16
    )
    return users * one_user / GB


def task_success_percent(*, step_success_percent: float, steps: int) -> float:
    """Tasks in which every one of `steps` independent, unchecked steps succeeds, in percent.

    100 * q**n; the known answer is 59.9% at 95% and ten steps.

    >>> round(task_success_percent(step_success_percent=95, steps=10), 1)
    59.9
    """
    return 100 * (step_success_percent / 100) ** steps


def cost_priced_per_thousand_tokens_usd(**parameters: float) -> float:
    """Reads a price per million tokens as a price per thousand: 1,000 times too dear."""
    return 1000 * cost_of_1000_requests_usd(**parameters)


def cost_of_one_request_usd(**parameters: float) -> float:
    """Stops at one request where 1,000 were asked for: 1,000 times too cheap."""
    return cost_of_1000_requests_usd(**parameters) / 1000


def cost_of_input_alone_usd(**parameters: float) -> float:
    """Leaves out the output tokens, which are fewer and dearer."""
    return cost_of_1000_requests_usd(**{**parameters, "output_tokens": 0})


def cost_all_at_input_price_usd(**parameters: float) -> float:
    """Charges output tokens at the price of input tokens."""
    return cost_of_1000_requests_usd(
        **{**parameters, "output_usd_per_mtok": parameters["input_usd_per_mtok"]}
    )


def kv_cache_query_heads_gb(**parameters: int) -> float:
    """Counts all query heads; with grouped-query attention only the KV heads are cached."""
    model = catalog.model(MODEL_ID)
    return kv_cache_gb(**parameters) * model.query_heads / model.kv_heads


def kv_cache_keys_alone_gb(**parameters: int) -> float:
    """Forgets the factor two: a key and a value are kept for each token."""
    return kv_cache_gb(**parameters) / 2


def kv_cache_one_user_gb(**parameters: int) -> float:
    """Sizes one conversation; each of those in flight has a cache of its own."""
    return kv_cache_gb(**{**parameters, "users": 1})


def kv_cache_gib_as_gb(**parameters: int) -> float:
    """Divides by 2**30 and calls it GB; that is GiB."""
    return kv_cache_gb(**parameters) * GB / 2**30


def task_success_of_one_step_percent(*, step_success_percent: float, steps: int) -> float:
    """Takes the reliability of one step for that of the task."""
    return float(step_success_percent)


def task_success_by_subtraction_percent(*, step_success_percent: float, steps: int) -> float:
    """Subtracts the failure rate once a step; rates of independent steps multiply."""
    return max(0.0, 100 - steps * (100 - step_success_percent))


def task_failure_percent(**parameters: float) -> float:
    """Answers with the share that fails where the share that succeeds was asked for."""
    return 100 - task_success_percent(**parameters)


RIGHT = (
    cost_of_1000_requests_usd,
    cost_of_more_context_times,
    kv_cache_gb,
    task_success_percent,
)
WRONG = (
    cost_all_at_input_price_usd,
    cost_of_input_alone_usd,
    cost_of_one_request_usd,
    cost_priced_per_thousand_tokens_usd,
    kv_cache_gib_as_gb,
    kv_cache_keys_alone_gb,
    kv_cache_one_user_gb,
    kv_cache_query_heads_gb,
    task_failure_percent,
    task_success_by_subtraction_percent,
    task_success_of_one_step_percent,
)
