"""The cards of prompt work, answer cost and busy servers."""

from __future__ import annotations

import itertools
import math
import re
import statistics

import pytest

from course_utils import catalog
from course_utils.calculators.admission import admission, waiting
from course_utils.calculators.answer_cost import batch_choice
from course_utils.calculators.prefill_work import prefill_work
from course_utils.views.html import parts_html
from course_utils.views.latency_physics import (
    ANSWER_COST,
    BUSY_SERVER,
    MEASURED_OUTPUT,
    PREFILL_WORK,
    SETTINGS,
    VIEWS,
)
from course_utils.views.roles import binding_color


def positions(knob):
    """All that the knob offers, or half and twice its number."""
    if knob.kind == "choice":
        return [value for value, _ in knob.choices]
    return list(knob.steps) or [knob.default / 2, 2 * knob.default]


KNOBS = [
    pytest.param(view, knob, id=f"{view.id}-{knob.name}") for view in VIEWS for knob in view.knobs
]


@pytest.mark.parametrize(("view", "knob"), KNOBS)
def test_every_position_of_a_knob_gives_a_card_or_says_why_not(view, knob):
    cards = 0
    for value in positions(knob):
        try:
            result = view.result(**{knob.name: value})
        except ValueError as error:
            if "are out of range" in str(error):
                continue
            raise
        parts = parts_html(result)
        assert not re.search(r"nan|inf\b|None", " ".join(parts.values()))
        assert result.chart.title
        assert result.table.marked_row is not None
        cards += 1
    # Contexts beyond a model's window are refused; most positions are not.
    assert cards >= 0.6 * len(positions(knob))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.id)
def test_the_names_of_models_and_servers_are_those_that_are_offered(view):
    for knob in view.knobs:
        if knob.kind == "choice":
            with pytest.raises(ValueError, match="nobody"):
                view.result(**{knob.name: "nobody"})


def series(result):
    return {line.role: line for line in result.chart.series}


# ---------------------------------------------------------------- the work in a prompt


def test_the_work_is_that_of_the_calculator():
    result = PREFILL_WORK.result(context_tokens=32_000, model_id="deepseek-v3")
    decision = prefill_work(model="deepseek-v3", context_tokens=32_000)
    assert result.sentence == decision.sentence
    lines = series(result)
    for n in (0, 16, 32):
        x = lines["total"].x[n]
        values = prefill_work(model="deepseek-v3", context_tokens=x).values
        for role in ("total", "linear", "attention"):
            assert lines[role].y[n] == pytest.approx(values[f"{role}_flops"] / 1e15)
    assert result.chart.you_are_here == (32_000, decision.values["total_flops"] / 1e15)
    marked = result.table.rows[result.table.marked_row]
    assert marked[0] == 32_000
    assert marked[3] == pytest.approx(100 * decision.values["attention_share"])


def test_the_rules_stand_where_attention_is_a_tenth_and_half():
    decision = prefill_work(model="llama-3.1-70b", context_tokens=8_000)
    tenth, half = PREFILL_WORK.result().chart.rules
    assert tenth.x == decision.threshold_value
    assert half.x == decision.values["half_at_tokens"] == pytest.approx(9 * tenth.x)


def test_the_color_of_the_binding_term_is_that_of_its_line():
    for context, role in ((8_000, "linear"), (256_000, "attention")):
        result = PREFILL_WORK.result(context_tokens=context)
        assert result.binding_role == role
        assert binding_color(result) is not None


def test_every_model_with_full_attention_is_offered_and_no_other():
    offered = {key for knob in PREFILL_WORK.knobs for key, _ in knob.choices}
    assert offered == {
        model.id
        for model in catalog.models().values()
        if model.full_attention_layers == model.layers
    }


# ---------------------------------------------------------------- the cost of an answer

BOX = {
    "model": "llama-3.1-70b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "output_tokens": 400,
    "usd_per_accelerator_hour": 2.5,
}


def test_the_cost_is_that_of_the_calculator():
    result = ANSWER_COST.result(context_tokens=32_000, batch=24, busy_percent=25)
    decision = batch_choice(context_tokens=32_000, batch=24, busy_share=0.25, **BOX)
    assert result.sentence == decision.sentence
    here = result.chart.you_are_here
    assert here == (24, pytest.approx(1000 * decision.values["usd_per_answer"]))
    marked = result.table.rows[result.table.marked_row]
    assert marked == (
        32_000,
        decision.values["kv_gb_per_request"],
        decision.values["requests_that_fit"],
        int(decision.values["answers_per_hour"]),
        pytest.approx(1000 * decision.values["usd_per_answer"]),
        pytest.approx(100 * decision.values["reading_usd"] / decision.values["usd_per_answer"]),
    )


