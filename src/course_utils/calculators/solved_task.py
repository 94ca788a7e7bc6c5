"""What a solved task costs: batches, retries, errors, and how many errors one can afford."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators.validate import Number, number, positive, share, smaller

MAX_USD = 1e9
# Beyond it more than a thousand attempts a task are billed, which is no plan.
MAX_FAILURE_SHARE = 0.999

TASK_TERMS = {
    "model": "model",
    "retrieval": "retrieval",
    "guard": "guard",
    "judge": "judge sample",
}


def us_dollars(name: str, value: Number) -> Number:
    """An amount of money from nothing to a thousand million US dollars."""
    return number(name, value, "US dollars", high=MAX_USD)


@dataclass(frozen=True)
class TaskCost:
    """US dollars for one task, by term."""

    model_usd: Number
    retrieval_usd: Number
    guard_usd: Number
    judge_usd: Number

    @property
    def total_usd(self) -> Number:
        return self.model_usd + self.retrieval_usd + self.guard_usd + self.judge_usd

    @property
    def binding_role(self) -> str:
        """The largest term, for single tasks (floats)."""
        return max(TASK_TERMS, key=lambda term: getattr(self, f"{term}_usd"))


def task_cost(
    *,
    model_usd: Number,
    retrieval_usd: Number = 0.0,
    guard_usd: Number = 0.0,
    judge_usd: Number = 0.0,
    judged_share: Number = 1.0,
) -> TaskCost:
    """What one task costs with everything around the model call.

    Units: US dollars per task, of which `judge_usd` for a task that is judged;
    `judged_share` of the tasks are.

    Formula: C = model + retrieval + guard + share judged x judge.

    Source: this course, lesson on tokens and money.

    >>> cost = task_cost(model_usd=0.03, retrieval_usd=0.001, guard_usd=0.002,
    ...     judge_usd=0.02, judged_share=0.05)
    >>> round(cost.total_usd, 4), cost.binding_role
    (0.034, 'model')
    """
    return TaskCost(
        model_usd=us_dollars("model_usd", model_usd),
        retrieval_usd=us_dollars("retrieval_usd", retrieval_usd),
        guard_usd=us_dollars("guard_usd", guard_usd),
        judge_usd=us_dollars("judge_usd", judge_usd) * share("judged_share", judged_share),
    )


def batch_usd(*, request_usd: Number, discount_share: Number = 0.5) -> Number:
    """What a request costs in a batch that may take a day.

    Units: US dollars per request at the price of an immediate answer; the discount.

    Formula: C (1 - d).

    Source: batch APIs of OpenAI and Anthropic: 50% off, answers within 24 hours.

    >>> batch_usd(request_usd=0.102)
    0.051
    """
    return us_dollars("request_usd", request_usd) * (1 - share("discount_share", discount_share))


def usd_with_retries(*, attempt_usd: Number, failure_share: Number) -> Number:
    """What a request costs when failed attempts are billed and repeated until one works.

    Units: US dollars per attempt; the share of attempts that fail. Retries are
    unlimited and independent of each other; what fails for a reason fails again.

    Formula: C / (1 - f).

    Source: mean of the geometric distribution; 20% failures cost a quarter more.

    >>> usd_with_retries(attempt_usd=1, failure_share=0.2)
    1.25
    """
    attempt = us_dollars("attempt_usd", attempt_usd)
    failed = number("failure_share", failure_share, "share", high=MAX_FAILURE_SHARE)
    return attempt / (1 - failed)


def usd_per_solved_task(*, task_usd: Number, quality: Number) -> Number:
    """What a task costs that was solved, the failed ones included in the bill.

    Units: US dollars per task; `quality` is the share of tasks that are solved.

    Formula: C / Q.

    Source: this course, lesson on tokens and money.

    >>> round(usd_per_solved_task(task_usd=0.0068, quality=0.95), 5)
    0.00716
    """
    cost = us_dollars("task_usd", task_usd)
    return cost / positive("quality", quality, "share", high=1)


def expected_loss_usd_per_1000(*, error_share: Number, error_usd: Number) -> Number:
    """What the errors of a thousand tasks cost.

    Units: the share of tasks that go wrong; US dollars that an error costs.

    Formula: 1000 p_err c_err.

    >>> expected_loss_usd_per_1000(error_share=0.05, error_usd=2)
    100.0
    """
    return 1000 * share("error_share", error_share) * us_dollars("error_usd", error_usd)


def affordable_error_share(*, budget_usd: Number, tasks: Number, error_usd: Number) -> Number:
    """The share of errors at which a budget for them is used up: the failure tolerance.

    Units: US dollars set aside for errors; tasks in the same period; US dollars that an
    error costs (above zero). A budget that covers an error in every task gives 1.

    Formula: p* = budget / (volume c_err), at most 1.

    Source: this course, lesson on clarifying questions.

    >>> affordable_error_share(budget_usd=1_000, tasks=100_000, error_usd=2)
    0.005
    """
    budget = us_dollars("budget_usd", budget_usd)
    volume = number("tasks", tasks, "tasks", low=1, high=1e15)
    each = number("error_usd", error_usd, "US dollars", low=1e-9, high=MAX_USD)
    return smaller(budget / (volume * each), 1.0)
