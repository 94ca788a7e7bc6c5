"""The wrong answers of computed items, by name: each is a mistake that people make.

A wrong formula takes the same parameters as the right one (`computations.py`) and
its docstring says what the mistake is.
"""

from __future__ import annotations

from course_utils import catalog
from course_utils.quiz.computations import (
    GB,
    MODEL_ID,
    cost_of_1000_requests_usd,
    kv_cache_gb,
    task_success_percent,
)


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


WRONG_FORMULAS = {
    function.__name__: function
    for function in (
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
}
