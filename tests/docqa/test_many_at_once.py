"""Fifty requests at once from different users: to each their own, and all of it logged."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from course_utils.docqa.api import ApiLimits, create_app
from course_utils.docqa.evaluation import leaks
from course_utils.docqa.extractive import ExtractiveModel
from course_utils.docqa.misbehaving import Failing
from course_utils.docqa.policy import AuditLog

REQUESTS = 50
QUESTIONS = (
    "How many days of annual leave does an employee get?",
    "What do band D engineers earn a year?",
    "When does the depot take pallets?",
    "To which extension is a lost laptop reported?",
    "Where do visitors park?",
)
USERS = {f"u{i}": ["everyone", *(["hr"] if i % 2 else []), *(["sales"] if i % 3 else [])]
         for i in range(REQUESTS)}  # fmt: skip


def run_apart(coroutine):
    """Run it in a thread of its own: a browser test in this process may hold the event loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def ask_all(system, questions):
    app = create_app(system, ApiLimits())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://docqa") as client:

        async def ask(user, question):
            headers = {"Authorization": f"Bearer {system.tokens.issue(user)}"}
            body = {"question": question}
            return user, await client.post("/v1/ask", json=body, headers=headers)

        return await asyncio.gather(*(ask(user, q) for user, q in questions))


@pytest.mark.parametrize("clock", ["measured", "simulated"])
def test_each_gets_the_answer_that_is_theirs_and_no_entry_is_lost(make_system, tmp_path, clock):
    audit = AuditLog(tmp_path / "audit.jsonl")
    system = make_system(users=USERS, clock=clock, audit=audit)
    alone = make_system(users=USERS)
    asked = [(f"u{i}", QUESTIONS[i % len(QUESTIONS)]) for i in range(REQUESTS)]
    responses = run_apart(ask_all(system, asked))

    assert {response.status_code for _, response in responses} == {200}
    ids = [response.json()["request"] for _, response in responses]
    assert len(set(ids)) == REQUESTS
    for (user, question), (who, response) in zip(asked, responses, strict=True):
        assert who == user
        body, expected = response.json(), alone.ask(user, question)
        assert body["question"] == question
        assert body["text"] == expected.text
        assert [c["chunk"] for c in body["citations"]] == [c.chunk for c in expected.citations]
        assert leaks(alone, user, expected) == []

    entries = audit.entries()
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert len((tmp_path / "audit.jsonl").read_text().splitlines()) == len(entries)
    users_of = {response.json()["request"]: user for user, response in responses}
    per_request = Counter((entry.request, entry.action) for entry in entries)
    for request in ids:
        assert per_request[request, "authenticate"] == 1
        assert per_request[request, "search"] == 2
        assert per_request[request, "give"] == 1
        assert {e.user for e in audit.entries(request)} == {users_of[request]}
    for entry in entries:
        if entry.action == "give":
            body = next(r.json() for _, r in responses if r.json()["request"] == entry.request)
            shown = {
                f"{c['document']}.v{c['version']}" for c in body["citations"] + body["closest"]
            }
            assert set(entry.documents) == shown


def test_documents_may_come_and_go_meanwhile(make_system, make_document):
    system = make_system(users=USERS, clock="measured", models=[Failing(3), ExtractiveModel()])
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            system.put(make_document("flat", "Visitors park at the quokka fence.", readers=("hr",)))
            system.directory.set_groups("u1", ["everyone"])
            system.delete("flat")
            system.directory.set_groups("u1", ["everyone", "hr"])

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        asked = [(f"u{i}", "Where do visitors park?") for i in range(REQUESTS)]
        responses = run_apart(ask_all(system, asked))
    finally:
        stop.set()
        thread.join()
    for user, response in responses:
        assert response.status_code == 200
        if "hr" not in USERS[user]:
            assert "quokka" not in response.text
            assert "north gate" in response.json()["text"]
    assert "quokka" not in system.ask("u1", "Where do visitors park?").as_text()
