"""The benchmark asks the calculators the question that was measured."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

from course_utils.calculators.latency import latency
from course_utils.calculators.serving import service

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "measured.py"
SPEC = importlib.util.spec_from_file_location("benchmarks_measured", FILE)
measured = importlib.util.module_from_spec(SPEC)
# A dataclass looks its module up here.
sys.modules[SPEC.name] = measured
SPEC.loader.exec_module(measured)

MODEL = {
    "model_id": "llama-3.1-8b",
    "name": "Llama-3.1-8B",
    "layers": "32",
    "d_model": "4096",
    "n_heads": "32",
    "n_kv_heads": "8",
    "head_dim": "128",
    "vocab": "128256",
    "tied": "False",
    "attention": "GQA",
    "sliding_window": "",
    "n_full_layers": "32",
    "n_experts": "0",
    "top_k": "0",
    "d_expert": "",
    "n_dense_layers": "",
    "kv_lora_rank": "",
    "qk_nope": "",
    "qk_rope": "",
    "v_head_dim": "",
    "max_context": "131072",
    "params_total_b": "8.03",
    "params_active_b": "8.03",
    "source": "a table",
}
ACCELERATOR = {
    "gpu_id": "h100-sxm-80gb",
    "name": "H100",
    "vendor": "nvidia",
    "bf16_tflops": "989",
    "fp8_tflops": "1979",
    "fp4_tflops": "",
    "hbm_gb": "80",
    "bw_gbs": "3350",
    "link_gbs_bidir": "900",
    "link_type": "NVLink4",
    "tdp_w": "700",
    "source": "a table",
}
ROW = {
    "m": MODEL,
    "g": ACCELERATOR,
    "kind": "static",
    "n_gpus": 2,
    "input_tokens": 1024,
    "output_tokens": 512,
    "batch": 8,
    "w_bits": 8.0,
    "kv_bits": 16.0,
    "compute": "fp8",
}
SHAPE = {
    "model": "llama-3.1-8b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 2,
    "context_tokens": 1024,
    "output_tokens": 512,
    "weight_bits": 8,
    "compute_bits": 8,
}


def test_a_static_row_is_a_batch_that_starts_together():
    times = latency(batch=8, **SHAPE)
    expected = {
        "ttft_ms": 1000 * times.ttft_s,
        "tpot_ms": 1000 * times.tpot_s,
        "e2e_s": times.e2e_s,
        "out_tok_s": 8 * 512 / times.e2e_s,
    }
    answers = {metric: measured.predict({**ROW, "metric": metric}) for metric in expected}
    assert answers == pytest.approx(expected)


def test_a_closed_loop_row_is_a_busy_server():
    times = service(concurrency=8, **SHAPE)
    row = {**ROW, "kind": "closed_loop"}
    assert measured.predict({**row, "metric": "ttft_ms"}) == pytest.approx(1000 * times.ttft_s)
    assert measured.predict({**row, "metric": "tpot_ms"}) == pytest.approx(1000 * times.tpot_s)


def test_an_unknown_metric_has_no_answer():
    assert measured.predict({**ROW, "metric": "watts"}) is None


# --- the formulas over arrays ------------------------------------------------------------

MIXTURE = {
    **MODEL,
    "model_id": "mixtral-8x7b",
    "vocab": "32000",
    "n_experts": "8",
    "top_k": "2",
    "d_expert": "14336",
    "n_dense_layers": "0",
    "params_total_b": "46.7",
    "params_active_b": "12.9",
}
BARE = {**ACCELERATOR, "gpu_id": "rtx-4090", "link_gbs_bidir": "", "fp8_tflops": "330"}


@pytest.fixture
def refit(monkeypatch):
    """`benchmarks.refit`, which imports its neighbor by name."""
    monkeypatch.syspath_prepend(str(FILE.parents[1]))
    return importlib.import_module("benchmarks.refit")


@pytest.mark.parametrize("model", [MODEL, MIXTURE, {**MODEL, "tied": "True"}])
@pytest.mark.parametrize("accelerator", [ACCELERATOR, BARE])
@pytest.mark.parametrize("kind", ["static", "closed_loop"])
@pytest.mark.parametrize(("n", "batch"), [(1, 1), (2, 8), (8, 500)])
@pytest.mark.parametrize("w_bits", [4.25, 8.0, 16.0])
def test_the_refit_predicts_what_the_calculators_predict(
    refit, model, accelerator, kind, n, batch, w_bits
):
    """To nine digits: the same formulas, but sums in another order."""
    row = {**ROW, "m": model, "g": accelerator, "kind": kind, "n_gpus": n, "w_bits": w_bits}
    rows = [
        {**row, "batch": batch, "metric": metric, "value": 1.0, "gpu_id": accelerator["gpu_id"]}
        for metric in measured.METRICS
    ]
    found = refit.predict(refit.columns(rows), refit.shipped())
    expected = [measured.predict(row) for row in rows]
    assert found == pytest.approx(expected, rel=1e-9)
