"""A small model first, the large one where needed: cascades, routers, and their total cost."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.piecewise import where
from course_utils.calculators.total_cost import MAX_REQUEST_USD, cheapest, error_usd, request_usd
from course_utils.calculators.validate import Number, number, positive, share

MAX_SECONDS = 1e6
# Shares that were computed may miss their bounds by a rounding.
ROUNDING = 1e-9


def cascade_cost_usd(
    *,
    small_cost_usd: Number,
    check_cost_usd: Number,
    large_cost_usd: Number,
    accept_share: Number,
) -> Number:
    """What a request costs when the small model answers first and a check may escalate it.

    Units: US dollars per call of the small model, of the check, and of the large model;
    share of the small model's answers that the check accepts.

    Formula: c_s + c_v + (1 - a) c_L.

    Source: this course, lesson on the larger model: $0.0007 first, a free check and
    $0.0068 for the 40% that escalate cost $0.00342.

    >>> round(cascade_cost_usd(small_cost_usd=0.0007, check_cost_usd=0, large_cost_usd=0.0068,
    ...     accept_share=0.6), 5)
    0.00342
    """
    small = request_usd("small_cost_usd", small_cost_usd)
    check = request_usd("check_cost_usd", check_cost_usd)
    large = request_usd("large_cost_usd", large_cost_usd)
    return small + check + (1 - share("accept_share", accept_share)) * large


def break_even_accept_share(
    *, small_cost_usd: Number, check_cost_usd: Number, large_cost_usd: Number
) -> Number:
    """The share of accepted answers above which a cascade costs less than the large model.

    Units: US dollars per call, the large model's above zero. Above 1 the cascade is
    always the dearer. This is about the calls alone, not about quality.

    Formula: a* = (c_s + c_v) / c_L.

    Source: this course, lesson on the larger model.

    >>> round(break_even_accept_share(small_cost_usd=0.0007, check_cost_usd=0.00066,
    ...     large_cost_usd=0.0068), 3)
    0.2
    """
    small = request_usd("small_cost_usd", small_cost_usd)
    check = request_usd("check_cost_usd", check_cost_usd)
    large = positive("large_cost_usd", large_cost_usd, "US dollars", high=MAX_REQUEST_USD)
    return (small + check) / large


def cascade_quality(
    *, accept_share: Number, accepted_quality: Number, escalated_quality: Number
) -> Number:
    """The share of right answers of a cascade.

    Units: shares: of requests that are accepted, of right answers of the small model
    among them, and of right answers of the large model among those that *escalate*.
    These are the hard ones, so the large model's mean over all requests is too good.

    Formula: a Q_s|accepted + (1 - a) Q_L|escalated.

    Source: this course: .944 where the large model is right in 89% of what escalates;
    its mean of 95% would make it .968. The inputs (60% accepted, 98% of them right)
    are ours, chosen to give these two figures.

    >>> easy = {"accept_share": 0.6, "accepted_quality": 0.98}
    >>> round(cascade_quality(escalated_quality=0.89, **easy), 3)
    0.944
    >>> round(cascade_quality(escalated_quality=0.95, **easy), 3)
    0.968
    """
    accepted = share("accept_share", accept_share)
    small = share("accepted_quality", accepted_quality)
    large = share("escalated_quality", escalated_quality)
    return accepted * small + (1 - accepted) * large


@dataclass(frozen=True)
class Split:
    """What a check makes of the small model's answers.

    The share that it accepts, the share of right answers among these, and the share that
    the large model gets right among the ones that escalate.
    """

    accept_share: float
    accepted_quality: float
    escalated_quality: float


def split_by_check(
    *,
    small_quality: float,
    large_quality: float,
    right_accepted_share: float,
    wrong_accepted_share: float,
    kept_share: float = 1.0,
) -> Split:
    """How a check with two error rates divides the requests of two models.

    Units: shares of right answers over all requests; shares of the small model's right
    and of its wrong answers that the check accepts; share of the requests the small model
    gets right that the large one gets right too.

    Formula: a = t Q_s + f (1 - Q_s), Q_s|accepted = t Q_s / a, and with m = (Q_L - k Q_s) /
    (1 - Q_s) for what the large model mends, Q_L|escalated = ((1 - t) k Q_s +
    (1 - f) m (1 - Q_s)) / (1 - a). Whether the check accepts an answer hangs on whether it
    is right and on nothing else. Where nothing is accepted, or all, the mean stands in for
    the quality of the empty part.

    Source: this course, lesson on the larger model: a check that accepts 70% of the right
    and 20% of the wrong answers accepts 62.5%, of which 95.2% are right; the large
    model is right in 95% of all and in 89.3% of what escalates.

    >>> split = split_by_check(small_quality=0.85, large_quality=0.95,
    ...     right_accepted_share=0.7, wrong_accepted_share=0.2)
    >>> round(split.accept_share, 3), round(split.accepted_quality, 3)
    (0.625, 0.952)
    >>> round(split.escalated_quality, 3)
    0.893
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    small = share("small_quality", small_quality)
    right = share("right_accepted_share", right_accepted_share)
    wrong = share("wrong_accepted_share", wrong_accepted_share)
    kept = small * share("kept_share", kept_share)
    large = share("large_quality", large_quality)
    if not kept - ROUNDING <= large <= kept + 1 - small + ROUNDING:
        raise ValueError(
            f"large_quality = {large_quality!r} is out of range: give a number from {kept:.4g} to "
            f"{kept + 1 - small:.4g} (share, because the small model is right in "
            f"{100 * small:.4g}% and the large one keeps {100 * kept_share:.4g}% of these)"
        )
    accepted = right * small + wrong * (1 - small)
    escalated_right = (1 - right) * kept + (1 - wrong) * (large - kept)
    return Split(
        accept_share=accepted,
        accepted_quality=min(1.0, right * small / accepted) if accepted > 0 else small,
        # Rounding can leave a part that is empty, or a share that is a last bit over one.
        escalated_quality=(
            min(1.0, max(0.0, escalated_right / (1 - accepted)))
            if 1 - accepted > ROUNDING
            else large
        ),
    )


