"""A semantic cache: answers kept for similar questions, and the wrong ones among them."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.total_cost import MAX_ERROR_USD, error_usd, request_usd
from course_utils.calculators.validate import Number, number, positive, share


def semantic_cache_gain_usd(
    *,
    hit_rate: Number,
    miss_cost_usd: Number,
    hit_cost_usd: Number,
    lookup_cost_usd: Number,
    wrong_hit_share: Number,
    error_cost_usd: Number,
) -> Number:
    """What a semantic cache saves per request; negative where it loses.

    Units: share of requests that hit; US dollars for a fresh answer, for serving a kept
    one, and for looking up, which every request pays; `wrong_hit_share` is the error
    rate of a hit less that of a fresh answer; US dollars per wrong answer.

    Formula: h (c_miss - c_hit - w_wrong c_err) - c_lookup.

    Source: this course, lesson on caching. With c_miss - c_hit = $0.0098 and $0.25 per
    wrong answer, hits of which 3.92% are wrong save nothing.

    >>> round(semantic_cache_gain_usd(hit_rate=0.3, miss_cost_usd=0.0098, hit_cost_usd=0,
    ...     lookup_cost_usd=0, wrong_hit_share=0.0392, error_cost_usd=0.25), 12)
    0.0
    """
    hits = share("hit_rate", hit_rate)
    miss = request_usd("miss_cost_usd", miss_cost_usd)
    hit = request_usd("hit_cost_usd", hit_cost_usd)
    lookup = request_usd("lookup_cost_usd", lookup_cost_usd)
    wrong = share("wrong_hit_share", wrong_hit_share)
    return hits * (miss - hit - wrong * error_usd("error_cost_usd", error_cost_usd)) - lookup


def wrong_hit_limit(
    *,
    hit_rate: Number,
    miss_cost_usd: Number,
    hit_cost_usd: Number,
    lookup_cost_usd: Number,
    error_cost_usd: Number,
) -> Number:
    """The share of wrong hits above which a semantic cache loses money.

    Units: as in `semantic_cache_gain_usd`, with a hit rate and an error cost above zero.
    A limit below 0 means that the cache loses even if every hit is right; above 1, that
    it pays even if every hit is wrong.

    Formula: (c_miss - c_hit - c_lookup / h) / c_err.

    Source: this course: 3.9% where a hit saves $0.0098 and a wrong answer costs $0.25.

    >>> limit = wrong_hit_limit(hit_rate=0.3, miss_cost_usd=0.0098, hit_cost_usd=0,
    ...     lookup_cost_usd=0, error_cost_usd=0.25)
    >>> round(100 * limit, 1)
    3.9
    """
    hits = number("hit_rate", hit_rate, "share", high=1, above=True)
    miss = request_usd("miss_cost_usd", miss_cost_usd)
    hit = request_usd("hit_cost_usd", hit_cost_usd)
    lookup = request_usd("lookup_cost_usd", lookup_cost_usd)
    error_cost = positive("error_cost_usd", error_cost_usd, "US dollars", high=MAX_ERROR_USD)
    return (miss - hit - lookup / hits) / error_cost


def semantic_cache_or_not(
    *,
    hit_rate: float,
    miss_cost_usd: float,
    hit_cost_usd: float,
    lookup_cost_usd: float,
    wrong_hit_share: float,
    error_cost_usd: float,
) -> Decision:
    """Whether to answer similar questions from a semantic cache.

    Units: as in `semantic_cache_gain_usd`; a hit costs no more than a fresh answer.

    Formula: use it iff w_wrong < (c_miss - c_hit - c_lookup / h) / c_err. There is no
    threshold where that is not a share: then no rate of wrong hits flips the choice.

    Source: `wrong_hit_limit`.

    >>> decision = semantic_cache_or_not(hit_rate=0.3, miss_cost_usd=0.0098, hit_cost_usd=0,
    ...     lookup_cost_usd=0, wrong_hit_share=0.05, error_cost_usd=0.25)
    >>> decision.choice, round(100 * decision.threshold_value, 1)
    ('answer each question afresh', 3.9)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    gain = semantic_cache_gain_usd(**arguments)
    hits, wrong, miss = float(hit_rate), float(wrong_hit_share), float(miss_cost_usd)
    number("hit_cost_usd", hit_cost_usd, "US dollars, no more than a fresh answer", high=miss)
    saved = 1000 * hits * (miss - hit_cost_usd)
    lookups, errors = 1000 * float(lookup_cost_usd), 1000 * hits * wrong * error_cost_usd
    use, threshold = saved > lookups, None
    if hits > 0 and error_cost_usd > 0:
        limit = wrong_hit_limit(
            hit_rate=hit_rate,
            miss_cost_usd=miss_cost_usd,
            hit_cost_usd=hit_cost_usd,
            lookup_cost_usd=lookup_cost_usd,
            error_cost_usd=error_cost_usd,
        )
        # Compared with the threshold itself, so that rounding cannot part the two.
        use = wrong < limit
        threshold = limit if 0 < limit <= 1 else None
    role = "saved_calls" if use else "wrong_hits" if errors > lookups else "lookups"
    return Decision(
        choice="use the semantic cache" if use else "answer each question afresh",
        values={
            "saved_calls_usd_per_1000_requests": saved,
            "wrong_hits_usd_per_1000_requests": errors,
            "lookups_usd_per_1000_requests": lookups,
            "gain_usd_per_1000_requests": 1000 * gain,
        },
        binding_role=role,
        binding_label={
            "saved_calls": "model calls saved",
            "wrong_hits": "wrong hits",
            "lookups": "look-ups",
        }[role],
        threshold_name="share of wrong hits at which the cache saves nothing",
        threshold_value=threshold,
        threshold_unit="share",
        sentence=_sentence(use, saved, errors, lookups, threshold),
    )


def _sentence(
    use: bool, saved: float, errors: float, lookups: float, threshold: float | None
) -> str:
    terms = (
        f"per 1,000 requests it saves model calls of {words.dollars(saved)} at a cost of "
        f"{words.dollars(errors)} in wrong hits and {words.dollars(lookups)} in look-ups"
    )
    if use:
        first = f"I choose the semantic cache, because {terms}; "
        if threshold is None:
            return first + "I would not switch at any share of wrong hits."
        return first + (
            f"I would switch when {words.percent(threshold)} of the hits or more are wrong."
        )
    first = f"I choose to answer each question afresh, without a semantic cache, because {terms}; "
    if threshold is None:
        return first + "I would not switch even if every hit were right."
    return first + (
        f"I would switch when fewer than {words.percent(threshold)} of the hits are wrong."
    )
