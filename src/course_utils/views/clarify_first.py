"""Two answers before the drawing: how many requests at once, and which design at which error."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.demand import TERMS, how_many_servers
from course_utils.calculators.design_choice import EXAMPLE_DESIGNS, Design, Step, switch_points
from course_utils.calculators.value_of_information import (
    Question,
    ask_or_stop,
    error_cost_totals,
)
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

# ---------------------------------------------------------------- requests in flight

USERS_STEPS = tuple(
    float(n)
    for n in (100, 200, 300, 500, 1e3, 2e3, 3e3, 5e3, 7.5e3, 1e4, 1.5e4, 2e4, 3e4, 5e4, 1e5, 1e6)
)
SECONDS_STEPS = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 45, 60)
PEAK_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
TABLE_USERS = (1_000, 3_000, 10_000, 30_000, 100_000)
CURVE_POINTS = 41


def _logspace(low: float, high: float) -> tuple[float, ...]:
    """Points for a line, evenly spread on a log axis."""
    return tuple(low * (high / low) ** (n / (CURVE_POINTS - 1)) for n in range(CURVE_POINTS))


def _demand_result(
    *,
    users: float,
    seconds_per_request: float,
    peak_to_mean: float,
    active_percent: float,
    questions_per_day: float,
    active_hours: float,
    slots: float,
) -> Result:
    people = validate.number("users", users, "users", low=1, high=1e9)
    active = validate.number("active_percent", active_percent, "%", high=100)
    fixed = {
        "active_share": active / 100,
        "requests_per_active_user": validate.number(
            "questions_per_day", questions_per_day, "questions per day", high=1e6
        ),
        "active_hours": active_hours,
        "peak_to_mean": peak_to_mean,
        "seconds_per_request": validate.number(
            "seconds_per_request", seconds_per_request, "seconds", low=0.01, high=1e5
        ),
        "slots": slots,
    }
    decision = how_many_servers(users=people, **fixed)
    return Result(
        sentence=decision.sentence,
        chart=_demand_chart(decision, people, fixed),
        table=_demand_table(people, fixed),
        binding_role=decision.binding_role,
        binding_label=f"the {TERMS[decision.binding_role]}",
        threshold_label=_demand_threshold(decision),
        limits=(
            "Little's law is exact for means. Busy moments are what one moment in twenty exceeds "
            "if people ask independently of each other, right to within two requests; a training "
            "course or an alarm makes them ask together. On a real server the seconds grow with "
            "the load: enter those of the full server to find its end."
        ),
    )


def _demand_threshold(decision: Decision) -> str:
    if decision.threshold_value is None:
        return "Nothing is asked, so no headcount fills a server."
    return (
        f"One more server above {words.digits(decision.threshold_value)} users; by the mean alone "
        f"it would be {words.digits(decision.values['users_at_mean_full'])}."
    )


def _demand_chart(decision: Decision, users: float, fixed: dict[str, float]) -> Chart:
    flips = decision.threshold_value
    end = 5 * max(users, flips or 0)
    xs = _logspace(min(users, flips or users) / 10, end)
    values = [how_many_servers(users=x, **fixed).values for x in xs]
    room = decision.values["slots"]
    # Where nothing is asked, the axes still need something to show.
    series = (
        Series("on average", "mean", xs, tuple(v["mean_in_flight"] for v in values)),
        Series("in busy moments", "busy", xs, tuple(v["busy_in_flight"] for v in values), "dashed"),
    )
    rules = [Rule(f"{words.digits(flips)} users", x=flips)] if flips else []
    rules.append(Rule(f"{decision.choice}: {words.count(room)} at once", y=room))
    title = "Nobody asks, and nothing is in flight"
    if flips:
        few = "is" if decision.choice == "1 server" else "are"
        title = f"Above {words.digits(flips)} users {decision.choice} {few} not enough"
    return Chart(
        title=title,
        x_label="users",
        y_label="requests in flight at the peak",
        series=series,
        rules=tuple(rules),
        you_are_here=(users, decision.values["busy_in_flight"]),
        y_log=bool(flips),
    )


def _demand_table(users: float, fixed: dict[str, float]) -> Table:
    rows = sorted({*map(float, TABLE_USERS), users})
    cells = []
    for people in rows:
        values = how_many_servers(users=people, **fixed).values
        cells.append(
            (
                int(people),
                values["requests_per_s"],
                values["mean_in_flight"],
                values["busy_in_flight"],
                int(values["servers"]),
            )
        )
    return Table(
        caption="Requests at the peak by number of users",
        columns=(
            "Users",
            "Arriving (requests/s)",
            "In flight on average",
            "In busy moments",
            "Servers",
        ),
        rows=tuple(cells),
        marked_row=rows.index(users),
    )


REQUESTS_IN_FLIGHT = View(
    id="requests-in-flight",
    title="Requests in flight",
    question="how many people does one server carry?",
    knobs=(
        Knob("users", "People who may ask", "users", "steps", 10_000, USERS_STEPS, primary=True),
        Knob(
            "seconds_per_request",
            "Time from question to last word",
            "s",
            "steps",
            6,
            SECONDS_STEPS,
            primary=True,
        ),
        Knob(
            "peak_to_mean",
            "Busiest time against the mean",
            "times",
            "steps",
            3,
            PEAK_STEPS,
            primary=True,
        ),
        Knob("active_percent", "Share active on a day", "%", "number", 30),
        Knob("questions_per_day", "Questions each of them asks", "a day", "number", 6),
        Knob("active_hours", "Hours in which they ask", "a day", "number", 8),
        Knob("slots", "Requests that one server runs at once", "requests", "number", 24),
    ),
    compute=_demand_result,
)

# ---------------------------------------------------------------- design and error cost

ERROR_STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7),
    *(1, 2, 3, 5, 10, 20, 50, 100),
)
PROBABILITY_STEPS = (0, 1, 2, *range(5, 100, 5), 98, 99, 100)
LEAST_USD = 1e-4


def _switch_usd(step: Step) -> str:
    """From which error cost a design is the cheapest, in two digits."""
    usd = step.above_usd
    return words.dollars(usd) if usd >= 1 else f"${words.digits(usd, 2)}"


def _switch(step: Step) -> str:
    """The same with the name of the design, as one would say it."""
    return f"{step.name} above {_switch_usd(step)}"


def _designs(**knobs: float) -> dict[str, Design]:
    """The three candidates from prices per 1,000 tasks and percent solved."""
    designs = {}
    for name in EXAMPLE_DESIGNS:
        price = validate.number(
            f"{name}_usd_per_1000", knobs[f"{name}_usd_per_1000"], "US dollars", low=0.001, high=1e6
        )
        solved = validate.number(f"{name}_percent", knobs[f"{name}_percent"], "%", high=100)
        # Rounded, so that typed figures are the same numbers as those of the calculator.
        designs[name] = Design(round(price / 1000, 12), round(solved / 100, 12))
    return designs


def _design_result(
    *,
    cheap_usd: float,
    dear_usd: float,
    dear_percent: float,
    requests: float,
    question_usd: float,
    **candidates: float,
) -> Result:
    answers = tuple(
        validate.number(name, value, "US dollars", low=LEAST_USD, high=1e6)
        for name, value in (("cheap_usd", cheap_usd), ("dear_usd", dear_usd))
    )
    percent = validate.number("dear_percent", dear_percent, "%", high=100)
    shares = (1 - percent / 100, percent / 100)
    designs = _designs(**candidates)
    decision = ask_or_stop(
        totals=error_cost_totals(designs),
        questions=[Question("error_usd", "What does a wrong answer cost?", answers, shares)],
        requests=requests,
        question_usd=question_usd,
    )
    mean = shares[0] * answers[0] + shares[1] * answers[1]
    blind = min(designs, key=lambda name: designs[name].total_usd(mean))
    steps = switch_points(designs)[1:]
    switches = ", ".join(map(_switch, steps))
    stop = decision.threshold_value
    worth = (
        f"Stop asking when it costs more than {words.dollars(stop)}."
        if stop
        else "No answer would change the design."
    )
    return Result(
        sentence=decision.sentence,
        chart=_design_chart(designs, answers, mean, blind),
        table=_design_table(designs, answers, shares, blind),
        binding_role=decision.binding_role,
        binding_label=f"the {decision.binding_label}".replace("the what", "what"),
        threshold_label=f"Switch points: {switches}. {worth}" if steps else worth,
        limits=(
            "Exact for these figures. It assumes one design for all questions, two possible "
            "answers, that the answer you get is true, and that the mean is what counts, with no "
            "fear of a rare large loss. Prices and shares solved are an illustration."
        ),
    )


def _design_chart(
    designs: dict[str, Design], answers: tuple[float, float], mean: float, blind: str
) -> Chart:
    steps = switch_points(designs)[1:]
    marks = (*answers, *(step.above_usd for step in steps if step.above_usd <= 1e6))
    xs = _logspace(max(min(marks) / 3, LEAST_USD / 3), 3 * max(marks))
    series = [
        Series(name, name, xs, tuple(1000 * each.total_usd(x) for x in xs))
        for name, each in designs.items()
    ]
    ends = tuple(sorted(answers))
    best = tuple(1000 * min(each.total_usd(x) for each in designs.values()) for x in ends)
    series.append(Series("if you know", "answered", ends, best, "dots"))
    title = f"Whatever an error costs, {blind} is the cheapest"
    if steps:
        first = switch_points(designs)[0].name
        title = f"Choose {first} first, {', '.join(map(_switch, steps))} an error"
    return Chart(
        title=title,
        x_label="cost of a wrong answer (USD)",
        y_label="USD per 1,000 questions, errors included",
        series=tuple(series),
        rules=tuple(Rule(_switch_usd(step), x=step.above_usd) for step in steps),
        you_are_here=(mean, 1000 * designs[blind].total_usd(mean)),
    )


def _design_table(
    designs: dict[str, Design],
    answers: tuple[float, float],
    shares: tuple[float, float],
    blind: str,
) -> Table:
    totals = {
        name: [1000 * each.total_usd(answer) for answer in answers]
        for name, each in designs.items()
    }
    fitting = [min(designs.values(), key=lambda each: each.total_usd(answer)) for answer in answers]

    def on_average(row: list[float]) -> float:
        return shares[0] * row[0] + shares[1] * row[1]

    rows = [
        (name, 1000 * designs[name].usd, 100 * designs[name].quality, *row, on_average(row))
        for name, row in totals.items()
    ]
    best = [1000 * each.total_usd(answer) for each, answer in zip(fitting, answers, strict=True)]
    price, solved = (
        on_average([scale * getattr(each, name) for each in fitting])
        for scale, name in ((1000, "usd"), (100, "quality"))
    )
    rows.append(("the one that fits the answer", price, solved, *best, on_average(best)))
    cheap, dear = (words.dollars(answer) for answer in answers)
    return Table(
        caption="USD per 1,000 questions, errors included; marked: the choice without asking",
        columns=(
            "Design",
            "Price (USD)",
            "Solved (%)",
            f"At {cheap} an error (USD)",
            f"At {dear} an error (USD)",
            "On average (USD)",
        ),
        rows=tuple(rows),
        marked_row=list(totals).index(blind),
    )


def _candidate_knobs() -> tuple[Knob, ...]:
    knobs = []
    for name, each in EXAMPLE_DESIGNS.items():
        label = name.capitalize()
        knobs += [
            Knob(
                f"{name}_usd_per_1000",
                f"{label}: price of 1,000 questions",
                "USD",
                "number",
                round(1000 * each.usd, 9),
            ),
            Knob(f"{name}_percent", f"{label}: solved", "%", "number", round(100 * each.quality)),
        ]
    return tuple(knobs)


WORTH_ASKING = View(
    id="worth-asking",
    title="Worth asking",
    question="does the answer change the design?",
    knobs=(
        Knob("cheap_usd", "A wrong answer costs", "USD", "steps", 0.01, ERROR_STEPS, primary=True),
        Knob("dear_usd", "or else", "USD", "steps", 0.3, ERROR_STEPS, primary=True),
        Knob(
            "dear_percent",
            "Probability of the second",
            "%",
            "steps",
            40,
            tuple(map(float, PROBABILITY_STEPS)),
            primary=True,
        ),
        Knob("requests", "Questions that the design will serve", "questions", "number", 4_536_000),
        Knob("question_usd", "What it costs to get the answer", "USD", "number", 120),
        *_candidate_knobs(),
    ),
    compute=_design_result,
)

VIEWS = (REQUESTS_IN_FLIGHT, WORTH_ASKING)
