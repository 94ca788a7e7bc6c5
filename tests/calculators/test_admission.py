"""What users of a busy server wait for, and how many of them it may hold."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.calculators.admission import WAITING_TERMS, Waiting, admission, waiting
from course_utils.calculators.latency import latency
from course_utils.calculators.serving import service

BOX = {
    "model": "llama-3.1-70b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "context_tokens": 8_000,
    "output_tokens": 400,
}
TARGETS = {"ttft_target_s": 2, "tpot_target_s": 0.1}

boxes = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["llama-3.1-8b", "llama-3.1-70b", "deepseek-v3", "gpt-oss-20b"]),
        "accelerator": st.sampled_from(["a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm"]),
        "n_accelerators": st.sampled_from([1, 4, 8]),
        "context_tokens": st.integers(1, 120_000),
        "output_tokens": st.integers(1, 2_000),
        "weight_bits": st.sampled_from([4, 8, 16]),
        "kv_bits": st.sampled_from([8, 16]),
    }
)
targets = st.fixed_dictionaries(
    {"ttft_target_s": st.floats(0.05, 30), "tpot_target_s": st.floats(0.005, 1)}
)


@settings(max_examples=60, deadline=None)
@given(boxes, st.integers(1, 500))
def test_the_parts_add_up_to_what_the_service_says(box, requests):
    times, users = waiting(requests=requests, **box), service(concurrency=requests, **box)
    assert times.ttft_s == pytest.approx(users.ttft_s)
    assert times.tpot_s == pytest.approx(users.tpot_s)
    assert times.queue_s == users.queue_s
    assert times.own_step_s == latency(batch=users.running, **box).tpot_s
    assert times.stalls_s >= -1e-12
    assert times.own_prompt_s > 0


def test_who_is_alone_waits_for_nobody():
    alone = waiting(requests=1, **BOX)
    assert alone.queue_s == 0
    assert alone.stalls_s == 0
    assert alone.own_step_s == latency(batch=1, **BOX).tpot_s
    assert waiting(requests=16, **BOX).queue_s > 0


@settings(max_examples=40, deadline=None)
@given(boxes, targets)
def test_the_threshold_is_the_largest_number_that_meets_both_targets(box, aims):
    most = admission(requests=1, **aims, **box).threshold_value

    def meets(requests):
        times = waiting(requests=requests, **box)
        return times.ttft_s <= aims["ttft_target_s"] and times.tpot_s <= aims["tpot_target_s"]

    assert most == int(most)
    assert not meets(most + 1)
    if most >= 1:
        assert meets(most)
        assert admission(requests=most, **aims, **box).choice == "hold them"
    assert admission(requests=most + 1, **aims, **box).choice == "hold fewer"


@settings(max_examples=40, deadline=None)
@given(boxes, targets, st.integers(1, 300))
def test_what_binds_is_the_larger_part_of_the_time_that_is_late_first(box, aims, requests):
    decision = admission(requests=requests, **aims, **box)
    values, role = decision.values, decision.binding_role
    late = waiting(requests=decision.threshold_value + 1, **box)
    pair = ("own_prompt", "queue")
    if late.ttft_s <= aims["ttft_target_s"]:
        pair = ("own_step", "stalls")
    assert role == max(pair, key=lambda name: values[f"{name}_s"])
    assert decision.binding_label == WAITING_TERMS[role]
    assert decision.threshold_unit == "requests"
    assert decision.threshold_name == "requests at once that meet both targets"
    assert values["ttft_s"] == values["own_prompt_s"] + values["queue_s"]
    assert values["tpot_s"] == values["own_step_s"] + values["stalls_s"]
    sentence = decision.sentence
    assert sentence.startswith("I choose ")
    assert sentence.count(";") == 1
    assert "because" in sentence
    assert len(sentence) < 330
    assert not re.search(r"nan|inf\b|None|e[+-]\d|  |\b1 requests", sentence)


@settings(max_examples=40, deadline=None)
@given(boxes)
def test_the_crossings_are_the_first_numbers_at_which_others_take_more(box):
    values = admission(requests=1, **TARGETS, **box).values
    for name, part in (
        ("queue_passes_own_at", lambda w: w.queue_s > w.own_prompt_s),
        ("stalls_pass_own_at", lambda w: w.stalls_s > w.own_step_s),
    ):
        at = values[name]
        assert not part(waiting(requests=max(at - 1, 1), **box))
        # A server whose waiting never gets so long is said to need more than it can be asked.
        assert part(waiting(requests=at, **box)) or at == 100_000


def test_the_values_are_those_of_the_service():
    values = admission(requests=16, **TARGETS, **BOX).values
    users = service(concurrency=16, **BOX)
    assert values["running"] == users.running == 16
    assert values["requests_per_s"] == users.requests_per_s
    assert admission(requests=1_000, **TARGETS, **BOX).values["running"] == 157


def test_each_outcome_has_its_sentence():
    decision = admission(requests=4, **TARGETS, **BOX)
    most = f"{decision.threshold_value:,.0f}"
    assert decision.sentence.startswith("I choose to hold 4 requests at once, because the first ")
    assert decision.sentence.endswith(
        f"I would switch to a second server above {most}, where the first token comes later than "
        "2 s."
    )
    many = admission(requests=1_000, **TARGETS, **BOX).sentence
    assert many.startswith(f"I choose to hold no more than {most} of 1,000 requests at once, ")
    assert many.endswith(f"at {most}, above which the first token comes later than 2 s.")
    none = admission(requests=1, ttft_target_s=0.001, tpot_target_s=1, **BOX)
    assert none.threshold_value == 0
    assert "with one request alone the first token comes later than 1 ms." in none.sentence
    slow = admission(requests=1, ttft_target_s=1000, tpot_target_s=0.02, **BOX)
    assert slow.threshold_value >= 1
    assert slow.sentence.endswith("where each further token takes longer than 20 ms.")


def test_the_smallest_targets_that_one_request_meets_admit_it():
    alone = waiting(requests=1, **BOX)
    aims = {"ttft_target_s": alone.ttft_s, "tpot_target_s": alone.tpot_s}
    assert admission(requests=1, **aims, **BOX).threshold_value == 1


def test_precision_is_passed_on():
    fewer = waiting(requests=16, weight_bits=8, kv_bits=8, **BOX)
    assert fewer.own_step_s < waiting(requests=16, **BOX).own_step_s
    aims = {"requests": 16, **TARGETS, **BOX}
    assert (
        admission(weight_bits=8, kv_bits=8, **aims).values["tpot_s"]
        < admission(weight_bits=8, kv_bits=16, **aims).values["tpot_s"]
        < admission(weight_bits=16, kv_bits=16, **aims).values["tpot_s"]
    )


def test_the_sums_of_waiting():
    times = Waiting(own_prompt_s=1.0, queue_s=0.5, own_step_s=0.02, stalls_s=0.01)
    assert times.ttft_s == 1.5
    assert times.tpot_s == 0.03


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            {"requests": 0},
            "requests = 0 is out of range: give a whole number from 1 to 100,000 (requests)",
        ),
        ({"requests": 2.5}, "requests = 2.5 is not a whole number"),
        ({"requests": 100_001}, "requests = 100,001 is out of range"),
        ({"requests": np.array([1, 2])}, "requests is an array"),
        (
            {"ttft_target_s": 0},
            "ttft_target_s = 0 is out of range: give a number above 0 and up to 3,600 (seconds)",
        ),
        ({"ttft_target_s": 3_600.5}, "ttft_target_s = 3600.5 is out of range"),
        (
            {"tpot_target_s": 0},
            "tpot_target_s = 0 is out of range: give a number above 0 and up to 3,600 (seconds)",
        ),
        ({"tpot_target_s": 3_600.5}, "tpot_target_s = 3600.5 is out of range"),
        ({"context_tokens": 0}, "context_tokens = 0 is out of range"),
        ({"context_tokens": 131_072}, "context_tokens = 131,072 and 400 tokens of answer"),
        ({"output_tokens": 0}, "output_tokens = 0 is out of range"),
        ({"output_tokens": 1.5}, "output_tokens = 1.5 is not a whole number"),
        ({"n_accelerators": 0.5}, "n_accelerators = 0.5 is out of range"),
        ({"weight_bits": 3}, "weight_bits = 3: give one of"),
        ({"kv_bits": 3}, "kv_bits = 3: give one of"),
    ],
)
def test_bad_input_is_named(bad, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        admission(**{"requests": 16, **TARGETS, **BOX, **bad})


def test_the_longest_targets_are_an_hour():
    decision = admission(requests=1, ttft_target_s=3_600, tpot_target_s=3_600, **BOX)
    assert decision.choice == "hold them"


def test_one_that_is_held_is_said_in_the_singular():
    alone = waiting(requests=1, **BOX)
    decision = admission(requests=1, ttft_target_s=1.001 * alone.ttft_s, tpot_target_s=1, **BOX)
    assert decision.threshold_value == 1
    assert decision.sentence.startswith("I choose to hold 1 request at once, because")
    two = admission(requests=2, ttft_target_s=1.001 * alone.ttft_s, tpot_target_s=1, **BOX)
    assert two.sentence.startswith("I choose to hold no more than 1 of 2 requests at once,")