def cascade_latency_s(
    *,
    small_s: Number,
    check_s: Number,
    large_s: Number,
    accept_share: Number,
    quantile: Number,
) -> Number:
    """A percentile of the latency of a cascade whose calls each take a fixed time.

    Units: seconds per call; share of accepted answers; `quantile` is 0.95 for p95.

    Formula: t_s + t_v, and t_L on top where more than 1 - q of the requests escalate.

    Source: this course: p95 contains both calls only if more than 5% escalate.

    >>> calls = {"small_s": 0.5, "check_s": 0.1, "large_s": 2, "quantile": 0.95}
    >>> round(cascade_latency_s(accept_share=0.94, **calls), 2)
    2.6
    >>> round(cascade_latency_s(accept_share=0.95, **calls), 2)
    0.6
    """
    small = number("small_s", small_s, "seconds", high=MAX_SECONDS)
    check = number("check_s", check_s, "seconds", high=MAX_SECONDS)
    large = number("large_s", large_s, "seconds", high=MAX_SECONDS)
    both = share("accept_share", accept_share) < share("quantile", quantile)
    return small + check + where(both, large, 0.0 * large)


def sent_to_small_share(
    *, hard_share: Number, false_easy_share: Number, false_hard_share: Number
) -> Number:
    """The share of requests that a router sends to the small model.

    Units: share of requests that need the large model; share of these that the router
    takes for easy; share of the others that it takes for hard.

    Formula: p f_easy + (1 - p) (1 - f_hard).

    Source: this course, lesson on the larger model.

    >>> round(sent_to_small_share(hard_share=0.3, false_easy_share=0.1, false_hard_share=0.2), 2)
    0.59
    """
    hard = share("hard_share", hard_share)
    false_easy = share("false_easy_share", false_easy_share)
    false_hard = share("false_hard_share", false_hard_share)
    return hard * false_easy + (1 - hard) * (1 - false_hard)


