"""The cards of latency budget and availability: which stage to cut, and when a fallback pays."""

from __future__ import annotations

from dataclasses import replace

from course_utils.calculators import validate, words
from course_utils.calculators.availability import (
    HOURS_PER_MONTH,
    downtime_hours_per_month,
    fallback_or_not,
    nines,
)
from course_utils.calculators.decision import Decision
from course_utils.calculators.latency_budget import (
    EXAMPLE_STAGES,
    Budget,
    Stage,
    budgets_if_stretched,
    keep_or_cut,
)
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

# ---------------------------------------------------------------- which stage to cut

TARGET_STEPS = (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 8, 10, 15, 20, 30)
MODEL_STEPS = (0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.93, 2.2, 2.6, 3, 4, 6, 8, 12)
SLOW_STEPS = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 8, 10, 15, 20)
CURVE_POINTS = 6
# A stage that may take any time would make the axis endless.
LONGEST_STRETCH = 20.0


def _stages(
    medians_s: dict[str, float], model_sigma: float, slow_percent: float, slow_s: float
) -> dict[str, Stage]:
    """The stages of the lesson with these medians, and slow cases in the two that search."""
    share = validate.number("slow_percent", slow_percent, "%", high=100) / 100
    stages = {
        name: replace(stage, median_s=medians_s[name]) for name, stage in EXAMPLE_STAGES.items()
    }
    stages["model"] = replace(stages["model"], sigma=model_sigma)
    for name in ("retrieval", "re-ranking"):
        stages[name] = replace(stages[name], slow_share=share, slow_s=slow_s)
    return stages


def _budget_result(
    *,
    target_s: float,
    model_median_s: float,
    slow_percent: float,
    slow_s: float,
    percentile: str,
    model_sigma: float,
    auth_median_s: float,
    retrieval_median_s: float,
    reranking_median_s: float,
    validation_median_s: float,
) -> Result:
    if percentile not in dict(_PERCENTILES):
        raise ValueError(
            f"percentile = {percentile!r}: give one of {', '.join(dict(_PERCENTILES))}"
        )
    medians_s = {
        "auth and policy": auth_median_s,
        "retrieval": retrieval_median_s,
        "re-ranking": reranking_median_s,
        "model": model_median_s,
        "validation": validation_median_s,
    }
    stages = _stages(medians_s, model_sigma, slow_percent, slow_s)
    rank = float(percentile)
    decision = keep_or_cut(stages=stages, target_s=target_s, percentile=rank)
    binding, allowed = decision.binding_role, decision.threshold_value
    end = min(max(1.5, 1.2 * (allowed or 0)), LONGEST_STRETCH)
    factors = [end * n / (CURVE_POINTS - 1) for n in range(CURVE_POINTS)]
    *curve, now = budgets_if_stretched(
        stages=stages, stage=binding, factors=[*factors, 1.0], percentile=rank
    )
    ordinal = f"p{percentile}"
    return Result(
        sentence=decision.sentence,
        chart=_budget_chart(decision, ordinal, factors, curve, target_s),
        table=_budget_table(decision, ordinal, stages, now),
        binding_role=binding,
        binding_label=f"the {binding} stage",
        threshold_label=_budget_threshold(decision),
        limits=(
            "9,999 simulated requests; another seed moves a 95th percentile by about 0.3%. The "
            "stages run one after the other and are independent of each other: stages that are "
            "slow together, as under load, have a longer tail than this."
        ),
    )


def _share_of_today(allowed: float) -> str:
    """A share of the present time; above 100% with the digit in which it differs from it."""
    return words.percent(allowed) if allowed < 1 else f"{words.digits(100 * allowed)}%"


def _budget_threshold(decision: Decision) -> str:
    binding, allowed = decision.binding_label, decision.threshold_value
    if allowed is None:
        return f"Even without the {binding} stage the target is missed."
    share = _share_of_today(allowed)
    return f"At the target the {binding} stage may take {share} of its present time."


def _budget_chart(
    decision: Decision,
    ordinal: str,
    factors: list[float],
    curve: list[Budget],
    target_s: float,
) -> Chart:
    binding, allowed = decision.binding_role, decision.threshold_value
    xs = tuple(100 * factor for factor in factors)
    series = (
        Series(
            f"{ordinal} values added up",
            "added",
            xs,
            tuple(budget.added_s for budget in curve),
            "dashed",
        ),
        Series(f"{ordinal} of the whole", "total", xs, tuple(b.total_s for b in curve)),
        Series(f"{ordinal} of {binding}", binding, xs, tuple(b.stage_s[binding] for b in curve)),
    )
    rules = [Rule(f"target: {words.seconds(target_s)}", y=target_s)]
    if allowed is not None and 100 * allowed <= xs[-1]:
        rules.insert(0, Rule(_share_of_today(allowed), x=100 * allowed))
    return Chart(
        title=_budget_title(decision, target_s),
        x_label=f"time of the {binding} stage (% of today's)",
        y_label="seconds",
        series=series,
        rules=tuple(rules),
        you_are_here=(100.0, decision.values["total_s"]),
        x_log=False,
        y_log=False,
    )


