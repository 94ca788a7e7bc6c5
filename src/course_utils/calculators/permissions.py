"""Permission-aware retrieval: starvation, revoked rights, cache keys, and leak audits."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.elementwise import exp, expm1, log, log1p
from course_utils.calculators.validate import Number, floor, larger, number, share, smaller

MAX_WANTED = 1_000
MAX_CHUNKS = 1e10
HOURS_PER_DAY = 24.0
# Shares so near 0 and 1 have finite logarithms and change no result.
NEARLY_NOTHING, NEARLY_ALL = 1e-300, 1 - 2**-53


def chance_of_enough(
    *, fetched_chunks: Number, visible_share: Number, wanted_chunks: Number
) -> Number:
    """How likely a filter after the search leaves as many chunks as are wanted.

    Units: chunks fetched before the filter; the share of chunks that the user may see;
    chunks wanted after it. Chunks are visible independently of each other; rights that
    come in blocks (whole departments) make starvation more likely than this says.
    Right to about 1e-12.

    Formula: P(Binomial(K', s) >= k).

    Source: this course: of the top 10 with 2% visible, at least one is visible in
    18% of the searches.

    >>> round(chance_of_enough(fetched_chunks=10, visible_share=0.02, wanted_chunks=1), 2)
    0.18
    """
    fetched = _chunks("fetched_chunks", fetched_chunks, MAX_CHUNKS)
    visible = share("visible_share", visible_share)
    wanted = _chunks("wanted_chunks", wanted_chunks, MAX_WANTED)
    inside = smaller(larger(visible, NEARLY_NOTHING), NEARLY_ALL)
    odds = log(inside) - log1p(-inside)
    # The sum of P(exactly i visible) for i below the wanted number, by recurrence in
    # logarithms: the powers themselves underflow.
    exactly, too_few = fetched * log1p(-inside), 0.0
    for i in range(_highest(wanted)):
        too_few = too_few + exp(exactly) * (i < wanted)
        exactly = exactly + odds + log(larger(fetched - i, NEARLY_NOTHING) / (i + 1))
    return larger(1 - too_few, 0.0)


def overfetch_chunks(
    *, visible_share: float, wanted_chunks: float, confidence: float = 0.95
) -> float:
    """How many chunks to fetch before the filter, so that enough are left.

    Units: the share of chunks that the user may see; chunks wanted; the share of
    searches in which they are to be found. Scalars.

    Formula: the least K' with P(Binomial(K', s) >= k) >= confidence.

    Source: this course: for 5 chunks in 95% of the searches: 16 where half is
    visible, 89 at 10%, 456 at 2%, 1,829 at 0.5%.

    >>> [overfetch_chunks(visible_share=s, wanted_chunks=5) for s in (0.5, 0.1, 0.02, 0.005)]
    [16.0, 89.0, 456.0, 1829.0]
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    visible = number("visible_share", visible_share, "share", low=1e-6, high=1)
    wanted = _chunks("wanted_chunks", wanted_chunks, MAX_WANTED)
    sure = _confidence(confidence)

    def enough(fetched: int) -> bool:
        chance = chance_of_enough(
            fetched_chunks=fetched, visible_share=visible, wanted_chunks=wanted
        )
        return chance >= sure

    too_few, many = int(wanted) - 1, int(wanted)
    while not enough(many):
        too_few, many = many, 2 * many
    while many - too_few > 1:
        middle = (too_few + many) // 2
        if enough(middle):
            many = middle
        else:
            too_few = middle
    return float(many)


