"""The boxes put together: a system that one can ask.

>>> from course_utils.docqa.system import System
>>> answer = System.default().ask("support-agent-5", "What does PT-270 mean?")
>>> answer.text
'PT-270 means that the clock has drifted by more than 90 seconds. [1]'
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Mapping, Sequence

from course_utils.calculators.validate import one_of
from course_utils.docqa.answer import Answer
from course_utils.docqa.cache import AnswerCache
from course_utils.docqa.documents import Document, Library, load_documents
from course_utils.docqa.extractive import ExtractiveModel
from course_utils.docqa.latency import SimulatedLatency
from course_utils.docqa.model import Model, Pricing
from course_utils.docqa.orchestrator import Kept, Limits, Orchestrator
from course_utils.docqa.policy import AuditLog, Directory, Identity, Tokens, load_users, visible
from course_utils.docqa.retrieval import RetrievalSettings, Retriever
from course_utils.docqa.switches import Switches
from course_utils.docqa.tools import Action, Approvals, Outbox
from course_utils.docqa.trace import MEASURED, SIMULATED, MeasuredClock, SimulatedClock, Trace
from course_utils.docqa.validation import SupportCheck


class System:
    """Document question answering, box by box. Safe to ask from many threads.

    `models`: the first is used, the others stand in when it fails. `clock`: "simulated" gives
    the same times on every machine, "measured" reads this one's clock.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        users: Mapping[str, Iterable[str]],
        *,
        models: Sequence[Model] | None = None,
        retrieval: RetrievalSettings | None = None,
        limits: Limits | None = None,
        switches: Switches | None = None,
        price: str = "model-m",
        latency: SimulatedLatency | None = None,
        clock: str = SIMULATED,
        cached_answers: int = 1_000,
        support: SupportCheck | None = None,
        audit: AuditLog | None = None,
    ) -> None:
        self.library = Library(documents)
        self.directory = Directory(users)
        self.tokens = Tokens()
        self.audit = audit or AuditLog()
        self.retriever = Retriever(retrieval or RetrievalSettings())
        self.cache: AnswerCache[Kept] = AnswerCache(cached_answers)
        self.switches = switches or Switches()
        self.outbox = Outbox()
        self.approvals = Approvals(
            self.audit, self.outbox, self._readable_keys, self.directory.users
        )
        self.clock = one_of("clock", clock, (SIMULATED, MEASURED))
        self._count = itertools.count(1)
        self.orchestrator = Orchestrator(
            library=self.library,
            directory=self.directory,
            audit=self.audit,
            retriever=self.retriever,
            models=[ExtractiveModel()] if models is None else models,
            approvals=self.approvals,
            cache=self.cache if cached_answers else None,
            limits=limits or Limits(),
            switches=self.switches,
            pricing=Pricing(price),
            latency=latency or SimulatedLatency(),
            support=support or SupportCheck(),
        )

    @classmethod
    def default(cls, **settings: object) -> System:
        """The system on the handbook that comes with the course; settings as above."""
        return cls(load_documents(), load_users(), **settings)

    def ask(self, user: str, question: str) -> Answer:
        """The answer for this user; `AccessError` for a user that there is not."""
        return self.ask_as(self.directory.identity(user), question)

    def ask_with_token(self, token: str, question: str) -> Answer:
        """The answer for whom the token belongs to."""
        return self.ask_as(self.identity(token), question)

    def identity(self, token: str) -> Identity:
        return self.directory.identity(self.tokens.user(token))

    def ask_as(self, identity: Identity, question: str, request: str | None = None) -> Answer:
        """The answer for an identity that was checked; `request` is its id."""
        clock = SimulatedClock() if self.clock == SIMULATED else MeasuredClock()
        trace = Trace(request or self.new_request(), clock)
        return self.orchestrator.run(identity, question, trace)

    def new_request(self) -> str:
        """An id for a request: counted where outputs have to repeat, else random."""
        return f"r{next(self._count):05}" if self.clock == SIMULATED else uuid.uuid4().hex

    def put(self, document: Document) -> None:
        """Add or replace a version of a document; it holds from the next request on."""
        before = self.library.put(document)
        if before:
            self._forget([before])
        self.retriever.add(document)

    def delete(self, document_id: str) -> None:
        """Remove a document with all its versions, and whatever was made from it."""
        self._forget(self.library.delete(document_id))

    def _forget(self, documents: list[Document]) -> None:
        self.cache.forget(document.key for document in documents)
        self.retriever.forget(documents)

    def decide(self, user: str, action_id: str, *, approve: bool) -> Action:
        """Approve or reject an action in the name of this user."""
        identity = self.directory.identity(user)
        return self.approvals.decide(
            identity, action_id, approve=approve, request=self.new_request()
        )

    def _readable_keys(self, identity: Identity) -> frozenset[str]:
        documents = self.library.snapshot().values()
        return frozenset(document.key for document in visible(identity, documents))
