"""Formulas of the quiz 02-clarify-first: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.demand import peak_requests_per_s, requests_in_flight
from course_utils.calculators.design_choice import Design
from course_utils.calculators.solved_task import affordable_error_share
from course_utils.calculators.value_of_information import perfect_information_usd


def in_flight_at_the_peak(
    *,
    users: int,
    active_percent: float,
    questions_per_day: int,
    active_hours: float,
    peak_to_mean: float,
    seconds_each: float,
) -> float:
    """Requests in flight at the peak, on average: Little's law.

    The known answer is 11.25 for 30% of 10,000 people, 6 questions in 8 hours, three
    times as fast at the peak, 6 seconds each (lesson 02).

    >>> in_flight_at_the_peak(users=10_000, active_percent=30, questions_per_day=6,
    ...     active_hours=8, peak_to_mean=3, seconds_each=6)
    11.25
    """
    rate = peak_requests_per_s(
        users=users,
        active_share=active_percent / 100,
        requests_per_active_user=questions_per_day,
        active_hours=active_hours,
        peak_to_mean=peak_to_mean,
    )
    return requests_in_flight(arrivals_per_s=rate, seconds_per_request=seconds_each)


def affordable_error_percent(
    *, budget_usd: float, questions_per_month: int, error_usd: float
) -> float:
    """Percent of answers that may be wrong before a budget for errors is used up.

    100 * budget / (questions * cost of an error). The known answer is 4.4% for $5,000
    and 378,000 questions at $0.30 (lesson 02).

    >>> round(affordable_error_percent(budget_usd=5_000, questions_per_month=378_000,
    ...     error_usd=0.30), 1)
    4.4
    """
    return 100 * affordable_error_share(
        budget_usd=budget_usd, tasks=questions_per_month, error_usd=error_usd
    )


def worth_of_asking_usd_per_1000(
    *,
    cheap_design_usd: float,
    cheap_design_percent: float,
    dear_design_usd: float,
    dear_design_percent: float,
    low_error_usd: float,
    high_error_usd: float,
    low_percent: float,
) -> float:
    """Value of knowing the cost of an error, in US dollars per 1,000 tasks: EVPI.

    Prices are for 1,000 tasks. By hand for $2 and 80%, $12 and 90%, an error at $0.02
    (60%) or $0.50: without the answer $33.20, with it 0.6 x $6 + 0.4 x $62 = $28.40.

    >>> round(worth_of_asking_usd_per_1000(cheap_design_usd=2, cheap_design_percent=80,
    ...     dear_design_usd=12, dear_design_percent=90, low_error_usd=0.02,
    ...     high_error_usd=0.50, low_percent=60), 6)
    4.8
    """
    totals = _totals_usd_per_1000(
        (cheap_design_usd, cheap_design_percent),
        (dear_design_usd, dear_design_percent),
        (low_error_usd, high_error_usd),
    )
    shares = [low_percent / 100, 1 - low_percent / 100]
    return perfect_information_usd(
        totals_usd={str(i): row for i, row in enumerate(totals)}, shares=shares
    )


def _totals_usd_per_1000(
    cheap: tuple[float, float], dear: tuple[float, float], errors_usd: tuple[float, float]
) -> list[list[float]]:
    """The total of each of two designs (price per 1,000, percent solved) at each error cost."""
    designs = [Design(usd / 1000, percent / 100) for usd, percent in (cheap, dear)]
    return [[1000 * each.total_usd(error) for error in errors_usd] for each in designs]


def _by_parameters(parameters: dict[str, float]) -> tuple[list[list[float]], list[float]]:
    """Totals and shares of the item on the worth of asking."""
    totals = _totals_usd_per_1000(
        (parameters["cheap_design_usd"], parameters["cheap_design_percent"]),
        (parameters["dear_design_usd"], parameters["dear_design_percent"]),
        (parameters["low_error_usd"], parameters["high_error_usd"]),
    )
    low = parameters["low_percent"] / 100
    return totals, [low, 1 - low]


def everybody_at_once(**parameters: float) -> float:
    """Takes each active person for a request in flight."""
    return parameters["users"] * parameters["active_percent"] / 100


def affordable_times_error_percent(**parameters: float) -> float:
    """Multiplies by the cost of an error instead of dividing, so that dear errors are welcome."""
    share = affordable_error_percent(**{**parameters, "error_usd": 1})
    return share * parameters["error_usd"]


def affordable_share_right_percent(**parameters: float) -> float:
    """Gives the share that must be right."""
    return 100 - affordable_error_percent(**parameters)


def cost_when_asked_usd_per_1000(**parameters: float) -> float:
    """Stops at the mean cost with the answer and calls it the worth."""
    totals, shares = _by_parameters(parameters)
    best = [min(column) for column in zip(*totals, strict=True)]
    return sum(p * usd for p, usd in zip(shares, best, strict=True))


def worth_against_mean_design_usd_per_1000(**parameters: float) -> float:
    """Compares with the mean of the designs instead of with the best of them."""
    totals, shares = _by_parameters(parameters)
    means = [sum(p * usd for p, usd in zip(shares, row, strict=True)) for row in totals]
    return sum(means) / len(means) - cost_when_asked_usd_per_1000(**parameters)


def regret_without_chance_usd_per_1000(**parameters: float) -> float:
    """Takes the whole loss of the wrong design, whatever its probability."""
    totals, shares = _by_parameters(parameters)
    means = [sum(p * usd for p, usd in zip(shares, row, strict=True)) for row in totals]
    blind = totals[means.index(min(means))]
    best = [min(column) for column in zip(*totals, strict=True)]
    return max(paid - least for paid, least in zip(blind, best, strict=True))


RIGHT = (
    in_flight_at_the_peak,
    affordable_error_percent,
    worth_of_asking_usd_per_1000,
)

WRONG = (
    everybody_at_once,
    affordable_times_error_percent,
    affordable_share_right_percent,
    cost_when_asked_usd_per_1000,
    worth_against_mean_design_usd_per_1000,
    regret_without_chance_usd_per_1000,
)
