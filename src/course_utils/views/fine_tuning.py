"""From which volume fine-tuning pays, and what it costs to run the tuned model oneself."""

from __future__ import annotations

import math

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.fine_tuning import (
    fine_tune_or_not,
    hosted_usd_per_request,
)
from course_utils.catalog import price
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

VOLUME_STEPS = (
    *(10_000, 20_000, 50_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000),
    *(700_000, 1_000_000, 1_500_000, 2_000_000, 5_000_000),
)
UPKEEP_STEPS = (0, 100, 250, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
CACHED_STEPS = (0, 25, 50, 75, 90, 100)
BOX_STEPS = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 10, 20, 40)
BASE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.56, 0.8, 1.05, 2, 5, 10, 20, 50)

HOURS_PER_MONTH = 730.0
# A threshold beyond so many times the reader's volume would press the lines into a corner.
IN_SIGHT = 40.0
POINTS = 61


def _payback_result(
    *,
    requests_per_month: float,
    upkeep_usd_per_month: float,
    cached_percent: float,
    fixed_usd: float,
    horizon_months: float,
    example_tokens: float,
    task_tokens: float,
    output_tokens: float,
    base_input_usd_per_mtok: float,
    base_cached_input_usd_per_mtok: float,
    base_output_usd_per_mtok: float,
    tuned_input_usd_per_mtok: float,
    tuned_output_usd_per_mtok: float,
) -> Result:
    cached = validate.number("cached_percent", cached_percent, "% of the examples", high=100)
    decision = fine_tune_or_not(
        example_tokens=example_tokens,
        task_tokens=task_tokens,
        output_tokens=output_tokens,
        base_input_usd_per_mtok=base_input_usd_per_mtok,
        base_cached_input_usd_per_mtok=base_cached_input_usd_per_mtok,
        base_output_usd_per_mtok=base_output_usd_per_mtok,
        tuned_input_usd_per_mtok=tuned_input_usd_per_mtok,
        tuned_output_usd_per_mtok=tuned_output_usd_per_mtok,
        fixed_usd=fixed_usd,
        upkeep_usd_per_month=upkeep_usd_per_month,
        requests_per_month=requests_per_month,
        horizon_months=horizon_months,
        cached_share=cached / 100,
    )
    return Result(
        sentence=decision.sentence,
        chart=_payback_chart(decision, requests_per_month, upkeep_usd_per_month, horizon_months),
        table=_payback_table(decision, requests_per_month, upkeep_usd_per_month, horizon_months),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=_payback_threshold(decision, horizon_months),
        limits=(
            "Both models are taken to answer equally well; that has to be measured. Cached "
            "examples are taken as read, without the writes. Not included: that prices change, "
            "that a month's volume grows or falls, and the time of people who would do "
            "something else."
        ),
    )


def _months(horizon: float) -> str:
    return f"{words.digits(horizon)} month{'' if horizon == 1 else 's'}"


def _payback_threshold(decision: Decision, horizon: float) -> str:
    """The volume that pays, the requests that bring the money back, and the months."""
    values, limit = decision.values, decision.threshold_value
    if limit is None:
        return "No volume pays: the tuned call is no cheaper, or by too little."
    months = values["payback_months"]
    when = (
        f"At this volume that takes {words.digits(months)} months, upkeep paid."
        if math.isfinite(months)
        else "At this volume upkeep eats the saving, so it takes forever."
    )
    return (
        f"Pays within {_months(horizon)} above {words.digits(limit)} requests a month. "
        f"Tuning alone comes back after {words.digits(values['break_even_requests'])} "
        f"requests. {when}"
    )


def _payback_chart(decision: Decision, volume: float, upkeep: float, horizon: float) -> Chart:
    values, limit = decision.values, decision.threshold_value
    in_sight = limit is not None and limit <= IN_SIGHT * max(volume, 1)
    end = 1.5 * max(volume, limit if in_sight else 0) or 100_000.0
    xs = (0.0, float(end))
    prompt = values["shorter_prompt_saving_usd_per_request"]
    saved = values["base_usd_per_request"] - values["tuned_usd_per_request"]
    cost = values["cost_usd_per_month"]
    return Chart(
        title=_payback_title(decision, horizon),
        x_label="requests per month",
        y_label="USD a month",
        series=(
            Series("saved by the shorter prompt", "shorter_prompt", xs, (0.0, prompt * end)),
            Series("and by the cheaper model", "other_model", xs, (0.0, saved * end)),
            Series("upkeep", "upkeep", xs, (upkeep, upkeep), "dashed"),
            Series("upkeep and tuning", "fixed", xs, (cost, cost), "dashed"),
        ),
        rules=(Rule(f"pays above {words.digits(limit)}", x=limit),) if in_sight and limit else (),
        you_are_here=(volume, saved * volume),
        x_log=False,
        y_log=False,
    )