def router_cost_usd(
    *,
    router_cost_usd: Number,
    small_cost_usd: Number,
    large_cost_usd: Number,
    small_share: Number,
) -> Number:
    """What a request costs when a router picks one model before any of them answers.

    Units: US dollars per decision of the router and per call; share of the requests
    that go to the small model.

    Formula: c_r + b c_s + (1 - b) c_L: unlike in a cascade, nobody pays twice.

    Source: this course, lesson on the larger model.

    >>> round(router_cost_usd(router_cost_usd=0.0001, small_cost_usd=0.0007,
    ...     large_cost_usd=0.0068, small_share=0.6), 5)
    0.00324
    """
    router = request_usd("router_cost_usd", router_cost_usd)
    small = request_usd("small_cost_usd", small_cost_usd)
    large = request_usd("large_cost_usd", large_cost_usd)
    to_small = share("small_share", small_share)
    return router + to_small * small + (1 - to_small) * large


def false_easy_loss_usd(
    *,
    hard_share: Number,
    false_easy_share: Number,
    quality_gap: Number,
    error_cost_usd: Number,
) -> Number:
    """What the router's mistakes on hard requests cost per request.

    Units: as in `sent_to_small_share`; `quality_gap` is how much more often the large
    model is right on hard requests; US dollars per wrong answer.

    Formula: p f_easy (Q_L|hard - Q_s|hard) c_err.

    Source: this course, lesson on the larger model.

    >>> round(false_easy_loss_usd(hard_share=0.3, false_easy_share=0.1, quality_gap=0.4,
    ...     error_cost_usd=0.25), 4)
    0.003
    """
    hard = share("hard_share", hard_share)
    false_easy = share("false_easy_share", false_easy_share)
    gap = share("quality_gap", quality_gap)
    return hard * false_easy * gap * error_usd("error_cost_usd", error_cost_usd)


ROUTED = {
    "small": "the small model for all",
    "router": "the router",
    "large": "the large model for all",
}


