"""The API: schema, limits, errors, and what clients do at their worst."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from course_utils.docqa.api import ApiLimits, create_app
from course_utils.docqa.misbehaving import Scripted, Slow
from course_utils.docqa.orchestrator import Limits

LEAVE = "How many days of annual leave does an employee get?"
RIGHT = "Every employee gets 27 days of annual leave. [1]"
BAND = "What do band D engineers earn a year?"


def run_apart(coroutine):
    """Run it in a thread of its own: a browser test in this process may hold the event loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Client:
    """Requests to an application in this process."""

    def __init__(self, system, limits=None):
        self.system = system
        self.app = create_app(system, limits)

    def __call__(self, method, path, user=None, **settings):
        return run_apart(self.send(method, path, user, **settings))

    async def send(self, method, path, user=None, **settings):
        headers = dict(settings.pop("headers", {}))
        if user:
            headers["Authorization"] = f"Bearer {self.system.tokens.issue(user)}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://docqa") as client:
            return await client.request(method, path, headers=headers, **settings)

    def ask(self, user, question, **settings):
        return self("POST", "/v1/ask", user, json={"question": question}, **settings)


@pytest.fixture
def client(system):
    return Client(system)


def error_of(response, status, code):
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"error"}
    assert body["error"]["code"] == code
    assert body["error"]["request"] == response.headers["x-request-id"]
    return body["error"]["message"]


def test_a_question_is_answered_with_its_sources_and_its_cost(client):
    response = client.ask("worker", LEAVE)
    assert response.status_code == 200
    body = response.json()
    assert body["text"] == RIGHT
    assert body["citations"][0]["document"] == "annual-leave"
    assert body["citations"][0]["valid_from"] == "2026-01-01"
    assert body["request"] == response.headers["x-request-id"]
    assert body["input_tokens"] > 0
    assert body["usd"] > 0
    assert body["stages"][0]["name"] == "request"


def test_request_ids_differ(client):
    ids = {client.ask("worker", LEAVE).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_rights_are_those_of_the_token(client):
    assert "49,000" in client.ask("hr-1", BAND).text
    assert "49,000" not in client.ask("worker", BAND).text


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "not_signed_in"),
        ({"Authorization": "Basic abc"}, "not_signed_in"),
        ({"Authorization": "Bearer "}, "not_signed_in"),
        ({"Authorization": "Bearer nonsense"}, "bad_token"),
        ({"Authorization": b"Bearer \xff\xfe"}, "bad_token"),
    ],
)
def test_without_a_good_token_nobody_gets_anything(client, headers, code):
    response = client("POST", "/v1/ask", json={"question": LEAVE}, headers=headers)
    assert "token" in error_of(response, 401, code).lower()
    assert response.headers["www-authenticate"] == "Bearer"
    entry = client.system.audit.entries()[-1]
    assert (entry.action, entry.allowed) == ("authenticate", False)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "question: Field required"),
        ({"question": ""}, "at least 1 character"),
        ({"question": 7}, "valid string"),
        ({"question": "x" * 2001}, "at most 2000 characters"),
        ({"question": "a", "user": "hr-1"}, "user: Extra inputs"),
        ([], "Send JSON like"),
    ],
)
def test_a_request_of_another_shape_is_told_what_is_wrong(client, body, says):
    message = error_of(client("POST", "/v1/ask", "worker", json=body), 422, "invalid_request")
    assert says in message
    assert "x" * 100 not in message


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"question": "\xff\xfe"}', 400, "not_utf8"),
        (b"\x80", 400, "not_utf8"),
        (b"{", 400, "not_json"),
        (b"[" * 15_000, 400, "not_json"),
        (b"x" * 10_000_000, 413, "too_large"),
        (b"", 422, "invalid_request"),
    ],
)
def test_bytes_that_are_no_question_are_refused_and_others_are_answered(
    client, content, status, code
):
    response = client("POST", "/v1/ask", "worker", content=content)
    error_of(response, status, code)
    assert client.ask("worker", LEAVE).json()["text"] == RIGHT


def test_a_lone_surrogate_in_json_does_no_harm(client):
    body = b'{"question": "How many days of annual leave does an employee get? \\ud800"}'
    response = client("POST", "/v1/ask", "worker", content=body)
    assert response.status_code in (200, 422)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/v1/ask", 405, "wrong_method"),
        ("GET", "/docs", 404, "not_found"),
        ("GET", "/v1/audit", 404, "not_found"),
        ("GET", "/audit", 404, "not_found"),
    ],
)
def test_what_is_not_there_says_where_to_ask(client, method, path, status, code):
    assert "POST /v1/ask" in error_of(client(method, path, "hr-1"), status, code)


