"""How fast the calculators are beside public peers, in one run on one machine.

    python -m benchmarks.speed [--peers .venv-peers/bin/python] [--runs 5] [--points 10000]

Three clocks: one prediction, a sweep over context sizes, and the import in a fresh
interpreter. The peers are optional and live in an environment of their own (see
`peers.txt`); one that is not there is named with the command that installs it. What each
package is asked stands in `contestants`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import contestants
from course_utils.calculators import words

SCRIPT = Path(contestants.__file__).resolve()
INSTALL = (
    "python -m venv .venv-peers && .venv-peers/bin/python -m pip install -r benchmarks/peers.txt"
)
TIMEOUT_S = 900

SWEEP_TARGET_S = 5e-3
IMPORT_TARGET_S = 50e-3

# Contestant -> what the tables call it. The first of each is the one that ratios refer to.
LATENCY = {
    "course_utils": "`latency` of this course",
    "course_utils_live": f"`service` of this course, {contestants.LIVE_USERS} users at a time",
    "llm-analysis": "llm-analysis",
    "GenZ": "GenZ",
    "mlsysim": "mlsysim",
}
COST = {"course_utils_cost": "`request_cost` of this course", "tokencost": "tokencost"}

# The import that the documentation of a package begins with, and the contestant it is for.
IMPORTS = {
    "import course_utils.calculators": "course_utils",
    "import course_utils.calculators, course_utils.catalog": "course_utils",
    "from llm_analysis.analysis import LLMAnalysis": "llm-analysis",
    "from GenZ import prefill_moddeling, decode_moddeling": "GenZ",
    "import mlsysim": "mlsysim",
    "import tokencost": "tokencost",
}

Found = dict[str, Any]


class NoAnswer(Exception):
    """A package gave no figures; the message is what the table says instead of them."""


def is_ours(name: str) -> bool:
    return name.startswith("course_utils")


# --- measuring ---------------------------------------------------------------------------


def ask(python: str, name: str, *, points: int, runs: int, run_s: float) -> Found | NoAnswer:
    """The figures of one contestant, measured in the interpreter that has its package."""
    options = ["--points", str(points), "--runs", str(runs), "--run-s", str(run_s)]
    try:
        return _last_line([python, str(SCRIPT), name, *options])
    except NoAnswer as reason:
        return reason


def _last_line(command: list[str], env: dict[str, str] | None = None) -> Any:
    """The JSON value in the last line that a command prints; `NoAnswer` where there is none."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=env
        )
    except FileNotFoundError:
        raise NoAnswer(f"not installed: `{INSTALL}`") from None
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"no answer within {TIMEOUT_S} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        missing = last.startswith("ModuleNotFoundError")
        raise NoAnswer(f"not installed: `{INSTALL}`" if missing else f"failed: {last}")
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise NoAnswer("failed: it printed no figures") from None


def import_times(pythons: dict[str, str], runs: int) -> dict[str, float | NoAnswer]:
    """Processor seconds of each import in a fresh interpreter: medians of `runs`, in turns.

    `pythons` names the interpreter for each import. A first round, which does not count,
    writes the bytecode to a folder of this run for all packages alike, so that nothing
    depends on how a package was installed.
    """
    samples: dict[str, list[float]] = {statement: [] for statement in pythons}
    without: dict[str, NoAnswer] = {}
    with tempfile.TemporaryDirectory() as bytecode:
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = bytecode
        for _ in range(runs + 1):
            for statement in [s for s in pythons if s not in without]:
                code = (
                    f"import time; start = time.process_time(); {statement}; "
                    "print(); print(time.process_time() - start)"
                )
                try:
                    samples[statement].append(_last_line([pythons[statement], "-c", code], env))
                except NoAnswer as reason:
                    without[statement] = reason
    medians = {s: statistics.median(found[1:]) for s, found in samples.items() if s not in without}
    return {statement: {**medians, **without}[statement] for statement in pythons}


# --- tables ------------------------------------------------------------------------------


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def times(value: float, base: Any) -> str:
    """How many times the base this is; nothing where there is no base.

    >>> times(0.088, 0.02), times(1.0, NoAnswer("not installed"))
    ('4.4 x', '')
    """
    return "" if isinstance(base, NoAnswer) else f"{words.digits(value / base, 2)} x"


def speed_table(names: dict[str, str], results: dict[str, Found | NoAnswer], points: int) -> str:
    """Seconds for one prediction and for the sweep, with their ratios to the first row."""
    head = ["calculator", "version", "one prediction", "ratio"]
    head += [f"{words.count(points)} contexts", "ratio", "how"]
    base = results[next(iter(names))]
    rows = []
    for name, label in names.items():
        found = results[name]
        if isinstance(found, NoAnswer):
            rows.append([label, str(found), "", "", "", "", ""])
            continue
        cells = [label, found["version"]]
        for what in ("prediction_s", "sweep_s"):
            against = base if isinstance(base, NoAnswer) else base[what]
            cells += [words.seconds(found[what]), times(found[what], against)]
        rows.append([*cells, how(name, found["sweep_calls"], points)])
    return table(head, rows)


def how(name: str, calls: int, points: int) -> str:
    """Whether the time of a sweep is that of one call, of all calls, or extrapolated."""
    if is_ours(name):
        return "1 call with an array"
    extrapolated = "extrapolated from " if calls < points else ""
    return f"{extrapolated}{words.count(calls)} calls"


