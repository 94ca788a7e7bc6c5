"""Every card of the course at the ends of every knob: it is drawn, in numbers and words."""

from __future__ import annotations

import re

import pytest

from course_utils.views import get_view, view_ids
from course_utils.views.html import card_html

# For a knob that is typed: how far it goes, or as far as anybody would take it.
TYPED = {
    "context-cost": {
        "output_tokens": (1, 100_000),
        "own_input_usd_per_mtok": (0, 1_000),
        "own_cached_usd_per_mtok": (0, 3),
        "own_output_usd_per_mtok": (0, 1_000),
    },
    "context-latency": {
        "batch": (1, 1_000),
        "output_tokens": (2, 100_000),
        "ttft_target_s": (0.01, 1_000),
        "usd_per_accelerator_hour": (0.001, 1_000),
    },
    "requests-in-flight": {
        "active_percent": (0, 100),
        "questions_per_day": (0, 1_000),
        "active_hours": (0.1, 24),
        "slots": (1, 1_000),
    },
    "worth-asking": {
        "requests": (1, 1e12),
        "question_usd": (0, 1e6),
        "small_usd_per_1000": (0.001, 1e6),
        "small_percent": (0, 100),
        "cascade_usd_per_1000": (0.001, 1e6),
        "cascade_percent": (0, 100),
        "large_usd_per_1000": (0.001, 1e6),
        "large_percent": (0, 100),
    },
    "latency-budget": {
        "slow_s": (0.001, 1_000),
        "model_sigma": (0, 3),
        "auth_median_s": (0.001, 100),
        "retrieval_median_s": (0.001, 100),
        "reranking_median_s": (0.001, 100),
        "validation_median_s": (0.001, 100),
    },
    "availability-fallback": {
        "fallback_percent": (0, 100),
        "other_parts": (0, 100),
        "other_percent": (0, 100),
        "requests_per_month": (1, 1e9),
        "fallback_usd_per_month": (0.01, 1e9),
    },
    "solved-question": {
        "error_usd": (0,),
        "now_context_tokens": (1, 1_000_000),
        "now_solved_percent": (0, 97),
        "output_tokens": (0, 100_000),
        "repeated_percent": (0, 99),
        "other_usd": (0, 100),
        "questions_per_month": (0, 1e9),
    },
    "answer-cost": {
        "output_tokens": (1, 100_000),
        "usd_per_accelerator_hour": (0.001, 1_000),
    },
    "busy-server": {
        "output_tokens": (2, 100_000),
        "ttft_target_s": (0.01, 1_000),
        "tpot_target_ms": (0.1, 10_000),
    },
    "prefix-lifetime": {
        "mean_gap_minutes": (0.001, 1e6),
        "calls_per_burst": (1e6,),
        "read_multiplier": (0, 0.99),
        "prefix_tokens": (1, 1_000_000),
        "input_usd_per_mtok": (1e-6, 100),
        "short_lifetime_minutes": (0.01, 59),
        "short_write_multiplier": (1, 2),
        "long_lifetime_minutes": (6, 1e6),
        "long_write_multiplier": (1.25, 100),
    },
    "kept-answers": {
        "wrong_percent": (0.01,),
        "error_usd": (0,),
        "hit_percent": (0,),
        "fresh_usd": (0, 100),
        "kept_usd": (0.102,),
        "lookup_usd": (0, 1),
    },
    "how-many-passages": {
        "error_usd": (0, 1e6),
        "miss_percent": (100,),
        "passage_tokens": (1, 1_000_000),
        "input_usd_per_mtok": (0, 100),
    },
    "index-memory": {
        "chunk_tokens": (101, 1_000_000),
        "overlap_tokens": (0, 399),
        "dimensions": (1, 100_000),
        "links": (1, 1_024),
        "memory_gb": (0.001, 1e6),
    },
    "starvation": {
        "visible_percent": (0.01,),
        "max_fetched_chunks": (5, 1e10),
        "confidence_percent": (50, 99.9999),
    },
    "revocation-lag": {
        "sync_hours": (0.001, 100000),
        "revocations_per_day": (1e-9, 1e9),
        "reads_per_grant_per_day": (1e-9, 1e6),
        "tolerated_reads_per_day": (1e-6, 1e6),
    },
    "cascade-or-large": {
        "error_usd": (0, 1e9),
        "small_right_percent": (0, 95),
        "kept_percent": (95, 100),
        "small_usd": (0, 1e6),
        "check_usd": (0, 1e6),
        "large_usd": (0, 1e6),
        "large_right_percent": (85, 100),
    },
    "router-mistakes": {
        "error_usd": (0, 1e9),
        "hard_percent": (0, 95),
        "decision_usd": (0, 1e6),
        "small_usd": (0, 1e6),
        "large_usd": (0, 1e6),
        "large_right_percent": (85, 100),
    },
    "tuning-payback": {
        "fixed_usd": (0, 1e9),
        "horizon_months": (0.1, 1_200),
        "example_tokens": (0, 1_000_000),
        "task_tokens": (0, 1_000_000),
        "output_tokens": (0, 100_000),
        "base_input_usd_per_mtok": (0, 100),
        "base_cached_input_usd_per_mtok": (0, 100),
        "base_output_usd_per_mtok": (0, 100),
        "tuned_input_usd_per_mtok": (0, 100),
        "tuned_output_usd_per_mtok": (0, 1_000),
    },
    "tuned-hosting": {
        "usd_per_hour": (0.001, 100000),
        "base_cents_per_call": (1e-6, 100000),
        "requests_per_hour_at_capacity": (150, 1e7),
    },
}

ENDS = [
    (view_id, knob.name, value)
    for view_id in view_ids()
    for knob in get_view(view_id).knobs
    for value in (
        *(key for key, _ in knob.choices),
        *knob.steps[:: max(1, len(knob.steps) - 1)],
        *TYPED.get(view_id, {}).get(knob.name, ()),
    )
]


# More than the model can read: no card, but the model's own limit.
REFUSED = [
    ("answer-cost", "context_tokens", 1_000_000),
    ("answer-cost", "model_id", "llama-2-13b"),
]


@pytest.mark.parametrize(("view_id", "name", "value"), [e for e in ENDS if e not in REFUSED])
def test_the_card_is_drawn_at_the_ends_of_every_knob(view_id, name, value):
    parts = card_html(get_view(view_id), {name: value})
    assert parts["figure"].count("<svg") == 2, "one for a wide page and one for a phone"
    assert not re.search(r"\b(nan|inf|None)\b", " ".join(parts.values()))


@pytest.mark.parametrize(("view_id", "name", "value"), REFUSED)
def test_where_there_is_no_card_it_says_what_the_model_can_read(view_id, name, value):
    assert (view_id, name, value) in ENDS
    with pytest.raises(ValueError, match=r"are out of range: .* can read [\d,]+ tokens"):
        get_view(view_id).result(**{name: value})


def test_every_knob_of_every_card_is_among_them():
    turned = {(view_id, name) for view_id, name, _ in ENDS}
    assert turned == {(v, knob.name) for v in view_ids() for knob in get_view(v).knobs}
    there = {(v, name) for v, knobs in TYPED.items() for name in knobs}
    assert there <= turned
