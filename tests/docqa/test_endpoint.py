"""A model behind an OpenAI-compatible endpoint, with a stand-in on loopback."""

from __future__ import annotations

import doctest
import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.docqa import endpoint
from course_utils.docqa.endpoint import EndpointModel, parse_claims
from course_utils.docqa.extractive import ExtractiveModel
from course_utils.docqa.model import ModelGarbage, ModelTimeout, ModelUnavailable
from course_utils.docqa.orchestrator import Limits
from course_utils.docqa.tools import SPECS

LEAVE = "How many days of annual leave does an employee get?"
RIGHT = "Every employee gets 27 days of annual leave. [1]"

_spec = importlib.util.spec_from_file_location("standin", Path(__file__).with_name("standin.py"))
_standin = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_standin)


@pytest.fixture(scope="module")
def server():
    with _standin.standin() as running:
        yield running


@pytest.fixture
def model(server):
    return lambda name, key="": EndpointModel(server.url, name, key)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(endpoint).failed == 0


def test_it_answers_through_the_system(make_system, model):
    answer = make_system(models=[model("good")]).ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert not answer.degraded
    assert answer.trace.total.output_tokens > 5


def test_the_request_has_the_instructions_the_passages_and_the_key(make_request, model, server):
    model("good", key="k-123").reply(make_request(LEAVE, tools=SPECS))
    asked, key = server.asked[-1]
    assert key == "Bearer k-123"
    assert asked["stream"] is True
    assert "Never" in asked["messages"][0]["content"]
    prompt = asked["messages"][1]["content"]
    assert "[1] Annual leave, version 2, valid from 2026-01-01:\nEvery employee" in prompt
    assert prompt.endswith(f"Question: {LEAVE}")
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["open_ticket", "send_reminder"]
    assert "untrusted" in make_request("When does the depot take pallets?").prompt()


def test_the_key_is_not_shown(model):
    assert "k-123" not in repr(model("good", key="k-123"))


def test_it_can_abstain(make_system, model):
    assert make_system(models=[model("no-answer")]).ask("worker", LEAVE).reason == "not_confident"


@pytest.mark.parametrize("name", ["uncited", "wrong-citation", "wrong-number"])
def test_what_it_makes_up_is_cut(make_system, model, name):
    answer = make_system(models=[model(name)]).ask("worker", LEAVE)
    assert answer.reason == "not_supported"
    assert answer.sentences == ()


def test_a_tool_call_goes_to_the_queue(make_system, model):
    system = make_system(models=[model("tool")])
    answer = system.ask("worker", "My badge is broken")
    assert answer.status == "proposed"
    assert [a.state for a in system.approvals.all()] == ["pending"]
    assert system.outbox.tickets == {}


def test_a_tool_that_there_is_not_is_refused(make_system, model):
    system = make_system(models=[model("unknown-tool")])
    answer = system.ask("worker", "My badge is broken")
    assert answer.abstained
    assert system.approvals.all() == []
    assert answer.notices == ("Not proposed: there is no such tool.",)
    assert not system.ask("worker", "My badge is broken").cached


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("hangs", ModelTimeout),
        ("drips", ModelTimeout),
        ("error-500", ModelUnavailable),
        ("error-429", ModelUnavailable),
        ("error-401", ModelUnavailable),
        ("not-json", ModelGarbage),
        ("other-shape", ModelGarbage),
        ("endless", ModelGarbage),
        ("bad-tool", ModelGarbage),
        ("breaks-off", ModelUnavailable),
    ],
)
def test_each_way_to_fail_has_its_name(make_request, model, name, error):
    begin = time.monotonic()
    with pytest.raises(error):
        model(name).reply(make_request(LEAVE, timeout_s=1.5))
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "name",
    ["hangs", "drips", "error-500", "not-json", "other-shape", "bytes", "empty", "blank",
     "endless", "breaks-off", "bad-tool"],
)  # fmt: skip
def test_the_fallback_answers_and_others_too(make_system, model, name):
    limits = Limits(model_timeout_s=0.5, model_attempts=1)
    models = [model(name), ExtractiveModel()]
    system = make_system(models=models, limits=limits, clock="measured")
    answer = system.ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert answer.degraded
    assert "SECRET" not in answer.as_text()
    # A good model gets all the time it needs, on a busy machine too.
    system.orchestrator.models, system.orchestrator.limits = (model("good"),), Limits()
    assert system.ask("worker", LEAVE).text == RIGHT


def test_nobody_at_the_address_is_unavailable(make_request):
    with pytest.raises(ModelUnavailable):
        EndpointModel("http://127.0.0.1:9/v1", "m").reply(make_request(LEAVE, timeout_s=1))


def test_the_environment_names_the_model():
    assert EndpointModel.from_environment({}) is None
    environment = {"DOCQA_MODEL_URL": "http://h/v1", "DOCQA_MODEL": "m", "DOCQA_MODEL_KEY": "k"}
    assert EndpointModel.from_environment(environment) == EndpointModel("http://h/v1", "m", "k")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"DOCQA_MODEL_URL": "http://h/v1"}, "set both"),
        ({"DOCQA_MODEL": "m"}, "set both"),
        ({"DOCQA_MODEL_URL": "h/v1", "DOCQA_MODEL": "m"}, "begins with http"),
    ],
)
def test_half_an_environment_is_refused(environment, says):
    with pytest.raises(ValueError, match=says):
        EndpointModel.from_environment(environment)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("It is so. [1]", [("It is so.", ("a",))]),
        ("It is so [1].", [("It is so.", ("a",))]),
        ("It is so.[1][2]", [("It is so.", ("a", "b"))]),
        ("It is so [1, 2].", [("It is so.", ("a", "b"))]),
        ("First. Second. [2]", [("First.", ()), ("Second.", ("b",))]),
        ("It is so. [0][3]", [("It is so.", ())]),
        ("[1]", []),
        ("", []),
    ],
)
def test_citations_are_read_from_the_text(text, claims):
    assert [(c.text, c.cites) for c in parse_claims(text, ["a", "b"])] == claims


@given(st.text(max_size=300))
def test_any_reply_can_be_parsed(text):
    for claim in parse_claims(text, ["a", "b"]):
        assert set(claim.cites) <= {"a", "b"}
