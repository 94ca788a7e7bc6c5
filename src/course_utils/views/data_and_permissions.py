"""Where rights are checked, by what a reader may see; and how long a lost right lives on."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.permissions import (
    overfetch_chunks,
    post_or_pre_filter,
    reads_after_revocation_per_day,
    sync_hours_allowed,
)
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

VISIBLE_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 75, 100)
WANTED_STEPS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50)
FETCHED_STEPS = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
HOURS_STEPS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 168)
REVOKED_STEPS = (1, 2, 5, 10, 20, 40, 80, 150, 300, 1_000, 5_000)
READS_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

CHART_PERCENT = (0.1, 100.0)
CHART_HOURS = (0.05, 200.0)
POINTS = 25
# An exposure of nothing has no place on a logarithmic axis.
LEAST_READS = 1e-9
MOST_HOURS = 1e5


def _starvation_result(
    *,
    visible_percent: float,
    wanted_chunks: float,
    max_fetched_chunks: float,
    confidence_percent: float,
) -> Result:
    visible = validate.number(
        "visible_percent", visible_percent, "% of the chunks", low=1e-4, high=100
    )
    sure = validate.number(
        "confidence_percent", confidence_percent, "% of the searches", low=50, high=99.9999
    )
    search = {"wanted_chunks": wanted_chunks, "confidence": sure / 100}
    decision = post_or_pre_filter(
        visible_share=visible / 100, max_fetched_chunks=max_fetched_chunks, **search
    )
    values = decision.values
    flips = words.digits(100 * decision.threshold_value)
    return Result(
        sentence=decision.sentence,
        chart=_starvation_chart(decision, visible, max_fetched_chunks, search),
        table=Table(
            caption="What a filter after the search leaves to the reader",
            columns=("Chunks fetched", "Left on average", "Enough left (% of searches)"),
            rows=(
                (
                    wanted_chunks,
                    wanted_chunks * visible / 100,
                    _often(values["chance_of_enough_without_overfetch_share"]),
                ),
                (
                    max_fetched_chunks,
                    values["mean_left_at_limit_chunks"],
                    _often(values["chance_of_enough_at_limit_share"]),
                ),
                (
                    values["overfetch_chunks"],
                    values["overfetch_chunks"] * visible / 100,
                    f"{words.digits(sure)} or more",
                ),
            ),
            marked_row=1,
        ),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=f"Visible share at which the choice flips: {flips}%.",
        limits=(
            "Chunks are taken as visible independently of each other. Rights come in blocks and "
            "questions in topics, so a reader's share among the hits of one question can be near "
            "0 or near 100%: measure it there. Not included: what a filter inside the search "
            "costs, which depends on the index, and neighbors that an approximate search misses."
        ),
    )


def _often(share: float) -> float | str:
    """A chance in percent, to where the calculator is exact and a reader cares."""
    return 100 * share if share >= 1e-4 else "less than 0.01"


def _starvation_chart(
    decision: Decision, visible: float, limit: float, search: dict[str, float]
) -> Chart:
    low, high = min(CHART_PERCENT[0], visible), CHART_PERCENT[1]
    xs = (*(low * (high / low) ** (i / (POINTS - 1)) for i in range(POINTS - 1)), high)
    needed = tuple(overfetch_chunks(visible_share=x / 100, **search) for x in xs)
    flips = 100 * decision.threshold_value
    rules = (Rule(f"flips at {words.digits(flips)}%", x=flips),) if low <= flips <= high else ()
    return Chart(
        title=(
            f"Below {words.digits(flips)}% visible, {words.count(limit)} fetched "
            "chunks are not enough"
        ),
        x_label="chunks that the reader may see (%)",
        y_label="chunks fetched before the filter",
        series=(
            Series("must be fetched", "overfetch", xs, needed),
            Series("may be fetched", "fetch_limit", (low, high), (limit, limit), "dashed"),
        ),
        rules=rules,
        you_are_here=(visible, decision.values["overfetch_chunks"]),
    )


def _lag_result(
    *,
    sync_hours: float,
    revocations_per_day: float,
    reads_per_grant_per_day: float,
    tolerated_reads_per_day: float,
) -> Result:
    hours = validate.number("sync_hours", sync_hours, "hours", low=1e-3, high=MOST_HOURS)
    limit = validate.number(
        "tolerated_reads_per_day", tolerated_reads_per_day, "per day", low=1e-6, high=1e12
    )
    rates = {
        "revocations_per_day": revocations_per_day,
        "reads_per_grant_per_day": reads_per_grant_per_day,
    }
    allowed = sync_hours_allowed(exposed_reads_per_day=limit, **rates)
    exposed = reads_after_revocation_per_day(sync_hours=hours, **rates)
    often_enough = hours <= allowed
    return Result(
        sentence=_lag_sentence(often_enough, hours, exposed, limit, allowed),
        chart=_lag_chart(hours, exposed, limit, allowed, rates),
        table=Table(
            caption="What one day's revocations leave open",
            columns=("Rights copied every", "Mean wait (hours)", "Reads under lost rights a day"),
            rows=(
                (words.seconds(3600 * hours), hours / 2, exposed),
                (f"{words.seconds(3600 * allowed)} (threshold)", allowed / 2, limit),
                ("checked at each read", 0, 0),
            ),
            marked_row=0,
        ),
        binding_role="tolerated" if often_enough else "exposure",
        binding_label="reads that are tolerated" if often_enough else "reads under lost rights",
        threshold_label=f"Interval at which the choice flips: {words.digits(allowed)} h.",
        limits=(
            "A revocation waits half the interval on average; one right after a copy waits all of "
            "it, and a copy that fails doubles it. Lost rights are taken to be read like others. "
            "Who was told to leave may read far more: bound the worst case too, not only the mean."
        ),
    )


def _reads(number: float) -> str:
    text = words.digits(number)
    return f"{text} read" if text == "1" else f"{text} reads"


def _lag_sentence(
    often_enough: bool, hours: float, exposed: float, limit: float, allowed: float
) -> str:
    reads = f"{_reads(exposed)} a day under lost rights"
    every, switch = words.seconds(3600 * hours), words.seconds(3600 * allowed)
    tolerated = words.digits(limit)
    if often_enough:
        return (
            f"I choose to copy the rights every {every}, because that leaves {reads}, within the "
            f"tolerated {tolerated}; I would switch to a check at each read when the copy "
            f"comes less often than every {switch}."
        )
    return (
        f"I choose to check the rights at each read as well, because copying them every {every} "
        f"leaves {reads}, over the tolerated {tolerated}; I would switch to the copy alone "
        f"when it comes at least every {switch}."
    )


def _lag_chart(
    hours: float, exposed: float, limit: float, allowed: float, rates: dict[str, float]
) -> Chart:
    low, high = min(CHART_HOURS[0], hours / 2), min(max(CHART_HOURS[1], 2 * hours), MOST_HOURS)
    ends = (low, high)
    reads = tuple(
        max(LEAST_READS, reads_after_revocation_per_day(sync_hours=x, **rates)) for x in ends
    )
    in_sight = low <= allowed <= high
    return Chart(
        title=(
            f"Copied every {words.seconds(3600 * allowed)}, the rights leave {_reads(limit)} a day"
        ),
        x_label="hours between two copies of the rights",
        y_label="reads a day under lost rights",
        series=(
            Series("under lost rights", "exposure", ends, reads),
            Series("tolerated", "tolerated", ends, (limit, limit), "dashed"),
        ),
        rules=(Rule(f"flips at {words.digits(allowed)} h", x=allowed),) if in_sight else (),
        you_are_here=(hours, max(LEAST_READS, exposed)),
    )


STARVATION = View(
    id="starvation",
    title="Starvation behind the filter",
    question="may rights be checked after the search, for a reader who sees little?",
    knobs=(
        Knob(
            "visible_percent",
            "Visible to the reader",
            "% of the chunks",
            "steps",
            2,
            steps=VISIBLE_STEPS,
            primary=True,
            help="for the readers who see least, not for the mean",
        ),
        Knob(
            "wanted_chunks",
            "Wanted after the filter",
            "chunks",
            "steps",
            5,
            steps=WANTED_STEPS,
            primary=True,
        ),
        Knob(
            "max_fetched_chunks",
            "Most that may be fetched",
            "chunks",
            "steps",
            200,
            steps=FETCHED_STEPS,
            primary=True,
        ),
        Knob("confidence_percent", "Enough left in", "% of the searches", "number", 95),
    ),
    compute=_starvation_result,
)

REVOCATION_LAG = View(
    id="revocation-lag",
    title="Revocation lag",
    question="how often must the rights be copied into the index?",
    knobs=(
        Knob(
            "sync_hours",
            "Between two copies",
            "hours",
            "steps",
            24,
            steps=HOURS_STEPS,
            primary=True,
        ),
        Knob(
            "revocations_per_day",
            "Rights taken away",
            "per day",
            "steps",
            40,
            steps=REVOKED_STEPS,
            primary=True,
        ),
        Knob(
            "reads_per_grant_per_day",
            "Reads under one right",
            "per day",
            "steps",
            0.5,
            steps=READS_STEPS,
            primary=True,
        ),
        Knob("tolerated_reads_per_day", "Tolerated under lost rights", "per day", "number", 1),
    ),
    compute=_lag_result,
)

VIEWS = (STARVATION, REVOCATION_LAG)
