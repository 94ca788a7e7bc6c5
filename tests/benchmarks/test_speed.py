"""The speed benchmark: what it asks, how it counts, and that it drops no peer in silence."""

from __future__ import annotations

import doctest
import itertools
import re
import sys
from pathlib import Path

import pytest

from benchmarks import contestants, speed

ROOT = Path(__file__).resolve().parents[2]
OURS = [name for name in contestants.CONTESTANTS if speed.is_ours(name)]
PEERS = [name for name in contestants.CONTESTANTS if not speed.is_ours(name)]
SMALL = {"points": 50, "runs": 2, "run_s": 0.05}


# --- the question ------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_our_sweep_gives_what_single_calls_give(name):
    build, _ = contestants.CONTESTANTS[name]
    contestant = build()
    every = contestants.contexts(40)
    swept = contestant.ready(every)()
    for i, tokens in enumerate(every):
        one = contestant.answer(contestants.ASKED._replace(context_tokens=tokens))
        for what, value in one.items():
            assert swept[what][i] == pytest.approx(value, rel=1e-12), (what, tokens)


def test_a_sweep_goes_from_the_shortest_to_the_longest_context_in_even_steps():
    every = contestants.contexts(128)
    assert (every[0], every[-1], len(every)) == (1000, 128_000, 128)
    assert {b - a for a, b in itertools.pairwise(every)} == {1000}


def test_the_measured_case_counts_each_token_after_the_first():
    answer = {"ttft_s": 0.5, "tpot_s": 0.01}
    assert contestants.e2e_s(answer, contestants.MEASURED) == pytest.approx(0.5 + 1023 * 0.01)


# --- the clock ---------------------------------------------------------------------------


class Clock:
    """A clock that only work moves forward."""

    def __init__(self):
        self.now = 0.0

    def process_time(self) -> float:
        return self.now

    def work(self, seconds: float) -> contestants.Answer:
        self.now += seconds
        return {"ttft_s": 1.0, "tpot_s": 0.5}


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(contestants, "time", clock)
    return clock


def test_a_package_that_takes_arrays_is_timed_on_one_call(clock):
    contestant = contestants.Contestant(
        answer=lambda _: clock.work(0.25), ready=lambda every: lambda: clock.work(2e-3 * len(every))
    )
    found = contestants.compete(contestant, points=1000, runs=3, run_s=2.0)
    assert (found["prediction_s"], found["sweep_s"], found["sweep_calls"]) == (0.25, 2.0, 1)
    assert found["measured_e2e_s"] == 1.0 + 1023 * 0.5


@pytest.mark.parametrize(
    ("run_s", "calls"), [(2.0, 8), (0.1, contestants.FEWEST_CALLS), (1e6, 1000)]
)
def test_one_that_does_not_is_called_one_by_one_and_extrapolated(clock, run_s, calls):
    asked = []

    def answer(question):
        asked.append(question.context_tokens)
        return clock.work(0.25)

    found = contestants.compete(contestants.Contestant(answer), points=1000, runs=2, run_s=run_s)
    assert found["sweep_calls"] == calls
    assert found["sweep_s"] == pytest.approx(1000 * 0.25)
    # The contexts that are tried reach as far as those of the whole sweep.
    assert {1000, 128_000} <= set(asked)


def test_short_work_is_repeated_until_it_can_be_timed_and_the_middle_run_counts(clock):
    lengths = iter([9.0, *[0.001] * 41, *[0.003] * 20, *[0.002] * 20])
    assert contestants.median_s(lambda: clock.work(next(lengths)), 4, 0.02) == pytest.approx(0.0015)


# --- the packages ------------------------------------------------------------------------


def test_the_course_is_measured_in_its_own_interpreter():
    found = speed.ask(sys.executable, "course_utils", **SMALL)
    assert found["prediction_s"] > 0
    assert found["sweep_s"] > 0
    answer = contestants.course_utils().answer(contestants.ASKED)
    assert (found["ttft_s"], found["tpot_s"]) == (answer["ttft_s"], answer["tpot_s"])


