"""The right answers of computed items, by name.

Each takes an item's parameters as keyword arguments and returns the answer in the
unit that its name ends in. Where a calculator has the formula, it is called, not repeated.
"""

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

    100 * q**n; the known answer is 59.9 % at 95 % and ten steps.

    >>> round(task_success_percent(step_success_percent=95, steps=10), 1)
    59.9
    """
    return 100 * (step_success_percent / 100) ** steps


COMPUTATIONS = {
    function.__name__: function
    for function in (cost_of_1000_requests_usd, kv_cache_gb, task_success_percent)
}