def answer_table(results: dict[str, Found | NoAnswer]) -> str:
    """What each calculator predicts, and how far it is off for one published measurement."""
    measured_s = contestants.MEASURED_E2E_S
    head = ["calculator", "first token", "each further token", "measured case", "off by"]
    rows = []
    for name, label in LATENCY.items():
        found = results[name]
        if isinstance(found, NoAnswer):
            rows.append([label, str(found), "", "", ""])
        elif name != "course_utils_live":  # what was measured is one request alone
            answers = [words.seconds(found[what]) for what in ("ttft_s", "tpot_s")]
            e2e_s = found["measured_e2e_s"]
            rows.append([label, *answers, f"{e2e_s:.1f} s", f"{e2e_s / measured_s - 1:+.0%}"])
    rows.append(["measured", "", "", f"{measured_s:.1f} s", ""])
    return table(head, rows)


def import_table(results: dict[str, float | NoAnswer]) -> str:
    """Seconds of each import, with the ratio to the first."""
    base = next(iter(results.values()))
    rows = []
    for statement, found in results.items():
        if isinstance(found, NoAnswer):
            rows.append([f"`{statement}`", str(found), ""])
        else:
            rows.append([f"`{statement}`", words.seconds(found), times(found, base)])
    return table(["import", "time", "ratio"], rows)


def machine() -> str:
    """The day, and what the figures are measured on; the name of no computer."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(UTC).date()}, {_processor()}, {os.cpu_count()} cores{load}, "
        f"{platform.system()}, {platform.python_implementation()} {platform.python_version()}, "
        f"NumPy {version('numpy')}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def report(
    where: str,
    results: dict[str, Found | NoAnswer],
    imports: dict[str, float | NoAnswer],
    *,
    points: int,
    runs: int,
) -> str:
    """All tables, each under what was asked, and whether the targets are met."""
    asked, measured = contestants.ASKED, contestants.MEASURED
    return "\n\n".join(
        [
            f"{where}. Processor time, medians of {runs} runs.",
            f"Time to first token and per output token of Llama 3.1 8B in 16 bits on one "
            f"{asked.accelerator}, {_size(asked)}:",
            speed_table(LATENCY, results, points),
            f"What they answer. The measured case is {_size(measured)} on one "
            f"{measured.accelerator}, end to end with TensorRT-LLM (LLM-Inference-Bench):",
            answer_table(results),
            f"Cost of a request to {contestants.PRICED_MODEL}, {_size(asked)}:",
            speed_table(COST, results, points),
            "Import in a fresh interpreter, bytecode cached:",
            import_table(imports),
            "\n".join(verdicts(results, imports, points)),
        ]
    )


def _size(question: contestants.Question) -> str:
    read, written = words.count(question.context_tokens), words.count(question.output_tokens)
    return f"{read} tokens in and {written} out"


def verdicts(
    results: dict[str, Found | NoAnswer], imports: dict[str, float | NoAnswer], points: int
) -> list[str]:
    """A line for each target: the calculators' own sweeps, and their import."""
    sweep = f"sweep over {words.count(points)} contexts"
    lines = []
    for name, label in {**LATENCY, **COST}.items():
        if is_ours(name):
            found = results[name]
            sweep_s = found if isinstance(found, NoAnswer) else found["sweep_s"]
            lines.append(_verdict(f"{label}, {sweep}", sweep_s, SWEEP_TARGET_S))
    statement = next(iter(imports))
    return [*lines, _verdict(f"`{statement}`", imports[statement], IMPORT_TARGET_S)]


def _verdict(what: str, found: float | NoAnswer, target_s: float) -> str:
    """Whether a target is met.

    >>> _verdict("sweep", 0.0003, 0.005)
    '- sweep: 300 µs, target 5 ms or less: met'
    """
    if isinstance(found, NoAnswer):
        return f"- {what}: {found}"
    met = "met" if found <= target_s else "missed"
    return f"- {what}: {words.seconds(found)}, target {words.seconds(target_s)} or less: {met}"


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints the tables; exit code 1 where the course itself gave no answer."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description="How fast the calculators are beside public peers.",
        epilog=f"The peers are installed by: {INSTALL}",
    )
    parser.add_argument(
        "--peers",
        default=str(Path(".venv-peers") / "bin" / "python"),
        help="the interpreter that has the peers (%(default)s)",
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each measure (%(default)s)")
    parser.add_argument("--points", type=int, default=10_000, help="contexts (%(default)s)")
    parser.add_argument(
        "--run-s",
        type=float,
        default=2.0,
        help="seconds that one run of a peer's sweep may take (%(default)s)",
    )
    options = parser.parse_args(arguments)
    if min(options.runs, options.points) < 2 or not options.run_s > 0:
        parser.error("--runs and --points are 2 or more, --run-s is above 0")

    def python(name: str) -> str:
        return sys.executable if is_ours(name) else options.peers

    where = machine()  # before the measuring makes the machine busy
    size = {"points": options.points, "runs": options.runs, "run_s": options.run_s}
    results = {name: ask(python(name), name, **size) for name in {**LATENCY, **COST}}
    imports = import_times({s: python(name) for s, name in IMPORTS.items()}, options.runs)
    print(report(where, results, imports, points=options.points, runs=options.runs))
    ours = [results[name] for name in results if is_ours(name)]
    return 1 if any(isinstance(found, NoAnswer) for found in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