def test_the_lines_go_through_the_point_and_turn_flat_where_the_memory_is_full():
    lines = series(ANSWER_COST.result())
    values = batch_choice(context_tokens=8_000, batch=16, **BOX).values
    fitting = values["requests_that_fit"]
    total = lines["total"]
    assert len(set(lines["reading"].y)) == 1
    for x, y, reading, writing in zip(
        total.x, total.y, lines["reading"].y, lines["writing"].y, strict=True
    ):
        assert y == pytest.approx(reading + writing)
        if x >= fitting:
            assert y == pytest.approx(total.y[-1])
    assert total.x[-1] == pytest.approx(2 * fitting)
    assert total.y[0] == pytest.approx(
        1000 * batch_choice(context_tokens=8_000, batch=1, **BOX).values["usd_per_answer"]
    )


def test_the_rules_are_the_balance_and_the_memory():
    values = batch_choice(context_tokens=8_000, batch=16, **BOX).values
    balance, memory = ANSWER_COST.result().chart.rules
    assert balance.x == values["requests_at_balance"]
    assert memory.x == values["requests_that_fit"] == 157


@pytest.mark.parametrize(
    ("knobs", "title"),
    [
        ({}, "at once reading the prompts carries the bill"),
        ({"context_tokens": 96_000}, "however many share a step"),
        ({"server_id": "1x-h100-sxm-80gb"}, "Nothing fits here"),
        ({"context_tokens": 1_000, "server_id": "2x-h100-sxm-80gb"}, "Memory ends the sharing"),
    ],
)
def test_the_title_says_what_ends_the_sharing(knobs, title):
    assert title in ANSWER_COST.result(**knobs).chart.title


def test_where_nothing_fits_there_is_no_price_and_no_point():
    result = ANSWER_COST.result(server_id="1x-h100-sxm-80gb")
    assert result.chart.you_are_here is None
    assert result.chart.rules == ()
    assert {row[4] for row in result.table.rows} == {"-"}
    assert {row[2] for row in result.table.rows} == {0}
    assert "usable" in result.sentence


def test_an_idle_server_makes_answers_dearer_and_changes_no_decision():
    busy, idle = (ANSWER_COST.result(busy_percent=share) for share in (100, 10))
    assert idle.chart.you_are_here[1] == pytest.approx(10 * busy.chart.you_are_here[1])
    assert idle.chart.rules == busy.chart.rules
    assert idle.threshold_label == busy.threshold_label


def test_a_threshold_is_said_in_its_unit():
    assert ANSWER_COST.result().threshold_label.startswith("Requests at once from which ")
    full = ANSWER_COST.result(batch=200).threshold_label
    assert re.fullmatch(r"Longest context with which all 200 fit: about 6,2\d0 tokens\.", full)


# ---------------------------------------------------------------- waiting on a busy server

SERVER = {
    "model": "llama-3.1-70b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 8,
    "context_tokens": 8_192,
    "output_tokens": 1_024,
    "weight_bits": 8,
    "kv_bits": 8,
}


def test_the_wait_is_that_of_the_calculator():
    decision = admission(requests=16, ttft_target_s=2, tpot_target_s=0.1, **SERVER)
    first, further = (BUSY_SERVER.result(shown=shown) for shown in ("first", "further"))
    assert first.sentence == further.sentence == decision.sentence
    assert first.chart.you_are_here == (16, pytest.approx(decision.values["ttft_s"]))
    assert further.chart.you_are_here == (16, pytest.approx(1000 * decision.values["tpot_s"]))
    for result, own, others, scale in (
        (first, "own_prompt_s", "queue_s", 1),
        (further, "own_step_s", "stalls_s", 1000),
    ):
        lines = series(result)
        x = lines["others"].x[-1]
        times = waiting(requests=x, **SERVER)
        assert lines["own"].y[-1] == pytest.approx(scale * getattr(times, own))
        assert lines["others"].y[-1] == pytest.approx(scale * getattr(times, others))
        assert lines["total"].y[-1] == pytest.approx(lines["own"].y[-1] + lines["others"].y[-1])


