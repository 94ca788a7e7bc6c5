"""How much context to send to an API: what it costs, and whether more of it pays."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.money import (
    blended_input_usd_per_mtok,
    input_output_crossover_tokens,
    request_cost,
    usd_per_mtok,
)

COST_TERMS = {
    "fresh_input": "fresh input",
    "cached_input": "cached input",
    "output": "output",
}


def context_cost(
    *,
    context_tokens: float,
    output_tokens: float,
    input_usd_per_mtok: float,
    cached_input_usd_per_mtok: float,
    output_usd_per_mtok: float,
    cached_share: float = 0.0,
    flat_up_to_tokens: float = validate.MAX_TOKENS,
) -> Decision:
    """What a request costs at an API, and whether to shorten the context or the answer.

    Units: tokens per request; US dollars per million tokens; `cached_share` of the
    context is billed at the cached price. The rates hold for contexts of up to
    `flat_up_to_tokens`.

    Formula: the terms of `request_cost`; the choice flips at
    T* = T_out p_out / p_in, with the blended price of fresh and cached input.

    Source: this course: 32,000 tokens in and 400 out at $3 and $15 cost $102 per
    1,000 requests, and input passes output at 2,000 tokens.

    >>> decision = context_cost(context_tokens=32000, output_tokens=400, input_usd_per_mtok=3,
    ...     cached_input_usd_per_mtok=0.3, output_usd_per_mtok=15)
    >>> round(decision.values["usd_per_1000_requests"], 2), decision.threshold_value
    (102.0, 2000.0)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    flat = validate.number(
        "flat_up_to_tokens", flat_up_to_tokens, "tokens", low=1, high=validate.MAX_TOKENS
    )
    validate.number("context_tokens", context_tokens, "tokens", low=1, high=flat)
    validate.tokens("output_tokens", output_tokens)
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    validate.number(
        "cached_input_usd_per_mtok",
        cached_input_usd_per_mtok,
        "US dollars per million tokens, no more than fresh input",
        high=p_in,
    )
    validate.positive(
        "output_usd_per_mtok", output_usd_per_mtok, "US dollars per million tokens", high=1e4
    )
    cost = request_cost(
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        cached_input_usd_per_mtok=cached_input_usd_per_mtok,
        output_usd_per_mtok=output_usd_per_mtok,
        cached_share=cached_share,
    )
    blended = blended_input_usd_per_mtok(
        input_usd_per_mtok=input_usd_per_mtok,
        cached_input_usd_per_mtok=cached_input_usd_per_mtok,
        cached_share=cached_share,
    )
    threshold = None
    if blended > 0:
        threshold = input_output_crossover_tokens(
            output_tokens=output_tokens,
            input_usd_per_mtok=blended,
            output_usd_per_mtok=output_usd_per_mtok,
        )
    input_first = threshold is not None and context_tokens > threshold
    role = "output"
    if input_first:
        fresh_binds = cost.fresh_input_usd >= cost.cached_input_usd
        role = "fresh_input" if fresh_binds else "cached_input"
    return Decision(
        choice="shorten the context first" if input_first else "shorten the answer first",
        values={
            "request_usd": cost.total_usd,
            "usd_per_1000_requests": 1000 * cost.total_usd,
            "fresh_input_usd": cost.fresh_input_usd,
            "cached_input_usd": cost.cached_input_usd,
            "input_usd": cost.input_usd,
            "output_usd": cost.output_usd,
            "input_share": cost.input_usd / cost.total_usd,
            "blended_input_usd_per_mtok": blended,
        },
        binding_role=role,
        binding_label=COST_TERMS[role],
        threshold_name="context at which input costs as much as output",
        threshold_value=threshold,
        threshold_unit="tokens",
        sentence=_cost_sentence(
            input_first, 1000 * cost.input_usd, 1000 * cost.output_usd, threshold
        ),
    )


def _cost_sentence(
    input_first: bool, input_usd: float, output_usd: float, threshold: float | None
) -> str:
    half_input, half_output = words.dollars(input_usd / 2), words.dollars(output_usd / 2)
    if input_first:
        return (
            f"I choose to shorten the context before the answer, because half the context saves "
            f"{half_input} per 1,000 requests and half the answer saves {half_output}; I would "
            f"switch below {words.about_tokens(threshold)} of context, where the answer costs more."
        )
    first = (
        f"I choose to shorten the answer before the context, because half the answer saves "
        f"{half_output} per 1,000 requests and half the context saves {half_input}; "
    )
    if threshold is None:
        return first + "I would not switch at any context, because the context is free."
    return first + (
        f"I would switch above {words.about_tokens(threshold)} of context, where the context "
        f"costs more."
    )


def added_context(
    *,
    extra_context_tokens: float,
    input_usd_per_mtok: float,
    quality_gain: float,
    error_cost_usd: float,
) -> Decision:
    """Whether more context is worth its price: the marginal-value rule.

    Units: tokens added to each request; US dollars per million tokens; `quality_gain`
    is the rise in the share of right answers (0.02 is two points); US dollars that a
    wrong answer costs.

    Formula: add it iff dQ c_err > dT p_in. The threshold is the cost of a wrong
    answer at which both are equal.

    Source: this course, lesson on tokens and money.

    >>> decision = added_context(extra_context_tokens=8000, input_usd_per_mtok=3,
    ...     quality_gain=0.02, error_cost_usd=5)
    >>> decision.choice, round(decision.threshold_value, 2)
    ('add the context', 1.2)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    extra = validate.tokens("extra_context_tokens", extra_context_tokens)
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    gain = validate.share("quality_gain", quality_gain)
    error_cost = validate.number("error_cost_usd", error_cost_usd, "US dollars", high=1e9)
    cost, benefit = extra * p_in / 1e6, gain * error_cost
    threshold = cost / gain if gain > 0 else None
    # Compared with the threshold itself, so that rounding cannot part the two.
    add = threshold is not None and error_cost > threshold
    return Decision(
        choice="add the context" if add else "leave the context out",
        values={
            "cost_usd_per_1000_requests": 1000 * cost,
            "benefit_usd_per_1000_requests": 1000 * benefit,
            "net_usd_per_1000_requests": 1000 * (benefit - cost),
        },
        binding_role="benefit" if add else "cost",
        binding_label="errors avoided" if add else "price of the added input",
        threshold_name="cost of a wrong answer at which the context pays",
        threshold_value=threshold,
        threshold_unit="US dollars",
        sentence=_added_sentence(add, extra, gain, 1000 * cost, 1000 * benefit, threshold),
    )


def _added_sentence(
    add: bool, extra: float, gain: float, cost: float, benefit: float, threshold: float | None
) -> str:
    price = f"{words.dollars(cost)} per 1,000 requests"
    if threshold is None:
        return (
            f"I choose to leave out the extra {words.tokens(extra)}, because they improve no "
            f"answer and cost {price}; I would switch when a test shows a gain."
        )
    number = words.digits(100 * gain, 2)
    points = f"{number} point{'' if number == '1' else 's'}"
    if add:
        return (
            f"I choose to add {words.tokens(extra)}, because right answers rise by {points} at a "
            f"cost of {price} and avoid errors worth {words.dollars(benefit)}; I would switch when "
            f"a wrong answer costs less than {words.dollars(threshold)}."
        )
    return (
        f"I choose to leave out the extra {words.tokens(extra)}, because {points} more right "
        f"answers avoid errors worth {words.dollars(benefit)} at a cost of {price}; I would switch "
        f"when a wrong answer costs more than {words.dollars(threshold)}."
    )
