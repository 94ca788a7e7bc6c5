"""Formulas of the quiz 06-caching-economics: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.money import request_cost
from course_utils.calculators.prefix_cache import (
    break_even_hit_rate,
    burst_units,
    transcript_cost,
)
from course_utils.calculators.semantic_cache import wrong_hit_limit

# So long a silence that nothing of the last sitting is left.
FAR_APART_MINUTES = 1e6


def _sitting_units(calls: float, write: float, read: float) -> float:
    return burst_units(
        calls_per_burst=calls,
        mean_gap_minutes=FAR_APART_MINUTES,
        lifetime_minutes=5,
        write_multiplier=write,
        read_multiplier=read,
    )


def bill_cut_percent(
    *,
    rules_tokens: int,
    document_tokens: int,
    question_tokens: int,
    output_tokens: int,
    calls: int,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
    write_multiplier: float,
    read_multiplier: float,
) -> float:
    """By how much the bill for a question falls when a sitting shares a document.

    Rules are read, the document is written once in a sitting, the rest is paid in full.
    The known answer is 55% for six questions with 32,000 tokens (lesson 06).

    >>> round(bill_cut_percent(rules_tokens=1980, document_tokens=24_000,
    ...     question_tokens=6020, output_tokens=400, calls=6, input_usd_per_mtok=3,
    ...     output_usd_per_mtok=15, write_multiplier=1.25, read_multiplier=0.1), 1)
    55.2
    """
    units = _sitting_units(calls, write_multiplier, read_multiplier) / calls
    prices = {
        "output_tokens": output_tokens,
        "input_usd_per_mtok": input_usd_per_mtok,
        "output_usd_per_mtok": output_usd_per_mtok,
    }
    fresh = rules_tokens + document_tokens + question_tokens
    paid = rules_tokens * read_multiplier + document_tokens * units + question_tokens
    without, with_cache = (
        request_cost(context_tokens=tokens, **prices).total_usd for tokens in (fresh, paid)
    )
    return 100 * (1 - with_cache / without)


def hit_rate_that_pays_percent(
    *, input_usd_per_mtok: float, write_usd_per_mtok: float, read_usd_per_mtok: float
) -> float:
    """Hit rate above which a prefix cache pays, in percent.

    (w - 1) / (w - r). The known answer is 21.74% at $3, $3.75 and $0.30 (lesson 06).

    >>> round(hit_rate_that_pays_percent(input_usd_per_mtok=3, write_usd_per_mtok=3.75,
    ...     read_usd_per_mtok=0.3), 2)
    21.74
    """
    return 100 * break_even_hit_rate(
        write_multiplier=write_usd_per_mtok / input_usd_per_mtok,
        read_multiplier=read_usd_per_mtok / input_usd_per_mtok,
    )


def sitting_saving_percent(*, calls: int, write_multiplier: float, read_multiplier: float) -> float:
    """How much less a prefix costs in a sitting with the cache, in percent.

    1 - (w + (n - 1) r) / n. The known answer is 71% for six calls at 1.25 and 0.1.

    >>> round(sitting_saving_percent(calls=6, write_multiplier=1.25, read_multiplier=0.1), 1)
    70.8
    """
    return 100 * (1 - _sitting_units(calls, write_multiplier, read_multiplier) / calls)


def transcript_tokens(*, steps: int, first_tokens: int, added_tokens: int) -> float:
    """Input tokens of an agent that sends its whole transcript at each step.

    S T0 + g S (S - 1) / 2. The known answer is 345,000 for 20 steps (lesson 06).

    >>> transcript_tokens(steps=20, first_tokens=3000, added_tokens=1500)
    345000.0
    """
    return transcript_cost(
        steps=steps,
        first_context_tokens=first_tokens,
        added_tokens_per_step=added_tokens,
        output_tokens_per_step=0,
        input_usd_per_mtok=1,
        cached_input_usd_per_mtok=1,
        cache_write_usd_per_mtok=1,
        output_usd_per_mtok=1,
    ).input_tokens


def wrong_hits_allowed_percent(
    *, fresh_cents: float, lookup_cents: float, hit_percent: float, error_usd: float
) -> float:
    """Share of hits that may be wrong before a semantic cache loses, in percent.

    (c_miss - c_lookup / h) / c_err. The known answer is 2.03% at 10.2 cents, a look-up
    of 0.01 cents, hits on 20% and $5 an error (lesson 06).

    >>> round(wrong_hits_allowed_percent(fresh_cents=10.2, lookup_cents=0.01,
    ...     hit_percent=20, error_usd=5), 2)
    2.03
    """
    return 100 * wrong_hit_limit(
        hit_rate=hit_percent / 100,
        miss_cost_usd=fresh_cents / 100,
        hit_cost_usd=0,
        lookup_cost_usd=lookup_cents / 100,
        error_cost_usd=error_usd,
    )


def premium_over_saving_percent(
    *, input_usd_per_mtok: float, write_usd_per_mtok: float, read_usd_per_mtok: float
) -> float:
    """Weighs a miss's premium against a hit's saving, as if they came equally often."""
    premium = write_usd_per_mtok - input_usd_per_mtok
    return 100 * premium / (input_usd_per_mtok - read_usd_per_mtok)


def premium_alone_percent(**parameters: float) -> float:
    """Takes the premium of a write for the hit rate, as if a hit were free of charge."""
    fresh = parameters["input_usd_per_mtok"]
    return 100 * (parameters["write_usd_per_mtok"] / fresh - 1)


def miss_rate_percent(**parameters: float) -> float:
    """Gives the share that may miss instead of the share that has to hit."""
    return 100 - hit_rate_that_pays_percent(**parameters)


def read_discount_percent(*, calls: int, write_multiplier: float, read_multiplier: float) -> float:
    """Takes the discount of a read for that of the sitting."""
    return 100 * (1 - read_multiplier)


def free_first_write_percent(
    *, calls: int, write_multiplier: float, read_multiplier: float
) -> float:
    """Charges the first call as fresh input and forgets the premium of a write."""
    return sitting_saving_percent(calls=calls, write_multiplier=1, read_multiplier=read_multiplier)


def last_context_tokens(*, steps: int, first_tokens: int, added_tokens: int) -> float:
    """Counts the last context alone, as if each token were sent once."""
    return first_tokens + added_tokens * (steps - 1)


def every_step_full_tokens(**parameters: int) -> float:
    """Counts each step as long as the last one: twice the growth."""
    return parameters["steps"] * last_context_tokens(**parameters)


def contexts_stay_short_tokens(*, steps: int, first_tokens: int, added_tokens: int) -> float:
    """Sends the first context and the new tokens at each step, without what lies between."""
    return steps * (first_tokens + added_tokens)


def lookup_once_a_hit_percent(**parameters: float) -> float:
    """Charges the look-up to hits alone, though every question is looked up."""
    return wrong_hits_allowed_percent(**{**parameters, "hit_percent": 100})


def hits_of_all_percent(**parameters: float) -> float:
    """Gives the wrong answers among all questions instead of among the hits."""
    return wrong_hits_allowed_percent(**parameters) * parameters["hit_percent"] / 100


RIGHT = (
    bill_cut_percent,
    hit_rate_that_pays_percent,
    sitting_saving_percent,
    transcript_tokens,
    wrong_hits_allowed_percent,
)

WRONG = (
    premium_over_saving_percent,
    premium_alone_percent,
    miss_rate_percent,
    read_discount_percent,
    free_first_write_percent,
    last_context_tokens,
    every_step_full_tokens,
    contexts_stay_short_tokens,
    lookup_once_a_hit_percent,
    hits_of_all_percent,
)
