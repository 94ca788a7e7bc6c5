"""The server's time for an answer, what it costs, and whether to share it among more."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators import words
from course_utils.calculators.answer_cost import (
    ANSWER_TERMS,
    batch_choice,
    server_seconds,
)
from course_utils.calculators.latency import latency
from course_utils.calculators.memory import kv_cache_bytes
from course_utils.calculators.serving import service

BOX = {
    "model": "llama-3.1-70b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "context_tokens": 8_000,
    "output_tokens": 400,
}
RENT = {"usd_per_accelerator_hour": 2.5}

boxes = st.fixed_dictionaries(
    {
        "model": st.sampled_from(sorted(catalog.models())),
        "accelerator": st.sampled_from(["l4", "a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm"]),
        "n_accelerators": st.sampled_from([1, 2, 4, 8]),
        "context_tokens": st.integers(1, 3_000),
        "output_tokens": st.integers(1, 1_000),
        "weight_bits": st.sampled_from([4, 8, 16]),
        "kv_bits": st.sampled_from([8, 16]),
    }
)


def test_the_prompt_is_read_for_one_and_the_steps_are_shared():
    seconds = server_seconds(batch=16, **BOX)
    assert seconds.reading_s == latency(batch=1, **BOX).ttft_s
    assert seconds.writing_s == pytest.approx(400 * latency(batch=16, **BOX).tpot_s / 16)
    assert seconds.total_s == seconds.reading_s + seconds.writing_s


def test_precision_reaches_both_terms():
    exact = server_seconds(batch=16, **BOX)
    fewer = server_seconds(batch=16, weight_bits=8, kv_bits=8, **BOX)
    assert fewer.reading_s < exact.reading_s
    assert fewer.writing_s < exact.writing_s
    cache = server_seconds(batch=16, kv_bits=8, **BOX)
    assert cache.reading_s == exact.reading_s
    assert cache.writing_s < exact.writing_s


def test_seconds_broadcast_over_contexts_and_batches():
    contexts, batches = np.array([1_000.0, 8_000.0]), np.array([4.0, 16.0])
    box = {**BOX, "context_tokens": contexts}
    swept = server_seconds(batch=batches, **box)
    for n in range(2):
        one = server_seconds(batch=batches[n], **{**BOX, "context_tokens": contexts[n]})
        assert swept.reading_s[n] == pytest.approx(one.reading_s)
        assert swept.writing_s[n] == pytest.approx(one.writing_s)
    assert server_seconds(batch=batches, **BOX).reading_s.shape == (2,)


@settings(max_examples=60, deadline=None)
@given(boxes, st.integers(1, 200))
def test_the_throughput_is_that_of_a_server_that_is_never_idle(box, batch):
    values = batch_choice(batch=batch, **RENT, **box).values
    if values["requests_that_fit"] >= 1:
        users = service(concurrency=batch, **box)
        assert values["running"] == users.running
        assert values["answers_per_hour"] == pytest.approx(3600 * users.requests_per_s)


def test_the_price_is_rent_over_answers():
    values = batch_choice(batch=16, busy_share=0.25, **RENT, **BOX).values
    assert values["usd_per_answer"] == pytest.approx(8 * 2.5 / values["answers_per_hour"])
    parts_usd = values["reading_usd"] + values["writing_usd"]
    assert values["usd_per_answer"] == pytest.approx(parts_usd)
    assert values["usd_per_mtok_out"] == pytest.approx(1e6 * values["usd_per_answer"] / 400)
    always = batch_choice(batch=16, **RENT, **BOX).values
    assert values["usd_per_answer"] == pytest.approx(4 * always["usd_per_answer"])
    assert values["reading_usd"] == pytest.approx(4 * always["reading_usd"])
    seconds = server_seconds(batch=16, **BOX)
    assert always["reading_usd"] == pytest.approx(seconds.reading_s * 20 / 3600)
    assert always["writing_usd"] == pytest.approx(seconds.writing_s * 20 / 3600)


def test_the_memory_is_that_of_prompt_and_answer():
    values = batch_choice(batch=16, **RENT, **BOX).values
    # 2 x 80 layers x 8 KV heads x 128 x 2 bytes for each of 8,400 tokens.
    assert values["kv_gb_per_request"] == pytest.approx(327_680 * 8_400 / 1e9)
    assert values["weights_gb"] == pytest.approx(141.104)
    assert values["usable_memory_gb"] == pytest.approx(0.9 * 640)
    assert values["requests_that_fit"] == (576e9 - 141.104e9) // (327_680 * 8_400)
    eight = batch_choice(batch=16, kv_bits=8, **RENT, **BOX).values
    assert eight["kv_gb_per_request"] == pytest.approx(values["kv_gb_per_request"] / 2)


@settings(max_examples=60, deadline=None)
@given(boxes, st.integers(1, 300))
def test_the_choice_is_what_memory_and_the_two_terms_say(box, batch):
    decision = batch_choice(batch=batch, **RENT, **box)
    values, role = decision.values, decision.binding_role
    fitting, balance = values["requests_that_fit"], values["requests_at_balance"]
    seconds = server_seconds(batch=batch, **box)
    if fitting < 1:
        assert (decision.choice, role) == ("take another server", "memory")
        assert values["usd_per_answer"] == math.inf
        assert values["answers_per_hour"] == 0
    elif batch > fitting:
        assert (decision.choice, role) == ("let some wait", "memory")
    elif seconds.writing_s > seconds.reading_s:
        assert (decision.choice, role) == ("serve more at once", "writing")
        assert decision.threshold_value == min(balance, fitting)
    else:
        assert (decision.choice, role) == ("cut the context", "reading")
        assert decision.threshold_value == balance
    assert decision.binding_label == ANSWER_TERMS[role]
    assert values["waiting"] == batch - values["running"]
    sentence = decision.sentence
    assert sentence.startswith("I choose ")
    assert sentence.count(";") == 1
    assert "because" in sentence
    assert "would" in sentence
    assert len(sentence) < 330
    assert not re.search(r"nan|inf\b|None|e[+-]\d|  |\b1 requests|\b1 tokens", sentence)


@settings(max_examples=60, deadline=None)
@given(boxes)
def test_at_the_balance_reading_overtakes_writing(box):
    balance = batch_choice(batch=1, **RENT, **box).values["requests_at_balance"]
    if math.isfinite(balance):
        at = server_seconds(batch=balance, **box)
        assert at.reading_s >= at.writing_s
        if balance > 1:
            before = server_seconds(batch=balance - 1, **box)
            assert before.reading_s < before.writing_s
    else:
        most = server_seconds(batch=100_000, **box)
        assert most.reading_s < most.writing_s


def test_without_end_to_the_sharing_writing_always_costs_more():
    # One token in and thousands out: the cache read at each step outweighs the prompt.
    box = {**BOX, "context_tokens": 1, "output_tokens": 100_000}
    decision = batch_choice(batch=1, **RENT, **box)
    assert decision.values["requests_at_balance"] == math.inf
    assert decision.choice == "serve more at once"
    assert decision.threshold_value == decision.values["requests_that_fit"]
    assert decision.threshold_name == "requests at once that fill the memory"
    assert decision.sentence.endswith("at once, where the memory is full.")


def test_with_the_longest_context_all_fit_and_with_one_more_token_they_do_not():
    decision = batch_choice(batch=200, **RENT, **BOX)
    assert decision.choice == "let some wait"
    assert decision.threshold_unit == "tokens"
    assert decision.threshold_name == "longest context with which all 200 fit"
    for extra, fits in ((0, True), (1, False)):
        box = {**BOX, "context_tokens": int(decision.threshold_value) + extra}
        assert (batch_choice(batch=200, **RENT, **box).values["requests_that_fit"] >= 200) == fits


def test_where_nothing_fits_the_sentence_says_what_is_missing():
    box = {**BOX, "n_accelerators": 2, "context_tokens": 80_000}
    decision = batch_choice(batch=1, **RENT, **box)
    cache = kv_cache_bytes(model="llama-3.1-70b", context_tokens=80_400)
    assert decision.choice == "take another server"
    assert decision.threshold_name == "longest context with which one request fits"
    assert decision.sentence == (
        f"I choose another server or fewer bits, because the weights and the KV cache of one "
        f"request take {(141.104e9 + cache) / 1e9:.0f} GB and 144 GB are usable; I would switch to "
        f"contexts of up to about 8,440 tokens, which fit."
    )
    alone = batch_choice(batch=1, **RENT, **{**BOX, "n_accelerators": 1})
    assert alone.threshold_value == 0
    assert alone.sentence.endswith(
        "I would not switch at any context, because none is short enough."
    )


def case(batch, **changes):
    decision = batch_choice(batch=batch, **RENT, **{**BOX, **changes})
    usd = {
        name: words.dollars(1000 * decision.values[f"{name}_usd"])
        for name in ("reading", "writing")
    }
    return decision, usd, words.dollars(1000 * decision.values["usd_per_answer"])


BALANCE = "requests at once from which reading costs more than writing"


def test_while_writing_costs_more_the_sentence_is_for_serving_more():
    decision, usd, total = case(1, context_tokens=2_000)
    flips = decision.values["requests_at_balance"]
    assert (decision.threshold_name, decision.threshold_unit) == (BALANCE, "requests")
    assert decision.threshold_value == flips
    assert decision.sentence == (
        f"I choose to serve more at once before I cut the context, because with 1 request at once "
        f"writing costs {usd['writing']} of the {total} for 1,000 answers, and more requests share "
        f"that; I would switch to a shorter context at {flips:.0f} at once, where reading costs as "
        f"much."
    )


def test_while_reading_costs_more_the_sentence_is_for_a_shorter_context():
    decision, usd, total = case(64)
    assert (decision.threshold_name, decision.threshold_unit) == (BALANCE, "requests")
    assert decision.sentence == (
        f"I choose to cut the context before I serve more at once, because with 64 requests at "
        f"once reading the prompts costs {usd['reading']} of the {total} for 1,000 answers, and no "
        f"batch shares that; I would switch below {decision.threshold_value:.0f} at once, where "
        f"writing costs more."
    )


def test_where_one_alone_costs_more_to_read_no_number_flips_it():
    decision, _, _ = case(4, context_tokens=120_000)
    assert decision.threshold_value == 1
    assert decision.sentence.endswith(
        "and no batch shares that; I would not switch at any number, because one alone already "
        "costs more to read."
    )


def test_at_a_balance_of_two_the_sentence_names_it():
    # On this server the prompt is read in the time of about one answer and a half.
    box = {"model": "llama-3.1-70b", "accelerator": "h100-sxm-80gb", "n_accelerators": 8}
    contexts = range(20_000, 120_000, 500)
    decisions = (
        batch_choice(context_tokens=t, output_tokens=400, batch=4, **RENT, **box) for t in contexts
    )
    decision = next(d for d in decisions if d.values["requests_at_balance"] == 2)
    assert "I would switch below 2 at once, where writing costs more." in decision.sentence


def test_what_does_not_fit_waits_and_the_sentence_says_how_many():
    decision, _, total = case(200)
    longest = words.about_tokens(decision.threshold_value)
    assert decision.threshold_unit == "tokens"
    assert decision.sentence == (
        f"I choose to let 43 of 200 requests wait, because no more than 157 fit in memory, at "
        f"{total} for 1,000 answers; I would switch to contexts of up to {longest}, which fit."
    )


def test_all_that_fit_exactly_need_not_wait():
    assert case(157)[0].choice == "cut the context"
    assert case(158)[0].choice == "let some wait"


def test_the_bits_of_weights_and_cache_move_the_longest_context():
    exact = case(200)[0].threshold_value
    assert case(200, kv_bits=8)[0].values["requests_that_fit"] > 300
    more = batch_choice(batch=400, kv_bits=8, **RENT, **BOX)
    assert more.threshold_value == pytest.approx(exact, rel=0.05)
    small = batch_choice(batch=200, weight_bits=8, **RENT, **BOX).threshold_value
    assert small > exact + 700


def test_one_request_that_just_fits_is_served():
    box = {**BOX, "n_accelerators": 2, "context_tokens": 8_000}
    decision = batch_choice(batch=1, **RENT, **box)
    assert decision.values["requests_that_fit"] == 1
    assert decision.choice in ("serve more at once", "cut the context")
    full = batch_choice(batch=1, **RENT, **{**box, "context_tokens": 60_000})
    assert full.threshold_unit == "tokens"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"batch": 0}, "batch = 0 is out of range: give a whole number from 1"),
        ({"batch": 1.5}, "batch = 1.5 is not a whole number"),
        ({"batch": np.array([1, 2])}, "batch is an array"),
        (
            {"usd_per_accelerator_hour": 0},
            "usd_per_accelerator_hour = 0 is out of range: give a number above 0 and up to 10,000 "
            "(US dollars per hour)",
        ),
        (
            {"busy_share": 0},
            "busy_share = 0 is out of range: give a number above 0 and up to 1 (share)",
        ),
        ({"busy_share": 1.2}, "busy_share = 1.2 is out of range"),
        ({"context_tokens": 0}, "context_tokens = 0 is out of range"),
        ({"context_tokens": 10.5}, "context_tokens = 10.5 is not a whole number"),
        ({"output_tokens": 0}, "output_tokens = 0 is out of range"),
        ({"output_tokens": 1.5}, "output_tokens = 1.5 is not a whole number"),
        ({"n_accelerators": 0}, "n_accelerators = 0 is out of range"),
        ({"weight_bits": 5}, "weight_bits = 5: give one of"),
        ({"kv_bits": 5}, "kv_bits = 5: give one of"),
    ],
)
def test_bad_input_is_named(bad, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        batch_choice(**{"batch": 16, **RENT, **BOX, **bad})


def test_the_rent_goes_up_to_ten_thousand_dollars_an_hour_and_the_server_is_always_busy():
    cost = batch_choice(batch=16, usd_per_accelerator_hour=10_000, **BOX).values["usd_per_answer"]
    assert cost == pytest.approx(
        4_000 * batch_choice(batch=16, busy_share=1, **RENT, **BOX).values["usd_per_answer"]
    )
    with pytest.raises(ValueError, match="10,000"):
        batch_choice(batch=16, usd_per_accelerator_hour=10_001, **BOX)


def test_seconds_name_bad_input():
    with pytest.raises(ValueError, match="batch"):
        server_seconds(batch=0, **BOX)
    with pytest.raises(ValueError, match="n_accelerators"):
        server_seconds(batch=1, **{**BOX, "n_accelerators": 1.5})
