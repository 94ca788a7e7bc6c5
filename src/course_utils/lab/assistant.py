"""The chat with the document assistant as live ipywidgets."""

from __future__ import annotations

import textwrap
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets

from course_utils.calculators import words
from course_utils.docqa.assistant import TITLE, Assistant, action_data, set_switches
from course_utils.docqa.client import HEADS
from course_utils.docqa.policy import AccessError
from course_utils.docqa.switches import Switches, switch_names
from course_utils.docqa.system import System
from course_utils.docqa.tools import APPROVERS, PENDING, Action
from course_utils.lab.quiz_parts import Folded, button, said_html, set_shown
from course_utils.views.assistant import action_html, answer_html, notices_html, question_html
from course_utils.views.style import css_text

_FULL = partial(widgets.Layout, width="100%")
_LABEL = {"description_width": "initial"}
_SHOWN_QUESTION = 70


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f'<p class="cu-assistant-heading">{escape(text)}</p>')


def _status(message: str) -> str:
    return said_html(message, "cu-status")


def _error(error: Exception) -> str:
    return f'<p role="alert" class="cu-error">{escape(str(error))}</p>'


class Guarantees(widgets.VBox):
    """Every guarantee with a box that turns it off; `warning` says which are off."""

    def __init__(self, system: System):
        self._system = system
        self.boxes = {name: self._box(name) for name in switch_names()}
        lead = "What is turned off here is off for everybody, and every answer then says so."
        self.fold = Folded(
            "Turn off a guarantee",
            [widgets.HTML(f'<p class="cu-status">{lead}</p>'), *self.boxes.values()],
        )
        self.warning = widgets.HTML(layout=_FULL())
        super().__init__([self.fold, self.warning], layout=_FULL())
        self._warn()

    def _box(self, name: str) -> widgets.Checkbox:
        # The warning is what the answers say, so that one knows it before.
        says = Switches.without(name).warnings()[0].partition(": ")[2]
        box = widgets.Checkbox(
            value=name in self._system.switches.off(),
            description=f"Without {name}: {says}",
            indent=False,
            style=_LABEL,
            layout=_FULL(),
        )
        box.observe(self._switched, names="value")
        return box

    def _switched(self, _change) -> None:
        off = [name for name, box in self.boxes.items() if box.value]
        set_switches(self._system, Switches.without(*off))
        self._warn()

    def _warn(self) -> None:
        warnings = notices_html(self._system.switches.warnings())
        self.warning.value = f'<div role="status">{warnings}</div>' if warnings else ""


class Queue(widgets.VBox):
    """The tool calls that wait: those of who asks, and those that another user may decide."""

    def __init__(self, system: System, user: str):
        self._system, self._user = system, user
        users = system.directory.users()
        managers = [u for u in users if APPROVERS in system.directory.identity(u).groups]
        first = next((u for u in managers if u != user), users[0])
        self.decider = widgets.Dropdown(
            options=users, value=first, description="Decide as", style=_LABEL
        )
        self.decider.observe(lambda _: self.refresh(), names="value")
        self.own = widgets.HTML(layout=_FULL())
        self.said = widgets.HTML(layout=_FULL())
        self.rows = widgets.VBox(layout=_FULL())
        self.buttons: dict[str, tuple[widgets.Button, widgets.Button]] = {}
        super().__init__(
            [_heading("Actions and approval"), self.own, self.decider, self.said, self.rows],
            layout=_FULL(),
        )
        self.refresh()

    def show_for(self, user: str) -> None:
        """The actions of another asker."""
        self._user = user
        self.said.value = ""
        self.refresh()

    def _actions(self, user: str) -> list[Action]:
        try:
            return self._system.approvals.of(self._system.directory.identity(user))
        except AccessError:  # the account is gone: nothing is theirs any more
            return []

    def refresh(self) -> None:
        """Show who asks what has become of it, and who decides what waits for them."""
        own = [a for a in self._actions(self._user) if a.requester == self._user]
        self.own.value = (
            "".join(action_html(action_data(action)) for action in own)
            or f'<p class="cu-status">{escape(self._user)} has asked for no action.</p>'
        )
        decider = self.decider.value
        waiting = [
            a for a in self._actions(decider) if a.state == PENDING and a.requester != decider
        ]
        self.buttons = {}
        rows = [self._row(number, action) for number, action in enumerate(waiting, start=1)]
        if not rows:
            nothing = (
                f"Nothing waits for {decider}. Another person than the requester decides, who is "
                f"in the group {APPROVERS} and may read what the model had read."
            )
            rows = [widgets.HTML(f'<p class="cu-status">{escape(nothing)}</p>')]
        self.rows.children = rows

    def _row(self, number: int, action: Action) -> widgets.VBox:
        approve = button(f"Approve {number}", partial(self._decide, action.id, True))
        refuse = button(f"Refuse {number}", partial(self._decide, action.id, False), quiet=True)
        self.buttons[action.id] = (approve, refuse)
        card = widgets.HTML(
            f'<p class="cu-status">Action {number}</p>{action_html(action_data(action))}',
            layout=_FULL(),
        )
        return widgets.VBox([card, widgets.HBox([approve, refuse])], layout=_FULL())

    def _decide(self, action_id: str, approve: bool) -> None:
        try:
            action = self._system.decide(self.decider.value, action_id, approve=approve)
        except AccessError as error:
            self.said.value = _error(error)
        else:
            done = action.outcome or action.state
            line = f"{action.call.name} for {action.requester}, {action.decided_by}: {done}"
            self.said.value = _status(line)
        self.refresh()


