"""The reference system under load on loopback: percentiles, right answers, lost audit entries.

    python -m benchmarks.docqa_load [--requests 400] [--clients 1 10 50]

A server in a process of its own; clients that each send their next question when the last
one is answered, in the name of different users. Every answer is compared with the one that
the same user gets from a system of this process, and the audit log of the server must hold
every request. Exits with 1 if an answer is another's or an entry is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from course_utils.calculators import words
from course_utils.docqa.evaluation import aligned, quantile
from course_utils.docqa.labels import load_questions
from course_utils.docqa.system import System

START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 60.0


@dataclass
class Run:
    """What so many clients at once saw."""

    clients: int
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    failed: Counter[int] = field(default_factory=Counter)
    requests: dict[str, str] = field(default_factory=dict)
    wall_s: float = 0.0

    def row(self) -> list[str]:
        ordered = sorted(self.seconds)
        shares = (0.5, 0.95, 0.99)
        return [
            str(self.clients),
            f"{len(ordered):,}",
            *(words.seconds(quantile(ordered, share)) for share in shares),
            f"{len(ordered) / self.wall_s:.0f}",
            str(len(self.wrong)),
            str(self.failed.total()),
        ]


@contextlib.contextmanager
def server(audit: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The served API: its address and a token for each user."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-u", "-m", "course_utils.docqa", "serve"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--audit", str(audit)], stdout=subprocess.PIPE, text=True
    )
    try:
        lines = itertools.takewhile(str.strip, process.stdout)
        tokens = dict(line.split() for line in lines)
        url = f"http://127.0.0.1:{port}"
        begin = time.monotonic()
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/v1/health").status_code == 200:
                    break
            if time.monotonic() - begin > START_TIMEOUT_S:
                raise TimeoutError("the server does not start")
            time.sleep(0.1)
        yield url, tokens
    finally:
        process.terminate()
        process.wait(timeout=30)


async def load(
    url: str,
    tokens: dict[str, str],
    questions: list[tuple[str, str]],
    expected: dict[tuple[str, str], str],
    clients: int,
) -> Run:
    """So many clients ask these questions, each its next one after its last answer."""
    run, waiting = Run(clients), iter(questions)
    async with httpx.AsyncClient(
        base_url=url,
        timeout=ANSWER_TIMEOUT_S,
        limits=httpx.Limits(max_connections=clients),
    ) as http:

        async def client() -> None:
            for user, question in waiting:
                headers = {"Authorization": f"Bearer {tokens[user]}"}
                begin = time.perf_counter()
                response = await http.post("/v1/ask", json={"question": question}, headers=headers)
                run.seconds.append(time.perf_counter() - begin)
                if response.status_code != 200:
                    run.failed[response.status_code] += 1
                    continue
                body = response.json()
                run.requests[body["request"]] = user
                if body["text"] != expected[user, question]:
                    run.wrong.append(f"{user}: {question}")

        begin = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        run.wall_s = time.perf_counter() - begin
    return run


def lost(audit: Path, requests: dict[str, str]) -> list[str]:
    """Requests of which the audit log lacks an entry, or has one of another user."""
    kinds: dict[str, Counter[str]] = {}
    users: dict[str, set[str]] = {}
    for sequence, line in enumerate(audit.read_text(encoding="utf-8").splitlines(), start=1):
        entry = json.loads(line)
        if entry["sequence"] != sequence:
            return [f"entry {sequence}"]
        kinds.setdefault(entry["request"], Counter())[entry["action"]] += 1
        users.setdefault(entry["request"], set()).add(entry["user"])
    wanted = {"authenticate": 1, "search": 2, "give": 1}
    return [
        request
        for request, user in requests.items()
        if users.get(request) != {user}
        or any(kinds[request][action] != count for action, count in wanted.items())
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.docqa_load", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--requests", type=int, default=400, help="for each number of clients")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 10, 50])
    options = parser.parse_args(arguments)

    system = System.default()
    users = itertools.cycle(system.directory.users())
    texts = itertools.cycle(question.question for question in load_questions())
    # Coprime in practice, so that over time each user asks each question.
    everything = itertools.islice(
        zip(users, texts, strict=False), options.requests * len(options.clients)
    )
    asked = list(everything)
    expected = {(user, text): system.ask(user, text).as_dict()["text"] for user, text in asked}

    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        audit = Path(folder) / "audit.jsonl"
        with server(audit) as (url, tokens):
            for user in tokens:  # the index of each permission set is built at its first question
                headers = {"Authorization": f"Bearer {tokens[user]}"}
                httpx.post(
                    f"{url}/v1/ask", json={"question": "warm up"}, headers=headers, timeout=60
                )
            for place, clients in enumerate(options.clients):
                begin = place * options.requests
                part = asked[begin : begin + options.requests]
                runs.append(asyncio.run(load(url, tokens, part, expected, clients)))
        requests = {name: user for run in runs for name, user in run.requests.items()}
        missing = lost(audit, requests)
    head = ["clients", "requests", "p50", "p95", "p99", "per second", "wrong", "failed"]
    print(aligned([head, *(run.row() for run in runs)]))
    print(f"\naudit entries lost: {len(missing)} of {len(requests):,} requests")
    for run in runs:
        print(*run.wrong[:5], sep="\n", end="" if not run.wrong else "\n")
    return 1 if missing or any(run.wrong or run.failed for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
