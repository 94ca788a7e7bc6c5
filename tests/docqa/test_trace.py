"""Spans, clocks, and the waterfall."""

from __future__ import annotations

import pytest

from course_utils.docqa.latency import SimulatedLatency
from course_utils.docqa.trace import MeasuredClock, SimulatedClock, Trace, Usage


def small_trace():
    clock = SimulatedClock()
    trace = Trace("r1", clock)
    with trace.span("request"):
        with trace.span("retrieval", passages=5):
            clock.advance(0.1)
        with trace.span("model") as span:
            span.usage = Usage(100, 10, 0.002)
            clock.advance(0.3)
    return trace


def test_time_tokens_and_money_add_up():
    trace = small_trace()
    assert trace.duration_s == pytest.approx(0.4)
    assert trace.total == Usage(100, 10, 0.002)
    assert [(depth, span.name) for depth, span in trace.root.walk()] == [
        (0, "request"),
        (1, "retrieval"),
        (1, "model"),
    ]


def test_the_waterfall_is_ready_to_draw():
    rows = small_trace().waterfall()
    model = rows[2]
    assert model["start_share"] == pytest.approx(0.25)
    assert model["duration_share"] == pytest.approx(0.75)
    assert (model["input_tokens"], model["output_tokens"], model["usd"]) == (100, 10, 0.002)
    for row in rows:
        assert 0 <= row["start_share"] <= row["start_share"] + row["duration_share"] <= 1 + 1e-9


def test_the_text_shows_each_stage_and_says_what_kind_of_time():
    text = small_trace().as_text()
    assert text.splitlines()[0].split()[:3] == ["stage", "simulated", "time"]
    assert "300 ms" in text
    assert "passages 5" in text


def test_without_times_the_text_has_none():
    text = small_trace().as_text(times=False)
    assert "ms" not in text
    assert "#" not in text
    assert "100" in text


def test_a_span_that_fails_is_closed_and_kept():
    trace = Trace("r1", SimulatedClock())

    def fail():
        with trace.span("request"), trace.span("model"):
            trace.clock.advance(1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert trace.root.find("model")[0].duration_s == 1
    with pytest.raises(RuntimeError, match="has ended"), trace.span("late"):
        pass


def test_an_empty_trace_can_be_shown():
    trace = Trace("r1", SimulatedClock())
    assert trace.waterfall() == []
    assert trace.duration_s == 0
    assert trace.total == Usage()


def test_simulated_work_takes_no_measured_time():
    clock = MeasuredClock()
    clock.advance(1000)
    assert clock.now() < 100
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() - before >= 0.01


def test_a_model_s_simulated_time_is_first_token_and_then_one_by_one():
    latency = SimulatedLatency(
        model_start_s=0.2, prefill_tokens_per_s=1000, s_per_output_token=0.01
    )
    assert latency.model_s(500, 11) == pytest.approx(0.2 + 0.5 + 10 * 0.01)
    assert latency.model_s(0, 0) == pytest.approx(0.2)


@pytest.mark.parametrize("field", ["bm25_s", "prefill_tokens_per_s"])
def test_a_bad_latency_is_refused(field):
    with pytest.raises(ValueError, match=field):
        SimulatedLatency(**{field: -1})
