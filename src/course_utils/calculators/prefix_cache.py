"""A prefix cache: whether it pays, how long to keep a prefix, and what an agent saves."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.elementwise import exp, expm1, log
from course_utils.calculators.money import MAX_USD_PER_MTOK, usd_per_mtok
from course_utils.calculators.piecewise import ratio
from course_utils.calculators.validate import Number, floor, number, positive, share, tokens

MAX_WRITE_MULTIPLIER = 100.0
# A cache that reads at the price of fresh input is none.
MAX_READ_MULTIPLIER = 0.99
MAX_MINUTES = 1e6
MAX_CALLS = 1e6
MAX_STEPS = 10_000

TIMES_FRESH = "times the price of fresh input"


def write_factor(name: str, value: Number) -> Number:
    """What a token written to the cache costs, in units of a fresh one."""
    return number(name, value, TIMES_FRESH, low=1, high=MAX_WRITE_MULTIPLIER)


def read_factor(name: str, value: Number) -> Number:
    """What a token read from the cache costs, in units of a fresh one."""
    return number(name, value, TIMES_FRESH, high=MAX_READ_MULTIPLIER)


def minutes(name: str, value: Number) -> Number:
    """A time above zero in minutes."""
    return positive(name, value, "minutes", high=MAX_MINUTES)


def cached_input_multiplier(
    *, hit_rate: Number, write_multiplier: Number, read_multiplier: Number
) -> Number:
    """What a prefix token costs on average with the cache, in units of a fresh one.

    Units: `hit_rate` is the share of requests that find the prefix; the multipliers are
    times the price of fresh input (the catalog's price of a cache write, or of cached
    input, over that of input).

    Formula: h r + (1 - h) w; every miss writes.

    Source: the vendors' documentation of prompt caching (Anthropic; OpenAI from GPT-5.6
    on): writes at 1.25 for five minutes or 2 for an hour, reads at 0.1.

    >>> round(cached_input_multiplier(hit_rate=0.9, write_multiplier=1.25,
    ...     read_multiplier=0.1), 3)
    0.215
    """
    hits = share("hit_rate", hit_rate)
    write = write_factor("write_multiplier", write_multiplier)
    read = read_factor("read_multiplier", read_multiplier)
    return hits * read + (1 - hits) * write


def break_even_hit_rate(*, write_multiplier: Number, read_multiplier: Number) -> Number:
    """The hit rate above which a prefix cache pays.

    Units: times the price of fresh input.

    Formula: h* = (w - 1) / (w - r), where h r + (1 - h) w = 1.

    Source: this course, from the multipliers that the vendors document: 21.74% for the
    five-minute cache and 52.63% for the one-hour cache.

    >>> round(100 * break_even_hit_rate(write_multiplier=1.25, read_multiplier=0.1), 2)
    21.74
    >>> round(100 * break_even_hit_rate(write_multiplier=2, read_multiplier=0.1), 2)
    52.63
    """
    write = write_factor("write_multiplier", write_multiplier)
    read = read_factor("read_multiplier", read_multiplier)
    return (write - 1) / (write - read)


def uses_to_pay(*, write_multiplier: Number, read_multiplier: Number) -> Number:
    """The uses of a prefix, the first one writing it, from which the cache is the cheaper.

    Units: times the price of fresh input; uses within the lifetime.

    Formula: the smallest whole u with w + (u - 1) r < u, which is above (w - r) / (1 - r).

    Source: this course: 2 uses at 1.25 and 0.1, 3 uses at 2 and 0.1.

    >>> uses_to_pay(write_multiplier=1.25, read_multiplier=0.1)
    2.0
    >>> uses_to_pay(write_multiplier=2, read_multiplier=0.1)
    3.0
    """
    write = write_factor("write_multiplier", write_multiplier)
    read = read_factor("read_multiplier", read_multiplier)
    # 1.9 and 0.1 break even at 2 uses, and floats must not make that 1.9999.
    return floor((write - read) / (1 - read) + 1e-9) + 1


def poisson_hit_rate(*, mean_gap_minutes: Number, lifetime_minutes: Number) -> Number:
    """The hit rate under steady, independent arrivals when each hit renews the lifetime.

    Units: minutes; the gap is the mean time between two uses of the prefix.

    Formula: h = 1 - e^(-lambda tau), the chance that a gap is shorter than the lifetime.

    Source: a Poisson process has exponential gaps. Known: a gap
    exceeds its mean with probability 1/e, so that a lifetime of one mean gap gives 63.2%.

    >>> round(poisson_hit_rate(mean_gap_minutes=5, lifetime_minutes=5), 3)
    0.632
    """
    gap = minutes("mean_gap_minutes", mean_gap_minutes)
    lifetime = minutes("lifetime_minutes", lifetime_minutes)
    return -expm1(-lifetime / gap)


def mean_gap_limit_minutes(
    *,
    lifetime_minutes: Number,
    write_multiplier: Number,
    read_multiplier: Number,
    calls_per_burst: Number = 1.0,
) -> Number:
    """The mean gap between bursts below which caching pays; infinite where it pays at any.

    Units: minutes; times the price of fresh input; calls in a burst, which follow each
    other within the lifetime (1 is a steady Poisson stream).

    Formula: G = tau / ln((w - r) / (n (1 - r))), where `burst_units` is n.

    Source: this course: 20.4 minutes for the five-minute cache and 80.3 minutes for the
    one-hour cache, steady arrivals.

    >>> round(mean_gap_limit_minutes(lifetime_minutes=5, write_multiplier=1.25,
    ...     read_multiplier=0.1), 1)
    20.4
    >>> round(mean_gap_limit_minutes(lifetime_minutes=60, write_multiplier=2,
    ...     read_multiplier=0.1), 1)
    80.3
    """
    lifetime = minutes("lifetime_minutes", lifetime_minutes)
    write = write_factor("write_multiplier", write_multiplier)
    read = read_factor("read_multiplier", read_multiplier)
    calls = number("calls_per_burst", calls_per_burst, "calls", low=1, high=MAX_CALLS)
    return ratio(lifetime, log((write - read) / (calls * (1 - read))))


def burst_units(
    *,
    calls_per_burst: Number,
    mean_gap_minutes: Number,
    lifetime_minutes: Number,
    write_multiplier: Number,
    read_multiplier: Number,
) -> Number:
    """What the prefix costs in one burst of calls, in units of one fresh prefix.

    Units: calls in a burst, which follow each other within the lifetime; minutes of
    silence from one burst to the next (mean of an exponential); times the price of
    fresh input. Without a cache a burst costs as many units as it has calls.

    Formula: n r + (w - r) e^(-tau/G); only the first call of a burst can miss.

    Source: this course: six calls and then silence cost 1.75 units with a write at 1.25,
    and 2.5 with a write at 2.

    >>> burst = {"calls_per_burst": 6, "mean_gap_minutes": 1e6, "read_multiplier": 0.1}
    >>> round(burst_units(lifetime_minutes=5, write_multiplier=1.25, **burst), 2)
    1.75
    >>> round(burst_units(lifetime_minutes=60, write_multiplier=2, **burst), 2)
    2.5
    """
    calls = number("calls_per_burst", calls_per_burst, "calls", low=1, high=MAX_CALLS)
    write = write_factor("write_multiplier", write_multiplier)
    read = read_factor("read_multiplier", read_multiplier)
    hits = poisson_hit_rate(mean_gap_minutes=mean_gap_minutes, lifetime_minutes=lifetime_minutes)
    return calls * read + (write - read) * (1 - hits)


def lifetime_switch_minutes(
    *,
    short_lifetime_minutes: Number,
    long_lifetime_minutes: Number,
    short_write_multiplier: Number,
    long_write_multiplier: Number,
    read_multiplier: Number,
) -> Number:
    """The mean gap below which the longer lifetime is the cheaper, whatever the bursts.

    Units: minutes; times the price of fresh input. Infinite where the longer one costs
    no more to write.

    Formula: G* = (tau_long - tau_short) / ln((w_long - r) / (w_short - r)).

    Source: this course: 109.5 minutes for one hour at 2 against five minutes at 1.25.

    >>> round(lifetime_switch_minutes(short_lifetime_minutes=5, long_lifetime_minutes=60,
    ...     short_write_multiplier=1.25, long_write_multiplier=2, read_multiplier=0.1), 1)
    109.5
    """
    short = minutes("short_lifetime_minutes", short_lifetime_minutes)
    long = minutes("long_lifetime_minutes", long_lifetime_minutes)
    positive("long_lifetime_minutes - short_lifetime_minutes", long - short, "minutes")
    write_short = write_factor("short_write_multiplier", short_write_multiplier)
    write_long = write_factor("long_write_multiplier", long_write_multiplier)
    number("long_write_multiplier - short_write_multiplier", write_long - write_short, TIMES_FRESH)
    read = read_factor("read_multiplier", read_multiplier)
    return ratio(long - short, log((write_long - read) / (write_short - read)))


@dataclass(frozen=True)
class TranscriptCost:
    """US dollars for all steps of an agent, without and with a prefix cache."""

    input_tokens: Number
    uncached_input_usd: Number
    cached_input_usd: Number
    output_usd: Number

    @property
    def uncached_usd(self) -> Number:
        return self.uncached_input_usd + self.output_usd

    @property
    def cached_usd(self) -> Number:
        return self.cached_input_usd + self.output_usd


def transcript_cost(
    *,
    steps: Number,
    first_context_tokens: Number,
    added_tokens_per_step: Number,
    output_tokens_per_step: Number,
    input_usd_per_mtok: Number,
    cached_input_usd_per_mtok: Number,
    cache_write_usd_per_mtok: Number,
    output_usd_per_mtok: Number,
) -> TranscriptCost:
    """What an agent costs that sends its whole transcript again at every step.

    Units: model calls; tokens of the first call's context; tokens that each step adds to
    the context of the next one; tokens of output per call; US dollars per million tokens.
    With the cache a step writes its new tokens only and reads the rest; no entry expires.

    Formula: without a cache S T0 + g S (S - 1) / 2 input tokens, quadratic in the steps;
    with it T0 + (S - 1) g of them are written and the others read.

    Source: this course: 20 steps from 3,000 tokens, 1,500 more and 200 of output a step,
    at $3 and $15: 345,000 tokens of input; $1.095 without a cache, $0.272 with one.

    >>> cost = transcript_cost(steps=20, first_context_tokens=3000, added_tokens_per_step=1500,
    ...     output_tokens_per_step=200, input_usd_per_mtok=3, cached_input_usd_per_mtok=0.3,
    ...     cache_write_usd_per_mtok=3.75, output_usd_per_mtok=15)
    >>> cost.input_tokens, round(cost.uncached_usd, 3), round(cost.cached_usd, 3)
    (345000.0, 1.095, 0.272)
    """
    calls = number("steps", steps, "model calls", low=1, high=MAX_STEPS, whole=True)
    first = tokens("first_context_tokens", first_context_tokens, low=0)
    added = tokens("added_tokens_per_step", added_tokens_per_step, low=0)
    output = tokens("output_tokens_per_step", output_tokens_per_step, low=0)
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    p_read = usd_per_mtok("cached_input_usd_per_mtok", cached_input_usd_per_mtok)
    p_write = usd_per_mtok("cache_write_usd_per_mtok", cache_write_usd_per_mtok)
    p_out = usd_per_mtok("output_usd_per_mtok", output_usd_per_mtok)
    sent = calls * first + added * calls * (calls - 1) / 2
    written = first + added * (calls - 1)
    return TranscriptCost(
        input_tokens=sent,
        uncached_input_usd=sent * p_in / 1e6,
        cached_input_usd=(written * p_write + (sent - written) * p_read) / 1e6,
        output_usd=calls * output * p_out / 1e6,
    )


def cache_or_not(
    *,
    prefix_tokens: float,
    hit_rate: float,
    input_usd_per_mtok: float,
    cached_input_usd_per_mtok: float,
    cache_write_usd_per_mtok: float,
) -> Decision:
    """Whether to cache the prefix of the prompts.

    Units: tokens that the prompts share; share of requests that find them in the cache;
    US dollars per million tokens, as in the price list (`catalog.price`). A write costs
    no less than fresh input, a read at most 99% of it.

    Formula: the terms of `cached_input_multiplier`; cache iff h > (w - 1) / (w - r).

    Source: `break_even_hit_rate`: 21.74% where a write costs 1.25 and a read 0.1 times
    the fresh price.

    >>> decision = cache_or_not(prefix_tokens=2000, hit_rate=0.9, input_usd_per_mtok=3,
    ...     cached_input_usd_per_mtok=0.3, cache_write_usd_per_mtok=3.75)
    >>> decision.choice, round(decision.threshold_value, 4)
    ('cache the prefix', 0.2174)
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    prefix = tokens("prefix_tokens", prefix_tokens)
    hits = share("hit_rate", hit_rate)
    p_in = positive(
        "input_usd_per_mtok",
        input_usd_per_mtok,
        "US dollars per million tokens",
        high=MAX_USD_PER_MTOK,
    )
    p_read = number(
        "cached_input_usd_per_mtok",
        cached_input_usd_per_mtok,
        "US dollars per million tokens, at most 99% of fresh input",
        high=MAX_READ_MULTIPLIER * p_in,
    )
    p_write = number(
        "cache_write_usd_per_mtok",
        cache_write_usd_per_mtok,
        "US dollars per million tokens, no less than fresh input",
        low=p_in,
        high=MAX_WRITE_MULTIPLIER * p_in,
    )
    threshold = (p_write - p_in) / (p_write - p_read)
    per_1000 = prefix * 1000 / 1e6
    fresh, reads = per_1000 * p_in, per_1000 * hits * p_read
    writes = per_1000 * (1 - hits) * p_write
    # Compared with the threshold itself, so that rounding cannot part the two.
    cache = hits > threshold
    role = "cache_reads" if reads > writes else "cache_writes"
    return Decision(
        choice="cache the prefix" if cache else "do not cache the prefix",
        values={
            "uncached_usd_per_1000_requests": fresh,
            "cached_usd_per_1000_requests": reads + writes,
            "cache_reads_usd_per_1000_requests": reads,
            "cache_writes_usd_per_1000_requests": writes,
            "saving_usd_per_1000_requests": fresh - reads - writes,
            "write_multiplier": p_write / p_in,
            "read_multiplier": p_read / p_in,
        },
        binding_role=role,
        binding_label="reads that hit" if role == "cache_reads" else "writes after a miss",
        threshold_name="hit rate above which the cache pays",
        threshold_value=threshold,
        threshold_unit="share",
        sentence=_cache_sentence(cache, hits, fresh, reads + writes, threshold),
    )