def _budget_title(decision: Decision, target_s: float) -> str:
    binding, allowed = decision.binding_label, decision.threshold_value
    target = words.seconds(target_s)
    if allowed is None:
        return f"Even without the {binding} stage {target} cannot be met"
    if decision.choice == "keep the design":
        return f"The {binding} stage may grow to {_share_of_today(allowed)} of its time"
    return f"Cut the {binding} stage to {_share_of_today(allowed)} to meet {target}"


def _budget_table(decision: Decision, ordinal: str, stages: dict[str, Stage], now: Budget) -> Table:
    rows = tuple(
        (
            name,
            stage.median_s,
            now.stage_s[name],
            100 * decision.values[f"{name.replace(' ', '_')}_tail_share"],
        )
        for name, stage in stages.items()
    )
    return Table(
        caption=(
            f"The {ordinal} values add up to {words.digits(now.added_s)} s; "
            f"that of the whole is {words.digits(now.total_s)} s"
        ),
        columns=("Stage", "Median (s)", f"{ordinal} (s)", "Share of the slow requests' time (%)"),
        rows=rows,
        marked_row=list(stages).index(decision.binding_role),
    )


_PERCENTILES = (("50", "50th"), ("90", "90th"), ("95", "95th"), ("99", "99th"))

LATENCY_BUDGET = View(
    id="latency-budget",
    title="Latency budget",
    question="does the whole meet its target, and which stage must give?",
    knobs=(
        Knob("target_s", "Target for the whole", "s", "steps", 3, TARGET_STEPS, primary=True),
        Knob(
            "model_median_s",
            "Model, median",
            "s",
            "steps",
            EXAMPLE_STAGES["model"].median_s,
            MODEL_STEPS,
            primary=True,
        ),
        Knob(
            "slow_percent",
            "Slow cases in retrieval and in re-ranking",
            "%",
            "steps",
            0,
            SLOW_STEPS,
            primary=True,
            help="a lock, a cold shard, a retry: so many in a hundred, in each of the two",
        ),
        Knob("slow_s", "What a slow case adds", "s", "number", 2),
        Knob("percentile", "Percentile", "", "choice", "95", choices=_PERCENTILES),
        Knob("model_sigma", "Spread of the model's time (sigma)", "", "number", 0.3),
        *(
            Knob(name, label, "s", "number", EXAMPLE_STAGES[stage].median_s)
            for name, label, stage in (
                ("auth_median_s", "Auth and policy, median", "auth and policy"),
                ("retrieval_median_s", "Retrieval, median", "retrieval"),
                ("reranking_median_s", "Re-ranking, median", "re-ranking"),
                ("validation_median_s", "Validation, median", "validation"),
            )
        ),
    ),
    compute=_budget_result,
)

# ---------------------------------------------------------------- when a fallback pays

PRIMARY_STEPS = (90, 95, 97, 98, 99, 99.5, 99.7, 99.8, 99.9, 99.95, 99.99)
SHARED_STEPS = tuple(float(n) for n in range(0, 101, 5))
LOST_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 50, 100)
MAX_OTHER_PARTS = 100


def _fallback_result(
    *,
    primary_percent: float,
    shared_percent: float,
    lost_request_usd: float,
    fallback_percent: float,
    other_parts: float,
    other_percent: float,
    requests_per_month: float,
    fallback_usd_per_month: float,
) -> Result:
    parts = validate.number("other_parts", other_parts, "parts", high=MAX_OTHER_PARTS, whole=True)
    fixed = {
        "primary_availability": _share("primary_percent", primary_percent),
        "fallback_availability": _share("fallback_percent", fallback_percent),
        "rest_availability": _share("other_percent", other_percent) ** parts,
        "requests_per_month": requests_per_month,
        "lost_request_usd": lost_request_usd,
        "fallback_usd_per_month": fallback_usd_per_month,
    }
    shared = _share("shared_percent", shared_percent)
    decision = fallback_or_not(shared_outage_share=shared, **fixed)
    independent = fallback_or_not(shared_outage_share=0.0, **fixed)
    rest_hours = downtime_hours_per_month(fixed["rest_availability"])
    flips = _shared_share_at_break_even(independent, lost_request_usd)
    return Result(
        sentence=decision.sentence,
        chart=_fallback_chart(decision, independent, rest_hours, flips, shared),
        table=_fallback_table(decision, independent, lost_request_usd, requests_per_month, shared),
        binding_role=_binding(decision, rest_hours),
        binding_label=(
            "the other parts" if _binding(decision, rest_hours) == "rest" else "the model"
        ),
        threshold_label=_fallback_threshold(decision, flips, lost_request_usd),
        limits=(
            "Parts in series fail independently of each other, an outage is noticed at once and "
            "the switch takes no time. It counts hours, and not who asks in them: an outage at "
            "ten in the morning loses more questions than one at night."
        ),
    )


def _share(name: str, percent: float) -> float:
    # Rounded, because 99.9% is 0.999 and not 0.999 and a last bit.
    return round(validate.number(name, percent, "%", high=100) / 100, 12)


