"""How often the whole is up, and whether a second provider is worth its price."""

from __future__ import annotations

import math
from collections.abc import Sequence

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.validate import Number, number, share

HOURS_PER_MONTH = 365 * 24 / 12


def in_series(availabilities: Sequence[Number]) -> Number:
    """How often all of several parts are up that are all needed.

    Units: shares of the time. The parts fail independently of each other.

    Formula: product of A_i.

    Source: system-design-primer, "Availability in parallel vs in sequence": 99.9%
    twice is 99.8%; this course: five parts at 99.9% are up 99.50% of the time.

    >>> round(in_series([0.999, 0.999]), 3), round(in_series([0.999] * 5), 4)
    (0.998, 0.995)
    """
    return math.prod(_parts(availabilities))


def in_parallel(availabilities: Sequence[Number]) -> Number:
    """How often at least one of several parts is up of which one suffices.

    Units: shares of the time. The parts fail independently of each other, a failure is
    detected at once and the switch takes no time.

    Formula: 1 - product of (1 - A_i).

    Source: system-design-primer, "Availability in parallel vs in sequence": 99.9%
    twice is 99.9999%; this course: two model providers at 99.5% are 99.9975%.

    >>> round(in_parallel([0.999, 0.999]), 6), round(in_parallel([0.995, 0.995]), 6)
    (0.999999, 0.999975)
    """
    return 1 - math.prod(1 - part for part in _parts(availabilities))


def with_fallback(
    *,
    primary_availability: Number,
    fallback_availability: Number,
    shared_outage_share: Number = 0.0,
) -> Number:
    """How often a part is up that has a fallback, where some outages hit both.

    Units: shares of the time; `shared_outage_share` is the share of the primary's
    outages that take the fallback down too (same cloud, same region, same prompt).
    In the others the fallback is up as often as ever; the switch takes no time.

    Formula: A_1 + (1 - A_1) (1 - b) A_2. With b = 0 both are independent, and it is
    1 - (1 - A_1) (1 - A_2).

    Source: this course: two independent providers at 99.5% are up 99.9975% of the
    time; the form with b is the beta-factor model of common-cause failures.

    >>> round(with_fallback(primary_availability=0.995, fallback_availability=0.995), 6)
    0.999975
    """
    first = share("primary_availability", primary_availability)
    second = share("fallback_availability", fallback_availability)
    shared = share("shared_outage_share", shared_outage_share)
    return first + (1 - first) * (1 - shared) * second


def downtime_hours_per_month(availability: Number) -> Number:
    """Hours a month (of 730 hours) in which the system is down.

    >>> round(downtime_hours_per_month(0.995), 2)
    3.65
    """
    return (1 - share("availability", availability)) * HOURS_PER_MONTH


def fallback_or_not(
    *,
    primary_availability: float,
    fallback_availability: float,
    rest_availability: float,
    requests_per_month: float,
    lost_request_usd: float,
    fallback_usd_per_month: float,
    shared_outage_share: float = 0.0,
) -> Decision:
    """Whether a second provider is worth its price.

    Units: shares of the time (`rest_availability` is that of everything else in the
    path); requests per month; US dollars that a lost request costs; US dollars a month
    that it takes to keep the fallback ready (contract, tests, prompts for two models).

    Formula: add it iff requests dA c_lost > c_fallback, where dA is what the fallback
    adds to the availability of the whole. The threshold is the cost of a lost request
    at which both are equal.

    Source: this course: a model at 99.5% and four parts at 99.9% are up 99.10% of
    the time, with a second independent provider 99.60%.

    >>> decision = fallback_or_not(primary_availability=0.995, fallback_availability=0.995,
    ...     rest_availability=0.999**4, requests_per_month=1_000_000, lost_request_usd=0.5,
    ...     fallback_usd_per_month=2_000)
    >>> round(decision.values["availability"], 4), round(decision.values["with_fallback"], 4)
    (0.991, 0.996)
    >>> decision.choice, round(decision.threshold_value, 2)
    ('add the fallback', 0.4)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    first = share("primary_availability", primary_availability)
    rest = share("rest_availability", rest_availability)
    requests = validate.positive(
        "requests_per_month", requests_per_month, "requests per month", high=1e15
    )
    lost = number("lost_request_usd", lost_request_usd, "US dollars", high=1e9)
    price = validate.positive(
        "fallback_usd_per_month", fallback_usd_per_month, "US dollars per month", high=1e12
    )
    both = with_fallback(
        primary_availability=first,
        fallback_availability=fallback_availability,
        shared_outage_share=shared_outage_share,
    )
    saved_requests = requests * rest * (both - first)
    threshold = price / saved_requests if saved_requests > 0 else None
    # Compared with the threshold itself, so that rounding cannot part the two.
    add = threshold is not None and lost > threshold
    return Decision(
        choice="add the fallback" if add else "stay with one provider",
        values={
            "availability": rest * first,
            "with_fallback": rest * both,
            "downtime_hours_per_month": downtime_hours_per_month(rest * first),
            "downtime_with_fallback_hours_per_month": downtime_hours_per_month(rest * both),
            "saved_requests_per_month": saved_requests,
            "benefit_usd_per_month": saved_requests * lost,
            "cost_usd_per_month": price,
            "net_usd_per_month": saved_requests * lost - price,
        },
        binding_role="benefit" if add else "cost",
        binding_label="requests saved" if add else "price of the fallback",
        threshold_name="cost of a lost request at which the fallback pays",
        threshold_value=threshold,
        threshold_unit="US dollars",
        sentence=_sentence(add, rest * first, rest * both, saved_requests * lost, price, threshold),
    )


def _sentence(
    add: bool, before: float, after: float, benefit: float, price: float, threshold: float | None
) -> str:
    cost = f"{words.dollars(price)} a month"
    if threshold is None:
        return (
            f"I choose to stay with one provider, because the second would be down in every outage "
            f"of the first and cost {cost}; I would switch when it shares fewer of them."
        )
    rise = f"availability from {nines(before)} to {nines(after)}"
    if add:
        return (
            f"I choose to add a fallback, because it lifts {rise} and saves requests worth "
            f"{words.dollars(benefit)} a month at a cost of {cost}; I would switch when a lost "
            f"request costs less than {words.dollars(threshold)}."
        )
    return (
        f"I choose to stay with one provider, because lifting {rise} saves requests worth "
        f"{words.dollars(benefit)} a month at a cost of {cost}; I would switch when a lost request "
        f"costs more than {words.dollars(threshold)}."
    )


def nines(availability: float) -> str:
    """An availability as a percentage, with the digits in which it differs from 100.

    >>> nines(0.991018), nines(0.995975), nines(0.999975), nines(1.0)
    ('99.1%', '99.6%', '99.9975%', '100%')
    """
    down_percent = 100 * (1 - availability)
    if down_percent <= 0:
        return "100%"
    places = max(1 - math.floor(math.log10(down_percent)), 0)
    text = f"{100 - down_percent:.{places}f}"
    return f"{text.rstrip('0').rstrip('.')}%" if "." in text else f"{text}%"


def _parts(availabilities: Sequence[Number]) -> list[Number]:
    if not isinstance(availabilities, Sequence) or isinstance(availabilities, str):
        raise ValueError(
            f"availabilities = {availabilities!r}: give a list of shares from 0 to 1, one a part"
        )
    if not availabilities:
        raise ValueError("availabilities is empty: give a list of shares from 0 to 1, one a part")
    return [share(f"availabilities[{i}]", value) for i, value in enumerate(availabilities)]
