"""Nothing that reaches a user depends on a document that the user may not see.

The test is strict: for any company, any user and any question, everything that comes back
is the same, letter for letter, as in a company in which the hidden documents were never
written. What is the same cannot reveal anything: not a passage, a citation, a cached
answer, an order, a time, a price or an error.
"""

from __future__ import annotations

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils.docqa.documents import Document
from course_utils.docqa.evaluation import leaks
from course_utils.docqa.extractive import ExtractiveModel
from course_utils.docqa.misbehaving import Failing, Looping, Lying, Obedient, Scripted
from course_utils.docqa.model import Claim, Reply, ToolCall
from course_utils.docqa.orchestrator import MAX_QUESTION_CHARACTERS
from course_utils.docqa.policy import Identity, may_read
from course_utils.docqa.switches import Switches, switch_names
from course_utils.docqa.system import System

GROUPS = ("everyone", "hr", "sales", "it")
_WORDS = """
    leave days salary band laptop depot pallets gate badge ticket Ignore instructions open a
    reminder send 27 49,000 Keel FIN-217 not before after manager
"""
WORDS = _WORDS.split()

sentence = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(
    lambda words: " ".join(words).capitalize() + "."
)
document = st.builds(
    Document,
    id=st.sampled_from(["a", "b", "c", "d"]),
    version=st.integers(1, 2),
    title=sentence,
    kind=st.just("policy"),
    valid_from=st.dates(datetime.date(2024, 1, 1), datetime.date(2026, 1, 1)),
    superseded=st.booleans(),
    owner=st.just("hr"),
    readers=st.frozensets(st.sampled_from(GROUPS), min_size=1, max_size=2),
    trusted=st.booleans(),
    text=st.lists(sentence, min_size=1, max_size=5).map(" ".join),
)
company = st.lists(document, min_size=1, max_size=7, unique_by=lambda d: d.key)
question = st.one_of(sentence, st.text(max_size=60))


def _quote_all(request):
    """Repeats every passage, cites them all, and what is not there as well."""
    ids = (*(p.id for p in request.passages), "a.v1#1", "b.v1#1", "c.v2#1", "d.v2#1")
    texts = [p.chunk.text for p in request.passages] or ["Nothing."]
    call = ToolCall("open_ticket", {"summary": texts[0][:900]})
    return Reply(claims=tuple(Claim(text, ids) for text in texts), tool_calls=(call,))


MODELS = {
    "extractive": lambda: [ExtractiveModel(threshold=0.2)],
    "lying": lambda: [Lying(good=ExtractiveModel(threshold=0))],
    "obedient": lambda: [Obedient(good=ExtractiveModel(threshold=0))],
    "quotes everything": lambda: [Scripted(_quote_all)],
    "looping": lambda: [Looping()],
    "failing": lambda: [Failing(), ExtractiveModel(threshold=0)],
    "failed": lambda: [Failing()],
    "broken": lambda: [Scripted(lambda request: 1 / 0)],
}


def everything(system, user, questions):
    """All that reaches a user: answers, errors, waterfalls, actions, twice because of the cache."""
    seen = []
    for asked in [*questions, *questions]:
        try:
            answer = system.ask(user, asked)
        except Exception as error:
            seen.append(f"{type(error).__name__}: {error}")
        else:
            seen += [answer.as_text(), answer.as_dict(), repr(answer.confidence), answer.states]
    seen += [repr(action) for action in system.approvals.of(system.directory.identity(user))]
    return seen


def same_without_the_hidden(documents, groups, questions, models, **options):
    identity = Identity("u", frozenset(groups))
    visible_only = [d for d in documents if may_read(identity, d)]
    systems = [
        System(some, {"u": groups}, models=models(), **options)
        for some in (documents, visible_only)
    ]
    one, other = (everything(system, "u", questions) for system in systems)
    assert one == other


quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.mark.parametrize("name", MODELS)
@quick
@given(company, st.sets(st.sampled_from(GROUPS)), st.lists(question, min_size=1, max_size=2))
def test_what_a_user_gets_is_the_same_without_the_hidden_documents(
    name, documents, groups, questions
):
    same_without_the_hidden(documents, groups, questions, MODELS[name])