def _shared_share_at_break_even(independent: Decision, lost_request_usd: float) -> float | None:
    """The share of outages that hit both, at which the fallback stops paying; None if none.

    What the fallback saves falls with that share b as 1 - b, so its break-even cost of a
    lost request rises as 1 / (1 - b).
    """
    price = independent.threshold_value
    if price is None or lost_request_usd <= price:
        return None
    return 1 - price / lost_request_usd


def _binding(decision: Decision, rest_hours: float) -> str:
    """The role that is down longer in the chosen design: the model, or all that is not it."""
    adds = decision.choice == "add the fallback"
    down = "downtime_with_fallback_hours_per_month" if adds else "downtime_hours_per_month"
    model_hours = decision.values[down] - rest_hours
    return "rest" if rest_hours >= model_hours else ("both" if adds else "one")


def _fallback_threshold(decision: Decision, flips: float | None, lost_request_usd: float) -> str:
    price = decision.threshold_value
    if price is None and flips is None:
        return "The fallback saves nothing here, whatever a lost request costs."
    if price is None:
        return (
            "Where every outage hits both, the fallback saves nothing; it would pay while fewer "
            f"than {words.percent(flips)} do."
        )
    said = f"The fallback pays from {words.dollars(price)} a lost request"
    if flips is None:
        return f"{said}; at this cost it does not, even if no outage hits both."
    return (
        f"{said}; at {words.dollars(lost_request_usd)} while fewer than {words.percent(flips)} of "
        "the outages hit both."
    )


def _fallback_chart(
    decision: Decision,
    independent: Decision,
    rest_hours: float,
    flips: float | None,
    shared: float,
) -> Chart:
    one = decision.values["downtime_hours_per_month"]
    best = independent.values["downtime_with_fallback_hours_per_month"]
    xs = (0.0, 100.0)
    series = (
        Series("one provider", "one", xs, (one, one)),
        # A straight line: with all outages shared the fallback is no help.
        Series("with a fallback", "both", xs, (best, one)),
        Series("of which the other parts", "rest", xs, (rest_hours, rest_hours), "dashed"),
    )
    adds = decision.choice == "add the fallback"
    down = decision.values["downtime_with_fallback_hours_per_month"] if adds else one
    return Chart(
        title=_fallback_title(independent, flips),
        x_label="outages that hit both (%)",
        y_label="hours down a month",
        series=series,
        rules=(Rule(f"pays up to {words.percent(flips)}", x=100 * flips),) if flips else (),
        you_are_here=(100 * shared, down),
        x_log=False,
        y_log=False,
    )


def _fallback_title(independent: Decision, flips: float | None) -> str:
    if independent.threshold_value is None:
        return "This fallback bridges no outage"
    if flips is None:
        return "At this cost of a lost request no fallback pays"
    return f"The fallback pays while fewer than {words.percent(flips)} of the outages hit both"


def _fallback_table(
    decision: Decision,
    independent: Decision,
    lost_request_usd: float,
    requests_per_month: float,
    shared: float,
) -> Table:
    price = decision.values["cost_usd_per_month"]
    designs = [("one provider", decision.values["availability"], 0.0)]
    if shared:
        designs.append(
            (
                f"a fallback, {words.percent(shared)} shared",
                decision.values["with_fallback"],
                price,
            )
        )
    designs.append(("an independent fallback", independent.values["with_fallback"], price))
    rows = []
    for name, up, usd in designs:
        lost = requests_per_month * (1 - up)
        rows.append(
            (
                name,
                nines(up),
                HOURS_PER_MONTH * (1 - up),
                lost,
                lost * lost_request_usd + usd,
            )
        )
    adds = decision.choice == "add the fallback"
    return Table(
        caption="Availability of the whole, and what its outages and the fallback cost",
        columns=(
            "Design",
            "Availability",
            "Down a month (h)",
            "Requests lost",
            "Cost a month (USD)",
        ),
        rows=tuple(rows),
        marked_row=1 if adds else 0,
    )


AVAILABILITY_FALLBACK = View(
    id="availability-fallback",
    title="Availability with a fallback",
    question="is a second provider worth its price?",
    knobs=(
        Knob(
            "primary_percent",
            "Availability of the model",
            "%",
            "steps",
            99.5,
            PRIMARY_STEPS,
            primary=True,
        ),
        Knob(
            "shared_percent",
            "Outages that hit both providers",
            "%",
            "steps",
            0,
            SHARED_STEPS,
            primary=True,
        ),
        Knob(
            "lost_request_usd",
            "Cost of a lost request",
            "USD",
            "steps",
            2,
            LOST_STEPS,
            primary=True,
        ),
        Knob("fallback_percent", "Availability of the second provider", "%", "number", 99.5),
        Knob("other_parts", "Other parts that are all needed", "parts", "number", 4),
        Knob("other_percent", "Availability of each of them", "%", "number", 99.9),
        Knob("requests_per_month", "Questions a month", "questions", "number", 378_000),
        Knob("fallback_usd_per_month", "Price of the fallback", "USD per month", "number", 2_000),
    ),
    compute=_fallback_result,
)

VIEWS = (LATENCY_BUDGET, AVAILABILITY_FALLBACK)