def test_no_route_gives_the_audit_log(client):
    client.ask("worker", BAND)
    assert any("salary-bands.v1" in e.documents for e in client.system.audit.entries())
    schema = client("GET", "/v1/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method in methods:
            url = re.sub(r"\{.*?\}", "x", path)
            response = client(method.upper(), url, "worker", json={"question": BAND})
            assert "salary-bands" not in response.text


def test_the_schema_is_typed(client):
    schema = client("GET", "/v1/openapi.json").json()
    answer = schema["components"]["schemas"]["AnswerOut"]
    assert set(answer["required"]) == set(answer["properties"])
    assert client("GET", "/v1/health").json() == {"status": "ok"}


def test_an_action_is_proposed_listed_approved_and_done_once(client):
    action = client.ask("worker", "Open a ticket: my badge is broken").json()["actions"][0]
    for user in ("worker", "boss"):
        listed = client("GET", "/v1/actions", user).json()
        assert [(a["id"], a["state"]) for a in listed] == [(action, "pending")]
    assert client("GET", "/v1/actions", "seller").json() == []
    refused = client("POST", f"/v1/actions/{action}/approve", "worker")
    assert "another person" in error_of(refused, 404, "no_such_action")
    for _ in range(2):
        done = client("POST", f"/v1/actions/{action}/approve", "boss").json()
        assert (done["state"], done["decided_by"]) == ("done", "boss")
    assert len(client.system.outbox.tickets) == 1


def test_an_action_can_be_rejected(client):
    action = client.ask("worker", "Open a ticket: my badge is broken").json()["actions"][0]
    assert client("POST", f"/v1/actions/{action}/reject", "boss").json()["state"] == "rejected"
    assert client.system.outbox.tickets == {}


def test_an_error_inside_shows_nothing_of_itself(make_system):
    client = Client(make_system())

    def broken(*arguments):
        raise RuntimeError("SECRET of salary-bands.v1")

    client.system.orchestrator.retriever.search = broken
    response = client.ask("worker", LEAVE)
    assert "report the request id" in error_of(response, 500, "internal")
    assert "SECRET" not in response.text


def test_a_request_that_takes_too_long_is_ended(make_system):
    system = make_system(models=[Slow(seconds=2)], clock="measured", limits=Limits())
    response = Client(system, ApiLimits(request_timeout_s=0.3)).ask("worker", LEAVE)
    assert "Try again" in error_of(response, 504, "timeout")


async def raw(app, messages, headers=()):
    """Send ASGI messages by hand; what the application sent."""
    sent = []
    waiting = iter(messages)

    async def receive():
        message = next(waiting, None)
        if message is None:
            await asyncio.sleep(60)
        return message

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "path": "/v1/ask", "raw_path": b"/v1/ask", "query_string": b"", "root_path": "",
        "scheme": "http", "headers": list(headers), "client": None, "server": None,
    }  # fmt: skip
    await app(scope, receive, send)
    return sent


def test_a_client_that_leaves_in_the_middle_of_its_question_is_let_go(client):
    part = {"type": "http.request", "body": b'{"quest', "more_body": True}
    sent = run_apart(raw(client.app, [part, {"type": "http.disconnect"}]))
    assert sent == []
    assert client.ask("worker", LEAVE).json()["text"] == RIGHT


def test_a_client_that_never_ends_its_question_is_cut_off(make_system):
    client = Client(make_system(), ApiLimits(body_timeout_s=0.2))
    part = {"type": "http.request", "body": b'{"quest', "more_body": True}
    sent = run_apart(raw(client.app, [part]))
    assert sent[0]["status"] == 504
    assert client.ask("worker", LEAVE).json()["text"] == RIGHT


def test_a_large_body_is_refused_before_all_of_it_has_come(client):
    part = {"type": "http.request", "body": b"x" * 10_000, "more_body": True}
    sent = run_apart(raw(client.app, [part, part, part]))
    assert sent[0]["status"] == 413


def test_one_user_cannot_take_every_place(make_system):
    system = make_system(models=[Slow(seconds=0.3)], clock="measured", cached_answers=0)
    client = Client(system, ApiLimits(requests_at_once_per_user=2))

    async def crowd():
        users = ["worker"] * 5 + ["seller"]
        asks = [client.send("POST", "/v1/ask", u, json={"question": LEAVE}) for u in users]
        return await asyncio.gather(*asks)

    *crowded, other = run_apart(crowd())
    assert sorted(r.status_code for r in crowded) == [200, 200, 429, 429, 429]
    refused = next(r for r in crowded if r.status_code == 429)
    assert "Wait for an answer" in error_of(refused, 429, "too_many_at_once")
    assert refused.headers["retry-after"] == "1"
    assert other.status_code == 200


def test_a_full_house_says_so(make_system):
    system = make_system(models=[Slow(seconds=0.3)], clock="measured", cached_answers=0)
    client = Client(system, ApiLimits(requests_at_once=1))

    async def crowd():
        asks = [
            client.send("POST", "/v1/ask", u, json={"question": LEAVE}) for u in ("worker", "boss")
        ]
        return await asyncio.gather(*asks)

    codes = sorted(response.status_code for response in run_apart(crowd()))
    assert codes == [200, 503]


def test_a_model_that_fails_is_an_answer_and_no_error(make_system):
    client = Client(make_system(models=[Scripted(None)]))
    body = client.ask("worker", LEAVE).json()
    assert (body["status"], body["reason"], body["degraded"]) == ("abstained", "model_failed", True)


def test_the_answer_is_json_for_every_status(client):
    for question in (LEAVE, "zzz qqq", "Open a ticket: x", "?"):
        json.dumps(client.ask("worker", question).json())


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_body_bytes", 1), ("request_timeout_s", 0), ("requests_at_once", 0)],
)
def test_bad_limits_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        ApiLimits(**{field: value})