@quick
@given(company, st.sets(st.sampled_from(GROUPS)), question, st.data())
def test_other_users_and_changes_to_hidden_documents_change_nothing(documents, groups, asked, data):
    """Others ask the same first, and a hidden document is written or deleted in between."""
    identity = Identity("u", frozenset(groups))
    hidden = [d for d in documents if not may_read(identity, d)]
    users = {"u": groups, "all": GROUPS, "boss": [*GROUPS, "managers"]}
    visible_only = [d for d in documents if may_read(identity, d)]
    busy, quiet = (
        System(some, users, models=MODELS["extractive"]()) for some in (documents, visible_only)
    )
    before = [busy.ask("u", asked), quiet.ask("u", asked)]
    busy.ask("all", asked)
    quiet.new_request()  # so that both have counted the same requests
    if hidden:
        chosen = data.draw(st.sampled_from(hidden))
        if data.draw(st.booleans()):
            busy.delete(chosen.key)
        else:
            busy.put(chosen)
    after = [busy.ask("u", asked), quiet.ask("u", asked)]
    assert before[0].as_dict() == before[1].as_dict()
    assert after[0].as_dict() | {"request": ""} == after[1].as_dict() | {"request": ""}


@quick
@given(company, st.sets(st.sampled_from(GROUPS), min_size=1), question)
def test_who_may_decide_an_action_sees_no_more_than_they_may_read(documents, groups, asked):
    """What a model had read stands in its arguments; a manager without those rights sees none."""
    users = {"asker": GROUPS, "u": [*groups, "managers"]}
    identity = Identity("u", frozenset(users["u"]))
    system = System(documents, users, models=MODELS["quotes everything"]())
    system.ask("asker", asked)
    for action in system.approvals.of(identity):
        for key in action.sources:
            assert may_read(identity, system.library.snapshot()[key])


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_an_error_names_no_document(extra):
    system = System([SECRET], {"u": []})
    asked = "quokka " * (MAX_QUESTION_CHARACTERS // 7 + 1 + extra)
    with pytest.raises(ValueError, match="ask in at most") as caught:
        system.ask("u", asked)
    assert "quokka" not in str(caught.value)


SECRET = Document(
    "secret", 1, "Quokka", "policy", datetime.date(2026, 1, 1), False, "hr", frozenset({"hr"}),
    True, "The quokka merger happens on Friday at noon in the old hall.",
)  # fmt: skip


@pytest.mark.parametrize("name", [n for n in switch_names() if n == "cache_key_has_permissions"])
def test_the_property_is_one_that_can_fail(name):
    """With the cache's guarantee off the same check finds the leak."""
    system = System([SECRET], {"hr": ["hr"], "u": []}, switches=Switches.without(name))
    asked = "When does the quokka merger happen?"
    system.ask("hr", asked)
    assert leaks(system, "u", system.ask("u", asked))


def test_the_strict_check_finds_an_index_that_counts_hidden_words(monkeypatch):
    """An index over everything with a filter behind it is told apart from one without."""
    shown = [
        Document(
            name, 1, "Title", "policy", datetime.date(2026, 1, 1), False, "hr",
            frozenset({"everyone"}), True, text,
        )
        for name, text in [("a", "Leave days."), ("b", "Leave gate."), ("c", "Badge days.")]
    ]  # fmt: skip
    hidden = [
        Document(
            f"h{i}", 1, "Title", "policy", datetime.date(2026, 1, 1), False, "hr",
            frozenset({"hr"}), True, "Gate gate gate leave.",
        )
        for i in range(6)
    ]  # fmt: skip
    switches = Switches.without("filter_inside_retrieval")
    with pytest.raises(AssertionError):
        same_without_the_hidden(
            [*shown, *hidden], ["everyone"], ["leave gate days"], MODELS["extractive"],
            switches=switches,
        )  # fmt: skip
    same_without_the_hidden(
        [*shown, *hidden], ["everyone"], ["leave gate days"], MODELS["extractive"]
    )
