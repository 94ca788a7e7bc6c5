"""Formulas of the quiz 10-fine-tuning: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.fine_tuning import (
    break_even_requests,
    full_training_bytes,
    hosted_usd_per_request,
    lora_training_bytes,
    payback_months,
    tuning_saving,
)

HOURS_PER_MONTH = 730
OFFICE_HOURS_PER_MONTH = 22 * 8


def volume_that_pays(
    *,
    fixed_usd: float,
    upkeep_usd: float,
    months: float,
    base_cents: float,
    tuned_cents: float,
) -> float:
    """Calls a month above which tuning pays within so many months.

    (fixed / months + upkeep) / (c_base - c_tuned): the break-even of what one month costs.
    The known answer is 306,513 for $8,000 and $2,000 a month (lesson 10).

    >>> round(volume_that_pays(fixed_usd=8000, upkeep_usd=2000, months=12, base_cents=1.05,
    ...     tuned_cents=0.18))
    306513
    """
    return break_even_requests(
        fixed_usd=fixed_usd / months + upkeep_usd,
        base_usd_per_request=base_cents / 100,
        tuned_usd_per_request=tuned_cents / 100,
    )


def calls_to_break_even(*, fixed_usd: float, base_cents: float, tuned_cents: float) -> float:
    """Calls until the fixed cost has come back.

    fixed / (c_base - c_tuned). The known answer is 919,540 (lesson 10).

    >>> round(calls_to_break_even(fixed_usd=8000, base_cents=1.05, tuned_cents=0.18))
    919540
    """
    return break_even_requests(
        fixed_usd=fixed_usd,
        base_usd_per_request=base_cents / 100,
        tuned_usd_per_request=tuned_cents / 100,
    )


def months_to_pay_back(
    *, fixed_usd: float, saved_cents: float, calls_per_month: float, upkeep_usd: float
) -> float:
    """Months until tuning has paid for itself, upkeep included.

    fixed / (saving x volume - upkeep). The known answer is 3.4 months for 500,000 calls
    that save 0.87 cents each, at $8,000 and $2,000 a month (lesson 10).

    >>> round(months_to_pay_back(fixed_usd=8000, saved_cents=0.87, calls_per_month=500_000,
    ...     upkeep_usd=2000), 1)
    3.4
    """
    return payback_months(
        fixed_usd=fixed_usd,
        base_usd_per_request=saved_cents / 100,
        tuned_usd_per_request=0,
        requests_per_month=calls_per_month,
        upkeep_usd_per_month=upkeep_usd,
    )


def saved_with_cache_usd(
    *,
    example_tokens: int,
    task_tokens: int,
    output_tokens: int,
    base_input_usd: float,
    base_cached_usd: float,
    base_output_usd: float,
    tuned_input_usd: float,
    tuned_output_usd: float,
) -> float:
    """US dollars that tuning saves on 1,000 calls whose examples are read from a cache.

    The known answer is $3.84 against $8.70 without a cache (lesson 10).

    >>> round(saved_with_cache_usd(example_tokens=1800, task_tokens=500, output_tokens=240,
    ...     base_input_usd=3, base_cached_usd=0.3, base_output_usd=15, tuned_input_usd=1.2,
    ...     tuned_output_usd=5), 2)
    3.84
    """
    return 1000 * (
        tuning_saving(
            example_tokens=example_tokens,
            task_tokens=task_tokens,
            output_tokens=output_tokens,
            base_input_usd_per_mtok=base_input_usd,
            base_cached_input_usd_per_mtok=base_cached_usd,
            base_output_usd_per_mtok=base_output_usd,
            tuned_input_usd_per_mtok=tuned_input_usd,
            tuned_output_usd_per_mtok=tuned_output_usd,
            cached_share=1,
        ).total_usd
    )


def lora_memory_gb(*, parameters_billion: float, adapter_million: float) -> float:
    """Memory to train an adapter beside frozen 16-bit weights, in GB.

    2 P + 16 P_adapter. The known answer is 16.2 GB for Llama 3.1 8B (lesson 10).

    >>> round(lora_memory_gb(parameters_billion=8.03, adapter_million=6.8), 1)
    16.2
    """
    return (
        lora_training_bytes(
            parameters=parameters_billion * 1e9, adapter_parameters=adapter_million * 1e6
        )
        / 1e9
    )


def own_box_usd(*, usd_per_hour: float, calls_per_month: float, full_per_hour: float) -> float:
    """What 1,000 calls cost on a box that is rented around the clock.

    p / (V u). The known answer is $18.25 for 100,000 calls a month at $2.50 (lesson 10).

    >>> round(own_box_usd(usd_per_hour=2.5, calls_per_month=100_000, full_per_hour=10_000), 2)
    18.25
    """
    return 1000 * hosted_usd_per_request(
        usd_per_hour=usd_per_hour,
        requests_per_hour_at_capacity=full_per_hour,
        utilization=calls_per_month / (full_per_hour * HOURS_PER_MONTH),
    )


def tuned_call_free_calls(**parameters: float) -> float:
    """Divides by the price of the old call, as if the tuned one were free."""
    return calls_to_break_even(**{**parameters, "tuned_cents": 0})


def old_price_for_saving_calls(*, fixed_usd: float, base_cents: float, tuned_cents: float) -> float:
    """Divides by the price of the tuned call instead of by what it saves."""
    return calls_to_break_even(fixed_usd=fixed_usd, base_cents=tuned_cents, tuned_cents=0)


def cents_as_dollars_calls(**parameters: float) -> float:
    """Takes cents for dollars."""
    return calls_to_break_even(**parameters) / 100


def upkeep_once_months(
    *, fixed_usd: float, saved_cents: float, calls_per_month: float, upkeep_usd: float
) -> float:
    """Adds one month of upkeep to the fixed cost instead of paying it each month."""
    return months_to_pay_back(
        fixed_usd=fixed_usd + upkeep_usd,
        saved_cents=saved_cents,
        calls_per_month=calls_per_month,
        upkeep_usd=0,
    )


def saved_without_cache_usd(**parameters: float) -> float:
    """Compares with a call whose examples are read in full, each time."""
    return saved_with_cache_usd(**{**parameters, "base_cached_usd": parameters["base_input_usd"]})


def examples_alone_usd(**parameters: float) -> float:
    """Counts the examples, at their full price, and leaves the change of model out."""
    return parameters["example_tokens"] * parameters["base_input_usd"] / 1000


def full_memory_gb(*, parameters_billion: float, adapter_million: float) -> float:
    """Keeps gradient and moments for all weights, as in a full run."""
    return full_training_bytes(parameters=parameters_billion * 1e9) / 1e9


def adapter_memory_gb(*, parameters_billion: float, adapter_million: float) -> float:
    """Counts the adapter and forgets the frozen weights beside it."""
    return full_training_bytes(parameters=adapter_million * 1e6) / 1e9


def frozen_gradients_gb(*, parameters_billion: float, adapter_million: float) -> float:
    """Keeps a gradient of two bytes for each frozen weight."""
    return (
        lora_training_bytes(
            parameters=parameters_billion * 1e9,
            adapter_parameters=adapter_million * 1e6,
            frozen_bytes_per_parameter=4,
        )
        / 1e9
    )


def full_box_usd(*, usd_per_hour: float, calls_per_month: float, full_per_hour: float) -> float:
    """Takes the box as full all the time."""
    return 1000 * hosted_usd_per_request(
        usd_per_hour=usd_per_hour, requests_per_hour_at_capacity=full_per_hour, utilization=1
    )


def office_hours_usd(**parameters: float) -> float:
    """Pays for 22 days of eight hours, as if the box went home in the evening."""
    return own_box_usd(**parameters) * OFFICE_HOURS_PER_MONTH / HOURS_PER_MONTH


RIGHT = (
    volume_that_pays,
    calls_to_break_even,
    months_to_pay_back,
    saved_with_cache_usd,
    lora_memory_gb,
    own_box_usd,
)

WRONG = (
    tuned_call_free_calls,
    old_price_for_saving_calls,
    cents_as_dollars_calls,
    upkeep_once_months,
    saved_without_cache_usd,
    examples_alone_usd,
    full_memory_gb,
    adapter_memory_gb,
    frozen_gradients_gb,
    full_box_usd,
    office_hours_usd,
)