def router_or_one_model(
    *,
    decision_cost_usd: float,
    small_cost_usd: float,
    large_cost_usd: float,
    hard_share: float,
    false_easy_share: float,
    false_hard_share: float,
    large_quality: float,
    error_cost_usd: float,
) -> Decision:
    """Which is cheapest in all: a router, or one of the two models for every request.

    Units: US dollars per decision of the router and per call; share of requests that need
    the large model, which is right there while the small one is not; shares of these that
    are taken for easy, and of the others that are taken for hard; share of right answers
    of the large model; US dollars per wrong answer.

    Formula: the least C + (1 - Q) c_err; a router loses the hard requests that it takes
    for easy. Its total is linear in their share, and the threshold is the share at which
    it costs what the better of the two models costs.

    Source: this course, lesson on the larger model: at $0.25 per wrong answer a router
    that sends 30% of the easy requests to the large model may take 15% of the hard ones
    for easy.

    >>> decision = router_or_one_model(decision_cost_usd=0.0001, small_cost_usd=0.0007,
    ...     large_cost_usd=0.0068, hard_share=0.1, false_easy_share=0.2,
    ...     false_hard_share=0.3, large_quality=0.95, error_cost_usd=0.25)
    >>> decision.choice, round(decision.threshold_value, 3)
    ('the large model for all', 0.153)
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    decide = request_usd("decision_cost_usd", decision_cost_usd)
    quality = share("large_quality", large_quality)
    hard = number("hard_share", hard_share, "share, at most large_quality", high=quality)
    least = (1 - quality) * error_usd("error_cost_usd", error_cost_usd)

    def routed(false_easy: float) -> tuple[float, float]:
        calls = router_cost_usd(
            router_cost_usd=decide,
            small_cost_usd=small_cost_usd,
            large_cost_usd=large_cost_usd,
            small_share=sent_to_small_share(
                hard_share=hard, false_easy_share=false_easy, false_hard_share=false_hard_share
            ),
        )
        loss = false_easy_loss_usd(
            hard_share=hard,
            false_easy_share=false_easy,
            quality_gap=1,
            error_cost_usd=error_cost_usd,
        )
        return 1000 * calls, 1000 * (least + loss)

    parts = {
        "small": (1000 * small_cost_usd, 1000 * (least + hard * error_cost_usd)),
        "router": routed(false_easy_share),
        "large": (1000 * large_cost_usd, 1000 * least),
    }
    totals = {name: calls + errors for name, (calls, errors) in parts.items()}
    # A tie goes to one model for all: it is one thing less to run.
    other = "small" if totals["small"] < totals["large"] else "large"
    chosen = "router" if totals["router"] < totals[other] else other
    perfect, useless = (sum(routed(false_easy)) for false_easy in (0.0, 1.0))
    # Where a missed hard request costs nothing on balance, one model for all is as cheap.
    flip = (totals[other] - perfect) / (useless - perfect) if useless > perfect else None
    if flip is not None and not 0 <= flip <= 1:
        flip = None
    calls, errors = parts[chosen]
    role = "errors" if errors > calls else "calls"
    values = {f"{name}_total_usd_per_1000_requests": totals[name] for name in ROUTED}
    values |= {f"{name}_calls_usd_per_1000_requests": parts[name][0] for name in ROUTED}
    values |= {f"{name}_errors_usd_per_1000_requests": parts[name][1] for name in ROUTED}
    values |= {"perfect_total_usd_per_1000_requests": perfect}
    values |= {"useless_total_usd_per_1000_requests": useless}
    return Decision(
        choice=ROUTED[chosen],
        values=values,
        binding_role=role,
        binding_label=TERMS[role],
        threshold_name="share of the hard requests taken for easy at which the choice flips",
        threshold_value=flip,
        threshold_unit="share",
        sentence=_routed_sentence(chosen, other, parts, totals, flip),
    )


def _routed_sentence(
    chosen: str,
    other: str,
    parts: dict[str, tuple[float, float]],
    totals: dict[str, float],
    flip: float | None,
) -> str:
    calls, errors = parts[chosen]
    rival = other if chosen == "router" else "router"
    first = (
        f"I choose {ROUTED[chosen]}, because 1,000 requests cost {words.dollars(calls)} in calls "
        f"and {words.dollars(errors)} in wrong answers, {words.dollars(totals[chosen])} in all, "
        f"against {words.dollars(totals[rival])} for {ROUTED[rival]}; "
    )
    if flip is None:
        return first + "I would not switch at any share of hard requests taken for easy."
    return first + (
        f"I would switch to {ROUTED[rival]} when {'more' if chosen == 'router' else 'less'} than "
        f"{words.digits(100 * flip)}% of the hard requests are taken for easy."
    )


DESIGNS = ("small", "cascade", "large")
TERMS = {"calls": "model calls", "errors": "wrong answers"}
CHOICES = {
    "small": "the small model alone",
    "cascade": "the cascade",
    "large": "the large model for all",
}


def cascade_or_large(
    *,
    small_cost_usd: float,
    check_cost_usd: float,
    large_cost_usd: float,
    accept_share: float,
    small_quality: float,
    accepted_quality: float,
    escalated_quality: float,
    large_quality: float,
    error_cost_usd: float,
) -> Decision:
    """Which is cheapest in all: the small model, a cascade, or the large model.

    Units: US dollars per call; share of accepted answers; shares of right answers over
    all requests (`small_quality`, `large_quality`), among those that the check accepts
    and, of the large model, among those that escalate; US dollars per wrong answer.

    Formula: the least C + (1 - Q) c_err. The threshold is the cost of a wrong answer
    above which the next better design is the cheapest or, for the best one, below which
    the next cheaper design is.

    Source: this course: at $0.25 per wrong answer the large model is cheapest ($0.0193
    against $0.0209 and $0.0382) at 9.7 times the price of a small call; below $0.17 the
    cascade is, below $0.034 the small model. The cascade accepts 41 of 68 here, which
    with a free check makes it cost the $0.0034 of that example.

    >>> decision = cascade_or_large(small_cost_usd=0.0007, check_cost_usd=0,
    ...     large_cost_usd=0.0068, accept_share=41/68, small_quality=0.85,
    ...     accepted_quality=0.96, escalated_quality=0.8844, large_quality=0.95,
    ...     error_cost_usd=0.25)
    >>> decision.choice, round(decision.threshold_value, 2)
    ('the large model for all', 0.17)
    """
    for name, value in dict(locals()).items():
        validate.scalar(name, value)
    cascade_cost = cascade_cost_usd(
        small_cost_usd=small_cost_usd,
        check_cost_usd=check_cost_usd,
        large_cost_usd=large_cost_usd,
        accept_share=accept_share,
    )
    quality = cascade_quality(
        accept_share=accept_share,
        accepted_quality=accepted_quality,
        escalated_quality=escalated_quality,
    )
    accepted = float(accept_share)
    _possible_mean("small_quality", small_quality, accepted, accepted_quality, "accepted")
    _possible_mean("large_quality", large_quality, 1 - accepted, escalated_quality, "escalated")
    lines = [
        (float(small_cost_usd), float(small_quality)),
        (cascade_cost, quality),
        (float(large_cost_usd), float(large_quality)),
    ]
    best = cheapest(lines, error_cost_usd)
    chosen = DESIGNS[best.index]
    calls = {name: 1000 * cost for name, (cost, _) in zip(DESIGNS, lines, strict=True)}
    errors = {
        name: 1000 * (1 - right) * error_cost_usd
        for name, (_, right) in zip(DESIGNS, lines, strict=True)
    }
    totals = {name: calls[name] + errors[name] for name in DESIGNS}
    role = "errors" if errors[chosen] > calls[chosen] else "calls"
    values = {f"{name}_total_usd_per_1000_requests": totals[name] for name in DESIGNS}
    values |= {f"{name}_calls_usd_per_1000_requests": calls[name] for name in DESIGNS}
    values |= {f"{name}_quality": right for name, (_, right) in zip(DESIGNS, lines, strict=True)}
    if large_cost_usd > 0:
        values["break_even_accept_share"] = (small_cost_usd + check_cost_usd) / large_cost_usd
    return Decision(
        choice=CHOICES[chosen],
        values=values,
        binding_role=role,
        binding_label=TERMS[role],
        threshold_name="cost of a wrong answer at which the choice flips",
        threshold_value=best.flip[0] if best.flip else None,
        threshold_unit="US dollars",
        sentence=_sentence(chosen, calls, errors, totals, best.flip, best.upper_usd is not None),
    )


def _possible_mean(name: str, mean: float, part: float, part_mean: float, which: str) -> None:
    """`ValueError` where no quality of the rest makes this mean over all requests."""
    value = share(name, mean)
    low, high = part * part_mean, part * part_mean + 1 - part
    if not low - ROUNDING <= value <= high + ROUNDING:
        raise ValueError(
            f"{name} = {mean!r} is out of range: give a number from {low:.4g} to {high:.4g} "
            f"(share, because {100 * part:.4g}% are {which} and {100 * part_mean:.4g}% of these "
            "are right)"
        )


def _sentence(
    chosen: str,
    calls: dict[str, float],
    errors: dict[str, float],
    totals: dict[str, float],
    flip: tuple[float, int] | None,
    upward: bool,
) -> str:
    others = " and ".join(
        f"{words.dollars(totals[name])} for {CHOICES[name]}" for name in DESIGNS if name != chosen
    )
    first = (
        f"I choose {CHOICES[chosen]}, because 1,000 requests cost {words.dollars(calls[chosen])} "
        f"in calls and {words.dollars(errors[chosen])} in wrong answers, "
        f"{words.dollars(totals[chosen])} in all, against {others}; "
    )
    if flip is None:
        return first + "I would not switch at any cost of a wrong answer."
    return first + (
        f"I would switch to {CHOICES[DESIGNS[flip[1]]]} when a wrong answer costs "
        f"{'more' if upward else 'less'} than {words.dollars(flip[0])}."
    )