def _payback_title(decision: Decision, horizon: float) -> str:
    limit = decision.threshold_value
    if limit is None:
        return "At no volume does tuning pay by its price"
    return f"Within {_months(horizon)} tuning pays above {words.digits(limit)} requests a month"


def _payback_table(decision: Decision, volume: float, upkeep: float, horizon: float) -> Table:
    values = decision.values

    def row(name: str, usd_per_month: float) -> tuple[str, float | str, float]:
        each = 100 * usd_per_month / volume if volume else "no calls"
        return (name, each, usd_per_month)

    def per_call(name: str, usd: float) -> tuple[str, float, float]:
        return (name, 100 * usd, usd * volume)

    return Table(
        caption="One call in cents, and the month",
        columns=("", "Cents per call", "USD a month"),
        rows=(
            per_call("call with examples", values["base_usd_per_request"]),
            per_call("call of the tuned model", values["tuned_usd_per_request"]),
            per_call(
                "saved by the shorter prompt", values["shorter_prompt_saving_usd_per_request"]
            ),
            per_call(
                "saved by the tuned model's price", values["other_model_saving_usd_per_request"]
            ),
            row("upkeep", -upkeep),
            row(f"tuning, over {_months(horizon)}", upkeep - values["cost_usd_per_month"]),
            row("left", values["saving_usd_per_month"] - values["cost_usd_per_month"]),
        ),
        marked_row=6,
    )


def _own_box_usd(volume: float, usd_per_hour: float, capacity_per_hour: float) -> float:
    """US dollars per request on a box of one's own, rented around the clock."""
    return hosted_usd_per_request(
        usd_per_hour=usd_per_hour,
        requests_per_hour_at_capacity=capacity_per_hour,
        utilization=min(1.0, volume / (capacity_per_hour * HOURS_PER_MONTH)),
    )


def _hosting_result(
    *,
    requests_per_month: float,
    usd_per_hour: float,
    base_cents_per_call: float,
    requests_per_hour_at_capacity: float,
) -> Result:
    rent = validate.positive("usd_per_hour", usd_per_hour, "US dollars", high=1e5)
    capacity = validate.number(
        "requests_per_hour_at_capacity", requests_per_hour_at_capacity, "requests", low=1, high=1e7
    )
    most = capacity * HOURS_PER_MONTH
    # More than one box can do would need a second one, which is another question.
    volume = validate.number("requests_per_month", requests_per_month, "requests", low=1, high=most)
    base = validate.positive("base_cents_per_call", base_cents_per_call, "cents", high=1e5) / 100
    own = _own_box_usd(volume, rent, capacity)
    full = rent / capacity
    # None where a full box costs more.
    limit = rent * HOURS_PER_MONTH / base if full <= base else None
    choose_own = limit is not None and volume > limit
    return Result(
        sentence=_hosting_sentence(choose_own, own, base, volume / most, limit),
        chart=_hosting_chart(volume, rent, base, capacity, limit),
        table=Table(
            caption="What a call costs, and the month",
            columns=("", "Cents per call", "USD a month"),
            rows=(
                ("own box, as busy as it is", 100 * own, own * volume),
                ("own box, if it were full", 100 * full, full * volume),
                ("by the token", 100 * base, base * volume),
            ),
            marked_row=0 if choose_own else 2,
        ),
        binding_role="own" if choose_own else "tokens",
        binding_label="calls by the token" if choose_own else "idle hours",
        threshold_label=(
            "No volume pays for a box: a full one costs more than calls by the token."
            if limit is None
            else f"A box costs as much as calls by the token at {words.digits(limit)} requests "
            f"a month, {words.percent(limit / most)} of what it can do."
        ),
        limits=(
            "The box is rented 730 hours a month. The requests of an hour when it is full are "
            "an assumption until you load it with your own. Not included: a second box for when "
            "the first one fails, peaks (a box that is busy in office hours alone is idle for "
            "three quarters of the month), and the people who keep it running."
        ),
    )


def _hosting_sentence(
    choose_own: bool, own: float, base: float, used: float, limit: float | None
) -> str:
    by_token = words.dollars(base)
    if limit is None:
        return (
            f"I choose calls by the token, because a call costs {by_token} there and more on a "
            f"box of our own, even when it is full; I would switch if the box got cheaper."
        )
    volume = f"about {words.digits(limit)} requests a month"
    if choose_own:
        return (
            f"I choose a box of our own, because at {words.percent(used)} of what it can do a "
            f"call costs {words.dollars(own)}, and {by_token} by the token; I would switch below "
            f"{volume}."
        )
    return (
        f"I choose calls by the token, because at {words.percent(used)} of what a box of our own "
        f"can do a call costs {words.dollars(own)}, and {by_token} by the token; I would switch "
        f"above {volume}."
    )


