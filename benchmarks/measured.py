"""The latency model against published measurements: predictions, and how far they are off.

    python -m benchmarks.measured FOLDER [--leave-one-out]

`predict(row)` answers one row: a measured time or rate with the model and the accelerator
it was measured on. The measurements are not part of this repository: FOLDER holds them as
CSV files, with `models.csv` and `accelerators.csv` in it or in the folder above.
`--leave-one-out` fits the constants again without one accelerator, server, range of
lengths or range of sizes at a time, and predicts what was left out.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.calculators.latency import latency
from course_utils.calculators.memory import KV_BITS, WEIGHT_BITS, weight_bytes
from course_utils.calculators.serving import service
from course_utils.catalog import Accelerator, Model

Row = dict[str, Any]

# The arithmetic that a row names; any other runs at the 16-bit rate.
COMPUTE_BITS = {"bf16": 16, "fp16": 16, "fp8": 8, "int8": 8, "fp4": 4, "nvfp4": 4, "mxfp4": 4}
METRICS = ("ttft_ms", "tpot_ms", "e2e_s", "out_tok_s", "prefill_tok_s")
KINDS = ("static", "closed_loop")


# --- one row -----------------------------------------------------------------------------


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
def _accelerator(cells: tuple[tuple[str, str], ...], integers: bool = False) -> Accelerator:
    row = dict(cells)
    # The calculators know one 8-bit rate. For integer arithmetic it is the integer one.
    eight_bits = row.get("int8_tops") if integers else row["fp8_tflops"]
    return Accelerator(
        id=row["gpu_id"],
        name=row["name"],
        vendor=row["vendor"],
        bf16_tflops=float(row["bf16_tflops"]),
        fp8_tflops=_rate(eight_bits or ""),
        fp4_tflops=_rate(row["fp4_tflops"]),
        memory_gb=float(row["hbm_gb"]),
        bandwidth_gb_per_s=float(row["bw_gbs"]),
        link_gb_per_s_bidirectional=_rate(row["link_gbs_bidir"]),
        link=row["link_type"],
        tdp_w=_rate(row["tdp_w"]),
        source=row["source"],
    )


def group_size(row: Row, model: Model, accelerator: Accelerator) -> int:
    """Accelerators that share each layer: the tensor-parallel degree where the model fits.

    Where it does not fit, the layers or experts are split over the others too, and all
    accelerators count.
    """
    n = max(int(row["n_gpus"]), 1)
    tp = int(row.get("tp") or 0) or n
    weights = weight_bytes(params=model.params_total) * row["w_bits"] / 16
    return tp if tp < n and weights < tp * accelerator.memory_gb * 1e9 else n


def predict(row: Row) -> float | None:
    """The value of `row['metric']` in its unit, or None where the metric is unknown.

    Widths between those of the calculators (4.85 bits for a weight, say) are read off the
    line between the next two; compute of other types than the known ones runs at 16 bits.
    """
    if row["metric"] not in METRICS:
        return None
    model = _model(tuple(row["m"].items()))
    integers = row["compute"] == "int8"
    accelerator = _accelerator(tuple(row["g"].items()), integers)
    group = group_size(row, model, accelerator)
    # Copies of the model share the requests of a live server.
    copies = max(int(row["n_gpus"]), 1) / group if row["kind"] == "closed_loop" else 1.0
    shape = dict(
        model=model,
        accelerator=accelerator,
        n_accelerators=group,
        # A benchmark of decoding alone says 0 tokens in, one of prefill alone 0 out.
        context_tokens=max(row["input_tokens"], 1),
        output_tokens=max(row["output_tokens"], 1),
        compute_bits=COMPUTE_BITS.get(row["compute"], 16),
    )
    requests = max(row["batch"] / copies, 1.0)
    ttft_s = tpot_s = 0.0
    for weight_bits, weight_share in _between(row["w_bits"], WEIGHT_BITS):
        for kv_bits, kv_share in _between(row["kv_bits"], KV_BITS):
            bits = {"weight_bits": weight_bits, "kv_bits": kv_bits}
            if row["kind"] == "closed_loop":
                times = service(concurrency=requests, **shape, **bits)
            else:
                times = latency(batch=requests, **shape, **bits)
            ttft_s += weight_share * kv_share * times.ttft_s
            tpot_s += weight_share * kv_share * times.tpot_s
    return _answer(row, ttft_s, tpot_s)


def _answer(row: Row, ttft_s: float, tpot_s: float) -> float:
    output = max(row["output_tokens"], 1)
    batch = max(row["batch"], 1)
    e2e_s = ttft_s + (output - 1) * tpot_s
    # A server at a fixed concurrency reads prompts as fast as it finishes requests.
    reading_s = e2e_s if row["kind"] == "closed_loop" else ttft_s
    return {
        "ttft_ms": 1e3 * ttft_s,
        "tpot_ms": 1e3 * tpot_s,
        "e2e_s": e2e_s,
        "out_tok_s": batch * output / e2e_s,
        "prefill_tok_s": batch * max(row["input_tokens"], 1) / reading_s,
    }[row["metric"]]


def _between(bits: float, known: tuple[float, ...]) -> list[tuple[float, float]]:
    """Known widths and their shares, which add up to 1 and give this width as their mean.

    Outside the known widths the nearest one stands for it.

    >>> _between(6, (4, 8, 16))
    [(4, 0.5), (8, 0.5)]
    """
    low = max((k for k in known if k <= bits), default=known[0])
    high = min((k for k in known if k >= bits), default=known[-1])
    if low >= high:
        return [(low, 1.0)]
    share = (bits - low) / (high - low)
    return [(low, 1 - share), (high, share)]


# --- all rows of a folder ----------------------------------------------------------------


def _read(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _table(folder: Path, name: str, key: str) -> dict[str, Row]:
    for place in (folder, folder.parent):
        if (place / name).is_file():
            return {row[key]: row for row in _read(place / name)}
    raise ValueError(f"{name} is neither in {folder} nor in the folder above: put it there")


COLUMNS = (
    *("kind", "metric", "value", "engine", "model_id", "gpu_id", "n_gpus", "tp"),
    *("w_bits", "kv_bits", "compute", "batch_or_concurrency", "input_tokens", "output_tokens"),
)


def load(folder: Path) -> list[Row]:
    """The rows of all CSV files of a folder; `ValueError` where there is none."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: name the one that holds the measured rows")
    files = [p for p in sorted(folder.glob("*.csv")) if p.name not in TABLES]
    if not any(_read(path) for path in files):
        raise ValueError(
            f"{folder} holds no measured rows: it needs CSV files with the columns "
            f"{', '.join(COLUMNS)}"
        )
    models = _table(folder, "models.csv", "model_id")
    accelerators = _table(folder, "accelerators.csv", "gpu_id")
    return [
        _typed(row, f"{path.name}, line {line}", models, accelerators)
        for path in files
        for line, row in enumerate(_read(path), start=2)
    ]


