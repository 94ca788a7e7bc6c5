"""The command."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from course_utils.docqa.__main__ import main


def test_ask_shows_answer_sources_and_what_each_stage_took(capsys):
    assert main(["ask", "--user", "intern-1", "What does PT-270 mean?"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "Answer: PT-270 means that the clock has drifted by more than 90 seconds."
    )
    for part in ("Sources:", "[1] Pinetag: status codes", "retrieval", "model", "tokens in", "$"):
        assert part in out


def test_ask_says_why_there_is_no_answer(capsys):
    assert main(["ask", "--user", "intern-1", "qqqq zzzz?"]) == 0
    assert capsys.readouterr().out.startswith("No answer: I found nothing about this")


def test_an_unknown_user_is_told_the_known_ones(capsys):
    assert main(["ask", "--user", "nobody", "What?"]) == 2
    assert "There is no user 'nobody'. There are" in capsys.readouterr().err


def test_a_question_that_is_too_long_is_refused(capsys):
    assert main(["ask", "--user", "intern-1", "x" * 3000]) == 2
    assert "ask in at most 2,000" in capsys.readouterr().err


def test_a_guarantee_can_be_turned_off_and_the_answer_says_so(capsys):
    asked = ["ask", "--user", "intern-1", "What does PT-270 mean?"]
    assert main([*asked, "--without", "validate_answers", "--without", "cap_steps"]) == 0
    out = capsys.readouterr().out
    assert "Switched off, validate_answers: nobody checked" in out
    assert "Switched off, cap_steps" in out


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "usage" in capsys.readouterr().err


def test_the_model_of_the_environment_is_asked_first_and_half_a_setting_is_refused(
    capsys, monkeypatch
):
    monkeypatch.setenv("DOCQA_MODEL", "m")
    assert main(["ask", "--user", "intern-1", "What does PT-270 mean?"]) == 2
    assert "set both DOCQA_MODEL_URL and DOCQA_MODEL" in capsys.readouterr().err
    monkeypatch.setenv("DOCQA_MODEL_URL", "http://127.0.0.1:9/v1")
    assert main(["ask", "--user", "intern-1", "What does PT-270 mean?"]) == 0
    out = capsys.readouterr().out
    assert "Degraded: the usual model could not be reached" in out
    assert "90 seconds" in out


@pytest.fixture
def served(tmp_path):
    """The API in a process of its own: address, token, and the file of its audit log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    audit = tmp_path / "audit.jsonl"
    command = [sys.executable, "-u", "-m", "course_utils.docqa", "serve", "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCQA")}
    process = subprocess.Popen(
        [*command, "--user", "intern-1", "--audit", str(audit)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        token = process.stdout.readline().split()[1]
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/v1/health").status_code == 200:
                    break
            time.sleep(0.1)
        yield url, token, audit
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


def test_serve_answers_over_http_and_outlives_rude_clients(served):
    url, token, audit = served
    host, port = re.fullmatch(r"http://(.*):(\d+)", url).groups()
    headers = {"Authorization": f"Bearer {token}"}

    def ask():
        body = {"question": "What does PT-270 mean?"}
        return httpx.post(f"{url}/v1/ask", json=body, headers=headers, timeout=30)

    assert "90 seconds" in ask().json()["text"]
    # Ten megabytes: the server answers or hangs up before it has read them.
    with contextlib.suppress(httpx.TransportError):
        large = httpx.post(f"{url}/v1/ask", content=b"x" * 10_000_000, headers=headers)
        assert large.status_code == 413
    rude = (
        b"\xff\xfe\x00 nonsense\r\n\r\n",
        b'POST /v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"quest',
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\n\r\n",
    )
    for message in rude:
        with socket.create_connection((host, int(port))) as client:
            client.sendall(message)
    assert "90 seconds" in ask().json()["text"]
    entries = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert sum(entry["action"] == "give" for entry in entries) == 2


def test_serve_refuses_a_user_that_there_is_not(capsys):
    assert main(["serve", "--user", "nobody"]) == 2
    assert "no such user" in capsys.readouterr().err