def _hosting_chart(
    volume: float, rent: float, base: float, capacity: float, limit: float | None
) -> Chart:
    high = capacity * HOURS_PER_MONTH
    low = min(volume, high / 100, (limit or high) / 3)
    xs = (*(low * (high / low) ** (i / (POINTS - 1)) for i in range(POINTS - 1)), high)
    own = tuple(100 * _own_box_usd(x, rent, capacity) for x in xs)
    return Chart(
        title=(
            "Even a full box costs more than calls by the token"
            if limit is None
            else f"A box of your own pays above {words.digits(limit)} requests a month"
        ),
        x_label="requests per month",
        y_label="cents per call",
        series=(
            Series("own box", "own", xs, own),
            Series("by the token", "tokens", xs, tuple(100 * base for _ in xs)),
            Series("a full box", "full", xs, tuple(100 * rent / capacity for _ in xs), "dashed"),
        ),
        rules=() if limit is None else (Rule(f"even at {words.digits(limit)}", x=limit),),
        you_are_here=(volume, 100 * _own_box_usd(volume, rent, capacity)),
    )


_TEXTBOOK = price("textbook-3-15")

TUNING_PAYBACK = View(
    id="tuning-payback",
    title="When tuning pays",
    question="from how many requests a month does a tuned model pay for itself and its upkeep?",
    knobs=(
        Knob(
            "requests_per_month",
            "Requests",
            "a month",
            "steps",
            100_000,
            steps=VOLUME_STEPS,
            primary=True,
        ),
        Knob(
            "upkeep_usd_per_month",
            "Upkeep",
            "USD a month",
            "steps",
            2_000,
            steps=UPKEEP_STEPS,
            primary=True,
            help="new labels, tests, and tuning again when the base model is withdrawn",
        ),
        Knob(
            "cached_percent",
            "Examples read from a prefix cache",
            "%",
            "steps",
            0,
            steps=CACHED_STEPS,
            primary=True,
            help="of the model that you have now",
        ),
        Knob("fixed_usd", "Tuning, once", "USD", "number", 8_000),
        Knob("horizon_months", "Has to pay within", "months", "number", 12),
        Knob("example_tokens", "Examples that tuning replaces", "tokens", "number", 1_800),
        Knob("task_tokens", "Rest of the prompt", "tokens", "number", 500),
        Knob("output_tokens", "Output", "tokens", "number", 240),
        Knob(
            "base_input_usd_per_mtok",
            "Input, now",
            "USD per million tokens",
            "number",
            _TEXTBOOK.input_usd_per_mtok,
        ),
        Knob(
            "base_cached_input_usd_per_mtok",
            "Cached input, now",
            "USD per million tokens",
            "number",
            _TEXTBOOK.cached_input_usd_per_mtok,
        ),
        Knob(
            "base_output_usd_per_mtok",
            "Output, now",
            "USD per million tokens",
            "number",
            _TEXTBOOK.output_usd_per_mtok,
        ),
        Knob("tuned_input_usd_per_mtok", "Input, tuned", "USD per million tokens", "number", 1.2),
        Knob("tuned_output_usd_per_mtok", "Output, tuned", "USD per million tokens", "number", 5),
    ),
    compute=_payback_result,
)

TUNED_HOSTING = View(
    id="tuned-hosting",
    title="A box for the tuned model",
    question="from how many requests a month does a rented box cost less than calls by the token?",
    knobs=(
        Knob(
            "requests_per_month",
            "Requests",
            "a month",
            "steps",
            100_000,
            steps=VOLUME_STEPS,
            primary=True,
        ),
        Knob(
            "usd_per_hour",
            "Rent of the box",
            "USD an hour",
            "steps",
            2.5,
            steps=BOX_STEPS,
            primary=True,
        ),
        Knob(
            "base_cents_per_call",
            "The same call by the token",
            "cents",
            "steps",
            1.05,
            steps=BASE_STEPS,
            primary=True,
        ),
        Knob(
            "requests_per_hour_at_capacity",
            "Requests an hour when full",
            "requests",
            "number",
            10_000,
        ),
    ),
    compute=_hosting_result,
)

VIEWS = (TUNING_PAYBACK, TUNED_HOSTING)