@pytest.fixture
def fake_peer(tmp_path, monkeypatch):
    """A function that puts a package `tokencost` with this code where interpreters find it."""

    def install(code: str) -> None:
        (tmp_path / "tokencost.py").write_text(code, encoding="utf-8")
        metadata = tmp_path / "tokencost-9.9.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text("Metadata-Version: 2.1\nName: tokencost\nVersion: 9.9\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return install


def test_a_peer_is_measured_in_an_interpreter_that_has_it(fake_peer):
    fake_peer(
        "print('a greeting')\n"
        "def calculate_cost_by_tokens(tokens, model, kind):\n"
        "    return tokens * {'input': 2e-6, 'output': 8e-6}[kind]\n"
    )
    found = speed.ask(sys.executable, "tokencost", **SMALL)
    assert (found["version"], found["sweep_calls"]) == ("9.9", 50)
    assert found["usd"] == pytest.approx(8192 * 2e-6 + 512 * 8e-6)


@pytest.mark.parametrize("python", ["no-such-folder/bin/python", sys.executable])
def test_a_missing_peer_is_named_with_the_command_that_installs_it(python):
    missing = speed.ask(python, "tokencost", **SMALL)
    assert isinstance(missing, speed.NoAnswer)
    assert str(missing) == f"not installed: `{speed.INSTALL}`"
    statement = "import tokencost"
    assert str(speed.import_times({statement: python}, 2)[statement]) == str(missing)


def test_a_peer_that_breaks_says_why(fake_peer):
    fake_peer("raise RuntimeError('no prices')")
    assert str(speed.ask(sys.executable, "tokencost", **SMALL)) == "failed: RuntimeError: no prices"


def test_a_peer_that_answers_nothing_or_never_is_no_answer(monkeypatch):
    with pytest.raises(speed.NoAnswer, match="printed no figures"):
        speed._last_line([sys.executable, "-c", "pass"])
    with pytest.raises(speed.NoAnswer, match="printed no figures"):
        speed._last_line([sys.executable, "-c", "print('hello')"])
    monkeypatch.setattr(speed, "TIMEOUT_S", 0.1)
    with pytest.raises(speed.NoAnswer, match=r"no answer within 0\.1 s"):
        speed._last_line([sys.executable, "-c", "import time; time.sleep(60)"])


def test_an_import_is_timed_in_an_interpreter_that_has_loaded_nothing():
    code = "import sys; assert 'csv' not in sys.modules; import csv; sum(range(1_000_000))"
    found = speed.import_times({code: sys.executable}, 2)
    assert 0.001 < found[code] < 60