TABLES = ("models.csv", "accelerators.csv")


def _typed(row: Row, where: str, models: dict[str, Row], accelerators: dict[str, Row]) -> Row:
    missing = [name for name in COLUMNS if row.get(name) is None]
    if missing:
        raise ValueError(f"{where}: no {missing[0]}: each row needs {', '.join(COLUMNS)}")
    try:
        for key in ("n_gpus", "tp", "input_tokens", "output_tokens"):
            row[key] = int(float(row[key]))
        for key in ("value", "w_bits", "kv_bits"):
            row[key] = float(row[key])
        row["batch"] = int(float(row["batch_or_concurrency"]))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    if not row["value"] > 0:
        raise ValueError(f"{where}: value = {row['value']}: a measured time or rate is above 0")
    row["m"], row["g"] = models.get(row["model_id"]), accelerators.get(row["gpu_id"])
    return row


def tuned(row: Row) -> bool:
    """Whether the constants are fitted to rows like this: tuned software on its own hardware.

    Left out, and listed on their own: rows whose source contradicts itself, accelerators
    that were measured with early software, and servers far from the hardware's limits.
    """
    return (
        "SUSPECT" not in (row.get("notes") or "")
        and row["g"] is not None
        and row["g"]["vendor"] == "nvidia"
        and server(row) in ("vllm", "tensorrt-llm", "sglang", "lmdeploy")
        and not (server(row) == "lmdeploy" and row["kind"] == "closed_loop")
    )


