"""What a solved question costs, and from which error cost the costlier choice pays."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.design_choice import TERMS, Design, which_design
from course_utils.calculators.money import request_cost
from course_utils.calculators.solved_task import usd_per_solved_task, usd_with_retries
from course_utils.catalog import price, prices
from course_utils.views.context import CONTEXT_STEPS
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

ERROR_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 12, 20, 50, 100, 200, 500, 1000)
GAIN_STEPS = (-10, -6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 14, 16)
# Where an error costs nothing there is still an axis to draw.
LEAST_AXIS_USD = 0.01


@dataclass(frozen=True)
class _Choice:
    """One of the two: the words for it, and what a question costs and how often it is solved."""

    name: str
    design: Design


def _attempt_usd(name: str, price_id: str, context_tokens: float, output_tokens: float) -> float:
    """One call at the rates that hold for a context of this size, the argument `name`."""
    entry = price(price_id)
    window = entry.context_window_tokens or validate.MAX_TOKENS
    validate.number(
        name, context_tokens, f"tokens, the window of {_short(price_id)}", low=1, high=window
    )
    rates = entry.rates(context_tokens)
    return request_cost(
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        input_usd_per_mtok=rates.input_usd_per_mtok,
        output_usd_per_mtok=rates.output_usd_per_mtok,
    ).total_usd


def _short(price_id: str) -> str:
    return price(price_id).name.removesuffix(" (illustration)")


def _names(now: tuple[str, float], proposed: tuple[str, float]) -> tuple[str, str]:
    """What to call the two: by what differs between them."""
    models = [_short(price_id) for price_id, _ in (now, proposed)]
    contexts = [words.tokens(tokens) for _, tokens in (now, proposed)]
    if now == proposed:
        return "the present design", "the proposal"
    if models[0] == models[1]:
        return contexts[0], contexts[1]
    if contexts[0] == contexts[1]:
        return models[0], models[1]
    first, second = (f"{m} with {c}" for m, c in zip(models, contexts, strict=True))
    return first, second


def _result(
    *,
    context_tokens: float,
    gain_points: float,
    error_usd: float,
    price_id: str,
    now_context_tokens: float,
    now_price_id: str,
    now_solved_percent: float,
    output_tokens: float,
    repeated_percent: float,
    other_usd: float,
    questions_per_month: float,
) -> Result:
    solved = validate.number("now_solved_percent", now_solved_percent, "%", high=100)
    gain = validate.number(
        "gain_points",
        gain_points,
        "points, from nothing to all solved",
        low=-solved,
        high=100 - solved,
    )
    month = validate.number("questions_per_month", questions_per_month, "questions", high=1e12)
    other = validate.number("other_usd", other_usd, "US dollars", high=1e6)
    repeated = validate.number("repeated_percent", repeated_percent, "%", high=99)
    settings = ((now_price_id, now_context_tokens), (price_id, context_tokens))
    attempts = (
        _attempt_usd("now_context_tokens", *settings[0], output_tokens),
        _attempt_usd("context_tokens", *settings[1], output_tokens),
    )
    bills = [
        other + usd_with_retries(attempt_usd=attempt, failure_share=repeated / 100)
        for attempt in attempts
    ]
    # Rounded, because 84% and 3 points are 0.87 and not 0.87 and a last bit.
    qualities = [round(percent / 100, 12) for percent in (solved, solved + gain)]
    choices = [
        _Choice(name, Design(bill, quality))
        for name, bill, quality in zip(_names(*settings), bills, qualities, strict=True)
    ]
    decision = which_design(
        designs={choice.name: choice.design for choice in choices}, error_usd=error_usd
    )
    sources = dict.fromkeys(
        f"{e.source}, as of {e.as_of}" for e in map(price, (now_price_id, price_id))
    )
    return Result(
        sentence=decision.sentence,
        chart=_chart(choices, decision, error_usd),
        table=_table(choices, decision, error_usd, month),
        binding_role=decision.binding_role,
        binding_label=f"the {TERMS[decision.binding_role]}",
        threshold_label=_threshold(choices, decision, error_usd),
        limits=(
            f"Exact for these prices ({'; '.join(sources)}). Not included: cached input, the wait, "
            "and how sure the gain is. One error cost stands for all: their mean."
        ),
    )


def _threshold(choices: list[_Choice], decision: Decision, error_usd: float) -> str:
    """Both break-evens of the proposal: in error cost, and in right answers."""
    now, proposed = (choice.design for choice in choices)
    flips = decision.threshold_value
    first = "No error cost flips the choice"
    if flips is not None:
        first = f"Error cost at which both cost the same: {words.dollars(flips)}"
    extra = proposed.usd - now.usd
    if error_usd == 0 or extra == 0:
        return f"{first}."
    points = 100 * abs(extra) / error_usd
    said = f"{words.digits(points, 2)} point{'' if words.digits(points, 2) == '1' else 's'}"
    if extra < 0:
        return f"{first}. At {words.dollars(error_usd)} the proposal may lose {said}."
    if points > 100 * (1 - now.quality):
        return (
            f"{first}. At {words.dollars(error_usd)} the proposal would not pay if it solved "
            "everything."
        )
    return f"{first}. At {words.dollars(error_usd)} the proposal has to gain {said}."


def _chart(choices: list[_Choice], decision: Decision, error_usd: float) -> Chart:
    flips = decision.threshold_value
    end = max(1.3 * error_usd, 2 * (flips or 0), LEAST_AXIS_USD)
    xs = (0.0, end)
    chosen = next(choice for choice in choices if choice.name == decision.choice)
    series = [
        Series(choice.name, role, xs, tuple(1000 * choice.design.total_usd(x) for x in xs))
        for choice, role in zip(choices, ("now", "proposed"), strict=True)
    ]
    wrong = 1 - chosen.design.quality
    series.append(Series("of which errors", "errors", xs, tuple(1000 * wrong * x for x in xs)))
    series.append(Series("of which tokens", "price", xs, (1000 * chosen.design.usd,) * 2))
    return Chart(
        title=_title(choices, decision),
        x_label="cost of a wrong answer (USD)",
        y_label="USD per 1,000 questions",
        series=tuple(series),
        rules=(Rule(f"same cost: {words.dollars(flips)}", x=flips),) if flips else (),
        you_are_here=(error_usd, 1000 * decision.values["total_usd"]),
        x_log=False,
        y_log=False,
    )


def _title(choices: list[_Choice], decision: Decision) -> str:
    if decision.threshold_value is None:
        return f"Whatever an error costs, choose {decision.choice}"
    costlier = max(choices, key=lambda choice: choice.design.usd)
    return f"Above {words.dollars(decision.threshold_value)} an error, choose {costlier.name}"


def _table(choices: list[_Choice], decision: Decision, error_usd: float, month: float) -> Table:
    rows = []
    for choice in choices:
        bill, quality = choice.design.usd, choice.design.quality
        per_solved = usd_per_solved_task(task_usd=bill, quality=quality) if quality else "none"
        rows.append(
            (
                choice.name,
                100 * quality,
                1000 * bill,
                # Rounded, because 20% of 1,000 at $5 is $1,000 and not a last bit less.
                round(1000 * (1 - quality) * error_usd, 9),
                1000 * choice.design.total_usd(error_usd),
                per_solved,
                month * bill,
            )
        )
    return Table(
        caption="What 1,000 questions cost, and the bill per solved question and per month",
        columns=(
            "Choice",
            "Solved (%)",
            "Bill (USD)",
            "Errors (USD)",
            "In all (USD)",
            "Per solved question (USD)",
            "Per month (USD)",
        ),
        rows=tuple(rows),
        marked_row=[choice.name for choice in choices].index(decision.choice),
    )


_PRICE_CHOICES = tuple((entry.id, entry.name) for entry in prices().values())

SOLVED_QUESTION = View(
    id="solved-question",
    title="Cost with its errors",
    question="from which error cost does the costlier choice pay?",
    knobs=(
        Knob(
            "context_tokens",
            "Proposed context",
            "tokens",
            "steps",
            32_000,
            steps=CONTEXT_STEPS,
            primary=True,
        ),
        Knob(
            "gain_points",
            "Gain in questions solved",
            "points",
            "steps",
            3,
            steps=GAIN_STEPS,
            primary=True,
            help="negative where the proposal solves fewer",
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
        Knob("price_id", "Proposed model", "", "choice", "textbook-3-15", choices=_PRICE_CHOICES),
        Knob("now_price_id", "Model now", "", "choice", "textbook-3-15", choices=_PRICE_CHOICES),
        Knob("now_context_tokens", "Context now", "tokens", "number", 2_000),
        Knob("now_solved_percent", "Questions solved now", "%", "number", 84),
        Knob("output_tokens", "Answer", "tokens", "number", 400),
        Knob("repeated_percent", "Answers asked for again", "%", "number", 0),
        Knob("other_usd", "Retrieval, guard and judge per question", "USD", "number", 0),
        Knob("questions_per_month", "Questions a month", "questions", "number", 378_000),
    ),
    compute=_result,
)

VIEWS = (SOLVED_QUESTION,)
