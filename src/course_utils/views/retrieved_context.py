"""How many passages to send to the model, and how much memory their index takes."""

from __future__ import annotations

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.index_size import chunk_count, hnsw_bytes, hnsw_bytes_per_vector
from course_utils.calculators.retrieved_context import (
    EXAMPLE_RECALL,
    LIU_READING,
    answer_accuracy,
    how_many_passages,
    measured_share,
)
from course_utils.catalog import price
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

ERROR_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
MISS_STEPS = (0, 5, 10, 15, 20, 25, 28, 30, 35, 40, 45, 50, 57)
CORPUS_STEPS = (1, 5, 10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)
CHUNK_STEPS = (150, 200, 250, 300, 400, 500, 600, 800, 1000, 2000)

# Illustrations of this course, as EXAMPLE_RECALL is: a re-ranker puts the same 30
# candidates in a better order and finds nothing that is not among them.
RERANKED_RECALL = {1: 0.58, 3: 0.74, 5: 0.82, 10: 0.89, 20: 0.91, 30: 0.92}
RETRIEVERS = {"plain": EXAMPLE_RECALL, "reranked": RERANKED_RECALL}
SHOWN_PASSAGES = (1, 3, 5, 10, 20, 30)

# Bytes of a component, with the words for it.
PRECISIONS = {4: "32-bit floats", 2: "16-bit floats", 1: "int8"}
POINTS = 33


def _passages_result(
    *,
    error_usd: float,
    retriever: str,
    miss_percent: float,
    passage_tokens: float,
    input_usd_per_mtok: float,
) -> Result:
    if retriever not in RETRIEVERS:
        raise ValueError(f"retriever = {retriever!r}: choose one of {', '.join(RETRIEVERS)}")
    recall_at = RETRIEVERS[retriever]
    miss = validate.number("miss_percent", miss_percent, "% of the answers", high=100) / 100
    decision = how_many_passages(
        passage_tokens=passage_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        error_cost_usd=error_usd,
        recall_at=recall_at,
        miss_accuracy=miss,
    )
    flips = decision.threshold_value
    return Result(
        sentence=decision.sentence,
        chart=_passages_chart(decision, recall_at, miss),
        table=_passages_table(
            decision, recall_at, miss, passage_tokens * input_usd_per_mtok / 1e6, error_usd
        ),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=(
            "No cost of a wrong answer flips the choice."
            if flips is None
            else f"Cost of a wrong answer at which the choice flips: {words.dollars(flips)}."
        ),
        limits=(
            "Reading is measured, on a model of 2023 with one right passage in each prompt; "
            "recall and the misses are assumed. A newer model has another level, and a "
            "question that needs several passages another shape: measure both on yours. "
            "Neighboring numbers of passages differ by less than most tests can tell."
        ),
    )


def _right(passages: float, recall_at: dict[int, float], miss: float) -> tuple[float, ...]:
    """Recall, reading and right answers with so many passages, in percent."""
    recall = measured_share(passages=passages, measured=recall_at)
    reading = measured_share(passages=passages, measured=LIU_READING)
    right = answer_accuracy(recall=recall, reading_accuracy=reading, miss_accuracy=miss)
    return 100 * recall, 100 * reading, 100 * right


def _passages_chart(decision: Decision, recall_at: dict[int, float], miss: float) -> Chart:
    xs = tuple(float(k) for k in range(1, max(LIU_READING) + 1))
    recall, reading, right = zip(*(_right(x, recall_at, miss) for x in xs), strict=True)
    best = decision.values["passages"]
    return Chart(
        title=f"With {decision.choice}, an answer and its errors cost least",
        x_label="passages sent to the model",
        y_label="share (%)",
        series=(
            Series("found by the retriever", "recall", xs, recall, "dashed"),
            Series("read correctly when found", "distraction", xs, reading),
            Series("right answers", "accuracy", xs, right),
        ),
        rules=(Rule(f"cheapest: {decision.choice}", x=best),),
        you_are_here=(best, 100 * decision.values["accuracy"]),
        x_log=False,
        y_log=False,
    )


def _passages_table(
    decision: Decision,
    recall_at: dict[int, float],
    miss: float,
    passage_usd: float,
    error_usd: float,
) -> Table:
    best = int(decision.values["passages"])
    rows = sorted({*SHOWN_PASSAGES, best})
    return Table(
        caption="What more passages find, and what they spoil",
        columns=(
            "Passages",
            "Found (%)",
            "Read correctly (%)",
            "Right answers (%)",
            "Input (USD per 1,000)",
            "With errors (USD per 1,000)",
        ),
        rows=tuple(
            (
                k,
                *shares,
                1000 * k * passage_usd,
                1000 * k * passage_usd + _errors(shares, error_usd),
            )
            for k in rows
            for shares in (_right(k, recall_at, miss),)
        ),
        marked_row=rows.index(best),
    )


def _errors(shares: tuple[float, ...], error_usd: float) -> float:
    return 1000 * (1 - shares[2] / 100) * error_usd


