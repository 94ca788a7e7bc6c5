"""Tools: two with side effects, each idempotent and behind a person's approval.

A call is filed under a key of user, tool and arguments, so asking twice does it once. The
price: a second ticket in the same words is taken for the first. A key that the client makes
for each request, and repeats when it tries again, would tell the two apart.

What a model proposes waits in the queue until somebody else, who may read every document
that the model had before it, says yes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from course_utils.docqa.model import ToolCall, ToolSpec
from course_utils.docqa.policy import AccessError, AuditLog, Identity

PENDING, DONE, REJECTED = "pending", "done", "rejected"
MAX_ARGUMENT_CHARACTERS = 1_000
MAX_PENDING_PER_USER = 20
APPROVERS = "managers"

OPEN_TICKET = ToolSpec(
    "open_ticket", "Open a ticket with the service desk.", {"summary": "what is wrong, in words"}
)
SEND_REMINDER = ToolSpec(
    "send_reminder",
    "Send a reminder to a colleague.",
    {"to": "the user to remind", "text": "what of"},
)
SPECS = (OPEN_TICKET, SEND_REMINDER)


class ToolError(ValueError):
    """A call that cannot be done; the message says what is wrong with it."""


@dataclass(frozen=True)
class Action:
    """A tool call on its way: who asked, what for, and what the model had read.

    `untrusted`: a passage from outside the company was among what the model had read, so
    the call may be a stranger's idea.
    """

    id: str
    requester: str
    call: ToolCall
    state: str
    untrusted: bool
    sources: frozenset[str] = field(repr=False)
    decided_by: str = ""
    outcome: str = ""


class Outbox:
    """Where the side effects end up here: tickets and reminders, each one once."""

    def __init__(self) -> None:
        self.tickets: dict[str, Mapping[str, Any]] = {}
        self.reminders: dict[str, Mapping[str, Any]] = {}

    def do(self, key: str, call: ToolCall) -> str:
        """Do it, or nothing if this key was done before; what happened, in words."""
        if call.name == OPEN_TICKET.name:
            self.tickets.setdefault(key, dict(call.arguments))
            return f"ticket {list(self.tickets).index(key) + 1} is open"
        self.reminders.setdefault(key, dict(call.arguments))
        return f"the reminder is on its way to {call.arguments['to']}"


def check(call: ToolCall, users: Iterable[str]) -> ToolCall:
    """The call if a tool can do it, else `ToolError`. A model's arguments are input like any."""
    spec = next((spec for spec in SPECS if spec.name == call.name), None)
    if spec is None:
        # The name is the model's word, and nothing of that is shown unchecked.
        raise ToolError("there is no such tool")
    if not isinstance(call.arguments, Mapping) or set(call.arguments) != set(spec.arguments):
        raise ToolError(f"{spec.name} takes {', '.join(spec.arguments)} and nothing else")
    for name, value in call.arguments.items():
        if not isinstance(value, str) or not value.strip():
            raise ToolError(f"{spec.name}: {name} has to be text")
        if len(value) > MAX_ARGUMENT_CHARACTERS:
            raise ToolError(f"{spec.name}: {name} is longer than {MAX_ARGUMENT_CHARACTERS}")
    if spec is SEND_REMINDER and call.arguments["to"] not in users:
        raise ToolError("send_reminder: there is no such user to remind")
    return call


class Approvals:
    """The queue of actions. One lock, so that two approvals of one action do it once."""

    def __init__(
        self,
        audit: AuditLog,
        outbox: Outbox,
        readable: Callable[[Identity], frozenset[str]],
        users: Callable[[], Iterable[str]],
    ) -> None:
        self._audit, self._outbox = audit, outbox
        self._readable, self._users = readable, users
        self._lock = threading.RLock()
        self._actions: dict[str, Action] = {}

    def propose(
        self,
        identity: Identity,
        call: ToolCall,
        *,
        request: str,
        sources: Iterable[str],
        untrusted: bool,
        approve: bool = True,
    ) -> Action:
        """Put a call into the queue; `approve=False` is the switch that does it at once."""
        if isinstance(call.arguments, Mapping) and call.arguments.get("to") == "me":
            call = ToolCall(call.name, {**call.arguments, "to": identity.user})
        call = check(call, self._users())
        key = _key(identity.user, call)
        with self._lock:
            if key in self._actions:
                return self._actions[key]
            waiting = [a for a in self._actions.values() if a.requester == identity.user]
            if sum(a.state == PENDING for a in waiting) >= MAX_PENDING_PER_USER:
                raise ToolError(f"{MAX_PENDING_PER_USER} of your actions wait already")
            action = Action(key, identity.user, call, PENDING, untrusted, frozenset(sources))
            self._audit.record(request, identity.user, f"propose {call.name}", True, detail=key)
            self._actions[key] = action
            return action if approve else self._do(action, "nobody", request)

    def _do(self, action: Action, by: str, request: str) -> Action:
        outcome = self._outbox.do(action.id, action.call)
        self._audit.record(request, by, f"do {action.call.name}", True, detail=action.id)
        done = replace(action, state=DONE, decided_by=by, outcome=outcome)
        self._actions[action.id] = done
        return done

    def decide(self, identity: Identity, action_id: str, *, approve: bool, request: str) -> Action:
        """Approve or reject; `AccessError` for whoever may not, and for what is not there."""
        with self._lock:
            action = self._actions.get(action_id)
            if action is None or not self._may_decide(identity, action):
                self._audit.record(request, identity.user, "decide", False, detail=action_id)
                # One message for both, so that nobody learns which actions there are.
                raise AccessError(
                    "there is no action with this id that you may decide: another person than "
                    f"the requester decides, who is in the group {APPROVERS!r}"
                )
            if action.state != PENDING:
                return action
            if approve:
                return self._do(action, identity.user, request)
            self._audit.record(
                request, identity.user, f"reject {action.call.name}", True, detail=action_id
            )
            action = replace(action, state=REJECTED, decided_by=identity.user)
            self._actions[action_id] = action
            return action

    def _may_decide(self, identity: Identity, action: Action) -> bool:
        # The arguments may quote what the model had read: who decides must be able to read it.
        return (
            APPROVERS in identity.groups
            and identity.user != action.requester
            and action.sources <= self._readable(identity)
        )

    def of(self, identity: Identity) -> list[Action]:
        """The actions that this user asked for, and those that wait for this user."""
        with self._lock:
            actions = list(self._actions.values())
        return [a for a in actions if a.requester == identity.user] + [
            a for a in actions if a.state == PENDING and self._may_decide(identity, a)
        ]

    def all(self) -> list[Action]:
        """Every action, for whoever runs the system."""
        with self._lock:
            return list(self._actions.values())


def _key(user: str, call: ToolCall) -> str:
    parts = json.dumps([user, call.name, dict(call.arguments)], sort_keys=True)
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]
