"""What a solved task costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.money import request_cost
from course_utils.calculators.solved_task import (
    TASK_TERMS,
    TaskCost,
    affordable_error_share,
    batch_usd,
    expected_loss_usd_per_1000,
    task_cost,
    usd_per_solved_task,
    usd_with_retries,
)

amounts = st.floats(0, 1e6)
shares = st.floats(0, 1)


# This course, lesson on tokens and money: $12, $30, $102, $390 per 1,000 requests at
# $3 and $15 with 400 tokens of output; a batch takes half.
@pytest.mark.parametrize(
    ("context_tokens", "usd"), [(2_000, 12), (8_000, 30), (32_000, 102), (128_000, 390)]
)
def test_a_batch_halves_the_bill(context_tokens, usd):
    request = request_cost(
        context_tokens=context_tokens,
        output_tokens=400,
        input_usd_per_mtok=3,
        output_usd_per_mtok=15,
    ).total_usd
    assert 1000 * request == pytest.approx(usd)
    assert 1000 * batch_usd(request_usd=request) == pytest.approx(usd / 2)
    assert batch_usd(request_usd=request, discount_share=0.2) == pytest.approx(request * 0.8)


# Mean of the geometric distribution: 1 / (1 - f) attempts.
@pytest.mark.parametrize(
    ("failure_share", "usd"), [(0, 3), (0.2, 3.75), (0.5, 6), (0.9, 30), (0.999, 3000)]
)
def test_retries_multiply_the_price(failure_share, usd):
    assert usd_with_retries(attempt_usd=3, failure_share=failure_share) == pytest.approx(usd)


def test_a_solved_task_bears_the_failed_ones():
    # C / Q for the three designs of the course.
    found = [
        usd_per_solved_task(task_usd=c, quality=q)
        for c, q in ((0.0007, 0.85), (0.0034, 0.93), (0.0068, 0.95))
    ]
    assert found == pytest.approx([0.000824, 0.003656, 0.007158], abs=1e-6)


def test_failure_tolerance():
    # 1000 p c_err, and p* = budget / (volume c_err): the lesson on clarifying questions.
    assert expected_loss_usd_per_1000(error_share=0.05, error_usd=2) == pytest.approx(100)
    assert affordable_error_share(budget_usd=1_000, tasks=100_000, error_usd=2) == 0.005
    assert affordable_error_share(budget_usd=1e6, tasks=10, error_usd=2) == 1


@given(st.floats(0.01, 1e6), st.floats(1, 1e6), st.floats(0.01, 1e3))
def test_the_affordable_share_uses_up_the_budget(budget, tasks, error):
    share = affordable_error_share(budget_usd=budget, tasks=tasks, error_usd=error)
    loss = expected_loss_usd_per_1000(error_share=share, error_usd=error) * tasks / 1000
    assert loss == pytest.approx(min(budget, tasks * error))


def test_everything_around_the_model_is_counted():
    cost = task_cost(model_usd=1, retrieval_usd=2, guard_usd=4, judge_usd=8, judged_share=0.25)
    assert cost == TaskCost(1, 2, 4, 2)
    assert cost.total_usd == 9
    assert cost.binding_role == "guard"
    assert TASK_TERMS[cost.binding_role] == "guard"
    assert task_cost(model_usd=1, judge_usd=8).judge_usd == 8
    assert task_cost(model_usd=1).total_usd == 1
    assert TASK_TERMS[task_cost(model_usd=1, judge_usd=8).binding_role] == "judge sample"
    assert TASK_TERMS[task_cost(model_usd=1, retrieval_usd=8).binding_role] == "retrieval"
    assert TASK_TERMS[task_cost(model_usd=1).binding_role] == "model"


CASES = {
    task_cost: {
        "model_usd": 1,
        "retrieval_usd": 1,
        "guard_usd": 1,
        "judge_usd": 1,
        "judged_share": 0.5,
    },
    batch_usd: {"request_usd": 1, "discount_share": 0.5},
    usd_with_retries: {"attempt_usd": 1, "failure_share": 0.5},
    usd_per_solved_task: {"task_usd": 1, "quality": 0.5},
    expected_loss_usd_per_1000: {"error_share": 0.5, "error_usd": 1},
    affordable_error_share: {"budget_usd": 1, "tasks": 10, "error_usd": 1},
}
ARGUMENTS = [(function, name) for function, good in CASES.items() for name in good]


@pytest.mark.parametrize(("function", "name"), ARGUMENTS)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "3", True, None, 1e16])
def test_every_argument_is_checked(function, name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        function(**{**CASES[function], name: value})


@pytest.mark.parametrize(("function", "name"), ARGUMENTS)
def test_an_array_gives_what_its_elements_give(function, name):
    values = np.array([0.25, 0.5, 0.75]) if name != "tasks" else np.array([1.0, 2, 3])
    together = function(**{**CASES[function], name: values})
    one = [function(**{**CASES[function], name: value}) for value in values]
    if function is task_cost:
        together, one = together.total_usd, [cost.total_usd for cost in one]
    assert together.tolist() == pytest.approx(one, rel=1e-15)


@pytest.mark.parametrize(
    ("function", "name", "limits", "outside", "message"),
    [
        (batch_usd, "request_usd", (0, 1e9), 1e9 + 1, r"from 0 to 1,000,000,000 \(US dollars\)"),
        (usd_with_retries, "failure_share", (0, 0.999), 1, r"from 0 to 0\.999 \(share\)"),
        (usd_per_solved_task, "quality", (1e-9, 1), 0, r"above 0 and up to 1 \(share\)"),
        (affordable_error_share, "tasks", (1, 1e15), 0.9, r"from 1 to .* \(tasks\)"),
        (affordable_error_share, "error_usd", (1e-9, 1e9), 0, r"from 1e-09 .* \(US dollars\)"),
        (affordable_error_share, "error_usd", (1,), 1e9 + 1, "error_usd"),
        (affordable_error_share, "tasks", (1,), 1e15 + 1, "tasks"),
    ],
)
def test_the_limits(function, name, limits, outside, message):
    for value in limits:
        assert function(**{**CASES[function], name: value}) >= 0
    with pytest.raises(ValueError, match=message):
        function(**{**CASES[function], name: outside})