def _cache_sentence(cache: bool, hits: float, fresh: float, cached: float, threshold: float) -> str:
    rate, limit = words.digits(100 * hits), words.digits(100 * threshold)
    with_cache, without = words.dollars(cached), words.dollars(fresh)
    if cache:
        return (
            f"I choose to cache the prefix, because at a hit rate of {rate}% it costs "
            f"{with_cache} per 1,000 requests and {without} without a cache; I would switch at a "
            f"hit rate of {limit}% or less, where writes cost what hits save."
        )
    return (
        f"I choose not to cache the prefix, because at a hit rate of {rate}% it costs "
        f"{with_cache} per 1,000 requests and {without} without a cache; I would switch above a "
        f"hit rate of {limit}%, where hits save more than writes cost."
    )


def which_ttl(
    *,
    prefix_tokens: float,
    mean_gap_minutes: float,
    calls_per_burst: float,
    input_usd_per_mtok: float,
    short_lifetime_minutes: float,
    long_lifetime_minutes: float,
    short_write_multiplier: float,
    long_write_multiplier: float,
    read_multiplier: float,
) -> Decision:
    """How long to keep a prefix: the short lifetime, the long one, or no cache.

    Units: tokens; minutes; calls in a burst (1 is a steady Poisson stream), which follow
    each other within the short lifetime; US dollars per million tokens; times the price
    of fresh input. Each hit renews the lifetime.

    Formula: the cheapest of n units and the two `burst_units`. The long lifetime wins
    below its `mean_gap_limit_minutes` and `lifetime_switch_minutes`, then the short one
    up to its own limit.

    Source: this course: under steady arrivals the one-hour lifetime wins up to a mean gap
    of 80.3 minutes, where no cache does; after bursts of six the five-minute one wins
    above 109.5 minutes.

    >>> vendor = {"prefix_tokens": 10_000, "input_usd_per_mtok": 3, "read_multiplier": 0.1,
    ...     "short_lifetime_minutes": 5, "short_write_multiplier": 1.25,
    ...     "long_lifetime_minutes": 60, "long_write_multiplier": 2}
    >>> steady = which_ttl(mean_gap_minutes=30, calls_per_burst=1, **vendor)
    >>> steady.choice, round(steady.threshold_value, 1)
    ('the lifetime of 60 min', 80.3)
    >>> bursts = which_ttl(mean_gap_minutes=240, calls_per_burst=6, **vendor)
    >>> bursts.choice, round(bursts.threshold_value, 1)
    ('the lifetime of 5 min', 109.5)
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    prefix = tokens("prefix_tokens", prefix_tokens)
    gap = minutes("mean_gap_minutes", mean_gap_minutes)
    calls = number("calls_per_burst", calls_per_burst, "calls", low=1, high=MAX_CALLS)
    p_in = positive(
        "input_usd_per_mtok",
        input_usd_per_mtok,
        "US dollars per million tokens",
        high=MAX_USD_PER_MTOK,
    )
    switch = lifetime_switch_minutes(
        short_lifetime_minutes=short_lifetime_minutes,
        long_lifetime_minutes=long_lifetime_minutes,
        short_write_multiplier=short_write_multiplier,
        long_write_multiplier=long_write_multiplier,
        read_multiplier=read_multiplier,
    )
    short, long = (
        {
            "lifetime_minutes": lifetime,
            "write_multiplier": write,
            "read_multiplier": read_multiplier,
            "calls_per_burst": calls,
        }
        for lifetime, write in (
            (short_lifetime_minutes, short_write_multiplier),
            (long_lifetime_minutes, long_write_multiplier),
        )
    )
    limit_short, limit_long = mean_gap_limit_minutes(**short), mean_gap_limit_minutes(**long)
    # Costs rise with the gap, so the three choices follow each other along it.
    long_until = min(switch, limit_long)
    if gap < long_until:
        role, flips_at, next_role = "long", long_until, "short" if switch < limit_long else "none"
    elif gap < limit_short and switch < limit_long:
        role, flips_at, next_role = "short", switch, "long"
    else:
        until = limit_short if switch < limit_long else limit_long
        role, flips_at, next_role = "none", until, "short" if switch < limit_long else "long"
    usd_per_unit = prefix * p_in / 1e6 * 1000 / calls
    costs = {
        "short": usd_per_unit * burst_units(mean_gap_minutes=gap, **short),
        "long": usd_per_unit * burst_units(mean_gap_minutes=gap, **long),
        "none": usd_per_unit * calls,
    }
    names = {
        "short": f"the lifetime of {words.seconds(60 * short_lifetime_minutes)}",
        "long": f"the lifetime of {words.seconds(60 * long_lifetime_minutes)}",
        "none": "no cache",
    }
    threshold = flips_at if flips_at <= MAX_MINUTES else None
    return Decision(
        choice=names[role],
        values={
            "short_usd_per_1000_calls": costs["short"],
            "long_usd_per_1000_calls": costs["long"],
            "uncached_usd_per_1000_calls": costs["none"],
            "short_hit_rate": 1 - exp(-short_lifetime_minutes / gap) / calls,
            "long_hit_rate": 1 - exp(-long_lifetime_minutes / gap) / calls,
        },
        binding_role={"short": "write_price", "long": "lifetime", "none": "writes"}[role],
        binding_label={
            "short": "price of the longer write",
            "long": "lifetime of the entry",
            "none": "writes after a miss",
        }[role],
        threshold_name="mean gap between bursts at which the choice flips",
        threshold_value=threshold,
        threshold_unit="minutes",
        sentence=_ttl_sentence(role, next_role, names, costs, gap, threshold),
    )


def _ttl_sentence(
    role: str,
    next_role: str,
    names: dict[str, str],
    costs: dict[str, float],
    gap: float,
    threshold: float | None,
) -> str:
    others = " and ".join(
        f"{words.dollars(costs[other])} with {names[other]}" for other in costs if other != role
    )
    chosen = (
        f"I choose {names[role]}, because the prefix then costs {words.dollars(costs[role])} per "
        f"1,000 calls, against {others}; "
    )
    if threshold is None:
        return chosen + "I would not switch at any gap between the calls."
    side = "above" if threshold > gap else "below"
    return chosen + (
        f"I would switch to {names[next_role]} {side} a mean gap of "
        f"{words.digits(threshold)} minutes."
    )
