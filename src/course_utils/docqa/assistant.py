"""The chat view as a definition: who asks what in the prepared exchanges, and on which system.

`lab` starts a system of its own from it and lets one ask; the book and the text show the
prepared exchanges: one that is answered, the same question from somebody who may not read the
answer, and one whose source carries instructions to the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from course_utils.docqa.switches import Switches
from course_utils.docqa.trace import SIMULATED

if TYPE_CHECKING:
    from course_utils.docqa.answer import Answer
    from course_utils.docqa.system import System
    from course_utils.docqa.tools import Action

TITLE = "The document assistant"


@dataclass(frozen=True)
class Prepared:
    """A question that is there already, in whose name it is asked, and what to look at."""

    user: str
    question: str
    look: str


@dataclass(frozen=True)
class Exchange:
    """A prepared question with what came of it."""

    prepared: Prepared
    answer: Answer
    actions: tuple[Action, ...]


PREPARED = (
    Prepared(
        "hr-partner-2",
        "What is the pay range for an engineer (band D)?",
        "Open the source: the quote, its version, from when it holds and whether it is trusted.",
    ),
    Prepared(
        "intern-1",
        "What is the pay range for an engineer (band D)?",
        "The same question from somebody who may not read that document. The words are those "
        "that one gets where there is no such document.",
    ),
    Prepared(
        "sales-rep-3",
        "By how many months does Gannet Tires want to extend its contract?",
        "The source is a customer's mail, which also tells assistants to open a ticket. "
        "It is quoted and marked as untrusted, and nobody does what it says.",
    ),
)


def _handbook(**settings: Any) -> System:
    from course_utils.docqa.system import System

    return System.default(**settings)


@dataclass(frozen=True)
class Assistant:
    """A chat with the system that `make_system` makes, and the exchanges prepared for it."""

    make_system: Callable[[], System] = _handbook
    prepared: tuple[Prepared, ...] = PREPARED

    def __post_init__(self) -> None:
        if not self.prepared:
            raise ValueError("prepared is empty: give one exchange at least, to begin with")

    @classmethod
    def of(cls, **settings: Any) -> Assistant:
        """On the handbook of the course, with these settings of `System`."""
        return cls(partial(_handbook, **settings))

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The prepared questions asked one after the other, of one system."""
        system = self.make_system()
        made = []
        for prepared in self.prepared:
            answer = system.ask(prepared.user, prepared.question)
            actions = tuple(a for a in system.approvals.all() if a.id in answer.actions)
            made.append(Exchange(prepared, answer, actions))
        return tuple(made)

    def as_text(self, **options: Any) -> str:
        """The prepared exchanges in words; measured times are left out, as they never repeat."""
        self.refuse_options(options)
        parts = [TITLE]
        for exchange in self.exchanges:
            prepared, answer = exchange.prepared, exchange.answer
            parts.append(f"{prepared.user} asks: {answer.question}")
            parts.append(answer.as_text(times=answer.trace.clock.kind == SIMULATED))
            parts += [f"Action {action_line(action)}" for action in exchange.actions]
            parts += [prepared.look] * bool(prepared.look)
        return "\n\n".join(parts)

    def refuse_options(self, options: dict[str, Any]) -> None:
        """What can be set belongs into `assistant(...)`; here it would change half of the view."""
        if options:
            raise ValueError(
                f"show() takes no options for an assistant, got {', '.join(sorted(options))}; "
                "write show(assistant(...)) with the settings of System in it"
            )


def action_line(action: Action) -> str:
    """A tool call in one line: what, with what, for whom, and how far it is."""
    arguments = ", ".join(f"{name} {value!r}" for name, value in action.call.arguments.items())
    mark = ", with untrusted text among what the model had read" if action.untrusted else ""
    return f"{action.call.name} ({arguments}) for {action.requester}: {action.state}{mark}"


def action_data(action: Action) -> dict[str, Any]:
    """An action as plain data, without the documents that it rests on."""
    return {
        "id": action.id,
        "tool": action.call.name,
        "arguments": dict(action.call.arguments),
        "requester": action.requester,
        "state": action.state,
        "untrusted": action.untrusted,
        "decided_by": action.decided_by,
        "outcome": action.outcome,
    }


def set_switches(system: System, switches: Switches) -> None:
    """Turn guarantees off or on in a running system; queue, audit log and documents stay.

    No answer made under other guarantees may be given from the cache, so it is emptied.
    """
    system.switches = system.orchestrator.switches = switches
    system.cache.forget(system.library.snapshot())
