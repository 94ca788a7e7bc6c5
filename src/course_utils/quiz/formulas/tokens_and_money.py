"""Formulas of the quiz 04-tokens-and-money: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.money import request_cost
from course_utils.calculators.solved_task import usd_per_solved_task
from course_utils.calculators.total_cost import switch_error_cost_usd, total_usd


def vendor_share_percent(
    *,
    context_tokens: int,
    output_tokens: int,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
    solved_percent: float,
    error_usd: float,
) -> float:
    """Share of the vendor's bill in all that a question costs, its errors included.

    100 * C / (C + (1 - Q) * error cost), C being the price of the request.

    >>> round(vendor_share_percent(context_tokens=2000, output_tokens=400,
    ...     input_usd_per_mtok=3, output_usd_per_mtok=15, solved_percent=84, error_usd=5), 1)
    1.5
    """
    bill = request_cost(
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        output_usd_per_mtok=output_usd_per_mtok,
    ).total_usd
    return (
        100
        * bill
        / total_usd(request_cost_usd=bill, quality=solved_percent / 100, error_cost_usd=error_usd)
    )


def bill_for_a_month_usd(
    *,
    employees: int,
    active_percent: float,
    questions_per_day: int,
    working_days: int,
    context_tokens: int,
    output_tokens: int,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
) -> float:
    """Bill of a company for a month in US dollars, without caching.

    Requests first, then the price of one of them. The known answer is $4,536 for 30% of
    10,000 people, 6 questions, 21 days, 2,000 and 400 tokens at $3 and $15 (lesson 04).

    >>> round(bill_for_a_month_usd(employees=10_000, active_percent=30, questions_per_day=6,
    ...     working_days=21, context_tokens=2000, output_tokens=400, input_usd_per_mtok=3,
    ...     output_usd_per_mtok=15), 6)
    4536.0
    """
    requests = employees * active_percent / 100 * questions_per_day * working_days
    cost = request_cost(
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        output_usd_per_mtok=output_usd_per_mtok,
    )
    return requests * cost.total_usd


def break_even_error_usd(
    *, extra_tokens: int, input_usd_per_mtok: float, solved_percent: float, gain_points: float
) -> float:
    """Cost of a wrong answer from which more context pays, in US dollars.

    Extra price / gain. The known answer is $3 for 30,000 tokens at $3 and a gain of
    three points (lesson 04).

    >>> round(break_even_error_usd(extra_tokens=30_000, input_usd_per_mtok=3,
    ...     solved_percent=84, gain_points=3), 6)
    3.0
    """
    return switch_error_cost_usd(
        cheap_cost_usd=0,
        cheap_quality=solved_percent / 100,
        dear_cost_usd=extra_tokens * input_usd_per_mtok / 1e6,
        dear_quality=(solved_percent + gain_points) / 100,
    )


def cost_with_errors_usd_per_1000(
    *, request_cents: float, solved_percent: float, error_usd: float
) -> float:
    """What a thousand questions cost in all, errors included, in US dollars.

    1000 * (C + (1 - Q) * error cost). The known answer is $812 at 1.2 cents, 84% and
    $5 (lesson 04).

    >>> round(cost_with_errors_usd_per_1000(request_cents=1.2, solved_percent=84,
    ...     error_usd=5), 6)
    812.0
    """
    return 1000 * total_usd(
        request_cost_usd=request_cents / 100, quality=solved_percent / 100, error_cost_usd=error_usd
    )


def bill_all_at_input_price_usd(**parameters: float) -> float:
    """Charges output tokens at the price of input tokens."""
    price = parameters["input_usd_per_mtok"]
    return bill_for_a_month_usd(**{**parameters, "output_usd_per_mtok": price})


def break_even_by_points_usd(**parameters: float) -> float:
    """Divides by 3 for three points instead of by 0.03."""
    return break_even_error_usd(**parameters) / 100


def break_even_by_quality_usd(**parameters: float) -> float:
    """Divides by the share solved afterwards instead of by the gain."""
    after = parameters["solved_percent"] + parameters["gain_points"]
    return break_even_error_usd(**parameters) * parameters["gain_points"] / after


def break_even_by_errors_left_usd(**parameters: float) -> float:
    """Divides by all the errors there are, as if the context avoided every one."""
    left = 100 - parameters["solved_percent"]
    return break_even_error_usd(**parameters) * parameters["gain_points"] / left


def bill_alone_usd_per_1000(**parameters: float) -> float:
    """Stops at the vendor's bill."""
    return cost_with_errors_usd_per_1000(**{**parameters, "error_usd": 0})


def bill_per_solved_usd_per_1000(
    *, request_cents: float, solved_percent: float, error_usd: float
) -> float:
    """Spreads the bill over the solved questions, as if a failure cost its tokens alone."""
    return 1000 * usd_per_solved_task(task_usd=request_cents / 100, quality=solved_percent / 100)


def right_answers_charged_usd_per_1000(**parameters: float) -> float:
    """Charges the error cost to the questions that were solved: Q for 1 - Q."""
    return cost_with_errors_usd_per_1000(
        **{**parameters, "solved_percent": 100 - parameters["solved_percent"]}
    )


RIGHT = (
    vendor_share_percent,
    bill_for_a_month_usd,
    break_even_error_usd,
    cost_with_errors_usd_per_1000,
)

WRONG = (
    bill_all_at_input_price_usd,
    break_even_by_points_usd,
    break_even_by_quality_usd,
    break_even_by_errors_left_usd,
    bill_alone_usd_per_1000,
    bill_per_solved_usd_per_1000,
    right_answers_charged_usd_per_1000,
)