def least_visible_share(
    *, fetched_chunks: float, wanted_chunks: float, confidence: float = 0.95
) -> float:
    """The share of chunks that a user must be able to see, so that enough are left.

    Units: chunks fetched before the filter and wanted after it; the share of searches
    in which they are to be found. Scalars; fetch at least what is wanted.

    Formula: the s with P(Binomial(K', s) >= k) = confidence.

    >>> round(least_visible_share(fetched_chunks=456, wanted_chunks=5), 4)
    0.02
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    wanted = _chunks("wanted_chunks", wanted_chunks, MAX_WANTED)
    fetched = _fetched_at_least(fetched_chunks, wanted, "fetched_chunks")
    sure = _confidence(confidence)
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        chance = chance_of_enough(
            fetched_chunks=fetched, visible_share=middle, wanted_chunks=wanted
        )
        if chance >= sure:
            high = middle
        else:
            low = middle
    return high


def reads_after_revocation_per_day(
    *, revocations_per_day: Number, sync_hours: Number, reads_per_grant_per_day: Number
) -> Number:
    """How often a day something is read under a right that was already taken away.

    Units: rights revoked per day; hours between two copies of the rights into the
    index (or the lifetime of a cached answer); reads per day under one right. A
    revocation waits half the interval on average.

    Formula: revocations x (T / 2) / 24 x reads.

    Source: this course, lesson on data and permissions.

    >>> reads_after_revocation_per_day(
    ...     revocations_per_day=40, sync_hours=24, reads_per_grant_per_day=0.5)
    10.0
    """
    revoked = _per_day("revocations_per_day", revocations_per_day)
    reads = _per_day("reads_per_grant_per_day", reads_per_grant_per_day)
    hours = number("sync_hours", sync_hours, "hours", high=1e5)
    return revoked * (hours / 2 / HOURS_PER_DAY) * reads


def sync_hours_allowed(
    *, exposed_reads_per_day: Number, revocations_per_day: Number, reads_per_grant_per_day: Number
) -> Number:
    """How long to wait between two copies of the rights, for no more exposure than this.

    Units: reads per day under revoked rights that are tolerated; rights revoked per
    day; reads per day under one right (both above zero).

    Formula: T = 2 x 24 x exposed / (revocations x reads).

    >>> sync_hours_allowed(
    ...     exposed_reads_per_day=10, revocations_per_day=40, reads_per_grant_per_day=0.5)
    24.0
    """
    exposed = _per_day("exposed_reads_per_day", exposed_reads_per_day)
    revoked = _per_day("revocations_per_day", revocations_per_day, low=1e-9)
    reads = _per_day("reads_per_grant_per_day", reads_per_grant_per_day, low=1e-9)
    return 2 * HOURS_PER_DAY * exposed / (revoked * reads)


def partitioned_hit_share(
    *, requests_per_s: Number, ttl_s: Number, permission_sets: Number = 1.0
) -> Number:
    """How often the answer is in the cache when the key includes the permission set.

    Units: requests per second for one answer; seconds that an entry lives after it was
    written, whether it is read or not; the number of permission sets among which the
    requests are spread evenly (1: one cache for all).

    Formula: lambda tau / (1 + lambda tau) with lambda = requests / sets: on average
    lambda tau hits follow each miss. Not for a time to live that a read renews, which
    would keep a popular answer beyond every revocation.

    Source: renewal argument, steady Poisson arrivals; this course.

    >>> [round(partitioned_hit_share(requests_per_s=1 / 60, ttl_s=3600, permission_sets=n), 3)
    ...     for n in (1, 100)]
    [0.984, 0.375]
    """
    rate = number("requests_per_s", requests_per_s, "requests per second", high=1e9)
    life = number("ttl_s", ttl_s, "seconds", high=1e9)
    sets = number("permission_sets", permission_sets, "permission sets", low=1, high=1e12)
    uses = rate / sets * life
    return uses / (1 + uses)


def leak_share_upper(*, probes: Number, confidence: Number = 0.95) -> Number:
    """How often answers may still leak when none of so many random probes did.

    Units: independent random probes without a leak; confidence of the upper bound.

    Formula: 1 - (1 - confidence)^(1/n), the exact (Clopper-Pearson) bound for 0 of n.

    Source: this course; Hanley and Lippman-Hand, JAMA 249(13), 1983: about 3/n.

    >>> round(leak_share_upper(probes=300), 4)
    0.0099
    """
    count = _probes(probes, 1)
    return -expm1(log(1 - _confidence(confidence)) / count)


def leak_share_rule_of_three(*, probes: Number) -> Number:
    """The 95% upper bound of `leak_share_upper` in one's head.

    Units: independent random probes without a leak, 3 at least.

    Formula: 3 / n.

    Source: Hanley and Lippman-Hand, JAMA 249(13), 1983: none in 300 leaves 1%.

    >>> leak_share_rule_of_three(probes=300)
    0.01
    """
    return 3 / _probes(probes, 3)


def probes_needed(*, leak_share: Number, confidence: Number = 0.95) -> Number:
    """How many probes without a leak show that leaks are rarer than this.

    Units: the share of answers that may leak; confidence.

    Formula: ln(1 - confidence) / ln(1 - p), rounded up.

    >>> probes_needed(leak_share=0.01)
    299.0
    """
    rate = number("leak_share", leak_share, "share", low=1e-9, high=0.999_999)
    return -floor(-log(1 - _confidence(confidence)) / log1p(-rate))


def post_or_pre_filter(
    *,
    visible_share: float,
    wanted_chunks: float,
    max_fetched_chunks: float,
    confidence: float = 0.95,
) -> Decision:
    """Whether to check rights after the search (and fetch more) or inside it.

    Units: the share of chunks that the user may see (take the users who see least);
    chunks wanted; the most that may be fetched for a search (latency, the index's own
    limit); the share of searches in which enough are to be left.

    Formula: filter after the search iff P(Binomial(K_max, s) >= k) >= confidence. The
    threshold is the visible share at which both are equal. Either way nothing that the
    user may not see reaches the model.

    Source: this course: for 5 chunks at 2% visible one fetches 456. Microsoft's
    Azure AI Search documentation on filters after a vector search: they "can result in
    fewer results than requested".

    >>> decision = post_or_pre_filter(visible_share=0.02, wanted_chunks=5, max_fetched_chunks=200)
    >>> decision.choice, decision.values["overfetch_chunks"], round(decision.threshold_value, 3)
    ('filter inside the search', 456.0, 0.045)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    needed = overfetch_chunks(
        visible_share=visible_share, wanted_chunks=wanted_chunks, confidence=confidence
    )
    visible, wanted, limit = float(visible_share), float(wanted_chunks), max_fetched_chunks
    limit = _fetched_at_least(limit, wanted, "max_fetched_chunks")
    threshold = least_visible_share(
        fetched_chunks=limit, wanted_chunks=wanted, confidence=confidence
    )
    # Compared with the threshold itself, so that rounding cannot part the two.
    post = visible >= threshold
    at_limit, unfetched, any_left = (
        chance_of_enough(fetched_chunks=fetched, visible_share=visible, wanted_chunks=least)
        for fetched, least in ((limit, wanted), (wanted, wanted), (wanted, 1))
    )
    return Decision(
        choice="filter after the search" if post else "filter inside the search",
        values={
            "overfetch_chunks": needed,
            "overfetch_factor": needed / wanted,
            "chance_of_enough_at_limit_share": at_limit,
            "chance_of_enough_without_overfetch_share": unfetched,
            "chance_of_any_without_overfetch_share": any_left,
            "mean_left_at_limit_chunks": limit * visible,
        },
        binding_role="fetch_limit" if post else "overfetch",
        binding_label="chunks that may be fetched" if post else "chunks that must be fetched",
        threshold_name="visible share at which a filter after the search finds enough",
        threshold_value=threshold,
        threshold_unit="share",
        sentence=_sentence(post, wanted, needed, limit, visible, at_limit, threshold),
    )