_SERVERS = {"trtllm": "tensorrt-llm", "lmdeploy-turbomind": "lmdeploy"}


def server(row: Row) -> str:
    """The inference server, without its version."""
    name = row["engine"].split()[0].lower() if row["engine"].strip() else "unnamed"
    return _SERVERS.get(name, name)


@dataclass(frozen=True)
class Errors:
    """How far predictions are off: shares of the measured value."""

    n: int
    coverage: float
    median: float = math.nan
    p90: float = math.nan
    bias: float = math.nan  # negative: the predicted value is too small


def errors(pairs: Iterable[tuple[float | None, float]]) -> Errors:
    """The figures of (predicted, measured) pairs.

    >>> errors([(1.1, 1.0), (1.2, 1.0), (None, 1.0)]).coverage
    0.6666666666666666
    """
    pairs = list(pairs)
    good = [(p, v) for p, v in pairs if p is not None and math.isfinite(p) and p > 0]
    if not good:
        return Errors(n=len(pairs), coverage=0.0)
    off = sorted(abs(p / v - 1) for p, v in good)
    return Errors(
        n=len(pairs),
        coverage=len(good) / len(pairs),
        median=statistics.median(off),
        p90=off[int(0.9 * (len(off) - 1))],
        bias=math.exp(statistics.median(math.log(p / v) for p, v in good)) - 1,
    )


def suites(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows by kind and metric; those that are not fitted, by server and vendor."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if "SUSPECT" in (row.get("notes") or ""):
            continue
        what = f"{row['kind']} {row['metric']}"
        if not tuned(row):
            vendor = row["g"]["vendor"] if row["g"] else "unknown accelerator"
            what = f"not fitted: {what}, {server(row)} on {vendor}"
        elif row.get("source"):
            what = f"{what} ({row['source']})"
        found.setdefault(what, []).append(row)
    return dict(sorted(found.items(), key=lambda item: ("not fitted" in item[0], item[0])))


def _safe(row: Row) -> float | None:
    return predict(row) if row["m"] and row["g"] else None


def table(rows: list[Row], answer: Callable[[Row], float | None] = _safe) -> str:
    """The errors by suite, as a Markdown table."""
    lines = [
        "| suite | n | coverage | median error | p90 | bias |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, members in suites(rows).items():
        e = errors((answer(row), row["value"]) for row in members)
        figures = (f"{e.median:.1%}", f"{e.p90:.0%}", f"{e.bias:+.0%}") if e.coverage else 3 * ("",)
        lines.append(f"| {name} | {e.n:,} | {e.coverage:.0%} | {' | '.join(figures)} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Prints the tables; an unusable folder is one line on standard error and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.measured",
        description="How far the latency model is off on published measurements.",
    )
    parser.add_argument("folder", type=Path, help="folder with the measured rows (CSV files)")
    parser.add_argument(
        "--leave-one-out",
        action="store_true",
        help="fit again without one group at a time, and predict it (a few minutes)",
    )
    options = parser.parse_args(arguments)
    try:
        rows = load(options.folder)
    except ValueError as error:
        print(f"benchmarks.measured: {error}", file=sys.stderr)
        return 2
    print(table(rows))
    if options.leave_one_out:
        from benchmarks import refit

        print()
        print(refit.report([row for row in rows if row["m"] and tuned(row)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
