"""How long to keep a prefix, by the gap between its uses; and whether to keep answers."""

from __future__ import annotations

import math

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.prefix_cache import (
    break_even_hit_rate,
    mean_gap_limit_minutes,
    which_ttl,
)
from course_utils.calculators.semantic_cache import semantic_cache_or_not
from course_utils.catalog import price
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

GAP_STEPS = (0.5, 1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 80, 100, 120, 180, 240, 480, 960, 1440)
CALL_STEPS = (1, 2, 3, 4, 6, 10, 20, 50)
READ_STEPS = (0.05, 0.1, 0.25, 0.5, 0.75)
WRONG_STEPS = (0, 0.1, 0.2, 0.5, 0.8, 1, 1.5, 2, 2.5, 3, 4, 5, 8, 12, 20, 50, 100)
HIT_STEPS = (0.1, 0.5, 1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100)
ERROR_STEPS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 50, 100, 200, 500)

CHART_MINUTES = (0.5, 2000.0)
POINTS = 49
# Where no hit is wrong and none would cost too much there is still an axis to draw.
LEAST_AXIS_PERCENT = 1.0

# The options in the order of `which_ttl`, with the name of their cost in its values.
SHORT, LONG, NONE = "short", "long", "none"
COSTS = {
    SHORT: "short_usd_per_1000_calls",
    LONG: "long_usd_per_1000_calls",
    NONE: "uncached_usd_per_1000_calls",
}


def _lifetime_result(
    *,
    mean_gap_minutes: float,
    calls_per_burst: float,
    read_multiplier: float,
    prefix_tokens: float,
    input_usd_per_mtok: float,
    short_lifetime_minutes: float,
    short_write_multiplier: float,
    long_lifetime_minutes: float,
    long_write_multiplier: float,
) -> Result:
    vendor = {
        "calls_per_burst": calls_per_burst,
        "read_multiplier": read_multiplier,
        "prefix_tokens": prefix_tokens,
        "input_usd_per_mtok": input_usd_per_mtok,
        "short_lifetime_minutes": short_lifetime_minutes,
        "short_write_multiplier": short_write_multiplier,
        "long_lifetime_minutes": long_lifetime_minutes,
        "long_write_multiplier": long_write_multiplier,
    }
    decision = which_ttl(mean_gap_minutes=mean_gap_minutes, **vendor)
    names = {
        SHORT: f"kept {words.seconds(60 * short_lifetime_minutes)}",
        LONG: f"kept {words.seconds(60 * long_lifetime_minutes)}",
        NONE: "no cache",
    }
    chosen = _chosen(decision)
    return Result(
        sentence=decision.sentence,
        chart=_lifetime_chart(decision, chosen, names, mean_gap_minutes, vendor),
        table=_lifetime_table(decision, chosen, names, vendor),
        binding_role=chosen,
        binding_label=decision.binding_label,
        threshold_label=_lifetime_threshold(decision, vendor),
        limits=(
            "Gaps between bursts are taken as random around their mean, calls of a burst as "
            "closer than the short lifetime, and each hit as renewing it. Regular gaps change "
            "the picture: an entry of 60 min outlives every gap of 50 min. Not included: other "
            "parts of the prompt, output, batches, entries dropped early, and fees for storage."
        ),
    )


def _chosen(decision: Decision) -> str:
    """Which of the three was chosen, by the term that binds."""
    return {"write_price": SHORT, "lifetime": LONG, "writes": NONE}[decision.binding_role]


def _lifetime_threshold(decision: Decision, vendor: dict[str, float]) -> str:
    """The gap at which the choice flips, and the hit rates from which writes pay."""
    read = vendor["read_multiplier"]
    rates = " and ".join(
        words.percent(break_even_hit_rate(write_multiplier=write, read_multiplier=read))
        for write in (vendor["short_write_multiplier"], vendor["long_write_multiplier"])
    )
    flips = decision.threshold_value
    first = (
        "No gap flips the choice"
        if flips is None
        else f"Mean gap at which the choice flips: {words.digits(flips)} min"
    )
    return f"{first}. The two lifetimes pay above hit rates of {rates}."


