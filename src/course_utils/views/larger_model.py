"""Small model, cascade or large model by what errors cost; and what a router may get wrong."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.cascade import (
    CHOICES,
    DESIGNS,
    ROUTED,
    Split,
    cascade_or_large,
    router_or_one_model,
    split_by_check,
)
from course_utils.calculators.decision import Decision
from course_utils.calculators.design_choice import Design, Step, switch_points
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

ERROR_STEPS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.17, 0.25, 0.4, 0.6, 1, 2, 5, 20, 100)
PERCENT_STEPS = (0, 1, 2, 5, 8, 10, 13, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 95, 100)

# Where an error costs nothing there is still an axis to draw.
LEAST_AXIS_USD = 0.01
SHORT = {"small": "small for all", "cascade": "cascade", "large": "large for all"}
ROUTED_SHORT = {"small": "small for all", "router": "router", "large": "large for all"}


def _percent(share: float) -> str:
    """Three digits, because 62.5% is what a test of 1,000 questions shows."""
    return f"{words.digits(100 * share)}%"


def _about(usd: float) -> str:
    """Two digits: nobody knows what an error costs to a third."""
    return f"${words.digits(usd, 2)}"


def _share(name: str, percent: float, what: str) -> float:
    return validate.number(name, percent, f"% of the {what}", high=100) / 100


def _models_result(
    *,
    error_usd: float,
    wrong_accepted_percent: float,
    right_accepted_percent: float,
    small_right_percent: float,
    large_right_percent: float,
    kept_percent: float,
    small_usd: float,
    check_usd: float,
    large_usd: float,
) -> Result:
    small_quality = _share("small_right_percent", small_right_percent, "questions")
    large_quality = _share("large_right_percent", large_right_percent, "questions")
    split = split_by_check(
        small_quality=small_quality,
        large_quality=large_quality,
        right_accepted_share=_share(
            "right_accepted_percent", right_accepted_percent, "right answers"
        ),
        wrong_accepted_share=_share(
            "wrong_accepted_percent", wrong_accepted_percent, "wrong answers"
        ),
        kept_share=_share("kept_percent", kept_percent, "small model's right answers"),
    )
    decision = cascade_or_large(
        small_cost_usd=small_usd,
        check_cost_usd=check_usd,
        large_cost_usd=large_usd,
        accept_share=split.accept_share,
        small_quality=small_quality,
        accepted_quality=split.accepted_quality,
        escalated_quality=split.escalated_quality,
        large_quality=large_quality,
        error_cost_usd=error_usd,
    )
    steps = _steps(decision)
    return Result(
        sentence=decision.sentence,
        chart=_models_chart(decision, steps, error_usd),
        table=_models_table(decision, split),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=_models_threshold(decision, split, steps),
        limits=(
            "The check is taken to see whether an answer is right and not how hard its question "
            "is; a real one also passes on what is hard for both, and then the large model gets "
            "fewer of these right than here. Not included: the wait, the upkeep of the check, and "
            "how sure the shares are. One error cost stands for all: their mean."
        ),
    )


def _steps(decision: Decision) -> list[Step]:
    """The designs that are worth having, and from which error cost each is."""
    values = decision.values
    return switch_points(
        {
            name: Design(
                values[f"{name}_calls_usd_per_1000_requests"] / 1000, values[f"{name}_quality"]
            )
            for name in DESIGNS
        }
    )


def _models_threshold(decision: Decision, split: Split, steps: list[Step]) -> str:
    flips = decision.threshold_value
    first = (
        "No cost of a wrong answer flips the choice"
        if flips is None
        else f"Cost of a wrong answer at which the choice flips: {words.dollars(flips)}"
    )
    if "cascade" not in [step.name for step in steps]:
        first += ". The cascade is never the cheapest"
    limit = decision.values.get("break_even_accept_share")
    if limit is None:
        return f"{first}."
    return (
        f"{first}. In calls alone the cascade saves from {_percent(limit)} accepted answers; "
        f"it has {_percent(split.accept_share)}."
    )


def _models_chart(decision: Decision, steps: list[Step], error_usd: float) -> Chart:
    values = decision.values
    chosen = _chosen(decision.choice, CHOICES)
    flips = [step.above_usd for step in steps[1:]]
    # Far enough to see the nearest flip, near enough to see it apart from zero.
    end = max(1.3 * error_usd, 1.5 * (decision.threshold_value or 0), LEAST_AXIS_USD)
    xs = (0.0, end)
    calls = {name: values[f"{name}_calls_usd_per_1000_requests"] for name in DESIGNS}
    wrong = {name: 1000 * (1 - values[f"{name}_quality"]) for name in DESIGNS}
    series = [
        Series(SHORT[name], name, xs, tuple(calls[name] + wrong[name] * x for x in xs))
        for name in DESIGNS
    ]
    series.append(Series("of which errors", "errors", xs, tuple(wrong[chosen] * x for x in xs)))
    series.append(Series("of which calls", "calls", xs, (calls[chosen],) * 2))
    return Chart(
        title=_models_title(steps),
        x_label="cost of a wrong answer (USD)",
        y_label="USD per 1,000 questions",
        series=tuple(series),
        rules=tuple(
            Rule(f"{step.name}: {_about(x)}", x=x)
            for step, x in zip(steps[1:], flips, strict=True)
            if x <= end
        ),
        you_are_here=(error_usd, values[f"{chosen}_total_usd_per_1000_requests"]),
        x_log=False,
        y_log=False,
    )


def _chosen(choice: str, names: dict[str, str]) -> str:
    return next(name for name, said in names.items() if said == choice)


def _models_title(steps: list[Step]) -> str:
    if len(steps) == 1:
        return f"Whatever a wrong answer costs, choose {CHOICES[steps[0].name]}"
    said = [f"above {_about(step.above_usd)} {CHOICES[step.name]}" for step in steps[1:]]
    said[0] = f"A{said[0][1:]} costs least"
    return ", ".join(said)


def _models_table(decision: Decision, split: Split) -> Table:
    values = decision.values
    rows = []
    for name in DESIGNS:
        calls, right = values[f"{name}_calls_usd_per_1000_requests"], values[f"{name}_quality"]
        total = values[f"{name}_total_usd_per_1000_requests"]
        rows.append((SHORT[name], 100 * right, calls, max(0.0, total - calls), total))
    return Table(
        caption=(
            f"1,000 questions. The check accepts {_percent(split.accept_share)}, and "
            f"{_percent(split.accepted_quality)} of these are right; of what escalates the "
            f"large model gets {_percent(split.escalated_quality)} right"
        ),
        columns=("Design", "Right (%)", "Calls (USD)", "Wrong answers (USD)", "In all (USD)"),
        rows=tuple(rows),
        marked_row=DESIGNS.index(_chosen(decision.choice, CHOICES)),
    )


def _router_result(
    *,
    false_easy_percent: float,
    false_hard_percent: float,
    error_usd: float,
    hard_percent: float,
    large_right_percent: float,
    decision_usd: float,
    small_usd: float,
    large_usd: float,
) -> Result:
    right = _share("large_right_percent", large_right_percent, "questions")
    # Of the questions that the large model gets right, so that they cannot be more.
    hard = _share("hard_percent", hard_percent, "questions")
    missed = _share("false_easy_percent", false_easy_percent, "hard questions")
    decision = router_or_one_model(
        decision_cost_usd=decision_usd,
        small_cost_usd=small_usd,
        large_cost_usd=large_usd,
        hard_share=hard,
        false_easy_share=missed,
        false_hard_share=_share("false_hard_percent", false_hard_percent, "easy questions"),
        large_quality=right,
        error_cost_usd=error_usd,
    )
    values = decision.values
    quality = {"small": right - hard, "router": right - hard * missed, "large": right}
    chosen = _chosen(decision.choice, ROUTED)
    flips = decision.threshold_value
    return Result(
        sentence=decision.sentence,
        chart=_router_chart(decision, 100 * missed, chosen),
        table=Table(
            caption="What 1,000 questions cost with a router, and with one model for all",
            columns=("Design", "Right (%)", "Calls (USD)", "Wrong answers (USD)", "In all (USD)"),
            rows=tuple(
                (
                    ROUTED_SHORT[name],
                    100 * quality[name],
                    *(
                        values[f"{name}_{part}_usd_per_1000_requests"]
                        for part in ("calls", "errors", "total")
                    ),
                )
                for name in ROUTED
            ),
            marked_row=list(ROUTED).index(chosen),
        ),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=(
            "No share of hard questions taken for easy flips the choice."
            if flips is None
            else f"Hard questions taken for easy at which the choice flips: {_percent(flips)}."
        ),
        limits=(
            "Hard means: the large model is right and the small one is not. Nobody knows that "
            "before the answers; measure it with both models on the same questions. Not included: "
            "questions that the small model alone gets right, the upkeep of the router, and that "
            "its two mistakes change together when its threshold is moved."
        ),
    )


def _router_chart(decision: Decision, missed_percent: float, chosen: str) -> Chart:
    values = decision.values
    xs, flips = (0.0, 100.0), decision.threshold_value
    flat = {
        name: (values[f"{name}_total_usd_per_1000_requests"],) * 2 for name in ("small", "large")
    }
    routed = tuple(values[f"{end}_total_usd_per_1000_requests"] for end in ("perfect", "useless"))
    title = f"However many hard questions it misses, {decision.choice} costs least"
    if flips is not None:
        side = "Below" if routed[1] > routed[0] else "Above"
        title = f"{side} {_percent(flips)} of hard questions missed, the router pays"
    return Chart(
        title=title,
        x_label="hard questions taken for easy (%)",
        y_label="USD per 1,000 questions, calls and errors",
        series=(
            Series(ROUTED_SHORT["small"], "small", xs, flat["small"]),
            Series(ROUTED_SHORT["router"], "router", xs, routed),
            Series(ROUTED_SHORT["large"], "large", xs, flat["large"]),
        ),
        rules=() if flips is None else (Rule(f"flips at {_percent(flips)}", x=100 * flips),),
        you_are_here=(missed_percent, values["router_total_usd_per_1000_requests"]),
        x_log=False,
        y_log=False,
    )


CASCADE_OR_LARGE = View(
    id="cascade-or-large",
    title="Small, cascade or large",
    question="which design costs least, once its wrong answers are counted?",
    knobs=(
        Knob(
            "error_usd",
            "Cost of a wrong answer",
            "USD",
            "steps",
            0.25,
            steps=ERROR_STEPS,
            primary=True,
        ),
        Knob(
            "wrong_accepted_percent",
            "Wrong answers that the check accepts",
            "% of the wrong ones",
            "steps",
            20,
            steps=PERCENT_STEPS,
            primary=True,
        ),
        Knob(
            "right_accepted_percent",
            "Right answers that it accepts",
            "% of the right ones",
            "steps",
            70,
            steps=PERCENT_STEPS,
            primary=True,
            help="as many as of the wrong ones: a check that sees nothing",
        ),
        Knob("small_right_percent", "Small model is right", "% of the questions", "number", 85),
        Knob("large_right_percent", "Large model is right", "% of the questions", "number", 95),
        Knob(
            "kept_percent",
            "Large model is right where the small one is",
            "% of these questions",
            "number",
            100,
        ),
        Knob("small_usd", "Call of the small model", "USD", "number", 0.0007),
        Knob("check_usd", "Check of an answer", "USD", "number", 0.00015),
        Knob("large_usd", "Call of the large model", "USD", "number", 0.0068),
    ),
    compute=_models_result,
)

ROUTER_MISTAKES = View(
    id="router-mistakes",
    title="Mistakes of a router",
    question="how many hard questions may a router take for easy?",
    knobs=(
        Knob(
            "false_easy_percent",
            "Hard questions taken for easy",
            "% of the hard ones",
            "steps",
            20,
            steps=PERCENT_STEPS,
            primary=True,
        ),
        Knob(
            "false_hard_percent",
            "Easy questions taken for hard",
            "% of the easy ones",
            "steps",
            30,
            steps=PERCENT_STEPS,
            primary=True,
        ),
        Knob(
            "error_usd",
            "Cost of a wrong answer",
            "USD",
            "steps",
            0.25,
            steps=ERROR_STEPS,
            primary=True,
        ),
        Knob(
            "hard_percent",
            "Questions that need the large model",
            "% of all",
            "number",
            10,
            help="the large model is right and the small one is not",
        ),
        Knob("large_right_percent", "Large model is right", "% of the questions", "number", 95),
        Knob("decision_usd", "Decision of the router", "USD", "number", 0.0001),
        Knob("small_usd", "Call of the small model", "USD", "number", 0.0007),
        Knob("large_usd", "Call of the large model", "USD", "number", 0.0068),
    ),
    compute=_router_result,
)

VIEWS = (CASCADE_OR_LARGE, ROUTER_MISTAKES)
