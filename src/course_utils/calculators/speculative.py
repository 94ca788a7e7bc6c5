"""Speculative decoding: a small model drafts, the large one checks several tokens at once."""

from __future__ import annotations

from course_utils.calculators.piecewise import where
from course_utils.calculators.validate import Number, number, share

MAX_DRAFT_TOKENS = 100
MAX_DRAFT_COST = 10.0


def tokens_per_pass(*, acceptance_rate: Number, draft_tokens: Number) -> Number:
    """Tokens that one pass of the large model yields on average.

    Units: chance that a drafted token is accepted, taken as independent of the others;
    whole tokens drafted before each pass. Counts the token that the large model adds
    itself; ignores what the drafts cost.

    Formula: 1 + a + ... + a^g = (1 - a^(g+1)) / (1 - a), which is g + 1 at a = 1.

    Source: Leviathan, Kalman and Matias 2023, arXiv 2211.17192: 3.36 at 0.8 and 4.

    >>> round(tokens_per_pass(acceptance_rate=0.8, draft_tokens=4), 2)
    3.36
    >>> tokens_per_pass(acceptance_rate=1, draft_tokens=4)
    5.0
    """
    accepted = share("acceptance_rate", acceptance_rate)
    drafted = number("draft_tokens", draft_tokens, "tokens", high=MAX_DRAFT_TOKENS, whole=True)
    # The sum itself: the quotient is 0/0 at a = 1 and loses digits near it.
    longest = int(drafted.max() if hasattr(drafted, "__array__") else drafted)
    total = 1.0 + 0.0 * (accepted + drafted)
    for token in range(longest):
        total = where(token < drafted, 1 + accepted * total, total)
    return total


def speedup(*, acceptance_rate: Number, draft_tokens: Number, draft_cost_ratio: Number) -> Number:
    """How many times faster decoding becomes, while the large model waits on memory.

    Units: as in `tokens_per_pass`; `draft_cost_ratio` is the time of one step of the
    small model over that of the large one. Below 1 it is slower.

    Formula: E[tokens] / (g c + 1): g steps of the small model for each pass.

    Source: Leviathan, Kalman and Matias 2023, arXiv 2211.17192, theorem 3.8.

    >>> round(speedup(acceptance_rate=0.8, draft_tokens=4, draft_cost_ratio=0.05), 2)
    2.8
    """
    ratio = number(
        "draft_cost_ratio", draft_cost_ratio, "times a step of the large model", high=MAX_DRAFT_COST
    )
    made = tokens_per_pass(acceptance_rate=acceptance_rate, draft_tokens=draft_tokens)
    return made / (draft_tokens * ratio + 1)