def _lifetime_chart(
    decision: Decision,
    chosen: str,
    names: dict[str, str],
    gap: float,
    vendor: dict[str, float],
) -> Chart:
    low, high = min(CHART_MINUTES[0], gap / 2), max(CHART_MINUTES[1], 2 * gap)
    # The calculator's own limit, so that the axis does not ask it for more.
    high = min(high, 1e6)
    xs = (*(low * (high / low) ** (i / (POINTS - 1)) for i in range(POINTS - 1)), high)
    along = [which_ttl(mean_gap_minutes=x, **vendor).values for x in xs]
    flips = decision.threshold_value
    in_sight = flips is not None and low <= flips <= high
    return Chart(
        title=_lifetime_title(decision, gap),
        x_label="mean gap between bursts (minutes)",
        y_label="USD per 1,000 calls, prefix alone",
        series=tuple(
            Series(names[role], role, xs, tuple(values[COSTS[role]] for values in along))
            for role in COSTS
        ),
        rules=(Rule(f"flips at {words.digits(flips)} min", x=flips),) if in_sight else (),
        you_are_here=(gap, decision.values[COSTS[chosen]]),
        y_log=False,
    )


def _lifetime_title(decision: Decision, gap: float) -> str:
    flips = decision.threshold_value
    if flips is None:
        return f"Whatever the gap, choose {decision.choice}"
    side = "Below" if gap < flips else "Above"
    return f"{side} a gap of {words.digits(flips)} minutes, choose {decision.choice}"


def _lifetime_table(
    decision: Decision, chosen: str, names: dict[str, str], vendor: dict[str, float]
) -> Table:
    values, rows = decision.values, []
    uncached = values[COSTS[NONE]]
    for role in (SHORT, LONG):
        limit = mean_gap_limit_minutes(
            lifetime_minutes=vendor[f"{role}_lifetime_minutes"],
            write_multiplier=vendor[f"{role}_write_multiplier"],
            read_multiplier=vendor["read_multiplier"],
            calls_per_burst=vendor["calls_per_burst"],
        )
        cost = values[COSTS[role]]
        rows.append(
            (
                names[role],
                100 * values[f"{role}_hit_rate"],
                cost,
                100 * cost / uncached if uncached else "free",
                limit if math.isfinite(limit) else "any gap",
            )
        )
    rows.append((names[NONE], "none", uncached, 100.0 if uncached else "free", "none"))
    return Table(
        caption="What the prefix costs, and the gap below which keeping it pays",
        columns=(
            "Choice",
            "Hit rate (%)",
            "Prefix (USD per 1,000 calls)",
            "Of the uncached price (%)",
            "Pays below a gap of (min)",
        ),
        rows=tuple(rows),
        marked_row=list(COSTS).index(chosen),
    )


def _answers_result(
    *,
    wrong_percent: float,
    hit_percent: float,
    error_usd: float,
    fresh_usd: float,
    kept_usd: float,
    lookup_usd: float,
) -> Result:
    wrong = validate.number("wrong_percent", wrong_percent, "% of the hits", high=100)
    hits = validate.number("hit_percent", hit_percent, "% of the questions", high=100)
    decision = semantic_cache_or_not(
        hit_rate=hits / 100,
        miss_cost_usd=fresh_usd,
        hit_cost_usd=kept_usd,
        lookup_cost_usd=lookup_usd,
        wrong_hit_share=wrong / 100,
        error_cost_usd=error_usd,
    )
    values = decision.values
    saved = values["saved_calls_usd_per_1000_requests"]
    errors = values["wrong_hits_usd_per_1000_requests"]
    lookups = values["lookups_usd_per_1000_requests"]
    flips = decision.threshold_value
    return Result(
        sentence=decision.sentence,
        chart=_answers_chart(decision, wrong, hits, error_usd, saved, lookups),
        table=Table(
            caption="What 1,000 questions gain and lose by the cache",
            columns=("Term", "USD per 1,000 questions"),
            rows=(
                ("model calls saved", saved),
                ("wrong hits", -errors),
                ("look-ups", -lookups),
                ("gain", values["gain_usd_per_1000_requests"]),
            ),
            marked_row=3,
        ),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=(
            "No share of wrong hits flips the choice."
            if flips is None
            else f"Wrong hits at which the cache saves nothing: {words.digits(100 * flips)}%."
        ),
        limits=(
            "Wrong hits are those beyond the errors of fresh answers, and the error cost is "
            "their mean. Not included: answers that came late to a change of the documents, "
            "readers with different rights, the wait that a hit saves, and that a looser match "
            "raises hits and wrong hits together."
        ),
    )


