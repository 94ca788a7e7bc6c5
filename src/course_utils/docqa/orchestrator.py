"""AI Orchestrator: a bounded workflow in named states, not a loop that the model drives.

A request moves along `NEXT` and nowhere else. It ends when it is answered, when it abstains,
or when it has used up its steps, its tokens or its time. Only calls of the model are tried
again, because only they are safe to repeat and fail by themselves.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from course_utils.calculators.validate import number
from course_utils.docqa import text as reading
from course_utils.docqa.answer import (
    ABSTAINED,
    ANSWERED,
    PROPOSED,
    Answer,
    Citation,
    Sentence,
)
from course_utils.docqa.cache import AnswerCache, CacheKey
from course_utils.docqa.documents import Document, Library
from course_utils.docqa.latency import SimulatedLatency
from course_utils.docqa.model import (
    Claim,
    Model,
    ModelError,
    ModelRequest,
    ModelTimeout,
    ModelUnavailable,
    Pricing,
    Reply,
    ToolCall,
    checked,
)
from course_utils.docqa.policy import (
    AccessError,
    AuditLog,
    Directory,
    Identity,
    fingerprint,
    may_read,
    visible,
)
from course_utils.docqa.retrieval import Index, Passage, Retriever
from course_utils.docqa.switches import Switches
from course_utils.docqa.tools import SPECS, Approvals, ToolError
from course_utils.docqa.trace import SIMULATED, Trace
from course_utils.docqa.validation import SupportCheck

MAX_QUESTION_CHARACTERS = 2_000
CLOSEST_SHOWN = 3


class State(Enum):
    """Where a request is."""

    RECEIVED = "received"
    AUTHORIZED = "authorized"
    RETRIEVED = "retrieved"
    DRAFTED = "drafted"
    ACTED = "acted"
    VALIDATED = "validated"
    ANSWERED = ANSWERED
    PROPOSED = PROPOSED
    ABSTAINED = ABSTAINED


NEXT = {
    State.RECEIVED: {State.AUTHORIZED, State.ABSTAINED},
    State.AUTHORIZED: {State.RETRIEVED, State.ANSWERED, State.ABSTAINED},
    State.RETRIEVED: {State.DRAFTED, State.ABSTAINED},
    State.DRAFTED: {State.RETRIEVED, State.ACTED, State.VALIDATED, State.ABSTAINED},
    State.ACTED: {State.DRAFTED, State.ABSTAINED, State.PROPOSED},
    State.VALIDATED: {State.ANSWERED, State.PROPOSED, State.ABSTAINED},
    State.ANSWERED: set(),
    State.PROPOSED: set(),
    State.ABSTAINED: set(),
}


@dataclass(frozen=True)
class Limits:
    """What one request may use, and how a model is tried again."""

    max_steps: int = 8
    token_budget: int = 20_000
    deadline_s: float = 30.0
    max_output_tokens: int = 500
    model_timeout_s: float = 10.0
    model_attempts: int = 3
    backoff_s: float = 0.5
    max_passages: int = 20
    models_at_once: int = 64

    def __post_init__(self) -> None:
        number("max_steps", self.max_steps, "steps", low=5, high=1_000, whole=True)
        number("token_budget", self.token_budget, "tokens", low=1, high=1e8, whole=True)
        number("deadline_s", self.deadline_s, "seconds", high=3_600, above=True)
        number("model_timeout_s", self.model_timeout_s, "seconds", high=3_600, above=True)
        number("model_attempts", self.model_attempts, "attempts", low=1, high=10, whole=True)
        number("backoff_s", self.backoff_s, "seconds", high=60)
        number("max_passages", self.max_passages, "passages", low=1, high=1_000, whole=True)
        number("models_at_once", self.models_at_once, "calls", low=1, high=10_000, whole=True)


class _Stop(Exception):
    """The request ends without an answer, for one of the reasons of `answer.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Kept:
    """The part of an answer that a cache may keep."""

    status: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    closest: tuple[Citation, ...]
    reason: str
    notices: tuple[str, ...]
    confidence: float | None


@dataclass
class _Run:
    """One request on its way."""

    identity: Identity
    question: str
    trace: Trace
    state: State = State.RECEIVED
    states: list[State] = field(default_factory=lambda: [State.RECEIVED])
    readable: list[Document] = field(default_factory=list)
    index: Index | None = None
    passages: list[Passage] = field(default_factory=list)
    done: list[tuple[ToolCall, str]] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    degraded: bool = False
    tokens: int = 0
    confidence: float | None = None

    @property
    def request(self) -> str:
        return self.trace.request


class Orchestrator:
    """Runs requests on the boxes that it is given. Safe to call from many threads."""

    def __init__(
        self,
        *,
        library: Library,
        directory: Directory,
        audit: AuditLog,
        retriever: Retriever,
        models: Sequence[Model],
        approvals: Approvals,
        cache: AnswerCache[Kept] | None,
        limits: Limits,
        switches: Switches,
        pricing: Pricing,
        latency: SimulatedLatency,
        support: SupportCheck,
    ) -> None:
        if not models:
            raise ValueError("models is empty: give one at least; those after it are fallbacks")
        self.library, self.directory, self.audit = library, directory, audit
        self.retriever, self.models, self.approvals = retriever, tuple(models), approvals
        self.cache, self.limits, self.switches = cache, limits, switches
        self.pricing, self.latency, self.support = pricing, latency, support
        self._calls = threading.BoundedSemaphore(limits.models_at_once)

    def run(self, identity: Identity, question: str, trace: Trace) -> Answer:
        """From question to answer. Raises for nothing that a model or a document does."""
        run = _Run(identity, _cleaned(question), trace)
        with trace.span("request"):
            kept, cached = self._workflow(run)
        return Answer(
            request=run.request,
            user=identity.user,
            question=run.question,
            status=kept.status,
            sentences=kept.sentences,
            citations=kept.citations,
            closest=kept.closest,
            reason=kept.reason,
            notices=(*kept.notices, *self.switches.warnings()),
            degraded=run.degraded,
            cached=cached,
            confidence=kept.confidence,
            actions=tuple(run.actions),
            states=tuple(state.value for state in run.states),
            trace=trace,
        )

    def _workflow(self, run: _Run) -> tuple[Kept, bool]:
        try:
            if not reading.words(run.question):
                raise _Stop("no_question")
            self._authorize(run)
            key, epoch = self._key(run), self.cache.epoch if self.cache is not None else 0
            if kept := self._from_cache(run, key):
                return kept, True
            self._retrieve(run, run.question)
            kept = self._answer(run, self._draft(run))
        except _Stop as stop:
            kept = self._abstain(run, stop.reason)
        lasts = kept.reason in _LASTING and not run.degraded and not run.done
        if self.cache is not None and lasts:
            # Under every document that the answer was chosen among.
            self.cache.put(key, kept, (document.key for document in run.readable), epoch)
        return kept, False

    # Auth + Policy

    def _authorize(self, run: _Run) -> None:
        with run.trace.span("policy") as span:
            everything = self.library.snapshot().values()
            run.readable = visible(run.identity, everything)
            keys = [document.key for document in run.readable]
            hidden = sorted({document.key for document in everything} - set(keys))
            user = run.identity.user
            self.audit.record(run.request, user, "search", True, keys)
            self.audit.record(run.request, user, "search", False, hidden)
            span.notes["documents"] = len(keys)
            run.trace.clock.advance(self.latency.policy_s)
        self._move(run, State.AUTHORIZED)

    def _readable_now(self, user: str, chunk_document: Document) -> bool:
        """Whether this very text may still be read: rights and documents change meanwhile."""
        now = self.library.snapshot().get(chunk_document.key)
        try:
            identity = self.directory.identity(user)
        except AccessError:
            return False
        return now is not None and now == chunk_document and may_read(identity, now)

    # Cache

    def _key(self, run: _Run) -> CacheKey:
        with_rights = self.switches.cache_key_has_permissions
        readable = fingerprint(run.readable) if with_rights else ""
        return CacheKey.of(run.question, readable, self.models[0].name)

    def _from_cache(self, run: _Run, key: CacheKey) -> Kept | None:
        if self.cache is None:
            return None
        with run.trace.span("cache") as span:
            run.trace.clock.advance(self.latency.cache_s)
            kept = self.cache.get(key)
            span.notes["hit"] = kept is not None
        if kept is not None:
            self._record_given(run, kept)
            self._move(run, State(kept.status))
        return kept

    def _record_given(self, run: _Run, kept: Kept) -> None:
        given = {f"{c.document}.v{c.version}" for c in (*kept.citations, *kept.closest)}
        self.audit.record(run.request, run.identity.user, "give", True, sorted(given))

    # Retrieval

    def _retrieve(self, run: _Run, query: str) -> None:
        inside = self.switches.filter_inside_retrieval
        with run.trace.span("retrieval") as span:
            searched = run.readable if inside else list(self.library.snapshot().values())
            run.index = self.retriever.index(searched)
            for part in ("bm25", "dense"):
                if self.retriever.settings.method in (part, "hybrid"):
                    with run.trace.span(part):
                        run.trace.clock.advance(getattr(self.latency, f"{part}_s"))
            found = self.retriever.search(run.index, query)
            run.trace.clock.advance(self.latency.fusion_s)
            allowed = [p for p in found if may_read(run.identity, p.chunk.document)]
            have = {passage.id for passage in run.passages}
            run.passages += [p for p in allowed if p.id not in have]
            del run.passages[self.limits.max_passages :]
            span.notes["passages"] = len(allowed)
        self._move(run, State.RETRIEVED)

    def _earlier(self, run: _Run) -> list[Passage]:
        """Passages of superseded versions of what was found."""
        shown = {passage.chunk.document.id for passage in run.passages}
        have = {passage.id for passage in run.passages}
        return [
            Passage(chunk, 0.0, {})
            for chunk in (run.index.chunks if run.index else ())
            if chunk.document.superseded
            and chunk.document.id in shown
            and chunk.id not in have
            and may_read(run.identity, chunk.document)
        ]

    # Model

    def _draft(self, run: _Run) -> Reply:
        """Call the model until it has an answer, within the limits."""
        while True:
            request = ModelRequest(
                question=run.question,
                passages=tuple(run.passages),
                earlier=tuple(self._earlier(run)),
                tools=SPECS,
                done=tuple(run.done),
                searched=tuple(run.searched),
                max_output_tokens=self.limits.max_output_tokens,
            )
            keys = sorted({p.chunk.document.key for p in request.passages})
            self.audit.record(run.request, run.identity.user, "model", True, keys)
            reply = self._reply(run, request)
            self._move(run, State.DRAFTED)
            if reply.tool_calls:
                self._act(run, reply.tool_calls)
                self._move(run, State.ACTED)
                if not reply.claims:
                    # A model that only wanted a tool has nothing to add to the queue's word.
                    return reply
            elif reply.search and not reply.claims:
                query = _cleaned(reply.search[:MAX_QUESTION_CHARACTERS])
                run.searched.append(query)
                self._retrieve(run, query)
                continue
            return reply

    def _reply(self, run: _Run, request: ModelRequest) -> Reply:
        """The reply of the first model that gives one."""
        failures: list[str] = []
        for place, model in enumerate(self.models):
            try:
                # A model that fails slowly must leave time for those after it.
                until_s = run.trace.clock.now() + self._left_s(run) / (len(self.models) - place)
                reply = self._tried(run, model, request, until_s)
            except ModelError as error:
                failures.append(error.what)
                continue
            if place:
                run.degraded = True
                run.notices.append(
                    f"Degraded: the usual model {failures[0]}, so this comes from the fallback."
                )
            return reply
        run.degraded = True
        raise _Stop("model_failed")

    def _tried(self, run: _Run, model: Model, request: ModelRequest, until_s: float) -> Reply:
        """One model, tried again with growing pauses where that may help."""
        jitter = random.Random(run.request)
        for attempt in range(1, self.limits.model_attempts + 1):
            try:
                return self._call(run, model, request, attempt, until_s)
            except ModelError:
                pause_s = self.limits.backoff_s * 2 ** (attempt - 1) * (0.5 + jitter.random() / 2)
                last = attempt == self.limits.model_attempts
                if last or pause_s >= until_s - run.trace.clock.now():
                    raise
                with run.trace.span("backoff"):
                    run.trace.clock.sleep(pause_s)
        raise AssertionError("an attempt returns or raises")

    def _call(
        self, run: _Run, model: Model, request: ModelRequest, attempt: int, until_s: float
    ) -> Reply:
        self._left_s(run)
        left_s = max(until_s - run.trace.clock.now(), 1e-3)
        budget = self.limits.token_budget - run.tokens
        if request.input_tokens + request.max_output_tokens > budget:
            raise _Stop("token_budget")
        request = replace(request, timeout_s=min(self.limits.model_timeout_s, left_s))
        with run.trace.span("model", used=model.name) as span:
            if attempt > 1:
                span.notes["attempt"] = attempt
            try:
                reply = checked(self._guarded(run, model, request))
            except ModelError as error:
                span.notes["failed"] = error.what
                # What was sent is paid for, unless it never arrived.
                sent = 0 if isinstance(error, ModelUnavailable) else request.input_tokens
                span.usage = self.pricing.usage(sent, 0)
                run.tokens += sent
                if isinstance(error, ModelTimeout):
                    run.trace.clock.advance(request.timeout_s)
                raise
            used = request.input_tokens, reply.output_tokens
            span.usage = self.pricing.usage(*used)
            run.tokens += sum(used)
            run.trace.clock.advance(self.latency.model_s(*used))
            span.notes["price"] = self.pricing.name
        return reply

    def _guarded(self, run: _Run, model: Model, request: ModelRequest) -> Any:
        """The model's reply, or `ModelTimeout` when it does not keep its time.

        A thread that hangs cannot be ended, so a bounded number may: then calls fail at once.
        """
        if run.trace.clock.kind == SIMULATED:
            return _call_safely(model, request)
        if not self._calls.acquire(timeout=request.timeout_s):
            raise ModelTimeout("too many calls hang already")
        results: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def work() -> None:
            try:
                results.put((True, _call_safely(model, request)))
            except ModelError as error:
                results.put((False, error))
            finally:
                self._calls.release()

        threading.Thread(target=work, daemon=True, name=f"model {model.name}").start()
        try:
            fine, result = results.get(timeout=request.timeout_s)
        except queue.Empty:
            raise ModelTimeout("no reply in time") from None
        if not fine:
            raise result
        return result

    # Tools

    def _act(self, run: _Run, calls: Sequence[ToolCall]) -> None:
        for call in calls:
            # What stands word for word in the question came from the user and from no passage.
            read = [] if _in_words_of(run.question, call) else run.passages
            with run.trace.span("tools") as span:
                run.trace.clock.advance(self.latency.tool_s)
                try:
                    action = self.approvals.propose(
                        run.identity,
                        call,
                        request=run.request,
                        sources={passage.chunk.document.key for passage in read},
                        untrusted=any(not passage.chunk.document.trusted for passage in read),
                        approve=self.switches.approve_tools,
                    )
                except ToolError as error:
                    self.audit.record(run.request, run.identity.user, "propose", False)
                    run.notices.append(f"Not proposed: {error}.")
                    run.done.append((call, f"refused: {error}"))
                    continue
                span.notes[action.call.name] = action.state
                run.actions.append(action.id)
                run.done.append((call, action.outcome or action.state))
                if action.outcome:
                    run.notices.append(f"Done without approval: {action.outcome}.")

    # Validation

    def _answer(self, run: _Run, reply: Reply) -> Kept:
        run.confidence = reply.confidence
        if reply.tool_calls and not reply.claims:
            if not run.actions:
                raise _Stop("not_confident")
            self._move(run, State.PROPOSED)
            return self._kept(run, PROPOSED)
        if reply.abstains or not reply.claims:
            raise _Stop("not_confident" if run.passages else "nothing_found")
        with run.trace.span("validation") as span:
            claims = self._supported(run, reply.claims)
            remarks = self._supported(run, reply.remarks, self._earlier(run))
            checks = len(reply.claims) + len(reply.remarks)
            run.trace.clock.advance(self.latency.validation_per_sentence_s * checks)
            span.notes["sentences"] = len(reply.claims)
            span.notes["cut"] = len(reply.claims) - len(claims)
        if run.state is State.ACTED:
            self._move(run, State.DRAFTED)
        self._move(run, State.VALIDATED)
        if not claims:
            raise _Stop("not_supported")
        if len(claims) < len(reply.claims):
            run.notices.append("Part of the answer was cut, because no source supports it.")
        run.notices += [_remark(claim, passages[0]) for claim, passages in remarks]
        numbers: dict[str, int] = {}
        sentences = []
        for claim, passages in claims:
            places = [numbers.setdefault(p.id, len(numbers) + 1) for p in passages]
            sentences.append(Sentence(reading.plain(claim.text), tuple(places)))
        cited = {p.id: p for _, passages in claims for p in passages}
        citations = tuple(_citation(numbers[name], p) for name, p in cited.items())
        if any(not citation.trusted for citation in citations):
            run.notices.append("A source of this comes from outside the company: check it.")
        self._move(run, State.ANSWERED)
        kept = self._kept(run, ANSWERED, tuple(sentences), citations)
        self._record_given(run, kept)
        return kept

    def _supported(
        self, run: _Run, claims: Sequence[Claim], also: Sequence[Passage] = ()
    ) -> list[tuple[Claim, list[Passage]]]:
        """The claims that may leave, each with the passages that support it."""
        shown = {passage.id: passage for passage in (*run.passages, *also)}
        kept = []
        for claim in claims:
            cited = [shown[name] for name in dict.fromkeys(claim.cites) if name in shown]
            cited = [p for p in cited if self._readable_now(run.identity.user, p.chunk.document)]
            if self.switches.validate_answers:
                cited = self._supporting(cited, claim.text)
                if not cited:
                    continue
            kept.append((claim, cited))
        return kept

    def _supporting(self, cited: list[Passage], sentence: str) -> list[Passage]:
        """The passages that support a sentence alone; else all of them, if together they do."""
        fits = self.support.supports
        alone = [passage for passage in cited if fits(passage.chunk.text, sentence)]
        if alone or len(cited) < 2:
            return alone
        together = "\n\n".join(passage.chunk.text for passage in cited)
        return cited if fits(together, sentence) else []

    def _abstain(self, run: _Run, reason: str) -> Kept:
        run.state = State.ABSTAINED
        run.states.append(State.ABSTAINED)
        looked = run.passages if reason in ("not_confident", "not_supported") else []
        looked = [p for p in looked if self._readable_now(run.identity.user, p.chunk.document)]
        closest = tuple(_citation(i, p) for i, p in enumerate(looked[:CLOSEST_SHOWN], start=1))
        kept = self._kept(run, ABSTAINED, closest=closest, reason=reason)
        self._record_given(run, kept)
        return kept

    def _kept(
        self,
        run: _Run,
        status: str,
        sentences: tuple[Sentence, ...] = (),
        citations: tuple[Citation, ...] = (),
        closest: tuple[Citation, ...] = (),
        reason: str = "",
    ) -> Kept:
        notices = tuple(run.notices)
        return Kept(status, sentences, citations, closest, reason, notices, run.confidence)

    # Limits

    def _move(self, run: _Run, state: State) -> None:
        if state not in NEXT[run.state]:
            raise AssertionError(f"no way from {run.state.value} to {state.value}")
        run.state = state
        run.states.append(state)
        # An answer that is there is given; only further work is capped.
        if NEXT[state] and self.switches.cap_steps and len(run.states) > self.limits.max_steps:
            raise _Stop("step_cap")

    def _left_s(self, run: _Run) -> float:
        left_s = self.limits.deadline_s - run.trace.clock.now()
        if left_s <= 0:
            raise _Stop("deadline")
        return left_s


# Reasons that will still hold when the same is asked again; "" is an answer.
_LASTING = ("", "nothing_found", "not_confident", "not_supported")


def _call_safely(model: Model, request: ModelRequest) -> Any:
    """The model's reply; whatever else it raises is a failure of the model, not of the system."""
    try:
        return model.reply(request)
    except ModelError:
        raise
    except Exception as error:
        raise ModelUnavailable(type(error).__name__) from error


def _in_words_of(question: str, call: ToolCall) -> bool:
    values = call.arguments.values() if isinstance(call.arguments, Mapping) else [None]
    said = reading.plain(question)
    return all(isinstance(value, str) and reading.plain(value) in said for value in values)


def _cleaned(question: Any) -> str:
    if not isinstance(question, str):
        raise ValueError(f"question is a {type(question).__name__}: give text")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise ValueError(
            f"question has {len(question):,} characters: ask in at most {MAX_QUESTION_CHARACTERS:,}"
        )
    # A lone surrogate is no character and could not be written to a log or a page.
    return question.encode("utf-8", "replace").decode("utf-8")


def _citation(place: int, passage: Passage) -> Citation:
    document = passage.chunk.document
    return Citation(
        number=place,
        chunk=passage.id,
        document=document.id,
        version=document.version,
        title=document.title,
        valid_from=document.valid_from,
        superseded=document.superseded,
        trusted=document.trusted,
        quote=passage.chunk.text,
    )


def _remark(claim: Claim, passage: Passage) -> str:
    document = passage.chunk.document
    return (
        f"Version {document.version} of {document.title!r}, valid from {document.valid_from} "
        f"and superseded, said: {claim.text}"
    )