def test_every_peer_is_pinned_and_installed_by_the_command_that_is_shown():
    lines = (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+", line) for line in pins)
    assert {line.partition("==")[0] for line in pins} == {
        contestants.CONTESTANTS[name][1] for name in PEERS
    }
    assert speed.INSTALL in "\n".join(lines)
    assert ".venv-peers/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


# --- the tables --------------------------------------------------------------------------


def figures(**values: float) -> speed.Found:
    found = {"version": "1.0", "prediction_s": 2e-5, "sweep_s": 1e-3, "sweep_calls": 1}
    return {**found, "ttft_s": 0.2, "tpot_s": 0.01, "measured_e2e_s": 14.86, **values}


RESULTS = {
    "course_utils": figures(),
    "course_utils_live": figures(sweep_s=6e-3),
    "llm-analysis": figures(prediction_s=1e-3, sweep_s=10.0, sweep_calls=2000),
    "GenZ": speed.NoAnswer(f"not installed: `{speed.INSTALL}`"),
    "mlsysim": figures(sweep_calls=10_000, measured_e2e_s=7.43),
    "course_utils_cost": figures(),
    "tokencost": speed.NoAnswer("failed: RuntimeError: no prices"),
}
TIMES = {"import course_utils.calculators": 0.05, "import tokencost": RESULTS["tokencost"]}


def rows(markdown: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()]


def test_the_table_of_speed_has_a_row_for_each_calculator_and_says_how_it_was_measured():
    head, rule, ours, live, analysis, genz, mlsysim = rows(
        speed.speed_table(speed.LATENCY, RESULTS, 10_000)
    )
    assert len({len(row) for row in (head, rule, ours, live, analysis, genz, mlsysim)}) == 1
    assert ours[1:] == ["1.0", "20 µs", "1 x", "1 ms", "1 x", "1 call with an array"]
    assert live[4:6] == ["6 ms", "6 x"]
    assert analysis[2:] == ["1 ms", "50 x", "10 s", "10,000 x", "extrapolated from 2,000 calls"]
    assert genz[:2] == ["GenZ", f"not installed: `{speed.INSTALL}`"]
    assert mlsysim[-1] == "10,000 calls"


def test_without_figures_of_the_first_row_there_is_no_ratio():
    results = {**RESULTS, "course_utils": speed.NoAnswer("failed: broken")}
    table = rows(speed.speed_table(speed.LATENCY, results, 10_000))
    assert table[2][:2] == ["`latency` of this course", "failed: broken"]
    assert table[3][3] == table[3][5] == ""


def test_the_table_of_answers_compares_with_what_was_measured():
    table = rows(speed.answer_table(RESULTS))
    assert [row[0] for row in table[2:]] == [
        "`latency` of this course", "llm-analysis", "GenZ", "mlsysim", "measured",
    ]  # fmt: skip
    assert table[2][1:] == ["200 ms", "10 ms", "14.9 s", "+0%"]
    assert table[5][3:] == ["7.4 s", "-50%"]


def test_the_report_says_which_target_is_met_and_which_is_missed():
    text = speed.report("here", RESULTS, TIMES, points=10_000, runs=5)
    assert text.startswith("here. Processor time, medians of 5 runs.")
    assert "| `import tokencost` | failed: RuntimeError: no prices |  |" in text
    assert text.splitlines()[-4:] == [
        "- `latency` of this course, sweep over 10,000 contexts: 1 ms, target 5 ms or less: met",
        "- `service` of this course, 16 users at a time, sweep over 10,000 contexts: 6 ms, "
        "target 5 ms or less: missed",
        "- `request_cost` of this course, sweep over 10,000 contexts: 1 ms, "
        "target 5 ms or less: met",
        "- `import course_utils.calculators`: 50 ms, target 50 ms or less: met",
    ]


def test_the_command_measures_the_course_and_names_every_missing_peer(capsys):
    arguments = ["--peers", "no-such-folder/bin/python", "--runs", "2", "--points", "50"]
    assert speed.main(arguments) == 0
    text = capsys.readouterr().out
    for label in [*speed.LATENCY.values(), *speed.COST.values()]:
        line = next(line for line in text.splitlines() if line.startswith(f"| {label} "))
        assert ("not installed" in line) == ("of this course" not in line)
    missing = [line for line in text.splitlines() if speed.INSTALL in line]
    assert len(missing) == 2 * len(PEERS) + len(set(speed.LATENCY) & set(PEERS))
    assert len(re.findall(r"target .* or less: (met|missed)$", text, re.M)) == 4


def test_the_command_fails_where_the_course_itself_gives_no_answer(monkeypatch, capsys):
    monkeypatch.setattr(speed, "ask", lambda *_, **__: speed.NoAnswer("failed: broken"))
    monkeypatch.setattr(speed, "import_times", lambda pythons, runs: dict.fromkeys(pythons, 0.01))
    assert speed.main(["--runs", "2", "--points", "50"]) == 1
    assert "failed: broken" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--runs=1", "--points=1", "--run-s=0", "--run-s=nan"])
def test_sizes_that_measure_nothing_are_refused(option, capsys):
    with pytest.raises(SystemExit):
        speed.main([option])
    assert "--runs and --points are 2 or more, --run-s is above 0" in capsys.readouterr().err


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(speed).failed == 0
    assert doctest.testmod(speed).attempted > 0
