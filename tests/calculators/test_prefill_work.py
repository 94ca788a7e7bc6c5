"""The work in a prompt: which term carries it, and where attention starts to count."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators.prefill_work import WORK_TERMS, prefill_work

FULL = sorted(
    entry.id for entry in catalog.models().values() if entry.full_attention_layers == entry.layers
)


def test_the_terms_are_those_of_the_shape():
    values = prefill_work(model="llama-3.1-8b", context_tokens=10_000).values
    assert values["linear_flops"] == 2 * 8.03e9 * 10_000
    # 32 layers of 32 heads of 128 numbers: half of the unmasked 4 L N H T^2.
    assert values["attention_flops"] == 2 * 32 * 32 * 128 * 10_000**2
    assert values["total_flops"] == values["linear_flops"] + values["attention_flops"]
    assert values["attention_share"] == values["attention_flops"] / values["total_flops"]
    assert values["flops_per_token"] == pytest.approx(values["total_flops"] / 10_000)
    assert values["half_at_tokens"] == pytest.approx(61_264, abs=1)


@pytest.mark.parametrize(
    ("model", "half_at"),
    [
        # P / (L N H) with the shapes of the published configurations.
        ("llama-3.1-70b", 70_552_000_000 / (80 * 64 * 128)),
        # Latent attention: keys of 128 + 64 numbers, values of 128, so 160 on average.
        ("deepseek-v3", 37_551_000_000 / (61 * 128 * 160)),
        ("qwen3-30b-a3b", 3_353_000_000 / (48 * 32 * 128)),
    ],
)
def test_attention_is_half_of_the_work_at_p_over_lnh(model, half_at):
    decision = prefill_work(model=model, context_tokens=half_at)
    assert decision.values["half_at_tokens"] == pytest.approx(half_at)
    assert decision.values["attention_share"] == pytest.approx(0.5)
    assert decision.threshold_value == pytest.approx(half_at / 9)


@given(st.sampled_from(FULL), st.floats(1, 1e6))
def test_the_choice_flips_where_attention_is_a_tenth(model, context):
    decision = prefill_work(model=model, context_tokens=context)
    share = decision.values["attention_share"]
    if abs(share - 0.1) > 1e-9:
        expected = "leave attention out" if share < 0.1 else "count attention too"
        assert decision.choice == expected
    role = "attention" if share > 0.5 else "linear"
    assert decision.binding_role == role
    assert decision.binding_label == WORK_TERMS[role]
    assert decision.threshold_unit == "tokens"
    assert decision.threshold_name == "context at which attention is a tenth of the work"


def test_the_threshold_itself_may_leave_attention_out():
    threshold = prefill_work(model="llama-3.1-70b", context_tokens=1).threshold_value
    for context, choice in (
        (threshold, "leave attention out"),
        (threshold + 1, "count attention too"),
    ):
        assert prefill_work(model="llama-3.1-70b", context_tokens=context).choice == choice


def test_the_sentence_says_share_and_thresholds():
    short, long = (
        prefill_work(model="llama-3.1-70b", context_tokens=t).sentence for t in (8_000, 128_000)
    )
    assert short == (
        "I choose to estimate the prompt by its parameters alone, because at 8,000 tokens "
        "attention is 6.9% of the work; I would switch to both terms above about 12,000 tokens, "
        "where it is a tenth, and expect twice the time per token at about 108,000 tokens, where "
        "it is half."
    )
    assert long == (
        "I choose to count attention as well as the parameters, because at 128,000 tokens "
        "attention is 54% of the work; I would switch to the parameters alone below about 12,000 "
        "tokens, where it is less than a tenth."
    )


def test_a_model_with_a_sliding_window_is_refused_with_the_reason():
    message = re.escape(
        "model = 'gemma-3-27b' has 52 layers that do not attend to the whole context: "
        "give a model with full attention in every layer"
    )
    with pytest.raises(ValueError, match=message):
        prefill_work(model="gemma-3-27b", context_tokens=1_000)


@pytest.mark.parametrize("context", [0, -1, float("nan"), "8k", np.array([1_000, 2_000])])
def test_bad_contexts_are_named(context):
    with pytest.raises(ValueError, match="context_tokens"):
        prefill_work(model="llama-3.1-70b", context_tokens=context)
