"""What context takes on own hardware, and where the choice flips."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators import context_latency, words
from course_utils.calculators.context import LATENCY_TERMS
from course_utils.calculators.latency import latency
from course_utils.calculators.memory import kv_cache_bytes
from course_utils.calculators.serving import service

BOX = {
    "model": "llama-3.1-70b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "output_tokens": 400,
    "batch": 16,
    "ttft_target_s": 2,
    "usd_per_accelerator_hour": 2.5,
}

boxes = st.fixed_dictionaries(
    {
        "model": st.sampled_from(sorted(catalog.models())),
        "accelerator": st.sampled_from(sorted(catalog.accelerators())),
        "n_accelerators": st.sampled_from([1, 2, 4, 8, 16]),
        "output_tokens": st.integers(1, 4000),
        "batch": st.integers(1, 256),
        "ttft_target_s": st.floats(0.005, 60),
        "usd_per_accelerator_hour": st.floats(0, 20),
        "weight_bits": st.sampled_from([4, 8, 16]),
        "kv_bits": st.sampled_from([8, 16]),
    }
)


def allowed(context: int, box: dict) -> bool:
    """The choice by brute force: window, memory and target, each asked directly."""
    model, accelerator = catalog.model(box["model"]), catalog.accelerator(box["accelerator"])
    length = context + box["output_tokens"]
    cache = kv_cache_bytes(model=model, context_tokens=length, kv_bits=box["kv_bits"])
    needed = model.params_total * box["weight_bits"] / 8 + box["batch"] * cache
    first = latency(
        model=model,
        accelerator=accelerator,
        n_accelerators=box["n_accelerators"],
        context_tokens=context,
        output_tokens=box["output_tokens"],
        weight_bits=box["weight_bits"],
        kv_bits=box["kv_bits"],
    )
    return (
        length <= model.max_context_tokens
        and needed <= 0.9 * box["n_accelerators"] * accelerator.memory_gb * 1e9
        and first.ttft_s <= box["ttft_target_s"]
    )


@settings(max_examples=150, deadline=None)
@given(boxes)
def test_the_threshold_is_where_the_choice_flips(box):
    low, high = 0, 1_000_000
    while low < high:
        middle = (low + high + 1) // 2
        if allowed(middle, box):
            low = middle
        else:
            high = middle - 1
    decision = context_latency(context_tokens=1000, **box)
    assert decision.threshold_value == low
    for context in (low, low + 1):
        if context >= 1:
            choice = context_latency(context_tokens=context, **box).choice
            assert choice == ("send the whole context" if context <= low else "shorten the context")


@settings(max_examples=150, deadline=None)
@given(boxes, st.integers(1, 300_000))
def test_what_binds_agrees_with_the_values(box, context):
    decision = context_latency(context_tokens=context, **box)
    values, role = decision.values, decision.binding_role
    assert role in LATENCY_TERMS
    terms = (
        values["prefill_linear_s"]
        + values["prefill_attention_s"]
        + values["decode_linear_s"]
        + values["decode_attention_s"]
        + values["overhead_s"]
    )
    assert terms == pytest.approx(values["e2e_s"])
    fits = values["needed_gb"] <= values["usable_memory_gb"]
    assert bool(values["fits"]) == fits == (values["users_that_fit"] >= box["batch"])
    if decision.choice == "send the whole context":
        assert fits
        assert values["ttft_s"] <= box["ttft_target_s"]
        assert role != "capacity"
        assert values[f"{role}_s"] == max(values[f"{term}_s"] for term in list(LATENCY_TERMS)[:-1])
    elif role != "capacity":
        assert values["ttft_s"] > box["ttft_target_s"]
        assert role in ("prefill_linear", "prefill_attention", "overhead")
    # Users of a busy server wait at least as long as one alone.
    assert values["live_ttft_s"] > values["ttft_s"]


@settings(max_examples=200, deadline=None)
@given(boxes, st.integers(1, 300_000))
def test_the_sentence_is_one_sentence_with_two_halves(box, context):
    sentence = context_latency(context_tokens=context, **box).sentence
    assert sentence.startswith(("I choose ", "I cannot serve "))
    assert sentence.endswith(".")
    assert sentence.count(";") == 1
    assert "because" in sentence
    assert len(sentence) < 330
    assert not re.search(r"nan|inf\b|None|e[+-]\d|  |\b1 users|\b1 tokens", sentence)


def test_the_memory_of_70b_at_64_users():
    values = context_latency(context_tokens=8000, **{**BOX, "batch": 64}).values
    # 2 x 80 layers x 8 KV heads x 128 x 2 bytes = 327,680 bytes a token; 8,400 tokens.
    assert values["kv_gb_per_sequence"] == pytest.approx(8400 * 327_680 / 1e9)
    assert values["kv_gb"] == pytest.approx(64 * 8400 * 327_680 / 1e9)
    assert values["weights_gb"] == pytest.approx(141.1, abs=0.05)
    assert values["usable_memory_gb"] == pytest.approx(576)
    assert values["users_that_fit"] == (576e9 - 141.104e9) // (8400 * 327_680)


def test_the_price_is_that_of_a_server_that_is_never_idle():
    values = context_latency(context_tokens=8000, **BOX).values
    usd_an_hour = 8 * 2.5
    assert values["usd_per_request"] == pytest.approx(usd_an_hour / 3600 / values["requests_per_s"])
    # Sixteen users in turn read their prompts and share the steps of decoding.
    seconds = 16 * values["ttft_s"] + 400 * values["tpot_s"]
    assert values["requests_per_s"] == pytest.approx(16 / seconds)


def test_idle_times_are_those_of_the_formula():
    values = context_latency(context_tokens=8000, **BOX).values
    shape = {k: BOX[k] for k in ("model", "accelerator", "n_accelerators", "output_tokens")}
    assert values["ttft_s"] == latency(context_tokens=8000, batch=1, **shape).ttft_s
    assert values["tpot_s"] == latency(context_tokens=8000, batch=16, **shape).tpot_s
    assert values["e2e_s"] == pytest.approx(values["ttft_s"] + 399 * values["tpot_s"])
    assert values["output_tokens_per_s"] == pytest.approx(16 / values["tpot_s"])


@pytest.mark.parametrize(
    ("change", "context", "threshold_name", "role", "said"),
    [
        ({}, 8_000, "first token misses", "overhead", "to a shorter context above about"),
        (
            {"n_accelerators": 4},
            8_000,
            "first token misses",
            "decode_linear",
            "to a shorter context above about",
        ),
        ({}, 100_000, "first token misses", "prefill_attention", "comes in time"),
        ({"ttft_target_s": 60}, 90_000, "memory is full", "capacity", "16 users fit in memory"),
        (
            {"ttft_target_s": 60, "batch": 1},
            131_000,
            "window ends",
            "capacity",
            "more than the 131,072 that Llama 3.1 70B can read",
        ),
        (
            {"n_accelerators": 1},
            8_000,
            "memory is full",
            "capacity",
            "the weights alone take 141 GB",
        ),
        ({"ttft_target_s": 0.001}, 8_000, "first token misses", "prefill_linear", "no context is"),
        ({"batch": 100_000}, 100, "memory is full", "capacity", "no context is short enough"),
    ],
)
def test_each_way_to_break_is_named(change, context, threshold_name, role, said):
    decision = context_latency(context_tokens=context, **{**BOX, **change})
    assert threshold_name in decision.threshold_name
    assert decision.binding_role == role
    assert said in decision.sentence
    assert decision.threshold_unit == "tokens"


def test_ids_and_entries_are_the_same():
    entries = {
        "model": catalog.model(BOX["model"]),
        "accelerator": catalog.accelerator(BOX["accelerator"]),
    }
    by_id = context_latency(context_tokens=8000, **BOX)
    assert context_latency(context_tokens=8000, **{**BOX, **entries}) == by_id


GOOD = {
    **BOX,
    "context_tokens": 8000,
    "weight_bits": 16,
    "kv_bits": 16,
    "usable_memory_share": 0.9,
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    "value",
    [-1, float("nan"), float("inf"), "many", True, 1e12, None, np.array([8.0, 9.0])],
    ids=repr,
)
def test_every_argument_is_checked(name, value):
    context_latency(**GOOD)
    with pytest.raises(ValueError, match=f"(^{name} |no {name} )"):
        context_latency(**{**GOOD, name: value})


@pytest.mark.parametrize("name", ["context_tokens", "output_tokens", "batch", "n_accelerators"])
def test_counts_are_whole(name):
    with pytest.raises(ValueError, match=f"{name} = 1.5 is not a whole number"):
        context_latency(**{**GOOD, name: 1.5})


def test_the_largest_context_there_is_gives_an_answer():
    decision = context_latency(**{**GOOD, "context_tokens": 10_000_000})
    assert decision.choice == "shorten the context"


WANTED = {
    "context_tokens": "a whole number from 1 to 10,000,000 (tokens)",
    "output_tokens": "a whole number from 1 to 10,000,000 (tokens)",
    "batch": "a whole number from 1 to 100,000 (sequences)",
    "n_accelerators": "a whole number from 1 to 1,024 (accelerators)",
    "ttft_target_s": "a number above 0 and up to 3,600 (seconds)",
    "usd_per_accelerator_hour": "a number from 0 to 10,000 (US dollars per hour)",
    "usable_memory_share": "a number above 0 and up to 1 (share)",
}


@pytest.mark.parametrize("name", WANTED)
def test_the_message_names_argument_unit_and_range(name):
    with pytest.raises(ValueError, match="is out of range") as error:
        context_latency(**{**GOOD, name: -2})
    assert str(error.value) == f"{name} = -2 is out of range: give {WANTED[name]}"


@pytest.mark.parametrize(
    ("name", "most"), [("ttft_target_s", 3600), ("usd_per_accelerator_hour", 1e4)]
)
def test_the_upper_bounds_are_good_and_nothing_above_them(name, most):
    context_latency(**{**GOOD, name: most})
    with pytest.raises(ValueError, match=f"^{name} = .* is out of range"):
        context_latency(**{**GOOD, name: most + 0.5})


SHAPE = {k: BOX[k] for k in ("model", "accelerator", "n_accelerators", "output_tokens")}


def test_every_value_is_that_of_its_formula():
    bits = {"weight_bits": 8, "kv_bits": 8}
    values = context_latency(context_tokens=8000, usable_memory_share=0.5, **bits, **BOX).values
    first = latency(context_tokens=8000, batch=1, **bits, **SHAPE)
    running = latency(context_tokens=8000, batch=16, **bits, **SHAPE)
    live = service(context_tokens=8000, concurrency=16, usable_memory_share=0.5, **bits, **SHAPE)
    params = catalog.model(BOX["model"]).params_total
    cache = 8400 * 327_680 / 2
    expected = {
        "ttft_s": first.ttft_s,
        "tpot_s": running.tpot_s,
        "e2e_s": first.ttft_s + 399 * running.tpot_s,
        "live_ttft_s": live.ttft_s,
        "live_tpot_s": live.tpot_s,
        "live_e2e_s": live.e2e_s,
        "requests_per_s": live.requests_per_s,
        "usd_per_request": 8 * 2.5 / 3600 / live.requests_per_s,
        "prefill_linear_s": first.prefill_linear_s,
        "prefill_attention_s": first.prefill_attention_s,
        "prefill_overhead_s": first.prefill_overhead_s,
        "decode_linear_s": 399 * running.decode_linear_s,
        "decode_attention_s": 399 * running.decode_attention_s,
        "decode_overhead_s": 399 * running.decode_overhead_s,
        "overhead_s": first.prefill_overhead_s + 399 * running.decode_overhead_s,
        "weights_gb": params / 1e9,
        "kv_gb_per_sequence": cache / 1e9,
        "kv_gb": 16 * cache / 1e9,
        "needed_gb": (params + 16 * cache) / 1e9,
        "usable_memory_gb": 320,
        "fits": 1,
        "users_that_fit": (320e9 - params) // cache,
        "output_tokens_per_s": 16 / running.tpot_s,
    }
    assert values == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("memory_share", "batch"), [(0.9, 1), (0.9, 500), (0.05, 16), (0.3, 100), (0.3, 500)]
)
def test_a_short_memory_makes_users_of_a_server_wait(memory_share, batch):
    box = {**BOX, "batch": batch}
    values = context_latency(context_tokens=8000, usable_memory_share=memory_share, **box).values
    live = service(
        context_tokens=8000, concurrency=batch, usable_memory_share=memory_share, **SHAPE
    )
    assert values["requests_per_s"] == live.requests_per_s
    assert values["live_ttft_s"] == live.ttft_s


def test_the_users_that_just_fit_do_fit():
    values = context_latency(context_tokens=8000, **BOX).values
    most = int(values["users_that_fit"])
    assert context_latency(context_tokens=8000, **{**BOX, "batch": most}).values["fits"] == 1
    assert context_latency(context_tokens=8000, **{**BOX, "batch": most + 1}).values["fits"] == 0


# The four limits: a target that is missed, a memory that is full, a window that ends.
SLOW = {**BOX, "ttft_target_s": 3600}
WINDOW = {**SLOW, "batch": 1}
TTFT_NAME = "context at which the first token misses its target"
MEMORY_NAME = "context at which the memory is full"
WINDOW_NAME = "context at which the model's window ends"


@pytest.mark.parametrize(
    ("box", "context", "name", "label"),
    [
        (BOX, 8000, TTFT_NAME, "overhead: kernel launches and exchange"),
        ({**BOX, "n_accelerators": 4}, 8000, TTFT_NAME, "decode: reading the weights"),
        (BOX, 100_000, TTFT_NAME, "prefill: attention"),
        (SLOW, 120_000, MEMORY_NAME, "memory capacity"),
        (WINDOW, 131_000, WINDOW_NAME, "the model's context window"),
    ],
)
def test_the_limit_and_what_binds_are_named(box, context, name, label):
    decision = context_latency(context_tokens=context, **box)
    assert decision.threshold_name == name
    assert decision.binding_label == label


def say(decision):
    """The figures of a sentence, as it says them."""
    values = decision.values
    return {
        "ttft": words.seconds(values["ttft_s"]),
        "price": words.dollars(1000 * values["usd_per_request"]),
        "flips": words.about_tokens(decision.threshold_value),
        "needed": words.gigabytes(1e9 * values["needed_gb"]),
    }


def test_the_sentence_while_the_first_token_is_in_time():
    decision = context_latency(context_tokens=8000, **BOX)
    said = say(decision)
    assert decision.sentence == (
        f"I choose to send all 8,000 tokens, because the first token still comes in "
        f"{said['ttft']} against a target of 2 s, at {said['price']} per 1,000 requests; I would "
        f"switch to a shorter context above {said['flips']}, where the first token comes too late."
    )


def test_the_sentence_where_the_first_token_is_late():
    decision = context_latency(context_tokens=100_000, **BOX)
    said = say(decision)
    assert decision.sentence == (
        f"I choose to shorten the context, because the first token takes {said['ttft']} at "
        f"100,000 tokens against a target of 2 s; I would switch back at {said['flips']}, the "
        f"longest context whose first token comes in time."
    )


def test_the_sentences_about_memory():
    small = context_latency(context_tokens=8000, **SLOW)
    said = say(small)
    assert small.sentence == (
        f"I choose to send all 8,000 tokens, because the first token still comes in "
        f"{said['ttft']} against a target of 60 min, at {said['price']} per 1,000 requests; I "
        f"would switch to a shorter context above {said['flips']}, where 16 users no longer fit "
        f"in memory."
    )
    large = context_latency(context_tokens=120_000, **SLOW)
    assert large.sentence == (
        f"I choose to shorten the context, because 120,000 tokens for 16 users need "
        f"{say(large)['needed']} and 576 GB are usable; I would switch back at {said['flips']}, "
        f"the longest context with which 16 users fit in memory."
    )


def test_the_sentences_about_the_window():
    # The window holds 131,072 tokens, and 400 are for the answer: an exact number.
    small = context_latency(context_tokens=8000, **WINDOW)
    said = say(small)
    assert small.sentence == (
        f"I choose to send all 8,000 tokens, because the first token still comes in "
        f"{said['ttft']} against a target of 60 min, at {said['price']} per 1,000 requests; I "
        f"would switch to a shorter context above 130,672 tokens, where the context window of the "
        f"model ends."
    )
    assert context_latency(context_tokens=131_000, **WINDOW).sentence == (
        "I choose to shorten the context, because 131,000 tokens and the answer are more than the "
        "131,072 that Llama 3.1 70B can read; I would switch back at 130,672 tokens, the longest "
        "context that leaves room for the answer."
    )


def test_one_user_is_no_plural():
    one = {**SLOW, "n_accelerators": 2, "batch": 1}
    assert "for 1 user need " in context_latency(context_tokens=120_000, **one).sentence


def test_the_sentences_where_nothing_can_be_served():
    one_card = {**BOX, "n_accelerators": 1}
    assert context_latency(context_tokens=8000, **one_card).sentence == (
        "I cannot serve Llama 3.1 70B on 1 x H100 SXM5 80GB, because the weights alone take "
        "141 GB and 72 GB are usable; I would take more accelerators, fewer bits or a smaller "
        "model."
    )
    decision = context_latency(context_tokens=8000, **{**BOX, "ttft_target_s": 0.001})
    assert decision.threshold_value == 0
    assert decision.sentence == (
        f"I choose other hardware or another model, because the first token takes "
        f"{say(decision)['ttft']} at 8,000 tokens against a target of 1 ms; no context is short "
        f"enough to switch."
    )


def test_a_wait_beyond_the_window_is_said_to_be_one_that_cannot_happen():
    """130,672 tokens and an answer of 400 fill the window of 131,072."""
    quick = {**WINDOW, "ttft_target_s": 2}
    for context, beyond in ((130_672, False), (130_673, True), (192_000, True)):
        sentence = context_latency(context_tokens=context, **quick).sentence
        assert f"the first token {'would take' if beyond else 'takes'} " in sentence
        assert ("and Llama 3.1 70B can read only 131,072;" in sentence) == beyond


def test_an_answer_as_long_as_the_window_leaves_no_room():
    full = {**WINDOW, "output_tokens": 131_072}
    decision = context_latency(context_tokens=1, **full)
    assert decision.threshold_value == 0
    assert decision.choice == "shorten the context"
    one_left = context_latency(context_tokens=1, **{**WINDOW, "output_tokens": 131_071})
    assert one_left.threshold_value == 1
    assert one_left.choice == "send the whole context"
    two = context_latency(context_tokens=2, **{**WINDOW, "output_tokens": 131_071})
    assert "I would switch back at 1 token, the longest" in two.sentence


def test_at_the_threshold_the_whole_context_is_sent():
    at = context_latency(context_tokens=130_672, **WINDOW)
    assert at.choice == "send the whole context"
    assert at.sentence.startswith("I choose to send all 130,672 tokens,")


def test_no_context_is_longer_than_ten_million_tokens():
    endless = dataclasses.replace(
        catalog.model("llama-3.2-1b"), full_attention_layers=1, max_context_tokens=50_000_000
    )
    box = {**BOX, "model": endless, "n_accelerators": 1, "batch": 1, "ttft_target_s": 3600}
    assert context_latency(context_tokens=1000, **box).threshold_value == 10_000_000


def test_a_first_token_that_comes_just_in_time_is_in_time():
    target = latency(context_tokens=8000, batch=1, **SHAPE).ttft_s
    decision = context_latency(context_tokens=8000, **{**BOX, "ttft_target_s": target})
    assert decision.threshold_value == 8000
    assert decision.choice == "send the whole context"
