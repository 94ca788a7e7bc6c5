"""What context takes on own hardware, and where the choice flips."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators import context_latency
from course_utils.calculators.context import LATENCY_TERMS
from course_utils.calculators.latency import latency
from course_utils.calculators.memory import kv_cache_bytes

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
    ("change", "context", "threshold_name", "role", "words"),
    [
        ({}, 8_000, "first token misses", "decode_linear", "to a shorter context above about"),
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
def test_each_way_to_break_is_named(change, context, threshold_name, role, words):
    decision = context_latency(context_tokens=context, **{**BOX, **change})
    assert threshold_name in decision.threshold_name
    assert decision.binding_role == role
    assert words in decision.sentence
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
