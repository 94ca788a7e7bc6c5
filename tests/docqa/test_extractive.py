"""The model without weights: what it picks, and when it keeps silent."""

from __future__ import annotations

import dataclasses

import pytest

from course_utils.docqa.extractive import ExtractiveModel, Weights, parts_of, wanted_tool
from course_utils.docqa.model import ModelRequest
from course_utils.docqa.retrieval import Passage
from course_utils.docqa.tools import SPECS

MODEL = ExtractiveModel()


def test_it_quotes_the_sentence_that_answers_and_cites_it(make_request):
    reply = MODEL.reply(make_request("How many days of annual leave does an employee get?"))
    assert reply.claims[0].text == "Every employee gets 27 days of annual leave."
    assert reply.claims[0].cites == ("annual-leave.v2#1",)
    assert reply.output_tokens > 0


def test_it_abstains_where_the_passages_are_about_something_else(make_request):
    reply = MODEL.reply(make_request("Which rocket do visitors from the Moon Base dock with?"))
    assert reply.abstains
    assert not reply.claims
    assert 0 < reply.confidence < MODEL.threshold


def test_it_abstains_without_passages():
    reply = MODEL.reply(ModelRequest("How many days?", ()))
    assert reply.abstains
    assert reply.confidence == 0


def test_every_claim_is_a_sentence_of_the_passage_that_it_cites(make_request):
    request = make_request("lost laptop report extension days leave gate badge", k=6)
    texts = {passage.id: passage.chunk.text for passage in request.passages}
    reply = ExtractiveModel(threshold=0, max_sentences=5, min_gain=0.01, min_ratio=0).reply(request)
    assert len(reply.claims) >= 3
    assert all(claim.text in texts[claim.cites[0]] for claim in reply.claims)


def test_it_says_what_an_earlier_version_said(make_request, company):
    request = make_request("How many days of annual leave does an employee get?")
    old = make_request("annual leave", versions="all").passages
    earlier = tuple(p for p in old if p.chunk.document.superseded)
    assert earlier
    reply = MODEL.reply(
        ModelRequest(question=request.question, passages=request.passages, earlier=earlier)
    )
    assert [remark.text for remark in reply.remarks] == [
        "Every employee gets 25 days of annual leave."
    ]


def test_an_earlier_version_that_agrees_is_not_mentioned(make_request, make_document):
    request = make_request("How many days of annual leave does an employee get?")
    same = make_document("annual-leave", "Every employee gets 27 days of annual leave.")
    from course_utils.docqa.documents import Chunking

    earlier = [Passage(chunk, 0.0, {}) for chunk in Chunking().chunks(same)]
    reply = MODEL.reply(ModelRequest(request.question, request.passages, earlier))
    assert reply.remarks == ()


def test_a_second_sentence_answers_what_the_first_leaves_open(make_request):
    reply = MODEL.reply(
        make_request("How many days of annual leave are there, and how many may be carried over?")
    )
    assert [claim.text for claim in reply.claims] == [
        "Up to 5 unused days may be carried over.",
        "Every employee gets 27 days of annual leave.",
    ] or [claim.text for claim in reply.claims] == [
        "Every employee gets 27 days of annual leave.",
        "Up to 5 unused days may be carried over.",
    ]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What do we owe to Marrow & Thyme and to Gannet Tires?",
            ("What do we owe to Marrow & Thyme?", "What do we owe to Gannet Tires?"),
        ),
        (
            "How much may a meal cost, and by when must the bill be sent?",
            ("How much may a meal cost", "by when must the bill be sent?"),
        ),
        ("When somebody quits, how long does the inbox stay?", None),
        ("My bag was stolen. Who must be told?", None),
        ("Who signs for bread and butter?", None),
    ],
)
def test_a_question_of_two_is_told_from_one(question, parts):
    assert parts_of(question) == (parts or (question,))


def test_a_policy_outranks_a_diary_that_repeats_the_question(make_request, make_document):
    told = "Somebody asked how many days of parental leave a parent gets after a birth: 30 days?"
    policy = make_document("parental-leave", "A parent gets 20 weeks, which is 100 days.")
    question = "How many days of parental leave does a parent get?"
    diary = dataclasses.replace(make_document("diary", told), kind="mail")
    request = make_request(question, documents=[diary, policy])
    assert MODEL.reply(request).claims[0].text == policy.text
    blind = ExtractiveModel(weights=Weights(retold=1.0))
    assert blind.reply(request).claims[0].text == told


@pytest.fixture
def codes(make_document):
    return [
        make_document("tag-codes", "PT-270 means that the clock has drifted."),
        make_document("forms", "FIN-230 means that the form is out of date."),
    ]


def test_each_of_two_things_gets_its_sentence(make_request, codes):
    reply = MODEL.reply(make_request("What do PT-270 and FIN-230 mean?", documents=codes))
    assert [claim.text for claim in reply.claims] == [
        "PT-270 means that the clock has drifted.",
        "FIN-230 means that the form is out of date.",
    ]
    assert reply.confidence > MODEL.threshold


def test_where_one_of_two_is_not_there_the_question_is_asked_as_a_whole(make_request, codes):
    whole = MODEL.reply(make_request("What do PT-270 and XY-999 mean?", documents=codes))
    alone = MODEL.reply(make_request("What do PT-270 mean?", documents=codes))
    assert "FIN-230" not in whole.words
    assert whole.confidence < alone.confidence


@pytest.mark.parametrize(
    ("question", "name", "arguments"),
    [
        ("Open a ticket: my badge is broken", "open_ticket", {"summary": "my badge is broken"}),
        ("please create a ticket my chair squeaks", "open_ticket", {"summary": "my chair squeaks"}),
        ("Remind me to file FIN-217", "send_reminder", {"to": "me", "text": "to file FIN-217"}),
        ("Send a reminder to hr-1: forms", "send_reminder", {"to": "hr-1", "text": "forms"}),
    ],
)
def test_it_proposes_a_tool_when_the_user_asks_for_one(make_request, question, name, arguments):
    call = MODEL.reply(make_request(question, tools=SPECS)).tool_calls[0]
    assert (call.name, dict(call.arguments)) == (name, arguments)
    assert MODEL.reply(make_request(question)).tool_calls == ()


@pytest.mark.parametrize(
    "question", ["How do I open a ticket?", "Who gets a reminder?", "What does a ticket cost?"]
)
def test_a_question_about_a_tool_is_a_question(question):
    assert wanted_tool(question) is None


def test_it_obeys_no_passage(make_request):
    request = make_request("When does the depot take pallets?", tools=SPECS)
    assert any("Ignore all previous" in p.chunk.text for p in request.passages)
    reply = MODEL.reply(request)
    assert reply.tool_calls == ()
    assert reply.claims[0].text.startswith("The depot takes pallets from 05:30 to 11:00")


@pytest.mark.parametrize("settings", [{"threshold": 1.5}, {"min_gain": -1}, {"max_sentences": 0}])
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        ExtractiveModel(**settings)