def test_the_rules_are_the_targets_and_the_number_that_meets_them():
    decision = admission(requests=16, ttft_target_s=2, tpot_target_s=0.1, **SERVER)
    most, target = BUSY_SERVER.result().chart.rules
    assert (most.x, target.y) == (decision.threshold_value, 2)
    assert BUSY_SERVER.result(shown="further").chart.rules[1].y == 100
    none = BUSY_SERVER.result(ttft_target_s=0.001)
    assert [rule.label for rule in none.chart.rules] == ["target: 1 ms"]


@pytest.mark.parametrize("setting_id", SETTINGS)
@pytest.mark.parametrize("shown", ["first", "further"])
def test_the_dots_are_the_measurements_of_this_very_length(setting_id, shown):
    setting = SETTINGS[setting_id]
    for context in (1_024, 8_192):
        lines = series(
            BUSY_SERVER.result(setting_id=setting_id, context_tokens=context, shown=shown)
        )
        published = dict(setting.measured).get(context)
        if not published:
            assert "measured" not in lines
            continue
        dots = lines["measured"]
        assert dots.style == "dots"
        assert dots.x == tuple(published)
        place, scale = (0, 1) if shown == "first" else (1, 1000)
        assert dots.y == pytest.approx([scale * times[place] for times in published.values()])
    other = {"setting_id": setting_id, "shown": shown}
    assert "measured" not in series(BUSY_SERVER.result(context_tokens=4_000, **other))
    assert "measured" not in series(BUSY_SERVER.result(output_tokens=400, **other))


def test_measured_times_are_seconds_of_a_plausible_size():
    for setting in SETTINGS.values():
        for context, published in setting.measured:
            times = list(published.values())
            assert list(published) == sorted(published)
            for one, more in itertools.pairwise(times):
                # More requests at once wait longer for each further token.
                assert more[1] > one[1]
            assert all(0.05 < first < 2 and 0.005 < further < 0.06 for first, further in times)
            assert context in (1_024, 8_192)


def test_the_limits_say_how_far_off_these_dots_are():
    result = BUSY_SERVER.result()
    published = dict(SETTINGS["8x-h100-8bit"].measured)[8_192]
    for name, place in (("ttft_s", 0), ("tpot_s", 1)):
        off = statistics.median(
            abs(getattr(waiting(requests=n, **SERVER), name) / times[place] - 1)
            for n, times in published.items()
        )
        assert f"{float(f'{100 * off:.2g}'):g}% for " in result.limits
    assert "measured with vLLM: AIConfigurator" in result.limits
    silent = BUSY_SERVER.result(context_tokens=4_000).limits
    assert f"Measured at 1,024 and 8,192 tokens in and {MEASURED_OUTPUT:,} out." in silent
    assert "easured" not in BUSY_SERVER.result(setting_id="8x-h100-16bit").limits.split(".")[1]


def test_the_title_says_from_where_others_hold_one_up():
    values = admission(requests=16, ttft_target_s=2, tpot_target_s=0.1, **SERVER).values
    assert BUSY_SERVER.result().chart.title == (
        f"From {values['queue_passes_own_at']:.0f} at once the first token waits mostly for other "
        "prompts"
    )
    assert BUSY_SERVER.result(shown="further").chart.title == (
        f"From {values['stalls_pass_own_at']:.0f} at once the further tokens wait mostly for other "
        "prompts"
    )
    long = BUSY_SERVER.result(context_tokens=1_024, output_tokens=8_192, shown="further")
    assert long.chart.title == "The further tokens wait mostly for their own step"
    short = BUSY_SERVER.result(context_tokens=10, ttft_target_s=0.001)
    assert short.chart.title == "The first token waits mostly for its own prompt"


def test_the_binding_part_has_the_color_of_its_line():
    few, many = BUSY_SERVER.result(requests=4), BUSY_SERVER.result(requests=64)
    assert (few.binding_role, many.binding_role) == ("own", "others")
    assert binding_color(few) != binding_color(many)


def test_every_row_of_the_table_has_its_measurement_or_a_dash():
    rows = {row[0]: row for row in BUSY_SERVER.result().table.rows}
    published = dict(SETTINGS["8x-h100-8bit"].measured)[8_192]
    for count, row in rows.items():
        first, further = published.get(count, (None, None))
        assert row[2] == (first or "-")
        assert row[4] == (pytest.approx(1000 * further) if further else "-")
        assert math.isfinite(row[1])
        assert math.isfinite(row[3])