class AssistantCard(widgets.VBox):
    """The whole chat on a system of its own. What one user asked is not shown to another."""

    def __init__(self, definition: Assistant):
        self.definition = definition
        self.system = definition.make_system()
        self._asked: dict[str, list[dict[str, Any]]] = {}
        begin = definition.prepared[0]
        self.prepared = widgets.Dropdown(
            options=[(f"{p.user}: {p.question}", n) for n, p in enumerate(definition.prepared)],
            description="Begin with",
            style=_LABEL,
            layout=_FULL(),
        )
        self.prepared.observe(self._begin, names="value")
        self.look = widgets.HTML(layout=_FULL())
        self.user = widgets.Dropdown(
            options=[(self._named(user), user) for user in self.system.directory.users()],
            value=begin.user,
            description="Ask as",
            style=_LABEL,
            layout=_FULL(max_width="30rem"),
        )
        self.user.observe(self._another_user, names="value")
        self.question = widgets.Textarea(
            value=begin.question, description="Question", rows=2, style=_LABEL, layout=_FULL()
        )
        self.send = button("Ask", self.ask)
        self.said = widgets.HTML(layout=_FULL())
        self.answer = widgets.HTML(layout=_FULL())
        self.history = widgets.Select(
            options=[], description="Asked before", rows=4, style=_LABEL, layout=_FULL()
        )
        self.history.observe(self._ask_again, names="value")
        self.spent = widgets.HTML(layout=_FULL())
        self.guarantees = Guarantees(self.system)
        self.queue = Queue(self.system, begin.user)
        super().__init__(
            [
                widgets.HTML(f"<style>{css_text('lab', 'assistant')}</style>"),
                widgets.HTML(f'<p class="cu-card-title">{escape(TITLE)}</p>'),
                self.prepared,
                self.look,
                self.user,
                self.question,
                self.send,
                self.said,
                self.answer,
                self.history,
                self.spent,
                self.queue,
                self.guarantees,
            ],
            layout=widgets.Layout(width="100%", max_width="54rem"),
        )
        self.add_class("cu-card")
        self.add_class("cu-assistant")
        self._begin()
        self._show_history()

    def _begin(self, _change=None) -> None:
        """Put a prepared question into the box; it is asked by a click, like any other."""
        prepared = self.definition.prepared[self.prepared.value]
        self.user.value, self.question.value = prepared.user, prepared.question
        self.look.value = f'<p class="cu-assistant-look">{escape(prepared.look)}</p>'

    def _named(self, user: str) -> str:
        return f"{user} ({', '.join(sorted(self.system.directory.identity(user).groups))})"

    def ask(self) -> None:
        """Ask what is typed in the name of who is chosen, and show what comes of it."""
        user, question = self.user.value, self.question.value
        self.send.disabled = True
        self.answer.value = ""
        self.said.value = _status("Asking. The first question with these rights builds an index.")
        try:
            answer = self.system.ask(user, question)
        except (AccessError, ValueError) as error:
            self.said.value = _error(error)
        else:
            data = answer.as_dict()
            self.said.value = _status(f"{HEADS[answer.status]}.")
            shown = answer_html(data, clock=self.system.clock)
            self.answer.value = question_html(user, answer.question) + shown
            self._asked.setdefault(user, []).append(data)
            self._show_history()
        finally:
            self.send.disabled = False
        self.queue.refresh()

    def _another_user(self, _change) -> None:
        self.answer.value = self.said.value = ""
        self._show_history()
        self.queue.show_for(self.user.value)

    def _show_history(self) -> None:
        asked = self._asked.get(self.user.value, [])
        self.history.options = [
            (
                f"{number}. {textwrap.shorten(data['question'], _SHOWN_QUESTION)} "
                f"({HEADS[data['status']].lower()})",
                number,
            )
            for number, data in enumerate(asked, start=1)
        ]
        self.history.value = None
        set_shown(self.history, bool(asked))
        self.spent.value = self._spent_html(asked) if asked else ""

    def _spent_html(self, asked: list[dict[str, Any]]) -> str:
        used = sum(data["input_tokens"] + data["output_tokens"] for data in asked)
        usd = sum(data["usd"] for data in asked)
        questions = "1 question" if len(asked) == 1 else f"{len(asked)} questions"
        line = f"{questions}: {words.tokens(used)}, {words.dollars(usd)}"
        return f'<p class="cu-status">{escape(line)}. Choose one to put it into the box again.</p>'

    def _ask_again(self, change) -> None:
        if change.new is not None:
            self.question.value = self._asked[self.user.value][change.new - 1]["question"]


def widget(definition: Assistant, **options: Any) -> AssistantCard:
    """The live chat; what can be set belongs into `assistant(...)`."""
    definition.refuse_options(options)
    return AssistantCard(definition)
