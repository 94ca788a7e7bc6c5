"""Formulas of the quiz 08-data-and-permissions: the right answers and the mistakes."""

from __future__ import annotations

from math import exp

from course_utils.calculators.permissions import (
    chance_of_enough,
    leak_share_upper,
    overfetch_chunks,
    partitioned_hit_share,
    probes_needed,
    reads_after_revocation_per_day,
)


def chunks_to_fetch(*, visible_percent: float, wanted: int, sure_percent: float) -> float:
    """Chunks to fetch so that enough are left behind a filter.

    The known answer is 456 for five chunks at 2% in 95% of searches (lesson 08).

    >>> chunks_to_fetch(visible_percent=2, wanted=5, sure_percent=95)
    456.0
    """
    return overfetch_chunks(
        visible_share=visible_percent / 100, wanted_chunks=wanted, confidence=sure_percent / 100
    )


def nothing_left_percent(*, visible_percent: float, fetched: int) -> float:
    """How often a filter after the search leaves nothing, in percent.

    (1 - s)^K. The known answer is 82% for ten chunks at 2% (lesson 08).

    >>> round(nothing_left_percent(visible_percent=2, fetched=10))
    82
    """
    share = visible_percent / 100
    return 100 - 100 * chance_of_enough(
        fetched_chunks=fetched, visible_share=share, wanted_chunks=1
    )


def lost_rights_reads(*, revocations: float, interval_hours: float, reads: float) -> float:
    """Reads a day under rights that were taken away.

    revocations x (T / 2) / 24 x reads. The known answer is 10 for 40 a day, a copy each
    night and a read every second day (lesson 08).

    >>> lost_rights_reads(revocations=40, interval_hours=24, reads=0.5)
    10.0
    """
    return reads_after_revocation_per_day(
        revocations_per_day=revocations,
        sync_hours=interval_hours,
        reads_per_grant_per_day=reads,
    )


def hits_by_rights_percent(*, per_minute: float, kept_minutes: float, sets: int) -> float:
    """Hit rate with the rights in the key, for a lifetime from the writing, in percent.

    The known answer is 37.5% once a minute, for an hour, over 100 sets (lesson 08).

    >>> round(hits_by_rights_percent(per_minute=1, kept_minutes=60, sets=100), 1)
    37.5
    """
    return 100 * partitioned_hit_share(
        requests_per_s=per_minute / 60, ttl_s=60 * kept_minutes, permission_sets=sets
    )


def leaks_left_percent(*, probes: int) -> float:
    """The share of leaks that so many clean random probes leave possible, in percent.

    1 - 0.05^(1/n). The known answer is 1% for 300 probes (lesson 08).

    >>> round(leaks_left_percent(probes=300), 1)
    1.0
    """
    return 100 * leak_share_upper(probes=probes)


def probes_for_a_bound(*, leaks_percent: float) -> float:
    """Clean random probes that show, with 95% confidence, that leaks are rarer than this.

    ln 0.05 / ln(1 - p). The known answer is 299 for 1% (lesson 08).

    >>> probes_for_a_bound(leaks_percent=1)
    299.0
    """
    return probes_needed(leak_share=leaks_percent / 100)


def something_left_percent(**parameters: float) -> float:
    """Gives the searches that find something instead of those that find nothing."""
    return 100 - nothing_left_percent(**parameters)


def chances_added_up_percent(*, visible_percent: float, fetched: int) -> float:
    """Adds up the chances of the chunks, as if no two could be visible together."""
    return 100 - visible_percent * fetched


def one_chunk_hidden_percent(*, visible_percent: float, fetched: int) -> float:
    """Takes one chunk for all of them."""
    return 100 - visible_percent


def whole_interval_reads(**parameters: float) -> float:
    """Lets each revocation wait the whole interval instead of half of it."""
    return 2 * lost_rights_reads(**parameters)


def waiting_rights(**parameters: float) -> float:
    """Counts the rights that wait for the copy and not what is read under them."""
    return lost_rights_reads(**{**parameters, "reads": 1})


def hits_without_rights_percent(**parameters: float) -> float:
    """Gives the hit rate of one cache for all."""
    return hits_by_rights_percent(**{**parameters, "sets": 1})


def hits_of_a_renewed_entry_percent(*, per_minute: float, kept_minutes: float, sets: int) -> float:
    """Lets each read renew the entry: 1 - e^(-lambda tau)."""
    return 100 * (1 - exp(-per_minute * kept_minutes / sets))


def hits_divided_by_sets_percent(**parameters: float) -> float:
    """Divides the hit rate by the number of sets instead of the requests."""
    return hits_without_rights_percent(**parameters) / parameters["sets"]


def one_in_the_probes_percent(*, probes: int) -> float:
    """Takes one leak in the probes for the bound, as if the next one had been it."""
    return 100 / probes


def clean_answers_percent(*, probes: int) -> float:
    """Gives the share of answers that is clean instead of the share that may leak."""
    return 100 - leaks_left_percent(probes=probes)


def one_over_the_share(*, leaks_percent: float) -> float:
    """Takes as many probes as have one leak among them on average."""
    return 100 / leaks_percent


def probes_at_even_odds(*, leaks_percent: float) -> float:
    """Stops where a leak would as likely as not have been seen."""
    return probes_needed(leak_share=leaks_percent / 100, confidence=0.5)


RIGHT = (
    chunks_to_fetch,
    nothing_left_percent,
    lost_rights_reads,
    hits_by_rights_percent,
    leaks_left_percent,
    probes_for_a_bound,
)

WRONG = (
    something_left_percent,
    chances_added_up_percent,
    one_chunk_hidden_percent,
    whole_interval_reads,
    waiting_rights,
    hits_without_rights_percent,
    hits_of_a_renewed_entry_percent,
    hits_divided_by_sets_percent,
    one_in_the_probes_percent,
    clean_answers_percent,
    one_over_the_share,
    probes_at_even_odds,
)
