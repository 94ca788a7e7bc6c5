"""Predictions for published measurements, to be scored by a tool that has them.

`predict(row)` answers one row: a measured time or rate with the model and the
accelerator it was measured on. The measurements are not part of this repository.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from course_utils.calculators.latency import latency
from course_utils.calculators.serving import service
from course_utils.catalog import Accelerator, Model

COMPUTE_BITS = {"bf16": 16, "fp16": 16, "fp8": 8, "fp4": 4}


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _rate(text: str) -> float | None:
    return float(text) if text else None


@cache
def _model(cells: tuple[tuple[str, str], ...]) -> Model:
    row = dict(cells)
    latent = row["attention"].startswith("MLA")
    experts = int(row["n_experts"] or 0) > 0
    return Model(
        id=row["model_id"],
        name=row["name"],
        layers=int(row["layers"]),
        hidden_size=int(row["d_model"]),
        query_heads=int(row["n_heads"]),
        kv_heads=int(row["n_kv_heads"]),
        head_dim=int(row["v_head_dim"] if latent else row["head_dim"]),
        vocabulary_size=int(row["vocab"]),
        tied_embedding=row["tied"] == "True",
        attention=row["attention"],
        full_attention_layers=int(row["n_full_layers"]),
        sliding_window_tokens=_whole(row["sliding_window"]),
        experts=_whole(row["n_experts"]) if experts else None,
        experts_per_token=_whole(row["top_k"]) if experts else None,
        expert_hidden_size=_whole(row["d_expert"]) if experts else None,
        dense_layers=_whole(row["n_dense_layers"]) if experts else None,
        kv_lora_rank=_whole(row["kv_lora_rank"]),
        qk_nope_head_dim=_whole(row["qk_nope"]),
        qk_rope_head_dim=_whole(row["qk_rope"]),
        v_head_dim=_whole(row["v_head_dim"]),
        max_context_tokens=int(row["max_context"]),
        params_total=round(float(row["params_total_b"]) * 1e9),
        params_active=round(float(row["params_active_b"]) * 1e9),
        source=row["source"],
    )


@cache
def _accelerator(cells: tuple[tuple[str, str], ...]) -> Accelerator:
    row = dict(cells)
    return Accelerator(
        id=row["gpu_id"],
        name=row["name"],
        vendor=row["vendor"],
        bf16_tflops=float(row["bf16_tflops"]),
        fp8_tflops=_rate(row["fp8_tflops"]),
        fp4_tflops=_rate(row["fp4_tflops"]),
        memory_gb=float(row["hbm_gb"]),
        bandwidth_gb_per_s=float(row["bw_gbs"]),
        link_gb_per_s_bidirectional=_rate(row["link_gbs_bidir"]),
        link=row["link_type"],
        tdp_w=_rate(row["tdp_w"]),
        source=row["source"],
    )


def predict(row: dict[str, Any]) -> float | None:
    """The value of `row['metric']` in its unit, or None where the metric is unknown."""
    shape = dict(
        model=_model(tuple(row["m"].items())),
        accelerator=_accelerator(tuple(row["g"].items())),
        n_accelerators=row["n_gpus"],
        context_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        weight_bits=row["w_bits"],
        kv_bits=row["kv_bits"],
        compute_bits=COMPUTE_BITS[row["compute"]],
    )
    if row["kind"] == "closed_loop":
        times = service(concurrency=row["batch"], **shape)
    else:
        times = latency(batch=row["batch"], **shape)
    if row["metric"] == "ttft_ms":
        return 1e3 * times.ttft_s
    if row["metric"] == "tpot_ms":
        return 1e3 * times.tpot_s
    if row["metric"] == "e2e_s":
        return times.e2e_s
    if row["metric"] == "out_tok_s":
        return row["batch"] * row["output_tokens"] / times.e2e_s
    return None
