"""A small OpenAI-compatible server on loopback; the model's name says how it behaves."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time

RIGHT = "Every employee gets 27 days of annual leave. [1]"


def _chunk(delta, finish_reason=None):
    body = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }
    return f"data: {json.dumps(body)}\n\n".encode()


def _text(text):
    return [_chunk({"content": text[i : i + 7]}) for i in range(0, len(text), 7)]


def _tool(name, *pieces):
    first = {"index": 0, "id": "t1", "type": "function", "function": {"name": name}}
    parts = [_chunk({"role": "assistant", "tool_calls": [first]})]
    parts += [
        _chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in pieces
    ]
    return parts


STREAMS = {
    "good": _text(RIGHT),
    "no-answer": _text("NO ANSWER"),
    "empty": [],
    "blank": _text("   "),
    "uncited": _text("Every employee gets 27 days of annual leave."),
    "wrong-citation": _text("Every employee gets 27 days of annual leave. [77]"),
    "wrong-number": _text("Every employee gets 72 days of annual leave. [1]"),
    "not-json": [b"data: {this is no json\n\n"],
    "other-shape": [b'data: {"choices": [{"delta": 7}]}\n\n'],
    "bytes": [b"\xff\xfe\x00\xff" * 50],
    "endless": [_chunk({"content": "again " * 500})] * 2_000,
    "tool": _tool("open_ticket", '{"summary": ', '"the badge is broken"}'),
    "bad-tool": _tool("open_ticket", '{"summary": '),
    "unknown-tool": _tool("wire_money", '{"to": "me"}'),
}
STATUS = {"error-500": 500, "error-429": 429, "error-401": 401}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((asked, self.headers.get("Authorization")))
        with contextlib.suppress(ConnectionError):
            self._behave(asked["model"])

    def _behave(self, name):
        if name in STATUS:
            body = b'{"error": {"message": "the prompt was: SECRET"}}'
            self.send_response(STATUS[name])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        if name == "hangs":
            self.server.released.wait(10)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if name == "drips":
            for _ in range(1000):
                self.wfile.write(_chunk({"content": "a "}))
                self.wfile.flush()
                time.sleep(0.02)
        if name == "breaks-off":
            self.wfile.write(_text(RIGHT)[0])
            self.wfile.flush()
            return
        for piece in STREAMS[name]:
            self.wfile.write(piece)
        self.wfile.write(_chunk({}, "stop"))
        self.wfile.write(b"data: [DONE]\n\n")


@contextlib.contextmanager
def standin():
    """The running server; `.url` is its address, `.asked` what it was asked."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.asked, server.released = [], threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
