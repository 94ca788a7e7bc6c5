"""The fitted latency model: published times, limits, and the same for arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators.latency import latency, params_touched, peak_flops_per_s
from course_utils.calculators.memory import kv_cache_bytes, weight_bytes

model_ids = st.sampled_from(sorted(catalog.models()))
accelerator_ids = st.sampled_from(sorted(catalog.accelerators()))
contexts = st.integers(1, 1_000_000)
outputs = st.integers(1, 10_000)
batches = st.integers(1, 512)
counts = st.sampled_from([1, 2, 4, 8])
bits = st.sampled_from([4, 8, 16])

TERMS = (
    "prefill_linear_s",
    "prefill_attention_s",
    "prefill_overhead_s",
    "decode_linear_s",
    "decode_attention_s",
    "decode_overhead_s",
)


# Measured by others: LLM-Inference-Bench (github:argonne-lcf/LLM-Inference-Bench@4211f5d,
# Plots/All_results.csv and Plots/Fig_1_b), end to end with TensorRT-LLM for one static
# batch in bf16; the shapes of Llama-3 are those of 3.1.
@pytest.mark.parametrize(
    ("model_id", "accelerator_id", "n", "tokens", "batch", "measured_s"),
    [
        ("llama-3.1-8b", "a100-sxm-40gb", 1, 1024, 1, 14.86),
        ("mistral-7b-v0.3", "gh200-96gb", 1, 128, 1, 0.688),
        ("mistral-7b-v0.3", "gh200-96gb", 1, 128, 16, 0.850),
    ],
)
def test_published_end_to_end_times(model_id, accelerator_id, n, tokens, batch, measured_s):
    times = latency(
        model=model_id,
        accelerator=accelerator_id,
        n_accelerators=n,
        context_tokens=tokens,
        output_tokens=tokens,
        batch=batch,
    )
    assert times.e2e_s == pytest.approx(measured_s, rel=0.30)


def test_time_per_output_token_is_defined_as_in_the_glossary():
    times = latency(
        model="llama-3.1-8b", accelerator="l4", context_tokens=3000, output_tokens=250, batch=4
    )
    assert times.tpot_s == pytest.approx((times.e2e_s - times.ttft_s) / (250 - 1))
    assert times.ttft_s == pytest.approx(sum(getattr(times, t) for t in TERMS[:3]))
    assert times.tpot_s == pytest.approx(sum(getattr(times, t) for t in TERMS[3:]))


@settings(max_examples=80)
@given(model_ids, accelerator_ids, counts, contexts, outputs, batches, bits, bits)
def test_no_prediction_beats_the_hardware(m, a, n, context, output, batch, w, kv):
    model, accelerator = catalog.model(m), catalog.accelerator(a)
    times = latency(
        model=model,
        accelerator=accelerator,
        n_accelerators=n,
        context_tokens=context,
        output_tokens=output,
        batch=batch,
        weight_bits=w,
        kv_bits=kv,
    )
    bandwidth = n * accelerator.bandwidth_gb_per_s * 1e9
    cache = batch * kv_cache_bytes(model=model, context_tokens=context, kv_bits=kv)
    assert times.tpot_s > cache / bandwidth
    if not model.experts:
        embedding = model.vocabulary_size * model.hidden_size
        read = weight_bytes(params=model.params_total - embedding, weight_bits=w)
        assert times.tpot_s > read / bandwidth
    peak = n * peak_flops_per_s(accelerator, 8 if w == 8 else 16)
    body = model.params_active - 2 * model.vocabulary_size * model.hidden_size
    assert times.ttft_s > 2 * body * context * batch / peak


@settings(max_examples=60)
@given(model_ids, accelerator_ids, counts, contexts, contexts, batches)
def test_more_context_never_takes_less_time(m, a, n, context, more, batch):
    shape = {"model": m, "accelerator": a, "n_accelerators": n, "output_tokens": 100}
    short = latency(context_tokens=context, batch=batch, **shape)
    long = latency(context_tokens=context + more, batch=batch, **shape)
    assert long.ttft_s > short.ttft_s
    assert long.tpot_s >= short.tpot_s
    assert long.e2e_s > short.e2e_s


@settings(max_examples=60)
@given(model_ids, accelerator_ids, counts, contexts, batches)
def test_a_larger_batch_waits_longer_and_gives_more_tokens_a_second(m, a, n, context, batch):
    shape = {"model": m, "accelerator": a, "n_accelerators": n, "output_tokens": 100}
    one = latency(context_tokens=context, batch=batch, **shape)
    two = latency(context_tokens=context, batch=2 * batch, **shape)
    assert two.ttft_s >= one.ttft_s
    assert two.tpot_s >= one.tpot_s
    assert 2 * batch / two.tpot_s >= batch / one.tpot_s * (1 - 1e-12)


@settings(max_examples=40)
@given(model_ids, accelerator_ids, contexts, batches)
def test_fewer_bits_never_take_longer(m, a, context, batch):
    shape = {"model": m, "accelerator": a, "output_tokens": 100, "context_tokens": context}
    eight = latency(batch=batch, weight_bits=8, kv_bits=8, **shape)
    sixteen = latency(batch=batch, **shape)
    assert eight.ttft_s <= sixteen.ttft_s
    assert eight.tpot_s <= sixteen.tpot_s


@settings(max_examples=40)
@given(model_ids, accelerator_ids, counts, st.lists(contexts, min_size=1, max_size=4), batches)
def test_an_array_gives_what_its_elements_give(m, a, n, several, batch):
    shape = {
        "model": m,
        "accelerator": a,
        "n_accelerators": n,
        "output_tokens": 100,
        "batch": batch,
    }
    whole = latency(context_tokens=np.array(several), **shape)
    each = [latency(context_tokens=c, **shape) for c in several]
    for term in (*TERMS, "ttft_s", "tpot_s", "e2e_s"):
        expected = [getattr(times, term) for times in each]
        assert getattr(whole, term) == pytest.approx(expected, rel=1e-12), term


def test_arguments_broadcast_and_every_term_has_the_shape():
    times = latency(
        model="qwen3-30b-a3b",
        accelerator="h200-sxm",
        n_accelerators=2,
        context_tokens=np.array([[1000.0], [2000.0], [4000.0]]),
        output_tokens=100,
        batch=np.array([1.0, 8.0]),
    )
    assert {getattr(times, term).shape for term in TERMS} == {(3, 2)}


def test_attention_share_of_peak_grows_with_the_prompt():
    accelerator = catalog.accelerator("h100-sxm-80gb")
    model = catalog.model("llama-3.1-8b")

    def share(tokens):
        times = latency(
            model=model, accelerator=accelerator, context_tokens=tokens, output_tokens=1
        )
        flops = 2 * model.layers * model.attention_width * tokens**2
        return flops / times.prefill_attention_s / (accelerator.bf16_tflops * 1e12)

    # Reported for an H100: 0.16 at 1,000 tokens, 0.28 at 2,000, 0.5 at 8,000-16,000.
    assert share(1_000) == pytest.approx(0.16, abs=0.02)
    assert share(2_000) == pytest.approx(0.28, abs=0.02)
    assert share(12_000) == pytest.approx(0.50, abs=0.02)


def test_a_mixture_of_experts_reads_the_experts_that_are_touched():
    model = catalog.model("mixtral-8x7b")
    # One token touches 2 of 8 experts: the active parameters, of which 12.9e9 are published.
    assert params_touched(model, 1) == pytest.approx(12.9e9, rel=0.01)
    assert params_touched(model, 1000) == pytest.approx(46.7e9, rel=0.01)
    dense = catalog.model("llama-3.1-8b")
    assert params_touched(dense, 1) == params_touched(dense, 1000) == dense.params_total


def test_arithmetic_falls_back_to_what_the_accelerator_has():
    a100, b200 = catalog.accelerator("a100-sxm-80gb"), catalog.accelerator("b200-sxm")
    assert peak_flops_per_s(a100, 8) == peak_flops_per_s(a100, 16) == 312e12
    assert peak_flops_per_s(b200, 4) == 9000e12
    assert peak_flops_per_s(b200, 8) == 4500e12


def test_heads_are_not_split_further_than_there_are_heads():
    # Eight KV heads over 16 accelerators: each is kept twice, and read no faster than by eight.
    shape = {"model": "llama-3.1-70b", "accelerator": "h100-sxm-80gb"}
    shape |= {"context_tokens": 8000, "output_tokens": 100, "batch": 16}
    eight = latency(n_accelerators=8, **shape)
    sixteen = latency(n_accelerators=16, **shape)
    assert sixteen.decode_attention_s == pytest.approx(eight.decode_attention_s)
    assert sixteen.decode_linear_s == pytest.approx(eight.decode_linear_s / 2)


def test_a_slow_link_makes_the_exchange_slow():
    shape = {"model": "llama-3.1-70b", "context_tokens": 8000, "output_tokens": 100}
    nvlink = latency(accelerator="h100-sxm-80gb", n_accelerators=8, **shape)
    pcie = latency(accelerator="h100-pcie-80gb", n_accelerators=8, **shape)
    alone = latency(accelerator="h100-pcie-80gb", n_accelerators=1, **shape)
    assert alone.prefill_overhead_s < nvlink.prefill_overhead_s < pcie.prefill_overhead_s / 4


GOOD = {
    "model": "llama-3.1-8b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 1,
    "context_tokens": 1000,
    "output_tokens": 100,
    "batch": 1,
    "weight_bits": 16,
    "kv_bits": 16,
    "compute_bits": 16,
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "many", True, 1e12])
def test_every_argument_is_checked(name, value):
    latency(**GOOD)
    with pytest.raises(ValueError, match=f"(^{name} |no {name} )"):
        latency(**{**GOOD, name: value})
