"""Formulas of the quiz 09-larger-model: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.cascade import (
    break_even_accept_share,
    cascade_cost_usd,
    cascade_latency_s,
    cascade_quality,
)


def share_that_saves_percent(
    *, small_cents: float, check_cents: float, large_cents: float
) -> float:
    """Accepted answers above which a cascade's calls cost less than the large model's.

    (c_s + c_v) / c_L. The known answer is 12.5% at 0.07, 0.015 and 0.68 cents (lesson 09).

    >>> round(share_that_saves_percent(small_cents=0.07, check_cents=0.015, large_cents=0.68), 1)
    12.5
    """
    return 100 * break_even_accept_share(
        small_cost_usd=small_cents / 100,
        check_cost_usd=check_cents / 100,
        large_cost_usd=large_cents / 100,
    )


def cascade_thousand_usd(
    *, small_cents: float, check_cents: float, large_cents: float, accepted_percent: float
) -> float:
    """What 1,000 questions cost in the calls of a cascade, in US dollars.

    c_s + c_v + (1 - a) c_L. The known answer is $3.40 at 62.5% accepted (lesson 09).

    >>> round(cascade_thousand_usd(small_cents=0.07, check_cents=0.015, large_cents=0.68,
    ...     accepted_percent=62.5), 2)
    3.4
    """
    return 1000 * cascade_cost_usd(
        small_cost_usd=small_cents / 100,
        check_cost_usd=check_cents / 100,
        large_cost_usd=large_cents / 100,
        accept_share=accepted_percent / 100,
    )


def cascade_right_percent(
    *,
    accepted_percent: float,
    accepted_right_percent: float,
    large_right_percent: float,
    escalated_right_percent: float,
) -> float:
    """How often a cascade is right, in percent.

    a Q_s|accepted + (1 - a) Q_L|escalated; the mean of the large model is not in it. The
    known answer is 94.4% at 60% accepted, 98% and 89% (lesson 09).

    >>> round(cascade_right_percent(accepted_percent=60, accepted_right_percent=98,
    ...     large_right_percent=95, escalated_right_percent=89), 1)
    94.4
    """
    return 100 * cascade_quality(
        accept_share=accepted_percent / 100,
        accepted_quality=accepted_right_percent / 100,
        escalated_quality=escalated_right_percent / 100,
    )


def cascade_first_word_s(
    *, small_s: float, check_s: float, large_first_s: float, escalated_percent: float
) -> float:
    """The 95th percentile of the wait for the first word of a cascade, in seconds.

    The whole small answer and the check, and the first token of the large model on top
    where more than 5% escalate. The known answer is 3.6 s in the lesson's example.

    >>> round(cascade_first_word_s(small_s=2.4, check_s=0.3, large_first_s=0.9,
    ...     escalated_percent=37.5), 1)
    3.6
    """
    return cascade_latency_s(
        small_s=small_s,
        check_s=check_s,
        large_s=large_first_s,
        accept_share=1 - escalated_percent / 100,
        quantile=0.95,
    )


def needless_calls(*, small_cents: float, large_cents: float, error_cents: float) -> float:
    """How many needless large calls one missed hard question costs.

    (c_err - (c_L - c_s)) / (c_L - c_s). The known answer is 40 at 25 cents (lesson 09).

    >>> round(needless_calls(small_cents=0.07, large_cents=0.68, error_cents=25))
    40
    """
    extra = large_cents - small_cents
    return (error_cents - extra) / extra


def escalated_pay_once_usd(
    *, small_cents: float, check_cents: float, large_cents: float, accepted_percent: float
) -> float:
    """Charges an escalated question the large call alone, as a router would."""
    accepted = accepted_percent / 100
    return 10 * (accepted * (small_cents + check_cents) + (1 - accepted) * large_cents)


def accepted_pay_large_usd(**parameters: float) -> float:
    """Takes the accepted answers for the ones that pay the large call."""
    return cascade_thousand_usd(
        **{**parameters, "accepted_percent": 100 - parameters["accepted_percent"]}
    )


def mean_on_escalated_percent(**parameters: float) -> float:
    """Takes the mean of the large model for its quality on what escalates."""
    return cascade_right_percent(
        **{**parameters, "escalated_right_percent": parameters["large_right_percent"]}
    )


def unweighted_right_percent(**parameters: float) -> float:
    """Averages the two qualities as if half of the questions escalated."""
    return (parameters["accepted_right_percent"] + parameters["escalated_right_percent"]) / 2


def large_has_the_last_word_percent(**parameters: float) -> float:
    """Takes the cascade to be as good as the model it falls back on."""
    return parameters["large_right_percent"]


def mean_first_word_s(
    *, small_s: float, check_s: float, large_first_s: float, escalated_percent: float
) -> float:
    """Gives the mean, with the large model's part weighted by how many escalate."""
    return small_s + check_s + escalated_percent / 100 * large_first_s


def large_first_word_s(**parameters: float) -> float:
    """Leaves out that the small answer and the check came before."""
    return parameters["large_first_s"]


def error_over_large_calls(*, small_cents: float, large_cents: float, error_cents: float) -> float:
    """Divides by a whole large call, though a needless one costs the difference."""
    return error_cents / large_cents


def saved_call_forgotten_calls(
    *, small_cents: float, large_cents: float, error_cents: float
) -> float:
    """Leaves out that the miss itself saved a large call."""
    return error_cents / (large_cents - small_cents)


def mistakes_weigh_alike_calls(**parameters: float) -> float:
    """Counts both mistakes of a router as one each."""
    return 1.0


RIGHT = (
    share_that_saves_percent,
    cascade_thousand_usd,
    cascade_right_percent,
    cascade_first_word_s,
    needless_calls,
)

WRONG = (
    escalated_pay_once_usd,
    accepted_pay_large_usd,
    mean_on_escalated_percent,
    unweighted_right_percent,
    large_has_the_last_word_percent,
    mean_first_word_s,
    large_first_word_s,
    error_over_large_calls,
    saved_call_forgotten_calls,
    mistakes_weigh_alike_calls,
)