def _answers_chart(
    decision: Decision, wrong: float, hits: float, error_usd: float, saved: float, lookups: float
) -> Chart:
    flips = None if decision.threshold_value is None else 100 * decision.threshold_value
    end = min(100.0, max(1.3 * wrong, 2 * (flips or 0), LEAST_AXIS_PERCENT))
    xs = (0.0, end)
    costs = tuple(lookups + 1000 * hits / 100 * x / 100 * error_usd for x in xs)
    here = lookups + 1000 * hits / 100 * wrong / 100 * error_usd
    return Chart(
        title=_answers_title(decision),
        x_label="wrong hits (% of the hits)",
        y_label="USD per 1,000 questions",
        series=(
            Series("model calls saved", "saved_calls", xs, (saved, saved)),
            Series("wrong hits and look-ups", "wrong_hits", xs, costs),
            Series("of which look-ups", "lookups", xs, (lookups, lookups)),
        ),
        rules=(Rule(f"saves nothing: {words.digits(flips)}%", x=flips),) if flips else (),
        you_are_here=(wrong, here),
        x_log=False,
        y_log=False,
    )


def _answers_title(decision: Decision) -> str:
    if decision.threshold_value is None:
        return f"Whatever share of hits is wrong, {decision.choice}"
    limit = words.digits(100 * decision.threshold_value)
    return f"Below {limit}% of wrong hits the cache pays, above it loses"


PREFIX_LIFETIME = View(
    id="prefix-lifetime",
    title="Lifetime of a prefix",
    question="at which gap between its uses does a cached prefix pay, and kept how long?",
    knobs=(
        Knob(
            "mean_gap_minutes",
            "Mean gap between bursts",
            "min",
            "steps",
            80,
            steps=GAP_STEPS,
            primary=True,
        ),
        Knob(
            "calls_per_burst",
            "Calls in a burst",
            "",
            "steps",
            1,
            steps=CALL_STEPS,
            primary=True,
            help="1 where calls come one by one, at random times",
        ),
        Knob(
            "read_multiplier",
            "Price of a cached token",
            "x fresh",
            "steps",
            0.1,
            steps=READ_STEPS,
            primary=True,
        ),
        Knob("prefix_tokens", "Prefix", "tokens", "number", 24_000),
        Knob(
            "input_usd_per_mtok",
            "Price of fresh input",
            "USD per million tokens",
            "number",
            price("textbook-3-15").input_usd_per_mtok,
        ),
        Knob("short_lifetime_minutes", "Short lifetime", "min", "number", 5),
        Knob("short_write_multiplier", "Write, short lifetime", "x fresh", "number", 1.25),
        Knob("long_lifetime_minutes", "Long lifetime", "min", "number", 60),
        Knob("long_write_multiplier", "Write, long lifetime", "x fresh", "number", 2),
    ),
    compute=_lifetime_result,
)

KEPT_ANSWERS = View(
    id="kept-answers",
    title="Kept answers",
    question="how many wrong hits can a semantic cache afford?",
    knobs=(
        Knob(
            "wrong_percent",
            "Wrong hits",
            "% of the hits",
            "steps",
            1,
            steps=WRONG_STEPS,
            primary=True,
            help="beyond the errors that fresh answers have too",
        ),
        Knob(
            "error_usd",
            "Cost of a wrong answer",
            "USD",
            "steps",
            5,
            steps=ERROR_STEPS,
            primary=True,
        ),
        Knob(
            "hit_percent",
            "Hit rate",
            "% of the questions",
            "steps",
            20,
            steps=HIT_STEPS,
            primary=True,
        ),
        Knob("fresh_usd", "Fresh answer", "USD", "number", 0.102),
        Knob("kept_usd", "Kept answer", "USD", "number", 0),
        Knob("lookup_usd", "Look-up of each question", "USD", "number", 0.0001),
    ),
    compute=_answers_result,
)

VIEWS = (PREFIX_LIFETIME, KEPT_ANSWERS)
