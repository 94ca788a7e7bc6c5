"""Fine-tuning: what it takes, and how many requests pay for it."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.money import request_cost, usd_per_mtok
from course_utils.calculators.piecewise import ratio
from course_utils.calculators.total_cost import request_usd
from course_utils.calculators.validate import Number, number, positive, share, tokens

MAX_USD = 1e12
MAX_REQUESTS = 1e12
MAX_MONTHS = 1200.0
MAX_PARAMS = 1e15
MAX_TRAINING_TOKENS = 1e16
MAX_TFLOPS = 1e6

# Adam in mixed precision: two bytes each for weight and gradient, and four each for the
# master copy of the weight and the two moments.
TRAINING_BYTES_PER_PARAM = 2 + 2 + 12
FROZEN_BYTES_PER_PARAM = 2


def amount_usd(name: str, value: Number) -> Number:
    """An amount of US dollars."""
    return number(name, value, "US dollars", high=MAX_USD)


def requests(name: str, value: Number) -> Number:
    """A number of requests."""
    return number(name, value, "requests", high=MAX_REQUESTS)


def params(name: str, value: Number) -> Number:
    """A number of parameters."""
    return number(name, value, "parameters", low=1, high=MAX_PARAMS)


def break_even_requests(
    *, fixed_usd: Number, base_usd_per_request: Number, tuned_usd_per_request: Number
) -> Number:
    """The requests that pay back what tuning costs once; infinite where none do.

    Units: US dollars once, and per request with the base and with the tuned model, which
    are taken to answer equally well.

    Formula: N* = fixed / (c_base - c_tuned).

    Source: this course: $8,000 once and $0.0105 against $0.0018 take 919,540 requests;
    with a prefix cache the base costs $0.00564, and it takes 2,083,333.

    >>> round(break_even_requests(fixed_usd=8000, base_usd_per_request=0.0105,
    ...     tuned_usd_per_request=0.0018))
    919540
    >>> round(break_even_requests(fixed_usd=8000, base_usd_per_request=0.00564,
    ...     tuned_usd_per_request=0.0018))
    2083333
    """
    fixed = amount_usd("fixed_usd", fixed_usd)
    base = request_usd("base_usd_per_request", base_usd_per_request)
    return ratio(fixed, base - request_usd("tuned_usd_per_request", tuned_usd_per_request))


def payback_months(
    *,
    fixed_usd: Number,
    base_usd_per_request: Number,
    tuned_usd_per_request: Number,
    requests_per_month: Number,
    upkeep_usd_per_month: Number,
) -> Number:
    """The months until tuning has paid for itself, upkeep included; infinite if it never does.

    Units: as in `break_even_requests`; requests per month; US dollars per month for
    evaluation, data and tuning again when the base model changes.

    Formula: fixed / ((c_base - c_tuned) V - upkeep).

    Source: this course: at 100,000 requests and $2,000 of upkeep a month, $0.0105 against
    $0.0018 never pays, because it saves $870.

    >>> payback_months(fixed_usd=8000, base_usd_per_request=0.0105,
    ...     tuned_usd_per_request=0.0018, requests_per_month=100_000, upkeep_usd_per_month=2000)
    inf
    """
    fixed = amount_usd("fixed_usd", fixed_usd)
    base = request_usd("base_usd_per_request", base_usd_per_request)
    saving = base - request_usd("tuned_usd_per_request", tuned_usd_per_request)
    volume = requests("requests_per_month", requests_per_month)
    return ratio(fixed, saving * volume - amount_usd("upkeep_usd_per_month", upkeep_usd_per_month))


@dataclass(frozen=True)
class TuningSaving:
    """US dollars per request before and after, and which change saves how much."""

    base_usd: Number
    tuned_usd: Number
    shorter_prompt_usd: Number
    other_model_usd: Number

    @property
    def total_usd(self) -> Number:
        return self.base_usd - self.tuned_usd


def tuning_saving(
    *,
    example_tokens: Number,
    task_tokens: Number,
    output_tokens: Number,
    base_input_usd_per_mtok: Number,
    base_cached_input_usd_per_mtok: Number,
    base_output_usd_per_mtok: Number,
    tuned_input_usd_per_mtok: Number,
    tuned_output_usd_per_mtok: Number,
    cached_share: Number = 0.0,
) -> TuningSaving:
    """What tuning saves per request, the shorter prompt and the other model apart.

    Units: tokens of the examples that the tuned model no longer needs, of the rest of
    the prompt, and of the answer; US dollars per million tokens; `cached_share` of the
    examples is read from a prefix cache.

    Formula: `request_cost` of the base model with the examples, less that of the base
    model without them (the shorter prompt), less that of the tuned one (the other model).

    Source: this course: $0.0105 against $0.0018. The parts are ours: 1,800 tokens of
    examples, 500 of task and 240 of answer at $3 and $15, then at $1.20 and $5. Of the
    $0.0087 the shorter prompt saves $0.0054 and the other model $0.0033.

    >>> saving = tuning_saving(example_tokens=1800, task_tokens=500, output_tokens=240,
    ...     base_input_usd_per_mtok=3, base_cached_input_usd_per_mtok=0.3,
    ...     base_output_usd_per_mtok=15, tuned_input_usd_per_mtok=1.2,
    ...     tuned_output_usd_per_mtok=5)
    >>> round(saving.base_usd, 4), round(saving.tuned_usd, 4)
    (0.0105, 0.0018)
    >>> round(saving.shorter_prompt_usd, 4), round(saving.other_model_usd, 4)
    (0.0054, 0.0033)
    """
    task = tokens("task_tokens", task_tokens, low=0)
    examples = request_cost(
        context_tokens=tokens("example_tokens", example_tokens, low=0),
        output_tokens=0,
        input_usd_per_mtok=usd_per_mtok("base_input_usd_per_mtok", base_input_usd_per_mtok),
        cached_input_usd_per_mtok=usd_per_mtok(
            "base_cached_input_usd_per_mtok", base_cached_input_usd_per_mtok
        ),
        output_usd_per_mtok=0,
        cached_share=cached_share,
    ).total_usd
    bare = request_cost(
        context_tokens=task,
        output_tokens=output_tokens,
        input_usd_per_mtok=base_input_usd_per_mtok,
        output_usd_per_mtok=usd_per_mtok("base_output_usd_per_mtok", base_output_usd_per_mtok),
    ).total_usd
    tuned = request_cost(
        context_tokens=task,
        output_tokens=output_tokens,
        input_usd_per_mtok=usd_per_mtok("tuned_input_usd_per_mtok", tuned_input_usd_per_mtok),
        output_usd_per_mtok=usd_per_mtok("tuned_output_usd_per_mtok", tuned_output_usd_per_mtok),
    ).total_usd
    return TuningSaving(
        base_usd=examples + bare,
        tuned_usd=tuned,
        shorter_prompt_usd=examples,
        other_model_usd=bare - tuned,
    )


def data_usd(*, labels: Number, usd_per_label: Number, checked_share: Number = 0.0) -> Number:
    """What the training examples cost.

    Units: examples; US dollars to write one; share that a second person labels again.

    Formula: n c (1 + s).

    Source: this course, lesson on fine-tuning.

    >>> data_usd(labels=2000, usd_per_label=2, checked_share=0.25)
    5000.0
    """
    count = number("labels", labels, "labels", high=1e9)
    each = number("usd_per_label", usd_per_label, "US dollars", high=1e6)
    return count * each * (1 + share("checked_share", checked_share))


def full_training_bytes(*, parameters: Number) -> Number:
    """Memory to train all parameters with Adam in mixed precision, without activations.

    Units: parameters; bytes.

    Formula: (2 + 2 + 12) P: weight and gradient; master copy and two moments.

    Source: harvard-edge/cs249r_book, Numbers every engineer should know, section 4.

    >>> full_training_bytes(parameters=8.03e9) / 1e9
    128.48
    """
    return TRAINING_BYTES_PER_PARAM * params("parameters", parameters)


def lora_parameters(
    *, matrices: Number, rank: Number, input_width: Number, output_width: Number
) -> Number:
    """The parameters of a LoRA adapter.

    Units: adapted matrices in all layers; rank; width of what goes in and comes out.

    Formula: n r (d_in + d_out).

    Source: Hu et al. 2022, arXiv 2106.09685: about 10,000 times fewer trainable
    parameters than the 175 billion of GPT-3; here with rank 4 on the query and value
    matrices of its 96 layers of width 12,288.

    >>> adapter = lora_parameters(matrices=2 * 96, rank=4, input_width=12288, output_width=12288)
    >>> adapter, round(175e9 / adapter, -3)
    (18874368.0, 9000.0)
    """
    count = number("matrices", matrices, "matrices", low=1, high=1e6)
    r = number("rank", rank, "rank", low=1, high=1e5)
    before = number("input_width", input_width, "numbers", low=1, high=1e7)
    after = number("output_width", output_width, "numbers", low=1, high=1e7)
    return count * r * (before + after)


def lora_training_bytes(
    *,
    parameters: Number,
    adapter_parameters: Number,
    frozen_bytes_per_parameter: Number = FROZEN_BYTES_PER_PARAM,
) -> Number:
    """Memory to train a LoRA adapter with Adam, without activations.

    Units: parameters of the frozen model and of the adapter; bytes per frozen one (2 for
    16 bits, 0.5 for 4 bits).

    Formula: b P + 16 P_adapter.

    Source: Hu et al. 2022, arXiv 2106.09685: no gradient and no optimizer state is kept
    for the frozen weights.

    >>> lora_training_bytes(parameters=8e9, adapter_parameters=1e7) / 1e9
    16.16
    """
    frozen = params("parameters", parameters)
    adapter = params("adapter_parameters", adapter_parameters)
    each = positive("frozen_bytes_per_parameter", frozen_bytes_per_parameter, "bytes", high=8)
    return each * frozen + TRAINING_BYTES_PER_PARAM * adapter


def training_flops(*, parameters: Number, training_tokens: Number) -> Number:
    """Floating-point operations to train on so many tokens.

    Units: parameters that take part for each token; tokens, each epoch counted.

    Formula: 6 N D: two per parameter and token forward, four backward; attention, which
    grows with the context, is left out.

    Source: Austin et al. 2025, How to Scale Your Model, chapter on transformers.

    >>> training_flops(parameters=8e9, training_tokens=1e9)
    4.8e+19
    """
    n = params("parameters", parameters)
    return 6 * n * number("training_tokens", training_tokens, "tokens", high=MAX_TRAINING_TOKENS)


def training_usd(
    *,
    flops: Number,
    accelerator_tflops: Number,
    utilization: Number,
    usd_per_accelerator_hour: Number,
) -> Number:
    """What the compute of a training run costs.

    Units: floating-point operations; dense peak of one accelerator in TFLOPS; share of
    the peak that is reached; US dollars per accelerator and hour.

    Formula: flops / (peak u) / 3600 p; the number of accelerators cancels out.

    Source: this course, lesson on fine-tuning.

    >>> round(training_usd(flops=4.8e19, accelerator_tflops=989, utilization=0.4,
    ...     usd_per_accelerator_hour=2.5), 2)
    84.26
    """
    work = number("flops", flops, "floating-point operations", high=1e33)
    peak = positive("accelerator_tflops", accelerator_tflops, "TFLOPS", high=MAX_TFLOPS)
    used = number("utilization", utilization, "share", high=1, above=True)
    price = number("usd_per_accelerator_hour", usd_per_accelerator_hour, "US dollars", high=1e6)
    return work / (peak * 1e12 * used) / 3600 * price


def hosted_usd_per_request(
    *, usd_per_hour: Number, requests_per_hour_at_capacity: Number, utilization: Number
) -> Number:
    """What a request costs on a box of one's own that runs whether it is used or not.

    Units: US dollars per hour; requests per hour when full; share of that which comes.

    Formula: p / (V u).

    Source: this course: $20 an hour and 10,000 requests an hour are $0.002 per request
    when full and $0.02 at a tenth of it.

    >>> hosted_usd_per_request(usd_per_hour=20, requests_per_hour_at_capacity=10_000,
    ...     utilization=0.1)
    0.02
    """
    price = number("usd_per_hour", usd_per_hour, "US dollars", high=1e6)
    full = positive(
        "requests_per_hour_at_capacity",
        requests_per_hour_at_capacity,
        "requests",
        high=MAX_REQUESTS,
    )
    used = number("utilization", utilization, "share", high=1, above=True)
    return price / (full * used)


ROLES = {
    "shorter_prompt": "shorter prompt",
    "other_model": "price of the tuned model",
    "fixed": "cost of tuning",
    "upkeep": "upkeep",
}


def fine_tune_or_not(
    *,
    example_tokens: float,
    task_tokens: float,
    output_tokens: float,
    base_input_usd_per_mtok: float,
    base_cached_input_usd_per_mtok: float,
    base_output_usd_per_mtok: float,
    tuned_input_usd_per_mtok: float,
    tuned_output_usd_per_mtok: float,
    fixed_usd: float,
    upkeep_usd_per_month: float,
    requests_per_month: float,
    horizon_months: float,
    cached_share: float = 0.0,
) -> Decision:
    """Whether fine-tuning pays within the horizon, at equal quality.

    Units: as in `tuning_saving` and `payback_months`; the months in which it has to pay.
    In the values, `break_even_requests` and `payback_months` are infinite where it never
    pays.

    Formula: tune iff V > (fixed / horizon + upkeep) / (c_base - c_tuned); no volume is
    enough where the tuned call is no cheaper.

    Source: this course: $8,000 once and $2,000 a month for a call of $0.0018 instead of
    $0.0105 do not pay at 100,000 requests a month.

    >>> decision = fine_tune_or_not(example_tokens=1800, task_tokens=500, output_tokens=240,
    ...     base_input_usd_per_mtok=3, base_cached_input_usd_per_mtok=0.3,
    ...     base_output_usd_per_mtok=15, tuned_input_usd_per_mtok=1.2,
    ...     tuned_output_usd_per_mtok=5, fixed_usd=8000, upkeep_usd_per_month=2000,
    ...     requests_per_month=100_000, horizon_months=12)
    >>> decision.choice, round(decision.values["break_even_requests"])
    ('keep the prompt', 919540)
    >>> decision.values["payback_months"], round(decision.threshold_value)
    (inf, 306513)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    own = ("fixed_usd", "upkeep_usd_per_month", "requests_per_month", "horizon_months")
    saving = tuning_saving(**{k: v for k, v in arguments.items() if k not in own})
    fixed = amount_usd("fixed_usd", fixed_usd)
    upkeep = amount_usd("upkeep_usd_per_month", upkeep_usd_per_month)
    volume = requests("requests_per_month", requests_per_month)
    horizon = positive("horizon_months", horizon_months, "months", high=MAX_MONTHS)
    per_month = fixed / horizon + upkeep
    threshold = ratio(per_month, saving.total_usd)
    if threshold > MAX_REQUESTS:
        threshold = None
    # Compared with the threshold itself, so that rounding cannot part the two.
    tune = threshold is not None and volume > threshold
    calls = {"base_usd_per_request": saving.base_usd, "tuned_usd_per_request": saving.tuned_usd}
    role = _binding_role(tune, saving, fixed / horizon, upkeep)
    if threshold is None:
        role = "other_model"
    return Decision(
        choice="fine-tune" if tune else "keep the prompt",
        values={
            **calls,
            "shorter_prompt_saving_usd_per_request": saving.shorter_prompt_usd,
            "other_model_saving_usd_per_request": saving.other_model_usd,
            "saving_usd_per_month": saving.total_usd * volume,
            "cost_usd_per_month": per_month,
            "net_usd_over_horizon": horizon * (saving.total_usd * volume - per_month),
            "break_even_requests": break_even_requests(fixed_usd=fixed, **calls),
            "payback_months": payback_months(
                fixed_usd=fixed,
                requests_per_month=volume,
                upkeep_usd_per_month=upkeep,
                **calls,
            ),
        },
        binding_role=role,
        binding_label=ROLES[role],
        threshold_name="requests per month above which fine-tuning pays",
        threshold_value=threshold,
        threshold_unit="requests per month",
        sentence=_sentence(tune, saving.total_usd * volume, per_month, horizon, threshold),
    )


def _binding_role(tune: bool, saving: TuningSaving, fixed_per_month: float, upkeep: float) -> str:
    """What brings the saving, or what eats it."""
    if tune:
        prompt_first = saving.shorter_prompt_usd >= saving.other_model_usd
        return "shorter_prompt" if prompt_first else "other_model"
    return "upkeep" if upkeep > fixed_per_month else "fixed"


def _sentence(
    tune: bool, saved: float, cost: float, horizon: float, threshold: float | None
) -> str:
    months = f"{words.digits(horizon)} month{'' if horizon == 1 else 's'}"
    price = f"{words.dollars(cost)} a month for tuning and upkeep over {months}"
    if threshold is None:
        return (
            f"I choose to keep the prompt, because tuned calls save too little at any volume to "
            f"pay {price}; I would switch when a test shows that tuning answers better."
        )
    limit = f"about {words.digits(threshold)} requests a month"
    if tune:
        return (
            f"I choose to fine-tune, because calls cost {words.dollars(saved)} a month less at "
            f"a cost of {price}; I would switch below {limit}."
        )
    return (
        f"I choose to keep the prompt, because calls of a tuned model would cost "
        f"{words.dollars(saved)} a month less at a cost of {price}; I would switch above {limit}."
    )
