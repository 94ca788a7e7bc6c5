"""Tools: nothing is done without a person, and nothing is done twice."""

from __future__ import annotations

import threading

import pytest

from course_utils.docqa.misbehaving import Obedient, Scripted
from course_utils.docqa.model import Reply, ToolCall
from course_utils.docqa.policy import AccessError
from course_utils.docqa.switches import Switches
from course_utils.docqa.tools import MAX_PENDING_PER_USER, ToolError, check

TICKET = "Open a ticket: my badge is broken"
DEPOT = "When does the depot take pallets?"


def propose(system, user, question=TICKET):
    answer = system.ask(user, question)
    assert answer.status == "proposed"
    return answer.actions[0]


def test_a_ticket_waits_until_somebody_else_approves_it(system):
    action = propose(system, "worker")
    assert system.outbox.tickets == {}
    done = system.decide("boss", action, approve=True)
    assert (done.state, done.decided_by) == ("done", "boss")
    assert list(system.outbox.tickets.values()) == [{"summary": "my badge is broken"}]


def test_a_reminder_to_me_is_for_who_asks(system):
    action = propose(system, "worker", "Remind me to return the badge")
    system.decide("boss", action, approve=True)
    assert list(system.outbox.reminders.values()) == [
        {"to": "worker", "text": "to return the badge"}
    ]


def test_what_is_rejected_is_not_done_and_stays_so(system):
    action = propose(system, "worker")
    assert system.decide("boss", action, approve=False).state == "rejected"
    assert system.decide("boss", action, approve=True).state == "rejected"
    assert system.outbox.tickets == {}


def test_asking_and_approving_twice_does_it_once(system):
    first, second = propose(system, "worker"), propose(system, "worker")
    assert first == second
    for _ in range(2):
        system.decide("boss", first, approve=True)
    propose(system, "worker")
    assert len(system.outbox.tickets) == 1


def test_two_users_who_ask_the_same_get_two_tickets(system):
    for user in ("worker", "seller"):
        system.decide("boss", propose(system, user), approve=True)
    assert len(system.outbox.tickets) == 2


def test_many_approvals_at_once_do_it_once(system):
    action = propose(system, "worker")
    threads = [
        threading.Thread(target=system.decide, args=("boss", action), kwargs={"approve": True})
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(system.outbox.tickets) == 1
    assert sum(entry.action == "do open_ticket" for entry in system.audit.entries()) == 1


def test_nobody_approves_their_own_action_or_without_the_group(system):
    own = propose(system, "boss")
    other = propose(system, "worker")
    for user, action in [("boss", own), ("seller", other), ("worker", other), ("boss", "no-id")]:
        with pytest.raises(AccessError, match="no action with this id that you may decide"):
            system.decide(user, action, approve=True)
    assert system.outbox.tickets == {}
    assert sum(e.action == "decide" and not e.allowed for e in system.audit.entries()) == 4


def test_who_approves_must_be_able_to_read_what_the_model_had_read(make_system):
    call = ToolCall("open_ticket", {"summary": "Band D earns up to 69,500 dollars"})
    system = make_system(models=[Scripted(Reply(tool_calls=(call,)))])
    action = propose(system, "hr-1", "What do band D engineers earn a year?")
    assert system.approvals.all()[0].sources >= {"salary-bands.v1"}
    with pytest.raises(AccessError):
        system.decide("boss", action, approve=True)
    boss, hr_boss = (system.directory.identity(user) for user in ("boss", "hr-boss"))
    assert system.approvals.of(boss) == []
    assert [a.id for a in system.approvals.of(hr_boss)] == [action]
    assert system.decide("hr-boss", action, approve=True).state == "done"


def test_what_the_user_said_word_for_word_comes_from_no_passage(system):
    propose(system, "seller", "Open a ticket: the depot takes no pallets")
    action = system.approvals.all()[0]
    assert (action.sources, action.untrusted) == (frozenset(), False)


def test_an_injected_instruction_waits_in_the_queue_and_is_marked(make_system):
    system = make_system(models=[Obedient()])
    answer = system.ask("seller", DEPOT)
    assert system.outbox.tickets == {}
    assert answer.text.startswith("The depot takes pallets from 05:30")
    action = system.approvals.all()[0]
    assert (action.state, action.untrusted) == ("pending", True)
    assert "90,000" in action.call.arguments["summary"]


def test_without_approval_the_injected_instruction_is_done(make_system):
    system = make_system(models=[Obedient()], switches=Switches.without("approve_tools"))
    answer = system.ask("seller", DEPOT)
    assert "90,000" in next(iter(system.outbox.tickets.values()))["summary"]
    assert any(note.startswith("Done without approval: ticket 1") for note in answer.notices)
    assert "Switched off, approve_tools" in answer.notices[-1]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (ToolCall("wire_money", {}), "there is no such tool"),
        (ToolCall("open_ticket", {}), "takes summary and nothing else"),
        (ToolCall("open_ticket", {"summary": "a", "as": "root"}), "nothing else"),
        (ToolCall("open_ticket", {"summary": ""}), "summary has to be text"),
        (ToolCall("open_ticket", {"summary": ["a"]}), "summary has to be text"),
        (ToolCall("open_ticket", {"summary": "a" * 1001}), "longer than 1000"),
        (ToolCall("open_ticket", ["a"]), "takes summary"),
        (ToolCall("send_reminder", {"to": "nobody", "text": "a"}), "no such user"),
        (ToolCall(None, None), "there is no such tool"),
    ],
)
def test_a_call_that_no_tool_can_do_is_refused(system, call, says):
    with pytest.raises(ToolError, match=says):
        check(call, system.directory.users())


@pytest.mark.parametrize("arguments", [None, [], {"to": "me"}, {1: 2}, {"summary": "\ud800"}])
def test_a_model_s_nonsense_for_a_tool_stops_nothing(make_system, arguments):
    reply = Reply(tool_calls=(ToolCall("open_ticket", arguments),))
    system = make_system(models=[Scripted(reply)])
    assert system.ask("worker", "My badge is broken").status in ("abstained", "proposed")


def test_a_queue_cannot_be_flooded(make_system):
    calls = tuple(ToolCall("open_ticket", {"summary": f"number {i}"}) for i in range(100))
    system = make_system(models=[Scripted(Reply(tool_calls=calls))])
    answer = system.ask("worker", "My badge is broken")
    assert len(answer.actions) == MAX_PENDING_PER_USER == len(system.approvals.all())


def test_an_answer_with_an_action_is_not_cached(system):
    propose(system, "worker")
    assert not system.ask("worker", TICKET).cached
    assert len(system.cache) == 0
