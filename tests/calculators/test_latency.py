"""The fitted latency model: published times, limits, and the same for arrays."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import catalog
from course_utils.calculators.latency import (
    ALL_REDUCE_S,
    BANDWIDTH_SHARE,
    COMPUTE_SHARE,
    EXPERT_LAYER_S,
    LAYER_S,
    LINK_SHARE,
    PCIE_ALL_REDUCE_S,
    SEQUENCE_S,
    STEP_S,
    latency,
    params_touched,
    peak_flops_per_s,
)
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
# Plots/All_results.csv), end to end for one static batch in bf16 with as many tokens out as
# in; the shape of Llama-3-8B is that of 3.1. vLLM first, then TensorRT-LLM.
PUBLISHED_S = [
    ("a100-sxm-40gb", 128, 1, 1.826, 1.781),
    ("a100-sxm-40gb", 128, 16, 2.192, 2.041),
    ("a100-sxm-40gb", 1024, 1, 14.936, 14.861),
    ("h100-sxm-80gb", 128, 1, 0.994, 0.897),
    ("h100-sxm-80gb", 128, 16, 1.165, 1.042),
    ("h100-sxm-80gb", 1024, 1, 8.098, 7.729),
    ("gh200-96gb", 128, 1, 0.948, 0.730),
    ("gh200-96gb", 128, 16, 1.106, 0.908),
    ("gh200-96gb", 1024, 1, 7.540, 6.169),
]


@pytest.mark.parametrize(("accelerator_id", "tokens", "batch", "vllm_s", "trt_s"), PUBLISHED_S)
def test_published_end_to_end_times(accelerator_id, tokens, batch, vllm_s, trt_s):
    times = latency(
        model="llama-3.1-8b",
        accelerator=accelerator_id,
        context_tokens=tokens,
        output_tokens=tokens,
        batch=batch,
    )
    assert times.e2e_s == pytest.approx(vllm_s, rel=0.15)
    # With more of the step compiled, the same work takes down to 0.7 of the time.
    assert 0.7 * times.e2e_s < trt_s < times.e2e_s


# Qwen2.5 with vLLM 0.6.3 on one A100 80GB, one sequence, 2,048 tokens out
# (github:QwenLM/Qwen3@a912d23, docs/source/benchmark/speed_benchmark.rst), in seconds.
@pytest.mark.parametrize(
    ("layers", "hidden", "heads", "kv_heads", "params", "context", "bits", "measured_s"),
    [
        (28, 3584, 28, 4, 7.616e9, 1, 16, 24.3),
        (28, 3584, 28, 4, 7.616e9, 30_720, 16, 29.1),
        (28, 3584, 28, 4, 7.616e9, 1, 4.25, 13.3),
        (28, 3584, 28, 4, 7.616e9, 30_720, 4.25, 18.9),
        (64, 5120, 40, 8, 32.764e9, 1, 4.25, 36.7),
        (64, 5120, 40, 8, 32.764e9, 30_720, 4.25, 57.4),
    ],
)
def test_published_times_of_long_contexts_and_four_bit_weights(
    layers, hidden, heads, kv_heads, params, context, bits, measured_s
):
    shape = dataclasses.replace(
        catalog.model("llama-3.1-8b"),
        layers=layers,
        full_attention_layers=layers,
        hidden_size=hidden,
        query_heads=heads,
        kv_heads=kv_heads,
        vocabulary_size=152_064,
        params_total=round(params),
        params_active=round(params),
    )
    times = latency(
        model=shape,
        accelerator="a100-sxm-80gb",
        context_tokens=context,
        output_tokens=2048,
        weight_bits=bits,
    )
    assert times.e2e_s == pytest.approx(measured_s, rel=0.20)


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


# --- one batch by hand -------------------------------------------------------------------

# Llama-3.1-70B has 80 layers, 64 query and 8 KV heads of 128, a hidden size of 8,192 and
# 128,256 words, each with an embedding and a row of the output layer; an H100 has
# 989 TFLOP/s in bf16, 3,350 GB/s and 450 GB/s of NVLink in one direction.
BY_HAND = {
    "model": dataclasses.replace(
        catalog.model("llama-3.1-70b"), params_total=70_552_000_000, params_active=70_552_000_000
    ),
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "context_tokens": 8000,
    "output_tokens": 500,
    "batch": 16,
}
EMBEDDING = 128_256 * 8192
BANDWIDTH = 8 * 3350e9 * BANDWIDTH_SHARE
PEAK = 8 * 989e12 * COMPUTE_SHARE


def test_a_prompt_is_multiplied_by_all_but_the_embeddings_and_its_last_token_by_the_output_layer():
    times = latency(**BY_HAND)
    body = 70_552_000_000 - 2 * EMBEDDING
    flops = 2 * body * 16 * 8000 + 2 * EMBEDDING * 16
    assert times.prefill_linear_s == pytest.approx(flops / PEAK, rel=1e-12)


def test_a_step_reads_all_weights_but_the_embedding():
    body = 70_552_000_000 - 2 * EMBEDDING
    for bits in (4.25, 8, 16, 32):
        # The output layer keeps 16 bits.
        read = body * bits / 8 + EMBEDDING * max(bits, 16) / 8
        times = latency(weight_bits=bits, **BY_HAND)
        assert times.decode_linear_s == pytest.approx(read / BANDWIDTH, rel=1e-12)


def test_an_embedding_that_is_also_the_output_layer_is_read_and_multiplied():
    tied = dataclasses.replace(BY_HAND["model"], tied_embedding=True)
    times = latency(**{**BY_HAND, "model": tied})
    flops = 2 * (70_552_000_000 - EMBEDDING) * 16 * 8000 + 2 * EMBEDDING * 16
    assert times.prefill_linear_s == pytest.approx(flops / PEAK, rel=1e-12)
    assert times.decode_linear_s == pytest.approx(70_552_000_000 * 2 / BANDWIDTH, rel=1e-12)


def test_a_step_reads_the_cache_as_it_is_in_the_middle_of_the_answer():
    cache = 16 * 327_680 * (8000 + 250)
    times = latency(**BY_HAND)
    assert times.decode_attention_s == pytest.approx(cache / BANDWIDTH, rel=1e-12)


def test_an_exchange_moves_most_activations_twice_and_each_layer_has_two():
    # A ring sends 7/8 of the data twice; activations have 16 bits.
    for tokens, seconds in ((16 * 8000, "prefill_overhead_s"), (16, "decode_overhead_s")):
        moved = 2 * 7 / 8 * tokens * 8192 * 2
        exchange = 2 * 80 * (ALL_REDUCE_S + moved / (450e9 * LINK_SHARE))
        expected = STEP_S + 80 * LAYER_S + 16 * SEQUENCE_S + exchange
        assert getattr(latency(**BY_HAND), seconds) == pytest.approx(expected, rel=1e-12)


def test_routing_adds_to_each_layer_with_experts():
    def fixed_s(model_id):
        times = latency(
            model=model_id, accelerator="h200-sxm", context_tokens=1000, output_tokens=1
        )
        return times.decode_overhead_s

    # Both have 32 layers.
    routing = fixed_s("mixtral-8x7b") - fixed_s("llama-3.1-8b")
    assert routing == pytest.approx(32 * EXPERT_LAYER_S)


def test_without_a_link_accelerators_talk_over_pcie_4():
    # PCIe 4.0 x16: 32 GB/s in one direction, 64 in both.
    h100 = catalog.accelerator("h100-sxm-80gb")
    bare, pcie = (
        dataclasses.replace(h100, link_gb_per_s_bidirectional=rate) for rate in (None, 64.0)
    )
    assert latency(**{**BY_HAND, "accelerator": bare}) == latency(
        **{**BY_HAND, "accelerator": pcie}
    )


def test_an_exchange_without_a_direct_link_takes_its_own_time():
    h100 = catalog.accelerator("h100-sxm-80gb")

    def fixed_s(link):
        box = dataclasses.replace(h100, link_gb_per_s_bidirectional=link)
        return latency(**{**BY_HAND, "accelerator": box}).decode_overhead_s

    # PCIe 5.0 x16 has 128 GB/s in both directions; the activations of 16 tokens move too.
    moved = 2 * 7 / 8 * 16 * 8192 * 2
    faster = moved / (64e9 * LINK_SHARE) - moved / (65e9 * LINK_SHARE)
    expected = 2 * 80 * (PCIE_ALL_REDUCE_S - ALL_REDUCE_S + faster)
    assert fixed_s(128.0) - fixed_s(130.0) == pytest.approx(expected, rel=1e-9)


def test_a_latent_cache_has_one_head_and_every_accelerator_reads_it_whole():
    shape = {"model": "deepseek-v3", "accelerator": "h200-sxm", "context_tokens": 8000}
    one, eight = (latency(n_accelerators=n, output_tokens=100, **shape) for n in (1, 8))
    assert eight.decode_attention_s == pytest.approx(one.decode_attention_s)
    read = 70_272 * 8050 / (4800e9 * BANDWIDTH_SHARE)
    assert one.decode_attention_s == pytest.approx(read)


def test_weights_of_eight_bits_are_multiplied_in_eight_bits_unless_told_otherwise():
    eight = latency(weight_bits=8, **BY_HAND)
    assert eight == latency(weight_bits=8, compute_bits=8, **BY_HAND)
    slower = latency(weight_bits=8, compute_bits=16, **BY_HAND)
    assert slower.prefill_linear_s == pytest.approx(eight.prefill_linear_s * 1979 / 989)
    for bits in (4, 16):
        assert latency(weight_bits=bits, **BY_HAND) == latency(
            weight_bits=bits, compute_bits=16, **BY_HAND
        )


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


@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [
        ("weight_bits", 5, "4, 4.25, 4.5, 8, 16, 32"),
        ("kv_bits", 32, "4, 8, 16"),
        ("compute_bits", 32, "4, 8, 16"),
    ],
)
def test_bits_that_are_refused_come_with_those_there_are(name, value, choices):
    with pytest.raises(ValueError, match=name) as error:
        latency(**{**GOOD, name: value})
    assert str(error.value) == f"{name} = {value}: give one of {choices} bits"