def _sentence(
    post: bool,
    wanted: float,
    needed: float,
    limit: float,
    visible: float,
    at_limit: float,
    threshold: float,
) -> str:
    chunks = words.several(wanted, "chunk", "chunks")
    seen = words.percent(visible)
    if post:
        return (
            f"I choose to filter after the search, because a user who sees {seen} of the chunks "
            f"gets {chunks} from {words.count(needed)} fetched, and I may fetch "
            f"{words.count(limit)}; I would switch to filtering inside the search when a user sees "
            f"less than {words.percent(threshold)}."
        )
    often = words.percent(at_limit) if at_limit >= 0.001 else "less than 0.1%"
    return (
        f"I choose to filter inside the search, because a user who sees {seen} of the chunks gets "
        f"{chunks} from {words.count(limit)} fetched in {often} of the searches "
        f"and would need {words.count(needed)}; I would switch to filtering after it when every "
        f"user sees at least {words.percent(threshold)}."
    )


def _chunks(name: str, value: Number, high: float) -> Number:
    return number(name, value, "chunks", low=1, high=high, whole=True)


def _fetched_at_least(value: float, wanted: float, name: str) -> float:
    unit = "chunks, no fewer than are wanted"
    return number(name, value, unit, low=wanted, high=MAX_CHUNKS, whole=True)


def _confidence(value: Number) -> Number:
    return number("confidence", value, "share", low=0.5, high=0.999_999)


def _per_day(name: str, value: Number, low: float = 0.0) -> Number:
    return number(name, value, "per day", low=low, high=1e12)


def _probes(value: Number, low: float) -> Number:
    return number("probes", value, "probes", low=low, high=1e12, whole=True)


def _highest(value: Number) -> int:
    return int(value.max()) if hasattr(value, "max") else int(value)