def _index_result(
    *,
    corpus_mtok: float,
    chunk_tokens: float,
    precision: str,
    overlap_tokens: float,
    dimensions: float,
    links: float,
    memory_gb: float,
) -> Result:
    if precision not in map(str, PRECISIONS):
        raise ValueError(f"precision = {precision!r}: choose 4, 2 or 1 bytes")
    component = int(precision)
    memory = validate.positive("memory_gb", memory_gb, "GB", high=1e9)
    corpus = validate.positive("corpus_mtok", corpus_mtok, "million tokens", high=1e9)
    vector = {"dimensions": dimensions, "links": links}
    vectors = chunk_count(
        corpus_tokens=corpus * 1e6, chunk_tokens=chunk_tokens, overlap_tokens=overlap_tokens
    )
    sizes = {
        b: hnsw_bytes(vectors=vectors, bytes_per_component=b, **vector) / 1e9 for b in PRECISIONS
    }
    each = hnsw_bytes_per_vector(bytes_per_component=component, **vector)
    size, fits_tokens = sizes[component], overlap_tokens + corpus * 1e6 * each / (memory * 1e9)
    fits = size <= memory
    return Result(
        sentence=(
            f"I plan {words.digits(size)} GB for {words.digits(vectors / 1e6)} million passages "
            f"as {PRECISIONS[component]}, because each takes {each:,.0f} bytes; I would "
            f"{'leave' if fits else 'stay within'} {words.digits(memory)} GB with passages "
            f"{'shorter' if fits else 'longer'} than {words.digits(fits_tokens)} tokens."
        ),
        chart=_index_chart(corpus, chunk_tokens, overlap_tokens, vector, component, memory),
        table=Table(
            caption="The same passages in three precisions",
            columns=("Components", "Bytes per vector", "Index (GB)", "Of the memory (%)"),
            rows=tuple(
                (
                    PRECISIONS[b],
                    hnsw_bytes_per_vector(bytes_per_component=b, **vector),
                    sizes[b],
                    100 * sizes[b] / memory,
                )
                for b in PRECISIONS
            ),
            marked_row=list(PRECISIONS).index(component),
        ),
        binding_role=f"bytes_{component}",
        binding_label="size of a vector" if component * dimensions > 8 * links else "links",
        threshold_label=(
            f"Passages that just fill the memory: {words.digits(fits_tokens)} tokens."
        ),
        limits=(
            "Vectors and the links of the lowest layer. Not included: upper layers, ids, the text "
            "itself, filters and copies. What a coarser vector costs in recall has to be measured."
        ),
    )


def _index_chart(
    corpus: float,
    chunk: float,
    overlap: float,
    vector: dict[str, float],
    component: int,
    memory: float,
) -> Chart:
    low = max(overlap + 1, min(overlap + 20, chunk))
    high = min(max(2000.0, 2 * chunk, 2 * low), max(validate.MAX_TOKENS, low))
    xs = (*(low * (high / low) ** (i / (POINTS - 1)) for i in range(POINTS - 1)), high)

    def gigabytes(tokens: float, size: int) -> float:
        vectors = chunk_count(
            corpus_tokens=corpus * 1e6, chunk_tokens=tokens, overlap_tokens=overlap
        )
        return hnsw_bytes(vectors=vectors, bytes_per_component=size, **vector) / 1e9

    return Chart(
        title=f"Shorter passages and wider numbers fill {words.digits(memory)} GB",
        x_label="tokens in a passage",
        y_label="memory of the index (GB)",
        series=tuple(
            Series(PRECISIONS[b], f"bytes_{b}", xs, tuple(gigabytes(x, b) for x in xs))
            for b in PRECISIONS
        ),
        rules=(Rule(f"memory: {words.digits(memory)} GB", y=memory),),
        you_are_here=(chunk, gigabytes(chunk, component)),
    )


HOW_MANY_PASSAGES = View(
    id="how-many-passages",
    title="How many passages",
    question="how many passages are worth sending to the model?",
    knobs=(
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
            "retriever",
            "Retriever",
            "",
            "choice",
            "plain",
            choices=(("plain", "without a re-ranker"), ("reranked", "with a re-ranker")),
            primary=True,
        ),
        Knob(
            "miss_percent",
            "Right on distractors alone",
            "% of the answers",
            "steps",
            28,
            steps=MISS_STEPS,
            primary=True,
        ),
        Knob("passage_tokens", "Passage", "tokens", "number", 400),
        Knob(
            "input_usd_per_mtok",
            "Price of input",
            "USD per million tokens",
            "number",
            price("textbook-3-15").input_usd_per_mtok,
        ),
    ),
    compute=_passages_result,
)

INDEX_MEMORY = View(
    id="index-memory",
    title="Memory of an index",
    question="how much memory does the index of the documents take?",
    knobs=(
        Knob(
            "corpus_mtok",
            "Documents",
            "million tokens",
            "steps",
            2000,
            steps=CORPUS_STEPS,
            primary=True,
        ),
        Knob("chunk_tokens", "Passage", "tokens", "steps", 400, steps=CHUNK_STEPS, primary=True),
        Knob(
            "precision",
            "Components",
            "",
            "choice",
            "4",
            choices=tuple((str(b), name) for b, name in PRECISIONS.items()),
            primary=True,
        ),
        Knob("overlap_tokens", "Overlap", "tokens", "number", 100),
        Knob("dimensions", "Dimensions", "components", "number", 1024),
        Knob("links", "Links of a node (M)", "links", "number", 32),
        Knob("memory_gb", "Memory for the index", "GB", "number", 32),
    ),
    compute=_index_result,
)

VIEWS = (HOW_MANY_PASSAGES, INDEX_MEMORY)
